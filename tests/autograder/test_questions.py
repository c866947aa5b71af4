"""Our question banks: what they prove does not depend on the seed from which hidden cases are drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.bank import load_bank

FOLDER = Path(__file__).parents[2] / "autograder" / "questions"
BANKS = sorted(path for path in FOLDER.glob("*.py") if path.stem != "__init__")


def test_there_are_banks() -> None:
    assert "hw2_graphs" in [bank.stem for bank in BANKS]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("bank", BANKS, ids=lambda bank: bank.stem)
def test_no_seed_lets_a_known_wrong_answer_pass(bank: Path, seed: int) -> None:
    questions = load_bank(bank).questions.values()
    assert [slip for question in questions for slip in question.slips(seed)] == []


@pytest.mark.parametrize("bank", BANKS, ids=lambda bank: bank.stem)
def test_hints_are_sentences_of_their_own(bank: Path) -> None:
    """Two known wrong answers with one hint could not be told apart by whoever reads it."""
    for question in load_bank(bank).questions.values():
        hints = [known.hint for known in question.misconceptions]
        assert len(set(hints)) == len(hints), question.slug
        assert all(len(hint.split()) >= 4 and hint[-1] in ".?!" for hint in hints), question.slug
