"""What a student gets holds everything to work with and nothing that gives an answer away."""

from __future__ import annotations

import ast
import importlib.util
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import nbformat
import pytest

from autograder.course import CourseError
from autograder.demo_class import RIGHT, RIGHT_OTHER_STYLE

ROOT = Path(__file__).parents[1]
ASKS = re.compile(r'"asks": "(?:[^"\\]|\\.)*"')  # how a question calls an answer: public, and not the answer
DISTINCTIVE = 40  # a line of so many characters is nobody else's by chance
ASSIGNMENTS = sorted(path.stem for path in (ROOT / "assignments").glob("*/*.ipynb"))


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("student_package", ROOT / "scripts" / "student_package.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def package(script: ModuleType, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as `make student` builds it, with the wheel unpacked beside it."""
    return script.make_package(tmp_path_factory.mktemp("dist") / "student")


@pytest.fixture(scope="module")
def wheel(package: Path) -> zipfile.ZipFile:
    [path] = package.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def texts(package: Path, wheel: zipfile.ZipFile) -> dict[str, str]:
    """Every text of the package by its name; of a notebook its cells, of checks.json all but the calls."""
    found = {name: wheel.read(name).decode() for name in wheel.namelist() if not name.endswith("/")}
    for path in package.rglob("*"):
        if path.suffix == ".ipynb":
            found[str(path)] = "\n\n".join(cell.source for cell in nbformat.read(path, as_version=4).cells)
        elif path.name == "checks.json":
            found[str(path)] = ASKS.sub("", path.read_text())
        elif path.is_file() and path.suffix != ".whl":
            found[str(path)] = path.read_text()
    return found


def test_parts(package: Path) -> None:
    assert sorted(path.name for path in package.iterdir() if path.suffix != ".whl") == [
        "START.md",
        "assignments",
        "notebooks",
    ]
    assert len(list(package.glob("coursekit-*-py3-none-any.whl"))) == 1
    lectures = {path.name for path in (package / "notebooks").iterdir()}
    assert lectures == {path.name for path in (ROOT / "notebooks").glob("*.ipynb")} | {"checks.json"}
    assert "03_gates_and_graphs.ipynb" in lectures
    assert sorted(path.stem for path in (package / "assignments").glob("*/*.ipynb")) == ASSIGNMENTS


def test_start_page_names_the_parts(package: Path) -> None:
    page = (package / "START.md").read_text()
    for path in [*package.glob("*.whl"), *package.glob("notebooks/*"), *package.glob("assignments/*")]:
        assert path.name in page


def test_wheel_holds_coursekit_alone(wheel: zipfile.ZipFile) -> None:
    tops = {name.split("/")[0] for name in wheel.namelist()}
    [info] = tops - {"coursekit"}
    assert re.fullmatch(r"coursekit-[\d.]+\.dist-info", info)


def test_wheel_works_by_itself(wheel: zipfile.ZipFile, tmp_path: Path) -> None:
    wheel.extractall(tmp_path)
    program = (
        "import coursekit as ck; w1, w2 = ck.variables('w1 w2');"
        "g = ck.ComputationalGraph(w1**3 * w2 + 3 * w1);"
        "print(g.forward(w1=2.0, w2=3.0), g.backward(), ck.__file__)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == f"30.0 {{'w1': 39.0, 'w2': 8.0}} {tmp_path / 'coursekit' / '__init__.py'}"


def test_wheel_never_needs_the_instructors_side(wheel: zipfile.ZipFile) -> None:
    for name in wheel.namelist():
        if name.endswith(".py"):
            assert not re.search(
                r"^\s*(import|from) autograder\b", wheel.read(name).decode(), re.MULTILINE
            ), name


def test_no_fence_is_left(texts: dict[str, str]) -> None:
    for name, text in texts.items():
        assert not re.search(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)", text), name


# ---- searching for answers ----


def squeezed(text: str) -> str:
    """Return `text` without the differences that do not matter: blanks and empty lines."""
    return re.sub(r"\s+", " ", text).strip()


def secrets() -> Iterator[str]:
    """Yield everything that must not be released: answers, hidden tests and model answers of all assignments.

    Whole regions, and each of their lines that is long enough to be nobody else's.
    """
    for name in ASSIGNMENTS:
        for cell in nbformat.read(ROOT / "assignments" / name / f"{name}.ipynb", as_version=4).cells:
            for title in ("SOLUTION", "HIDDEN TESTS"):
                pattern = rf"### BEGIN {title}\n(.*?)### END {title}"
                for region in re.findall(pattern, cell.source, flags=re.DOTALL):
                    yield squeezed(region)
                    yield from (
                        squeezed(line) for line in region.splitlines() if len(squeezed(line)) >= DISTINCTIVE
                    )
            marks = cell.metadata.nbgrader
            if marks.grade and marks.solution:
                yield from (squeezed(line) for line in cell.source.splitlines() if line)
    for answers in (RIGHT, RIGHT_OTHER_STYLE):
        yield from (squeezed(answer) for answer in answers.values())


def code_of_banks() -> Iterator[str]:
    """Yield the lines of the homework's question banks that are code of an answer, right or wrong."""
    for path in (ROOT / "autograder" / "questions").glob("hw*.py"):
        for node in ast.parse(path.read_text()).body:
            decorators = [ast.unparse(part) for part in getattr(node, "decorator_list", [])]
            if any(re.match(r"question\w*\.(reference|misconception|alternative)", d) for d in decorators):
                for statement in node.body:
                    if not isinstance(getattr(statement, "value", None), ast.Constant):  # a hint: public
                        lines = ast.get_source_segment(path.read_text(), statement).splitlines()
                        yield from (squeezed(line) for line in lines if len(squeezed(line)) >= DISTINCTIVE)


def test_there_is_something_to_search_for() -> None:
    assert len(set(secrets())) > 50
    assert len(set(code_of_banks())) > 20


def test_no_answer_and_no_hidden_test_is_released(texts: dict[str, str]) -> None:
    """Lectures and homework hold none of it; the library, which has such gates, nothing distinctive."""
    everything = set(secrets())
    package = {name: squeezed(text) for name, text in texts.items()}
    found = [
        (name, secret)
        for name, text in package.items()
        for secret in everything
        if (len(secret) >= DISTINCTIVE or not name.startswith("coursekit")) and secret in text
    ]
    assert found == []


def test_no_code_of_a_bank_is_released(texts: dict[str, str]) -> None:
    """Lectures and homework hold none of it; `checks.json` has the public cases' values alone."""
    code = set(code_of_banks())
    package = {name: squeezed(text) for name, text in texts.items() if not name.startswith("coursekit")}
    assert [(name, line) for name, text in package.items() for line in code if line in text] == []


def test_no_question_bank_is_released(package: Path, texts: dict[str, str]) -> None:
    banks = [path for path in (ROOT / "autograder" / "questions").rglob("*.py") if path.read_text().strip()]
    everything = {squeezed(text) for text in texts.values()}
    for bank in banks:
        assert squeezed(bank.read_text()) not in everything
    released = {path.name for path in package.rglob("*") if path.is_file()}
    assert not released & {bank.name for bank in banks if bank.name != "__init__.py"}


# ---- the command ----


def test_a_failed_build_leaves_the_old_package_as_it_was(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(folder: Path) -> list[str]:
        raise CourseError("nbgrader refuses the assignment")

    old = tmp_path / "student"
    old.mkdir()
    (old / "START.md").write_text("the old page")
    monkeypatch.setattr(script, "build_wheel", lambda folder: folder / "coursekit.whl")
    monkeypatch.setattr(script, "release_assignments", refuse)
    assert script.main(["--out", str(old)]) == 1
    assert capsys.readouterr().err == "nbgrader refuses the assignment\n"
    assert (old / "START.md").read_text() == "the old page"
    assert [path.name for path in tmp_path.iterdir()] == ["student"]
