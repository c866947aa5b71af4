"""A finished drawing: what a notebook shows and what is saved for slides."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.drawing.description import description_of, name_of, title_of
from coursekit.drawing.picture import MAX_BOXES, Picture, groups_of, part_of, picture_of
from coursekit.drawing.picture import fold as folded
from coursekit.drawing.scene import Scene, place
from coursekit.drawing.svg import Appearance, escape, opened, to_html, to_svg
from coursekit.variable import HasNodes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

APPEARANCES = ("auto", "light", "dark")
MOST_OPENED = 300  # nodes of a graph whose folded boxes can be opened: each node is about a kilobyte
SUFFIXES = (".svg", ".html", ".png", ".pdf")
_PAGE = """\
<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{title}</title>
{body}
</html>
"""


def draw(
    graph: HasNodes | Picture,
    *,
    title: str = "",
    fold: bool = True,
    chain_rule: bool | None = None,
    appearance: Appearance = "auto",
    key: str = "",
) -> Drawing:
    """Draw a computational graph, with the values and gradients of its last run.

    Parameters
    ----------
    graph
        A graph, run or not; or a picture made by :func:`picture_of`.
    title
        What the picture shows, for screen readers; left out, the formula of the graph.
    fold
        Whether a graph of more than 40 nodes is drawn with several gates a box. What such a box holds is
        opened below the picture, by a click or by Enter. ``False``: every node in one picture.
    chain_rule
        Whether upstream × local is written at the end of each wire; left out, for at most eight gates.
    appearance
        ``"light"`` or ``"dark"``, or ``"auto"``: what the notebook, the page or the system says.
    key
        Tells two equal drawings on one page apart; needed only if a script refers to their parts.

    Raises
    ------
    ValueError
        If the appearance is unknown, or the graph is too large to be drawn node by node.
    TypeError
        If it is no graph.

    >>> from coursekit import ComputationalGraph, variables
    >>> w1, w2 = variables("w1 w2")
    >>> draw(ComputationalGraph(w1**3 * w2 + 3 * w1))
    Drawing('Computational graph of f = w1³·w2 + 3·w1')
    """
    if appearance not in APPEARANCES:
        raise ValueError(f"appearance should be one of {', '.join(APPEARANCES)}, not {appearance!r}")
    if isinstance(graph, Picture):
        picture = replace(graph, title=title or graph.title)
        large = fold and len(picture.boxes) > MAX_BOXES
    elif hasattr(graph, "nodes") and hasattr(graph, "outputs"):
        large = fold and len(graph.nodes) > MAX_BOXES
        picture = picture_of(graph, title, shares=not large)
    else:
        raise TypeError(
            f"draw() takes a graph, not {type(graph).__name__} {graph!r:.60}; of variables make one first: "
            "ck.ComputationalGraph(w1**3 * w2 + 3 * w1)"
        )
    return Drawing(folded(picture) if large else picture, chain_rule, appearance, key, picture)


class Drawing:
    """A picture of a graph, as it was when it was drawn.

    In a notebook it shows itself: the SVG and a table of its numbers.

    Attributes
    ----------
    picture : Picture
        The boxes and their numbers, folded if need be.
    """

    def __init__(
        self,
        picture: Picture,
        chain_rule: bool | None = None,
        appearance: Appearance = "auto",
        key: str = "",
        whole: Picture | None = None,
    ) -> None:
        self.picture = picture
        self.whole = picture if whole is None else whole
        self.appearance = appearance
        self.key = key
        self.scene: Scene = place(picture, chain_rule)

    @cached_property
    def svg(self) -> str:
        """The picture as SVG, complete in itself."""
        return to_svg(self.scene, self.appearance, self.key)

    @cached_property
    def html(self) -> str:
        """The picture as HTML: the SVG, what its folded boxes hold, and the same numbers in a table."""
        return "\n".join([to_html(self.scene, self.appearance, self.key), *self._opened()])

    def _opened(self) -> Iterator[str]:
        """Draw what each folded box holds, to be opened by a click or by Enter and closed again."""
        if self.picture is self.whole:
            return
        if len(self.whole.boxes) > MOST_OPENED:
            yield "<p>This graph is too large to be opened here: to see inside a box, draw a part of it.</p>"
            return
        for number, (box, members) in enumerate(zip(self.picture.boxes, groups_of(self.whole), strict=True)):
            if box.folded:
                first, last = (name_of(self.whole.boxes[n]) for n in (members[0], members[-1]))
                title = f"{box.label}, {first} to {last}: {box.operation}"
                part = replace(part_of(self.whole, members), title=title)
                smaller = len(part.boxes) < len(self.whole.boxes)  # else it cannot be folded any further
                key = f"{self.key}/{number}"
                inside = draw(part, fold=smaller, appearance=self.appearance, key=key)
                yield opened(title, inside.html)

    @property
    def description(self) -> str:
        """The picture in words."""
        return f"{title_of(self.picture)}. {description_of(self.picture)}"

    def figure(self) -> Figure:
        """Return the picture as a matplotlib figure; the appearance ``"auto"`` is drawn light."""
        from coursekit.drawing.mpl import figure_of

        return figure_of(self.scene, dark=self.appearance == "dark")

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Save the picture; the ending says how: ``.svg``, ``.html``, ``.png`` or ``.pdf``.

        Returns
        -------
        The path.

        Raises
        ------
        ValueError
            For another ending.
        OSError
            If the file cannot be written; one that was there before is then unharmed.
        """
        path = Path(path)
        suffix = path.suffix.lower()
        if suffix not in SUFFIXES:
            raise ValueError(f"a drawing is saved as {', '.join(SUFFIXES)}; not as {path.name!r}")
        content = self._as_file(suffix)
        unfinished = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
        try:
            unfinished.write_bytes(content)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)
        return path

    def _as_file(self, suffix: str) -> bytes:
        if suffix == ".svg":
            return self.svg.encode()
        if suffix == ".html":
            return _PAGE.format(title=escape(title_of(self.picture)), body=self.html).encode()
        buffer = io.BytesIO()
        dates = {"CreationDate": None} if suffix == ".pdf" else {}  # the same picture gives the same file
        self.figure().savefig(buffer, format=suffix[1:], metadata=dates)
        return buffer.getvalue()

    def _repr_html_(self) -> str:
        return self.html

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **kwargs: Any) -> dict[str, str]:
        return {"text/html": self.html, "image/svg+xml": self.svg, "text/plain": self.description}

    def __repr__(self) -> str:
        return f"Drawing({title_of(self.picture)!r})"
