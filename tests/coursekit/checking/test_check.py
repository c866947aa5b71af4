"""`check` in a notebook: on a real kernel, without one, and with every kind of answer that is none."""

from __future__ import annotations

import math
import re
import signal
import subprocess
import sys
import time
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from dataclasses import replace
from pathlib import Path
from typing import Any

import nbclient
import numpy as np
import pytest
from nbformat.v4 import new_code_cell, new_notebook

import coursekit as ck
from coursekit.checking.asking import OutOfTime, Program, program, typed
from coursekit.checking.deadline import deadline
from coursekit.checking.marking import Report, mark
from coursekit.checking.sheet import Case, Group, Misconception, Name, Run, Sheet, write_sheets
from coursekit.checking.showing import Shown

ASKS = "gradient = gradient_of_g(w1, w2)"
SHEET = Sheet(
    "gradient-of-g",
    "The gradient of g",
    (Name("gradient_of_g", "function", "(w1, w2)"),),
    (
        Group(
            "the numbers shown",
            ASKS,
            (Case({"w1": 2.0, "w2": 3.0}, Run({"gradient": [39.0, 8.0]})),),
            "Try <b>.",
        ),
    ),
    (Misconception("one-path", "Where do two paths meet?", (Run({"gradient": [36.0, 8.0]}),)),),
    more=True,
)
GATE = Sheet(
    "multiply-gate",
    "A gate",
    (Name("MultiplyGate", "class"),),
    (
        Group(
            "the numbers shown",
            "gate = MultiplyGate()\nz = gate.forward(x, y)\ndx, dy = gate.backward(dz)",
            (Case({"x": -3.0, "y": 5.0, "dz": 1.0}, Run({"z": -15.0, "dx": 5.0, "dy": -3.0})),),
        ),
    ),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "checks.json").write_text(write_sheets([SHEET, GATE]))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def no_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    """No notebook: another test of this process may have left a shell of IPython's behind."""
    monkeypatch.setattr("IPython.get_ipython", lambda: None)


def run(folder: Path, *cells: str) -> list[Any]:
    """The outputs of the last cell, on a fresh kernel."""
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    client = nbclient.NotebookClient(
        notebook, allow_errors=True, timeout=60, resources={"metadata": {"path": folder}}
    )
    client.execute()
    return notebook.cells[-1].outputs


def test_on_a_kernel(folder: Path) -> None:
    wrong = "def gradient_of_g(w1, w2):\n    return [3 * w1**2 * w2, w1**3]"
    shown, error = run(folder, "import coursekit as ck", wrong, "ck.check('gradient-of-g')")
    assert shown.output_type == "display_data"
    assert "Where do two paths meet?" in shown.data["text/html"]
    assert "gradient = gradient_of_g(2.0, 3.0)" in shown.data["text/plain"]
    assert error.output_type == "error"
    assert error.ename == "CheckFailed"
    assert error.traceback == [
        "CheckFailed: gradient-of-g: gradient[0] is 36.0 and should be 39.0. Where do two paths meet?"
    ]
    right = wrong.replace("w2,", "w2 + 3,")
    [shown] = run(folder, "from coursekit import check", right, "check('gradient-of-g')")
    assert "gradient-of-g: right" in shown.data["text/plain"]
    assert "they are asked after you hand in" in shown.data["text/plain"]


@pytest.mark.usefixtures("no_shell")
def test_without_a_kernel(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scope = {"gradient_of_g": lambda w1, w2: [39, 8], "ck": ck}
    exec("ck.check('gradient-of-g')", scope)
    assert "gradient-of-g: right" in capsys.readouterr().out
    scope["gradient_of_g"] = lambda w1, w2: [36, 8]
    with pytest.raises(ck.CheckFailed, match="Where do two paths meet"):
        exec("ck.check('gradient-of-g')", scope)
    assert "Expected: gradient[0] = 39.0" in capsys.readouterr().out


def test_scalar_questions_need_no_numpy(folder: Path) -> None:
    code = (
        "import sys, coursekit as ck\ndef gradient_of_g(w1, w2): return [39.0, 8.0]\n"
        "ck.check('gradient-of-g')\nassert 'numpy' not in sys.modules and 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True, capture_output=True)


def test_what_is_missing_is_said(folder: Path) -> None:
    with pytest.raises(
        ck.CheckUnavailable, match=r"no question 'nope' here. The questions are: gradient-of-g, mul"
    ):
        ck.check("nope")
    (folder / "checks.json").write_text('{"format": 99}')
    with pytest.raises(ck.CheckUnavailable, match="another version"):
        ck.check("gradient-of-g")
    (folder / "checks.json").write_text("{")
    with pytest.raises(ck.CheckUnavailable, match="Fetch it anew"):
        ck.check("gradient-of-g")
    (folder / "checks.json").unlink()
    with pytest.raises(ck.CheckUnavailable, match="belongs beside it"):
        ck.check("gradient-of-g")


# ---- answers that are none --------------------------------------------------------------------------------


def raising(error: BaseException) -> Any:
    def gradient_of_g(w1: float, w2: float) -> Any:
        raise error

    return gradient_of_g


def deep(w1: float, w2: float) -> Any:
    return deep(w1, w2)


def misspelt(w1: float, w2: float) -> Any:
    return w3  # noqa: F821


class Unprintable(Exception):
    def __str__(self) -> str:
        raise ValueError


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda w1, w2: None, "gradient is None: is there a return?"),
        (lambda w1, w2: 39.0, "gradient should be a list of 2, and it is the number 39.0."),
        (lambda w1, w2: [39.0], "gradient should have 2 entries, and it has 1."),
        (lambda w1, w2: [math.nan, 8.0], "gradient[0] is NaN"),
        (lambda w1, w2: ["39", 8.0], "gradient[0] should be the number 39.0, and it is the text '39'."),
        (
            lambda w1, w2: [np.array([39.0]), 8.0],
            "gradient[0] should be the number 39.0, and it is an array of shape (1,).",
        ),
        (
            lambda w1, w2: object(),
            "gradient is an object of the class object; a list is expected here.",
        ),
        (
            lambda w1, w2: [39.0, ck.Variable(8.0)],
            "gradient[1] is an object of the class Variable; a number is expected here.",
        ),
        (
            lambda w1, w2: np.array([39.0, 8.0], dtype=object),
            "gradient is an array of objects (dtype=object); a list is expected here.",
        ),
        (
            lambda w1, w2: map(float, [39, 8]),
            "gradient is an object of the class map, which hands out its values one by one. "
            "Return list(…) of it.",
        ),
        (lambda w1, w2: print, "gradient is a function; a list is expected here."),
        (lambda w1: [39.0, 8.0], "gradient_of_g should take (w1, w2), and it takes (w1)."),
        (raising(NotImplementedError()), "gradient_of_g: no answer yet."),
        (
            raising(ZeroDivisionError("division by zero")),
            "the code raised ZeroDivisionError: division by zero.",
        ),
        (
            lambda w1, w2: [w1 ^ 3, 8.0],
            "and 'int'. A power is written x**2 in Python; ^ is something else.",
        ),
        (
            lambda w1, w2: [w1] - w2,
            "'float'. Lists do no arithmetic: go through the entries, or make an array",
        ),
        (lambda w1, w2: sum([w2], [w1]), "to list. Lists do no arithmetic"),
        (lambda w1, w2: [w1] * w2, "'float'. Lists do no arithmetic"),
        (lambda w1, w2: "w1" * "w2", "'str'. These are texts. If they are names, look up what they"),
        (lambda w1, w2: np.ones((2, 3)) @ np.ones(2), "The shapes do not fit: write down the shape of each"),
        (lambda w1, w2: np.ones(3) + np.ones(2), "The shapes do not fit: write down the shape of each"),
        (lambda w1, w2: math.exp(np.ones(2)), "The functions of math take one number; for an array"),
        (lambda w1, w2: w1(w2 + 1), "is not callable. Is a * missing? 2(x + 1) is read as a call."),
        (raising(SystemExit()), "the code ends the program"),
        (raising(Unprintable()), "the code raised Unprintable."),
        (deep, "calls itself without end"),
        (misspelt, "NameError: name 'w3' is not defined. Is it spelled right"),
        (39.0, "gradient_of_g should be a function, and it is the number 39.0."),
    ],
)
def test_sentences(answer: Any, says: str) -> None:
    report = mark(SHEET, {"gradient_of_g": answer})
    assert says in report.findings[0].says
    assert not report.passed
    assert report.earned == 0.0


def test_not_defined_yet() -> None:
    says = mark(SHEET, {}).findings[0].says
    assert says.startswith("gradient_of_g is not defined yet. Write it (`def gradient_of_g(w1, w2):`)")
    assert (
        mark(GATE, {})
        .findings[0]
        .says.startswith("MultiplyGate is not defined yet. Write it (`class MultiplyGate:`)")
    )


class Gate:
    def forward(self, x: float, y: float) -> Any:
        self.x, self.y = x, y
        return x * y

    def backward(self, dz: float) -> Any:
        return self.y * dz, self.x * dz


@pytest.mark.parametrize(
    ("backward", "says"),
    [
        (lambda self, dz: None, "gate.backward(dz) returned nothing: is there a return?"),
        (lambda self, dz: 5.0, "gate.backward(dz) should return 2 values, and it returned the number 5.0."),
        (
            lambda self, dz: (1.0, 2.0, 3.0),
            "gate.backward(dz) should return 2 values, and it returned a tuple of 3.",
        ),
        (lambda self, dz: "ab", "gate.backward(dz) should return 2 values, and it returned the text 'ab'."),
        (lambda self, dz: (self.x, self.y), "dx is -3.0 and should be 5.0."),
    ],
)
def test_gates(backward: Any, says: str) -> None:
    report = mark(GATE, {"MultiplyGate": type("MultiplyGate", (Gate,), {"backward": backward})})
    assert report.findings[0].says == says
    assert mark(GATE, {"MultiplyGate": Gate}).passed
    assert mark(GATE, {"MultiplyGate": Gate()}).findings[0].says.startswith("MultiplyGate should be a class")


def test_a_given_name_that_is_missing() -> None:
    group = Group("g", "loss(w)", (Case({"w": 1.0}, Run({"loss(w)": 1.0})),))
    report = mark(Sheet("s", "t", (), (group,)), {})
    assert (
        report.findings[0].says
        == "loss is not defined. The notebook defines it further up: run the cells from the top."
    )


# ---- endless answers --------------------------------------------------------------------------------------


def endless(w1: float, w2: float) -> Any:
    while True:
        time.sleep(0.001)


def test_an_endless_answer_is_ended() -> None:
    with deadline(0.05, "alarm"):
        report = mark(SHEET, {"gradient_of_g": endless})
    assert "no answer after 0.05 s" in report.findings[0].says


def test_an_endless_answer_is_interrupted_where_there_is_no_alarm() -> None:
    with pytest.raises(OutOfTime), deadline(0.05, "interrupt"):
        mark(SHEET, {"gradient_of_g": endless})


def test_who_interrupts_himself_is_not_late() -> None:
    with pytest.raises(KeyboardInterrupt), deadline(60.0, "interrupt"):
        raise KeyboardInterrupt


def test_an_endless_answer_in_a_notebook(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("coursekit.checking.notebook.SECONDS", 0.05)
    for means in ("alarm", "interrupt"):
        monkeypatch.setattr("coursekit.checking.deadline.can_stop", lambda means=means: means)
        with pytest.raises(ck.CheckFailed, match=r"no answer after 0\.05 s"):
            exec("ck.check('gradient-of-g')", {"gradient_of_g": endless, "ck": ck})


def test_a_deadline_leaves_other_alarms_alone() -> None:
    before = signal.getsignal(signal.SIGALRM)
    seconds, again = signal.getitimer(signal.ITIMER_REAL)
    with deadline(1000.0, "alarm"):
        pass
    assert signal.getsignal(signal.SIGALRM) is before
    assert signal.getitimer(signal.ITIMER_REAL)[0] <= seconds
    assert signal.getitimer(signal.ITIMER_REAL)[1] == again


def test_where_nothing_can_stop_an_answer_that_is_said(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("coursekit.checking.notebook.can_stop", lambda: "")
    exec("ck.check('gradient-of-g')", {"gradient_of_g": lambda w1, w2: [39, 8], "ck": ck})
    assert "cannot be stopped here after 5 s" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("holds", "passes"), [("y > 1", True), ("y < 1", False), ("np.float64(y) > 1", True)]
)
def test_properties(holds: str, passes: bool) -> None:
    group = Group("g", f"y = f(x)\nrequire({holds}, 'y is above 1')", (Case({"x": 2.0}, Run({"y": 2.0})),))
    report = mark(Sheet("s", "t", (), (group,)), {"f": lambda x: x})
    assert report.passed == passes
    assert [found.says for found in report.findings] == ([] if passes else ["y is above 1"])


# ---- how it looks -----------------------------------------------------------------------------------------


def test_everything_is_escaped() -> None:
    class Script(Exception):
        pass

    report = mark(SHEET, {"gradient_of_g": raising(Script("<script>alert(1)</script>"))})
    page = Shown(report)._repr_mimebundle_()["text/html"]
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    report = mark(SHEET, {"gradient_of_g": lambda w1, w2: [1.0, "<img src=x>"]})
    page = Shown(report)._repr_mimebundle_()["text/html"]
    assert "Try &lt;b&gt;." in page
    assert "<img" not in page


def test_html_and_text_say_the_same() -> None:
    for answer in (lambda w1, w2: [36.0, 8.0], lambda w1, w2: [39.0, 8.0], lambda w1, w2: None):
        bundle = Shown(mark(SHEET, {"gradient_of_g": answer}))._repr_mimebundle_()
        visible = re.sub(r"<style>.*?</style>", "", bundle["text/html"], flags=re.DOTALL)
        words = set(re.findall(r"\w+", re.sub(r"<[^>]+>", " ", visible).replace("&#x27;", "'")))
        assert words >= set(re.findall(r"\w+", bundle["text/plain"]))


def test_it_can_be_read_without_seeing_colours() -> None:
    page = Shown(mark(SHEET, {"gradient_of_g": lambda w1, w2: [36.0, 8.0]}))._repr_mimebundle_()["text/html"]
    assert 'role="group" aria-label="Check of gradient-of-g: not yet"' in page
    assert page.count('<th scope="row">') == 3
    assert "prefers-color-scheme:dark" in page
    assert "forced-colors:active" in page


# ---- what a question asks ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "reads", "perhaps"),
    [
        ("z = f(x)", {"f", "x"}, set()),
        ("w = w - step", {"w", "step"}, set()),
        ("gate = Gate()\ngate = f(gate)", {"Gate", "f"}, set()),
        ("[f(x) for x in xs]", {"f", "xs"}, set()),
        ("for i in range(3):\n    w = w - step", {"range", "step"}, {"w", "i"} - {"i"}),
        ("f = lambda a: a + b", {"b"}, set()),
    ],
)
def test_what_a_program_reads(text: str, reads: set[str], perhaps: set[str]) -> None:
    made: Program = program(text)
    assert made.reads == reads
    assert made.perhaps == perhaps


def test_how_it_is_typed() -> None:
    asks = "gate = Gate()\nz = gate.forward(x, y)\ndx = gate.backward(dz)"
    inputs = {"x": -3.0, "y": math.inf, "dz": 1.0}
    assert (
        typed(asks, inputs, "z = gate.forward(x, y)") == "gate = Gate()\nz = gate.forward(-3.0, float('inf'))"
    )
    long = np.arange(40.0)
    assert typed("f(x)", {"x": long}).startswith("x = array([0.0, 1.0, ")


@pytest.mark.usefixtures("no_shell")
def test_an_exercise_shows_what_is_wrong_and_stops_nothing(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "checks.json").write_text(write_sheets([replace(SHEET, exercise=True)]))
    monkeypatch.setitem(globals(), "gradient_of_g", lambda w1, w2: [36.0, 8.0])
    ck.check("gradient-of-g")
    assert "gradient-of-g: not yet" in capsys.readouterr().out


@pytest.mark.parametrize(("total", "hint"), [(0.0, "Count again."), (36.0, "Where do two paths meet?")])
def test_a_number_that_was_asked_for_is_not_told(total: float, hint: str) -> None:
    """Else there would be nothing left to find: of a function only one value of many is shown."""
    wrong = Misconception("one-path", "Where do two paths meet?", (Run({"total": 36.0}),))
    asked = Group("the numbers shown", "total", (Case({}, Run({"total": 39.0})),), "Count again.")
    report = mark(Sheet("total", "A sum", (Name("total", "variable"),), (asked,), (wrong,)), {"total": total})
    assert str(report) == f"total: total is {total}, and that is not right yet. {hint}"
    assert "39" not in Shown(report)._repr_mimebundle_()["text/plain"]


def of_absolute_values(f: Any) -> Report:
    """Marks |x| at 2, −3 and 0, knowing two wrong answers."""
    cases = tuple(Case({"x": x}, Run({"y": abs(x)})) for x in (2.0, -3.0, 0.0))
    sign = Misconception("sign-kept", "And below zero?", tuple(Run({"y": x}) for x in (2.0, -3.0, 0.0)))
    edge = Misconception("no-zero", "And at zero?", tuple(Run({"y": x}) for x in (2.0, 3.0, 1.0)))
    group = Group("the numbers shown", "y = f(x)", cases, "How far is it from 0?")
    return mark(Sheet("size", "Size", (Name("f", "function", "(x)"),), (group,), (sign, edge)), {"f": f})


@pytest.mark.parametrize(
    ("f", "names", "hint"),
    [
        (lambda x: x, ["sign-kept"], "And below zero?"),
        (lambda x: abs(x) or 1.0, ["no-zero"], "And at zero?"),
        (lambda x: x or 1.0, ["sign-kept", "no-zero"], "And below zero?"),
        (lambda x: x + 1.0, [], "How far is it from 0?"),  # at 0 alone it looks like no-zero
        (lambda x: x - (x == 0.0), ["sign-kept"], "And below zero?"),  # the rest is something else
    ],
)
def test_a_mistake_at_an_edge_is_not_told_of_answers_that_are_wrong_elsewhere(
    f: Any, names: list[str], hint: str
) -> None:
    report = of_absolute_values(f)
    assert [known.name for known in report.misconceptions] == names
    assert report.hint == hint


def test_a_part_without_a_value_is_no_missing_return() -> None:
    right = Run({"best": 2.5, "loss": 0.25})
    group = Group("the numbers shown", "best, loss = search(x)", (Case({"x": 1.0}, right),), "")
    sheet = Sheet("search", "Search", (Name("search", "function", "(x)"),), (group,))
    report = mark(sheet, {"search": lambda x: (None, 0.0)})
    assert report.findings[0].says == "best is None: has it been given a value?"


@pytest.mark.parametrize(
    ("best", "says"),
    [
        (np.ma.array([2.5]), "best is an object of the class MaskedArray; a number is expected here."),
        (print, "best is a function; a number is expected here."),
        (np.longdouble(3.5), "best is 3.5 and should be 2.5."),
    ],
)
def test_one_of_several_values_is_no_number(best: Any, says: str) -> None:
    right = Run({"best": 2.5, "loss": 0.25})
    group = Group("the numbers shown", "best, loss = search(x)", (Case({"x": 1.0}, right),), "")
    sheet = Sheet("search", "Search", (Name("search", "function", "(x)"),), (group,))
    assert mark(sheet, {"search": lambda x: (best, 0.25)}).findings[0].says == says
    assert mark(sheet, {"search": lambda x: (np.longdouble(2.5), np.float32(0.25))}).passed


@pytest.mark.parametrize(
    "container",
    [
        tuple,
        np.array,
        deque,
        lambda pair: dict.fromkeys(pair).keys(),
        lambda pair: dict(enumerate(pair)).values(),
        lambda pair: namedtuple("Gradient", "w1 w2")(*pair),
        lambda pair: [np.float64(part) for part in pair],
    ],
)
def test_a_right_answer_may_come_in_any_container(container: Any) -> None:
    assert mark(SHEET, {"gradient_of_g": lambda w1, w2: container([39.0, 8.0])}).passed
    assert not mark(SHEET, {"gradient_of_g": lambda w1, w2: container([36.0, 8.0])}).passed


@pytest.mark.parametrize("kind", [dict, OrderedDict, Counter, lambda right: defaultdict(float, right)])
def test_a_right_answer_may_come_in_any_dictionary(kind: Any) -> None:
    asks = (Case({}, Run({"gradients": {"x": 5.0, "y": [-3.0]}})),)
    sheet = Sheet(
        "g", "", (Name("backward", "function", "()"),), (Group("", "gradients = backward()", asks),)
    )
    assert mark(sheet, {"backward": lambda: kind({"x": 5.0, "y": [-3.0]})}).passed
    wrong = mark(sheet, {"backward": lambda: kind({"x": 5.0, "y": [3.0]})})
    assert wrong.findings[0].says == "gradients['y'][0] is 3.0 and should be -3.0."


def test_the_next_line_gets_an_answer_as_it_is() -> None:
    """One function of a student's may need the defaultdict that another one made."""
    made = defaultdict(float, {"x": 5.0})
    sheet = Sheet(
        "g",
        "",
        (Name("make", "function", "()"), Name("use", "function", "(gradients)")),
        (Group("", "gradients = make()\nz = use(gradients)", (Case({}, Run({"z": 0.0})),)),),
    )
    assert mark(sheet, {"make": lambda: made, "use": lambda gradients: gradients["new"]}).passed


@pytest.mark.parametrize(
    ("answer", "used"),
    [
        (
            "gradient_of_g = lambda w1, w2: ck.gradient(lambda w: w[0] ** 3 * w[1] + 3 * w[0], [w1, w2])",
            "ck.gradient",
        ),
        (
            "from coursekit import gradient\ngradient_of_g = lambda w1, w2: gradient(sum, [w1, w2])",
            "gradient",
        ),
        (
            "import coursekit.gradients as g\ngradient_of_g = lambda w1, w2: g.gradient(None, [w1, w2])",
            "ck.gradient",
        ),
        ("gradient_of_g = ck.gradient", "gradient_of_g"),
    ],
)
def test_what_will_not_be_there_when_graded_is_not_here(folder: Path, answer: str, used: str) -> None:
    names: dict[str, Any] = {"ck": ck}
    exec(answer, names)
    before = dict(names)
    with pytest.raises(ck.CheckFailed, match=f"gradient_of_g: {used} will not be there when your homework"):
        exec('ck.check("gradient-of-g")', names)
    assert names == before


def test_a_class_made_of_the_librarys_is_not_there_either(folder: Path) -> None:
    names: dict[str, Any] = {"ck": ck}
    exec("class MultiplyGate(ck.MultiplyGate):\n    pass", names)
    with pytest.raises(ck.CheckFailed, match="MultiplyGate: MultiplyGate will not be there"):
        exec('ck.check("multiply-gate")', names)
    assert issubclass(names["MultiplyGate"], ck.MultiplyGate)


def test_pictures_and_lectures_keep_the_library(folder: Path) -> None:
    names: dict[str, Any] = {"ck": ck}
    exec("def gradient_of_g(w1, w2):\n    ck.step_through\n    return [3 * w1**2 * w2 + 3, w1**3]", names)
    exec('ck.check("gradient-of-g")', names)
    (folder / "checks.json").write_text(write_sheets([replace(SHEET, exercise=True)]))
    exec(
        "def gradient_of_g(w1, w2):\n    return ck.gradient(lambda w: w[0]**3 * w[1] + 3 * w[0], [w1, w2])",
        names,
    )
    exec('ck.check("gradient-of-g")', names)


def test_a_wrong_kind_of_answer_gets_no_hint_on_its_value() -> None:
    for answer in (lambda w1, w2: None, lambda w1, w2: 39.0, lambda w1, w2: {"w1": 39.0}):
        report = mark(SHEET, {"gradient_of_g": answer})
        assert report.hint == ""
        assert "Next:     mend your answer, run its cell, and then this one again." in repr(Shown(report))
        lecture = mark(replace(SHEET, exercise=True), {"gradient_of_g": answer})
        assert "Next:     mend your answer and run the cell again." in repr(Shown(lecture))


def test_slips_of_a_class() -> None:
    class NoSelf:
        def forward(x, y):
            return x * y

    class NothingKept:
        def forward(self, x: float, y: float) -> float:
            return x * y

        def backward(self, dz: float) -> tuple[float, float]:
            return not_kept * dz, not_kept * dz  # type: ignore[name-defined]  # noqa: F821

    says = mark(GATE, {"MultiplyGate": NoSelf}).findings[0].says
    assert says.endswith("but 3 were given. Every method's first argument is self.")
    says = mark(GATE, {"MultiplyGate": NothingKept}).findings[0].says
    assert says.endswith(
        "was the cell that defines it run? What a method needs of another one is kept in self."
    )


def test_code_in_a_sentence_is_shown_as_code() -> None:
    report = mark(Sheet("x", "", (Name("x", "variable"),), SHEET.groups), {"x": ...})
    assert "<p>x is still <code>...</code>: put your answer in its place.</p>" in Shown(report)._html()
