"""Unit 7, expressive power, geometry and depth: distance from a plane, regions of a folding network."""

from __future__ import annotations

from itertools import pairwise
from math import comb
from typing import Any

import numpy as np

from coursekit import functions as ck
from coursekit.examples.base import collect, examples_of_unit

example = examples_of_unit(7)

# ---- a neuron as a plane (CIT-15) ------------------------------------------------------------------------

PLANE, OFFSET = np.array([3.0, 4.0]), -5.0
POINT = np.array([3.0, 4.0])


def weighted_sum(w: Any = PLANE, w0: float = OFFSET) -> float:
    """Return w·x + w₀ of the point."""
    return ck.matmul(w, POINT) + w0


@example(
    "WE-CIT-05",
    "CIT-15",
    "The weighted sum and the distance from the plane",
    "the dot product is the distance between a point and a plane",
    printed=lambda: {"distance": weighted_sum()},
    true={"distance": 4.0, "weighted_sum": 20.0, "length_of_w": 5.0, "weighted_sum_of_unit_w": 4.0},
    kind="erratum",
    erratum="E-25",
    note="Shown on 3x₁ + 4x₂ − 5 = 0 and the point (3, 4). The weighted sum has a sign, too: it tells the "
    "side.",
)
def distance_from_a_plane() -> Any:
    """Find the shortest step onto the plane (least squares), and compare its length with the weighted sum."""
    step = np.linalg.lstsq(PLANE[None, :], np.array([-weighted_sum()]), rcond=None)[0]
    length = float(np.linalg.norm(PLANE))
    return {
        "distance": np.linalg.norm(step),
        "weighted_sum": weighted_sum(),
        "length_of_w": length,
        "weighted_sum_of_unit_w": weighted_sum(PLANE / length, OFFSET / length),
    }


# ---- regions of a deep network (HAR-21, HAR-22) ----------------------------------------------------------


def regions(patterns: list[Any]) -> int:
    """Count the linear regions that points fall into: one for each pattern of units' signs."""
    return len(np.unique(np.stack([p.ravel() for p in patterns]), axis=1).T)


def folded(layers: int) -> int:
    """Count the regions of a net that folds the square [−1, 1]² along both axes in every layer.

    A layer is two absolute-value units, |x| and |y|, whose outputs are stretched to [−1, 1] again.
    """
    cells = 2 ** (layers + 1)  # points in the middle of cells, none on a fold
    side = (np.arange(cells) + 0.5) / cells * 2 - 1
    x, y = np.meshgrid(side, side)
    patterns = []
    for _ in range(layers):
        patterns += [ck.sign(x), ck.sign(y)]
        x, y = 2 * ck.absolute(x) - 1, 2 * ck.absolute(y) - 1
    return regions(patterns)


def one_layer_of_four() -> int:
    """Count the regions of four ReLU units with two inputs: of four lines in general position."""
    side = np.linspace(-3.0, 3.0, 301)
    x, y = np.meshgrid(side, side)
    lines = (x + 0.11, y - 0.23, x + y + 0.72, x - y + 0.93)
    return regions([ck.step(line) for line in lines])


def lower_bound(units: int, layers: int, inputs: int = 2) -> int:
    """Return the bound of 2014: ⌊n/n₀⌋^{n₀(L−1)} · Σⱼ C(n, j) for j = 0 … n₀."""
    return (units // inputs) ** (inputs * (layers - 1)) * sum(comb(units, j) for j in range(inputs + 1))


@example(
    "WE-HAR-08",
    "HAR-22",
    "How many linear regions with depth",
    "O(4^N) piecewise linear regions for N hidden layers",
    printed={"folded": [4, 16, 64, 256], "growth_a_layer_is_at_most_4": True},
    true={
        "folded": [4, 16, 64, 256],
        "four_relus_at_least": [11, 44, 176, 704],
        "one_layer_of_four_relus": 11,
        "six_relus_at_least": [22, 198, 1782, 16038],
        "growth_a_layer_is_at_most_4": False,
    },
    kind="erratum",
    erratum="E-32",
)
def regions_of_a_folding_network() -> Any:
    """Count the regions of the folding net for N = 1 … 4, and those of four lines; evaluate the bound."""
    depths = range(1, 5)
    six = [lower_bound(6, layers) for layers in depths]
    return {
        "folded": [folded(layers) for layers in depths],
        "four_relus_at_least": [lower_bound(4, layers) for layers in depths],
        "one_layer_of_four_relus": one_layer_of_four(),
        "six_relus_at_least": six,
        "growth_a_layer_is_at_most_4": all(b <= 4 * a for a, b in pairwise(six)),
    }


EXAMPLES = collect(vars())
