"""The judge drives a notebook cell by cell and decides its score; the student's process is not believed.

Student cells run in a boxed child; test cells run here, in one namespace, against remote objects. A test
passes or fails by what *this* process computes from plain values. The score pass meets the hidden tests;
whatever a student is told comes from a child that did not (`autograder.judge_pass` says how).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from autograder.fence import Fence
from autograder.judge_limits import JudgeLimits
from autograder.judge_outcome import Outcome
from autograder.judge_pass import Pass
from autograder.judge_process import bounded_memory, clean_process
from autograder.judge_reasons import explain
from autograder.line import Child
from autograder.plan import Plan, PlannedCell
from autograder.results import Question

if TYPE_CHECKING:
    from nbformat import NotebookNode  # its package takes more memory than all else here

__all__ = ["JudgeLimits", "NotebookResult", "judge_notebook"]


@dataclass
class NotebookResult:
    """What became of a notebook: scores, and outputs (cell id -> nbformat outputs) to show."""

    notebook: str
    questions: list[Question]
    outputs: dict[str, list[dict[str, Any]]]
    messages: list[str]


def judge_notebook(
    plan: Plan,
    submitted: NotebookNode,
    spawn: Callable[[], Child],
    *,
    seed: int,
    limits: JudgeLimits,
    source_dir: Path,
) -> NotebookResult:
    """Score a submitted notebook.

    Parameters
    ----------
    plan : Plan
        Of the source notebook.
    submitted : NotebookNode
        On the released structure (`autograder.repair`): each cell has the id of its source cell, others are
        the student's own.
    spawn : callable
        Gives a fresh child that runs `autograder.runner.serve`.
    seed : int
        Of all that test cells draw at random.
    limits : JudgeLimits
    source_dir : Path
        Reference files and helper modules of the tests; never the submission's folder.
    """
    ends = monotonic() + limits.submission_seconds

    def passed(only: frozenset[str] | None = None) -> Pass:
        # Each with files of its own: a child that met hidden tests may have written down what they asked.
        with clean_process(source_dir) as workspace, bounded_memory(limits.judge_memory_bytes):
            fence = Fence(workspace)
            return Pass(plan, submitted, spawn, seed, limits, ends, workspace, fence, only=only).run()

    scored = passed()
    shown = passed(frozenset(scored.unexplained)) if scored.unexplained else scored
    outputs = scored.outputs | shown.outputs
    questions = []
    for cell in plan.cells:
        if cell.graded:
            result = _question(cell, scored, shown)
            questions.append(result)
            if cell.role == "test":
                outputs[cell.id] = _shown_score(result)
    told = dict.fromkeys([*shown.interrupted, *scored.interrupted, *scored.messages])
    return NotebookResult(plan.name, questions, outputs, [*told])


def _question(cell: PlannedCell, scored: Any, shown: Any) -> Question:
    if cell.role != "test":
        return Question(cell.grade_id, None, cell.points, needs_manual_grade=True)
    if cell.refused:
        reason = f"This cell cannot be judged from outside: {cell.refused}."
        return Question(cell.grade_id, None, cell.points, needs_manual_grade=True, reason=reason)
    outcome: Outcome | None = scored.outcomes.get(cell.id)
    if outcome is None:
        return Question(cell.grade_id, 0.0, cell.points, reason=scored.stopped or "It was not reached.")
    if outcome.unasked:
        reason = outcome.note or (
            "This question cannot be asked as its author wrote it (`coursekit verify` says why)."
        )
        return Question(cell.grade_id, None, cell.points, needs_manual_grade=True, reason=reason)
    told = shown.outcomes.get(cell.id, outcome)  # the second pass left out what needed no other explanation
    reason = "" if outcome.score == cell.points else explain(cell, outcome, told)
    recognised = [known.name for report in outcome.reports for known in report.misconceptions]
    return Question(cell.grade_id, outcome.score, cell.points, reason=reason, misconceptions=recognised)


def _shown_score(result: Question) -> list[dict[str, Any]]:
    """What nbgrader expects of a test cell: an error, a partial score, or nothing."""
    if not result.reason:
        return []
    if result.score:
        data = {"text/plain": str(result.score)}
        return [{"output_type": "execute_result", "data": data, "metadata": {}, "execution_count": None}]
    name, _, message = result.reason.partition(": ")
    return [{"output_type": "error", "ename": name, "evalue": message, "traceback": [result.reason]}]
