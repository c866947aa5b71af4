"""The step-through widget as a student meets it: in JupyterLab, and on a page without a kernel."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import pytest

import coursekit as ck
from coursekit.widgets import StepThrough
from tests.browser.lab import Lab, Watch, open_notebook, press, python_says, run_all

pytestmark = pytest.mark.browser

CELLS = [
    "import coursekit as ck\nw1, w2 = ck.variables('w1 w2')\n"
    "graph = ck.ComputationalGraph(w1**3 * w2 + 3 * w1)\n"
    "widget = ck.step_through(graph, w1=2.0, w2=3.0)\nwidget",
    "print('told', 'by Python')",
]


def cubic() -> StepThrough:
    w1, w2 = ck.variables("w1 w2")
    return ck.step_through(ck.ComputationalGraph(w1**3 * w2 + 3 * w1), w1=2.0, w2=3.0)


def caption(page: Any) -> str:
    return str(page.text_content(".ck-caption"))


def gradients(page: Any) -> dict[str, str]:
    """Read the gradients from the table below the picture, by node."""
    rows = page.locator(".ck-step tbody tr").all()
    return {row.locator("th").text_content(): row.locator("td").last.text_content() for row in rows}


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_in_jupyterlab(theme: str, lab: Lab, page: Any, watch: Watch, screenshots: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, lab.folder / f"step_through_{theme}.ipynb")
    lab.use_theme(f"JupyterLab {theme}")
    try:
        open_notebook(page, lab, f"step_through_{theme}.ipynb")
        run_all(page)
        page.wait_for_selector(".ck-step svg", timeout=60_000)
        if theme == "Dark":
            page.wait_for_selector('body[data-jp-theme-light="false"]', state="attached")
        # The kernel answers, so the fields can be edited.
        field = page.get_by_label("value of w1")
        page.wait_for_function("() => !document.querySelector('.ck-step input[type=number]').disabled")

        page.locator(".ck-stage").focus()
        press(page, *["ArrowRight"] * 10)
        assert caption(page).startswith("Step 10 of 11 · backward, b → w2: ")
        assert page.text_content(".ck-count") == "10 / 11"
        press(page, "ArrowRight", "ArrowRight")  # beyond the end nothing happens
        assert "branches add: 3 + 36 = 39" in caption(page)
        assert page.evaluate("document.activeElement.className") == "ck-stage"
        assert gradients(page) == {
            "w1": "39", "w2": "8", "3": "none: a constant", "a": "3", "b": "1", "c": "1", "f": "1",
        }  # fmt: skip
        page.screenshot(path=screenshots / f"step-through-{theme.lower()}.png")
        press(page, "d", "d", "x", "ArrowUp")  # Lab's commands that delete and cut cells
        assert page.locator(".jp-CodeCell").count() == 2

        field.fill("1")
        press(page, "Enter")
        page.wait_for_function("() => document.querySelector('.ck-caption').textContent.includes('= 12')")
        assert caption(page).startswith("Step 11 of 11")  # the step is kept
        assert gradients(page)["w1"] == "12"
        page.get_by_role("button", name="◀ Back", exact=True).click()
        assert python_says(page, "widget.step, widget.values, widget.gradients") == (
            "10 {'w1': 1.0, 'w2': 3.0} {'w1': 12.0, 'w2': 1.0}"
        )
        assert (
            python_says(page, "setattr(widget, 'values', {'w1': 3}) or setattr(widget, 'step', 11)") == "None"
        )
        page.wait_for_function("() => document.querySelector('.ck-caption').textContent.includes('= 84')")
        page.get_by_role("button", name="Reset").click()
        page.wait_for_function("() => document.querySelector('.ck-step input[type=number]').value === '2'")
        assert page.text_content(".ck-count") == "0 / 11"
        assert watch.outside == []
        assert watch.errors == []
    finally:
        lab.use_theme("JupyterLab Light")


def test_every_key(saved: Any) -> None:
    page = saved(cubic())
    assert page.locator(".ck-new").count() == 0  # nothing is new before the first step
    page.locator(".ck-stage").focus()
    press(page, "End")
    assert caption(page).startswith("Step 11 of 11")
    press(page, "ArrowLeft", "ArrowLeft")
    assert page.text_content(".ck-count") == "9 / 11"
    press(page, "Home")
    assert caption(page).startswith("Before step 1 of 11")
    press(
        page, *["PageDown"] * 6
    )  # four gates, the seed, the first edge of f; its second edge is passed over
    assert page.text_content(".ck-count") == "6 / 11"
    press(page, "PageDown", "PageDown", "PageUp", "PageDown", "ArrowRight")
    assert caption(page).startswith("Step 10 of 11 · backward, b → w2")
    press(page, "?")
    assert page.locator(".ck-keys").is_visible()
    press(page, "Escape")
    assert page.locator(".ck-keys").is_hidden()
    press(page, "Tab", "Enter")  # to the first node
    assert page.text_content(".ck-node") == "w1, input, value 2, gradient 3."
    press(page, "PageDown")
    assert (
        page.evaluate("document.activeElement.getAttribute('aria-label')") == "w2, input, value 3, gradient 8"
    )
    press(page, "Escape", "Escape")
    assert page.evaluate("document.activeElement.className") == "ck-stage"
    press(page, "Space")
    assert page.text_content("button[data-do=play]") == "▮▮ Pause"
    page.wait_for_function("() => document.querySelector('.ck-count').textContent === '11 / 11'")
    assert page.text_content("button[data-do=play]") == "▶ Play"
    press(page, "Escape")
    assert page.evaluate("document.activeElement === document.body")


def test_buttons_slider_and_passes(saved: Any) -> None:
    page = saved(cubic())
    for name, count in (("forward", 1), ("last", 11), ("back", 10), ("first", 0)):
        page.click(f"button[data-do={name}]")
        assert page.text_content(".ck-count") == f"{count} / 11"
    page.get_by_label("step", exact=True).focus()
    press(page, "ArrowRight", "ArrowRight")
    assert page.text_content(".ck-count") == "2 / 11"
    page.get_by_label("Show").select_option("forward")
    page.click("button[data-do=last]")
    assert page.text_content(".ck-count") == "4 / 4"
    page.get_by_label("Show").select_option("backward")
    assert page.text_content(".ck-count") == "4 / 11"
    small = page.evaluate(
        """() => [...document.querySelectorAll('.ck-step :is(button, select, summary, label, [type=range])')]
            .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 32)
            .map((one) => one.outerHTML)"""
    )
    assert small == []


def test_predict_first(saved: Any, screenshots: Path) -> None:
    page = saved(cubic())
    page.get_by_label("Predict first").check()
    page.locator(".ck-stage").focus()

    def answer(text: str) -> str:
        page.fill(".ck-ask input", text)
        press(page, "Enter")
        return str(page.text_content(".ck-verdict"))

    press(page, "ArrowRight")
    assert page.text_content(".ck-ask label") == "a = (w1)³ = (2)³ = ?"
    assert "8" not in page.locator(".ck-words").nth(1).text_content()
    assert answer("six") == "Type a number, such as 1.5, −2 or 1/3."
    assert answer("6") == "Not 6. You multiplied by 3; it is an exponent."
    assert answer("8") == "Right. 0 of 1 at the first try."
    assert caption(page).startswith("Step 1 of 11")
    press(page, "ArrowRight")
    assert answer("24,0") == "Right, at the first try. 1 of 2 at the first try."
    for _ in range(8):
        press(page, "ArrowRight")
        page.click("button[data-do=show]")
    press(page, "ArrowRight")
    assert page.locator(".ck-step svg").text_content().count("∇ 3 + ?") == 1
    assert "already holds 3 from another branch" in answer("36")
    assert "sign" in answer("−39")
    assert "local derivative alone" in answer("12")
    page.screenshot(path=screenshots / "step-through-predict.png")
    assert answer("39") == "Right. 1 of 11 at the first try."
    press(page, "End", "Home", "ArrowRight", "Escape")  # Esc puts the question aside
    assert page.locator(".ck-ask").is_hidden()
    assert page.text_content(".ck-count") == "0 / 11"


def test_without_a_kernel_the_fields_say_so(saved: Any) -> None:
    page = saved(cubic(), theme="dark")
    assert page.get_by_label("value of w1").is_disabled()
    assert page.get_by_label("slider for w2").is_disabled()
    assert "not connected" in page.text_content(".ck-message")


def test_a_link_leads_to_a_step(saved: Any) -> None:
    page = saved(cubic())
    page.locator(".ck-stage").focus()
    press(page, *["ArrowRight"] * 3)
    address, _, step = page.url.partition("#")
    assert step == "step=3"
    for number, count in ((8, "8 / 11"), (99, "11 / 11")):
        page.goto("about:blank")
        page.goto(f"{address}#step={number}")
        assert page.text_content(".ck-count") == count


def test_copies_are_complete(saved: Any, screenshots: Path) -> None:
    page = saved(cubic(), theme="dark")
    page.locator(".ck-stage").focus()
    press(page, "End")
    page.evaluate("Object.defineProperty(navigator, 'clipboard', {value: undefined})")  # as over plain http
    with page.expect_download() as download:
        page.click("button[data-do=svg]")
    text = Path(download.value.path()).read_text("utf-8")
    assert 'role="img"' in text
    assert "tabindex" not in text
    assert re.search(r'style="[^"]*--ck-background:\s*#111418', text)  # the colours of the page it came from
    assert "∇ 3 + 36 = 39" in text
    with page.expect_download() as download:
        page.click("button[data-do=png]")
    copied = Path(download.value.path()).read_bytes()
    assert copied[:8] == b"\x89PNG\r\n\x1a\n"
    (screenshots / "step-through-copy.png").write_bytes(copied)


def test_names_with_markup_stay_text(saved: Any) -> None:
    evil = '<img src=x onerror="document.title=1">'
    x, y = ck.Variable(2.0, evil), ck.Variable(3.0, "a & b")
    page = saved(ck.step_through(ck.ComputationalGraph(x * y)))
    page.locator(".ck-stage").focus()
    press(page, "End", "Tab", "Enter")
    assert page.locator(".ck-step img").count() == 0
    assert page.title() == f"Computational graph of f = {evil}·a & b"
    assert evil in page.text_content(".ck-node")


def test_two_widgets_on_a_page_share_no_id(page: Any) -> None:
    both = (
        cubic()
        .to_html()
        .replace("widget.render({", "widget.render({ model, el: document.body });\nwidget.render({")
    )
    page.set_content(both)
    page.wait_for_function("() => document.querySelectorAll('.ck-step svg').length === 2")
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids)) > 8


def test_arrays_are_shown_by_shape(saved: Any, screenshots: Path) -> None:
    import numpy as np

    x, w = ck.variables("x w")
    graph = ck.ComputationalGraph(ck.sum(ck.tanh(x @ w)))
    widget = ck.step_through(graph, x=np.arange(6.0).reshape(2, 3) / 6, w=np.ones((3, 2)) / 4)
    page = saved(widget)
    page.locator(".ck-stage").focus()
    press(page, "End")
    assert "(2, 3)" in page.locator(".ck-inputs").text_content()
    assert page.locator(".ck-inputs input").count() == 0
    assert (
        page.text_content(".ck-message") == "x, w: an array, not a single number, so it is not edited here. "
    )
    assert "array of shape (3, 2)" in gradients(page)["w"]
    page.screenshot(path=screenshots / "step-through-arrays.png")


def test_a_wide_picture_scrolls_to_the_step(saved: Any, page: Any) -> None:
    page.set_viewport_size({"width": 600, "height": 900})
    saved(cubic())
    stage = page.locator(".ck-stage")
    stage.focus()
    press(page, *["ArrowRight"] * 4)
    assert stage.evaluate("one => one.scrollLeft") > 100  # f stands at the right end
    press(page, "Home", "ArrowRight")
    assert stage.evaluate("one => one.scrollLeft") < 20


def test_forced_colours_and_no_motion(saved: Any, page: Any, screenshots: Path) -> None:
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    saved(cubic())
    page.locator(".ck-stage").focus()
    press(page, "End")
    assert page.evaluate("getComputedStyle(document.querySelector('.ck-back')).animationName") == "none"
    page.screenshot(path=screenshots / "step-through-forced.png")
    page.emulate_media(forced_colors="none", reduced_motion="no-preference")
    assert page.evaluate("getComputedStyle(document.querySelector('.ck-back')).animationName") == "ck-run"
