"""Unit 5, neurons, layers, networks and learned features: Boolean functions, XOR, feature maps."""

from __future__ import annotations

import math
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from coursekit import functions as ck
from coursekit.examples import data
from coursekit.examples.base import collect, examples_of_unit
from coursekit.gradients import gradient

example = examples_of_unit(5)


def quadratic_features(x: Any) -> list[Any]:
    """Return all products of one or two of the inputs: d (d + 3) / 2 of them for d inputs."""
    chosen = [c for degree in (1, 2) for c in combinations_with_replacement(range(len(x)), degree)]
    return [math.prod(x[i] for i in c) for c in chosen]


@example(
    "WE-CIT-03",
    "CIT-05",
    "A quadratic feature map",
    "(x₁, x₂) → (x₁², x₂², x₁x₂, x₁, x₂)",
    printed={"features_of_2_3": [2, 3, 4, 6, 9], "number": 5},
    true={"features_of_2_3": [2.0, 3.0, 4.0, 6.0, 9.0], "number": 5, "number_for_10_inputs": 65},
    note="Shown for (2, 3), in another order than on the slide; d inputs give d (d + 3) / 2 features.",
)
def feature_map() -> Any:
    """Multiply out all products of at most two inputs."""
    features = quadratic_features([2.0, 3.0])
    return {
        "features_of_2_3": features,
        "number": len(features),
        "number_for_10_inputs": len(quadratic_features([1.0] * 10)),
    }


@example(
    "WE-CIT-04",
    "CIT-08",
    "XOR from AND and OR",
    "pictures of the three functions",
    printed=None,
    true={"AND": [0.0, 0.0, 0.0, 1.0], "OR": [0.0, 1.0, 1.0, 1.0], "XOR": [0.0, 1.0, 1.0, 0.0]},
    kind="unprinted",
    note="AND is x₁ + x₂ > 1.5, OR is x₁ + x₂ > 0.5, XOR is OR − AND > 0.5.",
)
def boolean_functions() -> Any:
    """Run step gates on sums of the inputs."""
    total = ck.sum(data.xor_inputs, axis=1)
    both, either = ck.step(total - 1.5), ck.step(total - 0.5)
    return {"AND": both, "OR": either, "XOR": ck.step(either - both - 0.5)}


@example(
    "WE-HAR-01",
    "HAR-06",
    "XOR: the best linear model",
    "predicts 0.5 on all points",
    printed={"predictions": [0.5, 0.5, 0.5, 0.5]},
    true={
        "predictions": [0.5, 0.5, 0.5, 0.5],
        "w": [0.0, 0.0],
        "b": 0.5,
        "sum_of_squares": 1.0,
        "mean_squared_error": 0.25,
        "gradient": [0.0, 0.0, 0.0],
    },
)
def best_linear_model() -> Any:
    """Fit w and b by least squares; backprop finds no slope there."""
    inputs = np.column_stack([data.xor_inputs, np.ones(4)])
    solution = np.linalg.lstsq(inputs, data.xor_labels, rcond=None)[0]
    error = lambda v: ck.l2_loss(ck.matmul(inputs, v), data.xor_labels)
    return {
        "predictions": inputs @ solution,
        "w": solution[:2],
        "b": solution[2],
        "sum_of_squares": error(solution),
        "mean_squared_error": error(solution) / 4,
        "gradient": gradient(error, solution),
    }


@example(
    "WE-HAR-02",
    "HAR-07",
    "XOR by a ReLU network",
    "a picture; the weights are lost",
    printed=None,
    true=[0.0, 1.0, 1.0, 0.0],
    kind="unprinted",
    note="With the usual weights: W all 1, c = [0, −1], w = [1, −2], b = 0.",
)
def relu_network() -> Any:
    """Run the four inputs through two layers of ReLU gates."""
    return data.xor_network(data.xor_inputs)


W = np.array([[0.5, -1.0], [2.0, 0.25], [-1.0, 1.0]])
z = np.array([1.0, 2.0])


def layer_by_loops() -> list[float]:
    """Evaluate the printed sum for each unit."""
    return [max(0.0, sum(W[i][j] * z[j] for j in range(2))) for i in range(3)]


@example(
    "WE-UT-13",
    "UT-03",
    "From layer to layer",
    "zᵢ⁽ᵏ⁾ = g(Σⱼ Wᵢⱼ zⱼ⁽ᵏ⁻¹⁾)",
    printed=layer_by_loops,
    true=[0.0, 2.5, 1.0],
    kind="convention",
    note="Shown for three ReLU units. There is no bias: a constant 1 among the inputs stands for it.",
)
def layer() -> Any:
    """Multiply by the weight matrix, run the ReLU gate."""
    return ck.relu(ck.matmul(W, z))


EXAMPLES = collect(vars())
