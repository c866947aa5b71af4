"""The widgets in a browser: the script of a step, and the run on an edited input.

A step is a press of an arrow key: what the module computes and changes on the page, and the layout the
browser does for it. Beside it stands the same module on a graph of one gate, which is what keys and controls
cost alone. A step of an explorer is a press of an arrow key too; its module is everything it needs, what
widgets share among it. An edited input is Python's part: from the new number to the new story. Opening is
from the address of a notebook in JupyterLab to its last output, kernel and Run All among it; beside it stands
the same notebook that ends its cells with the graph instead of the widget. The playground trains 2-4-2-1 on
its 500 points, 250 of them held out, as fast as it can: what is counted are the frames that JupyterLab shows
and the gradient steps between them. Time on the wall, medians; a busy machine shows in the largest.
``python -m benchmarks.widgets`` prints this table alone.
"""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import nbformat

import coursekit as ck
from benchmarks.harness import Row, Settings, table_text, time_text
from coursekit.widgets import Playground, StepThrough
from coursekit.widgets.explore_descent import MOST_STEPS
from tests.browser.lab import BROWSER_FLAGS, Lab, browser_path, open_notebook, run_all, running_lab

MODULE_BYTES = 30 * 1024
FRAME = 0.016  # seconds: a step should not miss a frame
ADDED = 1.0  # seconds that three widgets may add to opening a lecture
WIDGETS = 3
FRAMES, STEPS = 20, 200  # that the playground should show a second
_GRAPH = (
    "import coursekit as ck\nw1, w2 = ck.variables('w1 w2')\n"
    "graph = ck.ComputationalGraph(w1**3 * w2 + 3 * w1)\n"
    "graph.forward(w1=2.0, w2=3.0)"
)

EXPLORERS = {
    "descent, 200 steps of the log-likelihood": lambda: ck.explore_descent("log-likelihood"),
    "finite differences": ck.explore_finite_differences,
    "losses, 6 classes": lambda: ck.explore_losses([0.5, 1.0, -1.0, 2.0, 0.0, -0.5]),
    "linear classifier, 6 × 6": lambda: ck.explore_linear_classifier([[0.1] * 6] * 6, [1.0] * 6),
    "activations": ck.explore_activations,
}

# Presses arrow keys back and forth and reads the size of the picture, which makes the browser lay it out.
_STEPS = """([presses, steps]) => {
    const stage = document.querySelector('.ck-stage'), svg = stage.querySelector('svg'), times = [];
    for (let i = 0; i < presses; i++) {
        const start = performance.now();
        const key = i % (2 * steps) < steps ? 'ArrowRight' : 'ArrowLeft';
        stage.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
        svg.getBoundingClientRect();
        times.push((performance.now() - start) / 1000);
    }
    return times;
}"""


# Counts for some seconds how often the playground's numbers are written, and how far its steps have come.
_FRAMES = """(seconds) => new Promise((done) => {
    const readout = document.querySelector('.ck-readout');
    const steps = () => Number(readout.textContent.match(/^Step ([0-9,]+)/)[1].replaceAll(',', ''));
    const start = performance.now(), first = steps();
    let frames = 0;
    new MutationObserver(() => frames++).observe(readout, { childList: true });
    setTimeout(() => {
        const took = (performance.now() - start) / 1000;
        done([frames / took, (steps() - first) / took]);
    }, 1000 * seconds);
})"""


def one_gate() -> StepThrough:
    """x·y: two inputs, one gate."""
    x, y = ck.variables("x y")
    return ck.step_through(ck.ComputationalGraph(x * y), x=2.0, y=3.0)


def cubic() -> StepThrough:
    """w1³·w2 + 3·w1."""
    w1, w2 = ck.variables("w1 w2")
    return ck.step_through(ck.ComputationalGraph(w1**3 * w2 + 3 * w1), w1=2.0, w2=3.0)


def chain() -> StepThrough:
    """The largest graph that is stepped through: 40 nodes."""
    x, *weights = ck.variables(" ".join(["x", *(f"w{i}" for i in range(13))]))
    z = x
    for w in weights:
        z = ck.tanh(w * z)
    return ck.step_through(ck.ComputationalGraph(z), x=0.5, **{f"w{i}": 1.0 for i in range(13)})


def run(settings: Settings) -> list[Row]:
    """Measure the module, its steps and the run on an edited input."""
    widgets = [("x·y", one_gate()), ("w1³·w2 + 3·w1", cubic()), ("13 tanh in a row", chain())]
    rows = [_module("the module", StepThrough)]
    presses = 200 if settings.quick else 1000
    alone = None
    if browser_path() is None:
        rows.append(Row(work="a step", figure="", note="no Chromium on this machine"))
        measured = []
    else:
        measured = _steps([widget for _, widget in widgets], presses)
    for (name, widget), times in zip(widgets, measured, strict=False):
        took = statistics.median(times)
        alone = alone or took
        rows.append(
            Row(
                work=f"a step: {name}, {len(widget.story['boxes'])} nodes",
                figure=f"{time_text(took)}, largest {time_text(max(times))}",
                ratio=f"{took / alone:.1f} × one gate",
                target="≤ 16 ms",
                met=took <= FRAME,
                value=took,
            )
        )
    for name, widget in widgets[1:]:
        took = _edit(widget, settings)
        rows.append(Row(work=f"an edited input, in Python: {name}", figure=time_text(took), value=took))
    rows += _explorers(presses)
    if browser_path() is not None:
        rows.append(_opening(settings))
    return rows + _playground(settings)


def _explorers(presses: int) -> list[Row]:
    """Measure each explorer's module, and a press of an arrow key on it."""
    made: dict[str, Any] = {name: explore() for name, explore in EXPLORERS.items()}
    rows = []
    for name, widget in made.items():
        size = len(str(widget._esm).encode())
        met = size <= MODULE_BYTES
        figure = f"{size / 1024:.1f} KB"
        rows.append(Row(work=f"module: {name}", figure=figure, target="≤ 30 KB", met=met, value=size))
    if browser_path() is None:
        return rows
    for name, times in zip(made, _steps(list(made.values()), presses), strict=True):
        took = statistics.median(times)
        figure = f"{time_text(took)}, largest {time_text(max(times))}"
        rows.append(
            Row(work=f"a step: {name}", figure=figure, target="≤ 16 ms", met=took <= FRAME, value=took)
        )
    return rows


def _opening(settings: Settings) -> Row:
    """Open a notebook with three widgets and without, by turns; return what the widgets add."""
    from playwright.sync_api import sync_playwright

    times: dict[bool, list[float]] = {True: [], False: []}
    with sync_playwright() as playwright, TemporaryDirectory() as folder, TemporaryDirectory() as home:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=BROWSER_FLAGS)
        with running_lab(Path(folder), Path(home)) as lab:
            _open(browser, lab, "warm_up", shown=True)
            for i in range(2 if settings.quick else 5):
                for shown in (True, False) if i % 2 else (False, True):
                    times[shown].append(_open(browser, lab, f"opened_{i}_{shown}", shown))
        browser.close()
    plain, alive = statistics.median(times[False]), statistics.median(times[True])
    return Row(
        work=f"opening a notebook with {WIDGETS} widgets in JupyterLab",
        figure=f"{time_text(alive)}, largest {time_text(max(times[True]))}",
        ratio=f"{alive - plain:+.2f} s to {time_text(plain)} without them",
        target="adds ≤ 1 s",
        met=alive - plain <= ADDED,
        value=alive - plain,
        note=f"{os.getloadavg()[0]:.0f} processes share {os.cpu_count()} processors",
    )


def _module(work: str, widget: Any) -> Row:
    """Return the row of a widget's module: how large it is."""
    size = len(str(widget._esm).encode())
    return Row(
        work=work,
        figure=f"{size / 1024:.1f} KB",
        target="≤ 30 KB",
        met=size <= MODULE_BYTES,
        value=size,
    )


def _playground(settings: Settings) -> list[Row]:
    """Return the rows of the playground: its module, the frames and gradient steps that JupyterLab shows."""
    rows = [_module("the playground's module", Playground)]
    if browser_path() is None:
        return [*rows, Row(work="the playground's frames", figure="", note="no Chromium on this machine")]
    frames, steps = _playing(3 if settings.quick else 10)
    for work, figure, least in (("frames", frames, FRAMES), ("gradient steps", steps, STEPS)):
        rows.append(
            Row(
                work=f"the playground in JupyterLab: {work} a second",
                figure=f"{figure:.0f}",
                target=f"≥ {least}",
                met=figure >= least,
                value=figure,
            )
        )
    return rows


def _playing(seconds: float) -> tuple[float, float]:
    """Return how many frames and gradient steps a second the playground shows while it plays."""
    from playwright.sync_api import sync_playwright

    cell = "import coursekit as ck\nwidget = ck.playground(seed=1)\nwidget.speed = 0\nwidget"
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell)])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    with TemporaryDirectory() as folder, TemporaryDirectory() as home, sync_playwright() as playwright:
        nbformat.write(notebook, Path(folder, "playground.ipynb"))
        with running_lab(Path(folder), Path(home)) as lab:
            browser = playwright.chromium.launch(executable_path=browser_path(), args=BROWSER_FLAGS)
            page: Any = browser.new_page(viewport={"width": 1280, "height": 1400})
            open_notebook(page, lab, "playground.ipynb")
            run_all(page)
            ready = "document.querySelector('.ck-playground fieldset')?.disabled === false"
            page.wait_for_function(f"() => {ready}")
            page.click(".ck-playground button[data-do=play]")
            started = "!document.querySelector('.ck-readout').textContent.startsWith('Step 0')"
            page.wait_for_function(f"() => {started}")
            frames, steps = page.evaluate(_FRAMES, seconds)
            browser.close()
    return frames, steps


def _open(browser: Any, lab: Lab, name: str, shown: bool) -> float:
    """Return the seconds from a notebook's address to its last output, all cells run on a fresh kernel."""
    last = "ck.step_through(graph)" if shown else "graph"
    cells = [nbformat.v4.new_code_cell(source) for source in [_GRAPH, *[last] * WIDGETS]]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, lab.folder / f"{name}.ipynb")
    page = browser.new_page(viewport={"width": 1280, "height": 3000})
    start = time.perf_counter()
    open_notebook(page, lab, f"{name}.ipynb")
    run_all(page)
    if shown:
        page.locator(".ck-step svg").nth(WIDGETS - 1).wait_for(timeout=60_000)
    took = time.perf_counter() - start
    page.close()
    lab.shut_down_kernels()
    return took


def _steps(widgets: list[Any], presses: int) -> list[list[float]]:
    """Press arrow keys on each widget, on a page without a kernel; return seconds a press."""
    from playwright.sync_api import sync_playwright

    times = []
    with sync_playwright() as playwright, TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=BROWSER_FLAGS)
        page: Any = browser.new_page()
        for i, widget in enumerate(widgets):
            file = Path(folder, f"{i}.html")
            file.write_text(widget.to_html(), "utf-8")
            page.goto(file.as_uri())
            page.wait_for_selector(".ck-widget svg")
            steps = len(widget.story["steps"]) if isinstance(widget, StepThrough) else MOST_STEPS
            times.append(page.evaluate(_STEPS, [presses, steps]))
        browser.close()
    return times


def _edit(widget: StepThrough, settings: Settings) -> float:
    """Set the first input to new numbers; return the median seconds."""
    name = next(iter(widget.values))
    times = []
    for i in range(3 * settings.samples):
        start = time.perf_counter()
        widget.values = {name: 1.0 + i / 10}
        times.append(time.perf_counter() - start)
    return statistics.median(times)


if __name__ == "__main__":
    print(table_text((__doc__ or "").partition("\n")[0], run(Settings())))
