"""The runner: cells as a kernel runs them, what they show, and what the judge can ask of their objects."""

from __future__ import annotations

import contextlib
import threading
from time import monotonic

import pytest

from autograder.line import Line, Lost
from autograder.remote import Rules
from autograder.student import Student
from autograder.wire import Caps
from tests.autograder.unboxed import UnboxedChild, spawn


class Names:
    """The judge's notebook, as far as a line needs one."""

    def __init__(self):
        self.bound = {}
        self.to_push = ({}, [], [], {})

    def bind(self, bindings):
        self.bound.update({name: value for name, bound, value in bindings if bound})

    def pushes(self):
        pushed, self.to_push = self.to_push, ({}, [], [], {})
        return pushed

    def store(self, files):
        self.files = files

    def own_builtins(self):
        return contextlib.nullcontext()

    def class_name(self, kind):
        return None

    def class_named(self, name):
        return None

    def is_of_test(self, module):
        return module == "__main__"


@pytest.fixture
def names():
    return Names()


@pytest.fixture
def student(names):
    made = Student(spawn(), names, Rules(libraries=frozenset({"pandas"})), Caps(), 1000)
    made.deadline = monotonic() + 20
    made.setup(seed=1, watched=[], live=[], output_limit=1000, files=[], hears_warnings=False)
    yield made
    made.close()


def run(student, source, *names):
    return student.run_cell(source, names, [])


def shown(report):
    """Each output in short."""
    short = []
    for output in report.outputs:
        if output["output_type"] == "stream":
            short.append((output["name"], output["text"]))
        elif output["output_type"] == "error":
            short.append(("error", output["ename"], output["evalue"]))
        else:
            short.append((output["output_type"], *output["data"].values()))
    return short


# ------------------------------------------------------------------------------------------ cells


@pytest.mark.parametrize(
    ("source", "outputs"),
    [
        ("x = 1", []),
        ("40 + 2", [("execute_result", "42")]),
        ("40 + 2;", []),
        ("None", []),
        ("print('a'); print('b')\n'c'", [("stdout", "a\nb\n"), ("execute_result", "'c'")]),
        ("import sys\nprint('a', file=sys.stderr)\nprint('b')", [("stderr", "a\n"), ("stdout", "b\n")]),
        ("1 / 0", [("error", "ZeroDivisionError", "division by zero")]),
        ("print(1)\nx = (", [("error", "SyntaxError", "'(' was never closed (<cell>, line 2)")]),
        ("display(3)", [("display_data", "3")]),
        ("import asyncio\nawait asyncio.sleep(0, 'waited')", [("execute_result", "'waited'")]),
        ("%matplotlib inline\n5", [("execute_result", "5")]),
        ("get_ipython()\n6", [("execute_result", "6")]),
        ("%%capture out\nprint('hidden')", []),
        ("raise SystemExit(3)", [("error", "SystemExit", "3")]),
        ("print('\\ud800')", [("stdout", "\\ud800\n")]),
        ("import os\nos.write(1, b'raw'); None", [("stdout", "raw")]),
        ("[]\n{}", [("execute_result", "{}")]),
        ("", []),
    ],
)
def test_what_a_cell_shows(student, source, outputs):
    assert shown(run(student, source)) == outputs


def test_cells_share_names_and_the_last_result(student, names):
    run(student, "x = 20\nx + 1")
    run(student, "y = _ * 2\nz = __name__, Out[1], In[1]", "y", "z")
    assert names.bound == {"y": 42, "z": ("__main__", 21, "x = 20\nx + 1")}


def test_a_shell_once_made_runs_the_later_cells(student):
    run(student, "get_ipython().ast_transformers.append(__import__('ast').NodeTransformer())\nx = 1")
    report = run(student, "%time y = x + 1\ny")
    assert shown(report)[-1] == ("execute_result", "2")
    assert run(student, "1 / 0").error == ("ZeroDivisionError", "division by zero")


def test_output_over_the_limit_is_cut(student):
    (output,) = shown(run(student, "for i in range(10_000): print(i)"))
    assert len(output[1]) < 1100
    assert output[1].endswith("… (output cut)\n")


def test_a_picture_is_a_picture(student):
    report = run(student, "import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    (output,) = report.outputs
    assert output["data"]["image/png"].startswith("iVBORw0KGgo")
    assert run(student, "plt.get_fignums()").outputs[0]["data"]["text/plain"] == "[]"


def test_an_error_is_told_with_the_line_of_the_cell(student):
    (output,) = run(student, "def f():\n    return 1 / 0\nf()").outputs
    assert "\n".join(output["traceback"]).count('File "<cell 1>", line') == 2


# ------------------------------------------------------------------------------------------ names and objects


def test_names_are_told_by_value_or_as_handles(student, names):
    run(
        student,
        "def f(x): return x\nclass C: pass\nc = C()\nn = [1]\nm = n",
        "f",
        "C",
        "c",
        "n",
        "m",
        "missing",
    )
    assert names.bound["f"]({"a": (1, 2)}) == {"a": (1, 2)}
    assert isinstance(names.bound["c"], names.bound["C"])
    assert names.bound["n"] is names.bound["m"]
    assert "missing" not in names.bound


def test_pushed_and_deleted_names_reach_the_student(student, names):
    run(student, "k = 1\ndef f(): return k * j", "f")
    names.to_push = ({"j": 5, "k": 2}, [], [], {})
    assert names.bound["f"]() == 10
    names.to_push = ({}, ["j"], [], {})
    with pytest.raises(NameError, match="name 'j' is not defined"):
        names.bound["f"]()


def test_handles_that_nobody_holds_are_forgotten(student, names):
    run(
        student,
        "import gc, weakref\nalive = weakref.WeakSet()\nclass C:\n    def __init__(self): alive.add(self)\n"
        "def count():\n    gc.collect()\n    return len(alive)",
        "C",
        "count",
    )
    for _ in range(50):
        kept = names.bound["C"]()
    del _
    assert names.bound["count"]() == 1
    del kept
    assert names.bound["count"]() == 0


def test_a_value_over_the_caps_becomes_a_handle(student, names):
    run(student, "big = list(range(10**6))\ntext = 'x' * 10**8\nsmall = 1", "big", "text", "small")
    assert names.bound["small"] == 1
    assert len(names.bound["big"]) == 10**6
    assert names.bound["big"][123_456] == 123_456
    assert names.bound["text"][:3] == "xxx"


def test_nested_calls_in_both_directions_end_before_the_stack_does(student, names):
    run(student, "def back(f, n): return f(n)", "back")
    back = names.bound["back"]

    def down(n):
        return 0 if n == 0 else 1 + back(down, n - 1)

    assert back(down, 10) == 10
    with pytest.raises(RecursionError, match="call each other too deeply"):
        back(down, 1000)
    assert back(down, 3) == 3


def test_a_thread_of_the_students_cannot_call_the_test(student, names):
    run(
        student,
        """
        import contextlib
import threading
        def in_thread(f):
            told = []
            def call():
                try: told.append(f())
                except RuntimeError as error: told.append(str(error))
            thread = threading.Thread(target=call)
            thread.start()
            thread.join()
            return told
        """.replace("\n        ", "\n"),
        "in_thread",
    )
    assert names.bound["in_thread"](lambda: 1) == ["only the main thread can call what a test passed in"]


def test_what_may_not_be_sent_is_refused_before_it_is(student, names):
    run(student, "def f(x): return 1", "f")
    lock = threading.Lock()
    with pytest.raises(TypeError, match="a lock object cannot be passed to a student's function"):
        names.bound["f"](lock)
    assert names.bound["f"](0) == 1


# ------------------------------------------------------------------------------------------ the line


def test_a_deadline_ends_a_question_and_the_line(student, names):
    run(student, "def f():\n    while True: pass", "f")
    student.deadline = monotonic() + 0.2
    with pytest.raises(Lost, match="out of time"):
        names.bound["f"]()
    with pytest.raises(Lost, match="out of time"):
        names.bound["f"]()


def test_a_child_that_ends_is_lost(student):
    with pytest.raises(Lost, match="the process ended"):
        run(student, "import os\nos._exit(0)")


def test_a_large_question_to_a_child_that_does_not_read_it_ends_at_the_deadline():
    child = UnboxedChild(lambda *fds: threading.Event().wait(30))
    try:
        with pytest.raises(Lost, match="out of time"):
            Line(child, Caps(), 100).send(b"x" * 10_000_000, monotonic() + 0.2)
    finally:
        child.kill()


def test_a_child_that_prints_without_end_is_given_up(student):
    with pytest.raises(Lost, match="it printed without end"):
        run(student, "import os\nwhile True: os.write(1, b'x' * 65536)")


def test_a_frame_that_is_shown_makes_no_shell(student):
    frame = "import builtins\nimport pandas as pd\nrepr(pd.DataFrame({'a': [1]}))\n"
    text = frame + "builtins.get_ipython.__self__._shell"
    assert run(student, text).outputs == []
    assert run(student, "get_ipython()\nbuiltins.get_ipython.__self__._shell is None").outputs != []
