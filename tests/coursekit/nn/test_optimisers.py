"""Optimisers: first steps worked out by hand, closed forms on quadratics, and what they refuse."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import coursekit as ck

ALL: list[Callable[..., Any]] = [
    ck.GradientDescent,
    ck.SGD,
    ck.GradientAscent,
    ck.Momentum,
    ck.Nesterov,
    ck.RMSProp,
    ck.Adam,
]
EACH = pytest.mark.parametrize("make", ALL, ids=lambda c: c.__name__)


def close(expected: Any) -> Any:
    return pytest.approx(expected, rel=1e-12)


# ---- by hand: w = 1, gradients 2 and then 1, α = 0.1 -------------------------------------------------------

BY_HAND = [
    (ck.GradientDescent(0.1), 0.8, 0.7),
    (ck.SGD(0.1), 0.8, 0.7),
    (ck.GradientAscent(0.1), 1.2, 1.3),
    # v: −0.2, then −0.18 − 0.1 = −0.28
    (ck.Momentum(0.1, momentum=0.9), 0.8, 0.52),
    # 1 − 0.18 − 0.2 = 0.62, then 0.62 − 0.252 − 0.1
    (ck.Nesterov(0.1, momentum=0.9), 0.62, 0.268),
    # s: 0.5 · 4 = 2, then 0.5 · 2 + 0.5 = 1.5
    (ck.RMSProp(0.1, decay=0.5, epsilon=0.0), 1 - 0.2 / 2**0.5, 1 - 0.2 / 2**0.5 - 0.1 / 1.5**0.5),
    # m: 1, then 1; m̂: 1 / 0.5, then 1 / 0.75; s: 1, then 1; ŝ: 1 / 0.25, then 1 / 0.4375
    (ck.Adam(0.1, 0.5, 0.75, epsilon=0.0), 0.9, 0.9 - 0.1 * (4 / 3) / (1 / 0.4375) ** 0.5),
]


@pytest.mark.parametrize(("optimiser", "first", "second"), BY_HAND, ids=lambda x: str(x))
def test_two_steps_by_hand(optimiser: Any, first: float, second: float) -> None:
    optimiser.reset()
    w = optimiser.step(1.0, 2.0)
    assert w == close(first)
    assert optimiser.step(w, 1.0) == close(second)


def test_the_decks_step() -> None:
    np.testing.assert_allclose(ck.GradientDescent(0.01).step([1.0, 3.0], [0.0, 4.0]), [1.0, 2.96], rtol=1e-15)


# ---- on quadratics ½ λ w² the path is known ----------------------------------------------------------------


@pytest.mark.parametrize("curvature", [0.5, 3.0])
def test_descent_shrinks_by_a_constant_factor(curvature: float) -> None:
    optimiser, w = ck.GradientDescent(0.1), 4.0
    for _ in range(25):
        w = optimiser.step(w, curvature * w)
    assert w == close(4.0 * (1 - 0.1 * curvature) ** 25)


def test_a_learning_rate_beyond_two_over_the_curvature_diverges() -> None:
    below, above, w, u = ck.GradientDescent(0.99), ck.GradientDescent(1.01), 1.0, 1.0
    for _ in range(200):
        w, u = below.step(w, 2.0 * w), above.step(u, 2.0 * u)
    assert abs(w) < 0.02
    assert abs(u) > 50.0


def test_momentum_follows_its_recurrence() -> None:
    """On ½ w² momentum is w″ = (1 + μ − α) w′ − μ w: a two-step recurrence with a closed form."""
    rate, mu = 0.1, 0.5
    optimiser, path = ck.Momentum(rate, momentum=mu), [1.0]
    for _ in range(30):
        path.append(optimiser.step(path[-1], path[-1]))
    roots = np.roots([1.0, -(1 + mu - rate), mu])
    coefficients = np.linalg.solve([[1.0, 1.0], roots], path[:2])
    expected = (coefficients * roots ** np.arange(31)[:, None]).sum(axis=1)
    np.testing.assert_allclose(path, expected.real, rtol=1e-10)


def test_momentum_reaches_rate_over_one_minus_mu() -> None:
    optimiser, w, steps = ck.Momentum(0.1, momentum=0.8), 0.0, []
    for _ in range(100):
        before, w = w, optimiser.step(w, 1.0)
        steps.append(w - before)
    assert steps[-1] == pytest.approx(-0.1 / (1 - 0.8), rel=1e-9)


def test_nesterov_is_momentum_seen_from_the_look_ahead_point() -> None:
    """θ is the ball, w = θ + μ v the point ahead of it, at which the gradient is taken."""
    rate, mu, slope = 0.1, 0.7, lambda w: np.array([1.0, 9.0]) * w
    theta, v = np.array([1.0, -2.0]), np.zeros(2)
    optimiser, w = ck.Nesterov(rate, momentum=mu), theta
    for _ in range(20):
        v = mu * v - rate * slope(theta + mu * v)
        theta = theta + v
        w = optimiser.step(w, slope(w))
        np.testing.assert_allclose(w, theta + mu * v, rtol=1e-10, atol=1e-14)


def test_rmsprop_and_adam_do_not_care_how_a_gradient_is_scaled() -> None:
    for make in (ck.RMSProp, ck.Adam):
        large, small, w, u = make(0.1, epsilon=0.0), make(0.1, epsilon=0.0), 1.0, 1.0
        for dw in (3.0, -1.0, 2.0):
            w, u = large.step(w, 1000.0 * dw), small.step(u, 0.001 * dw)
        assert w == close(u)


@EACH
def test_a_bowl_is_descended(make: Callable[..., Any]) -> None:
    optimiser, w = make(0.05), np.array([1.0, -1.5])
    sign = -1.0 if make is ck.GradientAscent else 1.0  # ascent climbs the hill −½ w²
    for _ in range(400):
        w = optimiser.step(w, sign * np.array([1.0, 4.0]) * w)
    assert np.abs(w).max() < 0.06


# ---- forms of parameters -----------------------------------------------------------------------------------


@EACH
def test_numbers_arrays_and_dictionaries_take_the_same_steps(make: Callable[..., Any]) -> None:
    one, many, named = make(0.1), make(0.1), make(0.1)
    u, w, both = 1.0, np.array([1.0, 2.0]), {"u": 1.0, "w": np.array([1.0, 2.0])}
    for dw in (0.5, -2.0, 1.0):
        u, w = one.step(u, dw), many.step(w, [dw, 3 * dw])
        both = named.step(both, {"u": dw, "w": np.array([dw, 3 * dw])})
    assert w[0] == close(u)
    assert both["u"] == close(u)
    np.testing.assert_array_equal(both["w"], w)


def test_variables_receive_their_new_values_and_arrays_stay_as_they_are() -> None:
    variable, array = ck.Variable([1.0, 2.0], "v"), np.array([1.0, 2.0])
    new = ck.SGD(1.0).step({"v": variable, "a": array}, {"v": [1.0, 1.0], "a": [1.0, 1.0]})
    np.testing.assert_array_equal(variable.value, [0.0, 1.0])
    np.testing.assert_array_equal(array, [1.0, 2.0])
    np.testing.assert_array_equal(new["a"], [0.0, 1.0])


@EACH
def test_no_input_is_changed_in_place(make: Callable[..., Any]) -> None:
    w, dw, optimiser = np.array([1.0, 2.0]), np.array([0.5, -0.5]), make(0.1)
    for _ in range(3):
        optimiser.step(w, dw)
    np.testing.assert_array_equal(w, [1.0, 2.0])
    np.testing.assert_array_equal(dw, [0.5, -0.5])


# ---- decay and clipping ------------------------------------------------------------------------------------


def test_weight_decay_of_descent_is_an_l2_penalty_of_half_its_strength() -> None:
    w, dw, strength = np.array([1.0, -2.0]), np.array([0.3, 0.1]), 0.05
    decayed = ck.GradientDescent(0.1, weight_decay=2 * strength).step(w, dw)
    penalised = ck.GradientDescent(0.1).step(w, dw + 2 * strength * w)
    np.testing.assert_allclose(decayed, penalised, rtol=1e-14)


@EACH
def test_weight_decay_takes_a_share_of_the_weights_and_leaves_biases(make: Callable[..., Any]) -> None:
    net = ck.Sequential(ck.Affine(2, 1, "uniform", seed=0))
    net[0].b.assign([5.0])
    before = net.state()
    still = {"w1": np.zeros((2, 1)), "b1": np.zeros(1)}
    make(0.1, weight_decay=0.5).step(net.parameters(), still)
    np.testing.assert_allclose(net[0].w.value, 0.95 * before["w1"], rtol=1e-14)
    np.testing.assert_array_equal(net[0].b.value, [5.0])


def test_clipping_shortens_all_gradients_together() -> None:
    optimiser = ck.GradientDescent(1.0, clip_norm=2.0)
    new = optimiser.step({"u": 0.0, "w": np.zeros(2)}, {"u": 3.0, "w": [0.0, 4.0]})  # of length 5
    assert new["u"] == close(-1.2)
    np.testing.assert_allclose(new["w"], [0.0, -1.6])
    assert optimiser.step(0.0, 1.5) == -1.5


# ---- what is wrong is said ---------------------------------------------------------------------------------


def test_a_stretched_gradient_is_refused_before_anything_changes() -> None:
    w, b = ck.Variable(np.ones((2, 3)), "w"), ck.Variable(np.ones(3), "b")
    with pytest.raises(
        ck.GateError, match=r"gradient of b is an array of shape \(5, 3\), but b is an array of shape"
    ):
        ck.SGD(0.1).step({"w": w, "b": b}, {"w": np.ones((2, 3)), "b": np.ones((5, 3))})
    np.testing.assert_array_equal(w.value, np.ones((2, 3)))


def test_a_missing_gradient_is_named() -> None:
    with pytest.raises(ck.GateError, match="no gradient for b"):
        ck.SGD(0.1).step({"w": 1.0, "b": 1.0}, {"w": 1.0})


@pytest.mark.parametrize("make", [ck.Momentum, ck.Nesterov, ck.RMSProp, ck.Adam])
def test_memories_of_another_network_are_refused_until_reset(make: Callable[..., Any]) -> None:
    optimiser = make(0.1)
    optimiser.step({"w1": np.ones(3)}, {"w1": np.ones(3)})
    with pytest.raises(ck.GateError, match="remembers another w1"):
        optimiser.step({"w1": np.ones(4)}, {"w1": np.ones(4)})
    optimiser.reset()
    fresh = make(0.1).step(np.ones(4), np.ones(4))
    np.testing.assert_array_equal(optimiser.step({"w1": np.ones(4)}, {"w1": np.ones(4)})["w1"], fresh)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ck.SGD(0.0), "positive"),
        (lambda: ck.SGD(float("nan")), "positive"),
        (lambda: ck.SGD(0.1, weight_decay=-1.0), "negative"),
        (lambda: ck.SGD(0.1, clip_norm=0.0), "positive"),
        (lambda: ck.Momentum(0.1, momentum=1.0), "momentum is a share"),
        (lambda: ck.Adam(0.1, beta2=1.5), "beta2 is a share"),
    ],
)
def test_settings_that_make_no_sense(make: Callable[[], Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()
