"""A placed picture painted by matplotlib, for slides and PDF: the same places and colours as the SVG."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon, Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import withStroke

from coursekit.drawing import theme
from coursekit.drawing.numbers import MAP_LEVELS
from coursekit.drawing.picture import Box
from coursekit.drawing.scene import ARROW, CELL, HeatMap, PlacedBox, PlacedWire, Scene, Text
from coursekit.drawing.svg import printable

PIXELS = 96  # an inch, as in CSS
POINTS = 72 / PIXELS  # a pixel, in matplotlib's unit for text and lines
RESOLUTION = 192  # of PNG files: sharp on slides
FONTS = ["DejaVu Sans Mono", "DejaVu Sans"]  # come with matplotlib; an italic ⚠ has only the second


def figure_of(scene: Scene, dark: bool = False) -> Figure:
    """Paint a placed picture as a matplotlib figure of its natural size (96 pixels an inch).

    Parameters
    ----------
    scene
        The picture in its place.
    dark
        Whether it stands on a dark slide.
    """
    colours = theme.DARK if dark else theme.LIGHT
    figure = Figure(
        figsize=(scene.width / PIXELS, scene.height / PIXELS), dpi=RESOLUTION, facecolor=colours.background
    )
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0, 0, 1, 1), xlim=(0, scene.width), ylim=(scene.height, 0))
    axes.set_axis_off()
    for artist in _artists(scene, colours):
        axes.add_artist(artist)
    for number, text in scene.texts:
        _write(axes, text, colours, on_card=_on_card(scene.picture.boxes[number], text))
    return figure


def _artists(scene: Scene, colours: theme.Theme) -> Iterator[Any]:
    for wire in scene.wires:
        yield PathPatch(
            _path(wire), fill=False, edgecolor=colours.wire, linewidth=1.5 * POINTS, capstyle="butt"
        )
        x, y = wire.path[-1]
        yield Polygon([(x, y), (x - ARROW, y - 5), (x - ARROW, y + 5)], facecolor=colours.wire, linewidth=0)
    for _, start, end in scene.tails:
        yield PathPatch(Path([start, end]), fill=False, edgecolor=colours.wire, linewidth=1.5 * POINTS)
    for put in scene.boxes:
        yield from _bodies(scene.picture.boxes[put.number], put, colours)
    for _, heat_map in scene.maps:
        yield from _heat_map(heat_map, colours)


def _path(wire: PlacedWire) -> Path:
    codes = [Path.MOVETO, Path.LINETO]
    while len(codes) < len(wire.path):
        codes += [Path.CURVE4, Path.CURVE4, Path.CURVE4, Path.LINETO]
    points = list(wire.path)
    points[-1] = (points[-1][0] - ARROW + 1, points[-1][1])
    return Path(points, codes)


def _bodies(box: Box, put: PlacedBox, colours: theme.Theme) -> Iterator[FancyBboxPatch]:
    for shift in (6, 3, 0) if box.folded else (0,):
        yield FancyBboxPatch(
            (put.left + shift, put.y - put.height / 2 - shift),
            put.width,
            put.height,
            boxstyle=f"round,pad=0,rounding_size={put.radius(box)}",
            facecolor=colours.card,
            edgecolor=colours.text,
            linewidth=(2.5 if box.output else 1.5) * POINTS,
            linestyle=(0, (5 / 1.5, 3 / 1.5)) if box.kind == "constant" else "solid",
        )


def _heat_map(heat_map: HeatMap, colours: theme.Theme) -> Iterator[Rectangle]:
    for i, row in enumerate(heat_map.cells):
        for j, level in enumerate(row):
            shade = theme.NOT_FINITE if level is None else theme.SHADES[level + MAP_LEVELS]
            corner = (heat_map.x + j * CELL, heat_map.y + i * CELL)
            yield Rectangle(corner, CELL, CELL, facecolor=shade, linewidth=0)
    size = (CELL * max(map(len, heat_map.cells), default=0), CELL * len(heat_map.cells))
    yield Rectangle((heat_map.x, heat_map.y), *size, fill=False, edgecolor=colours.wire, linewidth=POINTS)


def _on_card(box: Box, text: Text) -> bool:
    return text.role == "label" or (text.role == "note" and box.folded)


def _write(axes: Any, text: Text, colours: theme.Theme, on_card: bool) -> None:
    """Write a line; outside boxes with a rim of background, so that no wire strikes it through."""
    small = text.role in ("note", "share")
    axes.text(
        text.x,
        text.y,
        printable(text.text),
        family=FONTS,
        size=(theme.LABEL_SIZE if text.role == "label" else theme.NOTE_SIZE if small else theme.NUMBER_SIZE)
        * POINTS,
        weight="bold" if text.role == "label" else "normal",
        style="italic" if text.role in ("gradient", "share") else "normal",
        color={"value": colours.value, "gradient": colours.gradient, "share": colours.gradient}.get(
            text.role, colours.text
        ),
        horizontalalignment={"start": "left", "middle": "center", "end": "right"}[text.anchor],
        verticalalignment="baseline",
        parse_math=False,
        path_effects=[] if on_card else [withStroke(linewidth=4 * POINTS, foreground=colours.background)],
    )
