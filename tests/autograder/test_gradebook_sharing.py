"""A person scores in formgrader while a grader writes the same submission: nobody's score is lost.

Two processes, on SQLite and on a real PostgreSQL server. One is the grader's writer; the other does what
formgrader does when a score is saved, with nbgrader's own gradebook, which takes no turns.
"""

from __future__ import annotations

import select
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from nbgrader.api import Gradebook
from postgresql import Server, running_server
from sample_course import ASSIGNMENT
from test_postgresql import ANSWERS, SCORES, course_at, judged

from autograder.course import Course
from autograder.gradebook import Writer

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # advice to nbgrader's authors

SECONDS = 60
_HERE = Path(__file__).parent

# As nbgrader 0.9.6 does in `server_extensions/formgrader/apihandlers.py`: one session, GradeHandler.put.
PERSON = """
import sys
from nbgrader.api import Gradebook

gradebook = Gradebook(sys.argv[1], "demo")
print("ready", flush=True)
for line in sys.stdin:
    student, cell, score = line.split()
    found = gradebook.find_grade(cell, "ps1", "ps1", student)
    grade = gradebook.find_grade_by_id(found.id)
    grade.manual_score = float(score)
    grade.needs_manual_grade = False
    gradebook.find_comment("why", "ps1", "ps1", student).manual_comment = f"{score} for {cell}"
    gradebook.db.commit()
    print("saved", flush=True)
"""
# Writes bob's result, after ada's work or with the wrong answers, and waits where it has read his rows.
GRADER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_postgresql import judged
from autograder.course import Course
from autograder.gradebook import Writer

course = Course(Path(sys.argv[2]))
results = {letter: judged(course, student) for letter, student in (("r", "ada"), ("w", "eve"))}
pause, write = False, Writer._grade

def paused(*arguments):
    if pause:
        print("read", flush=True)
        sys.stdin.readline()
    return write(*arguments)

Writer._grade = paused
with Writer(course, course.assignment("ps1")) as writer:
    print("ready", flush=True)
    while line := sys.stdin.readline():
        letter, student, how = line.split()
        pause = how == "slowly"
        result = results[letter]
        result.student = student
        writer.write(result)
        print("written", flush=True)
"""


class Other:
    """The other process: it is told things line by line, and answers."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def tell(self, line: str = "") -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def says(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        assert line, self._process.communicate()[1]
        return line

    def is_silent(self) -> bool:
        """Whether it says nothing for so long that it must be waiting; else it takes milliseconds."""
        return select.select([self._process.stdout], [], [], 2.0) == ([], [], [])


@contextmanager
def other(program: str, *arguments: str) -> Iterator[Other]:
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", program, *arguments],
        cwd=_HERE.parents[1],
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        text=True,
    )
    try:
        found = Other(process)
        assert found.says() == "ready"
        yield found
    finally:
        process.kill()
        process.communicate(timeout=SECONDS)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def course(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Course:
    """A course of three in which all are graded."""
    monkeypatch.chdir(tmp_path)
    url = ""
    if request.param == "postgresql":
        url = request.getfixturevalue("server").database(f"grades{uuid.uuid4().hex}")
    course = course_at(tmp_path, url)
    with Writer(course, course.assignment(ASSIGNMENT)) as writer:
        for student in ANSWERS:
            writer.write(judged(course, student))
    return course


def grades(course: Course, student: str) -> dict[str, tuple[Any, ...]]:
    """Return cell -> (automatic score, manual score, whether it waits for a person), and the comment."""
    with Gradebook(course.directory.db_url, "demo") as gradebook:
        row = gradebook.find_submission_notebook("ps1", ASSIGNMENT, student)
        found = {g.name: (g.auto_score, g.manual_score, g.needs_manual_grade) for g in row.grades}
        return found | {"comment": (gradebook.find_comment("why", "ps1", ASSIGNMENT, student).comment,)}


def test_a_score_saved_while_the_grader_writes_comes_before_or_after(course: Course) -> None:
    """It is as if one had come after the other. Bob's work has become right, so his automatic scores rise.

    If the person was first, his score belongs to other work and has to be looked at again; if he was last, it
    is his word on what he could see.
    """
    url = course.directory.db_url
    with other(PERSON, url) as person, other(GRADER, str(_HERE), str(course.root)) as grader:
        grader.tell("r bob slowly")
        assert grader.says() == "read"
        person.tell("bob double-visible 0.5")
        assert person.is_silent()
        grader.tell()
        assert grader.says() == "written"
        assert person.says() == "saved"
    found = grades(course, "bob")
    assert found["double-visible"] == (1.0, 0.5, False)
    assert found["double-hidden"] == (2.0, None, False)
    assert found["comment"] == ("0.5 for double-visible",)


def test_a_score_saved_before_is_read(course: Course) -> None:
    with other(PERSON, course.directory.db_url) as person:
        person.tell("bob double-visible 0.5")
        assert person.says() == "saved"
    with Writer(course, course.assignment(ASSIGNMENT)) as writer:
        result = judged(course, "ada")
        result.student = "bob"
        writer.write(result)
    assert grades(course, "bob")["double-visible"] == (1.0, 0.5, True)


def test_neither_loses_anything_over_many_rounds(course: Course) -> None:
    """Both write as fast as they can, to the same rows; the last that each wrote is there."""
    cells = ["square-visible", "square-hidden", "double-visible", "double-hidden", "why"]
    url, rounds = course.directory.db_url, 40
    with other(PERSON, url) as person, other(GRADER, str(_HERE), str(course.root)) as grader:
        for number in range(rounds):
            grader.tell(f"{'rw'[number % 2]} bob at-once")
            person.tell(f"bob {cells[number % 5]} {number}")
        assert {grader.says() for _ in range(rounds)} == {"written"}
        assert {person.says() for _ in range(rounds)} == {"saved"}
    found = grades(course, "bob")
    assert {cell: found[cell][1] for cell in cells} == {cell: 35.0 + n for n, cell in enumerate(cells)}
    assert {cell: found[cell][0] for cell in cells[:4]} == dict.fromkeys(cells[:4], 0.0)
    assert found["comment"] == ("39.0 for why",) or found["comment"] == ("39 for why",)
    with Gradebook(url, "demo") as gradebook:
        others = {row.student.id: row.score for row in gradebook.assignment_submissions(ASSIGNMENT)}
    assert others == SCORES | {"bob": 35.0 + 36 + 37 + 38 + 39}


REMOVE = """
import sys
from nbgrader.api import Gradebook
with Gradebook(sys.argv[1], "demo") as gradebook:
    print("ready", flush=True)
    sys.stdin.readline()
    gradebook.remove_student("bob")  # as `nbgrader db student remove bob --force` does
    print("removed", flush=True)
"""


def test_a_student_who_is_removed_meanwhile(course: Course) -> None:
    """The removal waits for the grader; written again, the student is there anew, once."""
    with (
        other(REMOVE, course.directory.db_url) as office,
        other(GRADER, str(_HERE), str(course.root)) as grader,
    ):
        grader.tell("r bob slowly")
        assert grader.says() == "read"
        office.tell()
        assert office.is_silent()
        grader.tell()
        assert grader.says() == "written"
        assert office.says() == "removed"
        with Gradebook(course.directory.db_url, "demo") as gradebook:
            assert [student.id for student in gradebook.students] == ["ada", "eve"]
        grader.tell("r bob at-once")
        assert grader.says() == "written"
    assert grades(course, "bob")["square-hidden"] == (2.0, None, False)
