"""Read an nbgrader course: where its folders are, what was assigned, who handed in.

Everything is resolved by nbgrader itself (its configuration files, `CourseDirectory`, the preprocessors of
`GenerateAssignment`), so a course that nbgrader understands is understood here without a change.
"""

from __future__ import annotations

import fnmatch
import glob
import hashlib
import json
import logging
import os
import re
import secrets
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import nbformat
from nbformat import NotebookNode
from nbgrader import utils as nbgrader_utils
from nbgrader.apps.autogradeapp import AutogradeApp
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.nbgraderformat import SchemaTooOldError
from nbgrader.preprocessors import ClearSolutions, Execute, SaveCells
from traitlets import TraitError
from traitlets.config import LoggingConfigurable
from traitlets.utils.importstring import import_item

from autograder.bank import Bank, BankError, find_bank, questions_folder
from autograder.needs import Needs, needs_of
from autograder.submission import Submission

STATE_FOLDER = ".coursekit"


class CourseError(Exception):
    """The course or the call is wrong; the message says what, where, and what to do."""


class ConfigurationError(CourseError):
    """The course's configuration is wrong."""


@dataclass(frozen=True)
class AssignedNotebook:
    """One notebook of an assignment in the three versions that grading needs.

    `source` is the instructor's, with solutions and hidden tests (header, footer, generated tests included);
    `saved` is what nbgrader stores in the gradebook (solutions cleared, hidden tests kept);
    `released` is what the students got.
    """

    name: str
    source: NotebookNode
    saved: NotebookNode
    released: NotebookNode

    @property
    def language(self) -> str:
        """The programming language that the notebook states, Python if it states none."""
        stated = self.source.metadata
        language = stated.get("kernelspec", {}).get("language") or stated.get("language_info", {}).get("name")
        return str(language or "python").lower()


@dataclass(frozen=True)
class Assignment:
    """An assignment as it stands in the source folder, read once for a whole batch."""

    name: str
    folder: Path
    notebooks: tuple[AssignedNotebook, ...]
    files: tuple[str, ...]  # shipped beside the notebooks; paths relative to `folder`
    version: str  # changes whenever anything that can change a score changes

    @property
    def settings(self) -> dict[str, Any]:
        """Return what the source notebooks state under "coursekit" in their metadata.

        `packages` (import names that students may use) and `limits` (bounds by name), for example
        ``{"coursekit": {"packages": ["numpy"], "limits": {"memory_bytes": 200000000}}}``.
        """
        merged: dict[str, Any] = {"packages": None, "limits": {}}
        for notebook in self.notebooks:
            stated = notebook.source.metadata.get("coursekit", {})
            if not _is_statement(stated):
                raise CourseError(
                    f'{notebook.name}.ipynb states {json.dumps(stated)} as "coursekit" in its metadata. '
                    'It takes {"packages": [import names], "limits": {name: number}}.'
                )
            if stated.get("packages") is not None:
                merged["packages"] = sorted({*(merged["packages"] or []), *stated["packages"]})
            merged["limits"] |= stated.get("limits", {})
        return merged

    @cached_property
    def needs(self) -> Needs:
        """Return the packages that students may use: those stated, or else what the sources import."""
        found = needs_of([notebook.source for notebook in self.notebooks], self.folder, self.files)
        stated = self.settings["packages"]
        return found if stated is None else Needs(tuple(stated), found.missing)

    def notebook(self, name: str) -> AssignedNotebook:
        """Return the notebook called `name` (without .ipynb)."""
        return next(notebook for notebook in self.notebooks if notebook.name == name)


def _is_statement(stated: object) -> bool:
    """Whether a notebook's "coursekit" metadata is one that `Assignment.settings` can read."""
    if not isinstance(stated, dict):
        return False
    packages, limits = stated.get("packages") or [], stated.get("limits", {})
    return (
        isinstance(packages, list)
        and all(isinstance(name, str) for name in packages)
        and isinstance(limits, dict)
        and all(isinstance(limit, (int, float)) and limit > 0 for limit in limits.values())
    )


class Course:
    """An nbgrader course directory.

    Parameters
    ----------
    folder
        The course root: where `nbgrader_config.py` lies or where one would call `nbgrader`.

    Raises
    ------
    CourseError
        The folder is missing, is no course, or its configuration does not load.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise CourseError(f"There is no folder {folder}. Give the course with --course DIR.")
        app = _configured_app(folder.resolve())
        self._take(app, app.coursedir)
        source = self.root / self.directory.source_directory
        if not (self.root / "nbgrader_config.py").exists() and not source.is_dir():
            raise CourseError(
                f"{self.root} is not an nbgrader course: it has neither nbgrader_config.py nor a folder "
                f"{self.directory.source_directory}/. Run inside a course or give it with --course DIR."
            )

    @classmethod
    def of(cls, converter: Autograde) -> Course:
        """Return the course that an Autograde of nbgrader's is working on, with the settings it has."""
        course = cls.__new__(cls)
        course._take(converter, converter.coursedir)
        course.autograde = converter
        return course

    def _take(self, app: LoggingConfigurable, directory: CourseDirectory) -> None:
        """Keep what holds the course's configuration, and where its folders are."""
        self.app, self.directory = app, directory
        self.root = Path(directory.root)

    @property
    def state(self) -> Path:
        """The folder where results, the seed and locks of this course are kept (made on first use)."""
        folder = (self.root / self.directory.autograded_directory).parent / STATE_FOLDER
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return folder

    @cached_property
    def autograde(self) -> Autograde:
        """Return nbgrader's own Autograde converter, for its settings (permissions, create_student, …)."""
        try:
            return Autograde(coursedir=self.directory, parent=self.app)
        except TraitError as error:
            raise ConfigurationError(f"{self.root / 'nbgrader_config.py'}, c.Autograde: {error}") from None

    def run_hook(self, when: Literal["pre", "post"], assignment: str, student: str) -> None:
        """Call the course's ``Autograde.pre_convert_hook`` or ``post_convert_hook`` as nbgrader does.

        Its arguments are those of nbgrader, but ``student`` is the one whose submission it is, where nbgrader
        passes "*" when it grades everybody. As there, a hook that raises is logged and stops nothing.
        """
        converter, directory = self.autograde, self.directory
        before = directory.assignment_id, directory.student_id
        converter.notebooks = sorted(map(str, self.submitted_folder(assignment, student).glob("*.ipynb")))
        directory.assignment_id, directory.student_id = assignment, student
        try:
            converter.run_pre_convert_hook() if when == "pre" else converter.run_post_convert_hook()
        finally:
            directory.assignment_id, directory.student_id = before

    @cached_property
    def cell_seconds(self) -> float | None:
        """Return how long nbgrader lets a cell run (`Execute.timeout`, 30 s); None: for ever."""
        timeout = Execute(parent=self.autograde).timeout
        return float(timeout) if timeout is not None and timeout > 0 else None

    @cached_property
    def questions_folder(self) -> Path | None:
        """The folder of the course's question banks (``c.Coursekit.questions``), None if it has none."""
        try:
            return questions_folder(self.app.config, self.root)
        except BankError as error:
            raise CourseError(str(error)) from None

    @property
    def lectures_folder(self) -> Path:
        """The folder of the lectures (``c.Coursekit.lectures``, by default ``notebooks``)."""
        return self.root / self.app.config.get("Coursekit", {}).get("lectures", "notebooks")

    def bank(self, assignment: str) -> Bank | None:
        """Load the question bank of an assignment, None if it has none.

        Raises
        ------
        CourseError
            The bank does not load.
        """
        try:
            return find_bank(self.questions_folder, assignment)
        except BankError as error:
            raise CourseError(str(error)) from None

    def own_versions(self, assignment: str) -> set[str]:
        """Return the shipped files that students may replace (`Autograde.exclude_overwriting`)."""
        return set(self.autograde.exclude_overwriting.get(assignment, []))

    def seed(self) -> int:
        """Return the course's stored seed, drawn on first use and kept from students.

        What a test draws at random follows from it, so a regrade draws the same.
        """
        path = self.state / "seed"
        try:
            return int(path.read_text())
        except FileNotFoundError:
            pass
        except ValueError:
            raise CourseError(f"{path} does not hold a number. Remove it to draw a new seed.") from None
        draft = path.with_name(f"seed.{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(f"{secrets.randbits(48)}\n")
        try:
            os.link(draft, path)  # fails if another run was faster: then its seed counts
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        return int(path.read_text())

    # -- the source side ---------------------------------------------------------------------------

    def assignment_names(self) -> list[str]:
        """Return the names of all assignments that have a notebook in the source folder, sorted."""
        pattern = self._path(self.directory.source_directory, ".", "*", escape=True)
        found = re.compile(self._regex(self.directory.source_directory, r"\.", r"(?P<name>[^/]+)"))
        names = [
            matched["name"]
            for path in glob.glob(pattern)
            if (matched := found.fullmatch(path)) and glob.glob(f"{glob.escape(path)}/*.ipynb")
        ]
        return sorted(names)

    def assignment(self, name: str) -> Assignment:
        """Read an assignment through nbgrader's own preprocessors.

        Raises
        ------
        CourseError
            There is no such assignment (the message lists those that exist), or nbgrader itself refuses it.
        """
        folder = self.source_folder(name)
        paths = sorted(path for path in folder.glob(f"{self.directory.notebook_id}.ipynb") if path.is_file())
        if not paths:
            known = self.assignment_names()
            have = f"The assignments are: {', '.join(known)}." if known else "No assignment exists there yet."
            where = self.root / self.directory.source_directory
            raise CourseError(f"There is no assignment {name!r} with a notebook in {where}. {have}")
        files = tuple(sorted(self._shipped_files(folder)))
        notebooks = tuple(self._read_assigned(name, path) for path in paths)
        return Assignment(name, folder, notebooks, files, _version(folder, files, notebooks))

    def source_folder(self, assignment: str) -> Path:
        """Return the folder of an assignment's source notebooks."""
        if not assignment or "/" in assignment or assignment in (".", "..") or "\0" in assignment:
            raise CourseError(f"{assignment!r} cannot be the name of an assignment.")
        return Path(os.path.normpath(self._path(self.directory.source_directory, ".", assignment)))

    def _shipped_files(self, folder: Path) -> Iterator[str]:
        """Yield what nbgrader would release beside the notebooks, relative to the source folder."""
        for path in nbgrader_utils.find_all_files(str(folder), [*self.directory.ignore, "*.ipynb"]):
            yield os.path.relpath(path, folder)

    def _read_assigned(self, assignment: str, path: Path) -> AssignedNotebook:
        """Run the preprocessors of `nbgrader generate_assignment` in memory and keep three stages."""
        converter = GenerateAssignment(coursedir=self.directory, parent=self.app)
        resources: dict[str, Any] = {
            "unique_key": path.stem,
            "metadata": {"name": path.stem, "path": str(path.parent)},
            "nbgrader": {
                "student": ".",
                "assignment": assignment,
                "notebook": path.stem,
                "db_url": self.directory.db_url,
            },
        }
        try:
            notebook = nbformat.read(path, as_version=4)
            stages: dict[str, NotebookNode] = {}
            for entry in converter.preprocessors:
                cls = import_item(entry) if isinstance(entry, str) else entry
                if issubclass(cls, ClearSolutions):
                    stages.setdefault("source", _with_cell_ids(notebook))
                if issubclass(cls, SaveCells):
                    stages["saved"] = _with_cell_ids(notebook)
                    continue  # the gradebook is the writer's
                preprocessor = cls(parent=converter)
                if preprocessor.enabled:
                    notebook, resources = preprocessor(notebook, resources)
        except Exception as error:
            if isinstance(error, SchemaTooOldError):
                remedy = f"Run `nbgrader update {path.parent}` once"
            else:
                place = "question bank" if isinstance(error, BankError) else "source notebook"
                remedy = f"Mend the {place} first (`nbgrader generate_assignment {assignment}` says the same)"
            told = str(error).strip().rstrip(".") or type(error).__name__
            raise CourseError(
                f"nbgrader cannot make a release version of {path}: {told}. {remedy}."
            ) from error
        released = _with_cell_ids(notebook)
        saved = stages.get("saved", released)
        return AssignedNotebook(path.stem, stages.get("source", saved), saved, released)

    # -- the students' side ------------------------------------------------------------------------

    def students(self, assignment: str) -> list[str]:
        """Return who handed in `assignment`, sorted, without those that the configuration excludes."""
        directory = self.directory
        pattern = self._path(directory.submitted_directory, "*", assignment, escape=True)
        found = re.compile(
            self._regex(directory.submitted_directory, r"(?P<student>[^/]+)", re.escape(assignment))
        )
        matches = (found.fullmatch(path) for path in glob.glob(pattern))
        students = {matched["student"] for matched in matches if matched}
        return sorted(students - set(directory.student_id_exclude.split(",")))

    def choose_students(self, assignment: str, wanted: list[str]) -> list[str]:
        """Return the students to grade: all of them, or those that match a name or pattern in `wanted`.

        Raises
        ------
        CourseError
            Nobody handed in, or a wanted student did not.
        """
        everyone = self.students(assignment)
        where = self._path(self.directory.submitted_directory, "STUDENT", assignment)
        if not everyone:
            raise CourseError(f"Nobody has handed in {assignment!r}: nothing is in {where}.")
        if not wanted:
            return everyone
        chosen: set[str] = set()
        for pattern in wanted:
            matching = fnmatch.filter(everyone, pattern) or [name for name in everyone if name == pattern]
            if not matching:
                raise CourseError(
                    f"Student {pattern!r} has not handed in {assignment!r}: "
                    f"nothing is in {where.replace('STUDENT', pattern)}."
                )
            chosen.update(matching)
        return sorted(chosen)

    def submitted_folder(self, assignment: str, student: str) -> Path:
        """Return where a student's submission lies."""
        return Path(self._path(self.directory.submitted_directory, student, assignment))

    def submission(self, assignment: str, student: str) -> Submission:
        """Return a student's submission, to be looked into."""
        folder = self.submitted_folder(assignment, student)
        everybody = self.root / self.directory.submitted_directory
        return Submission(folder, everybody if folder.is_relative_to(everybody) else None)

    def autograded_folder(self, assignment: str, student: str) -> Path:
        """Return where a student's graded notebooks go."""
        return Path(self._path(self.directory.autograded_directory, student, assignment))

    def _path(self, step: str, student: str, assignment: str, *, escape: bool = False) -> str:
        """Return nbgrader's path; with `escape`, a glob pattern in which only our own * are wild."""
        path: str = self.directory.format_path(step, student, assignment)
        if escape:
            path = re.sub(r"[?\[]", lambda found: f"[{found[0]}]", path)
        return path

    def _regex(self, step: str, student: str, assignment: str) -> str:
        """Return nbgrader's path as a regular expression; `student` and `assignment` are so already."""
        regex: str = self.directory.format_path(re.escape(step), student, assignment, escape=True)
        return regex


def _configured_app(root: Path) -> AutogradeApp:
    """Load the course's nbgrader configuration the way `nbgrader autograde` does in that folder.

    nbgrader reads the configuration of the working directory and takes relative paths and database URLs from
    there, so the working directory becomes the course.
    """
    os.chdir(root)
    put_own_scripts_on_path()
    app = AutogradeApp(log_level=logging.ERROR)
    app.raise_config_file_errors = True
    try:
        app.initialize([], root=str(root))
    except (Exception, SystemExit) as error:
        reason = f"{type(error).__name__}: {error}"
        raise ConfigurationError(f"{root / 'nbgrader_config.py'} does not load: {reason}") from error
    app.log.setLevel(logging.ERROR)  # whatever the configuration says: nbgrader tells of every cell
    try:
        app.coursedir.format_path("step", "student", "assignment")
    except (KeyError, IndexError, ValueError, TraitError) as error:
        raise ConfigurationError(f"CourseDirectory.directory_structure is not usable: {error!r}") from error
    return app


def put_own_scripts_on_path() -> None:
    """Let nbgrader find the alembic beside our Python: it calls it by its bare name to make a gradebook."""
    scripts = os.path.dirname(os.path.abspath(sys.executable))
    if scripts not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([scripts, os.environ.get("PATH", os.defpath)])


def _with_cell_ids(notebook: NotebookNode) -> NotebookNode:
    """Return a copy (format 4.5) in which every cell has an id: its own or one from its place.

    Notebooks of format 4.4 have no ids; the same place gives the same id in all stages of a notebook.
    """
    copy: NotebookNode = nbformat.from_dict(json.loads(json.dumps(notebook)))
    taken = {cell.get("id") for cell in copy.cells}
    seen: set[str] = set()
    for place, cell in enumerate(copy.cells):
        if not cell.get("id") or cell.id in seen:
            cell.id = next(name for name in _names(f"cell-{place}") if name not in taken)
            taken.add(cell.id)
        seen.add(cell.id)
    copy.nbformat, copy.nbformat_minor = 4, 5
    return copy


def _names(stem: str) -> Iterator[str]:
    """Yield stem, stem-2, stem-3, …"""
    yield stem
    number = 2
    while True:
        yield f"{stem}-{number}"
        number += 1


def _version(folder: Path, files: tuple[str, ...], notebooks: tuple[AssignedNotebook, ...]) -> str:
    """Return a digest of everything in the assignment that can change a score."""
    digest = hashlib.sha256()
    for notebook in notebooks:
        stages = [notebook.source.cells, notebook.released.cells, notebook.released.metadata]
        digest.update(json.dumps([notebook.name, stages], sort_keys=True).encode())
    for name in files:
        digest.update(json.dumps(name).encode())
        with open(folder / name, "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]
