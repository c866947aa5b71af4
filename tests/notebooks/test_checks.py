"""The lectures' instant checks: a question a call, recognised mistakes, nothing that stops a lecture."""

from __future__ import annotations

import re

import numpy as np
import pytest

from autograder.bank import load_bank
from autograder.question import Question
from coursekit.checking.marking import mark
from tests.notebooks.lectures import LECTURES, ROOT, lecture, read

BANK = load_bank(ROOT / "autograder" / "questions" / "lectures.py")
GIVEN = {"np": np}

question = pytest.mark.parametrize("asked", BANK.questions.values(), ids=BANK.questions)


def checked(name: str) -> list[str]:
    code = "\n".join(cell.source for cell in read(name).cells if cell.cell_type == "code")
    return re.findall(r"""ck\.check\(["']([^"']+)["']\)""", code)


def test_every_question_is_asked_once_and_every_call_has_a_question() -> None:
    asked = [slug for name in LECTURES for slug in checked(name)]
    assert sorted(asked) == sorted(BANK.questions)


def test_the_public_file_is_that_of_the_bank() -> None:
    """`coursekit checks lectures` writes it."""
    assert (ROOT / "notebooks" / "checks.json").read_text("utf-8") == BANK.public()


@question
def test_a_wrong_answer_stops_no_lecture(asked: Question) -> None:
    assert asked.points == 0
    assert asked.sheet().exercise


@question
def test_right_answers_pass(asked: Question) -> None:
    sheet = asked.sheet()
    assert mark(sheet, {**GIVEN, **asked.answer}).passed
    for name, answer in asked.alternatives:
        assert mark(sheet, {**GIVEN, **answer}).passed, name


@question
def test_known_mistakes_fail_and_are_told_apart(asked: Question) -> None:
    sheet = asked.sheet()
    assert asked.misconceptions
    for wrong in asked.misconceptions:
        report = mark(sheet, {**GIVEN, **wrong.answer})
        assert not report.passed, wrong.name
        assert [known.name for known in report.misconceptions] == [wrong.name]


@lecture
def test_the_last_section_checks_what_one_tries(name: str) -> None:
    """Lectures 3 and 8 are older than the checks: they hold gradients against finite differences."""
    code = "\n".join(cell.source for cell in read(name).cells if cell.cell_type == "code")
    assert checked(name) or "ck.check_gradient(" in code or "ck.check_gate(" in code
