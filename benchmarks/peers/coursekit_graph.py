"""coursekit, gate by gate: ``graph.forward()`` and ``graph.backward()`` of a graph that stands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import coursekit as ck
from benchmarks import work
from benchmarks.peers import coursekit_models as models
from benchmarks.work import Job


def both_ways(graph: ck.ComputationalGraph, values: Sequence[Any]) -> Job:
    forward, backward = graph.forward, graph.backward
    return Job(lambda *values: (forward(*values), backward()), values)


def g() -> Job:
    return both_ways(ck.ComputationalGraph(work.g(*ck.variables("w1 w2"))), work.G)


def sigmoids() -> Job:
    loss = models.sigmoids(*ck.variables("w1 w2 x y"))
    return both_ways(ck.ComputationalGraph(loss, inputs=["w1", "w2", "x", "y"]), work.SIGMOIDS)


def net() -> Job:
    """One graph over all samples, which are constants in it."""
    layers = models.net_variables()
    parameters = work.net_flat(layers)
    points = zip(*work.moons(), strict=True)
    first, *rest = [models.hinge(models.score(layers, [x0, x1]), y) for x0, x1, y in points]
    loss = sum(rest, first) / (len(rest) + 1) + models.decay(parameters)
    graph = ck.ComputationalGraph(loss, inputs=[p.name for p in parameters])
    return both_ways(graph, work.net_flat(work.net()))


def graph(name: str) -> Job:
    last = work.graph(*ck.variables("w u x"), work.BLOCKS[name])
    return both_ways(ck.ComputationalGraph(last, inputs=["w", "u", "x"]), work.GRAPH)


def mlp(batch: int) -> Job:
    import numpy as np

    arrays, x, y, _ = work.mlp(work.MLP, batch)
    loss = models.mlp(*ck.variables(models.MLP_NAMES), np.array(x), np.array(y))
    graph = ck.ComputationalGraph(loss, inputs=models.MLP_NAMES)
    return both_ways(graph, [np.array(p) for p in arrays])


JOBS: dict[str, Callable[[], Job]] = {
    "g": g,
    "sigmoids": sigmoids,
    "net": net,
    "graph_1k": partial(graph, "graph_1k"),
    "graph_100k": partial(graph, "graph_100k"),
    "mlp_128": partial(mlp, 128),
    "mlp_1": partial(mlp, 1),
}
