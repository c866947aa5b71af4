"""Hand-written Python on floats: what one writes after doing backprop by hand, and the scalar yardstick.

Stable like coursekit's: a sigmoid never exponentiates a positive number.
"""

# ruff: noqa: B905 (the word strict= would cost the loops a tenth of their time)
from __future__ import annotations

from collections.abc import Callable
from math import exp
from typing import Any

from benchmarks import work
from benchmarks.work import Job, Matrix


def g_by_hand(w1: float, w2: float) -> tuple[float, tuple[float, float]]:
    square = w1 * w1
    cube = square * w1
    return cube * w2 + 3.0 * w1, (3.0 * square * w2 + 3.0, cube)


def sigmoids_by_hand(
    w1: float, w2: float, x: float, y: float
) -> tuple[float, tuple[float, float, float, float]]:
    z = w1 * x
    if z >= 0.0:
        a1 = 1.0 / (1.0 + exp(-z))
    else:
        e = exp(z)
        a1 = e / (1.0 + e)
    z = w2 * a1
    if z >= 0.0:
        a2 = 1.0 / (1.0 + exp(-z))
    else:
        e = exp(z)
        a2 = e / (1.0 + e)
    error = a2 - y
    dz2 = error * a2 * (1.0 - a2)
    dz1 = dz2 * w2 * a1 * (1.0 - a1)
    return 0.5 * error * error, (dz1 * x, dz2 * a1, dz1 * w1, -error)


def net_by_hand(
    layers: list[tuple[Matrix, list[float]]], x0s: list[float], x1s: list[float], ys: list[float]
) -> tuple[float, list[tuple[Matrix, list[float]]]]:
    (W1, b1), (W2, b2), ([w3], [b3]) = layers
    dW1 = [[0.0] * len(row) for row in W1]
    db1 = [0.0] * len(b1)
    dW2 = [[0.0] * len(row) for row in W2]
    db2 = [0.0] * len(b2)
    dw3 = [0.0] * len(w3)
    db3 = loss = 0.0
    scale = 1.0 / len(ys)
    for x0, x1, y in zip(x0s, x1s, ys):
        h1 = []
        for (u, v), b in zip(W1, b1):
            z = u * x0 + v * x1 + b
            h1.append(z if z > 0.0 else 0.0)
        h2 = []
        for row, z in zip(W2, b2):
            for w, h in zip(row, h1):
                z += w * h
            h2.append(z if z > 0.0 else 0.0)
        score = b3
        for w, h in zip(w3, h2):
            score += w * h
        margin = 1.0 - y * score
        if margin <= 0.0:
            continue
        loss += margin
        ds = -y * scale
        db3 += ds
        dh1 = [0.0] * len(h1)
        for j, h in enumerate(h2):
            if h > 0.0:
                dw3[j] += ds * h
                dz = ds * w3[j]
                db2[j] += dz
                row, drow = W2[j], dW2[j]
                for i, x in enumerate(h1):
                    drow[i] += dz * x
                    dh1[i] += dz * row[i]
        for i, h in enumerate(h1):
            if h > 0.0:
                dz = dh1[i]
                db1[i] += dz
                drow = dW1[i]
                drow[0] += dz * x0
                drow[1] += dz * x1
    loss *= scale
    gradients = [(dW1, db1), (dW2, db2), ([dw3], [db3])]
    for (W, bs), (dW, dbs) in zip(layers, gradients):
        for row, drow in zip([*W, bs], [*dW, dbs]):
            for i, w in enumerate(row):
                loss += work.WEIGHT_DECAY * w * w
                drow[i] += 2.0 * work.WEIGHT_DECAY * w
    return loss, gradients


def graph_by_hand(w: float, u: float, x: float, blocks: int) -> tuple[float, tuple[float, float, float]]:
    v = [x] * work.SKIP
    for _ in range(blocks):
        v.append(w * v[-1] * v[-5] + u * v[-9] + x)
    return v[-1], back_through_the_graph(v, [0.0] * len(v), w, u)


def back_through_the_graph(v: Any, grad: Any, w: float, u: float) -> tuple[float, float, float]:
    """Return dw, du, dx from the values of all blocks; ``grad`` is as long, and zero."""
    grad[-1] = 1.0
    dw = du = dx = 0.0
    for k in range(len(v) - 1, work.SKIP - 1, -1):
        d = grad[k]
        a, b = v[k - 1], v[k - 5]
        dx += d
        du += d * v[k - 9]
        grad[k - 9] += d * u
        dw += d * a * b
        d *= w
        grad[k - 1] += d * b
        grad[k - 5] += d * a
    return dw, du, dx + sum(grad[: work.SKIP])


def graph(name: str) -> Callable[[], Job]:
    return lambda: Job(graph_by_hand, [*work.GRAPH, work.BLOCKS[name]])


JOBS: dict[str, Callable[[], Job]] = {
    "g": lambda: Job(g_by_hand, work.G),
    "sigmoids": lambda: Job(sigmoids_by_hand, work.SIGMOIDS),
    "net": lambda: Job(net_by_hand, [work.net(), *work.moons()], lambda r: [r[0], *work.net_flat(r[1])]),
    "graph_1k": graph("graph_1k"),
    "graph_100k": graph("graph_100k"),
}
