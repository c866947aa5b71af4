"""Each lecture as a student meets it: opened in JupyterLab, Run All, every cell answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import Lab, Watch, open_notebook, run_all

ROOT = Path(__file__).resolve().parents[2]
LECTURES = sorted(path.name for path in ROOT.glob("notebooks/*.ipynb"))

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("name", LECTURES)
def test_run_all_works(name: str, lab: Lab, page: Any, watch: Watch, screenshots: Path) -> None:
    open_notebook(page, lab, f"notebooks/{name}")
    run_all(page)
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    assert watch.outside == []
    assert watch.errors == []
    page.screenshot(path=screenshots / f"{Path(name).stem}.png")


def test_lecture_3_shows_39_and_8_and_its_pictures(
    lab: Lab, page: Any, watch: Watch, screenshots: Path
) -> None:
    open_notebook(page, lab, "notebooks/03_gates_and_graphs.ipynb")
    run_all(page)
    cell = page.locator(".jp-CodeCell", has_text="ComputationalGraph(g)").first
    cell.scroll_into_view_if_needed()
    assert "{'w1': 39.0, 'w2': 8.0}" in cell.locator(".jp-OutputArea").first.text_content()
    picture = cell.locator("svg[role='img']")
    picture.scroll_into_view_if_needed()
    assert "w1" in picture.locator("title").first.text_content()
    for words in ("39", "36 + 3"):
        assert words in picture.text_content()
    page.screenshot(path=screenshots / "lecture-3-light.png")


def answer(page: Any, lines: str) -> Any:
    """Put `lines` into the cell that defines the same name, run it, and return the cell."""
    cell = page.locator(".jp-CodeCell", has_text=lines.split(" =")[0] + " =").first
    cell.scroll_into_view_if_needed()
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.insert_text(lines)
    page.keyboard.press("Control+Enter")
    return cell


def test_an_answer_is_checked_at_once(lab: Lab, page: Any, watch: Watch, screenshots: Path) -> None:
    open_notebook(page, lab, "notebooks/00_start_here.ipynb")
    run_all(page)
    cell = answer(page, 'my_chain = -2\n\nck.check("start-chain")')
    cell.locator(".ck-check", has_text="3 and −5 were added").wait_for(timeout=30_000)
    asked = cell.locator(".ck-check td").first
    assert asked.evaluate("node => getComputedStyle(node).textAlign") == "left"
    page.screenshot(path=screenshots / "start-here-hint.png")
    answer(page, 'my_chain = -15\n\nck.check("start-chain")')
    cell.locator(".ck-check.ck-right", has_text="start-chain: right").wait_for(timeout=30_000)
    assert watch.errors == []


def test_a_plot_follows_the_theme_and_is_described(lab: Lab, page: Any) -> None:
    open_notebook(page, lab, "notebooks/00_start_here.ipynb")
    run_all(page)
    plot = page.locator("svg.ck-plot").first
    plot.scroll_into_view_if_needed()
    assert "The parabola and the line of slope 6" in plot.locator("title").first.text_content()
    assert "shown: x², slope 6" in plot.locator("desc").first.text_content()
    ground = "node => getComputedStyle(node.querySelector('path')).fill"
    assert plot.evaluate(ground) == "rgb(255, 255, 255)"
    page.evaluate("() => { document.body.dataset.jpThemeLight = 'false'; }")
    assert plot.evaluate(ground) == "rgb(17, 20, 24)"


def test_pictures_follow_the_dark_theme(lab: Lab, page: Any, screenshots: Path) -> None:
    lab.use_theme("JupyterLab Dark")
    try:
        open_notebook(page, lab, "notebooks/03_gates_and_graphs.ipynb")
        page.wait_for_selector('body[data-jp-theme-light="false"]', state="attached", timeout=60_000)
        run_all(page)
        picture = (
            page.locator(".jp-CodeCell", has_text="ComputationalGraph(g)").locator("svg[role='img']").first
        )
        picture.scroll_into_view_if_needed()
        page.screenshot(path=screenshots / "lecture-3-dark.png")
        colour = picture.locator("text").first.evaluate("node => getComputedStyle(node).fill")
        red, green, blue = (int(part) for part in colour.removeprefix("rgb(").removesuffix(")").split(","))
        assert red + green + blue > 3 * 128, f"text on a dark page should be light, not {colour}"
    finally:
        lab.use_theme("JupyterLab Light")
