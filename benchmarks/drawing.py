"""The layout of pictures of graphs: how long it takes, and how many wires cross.

Beside our layout stands, in the same run, the plain one: every node in the column of its depth, in the order
in which it was met, wires straight. ``python -m benchmarks.drawing`` prints this table alone.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial

from benchmarks.harness import Row, Settings, table_text, time_text
from coursekit.drawing.layout import arrange

Inputs = list[list[int]]
MOST_COMPARED = 5000  # wires; the crossings of the plain layout are counted pair by pair


def cubic() -> Inputs:
    """g(w) = w1³·w2 + 3·w1."""
    return [[], [], [], [0], [3, 1], [2, 0], [4, 5]]


def network(*sizes: int) -> Inputs:
    """A network at neuron level: weights, bias, affine and activation a neuron, one loss."""
    inputs: Inputs = [[] for _ in range(sizes[0])]
    before = list(range(sizes[0]))
    for size in sizes[1:]:
        layer = []
        for _ in range(size):
            n = len(inputs)
            inputs += [[], [], [*before, n, n + 1], [n + 2]]
            layer.append(n + 3)
        before = layer
    return [*inputs, before]


def scattered(nodes: int, seed: int = 1) -> Inputs:
    """A random graph: three nodes in ten are leaves, the others have two inputs among the 100 before."""
    chance = random.Random(seed)
    inputs: Inputs = []
    for n in range(nodes):
        leaf = n < 5 or chance.random() < 0.3
        inputs.append([] if leaf else [chance.randrange(max(0, n - 100), n) for _ in range(2)])
    return inputs


def recurrent(steps: int) -> Inputs:
    """One weight shared by a long chain: its wire passes every column."""
    inputs: Inputs = [[], []]
    for n in range(steps):
        inputs.append([0 if n == 0 else n + 1, 1])
    return inputs


def plain_columns(inputs: Sequence[Sequence[int]]) -> dict[int, tuple[int, int]]:
    """The plain layout: column by depth, row by order of appearance."""
    places: dict[int, tuple[int, int]] = {}
    rows: dict[int, int] = {}
    for n, feeds in enumerate(inputs):
        column = max((places[feed][0] for feed in feeds), default=-1) + 1
        places[n] = (column, rows.get(column, 0))
        rows[column] = rows.get(column, 0) + 1
    return places


def plain_crossings(inputs: Sequence[Sequence[int]]) -> int:
    """Count crossings of straight wires in the plain layout: pairs whose segments intersect."""
    places = plain_columns(inputs)
    wires = [(places[feed], places[n]) for n, feeds in enumerate(inputs) for feed in set(feeds)]
    return sum(_cross(a, b) for i, a in enumerate(wires) for b in wires[:i] if a[0] != b[0] and a[1] != b[1])


def _cross(a: tuple[tuple[int, int], ...], b: tuple[tuple[int, int], ...]) -> bool:
    def side(p: tuple[int, int], q: tuple[int, int], r: tuple[int, int]) -> int:
        turn = (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])
        return (turn > 0) - (turn < 0)

    return side(*a, b[0]) * side(*a, b[1]) < 0 and side(*b, a[0]) * side(*b, a[1]) < 0


def seconds(work: Callable[[], object], settings: Settings) -> float:
    """Processor time of one call: the median over samples."""
    times = []
    for _ in range(settings.samples):
        start = time.process_time()
        work()
        times.append(time.process_time() - start)
    return statistics.median(times)


def run(settings: Settings) -> list[Row]:
    """Measure time and crossings of both layouts."""
    works: list[tuple[str, Inputs, int | None, int | None]] = [  # most milliseconds, most crossings
        ("w1³·w2 + 3·w1", cubic(), None, 0),
        ("network 3-4-2, neuron by neuron", network(3, 4, 2), 30, 36),  # 36: Graphviz's dot
        ("at random", scattered(30), 30, None),
        ("network 8-60-60-60-60-6", network(8, 60, 60, 60, 60, 6), 2000, None),
        ("at random", scattered(1000), 2000, None),
        ("recurrent, one weight", recurrent(998), 2000, None),
    ]
    rows = []
    for name, inputs, slowest, most in works:
        took = seconds(partial(arrange, inputs), settings)
        plain_took = seconds(partial(plain_columns, inputs), settings)
        crossings = arrange(inputs).crossings
        wires = sum(map(len, inputs))
        plain = f"{plain_crossings(inputs):,}" if wires <= MOST_COMPARED else "not counted"
        limits = [f"≤ {slowest} ms" if slowest else "", f"≤ {most} crossings" if most is not None else ""]
        met = (slowest is None or 1000 * took <= slowest) and (most is None or crossings <= most)
        rows.append(
            Row(
                work=f"{name}: {len(inputs):,} nodes, {wires:,} wires",
                figure=f"{time_text(took)}, {crossings:,} crossings",
                ratio=f"plain columns: {time_text(plain_took)}, {plain}",
                target=", ".join(filter(None, limits)),
                met=met,
                value=took,
            )
        )
    return rows


if __name__ == "__main__":
    print(table_text((__doc__ or "").partition("\n")[0], run(Settings())))
