"""A lecture as slides and on paper: nothing from elsewhere, widgets alive, answers open."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.browser.lab import Watch

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]


def write(kind: str, out: Path) -> Path:
    command = [sys.executable, str(ROOT / "scripts" / "lectures.py"), kind, "03", "--out", str(out)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


def test_slides_need_no_network_and_their_widgets_answer(
    page: Any, watch: Watch, tmp_path: Path, screenshots: Path
) -> None:
    pytest.importorskip("sphinx_revealjs", reason="slides need the extra: pip install -e '.[slides]'")
    target = write("slides", tmp_path)
    page.context.set_offline(True)
    page.goto(target.as_uri())
    page.wait_for_function("Reveal.isReady()")
    assert page.evaluate("Reveal.getTotalSlides()") > 30
    assert page.evaluate("Reveal.getSlides()[0].innerText").startswith("Lecture 3")
    cut = page.evaluate("""() => [...document.querySelectorAll('.ck-figure')].filter((figure) => {
        const { h, v } = Reveal.getIndices(figure.closest('section'));
        Reveal.slide(h, v);
        return !figure.clientWidth || figure.scrollWidth > figure.clientWidth + 1;
    }).length""")
    assert cut == 0, "an audience cannot scroll"
    page.evaluate("""() => {
        const slide = document.querySelector('.ck-step').closest('section');
        const { h, v } = Reveal.getIndices(slide);
        Reveal.slide(h, v);
    }""")
    before = page.evaluate("Reveal.getIndices()")
    page.locator("section.present .ck-step .ck-stage").focus()
    for _ in range(11):
        page.keyboard.press("ArrowRight")  # steps; does not turn the slide
    widget = page.locator("section.present .ck-step")
    assert "branches add: 3 + 36 = 39" in widget.locator(".ck-caption").text_content()
    assert page.evaluate("Reveal.getIndices()") == before
    page.screenshot(path=screenshots / "slides-step-through.png")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("Reveal.getIndices()") != before
    assert watch.outside == []
    assert watch.errors == []


def test_a_lecture_is_printed(browser: Any, tmp_path: Path) -> None:
    target = write("pdf", tmp_path)
    content = target.read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") >= 8


def test_a_lecture_that_is_not_there() -> None:
    command = [sys.executable, str(ROOT / "scripts" / "lectures.py"), "slides", "99"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (2, "No lecture begins with 99.\n")
