"""`nbgrader autograde` and formgrader's API in a sealed course: the judge's scores, all else nbgrader's."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.utils import temp_attrs
from nbgrader.validator import Validator
from sample_course import (
    ASSIGNMENT,
    DOUBLE,
    SQUARE,
    add_gradebook,
    answered,
    make_course,
    make_source,
    submit,
)

from autograder import batch as batch_module
from autograder import cli, demo
from autograder.box import BoxUnavailable
from autograder.course import Course
from autograder.demo_class import CLASS
from autograder.frontend import SealedExporter
from autograder.frontend.warm import WarmPool, warm_pool
from autograder.nbgrader_commands import autograde as nbgrader_alone
from autograder.nbgrader_commands import generate_feedback

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # advice to nbgrader's authors

SEALED = 'c.Autograde.exporter_class = "autograder.frontend.SealedExporter"\n'
SECONDS = 300
WRONG = "def square(x):\n    return x"
BLANKING = f'{WRONG}\nget_ipython().input_transformers_cleanup.append(lambda lines: ["pass\\n"])'


@pytest.fixture(autouse=True)
def _end_warm_workers() -> Iterator[None]:
    yield
    warm_pool().close()


class Class:
    """A sealed course, and nbgrader's API on it as formgrader has it."""

    def __init__(self, root: Path, config: str = SEALED) -> None:
        self.root = make_course(root, config)
        add_gradebook(root)
        self.course = Course(root)
        self.released: NotebookNode = self.course.assignment(ASSIGNMENT).notebook("ps1").released
        self.api = NbGraderAPI(self.course.directory, parent=self.course.app)
        self.api.log_level = logging.INFO

    def hand_in(self, student: str = "ada", square: str = SQUARE, timestamp: str = "") -> Path:
        return submit(self.root, student, answered(self.released, square=square, double=DOUBLE), timestamp)

    def press(self, student: str = "ada") -> dict[str, Any]:
        """Do what formgrader's Autograde button does and return what it shows."""
        answer: dict[str, Any] = self.api.autograde(ASSIGNMENT, student)
        return answer

    @property
    def gradebook(self) -> Gradebook:
        return Gradebook(f"sqlite:///{self.root}/gradebook.db", "demo")

    def scores(self, student: str = "ada") -> dict[str, float | None]:
        with self.gradebook as gradebook:
            row = gradebook.find_submission_notebook("ps1", ASSIGNMENT, student)
            return {grade.name: grade.auto_score for grade in row.grades}


@pytest.fixture
def klass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Class:
    monkeypatch.chdir(tmp_path)
    return Class(tmp_path)


RIGHT = {"square-visible": 1, "square-hidden": 2, "double-visible": 1, "double-hidden": 2, "why": 0}
WITHOUT_SQUARE = RIGHT | {"square-visible": 0, "square-hidden": 0}


# ---- the same scores, whichever way ----

Cells = dict[str, dict[str, tuple[float | None, float | None, bool]]]


def cells(course: Course) -> Cells:
    """Return student → cell → (automatic score, score, waits for a person) of the demo's homework."""
    with Gradebook(course.directory.db_url) as gradebook:
        return {
            submission.student.id: {
                grade.name: (grade.auto_score, grade.score, grade.needs_manual_grade)
                for notebook in submission.notebooks
                for grade in notebook.grades
            }
            for submission in gradebook.assignment_submissions("hw1_gates")
        }


@pytest.fixture(scope="module")
def three_courses(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Course]:
    """The demo's class of fifteen, graded by `coursekit grade`, `nbgrader autograde` and formgrader's API."""
    first = tmp_path_factory.mktemp("class") / "grade"
    first.mkdir()
    with contextlib.chdir(first), contextlib.redirect_stdout(io.StringIO()):
        course = demo.set_up(first)
        demo.hand_in(course, demo.generate_assignment(course, "hw1_gates"))
        course.seed()
        folders = {way: shutil.copytree(first, first.with_name(way)) for way in ("command", "api")}
        assert cli.main(["grade", "hw1_gates", "--course", str(first)]) == 0
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", "autograde", "hw1_gates"],
            cwd=folders["command"],
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode == 0, done.stderr
        course = Course(folders["api"])
        api = NbGraderAPI(course.directory, parent=course.app)
        for sample in CLASS:
            answer = api.autograde("hw1_gates", sample.student)
            assert answer["success"], answer
        warm_pool().close()
        generate_feedback(course, "hw1_gates")
        return {"grade": Course(first), **{way: Course(folder) for way, folder in folders.items()}}


def test_all_ways_give_the_same_scores_cell_by_cell(three_courses: dict[str, Course]) -> None:
    graded, command, api = (cells(three_courses[way]) for way in ("grade", "command", "api"))
    assert set(graded) == {sample.student for sample in CLASS}
    for sample in CLASS:
        got = {name: scores[0] for name, scores in graded[sample.student].items()}
        assert got == {name: demo.deserved(sample, name) for name in got}, sample.student
    assert command == graded
    assert api == graded


def test_all_ways_write_the_same_notebooks(three_courses: dict[str, Course]) -> None:
    def shown(way: str) -> dict[str, str]:
        root = three_courses[way].root / "course" / "autograded"
        files = (path for path in root.rglob("*") if path.is_file())
        return {str(path.relative_to(root)): path.read_text().replace(str(root), "") for path in files}

    graded = shown("grade")
    assert {f"{sample.student}/hw1_gates/hw1_gates.ipynb" for sample in CLASS} <= set(graded)
    assert shown("command") == graded
    assert shown("api") == graded


def test_hints_and_messages_reach_the_feedback(three_courses: dict[str, Course]) -> None:
    def page(student: str) -> str:
        folder = three_courses["api"].root / "course" / "feedback" / student / "hw1_gates"
        return (folder / "hw1_gates.html").read_text()

    assert "What happens to the gradients of two paths where the paths meet?" in page("one_path")
    assert "(Score: 19.0 / 27.0)" in page("one_path")
    assert "The file is damaged" in page("not_json")
    assert "Notes of the grader" in page("deleted_test")
    for sample in CLASS:
        assert "HIDDEN TESTS" not in page(sample.student)


def test_a_wrong_answer_fails_every_way(klass: Class, capsys: pytest.CaptureFixture[str]) -> None:
    folder = klass.hand_in("bob", WRONG)
    failed = Validator().validate(str(folder / "ps1.ipynb"))["failed"]
    assert failed[0]["source"].strip() == "assert square(3) == 9"
    assert klass.press("bob")["success"]
    assert klass.scores("bob") == WITHOUT_SQUARE
    assert cli.main(["grade", ASSIGNMENT, "--course", str(klass.root), "--force"]) == 0
    assert klass.scores("bob") == WITHOUT_SQUARE
    nbgrader_alone(klass.course, ASSIGNMENT)
    assert klass.scores("bob") == WITHOUT_SQUARE


def nbgrader(course: Course, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run one of nbgrader's commands in a course, as an instructor who has never heard of coursekit."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "nbgrader", *arguments],
        cwd=course.root,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return done


@pytest.mark.parametrize("student", ["one_path", "right"])
def test_the_homework_is_judged_alike_with_and_without_us(
    three_courses: dict[str, Course], tmp_path: Path, student: str
) -> None:
    """The same notebook: `coursekit grade`, the button, stock `nbgrader autograde`, `nbgrader validate`.

    Whichever of them a course uses, a question that one fails all fail.
    """
    [sample] = [sample for sample in CLASS if sample.student == student]
    stock = tmp_path / "stock"
    with contextlib.chdir(tmp_path):
        stock.mkdir()
        course = demo.set_up(stock)
        config = stock / "nbgrader_config.py"
        config.write_text(config.read_text().replace(SEALED.strip(), ""))
        released = demo.generate_assignment(Course(stock), "hw1_gates") / "hw1_gates.ipynb"
        folder = course.submitted_folder("hw1_gates", student)
        shutil.copytree(released.parent, folder)
        hand_in = sample.hand_in(nbformat.read(released, as_version=4))
        (folder / "hw1_gates.ipynb").write_bytes(hand_in)
    log = nbgrader(course, "autograde", "hw1_gates").stderr
    assert "Judged outside" not in log
    alone = {name: scores[0] for name, scores in cells(course)[student].items() if scores[0] is not None}
    for way in ("grade", "command", "api"):
        judged = {name: scores[0] for name, scores in cells(three_courses[way])[student].items()}
        assert {name: judged[name] for name in alone} == alone, way
    failed = [name for name, score in alone.items() if score == 0]
    assert (failed == []) is (student == "right")
    told = nbgrader(course, "validate", str(folder / "hw1_gates.ipynb"))
    assert ("Your notebook passes all the tests." in told.stdout + told.stderr) is (failed == [])


def test_a_submission_that_fools_nbgrader_does_not_fool_the_button(klass: Class) -> None:
    klass.hand_in("mal", BLANKING)
    assert klass.press("mal")["success"]
    assert klass.scores("mal")["square-visible"] == 0
    assert klass.scores("mal")["square-hidden"] == 0
    nbgrader_alone(klass.course, ASSIGNMENT)
    assert klass.scores("mal") == RIGHT  # it is a real attack: without us it has full marks


# ---- what nbgrader shows ----


def test_the_button_tells_what_became_of_it(klass: Class) -> None:
    """Three short lines, even where the server logs everything."""
    klass.hand_in("bob", WRONG)
    klass.api.log_level = logging.DEBUG
    answer = klass.press("bob")
    assert answer["success"]
    points, why, judged = (line.strip() for line in answer["log"].strip().splitlines())
    assert points == "[INFO] bob: 3 of 10 points, graded"
    assert why == "square-visible: AssertionError: assert square(3) == 9 (and 2 more)"
    assert judged.startswith("Judged outside the student's process (isolation: ")


@pytest.mark.parametrize(
    "payload",
    [b"{", b"", "link", "fifo", "timestamp"],
    ids=["no-json", "empty", "link-to-a-solution", "pipe-beside-it", "garbled-timestamp"],
)
def test_what_stops_nbgrader_on_its_way_is_graded(klass: Class, payload: bytes | str) -> None:
    """Each of these ends in a traceback or a leak before nbgrader's first preprocessor is asked."""
    if isinstance(payload, bytes):
        submit(klass.root, "mal", payload)
    else:
        folder = klass.hand_in("mal", timestamp="soon" if payload == "timestamp" else "")
        if payload == "link":
            (folder / "mine.txt").symlink_to(klass.root / "source" / ASSIGNMENT / "ps1.ipynb")
        if payload == "fifo":
            os.mkfifo(folder / "mine.txt")
    answer = klass.press("mal")
    assert answer["success"], answer
    assert klass.scores("mal") == (dict.fromkeys(RIGHT, 0) if isinstance(payload, bytes) else RIGHT)
    assert not (klass.root / "autograded" / "mal" / ASSIGNMENT / "mine.txt").exists()


def test_without_isolation_nothing_runs_and_the_reason_is_shown(
    klass: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    flag = klass.root / "was-run"
    klass.hand_in("ada", f"{SQUARE}\nopen({str(flag)!r}, 'w')")
    assert klass.press()["success"]
    before = (klass.root / "autograded/ada/ps1/ps1.ipynb").read_bytes()

    def unavailable() -> None:
        raise BoxUnavailable("Neither namespaces nor Landlock work here.")

    monkeypatch.setattr(batch_module, "best_level", unavailable)
    klass.hand_in("bob")
    for student in ("ada", "bob"):
        answer = klass.press(student)
        assert not answer["success"]
        for text in (answer["log"], answer["error"]):
            assert "Neither namespaces nor Landlock work here." in text
            assert "`coursekit doctor` says more. Nothing was run or graded." in text
    assert not flag.exists()
    assert not (klass.root / "autograded" / "bob").exists()
    assert (klass.root / "autograded/ada/ps1/ps1.ipynb").read_bytes() == before


def test_the_exporter_never_converts(klass: Class) -> None:
    """A version of nbgrader that went another way would be refused, not obeyed."""
    exporter = SealedExporter(parent=klass.api)
    with pytest.raises(NbGraderException, match="Nothing was run"):
        exporter.from_notebook_node(klass.released)
    klass.hand_in()
    with pytest.raises(NbGraderException, match="Nothing was run"):
        exporter.from_filename(str(klass.root / "submitted/ada/ps1/ps1.ipynb"))


def test_a_student_who_has_not_handed_in_is_nbgraders_error(klass: Class) -> None:
    klass.hand_in()
    answer = klass.press("nobody")
    assert not answer["success"]
    assert "No notebooks were matched" in answer["log"]


def test_a_notebook_that_nbgrader_cannot_release_is_told(klass: Class) -> None:
    klass.hand_in()
    (klass.root / "source" / ASSIGNMENT / "ps1.ipynb").write_text("{")
    answer = klass.press()
    assert not answer["success"]
    assert "nbgrader cannot make a release version of" in answer["log"]


def test_another_run_is_waited_for(klass: Class) -> None:
    klass.hand_in()
    with batch_module._locked(klass.course):
        answer = klass.press()
    assert not answer["success"]
    assert "Another coursekit run is grading" in answer["log"]
    assert klass.press()["success"]


# ---- what is nbgrader's stays ----


def test_what_a_person_wrote_survives(klass: Class) -> None:
    klass.hand_in()
    assert klass.press()["success"]
    with klass.gradebook as gradebook:
        grade = gradebook.find_grade("why", "ps1", ASSIGNMENT, "ada")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 3.0, 0.5, False
        gradebook.find_comment("why", "ps1", ASSIGNMENT, "ada").manual_comment = "Well said."
        gradebook.db.commit()
    assert klass.press()["success"]
    with klass.gradebook as gradebook:
        grade = gradebook.find_grade("why", "ps1", ASSIGNMENT, "ada")
        assert (grade.manual_score, grade.extra_credit, grade.score) == (3.0, 0.5, 3.5)
        assert gradebook.find_comment("why", "ps1", ASSIGNMENT, "ada").comment == "Well said."
        assert gradebook.find_submission(ASSIGNMENT, "ada").score == 9.5


POLICY = """
from nbgrader.plugins import BasePlugin

class TwoPoints(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return 2.0
"""


def test_late_penalties_are_the_courses_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "two_points_policy.py").write_text(POLICY)
    policy = 'c.AssignLatePenalties.plugin_class = "two_points_policy.TwoPoints"\n'
    klass = Class(tmp_path, SEALED + policy)
    klass.hand_in(timestamp="2026-03-02 12:00:00 UTC")
    with klass.gradebook as gradebook:
        gradebook.update_or_create_assignment(ASSIGNMENT, duedate="2026-03-01 12:00:00")
    assert klass.press()["success"]
    with klass.gradebook as gradebook:
        row = gradebook.find_submission_notebook("ps1", ASSIGNMENT, "ada")
        assert (row.score, row.late_submission_penalty) == (6.0, 2.0)
    generate_feedback(klass.course, ASSIGNMENT)
    assert "(Score: 4.0 / 10.0)" in (tmp_path / "feedback/ada/ps1/ps1.html").read_text()


def test_partial_credit_is_nbgraders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    klass = Class(tmp_path)
    source = make_source()
    source.cells[4].source = (
        "### BEGIN HIDDEN TESTS\n0.5 * sum(square(x) == y for x, y in [(2, 4), (-7, 49), (1, 1), (5, 24)])\n"
        "### END HIDDEN TESTS"
    )
    nbformat.write(source, tmp_path / "source" / ASSIGNMENT / "ps1.ipynb")
    klass.hand_in()
    assert klass.press()["success"]
    assert klass.scores()["square-hidden"] == 1.5
    nbgrader_alone(klass.course, ASSIGNMENT)
    assert klass.scores()["square-hidden"] == 1.5


def test_a_name_that_nbgrader_would_not_take_is_no_student_of_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    klass = Class(tmp_path, SEALED)
    klass.hand_in()
    answer = klass.api.autograde(ASSIGNMENT, "ada", create=False)
    assert not answer["success"]
    assert "ada is not a student of the gradebook" in answer["log"]
    assert not (tmp_path / "autograded").exists() or not any((tmp_path / "autograded").rglob("*.ipynb"))


# ---- how it is turned on ----


def start(course: Course) -> str:
    """Run Autograde on everybody and return its log."""
    log = io.StringIO()
    handler = logging.StreamHandler(log)
    converter = Autograde(coursedir=course.directory, parent=course.app)
    converter.log.addHandler(handler)
    converter.log.setLevel(logging.INFO)
    try:
        with temp_attrs(course.directory, assignment_id=ASSIGNMENT):
            converter.start()
    finally:
        converter.log.removeHandler(handler)
    return log.getvalue()


@pytest.mark.parametrize("path", ["README.md", "docs/instructor-guide.md", "nbgrader_config.py"])
def test_the_line_is_written_down_as_it_works(path: str) -> None:
    assert SEALED.strip() in (demo.CHECKOUT / path).read_text()


@pytest.mark.parametrize("way", ["json", "load_subconfig"])
def test_other_ways_to_configure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    monkeypatch.chdir(tmp_path)
    if way == "json":
        setting = {"Autograde": {"exporter_class": "autograder.frontend.SealedExporter"}}
        (tmp_path / "nbgrader_config.json").write_text(json.dumps(setting))
        klass = Class(tmp_path, "")
    else:
        (tmp_path / "sealed.py").write_text(f"c = get_config()\n{SEALED}")
        klass = Class(tmp_path, 'load_subconfig("sealed.py")\n')
    klass.hand_in("mal", BLANKING)
    assert "mal: 0 of 10 points, graded" in start(klass.course)
    assert klass.scores("mal")["square-hidden"] == 0


def test_without_the_line_nothing_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    klass = Class(tmp_path, "")
    assert (
        Autograde(coursedir=klass.course.directory, parent=klass.course.app).exporter_class
        is NotebookExporter
    )


def test_a_line_that_names_nothing_stops_nbgrader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    klass = Class(tmp_path, 'c.Autograde.exporter_class = "autograder.frontend.Unsealed"\n')
    klass.hand_in()
    with pytest.raises(Exception, match="exporter_class"):
        klass.press()
    assert not (tmp_path / "autograded").exists()


def test_settings_without_effect_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "coursekit_test_own.py").write_text(
        "from nbgrader.preprocessors import NbGraderPreprocessor\nclass Own(NbGraderPreprocessor): pass\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    own = (
        'c.Autograde.autograde_preprocessors = ["coursekit_test_own.Own"]\n'
        "c.Autograde.sanitize_preprocessors = []\nc.Execute.enabled = False\n"
    )
    klass = Class(tmp_path, SEALED + own)
    klass.hand_in()
    klass.course.directory.notebook_id = "ps*"
    log = start(klass.course)
    assert "These preprocessors of the course are not used: coursekit_test_own.Own." in log
    assert "Execute.enabled (--no-execute) has no effect" in log
    assert "The choice of notebooks has no effect" in log
    assert klass.scores() == RIGHT


# ---- warm workers ----


def workers(pool: WarmPool) -> list[int]:
    """Return the process numbers of the workers that wait."""
    return [] if pool._pool is None else [worker._process.pid for worker in pool._pool._workers]


def test_workers_stay_for_the_next_click(klass: Class) -> None:
    for student in ("ada", "bob"):
        klass.hand_in(student)
        assert klass.press(student)["success"]
    first = workers(warm_pool())
    assert len(first) == 1
    klass.press()
    assert workers(warm_pool()) == first


def test_workers_are_made_anew_when_the_assignment_changes(klass: Class) -> None:
    klass.hand_in("ada", "def square(x):\n    return {3: 9, -7: 49}[x]")
    klass.press()
    assert klass.scores() == RIGHT
    first = workers(warm_pool())
    source = make_source()
    source.cells[4].source = "### BEGIN HIDDEN TESTS\nassert square(-8) == 64\n### END HIDDEN TESTS"
    nbformat.write(source, klass.root / "source" / ASSIGNMENT / "ps1.ipynb")
    klass.press()
    assert klass.scores() == RIGHT | {"square-hidden": 0}
    assert workers(warm_pool()) != first
    assert not Path(f"/proc/{first[0]}").exists()


def test_a_worker_that_was_killed_while_it_waited_is_replaced(klass: Class) -> None:
    klass.hand_in()
    klass.press()
    [first] = workers(warm_pool())
    os.kill(first, signal.SIGKILL)
    os.waitid(os.P_PID, first, os.WEXITED | os.WNOWAIT)
    answer = klass.press()
    assert answer["success"], answer
    assert klass.scores() == RIGHT
    assert workers(warm_pool()) != [first]


def test_nothing_is_left_of_workers_that_are_not_needed_any_more(
    klass: Class, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    klass.hand_in()
    klass.press()
    assert list(temporary.glob("coursekit-*"))
    assert {held.stat().st_mode & 0o777 for held in temporary.iterdir()} == {0o700}
    [process] = workers(warm_pool())
    warm_pool()._timer.function()  # as if the time had passed
    assert list(temporary.iterdir()) == []
    assert not Path(f"/proc/{process}").exists()
    assert klass.press()["success"]
