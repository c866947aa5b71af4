"""The single writer: grades into nbgrader's gradebook, graded notebooks into `autograded/`.

The rows are those that `nbgrader autograde` writes, so formgrader, feedback and export go on as they are. A
submission is one transaction: its rows and its files are there together or not at all, and writing a result
twice is the same as writing it once.
"""

from __future__ import annotations

import contextlib
import datetime
import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from nbgrader.api import Assignment as AssignmentRow
from nbgrader.api import (
    BaseCell,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    Student,
    SubmittedAssignment,
    SubmittedNotebook,
    TaskCell,
)
from nbgrader.preprocessors import AssignLatePenalties, SaveCells
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import selectinload
from traitlets.utils.importstring import import_item

from autograder.course import Assignment, Course
from autograder.database import (
    NO_DATABASE,
    hold,
    in_words,
    is_unlike_its_program,
    retried,
    shown,
    take_turn,
    turn,
)
from autograder.feedback import NOTES_CELL
from autograder.results import GradedNotebook, SubmissionResult
from autograder.submission import TIMESTAMP, ExtraFile, Refused, printable

UNBOXED = "Graded without isolation (--trust-submissions)."
NO_RESPONSE = "No response."  # nbgrader's own words, which formgrader looks for


class GradebookError(Exception):
    """The gradebook cannot be read or written; the message says what to do."""


class NotGraded(Exception):
    """This one submission cannot be written; others can. The message says why and what to do."""


@dataclass(frozen=True)
class _Rows:
    """The rows of a source notebook that a submission refers to."""

    notebook_id: str
    graded: dict[str, str]  # grade_id → row id of the grade or task cell
    commented: dict[str, str]  # grade_id → row id of the solution or task cell


class Writer:
    """Writes results of one assignment; use it in a `with` block.

    Parameters
    ----------
    course, assignment
        What is graded. The assignment's rows (notebooks, cells, points) are made or brought up to date from
        the source, whether or not `nbgrader generate_assignment` was run with this gradebook.

    Raises
    ------
    GradebookError
        The gradebook cannot be opened, or cells were removed that submissions have grades for.
    """

    def __init__(self, course: Course, assignment: Assignment) -> None:
        self.course, self.assignment = course, assignment
        url = course.directory.db_url
        with contextlib.ExitStack() as opened:
            try:
                opened.enter_context(turn(url))
                self.gradebook = Gradebook(url, course.directory.course_id)
            except NO_DATABASE as error:
                raise GradebookError(
                    f"The gradebook {shown(url)} cannot be opened: {in_words(error)}"
                ) from error
            try:
                retried(self._save_assignment)
                self._rows = self._read_rows()
                self.gradebook.db.commit()  # an idle transaction would hold up the server
            except SQLAlchemyError as error:
                self.close()
                if not is_unlike_its_program(error):
                    raise GradebookError(
                        f"The gradebook {shown(url)} cannot be written: {in_words(error)}"
                    ) from error
                raise GradebookError(
                    f"The gradebook {shown(url)} does not fit this nbgrader: {in_words(error)} "
                    "Back it up and run `nbgrader db upgrade`."
                ) from error
            except BaseException:
                self.close()
                raise

    def __enter__(self) -> Writer:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self.gradebook.close()

    def write(self, result: SubmissionResult) -> None:
        """Put a result in place, rows and files; sets `result.late` and adds remarks to `result.messages`.

        Raises
        ------
        NotGraded
            This submission cannot be written. Nothing of it has changed then.
        GradebookError
            The database or the folder cannot be written at all.
        """
        submission = self.course.submission(self.assignment.name, result.student)
        try:
            timestamp, remark = submission.timestamp()
            extras, remarks = submission.extra_files(self.course.directory.ignore)
        except Refused:  # the grader has said it already
            timestamp, remark, extras, remarks = None, "", [], []
        extras, in_the_way = _leaving_room(extras, self._ours())
        known = set(result.messages)
        result.messages += [text for text in [remark, *remarks, *in_the_way] if text and text not in known]
        folder = self.course.autograded_folder(self.assignment.name, result.student)
        draft = _Draft(folder)
        try:
            draft.fill(result, timestamp)
            with contextlib.suppress(Refused):
                draft.add(submission.contents(extras))
            self._copy_shipped_files(draft.path)
            retried(lambda: self._write_rows(result, timestamp, folder, draft))
        except UnicodeError as error:
            name = ascii(result.student)
            raise NotGraded(
                f"A student cannot be called {name} in a gradebook. Rename the folder."
            ) from error
        except (SQLAlchemyError, OSError) as error:
            raise GradebookError(
                f"The grade of {result.student} cannot be written: {in_words(error)}"
            ) from error
        finally:
            draft.remove()

    # -- the assignment's own rows ---------------------------------------------------------------

    def _save_assignment(self) -> None:
        """Make or update the rows of the assignment with nbgrader's own preprocessor."""
        name = self.assignment.name
        self.gradebook.update_or_create_assignment(name)
        for notebook in self.assignment.notebooks:
            saver = SaveCells(parent=self.course.autograde)
            resources = {
                "nbgrader": {
                    "notebook": notebook.name,
                    "assignment": name,
                    "db_url": self.course.directory.db_url,
                }
            }
            try:
                saver.preprocess(notebook.saved, resources)
            except RuntimeError:  # cells were added or removed since submissions were graded
                self._add_cells(saver, notebook.name)

    def _add_cells(self, saver: SaveCells, notebook: str) -> None:
        """Add rows for new cells to a notebook that has submissions, which nbgrader itself refuses to do."""
        old = saver.old_grade_cells | saver.old_solution_cells | saver.old_task_cells
        removed = old - {*saver.new_grade_cells, *saver.new_solution_cells, *saver.new_task_cells}
        if removed:
            raise GradebookError(
                f"{', '.join(sorted(removed))} of notebook {notebook!r} no longer exist in the source, but "
                "submissions have grades for them. Put the cells back (they may be worth 0 points)."
            )
        gradebook, place = self.gradebook, (notebook, self.assignment.name)
        for name, fields in saver.new_grade_cells.items():
            gradebook.update_or_create_grade_cell(name, *place, **fields)
        for name, fields in saver.new_solution_cells.items():
            gradebook.update_or_create_solution_cell(name, *place, **fields)
        for name, fields in saver.new_task_cells.items():
            gradebook.update_or_create_task_cell(name, *place, **fields)
        for name, fields in saver.new_source_cells.items():
            gradebook.update_or_create_source_cell(name, *place, **fields)

    def _read_rows(self) -> dict[str, _Rows]:
        """Return the rows of each notebook, by its name."""
        found = {}
        for notebook in self.assignment.notebooks:
            row = self.gradebook.find_notebook(notebook.name, self.assignment.name)
            cells: list[BaseCell] = row._base_cells
            graded = {cell.name: cell.id for cell in cells if isinstance(cell, (GradeCell, TaskCell))}
            commented = {cell.name: cell.id for cell in cells if not isinstance(cell, GradeCell)}
            found[notebook.name] = _Rows(row.id, graded, commented)
        return found

    def _check_rows(self) -> None:
        """Refuse to go on when somebody took cells out, as a grader with another source does at its start."""
        ids = {
            cell_id
            for rows in self._rows.values()
            for cell_id in (*rows.graded.values(), *rows.commented.values())
        }
        there = self.gradebook.db.query(BaseCell.id).filter(BaseCell.id.in_(ids)).count()
        if there < len(ids):
            raise GradebookError(
                f"Cells of {self.assignment.name!r} were taken out of the gradebook while this run went on: "
                "another grader has a different source. Let all have the same."
            )

    # -- one submission ---------------------------------------------------------------------------

    def _write_rows(
        self, result: SubmissionResult, timestamp: datetime.datetime | None, folder: Path, draft: _Draft
    ) -> None:
        """Change the rows, swap the files, commit; undo all of it if any of it fails."""
        db = self.gradebook.db
        try:
            take_turn(db)
            self._hold_rows(result.student)
            self._check_rows()
            submitted = self._submitted(result.student)
            if timestamp is not None:
                submitted.timestamp = timestamp
            rows = {row.notebook_id: row for row in submitted.notebooks}
            for graded in result.notebooks:
                row = rows[self._rows[graded.notebook].notebook_id]
                self._grade(row, graded, _same_sources(folder, graded))
                self._comment(row, graded, result)
            db.flush()
            result.late = submitted.total_seconds_late > 0
            self._apply_late_policy(submitted, result)
            db.flush()
            draft.swap()
            db.commit()
        except BaseException:
            try:
                db.rollback()
            finally:  # a connection that broke cannot even be rolled back; the server does it then
                draft.swap_back()
            raise
        self.course.autograde.set_permissions(self.assignment.name, result.student)

    def _hold_rows(self, student: str) -> None:
        """Keep formgrader and nbgrader's commands from changing the student's rows while we do.

        A score that a person saves meanwhile is either read here or saved after ours, never lost between. The
        order is that in which nbgrader removes a submission, so that neither can wait for the other.
        """
        theirs = (
            select(SubmittedAssignment.id)
            .join(AssignmentRow)
            .where(AssignmentRow.name == self.assignment.name, SubmittedAssignment.student_id == student)
        )
        notebooks = select(SubmittedNotebook.id).where(SubmittedNotebook.assignment_id.in_(theirs))
        for table in (Grade, Comment):
            hold(self.gradebook.db, select(table.id).where(table.notebook_id.in_(notebooks)))
        hold(self.gradebook.db, notebooks)
        hold(self.gradebook.db, select(SubmittedAssignment.id).where(SubmittedAssignment.id.in_(theirs)))

    def _submitted(self, student: str) -> SubmittedAssignment:
        """Return the student's submission with a row for every notebook, grade and comment."""
        db = self.gradebook.db
        assignment = self.gradebook.find_assignment(self.assignment.name)
        student_row = db.get(Student, student)
        if student_row is None:
            if not self.course.autograde.create_student:
                raise NotGraded(
                    f"{student} is not a student of the gradebook, and Autograde.create_student is off: "
                    "nothing was written. Add the student with `nbgrader db student add`."
                )
            student_row = Student(id=student)
        submitted = (
            db.query(SubmittedAssignment)
            .filter_by(assignment_id=assignment.id, student_id=student)
            .options(
                selectinload(SubmittedAssignment.notebooks).selectinload(SubmittedNotebook.grades),
                selectinload(SubmittedAssignment.notebooks).selectinload(SubmittedNotebook.comments),
            )
            .one_or_none()
        )
        if submitted is None:
            submitted = SubmittedAssignment(assignment=assignment, student=student_row)
        present = {row.notebook_id: row for row in submitted.notebooks}
        made: list[SubmittedNotebook | Grade | Comment] = []
        for rows in self._rows.values():
            row = present.get(rows.notebook_id)
            if row is None:
                row = SubmittedNotebook(notebook_id=rows.notebook_id, assignment=submitted)
                made.append(row)
            graded = {grade.cell_id for grade in row.grades}
            commented = {comment.cell_id for comment in row.comments}
            missing = [cell_id for cell_id in rows.graded.values() if cell_id not in graded]
            made += [Grade(cell_id=cell_id, notebook=row) for cell_id in missing]
            missing = [cell_id for cell_id in rows.commented.values() if cell_id not in commented]
            made += [Comment(cell_id=cell_id, notebook=row) for cell_id in missing]
        db.add_all([submitted, *made])
        return submitted

    def _grade(self, row: SubmittedNotebook, graded: GradedNotebook, unchanged: bool) -> None:
        """Write automatic scores. Manual scores and extra credit stay.

        A score that a person gave is to be looked at again when the work or the automatic score has changed.
        """
        grades = {grade.cell_id: grade for grade in row.grades}
        for question in graded.questions:
            grade = grades[self._rows[graded.notebook].graded[question.grade_id]]
            same = unchanged and grade.auto_score == question.score
            grade.auto_score = question.score
            if grade.manual_score is None:
                grade.needs_manual_grade = question.needs_manual_grade
            elif not same:
                grade.needs_manual_grade = True

    def _comment(self, row: SubmittedNotebook, graded: GradedNotebook, result: SubmissionResult) -> None:
        """Write automatic comments. What a person wrote stays."""
        comments = {comment.cell_id: comment for comment in row.comments}
        for grade_id, cell_id in self._rows[graded.notebook].commented.items():
            parts = [UNBOXED] if result.trusted else []
            if grade_id in graded.unanswered:
                parts.append(NO_RESPONSE)
            comments[cell_id].auto_comment = " ".join(parts) or None

    def _apply_late_policy(self, submitted: SubmittedAssignment, result: SubmissionResult) -> None:
        """Let the course's own plugin decide about late work, as nbgrader's AssignLatePenalties does."""
        policy = self._late_policy()
        for row in submitted.notebooks:
            row.late_submission_penalty = None
            if policy is None or not result.late:
                continue
            self.gradebook.db.refresh(row, ["score"])
            try:
                penalty = policy.plugin_inst.late_submission_penalty(
                    result.student, row.score, submitted.total_seconds_late
                )
            except Exception as error:
                plugin = type(policy.plugin_inst).__name__
                reason = f"the course's late policy {plugin} failed: {type(error).__name__}: {error}"
                raise NotGraded(f"The grade of {result.student} was not written: {reason}") from error
            if penalty is not None:
                row.late_submission_penalty = policy._check_late_penalty(row, penalty)

    def _late_policy(self) -> AssignLatePenalties | None:
        for entry in self.course.autograde.autograde_preprocessors:
            cls = import_item(entry) if isinstance(entry, str) else entry
            if issubclass(cls, AssignLatePenalties):
                policy = cls(parent=self.course.autograde)
                policy.init_plugin()
                return policy if policy.enabled else None
        return None

    def _ours(self) -> list[str]:
        """Return the files that we put into a graded submission, besides the student's."""
        notebooks = [f"{notebook.name}.ipynb" for notebook in self.assignment.notebooks]
        return [*notebooks, TIMESTAMP, *self.assignment.files]

    def _copy_shipped_files(self, target: Path) -> None:
        """Put the instructor's files beside the notebook, over the student's unless the course objects."""
        theirs = self.course.own_versions(self.assignment.name)
        for name in self.assignment.files:
            copy = target / name
            if name in theirs and copy.exists():
                continue
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.unlink(missing_ok=True)
            shutil.copyfile(self.assignment.folder / name, copy)


def _leaving_room(extras: Sequence[ExtraFile], ours: Sequence[str]) -> tuple[list[ExtraFile], list[str]]:
    """Return the files that can lie beside ours, and a sentence about each name that is taken.

    A student may hand in a folder called like one of our files, or a file called like one of our folders.

    >>> extras = [ExtraFile(name, 1, 0) for name in ("notes.txt", "data.csv/notes.txt", "tables")]
    >>> kept, remarks = _leaving_room(extras, ["data.csv", "tables/a.csv"])
    >>> [extra.name for extra in kept], remarks[1]
    (['notes.txt'], 'tables was not kept: the assignment has something else of that name.')
    """
    files, folders = set(ours), {folder for name in ours for folder in _folders_of(name)}
    kept: list[ExtraFile] = []
    in_the_way: set[str] = set()
    for extra in extras:
        taken = ({extra.name} & folders) | (_folders_of(extra.name) & files)
        in_the_way |= taken
        if not taken:
            kept.append(extra)
    return kept, [
        f"{printable(name)} was not kept: the assignment has something else of that name."
        for name in sorted(in_the_way)
    ]


def _folders_of(name: str) -> set[str]:
    """Return the folders that a relative path leads through.

    >>> sorted(_folders_of("a/b/c.txt"))
    ['a', 'a/b']
    """
    return {str(folder) for folder in PurePosixPath(name).parents} - {"."}


class _Draft:
    """The new content of a folder, written beside it and then put in its place.

    Both names begin with a dot, so nbgrader does not take them for submissions. What a killed run left behind
    is removed by the next one.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder.with_name(f".{folder.name}.new")
        self._old = folder.with_name(f".{folder.name}.old")
        self._swapped = False

    def fill(self, result: SubmissionResult, timestamp: datetime.datetime | None) -> None:
        """Write the graded notebooks and when they were handed in."""
        self.remove()
        self.path.mkdir(parents=True)
        for graded in result.notebooks:
            (self.path / f"{graded.notebook}.ipynb").write_text(graded.autograded, "utf-8")
        if timestamp is not None:
            (self.path / TIMESTAMP).write_text(f"{timestamp:%Y-%m-%d %H:%M:%S.%f} UTC\n")

    def add(self, files: Iterable[tuple[str, bytes]]) -> None:
        """Write files that were handed in beside the notebooks."""
        for name, content in files:
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)

    def swap(self) -> None:
        """Put the draft in place; the old content waits in case the transaction fails."""
        if self.folder.exists():
            self.folder.rename(self._old)
        self._swapped = True
        self.path.rename(self.folder)

    def swap_back(self) -> None:
        """Undo `swap`."""
        if not self._swapped:
            return
        if self.folder.exists():
            self.folder.rename(self.path)
        if self._old.exists():
            self._old.rename(self.folder)
        self._swapped = False

    def remove(self) -> None:
        """Remove what is not needed any more."""
        for path in (self.path, self._old):
            if path.exists():
                shutil.rmtree(path)


def _same_sources(folder: Path, graded: GradedNotebook) -> bool:
    """Whether the student's cells are those that were graded before."""
    try:
        before = (folder / f"{graded.notebook}.ipynb").read_text("utf-8")
        return _sources(before) == _sources(graded.autograded)
    except (OSError, ValueError, KeyError, TypeError):
        return False


def _sources(notebook: str) -> list[tuple[str, str]]:
    cells = json.loads(notebook)["cells"]
    return [(cell.get("id", ""), "".join(cell["source"])) for cell in cells if cell.get("id") != NOTES_CELL]
