"""The house rules: ruff, mypy, stripped notebooks, imports in one direction, gates in plain words."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
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
    ["coursekit.gates", "coursekit.formulas", "coursekit.tables"],
    ["coursekit.values"],
    ["coursekit.errors"],
    ["coursekit.variable"],
    ["coursekit.tracing"],
    ["coursekit.codewriter"],
    ["coursekit.compiler", "coursekit.drawing"],
    ["coursekit.narration"],
    ["coursekit.graph"],
    ["coursekit.gradients"],
    ["coursekit.matrices", "coursekit.stacking"],
    ["coursekit.gradient_check", "coursekit.functions", "coursekit.derivatives"],
    ["coursekit.nn", "coursekit.examples", "coursekit.checking"],
    ["coursekit.widgets"],
    ["autograder"],
]
DOORS = {"coursekit", "coursekit.__main__", "coursekit.provisioning"}  # into the house, from the top floor

LOADED, CALLED, TYPED = "when it is loaded", "in a function", "for types"
Imports = dict[str, dict[str, str]]  # module -> module that it imports -> when


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")


SOURCES = {name_of(p): p for p in sorted([*ROOT.glob("coursekit/**/*.py"), *ROOT.glob("autograder/**/*.py")])}


def floor_of(module: str) -> int | None:
    if module in DOORS:
        return len(FLOORS) - 1
    for number, modules in enumerate(FLOORS):
        if any(module == m or module.startswith(m + ".") for m in modules):
            return number
    return None


def mentioned(module: str, text: str) -> Iterator[tuple[str, str]]:
    """Yield the full names that a module imports, wherever that is said, with when it is done."""
    pending: list[tuple[ast.AST, str]] = [(ast.parse(text), LOADED)]
    while pending:
        node, when = pending.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            when = CALLED
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            when = TYPED
        if isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module} imports by dots; here full names are written"
            yield from ((f"{node.module}.{alias.name}", when) for alias in node.names)
        elif isinstance(node, ast.Import):
            yield from ((alias.name, when) for alias in node.names)
        elif isinstance(node, ast.Call) and ast.unparse(node.func).endswith("import_module"):
            yield from ((name.value, CALLED) for name in node.args[:1] if isinstance(name, ast.Constant))
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "lazy_loader.attach":
            lazy = {keyword.arg: keyword.value for keyword in node.keywords}["submod_attrs"]
            yield from ((f"{module}.{name}", CALLED) for name in ast.literal_eval(lazy))
        pending.extend((child, when) for child in ast.iter_child_nodes(node))


def imports_among(texts: dict[str, str]) -> Imports:
    """Return for each module which of the others it imports, and when first."""
    found: Imports = {}
    for module, text in texts.items():
        theirs = found[module] = {}
        for name, when in mentioned(module, text):
            while name and name not in texts:  # a name in a module: the module
                name = name.rpartition(".")[0]
            if name and name != module:
                theirs[name] = min(when, theirs.get(name, when), key=[LOADED, CALLED, TYPED].index)
    return found


def circle(imports: Imports) -> str:
    """Return a circle of imports in words, or nothing."""
    try:
        TopologicalSorter({module: theirs.keys() for module, theirs in imports.items()}).prepare()
    except CycleError as error:
        steps = list(pairwise(reversed(error.args[1])))
        return ", ".join(f"{module} imports {theirs} {imports[module][theirs]}" for module, theirs in steps)
    return ""


IMPORTS = imports_among({module: path.read_text() for module, path in SOURCES.items()})


@pytest.mark.parametrize("module", SOURCES)
def test_imports_run_one_way(module: str) -> None:
    own = floor_of(module)
    assert own is not None, f"{module} needs a floor in FLOORS"
    further_up = {theirs: when for theirs, when in IMPORTS[module].items() if (floor_of(theirs) or 0) > own}
    assert further_up == {}


def test_no_imports_run_in_a_circle() -> None:
    """Not in functions and for types either: a room that needs one above it is handed what it needs."""
    assert circle(IMPORTS) == ""


@pytest.mark.parametrize(
    ("back", "when"),
    [
        ("import a.b", LOADED),
        ("from a import b", LOADED),
        ("class C:\n    from a.b import x", LOADED),
        ("try:\n    import a.b\nexcept ImportError: pass", LOADED),
        ("def f():\n    from a.b import x", CALLED),
        ("importlib.import_module('a.b')", CALLED),
        ("if TYPE_CHECKING:\n    from a.b import x", TYPED),
        ("if TYPE_CHECKING:\n    from a.b import x\ndef f():\n    import a.b", CALLED),
    ],
)
def test_a_circle_is_found(back: str, when: str) -> None:
    texts = {"a": "", "a.b": "from a import c", "a.c": "import a.d", "a.d": back}
    found = circle(imports_among(texts)).split(", ")
    assert sorted(found) == [
        f"a.b imports a.c {LOADED}",
        f"a.c imports a.d {LOADED}",
        f"a.d imports a.b {when}",
    ]


def test_a_circle_through_a_lazy_package_is_found() -> None:
    texts = {"a": "lazy_loader.attach('a', submod_attrs={'b': ['x']})", "a.b": "from a import y"}
    assert set(circle(imports_among(texts)).split(", ")) == {
        f"a imports a.b {CALLED}",
        f"a.b imports a {LOADED}",
    }


def test_no_circle_is_no_circle() -> None:
    texts = {"a": "", "a.b": "from a import c, d", "a.c": "import a.d", "a.d": "import e"}
    assert circle(imports_among(texts)) == ""


@pytest.mark.parametrize("room", ["wire", "box"])
def test_wire_and_box_import_nothing_of_ours(room: str) -> None:
    rooms = {module for module in SOURCES if module.startswith(f"autograder.{room}")}
    assert rooms
    for module in rooms:
        assert IMPORTS[module].keys() <= rooms, module
