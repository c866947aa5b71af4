"""The explorers as a student meets them: in JupyterLab, and on a page without a kernel, by keyboard."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient

import coursekit as ck
from coursekit.drawing import numbers
from coursekit.widgets.base import joined
from coursekit.widgets.export import LectureExporter
from tests.browser.lab import Lab, Watch, open_notebook, press, python_says, run_all

pytestmark = pytest.mark.browser

EXPLORERS: dict[str, Callable[..., Any]] = {
    "descent": ck.explore_descent,
    "differences": ck.explore_finite_differences,
    "losses": ck.explore_losses,
    "classifier": ck.explore_linear_classifier,
    "activations": ck.explore_activations,
}


def caption(page: Any, root: str = "") -> str:
    return str(page.text_content(f"{root} .ck-caption"))


def table(page: Any, root: str = "") -> list[list[str]]:
    """Read the table of the numbers, its head left out."""
    rows: list[list[str]] = page.evaluate(
        """(root) => [...document.querySelectorAll(root + ' .ck-details tbody tr')]
            .map((row) => [...row.cells].map((cell) => cell.textContent))""",
        root,
    )
    return rows


def read_numbers(cells: list[str]) -> list[float]:
    return [float(cell.replace("−", "-")) for cell in cells]


def focus(page: Any, root: str = "") -> None:
    page.locator(f"{root} .ck-stage").focus()


# ---- one truth: the module computes what Python computes -------------------------------------------------


@pytest.fixture
def tools(page: Any) -> Any:
    """A page that knows what the modules share, and nothing else."""
    page.goto("about:blank")
    page.add_script_tag(content=joined("shared.js", "frame.js", "plot.js"))
    return page


def run_in_browser(page: Any, tape: Any, points: Any) -> np.ndarray:
    return np.array(page.evaluate("([tape, points]) => points.map((p) => run(tape, p))", [tape, points]))


def test_surfaces_agree_with_python(tools: Any) -> None:
    widget = ck.explore_descent(lambda a, b: ck.tanh(a * b) + ck.softplus(a) * ck.maximum(b, 0.5 * a))
    points = np.random.default_rng(0).uniform(-3, 3, (200, 2))
    for surface in widget.surfaces:
        expected = []
        for point in points:
            value, slope = widget._known[surface["name"]].evaluate(point)
            expected.append([value, *slope])
        found = run_in_browser(tools, surface["tape"], points.tolist())
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-13)


def test_losses_agree_with_python(tools: Any) -> None:
    widget = ck.explore_losses()
    points = np.random.default_rng(1).uniform(-4, 4, (200, 3))
    for target in range(3):
        widget.target, hot = target, np.eye(3)[target]
        found = {
            name: run_in_browser(tools, tape, [[*point, *hot] for point in points.tolist()])
            for name, tape in widget.tapes.items()
        }
        for i, point in enumerate(points.tolist()):
            widget.scores = point
            for name, values in found.items():
                expected = [widget.losses[name], *widget.slopes[name]]
                np.testing.assert_allclose(values[i], expected, rtol=1e-12, atol=1e-14)


def test_the_classifier_agrees_with_python(tools: Any) -> None:
    rng, widget = np.random.default_rng(2), ck.explore_linear_classifier()
    for _ in range(30):
        widget.W, widget.x = rng.normal(size=(3, 4)).tolist(), rng.normal(size=4).tolist()
        widget.b, widget.target = rng.normal(size=3).tolist(), int(rng.integers(3))
        point = [*np.ravel(widget.W).tolist(), *widget.x, *widget.b]
        scores = run_in_browser(tools, widget.tapes["scores"], [point])[0]
        np.testing.assert_allclose(scores, widget.scores, rtol=1e-12)
        hot = np.eye(3)[widget.target].tolist()
        for name in widget.losses:
            values = run_in_browser(tools, widget.tapes[name], [[*point, *hot]])[0]
            expected = [widget.losses[name], *widget.slopes[name]]
            np.testing.assert_allclose(values, expected, rtol=1e-12, atol=1e-14)


def test_activations_agree_with_python(tools: Any) -> None:
    widget = ck.explore_activations()
    points = np.linspace(-6, 6, 241)
    for each in widget.activations:
        widget.activation = each["name"]
        found = run_in_browser(tools, each["tape"], [[z] for z in points.tolist()])
        for z, values in zip(points.tolist(), found, strict=True):
            widget.z = z
            np.testing.assert_allclose(values, [widget.value, widget.derivative], rtol=1e-13, atol=1e-15)


def test_numbers_are_written_as_python_writes_them(tools: Any) -> None:
    rng = np.random.default_rng(3)
    many = (rng.normal(size=600) * 10 ** rng.uniform(-20, 20, 600)).tolist()
    odd = [0.0, -0.0, 1.0, 14.0, 1e5, -1e5, 100000.5, 99999.5, 0.001, 0.00099996, 0.99996, 999.96, 0.1 + 0.2]
    ties = [1234.5, 1235.5, 12345.5, 0.015625, 0.03125, 2.00048828125, -7.0005, 1 / 1024]
    values = [*many, *odd, *ties, *(k / 64 for k in range(-200, 200))]
    assert tools.evaluate("(values) => values.map(short)", values) == [numbers.short(x) for x in values]
    special = tools.evaluate("[NaN, Infinity, -Infinity].map(short)")
    assert special == [numbers.short(x) for x in (math.nan, math.inf, -math.inf)]


# ---- by keyboard, on a page without a kernel -------------------------------------------------------------


def test_descent_by_keyboard(saved: Any) -> None:
    widget = ck.explore_descent("log-likelihood", rate=0.01)
    page = saved(widget)
    assert caption(page).startswith(
        "Start at (1, 3): loss 12. The gradient (−8.523e−4, 3.999) points steepest up"
    )
    assert "no minimum" in caption(page)
    first = read_numbers(table(page)[0])
    assert first == pytest.approx([0, 1, 3, 12.0003869494656, -0.00085229173574, 3.99921392730325], rel=1e-10)
    focus(page)
    press(page, "ArrowRight")
    assert "Step 1: (1, 3) − 0.01 × (−8.523e−4, 3.999) = (1, 2.96); loss 12 → 11.84." in caption(page)
    press(page, *["ArrowRight"] * 11, "ArrowLeft")
    widget.step = 11
    rows = [read_numbers(row) for row in table(page)]
    assert [row[0] for row in rows] == list(range(2, 12))
    for row, point, loss in zip(rows, widget.path[2:], widget.losses[2:], strict=True):
        assert row[1:4] == pytest.approx([*point, loss], rel=1e-12)
    press(page, "ArrowUp", "ArrowUp")
    assert page.get_by_label("learning rate", exact=True).input_value() == "0.0156"
    press(page, "End")
    assert "200 steps are the most" in caption(page)
    press(page, "Home")
    assert caption(page).startswith("Start at (1, 3)")
    press(page, "Tab", "ArrowLeft", "ArrowUp")  # on the start point
    assert page.evaluate("document.activeElement.getAttribute('aria-label')") == "start point"
    moved = read_numbers(table(page)[0])
    assert moved[1:3] == pytest.approx([1 - 8 / 60, 3 + 8 / 60], abs=1e-5)
    widget = ck.explore_descent("log-likelihood", start=moved[1:3])
    assert moved[3:] == pytest.approx([*widget.losses, *widget.gradient], rel=1e-12)


def test_too_high_a_rate_diverges_and_the_caption_says_so(saved: Any) -> None:
    page = saved(ck.explore_descent("valley", rate=0.09))
    focus(page)
    press(page, *["ArrowRight"] * 5)
    assert "diverge" not in caption(page)
    page.get_by_label("learning rate", exact=True).fill("0.11")
    press(page, "Tab")
    assert "It diverges" in caption(page)
    focus(page)
    press(page, *["ArrowRight"] * 8)
    assert "The path has left the picture." in caption(page)


def test_a_small_gradient_is_told_and_end_stops_there(saved: Any) -> None:
    page = saved(ck.explore_descent("bowl", rate=0.5))
    focus(page)
    press(page, "End")
    assert "The gradient is almost 0" in caption(page)
    assert page.text_content(".ck-count") == "step 15"  # 2.5 / 2^15 < 1e-4


def test_descent_plays_and_takes_another_surface(saved: Any) -> None:
    page = saved(ck.explore_descent())
    page.get_by_role("combobox", name="Surface").select_option("two valleys")
    assert "The start decides" in caption(page)
    focus(page)
    press(page, "Space")
    page.wait_for_function("() => document.querySelector('.ck-count').textContent === 'step 2'")
    press(page, "Space")
    assert page.text_content("button[data-do=play]") == "▶ Play"
    page.click("button[data-do=reset]")
    assert page.text_content(".ck-count") == "step 0"


def test_the_start_can_be_dragged(saved: Any) -> None:
    page = saved(ck.explore_descent("bowl"))
    box = page.locator(".ck-plot").first.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.move(*middle)
    page.mouse.down()
    page.mouse.move(middle[0] + 40, middle[1] - 40, steps=3)
    page.mouse.up()
    one, other = read_numbers(table(page)[0])[1:3]
    assert 0 < one < 1
    assert 0.3 < other < 1


def test_finite_differences_by_keyboard(saved: Any) -> None:
    widget = ck.explore_finite_differences(ck.exp, 1.0)
    page = saved(widget)
    focus(page)
    press(page, "End")
    assert "Forward: truncation dominates (relative error 0.7183)" in caption(page)  # (e − 1) e instead of e
    for keys, step in (
        (["ArrowLeft"] * 3, 3),
        (["PageDown"] * 2, 11),
        (["PageUp", "ArrowRight"], 6),
        (["Home"], 64),
    ):
        press(page, *keys)
        widget.step = step
        rows = table(page)
        for name, (_, estimate, error) in zip(("forward", "central", "complex"), rows[:3], strict=True):
            if widget.estimates[name] is None:
                assert estimate == "none"
            else:
                assert read_numbers([estimate, error]) == [widget.estimates[name], widget.errors[name]]
        assert read_numbers(rows[3][1:2]) == [math.e]
    assert "x + h rounds to x" in caption(page)
    press(page, "PageUp")
    assert "Forward: rounding dominates" in caption(page)
    press(page, "f")
    assert "Forward: in the valley" in caption(page)
    press(page, "c")
    assert "Central: in the valley" in caption(page)


def test_finite_differences_move_the_way_the_arrow_points(saved: Any) -> None:
    """Keys, buttons and slider go where the mark in the picture goes: small steps lie on the left."""
    page = saved(ck.explore_finite_differences(ck.exp, 1.0))

    def mark_and_slider() -> tuple[float, float]:
        mark = page.locator(".ck-dot.ck-s0").get_attribute("cx")
        return float(mark), float(page.locator("input[type=range]").input_value())

    focus(page)
    places = [mark_and_slider()]
    press(page, "ArrowLeft")
    places.append(mark_and_slider())
    page.get_by_role("button", name="Smaller h").click()
    places.append(mark_and_slider())
    page.locator("input[type=range]").focus()
    press(page, "ArrowLeft")
    places.append(mark_and_slider())
    assert all(after[0] < before[0] and after[1] < before[1] for before, after in pairwise(places)), places
    assert "h = 0.01778:" in caption(page)
    page.get_by_role("button", name="Larger h").click()
    assert mark_and_slider() == places[2]


def test_at_a_kink_no_step_helps(saved: Any) -> None:
    page = saved(ck.explore_finite_differences(ck.relu, 0.0))
    focus(page)
    for key in ("Home", "End", "f", "c"):
        press(page, key)
        assert "f has a kink at x = 0" in caption(page)
        assert "dominates" not in caption(page)


def test_losses_by_keyboard(saved: Any) -> None:
    widget = ck.explore_losses()
    page = saved(widget)
    focus(page)

    def compare() -> None:
        for name, *values in table(page):
            expected = [widget.losses[name], *widget.slopes[name]]
            assert read_numbers(values) == pytest.approx(expected, rel=1e-12, abs=1e-14)

    compare()
    assert caption(page).endswith("Hinge pulls hardest.")  # with a slope of −2
    press(page, "ArrowRight", "ArrowRight", "PageUp")
    widget.scores = [0.631, 1.569, 0.71]
    compare()
    press(page, "ArrowDown", *["PageDown"] * 3)
    widget.scores, widget.moving = [0.631, 1.569, -0.79], 2
    compare()
    assert caption(page).startswith("Score of Airplane, a wrong class: −0.79.")
    assert "hinge is flat here: it asks for no change of this score." in caption(page)
    press(page, "t")
    widget.target = 2
    compare()
    assert "Airplane, the right class" in caption(page)
    page.get_by_label("Cat", exact=True).fill("2.5")
    press(page, "Tab")
    widget.scores = [2.5, 1.569, -0.79]
    compare()
    page.click("button[data-do=reset]")
    assert caption(page).startswith("Score of Car, the right class: 0.969.")


def test_large_scores_are_within_the_picture(saved: Any) -> None:
    page = saved(ck.explore_losses([10.0, -3.0, 2.0], 0))
    focus(page)
    press(page, "ArrowRight")
    assert caption(page).startswith("Score of Cat, the right class: 10.05.")
    frame = page.locator(".ck-plot").first.bounding_box()
    for dot in page.locator(".ck-plot").first.locator(".ck-dot").all():
        box = dot.bounding_box()
        assert frame["x"] < box["x"] < frame["x"] + frame["width"]
        assert frame["y"] < box["y"] < frame["y"] + frame["height"]


def test_the_classifier_by_keyboard(saved: Any) -> None:
    widget = ck.explore_linear_classifier()
    page = saved(widget)

    def compare() -> None:
        rows = table(page)
        for column, expected in (
            (1, widget.scores), (3, widget.slopes["hinge"]), (4, widget.slopes["cross-entropy"]),
        ):  # fmt: skip
            assert read_numbers([row[column] for row in rows]) == pytest.approx(
                expected, rel=1e-12, abs=1e-14
            )
        words = f"Hinge loss {numbers.short(widget.losses['hinge'])}"
        assert words in caption(page)
        assert f"Cross-entropy {numbers.short(widget.losses['cross-entropy'])}" in caption(page)

    assert caption(page).startswith("Car wins with a score of 0.969; right is Car: correct.")
    compare()
    page.get_by_label("W of Cat, feature 4").focus()
    press(page, *["ArrowUp"] * 4)  # 0.3 → 0.5
    widget.W = [[0.1, -0.15, 0.0, 0.5], *widget.W[1:]]
    compare()
    assert caption(page).startswith("Cat wins with a score of 1.095; right is Car: wrong.")
    page.get_by_label("b of Airplane").fill("-2")
    widget.b = [0.15, -0.1, -2.0]
    compare()
    page.get_by_label("x4", exact=True).fill("")  # left empty: nothing happens, and the old number comes back
    press(page, "Tab")
    assert page.get_by_label("x4", exact=True).input_value() == "2.32"
    compare()
    focus(page)
    press(page, "ArrowLeft")
    widget.target = 0
    compare()
    press(page, "r")
    assert caption(page).startswith("Car wins with a score of 0.969; right is Car: correct.")


def test_activations_by_keyboard(saved: Any) -> None:
    widget = ck.explore_activations()
    page = saved(widget)
    focus(page)
    press(page, "ArrowRight", "ArrowRight", "PageDown", "+", "+")
    widget.z, widget.weight = -0.8, 1.2
    for name in [each["name"] for each in widget.activations]:
        widget.activation = name
        assert caption(page).startswith(
            f"{name} at z = −0.8: value {numbers.short(widget.value)}, derivative "
        )
        gradients = read_numbers([row[3] for row in table(page)])
        assert gradients == pytest.approx(widget.gradients, rel=1e-12, abs=1e-300)
        if name == "step":
            assert "no gradient goes through" in caption(page)
        press(page, "ArrowDown")
    assert caption(page).startswith("sigmoid")  # round and round
    assert "it vanishes" in caption(page)
    press(page, *["PageUp"] * 7)
    assert caption(page).startswith("sigmoid at z = 6:")
    assert "Saturated" in caption(page)


# ---- all of them -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EXPLORERS)
def test_keys_help_and_escape(name: str, saved: Any) -> None:
    page = saved(EXPLORERS[name]())
    focus(page)
    assert page.locator(".ck-keys").is_hidden()
    press(page, "?")
    assert page.locator(".ck-keys").is_visible()
    assert page.locator("button[data-do=help]").get_attribute("aria-expanded") == "true"
    press(page, "Escape")
    assert page.locator(".ck-keys").is_hidden()
    press(page, "Escape")
    assert page.evaluate("document.activeElement === document.body")


@pytest.mark.parametrize("name", EXPLORERS)
@pytest.mark.parametrize("look", ["light", "dark", "forced"])
def test_looks(name: str, look: str, saved: Any, page: Any, screenshots: Path) -> None:
    if look == "forced":
        page.emulate_media(forced_colors="active")
    page.set_viewport_size({"width": 900, "height": 820})
    saved(EXPLORERS[name](), theme="dark" if look == "dark" else "light")
    focus(page)
    press(page, *["ArrowRight"] * 4)
    ground = page.evaluate("getComputedStyle(document.querySelector('.ck-ground')).fill")
    wanted = {"light": "rgb(255, 255, 255)", "dark": "rgb(17, 20, 24)"}
    assert ground == wanted.get(look, ground)
    unseen = page.evaluate(
        """(ground) => [...document.querySelectorAll('.ck-line, .ck-dot, .ck-here, .ck-bar')]
            .filter((one) => getComputedStyle(one).stroke === ground).map((one) => one.outerHTML)""",
        ground,
    )
    assert unseen == []
    page.screenshot(path=screenshots / f"explore-{name}-{look}.png")


@pytest.mark.parametrize("name", EXPLORERS)
def test_what_is_told_to_those_who_do_not_see(name: str, saved: Any) -> None:
    page = saved(EXPLORERS[name]())
    assert page.locator(".ck-caption").get_attribute("aria-live") == "polite"
    for plot in page.locator(".ck-plot").all():
        for attribute in ("aria-labelledby", "aria-describedby"):
            assert plot.locator(f"[id='{plot.get_attribute(attribute)}']").text_content().strip()
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('.ck-widget :is(input, select, button, [tabindex])')]
            .filter((one) => !one.ariaLabel && !one.labels?.length && !one.textContent.trim())
            .map((one) => one.outerHTML)"""
    )
    assert nameless == []
    small = page.evaluate(
        """() => [...document.querySelectorAll('.ck-widget :is(button, select, summary, input)')]
            .filter((one) => one.offsetParent && one.getBoundingClientRect().height < 31.9)
            .map((one) => one.outerHTML)"""
    )
    assert small == []


@pytest.mark.parametrize("name", EXPLORERS)
@pytest.mark.parametrize("width", [1280, 800, 420])
def test_nothing_scrolls_sideways_and_no_text_gets_tiny(name: str, width: int, saved: Any, page: Any) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    saved(EXPLORERS[name]())
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if width >= 800:
        smallest = page.evaluate(
            """() => Math.min(...[...document.querySelectorAll('.ck-plot')].flatMap((svg) =>
                [...svg.querySelectorAll('text')].map((text) => parseFloat(getComputedStyle(text).fontSize)
                    * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width)))"""
        )
        assert smallest >= 11.9
        inside = page.evaluate(
            """() => [...document.querySelectorAll('.ck-plot')].flatMap((svg) => {
                const frame = svg.getBoundingClientRect();
                return [...svg.querySelectorAll('text')].filter((text) => {
                    const box = text.getBoundingClientRect();
                    return box.width && (box.left < frame.left - 1 || box.right > frame.right + 1
                        || box.top < frame.top - 1 || box.bottom > frame.bottom + 1);
                }).map((text) => text.textContent);
            })"""
        )
        assert inside == []


def test_two_on_a_page_share_no_id(page: Any) -> None:
    for explore in EXPLORERS.values():
        both = explore().to_html().replace(
            "widget.render({", "widget.render({ model, el: document.body });\nwidget.render({"
        )  # fmt: skip
        page.set_content(both)
        page.wait_for_function("() => document.querySelectorAll('.ck-widget').length === 2")
        ids = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
        assert len(ids) == len(set(ids)) > 6


# ---- in JupyterLab ---------------------------------------------------------------------------------------

CELLS = [
    "import coursekit as ck\ndescent = ck.explore_descent('log-likelihood', rate=0.01)\ndescent",
    "differences = ck.explore_finite_differences()\ndifferences",
    "losses = ck.explore_losses()\nlosses",
    "classifier = ck.explore_linear_classifier()\nclassifier",
    "activations = ck.explore_activations()\nactivations",
    "print('told', 'by Python')",
]
ROUTES = {
    "descent": (["ArrowRight"] * 3, "descent.step, round(descent.path[-1][1], 4)", "3 2.88"),
    "differences": (["Home", "PageUp"], "differences.step, differences.h", "60 1e-15"),
    "losses": (["PageUp", "t"], "losses.scores, losses.target", "[0.631, 1.469, 0.71] 2"),
    "classifier": (["ArrowRight"], "classifier.target, classifier.winner", "2 Car"),
    "activations": (["ArrowDown", "ArrowRight"], "activations.activation, activations.z", "tanh 0.1"),
}


def test_saved_in_a_notebook_and_exported(page: Any, watch: Watch, tmp_path: Path) -> None:
    cells = [
        nbformat.v4.new_code_cell(cell) for cell in [*CELLS[:-1], "descent.step = 2\nactivations.z = 1.5"]
    ]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    NotebookClient(notebook, timeout=120).execute()
    html, _ = LectureExporter().from_notebook_node(notebook)
    path = tmp_path / "lecture.html"
    path.write_text(html, "utf-8")
    page.goto(path.as_uri())
    page.wait_for_function("() => document.querySelectorAll('.ck-explorer svg.ck-plot').length === 9")
    assert "Step 2: " in caption(page, ".ck-descent")
    for name, (keys, _, _) in ROUTES.items():
        before = caption(page, f".ck-{name}")
        focus(page, f".ck-{name}")
        press(page, *keys)
        assert caption(page, f".ck-{name}") != before
    widget = ck.explore_descent("log-likelihood", rate=0.01)
    widget.step = 5
    assert read_numbers(table(page, ".ck-descent")[-1])[1:4] == pytest.approx(
        [*widget.path[-1], widget.losses[-1]]
    )
    widget = ck.explore_activations("tanh", 1.6)
    assert read_numbers(table(page, ".ck-activations")[-1])[3] == pytest.approx(widget.gradients[-1])
    assert watch.outside == []
    assert watch.errors == []


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_in_jupyterlab(theme: str, lab: Lab, page: Any, watch: Watch, screenshots: Path) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, lab.folder / f"explorers_{theme}.ipynb")
    lab.use_theme(f"JupyterLab {theme}")
    try:
        open_notebook(page, lab, f"explorers_{theme}.ipynb")
        run_all(page)
        if theme == "Dark":
            page.wait_for_selector('body[data-jp-theme-light="false"]', state="attached")
        for name, (keys, code, said) in ROUTES.items():
            root = page.locator(f".ck-{name}")
            root.scroll_into_view_if_needed(timeout=60_000)
            focus(page, f".ck-{name}")
            press(page, *keys)
            page.screenshot(path=screenshots / f"explore-{name}-lab-{theme.lower()}.png")
            sideways = root.evaluate(
                """(root) => [root, root.closest('.jp-OutputArea-output'), ...root.querySelectorAll('*')]
                    .filter((one) => one.clientWidth && one.scrollWidth > one.clientWidth + 1
                        && getComputedStyle(one).overflowX !== 'visible'
                        && !one.matches('input, select, svg *'))
                    .map((one) => `${one.className} ${one.scrollWidth} > ${one.clientWidth}`)"""
            )
            assert sideways == []
            assert python_says(page, code) == said
        python_says(page, "setattr(descent, 'step', 1)")
        page.locator(".ck-descent").scroll_into_view_if_needed()
        page.wait_for_function(
            "() => document.querySelector('.ck-descent .ck-count').textContent === 'step 1'"
        )
        assert "(1, 2.96); loss 12 → 11.84" in caption(page, ".ck-descent")
        focus(page, ".ck-descent")
        press(page, "d", "d", "x", "a")  # Lab's commands that delete, cut and add cells
        assert page.locator(".jp-CodeCell").count() == len(CELLS)
        python_says(page, "setattr(differences, 'x', 2.0)")
        page.locator(".ck-differences").scroll_into_view_if_needed()
        page.wait_for_function(
            "() => document.querySelector('.ck-differences caption').textContent.includes('x = 2')"
        )
        assert watch.outside == []
        assert watch.errors == []
    finally:
        lab.use_theme("JupyterLab Light")
