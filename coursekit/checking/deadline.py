"""Ends an answer that never ends, where the system has a means for it."""

from __future__ import annotations

import _thread
import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

from coursekit.checking.asking import OutOfTime

__all__ = ["can_stop", "deadline"]

_AGAIN = 0.5  # seconds, after which it is raised again if something caught it


def can_stop() -> str:
    """How code that runs too long is stopped here: "alarm", "interrupt", or "" if it cannot be.

    An alarm is a signal of Unix. Elsewhere a second thread can press Ctrl-C, so to say; in a browser there is
    no second thread either.
    """
    if threading.current_thread() is not threading.main_thread():
        return ""
    if hasattr(signal, "setitimer"):
        return "alarm"
    return "interrupt" if _has_threads() else ""


def _has_threads() -> bool:
    try:
        _thread.start_new_thread(lambda: None, ())
    except RuntimeError:
        return False
    return True


@contextlib.contextmanager
def deadline(seconds: float, means: str | None = None) -> Iterator[None]:
    """Raise `OutOfTime` in this block after so many seconds.

    Parameters
    ----------
    seconds : float
    means : str, optional
        As `can_stop` says.
    """
    means = can_stop() if means is None else means
    if not means:
        yield
    elif means == "alarm":
        with _alarm(seconds):
            yield
    else:
        with _interrupt(seconds):
            yield


@contextlib.contextmanager
def _alarm(seconds: float) -> Iterator[None]:
    def stop(number: int, frame: FrameType | None) -> None:
        raise OutOfTime(seconds)

    handler = signal.signal(signal.SIGALRM, stop)
    before = signal.setitimer(signal.ITIMER_REAL, seconds, _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, *before)
        signal.signal(signal.SIGALRM, handler)


@contextlib.contextmanager
def _interrupt(seconds: float) -> Iterator[None]:
    late = threading.Event()

    def press() -> None:
        late.set()
        _thread.interrupt_main()

    timer = threading.Timer(seconds, press)
    timer.daemon = True
    timer.start()
    try:
        yield
    except KeyboardInterrupt:
        if late.is_set():
            raise OutOfTime(seconds) from None
        raise
    finally:
        timer.cancel()
