"""The numbers that lecture 2 promises."""

from __future__ import annotations

import pytest

from tests.notebooks.lectures import shown


@pytest.mark.parametrize(
    ("cell_id", "lines"),
    [
        ("simple-loss-code", ["sum of squares 0.0174   slopes: [ 0.14 -0.2   0.1 ]", "0.131909"]),
        ("norm-at-zero-code", ["[0. 0. 0.]"]),
        ("first-guess", ["W x = [0.687  0.4235 0.1805]    loss 0.91482"]),
        ("first-guess-erratum-code", ["a bias of [ 0.3 -0.2  0.2]", "[0.987  0.2235 0.3805]", "1.31221"]),
        ("second-guess", ["W x = [ 0.4165 -0.118   1.1675]    loss 1.66927"]),
        ("random-search-code", ["best of  100 guesses: 0.2666", "best of 1000 guesses: 0.1628"]),
        ("analytic-code", ["shape: (4, 3)", "[[ 0.1  -0.15  0.    0.3 ]"]),
        ("analytic-erratum-code", ["rank: 1 of 4", "[ 0.01308  0.19615  0.00915  0.30338]"]),
        ("g-forward", ["128.464", "119.7", "quotients: 114.64 27.0"]),
        ("g-error", ["= 3.6", "= 0.04", "3.64"]),
        ("central-code", ["central: 111.04"]),
        ("table-first", ["1.66926705472791", "1.66929200860724", "quotient = 0.02495387932"]),
        ("clue-one-code", ["loss of shortened: 1.66879267735689"]),
        ("clue-two-code", ["[ 0.4166 -0.118   1.1675]"]),
        (
            "take-apart-code",
            [
                "true quotient                   0.024954",
                "baseline of shortened outputs   0.474377",
                "L(W + h) rounded to 1.6693      0.007991",
                "L(W) rounded to 1.6688         -0.007323",
                "together                        0.500000",
            ],
        ),
        (
            "second-entry-code",
            ["first output 0.418000   loss 1.669642", "first output 0.418100   loss 1.669667"],
        ),
        (
            "take-apart-second",
            [
                "true quotient                   0.374898",
                "first entry not put back        0.025038",
                "L(W + h) rounded to 1.6697      0.033009",
                "together                        0.900000",
            ],
        ),
        *(
            (
                cell_id,
                [
                    "[ 0.02495  0.37427  0.01747  0.57886]",
                    "[-0.06698 -1.00463 -0.04688 -1.55383]",
                    "[ 0.06994  1.04911  0.04896  1.62263]",
                ],
            )
            for cell_id in (
                "whole-table-differences",
                "whole-table-formula-code",
                "whole-table-backprop-code",
            )
        ),
        ("whole-table-check", ["Wrong: entry [0, 0] is 0.5", "Right: 12 slopes agree"]),
        ("one-step", ["alpha = 0.218281884420372", "length of x: 2.76537520058309"]),
        ("one-descent-step", ["by hand:     [1.   2.96]", "the library: [1.   2.96]"]),
        ("sign-erratum-code", ["[1, 3]:                      12.00039", "11.84045", "12.16033"]),
        ("symbolic-check", ["printed:   [-0.00085229173574269", "damaged:   88114.64020975"]),
        ("three-ways", ["symbolic:           [-0.000852291735743  3.999213927303253]"]),
        ("cost-count", ["1000: 1001}", "1000: 1}"]),
        ("cost-arithmetic", ["finite differences 100,100,000   backprop 300,000", "ratio 334"]),
        ("recipe-code", ["best 0.723 at step 55, at the end 0.661"]),
    ],
)
def test_numbers_of_lecture_2(cell_id: str, lines: list[str]) -> None:
    text = shown("02_three_gradients.ipynb", cell_id)
    for line in lines:
        assert line in text
