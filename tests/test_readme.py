"""The README says nothing that is not so: its commands exist, its code runs, its links lead somewhere."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
COURSEKIT = Path(sys.executable).with_name("coursekit")
README = (ROOT / "README.md").read_text()
GUIDE = (ROOT / "docs/instructor-guide.md").read_text()


def test_the_code_runs() -> None:
    result = doctest.testfile(str(ROOT / "README.md"), module_relative=False, optionflags=doctest.ELLIPSIS)
    assert result.attempted > 5
    assert result.failed == 0


@pytest.mark.parametrize("target", sorted(set(re.findall(r"\bmake ([a-z0-9-]+)\b", README + GUIDE))))
def test_make_knows_the_target(target: str) -> None:
    result = subprocess.run(
        ["make", "--dry-run", target], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    "command", sorted(set(re.findall(r"coursekit (grade|doctor|demo|verify|report)\b", README + GUIDE)))
)
def test_coursekit_knows_the_command(command: str) -> None:
    result = subprocess.run([COURSEKIT, command, "--help"], capture_output=True, text=True, timeout=60)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("link", sorted(set(re.findall(r"\]\(([^)#:]+)\)", README))))
def test_links_lead_somewhere(link: str) -> None:
    assert (ROOT / link).exists()


def test_links_of_the_guide_lead_somewhere() -> None:
    headings = {re.sub(r"[^a-z -]", "", line.lower()).strip() for line in re.findall(r"(?m)^##+ .*", GUIDE)}
    anchors = {heading.replace(" ", "-") for heading in headings}
    links = re.findall(r"\]\(([^):]+)\)", GUIDE)
    assert len(links) > 5
    for link in links:
        assert link[1:] in anchors if link.startswith("#") else (ROOT / "docs" / link).exists()


def test_every_lecture_is_listed_in_order() -> None:
    listed = re.findall(r"\]\((notebooks/[^)]+)\)", README)
    assert listed == sorted(f"notebooks/{path.name}" for path in ROOT.glob("notebooks/*.ipynb"))


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"`((?:assignments|tests|notebooks|autograder)/[\w/.]+)`", README + GUIDE)))
)
def test_files_are_there(path: str) -> None:
    assert (ROOT / path).exists()


def test_exit_codes_for_wrong_calls() -> None:
    for arguments in (["grade"], ["magic"], ["grade", "no_such_homework", "--course", str(ROOT)]):
        result = subprocess.run([COURSEKIT, *arguments], capture_output=True, text=True, timeout=60)
        assert result.returncode == 2, result.stdout + result.stderr
        assert "Traceback" not in result.stdout + result.stderr
