"""Private folders on the machine's own disk, for the levels that cannot mount one."""

from __future__ import annotations

import os
import stat


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
