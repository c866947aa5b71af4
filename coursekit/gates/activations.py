"""Activation gates. Those of one input work entry by entry; dx has the shape of x."""

from __future__ import annotations

from typing import Any

from coursekit.gates.base import Gate
from coursekit.gates.words import sigmoid


class SigmoidGate(Gate):
    """z = σ(x) = 1 / (1 + e⁻ˣ), stable for any x (UT-26).

    The derivative is written with the *output*, σ′(x) = z(1 − z): no second exponential is needed.

    >>> gate = SigmoidGate()
    >>> gate.forward(0.0), gate.backward(1.0)
    (0.5, 0.25)
    """

    symbol = "σ"

    def forward(self, x: Any) -> Any:
        """Return σ(x)."""
        self.z = sigmoid(x)
        return self.z

    def backward(self, dz: Any) -> Any:
        """Return dx = dz · z · (1 − z)."""
        return dz * self.z * (1.0 - self.z)
