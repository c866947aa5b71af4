"""The page to start from leads to every lecture, and nowhere else."""

from __future__ import annotations

import re

from tests.notebooks.lectures import LECTURES, ROOT, read, shown

START = "00_start_here.ipynb"
TEXT = "\n".join(cell.source for cell in read(START).cells if cell.cell_type == "markdown")
LINKS = re.findall(r"\]\(([^):]+\.ipynb)\)", TEXT)


def test_links_lead_somewhere() -> None:
    assert [link for link in LINKS if not (ROOT / "notebooks" / link).exists()] == []


def test_every_lecture_is_on_the_road_in_order() -> None:
    """A new lecture gets a line in the table of 00_start_here.ipynb."""
    assert [link for link in LINKS if "/" not in link] == [name for name in LECTURES if name != START]


def test_every_homework_is_on_the_road() -> None:
    homework = {f"../assignments/{path.stem}/{path.name}" for path in ROOT.glob("assignments/*/*.ipynb")}
    assert {link for link in LINKS if "/" in link} == homework


def test_links_between_lectures_lead_somewhere() -> None:
    for name in LECTURES:
        for cell in read(name).cells:
            if cell.cell_type == "markdown":
                for link in re.findall(r"\]\(([^):]+\.ipynb)[^)]*\)", cell.source):
                    assert (ROOT / "notebooks" / link).exists(), (name, cell.id)


def test_the_keys_of_the_pictures_are_told() -> None:
    assert "**`?`**" in TEXT
    assert "Shift+Enter" in TEXT


def test_the_ratios_settle() -> None:
    assert "ratio 6.0010" in shown(START, "nudge")
    assert shown(START, "two-dials-code") == "nudge x, hold y: 5.0\nnudge y, hold x: 3.0\n"
    assert "36.0" in shown(START, "chain-code")
