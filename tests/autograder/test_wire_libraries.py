"""SymPy, SciPy and networkx on the wire: the same value comes back, and nothing harmful is put together."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sparse
import sympy as sp

from autograder.wire import Bad, Decoder, Encoder, pack, unpack

x, y = sp.symbols("x y")
t = sp.Symbol("t", positive=True)
g = sp.Function("g")


def sent(value: object) -> Any:
    """What arrives of a value."""
    encoder = Encoder()
    nodes, blob = unpack(pack([encoder.value(value)], encoder.blob))
    return Decoder(blob).value(nodes[0])


@pytest.mark.parametrize(
    "value",
    [
        x + 2 * y - sp.Rational(1, 3),
        sp.sin(t) ** 2 / sp.sqrt(t) + sp.exp(-x) * sp.pi,
        sp.Add(x, x, evaluate=False),
        sp.Float("1.25", 40) * sp.I,
        sp.Eq(x**2, 4),
        sp.And(x > 0, y <= 2),
        sp.Piecewise((x, x > 0), (0, True)),
        sp.Derivative(g(x), (x, 2)) + g(y),
        sp.Integral(sp.exp(-(x**2)), (x, -sp.oo, sp.oo)),
        sp.Sum(1 / x**2, (x, 1, sp.oo)),
        sp.solveset(sp.sin(x), x),
        sp.Interval(0, 1, True) | sp.FiniteSet(5),
        sp.Lambda(x, x**2),
        sp.O(x**3),
        sp.Tuple(x, 1, sp.nan, sp.zoo, sp.true),
        sp.Dummy("n") + 1,
        sp.factorial(x) + sp.binomial(5, y, evaluate=False),
    ],
    ids=str,
)
def test_an_expression_comes_back_as_it_was(value):
    back = sent(value)
    assert type(back) is type(value)
    assert back == value
    assert sp.srepr(back) == sp.srepr(value)


def test_symbols_keep_what_is_assumed_of_them():
    assert sent(t).is_positive
    assert sent(t) == t != sp.Symbol("t")
    assert sp.sqrt(sent(t) ** 2) == t
    assert sent(sp.Symbol("a", commutative=False)).is_commutative is False


def test_matrices_come_back():
    for matrix in (sp.Matrix([[1, x], [y, 4]]), sp.ImmutableMatrix([[1], [t]]), sp.zeros(0, 3)):
        back = sent(matrix)
        assert type(back) is type(matrix)
        assert back == matrix
        assert back.shape == matrix.shape
    assert sent(g)(x) == g(x)


@pytest.mark.parametrize(
    "value",
    [
        sp.Pow(10, 10**7, evaluate=False),
        sp.Pow(sp.Pow(10, 9999, evaluate=False), 9999, evaluate=False),
        sp.factorial(10**9, evaluate=False),
        sp.Pow(2, sp.Pow(2, 40, evaluate=False), evaluate=False),
        sp.Symbol("open('a')"),
        sp.Function("exit")(x),
        sp.Float(2) ** 100_000,
    ],
    ids=["power", "tower", "factorial", "powers", "name", "builtin", "float"],
)
def test_what_would_be_work_or_code_is_not_sent(value):
    with pytest.raises(TypeError, match="not plain"):
        sent(value)


SYMBOL = ["t", "Symbol", "x"]


@pytest.mark.parametrize(
    "node",
    [
        ["sy.Basic"],
        ["sy.Basic", "Pow", ["t", "Rational", 10, 1], ["t", "Rational", 10**9, 1]],
        ["sy.Basic", "Symbol", "__import__('os')"],
        ["sy.Basic", "Symbol", "lambda"],
        ["sy.Basic", "f", "exec", SYMBOL],
        ["sy.Basic", "Symbol", "x", "real", 1, "positive"],
        ["sy.Basic", "sympify", SYMBOL],
        ["sy.Basic", "Add", "x"],
        ["sy.Basic", "S", "register"],
        ["sy.Basic", "S", "__class__"],
        ["sy.Basic", "Rational", 1, "2"],
        ["sy.Basic", "Rational", 1, 0.5],
        ["sy.Basic", "Float", 1, 1 << 40, 53],
        ["sy.Basic", "factorial", ["t", "Rational", 10**8, 1]],
        ["sy.Matrix", "Matrix", 2, 2, 1],
        ["sy.Matrix", "Matrix", -1, -1, 1],
        ["sy.Matrix", "eval", 1, 1, 1],
        ["sy.Function", "open"],
    ],
    ids=str,
)
def test_a_malformed_expression_is_bad(node):
    with pytest.raises(Bad):
        Decoder(memoryview(b"")).value(node)


def test_library_functions_come_back_as_the_readers_own():
    assert sent(np.sin) is np.sin
    with pytest.raises(TypeError):
        sent(np.frompyfunc(abs, 1, 1))
    with pytest.raises(Bad):
        Decoder(memoryview(b"")).value(["np.ufunc", "load"])


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil", "dok"])
@pytest.mark.parametrize("kind", ["matrix", "array"])
def test_sparse_matrices_come_back(form, kind):
    made = getattr(sparse, f"{form}_{kind}")(np.array([[0, 1.5, 0], [2, 0, 0]]))
    back = sent(made)
    assert type(back) is type(made)
    assert back.dtype == made.dtype
    assert (back != made).nnz == 0


def raw(array: Any) -> tuple[list[Any], bytes]:
    encoder = Encoder()
    node = encoder.value(np.asarray(array))
    return node, b"".join(encoder.blob)


@pytest.mark.parametrize(
    ("indices", "starts"),
    [([0, 10**9], [0, 1, 2]), ([0, -5], [0, 1, 2]), ([0, 1], [0, 1, 10**6]), ([0, 1], [0])],
    ids=["beyond", "before", "starts", "short"],
)
def test_a_sparse_matrix_that_points_outside_is_bad(indices, starts):
    parts = [raw([1.0, 2.0]), raw(indices), raw(starts)]
    node = ["sp.csr_matrix", ["t", 2, 2], *[node for node, _ in parts]]
    with pytest.raises(Bad):
        Decoder(memoryview(b"".join(data for _, data in parts))).value(node)


def test_entries_outside_are_bad():
    parts = [raw([1.0]), raw([5]), raw([0])]
    node = ["sp.coo_matrix", ["t", 2, 2], *[node for node, _ in parts]]
    with pytest.raises(Bad):
        Decoder(memoryview(b"".join(data for _, data in parts))).value(node)


def test_graphs_come_back():
    for kind in (nx.Graph, nx.DiGraph, nx.MultiGraph, nx.MultiDiGraph):
        graph = kind([(1, 2), (2, 3), (3, 3)], name="g")
        graph.add_node("lone", colour="red")
        back = sent(graph)
        assert type(back) is kind
        assert nx.utils.graphs_equal(back, graph)
        assert list(back[2]) == list(graph[2])
        back.add_edge(3, 1)
        assert back.has_edge(3, 1)
        assert back.number_of_edges() == 4
    with pytest.raises(TypeError):
        sent(nx.path_graph(3).subgraph([0, 1]))
    for node in (["nx.Graph", ["d"], ["d", 1, ["d"]], ["d"]], ["nx.Graph", ["d"], ["d"], 1]):
        with pytest.raises(Bad):
            Decoder(memoryview(b"")).value(node)


def test_annotations_and_fields_come_back():
    import dataclasses
    from typing import Callable, Dict, List, Optional, Union  # noqa: UP035

    for hint in (list[int], Optional[int], Dict[str, List[float]], int | None, Union[int, str]):  # noqa: UP006, UP007, UP045
        assert sent(hint) == hint
    assert sent(Callable[[int], str]) == Callable[[int], str]
    with pytest.raises(TypeError):
        sent(List["Node"])  # noqa: F821, UP006
    ys = dataclasses.field(default_factory=list)
    made = dataclasses.make_dataclass("P", [("x", int, 3), ("ys", list, ys)])
    back = [sent(field) for field in dataclasses.fields(made)]
    assert [(field.name, field.type) for field in back] == [("x", int), ("ys", list)]
    assert back[0].default == 3
    assert back[1].default_factory is list
