// Shows a network in training. Python trains (coursekit/widgets/playground.py) and sends frames: how the plane
// is divided, weights, gradients, losses. shared.js and frame.js stand before it.

const SILENCE = 5000; // milliseconds until Python is said not to answer
const CELLS = 50, SMALL = 25; // of the decision boundary and of a unit's picture, per side
const WIDTH = 560, PITCH = 44; // of the network, and from unit to unit
const NAMES = {
  "x1": "x₁", "x2": "x₂", "x1^2": "x₁²", "x2^2": "x₂²", "x1*x2": "x₁x₂", "sin(x1)": "sin x₁", "sin(x2)": "sin x₂",
  none: "none", l1: "L1", l2: "L2", xor: "XOR", relu: "ReLU",
};
const LISTS = {
  learning_rate: [0.00001, 0.0001, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
  rate: [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
  batch_size: [1, 2, 5, 10, 15, 20, 30, 50, 100, 250, 500],
  noise: Array.from({ length: 11 }, (_, i) => i / 20),
  test: Array.from({ length: 9 }, (_, i) => (i + 1) / 10),
};

const ARRAYS = ["boundary", "units", "weights", "gradients", "curve"]; // of a frame

const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
const SPEEDS = [...[10, 50, 250, 1000].map((n) => [n, `${grouped(n)} steps a second`]), [0, "as fast as it can"]];
const percent = (share) => `${+(share * 100).toPrecision(4)} %`;
const named = (name) => NAMES[name] || name;

// Bytes of a message or of a saved notebook as numbers; a copy, since float64 has to start at a multiple of 8.
function floats(data) {
  return new Float64Array(new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice().buffer);
}

function unpacked(frame) {
  const data = (one) => new Uint8Array(one.buffer, one.byteOffset, one.byteLength);
  const { boundary, units, weights, gradients } = frame, curve = floats(frame.curve), n = curve.length / 3;
  return {
    ...frame, boundary: data(boundary), units: data(units), weights: floats(weights), gradients: floats(gradients),
    curve: [0, 1, 2].map((i) => [...curve.subarray(i * n, i * n + n)]),
  };
}

function set(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

function heat(size) {
  const canvas = make("canvas", { width: size, height: size });
  return { canvas, pen: canvas.getContext("2d"), image: new ImageData(size, size) };
}

function render({ model, el }) {
  const scene = () => model.get("scene"), settings = () => model.get("settings");
  let now, colours, units, wires, chosen = -1, waiting = 0, ticket = 0, alive = false, pending = 0, shownUnit = -1, built, read, last, queued, said = 0;

  // ---- the parts -------------------------------------------------------------------------------------------

  const playing = () => alive && model.get("playing");
  const frame = makeFrame({
    model, el, kind: "playground", label: model.get("title"),
    hint: "With the picture in focus: Space plays and pauses, → takes a step, ? shows all keys.",
    keys: [["Space", "play, pause"], ["→", "one gradient step"], ["Page Down", "100 gradient steps"], ["Home", "back to step 0"],
      ["g", "weights or gradients on the wires"], ["Tab, then arrows", "go to a unit and from unit to unit; Enter shows its answer in the plane"]],
    actions: {
      " ": toggle, Home: () => ask({ kind: "reset" }), PageDown: () => step(100),
      ArrowRight: (event) => move(event, 1, 0), ArrowLeft: (event) => move(event, -1, 0),
      ArrowDown: (event) => move(event, 0, 1), ArrowUp: (event) => move(event, 0, -1),
      g: () => put(model, { wires: model.get("wires") === "weights" ? "gradients" : "weights" }),
    },
    show: later, watched: ["scene", "settings", "frame", "wires", "speed", "show_test", "two_colours", "playing", "problem"],
  });
  const { id, root, stage, caption, controls, table } = frame;
  const play = makeButton("play", "▶ Play", toggle);
  const one = makeButton("step", "Step ▶", () => step(1));
  const reset = makeButton("reset", "Reset", () => ask({ kind: "reset" }));
  const [speed, speedLabel] = makeChoice("", SPEEDS);
  const readout = make("output", { class: "ck-readout" });
  const message = make("p", { class: "ck-message", role: "status", "aria-live": "polite" });
  speed.setAttribute("aria-label", "speed");
  const bar = make("div", { class: "ck-row ck-bar" }, play, one, reset, speedLabel, frame.help, readout);
  const lines = draw("g"), labels = draw("g");
  const drawn = draw("svg", { class: "ck-picture", "aria-hidden": "true" }, lines, labels);
  const net = make("div", { class: "ck-net", role: "group", "aria-label": "the network" }, drawn);
  const heatMap = heat(CELLS), dots = make("canvas", { width: 540, height: 540 }); // two layers: the dots seldom change
  const plane = make("div", { class: "ck-plane", role: "img" }, heatMap.canvas, dots);
  const shows = make("p", {});
  const told = draw("desc", { id: `${id}-curves` }), curves = [makeLine(0), makeLine(1)];
  const ends = [["x", 266, 146, "end"], ["y", 32, 14, "end"], ["0", 32, 132, "end"], ["loss", 40, 14], ["step 0", 36, 146]]
    .map(([words, x, y, anchor]) => draw("text", { class: "ck-tick", x, y, "text-anchor": anchor }, words));
  const chart = draw("svg", { class: "ck-picture ck-chart", viewBox: "0 0 270 150", role: "img", "aria-label": "Loss curves", "aria-describedby": told.id },
    told, draw("path", { class: "ck-axes", d: "M36 4h230v128h-230z" }), ...curves, ...ends);
  const views = make("div", { class: "ck-row" }), node = make("p", { class: "ck-node" });
  stage.append(make("div", { class: "ck-main" }, net, node, views), make("div", { class: "ck-side" }, plane, shows, chart, makeLegend(["training", "test"])));
  root.prepend(bar, message);

  const fields = {};
  function choice(name, label, values, words = String) {
    const [select, element] = makeChoice(label, []);
    fields[name] = { select, values, words };
    select.addEventListener("change", () => change({ [name]: fields[name].values[select.selectedIndex] }));
    return element;
  }
  function box(label, act) {
    const input = make("input", { type: "checkbox" });
    input.addEventListener("change", () => act(input.checked));
    return [input, make("label", { class: "ck-check" }, input, ` ${label}`)];
  }
  function group(name, ...children) {
    return make("fieldset", {}, make("legend", {}, name), ...children);
  }
  const { choices, most } = scene();
  const features = choices.features.map((name) => box(named(name), () =>
    change({ features: choices.features.filter((_, i) => features[i][0].checked) })));
  const amounts = make("span", { class: "ck-units ck-row" });
  const fewer = makeButton("fewer", "−", () => change({ layers: settings().layers.slice(0, -1) }));
  const more = makeButton("more", "+", () => change({ layers: [...settings().layers, 2] }));
  fewer.setAttribute("aria-label", "one hidden layer less");
  more.setAttribute("aria-label", "one hidden layer more");
  const seed = make("input", { type: "number", min: 0, step: 1, class: "ck-seed", "aria-label": "seed" });
  const state = make("input", { type: "text", class: "ck-state", spellcheck: "false", autocomplete: "off", "aria-label": "state" });
  const [test, testLabel] = box("Show test points", (on) => view({ show_test: on }));
  const [two, twoLabel] = box("Two colours only", (on) => view({ two_colours: on }));
  const [shown, shownLabel] = makeChoice("Wires show", [["weights", "weights"], ["gradients", "gradients ∇"]]);
  const besides = [
    group("Features", ...features.map(([, label]) => label)),
    group("Network", make("span", { class: "ck-row" }, "Hidden layers ", fewer, more), amounts,
      choice("activation", "Activation ", choices.activation, named)),
  ];
  const sets = [
    group("Data", choice("data", "Set ", choices.data, named), choice("noise", "Noise ", LISTS.noise, percent),
      choice("test", "Test share ", LISTS.test, percent), choice("batch_size", "Batch ", LISTS.batch_size),
      make("label", {}, "Seed ", seed), makeButton("seed", "New seed", () => change({ seed: Math.floor(Math.random() * 10000) }))),
    group("Training", choice("learning_rate", "Learning rate ", LISTS.learning_rate),
      choice("regularisation", "Penalty ", choices.regularisation, named), choice("rate", "Penalty rate ", LISTS.rate)),
    group("State", state, makeButton("restore", "Restore", () => ask({ kind: "restore", state: state.value }))),
  ];
  views.append(shownLabel, testLabel, twoLabel);
  views.after(...besides);
  controls.append(...sets);
  sets.push(...besides);

  // ---- colours ---------------------------------------------------------------------------------------------

  // A colour for each byte, 128 the middle one. The darkest shades are left to the dots.
  function palette(shades) {
    const parts = shades.map((shade) => [1, 3, 5].map((i) => parseInt(shade.slice(i, i + 2), 16)));
    return Uint32Array.from({ length: 256 }, (_, byte) => {
      const at = (0.5 + 0.75 * (byte - 128) / 254) * (parts.length - 1), i = Math.min(Math.floor(at), parts.length - 2);
      const [r, g, b] = parts[i].map((c, k) => Math.round(c + (parts[i + 1][k] - c) * (at - i)));
      return (255 << 24 | b << 16 | g << 8 | r) >>> 0;
    });
  }

  function paint({ pen, image }, data, twoOnly) {
    const pixels = new Uint32Array(image.data.buffer);
    for (let i = 0; i < data.length; i++) pixels[i] = colours[twoOnly ? (data[i] < 128 ? 64 : 192) : data[i]];
    pen.putImageData(image, 0, 0);
  }

  // ---- the network -----------------------------------------------------------------------------------------

  // A unit: its column (0: features, last: the output), row, name, place, and where its parameters are.
  function build() {
    const { features: inputs, layers } = settings(), columns = [inputs.length, ...layers, 1];
    const across = (c) => 88 + (WIDTH - 120) * c / (columns.length - 1), height = 30 + PITCH * Math.max(...columns);
    drawn.setAttribute("viewBox", `0 0 ${WIDTH} ${height}`);
    const before = units?.[chosen];
    for (const unit of units || []) unit.button.remove();
    colours = palette(scene().shades);
    units = [];
    wires = [];
    lines.replaceChildren();
    labels.replaceChildren();
    let at = 0, first = 0;
    columns.forEach((rows, c) => {
      const sources = units.slice(first);
      first = units.length;
      for (let row = 0; row < rows; row++) {
        const x = across(c), y = height / 2 + 12 + (row - (rows - 1) / 2) * PITCH;
        const name = !c ? named(inputs[row]) : c === columns.length - 1 ? "output" : `unit ${row + 1} of layer ${c}`;
        const unit = { c, row, name, x, y, picture: heat(c === columns.length - 1 ? CELLS : SMALL),
          bias: c ? at + sources.length * rows + row : -1, wires: [], number: units.length };
        unit.button = make("button", { type: "button", class: "ck-unit", tabindex: -1, "aria-pressed": "false",
          style: `left:${100 * x / WIDTH}%;top:${100 * y / height}%` }, unit.picture.canvas);
        unit.button.addEventListener("click", () => choose(chosen === unit.number ? -1 : unit.number));
        unit.button.addEventListener("focus", () => { for (const u of units) u.button.tabIndex = u === unit ? 0 : -1; tellUnit(unit); });
        unit.button.addEventListener("pointerenter", () => tellUnit(unit));
        net.append(unit.button);
        sources.forEach((source, i) => {
          const middle = (source.x + x) / 2;
          const line = draw("path", { d: `M${source.x} ${source.y}C${middle} ${source.y} ${middle} ${y} ${x} ${y}` });
          unit.wires.push({ line, source, index: at + i * rows + row });
          lines.append(line);
        });
        wires.push(...unit.wires);
        units.push(unit);
        if (!c) labels.append(draw("text", { x: x - 24, y: y + 5, "text-anchor": "end", class: "ck-note" }, name));
      }
      labels.append(draw("text", { x: across(c), y: 14, "text-anchor": "middle", class: "ck-note" },
        !c ? "features" : c === columns.length - 1 ? "output" : layers.length > 4 ? c : `layer ${c}`));
      if (c) at += (sources.length + 1) * rows;
    });
    units[0].button.tabIndex = 0;
    chosen = before ? units.findIndex((u) => u.c === before.c && u.row === before.row) : -1;
    const maps = bytes(scene().inputs);
    units.filter((u) => !u.c).forEach((u, i) => { u.map = maps.subarray(i * SMALL ** 2, (i + 1) * SMALL ** 2); paint(u.picture, u.map); });
  }

  function shownNumbers() {
    return model.get("wires") === "gradients" ? now.gradients : now.weights;
  }

  function drawWires() {
    const numbers = shownNumbers(), gradients = model.get("wires") === "gradients";
    // Weights are drawn to a fixed scale, so that they are seen to grow; gradients to the largest there is.
    const largest = gradients ? Math.max(1e-12, ...wires.map((w) => Math.abs(numbers[w.index]))) : 2.5;
    for (const { line, index } of wires) {
      const value = numbers[index];
      set(line, "class", value < 0 ? "ck-wire-n" : "ck-wire-p");
      set(line, "stroke-width", (0.6 + 7 * Math.min(1, Math.abs(value) / largest)).toFixed(1));
    }
  }

  function drawUnits() {
    const size = SMALL ** 2;
    let at = 0;
    for (const unit of units) {
      if (!unit.c) continue;
      unit.map = unit === units.at(-1) ? now.boundary : now.units.subarray(at, at += size);
      paint(unit.picture, unit.map, model.get("two_colours"));
    }
  }

  function describe(unit) {
    const { weights, gradients } = now, both = (i) => `${short(weights[i])} (∇ ${short(gradients[i])})`;
    if (!unit.c) return `${unit.name}, a feature.`;
    return `${unit.name}: bias ${both(unit.bias)}; from ${unit.wires.map((w) => `${w.source.name} ${both(w.index)}`).join(", ")}.`;
  }

  function tellUnit(unit) {
    shownUnit = unit.number;
    unit.button.setAttribute("aria-label", describe(unit));
    write(node, describe(unit));
  }

  function choose(number) {
    chosen = number;
    for (const u of units) u.button.setAttribute("aria-pressed", String(u.number === chosen));
    drawPlane();
    drawDots();
  }

  // ---- the plane and the curves ----------------------------------------------------------------------------

  const answering = () => units[chosen] || units.at(-1);
  const answers = () => (answering() === units.at(-1) ? "What the network answers" : `What ${answering().name} answers`);

  function drawPlane() {
    const { map, picture } = answering(), two = model.get("two_colours");
    if (map.length === CELLS ** 2) paint(heatMap, map, two);
    else heatMap.pen.drawImage(picture.canvas, 0, 0, CELLS, CELLS);
    if (!playing()) plane.setAttribute("aria-label",
      `${answers()} over the plane: blue and discs for class 0, orange and squares for class 1. ${reading()}`);
  }

  function drawDots() {
    const pen = dots.getContext("2d"), side = dots.width, { points, classes, held_in: held, reach, shades } = scene();
    const test = model.get("show_test");
    pen.clearRect(0, 0, side, side);
    pen.lineWidth = 1.5;
    points.slice(0, test ? points.length : held).forEach((point, i) => {
      const x = (point[0] / reach + 1) / 2 * side, y = (1 - point[1] / reach) / 2 * side, colour = classes[i] ? shades.at(-1) : shades[0];
      pen.beginPath();
      if (classes[i]) pen.rect(x - 5.5, y - 5.5, 11, 11); else pen.arc(x, y, 6.5, 0, 7);
      [pen.fillStyle, pen.strokeStyle] = i < held ? [colour, "#ffffff"] : ["#ffffff", colour];
      pen.fill();
      pen.stroke();
    });
    plane.classList.toggle("ck-two", model.get("two_colours"));
    write(shows, `${answers()}, from −${reach} to ${reach}: ● class 0, ■ class 1${test ? ", hollow: test" : ""}.`);
  }

  const losses = () => now.curve.slice(1).map((curve) => short(curve.at(-1)));
  const reading = () => `Step ${grouped(now.steps)} · epoch ${grouped(now.epochs)} · training loss ${losses()[0]} · test loss ${losses()[1]}`;

  function drawCurves() {
    const [steps, ...both] = now.curve, nice = (x) => { const ten = 10 ** Math.floor(Math.log10(x)); return [1, 2, 5, 10].find((k) => k * ten >= x) * ten; };
    const x = nice(Math.max(10, steps.at(-1))), y = nice(Math.max(0.01, ...both.flat()));
    write(ends[0], grouped(x));
    write(ends[1], short(y));
    both.forEach((curve, i) => curves[i].setAttribute("d",
      `M${curve.map((loss, k) => `${(36 + 230 * steps[k] / x).toFixed(1)} ${(132 - 128 * loss / y).toFixed(1)}`).join("L")}`));
    if (!playing()) write(told, `${reading()}; at step 0 they were ${both.map((curve) => short(curve[0])).join(" and ")}.`);
  }

  function drawAll() {
    pending = 0;
    drawWires();
    drawUnits();
    drawPlane();
    drawCurves();
    write(readout, reading());
    if (units[shownUnit]) tellUnit(units[shownUnit]);
    else write(node, "Point at a unit, or go to it with Tab and the arrows, for its numbers.");
    if (document.activeElement !== state) state.value = now.state;
    if (!playing()) writeNumbers();
    else if (now.steps - said >= 2500) tell(); // not too often: it is read out
  }

  function tell() {
    write(caption, `${reading()}.`);
    said = now.steps;
  }

  function writeNumbers() {
    for (const unit of units) unit.button.setAttribute("aria-label", describe(unit));
    const { weights, gradients } = now, row = (name, i) => [name, short(weights[i]), short(gradients[i])];
    writeTable(table, reading(), ["parameter", "value", "gradient ∇"], units.filter((u) => u.c).flatMap((u) => [
      ...u.wires.map((w) => row(`weight from ${w.source.name} to ${u.name}`, w.index)), row(`bias of ${u.name}`, u.bias)]));
    tell();
  }

  // ---- what changes ----------------------------------------------------------------------------------------

  function showView() {
    speed.value = model.get("speed");
    shown.value = model.get("wires");
    test.checked = model.get("show_test");
    two.checked = model.get("two_colours");
    write(play, playing() ? "▮▮ Pause" : "▶ Play");
    for (const button of [play, one, reset]) button.setAttribute("aria-disabled", !alive);
    for (const set of sets) set.disabled = !alive;
    write(message, model.get("problem") || (alive ? "" : "Training needs the notebook’s Python kernel; this page shows the last state."));
  }

  function showSettings() {
    const now = settings();
    for (const [name, field] of Object.entries(fields)) {
      if (!field.values.includes(now[name])) field.values = [...field.values, now[name]].sort((a, b) => a - b);
      if (field.select.length !== field.values.length) field.select.replaceChildren(...field.values.map((v) => make("option", {}, field.words(v))));
      field.select.selectedIndex = field.values.indexOf(now[name]);
    }
    features.forEach(([input], i) => { input.checked = now.features.includes(choices.features[i]); });
    if (amounts.children.length !== now.layers.length) {
      amounts.replaceChildren(...now.layers.map((_, i) => {
        const input = make("input", { type: "number", min: 1, max: most[1], "aria-label": `units of layer ${i + 1}` });
        input.addEventListener("change", () => change({ layers: settings().layers.map((n, k) => (k === i ? Number(input.value) : n)) }));
        return input;
      }));
    }
    now.layers.forEach((n, i) => { amounts.children[i].value = n; });
    fewer.setAttribute("aria-disabled", !now.layers.length);
    more.setAttribute("aria-disabled", now.layers.length >= most[0]);
    seed.value = now.seed;
  }

  function readFrame() {
    const kept = model.get("frame");
    now = unpacked({ ...kept, ...Object.fromEntries(ARRAYS.map((name) => [name, bytes(kept[name])])) });
  }

  // Several changes come together; after the last of them all is shown at once.
  function later() {
    if (!queued) queueMicrotask(showAll);
    queued = true;
  }

  function showAll() {
    queued = false;
    const shape = JSON.stringify([settings().features, settings().layers]), anew = built !== shape || last !== scene();
    if (anew) build();
    built = shape;
    last = scene();
    if (read !== model.get("frame") || anew) readFrame();
    read = model.get("frame");
    showSettings();
    showView();
    drawDots();
    drawAll();
  }

  // Frames come faster than a slow page draws: only the last one is drawn, and Python is told which.
  function soon() {
    if (pending) return;
    pending = 1;
    const act = () => { if (pending) drawAll(); if (alive) say({ kind: "shown", number: now.number }); };
    if (document.hidden) { pending = 0; say({ kind: "shown", number: now.number }); } else requestAnimationFrame(act);
  }

  // ---- Python ----------------------------------------------------------------------------------------------

  function say(content) {
    try { model.send(content); return true; } catch { return false; }
  }

  function ask(content) {
    clearTimeout(waiting);
    waiting = setTimeout(silence, SILENCE);
    ticket += 1;
    if (!say({ ...content, ticket: `${id}:${ticket}` })) silence();
  }

  function silence() {
    if (alive) write(message, "Python does not answer: the kernel is busy or gone.");
  }

  function hear(content, buffers) {
    if (content.kind === "frame") {
      now = unpacked({ ...content, ...Object.fromEntries(ARRAYS.map((name, i) => [name, buffers[i]])) });
      soon();
    } else if (content.ticket === `${id}:${ticket}`) {
      clearTimeout(waiting);
      alive = true;
      showSettings();
      showView();
      if (content.problem) write(message, content.problem);
    }
  }

  const change = (changes) => ask({ kind: "change", settings: changes });
  const view = (changes) => { put(model, changes); };
  const step = (steps) => ask({ kind: "step", steps });
  function toggle() { if (alive) ask({ kind: playing() ? "pause" : "play" }); }

  function move(event, right, down) {
    const here = units.find((u) => u.button === event.target);
    if (!here) return right > 0 && alive && step(1);
    const column = units.filter((u) => u.c === here.c + right);
    const row = Math.min(column.length - 1, here.row + down);
    column[Math.max(0, row)]?.button.focus();
  }

  speed.addEventListener("change", () => view({ speed: +speed.value }));
  shown.addEventListener("change", () => view({ wires: shown.value }));
  seed.addEventListener("change", () => change({ seed: Number(seed.value) }));
  state.addEventListener("keydown", (event) => { if (event.key === "Enter") ask({ kind: "restore", state: state.value }); });
  model.on("msg:custom", hear);
  frame.place();
  ask({ kind: "hello" });
  return () => {
    clearTimeout(waiting);
    if (playing()) ask({ kind: "pause" });
    clearTimeout(waiting);
    model.off("msg:custom", hear);
    frame.remove();
  };
}

export default { render };
