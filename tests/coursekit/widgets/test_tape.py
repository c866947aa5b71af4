"""Tapes, which the browser runs, against the graphs they were written from."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import coursekit as ck
from coursekit.examples import data
from coursekit.widgets.tape import KNOWN, LONGEST, run_tape, tape_of

x, y = ck.variables("x y")
POINTS = [(0.3, 1.7), (-1.2, 0.4), (2.5, -0.8), (1e-3, 3.0)]


@pytest.mark.parametrize(
    "z",
    [
        x**3 * y + 3 * x,
        ck.sigmoid(x / (y * y + 1)) - ck.softplus(-x) + ck.tanh(x * y),
        ck.maximum(x, y) * ck.absolute(x - y) + ck.relu(x) + ck.leaky_relu(y),
        ck.exp(-x * x) * ck.log(1 + y * y) + ck.sqrt(2 + ck.sin(x) * ck.cos(y)),
        ck.where(x, x * y, y) + ck.power(2.0, x),
    ],
    ids=["cubic", "smooth", "kinks", "elementary", "where"],
)
def test_values_and_gradients_are_those_of_the_graph(z: Any) -> None:
    graph = ck.ComputationalGraph(z, inputs=["x", "y"])
    tape = tape_of(graph, {"x": 1.0, "y": 1.0}, ["x", "y"])
    for point in POINTS:
        value = graph.forward(x=point[0], y=point[1])
        gradient = graph.backward()
        assert run_tape(tape, point) == pytest.approx([value, gradient["x"], gradient["y"]], rel=1e-14)


def test_arrays_are_taken_apart() -> None:
    w = ck.Variable(data.w_start, "w")
    graph = ck.ComputationalGraph(data.negative_log_likelihood(w))
    tape = tape_of(graph, {"w": data.w_start}, ["w"])
    value, *gradient = run_tape(tape, [1.0, 3.0])
    assert value == pytest.approx(12.0003869494656, rel=1e-14)
    assert gradient == pytest.approx([-0.00085229173574, 3.99921392730325], rel=1e-10)
    assert {line[0] for line in tape["lines"]} <= KNOWN | {"constant"}


@pytest.mark.parametrize("loss", [ck.hinge_loss, ck.l1_loss, ck.l2_loss, ck.cross_entropy, ck.norm_loss])
def test_losses_of_a_linear_classifier(loss: Any) -> None:
    W, features, b, target = ck.variables("W x b y")
    graph = ck.ComputationalGraph(loss(W @ features + b, target))
    values = {"W": data.W1, "x": data.x_car, "b": data.b1, "y": data.y_car}
    expected = graph.forward(**values)
    gradient = graph.backward()
    tape = tape_of(graph, values, ["W", "x", "b"])
    result = run_tape(tape, [v for name in graph.inputs for v in np.ravel(values[name])])
    assert result[0] == pytest.approx(expected, rel=1e-14)
    flat = [v for name in ("W", "x", "b") for v in np.ravel(gradient[name])]
    assert result[1:] == pytest.approx(flat, rel=1e-13)


def test_shapes_are_moved_about() -> None:
    (v,) = ck.variables("v")
    parts = ck.concatenate([v[0:2], v[1:3] * v[0]])
    z = ck.sum(ck.reshape(parts, (2, 2)) @ np.array([[1.0, 2.0], [3.0, 4.0]])) + ck.max(v) + ck.mean(v * v)
    graph = ck.ComputationalGraph(z + ck.sum(ck.softmax(v) * np.arange(3.0)))
    at = np.array([0.5, -1.5, 2.0])
    expected = [graph.forward(v=at), *graph.backward()["v"]]
    assert run_tape(tape_of(graph, {"v": at}, ["v"]), at.tolist()) == pytest.approx(expected, rel=1e-13)


def test_an_input_without_influence_has_gradient_zero() -> None:
    graph = ck.ComputationalGraph(x * x, inputs=["x", "y"])
    assert run_tape(tape_of(graph, {"x": 1.0, "y": 1.0}, ["x", "y"]), [3.0, 7.0]) == [9.0, 6.0, 0.0]


def test_it_is_strict_json_even_with_infinity() -> None:
    graph = ck.ComputationalGraph(ck.maximum(x, float("-inf")) * 2)
    tape = tape_of(graph, {"x": 1.0}, ["x"])
    assert json.loads(json.dumps(tape, allow_nan=False)) == tape
    assert run_tape(tape, [3.0]) == [6.0, 2.0]


def test_outside_the_domain_is_not_a_number() -> None:
    tape = tape_of(ck.ComputationalGraph(ck.log(x)), {"x": 1.0})
    assert np.isnan(run_tape(tape, [-1.0])[0])


def test_too_long_a_tape_is_refused() -> None:
    (v,) = ck.variables("v")
    graph = ck.ComputationalGraph(ck.sum(v * v))
    with pytest.raises(ck.GateError, match="more than 5,000 operations"):
        tape_of(graph, {"v": np.ones(LONGEST)}, ["v"])
