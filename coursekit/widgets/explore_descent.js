// Gradient descent on a surface of two parameters. Each surface brings its height and gradient as a tape, and its
// contours, from Python; the steps are taken here, so that they work without a kernel.
// shared.js and plot.js stand before it.

const MOST = 200; // steps; as in explore_descent.py
const PACE = 350; // milliseconds a step while playing
const FLAT = 1e-4; // a gradient shorter than this counts as 0
const KEYS = [
  ["→  ←", "one step on, one step back"],
  ["Space", "play, pause"],
  ["Home  End", "back to the start; on until nothing moves, at most 200 steps"],
  ["↑  ↓", "a higher, a lower learning rate"],
  ["Tab, then arrows", "on the start point (the square): move it"],
];

function render({ model, el }) {
  const surfaces = model.get("surfaces");
  const surface = () => surfaces.find(({ name }) => name === model.get("surface"));
  const at = () => Math.min(model.get("step"), walk().length - 1);
  let timer = 0, known = "", points = []; // of the walk: { w, loss, slope }

  const frame = makeFrame({
    model, el, kind: "descent", label: "Gradient descent on a surface", keys: KEYS, show, stop: pause,
    hint: "In focus: → steps, ← goes back, ↑ ↓ change the learning rate, Space plays, ? shows all keys. Drag to move the start.",
    watched: ["surface", "start", "rate", "step"],
    actions: {
      ArrowRight: (event) => (onStart(event) ? nudge(1, 0) : go(1)),
      ArrowLeft: (event) => (onStart(event) ? nudge(-1, 0) : go(-1)),
      ArrowUp: (event) => (onStart(event) ? nudge(0, 1) : faster(1.25)),
      ArrowDown: (event) => (onStart(event) ? nudge(0, -1) : faster(0.8)),
      Home: () => set({ step: 0 }), End: toEnd, " ": () => (timer ? pause() : play()),
    },
  });
  const map = makePlot({ id: `${frame.id}-map`, title: "Contours and path", role: "group", width: 420, height: 372,
    x: { low: -1, high: 1 }, y: { low: -1, high: 1 } });
  const chart = makePlot({ id: `${frame.id}-loss`, title: "Loss after each step", width: 420, height: 372,
    x: { low: 0, high: 10, label: "step" }, y: { low: 0, high: 1, label: "loss" } });
  const path = draw("path", { class: "ck-path" }), next = draw("path", { class: "ck-next" }), past = draw("g");
  const here = draw("circle", { class: "ck-here", r: 7 });
  const start = draw("g", { class: "ck-start", tabindex: 0, role: "slider", "aria-label": "start point", "aria-roledescription": "movable point" },
    draw("rect", { x: -6, y: -6, width: 12, height: 12 }));
  const rings = draw("g");
  map.back.append(rings);
  map.lines.append(next, path, past);
  map.marks.append(start, here);
  const curve = draw("path", { class: "ck-loss" }), dot = draw("circle", { class: "ck-lossdot", r: 5 });
  chart.lines.append(curve);
  chart.marks.append(dot);
  frame.stage.append(map.svg, chart.svg);

  const [choice, choiceLabel] = makeChoice("Surface", surfaces.map(({ name, formula }) => [name, formula ? `${name}: ${formula}` : name]));
  const back = makeButton("back", "◀ Back", () => go(-1)), playing = makeButton("play", "▶ Play", () => (timer ? pause() : play()));
  const forward = makeButton("forward", "Step ▶", () => go(1)), reset = makeButton("reset", "Reset", restart);
  const count = make("output", { class: "ck-count" });
  const rate = makeDial("learning rate", { low: 1e-4, high: 10, log: true }, (number) => set({ rate: number }));
  const places = [0, 1].map((i) => makeDial(`start ${i + 1}`, { low: -1e6, high: 1e6, step: 0.1 }, (number) => moveTo(i ? { 1: number } : { 0: number })));
  frame.controls.append(
    make("div", { class: "ck-row" }, back, playing, forward, reset, count, frame.help),
    make("div", { class: "ck-row" }, choiceLabel),
    make("div", { class: "ck-inputs" }, rate.element, ...places.map((dial) => dial.element)));
  choice.addEventListener("change", () => choose(choice.value));
  map.drag((a, b) => moveTo([a, b].map((x) => Number(x.toPrecision(3)))));

  // ---- the walk --------------------------------------------------------------------------------------------

  function walk() {
    const { tape } = surface(), key = JSON.stringify([surface().name, model.get("start"), model.get("rate")]);
    const look = (w) => { const [loss, ...slope] = run(tape, w); return { w, loss, slope }; };
    if (key !== known) { known = key; points = [look(model.get("start"))]; }
    while (points.length <= model.get("step") + 1) { // one more than asked for: the next step is drawn dashed
      const { w, slope } = points.at(-1), there = look(w.map((x, i) => x - model.get("rate") * slope[i]));
      if (![...there.w, there.loss, ...there.slope].every(Number.isFinite)) break;
      points.push(there);
    }
    return points;
  }

  function set(changes) {
    put(model, changes);
    show();
  }

  function go(by) {
    pause();
    set({ step: Math.max(0, Math.min(MOST, walk().length - 1, at() + by)) });
  }

  function toEnd() {
    pause();
    const still = ({ slope }) => Math.hypot(...slope) < FLAT;
    while (model.get("step") < Math.min(MOST, walk().length - 1) && !still(points[model.get("step")])) model.set("step", model.get("step") + 1);
    set({ step: model.get("step") });
  }

  function faster(by) {
    set({ rate: Number(Math.max(1e-4, Math.min(10, model.get("rate") * by)).toPrecision(3)) });
  }

  function onStart(event) {
    return event.target === start;
  }

  function moveTo(changes) {
    pause();
    set({ start: Object.assign([...model.get("start")], changes), step: 0 });
  }

  function nudge(...by) {
    const { window: sides } = surface();
    moveTo(model.get("start").map((x, i) => Number((x + by[i] * (sides[i][1] - sides[i][0]) / 60).toPrecision(6))));
  }

  function choose(name) {
    pause();
    const { start: from, rate: pace } = surfaces.find((each) => each.name === name);
    set({ surface: name, start: from, rate: pace, step: 0 });
  }

  function restart() {
    choose(model.get("surface"));
  }

  function play() {
    timer = setInterval(() => {
      if (!frame.root.isConnected || at() >= MOST || at() >= walk().length - 1) return pause();
      set({ step: at() + 1 });
    }, PACE);
    show();
  }

  function pause() {
    clearInterval(timer);
    timer = 0;
    write(playing, "▶ Play");
  }

  // ---- what is shown ---------------------------------------------------------------------------------------

  let drawn = null;

  function redraw() {
    const { contours, window: sides, names } = surface(), { left, top, width, height } = map.inner;
    drawn = surface();
    map.rescale({ x: { low: sides[0][0], high: sides[0][1], label: names[0] }, y: { low: sides[1][0], high: sides[1][1], label: names[1] } });
    rings.setAttribute("transform", `translate(${left} ${top + height}) scale(${width / 1000} ${-height / 1000})`);
    rings.replaceChildren(...contours.map(({ level, path: d }) =>
      draw("path", { class: "ck-ring", d, "fill-rule": "evenodd" }, draw("title", {}, `loss above ${short(level)}`))));
    places.forEach((dial, i) => dial.rename(`start ${names[i]}`, sides[i]));
  }

  function show() {
    if (drawn !== surface()) redraw();
    const all = walk(), n = at(), so = all.slice(0, n + 1), { w, loss } = all[n];
    path.setAttribute("d", map.path(so.map((each) => each.w)));
    next.setAttribute("d", all[n + 1] ? map.path([w, all[n + 1].w]) : "");
    past.replaceChildren(...so.slice(1, -1).map((each) => draw("circle", { class: "ck-past", r: 3, ...spot(map, each.w, "cx", "cy") })));
    const [a, b] = model.get("start");
    start.setAttribute("transform", `translate(${round(map.x(a))} ${round(map.y(b))})`);
    start.setAttribute("aria-valuenow", a);
    start.setAttribute("aria-valuetext", `${short(a)}, ${short(b)}`);
    start.setAttribute("visibility", inside([a, b]) ? "visible" : "hidden");
    fill(here, spot(map, w, "cx", "cy"), []);
    here.setAttribute("visibility", inside(w) ? "visible" : "hidden");
    const losses = so.map((each) => each.loss), low = Math.min(0, ...losses), high = Math.max(...losses, low + 1e-12);
    const room = 0.05 * (high - low);
    chart.rescale({ x: { high: Math.max(10, n) }, y: { low: low < 0 ? low - room : 0, high: high + room } });
    curve.setAttribute("d", chart.path(losses.map((each, i) => [i, each])));
    fill(dot, spot(chart, [n, loss], "cx", "cy"), []);
    tell(all, n);
  }

  function spot(plot, [a, b], x, y) {
    const near = (pixels) => round(Math.max(-5000, Math.min(5000, pixels)));
    return { [x]: near(plot.x(a)), [y]: near(plot.y(b)) };
  }

  function inside(w) {
    return w.every((x, i) => x >= surface().window[i][0] && x <= surface().window[i][1]);
  }

  function tell(all, n) {
    const words = sentence(all, n);
    write(frame.caption, words);
    map.describe(words);
    chart.describe(`${n} steps, the loss goes from ${short(all[0].loss)} to ${short(all[n].loss)}.`);
    choice.value = surface().name;
    rate.set(model.get("rate"));
    places.forEach((dial, i) => dial.set(model.get("start")[i]));
    write(count, `step ${n}`);
    write(playing, timer ? "▮▮ Pause" : "▶ Play");
    back.setAttribute("aria-disabled", n <= 0);
    forward.setAttribute("aria-disabled", n >= Math.min(MOST, all.length - 1));
    const { names } = surface(), first = Math.max(0, n - 9), exact = (x) => String(x).replaceAll("-", "−");
    writeTable(frame.table, `The last ${Math.min(10, n + 1)} points of the path; learning rate ${model.get("rate")}`,
      ["step", ...names, "loss", ...names.map((name) => `∂/∂${name}`)],
      all.slice(first, n + 1).map(({ w, loss, slope }, i) => [String(first + i), ...[...w, loss, ...slope].map(exact)]));
  }

  function sentence(all, n) {
    const { w, loss, slope } = all[n], pair = (v) => `(${v.map(short).join(", ")})`, { note } = surface();
    const words = [];
    if (n === 0) {
      words.push(`Start at ${pair(w)}: loss ${short(loss)}. The gradient ${pair(slope)} points steepest up; a step goes the other way, learning rate × gradient long.`);
    } else {
      const before = all[n - 1];
      words.push(`Step ${n}: ${pair(before.w)} − ${short(model.get("rate"))} × ${pair(before.slope)} = ${pair(w)}; loss ${short(before.loss)} → ${short(loss)}.`);
      const rises = (k) => k > 0 && all[k].loss > all[k - 1].loss;
      if (rises(n) && rises(n - 1) && rises(n - 2)) words.push("It diverges: each step overshoots further than the last and the loss grows. The learning rate is too high: lower it with ↓.");
      else if (rises(n)) words.push("The loss rose: the step overshot. A lower learning rate would not.");
    }
    if (Math.hypot(...slope) < FLAT) words.push("The gradient is almost 0: nothing moves any more.");
    else if (all.length === n + 1) words.push("The next step has no finite value: the path ends here.");
    else if (n >= MOST) words.push(`${MOST} steps are the most that are shown.`);
    if (!inside(w)) words.push(`The path has left the picture${n > 0 && loss < all[n - 1].loss ? ", and the loss still falls" : ""}.`);
    if (note) words.push(note);
    return words.join(" ");
  }

  frame.place();
  return frame.remove;
}

export default { render };
