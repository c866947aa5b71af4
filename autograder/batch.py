"""Grade an assignment: who handed in, what is known already, what has to be judged, and where it goes.

This process schedules and is the only one that writes. It reads submissions as bytes and never runs or
imports anything of theirs.
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import coursekit
from autograder.bank import Bank
from autograder.box import Level, Limits, best_level
from autograder.course import Assignment, Course, CourseError
from autograder.gradebook import NotGraded, Writer
from autograder.grader import derived_seed
from autograder.jobs import Job, Reply, Setup
from autograder.judge_limits import JudgeLimits
from autograder.plan import Refusal, make_plan
from autograder.pool import Pool
from autograder.results import ResultStore, SubmissionResult
from autograder.submission import Refused, Submission

CHECKOUT = Path(__file__).resolve().parents[1]
EXTRA_BYTES = 2**20  # of a student's own files, which every attempt at a submission writes anew


class Busy(Exception):
    """Another run is grading this course."""


def _cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Options:
    """How to grade: see `coursekit grade --help`."""

    students: list[str] = field(default_factory=list)
    workers: int = field(default_factory=_cores)
    seed: int | None = None
    force: bool = False
    trust_submissions: bool = False


Lend = Callable[["Batch", Path], AbstractContextManager[Pool]]


class Batch:
    """One run over an assignment's submissions.

    Parameters
    ----------
    course
        The course.
    name
        The assignment.
    options
        How to grade.
    lend
        Gives the processes that judge, for as long as there is something to judge, when it is called with
        this batch and a folder of the run; by default new ones.

    Raises
    ------
    CourseError
        A wrong call: no such assignment, no such student, nothing handed in.
    BoxUnavailable
        Student code cannot be isolated on this machine.

    Attributes
    ----------
    refusals
        (notebook, refusal) for test cells that cannot be judged from outside; a person has to grade them.
    failures
        Submissions that could not be written, with the reason.
    """

    def __init__(self, course: Course, name: str, options: Options, lend: Lend | None = None) -> None:
        self.course, self.options = course, options
        self._lend: Lend = Batch.pool if lend is None else lend
        self.assignment, self.bank = readable(course, name)
        self.students = course.choose_students(name, options.students)
        self.level = Level.NONE if options.trust_submissions else best_level()
        self.seed = course.seed() if options.seed is None else options.seed
        self.box_limits, self.judge_limits = limits_of(course, self.assignment)
        self.refusals = find_refusals(self.assignment, self.bank)
        self.failures: list[str] = []
        self.store = ResultStore(course.state / "results" / name)

    def remarks(self) -> list[str]:
        """Return what an instructor should know before the batch starts, a sentence a line."""
        missing, lines = self.assignment.needs.missing, []
        if missing:
            lines.append(
                f"The assignment imports what is not installed here: {', '.join(missing)}. "
                "Cells that need it will fail for everybody. Install it and run the same command again."
            )
        if self.refusals:
            lines.append(
                "These test cells cannot be judged from outside; they are left to be graded by hand:"
            )
        lines += [
            f"  {notebook}: {refusal.grade_id}, line {refusal.line}: {refusal.reason}"
            for notebook, refusal in self.refusals
        ]
        return lines

    def run(self) -> Iterator[SubmissionResult]:
        """Grade everybody and yield each result once it is in the gradebook.

        Raises
        ------
        Busy, PoolError, GradebookError
            The grader itself failed. What is written stays; a new run goes on from there.
        """
        with (
            _locked(self.course),
            Writer(self.course, self.assignment) as writer,
            _run_folder(self.course) as run,
        ):
            to_judge: dict[str, tuple[str, Job, dict[str, str]]] = {}
            for student in self.students:
                self.course.run_hook("pre", self.assignment.name, student)
                job, digests = self._job(student)
                key = self._key(student, job, digests)
                known = None if self.options.force else self.store.get(key, student)
                if known is None:
                    to_judge[student] = (key, job, digests)
                else:
                    yield from self._write(writer, known)
            for reply in self._judge(run, [job for _, job, _ in to_judge.values()]):
                key, _, digests = to_judge[reply.result.student]
                if (
                    reply.digests == digests
                ):  # graded what was looked at; a submission given up has no digests
                    self.store.put(key, reply.result)
                yield from self._write(writer, reply.result)

    def _job(self, student: str) -> tuple[Job, dict[str, str]]:
        """Look at a submission and return what to grade and the digests of its notebooks."""
        folder = self.course.submitted_folder(self.assignment.name, student)
        submission = self.course.submission(self.assignment.name, student)
        names = [notebook.name for notebook in self.assignment.notebooks]
        messages: list[str] = []
        digests: dict[str, str] = {}
        try:
            files = submission.find_notebooks(names)
        except Refused as refusal:
            files, messages = {}, [str(refusal)]
        for name, file in files.items():
            if file != f"{name}.ipynb":
                messages.append(f"{file!r} was taken for {name}.ipynb.")
            with contextlib.suppress(Refused):  # the worker meets the same reason and reports it
                digests[name] = submission.digest(file)
        extras = self._extras_for_the_box(submission, messages)
        seed = derived_seed(self.seed, self.assignment.name, student)
        return Job(student, str(folder), files, seed, messages, extras), digests

    def _extras_for_the_box(self, submission: Submission, messages: list[str]) -> list[tuple[str, int, int]]:
        """Return the student's own files that go beside the notebook: small, none of the instructor's."""
        try:
            found, _ = submission.extra_files(self.course.directory.ignore)
        except Refused:
            return []
        ours = set(self.assignment.files) - self.course.own_versions(self.assignment.name)
        found = [extra for extra in found if extra.name not in ours]
        if sum(extra.size for extra in found) > EXTRA_BYTES:
            limit = f"{EXTRA_BYTES >> 20} MB"
            messages.append(f"The files beside the notebook have more than {limit}: the grader did without.")
            return []
        return [dataclasses.astuple(extra) for extra in found]

    @cached_property
    def conditions(self) -> dict[str, Any]:
        """Return what every result depends on, whoever handed in."""
        return {
            "assignment": self.assignment.version,
            "bank": self.bank.version if self.bank else "",
            "grader": code_version(),
            "level": str(self.level),
            "limits": [self.box_limits, self.judge_limits],
            "packages": self.assignment.needs.packages,
        }

    def _key(self, student: str, job: Job, digests: dict[str, str]) -> str:
        """Return what a result depends on, as one digest."""
        submission = [student, digests, job.files, job.extras, job.messages]
        parts = {"submission": submission, "seed": job.seed, **self.conditions}
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _judge(self, run: Path, jobs: list[Job]) -> Iterator[Reply]:
        if not jobs:
            return
        with self._lend(self, run) as pool:
            yield from pool.run(jobs)

    def pool(self, folder: Path) -> Pool:
        """Return processes that judge submissions of the assignment; they keep what they need in `folder`."""
        setup = Setup(
            notebooks=[
                {"name": notebook.name, "source": notebook.source, "released": notebook.released}
                for notebook in self.assignment.notebooks
            ],
            source_folder=str(self.assignment.folder),
            files_folder=str(self._released_files(folder)),
            level=str(self.level),
            packages=list(self.assignment.needs.packages),
            bank=str(self.bank.path) if self.bank else "",
            box_limits=self.box_limits,
            judge_limits=self.judge_limits,
        )
        budget = JudgeLimits(**self.judge_limits).submission_seconds
        seconds = 60 + 2 * budget * len(self.assignment.notebooks)
        return Pool(setup, folder, workers=self.options.workers, seconds=seconds)

    def _released_files(self, run: Path) -> Path:
        """Return a folder with links to exactly the files that students got, for the box."""
        folder = run / "files"
        for name in self.assignment.files:
            link = folder / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to((self.assignment.folder / name).resolve())
        folder.mkdir(exist_ok=True)
        return folder

    def _write(self, writer: Writer, result: SubmissionResult) -> Iterator[SubmissionResult]:
        try:
            writer.write(result)
        except NotGraded as reason:
            self.failures.append(str(reason))
        else:
            self.course.run_hook("post", self.assignment.name, result.student)
            yield result


def readable(course: Course, name: str) -> tuple[Assignment, Bank | None]:
    """Read an assignment that can be graded, and its question bank.

    Raises
    ------
    CourseError
        There is no such assignment, it cannot be read, or it is not in Python.
    """
    assignment = course.assignment(name)
    for notebook in assignment.notebooks:
        if notebook.language != "python":
            raise CourseError(f"{notebook.name} is a {notebook.language} notebook; Python is graded here.")
    return assignment, course.bank(name)


def find_refusals(assignment: Assignment, bank: Bank | None) -> list[tuple[str, Refusal]]:
    """Return (notebook, refusal) for the test cells that cannot be judged from outside."""
    plans = [
        make_plan(
            notebook.source,
            released=notebook.released,
            name=notebook.name,
            source_dir=assignment.folder,
            questions=bank.questions if bank else None,
        )
        for notebook in assignment.notebooks
    ]
    return [(plan.name, refusal) for plan in plans for refusal in plan.refusals]


def limits_of(course: Course, assignment: Assignment) -> tuple[dict[str, Any], dict[str, Any]]:
    """Sort an assignment's limits into those of the box and those of the judge.

    Raises
    ------
    CourseError
        It states a limit that does not exist.
    """
    stated = assignment.settings["limits"]
    box = {bound.name for bound in dataclasses.fields(Limits)}
    judge = {bound.name for bound in dataclasses.fields(JudgeLimits)}
    if unknown := sorted(stated.keys() - box - judge):
        raise CourseError(
            f"{assignment.name} states unknown limits: {', '.join(unknown)}. "
            f"Known are {', '.join(sorted(box | judge))}."
        )
    return (
        {name: value for name, value in stated.items() if name in box},
        _patience(course) | {name: value for name, value in stated.items() if name in judge},
    )


def _patience(course: Course) -> dict[str, Any]:
    """Return how long a cell may take: as long as nbgrader waits; a notebook, four times that."""
    whole = JudgeLimits().submission_seconds
    seconds = course.cell_seconds
    if seconds is None:
        seconds = whole = 10 * whole
    return {
        "cell_seconds": seconds,
        "question_seconds": seconds,
        "submission_seconds": max(whole, 4 * seconds),
    }


def code_version() -> str:
    """Return the version of the grader: coursekit's number and a digest of the code that runs here."""
    digest = hashlib.sha256()
    for package in ("autograder", "coursekit"):
        for path in sorted((CHECKOUT / package).rglob("*.py")):
            digest.update(path.read_bytes())
    return f"{coursekit.__version__}+{digest.hexdigest()[:12]}"


@contextlib.contextmanager
def _locked(course: Course) -> Iterator[None]:
    """Keep other runs on this course out; the kernel gives the lock back when this process ends, however."""
    with open(course.state / "lock", "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Busy(f"Another coursekit run is grading {course.root}. Wait until it ends.") from None
        yield


@contextlib.contextmanager
def _run_folder(course: Course) -> Iterator[Path]:
    """Make a private folder for this run and remove it, and what killed runs left, at the end."""
    runs = course.state / "runs"
    if runs.exists():
        shutil.rmtree(runs)
    folder = runs / str(os.getpid())
    folder.mkdir(mode=0o700, parents=True)
    try:
        yield folder
    finally:
        shutil.rmtree(runs, ignore_errors=True)
