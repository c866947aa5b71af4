"""Gates that rearrange arrays, and the two that undo and redo broadcasting."""

from __future__ import annotations

from typing import Any

from coursekit.gates.base import Gate
from coursekit.gates.words import index, put, spread, sum_to


class IndexGate(Gate):
    """z = x[key]: pick entries of an array; the key is a constant of the gate.

    Shapes as in NumPy's indexing. The entries that were not picked receive no gradient; an entry picked
    twice receives both.

    >>> import numpy as np
    >>> gate = IndexGate(1)
    >>> gate.forward(np.array([4.0, 7.0])), gate.backward(1.0)
    (7.0, array([0., 1.]))
    """

    def __init__(self, key: Any) -> None:
        self.key = key

    def forward(self, x: Any) -> Any:
        """Return x[key]."""
        self.x = x
        return index(x, key=self.key)

    def backward(self, dz: Any) -> Any:
        """Return dx: zeros of the shape of x, with dz added at the key."""
        return put(dz, self.x, key=self.key)

    @property
    def label(self) -> str:
        """The key as it is written: [1]."""
        return f"[{self.key!r}]"

    def __repr__(self) -> str:
        return f"IndexGate({self.key!r})"


class PutGate(Gate):
    """z = zeros of the shape of ``like``, with x added at the key: the transpose of :class:`IndexGate`."""

    def __init__(self, key: Any) -> None:
        self.key = key

    def forward(self, x: Any, like: Any) -> Any:
        """Return zeros shaped as ``like`` with x added at the key."""
        return put(x, like, key=self.key)

    def backward(self, dz: Any) -> Any:
        """Return dx = dz[key]; ``like`` lends its shape only."""
        return index(dz, key=self.key), None

    def __repr__(self) -> str:
        return f"PutGate({self.key!r})"


class SumToGate(Gate):
    """z = x summed over the axes along which ``like`` would be stretched; z has the shape of ``like``."""

    symbol = "Σ→"

    def forward(self, x: Any, like: Any) -> Any:
        """Return x summed to the shape of ``like``."""
        self.x = x
        return sum_to(x, like)

    def backward(self, dz: Any) -> Any:
        """Return dx: dz repeated over the summed axes."""
        return spread(dz, self.x), None


class SpreadGate(Gate):
    """z = x repeated until it has the shape of ``like``: what broadcasting does."""

    symbol = "→Σ"

    def forward(self, x: Any, like: Any) -> Any:
        """Return x broadcast to the shape of ``like``."""
        self.x = x
        return spread(x, like)

    def backward(self, dz: Any) -> Any:
        """Return dx: dz summed over the repeated axes."""
        return sum_to(dz, self.x), None
