"""What the explorers are given to show, what Python reads back from them, and what they refuse."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

import numpy as np
import pytest
import traitlets

import coursekit as ck
from coursekit import widgets
from coursekit.drawing import theme
from coursekit.examples import data
from coursekit.widgets import page
from coursekit.widgets.explore_activations import ACTIVATIONS, LAYERS
from coursekit.widgets.explore_descent import MOST_STEPS
from coursekit.widgets.explore_finite_differences import STEPS
from coursekit.widgets.tape import run_tape

KILOBYTES = 1024
EXPLORERS = [
    ck.explore_descent,
    ck.explore_finite_differences,
    ck.explore_losses,
    ck.explore_linear_classifier,
    ck.explore_activations,
]
REFUSALS = (ValueError, TypeError, traitlets.TraitError)


@pytest.mark.parametrize("explore", EXPLORERS, ids=lambda f: f.__name__)
def test_the_module_is_small_and_asks_nobody(explore: Any) -> None:
    assert explore is getattr(widgets, explore.__name__)
    module = str(explore()._esm)
    assert module.count("export default") == 1
    assert len(module.encode()) <= 30 * KILOBYTES
    for never in ("innerHTML", "outerHTML", "insertAdjacentHTML", "eval(", "http://", "https://", "fetch("):
        assert never not in module.replace('"http://www.w3.org/2000/svg"', "")


@pytest.mark.parametrize("explore", EXPLORERS, ids=lambda f: f.__name__)
def test_the_state_is_strict_json_of_some_kilobytes(explore: Any) -> None:
    widget = explore()
    assert len(page.to_html(widget, "t")) < 100 * KILOBYTES  # allow_nan=False: NaN would raise
    assert repr(widget) == f"{type(widget).__name__}({widget.title!r})"


def test_importing_coursekit_loads_neither_numpy_nor_an_explorer() -> None:
    import subprocess

    code = (
        "import coursekit, sys; print([m for m in ('numpy', 'contourpy', 'anywidget') if m in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK], ids=["light", "dark"])
def test_curves_stand_out_from_their_ground(colours: theme.Theme) -> None:
    for curve in (colours.value, colours.gradient, colours.text, colours.active_border):
        assert theme.contrast(curve, colours.background) >= 4.5


# ---- descent ---------------------------------------------------------------------------------------------


def test_the_deck_s_point_and_its_gradient() -> None:
    widget = ck.explore_descent("log-likelihood", rate=0.01)
    assert widget.start == [1.0, 3.0]
    assert widget.losses == [pytest.approx(12.0003869494656, rel=1e-14)]
    assert widget.gradient == pytest.approx((-0.00085229173574, 3.99921392730325), rel=1e-10)
    widget.step = 1
    assert widget.path[1] == pytest.approx((1 + 0.0000085229173574, 3 - 0.0399921392730325), rel=1e-13)


def test_on_the_log_likelihood_the_path_runs_away() -> None:
    widget = ck.explore_descent("log-likelihood", rate=1.0)
    widget.step = MOST_STEPS
    assert np.all(np.diff(widget.losses[5:]) < 0)
    assert widget.losses[-1] < 0.02
    lengths = [math.hypot(*point) for point in widget.path]
    assert lengths[-1] > lengths[-20] > lengths[-40]
    assert "no minimum" in widget.surfaces[-1]["note"]


def test_a_rate_beyond_two_over_the_curvature_diverges() -> None:
    calm, wild = ck.explore_descent("valley", rate=0.09), ck.explore_descent("valley", rate=0.11)
    calm.step = wild.step = 40
    assert calm.losses[-1] < 2e-3
    assert wild.losses[-1] > 100 * wild.losses[0]
    wild.step = MOST_STEPS
    assert all(map(math.isfinite, wild.losses))


def test_two_valleys_are_told_apart_by_the_start() -> None:
    for start, end in (((0.1, 1.5), 1.0), ((-0.1, 1.5), -1.0), ((0.0, 1.5), 0.0)):
        widget = ck.explore_descent("two valleys", start=start)
        widget.step = 100
        assert widget.path[-1] == pytest.approx((end, 0.0), abs=1e-6)


@pytest.mark.parametrize(
    ("surface", "names"),
    [
        (lambda u, v: u**3 * v + 3 * u, ["u", "v"]),
        (data.g, ["w1", "w2"]),
        (data.g_graph(), ["w1", "w2"]),
    ],
    ids=["two numbers", "a vector", "a graph"],
)
def test_surfaces_of_one_s_own(surface: Any, names: list[str]) -> None:
    widget = ck.explore_descent(surface, start=(2.0, 3.0), rate=0.01)
    assert widget.surfaces[0]["names"] == names
    assert widget.losses == [30.0]
    assert widget.gradient == (39.0, 8.0)
    assert run_tape(widget.surfaces[0]["tape"], [2.0, 3.0]) == [30.0, 39.0, 8.0]
    widget.step = 1
    assert widget.path[1] == pytest.approx((1.61, 2.92), rel=1e-14)


def test_a_graph_keeps_the_values_of_its_last_run() -> None:
    graph = data.g_graph()
    graph.forward(w1=5.0, w2=7.0)
    ck.explore_descent(graph, start=(2.0, 3.0)).step = 3
    assert graph.backward() == {"w1": 3 * 25 * 7 + 3, "w2": 125.0}


def test_a_path_ends_where_the_function_does() -> None:
    widget = ck.explore_descent(
        lambda u, v: ck.log(u) + v * v, start=(1.0, 1.0), rate=1.0, window=((0.1, 2), (-2, 2))
    )
    widget.step = 5
    assert widget.path == [(1.0, 1.0)]  # the next point is (0, −1), where the logarithm has no value


@pytest.mark.parametrize("f", [lambda w: ck.sum(w**4), lambda u, v: u**4 + v**4], ids=["vector", "numbers"])
def test_a_path_ends_where_numbers_do(f: Any) -> None:
    widget = ck.explore_descent(f, start=(3.0, 3.0), rate=1.0)
    widget.step = 20
    assert 3 < len(widget.path) < 10
    assert all(map(math.isfinite, widget.losses))


def test_every_tape_runs_as_the_engine_does() -> None:
    rng = np.random.default_rng(0)
    widget = ck.explore_descent()
    for surface in widget.surfaces:
        for point in rng.uniform(-3, 3, (50, 2)):
            value, slope = widget._known[surface["name"]].evaluate(point)
            assert run_tape(surface["tape"], point) == pytest.approx([value, *slope], rel=1e-12, abs=1e-12)


def test_contours_rise_towards_the_edge_of_a_bowl() -> None:
    contours = ck.explore_descent().surfaces[0]["contours"]
    levels = [contour["level"] for contour in contours]
    assert levels == sorted(levels)
    assert len(levels) == 11
    assert all(contour["path"].startswith("M") and contour["path"].endswith("z") for contour in contours)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("hill",), "no surface 'hill'; there are 'bowl', 'valley'"),
        (("bowl", (1.0, math.nan)), "start should be a finite number, not nan"),
        (("bowl", 3.0), "start should be two numbers"),
        (("bowl", None, -1.0), "learning rate should be from 0.0001 to 10"),
        (("bowl", None, "fast"), "rate"),
        (("bowl", None, None, ((0, 1), (0, 1))), "the window of 'bowl' is fixed"),
        ((lambda a: 3.0,), "does not depend on its inputs"),
        ((lambda a, b, c: a,), "takes 3: a, b, c"),
        ((lambda a, b: math.exp(a) * b,), r"the function raised TypeError .* ck.exp"),
        ((lambda a, b: [a][1],), "the function raised IndexError"),
        ((lambda w: w * w,), r"an array of shape \(2,\); a surface needs one number"),
        ((lambda a, b: a * b, None, None, ((1, 0), (0, 1))), "1 is not below 0"),
        ((lambda a, b: a * b, None, None, 3), "two pairs of numbers"),
        ((42,), "takes the name of a surface, a function or a graph, not int 42"),
        ((ck.ComputationalGraph(ck.Variable(1.0, "x") * 2),), "graphs of two inputs"),
        ((lambda a, b: ck.log(a - 100) + b,), "raised GateError"),
    ],
)
def test_descent_refuses(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(REFUSALS, match=message):
        ck.explore_descent(*arguments)


def test_refused_settings_change_nothing() -> None:
    widget = ck.explore_descent()
    for name, value in (("start", [1.0]), ("start", ["a", "b"]), ("rate", math.inf), ("surface", "hill")):
        before = getattr(widget, name)
        with pytest.raises(REFUSALS):
            setattr(widget, name, value)
        assert getattr(widget, name) == before
    widget.step = 10_000
    assert widget.step == MOST_STEPS


# ---- finite differences ----------------------------------------------------------------------------------


def test_estimates_are_those_of_gradient() -> None:
    f = lambda x: x**3
    widget = ck.explore_finite_differences(f, 2.0)
    assert widget.derivative == 12.0
    for step in (0, 4, 20, 40, 64):
        widget.step = step
        assert widget.h == STEPS[step] == 10 ** (-step / 4)
        for name, method in (("forward", "forward_difference"), ("complex", "complex_step")):
            estimate = ck.gradient(f, 2.0, method, h=widget.h)
            assert widget.estimates[name] == estimate
            assert widget.errors[name] == abs(estimate - 12.0) / 12.0


def test_the_valley_lies_where_it_should() -> None:
    errors = ck.explore_finite_differences(ck.exp, 1.0).story["errors"]
    best = {name: STEPS[int(np.argmin(values))] for name, values in errors.items()}
    assert 1e-9 < best["forward"] < 1e-7
    assert 1e-8 < best["central"] < 1e-4
    assert min(errors["central"]) < min(errors["forward"]) / 100
    assert max(errors["complex"][40:]) < 1e-15


def test_where_h_vanishes_the_forward_difference_is_nothing() -> None:
    widget = ck.explore_finite_differences(ck.exp, 3.0)
    widget.step = 64
    assert widget.estimates["forward"] == 0.0
    assert widget.estimates["central"] is None  # 0 / 0


def test_any_python_function_with_its_derivative() -> None:
    widget = ck.explore_finite_differences(lambda x: math.sin(x), 1.0, derivative=math.cos(1.0))
    assert widget.estimates["complex"] is None
    assert widget.errors["central"] < 0.01
    with pytest.raises(REFUSALS, match="given for one x only"):
        widget.x = 2.0


@pytest.mark.parametrize("f", [ck.sqrt, ck.log, lambda x: x**0.5], ids=["sqrt", "log", "power"])
def test_where_f_has_no_value_there_is_no_estimate(f: Any) -> None:
    widget = ck.explore_finite_differences(f, 0.5)
    widget.step = 0
    assert widget.estimates["central"] is None  # f(0.5 − 1) is no number
    assert widget.errors["forward"] > 0.1


def test_a_kink_is_told_from_a_bend() -> None:
    kinks = [(ck.relu, 0.0), (ck.absolute, 0.0), (lambda x: ck.maximum(x, 2 * x - 1), 1.0)]
    bends = [
        (ck.relu, 1.0),
        (ck.exp, 0.0),
        (lambda x: 50 * x * x, 0.0),
        (ck.sqrt, 0.5),
        (lambda x: 3 * x, 0.0),
    ]
    for f, x in kinks:
        assert ck.explore_finite_differences(f, x).story["kink"] is True
    for f, x in bends:
        assert ck.explore_finite_differences(f, x).story["kink"] is False


def test_a_flat_function_has_absolute_errors() -> None:
    widget = ck.explore_finite_differences(lambda x: 5.0 + 0 * x, 1.0)
    assert (widget.derivative, widget.story["relative"]) == (0.0, False)
    assert widget.errors["forward"] == 0.0


def test_another_x_computes_anew() -> None:
    widget = ck.explore_finite_differences(lambda x: x * x, 1.0)
    widget.x = 3.0
    assert (widget.x, widget.derivative, widget.story["x"]) == (3.0, 6.0, 3.0)
    with pytest.raises(REFUSALS, match="finite"):
        widget.x = math.nan
    assert (widget.x, widget.derivative) == (3.0, 6.0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3.0,), "takes a function of one number, not float"),
        ((ck.exp, math.inf), "x should be a finite number, not inf"),
        ((ck.log, -1.0), "f raised .* at x = -1"),
        ((lambda x: "a",), "should return one number; at x = 1 it returned 'a'"),
        ((lambda x: math.inf,), r"f\(1\) is inf"),
        ((lambda x: np.array([x, x]),), "should return one number"),
        ((lambda x: math.sin(x),), "backprop cannot follow f .* derivative=…"),
        ((lambda x, y: x,), "f raised TypeError"),
        ((ck.sqrt, 0.0), "derivative"),
    ],
)
def test_finite_differences_refuses(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(REFUSALS, match=message):
        ck.explore_finite_differences(*arguments)


# ---- losses ----------------------------------------------------------------------------------------------


def test_the_losses_of_the_car() -> None:
    widget = ck.explore_losses()
    assert widget.scores == [0.631, 0.969, 0.71]
    assert widget.losses == pytest.approx(
        {"hinge": 1.403, "L1": 1.372, "L2": 0.903222, "cross-entropy": 0.9102800}, abs=1e-6
    )
    assert widget.slopes["hinge"] == [1.0, -2.0, 1.0]
    assert widget.slopes["L1"] == [1.0, -1.0, 1.0]
    assert widget.slopes["L2"] == pytest.approx([1.262, -0.062, 1.42])
    assert sum(widget.slopes["cross-entropy"]) == pytest.approx(0.0, abs=1e-15)


def test_the_tapes_of_the_losses_run_as_the_gates_do() -> None:
    rng = np.random.default_rng(1)
    widget = ck.explore_losses([0.0, 0.0, 0.0, 0.0], 2)
    for _ in range(50):
        widget.scores = rng.uniform(-4, 4, 4).tolist()
        widget.target = int(rng.integers(4))
        for name, tape in widget.tapes.items():
            values = run_tape(tape, [*widget.scores, *np.eye(4)[widget.target]])
            assert values == pytest.approx([widget.losses[name], *widget.slopes[name]], rel=1e-12, abs=1e-14)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1.0],), "2 to 6 scores, one a class, not 1"),
        (([1.0, math.nan],), "each score should be a finite number, not nan"),
        ((5.0,), "scores should be a list of numbers"),
        (([1.0, 2.0], 2), "no class 2; there are 0: class 1, 1: class 2"),
        (([1.0, 2.0, 3.0], "Dog"), "no class 'Dog'; there are 0: Cat"),
        (([1.0, 2.0], 0, ["a", "a"]), "2 different names are needed"),
    ],
)
def test_losses_refuses(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(REFUSALS, match=message):
        ck.explore_losses(*arguments)


def test_as_many_scores_as_classes() -> None:
    widget = ck.explore_losses([1.0, 2.0], "b", ["a", "b"])
    assert (widget.target, widget.moving) == (1, 1)
    with pytest.raises(REFUSALS, match="2 classes, so as many scores"):
        widget.scores = [1.0, 2.0, 3.0]


# ---- linear classifier -----------------------------------------------------------------------------------


def test_the_deck_s_classifier() -> None:
    widget = ck.explore_linear_classifier()
    assert widget.scores == pytest.approx([0.631, 0.969, 0.71])
    assert widget.winner == "Car"
    assert widget.losses == pytest.approx({"hinge": 1.403, "cross-entropy": 0.9102800}, abs=1e-6)
    assert widget.slopes["hinge"] == [1.0, -2.0, 1.0]
    widget.x = data.x_third.tolist()
    widget.W, widget.b = data.W2.tolist(), data.b2.tolist()
    assert widget.scores == pytest.approx([0.5585, 0.045, 0.4535])
    assert widget.winner == "Cat"


def test_the_tapes_of_the_classifier_run_as_the_gates_do() -> None:
    rng = np.random.default_rng(2)
    widget = ck.explore_linear_classifier(np.zeros((4, 5)), np.zeros(5), target=0)
    for _ in range(20):
        widget.W, widget.x = rng.normal(size=(4, 5)).tolist(), rng.normal(size=5).tolist()
        widget.b, widget.target = rng.normal(size=4).tolist(), int(rng.integers(4))
        numbers = [*np.ravel(widget.W), *widget.x, *widget.b]
        assert run_tape(widget.tapes["scores"], numbers) == pytest.approx(widget.scores, rel=1e-12)
        for name in widget.losses:
            values = run_tape(widget.tapes[name], [*numbers, *np.eye(4)[widget.target]])
            expected = [widget.losses[name], *widget.slopes[name]]
            assert values == pytest.approx(expected, rel=1e-12, abs=1e-14)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((data.W1, [1.0, 2.0]), r"W has the shape \(3, 4\), .* so x needs \(4,\), .* it has \(2,\)"),
        ((data.W1, data.x_car, [0.0]), r"so b needs \(3,\)"),
        (([1.0, 2.0],), r"W should have the shape \(classes, features\); it has \(2,\)"),
        (([[1.0, math.nan], [0.0, 0.0]], [1.0, 2.0]), "W should hold finite numbers only"),
        ((np.zeros((3, 7)), np.zeros(7)), r"W\[:, :6\]"),
        ((np.zeros((1, 2)), np.zeros(2)), "2 to 6 classes"),
        (("W1",), "W should be a number or an array"),
        ((None, None, None, "Dog"), "no class 'Dog'"),
    ],
)
def test_the_classifier_refuses(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(REFUSALS, match=message):
        ck.explore_linear_classifier(*arguments)


def test_a_wrong_shape_changes_nothing() -> None:
    widget = ck.explore_linear_classifier()
    with pytest.raises(REFUSALS, match=r"x has the shape \(4,\)"):
        widget.x = [1.0]
    assert widget.x == data.x_car.tolist()


# ---- activations -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_value_derivative_and_ten_layers(name: str) -> None:
    widget = ck.explore_activations(name)
    tape = next(each["tape"] for each in widget.activations if each["name"] == name)
    for z, weight in ((-5.5, 1.0), (-0.3, 2.0), (0.2, 1.0), (1.7, -1.5), (6.0, 0.5)):
        widget.z, widget.weight = z, weight
        assert run_tape(tape, [z]) == pytest.approx([widget.value, widget.derivative], rel=1e-14)
        a, product = z, 1.0
        for k in range(LAYERS):
            a, slope = run_tape(tape, [weight * a])
            product *= weight * slope
            assert widget.gradients[k] == pytest.approx(product, rel=1e-12, abs=1e-300)


def test_where_they_saturate() -> None:
    stretches = {each["name"]: each["saturated"] for each in ck.explore_activations().activations}
    assert stretches["ReLU"] == [[-6.0, 0.0]]
    assert stretches["leaky ReLU"] == []
    assert stretches["step"] == [[-6.0, 6.0]]
    (left, right) = stretches["sigmoid"]
    assert (left[0], right[1]) == (-6.0, 6.0)
    # σ′(z) = 5 % of 1/4 where σ(1 − σ) = 0.0125, at z = ±4.3567
    assert left[1] == pytest.approx(-4.3567, abs=0.011)
    assert right[0] == pytest.approx(4.3567, abs=0.011)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("swish",), "no activation 'swish'; there are 'sigmoid', 'tanh'"),
        (("tanh", 7.0), "z should be from -6 to 6, not 7"),
        (("tanh", math.nan), "z should be a finite number"),
        (("tanh", 0.0, 5.0), "weight should be from -4 to 4"),
    ],
)
def test_activations_refuses(arguments: tuple[Any, ...], message: str) -> None:
    with pytest.raises(REFUSALS, match=message):
        ck.explore_activations(*arguments)


def test_pages_hold_the_state_as_it_is() -> None:
    widget = ck.explore_activations("tanh", 1.5)
    state = widget.to_html().partition("const state = ")[2].partition(";\n")[0]
    assert json.loads(state)["activation"] == "tanh"
    assert json.loads(state)["z"] == 1.5
