"""A small nbgrader course to grade: one assignment with two coded questions and a written one."""

from __future__ import annotations

import copy
import functools
import json
import tempfile
from pathlib import Path

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook
from nbgrader.api import Gradebook

from autograder.course import put_own_scripts_on_path

ASSIGNMENT = "ps1"
MAX_SCORE = 10.0  # 1 + 2 for square, 1 + 2 for double, 4 for the written question

SQUARE = "def square(x):\n    return x * x"
DOUBLE = "def double(x):\n    return 2 * x"


def mark(grade_id: str, **fields: object) -> dict[str, dict[str, object]]:
    """Return nbgrader's cell mark."""
    base = {"schema_version": 3, "grade_id": grade_id, "locked": False, "solution": False, "grade": False}
    return {"nbgrader": base | {"task": False} | fields}


def solution_cell(grade_id: str, code: str) -> NotebookNode:
    head, body = code.split("\n", 1)
    source = f"{head}\n    ### BEGIN SOLUTION\n{body}\n    ### END SOLUTION"
    return new_code_cell(source, metadata=mark(grade_id, solution=True))


def make_source() -> NotebookNode:
    """Return the instructor's notebook."""
    cells = [
        new_markdown_cell("# Problem set 1"),
        new_code_cell("import math"),
        solution_cell("square", SQUARE),
        new_code_cell(
            "assert square(3) == 9", metadata=mark("square-visible", grade=True, locked=True, points=1)
        ),
        new_code_cell(
            "### BEGIN HIDDEN TESTS\nassert square(-7) == 49\n### END HIDDEN TESTS",
            metadata=mark("square-hidden", grade=True, locked=True, points=2),
        ),
        solution_cell("double", DOUBLE),
        new_code_cell(
            "assert double(3) == 6", metadata=mark("double-visible", grade=True, locked=True, points=1)
        ),
        new_code_cell(
            "assert callable(double)\n### BEGIN HIDDEN TESTS\nassert double(-7) == -14\n### END HIDDEN TESTS",
            metadata=mark("double-hidden", grade=True, locked=True, points=2),
        ),
        new_markdown_cell("Why?", metadata=mark("why", grade=True, solution=True, points=4)),
        new_markdown_cell("That was it.", metadata=mark("end", locked=True)),
    ]
    for place, cell in enumerate(cells):
        cell.id = f"c{place}"
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return new_notebook(cells=cells, metadata={"kernelspec": kernel})


def make_course(root: Path, config: str = "") -> Path:
    """Write a course with its source notebook, ready for submissions."""
    source = root / "source" / ASSIGNMENT
    source.mkdir(parents=True)
    nbformat.write(make_source(), source / "ps1.ipynb")
    (source / "data.csv").write_text("1,2\n")
    (root / "nbgrader_config.py").write_text(
        f'c = get_config()\nc.CourseDirectory.course_id = "demo"\n{config}\n'
    )
    return root


@functools.cache
def _empty_gradebook() -> bytes:
    put_own_scripts_on_path()
    with tempfile.TemporaryDirectory() as folder:
        Gradebook(f"sqlite:///{folder}/gradebook.db", "demo").close()
        return Path(folder, "gradebook.db").read_bytes()


def add_gradebook(root: Path) -> None:
    """Give a course an empty gradebook: nbgrader takes seconds to make one, so it is made once."""
    (root / "gradebook.db").write_bytes(_empty_gradebook())


def answered(released: NotebookNode, **answers: str) -> NotebookNode:
    """Return the released notebook with the cells called in `answers` filled in."""
    notebook = copy.deepcopy(released)
    for cell in notebook.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in answers:
            cell.source = answers[name]
    return notebook


def submit(root: Path, student: str, notebook: NotebookNode | bytes | None, timestamp: str = "") -> Path:
    """Hand in a notebook (or raw bytes, or nothing) and return the folder."""
    folder = root / "submitted" / student / ASSIGNMENT
    folder.mkdir(parents=True)
    if timestamp:
        (folder / "timestamp.txt").write_text(timestamp)
    if notebook is not None:
        raw = notebook if isinstance(notebook, bytes) else json.dumps(notebook).encode()
        (folder / "ps1.ipynb").write_bytes(raw)
    return folder
