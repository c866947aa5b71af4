"""Where training starts: how the weights are first drawn.

Optimisation depends on its start (CIT-39). All weights equal, say zero, and all neurons of a layer stay
equal for ever. Too small, and the signal dies on its way through the layers; too large, and it explodes. Of
a sum of n independent products with weights of variance v the variance is n·v times that of the inputs, so
v = 1/n keeps it: what Xavier and He make of that is below.

Every function takes a shape whose last two axes are (inputs, outputs), and a random generator.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = [
    "INITIALISATIONS",
    "Initialisation",
    "he",
    "initialisation",
    "uniform",
    "xavier",
    "xavier_normal",
    "zeros",
]

Initialisation = Callable[[tuple[int, ...], np.random.Generator], Any]


def uniform(shape: tuple[int, ...], rng: np.random.Generator, size: float = 0.25) -> Any:
    """Return numbers spread evenly over (−size, size): the decks' start, 0.5·(U − 0.5) (CIT-30).

    >>> w = uniform((1000, 100), np.random.default_rng(0))
    >>> f"{w.std():.3f}"                                         # 0.5/√12 = 0.1443
    '0.144'
    """
    return size * (2.0 * rng.random(shape) - 1.0)


def xavier(shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """Return numbers spread evenly with variance 2 / (inputs + outputs) (Glorot and Bengio 2010).

    A compromise: 1/inputs would keep the size of the signal, 1/outputs that of the gradient. For tanh and
    sigmoid.

    >>> w = xavier((300, 200), np.random.default_rng(0))
    >>> f"{w.var():.5f}, {2 / (300 + 200):.5f}"
    '0.00399, 0.00400'
    """
    return uniform(shape, rng, math.sqrt(6.0 / _fans(shape)))


def xavier_normal(shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """Return normal numbers of mean 0 and variance 2 / (inputs + outputs)."""
    return rng.normal(0.0, math.sqrt(2.0 / _fans(shape)), shape)


def he(shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """Return normal numbers of mean 0 and variance 2 / inputs (He et al. 2015): for ReLU.

    A ReLU sets half of its inputs to zero; the 2 makes up for that.

    >>> w = he((300, 200), np.random.default_rng(0))
    >>> f"{w.var():.4f}, {2 / 300:.4f}"
    '0.0067, 0.0067'
    """
    return rng.normal(0.0, math.sqrt(2.0 / shape[-2]), shape)


def zeros(shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    """Return zeros: right for biases; for weights a lesson in symmetry: all neurons stay alike."""
    return np.zeros(shape)


INITIALISATIONS: dict[str, Initialisation] = {
    "uniform": uniform,
    "xavier": xavier,
    "xavier_normal": xavier_normal,
    "he": he,
    "zeros": zeros,
}
"""The initialisations by name."""


def initialisation(init: str | Initialisation) -> Initialisation:
    """Return the initialisation of a name; a function is returned as it is.

    Raises
    ------
    ValueError
        If there is none of that name.
    """
    if callable(init):
        return init
    if init not in INITIALISATIONS:
        raise ValueError(
            f"no initialisation {init!r}: there are {', '.join(INITIALISATIONS)}, or give a function"
        )
    return INITIALISATIONS[init]


def _fans(shape: tuple[int, ...]) -> int:
    return shape[-2] + shape[-1]
