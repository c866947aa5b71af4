"""What one side may ask the other to do with an object: the special methods of Python, under their own names.

A handle's ``x + y`` becomes the request ``("__add__", x, y)``, and the owner of ``x`` looks the name up here.
Names that are not in these tables are not done.
"""

from __future__ import annotations

import copy
import math
import operator
from collections.abc import Callable
from typing import Any

__all__ = ["ACTIONS", "ARITHMETIC", "AWAITED", "COMPARISONS", "NUMBERS", "OPERATORS", "special_methods"]


def _reflected(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda x, y: function(y, x)


def _special(name: str) -> Callable[..., Any]:
    """Call a special method as the interpreter does: on the type."""
    return lambda x, *args: getattr(type(x), name)(x, *args)


_BINARY: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "matmul": operator.matmul,
    "truediv": operator.truediv,
    "floordiv": operator.floordiv,
    "mod": operator.mod,
    "divmod": divmod,
    "pow": pow,
    "lshift": operator.lshift,
    "rshift": operator.rshift,
    "and": operator.and_,
    "xor": operator.xor,
    "or": operator.or_,
}
_UNARY: dict[str, Callable[..., Any]] = {
    "neg": operator.neg,
    "pos": operator.pos,
    "abs": abs,
    "invert": operator.invert,
    "round": round,
    "floor": math.floor,
    "ceil": math.ceil,
    "trunc": math.trunc,
}

# Operators whose plain result could pass for an answer; only the instructor's own classes have them
# (autograder.remote).
ARITHMETIC: dict[str, Callable[..., Any]] = {
    **{f"__{name}__": function for name, function in _BINARY.items()},
    **{f"__r{name}__": _reflected(function) for name, function in _BINARY.items()},
    **{f"__i{name}__": getattr(operator, f"i{name}", function) for name, function in _BINARY.items()},
    **{f"__{name}__": function for name, function in _UNARY.items()},
    "__iand__": operator.iand,
    "__ior__": operator.ior,
}
del ARITHMETIC["__idivmod__"]
COMPARISONS: dict[str, Callable[..., Any]] = {
    f"__{name}__": getattr(operator, name) for name in ("eq", "ne", "lt", "le", "gt", "ge")
}
# What an object is as a number: the special method, and the type of what it gives.
NUMBERS: dict[str, type] = {"__float__": float, "__int__": int, "__index__": int, "__complex__": complex}
# What a student's process waits for itself: it has an event loop of its own.
AWAITED = ("__anext__", "__aenter__", "__aexit__")
OPERATORS: dict[str, Callable[..., Any]] = {
    "__float__": float,
    "__int__": int,
    "__index__": operator.index,
    "__complex__": complex,
    "__call__": lambda x, *args, **kwargs: x(*args, **kwargs),
    "__len__": len,
    "__length_hint__": operator.length_hint,
    "__getitem__": operator.getitem,
    "__setitem__": operator.setitem,
    "__delitem__": operator.delitem,
    "__iter__": iter,
    "__next__": next,
    "__reversed__": reversed,
    "__contains__": operator.contains,
    "__enter__": _special("__enter__"),
    "__exit__": _special("__exit__"),
    "__await__": _special("__await__"),
    "__aiter__": aiter,
    **{name: _special(name) for name in AWAITED},
    "__hash__": hash,
    "__bool__": bool,
    "__copy__": copy.copy,
    "__deepcopy__": lambda x, memo=None: copy.deepcopy(x),
    **ARITHMETIC,
    **COMPARISONS,
}


def _method(kind: type, name: str, /, *args: Any, **kwargs: Any) -> Any:
    """Call a function of a class; an object that bears another one under its name is asked for that.

    >>> class Gate:
    ...     def __init__(self): self.backward = lambda dz: 2 * dz
    ...     def backward(self, dz): raise NotImplementedError
    >>> _method(Gate, "backward", Gate(), 3)
    6
    """
    function = getattr(kind, name)
    if args and getattr(type(args[0]), name, None) is function and name in getattr(args[0], "__dict__", ()):
        return getattr(args[0], name)(*args[1:], **kwargs)
    return function(*args, **kwargs)


ACTIONS: dict[str, Callable[..., Any]] = {
    "getattr": getattr,
    "setattr": setattr,
    "delattr": delattr,
    "method": _method,
    "dir": dir,
    "repr": repr,
    "str": str,
    "format": format,
    "vars": lambda x: dict(vars(x)),
}


def special_methods(kind: type) -> list[str]:
    """The operators that instances of a class have, beyond what every object has.

    >>> special_methods(type("Stack", (), {"__len__": lambda self: 0}))
    ['__len__']
    """
    own: set[str] = set()
    for base in kind.__mro__[:-1]:
        own |= {name for name, method in vars(base).items() if name in OPERATORS and method is not None}
    return sorted(own)
