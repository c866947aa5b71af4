"""Unit 2, optimisation and the three ways to a gradient: random search, finite differences, descent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from coursekit import functions as ck
from coursekit.examples import data
from coursekit.examples.base import collect, decimals, examples_of_unit, significant
from coursekit.examples.slopes import exact, on_symbols
from coursekit.formulas import Formula, sympy_module
from coursekit.gates import MultiplyGate
from coursekit.gradients import gradient
from coursekit.graph import ComputationalGraph
from coursekit.variable import variables

example = examples_of_unit(2)

STEP = 0.001
FOUR = decimals(4)

# ---- searching for W at random (USC-28, USC-29) ----------------------------------------------------------


@example(
    "WE-USC-11",
    "USC-28",
    "Random search, first guess",
    "f(x; W) = W x, without a bias",
    printed={"f": [0.987, 0.223, 0.38]},
    true={
        "f": [0.687, 0.4235, 0.1805],
        "hidden_bias": [0.3, -0.2, 0.2],
        "f_with_bias": [0.987, 0.2235, 0.3805],
        "L": 0.914823206964056,
        "L_with_bias": 1.3122124446902643,
    },
    kind="erratum",
    erratum="E-07",
    digits=decimals(3),
)
def first_guess() -> Any:
    """Multiply W by x; what the slide prints more is the hidden bias."""
    f = ck.matmul(data.W_first_guess, data.x_car)
    bias = np.round(np.array([0.987, 0.223, 0.38]) - f, 2)
    return {
        "f": f,
        "hidden_bias": bias,
        "f_with_bias": f + bias,
        "L": ck.norm_loss(f, data.y_car),
        "L_with_bias": ck.norm_loss(f + bias, data.y_car),
    }


@example(
    "WE-USC-12",
    "USC-29",
    "Random search, second guess",
    "f(x; W) = W x",
    printed=[0.416, -0.118, 1.167],
    true=[0.4165, -0.118, 1.1675],
    kind="rounding",
    digits=decimals(3),
    note="Two ties, sent down. The loss is larger than that of the first guess.",
)
def second_guess() -> Any:
    """Multiply W by x."""
    return ck.matmul(data.W_second_guess, data.x_car)


# ---- the finite-difference table (USC-32 … USC-34) -------------------------------------------------------


def raised(*entries: tuple[int, int]) -> Any:
    """Return the second guess with these entries of W raised by the step."""
    W = np.array(data.W_second_guess)
    for entry in entries:
        W[entry] += STEP
    return W


def loss_of_cut_outputs() -> float:
    """Return the loss of outputs that were cut to three decimals before: where the slide's 1.6688 is from."""
    cut = [float(decimals(3).round(f)) for f in (0.4165, -0.118, 1.1675)]
    return ck.norm_loss(cut, data.y_car)


def quotient(above: float, below: float) -> float:
    """Return (above − below) / h."""
    return (above - below) / STEP


def rounded(loss: float) -> float:
    """Return a loss as the slide keeps it: to four decimals."""
    return float(FOUR.round(loss))


@example(
    "WE-USC-13",
    "USC-32",
    "Finite differences: the baseline",
    "L(W) = 1.6688",
    printed={"L": 1.6688},
    true={"L": 1.6692670547279126, "L_of_cut_outputs": 1.6687926773568969},
    kind="erratum",
    erratum="E-08",
    digits=FOUR,
)
def baseline() -> Any:
    """Take the norm of W x − y*, from exact outputs and from outputs cut to three decimals."""
    return {"L": data.objective(data.W_second_guess), "L_of_cut_outputs": loss_of_cut_outputs()}


@example(
    "WE-USC-14",
    "USC-32",
    "Finite differences: outputs after raising W[0, 0]",
    "the outputs of the second guess again",
    printed=[0.416, -0.118, 1.167],
    true=[0.4166, -0.118, 1.1675],
    kind="erratum",
    erratum="E-09",
    digits=decimals(3),
)
def outputs_after_the_first_step() -> Any:
    """Multiply W, with its first entry raised by 0.001, by x."""
    return ck.matmul(raised((0, 0)), data.x_car)


@example(
    "WE-USC-15",
    "USC-32",
    "Finite differences: loss after raising W[0, 0]",
    "L(W + h) = 1.6693",
    printed=1.6693,
    true=1.669292008607242,
    digits=FOUR,
    note="From exact outputs, unlike the baseline.",
)
def loss_after_the_first_step() -> Any:
    """Take the norm of (W + h) x − y*."""
    return data.objective(raised((0, 0)))


@example(
    "WE-USC-16",
    "USC-32",
    "Finite differences: the first quotient",
    "(1.6693 − 1.6688) / 0.001 = 0.5",
    printed={"quotient": 0.5},
    true={
        "quotient": 0.024953879329238213,
        "partial_derivative": 0.024951070520461971,
        "quotient_of_rounded_losses": 0.0,
        "parts_of_the_printed_quotient": {
            "true_quotient": 0.024953879329238213,
            "baseline_of_cut_outputs": 0.47437737101577076,
            "rounding_of_L(W+h)": 0.0079913927581495882,
            "rounding_of_L(W)": -0.0073226431031585619,
        },
    },
    kind="erratum",
    erratum="E-10",
    digits=decimals(1),
    tolerance=1e-9,
    note="The four parts add up to the printed 0.5.",
)
def first_quotient() -> Any:
    """Divide the difference of the losses by h; compare with backprop; take the printed 0.5 apart."""
    L, L_cut, L_raised = (
        data.objective(data.W_second_guess),
        loss_of_cut_outputs(),
        data.objective(raised((0, 0))),
    )
    return {
        "quotient": quotient(L_raised, L),
        "partial_derivative": gradient(data.objective, data.W_second_guess)[0, 0],
        "quotient_of_rounded_losses": quotient(rounded(L_raised), rounded(L)),
        "parts_of_the_printed_quotient": {
            "true_quotient": quotient(L_raised, L),
            "baseline_of_cut_outputs": quotient(L, L_cut),
            "rounding_of_L(W+h)": quotient(rounded(L_raised), L_raised),
            "rounding_of_L(W)": quotient(L_cut, rounded(L_cut)),
        },
    }


@example(
    "WE-USC-17",
    "USC-33",
    "Finite differences: outputs of the second step",
    "outputs after raising W[0, 1]",
    printed=[0.418, -0.118, 1.167],
    true=[0.4181, -0.118, 1.1675],
    kind="rounding",
    digits=decimals(3),
    note="0.4180, with only W[0, 1] raised, would print the same; the loss tells that both entries are "
    "raised.",
)
def outputs_after_the_second_step() -> Any:
    """Multiply W, with its first two entries raised by 0.001, by x."""
    return ck.matmul(raised((0, 0), (0, 1)), data.x_car)


@example(
    "WE-USC-18",
    "USC-33",
    "Finite differences: loss of the second step",
    "L(W + h) = 1.6697",
    printed={"both_entries_raised": 1.6697},
    true={"both_entries_raised": 1.6696669907499519, "only_W01_raised": 1.6696419526353547},
    digits=FOUR,
    note="With W[0, 1] alone it would be 1.6696: the slide did not put the first entry back.",
)
def loss_after_the_second_step() -> Any:
    """Take the norm with both entries raised, and with the second alone."""
    return {
        "both_entries_raised": data.objective(raised((0, 0), (0, 1))),
        "only_W01_raised": data.objective(raised((0, 1))),
    }


@example(
    "WE-USC-19",
    "USC-33",
    "Finite differences: the second quotient",
    "(1.6697 − 1.6688) / 0.001 = 0.9",
    printed={"quotient": 0.9},
    true={
        "quotient": 0.37489790744207958,
        "quotient_with_both_entries_raised": 0.39993602203929870,
        "partial_derivative": 0.37426605780692957,
        "parts_of_the_printed_quotient": {
            "true_quotient": 0.37489790744207958,
            "first_entry_not_put_back": 0.025038114597219120,
            "baseline_of_cut_outputs": 0.47437737101577076,
            "rounding_of_L(W+h)": 0.033009250048089099,
            "rounding_of_L(W)": -0.0073226431031585619,
        },
    },
    kind="erratum",
    erratum="E-11",
    digits=decimals(1),
    tolerance=1e-9,
    note="The five parts add up to the printed 0.9.",
)
def second_quotient() -> Any:
    """Divide the difference of the losses by h; compare with backprop; take the printed 0.9 apart."""
    L, L_cut = data.objective(data.W_second_guess), loss_of_cut_outputs()
    L_both, L_one = data.objective(raised((0, 0), (0, 1))), data.objective(raised((0, 1)))
    return {
        "quotient": quotient(L_one, L),
        "quotient_with_both_entries_raised": quotient(L_both, L),
        "partial_derivative": gradient(data.objective, data.W_second_guess)[0, 1],
        "parts_of_the_printed_quotient": {
            "true_quotient": quotient(L_one, L),
            "first_entry_not_put_back": quotient(L_both, L_one),
            "baseline_of_cut_outputs": quotient(L, L_cut),
            "rounding_of_L(W+h)": quotient(rounded(L_both), L_both),
            "rounding_of_L(W)": quotient(L_cut, rounded(L_cut)),
        },
    }


@example(
    "WE-USC-20",
    "USC-34",
    "All twelve entries of the gradient",
    "a table that begins 0.5, 0.9 and is to be completed",
    printed={"gradient": [[0.5, 0.9, None, None], [None] * 4, [None] * 4]},
    true={
        "gradient": [
            [0.024951070520461971, 0.37426605780692957, 0.01746574936432338, 0.57886483607471773],
            [-0.066975502621552182, -1.0046325393232827, -0.046882851835086527, -1.5538316608200106],
            [0.069940875948713928, 1.0491131392307089, 0.04895861316409975, 1.6226283220101631],
        ],
        "norm": 2.7653752005830963,
        "squared_norm_of_x": 7.6473,
        "step_to_the_minimum": 0.21828188442037224,
        "loss_after_that_step": 0.0,
    },
    kind="erratum",
    erratum="E-12",
    digits=decimals(1),
    note="The norm of the gradient is ‖x‖; the step L / ‖x‖² reaches the loss 0 at once.",
)
def whole_gradient() -> Any:
    """Go back from the norm to W: (W x − y*) xᵀ / ‖W x − y*‖."""
    W, x = data.W_second_guess, data.x_car
    dW = gradient(data.objective, W)
    squared = ck.matmul(x, x)
    step = data.objective(W) / squared
    return {
        "gradient": dW,
        "norm": np.linalg.norm(dW),
        "squared_norm_of_x": squared,
        "step_to_the_minimum": step,
        "loss_after_that_step": data.objective(W - step * dW),
    }


# ---- the analytic solution, and what a derivative is (USC-30, USC-31) ------------------------------------


@example(
    "WE-USC-21",
    "USC-30",
    "The analytic solution",
    "min_W L(W) = (XᵀX)⁻¹ Xᵀ y*, which needs a 4×4 matrix of rank 4",
    printed={"size": 4, "rank": 4},
    true={
        "size": 4,
        "rank": 1,
        "shortest_W": [
            [0.0, 0.0, 0.0, 0.0],
            [0.013076510663894446, 0.19614765995841670, 0.0091535574647261125, 0.30337504740235116],
            [0.0, 0.0, 0.0, 0.0],
        ],
        "loss": 0.0,
    },
    kind="erratum",
    erratum="E-13",
)
def analytic_solution() -> Any:
    """Look at the rank of x xᵀ; solve x Wᵀ = y* by least squares, with the shortest W."""
    X = data.x_car[None, :]
    W = np.linalg.lstsq(X, data.y_car[None, :], rcond=None)[0].T
    return {
        "size": len(X.T @ X),
        "rank": int(np.linalg.matrix_rank(X.T @ X)),
        "shortest_W": W,
        "loss": data.objective(W),
    }


def limit_of_the_quotient() -> dict[str, Any]:
    """Take the limit of (f(x + h) − f(x)) / h for f = x³."""
    sympy = sympy_module()
    x, h = sympy.symbols("x h")
    return {"derivative": sympy.limit(((x + h) ** 3 - x**3) / h, h, 0)}


@example(
    "WE-USC-22",
    "USC-31",
    "What a derivative is",
    "df/dx = lim (f(x + h) − f(x)) / h for h → 0",
    printed=limit_of_the_quotient,
    true={
        "derivative": Formula("3*x^2"),
        "error_of_the_forward_quotient": Formula("3*x*h + h^2"),
        "error_of_the_central_quotient": Formula("h^2"),
    },
    note="Shown on x³. In general the forward error begins with h f″/2, the central one with h² f‴/6.",
)
def derivative_of_a_cube() -> Any:
    """Go back through a cube gate on symbols; subtract that slope from the two quotients."""
    (x,) = variables("x")
    cube = ComputationalGraph(x**3)
    sympy = sympy_module()
    at, h = sympy.symbols("x h")
    here, above, below = (cube.forward(x=point) for point in (at, at + h, at - h))
    _, slope = on_symbols(cube)
    return {
        "derivative": slope["x"],
        "error_of_the_forward_quotient": exact((above - here) / h - slope["x"]),
        "error_of_the_central_quotient": exact((above - below) / (2 * h) - slope["x"]),
    }


# ---- what a gradient costs (UT-19, BER-26) ---------------------------------------------------------------


def multiplications(weights: int) -> tuple[int, int]:
    """Count the multiplications of one pass forward, and one back, through Σ wᵢ xᵢ.

    Forward there is one a multiply gate; backward one for each of its two edges.
    """
    w, x = (variables([f"{name}{i}" for i in range(weights)]) for name in "wx")
    total = w[0] * x[0]
    for wi, xi in zip(w[1:], x[1:], strict=True):
        total = total + wi * xi
    gates = [node for node in ComputationalGraph(total).nodes if isinstance(node.gate, MultiplyGate)]
    return len(gates), sum(len(gate.inputs) for gate in gates)


@example(
    "WE-UT-04",
    "UT-19",
    "What finite differences and backprop cost",
    "both O(NM) for N weights and M data points, that is: one costs as much as the other",
    printed={"ratio": 1.0},
    true={"finite_differences": 100_100_000, "backprop": 300_000, "ratio": 1001 / 3},
    kind="erratum",
    erratum="E-16",
    note="Multiplications for N = 1000 weights and M = 100 points.",
)
def cost_of_a_gradient() -> Any:
    """Count the multiply gates of a layer with 1000 weights; M data points, N + 1 or one pass each."""
    weights, data_points = 1000, 100
    forward, backward = multiplications(weights)
    finite_differences = (weights + 1) * data_points * forward
    backprop = data_points * (forward + backward)
    return {
        "finite_differences": finite_differences,
        "backprop": backprop,
        "ratio": finite_differences / backprop,
    }


cost_of_a_gradient_again = replace(cost_of_a_gradient, id="WE-BER-04", catalogue="BER-26")

# ---- descent on three points (BER-19 … BER-23) -----------------------------------------------------------


@example(
    "WE-BER-11",
    "BER-20",
    "One step of gradient descent",
    "[1, 3] − 0.01 · [0, 4] = [1, 2.96]",
    printed=[1, 2.96],
    true=[1.0, 2.96],
)
def one_step() -> Any:
    """Subtract 0.01 of the gradient."""
    return data.w_start - 0.01 * np.array([0.0, 4.0])


def step_along_the_gradient(sign: float) -> dict[str, Any]:
    """Take one step of 0.01 with or against the gradient of −ll, and say whether −ll falls."""
    f = data.negative_log_likelihood
    w = data.w_start + sign * 0.01 * gradient(f, data.w_start)
    return {"w": w, "objective_falls": f(w) < f(data.w_start)}


@example(
    "WE-BER-12",
    "BER-19",
    "The direction of descent",
    "to minimise, move in the same direction as the gradient",
    printed=lambda: step_along_the_gradient(+1.0),
    true={"w": [1.0000085229173574, 2.9600078607269675], "objective_falls": True},
    kind="erratum",
    erratum="E-20",
    note="Shown on −ll of the three points at [1, 3] with α = 0.01.",
)
def direction_of_descent() -> Any:
    """Step against the gradient and see the objective fall."""
    return step_along_the_gradient(-1.0)


@example(
    "WE-BER-13",
    "BER-23",
    "The gradient of −ll at [1, 3]",
    "{−0.000852292, 3.99921}",
    printed=[-0.000852292, 3.99921],
    true=[-0.00085229173574269379, 3.9992139273032533],
    digits=significant(6),
    note="Exactly −4/(1+e¹⁰) − 2/(1+e⁸) and −2/(1+e¹⁰) + 4/(1+e⁻¹²) − 2/(1+e⁸).",
)
def gradient_at_the_start() -> Any:
    """Go back from −ll of the three points to w."""
    return gradient(data.negative_log_likelihood, data.w_start)


@example(
    "WE-BER-14",
    "BER-20",
    "'Suppose the gradient is [0, 4]'",
    "the gradient in whole numbers",
    printed={"gradient": [0, 4]},
    true={
        "gradient": [-0.00085229173574269379, 3.9992139273032533],
        "rounded_minus_true": [0.00085229173574269379, 0.00078607269674668387],
        "step_with_it": [1.0000085229173574, 2.9600078607269675],
    },
    kind="rounding",
    digits=decimals(0),
)
def rounded_gradient() -> Any:
    """Compute the gradient, and the step that it makes."""
    slopes = gradient(data.negative_log_likelihood, data.w_start)
    return {
        "gradient": slopes,
        "rounded_minus_true": np.array([0.0, 4.0]) - slopes,
        "step_with_it": step_along_the_gradient(-1.0)["w"],
    }


def symbolic_gradient() -> Any:
    """Return ∇(−ll) of the three points as two formulas in w1 and w2."""
    w1, w2 = variables("w1 w2")
    scores: Iterable[Any] = (2 * w1 + w2, -2 * w2, -w1 - w2)
    losses = [ck.two_class_nll(s, y) for s, y in zip(scores, data.labels.tolist(), strict=True)]
    return on_symbols(ComputationalGraph(losses[0] + losses[1] + losses[2]))[1]


@example(
    "WE-BER-15",
    "BER-22",
    "The symbolic gradient, first component",
    "the output of a computer-algebra system",
    printed=Formula("-2*(3 + 2*e^(2*(w1+w2)) + e^(4*w1+2*w2))/((1 + e^(2*(w1+w2)))*(1 + e^(4*w1+2*w2)))"),
    true=Formula("-4/(1 + e^(4*w1+2*w2)) - 2/(1 + e^(2*(w1+w2)))"),
)
def first_component() -> Any:
    """Run the gates of −ll forward and backward on symbols."""
    return symbolic_gradient()["w1"]


NUMERATOR = "2*(-2 - e^(2*(w1+w2)) - e^(4*w1+2*w2) + e^(2*w1+6*w2) + e^(4*w1+6*w2) + 2*e^(6*w1+8*w2))"


def second_component_as_copied() -> dict[str, Any]:
    """Evaluate the formula with the denominator of the damaged copy."""
    formula = Formula(f"{NUMERATOR}/((1 + e^(4*w1+2*w2))*(1 + e^(4*w1+2*w2)))").sympy()
    return {"formula": formula, "at_1_3": float(formula.subs({"w1": 1, "w2": 3}))}


@example(
    "WE-BER-16",
    "BER-22",
    "The symbolic gradient, second component",
    "the output of a computer-algebra system, damaged in the copy",
    printed=second_component_as_copied,
    true={
        "formula": Formula(f"{NUMERATOR}/((1 + e^(4*w2))*(1 + e^(2*(w1+w2)))*(1 + e^(4*w1+2*w2)))"),
        "at_1_3": 3.9992139273032533,
    },
    kind="extraction",
    erratum="E-21",
)
def second_component() -> Any:
    """Run the gates of −ll forward and backward on symbols, and on [1, 3]."""
    return {
        "formula": symbolic_gradient()["w2"],
        "at_1_3": gradient(data.negative_log_likelihood, data.w_start)[1],
    }


# ---- finite differences of the cubic (BER-24) ------------------------------------------------------------


@example(
    "WE-BER-17",
    "BER-24",
    "The gradient of g at (3, 4)",
    "[3 w₁² w₂ + 3, w₁³] = [111, 27]",
    printed=[111, 27],
    true=[111.0, 27.0],
)
def gradient_of_g() -> Any:
    """Run g = w₁³ w₂ + 3 w₁ forward and backward."""
    graph = data.g_graph()
    graph.forward(w1=3.0, w2=4.0)
    return list(graph.backward().values())


@example(
    "WE-BER-18",
    "BER-24",
    "Values for the finite difference of g",
    "g(3, 4), g(3.1, 4), g(3, 4.1)",
    printed=[117, 128.464, 119.7],
    true=[117.0, 128.464, 119.7],
)
def values_of_g() -> Any:
    """Run g forward at the three points."""
    graph = data.g_graph()
    return [graph.forward(w1, w2) for w1, w2 in ((3.0, 4.0), (3.1, 4.0), (3.0, 4.1))]


@example(
    "WE-BER-19",
    "BER-24",
    "The finite-difference gradient of g",
    "[114.64, 27] for h = 0.1",
    printed={"forward": [114.64, 27]},
    true={
        "forward": [114.64, 27.0],
        "central": [111.04, 27.0],
        "error_of_forward": [3.64, 0.0],
        "parts_of_the_error": {"h/2 g″": 3.6, "h²/6 g‴": 0.04},
    },
    tolerance=1e-11,
    note="g is linear in w₂, so there even the forward quotient is exact.",
)
def finite_differences_of_g() -> Any:
    """Take forward and central quotients; split the error by the second and third derivative of g."""
    at, h = [3.0, 4.0], 0.1
    forward = gradient(data.g, at, "forward_difference", h=h)
    second = data.g_graph().gradient("w1").gradient("w1")
    third = second.gradient("w1")
    return {
        "forward": forward,
        "central": gradient(data.g, at, "central_difference", h=h),
        "error_of_forward": forward - gradient(data.g, at),
        "parts_of_the_error": {
            "h/2 g″": h / 2 * second.forward(*at),
            "h²/6 g‴": h**2 / 6 * third.forward(w1=at[0], w2=at[1]),
        },
    }


# ---- two losses under one name (USC-19, USC-27) ----------------------------------------------------------


@example(
    "WE-USC-34",
    "USC-27",
    "Two losses under nearly one name",
    "‖ ‖² in the L2 loss and its table, ‖ ‖ in the search for W",
    printed={"squared": 0.0174},
    true={
        "squared": 0.0174,
        "norm": 0.13190905958272920,
        "gradient_of_squared": [0.14, -0.2, 0.1],
        "gradient_of_norm": [0.53066863050523238, -0.75809804357890340, 0.37904902178945170],
    },
    kind="convention",
    erratum="E-03",
)
def squared_norm_and_norm() -> Any:
    """Take both losses of [0.07, 0.9, 0.05] for [0, 1, 0], and go back from each."""
    f, y = data.f_second, data.y_car
    return {
        "squared": ck.l2_loss(f, y),
        "norm": ck.norm_loss(f, y),
        "gradient_of_squared": gradient(lambda f: ck.l2_loss(f, y), f),
        "gradient_of_norm": gradient(lambda f: ck.norm_loss(f, y), f),
    }


EXAMPLES = collect(vars())
