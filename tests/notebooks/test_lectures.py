"""Every lecture: tidy in git, and run from top to bottom on a fresh kernel."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from xml.etree import ElementTree

import nbformat
from nbformat import NotebookNode

from tests.notebooks.lectures import LECTURES, lecture, outputs, read

CELL_ID = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")  # readable ones: they are links and anchors
SVG = "{http://www.w3.org/2000/svg}"


def prose(name: str) -> list[NotebookNode]:
    return [cell for cell in read(name).cells if cell.cell_type == "markdown"]


def without_code(text: str) -> str:
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def test_there_are_lectures() -> None:
    assert "03_gates_and_graphs.ipynb" in LECTURES
    assert all(re.fullmatch(r"\d\d_[a-z0-9_]+\.ipynb", name) for name in LECTURES)


# ---- as it lies in git ----


@lecture
def test_format(name: str) -> None:
    notebook = read(name)
    nbformat.validate(notebook)
    assert (notebook.nbformat, notebook.nbformat_minor) == (4, 5)
    assert notebook.metadata.kernelspec.name == "python3"
    assert set(notebook.metadata) == {"kernelspec", "language_info"}


@lecture
def test_nothing_has_been_run(name: str) -> None:
    for cell in read(name).cells:
        if cell.cell_type == "code":
            assert cell.outputs == []
            assert cell.execution_count is None


@lecture
def test_cell_ids(name: str) -> None:
    ids = [cell.id for cell in read(name).cells]
    assert len(set(ids)) == len(ids)
    assert [cell_id for cell_id in ids if not CELL_ID.fullmatch(cell_id)] == []


@lecture
def test_metadata_says_only_what_is_covered(name: str) -> None:
    for cell in read(name).cells:
        assert set(cell.metadata) <= {"covers"}, cell.id


@lecture
def test_headings_in_order(name: str) -> None:
    headings = [
        (len(marks), title)
        for cell in prose(name)
        for marks, title in re.findall(r"^(#+) (.+)$", without_code(cell.source), flags=re.MULTILINE)
    ]
    levels = [level for level, _ in headings]
    assert levels[0] == 1
    assert levels.count(1) == 1, "one title"
    assert all(after <= before + 1 for before, after in pairwise(levels)), headings
    numbered = [int(number) for _, title in headings for number in re.findall(r"^(\d+)\. ", title)]
    assert numbered == list(range(1, len(numbered) + 1))


@lecture
def test_title_carries_the_number_of_the_file(name: str) -> None:
    number = int(name[:2])
    title = read(name).cells[0].source.splitlines()[0]
    assert number == 0 or title.startswith(f"# Lecture {number}: ")


@lecture
def test_has_the_parts_of_a_lecture(name: str) -> None:
    if name.startswith("00_"):
        return
    text = "\n".join(cell.source for cell in prose(name))
    for part in (
        "## What you will be able to do",
        "## Try it yourself",
        "## What to remember",
        "## Further reading",
        "## Credits",
    ):
        assert text.count(f"\n{part}\n") + text.startswith(f"{part}\n") == 1, part
    assert text.count("**Stop and predict.**") >= 4
    assert text.count("<details><summary>Answer</summary>\n\n") >= 4


@lecture
def test_folded_answers_open_and_close(name: str) -> None:
    """Markdown inside <details> is only rendered with empty lines around it."""
    for cell in prose(name):
        opened = cell.source.count("<details>")
        assert opened == cell.source.count("</details>"), cell.id
        assert opened == len(
            re.findall(
                r"<details><summary>[^<]+</summary>\n\n.+?\n\n</details>", cell.source, flags=re.DOTALL
            )
        ), cell.id


@lecture
def test_formulas_open_and_close(name: str) -> None:
    for cell in prose(name):
        text = re.sub(r"`[^`]*`", "", without_code(cell.source)).replace(r"\$", "")
        assert text.count("$$") % 2 == 0, cell.id
        assert text.replace("$$", "").count("$") % 2 == 0, cell.id
        for formula in re.findall(r"\$\$?(.+?)\$\$?", text, flags=re.DOTALL):
            assert formula.count("{") == formula.count("}"), (cell.id, formula)


@lecture
def test_pictures_in_the_text_have_alt_text(name: str) -> None:
    for cell in prose(name):
        assert not re.search(r"!\[\s*\]\(", cell.source), cell.id
        for tag in re.findall(r"<img\b[^>]*>", cell.source):
            assert re.search(r"""\balt=["'][^"']+["']""", tag), cell.id


@lecture
def test_code_is_python_without_magic(name: str) -> None:
    for cell in read(name).cells:
        if cell.cell_type == "code":
            ast.parse(cell.source)


@lecture
def test_random_numbers_have_a_seed(name: str) -> None:
    """``np.random.default_rng(7)``: everybody sees the same numbers."""
    for cell in read(name).cells:
        if cell.cell_type == "code":
            for node in ast.walk(ast.parse(cell.source)):
                assert not (isinstance(node, ast.Import) and node.names[0].name == "random"), cell.id
                if isinstance(node, ast.Attribute) and ast.unparse(node.value) == "np.random":
                    assert node.attr == "default_rng", cell.id
                if isinstance(node, ast.Call) and ast.unparse(node.func) == "np.random.default_rng":
                    assert node.args, cell.id


# ---- run ----


@lecture
def test_runs_without_a_warning(name: str) -> None:
    assert [
        (cell_id, output.text)
        for cell_id, output in outputs(name)
        if output.output_type == "stream" and output.name == "stderr"
    ] == []


@lecture
def test_figures_have_alt_text(name: str) -> None:
    """An SVG carries its description inside; a bitmap has it in the output's metadata."""
    figures = 0
    for cell_id, output in outputs(name):
        data = output.get("data", {})
        drawings = [
            text for kind, text in data.items() if kind in ("image/svg+xml", "text/html") and "<svg" in text
        ]
        for drawing in drawings:
            figures += 1
            svg = ElementTree.fromstring(re.search(r"<svg\b.*</svg>", drawing, flags=re.DOTALL)[0])
            assert svg.get("role") == "img", cell_id
            for tag in ("title", "desc"):
                described = svg.find(f"{SVG}{tag}") if svg.tag.startswith(SVG) else svg.find(tag)
                assert described is not None, (cell_id, tag)
                assert (described.text or "").strip(), (cell_id, tag)
        for kind in ("image/png", "image/jpeg"):
            if kind in data:
                figures += 1
                assert output.metadata.get(kind, {}).get("alt", "").strip(), cell_id
    assert figures or name.startswith("12_")
