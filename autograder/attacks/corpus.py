"""All entries, and the few of each class that every run of the tests tries."""

from __future__ import annotations

from autograder.attacks import (
    crash,
    fairness,
    feedback,
    files,
    forge,
    gradebook,
    leak,
    metadata,
    poison,
    resource,
    ways,
)
from autograder.attacks.entry import Entry

ENTRIES: tuple[Entry, ...] = (
    *forge.ENTRIES,
    *metadata.ENTRIES,
    *files.ENTRIES,
    *leak.ENTRIES,
    *gradebook.ENTRIES,
    *poison.ENTRIES,
    *crash.ENTRIES,
    *resource.ENTRIES,
    *feedback.ENTRIES,
    *fairness.ENTRIES,
    *ways.ENTRIES,
)
SAMPLE = tuple(entry for entry in ENTRIES if entry.sample)
