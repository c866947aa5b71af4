"""Against learning by heart: dropout, penalties on large weights, and stopping in time.

A flexible network can fit noise (CIT-38, CIT-53). Each of these states a belief: that features should not
depend on one another's help, that weights are small or few, that what held-out data no longer confirm is
noise.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal

import numpy as np

from coursekit import functions
from coursekit.nn.layer import Layer, Parameter, Seed

__all__ = ["Dropout", "EarlyStopping", "l1_penalty", "l2_penalty"]


class Dropout(Layer):
    """Sets a random share of the entries to zero in training; does nothing in use (BER-38).

    The network cannot rely on any one neuron and learns redundant features (BER-39). What is kept is divided
    by the share kept ("inverted" dropout): the expected output is the input, in training as in use.

    Parameters
    ----------
    rate
        The share that is dropped, at least 0 and below 1.
    seed
        For the masks.

    Raises
    ------
    ValueError
        If the rate is not in [0, 1).

    >>> layer = Dropout(0.5, seed=0)
    >>> layer([1.0, 1.0, 1.0, 1.0])
    array([0., 2., 2., 2.])
    >>> layer.eval()([1.0, 1.0, 1.0, 1.0])
    array([1., 1., 1., 1.])
    """

    def __init__(self, rate: float, seed: Seed = None) -> None:
        if not 0.0 <= rate < 1.0:
            raise ValueError(
                f"the rate of dropout is a share from 0 up to, but not including, 1; not {rate!r}"
            )
        self.rate = float(rate)
        self.rng = np.random.default_rng(seed)

    def initialise(self, rng: np.random.Generator) -> None:
        """Start the masks anew, with numbers of their own."""
        self.rng = rng.spawn(1)[0]

    def draw(self, shape: tuple[int, ...]) -> Any:
        """Return a mask: 0 with probability ``rate``, else 1 / (1 − rate)."""
        kept = 1.0 - self.rate
        return (self.rng.random(shape) < kept) / kept

    def forward(self, x: Any) -> Any:
        """Return x times a mask in training, x itself in use; the shape stays."""
        return x * self.drawn(x) if self.training and self.rate else x

    def __repr__(self) -> str:
        return f"Dropout({self.rate:g})"


def l2_penalty(parameters: Iterable[Parameter], strength: float) -> Any:
    """Return strength · Σ w² over all regularised parameters: the λ R(W) of USC-23.

    Its gradient is 2 · strength · w: the larger a weight, the harder it is pulled towards zero. As a
    belief: weights are drawn from a Gaussian.

    >>> penalty = l2_penalty([Parameter([3.0, 4.0], "w"), Parameter(100.0, "b", regularised=False)], 0.1)
    >>> penalty.value
    2.5
    """
    return strength * _total([functions.sum(w * w) for w in parameters if w.regularised])


def l1_penalty(parameters: Iterable[Parameter], strength: float) -> Any:
    """Return strength · Σ |w| over all regularised parameters.

    Its gradient is strength · sign(w): the same pull on small weights as on large ones, which makes many
    exactly unimportant.

    >>> l1_penalty([Parameter([3.0, -4.0], "w")], 0.1).value.__round__(12)
    0.7
    """
    return strength * _total([functions.sum(functions.absolute(w)) for w in parameters if w.regularised])


def _total(terms: list[Any]) -> Any:
    return reduce(operator.add, terms) if terms else 0.0


@dataclass(frozen=True)
class EarlyStopping:
    """Stop when held-out data have not improved for a while, and go back to the best parameters (UT-09).

    Attributes
    ----------
    patience : int
        How many epochs without improvement are waited for.
    monitor
        ``"loss"`` (the likelihood of one slide) or ``"accuracy"`` (of the other), on the validation data.

    Raises
    ------
    ValueError
        If the patience is below 1, or there is no such monitor.

    >>> rule = EarlyStopping(patience=2)
    >>> rule.best([0.9, 0.5, 0.6]), rule.stop([0.9, 0.5, 0.6])
    (2, False)
    >>> rule.stop([0.9, 0.5, 0.6, 0.7])
    True
    """

    patience: int
    monitor: Literal["loss", "accuracy"] = "loss"

    def __post_init__(self) -> None:
        if self.patience < 1:
            raise ValueError(f"patience is a number of epochs from 1 up, not {self.patience!r}")
        if self.monitor not in ("loss", "accuracy"):
            raise ValueError(f"early stopping monitors 'loss' or 'accuracy', not {self.monitor!r}")

    def best(self, curve: Sequence[float]) -> int:
        """Return the epoch, counted from 1, of the best value so far; the first of several."""
        sign = 1.0 if self.monitor == "loss" else -1.0
        return 1 + min(
            range(len(curve)), key=lambda i: sign * curve[i] if math.isfinite(curve[i]) else math.inf
        )

    def stop(self, curve: Sequence[float]) -> bool:
        """Tell whether the last ``patience`` epochs brought nothing better."""
        return len(curve) - self.best(curve) >= self.patience
