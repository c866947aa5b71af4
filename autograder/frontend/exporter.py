"""What nbgrader's Autograde hands its notebooks to, in place of a kernel on this machine.

nbgrader converts each submission twice, with lists of preprocessors around a kernel that runs student code
and tests alike. Before any of that it makes the exporter that `c.Autograde.exporter_class` names, and tells
it who asked. Ours then takes the whole loop over submissions into its hands, because things go wrong on the
way to the preprocessors, too: a notebook that is no JSON, a link to somebody else's files, a garbled
timestamp. What remains of Autograde is who is to be graded, its settings, its log and its errors; the rest is
`coursekit grade`, so all ways give the same scores.
"""

from __future__ import annotations

import logging
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NoReturn

from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.converters import Autograde
from nbgrader.converters.base import NbGraderException
from nbgrader.preprocessors import Execute
from nbgrader.utils import temp_attrs
from traitlets.config import Config

from autograder.batch import Batch, Busy, Options
from autograder.box import BoxUnavailable
from autograder.course import Course, CourseError
from autograder.frontend.warm import warm_pool
from autograder.gradebook import GradebookError
from autograder.pool import PoolError
from autograder.results import SubmissionResult

LINE = 70  # characters


class SealedExporter(NotebookExporter):
    """Has Autograde's submissions judged outside the students' processes.

    It exports nothing itself. Should nbgrader ever hand it a notebook all the same, it refuses, so nothing is
    run without isolation.
    """

    def __init__(self, config: Config | None = None, parent: Any = None, **kwargs: Any) -> None:
        super().__init__(config=config, parent=parent, **kwargs)
        if isinstance(parent, Autograde):
            parent.convert_notebooks = partial(grade, parent)

    def from_notebook_node(self, nb: NotebookNode, resources: Any = None, **kwargs: Any) -> NoReturn:
        """Refuse: this exporter is there to have submissions judged, not to convert notebooks."""
        raise NbGraderException(
            "SealedExporter converts no notebook. Name it in c.Autograde.exporter_class alone, and use a "
            "version of nbgrader that this coursekit knows. Nothing was run."
        )


def grade(converter: Autograde) -> None:
    """Grade the submissions that an Autograde was asked for, as `coursekit grade` does.

    Raises
    ------
    NbGraderException
        Nothing or not everything could be graded; the message says why, and so does the log. What was
        graded stays.
    """
    directory = converter.coursedir
    for remark in _without_effect(converter):
        converter.log.warning(remark)
    students = [] if directory.student_id == "*" else [directory.student_id]
    options = Options(students=students, force=converter.force)
    try:
        # A submission is graded as a whole, whatever notebook was asked for.
        with temp_attrs(directory, notebook_id="*"), _without_details(converter.log):
            batch = Batch(Course.of(converter), directory.assignment_id, options, warm_pool().lend)
            for remark in batch.remarks():
                converter.log.warning(remark)
            for result in batch.run():
                _tell(converter, result)
    except BoxUnavailable as error:
        raise _failed(
            converter, f"{error}\n`coursekit doctor` says more. Nothing was run or graded."
        ) from error
    except CourseError as error:
        raise _failed(converter, str(error)) from error
    except (Busy, GradebookError, PoolError, OSError) as error:
        raise _failed(
            converter, f"{error} What was graded before is kept; try again, it goes on from there."
        ) from error
    if batch.failures:
        raise _failed(converter, " ".join(batch.failures))


@contextmanager
def _without_details(log: logging.Logger) -> Iterator[None]:
    """Leave out what nbgrader says of every cell it reads, so that our line a submission can be seen."""

    def matters(record: logging.LogRecord) -> bool:
        return record.levelno >= logging.WARNING or record.pathname == __file__

    log.addFilter(matters)
    try:
        yield
    finally:
        log.removeFilter(matters)


def _failed(converter: Autograde, reason: str) -> NbGraderException:
    """Put the reason into the log, which formgrader shows, and return the error that nbgrader expects."""
    converter.log.error(reason)
    return NbGraderException(reason)


def _tell(converter: Autograde, result: SubmissionResult) -> None:
    """Log what became of a submission, in lines that fit into formgrader's window."""
    late = ", late" if result.late else ""
    lines = [f"{result.student}: {result.score:g} of {result.max_score:g} points, {result.status}{late}"]
    if result.status != "report":  # a report's messages are the reason
        lines += textwrap.wrap(result.why(), LINE)
    lines.append(f"Judged outside the student's process (isolation: {result.level})")
    converter.log.info("\n".join(lines))
    for message in result.messages:
        converter.log.warning(textwrap.fill(f"{result.student}: {message}", LINE))


def _without_effect(converter: Autograde) -> Iterator[str]:
    """Yield a sentence for each setting or option that does nothing here."""
    if converter.coursedir.notebook_id != "*":
        yield "The choice of notebooks has no effect: submissions are graded as a whole."
    if not Execute(parent=converter).enabled:
        yield "Execute.enabled (--no-execute) has no effect: what a student saved is never believed."
    entries = [*converter.sanitize_preprocessors, *converter.autograde_preprocessors]
    names = [entry if isinstance(entry, str) else f"{entry.__module__}.{entry.__name__}" for entry in entries]
    if own := sorted({name for name in names if not name.startswith(("nbgrader.", "nbconvert."))}):
        yield f"These preprocessors of the course are not used: {', '.join(own)}."
