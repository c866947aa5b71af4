"""coursekit, the graph as generated code: ``graph.compile()``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import coursekit as ck
from benchmarks import work
from benchmarks.peers import coursekit_models as models
from benchmarks.work import Job


def g() -> Job:
    return Job(ck.ComputationalGraph(work.g(*ck.variables("w1 w2"))).compile(), work.G)


def sigmoids() -> Job:
    loss = models.sigmoids(*ck.variables("w1 w2 x y"))
    return Job(ck.ComputationalGraph(loss, inputs=["w1", "w2", "x", "y"]).compile(), work.SIGMOIDS)


def graph(name: str) -> Job:
    last = work.graph(*ck.variables("w u x"), work.BLOCKS[name])
    return Job(ck.ComputationalGraph(last, inputs=["w", "u", "x"]).compile(), work.GRAPH)


def net() -> Job:
    """The samples' loss, summed inside the generated function; the weight decay is no sum over samples."""
    layers = models.net_variables()
    parameters = work.net_flat(layers)
    x0, x1, y = ck.variables("x0 x1 y")
    samples = work.moons()
    names = [p.name for p in parameters]
    hinge = models.hinge(models.score(layers, [x0, x1]), y) / len(samples[0])
    of_samples = ck.ComputationalGraph(hinge, inputs=[*names, "x0", "x1", "y"])
    data = of_samples.compile(gradient=names, sum_over=("x0", "x1", "y"))
    decay = ck.ComputationalGraph(models.decay(parameters), inputs=names).compile()

    def run(values: list[float], x0: list[float], x1: list[float], y: list[float]) -> Any:
        loss, slopes = data(*values, x0, x1, y)
        penalty, shrinking = decay(*values)
        return loss + penalty, [a + b for a, b in zip(slopes, shrinking, strict=True)]

    return Job(run, [work.net_flat(work.net()), *samples])


def mlp(batch: int, reuse_memory: bool = False) -> Job:
    import numpy as np

    parameters, x, y, _ = work.mlp(work.MLP, batch)
    values = [np.array(value) for value in (*parameters, x, y)]
    names = [*models.MLP_NAMES, "x", "y"]
    graph = ck.ComputationalGraph(models.mlp(*ck.variables(names)), inputs=names)
    graph.forward(*values)  # code is written for the kinds of value of the last forward pass
    return Job(graph.compile(gradient=models.MLP_NAMES, reuse_memory=True), values)


JOBS: dict[str, Callable[[], Job]] = {
    "g": g,
    "sigmoids": sigmoids,
    "net": net,
    "graph_1k": partial(graph, "graph_1k"),
    "graph_100k": partial(graph, "graph_100k"),
    "mlp_128": partial(mlp, 128),
    "mlp_128/memory reused": partial(mlp, 128, reuse_memory=True),
    "mlp_1": partial(mlp, 1),
}
