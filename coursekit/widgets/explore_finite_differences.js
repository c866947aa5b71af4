// The error of three difference quotients against their step h, on logarithmic axes. Python computed all of it: a
// difference of nearly equal numbers depends on the last digit, so nothing is recomputed here.
// shared.js and plot.js stand before it.

const NAMES = { forward: "forward: (f(x+h) − f(x)) / h", central: "central: (f(x+h) − f(x−h)) / 2h", complex: "complex step: Im f(x+ih) / h" };
const POWERS = { forward: 1, central: 2, complex: 2 };
const FLOOR = 1e-17; // an error of 0 is drawn here
const KEYS = [
  ["→  ←", "a larger, a smaller step h"],
  ["Page Up  Page Down", "ten times larger, ten times smaller"],
  ["Home  End", "h = 1e−16, h = 1"],
  ["f  c", "to the best h of the forward, of the central difference"],
];

function render({ model, el }) {
  const story = () => model.get("story");
  const at = () => model.get("step");
  const go = (step) => { put(model, { step: Math.max(0, Math.min(story().steps.length - 1, step)) }); show(); };
  const frame = makeFrame({
    model, el, kind: "differences", label: "Error of finite differences against their step", keys: KEYS, show, watched: ["step", "story"],
    hint: "In focus: ← makes h smaller, → larger, Page Down ten times smaller, ? shows all keys. Drag in the picture too.",
    actions: {
      ArrowRight: () => go(at() - 1), ArrowLeft: () => go(at() + 1), PageDown: () => go(at() + 4), PageUp: () => go(at() - 4),
      Home: () => go(Infinity), End: () => go(0), f: () => go(best("forward")), c: () => go(best("central")),
    },
  });
  const plot = makePlot({ id: `${frame.id}-plot`, title: "Error against h", width: 640, height: 380,
    x: { low: 1e-16, high: 1, log: true, label: "step h", wanted: 10 }, y: { low: FLOOR, high: 10, log: true, label: "error", wanted: 8 } });
  const names = Object.keys(NAMES);
  const guides = draw("g"), curves = names.map((_, n) => makeLine(n)), dots = names.map((_, n) => draw("circle", { class: `ck-dot ck-s${n}`, r: 9 - 2 * n }));
  const cursor = draw("path", { class: "ck-cursor" }), told = draw("text", { class: "ck-told", y: 22, "text-anchor": "middle" });
  plot.back.append(guides);
  plot.lines.append(cursor, ...curves);
  plot.marks.append(...dots, told);
  frame.stage.append(plot.svg);

  const slider = make("input", { type: "range", step: 1, min: 0, "aria-label": "step h" });
  const count = make("output", { class: "ck-count" });
  frame.controls.append(
    makeLegend(Object.values(NAMES)),
    make("div", { class: "ck-row" },
      makeButton("smaller", "◀ Smaller h", () => go(at() + 1)), makeButton("larger", "Larger h ▶", () => go(at() - 1)),
      makeButton("forward", "Best for forward", () => go(best("forward"))), makeButton("central", "Best for central", () => go(best("central"))),
      frame.help),
    make("div", { class: "ck-row" }, make("span", { class: "ck-name" }, "h"), slider, count));
  // Small steps lie on the left, as on the axis: keys, buttons and slider go where the mark in the picture goes.
  slider.addEventListener("input", () => go(slider.max - slider.value));
  plot.drag((h) => go(Math.round(-4 * Math.log10(h))));

  // The h where truncation and rounding are equal, by the rule of thumb; without one, that of least error.
  function best(name) {
    const { steps, errors, truncation, rounding } = story(), power = POWERS[name];
    if (truncation[name] && rounding) {
      const ideal = (rounding / truncation[name]) ** (1 / (power + 1));
      return Math.max(0, Math.min(steps.length - 1, Math.round(-4 * Math.log10(ideal))));
    }
    const sizes = errors[name].map((error) => error ?? Infinity);
    return sizes.indexOf(Math.min(...sizes));
  }

  let drawn = null;

  function redraw() {
    const { steps, errors, truncation, rounding } = story();
    drawn = story();
    const all = Object.values(errors).flat().filter((error) => error !== null);
    const floor = (error) => (error === null ? NaN : Math.max(error, FLOOR * 1.5));
    plot.rescale({ y: { high: 10 ** Math.ceil(Math.log10(Math.max(2, ...all))) } });
    names.forEach((name, n) => curves[n].setAttribute("d", plot.path(steps.map((h, i) => [h, floor(errors[name][i])]))));
    const line = (act, at, words, attributes) => [
      draw("path", { class: "ck-guide", d: plot.path([1, 1e-16].map((h) => [h, act(h)])) }),
      draw("text", { class: "ck-tick", x: round(plot.x(at)), y: round(plot.y(act(at))), ...attributes }, words)];
    const [above, right] = [{ dx: -10, dy: -8, "text-anchor": "end" }, { dx: 10, dy: 10, "text-anchor": "start" }];
    guides.replaceChildren(...[
      truncation.forward && line((h) => truncation.forward * h, 1e-11, "truncation ∝ h", above),
      truncation.central && line((h) => truncation.central * h * h, 1e-7, "truncation ∝ h²", right),
      rounding && line((h) => rounding / h, 1e-4, "rounding ∝ 1/h", { ...right, dy: -10 }),
    ].filter(Boolean).flat());
    slider.max = steps.length - 1;
  }

  function show() {
    if (drawn !== story()) redraw();
    const { steps, estimates, errors, derivative, x, relative } = story(), n = at(), h = steps[n];
    const a = round(plot.x(h)), exact = (value) => (value === null ? "none" : String(value).replaceAll("-", "−"));
    cursor.setAttribute("d", `M${a} ${plot.inner.top}v${plot.inner.height}`);
    const { left, width } = plot.inner;
    fill(told, { x: Math.max(left + 50, Math.min(left + width - 50, a)) }, []);
    write(told, `h = ${short(h)}`);
    names.forEach((name, i) => {
      const error = errors[name][n];
      dots[i].setAttribute("visibility", error === null ? "hidden" : "visible");
      if (error !== null) fill(dots[i], { cx: a, cy: round(plot.y(Math.max(error, FLOOR * 1.5))) }, []);
    });
    const words = sentence(n);
    write(frame.caption, words);
    plot.describe(words);
    slider.value = slider.max - n;
    slider.setAttribute("aria-valuetext", `h = ${short(h)}`);
    write(count, short(h));
    writeTable(frame.table, `Derivative of f at x = ${exact(x)}; step h = ${exact(h)}`, ["method", "estimate", relative ? "relative error" : "absolute error"],
      [...names.map((name) => [NAMES[name], exact(estimates[name][n]), exact(errors[name][n])]), ["right answer", exact(derivative), "0"]]);
  }

  function sentence(n) {
    const { steps, estimates, errors, derivative, x } = story(), h = steps[n];
    const kink = `f has a kink at x = ${short(x)}: its slopes to the left and to the right differ, and no h brings the estimates together. Backprop takes ${short(derivative)}, by convention.`;
    const part = (name) => (estimates[name][n] === null ? `${name} gives nothing` : `${name} ${long(estimates[name][n])}`);
    const told = `h = ${short(h)}: ${names.map(part).join(", ")}; right is ${long(derivative)}.`;
    if (story().kink) return `${told} ${kink}`;
    return [told, why("forward", n, x + h === x), why("central", n, x + h === x && x - h === x),
      errors.complex[n] === null ? "f cannot be run on complex numbers here, so there is no complex step."
        : h <= 1e-8 ? "The complex step subtracts nothing, so no digit is lost." : ""].filter(Boolean).join(" ");
  }

  function long(value) {
    return Number.isInteger(value) ? short(value) : String(Number(value.toPrecision(10))).replaceAll("-", "−");
  }

  // Which error dominates; that of the rule of thumb where f is known well enough, else by the side of the valley.
  function why(name, n, lost) {
    const { steps, errors, truncation, rounding, relative } = story(), h = steps[n], power = POWERS[name];
    const title = name[0].toUpperCase() + name.slice(1), error = errors[name][n];
    const size = `${relative ? "relative error" : "error"} ${short(error)}`;
    if (lost) return `${title}: x + h rounds to x, so h has vanished altogether.`;
    if (error === null) return `${title}: f has no value at a distance of h.`;
    if (error === 0) return `${title}: no error is left.`;
    const missed = truncation[name] * h ** power, lostDigits = rounding / h;
    const larger = truncation[name] ? missed > lostDigits : n < best(name);
    const both = truncation[name] && missed < 5 * lostDigits && lostDigits < 5 * missed;
    if (both) return `${title}: in the valley, truncation and rounding are about equal (${size}).`;
    return larger ? `${title}: truncation dominates (${size}); a smaller h is better.`
      : `${title}: rounding dominates (${size}); a smaller h makes it worse.`;
  }

  frame.place();
  return frame.remove;
}

export default { render };
