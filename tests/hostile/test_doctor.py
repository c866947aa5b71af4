"""`coursekit doctor --attack`: what it prints and how it ends; the suite itself is tried in `test_suite`."""

from __future__ import annotations

from typing import Any

import pytest

from autograder import cli
from autograder.attacks import suite
from autograder.attacks.corpus import ENTRIES, SAMPLE
from autograder.box import Level, doctor
from autograder.box.doctor import Diagnosis


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What the suite was asked for; it finds nothing, or what the test puts into `outcome.findings`."""
    made: list[tuple[Any, ...]] = []

    def run(entries: Any, machine: Any, *, workers: int, progress: Any) -> suite.Outcome:
        progress(3)
        made.append((tuple(entries), machine.level, workers))
        return OUTCOME

    OUTCOME.findings.clear()
    OUTCOME.memory.update(judge=50.0)
    monkeypatch.setattr(suite, "run", run)
    monkeypatch.setattr(doctor, "diagnose", lambda: Diagnosis(Level.LANDLOCK, (), {}))
    return made


OUTCOME = suite.Outcome()


def test_all_entries_are_tried_and_held(
    calls: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["doctor", "--attack", "--workers", "2"]) == 0
    assert calls == [(ENTRIES, Level.LANDLOCK, 2)]
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith(tuple(f"{entry.id} " for entry in ENTRIES)) for line in lines) == len(ENTRIES)
    assert f"{len(ENTRIES)} held, 0 not; each followed by an honest submission." in lines[-1]


def test_what_got_through_is_named_and_the_exit_code_is_1(
    calls: list[tuple[Any, ...]], capsys: pytest.CaptureFixture[str]
) -> None:
    OUTCOME.findings += [
        suite.Finding("forge-nothing", "got 9, deserves 7."),
        suite.Finding("run", "left behind"),
    ]
    assert cli.main(["doctor", "--attack", "--sample"]) == 1
    assert calls == [(SAMPLE, Level.LANDLOCK, 1)]
    output = capsys.readouterr().out
    assert f"{len(SAMPLE) - 1} held, 1 not; something is wrong with the run itself; each" in output
    assert "forge      NO    hands in answers that know" in output
    assert "\n    got 9, deserves 7.\n" in output
    assert "\nthe run itself: left behind\n" in output


def test_nothing_is_attacked_without_a_box(
    calls: list[tuple[Any, ...]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "diagnose", lambda: Diagnosis(None, (), {}))
    assert cli.main(["doctor", "--attack"]) == 3
    assert calls == []
    assert cli.main(["doctor", "--sample"]) == 2
    assert "--sample goes with --attack." in capsys.readouterr().err
