"""The system calls that student code may make, as a seccomp filter.

An allow-list: what is not named is refused with EPERM. Some calls are allowed only with harmless
arguments, some answer ENOSYS so that the C library takes its older way, and a call by another ABI's
numbers kills the process. Source: Documentation/userspace-api/seccomp_filter.rst of the Linux kernel; BPF
as in <linux/filter.h>.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from collections.abc import Callable, Mapping

from autograder.box.syscalls import CLONE_THREAD, numbers, syscall

# Offsets in `struct seccomp_data`: number, architecture, then six 64-bit arguments from byte 16 on.
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_AUDIT_ARCHITECTURES = {"x86_64": 0xC000_003E, "aarch64": 0xC000_00B7}
_X32_BIT = 0x4000_0000

_ALLOW, _KILL_PROCESS, _ERRNO = 0x7FFF_0000, 0x8000_0000, 0x0005_0000
_SET_MODE_FILTER = 1

# Instruction codes: load a 32-bit word, jump if equal / if greater or equal / if any bit is set, return.
_LOAD, _JEQ, _JGE, _JSET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06

_FREE = """
read write open close stat fstat lstat poll lseek mmap mprotect munmap brk rt_sigaction rt_sigprocmask
rt_sigreturn pread64 pwrite64 readv writev access pipe select sched_yield mremap msync mincore madvise dup
dup2 pause nanosleep getitimer alarm setitimer getpid sendfile shutdown getsockname getpeername getsockopt
exit wait4 kill uname flock fsync fdatasync truncate ftruncate getdents getcwd chdir fchdir rename mkdir
rmdir creat unlink readlink umask gettimeofday getrlimit getrusage sysinfo times getuid getgid geteuid
getegid getppid getpgrp getgroups getresuid getresgid getpgid getsid capget rt_sigpending rt_sigtimedwait
rt_sigsuspend sigaltstack statfs fstatfs getpriority sched_getparam sched_getscheduler
sched_get_priority_max sched_get_priority_min gettid readahead tkill time futex recvfrom sched_getaffinity
epoll_create getdents64 set_tid_address restart_syscall fadvise64 clock_gettime clock_getres clock_nanosleep
exit_group epoll_wait epoll_ctl tgkill waitid openat mkdirat newfstatat unlinkat renameat readlinkat
faccessat pselect6 ppoll set_robust_list epoll_pwait eventfd fallocate eventfd2 epoll_create1 dup3 pipe2
preadv pwritev getcpu renameat2 getrandom membarrier copy_file_range preadv2 pwritev2 statx rseq close_range
faccessat2 epoll_pwait2 futex_waitv sync_file_range accept4
"""
# glibc tries the new call first and falls back when the kernel seems too old for it.
_UNKNOWN = "clone3 openat2 io_uring_setup io_uring_enter io_uring_register"
# Answered with success and not done: Landlock has no say about modes and times, and where the box shares
# its user with the instructor's files a student must not change theirs; but shutil.copy of a plain data
# file should work.
_IDLE = "chmod fchmod fchmodat fchmodat2 utime utimes utimensat futimesat"

# No file has extended attributes: what copies them (shutil.copytree) goes on then.
_UNSUPPORTED = """
setxattr lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr
removexattr lremovexattr fremovexattr
"""

# From <linux/fcntl.h>: F_DUPFD, GETFD, SETFD, GETFL, SETFL, GETLK, SETLK, SETLKW, DUPFD_CLOEXEC, GETPIPE_SZ;
# not those that send signals to a process or hold up others' access to a file.
_FCNTL = [0, 1, 2, 3, 4, 5, 6, 7, 1030, 1032]
# From <asm-generic/ioctls.h>: TCGETS and TIOCGWINSZ (is it a terminal, how wide), FIONREAD, FIONBIO, and the
# pair FIONCLEX, FIOCLEX.
_IOCTL = [0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451]
_AF_UNIX = 1
_PR_SET_NAME, _PR_GET_NAME, _PR_SET_VMA = 15, 16, 0x53564D41


def _instruction(code: int, if_true: int, if_false: int, value: int) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _give(verdict: int) -> bytes:
    return _instruction(_RETURN, 0, 0, verdict)


def _refuse(code: int) -> int:
    return _ERRNO | code


def _load_argument(index: int, *, high: bool = False) -> bytes:
    # Little-endian: the low half of argument i lies first.
    return _instruction(_LOAD, 0, 0, _ARGUMENTS + 8 * index + (4 if high else 0))


def _one_of(index: int, values: list[int], verdict: int = _ALLOW) -> bytes:
    """Allow when argument `index` (32 bits of it) is one of `values`, else EPERM."""
    program = _load_argument(index)
    for value in values:
        program += _instruction(_JEQ, 0, 1, value & 0xFFFF_FFFF) + _give(verdict)
    return program + _give(_refuse(errno.EPERM))


def _null(index: int) -> bytes:
    """Go on behind this when the 64 bits of argument `index` are 0, else EPERM."""
    refuse = _give(_refuse(errno.EPERM))
    return b"".join(
        _load_argument(index, high=high) + _instruction(_JEQ, 1, 0, 0) + refuse for high in (False, True)
    )


def _clone(threads: bool) -> bytes:
    """Threads where more than one is allowed; never a process (EAGAIN, as at a limit)."""
    if not threads:
        return _give(_refuse(errno.EAGAIN))
    is_thread = _load_argument(0) + _instruction(_JSET, 0, 1, CLONE_THREAD) + _give(_ALLOW)
    return is_thread + _give(_refuse(errno.EAGAIN))


def _checked(threads: bool) -> Mapping[str, Callable[[], bytes]]:
    """Calls that are allowed with some arguments only: the program that decides, by name."""
    return {
        "clone": lambda: _clone(threads),
        "fcntl": lambda: _one_of(1, _FCNTL),
        "ioctl": lambda: _one_of(1, _IOCTL),
        # asyncio wakes itself up through a socket pair; no other socket can be made, and no address be named.
        # (`accept4` is for sockets that were passed in listening: nothing in here can make one listen.)
        "socketpair": lambda: _one_of(0, [_AF_UNIX]),
        "sendto": lambda: _null(4) + _give(_ALLOW),
        # ZeroMQ gives its threads the ordinary scheduling that they have (0: SCHED_OTHER) and aborts on an
        # error: answered with success and not done.
        "sched_setscheduler": lambda: _one_of(1, [0], _refuse(0)),
        # Reading one's own limits; setting them, or another process's, is refused.
        "prlimit64": lambda: _null(0) + _null(2) + _give(_ALLOW),
        "prctl": lambda: _one_of(0, [_PR_SET_NAME, _PR_GET_NAME, _PR_SET_VMA]),
    }


def build(*, threads: bool, machine: str | None = None) -> bytes:
    """The filter as BPF instructions (8 bytes each).

    Parameters
    ----------
    threads
        Whether the process may start threads.
    machine
        Default: this one.

    Raises
    ------
    OSError
        The box knows no call numbers for the machine.
    """
    table = numbers(machine)
    architecture = _AUDIT_ARCHITECTURES[machine or os.uname().machine]
    verdicts: dict[int, bytes] = {}
    for names, verdict in (
        (_FREE, _ALLOW),
        (_UNKNOWN, _refuse(errno.ENOSYS)),
        (_UNSUPPORTED, _refuse(errno.ENOTSUP)),
        (_IDLE, _refuse(0)),
    ):
        verdicts |= {table[name]: _give(verdict) for name in names.split() if name in table}
    verdicts |= {table[name]: _give(_refuse(errno.EAGAIN)) for name in ("fork", "vfork") if name in table}
    verdicts |= {table[name]: program() for name, program in _checked(threads).items() if name in table}

    kill = _give(_KILL_PROCESS)
    program = _instruction(_LOAD, 0, 0, _ARCHITECTURE) + _instruction(_JEQ, 1, 0, architecture) + kill
    program += _instruction(_LOAD, 0, 0, _NUMBER) + _instruction(_JGE, 0, 1, _X32_BIT) + kill
    return program + _dispatch(verdicts, _give(_refuse(errno.EPERM)))


def _dispatch(verdicts: Mapping[int, bytes], default: bytes) -> bytes:
    """Find the verdict for the loaded call number by halving the sorted numbers.

    Neighbours with one verdict are one range. Both keep the program short and its paths shorter: when a
    filter is installed, which happens in every child, the kernel runs it once for each call number that it
    knows.
    """
    ranges: list[tuple[int, int, bytes]] = []
    for number in sorted(verdicts):
        verdict = verdicts[number]
        if ranges and ranges[-1][1] == number - 1 and ranges[-1][2] == verdict:
            ranges[-1] = (ranges[-1][0], number, verdict)
        else:
            ranges.append((number, number, verdict))
    return _halve(ranges, default)


def _halve(ranges: list[tuple[int, int, bytes]], default: bytes) -> bytes:
    if len(ranges) == 1:
        first, last, verdict = ranges[0]
        size = len(verdict) // 8
        # below first?  above last?  then past the verdict, to the default; every path ends here
        return (
            _instruction(_JGE, 0, 1 + size, first) + _instruction(_JGE, size, 0, last + 1) + verdict + default
        )
    middle = len(ranges) // 2
    lower, upper = _halve(ranges[:middle], default), _halve(ranges[middle:], default)
    return _instruction(_JGE, len(lower) // 8, 0, ranges[middle][0]) + lower + upper


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_char_p))


def install(program: bytes) -> None:
    """Put the filter on this process for good; needs no-new-privileges."""
    structure = _Program(len(program) // 8, program)
    syscall("seccomp", _SET_MODE_FILTER, 0, ctypes.pointer(structure))
