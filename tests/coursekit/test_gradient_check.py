"""The gradient checker: it passes what is right, fails what is wrong, and says why.

A checker is only worth what it catches, so every gate is broken in turn and must be caught.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import coursekit as ck
from coursekit import gates as g
from coursekit.gradient_check import TOLERANCE
from tests.coursekit.test_gates import CASES, Row, drawn


def g_of_w(w: Any) -> Any:
    return w[0] ** 3 * w[1] + 3 * w[0]


# ---- three ways to a gradient ----------------------------------------


@pytest.mark.parametrize(
    ("method", "error"),
    [
        ("backprop", 0.0),
        ("finite_difference", 1e-8),
        ("central_difference", 1e-8),
        ("forward_difference", 1e-5),
        ("complex_step", 1e-14),
        ("symbolic", 0.0),
    ],
)
def test_methods_agree_on_g(method: str, error: float) -> None:
    slopes = ck.gradient(g_of_w, [2.0, 3.0], method)
    assert slopes.shape == (2,)
    np.testing.assert_allclose(slopes, [39, 8], atol=error)


@pytest.mark.parametrize("method", ["backprop", "finite_difference", "complex_step", "symbolic"])
def test_methods_agree_on_a_network(method: str) -> None:
    f = lambda w: ck.quadratic_loss(ck.sigmoid(ck.tanh(1.5 * w[0]) * w[1]), 1.0)
    np.testing.assert_allclose(ck.gradient(f, [0.4, -0.7], method), ck.gradient(f, [0.4, -0.7]), rtol=1e-8)


def test_forward_difference_of_the_deck() -> None:
    slopes = ck.gradient(g_of_w, [3.0, 4.0], "forward_difference", h=0.1)
    np.testing.assert_allclose(slopes, [114.64, 27.0], rtol=1e-12)
    np.testing.assert_allclose(ck.gradient(g_of_w, [3.0, 4.0], "central_difference", h=0.1)[0], 111.04)


def test_gradient_of_a_number_and_of_a_matrix() -> None:
    assert ck.gradient(lambda x: x * x, 3) == 6.0
    assert ck.gradient(lambda x: 5.0, 3) == 0.0
    W = np.arange(6.0).reshape(2, 3)
    for method in ("backprop", "finite_difference", "complex_step", "symbolic"):
        np.testing.assert_allclose(
            ck.gradient(lambda w: ck.sum(w * w), W, method), 2 * W, rtol=1e-8, atol=1e-9
        )


# ---- what passes ----------------------------------------


def test_right_gradients_pass() -> None:
    assert ck.check_gradient(g_of_w, [2.0, 3.0]).passed
    report = ck.check_gradient(g_of_w, [2.0, 3.0], gradient=[39.0, 8.0])
    assert report.passed
    assert report.max_relative_error < 1e-8
    assert report.verdict.startswith("Right: 2 slopes agree")
    assert ck.check_gradient(
        g_of_w, [2.0, 3.0], gradient=lambda w: [3 * w[0] ** 2 * w[1] + 3, w[0] ** 3]
    ).passed
    assert bool(report)


def test_a_graph_is_checked_by_the_names_of_its_inputs() -> None:
    w1, w2 = ck.variables("w1 w2")
    graph = ck.ComputationalGraph(w1**3 * w2 + 3 * w1)
    assert ck.check_gradient(graph, {"w1": 2.0, "w2": 3.0}).passed
    report = ck.check_gradient(graph, {"w1": 2.0, "w2": 3.0}, gradient={"w1": 36.0, "w2": 8.0})
    assert report.worst == "w1"


def test_the_slope_at_a_corner_may_lie_between_its_sides() -> None:
    relu = lambda x: ck.sum(ck.relu(x))
    report = ck.check_gradient(relu, [0.0, 1.0, -1.0])
    assert report.passed
    assert report.kinks == ["entry [0]"]
    assert "corner" in report.verdict
    for slope in (0.0, 0.5, 1.0):
        assert ck.check_gradient(relu, [0.0, 1.0], gradient=[slope, 1.0]).passed
    for slope in (-0.1, 1.1, 2.0):
        assert not ck.check_gradient(relu, [0.0, 1.0], gradient=[slope, 1.0]).passed


def test_a_steep_smooth_function_is_not_taken_for_a_corner() -> None:
    f = lambda x: ck.sum(ck.exp(20 * x))
    assert not ck.check_gradient(f, [0.3], gradient=[20 * np.exp(6.0) * 1.01]).passed
    assert ck.check_gradient(f, [0.3]).kinks == []


def test_float32_is_promoted_and_said_so() -> None:
    report = ck.check_gradient(lambda x: ck.sum(x * x * x), np.array([1.1, 2.3], dtype=np.float32))
    assert report.passed
    assert "promoted from float32" in str(report)


def test_a_function_may_hold_variables_of_its_own() -> None:
    w = ck.Variable([1.5, -0.5], "w")
    f = lambda x: ck.sum(ck.tanh(x * w))
    assert ck.check_gradient(f, [0.3, 0.4]).passed
    assert ck.gradient(f, [0.3, 0.4], "central_difference").shape == (2,)


def test_zero_gradients_pass() -> None:
    assert ck.check_gradient(lambda x: ck.sum(x) * 0.0 + 5.0, [1.0, 2.0]).passed
    assert ck.check_gradient(lambda x: ck.sum(x - x), [1.0, 2.0]).passed


# ---- what fails, and what is said ----------------------------------------


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        ([36.0, 8.0], "entry [0] is 36, but finite differences give 39"),
        ([8.0, 39.0], "Wrong"),
        ([-39.0, -8.0], "a sign is missing"),
        ([78.0, 16.0], "off by the same factor, 2: look for a forgotten ½"),
        ([19.5, 4.0], "off by the same factor, 0.5"),
        ([390.0, 80.0], "off by the same factor, 10: look for a mean"),
        ([39.0, 8.001], "entry [1]"),
        ([float("nan"), 8.0], "entry [0] is nan"),
    ],
)
def test_wrong_gradients_fail_and_are_explained(mine: list[float], says: str) -> None:
    report = ck.check_gradient(g_of_w, [2.0, 3.0], gradient=mine)
    assert not report.passed
    assert not report
    assert says in report.verdict


def test_ratio_is_reported() -> None:
    assert ck.check_gradient(g_of_w, [2.0, 3.0], gradient=[78.0, 16.0]).ratio == 2.0
    assert ck.check_gradient(g_of_w, [2.0, 3.0], gradient=[78.0, 8.0]).ratio is None
    assert ck.check_gradient(g_of_w, [2.0, 3.0], gradient=[0.0, 0.0]).ratio is None


def test_a_missing_small_term_is_caught() -> None:
    loss = lambda w: ck.sum(w**2) + 0.005 * ck.sum(w**4)
    assert not ck.check_gradient(loss, [1.0, 2.0], gradient=lambda w: 2 * w).passed


@pytest.mark.parametrize(
    ("mine", "says"),
    [
        ([1.0, 2.0, 3.0], "shape (3,)"),
        (1.0, "the number 1.0"),
        ([[39.0, 8.0]], "broadcasting"),
        ("x", "should be a number"),
    ],
)
def test_a_gradient_of_the_wrong_shape_is_refused(mine: Any, says: str) -> None:
    with pytest.raises((ck.GateError, TypeError)) as caught:
        ck.check_gradient(g_of_w, [2.0, 3.0], gradient=mine)
    assert says in str(caught.value)


def test_directions_find_what_entries_find() -> None:
    at = np.linspace(-1, 1, 500)
    f = lambda x: ck.sum(ck.sigmoid(x) * x)
    assert ck.check_gradient(f, at, directions=3).passed
    wrong = ck.gradient(f, at)
    wrong[123] *= 1.1
    report = ck.check_gradient(f, at, gradient=wrong, directions=3)
    assert not report.passed
    assert "direction" in report.worst
    assert ck.check_gradient(f, at, gradient=2 * ck.gradient(f, at), directions=3).ratio == 2.0


# ---- gates, ours and a student's ----------------------------------------


class StudentsMultiply:
    def forward(self, x: Any, y: Any) -> Any:
        self.x, self.y = x, y
        return x * y

    def backward(self, dz: Any) -> Any:
        return [dz * self.y, dz * self.x]


def test_a_students_gate_is_checked() -> None:
    assert ck.check_gate(StudentsMultiply(), -2.0, 5.0).passed
    assert ck.check_gate(StudentsMultiply(), [1.0, 2.0], [3.0, -4.0]).passed

    class InAnArray(StudentsMultiply):
        def backward(self, dz: Any) -> Any:
            return np.array([dz * self.y, dz * self.x])

    assert ck.check_gate(InAnArray(), -2.0, 5.0).passed
    assert ck.check_gate(InAnArray(), [1.0, 2.0], [3.0, -4.0]).passed

    class Forgetful(StudentsMultiply):
        def backward(self, dz: Any) -> Any:
            return self.y, self.x

    report = ck.check_gate(Forgetful(), -2.0, 5.0)
    assert not report.passed
    assert "input" in report.verdict

    class OneShort(StudentsMultiply):
        def backward(self, dz: Any) -> Any:
            return dz * self.y

    with pytest.raises(ck.GateError, match="1 gradients for 2 inputs"):
        ck.check_gate(OneShort(), -2.0, 5.0)
    with pytest.raises(ck.GateError, match="broadcasting"):
        ck.check_gate(StudentsMultiply(), np.ones((2, 3)), np.ones(3))


def test_upstream_is_random_so_that_a_wrong_softmax_is_caught() -> None:
    class Elementwise(g.SoftmaxGate):
        def backward(self, dz: Any) -> Any:
            return dz * self.z * (1.0 - self.z)

    assert not ck.check_gate(Elementwise(), np.array([1.0, 2.0, 0.5])).passed


# ---- mutation: every rule broken in turn ----------------------------------------


def _broken(dxs: Any, how: str) -> Any:
    """Return wrong gradients: one factor off, a sign turned, or an entry lost."""
    several = isinstance(dxs, tuple)
    items = list(dxs) if several else [dxs]
    for i, dx in enumerate(items):
        if dx is None:
            continue
        if how == "scaled":
            items[i] = dx * 1.005
        elif how == "sign":
            items[i] = -dx
        elif how == "shifted":
            items[i] = dx + 0.01
        elif how == "one entry" and np.ndim(dx):
            items[i] = np.array(dx)
            items[i].flat[-1] += 0.05
    return tuple(items) if several else items[0]


MUTABLE = [case for case in CASES if not case.values[0].make().broadcasts]


@pytest.mark.parametrize(("row", "shapes"), MUTABLE)
def test_a_broken_gate_is_caught(row: Row, shapes: Any) -> None:
    values = list(drawn(row, shapes).values())
    gate = row.make()
    assert ck.check_gate(gate, *values).passed
    right = gate.backward
    z = gate.forward(*values)
    before = right(np.ones(np.shape(z)) if np.shape(z) else 1.0)
    tried = 0
    for how in ("scaled", "sign", "shifted", "one entry"):
        if _same(before, _broken(before, how)):
            continue  # no break at all: the sign of a zero, one entry of a single number
        gate.backward = lambda dz, how=how: _broken(right(dz), how)  # type: ignore[method-assign,misc]
        assert not ck.check_gate(gate, *values).passed, how
        tried += 1
    assert tried


def _same(first: Any, second: Any) -> bool:
    pairs = zip(*(x if isinstance(x, tuple) else (x,) for x in (first, second)), strict=True)
    return all(a is None or np.allclose(a, b, rtol=0, atol=10 * TOLERANCE) for a, b in pairs)


def test_every_gate_of_the_table_that_does_not_broadcast_is_broken() -> None:
    assert len({case.values[0].id for case in MUTABLE}) > 40
