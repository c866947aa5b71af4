"""The playground as a student meets it: in JupyterLab, and on a page without a kernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

from coursekit.drawing.numbers import short
from tests.browser.lab import Lab, Watch, open_notebook, run_all
from tests.browser.test_step_through import press, python_says

pytestmark = pytest.mark.browser

CELLS = [
    "import coursekit as ck\nwidget = ck.playground(data='gaussians', seed=5)\nwidget",
    "print('told', 'by Python')",
]
STEPS = (
    "Number(document.querySelector('.ck-readout').textContent.match(/^Step ([0-9,]+)/)[1]"
    ".replaceAll(',', ''))"
)


def notebook(lab: Lab, name: str, cells: list[str]) -> str:
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    document.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(document, lab.folder / name)
    return name


def show_in_lab(page: Any, lab: Lab, name: str, cells: list[str]) -> None:
    open_notebook(page, lab, notebook(lab, name, cells))
    run_all(page)
    page.wait_for_selector(".ck-playground .ck-readout", timeout=60_000)
    page.wait_for_function(
        "() => !document.querySelector('.ck-playground fieldset').disabled"
    )  # Python answers


def button(page: Any, name: str) -> Any:
    return page.locator(f".ck-playground button[data-do={name}]")


def wait_for_steps(page: Any, condition: str) -> int:
    """Wait until the number of steps shown is as wanted; return it."""
    page.wait_for_function(f"() => {STEPS} {condition}", timeout=60_000)
    return int(page.evaluate(STEPS))


def wait_until_paused(page: Any) -> None:
    page.wait_for_function("() => document.querySelector('[data-do=play]').textContent === '▶ Play'")


def numbers(page: Any) -> dict[str, list[str]]:
    """Read the table of numbers: value and gradient by parameter."""
    rows = page.locator(".ck-playground tbody tr").all()
    return {row.locator("th").text_content(): row.locator("td").all_text_contents() for row in rows}


def losses(page: Any) -> list[str]:
    """Read both losses as they are shown."""
    return [part.rpartition(" ")[2] for part in page.text_content(".ck-readout").split(" · ")[2:]]


def expected_rows(widget: dict[str, Any]) -> dict[str, list[str]]:
    """Return the table as it should be, from parameters and gradients by name: w1, b1, w2, …"""
    rows = {}
    values, slopes = widget["values"], widget["gradients"]
    sources = ["x₁", "x₂"]
    depth = len(values) // 2
    for layer in range(1, depth + 1):
        w, dw, b, db = (x[f"{kind}{layer}"] for kind in "wb" for x in (values, slopes))
        units = ["output"] if layer == depth else [f"unit {j + 1} of layer {layer}" for j in range(len(b))]
        for j, unit in enumerate(units):
            for i, source in enumerate(sources):
                rows[f"weight from {source} to {unit}"] = [short(w[i][j]), short(dw[i][j])]
            rows[f"bias of {unit}"] = [short(b[j]), short(db[j])]
        sources = units
    return rows


ASK = (
    "__import__('json').dumps({"
    "'values': {name: w.value.tolist() for name, w in widget.network.parameters().items()}, "
    "'gradients': {name: dw.tolist() for name, dw in widget.gradients.items()}, "
    "'losses': [widget.losses['train'][-1], widget.losses['test'][-1]], "
    "'steps': widget.steps, 'state': widget.state_string})"
)


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_in_jupyterlab(theme: str, lab: Lab, page: Any, watch: Watch, screenshots: Path) -> None:
    lab.use_theme(f"JupyterLab {theme}")
    try:
        show_in_lab(page, lab, f"playground_{theme}.ipynb", CELLS)
        if theme == "Dark":
            page.wait_for_selector('body[data-jp-theme-light="false"]', state="attached")
        assert page.evaluate(STEPS) == 0
        first = losses(page)
        page.locator(".ck-playground .ck-stage").focus()
        press(page, "Space")
        wait_for_steps(page, ">= 200")
        page.screenshot(path=screenshots / f"playground-{theme.lower()}-playing.png")
        # A cell runs while the network is trained.
        assert python_says(page, "widget.playing, sum(range(10))") == "True 45"
        wait_for_steps(page, ">= 400")
        page.locator(".ck-playground .ck-stage").focus()
        press(page, "Space")
        wait_until_paused(page)
        told = json.loads(python_says(page, ASK))
        assert told["steps"] == page.evaluate(STEPS)
        assert losses(page) == [short(loss) for loss in told["losses"]]
        assert numbers(page) == expected_rows(told)
        assert float(losses(page)[0]) < float(first[0]) / 2
        assert page.get_by_label("state", exact=True).input_value() == told["state"]

        page.locator(".ck-playground .ck-stage").focus()
        press(page, "ArrowRight")
        assert wait_for_steps(page, f"== {told['steps'] + 1}")
        press(page, "PageDown")
        wait_for_steps(page, f"== {told['steps'] + 101}")
        wait_until_paused(page)
        press(page, "d", "d", "x", "ArrowUp")  # Lab's commands that delete and cut cells
        assert page.locator(".jp-CodeCell").count() == 2
        told = json.loads(python_says(page, ASK))
        assert numbers(page) == expected_rows(told)
        page.screenshot(path=screenshots / f"playground-{theme.lower()}.png")

        page.locator(".ck-playground .ck-stage").focus()
        press(page, "Home")
        wait_for_steps(page, "== 0")
        assert losses(page) == first
        assert python_says(page, "widget.step(3)") == "3"
        wait_for_steps(page, "== 3")
        # Nothing scrolls sideways at the width of a cell.
        wide = "[...document.querySelectorAll('.ck-playground, .ck-playground *, .jp-OutputArea-output')]"
        assert (
            page.evaluate(
                f"{wide}.filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth"
                " && getComputedStyle(one).overflowX !== 'visible').map((one) => one.outerHTML)"
            )
            == []
        )
        assert watch.outside == []
        assert watch.errors == []
    finally:
        lab.use_theme("JupyterLab Light")
