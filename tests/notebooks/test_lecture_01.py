"""The numbers that lecture 1 promises."""

from __future__ import annotations

import pytest

from tests.notebooks.lectures import shown


@pytest.mark.parametrize(
    ("cell_id", "lines"),
    [
        ("one-row-code", ["score of Cat       0.6310"]),
        ("all-rows", ["[0.631 0.969 0.71 ] so the answer is Car"]),
        ("affine", ["[[0.631  0.969  0.71  ]"]),
        ("dimensions-code", ["x (7500, 1)   W (5, 7500)   b (5, 1)   f (5, 1)", "to learn: 37505"]),
        ("shapes-erratum-code", ["shape (5, 7500) and an array of shape (5, 1), and these do not fit"]),
        ("what-if-code", ["+ 0.3: [0.931 0.969 0.71 ]  Car", "+ 0.4: [1.031 0.969 0.71 ]  Cat"]),
        ("third-photograph-code", ["Cat       0.558500", "Car       0.045000", "Airplane  0.453500"]),
        ("which-is-better-code", ["[0.8845 0.3405 0.455 ]"]),
        ("hinge-slope", ["Cat       rate of change  1.000", "Car       rate of change -2.000"]),
        ("slopes", ["L1: [ 1. -1.  1.]", "L2: [ 1.262 -0.062  1.42 ]"]),
        ("ce-erratum-code", ["[1.112  0.9771 0.9109]", "[1. 1. 1.]"]),
        ("stable", ["naive:    [nan nan nan]", "library:  [0.287  0.4024 0.3106]"]),
        (
            "all-four-code",
            [
                "W1            1.4030         1.3720         0.9032         0.9103",
                "W2            2.6585         1.9990         1.4243         1.3466",
            ],
        ),
        ("disagree-code", ["first    0.2000   0.0400", "second   0.2200   0.0174"]),
        ("accuracy-code", ["[ 5. -6. -4.]", "accuracy:       0.6666666666666666"]),
        ("accuracy-erratum-code", ["by the printed formula: 1.0", "zero-one loss:          0.0"]),
        ("flat", ["nudge 0.001: zero-one changes by 0.0000, smooth by 0.001331"]),
        ("whole-task-code", ["W2, b2: 1.0710   right: 1 of 3", "1.0986    log 3 = 1.0986"]),
    ],
)
def test_numbers_of_lecture_1(cell_id: str, lines: list[str]) -> None:
    text = shown("01_linear_classifiers.ipynb", cell_id)
    for line in lines:
        assert line in text
