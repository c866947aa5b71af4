"""Gates for exp, log and their like: one input, entry by entry; dx has the shape of x."""

from __future__ import annotations

from typing import Any

from coursekit.gates.base import Gate
from coursekit.gates.words import exp


class ExpGate(Gate):
    """z = eˣ, its own derivative (UT-10, rule 14).

    >>> gate = ExpGate()
    >>> gate.forward(0.0), gate.backward(3.0)
    (1.0, 3.0)
    """

    symbol = "exp"

    def forward(self, x: Any) -> Any:
        """Return eˣ."""
        self.z = exp(x)
        return self.z

    def backward(self, dz: Any) -> Any:
        """Return dx = dz · z."""
        return dz * self.z
