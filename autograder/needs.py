"""Which packages an assignment needs: what its notebooks and the modules shipped with it import.

A course that was never graded here states no list of packages. Its instructor's imports say what students
may use: what the source notebook imports in any cell is allowed to them, beside the usual packages.
"""

from __future__ import annotations

import ast
import importlib.util
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from nbformat import NotebookNode

from autograder.box.packages import DEFAULT_PACKAGES
from autograder.cells import translate

__all__ = ["Needs", "needs_of"]

# What a package looks for when it is used, without requiring it.
_GOES_WITH = {"tqdm": "ipywidgets"}  # its bar for notebooks
# Ours has a stand-in in the box, or no business there; nose has a replacement.
_NOT_FOR_STUDENTS = frozenset(["autograder", "coursekit", "nose", *sys.stdlib_module_names])


@dataclass(frozen=True)
class Needs:
    """Import names that students may use, and those that are imported but not installed here."""

    packages: tuple[str, ...]
    missing: tuple[str, ...]


def needs_of(notebooks: Iterable[NotebookNode], folder: Path, files: Iterable[str]) -> Needs:
    """What the notebooks of an assignment, and the modules among the files in its folder, import.

    An import inside ``try:`` is not missed: whoever wrote it expects that it may fail.
    """
    trees = [*_trees(notebooks), *_module_trees(folder, files)]
    shipped = {name.partition("/")[0].removesuffix(".py") for name in files}
    imported = {name for tree in trees for name in _imports(tree.body)} - _NOT_FOR_STUDENTS - shipped
    imported |= {_GOES_WITH[name] for name in _GOES_WITH.keys() & imported}
    required = {name for tree in trees for name in _imports(tree.body, tried=False)}
    found = {name for name in imported if name in DEFAULT_PACKAGES or _is_installed(name)}
    more = sorted(found.difference(DEFAULT_PACKAGES))
    missing = sorted(name for name in imported & required if name not in found or not _is_installed(name))
    return Needs((*DEFAULT_PACKAGES, *more), tuple(missing))


def _trees(notebooks: Iterable[NotebookNode]) -> Iterator[ast.Module]:
    for notebook in notebooks:
        for cell in notebook.cells:
            if cell.cell_type == "code" and "import" in cell.source:
                try:
                    yield translate(cell.source)
                except (SyntaxError, ValueError):
                    continue  # a gap to be filled in, or another language


def _module_trees(folder: Path, files: Iterable[str]) -> Iterator[ast.Module]:
    for name in files:
        if name.endswith(".py"):
            try:
                yield ast.parse((folder / name).read_bytes())
            except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
                continue


def _imports(body: Iterable[ast.AST], tried: bool = True) -> Iterator[str]:
    """Top-level names of what is imported, wherever it stands; ``tried`` tells whether in ``try:``, too."""
    pending = list(body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]
        elif tried or not isinstance(node, ast.Try):
            pending.extend(ast.iter_child_nodes(node))


def _is_installed(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError, AttributeError):
        return False
