"""A question as its author writes it: what is checked, recognised, and refused as an author's slip."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import coursekit as ck
from autograder.bank import BankError, load_bank
from autograder.question import Code, Draw, Question, Slip, case, collected
from coursekit.checking import notebook
from coursekit.checking.marking import Report, mark
from coursekit.checking.sheet import read_sheets, write_sheets

BANKS = Path(__file__).parents[2] / "autograder" / "questions"


def of_g(**more: object) -> Question:
    """The question of the guide, without misconceptions."""
    question = Question(
        "gradient-of-g",
        "The gradient of g",
        points=3,
        asks="gradient = gradient_of_g(w1, w2)",
        public=[case(w1=2.0, w2=3.0).gives(gradient=[39.0, 8.0])],
        message="Follow every path.",
        **more,
    )

    @question.reference
    def gradient_of_g(w1, w2):
        return [3 * w1**2 * w2 + 3, w1**3]

    @question.hidden("other points", count=3)
    def _(draw: Draw):
        """It should be a formula."""
        return {"w1": draw.number(), "w2": draw.number()}

    return question


def with_one_path() -> Question:
    question = of_g()

    @question.misconception
    def one_path(w1, w2):
        """Two paths meet."""
        return [3 * w1**2 * w2, w1**3]

    return question


def answered(question: Question, answer: object, seed: int | None = 1) -> Report:
    return mark(question.sheet(seed), {"gradient_of_g": answer})


def test_the_reference_passes() -> None:
    question = of_g()
    report = answered(question, question.answer["gradient_of_g"])
    assert report.passed
    assert report.asked == 4
    assert report.earned == 1.0
    assert question.reads == {"gradient_of_g"}


def test_one_path_gets_its_hint() -> None:
    report = answered(with_one_path(), lambda w1, w2: (3 * w1 * w1 * w2, w1**3), seed=None)
    assert [known.name for known in report.misconceptions] == ["one-path"]
    assert report.findings[0].says == "gradient[0] is 36.0 and should be 39.0."
    assert report.findings[0].asked == "gradient = gradient_of_g(2.0, 3.0)"
    assert report.hint == "Two paths meet."
    assert report.earned == 0.0


def test_a_misconception_is_told_beside_another_mistake() -> None:
    report = answered(with_one_path(), lambda w1, w2: [3 * w1 * w1 * w2, -1.0])
    assert [known.name for known in report.misconceptions] == ["one-path"]


def test_no_misconception_is_told_where_values_differ() -> None:
    report = answered(with_one_path(), lambda w1, w2: [36.0, 8.0])  # 36 at the shown point only
    assert report.misconceptions == []
    assert report.hint == "Follow every path."


def test_hidden_cases_depend_on_the_seed_alone() -> None:
    one, same, other = (of_g().sheet(seed).groups[1].cases for seed in (5, 5, 6))
    assert [known.inputs for known in one] == [known.inputs for known in same]
    assert [known.inputs for known in one] != [known.inputs for known in other]


def test_what_is_published_holds_no_code_of_answers() -> None:
    question = with_one_path()
    text = write_sheets([question.sheet()])
    assert "w1**3" not in text.replace(" ", "")
    assert "other points" not in text
    assert "It should be a formula" not in text
    read = read_sheets(text)["gradient-of-g"]
    assert read.more
    assert read.misconceptions[0].runs[0].answers == {"gradient": [36.0, 8.0]}
    report = mark(read, {"gradient_of_g": lambda w1, w2: [36, 8]})
    assert report.hint == "Two paths meet."


def test_hidden_cases_are_never_published() -> None:
    with pytest.raises(ValueError, match="must not be written"):
        write_sheets([of_g().sheet(seed=1)])


def test_shares() -> None:
    question = Question("parts", "Parts", points=4, asks="y = f(x)", public=[case(x=1.0)], share=0.25)
    question.reference(f=lambda x: abs(x))
    question.group("negative numbers", [case(x=-2.0)], message="And below zero?", share=0.75)
    assert list(question.slips()) == []
    assert mark(question.sheet(0), {"f": lambda x: x}).earned == 0.25
    assert mark(question.sheet(0), {"f": lambda x: -x}).earned == 0.75
    assert mark(question.sheet(0), {"f": abs}).earned == 1.0


def test_properties() -> None:
    question = Question("gate", "A gate", points=1, asks="z = Square().forward(x)", public=[case(x=3.0)])

    @question.reference
    class Square:
        def forward(self, x):
            self.x = x
            return x * x

        def backward(self, dz):
            return 2 * self.x * dz

    @question.hidden("backward fits forward", asks="agrees_with_own_forward(Square(), x)")
    def _(draw: Draw):
        """backward and forward are of two functions."""
        return {"x": draw.array(draw.size(), draw.size())}

    @question.misconception
    class NoFactorTwo(Square):
        """What is the exponent's part?"""

        def backward(self, dz):
            return self.x * dz

    assert list(question.slips()) == []
    report = mark(question.sheet(1), {"Square": NoFactorTwo})
    assert "does not agree with your own forward" in report.findings[0].says
    assert report.findings[0].hidden


def test_inputs_stay_as_they_were() -> None:
    question = Question("sum", "Sum", points=1, asks="total(w)", public=[case(w=[1.0, 2.0])])
    question.reference(total=sum)

    def emptying(w):
        return w.pop() + w.pop()

    report = mark(question.sheet(), {"total": emptying})
    assert "work on a copy" in report.findings[0].says
    question.keeps_inputs = False
    assert mark(question.sheet(), {"total": emptying}).passed


def test_functions_as_inputs() -> None:
    question = Question(
        "slope", "Slope", points=1, asks="slope(f, x)", public=[case(f=Code("lambda x: math.sin(x)"), x=0.0)]
    )
    question.reference(slope=lambda f, x: (f(x + 1e-6) - f(x - 1e-6)) / 2e-6)
    assert list(question.slips()) == []
    read = read_sheets(write_sheets([question.sheet()]))["slope"]
    assert mark(read, {"slope": lambda f, x: 1.0}).passed
    assert mark(read, {"slope": lambda f, x: f(x)}).findings[0].asked == "slope(lambda x: math.sin(x), 0.0)"


def test_variables() -> None:
    question = Question("total", "Total", points=1, asks="total", public=[case()])
    question.reference(total=39.0)
    question.misconception(name="one-path", hint="Two paths meet.", total=36.0)
    assert list(question.slips()) == []
    assert mark(question.sheet(), {"total": 36}).hint == "Two paths meet."
    assert mark(question.sheet(), {"total": 39}).passed


def test_several_names() -> None:
    question = Question(
        "pair", "Pair", points=1, asks="y = forward(x)\ndx = backward(dz)", public=[case(x=2.0, dz=5.0)]
    )

    @question.reference
    def forward(x):
        return 3 * x

    @question.reference
    def backward(dz):
        return 3 * dz

    @question.misconception(of="backward")
    def no_upstream(dz):
        """What arrives from above?"""
        return 3.0

    assert list(question.slips()) == []
    report = mark(question.sheet(), {"forward": forward, "backward": no_upstream})
    assert report.hint == "What arrives from above?"


# ---- an author's slips ----------------------------------------------------------------------------------


def test_a_misconception_that_passes() -> None:
    question = of_g()

    @question.misconception
    def nothing_wrong(w1, w2):
        """Hm."""
        return [3 * w1**2 * w2 + 3, w1**3]

    assert list(question.slips()) == [
        "gradient-of-g: the misconception 'nothing-wrong' passes: add a case that it fails."
    ]


def test_an_alternative_that_fails() -> None:
    question = of_g()

    @question.alternative
    def halved(w1, w2):
        return np.array([3 * w1**2 * w2 + 3, w1**3]) / 2

    [slip] = question.slips()
    assert "the alternative 'halved' is right and fails: gradient[0] is 19.5 and should be 39.0." in slip


def test_a_reference_that_fails_its_own_case() -> None:
    question = Question("f", "f", points=1, asks="y = f(x)", public=[case(x=2.0).gives(y=5.0)])
    question.reference(f=lambda x: x * x)
    with pytest.raises(Slip, match=r"the reference fails its own case: y is 4.0, stated is 5.0"):
        question.sheet()
    assert len(list(question.slips())) == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"slug": "Gradient of g"}, "is no slug"),
        ({"public": []}, "no public case"),
        ({"asks": "gradient ="}, "is not Python"),
        ({"points": "2"}, "points='2' is no number of points"),
        ({"points": -1}, "points=-1 is no number of points"),
        ({"points": float("nan")}, "points=nan is no number"),
    ],
)
def test_slips_at_once(change: dict, words: str) -> None:
    told = {"slug": "f", "title": "f", "points": 1, "asks": "f(x)", "public": [case(x=1.0)], **change}
    with pytest.raises(Slip, match=words):
        Question(**told)


@pytest.mark.parametrize(
    ("generator", "words"),
    [
        (
            lambda draw: {"x": 1 / 0},
            "f, 'drawn': the generator hidden raises ZeroDivisionError: division by zero",
        ),
        (lambda draw: [draw.number()], r"f, 'drawn': the generator hidden returned \[.*\]: a case is a dict"),
        (lambda draw: {1: 2.0}, r"returned \{1: 2.0\}: a case is a dict of inputs by name"),
    ],
)
def test_a_generator_that_fails_is_named(generator: Callable[[Draw], dict], words: str) -> None:
    question = Question("f", "f", points=1, asks="y = f(x)", public=[case(x=2.0)])
    question.reference(f=lambda x: x * x)

    @question.hidden("drawn")
    def hidden(draw: Draw) -> dict:
        """Any x."""
        return generator(draw)

    with pytest.raises(Slip, match=words):
        question.sheet(seed=3)


def test_while_graded_the_library_has_what_a_notebook_was_told() -> None:
    stub = runpy.run_path(str(BANKS.parent / "box" / "stub" / "coursekit" / "__init__.py"))
    for name in ck.__all__:
        if notebook._stays(name):
            assert callable(stub.get(name) or stub["__getattr__"](name))
        elif name in ("check_gate", "check_gradient"):  # cells may call them; answers get nothing from them
            assert "is not run while your homework is graded" in repr(stub[name]())
            with pytest.raises(AttributeError, match="is not available while your homework"):
                assert stub[name]().passed
        else:
            assert name not in stub
            with pytest.raises(AttributeError, match=f"{name} is not available while your homework"):
                stub["__getattr__"](name)


def test_hints_and_names_are_needed() -> None:
    question = of_g()
    with pytest.raises(Slip, match="needs a name and a hint"):
        question.misconception(lambda w1, w2: [0.0, 0.0])
    with pytest.raises(Slip, match="what a student is told"):
        question.hidden("silent")(lambda draw: {})
    with pytest.raises(Slip, match="two groups have the title"):
        question.group("other points", [case(w1=1.0, w2=1.0)], message="?")
    with pytest.raises(Slip, match="defines gradient_of_g twice"):
        question.reference(gradient_of_g=3.0)


def test_unknown_names_and_inputs_that_are_not_plain() -> None:
    question = Question("f", "f", points=1, asks="f(y)", public=[case(x=1.0)])
    question.reference(f=abs)
    assert "reads y, which is neither an input" in next(question.slips())
    question = Question("f", "f", points=1, asks="f(x)", public=[case(x=len)])
    question.reference(f=id)
    assert "an input is not plain" in next(question.slips())


def test_shares_must_add_up() -> None:
    question = of_g(share=0.5)
    assert "the shares add up to 1" in next(question.slips())


# ---- banks ------------------------------------------------------------------------------------------------

HEAD = 'from autograder.questions import Question, case\nq = Question("f", "f", points=1, asks="f(x)", '


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("x = 1\n", "makes no Question"),
        ("x = 1\ny = undefined\n", "line 2: NameError"),
        ("x = (\n", "line 1: SyntaxError"),
        (HEAD + "public=[])\n", "line 2: f: there is no public case"),
        (HEAD + "public=[case(x=1)])\n", "has no reference"),
        (
            HEAD
            + "public=[case(x=1)])\nq.reference(f=abs)\n"
            + HEAD
            + "public=[case(x=1)])\nq.reference(f=abs)\n",
            "two questions have the slug 'f'",
        ),
    ],
)
def test_a_bank_that_does_not_load(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "hw.py").write_text(text)
    with pytest.raises(BankError, match=words):
        load_bank(tmp_path / "hw.py")


def test_a_missing_bank(tmp_path: Path) -> None:
    with pytest.raises(BankError, match=r"hw\.py cannot be read"):
        load_bank(tmp_path / "hw.py")


def test_collecting_ends_with_its_block() -> None:
    with collected() as found:
        question = of_g()
    of_g()
    assert found == [question]


@pytest.mark.parametrize("path", sorted(BANKS.glob("[a-z]*.py")), ids=lambda path: path.stem)
def test_our_banks_have_no_slip(path: Path) -> None:
    bank = load_bank(path)
    assert [slip for question in bank.questions.values() for slip in question.slips(seed=1)] == []
    assert read_sheets(bank.public()).keys() == bank.questions.keys()
