// What widgets share that tell numbers: numbers as text, legends, the table, the frame around the picture.
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

// ---- legends and tables -----------------------------------------------------------------------------------------

// The n-th curve of a plot; colour, dashes and name tell them apart.
function makeLine(n, attributes = {}) {
  return draw("path", { class: `ck-line ck-s${n}`, ...attributes });
}

function makeLegend(names) {
  return make("ul", { class: "ck-legend" }, ...names.map((name, n) => make("li", {},
    draw("svg", { class: "ck-picture", width: 34, height: 12, "aria-hidden": "true" }, makeLine(n, { d: "M1 6h32" })), name)));
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
