"""Test cells that cannot be judged from outside, found by their text and named before the batch starts.

What such a cell asks for only exists in the student's process (cell history, bytecode), or would run the
student's code in the judge (his files, a subclass of his class).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.names import CellNames

__all__ = ["Refusal", "refusals_of"]


@dataclass(frozen=True)
class Refusal:
    """A test cell that cannot be judged from outside, and why; a person has to grade it."""

    grade_id: str
    line: int
    reason: str


_HISTORY = re.compile(r"In|Out|_+|_i+|_\d+|_i\d+|_[iod]h")
_BYTECODE = frozenset(["__code__", "__globals__", "__closure__", "func_code", "co_code"])


def refusals_of(
    grade_id: str,
    tree: ast.Module,
    names: CellNames,
    remote: Container[str],
    written: Container[str],
    source_dir: Path | None,
) -> Iterator[Refusal]:
    """Why a test cell cannot be judged from outside.

    Parameters
    ----------
    grade_id, tree, names
        The cell.
    remote : container of str
        Names that are the student's.
    written : container of str
        Files that solution cells write.
    source_dir : Path or None
        The instructor's folder; what lies in it may be run.
    """
    for node in ast.walk(tree):
        reason = None
        match node:
            case ast.Name(id=name, ctx=ast.Load()) if _HISTORY.fullmatch(name) and name not in names.binds:
                if name in names.reads or name in names.deferred:
                    reason = f"it reads the cell history ({name}), which only exists at the student's"
            case ast.Attribute(value=ast.Name(id=root), attr=attr) if attr in _BYTECODE and root in remote:
                reason = (
                    f"it reads the bytecode of {root} ({attr}), which does not leave the student's process"
                )
            case ast.ClassDef(bases=bases):
                found = [base.id for base in bases if isinstance(base, ast.Name) and base.id in remote]
                if found:
                    reason = f"it subclasses the student's class {found[0]}"
            case ast.Call():
                reason = _runs_student_file(node, written, source_dir)
            case ast.Import() | ast.ImportFrom():
                reason = _imports_student_file(node, written)
        if reason:
            yield Refusal(grade_id, getattr(node, "lineno", 1), reason)


def _imports_student_file(node: ast.Import | ast.ImportFrom, written: Container[str]) -> str | None:
    modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
    for module in modules:
        top = module.partition(".")[0]
        if top == "ipynb" or f"{top}.py" in written:
            return f"it imports {module}, a student's file: that would run the student's code in the judge"
        if top == "dis":
            return "it imports dis: bytecode does not leave the student's process"
    return None


def _runs_student_file(node: ast.Call, written: Container[str], source_dir: Path | None) -> str | None:
    match node:
        case ast.Call(
            func=ast.Attribute(attr="run_line_magic"),
            args=[ast.Constant(value="run"), ast.Constant(value=str(line))],
        ):
            words = [word for word in line.split() if not word.startswith("-")]
            path = words[0] if words else ""
        case ast.Call(
            func=ast.Attribute(attr="run_path" | "run_module"), args=[ast.Constant(value=str(path)), *_]
        ):
            pass
        case _:
            return None
    name = path.removeprefix("./")
    ours = source_dir is not None and any(
        (source_dir / f"{name}{end}").is_file() for end in ("", ".py", ".ipynb")
    )
    if name in written or f"{name}.py" in written or not ours:
        return f"it runs {path}, a student's file: that would run the student's code in the judge"
    return None
