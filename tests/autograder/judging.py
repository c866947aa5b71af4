"""Small source notebooks and submissions, written as lists of cells, and their scores."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

from nbformat import NotebookNode, v4

from autograder.judge import NotebookResult, judge_notebook
from autograder.judge_limits import JudgeLimits
from autograder.plan import make_plan
from tests.autograder.unboxed import spawn

QUICK = JudgeLimits(cell_seconds=5.0, question_seconds=5.0, submission_seconds=60.0)
HASTY = JudgeLimits(cell_seconds=1.0, question_seconds=1.0, submission_seconds=60.0)  # for what hangs
SEED = 7


def solution(source: str, name: str = "answer") -> NotebookNode:
    """A cell that students fill in."""
    return _cell(source, name, solution=True, locked=False, grade=False)


def graded(source: str, name: str = "question", points: float = 2.0) -> NotebookNode:
    """A locked cell with points."""
    return _cell(source, name, solution=False, locked=True, grade=True, points=points)


def locked(source: str, name: str = "given") -> NotebookNode:
    """A locked cell without points."""
    return _cell(source, name, solution=False, locked=True, grade=False)


def plain(source: str) -> NotebookNode:
    """A cell that nbgrader does not know."""
    return v4.new_code_cell(dedent(source).strip("\n"))


def _cell(source: str, name: str, **mark: Any) -> NotebookNode:
    cell = plain(source)
    cell.metadata["nbgrader"] = {"schema_version": 3, "grade_id": name, "task": False, **mark}
    return cell


def notebook(*cells: NotebookNode) -> NotebookNode:
    """A source notebook; equal names get numbers."""
    made = v4.new_notebook(cells=list(cells))
    seen: dict[str, int] = {}
    for place, cell in enumerate(made.cells):
        cell["id"] = f"cell-{place}"
        mark = cell.metadata.get("nbgrader")
        if mark:
            seen[mark["grade_id"]] = count = seen.get(mark["grade_id"], 0) + 1
            mark["grade_id"] += f"-{count}" if count > 1 else ""
    return made


def submission(source: NotebookNode, **answers: str) -> NotebookNode:
    """The source with other answers: grade_id (with _ for -) → text."""
    made = v4.new_notebook(cells=[NotebookNode(cell) for cell in source.cells])
    for cell in made.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "").replace("-", "_")
        if name in answers:
            cell["source"] = dedent(answers.pop(name)).strip("\n")
    assert not answers, f"no such cells: {answers}"
    return made


def judge(
    source: NotebookNode,
    submitted: NotebookNode | None = None,
    *,
    files: dict[str, str] | None = None,
    limits: JudgeLimits = QUICK,
    spawn: Callable[[], Any] = spawn,
    seed: int = SEED,
) -> NotebookResult:
    """Judge a submission, the source itself if none is given."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (files or {}).items():
            Path(folder, name).write_text(dedent(text))
        plan = make_plan(source, source_dir=Path(folder))
        with _no_running_loop():
            return judge_notebook(
                plan, submitted or source, spawn, seed=seed, limits=limits, source_dir=Path(folder)
            )


@contextmanager
def _no_running_loop() -> Iterator[None]:
    """As in a judge's own process; in this one, browser tests may keep a loop that counts as running."""
    running = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    try:
        yield
    finally:
        asyncio._set_running_loop(running)


def scores(result: NotebookResult) -> list[float | None]:
    """The scores, in order."""
    return [question.score for question in result.questions]


def both(source: NotebookNode, files: dict[str, str] | None = None, **wrong: str) -> tuple[Any, Any]:
    """Scores of the source as it is and with wrong answers."""
    return scores(judge(source, files=files)), scores(judge(source, submission(source, **wrong), files=files))
