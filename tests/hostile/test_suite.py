"""The hostile suite at each level: a few entries of each class in every run, all of them in the slow one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from box_tools import need

from autograder.attacks import suite
from autograder.attacks.corpus import ENTRIES, SAMPLE
from autograder.attacks.entry import Entry
from autograder.box import Level


def findings(entries: Sequence[Entry], level: Level) -> list[str]:
    outcome = suite.run(entries, suite.Machine(level, need(level)))
    return [str(finding) for finding in outcome.findings]


def test_every_entry_has_a_name_of_its_own() -> None:
    assert [name for name, count in Counter(entry.id for entry in ENTRIES).items() if count > 1] == []


KINDS = sorted({entry.kind for entry in ENTRIES})


def of_kind(kind: str) -> list[Entry]:
    return [entry for entry in ENTRIES if entry.kind == kind]


class AtLevel:
    """A class for each level: pytest-xdist gives classes, not single tests, to different workers."""

    level: Level

    def test_a_sample_of_all_attacks_is_held(self) -> None:
        assert findings(SAMPLE, self.level) == []

    @pytest.mark.slow
    @pytest.mark.timeout(3600)
    @pytest.mark.parametrize("kind", KINDS)
    def test_every_attack_is_held(self, kind: str) -> None:
        assert findings(of_kind(kind), self.level) == []


class TestAtFull(AtLevel):
    """With namespaces of its own."""

    level = Level.FULL


class TestAtLandlock(AtLevel):
    """Where the kernel gives no namespaces to users."""

    level = Level.LANDLOCK


def test_there_are_enough_of_each_class() -> None:
    assert len(ENTRIES) >= 100
    assert (
        sorted(
            [
                "crash",
                "fairness",
                "feedback",
                "file",
                "forge",
                "gradebook",
                "leak",
                "metadata",
                "poison",
                "resource",
            ]
        )
        == KINDS
    )
    assert all(len(of_kind(kind)) >= 10 for kind in KINDS)
    assert {entry.kind for entry in SAMPLE} == set(KINDS)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("kind", ["forge", "metadata", "file", "feedback"])
def test_scores_and_pages_need_no_walls(kind: str) -> None:
    """Level none promises no more, and no less."""
    assert findings(of_kind(kind), Level.NONE) == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_several_workers_give_the_same_scores() -> None:
    one = suite.run(SAMPLE, suite.Machine(Level.FULL, need(Level.FULL)))
    two = suite.run(SAMPLE, suite.Machine(Level.FULL, need(Level.FULL)), workers=2)
    assert one.scores == two.scores
    assert two.findings == []
