"""What the scheduler tells a worker, and what the worker answers: plain data, one JSON line each."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from autograder.results import SubmissionResult

READY = b"ready\n"  # what a worker says once its zygote is warm


@dataclass(frozen=True)
class Setup:
    """What a worker needs to know once, before its first submission.

    Attributes
    ----------
    notebooks
        For each notebook of the assignment its name, its source and its released version (as JSON).
    source_folder
        The instructor's folder: helper modules and reference files of the test cells.
    files_folder
        What the students got beside the notebooks; the only course files that student code can see.
    level
        The box's level, "none" for trusted submissions.
    packages
        Import names that students may use; None for the default list.
    bank
        The assignment's question bank, a Python file; empty if it has none.
    box_limits, judge_limits
        Fields of `autograder.box.Limits` and `autograder.judge_limits.JudgeLimits` that differ from the
        default.
    """

    notebooks: list[dict[str, Any]]
    source_folder: str
    files_folder: str
    level: str
    packages: list[str] | None = None
    bank: str = ""
    box_limits: dict[str, Any] = field(default_factory=dict)
    judge_limits: dict[str, Any] = field(default_factory=dict)

    def write(self, path: Path) -> None:
        """Write the setup where only this user can read it: it holds hidden tests."""
        path.touch(mode=0o600)
        path.write_text(json.dumps(dataclasses.asdict(self)), "utf-8")

    @classmethod
    def read(cls, path: Path) -> Setup:
        """Read what `write` wrote."""
        return cls(**json.loads(path.read_text("utf-8")))


@dataclass(frozen=True)
class Job:
    """One submission to grade.

    `files` maps the assignment's notebooks to the file names that were found; `extras` are (name, size,
    modified) of the files that the student's code finds beside the notebook.
    """

    student: str
    folder: str
    files: dict[str, str]
    seed: int
    messages: list[str] = field(default_factory=list)
    extras: list[tuple[str, int, int]] = field(default_factory=list)

    def to_line(self) -> bytes:
        """Return the job as one line."""
        return json.dumps(dataclasses.asdict(self)).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Job:
        """Read what `to_line` wrote."""
        return cls(**json.loads(line))


@dataclass(frozen=True)
class Reply:
    """A worker's answer: `digests` tells which bytes were graded (notebook → SHA-256)."""

    result: SubmissionResult
    digests: dict[str, str]

    def to_line(self) -> bytes:
        """Return the reply as one line."""
        return json.dumps({"result": self.result.to_json(), "digests": self.digests}).encode() + b"\n"

    @classmethod
    def from_line(cls, line: bytes) -> Reply:
        """Read what `to_line` wrote."""
        content = json.loads(line)
        return cls(SubmissionResult.from_json(content["result"]), content["digests"])
