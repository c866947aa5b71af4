"""The recorded step against define-by-run: the same numbers, whatever a layer draws or keeps."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coursekit as ck


def everything() -> Any:
    return ck.Sequential(
        ck.Affine(4, 6),
        ck.BatchNorm(6),
        ck.LeakyReLU(),
        ck.Residual(ck.Sequential(ck.Affine(6, 6), ck.Tanh(), ck.Dropout(0.3))),
        ck.Highway(6),
        ck.Dropout(0.2),
        ck.DenseConnection(ck.Affine(6, 2)),
        ck.Maxout(8, 5, 2),
        ck.GeneralisedReLU(learn=True),
        ck.Affine(5, 3),
        seed=0,
    )


def assert_same(first: tuple[float, dict[str, Any]], second: tuple[float, dict[str, Any]]) -> None:
    assert first[0] == pytest.approx(second[0], rel=1e-12, abs=1e-12)
    assert first[1].keys() == second[1].keys()
    for name, dw in first[1].items():
        np.testing.assert_allclose(dw, second[1][name], rtol=1e-12, atol=1e-12, err_msg=name)


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 1000), st.lists(st.integers(2, 9), min_size=2, max_size=4), st.booleans())
def test_every_pass_is_the_same_as_define_by_run(seed: int, sizes: list[int], training: bool) -> None:
    rng = np.random.default_rng(seed)
    slow = everything().reset(seed)
    getattr(slow, "train" if training else "eval")()
    fast = copy.deepcopy(slow)
    step = fast.compile(ck.cross_entropy, rng.normal(size=(3, 4)), [0, 1, 2], l1=0.01, l2=0.02)
    first, second = ck.Adam(0.01), ck.Adam(0.01)
    for n in sizes:
        x, y = rng.normal(size=(n, 4)), rng.integers(0, 3, n)
        quick, slowly = step(x, y), slow.loss_and_gradients(x, y, l1=0.01, l2=0.02)
        assert_same(quick, slowly)
        first.step(fast.parameters(), quick[1])
        second.step(slow.parameters(), slowly[1])
    for name, value in slow.state().items():  # running averages too
        np.testing.assert_allclose(fast.state()[name], value, rtol=1e-10, atol=1e-12, err_msg=name)


@pytest.mark.parametrize(
    ("loss", "targets"),
    [
        (ck.cross_entropy, "classes"),
        (ck.hinge_loss, "classes"),
        (ck.l1_loss, "values"),
        (ck.l2_loss, "values"),
        (ck.norm_loss, "values"),
        (ck.quadratic_loss, "values"),
        (ck.binary_cross_entropy_with_logits, "bits"),
        (ck.two_class_nll, "signs"),
        (lambda outputs, targets: ck.mean((outputs - targets) ** 2), "values"),
    ],
)
def test_losses(loss: Any, targets: str) -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(7, 4))
    y = {
        "classes": rng.integers(0, 3, 7),
        "values": rng.normal(size=(7, 3)),
        "bits": rng.integers(0, 2, (7, 3)),
        "signs": 2 * rng.integers(0, 2, (7, 3)) - 1,
    }[targets]
    net = ck.Sequential(ck.Affine(4, 5), ck.Tanh(), ck.Affine(5, 3), seed=0)
    assert_same(net.compile(loss, x, y)(x, y), net.loss_and_gradients(x, y, loss))
    graph = net.graph(loss, x, y)
    assert ck.check_gradient(graph, {name: w.value for name, w in net.parameters().items()}).passed


def test_the_step_uses_the_parameters_of_the_moment() -> None:
    net = ck.Sequential(ck.Affine(1, 1)).load({"w1": [[2.0]], "b1": [0.0]})
    step = net.compile(ck.l2_loss, np.ones((1, 1)), np.ones((1, 1)))
    assert step([[3.0]], [5.0])[0] == 1.0
    net.parameters()["b1"].assign([-1.0])
    assert step([[3.0]], [5.0])[0] == 0.0


def test_the_step_is_readable_python_without_the_gradient_of_the_data() -> None:
    net = ck.Sequential(ck.Affine(4, 5), ck.ReLU(), ck.Affine(5, 3), seed=0)
    source = net.compile(ck.cross_entropy, np.ones((2, 4)), [0, 1]).source()
    assert source.startswith("def run(x, y, w1, b1, w2, b2):\n")
    assert "x @ w1" in source
    assert "relu1" in source  # values are called after the layers
    assert "x.T @" in source
    assert "w2.T" in source
    assert "w1.T" not in source  # that would be the gradient of x


def test_a_layer_that_cannot_be_recorded_says_so() -> None:
    class Counts(ck.Layer):
        compiles = False
        passes = 0

        def forward(self, x: Any) -> Any:
            self.passes += 1
            return x

    net = ck.Sequential(ck.Affine(2, 1, seed=0), Counts())
    with pytest.raises(ck.GateError, match=r"Counts\(\) cannot be recorded: use loss_and_gradients"):
        net.compile(ck.l2_loss, np.ones((2, 2)), np.ones(2))
    ck.fit(net, np.ones((4, 2)), np.ones(4), loss=ck.l2_loss, epochs=3, batch_size=2)
    assert net[1].passes == 3 * (2 + 1)  # define-by-run: two batches and one measurement an epoch


def test_a_layer_of_ones_own_may_draw_and_note() -> None:
    class Noise(ck.Layer):
        """Adds noise, and remembers the largest input seen."""

        def __init__(self) -> None:
            self.rng, self.largest = np.random.default_rng(0), np.zeros(1)

        def draw(self, shape: tuple[int, ...]) -> Any:
            return self.rng.normal(size=shape)

        def observe(self, shape: tuple[int, ...], *statistics: Any) -> None:
            self.largest = np.maximum(self.largest, statistics[0])

        def forward(self, x: Any) -> Any:
            self.noted(x, ck.max(x))
            return x + self.drawn(x)

    rng = np.random.default_rng(1)
    slow = ck.Sequential(ck.Affine(2, 2, seed=0), Noise(), ck.Affine(2, 1, seed=1))
    fast = copy.deepcopy(slow)
    step = fast.compile(ck.l2_loss, np.ones((2, 2)), np.ones(2))
    for n in (3, 5):
        x, y = rng.normal(size=(n, 2)), rng.normal(size=n)
        assert_same(step(x, y), slow.loss_and_gradients(x, y, ck.l2_loss))
    assert fast[1].largest == slow[1].largest > 0.0


def test_a_failed_recording_leaves_the_layers_usable() -> None:
    net = ck.Sequential(ck.BatchNorm(2), ck.Affine(2, 1))
    x, y = np.arange(8.0).reshape(4, 2), np.ones((4, 1))

    def fails(outputs: Any, targets: Any) -> Any:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        net.graph(fails, x, y)
    assert all(layer.tape is None for layer in net.layers_within())
    net.graph(ck.l2_loss, x, y)
    assert all(layer.tape is None for layer in net.layers_within())
    net(x)
    np.testing.assert_allclose(net[0].running_mean, 0.1 * x.mean(axis=0))  # keeps statistics as ever
