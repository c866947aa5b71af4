"""The picture before it is placed: boxes, what feeds them, and the numbers they show.

Everything that draws or describes works on a :class:`Picture`, not on a graph. It holds numbers and
summaries only, so it stays as it is when the graph runs again.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Literal

from coursekit.drawing.layout import assign_columns
from coursekit.drawing.numbers import ArraySummary, short, summarise
from coursekit.values import is_array, plain
from coursekit.variable import HasNodes, Variable, handed_back

Value = complex | ArraySummary | str | None
"""What can stand at a wire: a number, an array in short, a formula (text), or nothing yet."""

MAX_BOXES = 40  # beyond, a picture is folded: nobody reads more at once
MAX_BANDS = 6  # folded boxes in a row; with at most four leaves each they stay below MAX_BOXES
MAX_RESULTS = 3  # that stay unfolded
MAX_LEAVES = {"inputs": 3, "constants": 1}
_EITHER_WAY_ROUND = {"+", "×", "max", "min"}  # gates whose inputs may be exchanged


@dataclass(frozen=True)
class Share:
    """What a gate hands back to one of its inputs: contribution = upstream × local.

    ``local`` is None for arrays, whose local derivative is a whole Jacobian.
    """

    contribution: Value
    upstream: Value = None
    local: Value = None


@dataclass(frozen=True)
class Box:
    """A node as it is drawn.

    Attributes
    ----------
    kind
        ``"input"``, ``"constant"`` or ``"gate"``.
    label
        What stands in the box: a name, a number, a gate's symbol.
    name
        What captions and tables call it.
    operation
        The gate in words (``multiply``); of a fold what it holds (``12 ×, 3 +``).
    inputs
        The boxes that feed it, by number, in order; a box may feed another twice.
    shares
        What it hands back to each of its inputs; empty before a backward pass.
    value, gradient
        What stands above and below its output wire.
    output
        True for a result of the graph.
    ordered
        True where the order of the inputs matters.
    holds
        How many nodes it stands for; if more than one, the box is *folded*.
    """

    kind: Literal["input", "constant", "gate"]
    label: str
    name: str = ""
    operation: str = ""
    inputs: tuple[int, ...] = ()
    shares: tuple[Share | None, ...] = ()
    value: Value = None
    gradient: Value = None
    output: bool = False
    ordered: bool = False
    holds: int = 1

    @property
    def folded(self) -> bool:
        """Whether it stands for several nodes."""
        return self.holds > 1


@dataclass(frozen=True)
class Picture:
    """Boxes in topological order, and a title if somebody gave one."""

    boxes: tuple[Box, ...]
    title: str = ""

    @cached_property
    def has_values(self) -> bool:
        """Whether a forward pass left any number to show."""
        return any(box.value is not None for box in self.boxes if box.kind != "constant")

    @cached_property
    def has_gradients(self) -> bool:
        """Whether a backward pass left any gradient to show."""
        return any(box.gradient is not None for box in self.boxes)

    @cached_property
    def users(self) -> list[list[tuple[int, int]]]:
        """For each box: which boxes it feeds, and as which of their inputs."""
        users: list[list[tuple[int, int]]] = [[] for _ in self.boxes]
        for number, box in enumerate(self.boxes):
            for position, feed in enumerate(box.inputs):
                users[feed].append((number, position))
        return users


def picture_of(graph: HasNodes, title: str = "", shares: bool = True) -> Picture:
    """Return the picture of a graph, with the values and gradients of its last run.

    Parameters
    ----------
    graph
        A graph that has run forward and backward, forward only, or not at all.
    title
        What the picture shows; left out, it is put together from the graph.
    shares
        Whether to ask each gate what it handed back to each of its inputs.

    >>> from coursekit import ComputationalGraph, variables
    >>> x, y = variables("x y")
    >>> graph = ComputationalGraph(x * y)
    >>> graph.forward(x=2, y=3), graph.backward()
    (6.0, {'x': 3.0, 'y': 2.0})
    >>> [(box.label, box.value, box.gradient) for box in picture_of(graph).boxes]
    [('x', 2.0, 3.0), ('y', 3.0, 2.0), ('×', 6.0, 1.0)]
    """
    numbers = {id(node): number for number, node in enumerate(graph.nodes)}
    outputs = {id(z) for z in graph.outputs}
    results = _result_names(graph)
    went_back = any(node.grad is not None for node in graph.nodes)
    shares_of = _all_shares(graph) if shares and went_back else {}
    boxes = []
    for node in graph.nodes:
        is_input = node.gate is None and not node.constant
        gradient = plain(node.grad)
        if gradient is None and went_back and is_input:
            gradient = node.value * 0.0  # as backward() answers for an input that nothing arrives at
        label = _label(node)
        box = Box(
            kind="input" if is_input else "constant" if node.constant else "gate",
            label=label,
            name=results.get(id(node)) or node.name or "",
            operation=_operation(node),
            inputs=tuple(numbers[id(x)] for x in node.inputs),
            shares=shares_of.get(id(node), ()),
            value=in_short(plain(node.value)),
            gradient=in_short(gradient),
            output=id(node) in outputs,
            ordered=len(node.inputs) > 1 and label not in _EITHER_WAY_ROUND,
        )
        boxes.append(box)
    return Picture(tuple(boxes), title)


def in_short(value: Any) -> Value:
    """Return a number as it is, an array as its summary, anything else as text."""
    value = plain(value)
    if is_array(value):
        return summarise(value)
    if value is None or isinstance(value, (int, float, complex)):
        return value
    return value.item() if hasattr(value, "dtype") else str(value)


def _result_names(graph: HasNodes) -> dict[int, str]:
    """Names given to results; a gradient goes by the name of its input, so it is told apart from it."""
    named = zip(graph.outputs, graph.names or (), strict=False)
    return {id(z): f"∇{name}" if name in graph.inputs else name for z, name in named}


def _label(node: Variable) -> str:
    if node.gate is not None:
        return node.gate.label
    if not node.constant:
        return str(node.name)
    return str(node.value.shape) if is_array(node.value) else short(node.value)


def _operation(node: Variable) -> str:
    """Return the gate in words: MultiplyGate → multiply, SoftmaxCrossEntropyGate → softmax cross entropy."""
    name = type(node.gate).__name__.removesuffix("Gate") if node.gate else ""
    spaced = "".join(f" {c.lower()}" if c.isupper() and i else c.lower() for i, c in enumerate(name))
    return spaced if any(c.islower() for c in name) else name.lower()


def _all_shares(graph: HasNodes) -> dict[int, tuple[Share | None, ...]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # backward() has already told of overflows and NaN
        return {id(node): _shares(node) for node in graph.nodes if node.gate and node.grad is not None}


def _shares(node: Variable) -> tuple[Share | None, ...]:
    """Ask a gate again what it hands back to each input; None for constants and where none belongs."""
    back = handed_back(node, node.grad)
    return tuple(b and Share(in_short(b[0]), in_short(node.grad), in_short(b[1])) for b in back)


# --- folding -----------------------------------------------------------------------------------------------


def fold(picture: Picture) -> Picture:
    """Draw neighbouring columns of a large graph as one box each, so that at most 40 boxes are left.

    Gates are folded by their distance from the inputs into at most six bands, inputs by the band that uses
    them first. A few inputs and results stay as they are; a folded box says how many nodes it holds.

    >>> chain = [Box("input", "x")] + [Box("gate", "+", inputs=(i,), output=i == 999) for i in range(1000)]
    >>> folded = fold(Picture(tuple(chain)))
    >>> [box.label for box in folded.boxes]
    ['x', '167 gates', '166 gates', '167 gates', '166 gates', '167 gates', '166 gates', '+']
    """
    return Picture(tuple(_merge(picture.boxes, groups_of(picture))), picture.title)


def groups_of(picture: Picture) -> list[list[int]]:
    """Return the numbers of the boxes that :func:`fold` puts into each of its boxes, in the same order."""
    boxes = picture.boxes
    users = picture.users
    results = [n for n, box in enumerate(boxes) if box.kind == "gate" and box.output and not users[n]]
    alone = set(results if len(results) <= MAX_RESULTS else ())
    band_of = _bands(boxes, alone)
    groups: dict[tuple[int, str], list[int]] = {}
    for number, box in enumerate(boxes):
        if number in alone:
            key = (MAX_BANDS + 1, f"result {number}")
        elif box.kind == "gate":
            key = (band_of[number], "gates")
        else:
            first = min((band_of.get(user, MAX_BANDS) for user, _ in users[number]), default=0)
            key = (first, f"{box.kind}s")
        groups.setdefault(key, []).append(number)
    return _spell_out(groups)


def part_of(picture: Picture, members: Sequence[int]) -> Picture:
    """Return some boxes of a picture, with what feeds them from outside as inputs.

    >>> x = Box("input", "x", "x")
    >>> half, whole = Box("gate", "exp", "a", inputs=(0,)), Box("gate", "tanh", "f", inputs=(1,))
    >>> [(box.kind, box.label) for box in part_of(Picture((x, half, whole)), [2]).boxes]
    [('input', 'a'), ('gate', 'tanh')]
    """
    inside = set(members)
    feeds = {feed for number in members for feed in picture.boxes[number].inputs}
    numbers = sorted(inside | feeds)
    place = {number: new for new, number in enumerate(numbers)}
    boxes = []
    for number in numbers:
        box = picture.boxes[number]
        if number not in inside and box.kind == "gate":
            label = box.name or box.label
            box = replace(box, kind="input", label=label, name=label, inputs=(), shares=(), ordered=False)
        boxes.append(replace(box, inputs=tuple(place[feed] for feed in box.inputs)))
    return Picture(tuple(boxes), picture.title)


def _bands(boxes: Sequence[Box], alone: set[int]) -> dict[int, int]:
    """Give each gate a band: a run of neighbouring columns that hold about as many gates as other bands."""
    columns = assign_columns([box.inputs for box in boxes])
    gates = [n for n, box in enumerate(boxes) if box.kind == "gate" and n not in alone]
    sizes = Counter(columns[n] for n in gates)
    if len(sizes) <= MAX_BANDS:
        band_of_column = {column: band for band, column in enumerate(sorted(sizes))}
    else:
        before, band_of_column = 0, {}
        for column in sorted(sizes):
            band_of_column[column] = before * MAX_BANDS // len(gates)
            before += sizes[column]
    return {n: band_of_column[columns[n]] for n in gates}


def _spell_out(groups: dict[tuple[int, str], list[int]]) -> list[list[int]]:
    """Leave a few inputs, and a gate that is alone in its band, unfolded; order the groups by band."""
    spelt: list[list[int]] = []
    for (_, kind), members in sorted(groups.items(), key=lambda item: (item[0][0], item[0][1] == "gates")):
        few = MAX_LEAVES.get(kind, 1)
        spelt.extend([n] for n in members) if len(members) <= few else spelt.append(members)
    return spelt


def _merge(boxes: Sequence[Box], groups: Sequence[Sequence[int]]) -> list[Box]:
    """Make one box of each group, fed by every group that feeds a member."""
    place = {number: new for new, group in enumerate(groups) for number in group}
    merged = []
    for new, group in enumerate(groups):
        feeds = [place[feed] for number in group for feed in boxes[number].inputs]
        outside = tuple(dict.fromkeys(feed for feed in feeds if feed != new))
        first = boxes[group[0]]
        if len(group) == 1:
            merged.append(replace(first, inputs=tuple(feeds), shares=()))
            continue
        merged.append(
            Box(
                kind=first.kind,
                label=f"{len(group):,} {first.kind}s",
                name=f"{len(group):,} {first.kind}s",
                operation=_holdings(boxes[number] for number in group),
                inputs=outside,
                output=any(boxes[number].output for number in group),
                holds=len(group),
            )
        )
    return merged


def _holdings(boxes: Iterable[Box]) -> str:
    """Count what a fold holds: ``12 ×, 3 +`` for gates, the names of inputs."""
    boxes = list(boxes)
    if boxes[0].kind != "gate":
        names = [box.name or box.label for box in boxes[:4]]
        return ", ".join(filter(None, names)) + (", …" if len(boxes) > 4 else "")
    counts = Counter(box.label for box in boxes).most_common()
    shown = ", ".join(f"{count:,} {label}" for label, count in counts[:4])
    return shown + (", …" if len(counts) > 4 else "")
