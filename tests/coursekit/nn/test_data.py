"""Data sets: exact truth tables, shapes and classes, geometry, and seeds."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coursekit as ck


def test_truth_tables() -> None:
    corners = [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    for data, y in ((ck.and_gate(), [0, 0, 0, 1]), (ck.or_gate(), [0, 1, 1, 1]), (ck.xor(), [0, 1, 1, 0])):
        np.testing.assert_array_equal(data.x, corners)
        np.testing.assert_array_equal(data.y, y)
        assert data.classes == ("0", "1")


@pytest.mark.parametrize(("data", "threshold"), [(ck.and_gate(), 1.5), (ck.or_gate(), 0.5)])
def test_and_and_or_are_divided_by_the_decks_thresholds(data: Any, threshold: float) -> None:
    np.testing.assert_array_equal(data.x.sum(axis=1) > threshold, data.y == 1)


@settings(deadline=None)
@given(st.integers(4, 60), st.integers(2, 4), st.integers(0, 20))
def test_shapes_classes_and_seeds(n: int, classes: int, seed: int) -> None:
    for make in (
        lambda: ck.circles(n, seed=seed),
        lambda: ck.spirals(n, classes, seed=seed),
        lambda: ck.gaussians(n, classes, seed=seed),
        lambda: ck.quadrants(n, seed=seed),
    ):
        data, again = make(), make()
        assert data.x.shape == (n, 2)
        assert len(data) == n
        counts = np.bincount(data.y, minlength=len(data.classes))
        assert len(counts) == len(data.classes)
        assert counts.max() - counts.min() <= 1
        np.testing.assert_array_equal(data.x, again.x)
    assert not np.array_equal(ck.circles(n, seed=seed).x, ck.circles(n, seed=seed + 1).x)


def test_circles_without_noise_are_divided_by_a_circle() -> None:
    data = ck.circles(200, noise=0.0)
    np.testing.assert_array_equal(np.hypot(*data.x.T) > 0.7, data.y == 1)


def test_spirals_without_noise_lie_on_their_arms() -> None:
    data = ck.spirals(90, arms=3, turns=1.5, noise=0.0)
    radius, angle = np.hypot(*data.x.T), np.arctan2(data.x[:, 1], data.x[:, 0])
    expected = 2 * np.pi * (1.5 * radius + data.y / 3)
    np.testing.assert_allclose(np.exp(1j * angle), np.exp(1j * expected), atol=1e-9)


def test_quadrants_without_noise_are_divided_by_the_product_of_the_coordinates() -> None:
    data = ck.quadrants(400, noise=0.0)
    np.testing.assert_array_equal(data.x[:, 0] * data.x[:, 1] < 0.0, data.y == 1)
    assert 0.05 <= np.abs(data.x).min() <= np.abs(data.x).max() <= 1.0
    assert {tuple(row) for row in np.sign(data.x)} == {(1, 1), (1, -1), (-1, 1), (-1, -1)}


def test_gaussians_have_their_centres_and_spread() -> None:
    data = ck.gaussians(30_000, classes=3, spread=0.2)
    for k in range(3):
        cloud, centre = data.x[data.y == k], [np.cos(2 * np.pi * k / 3), np.sin(2 * np.pi * k / 3)]
        np.testing.assert_allclose(cloud.mean(axis=0), centre, atol=0.01)
        np.testing.assert_allclose(cloud.std(axis=0), 0.2, rtol=0.05)


def test_digits_are_the_real_ones() -> None:
    data = ck.digits()
    assert data.x.shape == (1797, 64)
    assert (data.x.min(), data.x.max()) == (0.0, 1.0)
    np.testing.assert_array_equal(np.bincount(data.y), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
    assert data.y[:10].tolist() == list(range(10))
    assert data.x[0, :8].tolist() == [0.0, 0.0, 5 / 16, 13 / 16, 9 / 16, 1 / 16, 0.0, 0.0]


def test_without_scikit_learn_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def missing(name: str, *rest: Any) -> Any:
        if name.startswith("sklearn"):
            raise ModuleNotFoundError(f"No module named {name!r}")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", missing)
    with pytest.raises(ImportError, match=r"pip install 'coursekit\[data\]'"):
        ck.digits()


@settings(deadline=None)
@given(st.integers(2, 50), st.floats(0.01, 0.99), st.integers(0, 9))
def test_a_split_loses_nothing_and_leaves_no_side_empty(n: int, share: float, seed: int) -> None:
    x = np.arange(float(n))[:, None]
    x_train, x_test, y_train, y_test = ck.train_test_split(x, np.arange(n), test=share, seed=seed)
    assert sorted([*y_train, *y_test]) == list(range(n))
    np.testing.assert_array_equal(x_train.ravel(), y_train)
    np.testing.assert_array_equal(x_test.ravel(), y_test)
    assert len(y_test) == min(max(1, round(share * n)), n - 1)


def test_a_data_set_splits_by_name() -> None:
    train, test = ck.gaussians(50).split(test=0.3, seed=1)
    assert (len(train), len(test)) == (35, 15)
    assert repr(test) == "gaussians, test part: 15 samples, 2 features, classes cloud 1, cloud 2"


@pytest.mark.parametrize(
    ("x", "y", "share", "message"),
    [
        ([[1], [2]], [1], 0.5, "2 samples, but 1 targets"),
        ([[1]], [1], 0.5, "cannot be split off"),
        ([[1], [2]], [1, 2], 0.0, "between 0 and 1"),
    ],
)
def test_splits_that_cannot_be(x: Any, y: Any, share: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ck.train_test_split(x, y, test=share)
