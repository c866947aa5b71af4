"""Files that a student's code writes and a test reads: copied back as data.

Only names that the instructor's notebook mentions, only text formats whose readers run no code, only small
ones. A pickle or a module would run in the judge, so those never come.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

__all__ = ["MOST_BYTES", "Written", "is_data", "store"]

MOST_BYTES = 1 << 20
_DATA = re.compile(r"(?:\./)?\w[\w-]*(?:/\w[\w-]*)*\.(?:txt|csv|tsv|json|md|html|svg)")


def is_data(name: str) -> bool:
    """Whether a name is that of a text file in the notebook's folder.

    >>> [is_data(name) for name in ("out/result.csv", "../x.txt", "/x.txt", "answers.py", "x.pkl")]
    [True, False, False, False, False]
    """
    return _DATA.fullmatch(name) is not None


class Written:
    """The student's side: which of the files are new since this was asked last."""

    def __init__(self, names: Iterable[str]) -> None:
        self._seen = {name: _state(name) for name in names}

    def new(self) -> dict[str, bytes]:
        """Their contents, as far as they are small."""
        found: dict[str, bytes] = {}
        for name, before in self._seen.items():
            now = _state(name)
            if now != before:
                self._seen[name] = now
                if now is not None and now[1] <= MOST_BYTES:
                    with open(name, "rb") as file:
                        found[name] = file.read(MOST_BYTES)
        return found


def _state(name: str) -> tuple[int, int] | None:
    try:
        state = os.stat(name)
    except OSError:
        return None
    return state.st_mtime_ns, state.st_size


def store(files: Mapping[str, bytes], expected: Iterable[str], workspace: Path) -> None:
    """The judge's side: put expected files into the test's folder."""
    for name in expected:
        content = files.get(name)
        if type(content) is bytes and len(content) <= MOST_BYTES:
            target = workspace / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
