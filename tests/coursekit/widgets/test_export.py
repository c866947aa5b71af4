"""A notebook as a page: what is put into it, and that nothing is loaded from elsewhere."""

import importlib.metadata
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

import coursekit as ck
from coursekit.widgets.export import STATE, VIEW, EmbedWidgets, LectureExporter, to_mathml


def widget_state(**extra: Any) -> dict[str, Any]:
    x, y = ck.variables("x y")
    widget = ck.step_through(ck.ComputationalGraph(x * y), x=2.0, y=3.0)
    state = {"_esm": str(widget._esm), "_css": str(widget._css), "story": widget.story, "step": 0}
    return {"model_module": "anywidget", "model_name": "AnyModel", "state": state | extra}


def notebook(*models: dict[str, Any]) -> Any:
    """Return a notebook as it is saved: one cell a widget, their state in the metadata."""
    cells = []
    for number, _ in enumerate(models):
        data = {VIEW: {"model_id": f"m{number}", "version_major": 2}, "text/plain": "StepThrough(…)"}
        output = nbformat.v4.new_output("display_data", data=data)
        cells.append(nbformat.v4.new_code_cell("show()", outputs=[output]))
    states = {f"m{number}": model for number, model in enumerate(models)}
    metadata = {"widgets": {STATE: {"version_major": 2, "version_minor": 0, "state": states}}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def loads(page: str) -> list[str]:
    """Return the addresses that a browser would ask for on its own."""
    tags = re.findall(r"<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=[\"']([^\"']+)", page)
    imports = re.findall(r"(?:import\(|from |@import (?:url\()?)[\"'](https?:[^\"']+)", page)
    return [address for address in [*tags, *imports] if not address.startswith("data:")]


def test_a_widget_becomes_html_with_its_state() -> None:
    nb, _ = EmbedWidgets().preprocess(notebook(widget_state()), {})
    data = nb.cells[0].outputs[0].data
    assert VIEW not in data
    assert data["text/plain"] == "StepThrough(…)"
    assert '"story":' in data["text/html"]
    assert '"_esm"' not in data["text/html"]
    assert "widgets" not in nb.metadata


def test_a_module_is_written_once() -> None:
    nb, _ = EmbedWidgets().preprocess(notebook(widget_state(), widget_state(step=3)), {})
    first, second = (cell.outputs[0].data["text/html"] for cell in nb.cells)
    assert "data:text/javascript;base64," in first
    assert "data:text/javascript;base64," not in second
    (key,) = re.findall(r'id="(ck-module-\w+)"', first)
    assert key in second
    assert {"ck-widget-0", "ck-widget-1"} == set(re.findall(r'<div id="([\w-]+)"', first + second))


@pytest.mark.parametrize(
    "foreign",
    [
        {"model_module": "@jupyter-widgets/controls", "model_name": "IntSliderModel", "state": {}},
        widget_state() | {"buffers": [{"data": "", "path": ["x"], "encoding": "base64"}]},
    ],
)
def test_what_cannot_be_embedded_stays_as_it_was(foreign: dict[str, Any]) -> None:
    nb, _ = EmbedWidgets().preprocess(notebook(widget_state(), foreign), {})
    assert VIEW not in nb.cells[0].outputs[0].data
    assert VIEW in nb.cells[1].outputs[0].data
    assert STATE in nb.metadata.widgets


def test_a_widget_whose_state_was_not_saved_stays_as_it_was() -> None:
    nb = notebook(widget_state())
    del nb.metadata["widgets"]
    nb, _ = EmbedWidgets().preprocess(nb, {})
    assert VIEW in nb.cells[0].outputs[0].data


def test_markup_in_a_state_does_not_end_the_script() -> None:
    nb, _ = EmbedWidgets().preprocess(notebook(widget_state(note="</script><b>")), {})
    assert nb.cells[0].outputs[0].data["text/html"].count("</script>") == 2


def test_the_page_loads_nothing() -> None:
    nb = notebook(widget_state())
    nb.cells.insert(0, nbformat.v4.new_markdown_cell("# One\n$w_1^3$ and\n$$\\frac{1}{2}$$"))
    page, _ = LectureExporter().from_notebook_node(nb)
    assert loads(page) == []
    assert page.count("<math ") == 2
    assert "<msubsup>" in page
    assert "<mfrac>" in page
    assert "$" not in re.sub(r"<(script|style)\b.*?</\1>", "", page, flags=re.S)


def test_stock_nbconvert_would_load_from_elsewhere() -> None:
    from nbconvert import HTMLExporter

    page, _ = HTMLExporter().from_notebook_node(notebook(widget_state()))
    assert loads(page) != []


@pytest.mark.parametrize(
    ("latex", "holds"),
    [
        (r"\begin{aligned}a&=b\\c&=d\end{aligned}", "<mtable"),
        (r"\frac{\partial g}{\partial w_1}", "<mfrac>"),
        (r"\begin{cases}1 & x>0\\0\end{cases}", "<mtable"),
        (r"\frac{", r"<code>\frac{</code>"),
        (r"\left( <b>", "<code>"),
    ],
)
def test_formulas(latex: str, holds: str) -> None:
    written = to_mathml(latex)
    assert holds in written
    assert "<b>" not in written


def test_a_formula_among_outputs() -> None:
    output = nbformat.v4.new_output("display_data", data={"text/latex": r"$\displaystyle 3 w_1^2$"})
    nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x", outputs=[output])])
    page, _ = LectureExporter().from_notebook_node(nb)
    assert "<msubsup>" in page


def test_nbconvert_knows_it_by_name() -> None:
    names = {
        point.name: point.value for point in importlib.metadata.entry_points(group="nbconvert.exporters")
    }
    assert names["coursekit"] == "coursekit.widgets.export:LectureExporter"


def test_widgets_do_not_load_nbconvert() -> None:
    code = "import sys, coursekit as ck; ck.step_through; assert 'nbconvert' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60, cwd=Path(__file__).parent)
