"""The data files that a notebook finds beside it, read for a box.

Whoever opens a submission expects ``open("data.csv")`` to work as it does for the student; whoever opens a
downloaded notebook does not expect it to read all other downloads. So what lies in the notebook's folder and
in those within is shown when that looks like an assignment's folder, and nothing is when it does not.
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

MOST_FILES = 200
MOST_BYTES = 256 * 1024 * 1024
_COURSE_FILES = ("nbgrader_config.py", "nbgrader_config.json", "gradebook.db")


@dataclass
class Beside:
    """Data files of a folder.

    Attributes
    ----------
    files
        (relative path, content), in order.
    folders
        Relative paths, parents first.
    why_not
        Why none are shown, or which are not; empty when nothing is left out.
    """

    files: list[tuple[str, bytes]] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    why_not: str = ""


def read_beside(folder: Path) -> Beside:
    """Read the plain files in `folder` and in those within.

    Left out are notebooks (other people's work may lie beside this one), hidden files, and links: a
    submission could bring one that points to a file of the instructor's. Nothing at all is shown of a home
    folder or one around it, of a course's root, where the gradebook and all submissions lie, and of a folder
    with more than `MOST_FILES` files or `MOST_BYTES` bytes.
    """
    folder = folder.resolve()
    home = Path.home().resolve()
    if home.is_relative_to(folder):
        return Beside(why_not=f"{folder} holds a home folder")
    found = Beside()
    left = MOST_BYTES
    for place, below, names in os.walk(folder):
        if course := next((name for name in _COURSE_FILES if name in names), None):
            return Beside(why_not=f"{place} is a course ({course} lies in it)")
        below[:] = sorted(name for name in below if _is_data(name) and not os.path.islink(f"{place}/{name}"))
        relative = os.path.relpath(place, folder)
        found.folders += [os.path.normpath(os.path.join(relative, name)) for name in below]
        for name in sorted(filter(_is_data, names)):
            content = _content(os.path.join(place, name), most=left)
            if content is None:
                continue
            left -= len(content)
            found.files.append((os.path.normpath(os.path.join(relative, name)), content))
            if len(found.files) + len(found.folders) > MOST_FILES or left < 0:
                return Beside(why_not=f"{folder} holds more than {MOST_FILES} files or {MOST_BYTES >> 20} MB")
    return found


def _is_data(name: str) -> bool:
    return not name.startswith(".") and name != "__pycache__" and not name.endswith(".ipynb")


def _content(path: str, *, most: int) -> bytes | None:
    """At most one byte more than `most` of a plain file; None for what is none, or may not be read."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(fd, "rb") as file:
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            return None
        return file.read(most + 1)
