"""Every widget, judged by axe-core: in JupyterLab and on a page without a kernel, light and dark."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

import coursekit as ck
from coursekit import widgets
from tests.browser.accessibility import no_serious_faults, serious_faults
from tests.browser.lab import Lab, Watch, open_notebook, run_all

pytestmark = pytest.mark.browser

CUBIC = (
    "w1, w2 = ck.variables('w1 w2')\n"
    "graph = ck.ComputationalGraph(w1**3 * w2 + 3 * w1)\n"
    "graph.forward(w1=2.0, w2=3.0)\n"
    "graph.backward()\n"
)
# How each public widget is called in a notebook, its value in the last line.
CALLS = {
    "step_through": f"{CUBIC}ck.step_through(graph)",
    "explore_activations": "ck.explore_activations()",
    "explore_descent": "ck.explore_descent()",
    "explore_finite_differences": "ck.explore_finite_differences()",
    "explore_linear_classifier": "ck.explore_linear_classifier()",
    "explore_losses": "ck.explore_losses()",
    "playground": "ck.playground()",
}


def make(name: str) -> Any:
    """Run a call as a notebook does and return the widget."""
    *lines, last = CALLS[name].splitlines()
    names: dict[str, Any] = {"ck": ck}
    exec("\n".join(lines), names)
    return eval(last, names)


def functions() -> set[str]:
    """Return the names of the functions that coursekit offers to make widgets."""
    return {name for name in widgets.__all__ if name.islower()}


def test_every_widget_is_here() -> None:
    assert set(CALLS) == functions()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", CALLS)
def test_on_a_page_of_its_own(name: str, theme: str, page: Any, watch: Watch, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(make(name).to_html().replace("<html ", f'<html data-theme="{theme}" ', 1), "utf-8")
    page.goto(path.as_uri())
    page.wait_for_selector("main :is(svg, canvas)")
    no_serious_faults(page)
    no_serious_faults(page, "html")  # the page around it too
    assert watch.outside == []
    assert watch.errors == []


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_in_jupyterlab(theme: str, lab: Lab, page: Any) -> None:
    cells = ["import coursekit as ck", f"{CUBIC}graph.draw()", *CALLS.values()]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, lab.folder / f"accessibility_{theme}.ipynb")
    lab.use_theme(f"JupyterLab {theme}")
    try:
        open_notebook(page, lab, f"accessibility_{theme}.ipynb")
        run_all(page)
        outputs = page.locator(".jp-CodeCell .jp-OutputArea-output :is(svg.ck-picture, .ck-widget svg)")
        outputs.nth(len(CALLS)).wait_for(timeout=60_000)
        no_serious_faults(page)
    finally:
        lab.use_theme("JupyterLab Light")


@pytest.mark.parametrize("state", ["asking", "at the end", "with everything open"])
def test_step_through_in_other_states(state: str, page: Any, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(make("step_through").to_html(), "utf-8")
    page.goto(path.as_uri())
    page.locator(".ck-stage").focus()
    if state == "asking":
        page.get_by_label("Predict first").check()
        page.locator(".ck-stage").focus()
        page.keyboard.press("ArrowRight")
    else:
        page.keyboard.press("End")
    if state == "with everything open":
        page.keyboard.press("?")
        page.locator("summary").click()
        page.locator(".ck-stage [role=button]").first.focus()
        page.keyboard.press("Enter")
    no_serious_faults(page, "html")


@pytest.mark.parametrize(
    ("harm", "name"),
    [
        ("select => select.closest('label').replaceWith(select)", "select-name"),
        ("select => (select.closest('div').style.color = '#ccc')", "color-contrast"),
        ("select => select.setAttribute('role', 'nonsense')", "aria-roles"),
    ],
)
def test_faults_are_found(harm: str, name: str, page: Any, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(make("step_through").to_html(), "utf-8")
    page.goto(path.as_uri())
    page.wait_for_selector(".ck-step svg")
    page.locator(".ck-step select").first.evaluate(harm)
    assert any(fault.startswith(name) for fault in serious_faults(page))
