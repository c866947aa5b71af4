"""MyGrad: tensors, ``loss.backward()``, and its own activations and losses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import mygrad as mg
import numpy as np
from mygrad.nnet import relu, softmax_crossentropy

from benchmarks import work
from benchmarks.work import Job

PACKAGE = "mygrad"


def sigmoids(w1: Any, w2: Any, x: Any, y: Any) -> Any:
    return 0.5 * (mg.nnet.sigmoid(w2 * mg.nnet.sigmoid(w1 * x)) - y) ** 2


def by_run(loss_of: Callable[..., Any], values: Sequence[Any]) -> Job:
    leaves = [mg.tensor(value) for value in values]

    def run() -> tuple[Any, list[Any]]:
        loss = loss_of(*leaves)
        loss.backward()
        return loss.data, [leaf.grad for leaf in leaves]

    return Job(run)


def net() -> Job:
    x0, x1, y = work.moons()
    x, targets = np.array([x0, x1]).T.copy(), np.array(y)
    layers = [(mg.tensor(W), mg.tensor(b)) for W, b in work.net()]

    def run() -> tuple[Any, list[Any]]:
        h: Any = x
        for W, b in layers[:-1]:
            h = relu(h @ W.T + b)
        W, b = layers[-1]
        margins = 1.0 - targets * (h @ W.T + b)[:, 0]
        decay = sum((p * p).sum() for layer in layers for p in layer)
        loss = relu(margins).mean() + work.WEIGHT_DECAY * decay
        loss.backward()
        return loss.data, [(W.grad, b.grad) for W, b in layers]

    return Job(run, (), lambda r: [r[0], *work.net_flat(r[1])])


def mlp(batch: int) -> Job:
    parameters, x, _, classes = work.mlp(work.MLP, batch)
    samples, labels = np.array(x), np.array(classes)

    def loss(W1: Any, b1: Any, W2: Any, b2: Any, W3: Any, b3: Any) -> Any:
        h = relu(samples @ W1 + b1)
        h = relu(h @ W2 + b2)
        return softmax_crossentropy(h @ W3 + b3, labels)

    return by_run(loss, [np.array(p) for p in parameters])


JOBS: dict[str, Callable[[], Job]] = {
    "g": lambda: by_run(work.g, work.G),
    "sigmoids": lambda: by_run(sigmoids, work.SIGMOIDS),
    "net": net,
    "graph_1k": lambda: by_run(partial(work.graph, blocks=work.BLOCKS["graph_1k"]), work.GRAPH),
    "graph_100k": lambda: by_run(partial(work.graph, blocks=work.BLOCKS["graph_100k"]), work.GRAPH),
    "mlp_128": partial(mlp, 128),
    "mlp_1": partial(mlp, 1),
}
