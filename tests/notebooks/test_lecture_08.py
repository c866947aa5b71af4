"""The numbers that lecture 8 promises."""

from __future__ import annotations

import pytest

from tests.notebooks.lectures import shown

LAYERS = "08_backprop_through_layers.ipynb"


@pytest.mark.parametrize(
    ("cell_id", "lines"),
    [
        ("composition-code", ["layer 1: W (4, 3), s (3,), x (3,)", "layer 2: W (3, 2), s (2,), x (2,)"]),
        ("three-indices", ["shape of ds/dW: (2, 3, 2)", "not zero: 6 of 12"]),
        ("check-by-hand-code", ["Right: 20 slopes agree"]),
        ("norm-or-square-code", ["square [6. 8.]   length [0.6 0.8]", "[0.0006 0.0008]   length [0.6 0.8]"]),
        ("norm-wx-code", ["f: 0.116", "[0.088 0.176]", "[0.104 0.208]", "[-0.112  0.636]"]),
        ("layer-nodes-code", ["squared error: 4.0   dx, dy = (-4.0, 4.0)", "[ 0.  0. 10.]"]),
        (
            "naive-count",
            ["59049          88573                     87", "243            364                     42"],
        ),
        ("repeated-subexpressions", ["as written 435 evaluations of f, backprop 30"]),
        ("graph-class", ["g: 30.0", "started with 1: [39.0, 8.0]", "started with 0: [0.0, 0.0]"]),
        ("jacobian-shapes", ["Jacobian: (2, 3)", "J^T dz = [0.  2.5 7. ]   backprop: [0.  2.5 7. ]"]),
        ("jacobian-size-code", ["table: 1000000 numbers", "the same result without it: True"]),
        ("tape", ["value: 10.0   slope: 13.0"]),
        ("symbols-code", ["a = 3.0: value 30.0, slope 28.0, second 18.0"]),
        ("nn-layer", ["second sample alone: [2. 0.]"]),
        ("layer-class", ["of a uniform distribution of width 0.5: 0.14434"]),
        ("multiple-losses-code", ["sum: 1.274967", "both at once:    1.274967"]),
    ],
)
def test_numbers_of_lecture_8(cell_id: str, lines: list[str]) -> None:
    text = shown(LAYERS, cell_id)
    for line in lines:
        assert line in text


def test_nudging_costs_more_the_more_weights_there_are() -> None:
    ratios = [float(line.split()[1]) for line in shown(LAYERS, "cost-code").splitlines()[1:]]
    assert ratios[-1] > 5 * ratios[0]  # 53 times as many weights
