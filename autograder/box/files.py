"""An assignment's data files: small ones copied into each child's working folder, large ones linked."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

_COPY_AT_MOST = 1024 * 1024  # bytes of one file; copying happens at every fork and must stay quick
_COPY_IN_ALL = 8 * 1024 * 1024


@dataclass(frozen=True)
class DataFiles:
    """What appears in a child's working folder.

    Attributes
    ----------
    copies
        (relative path, content): the child's own, to read and to write.
    links
        (relative path, absolute path): to read from; written, they become copies (see `own_what_is_written`).
    folders
        Relative paths of the folders, parents first.
    """

    copies: Sequence[tuple[str, bytes]] = ()
    links: Sequence[tuple[str, str]] = ()
    folders: Sequence[str] = ()

    @property
    def copied_bytes(self) -> int:
        """Bytes that the copies take."""
        return sum(len(content) for _, content in self.copies)

    @property
    def entries(self) -> int:
        """Files, links and folders."""
        return len(self.copies) + len(self.links) + len(self.folders)

    def place(self, folder: str) -> None:
        """Write them into `folder`."""
        for name in self.folders:
            os.mkdir(os.path.join(folder, name))
        for name, content in self.copies:
            Path(folder, name).write_bytes(content)
        for name, target in self.links:
            os.symlink(target, os.path.join(folder, name))

    def own_what_is_written(self, folder: str) -> None:
        """Let this process write to linked files in `folder`, too, for as long as it lives."""
        if self.links:
            places = {os.path.join(os.path.realpath(folder), name) for name, _ in self.links}
            sys.addaudithook(copier(places))


def copier(places: Collection[str]) -> Callable[[str, tuple[object, ...]], None]:
    """An audit hook that puts a copy in the place of a link just before it is opened to be written.

    ``places`` are the paths of the links; they may change while the hook is there.
    """

    def hook(event: str, details: tuple[object, ...]) -> None:
        if event != "open" or not isinstance(details[0], str) or not isinstance(details[2], int):
            return
        name, flags = details[0], details[2]
        if not flags & (os.O_WRONLY | os.O_RDWR):
            return
        path = os.path.join(os.path.realpath(os.path.dirname(name)), os.path.basename(name))
        if path in places and os.path.islink(path):
            target = os.readlink(path)
            os.unlink(path)
            if not flags & os.O_TRUNC:
                shutil.copyfile(target, path)

    return hook


def read_data_files(folder: str | None) -> DataFiles:
    """Read what is to be copied and note what is to be linked.

    Notebooks are left out: the folder may be the one that holds the source notebook with its hidden tests.
    So are hidden files, and whatever is neither a plain file nor a folder.

    Raises
    ------
    OSError
        The folder, or a file in it, cannot be read.
    """
    if folder is None:
        return DataFiles()
    copies: list[tuple[str, bytes]] = []
    links: list[tuple[str, str]] = []
    folders: list[str] = []
    left = _COPY_IN_ALL

    def fail(error: OSError) -> None:
        raise error

    for place, below, names in os.walk(folder, onerror=fail):
        below[:] = sorted(name for name in below if _is_data(name) and not os.path.islink(f"{place}/{name}"))
        relative = os.path.relpath(place, folder)
        folders += [os.path.normpath(os.path.join(relative, name)) for name in below]
        for name in sorted(filter(_is_data, names)):
            path = os.path.realpath(os.path.join(place, name))
            if not os.path.isfile(path):
                continue
            shown = os.path.normpath(os.path.join(relative, name))
            if os.path.getsize(path) <= min(_COPY_AT_MOST, left):
                copies.append((shown, Path(path).read_bytes()))
                left -= len(copies[-1][1])
            else:
                links.append((shown, path))
    return DataFiles(copies, links, folders)


def _is_data(name: str) -> bool:
    return not name.startswith(".") and name != "__pycache__" and not name.endswith(".ipynb")
