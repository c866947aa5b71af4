"""What a worked example is: what the slide shows, what is true, and a function that computes it."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_DOWN, Decimal
from typing import Any, Literal

from coursekit.examples.errata import erratum
from coursekit.formulas import Formula, same_formula
from coursekit.tables import Listing, html_table, text_table
from coursekit.values import is_numpy

__all__ = [
    "DECKS",
    "Digits",
    "Example",
    "ExampleList",
    "collect",
    "decimals",
    "differences",
    "examples_of_unit",
    "significant",
]

DECKS = {
    "UT": "UT Austin CS343",
    "BER": "UC Berkeley CS188",
    "CIT": "Caltech CS/CNS/EE 155",
    "USC": "USC CSCI 599",
    "HAR": "Harvard CS109B",
}
"""The five lecture decks, by the prefix of their entries."""

Kind = Literal["ok", "rounding", "convention", "unprinted", "extraction", "erratum"]

VERDICTS: dict[Kind, str] = {
    "ok": "right",
    "rounding": "right, rounded",
    "convention": "right, by a convention",
    "unprinted": "asked, not printed",
    "extraction": "damaged copy",
    "erratum": "wrong",
}


@dataclass(frozen=True)
class Digits:
    """How many digits a slide prints. Exact ties go down, as they do in the decks (0.5585 is 0.558)."""

    places: int | None = None
    significant: int | None = None

    def round(self, number: float) -> Decimal:
        """Return the number as printed.

        >>> decimals(3).round(0.5585), significant(6).round(-0.00085229173574)
        (Decimal('0.558'), Decimal('-0.000852292'))
        """
        exact = Decimal(repr(float(number)))
        places = self.places
        if places is None:
            places = (self.significant or 0) - 1 - exact.adjusted()
        return exact.quantize(Decimal(1).scaleb(-places), ROUND_HALF_DOWN)


def decimals(places: int) -> Digits:
    """Return the rounding to so many digits after the point."""
    return Digits(places=places)


def significant(digits: int) -> Digits:
    """Return the rounding to so many digits in all."""
    return Digits(significant=digits)


@dataclass(frozen=True, repr=False)
class Example:
    """A number or formula of a slide, and the function that computes it anew.

    Attributes
    ----------
    id : str
        ``WE-`` with the deck and a number.
    catalogue, unit : str, int
        The catalogue entry it belongs to, and the unit (13 is the annex).
    title : str
    slide : str
        What the slide shows, in our words.
    printed : Any
        The slide's numbers or formulas, shaped like ``true``; what is left out or ``None`` is not on it.
        A function, where the slide prints a formula: it evaluates that formula *as it stands*.
    true : Any
        The right values: numbers, :class:`Formula`, or lists and dictionaries of them.
    kind : str
        ``ok``, ``rounding``, ``convention``, ``unprinted``, ``extraction`` or ``erratum``.
    erratum : str or None
        The erratum or caveat that explains the difference, such as ``E-10``.
    digits : Digits or None
        How the slide rounds.
    tolerance : float
        How far a computed number may be from the true one, relative to it.
    compute : callable
        Computes the true values from the slide's inputs.
    note : str
        What else is worth knowing.
    """

    id: str
    catalogue: str
    unit: int
    title: str
    slide: str
    printed: Any
    true: Any
    compute: Callable[[], Any]
    kind: Kind = "ok"
    erratum: str | None = None
    digits: Digits | None = None
    tolerance: float = 1e-12
    note: str = ""

    @property
    def deck(self) -> str:
        """The prefix of the deck: UT, BER, CIT, USC or HAR."""
        return self.id.split("-")[1]

    @property
    def how(self) -> str:
        """How the example is computed: the docstring of ``compute``."""
        return inspect.getdoc(self.compute) or ""

    def printed_values(self) -> Any:
        """Return what the slide prints, or what its formula gives when it is taken at its word."""
        return self.printed() if callable(self.printed) else self.printed

    def wrong_entries(self) -> list[str]:
        """Return the places where the computed values are not the true ones: none, if all is well."""
        return differences(self.compute(), self.true, tolerance=self.tolerance)

    def slide_errors(self) -> list[str]:
        """Return the places where the slide differs from the truth by more than its rounding."""
        return differences(
            self.printed_values(), self.true, tolerance=self.tolerance, digits=self.digits, partial=True
        )

    def __repr__(self) -> str:
        return text_table((self.id, self.title), self._card())

    def _repr_html_(self) -> str:
        return html_table(DECKS[self.deck], (self.id, self.title), self._card())

    def _card(self) -> list[tuple[str, str]]:
        card = [
            ("entry", self.catalogue),
            ("the slide", self.slide),
            ("prints", "" if callable(self.printed) else show(self.printed)),
            ("true", show(self.true)),
            ("the slide is", VERDICTS[self.kind]),
            ("why", f"{self.erratum}: {erratum(self.erratum).why}" if self.erratum else ""),
            ("computed", f"{self.how} {self._outcome()}"),
            ("note", self.note),
        ]
        return [(name, text) for name, text in card if text]

    def _outcome(self) -> str:
        try:
            wrong = self.wrong_entries()
        except ImportError as error:
            return f"({error})"
        return f"Wrong now: {', '.join(wrong)}." if wrong else "Done now: it gives the true values."


class ExampleList(Listing[Example]):
    """Examples that show themselves as a table."""

    caption = "Worked examples of the decks"
    head = ("id", "entry", "title", "the slide prints", "true", "the slide is")

    def row(self, item: Example) -> Sequence[str]:
        """Return what is printed, what is true, and the verdict."""
        printed = item.slide if callable(item.printed) else show(item.printed)
        verdict = VERDICTS[item.kind] + (f" ({item.erratum})" if item.erratum else "")
        return item.id, item.catalogue, item.title, printed, show(item.true), verdict


def examples_of_unit(unit: int) -> Callable[..., Callable[[Callable[[], Any]], Example]]:
    """Return the decorator that makes a function into an :class:`Example` of a unit.

    Its arguments are the fields of an example; the function is its ``compute``.
    """

    def example(
        id: str, catalogue: str, title: str, slide: str, *, printed: Any, true: Any, **fields: Any
    ) -> Callable[[Callable[[], Any]], Example]:
        return lambda compute: Example(
            id, catalogue, unit, title, slide, printed, true, compute=compute, **fields
        )

    return example


def collect(names: Mapping[str, Any]) -> tuple[Example, ...]:
    """Return the examples among a module's names, in the order of the file."""
    return tuple(x for x in names.values() if isinstance(x, Example))


# ---- comparing -------------------------------------------------------------------------------------------


def differences(
    found: Any,
    true: Any,
    *,
    tolerance: float = 1e-12,
    digits: Digits | None = None,
    partial: bool = False,
    at: str = "",
) -> list[str]:
    """Return the places where ``found`` is not ``true``.

    Parameters
    ----------
    found, true
        Numbers, texts, formulas, or lists, arrays and dictionaries of them.
    tolerance
        The relative error allowed to a float; an absolute one where the true value is 0. Whole numbers,
        texts and truth values are equal or not.
    digits
        Given: ``found`` is right if it is ``true`` rounded in this way.
    partial
        Leave out what ``found`` lacks (missing keys, ``None``).

    >>> differences({"L": 1.6688}, {"L": 1.66926705, "h": 0.001}, digits=decimals(4), partial=True)
    ['L']
    """
    options: dict[str, Any] = {"tolerance": tolerance, "digits": digits, "partial": partial}
    found, true = _plain(found), _plain(true)
    if partial and found is None:
        return []
    if isinstance(true, dict) and isinstance(found, dict):
        keys: Iterable[Any] = found if partial else found.keys() | true.keys()
        pairs = [(key, found.get(key), true.get(key)) for key in keys]
    elif isinstance(true, (list, tuple)) and isinstance(found, (list, tuple)) and len(true) == len(found):
        pairs = [(i, a, b) for i, (a, b) in enumerate(zip(found, true, strict=True))]
    else:
        return [] if _same(found, true, tolerance, digits) else [at or "all"]
    return [
        place
        for key, a, b in pairs
        for place in differences(a, b, at=f"{at}.{key}" if at else str(key), **options)
    ]


def _same(found: Any, true: Any, tolerance: float, digits: Digits | None) -> bool:
    numbers = isinstance(found, (int, float)) and isinstance(true, (int, float))
    if numbers and not isinstance(found, bool) and not isinstance(true, bool):
        if digits is not None:
            return digits.round(true) == Decimal(repr(found))
        if isinstance(found, int) and isinstance(true, int):
            return found == true
        return math.isclose(found, true, rel_tol=tolerance, abs_tol=0.0 if true else tolerance)
    if _is_formula(found) or _is_formula(true):
        return same_formula(found, true)
    return type(found) is type(true) and bool(found == true)


def _is_formula(value: Any) -> bool:
    return isinstance(value, Formula) or (type(value).__module__ or "").startswith("sympy")


def _plain(value: Any) -> Any:
    return value.tolist() if is_numpy(value) else value


def show(value: Any) -> str:
    """Write a value in short: eight digits, lists in brackets, dictionaries as ``name: value``.

    >>> show({"L": 1.66926705472791, "f": [0.4165, -0.118], "h": None, "parts": {"of_L": 1.0, "of_f": 0.5}})
    'L: 1.6692671; f: [0.4165, −0.118]; parts: (of L: 1; of f: 0.5)'
    """
    value = _plain(value)
    if isinstance(value, dict):
        parts = ((name.replace("_", " "), x) for name, x in value.items() if x is not None)
        return "; ".join(
            f"{name}: ({show(x)})" if isinstance(x, dict) else f"{name}: {show(x)}" for name, x in parts
        )
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(show, value))}]"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return f"{value:.8g}".replace("-", "−")
    return "" if value is None else str(value)
