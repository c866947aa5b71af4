"""Start values: the ranges and spreads that the formulas promise, and the same numbers from the same seed."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coursekit as ck
from coursekit.nn.initialisation import INITIALISATIONS, he, uniform, xavier, xavier_normal, zeros

SHAPE = (400, 200)
SPREADS = {
    uniform: 0.144337567297406,  # 0.5 / √12, WE-CIT-07
    xavier: (2 / 600) ** 0.5,
    xavier_normal: (2 / 600) ** 0.5,
    he: (2 / 400) ** 0.5,
}


@pytest.mark.parametrize("init", SPREADS, ids=lambda f: f.__name__)
def test_mean_and_spread(init: Any) -> None:
    w = init(SHAPE, np.random.default_rng(0))
    assert w.shape == SHAPE
    assert w.mean() == pytest.approx(0.0, abs=4 * SPREADS[init] / w.size**0.5)  # four standard errors
    assert w.std() == pytest.approx(SPREADS[init], rel=0.01)


@pytest.mark.parametrize(("init", "limit"), [(uniform, 0.25), (xavier, (6 / 600) ** 0.5)])
def test_uniform_numbers_fill_their_range_and_stay_in_it(init: Any, limit: float) -> None:
    w = np.abs(init(SHAPE, np.random.default_rng(0)))
    assert 0.999 * limit < w.max() <= limit


@settings(deadline=None)
@given(
    st.sampled_from(list(INITIALISATIONS.values())), st.integers(1, 9), st.integers(1, 9), st.integers(0, 99)
)
def test_a_seed_gives_the_same_numbers(init: Any, inputs: int, outputs: int, seed: int) -> None:
    first, second = (init((inputs, outputs), np.random.default_rng(seed)) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_names_and_functions_are_the_same() -> None:
    for name, init in INITIALISATIONS.items():
        np.testing.assert_array_equal(
            ck.Affine(3, 2, name, seed=5).w.value, init((3, 2), np.random.default_rng(5))
        )
        np.testing.assert_array_equal(ck.Affine(3, 2, init, seed=5).b.value, [0.0, 0.0])


def test_maxout_draws_each_piece_like_an_affine_layer() -> None:
    w = ck.Maxout(3, 2, 4, "he", seed=5).w.value.reshape(3, 2, 4)
    rng = np.random.default_rng(5)
    for k in range(4):
        np.testing.assert_array_equal(w[:, :, k], he((3, 2), rng))


@pytest.mark.parametrize("width", [50, 400])
def test_he_keeps_the_signal_through_ten_relu_layers_and_the_decks_start_does_not(width: int) -> None:
    """Of uniform(−0.25, 0.25) a layer multiplies the mean square by width / 96: right for 96 inputs alone."""
    x = np.random.default_rng(0).normal(size=(100, width))
    sizes = {}
    for init in ("he", "uniform"):
        layers = [layer for _ in range(10) for layer in (ck.Affine(width, width, init), ck.ReLU())]
        sizes[init] = np.log(np.mean(ck.Sequential(*layers, seed=0).predict(x) ** 2))
    assert abs(sizes["he"]) < 2.0
    assert sizes["uniform"] == pytest.approx(10 * np.log(width / 96), abs=2.0)


def test_from_zeros_the_neurons_stay_alike() -> None:
    net = ck.Sequential(ck.Affine(2, 3, zeros), ck.Sigmoid(), ck.Affine(3, 1, zeros))
    ck.fit(net, ck.xor().x, ck.xor().y, loss=ck.l2_loss, epochs=20)
    first, second = net[0].w.value, net[2].w.value
    assert (first == first[:, :1]).all()
    assert (second == second[:1]).all()
