"""Rebuild a submitted notebook on the structure that was released.

Students delete test cells, paste a cell twice, drag cells around, hand in what another editor saved
without nbgrader's marks, or lose half of the file. Their answers are still there, and they are what is
graded: every cell of the released notebook stands in its place again, each answer in its own cell, and
whatever else the student wrote stays beside its neighbours as code of the student's. Only source text and
pictures attached to text survive; outputs, tags and every other field of the submitted file are left behind.
"""

from __future__ import annotations

import ast
import base64
import binascii
import dataclasses
import difflib
import itertools
import json
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from autograder.nodes import notebook_from

if TYPE_CHECKING:
    from nbformat import NotebookNode

MAX_CELLS = 2000
MAX_SOURCE = 500_000  # characters in one cell
MAX_TEXT = 20_000_000  # characters in all, pictures in text included
MAX_DRAFT = 50_000  # characters of a changed locked cell that is searched for an answer
MAX_SEARCHED = 2_000_000  # characters of all cells that are searched for what a deleted cell asks for
MAX_ATTACHMENT = 4_000_000  # characters of base64 in one picture
MAX_PARTS = 2_000_000  # lists and objects in the file: a bound for the memory that reading it takes
MAX_SALVAGE = 8_000_000  # characters of a damaged file that are searched for whole cells
MAX_FAILURES = 50  # beginnings of cells that turn out not to be whole
PICTURES = ("image/png", "image/jpeg", "image/gif")
SCHEMA_VERSION = 3  # of nbgrader's cell marks
ELSEWHERE = "# This answer cell was deleted. What it asks for is defined in another cell, which counts."


@dataclass(frozen=True)
class Repaired:
    """What `repair` made of a submission.

    `notebook` is None when nothing could be made of it; then `messages` says why and what would help.
    `salvaged` is True when the file was damaged and only a part of it was read.
    """

    notebook: NotebookNode | None
    messages: list[str]
    salvaged: bool = False


class Hopeless(Exception):
    """The file is no notebook; the message is for the student."""


@dataclass(frozen=True)
class Cell:
    """What counts of a cell: the rest of a submitted cell is never looked at again."""

    type: str
    source: str
    grade_id: str = ""
    id: str = ""
    tags: tuple[str, ...] = ()
    schema_version: int = SCHEMA_VERSION
    attachments: dict[str, dict[str, str]] = field(default_factory=dict)
    role: tuple[bool, ...] = ()  # whether it is a solution, graded, locked; empty if it does not say
    odd: bool = False  # it held what is no text: lone surrogates, NUL

    @property
    def size(self) -> int:
        """The characters of text and pictures."""
        return len(self.source) + sum(
            len(data) for bundle in self.attachments.values() for data in bundle.values()
        )

    @property
    def text(self) -> str:
        """The source without the spaces and line ends that editors change."""
        return "\n".join(line.rstrip() for line in self.source.strip().splitlines())


def repair(raw: bytes, released: NotebookNode) -> Repaired:
    """Rebuild the notebook in `raw` on the structure of the released notebook.

    Parameters
    ----------
    raw
        The submitted file, any bytes at all.
    released
        The notebook the students got; every cell has an id (see `autograder.course`).

    Returns
    -------
    Repaired
        The notebook (format 4.5, no outputs) and what was mended, in sentences for student and instructor.
        Never raises on account of `raw`.
    """
    messages: list[str] = []
    try:
        content, salvaged = _parse(raw, messages)
        _compare_languages(content, released, messages)
        cells = _read_cells(content, messages)
    except Hopeless as reason:
        return Repaired(None, [*messages, str(reason)])
    model = [_read_cell(cell) for cell in released.cells]
    match = _Match(model, [_is_locked(cell) for cell in released.cells], cells)
    messages += match.messages
    return Repaired(_rebuild(released, match), messages, salvaged)


# -- reading whatever was handed in ----------------------------------------------------------------


def _parse(raw: bytes, messages: list[str]) -> tuple[dict[str, Any], bool]:
    """Return the notebook as JSON and whether only a part of it could be read."""
    if raw.count(b"{") + raw.count(b"[") > MAX_PARTS:
        raise Hopeless(f"The file has more than {MAX_PARTS:,} parts. Clear all outputs and hand it in again.")
    text = _decode(raw, messages)
    if not text.strip():
        raise Hopeless("The file is empty. Save the notebook and hand it in again.")
    try:
        content = json.loads(text)
    except RecursionError:
        raise Hopeless("The file is nested too deeply to be a notebook.") from None
    except ValueError as error:
        cells = list(_salvage(text))
        if not cells:
            raise Hopeless(
                f"The file is not a notebook: it is not valid JSON ({short(str(error))}). "
                "Open it in Jupyter, save it and hand it in again."
            ) from None
        messages.append(
            f"The file is damaged ({short(str(error))}). {len(cells)} cells could be read; "
            "what was lost counts as not answered."
        )
        return {"cells": cells}, True
    sheet = content.get("cells", content.get("worksheets")) if isinstance(content, dict) else None
    if not isinstance(sheet, list):
        raise Hopeless("The file is JSON but no notebook: it has no cells. Hand in the .ipynb file itself.")
    return content, False


def _compare_languages(content: dict[str, Any], released: NotebookNode, messages: list[str]) -> None:
    """Tell of a notebook that was saved with the kernel of another language."""
    ours, theirs = _language(released), _language(content)
    if ours and theirs and ours != theirs:
        messages.append(f"The notebook was saved with a kernel for {short(theirs, 30)}; {ours} grades it.")


def _language(content: dict[str, Any]) -> str:
    metadata = _dict(content.get("metadata"))
    stated = [
        _dict(metadata.get("kernelspec")).get("language"),
        _dict(metadata.get("language_info")).get("name"),
    ]
    return next((name.lower() for name in stated if isinstance(name, str) and name), "")


def _decode(raw: bytes, messages: list[str]) -> str:
    """Return text for bytes: UTF-8 as notebooks are, or UTF-16 as some Windows editors save them."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("utf-8-sig", errors="replace")
        messages.append("The file is not UTF-8 text; characters that could not be read became �.")
        return text


def _salvage(text: str) -> Iterator[dict[str, Any]]:
    """Yield the cells that are still whole in a damaged file (cut off, or with merge conflicts in it)."""
    decoder, text = json.JSONDecoder(), text[:MAX_SALVAGE]
    start = re.compile(r'\{\s*"(?:attachments|cell_type|execution_count|id|metadata|outputs|source)"\s*:')
    position, failures = 0, 0
    while failures < MAX_FAILURES and (found := start.search(text, position)):
        try:
            cell, position = decoder.raw_decode(text, found.start())
        except (ValueError, RecursionError):
            position, failures = found.start() + 1, failures + 1
            continue
        if isinstance(cell, dict) and "cell_type" in cell:
            yield cell


def _read_cells(content: dict[str, Any], messages: list[str]) -> list[Cell]:
    """Return the cells of a notebook of any format version from 1 to 4 with what was odd about them."""
    listed = content.get("cells")
    if not isinstance(listed, list):  # formats 1 to 3 had sheets of cells
        sheets = [sheet for sheet in content["worksheets"] if isinstance(sheet, dict)]
        listed = [cell for sheet in sheets for cell in _list(sheet.get("cells"))]
        messages.append("The notebook was saved in a format older than 4; it was read all the same.")
    cells = [_read_cell(cell) for cell in listed[:MAX_CELLS] if isinstance(cell, dict)]
    if len(listed) > MAX_CELLS:
        messages.append(f"The notebook has {len(listed)} cells; only the first {MAX_CELLS} were read.")
    elif odd := len(listed) - len(cells):
        messages.append(f"{odd} cells had no readable content and were left out.")
    if any(cell.schema_version != SCHEMA_VERSION for cell in cells):
        messages.append("The cells carried marks of another nbgrader version; the released ones were used.")
    if odd := sum(cell.odd for cell in cells):
        messages.append(f"Characters that are no text were replaced ({odd} cells).")
    if tags := sorted({tag for cell in cells for tag in cell.tags}):
        messages.append(f"Cell tags were removed, they do not count in grading: {short(', '.join(tags))}.")
    if cut := sum(len(cell.source) > MAX_SOURCE for cell in cells):
        messages.append(f"{cut} cells of more than {MAX_SOURCE:,} characters were cut.")
    return _up_to(MAX_TEXT, [_cut(cell) for cell in cells], messages)


def _up_to(limit: int, cells: list[Cell], messages: list[str]) -> list[Cell]:
    """Return the first cells, text and pictures of which have up to `limit` characters."""
    sizes = (cell.size for cell in cells)
    kept = [cell for cell, total in zip(cells, itertools.accumulate(sizes), strict=True) if total <= limit]
    if len(kept) < len(cells):
        messages.append(f"The notebook has more than {limit:,} characters; {len(kept)} cells were read.")
    return kept


def _read_cell(cell: dict[str, Any]) -> Cell:
    """Take from a cell of any version what counts, whatever types its fields have."""
    source = cell.get("source", cell.get("input", ""))  # "input" in formats 1 to 3
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    source = source if isinstance(source, str) else ""
    cell_type = cell.get("cell_type")
    if cell_type == "heading":  # formats up to 3
        level = cell.get("level")
        source = f"{'#' * (level if isinstance(level, int) and 1 <= level <= 6 else 1)} {source}"
    metadata = _dict(cell.get("metadata"))
    mark = _dict(metadata.get("nbgrader"))
    version = mark.get("schema_version", 0) if mark else SCHEMA_VERSION
    identity, grade_id = cell.get("id"), mark.get("grade_id")
    return Cell(
        type=cell_type if cell_type in ("code", "raw") else "markdown",
        source=_clean(source),
        grade_id=grade_id if isinstance(grade_id, str) else "",
        id=identity if isinstance(identity, str) and re.fullmatch(r"[A-Za-z0-9_-]{1,64}", identity) else "",
        tags=tuple(_clean(tag) for tag in _list(metadata.get("tags")) if isinstance(tag, str)),
        schema_version=version if isinstance(version, int) else 0,
        attachments=_pictures(cell.get("attachments")),
        role=_role(mark),
        odd=_is_odd(source),
    )


def _role(mark: dict[str, Any]) -> tuple[bool, ...]:
    """Whether a mark says solution, grade, locked; nothing unless it says all of them, as new ones do."""
    said = [mark.get(name) for name in ("solution", "grade", "locked")]
    return tuple(value for value in said if isinstance(value, bool)) if None not in said else ()


def _is_odd(text: str) -> bool:
    return "\0" in text or (not text.isascii() and any("\ud800" <= letter <= "\udfff" for letter in text))


def _clean(text: str) -> str:
    """Return text that can be stored and compiled: no lone surrogates, no NUL, line ends as in Unix."""
    if not text.isascii():
        text = text.encode("utf-8", errors="replace").decode("utf-8")
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


def _cut(cell: Cell) -> Cell:
    if len(cell.source) <= MAX_SOURCE:
        return cell
    return Cell(cell.type, cell.source[:MAX_SOURCE], cell.grade_id, cell.id)


def _pictures(attachments: object) -> dict[str, dict[str, str]]:
    """Return the pictures pasted into a text cell; other kinds of attachment can carry scripts."""
    kept: dict[str, dict[str, str]] = {}
    for name, bundle in list(_dict(attachments).items())[:20]:
        for mime, data in _dict(bundle).items():
            if mime in PICTURES and isinstance(data, str) and _is_base64(data):
                kept[_clean(name)] = {mime: data}
    return kept


def _is_base64(data: str) -> bool:
    if len(data) > MAX_ATTACHMENT:
        return False
    try:
        base64.b64decode(data.replace("\n", ""), validate=True)
    except (binascii.Error, ValueError):
        return False
    return True


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def short(text: str, length: int = 100) -> str:
    """Return printable text on one line; what a student chose must not steer a terminal or a page."""
    line = "".join(letter if letter.isprintable() else " " for letter in text)
    return line if len(line) <= length else f"{line[: length - 1]}…"


# -- which submitted cell is which released cell ---------------------------------------------------


class _Match:
    """The submitted cell for each released cell, and what to do with the others.

    A released cell is looked for by its grade_id, then by its cell id, then by its text, and at last by its
    place between neighbours that were found. `chosen` maps places in the released notebook to places in the
    submitted one, `foreign` are the submitted cells that stay as the student's own.
    """

    def __init__(self, released: list[Cell], locked: list[bool], submitted: list[Cell]) -> None:
        self.released, self.locked = released, locked
        self.submitted = submitted = _without_swapped_labels(released, submitted)
        self.chosen: dict[int, int] = {}
        self.foreign: set[int] = set()
        self.kept_drafts: dict[int, str] = {}  # what a student added in a locked cell, by its released place
        self.elsewhere: set[int] = set()  # released places of deleted cells that are answered in other cells
        self.messages: list[str] = []
        self._used: set[int] = set()
        self._by_grade_id()
        self._by_unique("id")
        self._by_unique("text")
        self._by_place()
        for place, cell in enumerate(submitted):
            if place not in self._used and cell.text:
                self.foreign.add(place)
        self.elsewhere = self._answered_elsewhere()
        self._explain()

    def _take(self, place: int, found: int) -> None:
        self.chosen[place] = found
        self._used.add(found)

    def _by_grade_id(self) -> None:
        """Match marked cells; of several copies the student's last edited one is the answer."""
        copies: dict[str, list[int]] = defaultdict(list)
        for found, cell in enumerate(self.submitted):
            if cell.grade_id:
                copies[cell.grade_id].append(found)
        for place, cell in enumerate(self.released):
            found_at = copies.get(cell.grade_id, []) if cell.grade_id else []
            if not found_at:
                continue
            same_type = [at for at in found_at if self.submitted[at].type == cell.type] or found_at
            edited = [at for at in same_type if self.submitted[at].text not in ("", cell.text)]
            pick = edited[-1] if edited and not self.locked[place] else same_type[0]
            self._take(place, pick)
            if len(found_at) > 1:
                self._sort_out_copies(place, [at for at in found_at if at != pick])

    def _sort_out_copies(self, place: int, others: list[int]) -> None:
        """Keep a copy as the student's own code if it says anything that is not said elsewhere."""
        cell = self.released[place]
        said = {"", cell.text, self.submitted[self.chosen[place]].text}
        for at in others:
            self._used.add(at)
            if (text := self.submitted[at].text) not in said and not (
                self.locked[place] and not _new_bindings(text, cell.text)
            ):
                said.add(text)
                self.foreign.add(at)
        kind = "the released text" if self.locked[place] else "the copy edited last"
        self.messages.append(f"Cell {cell.grade_id!r} was there {len(others) + 1} times; {kind} counts.")

    def _by_unique(self, key: str) -> None:
        """Match cells whose id, or whose text, occurs once on both sides."""
        missing = [place for place in range(len(self.released)) if place not in self.chosen]
        here = self._index(key, {place: self.released[place] for place in missing})
        there = self._index(key, {at: self.submitted[at] for at in self._free()})
        for value, places in here.items():
            found_at = there.get(value, [])
            if value[1] and len(places) == len(found_at) == 1:
                self._take(places[0], found_at[0])

    @staticmethod
    def _index(key: str, cells: dict[int, Cell]) -> dict[tuple[str, str], list[int]]:
        index: dict[tuple[str, str], list[int]] = defaultdict(list)
        for at, cell in cells.items():
            index[cell.type, getattr(cell, key)].append(at)
        return index

    def _free(self) -> list[int]:
        """Return the submitted cells that may still be matched: unused, not of another released cell."""
        known = {cell.grade_id for cell in self.released if cell.grade_id}
        return [
            at
            for at, cell in enumerate(self.submitted)
            if at not in self._used and cell.text and cell.grade_id not in known
        ]

    def _by_place(self) -> None:
        """Match what stands between the same neighbours, in order, the most alike first.

        >>> released = [Cell("code", text) for text in ("import math", "rate = None", "print(rate)")]
        >>> edited = [released[0], Cell("code", "rate = 0.1"), released[2]]
        >>> _Match(released, [False] * 3, edited).chosen[1]
        1
        """
        free = set(self._free())
        for gap in self._gaps():
            around = self._neighbourhood(gap, free)
            for place, found in _align(
                {place: self.released[place] for place in gap},
                {at: self.submitted[at] for at in around},
                {place for place in gap if self.locked[place]},
            ):
                self._take(place, found)
                free.discard(found)

    def _gaps(self) -> list[list[int]]:
        """Return the runs of released cells that were not found."""
        gaps: list[list[int]] = []
        for place in range(len(self.released)):
            if place not in self.chosen:
                if gaps and gaps[-1][-1] == place - 1:
                    gaps[-1].append(place)
                else:
                    gaps.append([place])
        return gaps

    def _neighbourhood(self, gap: list[int], free: set[int]) -> list[int]:
        """Return the free submitted cells after the cell before the gap and before the cell after it."""
        taken = set(self.chosen.values())
        after = self.chosen.get(gap[0] - 1, -1) + 1
        before = self.chosen.get(gap[-1] + 1, len(self.submitted)) - 1
        around = itertools.chain(
            itertools.takewhile(lambda at: at not in taken, range(after, len(self.submitted))),
            itertools.takewhile(lambda at: at not in taken, range(before, -1, -1)),
        )
        return sorted(free.intersection(around))

    def _answered_elsewhere(self) -> set[int]:
        """Return the answer cells that were deleted and whose names another cell of the student's defines.

        Put back as released, they would define these names anew.
        """
        missing = {
            place: _asked_for(cell.source)
            for place, cell in enumerate(self.released)
            if place not in self.chosen and cell.grade_id and cell.type == "code" and not self.locked[place]
        }
        if not any(missing.values()):
            return set()
        place_of = {found: place for place, found in self.chosen.items()}
        elsewhere: set[str] = set()
        left = MAX_SEARCHED
        for at in sorted({*self.foreign, *place_of}):
            cell, place = self.submitted[at], place_of.get(at)
            left -= len(cell.source)
            if left > 0 and cell.type == "code" and (place is None or not self.locked[place]):
                own = set() if place is None else _asked_for(self.released[place].source)
                elsewhere |= set().union(*_defined(cell.source)) - own
        return {place for place, names in missing.items() if names & elsewhere}

    def _explain(self) -> None:
        """Say what was missing, changed or moved, one sentence for all cells of a kind."""
        told: dict[str, list[str]] = defaultdict(list)
        for place, cell in enumerate(self.released):
            if not cell.grade_id:
                continue
            if place not in self.chosen:
                if place in self.elsewhere:
                    told["had been deleted; what it asks for is defined in another cell and counts"].append(
                        cell.grade_id
                    )
                elif cell.text:
                    answer = not self.locked[place]
                    told["is missing" if answer else "had been deleted and put back"].append(cell.grade_id)
                continue
            found = self.submitted[self.chosen[place]]
            if found.grade_id != cell.grade_id:
                told["had lost nbgrader's mark and was found by content or place"].append(cell.grade_id)
            if found.role and cell.role and found.role != cell.role and found.grade_id == cell.grade_id:
                told["carried other marks than the released cell; the released ones count"].append(
                    cell.grade_id
                )
            if found.type != cell.type:
                told[f"had become a {found.type} cell and is a {cell.type} cell again"].append(cell.grade_id)
            if self.locked[place] and found.text != cell.text:
                told["is locked but had been changed; the released text was put back"].append(cell.grade_id)
                if cell.type == "code" and _new_bindings(found.text, cell.text):
                    self.kept_drafts[place] = found.source
                    told["is locked; what had been written into it was kept before it"].append(cell.grade_id)
        for what, names in told.items():
            cells = "Cell" if len(names) == 1 else "Each of the cells"
            self.messages.append(f"{cells} {_listed(names)} {what}.")
        order = [self.chosen[place] for place in sorted(self.chosen)]
        if order != sorted(order):
            self.messages.append("Cells had been moved; they stand in the released order again.")


def _without_swapped_labels(released: list[Cell], submitted: list[Cell]) -> list[Cell]:
    """Take its grade_id from a cell that by its id, and by its text, is another one of the released cells."""
    by_label = {cell.grade_id: cell for cell in released if cell.grade_id}
    by_id = {cell.id: cell for cell in released if cell.grade_id and cell.id}
    kept: list[Cell] = []
    for cell in submitted:
        labelled, known = by_label.get(cell.grade_id), by_id.get(cell.id)
        if labelled and known and labelled is not known:
            closely = len(cell.text) < 2000
            if _likeness(known, cell, False, closely) > _likeness(labelled, cell, False, closely):
                cell = dataclasses.replace(cell, grade_id="")
        kept.append(cell)
    return kept


def _listed(names: list[str]) -> str:
    """Name up to three of many.

    >>> _listed(["a", "b", "c", "d", "e"])
    "'a', 'b', 'c' and 2 more"
    """
    shown = ", ".join(repr(name) for name in names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3} more"


def _align(here: dict[int, Cell], there: dict[int, Cell], locked: set[int]) -> list[tuple[int, int]]:
    """Pair released with submitted cells without crossing, so that the pairs are the most alike in all.

    The usual table of the best total for every pair of beginnings, read back from its end.
    """
    rows, columns = list(here), list(there)
    pairs_to_try = len(rows) * len(columns)
    if not 0 < pairs_to_try <= 20_000:
        return []
    closely = pairs_to_try <= 400
    likeness = [[_likeness(here[r], there[c], r in locked, closely) for c in columns] for r in rows]
    best = [[0.0] * (len(columns) + 1) for _ in range(len(rows) + 1)]
    for i in range(len(rows)):
        for j in range(len(columns)):
            best[i + 1][j + 1] = max(best[i][j + 1], best[i + 1][j], best[i][j] + likeness[i][j])
    pairs: list[tuple[int, int]] = []
    i, j = len(rows), len(columns)
    while i and j:
        if likeness[i - 1][j - 1] and best[i][j] == best[i - 1][j - 1] + likeness[i - 1][j - 1]:
            i, j = i - 1, j - 1
            pairs.append((rows[i], columns[j]))
        elif best[i][j] == best[i - 1][j]:
            i -= 1
        else:
            j -= 1
    return pairs


def _likeness(released: Cell, submitted: Cell, locked: bool, closely: bool = True) -> float:
    """Return how much a submitted cell looks like a released one, from 0 (it cannot be) to about 1.

    Lines that both have count; if one looks `closely`, letters do too.

    >>> stub = Cell("code", "def relu(x):\\n    # YOUR CODE HERE\\n    raise NotImplementedError()")
    >>> _likeness(stub, Cell("code", "def relu(x):\\n    return max(x, 0)"), locked=False) > 0.3
    True
    >>> _likeness(stub, Cell("code", "import numpy"), locked=False)
    0.1
    """
    if released.type != submitted.type:
        return 0.0
    ours, theirs = released.text.splitlines(), set(submitted.text.splitlines())
    empty = re.compile(r"\s*(#|raise NotImplementedError|$)")
    telling = [line for line in ours if not empty.match(line)]
    shared = sum(line in theirs for line in telling) / len(telling) if telling else 0.0
    if closely and len(released.text) + len(submitted.text) < 2000:
        letters = difflib.SequenceMatcher(None, released.text, submitted.text, autojunk=False)
        if letters.real_quick_ratio() > 0.5:
            shared = max(shared, letters.ratio() if letters.ratio() > 0.6 else 0.0)
    if locked:  # nobody was asked to edit it, so it must still look like itself
        return shared if shared > 0.5 else 0.0
    return 0.1 + shared * 0.9


def _new_bindings(theirs: str, ours: str) -> bool:
    """Whether code binds a name otherwise than the released text of its cell: then it may hold an answer.

    >>> _new_bindings("def relu(x): return max(x, 0)\\nassert relu(1) == 1", "assert relu(1) == 1")
    True
    >>> _new_bindings("assert True", "assert relu(1) == 1")
    False
    """
    if len(theirs) > MAX_DRAFT:
        return False
    try:
        return bool(_bound(theirs) - _bound(ours))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _bound(code: str) -> set[str]:
    """Return the statements of a cell that bind a name at top level."""
    binding = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Assign, ast.AnnAssign, ast.AugAssign)
    statements = ast.parse(code).body
    return {ast.dump(line) for line in statements if isinstance(line, (*binding, ast.Import, ast.ImportFrom))}


def _asked_for(stub: str) -> set[str]:
    """Return the functions and classes that a released cell defines; if there are none, its variables."""
    definitions, variables = _defined(stub)
    return definitions or variables


def _defined(code: str) -> tuple[set[str], set[str]]:
    """Return the functions and classes that code defines at top level, and its variables.

    >>> _defined("%matplotlib inline\\nx = 1\\ndef relu(x): return max(x, 0)")
    ({'relu'}, {'x'})
    """
    if len(code) > MAX_DRAFT:
        return set(), set()
    try:
        body = ast.parse(re.sub(r"(?m)^[%!].*", "", code)).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return set(), set()
    definitions = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    bound = (x for line in body if isinstance(line, (ast.Assign, ast.AnnAssign)) for x in ast.walk(line))
    return (
        {line.name for line in body if isinstance(line, definitions)},
        {x.id for x in bound if isinstance(x, ast.Name) and isinstance(x.ctx, ast.Store)},
    )


def _is_locked(cell: NotebookNode) -> bool:
    """Whether the instructor's text counts: where nbgrader would put it back, and in raw cells."""
    if cell.cell_type == "raw":
        return True
    mark = cell.metadata.get("nbgrader", {})
    return not mark.get("solution") and bool(mark.get("grade") or mark.get("locked"))


# -- putting it together ---------------------------------------------------------------------------


def _rebuild(released: NotebookNode, match: _Match) -> NotebookNode:
    """Return the released notebook with the answers in it and the foreign cells beside their neighbours."""
    ids = {cell.id for cell in released.cells}
    followers = _followers(match)
    cells = [_foreign(match.submitted[at], ids) for at in followers[-1]]
    for place, cell in enumerate(released.cells):
        found = match.submitted[match.chosen[place]] if place in match.chosen else None
        if place in match.elsewhere:
            found = Cell("code", ELSEWHERE)
        if place in match.kept_drafts:
            cells.append(_foreign(Cell("code", match.kept_drafts[place]), ids))
        if found is not None or _worth_restoring(place, cell, match, followers):
            cells.append(_released(cell, None if match.locked[place] else found))
        cells += [_foreign(match.submitted[at], ids) for at in followers[place]]
    metadata = {
        key: released.metadata[key] for key in ("kernelspec", "language_info") if key in released.metadata
    }
    return notebook_from({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5})


def _followers(match: _Match) -> dict[int, list[int]]:
    """Return for each released place (−1: the top) the foreign cells after it, in the student's order."""
    place_of = {found: place for place, found in match.chosen.items()}
    followers: dict[int, list[int]] = defaultdict(list)
    last = -1
    for at in range(len(match.submitted)):
        if at in place_of:
            last = place_of[at]
        elif at in match.foreign:
            followers[last].append(at)
    return followers


def _worth_restoring(place: int, cell: NotebookNode, match: _Match, followers: dict[int, list[int]]) -> bool:
    """Whether a released cell that was not found is put back.

    Marked cells and text always. An unmarked code cell only if nothing of the student's stands in its place:
    there the student has rewritten it, and the released version would undo that.
    """
    if match.released[place].grade_id or cell.cell_type != "code":
        return True
    before = max((other for other in match.chosen if other < place), default=-1)
    return not any(match.submitted[at].type == "code" for at in followers[before])


def _released(cell: NotebookNode, found: Cell | None) -> dict[str, Any]:
    """Return a cell of the released notebook, with the student's source where one was found."""
    mark = cell.metadata.get("nbgrader")
    rebuilt: dict[str, Any] = {
        "id": cell.id,
        "cell_type": cell.cell_type,
        "metadata": {"nbgrader": dict(mark)} if mark else {},
        "source": cell.source if found is None else found.source,
    }
    if found is None or found.source == cell.source:  # the instructor's text, with his pictures of any kind
        return _completed(rebuilt, cell.get("attachments"))
    return _completed(rebuilt, found.attachments)


def _foreign(cell: Cell, ids: set[str]) -> dict[str, Any]:
    """Return a cell of the student's own; raw text becomes plain text: pages show raw cells as HTML."""
    name = cell.id if cell.id and cell.id not in ids else f"foreign-{len(ids)}"
    while name in ids:
        name += "x"
    ids.add(name)
    kind = "code" if cell.type == "code" else "markdown"
    rebuilt: dict[str, Any] = {"id": name, "cell_type": kind, "metadata": {}, "source": cell.source}
    return _completed(rebuilt, cell.attachments)


def _completed(cell: dict[str, Any], attachments: dict[str, dict[str, str]] | None) -> dict[str, Any]:
    if cell["cell_type"] == "code":
        cell |= {"execution_count": None, "outputs": []}
    elif attachments and cell["cell_type"] == "markdown":
        cell["attachments"] = attachments
    return cell
