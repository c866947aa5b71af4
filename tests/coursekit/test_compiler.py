"""Generated code: what it says, and that it computes what the graph computes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import coursekit as ck


def network() -> ck.ComputationalGraph:
    w, v, x, t = ck.variables("w v x t")
    loss = ck.quadratic_loss(ck.sigmoid(x * ck.exp(w) + ck.tanh(v) * 2), t) + w * w
    return ck.ComputationalGraph(loss, inputs=["w", "v", "x", "t"])


def test_code_of_the_two_weight_network_is_what_one_writes_by_hand() -> None:
    x, w1, w2, t = ck.variables("x w1 w2 t")
    graph = ck.ComputationalGraph(ck.quadratic_loss(ck.sigmoid(ck.sigmoid(x * w1) * w2), t))
    assert graph.source(gradient=["w1", "w2"]).splitlines() == [
        "def run(x, w1, w2, t):",
        "    a = x * w1",
        "    b = 1.0 / (1.0 + exp(-a)) if a >= 0.0 else (e := exp(a)) / (1.0 + e)",
        "    c = b * w2",
        "    d = 1.0 / (1.0 + exp(-c)) if c >= 0.0 else (e2 := exp(c)) / (1.0 + e2)",
        "    dd = d - t",
        "    dc = dd * d * (1.0 - d)",
        "    return 0.5 * (dd * dd), (dc * w2 * b * (1.0 - b) * x, dc * b)",
    ]


def test_code_for_matrices_is_what_one_writes_by_hand() -> None:
    x, w, b = ck.variables("x w b")
    graph = ck.ComputationalGraph(ck.sum(ck.relu(x @ w + b)))
    graph.forward(np.ones((4, 3)), np.ones((3, 2)), np.ones(2))
    code = graph.source(gradient=["w", "b"])
    assert "x.T @ da" in code
    assert "da.sum(axis=0)" in code
    assert "np.maximum" in code


def test_what_is_used_twice_is_computed_once() -> None:
    (x,) = ck.variables("x")
    code = ck.ComputationalGraph(ck.exp(x) * ck.exp(x) + ck.exp(x)).source()
    assert code.count("exp(") == 1


def test_numbers_are_worked_out() -> None:
    (x,) = ck.variables("x")
    code = ck.ComputationalGraph(2 * (3 * x) * 1 + 0).source()
    assert code == "def run(x):\n    return 6.0 * x, (6.0,)"


def test_brackets_keep_the_order() -> None:
    a, b, c = ck.variables("a b c")
    for z in (
        a - (b - c),
        a / (b / c),
        (a - b) * (b + c),
        -((a + b) ** 2),
        a * -b,
        (-a) ** 3,
        (a**b) ** c,
        a ** (b**c),
    ):
        graph = ck.ComputationalGraph(z, inputs=["a", "b", "c"])
        point = (1.5, 2.5, 0.75)
        assert graph.compile(gradient=False)(*point) == pytest.approx(graph.forward(*point), rel=1e-14)


def test_sum_over_is_the_sum_over_samples() -> None:
    graph = network()
    xs, ts = [1.0, 2.0, -3.0], [0.0, 1.0, 1.0]
    value, slopes = graph.compile(sum_over=("x", "t"))(0.1, 0.2, xs, ts)
    total, dw, dv = 0.0, 0.0, 0.0
    for x, t in zip(xs, ts, strict=True):
        total += graph.forward(0.1, 0.2, x, t)
        gradients = graph.backward()
        dw, dv = dw + gradients["w"], dv + gradients["v"]
    assert value == pytest.approx(total, rel=1e-14)
    assert slopes[:2] == pytest.approx((dw, dv), rel=1e-14)
    assert slopes[2:] == (None, None)


def test_sum_over_computes_what_is_fixed_before_the_loop() -> None:
    before, _, loop = network().source(sum_over=("x", "t")).partition("for x, t in zip(")
    assert "exp(w)" in before
    assert "exp(w)" not in loop
    assert "tanh(v)" in before


def test_sum_over_one_input_and_gradient_by_name() -> None:
    w, x = ck.variables("w x")
    run = ck.ComputationalGraph((w * x) ** 2).compile(gradient=["w"], sum_over="x")
    assert run(2.0, [1.0, 3.0]) == (40.0, (40.0,))
    assert ck.ComputationalGraph((w * x) ** 2).compile(gradient=False, sum_over="x")(2.0, [1.0, 3.0]) == 40.0
    with pytest.raises(ValueError, match="shorter"):
        network().compile(sum_over=("x", "t"))(0.1, 0.2, [1.0], [])


def test_keywords_and_order() -> None:
    w1, w2 = ck.variables("w1 w2")
    run = ck.ComputationalGraph(w1**3 * w2 + 3 * w1, inputs=["w2", "w1"]).compile()
    assert run(3.0, 2.0) == run(w1=2.0, w2=3.0) == (30.0, (8.0, 39.0))


@pytest.mark.parametrize(
    "name", ["lambda", "w[1]", "run", "exp", "np", "s", "e", "1st", "β", "a b", "total", "zip"]
)
def test_any_name_will_do(name: str) -> None:
    x = ck.Variable(None, name)
    y = ck.Variable(None, "other")
    graph = ck.ComputationalGraph(ck.sigmoid(x) * ck.exp(x * y) + x * x, inputs=[name, "other"])
    graph.forward(0.3, 0.4)
    value, slopes = graph.compile()(0.3, 0.4)
    assert value == pytest.approx(graph.forward(0.3, 0.4))
    assert slopes == pytest.approx(tuple(graph.backward().values()))
    summed, _ = graph.compile(sum_over=name)([0.3, 0.3], 0.4)
    assert summed == pytest.approx(2 * value)


def test_arrays_of_other_shapes_get_code_of_their_own() -> None:
    x, w, b = ck.variables("x w b")
    graph = ck.ComputationalGraph(ck.mean((x @ w + b) ** 2))
    rng = np.random.default_rng(0)
    graph.forward(rng.normal(size=(4, 3)), rng.normal(size=(3, 2)), rng.normal(size=2))
    run = graph.compile()
    for n, shape in ((4, (2,)), (1, (2,)), (7, (1, 2)), (5, ())):
        values = (rng.normal(size=(n, 3)), rng.normal(size=(3, 2)), rng.normal(size=shape) if shape else 0.3)
        value, slopes = run(*values)
        assert value == pytest.approx(graph.forward(*values), rel=1e-13)
        for mine, theirs in zip(slopes, graph.backward().values(), strict=True):
            np.testing.assert_allclose(mine, theirs, rtol=1e-12)
            assert np.shape(mine) == np.shape(theirs)
    assert run(x=values[0], w=values[1], b=values[2])[0] == pytest.approx(value)
    with pytest.raises(TypeError, match="each of x, w, b once"):
        run(values[0], values[1])


def test_results_do_not_share_memory_with_later_calls() -> None:
    (x,) = ck.variables("x")
    graph = ck.ComputationalGraph(ck.sum(x * x * x))
    graph.forward(np.ones(3))
    run = graph.compile()
    _, (first,) = run(np.ones(3))
    run(np.full(3, 5.0))
    np.testing.assert_array_equal(first, [3, 3, 3])


def test_constant_arrays_and_keys() -> None:
    (x,) = ck.variables("x")
    A = np.arange(6.0).reshape(2, 3)
    graph = ck.ComputationalGraph(ck.sum((A @ x)[np.array([0, 1, 1])] ** 2))
    graph.forward(np.ones(3))
    value, (slope,) = graph.compile()(np.ones(3))
    assert value == graph.forward(np.ones(3))
    np.testing.assert_allclose(slope, graph.backward()["x"])


def test_named_outputs_come_as_a_dictionary() -> None:
    w1, w2 = ck.variables("w1 w2")
    run = ck.ComputationalGraph(w1**3 * w2 + 3 * w1).gradient().compile()
    assert run(2.0, 3.0) == {"w1": 39.0, "w2": 8.0}
    a, b = ck.variables("a b")
    assert ck.ComputationalGraph(a * b, a + b).compile()(2.0, 3.0) == (6.0, 5.0)


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"gradient": ["z"]}, KeyError, "no input 'z'"),
        ({"sum_over": ("z",)}, KeyError, "no input 'z'"),
    ],
)
def test_wrong_names_are_refused(options: Any, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        network().compile(**options)


def test_gradients_of_an_array_are_refused() -> None:
    (x,) = ck.variables("x")
    graph = ck.ComputationalGraph(x * 2)
    graph.forward(np.ones(2))
    with pytest.raises(ck.GateError, match="gradient=False"):
        graph.compile()(np.ones(2))
    np.testing.assert_array_equal(graph.compile(gradient=False)(np.ones(2)), [2, 2])
    a, b = ck.variables("a b")
    with pytest.raises(ck.GateError, match="2"):
        ck.ComputationalGraph(a, b).compile(gradient=["a"])


def test_long_sums_are_cut_into_lines() -> None:
    names = [f"x{i}" for i in range(300)]
    xs = ck.variables(names)
    total = xs[0] * 1
    for x in xs[1:]:
        total = total + x * x
    graph = ck.ComputationalGraph(total)
    code = graph.source()
    assert max(map(len, code.splitlines()[1:-1])) < 400
    values = [0.01 * i for i in range(300)]
    assert graph.compile()(*values)[0] == pytest.approx(graph.forward(*values))


def mlp() -> tuple[ck.ComputationalGraph, tuple[Any, ...]]:
    names = ["x", "w", "b", "v", "t"]
    x, w, b, v, t = ck.variables(names)
    graph = ck.ComputationalGraph(ck.cross_entropy(ck.relu(x @ w + b) @ v, t), inputs=names)
    rng = np.random.default_rng(0)
    values = (
        rng.normal(size=(40, 30)),
        rng.normal(size=(30, 50)),
        rng.normal(size=50),
        rng.normal(size=(50, 3)),
    )
    return graph, (*values, np.eye(3)[rng.integers(0, 3, 40)])


def test_reusing_memory_changes_no_result_and_no_result_is_reused() -> None:
    graph, values = mlp()
    graph.forward(*values)
    assert "out=d_memory" in graph.source(reuse_memory=True)
    plain, thrifty = graph.compile(), graph.compile(reuse_memory=True)
    first = thrifty(*values)
    kept = [np.copy(dx) for dx in first[1]]
    for mine, theirs in zip(first[1], plain(*values)[1], strict=True):
        np.testing.assert_array_equal(mine, theirs)
    other = tuple(2 * value for value in values[:4])
    thrifty(*other, values[4])
    for dx, before in zip(first[1], kept, strict=True):
        np.testing.assert_array_equal(dx, before)


def test_large_arrays_are_changed_in_place_where_nothing_else_needs_them() -> None:
    graph, values = mlp()
    graph.forward(*values)
    code = graph.source()
    assert "d = x @ w\n    d += b\n    np.maximum(d, 0.0, out=d)" in code
    copies = [np.copy(value) for value in values]
    graph.compile()(*values)
    for value, before in zip(values, copies, strict=True):
        np.testing.assert_array_equal(value, before)


def test_a_sample_that_is_switched_off_skips_its_backward_part() -> None:
    w, b, x, y = ck.variables("w b x y")
    graph = ck.ComputationalGraph(ck.relu(1 - y * (ck.relu(w * x + b) * w - b)), inputs=["w", "b", "x", "y"])
    code = graph.source(sum_over=("x", "y"))
    assert "        if f > 0.0:\n" in code
    assert code.rindex("dw +=") > code.index("if f > 0.0:")
    xs, ys = [0.5, -1.5, 2.0, 0.1], [1.0, -1.0, 1.0, -1.0]
    value, slopes = graph.compile(sum_over=("x", "y"))(1.3, 0.2, xs, ys)
    expected = [0.0, 0.0, 0.0]
    for x_, y_ in zip(xs, ys, strict=True):
        parts = [graph.forward(1.3, 0.2, x_, y_), *graph.backward().values()]
        expected = [a + b for a, b in zip(expected, parts, strict=False)]
    assert [value, *slopes[:2]] == pytest.approx(expected, rel=1e-13)


def test_a_nan_stays_a_nan_in_code() -> None:
    (x,) = ck.variables("x")
    value, _ = ck.ComputationalGraph(ck.relu(x)).compile()(float("nan"))
    assert value != value


def test_a_root_of_a_negative_number_is_an_error_in_code_too() -> None:
    (x,) = ck.variables("x")
    with pytest.raises(ValueError, match="math domain"):
        ck.ComputationalGraph(x**0.5).compile()(-2.0)
