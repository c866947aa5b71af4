"""What the step-through widget is given to show, and how it takes other numbers."""

import json
import math
import re
import warnings

import numpy as np
import pytest
import traitlets
from hypothesis import given, settings
from hypothesis import strategies as st

import coursekit as ck
from coursekit.widgets import StepThrough, step_through
from coursekit.widgets import step_through as lazy_step_through

KILOBYTES = 1024


@pytest.fixture
def cubic() -> StepThrough:
    w1, w2 = ck.variables("w1 w2")
    return step_through(ck.ComputationalGraph(w1**3 * w2 + 3 * w1), w1=2.0, w2=3.0)


def strict(widget: StepThrough) -> str:
    """Write the story as JSON; NaN and infinity, which JSON does not know, would raise."""
    return json.dumps(widget.story, allow_nan=False)


# ---- the story -------------------------------------------------------------------------------------------


def test_it_is_the_public_name() -> None:
    assert ck.step_through is lazy_step_through


def test_eleven_steps(cubic: StepThrough) -> None:
    steps = cubic.story["steps"]
    assert [step["kind"] for step in steps] == ["forward"] * 4 + ["seed"] + ["backward"] * 6
    names = [box["name"] for box in cubic.story["boxes"]]
    assert names == ["w1", "a", "w2", "b", "3", "c", "f"]
    assert [(names[step["box"]], names[step["target"]]) for step in steps[5:]] == [
        ("f", "b"), ("f", "c"), ("c", "w1"), ("b", "a"), ("b", "w2"), ("a", "w1"),
    ]  # fmt: skip


def test_the_last_step_shows_why_36_and_3_add_up_to_39(cubic: StepThrough) -> None:
    last = cubic.story["steps"][-1]
    assert last["lines"] == ["∇ 3 + 36 = 39"]
    assert last["share"] == "∇ 3×12=36"
    assert last["tag"]["text"] == "local 3·w1² = 12"
    assert last["caption"] == "a → w1: ∇w1 += upstream 3 × local 12 = 36; branches add: 3 + 36 = 39"
    assert cubic.story["steps"][7]["caption"].endswith("; another branch will add to it")


def test_local_derivatives_stand_in_symbols_and_numbers() -> None:
    x, y = ck.variables("x y")
    graph = ck.ComputationalGraph(ck.sigmoid(x / y) - 4 * y + x * x)
    tags = {
        (step["caption"].partition(":")[0], step["tag"]["text"])
        for step in step_through(graph, x=2.0, y=4.0).story["steps"]
        if step["tag"]
    }
    assert {text for where, text in tags if where.startswith("a →")} == {
        "local 1 / y = 0.25",
        "local (−(1 / y))·x / y = −0.125",
    }
    assert ("b → a", "local σ(a)·(1 − σ(a)) = 0.235") in tags
    assert ("c → y", "local 4") in tags


def test_the_places_are_those_of_the_drawing(cubic: StepThrough) -> None:
    scene = cubic.graph.draw().scene
    assert (cubic.story["width"], cubic.story["height"]) == (round(scene.width, 1), round(scene.height, 1))
    for box, put in zip(cubic.story["boxes"], scene.boxes, strict=True):
        assert box["rect"][:2] == pytest.approx([put.left, put.y - put.height / 2], abs=0.06)


def test_the_arrow_runs_back_beneath_the_wire(cubic: StepThrough) -> None:
    wire = cubic.story["wires"][0]  # w1 → a, whose stub ends at x = 207
    assert wire["tip"] == [209.0, 157.0]
    assert wire["back"].startswith("M243 50C")
    assert wire["back"].endswith(" 219 157")


def test_what_others_have_drawn_is_not_drawn_twice(cubic: StepThrough) -> None:
    to_a, to_c = cubic.story["wires"][0], cubic.story["wires"][4]
    assert to_a["d"] == to_a["full"]
    assert to_c["d"].startswith("M207 145C")
    assert to_c["full"].startswith("M80 145L207 145C")


def test_a_sum_too_long_for_its_stub_takes_two_lines() -> None:
    x, _ = ck.variables("x y")
    graph = ck.ComputationalGraph(ck.sin(x) + ck.cos(x) + ck.tanh(x) + ck.exp(x) + x * 3)
    widget = step_through(graph, x=0.3)
    number = next(n for n, box in enumerate(widget.story["boxes"]) if box["name"] == "x")
    steps = [s for s in widget.story["steps"] if s["target"] == number and s["kind"] == "backward"]
    assert [step["lines"] for step in steps] == [
        ["∇ 3"], ["∇ 3 + 1.35", "= 4.35"], ["∇ 4.35 + 0.9151", "≈ 5.265"],
        ["∇ 5.265 − 0.2955", "≈ 4.969"], ["∇ 4.969 + 0.9553", "≈ 5.925"],
    ]  # fmt: skip
    (x1, y1), (x2, y2) = widget.story["boxes"][number]["gradients"]
    assert (x1, y1 + 17) == (x2, y2)
    stub_end = min(wire["tip"][0] for wire in widget.story["wires"] if wire["source"] == number)
    assert stub_end - x1 > len("∇ 5.265 − 0.2955") * 14 * 0.61


def test_the_story_is_plain_json_of_a_few_kilobytes(cubic: StepThrough) -> None:
    assert json.loads(strict(cubic)) == cubic.story
    assert len(strict(cubic)) < 24 * KILOBYTES


def test_the_module_is_small_and_ships_with_the_package() -> None:
    module = str(StepThrough._esm)
    assert module.count("export default") == 1
    assert len(module.encode()) <= 30 * KILOBYTES
    for never in ("innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "http://", "https://", "fetch("):
        assert never not in module.replace('"http://www.w3.org/2000/svg"', "")


# ---- predict first ---------------------------------------------------------------------------------------


def hints(widget: StepThrough, i: int) -> dict[float, str]:
    return {mistake["value"]: mistake["hint"] for mistake in widget.story["steps"][i]["ask"]["mistakes"]}


def test_what_was_mistaken_is_told(cubic: StepThrough) -> None:
    at_the_fork = hints(cubic, 10)
    assert "share of this branch alone" in at_the_fork[36.0]
    assert "does not overwrite" in at_the_fork[36.0]
    assert "before" in at_the_fork[3.0]
    assert "sign" in at_the_fork[-39.0]
    assert "sign" in at_the_fork[-33.0]
    assert "local derivative alone" in at_the_fork[12.0]
    assert "local derivative alone" in at_the_fork[15.0]
    assert "upstream gradient alone" in at_the_fork[6.0]
    assert "flows to the other input, w2" in hints(cubic, 8)[8.0]
    assert "You multiplied" in hints(cubic, 0)[6.0]
    assert "You added" in hints(cubic, 1)[11.0]
    assert "× w1 itself" in hints(cubic, 7)[2.0]


def test_each_step_asks_for_the_number_it_shows(cubic: StepThrough) -> None:
    answers = [step["ask"]["answer"] for step in cubic.story["steps"]]
    assert answers == [8, 24, 6, 30, 1, 1, 1, 3, 3, 8, 39]
    assert cubic.story["steps"][0]["ask"]["question"] == "a = (w1)³ = (2)³ = ?"
    assert "So far ∇w1 is 3" in cubic.story["steps"][10]["ask"]["question"]


@settings(max_examples=40, deadline=None)
@given(st.floats(-5, 5), st.floats(-5, 5))
def test_no_right_answer_counts_as_a_mistake(one: float, other: float) -> None:
    x, y = ck.variables("x y")
    widget = step_through(ck.ComputationalGraph(x * y - x * x + y), x=one, y=other)
    assert widget.gradients == pytest.approx({"x": other - 2 * one, "y": one + 1})
    for step in widget.story["steps"]:
        right = step["ask"]["answer"]
        for mistake in step["ask"]["mistakes"]:
            wrong = mistake["value"]
            assert abs(wrong - right) > widget.story["tolerance"] * max(abs(wrong), abs(right))


# ---- other numbers ---------------------------------------------------------------------------------------


def test_other_values_keep_the_step_and_leave_the_graph_alone() -> None:
    w1, w2 = ck.variables("w1 w2")
    graph = ck.ComputationalGraph(w1**3 * w2 + 3 * w1)
    graph.forward(w1=5.0, w2=7.0)
    widget = step_through(graph)
    assert widget.values == {"w1": 5.0, "w2": 7.0}
    widget.step = 6
    widget.values = {"w1": 1}
    assert widget.values == {"w1": 1.0, "w2": 7.0}
    assert widget.gradients == {"w1": 24.0, "w2": 1.0}
    assert widget.step == 6
    assert [graph.value(node) for node in graph.nodes if node.name in ("w1", "w2")] == [5.0, 7.0]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"w3": 1.0}, "no input 'w3' that is a number; there are w1, w2"),
        ({"w1": "2"}, "w1 should be a finite number, not '2'"),
        ({"w1": math.nan}, "w1 should be a finite number, not nan"),
        ({"w1": True}, "w1 should be a finite number, not True"),
        ([1, 2], "dict"),
    ],
)
def test_unusable_values_are_refused_and_nothing_changes(
    cubic: StepThrough, values: object, message: str
) -> None:
    story = strict(cubic)
    with pytest.raises(traitlets.TraitError, match=message):
        cubic.values = values
    assert (strict(cubic), cubic.values, cubic.gradients) == (
        story, {"w1": 2.0, "w2": 3.0}, {"w1": 39.0, "w2": 8.0},
    )  # fmt: skip


def test_values_outside_the_domain_are_refused_and_nothing_changes() -> None:
    x, y = ck.variables("x y")
    widget = step_through(ck.ComputationalGraph(x / y), x=1.0, y=2.0)
    with pytest.raises(traitlets.TraitError, match="DivideGate 'f' cannot divide by zero"):
        widget.values = {"y": 0.0}
    assert widget.values == {"x": 1.0, "y": 2.0}
    assert widget.gradients == {"x": 0.5, "y": -0.25}
    widget.values = {"y": 4.0}
    assert widget.gradients == {"x": 0.25, "y": -0.0625}


def test_the_module_hears_what_became_of_its_request(
    cubic: StepThrough, monkeypatch: pytest.MonkeyPatch
) -> None:
    replies = []
    monkeypatch.setattr(StepThrough, "send", lambda self, content, buffers=None: replies.append(content))
    for content in (
        {"kind": "hello", "ticket": "a:1"},
        {"kind": "values", "ticket": "a:2", "values": {"w1": 1.0}},
        {"kind": "values", "ticket": "a:3", "values": {"w1": None}},
        "noise",
    ):
        cubic._handle_custom_msg(content, [])
    assert [reply["ticket"] for reply in replies] == ["a:1", "a:2", "a:3"]
    assert [bool(reply["problem"]) for reply in replies] == [False, False, True]
    assert cubic.gradients == {"w1": 12.0, "w2": 1.0}


def test_inputs_left_out_keep_the_values_of_the_last_run_and_the_graph_its_own() -> None:
    w1, w2 = ck.variables("w1 w2")
    graph = ck.ComputationalGraph(w1**3 * w2 + 3 * w1)
    graph.forward(w1=2.0, w2=3.0)
    widget = step_through(graph, w1=1.0)
    assert widget.values == {"w1": 1.0, "w2": 3.0}
    assert graph.backward() == {"w1": 39.0, "w2": 8.0}


def test_an_array_stays_while_a_number_is_changed() -> None:
    w, x = ck.variables("w x")
    widget = step_through(ck.ComputationalGraph(ck.sum(w * x)), w=2.0, x=np.array([1.0, 2.0]))
    widget.values = {"w": 5.0}
    assert widget.values == {"w": 5.0}
    assert widget.gradients["w"] == 3.0
    assert widget.gradients["x"].tolist() == [5.0, 5.0]


def test_the_step_stays_in_range(cubic: StepThrough) -> None:
    cubic.step = 99
    assert cubic.step == 11
    cubic.step = -1
    assert cubic.step == 0
    assert repr(cubic) == "StepThrough('Computational graph of f = w1³·w2 + 3·w1', step 0 of 11)"


# ---- bad and odd input -----------------------------------------------------------------------------------


def test_a_graph_that_has_not_run_needs_values() -> None:
    w1, w2 = ck.variables("w1 w2")
    with pytest.raises(ck.GateError, match=r"no value for w2: call step_through\(graph, w1=..., w2=2.0\)"):
        step_through(ck.ComputationalGraph(w1 * w2), w1=1.0)


def test_the_part_that_is_named_for_a_large_graph_can_be_stepped_through() -> None:
    x, w = ck.variables("x w")
    z = x * w
    for _ in range(60):
        z = ck.tanh(z)
    graph = ck.ComputationalGraph(z + x)
    with pytest.raises(ValueError, match="nobody follows more than 40") as refused:
        step_through(graph, x=1.0, w=2.0)
    [number] = re.findall(r"ck\.ComputationalGraph\(graph\.nodes\[(\d+)\]\)", str(refused.value))
    part = ck.ComputationalGraph(graph.nodes[int(number)])
    assert len(part.nodes) == 40
    assert len(step_through(part, x=1.0, w=2.0).story["steps"]) == 38 + 1 + 39


def test_several_outputs_are_refused() -> None:
    x, y = ck.variables("x y")
    with pytest.raises(ck.GateError, match="one output back; this graph has 2"):
        step_through(ck.ComputationalGraph(x + y, x * y), x=1.0, y=2.0)


def test_what_is_no_graph_is_refused() -> None:
    x, y = ck.variables("x y")
    with pytest.raises(TypeError, match="takes a graph, not Variable"):
        step_through(x * y, x=1.0, y=2.0)


def test_an_unknown_input_is_refused() -> None:
    x, y = ck.variables("x y")
    with pytest.raises(TypeError, match="no input 'z'"):
        step_through(ck.ComputationalGraph(x * y), x=1.0, y=2.0, z=3.0)


def test_an_array_as_output_is_refused() -> None:
    x, y = ck.variables("x y")
    with pytest.raises(ck.GateError, match="array"):
        step_through(ck.ComputationalGraph(x * y), x=np.ones(3), y=2.0)


def test_a_large_graph_is_refused_with_the_way_out() -> None:
    x, y = ck.variables("x y")
    z = x
    for _ in range(40):
        z = z * y
    with pytest.raises(ValueError, match=r"42 nodes.*graph.draw\(\) shows all of it, folded"):
        step_through(ck.ComputationalGraph(z), x=1.0, y=1.0)


def test_arrays_are_shown_by_shape_and_not_asked_for() -> None:
    x, w = ck.variables("x w")
    graph = ck.ComputationalGraph(ck.sum(ck.tanh(x @ w)))
    widget = step_through(graph, x=np.ones((2, 3)), w=np.full((3, 2), 0.5))
    assert widget.values == {}
    assert [entry["editable"] for entry in widget.story["inputs"]] == [False, False]
    assert widget.story["inputs"][0]["text"] == "(2, 3), all 1"
    last = widget.story["steps"][-1]
    assert (last["ask"], last["tag"], last["lines"][0]) == (None, None, "∇ (3, 2)")
    assert last["map"] is not None
    strict(widget)


def test_a_number_among_arrays_can_be_edited() -> None:
    x, a = ck.variables("x a")
    widget = step_through(ck.ComputationalGraph(ck.sum(x * a)), x=np.array([1.0, 2.0]), a=3.0)
    assert widget.values == {"a": 3.0}
    widget.values = {"a": 4.0}
    np.testing.assert_array_equal(widget.gradients["x"], [4.0, 4.0])
    assert widget.gradients["a"] == 3.0


def test_nan_is_told_in_words_and_can_be_mended() -> None:
    x, y = ck.variables("x y")
    graph = ck.ComputationalGraph(x * y + x)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ck.NotANumberWarning)
        widget = step_through(graph, x=math.nan, y=2.0)
    strict(widget)
    assert widget.story["steps"][0]["lines"] == ["⚠ not a number"]
    assert widget.story["steps"][0]["ask"] is None
    assert widget.values == {"y": 2.0}
    widget.values = {"x": 3.0}
    assert widget.values == {"x": 3.0, "y": 2.0}
    assert widget.gradients == {"x": 3.0, "y": 3.0}


def test_infinity_is_told_in_words() -> None:
    x, y = ck.variables("x y")
    widget = step_through(ck.ComputationalGraph(x * y), x=math.inf, y=2.0)
    assert widget.story["steps"][0]["lines"] == ["⚠ infinity"]
    strict(widget)


def test_an_input_that_nothing_depends_on() -> None:
    x, _ = ck.variables("x y")
    widget = step_through(ck.ComputationalGraph(x * x, inputs=["x", "y"]), x=3.0, y=1.0)
    assert widget.gradients == {"x": 6.0, "y": 0.0}


def test_one_variable_at_both_inputs_is_a_fork() -> None:
    x, _ = ck.variables("x y")
    steps = step_through(ck.ComputationalGraph(x * x), x=3.0).story["steps"]
    assert [step["lines"][0] for step in steps[2:]] == ["∇ 3", "∇ 3 + 3 = 6"]
    assert [step["tag"]["text"] for step in steps[2:]] == ["local x = 3", "local x = 3"]


def test_names_with_markup_are_kept_as_text() -> None:
    evil = "<script>alert(1)</script>"
    widget = step_through(ck.ComputationalGraph(ck.Variable(2.0, evil) * ck.Variable(3.0, "b&b")))
    assert widget.values == {evil: 2.0, "b&b": 3.0}
    assert evil not in widget.to_html()


def test_a_graph_of_one_leaf() -> None:
    x, _ = ck.variables("x y")
    widget = step_through(ck.ComputationalGraph(x), x=2.0)
    assert [step["kind"] for step in widget.story["steps"]] == ["seed"]
    assert widget.gradients == {"x": 1.0}
