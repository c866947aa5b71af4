"""Rows and files are those of nbgrader, written once and whole; what people decided stays."""

from __future__ import annotations

import datetime
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from fake_worker import fake_judge
from nbformat.v4 import new_code_cell, new_markdown_cell
from nbgrader.api import Gradebook
from sample_course import (
    ASSIGNMENT,
    DOUBLE,
    SQUARE,
    add_gradebook,
    answered,
    make_course,
    make_source,
    mark,
    submit,
)

from autograder import database
from autograder.course import Course
from autograder.gradebook import GradebookError, NotGraded, Writer
from autograder.grader import Grader
from autograder.jobs import Job, Setup
from autograder.results import SubmissionResult

BY_HAND = {"grade": True, "solution": True}
RIGHT = {"square": SQUARE, "double": DOUBLE, "why": "Because."}


class Class:
    """A course with a way to hand in, grade with the fake judge, and look at what came of it."""

    def __init__(self, root: Path, config: str = "") -> None:
        self.root = make_course(root, config)
        add_gradebook(root)
        self.course = Course(self.root)

    def grade(self, student: str = "ada", level: str = "full") -> SubmissionResult:
        assignment = self.course.assignment(ASSIGNMENT)
        notebooks = [
            {"name": n.name, "source": n.source, "released": n.released} for n in assignment.notebooks
        ]
        setup = Setup(notebooks, str(assignment.folder), str(assignment.folder), level)
        folder = self.course.submitted_folder(ASSIGNMENT, student)
        job = Job(student, str(folder), {"ps1": "ps1.ipynb"} if (folder / "ps1.ipynb").exists() else {}, 1)
        result = Grader(setup, fake_judge).grade(job).result
        with Writer(self.course, assignment) as writer:
            writer.write(result)
        return result

    def hand_in(self, student: str = "ada", timestamp: str = "", **answers: str) -> Path:
        shutil.rmtree(self.root / "submitted" / student, ignore_errors=True)
        released = self.course.assignment(ASSIGNMENT).notebook("ps1").released
        return submit(self.root, student, answered(released, **answers), timestamp)

    def gradebook(self) -> Gradebook:
        return Gradebook(self.course.directory.db_url, self.course.directory.course_id)

    def rows(self, student: str = "ada") -> dict[str, tuple[float | None, float | None, bool]]:
        with self.gradebook() as gradebook:
            (notebook,) = gradebook.find_submission(ASSIGNMENT, student).notebooks
            return {g.name: (g.auto_score, g.manual_score, g.needs_manual_grade) for g in notebook.grades}

    def comments(self, student: str = "ada") -> dict[str, str | None]:
        with self.gradebook() as gradebook:
            (notebook,) = gradebook.find_submission(ASSIGNMENT, student).notebooks
            return {comment.name: comment.auto_comment for comment in notebook.comments}

    def autograded(self, student: str = "ada") -> Path:
        return self.course.autograded_folder(ASSIGNMENT, student)

    def set_due(self, due: str | None) -> None:
        with self.gradebook() as gradebook:
            gradebook.update_or_create_assignment(ASSIGNMENT, duedate=due)


@pytest.fixture
def make_class(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Class]:
    monkeypatch.chdir(tmp_path)
    return lambda config="": Class(tmp_path, config)


@pytest.fixture
def klass(make_class: Callable[..., Class]) -> Class:
    return make_class()


def test_right_work(klass: Class) -> None:
    (klass.root / "gradebook.db").unlink()
    klass.hand_in(**RIGHT)
    result = klass.grade()
    assert (result.score, result.max_score, result.status, result.late) == (6.0, 10.0, "graded", False)
    assert klass.rows() == {
        "square-visible": (1.0, None, False),
        "square-hidden": (2.0, None, False),
        "double-visible": (1.0, None, False),
        "double-hidden": (2.0, None, False),
        "why": (None, None, True),
    }
    assert klass.comments() == {"square": None, "double": None, "why": None}


def test_nothing_answered(klass: Class) -> None:
    klass.hand_in()
    klass.grade()
    assert set(klass.rows().values()) == {(0.0, None, False)}
    assert set(klass.comments().values()) == {"No response."}


def test_nothing_handed_in_and_nothing_readable(klass: Class) -> None:
    submit(klass.root, "ada", None)
    submit(klass.root, "bob", b"{]")
    assert klass.grade("ada").status == klass.grade("bob").status == "report"
    assert set(klass.rows("ada").values()) == {(0.0, None, False)}
    assert set(klass.rows("bob").values()) == {(0.0, None, True)}
    shown = nbformat.read(klass.autograded("bob") / "ps1.ipynb", as_version=4)
    assert "The file is not a notebook" in shown.cells[0].source


def test_the_graded_notebook_is_valid_and_holds_no_hidden_test(klass: Class) -> None:
    klass.hand_in(**RIGHT)
    klass.grade()
    path = klass.autograded() / "ps1.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert "-7" not in path.read_text()
    assert "HIDDEN" not in path.read_text()
    assert notebook.cells[3].outputs[0].text.startswith("seed ")
    assert oct(path.stat().st_mode & 0o777) == "0o444"


def test_extra_files_go_along_but_shipped_ones_are_the_instructors(klass: Class) -> None:
    folder = klass.hand_in(timestamp="2024-03-01 12:00:00 UTC", **RIGHT)
    (folder / "data.csv").write_text("forged")
    (folder / "helper.py").write_text("x = 1")
    (folder / "leak.ipynb").symlink_to(klass.root / "source" / ASSIGNMENT / "ps1.ipynb")
    (folder / "leak.txt").symlink_to(klass.root / "source" / ASSIGNMENT / "ps1.ipynb")
    result = klass.grade()
    files = {path.name: path for path in klass.autograded().iterdir()}
    assert set(files) == {"ps1.ipynb", "data.csv", "helper.py", "timestamp.txt"}
    assert files["data.csv"].read_text() == "1,2\n"
    assert result.messages == ["leak.txt is a symbolic link, not a file, so it was not kept."]
    with klass.gradebook() as gradebook:
        assert gradebook.find_submission(ASSIGNMENT, "ada").timestamp == datetime.datetime(2024, 3, 1, 12)


def test_writing_twice_is_writing_once(klass: Class) -> None:
    klass.hand_in(**RIGHT)
    klass.grade()
    before = (klass.autograded() / "ps1.ipynb").read_bytes(), klass.rows(), klass.comments()
    klass.grade()
    assert ((klass.autograded() / "ps1.ipynb").read_bytes(), klass.rows(), klass.comments()) == before
    with klass.gradebook() as gradebook:
        assert len(gradebook.assignment_submissions(ASSIGNMENT)) == 1
    assert [path.name for path in klass.autograded().parent.iterdir()] == [ASSIGNMENT]


def test_what_a_person_decided_survives_a_regrade(klass: Class) -> None:
    klass.hand_in(**RIGHT)
    klass.grade()
    with klass.gradebook() as gradebook:
        grade = gradebook.find_grade("why", "ps1", ASSIGNMENT, "ada")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 3.0, 0.5, False
        gradebook.find_comment("why", "ps1", ASSIGNMENT, "ada").manual_comment = "Well said."
        gradebook.db.commit()
    klass.grade()
    assert klass.rows()["why"] == (None, 3.0, False)
    klass.hand_in(square=SQUARE, double=DOUBLE, why="Because of that.")
    klass.grade()
    assert klass.rows()["why"] == (None, 3.0, True)  # to be looked at again: the answer has changed
    with klass.gradebook() as gradebook:
        assert gradebook.find_grade("why", "ps1", ASSIGNMENT, "ada").extra_credit == 0.5
        assert gradebook.find_comment("why", "ps1", ASSIGNMENT, "ada").comment == "Well said."
        assert gradebook.find_submission(ASSIGNMENT, "ada").score == 9.5


def test_rows_are_those_of_nbgrader_autograde(make_class: Callable[..., Class]) -> None:
    """The same submissions, graded by stock nbgrader into another gradebook, give the same rows."""
    klass = make_class()
    source = make_source()
    source.cells += [
        new_code_cell("### BEGIN SOLUTION\n1\n### END SOLUTION", metadata=mark("code", points=2, **BY_HAND)),
        new_code_cell("### BEGIN SOLUTION\n2\n### END SOLUTION", metadata=mark("blank", points=2, **BY_HAND)),
        new_markdown_cell("Draw it.", metadata=mark("task", task=True, locked=True, points=3)),
    ]
    nbformat.write(source, klass.root / "source" / ASSIGNMENT / "ps1.ipynb")
    klass.hand_in("ada", code="x = 1", **RIGHT)
    klass.hand_in("bob", square=SQUARE)
    submit(klass.root, "cyd", None)
    students = ("ada", "bob")
    for student in students:
        klass.grade(student)
    ours = {student: (klass.rows(student), klass.comments(student)) for student in students}
    assert ours["ada"][0]["task"] == ours["ada"][0]["code"] == (None, None, True)
    stock = f"sqlite:///{klass.root}/stock.db"
    for command in (["generate_assignment", "--force"], ["autograde", "--force"]):
        nbgrader(klass.root, *command, ASSIGNMENT, "--db", stock)
    klass.course.directory.db_url = stock
    assert {student: (klass.rows(student), klass.comments(student)) for student in students} == ours


def nbgrader(root: Path, *arguments: str) -> str:
    run = subprocess.run(
        [sys.executable, "-m", "nbgrader", *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
    )
    assert run.returncode == 0, run.stderr
    return run.stderr


def test_feedback_and_export_work_on_it(klass: Class) -> None:
    klass.hand_in("ada", **RIGHT)
    submit(klass.root, "bob", b"no notebook")
    for student in ("ada", "bob"):
        klass.grade(student)
    nbgrader(klass.root, "generate_feedback", ASSIGNMENT)
    nbgrader(klass.root, "export")
    pages = {
        student: (klass.root / "feedback" / student / ASSIGNMENT / "ps1.html").read_text()
        for student in ("ada", "bob")
    }
    assert "ps1 (Score: 6.0 / 10.0)" in pages["ada"]
    assert "ps1 (Score: 0.0 / 10.0)" in pages["bob"]
    assert "The file is not a notebook" in pages["bob"]
    lines = (klass.root / "grades.csv").read_text().splitlines()
    assert [line.split(",")[3::4] for line in lines[1:]] == [["ada", "6.0"], ["bob", "0.0"]]
    assert [line.split(",")[-1] for line in lines[1:]] == ["10.0", "10.0"]


def test_a_gradebook_made_by_generate_assignment_is_used_as_it_is(klass: Class) -> None:
    nbgrader(klass.root, "generate_assignment", ASSIGNMENT)
    klass.set_due("2030-01-01 00:00:00 UTC")
    klass.hand_in(**RIGHT)
    klass.grade()
    with klass.gradebook() as gradebook:
        assignment = gradebook.find_assignment(ASSIGNMENT)
        assert assignment.duedate == datetime.datetime(2030, 1, 1)
        assert (assignment.max_score, assignment.num_submissions) == (10.0, 1)


def test_new_cells_are_added_to_an_assignment_that_has_submissions(klass: Class) -> None:
    klass.hand_in(**RIGHT)
    klass.grade()
    source = make_source()
    extra = new_code_cell(
        "assert square(0) == 0", metadata=mark("square-zero", grade=True, locked=True, points=5)
    )
    source.cells.insert(5, extra)
    nbformat.write(source, klass.root / "source" / ASSIGNMENT / "ps1.ipynb")
    assert klass.grade().max_score == 15.0
    assert klass.rows()["square-zero"] == (5.0, None, False)


def test_removed_cells_that_have_grades_are_refused(klass: Class) -> None:
    klass.hand_in(**RIGHT)
    klass.grade()
    source = make_source()
    del source.cells[3]
    nbformat.write(source, klass.root / "source" / ASSIGNMENT / "ps1.ipynb")
    before = klass.rows()
    with pytest.raises(
        GradebookError, match="square-visible of notebook 'ps1' no longer exist in the source"
    ):
        klass.grade()
    assert klass.rows() == before


def test_trusted_work_says_so_in_the_gradebook(klass: Class) -> None:
    klass.hand_in(square=SQUARE)
    result = klass.grade(level="none")
    assert result.trusted
    unboxed = "Graded without isolation (--trust-submissions)."
    assert klass.comments() == {
        "square": unboxed,
        "double": f"{unboxed} No response.",
        "why": f"{unboxed} No response.",
    }


def test_late_work_loses_its_points_where_the_course_says_so(make_class: Callable[..., Class]) -> None:
    klass = make_class("c.LateSubmissionPlugin.penalty_method = 'zero'")
    klass.hand_in(timestamp="2024-03-02 00:00:00 UTC", **RIGHT)
    assert not klass.grade().late
    klass.set_due("2024-03-01 00:00:00 UTC")
    assert klass.grade().late
    with klass.gradebook() as gradebook:
        assert gradebook.find_submission_notebook("ps1", ASSIGNMENT, "ada").late_submission_penalty == 6.0
        gradebook.grant_extension(ASSIGNMENT, "ada", days=2)
    assert not klass.grade().late
    with klass.gradebook() as gradebook:
        assert gradebook.find_submission_notebook("ps1", ASSIGNMENT, "ada").late_submission_penalty is None


PLUGIN = """
from nbgrader.plugins import BasePlugin
class PerHour(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        if student_id == "bob":
            raise KeyError("bob")
        return total_seconds_late / 3600
c.AssignLatePenalties.plugin_class = PerHour
"""


def test_the_courses_own_late_plugin_decides(make_class: Callable[..., Class]) -> None:
    klass = make_class(PLUGIN)
    for student in ("ada", "bob"):
        klass.hand_in(student, timestamp="2024-03-01 02:00:00 UTC", **RIGHT)
    klass.grade("ada")
    klass.set_due("2024-03-01 00:00:00 UTC")
    klass.grade("ada")
    with klass.gradebook() as gradebook:
        assert gradebook.find_submission_notebook("ps1", ASSIGNMENT, "ada").late_submission_penalty == 2.0
    with pytest.raises(
        NotGraded, match="The grade of bob was not written: the course's late policy PerHour failed"
    ):
        klass.grade("bob")
    assert not klass.autograded("bob").exists()
    with klass.gradebook() as gradebook:
        assert [s.student.id for s in gradebook.assignment_submissions(ASSIGNMENT)] == ["ada"]


def test_unknown_students_are_left_out_where_the_course_says_so(make_class: Callable[..., Class]) -> None:
    klass = make_class("c.Autograde.create_student = False")
    klass.hand_in(**RIGHT)
    with pytest.raises(NotGraded, match="ada is not a student of the gradebook"):
        klass.grade()
    assert not klass.autograded().exists()
    with klass.gradebook() as gradebook:
        gradebook.add_student("ada")
    assert klass.grade().score == 6.0


def test_a_failed_write_changes_nothing(klass: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    klass.hand_in(square=SQUARE)
    klass.grade()
    before = (klass.autograded() / "ps1.ipynb").read_bytes(), klass.rows()
    klass.hand_in(**RIGHT)
    assignment = klass.course.assignment(ASSIGNMENT)
    with Writer(klass.course, assignment) as writer:

        def fail() -> None:
            raise OSError("disk full")

        monkeypatch.setattr(writer.gradebook.db, "commit", fail)
        result = SubmissionResult("ada", "graded", "full", [])
        with pytest.raises(GradebookError, match="The grade of ada cannot be written: disk full"):
            writer.write(result)
    assert ((klass.autograded() / "ps1.ipynb").read_bytes(), klass.rows()) == before
    assert [path.name for path in klass.autograded().parent.iterdir()] == [ASSIGNMENT]


def test_another_programs_lock_is_waited_for(klass: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    klass.hand_in(**RIGHT)
    klass.grade()
    monkeypatch.setattr(database, "LOCK_SECONDS", 0.0)
    with Writer(klass.course, klass.course.assignment(ASSIGNMENT)) as writer:
        writer.gradebook.db.connection().connection.dbapi_connection.execute("PRAGMA busy_timeout = 10")
        other = sqlite3.connect(klass.root / "gradebook.db", isolation_level=None)
        other.execute("BEGIN EXCLUSIVE")
        result = SubmissionResult("bob", "graded", "full", [])
        with pytest.raises(GradebookError, match="database is locked"):
            writer.write(result)
        other.execute("ROLLBACK")
        other.close()
        writer.write(result)
    with klass.gradebook() as gradebook:
        assert gradebook.find_submission(ASSIGNMENT, "bob").score == 0.0


def test_a_gradebook_that_cannot_be_opened_is_named(make_class: Callable[..., Class]) -> None:
    klass = make_class("c.CourseDirectory.db_url = 'sqlite:////nowhere/gradebook.db'")
    klass.hand_in(**RIGHT)
    with pytest.raises(GradebookError, match=r"sqlite:////nowhere/gradebook\.db cannot be opened"):
        klass.grade()
