"""A worker process: one judge, grading one submission after the other in children of a warm zygote.

The scheduler starts it as `python -m autograder.worker SETUP RESULTS ZYGOTE` and writes jobs to its standard
input, one JSON line each; results go to the file descriptor RESULTS, so whatever a test cell prints cannot
mix with them; on ZYGOTE it asks for children. If anything goes wrong that is not the submission's fault, the
worker ends and the scheduler starts another; if the scheduler dies, the kernel ends the worker.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from autograder.bank import load_bank
from autograder.box import Level
from autograder.box.levels import die_with_parent
from autograder.grader import Grader
from autograder.jobs import READY, Job, Setup
from autograder.judge import NotebookResult, judge_notebook
from autograder.judge_limits import JudgeLimits
from autograder.nodes import notebook_from
from autograder.plan import make_plan
from autograder.zygote import BorrowedZygote

if TYPE_CHECKING:
    from nbformat import NotebookNode


def serve(jobs: Iterable[bytes], results: BinaryIO, grader: Grader) -> None:
    """Answer jobs until there are no more."""
    gc.freeze()  # the search for garbage need not go through all that was imported, again and again
    results.write(READY)
    results.flush()
    for line in jobs:
        results.write(grader.grade(Job.from_line(line)).to_line())
        results.flush()


def main(argv: list[str]) -> None:
    """Run as a process: `python -m autograder.worker SETUP RESULTS ZYGOTE`."""
    die_with_parent()
    setup, results = Setup.read(Path(argv[0])), os.fdopen(int(argv[1]), "wb")
    source_dir, limits = Path(setup.source_folder), JudgeLimits(**setup.judge_limits)
    questions = load_bank(Path(setup.bank)).questions if setup.bank else {}
    plans = {
        entry["name"]: make_plan(
            notebook_from(entry["source"]),
            released=notebook_from(entry["released"]),
            name=entry["name"],
            source_dir=source_dir,
            questions=questions,
        )
        for entry in setup.notebooks
    }
    refused = {
        name: {refusal.grade_id: refusal.reason for refusal in plan.refusals} for name, plan in plans.items()
    }
    zygote = BorrowedZygote(Level(setup.level), int(argv[2]))

    def judge(name: str, submitted: NotebookNode, seed: int) -> NotebookResult:
        judged = judge_notebook(
            plans[name], submitted, zygote.spawn, seed=seed, limits=limits, source_dir=source_dir
        )
        zygote.check()
        return judged

    serve(sys.stdin.buffer, results, Grader(setup, judge, refused))


if __name__ == "__main__":
    main(sys.argv[1:])
