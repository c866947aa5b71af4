"""A graph as straight-line Python: the answer to "do backprop by hand", and the fastest way to run it.

:mod:`coursekit.tracing` writes the formulas down, :mod:`coursekit.codewriter` turns them into lines; here
the lines become a function: for single numbers, for arrays of any shape, or with a loop over samples.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from coursekit.codewriter import CodeWriter
from coursekit.errors import GateError
from coursekit.tracing import Expression, Tracer, substitute, switches, trace
from coursekit.values import as_value, describe, is_array
from coursekit.variable import HasNodes

__all__ = ["compiled", "source_of"]

Wanted = bool | Sequence[str]


@dataclass(frozen=True)
class Plan:
    """What the code is to compute.

    Attributes
    ----------
    wanted
        The inputs whose gradients are returned, in this order; empty for none.
    samples
        The inputs that are sequences, to be looped over.
    reuse_memory
        Whether large arrays keep their memory from call to call.
    """

    graph: HasNodes
    wanted: tuple[str, ...]
    samples: tuple[str, ...]
    reuse_memory: bool = False


def source_of(
    graph: HasNodes,
    gradient: Wanted = True,
    sum_over: Sequence[str] = (),
    reuse_memory: bool = False,
) -> str:
    """Return the code of ``graph``; see :meth:`ComputationalGraph.source`."""
    source, _ = _write(_plan(graph, gradient, sum_over, reuse_memory), _kinds(graph))
    return source


def compiled(
    graph: HasNodes,
    gradient: Wanted = True,
    sum_over: Sequence[str] = (),
    reuse_memory: bool = False,
) -> Callable[..., Any]:
    """Return the function that ``graph``'s code defines; see :meth:`ComputationalGraph.compile`."""
    plan, kinds = _plan(graph, gradient, sum_over, reuse_memory), _kinds(graph)
    if plan.samples or not any(is_array(kind) for kind in kinds.values()):
        return _define(*_write(plan, kinds))
    return ByShape(plan)


class ByShape:
    """A compiled function on arrays: code is written once for each combination of shapes it meets."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.functions: dict[tuple[Any, ...], Callable[..., Any]] = {}

    def __call__(self, *values: Any, **named: Any) -> Any:
        """Run on one value an input, in the order of the graph's inputs or by name."""
        if named or len(values) != len(self.plan.graph.inputs):
            values = self._in_order(values, named)
        shapes = tuple([getattr(value, "shape", None) for value in values])
        run = self.functions.get(shapes)
        if run is None:
            names = self.plan.graph.inputs
            kinds = {name: as_value(value, name) for name, value in zip(names, values, strict=True)}
            run = self.functions[shapes] = _define(*_write(self.plan, kinds))
        return run(*values)

    def _in_order(self, values: Sequence[Any], named: dict[str, Any]) -> tuple[Any, ...]:
        names = self.plan.graph.inputs
        given = {**dict(zip(names, values, strict=False)), **named}
        if set(given) != set(names) or len(values) + len(named) != len(names):
            raise TypeError(
                f"run() takes each of {', '.join(names)} once, in this order or by name; it was given "
                f"{', '.join([*map(describe, values), *named]) or 'nothing'}"
            )
        return tuple([given[name] for name in names])


def _plan(graph: HasNodes, gradient: Wanted, sum_over: Sequence[str], reuse_memory: bool) -> Plan:
    names = graph.inputs
    samples = (sum_over,) if isinstance(sum_over, str) else tuple(sum_over)
    if gradient is True:
        wanted = tuple(names) if len(graph.outputs) == 1 and graph.names is None else ()
    else:
        wanted = tuple(gradient or ())
    unknown = [name for name in (*wanted, *samples) if name not in names]
    if unknown:
        raise KeyError(f"no input {unknown[0]!r}: this graph has {', '.join(names)}")
    if len(graph.outputs) != 1 and (wanted or samples):
        raise GateError(f"gradients and sum_over need one output; this graph has {len(graph.outputs)}")
    return Plan(graph, wanted, samples, reuse_memory)


def _kinds(graph: HasNodes) -> dict[str, Any]:
    """Return a value of the kind each input had in the last forward pass; a number if there was none."""
    leaves = {node.name: node.value for node in graph.nodes if node.gate is None and not node.constant}
    return {name: 0.5 if leaves[name] is None else leaves[name] for name in graph.inputs}


def _define(source: str, namespace: dict[str, Any]) -> Callable[..., Any]:
    exec(compile(source, "<graph.source()>", "exec"), namespace)  # our own text, made of checked names
    run: Callable[..., Any] = namespace.pop("run")
    return run


def _write(plan: Plan, kinds: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return the source for inputs of these kinds, and the names it refers to."""
    tracer, outputs, slopes = trace(plan.graph, kinds, plan.wanted)
    if plan.wanted and is_array(outputs[0].sample):
        tracer.forget()
        raise GateError(
            f"the output is {describe(outputs[0].sample)}; only a single number has a gradient: reduce it, "
            "or compile with gradient=False"
        )
    if plan.samples:
        lines, namespace = _loop(plan, tracer, outputs[0], slopes)
    else:
        lines, namespace = _straight(plan, outputs, slopes)
    tracer.forget()
    return "\n".join(lines), namespace


def _straight(
    plan: Plan, outputs: list[Expression], slopes: dict[str, Expression]
) -> tuple[list[str], dict[str, Any]]:
    writer = CodeWriter(plan.graph.inputs, reuse_memory=plan.reuse_memory)
    writer.write([*outputs, *slopes.values()])
    values = [writer.text(z) for z in outputs]
    names = plan.graph.names
    if names is not None:
        result = "{" + ", ".join(f"{n!r}: {v}" for n, v in zip(names, values, strict=True)) + "}"
    else:
        result = values[0] if len(values) == 1 else _tuple(values)
    if plan.wanted:
        result += ", " + _tuple([writer.text(dx) for dx in slopes.values()])
    head = f"def run({', '.join(writer.arguments.values())}):"
    return [head, *_indented(writer.lines), f"    return {result}"], writer.namespace


def _loop(
    plan: Plan, tracer: Tracer, output: Expression, slopes: dict[str, Expression]
) -> tuple[list[str], dict[str, Any]]:
    """Write a loop over samples: totals start at zero, and each sample adds to them.

    What does not depend on the sample is computed before the loop. A sample whose gradient is switched off as
    a whole, such as one on the right side of a hinge's margin, skips the backward part.
    """
    wanted = [name for name in plan.wanted if name not in plan.samples]
    names = ["total", *(f"d{name}" for name in wanted)]
    writer = CodeWriter(plan.graph.inputs, reserved=names)
    columns = {name: writer.fresh(f"{name}_all") for name in plan.samples}
    totals = [writer.fresh(name, claimed=True) for name in names]
    steps = [slopes[name] for name in wanted]
    before = writer.write_fixed([output, *steps], plan.samples)
    writer.write([output], later=steps)
    body = [*writer.taken_lines(), f"{totals[0]} += {writer.text(output)}"]
    body += _backward_part(writer, tracer, dict(zip(totals[1:], steps, strict=True)))

    each = [writer.arguments[name] for name in plan.samples]
    arguments = [columns.get(name, argument) for name, argument in writer.arguments.items()]
    unpacked, zipped = ", ".join(each), ", ".join(columns.values())
    loop = f"for {unpacked} in " + (f"zip({zipped}, strict=True):" if len(each) > 1 else f"{zipped}:")
    by_input = dict(zip(wanted, totals[1:], strict=True))
    result = totals[0] + (
        f", {_tuple([by_input.get(n, 'None') for n in plan.wanted])}" if plan.wanted else ""
    )
    lines = [
        f"def run({', '.join(arguments)}):",
        *_indented(before),
        f"    {' = '.join(totals)} = 0.0",
        f"    {loop}",
        *_indented(body, 8),
        f"    return {result}",
    ]
    return lines, writer.namespace


def _backward_part(writer: CodeWriter, tracer: Tracer, steps: dict[str, Expression]) -> list[str]:
    """Return the lines that add a sample's gradient to the totals, under ``if`` where it can be 0."""
    steps = {total: step for total, step in steps.items() if not step.is_number(0.0)}
    if not steps:
        return []
    common = frozenset.intersection(*switches(list(steps.values())))
    for switch in common:
        rewritten = substitute(tracer, list(steps.values()), switch, 1.0)
        condition = writer.condition_of(switch)
        inside = _backward_part(writer, tracer, dict(zip(steps, rewritten, strict=True)))
        return [*writer.taken_lines(), f"if {condition}:", *_indented(inside)]
    writer.write(list(steps.values()))
    lines = writer.taken_lines()
    groups: dict[str, list[str]] = {}
    for (total, step), off in zip(steps.items(), switches(list(steps.values())), strict=True):
        condition = " and ".join(sorted(writer.condition(switch) for switch in off))
        groups.setdefault(condition, []).append(f"{total} += {writer.text(step)}")
    for condition, adding in groups.items():
        lines += [f"if {condition}:", *_indented(adding)] if condition else adding
    return lines


def _indented(lines: Sequence[str], by: int = 4) -> list[str]:
    return [" " * by + line for line in lines]


def _tuple(texts: list[str]) -> str:
    return f"({', '.join(texts)}{',' * (len(texts) == 1)})"
