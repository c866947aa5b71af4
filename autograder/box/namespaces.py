"""Level full: namespaces of its own, a read-only root folder built once, a private folder a child.

The order of the steps is forced by the kernel; each place where another order fails is marked with what
happens then.
"""

from __future__ import annotations

import os
import stat

from autograder.box import syscalls
from autograder.box.disk import DEVICES, Disk, lay_site
from autograder.box.syscalls import (
    MOUNT_ATTR_NODEV,
    MOUNT_ATTR_NOEXEC,
    MOUNT_ATTR_NOSUID,
    MOUNT_ATTR_RDONLY,
    MS_BIND,
    MS_NODEV,
    MS_NOEXEC,
    MS_NOSUID,
    MS_PRIVATE,
    MS_REC,
    mount,
    mount_setattr,
    unshare,
)

# The box's folders as student code sees them.
SITE, CACHE, PRIVATE = "/box/site", "/box/cache", "/box/tmp"
STUDENT_ID = 1000

_NEW_ROOT = (
    "/proc"  # hidden below the new root while that is built: the one folder that no path of ours lies in
)
_ALL = (
    syscalls.CLONE_NEWUSER
    | syscalls.CLONE_NEWNS
    | syscalls.CLONE_NEWNET
    | syscalls.CLONE_NEWIPC
    | syscalls.CLONE_NEWUTS
    | syscalls.CLONE_NEWCGROUP
    | syscalls.CLONE_NEWPID
)


def become(user: int) -> None:
    """Change from root to an ordinary user for good.

    Raises
    ------
    OSError
        The process may not, or the container knows no user of that number.
    """
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    # Else /proc/self belongs to root and its uid_map cannot be opened (EACCES).
    syscalls.prctl(syscalls.PR_SET_DUMPABLE, 1)


def enter(disk: Disk, *, user: int | None, proc: int) -> None:
    """Move this process into namespaces of its own, where its root folder holds the disk alone.

    The process itself stays outside the new process namespace: its next child is process 1 there.

    Parameters
    ----------
    user
        The ordinary user to become when this is root; None when it is one already.
    proc
        /proc, opened before: it is needed when the root is another already.

    Raises
    ------
    OSError
        The kernel refused a step; the message names it.
    """
    if user is not None and syscalls.effective_capabilities() >> syscalls.CAP_SYS_ADMIN & 1:
        _enter_as_root(disk, user, proc)
        return
    # Root of a container without CAP_SYS_ADMIN goes in as an ordinary user does.
    if user is not None:
        become(user)
    outside = os.getuid(), os.getgid()
    unshare(_ALL)
    _map_user("self", proc, *outside)
    _build_root(disk)  # only now: before, an ordinary user may mount nothing


def _enter_as_root(disk: Disk, user: int, proc: int) -> None:
    """Build first and become somebody else last: an interpreter below /root is in nobody else's reach.

    The user namespace too is made while this is root: some systems (AppArmor's restriction in Ubuntu) let
    others make one, but not mount in it. Then the map has to be written by a root that stayed outside.
    """
    unshare(syscalls.CLONE_NEWNS)
    _build_root(disk)
    os.setgroups([])
    entered, tell = os.pipe()
    process = str(os.getpid())
    helper = os.fork()
    if helper == 0:
        try:
            os.close(tell)
            if os.read(entered, 1):  # else the unshare below failed
                _map_user(process, proc, user, user)
            os._exit(0)
        except OSError as error:
            os._exit(error.errno or 1)
    os.close(entered)
    unshare(_ALL)
    os.write(tell, b".")
    os.close(tell)
    _, status = os.waitpid(helper, 0)
    if code := os.waitstatus_to_exitcode(status):
        raise OSError(code, f"uid_map: {os.strerror(code)}")
    os.setresgid(STUDENT_ID, STUDENT_ID, STUDENT_ID)
    os.setresuid(STUDENT_ID, STUDENT_ID, STUDENT_ID)


def _map_user(process: str, proc: int, uid: int, gid: int) -> None:
    """Let `STUDENT_ID` in the namespace of `process` be that user outside; no other one exists there."""
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", f"{STUDENT_ID} {uid} 1"),
        ("gid_map", f"{STUDENT_ID} {gid} 1"),
    ):
        fd = os.open(f"{process}/{name}", os.O_WRONLY | os.O_CLOEXEC, dir_fd=proc)
        try:
            os.write(fd, text.encode())
        except OSError as error:
            raise OSError(error.errno, f"{name}: {error.strerror}") from None
        finally:
            os.close(fd)


def _build_root(disk: Disk) -> None:
    mount("none", "/", None, MS_REC | MS_PRIVATE)
    mount("tmpfs", _NEW_ROOT, "tmpfs", MS_NOSUID | MS_NODEV, "size=4m,mode=755")
    for path in disk.interpreter:
        _bind(path)
    for path in disk.hidden:
        mount("tmpfs", _NEW_ROOT + path, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=1m,mode=755")
    for path in (*disk.site.values(), *disk.files):
        _bind(path)
    for folder in (SITE, CACHE, PRIVATE, "/dev"):
        os.makedirs(_NEW_ROOT + folder, exist_ok=True)
    if not os.path.exists(f"{_NEW_ROOT}/tmp"):  # it does when a package or data file lies below /tmp
        os.symlink(PRIVATE, f"{_NEW_ROOT}/tmp")
    lay_site(_NEW_ROOT + SITE, disk.site)
    for device in DEVICES:
        _make_mount_point(device)
    mount_setattr(_NEW_ROOT, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, recursive=True)
    for device in DEVICES:  # after the line above, which forbids devices
        mount(device, _NEW_ROOT + device, None, MS_BIND)
        mount_setattr(
            _NEW_ROOT + device, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, recursive=False
        )
    syscalls.pivot_root(_NEW_ROOT)


def _bind(path: str) -> None:
    if os.path.lexists(_NEW_ROOT + path):
        return  # part of a folder that is there already, where nothing may be created: it is the machine's
    _make_mount_point(path)
    mount(path, _NEW_ROOT + path, None, MS_BIND | MS_REC)


def _make_mount_point(path: str) -> None:
    point = _NEW_ROOT + path
    if stat.S_ISDIR(os.stat(path).st_mode):
        os.makedirs(point, exist_ok=True)
    else:
        os.makedirs(os.path.dirname(point), exist_ok=True)
        os.close(os.open(point, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o444))


def mount_private(folder: str, *, size: int, files: int) -> None:
    """Put an empty folder of this process's own at `folder`: at most `size` bytes in `files` files."""
    options = f"size={size},nr_inodes={files},mode=700"
    mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, options)


def make_read_only(folder: str) -> None:
    """Allow no more writing below the mount at `folder`."""
    mount_setattr(folder, MOUNT_ATTR_RDONLY, recursive=False)
