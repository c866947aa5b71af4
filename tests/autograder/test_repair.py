"""Whatever happens to a notebook, honest answers are found and nothing raises."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell, new_raw_cell
from sample_course import ASSIGNMENT, DOUBLE, SQUARE, answered, make_course

from autograder.course import Course
from autograder.repair import ELSEWHERE, MAX_CELLS, repair


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> NotebookNode:
    course = Course(make_course(tmp_path_factory.mktemp("course")))
    return course.assignment(ASSIGNMENT).notebook("ps1").released


@pytest.fixture
def honest(released: NotebookNode) -> NotebookNode:
    return answered(released, square=SQUARE, double=DOUBLE, why="Because.")


def raw(notebook: Any) -> bytes:
    return json.dumps(notebook).encode()


def by_name(notebook: NotebookNode) -> dict[str, str]:
    return {
        cell.metadata.nbgrader.grade_id: cell.source for cell in notebook.cells if "nbgrader" in cell.metadata
    }


def assert_whole(notebook: NotebookNode | None, released: NotebookNode) -> None:
    """Every marked cell once, in the released order, locked ones with the released text; a valid notebook."""
    assert notebook is not None
    nbformat.validate(notebook)
    marked = [cell for cell in notebook.cells if "nbgrader" in cell.metadata]
    expected = [cell for cell in released.cells if "nbgrader" in cell.metadata]
    assert [cell.metadata.nbgrader for cell in marked] == [cell.metadata.nbgrader for cell in expected]
    assert [cell.cell_type for cell in marked] == [cell.cell_type for cell in expected]
    for cell, ours in zip(marked, expected, strict=True):
        if not ours.metadata.nbgrader.solution:
            assert cell.source == ours.source
    assert len({cell.id for cell in notebook.cells}) == len(notebook.cells)


def repaired(submitted: Any, released: NotebookNode) -> tuple[dict[str, str], list[str], NotebookNode]:
    result = repair(submitted if isinstance(submitted, bytes) else raw(submitted), released)
    assert_whole(result.notebook, released)
    assert result.notebook is not None
    return by_name(result.notebook), result.messages, result.notebook


def assert_answers_kept(answers: dict[str, str]) -> None:
    assert (answers["square"], answers["double"], answers["why"]) == (SQUARE, DOUBLE, "Because.")


def test_an_untouched_submission_needs_no_message(honest: NotebookNode, released: NotebookNode) -> None:
    answers, messages, notebook = repaired(honest, released)
    assert_answers_kept(answers)
    assert messages == []
    assert [cell.source for cell in notebook.cells] == [cell.source for cell in honest.cells]


def test_a_deleted_test_cell_is_put_back(honest: NotebookNode, released: NotebookNode) -> None:
    del honest.cells[3]
    answers, messages, notebook = repaired(honest, released)
    assert_answers_kept(answers)
    assert messages == ["Cell 'square-visible' had been deleted and put back."]
    assert notebook.cells[3].source == "assert square(3) == 9"


def test_a_deleted_answer_counts_as_unanswered(honest: NotebookNode, released: NotebookNode) -> None:
    del honest.cells[2]
    answers, messages, _ = repaired(honest, released)
    assert "NotImplementedError" in answers["square"]
    assert answers["double"] == DOUBLE
    assert messages == ["Cell 'square' is missing."]


def test_a_deleted_cell_that_is_answered_elsewhere_does_not_undo_the_answer(
    honest: NotebookNode, released: NotebookNode
) -> None:
    del honest.cells[2]
    honest.cells.insert(1, new_code_cell(f"%matplotlib inline\nimport math\n{SQUARE}"))
    answers, messages, notebook = repaired(honest, released)
    assert answers["square"] == ELSEWHERE
    assert answers["double"] == DOUBLE
    assert messages == [
        "Cell 'square' had been deleted; what it asks for is defined in another cell and counts."
    ]
    assert [cell.source for cell in notebook.cells].count(honest.cells[1].source) == 1


def test_answers_merged_into_one_answer_cell_all_count(honest: NotebookNode, released: NotebookNode) -> None:
    place = next(
        i for i, c in enumerate(honest.cells) if c.metadata.get("nbgrader", {}).get("grade_id") == "double"
    )
    honest.cells[2].source = f"{SQUARE}\n\n\n{DOUBLE}"
    del honest.cells[place]
    answers, messages, _ = repaired(honest, released)
    assert (answers["square"], answers["double"]) == (f"{SQUARE}\n\n\n{DOUBLE}", ELSEWHERE)
    assert messages == [
        "Cell 'double' had been deleted; what it asks for is defined in another cell and counts."
    ]


def test_a_stub_left_in_its_cell_is_no_answer_to_another(
    honest: NotebookNode, released: NotebookNode
) -> None:
    """Two questions that ask for one name: the answer to the first does not stand for the second."""
    again = copy.deepcopy(released)
    second = copy.deepcopy(again.cells[2])
    second.metadata.nbgrader.grade_id, second.id = "square-again", "again"
    again.cells.append(second)
    honest.cells[2].source = SQUARE
    answers, messages, _ = repaired(honest, again)
    assert answers["square"] == SQUARE
    assert "NotImplementedError" in answers["square-again"]
    assert messages == ["Cell 'square-again' is missing."]


def test_of_two_copies_the_edited_one_wins(honest: NotebookNode, released: NotebookNode) -> None:
    stub = copy.deepcopy(released.cells[2])
    stub.id = "copied"
    honest.cells.insert(3, stub)
    answers, messages, notebook = repaired(honest, released)
    assert_answers_kept(answers)
    assert messages == ["Cell 'square' was there 2 times; the copy edited last counts."]
    assert len(notebook.cells) == len(released.cells)


def test_of_two_edited_copies_the_last_is_the_answer_and_the_first_stays_code(
    honest: NotebookNode, released: NotebookNode
) -> None:
    draft = copy.deepcopy(honest.cells[2])
    draft.update(id="draft", source="def helper(x):\n    return x")
    honest.cells.insert(2, draft)
    answers, _, notebook = repaired(honest, released)
    assert_answers_kept(answers)
    assert [cell.source for cell in notebook.cells[2:4]] == [draft.source, SQUARE]
    assert notebook.cells[2].metadata == {}


def test_a_copied_test_cell_stays_one_cell(honest: NotebookNode, released: NotebookNode) -> None:
    honest.cells.append(copy.deepcopy(honest.cells[4]))
    answers, messages, notebook = repaired(honest, released)
    assert_answers_kept(answers)
    assert len(notebook.cells) == len(released.cells)
    assert messages == ["Cell 'square-hidden' was there 2 times; the released text counts."]


def test_a_split_answer_runs_in_order(honest: NotebookNode, released: NotebookNode) -> None:
    first, second = copy.deepcopy(honest.cells[2]), copy.deepcopy(honest.cells[2])
    first.update(id="first", source="half = 0.5")
    honest.cells[2:3] = [first, second]
    _, _, notebook = repaired(honest, released)
    assert [cell.source for cell in notebook.cells[2:4]] == ["half = 0.5", SQUARE]


def test_a_split_answer_without_a_mark_on_its_second_half_runs_in_order(
    honest: NotebookNode, released: NotebookNode
) -> None:
    honest.cells[2].source = "half = 0.5"
    honest.cells.insert(3, new_code_cell(SQUARE))
    _, _, notebook = repaired(honest, released)
    assert [cell.source for cell in notebook.cells[2:4]] == ["half = 0.5", SQUARE]


def test_moved_cells_stand_in_the_released_order_again(honest: NotebookNode, released: NotebookNode) -> None:
    honest.cells.insert(0, honest.cells.pop(5))
    answers, messages, _ = repaired(honest, released)
    assert_answers_kept(answers)
    assert messages == ["Cells had been moved; they stand in the released order again."]


def test_foreign_cells_stay_beside_their_neighbours(honest: NotebookNode, released: NotebookNode) -> None:
    honest.cells.insert(0, new_code_cell("top = 1"))
    honest.cells.insert(4, new_code_cell("after_square = 1"))
    honest.cells.append(new_raw_cell("<script>alert(1)</script>"))
    honest.cells.append(new_code_cell("   "))
    answers, messages, notebook = repaired(honest, released)
    assert_answers_kept(answers)
    assert messages == []
    sources = [cell.source for cell in notebook.cells]
    assert sources[0] == "top = 1"
    assert sources[sources.index(SQUARE) + 1] == "after_square = 1"
    assert (notebook.cells[-1].cell_type, sources[-1]) == ("markdown", "<script>alert(1)</script>")


def test_a_changed_test_cell_is_restored_and_an_answer_in_it_survives(
    honest: NotebookNode, released: NotebookNode
) -> None:
    honest.cells[2].source = released.cells[2].source
    honest.cells[3].source = f"{SQUARE}\nassert square(3) == 9"
    honest.cells[6].source = "assert True"
    _, messages, notebook = repaired(honest, released)
    assert messages == [
        "Each of the cells 'square-visible', 'double-visible' is locked but had been changed; "
        "the released text was put back.",
        "Cell 'square-visible' is locked; what had been written into it was kept before it.",
    ]
    assert notebook.cells[3].source == f"{SQUARE}\nassert square(3) == 9"
    assert notebook.cells[3].metadata == {}
    assert "assert True" not in [cell.source for cell in notebook.cells]


@pytest.mark.parametrize("keep_ids", [True, False])
@pytest.mark.parametrize("moved", [True, False])
def test_lost_marks_are_found_by_id_content_and_place(
    honest: NotebookNode, released: NotebookNode, keep_ids: bool, moved: bool
) -> None:
    for number, cell in enumerate(honest.cells):
        cell.metadata = {}
        if not keep_ids:
            cell.id = f"other-{number}"
    if moved:
        honest.cells.append(honest.cells.pop(0))
    answers, messages, notebook = repaired(honest, released)
    assert_answers_kept(answers)
    assert "had lost nbgrader's mark" in messages[0]
    assert len(notebook.cells) == len(released.cells)


def test_an_unmarked_cell_that_was_rewritten_is_not_undone(
    honest: NotebookNode, released: NotebookNode
) -> None:
    honest.cells[1] = new_code_cell("import math\nfrom math import pi")
    _, _, notebook = repaired(honest, released)
    assert [cell.source for cell in notebook.cells if "import math" in cell.source] == [
        "import math\nfrom math import pi"
    ]


def test_a_deleted_unmarked_code_cell_is_put_back(honest: NotebookNode, released: NotebookNode) -> None:
    del honest.cells[1]
    _, _, notebook = repaired(honest, released)
    assert notebook.cells[1].source == "import math"


def test_a_relabelled_cell_is_found_by_its_place(honest: NotebookNode, released: NotebookNode) -> None:
    honest.cells[2].metadata.nbgrader.grade_id = "sqaure"
    honest.cells[2].id = "new"
    answers, messages, _ = repaired(honest, released)
    assert_answers_kept(answers)
    assert messages == ["Cell 'square' had lost nbgrader's mark and was found by content or place."]


def test_changed_points_tags_and_types_have_no_effect(honest: NotebookNode, released: NotebookNode) -> None:
    honest.cells[3].metadata.nbgrader.points = 1000
    honest.cells[4].metadata.tags = ["skip-execution"]
    honest.cells[2].cell_type = "markdown"
    honest.metadata.kernelspec = {"name": "evil", "language": "evil"}
    answers, messages, notebook = repaired(honest, released)
    assert_answers_kept(answers)
    assert notebook.cells[3].metadata.nbgrader.points == 1
    assert notebook.metadata.kernelspec.name == "python3"
    assert messages == [
        "The notebook was saved with a kernel for evil; python grades it.",
        "Cell tags were removed, they do not count in grading: skip-execution.",
        "Cell 'square' had become a markdown cell and is a code cell again.",
    ]


def test_changed_roles_are_told_and_have_no_effect(honest: NotebookNode, released: NotebookNode) -> None:
    honest.cells[3].metadata.nbgrader |= {"solution": True, "grade": False, "locked": False}
    honest.cells[5].metadata.nbgrader |= {"grade": True}
    answers, messages, _ = repaired(honest, released)
    assert_answers_kept(answers)
    assert messages == [
        "Each of the cells 'square-visible', 'double' carried other marks than the released cell; "
        "the released ones count."
    ]


def test_swapped_labels_move_no_answer(honest: NotebookNode, released: NotebookNode) -> None:
    square, double = honest.cells[2], honest.cells[5]
    square.metadata, double.metadata = double.metadata, square.metadata
    answers, messages, _ = repaired(honest, released)
    assert_answers_kept(answers)
    assert messages == [
        "Each of the cells 'square', 'double' had lost nbgrader's mark and was found by content or place."
    ]


@pytest.mark.parametrize("version", [1, 2, 4, "three", None, 10**400])
def test_any_schema_version_will_do(honest: NotebookNode, released: NotebookNode, version: object) -> None:
    for cell in honest.cells:
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.schema_version = version
    answers, messages, _ = repaired(honest, released)
    assert_answers_kept(answers)
    assert messages == ["The cells carried marks of another nbgrader version; the released ones were used."]


def test_old_notebook_formats(honest: NotebookNode, released: NotebookNode) -> None:
    for cell in honest.cells:
        del cell["id"]
    assert_answers_kept(repaired(honest | {"nbformat_minor": 0}, released)[0])
    sheet = [
        {"cell_type": "code", "input": cell.source.splitlines(True), "metadata": cell.metadata, "outputs": []}
        if cell.cell_type == "code"
        else {"cell_type": "markdown", "source": cell.source, "metadata": cell.metadata}
        for cell in honest.cells
    ]
    heading = {"cell_type": "heading", "level": 2, "source": "Mine", "metadata": {}}
    old = {"nbformat": 3, "metadata": {}, "worksheets": [{"cells": [*sheet, heading]}]}
    for version in (2, 3):
        answers, messages, notebook = repaired(old | {"nbformat": version}, released)
        assert_answers_kept(answers)
        assert notebook.cells[-1].source == "## Mine"
        assert messages == ["The notebook was saved in a format older than 4; it was read all the same."]
    for cell in sheet:
        del cell["metadata"]
    assert_answers_kept(repaired(old, released)[0])


def test_the_instructors_pictures_stay_with_his_text(released: NotebookNode) -> None:
    """A page cannot be made of a text that shows a picture which is gone."""
    pictures = {"a.svg": {"image/svg+xml": "<svg/>"}}
    released = copy.deepcopy(released)
    released.cells.append(new_markdown_cell("![a](attachment:a.svg)", id="pictured"))
    released.cells[-1].attachments = pictures
    handed_in = copy.deepcopy(released)
    del handed_in.cells[-1]["attachments"]
    notebook = repair(nbformat.writes(handed_in).encode(), released).notebook
    assert notebook is not None
    assert notebook.cells[-1].attachments == pictures


def test_outputs_attachments_and_odd_characters(honest: NotebookNode, released: NotebookNode) -> None:
    honest.cells[2].outputs = [{"output_type": "stream", "name": "stdout", "text": "x" * 3_000_000}]
    honest.cells[2].source = SQUARE.replace("\n", "\r\n") + "\x00"
    honest.cells[5].source = DOUBLE + "  # \ud800"
    honest.cells[8].attachments = {
        "a.png": {"image/png": "aGVsbG8="},
        "b.svg": {"image/svg+xml": "PHN2Zy8+"},
        "c.png": {"image/png": "not base64!"},
    }
    answers, messages, notebook = repaired(b"\xef\xbb\xbf" + raw(honest), released)
    assert messages == ["Characters that are no text were replaced (2 cells)."]
    assert answers["square"] == SQUARE
    assert answers["double"] == DOUBLE + "  # ?"
    assert notebook.cells[8].attachments == {"a.png": {"image/png": "aGVsbG8="}}
    assert all(cell.outputs == [] for cell in notebook.cells if cell.cell_type == "code")
    assert_answers_kept(repaired(json.dumps(answered(released, square=SQUARE, double=DOUBLE, why="Because."))
                                 .encode("utf-16"), released)[0])  # fmt: skip


def test_a_file_that_was_cut_off_keeps_its_whole_cells(honest: NotebookNode, released: NotebookNode) -> None:
    text = json.dumps(honest, indent=1)
    result = repair(text[: text.index("2 * x")].encode(), released)
    assert result.salvaged
    assert_whole(result.notebook, released)
    assert result.notebook is not None
    answers = by_name(result.notebook)
    assert answers["square"] == SQUARE
    assert "NotImplementedError" in answers["double"]
    assert result.messages[0].startswith("The file is damaged (")


def test_merge_conflict_marks_lose_no_answer(honest: NotebookNode, released: NotebookNode) -> None:
    text = json.dumps(honest, indent=1)
    cut = text.index('"execution_count"', text.index("x * x"))
    text = f"{text[:cut]}<<<<<<< HEAD\n=======\n>>>>>>> theirs\n{text[cut:]}"
    result = repair(text.encode(), released)
    assert result.salvaged
    assert result.notebook is not None
    assert by_name(result.notebook)["double"] == DOUBLE


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty."),
        (b"   \n", "The file is empty."),
        (b"%PDF-1.4 \xff\xfe", "The file is not a notebook: it is not valid JSON"),
        (b"[" * 100_000, "The file is nested too deeply"),
        (b'{"a":' * 100_000, "The file is nested too deeply"),
        (b"[" * 2_000_001, "The file has more than 2,000,000 parts."),
        (b"null", "The file is JSON but no notebook"),
        (b'{"cells": 3}', "The file is JSON but no notebook"),
        (b"9" * 10_000, "The file is not a notebook"),
    ],
)
def test_what_is_no_notebook_gets_a_sentence_that_helps(
    content: bytes, message: str, released: NotebookNode
) -> None:
    result = repair(content, released)
    assert result.notebook is None
    assert result.messages[-1].startswith(message)


def test_odd_cells_are_left_out(honest: NotebookNode, released: NotebookNode) -> None:
    honest.cells += [
        None,
        3,
        {"cell_type": ["code"], "source": {"a": 1}},
        {
            "metadata": {"nbgrader": {"grade_id": ["square"]}, "tags": {"a": 1}},
            "cell_type": "code",
            "source": "y = 1",
        },
        {"metadata": [], "cell_type": "code", "source": ["z = 1", 4], "id": "not an id"},
    ]
    answers, messages, notebook = repaired(honest, released)
    assert_answers_kept(answers)
    assert messages[0] == "2 cells had no readable content and were left out."
    assert [cell.source for cell in notebook.cells[-2:]] == ["y = 1", "z = 1"]


def test_thousands_of_cells_are_cut(honest: NotebookNode, released: NotebookNode) -> None:
    honest.cells += [new_markdown_cell(f"{n}") for n in range(MAX_CELLS)]
    answers, messages, _ = repaired(honest, released)
    assert_answers_kept(answers)
    assert messages[0] == f"The notebook has {len(honest.cells)} cells; only the first {MAX_CELLS} were read."


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_no_reshuffling_loses_an_honest_answer(data: st.DataObject, released: NotebookNode) -> None:
    """Drop, copy and move cells as one likes: as long as an answer is there with its mark, it is found."""
    cells = answered(released, square=SQUARE, double=DOUBLE, why="Because.").cells
    places = data.draw(st.lists(st.integers(0, len(cells) - 1), max_size=20))
    strange = st.builds(
        lambda source, kind: {"cell_type": kind, "source": source, "metadata": {}},
        st.text(max_size=30),
        st.sampled_from(["code", "markdown", "raw", "heading", "nonsense"]),
    )
    chosen = [copy.deepcopy(cells[place]) for place in places]
    for foreign in data.draw(st.lists(strange, max_size=5)):
        chosen.insert(data.draw(st.integers(0, len(chosen))), foreign)
    _, _, notebook = repaired({"cells": chosen, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, released)
    answers = by_name(notebook)
    for place, name, text in ((2, "square", SQUARE), (5, "double", DOUBLE), (8, "why", "Because.")):
        if place in places:
            assert answers[name] == text


FIELDS = [
    *(
        "cells",
        "cell_type",
        "source",
        "metadata",
        "nbgrader",
        "grade_id",
        "id",
        "tags",
        "input",
        "worksheets",
    ),
    *("attachments", "level", "schema_version"),
]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(FIELDS) | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=25,
)


@settings(deadline=None, max_examples=300)
@given(content=json_values | st.lists(json_values, max_size=6).map(lambda cells: {"cells": cells}))
def test_any_json_is_handled(content: object, released: NotebookNode) -> None:
    result = repair(json.dumps(content).encode(), released)
    if result.notebook is None:
        assert result.messages
    else:
        assert_whole(result.notebook, released)


@settings(deadline=None, max_examples=200)
@given(content=st.binary(max_size=200))
def test_any_bytes_are_handled(content: bytes, released: NotebookNode) -> None:
    result = repair(content, released)
    assert result.notebook is None
    assert result.messages


def test_a_broken_byte_anywhere_is_handled(
    honest: NotebookNode, released: NotebookNode, tmp_path: Path
) -> None:
    whole = raw(honest)
    for at in range(0, len(whole), 97):
        result = repair(whole[:at] + b"\xff" + whole[at + 1 :], released)
        if result.notebook is not None:
            assert_whole(result.notebook, released)


def test_an_enormous_notebook_is_cut_in_time(honest: NotebookNode, released: NotebookNode) -> None:
    """What would take minutes if every cell were compared with every other letter by letter."""
    honest.cells += [new_code_cell("x = 1\n" * 100_000) for _ in range(50)]
    answers, messages, _ = repaired(honest, released)
    assert_answers_kept(answers)
    assert messages[0] == "50 cells of more than 500,000 characters were cut."
    assert messages[1].startswith("The notebook has more than 20,000,000 characters; 49 cells were read.")
    many = [{"cell_type": "code", "source": f"{'abc' * 300} {number}"} for number in range(1900)]
    assert_whole(repair(raw({"cells": many}), released).notebook, released)
