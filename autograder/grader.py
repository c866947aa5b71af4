"""Grade one submission: read it, repair it, have it judged, and write down what to show.

Whatever a student did wrong ends in a result with a sentence; only a failure of the grader itself raises.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from autograder.feedback import autograded_notebook
from autograder.jobs import Job, Reply, Setup
from autograder.nodes import notebook_from
from autograder.repair import repair
from autograder.results import GradedNotebook, Question, Status, SubmissionResult
from autograder.submission import ExtraFile, Refused, Submission

if TYPE_CHECKING:
    from nbformat import NotebookNode


class Judged(Protocol):
    """What a judge says about a notebook (`autograder.judge.NotebookResult`)."""

    questions: list[Question]
    outputs: dict[str, list[dict[str, Any]]]
    messages: list[str]


Judge = Callable[[str, "NotebookNode", int], Judged]  # notebook's name, the repaired notebook, seed


class Grader:
    """Grades submissions of one assignment.

    Parameters
    ----------
    setup
        The assignment.
    judge
        Scores one repaired notebook; without one, a grader can only give up.
    refused
        Notebook → test cell → why it cannot be judged; a person has to grade it.
    """

    def __init__(
        self, setup: Setup, judge: Judge | None = None, refused: dict[str, dict[str, str]] | None = None
    ) -> None:
        self.level = setup.level
        self.judge = judge
        self.refused = refused or {}
        self.released = {entry["name"]: notebook_from(entry["released"]) for entry in setup.notebooks}

    def grade(self, job: Job) -> Reply:
        """Grade one submission, whatever it is; only a failure of the grader itself raises."""
        submission = Submission(Path(job.folder))
        digests: dict[str, str] = {}
        messages = list(job.messages)
        status: Status = "graded"
        notebooks: list[GradedNotebook] = []
        for name in self.released:
            graded, remarks, whole = self._grade_notebook(name, submission, job, digests)
            notebooks.append(graded)
            several = f"{name}: " if len(self.released) > 1 else ""
            messages += [f"{several}{remark}" for remark in remarks]
            if not whole:
                status = "report"
        return Reply(SubmissionResult(job.student, status, self.level, notebooks, messages), digests)

    def _grade_notebook(
        self, name: str, submission: Submission, job: Job, digests: dict[str, str]
    ) -> tuple[GradedNotebook, list[str], bool]:
        """Return the graded notebook, remarks, and whether it could be read as a whole."""
        if name not in job.files:
            remark = f"No notebook {name}.ipynb was handed in."
            return self._unread(name, remark, by_hand=False), [remark], False
        try:
            raw = submission.read(job.files[name])
        except Refused as refusal:
            return self._unread(name, str(refusal), by_hand=True), [str(refusal)], False
        digests[name] = hashlib.sha256(raw).hexdigest()
        repaired = repair(raw, self.released[name])
        if repaired.notebook is None:
            remarks = repaired.messages
            return self._unread(name, " ".join(remarks), by_hand=True), remarks, False
        assert self.judge is not None
        own_files = dict(submission.contents([ExtraFile(*extra) for extra in job.extras]))
        judged = self.judge(name, _furnished(repaired.notebook, own_files), derived_seed(job.seed, name))
        remarks = [*repaired.messages, *judged.messages]
        graded = GradedNotebook(
            name,
            _questions(repaired.notebook, self.released[name], judged, self.refused.get(name, {})),
            _unanswered(repaired.notebook, self.released[name]),
            autograded_notebook(repaired.notebook, self.released[name], judged.outputs, remarks),
        )
        return graded, remarks, not repaired.salvaged

    def give_up(self, job: Job, reason: str) -> Reply:
        """Return the result of a submission that no worker could grade."""
        notebooks = [self._unread(name, reason, by_hand=True) for name in self.released]
        return Reply(
            SubmissionResult(job.student, "report", self.level, notebooks, [*job.messages, reason]), {}
        )

    def _unread(self, name: str, reason: str, *, by_hand: bool) -> GradedNotebook:
        """Return the released notebook with no points in place of one that cannot be read."""
        released = self.released[name]
        questions = [
            Question(mark["grade_id"], 0.0, float(mark.get("points", 0)), by_hand, reason)
            for mark in map(_mark, released.cells)
            if mark.get("grade") or mark.get("task")
        ]
        shown = autograded_notebook(released, released, {}, [reason])
        return GradedNotebook(name, questions, _unanswered(released, released), shown)


def _furnished(notebook: NotebookNode, files: dict[str, bytes]) -> NotebookNode:
    """Return the notebook with a first cell that puts the student's own files beside it, if there are any.

    The cell runs in the box like every cell of the student's, binds no name and shows nothing.
    """
    if not files:
        return notebook
    texts = {name: base64.b64encode(content).decode() for name, content in files.items()}
    source = (
        '[(__import__("os").makedirs(__import__("os").path.dirname(name) or ".", exist_ok=True), '
        '__import__("pathlib").Path(name).write_bytes(__import__("base64").b64decode(text))) '
        f"for name, text in {texts!r}.items()] and None"
    )
    cell = {"cell_type": "code", "id": "own-files", "metadata": {}, "source": source, "outputs": []}
    return notebook_from(notebook | {"cells": [cell, *notebook.cells]})


def derived_seed(seed: int, *names: str) -> int:
    """Return a seed that follows from another one and the names of what it is for.

    >>> derived_seed(1, "hw1", "ada") == derived_seed(1, "hw1", "ada") != derived_seed(1, "hw1", "bob")
    True
    """
    text = "\0".join([str(seed), *names])
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()[:6], "big")


def _mark(cell: NotebookNode) -> dict[str, Any]:
    return cell.metadata.get("nbgrader") or {}


def _questions(
    repaired: NotebookNode, released: NotebookNode, judged: Judged, refused: dict[str, str]
) -> list[Question]:
    """Return the score of every graded cell; what the judge does not score waits for a person."""
    scored = {question.grade_id: question for question in judged.questions}
    unanswered = set(_unanswered(repaired, released))
    questions: list[Question] = []
    for mark in map(_mark, repaired.cells):
        name, points = mark.get("grade_id", ""), float(mark.get("points", 0))
        if not (mark.get("grade") or mark.get("task")):
            continue
        if mark.get("solution") and name in unanswered:  # as nbgrader does: no response, no points
            questions.append(Question(name, 0.0, points, reason="No response."))
        elif name in refused:
            questions.append(Question(name, None, points, needs_manual_grade=True, reason=refused[name]))
        elif name in scored and not mark.get("solution"):
            questions.append(scored[name])
        else:
            questions.append(Question(name, None, points, needs_manual_grade=True))
    return questions


def _unanswered(repaired: NotebookNode, released: NotebookNode) -> list[str]:
    """Return the answer cells whose text is still the released one."""
    ours = {_mark(cell).get("grade_id"): cell.source.split() for cell in released.cells}
    return [
        mark["grade_id"]
        for cell in repaired.cells
        if (mark := _mark(cell)).get("solution") and ours.get(mark["grade_id"]) == cell.source.split()
    ]
