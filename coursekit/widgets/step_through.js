// Replays the passes of a graph. Everything shown (places, numbers, sentences) comes from Python as JSON in the
// trait `story`; this module only shows it, so it also runs on a page without a kernel: give `render` a model
// with get, set, on, off and save_changes. shared.js stands before it.

const PATIENCE = 4000; // milliseconds until Python is said not to answer
const KEYS = [
  ["→  ←", "one step on, one step back"],
  ["Home  End", "before the first step, after the last"],
  ["Space", "play, pause"],
  ["Page Down  Page Up", "the next, the previous gate; on a node: the next node of its kind"],
  ["Tab, then Enter", "go to a node, read its numbers with every digit"],
  ["?", "show or hide these keys"],
  ["Esc", "close what is open; else leave the graph"],
];
function render({ model, el }) {
  const id = newId("step");
  const story = () => model.get("story");
  const steps = () => story().steps;
  const at = () => Math.min(model.get("step"), steps().length);
  let asking = false; // whether the next step's number is asked for
  let tries = 0;
  const guesses = { right: 0, asked: 0 };
  let timer = 0; // of playing

  // ---- the parts -------------------------------------------------------------------------------------------

  const style = make("style");
  const stage = make("div", { class: "ck-stage", tabindex: 0, role: "group", "aria-describedby": `${id}-hint` });
  const hint = make("p", { id: `${id}-hint`, class: "ck-hint" },
    "With the graph in focus: → and ← step, Space plays, ? shows all keys.");
  const caption = make("p", { class: "ck-caption", role: "status", "aria-live": "polite" });
  const details = make("p", { class: "ck-node", role: "status", hidden: true });
  const first = makeButton("first", "◀◀ First", () => go(range()[0]));
  const back = makeButton("back", "◀ Back", () => go(at() - 1));
  const play = makeButton("play", "▶ Play", () => (timer ? pause() : start()));
  const forward = makeButton("forward", "Forward ▶", () => next());
  const last = makeButton("last", "Last ▶▶", () => go(range()[1]));
  const slider = make("input", { type: "range", step: 1, "aria-label": "step" });
  const count = make("output", { class: "ck-count" });
  const [speed, speedLabel] = makeChoice("Speed", [["0.5", "½ a second"], ["1", "1 a second"], ["2", "2 a second"]]);
  const [direction, directionLabel] = makeChoice("Show", [["both", "both passes"], ["forward", "forward pass"], ["backward", "backward pass"]]);
  const predict = make("input", { type: "checkbox" });
  const reset = makeButton("reset", "Reset", restart);
  const copySvg = makeButton("svg", "Copy SVG", () => copy("svg"));
  const copyPng = makeButton("png", "Copy PNG", () => copy("png"));
  const help = makeButton("help", "? Keys", toggleHelp);
  const keys = makeKeys(id, KEYS);
  const answer = make("input", { type: "text", inputmode: "decimal", autocomplete: "off", id: `${id}-answer`, size: 10 });
  const question = make("label", { for: `${id}-answer` });
  const verdict = make("p", { class: "ck-verdict", role: "status", "aria-live": "polite" });
  const ask = make("form", { class: "ck-ask", hidden: true }, question,
    make("span", { class: "ck-row" }, answer, make("button", { type: "submit" }, "Check"), makeButton("show", "Show it", reveal)));
  const inputs = make("fieldset", { class: "ck-inputs" });
  const message = make("p", { class: "ck-message", role: "status", "aria-live": "polite" });
  const table = make("table");
  const root = make("div", {
    class: "ck-widget ck-step ck-picture", role: "group",
    "data-lm-suppress-shortcuts": "true", // the notebook's own one-letter commands stay out of here
  },
    style, stage, hint, caption, details, ask, verdict,
    make("div", { class: "ck-row" }, first, back, play, forward, last, slider, count, help),
    make("div", { class: "ck-row" }, directionLabel, speedLabel, make("label", { class: "ck-check" }, predict, " Predict first"),
      reset, copySvg, copyPng),
    keys, inputs, message,
    make("details", { class: "ck-details" }, make("summary", {}, "The numbers as a table"), table));
  help.setAttribute("aria-controls", keys.id);
  help.setAttribute("aria-expanded", "false");

  // ---- the picture -----------------------------------------------------------------------------------------

  let svg, parts; // what changes from step to step

  function build() {
    const told = story();
    style.textContent = told.style;
    root.setAttribute("aria-label", `Step through: ${told.title}`);
    stage.setAttribute("aria-label", told.title);
    const wires = told.wires.map((wire) => draw("path", { class: "ck-wire", d: wire.d }, draw("title", {}, wire.words)));
    const arrows = told.wires.map((wire) =>
      draw("path", { class: "ck-arrow", d: `M${wire.end.join(" ")}l-${told.arrow} -5v10z` }));
    const shares = told.wires.map((wire) =>
      draw("text", { class: "ck-share", x: wire.note[0], y: wire.note[1], "text-anchor": "end" }));
    const tails = told.tails.map(([box, d]) => draw("path", { class: "ck-wire", d, "data-box": box }));
    const boxes = told.boxes.map(drawBox);
    const flow = draw("g"), tag = draw("g");
    const focused = svg?.contains(document.activeElement)
      ? parts.boxes.findIndex((box) => box.group === document.activeElement) : -1;
    svg?.remove();
    svg = draw("svg", {
      class: "ck-picture", role: "group", "aria-labelledby": `${id}-title`, "aria-describedby": `${id}-desc`,
      width: told.width, height: told.height - told.top,
      viewBox: `0 ${told.top} ${told.width} ${told.height - told.top}`, // room for tags above the first row
      style: `width:100%;max-width:${told.width}px;min-width:${told.smallest}px;height:auto`,
    },
      draw("title", { id: `${id}-title` }, told.title), draw("desc", { id: `${id}-desc` }, told.description),
      draw("rect", { class: "ck-ground", y: told.top, width: told.width, height: told.height - told.top, rx: 8 }),
      draw("g", {}, ...wires, ...tails), flow, draw("g", {}, ...arrows),
      draw("g", {}, ...boxes.flatMap((box) => [box.group, box.written])), draw("g", {}, ...shares), tag);
    stage.append(svg);
    parts = { arrows, shares, tails, boxes, flow, tag, cells: buildTable(told) };
    if (focused >= 0) boxes[focused].group.focus();
    buildInputs(told);
  }

  function drawBox(box, number) {
    const [x, y, width, height, rx] = box.rect;
    const text = (role, [left, top, words]) => draw("text", { class: `ck-${role}`, x: left, y: top }, words || "");
    const values = box.values.map((place) => text("value", place));
    const gradients = box.gradients.map((place) => text("gradient", place));
    const valueMap = box.valueMap && drawMap(...box.valueMap);
    const tip = draw("title");
    const gradientMap = box.gradientMap && draw("g");
    const group = draw("g", {
      class: `ck-box ck-${box.kind}${box.result ? " ck-result" : ""}`, role: "button", tabindex: 0, "aria-expanded": "false",
    },
      tip, draw("rect", { class: "ck-body", x, y, width, height, rx }));
    // What is written about a node stands beside the button, whose name says the same in full.
    const written = draw("g", { class: "ck-words", "aria-hidden": "true" },
      ...box.labels.map(([role, anchor, left, top, words]) =>
        draw("text", { class: `ck-${role}`, x: left, y: top, "text-anchor": anchor }, words)),
      valueMap, gradientMap, ...values, ...gradients);
    group.addEventListener("click", () => showNode(number));
    return { group, written, tip, values, gradients, valueMap, gradientMap };
  }

  function drawMap(x, y, cells) {
    const size = story().cell;
    const squares = cells.flatMap((row, i) => row.map((shade, j) =>
      draw("rect", { x: x + j * size, y: y + i * size, width: size, height: size, fill: shade })));
    const frame = { class: "ck-frame", x, y, width: size * Math.max(...cells.map((row) => row.length)), height: size * cells.length };
    return draw("g", { class: "ck-cells" }, ...squares, draw("rect", frame));
  }

  function buildTable(told) {
    const cells = told.rows.map(() => [make("td"), make("td")]);
    table.replaceChildren(
      make("caption", {}, told.title),
      make("thead", {}, make("tr", {}, ...told.columns.map((name) => make("th", { scope: "col" }, name)))),
      make("tbody", {}, ...told.rows.map(([name, ...rest], i) =>
        make("tr", {}, make("th", { scope: "row" }, name), ...rest.map((cell) => make("td", {}, cell)), ...cells[i]))));
    return cells;
  }

  // ---- one step --------------------------------------------------------------------------------------------

  function range() {
    const turn = steps().findIndex((step) => step.kind === "seed");
    const shown = model.get("direction");
    return [shown === "backward" ? turn : 0, shown === "forward" ? turn : steps().length];
  }

  // What stands at each box after the first `position` steps.
  function stateAt(position) {
    const told = story();
    const state = told.boxes.map((box) => ({
      value: box.kind === "gate" ? null : box.exact, gradient: null, lines: null, map: null,
    }));
    for (const step of told.steps.slice(0, position)) {
      if (step.kind === "forward") state[step.box].value = step.exact;
      else Object.assign(state[step.target], { gradient: step.exact, lines: step.lines, map: step.map });
    }
    return state;
  }

  function show() {
    const told = story(), position = at(), state = stateAt(position);
    const asked = asking ? told.steps[position] : null;
    const step = asked || told.steps[position - 1];
    const on = step ? new Set([step.box, step.target]) : new Set();
    const lit = new Set(step ? step.wires : []);
    if (step?.kind === "forward") for (const wire of step.wires) on.add(told.wires[wire].source);
    const turned = !!step && step.kind !== "forward";
    told.boxes.forEach((box, n) => {
      const part = parts.boxes[n], { value, gradient, lines, map } = state[n];
      const guessed = asked && asked.target === n;
      for (const one of [part.group, part.written]) one.classList.toggle("ck-on", on.has(n));
      part.values.forEach((text, i) => {
        write(text, guessed && !turned ? (i ? "" : "?") : value === null ? (i ? "" : "–") : box.values[i][2]);
        text.classList.toggle("ck-new", !turned && step?.target === n);
      });
      part.valueMap?.toggleAttribute("hidden", value === null);
      part.valueMap?.setAttribute("visibility", value === null ? "hidden" : "visible");
      const written = lines || ["∇ –"];
      part.gradients.forEach((text, i) => {
        write(text, guessed && turned && !i ? (lines ? `${lines[0].replace(/.* [=≈] /, "∇ ")} + ?` : "∇ ?") : written[i] || "");
        text.classList.toggle("ck-new", turned && step.target === n);
      });
      part.gradientMap?.replaceChildren(...(map ? [drawMap(...box.gradientMap, map)] : []));
      const words = [told.rows[n][1], `value ${value ?? "not computed yet"}`];
      if (box.kind !== "constant") words.push(`gradient ${gradient ?? "not computed yet"}`);
      const name = [box.name, ...words].join(", ");
      part.group.setAttribute("aria-label", name);
      write(part.tip, name);
      write(parts.cells[n][0], value ?? "–");
      write(parts.cells[n][1], box.kind === "constant" ? "none: a constant" : gradient ?? "–");
    });
    const done = new Map();
    for (const past of told.steps.slice(0, position)) if (past.share) done.set(past.wires[0], past.share);
    told.wires.forEach((wire, n) => {
      parts.arrows[n].classList.toggle("ck-on", lit.has(n));
      write(parts.shares[n], done.get(n) || "");
      parts.shares[n].classList.toggle("ck-new", lit.has(n) && done.has(n));
    });
    for (const tail of parts.tails) tail.classList.toggle("ck-on", step?.kind === "seed" && +tail.dataset.box === step.box);
    const backward = step?.kind === "backward" ? told.wires[step.wires[0]] : null;
    const bold = [...lit].map((n) => draw("path", { class: "ck-wire ck-on", d: told.wires[n].full }));
    parts.flow.replaceChildren(...bold, ...(backward ? [
      draw("path", { class: "ck-back", d: backward.back }),
      draw("path", { class: "ck-tip", d: `M${backward.tip.join(" ")}l${told.arrow} -6v12z` }),
    ] : []));
    parts.tag.replaceChildren(...(step?.tag && !asked ? [drawTag(step.tag)] : []));
    tell(told, position, step, asked);
    bringIntoView(on);
  }

  // A wide picture scrolls rather than shrink its text: what the step is about should be seen.
  function bringIntoView(on) {
    const scale = svg.getBoundingClientRect().width / story().width;
    const rects = [...on].map((n) => story().boxes[n].rect);
    if (!scale || !rects.length) return;
    const start = scale * Math.min(...rects.map(([x]) => x)) - 16;
    const end = scale * Math.max(...rects.map(([x, , width]) => x + width + 60));
    if (end > stage.scrollLeft + stage.clientWidth) stage.scrollLeft = end - stage.clientWidth;
    if (start < stage.scrollLeft) stage.scrollLeft = start;
  }

  function drawTag({ text, x, y, width }) {
    return draw("g", { class: "ck-tag" }, draw("rect", { x, y, width, height: 22, rx: 4 }),
      draw("text", { x: x + width / 2, y: y + 15.5, "text-anchor": "middle" }, text));
  }

  function tell(told, position, step, asked) {
    const [low, high] = range(), total = told.steps.length;
    const sentence = asked ? `Step ${position + 1} of ${total} · ${step.kind}: predict`
      : position === 0 ? `Before step 1 of ${total}: the inputs have their values. Forward (→) computes gate by gate.`
      : `Step ${position} of ${total} · ${step.kind}${step.kind === "backward" ? ", " : ": "}${step.caption}`;
    write(caption, sentence);
    slider.min = low;
    slider.max = high;
    slider.value = position;
    slider.setAttribute("aria-valuetext", sentence);
    write(count, `${position} / ${high}`);
    for (const one of [first, back]) one.setAttribute("aria-disabled", position <= low);
    for (const one of [forward, last]) one.setAttribute("aria-disabled", position >= high);
    write(play, timer ? "▮▮ Pause" : "▶ Play");
    speed.value = String(model.get("speed"));
    direction.value = model.get("direction");
    predict.checked = model.get("predict_first");
    ask.hidden = !asked;
    if (asked) write(question, asked.ask.question);
    const open = details.dataset.box;
    if (!details.hidden) writeNode(+open);
  }

  // ---- moving ----------------------------------------------------------------------------------------------

  function go(position) {
    const [low, high] = range();
    asking = false;
    write(verdict, "");
    put(model, { step: Math.max(low, Math.min(high, position)) });
    show();
  }

  function next() {
    const position = at(), [, high] = range();
    if (position >= high) return pause();
    if (asking) return answer.focus();
    if (!model.get("predict_first") || !steps()[position].ask) return go(position + 1);
    pause();
    asking = true;
    tries = 0;
    answer.value = "";
    write(verdict, "");
    show();
    answer.focus();
  }

  function start() {
    const [low, high] = range();
    if (at() >= high) go(low);
    tick(true);
  }

  function tick(now) {
    if (!now && !root.isConnected) return pause();
    if (!now) next();
    const going = at() < range()[1] && !asking;
    timer = going ? setTimeout(tick, 1000 / model.get("speed")) : 0;
    show();
  }

  function pause() {
    clearTimeout(timer);
    timer = 0;
    write(play, "▶ Play");
  }

  // To the next gate (or the one before), within the same pass.
  function jump(by) {
    const list = steps(), [low, high] = range();
    let position = at() + by;
    const where = (n) => `${list[n - 1]?.kind} ${list[n - 1]?.box}`, here = where(at());
    while (position > low && position < high && where(position) === here) position += by;
    go(position);
  }

  // ---- predict first ---------------------------------------------------------------------------------------

  function close(one, other) {
    return Math.abs(one - other) <= story().tolerance * Math.max(Math.abs(one), Math.abs(other)) + 1e-9;
  }

  function check() {
    const guess = read(answer.value), { answer: right, mistakes } = steps()[at()].ask;
    if (!Number.isFinite(guess)) return write(verdict, "Type a number, such as 1.5, −2 or 1/3.");
    tries += 1;
    if (close(guess, right)) return settle(tries === 1 ? "Right, at the first try." : "Right.", tries === 1);
    const mistake = mistakes.find(({ value }) => close(guess, value));
    write(verdict, `Not ${answer.value.trim()}. ${mistake ? mistake.hint : "Work it out once more, or let it be shown."}`);
    answer.select();
  }

  function reveal() {
    settle("Shown.", false);
  }

  function settle(words, right) {
    guesses.asked += 1;
    guesses.right += right ? 1 : 0;
    go(at() + 1);
    write(verdict, `${words} ${guesses.right} of ${guesses.asked} at the first try.`);
    stage.focus({ preventScroll: true });
  }

  // ---- nodes and help --------------------------------------------------------------------------------------

  function showNode(number) {
    const same = !details.hidden && +details.dataset.box === number;
    closeNode();
    if (same) return;
    details.hidden = false;
    details.dataset.box = number;
    parts.boxes[number].group.setAttribute("aria-expanded", "true");
    writeNode(number);
  }

  function writeNode(number) {
    const feeds = story().rows[number][2];
    write(details, parts.boxes[number].group.getAttribute("aria-label") + (feeds ? `; computed from ${feeds}.` : "."));
  }

  function closeNode() {
    details.hidden = true;
    for (const { group } of parts.boxes) group.setAttribute("aria-expanded", "false");
  }

  function toggleHelp() {
    keys.hidden = !keys.hidden;
    help.setAttribute("aria-expanded", String(!keys.hidden));
  }

  function leave() {
    if (asking) { asking = false; show(); write(verdict, ""); return stage.focus(); }
    if (!keys.hidden) return toggleHelp();
    if (!details.hidden) return closeNode();
    pause();
    if (svg.contains(document.activeElement)) return stage.focus();
    leaveTo(root);
  }

  const ACTIONS = {
    ArrowRight: () => { pause(); next(); },
    ArrowLeft: () => { pause(); go(at() - 1); },
    Home: () => { pause(); go(range()[0]); },
    End: () => { pause(); go(range()[1]); },
    " ": () => (timer ? pause() : start()),
    PageDown: (event) => page(event, 1),
    PageUp: (event) => page(event, -1),
    Enter: (event) => { const node = boxOf(event); if (node >= 0) showNode(node); },
    "?": toggleHelp,
    Escape: leave,
  };

  function boxOf(event) {
    return parts.boxes.findIndex((box) => box.group === event.target);
  }

  function page(event, by) {
    const node = boxOf(event);
    if (node < 0) jump(by); else focusKin(node, by);
  }

  function focusKin(node, by) {
    const kin = story().boxes.flatMap((box, n) => (box.kind === story().boxes[node].kind ? [n] : []));
    parts.boxes[kin[(kin.indexOf(node) + by + kin.length) % kin.length]].group.focus();
  }

  listen(root, ACTIONS);

  // ---- other numbers ---------------------------------------------------------------------------------------

  const python = { ticket: 0, waiting: 0, next: null, alive: false };
  let fields = []; // [name, number field, slider]

  function buildInputs(told) {
    if (fields.length === told.inputs.length) return writeInputs(told);
    fields = [];
    inputs.replaceChildren(make("legend", {}, "Inputs"), ...told.inputs.map((input) => {
      const field = make("input", { type: "number", step: "any", "aria-label": `value of ${input.name}` });
      const slide = make("input", { type: "range", step: "any", "aria-label": `slider for ${input.name}` });
      field.addEventListener("change", () => edit(input.name, field.value));
      slide.addEventListener("input", () => edit(input.name, slide.value));
      fields.push([input.name, field, slide]);
      const name = make("span", { class: "ck-name" }, `${input.name} =`);
      return make("span", { class: "ck-input" }, name, ...(input.editable ? [field, slide] : [make("span", {}, input.text)]));
    }));
    writeInputs(told);
  }

  function writeInputs(told) {
    told.inputs.forEach(({ name, value, editable }, i) => {
      const [, field, slide] = fields[i];
      if (value !== null && document.activeElement !== slide) {
        const start = Math.abs(model.get("first_values")[name] ?? value);
        const reach = Math.max(5, 2 * start, Math.abs(value));
        Object.assign(slide, { min: -reach, max: reach, step: reach / 50 });
        slide.value = value;
      }
      if (value !== null) field.value = Number(value.toPrecision(12)); // 0.1 + 0.2 is 0.3 here
      for (const one of [field, slide]) one.disabled = !python.alive || !editable;
    });
  }

  function edit(name, text) {
    const value = Number(text);
    if (text === "" || !Number.isFinite(value)) {
      write(message, `${name} needs a number.`);
      return writeInputs(story());
    }
    request({ kind: "values", values: { [name]: value } });
  }

  // One request at a time; of those made meanwhile only the last is sent, so that a slider stays quick.
  function request(content) {
    if (python.waiting) {
      python.next = content.kind === python.next?.kind
        ? { ...content, values: { ...python.next.values, ...content.values } } : content;
      return;
    }
    python.ticket += 1;
    python.waiting = setTimeout(() => silence(content.kind), PATIENCE);
    try { model.send({ ...content, ticket: `${id}:${python.ticket}` }); } catch { silence(content.kind); }
  }

  function silence(kind) {
    clearTimeout(python.waiting);
    python.waiting = 0;
    python.next = null;
    if (kind === "values") write(message, "Python does not answer: the kernel is busy or gone. Run the cell again to edit the inputs.");
    writeInputs(story());
  }

  // Which inputs cannot be edited, and why.
  function fitness() {
    const { inputs: all } = story(), unfit = all.filter((input) => !input.editable).map((input) => input.name);
    const array = unfit.length ? `${unfit.join(", ")}: an array, not a single number, so it is not edited here. ` : "";
    const alone = "The inputs can be edited while a Python kernel runs; this page is not connected to one.";
    return array + (python.alive || unfit.length === all.length ? "" : alone);
  }

  function hear(content) {
    if (content?.ticket !== `${id}:${python.ticket}`) return;
    clearTimeout(python.waiting);
    python.waiting = 0;
    python.alive = true;
    write(message, content.problem || fitness());
    const following = python.next;
    python.next = null;
    if (following) request(following); else writeInputs(story());
  }

  function restart() {
    pause();
    Object.assign(guesses, { right: 0, asked: 0 });
    closeNode();
    put(model, { direction: "both", predict_first: false });
    go(0);
    const values = model.get("first_values"), now = model.get("values");
    if (Object.keys(values).some((name) => values[name] !== now[name])) request({ kind: "values", values });
  }

  // ---- copies ----------------------------------------------------------------------------------------------

  // The picture alone, with the colours it has on this page.
  function standalone() {
    const copy = svg.cloneNode(true), now = getComputedStyle(svg), told = story();
    const names = new Set(told.style.match(/--ck-[\w-]+/g));
    copy.setAttribute("style", [...names].map((name) => `${name}:${now.getPropertyValue(name)}`).join(";"));
    copy.setAttribute("xmlns", SVG);
    copy.setAttribute("role", "img");
    for (const group of copy.querySelectorAll("[tabindex]")) {
      for (const name of ["tabindex", "role", "aria-expanded"]) group.removeAttribute(name);
    }
    copy.querySelector("desc").textContent = `${caption.textContent} ${told.description}`;
    copy.prepend(draw("style", {}, told.style));
    return new XMLSerializer().serializeToString(copy);
  }

  async function copy(kind) {
    const text = standalone();
    const blob = kind === "svg" ? new Blob([text], { type: "image/svg+xml" }) : await rasterise(text);
    try {
      if (kind === "svg") await navigator.clipboard.writeText(text);
      else await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
      write(message, `Copied as ${kind.toUpperCase()}.`);
    } catch { // a page that is not served securely may not use the clipboard
      const link = make("a", { href: URL.createObjectURL(blob), download: `graph.${kind}` });
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 1000);
      write(message, `This page may not use the clipboard: saved as graph.${kind}.`);
    }
  }

  async function rasterise(text) {
    const { width, height, top } = story(), image = new Image(), sharp = 2;
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
    await image.decode();
    const canvas = make("canvas", { width: width * sharp, height: (height - top) * sharp });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return new Promise((done) => canvas.toBlob(done, "image/png"));
  }

  // ---- wiring ----------------------------------------------------------------------------------------------

  slider.addEventListener("input", () => { pause(); go(+slider.value); });
  speed.addEventListener("change", () => put(model, { speed: +speed.value }));
  direction.addEventListener("change", () => { pause(); put(model, { direction: direction.value }); go(at()); });
  predict.addEventListener("change", () => { pause(); put(model, { predict_first: predict.checked }); asking = false; show(); });
  ask.addEventListener("submit", (event) => { event.preventDefault(); check(); });
  for (const one of [first, back, forward, last]) one.addEventListener("click", pause);

  const retold = () => { build(); show(); };
  const moved = () => { if (!asking || steps()[at()]?.ask == null) asking = false; show(); };
  const watched = [["change:story", retold], ["change:step", moved], ["change:direction", moved],
    ["change:predict_first", moved], ["change:speed", moved], ["msg:custom", hear]];
  for (const [event, act] of watched) model.on(event, act);
  build();
  el.append(root);
  show();
  write(message, fitness());
  request({ kind: "hello" });
  return () => {
    pause();
    clearTimeout(python.waiting);
    for (const [event, act] of watched) model.off(event, act);
  };
}

export default { render };
