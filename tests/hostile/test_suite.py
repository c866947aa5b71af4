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

LEVELS = (Level.FULL, Level.LANDLOCK)


def findings(entries: Sequence[Entry], level: Level, **options: int) -> list[str]:
    return suite.run(entries, suite.Machine(level, need(level)), **options).findings


def test_every_entry_has_a_name_of_its_own() -> None:
    assert [name for name, count in Counter(entry.id for entry in ENTRIES).items() if count > 1] == []


@pytest.mark.parametrize("level", LEVELS)
def test_a_sample_of_all_attacks_is_held(level: Level) -> None:
    assert findings(SAMPLE, level) == []
