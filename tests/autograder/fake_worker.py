"""A worker whose judge looks for words in the answers instead of running them, and fails on command.

Started by the pool in place of `autograder.worker`: `python fake_worker.py SETUP RESULTS`.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from autograder.grader import Grader
from autograder.jobs import Setup
from autograder.results import Question
from autograder.worker import serve

RIGHT = {"square": "x * x", "double": "2 * x"}


@dataclass
class FakeJudged:
    questions: list[Question]
    outputs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)


def fake_judge(name: str, submitted: NotebookNode, seed: int) -> FakeJudged:
    """Give points to a test cell if the answer it belongs to has the right words in it."""
    answers = {
        cell.metadata.nbgrader.grade_id: cell.source
        for cell in submitted.cells
        if "nbgrader" in cell.metadata
    }
    misbehave(" ".join(answers.values()))
    questions, outputs = [], {}
    for cell in submitted.cells:
        mark = cell.metadata.get("nbgrader", {})
        if mark.get("grade") and not mark.get("solution"):
            answer = mark["grade_id"].split("-")[0]
            right = RIGHT[answer] in answers[answer]
            reason = "" if right else f"{answer} gives a wrong value"
            questions.append(
                Question(mark["grade_id"], mark["points"] * right, mark["points"], reason=reason)
            )
            outputs[cell.id] = [{"output_type": "stream", "name": "stdout", "text": f"seed {seed}"}]
    return FakeJudged(questions, outputs)


def misbehave(text: str) -> None:
    """Do what an answer asks for: die, hang, or die at the first attempt only."""
    if "DIE ONCE" in text:
        flag = Path(text.split("DIE ONCE in ")[1].split()[0])
        if not flag.exists():
            flag.touch()
            os._exit(7)
    elif "DIE" in text:
        print("out of luck", file=sys.stderr, flush=True)
        os._exit(7)
    elif "HANG" in text:
        time.sleep(1000)


if __name__ == "__main__":
    if os.environ.get("FAKE_WORKER") == "does not start":
        sys.exit("no zygote today")
    setup = Setup.read(Path(sys.argv[1]))
    serve(sys.stdin.buffer, os.fdopen(int(sys.argv[2]), "wb"), Grader(setup, fake_judge))
