"""Pictures of graphs in a browser: wide ones scroll by keys, folded boxes open and close."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import coursekit as ck
from tests.browser.accessibility import no_serious_faults
from tests.browser.lab import Watch

pytestmark = pytest.mark.browser


def chain(gates: int) -> ck.ComputationalGraph:
    z = ck.Variable(0.5, "x")
    for _ in range(gates):
        z = ck.tanh(z)
    graph = ck.ComputationalGraph(z)
    graph.forward()
    graph.backward()
    return graph


def show(page: Any, graph: ck.ComputationalGraph, folder: Path) -> None:
    page.goto(graph.draw().save(folder / "graph.html").as_uri())


def test_a_folded_box_opens_by_enter_and_by_click(
    page: Any, watch: Watch, tmp_path: Path, screenshots: Path
) -> None:
    show(page, chain(60), tmp_path)
    first = page.locator("details.ck-inside").first
    inside = first.locator("svg.ck-picture").first
    assert inside.is_hidden()
    first.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert inside.is_visible()
    assert "tanh" in inside.text_content()
    no_serious_faults(page, "body")
    page.screenshot(path=screenshots / "folded-opened.png")
    page.keyboard.press("Enter")
    assert inside.is_hidden()
    first.locator("summary").first.click()
    assert inside.is_visible()
    first.locator("summary").first.click()
    assert inside.is_hidden()
    assert watch.outside == []
    assert watch.errors == []


def test_a_wide_picture_scrolls_by_keys(page: Any, tmp_path: Path) -> None:
    page.set_viewport_size({"width": 600, "height": 800})
    show(page, chain(8), tmp_path)
    figure = page.locator(".ck-figure").first
    figure.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.ck-figure').scrollLeft > 50")
