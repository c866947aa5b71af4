"""Work that goes on in a thread of the kernel while other cells run, and that an interrupt ends."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

__all__ = ["Background"]


class Background:
    """A thread that works until it is done or told to stop.

    One at a time: a new :meth:`start` first ends what is going on. An interrupt of the notebook's kernel
    ends it too.

    >>> work = Background()
    >>> work.start(lambda stop: stop.wait())
    >>> work.running
    True
    >>> work.stop()
    >>> work.running
    False
    """

    def __init__(self) -> None:
        self._told = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def running(self) -> bool:
        """Whether the thread is at work."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, work: Callable[[threading.Event], Any]) -> None:
        """Have a thread do ``work``, which should end soon after the event it is given is set."""
        self.stop()
        self._told = threading.Event()
        thread = threading.Thread(target=work, args=(self._told,), name="coursekit", daemon=True)
        thread.start()
        self._thread = thread
        _stop_on_interrupt(self)

    def tell(self) -> None:
        """Have the work end soon; do not wait for it."""
        self._told.set()

    def stop(self) -> None:
        """End the work, and wait until it has ended."""
        self.tell()
        self.wait()

    def wait(self) -> None:
        """Wait until the work has ended by itself; an interrupt ends it."""
        thread = self._thread
        if thread is None or thread is threading.current_thread():
            return
        try:
            thread.join()
        except KeyboardInterrupt:
            self.tell()
            thread.join()
            raise


class _Interrupt:
    """What an interrupt does between cells, when the kernel by itself ignores it."""

    def __init__(self, before: Any) -> None:
        self.before = before
        self.works: WeakSet[Background] = WeakSet()

    def __call__(self, number: int, frame: Any) -> None:
        for work in self.works:
            work.tell()
        if callable(self.before):
            self.before(number, frame)


def _stop_on_interrupt(work: Background) -> None:
    """Have an interrupt of the kernel end the work, in a cell and between cells; elsewhere do nothing."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    loop = getattr(getattr(shell, "kernel", None), "io_loop", None)
    if shell is None or loop is None:
        return

    def after_cell(result: Any) -> None:
        if isinstance(result.error_in_exec, KeyboardInterrupt):
            work.tell()
        if not work.running:
            shell.events.unregister("post_run_cell", after_cell)

    def between_cells() -> None:
        # The kernel puts its own handler in place for each cell, and afterwards ours again.
        handler = signal.getsignal(signal.SIGINT)
        if not isinstance(handler, _Interrupt):
            handler = _Interrupt(handler)
            signal.signal(signal.SIGINT, handler)
        handler.works.add(work)

    shell.events.register("post_run_cell", after_cell)
    loop.add_callback(between_cells)  # in the main thread, which alone may set handlers
