"""What test cells of real courses need, one small notebook each: all points for the solution, none for a
wrong answer.

The order is that of how many cells of public courses need each behaviour.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest
from nbformat import NotebookNode

from tests.autograder.judging import graded, judge, locked, notebook, scores, solution, submission


class Case(NamedTuple):
    """A source notebook whose only student cell is wrong with `wrong`."""

    cells: list[NotebookNode]
    wrong: str
    files: dict[str, str] = {}  # noqa: RUF012


def case(
    answer: str, tests: str, wrong: str, *, given: str = "", files: dict[str, str] | None = None
) -> Case:
    cells = [locked(given)] if given else []
    return Case([*cells, solution(answer), graded(tests)], wrong, files or {})


CASES = {
    # ---------------------------------------------------------------- 1 variables
    "a variable": case("x = 3", "assert x == 3", "x = 4"),
    "a variable that is not bound": case("x = 3", "assert x == 3", "y = 3"),
    "aliases stay aliases": case(
        "row = [0]\ngrid = [row, row]",
        "assert grid[0] is grid[1] and grid[0] is row",
        "row = [0]\ngrid = [[0], [0]]",
    ),
    "a container that holds itself": case("x = []\nx.append(x)", "assert x[0] is x", "x = [[]]"),
    "changed in place by the cell": case(
        "data.append(4)", "assert data == [1, 2, 3, 4]", "data.append(5)", given="data = [1, 2, 3]"
    ),
    "an item set in place": case(
        "data['b'] = 2", "assert data == {'a': 1, 'b': 2}", "data['b'] = 3", given="data = {'a': 1}"
    ),
    "changed in place through a loop's name": case(
        "for person in people.values(): person['bmi'] = 1",
        "assert people == {'a': {'bmi': 1}}",
        "for person in people.values(): person['bmi'] = 2",
        given="people = {'a': {}}",
    ),
    "changed in place by a function": case(
        "def clean(xs): xs.remove(0)\nclean(data)",
        "assert data == [1, 2]",
        "def clean(xs): return [x for x in xs if x]\nclean(data)",
        given="data = [1, 0, 2]",
    ),
    "several at once by unpacking": case("a, *b = 1, 2, 3", "assert (a, b) == (1, [2, 3])", "a, *b = 1, 2"),
    "a loop's last value": case("for i in range(5): pass", "assert i == 4", "for i in range(4): pass"),
    "a global that a call changes": case(
        "n = 0\nlog = []\ndef step():\n    global n\n    n += 1\n    log.append(n)",
        "step(); step()\nassert n == 2 and log == [1, 2]",
        "n = 0\nlog = []\ndef step():\n    log.append(1)",
    ),
    # ---------------------------------------------------------------- 2 functions
    "keywords, defaults, stars": case(
        "def f(a, b=2, *rest, c=3, **more): return [a, b, rest, c, more]",
        "assert f(1) == [1, 2, (), 3, {}] and f(1, 5, 6, c=7, d=8) == [1, 5, (6,), 7, {'d': 8}]",
        "def f(a, b=2, *rest, c=3, **more): return [a, b, rest, c]",
    ),
    "what a function says of itself": case(
        "def area(r: float, n=2) -> float:\n    'The area.'\n    return 3 * r ** n",
        """
        import inspect, types
        assert callable(area) and area.__name__ == "area" and area.__doc__ == "The area."
        assert list(inspect.signature(area).parameters) == ["r", "n"]
        assert inspect.signature(area).parameters["n"].default == 2
        assert isinstance(area, types.FunctionType) and inspect.isfunction(area)
        """,
        "def area(r, m=2):\n    'The area.'\n    return 3 * r ** m",
    ),
    "a function that returns functions": case(
        "def adder(n): return lambda x: x + n",
        "add = adder(3)\nassert add(4) == 7 and [f(1) for f in (adder(1), adder(2))] == [2, 3]",
        "def adder(n): return lambda x: n",
    ),
    "a wrapped function of the test": case(
        "def double(x): return 2 * x",
        """
        import functools
        @functools.wraps(double)
        def double_twice(x): return double(double(x))
        assert double_twice(3) == 12 and double(3) == 6
        """,
        "def double(x): return x",
    ),
    "attributes of functions": case(
        "import functools\n@functools.lru_cache\ndef fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)\n"
        "def counted():\n    counted.calls += 1\ncounted.calls = 0",
        """
        assert fib(20) == 6765 and fib.cache_info().misses == 21 and fib.__wrapped__(3) == 2
        fib.cache_clear()
        assert fib.cache_info().currsize == 0
        counted(); counted()
        assert counted.calls == 2
        """,
        "def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)\ndef counted(): pass",
    ),
    "a long list as argument": case(
        "def total(xs): return sum(xs)",
        "assert total([*range(300_000)]) == 44999850000 and total([0.5] * 10**6) == 500_000",
        "def total(xs): return len(xs)",
    ),
    "a long list of numbers as value": case(
        "def squares(n): return [i * i for i in range(n)]",
        "assert squares(400_000) == [i * i for i in range(400_000)]",
        "def squares(n): return [i for i in range(n)]",
    ),
    "a decorator of the student": case(
        "def twice(f):\n    def g(x): return f(f(x))\n    return g",
        "@twice\ndef inc(x): return x + 1\nassert inc(1) == 3",
        "def twice(f):\n    return f",
    ),
    "arrays in and out": case(
        "import numpy as np\ndef norm(x): return x / np.linalg.norm(x)",
        "import numpy as np\nx = norm(np.array([3.0, 4.0]))\n"
        "assert np.allclose(x, [0.6, 0.8]) and x.shape == (2,)",
        "import numpy as np\ndef norm(x): return x / np.sum(x)",
    ),
    # ---------------------------------------------------------------- 3 exact types
    "list or tuple": case("x = [1]", "assert type(x) is list and isinstance(x, list)", "x = (1,)"),
    "bool or int": case("x = True", "assert x is True", "x = 1"),
    "scalars keep their type": case(
        "import numpy as np\nx, y = np.float32(1.5), np.bool_(True)",
        "import numpy as np\n"
        "assert type(x) is np.float32 and isinstance(x, np.floating) and type(y) is np.bool_",
        "x, y = 1.5, True",
    ),
    "dtype and shape": case(
        "import numpy as np\nx = np.zeros((2, 3), dtype=np.int32)",
        "assert x.dtype == np.int32 and x.dtype.name == 'int32' and x.shape == (2, 3) and x.ndim == 2",
        "import numpy as np\nx = np.zeros((2, 3))",
        given="import numpy as np",
    ),
    "a type as a value": case(
        "import numpy as np\ndef kind(x): return type(x)",
        "import numpy as np\nassert kind(1) is int and kind(np.ones(2)) is np.ndarray and kind('') == str",
        "def kind(x): return int",
    ),
    "none, inf and nan": case(
        "x = [None, float('inf'), float('nan'), -0.0]",
        "import math\n"
        "assert x[0] is None and x[1] == math.inf and math.isnan(x[2]) and math.copysign(1, x[3]) == -1",
        "x = [None, float('inf'), 0, -0.0]",
    ),
    # ---------------------------------------------------------------- 4 test libraries
    "numpy.testing": case(
        "import numpy as np\nx = np.linspace(0, 1, 5)",
        "from numpy.testing import assert_allclose\nassert_allclose(x, [0, 0.25, 0.5, 0.75, 1])",
        "import numpy as np\nx = np.linspace(0, 1, 4)",
    ),
    "nose": case(
        "x = 0.1 + 0.2",
        """
        from nose.tools import assert_equal, assert_almost_equal, assert_is_instance, assert_true, ok_, eq_
        assert_almost_equal(x, 0.3)
        assert_is_instance(x, float)
        """,
        "x = 0.5",
    ),
    "nose on both sides": case(
        "x = 2", "assert_equal(x, two)", "x = 3", given="from nose.tools import assert_equal\ntwo = 2"
    ),
    "unittest assertions": case(
        "x = [1, 2]", "import unittest\ntc = unittest.TestCase()\ntc.assertListEqual(x, [1, 2])", "x = [2, 1]"
    ),
    "unittest run": case(
        "def f(): return 1",
        """
        import unittest
        class Tests(unittest.TestCase):
            def test_f(self): self.assertEqual(f(), 1)
        unittest.main(argv=["x"], exit=False)
        """,
        "def f(): return 2",
    ),
    "pytest.raises and approx": case(
        "def f(x): return 1 / x",
        """
        import pytest
        with pytest.raises(ZeroDivisionError): f(0)
        assert f(3) == pytest.approx(0.3333, abs=1e-3)
        """,
        "def f(x): return 1 / x if x else 0",
    ),
    # ---------------------------------------------------------------- 5 handles
    "attributes, items, iteration, with": case(
        """
        class Shelf:
            size = 3
            def __init__(self): self.books, self.open = {}, False
            def __setitem__(self, key, value): self.books[key] = value
            def __getitem__(self, key): return self.books[key]
            def __delitem__(self, key): del self.books[key]
            def __len__(self): return len(self.books)
            def __iter__(self): return iter(self.books)
            def __contains__(self, key): return key in self.books
            def __enter__(self): self.open = True; return self
            def __exit__(self, *error): self.open = False
            def __str__(self): return ", ".join(self.books)
        """,
        """
        shelf = Shelf()
        with shelf as s:
            assert s is shelf and s.open
            s["a"] = 1
            s["b"] = 2
        assert not shelf.open and shelf["a"] == 1 and len(shelf) == 2 and list(shelf) == ["a", "b"]
        assert "a" in shelf and "z" not in shelf and str(shelf) == "a, b" and f"{shelf}" == "a, b"
        del shelf["a"]
        assert shelf.books == {"b": 2} and vars(shelf) == {"books": {"b": 2}, "open": False}
        shelf.size = 5
        assert shelf.size == 5 and Shelf.size == 3
        assert isinstance(shelf, Shelf) and shelf.__class__ is Shelf and type(shelf).__name__ == "Shelf"
        """,
        "class Shelf:\n    pass",
    ),
    "arithmetic and equality that the source defines": case(
        """
        class V:
            def __init__(self, x, y): self.x, self.y = x, y
            def __add__(self, o): return V(self.x + o.x, self.y + o.y)
            def __mul__(self, k): return V(self.x * k, self.y * k)
            __rmul__ = __mul__
            def __matmul__(self, o): return self.x * o.x + self.y * o.y
            def __neg__(self): return V(-self.x, -self.y)
            def __eq__(self, o): return (self.x, self.y) == (o.x, o.y)
            def __lt__(self, o): return self.x < o.x
            def __hash__(self): return hash((self.x, self.y))
        """,
        """
        a, b = V(1, 2), V(3, 4)
        assert a + b == V(4, 6) and 2 * a == a * 2 == V(2, 4) and a @ b == 11 and -a == V(-1, -2)
        assert a != b and a < b and sorted([b, a])[0] is a and len({a, V(1, 2)}) == 1
        total = sum([a, b], V(0, 0))
        assert (total.x, total.y) == (4, 6)
        """,
        """
        class V:
            def __init__(self, x, y): self.x, self.y = x, y
            def __add__(self, o): return V(self.x + o.x, self.y)
            def __mul__(self, k): return V(self.x * k, self.y * k)
            __rmul__ = __mul__
            def __matmul__(self, o): return self.x * o.x + self.y * o.y
            def __neg__(self): return V(-self.x, -self.y)
            def __eq__(self, o): return (self.x, self.y) == (o.x, o.y)
            def __lt__(self, o): return self.x < o.x
            def __hash__(self): return hash((self.x, self.y))
        """,
    ),
    "a method that an object bears itself": case(
        """
        class Gate:
            def forward(self, x):
                self.backward = lambda dz: dz * x
            def backward(self, dz): raise NotImplementedError
        class Twice(Gate): pass
        """,
        """
        for kind in (Gate, Twice):
            gate = kind()
            gate.forward(3)
            assert gate.backward(2) == 6
        """,
        """
        class Gate:
            def forward(self, x):
                self.backward = lambda dz: dz + x
            def backward(self, dz): return 6
        class Twice(Gate): pass
        """,
    ),
    "inheritance": case(
        """
        class Animal:
            def name(self): return "animal"
            def __repr__(self): return f"<{self.name()}>"
        class Dog(Animal):
            def name(self): return "dog"
        """,
        """
        dog = Dog()
        assert isinstance(dog, Animal) and issubclass(Dog, Animal) and not isinstance(Animal(), Dog)
        assert repr(dog) == "<dog>" and dog.name() == "dog" and Animal.name(dog) == "animal"
        assert Dog.__bases__ == (Animal,) and [c.__name__ for c in Dog.__mro__[:2]] == ["Dog", "Animal"]
        """,
        """
        class Animal:
            def name(self): return "animal"
        class Dog(Animal):
            def name(self): return "dog"
        """,
    ),
    "a dataclass": case(
        "from dataclasses import dataclass\n@dataclass\nclass P:\n    x: int\n    y: int = 2",
        "assert P(1) == P(1, 2) and P(1) != P(2) and repr(P(1)) == 'P(x=1, y=2)' and P(3).x == 3",
        "class P:\n    def __init__(self, x, y=2): self.x, self.y = x, y",
    ),
    "an enum": case(
        "from enum import Enum\nclass Color(Enum):\n    RED = 1\n    BLUE = 2",
        """
        assert Color.RED is Color.RED and Color.RED != Color.BLUE and Color(2) is Color.BLUE
        assert [c.name for c in Color] == ["RED", "BLUE"] and Color["RED"].value == 1 and len(Color) == 2
        """,
        "from enum import Enum\nclass Color(Enum):\n    RED = 1\n    BLUE = 3",
    ),
    "static methods, class methods, properties": case(
        """
        class T:
            made = 0
            def __init__(self, c): self.c = c; T.made += 1
            @property
            def f(self): return self.c * 9 / 5 + 32
            @f.setter
            def f(self, value): self.c = (value - 32) * 5 / 9
            @classmethod
            def boiling(cls): return cls(100)
            @staticmethod
            def zero(): return -273.15
        """,
        """
        t = T.boiling()
        assert t.f == 212 and T.zero() == -273.15 and T.made == 1 and isinstance(t, T)
        t.f = 32
        assert t.c == 0
        """,
        "class T:\n    def __init__(self, c): self.c = c",
    ),
    "a generator": case(
        "def count(n):\n    for i in range(n):\n        sent = yield i\n        if sent: yield sent",
        """
        g = count(3)
        assert next(g) == 0 and next(g) == 1 and g.send("x") == "x" and list(g) == [2]
        try: next(g)
        except StopIteration: pass
        else: raise AssertionError("no end")
        assert list(count(2)) == [0, 1] and sum(count(4)) == 6 and iter(g) is g
        import types
        assert isinstance(g, types.GeneratorType)
        """,
        "def count(n): return list(range(n))",
    ),
    "a plot's axes": case(
        """
        import matplotlib.pyplot as plt
        fig, ax = plt.subplots()
        ax.plot([1, 2], [3, 4], color="red")
        ax.set_title("Title")
        """,
        """
        import matplotlib
        assert isinstance(ax, matplotlib.axes.Axes) and isinstance(fig, matplotlib.figure.Figure)
        assert len(ax.lines) == 1 and ax.get_title() == "Title" and ax.lines[0].get_color() == "red"
        assert ax is fig.axes[-1] and ax == fig.axes[0] and list(ax.lines[0].get_xdata()) == [1, 2]
        """,
        "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2], [3, 4])\n"
        "ax.set_title('T')",
        given="import matplotlib",
    ),
    "an object that can be called": case(
        "class Power:\n    def __init__(self, n): self.n = n\n    def __call__(self, x): return x ** self.n",
        "square = Power(2)\nassert square(5) == 25 and callable(square)",
        "class Power:\n    def __init__(self, n): self.n = n",
    ),
    "handles inside containers": case(
        "class Node:\n    def __init__(self, v): self.v = v\nnodes = [Node(1), Node(2)]\n"
        "first = {'node': nodes[0]}",
        "assert [n.v for n in nodes] == [1, 2] and first['node'] is nodes[0] and nodes.index(nodes[1]) == 1",
        "class Node:\n    def __init__(self, v): self.v = v\nnodes = [Node(1), Node(2)]\n"
        "first = {'node': Node(1)}",
    ),
    # ---------------------------------------------------------------- 6 pandas
    "a data frame": case(
        "import pandas as pd\ndf = pd.DataFrame({'a': [1, 2], 'b': ['x', 'y']}, index=['r', 's'])",
        """
        assert isinstance(df, pd.DataFrame) and list(df.columns) == ["a", "b"] and df.shape == (2, 2)
        assert df.loc["s", "b"] == "y" and df["a"].sum() == 3 and df["a"].dtype == "int64"
        """,
        "df = pd.DataFrame({'a': [1, 2], 'b': ['x', 'z']}, index=['r', 's'])",
        given="import pandas as pd",
    ),
    "frames through functions": case(
        "def means(df): return df.groupby('k').mean()",
        """
        df = pd.DataFrame({"k": ["u", "v", "u"], "x": [1.0, 2.0, 3.0]})
        expected = pd.DataFrame({"x": [2.0, 2.0]}, index=pd.Index(["u", "v"], name="k"))
        pd.testing.assert_frame_equal(means(df), expected)
        """,
        "def means(df): return df.groupby('k').sum()",
        given="import pandas as pd",
    ),
    "series, dates and categories": case(
        "s = pd.Series([1, None, 3], index=pd.date_range('2020', periods=3))\n"
        "c = pd.Categorical(['a', 'b', 'a'])",
        """
        assert s.index[1] == pd.Timestamp("2020-01-02") and s.isna().sum() == 1 and s.index.freqstr == "D"
        assert list(c.categories) == ["a", "b"] and list(c.codes) == [0, 1, 0]
        """,
        "s = pd.Series([1, 2, 3], index=pd.date_range('2020', periods=3))\n"
        "c = pd.Categorical(['a', 'b', 'a'])",
        given="import pandas as pd",
    ),
    # ---------------------------------------------------------------- 9 more plain types
    "sets, bytes, counters and the like": case(
        """
        from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
        from fractions import Fraction
        from decimal import Decimal
        from datetime import date, timedelta
        from pathlib import Path
        Point = namedtuple("Point", "x y")
        def f(): return [{1, 2}, frozenset("a"), b"x", Counter("aab"), OrderedDict(a=1), deque([1], 3)]
        def g(): return [Fraction(1, 3), Decimal("0.1"), date(2020, 2, 29), timedelta(1), Path("a/b"), 2 + 1j]
        def h():
            d = defaultdict(list)
            d["k"].append(1)
            return d, d.keys(), range(3), Point(1, 2)
        """,
        """
        from collections import Counter, OrderedDict, deque
        from fractions import Fraction
        from decimal import Decimal
        from datetime import date, timedelta
        from pathlib import Path
        assert f() == [{1, 2}, frozenset("a"), b"x", Counter(a=2, b=1), OrderedDict(a=1), deque([1])]
        assert f()[3].most_common(1) == [("a", 2)] and f()[5].maxlen == 3
        assert g() == [Fraction(1, 3), Decimal("0.1"), date(2020, 2, 29), timedelta(1), Path("a/b"), 2 + 1j]
        d, keys, numbers, p = h()
        assert d == {"k": [1]} and d["new"] == [] and keys == {"k"}
        assert numbers == range(3) and list(numbers) == [0, 1, 2]
        assert p == (1, 2) and p.x == 1 and p._fields == ("x", "y") and isinstance(p, Point)
        assert type(Point(3, 4)).__name__ == "Point" and Point(3, 4) == Point(x=3, y=4)
        """,
        """
        from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
        Point = namedtuple("Point", "x y")
        def f(): return [{1, 2}, frozenset("a"), b"x", {"a": 2, "b": 1}, OrderedDict(a=1), deque([1], 3)]
        """,
    ),
    # ---------------------------------------------------------------- 10 exceptions
    "exceptions as themselves": case(
        """
        class Poor(ValueError):
            def __init__(self, missing):
                super().__init__(f"{missing} missing")
                self.missing = missing
        def pay(money):
            if money is None: raise TypeError("no money")
            if money == 0: raise KeyError("empty")
            if money < 10: raise Poor(10 - money)
            return money
        """,
        """
        def caught(money):
            try: return pay(money)
            except KeyError as error: return "key", error.args
            except Poor as error: return "poor", error.missing, str(error)
            except TypeError as error: return "type", str(error)
        assert caught(0) == ("key", ("empty",)) and caught(4) == ("poor", 6, "6 missing")
        assert caught(None) == ("type", "no money") and caught(20) == 20
        assert issubclass(Poor, ValueError) and issubclass(Poor, Exception)
        error = Poor(3)
        assert isinstance(error, Poor) and error.args == ("3 missing",)
        import numpy as np
        """,
        """
        class Poor(ValueError): pass
        def pay(money):
            if not money: raise TypeError("no money")
            if money < 10: raise Poor("poor")
            return money
        """,
    ),
    "a library's exception": case(
        "import numpy as np\ndef solve(a): return np.linalg.inv(a)",
        "import numpy as np\ntry: solve(np.zeros((2, 2)))\nexcept np.linalg.LinAlgError: pass\n"
        "else: raise AssertionError",
        "def solve(a): return a",
    ),
    # ---------------------------------------------------------------- 11 files and helper modules
    "reference data and a helper of the tests": case(
        "def square(x): return x * x",
        """
        import json
        from reference import expected, check_all
        assert json.load(open("numbers.json")) == [1, 2, 3]
        check_all(square)
        assert [square(n) for n in (1, 2, 3)] == expected
        """,
        "def square(x): return x",
        files={
            "reference.py": "expected = [1, 4, 9]\ndef check_all(f):\n"
            "    for n in range(5): assert f(n) == n * n\n",
            "numbers.json": "[1, 2, 3]",
        },
    ),
    "text files that a student writes": case(
        "with open('result.txt', 'w') as file: file.write('42')\n"
        "def save(rows, path):\n"
        "    with open(path, 'w') as file: file.writelines(f'{r}\\n' for r in rows)",
        """
        assert open("result.txt").read() == "42"
        save([1, 2], "rows.csv")
        assert open("rows.csv").readlines() == ["1\\n", "2\\n"]
        """,
        "with open('result.txt', 'w') as file: file.write('42')\ndef save(rows, path): pass",
    ),
    # ---------------------------------------------------------------- 13 names looked up by text
    "names in globals() and dir()": case(
        "first_name = 'Ada'\nclass A:\n    def run(self): pass",
        """
        assert "first_name" in globals() and "first_name" in dir() and "first_name" in locals()
        assert "nobody" not in globals() and "run" in dir(A) and "run" in dir(A()) and "walk" not in dir(A)
        assert globals()["first_name"] == "Ada" and eval("first_name") == "Ada"
        """,
        "name = 'Ada'\nclass A:\n    def run(self): pass",
    ),
    # ---------------------------------------------------------------- 14 magics
    "magics in a test": case(
        "def f(): return 3",
        "%matplotlib inline\n%time f()\ntimes = %timeit -o -q -n1 -r1 f()\n"
        "assert f() == 3 and times.loops == 1",
        "def f(): return 4",
    ),
    "a cell magic": case(
        "def hello(): print('hi')",
        "%%capture out\nhello()\n",
        "def hello(): raise ValueError",
    ),
    # ---------------------------------------------------------------- 15 callbacks and objects of the test
    "functions of the test": case(
        "def newton(f, df, x, n=20):\n    for _ in range(n): x = x - f(x) / df(x)\n    return x",
        "assert abs(newton(lambda x: x**2 - 2, lambda x: 2.0 * x, x0 := 1.0) - 2**0.5) < 1e-9",
        "def newton(f, df, x, n=20): return x - f(x) / df(x)",
    ),
    "builtins and library functions": case(
        "def apply(f, xs): return [f(x) for x in xs]",
        "import math\nimport numpy as np\nassert apply(abs, [-1]) == [1] and apply(math.sqrt, [4]) == [2.0]\n"
        "assert apply(np.sin, [0.0]) == [0.0] and apply(str.upper, ['a']) == ['A']\n"
        "assert apply(int, ['3']) == [3]",
        "def apply(f, xs): return xs",
    ),
    "a student's function passed back": case(
        "def inc(x): return x + 1\ndef twice(f, x): return f(f(x))",
        "assert twice(inc, 1) == 3 and list(map(inc, [1, 2])) == [2, 3]\n"
        "assert sorted([3, 1], key=inc) == [1, 3]",
        "def inc(x): return x + 1\ndef twice(f, x): return f(x)",
    ),
    "an object of the test's class": case(
        "def feed(animal):\n    animal.fed = True\n"
        "    return animal.name.upper() + str(animal.legs()) + str(len(animal))",
        """
        class Cat:
            fed = False
            def __init__(self): self.name = "tom"
            def legs(self): return 4
            def __len__(self): return 9
        cat = Cat()
        assert feed(cat) == "TOM49" and cat.fed is True
        """,
        "def feed(animal): return animal.name.upper() + str(animal.legs()) + str(len(animal))",
    ),
    "an object of a locked cell's class": case(
        "def tail(node):\n    while node.next: node = node.next\n    return node\n"
        "def push(node, v):\n    node.next = Node(v)\n    return node",
        """
        a = Node(1); a.next = Node(2)
        assert tail(a).value == 2 and isinstance(tail(a), Node) and tail(a) is a.next
        b = Node(5)
        assert push(b, 6) is b and b.next.value == 6 and type(b.next) is Node
        """,
        "def tail(node): return Node(2)\ndef push(node, v): return node",
        given="class Node:\n    def __init__(self, value): self.value, self.next = value, None",
    ),
    "an iterator of the test": case(
        "def take(it, n): return [next(it) for _ in range(n)]",
        "def evens():\n    n = 0\n    while True:\n        yield n\n        n += 2\n"
        "g = evens()\nassert take(g, 3) == [0, 2, 4] and next(g) == 6 and take(iter('abc'), 2) == ['a', 'b']",
        "def take(it, n): return list(range(n))",
    ),
    "a callback that raises": case(
        "def safe(f):\n    try: return f()\n    except ZeroDivisionError: return 'zero'\n"
        "def raw(f): return f()",
        """
        class Mine(Exception): pass
        def boom(): raise Mine("x")
        assert safe(lambda: 1 / 0) == "zero"
        try: raw(boom)
        except Mine as error: assert error.args == ("x",)
        else: raise AssertionError("nothing raised")
        """,
        "def safe(f): return 'zero'\ndef raw(f): return None",
    ),
    # ---------------------------------------------------------------- 16 stdout and input
    "what a call prints": case(
        "def greet(name): print('Hello', name)",
        """
        import io, contextlib
        from unittest.mock import patch
        with patch("sys.stdout", new_callable=io.StringIO) as out:
            greet("Ada")
        assert out.getvalue() == "Hello Ada\\n"
        with contextlib.redirect_stdout(io.StringIO()) as out:
            greet("Bob")
        assert out.getvalue() == "Hello Bob\\n"
        """,
        "def greet(name): print('Hi', name)",
    ),
    "what a call reads": case(
        "def ask():\n    a = input('a? ')\n    return int(a) + int(input())\ndef line():\n    import sys\n"
        "    return sys.stdin.readline()",
        """
        import io
        from unittest.mock import patch
        with patch("builtins.input", side_effect=["3", "4"]) as fake:
            assert ask() == 7
        assert fake.call_args_list[0].args == ("a? ",)
        with patch("sys.stdin", io.StringIO("5\\n6\\nrest\\n")):
            assert ask() == 11 and line() == "rest\\n"
        """,
        "def ask(): return 7\ndef line(): return 'rest\\n'",
    ),
    # ---------------------------------------------------------------- 17 arguments changed in place
    "arguments changed in place": case(
        """
        import numpy as np
        def clear(xs, d, s, a):
            xs.append(4); xs.sort(reverse=True); d["k"] = xs; s.add(9); a[0] *= 10
            return xs
        """,
        """
        import numpy as np
        xs, d, s, a = [1, 2], {}, {1}, np.ones(3)
        alias = xs
        result = clear(xs, d, s, a)
        assert xs == [4, 2, 1] and alias is xs and result is xs and d == {"k": xs} and d["k"] is xs
        assert s == {1, 9} and a.tolist() == [10.0, 1.0, 1.0]
        """,
        "def clear(xs, d, s, a): return sorted(xs + [4], reverse=True)",
    ),
    "a frame changed in place": case(
        "def add(df): df['c'] = df['a'] * 2",
        "df = pd.DataFrame({'a': [1, 2]})\nassert add(df) is None and df['c'].tolist() == [2, 4]",
        "def add(df): df = df.assign(c=df['a'] * 2)",
        given="import pandas as pd",
    ),
    "a view of an array changed in place": case(
        "def zero(row): row[:] = 0",
        "import numpy as np\na = np.ones((2, 2))\nzero(a[1])\nassert a.tolist() == [[1, 1], [0, 0]]",
        "def zero(row): row = row * 0",
    ),
    "parts of objects changed in place": case(
        """
        class Box:
            def __init__(self): self.items, self.state = [1, 2], [{"w": 1}]
            def total(self): return sum(self.items) + self.state[0]["w"]
            def add(self, x): self.items.append(x)
        """,
        """
        box = Box()
        box.items[0] = 10
        box.state[0]["w"] = 5
        assert box.total() == 17
        items = box.items
        items.append(3)
        assert box.total() == 20
        box.add(4)
        assert items == [10, 2, 3, 4] and box.items == items
        """,
        "class Box:\n    items = [1, 2]\n    state = [{}]\n    def total(self): return 17",
    ),
    "a name of the student's changed in place": case(
        "stock = {'a': 1}\nalso = stock\ndef count(): return sum(stock.values()) + len(also)",
        "stock['b'] = 2\nassert count() == 5\nstock['c'] = 3\nassert count() == 9",
        "stock = {'a': 1}\ndef count(): return 5",
    ),
    # ---------------------------------------------------------------- 18 names deleted or replaced
    "does one function use the other": case(
        "def squares(n): return [i ** 2 for i in range(1, n + 1)]\n"
        "def sum_of_squares(n): return sum(squares(n))",
        """
        assert sum_of_squares(3) == 14
        original = squares
        del squares
        try: sum_of_squares(1)
        except NameError: pass
        else: raise AssertionError("sum_of_squares does not use squares")
        finally: squares = original
        assert sum_of_squares(2) == 5
        squares = lambda n: [100]
        assert sum_of_squares(2) == 100
        """,
        "def squares(n): return [i ** 2 for i in range(1, n + 1)]\n"
        "def sum_of_squares(n): return sum(i ** 2 for i in range(1, n + 1))",
    ),
    "library functions taken away": case(
        "import numpy as np\ndef mean(x): return sum(x) / len(x)",
        """
        import numpy as np, math
        from unittest.mock import patch
        own = np.mean
        del np.mean
        assert mean([1, 2, 3]) == 2
        np.mean = own
        with patch("builtins.len", return_value=6) as fake:
            assert mean([1, 2, 3]) == 1 and fake.call_count == 1
        assert mean([1, 2, 3]) == 2
        """,
        "import numpy as np\ndef mean(x): return np.mean(x)",
    ),
    # ---------------------------------------------------------------- 19 source text
    "the source of functions and classes": case(
        "def f(n):\n    return sum(range(n))\nclass A:\n    def area(self):\n        return 2 * 3",
        """
        import inspect
        assert "for" not in inspect.getsource(f) and "sum(" in inspect.getsource(f)
        assert "class A" in inspect.getsource(A) and "2 * 3" in inspect.getsource(A.area)
        assert len(inspect.getsourcelines(f)[0]) == 2 and "2 * 3" in inspect.getsource(A().area)
        """,
        "def f(n):\n    for i in range(n): pass\n    return sum(range(n))\nclass A:\n    def area(self):\n"
        "        return 2 * 3",
    ),
    # ---------------------------------------------------------------- the import is the exercise
    "an import as the exercise": case(
        "import numpy as np\nfrom math import log10 as lg, pi",
        "assert np.allclose([1.0], [1.0]) and np.__name__ == 'numpy' and lg(100) == 2 and pi > 3",
        "from math import pi",
    ),
    "await": case(
        "import asyncio\nasync def f(x):\n    await asyncio.sleep(0)\n    return 2 * x",
        "assert await f(2) == 4",
        "async def f(x): return x",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_the_solution_gets_all_and_a_wrong_answer_nothing(name):
    found = CASES[name]
    source = notebook(*found.cells)
    right = judge(source, files=found.files)
    assert scores(right) == [2.0], right.questions
    wrong = judge(source, submission(source, answer=found.wrong), files=found.files)
    assert scores(wrong) == [0.0]
    assert wrong.questions[0].reason
