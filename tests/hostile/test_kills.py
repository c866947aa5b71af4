"""A batch that is killed at any moment and run again: every submission once, what a person wrote is kept."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from box_tools import need
from nbgrader.api import Gradebook
from sample_course import ASSIGNMENT, DOUBLE, SQUARE, add_gradebook, answered, make_course, submit

from autograder.box import Level
from autograder.course import Course

ROOT = Path(__file__).resolve().parents[2]
QUESTION = "square-visible"  # what a person has changed: 0.5 by hand in place of its point, 0.25 extra
FULL, BY_HAND = 6.0, 6.0 - 1.0 + 0.75
_GIVE_UP = 240  # seconds for one run


class Batch:
    """A course with some submissions, the first two of which a person has been through."""

    def __init__(self, root: Path, students: int) -> None:
        self.python = need(Level.FULL)
        self.root = make_course(root)
        add_gradebook(root)
        released = Course(root).assignment(ASSIGNMENT).notebook("ps1").released
        self.students = [f"s{number:02}" for number in range(students)]
        self.seen = self.students[:2]
        for student in self.students:
            submit(root, student, answered(released, square=SQUARE, double=DOUBLE))

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        """Start grading as a process group of its own, with two workers."""
        paths = [str(ROOT), *(path for path in sys.path if "site-packages" in path)]
        command = [self.python, "-m", "autograder.cli", "grade", ASSIGNMENT, "--workers", "2"]
        return subprocess.Popen(
            [*command, "--course", str(self.root), *options],
            cwd=self.root,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def grade(self, *options: str) -> None:
        """Grade to the end."""
        with self.start(*options) as run:
            output, _ = run.communicate(timeout=_GIVE_UP)
        assert run.returncode == 0, output.decode()

    def kill(self, when: Callable[[Batch, float], bool], *, whole: bool) -> None:
        """Grade all anew, and end the command, or all processes of it, when it is time to."""
        started = time.time()
        with self.start("--force") as run:
            while run.poll() is None and not when(self, started):
                time.sleep(0.01)
            if run.returncode is None:  # else it came to its end before
                (os.killpg if whole else os.kill)(run.pid, signal.SIGKILL)
            run.communicate(timeout=_GIVE_UP)  # until nobody has its output open any more

    def results_since(self, started: float) -> int:
        """How many submissions have been graded since then."""
        kept = self.root / ".coursekit" / "results" / ASSIGNMENT
        return sum(path.stat().st_mtime > started for path in kept.glob("*"))

    def gradebook(self) -> Gradebook:
        return Gradebook(f"sqlite:///{self.root}/gradebook.db", Course(self.root).directory.course_id)

    def review(self) -> None:
        """Do what a person does in formgrader."""
        with self.gradebook() as book:
            for student in self.seen:
                grade = book.find_grade(QUESTION, "ps1", ASSIGNMENT, student)
                grade.manual_score, grade.extra_credit = 0.5, 0.25
                comment = book.find_submission_notebook("ps1", ASSIGNMENT, student).comments[0]
                comment.manual_comment = "Seen."
            book.db.commit()

    def check(self) -> None:
        """Grade what is left, and look whether everything is there, once and as it was."""
        results = self.root / "results.json"
        self.grade("--json", str(results))
        submissions: list[dict[str, Any]] = json.loads(results.read_text())["submissions"]
        assert [(s["student"], s["status"], s["score"]) for s in submissions] == [
            (student, "graded", FULL) for student in self.students
        ]
        with self.gradebook() as book:
            rows = [(row.student.id, row.score) for row in book.assignment_submissions(ASSIGNMENT)]
            assert sorted(rows) == [
                (student, BY_HAND if student in self.seen else FULL) for student in self.students
            ]
            for student in self.seen:
                grade = book.find_grade(QUESTION, "ps1", ASSIGNMENT, student)
                assert (grade.manual_score, grade.extra_credit) == (0.5, 0.25)
                comment = book.find_submission_notebook("ps1", ASSIGNMENT, student).comments[0]
                assert comment.manual_comment == "Seen."
        graded = sorted(self.root.glob("autograded/*/*/*.ipynb"))
        assert [path.parts[-3] for path in graded] == self.students
        assert all(json.loads(path.read_text())["cells"] for path in graded)
        assert list((self.root / ".coursekit" / "runs").glob("*")) == []


def _graded(count: int) -> Callable[[Batch, float], bool]:
    return lambda batch, started: batch.results_since(started) >= count


def _after(seconds: float) -> Callable[[Batch, float], bool]:
    return lambda batch, started: time.time() - started > seconds


@pytest.mark.timeout(900)
def test_a_batch_that_is_killed_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    batch = Batch(tmp_path, students=4)
    batch.grade("--student", "s0[01]")
    batch.review()
    batch.kill(_graded(1), whole=False)
    batch.check()


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(3))
def test_killed_at_random_moments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    monkeypatch.chdir(tmp_path)
    draw = random.Random(seed)
    batch = Batch(tmp_path, students=8)
    started = time.time()
    batch.grade("--student", "s0[01]")
    usual = time.time() - started
    batch.review()
    for _ in range(6):
        when = _after(draw.uniform(0, 2 * usual)) if draw.random() < 0.5 else _graded(draw.randrange(1, 8))
        batch.kill(when, whole=draw.random() < 0.5)
    batch.check()
