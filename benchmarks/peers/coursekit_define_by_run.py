"""coursekit, define-by-run: the expression is computed on variables with values, then ``backward()``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import coursekit as ck
from benchmarks import work
from benchmarks.peers import coursekit_models as models
from benchmarks.work import Job, paused


def by_run(loss_of: Callable[..., Any], values: Sequence[Any]) -> Job:
    leaves = [ck.Variable(value) for value in values]

    def run() -> tuple[Any, list[Any]]:
        loss = loss_of(*leaves)
        loss.backward()
        return loss.value, [leaf.grad for leaf in leaves]

    return Job(run)


def net() -> Job:
    layers = [
        ([[ck.Variable(w) for w in row] for row in W], [ck.Variable(b) for b in biases])
        for W, biases in work.net()
    ]
    parameters = work.net_flat(layers)
    points = list(zip(*work.moons(), strict=True))

    def run() -> tuple[float, list[float]]:
        losses = [
            models.hinge(models.score(layers, [ck.Variable(x0), ck.Variable(x1)]), y) for x0, x1, y in points
        ]
        loss = sum(losses[1:], losses[0]) * (1.0 / len(losses)) + models.decay(parameters)
        loss.backward()
        return loss.value, [p.grad for p in parameters]

    return Job(run)


def mlp(batch: int) -> Job:
    import numpy as np

    arrays, x, y, _ = work.mlp(work.MLP, batch)
    samples, targets = np.array(x), np.array(y)
    return by_run(lambda *p: models.mlp(*p, samples, targets), [np.array(p) for p in arrays])


def graph(name: str) -> Job:
    return by_run(partial(work.graph, blocks=work.BLOCKS[name]), work.GRAPH)


JOBS: dict[str, Callable[[], Job]] = {
    "g": lambda: by_run(work.g, work.G),
    "sigmoids": lambda: by_run(models.sigmoids, work.SIGMOIDS),
    "net": net,
    "net/collector paused": lambda: paused(net()),  # it would find nothing in our graphs
    "graph_1k": partial(graph, "graph_1k"),
    "graph_100k": partial(graph, "graph_100k"),
    "mlp_128": partial(mlp, 128),
    "mlp_1": partial(mlp, 1),
}
