"""Hands entries in, grades them with the real command, and says what is not as it should be."""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import json
import os
import re
import secrets
import shutil
import site
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import nbformat
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from autograder.attacks import canary
from autograder.attacks.course import ANSWERS, FULL, make_course
from autograder.attacks.entry import Entry, World
from autograder.attacks.pages import active
from autograder.box import Level, scratch
from autograder.course import Course, put_own_scripts_on_path

CHECKOUT = Path(__file__).resolve().parents[2]
_PACKAGE = __name__.rpartition(".")[0]
_GIVE_UP = 3600  # seconds for one run
_LARGEST = 24 << 20  # bytes of one graded notebook or page: 20 MB of it can be pictures
_MOST_MEMORY = 512  # MB of a judge or the writer, whatever submissions do
_MARKERS = ("solution", "comment", "expected", "callback", "input", "reference", "plain")


Way = Literal["grade", "command", "button"]


@dataclass(frozen=True)
class Machine:
    """How the grader is started.

    Attributes
    ----------
    level
        The level it must use.
    python
        Its interpreter.
    user
        The user to become; None: as is.
    way
        The command, nbgrader's own command, or formgrader's button for one student after the other.
    """

    level: Level
    python: str = sys.executable
    user: int | None = None
    way: Way = "grade"


@dataclass(frozen=True)
class Finding:
    """Something that is not as it should be.

    Attributes
    ----------
    who
        The entry's id; "run" where it cannot be told whose doing it was.
    what
        In words.
    """

    who: str
    what: str

    def __str__(self) -> str:
        return f"{self.who}: {self.what}"


@dataclass
class Outcome:
    """What became of one run.

    Attributes
    ----------
    findings
        Everything that is not as it should be.
    scores
        What each entry got.
    memory
        Peak MB of the judge and the writer.
    """

    findings: list[Finding] = field(default_factory=list)
    scores: dict[str, float] = field(default_factory=dict)
    memory: dict[str, float] = field(default_factory=dict)


def run(
    entries: Sequence[Entry],
    machine: Machine,
    *,
    workers: int = 1,
    keep: Path | None = None,
    progress: Callable[[int], None] = lambda graded: None,
) -> Outcome:
    """Grade the entries, an honest student after each, and look at everything that came of it.

    Parameters
    ----------
    workers
        With one, whoever follows a hostile submission is graded by the same process.
    keep
        Where to move the folder of the run afterwards, for looking at it by hand.
    progress
        Called now and then with how many submissions are graded; `submissions` says of how many.
    """
    outcome = Outcome()
    root = Path(tempfile.mkdtemp(prefix="coursekit-attack-")).resolve()
    try:
        token = secrets.token_hex(6)
        with canary.Listener(f"coursekit-{token}") as listener:
            world = World(
                token,
                course=root / "course",
                home=root / "home",
                canary=root / "canary",
                tmp=root / "tmp",
                port=listener.port,
                socket=listener.name,
            )
            _Run(root, world, machine, workers, outcome, progress).grade(entries)
            outcome.findings += [Finding("run", f"somebody called {caller}") for caller in listener.callers]
    finally:
        if keep is None:
            scratch.remove(str(root))  # attackers hand in folders nested deeper than shutil.rmtree goes
        else:
            shutil.move(root, keep)
    return outcome


def submissions(entries: Sequence[Entry]) -> int:
    """How many submissions a run of these entries grades: an honest one before all and one after each."""
    return 2 * len(entries) + len({entry.assignment for entry in entries})


def student_of(number: int, entry: Entry) -> str:
    """The student who hands in an entry; sorted, students come in the entries' order, honest ones between."""
    return f"{number:03}-1-{entry.student or entry.id}"


class _Run:
    def __init__(
        self,
        root: Path,
        world: World,
        machine: Machine,
        workers: int,
        outcome: Outcome,
        progress: Callable[[int], None],
    ) -> None:
        self.root, self.world, self.machine, self.workers = root, world, machine, workers
        self.outcome, self.progress = outcome, progress
        self.graded, self.assignment = 0, ""
        for folder in (world.course, world.home, world.canary, world.tmp):
            folder.mkdir()
        make_course(world.course, world.marker)
        (world.course / "gradebook.db").write_bytes(_empty_gradebook())
        (world.home / ".netrc").write_text(world.marker("home"))
        (world.canary / "secret.txt").write_text(world.marker("canary"))
        (world.canary / "folder").mkdir()
        with Gradebook(f"sqlite:///{world.course}/gradebook.db", "hostile") as gradebook:
            gradebook.add_student(world.victim, first_name=world.marker("gradebook"))

    def finding(self, who: str, what: str) -> None:
        self.outcome.findings.append(Finding(who, what))

    def grade(self, entries: Sequence[Entry]) -> None:
        for assignment in sorted({entry.assignment for entry in entries}):
            chosen = [entry for entry in entries if entry.assignment == assignment]
            self._grade_assignment(assignment, chosen)

    # -- before ------------------------------------------------------------------------------------------

    def _grade_assignment(self, assignment: str, entries: Sequence[Entry]) -> None:
        self.assignment = assignment
        with contextlib.chdir(self.root):
            (notebook,) = Course(self.world.course).assignment(assignment).notebooks
        hands_in = {self.world.victim: self._victim(assignment)}
        after: dict[str, str] = {}
        for number, entry in enumerate(entries, 1):
            hands_in[student_of(number, entry)] = entry
            hands_in[f"{number:03}-2-honest"] = Entry("honest", "the right answers", FULL[assignment])
            after[f"{number:03}-2-honest"] = entry.id
        for student, entry in hands_in.items():
            folder = self.world.course / "submitted" / student / assignment
            folder.mkdir(parents=True)
            entry = dataclasses.replace(entry, assignment=assignment)
            entry.hand_in(notebook.released, folder, self.world)
        os.chmod(self.root, 0o755)
        self._give_to_user()
        os.chmod(self.world.canary, 0o777)
        before = canary.snapshot(self.world.home, self.world.canary)
        output = self._grade_in_a_process(assignment)
        self._look_around(before, output)
        if output.code == 0:
            self._make_pages(assignment)
            self._look_at_results(assignment, hands_in, after, output)
        self.graded += len(hands_in)
        scratch.remove(str(self.world.course / "submitted"))  # links in it lead to what comes next

    def _victim(self, assignment: str) -> Entry:
        marker = self.world.marker("victim")
        question = next(iter(ANSWERS[assignment]["right"]))
        answers = {question: ANSWERS[assignment]["right"][question] + f"\n# {marker}"}
        return Entry(
            "honest",
            "the right answers",
            FULL[assignment],
            answers=answers,
            make=lambda draft: draft.file("notes.txt", marker),
        )

    def _give_to_user(self) -> None:
        if self.machine.user is not None:
            for folder, folders, files in os.walk(os.fsencode(self.root)):
                for name in (b"", *folders, *files):
                    os.chown(
                        os.path.join(folder, name),
                        self.machine.user,
                        self.machine.user,
                        follow_symlinks=False,
                    )

    # -- the run -----------------------------------------------------------------------------------------

    def _grade_in_a_process(self, assignment: str) -> _Output:
        world, user = self.world, self.machine.user
        reports = self.root / "reports"
        reports.mkdir(exist_ok=True)
        report, results = reports / f"{assignment}.watch.json", reports / f"{assignment}.json"
        if user is not None:
            os.chown(reports, user, user)
        machine = self.machine
        arguments = [report, machine.way, machine.level, world.course, assignment, self.workers, results]
        done = self._call(self.machine.python, "watch", *map(str, arguments), user=user)
        if not report.exists():
            raise RuntimeError(f"the grader's process cannot be watched: {done.stderr.decode()[-2000:]}")
        seen = json.loads(report.read_text())
        return _Output(seen["code"], seen["left"], seen["memory"], done.stdout, done.stderr, results)

    def _make_pages(self, assignment: str) -> None:
        """Make the feedback pages, with our own interpreter: only the grading depends on the machine."""
        students = f"{self.world.victim},*-1-*"  # the pages of honest work are all alike
        done = self._call(sys.executable, "pages", str(self.world.course), assignment, students)
        if done.returncode:
            self.finding("run", f"no feedback pages: {done.stderr.decode()[-3000:]}")

    def _call(
        self, python: str, *arguments: str, user: int | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a part of `grading` as a process of its own."""
        end = time.monotonic() + _GIVE_UP
        with subprocess.Popen(
            [python, "-P", "-m", f"{_PACKAGE}.grading", *arguments],
            cwd=self.world.course,
            env=self._environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
        ) as process:
            while True:
                try:
                    output, errors = process.communicate(timeout=0.5)
                except subprocess.TimeoutExpired:
                    if time.monotonic() > end:
                        process.kill()
                        raise
                    self.progress(self.graded + self._kept_results())
                except BaseException:
                    process.kill()
                    raise
                else:
                    return subprocess.CompletedProcess(process.args, process.returncode, output, errors)

    def _kept_results(self) -> int:
        """How many submissions of the assignment in hand are graded."""
        with contextlib.suppress(OSError):
            return len(os.listdir(self.world.course / ".coursekit" / "results" / self.assignment))
        return 0

    def _environment(self) -> dict[str, str]:
        paths = [str(CHECKOUT), *(path for path in sys.path if "site-packages" in path)]
        return {
            "PATH": os.pathsep.join([sysconfig.get_path("scripts"), os.environ.get("PATH", os.defpath)]),
            "PYTHONPATH": os.pathsep.join(paths),
            "PYTHONDONTWRITEBYTECODE": "1",
            "HOME": str(self.world.home),
            "USER": "instructor",
            "TMPDIR": str(self.world.tmp),
            "COURSE_SECRET": self.world.marker("environment"),
            "LANG": "C.UTF-8",
            "COLUMNS": "200",
            "JUPYTER_PATH": os.path.join(sys.prefix, "share", "jupyter"),
        }

    # -- after -------------------------------------------------------------------------------------------

    def _look_around(self, before: canary.Snapshot, output: _Output) -> None:
        """Whatever has nothing to do with any one submission's score."""
        world = self.world
        for kind, peak in output.memory.items():
            self.outcome.memory[kind] = max(self.outcome.memory.get(kind, 0.0), peak)
            if peak > _MOST_MEMORY:
                self.finding("run", f"the {kind} used {peak:.0f} MB")
        if output.code != 0:
            self.finding("run", f"exit code {output.code}: {output.errors.decode()[-3000:]}")
        for left in output.left:
            self.finding("run", f"left behind: {left}")
        for change in canary.changes(before, canary.snapshot(world.home, world.canary)):
            self.finding("run", change)
        for name in os.listdir(world.tmp):
            self.finding("run", f"TMPDIR still holds {name}")
        places: list[str | Path] = [
            *canary.COMMON_FOLDERS,
            *site.getsitepackages(),
            sys.prefix,
            CHECKOUT,
            CHECKOUT / "autograder",
        ]
        for what in canary.planted(world.token, [*places, *self._course_folders()]):
            self.finding("run", what)
        if (runs := world.course / ".coursekit" / "runs").exists() and any(runs.iterdir()):
            self.finding("run", "the run's own folder, with hidden tests in it, is still there")
        for what, text in (("output", output.text), ("errors", output.errors)):
            if re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", text.replace(b"\r\n", b"\n")):
                self.finding("run", f"control characters in the command's {what}")
            for marker in canary.markers(text, world.token):
                self.finding("run", f"the command's {what} shows the marker of the {marker}")

    def _course_folders(self) -> Iterator[Path]:
        for folder in ("source", "autograded", "feedback", ".coursekit"):
            yield from (path for path in (self.world.course / folder).rglob("*") if path.is_dir())
        yield self.world.course

    def _look_at_results(
        self, assignment: str, hands_in: dict[str, Entry], after: dict[str, str], output: _Output
    ) -> None:
        results = json.loads(output.results.read_text())
        found = {submission["student"]: submission for submission in results["submissions"]}
        if len(found) != len(results["submissions"]) or found.keys() != hands_in.keys():
            self.finding("run", f"not every student is there once: {found.keys() ^ hands_in.keys()}")
        with Gradebook(f"sqlite:///{self.world.course}/gradebook.db", "hostile") as gradebook:
            rows = [(row.student.id, row.score) for row in gradebook.assignment_submissions(assignment)]
        if len(rows) != len(hands_in):
            self.finding("run", f"{len(rows)} submissions in the gradebook, {len(hands_in)} handed in")
        in_gradebook = dict(rows)
        self._kept: dict[str, list[Path]] = {}
        for path in (self.world.course / ".coursekit" / "results" / assignment).iterdir():
            self._kept.setdefault(json.loads(path.read_text())["result"]["student"], []).append(path)
        usual = active(self._page(assignment, self.world.victim).read_text())
        for student, entry in hands_in.items():
            if student not in found:
                continue
            who, how = entry.id, ""
            if entry.id == "honest":
                who, how = after.get(student, "run"), "an honest submission after it: "
            submission = found[student]
            self.outcome.scores.setdefault(entry.id, submission["score"])
            for problem in self._problems(entry, submission, in_gradebook.get(student)):
                self.finding(who, f"{how}{problem}")
            for problem in self._leaks(student, assignment, entry):
                self.finding(who, f"{how}{problem}")
            page = self._page(assignment, student)
            if entry.id == "honest":
                continue
            if not page.is_file():
                self.finding(who, "there is no feedback page")
            else:
                for what in sorted(active(page.read_text("utf-8", "surrogateescape")) - usual)[:5]:
                    self.finding(who, f"the feedback page holds {what}")

    def _page(self, assignment: str, student: str) -> Path:
        return self.world.course / "feedback" / student / assignment / f"{assignment}.html"

    def _problems(
        self, entry: Entry, submission: dict[str, Any], in_gradebook: float | None
    ) -> Iterator[str]:
        questions = [question for notebook in submission["notebooks"] for question in notebook["questions"]]
        if submission["score"] != entry.score:
            lost = [
                f"{q['grade_id']}: {q['score']} ({q['reason']})"
                for q in questions
                if q["score"] != q["max_score"]
            ]
            yield f"got {submission['score']:g}, deserves {entry.score:g}. {lost} {submission['messages']}"
        if in_gradebook != submission["score"]:
            yield f"the gradebook says {in_gradebook}, the results {submission['score']}"
        if submission["status"] != entry.status:
            yield f"status {submission['status']}, expected {entry.status}: {submission['messages']}"
        if submission["level"] != self.machine.level:
            yield f"graded at level {submission['level']}"
        said = " ".join([*submission["messages"], *(question["reason"] for question in questions)])
        if entry.told not in said:
            yield f"nobody was told {entry.told!r}, but: {said}"
        if entry.status == "report" and not submission["messages"]:
            yield "status report, but nothing says why"
        if entry.id == "honest" and submission["messages"]:
            yield f"messages about an honest submission: {submission['messages']}"
        if entry.kind == "fairness" and any(not q["score"] and q["score"] is not None for q in questions):
            yield "points lost"

    def _leaks(self, student: str, assignment: str, entry: Entry) -> Iterator[str]:
        """What should not be in anything that was made of a submission: markers, reported breaches, size."""
        course, token = self.world.course, self.world.token
        own = {"victim"} if student == self.world.victim else set()
        folders = [course / step / student / assignment for step in ("autograded", "feedback")]
        paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        paths += self._kept.get(student, [])
        for path in paths:
            if path.is_symlink():
                yield f"{path} is a link"
                continue
            if path.stat().st_size > _LARGEST and path.suffix in (".ipynb", ".html", ".json"):
                yield f"{path.name} has {path.stat().st_size >> 20} MB"
            for text in canary.texts_of(path):
                for marker in canary.markers(text, token):
                    if marker not in own:
                        yield f"{path.relative_to(course)} shows the marker of the {marker}"
                for breach in re.findall(rb"%b[^\n\"<\\]{0,200}" % self.world.breach.encode(), text):
                    yield f"the box let through: {breach.decode(errors='replace')}"
        notebook = folders[0] / f"{assignment}.ipynb"
        if not notebook.is_file():
            yield "there is no graded notebook"
            return
        shown = nbformat.read(notebook, as_version=4)
        nbformat.validate(shown)
        printed = _printed(shown)
        if "BROKEN" in printed:
            yield f"the attack does not work: {printed[printed.index('BROKEN') :][:300]}"
        if entry.reports and not re.search(r"^tried [1-9]", printed, re.MULTILINE):
            yield f"the attack did not reach its end: {printed[-300:]}"


@dataclass(frozen=True)
class _Output:
    code: int
    left: list[str]
    memory: dict[str, float]
    text: bytes
    errors: bytes
    results: Path


def _printed(notebook: NotebookNode) -> str:
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    return "".join(output.get("text", "") or output.get("evalue", "") for output in outputs)


@functools.cache
def _empty_gradebook() -> bytes:
    """nbgrader takes seconds to make one, so it is made once."""
    put_own_scripts_on_path()
    with tempfile.TemporaryDirectory() as folder:
        Gradebook(f"sqlite:///{folder}/gradebook.db", "hostile").close()
        return Path(folder, "gradebook.db").read_bytes()
