"""Test cells that cannot be judged from outside, found by their text and named before the batch starts.

What such a cell asks for only exists in the student's process (cell history, bytecode), or would run the
student's code in the judge (his files, a subclass of his class, a text of his that is evaluated).
"""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from autograder.names import CellNames

__all__ = ["Refusal", "refusals_of", "text_runners"]


@dataclass(frozen=True)
class Refusal:
    """A test cell that cannot be judged from outside, and why; a person has to grade it."""

    grade_id: str
    line: int
    reason: str


_HISTORY = re.compile(r"In|Out|_+|_i+|_\d+|_i\d+|_[iod]h")
_SHELLS = frozenset(["bash", "sh", "script", "system", "sx", "!", "cmd", "perl", "ruby"])
_BYTECODE = frozenset(["__code__", "__globals__", "__closure__", "func_code", "co_code"])


def refusals_of(
    grade_id: str,
    tree: ast.Module,
    names: CellNames,
    remote: Container[str],
    written: Container[str],
    source_dir: Path | None,
    runners: Container[str] = (),
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
    runners : container of str
        The instructor's functions that run a text which they are given (`text_runners`).
    """
    theirs = _from(tree, remote)
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
            case ast.Call(
                func=ast.Attribute(attr="run_cell_magic"), args=[ast.Constant(value=magic), *_]
            ) if magic in _SHELLS:
                reason = f"it is a shell's (%%{magic}), which sees the judge's machine and none of the work"
            case ast.Call():
                reason = _runs_student_file(node, written, source_dir) or _runs_text(node, theirs, runners)
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
        if top == "doctest":
            return "it runs the examples in docstrings: that would run the student's text in the judge"
    return None


# Functions that run a text, or what a text or bytes hold.
_RUNNERS = frozenset(
    {"eval", "exec", "__import__", "import_module", "run_path", "run_module", "sympify", "parse_expr"}
    | {"system", "popen", "getoutput", "getstatusoutput", "check_output", "check_call", "Popen", "spawn"}
    | {"run_cell", "run_cell_magic", "run_line_magic", "run_code", "ex", "ev", "query"}
    | {"read_pickle", "unsafe_load", "full_load"}
)
# Functions of these modules, whose names alone mean nothing.
_RUNNING_MODULES = {
    "subprocess": frozenset(["run", "call"]),
    "pickle": frozenset(["load", "loads", "Unpickler"]),
    "marshal": frozenset(["load", "loads"]),
    "joblib": frozenset(["load"]),
    "dill": frozenset(["load", "loads"]),
    "yaml": frozenset(["load", "load_all"]),
}


_BY_TEXT = frozenset(["globals", "locals", "vars"])  # with them, any name can be meant
_FILLERS = frozenset(["append", "extend", "insert", "add", "update", "write", "setdefault"])


def _runs_text(node: ast.Call, theirs: set[str], runners: Container[str]) -> str | None:
    """Whether a call runs a text that is the student's, or made of it."""
    name = _runner(node, runners)
    parts = [*node.args, *[word.value for word in node.keywords]]
    if name in ("eval", "exec"):
        parts = parts[:1]  # the others are where its names are
    if name and any((_names(part) | _filled_in(part)) & theirs for part in parts):
        return f"it has {name} run what the student's code made: that would run his text in the judge"
    return None


def _runner(node: ast.Call, runners: Container[str]) -> str:
    """The function that is called, if it runs a text."""
    match node.func:
        case ast.Name(id=name) if name in _RUNNERS or name in runners:
            return name
        case ast.Attribute(value=ast.Name(id=root), attr=name) if name in _RUNNING_MODULES.get(root, ()):
            return f"{root}.{name}"
        case ast.Attribute(attr=name) if name in _RUNNERS or name in runners:
            return name
    return ""


def text_runners(trees: Iterable[ast.Module]) -> frozenset[str]:
    """Functions of the instructor's that run a text which they are given.

    >>> sorted(text_runners([ast.parse("def value(text): return eval(text)\\ndef two(): return eval('2')")]))
    ['value']
    """
    functions = [
        node for tree in trees for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.Lambda))
    ]
    found: set[str] = set()
    while True:
        new = {
            function.name
            for function in functions
            if isinstance(function, ast.FunctionDef)
            if any(
                _runs_text(node, _from(function, _parameters(function)), found)
                for node in ast.walk(function)
                if isinstance(node, ast.Call)
            )
        } - found
        if not new:
            return frozenset(found)
        found |= new


def _parameters(function: ast.FunctionDef) -> set[str]:
    return {node.arg for node in ast.walk(function.args) if isinstance(node, ast.arg)}


def _filled_in(part: ast.AST) -> set[str]:
    """Names that IPython puts into a command: ``!cat {name}``."""
    text = part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else ""
    return set(re.findall(r"[{$]\s*([A-Za-z_]\w*)", text))


def _names(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def _from(tree: ast.AST, names: Container[str]) -> set[str]:
    """Names that mean these, or something made of them: ``text = f(1)`` is what f made.

    A name that the code binds first is its own, whatever it was before.
    """
    links = [pair for node in ast.walk(tree) for pair in _made_of(node)]
    own = {name for made, of in links for name in made} - {name for made, of in links for name in made & of}
    said = _names(tree).union(*map(_filled_in, ast.walk(tree)))
    found = {name for name in said if (name in names and name not in own) or name in _BY_TEXT}
    while True:
        new = {name for made, of in links if of & found for name in made} - found
        if not new:
            return found
        found |= new


def _made_of(node: ast.AST) -> Iterator[tuple[set[str], set[str]]]:
    """Names that a node binds, with names that their values are made of."""
    match node:
        case ast.Assign(targets=targets, value=value):
            yield set().union(*map(_names, targets)), _names(value)
        case ast.Call(func=ast.Attribute(value=ast.Name(id=whole), attr=attr), args=parts) if (
            attr in _FILLERS
        ):
            yield {whole}, set().union(*map(_names, parts))
        case (
            ast.AnnAssign(target=target, value=ast.expr() as value)
            | ast.AugAssign(target=target, value=value)
            | ast.NamedExpr(target=target, value=value)
            | ast.For(target=target, iter=value)
            | ast.comprehension(target=target, iter=value)
            | ast.withitem(optional_vars=ast.expr() as target, context_expr=value)
        ):
            yield _names(target), _names(value)


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
