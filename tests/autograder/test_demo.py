"""The demo, score by score: release, hand-in, `coursekit grade`, feedback, export."""

from __future__ import annotations

import contextlib
import copy
import csv
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import nbformat
import pytest
from nbgrader.api import Gradebook

from autograder import demo
from autograder.cli import main
from autograder.course import Course
from autograder.demo_class import CLASS, POINTS
from autograder.nbgrader_commands import autograde

QUESTIONS = [
    "multiply-gate",
    "sigmoid-derivative",
    "gradient-xy-plus-z",
    "gradient-of-g",
    "finite-differences",
    "loss-gradient-w2",
    "loss-gradient-w1",
    "one-step",
    "branches-add",  # None: an answer that waits for a person
]
SCORES = {
    "right": [3, 2, 2, 3, 4, 3, 3, 2, None],
    "right_in_numpy": [3, 2, 2, 3, 4, 3, 3, 2, None],
    "sigmoid_of_output": [3, 0, 2, 3, 4, 3, 3, 2, None],
    "swapped": [0, 2, 0, 3, 4, 3, 3, 2, None],
    "one_path": [3, 2, 2, 0, 4, 3, 3, 2, None],
    "constants": [3, 2, 2, 0, 4, 3, 3, 2, None],
    "half_a_step": [3, 2, 2, 3, 0, 3, 3, 2, None],
    "raises": [3, 2, 2, 3, 0, 3, 0, 2, None],
    "empty": [0, 0, 0, 0, 0, 0, 0, 0, 0],
    "endless": [3, 0, 2, 3, 4, 3, 3, 2, None],
    "exits": [3, 2, 0, 3, 4, 3, 3, 2, None],
    "blanks_later_cells": [3, 0, 0, 0, 0, 0, 0, 0, 0],
    "equals_everything": [0, 0, 0, 0, 0, 0, 0, 0, 0],
    "deleted_test": [3, 2, 2, 0, 4, 3, 3, 2, None],
    "not_json": [0, 0, 0, 0, 0, 0, 0, 0, 0],
}
TOTALS = {
    "right": 22,
    "right_in_numpy": 22,
    "sigmoid_of_output": 20,
    "swapped": 17,
    "one_path": 19,
    "constants": 19,
    "half_a_step": 18,
    "raises": 15,
    "empty": 0,
    "endless": 20,
    "exits": 20,
    "blanks_later_cells": 3,
    "equals_everything": 0,
    "deleted_test": 19,
    "not_json": 0,
}


@dataclass
class Played:
    """A demo that has been played: its folder, exit code and what it printed."""

    folder: Path
    code: int
    text: str

    @property
    def submissions(self) -> dict[str, dict]:
        report = json.loads((self.folder / "results.json").read_text())
        return {submission["student"]: submission for submission in report["submissions"]}


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    folder = tmp_path_factory.mktemp("demo") / "new"
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        code = demo.run(main, folder)
    return Played(folder, code, printed.getvalue())


@pytest.fixture
def course(played: Played) -> Iterator[Course]:
    with contextlib.chdir(played.folder):
        yield Course(played.folder)


def test_everyone_got_what_they_deserve(played: Played) -> None:
    assert played.code == 0, played.text
    assert "Everyone got what they deserve." in played.text
    assert "NOT AS IT SHOULD BE" not in played.text


def test_the_class_is_the_one_promised() -> None:
    assert len(CLASS) >= 14
    assert {sample.student for sample in CLASS} == set(SCORES)
    assert [sample.score for sample in CLASS] == [TOTALS[sample.student] for sample in CLASS]
    assert list(POINTS) == QUESTIONS


@pytest.mark.parametrize("student", SCORES)
def test_scores(played: Played, student: str) -> None:
    submission = played.submissions[student]
    assert submission["score"] == TOTALS[student]
    assert submission["max_score"] == 27
    assert submission["status"] == ("report" if student == "not_json" else "graded")
    scores = {
        q["grade_id"]: q["score"] for notebook in submission["notebooks"] for q in notebook["questions"]
    }
    assert scores == dict(zip(QUESTIONS, SCORES[student], strict=True))


@pytest.mark.parametrize("student", SCORES)
def test_what_waits_for_a_reader(played: Played, student: str) -> None:
    questions = [q for notebook in played.submissions[student]["notebooks"] for q in notebook["questions"]]
    waiting = [q["grade_id"] for q in questions if q["needs_manual_grade"]]
    assert waiting == (["branches-add"] if SCORES[student][-1] is None else [])


def test_student_code_was_isolated(played: Played) -> None:
    for submission in played.submissions.values():
        assert submission["level"] in ("full", "landlock")
        assert submission["trusted"] is False


@pytest.mark.parametrize(
    ("student", "grade_id", "words"),
    [
        ("sigmoid_of_output", "sigmoid-derivative", "1 minus z, or 1 minus the sigmoid of z"),
        ("swapped", "multiply-gate", "how fast does it grow"),
        ("one_path", "gradient-of-g", "w1 reaches g on two paths"),
        ("constants", "gradient-of-g", "should be formulas in w1 and w2"),
        ("half_a_step", "finite-differences", "estimate[0] is 78.0 and should be 39.0"),
        ("raises", "finite-differences", "TypeError"),
        ("raises", "loss-gradient-w1", "loss_gradient_w1"),
        ("empty", "multiply-gate", "no answer yet"),
        ("deleted_test", "gradient-of-g", "w1 reaches g on two paths"),
    ],
)
def test_the_reason_helps(played: Played, student: str, grade_id: str, words: str) -> None:
    [notebook] = played.submissions[student]["notebooks"]
    [question] = [q for q in notebook["questions"] if q["grade_id"] == grade_id]
    assert words in question["reason"]


MISCONCEPTIONS = {
    ("sigmoid_of_output", "sigmoid-derivative"): ["z-for-the-sigmoid"],
    ("swapped", "multiply-gate"): ["own-value"],
    ("swapped", "gradient-xy-plus-z"): ["own-values"],
    ("one_path", "gradient-of-g"): ["one-path"],
    ("constants", "gradient-of-g"): ["point-of-the-example"],
    ("half_a_step", "finite-differences"): ["step-counted-once"],
    ("deleted_test", "gradient-of-g"): ["one-path"],
}


def test_misconceptions_are_told(played: Played) -> None:
    told = {
        (student, question["grade_id"]): question["misconceptions"]
        for student, submission in played.submissions.items()
        for notebook in submission["notebooks"]
        for question in notebook["questions"]
        if question["misconceptions"]
    }
    assert told == MISCONCEPTIONS


def test_the_hint_is_on_the_feedback_page(played: Played) -> None:
    page = (played.folder / "course/feedback/one_path/hw1_gates/hw1_gates.html").read_text()
    assert "What happens to the gradients of two paths where the paths meet?" in page


@pytest.mark.parametrize("student", SCORES)
def test_every_lost_point_has_a_reason(played: Played, student: str) -> None:
    submission = played.submissions[student]
    for question in (q for notebook in submission["notebooks"] for q in notebook["questions"]):
        if question["score"] == 0 and question["grade_id"] != "branches-add":
            assert question["reason"] or submission["messages"]


def test_what_was_repaired_or_unreadable_is_told(played: Played) -> None:
    assert played.submissions["deleted_test"]["messages"]
    assert played.submissions["not_json"]["messages"]
    assert played.submissions["right"]["messages"] == []


@pytest.mark.parametrize("student", SCORES)
def test_table_line(played: Played, student: str) -> None:
    [line] = [line for line in played.text.splitlines() if line.split()[:1] == [student]]
    status = "report" if student == "not_json" else "graded"
    assert line.split()[1:5] == [str(TOTALS[student]), "/", "27", status]


def test_table_has_a_reason_in_every_line(played: Played) -> None:
    for line in played.text.splitlines():
        if line.split()[:1] and line.split()[0] in SCORES:
            assert len(line.split()) > 6, line


def test_one_wrong_answer_fails_in_three_ways(played: Played) -> None:
    """Validate and nbgrader's own autograde find it, too, as the graded cell asks the same `check`."""
    assert "(one_path: gradient-of-g) in three ways: Validate fails " in played.text
    assert "nbgrader alone gives 19 points, and coursekit 19." in played.text
    [question] = [
        question
        for question in played.submissions["one_path"]["notebooks"][0]["questions"]
        if question["grade_id"] == "gradient-of-g"
    ]
    assert question["score"] == 0.0


# ---- what nbgrader has of it ----


def test_release_is_nbgraders(played: Played) -> None:
    released = (played.folder / "course/release/hw1_gates/hw1_gates.ipynb").read_text()
    assert "YOUR CODE HERE" in released
    assert "HIDDEN TESTS" not in released


def test_gradebook(course: Course) -> None:
    with Gradebook(course.directory.db_url) as gradebook:
        for student, points in SCORES.items():
            notebook = gradebook.find_submission_notebook("hw1_gates", "hw1_gates", student)
            grades = {grade.name: grade for grade in notebook.grades}
            assert {name: grade.auto_score for name, grade in grades.items()} == dict(
                zip(QUESTIONS, points, strict=True)
            ), student
            assert grades["branches-add"].needs_manual_grade == (points[-1] is None), student


def test_exported_grades(played: Played) -> None:
    with (played.folder / "grades.csv").open(newline="") as file:
        rows = {row["student_id"]: row for row in csv.DictReader(file)}
    assert {student: float(row["score"]) for student, row in rows.items()} == TOTALS
    assert {float(row["max_score"]) for row in rows.values()} == {27.0}


@pytest.mark.parametrize("student", SCORES)
def test_feedback_page(played: Played, student: str) -> None:
    page = (played.folder / f"course/feedback/{student}/hw1_gates/hw1_gates.html").read_text()
    assert f"(Score: {TOTALS[student]:.1f} / 27.0)" in page


@pytest.mark.parametrize("student", SCORES)
def test_nothing_hidden_reaches_the_student(played: Played, student: str) -> None:
    """Neither the feedback page nor the autograded notebook shows a hidden test's code or numbers."""
    for path in (
        played.folder / f"course/feedback/{student}/hw1_gates/hw1_gates.html",
        played.folder / f"course/autograded/{student}/hw1_gates/hw1_gates.ipynb",
    ):
        text = path.read_text()
        for secret in ("HIDDEN TESTS", "lambda w: w[0]**3)", "zip([", "some_network"):
            assert secret not in text, path


# ---- the demo itself can fail ----


def test_a_wrong_score_is_noticed(played: Played) -> None:
    submissions = copy.deepcopy(list(played.submissions.values()))
    assert list(demo.unlike_deserved(submissions)) == []
    [constants] = [submission for submission in submissions if submission["student"] == "constants"]
    [question] = [q for q in constants["notebooks"][0]["questions"] if q["grade_id"] == "gradient-of-g"]
    question["score"] = 3.0
    constants["score"] = 22.0
    assert list(demo.unlike_deserved(submissions)) == [
        "constants (returns the numbers of the visible test) has 22 points and deserves 19",
        "constants has 3.0 points for gradient-of-g",
    ]


def test_a_missing_student_is_noticed(played: Played) -> None:
    submissions = [s for student, s in played.submissions.items() if student != "exits"]
    assert list(demo.unlike_deserved(submissions)) == ["exits is missing from the results"]


def test_a_wrong_export_is_noticed(played: Played, tmp_path: Path) -> None:
    altered = (played.folder / "grades.csv").read_text().replace("15.0", "16.0")
    (tmp_path / "grades.csv").write_text(altered)
    assert list(demo.unlike_exported(tmp_path / "grades.csv")) == ["nbgrader exports 16.0 for raises, not 15"]


def test_missing_feedback_is_noticed(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    assert list(demo.without_feedback(course)) == []
    monkeypatch.setattr(course.directory, "feedback_directory", "nowhere")
    assert len(list(demo.without_feedback(course))) == len(CLASS)


def test_a_folder_in_use_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis.tex").write_text("important")
    assert demo.run(main, tmp_path) == 2
    assert "is not empty" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_file_for_a_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("")
    assert demo.run(main, tmp_path / "file") == 2
    assert "cannot be made" in capsys.readouterr().err


def test_the_hostile_samples_are_real(tmp_path: Path) -> None:
    """nbgrader alone, which runs tests in the student's kernel, gives full marks for blanked tests."""
    with contextlib.chdir(tmp_path):
        course = demo.set_up(tmp_path)
        released = demo.generate_assignment(course, demo.ASSIGNMENT) / "hw1_gates.ipynb"
        [sample] = [sample for sample in CLASS if sample.student == "blanks_later_cells"]
        folder = course.submitted_folder("hw1_gates", sample.student)
        folder.mkdir(parents=True)
        (folder / "hw1_gates.ipynb").write_bytes(sample.hand_in(nbformat.read(released, as_version=4)))
        autograde(course, "hw1_gates")
        with Gradebook(course.directory.db_url) as gradebook:
            assert gradebook.find_submission("hw1_gates", sample.student).score == 22.0
    assert sample.score == 3.0
