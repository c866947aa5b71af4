"""The suite can fail: a grader that was weakened on purpose, and a machine without walls, are found out."""

# ruff: noqa: E501 (what is taken away stands as it does in the grader)

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from box_tools import need

from autograder.attacks import canary, suite
from autograder.attacks.corpus import ENTRIES
from autograder.attacks.course import FULL, GATES
from autograder.attacks.entry import Entry
from autograder.attacks.pages import active
from autograder.box import Level

# What is taken away from the grader: file, text, what stands in its place.
WEAKENED = (
    ("judge_pass.py", "            outcome.error = error\n", "            outcome.error = None\n"),
    ("feedback.py", '    text = re.sub(r"&(?!', '    return text\n    text = re.sub(r"&(?!'),
    ("submission.py", "mode := os.stat(name, dir_fd=folder, follow_symlinks=False)", "mode := os.stat(name, dir_fd=folder)"),
    ("submission.py", "os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK", "os.O_RDONLY | os.O_NONBLOCK"),
    ("worker.py", "    serve(", "    __import__('subprocess').Popen(['sleep', '600'], start_new_session=True) and serve("),
)  # fmt: skip


def entry(name: str) -> Entry:
    return next(entry for entry in ENTRIES if entry.id == name)


def weakened(folder: Path) -> Path:
    """A copy of the checkout whose grader was weakened."""
    for package in ("autograder", "coursekit"):
        shutil.copytree(
            suite.CHECKOUT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    for name, text, instead in WEAKENED:
        path = folder / "autograder" / name
        source = path.read_text()
        assert source.count(text) == 1, f"{name} has changed; choose another place to weaken: {text}"
        path.write_text(source.replace(text, instead))
    return folder


def test_a_weakened_grader_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need(Level.FULL)
    monkeypatch.setattr(suite, "CHECKOUT", weakened(tmp_path))
    names = (
        "fairness-nothing",
        "forge-nothing",
        "feedback-text-cells",
        "file-link-to-victim",
    )
    outcome = suite.run([entry(name) for name in names], suite.Machine(Level.FULL))
    found = {(finding.who, *clue) for finding in outcome.findings for clue in clues(finding.what)}
    assert [finding for finding in outcome.findings if "exit code" in finding.what] == []
    assert found >= {
        ("forge-nothing", "points"),
        ("feedback-text-cells", "active"),
        ("file-link-to-victim", "points"),
        ("file-link-to-victim", "marker", "victim"),
        ("run", "process"),
    }
    assert {who for who, *_ in found} == {*names, "run"} - {"fairness-nothing"}


def clues(what: str) -> list[tuple[str, ...]]:
    """What a finding says, in a word or two."""
    said = []
    if ", deserves " in what:
        said.append(("points",))
    if "the feedback page holds" in what:
        said.append(("active",))
    if "shows the marker of the " in what:
        said.append(("marker", what.rpartition(" ")[2]))
    if "left behind: process" in what:
        said.append(("process",))
    if "the box let through" in what:
        said.append(("breach",))
    if "somebody called TCP" in what:
        said.append(("call",))
    return said


LOOKS_AROUND = """
import socket
def connect():
    with socket.create_connection(("127.0.0.1", WORLD["port"]), timeout=1.0):
        pass
attempt("the canary", lambda: search(open(WORLD["canary"] + "/secret.txt").read()) or True)
attempt("the port", connect)
attempt("plant", lambda: open(WORLD["canary"] + "/planted-" + WORLD["token"], "w").close())
"""


def test_without_walls_every_attempt_is_seen() -> None:
    """At level none the same code gets through, so what holds at the other levels is the wall."""
    looks = Entry("leak-test", "looks around", FULL[GATES], code=LOOKS_AROUND)
    found = [str(finding) for finding in suite.run([looks], suite.Machine(Level.NONE)).findings]
    said = {clue for finding in found for clue in clues(finding)}
    assert said == {("breach",), ("call",), ("marker", "canary")}, found
    assert any(finding.startswith("run: ") and finding.endswith(" was made") for finding in found)


def test_an_attack_that_does_not_work_is_no_proof() -> None:
    need(Level.FULL)
    broken = Entry("leak-test", "has a slip", FULL[GATES], code="attempt('x', lambda: undefined)")
    stopped = Entry("leak-other", "stops early", FULL[GATES], code="1 / 0\nattempt('x', lambda: open('/x'))")
    found = [str(finding) for finding in suite.run([broken, stopped], suite.Machine(Level.FULL)).findings]
    assert sorted(finding.partition(":")[0] for finding in found) == ["leak-other", "leak-test", "leak-test"]
    assert any("the attack does not work: BROKEN x NameError" in finding for finding in found)
    assert any("leak-other: the attack did not reach its end" in finding for finding in found)


# ---------------------------------------------------------------------------------------- what the suite uses


def test_changes_in_watched_folders_are_told(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("a")
    (tmp_path / "gone").write_text("a")
    before = canary.snapshot(tmp_path)
    (tmp_path / "kept").write_text("b")
    (tmp_path / "gone").unlink()
    (tmp_path / "new").symlink_to("kept")
    assert canary.changes(before, canary.snapshot(tmp_path)) == [
        f"{tmp_path}/gone was removed",
        f"{tmp_path}/kept was changed",
        f"{tmp_path}/new was made",
    ]
    (tmp_path / "x-1234").mkdir()
    assert canary.planted("1234", [tmp_path, tmp_path / "nowhere"]) == [f"{tmp_path}/x-1234 was planted"]


def test_markers_are_found_by_the_word_that_tells_where_they_come_from() -> None:
    assert canary.markers(b"x seal-ab-input, seal-ab-canary seal-cd-other", "ab") == ["canary", "input"]


def test_markers_in_pictures_are_found(tmp_path: Path) -> None:
    import base64
    import json

    picture = base64.b64encode(b"..seal-ab-input..").decode()
    notebook = {"cells": [{"outputs": [{"data": {"image/png": picture}}]}]}
    (tmp_path / "a.ipynb").write_text(json.dumps(notebook))
    (tmp_path / "a.html").write_text(f'<img src="data:image/png;base64,{picture}">')
    for name in ("a.ipynb", "a.html"):
        found = [marker for text in canary.texts_of(tmp_path / name) for marker in canary.markers(text, "ab")]
        assert found == ["input"]


@pytest.mark.parametrize(
    "page",
    [
        "<script>alert(1)</script>",
        "<svg onload=alert(1)>",
        "<p onclick=x>",
        "<a href='java\tscript:x'>",
        "<a href=data:text/html,x>",
        "<img src=data:image/svg+xml;base64,x>",
        "<iframe>",
        "<meta http-equiv=refresh>",
        "<?xml-stylesheet href=x>",
        "$\\href{javascript:x}{y}$",
    ],
)
def test_what_could_act_is_seen(page: str) -> None:
    assert active(page)
    assert active(f"<p>honest</p>{page}") - active("<p>honest</p>")


def test_honest_pages_hold_nothing_active() -> None:
    honest = "<p class='x'>a <b>b</b> <a href='https://jupyter.org/#x'>c</a> <img src='data:image/png;base64,AA=='>"
    assert not active(honest + " $x < y$ &lt;script&gt; \\alpha</p>")
