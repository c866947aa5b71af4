"""Peers that go wrong, each in its own way, beside one that is right."""

import os
from collections.abc import Callable

from benchmarks.work import Job


def missing() -> Job:
    import a_package_that_is_not_there  # noqa: F401

    raise AssertionError("not reached")


def break_down() -> Job:
    raise ZeroDivisionError("on purpose")


def break_later() -> Job:
    calls = iter([[1.0, 2.0]])
    return Job(lambda: next(calls))


JOBS: dict[str, Callable[[], Job]] = {
    "pair": lambda: Job(lambda: [1.0, 2.0]),
    "pair/nearly right": lambda: Job(lambda: (1.0, 2.0 + 1e-13)),
    "pair/wrong": lambda: Job(lambda: [1.0, 2.0 + 1e-6]),
    "pair/not a number": lambda: Job(lambda: [1.0, float("nan")]),
    "pair/too short": lambda: Job(lambda: [1.0]),
    "pair/missing": missing,
    "pair/broken": break_down,
    "pair/broken later": break_later,
    "pair/gone": lambda: Job(lambda: os._exit(3)),
    "pair/talkative": lambda: Job(lambda: print("not one of our lines") or [1.0, 2.0]),
}
