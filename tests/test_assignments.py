"""Every assignment: well-formed nbgrader source, and what nbgrader itself makes of it."""

from __future__ import annotations

import ast
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.api import Gradebook
from nbgrader.validator import Validator

from autograder.bank import load_bank
from autograder.course import Course
from autograder.nbgrader_commands import autograde, generate_assignment

ROOT = Path(__file__).parents[1]
ASSIGNMENTS = sorted(folder.name for folder in (ROOT / "assignments").iterdir() if folder.is_dir())
SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def source_path(assignment: str) -> Path:
    return ROOT / "assignments" / assignment / f"{assignment}.ipynb"


def read(path: Path) -> NotebookNode:
    return nbformat.read(path, as_version=nbformat.NO_CONVERT)


def marks(cell: NotebookNode) -> dict:
    return cell.metadata.get("nbgrader", {})


def is_test(cell: NotebookNode) -> bool:
    return bool(marks(cell).get("grade")) and not marks(cell).get("solution")


def asked_of_a_bank(cell: NotebookNode) -> bool:
    """Whether a test cell is one line that asks a question of the assignment's bank."""
    return is_test(cell) and re.fullmatch(r'(ck\.)?check\("[a-z0-9-]+"\)', cell.source) is not None


def is_read_by_a_person(cell: NotebookNode) -> bool:
    return bool(marks(cell).get("grade") and marks(cell).get("solution"))


def regions(cell: NotebookNode, title: str) -> list[str]:
    """Return the text between each `### BEGIN title` and its `### END title`; fail if they do not pair up."""
    found, inside = [], None
    for line in cell.source.splitlines():
        if f"BEGIN {title}" in line:
            assert line.strip() == f"### BEGIN {title}"
            assert inside is None, f"two BEGIN {title} in a row in {cell.id}"
            inside = []
        elif f"END {title}" in line:
            assert line.strip() == f"### END {title}"
            assert inside is not None, f"END {title} without BEGIN in {cell.id}"
            found.append("\n".join(inside))
            inside = None
        elif inside is not None:
            inside.append(line)
    assert inside is None, f"BEGIN {title} without END in {cell.id}"
    return found


def test_there_are_assignments() -> None:
    assert "hw1_gates" in ASSIGNMENTS


@pytest.fixture(params=ASSIGNMENTS)
def assignment(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def source(assignment: str) -> NotebookNode:
    return read(source_path(assignment))


# ---- the source ----


def test_folder_holds_one_notebook_of_its_name(assignment: str) -> None:
    assert [path.name for path in (ROOT / "assignments" / assignment).glob("*.ipynb")] == [
        f"{assignment}.ipynb"
    ]


def test_format(source: NotebookNode) -> None:
    nbformat.validate(source)
    assert (source.nbformat, source.nbformat_minor) == (4, 5)
    assert source.metadata.kernelspec.name == "python3"
    assert set(source.metadata) == {"kernelspec", "language_info"}


def test_nothing_has_been_run(source: NotebookNode) -> None:
    for cell in source.cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


def test_cell_ids_are_grade_ids_and_unique(source: NotebookNode) -> None:
    ids = [marks(cell)["grade_id"] for cell in source.cells]
    assert ids == [cell.id for cell in source.cells]
    assert len(set(ids)) == len(ids)
    assert all(SLUG.fullmatch(grade_id) for grade_id in ids)


def test_nbgrader_metadata(source: NotebookNode) -> None:
    for cell in source.cells:
        mark = marks(cell)
        assert mark["schema_version"] == 3
        assert mark["task"] is False
        assert {"grade", "grade_id", "locked", "solution"} <= set(mark)
        assert mark["locked"] == (not mark["solution"]), f"{cell.id}: only answers may be changed by students"
        assert ("points" in mark) == mark["grade"]
        if mark["grade"]:
            assert mark["points"] > 0


def test_at_least_six_questions_and_one_for_a_reader(source: NotebookNode) -> None:
    assert len([cell for cell in source.cells if is_test(cell)]) >= 6
    assert len([cell for cell in source.cells if is_read_by_a_person(cell)]) >= 1


def test_each_question_has_its_task_and_answer_before_it(source: NotebookNode) -> None:
    ids = [cell.id for cell in source.cells]
    for cell in source.cells:
        if is_test(cell):
            assert ids.index(f"{cell.id}-task") < ids.index(f"{cell.id}-solution") < ids.index(cell.id)
        if is_read_by_a_person(cell):
            assert ids.index(f"{cell.id}-task") < ids.index(cell.id)


def test_points_in_the_text_are_the_points_given(source: NotebookNode) -> None:
    texts = {cell.id: cell.source for cell in source.cells}
    for cell in source.cells:
        if marks(cell)["grade"]:
            assert f"({marks(cell)['points']} points)" in texts[f"{cell.id}-task"]


def test_heading_names_the_lecture_it_follows(source: NotebookNode) -> None:
    first = source.cells[0].source
    assert first.startswith("# Homework ")
    assert "**Follows lecture " in first
    lectures = re.findall(r"`notebooks/(\S+?)`", first)
    assert lectures
    for lecture in lectures:
        assert re.fullmatch(r"\d\d_\w+\.ipynb", lecture)
        assert (ROOT / "notebooks" / lecture).is_file()


def test_answers_are_fenced(source: NotebookNode) -> None:
    for cell in source.cells:
        found = regions(cell, "SOLUTION")
        if cell.cell_type == "code" and marks(cell)["solution"]:
            assert found
            assert all(region.strip() for region in found)
        else:
            assert not found, f"{cell.id} is no answer cell"


def test_every_test_has_visible_and_hidden_assertions(source: NotebookNode) -> None:
    for cell in source.cells:
        found = regions(cell, "HIDDEN TESTS")
        if not is_test(cell) or asked_of_a_bank(cell):
            assert not found, f"{cell.id} is no test cell with assertions"
            continue
        hidden = "\n".join(found)
        visible = cell.source
        for region in found:
            visible = visible.replace(region, "")
        assert len(assertions(visible)) >= 2, f"{cell.id} shows too little"
        assert assertions(hidden), f"{cell.id} hides nothing"


def test_questions_of_a_bank_ask_more_after_handing_in(assignment: str, source: NotebookNode) -> None:
    asked = [cell for cell in source.cells if asked_of_a_bank(cell)]
    if not asked:
        return
    bank = load_bank(ROOT / "autograder" / "questions" / f"{assignment}.py")
    assert [cell.source for cell in asked] == [f'ck.check("{cell.id}")' for cell in asked]
    assert {cell.id: marks(cell)["points"] for cell in asked} == {
        slug: question.points for slug, question in bank.questions.items()
    }
    for question in bank.questions.values():
        assert any(group.hidden and group.count >= 2 for group in question.groups), question.slug


def test_every_assertion_helps(source: NotebookNode) -> None:
    for cell in source.cells:
        if is_test(cell):
            for assertion in assertions(cell.source):
                assert assertion.msg is not None, f"{cell.id}, line {assertion.lineno}: no message"


def assertions(code: str) -> list[ast.Assert]:
    return [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Assert)]


def test_hidden_tests_ask_with_other_numbers(source: NotebookNode) -> None:
    """A lookup table of everything that the visible test shows must not be enough."""
    for cell in source.cells:
        if is_test(cell) and not asked_of_a_bank(cell):
            hidden = "\n".join(regions(cell, "HIDDEN TESTS"))
            visible = cell.source.replace(hidden, "")
            assert numbers(hidden) - numbers(visible), f"{cell.id}: only numbers that the student has seen"


def numbers(code: str) -> set[float]:
    return {
        float(node.value)
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float))
    }


# ---- what nbgrader makes of it ----


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    """A course of nbgrader's own defaults with every assignment of ours, released by nbgrader."""
    folder = tmp_path_factory.mktemp("course")
    shutil.copytree(ROOT / "assignments", folder / "source")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        course = Course(folder)
        for name in ASSIGNMENTS:
            generate_assignment(course, name)
        yield course


def test_release_shows_no_answer_and_no_hidden_test(
    course: Course, assignment: str, source: NotebookNode
) -> None:
    released = (course.root / "release" / assignment / f"{assignment}.ipynb").read_text()
    cells = {cell.id: cell for cell in nbformat.reads(released, as_version=4).cells}
    assert list(cells) == [cell.id for cell in source.cells]
    assert "SOLUTION" not in released
    assert "HIDDEN" not in released
    for cell in source.cells:
        for region in regions(cell, "SOLUTION") + regions(cell, "HIDDEN TESTS"):
            assert region.strip() not in cells[cell.id].source
        if is_read_by_a_person(cell):
            assert cells[cell.id].source == "YOUR ANSWER HERE"
        if cell.cell_type == "code" and marks(cell)["solution"]:
            assert "raise NotImplementedError()" in cells[cell.id].source
            ast.parse(cells[cell.id].source)


def test_source_passes_validate(assignment: str) -> None:
    assert Validator().validate(str(source_path(assignment))) == {}


def test_release_fails_validate_in_every_question(
    course: Course, assignment: str, source: NotebookNode
) -> None:
    result = Validator().validate(str(course.root / "release" / assignment / f"{assignment}.ipynb"))
    tests = len([cell for cell in source.cells if is_test(cell)])
    readers = len([cell for cell in source.cells if is_read_by_a_person(cell)])
    assert len(result["failed"]) == tests + readers


def test_stock_autograde(course: Course, assignment: str, source: NotebookNode) -> None:
    """nbgrader alone gives the solution all points a machine can give, and the release none."""
    for student, folder in [("author", "source"), ("nobody", "release")]:
        shutil.copytree(course.root / folder / assignment, course.root / "submitted" / student / assignment)
    autograde(course, assignment)

    points = {cell.id: float(marks(cell)["points"]) for cell in source.cells if marks(cell)["grade"]}
    by_hand = {cell.id for cell in source.cells if is_read_by_a_person(cell)}
    with Gradebook(course.directory.db_url) as gradebook:
        author = gradebook.find_submission_notebook(assignment, assignment, "author")
        nobody = gradebook.find_submission_notebook(assignment, assignment, "nobody")
        assert {grade.name: grade.max_score for grade in author.grades} == points
        assert {grade.name: grade.auto_score for grade in author.grades} == {
            name: None if name in by_hand else full for name, full in points.items()
        }
        assert {grade.name: grade.auto_score for grade in nobody.grades} == dict.fromkeys(points, 0.0)
