"""Hand-written NumPy: backprop by hand on arrays, and the yardstick for them.

Written as an expert would: whole matrices, stable softmax and sigmoid, in place where an array is ours and
done with. For ``g``, ``sigmoids`` and the graphs, which have no arrays in them, it is code on the entries of
an array, one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from benchmarks import work
from benchmarks.peers.floats import back_through_the_graph
from benchmarks.work import Job

PACKAGE = "numpy"
Array = np.ndarray[Any, Any]


def g_by_hand(w: Array) -> tuple[float, Array]:
    w1, w2 = w
    square = w1 * w1
    cube = square * w1
    return cube * w2 + 3.0 * w1, np.array([3.0 * square * w2 + 3.0, cube])


def sigmoid(z: Any) -> Any:
    e = np.exp(-abs(z))
    return (1.0 if z >= 0.0 else e) / (1.0 + e)


def sigmoids_by_hand(w: Array) -> tuple[float, Array]:
    w1, w2, x, y = w
    a1 = sigmoid(w1 * x)
    a2 = sigmoid(w2 * a1)
    error = a2 - y
    dz2 = error * a2 * (1.0 - a2)
    dz1 = dz2 * w2 * a1 * (1.0 - a1)
    return 0.5 * error * error, np.array([dz1 * x, dz2 * a1, dz1 * w1, -error])


def net_by_hand(layers: list[tuple[Array, Array]], x: Array, y: Array) -> tuple[float, list[Any]]:
    (W1, b1), (W2, b2), (W3, b3) = layers
    h1 = x @ W1.T
    h1 += b1
    np.maximum(h1, 0.0, out=h1)
    h2 = h1 @ W2.T
    h2 += b2
    np.maximum(h2, 0.0, out=h2)
    margins = 1.0 - y * (h2 @ W3[0] + b3)
    loss = np.maximum(margins, 0.0).mean()
    ds = np.where(margins > 0.0, y, 0.0)
    ds *= -1.0 / len(y)
    dW3 = (ds @ h2)[None]
    db3 = ds.sum(keepdims=True)
    dz2 = ds[:, None] * W3
    dz2 *= h2 > 0.0
    dW2, db2 = dz2.T @ h1, dz2.sum(axis=0)
    dz1 = dz2 @ W2
    dz1 *= h1 > 0.0
    dW1, db1 = dz1.T @ x, dz1.sum(axis=0)
    gradients = [(dW1, db1), (dW2, db2), (dW3, db3)]
    for parameters, slopes in zip(layers, gradients, strict=True):
        for p, dp in zip(parameters, slopes, strict=True):
            loss += work.WEIGHT_DECAY * np.vdot(p, p)
            dp += 2.0 * work.WEIGHT_DECAY * p
    return loss, gradients


def graph_by_hand(at: Array, blocks: int) -> tuple[float, Array]:
    w, u, x = at
    v = np.empty(work.SKIP + blocks)
    v[: work.SKIP] = x
    for k in range(work.SKIP, len(v)):
        v[k] = w * v[k - 1] * v[k - 5] + u * v[k - 9] + x
    return v[-1], np.array(back_through_the_graph(v, np.zeros(len(v)), w, u))


def mlp_loss(W1: Array, b1: Array, W2: Array, b2: Array, W3: Array, b3: Array, x: Array, y: Array) -> float:
    h = x @ W1
    h += b1
    np.maximum(h, 0.0, out=h)
    h = h @ W2
    h += b2
    np.maximum(h, 0.0, out=h)
    s = h @ W3
    s += b3
    s -= s.max(axis=1, keepdims=True)
    loss: float = (np.log(np.exp(s).sum(axis=1)).sum() - np.vdot(y, s)) / len(x)
    return loss


def mlp_by_hand(
    W1: Array, b1: Array, W2: Array, b2: Array, W3: Array, b3: Array, x: Array, y: Array
) -> tuple[float, tuple[Array, ...]]:
    n = len(x)
    h1 = x @ W1
    h1 += b1
    np.maximum(h1, 0.0, out=h1)
    h2 = h1 @ W2
    h2 += b2
    np.maximum(h2, 0.0, out=h2)
    s = h2 @ W3
    s += b3
    s -= s.max(axis=1, keepdims=True)
    p = np.exp(s)
    total = p.sum(axis=1, keepdims=True)
    loss = (np.log(total).sum() - np.vdot(y, s)) / n
    p /= total
    p -= y
    p /= n
    dW3, db3 = h2.T @ p, p.sum(axis=0)
    dh2 = p @ W3.T
    dh2 *= h2 > 0.0
    dW2, db2 = h1.T @ dh2, dh2.sum(axis=0)
    dh1 = dh2 @ W2.T
    dh1 *= h1 > 0.0
    dW1, db1 = x.T @ dh1, dh1.sum(axis=0)
    return loss, (dW1, db1, dW2, db2, dW3, db3)


def mlp_in_memory_of_its_own(hidden1: int, hidden2: int, classes: int, n: int) -> Callable[..., Any]:
    """Return ``mlp_by_hand`` for n samples with its large arrays in between made once; results are new."""
    h1, dh1 = np.empty((n, hidden1)), np.empty((n, hidden1))
    h2, dh2 = np.empty((n, hidden2)), np.empty((n, hidden2))
    s, p = np.empty((n, classes)), np.empty((n, classes))
    on1, on2 = np.empty((n, hidden1), bool), np.empty((n, hidden2), bool)

    def run(
        W1: Array, b1: Array, W2: Array, b2: Array, W3: Array, b3: Array, x: Array, y: Array
    ) -> tuple[float, tuple[Array, ...]]:
        np.matmul(x, W1, out=h1)
        np.add(h1, b1, out=h1)
        np.maximum(h1, 0.0, out=h1)
        np.matmul(h1, W2, out=h2)
        np.add(h2, b2, out=h2)
        np.maximum(h2, 0.0, out=h2)
        np.matmul(h2, W3, out=s)
        np.add(s, b3, out=s)
        np.subtract(s, s.max(axis=1, keepdims=True), out=s)
        np.exp(s, out=p)
        total = p.sum(axis=1, keepdims=True)
        loss = (np.log(total).sum() - np.vdot(y, s)) / n
        np.divide(p, total, out=p)
        np.subtract(p, y, out=p)
        np.divide(p, n, out=p)
        dW3, db3 = h2.T @ p, p.sum(axis=0)
        np.matmul(p, W3.T, out=dh2)
        np.multiply(dh2, np.greater(h2, 0.0, out=on2), out=dh2)
        dW2, db2 = h1.T @ dh2, dh2.sum(axis=0)
        np.matmul(dh2, W2.T, out=dh1)
        np.multiply(dh1, np.greater(h1, 0.0, out=on1), out=dh1)
        dW1, db1 = x.T @ dh1, dh1.sum(axis=0)
        return loss, (dW1, db1, dW2, db2, dW3, db3)

    return run


def naive_check(loss: Callable[[], float], arrays: list[Array], analytic: list[Array]) -> list[Array]:
    """Central differences one entry at a time, in place, as every course's first checker does it."""
    h = 1e-5
    numeric = []
    for x, dx in zip(arrays, analytic, strict=True):
        slopes = np.empty(x.size)
        flat = x.reshape(-1)  # a view
        for i in range(x.size):
            kept = flat[i]
            flat[i] = kept + h
            above = loss()
            flat[i] = kept - h
            below = loss()
            flat[i] = kept
            slopes[i] = (above - below) / (2.0 * h)
        error = np.abs(slopes - dx.reshape(-1)) / np.maximum(1e-4, np.abs(slopes) + np.abs(dx.reshape(-1)))
        assert error.max() < 1e-5
        numeric.append(slopes)
    return numeric


def unpacked(flat: Array) -> list[Array]:
    """Return views of one vector as W1, b1, W2, …: what a function of one vector has to begin with."""
    views, start = [], 0
    for n, m in pairwise(work.CHECKED):
        views.append(flat[start : start + n * m].reshape(n, m))
        views.append(flat[start + n * m : start + n * m + m])
        start += n * m + m
    return views


def arrays_of(sizes: tuple[int, ...], batch: int) -> tuple[list[Array], Array, Array]:
    parameters, x, y, _ = work.mlp(sizes, batch)
    return [np.array(p) for p in parameters], np.array(x), np.array(y)


def net() -> Job:
    x0, x1, y = work.moons()
    layers = [(np.array(W), np.array(b)) for W, b in work.net()]
    return Job(
        net_by_hand,
        [layers, np.array([x0, x1]).T.copy(), np.array(y)],
        lambda r: [r[0], *work.net_flat(r[1])],
    )


def graph(name: str) -> Callable[[], Job]:
    return lambda: Job(graph_by_hand, [np.array(work.GRAPH), work.BLOCKS[name]])


def mlp(batch: int) -> Job:
    parameters, x, y = arrays_of(work.MLP, batch)
    return Job(mlp_by_hand, [*parameters, x, y])


def mlp_memory_reused(batch: int) -> Job:
    parameters, x, y = arrays_of(work.MLP, batch)
    return Job(mlp_in_memory_of_its_own(*work.MLP[1:], batch), [*parameters, x, y])


def check() -> Job:
    parameters, x, y = arrays_of(work.CHECKED, 8)
    _, analytic = mlp_by_hand(*parameters, x, y)
    return Job(lambda: naive_check(partial(mlp_loss, *parameters, x, y), parameters, list(analytic)))


def check_function() -> Job:
    """The same for a loss that is a function of one vector of all 10,062 numbers."""
    parameters, x, y = arrays_of(work.CHECKED, 8)
    _, analytic = mlp_by_hand(*parameters, x, y)
    flat = np.concatenate([p.reshape(-1) for p in parameters])
    slopes = np.concatenate([dp.reshape(-1) for dp in analytic])
    return Job(lambda: naive_check(lambda: mlp_loss(*unpacked(flat), x, y), [flat], [slopes]))


JOBS: dict[str, Callable[[], Job]] = {
    "g": lambda: Job(g_by_hand, [np.array(work.G)]),
    "sigmoids": lambda: Job(sigmoids_by_hand, [np.array(work.SIGMOIDS)]),
    "net": net,
    "graph_1k": graph("graph_1k"),
    "graph_100k": graph("graph_100k"),
    "mlp_128": partial(mlp, 128),
    "mlp_128/memory reused": partial(mlp_memory_reused, 128),
    "mlp_1": partial(mlp, 1),
    "check": check,
    "check/function": check_function,
}
