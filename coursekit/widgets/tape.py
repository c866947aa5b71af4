"""A graph as a tape: a list of instructions on single numbers, which the module in the browser can run.

The tape is written by the gates themselves. They run on formulas (:mod:`coursekit.tracing`), and what they
write down, forward and backward, becomes one line a word: ``["multiply", 0, 1]`` multiplies the values of the
lines 0 and 1. So a page without Python computes with the same rules as Python, and no rule is written twice.
Arrays are taken apart into their entries.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from functools import partial, reduce
from typing import Any

import numpy as np

from coursekit.errors import GateError
from coursekit.gates.words import WORDS
from coursekit.graph import ComputationalGraph
from coursekit.tracing import OPERATORS, Expression, trace
from coursekit.values import is_array
from coursekit.variable import topological_order

__all__ = ["LONGEST", "run_tape", "tape_of"]

Json = dict[str, Any]

LONGEST = 5000  # lines; the browser runs a tape some thousand times a second
KNOWN = {
    *("add", "subtract", "multiply", "divide", "negate", "power", "exp", "log", "sqrt", "sin", "cos", "tan"),
    *("tanh", "sigmoid", "softplus", "absolute", "sign", "step", "maximum", "where", "equal"),
}
"""The words the module knows, each entry by entry; all others only move entries or add them up."""


def tape_of(graph: ComputationalGraph, samples: Mapping[str, Any], wanted: Sequence[str] = ()) -> Json:
    """Write a graph as a tape.

    Parameters
    ----------
    graph
        A graph; with ``wanted``, one output that is a single number.
    samples
        For each input a value of its kind and shape.
    wanted
        The inputs whose gradients the tape computes too.

    Returns
    -------
    dict
        ``lines``: the instructions; line n stands for the value number n + the number of inputs, the inputs
        being the first values, entry by entry, in the order of ``graph.inputs``. ``outputs``: the places of
        the outputs' entries, then of the gradients'. Plain JSON.

    Raises
    ------
    GateError
        If the tape would be longer than 5,000 lines, or a word has no meaning for single entries.

    >>> from coursekit.variable import variables
    >>> x, y = variables("x y")
    >>> tape = tape_of(ComputationalGraph(x * y + x), {"x": 1.0, "y": 1.0}, ["x", "y"])
    >>> tape["lines"]
    [['multiply', 0, 1], ['add', 2, 0], ['constant', 1.0], ['add', 4, 1]]
    >>> run_tape(tape, [2.0, 5.0])                              # x·y + x, and its gradient (y + 1, x)
    [12.0, 6.0, 2.0]
    """
    tracer, outputs, gradients = trace(graph, samples, wanted)
    try:
        return _Writer(graph, samples).write([*outputs, *gradients.values()])
    finally:
        tracer.forget()


def run_tape(tape: Json, inputs: Sequence[Any]) -> list[Any]:
    """Run a tape in Python, as the module does in the browser.

    Inputs are numbers, or arrays of one shape: the tape then runs on each of their entries at once. Outside
    a word's domain, as at ``log(−1)``, the value is NaN; beyond the largest float, infinity.
    """
    values: list[Any] = [np.asarray(x, dtype=float) for x in inputs]
    with np.errstate(all="ignore"):
        for word, *rest in tape["lines"]:
            if word == "constant":
                value = rest[0]
            else:
                function = OPERATORS.get(word) or partial(WORDS[word].array, np)
                value = function(*(values[place] for place in rest))
            values.append(np.asarray(value, dtype=float))
    return [values[place] if values[place].ndim else values[place].item() for place in tape["outputs"]]


class _Entry:
    """An entry of an array: a place on the tape. Operators on entries write instructions."""

    __slots__ = ("place", "writer")

    def __init__(self, writer: _Writer, place: int) -> None:
        self.writer, self.place = writer, place

    def __add__(self, other: Any) -> _Entry:
        return self.writer.line("add", self, other)

    def __radd__(self, other: Any) -> _Entry:
        return self.writer.line("add", other, self)

    def __mul__(self, other: Any) -> _Entry:
        return self.writer.line("multiply", self, other)

    def __rmul__(self, other: Any) -> _Entry:
        return self.writer.line("multiply", other, self)


class _Writer:
    """Writes the lines; an expression becomes an object array of entries (of no axes for a number)."""

    def __init__(self, graph: ComputationalGraph, samples: Mapping[str, Any]) -> None:
        self.lines: list[list[Any]] = []
        self.known: dict[Any, _Entry] = {}
        self.first = 0
        self.inputs: dict[str, Any] = {}
        for name in graph.inputs:
            size, shape = np.size(samples[name]), np.shape(samples[name])
            entries = [_Entry(self, self.first + i) for i in range(size)]
            self.inputs[name] = _array_of(entries, shape)
            self.first += size

    def write(self, outputs: Sequence[Expression]) -> Json:
        made: dict[int, Any] = {}
        for expression in topological_order(outputs):
            made[id(expression)] = self._entries(expression, [made[id(x)] for x in expression.inputs])
        places = [self._entry(x).place for output in outputs for x in made[id(output)].flat]
        return {"lines": self.lines, "outputs": places}

    def line(self, word: str, *operands: Any) -> _Entry:
        """Write an instruction, unless the same one has been written."""
        xs = [self._entry(x) for x in operands]
        return self._once([word, *(x.place for x in xs)])

    def _entry(self, x: Any) -> _Entry:
        """Return an entry; a number becomes a constant. NaN and infinity, which JSON lacks, become text."""
        if isinstance(x, _Entry):
            return x
        number = float(x)
        text = "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"
        return self._once(["constant", number if math.isfinite(number) else text])

    def _once(self, line: list[Any]) -> _Entry:
        key = tuple(map(repr, line))
        if key not in self.known:
            if len(self.lines) >= LONGEST:
                raise GateError(f"this function takes more than {LONGEST:,} operations on single numbers")
            self.known[key] = _Entry(self, self.first + len(self.lines))
            self.lines.append(line)
        return self.known[key]

    def _entries(self, expression: Expression, xs: list[Any]) -> Any:
        word, parameters = expression.word, expression.parameters
        if word == "input":
            return self.inputs[parameters["name"]]
        if word == "constant":
            return _array_of(np.ravel(expression.sample).tolist(), np.shape(expression.sample))
        if word in KNOWN:
            return np.asarray(np.frompyfunc(partial(self.line, word), len(xs), 1)(*xs), dtype=object)
        if word == "max_over":
            return self._max_over(xs[0], **parameters)
        if word == "sum_to":
            return _sum_to(*xs, **parameters)
        if not any(is_array(x.sample) for x in expression.inputs):
            return xs[0]  # of a single number, what is left only moves or adds up one entry
        if word == "matmul":
            return np.asarray(operator.matmul(*xs), dtype=object)
        return np.asarray(WORDS[word].array(np, *xs, **parameters), dtype=object)

    def _max_over(self, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        axes = range(x.ndim) if axis is None else np.atleast_1d(axis)
        for i in sorted((int(i) % x.ndim for i in axes), reverse=True):
            largest = reduce(np.frompyfunc(partial(self.line, "maximum"), 2, 1), np.moveaxis(x, i, 0))
            x = np.expand_dims(largest, i) if keepdims else np.asarray(largest, dtype=object)
        return x


def _sum_to(dx: Any, like: Any, axis: Any = None) -> Any:
    """Do as the word does; NumPy's sum of *all* objects of an array would not be an array."""
    extra = dx.ndim - like.ndim
    if axis is None or not extra:
        stretched = [i for i, n in enumerate(like.shape, extra) if n == 1 and dx.shape[i] != 1]
        axis = (*range(extra), *stretched)
    return dx.sum(axis=axis, keepdims=True).reshape(like.shape) if dx.ndim else dx


def _array_of(entries: Sequence[Any], shape: tuple[int, ...]) -> Any:
    array = np.empty(len(entries), dtype=object)
    array[:] = entries
    return array.reshape(shape)
