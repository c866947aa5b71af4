"""The numbers that lecture 4 promises."""

from __future__ import annotations

import pytest

from tests.notebooks.lectures import shown

COSTS = "04_probabilities_and_costs.ipynb"


@pytest.mark.parametrize(
    ("cell_id", "lines"),
    [
        ("logistic-code", ["score  0.7   p = 0.6682   odds 2.0138   log-odds 0.7000"]),
        ("two-classes-code", ["two-class softmax: [0.017986 0.268941 0.5      0.731059 0.880797]"]),
        ("softmax-code", ["probabilities: [0.090031 0.244728 0.665241]   sum: 1.0"]),
        ("product-underflows", ["10000 samples:  product          0   sum of logs   -3895.74"]),
        ("three-points-code", ["[ 5. -6. -4.]", "-ll: 12.0003869494655"]),
        ("three-points-gradient", ["-0.00085229173574269", "3.999213927303253"]),
        ("no-minimum-code", ["[3. 2. 1.]", "w =  5 * [2, -1]:  -ll = 4.54e-05"]),
        ("saturation-code", ["-10.0        0.999909   -0.000091             10.000045   -0.999955"]),
        ("saturation-steps", ["squared:       11034 steps", "cross-entropy: 11 steps"]),
        ("log-undoes-exp-code", ["log 3: 1.0986122886681098", "[1. 0. 0.]   cost of class 2: 2000.0"]),
        ("gaussian-code", ["= half the squared error 0.125 + 0.918939"]),
        ("stations-code", ["squared 0.998   -log p  6.908"]),
    ],
)
def test_numbers_of_lecture_4(cell_id: str, lines: list[str]) -> None:
    text = shown(COSTS, cell_id)
    for line in lines:
        assert line in text


def test_cross_entropy_wins_the_race() -> None:
    quadratic, entropy = (
        float(line.split()[-1]) for line in shown(COSTS, "two-losses-race").splitlines()[:2]
    )
    assert quadratic < 0.05 < 0.3 < entropy


def test_a_mixture_describes_two_peaks_better() -> None:
    words = shown(COSTS, "mixture-code").split()
    assert float(words[words.index("two:") + 1]) < float(words[words.index("Gaussian:") + 1]) - 1
