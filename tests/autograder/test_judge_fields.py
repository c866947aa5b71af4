"""What test cells of further fields need, one small notebook each: formulas, graphs, sparse matrices,
pictures, annotations, abstract classes, warnings, files that the test writes.

All points for the solution, none for a wrong answer.
"""

from __future__ import annotations

from textwrap import dedent

import pytest

from tests.autograder.judging import graded, judge, locked, notebook, scores, solution, submission
from tests.autograder.test_judge_behaviours import Case, case

SYMPY = "import sympy as sp\nx, y = sp.symbols('x y')"

CASES = {
    # ---------------------------------------------------------------- formulas
    "expressions": case(
        "f = sp.sin(x)**2 + sp.exp(-x)\ndf = sp.diff(f, x)\nroots = sp.solve(x**2 - 5*x + 6, x)",
        """
        assert sp.simplify(df - (2*sp.sin(x)*sp.cos(x) - sp.exp(-x))) == 0 and f.subs(x, 0) == 1
        assert roots == [2, 3] and f.free_symbols == {x} and f.has(sp.sin) and isinstance(f, sp.Expr)
        assert str(f) == "sin(x)**2 + exp(-x)" and abs(sp.lambdify(x, f)(1.0) - 1.07595) < 1e-4
        """,
        "f = sp.sin(x)\ndf = sp.cos(x)\nroots = [2]",
        given=SYMPY,
    ),
    "equations, matrices, series, undefined functions": case(
        """
        eq = sp.Eq(x**2, 4)
        M = sp.Matrix([[1, 2], [3, x]])
        series = sp.series(sp.cos(x), x, 0, 6).removeO()
        g = sp.Function("g")
        ode = sp.dsolve(g(x).diff(x) - g(x))
        pieces = sp.Piecewise((x, x > 0), (0, True))
        where = sp.solveset(x**2 < 4, x, sp.S.Reals)
        rest = sp.Integral(sp.exp(-x**2), (x, 0, sp.oo))
        """,
        """
        assert eq == sp.Eq(x**2, 4) and isinstance(eq, sp.Eq) and eq.rhs == 4
        assert M.det() == x - 6 and M == sp.Matrix([[1, 2], [3, x]]) and M[0, 1] == 2
        assert series == 1 - x**2/2 + x**4/24 and pieces.subs(x, -1) == 0
        h = sp.Function("g")
        assert sp.checkodesol(h(x).diff(x) - h(x), ode)[0] and where == sp.Interval.open(-2, 2)
        assert rest.doit() == sp.sqrt(sp.pi) / 2
        """,
        "eq, M, series = sp.Eq(x, 4), sp.eye(2), 1\ng = ode = pieces = where = rest = x",
        given=SYMPY,
    ),
    "functions of formulas": case(
        "def tangent(f, x, a): return sp.expand(f.subs(x, a) + sp.diff(f, x).subs(x, a) * (x - a))",
        """
        t = sp.symbols("t", positive=True)
        assert tangent(t**2, t, 1) == 2*t - 1 and tangent(sp.log(t), t, 1) == t - 1
        assert tangent(t**2, t, sp.Rational(1, 2)) == t - sp.Rational(1, 4)
        """,
        "def tangent(f, x, a): return f",
        given=SYMPY,
    ),
    # ---------------------------------------------------------------- values of libraries
    "sparse matrices": case(
        "A = sp.diags([-1, 2, -1], [-1, 0, 1], shape=(4, 4), format='csr')\ndef half(M): return M / 2",
        """
        from scipy.sparse.linalg import spsolve
        assert sp.issparse(A) and A.nnz == 10 and A.format == "csr" and (A != A.T).nnz == 0
        assert np.allclose(A @ spsolve(sp.csc_matrix(A), np.ones(4)), 1)
        assert (half(sp.lil_matrix(np.eye(2))).toarray() == np.eye(2) / 2).all()
        """,
        "A = np.eye(4)\ndef half(M): return M",
        given="import numpy as np\nimport scipy.sparse as sp",
    ),
    "functions of libraries, compared": case(
        """
        from functools import partial
        five = partial(math.hypot, 3)
        ways = {"s": np.sin, "m": np.mean, "l": len, "r": math.sqrt}
        """,
        """
        assert five.func == math.hypot and ways["s"] is np.sin and ways["m"] == np.mean
        assert ways["l"] is len and ways["r"] == math.sqrt and ways["r"](4) == 2
        """,
        """
        from functools import partial
        five = partial(math.dist, 3)
        ways = {"s": np.sin, "m": np.mean, "l": len, "r": math.sqrt}
        """,
        given="import math\nimport numpy as np",
    ),
    "pictures are arrays": case(
        "picture = Image.new('RGB', (4, 2), (255, 0, 0))",
        "assert np.asarray(picture).shape == (2, 4, 3) and np.array(picture)[0, 0].tolist() == [255, 0, 0]",
        "picture = Image.new('L', (4, 2))",
        given="import numpy as np\nfrom PIL import Image",
    ),
    # ---------------------------------------------------------------- functions
    "annotations and defaults": case(
        "def area(w: float, h: float = 1.0, *, unit: str = 'm') -> float: return w * h\n"
        "def all_of(xs: list[int], most: Optional[int] = None) -> dict[str, List[int]]: return {}",
        """
        import inspect, typing
        assert area.__annotations__ == {"w": float, "h": float, "unit": str, "return": float}
        assert typing.get_type_hints(area)["return"] is float and area.__defaults__ == (1.0,)
        assert area.__kwdefaults__ == {"unit": "m"}
        assert inspect.signature(area).return_annotation is float
        hints = typing.get_type_hints(all_of)
        assert hints["xs"] == list[int] and hints["most"] == Optional[int]
        assert hints["return"] == dict[str, List[int]]
        """,
        "def area(w, h=1.0): return w * h\ndef all_of(xs, most=None): return {}",
        given="from typing import List, Optional",
    ),
    "kinds of functions": case(
        "def numbers():\n    yield 1\nasync def later(): return 2\n"
        "async def some(n):\n    for i in range(n): yield i",
        """
        import asyncio, inspect
        assert inspect.isgeneratorfunction(numbers) and inspect.iscoroutinefunction(later)
        assert not inspect.isgeneratorfunction(later) and inspect.isasyncgenfunction(some)
        waiting = later()
        assert asyncio.iscoroutine(waiting) and await waiting == 2
        assert [i async for i in some(3)] == [0, 1, 2]
        assert await asyncio.gather(later(), later()) == [2, 2] and await asyncio.wait_for(later(), 1) == 2
        """,
        "def numbers(): return [1]\ndef later(): return 2\ndef some(n): return range(n)",
    ),
    "a decorator copies what the test's function says of itself": case(
        """
        import functools
        def memo(f):
            @functools.wraps(f)
            def g(*args): return f(*args)
            return g
        """,
        """
        @memo
        def square(x: int):
            "Squares."
            return x * x
        assert square(3) == 9 and square.__name__ == "square" and square.__doc__ == "Squares."
        """,
        "def memo(f): return lambda *args: f(*args)",
    ),
    "how deep functions may call each other": case(
        "def depth(n): return 0 if n == 0 else 1 + depth(n - 1)",
        """
        import sys
        sys.setrecursionlimit(4000)
        assert depth(3000) == 3000
        sys.setrecursionlimit(1000)
        try:
            depth(3000)
            raise AssertionError
        except RecursionError:
            pass
        """,
        "def depth(n): return n",
    ),
    "warnings": case(
        """
        import warnings
        def old(x):
            warnings.warn("use new", DeprecationWarning)
            return x
        """,
        """
        import pytest, warnings
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            assert old(1) == 1
        assert [w.category for w in seen] == [DeprecationWarning] and "use new" in str(seen[0].message)
        with pytest.warns(DeprecationWarning, match="new"):
            old(2)
        """,
        "def old(x): return x",
    ),
    "no warnings": case(
        "import numpy as np\ndef log(x):\n    with np.errstate(divide='ignore'): return np.log(x)",
        """
        import warnings
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            assert log(np.array([1.0, 0.0]))[0] == 0
        """,
        "import numpy as np\ndef log(x): return np.log(x)",
        given="import numpy as np",
    ),
    "what an exception comes from": case(
        "def load(s):\n    try: return int(s)\n    except ValueError as e: raise RuntimeError('bad') from e",
        """
        try: load("x")
        except RuntimeError as error: assert isinstance(error.__cause__, ValueError)
        else: raise AssertionError
        """,
        "def load(s): raise RuntimeError('bad')",
    ),
    # ---------------------------------------------------------------- classes
    "a context manager that an exception leaves": case(
        "class Timer:\n    def __enter__(self): return self\n"
        "    def __exit__(self, kind, error, trace): return kind is ZeroDivisionError",
        "with Timer() as timer: 1 / 0\n"
        "try:\n    with timer: raise KeyError\n    assert False\nexcept KeyError: pass",
        "class Timer:\n    def __enter__(self): return self\n    def __exit__(self, *error): return False",
    ),
    "fields of a dataclass": case(
        """
        from dataclasses import dataclass, field
        @dataclass(order=True)
        class Item:
            name: str
            price: float = 0.0
            tags: list = field(default_factory=list)
        """,
        """
        import dataclasses
        a = Item("pen", 2.5)
        told = [(f.name, f.type) for f in dataclasses.fields(Item)]
        assert told == [("name", str), ("price", float), ("tags", list)]
        assert dataclasses.asdict(a) == {"name": "pen", "price": 2.5, "tags": []}
        assert dataclasses.astuple(a) == ("pen", 2.5, []) and dataclasses.replace(a, price=3.0).price == 3.0
        assert dataclasses.fields(Item)[1].default == 0.0 and Item.__annotations__["name"] is str
        """,
        "class Item:\n"
        "    def __init__(self, name, price=0.0): self.name, self.price, self.tags = name, price, []",
    ),
    "what a class inherits": case(
        """
        from abc import ABC, abstractmethod
        from enum import Enum, IntEnum
        class Shape(ABC):
            @abstractmethod
            def area(self): ...
        class Square(Shape):
            def area(self): return 4
        class Color(Enum):
            RED = 1
        class Level(IntEnum):
            LOW = 1
            HIGH = 2
        """,
        """
        import inspect
        from abc import ABC
        from enum import Enum
        assert issubclass(Color, Enum) and issubclass(Square, ABC) and not issubclass(Shape, Square)
        assert inspect.isabstract(Shape) and not inspect.isabstract(Square)
        assert Square.__mro__ == (Square, Shape, ABC, object) and Square.__bases__ == (Shape,)
        assert Level.HIGH > Level.LOW and Level.HIGH == 2 and max(Level) is Level.HIGH and Level.HIGH + 1 == 3
        """,
        "from enum import Enum\nclass Shape: pass\nclass Square(Shape): pass\n"
        "class Color:\n    RED = 1\nclass Level(Enum):\n    LOW, HIGH = 1, 2",
    ),
    "an estimator of one's own": case(
        """
        from sklearn.base import BaseEstimator, TransformerMixin
        class Centre(BaseEstimator, TransformerMixin):
            def fit(self, X, y=None):
                self.m_ = X.mean(0)
                return self
            def transform(self, X): return X - self.m_
        """,
        """
        from sklearn.base import BaseEstimator, TransformerMixin
        from sklearn.linear_model import LinearRegression
        from sklearn.pipeline import make_pipeline
        X = np.arange(10.0).reshape(5, 2)
        c = Centre()
        assert isinstance(c, BaseEstimator) and isinstance(c, TransformerMixin)
        assert issubclass(Centre, TransformerMixin) and c.fit_transform(X).sum() == 0
        assert make_pipeline(Centre(), LinearRegression()).fit(X, X[:, 0]).score(X, X[:, 0]) > 0.99
        """,
        "class Centre:\n    def fit(self, X): return self\n    def transform(self, X): return X",
        given="import numpy as np",
    ),
    "an object and a text differ": case(
        "class Vec:\n    def __init__(self, x): self.x = x\n"
        "    def __eq__(self, other): return isinstance(other, Vec) and self.x == other.x\n"
        "class Node: pass",
        "assert Vec(1) == Vec(1) and Vec(1) != 'x' and not Vec(1) == [1]\n"
        "assert Node() != 3 and Node() not in [1, 'a']",
        "class Vec:\n    def __init__(self, x): self.x = x\nclass Node: pass",
    ),
    "objects as numbers": case(
        "class Money:\n    def __init__(self, c): self.c = c\n    def __int__(self): return self.c\n"
        "    def __float__(self): return self.c / 100\n    def __index__(self): return self.c",
        "assert int(Money(150)) == 150 and float(Money(150)) == 1.5 and [0, 1, 2][Money(2)] == 2",
        "class Money:\n    def __init__(self, c): self.c = c\n    def __int__(self): return 1",
    ),
    "a named tuple with methods": case(
        "from typing import NamedTuple\nclass Person(NamedTuple):\n    name: str\n    age: int = 3\n"
        "    def older(self): return self.age + 1",
        "p = Person('a')\nassert p == ('a', 3) and p.older() == 4 and p[0] == 'a' and len(p) == 2\n"
        "name, age = p\nassert (name, age) == ('a', 3)\n"
        "assert Person.__annotations__ == {'name': str, 'age': int}",
        "class Person:\n    def __init__(self, name): self.name, self.age = name, 3\n"
        "    def older(self): return 4",
    ),
    # ---------------------------------------------------------------- what the test does
    "the current picture": case(
        "def draw():\n    plt.figure()\n    plt.plot([1, 2], [3, 4])\n    plt.title('T')",
        "draw()\nax = plt.gca()\n"
        "assert ax.get_title() == 'T' and len(ax.get_lines()) == 1 and len(plt.gcf().axes) == 1",
        "def draw(): pass",
        given="import matplotlib.pyplot as plt",
    ),
    "files that the test writes": case(
        "def longest(path): return max(open(path).read().split(), key=len)",
        "name = 'words.txt'\nwith open(name, 'w') as file: file.write('a bbb cc')\n"
        "assert longest(name) == 'bbb'\nwith open(name, 'w') as file: file.write('a dddd cc')\n"
        "assert longest(name) == 'dddd'",
        "def longest(path): return 'bbb'",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_solution_gets_all_points_and_a_wrong_answer_none(name):
    check(CASES[name])


def check(given: Case) -> None:
    source = notebook(*given.cells)
    right = judge(source, files=given.files)
    assert scores(right) == [2.0], right.questions[0].reason
    assert scores(judge(source, submission(source, answer=given.wrong), files=given.files)) == [0.0]


def test_graphs_go_by_value_and_are_changed_in_place():
    check(
        case(
            "G = nx.Graph([(1, 2), (2, 3), (3, 1), (3, 4)])\nG.add_node(9, name='x')\n"
            "def drop_leaves(H): H.remove_nodes_from([n for n in H if H.degree(n) == 1])\n"
            "def turned(D): return D.reverse()",
            """
            H = nx.Graph([(1, 2), (2, 3), (3, 1), (3, 4)])
            H.add_node(9, name="x")
            assert nx.utils.graphs_equal(G, H) and G.nodes[9] == {"name": "x"} and list(G[3]) == [2, 1, 4]
            P = nx.path_graph(4)
            drop_leaves(P)
            assert sorted(P.nodes) == [1, 2]
            D = nx.DiGraph()
            D.add_edge("a", "b", weight=2)
            assert turned(D).edges["b", "a"] == {"weight": 2} and list(turned(D).predecessors("a")) == ["b"]
            """,
            "G = nx.DiGraph([(1, 2)])\ndef drop_leaves(H): pass\ndef turned(D): return D",
            given="import networkx as nx",
        )
    )


def test_a_picture_of_an_earlier_test_is_not_the_current_one():
    source = notebook(
        locked("import matplotlib.pyplot as plt"),
        solution("def draw(): plt.plot([1, 2])"),
        graded("draw()\nassert len(plt.gca().lines) == 1"),
        graded("assert len(plt.gca().lines) == 1", "again"),
    )
    assert scores(judge(source)) == [2.0, 0.0]


def test_no_text_of_a_student_is_run_as_a_formula(tmp_path):
    trap = tmp_path / "trap"
    source = notebook(
        locked(SYMPY),
        solution("answer = '2*x'\ndef f(): return '3*x + sin(x)'"),
        graded("assert sp.simplify(answer) == 2*x and sp.Eq(sp.S(f()), 3*x + sp.sin(x))"),
    )
    assert scores(judge(source)) == [2.0]
    for text in (f"open({str(trap)!r}, 'w')", "x.__class__", "[x]", "exit(1)", "eval(chr(49))"):
        wrong = submission(source, answer=f"answer = {text!r}\ndef f(): return answer")
        result = judge(source, wrong)
        assert scores(result) == [0.0]
        assert "only a formula" in result.questions[0].reason
    assert not trap.exists()


def test_annotations_are_never_run(tmp_path):
    trap = tmp_path / "trap"
    source = notebook(
        solution("def f(x: int) -> int: return x"),
        graded("import typing\nassert typing.get_type_hints(f).get('x') in (int, None)"),
    )
    text = f"open({str(trap)!r}, 'w')"
    answer = f"""
        import typing
        def f(x) -> int: return x
        f.__annotations__ = {{"x": {text!r}, "y": typing.List[{text!r}]}}
        """
    assert scores(judge(source, submission(source, answer=answer))) == [2.0]
    assert not trap.exists()


def test_a_library_object_has_one_face():
    source = notebook(
        locked("import numpy as np\nfrom PIL import Image"),
        solution("picture = Image.new('L', (2, 1))"),
        graded("assert np.asarray(picture).sum() == 0\nassert np.asarray(picture).sum() == 0"),
        graded("assert np.asarray(picture).sum() == 0\nassert np.asarray(picture).sum() == 1", "two"),
    )
    two_faced = """
        from PIL import Image
        class Faces:
            n = -1
            def __array__(self, dtype=None, copy=None):
                self.n += 1
                return np.array([self.n])
        Faces.__module__, Faces.__qualname__ = "PIL.Image", "Image"
        picture = Faces()
        """
    assert scores(judge(source)) == [2.0, 0.0]
    assert scores(judge(source, submission(source, answer=two_faced))) == [2.0, 0.0]


DRAW = """
def draw(ax, title):
    ax.plot([1, 2], [3, 4])
    ax.set_title(title)
"""


@pytest.mark.parametrize(
    "test",
    [
        "fig, ax = plt.subplots()\ndraw(ax, 'a')\nassert ax.get_title() == fig.axes[0].get_title() == 'a'\n"
        "assert [line.get_ydata().tolist() for line in ax.lines] == [[3, 4]] and isinstance(ax, plt.Axes)",
        "fig, axs = plt.subplots(1, 2)\nfor ax, title in zip(axs, 'ab'): draw(ax, title)\n"
        "assert [ax.get_title() for ax in axs] == ['a', 'b']",
        "fig, ax = plt.subplots()\ndraw(ax, 'a')\nassert plt.gca().get_title() == 'a'\nplt.close(fig)",
        "fig, ax = plt.subplots()\ndraw(ax, 'a')\ndraw(ax, 'b')\n"
        "assert ax.get_title() == 'b' and len(ax.lines) == 2",
    ],
)
def test_a_picture_of_the_test_is_drawn_in(test: str):
    check(case(DRAW, test, DRAW.replace("title)\n", "'?')\n"), given="import matplotlib.pyplot as plt"))


def test_what_the_test_has_drawn_beside_it_stays_the_tests():
    answer = "def draw(ax):\n    ax.set_title('b')"
    test = """
    fig, (mine, yours) = plt.subplots(1, 2)
    mine.plot([1, 2])
    mine.set_title("b")
    draw(yours)
    assert yours.get_title() == mine.get_title()
    """
    forged = "def draw(ax):\n    for one in ax.figure.axes: one.set_title('a')"
    check(case(answer, test, forged, given="import matplotlib.pyplot as plt"))


def test_a_figure_of_the_test_is_given_axes():
    answer = "def draw(fig):\n    ax = fig.add_subplot()\n    ax.set_title('a')"
    test = "fig = plt.figure()\ndraw(fig)\nassert fig.axes[0].get_title() == 'a'"
    given = "import matplotlib.pyplot as plt"
    check(case(answer, test, "def draw(fig):\n    fig.add_subplot()", given=given))


def test_a_model_of_the_test_stays_its_own():
    """A test may ask it for the truth."""
    answer = "def fit(model):\n    model.coef_ = 39"
    test = "from sklearn.linear_model import Ridge\nm = Ridge()\nfit(m)\nassert m.coef_ == 39"
    result = judge(notebook(solution(answer), graded(test)))
    assert scores(result) == [0.0]
    assert "copies were passed of Ridge" in result.questions[0].reason


DATABASE = """
import sqlite3
conn = sqlite3.connect(":memory:")
conn.row_factory = sqlite3.Row
conn.execute("create table cities (name, people)")
conn.executemany("insert into cities values (?, ?)", [("Ulm", 130), ("Bonn", 340)])
"""


@pytest.mark.parametrize("place", ["given", "test"])
def test_a_database_goes_with_what_is_in_it(place: str):
    asked = """
    import pandas as pd
    def largest(c):
        return dict(c.execute("select name, max(people) as people from cities").fetchone())
    def names(cursor):
        return [row[0] for row in cursor.execute("select name from cities order by name")]
    def table(c):
        return pd.read_sql("select * from cities", c)
    """
    test = """
    assert largest(conn) == {"name": "Bonn", "people": 340}
    assert names(conn.cursor()) == ["Bonn", "Ulm"]
    assert table(conn)["people"].tolist() == [130, 340]
    conn.execute("delete from cities where name = 'Ulm'")
    assert names(conn.cursor()) == ["Bonn"]
    """
    wrong = dedent(asked).replace("order by", "where people < 200 order by")
    if place == "given":
        check(case(asked, test, wrong, given=DATABASE))
    else:
        check(case(asked, DATABASE + dedent(test), wrong))


def test_what_is_written_into_a_copy_of_a_database_is_not_seen_and_that_is_said():
    answer = "def add(c):\n    c.execute(\"insert into cities values ('Jena', 110)\")"
    test = "add(conn)\nassert len(conn.execute('select * from cities').fetchall()) == 3"
    result = judge(notebook(locked(DATABASE), solution(answer), graded(test)))
    assert scores(result) == [0.0]
    assert "copies were passed of Connection" in result.questions[0].reason
