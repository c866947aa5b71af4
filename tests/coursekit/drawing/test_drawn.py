"""The drawing as an object: in a notebook, in a file, as a figure; and what it says to bad input."""

import math
import re
import subprocess
import sys
import warnings
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import coursekit as ck
from coursekit.drawing import theme
from coursekit.drawing.drawn import Drawing, draw


@pytest.fixture
def cubic() -> ck.ComputationalGraph:
    w1, w2 = ck.variables("w1 w2")
    graph = ck.ComputationalGraph(w1**3 * w2 + 3 * w1)
    graph.forward(w1=2.0, w2=3.0)
    graph.backward()
    return graph


def test_a_graph_draws_and_shows_itself(cubic: ck.ComputationalGraph) -> None:
    drawing = cubic.draw()
    assert isinstance(drawing, Drawing)
    shown = cubic._repr_mimebundle_()
    assert shown == drawing._repr_mimebundle_(include=None, exclude=None)
    assert set(shown) == {"text/html", "image/svg+xml", "text/plain"}
    assert shown["text/html"] == drawing._repr_html_() == drawing.html
    assert shown["image/svg+xml"] == drawing.svg
    assert shown["text/plain"].startswith("Computational graph of f = w1³·w2 + 3·w1. 2 inputs")
    assert repr(drawing) == "Drawing('Computational graph of f = w1³·w2 + 3·w1')"


def test_a_title_of_ones_own(cubic: ck.ComputationalGraph) -> None:
    assert "<title" in cubic.draw(title="the example of the lecture").svg
    assert ">the example of the lecture</title>" in cubic.draw(title="the example of the lecture").svg
    picture = cubic.draw(title="first").picture
    assert draw(picture).picture.title == "first"
    assert draw(picture, title="second").picture.title == "second"


def test_a_drawing_keeps_the_numbers_it_was_made_with(cubic: ck.ComputationalGraph) -> None:
    drawing = cubic.draw()
    cubic.forward(w1=1.0, w2=1.0)
    assert ">30<" in drawing.svg
    assert ">4<" in cubic.draw().svg


@pytest.mark.parametrize("name", ["g.svg", "g.html", "g.png", "g.pdf", "G.PNG"])
def test_saving(cubic: ck.ComputationalGraph, tmp_path: Path, name: str) -> None:
    path = cubic.draw().save(tmp_path / name)
    assert path == tmp_path / name
    content = path.read_bytes()
    starts = {".svg": b"<svg", ".html": b"<!DOCTYPE html>", ".png": b"\x89PNG", ".pdf": b"%PDF"}
    assert content.startswith(starts[path.suffix.lower()])
    assert list(tmp_path.iterdir()) == [path]
    cubic.draw().save(path)
    assert path.read_bytes() == content  # the same picture is the same file


def test_a_saved_svg_opens_alone(cubic: ck.ComputationalGraph, tmp_path: Path) -> None:
    ET.parse(cubic.draw().save(tmp_path / "g.svg"))


def test_saving_as_something_else_is_refused(cubic: ck.ComputationalGraph, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"saved as \.svg, \.html, \.png, \.pdf; not as 'g\.gif'"):
        cubic.draw().save(tmp_path / "g.gif")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_save_harms_nothing(cubic: ck.ComputationalGraph, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        cubic.draw().save(tmp_path / "no such folder" / "g.svg")
    (tmp_path / "g.svg").mkdir()
    with pytest.raises(OSError):
        cubic.draw().save(tmp_path / "g.svg")
    assert [path.name for path in tmp_path.iterdir()] == ["g.svg"]


def test_a_save_that_is_interrupted_leaves_the_old_file(
    cubic: ck.ComputationalGraph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "g.svg"
    path.write_text("old")

    def disk_full(self: Path, content: bytes) -> int:
        with open(self, "wb") as file:
            file.write(content[:10])
        raise OSError("no space left")

    monkeypatch.setattr(Path, "write_bytes", disk_full)
    with pytest.raises(OSError, match="no space left"):
        cubic.draw().save(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_figure_has_the_size_and_colours_of_the_svg(cubic: ck.ComputationalGraph) -> None:
    from matplotlib.colors import to_hex

    light, dark = cubic.draw(), cubic.draw(appearance="dark")
    figure = light.figure()
    assert figure.get_size_inches() * 96 == pytest.approx((light.scene.width, light.scene.height))
    assert to_hex(figure.get_facecolor()) == theme.LIGHT.background
    assert to_hex(dark.figure().get_facecolor()) == theme.DARK.background


def test_the_figure_says_what_the_svg_says_in_the_same_places(cubic: ck.ComputationalGraph) -> None:
    from matplotlib.colors import to_hex

    drawing = cubic.draw()
    written = {
        (text.get_text(), round(text.get_position()[0], 1), round(text.get_position()[1], 1))
        for text in drawing.figure().axes[0].texts
    }
    assert written == {(t.text, round(t.x, 1), round(t.y, 1)) for _, t in drawing.scene.texts}
    (gradient,) = [t for t in drawing.figure().axes[0].texts if t.get_text() == "∇ 36 + 3 = 39"]
    assert to_hex(gradient.get_color()) == theme.LIGHT.gradient
    assert gradient.get_style() == "italic"


def test_a_figure_prints_dollars_as_dollars() -> None:
    (x,) = ck.variables(["$x^2$"])
    figure = ck.ComputationalGraph(x * x).draw().figure()
    figure.canvas.draw()
    assert "$x^2$" in [text.get_text() for text in figure.axes[0].texts]
    assert not any(text.get_parse_math() for text in figure.axes[0].texts)


def test_only_figures_load_matplotlib_and_only_arrays_load_numpy() -> None:
    program = """
import sys
import coursekit as ck
x, y = ck.variables("x y")
graph = ck.ComputationalGraph(x * y + ck.exp(x))
graph.forward(x=2.0, y=3.0); graph.backward()
graph.draw().html
loaded = {"numpy", "matplotlib"} & set(sys.modules)
sys.exit(str(loaded) if loaded else 0)
"""
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert (result.returncode, result.stderr) == (0, "")


def test_drawing_something_else_is_refused_in_words() -> None:
    (x,) = ck.variables("x")
    with pytest.raises(TypeError, match=r"draw\(\) takes a graph, not Variable .*ck\.ComputationalGraph"):
        draw(x * x)


def test_an_unknown_appearance_is_refused(cubic: ck.ComputationalGraph) -> None:
    with pytest.raises(ValueError, match="appearance should be one of auto, light, dark, not 'blue'"):
        cubic.draw(appearance="blue")


def test_a_huge_graph_unfolded_is_refused(cubic: ck.ComputationalGraph) -> None:
    (x,) = ck.variables("x")
    z = x
    for _ in range(3_000):
        z = z + 1.0
    with pytest.raises(ValueError, match="6,001 nodes cannot be drawn node by node"):
        ck.ComputationalGraph(z).draw(fold=False)


# ---- bad and odd input ------------------------------------------------------------------------------------

NAMES = ["</text><script>alert(1)</script>", "a & b", "]]>", "$x_1$", "\x00", "\ud800", "\u202e", "a\nb"]
NAMES += ["__proto__", "日本語"]


@pytest.mark.filterwarnings("ignore:Glyph .* missing from font")  # matplotlib's fonts know no Japanese
@pytest.mark.parametrize("suffix", [".svg", ".html", ".png", ".pdf"])
@pytest.mark.parametrize("name", NAMES, ids=ascii)
def test_any_name_can_be_saved(name: str, suffix: str, tmp_path: Path) -> None:
    x = ck.Variable(2.0, name)
    graph = ck.ComputationalGraph(x * x + 1.0)
    graph.forward()
    graph.backward()
    content = graph.draw().save(tmp_path / f"graph{suffix}").read_bytes()
    assert content.startswith(
        {".png": b"\x89PNG", ".pdf": b"%PDF", ".svg": b"<svg"}.get(suffix, b"<!DOCTYPE")
    )
    assert b"<script" not in content


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_a_graph_that_has_not_run_is_drawn_without_numbers(suffix: str, tmp_path: Path) -> None:
    x, y = ck.variables("x y")
    drawing = ck.ComputationalGraph(x * y).draw()
    assert drawing.save(tmp_path / f"graph{suffix}").stat().st_size > 1000
    assert "It has not run yet" in drawing.description
    assert "∇" not in re.sub("<desc.*?</desc>", "", drawing.svg, flags=re.S)


@pytest.mark.parametrize("suffix", [".svg", ".png", ".pdf"])
def test_nan_in_numbers_and_arrays_is_drawn_in_words(suffix: str, tmp_path: Path) -> None:
    x, y = ck.variables("x y")
    graph = ck.ComputationalGraph(ck.sum(x * y))
    with pytest.warns(ck.NotANumberWarning):
        graph.forward(x=np.array([1.0, math.nan, math.inf]), y=2.0)
    graph.backward()
    drawing = graph.draw()
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # a sign that no font knows would be told of
        drawing.save(tmp_path / f"graph{suffix}")
    assert "⚠ 2 not finite" in drawing.svg
    assert "⚠ not a number" in drawing.svg
    assert "value array of shape (3,), from 1 to 1, mean 1, 2 not finite" in drawing.description


# ---- folded boxes are opened -------------------------------------------------------------------------------


def chain(gates: int) -> ck.ComputationalGraph:
    z = ck.Variable(0.5, "x")
    for _ in range(gates):
        z = ck.tanh(z)
    return ck.ComputationalGraph(z)


def drawn_labels(html: str) -> list[str]:
    return re.findall(r'<text class="ck-label"[^>]*>([^<]*)</text>', html)


@pytest.mark.parametrize("gates", [41, 60, 250])
def test_every_node_of_a_folded_graph_can_be_reached(gates: int) -> None:
    drawing = chain(gates).draw()
    names = {row[0] for row in re.findall(r'<th scope="row">([^<]*)</th>(<td>)', drawing.html)}
    everything = {box.name or box.label for box in drawing.whole.boxes}
    assert everything <= names
    assert drawn_labels(drawing.html).count("tanh") >= gates
    assert "a notebook opens them below the picture" in drawing.description


def test_a_fold_is_opened_and_closed_by_what_the_browser_knows() -> None:
    html = chain(60).draw().html
    folds = [box for box in chain(60).draw().picture.boxes if box.folded]
    assert html.count('<details class="ck-details ck-inside"><summary>Open ') == len(folds)
    assert "<summary>Open 10 gates, a to k: 10 tanh</summary>" in html  # f is the name of the result
    assert html.count("<details") == html.count("</details>")
    ids = re.findall(r' id="([^"]+)"', html)
    assert len(ids) == len(set(ids))


def test_many_gates_side_by_side_are_opened_once() -> None:
    x = ck.Variable(1.0, "x")
    z = ck.exp(x)
    for _ in range(59):
        z = z + ck.exp(x)
    html = ck.ComputationalGraph(z).draw().html
    assert drawn_labels(html).count("exp") >= 60


def test_many_inputs_are_opened_once() -> None:
    names = [f"x{i}" for i in range(100)]
    total, *rest = ck.variables(" ".join(names))
    for x in rest:
        total = total + x
    labels = drawn_labels(ck.ComputationalGraph(total).draw().html)
    assert set(names) <= set(labels)


def test_a_huge_graph_says_that_it_is_not_opened() -> None:
    html = chain(400).draw().html
    assert "too large to be opened here" in html
    assert "ck-inside" not in html
    assert len(html) < 100_000


def test_a_small_graph_has_nothing_to_open() -> None:
    drawing = chain(5).draw()
    assert "ck-inside" not in drawing.html
    assert "Folded" not in drawing.description
