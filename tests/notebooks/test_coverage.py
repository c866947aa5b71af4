"""The lectures treat what the catalogue of the decks lists: catalogue_ids.json holds its entries by unit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.notebooks.lectures import LECTURES, covered, lecture, read

BY_UNIT: dict[str, list[str]] = json.loads(Path(__file__).with_name("catalogue_ids.json").read_text())
KNOWN = {entry for entries in BY_UNIT.values() for entry in entries}
TREATED = ["1", "2", "3", "4", "8"]
"""The units whose lecture is whole: every entry of theirs is treated in it, or in another lecture."""


def test_the_list_is_that_of_the_catalogue() -> None:
    counts = {unit: len(entries) for unit, entries in BY_UNIT.items()}
    assert list(counts.values()) == [19, 23, 25, 21, 26, 15, 11, 29, 15, 10, 10, 28]
    assert list(counts) == [str(number) for number in range(1, 13)]
    assert len(KNOWN) == 232  # no entry in two units; the 15 of the annex are not for lectures


@pytest.mark.parametrize("unit", TREATED)
def test_every_entry_is_treated(unit: str) -> None:
    everywhere = set().union(*map(covered, LECTURES))
    assert [entry for entry in BY_UNIT[unit] if entry not in everywhere] == []


@lecture
def test_what_is_covered_is_in_the_catalogue(name: str) -> None:
    for cell in read(name).cells:
        entries = cell.metadata.get("covers", [])
        assert isinstance(entries, list), cell.id
        assert len(set(entries)) == len(entries), cell.id
        assert [entry for entry in entries if entry not in KNOWN] == [], cell.id


@lecture
def test_a_lecture_treats_entries_of_its_unit(name: str) -> None:
    unit = str(int(name[:2]))
    if unit != "0":
        assert covered(name) & set(BY_UNIT[unit])


@lecture
def test_an_entry_of_the_metadata_is_not_empty(name: str) -> None:
    assert [cell.id for cell in read(name).cells if cell.metadata.get("covers") == []] == []
