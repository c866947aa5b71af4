"""nbgrader's own commands, run in this process.

`nbgrader generate_assignment`, `nbgrader generate_feedback` and their like each start a new Python for
several seconds. Here the same classes run where we already are, on a course read by `autograder.course`.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nbconvert.exporters import NotebookExporter
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde, BaseConverter, GenerateAssignment, GenerateFeedback
from nbgrader.converters.base import NbGraderException
from nbgrader.plugins import CsvExportPlugin
from nbgrader.utils import temp_attrs
from sqlalchemy.exc import SAWarning

from autograder.course import Course, CourseError


def generate_assignment(course: Course, assignment: str) -> Path:
    """Make the version for students, as `nbgrader generate_assignment --force` does.

    Returns
    -------
    Path
        The released assignment's folder.

    Raises
    ------
    CourseError
        There is no such assignment, or nbgrader refuses it.
    """
    course.source_folder(assignment)  # refuses what cannot be a name
    _run(course, assignment, GenerateAssignment(coursedir=course.directory, parent=course.app))
    directory = course.directory
    return Path(directory.format_path(directory.release_directory, student_id=".", assignment_id=assignment))


def autograde(course: Course, assignment: str) -> None:
    """Run tests in the students' own kernels, without any isolation: nbgrader alone, `autograde --force`.

    That is so in a course that has submissions judged outside (`autograder.frontend`), too. Only for code
    that you would run yourself.

    Raises
    ------
    CourseError
        nbgrader refuses; the message is nbgrader's.
    """
    alone = Autograde(coursedir=course.directory, parent=course.app)
    alone.exporter_class = NotebookExporter  # nbgrader's own; given to the constructor it would not last
    _run(course, assignment, alone)


def generate_feedback(course: Course, assignment: str) -> None:
    """Write an HTML page for every autograded submission, as `nbgrader generate_feedback --force` does.

    Raises
    ------
    CourseError
        nbgrader refuses; the message is nbgrader's.
    """
    _run(course, assignment, GenerateFeedback(coursedir=course.directory, parent=course.app))


def export_grades(course: Course, file: Path) -> None:
    """Write all grades to a CSV file, as `nbgrader export --to FILE` does."""
    directory = course.directory
    with _quietly(), Gradebook(directory.db_url, directory.course_id) as gradebook:
        CsvExportPlugin(parent=course.app, to=str(file)).export(gradebook)


def _run(course: Course, assignment: str, converter: BaseConverter) -> None:
    converter.force = True
    try:
        with _quietly(), temp_attrs(course.directory, assignment_id=assignment):
            converter.start()
    except (NbGraderException, SystemExit) as error:
        raise CourseError(f"nbgrader refused the assignment {assignment!r}: {error}") from error


@contextmanager
def _quietly() -> Iterator[None]:
    """Leave out SQLAlchemy's advice to nbgrader's authors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)
        yield
