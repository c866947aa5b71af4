"""Unit 9, training in practice: stochastic gradient steps, mini-batches, batch normalisation."""

from __future__ import annotations

from typing import Any

import numpy as np

from coursekit import functions as ck
from coursekit.examples import data
from coursekit.examples.base import collect, examples_of_unit
from coursekit.gradients import gradient

example = examples_of_unit(9)

ALPHA = 0.01


def log_likelihood(w: Any, batch: list[int]) -> Any:
    """Return the log-likelihood of some of the three points."""
    return -data.negative_log_likelihood(w, data.points[batch], data.labels[batch])


def step(w: Any, batch: list[int], sign: float) -> Any:
    """Return w after one step with or against the gradient of the batch's log-likelihood."""
    return w + sign * ALPHA * gradient(lambda w: log_likelihood(w, batch), w)


def one_point(sign: float) -> dict[str, Any]:
    """Take one step on the second point, and say whether its likelihood rises."""
    w = step(data.w_start, [1], sign)
    return {"w": w, "likelihood_rises": log_likelihood(w, [1]) > log_likelihood(data.w_start, [1])}


@example(
    "WE-BER-21",
    "BER-30",
    "The sign of a stochastic gradient step",
    "w ← w − α ∇llᵢ(w), llᵢ = log p(yᵢ|xᵢ; w) (the sign is lost in the copy; descent has a minus)",
    printed=lambda: one_point(-1.0),
    true={"w": [1.0, 2.9600002457669841], "likelihood_rises": True},
    kind="erratum",
    erratum="E-22",
    note="Shown on the second of the three points at w = [1, 3] with α = 0.01.",
)
def stochastic_step() -> Any:
    """Step along the gradient of the point's log-likelihood."""
    return one_point(+1.0)


BATCHES = ([0, 1], [2])


def batches_as_printed() -> dict[str, Any]:
    """Follow the printed indices: for batch number i, update with ∇llᵢ, which is that of data point i."""
    w = data.w_start
    for i, _ in enumerate(BATCHES):
        w = step(w, [i], +1.0)
    return {"w": w}


@example(
    "WE-BER-22",
    "BER-31",
    "The update of a mini-batch",
    "for each batch Bᵢ: compute ∇llⱼ; w ← w … α ∇llᵢ(w)",
    printed=batches_as_printed,
    true={"w": [1.0000090812778770, 2.9600084190874870]},
    kind="erratum",
    erratum="E-23",
    note="Shown for the batches {1, 2} and {3} of the three points, α = 0.01. llᵢ is the log-likelihood of "
    "one data point on the slide before.",
)
def mini_batches() -> Any:
    """Step along the gradient of each batch's log-likelihood in turn."""
    w = data.w_start
    for batch in BATCHES:
        w = step(w, batch, +1.0)
    return {"w": w}


S = np.array([1.0, 2.0, 3.0, 6.0])
GAMMA, BETA = 2.0, -1.0


def normalised_as_printed() -> dict[str, Any]:
    """Evaluate the printed formula."""
    return {"output": GAMMA * (S - np.mean(S)) / np.std(S) + BETA}


@example(
    "WE-CIT-09",
    "CIT-36",
    "Batch normalisation",
    "s ← γ (s − μ_B) / σ_B + β",
    printed=normalised_as_printed,
    true={
        "output": [-3.1380899352993951, -2.0690449676496975, -1.0, 2.2071349029490926],
        "mean": -1.0,
        "standard_deviation": 2.0,
    },
    kind="convention",
    note="Shown on 1, 2, 3, 6 with γ = 2, β = −1: they become the new deviation and mean. In practice a "
    "small ε stands under the root.",
)
def batch_normalisation() -> Any:
    """Normalise a batch by its mean and its (population) deviation, stretch and shift it."""
    centred = S - ck.mean(S)
    output = GAMMA * centred / ck.sqrt(ck.mean(centred**2)) + BETA
    return {
        "output": output,
        "mean": ck.mean(output),
        "standard_deviation": ck.sqrt(ck.mean((output - ck.mean(output)) ** 2)),
    }


EXAMPLES = collect(vars())
