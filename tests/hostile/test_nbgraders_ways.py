"""The hostile suite by nbgrader's ways: its command, and formgrader's button, pressed for each student."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby

import pytest
from box_tools import need

from autograder.attacks import suite
from autograder.attacks.corpus import ENTRIES, SAMPLE
from autograder.attacks.entry import Entry
from autograder.attacks.suite import Way
from autograder.box import Level

BY_KIND = {kind: list(found) for kind, found in groupby(ENTRIES, lambda entry: entry.kind)}


def first(most: int) -> list[Entry]:
    """Return the first entries of each class."""
    return [entry for entries in BY_KIND.values() for entry in entries[:most]]


def findings(entries: Sequence[Entry], way: Way) -> list[str]:
    machine = suite.Machine(Level.FULL, need(Level.FULL), way=way)
    return [str(finding) for finding in suite.run(entries, machine).findings]


FEW = first(1)
MANY = [entry for entry in ENTRIES if entry in first(3) or entry.sample]


def test_each_class_is_tried() -> None:
    assert len(FEW) == len(BY_KIND) == 10
    assert len(MANY) >= 40
    assert min(Counter(entry.kind for entry in MANY).values()) >= 2
    assert all(entry in MANY for entry in SAMPLE)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("way", ["command", "button"])
def test_one_attack_of_each_class_is_held(way: Way) -> None:
    assert findings(FEW, way) == []


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("way", ["command", "button"])
def test_many_attacks_are_held(way: Way) -> None:
    assert findings(MANY, way) == []
