"""What grading a submission yields, as plain data: it crosses processes and is kept as JSON."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from autograder import repair

Status = Literal["graded", "report"]


@dataclass
class Question:
    """The score of one graded cell.

    `score` is None where only a person can decide it; `reason` says in a sentence why points are missing.
    """

    grade_id: str
    score: float | None
    max_score: float
    needs_manual_grade: bool = False
    reason: str = ""
    misconceptions: list[str] = field(default_factory=list)


@dataclass
class GradedNotebook:
    """One notebook of a submission after grading.

    `autograded` is the notebook to show in formgrader and feedback, as JSON text; `unanswered` names the
    answer cells that are still as they were released.
    """

    notebook: str
    questions: list[Question]
    unanswered: list[str]
    autograded: str


@dataclass
class SubmissionResult:
    """What became of one submission. Scores are the grader's own: without manual points and late penalty."""

    student: str
    status: Status
    level: str
    notebooks: list[GradedNotebook]
    messages: list[str] = field(default_factory=list)
    late: bool = False

    @property
    def trusted(self) -> bool:
        """Whether the submission ran without any isolation."""
        return self.level == "none"

    @property
    def questions(self) -> list[Question]:
        """All questions of all notebooks, in order."""
        return [question for notebook in self.notebooks for question in notebook.questions]

    @property
    def score(self) -> float:
        """The points earned so far."""
        return sum(question.score or 0.0 for question in self.questions)

    @property
    def max_score(self) -> float:
        """The points that can be earned."""
        return sum(question.max_score for question in self.questions)

    def why(self) -> str:
        """Return one line for the table: what cost points, or what a person should look at."""
        if self.status == "report" and self.messages:
            return repair.short(self.messages[0])
        lost = [q for q in self.questions if q.score is not None and q.score < q.max_score]
        if lost:
            more = f" (and {len(lost) - 1} more)" if len(lost) > 1 else ""
            return repair.short(f"{lost[0].grade_id}: {lost[0].reason or 'no points'}") + more
        if open_questions := [q.grade_id for q in self.questions if q.needs_manual_grade]:
            return repair.short(f"to be graded by hand: {', '.join(open_questions)}")
        return repair.short(self.messages[0]) if self.messages else ""

    def to_public(self) -> dict[str, Any]:
        """Return what `--json` tells about the submission."""
        return {
            "student": self.student,
            "status": self.status,
            "score": self.score,
            "max_score": self.max_score,
            "level": self.level,
            "trusted": self.trusted,
            "late": self.late,
            "messages": self.messages,
            "notebooks": [
                {
                    "notebook": notebook.notebook,
                    "questions": [dataclasses.asdict(question) for question in notebook.questions],
                }
                for notebook in self.notebooks
            ],
        }

    def to_json(self) -> dict[str, Any]:
        """Return everything, to be kept."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> SubmissionResult:
        """Rebuild a result that was kept."""
        notebooks = [
            GradedNotebook(**notebook | {"questions": [Question(**q) for q in notebook["questions"]]})
            for notebook in content["notebooks"]
        ]
        return cls(**content | {"notebooks": notebooks})


class ResultStore:
    """The results of an assignment on disk, one file a student, each under the key of what it was made from.

    A submission is judged again only when its key has changed.

    Examples
    --------
    >>> import tempfile
    >>> store = ResultStore(Path(tempfile.mkdtemp()) / "ps1")
    >>> store.put("key of monday", SubmissionResult("ada", "graded", "full", []))
    >>> store.get("key of monday", "ada").status
    'graded'
    >>> store.get("key of tuesday", "ada") is None
    True
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def get(self, key: str, student: str) -> SubmissionResult | None:
        """Return the student's result if it was made from just this, else None."""
        try:
            content = json.loads(self._path(student).read_text("utf-8"))
            return SubmissionResult.from_json(content["result"]) if content["key"] == key else None
        except (OSError, ValueError, KeyError, TypeError):
            return None  # not there, or written by another version: judge again

    def newest(self, student: str) -> SubmissionResult | None:
        """Return the student's last result, whatever it was made from, else None."""
        try:
            return SubmissionResult.from_json(json.loads(self._path(student).read_text("utf-8"))["result"])
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def put(self, key: str, result: SubmissionResult) -> None:
        """Keep a result; a reader sees the old one or the new one, never half of one."""
        text = json.dumps({"key": key, "result": result.to_json()})
        write_whole(self._path(result.student), text)

    def _path(self, student: str) -> Path:
        """Return a student's file; its name is never too long for a folder, and one's own."""
        digest = hashlib.sha256(student.encode("utf-8", "surrogateescape")).hexdigest()
        return self.folder / f"{student[:30]}-{digest[:16]}.json"


def write_whole(path: Path, text: str) -> None:
    """Write a file so that it is there as a whole or not at all."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_text(text, "utf-8")
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
