"""Errors that say which gate, which shapes, and what to do."""

from __future__ import annotations

from typing import Any

from coursekit.values import describe, is_array

__all__ = ["CheckFailed", "CheckUnavailable", "GateError", "NotANumberWarning", "gate_failure"]


class GateError(ValueError):
    """A gate or graph was asked for something it cannot compute; the message says what would work."""


class NotANumberWarning(RuntimeWarning):
    """A forward pass produced NaN; the message names the first gate that did."""


class CheckFailed(AssertionError):
    """A question's check found a wrong answer; the message holds the hint."""

    def _render_traceback_(self) -> list[str]:
        """What IPython shows: the hint, no trace of ours."""
        return [f"{type(self).__name__}: {self}"]


class CheckUnavailable(RuntimeError):
    """A question cannot be checked here; the message says what is missing and what to do."""

    _render_traceback_ = CheckFailed._render_traceback_


def gate_failure(name: str, gate: Any, values: list[Any], error: Exception) -> Exception:
    """Return the error to raise when ``gate`` failed on ``values``: it names gate, values and remedy."""
    kind = type(gate).__name__
    where = f"{kind} {name!r}" if name and name != kind else kind
    given = " and ".join(describe(x) for x in values)
    if isinstance(error, ZeroDivisionError):
        return GateError(f"{where} cannot divide by zero: it was given {given}")
    if isinstance(error, OverflowError):
        return GateError(
            f"{where}: the result is larger than the largest float (about 1.8e308); it was given {given}"
        )
    if isinstance(error, TypeError):
        return TypeError(f"{where}: {error}")
    if any(is_array(x) for x in values):
        said = "" if kind == "MatMulGate" else f" ({error})"  # NumPy speaks of core dimensions and gufuncs
        return GateError(f"{where} was given {given}, and these do not fit: {_rule(kind)}{said}")
    return GateError(f"{where} is not defined for {given} ({error})")


def _rule(kind: str) -> str:
    if kind == "MatMulGate":
        return (
            "in x @ w the last axis of x must be as long as the first of w (the last but one, if it has more)"
        )
    if kind in ("IndexGate", "ReshapeGate", "ConcatenateGate", "TransposeGate"):
        return "the shape must suit the gate's parameter"
    return "compared from the right, two axes must be equally long, or one of them must be 1 or missing"
