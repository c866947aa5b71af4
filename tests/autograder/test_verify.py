"""`coursekit verify`: our assignments are proven, and each kind of weakness is found."""

from __future__ import annotations

import ast
import contextlib
import json
from pathlib import Path

import nbformat
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder import cli
from autograder.box import BoxUnavailable, best_level
from autograder.course import Course, CourseError
from autograder.leaks import leaks
from autograder.mutants import mutants_of, mutants_of_text
from autograder.verify import AssignmentProof, verify
from tests.autograder.test_check_files import BANK, CONFIGURATION, cell

ROOT = Path(__file__).parents[2]
ASSIGNMENTS = sorted(folder.name for folder in (ROOT / "assignments").iterdir() if folder.is_dir())


@pytest.fixture(scope="module")
def level():
    try:
        return best_level()
    except BoxUnavailable as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_our_assignments_are_proven(assignment: str, level) -> None:
    with contextlib.chdir(ROOT):
        proof = verify(Course(ROOT), assignment, level)
    assert proof.problems == []
    asked = [question for question in proof.questions if not question.by_hand]
    assert all(question.solution == question.points and question.release == 0.0 for question in asked)
    assert all(len(question.misconceptions) >= 4 and question.alternatives for question in asked)


def test_our_lectures_are_proven(level) -> None:
    with contextlib.chdir(ROOT):
        proof = verify(Course(ROOT), "lectures", level)
    assert proof.problems == []
    assert all(question.misconceptions and not question.graded for question in proof.questions)
    with_code = [question for question in proof.questions if question.mutants]
    assert len(with_code) >= 5
    assert all(question.mutants >= 6 and not question.survivors for question in with_code)


# ---- a course with weaknesses -----------------------------------------------------------------------------

ANSWER = "def double(x):\n    ### BEGIN SOLUTION\n    return x + x\n    ### END SOLUTION"
PLAIN_ANSWER = "def line(x):\n    ### BEGIN SOLUTION\n    return 2 * x + 1\n    ### END SOLUTION"
GOOD_BANK = BANK.replace("x**2.5", "x**2").replace("case(x=2.0).gives(y=4.0)", "case(x=3.0).gives(y=6.0)")


def course(root: Path, bank: str, *, answer: str = ANSWER, plain: str = "", tests: str = "") -> Course:
    (root / "nbgrader_config.py").write_text(CONFIGURATION)
    (root / "questions").mkdir()
    (root / "questions" / "ps1.py").write_text(bank)
    cells = [
        cell(answer, "answer", solution=True, locked=False),
        cell('import coursekit as ck\nck.check("double")', "double", grade=True, points=1),
    ]
    if plain:
        cells.append(cell(plain, "line-answer", solution=True, locked=False))
        cells.append(cell(tests, "line", grade=True, points=2))
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    (root / "source" / "ps1").mkdir(parents=True)
    nbformat.write(notebook, root / "source" / "ps1" / "ps1.ipynb")
    return Course(root)


@pytest.fixture
def prove(tmp_path: Path, level, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)

    def prove(bank: str = GOOD_BANK, **cells: str) -> AssignmentProof:
        return verify(course(tmp_path, bank, **cells), "ps1", level)

    return prove


def test_proven(prove) -> None:
    proof = prove()
    assert proof.problems == []
    [question] = proof.questions
    assert (question.slug, question.solution, question.release) == ("double", 1.0, 0.0)
    assert question.misconceptions == {"squared": True}
    assert (question.mutants, question.survivors) == (3, [])
    assert proof.to_json()["proven"] is True


WEAK = """\
from autograder.questions import Question, case
q = Question("double", "Twice", points=1, asks="y = double(x)", public=[case(x=2.0).gives(y=4.0)])
@q.reference
def double(x):
    return x * 2
"""


def test_mutants_that_pass(prove) -> None:
    [problem] = prove(WEAK).problems
    assert problem.startswith("double: the mutant `double: x * 2 → x + 2` passes: add a case that it fails")


def test_mutants_that_are_right(prove) -> None:
    bank = WEAK.replace("points=1,", 'points=1, equivalent=["double: x * 2 → x + 2", "double: gone"],')
    proof = prove(bank)
    assert proof.questions[0].equivalent == ["double: x * 2 → x + 2"]
    assert proof.problems == ["double: `equivalent` names 'double: gone': there is no such mutant."]


def test_a_misconception_that_passes(prove) -> None:
    bank = WEAK + '@q.misconception\ndef squared(x):\n    """Hm?"""\n    return x * x\n'
    assert "double: the misconception 'squared' passes, or is not told by its values." in prove(bank).problems


def test_an_alternative_that_fails(prove) -> None:
    bank = GOOD_BANK + "\n@question.alternative\ndef half(x):\n    return x / 2\n"
    assert prove(bank).questions[0].alternatives == {"half": False}


def test_a_solution_that_is_wrong_and_a_release_that_is_right(prove) -> None:
    proof = prove(answer="def double(x):\n    return 3 * x\n### BEGIN SOLUTION\n1\n### END SOLUTION")
    assert proof.problems[0] == "double: the solution gets 0 points, not 1."
    assert any("y is 9.0 and should be 6.0." in note for note in proof.notes)


def test_a_release_that_gives_the_answer_away(prove) -> None:
    proof = prove(answer="def double(x):\n    return 2 * x\n### BEGIN SOLUTION\n1\n### END SOLUTION")
    assert proof.problems == ["double: the released notebook, unanswered, gets 1 points."]


def test_a_reference_that_fails_its_own_case_is_told_once(prove, tmp_path: Path, level) -> None:
    bank = GOOD_BANK.replace("return x + x", "return x + 1")
    told = (
        "double, 'the numbers shown', {'x': 3.0}: the reference fails its own case: y is 4.0, stated is 6.0"
    )
    with pytest.raises(CourseError, match="Mend the question bank first") as refused:
        prove(bank)
    assert str(refused.value).count(told) == 1
    # A course whose configuration does not write checks.json can be released, and its bank is at fault still.
    configuration = "".join(CONFIGURATION.splitlines(keepends=True)[:-1])
    (tmp_path / "nbgrader_config.py").write_text(configuration)
    proof = verify(Course(tmp_path), "ps1", level)
    assert [problem for problem in proof.problems if "reference" in problem] == [f"{told}."]


def test_a_reference_that_fails_on_hidden_numbers_is_told_once(prove) -> None:
    bank = GOOD_BANK.replace("return x + x", "return {3.0: 6.0}[x]")
    [problem] = [problem for problem in prove(bank).problems if "reference" in problem]
    assert problem.startswith("double, 'others', {'x': ")
    assert ": the reference raises KeyError: " in problem


def test_points_that_differ_and_questions_that_are_not_used(prove) -> None:
    bank = GOOD_BANK.replace("points=1", "points=2") + GOOD_BANK.replace('"double"', '"other"')
    problems = prove(bank).problems
    assert "double: 2 points in the bank, 1 in the notebook." in problems
    assert "other: the bank has this question, and no test cell is called so." in problems


def test_what_is_hidden_and_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    line = "return 2.0 * x if x > -1e9 else float('nan')"
    made = course(tmp_path, GOOD_BANK.replace("return x + x", line))
    bank, assignment = made.bank("ps1"), made.assignment("ps1")
    assert leaks(bank, assignment, bank.public()) == {"double": []}
    shown = {"double": [line]}
    assert leaks(bank, assignment, bank.public() + line) == shown
    written = json.dumps({"note": f"def double(x):\n    {line}"})
    assert leaks(bank, assignment, written) == shown


def test_plain_assertions(prove) -> None:
    proof = prove(plain=PLAIN_ANSWER, tests="assert line(0) == 1\nassert line(3) == 7")
    assert proof.problems == []
    line = proof.questions[1]
    assert (line.slug, line.solution, line.release) == ("line", 2.0, 0.0)
    assert line.mutants >= 8
    assert line.survivors == []


def test_plain_assertions_that_are_too_weak(prove) -> None:
    proof = prove(plain=PLAIN_ANSWER, tests="assert line(0) == 1")
    assert "line-answer: 2 * x → 2 / x" not in proof.questions[1].survivors  # 0 / … raises
    assert "line-answer: 2 → 3" in proof.questions[1].survivors
    assert not proof.proven


def test_lectures_with_weaknesses(prove, tmp_path: Path, level) -> None:
    prove()
    lecture = nbformat.v4.new_notebook(
        cells=[
            nbformat.v4.new_code_cell('ck.check("double")\nck.check("triple")'),
        ]
    )
    (tmp_path / "notebooks").mkdir()
    nbformat.write(lecture, tmp_path / "notebooks" / "one.ipynb")
    with pytest.raises(CourseError, match=r"There is no question bank lectures\.py"):
        verify(Course(tmp_path), "lectures", level)
    broken = GOOD_BANK.replace('"double"', '"unused"').replace("return x + x", "return x + 1")
    (tmp_path / "questions" / "lectures.py").write_text(WEAK + broken)
    problems = verify(Course(tmp_path), "lectures", level).problems
    told = [
        "triple: a lecture checks it, and the bank has no such question.",
        "double: 1 points, and nobody grades a lecture.",
        "unused: the bank has this question, and no lecture checks it.",
    ]
    assert set(told) < set(problems)
    assert any(
        problem.startswith("double: the mutant `double: x * 2 → x + 2` passes") for problem in problems
    )
    assert sum("the reference fails its own case" in problem for problem in problems) == 1
    assert len(problems) == 6, "points are told of both questions"


# ---- the command ------------------------------------------------------------------------------------------


def test_the_command(tmp_path: Path, level, monkeypatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    course(tmp_path, WEAK)
    assert cli.main(["verify", "--course", str(tmp_path), "--json", "proof.json"]) == 1
    out = capsys.readouterr().out
    assert "ps1: 1 not proven" in out
    assert "NOT PROVEN  double: the mutant `double: x * 2 → x + 2` passes" in out
    [told] = json.loads((tmp_path / "proof.json").read_text())["assignments"]
    assert (told["assignment"], told["proven"]) == ("ps1", False)
    assert told["questions"][0]["survivors"] == ["double: x * 2 → x + 2"]
    (tmp_path / "questions" / "ps1.py").write_text(GOOD_BANK)
    assert cli.main(["verify", "ps1", "--course", str(tmp_path)]) == 0
    assert cli.main(["verify", "ps2", "--course", str(tmp_path)]) == 2
    assert cli.main(["verify", "--course", str(tmp_path), "--json", "no/where.json"]) == 2
    (tmp_path / "questions" / "ps1.py").write_text("x = (")
    assert cli.main(["verify", "ps1", "--course", str(tmp_path)]) == 2


def test_without_isolation(tmp_path: Path, monkeypatch, capsys: pytest.CaptureFixture[str]) -> None:
    def nothing() -> None:
        raise BoxUnavailable("no walls here")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("autograder.box.best_level", nothing)
    course(tmp_path, GOOD_BANK)
    assert cli.main(["verify", "--course", str(tmp_path)]) == 3
    assert "no walls here" in capsys.readouterr().err


# ---- mutants ----------------------------------------------------------------------------------------------


def names(text: str) -> set[str]:
    return {mutant.name for mutant in mutants_of_text(text)}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("y = a + b", "a + b → a - b"),
        ("y = a + b", "a + b → a"),
        ("y = a - b", "a - b → -b"),
        ("y = -a", "-a → a"),
        ("total += x", "total += x → total = x"),
        ("y = np.sum(x, axis=1)", "axis=1 → axis=0"),
        ("y = x @ W", "x @ W → W @ x"),
        ("y = dz @ W.T", "W.T → W"),
        ("y = [dx, dy]", "[dx, dy] → [dy, dx]"),
        ("y = x > 0", "x > 0 → x >= 0"),
        ("y = x ** 2", "2 → 3"),
        ("for i in range(n): pass", "range(n) → range(n - 1)"),
        ("y = np.sum(x, keepdims=True)", "True → False"),
    ],
)
def test_mistakes(text: str, name: str) -> None:
    assert name in names(text)


@given(
    st.sampled_from(
        ["y = a + b * c", "x[0] += 1 / (2 - z)", "f(a, axis=0)[1].T", "return_ = not (a < b or c)"]
    )
)
def test_each_mutant_is_python_and_differs(text: str) -> None:
    mutants = list(mutants_of_text(text))
    assert len({mutant.name for mutant in mutants}) == len(mutants)
    for mutant in mutants:
        assert ast.unparse(ast.parse(mutant.text())) != ast.unparse(ast.parse(text))


def triple(x):
    return 3 * x


class Doubler:
    def go(self, x):
        return 2 * x


def test_mutants_can_be_called() -> None:
    results = {mutant.name: mutant.define(triple)(5) for mutant in mutants_of(triple)}
    assert results == {
        "triple: 3 * x → 3 / x": 0.6,
        "triple: 3 * x → 3 + x": 8,
        "triple: 3 * x → 3": 3,
        "triple: 3 * x → x": 5,
        "triple: 3 → 4": 20,
    }
    assert {mutant.define(Doubler)().go(5) for mutant in mutants_of(Doubler)} == {0.4, 7, 2, 5, 15}
    assert list(mutants_of(len)) == []
