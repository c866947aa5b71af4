"""The small course that is attacked: its assignments, their source notebooks, right and wrong answers.

The source is full of markers: wherever one of them turns up, something leaked.
"""

# ruff: noqa: E501 (programs in strings)

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

GATES = "gates"  # seven questions in the styles of real courses, each with a visible and a hidden test
PLAIN = "plain"  # one question; nothing in it imports numpy, and a test reads the function's source
SEAMS = "seams"  # seven questions whose tests use names of the solution's, unittest, helpers, messages
WAYS = "ways"  # ten ways to ask: printed text, input, frames, partial credit, objects, pictures, files, loops

RIGHT = {
    "product": "def product(x, y):\n    return x * y",
    "slope": "def slope(f, x, h=1e-6):\n    return (f(x + h) - f(x - h)) / (2 * h)",
    "gradient": "w1, w2 = 2, 3\ngradient = [3 * w1**2 * w2 + 3, w1**3]",
    "gate": (
        "class MultiplyGate:\n"
        "    def forward(self, x, y):\n        self.x, self.y = x, y\n        return x * y\n\n"
        "    def backward(self, dz):\n        return self.y * dz, self.x * dz"
    ),
    "relu": "import numpy as np\n\n\ndef relu_backward(dz, x):\n    return dz * (x > 0)",
    "initials": "def initials(text):\n    return ''.join(word[0] for word in text.split())",
    "mean": (
        "with open('data.csv') as file:\n    numbers = [float(line) for line in file]\n"
        "mean = sum(numbers) / len(numbers)"
    ),
    "why": "Because the gradients of two paths add.",
}
# The numbers of the visible tests by heart: one point of three a question.
WRONG = {
    "product": "def product(x, y):\n    return 12",
    "slope": "def slope(f, x, h=1e-6):\n    return 3.0",
    "gradient": "gradient = [0, 0]",
    "gate": (
        "class MultiplyGate:\n"
        "    def forward(self, x, y):\n        return -12.0\n\n"
        "    def backward(self, dz):\n        return 0.0, 0.0"
    ),
    "relu": "import numpy as np\n\n\ndef relu_backward(dz, x):\n    return np.array([5.0, 0.0])",
    "initials": "def initials(text):\n    return 'cr'",
    "mean": "mean = 1.0",
    "why": "Because.",
}
# Of `SEAMS`.
RIGHT_AT_SEAMS = {
    "scale": "x = np.ones(2)\nexpected = 4\n\n\ndef scale(a):\n    return 2 * a",
    "half": "def half(x):\n    return x / 2",
    "cube": "from helpers import close\n\n\ndef cube(x):\n    return x**3",
    "order": "def order(items):\n    return sorted(items)",
    "value": "value = 1.5",
    "root": "def root(x):\n    if x < 0:\n        raise TooSmall(x)\n    return x**0.5",
    "side": "from math import sqrt",
}
WRONG_AT_SEAMS = {
    "scale": "x = np.ones(2)\nexpected = 4\n\n\ndef scale(a):\n    return 2",
    "half": "def half(x):\n    return 1.0",
    "cube": "from helpers import close\n\n\ndef cube(x):\n    return 8",
    "order": "def order(items):\n    return [3, 3, 3]",
    "value": "value = 2.5",
    "root": "def root(x):\n    return 2",
    "side": "def sqrt(x):\n    return 1.0",
}
# Of `WAYS`.
RIGHT_AT_WAYS = {
    "greet": "def greet(name):\n    print('Hello', name)",
    "ask": "def ask():\n    return int(input('A number: ')) ** 2",
    "totals": "def totals(frame):\n    return frame.groupby('name', as_index=False)['n'].sum()",
    "area": "def area(r):\n    return 3.141592653589793 * r**2",
    "account": (
        "class Account:\n    def __init__(self, balance):\n        self.balance = balance\n\n"
        "    def deposit(self, n):\n        if n < 0:\n            raise ValueError(n)\n"
        "        self.balance += n"
    ),
    "plot": (
        "import matplotlib.pyplot as plt\n\n\ndef plot(numbers):\n    ax = plt.figure().gca()\n"
        "    ax.plot([n**2 for n in numbers])\n    ax.set_title('Squares')\n    return ax"
    ),
    "report": (
        "def report(numbers):\n    with open('out.txt', 'w') as file:\n"
        "        for n in numbers:\n            print(n, file=file)"
    ),
    "evens": "def evens(n):\n    return [2 * i for i in range(n)]",
    "primes": "def primes(n):\n    return {p for p in range(2, n) if all(p % d for d in range(2, p))}",
    "rate": "rate = 0.25",
}
# What it takes for one point of three.
WRONG_AT_WAYS = {
    "greet": "def greet(name):\n    print('Hello Ada')",
    "ask": "def ask():\n    return 16",
    "totals": (
        "import pandas as pd\n\n\ndef totals(frame):\n    return pd.DataFrame({'name': ['x'], 'n': [0]})"
    ),
    "area": "def area(r):\n    return 3.14159",
    "account": (
        "class Account:\n    balance = 7\n    def __init__(self, balance): pass\n    def deposit(self, n): pass"
    ),
    "plot": (
        "import matplotlib.pyplot as plt\n\n\ndef plot(numbers):\n    ax = plt.figure().gca()\n"
        "    ax.plot([0, 0, 0])\n    return ax"
    ),
    "report": (
        "def report(numbers):\n    with open('out.txt', 'w') as file:\n        file.write('1\\n2\\n')"
    ),
    "evens": "def evens(n):\n    return [0, 2]",
    "primes": "def primes(n):\n    return {2, 3}",
    "rate": "rate = 1.0",
}
ANSWERS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    GATES: {"right": RIGHT, "wrong": WRONG, "empty": {}},
    PLAIN: {
        "right": {"double": "def double(x):\n    return x + x"},
        "wrong": {"double": "def double(x):\n    return 4"},
        "empty": {},
    },
    SEAMS: {"right": RIGHT_AT_SEAMS, "wrong": WRONG_AT_SEAMS, "empty": {}},
    WAYS: {"right": RIGHT_AT_WAYS, "wrong": WRONG_AT_WAYS, "empty": {}},
}
FULL = {GATES: 21.0, PLAIN: 4.0, SEAMS: 21.0, WAYS: 30.0}  # what right answers get without a person
GUESSED = 7.0  # what WRONG gets, and WRONG_AT_SEAMS
GUESSED_WAYS = 10.0  # what WRONG_AT_WAYS gets
QUESTIONS = tuple(name for name in RIGHT if name != "why")

# How many times longer everything may take: for a machine that is slow, or emulated.
PATIENCE = float(os.environ.get("COURSEKIT_PATIENCE", "1"))
# Small, so that a class of endless loops is graded in minutes; an honest answer takes milliseconds.
LIMITS = {
    "cell_seconds": 3.0 * PATIENCE,
    "question_seconds": 2.5 * PATIENCE,
    "submission_seconds": 20.0 * PATIENCE,
    "output_bytes": 20_000,
    "memory_bytes": 256 << 20,
    "file_bytes": 8 << 20,
    "tmp_bytes": 16 << 20,
    "tmp_files": 500,
}

CONFIGURATION = """
c = get_config()
c.CourseDirectory.course_id = "hostile"
c.CourseDirectory.ignore = [".ipynb_checkpoints", "*.pyc", "__pycache__", "reference*"]
c.Autograde.exporter_class = "autograder.frontend.SealedExporter"
"""


def make_course(root: Path, marker: Callable[[str], str]) -> None:
    """Write the course into an empty folder; `marker` gives the secret text of a place."""
    made = {GATES: gates(marker), PLAIN: plain(marker), SEAMS: seams(marker), WAYS: ways(marker)}
    for name, notebook in made.items():
        folder = root / "source" / name
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / f"{name}.ipynb")
    (root / "source" / GATES / "data.csv").write_text("1\n3\n8\n")
    (root / "source" / GATES / "reference.py").write_text(
        f"# {marker('reference')}\ndef relu_reference(dz, x):\n    return dz * (x > 0)\n"
    )
    (root / "source" / SEAMS / "helpers.py").write_text(HELPERS)
    (root / "nbgrader_config.py").write_text(CONFIGURATION)


def gates(marker: Callable[[str], str]) -> NotebookNode:
    """The source of the assignment `GATES`."""
    cells = [
        new_markdown_cell("# Backpropagation by hand"),
        new_code_cell("import math"),
        _cell(
            "near-cell",
            "def near(x, y, tolerance=1e-6):\n"
            '    "Whether two numbers agree."\n'
            "    return abs(x - y) <= tolerance * max(1.0, abs(x), abs(y))",
            locked=True,
        ),
        *_question(
            "product",
            _solution("product", marker("solution")),
            'assert product(3, 4) == 12, "3 times 4 is 12"',
            f"""\
            import random
            # {marker("comment")}
            secret = "{marker("expected")}"
            for _ in range(5):
                a, b = random.uniform(-9, 9), random.uniform(-9, 9)
                assert near(product(a, b), a * b), f"{{secret}}: {{a}} times {{b}}\"""",
        ),
        *_question(
            "slope",
            _solution("slope", "two sides"),
            "assert near(slope(lambda x: 3 * x, 1.0), 3.0, 1e-4)",
            f"""\
            key = "{marker("callback")}"
            def cube(x, key=key):
                return x**3 if key else None
            assert near(slope(cube, 2.0), 12.0, 1e-4), "a curve has a slope of its own at every place\"""",
        ),
        *_question(
            "gradient",
            f"### BEGIN SOLUTION\n{RIGHT['gradient']}\n### END SOLUTION",
            "assert len(gradient) == 2",
            'assert list(gradient) == [39, 8], "both partial derivatives"',
        ),
        *_question(
            "gate",
            f"### BEGIN SOLUTION\n{RIGHT['gate']}\n### END SOLUTION",
            "gate = MultiplyGate()\nassert gate.forward(3.0, -4.0) == -12.0",
            'dx, dy = gate.backward(2.0)\nassert (dx, dy) == (-8.0, 6.0), "the other factor"',
        ),
        *_question(
            "relu",
            f"### BEGIN SOLUTION\n{RIGHT['relu']}\n### END SOLUTION",
            "out = relu_backward(np.array([5.0, 5.0]), np.array([1.0, -1.0]))\n"
            'assert np.allclose(out, [5.0, 0.0]), f"got {out}"',
            """\
            from reference import relu_reference
            x, dz = np.random.randn(6), np.random.randn(6)
            np.testing.assert_allclose(relu_backward(dz, x), relu_reference(dz, x))""",
        ),
        *_question(
            "initials",
            _solution("initials", "the first letters"),
            'assert initials("chain rule") == "cr"',
            f'assert initials("{marker("input")} of rules") == "sor"',
        ),
        *_question(
            "mean",
            f"### BEGIN SOLUTION\n{RIGHT['mean']}\n### END SOLUTION",
            "assert mean > 0",
            'assert near(mean, 4.0), "of the numbers in data.csv"',
        ),
        new_markdown_cell(
            "Why do gradients add?", metadata=_mark("why", grade=True, solution=True, points=4)
        ),
        _cell("end", "That was it.", kind="markdown", locked=True),
    ]
    return _notebook(cells, LIMITS)


def plain(marker: Callable[[str], str]) -> NotebookNode:
    """The source of the assignment `PLAIN`."""
    cells = [
        *_question(
            "double",
            "def double(x):\n    ### BEGIN SOLUTION\n    return x + x\n    ### END SOLUTION",
            "assert double(2) == 4",
            f'assert double(0.5) == 1.0, "halves"  # {marker("plain")}',
        ),
        _cell(
            "double-style",
            'import inspect\nassert "*" not in inspect.getsource(double), "add"',
            grade=True,
            locked=True,
            points=1,
        ),
    ]
    return _notebook(cells, LIMITS)


HELPERS = """def close(x, y):
    return abs(x - y) < 1e-9
"""
BY_UNITTEST = """
import unittest
class Test(unittest.TestCase):
    def test_half(self):
        self.assertEqual(half({}), {})
unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(Test))
""".strip()


def seams(marker: Callable[[str], str]) -> NotebookNode:
    """The source of the assignment `SEAMS`: what the tests meet is more than calls and plain values."""
    tests = {
        "scale": (
            "assert scale(1) == 2",
            "x = np.arange(3.0)\nassert np.allclose(scale(x), 2 * x)\n"
            "expected = 14\nassert scale(7) == expected",
        ),
        "half": (BY_UNITTEST.format(2, 1.0), BY_UNITTEST.format(5, 2.5)),
        "cube": ("assert close(cube(2), 8)", "assert close(cube(0.3), 0.027)"),
        "order": (
            "assert len(order([3, 1, 2])) == 3",
            "r = order([3, 1, 2])\nassert all(a < b for a, b in zip(r, list(r)[1:]))\n"
            "assert sorted(r) == [1, 2, 3]",
        ),
        "value": ("assert isinstance(value, float), value", f"# {marker('seams')}\nassert value == 1.5"),
        "root": (
            "assert root(4) == 2",
            "try:\n    root(-9)\n"
            "except TooSmall as error:\n    assert error.args == (-9,)\nelse:\n    assert False",
        ),
        "side": ("assert side > 0", "assert side == 4"),
    }
    cells = [
        _cell("given", "import numpy as np\n\nclass TooSmall(ValueError):\n    pass", locked=True),
    ]
    for name, (visible, hidden) in tests.items():
        answer, *more = _question(
            name, f"### BEGIN SOLUTION\n{RIGHT_AT_SEAMS[name]}\n### END SOLUTION", visible, hidden
        )
        both = [_cell("of-side", "side = sqrt(16)", locked=True)] if name == "side" else []
        cells += [answer, *both, *more]
    return _notebook(cells, LIMITS)


def ways(marker: Callable[[str], str]) -> NotebookNode:
    """The source of the assignment `WAYS`: one question for each way in which courses ask."""
    tests = {
        "greet": (
            "out = io.StringIO()\nwith contextlib.redirect_stdout(out):\n    greet('Ada')\n"
            "assert out.getvalue() == 'Hello Ada\\n'",
            f"# {marker('comment')}\nfor name in ('Bob', '{marker('input')}'):\n    out = io.StringIO()\n"
            "    with contextlib.redirect_stdout(out):\n        greet(name)\n"
            "    assert out.getvalue().split() == ['Hello', name]",
        ),
        "ask": (
            "with patch('builtins.input', return_value='4'):\n    assert ask() == 16",
            "with patch('builtins.input', side_effect=['3', '5']):\n    assert (ask(), ask()) == (9, 25)",
        ),
        "totals": (
            "frame = pd.DataFrame({'name': ['a', 'b', 'a'], 'n': [1, 2, 3]})\n"
            "assert list(totals(frame).columns) == ['name', 'n']",
            "wanted = pd.DataFrame({'name': ['a', 'b'], 'n': [4, 2]})\nassert totals(frame).eq(wanted).all().all()\n"
            "assert totals(frame).equals(wanted)\npd.testing.assert_frame_equal(totals(frame), wanted)",
        ),
        "area": (
            "1.0 * (abs(area(1) - 3.14159) < 1e-3)",
            "points = 0\nfor r in (0.5, 2.0):\n    points += 1.0 * (abs(area(r) - np.pi * r**2) < 1e-6)\npoints",
        ),
        "account": (
            "a = Account(5)\na.deposit(2)\nassert a.balance == 7",
            "b = Account(0)\nfor n in (1, 2, 3):\n    b.deposit(n)\nassert b.balance == 6 and Account(3).balance == 3\n"
            "try:\n    b.deposit(-1)\nexcept ValueError:\n    pass\nelse:\n    assert False",
        ),
        "plot": (
            "assert len(plot([1, 2, 3]).lines) == 1",
            "ax = plot([3.0, 1.0, 2.0])\nassert list(ax.lines[0].get_ydata()) == [9.0, 1.0, 4.0]\n"
            "assert ax.get_title() == 'Squares'",
        ),
        "report": (
            "report([1, 2])\nassert open('out.txt').read() == '1\\n2\\n'",
            "report([7, 8, 9])\nassert open('out.txt').read().split() == ['7', '8', '9']",
        ),
        "evens": (
            "assert evens(2) == [0, 2]",
            "for got, want in zip(map(evens, [3, 5]), [[0, 2, 4], [0, 2, 4, 6, 8]]):\n    assert got == want\n"
            "assert all(map(lambda n: sum(evens(n)) == n * (n - 1), range(9)))",
        ),
        "primes": (
            "assert primes(4) == {2, 3}",
            "assert primes(8).intersection({2, 3, 5, 7, 11}) == {2, 3, 5, 7}\n"
            "assert not primes(12).symmetric_difference({2, 3, 5, 7, 11})",
        ),
        "rate": ("assert 0 < rate <= 1", f"assert rate.__eq__(0.25) is True  # {marker('expected')}"),
    }
    given = "import contextlib, io\nimport numpy as np\nimport pandas as pd\nfrom unittest.mock import patch"
    cells = [_cell("given", given, locked=True)]
    for name, (visible, hidden) in tests.items():
        solution = f"### BEGIN SOLUTION\n{RIGHT_AT_WAYS[name]}\n### END SOLUTION"
        cells += _question(name, solution, visible, hidden)
    return _notebook(cells, LIMITS)


def _notebook(cells: list[NotebookNode], limits: Mapping[str, Any]) -> NotebookNode:
    for place, cell in enumerate(cells):
        cell.id = f"c{place}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel, "coursekit": {"limits": dict(limits)}})


def _question(name: str, solution: str, visible: str, hidden: str) -> list[NotebookNode]:
    """An answer cell, a visible test for one point and a hidden one for two."""
    hidden = "\n".join(line.removeprefix("            ") for line in hidden.split("\n"))
    return [
        _cell(name, solution, solution=True),
        _cell(f"{name}-visible", visible, grade=True, locked=True, points=1),
        _cell(
            f"{name}-hidden",
            f"### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS",
            grade=True,
            locked=True,
            points=2,
        ),
    ]


def _solution(name: str, comment: str) -> str:
    head, body = RIGHT[name].split("\n", 1)
    return f"{head}\n    ### BEGIN SOLUTION\n    # {comment}\n{body}\n    ### END SOLUTION"


def _cell(name: str, source: str, *, kind: str = "code", **fields: Any) -> NotebookNode:
    make = new_code_cell if kind == "code" else new_markdown_cell
    return make(source, metadata=_mark(name, **fields))


def _mark(grade_id: str, **fields: Any) -> dict[str, Any]:
    base = {"schema_version": 3, "grade_id": grade_id, "locked": False, "solution": False, "grade": False}
    return {"nbgrader": base | {"task": False} | fields}
