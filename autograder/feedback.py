"""The graded notebook as formgrader and `nbgrader generate_feedback` show it: nothing in it acts.

Both turn the notebook into a web page, formgrader even on the instructor's own server. nbconvert passes HTML
in text cells and outputs on to the page, so what a student wrote could act there with the instructor's
rights. Here only plain text, plain Markdown and checked PNG pictures of a student's get through.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import struct
import zlib
from collections.abc import Container, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode  # its package takes more time to load than a notebook to judge

TEXT_CHARACTERS = 64_000  # of one output; the judge has its own, lower limits
MARKDOWN_CHARACTERS = 32_000  # of a student's text cell, ten pages; converters may take the square of it
ALL_MARKDOWN_CHARACTERS = 200_000  # of all of them together
NOTES_CELL = "grader-notes"
PICTURE_BYTES = 2_000_000
PICTURE_SIDE = 4096  # pixels
SIMPLE_TAG = re.compile(
    r"</?(?:b|blockquote|br|code|dd|del|details|div|dl|dt|em|h[1-6]|hr|i|kbd|li|mark|ol|p|pre|s|small|span|strong"
    r"|sub|summary|sup|table|tbody|td|th|thead|tr|tt|u|ul)\s*/?>",
    re.IGNORECASE,
)
SAFE_ADDRESS = re.compile(
    r"\s{0,99}<?(?:(?:https?://|mailto:|attachment:|#)[^\s<>&\\)]{0,500}"
    r"|(?!/)[\w./%-]{1,500}(?:#[\w-]{0,200})?)>?(?=[\s)]|$)",
    re.IGNORECASE,
)

ATTACHED = re.compile(r"\s{0,99}<?attachment:([^\s<>)]{0,500})", re.IGNORECASE)
OWN_PICTURE = re.compile(
    r"!\[[^\[\]]{0,500}\]\((?:attachment:([A-Za-z0-9_.-]{1,99})"
    r"|(?!/)(?![^\s)]{0,500}(?:\.\.|%2[ef]))[\w./%-]{1,500})(?=[\s)])",
    re.IGNORECASE,
)
TEX_THAT_ACTS = r"\\(?=(?:href|url|require|style|class|cssId|html|mmlToken|bbox|csname|unicode\s*\[)\w*)"


def autograded_notebook(
    repaired: NotebookNode,
    released: NotebookNode,
    outputs: Mapping[str, Sequence[dict[str, Any]]],
    notes: Sequence[str],
) -> str:
    """Return the notebook to show after grading, as JSON text.

    Parameters
    ----------
    repaired
        The submission on the released structure.
    released
        The released notebook: its own text is the instructor's and stays as it is.
    outputs
        Cell id → nbformat outputs.
    notes
        Sentences of the grader for the student, shown at the top.
    """
    ours = {cell.id: cell.source for cell in released.cells}
    cells: list[dict[str, Any]] = []
    room = ALL_MARKDOWN_CHARACTERS
    if notes:
        lines = "\n".join(f"- {_literal(note)}" for note in notes)
        cells.append(_text_cell(NOTES_CELL, f"**Notes of the grader**\n\n{lines}"))
    for cell in repaired.cells:
        shown = dict(cell)
        if cell.cell_type == "code":
            shown["outputs"] = [
                safe for output in outputs.get(cell.id, ()) if (safe := harmless_output(output))
            ]
        elif cell.cell_type == "markdown" and ours.get(cell.id) != cell.source:
            text = _cut(cell.source, min(room, MARKDOWN_CHARACTERS))
            room = max(0, room - len(cell.source))
            shown["source"] = harmless_markdown(text, cell.get("attachments", {}))
        cells.append(shown)
    # One cell a line: as easy to compare as with indentation, and ten times as fast to write.
    lines = ",\n".join(json.dumps(cell, ensure_ascii=False, sort_keys=True) for cell in cells)
    metadata = json.dumps(repaired.metadata, ensure_ascii=False, sort_keys=True)
    return f'{{"cells": [\n{lines}\n],\n"metadata": {metadata},\n"nbformat": 4, "nbformat_minor": 5}}\n'


def harmless_markdown(text: str, attachments: Container[str] = ()) -> str:
    """Return Markdown that shows the same but can neither run anything nor lead to something that runs.

    A space takes apart what could act: HTML tags other than simple ones without attributes, links to anything
    but the web, mail, attachments and files beside the notebook, pictures that the reader's browser would
    fetch from elsewhere (one from the hub's ``/hub/logout`` would log him out), and MathJax's commands that
    make links or styles. Diagrams, which a script of the page would draw, are shown as their text.

    Parameters
    ----------
    attachments
        Names of the pictures that are attached. A page with any other one cannot be made at all.

    >>> harmless_markdown("so $a<b$, <b>bold</b>, <img src=x onerror=alert(1)>")
    'so $a< b$, <b>bold</b>, < img src=x onerror=alert(1)>'
    >>> harmless_markdown("![plot](plot.png) ![far](https://jupyter.org/x.png) ![gone](attachment:x.png)")
    '![plot](plot.png) ! [far](https://jupyter.org/x.png) ! [gone] (attachment:x.png)'
    >>> harmless_markdown("[good](https://jupyter.org) [bad](javascript:alert(1))")
    '[good](https://jupyter.org) [bad] (javascript:alert(1))'
    """
    # An entity could hide any of what follows ("java&#115;cript:"), so none but the usual ones is left.
    text = re.sub(r"&(?!(?:amp|lt|gt|quot|nbsp);)(?=#|\w+;)", "& ", text)
    text = re.sub(r"<(?=[A-Za-z/!?])", _keep_simple_tag, text)
    text = re.sub(r"(?<=[`~]{3})([ \t]*)(?=mermaid)", r"\1text ", text, flags=re.IGNORECASE)
    text = re.sub(r"!(?=\[)", lambda found: _keep_own_picture(found, attachments), text)
    text = re.sub(r"\](?=[(:])", lambda found: _keep_safe_link(found, attachments), text)
    return re.sub(TEX_THAT_ACTS, r"\\ ", text)


def _keep_simple_tag(found: re.Match[str]) -> str:
    return "<" if SIMPLE_TAG.match(found.string, found.start()) else "< "


def _keep_own_picture(found: re.Match[str], attachments: Container[str]) -> str:
    """Leave ``![text](address)`` a picture only if it is attached, or lies beside the notebook."""
    picture = OWN_PICTURE.match(found.string, found.start())
    return "!" if picture and (picture[1] is None or picture[1] in attachments) else "! "


def _keep_safe_link(found: re.Match[str], attachments: Container[str]) -> str:
    """Leave `](address` and `]: address` joined only where the address is safe."""
    address = SAFE_ADDRESS.match(found.string, found.end() + 1)
    attached = ATTACHED.match(found.string, found.end() + 1)
    return "]" if address and (attached is None or attached[1] in attachments) else "] "


def harmless_output(output: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return an output with plain text and a checked picture only, None if nothing of it is left.

    >>> harmless_output({"output_type": "stream", "name": "stdout", "text": "\\x1b[31mred\\x1b[0m"})
    {'output_type': 'stream', 'name': 'stdout', 'text': 'red'}
    >>> harmless_output({"output_type": "display_data", "data": {"text/html": "<script>"}}) is None
    True
    """
    kind = output.get("output_type")
    if kind == "stream":
        name = "stderr" if output.get("name") == "stderr" else "stdout"
        return {"output_type": "stream", "name": name, "text": plain_text(output.get("text", ""))}
    if kind == "error":
        trace = output.get("traceback")
        lines = [plain_text(line) for line in trace] if isinstance(trace, list) else []
        name, value = plain_text(output.get("ename", "")), plain_text(output.get("evalue", ""))
        return {"output_type": "error", "ename": name, "evalue": value, "traceback": lines}
    bundle = output.get("data")
    if kind not in ("execute_result", "display_data") or not isinstance(bundle, Mapping):
        return None
    data: dict[str, str] = {}
    if "text/plain" in bundle:
        data["text/plain"] = plain_text(bundle["text/plain"])
    if is_png(picture := bundle.get("image/png")):
        data["image/png"] = str(picture)
    if not data:
        return None
    shown: dict[str, Any] = {"output_type": kind, "data": data, "metadata": {}}
    return shown | {"execution_count": None} if kind == "execute_result" else shown


def plain_text(text: object) -> str:
    r"""Return text without terminal commands and control characters, cut to a length a page can show.

    >>> plain_text(["a\x1b]0;title\x07", "b\x00\n"])
    'ab\n'
    """
    if isinstance(text, list):
        text = "".join(line for line in text if isinstance(line, str))
    if not isinstance(text, str):
        return ""
    text = text.encode("utf-8", errors="replace").decode("utf-8")
    text = re.sub(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)", "", text, flags=re.DOTALL)
    text = re.sub(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", "", text)
    return _cut(text, TEXT_CHARACTERS)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else f"{text[:length]}\n… {len(text) - length} more characters"


def is_png(data: object) -> bool:
    """Whether base64 text is a whole PNG of a reasonable size: signature, chunks, check sums and end."""
    if not isinstance(data, str) or len(data) > PICTURE_BYTES * 4 / 3:
        return False
    try:
        raw = base64.b64decode(data.replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    if not raw.startswith(b"\x89PNG\r\n\x1a\n"):
        return False
    position = 8
    names: list[bytes] = []
    while position + 12 <= len(raw):
        length, name = struct.unpack_from(">I4s", raw, position)
        body = raw[position + 4 : position + 8 + length]
        if position + 12 + length > len(raw):
            return False
        if struct.unpack_from(">I", raw, position + 8 + length)[0] != zlib.crc32(body):
            return False
        if not names and (name != b"IHDR" or max(struct.unpack_from(">II", body, 4)) > PICTURE_SIDE):
            return False
        names.append(name)
        position += 12 + length
    return position == len(raw) and b"IDAT" in names and names[-1] == b"IEND"


def _literal(text: str) -> str:
    """Return Markdown that shows exactly this text."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|$&~-])", r"\\\1", plain_text(text).replace("\n", " "))


def _text_cell(name: str, source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": source}
