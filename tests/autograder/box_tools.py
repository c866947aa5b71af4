"""Helpers for the tests of the box: levels, a conversation with a child, processes left behind."""

from __future__ import annotations

import functools
import json
import os
import select
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from autograder.box import BoxUnavailable, Level
from autograder.box.trying import why_not
from autograder.zygote import Child, Zygote

SERVE = "box_serve:serve"
# How many times longer things may take: for a machine that is slow, or emulated.
PATIENCE = int(os.environ.get("COURSEKIT_PATIENCE", "1"))
_DEADLINE_SECONDS = 20 * PATIENCE
_ROOT = Path(__file__).resolve().parents[2]


@functools.cache
def interpreter_for(level: Level) -> tuple[str | None, str]:
    """An interpreter that `level` works with, and why there is none.

    Root's own interpreter may lie below a home folder that nobody else may enter; another one of the same
    version shows the level all the same.
    """
    reason = ""
    if level is Level.NONE:
        return sys.executable, reason
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        with mock.patch.object(sys, "executable", python):
            found = why_not.__wrapped__(level) if os.path.exists(python) else f"{python} does not exist"
        if found is None:
            return python, ""
        reason = reason or str(found)
    return None, reason


def reachable() -> None:
    """Skip what needs an ordinary user to read this checkout, where root keeps it in a private folder."""
    if os.geteuid() != 0:
        return
    site = [Path(entry) for entry in sys.path if "site-packages" in entry]
    for place in (_ROOT, *site):
        for folder in (place, *place.parents):
            if not folder.stat().st_mode & stat.S_IXOTH:
                pytest.skip(
                    f"an ordinary user cannot enter {folder}, where this checkout or its packages lie"
                )


def need(level: Level) -> str:
    """The interpreter for `level`; without one the test is skipped, in CI it fails."""
    if level is Level.LANDLOCK:
        reachable()
    python, reason = interpreter_for(level)
    if python is None:
        missing(level, reason)
    return str(python)


def missing(level: Level, reason: str) -> None:
    """Skip a test of a level that this machine does not give; a machine that is to prove it must give it."""
    message = f"level {level} cannot be had here: {reason}"
    if os.environ.get("CI") == "true":
        pytest.fail(message)
    pytest.skip(message)


@contextmanager
def zygote(level: Level, **options: Any) -> Iterator[Zygote]:
    """A zygote at `level`, or a skipped test; nothing may be left of it at the end."""
    options = {"serve": SERVE, "preload": ("numpy",), **options}
    with mock.patch.object(sys, "executable", need(level)):
        try:
            started = Zygote(level=level, **options)
        except BoxUnavailable as error:
            if level is Level.LANDLOCK and "cannot read" in str(error):
                missing(level, str(error))
            raise
    with started:
        family = family_of(started)
        yield started
        family |= family_of(started)
    assert not wait_until_gone(family)


def python_path() -> dict[str, str]:
    """An environment in which any interpreter finds this checkout and the tests' server."""
    path = [
        str(_ROOT),
        str(Path(__file__).parent),
        *(entry for entry in sys.path if "site-packages" in entry),
    ]
    names = ("PATH", "LD_LIBRARY_PATH")  # some interpreters find their own library by the second alone
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {**kept, "PYTHONPATH": ":".join(path), "PYTHONDONTWRITEBYTECODE": "1"}


def ask(child: Child, source: str, seconds: float = _DEADLINE_SECONDS) -> Any:
    """Run `source` in the child; what it left in `answer`, or "Error: text", "died" or "no answer"."""
    try:
        os.write(child.commands, json.dumps(source).encode() + b"\n")
    except BrokenPipeError:
        return "died"
    text = b""
    end = time.monotonic() + seconds
    while not text.endswith(b"\n"):
        ready, _, _ = select.select([child.replies], [], [], max(0.0, end - time.monotonic()))
        if not ready:
            return "no answer"
        part = os.read(child.replies, 1 << 16)
        if not part:
            return "died"
        text += part
    reply = json.loads(text)
    return f"{reply['error']}: {reply['text']}" if "error" in reply else reply["answer"]


def ended(child: Child, seconds: float = 5.0 * PATIENCE) -> bool:
    """Whether the child ends by itself in time: its pipes are closed shortly before it is gone."""
    end = time.monotonic() + seconds
    while child.alive() and time.monotonic() < end:
        time.sleep(0.005)
    return not child.alive()


def processes() -> Iterator[tuple[int, int, str]]:
    """(process, parent, state) of every process."""
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            text = Path(f"/proc/{name}/stat").read_text()
        except OSError:
            continue
        state, parent = text[text.rindex(")") + 2 :].split()[:2]
        yield int(name), int(parent), state


def descendants(ancestor: int) -> set[int]:
    """Processes below `ancestor`, at whatever depth."""
    parents = {process: parent for process, parent, _ in processes()}
    found: set[int] = set()
    for process in parents:
        line = [process]
        while line[-1] in parents and line[-1] != ancestor:
            line.append(parents[line[-1]])
        if line[-1] == ancestor:
            found |= set(line[:-1])
    return found


def born_since(before: set[int]) -> set[int]:
    """Processes of this program that are new, but for those that older ones started.

    Of several modules' tests in one program some keep a browser or a server: it starts helpers when it likes,
    in the middle of another test, too, and they are not that test's.
    """
    now = descendants(os.getpid())
    return now - before - {helper for old in before & now for helper in descendants(old)}


def family_of(started: Zygote) -> set[int]:
    """Every process of the zygote: its own two and its children."""
    first = started._process.pid
    return {first} | descendants(first)


def wait_until_gone(family: set[int], seconds: float = 5.0 * PATIENCE) -> dict[int, str]:
    """Those of `family` that are still there after at most `seconds`, with their command lines."""
    end = time.monotonic() + seconds
    while (left := family & running()) and time.monotonic() < end:
        time.sleep(0.02)
    return {process: command(process) for process in left}


def command(process: int) -> str:
    """Its command line, empty if it has ended."""
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def running() -> set[int]:
    """All processes but the dead ones that the system's first process will reap in its own time."""
    return {process for process, parent, state in processes() if (parent, state) != (1, "Z")}


def sabotage(monkeypatch: pytest.MonkeyPatch, statement: str) -> None:
    """Let zygotes started from now on run `statement` before they enter the box."""
    import autograder.zygote
    from autograder.box.launch import launch

    words = f"""autograder.box import boxes, landlock, limits, namespaces, seccomp, syscalls
def fail(*arguments, **options):
    raise OSError(22, "sabotaged")
{statement}
from autograder.box.nursery"""
    monkeypatch.setattr(
        autograder.zygote, "launch", lambda module, *rest, **options: launch(words, *rest, **options)
    )
