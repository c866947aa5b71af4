"""The standard library by value: Counter, deque, dates, Fraction, Decimal, Path, named tuples."""

from __future__ import annotations

import collections
import dataclasses
import datetime
import decimal
import fractions
import functools
import operator
import pathlib
import types
import typing
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


# ------------------------------------------------------------------------------------------------ annotations

# ``List[int]``, ``Optional[str]``: the name in `typing`, and what stands in the brackets.
_ALIASES = frozenset(
    {"List", "Dict", "Set", "FrozenSet", "Tuple", "Type", "Sequence", "Iterable", "Iterator", "Mapping"}
    | {"MutableMapping", "Collection", "Callable", "Generator", "DefaultDict", "Counter", "Deque", "Optional"}
    | {"Union", "OrderedDict", "MutableSequence"}
)


def _alias_parts(value: Any) -> tuple[Any, ...]:
    name = getattr(value, "_name", None) or getattr(value.__origin__, "_name", None)
    if name not in _ALIASES:
        raise NotPlain
    return name, *_hints_in(value)


def _hints_in(value: Any) -> tuple[Any, ...]:
    if not all(map(_is_hint, value.__args__)):
        raise NotPlain  # a name in quotes, which whoever looks at it would run
    return tuple(value.__args__)


def _alias(name: Any, *arguments: Any) -> Any:
    if name not in _ALIASES or not arguments or not all(map(_is_hint, arguments)):
        raise Bad("an unknown annotation")
    if name in ("Optional", "Union"):
        return typing.Union[arguments]  # noqa: UP007
    if name == "Callable":
        return typing.Callable[list(arguments[:-1]), arguments[-1]]
    return getattr(typing, name)[arguments]


def _is_hint(value: Any) -> bool:
    return value is None or value is ... or issubclass(type(value), (type, *_HINTS))


def _generic(origin: Any, *arguments: Any) -> Any:
    if not isinstance(origin, type) or not all(map(_is_hint, arguments)):
        raise Bad("an unknown annotation")
    return types.GenericAlias(origin, arguments)


def _union(*arguments: Any) -> Any:
    if len(arguments) < 2 or not all(map(_is_hint, arguments)):
        raise Bad("an unknown annotation")
    return functools.reduce(operator.or_, arguments)


_HINTS: tuple[Any, ...] = (
    types.GenericAlias,
    types.UnionType,
    *{type(typing.List[int]), type(typing.Optional[int]), type(typing.Callable[[int], int])},  # noqa: UP006, UP045
)
for _hint in set(_HINTS[2:]) - {types.UnionType}:
    register(_hint, Codec("py.hint", _alias_parts, _alias))
register(types.GenericAlias, Codec("py.generic", lambda x: (x.__origin__, *_hints_in(x)), _generic))
register(types.UnionType, Codec("py.union", _hints_in, _union))

# ------------------------------------------------------------------------------------------------ dataclasses

_FLAGS = ("init", "repr", "hash", "compare", "kw_only")


def _field_parts(field: Any) -> tuple[Any, ...]:
    if field._field_type is not dataclasses._FIELD:  # type: ignore[attr-defined]
        raise NotPlain
    missing = dataclasses.MISSING
    default, factory = field.default, field.default_factory
    return (
        field.name,
        None if isinstance(field.type, str) else field.type,
        default is not missing,
        None if default is missing else default,
        factory is not missing,
        None if factory is missing else factory,
        tuple([getattr(field, flag) is True for flag in _FLAGS]),
    )


def _field(name: Any, kind: Any, has: Any, default: Any, makes: Any, factory: Any, flags: Any) -> Any:
    if type(name) is not str or type(flags) is not tuple or len(flags) != len(_FLAGS):
        raise Bad("a field of a dataclass without its name")
    settings: dict[str, Any] = dict(zip(_FLAGS, map(bool, flags), strict=True))
    if has or makes:
        settings |= {"default": default} if has else {"default_factory": factory}
    made: Any = dataclasses.field(**settings)
    made.name, made.type, made._field_type = name, kind, dataclasses._FIELD  # type: ignore[attr-defined]
    return made


register(dataclasses.Field, Codec("py.Field", _field_parts, _field))
