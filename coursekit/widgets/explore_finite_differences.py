"""``explore_finite_differences``: how small should the step of a difference quotient be?"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from typing import Any

import traitlets

from coursekit.functions import exp
from coursekit.gradients import gradient
from coursekit.widgets.base import Explorer, finite, plot_module, plot_style

__all__ = ["STEPS", "ExploreFiniteDifferences", "explore_finite_differences"]

Function = Callable[[Any], Any]
Json = dict[str, Any]

PER_DECADE = 4
STEPS = tuple(10.0 ** (-k / PER_DECADE) for k in range(16 * PER_DECADE + 1))  # from 1 to 1e-16
METHODS = {
    "forward": "forward_difference",
    "central": "central_difference",
    "complex": "complex_step",
}
ROUNDING = sys.float_info.epsilon / 2  # of one operation: half the distance of 1 to the next float


def explore_finite_differences(
    f: Function = exp, x: float = 1.0, derivative: float | None = None
) -> ExploreFiniteDifferences:
    """Move the step h of three difference quotients from 1 to 1e−16 and watch their errors.

    A large h misses the curve (truncation), a small one loses digits where two nearly equal numbers are
    subtracted (rounding): the error has a valley between the two. The complex step subtracts nothing and has
    no such valley.

    Parameters
    ----------
    f
        A function of one number. Made of operators and coursekit's functions, it has all three estimates and
        an exact derivative, by backprop.
    x
        Where the derivative is taken.
    derivative
        The right answer, for a function that backprop cannot follow (one that calls ``math.sin``, say).

    Returns
    -------
    ExploreFiniteDifferences
        The widget. ``widget.h`` is the step, ``widget.estimates`` what the methods give for it,
        ``widget.errors`` how far off they are; ``widget.x`` can be set.

    Raises
    ------
    TypeError
        If f is no function, or does not return one number.
    ValueError
        If x is not finite, if f raises at x, or has no finite value or derivative there.

    >>> widget = explore_finite_differences(lambda x: x**3, 2.0)
    >>> widget.step = 8
    >>> widget.h, widget.derivative
    (0.01, 12.0)
    >>> round(widget.estimates["forward"], 6), round(widget.estimates["central"], 6)
    (12.0601, 12.0001)
    """
    return ExploreFiniteDifferences(f, x, derivative)


class ExploreFiniteDifferences(Explorer):
    """The widget that :func:`explore_finite_differences` returns.

    Attributes
    ----------
    step : int
        The number of the step: h = 10^(−step / 4), from 0 to 64.
    x : float
        Where the derivative is taken; setting it computes everything anew.
    story : dict
        For each h the three estimates and their errors, which the module in the browser replays.
    """

    _esm = plot_module("explore_finite_differences.js")
    _css = plot_style("explore_finite_differences.css")

    story = traitlets.Dict().tag(sync=True)
    step = traitlets.Int(4).tag(sync=True)
    x = traitlets.Float(1.0)

    def __init__(self, f: Function = exp, x: float = 1.0, derivative: float | None = None) -> None:
        if not callable(f):
            raise TypeError(
                f"explore_finite_differences() takes a function of one number, not {type(f).__name__} "
                f"{f!r:.60}; e.g. explore_finite_differences(lambda x: x * ck.sin(x), 2.0)"
            )
        self._f, self._derivative = f, derivative
        x = finite("x", x)
        super().__init__(title="Finite differences", x=x, story=_story(f, x, derivative))

    @traitlets.validate("step")
    def _step_within(self, proposal: Any) -> int:
        return max(0, min(int(proposal["value"]), len(STEPS) - 1))

    @traitlets.validate("x")
    def _elsewhere(self, proposal: Any) -> float:
        x = finite("x", proposal["value"])
        if self.story and x != self.story["x"]:
            if self._derivative is not None:
                raise ValueError("the derivative was given for one x only; make a new widget for another")
            self.story = _story(self._f, x, None)
        return x

    @property
    def h(self) -> float:
        """The step of the difference quotients."""
        return STEPS[self.step]

    @property
    def derivative(self) -> float:
        """The right answer."""
        return float(self.story["derivative"])

    @property
    def estimates(self) -> dict[str, float | None]:
        """What each method gives for this h; None where it gives nothing."""
        return {name: values[self.step] for name, values in self.story["estimates"].items()}

    @property
    def errors(self) -> dict[str, float | None]:
        """The relative error of each estimate; absolute where the derivative is 0."""
        return {name: values[self.step] for name, values in self.story["errors"].items()}


def _story(f: Function, x: float, derivative: float | None) -> Json:
    """Compute all that is shown, for all steps."""
    height = _height(f, x)
    right = _right_answer(f, x) if derivative is None else finite("derivative", derivative)
    scale = abs(right) or 1.0
    estimates = {name: [_estimate(f, x, method, h) for h in STEPS] for name, method in METHODS.items()}
    errors = {
        name: [None if value is None else abs(value - right) / scale for value in values]
        for name, values in estimates.items()
    }
    kink = _has_kink(f, x, max(1.0, abs(height), abs(right)))
    second, third = (0.0, 0.0) if kink else _curvatures(f, x)
    return {
        "x": x,
        "height": height,
        "derivative": right,
        "relative": bool(right),
        "kink": kink,
        "steps": list(STEPS),
        "estimates": estimates,
        "errors": errors,
        # what the error should be: truncation · h^power, and rounding / h
        "truncation": {
            "forward": abs(second) / 2 / scale,
            "central": abs(third) / 6 / scale,
            "complex": abs(third) / 6 / scale,
        },
        "rounding": ROUNDING * max(abs(height), abs(x * right)) / scale,
    }


def _height(f: Function, x: float) -> float:
    try:
        height = f(x)
    except Exception as error:
        raise ValueError(f"f raised {type(error).__name__} at x = {x:g}: {error}") from error
    if hasattr(height, "item") and getattr(height, "size", 1) == 1:
        height = height.item()
    if isinstance(height, bool) or not isinstance(height, (int, float)):
        raise TypeError(f"f should return one number; at x = {x:g} it returned {height!r:.60}")
    if not math.isfinite(height):
        raise ValueError(f"f({x:g}) is {height}: choose an x where f has a finite value")
    return float(height)


def _right_answer(f: Function, x: float) -> float:
    try:
        right = gradient(f, x)
    except Exception as error:
        raise ValueError(
            f"backprop cannot follow f ({type(error).__name__}: {error}). Make it of operators and "
            "coursekit's functions (ck.exp, ck.sin, …), or give the right answer: derivative=…"
        ) from error
    if not math.isfinite(right):
        raise ValueError(f"f has no finite derivative at x = {x:g}: backprop gives {right}")
    return float(right)


def _estimate(f: Function, x: float, method: Any, h: float) -> float | None:
    """Return an estimate; None where f has no value so far away, or takes no complex numbers."""
    try:
        value = gradient(f, x, method, h=h)
    except (ArithmeticError, ValueError, TypeError):
        return None
    if isinstance(value, complex):  # as (−0.5) ** 0.5 is
        return None
    return float(value) if math.isfinite(value) else None


def _has_kink(f: Function, x: float, scale: float) -> bool:
    """Tell whether the slopes to the left and to the right differ, however close one looks."""

    def difference(h: float) -> float:
        return abs(float(f(x + h)) - 2 * float(f(x)) + float(f(x - h))) / h

    try:
        near, far = difference(1e-6 * max(1.0, abs(x))), difference(1e-3 * max(1.0, abs(x)))
    except (ArithmeticError, ValueError, TypeError):
        return False
    return near > 0.5 * far and near > 1e-6 * scale  # of a smooth f, it shrinks with h


def _curvatures(f: Function, x: float) -> tuple[float, float]:
    """Return about f″(x) and f‴(x): rules of thumb need no more."""
    h = 1e-3 * max(1.0, abs(x))
    try:
        far_left, left, here, right, far_right = (float(f(x + k * h)) for k in (-2, -1, 0, 1, 2))
    except (ArithmeticError, ValueError, TypeError):
        return 0.0, 0.0
    second = (right - 2 * here + left) / h**2
    third = (far_right - 2 * right + 2 * left - far_left) / (2 * h**3)
    return (second, third) if math.isfinite(second) and math.isfinite(third) else (0.0, 0.0)
