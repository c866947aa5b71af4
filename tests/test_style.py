"""The house rules: ruff, mypy, stripped notebooks, imports in one direction, gates in plain words."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted([*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("assignments/*/*.ipynb")])


def run(*command: str) -> str:
    result = subprocess.run(
        [sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, timeout=280
    )
    return "" if result.returncode == 0 else result.stdout + result.stderr


def test_ruff_finds_nothing() -> None:
    assert run("ruff", "check", ".") == ""


def test_everything_is_formatted() -> None:
    assert run("ruff", "format", "--check", "--extend-exclude", "*.ipynb", ".") == ""


def test_mypy_finds_nothing() -> None:
    assert run("mypy", "--no-incremental") == ""


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_stripped(notebook: Path) -> None:
    assert run("nbstripout", "--verify", "--keep-id", str(notebook)) == ""


# ---- gates are made of operators and words alone -----------------------------------------------------------

GATE_FILES = sorted(set(ROOT.glob("coursekit/gates/*.py")) - {ROOT / "coursekit/gates/words.py"})
FORBIDDEN = (ast.If, ast.IfExp, ast.Compare, ast.BoolOp, ast.For, ast.While, ast.Try, ast.Lambda)
FORBIDDEN += (ast.ListComp, ast.DictComp, ast.SetComp, ast.GeneratorExp, ast.Import, ast.ImportFrom)


def gate_bodies() -> list:
    found = []
    for path in GATE_FILES:
        for cls in ast.walk(ast.parse(path.read_text())):
            if isinstance(cls, ast.ClassDef) and cls.name != "Gate":
                for method in cls.body:
                    if isinstance(method, ast.FunctionDef) and method.name in ("forward", "backward"):
                        found.append(pytest.param(method, id=f"{cls.name}.{method.name}"))
    return found


@pytest.mark.parametrize("method", gate_bodies())
def test_gate_bodies_hold_only_operators_and_words(method: ast.FunctionDef) -> None:
    from coursekit.gates.words import WORDS

    for node in ast.walk(method):
        assert not isinstance(node, FORBIDDEN), f"line {node.lineno}: {type(node).__name__}"
        if isinstance(node, ast.Attribute):
            assert isinstance(node.value, ast.Name), ast.unparse(node)
            assert node.value.id == "self", ast.unparse(node)
        if isinstance(node, ast.Call):
            assert isinstance(node.func, ast.Name), ast.unparse(node)
            assert node.func.id in {*WORDS, "split", "alone"}, ast.unparse(node)


# ---- imports run one way ---------------------------------------------------------------

FLOORS = [
    ["coursekit.gates"],
    ["coursekit.values"],
    ["coursekit.errors"],
    ["coursekit.variable"],
    ["coursekit.graph"],
    ["coursekit.tracing"],
    ["coursekit.codewriter", "coursekit.gradients"],
    ["coursekit.compiler", "coursekit.matrices", "coursekit.stacking"],
    ["coursekit.gradient_check", "coursekit.functions", "coursekit.derivatives"],
    ["coursekit.nn"],
    ["coursekit.drawing", "coursekit.narration"],
    ["coursekit.widgets"],
    ["coursekit.examples", "coursekit.checking"],
    ["autograder"],
]


def floor_of(module: str) -> int | None:
    for number, modules in enumerate(FLOORS):
        if any(module == m or module.startswith(m + ".") for m in modules):
            return number
    return None


def module_imports(path: Path) -> set[str]:
    """Return the modules of ours that are imported when the file is loaded (not inside functions)."""
    found: set[str] = set()
    pending: list[ast.AST] = list(ast.parse(path.read_text()).body)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
            found.update(f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" not in ast.unparse(node.test):
            pending.extend(node.body + node.orelse)
        elif isinstance(node, ast.ClassDef):
            pending.extend(node.body)
    return {m for m in found if m.startswith(("coursekit", "autograder"))}


SOURCES = sorted([*ROOT.glob("coursekit/**/*.py"), *ROOT.glob("autograder/**/*.py")])


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_imports_run_one_way(path: Path) -> None:
    module = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
    own = floor_of(module)
    if own is None:
        return  # coursekit/__init__.py and the launcher stand outside the house
    for imported in module_imports(path):
        theirs = floor_of(imported)
        assert theirs is None or theirs <= own, f"{module} imports {imported}, which is further up"


@pytest.mark.parametrize("room", ["wire.py", "box"])
def test_wire_and_box_import_nothing_of_ours(room: str) -> None:
    place = ROOT / "autograder" / room
    for path in [place] if place.is_file() else place.glob("*.py"):
        assert not {m for m in module_imports(path) if not m.startswith(f"autograder.{room}")}, path.name
