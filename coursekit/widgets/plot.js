// What widgets with axes share: numbers as text, formulas as tapes, a plot, sliders, the frame around them.
// shared.js stands before it.

// ---- numbers -------------------------------------------------------------------------------------------------

// As coursekit.drawing.numbers.short writes them: four significant digits, a tie to the even one.
function short(x) {
  if (Number.isNaN(x)) return "⚠ not a number";
  if (!Number.isFinite(x)) return x > 0 ? "⚠ infinity" : "⚠ −infinity";
  if (x === 0) return "0";
  if (Number.isInteger(x) && Math.abs(x) <= 1e5) return String(x).replace("-", "−");
  const [, head, rest] = /^(\d\.\d{3})(\d*)/.exec(Math.abs(x).toExponential(80));
  const power = x.toExponential(80).split("e")[1];
  const tie = /^50*$/.test(rest) && "02468".includes(head.at(-1));
  const shown = tie ? Number(`${Math.sign(x) * head}e${power}`) : Number(x.toExponential(3));
  const size = Math.abs(shown);
  if (size >= 1e-3 && size <= 1e5) return trimmed(shown.toFixed(Math.max(0, 3 - Math.floor(Math.log10(size) + 1e-12))));
  const [digits, exponent] = shown.toExponential(3).split("e");
  return `${trimmed(digits)}e${String(+exponent).replace("-", "−")}`;
}

function trimmed(digits) {
  return (digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits).replace("-", "−");
}

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
function makePlot({ id, title, role = "img", width = 420, height = 340, x, y, left = 62, right = 16, top = 14, bottom = 46 }) {
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
    const text = (attributes, words) => draw("text", attributes, words), { log, low, high } = axes.y;
    grid.replaceChildren(
      ...ticksOf(axes.x).flatMap(([v, words]) => [
        draw("path", { class: "ck-gridline", d: `M${round(px(v))} ${top}v${inner.height}` }),
        text({ class: "ck-tick", x: round(px(v)), y: height - bottom + 17, "text-anchor": "middle" }, words)]),
      ...ticksOf(axes.y).flatMap(([v, words]) => [
        draw("path", { class: "ck-gridline", d: `M${left} ${round(py(v))}h${inner.width}` }),
        text({ class: "ck-tick", x: left - 7, y: round(py(v)) + 4, "text-anchor": "end" }, words)]),
      !log && low < 0 && high > 0 && axes.y.wanted !== 0 ? draw("path", { class: "ck-zero", d: `M${left} ${round(py(0))}h${inner.width}` }) : "",
      text({ class: "ck-axis", x: left + inner.width / 2, y: height - 8, "text-anchor": "middle" }, axes.x.label || ""),
      text({ class: "ck-axis", x: 17, y: top + inner.height / 2, "text-anchor": "middle",
        transform: `rotate(-90 17 ${top + inner.height / 2})` }, axes.y.label || ""));
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

// The n-th curve of a plot; colour, dashes and name tell them apart.
function makeLine(n, attributes = {}) {
  return draw("path", { class: `ck-line ck-s${n}`, ...attributes });
}

function makeLegend(names) {
  return make("ul", { class: "ck-legend" }, ...names.map((name, n) => make("li", {},
    draw("svg", { class: "ck-picture", width: 34, height: 12, "aria-hidden": "true" }, makeLine(n, { d: "M1 6h32" })), name)));
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

// Write a table anew; cells that stay are left alone.
function writeTable(table, caption, head, rows) {
  const same = table.tBodies[0]?.rows.length === rows.length && table.tBodies[0].rows[0]?.cells.length === head.length;
  if (!same) {
    table.replaceChildren(make("caption"), make("thead", {}, make("tr", {}, ...head.map(() => make("th", { scope: "col" })))),
      make("tbody", {}, ...rows.map(() =>
        make("tr", {}, ...head.map((_, i) => (i ? make("td") : make("th", { scope: "row" })))))));
  }
  write(table.caption, caption);
  [head, ...rows].forEach((row, i) => row.forEach((words, j) => write(table.rows[i].cells[j], words)));
}

// The frame of an explorer: what is in focus, what is told about it, its keys and its numbers. `show` is called
// after each change of the model; `actions` are its keys, to which "?" and Esc are added.
function makeFrame({ model, el, kind, label, hint, keys, actions, show, watched, stop = () => {} }) {
  const id = newId(kind);
  const told = make("p", { class: "ck-hint", id: `${id}-hint` }, hint);
  const stage = make("div", { class: "ck-stage", tabindex: 0, role: "group", "aria-label": label, "aria-describedby": told.id });
  const caption = make("p", { class: "ck-caption", role: "status", "aria-live": "polite" });
  const controls = make("div", { class: "ck-controls" }), table = make("table");
  const list = makeKeys(id, [...keys, ["?", "show or hide these keys"], ["Esc", "leave"]]);
  const help = makeButton("help", "? Keys", toggle);
  const root = make("div", {
    class: `ck-widget ck-explorer ck-${kind} ck-picture`, role: "group", "aria-label": label,
    "data-lm-suppress-shortcuts": "true", // the notebook's own one-letter commands stay out of here
  }, stage, told, caption, controls, list,
  make("details", { class: "ck-details" }, make("summary", {}, "The numbers as a table"), table));
  help.setAttribute("aria-controls", list.id);
  help.setAttribute("aria-expanded", "false");

  function toggle() {
    list.hidden = !list.hidden;
    help.setAttribute("aria-expanded", String(!list.hidden));
  }

  // Only what has focus of the stage itself gets the arrows; a field or a slider keeps them.
  listen(root, { ...actions, "?": toggle, Escape: () => { if (!list.hidden) toggle(); else { stop(); leaveTo(root); } } });
  for (const name of watched) model.on(`change:${name}`, show);
  const place = () => { el.append(root); show(); };
  const remove = () => { stop(); for (const name of watched) model.off(`change:${name}`, show); };
  return { id, root, stage, caption, controls, table, help, place, remove };
}

