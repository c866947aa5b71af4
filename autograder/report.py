"""What a class's results say about the questions: `coursekit report`.

Scores come from the gradebook, whoever wrote it, so manual points count and a course that was graded by stock
nbgrader has a report too. What only `coursekit grade` knows (misconceptions, reasons, repairs) comes from the
results that it keeps. The page that shows all this is :mod:`autograder.report_page`.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from nbgrader.api import (
    Assignment,
    BaseCell,
    Gradebook,
    Notebook,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.api import Grade as GradeRow
from sqlalchemy import select

from autograder.course import Course, CourseError
from autograder.database import NO_DATABASE, in_words
from autograder.database import shown as shown_url
from autograder.results import ResultStore, SubmissionResult

TOO_SLOW = ("took longer than", "ran out", "no answer after")  # what is said of a missed deadline
NO_ANSWER = ("no answer yet", "is not defined yet")  # … of a question that was left as it came
ENOUGH = 5  # students: with fewer, a correlation says nothing


@dataclass(frozen=True)
class Mark:
    """What one student got for one question; `score` is None while a person still has to decide it."""

    score: float | None
    reason: str = ""
    misconceptions: tuple[str, ...] = ()

    @property
    def too_slow(self) -> bool:
        """Whether the student's code ran into a deadline."""
        return any(phrase in self.reason for phrase in TOO_SLOW)

    @property
    def unanswered(self) -> bool:
        """Whether there was nothing to judge."""
        return not self.misconceptions and any(phrase in self.reason for phrase in NO_ANSWER)


@dataclass(frozen=True)
class Handed:
    """One student's submission: marks by question (notebook, grade_id), and what was told about the file."""

    student: str
    marks: Mapping[tuple[str, str], Mark]
    messages: tuple[str, ...] = ()
    level: str = ""
    unreadable: bool = False

    @property
    def score(self) -> float:
        """The points so far."""
        return sum(mark.score or 0.0 for mark in self.marks.values())


@dataclass(frozen=True)
class Item:
    """One question in numbers.

    Attributes
    ----------
    graded
        How many students have a score for it.
    solved, missed
        How many of them have all points, and none.
    difficulty
        Mean share of the points, 0 (nobody gets any) to 1 (everybody gets all); None without a score.
    discrimination
        Point-biserial correlation, -1 to 1, of the score with the points of the *other* questions: whether
        those who do well elsewhere do well here. None where it has no meaning: fewer than five students,
        or all alike here or elsewhere.
    too_slow
        How many ran into a deadline.
    unanswered
        How many gave no answer.
    undecided
        How many a person still has to grade, in files that could be read.
    """

    notebook: str
    grade_id: str
    max_score: float
    graded: int
    solved: int
    missed: int
    difficulty: float | None
    discrimination: float | None
    too_slow: int
    unanswered: int = 0
    undecided: int = 0

    @property
    def remark(self) -> str:
        """What an instructor should look at, or nothing."""
        odd = ""
        if self.discrimination is not None and self.discrimination < 0:
            odd = "Those who do well elsewhere do worse here: is it ambiguous, or its test wrong?"
        if self.undecided:
            return f"{self.undecided} still to be graded by hand. {odd}".rstrip()
        if not self.graded:
            return "Nobody has a score for it."
        if self.solved == self.graded:
            return "Everybody solves it: it tells nobody apart."
        if self.missed == self.graded:
            return "Nobody gets a point: read the question and its tests again."
        return odd


@dataclass(frozen=True)
class Report:
    """An assignment's report, as plain data.

    Attributes
    ----------
    misconceptions
        (question, name) → the students who have it, most frequent first.
    hints
        (question, name) → what those students were told, where the course has a question bank.
    """

    assignment: str
    handed: tuple[Handed, ...]
    items: tuple[Item, ...]
    misconceptions: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    hints: dict[tuple[str, str], str] = field(default_factory=dict)

    @property
    def max_score(self) -> float:
        """The points that can be earned."""
        return sum(item.max_score for item in self.items)

    @property
    def shares(self) -> list[float]:
        """Each student's share of the points, 0 to 1 (more with extra credit)."""
        return [handed.score / self.max_score if self.max_score else 0.0 for handed in self.handed]


def analyse(
    assignment: str,
    handed: Sequence[Handed],
    points: Mapping[tuple[str, str], float],
    hints: Mapping[tuple[str, str], str] | None = None,
) -> Report:
    """Work out a report.

    Parameters
    ----------
    handed
        The submissions.
    points
        What each question, (notebook, grade_id), gives at most, in the notebook's order.
    hints
        What a student with a misconception, (question, name), is told.

    Examples
    --------
    >>> marks = [{("hw", "a"): Mark(2.0)}, {("hw", "a"): Mark(0.0, misconceptions=("one path only",))}]
    >>> report = analyse("hw", [Handed("ada", marks[0]), Handed("bob", marks[1])], {("hw", "a"): 2.0})
    >>> report.items[0].difficulty, report.misconceptions
    (0.5, {('a', 'one path only'): ['bob']})
    """
    had: dict[tuple[str, str], list[str]] = {}
    for one in handed:
        for (_, grade_id), mark in one.marks.items():
            for name in dict.fromkeys(mark.misconceptions):
                had.setdefault((grade_id, name), []).append(one.student)
    ordered = dict(sorted(had.items(), key=lambda entry: (-len(entry[1]), entry[0])))
    items = tuple(_item(question, most, handed) for question, most in points.items())
    return Report(assignment, tuple(handed), items, ordered, dict(hints or {}))


def _item(question: tuple[str, str], most: float, handed: Sequence[Handed]) -> Item:
    marks = [(one, one.marks[question]) for one in handed if question in one.marks]
    scored = [(mark.score, one.score - mark.score) for one, mark in marks if mark.score is not None]
    scores = [score for score, _ in scored]
    return Item(
        *question,
        max_score=most,
        graded=len(scores),
        solved=sum(score >= most - 1e-9 for score in scores),
        missed=sum(score <= 0 for score in scores),
        difficulty=sum(scores) / len(scores) / most if scores and most else None,
        discrimination=correlation(scores, [rest for _, rest in scored]),
        too_slow=sum(mark.too_slow for _, mark in marks),
        unanswered=sum(mark.unanswered for _, mark in marks),
        undecided=sum(mark.score is None and not one.unreadable for one, mark in marks),
    )


def correlation(scores: Sequence[float], rests: Sequence[float]) -> float | None:
    """Return the correlation of a question's scores with the rest of the points.

    With scores of 0 and 1 this is the point-biserial correlation.

    >>> correlation([0, 0, 1, 1, 1], [1, 2, 3, 4, 5]).__round__(3)
    0.866
    >>> correlation([1, 1, 1, 1, 1], [1, 2, 3, 4, 5]) is None  # all alike: nothing to correlate
    True
    """
    if len(scores) < ENOUGH or np.ptp(scores) < 1e-9 or np.ptp(rests) < 1e-9:
        return None
    found = float(np.corrcoef(scores, rests)[0, 1])
    return found if math.isfinite(found) else None


def read(course: Course, assignment: str, *, anonymous: bool = False) -> Report:
    """Read an assignment's results and analyse them.

    Parameters
    ----------
    anonymous
        Leave names out: students become "student 1", "student 2", … in an order that says nothing.

    Raises
    ------
    CourseError
        No such assignment, nothing graded yet, or the gradebook cannot be read.
    """
    name = course.assignment(assignment).name
    directory = course.directory
    try:
        gradebook = Gradebook(directory.db_url, directory.course_id)
        try:
            scores = _scores(gradebook, name)
            points = _points(gradebook, name) if scores else {}
        finally:
            gradebook.close()
    except NO_DATABASE as error:
        raise CourseError(
            f"The gradebook {shown_url(directory.db_url)} cannot be read: {in_words(error)}"
        ) from error
    if not scores:
        raise CourseError(f"Nothing of {name!r} is graded yet. Run `coursekit grade {name}` first.")
    store = ResultStore(course.state / "results" / name)
    known = {student: store.newest(student) for student in scores}
    shown = _numbered(scores, str(course.seed())) if anonymous else {student: student for student in scores}
    handed = [_handed(shown[student], scores[student], known[student]) for student in shown]
    return analyse(name, handed, points, _hints(course, name))


def _hints(course: Course, assignment: str) -> dict[tuple[str, str], str]:
    """Return the hint of every misconception that the course's bank knows."""
    bank = course.bank(assignment)
    return {
        (slug, known.name): known.hint
        for slug, question in (bank.questions.items() if bank else ())
        for known in question.misconceptions
    }


def _numbered(students: Mapping[str, object], secret: str) -> dict[str, str]:
    """Give students numbers; the order follows from a secret of the course, not from names.

    >>> sorted(_numbered({"ada": 0, "bob": 0}, "7").values())
    ['student 1', 'student 2']
    """
    mixed = sorted(students, key=lambda name: hashlib.sha256(f"{secret}:{name}".encode()).digest())
    return {student: f"student {number}" for number, student in enumerate(mixed, 1)}


def _points(gradebook: Gradebook, assignment: str) -> dict[tuple[str, str], float]:
    """Return each question's points in the notebook's order."""
    notebooks = sorted(gradebook.find_assignment(assignment).notebooks, key=lambda notebook: notebook.name)
    found: dict[tuple[str, str], float] = {}
    for notebook in notebooks:
        cells = {
            cell.name: float(cell.max_score or 0) for cell in [*notebook.grade_cells, *notebook.task_cells]
        }
        order = {cell.name: place for place, cell in enumerate(notebook.source_cells)}
        for name in sorted(cells, key=lambda cell: (order.get(cell, len(order)), cell)):
            found[notebook.name, name] = cells[name]
    return found


def _scores(gradebook: Gradebook, assignment: str) -> dict[str, dict[tuple[str, str], float | None]]:
    """Return every student's scores; None where a person still has to decide."""
    query = (
        select(
            Student.id,
            Notebook.name,
            BaseCell.name,
            GradeRow.score,
            GradeRow.needs_manual_grade,
            GradeRow.manual_score,
        )
        .select_from(GradeRow)
        .join(SubmittedNotebook, GradeRow.notebook_id == SubmittedNotebook.id)
        .join(SubmittedAssignment, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Student, SubmittedAssignment.student_id == Student.id)
        .join(Notebook, SubmittedNotebook.notebook_id == Notebook.id)
        .join(Assignment, SubmittedAssignment.assignment_id == Assignment.id)
        .join(BaseCell, GradeRow.cell_id == BaseCell.id)
        .where(Assignment.name == assignment)
        .order_by(Student.id)
    )
    found: dict[str, dict[tuple[str, str], float | None]] = {}
    for student, notebook, cell, score, open_still, manual in gradebook.db.execute(query):
        undecided = open_still and manual is None
        found.setdefault(student, {})[notebook, cell] = None if undecided else float(score)
    return found


def _handed(
    shown: str, scores: Mapping[tuple[str, str], float | None], known: SubmissionResult | None
) -> Handed:
    """Join what the gradebook and what the grader's own results know of a submission."""
    if known is None:
        return Handed(shown, {question: Mark(score) for question, score in scores.items()})
    told = {
        (notebook.notebook, question.grade_id): question
        for notebook in known.notebooks
        for question in notebook.questions
    }
    marks = {
        question: Mark(score, told[question].reason, tuple(told[question].misconceptions))
        if question in told
        else Mark(score)
        for question, score in scores.items()
    }
    return Handed(shown, marks, tuple(known.messages), known.level, known.status == "report")


def repairs(report: Report) -> list[tuple[str, list[str]]]:
    """Return what was told about submitted files, most frequent first, with the students."""
    count = Counter(message for handed in report.handed for message in dict.fromkeys(handed.messages))
    return [
        (message, [handed.student for handed in report.handed if message in handed.messages])
        for message, _ in sorted(count.items(), key=lambda entry: (-entry[1], entry[0]))
    ]
