"""Homework: how long a student waits for `check`, and what `coursekit verify` proves of the question banks.

`check` is held against the answer that it asks: what a right answer takes by itself, called once for each
case shown. It is measured without a notebook; showing the result on a page comes on top. The proof is that of
all assignments, in the box, as an instructor runs it.
"""

from __future__ import annotations

import contextlib
import io
import os
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from autograder.bank import Bank, load_bank
from autograder.box import BoxUnavailable, best_level
from autograder.course import Course
from autograder.question import Question
from autograder.verify import AssignmentProof, verify
from benchmarks.harness import ROOT, Row, Settings, say, time_text
from coursekit.checking.marking import mark

ANSWERED_SECONDS = 0.05
VERIFIED_SECONDS = 180.0
KILLED = 0.98
MISCONCEPTIONS = 4.0
REPEATS = 20


def run(settings: Settings) -> tuple[list[Row], str]:
    """Measure the checks of every bank, then prove the assignments."""
    names = sorted(path.parent.name for path in (ROOT / "assignments").glob("*/checks.json"))
    banks = [load_bank(ROOT / "autograder" / "questions" / f"{name}.py") for name in names]
    rows = check_rows(banks, 5 if settings.quick else REPEATS)
    try:
        level = best_level()
    except BoxUnavailable as reason:
        return rows, f"Nothing was proven: {reason}"
    course = Course(ROOT)
    proofs = []
    for name in names[:1] if settings.quick else names:
        say(f"proving {name} …")
        proofs.append(verify(course, name, level))
    problems = [f"{proof.assignment}: {problem}" for proof in proofs for problem in proof.problems]
    load = f"Load of the machine: {os.getloadavg()[0]:.1f}."
    return rows + proof_rows(proofs), "\n".join([load, *problems])


def check_rows(banks: list[Bank], repeats: int) -> list[Row]:
    """Return how long the slowest question of all takes, and the middle one."""
    waits: dict[str, float] = {}
    ratios = []
    for bank in banks:
        for slug, question in bank.questions.items():
            sheet, names = question.sheet(), {**question.given, **question.answer}
            waits[slug] = shortest(lambda sheet=sheet, names=names: mark(sheet, names), repeats)
            ratios.append(waits[slug] / shortest(lambda question=question: _ask(question), repeats))
    slowest = max(waits, key=waits.__getitem__)
    return [
        Row(
            f"check, {len(waits)} questions, the slowest ({slowest})",
            time_text(waits[slowest]),
            f"{median(ratios):.1f} × its answer alone (median of all)",
            f"≤ {1e3 * ANSWERED_SECONDS:g} ms",
            waits[slowest] <= ANSWERED_SECONDS,
            value=waits[slowest],
        ),
        Row("check, the median question", time_text(median(waits.values())), value=median(waits.values())),
    ]


def shortest(work: Callable[[], Any], repeats: int) -> float:
    """Return the seconds of the fastest of several calls; what the work prints is not shown."""
    best = float("inf")
    with contextlib.redirect_stdout(io.StringIO()):
        for _ in range(repeats):
            start = time.perf_counter()
            work()
            best = min(best, time.perf_counter() - start)
    return best


def _ask(question: Question) -> None:
    for group in question.groups:
        if not group.hidden:
            for known in group.cases(0, question.slug):
                question.run(question.answer, group.asks, known.inputs)


def proof_rows(proofs: list[AssignmentProof]) -> list[Row]:
    """Return what the proofs say, all assignments together."""
    asked = [found for proof in proofs for found in proof.questions if not found.by_hand]
    seconds = sum(proof.seconds for proof in proofs)
    mutants = sum(found.mutants for found in asked)
    killed = 1 - sum(len(found.survivors) for found in asked) / max(mutants, 1)
    wrong = [told for found in asked for told in found.misconceptions.values()]
    right = [passes for found in asked for passes in found.alternatives.values()]
    each = len(wrong) / max(len(asked), 1)
    return [
        Row(
            f"verify, {len(proofs)} assignments, {len(asked)} questions",
            f"{seconds:.1f} s",
            "",
            f"≤ {VERIFIED_SECONDS:g} s",
            seconds <= VERIFIED_SECONDS,
            value=seconds,
        ),
        Row(
            "misconceptions a question",
            f"{each:.1f}",
            f"{sum(wrong)} of {len(wrong)} fail and are recognised",
            f"≥ {MISCONCEPTIONS:g}, all recognised",
            each >= MISCONCEPTIONS and all(wrong),
            value=each,
        ),
        Row(
            f"mutants killed, of {mutants}",
            f"{100 * killed:.1f} %",
            f"{sum(len(found.equivalent) for found in asked)} equivalent ones aside",
            f"≥ {100 * KILLED:g} %",
            killed >= KILLED,
            value=killed,
        ),
        Row(
            "alternatives accepted",
            f"{sum(right)} of {len(right)}",
            "",
            "all",
            all(right),
            value=sum(right) / max(len(right), 1),
        ),
    ]


if __name__ == "__main__":
    from benchmarks.__main__ import main

    raise SystemExit(main([Path(__file__).stem]))
