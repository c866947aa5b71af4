"""Landlock: rules that a process puts on itself, about files, TCP, signals and abstract sockets.

Source: Documentation/userspace-api/landlock.rst of the Linux kernel. Whatever a ruleset *handles* is refused
except where a rule allows it; rules hold for a whole folder; rulesets of one process add up (all must allow).
"""

from __future__ import annotations

import ctypes
import os
from types import TracebackType

from autograder.box.syscalls import syscall

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_CHAR, MAKE_DIR, MAKE_REG, MAKE_SOCK, MAKE_FIFO, MAKE_BLOCK, MAKE_SYM = (1 << bit for bit in range(6, 13))
REFER, TRUNCATE, IOCTL_DEV = (1 << bit for bit in range(13, 16))

READ = READ_FILE | READ_DIR
# A private folder: plain files and folders, nothing that runs, no sockets, pipes, devices or links.
PRIVATE = READ | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE
DEVICE = READ_FILE | WRITE_FILE
_ON_FILES = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE | IOCTL_DEV  # the rest makes sense for folders only

_TCP_BIND_AND_CONNECT = 0b11
_SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS = 0b11
_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1

_NO_LOG = 1  # a student's vain attempts shall not fill the system's audit log
_LOGS_SINCE = 7

SCOPES_SINCE = 6  # the ABI from which signals to other processes are refused


class _RulesetAttr(ctypes.Structure):
    _fields_ = (
        ("handled_access_fs", ctypes.c_uint64),
        ("handled_access_net", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    )


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"  # what _pack_ means, asked for by name from Python 3.14 on
    _fields_ = (("allowed_access", ctypes.c_uint64), ("parent_fd", ctypes.c_int32))


def abi() -> int:
    """Version of Landlock in this kernel; 0 where there is none."""
    try:
        return syscall("landlock_create_ruleset", None, 0, _CREATE_RULESET_VERSION)
    except OSError:  # ENOSYS: not built in; EOPNOTSUPP: not switched on at boot
        return 0


def _handled(version: int) -> tuple[int, _RulesetAttr, int]:
    """File rights, ruleset and its size in bytes that a kernel of this Landlock version understands."""
    rights = (1 << 13) - 1
    for since, right in ((2, REFER), (3, TRUNCATE), (5, IOCTL_DEV)):
        rights |= right if version >= since else 0
    attributes = _RulesetAttr(
        rights,
        _TCP_BIND_AND_CONNECT if version >= 4 else 0,
        _SCOPE_ABSTRACT_SOCKETS_AND_SIGNALS if version >= SCOPES_SINCE else 0,
    )
    return rights, attributes, 24 if version >= SCOPES_SINCE else 16 if version >= 4 else 8


class Place:
    """A file or folder, opened so that any number of rulesets can name it without looking it up.

    Raises
    ------
    OSError
        It does not exist: a box with a hole in its list must not start.
    """

    def __init__(self, path: str, rights: int) -> None:
        self.fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        # READ_DIR on a plain file would be refused with EINVAL.
        self.rights = rights if os.path.isdir(path) else rights & _ON_FILES


class Ruleset:
    """Everything refused except what `allow` names; `enforce` puts it on the calling process for good.

    Raises
    ------
    OSError
        The kernel has no Landlock.
    """

    def __init__(self) -> None:
        version = max(abi(), 1)
        self._rights, attributes, size = _handled(version)
        self._flags = _NO_LOG if version >= _LOGS_SINCE else 0
        self._fd = syscall("landlock_create_ruleset", ctypes.pointer(attributes), size, 0)

    def __enter__(self) -> Ruleset:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._fd)

    def allow(self, path: str, rights: int) -> None:
        """Allow `rights` to the file, or below the folder, at `path`."""
        place = Place(path, rights)
        self.allow_place(place)
        os.close(place.fd)

    def allow_place(self, place: Place) -> None:
        """Allow what `place` says."""
        rule = _PathBeneath(place.rights & self._rights, place.fd)
        syscall("landlock_add_rule", self._fd, _RULE_PATH_BENEATH, ctypes.pointer(rule), 0)

    def enforce(self) -> None:
        """Restrict this process; needs no-new-privileges."""
        syscall("landlock_restrict_self", self._fd, self._flags)
