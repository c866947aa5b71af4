"""The walls of each level.

A `Box` is used by one warm process, in this order: `enter` before packages are imported, `settle` after that,
then for every child `fork` and, inside the child, `confine`. Whatever raises on the way ends the child:
nothing of a student's runs behind a wall that does not stand.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass

from autograder.box import landlock, limits, namespaces, scratch, seccomp, syscalls
from autograder.box.disk import DEVICES, Disk, lay_site, reading_rights
from autograder.box.files import DataFiles
from autograder.box.levels import BoxUnavailable, Level, die_with_parent
from autograder.box.limits import Limits


@dataclass(frozen=True)
class Folders:
    """A child's private folders: `work` is where it starts; the two others are what their names say."""

    tmp: str

    @property
    def home(self) -> str:
        """HOME."""
        return os.path.join(self.tmp, "home")

    @property
    def work(self) -> str:
        """The working folder, with the assignment's data files."""
        return os.path.join(self.tmp, "work")

    def furnish(self, files: DataFiles) -> None:
        """Create the inner folders, place the data files and go to work."""
        os.mkdir(self.home, 0o700)
        os.mkdir(self.work, 0o700)
        files.place(self.work)
        files.own_what_is_written(self.work)
        os.chdir(self.work)


class Box(ABC):
    """The walls of one level; the module's first lines tell the order of calls.

    Parameters
    ----------
    disk, bounds, files
        What a child may read, what it may use, what it finds in its working folder.
    base
        An empty folder of the machine for what has to lie on a disk; unused at level full.
    """

    level: Level
    site: str  # the folder of links through which packages are imported
    cache: str  # a folder that the warm process fills and children read
    watched = False  # whether `is_past_bounds` has to be asked while a child lives

    def __init__(self, disk: Disk, bounds: Limits, files: DataFiles, base: str) -> None:
        self._disk, self._bounds, self._files, self._base = disk, bounds, files, base
        self._stat = -1
        self._address_space = 0

    @abstractmethod
    def enter(self) -> None:
        """Go as far inside as the warm process can; may return in a forked process instead of this one."""

    def settle(self) -> None:
        """Measure what the imports left, once.

        Raises
        ------
        BoxUnavailable
            A thread runs: a fork would copy the locks that it holds, but not the thread.
        """
        threads, self._address_space = _threads_and_address_space(self._stat)
        if threads != 1:
            raise BoxUnavailable(f"a package that is imported beforehand started {threads - 1} thread(s)")

    def fork(self) -> int:
        """Fork; 0 in the child."""
        return os.fork()

    @abstractmethod
    def confine(self, *, number: int, others: int) -> Folders:
        """Raise all the walls around this process, a forked child, and enter its private folder.

        Parameters
        ----------
        number
            The child's number, for names.
        others
            How many other children live.
        """

    def is_past_bounds(self, number: int) -> bool:
        """Whether a child's folder holds more than it may, asked where the kernel does not see to that."""
        return False

    def end(self, pid: int) -> None:
        """Reap a dead child."""
        os.waitpid(pid, 0)

    def clean(self, number: int) -> None:
        """Remove what a dead child left."""
        return

    def _folder_bounds(self) -> tuple[int, int]:
        """(bytes, files) that a child's folder may hold, its data files included; 3 folders are ours."""
        return (
            self._bounds.tmp_bytes + self._files.copied_bytes,
            self._bounds.tmp_files + self._files.entries + 3,
        )


class _Walled(Box):
    """What the two levels for untrusted work share."""

    def __init__(self, disk: Disk, bounds: Limits, files: DataFiles, base: str) -> None:
        super().__init__(disk, bounds, files, base)
        self._filter = seccomp.build(threads=bounds.processes > 1)
        self._user = _user_for_root() if os.geteuid() == 0 else None

    def _open_readable(self, paths: Iterable[str]) -> None:
        """Open what children may read, and the devices, for their rules."""
        self._readable = [landlock.Place(path, landlock.READ) for path in paths]
        self._readable += [landlock.Place(device, landlock.DEVICE) for device in DEVICES]

    def _lock(self, private: str, *, counted: int) -> None:
        """Capabilities, Landlock, limits, seccomp: the order in which each still allows the next."""
        os.setsid()
        os.umask(0o077)
        syscalls.drop_capabilities()
        syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
        syscalls.prctl(syscalls.PR_SET_DUMPABLE, 0)  # a crash must not start the machine's crash reporter
        with landlock.Ruleset() as ruleset:
            for place in self._readable:
                ruleset.allow_place(place)
            ruleset.allow(private, landlock.PRIVATE)
            ruleset.enforce()
        limits.apply(self._bounds, address_space=self._address_space, others=counted)
        seccomp.install(self._filter)


class FullBox(_Walled):
    """Level full."""

    level = Level.FULL
    site, cache = namespaces.SITE, namespaces.CACHE

    def enter(self) -> None:
        """Return in process 1 of a process namespace; the calling process waits for it, then ends."""
        if landlock.abi() < 1:
            raise BoxUnavailable(
                "Landlock is missing", "Linux 5.13 or newer with `landlock` in the boot option lsm="
            )
        proc = os.open("/proc", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        namespaces.enter(self._disk, user=self._user, proc=proc)
        inside = os.fork()
        if inside:
            _, status = os.waitpid(inside, 0)
            os._exit(os.waitstatus_to_exitcode(status) & 0xFF)
        die_with_parent()
        self._stat = os.open("self/stat", os.O_RDONLY | os.O_CLOEXEC, dir_fd=proc)
        os.close(proc)
        self._self = os.pidfd_open(os.getpid())
        namespaces.mount_private(self.cache, size=64 * 1024 * 1024, files=4096)
        with contextlib.suppress(PermissionError):  # a name is no wall, and Podman's profile keeps this call
            socket.sethostname("box")
        syscalls.drop_bounding_set()

    def settle(self) -> None:
        """Measure, and let the cache be read only from now on."""
        super().settle()
        namespaces.make_read_only(self.cache)
        # The root folder holds nothing but what may be read. These rules matter should the root be a wrong
        # one: they name folders of the new root, so they allow nothing in any other.
        self._open_readable(f"/{name}" for name in os.listdir("/") if name != "dev")

    def fork(self) -> int:
        """Fork a process 1 of a process namespace of its own; 0 in the child."""
        syscalls.unshare(syscalls.CLONE_NEWPID)
        try:
            pid = os.fork()
        except OSError:
            syscalls.setns(self._self, syscalls.CLONE_NEWPID)
            raise
        if pid:
            # Back, without /proc. This works because the warm process is itself process 1 of a namespace
            # that its user namespace owns; into any other one setns says EPERM.
            syscalls.setns(self._self, syscalls.CLONE_NEWPID)
        return pid

    def confine(self, *, number: int, others: int) -> Folders:
        """See `Box.confine`."""
        syscalls.unshare(syscalls.CLONE_NEWNS)
        size, files = self._folder_bounds()
        namespaces.mount_private(namespaces.PRIVATE, size=size, files=files)
        folders = Folders(namespaces.PRIVATE)
        folders.furnish(self._files)
        # Beside the children of this box, the warm process and the one that waits for it have the same user.
        self._lock(folders.tmp, counted=2 + others * self._bounds.processes)
        return folders


class _OnDisk(Box):
    """What the two levels share whose private folders lie on the machine's own disk."""

    watched = True

    def __init__(self, disk: Disk, bounds: Limits, files: DataFiles, base: str) -> None:
        super().__init__(disk, bounds, files, base)
        self.site, self.cache = f"{base}/site", f"{base}/cache"

    def _prepare(self) -> None:
        for folder in (self.site, self.cache, f"{self._base}/children"):
            os.mkdir(folder, 0o700)
        lay_site(self.site, self._disk.site)
        self._stat = os.open("/proc/self/stat", os.O_RDONLY | os.O_CLOEXEC)

    def _private(self, number: int) -> str:
        return f"{self._base}/children/{number}"

    def _furnish(self, number: int) -> Folders:
        folders = Folders(self._private(number))
        os.mkdir(folders.tmp, 0o700)
        folders.furnish(self._files)
        return folders

    def is_past_bounds(self, number: int) -> bool:
        """See `Box.is_past_bounds`."""
        most_bytes, most_files = self._folder_bounds()
        size, files = scratch.usage(self._private(number), most_files=most_files)
        return size > most_bytes or files > most_files

    def clean(self, number: int) -> None:
        """See `Box.clean`."""
        if os.path.isdir(self._private(number)):
            scratch.remove(self._private(number))


class LandlockBox(_OnDisk, _Walled):
    """Level landlock."""

    level = Level.LANDLOCK

    def enter(self) -> None:
        """Become an ordinary user and give up everything on the disk but what children need."""
        if (version := landlock.abi()) < landlock.SCOPES_SINCE:
            raise BoxUnavailable(
                f"this kernel has Landlock ABI {version}, but without namespaces {landlock.SCOPES_SINCE} is"
                " needed, lest student code sends signals to other processes",
                "Linux 6.12 or newer",
            )
        self._others = 1
        if self._user is None:
            self._others = _processes_of(os.getuid()) if self._bounds.processes > 1 else 1
        else:
            os.chown(self._base, self._user, self._user)
            syscalls.drop_bounding_set()
            namespaces.become(self._user)
            self._check_readable()
        self._prepare()
        syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
        with landlock.Ruleset() as ruleset:
            for path, rights in reading_rights(self._disk):
                ruleset.allow(path, rights)
            for device in DEVICES:
                ruleset.allow(device, landlock.DEVICE)
            ruleset.allow(self._base, landlock.PRIVATE | landlock.MAKE_SYM)
            ruleset.enforce()

    def _check_readable(self) -> None:
        """Say which path an ordinary user cannot read, instead of failing on some import later."""
        programs = "install Python and its packages where everybody can read them (/usr, /opt)"
        private = "set TMPDIR to a folder that everybody may enter (/tmp)"
        for path in (*self._disk.folders(), self._base):
            if not os.access(path, os.R_OK | (os.X_OK if os.path.isdir(path) else 0)):
                raise BoxUnavailable(
                    f"started as root, the box drops to an ordinary user, who cannot read {path}",
                    f"{private if path == self._base else programs}, or run the grader as an ordinary user",
                )

    def settle(self) -> None:
        """Measure, and prepare the children's own rules.

        Rulesets add up, and the one from `enter` holds for children too. Theirs has to take away the other
        children's folders; for the rest the folders *around* the packages will do, and a dozen rules are laid
        faster than the hundreds of that one.
        """
        super().settle()
        paths = (*self._disk.site.values(), *self._disk.files)
        around = {os.path.dirname(path) for path in paths}
        if any(f"{self._base}/".startswith(f"{folder.rstrip('/')}/") for folder in around):
            around = set(paths)
        self._open_readable(sorted({*around, *self._disk.interpreter, self.site, self.cache}))

    def confine(self, *, number: int, others: int) -> Folders:
        """See `Box.confine`."""
        folders = self._furnish(number)
        self._lock(folders.tmp, counted=self._others + others * self._bounds.processes)
        return folders


class OpenBox(_OnDisk):
    """Level none."""

    level = Level.NONE

    def enter(self) -> None:
        """Prepare the folders."""
        self._prepare()

    def confine(self, *, number: int, others: int) -> Folders:
        """Limits and a private folder, no walls."""
        folders = self._furnish(number)
        os.setsid()
        limits.apply(self._bounds, address_space=self._address_space, others=None)
        return folders

    def end(self, pid: int) -> None:
        """Reap a dead child and what it started: its session is the one thing that ties those to it."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)  # before the child is reaped, while the number is still taken
        super().end(pid)


BOXES: dict[Level, type[Box]] = {box.level: box for box in (FullBox, LandlockBox, OpenBox)}


def _user_for_root() -> int:
    """An unprivileged user of its own for this process, from the range that systemd keeps for such users."""
    needed = (syscalls.CAP_CHOWN, syscalls.CAP_SETGID, syscalls.CAP_SETUID)
    if not all(syscalls.effective_capabilities() >> capability & 1 for capability in needed):
        raise BoxUnavailable(
            "root without its capabilities cannot become an ordinary user",
            "run the grader as an ordinary user (in a container: --user 1000), or keep the capabilities"
            " chown, setgid and setuid",
        )
    return 61184 + os.getpid() % 4096


def _processes_of(user: int) -> int:
    """Processes and threads of `user` now."""
    count = 0
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{name}").st_uid == user:
                count += len(os.listdir(f"/proc/{name}/task"))
        except OSError:  # ended meanwhile
            continue
    return count


def _threads_and_address_space(fd: int) -> tuple[int, int]:
    """Number of threads and bytes of address space of the process whose /proc/…/stat is open at `fd`."""
    text = os.pread(fd, 4096, 0).decode()
    fields = text[
        text.rindex(")") + 2 :
    ].split()  # the name in brackets may hold spaces; the state follows it
    return int(fields[17]), int(fields[20])
