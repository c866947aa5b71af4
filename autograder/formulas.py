"""Formulas that come as text: SymPy runs them as Python, so they must be formulas and nothing else.

With a text as answer, ``simplify(answer)``, ``Eq(answer, 3)`` and ``expression.subs(x, answer)`` all end in
SymPy's parser, and that in ``eval``.
"""

from __future__ import annotations

import builtins
import contextlib
import importlib
import keyword
import re
import sys
from collections.abc import Callable, Collection, Iterator
from typing import Any

__all__ = ["formulas_only"]

_SIGNS = re.compile(r"[\w\s+\-*/^(),<>|&~!.]*")
_LOOKUP = re.compile(r"\.\s*[^\W\d]|__")
_WORD = re.compile(r"[^\W\d]\w*")
_LONGEST = 10_000
_USUAL = frozenset(["sqrt", "cbrt", "root", "real_root", "abs", "max", "min"])


@contextlib.contextmanager
def formulas_only(own: Collection[str]) -> Iterator[None]:
    """Have SymPy read no text in this block but formulas, and what the instructor wrote down himself.

    Parameters
    ----------
    own : collection of str
        Texts of the instructor's.
    """
    if "sympy" not in sys.modules:
        yield
        return
    parser: Any = importlib.import_module("sympy.parsing.sympy_parser")
    original: Callable[..., Any] = parser.parse_expr

    def parse_expr(text: Any, *args: Any, **kwargs: Any) -> Any:
        if type(text) is not str or not (text in own or _is_formula(text)):
            raise ValueError("only a formula is read as one: numbers, names, signs, functions of SymPy")
        return original(text, *args, **kwargs)

    parser.parse_expr = parse_expr
    try:
        yield
    finally:
        parser.parse_expr = original


def _is_formula(text: str) -> bool:
    """Whether a text is a formula.

    >>> [_is_formula(text) for text in ("2*x + sin(y)/1.5", "x.args", "open(5)", "eval(chr(95))", "'a'")]
    [True, False, False, False, False]
    """
    import sympy

    if len(text) > _LONGEST or not _SIGNS.fullmatch(text) or _LOOKUP.search(text):
        return False
    for word in _WORD.findall(text):
        known = getattr(sympy, word, None)
        is_part = isinstance(known, (type(None), sympy.Basic))
        is_part |= isinstance(known, type) and issubclass(known, sympy.Basic)
        is_pythons = hasattr(builtins, word) or keyword.iskeyword(word)
        if word not in _USUAL and (is_pythons or not is_part):
            return False
    return True
