"""Paths that a student chose lead nowhere: a test that opens one finds the assignment's folder and no other.

``open(path)``, with ``path`` from an answer, is done by the judge, who may read the gradebook, the hidden
tests and everybody's work; and the message of a failed assert may show what was read. So a path that a
student's process has said is opened, listed or removed only below the test's own folder. What libraries open
by themselves, and what the instructor wrote down, is opened as ever.
"""

from __future__ import annotations

import contextlib
import functools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

__all__ = ["Fence", "fenced"]

MOST_BYTES = 8 << 20  # of what a student's process said; what comes later is not searched
_PUBLIC = ("/usr/", "/lib/", "/dev/", "/etc/fonts/", "/etc/localtime")
# What is done with paths, and how many of them come first.
_OF_PATHS = {
    **dict.fromkeys(("open", "sqlite3.connect", "os.listdir", "os.scandir", "os.truncate", "os.chmod"), 1),
    **dict.fromkeys(("os.remove", "os.rmdir", "os.mkdir", "os.utime", "os.chdir", "shutil.rmtree"), 1),
    **dict.fromkeys(("os.rename", "os.link", "os.symlink", "shutil.move", "shutil.copyfile"), 2),
}


class Fence:
    """What a student's process has said, and which paths follow from it.

    Parameters
    ----------
    workspace : Path
        Where tests find the assignment's files.
    """

    def __init__(self, workspace: Path) -> None:
        self._said = bytearray()
        roots = [str(workspace), os.path.realpath(workspace), sys.prefix, sys.base_prefix]
        self._open_to_all = (*(f"{root.rstrip('/')}/" for root in roots), *_PUBLIC)

    def hear(self, message: bytes | bytearray) -> None:
        """Keep what the student's process said."""
        if len(self._said) < MOST_BYTES:
            self._said += message

    def forbids(self, path: object) -> bool:
        """Whether a path leads out of the assignment's folder and is the student's, in whole or in part.

        >>> fence = Fence(Path("/work/of/test"))
        >>> fence.hear(b'["return",7,"../../gradebook.db","/etc"]')
        >>> paths = "../../gradebook.db", "/etc/passwd", "/data/big.csv", ":memory:"
        >>> [fence.forbids(path) for path in paths]
        [True, True, False, False]
        """
        if isinstance(path, int) or path in ("", ":memory:", b":memory:"):
            return False
        try:
            text = os.fsdecode(path)  # type: ignore[arg-type]
        except TypeError:
            return False
        plain = text.removeprefix("file:").partition("?")[0]  # SQLite takes addresses, too
        if f"{os.path.abspath(plain)}/".startswith(self._open_to_all):
            return False
        parts = plain.split("/")
        pieces = {text, plain, os.path.dirname(plain)}
        pieces |= {"/".join(parts[place:]) for place, part in enumerate(parts) if part == ".."}
        return any(len(piece) > 2 and piece.encode("utf-8", "replace") in self._said for piece in pieces)


@contextlib.contextmanager
def fenced(fence: Fence) -> Iterator[None]:
    """Forbid in this block what the fence forbids."""
    held = _held()
    held.append(fence)
    database: Any = sys.modules.get("sqlite3")
    connect = database and database.connect
    try:
        if database:
            database.connect = database.dbapi2.connect = _authorised(connect)
        yield
    finally:
        held.remove(fence)
        if database:
            database.connect = database.dbapi2.connect = connect


@functools.cache
def _held() -> list[Fence]:
    """The fences that stand. An audit hook stays for good, so there is one."""
    fences: list[Fence] = []

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if not fences:
            return
        if event in _OF_PATHS:
            for path in arguments[: _OF_PATHS[event]]:
                if any(fence.forbids(path) for fence in fences):
                    raise PermissionError(f"{path!r} is the student's and not in the assignment's folder")

    sys.addaudithook(hook)
    return fences


def _authorised(connect: Callable[..., Any]) -> Callable[..., Any]:
    """Have no query, perhaps a student's, open or write another file than the database of the test."""
    database = sys.modules["sqlite3"]

    def authorise(action: int, name: str | None, *_: object) -> int:
        leads_out = action == database.SQLITE_ATTACH and name not in ("", ":memory:")
        return database.SQLITE_DENY if leads_out else database.SQLITE_OK

    @functools.wraps(connect)
    def connected(*args: Any, **kwargs: Any) -> Any:
        connection = connect(*args, **kwargs)
        connection.set_authorizer(authorise)
        return connection

    return connected
