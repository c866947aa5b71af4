"""``checks.json``: written by nbgrader's own release, by `coursekit checks`, and never holding an answer."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from nbgrader.apps import NbGraderAPI

from autograder import cli
from autograder.check_cells import check_calls
from autograder.check_files import write_checks
from autograder.course import Course
from coursekit.checking.sheet import read_sheets

ROOT = Path(__file__).parents[2]
CONFIGURATION = """\
c = get_config()
c.CourseDirectory.course_id = "small"
c.GenerateAssignment.preprocessors.append("autograder.check_files.WriteChecks")
"""
BANK = '''\
from autograder.questions import Question, case

question = Question("double", "Twice", points=1, asks="y = double(x)", public=[case(x=2.0).gives(y=4.0)])


@question.reference
def double(x):
    return x + x


@question.hidden("others")
def _(draw):
    """Try another number, too."""
    return {"x": draw.number()}


@question.misconception
def squared(x):
    """The square of 3 is 9."""
    return x**2.5
'''


def cell(source: str, name: str, **mark: object) -> nbformat.NotebookNode:
    made = new_code_cell(source, id=name)
    told = {
        "grade_id": name,
        "schema_version": 3,
        "task": False,
        "solution": False,
        "grade": False,
        "locked": True,
    }
    made.metadata["nbgrader"] = told | mark
    return made


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small course of somebody else's, with a question bank."""
    (tmp_path / "nbgrader_config.py").write_text(CONFIGURATION)
    (tmp_path / "questions").mkdir()
    (tmp_path / "questions" / "ps1.py").write_text(BANK)
    answer = "def double(x):\n    ### BEGIN SOLUTION\n    return x + x\n    ### END SOLUTION"
    notebook = new_notebook(
        cells=[
            cell(answer, "answer", solution=True, locked=False),
            cell('import coursekit as ck\nck.check("double")', "double", grade=True, points=1),
        ]
    )
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    (tmp_path / "source" / "ps1").mkdir(parents=True)
    nbformat.write(notebook, tmp_path / "source" / "ps1" / "ps1.ipynb")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
def test_formgraders_button_writes_it(root: Path) -> None:
    course = Course(root)
    done = NbGraderAPI(course.directory, parent=course.app).generate_assignment("ps1")
    assert done["success"], done["log"]
    released = root / "release" / "ps1"
    assert sorted(path.name for path in released.iterdir()) == ["checks.json", "ps1.ipynb"]
    text = (released / "checks.json").read_text()
    [sheet] = read_sheets(text).values()
    assert sheet.slug == "double"
    assert sheet.misconceptions[0].runs[0].answers["y"] == pytest.approx(2.0**2.5)
    for secret in ("x + x", "2.5", "others", "Try another"):
        assert secret not in text


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")
def test_a_question_that_is_not_in_the_bank(root: Path) -> None:
    bank = root / "questions" / "ps1.py"
    bank.write_text(BANK.replace('"double"', '"twice"'))
    course = Course(root)
    done = NbGraderAPI(course.directory, parent=course.app).generate_assignment("ps1")
    assert not done["success"]
    assert 'The notebook says check("double"); the questions of' in done["log"] + str(done["error"])
    assert not (root / "release" / "ps1").exists()


def test_the_command(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["checks", "--course", str(root)]) == 0
    assert capsys.readouterr().out == "source/ps1/checks.json\n"
    assert json.loads((root / "source" / "ps1" / "checks.json").read_text())["questions"].keys() == {"double"}
    assert cli.main(["checks", "ps2", "--course", str(root)]) == 2
    assert "no question bank ps2.py" in capsys.readouterr().err
    (root / "questions" / "ps1.py").write_text("x = (")
    assert cli.main(["checks", "--course", str(root)]) == 2
    assert "line 1: SyntaxError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("names", "missing"), [(["ps1", "ps2"], "source/ps2"), (["lectures"], "notebooks"), ([], "notebooks")]
)
def test_a_bank_without_a_notebook(
    root: Path, capsys: pytest.CaptureFixture[str], names: list[str], missing: str
) -> None:
    for name in ("ps2", "lectures"):
        shutil.copy(root / "questions" / "ps1.py", root / "questions" / f"{name}.py")
    assert cli.main(["checks", *names, "--course", str(root)]) == 2
    assert f"There is no notebook in {root / missing} that" in capsys.readouterr().err
    assert not list(root.rglob("checks.json"))
    assert not (root / missing).exists()


def test_a_name_that_leads_elsewhere(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["checks", "../questions/ps1", "--course", str(root)]) == 2
    assert "cannot be the name of an assignment" in capsys.readouterr().err


def test_a_folder_that_is_missing(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "nbgrader_config.py").write_text(CONFIGURATION + 'c.Coursekit.questions = "banks"\n')
    assert cli.main(["checks", "--course", str(root)]) == 2
    assert "there is no folder" in capsys.readouterr().err


def test_a_course_without_banks(root: Path) -> None:
    shutil.rmtree(root / "questions")
    assert write_checks(Course(root), []) == []


# ---- this checkout ----------------------------------------------------------------------------------------

COURSE_BANKS = sorted(path.stem for path in (ROOT / "autograder" / "questions").glob("[a-z]*.py"))
NUMBER = re.compile(r"-?\d+\.\d+(?:e[-+]\d+)?|-?\d+e[-+]\d+")


@pytest.mark.parametrize("name", COURSE_BANKS)
def test_ours_are_up_to_date(name: str) -> None:
    """If this fails, run `coursekit checks` in the checkout and commit what it writes.

    The last digit of a number may be another one with another NumPy or on another processor.
    """
    course = Course(ROOT)
    folder = course.lectures_folder if name == "lectures" else course.source_folder(name)
    bank = course.bank(name)
    assert bank is not None
    written, now = (folder / "checks.json").read_text("utf-8"), bank.public()
    assert NUMBER.split(written) == NUMBER.split(now)
    numbers, numbers_now = ([float(number) for number in NUMBER.findall(text)] for text in (written, now))
    assert numbers == pytest.approx(numbers_now, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("path", sorted(ROOT.glob("assignments/*/*.ipynb")), ids=lambda path: path.stem)
def test_graded_checks_are_called_like_their_cells(path: Path) -> None:
    import ast

    for made in nbformat.read(path, 4).cells:
        mark = made.metadata.get("nbgrader", {})
        if made.cell_type == "code" and mark.get("grade") and "check(" in made.source:
            for slug, _ in check_calls(ast.parse(made.source)):
                assert slug == mark["grade_id"]
