"""Graphs and variables: the decks' numbers, branches, order, doors, errors, and what must not go wrong."""

from __future__ import annotations

import gc
import pickle
import re
import subprocess
import sys
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import coursekit as ck
from coursekit.variable import topological_order

# ---- the decks' examples ----------------------------------------


def g_graph() -> ck.ComputationalGraph:
    w1, w2 = ck.variables("w1 w2")
    return ck.ComputationalGraph(w1**3 * w2 + 3 * w1)


def test_g_at_2_3() -> None:
    graph = g_graph()
    assert graph.inputs == ["w1", "w2"]
    assert graph.forward(w1=2.0, w2=3.0) == 30.0
    assert graph.backward() == {"w1": 39.0, "w2": 8.0}


def test_xy_plus_z() -> None:
    x, y, z = ck.variables("x y z")
    graph = ck.ComputationalGraph(x * y + z)
    assert graph.forward(x=-3, y=5, z=4) == -11.0
    assert graph.backward() == {"x": 5.0, "y": -3.0, "z": 1.0}


def test_two_weight_network() -> None:
    x, w1, w2, t = ck.variables("x w1 w2 t")
    graph = ck.ComputationalGraph(
        ck.quadratic_loss(ck.sigmoid(ck.sigmoid(x * w1) * w2), t), inputs=["x", "w1", "w2", "t"]
    )
    graph.forward(x=1.5, w1=0.4, w2=-0.7, t=1.0)
    a1 = 1 / (1 + np.exp(-0.6))
    a2 = 1 / (1 + np.exp(0.7 * a1))
    slopes = graph.backward()
    assert slopes["w2"] == pytest.approx((a2 - 1) * a2 * (1 - a2) * a1, rel=1e-14)
    assert slopes["w1"] == pytest.approx((a2 - 1) * a2 * (1 - a2) * -0.7 * a1 * (1 - a1) * 1.5, rel=1e-14)
    assert slopes["t"] == 0.0


# ---- define-by-run ----------------------------------------


def test_branches_add() -> None:
    a = ck.Variable(2.0, "a")
    (a * a + a).backward()
    assert a.grad == 5.0


def test_a_shared_node_is_visited_once_after_all_its_users() -> None:
    a = ck.Variable(3.0, "a")
    b = a + a
    c = b * b  # the graph on which recursing along edges goes wrong
    d = c + b
    d.backward()
    assert (a.grad, b.grad, c.grad) == (26.0, 13.0, 1.0)


def test_backward_starts_anew_each_time() -> None:
    a = ck.Variable(3.0, "a")
    result = a * a
    result.backward()
    result.backward()
    assert a.grad == 6.0


def test_unpacking_and_indexing_a_vector() -> None:
    w = ck.Variable([2.0, 3.0], "w")
    w1, w2 = w
    (w1**3 * w2 + 3 * w1).backward()
    np.testing.assert_array_equal(w.grad, [39, 8])
    assert len(w) == 2


def test_arrays_stand_on_either_side() -> None:
    x = np.array([[1.0, 2.0]])
    w = ck.Variable([[3.0], [4.0]], "w")
    assert (x @ w).value == [[11.0]]
    for z in (x.T * w, x.T + w, x.T - w, x.T / w, np.float64(2) * w, 2**w):
        assert isinstance(z, ck.Variable)
        assert z.value.shape == (2, 1)


# ---- define-then-run ----------------------------------------


def test_several_outputs() -> None:
    x, y = ck.variables("x y")
    graph = ck.ComputationalGraph(x * y, x + y)
    assert graph.forward(2, 3) == (6.0, 5.0)
    assert graph.backward(upstream=(1.0, 10.0)) == {"x": 13.0, "y": 12.0}
    with pytest.raises(ck.GateError, match="2 outputs"):
        graph.backward()


def test_one_name_is_one_input() -> None:
    (first,), (second,) = ck.variables("x"), ck.variables("x")
    graph = ck.ComputationalGraph(first * second)
    assert graph.inputs == ["x"]
    graph.forward(x=3)
    assert graph.backward() == {"x": 6.0}
    a, b = ck.variables("a a")
    assert a is b


def test_inputs_in_the_order_wanted_and_unused_ones() -> None:
    x, y = ck.variables("x y")
    graph = ck.ComputationalGraph(x - y, inputs=["z", "y", "x"])
    assert graph.forward(7.0, 1.0, 5.0) == 4.0
    assert graph.backward() == {"z": 0.0, "y": -1.0, "x": 1.0}
    with pytest.raises(ValueError, match="leaves out y"):
        ck.ComputationalGraph(x - y, inputs=["x"])


def test_graphs_of_the_same_variables_do_not_disturb_each_other() -> None:
    w1, w2 = ck.variables("w1 w2")
    shared = w1 * w2
    first, second = ck.ComputationalGraph(shared + w1), ck.ComputationalGraph(shared * 2)
    first.forward(2, 3)
    second.forward(10, 10)
    assert first.backward() == {"w1": 4.0, "w2": 2.0}
    assert (w1.value, shared.value, shared.grad) == (None, None, None)


def test_a_variable_with_a_number_brings_its_number() -> None:
    graph = ck.ComputationalGraph(ck.Variable(2.0, "a") * ck.Variable(name="b"))
    assert graph.forward(b=5) == 10.0


def test_a_step_says_equal_only_of_numbers_that_are_so_as_they_are_shown() -> None:
    def last(**inputs: float) -> str:
        return g_graph().steps(**inputs)[-1].text

    assert last(w1=2.0, w2=3.0) == "∇w1 += upstream 3 × local 12 = 36; branches add: 3 + 36 = 39"
    assert last(w1=2.0, w2=-3.0) == "∇w1 += upstream −3 × local 12 = −36; branches add: 3 − 36 = −33"
    thirds = "∇w1 += upstream 0.6667 × local 0.3333 ≈ 0.2222; branches add: 3 + 0.2222 ≈ 3.222"
    assert last(w1=1 / 3, w2=2 / 3) == thirds
    wide = last(w1=123456.789, w2=-0.000123456)  # 1.235e−4 × 4.572e10 is 5.646e6
    assert wide.startswith("∇w1 += upstream −1.235e−4 × local 4.572e10 ≈ −5.645e6;")
    (x,) = ck.variables("x")
    too_large = ck.ComputationalGraph(x * 1e200 * 1e200).steps(x=1.0)[-1].text
    assert too_large == "∇x += upstream 1e200 × local 1e200 = ⚠ infinity"


def test_a_run_takes_nothing_over_from_an_earlier_one() -> None:
    graph = g_graph()
    graph.forward(w1=2.0, w2=3.0)
    missing = r"^no value for w2: graph.forward\(w1=..., w2=...\) \(each run is given all inputs anew\)$"
    for wrong in (lambda: graph.forward(w1=5.0), lambda: graph.forward(5.0), lambda: graph.steps(w1=5.0)):
        with pytest.raises(TypeError, match=missing):
            wrong()
    with pytest.raises(TypeError, match=r"^no value for w1, w2: graph.forward\(w1=..., w2=...\)$"):
        graph.forward()
    assert graph.backward() == {"w1": 39.0, "w2": 8.0}, "a wrong call leaves the graph as it was"
    with pytest.raises(TypeError, match="no value for w2"):
        graph.gradient().forward(w1=5.0)


def test_an_input_with_a_number_of_its_own_comes_back_to_it() -> None:
    graph = ck.ComputationalGraph(ck.Variable(2.0, "a") * ck.Variable(name="b"))
    assert [graph.forward(a=3.0, b=5.0), graph.forward(b=5.0)] == [15.0, 10.0]


def test_integers_become_floats_and_arrays_stay_arrays() -> None:
    graph = g_graph()
    assert type(graph.forward(2, np.int64(3))) is float
    value = graph.forward([1, 2], 3)
    np.testing.assert_array_equal(value, [6, 30])
    np.testing.assert_array_equal(graph.backward([1, 1])["w1"], [12, 39])
    assert graph.backward([1, 1])["w2"] == 9.0  # 1³ + 2³: w2 served both entries


def test_changing_an_input_between_forward_and_backward_is_harmless() -> None:
    x = np.array([1.0, 2.0])
    v = ck.variables("x")[0]
    graph = ck.ComputationalGraph(ck.sum(v * v))
    graph.forward(x=x)
    x[:] = 100
    np.testing.assert_array_equal(graph.backward()["x"], [2, 4])
    a = ck.Variable(x)
    with pytest.raises(ValueError, match="read-only"):
        a.value[0] = 1


def test_changing_a_gradient_changes_nothing_else() -> None:
    a, b = ck.variables("a b")
    graph = ck.ComputationalGraph(ck.sum(a + b))
    graph.forward(np.ones(2), np.ones(2))
    first = graph.backward()
    first["a"] *= 100
    np.testing.assert_array_equal(first["b"], [1, 1])
    np.testing.assert_array_equal(graph.backward()["a"], [1, 1])


def test_topological_order_puts_inputs_first() -> None:
    x, y = ck.variables("x y")
    z = (x * y + x) * (x * y)
    order = topological_order([z])
    place = {id(node): i for i, node in enumerate(order)}
    assert all(place[id(x)] < place[id(node)] for node in order for x in node.inputs)


# ---- size and memory ----------------------------------------


def test_100_000_gates_in_a_row() -> None:
    x = v = ck.Variable(1.0, "x")
    for _ in range(50_000):
        v = v * 1.00001 + 0.0
    v.backward()
    assert x.grad == pytest.approx(1.00001**50_000, rel=1e-9)
    graph = ck.ComputationalGraph(v)
    assert graph.forward(x=1.0) == pytest.approx(1.00001**50_000, rel=1e-9)
    assert graph.backward()["x"] == pytest.approx(1.00001**50_000, rel=1e-9)
    assert graph.compile()(1.0)[1][0] == pytest.approx(1.00001**50_000, rel=1e-9)


def test_a_million_paths_take_one_pass() -> None:
    x = v = ck.Variable(1.0)
    for _ in range(20):
        v = v + v
    v.backward()
    assert x.grad == 2.0**20


def test_nothing_is_left_for_the_cyclic_collector() -> None:
    gc.collect()
    gc.disable()
    try:
        for make in (_run_and_drop, _compile_and_drop):
            make()
            gc.collect()
            make()
            assert gc.collect() == 0, make.__name__
    finally:
        gc.enable()


def _run_and_drop() -> None:
    x = ck.Variable(1.5, "x")
    (ck.sigmoid(x * x) + x).backward()
    graph = g_graph()
    graph.forward(2, 3)
    graph.backward()


def _compile_and_drop() -> None:
    graph = g_graph().gradient("w1")
    graph.source()


# ---- derivatives of derivatives ----------------------------------------


def test_gradient_is_a_graph_of_the_same_inputs() -> None:
    graph = g_graph().gradient()
    assert graph.inputs == ["w1", "w2"]
    assert graph.forward(w1=2, w2=3) == {"w1": 39.0, "w2": 8.0}
    third = g_graph().gradient("w1").gradient("w1").gradient("w2")
    assert third.inputs == ["w1", "w2"]
    assert third.forward(2, 3) == 12.0
    assert third.gradient("w2").forward(2, 3) == 0.0


def test_hessian_jacobian_and_products() -> None:
    g = lambda w: w[0] ** 3 * w[1] + 3 * w[0]
    np.testing.assert_allclose(ck.hessian(g, [2.0, 3.0]), [[36, 12], [12, 0]])
    W = np.arange(6.0).reshape(2, 3)
    f = lambda x: ck.sigmoid(W @ x)
    at, u, v = np.array([0.1, -0.2, 0.3]), np.array([2.0, -1.0]), np.array([1.0, 0.5, -2.0])
    J = ck.jacobian(f, at)
    assert J.shape == (2, 3)
    np.testing.assert_allclose(ck.vjp(f, at, u), u @ J, rtol=1e-13)
    np.testing.assert_allclose(ck.jvp(f, at, v), J @ v, rtol=1e-13)
    loss = lambda x: ck.sum(f(x) ** 2)
    H = ck.hessian(loss, at)
    np.testing.assert_allclose(H, H.T, rtol=1e-12)
    numeric = [ck.gradient(lambda x, i=i: ck.gradient(loss, x)[i], at, "finite_difference") for i in range(3)]
    np.testing.assert_allclose(H, numeric, rtol=1e-6, atol=1e-9)
    assert ck.jacobian(lambda x: x * x * x, 2.0) == 12.0
    assert ck.hessian(lambda x: x * x * x, 2.0) == 12.0


def test_gradient_of_an_array_is_refused() -> None:
    (x,) = ck.variables("x")
    graph = ck.ComputationalGraph(x * x)
    graph.forward(x=np.ones(3))
    with pytest.raises(ck.GateError, match="only a single number has a gradient"):
        graph.gradient()
    with pytest.raises(KeyError, match="no input 'y'"):
        graph.gradient("y")


# ---- steps ----------------------------------------


def test_steps_of_g() -> None:
    steps = g_graph().steps(w1=2, w2=3)
    assert [step.kind for step in steps] == ["forward"] * 4 + ["seed"] + ["backward"] * 6
    into_w1 = [step for step in steps if step.target is not None and step.target.name == "w1"]
    assert sorted(step.contribution for step in into_w1) == [3.0, 36.0]
    assert into_w1[-1].total == 39.0
    assert into_w1[-1].before == into_w1[0].total
    assert (into_w1[-1].upstream, into_w1[-1].local) == (3.0, 12.0)
    assert "branches add: 3 + 36 = 39" in into_w1[-1].text


def test_steps_agree_with_backward_on_arrays() -> None:
    x, w = ck.variables("x w")
    graph = ck.ComputationalGraph(ck.sum(ck.relu(x @ w) + w))
    values = {"x": np.ones((3, 2)), "w": np.array([1.0, -2.0])}
    with pytest.raises(ck.GateError, match="do not fit"):
        graph.steps(**values)
    values["w"] = np.ones((2, 1))
    graph = ck.ComputationalGraph(ck.sum(ck.relu(x @ w)) + ck.sum(w))
    steps = graph.steps(**values)
    totals = {step.target.name: step.total for step in steps if step.target is not None}
    for name, slope in graph.backward().items():
        np.testing.assert_array_equal(totals[name], slope)


def test_steps_need_a_run() -> None:
    with pytest.raises(ck.GateError, match=r"call graph\.forward"):
        g_graph().steps()


# ---- errors that teach ----------------------------------------

(X,) = ck.variables("x")


@pytest.mark.parametrize(
    ("call", "error", "says"),
    [
        (lambda: g_graph().forward(w1=2.0), TypeError, "no value for w2"),
        (lambda: g_graph().forward(w1=2.0, w2=1.0, w3=1.0), TypeError, "no input 'w3'"),
        (lambda: g_graph().forward(1.0, 2.0, 3.0), TypeError, "3 values for 2 inputs"),
        (lambda: g_graph().forward(1.0, w1=2.0), TypeError, "'w1' is given twice"),
        (lambda: g_graph().forward("two", 3.0), TypeError, "w1 should be a number"),
        (lambda: g_graph().forward([[1.0], [1.0, 2.0]], 3.0), TypeError, "rows differ in length"),
        (lambda: g_graph().forward(np.array(["a"]), 3.0), TypeError, "numbers only"),
        (lambda: g_graph().backward(), ck.GateError, "call graph.forward"),
        (lambda: ck.ComputationalGraph(), ValueError, "at least one output"),
        (lambda: ck.ComputationalGraph(3.0), TypeError, "made of variables"),
        (lambda: ck.Variable(object()), TypeError, "should be a number"),
        (lambda: ck.Variable(name="x").backward(), ck.GateError, "no value to go back from"),
        (lambda: ck.Variable([1.0, 2.0]).backward(), ck.GateError, "ck.sum"),
        (lambda: ck.Variable([1.0, 2.0]).backward([1.0]), ck.GateError, "shapes must agree"),
        (lambda: np.exp(ck.Variable(1.0, "x")), TypeError, "ck.exp"),
        (lambda: np.sum(ck.Variable([1.0], "x")), TypeError, "ck.sum"),
        (lambda: np.array(ck.Variable([1.0], "x")), TypeError, "not an array"),
        (lambda: __import__("math").exp(ck.Variable(1.0, "x")), TypeError, "ck.exp"),
        (lambda: bool(ck.Variable(1.0) * 2), TypeError, "neither true nor false"),
        (lambda: iter(ck.Variable(1.0, "x")), TypeError, "cannot be unpacked"),
        (lambda: ck.log(-1.0), ck.GateError, "LogGate is not defined for the number -1.0"),
        (lambda: ck.exp(1e4), ck.GateError, "larger than the largest float"),
        (lambda: ck.Variable(1.0) / 0.0, ck.GateError, "cannot divide by zero"),
        (lambda: ck.reshape(np.ones(3), (2, 2)), ck.GateError, "must suit"),
        (lambda: ck.one_hot([3], 3), ValueError, "from 0 to 2"),
        (lambda: ck.gradient(lambda x: x * 2, [1.0, 2.0]), ck.GateError, "reduce it"),
        (lambda: ck.gradient(lambda x: x, 1.0, "magic"), ValueError, "no method 'magic'"),
        (lambda: ck.gradient(lambda x, y: x * y, 2.0, 3.0), ValueError, "Several inputs are one vector"),
        (lambda: ck.gradient(lambda w: None, [1.0, 2.0]), ck.GateError, "is there a return"),
        (lambda: ck.gradient(lambda w: None, [1.0], "central_difference"), ck.GateError, "is there a return"),
        (lambda: ck.gradient(ck.ComputationalGraph(X * X), 1.0), TypeError, "not ComputationalGraph"),
        (lambda: ck.Variable("x"), TypeError, 'made by ck.variables("x")'),
        (lambda: ck.variables(""), ValueError, "needs a name"),
        (lambda: ck.variables(["x", ""]), ValueError, "needs a name"),
        (lambda: ck.variables(3), TypeError, "takes names"),  # type: ignore[arg-type]
        (lambda: X.named(""), TypeError, "not empty"),
        (lambda: X + None, TypeError, "a gate was given None"),
        (lambda: X > 0, TypeError, "compare its .value"),
        (lambda: max(X, X * X), TypeError, "ck.maximum"),
        (lambda: X.exp(), AttributeError, "a Variable has no 'exp': write ck.exp(…)"),
        (lambda: X.T, AttributeError, "write ck.transpose(…)"),
        (lambda: X.item(), AttributeError, "in .value"),
        (lambda: X.zero_grad(), AttributeError, "nothing to clear"),
        (lambda: X.nonsense, AttributeError, "a Variable has no 'nonsense'"),
        (lambda: ck.MultiplyGate().backward(1.0), AttributeError, "MultiplyGate has no 'y'"),
        (lambda: ck.Multiply, AttributeError, "has no 'Multiply': did you mean ck.MultiplyGate?"),
        (lambda: ck.explore_loses, AttributeError, "did you mean ck.explore_losses?"),
        (lambda: ck.tensor, AttributeError, "coursekit has no 'tensor'"),
        (lambda: ck.check_gate(ck.MultiplyGate, 2.0, 3.0), TypeError, "hand in a gate of it, MultiplyGate()"),
        (lambda: ck.check_gate(3, 2.0), TypeError, "a gate has forward and backward; int 3 has not"),
        (lambda: ck.ComputationalGraph(X * X).forward(), TypeError, "graph.forward(x=...)"),
        (lambda: ck.ComputationalGraph(3), TypeError, "ck.ComputationalGraph(x * y). It was given int 3"),
        (lambda: ck.cross_entropy([1.0, 2.0, 3.0], 1.5), ValueError, "from 0 to 2, not 1.5"),
        (
            lambda: ck.cross_entropy(np.eye(3), np.array([0.0, 1.0, 2.0])),
            ValueError,
            "from 0 to 2, not array",
        ),
        (lambda: ck.cross_entropy([[1.0, 2.0, 3.0]], [0, 0, 1]), ck.GateError, "one class number a sample"),
        (lambda: ck.accuracy([1.0, 2.0], [1]), ck.GateError, "one target a sample"),
        (lambda: ck.SGD("0.1"), ValueError, "a learning rate is a positive number, not '0.1'"),  # type: ignore[arg-type]
    ],
)
def test_errors_say_what_where_and_what_to_do(call: object, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=re.escape(says)):
        call()  # type: ignore[operator]


def test_a_shape_mismatch_names_gate_shapes_and_rule() -> None:
    x, w, b = ck.variables("x w b")
    graph = ck.ComputationalGraph(ck.sum((x @ w).named("scores") + b))
    with pytest.raises(ck.GateError) as caught:
        graph.forward(x=np.ones((2, 3)), w=np.ones((4, 2)), b=np.ones(2))
    for words in ("MatMulGate 'scores'", "shape (2, 3)", "shape (4, 2)", "last axis"):
        assert words in str(caught.value)
    with pytest.raises(ck.GateError, match="AddGate") as caught:
        graph.forward(x=np.ones((2, 3)), w=np.ones((3, 4)), b=np.ones(3))
    assert "equally long" in str(caught.value)


def test_a_wrong_call_leaves_the_last_run_alone() -> None:
    graph = g_graph()
    graph.forward(2, 3)
    with pytest.raises(TypeError):
        graph.forward(w1=5.0, w2="three")
    assert graph.backward() == {"w1": 39.0, "w2": 8.0}


def test_nan_is_reported_with_its_gate() -> None:
    (x,) = ck.variables("x")
    graph = ck.ComputationalGraph(ck.sum((x - x) / (x * 0)))
    with np.errstate(invalid="ignore"), pytest.warns(ck.NotANumberWarning, match="DivideGate"):
        graph.forward(x=np.ones(2))
    with pytest.warns(ck.NotANumberWarning, match="the input w1"):
        g_graph().forward(float("nan"), 1.0)


def test_no_warning_without_nan() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        g_graph().forward(2, 3)


def test_shapes_of_gate_errors_survive_pickling() -> None:
    assert isinstance(pickle.loads(pickle.dumps(ck.GateError("x"))), ck.GateError)


# ---- properties ----------------------------------------

numbers = st.floats(-2, 2, allow_nan=False).map(lambda x: round(x, 3))


@st.composite
def expressions(draw: st.DrawFn) -> ck.Variable:
    """Draw an expression of a and b that shares parts and is smooth everywhere."""
    parts = list(ck.variables("a b"))
    for _ in range(draw(st.integers(1, 8))):
        x, y = draw(st.sampled_from(parts)), draw(st.sampled_from(parts))
        make = draw(
            st.sampled_from(
                [
                    lambda x, y: x + y,
                    lambda x, y: x - y,
                    lambda x, y: x * y,
                    lambda x, y: ck.tanh(x),
                    lambda x, y: ck.sigmoid(x * y),
                    lambda x, y: ck.sin(x) * 2,
                    lambda x, y: x / (y * y + 1),
                    lambda x, y: ck.softplus(x) ** 2,
                    lambda x, y: -x * 0.5 + 1,
                ]
            )
        )
        parts.append(make(x, y))
    return parts[-1]


@given(expressions(), numbers, numbers)
def test_all_routes_to_a_gradient_agree(z: ck.Variable, a: float, b: float) -> None:
    graph = ck.ComputationalGraph(z, inputs=["a", "b"])
    value = graph.forward(a, b)
    slopes = graph.backward()
    assert graph.gradient().forward(a, b) == pytest.approx(slopes, rel=1e-9, abs=1e-9)
    result, (da, db) = graph.compile()(a, b)
    assert result == pytest.approx(value, rel=1e-12, abs=1e-12)
    assert {"a": da, "b": db} == pytest.approx(slopes, rel=1e-9, abs=1e-9)
    for name in ("a", "b"):
        point = {"a": a, "b": b}
        z = graph.forward(**{**point, name: complex(point[name], 1e-20)})
        assert complex(z).imag / 1e-20 == pytest.approx(slopes[name], rel=1e-9, abs=1e-9)


@given(st.lists(st.integers(1, 3), min_size=0, max_size=3), st.data())
def test_broadcasting_is_undone_for_any_pair_of_shapes(shape: list[int], data: st.DataObject) -> None:
    kept = data.draw(st.integers(0, len(shape)))
    other = [data.draw(st.sampled_from([1, n])) for n in shape[kept:]]
    x, y = np.ones(shape), np.full(other, 2.0)
    a, b = ck.variables("a b")
    graph = ck.ComputationalGraph(ck.sum(a * b))
    graph.forward(x, y)
    slopes = graph.backward()
    assert np.shape(slopes["a"]) == tuple(shape)
    assert np.shape(slopes["b"]) == tuple(other)
    np.testing.assert_allclose(slopes["b"], np.full(other, x.size / y.size))


# ---- the import stays light ----------------------------------------


def test_scalar_lessons_load_neither_numpy_nor_matplotlib() -> None:
    code = """
import sys
import coursekit as ck
w1, w2 = ck.variables("w1 w2")
graph = ck.ComputationalGraph(ck.sigmoid(w1**3 * w2) + 3 * w1)
graph.forward(0.2, 0.3); graph.backward(); graph.compile()(0.2, 0.3); graph.gradient(); graph.steps()
graph.draw()._repr_mimebundle_()
loaded = {"numpy", "matplotlib", "sympy", "ipywidgets"} & set(sys.modules)
assert not loaded, loaded
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_every_public_name_is_there() -> None:
    for name in ck.__all__:
        assert getattr(ck, name) is not None
