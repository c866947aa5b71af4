"""The work as coursekit's users write it: expressions of variables. Three peers run them in their own way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import coursekit as ck
from benchmarks import work


def sigmoids(w1: Any, w2: Any, x: Any, y: Any) -> Any:
    return 0.5 * (ck.sigmoid(w2 * ck.sigmoid(w1 * x)) - y) ** 2


def score(layers: Sequence[tuple[Any, Any]], x: Sequence[Any]) -> Any:
    """Return the net's score of a point, neuron by neuron."""
    for weights, biases in layers[:-1]:
        x = [
            ck.relu(sum((w * h for w, h in zip(row, x, strict=True)), b))
            for row, b in zip(weights, biases, strict=True)
        ]
    [row], [b] = layers[-1]
    return sum((w * h for w, h in zip(row, x, strict=True)), b)


def hinge(score: Any, y: Any) -> Any:
    return ck.relu(1.0 - y * score)


def decay(parameters: Iterable[Any]) -> Any:
    first, *rest = [p * p for p in parameters]
    return work.WEIGHT_DECAY * sum(rest, first)


def mlp(W1: Any, b1: Any, W2: Any, b2: Any, W3: Any, b3: Any, x: Any, y: Any) -> Any:
    h = ck.relu(x @ W1 + b1)
    h = ck.relu(h @ W2 + b2)
    return ck.cross_entropy(h @ W3 + b3, y)


MLP_NAMES = ["W1", "b1", "W2", "b2", "W3", "b3"]


def net_variables() -> list[tuple[Any, Any]]:
    """Return symbols for the net's layers, named after their place."""
    layers = []
    for number, (weights, biases) in enumerate(work.net(), 1):
        rows = [[f"w{number}_{j}_{i}" for i in range(len(row))] for j, row in enumerate(weights)]
        names = [f"b{number}_{j}" for j in range(len(biases))]
        layers.append(([list(ck.variables(row)) for row in rows], list(ck.variables(names))))
    return layers
