"""Is this gradient right? Backprop, or a student's own rule, held against finite differences.

What goes wrong with such checks is known, and guarded against here: float32 is promoted to float64; each
entry has its own step; the error is relative, with a floor where both sides are rounding noise; at a kink
any slope between the two one-sided slopes is right; the upstream gradient is random, because ones hide
errors; and a wrong gradient that is a constant multiple of the right one is recognised as such.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from coursekit.errors import GateError
from coursekit.gradients import central_slope, entry_by_entry, gradient, number, step_for
from coursekit.graph import ComputationalGraph
from coursekit.stacking import CannotStack, Stacker, can_stack
from coursekit.values import as_value, describe, is_array, is_numpy, plain

__all__ = ["GradientReport", "check_gate", "check_gradient"]

TOLERANCE = 1e-5
"""A relative error above this fails. Central differences in float64 are good to about 1e-9; a wrong rule is
seldom off by less than 1e-2."""

MOST_CORNERS = (
    100  # entries of one input that are looked at for a corner; more than that are wrong, not corners
)


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
    problem = _problem(f, at, gradient)
    problem.point = {name: _promote(value, name, notes) for name, value in problem.point.items()}
    problem.analytic = {name: _like(dx, problem.point[name], name) for name, dx in problem.analytic.items()}
    if directions is not None:
        return _directional(problem, directions, seed, notes)
    return _compare(problem, notes)


def check_gate(gate: Any, *inputs: Any, seed: int = 0) -> GradientReport:
    """Hold a gate's ``backward`` against finite differences of its own ``forward``.

    Parameters
    ----------
    gate
        Any object with ``forward(*inputs)`` and ``backward(dz)``, a student's too. ``backward`` returns the
        gradient of each input, ``None`` where there is none to check; those of several inputs as a tuple, a
        list, or the rows of an array.
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

    if isinstance(gate, type):
        raise TypeError(f"{gate.__name__} is a class: hand in a gate of it, {gate.__name__}()")
    if not (hasattr(gate, "forward") and hasattr(gate, "backward")):
        raise TypeError(f"a gate has forward and backward; {type(gate).__name__} {gate!r:.60} has not")
    notes: list[str] = []
    names = [f"input {i + 1}" for i in range(len(inputs))]
    values = [_promote(as_value(x, name), name, notes) for x, name in zip(inputs, names, strict=True)]
    z = plain(gate.forward(*values))
    rng = np.random.default_rng(seed)
    dz = rng.uniform(0.5, 1.5, np.shape(z)) * rng.choice([-1.0, 1.0], np.shape(z))
    dz = dz if is_array(z) else float(dz)
    dxs = gate.backward(copy.copy(dz))
    several = isinstance(dxs, (tuple, list)) or (len(values) > 1 and np.shape(dxs)[:1] == (len(values),))
    dxs = tuple(dxs) if several else (dxs,)
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

    return _compare(_Problem(run, point, analytic), notes)


# ---- what is compared ------------------------------------------------------------------------------------


def _problem(f: Any, at: Any, mine: Any) -> _Problem:
    if isinstance(f, ComputationalGraph):
        if not isinstance(at, dict):
            raise TypeError("the point of a graph is a dictionary of its inputs: {'w1': 2.0, 'w2': 3.0}")
        missing = [name for name in f.inputs if name not in at]
        if missing:
            raise TypeError(f"the point has no value for {', '.join(missing)}")
        point = {name: as_value(at[name], name) for name in f.inputs}
        f.forward(**point)
        analytic = f.backward() if mine is None else dict(mine)
        return _Problem(lambda moved: f.forward(**moved), point, analytic, f)
    x = as_value(at, "the point")
    if mine is None:
        mine = gradient(f, x)
    elif callable(mine):
        mine = mine(x)
    return _Problem(lambda moved: f(moved["entry"]), {"entry": x}, {"entry": mine}, function=f)


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


@dataclass
class _Problem:
    """What is to be checked: a function of named inputs, a point, and a gradient by input."""

    run: Callable[[dict[str, Any]], Any]
    point: dict[str, Any]
    analytic: dict[str, Any]
    graph: ComputationalGraph | None = None
    function: Callable[[Any], Any] | None = None  # of the one input there is
    stacker: Stacker | None = None

    def along(self, name: str) -> Callable[[Any], float]:
        """Return the function of one input alone."""
        return lambda value: float(number(self.run({**self.point, name: value})))

    def slopes(self, name: str) -> Any:
        """Return central differences by each entry of an input."""
        x = self.point[name]
        if self.graph is not None and can_stack(self.graph, x):
            self.stacker = self.stacker or Stacker(self.graph, self.point)
            try:
                return self.stacker.central_differences(name)
            except CannotStack:
                pass  # entry by entry, then
        slope = lambda f, entry: central_slope(f, entry, step_for(entry))
        return entry_by_entry(self.function or self.along(name), x, slope)


def _compare(problem: _Problem, notes: list[str]) -> GradientReport:
    import numpy as np

    noise = 1e-15 * abs(number(problem.run(problem.point))) / step_for(0.0)  # rounding of f, divided by 2h
    floor = max(1e-8, noise / TOLERANCE)
    numeric: dict[str, Any] = {}
    worst, worst_error, failure = "", 0.0, ""
    kinks: list[str] = []
    pairs: list[tuple[Any, Any]] = []
    for name, x in problem.point.items():
        numeric[name] = problem.slopes(name)
        a, n = np.atleast_1d(problem.analytic[name]).ravel(), np.atleast_1d(numeric[name]).ravel()
        errors = _relative_errors(a, n, floor)
        counted = np.ones(a.size, dtype=bool)
        for k in np.flatnonzero(errors > TOLERANCE)[:MOST_CORNERS]:
            i = np.unravel_index(k, np.shape(x))
            if _is_kink(partial(_with_entry, problem.along(name), x, i), float(np.ravel(x)[k]), float(a[k])):
                kinks.append(_entry_name(name, i))
                counted[k] = False
        pairs.append((a[counted], n[counted]))
        errors = np.where(counted, errors, 0.0)
        k = int(np.argmax(errors))
        if errors[k] > worst_error:
            worst, worst_error = _entry_name(name, np.unravel_index(k, np.shape(x))), float(errors[k])
            failure = f"{worst} is {a[k]:.6g}, but finite differences give {n[k]:.6g}"
    wrongs, rights = (np.concatenate(side) for side in zip(*pairs, strict=True)) if pairs else ((), ())
    passed = worst_error <= TOLERANCE
    ratio = None if passed else _constant_ratio(wrongs, rights)
    verdict = _verdict(passed, worst_error, failure, kinks, ratio, len(rights))
    return GradientReport(passed, worst_error, worst, kinks, ratio, verdict, problem.analytic, numeric, notes)


def _relative_errors(a: Any, n: Any, floor: float) -> Any:
    """Return |a − n| / max(|a|, |n|, floor), infinite where either is not finite."""
    import numpy as np

    with np.errstate(invalid="ignore"):
        errors = np.abs(a - n) / np.maximum(np.maximum(np.abs(a), np.abs(n)), floor)
    return np.where(np.isfinite(a) & np.isfinite(n), errors, np.inf)


def _with_entry(f: Callable[[Any], float], x: Any, i: tuple[int, ...], entry: float) -> float:
    if not is_array(x):
        return f(entry)
    moved = x.copy()
    moved[i] = entry
    return f(moved)


def _directional(problem: _Problem, directions: int, seed: int, notes: list[str]) -> GradientReport:
    """Compare slopes along random directions: u · ∇f against (f(x + hu) − f(x − hu)) / 2h."""
    import numpy as np

    rng = np.random.default_rng(seed)
    run, point, analytic = problem.run, problem.point, problem.analytic
    worst, worst_error, failure = "", 0.0, ""
    expected, measured = [], []
    size = max([1.0, *(float(np.max(np.abs(x), initial=0.0)) for x in point.values())])
    h = step_for(size)
    floor = max(1e-8, 1e-15 * abs(number(run(point))) / h / TOLERANCE)
    for k in range(directions):
        u = {name: rng.random(np.shape(x)) - 0.5 for name, x in point.items()}
        length = float(np.sqrt(sum(np.vdot(v, v) for v in u.values())))
        n = central_slope(partial(_along, run, point, u), 0.0, h / length) / length
        a = float(sum(np.vdot(u[name], analytic[name]) for name in point)) / length
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


def _constant_ratio(wrongs: Iterable[float], rights: Iterable[float]) -> float | None:
    """Return wrong/right, if it is the same (and not 1) wherever the right gradient is not zero."""
    pairs = [(a, n) for a, n in zip(wrongs, rights, strict=True) if abs(n) > 1e-7 or abs(a) > 1e-7]
    if len(pairs) < 2 or any(abs(n) <= 1e-7 for _, n in pairs):
        return None
    ratios = sorted(a / n for a, n in pairs)
    middle = ratios[len(ratios) // 2]
    if abs(ratios[-1] - ratios[0]) > 1e-3 * abs(middle) or abs(middle - 1.0) < 1e-3 or abs(middle) < 1e-3:
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


def _entry_name(name: str, i: tuple[Any, ...]) -> str:
    return f"{name} [{', '.join(map(str, i))}]" if i else name
