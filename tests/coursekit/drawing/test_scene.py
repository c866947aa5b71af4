"""Where the numbers stand: each one beside its own wire, none on top of another."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coursekit as ck
from coursekit.drawing import theme
from coursekit.drawing.numbers import summarise
from coursekit.drawing.picture import Box, Picture, Share, picture_of
from coursekit.drawing.scene import Scene, clip, place

from .picture_geometry import cubic_g, faults, network


@pytest.fixture
def cubic() -> Scene:
    w1, w2 = ck.variables("w1 w2")
    graph = ck.ComputationalGraph(w1**3 * w2 + 3 * w1)
    graph.forward(w1=2.0, w2=3.0)
    graph.backward()
    return place(picture_of(graph))


def texts_of(scene: Scene, name: str, role: str) -> list[str]:
    number = next(n for n, box in enumerate(scene.picture.boxes) if (box.name or box.label) == name)
    return [text.text for n, text in scene.texts if n == number and text.role == role]


def test_one_sees_why_36_and_3_add_up_to_39(cubic: Scene) -> None:
    assert texts_of(cubic, "w1", "value") == ["2"]
    assert texts_of(cubic, "w1", "gradient") == ["∇ 36 + 3 = 39"]
    assert texts_of(cubic, "a", "share") == ["∇ 3×12=36"]
    assert texts_of(cubic, "c", "share") == ["∇ 1×3=3"]
    assert texts_of(cubic, "f", "value") == ["30"]
    assert texts_of(cubic, "f", "gradient") == ["∇ 1"]


def test_a_constant_has_neither_gradient_nor_a_second_number(cubic: Scene) -> None:
    assert texts_of(cubic, "3", "label") == ["3"]
    assert texts_of(cubic, "3", "value") == texts_of(cubic, "3", "gradient") == []


def test_values_stand_above_the_stub_and_gradients_below(cubic: Scene) -> None:
    for n, text in cubic.texts:
        box = cubic.boxes[n]
        if text.role in ("value", "gradient"):
            assert text.x == box.right + 8
            assert text.y < box.y if text.role == "value" else text.y > box.y + theme.NUMBER_SIZE


def test_a_share_stands_at_the_end_of_its_wire(cubic: Scene) -> None:
    ends = [wire.path[-1] for wire in cubic.wires]
    for _, text in cubic.texts:
        if text.role == "share":
            assert any(0 < x - text.x < 20 and 10 < text.y - y < 20 for x, y in ends)


def test_measures_of_the_specification(cubic: Scene) -> None:
    assert all(box.width >= 64 and box.height == 44 for box in cubic.boxes)
    x, y, z = ck.variables("x y z")
    small = ck.ComputationalGraph(x * y + z).draw().scene
    columns = sorted({box.x for box in small.boxes})
    assert min(right - left for left, right in pairwise(columns)) >= 250
    for column in sorted({box.x for box in cubic.boxes}):
        rows = sorted(box.y for box in cubic.boxes if box.x == column)
        assert all(lower - upper >= 104 for upper, lower in pairwise(rows))
    stubs = {wire.path[1][0] - wire.path[0][0] for wire in place(cubic.picture, chain_rule=False).wires}
    assert min(stubs) >= 84


def test_the_cubic_fits_a_notebook(cubic: Scene) -> None:
    # JupyterLab on a screen of 1280 pixels leaves 822 for a picture; 13-pixel text may shrink to 12.
    assert cubic.width * 12 / 13 <= 822


def test_columns_stand_apart_as_far_as_a_notebook_has_room() -> None:
    x = ck.Variable(0.5, "x")

    def width(gates: int) -> float:
        z = x
        for _ in range(gates):
            z = ck.tanh(z)
        return place(picture_of(ck.ComputationalGraph(z)), chain_rule=False).width

    widths = [width(gates) for gates in range(1, 7)]
    assert widths[1] - widths[0] == pytest.approx(250)
    assert widths == sorted(widths)
    assert widths[3] == pytest.approx(theme.NOTEBOOK_WIDTH)
    assert widths[5] - widths[4] < 170  # no room left: as close as the numbers allow


def numbered(inputs: list[list[int]], value: object, gradient: object) -> Picture:
    boxes = [
        Box(
            "gate" if feeds else "input",
            "tanh" if feeds else f"x{n}",
            f"name_{n}",
            inputs=tuple(feeds),
            value=value,
            gradient=gradient,
            shares=tuple(Share(gradient, gradient, 2.0) for _ in feeds),
            output=n == len(inputs) - 1,
        )
        for n, feeds in enumerate(inputs)
    ]
    return Picture(tuple(boxes))


NUMBERS = st.one_of(st.floats(), st.sampled_from([1.0, -1.234e-5, math.nan, math.inf, None, 1 + 2j]))


@pytest.mark.parametrize("graph", [cubic_g(), network(3, 4, 2), [[], [0, 0], [0, 1, 1]]])
@given(value=NUMBERS, gradient=NUMBERS)
@settings(max_examples=10, deadline=None)
def test_nothing_overlaps_whatever_the_numbers(
    graph: list[list[int]], value: object, gradient: object
) -> None:
    picture = numbered(graph, value, gradient)
    assert list(faults(place(picture))) == []
    assert list(faults(place(picture, chain_rule=True))) == []


@pytest.mark.parametrize("shape", [(3,), (200, 16), (2, 3, 4), (1, 1), (0, 3)])
def test_nothing_overlaps_with_arrays(shape: tuple[int, ...]) -> None:
    array = summarise(np.linspace(-1, 1, math.prod(shape)).reshape(shape))
    scene = place(numbered(cubic_g(), array, array))
    assert list(faults(scene)) == []
    assert len(scene.maps) == (0 if 0 in shape else 14)


def test_an_array_is_told_by_shape_range_mean_and_heat_map() -> None:
    array = summarise(np.array([[1.0, -2.0], [4.0, math.nan]]))
    scene = place(numbered([[]], array, array))
    lines = {text.y: text.text for _, text in scene.texts if text.role == "value"}
    assert [lines[y] for y in sorted(lines)] == ["(2, 2)", "−2 … 4", "mean 1", "⚠ 1 not finite"]
    lines = {text.y: text.text for _, text in scene.texts if text.role == "gradient"}
    assert [lines[y] for y in sorted(lines)] == ["∇ (2, 2)", "−2 … 4", "mean 1", "⚠ 1 not finite"]


def test_a_graph_that_has_not_run_shows_no_number() -> None:
    scene = place(numbered(cubic_g(), None, None))
    assert {text.role for _, text in scene.texts} == {"label", "note"}


def test_gradients_not_yet_computed_are_dashes() -> None:
    scene = place(numbered(cubic_g(), 1.0, None))
    assert {text.text for _, text in scene.texts if text.role == "gradient"} == {"∇ –"}


def test_what_is_not_a_number_is_said_in_words_with_a_warning() -> None:
    scene = place(numbered([[], [0], [0]], math.nan, -math.inf))
    assert texts_of(scene, "name_0", "value") == ["⚠ not a number"]
    assert texts_of(scene, "name_0", "gradient") == ["∇ ⚠ −infinity"]  # no sum of infinities
    assert texts_of(scene, "name_1", "share") == ["∇ ⚠ −infinity"]


def test_a_sum_of_many_branches_is_not_written_out() -> None:
    scene = place(numbered([[], *([0] for _ in range(6))], 1.0, 0.5))
    assert texts_of(scene, "name_0", "gradient") == ["∇ 0.5"]
    assert texts_of(scene, "name_1", "share") == ["∇ 0.5×2≈0.5"]


def test_negative_terms_and_factors_are_written_as_in_a_textbook() -> None:
    boxes = (
        Box("input", "x", "x", value=1.0, gradient=-1.0),
        Box(
            "gate", "−", "d", inputs=(0, 0), shares=(Share(1.0, 1.0, 1.0), Share(-2.0, 2.0, -1.0)), value=0.0
        ),
    )
    scene = place(Picture(boxes))
    assert texts_of(scene, "x", "gradient") == ["∇ 1 − 2 = −1"]
    assert texts_of(scene, "d", "share") == ["∇ 1×1=1", "∇ 2×(−1)=−2"]


def test_without_the_chain_rule_only_forks_show_what_flows_back() -> None:
    w1, w2 = ck.variables("w1 w2")
    graph = ck.ComputationalGraph(w1**3 * w2 + 3 * w1)
    graph.forward(w1=2.0, w2=3.0)
    graph.backward()
    scene = place(picture_of(graph), chain_rule=False)
    assert sorted(text.text for _, text in scene.texts if text.role == "share") == ["∇ 3", "∇ 36"]


def test_a_gate_with_many_inputs_grows_up_to_a_limit() -> None:
    for count, height in ((2, 44), (5, 110), (100, 240)):
        scene = place(numbered([*([] for _ in range(count)), list(range(count))], 1.0, 1.0), chain_rule=False)
        assert scene.boxes[-1].height == height
        ends = sorted(wire.path[-1][1] for wire in scene.wires)
        assert scene.boxes[-1].y - height / 2 < ends[0] < ends[-1] < scene.boxes[-1].y + height / 2


def test_long_names_are_clipped_and_line_breaks_are_blanks() -> None:
    assert clip("short") == "short"
    assert clip("a\nb\t c") == "a b c"
    assert clip("x" * 50) == "x" * 17 + "…"
