"""Data to learn from: truth tables, points in the plane that no line divides, and real handwritten digits.

The same seed gives the same points.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from coursekit.nn.layer import Seed

__all__ = [
    "Dataset",
    "and_gate",
    "circles",
    "digits",
    "gaussians",
    "or_gate",
    "quadrants",
    "spirals",
    "train_test_split",
    "xor",
]


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Samples and their classes.

    Attributes
    ----------
    name, description
        What it is, in a word and in a sentence.
    x : array of shape (N, features)
        A sample a row.
    y : array of shape (N,)
        Class numbers, from 0.
    classes : tuple of str
        What the class numbers mean.

    >>> data = xor()
    >>> data
    xor: 4 samples, 2 features, classes 0, 1
    >>> data.y
    array([0, 1, 1, 0])
    """

    name: str
    description: str
    x: Any
    y: Any
    classes: tuple[str, ...]

    def split(self, test: float = 0.2, seed: Seed = 0) -> tuple[Dataset, Dataset]:
        """Return two sets, for training and for testing; see :func:`train_test_split`.

        >>> train, test = circles(100).split(test=0.3)
        >>> len(train), len(test)
        (70, 30)
        """
        x, x_test, y, y_test = train_test_split(self.x, self.y, test=test, seed=seed)
        return (
            Dataset(f"{self.name}, training part", self.description, x, y, self.classes),
            Dataset(f"{self.name}, test part", self.description, x_test, y_test, self.classes),
        )

    def __len__(self) -> int:
        return len(self.y)

    def __repr__(self) -> str:
        classes = ", ".join(self.classes)
        return f"{self.name}: {len(self)} samples, {self.x.shape[1]} features, classes {classes}"


def train_test_split(x: Any, y: Any, test: float = 0.2, seed: Seed = 0) -> tuple[Any, Any, Any, Any]:
    """Return x_train, x_test, y_train, y_test: the samples shuffled and cut in two.

    Parameters
    ----------
    x, y
        Arrays with as many rows.
    test
        The share of samples for the test; there is at least one sample on either side.
    seed
        For the shuffle.

    Raises
    ------
    ValueError
        If x and y differ in length, there are fewer than two samples, or the share is not between 0 and 1.

    >>> train_test_split([[1], [2], [3], [4]], [1, 2, 3, 4], test=0.25, seed=0)[3]
    array([4])
    """
    x, y = np.asarray(x), np.asarray(y)
    if len(x) != len(y):
        raise ValueError(f"{len(x)} samples, but {len(y)} targets: each sample needs one")
    if len(x) < 2 or not 0.0 < test < 1.0:
        raise ValueError(
            f"a share of {test!r} of {len(x)} samples cannot be split off: it must be between 0 and 1"
        )
    size = min(max(1, round(test * len(x))), len(x) - 1)
    order = np.random.default_rng(seed).permutation(len(x))
    first, last = order[:-size], order[-size:]
    return x[first], x[last], y[first], y[last]


# ---- truth tables ----------------------------------------------------------------------------------------

CORNERS = ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))


def _truth_table(name: str, description: str, y: list[int]) -> Dataset:
    return Dataset(name, description, np.array(CORNERS), np.array(y), ("0", "1"))


def and_gate() -> Dataset:
    """Return the truth table of AND, which one line divides: x₁ + x₂ > 1.5 (CIT-07)."""
    return _truth_table("and", "1 where both inputs are 1; a line divides the classes.", [0, 0, 0, 1])


def or_gate() -> Dataset:
    """Return the truth table of OR, which one line divides: x₁ + x₂ > 0.5 (CIT-07)."""
    return _truth_table("or", "1 where an input is 1; a line divides the classes.", [0, 1, 1, 1])


def xor() -> Dataset:
    """Return the truth table of XOR, which no line divides: OR and not AND (CIT-08, HAR-06, HAR-07)."""
    return _truth_table("xor", "1 where the inputs differ; no line divides the classes.", [0, 1, 1, 0])


# ---- points in the plane ---------------------------------------------------------------------------------


def circles(samples: int = 200, noise: float = 0.1, seed: Seed = 0) -> Dataset:
    """Return a ring around a disc: a circle divides them, and so does a line in x₁², x₂² (CIT-05).

    Parameters
    ----------
    samples
        Half of them lie in each class.
    noise
        The standard deviation of what is added to both coordinates.
    seed
        For the points.
    """
    rng, inner = np.random.default_rng(seed), samples // 2
    angle = rng.uniform(0.0, 2.0 * np.pi, samples)
    radius = np.concatenate([0.5 * np.sqrt(rng.random(inner)), rng.uniform(0.9, 1.1, samples - inner)])
    y = np.repeat([0, 1], [inner, samples - inner])
    description = "A disc inside a ring; features are the coordinates."
    return Dataset("circles", description, _noisy(rng, _polar(radius, angle), noise), y, ("disc", "ring"))


def quadrants(samples: int = 200, noise: float = 0.05, seed: Seed = 0) -> Dataset:
    """Return a square in four, class 1 where the signs of x₁ and x₂ differ: XOR as clouds of points (CIT-08).

    No line divides the classes; the one feature x₁·x₂ does.

    Parameters
    ----------
    samples
        Half of them lie in each class.
    noise
        The standard deviation of what is added to both coordinates. Before, points keep 0.05 from the axes.
    seed
        For the points.
    """
    rng = np.random.default_rng(seed)
    y = np.sort(np.arange(samples) % 2)
    right = rng.choice([-1.0, 1.0], samples)
    x = rng.uniform(0.05, 1.0, (samples, 2)) * np.stack([right, np.where(y == 1, -right, right)], axis=1)
    description = "A square in four, the classes in opposite corners; features are the coordinates."
    return Dataset("quadrants", description, _noisy(rng, x, noise), y, ("same sign", "other sign"))


def spirals(
    samples: int = 300, arms: int = 2, turns: float = 1.0, noise: float = 0.02, seed: Seed = 0
) -> Dataset:
    """Return arms that wind around each other: every line through them cuts all of them.

    Parameters
    ----------
    samples
        They are shared among the arms as equally as possible.
    arms
        The number of arms, each of them a class.
    turns
        How often an arm winds around the centre.
    noise
        The standard deviation of what is added to both coordinates.
    seed
        For the points.
    """
    rng = np.random.default_rng(seed)
    y = np.sort(np.arange(samples) % arms)
    radius = np.sqrt(rng.random(samples))  # the root spreads the points evenly along the arm
    angle = 2.0 * np.pi * (turns * radius + y / arms)
    description = f"{arms} arms of a spiral; features are the coordinates."
    x = _noisy(rng, _polar(radius, angle), noise)
    return Dataset("spirals", description, x, y, tuple(f"arm {k + 1}" for k in range(arms)))


def gaussians(samples: int = 200, classes: int = 2, spread: float = 0.3, seed: Seed = 0) -> Dataset:
    """Return round clouds whose centres stand on the unit circle; the larger the spread, the more overlap.

    Parameters
    ----------
    samples
        They are shared among the classes as equally as possible.
    classes
        The number of clouds.
    spread
        Their standard deviation.
    seed
        For the points.
    """
    rng = np.random.default_rng(seed)
    y = np.sort(np.arange(samples) % classes)
    centres = _polar(np.ones(samples), 2.0 * np.pi * y / classes)
    description = f"{classes} Gaussian clouds; features are the coordinates."
    names = tuple(f"cloud {k + 1}" for k in range(classes))
    return Dataset("gaussians", description, _noisy(rng, centres, spread), y, names)


def _polar(radius: Any, angle: Any) -> Any:
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1)


def _noisy(rng: np.random.Generator, x: Any, noise: float) -> Any:
    return x + rng.normal(0.0, noise, x.shape)


# ---- real data -------------------------------------------------------------------------------------------


def digits() -> Dataset:
    """Return 1,797 handwritten digits of 8 × 8 pixels, from 0 (white) to 1 (black) (HAR-05).

    ``x[i].reshape(8, 8)`` is a picture. The data are the test part of the UCI collection "Optical
    Recognition of Handwritten Digits" (Alpaydin and Kaynak 1998), which come with scikit-learn; nothing is
    downloaded.

    Raises
    ------
    ImportError
        If scikit-learn is not installed.
    """
    try:
        from sklearn.datasets import load_digits
    except ImportError as error:
        raise ImportError(
            "the handwritten digits come with scikit-learn: pip install 'coursekit[data]'"
        ) from error
    loaded = load_digits()
    return Dataset(
        "digits",
        "Handwritten digits of 8 × 8 pixels; features are the pixels by rows, from 0 (white) to 1 (black).",
        loaded.data / 16.0,
        loaded.target.astype(int),
        tuple(str(k) for k in range(10)),
    )
