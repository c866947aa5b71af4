"""Partial credit: a test cell whose last value is a number gives so many points, as in nbgrader.

nbgrader gives full marks for any last value that is no number, and so must we where the author merely shows
something. But where his last line *computes* points from an answer, ``2 - abs(answer - 39)``, the answer
must not turn them into an array, a text or NaN and be paid in full for it.
"""

from __future__ import annotations

import ast
import decimal
import math
import numbers
from collections.abc import Iterator
from typing import Any

from autograder.remote import RemoteClass

__all__ = ["computes_points", "points_of"]

_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
_FUNCTIONS = frozenset(["abs", "float", "int", "len", "max", "min", "round", "sum"])
_OF_NUMPY = frozenset(["abs", "average", "clip", "max", "maximum", "mean", "min", "minimum", "round", "sum"])


def computes_points(tree: ast.Module) -> bool:
    """Whether a cell ends with an expression that computes a number.

    >>> [computes_points(ast.parse(text)) for text in ("2 * (f(1) == 3)", "n = 0\\nn += f(1)\\nn", "f(1)")]
    [True, True, False]
    """
    last = tree.body[-1] if tree.body else None
    return isinstance(last, ast.Expr) and _is_number(last.value, tree, frozenset())


def _is_number(node: ast.expr, tree: ast.Module, seen: frozenset[str]) -> bool:
    """Whether an expression is meant as a number: it is one, or it computes with one."""
    match node:
        case ast.Constant(value=value):
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=inside):
            return _is_number(inside, tree, seen)
        case ast.BinOp(left=left, op=op, right=right):
            return isinstance(op, _ARITHMETIC) and any(_is_number(x, tree, seen) for x in (left, right))
        case ast.IfExp(body=first, orelse=second):
            return _is_number(first, tree, seen) and _is_number(second, tree, seen)
        case ast.Call(func=ast.Name(id=name)):
            return name in _FUNCTIONS
        case ast.Call(func=ast.Attribute(value=ast.Name(id="np" | "numpy" | "math"), attr=name)):
            return name in _OF_NUMPY
        case ast.Name(id=name) if name not in seen:
            values = list(_values_of(name, tree))
            return bool(values) and all(_is_number(value, tree, seen | {name}) for value in values)
    return False


def _values_of(name: str, tree: ast.Module) -> Iterator[ast.expr]:
    """What a cell binds to a name; ``n += x`` keeps a number a number."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=value):
                if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                    yield value
            case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value) if found == name:
                yield value


def points_of(value: Any, most: float, computed: bool) -> float:
    """The points that a test cell's last value gives.

    Parameters
    ----------
    value
    most : float
        Points of the cell.
    computed : bool
        Whether the cell computes points (`computes_points`).

    >>> [points_of(value, 2.0, True) for value in (1.5, 7, -1, float("nan"), True, False, "full", None)]
    [1.5, 2.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0]
    >>> [points_of(value, 2.0, False) for value in (1.5, float("nan"), False, "full", None)]
    [1.5, 0.0, 2.0, 2.0, 2.0]
    """
    if isinstance(type(value), RemoteClass):
        return 0.0 if computed else most
    if computed:
        value = _single(value)
    is_truth = type(value) is bool
    if isinstance(value, numbers.Real) and not is_truth:
        return _clipped(value, most)
    if not computed or (is_truth and value):
        return most
    return _clipped(value, most) if isinstance(value, decimal.Decimal) else 0.0


def _single(value: Any) -> Any:
    """The only item of an array that has but one, and a number or truth of NumPy's as Python's."""
    module = type(value).__module__.partition(".")[0]
    if module == "numpy" and getattr(value, "size", 0) == 1:
        return value.item()
    return value


def _clipped(value: Any, most: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):  # a span of time; an int beyond all floats
        return 0.0
    # NaN would be full marks in nbgrader; here a student who made a test compute it gets none.
    return min(max(number, 0.0), most) if math.isfinite(number) else 0.0
