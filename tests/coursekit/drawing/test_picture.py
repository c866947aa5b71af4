"""From a graph to boxes and numbers, and back to words."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coursekit as ck
from coursekit.drawing.description import description_of, formulas_of, rows_of, title_of
from coursekit.drawing.numbers import ArraySummary
from coursekit.drawing.picture import MAX_BOXES, Box, Picture, Share, fold, in_short, picture_of

from .picture_geometry import boxes_of, network


@pytest.fixture
def cubic() -> ck.ComputationalGraph:
    w1, w2 = ck.variables("w1 w2")
    return ck.ComputationalGraph(w1**3 * w2 + 3 * w1)


@pytest.fixture
def cubic_at_2_3(cubic: ck.ComputationalGraph) -> ck.ComputationalGraph:
    cubic.forward(w1=2.0, w2=3.0)
    cubic.backward()
    return cubic


def by_name(picture: Picture) -> dict[str, Box]:
    return {box.name or box.label: box for box in picture.boxes}


def test_boxes_of_the_cubic(cubic_at_2_3: ck.ComputationalGraph) -> None:
    boxes = by_name(picture_of(cubic_at_2_3))
    assert {name: (box.kind, box.label, box.value, box.gradient) for name, box in boxes.items()} == {
        "w1": ("input", "w1", 2.0, 39.0),
        "w2": ("input", "w2", 3.0, 8.0),
        "3": ("constant", "3", 3.0, None),
        "a": ("gate", "( )³", 8.0, 3.0),
        "b": ("gate", "×", 24.0, 1.0),
        "c": ("gate", "×", 6.0, 1.0),
        "f": ("gate", "+", 30.0, 1.0),
    }
    assert [name for name, box in boxes.items() if box.output] == ["f"]


def test_shares_are_upstream_times_local_and_add_up(cubic_at_2_3: ck.ComputationalGraph) -> None:
    picture = picture_of(cubic_at_2_3)
    boxes = by_name(picture)
    assert boxes["a"].shares == (Share(36.0, 3.0, 12.0),)
    assert boxes["c"].shares == (None, Share(3.0, 1.0, 3.0))  # the constant 3 receives nothing
    assert boxes["b"].shares == (Share(3.0, 1.0, 3.0), Share(8.0, 1.0, 8.0))


def test_asking_for_shares_leaves_the_graph_as_it_was(cubic_at_2_3: ck.ComputationalGraph) -> None:
    before = [(node.value, node.grad) for node in cubic_at_2_3.nodes]
    picture_of(cubic_at_2_3)
    assert [(node.value, node.grad) for node in cubic_at_2_3.nodes] == before
    assert cubic_at_2_3.backward() == {"w1": 39.0, "w2": 8.0}


def test_a_graph_that_has_not_run_has_no_numbers(cubic: ck.ComputationalGraph) -> None:
    picture = picture_of(cubic)
    assert not picture.has_values
    assert not picture.has_gradients
    assert "It has not run yet" in description_of(picture)


def test_a_graph_that_ran_forward_only(cubic: ck.ComputationalGraph) -> None:
    cubic.forward(w1=2.0, w2=3.0)
    picture = picture_of(cubic)
    assert picture.has_values
    assert not picture.has_gradients
    assert all(box.shares == () for box in picture.boxes)


def test_a_picture_stays_as_it_is_when_the_graph_runs_again(cubic_at_2_3: ck.ComputationalGraph) -> None:
    picture = picture_of(cubic_at_2_3)
    cubic_at_2_3.forward(w1=5.0, w2=5.0)
    assert by_name(picture)["f"].value == 30.0


def test_a_variable_used_twice_by_one_gate() -> None:
    (x,) = ck.variables("x")
    graph = ck.ComputationalGraph(x * x + x)
    graph.forward(x=3.0)
    graph.backward()
    picture = picture_of(graph)
    assert picture.boxes[1].inputs == (0, 0)
    assert picture.boxes[1].shares == (Share(3.0, 1.0, 3.0), Share(3.0, 1.0, 3.0))
    assert picture.users[0] == [(1, 0), (1, 1), (2, 1)]


def test_arrays_are_kept_in_short() -> None:
    x, w = ck.variables("x w")
    graph = ck.ComputationalGraph(ck.sum(x @ w))
    graph.forward(x=np.ones((5, 3)), w=np.arange(6.0).reshape(3, 2))
    graph.backward()
    boxes = by_name(picture_of(graph))
    assert isinstance(boxes["w"].value, ArraySummary)
    assert boxes["w"].value.shape == (3, 2)
    assert boxes["w"].gradient == ArraySummary((3, 2), 5.0, 5.0, 5.0, 0, ((5, 5),) * 3)
    (share,) = boxes["f"].shares
    assert share is not None
    assert share.local is None


def test_an_input_that_broadcasts_receives_a_share_of_its_own_shape() -> None:
    x, b = ck.variables("x b")
    graph = ck.ComputationalGraph(ck.sum(x + b))
    graph.forward(x=np.ones((5, 3)), b=np.zeros(3))
    graph.backward()
    add = next(box for box in picture_of(graph).boxes if box.label == "+")
    assert [share.contribution.shape for share in add.shares] == [(5, 3), (3,)]


def test_an_input_that_nothing_arrives_at_shows_the_zero_that_backward_returns() -> None:
    x, _ = ck.variables("x unused")
    graph = ck.ComputationalGraph(x * x, inputs=["x", "unused"])
    graph.forward(x=3.0, unused=1.0)
    assert graph.backward()["unused"] == 0.0
    assert by_name(picture_of(graph))["unused"].gradient == 0.0


def test_results_that_are_gradients_are_told_apart_from_their_inputs(cubic: ck.ComputationalGraph) -> None:
    names = [box.name for box in picture_of(cubic.gradient()).boxes if box.output]
    assert names == ["∇w1", "∇w2"]


def test_gates_that_do_not_commute_keep_the_order_of_their_inputs() -> None:
    x, y = ck.variables("x y")
    ordered = {
        box.label: box.ordered
        for expression in (x + y, x * y, x - y, x / y, x @ y)
        for box in picture_of(ck.ComputationalGraph(expression + 0 * x)).boxes
        if box.kind == "gate"
    }
    assert ordered == {"+": False, "×": False, "−": True, "÷": True, "@": True}


def test_a_local_derivative_that_overflows_is_left_out() -> None:
    class Steep(ck.Gate):
        symbol = "steep"

        def forward(self, x: float) -> float:
            return 0.0 * x

        def backward(self, dz: float) -> float:
            if dz == 1.0:
                raise OverflowError
            return 0.0

    (x,) = ck.variables("x")
    z = ck.Variable()
    z.gate, z.inputs = Steep(), (x,)
    graph = ck.ComputationalGraph(z * 0.5)
    graph.forward(x=1.0)
    graph.backward()
    (share,) = picture_of(graph).boxes[1].shares
    assert share == Share(0.0, 0.5, None)


def test_values_of_other_kinds() -> None:
    sympy = pytest.importorskip("sympy")
    assert in_short(sympy.Symbol("t") * 2) == "2*t"
    assert in_short(np.float32(0.5)) == 0.5
    assert in_short(np.array(2.0)) == 2.0
    assert in_short(None) is None


# --- words -------------------------------------------------------------------------------------------------


def test_description_of_the_cubic(cubic_at_2_3: ck.ComputationalGraph) -> None:
    picture = picture_of(cubic_at_2_3)
    assert title_of(picture) == "Computational graph of f = w1³·w2 + 3·w1"
    words = description_of(picture)
    assert words.startswith("2 inputs, 1 constant, 4 gates.")
    assert "w1: input, value 2, gradient 39 = 36 through a + 3 through c." in words
    assert "w2: input, value 3, gradient 8." in words
    assert "f: result, + (add) of b, c, value 30, gradient 1." in words


def test_rows_of_the_cubic(cubic_at_2_3: ck.ComputationalGraph) -> None:
    rows = rows_of(picture_of(cubic_at_2_3))
    assert ("w1", "input", "", "2", "39") in rows
    assert ("3", "constant", "", "3", "none: a constant") in rows
    assert ("a", "( )³ (power)", "w1", "8", "3") in rows
    assert ("f", "+ (add)", "b, c", "30", "1") in rows


def test_every_digit_is_in_the_words() -> None:
    picture = Picture((Box("input", "x", "x", value=0.1 + 0.2, gradient=math.nan),))
    assert "value 0.30000000000000004, gradient not a number" in description_of(picture)


@pytest.mark.parametrize(
    ("build", "formula"),
    [
        (lambda x, y: x - (y - x), "x − (y − x)"),
        (lambda x, y: x - y - x, "x − y − x"),
        (lambda x, y: x / (y * x), "x / (y·x)"),
        (lambda x, y: (x + y) * x, "(x + y)·x"),
        (lambda x, y: (x + y) ** 2, "(x + y)²"),
        (lambda x, y: (x**2) ** 3, "(x²)³"),
        (lambda x, y: -(x + y) + y, "−(x + y) + y"),
        (lambda x, y: x * -2.0, "x·(−2)"),
        (lambda x, y: ck.exp(x * y) + x, "exp(x·y) + x"),
        (lambda x, y: ck.sigmoid(x) * y, "σ(x)·y"),
        (lambda x, y: x[1] + y, "x[1] + y"),
        (lambda x, y: x ** (x + y), "x^(x + y)"),
        (lambda x, y: 1 / ck.tanh(x @ y), "1 / tanh(x @ y)"),
    ],
)
def test_formulas(build, formula: str) -> None:
    picture = picture_of(ck.ComputationalGraph(build(*ck.variables("x y"))))
    assert formulas_of(picture)[-1] == formula


def test_a_formula_that_doubles_at_every_step_is_given_up_in_time() -> None:
    (x,) = ck.variables("x")
    for _ in range(200):
        x = x * x
    picture = picture_of(ck.ComputationalGraph(x))
    assert formulas_of(picture)[-1] == ""
    assert title_of(picture) == "Computational graph: 1 input, 200 gates"


# --- folding -----------------------------------------------------------------------------------------------


def test_small_pictures_of_forty_boxes_are_not_folded_by_draw() -> None:
    from coursekit.drawing import draw

    chain = Picture((Box("input", "x"), *(Box("gate", "+", inputs=(n,)) for n in range(39))))
    assert draw(chain).picture.boxes == chain.boxes
    longer = Picture((*chain.boxes, Box("gate", "+", inputs=(39,))))
    assert len(draw(longer).picture.boxes) < 40
    assert len(draw(longer, fold=False).picture.boxes) == 41


def test_folds_say_how_many_nodes_they_hold_and_of_which_kinds() -> None:
    folded = fold(boxes_of(network(4, 16, 16, 3)))
    assert [(box.label, box.operation) for box in folded.boxes if box.kind == "gate"] == [
        ("16 gates", "16 +"),
        ("16 gates", "16 +"),
        ("16 gates", "16 +"),
        ("16 gates", "16 +"),
        ("7 gates", "7 +"),
    ]
    assert folded.boxes[0].label == "36 inputs"
    assert folded.boxes[0].operation == "x0, x1, x2, x3, …"
    assert "71 gates" in title_of(folded)


def test_results_and_a_few_inputs_stay_as_they_are() -> None:
    boxes = [Box("input", "x", "x", value=1.0)]
    boxes += [Box("gate", "+", f"v{n}", inputs=(n,), value=float(n)) for n in range(100)]
    boxes.append(Box("gate", "loss", "L", inputs=(100,), value=7.0, output=True))
    folded = fold(Picture(tuple(boxes)))
    assert (folded.boxes[0].label, folded.boxes[0].value) == ("x", 1.0)
    assert (folded.boxes[-1].label, folded.boxes[-1].value) == ("loss", 7.0)


@st.composite
def large_pictures(draw: st.DrawFn) -> Picture:
    boxes: list[Box] = []
    for n in range(draw(st.integers(41, 120))):
        kind = draw(st.sampled_from(["input", "constant", "gate", "gate", "gate"])) if n else "input"
        feeds = (
            draw(st.lists(st.integers(max(0, n - 30), n - 1), min_size=1, max_size=3))
            if kind == "gate"
            else ()
        )
        boxes.append(Box(kind, f"n{n}", inputs=tuple(feeds), output=draw(st.integers(0, 9)) == 0))
    return Picture(tuple(boxes))


@given(large_pictures())
@settings(max_examples=80, deadline=None)
def test_a_folded_picture_is_small_and_loses_no_node(picture: Picture) -> None:
    folded = fold(picture)
    assert len(folded.boxes) <= MAX_BOXES
    for kind in ("input", "constant", "gate"):
        before = sum(box.kind == kind for box in picture.boxes)
        assert sum(box.holds for box in folded.boxes if box.kind == kind) == before
    assert all(feed < n for n, box in enumerate(folded.boxes) for feed in box.inputs)


def test_a_graph_of_a_hundred_thousand_gates_is_folded_without_recursion() -> None:
    (x,) = ck.variables("x")
    z = x
    for _ in range(100_000):
        z = z + 1.0
    graph = ck.ComputationalGraph(z)
    graph.forward(x=0.0)
    drawing = graph.draw()
    assert sum(box.holds for box in drawing.picture.boxes if box.kind == "gate") == 100_000
    assert "100,000 gates" in drawing.description


def test_a_backward_pass_with_nan_draws_without_a_warning() -> None:
    (x,) = ck.variables("x")
    graph = ck.ComputationalGraph(ck.sum(x * x))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ck.NotANumberWarning)
        graph.forward(x=np.array([math.nan, math.inf, 1.0]))
    graph.backward()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        picture = picture_of(graph)
    assert picture.boxes[0].value.not_finite == 2
