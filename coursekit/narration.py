"""A pass over a graph told step by step: the one event list for pictures, captions and text."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from coursekit.drawing.numbers import MINUS, equals
from coursekit.drawing.numbers import short as short_number
from coursekit.errors import GateError
from coursekit.values import is_array, plain
from coursekit.variable import HasNodes, Variable, handed_back, seed

__all__ = ["Step", "narrate"]


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a forward and backward pass: what a picture highlights and a caption says.

    Attributes
    ----------
    kind
        ``"forward"``: a gate computed its output. ``"seed"``: the output's gradient was set.
        ``"backward"``: one edge carried a gradient from a gate to one of its inputs.
    node
        The node computed, seeded, or whose gate's backward rule was applied.
    target, position
        Backward: the input that receives, and which of the gate's inputs it is.
    value
        Forward: the output. Seed: its gradient.
    upstream, local, contribution
        Backward: contribution = upstream × local. ``local`` is ``None`` for arrays, whose local derivative
        is a whole Jacobian.
    before, total
        Backward: the target's gradient before and after this step; they differ in the contribution, so a
        branch shows up as a sum that grows.
    text
        The step as a sentence.
    """

    kind: Literal["forward", "seed", "backward"]
    node: Variable
    text: str
    value: Any = None
    target: Variable | None = None
    position: int | None = None
    upstream: Any = None
    local: Any = None
    contribution: Any = None
    before: Any = None
    total: Any = None


def narrate(graph: HasNodes) -> list[Step]:
    """Return the steps of ``graph``'s last forward pass and of the backward pass that follows from it.

    Raises
    ------
    GateError
        If the graph has not run forward, or has several outputs.
    """
    if any(z.value is None for z in graph.outputs):
        raise GateError("there are no steps yet: call graph.forward(...) first, or steps(w1=2.0, ...)")
    if len(graph.outputs) != 1:
        raise GateError("steps() follows one output back; this graph has several")
    return [*_forward(graph), *_backward(graph)]


def _forward(graph: HasNodes) -> list[Step]:
    steps = []
    for node in graph.nodes:
        if node.gate is not None:
            names, numbers = (_formula(node, text) for text in (_name, lambda x: short(x.value)))
            numbers = "" if any(is_array(x.value) for x in node.inputs) else f" = {numbers}"
            text = f"{node.name} = {names}{numbers} = {short(node.value)}"
            steps.append(Step("forward", node, text, value=plain(node.value)))
    return steps


def _backward(graph: HasNodes) -> list[Step]:
    (output,) = graph.outputs
    totals: dict[int, Any] = {id(output): seed(output, None)}
    text = f"∇{output.name} = 1: the output with respect to itself"
    steps = [Step("seed", output, text, value=1.0)]
    for node in reversed(graph.nodes):
        dz = totals.get(id(node))
        if node.gate is None or dz is None:
            continue
        for position, (x, share) in enumerate(zip(node.inputs, handed_back(node, dz), strict=True)):
            if share is None:
                continue
            dx, local = share
            before = totals.get(id(x))
            total = totals[id(x)] = dx if before is None else before + dx
            text = _sentence(x, dz, local, dx, before, total)
            steps.append(Step("backward", node, text, None, x, position, plain(dz), local, dx, before, total))
    return steps


def _sentence(x: Variable, dz: Any, local: Any, dx: Any, before: Any, total: Any) -> str:
    product = short(dx)
    if local is not None:
        sign = _equals(dx, dz, local, product=True)
        product = f"upstream {short(dz)} × local {short(local)} {sign} {short(dx)}"
    branch = ""
    if before is not None:
        terms = f"{short(before)} + {short(dx)}".replace(f"+ {MINUS}", f"{MINUS} ")
        branch = f"; branches add: {terms} {_equals(total, before, dx)} {short(total)}"
    return f"∇{x.name} += {product}{branch}"


def _equals(total: Any, *terms: Any, product: bool = False) -> str:
    """Write ≈ where the numbers, rounded as they are shown, do not give the total."""
    plain_numbers = all(isinstance(x, (int, float)) and math.isfinite(x) for x in (total, *terms))
    return equals(total, terms, product) if plain_numbers else "="


def _formula(node: Variable, text: Any) -> str:
    """Write the gate with its inputs in place: ``a × w2``, ``(2)³``, ``σ(z)``."""
    label = node.gate.label  # type: ignore[union-attr]
    inputs = [text(x) for x in node.inputs]
    if "( )" in label:
        return label.replace("( )", f"({inputs[0]})")
    if len(inputs) == 2 and not label[0].isalpha():
        return f"{inputs[0]} {label} {inputs[1]}"
    if label.startswith("["):
        return inputs[0] + label
    return f"{label}({', '.join(inputs)})"


def _name(node: Variable) -> str:
    return short(node.value) if node.constant else str(node.name)


def short(value: Any) -> str:
    """Write a number in four digits, an array as its shape."""
    value = plain(value)
    return f"array {value.shape}" if is_array(value) else short_number(value)
