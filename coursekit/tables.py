"""A tuple that shows itself as a table: HTML in a notebook, columns of text in a terminal."""

from __future__ import annotations

import html
import textwrap
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Any, TypeVar

__all__ = ["Listing", "html_table", "text_table"]

Item = TypeVar("Item")
WIDEST = 44  # characters of a column in a terminal before its text is wrapped

_STYLE = "text-align:left;vertical-align:top"


class Listing(tuple[Item, ...]):
    """A tuple with a caption and columns. Subclasses say what a row holds.

    Attributes
    ----------
    caption : str
    head : tuple of str
        The names of the columns.
    """

    caption: str = ""
    head: tuple[str, ...] = ()

    def __getitem__(self, key: Any) -> Any:
        found = super().__getitem__(key)
        return type(self)(found) if isinstance(key, slice) else found

    def row(self, item: Any) -> Sequence[str]:
        """Return the cells of an item as text."""
        raise NotImplementedError(f"{type(self).__name__} has no row()")

    def html_row(self, item: Any) -> Sequence[str]:
        """Return the cells of an item for HTML, not yet escaped; ``$…$`` is LaTeX."""
        return self.row(item)

    def __repr__(self) -> str:
        return f"{self.caption}\n{text_table(self.head, map(self.row, self))}"

    def _repr_html_(self) -> str:
        return html_table(self.caption, self.head, map(self.html_row, self))


def html_table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return an HTML table; every cell is escaped, so that ``u < 0`` is text and ``$u < 0$`` is LaTeX.

    >>> html_table("Domains", ["where"], [["$u < 0$"]])[-42:]
    ':top">$u &lt; 0$</td></tr></tbody></table>'
    """
    columns = "".join(f'<th scope="col" style="{_STYLE}">{html.escape(name)}</th>' for name in head)
    body = "".join(
        "<tr>" + "".join(f'<td style="{_STYLE}">{html.escape(cell)}</td>' for cell in row) + "</tr>"
        for row in rows
    )
    return (
        f'<table><caption style="{_STYLE}">{html.escape(caption)}</caption>'
        f"<thead><tr>{columns}</tr></thead><tbody>{body}</tbody></table>"
    )


def text_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return columns of text, wrapped where a cell is long.

    >>> print(text_table(["x", "f(x)"], [["1", "one"], ["22", "twenty-two"]]))
    x   f(x)
    --  ----------
    1   one
    22  twenty-two
    """
    wrapped = [[textwrap.wrap(cell, WIDEST) or [""] for cell in row] for row in (head, *rows)]
    widths = [max(len(line) for row in wrapped for line in row[i]) for i in range(len(head))]
    lines = [_lines(row, widths) for row in wrapped]
    lines.insert(1, "  ".join("-" * width for width in widths))
    return "\n".join(lines)


def _lines(row: Sequence[Sequence[str]], widths: Sequence[int]) -> str:
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(cells, widths, strict=True)).rstrip()
        for cells in zip_longest(*row, fillvalue="")
    )
