"""Gates for exp, log, roots and angles: one input, entry by entry; dx has the shape of x.

Domains are those of the derivative table (UT-10). Outside of them a number raises an error that names the
gate; an array gets NaN or ∞ there, with a warning.
"""

from __future__ import annotations

import math
from typing import Any

from coursekit.gates.base import Gate
from coursekit.gates.words import absolute, cos, exp, log, sign, sin, sqrt, tan


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


class LogGate(Gate):
    """z = ln x, for x > 0 (UT-10, rule 12).

    >>> gate = LogGate()
    >>> gate.forward(1.0), gate.backward(1.0)
    (0.0, 1.0)
    """

    symbol = "ln"

    def forward(self, x: Any) -> Any:
        """Return ln x."""
        self.x = x
        return log(x)

    def backward(self, dz: Any) -> Any:
        """Return dx = dz / x."""
        return dz / self.x


class LogBaseGate(Gate):
    """z = log x to a constant base, for x > 0 and base > 0, ≠ 1 (UT-10, rule 13).

    >>> gate = LogBaseGate(10)
    >>> round(gate.forward(1000.0), 12), round(gate.backward(1.0), 12)
    (3.0, 0.000434294482)
    """

    def __init__(self, base: float) -> None:
        self.base = base
        self.scale = 1.0 / math.log(base)

    def forward(self, x: Any) -> Any:
        """Return ln x / ln base."""
        self.x = x
        return log(x) * self.scale

    def backward(self, dz: Any) -> Any:
        """Return dx = dz / (x · ln base)."""
        return dz * self.scale / self.x

    @property
    def label(self) -> str:
        """The base as it is written."""
        return f"log{self.base:g}"

    def __repr__(self) -> str:
        return f"LogBaseGate({self.base!r})"


class SqrtGate(Gate):
    """z = √x, for x > 0 (UT-10, rule 8). At 0 the value is 0 and the slope infinite.

    >>> gate = SqrtGate()
    >>> gate.forward(9.0), gate.backward(6.0)
    (3.0, 1.0)
    """

    symbol = "√"

    def forward(self, x: Any) -> Any:
        """Return √x."""
        self.z = sqrt(x)
        return self.z

    def backward(self, dz: Any) -> Any:
        """Return dx = dz / (2 z)."""
        return dz / (2.0 * self.z)


class AbsGate(Gate):
    """z = |x|, the absolute-value unit. At the corner x = 0 the slope is taken as 0.

    >>> gate = AbsGate()
    >>> gate.forward(-3.0), gate.backward(1.0)
    (3.0, -1.0)
    """

    symbol = "|( )|"

    def forward(self, x: Any) -> Any:
        """Return |x|."""
        self.x = x
        return absolute(x)

    def backward(self, dz: Any) -> Any:
        """Return dx = dz · sign(x)."""
        return dz * sign(self.x)


class SignGate(Gate):
    """z = the sign of x: −1, 0 or 1. Flat wherever it has a slope, so no gradient goes through."""

    symbol = "sign"

    def forward(self, x: Any) -> Any:
        """Return sign(x)."""
        return sign(x)

    def backward(self, dz: Any) -> Any:
        """Return None: the derivative is 0."""
        return None


class SinGate(Gate):
    """z = sin x, in radians (UT-10, rule 17).

    >>> gate = SinGate()
    >>> gate.forward(0.0), gate.backward(1.0)
    (0.0, 1.0)
    """

    symbol = "sin"

    def forward(self, x: Any) -> Any:
        """Return sin x."""
        self.x = x
        return sin(x)

    def backward(self, dz: Any) -> Any:
        """Return dx = dz · cos x."""
        return dz * cos(self.x)


class CosGate(Gate):
    """z = cos x, in radians (UT-10, rule 18).

    >>> gate = CosGate()
    >>> gate.forward(0.0), gate.backward(1.0)
    (1.0, -0.0)
    """

    symbol = "cos"

    def forward(self, x: Any) -> Any:
        """Return cos x."""
        self.x = x
        return cos(x)

    def backward(self, dz: Any) -> Any:
        """Return dx = −dz · sin x."""
        return -dz * sin(self.x)


class TanGate(Gate):
    """z = tan x, for x ≠ π/2 + kπ (UT-10, rule 19); sec² x is written 1 + z².

    >>> gate = TanGate()
    >>> gate.forward(0.0), gate.backward(1.0)
    (0.0, 1.0)
    """

    symbol = "tan"

    def forward(self, x: Any) -> Any:
        """Return tan x."""
        self.z = tan(x)
        return self.z

    def backward(self, dz: Any) -> Any:
        """Return dx = dz · (1 + z²)."""
        return dz * (1.0 + self.z * self.z)


class CotGate(Gate):
    """z = cot x = cos x / sin x, for x ≠ kπ (UT-10, rule 20); csc² x is written 1 + z².

    >>> gate = CotGate()
    >>> round(gate.forward(0.785398163397448), 9), round(gate.backward(1.0), 9)
    (1.0, -2.0)
    """

    symbol = "cot"

    def forward(self, x: Any) -> Any:
        """Return cot x."""
        self.z = cos(x) / sin(x)
        return self.z

    def backward(self, dz: Any) -> Any:
        """Return dx = −dz · (1 + z²)."""
        return -dz * (1.0 + self.z * self.z)


class SecGate(Gate):
    """z = sec x = 1 / cos x, for x ≠ π/2 + kπ (UT-10, rule 21).

    >>> gate = SecGate()
    >>> gate.forward(0.0), gate.backward(1.0)
    (1.0, 0.0)
    """

    symbol = "sec"

    def forward(self, x: Any) -> Any:
        """Return sec x."""
        self.x, self.z = x, 1.0 / cos(x)
        return self.z

    def backward(self, dz: Any) -> Any:
        """Return dx = dz · sec x · tan x."""
        return dz * self.z * tan(self.x)


class CscGate(Gate):
    """z = csc x = 1 / sin x, for x ≠ kπ (UT-10, rule 22).

    >>> gate = CscGate()
    >>> gate.forward(1.5707963267948966), round(gate.backward(1.0), 12)
    (1.0, -0.0)
    """

    symbol = "csc"

    def forward(self, x: Any) -> Any:
        """Return csc x."""
        self.x, self.z = x, 1.0 / sin(x)
        return self.z

    def backward(self, dz: Any) -> Any:
        """Return dx = −dz · csc x · cot x (cot x = z · cos x)."""
        return -dz * self.z * self.z * cos(self.x)
