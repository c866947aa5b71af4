"""Widgets in a notebook that was saved: exported as a page, and opened in JupyterLab without a kernel."""

from __future__ import annotations

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.browser.lab import TOKEN, Lab, Watch, open_notebook, run_all

pytestmark = pytest.mark.browser

CELLS = [
    "import coursekit as ck\nw1, w2 = ck.variables('w1 w2')\n"
    "graph = ck.ComputationalGraph(w1**3 * w2 + 3 * w1)\n"
    "graph.forward(w1=2.0, w2=3.0)",
    "ck.step_through(graph)",
    "ck.step_through(graph, w1=1.0)",
]


def write_notebook(path: Path) -> None:
    cells = [nbformat.v4.new_markdown_cell(r"Where does $\frac{\partial g}{\partial w_1} = 39$ come from?")]
    cells += [nbformat.v4.new_code_cell(cell) for cell in CELLS]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, path)


def nbconvert(*arguments: str) -> None:
    command = [sys.executable, "-m", "jupyter", "nbconvert", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=180)
    assert done.returncode == 0, done.stderr


def step_to_the_end(page: Any, number: int) -> str:
    widget = page.locator(".ck-step").nth(number)
    widget.locator(".ck-stage").focus()
    page.keyboard.press("End")
    return str(widget.locator(".ck-caption").text_content())


def test_an_exported_notebook_steps_on_without_kernel_or_network(
    page: Any, watch: Watch, tmp_path: Path, screenshots: Path
) -> None:
    write_notebook(tmp_path / "lecture.ipynb")
    nbconvert("--to", "coursekit", "--execute", str(tmp_path / "lecture.ipynb"))
    page.context.set_offline(True)
    page.goto((tmp_path / "lecture.html").as_uri())
    page.locator(".ck-step svg").nth(1).wait_for()
    assert "branches add: 3 + 36 = 39" in step_to_the_end(page, 0)
    assert "branches add: 3 + 9 = 12" in step_to_the_end(page, 1)
    assert page.locator(".ck-step").nth(0).locator(".ck-count").text_content() == "11 / 11"
    page.keyboard.press("ArrowLeft")  # of the second alone
    assert page.locator(".ck-count").all_text_contents() == ["11 / 11", "10 / 11"]
    assert page.locator("math mfrac").count() == 1
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))
    page.screenshot(path=screenshots / "exported-lecture.png")
    assert watch.outside == []
    assert watch.errors == []


def save_widget_state(lab: Lab, on: bool) -> None:
    """Set JupyterLab's "Save Widget State Automatically", which is off unless somebody switches it on."""
    request = urllib.request.Request(
        f"{lab.address}/lab/api/settings/@jupyter-widgets/jupyterlab-manager:plugin?token={TOKEN}",
        data=json.dumps({"raw": json.dumps({"saveState": on})}).encode(),
        method="PUT",
        headers={"Content-Type": "application/json", "Authorization": f"token {TOKEN}"},
    )
    urllib.request.urlopen(request, timeout=20).close()


@pytest.mark.parametrize("kept", [True, False])
def test_a_notebook_saved_in_jupyterlab(kept: bool, lab: Lab, page: Any, screenshots: Path) -> None:
    """With its widgets' state saved a notebook shows them before anything ran; without, it cannot."""
    name = f"saved_{kept}.ipynb"
    write_notebook(lab.folder / name)
    save_widget_state(lab, kept)
    try:
        open_notebook(page, lab, name)
        run_all(page)
        page.locator(".ck-step svg").nth(1).wait_for(timeout=60_000)
        step_to_the_end(page, 0)
        page.keyboard.press("Control+s")
        page.wait_for_function("() => !document.querySelector('.jp-mod-dirty')", timeout=30_000)
        saved = nbformat.read(lab.folder / name, as_version=4)
        assert ("widgets" in saved.metadata) is kept

        page.goto("about:blank")
        lab.shut_down_kernels()
        page.goto(lab.url(name))
        if not kept:
            page.get_by_text("Error displaying widget").first.wait_for(timeout=60_000)
            assert page.locator(".ck-step").count() == 0
            return
        page.locator(".ck-step svg").nth(1).wait_for(timeout=60_000)
        assert "Step 11 of 11" in page.locator(".ck-caption").first.text_content()
        page.locator(".ck-stage").first.focus()
        page.keyboard.press("Home")
        page.keyboard.press("ArrowRight")
        assert page.text_content(".ck-caption").startswith("Step 1 of 11")
        assert page.get_by_label("value of w1").first.is_disabled()
        page.screenshot(path=screenshots / "saved-notebook.png")
    finally:
        save_widget_state(lab, False)
