"""Plain data: what a question asks with and compares, and how it is written to ``checks.json``.

An answer counts only if it is plain: made of Python's own numbers, texts and containers and of NumPy arrays,
each of exactly that type. An object of some other class could say of itself that it equals everything.
"""

from __future__ import annotations

import ast
import builtins
import collections
import copy
import importlib
import math
import sys
from dataclasses import dataclass
from typing import Any

__all__ = [
    "Code",
    "as_plain",
    "copy_of",
    "from_json",
    "is_plain",
    "library",
    "names_read",
    "python_number",
    "shown",
    "to_json",
]

LIBRARIES = {"np": "numpy", "math": "math"}  # what code in a question may use without an import
_ATOMS = frozenset({type(None), bool, int, float, complex, str})
_DICTIONARIES = frozenset({collections.defaultdict, collections.OrderedDict, collections.Counter})
_SEQUENCES = frozenset({collections.deque, range, type({}.keys()), type({}.values()), type({}.items())})
_DEEPEST, _LONGEST = 20, 100_000  # of containers that are made plain
_WIDEST = 120  # characters of a value that is shown


@dataclass(frozen=True)
class Code:
    """An input that is not plain: one Python expression, such as a function to be differentiated.

    It is text, so that ``checks.json`` can hold it and a student can read it.

    >>> Code("lambda w: w[0] ** 3").value()([2.0])
    8.0
    """

    text: str

    def value(self) -> Any:
        """Evaluate the expression; it may use ``np`` and ``math``."""
        names = {name: library(name) for name in names_read(self.text) if name in LIBRARIES}
        # As if the notebook had defined it: so it can be handed to a student's function.
        return eval(self.text, {"__name__": "__main__", "__builtins__": builtins, **names})


def library(name: str) -> Any:
    """Return the module that code in a question knows under this name."""
    return importlib.import_module(LIBRARIES[name])


def names_read(text: str) -> set[str]:
    """Return the names that some Python code reads.

    >>> sorted(names_read("z = gate.forward(x)"))
    ['gate', 'x']
    """
    nodes = ast.walk(ast.parse(text))
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def is_plain(value: Any) -> bool:
    """Tell whether a value is plain through and through.

    >>> is_plain([1.0, (2, "a")]), is_plain({"w": 1j}), is_plain(object()), is_plain([len])
    (True, True, False, False)
    """
    pending = [value]
    seen: set[int] = set()  # a list may hold itself
    while pending:
        part = pending.pop()
        kind = type(part)
        if kind in _ATOMS:
            continue
        if kind in (list, tuple, set, frozenset, dict):
            if id(part) not in seen:
                seen.add(id(part))
                pending += [*part.keys(), *part.values()] if kind is dict else part
        elif not _is_plain_array(part):
            return False
    return True


def as_plain(value: Any, deepest: int = _DEEPEST) -> Any:
    """Return a value with the standard library's containers as dictionaries, lists and tuples.

    A right answer may come in any of them: gradients in a ``defaultdict``, an order in a ``deque``, two
    results in a named tuple. Only exact types are taken, read by the library's own code; what else there is
    stays as it is.

    >>> as_plain(collections.defaultdict(float, {"x": 5.0})), as_plain([range(3), {"a": 1}.keys()])
    ({'x': 5.0}, [[0, 1, 2], ['a']])
    """
    kind = type(value)
    if not deepest or is_plain(value):
        return value
    if kind is dict or kind in _DICTIONARIES:
        return {name: as_plain(part, deepest - 1) for name, part in value.items()}
    if kind is list or (kind in _SEQUENCES and len(value) <= _LONGEST):
        return [as_plain(part, deepest - 1) for part in value]
    if kind is tuple or (isinstance(value, tuple) and kind.__bases__ == (tuple,)):  # the latter has names
        return tuple(as_plain(part, deepest - 1) for part in tuple.__iter__(value))
    return value


def _is_plain_array(value: Any) -> bool:
    np = sys.modules.get("numpy")
    kind = type(value)  # what it is, not what it says of itself
    if np is None or not issubclass(kind, (np.ndarray, np.generic)):
        return False
    return value.dtype.kind in "biufcU" and kind in (np.ndarray, value.dtype.type)


def python_number(value: Any) -> Any:
    """Return a NumPy number, or an array of no axis, as Python's; of long doubles the nearest float."""
    number = value.item()
    if type(number) in _ATOMS:
        return number
    return complex(number) if value.dtype.kind == "c" else float(number)


def copy_of(value: Any) -> Any:
    """Return a copy that shares nothing with the original; `Code` is evaluated anew."""
    if isinstance(value, Code):
        return value.value()
    if type(value) in (list, tuple):
        return type(value)(copy_of(part) for part in value)
    if type(value) is dict:
        return {name: copy_of(part) for name, part in value.items()}
    return copy.deepcopy(value)


# ---- text -------------------------------------------------------------------------------------------------


def shown(value: Any, widest: int = _WIDEST) -> str:
    """Write a value as a student would type it, in at most so many characters.

    >>> shown([2.0, 1 / 3]), shown("a"), shown(Code("lambda w: w[0]"))
    ('[2.0, 0.333333333]', "'a'", 'lambda w: w[0]')
    """
    try:
        text = " ".join(_text(value).split())
    except Exception:  # a student's class may have any __repr__
        text = f"a {type(value).__name__} that cannot be shown"
    return text if len(text) <= widest else text[: widest - 1] + "…"


def _text(value: Any) -> str:
    kind = type(value)
    if kind is Code:
        return str(value.text)
    if kind is float:
        return _number(value)
    if kind in (list, tuple) and len(value) <= 50:
        inside = ", ".join(map(_text, value))
        if kind is list:
            return f"[{inside}]"
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    if kind is dict and len(value) <= 50:
        return "{" + ", ".join(f"{_text(name)}: {_text(part)}" for name, part in value.items()) + "}"
    if _is_plain_array(value):
        if value.ndim == 0:
            return _text(python_number(value))
        if value.size > 50:
            return f"an array of shape {value.shape}"
        return f"array({_text(value.tolist())})"
    return repr(value)


def _number(value: float) -> str:
    """Nine digits, which is more than any tolerance here tells apart, and always a float's look."""
    text = f"{value:.9g}"
    return text if any(sign in text for sign in ".en") else f"{text}.0"


# ---- JSON -------------------------------------------------------------------------------------------------


def to_json(value: Any) -> Any:
    """Write plain data or `Code` as JSON: atoms and lists as themselves, anything else as ``{"kind": …}``.

    Raises
    ------
    TypeError
        The value is neither.

    >>> to_json((1.5, [True, float("nan")]))
    {'tuple': [1.5, [True, {'float': 'nan'}]]}
    """
    kind = type(value)
    if kind is float and not math.isfinite(value):
        return {"float": repr(value)}
    if kind is complex:
        return {"complex": [to_json(value.real), to_json(value.imag)]}
    if kind in _ATOMS:
        return value
    if kind is list:
        return [to_json(part) for part in value]
    if kind in (tuple, set, frozenset):
        parts = value if kind is tuple else sorted(value, key=repr)
        return {kind.__name__: [to_json(part) for part in parts]}
    if kind is dict:
        return {"dict": [[to_json(name), to_json(part)] for name, part in value.items()]}
    if kind is Code:
        return {"code": value.text}
    if _is_plain_array(value):
        if value.ndim == 0:
            return to_json(python_number(value))
        numbers = [to_json(number) for number in value.ravel().tolist()]
        return {"array": numbers, "dtype": value.dtype.str, "shape": list(value.shape)}
    raise TypeError(f"{shown(value, 60)} ({kind.__name__}) is neither plain data nor Code")


def from_json(node: Any) -> Any:
    """Read what `to_json` wrote.

    >>> from_json(to_json({"w": (1.0, 2)}))
    {'w': (1.0, 2)}
    """
    if isinstance(node, list):
        return [from_json(part) for part in node]
    if not isinstance(node, dict):
        return node
    match node:
        case {"array": numbers, "dtype": dtype, "shape": shape}:
            np = library("np")
            return np.array(from_json(numbers), dtype=np.dtype(dtype)).reshape(shape)
        case {"float": text}:
            return float(text)
        case {"complex": [real, imaginary]}:
            return complex(from_json(real), from_json(imaginary))
        case {"tuple": parts}:
            return tuple(from_json(parts))
        case {"set": parts}:
            return set(from_json(parts))
        case {"frozenset": parts}:
            return frozenset(from_json(parts))
        case {"dict": pairs}:
            return {from_json(name): from_json(part) for name, part in pairs}
        case {"code": text}:
            return Code(text)
    raise ValueError(f"checks.json holds an unknown kind of value: {sorted(node)}")
