"""`coursekit verify`: proves that an assignment's tests tell right answers from wrong ones.

For each question: the solution earns all points and the released notebook none, in the box as on the day of
grading; each known misconception fails and is told by its own hint; each alternative passes; each small
mistake made on purpose (`autograder.mutants`) fails; nothing hidden is in what students get.

The lectures' "try it yourself" questions are proven too. They are worth no points and hide nothing, so there
is nothing to grade or to leak: what counts is that their cases tell right answers from wrong ones.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode, from_dict

from autograder.bank import Bank, BankError
from autograder.batch import limits_of
from autograder.box import Level, Limits
from autograder.cells import translate
from autograder.check_files import LECTURES, checked_slugs
from autograder.course import AssignedNotebook, Assignment, Course, CourseError
from autograder.judge import NotebookResult, judge_notebook
from autograder.judge_limits import JudgeLimits
from autograder.leaks import leaks
from autograder.mutants import mutants_of, mutants_of_text
from autograder.plan import Plan, make_plan
from autograder.question import Answer, Question, Slip
from autograder.zygote import Zygote
from coursekit.checking.asking import OutOfTime
from coursekit.checking.deadline import deadline
from coursekit.checking.marking import mark, passes
from coursekit.checking.sheet import Sheet

__all__ = ["AssignmentProof", "QuestionProof", "table", "verify"]

SEED = 20  # hidden cases are drawn from it; any other would do
SECONDS = 1.0  # that one wrong answer may take: some never end
MOST_MUTANTS = 60  # of a notebook whose tests are plain assertions: each one is a whole run


@dataclass
class QuestionProof:
    """What was found out about one question.

    Attributes
    ----------
    slug : str
        Its grade_id.
    points : float
    solution, release : float or None
        Points that they earn; None where a person decides.
    misconceptions : dict
        Name -> whether it fails and is told.
    alternatives : dict
        Name -> whether it passes.
    mutants : int
        How many were tried, equivalent ones aside.
    survivors : list of str
        Those that pass.
    equivalent : list of str
        Those that are right, too, as the bank says.
    leaks : list of str
        What should be hidden and is in what students get.
    milliseconds : float
        To check a right answer, all cases.
    by_hand : bool
        A person reads the answer.
    graded : bool
        False in a lecture.
    """

    slug: str
    points: float
    solution: float | None = None
    release: float | None = None
    misconceptions: dict[str, bool] = field(default_factory=dict)
    alternatives: dict[str, bool] = field(default_factory=dict)
    mutants: int = 0
    survivors: list[str] = field(default_factory=list)
    equivalent: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    milliseconds: float = 0.0
    by_hand: bool = False
    graded: bool = True


@dataclass
class AssignmentProof:
    """What was found out about an assignment; it is proven if there is no problem."""

    assignment: str
    questions: list[QuestionProof] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def proven(self) -> bool:
        """Whether everything is as it should be."""
        return not self.problems

    def to_json(self) -> dict[str, Any]:
        """What `--json` tells."""
        return {"proven": self.proven, **asdict(self)}


def verify(course: Course, name: str, level: Level) -> AssignmentProof:
    """Prove an assignment, or say what is not proven; "lectures" stands for the lectures' questions.

    Raises
    ------
    CourseError
        There is no such assignment, or its bank does not load.
    """
    if name == LECTURES:
        return _verify_lectures(course)
    began = time.perf_counter()
    assignment, bank = course.assignment(name), course.bank(name)
    proof = AssignmentProof(name)
    for notebook in assignment.notebooks:
        proof.questions += _questions(notebook)
    with _judge(course, assignment, bank, level, proof) as judge:
        for notebook in assignment.notebooks:
            _run_versions(notebook, judge, proof)
            _mutate_cells(notebook, judge, bank, proof)
    if bank is not None:
        _prove_bank(bank, assignment, proof)
    for found in proof.questions:
        proof.problems += _problems(found)
    proof.seconds = time.perf_counter() - began
    return proof


def _verify_lectures(course: Course) -> AssignmentProof:
    """Prove the questions that lectures ask: nobody grades them, so there is nothing to run in the box."""
    began = time.perf_counter()
    bank = course.bank(LECTURES)
    if bank is None:
        raise CourseError(f"There is no question bank {LECTURES}.py in {course.questions_folder}.")
    asked: list[str] = []
    for path in sorted(course.lectures_folder.glob("*.ipynb")):
        asked += checked_slugs(nbformat.read(path, as_version=4))
    proof = AssignmentProof(LECTURES)
    proof.problems += [
        f"{slug}: a lecture checks it, and the bank has no such question."
        for slug in dict.fromkeys(asked)
        if slug not in bank.questions
    ]
    for slug, question in bank.questions.items():
        proof.questions.append(found := QuestionProof(slug, question.points, graded=False))
        if slug not in asked:
            proof.problems.append(f"{slug}: the bank has this question, and no lecture checks it.")
        if question.points:
            proof.problems.append(f"{slug}: {question.points:g} points, and nobody grades a lecture.")
        _prove_question(question, found, proof)
        proof.problems += _problems(found)
    proof.seconds = time.perf_counter() - began
    return proof


def _questions(notebook: AssignedNotebook) -> Iterator[QuestionProof]:
    for cell in notebook.source.cells:
        told = cell.metadata.get("nbgrader") or {}
        if told.get("grade") or told.get("task"):
            by_hand = bool(told.get("solution") or told.get("task")) or cell.cell_type != "code"
            yield QuestionProof(told["grade_id"], float(told.get("points", 0)), by_hand=by_hand)


# ---- in the box ----------------------------------------------------------------------------------------

Judge = Callable[[AssignedNotebook, NotebookNode], NotebookResult]


@contextlib.contextmanager
def _judge(
    course: Course, assignment: Assignment, bank: Bank | None, level: Level, proof: AssignmentProof
) -> Iterator[Judge]:
    """Judge versions of a notebook as submissions are judged."""
    box_limits, judge_limits = limits_of(course, assignment)
    plans: dict[str, Plan] = {}
    for notebook in assignment.notebooks:
        plans[notebook.name] = plan = make_plan(
            notebook.source,
            released=notebook.released,
            name=notebook.name,
            source_dir=assignment.folder,
            questions=bank.questions if bank is not None else None,
        )
        for refusal in plan.refusals:
            where = f"{refusal.grade_id}, line {refusal.line}"
            proof.notes.append(f"{where}: cannot be judged from outside: {refusal.reason}.")
    with tempfile.TemporaryDirectory(prefix="coursekit-verify-") as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)
        for name in assignment.files:
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).symlink_to((assignment.folder / name).resolve())
        packages = list(assignment.needs.packages)
        with Zygote(level=level, limits=Limits(**box_limits), packages=packages, files=folder) as zygote:

            def judge(notebook: AssignedNotebook, submitted: NotebookNode) -> NotebookResult:
                return judge_notebook(
                    plans[notebook.name],
                    submitted,
                    zygote.spawn,
                    seed=SEED,
                    limits=JudgeLimits(**judge_limits),
                    source_dir=assignment.folder,
                )

            yield judge


def _run_versions(notebook: AssignedNotebook, judge: Judge, proof: AssignmentProof) -> None:
    """The solution and the release, as they would be graded."""
    found = {question.slug: question for question in proof.questions}
    for version, submitted in (("solution", notebook.source), ("release", notebook.released)):
        for question in judge(notebook, submitted).questions:
            if question.grade_id in found and not found[question.grade_id].by_hand:
                setattr(found[question.grade_id], version, question.score)
                if version == "solution" and question.reason:
                    proof.notes.append(f"{question.grade_id}: the solution: {question.reason}")


# ---- tests that are plain assertions -------------------------------------------------------------------


def _mutate_cells(
    notebook: AssignedNotebook, judge: Judge, bank: Bank | None, proof: AssignmentProof
) -> None:
    """Mutants of the solution cells, where questions are not of the bank: each one a whole run."""
    known = bank.questions if bank is not None else {}
    plain = [
        question
        for question in proof.questions
        if not question.by_hand and question.slug not in known and question.solution == question.points
    ]
    if not plain:
        return
    stated = notebook.source.metadata.get("coursekit", {}).get("equivalent", [])
    mutants = list(_cell_mutants(notebook.source, known))
    chosen = mutants[:: -(-len(mutants) // MOST_MUTANTS)] if mutants else []
    if len(chosen) < len(mutants):
        proof.notes.append(f"{notebook.name}: {len(chosen)} of {len(mutants)} mutants were tried.")
    slugs = {question.slug: question for question in plain}
    for name, place, text in chosen:
        owner = _next_question(notebook.source, place, slugs) or plain[-1]
        if name in stated:
            owner.equivalent.append(name)
            continue
        cells = [
            from_dict({**cell, "source": text}) if number == place else cell
            for number, cell in enumerate(notebook.source.cells)
        ]
        result = judge(notebook, NotebookNode({**notebook.source, "cells": cells}))
        owner.mutants += 1
        scores = {question.grade_id: question.score for question in result.questions}
        if all(scores.get(question.slug) == question.points for question in plain):
            owner.survivors.append(name)


def _cell_mutants(source: NotebookNode, known: Mapping[str, Question]) -> Iterator[tuple[str, int, str]]:
    """Yield (name, place of the cell, its text) of mutants of solution cells."""
    in_bank = {name for question in known.values() for name in question.answer}
    for place, cell in enumerate(source.cells):
        told = cell.metadata.get("nbgrader") or {}
        if cell.cell_type != "code" or not told.get("solution"):
            continue
        try:
            tree = translate(cell.source)
        except (SyntaxError, ValueError):
            continue
        if in_bank & {getattr(statement, "name", "") for statement in tree.body}:
            continue
        for mutant in mutants_of_text(cell.source, _solution_lines(cell.source)):
            yield f"{told['grade_id']}: {mutant.name}", place, mutant.text()


def _solution_lines(source: str) -> set[int] | None:
    """Numbers of the lines between the solution's marks; None if there are none."""
    inside, found = False, set()
    for number, line in enumerate(source.split("\n"), 1):
        if "END SOLUTION" in line:
            inside = False
        if inside:
            found.add(number)
        if "BEGIN SOLUTION" in line:
            inside = True
    return found or None


def _next_question(
    source: NotebookNode, place: int, slugs: Mapping[str, QuestionProof]
) -> QuestionProof | None:
    """The question whose test cell comes next after a cell."""
    for cell in source.cells[place:]:
        slug = str((cell.metadata.get("nbgrader") or {}).get("grade_id"))
        if slug in slugs:
            return slugs[slug]
    return None


# ---- questions of the bank -----------------------------------------------------------------------------


def _prove_bank(bank: Bank, assignment: Assignment, proof: AssignmentProof) -> None:
    found = {question.slug: question for question in proof.questions}
    failing = False  # a reference, of its own cases
    for slug, question in bank.questions.items():
        if slug not in found:
            proof.problems.append(f"{slug}: the bank has this question, and no test cell is called so.")
            continue
        if question.points != found[slug].points:
            proof.problems.append(
                f"{slug}: {question.points:g} points in the bank, {found[slug].points:g} in the notebook."
            )
        failing |= not _prove_question(question, found[slug], proof)
    try:
        public = bank.public()
    except BankError as error:
        if not failing:  # else it has been told
            proof.problems.append(str(error))
        return
    for slug, secrets in leaks(bank, assignment, public).items():
        if slug in found:
            found[slug].leaks = secrets


def _prove_question(question: Question, found: QuestionProof, proof: AssignmentProof) -> bool:
    """Find out all about a question; False if its reference fails, so that nothing can be found out."""
    try:
        _prove(question, found)
    except Slip as slip:
        proof.problems.append(str(slip))
        return False
    proof.problems += [slip for slip in question.slips(SEED) if "misconception" not in slip]
    stale = sorted(set(question.equivalent) - set(found.equivalent))
    proof.problems += [
        f"{found.slug}: `equivalent` names {name!r}: there is no such mutant." for name in stale
    ]
    return True


def _prove(question: Question, proof: QuestionProof) -> None:
    sheet = question.sheet(SEED)
    began = time.perf_counter()
    mark(question.sheet(SEED), _all(question, question.answer))
    proof.milliseconds = 1000 * (time.perf_counter() - began)
    for known in question.misconceptions:
        report = mark(sheet, _all(question, known.answer))
        told = [misconception.name for misconception in report.misconceptions]
        proof.misconceptions[known.name] = not report.passed and known.name in told
    for name, answer in question.alternatives:
        proof.alternatives[name] = _passes(sheet, _all(question, answer))
    for name, answer in _mutants(question):
        if name in question.equivalent:
            proof.equivalent.append(name)
            continue
        proof.mutants += 1
        if _passes(sheet, _all(question, answer)):
            proof.survivors.append(name)


def _all(question: Question, answer: Answer) -> dict[str, Any]:
    return {**question.given, **answer}


def _mutants(question: Question) -> Iterator[tuple[str, Answer]]:
    for name, value in question.answer.items():
        for mutant in mutants_of(value):
            with contextlib.suppress(Exception):  # a mutant that cannot even be defined is no answer
                yield mutant.name, {**question.answer, name: mutant.define(value)}


def _passes(sheet: Sheet, names: Mapping[str, Any]) -> bool:
    """Whether an answer is right; one that takes too long is not."""
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with deadline(SECONDS):
                return passes(sheet, names)
        except OutOfTime:
            return False


# ---- what is told --------------------------------------------------------------------------------------


def _problems(found: QuestionProof) -> Iterator[str]:
    slug = found.slug
    if found.graded and not found.by_hand:
        if found.solution != found.points:
            earned = "no verdict" if found.solution is None else f"{found.solution:g} points"
            yield f"{slug}: the solution gets {earned}, not {found.points:g}."
        if found.release not in (0.0, None):
            yield f"{slug}: the released notebook, unanswered, gets {found.release:g} points."
    for name, proven in found.misconceptions.items():
        if not proven:
            yield f"{slug}: the misconception {name!r} passes, or is not told by its values."
    for name, proven in found.alternatives.items():
        if not proven:
            yield f"{slug}: the alternative {name!r} is right, and fails."
    for name in found.survivors:
        yield f"{slug}: the mutant `{name}` passes: add a case that it fails, or name it in `equivalent`."
    for secret in found.leaks:
        yield f"{slug}: students get what should be hidden: {secret!r}."


def table(proofs: Iterable[AssignmentProof]) -> str:
    """Return the proofs as text: a matrix for each assignment, then what is not proven."""
    from coursekit.tables import text_table

    head = ("question", "solution", "release", "misconceptions", "alternatives", "mutants", "hidden", "ms")
    parts = []
    for proof in proofs:
        verdict = "proven" if proof.proven else f"{len(proof.problems)} not proven"
        lines = text_table(head, [_row(found) for found in proof.questions])
        parts.append(f"{proof.assignment}: {verdict} ({proof.seconds:.1f} s)\n\n{lines}")
        if proof.problems:
            parts.append("\n".join(f"NOT PROVEN  {problem}" for problem in proof.problems))
        if proof.notes:
            parts.append("\n".join(f"note  {note}" for note in proof.notes))
    return "\n\n".join(parts)


def _row(found: QuestionProof) -> tuple[str, ...]:
    if found.by_hand:
        return (found.slug, "read by a person", "", "", "", "", "", "")
    killed = found.mutants - len(found.survivors)
    equivalent = f" (+{len(found.equivalent)} equivalent)" if found.equivalent else ""
    return (
        found.slug,
        _points(found.solution, found.points),
        _points(found.release, found.points),
        _count(found.misconceptions),
        _count(found.alternatives),
        f"{killed}/{found.mutants}{equivalent}" if found.mutants else "-",
        f"{len(found.leaks)} shown" if found.leaks else "safe" if found.graded else "-",
        f"{found.milliseconds:.1f}" if found.milliseconds else "-",
    )


def _points(earned: float | None, points: float) -> str:
    return "-" if earned is None else f"{earned:g}/{points:g}"


def _count(proven: Mapping[str, bool]) -> str:
    return f"{sum(proven.values())}/{len(proven)}" if proven else "-"
