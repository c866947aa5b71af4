"""The numbers that lecture 3 promises."""

from __future__ import annotations

import re
from typing import Any

import pytest

import coursekit as ck
from tests.notebooks.lectures import read, shown

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


@pytest.mark.parametrize("model", ["x * w", "ck.sigmoid(x * w + b)", "(x * w - t) ** 2 + decay * w**2"])
def test_each_of_the_three_models_can_be_put_into_the_last_cell(model: str) -> None:
    [cell] = [cell for cell in read(GATES).cells if cell.id == "try-3-code"]
    source = re.sub(r"ComputationalGraph\(.*\)  #", f"ComputationalGraph({model})  #", cell.source)
    assert model in source
    names: dict[str, Any] = {"ck": ck}
    exec(source, names)
    assert names["model"].backward()["w"] != 0.0
