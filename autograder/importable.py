"""What can be imported inside a box, beside the standard library: the packages that an assignment allows, the
runner with those of our modules that it imports, and a stand-in for coursekit.

Nothing is imported to find this out: sources are read.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from autograder.box.levels import BoxUnavailable
from autograder.box.packages import PackageMissing, allowed_entries

_HERE = Path(__file__).resolve().parent
_US = "autograder"
_STAND_IN = _HERE / "box" / "stub" / "coursekit"


@dataclass(frozen=True)
class Importable:
    """Entries of the site folder (name there: path here), and modules that the server wants warm."""

    site: dict[str, str]
    preload: tuple[str, ...]


def importable(packages: Sequence[str], *, serve: str, real_coursekit: bool) -> Importable:
    """Everything that an import inside can find.

    Parameters
    ----------
    packages
        Import names that students may use.
    serve
        ``"module:function"`` that serves inside. What its tuple ``PRELOAD`` names is allowed along.
    real_coursekit
        Whether ``import coursekit`` gives the library instead of the stand-in.

    Raises
    ------
    BoxUnavailable
        A package is not installed, or must not be allowed.
    """
    module = serve.partition(":")[0]
    if module.startswith(f"{_US}."):
        ours, preload = _needed_of_ours(module)
    else:
        source = Path(next(iter(_entries((module,)).values())))
        ours, preload = {source.name: source}, _preload(ast.parse(source.read_text(encoding="utf-8")))
    if _US in packages:
        raise BoxUnavailable(
            f"the package {_US!r} cannot be allowed to students", "take it off the assignment's list"
        )
    names = dict.fromkeys(name.partition(".")[0] for name in (*packages, *preload))
    for name in (_US, *(() if real_coursekit else ("coursekit",)), *sys.stdlib_module_names):
        names.pop(name, None)
    site = _entries(tuple(names))
    site |= {name: str(path) for name, path in ours.items()}
    if not real_coursekit:
        site["coursekit"] = str(_STAND_IN)
    return Importable(site, preload)


def _entries(names: tuple[str, ...]) -> dict[str, str]:
    try:
        return dict(allowed_entries(names))
    except PackageMissing as error:
        raise BoxUnavailable(*error.args) from None


def _needed_of_ours(module: str) -> tuple[dict[str, Path], tuple[str, ...]]:
    """The files of this package that `module` imports, directly or not, and its ``PRELOAD``."""
    files = {f"{_US}/__init__.py": _HERE / "__init__.py"}
    first = ast.parse(_file_of(module).read_text(encoding="utf-8"))
    preload = _preload(first)
    pending = [module, *(name for name in preload if name.startswith(f"{_US}."))]
    while pending:
        path = _file_of(pending.pop())
        name = f"{_US}/{path.name}"
        if name not in files and path.is_file():
            files[name] = path
            pending.extend(_imports_of_ours(ast.parse(path.read_text(encoding="utf-8"))))
    return files, preload


def _file_of(module: str) -> Path:
    return _HERE.joinpath(*module.split(".")[1:]).with_suffix(".py")


def _imports_of_ours(tree: ast.Module) -> Iterator[str]:
    """Full names of our modules that a module's import statements mention, wherever they stand."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == _US:
            yield from (f"{_US}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith(f"{_US}."):
            yield str(node.module)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.startswith(f"{_US}."))


def _preload(tree: ast.Module) -> tuple[str, ...]:
    """The literal tuple that the module calls ``PRELOAD``, or nothing."""
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and any(
            isinstance(target, ast.Name) and target.id == "PRELOAD" for target in statement.targets
        ):
            return tuple(ast.literal_eval(statement.value))
    return ()
