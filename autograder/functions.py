"""What one side tells the other of a function, and a stand-in dressed in it: name, docstring, parameters."""

from __future__ import annotations

import inspect
import types
import typing
from collections.abc import Mapping
from typing import Any

__all__ = ["described", "dress", "harmless", "hints", "signature"]

_KINDS = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_HINTS = (type, types.GenericAlias, types.UnionType, type(typing.List[int]), type(typing.Optional[int]))  # noqa: UP006, UP045


def described(function: Any) -> dict[str, Any]:
    """Name, docstring, parameters and attributes of a function.

    >>> def area(r: float, n=2) -> float: "The area."
    >>> told = described(area)
    >>> told["name"], told["doc"], told["signature"]
    ('area', 'The area.', [('r', 1, False, None), ('n', 1, True, 2)])
    """
    told: dict[str, Any] = {
        "name": str(getattr(function, "__name__", "function")),
        "qualname": str(getattr(function, "__qualname__", "function")),
        "doc": function.__doc__ if type(function.__doc__) is str else None,
        "module": str(getattr(function, "__module__", None)),
        "attributes": {**getattr(function, "__dict__", {}), **_cache_methods(function)},
        "signature": None,
        "annotations": {},
        "flags": getattr(getattr(function, "__code__", None), "co_flags", 0) & _KINDS,
    }
    try:
        parameters = inspect.signature(function).parameters.values()
        told["annotations"] = dict(getattr(function, "__annotations__", {}))
    except Exception:  # a builtin without a signature; or annotations that cannot be worked out (Python 3.14)
        return told
    told["signature"] = [
        (p.name, int(p.kind), p.default is not p.empty, None if p.default is p.empty else p.default)
        for p in parameters
    ]
    return told


def _cache_methods(function: Any) -> dict[str, Any]:
    """What `functools.lru_cache` gives a function beside its attributes."""
    names = ("cache_info", "cache_clear", "cache_parameters")
    return {name: getattr(function, name) for name in names if hasattr(type(function), name)}


def dress(function: Any, told: Mapping[str, Any]) -> Any:
    """Give a function the name, docstring and signature that are told."""
    function.__name__, function.__qualname__ = told["name"], told["qualname"]
    function.__doc__, function.__module__ = told["doc"], told["module"]
    vars(function).update(harmless(told["attributes"]))
    found = signature(told)
    if found is not None:
        function.__signature__ = found
        function.__annotations__ = hints(told["annotations"])
        defaults = {p.name: p.default for p in found.parameters.values() if p.default is not p.empty}
        by_name = {name for name, p in found.parameters.items() if p.kind is p.KEYWORD_ONLY}
        function.__defaults__ = tuple(x for name, x in defaults.items() if name not in by_name) or None
        function.__kwdefaults__ = {name: x for name, x in defaults.items() if name in by_name} or None
    return function


def signature(told: Mapping[str, Any]) -> inspect.Signature | None:
    """A signature from (name, kind, has a default, default) of each parameter."""
    if told["signature"] is None:
        return None
    kinds, none, known = list(inspect._ParameterKind), inspect.Parameter.empty, hints(told["annotations"])
    return inspect.Signature(
        [
            inspect.Parameter(
                name, kinds[kind], default=default if has else none, annotation=known.get(name, none)
            )
            for name, kind, has, default in told["signature"]
        ],
        return_annotation=known.get("return", none),
    )


def hints(annotations: Mapping[str, Any]) -> dict[str, Any]:
    """Annotations that are types. A text among them would be run by `typing.get_type_hints`."""
    return {
        name: hint for name, hint in annotations.items() if hint is None or issubclass(type(hint), _HINTS)
    }


def harmless(attributes: Mapping[Any, Any]) -> dict[Any, Any]:
    """Attributes of a student's that may stand in a real object here.

    NumPy looks at an object itself, not at its class, whether it has an ``__array_interface__``: with one, a
    student could have it read any place of this process's memory.

    >>> harmless({"calls": 1, "__array_interface__": {"data": (0, False)}})
    {'calls': 1}
    """
    return {name: x for name, x in attributes.items() if type(name) is str and not name.startswith("__array")}
