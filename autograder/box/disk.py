"""What a boxed process finds on its disk: the interpreter, allow-listed packages, a private folder, and no
more.

Everything importable beside the standard library is reached through one folder of symbolic links, the *site*:
an import name that has no link there does not exist for `import`, at whatever level. (Hiding a package
below an empty folder instead would leave an importable namespace package of that name.)
"""

from __future__ import annotations

import os
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from autograder.box import landlock

DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom")
# Packages of the base interpreter, and pip's own wheels: below folders that are needed, yet never to be read.
_HIDDEN_BELOW = ("site-packages", "dist-packages", "ensurepip/_bundled")


@dataclass(frozen=True)
class Disk:
    """Paths as the machine has them; a boxed process sees the same paths.

    Attributes
    ----------
    interpreter
        Folders of the standard library and of shared libraries.
    hidden
        Folders below those that must stay out of reach.
    site
        The name in the site folder (``numpy``, ``autograder/runner.py``) and the file or folder it stands
        for.
    files
        Large data files of the assignment, readable where they lie.
    """

    interpreter: tuple[str, ...]
    hidden: tuple[str, ...]
    site: Mapping[str, str] = field(default_factory=dict)
    files: tuple[str, ...] = ()

    def folders(self) -> tuple[str, ...]:
        """Every readable path, the folders that hold hidden ones first, none twice."""
        return tuple(dict.fromkeys((*self.interpreter, *self.site.values(), *self.files)))


def disk_of_this_interpreter(
    search_path: Iterable[str], *, site: Mapping[str, str], files: tuple[str, ...] = ()
) -> Disk:
    """Describe the disk for this very interpreter.

    Parameters
    ----------
    search_path
        `sys.path` as it is under ``python -S``: the standard library alone.
    site, files
        See `Disk`.
    """
    places = [*search_path, *_shared_libraries()]
    # Both the name and what it stands for: /lib is a link on most systems, and modules remember either.
    found = [path for place in places for path in (place, os.path.realpath(place)) if os.path.exists(path)]
    interpreter = tuple(_without_nested(dict.fromkeys(found)))
    return Disk(interpreter, tuple(_hidden(interpreter)), dict(site), files)


def _shared_libraries() -> list[str]:
    """Folders where the loader finds libstdc++, libz and their like, for modules imported later."""
    multiarch = sysconfig.get_config_var("MULTIARCH")
    roots = ["/lib", "/usr/lib"]
    folders = [f"{root}/{multiarch}" for root in roots if multiarch and os.path.isdir(f"{root}/{multiarch}")]
    folders += [f"{root}64" for root in roots if os.path.isdir(f"{root}64")]
    folders = folders or roots
    # A conda environment brings its own, and its packages look for them relative to themselves.
    if os.path.isdir(f"{sys.base_prefix}/conda-meta"):
        folders.append(f"{sys.base_prefix}/lib")
    return folders + [folder for folder in os.environ.get("LD_LIBRARY_PATH", "").split(":") if folder]


def _without_nested(paths: Iterable[str]) -> Iterator[str]:
    """Drop paths that lie below another one of them."""
    known = list(paths)
    for path in known:
        if not any(path != other and path.startswith(other.rstrip("/") + "/") for other in known):
            yield path


def _hidden(folders: Iterable[str]) -> Iterator[str]:
    for folder in folders:
        for library in (Path(folder), *Path(folder).glob("python3*")):
            for below in _HIDDEN_BELOW:
                if (library / below).is_dir():
                    yield str(library / below)


def lay_site(folder: str, site: Mapping[str, str]) -> None:
    """Make the folder of links."""
    for name, target in site.items():
        link = os.path.join(folder, name)
        os.makedirs(os.path.dirname(link), exist_ok=True)
        os.symlink(target, link)


def reading_rights(disk: Disk) -> Iterator[tuple[str, int]]:
    """(path, Landlock rights) that allow reading the disk but nothing below its hidden folders.

    Landlock cannot take a right away below a folder, so a folder with a hidden one inside is granted entry
    by entry; only the *names* of what is hidden can be listed then.
    """
    pending = list(disk.folders())
    hidden = set(disk.hidden)
    while pending:
        path = pending.pop()
        if path in hidden:
            continue
        if any(secret.startswith(path.rstrip("/") + "/") for secret in hidden):
            yield path, landlock.READ_DIR
            pending.extend(os.path.join(path, name) for name in os.listdir(path) if name != "__pycache__")
            if os.path.isdir(f"{path}/__pycache__"):
                yield f"{path}/__pycache__", landlock.READ
        else:
            yield path, landlock.READ
