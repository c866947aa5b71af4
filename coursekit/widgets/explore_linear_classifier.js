// A linear classifier whose every number can be changed. Scores and losses are tapes, written by coursekit's gates.
// shared.js and plot.js stand before it.

const STEP = 0.05; // of the arrow keys in a field
const KEYS = [
  ["Tab", "to the next entry of W, x or b"],
  ["↑  ↓", "in an entry: up, down by 0.05"],
  ["→  ←", "on the picture: the next, the previous class is the right one"],
  ["r", "on the picture: back to the first numbers"],
];

function render({ model, el }) {
  const classes = model.get("classes"), first = Object.fromEntries(["W", "x", "b", "target"].map((name) => [name, model.get(name)]));
  const set = (changes) => { put(model, changes); show(); };
  const turn = (by) => set({ target: (model.get("target") + by + classes.length) % classes.length });
  const frame = makeFrame({
    model, el, kind: "classifier", label: "Linear classifier", keys: KEYS, show, watched: ["W", "x", "b", "target"],
    hint: "Change any number of the table; ↑ ↓ in a field go by 0.05. On the picture → ← choose the right class, ? shows all keys.",
    actions: { ArrowRight: () => turn(1), ArrowLeft: () => turn(-1), r: () => set(first) },
  });
  const high = classes.length - 0.4;
  const scorePlot = makePlot({ id: `${frame.id}-scores`, title: "Scores", height: 46 + 52 * classes.length, left: 96, top: 14,
    x: { low: -1, high: 1, label: "score", wanted: 5 }, y: { low: -0.6, high, wanted: 0 } });
  const softPlot = makePlot({ id: `${frame.id}-softmax`, title: "Softmax", height: 46 + 52 * classes.length, left: 96, top: 14,
    x: { low: 0, high: 1, label: "probability by softmax", wanted: 5 }, y: { low: -0.6, high, wanted: 0 } });
  const bars = [scorePlot, softPlot].map((plot, n) => classes.map((name, row) => {
    const bar = draw("rect", { class: `ck-bar${n ? " ck-soft" : ""}`, height: 24 }), number = draw("text", { class: "ck-value" });
    plot.lines.append(bar);
    plot.marks.append(number, draw("text", { x: 88, y: round(plot.y(classes.length - 1 - row)) + 5, "text-anchor": "end" }, name.slice(0, 9)));
    return { bar, number };
  }));
  const zero = draw("path", { class: "ck-zero" });
  scorePlot.lines.append(zero);
  frame.stage.append(scorePlot.svg, softPlot.svg);

  // ---- the table of entries --------------------------------------------------------------------------------

  const fields = []; // [element, read, write into a copy of the model]
  const cell = (label, get, change) => {
    const field = make("input", { type: "number", step: STEP, "aria-label": label });
    const take = () => { const number = read(field.value); if (Number.isFinite(number)) set(change(number)); else field.value = get(); };
    field.addEventListener("input", () => { if (field.value !== "" && Number.isFinite(+field.value)) set(change(+field.value)); });
    field.addEventListener("change", take);
    fields.push([field, get]);
    return make("td", {}, field);
  };
  const replaced = (list, i, value) => list.map((old, n) => (n === i ? value : old));
  const x = model.get("x").map((_, j) => cell(`x${j + 1}`, () => model.get("x")[j], (value) => ({ x: replaced(model.get("x"), j, value) })));
  const rows = classes.map((name, i) => {
    const W = x.map((_, j) => cell(`W of ${name}, feature ${j + 1}`, () => model.get("W")[i][j],
      (value) => ({ W: replaced(model.get("W"), i, replaced(model.get("W")[i], j, value)) })));
    const b = cell(`b of ${name}`, () => model.get("b")[i], (value) => ({ b: replaced(model.get("b"), i, value) }));
    const score = make("td", { class: "ck-score" });
    return { score, row: make("tr", {}, make("th", { scope: "row" }, name), ...W, b, score) };
  });
  const head = (words) => make("th", { scope: "col" }, words);
  const entries = make("table", {},
    make("thead", {}, make("tr", {}, head("W"), ...x.map((_, j) => head(`x${j + 1}`)), head("b"), head("W·x + b"))),
    make("tbody", {}, make("tr", {}, make("th", { scope: "row" }, "x"), ...x, make("td", { colspan: 2 })), ...rows.map(({ row }) => row)));
  const [right, rightLabel] = makeChoice("Right class", classes.map((name, n) => [n, name]));
  right.addEventListener("change", () => set({ target: +right.value }));
  frame.controls.append(
    make("div", { class: "ck-entries" }, entries),
    make("div", { class: "ck-row" }, rightLabel, makeButton("reset", "Reset", () => set(first)), frame.help));

  // ---- what is shown ---------------------------------------------------------------------------------------

  function show() {
    const tapes = model.get("tapes"), target = model.get("target"), hot = classes.map((_, i) => +(i === target));
    const numbers = [...model.get("W").flat(), ...model.get("x"), ...model.get("b")];
    const scores = run(tapes.scores, numbers), p = run(tapes.softmax, numbers), best = scores.indexOf(Math.max(...scores));
    const [hinge, ...hingeSlopes] = run(tapes.hinge, [...numbers, ...hot]), [entropy, ...slopes] = run(tapes["cross-entropy"], [...numbers, ...hot]);
    const reach = Math.max(1, ...scores.map(Math.abs)) * 1.35;
    scorePlot.rescale({ x: { low: Math.min(0, ...scores) < 0 ? -reach : 0, high: reach } });
    zero.setAttribute("d", `M${round(scorePlot.x(0))} ${scorePlot.inner.top}v${scorePlot.inner.height}`);
    [[scorePlot, scores], [softPlot, p]].forEach(([plot, values], n) => values.forEach((value, i) => {
      const [a, b] = [plot.x(0), plot.x(value)], y = plot.y(classes.length - 1 - i), { bar, number } = bars[n][i];
      fill(bar, { x: round(Math.min(a, b)), width: round(Math.abs(b - a)), y: round(y - 12), class: `ck-bar${n ? " ck-soft" : ""}${i === best ? " ck-wins" : ""}` }, []);
      const inside = b > plot.inner.left + plot.inner.width - 60;
      fill(number, { x: round(inside || value < 0 ? Math.max(a, b) + (inside ? -6 : 6) : b + 6), y: round(y) + 5, "text-anchor": inside ? "end" : "start" }, []);
      write(number, short(value));
    }));
    rows.forEach(({ row, score }, i) => {
      row.classList.toggle("ck-wins", i === best);
      write(score, `${short(scores[i])}${i === best ? " wins" : ""}${i === target ? " ✓" : ""}`);
    });
    for (const [field, get] of fields) {
      if (document.activeElement !== field) field.value = Number(get().toPrecision(4));
      field.title = get();
    }
    right.value = target;
    tell({ scores, p, best, target, hinge, hingeSlopes, entropy, slopes });
  }

  function tell({ scores, p, best, target, hinge, hingeSlopes, entropy, slopes }) {
    const behind = classes.filter((_, i) => i !== target && scores[i] > scores[target] - 1);
    const words = [`${classes[best]} wins with a score of ${short(scores[best])}; right is ${classes[target]}: ${best === target ? "correct" : "wrong"}.`,
      `Hinge loss ${short(hinge)}: ${behind.length ? `${behind.join(", ")} ${behind.length > 1 ? "are" : "is"} not a margin of 1 below ${classes[target]}` : "every other score is a margin of 1 below"}.`,
      `Cross-entropy ${short(entropy)} = −ln ${short(p[target])}, softmax's probability of ${classes[target]}.`].join(" ");
    write(frame.caption, words);
    scorePlot.describe(`Scores: ${classes.map((name, i) => `${name} ${short(scores[i])}`).join(", ")}.`);
    softPlot.describe(`Probabilities: ${classes.map((name, i) => `${name} ${short(p[i])}`).join(", ")}.`);
    const exact = (value) => String(value).replaceAll("-", "−");
    writeTable(frame.table, `Hinge loss ${exact(hinge)}, cross-entropy ${exact(entropy)}; right class: ${classes[target]}`,
      ["class", "score", "softmax", "slope of the hinge loss", "slope of the cross-entropy"],
      classes.map((name, i) => [name, ...[scores[i], p[i], hingeSlopes[i], slopes[i]].map(exact)]));
  }

  frame.place();
  return frame.remove;
}

export default { render };
