"""``explore_descent``: gradient descent on a surface, one step a key press."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import traitlets

from coursekit.graph import ComputationalGraph
from coursekit.values import is_array
from coursekit.variable import Variable, variables
from coursekit.widgets.base import Explorer, finite, one_of, plot_module, plot_style
from coursekit.widgets.contours import contours_of
from coursekit.widgets.tape import run_tape, tape_of

__all__ = ["ExploreDescent", "explore_descent"]

Json = dict[str, Any]
Point = tuple[float, float]
Window = tuple[Point, Point]

MOST_STEPS = 200
LOWEST_RATE, HIGHEST_RATE = 1e-4, 10.0
GRID = 61  # the contours are drawn from so many values a side
OWN = "your function"


def explore_descent(
    surface: str | ComputationalGraph | Callable[..., Any] = "bowl",
    start: Sequence[float] | None = None,
    rate: float | None = None,
    window: Sequence[Sequence[float]] | None = None,
) -> ExploreDescent:
    """Watch gradient descent walk down a surface of two parameters, step by step.

    Parameters
    ----------
    surface
        ``"bowl"``, ``"valley"`` (long and narrow: the path zigzags), ``"two valleys"`` (the start decides
        which is found), ``"log-likelihood"`` (the decks' three points, BER-16 … BER-23: there is no minimum,
        and the path runs away); or a function of two numbers, or of one vector of two, made of operators and
        coursekit's functions; or a graph of two inputs.
    start
        Where to begin; by default (1, 3) for the log-likelihood, else a point near the edge.
    rate
        The learning rate, from 0.0001 to 10: a step goes from w to w − rate · ∇.
    window
        What is seen of the plane: ``((low, high), (low, high))``; only for a surface of your own, by default
        −3 to 3.

    Returns
    -------
    ExploreDescent
        The widget; a notebook shows it. ``widget.path`` holds the points so far and ``widget.losses`` their
        heights.

    Raises
    ------
    ValueError
        For an unknown surface; numbers that are not finite; a function that raises, or that has no values
        in the window.
    TypeError
        If the function does not take two inputs, or does not return one number.

    >>> widget = explore_descent("log-likelihood", rate=0.01)
    >>> widget.step = 1
    >>> [tuple(round(w, 4) for w in point) for point in widget.path]       # BER-20: [1, 2.96]
    [(1.0, 3.0), (1.0, 2.96)]
    """
    return ExploreDescent(surface, start, rate, window)


@dataclass(frozen=True)
class Surface:
    """A function of two numbers, and how to look at it."""

    name: str
    formula: str
    graph: ComputationalGraph
    names: tuple[str, str]
    window: Window
    start: Point
    rate: float
    note: str = ""

    def evaluate(self, point: Sequence[float]) -> tuple[float, Point]:
        """Return height and gradient at a point; NaN where the function has no value."""
        nothing = (math.nan, (math.nan, math.nan))
        try:
            with np.errstate(all="ignore"):  # where the path leads, the picture tells
                if len(self.graph.inputs) == 1:
                    value, (slope,) = self._run(np.array(point, dtype=float))
                else:
                    value, slope = self._run(*point)
        except (ArithmeticError, ValueError):
            return nothing
        return float(value), (float(slope[0]), float(slope[1]))

    @cached_property
    def _run(self) -> Callable[..., Any]:
        return self.graph.compile()

    def story(self) -> Json:
        """Return what the module in the browser needs to know: tape, contours, where to start."""
        inputs = self.graph.inputs
        samples: list[Any] = list(self.start) if len(inputs) == 2 else [np.array(self.start)]
        tape = tape_of(self.graph, dict(zip(inputs, samples, strict=True)), inputs)
        across, up = (np.linspace(low, high, GRID) for low, high in self.window)
        with np.errstate(all="ignore"):
            heights = run_tape(tape, np.meshgrid(across, up))[0]
        heights = np.broadcast_to(heights, (GRID, GRID))
        if not np.isfinite(heights).any():
            raise ValueError(f"{self.name}: no value is finite in the window {self.window}; choose another")
        return {
            "name": self.name,
            "formula": self.formula,
            "names": list(self.names),
            "window": [list(side) for side in self.window],
            "start": list(self.start),
            "rate": self.rate,
            "note": self.note,
            "tape": tape,
            "contours": contours_of(heights),
        }


class ExploreDescent(Explorer):
    """The widget that :func:`explore_descent` returns.

    Attributes
    ----------
    surface : str
        The name of the surface that is shown.
    start : list of float
        Where the path begins.
    rate : float
        The learning rate.
    step : int
        How many steps have been taken, at most 200.
    surfaces : list of dict
        What the module in the browser needs to know of each surface.
    """

    _esm = plot_module("explore_descent.js")
    _css = plot_style("explore_descent.css")

    surfaces: traitlets.List[Any] = traitlets.List().tag(sync=True)
    surface = traitlets.Unicode().tag(sync=True)
    start: traitlets.List[Any] = traitlets.List().tag(sync=True)
    rate = traitlets.Float(0.1).tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        surface: Any = "bowl",
        start: Sequence[float] | None = None,
        rate: float | None = None,
        window: Any = None,
    ) -> None:
        known = {each.name: each for each in built_in()}
        if isinstance(surface, str):
            shown = known[one_of("surface", surface, known)]
            if window is not None:
                raise ValueError(f"the window of {surface!r} is fixed; give a function of your own one")
        else:
            shown = own_surface(surface, start, window)
            known = {shown.name: shown, **known}
        self._known = known
        super().__init__(
            title="Gradient descent",
            surfaces=[each.story() for each in known.values()],
            surface=shown.name,
            start=list(shown.start if start is None else _pair("start", start)),
            rate=shown.rate if rate is None else rate,
        )
        if not math.isfinite(shown.evaluate(self.start)[0]):
            raise ValueError(f"{shown.name} has no value at the start {tuple(self.start)}; start elsewhere")

    @traitlets.validate("surface")
    def _is_known(self, proposal: Any) -> str:
        return one_of("surface", proposal["value"], self._known)

    @traitlets.validate("start")
    def _two_numbers(self, proposal: Any) -> list[float]:
        return list(_pair("start", proposal["value"]))

    @traitlets.validate("rate")
    def _positive(self, proposal: Any) -> float:
        rate = finite("rate", proposal["value"])
        if not LOWEST_RATE <= rate <= HIGHEST_RATE:
            raise ValueError(
                f"the learning rate should be from {LOWEST_RATE} to {HIGHEST_RATE:g}, not {rate:g}"
            )
        return rate

    @traitlets.validate("step")
    def _step_within(self, proposal: Any) -> int:
        return max(0, min(int(proposal["value"]), MOST_STEPS))

    @property
    def path(self) -> list[Point]:
        """The points so far, from the start on; shorter than ``step`` if a value was not finite."""
        return [point for point, _, _ in self._walk()]

    @property
    def losses(self) -> list[float]:
        """The heights of the points of ``path``."""
        return [value for _, value, _ in self._walk()]

    @property
    def gradient(self) -> Point:
        """The gradient at the last point of ``path``."""
        return self._walk()[-1][2]

    def _walk(self) -> list[tuple[Point, float, Point]]:
        surface = self._known[self.surface]
        point: Point = (self.start[0], self.start[1])
        walk = [(point, *surface.evaluate(point))]
        for _ in range(self.step):
            _, _, slope = walk[-1]
            point = (point[0] - self.rate * slope[0], point[1] - self.rate * slope[1])
            here = (point, *surface.evaluate(point))
            if not all(map(math.isfinite, (*point, here[1], *here[2]))):
                break
            walk.append(here)
        return walk


def built_in() -> list[Surface]:
    """Return the surfaces that are always offered."""
    from coursekit.examples import data

    w1, w2 = variables("w1 w2")
    w = Variable(data.w_start, "w")

    def surface(name: str, formula: str, z: Any, window: Window, start: Point, *more: Any) -> Surface:
        inputs = ["w"] if name == "log-likelihood" else ["w1", "w2"]
        graph = ComputationalGraph(z, inputs=inputs)
        return Surface(name, formula, graph, ("w1", "w2"), window, start, *more)

    square = ((-3.0, 3.0), (-3.0, 3.0))
    narrow, small = ((-3.0, 3.0), (-1.5, 1.5)), ((-2.0, 2.0), (-2.0, 2.0))
    return [
        surface("bowl", "½·w1² + ½·w2²", 0.5 * w1**2 + 0.5 * w2**2, square, (-2.0, 2.5), 0.1),
        surface("valley", "½·w1² + 10·w2²", 0.5 * w1**2 + 10 * w2**2, narrow, (-2.5, 1.0), 0.09),
        surface(
            "two valleys",
            "¼·w1⁴ − ½·w1² + ½·w2²",
            0.25 * w1**4 - 0.5 * w1**2 + 0.5 * w2**2,
            small,
            (0.1, 1.5),
            0.2,
            "The start decides which of the two minima, (−1, 0) or (1, 0), is found; between them, at "
            "(0, 0), lies a saddle, where the gradient is 0 too.",
        ),
        surface(
            "log-likelihood",
            "−ll(w) of the points (2, 1)+, (0, −2)+, (−1, −1)−",
            data.negative_log_likelihood(w),
            ((-2.0, 6.0), (-4.0, 4.0)),
            (float(data.w_start[0]), float(data.w_start[1])),
            0.1,
            "This surface has no minimum: a line separates the three points, so longer and longer weights "
            "make −ll smaller and smaller, and the path runs away for ever.",
        ),
    ]


def own_surface(f: Any, start: Sequence[float] | None, window: Any) -> Surface:
    """Return the surface of a function or graph that somebody brings along."""
    sides = ((-3.0, 3.0), (-3.0, 3.0)) if window is None else _window(window)
    if start is None:
        point = (0.85 * sides[0][0] + 0.15 * sides[0][1], 0.2 * sides[1][0] + 0.8 * sides[1][1])
    else:
        point = _pair("start", start)
    graph, names = _graph_of(f, point)
    return Surface(OWN, getattr(f, "__name__", "").replace("<lambda>", ""), graph, names, sides, point, 0.05)


def _graph_of(f: Any, point: Point) -> tuple[ComputationalGraph, tuple[str, str]]:
    if hasattr(f, "nodes") and hasattr(f, "outputs"):
        if len(f.inputs) != 2 or len(f.outputs) != 1:
            raise TypeError(
                f"explore_descent() draws graphs of two inputs and one output; this one has the inputs "
                f"{', '.join(f.inputs)} and {len(f.outputs)} output(s). Put numbers in place of the others"
            )
        own = ComputationalGraph(*f.outputs, inputs=f.inputs)  # theirs keeps the values of its last run
        own.forward(**dict(zip(own.inputs, point, strict=True)))
        return own, (own.inputs[0], own.inputs[1])
    if not callable(f):
        raise TypeError(
            f"explore_descent() takes the name of a surface, a function or a graph, not {type(f).__name__} "
            f"{f!r:.60}; e.g. explore_descent(lambda w1, w2: w1**2 + 3 * w2**2)"
        )
    wanted = [
        p.name
        for p in inspect.signature(f).parameters.values()
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
    ]
    if len(wanted) not in (1, 2):
        raise TypeError(
            f"the function should take two numbers, or one vector of two; it takes {len(wanted)}"
            f"{': ' * bool(wanted)}{', '.join(wanted)}. Fix the others: lambda w1, w2: f(w1, w2, 1.0)"
        )
    if len(wanted) == 2:
        leaves = [Variable(value, name) for name, value in zip(wanted, point, strict=True)]
    else:
        leaves = [Variable(np.array(point), "w")]
    try:
        result = f(*leaves)
    except Exception as error:
        raise ValueError(
            f"the function raised {type(error).__name__} at {point}: {error}. Make it of operators and "
            "coursekit's functions (ck.exp, ck.log, …), which the engine can differentiate"
        ) from error
    graph, _ = _single(result, [str(leaf.name) for leaf in leaves])
    return graph, (wanted[0], wanted[1]) if len(wanted) == 2 else ("w1", "w2")


def _single(result: Any, inputs: list[str]) -> tuple[ComputationalGraph, tuple[str, str]]:
    if not isinstance(result, Variable):
        raise TypeError(f"the function returned {result!r:.60}, which does not depend on its inputs")
    if is_array(result.value):
        raise TypeError(
            f"the function returned an array of shape {result.value.shape}; a surface needs one number a "
            "point: reduce it, e.g. with ck.sum"
        )
    return ComputationalGraph(result, inputs=inputs), (inputs[0], inputs[-1])


def _pair(name: str, value: Any) -> Point:
    try:
        one, other = value
    except (TypeError, ValueError):
        raise ValueError(f"{name} should be two numbers, such as (1.0, 3.0), not {value!r:.60}") from None
    return finite(name, one), finite(name, other)


def _window(value: Any) -> Window:
    example = "window=((-3, 3), (-3, 3))"
    try:
        across, up = (_pair("window", side) for side in value)
    except (TypeError, ValueError) as error:
        raise ValueError(f"the window should be two pairs of numbers, {example}: {error}") from None
    for low, high in (across, up):
        if low >= high:
            raise ValueError(f"in the window, {low:g} is not below {high:g}: write {example}")
    return across, up
