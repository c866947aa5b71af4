"""Unit 6, activation functions and hidden units: slopes, corners, saturation, collapse."""

from __future__ import annotations

from typing import Any

import numpy as np

from coursekit import functions as ck
from coursekit.examples.base import collect, examples_of_unit
from coursekit.examples.slopes import on_a_symbol, one_sided_slopes, slopes, steepest
from coursekit.formulas import Formula
from coursekit.gates import SigmoidGate
from coursekit.matrices import jacobian

example = examples_of_unit(6)


@example(
    "WE-UT-06",
    "UT-04",
    "The sigmoid and its derivative",
    "g = 1 / (1 + e^−z), g′ = g (1 − g)",
    printed={"slope": Formula("g*(1 - g)", (("g", "1/(1 + e^(-z))"),))},
    true={
        "value": Formula("1/(1 + e^(-z))"),
        "slope": Formula("e^(-z)/(1 + e^(-z))^2"),
        "largest_slope": 0.25,
    },
)
def sigmoid() -> Any:
    """Run the sigmoid gate forward and backward on a symbol; its slope is largest at 0."""
    value, slope = on_a_symbol(ck.sigmoid, "z")
    return {"value": value, "slope": slope, "largest_slope": steepest(ck.sigmoid)}


@example(
    "WE-UT-07",
    "UT-05",
    "The hyperbolic tangent and its derivative",
    "g = (e^z − e^−z) / (e^z + e^−z), g′ = 1 − g²",
    printed={
        "value": Formula("(e^z - e^(-z))/(e^z + e^(-z))"),
        "slope": Formula("1 - g^2", (("g", "(e^z - e^(-z))/(e^z + e^(-z))"),)),
    },
    true={
        "value": Formula("2/(1 + e^(-2*z)) - 1"),
        "slope": Formula("4/(e^z + e^(-z))^2"),
        "largest_slope": 1.0,
    },
    note="tanh z = 2 σ(2z) − 1.",
)
def hyperbolic_tangent() -> Any:
    """Run the tanh gate forward and backward on a symbol; its slope is largest at 0."""
    value, slope = on_a_symbol(ck.tanh, "z")
    return {"value": value, "slope": slope, "largest_slope": steepest(ck.tanh)}


@example(
    "WE-UT-08",
    "UT-06",
    "The ReLU's slope at 0",
    "g′(z) = 1 for z > 0, 0 otherwise",
    printed={"slope_at_-2_0_3": [0, 0, 1]},
    true={"slope_at_-2_0_3": [0.0, 0.0, 1.0], "to_the_left_and_right_of_0": [0.0, 1.0]},
    kind="convention",
    note="At the corner there is no derivative: any slope from 0 to 1 would do. 0 is what everybody takes.",
)
def relu_slopes() -> Any:
    """Go back through the ReLU gate; at 0 take both one-sided slopes too."""
    return {
        "slope_at_-2_0_3": slopes(ck.relu, [-2.0, 0.0, 3.0]),
        "to_the_left_and_right_of_0": one_sided_slopes(ck.relu, 0.0),
    }


def larger_of_x_and_a_tenth() -> dict[str, list[float]]:
    """Evaluate the printed max(0.1 x, x)."""
    return {"value_at_-2_3": [max(0.1 * x, x) for x in (-2.0, 3.0)]}


@example(
    "WE-BER-24",
    "BER-37",
    "The leaky ReLU",
    "max(0.1 x, x)",
    printed=larger_of_x_and_a_tenth,
    true={
        "value_at_-2_3": [-0.2, 3.0],
        "slope_at_-2_3": [0.1, 1.0],
        "generalised_with_alpha_0.1": [-0.2, 3.0],
    },
)
def leaky_relu() -> Any:
    """Run the gate, and the generalised ReLU with α = 0.1, at −2 and 3."""
    return {
        "value_at_-2_3": [ck.leaky_relu(x) for x in (-2.0, 3.0)],
        "slope_at_-2_3": slopes(ck.leaky_relu, [-2.0, 3.0]),
        "generalised_with_alpha_0.1": [ck.generalised_relu(x, 0.1) for x in (-2.0, 3.0)],
    }


@example(
    "WE-HAR-06",
    "HAR-18",
    "The generalised ReLU and its condition",
    "max(0, z) + α min(0, z) for α > 0; for α = −1 it is |z|",
    printed={"value_at_-2_3": [2, 3], "alpha_is_positive": True},
    true={"value_at_-2_3": [2.0, 3.0], "absolute_value": [2.0, 3.0], "alpha_is_positive": False},
    kind="erratum",
    erratum="E-31",
    note="α = 0: ReLU; 0.01 or 0.1: leaky; learned: PReLU; −1: absolute value.",
)
def generalised_relu() -> Any:
    """Run the gate with α = −1, and the absolute value, at −2 and 3."""
    alpha = -1.0
    return {
        "value_at_-2_3": [ck.generalised_relu(z, alpha) for z in (-2.0, 3.0)],
        "absolute_value": [ck.absolute(z) for z in (-2.0, 3.0)],
        "alpha_is_positive": alpha > 0,
    }


ALPHA, BETA = np.array([-1.0, 0.5, 2.0]), np.array([0.0, 1.0, -3.0])
POINTS = [-2.0, 0.0, 4.0]


def largest_piece() -> dict[str, list[float]]:
    """Evaluate the printed maximum of αᵢ z + βᵢ."""
    return {"value": [max(float(a * z + b) for a, b in zip(ALPHA, BETA, strict=True)) for z in POINTS]}


@example(
    "WE-HAR-07",
    "HAR-19",
    "Maxout",
    "maxᵢ αᵢ zᵢ + βᵢ",
    printed=largest_piece,
    true={"value": [2.0, 1.0, 5.0], "slope": [-1.0, 0.5, 2.0]},
    note="Shown with the pieces −z, z/2 + 1 and 2z − 3. The gradient goes to the winning piece.",
)
def maxout() -> Any:
    """Run the gate on three affine pieces of z, forward and backward."""
    unit = lambda z: ck.maxout(z * ALPHA + BETA)
    return {"value": [unit(z) for z in POINTS], "slope": slopes(unit, POINTS)}


@example(
    "WE-CIT-10",
    "CIT-33",
    "Saturation: a product of small slopes",
    "∂L/∂W as a product over the layers, without numbers",
    printed=None,
    true={"bound": [0.25, 0.0009765625, 9.5367431640625e-07, 9.094947017729282e-13]},
    kind="unprinted",
    note="At most (1/4)^L through 1, 5, 10, 20 sigmoid layers, weights aside: at its steepest, a sigmoid has "
    "the slope 1/4.",
)
def vanishing_gradients() -> Any:
    """Pass an upstream gradient of 1 through L sigmoid gates at their steepest point."""
    gate = SigmoidGate()
    gate.forward(0.0)

    def through(layers: int) -> float:
        dz = 1.0
        for _ in range(layers):
            dz = gate.backward(dz)
        return dz

    return {"bound": [through(layers) for layers in (1, 5, 10, 20)]}


FIRST = np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 1.0]])  # 3 inputs, 2 hidden units
SECOND = np.array([[2.0, 0.0, 1.0], [1.0, -1.0, 4.0]])  # 2 hidden units, 3 outputs
X = np.array([1.0, -2.0, 0.5])


def collapsed() -> dict[str, Any]:
    """Evaluate the one layer (W₁ W₂)ᵀ x to which the slide says the two collapse."""
    return {"output": (FIRST @ SECOND).T @ X}


@example(
    "WE-CIT-17",
    "CIT-32",
    "Linear layers collapse",
    "W₂ᵀ W₁ᵀ x is a linear function of x",
    printed=collapsed,
    true={"output": [9.5, -4.5, 20.5], "rank": 2},
    note="The rank is at most the width of the narrowest layer: here 2 of 3.",
)
def two_linear_layers() -> Any:
    """Run x through two layers without an activation; take the rank of the Jacobian."""
    network = lambda x: ck.matmul(ck.transpose(SECOND), ck.matmul(ck.transpose(FIRST), x))
    return {"output": network(X), "rank": int(np.linalg.matrix_rank(jacobian(network, X)))}


EXAMPLES = collect(vars())
