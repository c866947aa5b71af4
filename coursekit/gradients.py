"""Three ways to a gradient behind one call: backprop, finite differences (and complex step), algebra.

Their agreement is what makes one trust them; their errors and costs are what tells them apart (catalogue
BER-26): backprop is exact and costs about as much as computing the function; finite differences are
approximate and cost one or two evaluations *an entry*; algebra gives a formula, and formulas grow.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from coursekit.errors import GateError
from coursekit.values import as_value, describe, is_array, plain
from coursekit.variable import Variable

__all__ = ["gradient"]

Method = Literal[
    "backprop", "finite_difference", "central_difference", "forward_difference", "complex_step", "symbolic"
]

CENTRAL_STEP = 6e-6  # about the cube root of 2.2e-16: truncation h² and rounding 1/h are then balanced
FORWARD_STEP = 1.5e-8  # its square root: truncation h against rounding 1/h
COMPLEX_STEP = 1e-20  # nothing is subtracted, so nothing is lost, however small the step


def gradient(f: Callable[[Any], Any], at: Any, method: Method = "backprop", *, h: float | None = None) -> Any:
    """Return the gradient of ``f`` at the point ``at``.

    Parameters
    ----------
    f
        A function of one number, one vector or one array, made of operators and coursekit's functions. For
        the finite differences any Python function will do. It returns one number.
    at
        The point; the gradient has its shape (a float for a float).
    method
        ``"backprop"``: run forward on variables, then backward.
        ``"finite_difference"`` or ``"central_difference"``: (f(x+h) − f(x−h)) / 2h for each entry; error h².
        ``"forward_difference"``: (f(x+h) − f(x)) / h; error h, one evaluation fewer an entry.
        ``"complex_step"``: Im f(x + ih) / h; exact to the last digits where f has no kink.
        ``"symbolic"``: SymPy differentiates the formula (needs the extra ``symbolic``).
    h
        The step of the differences, for an entry of size 1 (larger entries get a proportionally larger
        step). Give it to see truncation and rounding errors; an ``h`` given by hand is used as it is.

    Raises
    ------
    TypeError
        If f is no function.
    ValueError
        For an unknown method.
    GateError
        If f does not return a single number.
    ImportError
        For ``"symbolic"`` without SymPy.

    >>> import coursekit as ck
    >>> g = lambda w: w[0]**3 * w[1] + 3 * w[0]
    >>> ck.gradient(g, [2.0, 3.0])
    array([39.,  8.])
    >>> ck.gradient(g, [3.0, 4.0], "forward_difference", h=0.1).round(2)       # BER-24: 111 is right
    array([114.64,  27.  ])
    >>> ck.gradient(lambda x: x * x, 3, "complex_step")
    6.0
    """
    methods: dict[str, Callable[..., Any]] = {
        "backprop": _backprop,
        "finite_difference": _central_difference,
        "central_difference": _central_difference,
        "forward_difference": _forward_difference,
        "complex_step": _complex_step,
        "symbolic": _symbolic,
    }
    if not callable(f):
        raise TypeError(
            f"f is a function of one number, vector or array, not {type(f).__name__}, as in "
            "ck.gradient(lambda w: w[0] * w[1], [2.0, 3.0]); a graph has forward(…) and backward()"
        )
    if not isinstance(method, str) or method not in methods:
        vector = "" if isinstance(method, str) else ". Several inputs are one vector: ck.gradient(f, [2, 3])"
        raise ValueError(f"no method {method!r}; there are {', '.join(methods)}{vector}")
    point = as_value(at, "the point")
    if method in ("backprop", "symbolic"):
        return methods[method](f, point)
    return methods[method](f, point, h)


def _backprop(f: Callable[[Any], Any], point: Any) -> Any:
    x = Variable(point, "x")
    result = f(x)
    if not isinstance(result, Variable):  # f does not depend on x
        number(result)
        return point * 0.0
    number(result.value)
    result.backward()
    return point * 0.0 if x.grad is None else plain(x.grad)


def _central_difference(f: Callable[[Any], Any], point: Any, h: float | None) -> Any:
    return entry_by_entry(f, point, lambda f, x: central_slope(f, x, h or step_for(x)))


def _forward_difference(f: Callable[[Any], Any], point: Any, h: float | None) -> Any:
    here = number(f(point))

    def slope(f: Callable[[float], float], x: float) -> float:
        step = h or FORWARD_STEP * max(1.0, abs(x))
        return (f(x + step) - here) / step

    return entry_by_entry(f, point, slope)


def _complex_step(f: Callable[[Any], Any], point: Any, h: float | None) -> Any:
    step = h or COMPLEX_STEP
    slope = lambda f, x: complex(f(complex(x, step))).imag / step
    return entry_by_entry(f, point, slope, dtype="complex128")


def _symbolic(f: Callable[[Any], Any], point: Any) -> Any:
    try:
        import sympy
    except ImportError as error:
        raise ImportError("method='symbolic' needs SymPy: pip install 'coursekit[symbolic]'") from error
    if not is_array(point):
        x = sympy.Symbol("x", real=True)
        return float(sympy.diff(f(x), x).subs(x, point))
    import numpy as np

    symbols = np.array(sympy.symbols(f"x:{point.size}", real=True), dtype=object).reshape(point.shape)
    formula = sympy.sympify(plain(f(symbols)))
    values = dict(zip(symbols.flat, map(float, point.flat), strict=True))
    slopes = [float(sympy.diff(formula, symbol).subs(values)) for symbol in symbols.flat]
    return np.array(slopes).reshape(point.shape)


def step_for(x: float) -> float:
    """Return the step of a central difference for an entry of size ``x``."""
    return CENTRAL_STEP * max(1.0, abs(x))


def central_slope(f: Callable[[float], float], x: float, h: float) -> float:
    """Return (f(x+h) − f(x−h)) / 2h, with the 2h that floats really put between the two points."""
    above, below = x + h, x - h
    return (f(above) - f(below)) / (above - below)


def entry_by_entry(
    f: Callable[[Any], Any],
    point: Any,
    slope: Callable[[Callable[[Any], Any], float], float],
    dtype: str = "float64",
) -> Any:
    """Return ``slope(f of that entry alone, entry)`` for each entry of ``point``, in an array of its shape.

    All entries but one stay where they are, and that one is put back before the next one moves.
    """
    if not is_array(point):
        return slope(lambda x: number(f(x)), point)
    import numpy as np

    moving = point.astype(dtype)
    flat = moving.reshape(-1)  # a view: to set an entry of it is to move the point

    def moved(x: Any) -> Any:
        flat[i] = x
        return number(f(moving))

    slopes = np.empty(point.size)
    for i, entry in enumerate(map(float, point.flat)):
        slopes[i] = slope(moved, entry)
        flat[i] = entry
    return slopes.reshape(point.shape)


def number(value: Any) -> Any:
    """Return what f returned, if it is a single number.

    Raises
    ------
    GateError
        If it is an array, or nothing.
    """
    if value is None:
        raise GateError("f returned None: is there a return?")
    if isinstance(value, float):  # NumPy's float64 too
        return value
    value = plain(value.value if isinstance(value, Variable) else value)
    if is_array(value):
        raise GateError(
            f"f returned {describe(value)}; only a single number has a gradient: reduce it, e.g. with ck.sum"
        )
    return value
