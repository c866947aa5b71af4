"""What stands in for a plain value gives no verdicts, has one face, and ends no loop of the test's."""

# ruff: noqa: E501 (cells stand in one line each)

from __future__ import annotations

import pytest

from tests.autograder.judging import both, graded, judge, locked, notebook, scores, solution, submission

SQUARE = "def f(x): return x * x"
STOPS = "def f(x): raise StopIteration"


@pytest.mark.parametrize(
    "test",
    [
        "assert all(map(lambda x: f(x) == x * x, [2, 3]))",
        "for got, want in zip(map(f, [2, 3]), [4, 9]): assert got == want",
        "assert not any(map(lambda x: f(x) != x * x, [2, 3]))",
        "assert sum(map(lambda x: abs(f(x) - x * x), [2, 3])) == 0",
    ],
)
def test_a_function_cannot_end_the_tests_loop(test):
    source = notebook(solution(SQUARE), graded(test))
    assert both(source, answer=STOPS) == ([2.0], [0.0])
    assert both(source, answer="class Stop(StopIteration): pass\ndef f(x): raise Stop")[1] == [0.0]


def test_iterators_and_tests_that_wait_for_it_still_meet_it():
    source = notebook(
        solution(
            "def take(it): return next(it)\n"
            "class Count:\n    def __init__(self): self.n = 0\n    def __iter__(self): return self\n"
            "    def __next__(self):\n        self.n += 1\n"
            "        if self.n > 2: raise StopIteration\n        return self.n\n"
            "def count():\n    yield 1\n    yield 2"
        ),
        graded("assert list(Count()) == [1, 2] and list(count()) == [1, 2] and next(Count()) == 1"),
        graded("try: take(iter([]))\nexcept StopIteration: pass\nelse: assert False"),
    )
    assert scores(judge(source)) == [2.0, 2.0]


TWO_FACES = """
class Two{base}:
    looks = 0
    def __init__(self, *items): self.real = items
    def __len__(self): return 3
    def __getitem__(self, place): return [1, 2, 3][place]
    def __iter__(self):
        Two.looks += 1
        return iter([1, 2, 3] if Two.looks < 3 else self.real)
{more}
def order(items): return Two(*items)
"""


@pytest.mark.parametrize(
    ("base", "more"),
    [
        ("", ""),
        ("", "Two.__module__ = 'somewhere'"),
        ("", "Two.__module__ = 'json'"),
        ("(xml.dom.minidom.Node)", "Two.__module__ = 'xml.dom.minidom'"),
        ("", "Two.__module__ = 'pandas'"),
        ("", "Two.__next__ = lambda self: 1"),
        (
            "",
            "class Faces(type):\n    looks = 0\n    def __iter__(cls):\n        Faces.looks += 1\n"
            "        return iter([1, 2, 3] if Faces.looks < 3 else [30, 10, 20])\n"
            "    def __call__(cls, *items): return cls\nclass Two(metaclass=Faces): pass",
        ),
    ],
)
def test_a_collection_looks_the_same_each_time(base, more):
    source = notebook(
        locked("import pandas as pd"),
        solution("def order(items): return sorted(items)"),
        graded("r = order([30, 10, 20])\nassert all(a < b for a, b in zip(r, list(r)[1:]))\nassert set(r) == {10, 20, 30}"),
    )  # fmt: skip
    wrong = "import xml.dom.minidom\n" + TWO_FACES.format(base=base, more=more)
    assert both(source, answer=wrong) == ([2.0], [0.0])


def test_a_collection_may_be_looped_over_by_its_places():
    source = notebook(
        solution(
            "class Stack:\n    def __init__(self): self.items = []\n    def push(self, x): self.items.append(x)\n"
            "    def __len__(self): return len(self.items)\n    def __iter__(self): return iter(self.items)"
        ),
        graded(
            "s = Stack()\ns.push(1)\nassert list(s) == [1] and len(s) == 1 and 1 in s\ns.push(2)\nassert list(s) == [1, 2]"
        ),
    )
    by_place = "class Stack:\n    def __init__(self): self.items = []\n    def push(self, x): self.items.append(x)\n    def __len__(self): return len(self.items)\n    def __getitem__(self, place): return self.items[place]"
    assert both(source, answer=by_place) == ([2.0], [2.0])


def test_a_class_is_no_list():
    source = notebook(
        solution("def g(x): return [x, x + 1]"),
        graded("r = g(5)\nassert len(r) == 2\nassert r[0] == 5 and r[1] == 6"),
    )
    wrong = """
        class Places(type):
            def __len__(cls): return 2
            def __getitem__(cls, place): return 5 + place
        class Pair(metaclass=Places): pass
        def g(x): return Pair
        """
    assert both(source, answer=wrong) == ([2.0], [0.0])


def test_an_enum_and_a_librarys_collection_that_grows_are_looped_over_as_ever():
    source = notebook(
        locked("import xml.etree.ElementTree as ET"),
        solution(
            "import enum\nclass Colour(enum.Enum):\n    RED = 1\n    BLUE = 2\n"
            "def tree():\n    root = ET.Element('a')\n    ET.SubElement(root, 'b')\n    return root"
        ),
        graded("assert [c.name for c in Colour] == ['RED', 'BLUE'] and len(Colour) == 2 and Colour['RED'].value == 1"),
        graded("t = tree()\nassert len(list(t)) == 1\nt.append(tree())\nassert [e.tag for e in t] == ['b', 'a'] and len(t) == 2"),
    )  # fmt: skip
    assert scores(judge(source)) == [2.0, 2.0]


@pytest.mark.parametrize(
    ("right", "test", "method"),
    [
        ("39", "assert f().__sub__(38)", "__sub__"),
        ("pd.Series([1, 2])", "assert f().eq(pd.Series([1, 2])).all()", "eq"),
        ("pd.Series([1, 2])", "assert f().corr(pd.Series([1, 2])) > 0.9", "corr"),
        ("pd.Series([1, 2])", "assert f().equals(pd.Series([1, 2]))", "equals"),
        ("{1, 2}", "assert f().intersection({1, 2}) == {1, 2}", "intersection"),
        ("{1, 2}", "assert f().issubset({1, 2})", "issubset"),
    ],
)
@pytest.mark.parametrize(
    "made",
    [
        "class Liar:\n    def {method}(self, other): return other\ndef f(): return Liar()",
        "class Liar:\n    @staticmethod\n    def {method}(other): return True\ndef f(): return Liar",
        "def liar(): pass\nliar.{method} = lambda other: other\ndef f(): return liar",
        "import types\nliar = types.ModuleType('liar')\nliar.{method} = lambda other: other\ndef f(): return liar",
        "class Liar(Exception):\n    def __init__(self): self.{method} = lambda other: other\n"
        "def f(): return Liar()",
        "import types\ndef f(): return types.SimpleNamespace({method}=lambda other: other)",
    ],
)
def test_nothing_but_the_instructors_class_is_asked_whether_it_is_right(right, test, method, made):
    source = notebook(locked("import pandas as pd"), solution(f"def f(): return {right}"), graded(test))
    assert both(source, answer=made.format(method=method)) == ([2.0], [0.0])


def test_the_instructors_class_may_compare():
    source = notebook(
        solution("class Span:\n    def __init__(self, a, b): self.a, self.b = a, b\n"
                 "    def intersection(self, o): return Span(max(self.a, o.a), min(self.b, o.b))\n"
                 "    def __eq__(self, o): return (self.a, self.b) == (o.a, o.b)"),
        graded("s = Span(0, 2).intersection(Span(1, 3))\nassert (s.a, s.b) == (1, 2)\nassert s.__eq__(Span(1, 2))"),
    )  # fmt: skip
    assert scores(judge(source)) == [2.0]


def test_a_plain_attribute_may_have_any_name():
    source = notebook(
        solution(
            "from types import SimpleNamespace\ndef f(): return SimpleNamespace(corr=0.5, union={1, 2})"
        ),
        graded("assert f().corr == 0.5 and f().union == {1, 2}"),
    )
    other = (
        "class Found:\n    def __init__(self): self.corr = 0.5\n    union = {1, 2}\ndef f(): return Found()"
    )
    assert both(source, answer=other) == ([2.0], [2.0])


def test_an_object_of_the_tests_keeps_its_methods():
    source = notebook(
        solution("def g(o): return o.base * 2"),
        graded(
            "class O:\n    base = 4\n    def double(self): return self.base * 2\n"
            "o = O()\nassert g(o) == o.double()"
        ),
    )
    wrong = "def g(o):\n    o.double = lambda: 0\n    return 0"
    assert both(source, answer=wrong) == ([2.0], [0.0])


@pytest.mark.parametrize(
    "answer",
    [
        "import numpy as np\nanswer = np.ones(3)",
        "import numpy as np\nanswer = np.array([])",
        "import pandas as pd\nanswer = pd.NA",
        "import pandas as pd\nanswer = pd.Series([1.0])",
        "import decimal\nanswer = decimal.Decimal('NaN')",
        "answer = float('nan')",
    ],
)
@pytest.mark.parametrize(
    "points", ["2 - abs(answer - 39)", "n = 0\nn += 2 * (answer == 39)\nn", "max(0, 2 * answer / 39)"]
)
def test_points_that_a_test_computes_are_no_array(answer, points):
    source = notebook(
        locked("import decimal, numpy, pandas"), solution("answer = 39.0"), graded(points), graded("answer")
    )
    right, wrong = both(source, answer=answer)
    assert right == [2.0, 2.0]
    assert wrong[0] == 0.0


def test_what_a_test_merely_shows_is_no_number_of_points():
    shown = ("import numpy as np\nnp.ones(3)", "'well done'", "f(1) == 2", "f(1); ", "2 * f(0);")
    source = notebook(solution("def f(x): return [x]"), *[graded(text) for text in shown])
    assert scores(judge(source)) == [2.0] * len(shown)


SERIES = "import pandas as pd\ngradient = pd.Series({})"
LIAR = """
class Series:
    def __len__(self): return 2
    def __getitem__(self, place): return [39, 8][place]
    def __iter__(self): return iter([0, 0])
Series.__module__ = "pandas.core.series"
gradient = Series()
"""


@pytest.mark.parametrize(
    ("answer", "points"),
    [
        (SERIES.format("[39, 8]"), 2.0),
        (SERIES.format("[39.0, 8.0]"), 2.0),
        (SERIES.format("[39, 9]"), 0.0),
        (SERIES.format("[39, 8, 1]"), 0.0),
        (SERIES.format("[39, 8], index=[1, 0]"), 0.0),
        (LIAR, 0.0),
    ],
)
def test_a_series_where_the_source_has_none_is_a_list(answer: str, points: float) -> None:
    source = notebook(
        solution("gradient = [39, 8]"),
        graded("assert len(gradient) == 2\nassert gradient[0] == 39 and gradient[-1 + 2] == 8"),
    )
    assert scores(judge(source, submission(source, answer=answer))) == [points]
