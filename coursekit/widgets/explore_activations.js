// An activation, its derivative, and the gradient through ten layers of it. Value and derivative are a tape, written by
// coursekit's gate; the chain rule multiplies here.
// shared.js and plot.js stand before it.

const LAYERS = 10; // as in explore_activations.py
const REACH = 6;
const MOST_WEIGHT = 4;
const STEP = 0.1;
const KEYS = [
  ["→  ←", "z up, down by 0.1"],
  ["Page Up  Page Down", "z up, down by 1"],
  ["Home", "z = 0"],
  ["↑  ↓", "the previous, the next activation"],
  ["+  −", "the weight of each layer up, down by 0.1"],
];

function render({ model, el }) {
  const all = model.get("activations"), first = Object.fromEntries(["activation", "z", "weight"].map((name) => [name, model.get(name)]));
  const shown = () => all.find(({ name }) => name === model.get("activation"));
  const set = (changes) => { put(model, changes); show(); };
  const clamp = (value, most) => Number(Math.max(-most, Math.min(most, value)).toPrecision(6));
  const nudge = (by) => set({ z: clamp(model.get("z") + by, REACH) });
  const heavier = (by) => set({ weight: clamp(model.get("weight") + by, MOST_WEIGHT) });
  const turn = (by) => set({ activation: all[(all.indexOf(shown()) + by + all.length) % all.length].name });
  const frame = makeFrame({
    model, el, kind: "activations", label: "Activation and its derivative", keys: KEYS, show, watched: ["activation", "z", "weight"],
    hint: "In focus: → ← move z, ↑ ↓ change the activation, + − the weight, ? shows all keys. Drag in the left picture too.",
    actions: {
      ArrowRight: () => nudge(STEP), ArrowLeft: () => nudge(-STEP), PageUp: () => nudge(1), PageDown: () => nudge(-1), Home: () => set({ z: 0 }),
      ArrowUp: () => turn(-1), ArrowDown: () => turn(1), "+": () => heavier(STEP), "-": () => heavier(-STEP), "−": () => heavier(-STEP),
    },
  });
  const curve = makePlot({ id: `${frame.id}-curve`, title: "Value and derivative", x: { low: -REACH, high: REACH, label: "z" }, y: { low: -1, high: 1 } });
  const chain = makePlot({ id: `${frame.id}-chain`, title: "Gradient through ten layers", left: 66,
    x: { low: 0.3, high: LAYERS + 0.7, label: "after so many layers", wanted: 10 }, y: { low: 1e-8, high: 10, log: true, label: "size of the gradient", wanted: 5 } });
  const zones = draw("g"), lines = [makeLine(0), makeLine(1)], cursor = draw("path", { class: "ck-cursor" });
  const dots = [0, 1].map((n) => draw("circle", { class: `ck-dot ck-s${n}`, r: 5.5 }));
  curve.back.append(zones);
  curve.lines.append(cursor, ...lines);
  curve.marks.append(...dots);
  curve.drag((z) => set({ z: clamp(Math.round(z / STEP) * STEP, REACH) }));
  const bars = Array.from({ length: LAYERS }, () => draw("rect", { class: "ck-bar", width: 18 }));
  const notes = bars.map(() => draw("text", { class: "ck-tick", "text-anchor": "middle" }));
  chain.lines.append(...bars);
  chain.marks.append(...notes);
  frame.stage.append(curve.svg, chain.svg);

  const [choice, choiceLabel] = makeChoice("Activation", all.map(({ name, formula }) => [name, `${name}: ${formula}`]));
  choice.addEventListener("change", () => set({ activation: choice.value }));
  const z = makeDial("z", { low: -REACH, high: REACH, step: STEP }, (number) => set({ z: number }));
  const weight = makeDial("weight w", { low: -MOST_WEIGHT, high: MOST_WEIGHT, step: STEP }, (number) => set({ weight: number }));
  frame.controls.append(
    makeLegend(["value g(z)", "derivative g′(z); shaded: saturated"]),
    make("div", { class: "ck-row" }, choiceLabel, makeButton("reset", "Reset", () => set(first)), frame.help),
    make("div", { class: "ck-inputs" }, z.element, weight.element));

  // The layers: what goes in, what comes out, the factor of the chain rule, and the product of the factors so far.
  function layers() {
    const w = model.get("weight"), { tape } = shown(), found = [];
    let a = model.get("z"), gradient = 1;
    for (let k = 0; k < LAYERS; k++) {
      const [value, slope] = run(tape, [w * a]);
      gradient *= w * slope;
      found.push({ a: value, factor: w * slope, gradient });
      a = value;
    }
    return found;
  }

  let drawn = null;

  function redraw() {
    const { tape, saturated, low, high } = drawn = shown(), room = 0.06 * (high - low);
    const grid = Array.from({ length: 241 }, (_, i) => -REACH + (2 * REACH * i) / 240), seen = grid.map((at) => run(tape, [at]));
    curve.rescale({ y: { low: low - room, high: high + room } });
    lines.forEach((line, n) => line.setAttribute("d", curve.path(grid.map((at, i) => [at, seen[i][n]]))));
    const { top, height } = curve.inner;
    zones.replaceChildren(...saturated.map(([from, to]) => draw("rect", { class: "ck-saturated", x: round(curve.x(from)), y: top,
      width: round(curve.x(to) - curve.x(from)), height }, draw("title", {}, "saturated"))));
  }

  function show() {
    if (drawn !== shown()) redraw();
    const at = model.get("z"), [value, slope] = run(shown().tape, [at]), found = layers();
    cursor.setAttribute("d", `M${round(curve.x(at))} ${curve.inner.top}v${curve.inner.height}`);
    [value, slope].forEach((each, n) => fill(dots[n], { cx: round(curve.x(at)), cy: round(curve.y(each)) }, []));
    const sizes = found.map(({ gradient }) => Math.abs(gradient)), living = sizes.filter((size) => size > 0);
    const low = 10 ** Math.max(-40, Math.floor(Math.log10(Math.min(0.1, ...living)) - 0.2)), high = 10 ** Math.ceil(Math.log10(Math.max(2, ...sizes)));
    chain.rescale({ y: { low, high } });
    const ground = chain.inner.top + chain.inner.height, one = chain.y(1);
    sizes.forEach((size, k) => {
      const x = round(chain.x(k + 1)), y = size > 0 ? Math.min(ground, chain.y(size)) : ground;
      fill(bars[k], { x: x - 9, y: round(Math.min(y, one)), height: round(size > 0 ? Math.abs(y - one) : 0) }, []);
      fill(notes[k], { x, y: ground - 6 }, []);
      write(notes[k], size === 0 ? "0" : "");
    });
    tell(at, value, slope, found);
  }

  function tell(at, value, slope, found) {
    const { name, saturated, steepest } = shown(), w = model.get("weight"), last = found.at(-1).gradient;
    const asleep = saturated.some(([from, to]) => at >= from && at <= to);
    const words = [`${name} at z = ${short(at)}: value ${short(value)}, derivative ${short(slope)}.`,
      steepest === 0 ? "It is flat everywhere: no gradient goes through." : asleep ? `Saturated: the slope is ${slope === 0 ? "0" : `${short(100 * Math.abs(slope) / steepest)} % of its steepest`}.` : "",
      `Ten layers with weight ${short(w)} multiply a gradient by ${short(last)}${verdict(last)}`].filter(Boolean).join(" ");
    write(frame.caption, words);
    curve.describe(words);
    chain.describe(`Gradient after each layer: ${found.map(({ gradient }) => short(gradient)).join(", ")}.`);
    choice.value = name;
    z.set(at);
    weight.set(w);
    const exact = (number) => String(number).replaceAll("-", "−");
    writeTable(frame.table, `${name}, z = ${exact(at)}, w = ${exact(w)}: value ${exact(value)}, derivative ${exact(slope)}`,
      ["layer", "output", "factor w·g′", "gradient so far"], found.map(({ a, factor, gradient }, k) => [String(k + 1), ...[a, factor, gradient].map(exact)]));
  }

  function verdict(last) {
    const size = Math.abs(last);
    return size === 0 ? ": it is dead." : size < 1e-3 ? ": it vanishes." : size > 1e3 ? ": it explodes." : ".";
  }

  frame.place();
  return frame.remove;
}

export default { render };
