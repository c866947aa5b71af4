"""What the tests of pictures measure: crossings, overlaps and wires that touch what they should not.

Everything here is measured on the placed curves, not on what the layout says about itself.
"""

from collections.abc import Iterator, Sequence
from itertools import combinations

from coursekit.drawing import theme
from coursekit.drawing.picture import Box, Picture
from coursekit.drawing.scene import PlacedBox, PlacedWire, Point, Scene, Text, text_width

Rectangle = tuple[float, float, float, float]  # left, top, right, bottom


def boxes_of(inputs: Sequence[Sequence[int]]) -> Picture:
    """A picture without numbers: node n is fed by inputs[n]."""
    kinds = [Box("gate" if feeds else "input", "+" if feeds else f"x{n}") for n, feeds in enumerate(inputs)]
    return Picture(
        tuple(Box(b.kind, b.label, inputs=tuple(feeds)) for b, feeds in zip(kinds, inputs, strict=True))
    )


def cubic_g() -> list[list[int]]:
    """g(w) = w1³·w2 + 3·w1: w1, w2, 3, cube, two products, sum."""
    return [[], [], [], [0], [3, 1], [2, 0], [4, 5]]


def network(*sizes: int) -> list[list[int]]:
    """A network at neuron level: weights, bias, affine and activation a neuron, one loss."""
    inputs: list[list[int]] = [[] for _ in range(sizes[0])]
    before = list(range(sizes[0]))
    for size in sizes[1:]:
        layer = []
        for _ in range(size):
            n = len(inputs)
            inputs += [[], [], [*before, n, n + 1], [n + 2]]
            layer.append(n + 3)
        before = layer
    return [*inputs, before]


def points_of(wire: PlacedWire, steps: int = 40) -> list[Point]:
    """Points along a wire, close to each other."""
    start, stub, *rest = wire.path
    points = [start, *_straight(start, stub)]
    here = stub
    for i in range(0, len(rest), 4):
        one, two, end, straight = rest[i : i + 4]
        for step in range(1, steps + 1):
            t = step / steps
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            points.append(
                tuple(
                    sum(w * p[axis] for w, p in zip(weights, (here, one, two, end), strict=True))
                    for axis in (0, 1)
                )
            )
        points += _straight(end, straight)
        here = straight
    return points


def _straight(start: Point, end: Point) -> list[Point]:
    count = max(int(abs(end[0] - start[0]) // 5), 1)
    return [
        (start[0] + (end[0] - start[0]) * i / count, start[1] + (end[1] - start[1]) * i / count)
        for i in range(1, count + 1)
    ]


def crossings(scene: Scene) -> int:
    """Count the pairs of wires from different boxes whose curves cross, channel by channel.

    Between two columns all curves have the same shape, so two of them cross where the order of their ends
    differs from the order of their starts.
    """
    channels: dict[float, set[tuple[int, float, float]]] = {}
    for wire in scene.wires:
        y = wire.path[1][1]
        for i in range(2, len(wire.path), 4):
            end = wire.path[i + 2]
            channels.setdefault(end[0], set()).add((wire.source, y, end[1]))
            y = end[1]
    return sum(
        (a[1] - b[1]) * (a[2] - b[2]) < 0
        for curves in channels.values()
        for a, b in combinations(sorted(curves), 2)
        if a[0] != b[0]
    )


def rectangle_of(box: PlacedBox, margin: float = 0) -> Rectangle:
    half = box.height / 2 + margin
    return box.left - margin, box.y - half, box.right + margin, box.y + half


def rectangle_of_text(text: Text) -> Rectangle:
    size = {"label": theme.LABEL_SIZE, "note": theme.NOTE_SIZE, "share": theme.NOTE_SIZE}.get(
        text.role, theme.NUMBER_SIZE
    )
    width = text_width(text.text, size)
    left = text.x - {"start": 0, "middle": width / 2, "end": width}[text.anchor]
    return left, text.y - 0.75 * size, left + width, text.y + 0.2 * size


def overlap(a: Rectangle, b: Rectangle) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def inside(point: Point, area: Rectangle) -> bool:
    return area[0] < point[0] < area[2] and area[1] < point[1] < area[3]


def faults(scene: Scene) -> Iterator[str]:
    """Name everything in a picture that overlaps, or that a foreign wire runs over, or that lies outside."""
    outside_texts = [(n, text) for n, text in scene.texts if text.role != "label"]
    rectangles = [rectangle_of_text(text) for _, text in outside_texts]
    for a, b in combinations(scene.boxes, 2):
        if overlap(rectangle_of(a), rectangle_of(b)):
            yield f"boxes {a.number} and {b.number} overlap"
    for (_, a), (_, b) in combinations(zip(outside_texts, rectangles, strict=True), 2):
        if overlap(a, b):
            yield f"texts overlap at {a} and {b}"
    for (n, text), area in zip(outside_texts, rectangles, strict=True):
        if area[0] < 0 or area[2] > scene.width or area[1] < 0 or area[3] > scene.height:
            yield f"{text.text!r} lies outside the picture"
        for box in scene.boxes:
            folded = scene.picture.boxes[n].folded and box.number == n
            if not folded and overlap(area, rectangle_of(box)):
                yield f"{text.text!r} of box {n} lies on box {box.number}"
    for wire in scene.wires:
        points = points_of(wire)
        for box in scene.boxes:
            foreign = box.number not in (wire.source, wire.target)
            # Two per cent of the picture's height, and never less than the box with a rim.
            area = rectangle_of(box, margin=4)
            if foreign and any(inside(point, area) for point in points):
                yield f"the wire {wire.source} → {wire.target} touches box {box.number}"
            if foreign and any(
                abs(box.y - y) < 0.02 * scene.height and box.left < x < box.right for x, y in points
            ):
                yield f"the wire {wire.source} → {wire.target} passes box {box.number} within 2 %"
        for (n, text), area in zip(outside_texts, rectangles, strict=True):
            own = n == wire.source if text.role != "share" else n == wire.target
            if not own and any(inside(point, area) for point in points):
                yield f"the wire {wire.source} → {wire.target} strikes {text.text!r} of box {n} through"
