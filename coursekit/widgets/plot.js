// What widgets with axes share: formulas as tapes, a plot, sliders. shared.js and frame.js stand before it.

// ---- formulas ------------------------------------------------------------------------------------------------

// The words of gate bodies on single numbers; see coursekit/gates/words.py.
const WORDS = {
  add: (x, y) => x + y, subtract: (x, y) => x - y, multiply: (x, y) => x * y, divide: (x, y) => x / y,
  negate: (x) => -x, power: (x, y) => x ** y, exp: Math.exp, log: Math.log, sqrt: Math.sqrt,
  sin: Math.sin, cos: Math.cos, tan: Math.tan, tanh: Math.tanh,
  sigmoid: (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x))),
  softplus: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
  absolute: Math.abs, sign: (x) => (x > 0) - (x < 0), step: (x) => (x > 0 ? 1 : 0),
  maximum: (x, y) => (x > y || Number.isNaN(x) ? x : y),
  where: (c, x, y) => (c ? x : y), equal: (x, y) => (x === y ? 1 : 0),
};

// Run a tape, which Python wrote from the gates themselves (coursekit/widgets/tape.py); return its outputs.
function run(tape, inputs) {
  const values = [...inputs];
  for (const [word, a, b, c] of tape.lines) {
    values.push(word === "constant" ? Number(a) : WORDS[word](values[a], values[b], values[c])); // "NaN", "Infinity"
  }
  return tape.outputs.map((place) => values[place]);
}

// ---- a plot --------------------------------------------------------------------------------------------------

const round = (pixels) => Math.round(pixels * 10) / 10;

// About `wanted` ticks, at 1, 2 or 5 times a power of ten; of a logarithmic axis at powers of ten.
function ticksOf({ low, high, log, wanted = 6 }) {
  if (!wanted) return [];
  if (log) {
    const first = Math.ceil(Math.log10(low) - 1e-9), last = Math.floor(Math.log10(high) + 1e-9);
    const every = Math.ceil((last - first + 1) / (wanted + 3));
    return Array.from({ length: last - first + 1 }, (_, i) => first + i)
      .filter((power) => power % every === 0).map((power) => [10 ** power, short(10 ** power)]);
  }
  const rough = (high - low) / wanted, size = 10 ** Math.floor(Math.log10(rough));
  const step = size * [1, 2, 5, 10].find((times) => times * size >= rough);
  const ticks = [];
  for (let n = Math.ceil(low / step - 1e-9); n * step <= high + step * 1e-9; n++) {
    ticks.push([n * step, short(Number((n * step).toPrecision(12)))]);
  }
  return ticks;
}

// Axes with room for curves. `x` and `y` are { low, high, log, label, wanted (ticks) }; both can be changed by `rescale`.
// Returns the svg, its layers (back, lines, marks), the way to pixels and back, and `describe` for its alt text.
function makePlot({ id, title, role = "img", width = 420, height = 340, x, y, left = 62, right = 16, top = 34, bottom = 46 }) {
  const axes = { x: { ...x }, y: { ...y } };
  const inner = { left, top, width: width - left - right, height: height - top - bottom };
  const name = draw("title", { id: `${id}-title` }, title), words = draw("desc", { id: `${id}-desc` });
  const grid = draw("g", { "aria-hidden": "true" }), frame = { x: left, y: top, width: inner.width, height: inner.height };
  const [back, lines, marks] = [draw("g"), draw("g"), draw("g")];
  const inside = draw("g", { "clip-path": `url(#${id}-clip)` }, back, lines);
  const svg = draw("svg", {
    class: "ck-picture ck-plot", role, "aria-labelledby": `${id}-title`, "aria-describedby": `${id}-desc`,
    width, height, viewBox: `0 0 ${width} ${height}`, // it gives way a little, not so far that text gets small
    style: `flex:1 1 ${0.9 * width}px;max-width:${1.25 * width}px;min-width:min(${0.85 * width}px, 100%);height:auto`,
  },
    name, words, draw("clipPath", { id: `${id}-clip` }, draw("rect", frame)),
    draw("rect", { class: "ck-ground", width, height, rx: 8 }), grid, inside,
    draw("rect", { class: "ck-axes", ...frame }), marks);

  const part = ({ low, high, log }, value) => (log
    ? (Math.log10(value) - Math.log10(low)) / (Math.log10(high) - Math.log10(low)) : (value - low) / (high - low));
  const value = ({ low, high, log }, share) => (log ? low * (high / low) ** share : low + (high - low) * share);
  const px = (v) => inner.left + inner.width * part(axes.x, v);
  const py = (v) => inner.top + inner.height * (1 - part(axes.y, v));
  // Far outside is as good as just outside, and no renderer minds it.
  const near = (pixels) => round(Math.max(-5000, Math.min(5000, pixels)));

  // The path of a curve, broken where a value is missing.
  function path(points) {
    let text = "", pen = "M";
    for (const [a, b] of points) {
      const p = px(a), q = py(b);
      if (Number.isNaN(p) || Number.isNaN(q)) { pen = "M"; continue; }
      text += `${pen}${near(p)} ${near(q)}`;
      pen = "L";
    }
    return text;
  }

  function rescale(changes = {}) {
    for (const axis of ["x", "y"]) Object.assign(axes[axis], changes[axis]);
    const text = (attributes, words) => draw("text", attributes, words), { log, low, high, label = "" } = axes.y;
    const aside = label.length <= 6; // the label of the upright axis stands above it, where it needs no turned head
    grid.replaceChildren(
      ...ticksOf(axes.x).flatMap(([v, words]) => [
        draw("path", { class: "ck-gridline", d: `M${round(px(v))} ${top}v${inner.height}` }),
        text({ class: "ck-tick", x: round(px(v)), y: height - bottom + 17, "text-anchor": "middle" }, words)]),
      ...ticksOf(axes.y).flatMap(([v, words]) => [
        draw("path", { class: "ck-gridline", d: `M${left} ${round(py(v))}h${inner.width}` }),
        text({ class: "ck-tick", x: left - 7, y: round(py(v)) + 4, "text-anchor": "end" }, words)]),
      !log && low < 0 && high > 0 && axes.y.wanted !== 0 ? draw("path", { class: "ck-zero", d: `M${left} ${round(py(0))}h${inner.width}` }) : "",
      text({ class: "ck-axis", x: left + inner.width / 2, y: height - 8, "text-anchor": "middle" }, axes.x.label || ""),
      text({ class: "ck-axis", x: aside ? left - 7 : left, y: top - 14, "text-anchor": aside ? "end" : "start" }, label));
  }

  // The point under the pointer, in the axes' numbers, kept inside.
  function pointAt(event) {
    const { x: a, y: b } = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    const share = (pixels, start, length) => Math.max(0, Math.min(1, (pixels - start) / length));
    return [value(axes.x, share(a, inner.left, inner.width)), value(axes.y, 1 - share(b, inner.top, inner.height))];
  }

  // Press and drag: `act` gets each point, in the axes' numbers.
  function drag(act) {
    svg.classList.add("ck-draggable");
    let held = false;
    svg.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      held = true;
      svg.setPointerCapture(event.pointerId);
      act(...pointAt(event));
    });
    svg.addEventListener("pointermove", (event) => held && act(...pointAt(event)));
    for (const end of ["pointerup", "pointercancel"]) svg.addEventListener(end, () => { held = false; });
  }

  rescale();
  return { svg, back, lines, marks, axes, inner, x: px, y: py, path, rescale, drag, describe: (text) => write(words, text) };
}

// ---- controls ------------------------------------------------------------------------------------------------

// A number with a slider and a field. `log`: the slider moves by powers of ten. `act` gets the new number.
function makeDial(label, { low, high, step, log }, act) {
  const slide = make("input", { type: "range", "aria-label": `slider for ${label}`,
    min: log ? Math.log10(low) : low, max: log ? Math.log10(high) : high, step: log ? 0.05 : step });
  const field = make("input", { type: "number", step: "any", "aria-label": label });
  const name = make("span", { class: "ck-name" }, label);
  let last = NaN;
  slide.addEventListener("input", () => act(Number((log ? 10 ** slide.value : +slide.value).toPrecision(3))));
  field.addEventListener("change", () => {
    const number = read(field.value);
    if (Number.isFinite(number) && number >= low && number <= high) act(number); else set(last);
  });
  function set(number) {
    last = number;
    if (document.activeElement !== slide) slide.value = log ? Math.log10(number) : number;
    slide.setAttribute("aria-valuetext", short(number));
    field.value = Number(number.toPrecision(12)); // 0.1 + 0.2 is 0.3 here
  }
  const element = make("span", { class: "ck-input" }, name, field, slide);
  function rename(words, [from, to]) {
    write(name, words);
    field.setAttribute("aria-label", words);
    fill(slide, { "aria-label": `slider for ${words}`, min: from, max: to, step: Number(((to - from) / 100).toPrecision(2)) }, []);
  }
  return { element, set, rename, disable: (off) => { slide.disabled = field.disabled = off; } };
}
