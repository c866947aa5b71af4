"""Every number that the decks work out is met by a student: in a lecture, or in an assignment."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import nbformat
import pytest

import coursekit as ck
from coursekit.values import is_numpy
from tests.notebooks.lectures import LECTURES, ROOT, read, shown
from tests.notebooks.test_coverage import TREATED

# Example, notebook, cell, numbers as they stand in the cell or in what it prints.
TABLE = """
WE-USC-01   01_linear_classifiers          all-rows                     0.631 0.969 0.71
WE-USC-02   01_linear_classifiers          second-rounding              0.69925 0.699 0.39 0.181
WE-USC-03a  01_linear_classifiers          third-erratum                0.5585 0.4535
WE-USC-03b  01_linear_classifiers          third-photograph             0.045
WE-USC-04   01_linear_classifiers          which-is-better-code         0.8845 0.3405 0.455
WE-USC-05   01_linear_classifiers          dimensions                   7500
WE-USC-06   01_linear_classifiers          dimensions-code              7500 37505
WE-USC-07   01_linear_classifiers          all-four-code                1.4030 1.3720 0.9032 0.9103
WE-USC-07   01_linear_classifiers          all-four-code                2.6585 1.9990 1.4243 1.3466
WE-USC-08   01_linear_classifiers          disagree-code                0.2000 0.2200 0.0400 0.0174
WE-USC-09   hw3_losses                     batch-losses-task            1.071013
WE-USC-10   hw3_losses                     batch-losses-task            2.03075
WE-BER-05   01_linear_classifiers          accuracy-code                5 -6 -4
WE-USC-11   02_three_gradients             first-guess                  0.687 0.4235 0.1805
WE-USC-11   02_three_gradients             first-guess-erratum-code     0.3 -0.2 0.2 1.31221
WE-USC-12   02_three_gradients             second-guess                 0.4165 -0.118 1.1675
WE-USC-13   02_three_gradients             table-start                  1.6688 1.6693
WE-USC-14   02_three_gradients             clue-two-code                0.4166 -0.118 1.1675
WE-USC-15   02_three_gradients             table-start                  1.6693
WE-USC-16   02_three_gradients             take-apart-code              0.024954 0.474377 0.007991 -0.007323
WE-USC-16   hw4_optimisation               take-apart-task              0.024954 0.474377 0.007991 -0.007323
WE-USC-17   02_three_gradients             second-entry-code            0.418100
WE-USC-18   02_three_gradients             second-entry-code            1.669642 1.669667
WE-USC-19   02_three_gradients             take-apart-second            0.374898 0.025038 0.033009
WE-USC-20   02_three_gradients             whole-table-differences      0.02495 0.37427 0.01747 0.57886
WE-USC-20   02_three_gradients             whole-table-differences      -0.06698 -1.00463 -0.04688 -1.55383
WE-USC-20   02_three_gradients             whole-table-differences      0.06994 1.04911 0.04896 1.62263
WE-USC-20   hw4_optimisation               gradient-table-task          0.02495 0.37427
WE-USC-21   02_three_gradients             analytic-erratum-code        0.01308 0.19615 0.00915 0.30338
WE-UT-04    02_three_gradients             cost-arithmetic              100100000 300000 334
WE-BER-04   02_three_gradients             cost-arithmetic              100100000 300000 334
WE-BER-11   02_three_gradients             one-descent-step             1 2.96
WE-BER-11   hw4_optimisation               descent-path-task            1 2.96
WE-BER-12   02_three_gradients             sign-erratum-code            1.00001 2.96001
WE-BER-13   02_three_gradients             numeric-nll                  -0.000852292 3.99921
WE-BER-14   02_three_gradients             true-gradient                -0.000852 3.99921
WE-BER-16   02_three_gradients             numeric-nll                  3.99921
WE-BER-17   02_three_gradients             g-exact                      111 27
WE-BER-18   02_three_gradients             g-forward                    117 128.464 119.7
WE-BER-19   02_three_gradients             g-forward                    114.64 27.0
WE-BER-19   hw4_optimisation               forward-difference-task      114.64 27
WE-BER-19   hw4_optimisation               central-difference-task      111.04 27 3.64
WE-USC-34   02_three_gradients             simple-loss-code             0.0174 0.131909 0.53067 -0.7581
WE-UT-01    03_gates_and_graphs            branch-rule                  36 3 39
WE-UT-01    03_gates_and_graphs            draw-g                       30.0 39.0 8.0
WE-BER-01   03_gates_and_graphs            draw-g                       30.0 39.0 8.0
WE-UT-02    03_gates_and_graphs            thirty-six-code              0.361803 0.36
WE-BER-02   03_gates_and_graphs            thirty-six-code              0.361803 0.36
WE-UT-03    03_gates_and_graphs            branches                     36 3 39
WE-BER-03   03_gates_and_graphs            branches                     36 3 39
WE-USC-26   03_gates_and_graphs            predict-inputs               5 -3 1
WE-BER-06   04_probabilities_and_costs     two-classes-code             0.731059 0.880797
WE-BER-07   04_probabilities_and_costs     three-points-code            5 -6 -4 0.999955 0.000006 0.999665
WE-BER-08   hw4_optimisation               loss-along-a-direction-task  12.0004
WE-BER-09   04_probabilities_and_costs     three-points-code            0.999955 0.000006 0.999665
WE-BER-10   04_probabilities_and_costs     three-points-code            0.999955 0.000006
WE-BER-23   04_probabilities_and_costs     log-undoes-exp-code          -0.909969 0.244728 0.665241
WE-HAR-05   04_probabilities_and_costs     log-undoes-exp-code          -30 -20
WE-CIT-01   04_probabilities_and_costs     logistic-code                0.7000
WE-HAR-03   04_probabilities_and_costs     saturation-code              -0.000091
WE-HAR-04   04_probabilities_and_costs     saturation-code              -0.999955
WE-HAR-14   04_probabilities_and_costs     gaussian-code                0.918939
WE-HAR-17   hw3_losses                     mixture-cost-task            0.918939 1.418939
WE-USC-31   hw5_networks                   two-weight-backward-task     0.25
WE-USC-32   08_backprop_through_layers     layer-nodes-code             0 3
WE-CIT-08   08_backprop_through_layers     nn-layer                     2 0
WE-CIT-07   08_backprop_through_layers     layer-class                  -0.2500 0.2500 0.14434
WE-HAR-10   08_backprop_through_layers     naive-count                  3 9 243 59049 87
WE-HAR-11   08_backprop_through_layers     jacobian-shapes              0 2.5 7
WE-HAR-13   08_backprop_through_layers     graph-class                  39.0 8.0
"""
ROWS = [(*line.split()[:3], line.split()[3:]) for line in TABLE.strip().splitlines()]
NUMBER = re.compile(r"(?<![\w.])[-−]?\d[\d,]*(\.\d+)?")


def numbers_in(value: Any) -> Iterator[float]:
    """Yield the numbers of an example's true values; formulas and verdicts are none."""
    if isinstance(value, dict):
        value = list(value.values())
    if is_numpy(value):
        value = value.tolist()
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from numbers_in(part)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        yield float(value)


@cache
def numbers_of_cell(notebook: str, cell_id: str) -> frozenset[str]:
    """Return the numbers of a cell and, in a lecture, of what it prints; without commas and with plain
    minuses."""
    if f"{notebook}.ipynb" in LECTURES:
        [cell] = [cell for cell in read(f"{notebook}.ipynb").cells if cell.id == cell_id]
        text = cell.source
        if cell.cell_type == "code":
            text += "\n" + shown(f"{notebook}.ipynb", cell_id)
    else:
        path = ROOT / "assignments" / notebook / f"{notebook}.ipynb"
        cells = nbformat.read(path, as_version=nbformat.NO_CONVERT).cells
        [text] = [cell.source for cell in cells if cell.id == cell_id]
    found = [match.group().rstrip(",") for match in NUMBER.finditer(text)]
    return frozenset(number.replace("−", "-").replace(",", "") for number in found + _parts(found))


def _parts(found: list[str]) -> list[str]:
    """Return the parts of lists that are written without blanks, ``1,2``: no thousands."""
    return [part for number in found if "," in number for part in number.split(",")]


def test_every_example_with_a_number_is_in_the_table() -> None:
    examples = [example for example in ck.examples.all() if str(example.unit) in TREATED]
    assert {example.id for example in examples if list(numbers_in(example.true))} == {row[0] for row in ROWS}


@pytest.mark.parametrize(("example", "notebook", "cell_id", "numbers"), ROWS, ids=str)
def test_its_numbers_are_met(example: str, notebook: str, cell_id: str, numbers: list[str]) -> None:
    assert numbers
    true = list(numbers_in(ck.examples.get(example).true))
    for number in numbers:
        assert number in numbers_of_cell(notebook, cell_id), "it does not stand there"
        places = len(number.partition(".")[2])
        half = 0.5001 * 10.0**-places  # a slide may cut where we round
        assert any(abs(float(number) - value) <= half for value in true), f"{number} is not of {example}"
