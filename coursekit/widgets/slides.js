// Divides slides that are taller than the screen, before reveal.js starts: an audience cannot scroll. A slide
// is cut where it costs least: between cells rather than between code and its output, never right after a
// heading, and not at all if a slightly smaller picture does. Widgets live on, since their nodes are moved.
const HEIGHT = 760, WIDTH = 1350; // of a slide; reveal.js enlarges it to the screen
const SMALLEST = 60; // percent; below, nobody reads it from the last row: it scrolls instead

const drawn = (place) => new Promise((done) => {
  if (place.firstElementChild) return done();
  const watch = new MutationObserver(() => { watch.disconnect(); done(); });
  watch.observe(place, { childList: true });
  setTimeout(done, 5000); // a widget that fails leaves its slide empty, not the whole lecture
});

// Where a slide may be cut: [element that begins the next part, what the cut costs].
function cutsOf(slide) {
  const cuts = [];
  for (const cell of slide.querySelectorAll(".jp-Cell")) {
    const code = cell.querySelector(".jp-Cell-inputWrapper");
    cuts.push([cell, 0]);
    for (const output of cell.querySelectorAll(".jp-OutputArea-child")) if (code) cuts.push([output, 0.6]);
    const text = cell.querySelector(".jp-MarkdownOutput");
    for (const block of [...(text?.children ?? [])].slice(1)) {
      cuts.push([block, /^H\d$/.test(block.previousElementSibling.tagName) ? 9 : 0.4]);
    }
  }
  const order = Node.DOCUMENT_POSITION_FOLLOWING;
  return cuts.sort(([a], [b]) => (a === b ? 0 : a.compareDocumentPosition(b) & order ? -1 : 1));
}

// The cheapest division: a part costs 1, more if it has to shrink, much more if it has to scroll.
function divide(slide) {
  const cuts = cutsOf(slide);
  const tops = cuts.map(([element]) => element.getBoundingClientRect().top);
  tops.push(slide.getBoundingClientRect().top + slide.scrollHeight);
  const best = [{ cost: 0, from: 0 }];
  for (let end = 1; end <= cuts.length; end++) {
    best[end] = { cost: Infinity, from: 0 };
    for (let from = 0; from < end; from++) {
      const scale = Math.min(1, HEIGHT / (tops[end] - tops[from]));
      const tight = (100 * scale < SMALLEST ? 50 : 8) * (1 - scale);
      const cost = best[from].cost + 1 + tight + (from ? cuts[from][1] : 0);
      if (cost < best[end].cost) best[end] = { cost, from };
    }
  }
  for (let end = cuts.length; best[end].from > 0; end = best[end].from) cut(slide, cuts[best[end].from][0]);
}

// Move everything from an element on to a slide of its own; what encloses both parts is repeated, empty.
function cut(slide, element) {
  const rest = document.createRange();
  rest.setStartBefore(element);
  rest.setEndAfter(slide.lastChild);
  const next = slide.cloneNode(false);
  next.append(rest.extractContents());
  next.querySelector(".jp-Cell").removeAttribute("id"); // it stays with the first part
  if (!element.matches(".jp-Cell")) next.querySelector(".jp-Cell").dataset.continued = "";
  slide.after(next);
}

// Shrink what a slide holds until it fits.
function fit(slide) {
  const content = slide.querySelector(".ck-fit");
  content.style.zoom = 1;
  for (let percent = 98; slide.scrollHeight > slide.clientHeight && percent >= SMALLEST; percent -= 2) {
    content.style.zoom = percent / 100;
  }
}

const reveal = document.querySelector(".reveal");
await Promise.all([...document.querySelectorAll("[id^=ck-widget-]")].map(drawn));
await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
const leaves = () => [...reveal.querySelectorAll("section:not(:has(section))")];
reveal.classList.add("ck-measuring"); // every slide is laid out, one below the other
for (const slide of leaves()) if (slide.scrollHeight > slide.clientHeight) divide(slide);
for (const slide of leaves()) {
  const content = document.createElement("div");
  content.className = "ck-fit";
  content.append(...slide.childNodes);
  slide.append(content);
  fit(slide);
  slide.addEventListener("toggle", () => fit(slide), true); // an answer is unfolded
}
reveal.classList.remove("ck-measuring");
Reveal.on("slidechanged", ({ currentSlide }) => fit(currentSlide)); // widgets change their height
Reveal.initialize({
  controls: true, progress: true, hash: true, slideNumber: "c/t", transition: "none", center: false,
  width: WIDTH, height: HEIGHT, margin: 0.03,
});
