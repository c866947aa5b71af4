"""Formgrader in JupyterLab, in this checkout's own course: the Autograde button judges from outside."""

from __future__ import annotations

import contextlib
import fcntl
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

from autograder import demo
from autograder.demo_class import ASSIGNMENT, CLASS
from tests.browser.lab import TOKEN, Lab, running_lab

# right; a wrong answer; an input transformer that has nbgrader alone give full marks; equal to everything
PRESSED = {
    "right": "22 / 27",
    "one_path": "19 / 27",
    "blanks_later_cells": "3 / 27",
    "equals_everything": "0 / 27",
}


@pytest.fixture(scope="module")
def classroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """JupyterLab on a course with this checkout's configuration in which some have handed in."""
    folder = tmp_path_factory.mktemp("classroom")
    with contextlib.chdir(folder):
        course = demo.set_up(folder)
        released = demo.generate_assignment(course, ASSIGNMENT) / f"{ASSIGNMENT}.ipynb"
        for sample in CLASS:
            if sample.student in PRESSED:
                submitted = course.submitted_folder(ASSIGNMENT, sample.student)
                submitted.mkdir(parents=True)
                notebook = nbformat.read(released, as_version=4)
                (submitted / f"{ASSIGNMENT}.ipynb").write_bytes(sample.hand_in(notebook))
    with running_lab(folder, tmp_path_factory.mktemp("home")) as lab:
        yield lab


def open_submissions(page: Any, lab: Lab) -> Any:
    """Open formgrader by JupyterLab's menu and go to the homework's submissions; return its frame."""
    page.goto(f"{lab.address}/lab?reset&token={TOKEN}")
    page.locator('.lm-MenuBar-itemLabel:text-is("Nbgrader")').click(timeout=60_000)
    page.locator('.lm-Menu-itemLabel:text-is("Formgrader")').click()
    frame = page.frame_locator("iframe")
    row = frame.locator("tr", has=frame.locator(f'a:text-is("{ASSIGNMENT}")'))
    row.locator("td.num-submissions a").click(timeout=60_000)
    frame.locator("#main-panel td, tbody td").first.wait_for(timeout=60_000)
    return frame


def submission_row(frame: Any, student: str) -> Any:
    return frame.locator("tr", has=frame.locator(f'td.student-id:text-is("{student}")'))


def test_the_autograde_button(page: Any, classroom: Lab, screenshots: Path) -> None:
    frame = open_submissions(page, classroom)
    for student in PRESSED:
        row = submission_row(frame, student)
        assert "needs autograding" in row.locator("td.status").inner_text()
        row.locator("td.autograde a").click()
        success = frame.locator("#success-modal")
        success.wait_for(timeout=120_000)
        told = " ".join(success.inner_text().split())
        assert f"Successfully autograded '{ASSIGNMENT}' for student '{student}'." in told
        assert re.search(r"Judged outside the student's process \(isolation: (full|landlock)\)", told), told
        if student == "one_path":
            page.screenshot(path=screenshots / "formgrader-autograde.png")
        success.locator('.modal-footer button:text-is("OK")').click()
        success.wait_for(state="detached")
    shown = {student: submission_row(frame, student).locator("td.score").inner_text() for student in PRESSED}
    assert shown == PRESSED
    page.screenshot(path=screenshots / "formgrader-submissions.png")


def test_a_reason_not_to_grade_is_shown(page: Any, classroom: Lab) -> None:
    """The same way as for a machine without isolation, which a test cannot take from a running server."""
    lock = classroom.folder / "course" / ".coursekit" / "lock"
    lock.parent.mkdir(exist_ok=True)
    frame = open_submissions(page, classroom)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        submission_row(frame, "right").locator("td.autograde a").click()
        error = frame.locator("#error-modal")
        error.wait_for(timeout=120_000)
        assert "Another coursekit run is grading" in error.inner_text()
