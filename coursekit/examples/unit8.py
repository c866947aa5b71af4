"""Unit 8, backprop through layers, automatic differentiation, implementation."""

from __future__ import annotations

from typing import Any

import numpy as np

from coursekit import functions as ck
from coursekit.examples import data
from coursekit.examples.base import collect, examples_of_unit
from coursekit.examples.slopes import exact, on_a_symbol, on_symbols, one_sided_slopes, slopes, steepest
from coursekit.formulas import Formula, sympy_module
from coursekit.gates import MultiplyGate
from coursekit.graph import ComputationalGraph
from coursekit.matrices import jacobian
from coursekit.variable import Variable, variables

example = examples_of_unit(8)

# ---- the vectorised graph ‖W x‖² (USC-52 … USC-54) -------------------------------------------------------

N = 3
Q = tuple((f"q{i}", " + ".join(f"W{i}{k}*x{k}" for k in range(N))) for i in range(N))
"""qᵢ = Σₖ Wᵢₖ xₖ, as abbreviations of formulas."""


def squared_norm() -> tuple[Any, dict[str, Any]]:
    """Run ‖W x‖² for a 3 × 3 matrix of symbols forward and backward."""
    symbols = sympy_module().symbols
    W, x = variables("W x")
    entries = [f"W{i}{k}" for i in range(N) for k in range(N)]
    return on_symbols(
        ComputationalGraph(ck.sum((W @ x) ** 2)),
        W=np.array(symbols(entries)).reshape(N, N),
        x=np.array(symbols("x0:3")),
    )


@example(
    "WE-USC-28",
    "USC-53",
    "The gradient of ‖W x‖² with respect to W",
    "∂f/∂Wᵢⱼ = 2 qᵢ xⱼ with q = W x",
    printed=[[Formula(f"2*q{i}*x{j}", Q) for j in range(N)] for i in range(N)],
    true=[[Formula(f"2*q{i}*x{j}", Q) for j in range(N)] for i in range(N)],
    note="That is 2 q xᵀ; shown for a 3 × 3 matrix.",
)
def gradient_with_respect_to_w() -> Any:
    """Go back through the squares, the sum and the matrix product, on symbols."""
    return squared_norm()[1]["W"]


@example(
    "WE-USC-29",
    "USC-54",
    "The gradient of ‖W x‖² with respect to x",
    "∂f/∂xᵢ = Σₖ 2 qₖ Wₖᵢ",
    printed=[Formula(" + ".join(f"2*q{k}*W{k}{i}" for k in range(N)), Q) for i in range(N)],
    true=[Formula(" + ".join(f"2*q{k}*W{k}{i}" for k in range(N)), Q) for i in range(N)],
    note="That is 2 Wᵀ q.",
)
def gradient_with_respect_to_x() -> Any:
    """Go back through the squares, the sum and the matrix product, on symbols."""
    return squared_norm()[1]["x"]


# ---- three layers (USC-55 … USC-57) ----------------------------------------------------------------------


@example(
    "WE-USC-30",
    "USC-55",
    "The L2-loss layer",
    "(x − y)²",
    printed={"loss": Formula("(x - y)^2")},
    true={"loss": Formula("(x - y)^2"), "dx": Formula("2*(x - y)"), "dy": Formula("-2*(x - y)")},
    note="No factor ½ here, unlike in the exercise of the two-weight network.",
)
def l2_layer() -> Any:
    """Run the square of a difference forward and backward on symbols."""
    x, y = variables("x y")
    loss, dxs = on_symbols(ComputationalGraph((x - y) ** 2))
    return {"loss": loss, "dx": dxs["x"], "dy": dxs["y"]}


@example(
    "WE-USC-31",
    "USC-56",
    "The sigmoid layer",
    "1 / (1 + e^−x)",
    printed={"value": Formula("1/(1 + e^(-x))")},
    true={
        "value": Formula("1/(1 + e^(-x))"),
        "dx": Formula("s*(1 - s)", (("s", "1/(1 + e^(-x))"),)),
        "largest_slope": 0.25,
    },
)
def sigmoid_layer() -> Any:
    """Run the gate forward and backward on a symbol; its slope is largest at 0."""
    value, dx = on_a_symbol(ck.sigmoid, "x")
    return {"value": value, "dx": dx, "largest_slope": steepest(ck.sigmoid)}


@example(
    "WE-USC-32",
    "USC-57",
    "The ReLU layer",
    "max(x, 0)",
    printed=lambda: {"value_at_-2_0_3": [max(x, 0.0) for x in (-2.0, 0.0, 3.0)]},
    true={
        "value_at_-2_0_3": [0.0, 0.0, 3.0],
        "slope_at_-2_3": [0.0, 1.0],
        "to_the_left_and_right_of_0": [0.0, 1.0],
    },
)
def relu_layer() -> Any:
    """Run the gate forward and backward on numbers; at 0 take the one-sided slopes."""
    return {
        "value_at_-2_0_3": [ck.relu(x) for x in (-2.0, 0.0, 3.0)],
        "slope_at_-2_3": slopes(ck.relu, [-2.0, 3.0]),
        "to_the_left_and_right_of_0": one_sided_slopes(ck.relu, 0.0),
    }


# ---- layers by hand (CIT-23, CIT-29, CIT-30) -------------------------------------------------------------


def shorthand_contracted() -> Any:
    """Put the printed ∂s/∂W = x into ∂L/∂s: x (∂L/∂s)ᵀ."""
    x, ds = (np.array(sympy_module().symbols(names)) for names in ("x0:3", "d0:2"))
    return np.outer(x, ds)


@example(
    "WE-CIT-06",
    "CIT-23",
    "The derivative of s = Wᵀ x with respect to W",
    "∂s/∂W = xᵀ",
    printed=shorthand_contracted,
    true=[[Formula(f"x{i}*d{k}") for k in range(2)] for i in range(3)],
    kind="convention",
    note="∂sⱼ/∂Wᵢₖ has three indices. The shorthand is right once it is multiplied by ∂L/∂s = d, up to a "
    "transposition: ∂L/∂W = x dᵀ.",
)
def gradient_of_a_layer() -> Any:
    """Go back through Wᵀ x from an upstream gradient of symbols."""
    symbols = sympy_module().symbols
    W, x = variables("W x")
    graph = ComputationalGraph(ck.transpose(W) @ x)
    graph.forward(W=np.array(symbols("W0:6")).reshape(3, 2), x=np.array(symbols("x0:3")))
    return exact(graph.backward(upstream=np.array(symbols("d0:2")))["W"])


LAYER = np.array([[1.0, -1.0], [2.0, 0.5], [0.0, -3.0]])  # 3 inputs, 2 units
SAMPLES = np.array([[1.0, 0.0], [-2.0, 1.0], [0.5, 1.0]])  # 2 samples, one a column


def layer_as_printed() -> dict[str, Any]:
    """Run the printed NumPy code, on one sample and on a matrix of samples."""
    return {
        "one_sample": np.maximum(np.dot(LAYER.T, SAMPLES[:, 1]), 0),
        "samples_in_columns": np.maximum(np.dot(LAYER.T, SAMPLES), 0),
    }


@example(
    "WE-CIT-08",
    "CIT-29",
    "A layer in NumPy",
    "code: maximum(Wᵀ x, 0)",
    printed=layer_as_printed,
    true={"one_sample": [2.0, 0.0], "samples_in_columns": [[0.0, 2.0], [0.0, 0.0]]},
    note="The code runs as printed. It has no bias; samples lie in columns.",
)
def numpy_layer() -> Any:
    """Run transpose, matrix product and ReLU gate."""
    unit = lambda x: ck.relu(ck.matmul(ck.transpose(LAYER), x))
    return {"one_sample": unit(SAMPLES[:, 1]), "samples_in_columns": unit(SAMPLES)}


def initialised(u: Any) -> Any:
    """Return the deck's initial weights 0.5 (u − 0.5) for u uniform on [0, 1)."""
    return 0.5 * (u - 0.5)


@example(
    "WE-CIT-07",
    "CIT-30",
    "Uniform initial weights",
    "uniform(−0.25, 0.25), by code: W = rand(…); W = 0.5 * (W − 0.5)",
    printed={"low": -0.25, "high": 0.25},
    true={
        "low": -0.25,
        "high": 0.25,
        "mean": 0.0,
        "variance": 1 / 48,
        "standard_deviation": 0.14433756729740644,
    },
)
def uniform_weights() -> Any:
    """Send the ends of [0, 1] through the code; integrate its mean and variance (Gauss's rule is exact)."""
    node, weight = np.polynomial.legendre.leggauss(3)
    values, weights = initialised((node + 1) / 2), weight / 2
    mean = weights @ values
    variance = weights @ (values - mean) ** 2
    return {
        "low": initialised(0.0),
        "high": initialised(1.0),
        "mean": mean,
        "variance": variance,
        "standard_deviation": ck.sqrt(variance),
    }


# ---- the chain rule of many variables (HAR-25 … HAR-33) --------------------------------------------------


def y_of_x(x: Any) -> tuple[Any, Any]:
    """Return two values made of two inputs."""
    return x[0] * x[1], ck.exp(x[0])


def z_of_y(y: Any) -> Any:
    """Return one value made of two."""
    return ck.sin(y[0]) + y[0] * y[1]


def sum_over_the_middle() -> dict[str, Any]:
    """Evaluate the printed sum: ∂z/∂xᵢ = Σⱼ ∂z/∂yⱼ · ∂yⱼ/∂xᵢ."""
    names = ("x0", "x1")
    middle = [on_symbols(ComputationalGraph(y, inputs=names)) for y in y_of_x(variables(names))]
    values = {f"y{j}": value for j, (value, _) in enumerate(middle)}
    _, dy = on_symbols(ComputationalGraph(z_of_y(variables(list(values)))), **values)
    return {x: sum(dy[f"y{j}"] * slope[x] for j, (_, slope) in enumerate(middle)) for x in names}


@example(
    "WE-HAR-09",
    "HAR-25",
    "The chain rule of many variables",
    "∂z/∂xᵢ = Σⱼ ∂z/∂yⱼ · ∂yⱼ/∂xᵢ",
    printed=sum_over_the_middle,
    true={
        "x0": Formula("x1*cos(x0*x1) + x1*e^x0 + x0*x1*e^x0"),
        "x1": Formula("x0*cos(x0*x1) + x0*e^x0"),
    },
    note="Shown on y₀ = x₀ x₁, y₁ = e^x₀, z = sin y₀ + y₀ y₁.",
)
def gradient_through_the_middle() -> Any:
    """Go back through the whole graph at once."""
    return on_symbols(ComputationalGraph(z_of_y(y_of_x(variables("x0 x1")))))[1]


def layered_network(width: int, layers: int) -> ComputationalGraph:
    """Return one input, hidden layers and one output, with a gate 1 · h for every edge."""
    (x,) = variables("x")
    units = [1.0 * x for _ in range(width)]
    for _ in range(layers - 1):
        units = [_total([1.0 * h for h in units]) for _ in range(width)]
    return ComputationalGraph(_total([1.0 * h for h in units]))


def _total(terms: list[Variable]) -> Variable:
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total


@example(
    "WE-HAR-10",
    "HAR-26",
    "How many terms the naive expansion has",
    "a sum over all paths: exponential time",
    printed={"grows_exponentially": True},
    true={
        "paths": [3.0, 9.0, 243.0, 59049.0],
        "edges_that_backprop_visits": [6, 15, 42, 87],
        "grows_exponentially": True,
    },
    note="For 1, 2, 5, 10 hidden layers of 3 units, one input, one output: 3^m paths over 6 + 9 (m − 1) "
    "edges.",
)
def paths_and_edges() -> Any:
    """Count edges in the graph; with all weights 1, each path contributes 1 to the gradient of the input."""
    depths = (1, 2, 5, 10)
    graphs = [layered_network(3, layers) for layers in depths]
    paths = []
    for graph in graphs:
        graph.forward(x=1.0)
        paths.append(graph.backward()["x"])
    return {
        "paths": paths,
        "edges_that_backprop_visits": [
            sum(isinstance(node.gate, MultiplyGate) for node in graph.nodes) for graph in graphs
        ],
        "grows_exponentially": all(p == 3.0**m for p, m in zip(paths, depths, strict=True)),
    }


G = np.array([[1.0, 2.0, 3.0], [-1.0, 0.5, 4.0]])  # z = G x: n = 3 inputs, m = 2 outputs


@example(
    "WE-HAR-11",
    "HAR-28",
    "Sizes in the Jacobian product",
    "∇ₓy = [∂y/∂x₁ … ∂y/∂xₘ]; an n × m matrix, called the Jacobian; times ∇_z y",
    printed={"entries_of_gradient": 2, "shape_of_jacobian": [3, 2]},
    true={"entries_of_gradient": 3, "shape_of_jacobian": [2, 3], "gradient": [0.0, 2.5, 7.0]},
    kind="erratum",
    erratum="E-33",
    note="Shown for n = 3, m = 2 and y = z₁ + z₂.",
)
def jacobian_product() -> Any:
    """Take the Jacobian of z = G x, and go back from y = z₁ + z₂ to x."""
    x = Variable([1.0, 1.0, 1.0], "x")
    ck.sum(G @ x).backward()
    J = jacobian(lambda x: G @ x, [1.0, 1.0, 1.0])
    return {"entries_of_gradient": len(x.grad), "shape_of_jacobian": list(J.shape), "gradient": x.grad}


def reverse_accumulation(start: float) -> dict[str, float]:
    """Run the printed loop on the graph of g at [2, 3]: gⱼ = Σ gᵢ ∂uᵢ/∂uⱼ over the nodes i that j feeds."""
    graph = data.g_graph()
    graph.forward(w1=2.0, w2=3.0)
    nodes = graph.nodes
    gradients = dict.fromkeys(map(id, nodes), 0.0)
    gradients[id(nodes[-1])] = start
    for node in reversed(nodes):
        if node.gate is not None:
            local = node.gate.backward(1.0)
            for x, slope in zip(node.inputs, local if isinstance(local, tuple) else (local,), strict=True):
                gradients[id(x)] += gradients[id(node)] * slope
    return {node.name: gradients[id(node)] for node in nodes if node.name in ("w1", "w2")}


@example(
    "WE-HAR-13",
    "HAR-33",
    "Reverse accumulation",
    "initialise g; for j = n−1, …, 1: gⱼ = Σ gᵢ ∂uᵢ/∂uⱼ over i with j ∈ Pa(uᵢ)",
    printed=lambda: reverse_accumulation(start=0.0),
    true={"w1": 39.0, "w2": 8.0},
    kind="erratum",
    erratum="E-34",
    note="Shown on g at [2, 3]. The numbers at u are those of nodes, not powers.",
)
def reverse_accumulation_from_1() -> Any:
    """Run the loop with gₙ = 1."""
    return reverse_accumulation(start=1.0)


EXAMPLES = collect(vars())
