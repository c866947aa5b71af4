"""The judge's own process around one submission."""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from autograder.judge_process import Deadline, bounded_memory, limited


def go_off(depth: int = 1) -> Any:
    """What the alarm does while the caller, or a caller of his, runs."""
    handler: Any = signal.getsignal(signal.SIGALRM)
    return handler(signal.SIGALRM, sys._getframe(depth))


def test_what_the_block_calls_is_ended() -> None:
    def work() -> None:
        go_off()

    with pytest.raises(Deadline), limited(60.0):
        work()


def test_the_block_itself_and_its_clearing_up_are_not_ended() -> None:
    @contextlib.contextmanager
    def captured() -> Iterator[None]:
        yield
        go_off()

    with limited(60.0):
        go_off()
        with captured():  # its end is called by contextlib, as that of `limited`
            pass


def test_an_alarm_after_the_block_ends_nothing() -> None:
    with limited(60.0):
        handler: Any = signal.getsignal(signal.SIGALRM)
    handler(signal.SIGALRM, sys._getframe())


def test_a_real_alarm_ends_an_endless_loop_and_leaves_no_timer() -> None:
    def work() -> None:
        while True:
            pass

    _, before = signal.getitimer(signal.ITIMER_REAL)
    with pytest.raises(Deadline), limited(0.05):
        work()
    assert signal.getitimer(signal.ITIMER_REAL)[1] == before


def test_memory_is_bounded_in_the_block_and_not_after_it() -> None:
    with bounded_memory(64 << 20):
        with pytest.raises(MemoryError):
            bytearray(256 << 20)
        bytearray(16 << 20)
    bytearray(256 << 20)
