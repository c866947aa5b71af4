"""The numbers that lecture 3 promises."""

from __future__ import annotations

import pytest

from tests.notebooks.lectures import shown

GATES = "03_gates_and_graphs.ipynb"


@pytest.mark.parametrize(
    ("cell_id", "lines"),
    [
        ("multiply-forward", ["-15.0"]),
        ("multiply-backward", ["(5.0, -3.0)"]),
        ("multiply-upstream", ["(50.0, -30.0)"]),
        ("f-forward-code", ["q = -15.0   f = -11.0"]),
        ("f-backward-code", ["[5.0, -3.0, 1.0]"]),
        ("draw-f", ["value:    -11.0", "gradient: {'x': 5.0, 'y': -3.0, 'z': 1.0}"]),
        ("g-forward-code", ["a = 8.0   b = 24.0   c = 6.0   g = 30.0"]),
        ("g-back-1-code", ["dg/db = 1.0   dg/dc = 1.0"]),
        ("g-back-2-code", ["dg/da = 3.0   dg/dw2 = 8.0"]),
        ("g-back-3-code", ["to w1, through the cube: 36.0"]),
        ("thirty-six-code", ["0.361803", "0.36", "72.0"]),
        ("g-back-4-code", ["to w1, through the product: 3.0"]),
        ("nudge-both", ["36.018", "3.0", "39.018"]),
        ("overwrite-code", ["overwritten: {'w1': 3.0, 'w2': 8.0}", "added:       {'w1': 39.0, 'w2': 8.0}"]),
        ("branch-in-the-library", ["5.0"]),
        ("draw-g", ["value:    30.0", "gradient: {'w1': 39.0, 'w2': 8.0}"]),
    ],
)
def test_numbers_of_lecture_3(cell_id: str, lines: list[str]) -> None:
    text = shown(GATES, cell_id)
    for line in lines:
        assert line in text
