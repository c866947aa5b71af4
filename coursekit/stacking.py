"""Many nearly equal runs of a graph at once: finite differences of all entries of an input, quickly.

To check a gradient, a graph is run twice for each of its thousands of parameters, and the runs differ in
one entry. So the runs are stacked: a value that depends on the entry gets one more axis in front, one place
a run; everything else is computed once. A weight matrix that is only multiplied with, ``z = x @ w``, needs
no stack of matrices: raising w[i, j] by h raises column j of z by h · x[:, i]. Only that column is carried
along, until it is multiplied in its turn.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from coursekit.gradients import CENTRAL_STEP
from coursekit.tracing import OPERATORS, Expression, run_word, trace
from coursekit.values import is_array
from coursekit.variable import topological_order

if TYPE_CHECKING:
    from coursekit.graph import ComputationalGraph

__all__ = ["CannotStack", "Stacker", "can_stack"]

LARGEST_STACK = 1 << 14  # floats in the largest stack: 128 KB, which stay in the cache
ENTRY_BY_ENTRY = {*OPERATORS, "exp", "log", "sqrt", "sin", "cos", "tan", "tanh", "sigmoid", "softplus"}
ENTRY_BY_ENTRY |= {"absolute", "sign", "step", "maximum", "where", "equal"}
ENTRY_BY_ENTRY -= {"matmul"}


class CannotStack(Exception):
    """A word has no rule for stacks; the caller runs the graph entry by entry."""


class Stacker:
    """A graph at a point, ready to be run in stacks.

    Parameters
    ----------
    graph, point
        A graph with one output, a number, and a value for each of its inputs.
    """

    def __init__(self, graph: ComputationalGraph, point: dict[str, Any]) -> None:
        self.point = point
        tracer, (self.output,), _ = trace(graph, point, [])
        self.order = topological_order([self.output])
        self.base: dict[int, Any] = {}  # the values of the run in which nothing is moved
        for expression in self.order:
            self.base[id(expression)] = self._base_value(expression)
        tracer.forget()

    def central_differences(self, name: str) -> Any:
        """Return central differences of the output by each entry of an input that is an array.

        Raises
        ------
        CannotStack
            If the graph uses a word for which there is no rule here.
        """
        import numpy as np

        x = self.point[name]
        sweep = _Sweep(self, name)
        slopes = np.empty(x.size)
        for start in range(0, x.size, sweep.chunk):
            entries = np.arange(start, min(start + sweep.chunk, x.size))
            slopes[entries] = sweep.slopes(entries)
        return slopes.reshape(x.shape)

    def _base_value(self, expression: Expression) -> Any:
        if expression.word == "input":
            return self.point[expression.parameters["name"]]
        if expression.word == "constant":
            return expression.sample
        values = [self.base[id(x)] for x in expression.inputs]
        return run_word(expression.word, values, expression.parameters)


@dataclass
class Column:
    """Matrices that differ from the base value in one column each.

    Attributes
    ----------
    numbers : array (runs,)
        Which column.
    values : array (runs, N)
        What stands in it.
    """

    numbers: Any
    values: Any

    def of(self, value: Any, shape: tuple[int, ...]) -> Any:
        """Return the columns that an unmoved value contributes to a result of this shape, one row a run."""
        if not is_array(value):
            return value
        if value.shape == shape:
            return value.T[self.numbers]
        if value.shape[-1] == shape[1] and value.size == shape[1]:
            return value.reshape(-1)[self.numbers][:, None]
        return value.reshape(1, -1) if value.shape == (shape[0], 1) else None

    def filled_in(self, base: Any) -> Any:
        """Return the matrices, whole: (runs, N, C)."""
        stack = base[None].repeat(len(self.numbers), axis=0)
        stack[range(len(self.numbers)), :, self.numbers] = self.values
        return stack

    def times(self, base: Any, w: Any, product: Any) -> Any:
        """Return the matrices times w, (runs, N, D), from the base's product with w."""
        change = self.values - base.T[self.numbers]
        return product + change[:, :, None] * w[self.numbers][:, None, :]


class _Sweep:
    """The formulas that depend on one input, ready to be run on stacks."""

    def __init__(self, stacker: Stacker, name: str) -> None:
        import numpy as np

        self.np, self.output, self.x, self.base = np, stacker.output, stacker.point[name], stacker.base
        order = stacker.order
        self.moving: list[Expression] = []
        moved = self.moved = set[int]()
        for expression in order:
            if expression.word == "input" and expression.name == name:
                moved.add(id(expression))
            elif any(id(x) in moved for x in expression.inputs):
                moved.add(id(expression))
                self.moving.append(expression)
        self.leaf = next((x for x in order if x.word == "input" and x.name == name), None)
        self.product = self._only_product()
        by_column = () if self.product is None else self.product.sample.shape
        sizes = [np.size(x.sample) for x in self.moving if np.shape(x.sample) != by_column]
        largest = max([1, *sizes, 0 if by_column else self.x.size])
        self.chunk = max(1, LARGEST_STACK // (2 * largest))

    def slopes(self, entries: Any) -> Any:
        """Return the central differences by the given entries, numbered row by row."""
        np = self.np
        if self.leaf is None or not self.moving:
            return np.zeros(len(entries)) if self.leaf is not self.output else np.ones(len(entries))
        flat = self.x.reshape(-1)[entries]
        steps = CENTRAL_STEP * np.maximum(1.0, np.abs(flat))
        above, below = flat + steps, flat - steps
        shifts = np.concatenate([above - flat, below - flat])
        stacks = self._first_stack(np.concatenate([entries, entries]), shifts)
        for expression in self.moving:
            if id(expression) not in stacks:
                stacks[id(expression)] = self._run(expression, stacks, len(shifts))
        values = stacks[id(self.output)]
        if isinstance(values, Column):
            raise CannotStack("an output that is a matrix")
        return (values[: len(entries)] - values[len(entries) :]) / (above - below)

    # ---- details -------------------------------------------------------------------------------------------

    def _only_product(self) -> Expression | None:
        """Return the z = x @ w in which the input is w, if that is all it is used for."""
        users = [e for e in self.moving if any(x is self.leaf for x in e.inputs)]
        if len(users) != 1 or users[0].word != "matmul":
            return None
        x, w = users[0].inputs
        plain = x is not self.leaf and w is self.leaf and id(x) not in self.moved
        return users[0] if plain and self.base[id(x)].ndim == 2 and self.x.ndim == 2 else None

    def _first_stack(self, entries: Any, shifts: Any) -> dict[int, Any]:
        np, runs = self.np, range(len(entries))
        if self.product is not None:
            x = self.base[id(self.product.inputs[0])]
            rows, numbers = np.divmod(entries, self.x.shape[1])
            moved = self.base[id(self.product)].T[numbers] + shifts[:, None] * x.T[rows]
            return {id(self.product): Column(numbers, moved)}
        stack = np.repeat(self.x.reshape(1, -1), len(entries), axis=0)
        stack[runs, entries] += shifts
        return {id(self.leaf): stack.reshape(len(entries), *self.x.shape)}

    def _run(self, expression: Expression, stacks: dict[int, Any], runs: int) -> Any:
        np, word, xs = self.np, expression.word, expression.inputs
        rank = np.ndim(expression.sample)
        values = [stacks[id(x)] if id(x) in stacks else self.base[id(x)] for x in xs]
        if any(isinstance(value, Column) for value in values):
            result = self._run_on_columns(expression, values)
            if result is not None:
                return result
            bases = [self.base[id(x)] for x in xs]
            values = [
                v.filled_in(base) if isinstance(v, Column) else v
                for v, base in zip(values, bases, strict=True)
            ]
        if word in ENTRY_BY_ENTRY:
            values = [_ranked(v, rank) if id(x) in stacks else v for x, v in zip(xs, values, strict=True)]
            return run_word(word, values, expression.parameters)
        if word in ("sum_over", "max_over"):
            axes = tuple(_axes(expression.parameters.get("axis"), np.ndim(xs[0].sample)))
            keepdims = bool(expression.parameters.get("keepdims"))
            reduce = values[0].sum if word == "sum_over" else values[0].max
            return reduce(axis=axes, keepdims=keepdims) if axes else values[0]
        if word == "matmul" and all(x.sample.ndim == 2 for x in xs):
            if id(xs[1]) in stacks:
                return np.matmul(*values)
            stack, w = values  # all runs in one product of matrices
            return (stack.reshape(-1, w.shape[0]) @ w).reshape(runs, *expression.sample.shape)
        if word in ("reshape", "reshape_to") and id(xs[0]) in stacks:
            return values[0].reshape(runs, *np.shape(expression.sample))
        if word == "transpose":
            axes = expression.parameters.get("axes") or tuple(reversed(range(rank)))
            return values[0].transpose(0, *[axis % rank + 1 for axis in axes])
        if word == "index" and isinstance(expression.parameters["key"], (int, slice)):
            return values[0][:, expression.parameters["key"]]
        raise CannotStack(word)

    def _run_on_columns(self, expression: Expression, values: list[Any]) -> Any:
        """Run a word on the columns alone, or on columns times a matrix; None where that will not do."""
        xs, shape = expression.inputs, getattr(expression.sample, "shape", ())
        column = _one_column(values)
        if column is None or any(
            id(x) in self.moved and not isinstance(v, Column) for x, v in zip(xs, values, strict=True)
        ):
            return None
        if expression.word in ENTRY_BY_ENTRY and len(shape) == 2:
            parts = [v.values if isinstance(v, Column) else column.of(v, shape) for v in values]
            if any(part is None for part in parts):
                return None
            return Column(column.numbers, run_word(expression.word, parts, expression.parameters))
        if (
            expression.word == "matmul"
            and isinstance(values[0], Column)
            and not isinstance(values[1], Column)
        ):
            base, w, product = self.base[id(xs[0])], values[1], self.base[id(expression)]
            return column.times(base, w, product) if base.ndim == w.ndim == 2 else None
        return None


def _one_column(values: list[Any]) -> Column | None:
    """Return the column that moves, if the other values stand still or move in the same column."""
    columns = [value for value in values if isinstance(value, Column)]
    return columns[0] if all(column.numbers is columns[0].numbers for column in columns) else None


def _ranked(stack: Any, rank: int) -> Any:
    """Return a stack whose runs have ``rank`` axes: axes of length 1 go between run and value."""
    missing = rank + 1 - stack.ndim
    return stack.reshape(stack.shape[0], *(1,) * missing, *stack.shape[1:]) if missing > 0 else stack


def _axes(axis: Any, rank: int) -> Iterator[int]:
    chosen = range(rank) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    for each in chosen:
        yield each % rank + 1


def can_stack(graph: ComputationalGraph, value: Any) -> bool:
    """Tell whether it is worth trying: one output, and an input with more than a few entries."""
    return len(graph.outputs) == 1 and is_array(value) and value.size > 8
