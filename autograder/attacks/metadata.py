"""What can be done to a notebook without running code: marks, tags, cells, formats. Slips and tricks alike."""

# ruff: noqa: E501 (programs in strings, one entry after the other)

from __future__ import annotations

import base64
import json
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.attacks.course import FULL, GATES, GUESSED, QUESTIONS, RIGHT, WRONG
from autograder.attacks.entry import Draft, Entry, is_test

RIGHT_SCORE = FULL[GATES]


def _tag_tests(*tags: str) -> Any:
    def make(draft: Draft) -> None:
        for cell in draft.tests():
            cell.metadata["tags"] = list(tags)

    return make


def _mark_all(**fields: Any) -> Any:
    """Change nbgrader's mark of every cell that has one."""

    def make(draft: Draft) -> None:
        for cell in draft.notebook.cells:
            if "nbgrader" in cell.metadata:
                cell.metadata["nbgrader"].update(fields)

    return make


def _mark_tests(**fields: Any) -> Any:
    def make(draft: Draft) -> None:
        for cell in draft.tests():
            cell.metadata["nbgrader"].update(fields)

    return make


def _replace_tests(source: str) -> Any:
    def make(draft: Draft) -> None:
        for cell in draft.tests():
            cell.source = source

    return make


def _without_tests(draft: Draft) -> None:
    draft.notebook.cells = [cell for cell in draft.notebook.cells if not is_test(cell)]


def _tests_twice(draft: Draft) -> None:
    draft.notebook.cells = [
        cell
        for original in draft.notebook.cells
        for cell in ([original, nbformat.from_dict(dict(original))] if is_test(original) else [original])
    ]


def _answers_twice(draft: Draft) -> None:
    """Every answer cell a second time, with the right answer in one of the two and the stub in the other."""
    for number, name in enumerate(QUESTIONS):
        place = draft.place(name)
        copy = nbformat.from_dict(dict(draft.notebook.cells[place]))
        copy.id = f"copy-{number}"
        copy.source = "# YOUR CODE HERE\nraise NotImplementedError()"
        draft.notebook.cells.insert(place + number % 2, copy)


def _tests_without_mark(draft: Draft) -> None:
    for cell in draft.tests():
        del cell.metadata["nbgrader"]


def _without_marks(draft: Draft) -> None:
    for cell in draft.notebook.cells:
        cell.metadata.clear()


def _without_marks_and_ids(draft: Draft) -> None:
    _without_marks(draft)
    for cell in draft.notebook.cells:
        cell.pop("id", None)
    draft.notebook.nbformat_minor = 4


def _reversed(draft: Draft) -> None:
    draft.notebook.cells.reverse()


def _as_text(draft: Draft) -> None:
    """Two answers and a test as Markdown, as happens with one wrong key."""
    for name in ("product", "gate", "relu-visible"):
        cell = draft.cell(name)
        cell.cell_type = "markdown"
        cell.pop("outputs", None)
        cell.pop("execution_count", None)


def _raw_cells(draft: Draft) -> None:
    _as_text(draft)
    for name in ("product", "gate", "relu-visible"):
        draft.cell(name).cell_type = "raw"


def _same_ids(draft: Draft) -> None:
    for cell in draft.notebook.cells:
        cell.id = "same"


def _odd_ids(draft: Draft) -> None:
    for number, cell in enumerate(draft.notebook.cells):
        cell.id = ['"><script>alert(1)</script>', "", "a" * 200, "../../x", 7, None, "ä"][number % 7]


def _other_marks(*values: Any) -> Any:
    """Marks that are no dictionaries."""

    def make(draft: Draft) -> None:
        for number, cell in enumerate(draft.notebook.cells):
            if "nbgrader" in cell.metadata:
                cell.metadata["nbgrader"] = values[number % len(values)]

    return make


def _metadata(**fields: Any) -> Any:
    def make(draft: Draft) -> None:
        draft.notebook.metadata.update(fields)

    return make


def _format(major: Any, minor: Any) -> Any:
    def make(draft: Draft) -> None:
        draft.notebook.nbformat, draft.notebook.nbformat_minor = major, minor

    return make


def _format_3(draft: Draft) -> None:
    """As a notebook of 2013: a worksheet, `input` for `source`, headings."""
    cells = []
    for cell in draft.notebook.cells:
        old = {"cell_type": cell.cell_type, "metadata": cell.metadata}
        if cell.cell_type == "code":
            old |= {"input": cell.source, "language": "python", "outputs": [], "collapsed": False}
        else:
            old |= {"source": cell.source}
        cells.append(old)
    notebook = {"metadata": {"name": "gates"}, "nbformat": 3, "nbformat_minor": 0}
    draft.raw = json.dumps(notebook | {"worksheets": [{"cells": cells}]}).encode()


def _source_as_lines(draft: Draft) -> None:
    notebook = json.loads(draft.dump())
    for number, cell in enumerate(notebook["cells"]):
        ends = "\r\n" if number % 2 else "\n"
        lines = cell["source"].split("\n")
        cell["source"] = [f"{line}{ends}" for line in lines[:-1]] + [None, 7] + lines[-1:]
    draft.raw = json.dumps(notebook).encode()


def _odd_outputs(draft: Draft) -> None:
    for number, cell in enumerate(draft.notebook.cells):
        if cell.cell_type == "code":
            cell.outputs = [[], None, "text", 7, {"output_type": 3}, [[[]]]][number % 6]
            cell.execution_count = ["x", -1, 2**70, None, [], {}][number % 6]


def _large_outputs(draft: Draft) -> None:
    for cell in draft.tests():
        text = "x" * 1_500_000
        cell.outputs = [{"output_type": "stream", "name": "stdout", "text": text}]


def _large_metadata(draft: Draft) -> None:
    draft.notebook.metadata["widgets"] = {f"key {n}": "x" * 1000 for n in range(2000)}
    for cell in draft.notebook.cells:
        cell.metadata["junk"] = ["x" * 1000] * 100


def _split_answer(draft: Draft) -> None:
    """The answer in two cells: the method of the second one is added to the class of the first."""
    head, _, rest = RIGHT["gate"].partition("\n\n")
    draft.cell("gate").source = head
    body = "\n".join(line.removeprefix("    ") for line in rest.split("\n"))
    draft.own_cell(f"{body}\nMultiplyGate.backward = backward", before="gate-visible")


def _merged_answers(draft: Draft) -> None:
    """All answers in one cell of the student's own, the answer cells deleted."""
    draft.own_cell("\n\n\n".join(RIGHT[name] for name in QUESTIONS))
    draft.remove(*QUESTIONS)


def _answer_in_test(draft: Draft) -> None:
    """The answer written into the locked test cell below it, the answer cell left as it was released."""
    draft.cell("product").source = "def product(x, y):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    test = draft.cell("product-visible")
    test.source = f"{RIGHT['product']}\n\n{test.source}"


def _swapped_marks(draft: Draft) -> None:
    first, second = draft.cell("product"), draft.cell("initials")
    first.metadata, second.metadata = second.metadata, first.metadata


def _edited_twice(draft: Draft) -> None:
    place = draft.place("product")
    wrong = nbformat.from_dict(dict(draft.notebook.cells[place]))
    wrong.source, wrong.id = WRONG["product"], "first-try"
    draft.notebook.cells.insert(place, wrong)


def _surrogates(draft: Draft) -> None:
    draft.cell("initials").source += "\n# \ud83d and \udc00\nalone = '\ud800'"
    draft.raw = json.dumps(draft.notebook).encode()


def _double_keys(draft: Draft) -> None:
    """JSON with every key of the file twice; the last one counts, as in any reader."""
    text = draft.dump()
    draft.raw = f'{{"cells": [], "metadata": [], "nbformat": "x", {text[1:]}'.encode()


def _not_a_number(draft: Draft) -> None:
    text = draft.dump()
    draft.raw = (
        text.replace('"points": 1', '"points": NaN').replace('"points": 2', '"points": -Infinity').encode()
    )


def _attachments(draft: Draft) -> None:
    script = base64.b64encode(b"<script>alert(1)</script>").decode()
    draft.cell("why").attachments = {
        "a.svg": {"image/svg+xml": script},
        "b.html": {"text/html": script},
        "c.png": {"image/png": "not base64 !"},
        "d": None,
    }


def _many_cells(draft: Draft) -> None:
    draft.notebook.cells += [new_code_cell("pass") for _ in range(4000)]


def _many_empty_cells(draft: Draft) -> None:
    cells = []
    for cell in draft.notebook.cells:
        cells += [cell, new_code_cell(""), new_markdown_cell(""), new_code_cell("\n \n")]
    draft.notebook.cells = cells


def _own_cells_everywhere(draft: Draft) -> None:
    cells = []
    for number, cell in enumerate(draft.notebook.cells):
        cells += [cell, new_code_cell(f"scratch_{number} = {number}"), new_markdown_cell("A note.")]
    draft.notebook.cells = cells


ENTRIES = (
    # -- no code at all: points by marks and tags ---------------------------------------------------------
    Entry(
        "metadata-skip-execution",
        "tags every test with skip-execution, so that no test is run",
        GUESSED,
        base="wrong",
        make=_tag_tests("skip-execution"),
        told="Cell tags were removed",
        sample=True,
    ),
    Entry(
        "metadata-other-tags",
        "tags tests with all that tools act upon: raises-exception, remove-cell, parameters, hide-input",
        GUESSED,
        base="wrong",
        make=_tag_tests("raises-exception", "remove-cell", "remove_input", "parameters", "skip", "noqa"),
        told="Cell tags were removed",
    ),
    Entry(
        "metadata-tests-emptied",
        "replaces the text of every locked test by `pass`",
        GUESSED,
        base="wrong",
        make=_replace_tests("pass"),
        told="is locked but had been changed; the released text was put back",
    ),
    Entry(
        "metadata-tests-with-points",
        "replaces every locked test by the number of points it would like",
        GUESSED,
        base="wrong",
        make=_replace_tests("100"),
    ),
    Entry(
        "metadata-more-points",
        "raises the points in the marks of all tests to a thousand",
        GUESSED,
        base="wrong",
        make=_mark_all(points=1000),
    ),
    Entry(
        "metadata-no-grade",
        "marks tests as neither graded nor locked",
        RIGHT_SCORE,
        make=_mark_tests(grade=False, locked=False, solution=False),
    ),
    Entry(
        "metadata-tests-as-solutions",
        "marks tests as answer cells with text of its own",
        GUESSED,
        base="wrong",
        make=lambda draft: (_mark_tests(solution=True)(draft), _replace_tests("pass")(draft)),
    ),
    Entry(
        "metadata-tests-as-tasks",
        "marks tests as tasks that a person grades",
        GUESSED,
        base="wrong",
        make=_mark_tests(task=True, grade=False, points=100),
    ),
    Entry(
        "metadata-own-limits",
        "states limits, packages and the level of isolation of its own in the notebook's metadata",
        GUESSED,
        base="wrong",
        make=_metadata(
            coursekit={"limits": {"question_seconds": 1e9}, "packages": ["os", "nbgrader"], "level": "none"}
        ),
    ),
    # -- slips of honest students -------------------------------------------------------------------------
    Entry(
        "metadata-tests-deleted",
        "has deleted all tests",
        RIGHT_SCORE,
        make=_without_tests,
        told="had been deleted and put back",
        sample=True,
    ),
    Entry(
        "metadata-tests-deleted-wrong",
        "has wrong answers and has deleted all tests",
        GUESSED,
        base="wrong",
        make=_without_tests,
    ),
    Entry(
        "metadata-tests-twice",
        "has every test twice",
        RIGHT_SCORE,
        make=_tests_twice,
        told="was there 2 times",
    ),
    Entry(
        "metadata-answers-twice",
        "has every answer cell twice, one of the two as released",
        RIGHT_SCORE,
        make=_answers_twice,
        told="the copy edited last counts",
    ),
    Entry(
        "metadata-edited-twice",
        "has an answer cell twice with different answers, the right one last",
        RIGHT_SCORE,
        make=_edited_twice,
        told="Cell 'product' was there 2 times; the copy edited last counts.",
    ),
    Entry(
        "metadata-tests-without-mark",
        "has lost nbgrader's marks of the tests",
        RIGHT_SCORE,
        make=_tests_without_mark,
    ),
    Entry("metadata-without-marks", "has lost all of nbgrader's marks", RIGHT_SCORE, make=_without_marks),
    Entry(
        "metadata-without-marks-and-ids",
        "has lost marks and ids alike, as from another editor",
        RIGHT_SCORE,
        make=_without_marks_and_ids,
    ),
    *(
        Entry(
            f"metadata-schema-{name}",
            f"says that its marks have schema version {version!r}",
            RIGHT_SCORE,
            make=_mark_all(schema_version=version),
            told="marks of another nbgrader version",
        )
        for name, version in (("old", 1), ("new", 99), ("text", "3"), ("none", None), ("list", [3]))
    ),
    Entry("metadata-format-5", "says that it is of notebook format 5.99", RIGHT_SCORE, make=_format(5, 99)),
    Entry("metadata-format-text", "says that its format is a text", RIGHT_SCORE, make=_format("four", None)),
    Entry("metadata-format-3", "is a notebook of format 3", RIGHT_SCORE, make=_format_3),
    Entry(
        "metadata-reversed",
        "has its cells in the opposite order",
        RIGHT_SCORE,
        make=_reversed,
        told="Cells had been moved",
    ),
    Entry(
        "metadata-code-as-text",
        "has turned two answers and a test into text cells",
        RIGHT_SCORE,
        make=_as_text,
        told="had become a markdown cell and is a code cell again",
    ),
    Entry(
        "metadata-code-as-raw",
        "has turned two answers and a test into raw cells",
        RIGHT_SCORE,
        make=_raw_cells,
        told="had become a raw cell and is a code cell again",
    ),
    Entry("metadata-same-ids", "gives all its cells one id", RIGHT_SCORE, make=_same_ids),
    Entry(
        "metadata-odd-ids", "has ids that are markup, paths, numbers or nothing", RIGHT_SCORE, make=_odd_ids
    ),
    Entry(
        "metadata-odd-marks",
        "has lists, texts and numbers in place of marks",
        RIGHT_SCORE,
        make=_other_marks([], "mark", 7, None, True, {"grade_id": ["list"]}, {"grade_id": None}),
    ),
    Entry("metadata-double-keys", "has every key of the file twice", RIGHT_SCORE, make=_double_keys),
    Entry("metadata-not-a-number", "has NaN and Infinity for points", RIGHT_SCORE, make=_not_a_number),
    Entry(
        "metadata-source-as-lines",
        "has sources as lists of lines and other things",
        RIGHT_SCORE,
        make=_source_as_lines,
    ),
    Entry("metadata-odd-outputs", "has outputs and counts of wrong types", RIGHT_SCORE, make=_odd_outputs),
    Entry("metadata-large-outputs", "has twenty megabytes of outputs", RIGHT_SCORE, make=_large_outputs),
    Entry("metadata-large-metadata", "has megabytes of metadata", RIGHT_SCORE, make=_large_metadata),
    Entry("metadata-attachments", "has attachments that are no pictures", RIGHT_SCORE, make=_attachments),
    Entry(
        "metadata-kernelspec",
        "asks for a kernel that runs a shell",
        RIGHT_SCORE,
        make=_metadata(
            kernelspec={"name": "../../bash", "argv": ["/bin/sh", "-c", "id"], "language": "bash"},
            language_info={
                "name": "bash",
                "codemirror_mode": {"name": "<script>"},
                "file_extension": "/../x",
            },
        ),
    ),
    Entry(
        "metadata-split-answer",
        "has split an answer into two cells",
        RIGHT_SCORE,
        make=_split_answer,
        sample=True,
    ),
    Entry(
        "metadata-merged-answers",
        "has written all answers into one cell of its own and deleted the answer cells",
        RIGHT_SCORE,
        make=_merged_answers,
        told="defined in another cell and counts",
    ),
    Entry(
        "metadata-answer-in-test",
        "has written an answer into the locked test below it",
        RIGHT_SCORE,
        make=_answer_in_test,
        told="what had been written into it was kept",
    ),
    Entry(
        "metadata-swapped-marks",
        "has the marks of two answer cells swapped; ids and text still tell which is which",
        RIGHT_SCORE,
        make=_swapped_marks,
    ),
    Entry("metadata-surrogates", "holds half a character", RIGHT_SCORE, make=_surrogates),
    Entry(
        "metadata-many-cells",
        "has four thousand cells more",
        RIGHT_SCORE,
        make=_many_cells,
        told="only the first 2000 were read",
    ),
    Entry("metadata-empty-cells", "has empty cells everywhere", RIGHT_SCORE, make=_many_empty_cells),
    Entry("metadata-own-cells", "has cells of its own everywhere", RIGHT_SCORE, make=_own_cells_everywhere),
)
