"""A pass over a graph as plain JSON: the picture, and what changes in it at each step.

The module in the browser knows nothing of gates or calculus. What it shows is worked out here, once: places
(:mod:`coursekit.drawing.scene`), numbers as text, sentences, and for each step the question that *predict
first* asks, with the answers that tell what was mistaken.
"""

from __future__ import annotations

import math
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from coursekit.drawing import theme
from coursekit.drawing.description import COLUMNS, description_of, formulas_of, in_words, rows_of, title_of
from coursekit.drawing.numbers import MAP_LEVELS, ArraySummary, equals, short
from coursekit.drawing.picture import Box, Picture, in_short, picture_of
from coursekit.drawing.scene import (
    ARROW,
    CELL,
    CLEARANCE,
    LINE,
    MOST_TERMS,
    PlacedBox,
    PlacedWire,
    Point,
    Scene,
    Text,
    place,
    text_width,
    value_lines,
)
from coursekit.drawing.svg import pieces_of, style
from coursekit.errors import GateError
from coursekit.gates import SumToGate
from coursekit.graph import ComputationalGraph
from coursekit.narration import Step
from coursekit.variable import Variable, call

Json = dict[str, Any]

TOLERANCE = 0.005  # a prediction may be off by half a percent: people round
LONGEST_LOCAL = 28  # characters of a local derivative in symbols
BENEATH = 12.0  # from a wire to the arrow that runs back under it
TAG_ABOVE = 27.0  # from the upper edge of a tag to the gate it stands above
SIDEWAYS = 8.0  # at most, where the wire is steep

# What the widget adds to the style of a still picture: a step is marked by width and shape, not colour alone.
HIGHLIGHT = """\
.ck-picture .ck-box.ck-on .ck-body{fill:var(--ck-active);stroke:var(--ck-active-border);stroke-width:3}
.ck-picture .ck-wire.ck-on{stroke:var(--ck-text);stroke-width:3}
.ck-picture .ck-arrow.ck-on{fill:var(--ck-text)}
.ck-picture .ck-back{fill:none;stroke:var(--ck-gradient);stroke-width:3;stroke-dasharray:7 4}
.ck-picture .ck-tip{fill:var(--ck-gradient);stroke:none}
.ck-picture .ck-tag rect{fill:var(--ck-active);stroke:var(--ck-active-border);stroke-width:1.5}
.ck-picture .ck-tag text{font-size:13px;stroke:none}
.ck-picture .ck-words,.ck-picture .ck-share{pointer-events:none}
.ck-picture .ck-new{font-weight:700}
@media (forced-colors:active){.ck-picture .ck-words.ck-on .ck-label,.ck-picture .ck-tag text\
{fill:HighlightText;stroke:none}}
"""


def story_of(graph: ComputationalGraph, locals_: dict[tuple[int, int], str]) -> Json:
    """Tell the passes of a graph that has run forward.

    Parameters
    ----------
    graph
        A graph of one output.
    locals_
        The local derivatives in symbols, from :func:`local_formulas`.

    Returns
    -------
    dict
        Plain JSON: no NaN, no infinity; numbers to be shown are text.

    Raises
    ------
    GateError
        If the graph has several outputs, or its output is an array.
    """
    steps = graph.steps()
    graph.backward()
    picture = picture_of(graph)
    teller = _Teller(graph, picture, steps, locals_)
    rows = rows_of(picture)
    told = [teller.tell(i) for i in range(len(steps))]
    return {
        "title": title_of(picture),
        "description": description_of(picture),
        "style": style() + HIGHLIGHT,
        "tolerance": TOLERANCE,
        "columns": list(COLUMNS),
        "rows": [list(row[:3]) for row in rows],
        "inputs": [_input(graph, name) for name in graph.inputs],
        "steps": told,
        "top": min([0.0, *(step["tag"]["y"] - 8 for step in told if step["tag"])]),
        **_scene(teller.scene),
    }


def local_formulas(graph: ComputationalGraph) -> dict[tuple[int, int], str]:
    """Write the local derivative of each edge in symbols: ``3·w1²``; by node and position.

    The gate's own ``backward`` says it: a graph of that gate alone is differentiated, and the result written
    as a formula. Left out where it is long, or where the gate is given arrays.
    """
    names = {id(node): short(node.value) if node.constant else str(node.name) for node in graph.nodes}
    written: dict[tuple[int, int], str] = {}
    for number, node in enumerate(graph.nodes):
        if node.gate is None or not all(isinstance(x.value, float) for x in (node, *node.inputs)):
            continue
        try:
            formulas = _partials(node, [names[id(x)] for x in node.inputs])
        except (GateError, ArithmeticError, TypeError):
            continue  # a gate without a rule for symbols, or outside its domain: the number alone is shown
        for position, formula in enumerate(formulas):
            if 0 < len(formula) <= LONGEST_LOCAL:
                written[number, position] = formula
    return written


def _partials(node: Variable, names: Sequence[str]) -> list[str]:
    slots = [f"input{i}" for i in range(len(names))]  # one variable may stand at two inputs: a × a
    leaves = [Variable(None, slot) for slot in slots]
    alone = ComputationalGraph(call(node.gate, *leaves), inputs=slots)  # type: ignore[arg-type]
    formulas = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        alone.forward(*[x.value for x in node.inputs])
        for slot in slots:
            formulas.append(_formula(alone.gradient(slot), dict(zip(slots, names, strict=True))))
    return formulas


def _formula(graph: ComputationalGraph, names: dict[str, str]) -> str:
    """Write a graph of single numbers as a formula; summing over an axis leaves a number as it is."""
    same: dict[int, int] = {}
    boxes = []
    for number, (node, box) in enumerate(zip(graph.nodes, picture_of(graph).boxes, strict=True)):
        feeds = tuple(same[feed] for feed in box.inputs)
        same[number] = feeds[0] if isinstance(node.gate, SumToGate) else number
        label = names.get(box.label, box.label) if box.kind == "input" else box.label
        boxes.append(replace(box, label=label, inputs=feeds))
    result = next(n for n, box in enumerate(boxes) if box.output)
    return formulas_of(Picture(tuple(boxes)))[same[result]]


class _Teller:
    """Tells the steps of one pass, each with all that the picture needs to show it."""

    def __init__(
        self,
        graph: ComputationalGraph,
        picture: Picture,
        steps: Sequence[Step],
        locals_: dict[tuple[int, int], str],
    ) -> None:
        self.steps = steps
        self.locals = locals_
        self.numbers = {id(node): n for n, node in enumerate(graph.nodes)}
        self.sums = {i: _sum(step) for i, step in enumerate(steps) if step.kind == "backward"}
        self.scene = place(self._with_room(picture))
        self.wires = {(wire.target, wire.position): n for n, wire in enumerate(self.scene.wires)}
        self.notes = {(text.x, text.y): text.text for _, text in self.scene.texts if text.role == "share"}

    def _with_room(self, picture: Picture) -> Picture:
        """Leave room for two terms at a fork of so many branches that the scene writes no sum there."""
        longest: dict[int, str] = {}
        for i, written in self.sums.items():
            number, terms = self.numbers[id(self.steps[i].target)], re.split(" [=≈] ", written)[0]
            longest[number] = max(longest.get(number, ""), terms, key=len)
        boxes = [
            replace(box, gradient=longest[n]) if len(users) > MOST_TERMS and longest.get(n) else box
            for n, (box, users) in enumerate(zip(picture.boxes, picture.users, strict=True))
        ]
        return Picture(tuple(boxes), picture.title)

    def tell(self, i: int) -> Json:
        """Return step ``i`` as JSON."""
        step = self.steps[i]
        number = self.numbers[id(step.node)]
        told: Json = {"kind": step.kind, "box": number, "ask": _question(self.steps, i)}
        if step.kind == "backward":
            wire = self.scene.wires[self.wires[number, step.position]]  # type: ignore[index]
            told |= {
                "target": self.numbers[id(step.target)],
                "wires": [self.wires[number, step.position]],  # type: ignore[index]
                "caption": f"{_name(step.node)} → {_name(step.target)}: {step.text}{self._to_come(i)}",
                "share": self.notes.get(_note_place(wire), ""),
                "tag": self._tag(step, number),
            }
            shown: Any = step.total
        else:
            incoming = range(len(step.node.inputs)) if step.kind == "forward" else ()
            told |= {"target": number, "wires": [self.wires[number, k] for k in incoming]}
            told |= {"caption": step.text, "share": "", "tag": None}
            shown = step.value
        value = in_short(shown)
        lines = list(value_lines(value))
        if step.kind != "forward":
            lines[:1] = self._fitted(f"∇ {self.sums.get(i) or lines[0]}", told["target"])
        told |= {"lines": lines, "map": _map(value), "exact": in_words(value)}
        return told

    def _fitted(self, written: str, number: int) -> list[str]:
        """Break a sum that is longer than the stub it stands at: its result goes to the next line."""
        ends = [wire.path[1][0] for wire in self.scene.wires if wire.source == number]
        room = min(ends, default=math.inf) - self.scene.boxes[number].right - 2 * CLEARANCE
        if text_width(written, theme.NUMBER_SIZE) <= room + 1:
            return [written]
        return re.split(" (?=[=≈])", written)

    def _to_come(self, i: int) -> str:
        """Tell, at a fork, that another branch will add to this gradient."""
        rest = sum(
            step.kind == "backward" and step.target is self.steps[i].target for step in self.steps[i + 1 :]
        )
        if not rest:
            return ""
        return "; another branch will add to it" if rest == 1 else f"; {rest} more branches will add to it"

    def _tag(self, step: Step, number: int) -> Json | None:
        """The local derivative, in symbols and as a number, above the gate whose it is."""
        if step.local is None:
            return None
        value, formula = short(step.local), self.locals.get((number, step.position or 0), "")
        text = f"local {formula} = {value}" if formula not in ("", value) else f"local {value}"
        width = text_width(text, theme.NOTE_SIZE) + 14
        put = self.scene.boxes[number]
        left = min(put.x - width / 2, self.scene.width - width - 2)
        return {"text": text, "x": _r(left), "y": _r(put.y - put.height / 2 - TAG_ABOVE), "width": _r(width)}


def _sum(step: Step) -> str:
    """Write the running sum at a fork, ``3 + 36 = 39``; nothing where a single branch has arrived."""
    terms = (step.before, step.contribution, step.total)
    if step.before is None or not all(isinstance(x, float) and math.isfinite(x) for x in terms):
        return ""
    left = f"{short(step.before)} + {short(step.contribution)}".replace("+ −", "− ")
    return f"{left} {equals(step.total, terms[:2])} {short(step.total)}"


def _name(node: Variable | None) -> str:
    return str(node.name) if node is not None else ""


# --- the picture -------------------------------------------------------------------------------------------


def _scene(scene: Scene) -> Json:
    texts: list[list[Text]] = [[] for _ in scene.boxes]
    for number, text in scene.texts:
        texts[number].append(text)
    maps: list[list[tuple[float, float]]] = [[] for _ in scene.boxes]
    for number, heat_map in scene.maps:
        maps[number].append((heat_map.x, heat_map.y))
    return {
        "width": round(scene.width, 1),
        "height": round(scene.height, 1),
        "smallest": round(scene.width * theme.SMALLEST_TEXT / theme.NOTE_SIZE, 1),
        "cell": CELL,
        "arrow": ARROW,
        "boxes": [
            _box(box, put, texts[put.number], maps[put.number])
            for box, put in zip(scene.picture.boxes, scene.boxes, strict=True)
        ],
        "wires": list(_wires(scene)),
        "tails": [[n, _path([start, end])] for n, start, end in scene.tails],
    }


def _box(box: Box, put: PlacedBox, texts: Sequence[Text], maps: Sequence[tuple[float, float]]) -> Json:
    values, gradients = ([t for t in texts if t.role == role] for role in ("value", "gradient"))
    places = sorted([_r(t.x), _r(t.y)] for t in gradients)
    places += [[x, y + LINE] for x, y in places[-1:]]  # of the result of a sum too long for one line
    return {
        "kind": box.kind,
        "result": box.output,
        "name": box.name or box.label,
        "rect": [_r(put.left), _r(put.y - put.height / 2), _r(put.width), _r(put.height), put.radius(box)],
        "labels": [
            [t.role, t.anchor, _r(t.x), _r(t.y), t.text] for t in texts if t.role in ("label", "note")
        ],
        "values": sorted([_r(t.x), _r(t.y), t.text] for t in values),
        "gradients": places,
        "valueMap": next(([_r(x), _r(y), _map(box.value)] for x, y in maps if y < put.y), None),
        "gradientMap": next(([_r(x), _r(y)] for x, y in maps if y > put.y), None),
        "exact": in_words(box.value),
    }


def _wires(scene: Scene) -> Iterator[Json]:
    """Each wire in full, to be highlighted, and without what others have drawn, which else looks bolder."""
    names = [box.name or box.label for box in scene.picture.boxes]
    drawn: set[tuple[int, str]] = set()
    for wire in scene.wires:
        pieces = pieces_of(wire)
        start, rest = wire.path[0], list(pieces)
        while len(rest) > 1 and (wire.source, rest[0][0]) in drawn:
            start = rest.pop(0)[1]
        drawn.update((wire.source, piece) for piece, _ in pieces)
        back, tip = _beneath(wire)
        yield {
            "source": wire.source,
            "d": f"M{_xy(start)}" + "".join(piece for piece, _ in rest),
            "full": f"M{_xy(wire.path[0])}" + "".join(piece for piece, _ in pieces),
            "end": list(map(_r, wire.path[-1])),
            "note": list(map(_r, _note_place(wire))),
            "back": back,
            "tip": list(map(_r, tip)),
            "words": f"{names[wire.source]} → {names[wire.target]}",
        }


def _note_place(wire: PlacedWire) -> Point:
    """Where the scene writes what flows back through a wire."""
    x, y = wire.path[-1]
    return x - ARROW - 4, y + theme.NOTE_SIZE + 3


def _beneath(wire: PlacedWire) -> tuple[str, Point]:
    """Return the way back under a wire, from its last curve to its stub, and where the arrow points.

    The numbers at both ends stay free. A steep curve is also moved sideways, away from the wire.
    """
    (x0, y0), points = wire.path[1], wire.path[2:]
    tip = x0 + 2, y0 + BENEATH
    forwards = [(x0, y0), *points[:-1]]  # without the straight piece where the last number stands
    moved = []
    for i in range(0, len(forwards) - 1, 4):
        (xa, ya), (xb, yb), (xc, yc), (xd, yd) = forwards[i : i + 4]
        steepness = (yd - ya) / max(abs(yd - ya), xd - xa, 1.0)  # from −1 to 1
        aside = -SIDEWAYS * steepness
        moved.append([(xa, ya), (xb + aside, yb), (xc + aside, yc), (xd, yd)])
    lowered = [[(x, y + BENEATH) for x, y in curve] for curve in moved]
    lowered[0][0] = (tip[0] + ARROW - 1, tip[1])
    path = ""
    for a, b, c, d in reversed(lowered):
        path += f"{'L' if path else 'M'}{_xy(d)}C{_xy(c)} {_xy(b)} {_xy(a)}"
    return path, tip


def _path(points: Sequence[Point]) -> str:
    return "M" + "L".join(map(_xy, points))


def _xy(point: Point) -> str:
    return f"{_r(point[0]):g} {_r(point[1]):g}"


def _map(value: Any) -> list[list[str]] | None:
    """The shades of a heat map, row by row."""
    if not isinstance(value, ArraySummary) or not value.cells:
        return None
    return [
        [theme.NOT_FINITE if level is None else theme.SHADES[level + MAP_LEVELS] for level in row]
        for row in value.cells
    ]


def _r(number: float) -> float:
    """Round a coordinate to a tenth of a pixel."""
    return round(number, 1)


def _input(graph: ComputationalGraph, name: str) -> Json:
    """What the fields for editing need: the number, or why it cannot be edited."""
    value = next(node.value for node in graph.nodes if node.gate is None and node.name == name)
    editable = isinstance(value, float) and math.isfinite(value)
    return {
        "name": name,
        "value": value if editable else None,
        "text": ", ".join(value_lines(in_short(value))),
        "editable": isinstance(value, float),
    }


# --- predict first -----------------------------------------------------------------------------------------


def _question(steps: Sequence[Step], i: int) -> Json | None:
    """Ask for the number of step ``i``; None where arrays come in, or what is no finite number."""
    step = steps[i]
    answer = step.total if step.kind == "backward" else step.value
    comes_in = [step.upstream] if step.kind == "backward" else [x.value for x in step.node.inputs]
    if not all(map(_plain, (answer, *(() if step.kind == "seed" else comes_in)))):
        return None
    if step.kind == "forward":
        question = f"{step.text.rpartition(' = ')[0]} = ?"
        mistakes = list(_forward_mistakes(step))
    elif step.kind == "seed":
        name = _name(step.node)
        question = (
            f"∇{name} = ? The backward pass starts here: how fast does {name} change with {name} itself?"
        )
        mistakes = [
            (0.0, f"Only a constant has slope 0; {name} changes exactly as fast as itself."),
            (step.node.value, f"That is the value of {name}, not how fast it changes."),
        ]
    else:
        question, mistakes = _backward_question(step), list(_backward_mistakes(steps, step))
    told: list[Json] = []
    for value, hint in mistakes:
        known = [answer, *(mistake["value"] for mistake in told)]
        if _plain(value) and not any(_close(value, other) for other in known):
            told.append({"value": value, "hint": hint})
    return {"question": question, "answer": answer, "mistakes": told}


def _forward_mistakes(step: Step) -> Iterator[tuple[Any, str]]:
    node: Any = step.node
    xs, label = [x.value for x in node.inputs], node.gate.label
    if not all(map(_plain, (*xs, node.value))):
        return
    yield -step.value, "The size is right, the sign is not."
    if len(xs) == 2:
        x, y = xs
        if label in ("+", "−"):
            yield x * y, f"You multiplied; this gate is {label}."
        if label == "×":
            yield x + y, "You added; this gate multiplies."
        if label == "−":
            yield x + y, "You added; this gate subtracts the second from the first."
        if label == "÷" and x:
            yield y / x, "That is the other way round: the first is divided by the second."
    if hasattr(node.gate, "exponent") and _plain(node.gate.exponent):
        exponent = node.gate.exponent
        yield xs[0] * exponent, f"You multiplied by {short(exponent)}; it is an exponent."
    for x in node.inputs:
        yield x.value, f"That is {x.name or 'the constant'} as it comes in; the gate is still to be applied."


def _backward_question(step: Step) -> str:
    x, z = _name(step.target), _name(step.node)
    question = f"∇{z} = {short(step.upstream)} flows back from {z} to {x}."
    if step.before is None:
        return f"{question} ∇{x} = ?"
    return f"{question} So far ∇{x} is {short(step.before)}. What is it after this step?"


def _backward_mistakes(steps: Sequence[Step], step: Step) -> Iterator[tuple[Any, str]]:
    """What people answer when one part of the chain rule slips, with what to tell them."""
    x, z = _name(step.target), _name(step.node)
    share, local, upstream, before = step.contribution, step.local, step.upstream, step.before
    own = step.target.value if step.target is not None and _plain(step.target.value) else None
    label = step.node.gate.label if step.node.gate is not None else ""
    if before is not None:
        yield (
            share,
            f"That is the share of this branch alone. ∇{x} already holds {short(before)} from another "
            "branch: what arrives is added to it, it does not overwrite it.",
        )
        yield before, "That is what was there before. This branch adds upstream × local to it."
    base = before or 0.0
    flipped = (
        "The size is right, the sign is not."
        if before is None
        else "The sign of this branch's share is wrong."
    )
    yield -step.total, "The size is right, the sign is not."
    yield base - share, flipped
    if not _plain(local):
        return
    chain = f"The chain rule multiplies: upstream ∇{z} = {short(upstream)} times the local derivative."
    for extra in dict.fromkeys((base, 0.0)):
        yield extra + local, f"That uses the local derivative alone. {chain}"
        yield extra + upstream, f"That uses the upstream gradient alone. {chain}"
        yield extra + upstream + local, f"Upstream and local were added. {chain}"
        for other in steps:
            if other.kind == "backward" and other.node is step.node and other.position != step.position:
                yield (
                    extra + other.contribution,
                    f"That flows to the other input, {_name(other.target)}. Ask how {z} changes with {x}.",
                )
        if own is not None and label == "×":
            yield (
                extra + upstream * own,
                f"That is upstream × {x} itself; × hands each side the other's value.",
            )
    if own is not None:
        yield own, f"That is the value of {x}, not its gradient."
    yield step.node.value, f"That is the value of {z}, not a gradient."


def _plain(x: Any) -> bool:
    return isinstance(x, (int, float)) and math.isfinite(x)


def _close(one: float, other: float) -> bool:
    """Whether the module would take one number for the other."""
    return abs(one - other) <= TOLERANCE * max(abs(one), abs(other)) + 1e-9
