"""Activation gates: what bends a network. All but the softmaxes and max work entry by entry.

Conventions at corners, where any slope between the two sides would do:

============================  ===========================================================
ReLU at 0                     slope 0
leaky and generalised ReLU    the slope of the negative side
absolute value at 0           slope 0
maximum(x, y) at x = y        the gradient goes to y, so maximum(x, 0) agrees with ReLU
max over an axis              entries that share the maximum share the gradient equally
============================  ===========================================================
"""

from __future__ import annotations

from typing import Any

from coursekit.gates.base import Gate
from coursekit.gates.words import (
    Axis,
    equal,
    exp,
    log,
    max_over,
    maximum,
    sigmoid,
    softplus,
    spread,
    step,
    sum_over,
    tanh,
    where,
)


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


class TwoClassGate(Gate):
    """z = eˣ / (eˣ + e⁻ˣ), the probability of one of two classes with scores x and −x (BER-12).

    It is σ(2x): the two scores differ by 2x.

    >>> gate = TwoClassGate()
    >>> gate.forward(0.0), gate.backward(1.0)
    (0.5, 0.5)
    """

    symbol = "σ₂"

    def forward(self, x: Any) -> Any:
        """Return σ(2x)."""
        self.z = sigmoid(2.0 * x)
        return self.z

    def backward(self, dz: Any) -> Any:
        """Return dx = dz · 2 z (1 − z)."""
        return dz * 2.0 * self.z * (1.0 - self.z)


class TanhGate(Gate):
    """z = tanh x.

    >>> gate = TanhGate()
    >>> gate.forward(0.0), gate.backward(1.0)
    (0.0, 1.0)
    """

    symbol = "tanh"

    def forward(self, x: Any) -> Any:
        """Return tanh x."""
        self.z = tanh(x)
        return self.z

    def backward(self, dz: Any) -> Any:
        """Return dx = dz · (1 − z²)."""
        return dz * (1.0 - self.z * self.z)


class SoftplusGate(Gate):
    """z = ln(1 + eˣ), a ReLU without a corner; its derivative is σ(x).

    >>> gate = SoftplusGate()
    >>> round(gate.forward(0.0), 6), gate.backward(1.0)
    (0.693147, 0.5)
    """

    symbol = "softplus"

    def forward(self, x: Any) -> Any:
        """Return ln(1 + eˣ)."""
        self.x = x
        return softplus(x)

    def backward(self, dz: Any) -> Any:
        """Return dx = dz · σ(x)."""
        return dz * sigmoid(self.x)


class ReLUGate(Gate):
    """z = max(0, x).

    >>> gate = ReLUGate()
    >>> gate.forward(-2.0), gate.backward(1.0)
    (0.0, 0.0)
    >>> gate.forward(0.0), gate.backward(1.0)
    (0.0, 0.0)
    """

    symbol = "ReLU"

    def forward(self, x: Any) -> Any:
        """Return max(0, x)."""
        self.z = maximum(x, 0.0)
        return self.z

    def backward(self, dz: Any) -> Any:
        """Return dx = dz where x > 0 (there z > 0 too), else 0."""
        return dz * step(self.z)


class GeneralisedReLUGate(Gate):
    """z = max(0, x) + α · min(0, x): ReLU for α = 0, leaky for a small α, |x| for α = −1.

    >>> gate = GeneralisedReLUGate(-1.0)
    >>> gate.forward(-2.0), gate.backward(1.0)
    (2.0, -1.0)
    """

    def __init__(self, alpha: float) -> None:
        self.alpha = float(alpha)

    def forward(self, x: Any) -> Any:
        """Return max(0, x) + α · min(0, x)."""
        self.x = x
        positive = maximum(x, 0.0)
        return positive + self.alpha * (x - positive)

    def backward(self, dz: Any) -> Any:
        """Return dx = dz where x > 0, else α · dz."""
        rising = step(self.x)
        return dz * (rising + self.alpha * (1.0 - rising))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.alpha!r})"


class LeakyReLUGate(GeneralisedReLUGate):
    """z = x for x > 0, slope · x else; the decks use a slope of 0.1.

    >>> gate = LeakyReLUGate()
    >>> gate.forward(-2.0), gate.backward(1.0)
    (-0.2, 0.1)
    """

    symbol = "leaky ReLU"

    def __init__(self, slope: float = 0.1) -> None:
        super().__init__(slope)


class StepGate(Gate):
    """z = 1 for x > 0, else 0. Flat wherever it has a slope, so no gradient goes through."""

    symbol = "step"

    def forward(self, x: Any) -> Any:
        """Return 1 for x > 0, else 0."""
        return step(x)

    def backward(self, dz: Any) -> Any:
        """Return None: the derivative is 0."""
        return None


class EqualGate(Gate):
    """z = 1 where x = y, else 0. Flat wherever it has a slope, so no gradient goes through."""

    symbol = "="

    def forward(self, x: Any, y: Any) -> Any:
        """Return 1 where x = y, else 0."""
        return equal(x, y)

    def backward(self, dz: Any) -> Any:
        """Return None twice: the derivative is 0."""
        return None, None


class MaximumGate(Gate):
    """z = the larger of x and y, entry by entry; the gradient goes to the winner, at a tie to y.

    >>> gate = MaximumGate()
    >>> gate.forward(4.0, 1.0), gate.backward(2.0)
    (4.0, (2.0, 0.0))
    """

    symbol = "max"
    broadcasts = True

    def forward(self, x: Any, y: Any) -> Any:
        """Return max(x, y)."""
        self.x, self.y = x, y
        return maximum(x, y)

    def backward(self, dz: Any) -> Any:
        """Return dx = dz where x > y, dy = dz elsewhere."""
        first = step(self.x - self.y)
        return dz * first, dz * (1.0 - first)


class WhereGate(Gate):
    """z = x where the condition holds, else y. The condition is data: it has no gradient.

    The side that was not taken receives an exact 0, even where it is NaN or ∞.

    >>> gate = WhereGate()
    >>> gate.forward(True, 4.0, 1.0), gate.backward(2.0)
    (4.0, (None, 2.0, 0.0))
    """

    symbol = "where"
    broadcasts = True

    def forward(self, condition: Any, x: Any, y: Any) -> Any:
        """Return x where the condition holds, else y."""
        self.condition = condition
        return where(condition, x, y)

    def backward(self, dz: Any) -> Any:
        """Return None, dx = dz where it holds, dy = dz where it does not."""
        return None, where(self.condition, dz, 0.0 * dz), where(self.condition, 0.0 * dz, dz)


class MaxGate(Gate):
    """z = the largest entry along an axis (of all entries for ``axis=None``).

    >>> import numpy as np
    >>> gate = MaxGate()
    >>> gate.forward(np.array([1.0, 5.0, 5.0])), gate.backward(1.0)
    (5.0, array([0. , 0.5, 0.5]))
    """

    symbol = "max"

    def __init__(self, axis: Axis = None, keepdims: bool = False) -> None:
        self.axis, self.keepdims = axis, keepdims

    def forward(self, x: Any) -> Any:
        """Return the maximum along the axis."""
        self.x, self.z = x, max_over(x, axis=self.axis, keepdims=self.keepdims)
        return self.z

    def backward(self, dz: Any) -> Any:
        """Return dx: dz where x is the maximum, shared equally at ties, else 0."""
        winners = equal(self.x, spread(self.z, self.x, axis=self.axis))
        share = dz / sum_over(winners, axis=self.axis, keepdims=self.keepdims)
        return winners * spread(share, self.x, axis=self.axis)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.axis!r})"


class MaxoutGate(MaxGate):
    """z = the largest of the pieces along the last axis: (…, units, pieces) to (…, units).

    The pieces are affine functions of the same input; their maximum is a learned convex activation.
    """

    symbol = "maxout"

    def __init__(self) -> None:
        super().__init__(axis=-1)

    def __repr__(self) -> str:
        return "MaxoutGate()"


class SoftmaxGate(Gate):
    """zᵢ = e^xᵢ / Σⱼ e^xⱼ along the last axis; stable, since the largest score is taken out first (HAR-13).

    Its derivative is not entry by entry: raising one score lowers all other probabilities. The Jacobian is
    diag(z) − z zᵀ.

    >>> import numpy as np
    >>> gate = SoftmaxGate()
    >>> gate.forward(np.zeros(2)), gate.backward(np.array([1.0, 0.0]))
    (array([0.5, 0.5]), array([ 0.25, -0.25]))
    """

    symbol = "softmax"

    def forward(self, x: Any) -> Any:
        """Return the probabilities."""
        e = exp(x - max_over(x, axis=-1, keepdims=True))
        self.z = e / sum_over(e, axis=-1, keepdims=True)
        return self.z

    def backward(self, dz: Any) -> Any:
        """Return dx = z · (dz − Σ dz · z)."""
        return self.z * (dz - sum_over(dz * self.z, axis=-1, keepdims=True))


class LogSoftmaxGate(Gate):
    """zᵢ = xᵢ − ln Σⱼ e^xⱼ along the last axis: the logarithm undoes the exponential (HAR-14).

    >>> import numpy as np
    >>> LogSoftmaxGate().forward(np.array([1000.0, 0.0]))
    array([    0., -1000.])
    """

    symbol = "log softmax"

    def forward(self, x: Any) -> Any:
        """Return the logarithms of the probabilities."""
        shifted = x - max_over(x, axis=-1, keepdims=True)
        self.z = shifted - log(sum_over(exp(shifted), axis=-1, keepdims=True))
        return self.z

    def backward(self, dz: Any) -> Any:
        """Return dx = dz − softmax(x) · Σ dz."""
        return dz - exp(self.z) * sum_over(dz, axis=-1, keepdims=True)
