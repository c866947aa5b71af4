"""A formula as text that people can read and SymPy can check.

Formulas of lectures are compared as *functions*, not as strings: ``2*(1 - s)*s`` and ``2*s - 2*s^2`` are one
formula. SymPy is loaded only when a formula is compared or shown as LaTeX.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["Formula", "same_formula", "sympy_module"]

FUNCTIONS = frozenset(
    [
        "exp",
        "log",
        "ln",
        "sqrt",
        "sin",
        "cos",
        "tan",
        "cot",
        "sec",
        "csc",
        "tanh",
        "Abs",
        "Max",
        "Min",
        "sign",
    ]
)
_NAME = re.compile(r"[A-Za-z]\w*")
_CALL = re.compile(r"([A-Za-z]\w*)(?=\()")


def sympy_module() -> Any:
    """Return the module ``sympy``.

    Raises
    ------
    ImportError
        Without SymPy; the message says how to install it.
    """
    try:
        import sympy
    except ImportError as error:
        raise ImportError("formulas are checked by SymPy: pip install 'coursekit[symbolic]'") from error
    return sympy


@dataclass(frozen=True)
class Formula:
    """A formula as text.

    Parameters
    ----------
    text
        As on paper, with ``*`` for a product and ``^`` for a power; ``u'`` is the derivative of u, ``e``
        Euler's number. A name that is called and is no function of SymPy is an unknown function.
    where
        Abbreviations: pairs of a name and what it stands for. A later one may use an earlier one.

    Attributes
    ----------
    text, where

    >>> slope = Formula("a*(1 - a)", (("a", "1/(1 + e^(-z))"),))
    >>> print(slope)
    a·(1 - a) with a = 1/(1 + e^(-z))
    >>> slope.equals(Formula("e^z/(1 + e^z)^2"))
    True
    """

    text: str
    where: tuple[tuple[str, str], ...] = ()

    def sympy(self) -> Any:
        """Return the formula as a SymPy expression; every name is a plain symbol."""
        meanings: dict[str, Any] = {}
        for name, text in self.where:
            meanings[name] = _parse(text, meanings)
        return _parse(self.text, meanings)

    def equals(self, other: Any) -> bool:
        """Tell whether the other formula (or SymPy expression, or number) is the same function."""
        return same_formula(self, other)

    def __str__(self) -> str:
        written = [self.text, *(f"{name} = {text}" for name, text in self.where)]
        return " with ".join([written[0], ", ".join(written[1:])] if self.where else written).replace(
            "*", "·"
        )

    def _repr_latex_(self) -> str:
        return f"${sympy_module().latex(self.sympy())}$"


def _parse(text: str, meanings: dict[str, Any]) -> Any:
    sympy = sympy_module()
    text = text.replace("'", "_prime").replace("^", "**")
    called = set(_CALL.findall(text))
    names: dict[str, Any] = {"e": sympy.E, "pi": sympy.pi}
    for name in _names(text):
        if name in meanings:
            names[name] = meanings[name]
        elif name in called and name not in FUNCTIONS:
            names[name] = sympy.Function(name.replace("_prime", "'"))
        elif name not in names and name not in FUNCTIONS:
            names[name] = sympy.Symbol(name.replace("_prime", "'"))
    return sympy.sympify(text, locals=names, rational=True)


def _names(text: str) -> Iterator[str]:
    return (match.group() for match in _NAME.finditer(text))


def same_formula(one: Any, other: Any) -> bool:
    """Tell whether two formulas (texts in a :class:`Formula`, SymPy expressions, numbers) are equal.

    Symbols stand for real numbers and are told apart by their names alone. A difference that is not zero at
    a test point settles the matter quickly; otherwise algebra has to show that the difference vanishes.
    """
    sympy = sympy_module()
    difference = _plain(one) - _plain(other)
    if difference == 0:
        return True
    if not difference.has(sympy.core.function.AppliedUndef):
        symbols = sorted(difference.free_symbols, key=str)
        point = {x: sympy.Rational(3 + 2 * i, 7 + i) for i, x in enumerate(symbols)}
        if abs(sympy.N(difference.subs(point), 30)) > 1e-15:
            return False
    return bool(sympy.simplify(difference) == 0) or bool(difference.equals(0))


def _plain(formula: Any) -> Any:
    """Return a SymPy expression with exact numbers; its symbols are real, and nothing else is assumed."""
    sympy = sympy_module()
    expression = formula.sympy() if isinstance(formula, Formula) else sympy.sympify(formula)
    expression = sympy.nsimplify(expression, rational=True).rewrite(sympy.tanh, sympy.exp)
    return expression.subs({x: sympy.Symbol(x.name, real=True) for x in expression.free_symbols})
