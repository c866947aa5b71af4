"""The questions of one assignment: a Python file called like it, in the course's folder of banks."""

from __future__ import annotations

import hashlib
import importlib.util
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from autograder.question import Question, Slip, collected
from coursekit.checking.sheet import write_sheets

__all__ = ["Bank", "BankError", "find_bank", "load_bank", "questions_folder"]


class BankError(Exception):
    """A bank does not load; the message says which file, which line and what to mend."""


@dataclass(frozen=True)
class Bank:
    """Questions by slug, in the order of the file.

    Attributes
    ----------
    path : Path
    questions : dict
    version : str
        A digest of the file.
    """

    path: Path
    questions: dict[str, Question]
    version: str

    def public(self) -> str:
        """The text of ``checks.json``: what a notebook needs to check the public cases.

        Raises
        ------
        BankError
            A reference fails a case of its own.
        """
        try:
            return write_sheets(question.sheet() for question in self.questions.values())
        except Slip as slip:
            raise BankError(f"{self.path}: {slip}") from None


def load_bank(path: Path) -> Bank:
    """Load a bank. It is the instructor's code and runs here.

    Raises
    ------
    BankError
        The file is missing or stops with an error, has no question, or two with one slug.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise BankError(f"The question bank {path} cannot be read: {error.strerror}.") from None
    version = hashlib.sha256(text).hexdigest()[:16]
    spec = importlib.util.spec_from_file_location(f"coursekit_bank_{path.stem}_{version}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # so that the source text of its classes is found
    with collected() as questions:
        try:
            spec.loader.exec_module(module)
        except Slip as slip:
            raise BankError(f"{path}, line {_line_in(path, slip)}: {slip}") from None
        except Exception as error:
            where = f"{path}, line {_line_in(path, error)}"
            raise BankError(f"{where}: {type(error).__name__}: {error}") from error
    found: dict[str, Question] = {}
    for question in questions:
        if question.slug in found:
            raise BankError(f"{path}: two questions have the slug {question.slug!r}.")
        if not question.answer:
            raise BankError(f"{path}: the question {question.slug!r} has no reference.")
        found[question.slug] = question
    if not found:
        raise BankError(f"{path} makes no Question.")
    return Bank(path, found, version)


def _line_in(path: Path, error: BaseException) -> int:
    """The last line of the bank that an error passed through."""
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return error.lineno or 0
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)
    ]
    return (lines or [0])[-1] or 0


def questions_folder(config: Mapping[str, Any], root: Path) -> Path | None:
    """Return the folder of a course's banks, None if the course has none.

    Parameters
    ----------
    config : mapping
        nbgrader's configuration; the folder is ``c.Coursekit.questions``, ``questions`` if nothing is said.
    root : Path
        The course.

    Raises
    ------
    BankError
        The configuration names a folder that does not exist.
    """
    stated = config.get("Coursekit", {}).get("questions")
    folder = root / (stated or "questions")
    if folder.is_dir():
        return folder
    if stated:
        raise BankError(f"c.Coursekit.questions in the course's configuration: there is no folder {folder}.")
    return None


def find_bank(folder: Path | None, assignment: str) -> Bank | None:
    """Load the bank of an assignment; None if it has none."""
    path = folder / f"{assignment}.py" if folder is not None else None
    return load_bank(path) if path is not None and path.is_file() else None
