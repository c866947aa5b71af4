// Four losses as functions of one score, and their slopes. The losses are tapes, written by coursekit's gates.
// shared.js and plot.js stand before it.

const LEAST_REACH = 4; // scores are shown from −4 to 4, or further if the first ones need it
const POINTS = 161;
const STEP = 0.05;
const KEYS = [
  ["→  ←", "the moving score up, down by 0.05"],
  ["Page Up  Page Down", "up, down by 0.5"],
  ["↑  ↓", "another score moves"],
  ["t", "the next class is the right one"],
];

function render({ model, el }) {
  const classes = model.get("classes"), tapes = Object.entries(model.get("tapes"));
  const moving = () => model.get("moving"), scores = () => model.get("scores");
  const set = (changes) => { put(model, changes); show(); };
  const clamp = (score) => Number(Math.max(-REACH, Math.min(REACH, score)).toPrecision(6));
  const turn = (n, by) => (n + by + classes.length) % classes.length;
  const REACH = Math.max(LEAST_REACH, ...scores().map((score) => Math.ceil(1.25 * Math.abs(score))));
  const first = [...scores()], firstTarget = model.get("target");
  const frame = makeFrame({
    model, el, kind: "losses", label: "Four losses and their slopes", keys: KEYS, show, watched: ["scores", "target", "moving"],
    hint: "In focus: → ← move the score, ↑ ↓ choose which, t the right class, ? shows all keys. Drag in a picture too.",
    actions: {
      ArrowRight: () => nudge(STEP), ArrowLeft: () => nudge(-STEP), PageUp: () => nudge(10 * STEP), PageDown: () => nudge(-10 * STEP),
      ArrowUp: () => set({ moving: turn(moving(), -1) }), ArrowDown: () => set({ moving: turn(moving(), 1) }),
      t: () => set({ target: turn(model.get("target"), 1) }),
    },
  });
  const x = { low: -REACH, high: REACH };
  const plots = [
    makePlot({ id: `${frame.id}-loss`, title: "Losses", x, y: { low: 0, high: 6, label: "loss" } }),
    makePlot({ id: `${frame.id}-slope`, title: "Slopes of the losses", x, y: { low: -3.5, high: 3.5, label: "slope" } }),
  ].map((plot) => {
    const curves = tapes.map((_, n) => makeLine(n)), dots = tapes.map((_, n) => draw("circle", { class: `ck-dot ck-s${n}`, r: 5.5 }));
    const cursor = draw("path", { class: "ck-cursor" });
    plot.lines.append(cursor, ...curves);
    plot.marks.append(...dots);
    plot.drag((score) => move(Math.round(score / STEP) * STEP));
    return { plot, curves, dots, cursor };
  });
  frame.stage.append(...plots.map(({ plot }) => plot.svg));

  const [which, whichLabel] = makeChoice("Moving score", classes.map((name, n) => [n, name]));
  const [right, rightLabel] = makeChoice("Right class", classes.map((name, n) => [n, name]));
  const dials = classes.map((name, n) => makeDial(name, { low: -REACH, high: REACH, step: STEP }, (score) =>
    set({ moving: n, scores: scores().map((s, i) => (i === n ? score : s)) })));
  which.addEventListener("change", () => set({ moving: +which.value }));
  right.addEventListener("change", () => set({ target: +right.value }));
  frame.controls.append(
    makeLegend(tapes.map(([name]) => name)),
    make("div", { class: "ck-row" }, whichLabel, rightLabel,
      makeButton("reset", "Reset", () => set({ scores: first, target: firstTarget, moving: firstTarget })), frame.help),
    make("div", { class: "ck-inputs" }, ...dials.map((dial) => dial.element)));

  function move(score) {
    set({ scores: scores().map((s, i) => (i === moving() ? clamp(score) : s)) });
  }

  function nudge(by) {
    move(scores()[moving()] + by);
  }

  // Loss and slopes of each tape, the moving score being `score`.
  function look(tape, score) {
    const [loss, ...slopes] = run(tape, [...scores().map((s, i) => (i === moving() ? score : s)), ...classes.map((_, i) => +(i === model.get("target")))]);
    return { loss, slopes };
  }

  const grid = Array.from({ length: POINTS }, (_, i) => -REACH + (2 * REACH * i) / (POINTS - 1));
  let known = "", seen; // the curves: they stay while the score runs along them

  function sample() {
    const key = JSON.stringify([moving(), model.get("target"), scores().map((s, i) => i === moving() || s)]);
    if (key !== known) seen = tapes.map(([, tape]) => grid.map((s) => look(tape, s)));
    const fresh = key !== known;
    known = key;
    return fresh;
  }

  // An axis grows by leaps, so that it does not breathe with every step.
  function reach(least, wanted) {
    return wanted < least ? least : reach(1.5 * least, wanted);
  }

  function show() {
    const score = scores()[moving()], now = tapes.map(([, tape]) => look(tape, score)), fresh = sample();
    const values = [(each) => each.loss, (each) => each.slopes[moving()]];
    const [top, side] = [6, 3.5].map((least, i) => reach(least, 1.1 * Math.max(...now.map((each) => Math.abs(values[i](each))))));
    [[0, top], [-side, side]].forEach(([low, high], i) => {
      const { plot, curves, dots, cursor } = plots[i], value = values[i];
      if (fresh || plot.axes.y.high !== high) {
        plot.rescale({ x: { label: `score of ${classes[moving()]}` }, y: { low, high } });
        curves.forEach((curve, n) => curve.setAttribute("d", plot.path(grid.map((s, k) => [s, value(seen[n][k])]))));
      }
      cursor.setAttribute("d", `M${round(plot.x(score))} ${plot.inner.top}v${plot.inner.height}`);
      dots.forEach((dot, n) => fill(dot, { cx: round(plot.x(score)), cy: round(plot.y(value(now[n]))), visibility: Math.abs(score) > REACH ? "hidden" : "visible" }, []));
    });
    tell(now, score);
  }

  function tell(now, score) {
    const target = model.get("target"), name = classes[moving()];
    const what = moving() === target ? `${name}, the right class` : `${name}, a wrong class`;
    const each = (pick) => tapes.map(([loss], n) => `${loss} ${short(pick(now[n]))}`).join(", ");
    const silent = tapes.filter((_, n) => now[n].slopes[moving()] === 0).map(([loss]) => loss);
    const steepest = tapes.map(([loss], n) => [loss, Math.abs(now[n].slopes[moving()])]).reduce((a, b) => (b[1] > a[1] ? b : a));
    const words = [`Score of ${what}: ${short(score)}. Losses: ${each((n) => n.loss)}.`, `Slopes: ${each((n) => n.slopes[moving()])}.`,
      silent.length ? `${list(silent)} ${silent.length > 1 ? "are" : "is"} flat here: ${silent.length > 1 ? "they ask" : "it asks"} for no change of this score.` : "",
      steepest[1] > 0 ? `${steepest[0][0].toUpperCase()}${steepest[0].slice(1)} pulls hardest.` : ""].filter(Boolean).join(" ");
    write(frame.caption, words);
    for (const { plot } of plots) plot.describe(words);
    which.value = moving();
    right.value = target;
    dials.forEach((dial, n) => {
      dial.rename(`${classes[n]}${n === target ? " ✓" : ""}`, [-REACH, REACH]);
      dial.set(scores()[n]);
    });
    const exact = (value) => String(value).replaceAll("-", "−");
    writeTable(frame.table, `Right class: ${classes[target]}; scores ${scores().map(exact).join(", ")}`,
      ["loss", "value", ...classes.map((one) => `slope by the score of ${one}`)],
      tapes.map(([loss], n) => [loss, exact(now[n].loss), ...now[n].slopes.map(exact)]));
  }

  function list(names) {
    return names.join(names.length === 2 ? " and " : ", ");
  }

  frame.place();
  return frame.remove;
}

export default { render };
