// What all widgets share. Python joins this text before a widget's own (coursekit/widgets/base.py), so that each
// stays one module without imports, which also works from a file.

const SVG = "http://www.w3.org/2000/svg";
let views = 0; // ids are prefixed per view: two widgets on a page must not share any

function newId(kind) {
  return `ck-${kind}-${++views}-${Math.random().toString(36).slice(2, 7)}`;
}

function make(name, attributes = {}, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function draw(name, attributes = {}, ...children) {
  return fill(document.createElementNS(SVG, name), attributes, children);
}

function fill(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== false && value != null) element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child != null)); // strings become text, never markup
  return element;
}

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// A number as people type it: 1.5, −2, 0,25, 1/3. NaN for anything else.
function read(text) {
  const [over, under, more] = text.replaceAll("−", "-").replaceAll(",", ".").split("/").map((x) => x.trim());
  if (more !== undefined || over === "" || under === "") return NaN;
  return Number(over) / (under === undefined ? 1 : Number(under));
}

// A button stays in the tab order while it can do nothing: aria-disabled says so.
function makeButton(name, label, act) {
  const made = make("button", { type: "button", "data-do": name }, label);
  made.addEventListener("click", () => made.getAttribute("aria-disabled") !== "true" && act());
  return made;
}

function makeChoice(label, options) {
  const select = make("select", {}, ...options.map(([value, text]) => make("option", { value }, text)));
  return [select, make("label", {}, `${label} `, select)];
}

function makeKeys(id, keys) {
  return make("dl", { class: "ck-keys", id: `${id}-keys`, hidden: true },
    ...keys.map(([key, what]) => make("div", {}, make("dt", {}, key), make("dd", {}, what))));
}

// What each key does: `actions` by the key's name. Fields, sliders and buttons keep the keys they know.
function listen(root, actions) {
  // Ctrl+S and the like stay the notebook's: it looks for this attribute before it looks at the key.
  const share = ({ ctrlKey, metaKey, altKey }) =>
    root.toggleAttribute("data-lm-suppress-shortcuts", !(ctrlKey || metaKey || altKey));
  for (const type of ["keydown", "keyup", "focusin"]) root.addEventListener(type, share);
  root.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    event.stopPropagation(); // else the notebook takes the arrows
    if (event.target.closest("input, select") && event.key !== "Escape") return;
    if (event.target.closest("button, summary") && (event.key === " " || event.key === "Enter")) return;
    const act = actions[event.key];
    if (!act) return;
    event.preventDefault();
    act(event);
  });
}

function leaveTo(root) {
  const outside = root.parentElement?.closest("[tabindex]");
  if (outside) outside.focus(); else document.activeElement?.blur();
}

function put(model, changes) {
  for (const [name, value] of Object.entries(changes)) model.set(name, value);
  try { model.save_changes(); } catch { /* the kernel is gone; the picture goes on without it */ }
}

