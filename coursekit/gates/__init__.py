"""The gates: every rule of differentiation once, forward and backward side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from coursekit.gates.activations import SigmoidGate
from coursekit.gates.arithmetic import (
    AddGate,
    DivideGate,
    MultiplyGate,
    NegateGate,
    PowerGate,
    ReciprocalGate,
    SubtractGate,
    VariablePowerGate,
)
from coursekit.gates.arrays import IndexGate, PutGate, SpreadGate, SumToGate
from coursekit.gates.base import Gate
from coursekit.gates.elementary import ExpGate

__all__ = [
    "GATE_OF_WORD",
    "AddGate",
    "DivideGate",
    "ExpGate",
    "Gate",
    "IndexGate",
    "MultiplyGate",
    "NegateGate",
    "PowerGate",
    "PutGate",
    "ReciprocalGate",
    "SigmoidGate",
    "SpreadGate",
    "SubtractGate",
    "SumToGate",
    "VariablePowerGate",
]

GATE_OF_WORD: dict[str, Callable[..., Gate]] = {
    "add": AddGate,
    "subtract": SubtractGate,
    "negate": NegateGate,
    "multiply": MultiplyGate,
    "divide": DivideGate,
    "power": VariablePowerGate,
    "exp": ExpGate,
    "sigmoid": SigmoidGate,
    "index": IndexGate,
    "put": PutGate,
    "sum_to": SumToGate,
    "spread": SpreadGate,
}
"""Which gate a word becomes when a gate body runs on variables: a word on a variable is a node."""


def gate_of(word: str, operands: tuple[Any, ...], parameters: dict[str, Any]) -> tuple[Gate, tuple[Any, ...]]:
    """Return the gate that records ``word``, and which of the operands are its inputs.

    A power whose exponent is a plain number is a :class:`PowerGate`, which keeps the exponent to itself.

    >>> gate_of("power", ("x", 3), {})
    (PowerGate(3), ('x',))
    """
    if word == "power" and isinstance(operands[1], (int, float)):
        return PowerGate(operands[1]), operands[:1]
    if word not in GATE_OF_WORD:
        raise TypeError(f"the word {word!r} has no gate, so it cannot be part of a graph")
    return GATE_OF_WORD[word](**parameters), operands
