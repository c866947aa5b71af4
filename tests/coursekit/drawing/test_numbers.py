"""How numbers and arrays are written."""

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit.drawing.numbers import (
    ArraySummary,
    describe_array,
    equals,
    exact,
    rounded,
    short,
    spread_of,
    summarise,
)

FINITE = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("number", "written"),
    [
        (14.0, "14"),
        (14, "14"),
        (-2.0, "−2"),
        (0.0, "0"),
        (-0.0, "0"),
        (0.5, "0.5"),
        (0.1 + 0.2, "0.3"),
        (1 / 3, "0.3333"),
        (2 / 3, "0.6667"),
        (-1.23456, "−1.235"),
        (123.456, "123.5"),
        (1234.5, "1234"),  # half to even, as the decimal it is
        (9999.6, "10000"),
        (12345.0, "12345"),  # whole numbers keep their digits
        (12345.6, "12350"),
        (99999.7, "100000"),
        (100000.0, "100000"),
        (123456.0, "1.235e5"),
        (1e6, "1e6"),
        (0.001, "0.001"),
        (0.00099999, "0.001"),
        (0.0009, "9e−4"),
        (0.000012, "1.2e−5"),
        (-1.5e-300, "−1.5e−300"),
        (5e-324, "4.941e−324"),
        (1.7976931348623157e308, "1.798e308"),
        (10**400, "1e400"),
        (True, "1"),
        (math.nan, "⚠ not a number"),
        (math.inf, "⚠ infinity"),
        (-math.inf, "⚠ −infinity"),
        (1 + 2j, "1 + 2i"),
        (0.5 - 1e-20j, "0.5 − 1e−20i"),
        (np.float64(39.0), "39"),
        (np.float32(0.1), "0.1"),
        (np.int64(7), "7"),
        (np.complex128(1j), "0 + 1i"),
    ],
)
def test_short(number: complex, written: str) -> None:
    assert short(number) == written


@given(FINITE)
def test_short_is_right_to_four_digits_and_fits_a_wire(number: float) -> None:
    written = short(number)
    assert "-" not in written
    assert len(written) <= 11
    shown, true = Decimal(written.replace("−", "-")), Decimal(number)
    assert abs(shown - true) <= abs(true) * Decimal("0.0005")


@given(FINITE)
def test_short_has_at_most_four_significant_digits(number: float) -> None:
    if number == int(number) and abs(number) <= 100_000:
        assert short(number) == f"{int(number)}".replace("-", "−")
        return
    digits = short(number).partition("e")[0].replace("−", "").replace(".", "").strip("0")
    assert 1 <= len(digits) <= 4


@given(FINITE)
def test_short_shows_what_rounded_returns(number: float) -> None:
    assert Decimal(short(number).replace("−", "-")) == rounded(number)


@given(FINITE)
def test_exact_loses_nothing(number: float) -> None:
    assert float(exact(number).replace("−", "-")) == number


def test_exact() -> None:
    assert exact(39.0) == "39"
    assert exact(0.1 + 0.2) == "0.30000000000000004"
    assert exact(math.nan) == "not a number"
    assert exact(-math.inf) == "−infinity"
    assert exact(np.float64(-0.5)) == "−0.5"


def test_a_sum_whose_rounding_shows_is_not_called_equal() -> None:
    assert equals(39.0, [36.0, 3.0]) == "="
    assert equals(0.3, [0.1, 0.2]) == "="
    assert equals(2 / 3, [1 / 3, 1 / 3]) == "≈"
    assert equals(1e5 - 1 + 1e-5, [1e5 + 1e-5, -1.0]) == "≈"
    assert equals(36.0, [3.0, 12.0], product=True) == "="
    assert equals(1 / 9, [1 / 3, 1 / 3], product=True) == "≈"


def test_summary_of_a_matrix() -> None:
    summary = summarise(np.array([[-4.0, 0.0, 2.0], [1.0, 3.0, 4.0]]))
    assert summary == ArraySummary((2, 3), -4.0, 1.0, 4.0, 0, ((-5, 0, 2), (1, 4, 5)))
    assert spread_of(summary) == "−4 … 4"
    assert describe_array(summary) == "array of shape (2, 3), from −4 to 4, mean 1"


def test_a_heat_map_has_at_most_6_by_12_cells_which_are_entries_of_the_array() -> None:
    array = np.arange(200 * 100, dtype=float).reshape(200, 100)
    cells = summarise(array).cells
    assert (len(cells), len(cells[0])) == (6, 12)
    assert cells[0][0] == 0
    assert cells[-1][-1] == 5


def test_a_vector_is_one_row_and_leading_axes_are_stacked() -> None:
    assert len(summarise(np.ones(5)).cells) == 1
    assert np.shape(summarise(np.ones((2, 2, 3))).cells) == (4, 3)


def test_entries_that_are_not_finite_are_counted_and_left_out_of_the_range() -> None:
    summary = summarise(np.array([1.0, math.nan, math.inf, -3.0]))
    assert (summary.minimum, summary.mean, summary.maximum, summary.not_finite) == (-3.0, -1.0, 1.0, 2)
    assert summary.cells == ((2, None, None, -5),)
    assert describe_array(summary).endswith("2 not finite")


def test_an_array_is_described_as_the_picture_rounds_it() -> None:
    summary = summarise(np.array([0.1 + 0.2, -1 / 3, 2e-7]))
    assert spread_of(summary) == "−0.3333 … 0.3"
    assert describe_array(summary) == "array of shape (3,), from −0.3333 to 0.3, mean −0.01111"


def test_an_array_without_a_finite_entry() -> None:
    summary = summarise(np.array([math.nan, math.inf]))
    assert (summary.minimum, summary.not_finite, spread_of(summary)) == (None, 2, "")


def test_an_empty_array_and_one_of_text_have_a_shape_alone() -> None:
    assert summarise(np.zeros((0, 3))) == ArraySummary((0, 3))
    assert describe_array(summarise(np.zeros((0, 3)))) == "array of shape (0, 3), empty"
    assert summarise(np.array(["a", "b"])) == ArraySummary((2,))


def test_a_mean_of_huge_entries_does_not_overflow() -> None:
    assert summarise(np.array([1.5e308, 1.5e308])).mean == pytest.approx(1.5e308)


def test_equal_entries_are_said_once() -> None:
    assert spread_of(summarise(np.ones((3, 3)))) == "all 1"
