"""A plot of matplotlib as it stands in a lecture: with words for those who do not see it, in light and dark.

``plt.style.use("coursekit.drawing.lecture")`` gives plots the colours of our pictures; :func:`show` puts
one into the notebook as SVG whose colours follow the reader's theme, and insists on a description.
"""

from __future__ import annotations

import io
import re
import sys
from dataclasses import asdict
from functools import cached_property
from hashlib import blake2s
from typing import TYPE_CHECKING, Any

from coursekit.drawing import theme
from coursekit.drawing.svg import Appearance, colours, escape

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# What matplotlib paints in our light colours, or in its own black and white, follows the reader's theme.
_VARIABLES = {
    "#000000": "var(--ck-text)",
    **{colour: f"var(--ck-{name.replace('_', '-')})" for name, colour in asdict(theme.LIGHT).items()},
}
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}\b")
_STYLED = re.compile(r'style="[^"]*"')
_ID = re.compile(r' id="([^"]*)"')
_REFERENCE = re.compile(r'(xlink:href="#|url\(#)([^")]+)')
_DRAWN = re.compile(r"<svg\b[^>]*viewBox=\"([^\"]+)\"[^>]*>(.*)</svg>", re.DOTALL)
_METADATA = re.compile(r"\s*<metadata>.*?</metadata>", re.DOTALL)


def show(figure: Figure, *, alt: str) -> None:
    """Show a matplotlib figure below the cell, with a description, in the colours of the reader's theme.

    Parameters
    ----------
    figure
        The figure, as ``plt.subplots()`` gives it. It is closed, so that it is not shown a second time.
    alt
        What the figure shows, in a sentence or two, for readers who do not see it: what is drawn, and what
        one is meant to notice.

    Raises
    ------
    TypeError
        If it is no figure.
    ValueError
        If the description is empty.
    """
    from IPython.display import display

    plot = Plot(figure, alt)
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close(figure)
    display(plot)


class Plot:
    """A figure of matplotlib with its description, ready for a notebook.

    Attributes
    ----------
    alt : str
        What the figure shows, in the author's words.
    description : str
        ``alt``, and below it the axes as matplotlib knows them: titles, labels, ranges, names of lines.
    """

    def __init__(self, figure: Figure, alt: str, appearance: Appearance = "auto") -> None:
        if not hasattr(figure, "savefig") or not hasattr(figure, "axes"):
            raise TypeError(
                f"show() takes a figure, not {type(figure).__name__}: figure, axes = plt.subplots()"
            )
        if not alt.strip():
            raise ValueError("say in alt what the figure shows, for readers who do not see it")
        self.alt = " ".join(alt.split())
        self.appearance = appearance
        self._drawn = _drawn(figure, salt=self.alt)
        self.description = " ".join(filter(None, map(_describe, figure.axes))) or self.alt

    @cached_property
    def svg(self) -> str:
        """The figure as SVG, complete in itself; its colours are variables."""
        box, body = self._drawn
        own = "ck-" + blake2s(f"{self.alt}{body}{self.appearance}".encode(), digest_size=5).hexdigest()
        width, height = (round(float(size) * 4 / 3, 1) for size in box.split()[2:])  # points to pixels
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="ck-picture ck-plot" role="img" '
            f'aria-labelledby="{own}-title" aria-describedby="{own}-desc" '
            f'width="{width}" height="{height}" viewBox="{box}" '
            f'style="width:100%;max-width:{width}px;height:auto;fill:var(--ck-text)">\n'
            f'<title id="{own}-title">{escape(self.alt)}</title>\n'
            f'<desc id="{own}-desc">{escape(self.description)}</desc>\n'
            f"<style>\n{colours(self.appearance)}"
            ".ck-plot *{stroke-linejoin:round;stroke-linecap:butt}\n</style>"
            f"{_own_ids(body, own)}</svg>"
        )

    def _repr_html_(self) -> str:
        return f'<div style="overflow-x:auto">{self.svg}</div>'

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None, **kwargs: Any) -> dict[str, str]:
        return {"text/html": self._repr_html_(), "image/svg+xml": self.svg, "text/plain": self.alt}

    def __repr__(self) -> str:
        return f"Plot({self.alt!r})"


def _drawn(figure: Figure, salt: str) -> tuple[str, str]:
    """Let matplotlib draw; return the view box and what is in it, with variables for colours."""
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.fonttype": "path", "svg.hashsalt": salt}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    found = _DRAWN.search(buffer.getvalue())
    assert found is not None  # matplotlib writes one <svg> with a view box
    body = re.sub(r"\s*<defs>\s*<style.*?</style>\s*</defs>", "", found[2], count=1, flags=re.DOTALL)
    return found[1], _STYLED.sub(_with_variables, _METADATA.sub("", body, count=1))


def _with_variables(styled: re.Match[str]) -> str:
    return _COLOUR.sub(lambda colour: _VARIABLES.get(colour[0].lower(), colour[0]), styled[0])


def _own_ids(body: str, own: str) -> str:
    """Keep the ids that something refers to, and make them this figure's own: a page holds many figures."""
    wanted = {name for _, name in _REFERENCE.findall(body)}
    body = _ID.sub(lambda found: f' id="{own}-{found[1]}"' if found[1] in wanted else "", body)
    return _REFERENCE.sub(lambda found: f"{found[1]}{own}-{found[2]}", body).replace("xlink:href=", "href=")


def _describe(axes: Axes) -> str:
    """Return what matplotlib itself knows of the axes, in words."""
    parts = [axes.get_title()]
    for name, axis in (("horizontal", axes.xaxis), ("vertical", axes.yaxis)):
        if label := axis.get_label_text():
            low, high = sorted(axis.get_view_interval())
            scale = "" if axis.get_scale() == "linear" else f"{axis.get_scale()} scale, "
            parts.append(f"{name}: {label} ({scale}{low:.3g} to {high:.3g})")
    names = [text for text in axes.get_legend_handles_labels()[1] if text]
    if names:
        parts.append(f"shown: {', '.join(names)}")
    return "; ".join(filter(None, parts)) + "." if any(parts) else ""
