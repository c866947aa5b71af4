"""How a number, or an array of them, is written beside a wire.

A wire has room for about ten characters, so a number is *shortened* there: four significant digits, no
trailing zeros, a true minus sign. :func:`exact` keeps every digit of a single number, for tooltips, tables
and the description that a screen reader speaks. An array is never printed entry by entry: :func:`summarise`
keeps its shape, its range and a small heat map.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from math import prod
from typing import Any

MINUS = "−"
WARNING = "⚠"  # stands before what is not a number, or not finite
DIGITS = 4
SMALLEST_PLAIN, LARGEST_PLAIN = Decimal("0.001"), 100_000
MAP_ROWS, MAP_COLUMNS = 6, 12
MAP_LEVELS = 5  # shades on either side of zero


@dataclass(frozen=True)
class ArraySummary:
    """What a picture tells about an array.

    Attributes
    ----------
    shape : tuple of int
    minimum, mean, maximum : float or None
        Of the finite entries; None if there are none, or if the entries are no real numbers.
    not_finite : int
        How many entries are NaN or infinite.
    cells : tuple of tuples of (int or None)
        The heat map, at most 6 × 12: shades from −5 (most negative) over 0 to 5 (most positive), on a scale
        that is symmetric about zero; None for an entry that is not finite. Each cell is an entry of the
        array, none is an average of several.
    """

    shape: tuple[int, ...]
    minimum: float | None = None
    mean: float | None = None
    maximum: float | None = None
    not_finite: int = 0
    cells: tuple[tuple[int | None, ...], ...] = ()


def short(number: Any) -> str:
    """Write a number in at most four significant digits.

    Whole numbers up to 100,000 stand in full. Below 0.001 and above 100,000 a power of ten is split off.

    >>> [short(x) for x in (14.0, -2.5, 0.12345, 12345, 0.000012, 3e5, -0.0)]
    ['14', '−2.5', '0.1235', '12345', '1.2e−5', '3e5', '0']
    >>> short(float("nan")), short(float("-inf")), short(2 + 1e-20j)
    ('⚠ not a number', '⚠ −infinity', '2 + 1e−20i')
    """
    number = _plain(number)
    if isinstance(number, complex):
        return _complex(number, short)
    if not _finite(number):
        return f"{WARNING} {_in_words(number)}"
    shown = rounded(number)
    if not shown or SMALLEST_PLAIN <= abs(shown) <= LARGEST_PLAIN:
        return _minus(_without_zeros(f"{shown:f}"))
    digits, _, power = f"{shown:.{DIGITS - 1}e}".partition("e")
    return _minus(f"{_without_zeros(digits)}e{int(power)}")


def rounded(number: float) -> Decimal:
    """Return the decimal number that :func:`short` shows: what a reader would calculate with.

    >>> rounded(1 / 3), rounded(12345.0), rounded(1e-20)
    (Decimal('0.3333'), Decimal('12345'), Decimal('1.000E-20'))
    """
    if number == int(number) and abs(number) <= LARGEST_PLAIN:
        return Decimal(int(number))
    return Decimal(f"{Decimal(number):.{DIGITS - 1}e}")


def equals(total: float, terms: Sequence[float], product: bool = False) -> str:
    """Say whether the numbers as they are shown add up: ``=``, or ``≈`` when rounding is seen.

    >>> equals(39.0, [36.0, 3.0]), equals(2 / 3, [1 / 3, 1 / 3]), equals(1.0, [1 / 3, 2 / 3])
    ('=', '≈', '=')
    >>> equals(36.0, [3.0, 12.0], product=True)
    '='
    """
    shown = [rounded(term) for term in terms]
    with localcontext(prec=100):
        result = prod(shown, start=Decimal(1)) if product else sum(shown, start=Decimal(0))
        return "=" if result == rounded(total) else "≈"


def exact(number: Any) -> str:
    """Write a number with every digit that tells it from its neighbours.

    >>> [exact(x) for x in (39.0, 0.1 + 0.2, -2.0, float("inf"))]
    ['39', '0.30000000000000004', '−2', 'infinity']
    """
    number = _plain(number)
    if isinstance(number, complex):
        return _complex(number, exact)
    if not _finite(number):
        return _in_words(number)
    return _minus(repr(number).removesuffix(".0")) if number else "0"


def summarise(array: Any) -> ArraySummary:
    """Reduce an array to its shape, its range and a small heat map.

    Parameters
    ----------
    array : numpy.ndarray
        Any shape. Entries that are no real numbers (text, objects, complex numbers) give a shape alone.

    Examples
    --------
    >>> import numpy as np
    >>> summary = summarise(np.array([[-2.0, 0.0], [1.0, 3.0]]))
    >>> summary.shape, summary.minimum, summary.mean, summary.maximum
    ((2, 2), -2.0, 0.5, 3.0)
    >>> summary.cells
    ((-3, 0), (2, 5))
    """
    import numpy as np

    if array.dtype.kind not in "fiub" or array.size == 0:
        return ArraySummary(array.shape)
    entries = array.astype(np.float64)
    finite = entries[np.isfinite(entries)]
    if finite.size == 0:
        return ArraySummary(array.shape, not_finite=entries.size, cells=_cells(entries, 1.0))
    minimum, maximum = float(finite.min()), float(finite.max())
    largest = max(-minimum, maximum)
    with np.errstate(over="ignore"):
        mean = float(finite.mean())
    if not math.isfinite(mean):  # the sum of the entries left the range of floats
        mean = float((finite / largest).mean() * largest)
    return ArraySummary(
        array.shape, minimum, mean, maximum, entries.size - finite.size, _cells(entries, largest or 1.0)
    )


def spread_of(summary: ArraySummary) -> str:
    """Write the range of an array: the smallest and the largest entry.

    >>> spread_of(ArraySummary((2,), -1.5, 0.0, 1.5)), spread_of(ArraySummary((2,), 3.0, 3.0, 3.0))
    ('−1.5 … 1.5', 'all 3')
    """
    if summary.minimum is None or summary.maximum is None:
        return ""
    if summary.minimum == summary.maximum and not summary.not_finite:
        return f"all {short(summary.minimum)}"
    return f"{short(summary.minimum)} … {short(summary.maximum)}"


def describe_array(summary: ArraySummary) -> str:
    """Say in words what the array holds, rounded as the picture does: a summary needs no 17 digits.

    >>> describe_array(ArraySummary((2, 2), -2.0, 0.1 + 0.2, 3.0))
    'array of shape (2, 2), from −2 to 3, mean 0.3'
    """
    words = f"array of shape {summary.shape}"
    if 0 in summary.shape:
        return f"{words}, empty"
    if summary.minimum is not None and summary.maximum is not None and summary.mean is not None:
        words += f", from {short(summary.minimum)} to {short(summary.maximum)}, mean {short(summary.mean)}"
    if summary.not_finite:
        words += f", {summary.not_finite} not finite"
    return words


def _cells(entries: Any, largest: float) -> tuple[tuple[int | None, ...], ...]:
    """Pick at most 6 × 12 entries, evenly, and give each a shade."""
    import numpy as np

    columns = entries.shape[-1] if entries.ndim else 1
    table = entries.reshape(-1, columns)  # a vector is one row; leading axes are stacked
    table = table[np.ix_(_evenly(table.shape[0], MAP_ROWS), _evenly(columns, MAP_COLUMNS))]
    return tuple(
        tuple(round(x / largest * MAP_LEVELS) if math.isfinite(x) else None for x in row)
        for row in table.tolist()
    )


def _evenly(length: int, at_most: int) -> list[int]:
    """Indices of at most ``at_most`` entries, the first and the last among them."""
    if length <= at_most:
        return list(range(length))
    return [round(i * (length - 1) / (at_most - 1)) for i in range(at_most)]


def _plain(number: Any) -> Any:
    """Turn NumPy's numbers into Python's, whose repr is the number alone."""
    return number.item() if hasattr(number, "item") else number


def _complex(number: complex, write: Callable[[Any], str]) -> str:
    sign = MINUS if number.imag < 0 else "+"
    return f"{write(number.real)} {sign} {write(abs(number.imag))}i"


def _finite(number: float) -> bool:
    return isinstance(number, int) or math.isfinite(number)


def _in_words(number: float) -> str:
    return "not a number" if math.isnan(number) else "infinity" if number > 0 else f"{MINUS}infinity"


def _without_zeros(digits: str) -> str:
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _minus(digits: str) -> str:
    return digits.replace("-", MINUS)
