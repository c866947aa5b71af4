"""Objects of libraries that a test passes to a student's function (models, pictures, databases) go as copies.

The judge pickles its own objects, and the student's process unpickles them. **Never the other way**: to
unpickle is to run whatever the sender wants.
"""

from __future__ import annotations

import io
import pickle
import sys
import types
from collections.abc import Callable
from typing import Any

__all__ = ["Copies", "Received"]

_NO_OBJECTS = (
    types.FunctionType,
    types.MethodType,
    types.BuiltinFunctionType,
    types.ModuleType,
    type,
)


class Copies:
    """The judge's side.

    Parameters
    ----------
    number : callable
        The number of a remote object; raises `LookupError` for any other object.

    """

    def __init__(self, number: Callable[[Any], int]) -> None:
        self._number = number
        self._sent: dict[int, bytes] = {}
        self._kinds: set[str] = set()

    def packed(self, key: int, value: Any) -> bytes | None:
        """What the student's process makes a copy from; empty if it has that copy already.

        None if there can be no copy. ``key`` stands for the object, which must stay alive from now on.
        """
        if isinstance(value, _NO_OBJECTS):
            return None
        file = io.BytesIO()
        try:
            _Pickler(file, self._number).dump(value)
        except Exception:  # each class refuses in its own way
            return None
        self._kinds.add(type(value).__name__)
        data, known = file.getvalue(), self._sent.get(key)
        self._sent[key] = data
        return b"" if data == known else data

    def seen(self, value: Any) -> None:
        """The test sees what is changed in the copy of this."""
        self._kinds.discard(type(value).__name__)

    def remark(self) -> str:
        """What to know when a test fails that passed such objects. Asking forgets them."""
        kinds, self._kinds = ", ".join(sorted(self._kinds)), set()
        return kinds and f"copies were passed of {kinds}: the test does not see what is changed in them"


class _Pickler(pickle.Pickler):
    def __init__(self, file: io.BytesIO, number: Callable[[Any], int]) -> None:
        super().__init__(file, protocol=5)
        self._number = number

    def persistent_id(self, value: Any) -> int | None:
        """Parts that live in the student's process go by their numbers."""
        try:
            return self._number(value)
        except LookupError:
            return None

    def reducer_override(self, value: Any) -> Any:
        """Databases go with all that is in them: pickle itself knows no connections."""
        sqlite: Any = sys.modules.get("sqlite3")
        if sqlite and isinstance(value, sqlite.Connection):
            return database, (value.serialize(), value.row_factory)
        if sqlite and isinstance(value, sqlite.Cursor):
            return sqlite.Connection.cursor, (value.connection,)
        return NotImplemented


def database(content: bytes, row_factory: Any = None) -> Any:
    """A database of SQLite in memory, with the tables of another one.

    >>> import sqlite3
    >>> source = sqlite3.connect(":memory:")
    >>> _ = source.execute("create table numbers as select 39 as n")
    >>> database(source.serialize()).execute("select n from numbers").fetchall()
    [(39,)]
    """
    import sqlite3  # most assignments have none

    made = sqlite3.Connection(":memory:")
    if content:  # an empty one cannot be read again
        made.deserialize(content)
    made.row_factory = row_factory
    return made


class Received:
    """The student's side: copies by the judge's numbers. What was done to one stays done to it.

    Parameters
    ----------
    own : callable
        The object of this process that has a number.
    """

    def __init__(self, own: Callable[[int], Any]) -> None:
        self._own = own
        self._copies: dict[int, Any] = {}
        self._data: dict[int, tuple[int, bytes]] = {}  # id of a copy -> its number, what it was made from

    def unpacked(self, key: int, data: bytes) -> Any:
        """The copy, made anew unless there is no data.

        Raises
        ------
        Exception
            Its class cannot be imported here, or cannot be made.
        """
        if data:
            unpickler = pickle.Unpickler(io.BytesIO(data))
            unpickler.persistent_load = self._own  # type: ignore[method-assign]
            self._copies[key] = made = unpickler.load()
            self._data[id(made)] = key, data
        return self._copies[key]

    def copy(self, key: int) -> Any:
        """The copy of the judge's object of this number; None if none has arrived."""
        return self._copies.get(key)

    def unchanged(self, value: object) -> int | None:
        """The number of the judge's object that this is a copy of, if it is still like it."""
        key, data = self._data.get(id(value), (0, b""))
        if not key or self._copies[key] is not value:
            return None
        try:
            return key if pickle.dumps(value, protocol=5) == data else None
        except Exception:
            return None
