"""The judge's own process around one submission: a clean workspace before, everything as it was after.

Test cells are the instructor's, but they may patch ``builtins.input``, change folders or import a helper
module that keeps a list: none of it may reach the next submission.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import importlib
import io
import os
import random
import resource
import shutil
import signal
import sys
import tempfile
import threading
import warnings
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from types import FrameType
from typing import Any

from autograder import nose_tools
from autograder.box.files import copier, read_data_files

__all__ = ["Deadline", "bounded_memory", "clean_process", "limited", "seed_generators"]


class Deadline(BaseException):
    """The time of a question is over; no `Exception`, so that a test's ``except`` does not hold it up."""


@contextlib.contextmanager
def limited(seconds: float) -> Iterator[None]:
    """Raise `Deadline` in this block after so many seconds, and again if something catches it.

    It is raised in what the block *calls*, never in the ``with`` statement itself: a student's process that
    answers just in time would otherwise end the clearing up, and the alarm would go off in other work.

    Only in the main thread; elsewhere a block is limited by the deadlines of its questions to the student's
    process.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    block = sys._getframe(2)  # frame 1 is contextlib's

    def stop(number: int, frame: FrameType | None) -> None:
        called = None
        while frame is not None and frame is not block:
            called, frame = frame, frame.f_back
        if frame is block and called is not None and called.f_code.co_filename != contextlib.__file__:
            raise Deadline("out of time")

    began = monotonic()
    handler = signal.signal(signal.SIGALRM, stop)
    left, interval = signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.001), 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        if left:  # somebody else's alarm
            signal.setitimer(signal.ITIMER_REAL, max(left - (monotonic() - began), 0.001), interval)


@contextlib.contextmanager
def bounded_memory(most: int) -> Iterator[None]:
    """Have what takes more than so many bytes beyond what there is now raise `MemoryError` in this block.

    An answer of a million rows, compared with an expected value of a thousand columns, is a table of a
    thousand million; one library call makes it, and no alarm goes off before it is made.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            now = int(file.read().split()[5]) * resource.getpagesize()
    except OSError:  # no Linux
        yield
        return
    bounds = [bound for bound in (soft, hard, now + most) if bound != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_DATA, (min(bounds), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))


def seed_generators(seed: int) -> None:
    """Seed the generators that test cells draw from."""
    random.seed(seed)
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed(seed % 2**32)


@contextlib.contextmanager
def clean_process(source_dir: Path) -> Iterator[Path]:
    """A folder with the instructor's files as working folder and import path; all put back at the end."""
    workspace = Path(tempfile.mkdtemp(prefix="coursekit-judge-"))
    modules, path, environment = set(sys.modules), list(sys.path), dict(os.environ)
    names, main = dict(vars(builtins)), sys.modules.get("__main__")
    streams, folder = (sys.stdin, sys.stdout, sys.stderr), os.getcwd()
    depth = sys.getrecursionlimit()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            _guarded().update(_fill(workspace, source_dir))
            os.environ["MPLBACKEND"] = "agg"
            sys.path.insert(0, str(workspace))
            sys.stdin = io.StringIO("")
            os.chdir(workspace)
            nose_tools.install()
            yield workspace
    finally:
        sys.setrecursionlimit(depth)
        os.chdir(folder)
        _guarded().clear()
        nose_tools.uninstall()
        sys.stdin, sys.stdout, sys.stderr = streams
        _restore_builtins(names)
        if main is not None:
            sys.modules["__main__"] = main
        sys.path[:] = path
        _restore_environment(environment)
        _forget_modules(modules, workspace)
        _close_figures()
        shutil.rmtree(workspace, ignore_errors=True)


def _fill(workspace: Path, source_dir: Path) -> set[str]:
    """Lay out the instructor's files so that what is written to them never reaches the source folder.

    Small files are copied, large ones linked until something writes to them; the links are returned.
    """
    files = read_data_files(str(source_dir))
    files.place(str(workspace))
    return {os.path.join(os.path.realpath(workspace), name) for name, _ in files.links}


@functools.cache
def _guarded() -> set[str]:
    """Links that become copies when something writes to them. An audit hook stays, so there is one."""
    places: set[str] = set()
    sys.addaudithook(copier(places))
    return places


def _restore_builtins(names: dict[str, Any]) -> None:
    builtins.__dict__.update(names)
    for name in builtins.__dict__.keys() - names.keys():
        del builtins.__dict__[name]


def _restore_environment(environment: dict[str, str]) -> None:
    for name in os.environ.keys() - environment.keys():
        del os.environ[name]
    for name, value in environment.items():
        if os.environ.get(name) != value:
            os.environ[name] = value


def _forget_modules(before: set[str], workspace: Path) -> None:
    """Forget helper modules of this assignment; libraries stay, they are the same for all."""
    for name in set(sys.modules) - before:
        file = getattr(sys.modules[name], "__file__", None)
        if isinstance(file, str) and Path(file).is_relative_to(workspace):
            del sys.modules[name]
    sys.path_importer_cache.pop(str(workspace), None)
    importlib.invalidate_caches()


def _close_figures() -> None:
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close("all")
