"""Is this answer right? Equal within tolerance, in shape and in kind; if not, where and in what way.

Lenient, unless the question is strict: a list or tuple may stand for an array and the other way round, an int
for a float. Never lenient: True is no number, a column is no row, and what is not plain data is no answer.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from coursekit.checking.plain_data import is_plain, library, python_number
from coursekit.values import is_numpy

__all__ = ["Difference", "Rule", "differences", "follows"]

Path = tuple[Any, ...]


@dataclass(frozen=True)
class Rule:
    """How alike two values must be.

    Attributes
    ----------
    relative, absolute : float
        |got − expected| may be ``absolute`` or ``relative`` times the larger magnitude.
    strict : bool
        Types and kinds of number must be the same, too.
    """

    relative: float = 1e-6
    absolute: float = 1e-9
    strict: bool = False

    def close(self, one: Any, other: Any) -> bool:
        """Compare two numbers; ints are compared exactly, NaN equals NaN.

        >>> Rule().close(1.0, 1.0 + 1e-8), Rule().close(3, 4), Rule().close(math.nan, math.nan)
        (True, False, True)
        """
        if one == other:
            return True
        if isinstance(one, int) and isinstance(other, int):
            return False
        if isinstance(one, complex) or isinstance(other, complex):
            one, other = complex(one), complex(other)
            return self.close(one.real, other.real) and self.close(one.imag, other.imag)
        try:
            one, other = float(one), float(other)
        except OverflowError:
            return False
        if math.isnan(one) or math.isnan(other):
            return math.isnan(one) and math.isnan(other)
        return math.isclose(one, other, rel_tol=self.relative, abs_tol=self.absolute)


@dataclass(frozen=True)
class Difference:
    """Where and how an answer differs.

    Attributes
    ----------
    kind : str
        "nothing" (None), "object" (not plain), "type", "length", "keys", "shape", "strict", "nan" or "value".
    path : tuple
        Indices and keys that lead to the place.
    expected, got : object
        What should be there and what is.
    wrong : int
        How many entries of an array differ.
    """

    kind: str
    path: Path
    expected: Any
    got: Any
    wrong: int = 1


def differences(expected: Any, got: Any, rule: Rule = Rule(), path: Path = ()) -> Iterator[Difference]:  # noqa: B008
    """Yield where ``got`` is not the expected plain value: of lists each entry, of arrays the first.

    >>> [(d.kind, d.path) for d in differences([39.0, 8.0], (36, 8))]
    [('value', (0,))]
    >>> [d.kind for d in differences(39.0, None)], [d.kind for d in differences(1.0, True)]
    (['nothing'], ['type'])
    """
    if got is None and expected is not None:
        yield Difference("nothing", path, expected, got)
    elif not is_plain(got):
        place, part = _not_plain(got)
        yield Difference("object", (*path, *place), _part_at(expected, place), part)
    elif is_numpy(expected) and expected.ndim:
        yield from _of_arrays(expected, got, rule, path)
    elif type(expected) in (list, tuple):
        yield from _of_lists(expected, got, rule, path)
    elif type(expected) is dict:
        yield from _of_dicts(expected, got, rule, path)
    else:
        yield from _of_atoms(expected, got, rule, path)


def _not_plain(value: Any, deepest: int = 20) -> tuple[Path, Any]:
    """Where the first thing is that is not plain, and the thing itself."""
    if deepest and type(value) in (list, tuple, dict):  # a list may hold itself
        for name, part in value.items() if type(value) is dict else enumerate(value):
            if is_plain(name) and not is_plain(part):
                place, thing = _not_plain(part, deepest - 1)
                return (name, *place), thing
    return (), value


def _part_at(value: Any, path: Path) -> Any:
    """What stands there; None if nothing does."""
    try:
        for step in path:
            value = value[step]
    except (LookupError, TypeError):
        return None
    return value


def _of_atoms(expected: Any, got: Any, rule: Rule, path: Path) -> Iterator[Difference]:
    wanted, found = _python(expected), _python(got)
    if _is_number(wanted):
        if not _is_number(found):
            yield Difference("type", path, expected, got)
        elif not rule.close(wanted, found):
            kind = "nan" if found != found and wanted == wanted else "value"
            yield Difference(kind, path, expected, got)
        elif rule.strict and type(wanted) is not type(found):
            yield Difference("strict", path, expected, got)
    elif type(wanted) is not type(found):
        yield Difference("type", path, expected, got)
    elif wanted != found:
        yield Difference("value", path, expected, got)


def _python(value: Any) -> Any:
    """A NumPy number, or an array of no axis, as Python's number."""
    return python_number(value) if is_numpy(value) and value.ndim == 0 else value


def _is_number(value: Any) -> bool:
    return type(value) in (int, float, complex)


def _of_lists(expected: Any, got: Any, rule: Rule, path: Path) -> Iterator[Difference]:
    if rule.strict and type(got) is not type(expected):
        yield Difference("strict" if type(got) in (list, tuple) else "type", path, expected, got)
        return
    if is_numpy(got) and got.ndim:
        got = list(got)
    if type(got) not in (list, tuple):
        yield Difference("type", path, expected, got)
    elif len(got) != len(expected):
        yield Difference("length", path, expected, got)
    else:
        for i, (wanted, found) in enumerate(zip(expected, got, strict=True)):
            yield from differences(wanted, found, rule, (*path, i))


def _of_dicts(expected: dict[Any, Any], got: Any, rule: Rule, path: Path) -> Iterator[Difference]:
    if type(got) is not dict:
        yield Difference("type", path, expected, got)
    elif got.keys() != expected.keys():
        yield Difference("keys", path, expected, got)
    else:
        for name, wanted in expected.items():
            yield from differences(wanted, got[name], rule, (*path, name))


def _of_arrays(expected: Any, got: Any, rule: Rule, path: Path) -> Iterator[Difference]:
    found = _array(got)
    if found is None or _sort(found) != _sort(expected):
        yield Difference("type", path, expected, got)
    elif found.shape != expected.shape:
        yield Difference("shape", path, expected, got)
    elif rule.strict and (not is_numpy(got) or found.dtype.kind != expected.dtype.kind):
        yield Difference("strict", path, expected, got)
    else:
        np = library("np")
        wrong = np.argwhere(~_close(expected, found, rule))
        if len(wrong):
            first = tuple(int(i) for i in wrong[0])
            wanted, number = expected[first].item(), found[first].item()
            kind = "nan" if number != number and wanted == wanted else "value"
            yield Difference(kind, (*path, *first), wanted, number, len(wrong))


def _sort(array: Any) -> str:
    """Truth values, numbers, texts: they do not mix."""
    return {"b": "truth", "U": "text", "O": "object"}.get(array.dtype.kind, "number")


def _array(value: Any) -> Any:
    """An array, or nested lists of numbers as one; None if the rows are ragged or it holds no numbers."""
    if is_numpy(value):
        return value
    if type(value) not in (list, tuple):
        return None
    try:
        return library("np").array(value)
    except (ValueError, OverflowError):
        return None


def _close(expected: Any, found: Any, rule: Rule) -> Any:
    """Entry by entry, whether two arrays of one shape agree."""
    np = library("np")
    if expected.dtype.kind not in "fc" and found.dtype.kind not in "fc":
        return expected == found
    with np.errstate(all="ignore"):
        size = np.maximum(np.abs(expected), np.abs(found))
        near = np.abs(found - expected) <= np.maximum(rule.absolute, rule.relative * size)
    near &= np.isfinite(expected) & np.isfinite(found)  # inf − inf is no number, and inf is not close to 1
    return near | (expected == found) | ((expected != expected) & (found != found))


# ---- does an answer follow a known wrong one? ----------------------------------------------------------


def follows(expected: Any, wrong: Any, got: Any, rule: Rule) -> list[tuple[Path, bool]]:
    """For each place where a known wrong answer differs from the right one: is ``got`` as wrong there?

    Returns
    -------
    list of (path, bool)
        Empty where the wrong answer happens to be right.

    >>> follows([39.0, 8.0], [36.0, 8.0], [36.0, 99.0], Rule())       # wrong in the same way, and elsewhere
    [((0,), True)]
    """
    touched = list(differences(expected, wrong, rule))
    if not touched:
        return []
    if not is_plain(wrong):
        return [((), False)]
    if any(place.kind not in ("value", "nan") for place in touched):  # another type, shape, length
        return [((), not any(differences(wrong, got, Rule(rule.relative, rule.absolute))))]
    if is_numpy(expected) and expected.ndim:
        return [((), _follows_array(expected, wrong, got, rule))]
    return [(place.path, _follows_at(place.path, wrong, got, rule)) for place in touched]


def _follows_array(expected: Any, wrong: Any, got: Any, rule: Rule) -> bool:
    found = _array(got) if is_plain(got) else None
    if found is None or found.shape != expected.shape or found.dtype.kind not in "biufc":
        return False
    differs = ~_close(expected, _array(wrong), rule)
    return bool(_close(_array(wrong)[differs], found[differs], rule).all())


def _follows_at(path: Path, wrong: Any, got: Any, rule: Rule) -> bool:
    if not is_plain(got):
        return False
    for step in path:
        wrong = wrong[step]
        try:
            got = got[step]
        except (LookupError, TypeError):
            return False
    return not any(differences(wrong, got, rule))
