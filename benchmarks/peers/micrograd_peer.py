"""micrograd 0.1.0: its ``Value``, its ``MLP`` and its demo's loss.

The package has no sigmoid; this one is written like its own gates. Its ``backward()`` recurses as deep as the
graph, so Python's limit is raised.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from math import exp
from typing import Any

from micrograd.engine import Value
from micrograd.nn import MLP

from benchmarks import work
from benchmarks.work import Job, paused

PACKAGE = "micrograd"
sys.setrecursionlimit(1_000_000)


def sigmoid(x: Value) -> Value:
    if x.data >= 0.0:
        s = 1.0 / (1.0 + exp(-x.data))
    else:
        e = exp(x.data)
        s = e / (1.0 + e)
    out = Value(s, (x,), "sigmoid")

    def _backward() -> None:
        x.grad += s * (1.0 - s) * out.grad

    out._backward = _backward
    return out


def sigmoids(w1: Value, w2: Value, x: Value, y: Value) -> Value:
    return 0.5 * (sigmoid(w2 * sigmoid(w1 * x)) - y) ** 2


def by_run(loss_of: Callable[..., Value], values: Sequence[float]) -> Job:
    leaves = [Value(value) for value in values]

    def run() -> tuple[float, list[float]]:
        for leaf in leaves:
            leaf.grad = 0
        loss = loss_of(*leaves)
        loss.backward()
        return loss.data, [leaf.grad for leaf in leaves]

    return Job(run)


def net() -> Job:
    model = MLP(work.LAYERS[0], list(work.LAYERS[1:]))
    for p, value in zip(model.parameters(), work.net_flat(work.net()), strict=True):
        p.data = value
    x0, x1, y = work.moons()
    X = list(zip(x0, x1, strict=True))

    def run() -> tuple[float, list[float]]:
        inputs: list[list[Any]] = [list(map(Value, xrow)) for xrow in X]
        scores = list(map(model, inputs))
        losses = [(1 + -yi * scorei).relu() for yi, scorei in zip(y, scores, strict=True)]
        data_loss = sum(losses) * (1.0 / len(losses))
        reg_loss = work.WEIGHT_DECAY * sum(p * p for p in model.parameters())
        total_loss = data_loss + reg_loss
        model.zero_grad()
        total_loss.backward()
        return total_loss.data, [p.grad for p in model.parameters()]

    return Job(run)


JOBS: dict[str, Callable[[], Job]] = {
    "g": lambda: by_run(work.g, work.G),
    "sigmoids": lambda: by_run(sigmoids, work.SIGMOIDS),
    "net": net,
    "net/collector paused": lambda: paused(net(), collect=True),
    "graph_1k": lambda: by_run(partial(work.graph, blocks=work.BLOCKS["graph_1k"]), work.GRAPH),
    "graph_100k": lambda: by_run(partial(work.graph, blocks=work.BLOCKS["graph_100k"]), work.GRAPH),
}
