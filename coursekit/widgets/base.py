"""What all widgets share: how their files are joined, what they can do besides.

A widget is one ES module without imports, so that the same text runs in JupyterLab, on a published page and
in a file that is opened by a double click. What several widgets need stands in ``shared.js`` (elements,
buttons, keys), ``frame.js`` (numbers, tables, the frame of an explorer) and ``plot.js`` (axes, sliders,
formulas), and is put before the widget's own text; style sheets likewise.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from coursekit.drawing import svg
from coursekit.widgets import page

__all__ = ["Explorer", "finite", "joined", "one_of", "plot_module", "plot_style"]

FOLDER = Path(__file__).parent


def joined(*names: str) -> str:
    """Return the text of files of this folder, one after the other.

    >>> joined("shared.js", "step_through.js").count("export default")
    1
    """
    return "\n".join((FOLDER / name).read_text("utf-8") for name in names)


def plot_module(name: str) -> str:
    """Return the ES module of a widget with axes: what is shared, then its own file."""
    return joined("shared.js", "frame.js", "plot.js", name)


def plot_style(*names: str) -> str:
    """Return the style sheet of a widget with axes: the colours of the pictures, what is shared, its own."""
    return svg.style() + joined("shared.css", "plot.css", *names)


class Explorer(anywidget.AnyWidget):
    """A widget with a title whose state is plain JSON."""

    title = traitlets.Unicode().tag(sync=True)

    def to_html(self) -> str:
        """Return the widget as a page of its own, which works without Jupyter, kernel or network."""
        return page.to_html(self, str(self.title))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.title!r})"


def one_of(name: str, value: Any, known: Any) -> str:
    """Return ``value`` if it is one of the names in ``known``; else say which there are.

    Raises
    ------
    ValueError
        If it is not.

    >>> one_of("loss", "hinge", ["hinge", "l1"])
    'hinge'
    """
    if value not in known:
        raise ValueError(f"no {name} {value!r}; there are {', '.join(map(repr, known))}")
    return str(value)


def finite(name: str, value: Any) -> float:
    """Return ``value`` as a float.

    Raises
    ------
    ValueError
        If it is no number, or not a finite one.

    >>> finite("rate", 1)
    1.0
    """
    if hasattr(value, "item") and getattr(value, "ndim", 1) == 0:
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise ValueError(f"{name} should be a finite number, not {value!r:.60}")
    return float(value)
