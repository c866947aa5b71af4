"""Every gate against its plain function: one table makes all the tests.

A row says how to make the gate, what it should compute, and where. From it come: the value on floats and on
arrays; the gradient against finite differences, for shapes that agree and shapes that broadcast; fan-out;
second derivatives; the complex step; generated code; and, for formulas, SymPy's derivative.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

import coursekit as ck
from coursekit import gates as g
from coursekit.gates.words import WORDS
from coursekit.variable import record

WIDE, POSITIVE, PROBABILITY = (-3.0, 3.0), (0.2, 3.0), (0.1, 0.9)


@dataclass
class Row:
    """A gate, the function it should compute (on NumPy arrays), and the ranges of its inputs."""

    make: Callable[[], Any]
    plain: Callable[..., Any]
    ranges: tuple[tuple[float, float], ...]
    shapes: tuple[tuple[tuple[int, ...], ...], ...]
    analytic: bool = True  # no corner: the complex step holds
    symbolic: bool = False
    constant: tuple[int, ...] = ()  # inputs without a gradient
    data: Callable[[np.random.Generator, tuple[int, ...]], Any] | None = None  # how constant inputs are drawn

    @property
    def id(self) -> str:
        return repr(self.make())

    def draw(self, rng: np.random.Generator, shapes: tuple[tuple[int, ...], ...]) -> dict[str, Any]:
        values = {}
        for i, ((low, high), shape) in enumerate(zip(self.ranges, shapes, strict=True)):
            if i in self.constant and self.data is not None:
                values[f"x{i}"] = self.data(rng, shape)
            else:
                values[f"x{i}"] = rng.uniform(low, high, shape) if shape else float(rng.uniform(low, high))
        return values


ONE = (((),), ((3,),), ((2, 3),))
PAIRS = (
    ((), ()),
    ((3,), (3,)),
    ((2, 3), (3,)),
    ((2, 3), ()),
    ((), (2, 3)),
    ((2, 1), (1, 3)),
    ((2, 3), (2, 1)),
)


def unary(make: Callable[[], Any], plain: Callable[..., Any], where: Any = WIDE, **options: Any) -> Row:
    return Row(make, plain, (where,), ONE, symbolic=options.pop("symbolic", True), **options)


def binary(make: Callable[[], Any], plain: Callable[..., Any], *where: Any, **options: Any) -> Row:
    return Row(make, plain, where or (WIDE, WIDE), PAIRS, **options)


def arrays(make: Callable[[], Any], plain: Callable[..., Any], *shapes: Any, **options: Any) -> Row:
    n = len(shapes[0])
    return Row(make, plain, options.pop("ranges", (WIDE,) * n), shapes, **options)


def one_hot(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return np.eye(shape[-1])[rng.integers(0, shape[-1], shape[:-1])]


def zeros_and_ones(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return rng.integers(0, 2, shape).astype(float) if shape else float(rng.integers(0, 2))


def plus_minus_one(rng: np.random.Generator, shape: tuple[int, ...]) -> Any:
    return 2.0 * zeros_and_ones(rng, shape) - 1.0


def softmax(x: Any) -> Any:
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def sigma(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def mean_rows(per_entry: Any) -> Any:
    per_entry = np.asarray(per_entry)
    return per_entry.sum() / max(1, math.prod(per_entry.shape[:-1]))


def hinge(scores: Any, targets: Any) -> Any:
    right = (scores * targets).sum(-1, keepdims=True)
    return mean_rows(np.maximum(0, 1 + scores - right) * (1 - targets))


def norm(scores: Any, targets: Any) -> Any:
    r = np.atleast_2d(scores - targets)
    return np.sqrt((r**2).sum(-1)).mean()


def mixture(logits: Any, means: Any, sigmas: Any, y: Any) -> Any:
    density = np.exp(-0.5 * ((y - means) / sigmas) ** 2) / (sigmas * np.sqrt(2 * np.pi))
    return -np.log((softmax(logits) * density).sum(-1)).mean()


def gaussian(mean: Any, sigma_: Any, y: Any) -> Any:
    return np.mean(0.5 * ((y - mean) / sigma_) ** 2 + np.log(sigma_) + 0.5 * np.log(2 * np.pi))


SCORES = (((3,), (3,)), ((4, 3), (4, 3)))
NUMBERS_TOO = (((), ()), *SCORES)

ROWS = [
    binary(g.AddGate, np.add),
    binary(g.SubtractGate, np.subtract),
    binary(g.MultiplyGate, np.multiply),
    binary(g.DivideGate, np.divide, WIDE, POSITIVE),
    binary(g.VariablePowerGate, np.power, POSITIVE, WIDE),
    binary(g.MaximumGate, np.maximum, analytic=False),
    unary(g.NegateGate, np.negative),
    unary(g.ReciprocalGate, np.reciprocal, POSITIVE),
    unary(lambda: g.PowerGate(3), lambda x: x**3),
    unary(lambda: g.PowerGate(2), lambda x: x**2),
    unary(lambda: g.PowerGate(1), lambda x: x),
    unary(lambda: g.PowerGate(0), lambda x: x**0),
    unary(lambda: g.PowerGate(-2), lambda x: x**-2.0, POSITIVE),
    unary(lambda: g.PowerGate(0.5), np.sqrt, POSITIVE, symbolic=False),
    unary(g.ExpGate, np.exp),
    unary(g.LogGate, np.log, POSITIVE),
    unary(lambda: g.LogBaseGate(10), np.log10, POSITIVE, symbolic=False),
    unary(g.SqrtGate, np.sqrt, POSITIVE),
    unary(g.AbsGate, np.abs, analytic=False, symbolic=False),
    unary(g.SinGate, np.sin),
    unary(g.CosGate, np.cos),
    unary(g.TanGate, np.tan, (-1.2, 1.2)),
    unary(g.CotGate, lambda x: 1 / np.tan(x), (0.3, 2.8)),
    unary(g.SecGate, lambda x: 1 / np.cos(x), (-1.2, 1.2)),
    unary(g.CscGate, lambda x: 1 / np.sin(x), (0.3, 2.8)),
    unary(g.SigmoidGate, sigma),
    unary(g.TwoClassGate, lambda x: np.exp(x) / (np.exp(x) + np.exp(-x))),
    unary(g.TanhGate, np.tanh),
    unary(g.SoftplusGate, lambda x: np.log(1 + np.exp(x))),
    unary(g.ReLUGate, lambda x: np.maximum(0, x), analytic=False, symbolic=False),
    unary(lambda: g.GeneralisedReLUGate(0.3), lambda x: np.maximum(0, x) + 0.3 * np.minimum(0, x),
          analytic=False, symbolic=False),
    unary(g.LeakyReLUGate, lambda x: np.where(x > 0, x, 0.1 * x), analytic=False, symbolic=False),
    Row(g.WhereGate, lambda c, x, y: np.where(c, x, y), (WIDE, WIDE, WIDE),
        (((), (), ()), ((2, 3), (3,), ()), ((3,), (2, 3), (2, 1))), constant=(0,), data=zeros_and_ones),
    arrays(g.SoftmaxGate, softmax, ((3,),), ((2, 3),), ((2, 2, 3),)),
    arrays(g.LogSoftmaxGate, lambda x: np.log(softmax(x)), ((3,),), ((2, 3),)),
    arrays(lambda: g.MaxGate(1), lambda x: x.max(1), ((2, 3),), analytic=False),
    arrays(g.MaxGate, np.max, ((),), ((2, 3),), analytic=False),
    arrays(g.MaxoutGate, lambda x: x.max(-1), ((2, 4, 3),), analytic=False),
    arrays(g.MatMulGate, np.matmul, ((2, 3), (3, 4)), ((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 4)),
           ((5, 2, 3), (3, 4)), ((5, 2, 3), (5, 3, 4)), ((5, 2, 3), (3,)), ((3,), (5, 3, 4))),
    arrays(g.SumGate, np.sum, ((),), ((3,),), ((2, 3),)),
    arrays(lambda: g.SumGate(0), lambda x: x.sum(0), ((2, 3),), ((3,),)),
    arrays(lambda: g.SumGate(1, keepdims=True), lambda x: x.sum(1, keepdims=True), ((2, 3),)),
    arrays(lambda: g.SumGate((0, 2)), lambda x: x.sum((0, 2)), ((2, 3, 4),)),
    arrays(lambda: g.SumGate(-1), lambda x: x.sum(-1), ((2, 3, 4),)),
    arrays(g.MeanGate, np.mean, ((),), ((2, 3),)),
    arrays(lambda: g.MeanGate(1), lambda x: x.mean(1), ((2, 3),)),
    arrays(lambda: g.MeanGate((0, 2), keepdims=True), lambda x: x.mean((0, 2), keepdims=True), ((2, 3, 4),)),
    arrays(g.TransposeGate, np.transpose, ((2, 3),), ((2, 3, 4),)),
    arrays(lambda: g.TransposeGate((1, 2, 0)), lambda x: x.transpose(1, 2, 0), ((2, 3, 4),)),
    arrays(lambda: g.ReshapeGate((3, -1)), lambda x: x.reshape(3, -1), ((2, 3),), ((6,),)),
    arrays(lambda: g.IndexGate(1), lambda x: x[1], ((3,),), ((2, 3),)),
    arrays(lambda: g.IndexGate((slice(None), 1)), lambda x: x[:, 1], ((2, 3),)),
    arrays(lambda: g.IndexGate(slice(0, 2)), lambda x: x[:2], ((3,),)),
    arrays(lambda: g.IndexGate([0, 0, 2]), lambda x: x[[0, 0, 2]], ((3,),), ((3, 2),)),
    arrays(g.ConcatenateGate, lambda *xs: np.concatenate(xs), ((2,), (3,), (1,)), ((2, 3), (1, 3), (2, 3))),
    arrays(lambda: g.ConcatenateGate(1), lambda *xs: np.concatenate(xs, 1), ((2, 3), (2, 1), (2, 2))),
    Row(g.HingeLossGate, hinge, (WIDE, WIDE), SCORES, analytic=False, constant=(1,), data=one_hot),
    Row(g.L1LossGate, lambda f, y: mean_rows(np.abs(f - y)), (WIDE, WIDE), NUMBERS_TOO, analytic=False,
        constant=(1,)),
    Row(g.L2LossGate, lambda f, y: mean_rows((f - y) ** 2), (WIDE, WIDE), NUMBERS_TOO, constant=(1,)),
    Row(g.NormLossGate, norm, (WIDE, WIDE), NUMBERS_TOO, constant=(1,)),
    Row(g.QuadraticLossGate, lambda a, y: mean_rows(0.5 * (a - y) ** 2), (WIDE, WIDE), NUMBERS_TOO,
        constant=(1,)),
    Row(g.BinaryCrossEntropyGate, lambda p, y: -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)),
        (PROBABILITY, WIDE), NUMBERS_TOO, constant=(1,), data=zeros_and_ones),
    Row(g.BinaryCrossEntropyWithLogitsGate,
        lambda s, y: -np.mean(y * np.log(sigma(s)) + (1 - y) * np.log(1 - sigma(s))),
        (WIDE, WIDE), NUMBERS_TOO, constant=(1,), data=zeros_and_ones),
    Row(g.SoftmaxCrossEntropyGate, lambda s, y: mean_rows(-y * np.log(softmax(s))), (WIDE, WIDE), SCORES,
        constant=(1,), data=one_hot),
    Row(g.TwoClassNLLGate, lambda s, y: np.sum(np.log(1 + np.exp(-2 * y * s))), (WIDE, WIDE), NUMBERS_TOO,
        constant=(1,), data=plus_minus_one),
    Row(g.GaussianNLLGate, gaussian, (WIDE, POSITIVE, WIDE),
        (((), (), ()), ((3,), (3,), (3,)), ((4, 3), (3,), (4, 3)), ((4, 3), (), (4, 3))), constant=(2,)),
    Row(g.MixtureDensityNLLGate, mixture, (WIDE, WIDE, POSITIVE, WIDE), (((4, 3), (4, 3), (4, 3), (4, 1)),),
        constant=(3,)),
]  # fmt: skip

CASES = [pytest.param(row, shapes, id=f"{row.id}-{shapes}") for row in ROWS for shapes in row.shapes]


def weights_for(z: Any) -> Any:
    """Return fixed random weights: with upstream ones, errors that sum to zero would stay hidden."""
    return np.random.default_rng(7).uniform(0.5, 1.5, np.shape(z)) if np.shape(z) else 1.3


def graph_of(
    row: Row, values: dict[str, Any], *, fan_out: bool = False
) -> tuple[ck.ComputationalGraph, list[str]]:
    """Return Σ weights · gate(inputs) as a graph of its differentiable inputs, and their names."""
    names = [name for i, name in enumerate(values) if i not in row.constant]
    operands = [ck.Variable(None, name) if name in names else values[name] for name in values]
    z = record(row.make(), *operands)
    weights = weights_for(row.make().forward(*values.values()))
    if fan_out:
        z = z * z + ck.sin(z)
    total = ck.sum(z * weights)
    return ck.ComputationalGraph(total, inputs=names), names


def drawn(row: Row, shapes: Any, seed: int = 0) -> dict[str, Any]:
    return row.draw(np.random.default_rng(seed), shapes)


@pytest.mark.parametrize(("row", "shapes"), CASES)
def test_forward_is_the_plain_function(row: Row, shapes: Any) -> None:
    values = drawn(row, shapes)
    z = row.make().forward(*values.values())
    expected = row.plain(*values.values())
    assert np.shape(z) == np.shape(expected)
    np.testing.assert_allclose(z, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("row", "shapes"), CASES)
@pytest.mark.parametrize("fan_out", [False, True], ids=["alone", "fan-out"])
def test_backward_agrees_with_finite_differences(row: Row, shapes: Any, fan_out: bool) -> None:
    values = drawn(row, shapes)
    graph, names = graph_of(row, values, fan_out=fan_out)
    report = ck.check_gradient(graph, {name: values[name] for name in names})
    assert report.passed, report
    assert not report.kinks
    for name in names:
        assert np.shape(report.analytic[name]) == np.shape(values[name])


@pytest.mark.parametrize(("row", "shapes"), CASES)
def test_second_derivative(row: Row, shapes: Any) -> None:
    values = drawn(row, shapes)
    graph, names = graph_of(row, values, fan_out=True)
    point = {name: values[name] for name in names}
    graph.forward(**point)
    for name in names:
        slope = graph.gradient(name)
        total = ck.ComputationalGraph(ck.sum(slope.outputs[0] * weights_for(values[name])), inputs=names)
        np.testing.assert_allclose(
            slope.forward(**point), graph_backward(graph, point)[name], rtol=1e-9, atol=1e-12
        )
        report = ck.check_gradient(total, point)
        assert report.passed, f"second derivative by {name}: {report}"


def graph_backward(graph: ck.ComputationalGraph, point: dict[str, Any]) -> dict[str, Any]:
    graph.forward(**point)
    return graph.backward()


@pytest.mark.parametrize(("row", "shapes"), CASES)
def test_generated_code_is_the_same_computation(row: Row, shapes: Any) -> None:
    values = drawn(row, shapes)
    graph, names = graph_of(row, values, fan_out=True)
    point = {name: values[name] for name in names}
    result = graph.forward(**point)
    value, slopes = graph.compile()(*point.values())
    np.testing.assert_allclose(value, result, rtol=1e-13)
    for name, slope in zip(names, slopes, strict=True):
        np.testing.assert_allclose(slope, graph.backward()[name], rtol=1e-12, atol=1e-14)
        assert np.shape(slope) == np.shape(values[name])


@pytest.mark.parametrize(("row", "shapes"), [case for case in CASES if case.values[0].analytic])
def test_complex_step_agrees_with_backprop(row: Row, shapes: Any) -> None:
    values = drawn(row, shapes)
    graph, names = graph_of(row, values)
    slopes = graph_backward(graph, {name: values[name] for name in names})
    for name in names:

        def f(x: Any, name: str = name) -> Any:
            z = row.make().forward(*{**values, name: x}.values())
            return np.sum(z * weights_for(z))

        numeric = ck.gradient(f, values[name], "complex_step")
        np.testing.assert_allclose(slopes[name], numeric, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("row", [row for row in ROWS if row.symbolic], ids=lambda row: row.id)
def test_backward_is_the_derivative_by_algebra(row: Row) -> None:
    sympy = pytest.importorskip("sympy")
    x = sympy.Symbol("x", positive=True)
    gate = row.make()
    formula = gate.forward(x)
    assert sympy.simplify(gate.backward(1.0) - sympy.diff(formula, x)) == 0


@pytest.mark.parametrize("row", [row for row in ROWS if row.shapes is PAIRS], ids=lambda row: row.id)
def test_the_same_variable_on_both_sides(row: Row) -> None:
    x = ck.Variable(1.7, "x")
    record(row.make(), x, x).backward()
    slope = ck.gradient(lambda v: row.make().forward(v, v), 1.7, "finite_difference")
    if isinstance(row.make(), g.MaximumGate):
        slope = 1.0
    assert x.grad == pytest.approx(slope, rel=1e-8, abs=1e-9)


# ---- far out, and at the corners ----------------------------------------

FAR = [
    (ck.sigmoid, -1000.0, 0.0, 0.0),
    (ck.sigmoid, 1000.0, 1.0, 0.0),
    (ck.two_class_softmax, -1000.0, 0.0, 0.0),
    (ck.two_class_softmax, 1000.0, 1.0, 0.0),
    (ck.tanh, -1000.0, -1.0, 0.0),
    (ck.softplus, 1000.0, 1000.0, 1.0),
    (ck.softplus, -1000.0, 0.0, 0.0),
    (ck.relu, -1000.0, 0.0, 0.0),
    (ck.leaky_relu, -1000.0, -100.0, 0.1),
    (lambda x: ck.binary_cross_entropy_with_logits(x, 1.0), -1000.0, 1000.0, -1.0),
    (lambda x: ck.binary_cross_entropy_with_logits(x, 1.0), 40.0, 4.248354255291589e-18, 0.0),
    (lambda x: ck.two_class_nll(x, 1.0), -1000.0, 2000.0, -2.0),
]


@pytest.mark.parametrize(("f", "x", "value", "slope"), FAR)
@pytest.mark.filterwarnings("error")
def test_stable_far_out(f: Any, x: float, value: float, slope: float) -> None:
    for given in (x, np.array([x])):
        v = ck.Variable(given)
        z = f(v)
        ck.sum(z).backward()
        np.testing.assert_allclose(
            z.value, value if np.ndim(z.value) == 0 else [value], rtol=1e-12, atol=1e-300
        )
        np.testing.assert_allclose(v.grad, slope if given is x else [slope], rtol=1e-12, atol=1e-300)


@pytest.mark.filterwarnings("error")
def test_softmax_stable_far_out() -> None:
    scores = np.array([[1000.0, 0.0, -1000.0], [-1000.0, -1000.0, -1000.0]])
    np.testing.assert_allclose(ck.softmax(scores), [[1, 0, 0], [1 / 3] * 3])
    np.testing.assert_allclose(ck.log_softmax(scores)[0], [0, -1000, -2000])
    assert ck.cross_entropy(scores, [2, 0]) == pytest.approx((2000 + math.log(3)) / 2)
    run = ck.ComputationalGraph(ck.cross_entropy(ck.Variable(scores, "s"), np.eye(3)[[2, 0]]))
    run.forward()
    assert np.isfinite(run.backward()["s"]).all()


CORNERS = [
    (ck.relu, 0.0, 0.0),
    (ck.leaky_relu, 0.0, 0.1),
    (lambda x: ck.generalised_relu(x, -1.0), 0.0, -1.0),
    (ck.absolute, 0.0, 0.0),
    (lambda x: ck.maximum(x, 0.0), 0.0, 0.0),
    (lambda x: ck.maximum(0.0, x), 0.0, 1.0),
    (ck.step, 0.3, 0.0),
    (ck.sign, 0.3, 0.0),
]


@pytest.mark.parametrize(("f", "x", "slope"), CORNERS)
def test_conventions_at_corners(f: Any, x: float, slope: float) -> None:
    assert ck.gradient(f, x) == slope
    np.testing.assert_array_equal(ck.gradient(lambda v: ck.sum(f(v)), [x]), [slope])


def test_maxima_that_tie_share_the_gradient() -> None:
    np.testing.assert_array_equal(ck.gradient(ck.max, [1.0, 5.0, 5.0]), [0, 0.5, 0.5])


def test_where_keeps_nan_of_the_other_side_out() -> None:
    x = np.array([0.0, 4.0])
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = ck.gradient(lambda v: ck.sum(ck.where(x > 0, ck.sqrt(ck.where(x > 0, v, 1.0)), 0.0)), x)
    np.testing.assert_array_equal(slope, [0, 0.25])


def test_norm_loss_at_its_minimum_has_gradient_zero() -> None:
    np.testing.assert_array_equal(
        ck.gradient(lambda v: ck.norm_loss(v, np.array([1.0, 2.0])), [1.0, 2.0]), [0, 0]
    )


def test_nan_stays_nan() -> None:
    nan = float("nan")
    for f in (ck.relu, lambda x: ck.maximum(x, 1.0), lambda x: ck.maximum(1.0, x), ck.sigmoid, ck.softplus):
        assert math.isnan(f(nan))
        assert np.isnan(f(np.array([nan]))).all()


def test_every_word_has_a_gate() -> None:
    assert set(WORDS) <= set(g.GATE_OF_WORD)


def test_every_gate_is_in_the_table() -> None:
    tested = {type(row.make()) for row in ROWS}
    # These have no gradient of their own to check, or appear only in the graphs of second derivatives above.
    elsewhere = {g.Gate, g.SignGate, g.StepGate, g.EqualGate, g.CountGate, g.RowsGate, g.SumToGate,
                 g.SpreadGate,                 g.PutGate,
                 g.ReshapeToGate, g.PartGate, g.EmbedGate, g.MatMulLeftGate,
                 g.MatMulRightGate}  # fmt: skip
    every = {value for value in vars(g).values() if isinstance(value, type) and issubclass(value, g.Gate)}
    assert every == tested | elsewhere


def test_float32_stays_float32() -> None:
    x = np.ones((2, 3), dtype=np.float32)
    for gate in (g.ExpGate(), g.SigmoidGate(), g.ReLUGate(), g.SoftmaxGate(), g.TanhGate(), g.PowerGate(3)):
        assert gate.forward(x).dtype == np.float32, gate
        assert gate.backward(x).dtype == np.float32, gate
