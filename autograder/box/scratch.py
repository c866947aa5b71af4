"""Private folders on the machine's own disk, for the levels that cannot mount one."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import time
from pathlib import Path

from autograder.box.levels import BoxUnavailable, in_words

_PREFIX = "coursekit-box-"
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_CLAIM_SECONDS = 60  # between making a folder and locking it no more time than this passes


class Base:
    """An empty folder for one zygote, removed by `close`, or after a crash by the next one that is made.

    A lock tells whether its owner lives: the kernel lets go of it however the owner ends.

    Raises
    ------
    BoxUnavailable
        No such folder can be made: the disk is full, or nothing can be written (a container started with
        ``--read-only``).
    """

    def __init__(self) -> None:
        try:
            _sweep()
            self.path = tempfile.mkdtemp(prefix=_PREFIX)
        except OSError as error:
            raise BoxUnavailable(
                f"no folder for temporary files: {in_words(error)}",
                "let TMPDIR name a folder that can be written and has room (in a read-only container:"
                " --tmpfs /tmp)",
            ) from error
        self._lock = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def _sweep() -> None:
    """Remove folders whose owners were killed."""
    for folder in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        try:
            fd = os.open(folder, _FOLDER)
        except OSError:  # gone meanwhile, or another user's
            continue
        try:
            if os.fstat(fd).st_mtime < time.time() - _CLAIM_SECONDS:
                fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:  # locked: its owner lives
            continue
        finally:
            os.close(fd)


def usage(folder: str, *, most_files: int) -> tuple[int, int]:
    """(bytes, files) below `folder`; counting stops past `most_files`.

    Student code works below it at the same time: what vanishes meanwhile does not count, and what cannot be
    looked into counts as past the bound.
    """
    size = files = 0
    pending = [folder]
    while pending and files <= most_files:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    files += 1
                    if files > most_files:
                        break
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    else:
                        size += entry.stat(follow_symlinks=False).st_size
        except FileNotFoundError:
            continue
        except OSError:  # a path too long to follow: somebody nests folders without end
            return size, most_files + 1
    return size, files


def remove(folder: str) -> None:
    """Remove `folder` with all that is in it, however deep and whatever its modes.

    One step down or up at a time, by `..` instead of a path or a call for each level: neither the length of
    a path nor Python's recursion is a bound (1,000 nested folders stop `shutil.rmtree`).
    """
    os.chmod(folder, stat.S_IRWXU)
    here = os.open(folder, _FOLDER)
    pending = [_remove_files(here)]  # for each level, the folders that are still to be removed
    while True:
        if pending[-1]:
            os.chmod(pending[-1][-1], stat.S_IRWXU, dir_fd=here)
            here = _go(here, pending[-1][-1])
            pending.append(_remove_files(here))
            continue
        pending.pop()
        if not pending:
            break
        here = _go(here, "..")
        os.rmdir(pending[-1].pop(), dir_fd=here)
    os.close(here)
    os.rmdir(folder)


def _go(here: int, name: str) -> int:
    there = os.open(name, _FOLDER, dir_fd=here)
    os.close(here)
    return there


def _remove_files(folder: int) -> list[str]:
    """Remove what is not a folder; return the names of the folders."""
    with os.scandir(folder) as entries:
        found = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in entries]
    for name, is_folder in found:
        if not is_folder:
            os.unlink(name, dir_fd=folder)
    return [name for name, is_folder in found if is_folder]
