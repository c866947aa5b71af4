"""The standard library by value: Counter, deque, dates, Fraction, Decimal, Path, named tuples."""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import pathlib
import uuid
import zoneinfo
from collections.abc import Callable, Iterator
from functools import lru_cache
from keyword import iskeyword
from typing import Any

from autograder.wire_codec import Bad, Codec, NotPlain, fill_mapping, pairs, register, register_tag

__all__ = ["codec_of"]

_MAX_EXPONENT = 6_000  # int(Decimal("1e999999999")) would never end


def codec_of(kind: type) -> Codec | None:
    """The codec of a named tuple's class, which nobody can list beforehand."""
    if kind.__bases__ == (tuple,) and _is_plain_namedtuple(kind):
        return _NAMED_TUPLE
    return None


# ------------------------------------------------------------------------------------------------ collections


def _fill_defaultdict(into: Any, parts: Iterator[Any]) -> None:
    factory = next(parts)
    if factory is not None and not callable(factory):
        raise Bad("a default factory cannot be called")
    into.default_factory = factory
    fill_mapping(into, parts)


def _fill_deque(into: Any, parts: Iterator[Any]) -> None:
    # A deque's maxlen is fixed when it is made; __init__ on a made one is the documented way to set it again.
    longest = next(parts)
    into.__init__(parts, longest)


def _view(name: str) -> Codec:
    """``d.keys()`` and ``d.items()`` travel as a dictionary."""

    def make(mapping: Any) -> Any:
        if type(mapping) is not dict:
            raise Bad("a view of no dictionary")
        return getattr(mapping, name)()

    return Codec(f"py.{name}", lambda x: (dict(x) if name == "items" else dict.fromkeys(x),), make)


register(
    collections.OrderedDict, Codec("py.OrderedDict", pairs, collections.OrderedDict, fill_mapping, alias=True)
)
register(collections.Counter, Codec("py.Counter", pairs, collections.Counter, fill_mapping, alias=True))
register(
    collections.defaultdict,
    Codec(
        "py.defaultdict",
        lambda x: [x.default_factory, *pairs(x)],
        collections.defaultdict,
        _fill_defaultdict,
        alias=True,
    ),
)
register(
    collections.deque,
    Codec("py.deque", lambda x: [x.maxlen, *x], collections.deque, _fill_deque, alias=True),
)
register(type({}.keys()), _view("keys"))
register(type({}.items()), _view("items"))
register(type({}.values()), Codec("py.values", list, lambda *parts: dict(enumerate(parts)).values()))

# ------------------------------------------------------------------------------------------------ numbers


def _decimal_parts(value: decimal.Decimal) -> tuple[str]:
    if value.is_finite() and value and abs(value.adjusted()) > _MAX_EXPONENT:
        raise NotPlain
    return (str(value),)


def _decimal(text: str) -> decimal.Decimal:
    if type(text) is not str:
        raise Bad("a Decimal is not text")
    made = decimal.Decimal(text)
    if made.is_finite() and made and abs(made.adjusted()) > _MAX_EXPONENT:
        raise Bad("a Decimal is too large")
    return made


def _fraction(numerator: int, denominator: int) -> fractions.Fraction:
    if type(numerator) is not int or type(denominator) is not int:
        raise Bad("a Fraction is not two integers")  # Fraction("1e999999999") would never end
    return fractions.Fraction(numerator, denominator)


register(decimal.Decimal, Codec("py.Decimal", _decimal_parts, _decimal))
register(
    fractions.Fraction,
    Codec("py.Fraction", lambda x: (x.numerator, x.denominator), _fraction),
)

# ------------------------------------------------------------------------------------------------ time

_DATE = ("year", "month", "day")
_TIME = ("hour", "minute", "second", "microsecond")
_ZONE = ("tzinfo", "fold")


def _fields(*names: str) -> Callable[[Any], tuple[Any, ...]]:
    return lambda value: tuple([getattr(value, name) for name in names])


def _moment(kind: Callable[..., Any]) -> Callable[..., Any]:
    return lambda *parts: kind(*parts[:-1], fold=parts[-1])


register(datetime.date, Codec("py.date", _fields(*_DATE), datetime.date))
register(
    datetime.datetime,
    Codec("py.datetime", _fields(*_DATE, *_TIME, *_ZONE), _moment(datetime.datetime)),
)
register(datetime.time, Codec("py.time", _fields(*_TIME, *_ZONE), _moment(datetime.time)))
register(
    datetime.timedelta,
    Codec("py.timedelta", _fields("days", "seconds", "microseconds"), datetime.timedelta),
)
register(
    datetime.timezone,
    Codec("py.timezone", lambda x: (x.utcoffset(None),), lambda offset: datetime.timezone(offset)),
)


def _zone_parts(value: zoneinfo.ZoneInfo) -> tuple[str]:
    if type(value.key) is not str:
        raise NotPlain
    return (value.key,)


register(zoneinfo.ZoneInfo, Codec("py.zone", _zone_parts, zoneinfo.ZoneInfo))

# ------------------------------------------------------------------------------------------------ paths, ids


def _one_text(kind: Callable[[str], Any]) -> Callable[[str], Any]:
    def make(text: str) -> Any:
        if type(text) is not str:
            raise Bad(f"a {getattr(kind, '__name__', 'value')} is not text")
        return kind(text)

    return make


for _kind in (pathlib.PurePosixPath, pathlib.PosixPath, uuid.UUID):
    register(_kind, Codec(f"py.{_kind.__name__}", lambda x: (str(x),), _one_text(_kind)))

# ----------------------------------------------------------------------------------------------- named tuples

# What namedtuple() puts into a class. A class with more than this has methods of its own and becomes a
# handle.
_OF_NAMEDTUPLE = frozenset(vars(collections.namedtuple("Point", ["x"]))) | {
    "__annotations__",
    "__annotate__",
    "__annotate_func__",
    "__annotations_cache__",
    "__orig_bases__",
    "_field_types",
    "__static_attributes__",
    "__firstlineno__",
}


def _is_plain_namedtuple(kind: type) -> bool:
    names = type.__getattribute__(kind, "__dict__")
    fields = names.get("_fields")
    if type(fields) is not tuple or not all(type(name) is str for name in fields):
        return False
    return names.keys() <= _OF_NAMEDTUPLE | set(fields)


@lru_cache(maxsize=256)
def _namedtuple(name: str, fields: tuple[str, ...]) -> type:
    # namedtuple() builds its class from source text, so the names are checked here and not left to it.
    for word in (name, *fields):
        if (
            type(word) is not str
            or not word.isascii()
            or not word.isidentifier()
            or iskeyword(word)
            or len(word) > 99
        ):
            raise Bad("a named tuple has an impossible name")
    return collections.namedtuple(name, fields, module="__main__")


def _namedtuple_parts(value: Any) -> list[Any]:
    kind = type(value)
    return [kind.__name__, kind._fields, *tuple.__iter__(value)]


_NAMED_TUPLE = Codec(
    "py.namedtuple",
    _namedtuple_parts,
    lambda name, fields, *values: _namedtuple(name, fields)(*values),
)
register_tag(_NAMED_TUPLE)


def _namedtuple_class_parts(kind: Any) -> tuple[str, tuple[str, ...]]:
    if kind._field_defaults:
        raise NotPlain
    return kind.__name__, kind._fields


register_tag(Codec("py.namedtuple class", _namedtuple_class_parts, _namedtuple))
