"""Slopes of a function, on numbers and on symbols: what the examples measure with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from coursekit.formulas import sympy_module
from coursekit.gradients import gradient
from coursekit.graph import ComputationalGraph
from coursekit.values import is_array
from coursekit.variable import variables

__all__ = ["exact", "on_a_symbol", "on_symbols", "one_sided_slopes", "slopes", "steepest"]

Function = Callable[[Any], Any]


def slopes(f: Function, at: list[float]) -> list[float]:
    """Return the slopes of a function of one number at several points, by backprop.

    >>> slopes(lambda x: x * x, [1.0, 3.0])
    [2.0, 6.0]
    """
    return [gradient(f, x) for x in at]


def one_sided_slopes(f: Function, at: float, h: float = 2.0**-20) -> list[float]:
    """Return the slopes to the left and to the right of a point: at a corner they differ.

    >>> one_sided_slopes(abs, 0.0)
    [-1.0, 1.0]
    """
    return [(f(at) - f(at - h)) / h, (f(at + h) - f(at)) / h]


def steepest(f: Function) -> float:
    """Return the largest slope of an S-shaped function, where its second derivative is 0: by bisection."""
    (x,) = variables("x")
    slope = ComputationalGraph(f(x)).gradient("x")
    second = slope.gradient("x")
    low, high = -2.0, 3.0
    for _ in range(60):
        middle = (low + high) / 2
        rising = second.forward(x=middle) > 0
        low, high = (middle, high) if rising else (low, middle)
    return slope.forward(x=low)


def on_symbols(graph: ComputationalGraph, **values: Any) -> tuple[Any, dict[str, Any]]:
    """Run a graph forward and backward on SymPy symbols: its gates then give formulas.

    Parameters
    ----------
    graph
        A graph with one output that is a single number.
    **values
        What to put in place of the symbol of an input's name.

    Returns
    -------
    value, gradient
        A SymPy expression with exact numbers, and one for each input; arrays of them for an input array.

    Raises
    ------
    ImportError
        Without SymPy.

    >>> x, y = variables("x y")
    >>> on_symbols(ComputationalGraph(x * y + x))
    (x*y + x, {'x': y + 1, 'y': x})
    """
    symbol = sympy_module().Symbol
    value = graph.forward(**{name: values.get(name, symbol(name)) for name in graph.inputs})
    return exact(value), {name: exact(dx) for name, dx in graph.backward().items()}


def on_a_symbol(f: Function, name: str) -> tuple[Any, Any]:
    """Return value and slope of a function of one number, as formulas in a symbol of that name.

    >>> on_a_symbol(lambda x: x**3, "x")
    (x**3, 3*x**2)
    """
    (x,) = variables(name)
    value, slopes = on_symbols(ComputationalGraph(f(x)))
    return value, slopes[name]


def exact(formula: Any) -> Any:
    """Return a SymPy expression, or an array of them, with exact numbers in place of floats."""
    if is_array(formula):
        return [exact(entry) for entry in formula]
    return sympy_module().nsimplify(formula, rational=True)
