"""Is this gradient right? Backprop, or a student's own rule, held against finite differences.

What goes wrong with such checks is known, and guarded against here: float32 is promoted to float64; each
entry has its own step; the error is relative, with a floor where both sides are rounding noise; at a kink
any slope between the two one-sided slopes is right; the upstream gradient is random, because ones hide
errors; and a wrong gradient that is a constant multiple of the right one is recognised as such.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import product
from math import inf, isfinite
from typing import Any

from coursekit.errors import GateError
from coursekit.gradients import central_slope, entry_by_entry, gradient, number, step_for
from coursekit.graph import ComputationalGraph
from coursekit.values import as_value, describe, is_array, is_numpy, plain

__all__ = ["GradientReport", "check_gate", "check_gradient"]

TOLERANCE = 1e-5
"""A relative error above this fails. Central differences in float64 are good to about 1e-9; a wrong rule is
seldom off by less than 1e-2."""


@dataclass(frozen=True)
class GradientReport:
    """The outcome of a gradient check.

    Attributes
    ----------
    passed : bool
        Whether every entry agrees, kinks aside.
    max_relative_error : float
        The largest |analytic − numeric| / max(|analytic|, |numeric|, floor).
    worst : str
        The entry where it occurs, by name.
    kinks : list of str
        Entries where the function has a corner and the gradient lies between the two slopes.
    ratio : float or None
        analytic / numeric, where the gradient is wrong by one constant factor.
    verdict : str
        The outcome in words.
    analytic, numeric : dict
        The two gradients by input.
    notes : list of str
        What was done on the way, such as promoting float32.
    """

    passed: bool
    max_relative_error: float
    worst: str
    kinks: list[str]
    ratio: float | None
    verdict: str
    analytic: dict[str, Any] = field(repr=False)
    numeric: dict[str, Any] = field(repr=False)
    notes: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return self.passed

    def __str__(self) -> str:
        return " ".join([self.verdict, *self.notes])


def check_gradient(
    f: Callable[[Any], Any] | ComputationalGraph,
    at: Any,
    gradient: Any = None,
    *,
    directions: int | None = None,
    seed: int = 0,
) -> GradientReport:
    """Hold a gradient of ``f`` against central differences.

    Parameters
    ----------
    f
        A function of one number or array that returns one number; or a graph.
    at
        The point; for a graph a dictionary of its inputs.
    gradient
        The gradient to check: an array of the point's shape, or a function that returns one. Left out: our
        own backprop is checked.
    directions
        Check only the slopes along so many random directions instead of every entry: fast for large arrays,
        two evaluations each.
    seed
        For the random directions.

    Raises
    ------
    TypeError, GateError
        If the point is not made of numbers, or f does not return a single number.

    >>> g = lambda w: w[0]**3 * w[1] + 3 * w[0]
    >>> check_gradient(g, [2.0, 3.0]).passed
    True
    >>> print(check_gradient(g, [2.0, 3.0], gradient=[36.0, 8.0]).verdict)       # one path forgotten
    Wrong: entry [0] is 36, but finite differences give 39 (relative error 0.077).
    """
    notes: list[str] = []
    run, point, analytic = _problem(f, at, gradient)
    point = {name: _promote(value, name, notes) for name, value in point.items()}
    analytic = {name: _like(dx, point[name], name) for name, dx in analytic.items()}
    if directions is not None:
        return _directional(run, point, analytic, directions, seed, notes)
    return _compare(run, point, analytic, notes)


def check_gate(gate: Any, *inputs: Any, seed: int = 0) -> GradientReport:
    """Hold a gate's ``backward`` against finite differences of its own ``forward``.

    Parameters
    ----------
    gate
        Any object with ``forward(*inputs)`` and ``backward(dz)``, a student's too. ``backward`` returns the
        gradient of each input, ``None`` where there is none to check.
    *inputs
        Numbers or arrays.
    seed
        For the random upstream gradient. Upstream ones would hide what sums to zero, such as every error in
        a softmax.

    Raises
    ------
    GateError
        If ``backward`` does not return one gradient an input, or one of the wrong shape; the message says
        which, and what it should be.

    >>> from coursekit.gates import MultiplyGate
    >>> check_gate(MultiplyGate(), -2.0, 5.0).passed
    True
    >>> class Swapped(MultiplyGate):
    ...     def backward(self, dz):
    ...         return dz * self.x, dz * self.y
    >>> check_gate(Swapped(), -2.0, 5.0).passed
    False
    """
    import numpy as np

    notes: list[str] = []
    names = [f"input {i + 1}" for i in range(len(inputs))]
    values = [_promote(as_value(x, name), name, notes) for x, name in zip(inputs, names, strict=True)]
    z = plain(gate.forward(*values))
    rng = np.random.default_rng(seed)
    dz = rng.uniform(0.5, 1.5, np.shape(z)) * rng.choice([-1.0, 1.0], np.shape(z))
    dz = dz if is_array(z) else float(dz)
    dxs = gate.backward(copy.copy(dz))
    dxs = tuple(dxs) if isinstance(dxs, (tuple, list)) else (dxs,)
    if len(dxs) != len(values):
        raise GateError(
            f"{type(gate).__name__}.backward() returned {len(dxs)} gradients for {len(values)} inputs: "
            "it should return one each, in order (None where there is none)"
        )
    point, analytic = {}, {}
    for name, x, dx in zip(names, values, dxs, strict=True):
        if dx is not None:
            point[name], analytic[name] = x, _like(dx, x, name)

    def run(moved: dict[str, Any]) -> float:
        replaced = [moved.get(name, x) for name, x in zip(names, values, strict=True)]
        return float(np.sum(dz * gate.forward(*replaced)))

    return _compare(run, point, analytic, notes)


# ---- what is compared ------------------------------------------------------------------------------------


def _problem(
    f: Any, at: Any, mine: Any
) -> tuple[Callable[[dict[str, Any]], float], dict[str, Any], dict[str, Any]]:
    """Return a function of named inputs, the point, and the gradient to check, by name."""
    if isinstance(f, ComputationalGraph):
        if not isinstance(at, dict):
            raise TypeError("the point of a graph is a dictionary of its inputs: {'w1': 2.0, 'w2': 3.0}")
        point = {name: as_value(at[name], name) for name in f.inputs}
        f.forward(**point)
        analytic = f.backward() if mine is None else dict(mine)
        return (lambda moved: number(f.forward(**moved))), point, analytic
    x = as_value(at, "the point")
    if mine is None:
        mine = gradient(f, x)
    elif callable(mine):
        mine = mine(x)
    return (lambda moved: number(f(moved["entry"]))), {"entry": x}, {"entry": mine}


def _promote(value: Any, name: str, notes: list[str]) -> Any:
    """Return ``value`` in float64: in float32 the differences would drown in rounding."""
    if is_numpy(value) and value.dtype.itemsize < 8:
        notes.append(f"{name} was promoted from {value.dtype} to float64 for the check.")
        return as_value(value.astype("float64"), name)
    return value


def _like(dx: Any, x: Any, name: str) -> Any:
    """Return the gradient to check as a value of the shape of ``x``, or say what is wrong with it."""
    dx = as_value(dx, f"the gradient of {name}")
    shape, wanted = getattr(dx, "shape", ()), getattr(x, "shape", ())
    if shape != wanted:
        advice = (
            " (was it stretched by broadcasting? sum over those axes)" if len(shape) >= len(wanted) else ""
        )
        raise GateError(f"the gradient of {name} is {describe(dx)}, but {name} is {describe(x)}{advice}")
    return dx


def _compare(
    run: Callable[[dict[str, Any]], float], point: dict[str, Any], analytic: dict[str, Any], notes: list[str]
) -> GradientReport:
    noise = 1e-15 * abs(run(point)) / step_for(0.0)  # rounding of f, seen through the division by 2h
    floor = max(1e-8, noise / TOLERANCE)
    numeric = {}
    worst, worst_error, kinks, rights, wrongs = "", 0.0, [], [], []
    failure = ""
    for name, x in point.items():
        f = partial(_with_input, run, point, name)
        slopes = numeric[name] = entry_by_entry(
            f, x, lambda g, entry: central_slope(g, entry, step_for(entry))
        )
        for i in _indices(x):
            a, n = _at(analytic[name], i), _at(slopes, i)
            error = abs(a - n) / max(abs(a), abs(n), floor) if isfinite(a) and isfinite(n) else inf
            label = _entry_name(name, i)
            if error > TOLERANCE and _is_kink(partial(_with_entry, f, x, i), _at(x, i), a):
                kinks.append(label)
                continue
            rights.append(n)
            wrongs.append(a)
            if error > worst_error:
                worst, worst_error, failure = (
                    label,
                    error,
                    f"{label} is {a:.6g}, but finite differences give {n:.6g}",
                )
    passed = worst_error <= TOLERANCE
    ratio = None if passed else _constant_ratio(wrongs, rights)
    verdict = _verdict(passed, worst_error, failure, kinks, ratio, len(rights))
    return GradientReport(passed, worst_error, worst, kinks, ratio, verdict, analytic, numeric, notes)


def _with_input(run: Callable[[dict[str, Any]], Any], point: dict[str, Any], name: str, value: Any) -> float:
    return float(number(run({**point, name: value})))


def _with_entry(f: Callable[[Any], float], x: Any, i: tuple[int, ...], entry: float) -> float:
    if not is_array(x):
        return f(entry)
    moved = x.copy()
    moved[i] = entry
    return f(moved)


def _directional(
    run: Callable[[dict[str, Any]], float],
    point: dict[str, Any],
    analytic: dict[str, Any],
    directions: int,
    seed: int,
    notes: list[str],
) -> GradientReport:
    """Compare slopes along random directions: u · ∇f against (f(x + hu) − f(x − hu)) / 2h."""
    import numpy as np

    rng = np.random.default_rng(seed)
    worst, worst_error, failure = "", 0.0, ""
    expected, measured = [], []
    for k in range(directions):
        u = {name: rng.standard_normal(np.shape(x)) for name, x in point.items()}
        length = float(np.sqrt(sum(np.sum(v * v) for v in u.values())))
        u = {name: v / length for name, v in u.items()}
        size = max(1.0, max(float(np.max(np.abs(x), initial=0.0)) for x in point.values()))
        n = central_slope(partial(_along, run, point, u), 0.0, step_for(size))
        a = float(sum(np.sum(u[name] * analytic[name]) for name in point))
        floor = max(1e-8, 1e-15 * abs(run(point)) / step_for(size) / TOLERANCE)
        error = abs(a - n) / max(abs(a), abs(n), floor)
        expected.append(n)
        measured.append(a)
        if error > worst_error:
            worst, worst_error = f"direction {k + 1}", error
            failure = f"{worst} has slope {a:.6g}, but finite differences give {n:.6g}"
    passed = worst_error <= TOLERANCE
    ratio = None if passed else _constant_ratio(measured, expected)
    verdict = _verdict(passed, worst_error, failure, [], ratio, directions)
    return GradientReport(
        passed, worst_error, worst, [], ratio, verdict, {"slopes": measured}, {"slopes": expected}, notes
    )


def _along(run: Callable[[dict[str, Any]], Any], point: dict[str, Any], u: dict[str, Any], t: float) -> float:
    return float(number(run({name: point[name] + t * u[name] for name in point})))


# ---- what it means ---------------------------------------------------------------------------------------


def _is_kink(f: Callable[[float], float], x: float, slope: float) -> bool:
    """Tell whether f has a corner within a step of x, and ``slope`` lies between its one-sided slopes.

    Of a smooth function the two one-sided slopes differ by about h·f″, ten times less at a tenth of h; at a
    corner the difference stays.
    """
    gaps = []
    for h in (step_for(x), step_for(x) / 10):
        here = f(x)
        left, right = (here - f(x - h)) / h, (f(x + h) - here) / h
        gaps.append(abs(right - left))
    slack = 1e-3 * max(abs(left), abs(right), 1e-3)
    between = min(left, right) - slack <= slope <= max(left, right) + slack
    return between and gaps[0] > slack and gaps[1] > 0.5 * gaps[0]


def _constant_ratio(wrongs: Sequence[float], rights: Sequence[float]) -> float | None:
    """Return wrong/right, if it is the same (and not 1) wherever the right gradient is not zero."""
    pairs = [(a, n) for a, n in zip(wrongs, rights, strict=True) if abs(n) > 1e-7 or abs(a) > 1e-7]
    if len(pairs) < 2 or any(abs(n) <= 1e-7 for _, n in pairs):
        return None
    ratios = sorted(a / n for a, n in pairs)
    middle = ratios[len(ratios) // 2]
    if abs(ratios[-1] - ratios[0]) > 1e-3 * abs(middle) or abs(middle - 1.0) < 1e-3:
        return None
    return round(middle, 6)


def _verdict(
    passed: bool, error: float, failure: str, kinks: list[str], ratio: float | None, compared: int
) -> str:
    corners = ""
    if kinks:
        corners = (
            f" At {', '.join(kinks[:3])}{' …' if len(kinks) > 3 else ''} the function has a corner: "
            + ("any slope between the two sides is right there.")
        )
    if passed:
        quality = "exact" if error == 0 else "very good" if error < 1e-7 else "good"
        slopes = f"{compared} slope{'s' * (compared != 1)}"
        return f"Right: {slopes} agree, {quality} (largest relative error {error:.1e}).{corners}"
    text = f"Wrong: {failure} (relative error {error:.2g})."
    if ratio is not None:
        text += f" Every entry is off by the same factor, {ratio:g}: {_factor_advice(ratio)}."
    return text + corners


def _factor_advice(ratio: float) -> str:
    if ratio == -1:
        return "a sign is missing"
    if ratio in (2.0, 0.5):
        return "look for a forgotten ½, or the 2 of a square's derivative"
    return "look for a mean whose gradient was taken for a sum's, or the other way round"


def _entry_name(name: str, i: tuple[int, ...]) -> str:
    return f"{name} [{', '.join(map(str, i))}]" if i else name


def _indices(x: Any) -> Iterable[tuple[int, ...]]:
    """Return the indices of all entries of ``x``; of a number the one index ()."""
    return product(*map(range, getattr(x, "shape", ())))


def _at(value: Any, i: tuple[int, ...]) -> float:
    return float(value[i]) if is_array(value) else float(value)
