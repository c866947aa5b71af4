"""How parameters follow their gradient: w ← w − α · ∇L(w), and what is better than that.

The gradient points uphill. To make a loss smaller the step goes *against* it (the words "same direction" on
three slides are erratum E-20); to make a likelihood larger, along it. α is the learning rate. Everything
here works on single numbers, on arrays, and on a dictionary of either; an optimiser computes no gradients,
and a gradient changes no parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

import numpy as np

from coursekit.errors import GateError
from coursekit.nn.shapes import numbers
from coursekit.values import as_value, describe, plain
from coursekit.variable import Variable

__all__ = [
    "SGD",
    "Adam",
    "GradientAscent",
    "GradientDescent",
    "Momentum",
    "Nesterov",
    "Optimiser",
    "RMSProp",
]

Memory = dict[str, Any]
"""What an optimiser remembers of one parameter from step to step."""

Parameters = TypeVar("Parameters")


class Optimiser:
    """What all optimisers share; a new one writes :meth:`update`, and ``step`` does the rest.

    Parameters
    ----------
    learning_rate
        α, how far a step goes.
    weight_decay
        Each step also takes the share α · weight_decay off every weight. For plain descent this is an L2
        penalty of strength weight_decay / 2; the optimisers that scale gradients decay the weights all the
        same (Loshchilov and Hutter 2019), which a penalty in the loss would not. Biases, known as such, are
        left alone.
    clip_norm
        Gradients whose common length is above this are shortened to it: a remedy for exploding gradients
        (USC-36).

    Raises
    ------
    ValueError
        If the learning rate or the clipping norm is not positive, or the decay negative.
    """

    def __init__(
        self, learning_rate: float = 0.01, *, weight_decay: float = 0.0, clip_norm: float | None = None
    ) -> None:
        if isinstance(learning_rate, str) or not learning_rate > 0.0:
            raise ValueError(f"a learning rate is a positive number, not {learning_rate!r}")
        if weight_decay < 0.0 or (clip_norm is not None and not clip_norm > 0.0):
            raise ValueError("weight_decay must not be negative, and clip_norm must be positive")
        self.learning_rate = learning_rate
        self.weight_decay = weight_decay
        self.clip_norm = clip_norm
        self._memory: dict[str, Memory] = {}

    def update(self, w: Any, dw: Any, memory: Memory) -> Any:
        """Return the new value of one parameter.

        Parameters
        ----------
        w, dw
            The parameter and its gradient: numbers, or arrays of one shape.
        memory
            Empty at the first step; what is put in is there at the next step of this parameter.
        """
        raise NotImplementedError(f"{type(self).__name__} has no update()")

    def step(self, parameters: Parameters, gradients: Any) -> Parameters:
        """Return the parameters after one step.

        Parameters
        ----------
        parameters
            A number or an array; or a dictionary by name of numbers, arrays or variables.
        gradients
            Of the same form.

        Returns ------- The new values in the form of the old. Variables in a dictionary receive theirs;
        arrays are never changed.

        Raises
        ------
        GateError
            If a gradient is missing or has not the shape of its parameter; then nothing has changed.

        >>> GradientDescent(0.01).step([1.0, 3.0], [0.0, 4.0])           # BER-20
        array([1.  , 2.96])
        """
        if not isinstance(parameters, Mapping):
            return self.step({"w": parameters}, {"w": gradients})["w"]
        if set(parameters) - set(gradients):
            missing = ", ".join(sorted(set(parameters) - set(gradients)))
            raise GateError(f"no gradient for {missing}")
        values = {name: numbers(w, name) for name, w in parameters.items()}
        slopes = {name: _like(gradients[name], w, name) for name, w in values.items()}
        memories = {name: self._recall(name, w) for name, w in values.items()}
        if self.clip_norm is not None:
            slopes = _clipped(slopes, self.clip_norm)
        new = {}
        for name, w in values.items():
            value = self.update(w, slopes[name], memories[name])
            if self.weight_decay and getattr(parameters[name], "regularised", True):
                value = value - self.learning_rate * self.weight_decay * w
            new[name] = plain(value)
        for name, w in parameters.items():
            if isinstance(w, Variable):
                w.value = as_value(new[name], name)
        return cast(Parameters, new)

    def _recall(self, name: str, w: Any) -> Memory:
        memory = self._memory.setdefault(name, {})
        if any(np.shape(kept) not in ((), np.shape(w)) for kept in memory.values()):
            raise GateError(
                f"{name} is {describe(w)}, but this optimiser remembers another {name}: an optimiser serves "
                "one network; make a new one, or reset() it"
            )
        return memory

    def reset(self) -> None:
        """Forget all earlier steps."""
        self._memory.clear()

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.learning_rate:g})"


class GradientDescent(Optimiser):
    """w ← w − α · dw: the opposite of the direction in which the loss grows fastest (BER-19, CIT-20).

    >>> GradientDescent(0.1).step(1.0, 2.0)
    0.8
    """

    def update(self, w: Any, dw: Any, memory: Memory) -> Any:
        """Return w − α · dw."""
        return w - self.learning_rate * dw


class SGD(GradientDescent):
    """The same step, along the gradient of a few samples: *stochastic* gradient descent (BER-30, BER-31).

    The gradient of a mini-batch is a noisy estimate of the whole one, and far cheaper. What is stochastic
    is the choice of samples, which ``fit`` makes.
    """


class GradientAscent(Optimiser):
    """w ← w + α · dw: for what is to grow, such as a likelihood (UT-21, BER-30 with its sign).

    >>> GradientAscent(0.1).step(1.0, 2.0)
    1.2
    """

    def update(self, w: Any, dw: Any, memory: Memory) -> Any:
        """Return w + α · dw."""
        return w + self.learning_rate * dw


class Momentum(Optimiser):
    """v ← μ · v − α · dw;  w ← w + v: past gradients add up, like the speed of a ball (USC-35, CIT-40).

    Along a valley the steps add up to α / (1 − μ); across it they cancel. (Written v ← μ · v + dw, w ← w −
    α · v, it is the same as long as α does not change.)

    >>> ball = Momentum(0.1, momentum=0.9)
    >>> w = ball.step(1.0, 1.0)
    >>> round(w, 12), round(ball.step(w, 1.0), 12)                        # first by 0.1, then by 0.19
    (0.9, 0.71)
    """

    def __init__(self, learning_rate: float = 0.01, momentum: float = 0.9, **options: Any) -> None:
        super().__init__(learning_rate, **options)
        self.momentum = _share("momentum", momentum)

    def update(self, w: Any, dw: Any, memory: Memory) -> Any:
        """Return w + v with the new velocity v."""
        v = memory["v"] = self.momentum * memory.get("v", 0.0) - self.learning_rate * dw
        return w + v


class Nesterov(Momentum):
    """v ← μ · v − α · dw;  w ← w + μ · v − α · dw: momentum that looks ahead.

    The ball will roll on by μ · v anyway; so w is kept at the place where it will be, and the gradient is
    taken there. (This is the usual form, in which the parameters are the look-ahead point itself.)

    >>> round(Nesterov(0.1, momentum=0.9).step(1.0, 1.0), 12)             # 1 − 0.9 · 0.1 − 0.1
    0.81
    """

    def update(self, w: Any, dw: Any, memory: Memory) -> Any:
        """Return w + μ · v − α · dw with the new velocity v."""
        v = memory["v"] = self.momentum * memory.get("v", 0.0) - self.learning_rate * dw
        return w + self.momentum * v - self.learning_rate * dw


class RMSProp(Optimiser):
    """s ← ρ · s + (1 − ρ) · dw²;  w ← w − α · dw / (√s + ε): each parameter its own rate (USC-35, CIT-40).

    √s is the recent size of the gradient, so every parameter moves by about α, steep or flat (Hinton's
    lecture 6e).

    >>> round(RMSProp(0.1, decay=0.75).step(1.0, 5.0), 6)                 # 5 / √(0.25 · 25) = 2
    0.8
    """

    def __init__(
        self, learning_rate: float = 0.001, decay: float = 0.9, epsilon: float = 1e-8, **options: Any
    ) -> None:
        super().__init__(learning_rate, **options)
        self.decay, self.epsilon = _share("decay", decay), epsilon

    def update(self, w: Any, dw: Any, memory: Memory) -> Any:
        """Return w − α · dw / (√s + ε) with the new mean square s."""
        s = memory["s"] = self.decay * memory.get("s", 0.0) + (1.0 - self.decay) * dw * dw
        return w - self.learning_rate * dw / (s**0.5 + self.epsilon)


class Adam(Optimiser):
    """Momentum and RMSProp together (Kingma and Ba 2015; USC-35).

    m ← β₁ · m + (1 − β₁) · dw;  s ← β₂ · s + (1 − β₂) · dw²
    w ← w − α · m̂ / (√ŝ + ε)  with  m̂ = m / (1 − β₁ᵗ),  ŝ = s / (1 − β₂ᵗ)

    Both averages start at 0 and would be too small at first; the divisions by 1 − βᵗ, t the number of the
    step, make up for it. The first step is therefore α long, whatever the gradient.

    >>> round(Adam(0.1).step(1.0, 5.0), 6), round(Adam(0.1).step(1.0, 0.005), 6)
    (0.9, 0.9)
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.beta1, self.beta2, self.epsilon = _share("beta1", beta1), _share("beta2", beta2), epsilon

    def update(self, w: Any, dw: Any, memory: Memory) -> Any:
        """Return w − α · m̂ / (√ŝ + ε)."""
        t = memory["t"] = memory.get("t", 0) + 1
        m = memory["m"] = self.beta1 * memory.get("m", 0.0) + (1.0 - self.beta1) * dw
        s = memory["s"] = self.beta2 * memory.get("s", 0.0) + (1.0 - self.beta2) * dw * dw
        m_hat, s_hat = m / (1.0 - self.beta1**t), s / (1.0 - self.beta2**t)
        return w - self.learning_rate * m_hat / (s_hat**0.5 + self.epsilon)


def _share(name: str, value: float) -> float:
    if not 0.0 <= value < 1.0:
        raise ValueError(f"{name} is a share from 0 up to, but not including, 1; not {value!r}")
    return value


def _like(dw: Any, w: Any, name: str) -> Any:
    """Return a gradient as a value, if it has the shape of its parameter."""
    dw = numbers(dw, f"the gradient of {name}")
    if np.shape(dw) != np.shape(w):
        raise GateError(
            f"the gradient of {name} is {describe(dw)}, but {name} is {describe(w)}: a gradient has the "
            "shape of its parameter (was it stretched by broadcasting?)"
        )
    return dw


def _clipped(slopes: dict[str, Any], norm: float) -> dict[str, Any]:
    """Return the gradients, shortened by one factor if together they are longer than ``norm``."""
    length = float(np.sqrt(sum(float(np.sum(dw * dw)) for dw in slopes.values())))
    return slopes if length <= norm else {name: dw * (norm / length) for name, dw in slopes.items()}
