"""Dropout's expectation, penalties and their gradients, and the rule of early stopping."""

from __future__ import annotations

from math import inf, nan
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coursekit as ck

# ---- dropout -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.8])
def test_dropout_keeps_the_expectation(rate: float) -> None:
    n = 200_000
    z = ck.Dropout(rate, seed=0)(np.ones(n))
    assert set(np.unique(z)) == {0.0, 1.0 / (1.0 - rate)}
    spread = (rate / (1.0 - rate)) ** 0.5  # of one entry
    assert z.mean() == pytest.approx(1.0, abs=4 * spread / n**0.5)


def test_dropout_does_nothing_in_use() -> None:
    x = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(ck.Dropout(0.9, seed=0).eval()(x), x)
    net = ck.Sequential(ck.Dropout(0.9, seed=0))
    np.testing.assert_array_equal(net.predict(x), x)
    assert net[0].training  # predict puts the mode back


def test_masks_are_new_each_time_and_the_same_from_the_same_seed() -> None:
    x = np.ones((10, 10))
    first, second = ck.Dropout(0.5, seed=3), ck.Dropout(0.5, seed=3)
    masks = [first(x) for _ in range(3)]
    assert not np.array_equal(masks[0], masks[1])
    for mask in masks:
        np.testing.assert_array_equal(mask, second(x))


def test_the_gradient_goes_where_the_signal_went() -> None:
    x = ck.Variable(np.ones(50), "x")
    z = ck.Dropout(0.5, seed=0)(x)
    ck.sum(z).backward()
    np.testing.assert_array_equal(x.grad, z.value)


def test_layers_of_one_network_draw_different_masks() -> None:
    net = ck.Sequential(ck.Dropout(0.5), ck.Dropout(0.5), seed=0)
    x = np.ones(64)
    assert not np.array_equal(net[0](x), net[1](x))


@pytest.mark.parametrize("rate", [-0.1, 1.0, nan])
def test_a_rate_is_a_share(rate: float) -> None:
    with pytest.raises(ValueError, match="share from 0"):
        ck.Dropout(rate)


# ---- penalties ---------------------------------------------------------------------------------------------


def net_with_weights() -> Any:
    net = ck.Sequential(ck.Affine(2, 2), ck.Affine(2, 1))
    return net.load({"w1": [[1, -2], [3, 0]], "b1": [9, 9], "w2": [[-1], [2]], "b2": [9]})


def test_penalties_count_weights_alone() -> None:
    parameters = net_with_weights().parameters().values()
    assert ck.l2_penalty(parameters, 0.5).value == 0.5 * (1 + 4 + 9 + 1 + 4)
    assert ck.l1_penalty(parameters, 0.5).value == 0.5 * (1 + 2 + 3 + 1 + 2)
    assert ck.l2_penalty([], 0.5) == 0.0


def test_gradients_of_the_penalties() -> None:
    """2 λ w and λ sign(w), on top of the gradient of the data (USC-23)."""
    net, x, y = net_with_weights(), np.array([[0.5, -1.0]]), np.array([[0.3]])
    plain_loss, plain = net.loss_and_gradients(x, y, ck.l2_loss)
    loss, gradients = net.loss_and_gradients(x, y, ck.l2_loss, l1=0.25, l2=0.5)
    assert loss == pytest.approx(plain_loss + 0.25 * 9 + 0.5 * 19, rel=1e-12)
    for name, w in net.parameters().items():
        extra = 2 * 0.5 * w.value + 0.25 * np.sign(w.value) if name[0] == "w" else 0.0
        np.testing.assert_allclose(gradients[name] - plain[name], extra, atol=1e-12)


def test_l1_makes_useless_weights_vanish_and_l2_makes_weights_small() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(200, 6))
    y = 2.0 * x[:, :1] - 1.0 * x[:, 1:2]  # four of six features are useless
    weights = {}
    for name, options in {"none": {}, "l1": {"l1": 0.3}, "l2": {"l2": 0.3}}.items():
        net = ck.Sequential(ck.Affine(6, 1, seed=1))
        optimiser = ck.GradientDescent(0.02)
        ck.fit(net, x, y, loss=ck.l2_loss, optimiser=optimiser, epochs=300, batch_size=None, **options)
        weights[name] = net[0].w.value.ravel()
    np.testing.assert_allclose(weights["none"], [2, -1, 0, 0, 0, 0], atol=1e-3)
    assert np.abs(weights["l1"][2:]).max() < 0.01
    np.testing.assert_allclose(weights["l1"][:2], [2 - 0.15, -1 + 0.15], atol=0.05)  # each pulled by λ/2
    np.testing.assert_allclose(np.linalg.norm(weights["l2"]), np.linalg.norm([2, -1]) / 1.3, rtol=0.05)


# ---- early stopping ----------------------------------------------------------------------------------------


def test_the_rule_on_given_curves() -> None:
    rule = ck.EarlyStopping(2)
    curve = [5.0, 3.0, 4.0, 2.0, 2.0, 2.5]
    assert [rule.best(curve[:n]) for n in range(1, 7)] == [1, 2, 2, 4, 4, 4]
    assert [rule.stop(curve[:n]) for n in range(1, 7)] == [False, False, False, False, False, True]
    assert ck.EarlyStopping(1, "accuracy").best([0.1, 0.9, 0.9, 0.2]) == 2


def test_what_is_not_finite_is_never_best() -> None:
    assert ck.EarlyStopping(1).best([nan, inf, 7.0]) == 3
    assert ck.EarlyStopping(1, "accuracy").best([nan, 0.1]) == 2


@settings(deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1), st.integers(1, 5))
def test_it_stops_exactly_when_the_best_is_as_old_as_the_patience(curve: list[float], patience: int) -> None:
    rule = ck.EarlyStopping(patience)
    assert curve[rule.best(curve) - 1] == min(curve)
    assert rule.stop(curve) == (len(curve) > patience and min(curve[:-patience]) <= min(curve[-patience:]))


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ck.EarlyStopping(0), "from 1 up"),
        (lambda: ck.EarlyStopping(3, "speed"), "'loss' or 'accuracy'"),  # type: ignore[arg-type]
    ],
)
def test_rules_that_make_no_sense(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
