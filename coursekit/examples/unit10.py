"""Unit 10, overfitting, regularisation, generalisation: the regularised loss."""

from __future__ import annotations

from typing import Any

from coursekit.examples.base import collect, examples_of_unit
from coursekit.examples.slopes import on_symbols
from coursekit.formulas import Formula
from coursekit.graph import ComputationalGraph
from coursekit.variable import variables

example = examples_of_unit(10)


@example(
    "WE-USC-25",
    "USC-23",
    "The regularised squared loss",
    "L(W) = (1/N) Σᵢ ‖yᵢ − f(xᵢ)‖² + λ R(W)",
    printed={"loss": Formula("((y1 - f1)^2 + (y2 - f2)^2)/2 + decay*w^2", (("f1", "w*x1"), ("f2", "w*x2")))},
    true={
        "loss": Formula("((y1 - w*x1)^2 + (y2 - w*x2)^2)/2 + decay*w^2"),
        "gradient": Formula("(2/2)*((w*x1 - y1)*x1 + (w*x2 - y2)*x2) + 2*decay*w"),
    },
    note="Shown for two samples, one weight and R = w²: the gradient is (2/N) Σᵢ (fᵢ − yᵢ) xᵢ + 2 λ w.",
)
def regularised_loss() -> Any:
    """Run the loss forward and backward on symbols."""
    w, x1, x2, y1, y2, decay = variables("w x1 x2 y1 y2 decay")
    loss = ((y1 - w * x1) ** 2 + (y2 - w * x2) ** 2) / 2 + decay * w**2
    value, slopes = on_symbols(ComputationalGraph(loss))
    return {"loss": value, "gradient": slopes["w"]}


EXAMPLES = collect(vars())
