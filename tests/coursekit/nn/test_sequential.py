"""Networks: names, modes, shapes, graphs, and errors that say which layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coursekit as ck
from coursekit.nn.targets import as_targets, share_right


def small() -> Any:
    return ck.Sequential(ck.Affine(4, 3), ck.ReLU(), ck.Affine(3, 2), seed=0)


# ---- parameters --------------------------------------------------------------------------------------------


def test_parameters_are_numbered_in_order_and_by_role() -> None:
    net = ck.Sequential(
        ck.Affine(4, 4),
        ck.BatchNorm(4),
        ck.Residual(ck.Sequential(ck.Affine(4, 4, bias=False), ck.Tanh())),
        ck.Highway(4),
        ck.GeneralisedReLU(learn=True),
        ck.Affine(4, 1),
    )
    assert list(net.parameters()) == [
        *("w1", "b1", "gamma1", "beta1", "w2"),
        *("w_gate1", "b_gate1", "w3", "b2", "alpha1", "w4", "b3"),
    ]
    assert list(ck.Affine(2, 2).parameters()) == ["w", "b"]
    assert [w.name for w in net.parameters().values()] == list(net.parameters())


def test_a_shared_layer_counts_once_and_receives_both_gradients() -> None:
    shared = ck.Affine(2, 2, seed=0)
    net = ck.Sequential(shared, ck.Tanh(), shared)
    assert list(net.parameters()) == ["w1", "b1"]
    x, y = np.array([[0.3, -0.2], [0.5, 0.9]]), np.ones((2, 2))
    report = ck.check_gradient(net.graph(ck.l2_loss, x, y), {n: w.value for n, w in net.parameters().items()})
    assert report.passed, str(report)
    loss, gradients = net.loss_and_gradients(x, y, ck.l2_loss)
    fast_loss, fast = net.compile(ck.l2_loss, x, y)(x, y)
    assert fast_loss == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(fast["w1"], gradients["w1"], rtol=1e-12)
    assert [line.split()[-1] for line in net.summary().splitlines()[1:]] == ["6", "0", "0", "6"]


def test_tied_weights_are_one_parameter() -> None:
    first, second = ck.Affine(2, 2, seed=0), ck.Affine(2, 2, seed=1)
    second.w = first.w
    net = ck.Sequential(first, ck.Tanh(), second)
    assert list(net.parameters()) == ["w1", "b1", "b2"]
    assert net.check_gradient(np.array([[0.3, -0.2]]), np.ones((1, 2)), ck.l2_loss).passed


def test_one_dropout_may_stand_in_two_places() -> None:
    drop = ck.Dropout(0.5)
    net = ck.Sequential(ck.Affine(2, 8), drop, ck.Affine(8, 3), drop, seed=0)
    step = net.compile(ck.l2_loss, np.ones((4, 2)), np.ones((4, 3)))
    assert step.graph.inputs[-2:] == ["mask1", "mask2"]
    assert step(np.ones((6, 2)), np.ones((6, 3)))[1]["w1"].shape == (2, 8)


def test_networks_may_share_layers_without_mixing_up_names() -> None:
    shared = ck.Affine(2, 2, seed=1)
    first = ck.Sequential(ck.Affine(2, 2, seed=0), shared)
    second = ck.Sequential(shared, ck.Affine(2, 2, seed=2))
    x = np.ones((3, 2))
    for net in (first, second):
        graph = net.graph(ck.l2_loss, x, np.zeros((3, 2)))
        assert graph.forward() == pytest.approx(net.loss_and_gradients(x, np.zeros((3, 2)), ck.l2_loss)[0])
        assert set(graph.inputs) == {"w1", "b1", "w2", "b2"}


def test_reset_starts_anew_and_seeds_repeat() -> None:
    first, second = small(), small()
    for name, value in first.state().items():
        np.testing.assert_array_equal(value, second.state()[name])
    first.reset(1)
    assert not np.array_equal(first.state()["w1"], second.state()["w1"])
    np.testing.assert_array_equal(first.reset(0).state()["w2"], second.state()["w2"])


def test_parameters_keep_their_shape() -> None:
    with pytest.raises(ck.GateError, match=r"w1 is an array of shape \(4, 3\); it cannot become .*\(3, 4\)"):
        small().parameters()["w1"].assign(np.ones((3, 4)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop("w1"), r"this network has b1, b2, w1, w2; the state has b1, b2, w2"),
        (lambda state: state.update(w3=1.0), r"the state has .*w3"),
        (lambda state: state.update(b2=np.ones(5)), r"b2 has shape \(2,\) here, and \(5,\) in the state"),
    ],
)
def test_a_state_that_does_not_fit_changes_nothing(change: Any, message: str) -> None:
    net = small()
    before, state = net.state(), small().reset(5).state()
    change(state)
    with pytest.raises(ck.GateError, match=message):
        net.load(state)
    for name, value in before.items():
        np.testing.assert_array_equal(net.state()[name], value)


def test_a_state_survives_a_file(tmp_path: Any) -> None:
    net = ck.Sequential(ck.Affine(2, 3), ck.BatchNorm(3), ck.GeneralisedReLU(learn=True), seed=0)
    net(np.arange(6.0).reshape(3, 2))
    np.savez(tmp_path / "net.npz", **net.state())
    other = ck.Sequential(ck.Affine(2, 3), ck.BatchNorm(3), ck.GeneralisedReLU(learn=True), seed=1)
    with np.load(tmp_path / "net.npz") as file:
        other.load(dict(file))
    np.testing.assert_array_equal(other.predict([[1.0, 2.0]]), net.predict([[1.0, 2.0]]))


# ---- modes -------------------------------------------------------------------------------------------------


def test_modes_reach_inner_layers_and_predict_leaves_them() -> None:
    inner = ck.Dropout(0.5)
    net = ck.Sequential(ck.Residual(ck.Sequential(ck.Affine(2, 2), inner)), seed=0)
    assert net.eval() is net
    assert not inner.training
    assert net.train() is net
    x = np.ones((4, 2))
    np.testing.assert_array_equal(net.predict(x), net.predict(x))
    assert inner.training
    assert not np.array_equal(net(x).value, net(x).value)


def test_predict_takes_lists_and_single_samples_and_returns_arrays() -> None:
    net = small()
    one = net.predict([1, 2, 3, 4])
    assert isinstance(one, np.ndarray)
    assert one.shape == (2,)
    np.testing.assert_allclose(net.predict([[1, 2, 3, 4]]), [one], rtol=1e-14)


# ---- what is wrong is said ---------------------------------------------------------------------------------


def test_a_shape_error_names_the_layer_and_its_place() -> None:
    net = ck.Sequential(ck.Affine(4, 8), ck.Tanh(), ck.Affine(9, 1))
    message = (
        r"^layer 3 of 3 \(after Tanh\(\)\): Affine\(9, 1\) takes arrays of shape \(N, 9\).* "
        r"given shape \(5, 8\): Affine\(8, 1\) would fit$"
    )
    for ask in (
        lambda: net(np.ones((5, 4))),
        lambda: net.predict(np.ones((5, 4))),
        lambda: net.output_shape((5, 4)),
        lambda: net.loss_and_gradients(np.ones((5, 4)), np.ones((5, 1)), ck.l2_loss),
        lambda: net.compile(ck.l2_loss, np.ones((5, 4)), np.ones((5, 1))),
        lambda: ck.fit(net, np.ones((5, 4)), np.ones((5, 1)), loss=ck.l2_loss),
    ):
        with pytest.raises(ck.GateError, match=message):
            ask()


def test_an_error_inside_an_inner_network_names_both_places() -> None:
    net = ck.Sequential(ck.Affine(4, 3), ck.Residual(ck.Sequential(ck.Affine(3, 2), ck.Affine(3, 3))))
    with pytest.raises(
        ck.GateError, match=r"^layer 2 of 2 \(after Affine\(4, 3\)\): layer 2 of 2 \(after Affine\(3, 2\)\)"
    ):
        net(np.ones((5, 4)))


def test_a_compiled_step_explains_wrong_batches_too() -> None:
    step = small().compile(ck.cross_entropy, np.ones((3, 4)), [0, 1, 1])
    with pytest.raises(ck.GateError, match=r"layer 1 of 3: Affine\(4, 3\)"):
        step(np.ones((3, 5)), [0, 1, 1])
    with pytest.raises(ck.GateError, match="as many targets as samples"):
        step(np.ones((3, 4)), [0, 1])


def test_what_is_no_layer_is_refused() -> None:
    with pytest.raises(TypeError, match=r"layer 2 is <class .*ReLU.*Write ReLU\(\) with brackets"):
        ck.Sequential(ck.Affine(2, 2), ck.ReLU)
    with pytest.raises(TypeError, match=r"Activation\(f\)"):
        ck.Sequential(ck.relu)


def test_a_layer_without_forward_says_so() -> None:
    class Lazy(ck.Layer):
        pass

    with pytest.raises(NotImplementedError, match=r"Lazy has no forward\(\)"):
        Lazy()(1.0)


def test_a_loss_must_be_one_number() -> None:
    net, x, y = small(), np.ones((3, 4)), np.zeros((3, 2))
    with pytest.raises(ck.GateError, match=r"single number; this one has shape \(3, 2\)"):
        net.compile(lambda outputs, targets: outputs - targets, x, y)
    with pytest.raises(ck.GateError, match="only a single number has a gradient"):
        net.loss_and_gradients(x, y, lambda outputs, targets: outputs - targets)


# ---- targets -----------------------------------------------------------------------------------------------


def test_targets_take_the_shape_of_the_outputs() -> None:
    np.testing.assert_array_equal(as_targets([1, 0], (2, 2)), [[0.0, 1.0], [1.0, 0.0]])
    np.testing.assert_array_equal(as_targets([True, False], (2, 1)), [[1.0], [0.0]])
    np.testing.assert_array_equal(as_targets(1, (3,)), [0.0, 1.0, 0.0])
    np.testing.assert_array_equal(as_targets([[1, 0], [0, 1]], (2, 2)), np.eye(2))


@pytest.mark.parametrize(
    ("y", "outputs", "message"),
    [
        ([0.5, 1.5], (2, 3), r"class numbers are expected, whole numbers from 0 to 2"),
        ([0, 3], (2, 3), r"integers from 0 to 2"),
        ([0, 1, 2], (2, 3), r"as many targets as samples"),
        (
            [[0, 1], [1, 0]],
            (2, 3),
            r"\(2, 2\) do not fit outputs of shape \(2, 3\): one number or class number",
        ),
        (["cat", "dog"], (2, 3), r"targets are numbers"),
    ],
)
def test_targets_that_do_not_fit(y: Any, outputs: tuple[int, ...], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        as_targets(y, outputs)


@settings(deadline=None)
@given(st.integers(1, 6), st.integers(2, 5), st.data())
def test_class_numbers_and_one_hot_rows_are_the_same(n: int, classes: int, data: Any) -> None:
    numbers = data.draw(st.lists(st.integers(0, classes - 1), min_size=n, max_size=n))
    rows = as_targets(numbers, (n, classes))
    np.testing.assert_array_equal(rows.argmax(axis=1), numbers)
    np.testing.assert_array_equal(rows.sum(axis=1), 1.0)
    np.testing.assert_array_equal(as_targets(rows, (n, classes)), rows)


def test_accuracy_knows_where_the_classes_part() -> None:
    column = np.array([[0.2], [0.7], [-3.0], [1.4]])
    bits, signs = np.array([[1.0], [1.0], [0.0], [1.0]]), np.array([[1.0], [1.0], [-1.0], [1.0]])
    assert share_right(column, bits, ck.l2_loss) == 0.75
    assert share_right(column, bits, ck.binary_cross_entropy_with_logits) == 1.0
    assert share_right(column, signs, ck.two_class_nll) == 1.0
    assert share_right(column, bits, lambda outputs, targets: 0.0) is None  # it may mean anything
    assert share_right(column, column, ck.l2_loss) is None
    assert share_right(np.eye(3), np.eye(3)[[0, 1, 1]], ck.cross_entropy) == pytest.approx(2 / 3)
    assert share_right(np.eye(3), 0.5 * np.eye(3), ck.l2_loss) is None


# ---- graphs and tables -------------------------------------------------------------------------------------


def test_the_graph_of_a_network_is_its_objective() -> None:
    net, rng = small(), np.random.default_rng(0)
    x, y = rng.normal(size=(5, 4)), [0, 1, 0, 1, 1]
    graph = net.graph(ck.cross_entropy, x, y)
    assert set(graph.inputs) == {"w1", "b1", "w2", "b2"}
    loss, gradients = net.loss_and_gradients(x, y)
    assert graph.forward() == pytest.approx(loss, rel=1e-14)
    for name, dw in graph.backward().items():
        np.testing.assert_allclose(dw, gradients[name], rtol=1e-13)
    names = [node.name for node in graph.nodes if node.gate is not None]
    assert {"affine1", "relu1", "affine2", "loss"} <= set(names)
    assert graph.outputs[0].name == "loss"


def test_named_variables_become_inputs_of_the_graph() -> None:
    net = small()
    x, y = ck.Variable(np.ones((2, 4)), "x"), ck.Variable([0.0, 1.0], "y")
    with pytest.raises(ck.GateError, match="class numbers are expected"):
        net.graph(ck.cross_entropy, x, y)
    graph = net.graph(ck.cross_entropy, x, ck.Variable(np.eye(2), "y"))
    assert set(graph.inputs) == {"x", "y", "w1", "b1", "w2", "b2"}
    other = np.full((2, 4), 3.0)
    assert graph.forward(x=other) == pytest.approx(net.loss_and_gradients(other, [0, 1])[0])
    with pytest.raises(ck.GateError, match="give x and y numbers"):
        net.graph(ck.cross_entropy, ck.variables("x")[0], [0, 1])


def test_the_gradient_of_the_input_is_there_for_adversarial_examples() -> None:
    net = small().eval()
    x = ck.Variable(np.ones((1, 4)), "x")
    ck.cross_entropy(net(x), np.array([[1.0, 0.0]])).backward()
    report = ck.check_gradient(lambda v: ck.cross_entropy(net.predict(v), [0]), x.value, x.grad)
    assert report.passed
    attacked = x.value + 0.5 * np.sign(x.grad)
    assert ck.cross_entropy(net.predict(attacked), [0]) > ck.cross_entropy(net.predict(x.value), [0])


def test_summary_counts_and_shapes() -> None:
    net = ck.Sequential(ck.Affine(64, 128), ck.ReLU(), ck.Affine(128, 64), ck.ReLU(), ck.Affine(64, 10))
    assert net.summary().splitlines() == [
        "layer  what             output    parameters",
        "    1  Affine(64, 128)  (N, 128)       8,320",
        "    2  ReLU()           (N, 128)           0",
        "    3  Affine(128, 64)  (N, 64)        8,256",
        "    4  ReLU()           (N, 64)            0",
        "    5  Affine(64, 10)   (N, 10)          650",
        "                                      17,226",
    ]
    attention = ck.Sequential(ck.Affine(3, 2), ck.SoftAttention(2))
    assert "(N" not in attention.summary()  # a plain (N, 3) does not fit, and nothing else is known
    assert "(N, 2)" in attention.summary((None, 5, 3))
    with pytest.raises(ck.GateError, match="Affine"):
        attention.summary((None, 5, 4))
    assert "Tanh()" in ck.Sequential(ck.Tanh()).summary()


def test_a_network_is_a_sequence_of_layers() -> None:
    net = small()
    assert len(net) == 3
    assert [type(layer) for layer in net] == [ck.Affine, ck.ReLU, ck.Affine]
    assert repr(net) == "Sequential(Affine(4, 3), ReLU(), Affine(3, 2))"


def test_a_parameter_left_out_of_a_pass_has_gradient_zero_and_not_an_old_one() -> None:
    class Skips(ck.Layer):
        compiles = False
        used = True

        def __init__(self) -> None:
            self.inner = ck.Affine(2, 2, seed=0)

        def forward(self, x: Any) -> Any:
            return self.inner(x) if self.used else x

    net = ck.Sequential(ck.Affine(2, 2, seed=1), Skips())
    x, y = np.ones((3, 2)), np.zeros((3, 2))
    assert net.loss_and_gradients(x, y, ck.l2_loss)[1]["w2"].any()
    net[1].used = False
    np.testing.assert_array_equal(net.loss_and_gradients(x, y, ck.l2_loss)[1]["w2"], np.zeros((2, 2)))


def test_a_network_checks_its_own_gradient() -> None:
    net = ck.Sequential(ck.Affine(3, 4), ck.BatchNorm(4), ck.Dropout(0.3), ck.Affine(4, 2), seed=0)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(6, 3)), [0, 1, 0, 1, 1, 0]
    report = net.check_gradient(x, y)
    assert report.passed, str(report)
    assert set(report.analytic) == {*net.parameters(), "mask1"}
    assert net.check_gradient(x, y, directions=3).passed
    assert net.eval().check_gradient(x, y, ck.hinge_loss).passed


def test_the_check_sees_a_wrong_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    from coursekit.gates import TanhGate

    net = ck.Sequential(ck.Affine(3, 4), ck.Tanh(), ck.Affine(4, 2), seed=0)
    monkeypatch.setattr(TanhGate, "backward", lambda gate, dz: dz * (1.0 - gate.z))
    report = net.check_gradient(np.ones((2, 3)), [0, 1])
    assert not report.passed
    assert report.worst.split()[0] in ("w1", "b1")


def test_parameters_that_do_not_matter_have_gradient_zero() -> None:
    class Ignores(ck.Layer):
        def __init__(self) -> None:
            self.w = ck.Parameter([1.0, 2.0], "w")

        def forward(self, x: Any) -> Any:
            return x

    net = ck.Sequential(ck.Affine(2, 1, seed=0), Ignores())
    x, y = np.ones((3, 2)), np.ones((3, 1))
    np.testing.assert_array_equal(net.loss_and_gradients(x, y, ck.l2_loss)[1]["w2"], [0.0, 0.0])
    np.testing.assert_array_equal(net.compile(ck.l2_loss, x, y)(x, y)[1]["w2"], [0.0, 0.0])
