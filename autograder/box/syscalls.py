"""The few Linux calls that Python's standard library does not offer, by `ctypes`.

Only numbers and thin wrappers live here; what is done with them is told in `namespaces`, `landlock` and
`seccomp`. Every wrapper raises `OSError` with the name of the call, so that a reason can be shown as it is:
``unshare: Operation not permitted``.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterable, Mapping
from functools import cache

from autograder.box import call_numbers

# From <linux/sched.h>, <linux/mount.h>, <linux/prctl.h>, <linux/capability.h>: the same on every machine.
CLONE_THREAD = 0x0001_0000
CLONE_NEWNS = 0x0002_0000
CLONE_NEWCGROUP = 0x0200_0000
CLONE_NEWUTS = 0x0400_0000
CLONE_NEWIPC = 0x0800_0000
CLONE_NEWUSER = 0x1000_0000
CLONE_NEWPID = 0x2000_0000
CLONE_NEWNET = 0x4000_0000

MS_NOSUID, MS_NODEV, MS_NOEXEC = 2, 4, 8
MS_BIND, MS_REC, MS_PRIVATE = 1 << 12, 1 << 14, 1 << 18
MNT_DETACH = 2

MOUNT_ATTR_RDONLY, MOUNT_ATTR_NOSUID, MOUNT_ATTR_NODEV, MOUNT_ATTR_NOEXEC = 1, 2, 4, 8
AT_FDCWD = -100
AT_RECURSIVE = 0x8000

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_CAPBSET_DROP = 24
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
CAP_CHOWN, CAP_SETGID, CAP_SETUID, CAP_SYS_ADMIN = 0, 6, 7, 21
_CAPABILITY_VERSION_3 = 0x2008_0522

_TABLES = {"x86_64": call_numbers.X86_64, "aarch64": call_numbers.AARCH64}


@cache
def numbers(machine: str | None = None) -> Mapping[str, int]:
    """System call numbers of `machine` (default: this one) by name.

    Raises
    ------
    OSError
        The machine has no table here, or Python runs in 32 bits on it.

    Examples
    --------
    >>> numbers("x86_64")["getpid"], numbers("aarch64")["getpid"]
    (39, 172)
    >>> "open" in numbers("aarch64")  # newer machines have `openat` alone
    False
    """
    machine = machine or os.uname().machine
    if machine not in _TABLES or sys.maxsize < 2**32:
        known = ", ".join(_TABLES)
        raise OSError(f"the box knows no system call numbers for this machine ({machine}); known: {known}")
    pairs = (word.split("=") for word in _TABLES[machine].split())
    return {name: int(number) for name, number in pairs}


@cache
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def syscall(name: str, *arguments: int | bytes | ctypes._Pointer | ctypes.Array | None) -> int:
    """Call the kernel by name; integers are passed as 64-bit values.

    Raises
    ------
    OSError
        The kernel refused; the message names the call.
    """
    number = ctypes.c_long(numbers()[name])
    converted = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    result: int = _libc().syscall(number, *converted)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{name}: {os.strerror(code)}")
    return result


def unshare(flags: int) -> None:
    """Leave the given namespaces for new ones."""
    syscall("unshare", flags)


def setns(fd: int, flags: int) -> None:
    """Enter the namespaces (`flags`) of the process that the pidfd `fd` stands for."""
    syscall("setns", fd, flags)


def mount(source: str, target: str, kind: str | None, flags: int, options: str = "") -> None:
    """``mount(2)``; the error names the target."""
    try:
        syscall(
            "mount",
            os.fsencode(source),
            os.fsencode(target),
            None if kind is None else kind.encode(),
            flags,
            options.encode() or None,
        )
    except OSError as error:
        raise OSError(error.errno, f"{error.strerror} ({source} on {target})") from None


class _MountAttr(ctypes.Structure):
    _fields_ = (
        ("attr_set", ctypes.c_uint64),
        ("attr_clr", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


def mount_setattr(target: str, attributes: int, *, recursive: bool) -> None:
    """Add mount attributes (`MOUNT_ATTR_…`) at `target`, or at all that is mounted below it too."""
    structure = _MountAttr(attr_set=attributes)
    pointer = ctypes.pointer(structure)
    flags = AT_RECURSIVE if recursive else 0
    syscall("mount_setattr", AT_FDCWD, os.fsencode(target), flags, pointer, ctypes.sizeof(structure))


def pivot_root(new_root: str) -> None:
    """Make `new_root` the root folder of this mount namespace and forget the old one."""
    os.chdir(new_root)
    syscall("pivot_root", b".", b".")  # the old root now lies on top of the new one ...
    syscall("umount2", b".", MNT_DETACH)  # ... until it is taken away
    os.chdir("/")


def prctl(option: int, *arguments: int) -> None:
    """``prctl(2)`` with up to four arguments."""
    syscall("prctl", option, *(*arguments, 0, 0, 0, 0)[:4])


class _CapabilityHeader(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


class _CapabilitySets(ctypes.Structure):
    _fields_ = (
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    )


def effective_capabilities() -> int:
    """Bit mask of the capabilities this process may use."""
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    sets = (_CapabilitySets * 2)()
    syscall("capget", ctypes.pointer(header), sets)
    return sets[0].effective | sets[1].effective << 32


def drop_capabilities() -> None:
    """Give up every capability of this process."""
    header = _CapabilityHeader(_CAPABILITY_VERSION_3, 0)
    syscall("capset", ctypes.pointer(header), (_CapabilitySets * 2)())


def drop_bounding_set() -> None:
    """Let no capability ever come back, neither by a set-uid file nor by an ambient set."""
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except OSError as error:
            if (
                error.errno == 22
            ):  # EINVAL: the kernel knows no capability of this number, so none above either
                break
            raise
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)


def close_above(first: int, *, keep: Iterable[int] = ()) -> None:
    """Close every file descriptor from `first` on but those to be kept."""
    for kept in sorted(keep):
        if kept > first:
            syscall("close_range", first, kept - 1, 0)
        first = kept + 1
    syscall("close_range", first, 0xFFFF_FFFF, 0)
