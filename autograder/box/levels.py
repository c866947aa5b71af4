"""The levels of isolation by name, and how it is told that one cannot be had.

This module, `limits` and `trying` load on any system, so that a grader on another one can say what is wrong;
all the rest of the box is Linux.
"""

from __future__ import annotations

import signal
from enum import StrEnum

from autograder.box import syscalls


class Level(StrEnum):
    """What stands around student code."""

    FULL = "full"  # namespaces, read-only root, private tmpfs, limits, no capabilities, Landlock, seccomp
    LANDLOCK = "landlock"  # where namespaces are forbidden (stock containers): Landlock, seccomp, limits
    NONE = "none"  # submissions that are trusted: limits and a folder of their own, no walls


class BoxUnavailable(RuntimeError):
    """This machine does not give the box that was asked for.

    Attributes
    ----------
    why, mend
        What is wrong, and what to do about it (empty where that is not known).
    """

    def __init__(self, why: str, mend: str = "") -> None:
        super().__init__(f"{why}: {mend}" if mend else why)
        self.why, self.mend = why, mend


NOT_LINUX = BoxUnavailable(
    "submissions are graded on Linux only",
    "use a Linux machine, a virtual machine, a container or, on Windows, WSL 2",
)


def die_with_parent() -> None:
    """Be killed when the process that forked this one ends."""
    syscalls.prctl(syscalls.PR_SET_PDEATHSIG, signal.SIGKILL)


def in_words(error: BaseException) -> str:
    """What went wrong, without the number that `str` puts in front of a system error."""
    words = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    name = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
    return f"{words}{name}" if words else type(error).__name__
