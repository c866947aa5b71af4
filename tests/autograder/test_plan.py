"""The plan: which cell runs where, whose names are whose, and what cannot be judged from outside."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from nbformat import v4

from autograder.names import cell_names, methods_of
from autograder.plan import make_plan
from tests.autograder.judging import graded, judge, locked, notebook, plain, solution, submission


def plan_of(*cells, **options):
    return make_plan(notebook(*cells), **options)


def names_of(text):
    return cell_names(ast.parse(text))


# ------------------------------------------------------------------------------------------ names of a cell


@pytest.mark.parametrize(
    ("text", "binds"),
    [
        ("x = y = 1", "x y"),
        ("(a, *b), c = d", "a b c"),
        ("x += 1", "x"),
        ("for i, j in z: k = 1", "i j k"),
        ("with open(p) as f: pass", "f"),
        ("import a.b, c as d\nfrom e import f as g", "a d g"),
        ("def f(x): y = 1", "f"),
        ("class C:\n    z = 1", "C"),
        ("if (n := 3): pass", "n"),
        ("try: pass\nexcept E as e: pass", "e"),
        ("[i for i in x]", ""),
        ("{i for i in x}, {i: j for i, j in x}, [[j for j in i] for i in x]", ""),
        ("[i for i in x]\ni = 1\nk = [i for i in x if (n := i)]", "i k n"),
        ("def f():\n    global g\n    g = 1", "f"),
        ("x: int = 1", "x"),
        ("match v:\n    case [first, *rest]: pass", "first rest"),
        ("del x", ""),
    ],
)
def test_names_that_a_cell_binds(text, binds):
    assert names_of(text).binds == set(binds.split())


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("x[0] = 1", "x"),
        ("x.a.b = 1", "x"),
        ("x.append(1)", "x"),
        ("y = x.pop()", "x"),
        ("del x['k']", "x"),
        ("np.random.shuffle(x)", "x np"),
        ("heappush(h, 1)", "h"),
        ("y = x[0]", ""),
        ("for row in x.values(): row['k'] = 1", "x row"),
        ("for i, row in enumerate(x): row[0] = i", "x row"),
        ("row = x[0]\nrow.append(1)", "x row"),
        ("clean(x)", "x"),
        ("y = clean(x)", ""),
        ("print(x)", ""),
        ("y = x.mean()", ""),
        ("def f(): x.append(1)", ""),
    ],
)
def test_names_that_a_cell_changes_in_place(text, changes):
    assert names_of(text).changes == set(changes.split())


def test_names_that_functions_read_and_change():
    names = names_of(
        "def f(a):\n    global n\n    n += a\n    log.append(k)\n    a.append(1)\n    local = []\n"
        "    local.append(2)"
    )
    assert names.deferred == {"n", "log", "k"}
    assert names.changed_by_functions == {"n", "log"}
    assert names.reads == set()


def test_methods_that_the_sources_classes_define():
    tree = ast.parse(
        """
class A:
    def __eq__(self, o): ...
    def plain(self): ...
class B(A):
    def __add__(self, o): ...
    __radd__ = __add__
@dataclass(order=True, frozen=True)
class C: ...
@functools.total_ordering
class D:
    def __lt__(self, o): ...
"""
    )
    found = methods_of([tree])
    order = {"__lt__", "__le__", "__gt__", "__ge__"}
    assert found["A"] == {"__eq__", "__ne__", "plain"}
    assert found["B"] == {"__eq__", "__ne__", "plain", "__add__", "__radd__", "__iadd__"}
    assert found["C"] == {"__eq__", "__ne__", "__hash__"} | order
    assert found["D"] == order


# ------------------------------------------------------------------------------------------ roles and owners


def test_roles_and_points():
    text = v4.new_markdown_cell("Explain.")
    text.metadata["nbgrader"] = {"grade_id": "why", "grade": True, "solution": True, "points": 3}
    task = v4.new_markdown_cell("Do.")
    task.metadata["nbgrader"] = {"grade_id": "do", "task": True, "points": 4}
    by_hand = solution("x = 1", "by-hand")
    by_hand.metadata["nbgrader"].update(grade=True, points=5)
    plan = plan_of(
        v4.new_markdown_cell("Text"),
        locked("import math"),
        plain("y = 1"),
        plain("# YOUR CODE HERE\nraise NotImplementedError()"),
        solution("def f(): pass"),
        graded("assert f() is None", points=1.5),
        text,
        task,
        by_hand,
    )
    assert [(cell.role, cell.graded, cell.points) for cell in plan.cells] == [
        ("text", False, 0),
        ("both", False, 0),
        ("both", False, 0),
        ("student", False, 0),
        ("student", False, 0),
        ("test", True, 1.5),
        ("manual", True, 3),
        ("manual", True, 4),
        ("manual", True, 5),
    ]


def test_only_what_tests_read_is_fetched():
    plan = plan_of(solution("a = 1\nb = 2\nbig = list(range(10**6))"), graded("assert a == 1"))
    assert plan.watched == ("a",)
    assert plan.cells[0].names == ("a",)


def test_all_is_fetched_if_a_test_looks_names_up_by_text():
    plan = plan_of(solution("a = 1\nb = 2"), graded("assert 'b' in globals()"))
    assert plan.watched == ("a", "b")


def test_imports_of_a_solution_are_watched_but_not_the_students_own():
    plan = plan_of(solution("import numpy as np\nx = np.ones(2)"), graded("assert np.all(x == 1)"))
    assert plan.watched == ("np", "x")
    assert plan.imports == {"np": frozenset({("numpy", "")})}


def test_a_cell_that_reads_a_remote_name_is_split():
    plan = plan_of(
        solution("def f(x): return x"),
        locked("y = f(1)\ndef g(): return f(2)\nimport math"),
        locked("z = g()"),
        locked("n = 3"),
        graded("assert y + z + n + g() and math"),
    )
    both = [cell for cell in plan.cells if cell.role == "both"]
    assert [cell.split for cell in both] == [True, True, False]
    assert [cell.names for cell in both] == [("y",), ("z",), ()]
    assert [sorted(cell.binds) for cell in both] == [["g", "math"], [], ["n"]]


def test_who_owns_a_name_depends_on_the_place():
    """The second cell reads x when it is still the instructor's."""
    plan = plan_of(
        locked("x = 1"), locked("y = x + 1"), solution("x = 5"), graded("assert x == 5 and y == 2")
    )
    assert [cell.split for cell in plan.cells] == [False, False, False, False]
    assert plan.watched == ("x",)


def test_plt_does_not_become_the_students():
    plan = plan_of(
        locked("import matplotlib.pyplot as plt"),
        solution("plt.plot([1])\nx = 1"),
        graded("assert x and plt"),
    )
    assert plan.watched == ("x",)


def test_hidden_regions_are_known_by_line():
    source = "assert a\n### BEGIN HIDDEN TESTS\nassert b, 'text'\n### END HIDDEN TESTS\nassert c"
    (cell,) = plan_of(graded(source)).cells
    assert cell.test.hidden == ((2, 4),)
    assert cell.test.literals == {"text"}
    assert [name for code in cell.test.visible for name in code.co_names] == ["a", "c"]


def test_ids_come_from_the_released_notebook():
    source = notebook(solution("x = 1"), graded("assert x"))
    released = submission(source)
    source.cells[0]["id"], source.cells[1]["id"] = "other", "another"
    plan = make_plan(source, released=released)
    assert [cell.id for cell in plan.cells] == ["cell-0", "cell-1"]


# ------------------------------------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("tests", "line", "reason"),
    [
        ("x = 1\nexec(In[-2])", 2, "it reads the cell history (In), which only exists at the student's"),
        ("assert type(_) is int", 1, "it reads the cell history (_), which only exists at the student's"),
        ("assert Out[3] == 1", 1, "it reads the cell history (Out), which only exists at the student's"),
        ("%%bash\ntest -e answer.txt", 1, "it is a shell's (%%bash), which sees the judge's machine"),
        (
            "assert f.__code__.co_nlocals == 1",
            1,
            "it reads the bytecode of f (__code__), which does not leave",
        ),
        ("import dis", 1, "it imports dis: bytecode does not leave the student's process"),
        ("class B(A): pass", 1, "it subclasses the student's class A"),
        (
            "import answers",
            1,
            "it imports answers, a student's file: that would run the student's code in the judge",
        ),
        ("from ipynb.fs.full.x import f", 1, "it imports ipynb.fs.full.x, a student's file"),
        ("%run -i ./answers.py", 1, "it runs ./answers.py, a student's file"),
        ("%run unknown.py", 1, "it runs unknown.py, a student's file"),
        (
            "import numpy as np\nassert np.load('a/model.npz')",
            2,
            "it reads a/model.npz, which the student's code writes: only text files are looked at here",
        ),
        ("x = (", 1, "it is not Python: '(' was never closed"),
        # The student's text would run in the judge's own process.
        ("assert eval(f()) == 2", 1, "it has eval run what the student's code made"),
        ("text = f().strip()\nexec(text)", 2, "it has exec run what"),
        ("lines = []\nlines.append(f())\nexec(''.join(lines))", 3, "it has exec run what"),
        ("for line in f():\n    exec(line)", 2, "it has exec run what"),
        ("assert value(f()) == 2", 1, "it has value run what"),
        ("import pickle\npickle.loads(f())", 2, "it has pickle.loads run what"),
        ("import subprocess\nsubprocess.run(['ls', f()])", 2, "it has subprocess.run run what"),
        ("kept = f()\n!cat {kept}", 2, "it has system run what"),
        ("frame.query(f())", 1, "it has query run what"),
        ("assert eval(globals()['f'])", 1, "it has eval run what"),
        ("import doctest", 1, "it runs the examples in docstrings"),
    ],
)
def test_what_cannot_be_judged_from_outside_is_refused_by_name(tests, line, reason):
    plan = plan_of(
        solution("%%writefile answers.py\nx = 1", "file"),
        solution("def f(): np.savez('./a/model', x=1)\nclass A: pass"),
        locked("def value(text):\n    line = text.strip()\n    return eval(line)"),
        graded(tests, "the-test"),
    )
    (refusal,) = plan.refusals
    assert (refusal.grade_id, refusal.line) == ("the-test", line)
    assert refusal.reason.startswith(reason)


@pytest.mark.parametrize(
    "tests",
    [
        "for _ in range(3): pass\nassert _ == 2",
        "def own(): pass\nassert own.__code__",
        "class B(Exception): pass",
        "%run helper.py",
        "import helper",
        "assert [_ for _ in range(2)] == [0, 1]",
        "open('result.csv')",
        "open('given.npy', 'rb')",
        "assert eval('f(1)', globals()) == 2",
        "for text, right in [('f(1)', 2)]:\n    assert eval(text) == right",
        "import json\nassert json.loads(f(1)) == {}",
        "import timeit\ntimeit.timeit(lambda: f(1), number=1)",
        "%timeit -n1 f(1)",
        "import re\nassert re.compile(f(1))",
    ],
)
def test_what_looks_alike_is_not_refused(tests, tmp_path: Path):
    (tmp_path / "helper.py").write_text("x = 1")
    answer = "def f(): open('result.csv', 'w')\nnp.load('given.npy')"
    assert plan_of(solution(answer), graded(tests), source_dir=tmp_path).refusals == ()


def test_a_database_that_both_sides_open_is_refused():
    plan = plan_of(
        solution("import sqlite3\nconnection = sqlite3.connect('shop.db')"),
        graded("import sqlite3\nassert sqlite3.connect('shop.db').execute('select 1')", "both"),
        graded("import sqlite3\nassert sqlite3.connect('reference.db')", "own"),
    )
    assert [(refusal.grade_id, refusal.line) for refusal in plan.refusals] == [("both", 2)]


def test_a_refused_cell_waits_for_a_person():
    source = notebook(solution("x = 1"), graded("assert type(_) is int"), graded("assert x == 1"))
    refused, judged = judge(source).questions
    assert (refused.score, refused.needs_manual_grade) == (None, True)
    assert refused.reason.startswith("This cell cannot be judged from outside: it reads the cell history (_)")
    assert judged.score == 2.0


def test_a_subclass_made_in_another_way_is_refused_when_it_runs():
    source = notebook(solution("class A: pass"), graded("B = type('B', (A,), {})"))
    (question,) = judge(source).questions
    assert question.score == 0.0
    assert "a test cannot subclass a student's class (A)" in question.reason


@pytest.mark.parametrize(
    ("line", "test", "imported"),
    [
        ("import matplotlib.pyplot as plt", "assert f(1) == 1", False),
        ("import matplotlib.pyplot as plt, seaborn", "assert f(1) == 1", False),
        ("from matplotlib import pyplot", "assert f(1) == 1", False),
        ("import matplotlib.pyplot as plt", "assert f(plt)", True),
        ("import matplotlib.pyplot as plt, math", "assert f(1) == 1", True),
        ("from matplotlib.pyplot import *", "assert f(1) == 1", True),
        ("import matplotlib.pyplot as plt\nplt.rcParams['font.size'] = 9", "assert f(1) == 1", True),
        ("import matplotlib.pyplot as plt", "assert eval('f(1) == 1')", True),
        ("import statistics", "assert f(1) == 1", True),
    ],
)
def test_the_judge_imports_no_library_that_draws_unless_it_uses_it(line, test, imported):
    plan = plan_of(plain(line), solution("def f(x): return x"), graded(test))
    assert bool(plan.libraries) is imported
    assert bool("".join(code.co_names[0] for code in plan.cells[0].test.code if code.co_names)) is imported
    assert plan.cells[0].source == line
