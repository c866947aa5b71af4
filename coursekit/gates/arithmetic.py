"""Gates for ``+ − × ÷`` and powers. All of them broadcast: a number, a row or a matrix, in any mix.

Throughout: x, y and z have shapes that broadcast against each other; ``dz`` has the shape of z. The gradient
of an input is summed back to that input's shape by the backward pass, not by the gate.
"""

from __future__ import annotations

from typing import Any

from coursekit.gates.base import Gate
from coursekit.gates.words import log, power

_SUPERSCRIPT = str.maketrans("0123456789-.", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻·")


class AddGate(Gate):
    """z = x + y. Adding hands the upstream gradient to both sides unchanged (UT-14).

    >>> gate = AddGate()
    >>> gate.forward(24.0, 6.0), gate.backward(1.0)
    (30.0, (1.0, 1.0))
    """

    symbol = "+"
    broadcasts = True

    def forward(self, x: Any, y: Any) -> Any:
        """Return x + y."""
        return x + y

    def backward(self, dz: Any) -> Any:
        """Return dx = dz, dy = dz."""
        return dz, dz


class SubtractGate(Gate):
    """z = x − y. The subtracted side receives the upstream gradient with its sign turned.

    >>> gate = SubtractGate()
    >>> gate.forward(5.0, 3.0), gate.backward(2.0)
    (2.0, (2.0, -2.0))
    """

    symbol = "−"
    broadcasts = True

    def forward(self, x: Any, y: Any) -> Any:
        """Return x − y."""
        return x - y

    def backward(self, dz: Any) -> Any:
        """Return dx = dz, dy = −dz."""
        return dz, -dz


class NegateGate(Gate):
    """z = −x.

    >>> gate = NegateGate()
    >>> gate.forward(4.0), gate.backward(1.0)
    (-4.0, -1.0)
    """

    symbol = "−( )"

    def forward(self, x: Any) -> Any:
        """Return −x."""
        return -x

    def backward(self, dz: Any) -> Any:
        """Return dx = −dz."""
        return -dz


class MultiplyGate(Gate):
    """z = x · y. Each side receives upstream times the *other* side (BER-28, UT-14).

    >>> gate = MultiplyGate()
    >>> gate.forward(-2.0, 5.0)
    -10.0
    >>> gate.backward(1.0)
    (5.0, -2.0)
    """

    symbol = "×"
    broadcasts = True

    def forward(self, x: Any, y: Any) -> Any:
        """Return x · y."""
        self.x, self.y = x, y
        return x * y

    def backward(self, dz: Any) -> Any:
        """Return dx = dz · y, dy = dz · x."""
        return dz * self.y, dz * self.x


class DivideGate(Gate):
    """z = x / y, for y ≠ 0 (UT-10, rule 6).

    >>> gate = DivideGate()
    >>> gate.forward(6.0, 2.0), gate.backward(1.0)
    (3.0, (0.5, -1.5))
    """

    symbol = "÷"
    broadcasts = True

    def forward(self, x: Any, y: Any) -> Any:
        """Return x / y."""
        self.y, self.z = y, x / y
        return self.z

    def backward(self, dz: Any) -> Any:
        """Return dx = dz / y, dy = −dz · z / y (since −x / y² = −z / y)."""
        dx = dz / self.y
        return dx, -dx * self.z


class ReciprocalGate(Gate):
    """z = 1 / x, for x ≠ 0 (UT-10, rule 9).

    >>> gate = ReciprocalGate()
    >>> gate.forward(4.0), gate.backward(1.0)
    (0.25, -0.0625)
    """

    symbol = "1/( )"

    def forward(self, x: Any) -> Any:
        """Return 1 / x."""
        self.z = 1.0 / x
        return self.z

    def backward(self, dz: Any) -> Any:
        """Return dx = −dz · z² (since −1 / x² = −z²)."""
        return -dz * self.z * self.z


class PowerGate(Gate):
    """z = xⁿ with a constant exponent n (UT-10, rule 7; the cube of UT-14).

    For whole n ≥ 0 any x; for whole n < 0, x ≠ 0; otherwise x > 0.

    >>> gate = PowerGate(3)
    >>> gate.forward(2.0), gate.backward(1.0)
    (8.0, 12.0)
    """

    def __init__(self, exponent: float) -> None:
        self.exponent = exponent
        self.lower = exponent - 1 if exponent else 0  # x⁰ is 1 everywhere: its slope must not ask for 1/x

    def forward(self, x: Any) -> Any:
        """Return xⁿ."""
        self.x = x
        return power(x, self.exponent)

    def backward(self, dz: Any) -> Any:
        """Return dx = dz · n · xⁿ⁻¹."""
        return dz * self.exponent * power(self.x, self.lower)

    @property
    def label(self) -> str:
        """The exponent as it is written: ( )³."""
        return "( )" + f"{self.exponent:g}".translate(_SUPERSCRIPT)

    def __repr__(self) -> str:
        return f"PowerGate({self.exponent!r})"


class VariablePowerGate(Gate):
    """z = uᵛ where the exponent varies too, for u > 0 (UT-10, rule 16).

    >>> gate = VariablePowerGate()
    >>> gate.forward(2.0, 3.0)
    8.0
    >>> du, dv = gate.backward(1.0)
    >>> du, round(dv, 6)
    (12.0, 5.545177)
    """

    symbol = "uᵛ"
    broadcasts = True

    def forward(self, u: Any, v: Any) -> Any:
        """Return uᵛ."""
        self.u, self.v, self.z = u, v, power(u, v)
        return self.z

    def backward(self, dz: Any) -> Any:
        """Return du = dz · v · uᵛ⁻¹, dv = dz · ln(u) · uᵛ."""
        return dz * self.v * power(self.u, self.v - 1.0), dz * log(self.u) * self.z
