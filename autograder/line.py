"""The judge's side of the pipes to a child: whole frames, each with a deadline."""

from __future__ import annotations

import os
import select
from time import monotonic
from typing import Protocol

from autograder.wire import HEADER, Bad, Caps, sizes

__all__ = ["MAX_PRINTED", "Child", "Line", "Lost"]

MAX_PRINTED = 16 << 20  # bytes past the limit only cost the judge time: the child is given up
_PIECE = 1 << 16  # a larger buffer costs more to get from the system than the reading itself


class Child(Protocol):
    """A process that runs `autograder.runner.serve`."""

    commands: int  # write frames here
    replies: int  # read frames here
    output: int  # read what it prints by other ways than sys.stdout

    def kill(self) -> None:
        """End it, with all its descendants."""

    def alive(self) -> bool:
        """Whether it still runs."""


class Lost(BaseException):
    """The child cannot be asked any more: it died, was late, or wrote what is no frame.

    Not an `Exception`, because a test's own ``except Exception`` is not meant for it.
    """


class Line:
    """Frames to and from a child.

    Parameters
    ----------
    child : Child
    caps : Caps
    print_limit : int
        Bytes of its output that are kept.
    """

    def __init__(self, child: Child, caps: Caps, print_limit: int) -> None:
        self._child = child
        self._caps = caps
        self._limit = print_limit
        self._printed = 0
        self._kept = bytearray()
        self._read = bytearray()
        self._poll = select.poll()
        for fd in (child.replies, child.output):
            os.set_blocking(fd, False)
            self._poll.register(fd, select.POLLIN)
        os.set_blocking(child.commands, False)

    def send(self, frame: bytes, deadline: float) -> None:
        """Write a frame, however slowly it is read.

        Raises
        ------
        Lost
            The child is gone, or the deadline passed.
        """
        view = memoryview(frame)
        while True:
            try:
                view = view[os.write(self._child.commands, view) :]
            except BlockingIOError:
                pass
            except OSError:
                raise Lost("the process ended") from None
            if not view:
                return
            # The child may itself be waiting, for somebody to read what it prints.
            self._poll.register(self._child.commands, select.POLLOUT)
            try:
                self._wait(deadline)
            finally:
                self._poll.unregister(self._child.commands)

    def receive(self, deadline: float) -> bytearray:
        """The next frame.

        Raises
        ------
        Lost
            The child is gone, the deadline passed, or the frame is larger than allowed.
        """
        while True:
            size = self._frame_size()
            if size and len(self._read) >= size:
                if len(self._read) == size:
                    frame, self._read = self._read, bytearray()
                else:
                    frame, self._read = self._read[:size], self._read[size:]
                return frame
            self._wait(deadline)

    def _frame_size(self) -> int:
        if len(self._read) < HEADER.size:
            return 0
        try:
            return HEADER.size + sum(sizes(self._read[: HEADER.size], self._caps))
        except Bad as error:
            raise Lost(str(error)) from None

    def _wait(self, deadline: float) -> None:
        """Read what there is to read; wait for it if there is nothing."""
        left = deadline - monotonic()
        if left <= 0:
            raise Lost("out of time")
        for fd, _ in self._poll.poll(left * 1000):
            if fd == self._child.output:
                self._drain()
            elif fd == self._child.replies:
                self._fill()

    def _fill(self) -> None:
        piece = _piece(self._child.replies)
        if piece is None:
            return
        if not piece:
            raise Lost("the process ended")
        self._read += piece
        if len(self._read) > self._caps.text + self._caps.blob + HEADER.size + _PIECE:
            raise Lost("it wrote without being asked")

    def _drain(self) -> None:
        piece = _piece(self._child.output)
        if piece is None:
            return
        if not piece:  # closed: nothing will come any more
            self._poll.unregister(self._child.output)
        self._printed += len(piece)
        self._kept += piece[: max(0, self._limit - len(self._kept))]
        if self._printed > MAX_PRINTED:
            raise Lost("it printed without end")

    def printed(self) -> str:
        """What the child printed past ``sys.stdout`` since this was asked last."""
        self._drain_now()
        text = self._kept.decode("utf-8", "replace")
        self._kept.clear()
        return text

    def _drain_now(self) -> None:
        """Read what is there, without waiting."""
        for fd, _ in self._poll.poll(0):
            if fd == self._child.output:
                self._drain()


def _piece(fd: int) -> bytes | None:
    """What a pipe holds now: None if that is nothing yet, no bytes at its end."""
    try:
        return os.read(fd, _PIECE)
    except BlockingIOError:
        return None
    except OSError:
        return b""
