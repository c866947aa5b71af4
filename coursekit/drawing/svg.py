"""A placed picture as SVG, and as HTML: the SVG with a table of the same numbers below it.

The SVG stands alone: its style is inside, it loads nothing and runs nothing. It follows the theme of
JupyterLab, of the published pages, else of the system, and the reader's own colours where the system asks
for them.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from hashlib import blake2s
from typing import Literal

from coursekit.drawing import theme
from coursekit.drawing.description import (
    COLUMNS,
    description_of,
    in_words,
    name_of,
    operation_of,
    rows_of,
    title_of,
)
from coursekit.drawing.numbers import MAP_LEVELS
from coursekit.drawing.picture import Box, Picture, Share
from coursekit.drawing.scene import ARROW, CELL, HeatMap, PlacedBox, PlacedWire, Point, Scene, Text

Appearance = Literal["auto", "light", "dark"]

# The first match wins for a reader: forced colours, then what the page says, then what the system says.
_FOLLOWING = """\
.ck-picture{{{light}}}
@media (prefers-color-scheme:dark){{.ck-picture{{{dark}}}}}
[data-jp-theme-light="true"] .ck-picture,[data-theme="light"] .ck-picture{{{light}}}
[data-jp-theme-light="false"] .ck-picture,[data-theme="dark"] .ck-picture{{{dark}}}
"""
_FORCED = "@media (forced-colors:active){{svg.ck-picture.ck-picture{{{forced}}}}}\n"
_STYLE = """\
.ck-picture text{{font:{number}px {mono};fill:var(--ck-text);paint-order:stroke;\
stroke:var(--ck-background);stroke-width:4px;stroke-linejoin:round}}
.ck-picture .ck-label{{font-size:{label}px;font-weight:600;stroke:none}}
.ck-picture .ck-note{{font-size:{note}px}}
.ck-picture .ck-fold .ck-note{{stroke:none}}
.ck-picture .ck-value{{fill:var(--ck-value)}}
.ck-picture .ck-gradient,.ck-picture .ck-share{{fill:var(--ck-gradient);font-style:italic}}
.ck-picture .ck-share{{font-size:{note}px}}
.ck-picture .ck-ground{{fill:var(--ck-background)}}
.ck-picture .ck-body{{fill:var(--ck-card);stroke:var(--ck-text);stroke-width:1.5}}
.ck-picture .ck-result .ck-body{{stroke-width:2.5}}
.ck-picture .ck-constant .ck-body{{stroke-dasharray:5 3}}
.ck-picture .ck-wire{{fill:none;stroke:var(--ck-wire);stroke-width:1.5}}
.ck-picture .ck-arrow{{fill:var(--ck-wire)}}
.ck-picture .ck-frame{{fill:none;stroke:var(--ck-wire)}}
.ck-picture .ck-cells{{forced-color-adjust:none}}
"""

_TABLE_STYLE = """\
.ck-figure{overflow-x:auto}
/* A bar that stays says that a wide picture goes on; where bars hide by themselves, nothing would. */
.ck-figure::-webkit-scrollbar{height:10px}
.ck-figure::-webkit-scrollbar-thumb{background:#8b949e;border-radius:5px}
@media print{.ck-figure .ck-picture{min-width:0!important}} /* paper does not scroll */
.ck-figure:focus-visible{outline:3px solid #8a6100;outline-offset:-3px}
.ck-details{margin:.5em 0}
.ck-details table{border-collapse:collapse;margin:.5em 0}
.ck-details th,.ck-details td{text-align:left;padding:.25em .75em;border:1px solid currentColor}
.ck-details caption{text-align:left;padding:.25em 0}
"""

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_svg(scene: Scene, appearance: Appearance = "auto", key: str = "") -> str:
    """Return a placed picture as SVG.

    Parameters
    ----------
    scene
        The picture in its place.
    appearance
        ``"light"`` or ``"dark"``, or ``"auto"``: what the page or the system says.
    key
        Something that tells two equal pictures on one page apart. The ids in the SVG are made of its content
        and of this key, so that the same call gives the same text.

    >>> from coursekit.drawing.scene import place
    >>> to_svg(place(Picture((Box("input", "x"),))))[:39]
    '<svg xmlns="http://www.w3.org/2000/svg"'
    """
    picture = scene.picture
    title, description = escape(title_of(picture)), escape(description_of(picture))
    body = "\n".join([*_wires(scene), *_boxes(scene)])
    own = "ck-" + blake2s(f"{title}{description}{body}{appearance}{key}".encode(), digest_size=5).hexdigest()
    width, height = _n(scene.width), _n(scene.height)
    smallest = _n(scene.width * theme.SMALLEST_TEXT / theme.NOTE_SIZE)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="ck-picture" role="img" '
        f'aria-labelledby="{own}-title" aria-describedby="{own}-desc" '
        f'width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'style="width:100%;max-width:{width}px;min-width:{smallest}px;height:auto">\n'
        f'<title id="{own}-title">{title}</title>\n<desc id="{own}-desc">{description}</desc>\n'
        f"<style>\n{style(appearance)}</style>\n"
        f'<rect class="ck-ground" width="{width}" height="{height}" rx="8" '
        f'fill="{theme.LIGHT.background}"/>\n'
        f"{body}\n</svg>"
    )


def to_html(scene: Scene, appearance: Appearance = "auto", key: str = "") -> str:
    """Return a placed picture as HTML: the SVG, which scrolls if it is wide, and its table, folded away."""
    head = "".join(f'<th scope="col">{column}</th>' for column in COLUMNS)
    rows = "\n".join(
        f'<tr><th scope="row">{escape(name)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        + "</tr>"
        for name, *cells in rows_of(scene.picture)
    )
    caption = escape(title_of(scene.picture))
    return (
        f"<style>\n{_TABLE_STYLE}</style>\n"
        # It takes the focus, so that a wide picture can be scrolled by keys.
        f'<div class="ck-figure" tabindex="0" role="group" aria-label="{caption}">\n'
        f"{to_svg(scene, appearance, key)}\n</div>\n"
        f'<details class="ck-details"><summary>The numbers as a table</summary>\n'
        f"<table><caption>{caption}</caption>\n<thead><tr>{head}</tr></thead>\n"
        f"<tbody>\n{rows}\n</tbody></table></details>"
    )


def opened(title: str, body: str) -> str:
    """Return HTML that is folded away under a title until somebody opens it, by a click or by Enter."""
    return (
        f'<details class="ck-details ck-inside"><summary>Open {escape(title)}</summary>\n{body}\n</details>'
    )


def style(appearance: Appearance = "auto") -> str:
    """Return the style sheet of a picture; all pictures of a page may share it."""
    return colours(appearance) + _STYLE.format(
        mono=theme.MONOSPACE,
        label=theme.LABEL_SIZE,
        number=theme.NUMBER_SIZE,
        note=theme.NOTE_SIZE,
    )


def colours(appearance: Appearance = "auto") -> str:
    """Return the part of the style sheet that says what ``--ck-text`` and the other colours are."""
    light, dark = theme.variables(theme.LIGHT), theme.variables(theme.DARK)
    if appearance == "auto":
        chosen = _FOLLOWING.format(light=light, dark=dark)
    else:
        chosen = f".ck-picture{{{light if appearance == 'light' else dark}}}\n"
    return chosen + _FORCED.format(forced=theme.variables(theme.FORCED))


def escape(text: str) -> str:
    """Make any text safe inside HTML and XML: markup is shown, not obeyed; what XML forbids becomes �.

    >>> escape('<b onclick="x">&\\x00')
    '&lt;b onclick=&quot;x&quot;&gt;&amp;�'
    """
    return html.escape(printable(text))


def printable(text: str) -> str:
    """Replace what no file can hold (control characters, halves of surrogate pairs) by �.

    >>> printable("a\\x00b\\ud800")
    'a�b�'
    """
    return _NOT_XML.sub("\ufffd", text)


# --- parts -------------------------------------------------------------------------------------------------


def _wires(scene: Scene) -> Iterator[str]:
    """Each wire from where it leaves those that were drawn before: a line drawn twice would look bolder."""
    drawn: set[tuple[int, str]] = set()
    yield f'<g fill="none" stroke="{theme.LIGHT.wire}">'
    for wire in scene.wires:
        start, pieces = f"M{_point(wire.path[0])}", pieces_of(wire)
        while len(pieces) > 1 and (wire.source, pieces[0][0]) in drawn:
            end = pieces.pop(0)[1]
            start = f"M{_point(end)}"
        drawn.update((wire.source, piece) for piece, _ in pieces)
        path = start + "".join(piece for piece, _ in pieces)
        yield f'<path class="ck-wire" d="{path}">{_tooltip(_wire_words(scene.picture, wire))}</path>'
    for _, (x1, y), (x2, _) in scene.tails:
        yield f'<path class="ck-wire" d="M{_n(x1)} {_n(y)}H{_n(x2)}"/>'
    yield f'</g>\n<g fill="{theme.LIGHT.wire}">'
    for wire in scene.wires:
        x, y = wire.path[-1]
        yield f'<path class="ck-arrow" d="M{_n(x)} {_n(y)}l-{ARROW} -5v10z"/>'
    yield "</g>"


def pieces_of(wire: PlacedWire) -> list[tuple[str, Point]]:
    """Write the path of a wire in SVG's letters, piece by piece, each with its end.

    The last piece ends inside the arrowhead.
    """
    _, stub, *rest = wire.path
    pieces = [(f"L{_point(stub)}", stub)]
    for i in range(0, len(rest), 4):
        one, two, end, straight = rest[i : i + 4]
        if i + 4 == len(rest):
            straight = (straight[0] - ARROW + 1, straight[1])
        pieces.append((f"C{_point(one)} {_point(two)} {_point(end)}L{_point(straight)}", straight))
    return pieces


def _boxes(scene: Scene) -> Iterator[str]:
    texts: list[list[Text]] = [[] for _ in scene.boxes]
    maps: list[list[HeatMap]] = [[] for _ in scene.boxes]
    for number, text in scene.texts:
        texts[number].append(text)
    for number, heat_map in scene.maps:
        maps[number].append(heat_map)
    for put in scene.boxes:
        box = scene.picture.boxes[put.number]
        classes = f"ck-box ck-{box.kind}" + " ck-result" * box.output + " ck-fold" * box.folded
        yield f'<g class="{classes}">{_tooltip(_box_words(box))}'
        yield from _bodies(box, put)
        for heat_map in maps[put.number]:
            yield from _heat_map(heat_map)
        for text in texts[put.number]:
            yield (
                f'<text class="ck-{text.role}" x="{_n(text.x)}" y="{_n(text.y)}" '
                f'text-anchor="{text.anchor}">{escape(text.text)}</text>'
            )
        yield "</g>"


def _bodies(box: Box, put: PlacedBox) -> Iterator[str]:
    """A rectangle for a leaf, a pill for a gate, a small pile of cards for a fold."""
    for shift in (6, 3, 0) if box.folded else (0,):
        yield (
            f'<rect class="ck-body" x="{_n(put.left + shift)}" y="{_n(put.y - put.height / 2 - shift)}" '
            f'width="{_n(put.width)}" height="{_n(put.height)}" rx="{_n(put.radius(box))}" '
            f'fill="{theme.LIGHT.card}" stroke="{theme.LIGHT.text}"/>'
        )


def _heat_map(heat_map: HeatMap) -> Iterator[str]:
    """One path a shade, and a frame."""
    squares: dict[str, list[str]] = {}
    for i, row in enumerate(heat_map.cells):
        for j, level in enumerate(row):
            shade = theme.NOT_FINITE if level is None else theme.SHADES[level + MAP_LEVELS]
            square = f"M{_n(heat_map.x + j * CELL)} {_n(heat_map.y + i * CELL)}h{CELL}v{CELL}h-{CELL}z"
            squares.setdefault(shade, []).append(square)
    yield '<g class="ck-cells">'
    for shade in sorted(squares):
        yield f'<path fill="{shade}" d="{"".join(squares[shade])}"/>'
    yield "</g>"
    rows, columns = len(heat_map.cells), max(map(len, heat_map.cells), default=0)
    yield (
        f'<rect class="ck-frame" x="{_n(heat_map.x)}" y="{_n(heat_map.y)}" '
        f'width="{columns * CELL}" height="{rows * CELL}" fill="none"/>'
    )


def _box_words(box: Box) -> str:
    words = [f"{name_of(box)}: {operation_of(box)}"]
    if box.value is not None:
        words.append(f"value {in_words(box.value)}")
    if box.gradient is not None and box.kind != "constant":
        words.append(f"gradient {in_words(box.gradient)}")
    return "\n".join(words)


def _wire_words(picture: Picture, wire: PlacedWire) -> str:
    source, target = picture.boxes[wire.source], picture.boxes[wire.target]
    words = f"{name_of(source)} → {name_of(target)}"
    share: Share | None = target.shares[wire.position] if target.shares else None
    if share is None:
        return words
    if share.local is None:
        return f"{words}\nback: {in_words(share.contribution)}"
    product = " × ".join(("upstream " + in_words(share.upstream), "local " + in_words(share.local)))
    return f"{words}\nback: {product} = {in_words(share.contribution)}"


def _tooltip(words: str) -> str:
    return f"<title>{escape(words)}</title>"


def _point(point: Point) -> str:
    return f"{_n(point[0])} {_n(point[1])}"


def _n(number: float) -> str:
    """Write a coordinate to a tenth of a pixel."""
    return f"{round(number, 1) + 0.0:.1f}".removesuffix(".0")  # + 0.0: no "-0"
