"""Private folders on the machine's own disk, for the levels that cannot mount one."""

from __future__ import annotations

import fcntl
import os
import shutil
import stat
import tempfile
import time
from pathlib import Path

_PREFIX = "coursekit-box-"
_CLAIM_SECONDS = 60  # between making a folder and locking it no more time than this passes


class Base:
    """An empty folder for one zygote, removed by `close`, or after a crash by the next one that is made.

    A lock tells whether its owner lives: the kernel lets go of it however the owner ends.
    """

    def __init__(self) -> None:
        _sweep()
        self.path = tempfile.mkdtemp(prefix=_PREFIX)
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
            fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
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

    Folders inside folders are moved up to the top and emptied there, so that neither the length of a path nor
    Python's recursion is a bound (`shutil.rmtree` can be stopped by 1,000 nested folders).
    """
    unused = os.path.join(folder, os.urandom(8).hex())
    moved = 0
    while inside := _remove_files(folder):
        for path in inside:
            for deeper in _remove_files(path):
                moved += 1
                os.chmod(deeper, stat.S_IRWXU)  # moving a folder rewrites its "..", which is writing into it
                os.rename(deeper, f"{unused}-{moved}")
            os.rmdir(path)
    os.rmdir(folder)


def _remove_files(folder: str) -> list[str]:
    """Remove what is not a folder; return the paths of the folders."""
    os.chmod(folder, stat.S_IRWXU)
    with os.scandir(folder) as entries:
        found = list(entries)
    for entry in found:
        if not entry.is_dir(follow_symlinks=False):
            os.unlink(entry.path)
    return [entry.path for entry in found if entry.is_dir(follow_symlinks=False)]
