"""What of a course would be graded how: `coursekit doctor --course DIR`. It looks and changes nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from nbgrader.api import Base
from sqlalchemy import create_engine, inspect, make_url, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError
from sqlalchemy.pool import NullPool
from sqlalchemy.sql.functions import count

from autograder.batch import find_refusals, limits_of, readable
from autograder.box.doctor import Check
from autograder.course import Assignment, ConfigurationError, Course, CourseError
from autograder.database import NO_DATABASE, in_words, shown
from autograder.frontend.seal import ways_to_autograde

_CONNECT_SECONDS = 10


def examine(folder: Path) -> list[Check]:
    """Look at a course and say of each thing that grading depends on whether it is well.

    Raises
    ------
    CourseError
        The folder is no course.
    """
    try:
        course = Course(folder)
    except ConfigurationError as error:
        why = f"{error}. `coursekit grade` refuses; nbgrader goes on without the file, and so NOT sealed"
        return [Check("configuration", False, why, "mend the file (nbgrader's log shows the line)")]
    return [
        _configuration(course),
        *ways_to_autograde(course),
        _gradebook(course),
        *_assignments(course),
    ]


def _configuration(course: Course) -> Check:
    read = dict.fromkeys(getattr(course.app, "loaded_config_files", []))
    return Check("configuration", True, f"read from {', '.join(read)}" if read else "none: nbgrader's own")


# ---- the gradebook -----------------------------------------------------------------------------------------


def _gradebook(course: Course) -> Check:
    text = course.directory.db_url
    name = f"gradebook {shown(text)}"
    try:
        url = make_url(text)
    except ArgumentError:
        return Check(name, False, "this is no address of a database", "set c.CourseDirectory.db_url")
    file = Path(url.database or "") if url.get_backend_name() == "sqlite" else None
    if file is not None and not file.exists():
        if os.access(file.parent, os.W_OK):
            return Check(name, True, "not there yet; the first run makes it")
        return Check(name, False, f"not there, and it cannot be made in {file.parent}")
    try:
        missing, submissions = _look(url)
    except NO_DATABASE as error:
        return Check(name, False, f"it cannot be opened: {in_words(error)}")
    if missing:
        why = f"it does not fit this nbgrader: {', '.join(missing)} is missing"
        return Check(name, False, why, "back it up and run `nbgrader db upgrade`")
    if file is not None and not os.access(file, os.W_OK):
        return Check(name, False, "it may be read but not written", f"make {file} writable for yourself")
    return Check(name, True, f"it opens; submissions in it: {submissions}")


def _look(url: URL) -> tuple[list[str], int]:
    """Return the tables or columns that nbgrader needs and are missing, and the number of submissions."""
    options = {}
    if url.get_backend_name() == "sqlite":
        url = url.set(database=f"file:{url.database}", query={"mode": "ro", "uri": "true"})
    elif url.get_backend_name() == "postgresql":
        options = {"connect_timeout": _CONNECT_SECONDS}
    engine = create_engine(url, poolclass=NullPool, connect_args=options)
    with engine.connect() as connection:
        tables = inspect(connection)
        there = set(tables.get_table_names())
        if not there:  # the first run makes them
            return [], 0
        missing = [name for name in Base.metadata.tables if name not in there]
        for name in there & Base.metadata.tables.keys():
            columns = {column["name"] for column in tables.get_columns(name)}
            needed = {column.name for column in Base.metadata.tables[name].columns}
            missing += [f"{name}.{column}" for column in needed - columns]
        if missing:
            return sorted(missing), 0
        submitted = Base.metadata.tables["submitted_assignment"]
        return [], connection.execute(select(count()).select_from(submitted)).scalar_one()


# ---- assignments -------------------------------------------------------------------------------------------


def _assignments(course: Course) -> Iterator[Check]:
    names = course.assignment_names()
    where = course.root / course.directory.source_directory
    try:
        folder = course.questions_folder
    except CourseError as error:
        yield Check("question banks", False, str(error))
        return
    if folder is None:
        yield Check("question banks", True, "none")
    else:
        found = [name for name in names if (folder / f"{name}.py").is_file()]
        yield Check("question banks", True, f"{', '.join(found) or 'for no assignment'}, in {folder}")
    if not names:
        mend = f"put a notebook into {where / 'NAME'}, or set c.CourseDirectory.source_directory"
        yield Check("assignments", False, f"none in {where}", mend)
    for name in names:
        yield _assignment(course, name)


def _assignment(course: Course, name: str) -> Check:
    title = f"assignment {name}"
    try:
        assignment, bank = readable(course, name)
        limits_of(course, assignment)
        missing = assignment.needs.missing
    except CourseError as error:
        return Check(title, False, f"it is not graded: {error}")
    if missing:
        why = f"it imports what is not installed here, so its cells fail for everybody: {', '.join(missing)}"
        return Check(title, False, why, f"pip install {' '.join(missing)}, or what brings these modules")
    tests, answers = _graded_cells(assignment)
    refusals = find_refusals(assignment, bank)
    outside = tests - {(notebook, refusal.grade_id) for notebook, refusal in refusals}
    why = (
        f"test cells judged from outside: {len(outside)}; answers that a person reads: {len(answers)}; "
        f"handed in: {len(course.students(name))}"
    )
    if refusals:
        why += "; these test cells cannot be judged from outside, so a person grades them, too:" + "".join(
            f"\n      {notebook}: {refusal.grade_id}, line {refusal.line}: {refusal.reason}"
            for notebook, refusal in refusals
        )
    if tests and not outside:
        return Check(title, False, why, "write tests of what answers return (see the README)")
    return Check(title, True, why)


def _graded_cells(assignment: Assignment) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Return (notebook, grade_id) of the cells with points: tests, and answers that a person reads."""
    tests: set[tuple[str, str]] = set()
    answers: set[tuple[str, str]] = set()
    for notebook in assignment.notebooks:
        for cell in notebook.source.cells:
            mark = cell.metadata.get("nbgrader", {})
            if mark.get("task") or (mark.get("grade") and mark.get("solution")):
                answers.add((notebook.name, mark["grade_id"]))
            elif mark.get("grade"):
                tests.add((notebook.name, mark["grade_id"]))
    return tests, answers
