"""A warm Python process that forks one boxed child per attempt at a submission.

Importing NumPy and Matplotlib takes half a second, a fork takes a millisecond: so one process, the
*zygote*, imports them once inside the box and is then copied. It holds no secret, since every child
inherits its memory: no course file, no test, no answer. The judge speaks to it through one socket and to
each child through three pipes::

    judge ──"spawn", pipe ends──▶ zygote ──fork──▶ child: walls up, then serve(commands, replies, output)
      ▲   ◀──────pidfd───────────                    │
      └───────────── commands, replies, output ──────┘

This module is the judge's end; the zygote itself is `autograder.box.nursery`. Several judges, each a process
of its own, can share one: its owner lends it out over further sockets, and a judge's children end with it.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import weakref
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from autograder.box.launch import launch
from autograder.box.levels import NOT_LINUX, BoxUnavailable, Level
from autograder.box.limits import Limits
from autograder.box.nursery import LEND, MOST_BYTES, READY
from autograder.box.packages import DEFAULT_PACKAGES
from autograder.box.scratch import Base
from autograder.importable import importable

__all__ = ["DEFAULT_PACKAGES", "BorrowedZygote", "Child", "Zygote"]

_START_SECONDS = 60  # for the imports, on a slow disk
_SPAWN_SECONDS = 10
_STOP_SECONDS = 3


class Child:
    """One boxed process, as the judge sees it.

    Attributes
    ----------
    commands, replies, output
        File descriptors: write frames to it, read frames from it, read its stdout and stderr (raw bytes).
    level
        What stands around it.
    """

    def __init__(self, level: Level, commands: int, replies: int, output: int, pidfd: int) -> None:
        self.level = level
        self.commands, self.replies, self.output = commands, replies, output
        self._pidfd = pidfd
        self._finalizer = weakref.finalize(self, _end, os.getpid(), pidfd, (commands, replies, output))

    def alive(self) -> bool:
        """Whether the process has not ended yet."""
        return self._finalizer.alive and not _has_ended(self._pidfd, 0)

    def send_signal(self, number: int) -> None:
        """Send a signal to the process; to one that has ended, nothing."""
        if self._finalizer.alive:
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self._pidfd, number)

    def kill(self) -> None:
        """End the process with all that it started and wait until it is gone. Never raises; twice is once.

        What it wrote before can still be read; `close` gives the descriptors back.
        """
        if self._finalizer.alive:
            _kill(self._pidfd)

    def close(self) -> None:
        """Kill, and close the descriptors (done by the garbage collector too)."""
        self._finalizer()

    def __enter__(self) -> Child:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _has_ended(pidfd: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(pidfd, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def _kill(pidfd: int) -> None:
    # A pidfd stands for this one process for ever; a number could be another's by now.
    with contextlib.suppress(ProcessLookupError):
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    _has_ended(pidfd, _STOP_SECONDS)


def _end(owner: int, pidfd: int, descriptors: Sequence[int]) -> None:
    if os.getpid() == owner:  # a forked copy of the judge must not end the original's children
        _kill(pidfd)
    for fd in (pidfd, *descriptors):
        os.close(fd)


class _Spawner:
    """A line to a warm process on which it is asked for children."""

    def __init__(self, level: Level, control: socket.socket) -> None:
        self.level = level
        self._control = control
        self._lock = threading.Lock()
        self._number = 0

    def _wait_until_warm(self) -> None:
        self._control.settimeout(_START_SECONDS)
        self._receive()
        self._control.settimeout(_SPAWN_SECONDS)

    def spawn(self, sockets: Sequence[int] = ()) -> Child:
        """Fork a child; returns when all its walls stand.

        Parameters
        ----------
        sockets
            Descriptors, at most 8, of which the child gets copies: further arguments of its `serve`.

        Raises
        ------
        BoxUnavailable
            A wall could not be raised (the child is gone then), or the warm process has died.
        """
        ours: list[int] = []
        theirs: list[int] = []
        pidfd: int | None = None
        try:
            for child_reads in (True, False, False, False):  # commands; replies, output, status
                read, write = os.pipe()
                ours.append(write if child_reads else read)
                theirs.append(read if child_reads else write)
            with self._lock:
                pidfd = self._request([*theirs, *sockets])
            ours.append(pidfd)
            while theirs:
                os.close(theirs.pop())
            commands, replies, output, status, _ = ours
            self._wait_for_walls(status, pidfd)
            ours.remove(status)
            os.close(status)
            ours.clear()
            return Child(self.level, commands, replies, output, pidfd)
        except BaseException:
            if pidfd is not None:
                _kill(pidfd)
            raise
        finally:
            for fd in (*theirs, *ours):
                os.close(fd)

    def _request(self, descriptors: Sequence[int]) -> int:
        """Ask for a child; its pidfd."""
        self._number += 1
        try:
            socket.send_fds(self._control, [f"{self._number}".encode()], descriptors)
        except OSError as error:
            raise BoxUnavailable(f"the warm process has died ({error}){self._last_words()}") from None
        while True:
            message, fds = self._receive()
            if message["number"] == self._number:
                return fds[0]
            for fd in fds:  # the answer to a request that an exception (a deadline, say) cut short
                _kill(fd)
                os.close(fd)

    def _receive(self) -> tuple[dict[str, Any], list[int]]:
        """The next message of the warm process; raises when it tells an error, or is gone."""
        text, fds = b"", list[int]()
        for _ in range(2):
            try:
                text, fds, _, _ = socket.recv_fds(self._control, MOST_BYTES, 1)
                break
            except TimeoutError:
                raise BoxUnavailable(f"the warm process does not answer{self._last_words()}") from None
            except ConnectionError:  # it left something of ours unread; what it said itself comes after that
                continue
        if not text:
            raise BoxUnavailable(f"the warm process has died{self._last_words()}")
        message: dict[str, Any] = json.loads(text)
        if "error" in message and message.get("number", self._number) == self._number:
            raise BoxUnavailable(message["error"])
        return message, fds

    def _last_words(self) -> str:
        return ""

    @staticmethod
    def _wait_for_walls(status: int, pidfd: int) -> None:
        poll = select.poll()
        poll.register(status, select.POLLIN)
        if not poll.poll(_SPAWN_SECONDS * 1000):
            raise BoxUnavailable(f"the walls did not stand after {_SPAWN_SECONDS} seconds")
        answer = os.read(status, 4096)  # one short write: it comes in one piece
        if answer != READY:
            raise BoxUnavailable(answer.decode(errors="replace") or "the child died before its walls stood")


class Zygote(_Spawner):
    """The warm process, as the judge sees it; a context manager.

    Parameters
    ----------
    level
        What stands around each child; see `autograder.box.best_level`.
    limits
        Bounds of each child.
    packages
        Import names that exist inside, beside the standard library and coursekit; what those require comes
        along. Of `DEFAULT_PACKAGES` those not installed are passed over.
    files
        Folder with data files, for each child's working folder: small ones as copies, large ones as links to
        read from. Notebooks and hidden files in it are left out.
    preload
        Modules to import beforehand; default: numpy and matplotlib (with a first figure drawn) where allowed.
    real_coursekit
        False: ``import coursekit`` gives a stand-in that can check and draw nothing and answers nothing.
        True: the library itself if `packages` names it, for trusted use, as in lectures.
    serve
        ``"module:function"``, called inside as ``function(commands_fd, replies_fd, output_fd)``. The names
        in the module's ``PRELOAD``, a tuple of literals, are imported beforehand too.
    wait
        False: return while the process still starts. It is there to be lent then: `spawn` is for those who
        waited.

    Raises
    ------
    BoxUnavailable
        The box cannot be had, with the reason.
    """

    def __init__(
        self,
        *,
        level: Level,
        limits: Limits | None = None,
        packages: Sequence[str] = DEFAULT_PACKAGES,
        files: Path | None = None,
        preload: Sequence[str] = ("numpy", "matplotlib"),
        real_coursekit: bool = False,
        serve: str = "autograder.runner:serve",
        wait: bool = True,
    ) -> None:
        if not sys.platform.startswith("linux"):
            raise NOT_LINUX
        control, inside = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        super().__init__(Level(level), control)
        base = Base()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  closed by the finalizer
        parent = os.pidfd_open(os.getpid())
        try:
            self._process = launch(
                "autograder.box.nursery",
                base.path,
                str(inside.fileno()),
                str(parent),
                fds=(inside.fileno(), parent),
                stdout=subprocess.DEVNULL,
                stderr=self._errors,
            )
        finally:
            inside.close()
            os.close(parent)
        self._finalizer = weakref.finalize(
            self, _stop, os.getpid(), self._control, self._process, base, self._errors
        )
        try:
            # Found out while the other process starts.
            found = importable(packages, serve=serve, real_coursekit=real_coursekit)
            configuration = {
                "level": self.level,
                "limits": asdict(limits or Limits()),
                "site": found.site,
                "files": None if files is None else str(Path(files).resolve(strict=True)),
                "preload": [*preload, *found.preload],
                "serve": serve,
            }
            self._control.settimeout(_START_SECONDS)
            self._control.send(json.dumps(configuration).encode())
            if wait:
                self._wait_until_warm()
        except BaseException:
            self.close()
            raise

    def lend(self) -> socket.socket:
        """A line for one more judge: its descriptor is for a `BorrowedZygote` in that judge's process.

        Close it here once that process has it. If this one is not there any more, the borrower notices.
        """
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs, contextlib.suppress(OSError):
            socket.send_fds(self._control, [LEND], [theirs.fileno()])
        return ours

    def why_it_failed(self) -> str:
        """What went wrong, if the process has ended; nothing if it lives."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(1)  # those whom it was lent to may have noticed before us
            try:
                while True:  # past what it said while all was well
                    self._receive()
            except BoxUnavailable as error:
                return str(error)
        return ""

    def _last_words(self) -> str:
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, self._errors.tell() - 2000))
        text = self._errors.read().decode(errors="replace").strip()
        return f": {text}" if text else ""

    def close(self) -> None:
        """End the warm process and with it every child."""
        self._finalizer()

    def __enter__(self) -> Zygote:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class BorrowedZygote(_Spawner):
    """A warm process that another process owns, as a judge sees it to which it was lent.

    Parameters
    ----------
    level
        What its owner asked for.
    descriptor
        From `Zygote.lend`. The children end when it is closed, which the end of this process does too.

    Raises
    ------
    BoxUnavailable
        It is not there any more; its owner knows why.
    """

    def __init__(self, level: Level, descriptor: int) -> None:
        os.set_inheritable(descriptor, False)  # else what a test cell starts could keep it open
        super().__init__(level, socket.socket(fileno=descriptor))
        self._wait_until_warm()

    def check(self) -> None:
        """Make sure that it is still there; if it is not, a child may have ended only because it ended.

        Raises
        ------
        BoxUnavailable
            It is gone.
        """
        poll = select.poll()
        poll.register(self._control, 0)  # the end of the line is told unasked
        if poll.poll(0):
            raise BoxUnavailable("the warm process has died")

    def close(self) -> None:
        """Give it back; the children end."""
        self._control.close()


def _stop(
    owner: int, control: socket.socket, process: subprocess.Popen[bytes], base: Base, errors: IO[bytes]
) -> None:
    control.close()  # the zygote reads end of file and goes
    errors.close()
    if os.getpid() != owner:
        return
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    base.close()
