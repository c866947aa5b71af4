"""A placed picture: where each box, wire and number stands, in pixels. SVG and matplotlib only paint it.

From left to right a column holds

    landing │ box │ stub │ channel to the next column
      ∇ 36 →│  ×  │ 24   ╲
            │     │ ∇ 1   ╲

On the *stub*, the straight start of a box's output wire, stand its value (above) and its gradient (below).
On the *landing*, the straight end of a wire, stands what flows back through this wire alone, where a box
feeds several: these are the numbers that add up to the gradient at the stub. Between the two a wire is one
cubic curve. All curves of a channel have the same shape, so two of them cross at most once, and only if
their ends stand in the opposite order.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from coursekit.drawing import theme
from coursekit.drawing.layout import Layout, Shape, arrange
from coursekit.drawing.numbers import MINUS, WARNING, ArraySummary, equals, short, spread_of
from coursekit.drawing.picture import Box, Picture, Share, Value

Role = Literal["label", "note", "value", "gradient", "share"]
Point = tuple[float, float]

PADDING = 14  # between a label and the edge of its box
LONGEST_LABEL = 18  # characters in a box; the rest is in the tooltip
LINE = 17  # from one line of numbers to the next
CELL = 7  # of a heat map
PORT_PITCH = 22  # between arriving wires, so that a number fits between them
TALLEST_BOX = 240
MOST_TERMS = 4  # of a sum that is written out at a stub
LONGEST_SUM = 26  # characters
MOST_GATES_WITH_CHAIN_RULE = 8
ARROW = 11
SHORTEST_STUB, NARROWEST_CHANNEL, WIDEST_CHANNEL = 42.0, 36.0, 200.0
STEEPNESS = 3.5  # a channel is at least as wide as its highest curve climbs, divided by this
CLEARANCE = 8  # between a number and the ends of its straight piece of wire
NOTE_CLEARANCE = 3  # between the last number of a wire and its curve, which is nearly level there


@dataclass(frozen=True)
class Text:
    """A line of text: ``x`` is its start, middle or end by ``anchor``, ``y`` its baseline."""

    x: float
    y: float
    text: str
    role: Role
    anchor: Literal["start", "middle", "end"] = "start"


@dataclass(frozen=True)
class HeatMap:
    """A small heat map: its top left corner, and the shades of its cells."""

    x: float
    y: float
    cells: tuple[tuple[int | None, ...], ...]


@dataclass(frozen=True)
class PlacedBox:
    """A box in its place: number in the picture, middle and size."""

    number: int
    x: float
    y: float
    width: float
    height: float

    @property
    def left(self) -> float:
        """The edge at which wires arrive."""
        return self.x - self.width / 2

    @property
    def right(self) -> float:
        """The edge from which the output leaves."""
        return self.x + self.width / 2

    def radius(self, box: Box) -> float:
        """How round the corners are: a gate is a pill, a leaf and a fold are cards."""
        return theme.BOX_HEIGHT / 2 if box.kind == "gate" and not box.folded else theme.CORNER


@dataclass(frozen=True)
class PlacedWire:
    """A wire: from which box, to which input of which box, and its path.

    ``path`` holds points: a straight piece to the first after the start, then, by turns, a cubic curve (two
    control points and its end) and a straight piece (its end).
    """

    source: int
    target: int
    position: int
    path: tuple[Point, ...]


@dataclass(frozen=True)
class Scene:
    """Everything a painter needs."""

    picture: Picture
    width: float
    height: float
    boxes: tuple[PlacedBox, ...]
    wires: tuple[PlacedWire, ...]
    tails: tuple[tuple[int, Point, Point], ...]  # wires of results, which lead nowhere: box, start, end
    texts: tuple[tuple[int, Text], ...]  # with the box each belongs to
    maps: tuple[tuple[int, HeatMap], ...]
    layout: Layout


@dataclass(frozen=True)
class _Stack:
    """What stands at one side of a stub: a heat map next to the wire, and lines of text."""

    lines: tuple[str, ...] = ()
    cells: tuple[tuple[int | None, ...], ...] = ()

    @property
    def width(self) -> float:
        texts = [text_width(line, theme.NUMBER_SIZE) for line in self.lines]
        return max([*texts, CELL * max(map(len, self.cells), default=0)], default=0.0)

    @property
    def height(self) -> float:
        cells = CELL * len(self.cells) + CLEARANCE if self.cells else 0
        return cells + LINE * len(self.lines) + 4 if self.lines or self.cells else 0.0


@dataclass(frozen=True)
class _Column:
    """Where the parts of a column begin and end, from left to right."""

    landing: float
    middle: float
    stub_end: float


def place(picture: Picture, chain_rule: bool | None = None) -> Scene:
    """Give everything in a picture its place.

    Parameters
    ----------
    picture
        What to place.
    chain_rule
        Whether the chain rule is written at the end of each wire, ``∇ 3×12=36``: upstream × local. Left
        out, it is for at most eight gates; otherwise only wires of a fork show what flows back, ``∇ 36``.

    Raises
    ------
    ValueError
        If the picture is too large to be laid out; fold it first.
    """
    boxes = picture.boxes
    if chain_rule is None:
        chain_rule = sum(box.kind == "gate" for box in boxes) <= MOST_GATES_WITH_CHAIN_RULE
    users = picture.users
    notes = _wire_notes(picture, users, chain_rule)
    sums = _fork_sums(picture, users)
    values = [_value_stack(box, picture) for box in boxes]
    gradients = [_gradient_stack(box, picture, sums[n]) for n, box in enumerate(boxes)]
    sizes = [_size(box) for box in boxes]
    shapes = [
        Shape(
            above=max(height / 2, value.height),
            below=max(height / 2 + (theme.NOTE_SIZE + 4) * bool(_note(box)), gradient.height),
            port_pitch=_port_pitch(box),
            ordered=box.ordered,
        )
        for box, (_, height), value, gradient in zip(boxes, sizes, values, gradients, strict=True)
    ]
    layout = arrange([box.inputs for box in boxes], shapes, gap=theme.ROW_PITCH - theme.BOX_HEIGHT)
    stacks = [max(v.width, g.width) for v, g in zip(values, gradients, strict=True)]
    columns = _columns(picture, layout, sizes, stacks, notes)
    placed = tuple(
        PlacedBox(n, columns[layout.columns[n]].middle, layout.heights[n] + theme.MARGIN, *sizes[n])
        for n in range(len(boxes))
    )
    wires = _wires(picture, layout, columns, placed)
    texts: list[tuple[int, Text]] = []
    maps: list[tuple[int, HeatMap]] = []
    for box, put in zip(boxes, placed, strict=True):
        texts.extend((put.number, text) for text in _labels(box, put))
        _put_stack(values[put.number], put, "value", texts, maps)
        _put_stack(gradients[put.number], put, "gradient", texts, maps)
    texts.extend(_put_notes(notes, wires))
    tails = tuple(
        (put.number, (put.right, put.y), (columns[layout.columns[put.number]].stub_end, put.y))
        for box, put in zip(boxes, placed, strict=True)
        if not users[put.number] and (box.value is not None or box.output)
    )
    return Scene(
        picture,
        width=(columns[-1].stub_end if columns else 0) + theme.MARGIN,
        height=max((p.y + shapes[p.number].below for p in placed), default=theme.MARGIN) + theme.MARGIN,
        boxes=placed,
        wires=wires,
        tails=tails,
        texts=tuple(texts),
        maps=tuple(maps),
        layout=layout,
    )


def text_width(text: str, size: float) -> float:
    """Estimate the width of monospace text; East Asian characters and emoji count double.

    >>> text_width("12.5", 10.0)
    24.4
    """
    cells = sum(
        2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text
    )
    return cells * size * theme.ADVANCE


def clip(text: str, longest: int = LONGEST_LABEL) -> str:
    """Shorten a text, with an ellipsis in its place.

    >>> clip("weights_of_the_second_layer")
    'weights_of_the_se…'
    """
    text = " ".join(text.split())  # a name may hold line breaks
    return text if len(text) <= longest else text[: longest - 1] + "…"


def value_lines(value: Value) -> tuple[str, ...]:
    """Write what stands above or below a wire: one line for a number, up to three for an array.

    >>> value_lines(2.5), value_lines(ArraySummary((200, 16), -1.0, 0.25, 2.0))
    (('2.5',), ('(200, 16)', '−1 … 2', 'mean 0.25'))
    """
    if value is None:
        return ("–",)
    if isinstance(value, str):
        return (clip(value),)
    if not isinstance(value, ArraySummary):
        return (short(value),)
    lines = [str(value.shape)]
    if spread_of(value):
        lines.append(spread_of(value))
    if value.mean is not None and value.minimum != value.maximum:
        lines.append(f"mean {short(value.mean)}")
    if value.not_finite:
        lines.append(f"{WARNING} {value.not_finite:,} not finite")
    return tuple(lines)


# --- what stands at the stubs ------------------------------------------------------------------------------


def _value_stack(box: Box, picture: Picture) -> _Stack:
    in_the_box = box.kind == "constant" and not isinstance(box.value, ArraySummary)
    if not picture.has_values or box.folded or in_the_box:
        return _Stack()
    return _Stack(value_lines(box.value), box.value.cells if isinstance(box.value, ArraySummary) else ())


def _gradient_stack(box: Box, picture: Picture, fork_sum: str) -> _Stack:
    if not picture.has_values or (box.kind == "constant" or box.folded):
        return _Stack()
    first, *rest = value_lines(box.gradient)
    cells = box.gradient.cells if isinstance(box.gradient, ArraySummary) else ()
    return _Stack((f"∇ {fork_sum or first}", *rest), cells)


def _fork_sums(picture: Picture, users: Sequence[Sequence[tuple[int, int]]]) -> list[str]:
    """Write out, for each box that feeds several wires, the sum that its gradient is: ``36 + 3 = 39``."""
    sums = []
    for box, wires in zip(picture.boxes, users, strict=True):
        shares = [_share(picture, user, position) for user, position in wires]
        known = [share.contribution for share in shares if share]
        sums.append(_sum(known, box.gradient) if 1 < len(known) <= MOST_TERMS else "")
    return sums


def _sum(terms: Sequence[Value], total: Value) -> str:
    """Write ``36 + 3 = 39``; nothing for arrays, for what is not finite, and for what would be too long."""
    if not _are_plain(*terms, total):
        return ""
    left = " + ".join(map(short, terms)).replace("+ −", "− ")
    written = f"{left} {equals(total, terms)} {short(total)}"  # type: ignore[arg-type]
    return written if len(written) <= LONGEST_SUM else ""


def _product(share: Share) -> str:
    """Write ``3×12=36``: upstream times local; nothing where that is no product of two plain numbers."""
    upstream, local, contribution = share.upstream, share.local, share.contribution
    if not _are_plain(upstream, local, contribution):
        return ""
    second = f"({short(local)})" if short(local).startswith(MINUS) else short(local)
    sign = equals(contribution, [upstream, local], product=True)  # type: ignore[arg-type, list-item]
    return f"{short(upstream)}×{second}{sign}{short(contribution)}"


def _are_plain(*values: Value) -> bool:
    """Whether these are finite real numbers, with which a reader can calculate."""
    return all(isinstance(x, int | float) and math.isfinite(x) for x in values)


def _share(picture: Picture, user: int, position: int) -> Share | None:
    """What flows back through one wire, if it is a number."""
    shares = picture.boxes[user].shares
    share = shares[position] if shares else None
    if share is None or isinstance(share.contribution, ArraySummary | str | None):
        return None
    return share


def _wire_notes(
    picture: Picture, users: Sequence[Sequence[tuple[int, int]]], chain_rule: bool
) -> dict[tuple[int, int], str]:
    """What stands at the end of a wire, by the box it ends at and which of its inputs it is."""
    notes = {}
    for wires in users:
        for user, position in wires:
            share = _share(picture, user, position)
            if share is None:
                continue
            product = _product(share) if chain_rule else ""
            if product or len(wires) > 1 or chain_rule:
                notes[user, position] = f"∇ {product or short(share.contribution)}"
    return notes


def _put_notes(notes: dict[tuple[int, int], str], wires: Sequence[PlacedWire]) -> list[tuple[int, Text]]:
    texts = []
    for wire in wires:
        note = notes.get((wire.target, wire.position))
        if note:
            x, y = wire.path[-1]
            text = Text(x - ARROW - 4, y + theme.NOTE_SIZE + 3, note, "share", "end")
            texts.append((wire.target, text))
    return texts


def _put_stack(
    stack: _Stack,
    box: PlacedBox,
    role: Role,
    texts: list[tuple[int, Text]],
    maps: list[tuple[int, HeatMap]],
) -> None:
    """Stack a heat map and lines of text upwards (values) or downwards (gradients) from the stub."""
    x = box.right + CLEARANCE
    rows = CELL * len(stack.cells)
    lines = stack.lines
    if role == "value":
        if rows:
            maps.append((box.number, HeatMap(x, box.y - CLEARANCE - rows, stack.cells)))
        bottom = box.y - 7 - (rows + CLEARANCE - 2 if rows else 0)
        for i, line in enumerate(reversed(lines)):
            texts.append((box.number, Text(x, bottom - i * LINE, line, role)))
        return
    if rows:
        maps.append((box.number, HeatMap(x, box.y + CLEARANCE, stack.cells)))
    top = box.y + theme.NUMBER_SIZE + 4 + (rows + CLEARANCE - 2 if rows else 0)
    for i, line in enumerate(lines):
        texts.append((box.number, Text(x, top + i * LINE, line, role)))


# --- boxes -------------------------------------------------------------------------------------------------


def _size(box: Box) -> tuple[float, float]:
    width = max(
        text_width(clip(box.label), theme.LABEL_SIZE),
        text_width(clip(box.operation), theme.NOTE_SIZE) if box.folded else 0.0,
    )
    height = max(theme.BOX_HEIGHT, len(box.inputs) * _port_pitch(box))
    return max(theme.BOX_WIDTH, width + 2 * PADDING, text_width(_note(box), theme.NOTE_SIZE)), height


def _port_pitch(box: Box) -> float:
    """Spread the arriving wires; many of them share the tallest box there is."""
    count = len(box.inputs)
    if box.folded:
        return min(PORT_PITCH, theme.BOX_HEIGHT / max(count, 1))
    return min(PORT_PITCH, TALLEST_BOX / max(count, 1))


def _note(box: Box) -> str:
    """What stands below a box: the name that captions and code use for its output."""
    return clip(box.name) if not box.folded and box.name != box.label else ""


def _labels(box: Box, put: PlacedBox) -> list[Text]:
    if box.folded:
        return [
            Text(put.x, put.y - 2, clip(box.label), "label", "middle"),
            Text(put.x, put.y + 15, clip(box.operation), "note", "middle"),
        ]
    texts = [Text(put.x, put.y + 5.5, clip(box.label), "label", "middle")]
    if _note(box):
        texts.append(Text(put.x, put.y + put.height / 2 + theme.NOTE_SIZE + 2, _note(box), "note", "middle"))
    return texts


# --- columns and wires -------------------------------------------------------------------------------------


def _columns(
    picture: Picture,
    layout: Layout,
    sizes: Sequence[tuple[float, float]],
    stacks: Sequence[float],
    notes: dict[tuple[int, int], str],
) -> list[_Column]:
    """Make each column as wide as its widest box and numbers, each channel wide enough for its curves.

    Beyond that columns stand apart as the theme says, as far as the picture then fits a notebook.
    """
    count = max(layout.columns, default=-1) + 1
    boxes, stubs, landings = [0.0] * count, [SHORTEST_STUB] * count, [ARROW + 5.0] * count
    rises = [0.0] * count  # how far the curves that end in a column climb or fall
    for n, box in enumerate(picture.boxes):
        column = layout.columns[n]
        boxes[column] = max(boxes[column], sizes[n][0])
        stubs[column] = max(stubs[column], stacks[n] + 2 * CLEARANCE)
        for position, feed in enumerate(box.inputs):
            if note := notes.get((n, position)):
                width = text_width(note, theme.NOTE_SIZE) + ARROW + 4 + NOTE_CLEARANCE
                landings[column] = max(landings[column], width)
            rises[column] = max(rises[column], abs(layout.heights[n] - layout.heights[feed]))
    channels = [min(max(rise / STEEPNESS, NARROWEST_CHANNEL), WIDEST_CHANNEL) for rise in rises[1:]]
    pitches = [
        boxes[i] / 2 + stubs[i] + channels[i] + landings[i + 1] + boxes[i + 1] / 2 for i in range(count - 1)
    ]
    tight = boxes[0] / 2 + sum(pitches) + boxes[-1] / 2 + stubs[-1] + 2 * theme.MARGIN if count else 0.0
    wished = [max(theme.COLUMN_PITCH - pitch, 0.0) for pitch in pitches]
    # Where all wishes together are wider than a notebook, each column gets the same part of its wish.
    granted = min(1.0, max(theme.NOTEBOOK_WIDTH - tight, 0.0) / max(sum(wished), 1.0))
    columns: list[_Column] = []
    landing, left = 0.0, float(theme.MARGIN)  # of the box
    for i in range(count):
        middle, right = left + boxes[i] / 2, left + boxes[i]
        if i + 1 == count:
            columns.append(_Column(landing, middle, right + stubs[i]))
            break
        spare = granted * wished[i]
        longer = min(spare, max(theme.STUB - stubs[i], 0.0))
        columns.append(_Column(landing, middle, right + stubs[i] + longer))
        landing = right + stubs[i] + channels[i] + spare
        left = landing + landings[i + 1]
    return columns


def _wires(
    picture: Picture, layout: Layout, columns: Sequence[_Column], placed: Sequence[PlacedBox]
) -> tuple[PlacedWire, ...]:
    wires = []
    for target, box in enumerate(picture.boxes):
        for position, source in enumerate(box.inputs):
            start = placed[source]
            x, y = columns[layout.columns[source]].stub_end, start.y
            path: list[Point] = [(start.right, y), (x, y)]
            for column in range(layout.columns[source] + 1, layout.columns[target] + 1):
                here = columns[column]
                if column == layout.columns[target]:
                    next_y, end = placed[target].y + layout.ports[target][position], placed[target].left
                else:
                    next_y, end = layout.bends[source, column] + theme.MARGIN, here.stub_end
                path += [
                    ((x + here.landing) / 2, y),
                    ((x + here.landing) / 2, next_y),
                    (here.landing, next_y),
                ]
                path.append((end, next_y))
                x, y = end, next_y
            wires.append(PlacedWire(source, target, position, tuple(path)))
    return tuple(wires)
