"""The decks' worked examples: what each slide prints, what is true, and a function that computes it anew.

>>> import coursekit as ck
>>> ck.examples.get("WE-USC-01").compute()
array([0.631, 0.969, 0.71 ])
>>> ck.examples.get("WE-USC-16").erratum
'E-10'
>>> len(ck.examples.all()), len(ck.examples.errata())
(123, 30)

In a notebook an example, the list of all, and the list of errata show themselves as tables. The inputs that
lectures and homework share are in :mod:`coursekit.examples.data`; what was checked but cannot be computed is
in ``NOT_COMPUTED``, with the reason.
"""

from __future__ import annotations

from difflib import get_close_matches

from coursekit.examples import (
    annex,
    data,
    unit1,
    unit2,
    unit3,
    unit4,
    unit5,
    unit6,
    unit7,
    unit8,
    unit9,
    unit10,
    unit11,
)
from coursekit.examples.base import DECKS, Example, ExampleList
from coursekit.examples.errata import ERRATA, ErrataList, Erratum, ErratumKind, erratum
from coursekit.examples.not_computed import NOT_COMPUTED

__all__ = [
    "DECKS",
    "NOT_COMPUTED",
    "ErrataList",
    "Erratum",
    "Example",
    "ExampleList",
    "all",
    "data",
    "errata",
    "erratum",
    "get",
]

_UNITS = (unit1, unit2, unit3, unit4, unit5, unit6, unit7, unit8, unit9, unit10, unit11, annex)
_BY_ID = {example.id: example for unit in _UNITS for example in unit.EXAMPLES}


def get(id: str) -> Example:
    """Return one example by its id.

    Raises
    ------
    KeyError
        If there is none of that id; the message says why, or which ids are like it.

    >>> get("WE-BER-11").true
    [1.0, 2.96]
    """
    if id in _BY_ID:
        return _BY_ID[id]
    if id in NOT_COMPUTED:
        raise KeyError(f"{id} is not computed: {NOT_COMPUTED[id]}")
    alike = get_close_matches(id, _BY_ID, n=3)
    raise KeyError(f"no example {id!r}" + (f"; do you mean {', '.join(alike)}?" if alike else ""))


def all(*, unit: int | None = None, deck: str | None = None, kind: str | None = None) -> ExampleList:
    """Return all examples, or those of a unit, of a deck, or of a kind.

    Parameters
    ----------
    unit
        1 to 12, or 13 for the annex.
    deck
        UT, BER, CIT, USC or HAR.
    kind
        ``ok``, ``rounding``, ``convention``, ``unprinted``, ``extraction`` or ``erratum``.

    >>> [example.id for example in all(unit=1, kind="erratum")]
    ['WE-USC-03b', 'WE-USC-06', 'WE-USC-09', 'WE-BER-05']
    """
    wanted = {"unit": unit, "deck": deck, "kind": kind}
    return ExampleList(
        example
        for example in _BY_ID.values()
        if not any(x is not None and getattr(example, name) != x for name, x in wanted.items())
    )


def errata(kind: ErratumKind = "erratum") -> ErrataList:
    """Return the 30 errata: what the slide says, what is true, and why they differ.

    Parameters
    ----------
    kind
        ``"caveat"``: the statements that need a condition. ``"extraction"``: the faults of damaged copies.

    >>> [erratum.id for erratum in errata("caveat")]
    ['E-02', 'E-03', 'E-04']
    """
    return ErrataList(erratum for erratum in ERRATA if erratum.kind == kind)
