"""A graph as straight-line Python: the answer to "do backprop by hand", and the fastest way to run it.

The formulas that :mod:`coursekit.tracing` wrote down become lines of code. What is used once is written
where it is used; what is used more often gets a line and a name, so that nothing is computed twice.
"""

from __future__ import annotations

import keyword
import math
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from coursekit.errors import GateError
from coursekit.gates.words import WORDS, Word
from coursekit.graph import topological_order
from coursekit.tracing import Expression, trace
from coursekit.values import as_value, describe, is_array

if TYPE_CHECKING:
    from coursekit.graph import ComputationalGraph

__all__ = ["compiled", "source_of"]

DEEPEST = 12  # how deep formulas are nested in one line before a part gets a line of its own

# How tightly an operator binds; an operand that binds less gets brackets.
TERM, FACTOR, SIGN, POWER, ATOM = range(1, 6)
BINARY = {
    "add": ("+", TERM),
    "subtract": ("-", TERM),
    "multiply": ("*", FACTOR),
    "divide": ("/", FACTOR),
    "matmul": ("@", FACTOR),
    "power": ("**", POWER),
}


def source_of(graph: ComputationalGraph, gradient: bool = True) -> str:
    """Return the code of ``graph``; see :meth:`ComputationalGraph.source`."""
    source, _ = _write(graph, _samples(graph), gradient)
    return source


def compiled(graph: ComputationalGraph, gradient: bool = True) -> Callable[..., Any]:
    """Return the function that ``graph``'s code defines; see :meth:`ComputationalGraph.compile`."""
    samples = _samples(graph)
    if not any(is_array(sample) for sample in samples.values()):
        return _define(*_write(graph, samples, gradient))
    return _ByShape(graph, gradient)


class _ByShape:
    """A compiled function on arrays: code is written once for each combination of shapes it meets."""

    def __init__(self, graph: ComputationalGraph, gradient: bool) -> None:
        self.graph, self.gradient = graph, gradient
        self.functions: dict[tuple[Any, ...], Callable[..., Any]] = {}

    def __call__(self, *values: Any, **named: Any) -> Any:
        if named:
            values = self._in_order(values, named)
        shapes = tuple([getattr(value, "shape", None) for value in values])
        run = self.functions.get(shapes)
        if run is None:
            samples = {name: as_value(value, name) for name, value in self._by_name(values).items()}
            run = self.functions[shapes] = _define(*_write(self.graph, samples, self.gradient))
        return run(*values)

    def _by_name(self, values: Sequence[Any]) -> dict[str, Any]:
        names = self.graph.inputs
        if len(values) != len(names):
            raise TypeError(f"run() takes {len(names)} values ({', '.join(names)}), not {len(values)}")
        return dict(zip(names, values, strict=True))

    def _in_order(self, values: Sequence[Any], named: dict[str, Any]) -> tuple[Any, ...]:
        names = self.graph.inputs
        given = {**dict(zip(names, values, strict=False)), **named}
        if set(given) != set(names) or len(values) + len(named) != len(names):
            raise TypeError(f"run() takes each of {', '.join(names)} once")
        return tuple([given[name] for name in names])


def _samples(graph: ComputationalGraph) -> dict[str, Any]:
    """Return a value of the kind each input had in the last forward pass; a number if there was none."""
    leaves = {node.name: node.value for node in graph.nodes if node.gate is None and not node.constant}
    return {name: 0.5 if leaves[name] is None else leaves[name] for name in graph.inputs}


def _define(source: str, namespace: dict[str, Any]) -> Callable[..., Any]:
    exec(compile(source, "<graph.source()>", "exec"), namespace)  # our own text, made of checked names
    run: Callable[..., Any] = namespace.pop("run")
    return run


def _write(graph: ComputationalGraph, samples: dict[str, Any], gradient: bool) -> tuple[str, dict[str, Any]]:
    gradient = gradient and len(graph.outputs) == 1
    tracer, outputs, gradients = trace(graph, samples, gradient)
    if gradient and is_array(outputs[0].sample):
        raise GateError(f"the output is {describe(outputs[0].sample)}; only a single number has a gradient")
    writer = _Writer(graph.inputs, [*outputs, *gradients.values()])
    values = [writer.text(z) for z in outputs]
    value = values[0] if len(values) == 1 and graph.names is None else _tuple(values)
    if graph.names is not None:
        value = "{" + ", ".join(f"{n!r}: {v}" for n, v in zip(graph.names, values, strict=True)) + "}"
    if gradient:
        value += ", " + _tuple([writer.text(dx) for dx in gradients.values()])
    lines = [f"def run({', '.join(writer.arguments)}):", *writer.lines, f"    return {value}"]
    tracer.forget()
    return "\n".join(lines), writer.namespace


def _tuple(texts: list[str]) -> str:
    return f"({', '.join(texts)}{',' * (len(texts) == 1)})"


class _Writer:
    """Turns expressions into lines of Python, most of them while it is made; ``text`` gives the rest."""

    def __init__(self, inputs: Sequence[str], outputs: Sequence[Expression]) -> None:
        self.lines: list[str] = []
        self.namespace: dict[str, Any] = {}
        self._names: set[str] = {"run", "np"} | set(WORDS)
        self._functions: dict[tuple[str, bool], str] = {}
        self._texts: dict[int, tuple[str, int, int]] = {}  # text, how tightly it binds, nesting depth
        by_name = {name: self._fresh(name) for name in inputs}
        self.arguments = list(by_name.values())
        order = topological_order(outputs)
        uses = Counter(id(x) for expression in order for x in expression.inputs)
        uses.update(map(id, outputs))
        for expression in order:
            if expression.word == "input":
                self._texts[id(expression)] = (by_name[expression.parameters["name"]], ATOM, 0)
            elif expression.word == "constant":
                self._texts[id(expression)] = self._constant(expression.sample)
            else:
                self._write(expression, uses[id(expression)])

    def text(self, expression: Expression) -> str:
        """Return the code of an expression: a name, or the whole formula if it has no line of its own."""
        return self._texts[id(expression)][0]

    # ---- details -------------------------------------------------------------------------------------------

    def _write(self, expression: Expression, uses: int) -> None:
        text, binding = self._formula(expression)
        depth = 1 + max(self._texts[id(x)][2] for x in expression.inputs)
        if uses > 1 or depth > DEEPEST:
            name = self._fresh(expression.name or "s")
            self.lines.append(f"    {name} = {text}")
            text, binding, depth = name, ATOM, 0
        self._texts[id(expression)] = (text, binding, depth)

    def _formula(self, expression: Expression) -> tuple[str, int]:
        word, xs = expression.word, expression.inputs
        if word == "negate":
            return "-" + self._operand(xs[0], SIGN), SIGN
        if word in BINARY:
            sign, binding = BINARY[word]
            # a - (b - c) and a / (b / c) need their brackets, a ** b binds from the right
            left, right = (binding + 1, SIGN) if word == "power" else (binding, binding + 1)
            return f"{self._operand(xs[0], left)} {sign} {self._operand(xs[1], right)}", binding
        if word == "sigmoid" and not is_array(expression.sample):
            return self._sigmoid(xs[0]), 0
        return self._call(expression), ATOM

    def _operand(self, x: Expression, binding: int) -> str:
        text, own, _ = self._texts[id(x)]
        return text if own >= binding else f"({text})"

    def _sigmoid(self, x: Expression) -> str:
        """Write the stable form out: either way, what is exponentiated is not positive."""
        text, binding, _ = self._texts[id(x)]
        if binding != ATOM:
            name = self._fresh(x.name or "s")
            self.lines.append(f"    {name} = {text}")
            self._texts[id(x)] = (name, ATOM, 0)
            text = name
        exp = self._function(WORDS["exp"], arrays=False)
        e = self._fresh("e")
        return f"1.0 / (1.0 + {exp}(-{text})) if {text} >= 0.0 else ({e} := {exp}({text})) / (1.0 + {e})"

    def _call(self, expression: Expression) -> str:
        word = WORDS[expression.word]
        arguments = [self._texts[id(x)][0] for x in expression.inputs]
        arguments += [f"{name}={self._parameter(value)}" for name, value in expression.parameters.items()]
        arrays = any(is_array(x.sample) for x in expression.inputs)
        return f"{self._function(word, arrays)}({', '.join(arguments)})"

    def _function(self, word: Word, arrays: bool) -> str:
        """Return the name under which the code calls a word on numbers or on arrays."""
        name = self._functions.get((word.name, arrays))
        if name is None:
            taken = (word.name, not arrays) in self._functions
            name = self._functions[word.name, arrays] = (
                self._fresh(f"{word.name}_each") if taken else word.name
            )
            self.namespace[name] = partial(word.array, sys.modules["numpy"]) if arrays else word.scalar
        return name

    def _parameter(self, value: Any) -> str:
        if isinstance(value, (int, float, str, slice, type(None))) or (
            isinstance(value, tuple) and all(isinstance(x, (int, slice, type(None))) for x in value)
        ):
            return repr(value)
        return self._constant(value)[0]

    def _constant(self, value: Any) -> tuple[str, int, int]:
        if isinstance(value, (int, float)) and math.isfinite(value):
            return repr(value), ATOM if value >= 0 else SIGN, 0
        name = self._fresh("constant")
        self.namespace[name] = value
        return name, ATOM, 0

    def _fresh(self, wish: str) -> str:
        """Return ``wish`` as a valid name not yet taken: ``w[1]`` becomes ``w_1_``, a second a ``a2``."""
        name = "".join(c if c.isidentifier() or c.isdigit() else "_" for c in wish)
        if not name.isidentifier() or keyword.iskeyword(name):
            name = f"_{name}"
        unique, number = name, 1
        while unique in self._names:
            number += 1
            unique = f"{name}{number}"
        self._names.add(unique)
        return unique
