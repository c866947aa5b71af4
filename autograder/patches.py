"""Names of modules that tests delete or replace: ``del np.linalg.lstsq`` to see whether a solution uses it.

The test does it to the judge's own module. The student's process is told with the next call, and here
everything is put back at the end, since the module is the same for the next submission.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

__all__ = ["Change", "Patches", "Replaced"]

Change = tuple[str, str, Any]  # dotted name; "own", "deleted" or "replaced"; the replacement
_ABSENT = object()


class Patches:
    """The judge's side: what is not as it was.

    Parameters
    ----------
    names : iterable of str
        Dotted names that test cells may delete or replace, such as ``numpy.linalg.lstsq``.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._own = {name: _get(name) for name in names}
        self._builtins = {name: own for name, own in self._own.items() if name.startswith("builtins.")}
        self._told: dict[str, Any] = dict(self._own)

    def changes(self) -> list[Change]:
        """What the student's process does not know yet."""
        found: list[Change] = []
        for name, own in self._own.items():
            value = _get(name)
            if value is self._told[name]:
                continue
            self._told[name] = value
            if value is own:
                found.append((name, "own", None))
            elif value is _ABSENT:
                found.append((name, "deleted", None))
            else:
                found.append((name, "replaced", value))
        return found

    def own_builtins(self) -> AbstractContextManager[None]:
        """``len`` and its like as they were, around the judge's own work: it uses them too."""
        return _exchanged(self._builtins)

    def forget(self) -> None:
        """A fresh process knows of no change."""
        self._told = dict(self._own)

    def restore(self) -> None:
        """Put everything back."""
        for name, own in self._own.items():
            if _get(name) is not own:
                _set(name, own)


class Replaced:
    """The student's side: what there is instead of what was there before.

    Built-in functions are replaced only while the student's code runs: the runner's own work needs them too.
    """

    def __init__(self) -> None:
        self._own: dict[str, Any] = {}
        self._builtins: dict[str, Any] = {}

    def apply(self, changes: Iterable[Change]) -> None:
        """Do what the test did to its own modules."""
        for name, kind, value in changes:
            self._own.setdefault(name, _get(name))
            value = {"own": self._own[name], "deleted": _ABSENT}.get(kind, value)
            if name.startswith("builtins."):
                self._builtins[name] = value
            else:
                _set(name, value)

    def in_force(self) -> AbstractContextManager[None]:
        """The built-in functions of the test, around the student's code."""
        return _exchanged(self._builtins)

    def put_back(self) -> AbstractContextManager[None]:
        """The real ones, around work for that code."""
        return _exchanged({name: self._own[name] for name in self._builtins})


@contextmanager
def _exchanged(values: dict[str, Any]) -> Iterator[None]:
    before = {name: _get(name) for name in values}
    for name, value in values.items():
        _set(name, value)
    try:
        yield
    finally:
        for name, value in before.items():
            _set(name, value)


def _parent(name: str) -> tuple[Any, str]:
    path, _, last = name.rpartition(".")
    try:
        return pkgutil.resolve_name(path), last
    except (ImportError, AttributeError, ValueError):
        return None, last


def _get(name: str) -> Any:
    parent, last = _parent(name)
    return getattr(parent, last, _ABSENT)


def _set(name: str, value: Any) -> None:
    parent, last = _parent(name)
    if parent is None:
        return
    if value is not _ABSENT:
        setattr(parent, last, value)
    elif hasattr(parent, last):
        delattr(parent, last)
