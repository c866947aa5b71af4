"""Stacked finite differences are the same numbers as those taken entry by entry."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import coursekit as ck
from coursekit.gradients import central_slope, entry_by_entry, step_for
from coursekit.stacking import CannotStack, Stacker

rng = np.random.default_rng(3)
X, W, B, Y = rng.normal(size=(5, 4)), rng.normal(size=(4, 3)), rng.normal(size=3), np.eye(3)[[0, 1, 2, 1, 0]]


def network(x: Any, w: Any, b: Any) -> Any:
    return ck.cross_entropy(ck.tanh(x @ w + b), Y) + 0.1 * ck.sum(w * w)


CASES = {
    "affine and cross-entropy": lambda x, w, b: network(x, w, b),
    "product alone": lambda x, w, b: ck.sum(ck.sigmoid(x @ w)) + ck.sum(b),
    "both factors": lambda x, w, b: ck.sum((x @ w) @ ck.transpose(w) * x) + ck.sum(b),
    "axes": lambda x, w, b: (
        ck.sum(ck.mean(ck.exp(x @ w), axis=0) * b) + ck.sum(ck.max(w, axis=1, keepdims=True) * w)
    ),
    "reshape, index": lambda x, w, b: ck.sum(ck.reshape(x @ w, (3, 5))[1] ** 2) + ck.sum(b[1:] * w[0][:2]),
    "broadcast": lambda x, w, b: ck.sum(ck.relu(w + b) * b) / ck.sum(b * b) + ck.sum(x),
    "hinge": lambda x, w, b: ck.hinge_loss(x @ w + b, Y),
    "not used": lambda x, w, b: ck.sum(x),
}


@pytest.mark.parametrize("name", ["x", "w", "b"])
@pytest.mark.parametrize("case", CASES)
def test_stacks_give_the_same_slopes(case: str, name: str) -> None:
    graph = ck.ComputationalGraph(CASES[case](*ck.variables("x w b")), inputs=["x", "w", "b"])
    point = {"x": X, "w": W, "b": B}
    graph.forward(**point)
    slopes = Stacker(graph, point).central_differences(name)
    one_by_one = entry_by_entry(
        lambda value: graph.forward(**{**point, name: value}),
        point[name],
        lambda f, entry: central_slope(f, entry, step_for(entry)),
    )
    np.testing.assert_allclose(slopes, one_by_one, rtol=1e-6, atol=1e-8)


def test_a_word_without_a_rule_is_said_and_run_entry_by_entry() -> None:
    x, w = ck.variables("x w")
    graph = ck.ComputationalGraph(ck.sum(ck.concatenate([x, w]) ** 2), inputs=["x", "w"])
    point = {"x": X, "w": X + 1}
    graph.forward(**point)
    with pytest.raises(CannotStack):
        Stacker(graph, point).central_differences("w")
    assert ck.check_gradient(graph, point).passed


def test_a_wrong_gradient_is_found_in_a_large_network() -> None:
    x, w, b = ck.variables("x w b")
    graph = ck.ComputationalGraph(network(x, w, b), inputs=["x", "w", "b"])
    point = {"x": X, "w": W, "b": B}
    assert ck.check_gradient(graph, point).passed
    graph.forward(**point)
    wrong = graph.backward()
    wrong["w"][2, 1] *= 1.01
    report = ck.check_gradient(graph, point, gradient=wrong)
    assert not report.passed
    assert report.worst == "w [2, 1]"
