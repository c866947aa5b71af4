"""Where the nodes of a graph go: a layered layout, after Sugiyama, Tagawa and Toda (1981).

Four steps, each a function below:

1. *Layers.* A node stands one column to the right of its farthest input. Inputs of the graph move right,
   next to the node that uses them, so that not all parameters crowd the first column.
2. *Bends.* A wire that spans several columns gets a bend in each column between, so that it is routed around
   the nodes there. Wires from one node share their bends.
3. *Order.* In each column the nodes are sorted by the average position of their neighbours, and neighbours
   are exchanged while that saves crossings (Gansner, Koutsofios, North and Vo, 1993).
4. *Heights.* Each column is moved to where its wires are shortest while its order and its gaps are kept: a
   least-squares fit by pooling adjacent nodes (Ayer and others, 1955).

Pure Python, no randomness, no recursion: the same graph gives the same picture everywhere.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

MAX_NODES, MAX_BENDS = 5_000, 100_000  # beyond, nobody could follow a wire anyway
_BEND_GAP = 28.0  # between two wires that pass through a column
_PASS_GAP = 24.0  # between a node and a wire that passes it
_FIT_ROUNDS = 12


@dataclass(frozen=True)
class Shape:
    """How much room a node needs around its middle, in pixels.

    Attributes
    ----------
    above, below : float
        Extent over and under the middle, numbers at the wire included.
    port_pitch : float
        Distance between two wires that arrive at the node.
    ordered : bool
        True where the order of the inputs matters (x − y): the first wire then arrives on top.
    """

    above: float = 22.0
    below: float = 22.0
    port_pitch: float = 22.0
    ordered: bool = False


@dataclass(frozen=True)
class Layout:
    """The result: a column and a height for each node, and the way of each wire.

    Attributes
    ----------
    columns : list of int
        The column of each node, from 0.
    heights : list of float
        The middle of each node, downwards; the smallest extent starts at 0.
    ports : list of lists of float
        For each node and each of its inputs, where the wire arrives, relative to the node's middle.
    bends : dict of (int, int) to float
        For a node and a column, the height at which the wires of this node pass through that column.
    crossings : int
        How many pairs of wires cross.
    """

    columns: list[int]
    heights: list[float]
    ports: list[list[float]]
    bends: dict[tuple[int, int], float]
    crossings: int


def arrange(
    inputs: Sequence[Sequence[int]], shapes: Sequence[Shape] | None = None, gap: float = 60
) -> Layout:
    """Lay out a graph.

    Parameters
    ----------
    inputs : sequence of sequences of int
        For each node the nodes that feed it, in order; a node may feed another twice (x · x). Nodes stand in
        topological order: every input has a smaller number.
    shapes : sequence of Shape, optional
        The room that each node needs.
    gap : float
        Least distance between the extents of two nodes in a column, in pixels.

    Raises
    ------
    ValueError
        If the graph is too large to be drawn, or the nodes are not in topological order.

    Examples
    --------
    >>> layout = arrange([[], [], [0, 1], [0, 2]])      # a, b, a + b, a · (a + b)
    >>> layout.columns, layout.crossings
    ([0, 0, 1, 2], 0)
    """
    if len(inputs) > MAX_NODES:
        raise ValueError(_too_large(len(inputs), f"{MAX_NODES:,} nodes are the most"))
    shapes = [Shape()] * len(inputs) if shapes is None else shapes
    layered = _with_bends(inputs, assign_columns(inputs), shapes)
    order, crossings = _fewest_crossings(layered)
    heights = _fit_heights(layered, order, gap)
    top = min((y - layered.shapes[v].above for v, y in enumerate(heights)), default=0.0)
    heights = [y - top for y in heights]
    nodes = len(inputs)
    rank = _ranks(order)
    return Layout(
        columns=layered.columns[:nodes],
        heights=heights[:nodes],
        ports=[layered.ports_of(v, rank) for v in range(nodes)],
        bends={key: heights[v] for key, v in layered.bends.items()},
        crossings=crossings,
    )


def assign_columns(inputs: Sequence[Sequence[int]]) -> list[int]:
    """Give each node a column: one right of its farthest input.

    Inputs of the graph, and small trees that grow from inputs used nowhere else, are then pulled right to
    the column before their first use.

    >>> assign_columns([[], [], [0], [2], [3, 1]])       # the second input is used late
    [0, 2, 1, 2, 3]
    """
    columns: list[int] = []
    first_use: list[int | None] = [None] * len(inputs)
    users = [0] * len(inputs)
    movable: list[bool] = []
    for node, feeds in enumerate(inputs):
        distinct = set(feeds)
        if any(feed >= node or feed < 0 for feed in distinct):
            raise ValueError(f"node {node} comes before its inputs {sorted(distinct)}: sort the nodes first")
        columns.append(max((columns[feed] for feed in distinct), default=-1) + 1)
        for feed in distinct:
            users[feed] += 1
    for feeds in inputs:
        movable.append(all(users[feed] == 1 and movable[feed] for feed in feeds))
    for node in reversed(range(len(inputs))):
        use = first_use[node]
        if movable[node] and use is not None:
            columns[node] = use - 1
        for feed in inputs[node]:
            use = first_use[feed]
            first_use[feed] = columns[node] if use is None else min(use, columns[node])
    return columns


@dataclass
class _Layered:
    """Nodes and bends (together: vertices) in columns; every link joins two neighbouring columns."""

    inputs: Sequence[Sequence[int]]
    columns: list[int]
    shapes: list[Shape]
    bends: dict[tuple[int, int], int] = field(default_factory=dict)
    before: list[list[int]] = field(default_factory=list)  # by input: the vertex in the column to the left
    after: list[list[tuple[int, int]]] = field(default_factory=list)  # (vertex to the right, which input)
    members: list[list[int]] = field(default_factory=list)  # of each column

    @property
    def links(self) -> int:
        return sum(map(len, self.before))

    def is_bend(self, vertex: int) -> bool:
        return vertex >= len(self.inputs)

    def ports_of(self, vertex: int, rank: Sequence[int]) -> list[float]:
        """Where each wire arrives; unless the order of the inputs matters, the wires do not cross."""
        feeds = self.before[vertex]
        turn = list(range(len(feeds)))
        if not self.shapes[vertex].ordered:
            turn.sort(key=lambda i: rank[feeds[i]])
        ports = [0.0] * len(feeds)
        for place, i in enumerate(turn):
            ports[i] = (place - (len(feeds) - 1) / 2) * self.shapes[vertex].port_pitch
        return ports


def _with_bends(inputs: Sequence[Sequence[int]], columns: list[int], shapes: Sequence[Shape]) -> _Layered:
    """Cut every long wire into links between neighbouring columns."""
    layered = _Layered(inputs, list(columns), list(shapes))
    layered.before = [[] for _ in inputs]
    layered.after = [[] for _ in inputs]
    bend = Shape(0.0, 0.0)
    for node, feeds in enumerate(inputs):
        for i, feed in enumerate(feeds):
            left = feed
            for column in range(columns[feed] + 1, columns[node]):
                right = layered.bends.get((feed, column))
                if right is None:
                    right = layered.bends[feed, column] = len(layered.columns)
                    layered.columns.append(column)
                    layered.shapes.append(bend)
                    layered.before.append([left])
                    layered.after.append([])
                    layered.after[left].append((right, 0))
                    if right >= len(inputs) + MAX_BENDS:
                        raise ValueError(
                            _too_large(len(inputs), f"its wires have more than {MAX_BENDS:,} bends")
                        )
                left = right
            layered.before[node].append(left)
            layered.after[left].append((node, i))
    layered.members = [[] for _ in range(max(columns, default=-1) + 1)]
    for vertex, column in enumerate(layered.columns):
        layered.members[column].append(vertex)
    return layered


def _too_large(nodes: int, why: str) -> str:
    return (
        f"a graph of {nodes:,} nodes cannot be drawn node by node: {why}. "
        "Leave out fold=False, or draw a part of it"
    )


# --- order -------------------------------------------------------------------------------------------------


def _fewest_crossings(layered: _Layered) -> tuple[list[list[int]], int]:
    """Order each column; return the best order that was met, and its crossings."""
    best: list[list[int]] = [list(column) for column in layered.members]
    fewest: int | None = None
    sweeps = max(2, min(12, 25_000 // (layered.links + 1)))
    for start in _starts(layered):
        order = start
        for sweep in range(sweeps):
            _sort_by_neighbours(layered, order, rightwards=sweep % 2 == 0, flip=sweep % 4 >= 2)
            _exchange_neighbours(layered, order)
            crossings = count_crossings(layered, order)
            if fewest is None or crossings < fewest:
                best, fewest = [list(column) for column in order], crossings
            if fewest == 0:
                return best, 0
    return best, fewest or 0


def _starts(layered: _Layered) -> Iterator[list[list[int]]]:
    """First orders to improve on: as met from the outputs backwards, and as numbered."""
    yield _depth_first(layered)
    yield [list(column) for column in layered.members]


def _depth_first(layered: _Layered) -> list[list[int]]:
    """Order the vertices as a walk from the outputs to the inputs meets them; a tree gets no crossing."""
    order: list[list[int]] = [[] for _ in layered.members]
    seen = [False] * len(layered.columns)
    for root in range(len(layered.columns)):
        if layered.after[root]:
            continue
        stack = [root]
        while stack:
            vertex = stack.pop()
            if not seen[vertex]:
                seen[vertex] = True
                order[layered.columns[vertex]].append(vertex)
                stack.extend(reversed(layered.before[vertex]))
    return order


def _ranks(order: Sequence[Sequence[int]]) -> list[int]:
    """The place of each vertex in its column."""
    rank = [0] * sum(map(len, order))
    for column in order:
        for place, vertex in enumerate(column):
            rank[vertex] = place
    return rank


def _sort_by_neighbours(layered: _Layered, order: list[list[int]], rightwards: bool, flip: bool) -> None:
    """Sort each column by the average place of its neighbours; who has none keeps its place.

    ``flip`` turns vertices with the same average round: a way out of a dead end.
    """
    rank = _ranks(order)
    for column in range(len(order)) if rightwards else reversed(range(len(order))):
        places: dict[int, float] = {}
        for vertex in order[column]:
            if rightwards:
                near = [float(rank[v]) for v in layered.before[vertex]]
            else:
                near = [rank[v] + _port_share(layered, v, i) for v, i in layered.after[vertex]]
            if near:
                places[vertex] = sum(near) / len(near)
        movable = [v for v in order[column] if v in places]
        movable = sorted(reversed(movable) if flip else movable, key=places.__getitem__)
        turn = iter(movable)
        order[column] = [next(turn) if v in places else v for v in order[column]]
        for place, vertex in enumerate(order[column]):
            rank[vertex] = place


def _port_share(layered: _Layered, vertex: int, i: int) -> float:
    """Where input ``i`` arrives, as a fraction of a place: only where the order of the inputs matters."""
    return i / len(layered.before[vertex]) - 0.5 if layered.shapes[vertex].ordered else 0.0


def _keys(layered: _Layered, rank: Sequence[int], vertex: int) -> tuple[list[int], list[int]]:
    """Where the wires of a vertex end, left and right, as sorted numbers; equal numbers cannot cross."""
    left = sorted([rank[v] for v in layered.before[vertex]])
    right = sorted([_arrival(layered, rank, v, i) for v, i in layered.after[vertex]])
    return left, right


def _arrival(layered: _Layered, rank: Sequence[int], vertex: int, i: int) -> int:
    """Number the ports of a column from top to bottom; all ports are one where the wires may be exchanged."""
    return rank[vertex] * 1024 + (min(i, 1023) if layered.shapes[vertex].ordered else 0)


def _inversions(upper: Sequence[int], lower: Sequence[int]) -> int:
    """Count the pairs in which a wire of the upper vertex ends below one of the lower vertex."""
    count = place = 0
    for key in upper:
        while place < len(lower) and lower[place] < key:
            place += 1
        count += place
    return count


def _exchange_neighbours(layered: _Layered, order: list[list[int]]) -> None:
    """Exchange two vertices next to each other as long as that saves crossings."""
    rank = _ranks(order)
    for _ in range(8):
        improved = False
        for column in order:
            keys = [_keys(layered, rank, v) for v in column]
            for place in range(len(column) - 1):
                (left, right), (lower_left, lower_right) = keys[place], keys[place + 1]
                now = _inversions(left, lower_left) + _inversions(right, lower_right)
                if now and _inversions(lower_left, left) + _inversions(lower_right, right) < now:
                    column[place], column[place + 1] = column[place + 1], column[place]
                    keys[place], keys[place + 1] = keys[place + 1], keys[place]
                    improved = True
            for place, vertex in enumerate(column):
                rank[vertex] = place
        if not improved:
            return


def count_crossings(layered: _Layered, order: Sequence[Sequence[int]]) -> int:
    """Count the pairs of wires that cross, between all neighbouring columns."""
    rank = _ranks(order)
    crossings = 0
    for column in order:
        ends: list[int] = []  # of the wires from higher vertices, sorted
        for vertex in column:
            keys = [_arrival(layered, rank, v, i) for v, i in layered.after[vertex]]
            for key in keys:
                crossings += len(ends) - bisect_right(ends, key)
            for key in keys:
                insort(ends, key)
    return crossings


# --- heights -----------------------------------------------------------------------------------------------


def _fit_heights(layered: _Layered, order: Sequence[Sequence[int]], gap: float) -> list[float]:
    """Move the columns, one after the other and to and fro, to where their wires are shortest."""
    rank = _ranks(order)
    ports = [layered.ports_of(v, rank) for v in range(len(layered.columns))]
    heights = [0.0] * len(layered.columns)
    gaps = [_gaps(layered, column, gap) for column in order]
    for column, between in zip(order, gaps, strict=True):
        y = -sum(between) / 2
        for vertex, distance in zip(column, [*between, 0.0], strict=True):
            heights[vertex] = y
            y += distance
    for round_ in range(_FIT_ROUNDS):
        columns = list(zip(order, gaps, strict=True))
        for column, between in columns if round_ % 2 == 0 else reversed(columns):
            wishes = [_wish(layered, ports, heights, v) for v in column]
            for vertex, y in zip(column, _fit(wishes, between), strict=True):
                heights[vertex] = y
    _straighten_bends(layered, order, gaps, heights)
    return heights


def _straighten_bends(
    layered: _Layered, order: Sequence[Sequence[int]], gaps: Sequence[Sequence[float]], heights: list[float]
) -> None:
    """Let a wire go on at the height it comes from where there is room, and turn only once, at its end."""
    for column, between in zip(order, gaps, strict=True):
        for place, vertex in enumerate(column):
            if layered.is_bend(vertex):
                y = heights[layered.before[vertex][0]]
                if place + 1 < len(column):
                    y = min(y, heights[column[place + 1]] - between[place])
                if place:
                    y = max(y, heights[column[place - 1]] + between[place - 1])
                heights[vertex] = y


def _gaps(layered: _Layered, column: Sequence[int], gap: float) -> list[float]:
    """Least distances between the middles of vertices that follow each other in a column."""
    distances = []
    for upper, lower in pairwise(column):
        bends = layered.is_bend(upper) + layered.is_bend(lower)
        least = (gap, _PASS_GAP, _BEND_GAP)[bends]
        distances.append(layered.shapes[upper].below + least + layered.shapes[lower].above)
    return distances


def _wish(
    layered: _Layered, ports: Sequence[Sequence[float]], heights: Sequence[float], vertex: int
) -> tuple[float, float]:
    """Where a vertex would like to be, and how strongly: long wires should be straight."""
    total = weight = 0.0
    for left, port in zip(layered.before[vertex], ports[vertex], strict=True):
        pull = _pull(layered, left, vertex)
        total += pull * (heights[left] - port)
        weight += pull
    for right, i in layered.after[vertex]:
        pull = _pull(layered, vertex, right)
        total += pull * (heights[right] + ports[right][i])
        weight += pull
    return (total / weight, weight) if weight else (heights[vertex], 0.01)


def _pull(layered: _Layered, left: int, right: int) -> float:
    """How strongly a link wants to be level: long wires most, then chains of nodes one behind the other."""
    bends = layered.is_bend(left) + layered.is_bend(right)
    if not bends and len(layered.after[left]) == len(layered.before[right]) == 1:
        return 24.0
    return (1.0, 2.0, 8.0)[bends]


def _fit(wishes: Sequence[tuple[float, float]], gaps: Sequence[float]) -> list[float]:
    """Fulfil the wishes in the sense of least squares, in order and with the gaps.

    Without the gaps this is isotonic regression: neighbours whose wishes collide are pooled and share their
    weighted average.

    >>> _fit([(0.0, 1.0), (0.0, 1.0), (100.0, 1.0)], [10.0, 10.0])
    [-5.0, 5.0, 100.0]
    """
    offset = 0.0
    offsets: list[float] = []
    pools: list[list[float]] = []  # [weighted sum of wishes, weight, how many]
    for (wish, weight), gap in zip(wishes, [0.0, *gaps], strict=False):
        offset += gap
        offsets.append(offset)
        pool = [(wish - offset) * weight, weight, 1]
        while pools and pools[-1][0] * pool[1] > pool[0] * pools[-1][1]:
            total, heavy, many = pools.pop()
            pool = [pool[0] + total, pool[1] + heavy, pool[2] + many]
        pools.append(pool)
    fitted = [total / weight for total, weight, many in pools for _ in range(int(many))]
    return [base + offset for base, offset in zip(fitted, offsets, strict=True)]
