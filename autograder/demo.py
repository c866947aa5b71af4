"""`coursekit demo`: a whole course in seconds, from release to exported grades.

In a fresh folder a real course is set up, nbgrader releases homework 1, a class of sample students
(:mod:`autograder.demo_class`) hands in right, wrong, broken and hostile notebooks, `coursekit grade` grades
them and prints its table, and nbgrader writes feedback and exports the grades.
"""

from __future__ import annotations

import contextlib
import csv
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbgrader.api import Gradebook
from nbgrader.validator import Validator

from autograder.course import Course, CourseError
from autograder.demo_class import ASSIGNMENT, CLASS, POINTS, Sample
from autograder.exit_codes import FAILED, HANDLED, WRONG_CALL
from autograder.nbgrader_commands import autograde, export_grades, generate_assignment, generate_feedback

CHECKOUT = Path(__file__).parents[1]
WRONG = "one_path"  # the sample whose wrong answer nbgrader alone must find, too


def run(coursekit: Callable[[Sequence[str]], int], folder: Path | None = None) -> int:
    """Play the demo in `folder`, which must be empty or new (default: a new temporary folder).

    Parameters
    ----------
    coursekit : the command line: from a command's words to its exit code.

    Returns
    -------
    int
        0 when every sample student got what it deserves, 1 when one did not or a step failed, 2 when the
        folder cannot be used, 3 when student code cannot be isolated on this machine.
    """
    try:
        folder = _fresh_folder(folder)
        with contextlib.chdir(folder):
            return _play(coursekit, folder)
    except CourseError as error:
        print(f"coursekit demo: {error}", file=sys.stderr)
        return WRONG_CALL


def _play(coursekit: Callable[[Sequence[str]], int], folder: Path) -> int:
    began = time.perf_counter()
    course = set_up(folder)
    released = generate_assignment(course, ASSIGNMENT)
    hand_in(course, released)
    print(f"nbgrader released {ASSIGNMENT}; a class of {len(CLASS)} has handed in. Grading:\n", flush=True)

    results, grades = folder / "results.json", folder / "grades.csv"
    code = coursekit(["grade", ASSIGNMENT, "--course", str(folder), "--json", str(results)])
    if code != HANDLED:
        return code
    generate_feedback(course, ASSIGNMENT)
    export_grades(course, grades)

    feedback = course.directory.format_path(course.directory.feedback_directory, "STUDENT", ASSIGNMENT)
    print(f"feedback   {feedback}/{ASSIGNMENT}.html")
    print(f"grades     {grades}")
    print(f"gradebook  {course.directory.db_url.removeprefix('sqlite:///')}")
    print(f"\nFrom release to feedback and export: {time.perf_counter() - began:.0f} s.")
    surprises = [
        *three_ways(released, folder / "nbgrader-alone"),
        *unlike_deserved(json.loads(results.read_text("utf-8"))["submissions"]),
        *unlike_exported(grades),
        *without_feedback(course),
    ]
    for surprise in surprises:
        print(f"NOT AS IT SHOULD BE  {surprise}")
    if not surprises:
        print("Everyone got what they deserve.")
    return FAILED if surprises else HANDLED


def _fresh_folder(folder: Path | None) -> Path:
    if folder is None:
        return Path(tempfile.mkdtemp(prefix="coursekit-demo-")).resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CourseError(f"{folder} cannot be made: {error.strerror}. Give another with --dir.") from error
    if any(folder.iterdir()):
        raise CourseError(f"{folder} is not empty. Give a new folder with --dir, or leave --dir out.")
    return folder.resolve()


def set_up(folder: Path) -> Course:
    """Make a course with this checkout's configuration and homework 1 in an empty folder."""
    configuration, source = CHECKOUT / "nbgrader_config.py", CHECKOUT / "assignments" / ASSIGNMENT
    for needed in (configuration, source):
        if not needed.exists():
            raise CourseError(f"the demo is part of the checkout of coursekit, and {needed} is missing.")
    shutil.copy(configuration, folder)
    shutil.copytree(source, folder / "assignments" / ASSIGNMENT)
    return Course(folder)


def hand_in(course: Course, released: Path) -> None:
    """Let every sample student fill in the released notebook and hand it in."""
    name = f"{ASSIGNMENT}.ipynb"
    notebook = nbformat.read(released / name, as_version=4)
    for sample in CLASS:
        folder = course.submitted_folder(ASSIGNMENT, sample.student)
        folder.mkdir(parents=True)
        (folder / name).write_bytes(sample.hand_in(notebook))


# ---- one wrong answer, without us ----


def three_ways(released: Path, folder: Path) -> Iterator[str]:
    """Have the wrong answer of `WRONG` looked at by Validate and by nbgrader's own autograde; print both.

    Parameters
    ----------
    released : the released assignment, as students got it.
    folder : where a course can be made whose gradebook nbgrader alone fills.

    Yields
    ------
    str
        What is not as it should be: either of them takes the wrong answer for right.
    """
    sample = next(sample for sample in CLASS if sample.student == WRONG)
    with contextlib.chdir(folder.parent):
        folder.mkdir()
        course = set_up(folder)
        config = course.app.config
        # Kernels warn at each start that they are reached by TCP, which is how nbgrader starts them.
        config.NotebookClient.extra_arguments = ["--log-level=ERROR"]
        submitted = course.submitted_folder(ASSIGNMENT, sample.student)
        shutil.copytree(released, submitted)
        path = submitted / f"{ASSIGNMENT}.ipynb"
        path.write_bytes(sample.hand_in(nbformat.read(path, as_version=4)))
        failed = Validator(config=config).validate(str(path)).get("failed", [])
        generate_assignment(course, ASSIGNMENT)
        autograde(course, ASSIGNMENT)
        with Gradebook(course.directory.db_url) as gradebook:
            alone = gradebook.find_submission(ASSIGNMENT, sample.student).score
    sources = [cell["source"] for cell in failed]
    lost = ", ".join(sample.lost)
    print(
        f"\nOne wrong answer ({sample.student}: {lost}) in three ways: Validate fails {len(sources)} cells,"
    )
    print(f"nbgrader alone gives {alone:g} points, and coursekit {sample.score:g}.")
    for slug in sample.lost:
        if not any(f'check("{slug}")' in source for source in sources):
            yield f"Validate passes the wrong answer to {slug}"
    if alone != sample.score:
        yield f"nbgrader alone gives {alone:g} points to {sample.student}, who deserves {sample.score:g}"


# ---- is it what they deserve? ----


def unlike_deserved(submissions: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield in words where the results of `coursekit grade` differ from what the samples deserve."""
    got = {submission["student"]: submission for submission in submissions}
    for sample in CLASS:
        if sample.student not in got:
            yield f"{sample.student} is missing from the results"
            continue
        submission = got[sample.student]
        if submission["status"] != sample.status:
            yield f"{sample.student} has status {submission['status']}, expected {sample.status}"
        if submission["score"] != sample.score:
            yield (
                f"{sample.student} ({sample.about}) has {submission['score']:g} points "
                f"and deserves {sample.score:g}"
            )
        for question in (q for notebook in submission["notebooks"] for q in notebook["questions"]):
            if question["score"] != deserved(sample, question["grade_id"]):
                yield f"{sample.student} has {question['score']} points for {question['grade_id']}"
    for student in sorted(got.keys() - {sample.student for sample in CLASS}):
        yield f"{student} is not in the class"


def deserved(sample: Sample, slug: str) -> float | None:
    """Return the points that a sample deserves for a question; None where a person has to read the answer."""
    if slug == "branches-add":
        return None if sample.waits_for_a_reader else 0.0
    return 0.0 if slug in sample.lost else POINTS[slug]


def unlike_exported(file: Path) -> Iterator[str]:
    """Yield in words where the grades that nbgrader exports differ from what the samples deserve."""
    with file.open(newline="", encoding="utf-8") as lines:
        exported = {row["student_id"]: float(row["score"]) for row in csv.DictReader(lines)}
    for sample in CLASS:
        score = exported.get(sample.student)
        if score != sample.score:
            yield f"nbgrader exports {score} for {sample.student}, not {sample.score:g}"


def without_feedback(course: Course) -> Iterator[str]:
    """Yield in words who has no feedback page."""
    directory = course.directory
    for sample in CLASS:
        folder = directory.format_path(directory.feedback_directory, sample.student, ASSIGNMENT)
        if not (Path(folder) / f"{ASSIGNMENT}.html").is_file():
            yield f"{sample.student} has no feedback page"
