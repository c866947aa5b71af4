"""Every layer against its plain function: one table makes the tests of value, gradient, shape and code.

A row says how to make a layer, what it should compute from its parameters, and on which shapes.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coursekit as ck

NN = Path(ck.nn.__file__).parent


@dataclass
class Row:
    """A layer and what it should compute: plain(x, parameters) on NumPy arrays, in training."""

    make: Callable[[], Any]
    plain: Callable[[Any, dict[str, Any]], Any]
    shapes: tuple[tuple[int, ...], ...] = ((5, 3), (3,))

    @property
    def id(self) -> str:
        return repr(self.make())


def sigma(x: Any) -> Any:
    return 1 / (1 + np.exp(-x))


def softmax(x: Any) -> Any:
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def affine(x: Any, p: dict[str, Any], k: str = "") -> Any:
    return x @ p[f"w{k}"] + p[f"b{k}"]


def normalised(x: Any, p: dict[str, Any]) -> Any:
    return p["gamma"] * (x - x.mean(0)) / np.sqrt(x.var(0) + 1e-5) + p["beta"]


def highway(x: Any, p: dict[str, Any]) -> Any:
    t = sigma(x @ p["w_gate1"] + p["b_gate1"])
    return t * np.tanh(affine(x, p, "1")) + (1 - t) * x


def rectified_highway(x: Any, p: dict[str, Any]) -> Any:
    t = sigma(x @ p["w_gate1"] + p["b_gate1"])
    return t * np.maximum(x, 0) + (1 - t) * x


def attended(x: Any, p: dict[str, Any]) -> Any:
    return np.einsum("...t,...tf->...f", softmax(x @ p["w"]), x)


def pieces(x: Any, p: dict[str, Any]) -> Any:
    z = affine(x, p)
    return z.reshape((*z.shape[:-1], 2, 4)).max(axis=-1)


ROWS = [
    Row(lambda: ck.Affine(3, 2, seed=1), affine, ((5, 3), (3,), (2, 4, 3))),
    Row(lambda: ck.Affine(3, 2, bias=False, seed=1), lambda x, p: x @ p["w"]),
    Row(ck.Sigmoid, lambda x, p: sigma(x)),
    Row(ck.Tanh, lambda x, p: np.tanh(x)),
    Row(ck.ReLU, lambda x, p: np.where(x > 0, x, 0)),
    Row(ck.LeakyReLU, lambda x, p: np.where(x > 0, x, 0.1 * x)),
    Row(lambda: ck.GeneralisedReLU(-1.0), lambda x, p: np.abs(x)),
    Row(lambda: ck.GeneralisedReLU(0.3, learn=True), lambda x, p: np.where(x > 0, x, p["alpha"] * x)),
    Row(ck.Softplus, lambda x, p: np.log1p(np.exp(x))),
    Row(ck.Softmax, lambda x, p: softmax(x)),
    Row(lambda: ck.Activation(ck.absolute), lambda x, p: np.abs(x)),
    Row(lambda: ck.Maxout(3, 2, 4, seed=1), pieces),
    Row(lambda: ck.BatchNorm(3), normalised, ((5, 3), (2, 3))),
    Row(lambda: ck.Residual(ck.Tanh()), lambda x, p: x + np.tanh(x)),
    Row(lambda: ck.Residual(ck.Affine(3, 3, seed=1)), lambda x, p: x + affine(x, p, "1")),
    Row(lambda: ck.Highway(3, seed=1), highway),
    Row(lambda: ck.Highway(3, ck.ReLU(), seed=1), rectified_highway),
    Row(lambda: ck.DenseConnection(ck.Affine(3, 2)), lambda x, p: np.append(x, affine(x, p, "1"), -1)),
    Row(lambda: ck.SoftAttention(3, seed=1), attended, ((2, 4, 3), (4, 3))),
    Row(lambda: ck.Sequential(ck.Affine(3, 4, seed=1), ck.Tanh(), ck.Affine(4, 2, seed=2)),
        lambda x, p: affine(np.tanh(affine(x, p, "1")), p, "2")),
    Row(lambda: ck.Dropout(0.0), lambda x, p: x),
]  # fmt: skip
CASES = [pytest.param(row, shape, id=f"{row.id}-{shape}") for row in ROWS for shape in row.shapes]
LAYERS = pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in ROWS])


def shaken(layer: Any, rng: np.random.Generator) -> Any:
    """Return the layer with all parameters random, so that no gradient is zero by chance."""
    for w in layer.parameters().values():
        w.assign(rng.normal(0.0, 0.7, np.shape(w.value)) + 0.2)
    return layer


def value(z: Any) -> Any:
    return z.value if isinstance(z, ck.Variable) else z


def weighted(outputs: Any, targets: Any) -> Any:
    """A loss whose upstream gradients are random: ones would hide what sums to zero."""
    return ck.sum(outputs * targets)


def point_of(graph: ck.ComputationalGraph) -> dict[str, Any]:
    return {n.name: n.value for n in graph.nodes if n.gate is None and not n.constant}


@pytest.mark.parametrize(("row", "shape"), CASES)
def test_value(row: Row, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(0)
    layer = shaken(row.make(), rng)
    x = rng.normal(size=shape)
    expected = row.plain(x, {name: w.value for name, w in layer.parameters().items()})
    np.testing.assert_allclose(value(layer(x)), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(("row", "shape"), CASES)
@pytest.mark.parametrize("mode", ["train", "eval"])
def test_gradient(row: Row, shape: tuple[int, ...], mode: str) -> None:
    rng = np.random.default_rng(3)
    net = shaken(ck.Sequential(row.make()), rng)
    getattr(net, mode)()
    x = rng.normal(size=shape)
    targets = rng.uniform(0.5, 1.5, net.output_shape(shape)) * rng.choice(
        [-1.0, 1.0], net.output_shape(shape)
    )
    graph = net.graph(weighted, ck.Variable(x, "x"), targets)
    report = ck.check_gradient(graph, point_of(graph))
    assert report.passed, str(report)
    assert set(graph.inputs) == {"x", *net.parameters()}


@pytest.mark.parametrize(("row", "shape"), CASES)
def test_output_shape_is_the_shape_of_the_output(row: Row, shape: tuple[int, ...]) -> None:
    layer = row.make()
    assert layer.output_shape(shape) == np.shape(value(layer(np.ones(shape))))


@pytest.mark.parametrize(("row", "shape"), CASES)
def test_compiled_equals_define_by_run(row: Row, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(5)
    net = shaken(ck.Sequential(ck.Affine(3, 3), row.make()), rng)
    x = rng.normal(size=shape)
    y = rng.normal(size=net.output_shape(shape))
    loss, gradients = net.loss_and_gradients(x, y, weighted)
    fast_loss, fast_gradients = net.compile(weighted, x, y)(x, y)
    assert fast_loss == pytest.approx(loss, rel=1e-12)
    assert list(fast_gradients) == list(gradients) == list(net.parameters())
    for name, dw in gradients.items():
        np.testing.assert_allclose(fast_gradients[name], dw, rtol=1e-12, atol=1e-12, err_msg=name)


@LAYERS
def test_a_seed_gives_the_same_start(row: Row) -> None:
    first, second, other = (
        row.make().reset(7).state(),
        row.make().reset(7).state(),
        row.make().reset(8).state(),
    )
    assert first.keys() == second.keys()
    for name in first:
        np.testing.assert_array_equal(first[name], second[name])
    weights = [name for name in first if name.startswith("w")]
    assert all(not np.array_equal(first[name], other[name]) for name in weights)


@LAYERS
def test_state_comes_back(row: Row) -> None:
    rng = np.random.default_rng(0)
    layer = shaken(ck.Sequential(row.make()), rng)
    x = rng.normal(size=row.shapes[0])
    layer(x)  # moves running averages
    kept, before = layer.state(), layer.predict(x)
    shaken(layer, rng)
    layer(x + 1.0)
    np.testing.assert_array_equal(layer.load(kept).predict(x), before)


@LAYERS
def test_a_copy_lives_its_own_life(row: Row) -> None:
    layer = row.make()
    twin = copy.deepcopy(layer)
    for w in twin.parameters().values():
        w.assign(w.value * 0.0 + 5.0)
    assert all(not np.all(w.value == 5.0) for w in layer.parameters().values())


def test_no_layer_has_a_backward_rule_of_its_own() -> None:
    for path in NN.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            assert not (isinstance(node, ast.FunctionDef) and node.name == "backward"), path.name


@settings(deadline=None)
@given(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5), st.integers(0, 2))
def test_shapes_of_affine(inputs: int, outputs: int, pieces: int, axes: int) -> None:
    shape = (*(2, 3)[:axes], inputs)
    assert ck.Affine(inputs, outputs)(np.ones(shape)).value.shape == (*shape[:-1], outputs)
    if axes < 2:
        assert ck.Maxout(inputs, outputs, pieces)(np.ones(shape)).value.shape == (*shape[:-1], outputs)


# ---- the decks' conventions --------------------------------------------------------------------------------


def test_leaky_relu_has_the_decks_slope() -> None:
    assert ck.LeakyReLU().slope == 0.1
    np.testing.assert_array_equal(ck.LeakyReLU()([-10.0, 0.0, 2.0]), [-1.0, 0.0, 2.0])


def test_maxout_can_be_absolute_value_and_relu() -> None:
    unit = ck.Maxout(1, 2, 2)
    unit.w.assign([[1.0, -1.0, 1.0, 0.0]])
    np.testing.assert_array_equal(unit([[-3.0], [2.0]]).value, [[3.0, 0.0], [2.0, 2.0]])


def test_xor_by_the_relu_net_with_the_standard_weights() -> None:
    net = ck.Sequential(ck.Affine(2, 2), ck.ReLU(), ck.Affine(2, 1), ck.ReLU())
    net.load({"w1": [[1, 1], [1, 1]], "b1": [0, -1], "w2": [[1], [-2]], "b2": [0]})
    np.testing.assert_array_equal(net.predict(ck.xor().x).ravel(), [0.0, 1.0, 1.0, 0.0])


def test_linear_layers_alone_collapse_to_one() -> None:
    net = ck.Sequential(ck.Affine(3, 4, seed=0), ck.Affine(4, 2, seed=1))
    x = np.random.default_rng(0).normal(size=(6, 3))
    np.testing.assert_allclose(net.predict(x), x @ (net[0].w.value @ net[1].w.value), rtol=1e-12)


# ---- batch normalisation -----------------------------------------------------------------------------------


def test_batch_norm_gives_mean_beta_and_spread_gamma() -> None:
    layer = ck.BatchNorm(2, epsilon=0.0)
    layer.gamma.assign([3.0, 0.5])
    layer.beta.assign([-1.0, 4.0])
    z = layer(np.random.default_rng(0).normal(5.0, 2.0, (50, 2))).value
    np.testing.assert_allclose(z.mean(axis=0), [-1.0, 4.0], atol=1e-12)
    np.testing.assert_allclose(z.std(axis=0), [3.0, 0.5], rtol=1e-12)


def test_running_averages_move_by_the_momentum() -> None:
    layer = ck.BatchNorm(1, momentum=0.25)
    layer([[1.0], [3.0]])  # mean 2, variance with N − 1: 2
    np.testing.assert_allclose(layer.running_mean, [0.5])
    np.testing.assert_allclose(layer.running_variance, [0.75 + 0.5])
    layer([[4.0], [4.0]])
    np.testing.assert_allclose(layer.running_mean, [0.375 + 1.0])
    np.testing.assert_allclose(layer.running_variance, [0.75 * 1.25])


def test_in_use_the_running_averages_count_and_stay() -> None:
    layer = ck.BatchNorm(1, epsilon=0.0).eval()
    layer.running_mean, layer.running_variance = np.array([2.0]), np.array([4.0])
    np.testing.assert_array_equal(layer([[6.0]]).value, [[2.0]])
    np.testing.assert_array_equal(layer([6.0]).value, [2.0])
    np.testing.assert_array_equal(layer.running_mean, [2.0])


def test_a_constant_feature_does_not_divide_by_zero() -> None:
    np.testing.assert_array_equal(ck.BatchNorm(1)([[3.0], [3.0]]).value, [[0.0], [0.0]])


def test_recording_leaves_statistics_and_random_numbers_alone() -> None:
    net = ck.Sequential(ck.BatchNorm(2), ck.Dropout(0.5), seed=0)
    twin = copy.deepcopy(net)
    x = np.arange(8.0).reshape(4, 2)
    net.graph(weighted, x, x)
    net.compile(weighted, x, x)
    np.testing.assert_array_equal(net[0].running_mean, [0.0, 0.0])
    np.testing.assert_array_equal(value(net(x)), value(twin(x)))


# ---- attention, highway ------------------------------------------------------------------------------------


def test_attention_weights_are_probabilities_and_find_the_position() -> None:
    layer = ck.SoftAttention(2)
    layer.w.assign([100.0, 0.0])
    x = np.array([[[0.0, 5.0], [1.0, 7.0], [0.0, 9.0]]])
    np.testing.assert_allclose(layer.weights(x).value, [[0.0, 1.0, 0.0]], atol=1e-12)
    np.testing.assert_allclose(layer(x).value, [[1.0, 7.0]], atol=1e-12)


def test_a_highway_starts_by_carrying_and_can_be_told_how_much() -> None:
    x = np.array([[1.0, 2.0]])
    np.testing.assert_array_equal(ck.Highway(2).b.value, [-1.0, -1.0])
    np.testing.assert_array_equal(ck.Highway(2, carry=1000.0)(x).value, x)
    np.testing.assert_array_equal(ck.Highway(2, ck.Sigmoid(), carry=-1000.0)(x).value, ck.sigmoid(x))


def test_residual_passes_the_gradient_past_a_dead_layer() -> None:
    x = ck.Variable([-1.0, -2.0], "x")
    ck.sum(ck.Residual(ck.ReLU())(x)).backward()
    np.testing.assert_array_equal(x.grad, [1.0, 1.0])
    ck.sum(ck.ReLU()(x)).backward()
    np.testing.assert_array_equal(x.grad, [0.0, 0.0])


# ---- what is wrong is said ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (ck.Affine(4, 3), (5, 2), r"Affine\(4, 3\) takes arrays of shape \(N, 4\).*given shape \(5, 2\)"),
        (ck.Affine(4, 3), (5, 2), r"Affine\(2, 3\) would fit"),
        (ck.Affine(4, 3), (4, 5), r"transposed\? A sample is a row"),
        (ck.Affine(4, 3), (), r"given a single number"),
        (ck.Maxout(4, 3, 2), (5, 2), r"Maxout\(2, 3, 2\) would fit"),
        (ck.Maxout(4, 3, 2), (6, 5, 4), r"samples in rows"),
        (ck.BatchNorm(3), (5, 2), r"BatchNorm\(2\) would fit"),
        (ck.BatchNorm(3), (1, 3), r"at least two samples.*call eval\(\)"),
        (ck.BatchNorm(3), (3,), r"at least two samples"),
        (ck.Residual(ck.Affine(3, 2)), (5, 3), r"input, of shape \(5, 3\), to .* output, of shape \(5, 2\)"),
        (ck.Highway(3), (5, 2), r"Highway\(2\) would fit"),
        (ck.Highway(3, ck.Affine(3, 2)), (5, 3), r"mixes its input, of shape \(5, 3\)"),
        (ck.DenseConnection(ck.SoftAttention(3)), (5, 4, 3), r"differ in the last axis alone"),
        (ck.SoftAttention(3), (5, 4, 2), r"\(N, T, 3\).*\(5, 4, 2\)"),
    ],
)  # fmt: skip
def test_a_wrong_shape_is_explained(layer: Any, shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ck.GateError, match=message):
        layer(np.ones(shape))


@pytest.mark.parametrize(
    "make",
    [
        lambda: ck.Affine(0, 3),
        lambda: ck.Affine(2.5, 3),
        lambda: ck.Maxout(2, 2, True),
        lambda: ck.BatchNorm(-1),
    ],
)
def test_sizes_are_whole_numbers(make: Callable[[], Any]) -> None:
    with pytest.raises(ValueError, match="whole number from 1 up"):
        make()


def test_an_unknown_initialisation_is_named() -> None:
    with pytest.raises(ValueError, match=r"no initialisation 'kaiming': there are uniform, xavier"):
        ck.Affine(2, 3, "kaiming")


def test_layers_that_need_values_say_so_of_symbols() -> None:
    (x,) = ck.variables("x")
    with pytest.raises(ck.GateError, match="must know the input"):
        ck.Dropout(0.5)(x)
    with pytest.raises(ck.GateError, match="needs its values"):
        ck.BatchNorm(2)(x)
    assert isinstance(ck.Affine(2, 3)(x), ck.Variable)
