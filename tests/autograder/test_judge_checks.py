"""Questions of the bank in the judge: all cases, asked of the student's process, believed only by value."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from autograder.judge import NotebookResult, judge_notebook
from autograder.plan import make_plan
from autograder.question import Code, Draw, Question, case
from coursekit.checking.sheet import read_sheets, write_sheets
from tests.autograder.judging import HASTY, QUICK, SEED, graded, locked, notebook, solution, submission
from tests.autograder.unboxed import spawn


def of_g() -> Question:
    question = Question(
        "gradient-of-g",
        "The gradient of g",
        points=4,
        asks="gradient = gradient_of_g(w1, w2)",
        public=[case(w1=2.0, w2=3.0).gives(gradient=[39.0, 8.0])],
        message="Follow every path.",
    )

    @question.reference
    def gradient_of_g(w1, w2):
        return [3 * w1**2 * w2 + 3, w1**3]

    @question.hidden("other points", count=3)
    def _(draw: Draw):
        """It should be a formula."""
        return {"w1": draw.number(), "w2": draw.number()}

    @question.misconception
    def one_path(w1, w2):
        """What happens where two paths meet?"""
        return [3 * w1**2 * w2, w1**3]

    @question.misconception
    def constants(w1, w2):
        """These are the numbers of the example."""
        return [39.0, 8.0]

    return question


def of_parts() -> Question:
    question = Question("parts", "Parts", points=4, asks="y = f(x)", public=[case(x=1.0)], share=0.25)
    question.reference(f=abs)
    question.group("negative numbers", [case(x=-2.0)], message="And below zero?", share=0.75)
    return question


def of_slope() -> Question:
    question = Question(
        "slope",
        "A slope",
        points=1,
        asks="slope(f, x)",
        public=[case(f=Code("lambda x: x * x"), x=3.0)],
        relative=1e-4,
    )
    question.reference(slope=lambda f, x: (f(x + 1e-6) - f(x - 1e-6)) / 2e-6)
    question.group("the sine", [case(f=Code("lambda x: math.sin(x)"), x=0.0)], message="Any function?")
    return question


RIGHT = "def gradient_of_g(w1, w2):\n    return [3 * w1**2 * w2 + 3, w1**3]"
SOURCE = notebook(
    locked("import coursekit as ck", "setup"), solution(RIGHT), graded('ck.check("gradient-of-g")', points=4)
)


def judged(question: Question, source=SOURCE, limits=QUICK, **answers: str) -> NotebookResult:
    plan = make_plan(source, questions={question.slug: question})
    assert plan.refusals == ()
    with TemporaryDirectory() as folder:
        return judge_notebook(
            plan,
            submission(source, **answers) if answers else source,
            spawn,
            seed=SEED,
            limits=limits,
            source_dir=Path(folder),
        )


def only(result: NotebookResult):
    [question] = result.questions
    return question


def test_a_right_answer() -> None:
    question = only(judged(of_g()))
    assert (question.score, question.reason, question.misconceptions) == (4.0, "", [])


@pytest.mark.parametrize(
    "answer",
    [
        "import numpy as np\ndef gradient_of_g(w1, w2):\n    return np.array([3 * w1**2 * w2 + 3, w1**3])",
        "gradient_of_g = lambda *w: (3 * (w[0]**2 * w[1] + 1), w[0]**3)",
        "class G:\n    def __call__(self, a, b):\n        return 3 * a**2 * b + 3, a**3\ngradient_of_g = G()",
    ],
)
def test_right_in_another_way(answer: str) -> None:
    assert only(judged(of_g(), answer=answer)).score == 4.0


def test_one_path() -> None:
    question = only(judged(of_g(), answer="def gradient_of_g(w1, w2):\n    return [3 * w1**2 * w2, w1**3]"))
    assert question.score == 0.0
    assert question.misconceptions == ["one-path"]
    assert question.reason == "gradient[0] is 36.0 and should be 39.0. What happens where two paths meet?"


def test_a_hidden_case_is_never_shown() -> None:
    result = judged(of_g(), answer="def gradient_of_g(w1, w2):\n    return [39.0, 8.0]")
    question = only(result)
    assert question.score == 0.0
    assert question.misconceptions == ["constants"]
    assert question.reason == "other points: It should be a formula. These are the numbers of the example."
    told = str(result.outputs) + str(result.messages)
    hidden = of_g().sheet(SEED).groups[1]
    for known in hidden.cases:
        assert str(known.inputs["w1"]) not in told


SPY = """\
seen = []
def gradient_of_g(w1, w2):
    seen.append((w1, w2))
    if len(seen) > 1:
        raise ValueError(f"SPIED {seen}")
    return [39.0, 8.0]
"""


def test_what_a_student_saw_of_hidden_cases_is_not_told() -> None:
    source = notebook(
        solution(RIGHT),
        graded('ck.check("gradient-of-g")', "gradient-of-g"),
        solution("def after():\n    pass", "later"),
        graded('ck.check("gradient-of-g")', "again"),
    )
    result = judged(of_g(), source, answer=SPY, later="print('SPIED', seen)")
    assert [question.score for question in result.questions] == [0.0, 0.0]
    told = str(result.outputs) + str(result.messages) + str(result.questions)
    assert "SPIED []" in told  # from a process that was asked nothing yet
    assert told.count("SPIED") == 1


def test_shares_in_the_judge() -> None:
    source = notebook(solution("f = abs"), graded('import coursekit as ck\nck.check("parts")', points=4))
    question = only(judged(of_parts(), source, answer="f = lambda x: x"))
    assert question.score == 1.0
    assert question.reason == "1 of 4 points. negative numbers: And below zero?"
    mixed = notebook(solution("f = abs"), graded('check("parts")\nassert f(-3.0) == 3.0', points=4))
    assert only(judged(of_parts(), mixed)).score == 4.0
    assert only(judged(of_parts(), mixed, answer="f = lambda x: x")).score == 0.0


def test_asserts_beside_a_check() -> None:
    source = notebook(
        solution("f = abs"), graded('check("parts")\nassert f(-3.0) == 3.0, "Three below zero?"', points=4)
    )
    question = only(judged(of_parts(), source, answer="f = lambda x: 1.0 if x == 1.0 else 2.0"))
    assert question.score == 0.0
    assert "Three below zero?" in question.reason


def test_functions_are_handed_to_the_student() -> None:
    right = "def slope(f, x):\n    return (f(x + 1e-5) - f(x)) / 1e-5"
    source = notebook(solution(right), graded('check("slope")', points=1))
    assert only(judged(of_slope(), source)).score == 1.0
    wrong = only(judged(of_slope(), source, answer="def slope(f, x):\n    return 6.0"))
    assert wrong.score == 0.0
    assert wrong.reason == "the sine: Any function?"


def test_inputs_that_the_student_changes() -> None:
    question = Question("sum", "Sum", points=1, asks="total(w)", public=[case(w=[1.0, 2.0])])
    question.reference(total=sum)
    source = notebook(solution("total = sum"), graded('check("sum")', points=1))
    result = only(judged(question, source, answer="def total(w):\n    return w.pop() + w.pop()"))
    assert result.score == 0.0
    assert "work on a copy" in result.reason


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ("pass", "gradient_of_g is not defined yet"),
        ("gradient_of_g = 39.0", "should be a function, and it is the number 39.0"),
        ("def gradient_of_g(w1):\n    return 1", "should take (w1, w2), and it takes (w1)"),
        ("def gradient_of_g(w1, w2):\n    raise NotImplementedError()", "no answer yet"),
        ("def gradient_of_g(w1, w2):\n    import os\n    os._exit(0)", "did not end"),
        ("def gradient_of_g(w1, w2):\n    while True: pass", "took longer than 1 s"),
        ("def gradient_of_g(w1, w2):\n    return float('nan'), 8.0", "is NaN"),
        ("def gradient_of_g(w1, w2):\n    raise SystemExit", "ends the program"),
    ],
)
def test_answers_that_are_none(answer: str, says: str) -> None:
    question = only(judged(of_g(), limits=HASTY, answer=answer))
    assert question.score == 0.0
    assert says in question.reason


FORGERIES = {
    "equals everything": """\
class Anything:
    def __eq__(self, other): return True
    def __len__(self): return 2
    def __getitem__(self, i): return self
    def __float__(self): return 39.0
    __hash__ = None
gradient_of_g = lambda w1, w2: Anything()
""",
    "entries that equal everything": """\
class Number(float):
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __hash__ = float.__hash__
gradient_of_g = lambda w1, w2: [Number(1.0), Number(2.0)]
""",
    "a NumPy number of its own": """\
import numpy as np
class Number(np.float64):
    def __eq__(self, other): return True
    def item(self): return 39.0
gradient_of_g = lambda w1, w2: [Number(1.0), Number(2.0)]
""",
    "an array of its own": """\
import numpy as np
class Array(np.ndarray):
    def __array_ufunc__(self, *args, **kwargs): return True
gradient_of_g = lambda w1, w2: np.zeros(2).view(Array)
""",
    "a check of its own": """\
class ck:
    check = staticmethod(lambda slug: None)
check = ck.check
__coursekit_check__ = ck.check
gradient_of_g = lambda w1, w2: [0.0, 0.0]
""",
    "the real one's exceptions": """\
def gradient_of_g(w1, w2):
    from coursekit.errors import CheckFailed
    raise CheckFailed("all right")
""",
    "a made-up exception": """\
WrongParts = type("WrongParts", (Exception,), {"__module__": "coursekit.checking.asking"})
def gradient_of_g(w1, w2):
    raise WrongParts(1, 2, 3)
""",
    "another made-up exception": """\
OutOfTime = type("OutOfTime", (BaseException,), {"__module__": "coursekit.checking.asking"})
def gradient_of_g(w1, w2):
    raise OutOfTime()
""",
    "changes the arguments": """\
def gradient_of_g(w1, w2):
    import sys
    sys.modules["__main__"].check = lambda slug: None
    return [w1, w2]
""",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_forgeries_earn_nothing(name: str) -> None:
    assert only(judged(of_g(), answer=FORGERIES[name])).score == 0.0


@pytest.mark.parametrize("name", FORGERIES)
def test_forgeries_earn_nothing_where_the_source_imports_in_the_solution(name: str) -> None:
    source = notebook(
        solution("import coursekit as ck\nfrom coursekit import check\n" + RIGHT),
        graded('ck.check("gradient-of-g")\ncheck("gradient-of-g")', points=4),
    )
    assert only(judged(of_g(), source)).score == 4.0
    assert only(judged(of_g(), source, answer=FORGERIES[name])).score == 0.0


def test_a_check_that_does_not_run_earns_nothing() -> None:
    source = notebook(
        solution(RIGHT), graded('if gradient_of_g(1.0, 1.0)[0] == 6.0:\n    check("gradient-of-g")', points=4)
    )
    assert only(judged(of_g(), source)).score == 4.0
    question = only(judged(of_g(), source, answer="gradient_of_g = lambda w1, w2: [0.0, 0.0]"))
    assert (question.score, question.reason) == (0.0, "Its check did not run.")


def test_a_check_whose_slug_cannot_be_seen() -> None:
    source = notebook(
        locked("import coursekit as ck", "setup"),
        solution(RIGHT),
        graded('for slug in ["gradient-of-g"]:\n    ck.check(slug)\ngradient_of_g', points=4),
    )
    assert only(judged(of_g(), source)).score == 4.0
    result = judged(of_g(), source, answer="def gradient_of_g(w1, w2):\n    return [39.0, 8.0]")
    assert only(result).score == 0.0
    assert "w1" not in only(result).reason


def test_checks_outside_test_cells_say_nothing() -> None:
    source = notebook(
        locked("import coursekit as ck", "setup"),
        solution(RIGHT),
        locked('ck.check("gradient-of-g")', "try-it"),
        graded('ck.check("gradient-of-g")', points=4),
    )
    result = judged(of_g(), source, answer="def gradient_of_g(w1, w2):\n    return [1.0, 2.0]")
    assert result.messages == []
    assert result.outputs["cell-2"] == []


def test_an_unknown_question_is_refused() -> None:
    source = notebook(solution(RIGHT), graded('import math\ncheck("gradient-of-h")'))
    [refusal] = make_plan(source, questions={"gradient-of-g": of_g()}).refusals
    assert (refusal.grade_id, refusal.line) == ("question", 2)
    assert refusal.reason == "the question bank has no question 'gradient-of-h'"


def test_an_author_s_slip_costs_nobody_anything() -> None:
    question = of_g()

    @question.hidden("where the reference fails", count=2)
    def _(draw: Draw):
        """Never asked."""
        return {"w1": "a text", "w2": draw.number()}

    result = only(judged(question))
    assert (result.score, result.needs_manual_grade) == (None, True)
    assert "cannot be asked as its author wrote it" in result.reason
    assert "a text" not in result.reason


def test_properties_in_the_judge() -> None:
    question = Question("odd", "Odd", points=1, asks="y = f(x)", public=[case(x=2.0)])
    question.reference(f=lambda x: x**3)
    question.group(
        "f(−x) is −f(x)",
        [case(x=5.0)],
        asks="require(np.isclose(f(-x), -f(x)), 'f(-x) is not -f(x)')",
        message="Is f odd?",
    )
    source = notebook(solution("def f(x):\n    return x**3"), graded('check("odd")', points=1))
    assert only(judged(question, source)).score == 1.0
    wrong = only(judged(question, source, answer="def f(x):\n    return 8.0"))
    assert (wrong.score, wrong.reason) == (0.0, "f(−x) is −f(x): Is f odd?")
    liar = "class T:\n    def __eq__(self, o): return True\n    def __neg__(self): return self\n"
    liar += "f = lambda x: T()"
    assert only(judged(question, source, answer=liar)).score == 0.0


def test_without_a_bank_check_is_any_function() -> None:
    source = notebook(solution(RIGHT), graded("def check(x):\n    assert x\ncheck('a')"))
    assert make_plan(source).refusals == ()


def test_the_same_cases_in_the_notebook_and_in_the_judge() -> None:
    public = read_sheets(write_sheets([of_g().sheet()]))["gradient-of-g"]
    [first, *_] = of_g().sheet(SEED).groups
    assert first.cases[0].inputs == public.groups[0].cases[0].inputs
    assert first.cases[0].right.answers == public.groups[0].cases[0].right.answers
