"""Unit 11, a buffet of ideas: gradients of expectations, attention, learned optimisers."""

from __future__ import annotations

from typing import Any

import numpy as np

from coursekit import functions as ck
from coursekit.examples.base import collect, examples_of_unit
from coursekit.examples.slopes import on_symbols
from coursekit.formulas import Formula
from coursekit.gates import IndexGate
from coursekit.gradients import gradient
from coursekit.graph import ComputationalGraph
from coursekit.variable import variables

example = examples_of_unit(11)

# ---- the gradient of an expectation (CIT-48, CIT-49) -----------------------------------------------------

MU, SIGMA = 1.5, 0.8


def f(z: Any) -> Any:
    """Return the function whose expectation is wanted: z²."""
    return z * z


def expectation(of: Any) -> Any:
    """Return E[of(ε)] for a standard normal ε: Gauss and Hermite's rule, exact for polynomials."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(8)
    return sum(w * of(e) for e, w in zip(nodes.tolist(), weights.tolist(), strict=True)) / weights.sum()


def gradient_of_the_expectation() -> dict[str, Any]:
    """Evaluate the left side, ∇ E f(z): backprop through the expectation as a function of μ and σ."""
    whole = lambda theta: expectation(lambda e: f(theta[0] + e * theta[1]))
    return {"gradient": gradient(whole, [MU, SIGMA])}


@example(
    "WE-CIT-11",
    "CIT-49",
    "The pathwise estimator of a Gaussian",
    "∇ E f(z) = E_ε ∇ f(z(ε; θ)) with z = μ + ε σ",
    printed=gradient_of_the_expectation,
    true={"gradient": [3.0, 1.6], "expectation": 2.89},
    note="Shown on f = z² with μ = 1.5, σ = 0.8: E f = μ² + σ², its gradient [2μ, 2σ].",
)
def pathwise_gradient() -> Any:
    """Average, over ε, the gradient of f(μ + ε σ)."""
    path = lambda e: gradient(lambda theta: f(theta[0] + e * theta[1]), [MU, SIGMA])
    return {"gradient": expectation(path), "expectation": expectation(lambda e: f(MU + e * SIGMA))}


@example(
    "WE-CIT-12",
    "CIT-48",
    "The score-function estimator (REINFORCE)",
    "the formula is unreadable in the copy",
    printed=None,
    true={
        "score_of_mu": Formula("(z - m)/s^2"),
        "score_of_sigma": Formula("((z - m)^2 - s^2)/s^3"),
        "gradient": [3.0, 1.6],
    },
    kind="extraction",
    erratum="E-26",
    note="∇ E f(z) = E[f(z) ∇ log p(z; θ)]. The same gradient as the pathwise one, without "
    "a derivative of f.",
)
def score_function_gradient() -> Any:
    """Take ∇ log p of a Gaussian from its gate; average f(z) ∇ log p over z = μ + ε σ."""
    m, s, z = variables("m s z")
    graph = ComputationalGraph(-ck.gaussian_nll(m, s, z))
    _, score = on_symbols(graph)

    def weighted_score(e: float) -> Any:
        at = MU + e * SIGMA
        graph.forward(m=MU, s=SIGMA, z=at)
        slopes = graph.backward()
        return f(at) * np.array([slopes["m"], slopes["s"]])

    return {"score_of_mu": score["m"], "score_of_sigma": score["s"], "gradient": expectation(weighted_score)}


# ---- attention (CIT-45, CIT-46) --------------------------------------------------------------------------

X = np.array([4.0, -1.0, 2.5])
ATTENTION = np.array([0.5, 0.25, 0.25])


@example(
    "WE-CIT-18",
    "CIT-45",
    "Soft and hard attention",
    "a ⊙ x; x[a]",
    printed=lambda: {"soft": [a * x for a, x in zip(ATTENTION, X, strict=True)], "hard": X[2]},
    true={
        "soft": [2.0, -0.25, 0.625],
        "hard": 2.5,
        "gradient_of_soft_by_a": [4.0, -1.0, 2.5],
        "gradient_of_hard_by_x": [0.0, 0.0, 1.0],
    },
    note="Soft attention has a slope along a, hard attention only along what it picks.",
)
def attention() -> Any:
    """Multiply entry by entry; pick one entry; go back from both."""
    return {
        "soft": ck.multiply(ATTENTION, X),
        "hard": IndexGate(2).forward(X),
        "gradient_of_soft_by_a": gradient(lambda a: ck.sum(a * X), ATTENTION),
        "gradient_of_hard_by_x": gradient(lambda x: x[2], X),
    }


# ---- learned optimisers (CIT-50) -------------------------------------------------------------------------


def two_losses(theta: Any) -> tuple[Any, Any]:
    """Return two losses that have the same slope at θ = 1, but not the same curvature."""
    return theta * theta, 2 * (theta - 0.5) * (theta - 0.5)


def slopes_and_curvatures() -> tuple[list[float], list[float]]:
    """Return first and second derivative of both losses at θ = 1."""
    (theta,) = variables("theta")
    first = [ComputationalGraph(loss).gradient("theta") for loss in two_losses(theta)]
    second = [graph.gradient("theta") for graph in first]
    return [g.forward(theta=1.0) for g in first], [g.forward(theta=1.0) for g in second]


@example(
    "WE-CIT-19",
    "CIT-50",
    "What a learned optimiser is given",
    "Δθ = f(θ, ∇L), said to use the current estimate and the curvature",
    printed=lambda: {"updates": [-0.1 * curvature for curvature in slopes_and_curvatures()[1]]},
    true={"updates": [-0.2, -0.2], "slopes": [2.0, 2.0], "curvatures": [2.0, 4.0]},
    kind="erratum",
    erratum="E-29",
    note="Shown for f = −0.1 times its second argument, on two losses of equal slope and different "
    "curvature: an optimiser that sees the gradient treats them alike.",
)
def learned_optimiser() -> Any:
    """Take slopes and curvatures by backprop; update with the slopes."""
    slopes, curvatures = slopes_and_curvatures()
    return {"updates": [-0.1 * slope for slope in slopes], "slopes": slopes, "curvatures": curvatures}


EXAMPLES = collect(vars())
