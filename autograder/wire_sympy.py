"""SymPy by value: expressions, equations, sets and matrices, taken apart into names, numbers and arguments.

Nothing is evaluated while an expression is put together, and nothing but the listed kinds is made: neither
text that SymPy would run, nor a tower of powers that takes a day once somebody asks for its value.
"""

from __future__ import annotations

import builtins
import keyword
import re
from typing import Any

import sympy
from sympy.core.function import AppliedUndef, UndefinedFunction
from sympy.core.singleton import Singleton
from sympy.core.symbol import Str

from autograder.wire_codec import Bad, Codec, NotPlain, register_tag

__all__ = ["codec_of"]

_MAX_BITS = 1 << 17  # of a number that an expression of numbers alone may come to
_MAX_ARGUMENT = 100_000  # of a function of an integer: factorial(10**9) would never end
# Letters as in formulas. A name is written into code by `lambdify`: no name may call or look up anything.
_NAME = re.compile(r"[^\W\d][\w{}^\\' ]{0,60}")


def _kinds(names: str) -> dict[str, Any]:
    return {name: getattr(sympy, name) for name in names.split()}


# What is made as it is, and what must be kept from working itself out when it is made.
_AS_IS = _kinds(
    "Tuple Derivative Integral Sum Product Limit Interval Lambda ImageSet ConditionSet ProductSet Order Subs "
)
_IDLE = _kinds(
    "Add Mul Pow Eq Ne Lt Le Gt Ge And Or Not Xor Implies Equivalent Piecewise FiniteSet Union Intersection "
    "Complement"
)
_IDLE |= {kind.__name__: kind for kind in (sympy.Eq, sympy.Ne, sympy.Lt, sympy.Le, sympy.Gt, sympy.Ge)}
_PAIR = type(sympy.Piecewise((0, sympy.Symbol("x") > 0), (1, True)).args[0])
_MATRICES = {kind.__name__: kind for kind in (sympy.Matrix, sympy.ImmutableMatrix)}


def codec_of(kind: type) -> Codec | None:
    """The codec of what SymPy computes with; whether it is listed turns out when it is taken apart."""
    if kind in _MATRICES.values():
        return _MATRIX
    if issubclass(kind, AppliedUndef):  # f = Function("f") makes a class, and f(x) is an instance of it
        return _EXPRESSION
    if kind is UndefinedFunction:
        return _UNDEFINED
    is_sympys = issubclass(kind, sympy.Basic) and kind.__module__.partition(".")[0] == "sympy"
    return _EXPRESSION if is_sympys else None


# ------------------------------------------------------------------------------------------------ parts


def _parts(x: Any) -> tuple[Any, ...]:
    """An expression as nested tuples: the kind's name, then what it is made of.

    ``x**2`` is ``("Pow", ("Symbol", "x", "commutative", True), ("Integer", 2))``.
    """
    try:
        return _taken_apart(x)
    except Bad:
        raise NotPlain from None


def _taken_apart(x: Any) -> tuple[Any, ...]:
    kind = type(x)
    if isinstance(kind, Singleton):
        return ("S", kind.__name__)
    match x:
        case sympy.Dummy():
            return ("Dummy", _name(x.name), x.dummy_index, *_assumed(x))
        case sympy.Symbol() if kind is sympy.Symbol:
            return ("Symbol", _name(x.name), *_assumed(x))
        case Str():
            return ("Str", _name(x.name))
        case sympy.Rational():
            return ("Rational", int(x.p), int(x.q))
        case sympy.Float():
            _, mantissa, exponent, _ = x._mpf_
            return _float_checked("Float", -int(mantissa) if x < 0 else int(mantissa), int(exponent), x._prec)
        case AppliedUndef():
            return ("f", _name(kind.__name__), *map(_taken_apart, x.args))
    if _KINDS.get(kind.__name__) is not kind:
        raise NotPlain
    parts = [_taken_apart(part) for part in x.args]
    _sized(kind, x.args)
    return (kind.__name__, *parts)


def _assumed(symbol: Any) -> list[Any]:
    """What is assumed of a symbol, as name, value, name, value."""
    known = {name: value for name, value in symbol._assumptions_orig.items() if type(value) is bool}
    return [part for pair in sorted(known.items()) for part in pair]


def _name(name: Any) -> str:
    if (
        type(name) is not str
        or not _NAME.fullmatch(name)
        or keyword.iskeyword(name)
        or hasattr(builtins, name)
    ):
        raise Bad("a symbol has an impossible name")
    return name


def _float_checked(tag: str, mantissa: Any, exponent: Any, precision: Any) -> tuple[Any, ...]:
    if not all(type(part) is int for part in (mantissa, exponent, precision)):
        raise Bad("a Float without its digits")
    if abs(exponent) > 1 << 14 or not 1 <= precision <= 1 << 14 or mantissa.bit_length() > precision:
        raise Bad("a Float is too large")
    return tag, mantissa, exponent, precision


# ------------------------------------------------------------------------------------------------ making


def _expression(tag: Any, *parts: Any) -> Any:
    try:
        return _made(tag, parts)
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise Bad(f"an expression cannot be made: {type(error).__name__}") from None


def _made(tag: Any, parts: tuple[Any, ...]) -> Any:
    match tag:
        case "S":
            constant = getattr(sympy.S, _name(*parts))
            if not isinstance(type(constant), Singleton):
                raise Bad("an unknown constant")
            return constant
        case "Symbol":
            return sympy.Symbol(_name(parts[0]), **_assumptions(parts[1:]))
        case "Dummy":
            if type(parts[1]) is not int:
                raise Bad("a Dummy without its number")
            return sympy.Dummy(_name(parts[0]), parts[1], **_assumptions(parts[2:]))
        case "Str":
            return Str(_name(*parts))
        case "Rational":
            numerator, denominator = parts
            if type(numerator) is not int or type(denominator) is not int:
                raise Bad("a Rational is not two integers")
            return sympy.Rational(numerator, denominator)
        case "Float":
            _, mantissa, exponent, precision = _float_checked("Float", *parts)
            return sympy.Float._new(_from_man_exp(mantissa, exponent, precision), precision)
    arguments = [_made(part[0], part[1:]) for part in parts[tag == "f" :] if _is_tagged(part)]
    if tag == "f":
        return sympy.Function(_name(parts[0]))(*arguments)
    kind: Any = _KINDS.get(tag) if type(tag) is str else None
    if kind is None or len(arguments) != len(parts):
        raise Bad("an expression of an unknown kind")
    _sized(kind, arguments)
    if tag in _AS_IS or kind is _PAIR:
        return kind(*arguments)
    return kind(*arguments, evaluate=False)


def _from_man_exp(mantissa: int, exponent: int, precision: int) -> Any:
    from mpmath.libmp import from_man_exp

    return from_man_exp(mantissa, exponent, precision)


def _is_tagged(part: Any) -> bool:
    if type(part) is not tuple or not part:
        raise Bad("an expression without a kind")
    return True


def _assumptions(parts: tuple[Any, ...]) -> dict[str, bool]:
    names, values = parts[::2], parts[1::2]
    if not all(type(name) is str and name.isidentifier() for name in names):
        raise Bad("an assumption has no name")
    return {name: value for name, value in zip(names, values, strict=True) if type(value) is bool}


def _sized(kind: Any, arguments: Any) -> None:
    """Refuse what would take a day to work out, and what no alarm interrupts meanwhile."""
    if kind is sympy.Pow:
        _bits(arguments[0], arguments[1])
    elif issubclass(kind, sympy.Function) and any(
        isinstance(x, sympy.Rational) and abs(x) > _MAX_ARGUMENT for x in arguments
    ):
        raise Bad("a function of a number that is too large")


def _bits(base: Any, exponent: Any = None) -> int:
    """About how many bits a number has that is written as an expression; symbols count as none."""
    if exponent is not None:
        least = _bits(exponent)
        if least > 30 and not exponent.free_symbols:
            raise Bad("a power is too large")
        times = abs(int(exponent)) if isinstance(exponent, sympy.Rational) else 1 << least
        bits = _bits(base) * max(times, 1)
    elif isinstance(base, sympy.Rational):
        bits = max(int(base.p).bit_length(), int(base.q).bit_length())
    elif isinstance(base, sympy.Pow):
        bits = _bits(*base.args)
    elif isinstance(base, (sympy.Add, sympy.Mul)):
        bits = sum(_bits(part) for part in base.args)
    else:
        bits = 2
    if bits > _MAX_BITS:
        raise Bad("a power is too large")
    return bits


def _functions() -> dict[str, Any]:
    """sin, exp, gamma, …: the functions of SymPy's own that have a name in it."""
    named = vars(sympy).items()
    return {name: x for name, x in named if isinstance(x, type) and issubclass(x, sympy.Function)}


_KINDS: dict[str, Any] = {
    **{name: found for name, found in _functions().items() if found.__name__ == name},
    **{kind.__name__: kind for kind in (*_AS_IS.values(), *_IDLE.values(), _PAIR)},
}
_EXPRESSION = Codec("sy.Basic", _parts, _expression)
register_tag(_EXPRESSION)

# ------------------------------------------------------------------------------------------------ the others


def _matrix(name: Any, rows: Any, columns: Any, *items: Any) -> Any:
    if name not in _MATRICES or type(rows) is not int or type(columns) is not int:
        raise Bad("a matrix without its shape")
    if min(rows, columns) < 0 or max(rows, columns) > 1 << 20 or rows * columns != len(items):
        raise Bad("a matrix is not as large as its shape")
    if not all(isinstance(item, sympy.Basic) for item in items):
        raise Bad("a matrix of something else")
    return _MATRICES[name](rows, columns, list(items))


_MATRIX = Codec("sy.Matrix", lambda x: (type(x).__name__, *x.shape, *x.flat()), _matrix, alias=True)
register_tag(_MATRIX)
_UNDEFINED = Codec("sy.Function", lambda x: (_name(x.__name__),), lambda name: sympy.Function(_name(name)))
register_tag(_UNDEFINED)
