"""A lecture as slides and on paper: nothing from elsewhere, widgets alive, answers open."""

from __future__ import annotations

import importlib.util
import os
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


@pytest.fixture(scope="module")
def exporter() -> None:
    if importlib.util.find_spec("sphinx_revealjs") is None:
        message = "slides need the extra: pip install -e '.[slides]'"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)


@pytest.fixture(scope="module")
def slides(exporter: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write("slides", tmp_path_factory.mktemp("slides"))


def show(page: Any, slides: Path) -> None:
    page.context.set_offline(True)
    page.goto(slides.as_uri())
    page.wait_for_function("window.Reveal?.isReady()")


TOO_LARGE = """() => Reveal.getSlides().flatMap((slide) => {
    const { h, v } = Reveal.getIndices(slide);
    Reveal.slide(h, v);
    const parts = [slide, ...slide.querySelectorAll('pre')];
    const cut = parts.some((part) => part.scrollWidth > part.clientWidth + 1);
    const tall = slide.scrollHeight > slide.clientHeight;
    return cut || tall ? [`${h}/${v}: ${slide.scrollHeight} of ${slide.clientHeight}`] : [];
})"""


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1920, 1080), (1024, 768)])
def test_no_slide_is_larger_than_the_screen(page: Any, slides: Path, width: int, height: int) -> None:
    page.set_viewport_size({"width": width, "height": height})
    show(page, slides)
    assert page.evaluate(TOO_LARGE) == []
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.wait_for_timeout(100)  # "toggle" comes a moment later
    assert page.evaluate(TOO_LARGE) == [], "with every answer unfolded"


def test_a_slide_that_is_divided_loses_nothing(exporter: None, page: Any, tmp_path: Path) -> None:
    from nbformat import v4

    text = "## Long\n\n" + "\n\n".join(f"paragraph {n}" for n in range(30))
    printed = v4.new_output("stream", text="".join(f"line {n}\n" for n in range(25)))
    cells = [v4.new_markdown_cell(text), v4.new_code_cell("x = 1\n" * 25, outputs=[printed])]
    notebook = v4.new_notebook(cells=cells)
    from coursekit.widgets.slides import SlidesOfLecture

    written, _ = SlidesOfLecture().from_notebook_node(notebook)
    target = tmp_path / "long.html"
    target.write_text(written, "utf-8")
    show(page, target)
    assert page.evaluate(TOO_LARGE) == []
    parts = page.evaluate("Reveal.getSlides().map((slide) => slide.textContent)")
    assert 3 <= len(parts) <= 6
    words = " ".join(parts).split()
    assert [word for word in words if word.isdigit()] == [str(n) for n in (*range(30), *[1] * 25, *range(25))]
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids))


def test_slides_need_no_network_and_their_widgets_answer(
    page: Any, watch: Watch, slides: Path, screenshots: Path
) -> None:
    show(page, slides)
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
