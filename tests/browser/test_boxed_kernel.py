"""A boxed kernel in JupyterLab: it runs, draws, answers a widget, is interrupted, restarted, and dies."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder.box import BoxUnavailable, best_level
from autograder.kernel import spec
from tests.autograder.box_tools import born_since, descendants, wait_until_gone
from tests.browser.lab import Lab, Watch, open_notebook, press, python_says, run_all, running_lab

pytestmark = pytest.mark.browser

CELLS = [
    "import os, socket\n"
    "print(os.getcwd(), sorted(os.listdir('.')), os.path.exists('/etc/passwd'))\n"
    "try:\n    socket.create_connection(('127.0.0.1', 80), 1)\n"
    "except OSError as error:\n    print(error)",
    "import matplotlib.pyplot as plt\nplt.plot([1, 3, 2]);",
    "import coursekit as ck\nw1, w2 = ck.variables('w1 w2')\n"
    "widget = ck.step_through(ck.ComputationalGraph(w1**3 * w2 + 3 * w1), w1=2.0, w2=3.0)\nwidget",
    "print('told', 'by Python')",
]
BOXED = "/box/tmp/work ['data.csv'] False\n[Errno 1] Operation not permitted\n"


@pytest.fixture(scope="module")
def boxed_lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab after `coursekit kernel install`; nothing may be left of its kernels when it has ended."""
    try:
        best_level()
    except BoxUnavailable as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))
    folder, home = tmp_path_factory.mktemp("boxed"), tmp_path_factory.mktemp("home")
    subprocess.run(
        [sys.executable, "-m", "coursekit", "kernel", "install", "--user"],
        env={**os.environ, "JUPYTER_DATA_DIR": str(home / "data")},
        check=True,
        capture_output=True,
    )
    (folder / "data.csv").write_text("1,2\n")
    before = descendants(os.getpid())
    with running_lab(folder, home) as lab:
        yield lab
        family = born_since(before)
    assert not wait_until_gone(family)


def open_boxed(page: Any, lab: Lab, name: str, *cells: str) -> None:
    """Write a notebook whose kernel is the boxed one and open it."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {
        "name": spec.NAME,
        "display_name": "Python 3 (boxed)",
        "language": "python",
    }
    nbformat.write(notebook, lab.folder / f"{name}.ipynb")
    lab.shut_down_kernels()
    open_notebook(page, lab, f"{name}.ipynb")
    assert [kernel["name"] for kernel in lab.kernels()] == [spec.NAME]


def choose(page: Any, command: str) -> None:
    """Choose a command of the Kernel menu."""
    page.click('.lm-MenuBar-itemLabel:text-is("Kernel")')
    page.click(f'.lm-Menu li[data-command="{command}"]')


def output(page: Any, cell: int) -> str:
    return str(page.locator(".jp-CodeCell").nth(cell).locator(".jp-OutputArea").text_content())


def start(page: Any, cell: int, shows: str) -> None:
    """Run a cell that takes long and wait until it has printed something."""
    page.locator(".jp-CodeCell").nth(cell).locator(".cm-content").click()
    press(page, "Control+Enter")
    page.locator(".jp-CodeCell").nth(cell).locator(".jp-OutputArea", has_text=shows).wait_for()


def test_a_notebook_runs_in_the_box_and_its_widget_answers(
    page: Any, boxed_lab: Lab, watch: Watch, screenshots: Path
) -> None:
    open_boxed(page, boxed_lab, "work", *CELLS)
    run_all(page)
    assert output(page, 0) == BOXED
    assert page.locator(".jp-CodeCell").nth(1).locator(".jp-RenderedImage img").count() == 1
    page.wait_for_selector(".ck-step svg")
    page.wait_for_function("() => !document.querySelector('.ck-step input[type=number]').disabled")
    page.locator(".ck-stage").focus()
    press(page, *["ArrowRight"] * 10)
    assert page.text_content(".ck-count") == "10 / 11"
    assert python_says(page, "widget.step, widget.values") == "10 {'w1': 2.0, 'w2': 3.0}"
    page.get_by_label("value of w1").fill("1")
    press(page, "Enter")
    page.locator(".ck-stage").focus()
    press(page, "End")
    page.wait_for_function("() => document.querySelector('.ck-caption').textContent.includes('= 12')")
    assert python_says(page, "widget.gradients") == "{'w1': 12.0, 'w2': 1.0}"
    page.screenshot(path=screenshots / "boxed-kernel.png")
    assert watch.outside == []
    assert watch.errors == []


def test_a_long_cell_is_interrupted_from_the_menu(page: Any, boxed_lab: Lab) -> None:
    endless = "import time\nprint('begun')\nwhile True:\n    time.sleep(0.01)"
    open_boxed(page, boxed_lab, "long", endless, "kept = 1")
    start(page, 0, "begun")
    choose(page, "kernelmenu:interrupt")
    page.locator(".jp-CodeCell").nth(0).locator(".jp-OutputArea", has_text="KeyboardInterrupt").wait_for()
    assert python_says(page, "'goes on'") == "goes on"


def test_a_restart_from_the_menu_forgets_and_runs_again(page: Any, boxed_lab: Lab) -> None:
    open_boxed(page, boxed_lab, "restart", CELLS[0], "kept = 1; open('kept', 'w').close()")
    run_all(page)
    before = boxed_lab.kernels()[0]["id"]
    choose(page, "kernelmenu:restart")
    page.click(".jp-Dialog .jp-mod-accept")
    page.wait_for_selector(".jp-Dialog", state="detached")
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]', timeout=60_000)
    assert python_says(page, "'kept' in globals(), __import__('os').listdir('.')") == "False ['data.csv']"
    assert boxed_lab.kernels()[0]["id"] == before  # the same kernel to JupyterLab, in a fresh process
    run_all(page)
    page.locator(".jp-CodeCell").nth(0).locator(".jp-InputPrompt", has_text="[2]").wait_for()
    assert output(page, 0) == BOXED


def test_a_kernel_that_dies_is_told_and_restarted(page: Any, boxed_lab: Lab, screenshots: Path) -> None:
    open_boxed(page, boxed_lab, "dies", "import os\nos._exit(1)", "print('after')")
    page.locator(".jp-CodeCell").nth(0).locator(".cm-content").click()
    press(page, "Control+Enter")
    dialog = page.locator(".jp-Dialog", has_text="Kernel Restarting")
    dialog.wait_for(timeout=60_000)
    assert "appears to have died. It will restart automatically." in dialog.inner_text()
    page.screenshot(path=screenshots / "boxed-kernel-died.png")
    dialog.locator(".jp-mod-accept").click()
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]', timeout=60_000)
    assert python_says(page, "'os' in globals(), __import__('os').listdir('.')") == "False ['data.csv']"
