"""Files that a student's code writes and a test reads: copied back as data.

Only names that the instructor's notebook mentions, only text formats whose readers run no code, only small
ones. A pickle or a module would run in the judge, so those never come.
"""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

__all__ = [
    "MOST_BYTES",
    "Written",
    "files_given",
    "files_named",
    "files_written",
    "is_data",
    "place",
    "store",
]

MOST_BYTES = 1 << 20
_DATA = re.compile(r"(?:\./)?\w[\w-]*(?:/\w[\w-]*)*\.(?:txt|csv|tsv|json|md|html|svg)")


def is_data(name: str) -> bool:
    """Whether a name is that of a text file in the notebook's folder.

    >>> [is_data(name) for name in ("out/result.csv", "../x.txt", "/x.txt", "answers.py", "x.pkl")]
    [True, False, False, False, False]
    """
    return _DATA.fullmatch(name) is not None


_FILE = re.compile(r"(?:\./)?\w[\w .-]*(?:/\w[\w .-]*)*\.\w{1,8}")
_MODE = re.compile(r"[rb]*[wax+][bt+]*")
_WRITERS = frozenset(
    {"save", "savez", "savez_compressed", "savetxt", "savefig", "imsave", "imwrite", "write_text"}
    | {"write_bytes", "to_csv", "to_json", "to_html", "to_pickle", "to_excel", "to_parquet", "to_feather"}
)


def files_named(tree: ast.AST) -> set[str]:
    """Names of files, as literal text anywhere in a cell."""
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {text.removeprefix("./") for text in texts if isinstance(text, str) and _FILE.fullmatch(text)}


def files_written(tree: ast.AST) -> set[str]:
    """Names of files that a cell's code writes, as far as they stand in the call that does it.

    >>> sorted(files_written(ast.parse("open('a.txt', 'w'); open('b.txt'); np.savez('./c', x=1)")))
    ['a.txt', 'c.npy', 'c.npz']
    """
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            parts = (node.func, *node.args, *node.keywords)
            texts = {text.removeprefix("./") for part in parts for text in _texts(part)}
            if name.startswith("save"):  # NumPy completes names
                texts |= {f"{text}{end}" for text in texts if "." not in text for end in (".npy", ".npz")}
            if name == "connect":  # to a database in a file
                found |= {text for text in texts if text.endswith((".db", ".sqlite", ".sqlite3"))}
            if name in _WRITERS or (name == "open" and any(map(_MODE.fullmatch, texts))):
                found |= texts
    return {name for name in found if _FILE.fullmatch(name)}


def files_given(tree: ast.AST) -> set[str]:
    """Names of files in a cell that writes any.

    >>> sorted(files_given(ast.parse("name = 'a.txt'\nwith open(name, 'w') as file: file.write('x')")))
    ['a.txt']
    """
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    names = {getattr(call.func, "attr", getattr(call.func, "id", "")) for call in calls}
    modes = {text for call in calls for text in _texts(call) if _MODE.fullmatch(text)}
    return files_named(tree) if names & _WRITERS or ("open" in names and modes) else set()


def _texts(node: ast.AST) -> list[str]:
    return [
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]


class Written:
    """The student's side: which of the files are new since this was asked last."""

    def __init__(self, names: Iterable[str]) -> None:
        self._seen = {name: _state(name) for name in names}

    def known(self, names: Iterable[str]) -> None:
        """Take what is in these files now for told: it came from the other side."""
        self._seen |= {name: _state(name) for name in names if name in self._seen}

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
            place(workspace / name, content)


def place(path: str | Path, content: bytes) -> None:
    """Write a file, and the folder it is in."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(content)
