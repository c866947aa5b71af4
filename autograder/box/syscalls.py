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
CAP_SYS_ADMIN = 21
_CAPABILITY_VERSION_3 = 0x2008_0522

# What student code may call, what the box itself calls, and what the seccomp filter treats on its own.
# A second machine is a second table; a name that a machine does not have (aarch64 has no `open`) is left
# out there.
_X86_64 = """
read=0 write=1 open=2 close=3 stat=4 fstat=5 lstat=6 poll=7 lseek=8 mmap=9 mprotect=10 munmap=11 brk=12
rt_sigaction=13 rt_sigprocmask=14 rt_sigreturn=15 ioctl=16 pread64=17 pwrite64=18 readv=19 writev=20
access=21 pipe=22 select=23 sched_yield=24 mremap=25 msync=26 mincore=27 madvise=28 dup=32 dup2=33 pause=34
nanosleep=35 getitimer=36 alarm=37 setitimer=38 getpid=39 sendfile=40 sendto=44 recvfrom=45 shutdown=48
getsockname=51 getpeername=52 socketpair=53 getsockopt=55 clone=56 fork=57 vfork=58 exit=60 wait4=61 kill=62
uname=63 fcntl=72 flock=73 fsync=74 fdatasync=75 truncate=76 ftruncate=77 getdents=78 getcwd=79 chdir=80
fchdir=81 rename=82 mkdir=83 rmdir=84 creat=85 unlink=87 readlink=89 chmod=90 fchmod=91 umask=95
gettimeofday=96 getrlimit=97 getrusage=98 sysinfo=99 times=100 getuid=102 getgid=104 geteuid=107 getegid=108
getppid=110 getpgrp=111 getgroups=115 getresuid=118 getresgid=120 getpgid=121 getsid=124 capget=125
capset=126 rt_sigpending=127 rt_sigtimedwait=128 rt_sigsuspend=130 sigaltstack=131 utime=132 statfs=137
fstatfs=138 getpriority=140 sched_getparam=143 sched_setscheduler=144
sched_getscheduler=145 sched_get_priority_max=146
sched_get_priority_min=147 pivot_root=155 prctl=157 sync=162 mount=165 umount2=166 gettid=186 readahead=187
setxattr=188 lsetxattr=189 fsetxattr=190 getxattr=191 lgetxattr=192 fgetxattr=193 listxattr=194
llistxattr=195 flistxattr=196 removexattr=197 lremovexattr=198 fremovexattr=199 tkill=200 time=201 futex=202
sched_getaffinity=204 epoll_create=213 getdents64=217 set_tid_address=218 restart_syscall=219 fadvise64=221
clock_gettime=228 clock_getres=229 clock_nanosleep=230 exit_group=231 epoll_wait=232 epoll_ctl=233
tgkill=234 utimes=235 waitid=247 openat=257 mkdirat=258 futimesat=261 newfstatat=262 unlinkat=263
renameat=264 readlinkat=267 fchmodat=268 faccessat=269 pselect6=270 ppoll=271 unshare=272
set_robust_list=273 get_robust_list=274 sync_file_range=277 utimensat=280 epoll_pwait=281 eventfd=284
fallocate=285 accept4=288 eventfd2=290 epoll_create1=291 dup3=292 pipe2=293 preadv=295 pwritev=296
prlimit64=302 setns=308 getcpu=309 renameat2=316 seccomp=317 getrandom=318 membarrier=324 copy_file_range=326
preadv2=327 pwritev2=328 statx=332 rseq=334 io_uring_setup=425 io_uring_enter=426 io_uring_register=427
clone3=435 close_range=436 openat2=437 faccessat2=439 epoll_pwait2=441 mount_setattr=442
landlock_create_ruleset=444 landlock_add_rule=445 landlock_restrict_self=446 futex_waitv=449 fchmodat2=452
"""
_TABLES = {"x86_64": _X86_64}


@cache
def numbers(machine: str | None = None) -> Mapping[str, int]:
    """System call numbers of `machine` (default: this one) by name.

    Raises
    ------
    OSError
        The machine has no table here, or Python runs in 32 bits on it.

    Examples
    --------
    >>> numbers("x86_64")["getpid"]
    39
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
