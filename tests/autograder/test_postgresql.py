"""The gradebook on a PostgreSQL server: the same rows, several graders at once, a server that goes away."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fake_worker import fake_judge
from nbgrader.api import Gradebook
from postgresql import Server, running_server
from sample_course import ASSIGNMENT, DOUBLE, SQUARE, add_gradebook, answered, make_course, submit
from sqlalchemy import create_engine, inspect, text

from autograder import cli, database
from autograder.course import Course
from autograder.database import turn
from autograder.gradebook import GradebookError, Writer
from autograder.grader import Grader
from autograder.jobs import Job, Setup
from autograder.results import SubmissionResult

RIGHT = {"square": SQUARE, "double": DOUBLE, "why": "Because."}
ANSWERS = {"ada": RIGHT, "bob": {"square": SQUARE}, "eve": {}}
SCORES = {"ada": 6.0, "bob": 3.0, "eve": 0.0}
_TESTS = str(Path(__file__).parent)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture
def url(server: Server) -> str:
    return server.database(f"grades{uuid.uuid4().hex}")


def course_at(root: Path, url: str, assignment: str = ASSIGNMENT) -> Course:
    """Make a course with three submissions whose gradebook is at `url` ("": SQLite)."""
    make_course(root, f"c.CourseDirectory.db_url = {url!r}" if url else "")
    if not url:
        add_gradebook(root)
    (root / "source" / ASSIGNMENT).rename(root / "source" / assignment)
    course = Course(root)
    released = course.assignment(assignment).notebook("ps1").released
    for student, answers in ANSWERS.items():
        folder = submit(root, student, answered(released, **answers))
        folder.rename(folder.with_name(assignment))
    return course


def judged(course: Course, student: str, assignment: str = ASSIGNMENT) -> SubmissionResult:
    """Return a submission's result, by the fake judge."""
    source = course.assignment(assignment)
    notebooks = [{"name": n.name, "source": n.source, "released": n.released} for n in source.notebooks]
    folder = course.submitted_folder(assignment, student)
    job = Job(student, str(folder), {"ps1": "ps1.ipynb"}, 1)
    return (
        Grader(Setup(notebooks, str(source.folder), str(source.folder), "full"), fake_judge).grade(job).result
    )


def rows(course: Course, assignment: str = ASSIGNMENT) -> dict[str, dict[str, Any]]:
    """Return each student's grades and comments as plain data."""
    with Gradebook(course.directory.db_url, course.directory.course_id) as gradebook:
        return {
            submitted.student.id: {
                "score": submitted.score,
                "grades": {
                    grade.name: (
                        grade.auto_score,
                        grade.manual_score,
                        grade.needs_manual_grade,
                        grade.max_score,
                    )
                    for grade in submitted.notebooks[0].grades
                },
                "comments": {entry.name: entry.auto_comment for entry in submitted.notebooks[0].comments},
            }
            for submitted in gradebook.assignment_submissions(assignment)
        }


def counted(url: str) -> dict[str, int]:
    """Return how many rows each table has."""
    engine = create_engine(url)
    with engine.connect() as connection:
        tables = inspect(connection).get_table_names()
        counts = {t: int(connection.execute(text(f"SELECT count(*) FROM {t}")).scalar_one()) for t in tables}
    engine.dispose()
    return counts


def test_the_rows_are_those_of_sqlite(
    url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole command, on both: the same grades, comments, tables and report."""
    monkeypatch.chdir(tmp_path)
    courses = {kind: course_at(tmp_path / kind, address) for kind, address in (("sq", ""), ("pg", url))}
    reports = {}
    for kind, course in courses.items():
        assert cli.main(["grade", ASSIGNMENT, "--course", str(course.root), "--seed", "1"]) == 0
        out = tmp_path / f"{kind}.html"
        assert cli.main(["report", ASSIGNMENT, "--course", str(course.root), "--out", str(out)]) == 0
        reports[kind] = (tmp_path / f"{kind}-students.csv").read_text()
    assert {student: row["score"] for student, row in rows(courses["pg"]).items()} == SCORES
    assert rows(courses["pg"]) == rows(courses["sq"])
    assert counted(url) == counted(courses["sq"].directory.db_url)
    assert reports["pg"] == reports["sq"]
    assert "ada" in reports["pg"]
    # Again, judged anew: nothing is there twice.
    assert cli.main(["grade", ASSIGNMENT, "--course", str(courses["pg"].root), "--force"]) == 0
    assert counted(url) == counted(courses["sq"].directory.db_url)
    assert not (courses["pg"].root / "gradebook.db").exists()


WRITE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from test_postgresql import ANSWERS, judged
from autograder.course import Course
from autograder.gradebook import Writer

assignment, rounds = sys.argv[3], int(sys.argv[4])
course = Course(Path(sys.argv[2]))
results = [judged(course, student, assignment) for student in ANSWERS]
print("ready", flush=True)
sys.stdin.readline()
for _ in range(rounds):
    with Writer(course, course.assignment(assignment)) as writer:
        for result in results:
            writer.write(result)
"""


def graders(courses: list[tuple[Course, str]], rounds: int) -> list[subprocess.Popen[str]]:
    """Start a process for each course and assignment that judges, then waits for a line to begin writing."""
    command = [sys.executable, "-c", WRITE, _TESTS]
    started = [
        subprocess.Popen(
            [*command, str(course.root), assignment, str(rounds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[2],
        )
        for course, assignment in courses
    ]
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()[1]
    return started


def test_four_graders_at_once_lose_and_double_nothing(url: str, tmp_path: Path) -> None:
    """Two write different assignments of the same students, two write one and the same assignment.

    The database is empty when they begin, so they also meet while its tables are made.
    """
    names = ["hw1", "hw2", "hw3", "hw3"]
    courses = [(course_at(tmp_path / f"{i}", url, name), name) for i, name in enumerate(names)]
    started = graders(courses, rounds=2)
    for process in started:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in started:
        _, errors = process.communicate(timeout=200)
        assert process.returncode == 0, errors
    for course, name in courses:
        assert {student: row["score"] for student, row in rows(course, name).items()} == SCORES
        for row in rows(course, name).values():
            assert len(row["grades"]) == 5
            assert len(row["comments"]) == 3
    counts = counted(url)
    expected = {"student": 3, "assignment": 3, "notebook": 3, "submitted_assignment": 9}
    assert {table: counts[table] for table in expected} == expected
    assert (counts["submitted_notebook"], counts["grade"], counts["comment"]) == (9, 45, 27)
    assert (counts["grade_cells"], counts["solution_cells"], counts["alembic_version"]) == (15, 9, 1)


def test_a_grader_with_another_source_is_noticed(url: str, tmp_path: Path) -> None:
    """nbgrader puts an assignment's notebooks anew as long as nothing is graded."""
    here, there = course_at(tmp_path / "here", url), course_at(tmp_path / "there", url)
    with Writer(here, here.assignment(ASSIGNMENT)) as first:
        Writer(there, there.assignment(ASSIGNMENT)).close()
        first.write(judged(here, "ada"))  # the same source: nothing is in the way
    assert rows(here)["ada"]["score"] == 6.0
    with Gradebook(url, "demo") as gradebook:
        gradebook.remove_submission(ASSIGNMENT, "ada")
    path = there.root / "source" / ASSIGNMENT / "ps1.ipynb"
    with Writer(here, here.assignment(ASSIGNMENT)) as first:
        path.write_text(path.read_text().replace("square-hidden", "square-secret"))
        other = Course(there.root)
        Writer(other, other.assignment(ASSIGNMENT)).close()
        with pytest.raises(GradebookError, match=r"Cells of 'ps1' were taken out .* different source"):
            first.write(judged(here, "bob"))
    assert rows(here) == {}


def test_graders_wait_for_their_turn_but_not_for_ever(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = course_at(tmp_path, url)
    monkeypatch.setattr(database, "LOCK_SECONDS", 0.2)
    with Writer(course, course.assignment(ASSIGNMENT)) as writer:
        with (
            turn(url),
            pytest.raises(GradebookError, match="lock timeout"),
        ):
            writer.write(judged(course, "ada"))
        assert rows(course) == {}
        assert not course.autograded_folder(ASSIGNMENT, "ada").exists()
        writer.write(judged(course, "ada"))
    with turn(url), pytest.raises(GradebookError, match=r"cannot be opened: .*lock timeout"):
        Writer(course, course.assignment(ASSIGNMENT))
    assert rows(course)["ada"]["score"] == 6.0


def files_of(course: Course) -> dict[str, bytes]:
    folder = course.root / "autograded"
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


@pytest.mark.parametrize("moment", ["before", "while rows are written", "at the commit"])
def test_a_server_that_stops_leaves_nothing_half_written(
    moment: str, server: Server, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = course_at(tmp_path, url)
    with Writer(course, course.assignment(ASSIGNMENT)) as writer:
        writer.write(judged(course, "ada"))
        kept, before = files_of(course), rows(course)
        stopped: list[bool] = []

        def stopping(function: Callable[..., Any]) -> Callable[..., Any]:
            def stop_first(*arguments: Any) -> Any:
                if not stopped:
                    stopped.append(True)
                    server.stop()
                return function(*arguments)

            return stop_first

        if moment == "before":
            server.stop()
        elif moment == "while rows are written":
            monkeypatch.setattr(writer, "_grade", stopping(writer._grade))
        else:
            session = writer.gradebook.db()
            monkeypatch.setattr(session, "commit", stopping(session.commit))
        try:
            with pytest.raises(GradebookError, match="The grade of bob cannot be written: ") as error:
                writer.write(judged(course, "bob"))
        finally:
            server.start()
        assert "\n" not in str(error.value)
        assert files_of(course) == kept
        assert rows(course) == before
        assert [path.name for path in (tmp_path / "autograded").iterdir()] == ["ada"] or not any(
            (tmp_path / "autograded" / "bob").iterdir()
        )
    with Writer(course, course.assignment(ASSIGNMENT)) as writer:  # what the same command does then
        for student in ANSWERS:
            writer.write(judged(course, student))
    assert {student: row["score"] for student, row in rows(course).items()} == SCORES
    assert counted(url)["submitted_assignment"] == 3


def test_a_restart_between_two_grades_is_not_noticed(server: Server, url: str, tmp_path: Path) -> None:
    course = course_at(tmp_path, url)
    with Writer(course, course.assignment(ASSIGNMENT)) as writer:
        for student in ANSWERS:
            writer.write(judged(course, student))
            server.restart()
    assert {student: row["score"] for student, row in rows(course).items()} == SCORES


def test_the_command_says_that_the_server_is_gone_and_goes_on_later(
    server: Server,
    url: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    course = course_at(tmp_path / "course", url)
    command = ["grade", ASSIGNMENT, "--course", str(course.root), "--workers", "1"]
    write, written = Writer.write, Counter[str]()

    def stop_after_one(self: Writer, result: SubmissionResult) -> None:
        if written:
            server.stop()
        write(self, result)
        written[result.student] += 1

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "write", stop_after_one)
        try:
            assert cli.main(command) == cli.FAILED
            errors = capsys.readouterr().err
            assert cli.main(command) == cli.FAILED  # still gone: not even opened
            gone = capsys.readouterr().err
            assert cli.main(["report", ASSIGNMENT, "--course", str(course.root)]) == cli.WRONG_CALL
            unread = capsys.readouterr().err
        finally:
            server.start()
    assert "cannot be written: " in errors
    assert errors.endswith("What was graded before is kept; the same command goes on from there.\n")
    assert gone.startswith("The gradebook postgresql+psycopg://tester@/grades")
    assert "cannot be opened: connection" in gone
    assert "cannot be read: connection" in unread
    assert set(rows(course)) == set(written)
    assert len(written) == 1
    assert cli.main(command) == 0
    assert {student: row["score"] for student, row in rows(course).items()} == SCORES


def test_no_password_is_shown_and_no_driver_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course = course_at(tmp_path, "postgresql+psycopg://ada:secret@/nowhere?host=/nonexistent")
    with pytest.raises(GradebookError, match="cannot be opened: connection") as error:
        Writer(course, course.assignment(ASSIGNMENT))
    assert "secret" not in str(error.value)
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(GradebookError, match=r"its driver psycopg is not installed: pip install"):
        Writer(course, course.assignment(ASSIGNMENT))
