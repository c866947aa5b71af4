"""Unit 4, probabilistic outputs and cost functions: likelihoods, logistic regression, softmax, Gaussians."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from coursekit import functions as ck
from coursekit.examples import data
from coursekit.examples.base import collect, decimals, examples_of_unit
from coursekit.examples.slopes import on_a_symbol, on_symbols
from coursekit.formulas import Formula, sympy_module
from coursekit.gradients import gradient
from coursekit.graph import ComputationalGraph
from coursekit.variable import variables

example = examples_of_unit(4)

SIGMOID = (("s", "1/(1 + e^(-z))"),)

# ---- two classes with the scores z and −z (BER-12 … BER-17) ----------------------------------------------


@example(
    "WE-BER-06",
    "BER-12",
    "The two-class softmax is a sigmoid of 2z",
    "e^z / (e^z + e^−z)",
    printed={"p": Formula("e^z/(e^z + e^(-z))")},
    true={
        "p": Formula("1/(1 + e^(-2*z))"),
        "slope": Formula("2*p*(1 - p)", (("p", "1/(1 + e^(-2*z))"),)),
        "at_1": 0.88079707797788243,
        "sigmoid_at_1": 0.73105857863000488,
    },
    kind="convention",
    note="With scores ±z the logit is 2z. A logistic unit on the same z decides alike, but with another p.",
)
def two_class_softmax() -> Any:
    """Run the gate on a symbol, forward and backward, and both gates at z = 1."""
    p, slope = on_a_symbol(ck.two_class_softmax, "z")
    return {"p": p, "slope": slope, "at_1": ck.two_class_softmax(1.0), "sigmoid_at_1": ck.sigmoid(1.0)}


def scores() -> Any:
    """Return w·x of the three points at w = [1, 3]: 5, −6, −4."""
    return ck.matmul(data.points, data.w_start)


def probabilities_of_labels() -> Any:
    """Return the probability that each point has its label."""
    return ck.two_class_softmax(data.labels * scores())


@example(
    "WE-BER-07",
    "BER-16",
    "Scores of the three points",
    "2w₁ + w₂, −2w₂, −w₁ − w₂",
    printed={"formulas": [Formula("2*w1 + w2"), Formula("-2*w2"), Formula("-w1 - w2")]},
    true={
        "formulas": [Formula("2*w1 + w2"), Formula("-2*w2"), Formula("-w1 - w2")],
        "at_1_3": [5.0, -6.0, -4.0],
        "p_of_label": [0.99995460213129757, 6.1441746022147178e-6, 0.99966464986953352],
    },
    note="At [1, 3] the second point is on the wrong side.",
)
def scores_of_three_points() -> Any:
    """Multiply the points by w: by symbols, and by [1, 3]."""
    (w,) = variables("w")
    graph = ComputationalGraph(ck.matmul(data.points, w))
    formulas = graph.forward(w=np.array(sympy_module().symbols("w1 w2")))
    return {"formulas": formulas, "at_1_3": scores(), "p_of_label": probabilities_of_labels()}


def objective_as_printed() -> dict[str, float]:
    """Evaluate the three printed terms −log(e^s / (e^s + e^−s)) at w = [1, 3]."""
    terms = [math.exp(s) / (math.exp(s) + math.exp(-s)) for s in (5, -6, 4)]
    return {"at_1_3": -sum(map(math.log, terms))}


@example(
    "WE-BER-08",
    "BER-17",
    "The objective of the three points",
    "−log(e^{2w₁+w₂} / (e^{2w₁+w₂} + e^{−2w₁−w₂})) − … − …, to be minimised",
    printed=objective_as_printed,
    true={
        "at_1_3": 12.000386949465590,
        "margins_of_2_-1": [3.0, 2.0, 1.0],
        "at_5_times_2_-1": 0.000045400960464061191,
    },
    erratum="E-04",
    note="w = [2, −1] separates the points, and a longer w in that direction always does better.",
)
def objective_of_three_points() -> Any:
    """Sum ln(1 + e^{−2yₛ}) at [1, 3], and at five times the separating direction [2, −1]."""
    separating = np.array([2.0, -1.0])
    return {
        "at_1_3": data.negative_log_likelihood(data.w_start),
        "margins_of_2_-1": data.labels * ck.matmul(data.points, separating),
        "at_5_times_2_-1": data.negative_log_likelihood(5 * separating),
    }


def are_between_0_and_1(p: Any) -> bool:
    """Tell whether all entries could be probabilities."""
    return bool(np.all((p >= 0) & (p <= 1)))


def logarithms_called_probabilities() -> dict[str, Any]:
    """Evaluate the printed right sides, log(…), as the probabilities that the left sides call them."""
    p = np.log(probabilities_of_labels())
    return {"p_of_label": p, "between_0_and_1": are_between_0_and_1(p)}


@example(
    "WE-BER-09",
    "BER-17",
    "Probability or log-probability",
    "p(y = yᵢ) = log(…)",
    printed=logarithms_called_probabilities,
    true={
        "p_of_label": [0.99995460213129757, 6.1441746022147178e-6, 0.99966464986953352],
        "between_0_and_1": True,
    },
    kind="erratum",
    erratum="E-18",
)
def probabilities_of_the_labels() -> Any:
    """Compute σ(2yₛ) of the three points."""
    p = probabilities_of_labels()
    return {"p_of_label": p, "between_0_and_1": are_between_0_and_1(p)}


def numerator_of_the_first_point() -> dict[str, Any]:
    """Evaluate the printed quotient with i = 1 in the numerator and each x in turn in the denominator."""
    s = scores()
    p = np.exp(s[0]) / (np.exp(s) + np.exp(-s))
    return {"p_of_class_1": p, "between_0_and_1": are_between_0_and_1(p)}


@example(
    "WE-BER-10",
    "BER-14",
    "An index too many",
    "p(y = 1|f(x)) with f(xᵢ) in the numerator and f(x) in the denominator",
    printed=numerator_of_the_first_point,
    true={
        "p_of_class_1": [0.99995460213129757, 6.1441746022147178e-6, 0.00033535013046647810],
        "between_0_and_1": True,
    },
    kind="erratum",
    erratum="E-19",
    note="Shown on the three points at w = [1, 3].",
)
def probabilities_of_class_1() -> Any:
    """Compute e^s / (e^s + e^−s) of the three points, with one x above and below."""
    p = ck.two_class_softmax(scores())
    return {"p_of_class_1": p, "between_0_and_1": are_between_0_and_1(p)}


# ---- several classes (BER-32, HAR-14) --------------------------------------------------------------------


def first_class_by_hand() -> dict[str, float]:
    """Evaluate the printed e^A / (e^A + e^B + e^C) for the scores 1, 2, 3."""
    e = [math.exp(score) for score in (1, 2, 3)]
    return {"p_of_A": e[0] / (e[0] + e[1] + e[2])}


@example(
    "WE-BER-23",
    "BER-32",
    "Softmax of three classes",
    "p(A) = e^{w_A·f} / (e^{w_A·f} + e^{w_B·f} + e^{w_C·f})",
    printed=first_class_by_hand,
    true={
        "p_of_A": 0.090030573170380458,
        "sum": 1.0,
        "gradient_of_-log_p_of_A": [-0.90996942682961954, 0.24472847105479765, 0.66524095577482189],
    },
    note="Shown on the scores 1, 2, 3. The gradient is p − [1, 0, 0].",
)
def softmax_of_three_classes() -> Any:
    """Take the softmax, and go back from −log p(A) to the scores."""
    p = ck.softmax([1.0, 2.0, 3.0])
    slopes = gradient(lambda s: ck.cross_entropy(s, 0), [1.0, 2.0, 3.0])
    return {"p_of_A": p[0], "sum": ck.sum(p), "gradient_of_-log_p_of_A": slopes}


@example(
    "WE-HAR-05",
    "HAR-14",
    "The log undoes the exp",
    "zᵢ − log Σⱼ e^zⱼ ≈ zᵢ − maxⱼ zⱼ",
    printed={"log_softmax": [-30.0, -20.0, 0.0]},
    true={
        "log_softmax": [-30.000000002061247, -20.000000002061247, -2.0612471965438763e-9],
        "gap_of_equal_scores": 1.0986122886681098,
    },
    digits=decimals(6),
    tolerance=1e-6,
    note="For the scores 0, 10, 30. The gap of the approximation lies between 0 and log n; it is log n where "
    "all n scores are equal.",
)
def log_softmax_and_maximum() -> Any:
    """Take the log-softmax of 0, 10, 30; and log Σ e^z − max z of three equal scores."""
    equal = np.array([2.0, 2.0, 2.0])
    return {
        "log_softmax": ck.log_softmax([0.0, 10.0, 30.0]),
        "gap_of_equal_scores": (equal - ck.max(equal) - ck.log_softmax(equal))[0],
    }


# ---- logistic regression (CIT-03, CIT-04, HAR-10, HAR-11) ------------------------------------------------


@example(
    "WE-CIT-01",
    "CIT-03",
    "Log-odds and the logistic function",
    "log(p / (1 − p)) = w·x + b ⇔ p = 1 / (1 + e^{−(w·x + b)})",
    printed={"p": Formula("1/(1 + e^(-z))"), "odds": Formula("e^z")},
    true={"p": Formula("1/(1 + e^(-z))"), "odds": Formula("e^z"), "log_odds_of_z=0.7": 0.7},
    note="z stands for w·x + b.",
)
def log_odds() -> Any:
    """Put the sigmoid gate's output into p / (1 − p): on a symbol, and its logarithm on a number."""
    (z,) = variables("z")
    p = ck.sigmoid(z)
    p_of_07 = ck.sigmoid(0.7)
    return {
        "p": on_symbols(ComputationalGraph(p))[0],
        "odds": on_symbols(ComputationalGraph(p / (1 - p)))[0],
        "log_odds_of_z=0.7": ck.log(p_of_07 / (1 - p_of_07)),
    }


@example(
    "WE-CIT-02",
    "CIT-04",
    "Gradient steps of logistic regression",
    "w ← w − α ∂L/∂w, b ← b − α ∂L/∂b for L = −(y log p + (1 − y) log(1 − p))",
    printed={"new_w": Formula("w - alpha*dw", (("p", "1/(1 + e^(-w*x - b))"), ("dw", "(p - y)*x")))},
    true={
        "dw": Formula("(p - y)*x", (("p", "1/(1 + e^(-w*x - b))"),)),
        "db": Formula("p - y", (("p", "1/(1 + e^(-w*x - b))"),)),
        "new_w": Formula("w - alpha*(p - y)*x", (("p", "1/(1 + e^(-w*x - b))"),)),
    },
)
def step_of_logistic_regression() -> Any:
    """Go back from the cross-entropy of σ(w x + b) on symbols."""
    x, w, b, y = variables("x w b y")
    graph = ComputationalGraph(ck.binary_cross_entropy(ck.sigmoid(w * x + b), y))
    _, slopes = on_symbols(graph)
    w_now, alpha = sympy_module().symbols("w alpha")
    return {"dw": slopes["w"], "db": slopes["b"], "new_w": w_now - alpha * slopes["w"]}


@example(
    "WE-HAR-03",
    "HAR-10",
    "Sigmoid output with squared loss",
    "(y − σ(z))²",
    printed={"loss": Formula("(y - s)^2", SIGMOID)},
    true={
        "loss": Formula("(y - s)^2", SIGMOID),
        "slope": Formula("2*(s - y)*s*(1 - s)", SIGMOID),
        "slope_where_quite_wrong": -0.000090787493726024867,
    },
    tolerance=1e-10,
    note="At z = −10 with y = 1 the output is as wrong as can be, and the slope is almost 0: learning stops.",
)
def squared_loss_of_a_sigmoid() -> Any:
    """Go back from the squared loss to z: on symbols, and at z = −10 for y = 1."""
    z, y = variables("z y")
    graph = ComputationalGraph((y - ck.sigmoid(z)) ** 2)
    loss, slopes = on_symbols(graph)
    graph.forward(z=-10.0, y=1.0)
    return {"loss": loss, "slope": slopes["z"], "slope_where_quite_wrong": graph.backward()["z"]}


@example(
    "WE-HAR-04",
    "HAR-11",
    "Sigmoid output with cross-entropy",
    "−(y log z + (1 − y) log(1 − z)), with z the logit",
    printed={"loss": Formula("-(y*ln(z) + (1 - y)*ln(1 - z))")},
    true={
        "loss": Formula("-(y*ln(s) + (1 - y)*ln(1 - s))", SIGMOID),
        "slope": Formula("s - y", SIGMOID),
        "slope_where_quite_wrong": -0.99995460213129757,
    },
    kind="erratum",
    erratum="E-30",
    note="The gate computes it as softplus(z) − y z. Its slope does not die where the output is wrong.",
)
def cross_entropy_of_a_sigmoid() -> Any:
    """Go back from the cross-entropy on logits to z: on symbols, and at z = −10 for y = 1."""
    z, y = variables("z y")
    graph = ComputationalGraph(ck.binary_cross_entropy_with_logits(z, y))
    loss, slopes = on_symbols(graph)
    graph.forward(z=-10.0, y=1.0)
    return {"loss": loss, "slope": slopes["z"], "slope_where_quite_wrong": graph.backward()["z"]}


# ---- continuous outputs (HAR-12, HAR-15) -----------------------------------------------------------------


@example(
    "WE-HAR-14",
    "HAR-12",
    "Gaussian cross-entropy is the squared error",
    "Gaussian cross-entropy (MSE)",
    printed={"half_of_the_squared_error": Formula("(y - m)^2/2")},
    true={
        "half_of_the_squared_error": Formula("(y - m)^2/2"),
        "rest": 0.91893853320467274,
        "slope": Formula("m - y"),
    },
    note="−log N(y; μ, 1) = (y − μ)²/2 + log(2π)/2: for a fixed variance MSE up to scale and a constant.",
)
def gaussian_cross_entropy() -> Any:
    """Run the gate of −log N(y; μ, 1) on symbols; its constant is its value at y = μ."""
    m, y = variables("m y")
    graph = ComputationalGraph(ck.gaussian_nll(m, 1.0, y))
    loss, slopes = on_symbols(graph)
    rest = graph.forward(m=0.0, y=0.0)
    at_equal = loss.subs({"y": 0, "m": 0})
    return {"half_of_the_squared_error": loss - at_equal, "rest": rest, "slope": slopes["m"]}


@example(
    "WE-HAR-17",
    "HAR-15",
    "Mixture density output",
    "title and picture, no formula",
    printed=None,
    true={"one_component": 0.91893853320467274, "two_components": 1.4189385332046727},
    kind="unprinted",
    note="−log Σₖ πₖ N(y; μₖ, σₖ²). One standard Gaussian at its mean; and two in equal shares at ±1 of "
    "their means, each with the density e^−½ / √(2π).",
)
def mixture_density() -> Any:
    """Take the gate's loss at y = 0 of one Gaussian at 0, and of two at −1 and 1."""
    one, y = np.ones((1, 1)), np.zeros((1, 1))
    return {
        "one_component": ck.mixture_density_nll(one, 0 * one, one, y),
        "two_components": ck.mixture_density_nll(
            np.zeros((1, 2)), np.array([[-1.0, 1.0]]), np.ones((1, 2)), y
        ),
    }


EXAMPLES = collect(vars())
