"""Finding the strongest level by trying: a process enters the box, raises the walls and runs against them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from autograder.box.launch import launch
from autograder.box.levels import NOT_LINUX, BoxUnavailable, Level, die_with_parent, in_words
from autograder.box.limits import Limits

if TYPE_CHECKING:
    from autograder.box.boxes import Box

_DEADLINE_SECONDS = 30


@lru_cache
def why_not(level: Level) -> BoxUnavailable | None:
    """Why this machine does not give `level`; None where it does. Tried once, in a process of its own."""
    if not sys.platform.startswith("linux"):
        return NOT_LINUX
    from autograder.box.scratch import Base

    try:
        base = Base()
    except BoxUnavailable as error:
        return error
    process = launch(
        "autograder.box.trying", level, base.path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    try:
        output, errors = process.communicate(timeout=_DEADLINE_SECONDS)
    except subprocess.TimeoutExpired:
        return BoxUnavailable(f"no answer within {_DEADLINE_SECONDS} seconds")
    finally:
        process.kill()
        process.wait()
        base.close()
    try:
        reason = json.loads(output)
    except ValueError:
        last = errors.decode(errors="replace").strip().splitlines()[-1:]
        return BoxUnavailable(f"the attempt ended with status {process.returncode} {' '.join(last)}".strip())
    return BoxUnavailable(*reason) if reason else None


def best_level() -> Level:
    """The strongest level that this machine gives to untrusted work.

    Raises
    ------
    BoxUnavailable
        Neither full nor landlock works here; the message has both reasons.
    """
    reasons = []
    for level in (Level.FULL, Level.LANDLOCK):
        reason = why_not(level)
        if reason is None:
            return level
        reasons.append(f"{level}: {reason}")
    raise BoxUnavailable("this machine gives no box for untrusted work; " + "; ".join(reasons))


def main(search_path: Sequence[str]) -> None:
    """Try the level named by the first argument and print, as JSON, why not and what to do (or null)."""
    from autograder.box.boxes import BOXES
    from autograder.box.disk import disk_of_this_interpreter
    from autograder.box.files import DataFiles

    level, base = Level(sys.argv[1]), sys.argv[2]
    reason: tuple[str, str] | None = None
    try:
        box = BOXES[level](disk_of_this_interpreter(search_path, site={}), Limits(), DataFiles(), base)
        box.enter()
        box.settle()
        if hole := _run_against(box):
            reason = hole, ""
        box.clean(0)
    except BoxUnavailable as error:
        reason = error.why, error.mend
    except OSError as error:
        reason = in_words(error), ""
    print(json.dumps(reason), flush=True)
    os._exit(0)


def _run_against(box: Box) -> str | None:
    """Fork a boxed child and let it try the walls."""
    read, write = os.pipe()
    pid = box.fork()
    if pid == 0:
        try:
            die_with_parent()
            box.confine(number=0, others=0)
            answer = _first_hole(box.level)
        except Exception as error:
            answer = in_words(error)
        os.write(write, json.dumps(answer).encode())
        os._exit(0)
    os.close(write)
    with open(read, "rb") as stream:
        told = stream.read()
    os.waitpid(pid, 0)
    return json.loads(told) if told else "the boxed process died"


def _first_hole(level: Level) -> str | None:
    """What the walls let through, or keep back although it is needed; None when all is well."""
    refused: dict[str, Callable[[], object]] = {
        "reading /etc/passwd": lambda: open("/etc/passwd").close(),
        "listing /proc": lambda: os.listdir("/proc"),
        "writing to /var/tmp": lambda: open("/var/tmp/coursekit-box", "x").close(),
        "a socket": socket.socket,
        "fork": lambda: os.fork() or os._exit(0),
    }
    for what, attempt in refused.items() if level is not Level.NONE else ():
        try:
            attempt()
        except OSError:
            continue
        return f"{what} is not refused inside"
    try:
        with open("trial", "w") as file:
            file.write("text")
        import decimal  # noqa: F401  a compiled module: the interpreter's own files are there
    except (OSError, ImportError) as error:
        return f"the box cannot be worked in: {error}"
    return None
