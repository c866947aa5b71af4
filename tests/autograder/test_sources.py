"""A test reads the source text of the cells, whatever the student's process says; masks do not arrive."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.sources import source_of
from autograder.wire import Decoder, Encoder, pack, unpack
from tests.autograder.judging import graded, judge, notebook, scores, solution, submission

CLASS = """\
class Box:
    @property
    def size(self):
        return 2
    def grow(self): pass
    rise = grow
"""
SIZE = "    @property\n    def size(self):\n        return 2\n"
DECORATED = "@cache\n@other\ndef f():\n    return 1  # one\n"
CASES = {
    "the last definition": ("f", ["def f(): return 1", "def f(): return 2"], "def f(): return 2\n"),
    "decorators": ("f", [DECORATED], DECORATED),
    "an expression": ("f", ["f = lambda x: (\n    x)\ny = 1"], "f = lambda x: (\n    x)\n"),
    "another name": ("g", ["def f(): return 1\ng = f\ndef f(): return 2"], "def f(): return 1\n"),
    "a class": ("Box", [CLASS + "x = 1"], CLASS),
    "a method": ("Box.size", [CLASS], SIZE),
    "another name of a method": ("Box.rise", [CLASS], "    def grow(self): pass\n"),
    "a function inside": ("f.<locals>.g", ["def f():\n    def g(): 1\n    return g"], "    def g(): 1\n"),
    "a condition": ("f", ["try:\n    import x\nexcept E:\n    def f(): pass"], "    def f(): pass\n"),
    "below a magic": ("f", ["\n\n%matplotlib inline\ndef f(): pass"], "def f(): pass\n"),
    "odd ends of lines": ("f", ["# \u2028 \x0c \x85\ndef f(): pass"], "def f(): pass\n"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_definition_is_found(name: str) -> None:
    path, cells, text = CASES[name]
    assert source_of(cells, path) == text


@pytest.mark.parametrize(
    "cell",
    [
        "f = make()",
        "from math import sin as f",
        "for f in []: pass",
        "with open('x') as f: pass",
        "f, g = g, f",
    ],
)
def test_what_is_built_while_a_cell_runs_has_no_source(cell: str) -> None:
    with pytest.raises(OSError, match="could not get source code"):
        source_of(["def f(): return 1", cell], "f")


@pytest.mark.parametrize("cell", ["g = 1", "def f(: pass", ""])
def test_what_no_cell_defines_has_no_source(cell: str) -> None:
    with pytest.raises(OSError, match="could not get source code"):
        source_of([cell], "f")


def test_no_process_answers_for_its_source() -> None:
    source = notebook(
        solution("def double(x):\n    return x + x"),
        graded("import inspect\nassert double(2) == 4\nassert '*' not in inspect.getsource(double)"),
    )
    shows_another = (
        "import inspect, functools\n"
        "inspect.getsource = lambda value: 'def double(x): return x + x'\n"
        "def clean(x):\n    return x + x\n"
        "@functools.wraps(clean)\ndef double(x):\n    return 2 * x"
    )
    assert scores(judge(source)) == [2.0]
    assert scores(judge(source, submission(source, answer=shows_another))) == [0.0]


@pytest.mark.parametrize(
    ("data", "mask", "bare"),
    [
        ([1.0, 2.0], [True, False], [np.nan, 2.0]),
        ([1, 2], [False, True], [1.0, np.nan]),
        ([1, 2], False, [1, 2]),
        (["a", "b"], [True, False], [np.nan, np.nan]),
    ],
)
def test_masked_items_are_not_a_number(data: list[object], mask: Any, bare: list[object]) -> None:
    encoder = Encoder()
    (node,), blob = unpack(pack([encoder.value(np.ma.MaskedArray(data, mask))], encoder.blob))
    made = Decoder(blob, libraries={"py", "np"}).value(node)
    assert type(made) is np.ndarray
    np.testing.assert_array_equal(made, np.array(bare))


def test_masks_count_where_the_source_speaks_of_them() -> None:
    answer = "import numpy as np\ndef f(x):\n    return np.ma.masked_less(x, 0)"
    plain = notebook(
        solution(answer), graded("np.testing.assert_allclose(f(np.array([-1.0, 2.0])), [5.0, 2.0])")
    )
    masked = notebook(
        solution(answer), graded("assert f(np.array([-1.0, 2.0])).mask.tolist() == [True, False]")
    )
    sneaky = "import numpy\nclass np: pass\ndef f(x):\n    return numpy.ma.masked_all(2)"
    assert scores(judge(masked)) == [2.0]
    assert scores(judge(plain, submission(masked, answer=answer))) == [2.0]
    unspoken = notebook(
        solution("import numpy as np\ndef f(x):\n    return x"),
        graded("import numpy as np\nnp.testing.assert_allclose(f(np.array([-1.0, 2.0])), [-1.0, 2.0])"),
    )
    assert scores(judge(unspoken)) == [2.0]
    assert scores(judge(unspoken, submission(unspoken, answer=sneaky))) == [0.0]


@pytest.mark.parametrize(
    ("second", "stopped"),
    [
        ("if False:\n    def f(n):\n        return n", ()),
        ("try:\n    1 / 0\n    f = lambda n: n\nexcept ZeroDivisionError: pass", ()),
        ("1 / 0\ndef f(n):\n    return n", {1}),
    ],
)
def test_a_definition_that_may_not_have_run_does_not_hide_the_one_before(second, stopped):
    first = "def f(n):\n    for _ in range(n): pass"
    assert "for _ in range" in source_of([first, second], "f", stopped)


def test_a_definition_that_ran_hides_the_one_before():
    cells = ["def f(n):\n    for _ in range(n): pass", "def f(n):\n    return n"]
    assert source_of(cells, "f") == "def f(n):\n    return n\n"
