"""Nothing of a student's acts on the pages that nbgrader makes of graded notebooks."""

from __future__ import annotations

import base64
import json
import struct
import zlib
from html.parser import HTMLParser

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbconvert import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from autograder.feedback import autograded_notebook, harmless_markdown, harmless_output, is_png

ATTACKS = [
    "<script>alert(1)</script>",
    "<ScRiPt src=//evil.example>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<b onmouseover=alert(1)>hover</b>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<!-- --><script>alert(1)</script>",
    "<a href='java&#115;cript:alert(1)'>x</a>",
    "[x](javascript:alert(1))",
    "[x]( \tjavascript:alert(1) 'title')",
    "[x](<javascript:alert(1)>)",
    "[x](java&#115;cript:alert(1))",
    "[x](java\\script:alert(1))",
    "[x](JAVASCRIPT&colon;alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "[x](vbscript:x)",
    "[x][1]\n\n[1]: javascript:alert(1)",
    "[1]: javascript:alert(1)\n\n[1]",
    "<javascript:alert(1)>",
    "![x](javascript:alert(1))",
    "$\\href{javascript:alert(1)}{x}$",
    "\\(\\href{javascript:alert(1)}{x}\\)",
    "\\hr&#101;f{javascript:alert(1)}{x}",
    "$$\\style{background:url(//evil.example)}{x}$$",
    "$\\mmlToken{mi}[href='javascript:alert(1)']{\\href}$",
    "$\\bbox[position:fixed;top:0;left:0]{\\style}$",
    "```html\n<script>alert(1)</script>\n```\n<script>alert(2)</script>",
    "`<script>`<script>alert(1)</script>",
    "a < b <\nscript>alert(1)</script>",
]

PIECES = [
    *(
        "<",
        ">",
        "script",
        "](",
        "]:",
        "[x",
        ")",
        "javascript:",
        "&#",
        "115;",
        "\\",
        "`",
        "\n",
        " ",
        "/",
        "$",
        "}",
    ),
    *("img src=x onerror=a ", "\\href{", "<!--", "<b>", "&lt;", "```", "    "),
]


class Active(HTMLParser):
    """Collects what could act on a page."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {
            "script",
            "iframe",
            "object",
            "embed",
            "svg",
            "form",
            "style",
            "link",
            "meta",
            "base",
            "math",
        }:
            self.found.append(tag)
        for name, value in attrs:
            address = "".join((value or "").split()).lower()
            if name.startswith("on") or name in {"srcdoc", "style", "formaction"}:
                self.found.append(name)
            if address.startswith(("javascript:", "vbscript:", "data:text")):
                self.found.append(address)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def page_of(cell: nbformat.NotebookNode, notes: tuple[str, ...] = ()) -> Active:
    """Return what the page that nbconvert makes of a student's cell says, and what acts in it."""
    released = new_notebook(cells=[new_markdown_cell("ours")])
    notebook = nbformat.reads(
        autograded_notebook(new_notebook(cells=[cell]), released, {}, notes), as_version=4
    )
    nbformat.validate(notebook)
    html, _ = HTMLExporter(template_name="basic").from_notebook_node(notebook)
    page = Active()
    page.feed(html)
    return page


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_students_text_cannot_act(attack: str) -> None:
    page = page_of(new_markdown_cell(attack))
    assert page.found == []
    assert "\\href" not in "".join(page.text)
    assert "\\style" not in "".join(page.text)
    assert "\\mmlToken" not in "".join(page.text)
    assert "\\bbox" not in "".join(page.text)


@pytest.mark.parametrize("attack", ATTACKS)
def test_a_students_code_cannot_act(attack: str) -> None:
    assert page_of(new_code_cell(attack)).found == []


@pytest.mark.parametrize("address", ["/hub/logout", "//evil.example/x.png", "/formgrader/api"])
def test_a_picture_is_not_fetched_from_the_readers_own_server(address: str) -> None:
    assert harmless_markdown(f"![x]({address})") == f"! [x] ({address})"


@settings(deadline=None, max_examples=100)
@given(
    pieces=st.lists(
        st.sampled_from(PIECES),
        max_size=14,
    )
)  # fmt: skip
def test_no_mixture_of_pieces_can_act(pieces: list[str]) -> None:
    assert page_of(new_markdown_cell("".join(pieces))).found == []


@pytest.mark.parametrize(
    "text",
    [
        "Since $a<1$ and $b > 2$, **we** have `x[1] = y`.",
        "$$\\begin{pmatrix} 1 & 2 \\\\ 3 &4 \\end{pmatrix}$$",
        "A [link](https://jupyter.org/x?a=1#b), <b>bold</b><br/>, H<sub>2</sub>O, ![p](attachment:p.png)",
        "![plot](images/plot.png) and [data](../data.csv#top)",
        "| a | b |\n|---|---|\n| 1 | 2 |\n\n> quoted & so on\n\n[ref]: https://jupyter.org",
        "AT&T &amp; 3 < 4 &nbsp; x<-3",
    ],
)
def test_honest_text_stays_as_it_is(text: str) -> None:
    assert harmless_markdown(text, {"p.png"}) == text


@pytest.mark.parametrize(
    ("picture", "attached", "is_shown"),
    [
        ("![x](attachment:a.png)", True, True),
        ('![x](attachment:a.png "title")', True, True),
        ("[![x](attachment:a.png)](https://jupyter.org)", True, True),
        ("![x](attachment:a.png)", False, False),
        ("![x](<attachment:a.png>)", False, False),
        ("![x][r]\n\n[r]: attachment:a.png", False, False),
        ("![`]`](attachment:a.png)", False, False),
        ("![x](attachment:a&b.png)", True, False),
        ("![x](https://jupyter.org/hub/logout)", True, False),
        ("![x][r]\n\n[r]: https://jupyter.org/hub/logout", True, False),
        ("![a [b] c](https://jupyter.org/x)", True, False),
        ("![x](../../../hub/logout)", True, False),
        ("![x](a/%2e%2e/%2e%2e/hub/logout)", True, False),
    ],
)
def test_a_picture_is_attached_or_lies_beside_the_notebook(picture, attached, is_shown) -> None:
    """A page with a picture that is missing among the attachments cannot be made by nbconvert at all."""
    cell = new_markdown_cell("released")
    released = new_notebook(cells=[cell])
    shown = new_markdown_cell(picture, id=cell.id)
    if attached:
        shown["attachments"] = {name: {"image/png": text(png())} for name in ("a.png", "a&b.png")}
    graded = nbformat.reads(autograded_notebook(new_notebook(cells=[shown]), released, {}, []), as_version=4)
    page, _ = HTMLExporter().from_notebook_node(graded)
    assert ("<img" in page[page.index("<body") :]) is is_shown


@pytest.mark.parametrize("fence", ["```", "~~~", "````", "> ```", "``` ", "- ~~~"])
def test_a_diagram_is_shown_as_text(fence: str) -> None:
    found = harmless_markdown(f"{fence}Mermaid\ngraph TD; A-->B\n```")
    page, _ = HTMLExporter().from_notebook_node(new_notebook(cells=[new_markdown_cell(found)]))
    assert 'class="mermaid"' not in page


def test_the_instructors_own_text_stays(tmp_path) -> None:
    ours = "<div class='note' style='color: red'>Read this</div>"
    released = new_notebook(cells=[new_markdown_cell(ours)])
    text = autograded_notebook(released, released, {}, [])
    assert json.loads(text)["cells"][0]["source"] == ours


def png(width: int = 1, height: int = 1) -> bytes:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = [chunk(b"IHDR", header), chunk(b"IDAT", zlib.compress(b"\0\0")), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def test_pictures_are_checked() -> None:
    assert is_png(text(png()))
    assert not is_png(text(png(width=100_000)))
    assert not is_png(text(png() + b"<script>"))
    assert not is_png(text(png()[:-1]))
    assert not is_png(text(png().replace(b"IDAT", b"iDAT")))
    assert not is_png(text(b"\x89PNG\r\n\x1a\n"))
    assert not is_png(text(b"<svg onload=alert(1)>"))
    assert not is_png("no base64!")
    assert not is_png(None)


@given(cut=st.integers(0, len(png())), noise=st.binary(max_size=4))
def test_no_damaged_picture_raises(cut: int, noise: bytes) -> None:
    damaged = png()[:cut] + noise + png()[cut + len(noise) :]
    assert is_png(text(damaged)) in (True, False)


def test_outputs_keep_text_and_pictures_only() -> None:
    rich = {
        "output_type": "execute_result",
        "execution_count": 3,
        "metadata": {"x": 1},
        "data": {
            "text/html": "<script>",
            "application/javascript": "alert(1)",
            "text/plain": "\x1b[31m42\x1b[0m",
            "image/png": text(png()),
            "image/svg+xml": "<svg>",
        },
    }
    assert harmless_output(rich) == {
        "output_type": "execute_result",
        "execution_count": None,
        "metadata": {},
        "data": {"text/plain": "42", "image/png": text(png())},
    }
    assert harmless_output({"output_type": "display_data", "data": {"text/html": "x"}}) is None
    assert harmless_output({"output_type": "update_display_data", "data": {"text/plain": "x"}}) is None
    error = {"output_type": "error", "ename": "E", "evalue": "v\x1b]0;x\x07", "traceback": ["\x1b[0;31mE", 3]}
    assert harmless_output(error) == {
        "output_type": "error", "ename": "E", "evalue": "v", "traceback": ["E", ""],
    }  # fmt: skip


def test_notes_show_exactly_what_they_say() -> None:
    note = "Cell '<script>' of *ada_b* was [moved](x) to $1$ `a`."
    page = page_of(new_code_cell("1"), (note,))
    assert page.found == []
    assert note in "".join(page.text)


def test_long_text_is_cut_before_a_converter_takes_the_square_of_it() -> None:
    cells = [new_markdown_cell("word " * 20_000) for _ in range(8)]
    for number, cell in enumerate(cells):
        cell.id = f"c{number}"
    shown = json.loads(autograded_notebook(new_notebook(cells=cells), new_notebook(), {}, ()))
    sources = [cell["source"] for cell in shown["cells"]]
    assert sources[0] == "word " * 6_400 + "\n… 68000 more characters"
    assert sources[1] == sources[0]
    assert sources[2:] == ["\n… 100000 more characters"] * 6
