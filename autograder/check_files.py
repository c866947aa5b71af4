"""``checks.json``: what a notebook needs to check the cases that students see, written beside it.

nbgrader's own ways to release an assignment (the command and formgrader's button) run `WriteChecks`, if the
course's configuration lists it. `coursekit checks` writes the file beside the sources and lectures, so that
they run as they lie.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.bank import Bank, BankError, find_bank, questions_folder
from autograder.cells import translate
from autograder.check_cells import check_calls
from autograder.course import Course
from autograder.results import write_whole
from coursekit.checking.notebook import FILE

__all__ = ["LECTURES", "WriteChecks", "checked_slugs", "write_checks"]

LECTURES = "lectures"  # the name of the lectures' bank


class WriteChecks(NbGraderPreprocessor):
    """Writes ``checks.json`` beside the released notebook.

    A course lists it in its configuration: ``c.GenerateAssignment.preprocessors.append(…)`` with the path of
    this class as text.
    """

    def preprocess(self, nb: NotebookNode, resources: dict[str, Any]) -> tuple[NotebookNode, dict[str, Any]]:
        """Add the file to what is written with the notebook.

        Raises
        ------
        BankError
            The bank does not load, or the notebook checks a question that it does not hold.
        """
        outputs = resources.setdefault("outputs", {})
        root = Path(self.config.get("CourseDirectory", {}).get("root", ""))  # else nbgrader runs in it
        bank = find_bank(questions_folder(self.config, root), resources["nbgrader"]["assignment"])
        if bank is not None and FILE not in outputs:  # nbgrader may read a configuration twice
            _refuse_unknown(nb, bank)
            outputs[FILE] = bank.public().encode()
        return nb, resources


def _refuse_unknown(notebook: NotebookNode, bank: Bank) -> None:
    for slug in checked_slugs(notebook):
        if slug not in bank.questions:
            known = ", ".join(bank.questions)
            raise BankError(f'The notebook says check("{slug}"); the questions of {bank.path} are {known}.')


def checked_slugs(notebook: NotebookNode) -> Iterator[str]:
    """Yield the slugs of the questions that a notebook's cells check."""
    for cell in notebook.cells:
        if cell.cell_type == "code" and "check(" in cell.source:
            try:
                tree = translate(cell.source)
            except SyntaxError:
                tree = ast.Module([], [])
            yield from (slug for slug, _ in check_calls(tree))


def write_checks(course: Course, names: list[str]) -> list[Path]:
    """Write ``checks.json`` beside the sources of assignments and beside the lectures.

    Parameters
    ----------
    names : list of str
        Assignments, or "lectures"; all that have a bank, if empty.

    Returns
    -------
    list of Path
        The files, whether they changed or not.

    Raises
    ------
    BankError
        A bank does not load, or a named one does not exist, or there is no notebook that it is for. Then
        nothing is written.
    CourseError
        A name cannot be that of an assignment.
    """
    texts: dict[Path, str] = {}
    for name in names or [*course.assignment_names(), LECTURES]:
        folder = course.lectures_folder if name == LECTURES else course.source_folder(name)
        bank = course.bank(name)
        if bank is None and not names:
            continue
        if bank is None:
            raise BankError(f"There is no question bank {name}.py in {course.questions_folder}.")
        if not any(folder.glob("*.ipynb")):
            raise BankError(
                f"There is no notebook in {folder} that could check the questions of {bank.path}. "
                f"Put one there first; {FILE} lies beside it."
            )
        texts[folder / FILE] = bank.public()
    for path, text in texts.items():
        if not path.exists() or path.read_text("utf-8") != text:
            write_whole(path, text)
    return list(texts)
