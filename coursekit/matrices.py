"""Derivatives that are more than a vector: Jacobian and Hessian, and their products with a vector.

A backward pass is a *vector–Jacobian product*: it turns an upstream gradient u into uᵀJ and never writes J
down. All of this module is made of such passes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from coursekit.gradients import number
from coursekit.graph import ComputationalGraph, derivative_graph
from coursekit.values import as_value, is_array
from coursekit.variable import Variable

__all__ = ["hessian", "jacobian", "jvp", "vjp"]

Function = Callable[[Any], Any]


def vjp(f: Function, at: Any, upstream: Any) -> Any:
    """Return uᵀJ, the gradient of u · f: one backward pass, whatever the size of J.

    Parameters
    ----------
    f
        A function of one number or array that returns a number or array.
    at
        The point; the result has its shape.
    upstream
        u, of the shape of f(at).

    >>> import numpy as np
    >>> W = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> vjp(lambda x: W @ x, [1.0, 1.0], [1.0, 0.0])
    array([1., 2.])
    """
    graph = _graph(f, at)
    graph.forward()
    return graph.backward(upstream)["x"]


def jvp(f: Function, at: Any, direction: Any) -> Any:
    """Return J v, how f changes along a direction: by two backward passes.

    The first one as a graph: uᵀJ with u left open. That is linear in u, so its own backward pass by u, with
    v upstream, is J v.

    Parameters
    ----------
    f, at
        As in :func:`vjp`.
    direction
        v, of the shape of the point. The result has the shape of f(at).

    >>> import numpy as np
    >>> W = np.array([[1.0, 2.0], [3.0, 4.0]])
    >>> jvp(lambda x: W @ x, [1.0, 1.0], [1.0, 0.0])
    array([1., 3.])
    """
    graph = _graph(f, at)
    result = graph.forward()
    transposed = derivative_graph(graph, ["x"], upstream="upstream")
    transposed.forward(x=at, upstream=result * 0.0)
    return transposed.backward(direction)["upstream"]


def jacobian(f: Function, at: Any) -> Any:
    """Return all partial derivatives ∂fᵢ/∂xⱼ: one backward pass for each entry of f.

    Returns
    -------
    An array of the shape of f(at) followed by the shape of the point.

    >>> jacobian(lambda x: x * x, [1.0, 3.0])
    array([[2., 0.],
           [0., 6.]])
    """
    graph = _graph(f, at)
    graph.forward()
    return _rows(graph)


def hessian(f: Function, at: Any) -> Any:
    """Return all second partial derivatives of a function that returns a single number.

    The gradient as a graph, and one backward pass of it for each entry of the point.

    Returns
    -------
    An array of the shape of the point twice over; symmetric.

    Raises
    ------
    GateError
        If f returns an array.

    >>> hessian(lambda w: w[0]**3 * w[1] + 3 * w[0], [2.0, 3.0])
    array([[36., 12.],
           [12.,  0.]])
    """
    graph = _graph(f, at)
    number(graph.forward())
    slopes = graph.gradient("x")
    slopes.forward(x=at)
    return _rows(slopes)


def _graph(f: Function, at: Any) -> ComputationalGraph:
    """Return f as a graph of one input, x, that holds the point."""
    x = Variable(as_value(at, "the point"), "x")
    result = f(x)
    if not isinstance(result, Variable):  # f does not depend on x
        result = x[...] * 0.0 + result if is_array(x.value) else x * 0.0 + result
    return ComputationalGraph(result, inputs=["x"])


def _rows(graph: ComputationalGraph) -> Any:
    """Return the Jacobian of a graph that has run, row by row."""
    value = graph.outputs[0].value
    if not is_array(value):
        return graph.backward()["x"]
    import numpy as np

    rows = []
    for i in np.ndindex(value.shape):
        upstream = np.zeros(value.shape)
        upstream[i] = 1.0
        rows.append(graph.backward(upstream)["x"])
    return np.reshape(rows, value.shape + np.shape(rows[0]))
