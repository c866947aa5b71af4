"""Unit 3, gates, computational graphs, backpropagation: the derivative table, g, the two-weight network."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

from coursekit import functions as ck
from coursekit.derivatives import Rule, derivative_table
from coursekit.examples import data
from coursekit.examples.base import Example, collect, examples_of_unit
from coursekit.examples.slopes import on_symbols
from coursekit.formulas import Formula, sympy_module
from coursekit.gates import Gate, MultiplyGate
from coursekit.graph import ComputationalGraph
from coursekit.variable import Variable, call, variables

example = examples_of_unit(3)

# ---- the derivative table (UT-10) ------------------------------------------------------------------------


def example_of(rule: Rule) -> Example:
    """Return a rule of the derivative table as an example: its gates on symbols against its right side."""
    right = rule.right if rule.stands_for is None else rule.right.replace("f'(u)", rule.stands_for[1])
    return Example(
        id=f"WE-UT-D{rule.number:02}",
        catalogue="UT-10",
        unit=3,
        title=f"Derivative table, rule {rule.number}",
        slide=rule.statement,
        printed=Formula(right),
        true=Formula(right),
        compute=partial(by_gates, rule) if not rule.numbers else logarithm_to_a_base,
        note=f"Domain (not on the slide): {rule.domain}.",
    )


def by_gates(rule: Rule) -> Any:
    """Run the rule's gates forward and backward on symbols, and apply the chain rule to u, v and w."""
    return rule.by_gates()


def logarithm_to_a_base() -> Any:
    """Go back through ln u / ln a on symbols: the gate of one logarithm knows its base as a number only."""
    u, a = variables("u a")
    _, slopes = on_symbols(ComputationalGraph(ck.log(u) / ck.log(a)))
    return slopes["u"] * sympy_module().Symbol("u'")


# ---- any differentiable functions (UT-11, UT-23 … UT-25) -------------------------------------------------


class UnknownGate(Gate):
    """z = f(x, …) for a function of which nothing is known but its name: formulas only.

    The derivative with respect to the first input of f is written df, which is unknown too; the other inputs
    are data.

    >>> import sympy
    >>> gate = UnknownGate("f")
    >>> gate.forward(sympy.Symbol("x")), gate.backward(1)
    (f(x), (df(x),))
    """

    def __init__(self, name: str) -> None:
        self.f, self.df = (_unknown_function(name) for name in (name, f"d{name}"))

    def forward(self, *inputs: Any) -> Any:
        """Return f(x, …)."""
        self.inputs = inputs
        return self.f(*inputs)

    def backward(self, dz: Any) -> Any:
        """Return dx = dz · df(x, …)."""
        return (dz * self.df(*self.inputs), *[None] * (len(self.inputs) - 1))


def _unknown_function(name: str) -> Any:
    function = sympy_module().Function(name)
    function.__module__ = "sympy"  # by which words know SymPy's values; SymPy leaves it empty here
    return function


def composition() -> Any:
    """Return the graph of f(x) = g(h(x)), for unknown g and h."""
    (x,) = variables("x")
    return ComputationalGraph(call(UnknownGate("g"), call(UnknownGate("h"), x)))


@example(
    "WE-UT-05",
    "UT-11",
    "The chain rule",
    "f(x) = g(h(x)) ⇒ f′(x) = g′(h(x)) h′(x)",
    printed=Formula("dg(h(x))*dh(x)"),
    true=Formula("dg(h(x))*dh(x)"),
    note="dg and dh are the derivatives of g and h, whatever these are.",
)
def chain_rule() -> Any:
    """Go back through two gates of unknown functions."""
    return on_symbols(composition())[1]["x"]


def network_of_unknown_functions() -> dict[str, Variable]:
    """Return the nodes of the two-weight network with unknown activations g1, g2 and an unknown loss."""
    x, w1, w2, y = variables("x w1 w2 y")
    z1 = x * w1
    a1 = call(UnknownGate("g1"), z1)
    z2 = a1 * w2
    a2 = call(UnknownGate("g2"), z2)
    return {"z1": z1, "a1": a1, "z2": z2, "a2": a2, "Loss": call(UnknownGate("L"), a2, y)}


@example(
    "WE-UT-09",
    "UT-23",
    "Exercise 1: the nodes in terms of the inputs",
    "the question, without an answer",
    printed=None,
    true={
        "z1": Formula("x*w1"),
        "a1": Formula("g1(x*w1)"),
        "z2": Formula("w2*g1(x*w1)"),
        "a2": Formula("g2(w2*g1(x*w1))"),
    },
    kind="unprinted",
)
def forward_pass() -> Any:
    """Run the network forward on symbols, with unknown activations."""
    nodes = network_of_unknown_functions()
    return {name: on_symbols(ComputationalGraph(nodes[name]))[0] for name in ("z1", "a1", "z2", "a2")}


@example(
    "WE-UT-10",
    "UT-24",
    "Exercise 2: the loss in terms of the inputs",
    "Loss(g₂(w₂ g₁(w₁ x)), y*)",
    printed=Formula("L(g2(w2*g1(w1*x)), y)"),
    true=Formula("L(g2(w2*g1(w1*x)), y)"),
)
def loss_of_the_inputs() -> Any:
    """Run the network and its loss forward on symbols."""
    return on_symbols(ComputationalGraph(network_of_unknown_functions()["Loss"]))[0]


@example(
    "WE-UT-11",
    "UT-25",
    "Exercise 3: ∂Loss/∂w₂ as a product",
    "∂Loss/∂a₂ · ∂a₂/∂z₂ · ∂z₂/∂w₂",
    printed=Formula("dL(a2, y)*dg2(z2)*a1", (("a1", "g1(x*w1)"), ("z2", "w2*a1"), ("a2", "g2(z2)"))),
    true=Formula("dL(g2(w2*g1(x*w1)), y)*dg2(w2*g1(x*w1))*g1(x*w1)"),
)
def slope_as_a_product() -> Any:
    """Go back from the loss to w2 on symbols."""
    return on_symbols(ComputationalGraph(network_of_unknown_functions()["Loss"]))[1]["w2"]


SIGMOIDS = (("a1", "1/(1 + e^(-x*w1))"), ("a2", "1/(1 + e^(-w2*a1))"))


@example(
    "WE-UT-12",
    "UT-26",
    "Exercise 4: quadratic loss and sigmoids",
    "(a₂ − y*) a₂ (1 − a₂) a₁",
    printed={"dw2": Formula("(a2 - y)*a2*(1 - a2)*a1", SIGMOIDS)},
    true={
        "dw2": Formula("(a2 - y)*a2*(1 - a2)*a1", SIGMOIDS),
        "dw1": Formula("(a2 - y)*a2*(1 - a2)*w2*a1*(1 - a1)*x", SIGMOIDS),
        "dw2_with_cross_entropy": Formula("(a2 - y)*a1", SIGMOIDS),
    },
    note="The last two are not asked for.",
)
def slopes_of_the_two_weight_network() -> Any:
    """Go back from both losses to the weights, on symbols."""
    _, quadratic = on_symbols(data.two_weight_network())
    _, cross_entropy = on_symbols(data.two_weight_network(ck.binary_cross_entropy))
    return {"dw2": quadratic["w2"], "dw1": quadratic["w1"], "dw2_with_cross_entropy": cross_entropy["w2"]}


# ---- backprop on g (UT-14 … UT-18, BER-25) ---------------------------------------------------------------


@example(
    "WE-UT-01",
    "UT-18",
    "Backprop on g = w₁³ w₂ + 3 w₁ at [2, 3]",
    "∂g/∂b = ∂g/∂c = 1, ∂g/∂a = 3, ∂g/∂w₂ = 8, ∂g/∂w₁ = 36 + 3; gradient [39, 8]",
    printed={"dg_db": 1, "dg_dc": 1, "dg_da": 3, "dg_dw2": 8, "through_the_cube": 36,
             "through_the_product": 3, "gradient": [39, 8]},
    true={"a": 8.0, "b": 24.0, "c": 6.0, "g": 30.0, "dg_db": 1.0, "dg_dc": 1.0, "dg_da": 3.0, "dg_dw2": 8.0,
          "through_the_cube": 36.0, "through_the_product": 3.0, "gradient": [39.0, 8.0]},
    note="36 is the share of one path. Only the total, 39, is ∂g/∂w₁.",
)  # fmt: skip
def backprop_on_g() -> Any:
    """Run the graph of g at [2, 3] and read values, gradients and shares from its steps."""
    steps = data.g_graph().steps(w1=2.0, w2=3.0)
    values = {step.node.name: step.value for step in steps if step.kind == "forward"}
    edges = [(step.target.name, step) for step in steps if step.target is not None]
    totals = {name: step.total for name, step in edges}
    shares = {step.node.name: step.contribution for name, step in edges if name == "w1"}
    return {
        **{name: values[name] for name in "abcg"},
        **{f"dg_d{name}": totals[name] for name in ("b", "c", "a", "w2")},
        "through_the_cube": shares["a"],
        "through_the_product": shares["c"],
        "gradient": [totals["w1"], totals["w2"]],
    }


backprop_on_g_again = replace(
    backprop_on_g,
    id="WE-BER-01",
    catalogue="BER-25",
    printed={name: x for name, x in backprop_on_g.printed.items() if name != "through_the_product"},
)


@example(
    "WE-UT-02",
    "UT-15",
    "What the 36 means",
    "a tiny increase of w₁ increases g by about 36 w₁",
    printed={"through_the_cube": 72.0},
    true={
        "through_the_cube": 0.36,
        "through_the_cube_exactly": 0.361803,
        "in_total": 0.39,
        "in_total_exactly": 0.391803,
    },
    kind="erratum",
    erratum="E-15",
    note="For an increase of 0.01 at w₁ = 2; 36 w₁, read literally, would be 72.",
)
def meaning_of_36() -> Any:
    """Multiply the slopes at [2, 3] by the increase 0.01; compare with the increase of g itself."""
    increase = 0.01
    result = backprop_on_g.compute()
    g = data.g_graph()
    cube_grows = (2.0 + increase) ** 3 - 2.0**3
    return {
        "through_the_cube": result["through_the_cube"] * increase,
        "through_the_cube_exactly": result["dg_da"] * cube_grows,
        "in_total": result["gradient"][0] * increase,
        "in_total_exactly": g.forward(2.0 + increase, 3.0) - g.forward(2.0, 3.0),
    }


meaning_of_36_again = replace(meaning_of_36, id="WE-BER-02", catalogue="BER-25")


@example(
    "WE-UT-03",
    "UT-17",
    "Two values for ∂g/∂w₁?",
    "the cube contributes 36 w₁, the product 3 w₁; the sum is 39",
    printed={"cube": 72.0, "product": 6.0, "sum": 39},
    true={"cube": 36.0, "product": 3.0, "sum": 39.0},
    kind="erratum",
    erratum="E-15",
    note="36 w₁ and 3 w₁, read literally at w₁ = 2, would be 72 and 6.",
)
def two_paths_to_w1() -> Any:
    """Read the two shares of w1's gradient from the steps of g, and their sum."""
    result = backprop_on_g.compute()
    return {
        "cube": result["through_the_cube"],
        "product": result["through_the_product"],
        "sum": result["gradient"][0],
    }


two_paths_to_w1_again = replace(two_paths_to_w1, id="WE-BER-03", catalogue="BER-25")

# ---- gates and branches (USC-46 … USC-51, BER-28) --------------------------------------------------------


@example(
    "WE-USC-26",
    "USC-48",
    "The gradient of f = x y + z",
    "∂f/∂x = 5, ∂f/∂y = −3, ∂f/∂z = 1",
    printed={"x": 5, "y": -3, "z": 1},
    true={"x": 5.0, "y": -3.0, "z": 1.0},
    note="So x = −3 and y = 5. The value of z is lost with the picture; the gradient does not depend on it.",
)
def gradient_of_xy_plus_z() -> Any:
    """Run x y + z at x = −3, y = 5, z = 4 forward and backward."""
    x, y, z = variables("x y z")
    graph = ComputationalGraph(x * y + z)
    graph.forward(x=-3.0, y=5.0, z=4.0)
    return graph.backward()


def three_ways_on(x: Any) -> tuple[Any, Any, Any]:
    """Return three functions of x: what a branch leads to."""
    return x**2, ck.sin(x), 3 * x


def joined(y: Any) -> Any:
    """Return one result made of three values."""
    return y[0] * y[1] + ck.exp(y[2])


def sum_over_the_branches() -> Any:
    """Evaluate the printed rule: each ∂L/∂yₖ times its own dyₖ/dx, added up."""
    (x,) = variables("x")
    branches = [on_symbols(ComputationalGraph(y)) for y in three_ways_on(x)]
    names = ("y1", "y2", "y3")
    values = {name: value for name, (value, _) in zip(names, branches, strict=True)}
    _, upstream = on_symbols(ComputationalGraph(joined(variables(names))), **values)
    return sum(upstream[name] * slope["x"] for name, (_, slope) in zip(names, branches, strict=True))


@example(
    "WE-USC-33",
    "USC-51",
    "Gradients add at branches",
    "∂L/∂x = Σₖ ∂L/∂yₖ · ∂yₖ/∂x",
    printed=sum_over_the_branches,
    true=Formula("2*x*sin(x) + x^2*cos(x) + 3*e^(3*x)"),
    note="Shown on L = y₁ y₂ + e^y₃ with y₁ = x², y₂ = sin x, y₃ = 3x.",
)
def gradient_through_branches() -> Any:
    """Go back through the whole graph at once."""
    (x,) = variables("x")
    return on_symbols(ComputationalGraph(joined(three_ways_on(x))))[1]["x"]


@example(
    "WE-BER-20",
    "BER-28",
    "The multiply gate",
    "dx = self.y * dz, dy = self.x * dz",
    printed={"dx": Formula("y*dz"), "dy": Formula("x*dz")},
    true={"z": Formula("x*y"), "dx": Formula("y*dz"), "dy": Formula("x*dz")},
    note="The slide's code leaves self out of the signatures.",
)
def multiply_gate() -> Any:
    """Run the gate forward and backward on symbols."""
    x, y, dz = sympy_module().symbols("x y dz")
    gate = MultiplyGate()
    z = gate.forward(x, y)
    dx, dy = gate.backward(dz)
    return {"z": z, "dx": dx, "dy": dy}


# ---- small networks (HAR-30, HAR-31) ---------------------------------------------------------------------


@example(
    "WE-HAR-12",
    "HAR-30",
    "A linear network with two paths",
    "the pictures of the passes; formulas and numbers are lost",
    printed=None,
    true={
        "b1": Formula("2*(y - t)*h1", (("h1", "a1*x"), ("h2", "a2*x"), ("y", "b1*h1 + b2*h2"))),
        "b2": Formula("2*(y - t)*h2", (("h1", "a1*x"), ("h2", "a2*x"), ("y", "b1*h1 + b2*h2"))),
        "a1": Formula("2*(b1*a1*x + b2*a2*x - t)*b1*x"),
        "a2": Formula("2*(b1*a1*x + b2*a2*x - t)*b2*x"),
    },
    kind="unprinted",
    note="The wiring is assumed: hᵢ = aᵢ x, y = b₁ h₁ + b₂ h₂, L = (y − t)².",
)
def linear_network() -> Any:
    """Go back from the squared loss to the four weights, on symbols."""
    x, a1, a2, b1, b2, t = variables("x a1 a2 b1 b2 t")
    graph = ComputationalGraph((b1 * (a1 * x) + b2 * (a2 * x) - t) ** 2)
    _, slopes = on_symbols(graph)
    return {name: slopes[name] for name in ("b1", "b2", "a1", "a2")}


@example(
    "WE-HAR-15",
    "HAR-31",
    "Logistic regression, and linear regression with weight decay",
    "captions of graphs; formulas are lost",
    printed=None,
    true={
        "logistic": Formula("(1/(1 + e^(-(w*x + b))) - y)*x"),
        "weight_decay": Formula("2*(x*w - y)*x + 2*decay*w"),
    },
    kind="unprinted",
)
def regressions() -> Any:
    """Go back from the two losses to w, on symbols."""
    x, w, b, y, decay = variables("x w b y decay")
    logistic = ComputationalGraph(ck.binary_cross_entropy_with_logits(x * w + b, y))
    linear = ComputationalGraph((x * w - y) ** 2 + decay * w**2)
    return {"logistic": on_symbols(logistic)[1]["w"], "weight_decay": on_symbols(linear)[1]["w"]}


EXAMPLES = (*collect(vars()), *map(example_of, derivative_table()))
