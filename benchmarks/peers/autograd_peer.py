"""autograd (HIPS): functions of NumPy arrays, ``value_and_grad``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import autograd.numpy as np
from autograd import value_and_grad
from autograd.test_util import check_grads

from benchmarks import work
from benchmarks.work import Job

PACKAGE = "autograd"


def sigmoid(z: Any) -> Any:
    e = np.exp(-np.abs(z))
    return (1.0 if z >= 0.0 else e) / (1.0 + e)


def sigmoids(w1: Any, w2: Any, x: Any, y: Any) -> Any:
    return 0.5 * (sigmoid(w2 * sigmoid(w1 * x)) - y) ** 2


def net_loss(layers: Any, x: Any, y: Any) -> Any:
    h = x
    for W, b in layers[:-1]:
        h = np.maximum(h @ W.T + b, 0.0)
    W, b = layers[-1]
    margins = 1.0 - y * (h @ W.T + b)[:, 0]
    decay = sum((p * p).sum() for layer in layers for p in layer)
    return np.maximum(margins, 0.0).mean() + work.WEIGHT_DECAY * decay


def mlp_loss(parameters: Any, x: Any, y: Any) -> Any:
    W1, b1, W2, b2, W3, b3 = parameters
    h = np.maximum(x @ W1 + b1, 0.0)
    h = np.maximum(h @ W2 + b2, 0.0)
    s = h @ W3 + b3
    s = s - s.max(axis=1, keepdims=True)
    log_p = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    return -(y * log_p).sum() / len(x)


def numbers(f: Callable[..., Any], at: tuple[float, ...]) -> Job:
    return Job(value_and_grad(f, argnum=tuple(range(len(at)))), at)


def net() -> Job:
    x0, x1, y = work.moons()
    layers = [(np.array(W), np.array(b)) for W, b in work.net()]
    return Job(
        value_and_grad(net_loss),
        [layers, np.array([x0, x1]).T.copy(), np.array(y)],
        lambda r: [r[0], *work.net_flat(r[1])],
    )


def arrays(sizes: tuple[int, ...], batch: int) -> list[Any]:
    parameters, x, y, _ = work.mlp(sizes, batch)
    return [[np.array(p) for p in parameters], np.array(x), np.array(y)]


def mlp(batch: int) -> Job:
    return Job(value_and_grad(mlp_loss), arrays(work.MLP, batch))


def check() -> Job:
    """Its own checker: one random direction, first order, reverse mode."""
    parameters, x, y = arrays(work.CHECKED, 8)
    checker = check_grads(lambda p: mlp_loss(p, x, y), modes=["rev"], order=1)
    return Job(checker, [parameters], lambda _: [])


JOBS: dict[str, Callable[[], Job]] = {
    "g": lambda: numbers(work.g, work.G),
    "sigmoids": lambda: numbers(sigmoids, work.SIGMOIDS),
    "net": net,
    "graph_1k": lambda: numbers(partial(work.graph, blocks=work.BLOCKS["graph_1k"]), work.GRAPH),
    "graph_100k": lambda: numbers(partial(work.graph, blocks=work.BLOCKS["graph_100k"]), work.GRAPH),
    "mlp_128": partial(mlp, 128),
    "mlp_1": partial(mlp, 1),
    "check/direction": check,
}
