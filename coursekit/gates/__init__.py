"""The gates: every rule of differentiation once, forward and backward side by side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from coursekit.gates.activations import (
    EqualGate,
    GeneralisedReLUGate,
    LeakyReLUGate,
    LogSoftmaxGate,
    MaxGate,
    MaximumGate,
    MaxoutGate,
    ReLUGate,
    SigmoidGate,
    SoftmaxGate,
    SoftplusGate,
    StepGate,
    TanhGate,
    TwoClassGate,
    WhereGate,
)
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
from coursekit.gates.arrays import (
    ConcatenateGate,
    CountGate,
    EmbedGate,
    IndexGate,
    MatMulGate,
    MatMulLeftGate,
    MatMulRightGate,
    MeanGate,
    PartGate,
    PutGate,
    ReshapeGate,
    ReshapeToGate,
    RowsGate,
    SpreadGate,
    SumGate,
    SumToGate,
    TransposeGate,
)
from coursekit.gates.base import (
    Gate,
)
from coursekit.gates.elementary import (
    AbsGate,
    CosGate,
    CotGate,
    CscGate,
    ExpGate,
    LogBaseGate,
    LogGate,
    SecGate,
    SignGate,
    SinGate,
    SqrtGate,
    TanGate,
)
from coursekit.gates.losses import (
    BinaryCrossEntropyGate,
    BinaryCrossEntropyWithLogitsGate,
    GaussianNLLGate,
    HingeLossGate,
    L1LossGate,
    L2LossGate,
    MixtureDensityNLLGate,
    NormLossGate,
    QuadraticLossGate,
    SoftmaxCrossEntropyGate,
    TwoClassNLLGate,
)

__all__ = [
    "GATE_OF_WORD",
    "AbsGate",
    "AddGate",
    "BinaryCrossEntropyGate",
    "BinaryCrossEntropyWithLogitsGate",
    "ConcatenateGate",
    "CosGate",
    "CotGate",
    "CountGate",
    "CscGate",
    "DivideGate",
    "EmbedGate",
    "EqualGate",
    "ExpGate",
    "Gate",
    "GaussianNLLGate",
    "GeneralisedReLUGate",
    "HingeLossGate",
    "IndexGate",
    "L1LossGate",
    "L2LossGate",
    "LeakyReLUGate",
    "LogBaseGate",
    "LogGate",
    "LogSoftmaxGate",
    "MatMulGate",
    "MatMulLeftGate",
    "MatMulRightGate",
    "MaxGate",
    "MaximumGate",
    "MaxoutGate",
    "MeanGate",
    "MixtureDensityNLLGate",
    "MultiplyGate",
    "NegateGate",
    "NormLossGate",
    "PartGate",
    "PowerGate",
    "PutGate",
    "QuadraticLossGate",
    "ReLUGate",
    "ReciprocalGate",
    "ReshapeGate",
    "ReshapeToGate",
    "RowsGate",
    "SecGate",
    "SigmoidGate",
    "SignGate",
    "SinGate",
    "SoftmaxCrossEntropyGate",
    "SoftmaxGate",
    "SoftplusGate",
    "SpreadGate",
    "SqrtGate",
    "StepGate",
    "SubtractGate",
    "SumGate",
    "SumToGate",
    "TanGate",
    "TanhGate",
    "TransposeGate",
    "TwoClassGate",
    "TwoClassNLLGate",
    "VariablePowerGate",
    "WhereGate",
    "gate_of",
]

GATE_OF_WORD: dict[str, Callable[..., Gate]] = {
    "add": AddGate,
    "subtract": SubtractGate,
    "negate": NegateGate,
    "multiply": MultiplyGate,
    "divide": DivideGate,
    "power": VariablePowerGate,
    "matmul": MatMulGate,
    "exp": ExpGate,
    "log": LogGate,
    "sqrt": SqrtGate,
    "sin": SinGate,
    "cos": CosGate,
    "tan": TanGate,
    "absolute": AbsGate,
    "sign": SignGate,
    "sigmoid": SigmoidGate,
    "tanh": TanhGate,
    "softplus": SoftplusGate,
    "step": StepGate,
    "maximum": MaximumGate,
    "where": WhereGate,
    "equal": EqualGate,
    "sum_over": SumGate,
    "max_over": MaxGate,
    "count": CountGate,
    "rows": RowsGate,
    "transpose": TransposeGate,
    "reshape": ReshapeGate,
    "reshape_to": ReshapeToGate,
    "index": IndexGate,
    "put": PutGate,
    "concatenate": ConcatenateGate,
    "part": PartGate,
    "embed": EmbedGate,
    "sum_to": SumToGate,
    "spread": SpreadGate,
    "matmul_left": MatMulLeftGate,
    "matmul_right": MatMulRightGate,
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
