"""The work that is measured: its numbers, in plain Python lists, the same for every peer.

``g``            g(w) = w1³ w2 + 3 w1 at (2, 3): value and 2 derivatives.
``sigmoids``     ½ (σ(w2 σ(w1 x)) − y)²: value and 4 derivatives (w1, w2, x, y).
``net``          the demo net of micrograd, 2-16-16-1 with ReLU, hinge loss over 100 points, plus 1e-4 · Σ p²:
                 value and 337 derivatives, weights of a neuron first, then its bias.
``graph_1k``     200 blocks of five gates, vₖ = w vₖ₋₁ vₖ₋₅ + u vₖ₋₉ + x; before them all v are x: 1,000 gates
                 in a chain with skips. Value of the last, 3 derivatives (w, u, x).
``graph_100k``   the same with 20,000 blocks: 100,000 gates.
``mlp_128``      64-128-64-10 with ReLU, softmax cross-entropy (mean), 128 samples with one-hot targets: value
                 and the gradients of W1, b1, W2, b2, W3, b3.
``mlp_1``        the same for one sample.
``check``        a check of all 10,062 derivatives of a net 64-100-32-10 on 8 samples: the numeric gradient.

Everything is float64. The numbers come from fixed seeds.
"""

from __future__ import annotations

import gc
import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import cos, pi, sin
from typing import Any

Matrix = list[list[float]]

G = (2.0, 3.0)
SIGMOIDS = (0.8, -1.2, 1.5, 1.0)
GRAPH = (0.3, 0.4, 0.2)
BLOCKS = {"graph_1k": 200, "graph_100k": 20_000}
SKIP = 9  # how far back a block reaches
LAYERS = (2, 16, 16, 1)
WEIGHT_DECAY = 1e-4
MLP = (64, 128, 64, 10)
CHECKED = (64, 100, 32, 10)

TOLERANCE = {"check": 1e-4}
"""The largest relative error a peer's result may have; finite differences are what they are."""
EXACT = 1e-9


@dataclass
class Job:
    """Work made ready: ``function(*args)`` does it once; ``values(result)`` puts the result in order.

    What is compared is :func:`numbers` of that.
    """

    function: Callable[..., Any]
    args: Sequence[Any] = ()
    values: Callable[[Any], Any] | None = None


def paused(job: Job, collect: bool = False) -> Job:
    """Return the job with Python's collector at rest while it runs.

    With ``collect`` what the job leaves to the collector is then collected, and counted.
    """
    run = job.function

    def resting(*args: Any) -> Any:
        gc.disable()
        try:
            result = run(*args)
        finally:
            gc.enable()
        if collect:
            gc.collect()
        return result

    return Job(resting, job.args, job.values)


def g(w1: Any, w2: Any) -> Any:
    """Write g down, for any peer's numbers or variables."""
    return w1**3 * w2 + 3 * w1


def graph(w: Any, u: Any, x: Any, blocks: int) -> Any:
    """Write the graph of so many blocks down, for any peer's numbers or variables."""
    v = [x] * SKIP
    for _ in range(blocks):
        v.append(w * v[-1] * v[-5] + u * v[-9] + x)
    return v[-1]


def moons(n: int = 100) -> tuple[list[float], list[float], list[float]]:
    """Return two interleaved half circles with noise: x0, x1 and the class, ±1."""
    rng = random.Random(1)
    x0, x1, y = [], [], []
    for i in range(n):
        angle, upper = rng.uniform(0.0, pi), i % 2 == 0
        x0.append((cos(angle) if upper else 1.0 - cos(angle)) + rng.gauss(0.0, 0.1))
        x1.append((sin(angle) if upper else 0.5 - sin(angle)) + rng.gauss(0.0, 0.1))
        y.append(1.0 if upper else -1.0)
    return x0, x1, y


def net() -> list[tuple[Matrix, list[float]]]:
    """Return the net's layers: a row of weights for each neuron, and the biases."""
    rng = random.Random(2)
    layers = []
    for n, m in pairwise(LAYERS):
        weights = [[rng.uniform(-1.0, 1.0) for _ in range(n)] for _ in range(m)]
        layers.append((weights, [rng.uniform(-0.1, 0.1) for _ in range(m)]))
    return layers


def net_flat(layers: Iterable[tuple[Any, Any]]) -> list[float]:
    """Return the net's numbers in the order of the result: neuron by neuron, weights, then bias."""
    flat: list[float] = []
    for weights, biases in layers:
        for row, bias in zip(weights, biases, strict=True):
            flat += [*row, bias]
    return flat


def mlp(sizes: Sequence[int], batch: int) -> tuple[list[Any], Matrix, Matrix, list[int]]:
    """Return parameters [W1, b1, W2, …] (W as inputs × outputs), samples, one-hot targets, classes."""
    rng = random.Random(3)
    parameters: list[Any] = []
    for n, m in pairwise(sizes):
        parameters.append([[rng.gauss(0.0, (2.0 / n) ** 0.5) for _ in range(m)] for _ in range(n)])
        parameters.append([rng.gauss(0.0, 0.1) for _ in range(m)])
    samples = [[rng.gauss(0.0, 1.0) for _ in range(sizes[0])] for _ in range(batch)]
    classes = [rng.randrange(sizes[-1]) for _ in range(batch)]
    targets = [[float(j == c) for j in range(sizes[-1])] for c in classes]
    return parameters, samples, targets, classes


def numbers(result: Any) -> list[float]:
    """Return all numbers of nested lists, tuples, dictionaries and arrays, in order."""
    if hasattr(result, "tolist"):
        result = result.tolist()
    if isinstance(result, dict):
        result = list(result.values())
    if isinstance(result, (list, tuple)):
        return [x for part in result for x in numbers(part)]
    return [float(result)]


def disagreement(result: Sequence[float], reference: Sequence[float]) -> float:
    """Return the largest relative error; entries near nothing count against the size of the whole."""
    if len(result) != len(reference):
        return float("inf")
    floor = 1e-6 * max(map(abs, reference))
    errors = [abs(a - b) / max(abs(b), floor) for a, b in zip(result, reference, strict=True)]
    return max((float("inf") if e != e else e for e in errors), default=0.0)
