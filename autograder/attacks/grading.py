"""Runs `coursekit grade` or one of nbgrader's ways as a process of its own and tells what was left of it.

`python -m … watch REPORT WAY LEVEL COURSE ASSIGNMENT WORKERS RESULTS` starts the same
module with ``run`` in its place, adopts whatever that leaves behind, and writes what it saw to REPORT.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from autograder.results import SubmissionResult

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER
_PATIENCE = 5.0  # seconds: what is killed needs a moment to be gone


def run(way: str, level: str, course: str, assignment: str, workers: str, results: str) -> int:
    """Grade at a level that this machine must give, in one of the ways of `suite.Way`."""
    from autograder import batch, cli
    from autograder.box import Level
    from autograder.box.levels import die_with_parent

    die_with_parent()
    if level == Level.NONE:
        extra = ["--trust-submissions"]
    else:
        batch.best_level = lambda: Level(level)
        extra = []
    if way != "grade":
        return _run_nbgrader(way, Path(course), assignment, Path(results))
    return cli.main(
        ["grade", assignment, "--course", course, "--workers", workers, "--json", results, *extra]
    )


def _run_nbgrader(way: str, course: Path, assignment: str, results: Path) -> int:
    """Grade with nbgrader's command, or student by student as formgrader's button does."""
    from autograder.frontend import exporter

    told: list[dict[str, Any]] = []
    tell = exporter._tell

    def overheard(converter: Any, result: SubmissionResult) -> None:
        told.append(result.to_public())
        tell(converter, result)

    exporter._tell = overheard
    try:
        return _by_command(assignment) if way == "command" else _by_button(course, assignment)
    finally:
        results.write_text(json.dumps({"submissions": told}))


def _by_command(assignment: str) -> int:
    from nbgrader.apps.nbgraderapp import NbGraderApp

    try:
        NbGraderApp.launch_instance(["autograde", assignment])
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _by_button(folder: Path, assignment: str) -> int:
    from nbgrader.apps import NbGraderAPI

    from autograder.course import Course

    course = Course(folder)
    api = NbGraderAPI(course.directory, parent=course.app)
    for student in course.students(assignment):
        answer = api.autograde(assignment, student)
        if not answer["success"]:
            print(answer["log"], file=sys.stderr)
            return 1
    return 0


def pages(course: str, assignment: str, students: str) -> int:
    """Make feedback pages for the students that match one of the patterns, which commas separate."""
    from autograder.course import Course
    from autograder.nbgrader_commands import generate_feedback

    graded = Course(Path(course))
    for pattern in students.split(","):
        graded.directory.student_id = pattern
        generate_feedback(graded, assignment)
    return 0


def watch(report: str, *arguments: str) -> int:
    """Run `run` and write {"code", "left", "memory"}: exit code, processes left, peak MB of each kind."""
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    assert __spec__ is not None
    process = subprocess.Popen([sys.executable, "-P", "-m", __spec__.name, "run", *arguments])
    memory: dict[str, float] = {}
    while process.poll() is None:
        for pid in _descendants():
            kind = _kind(pid)
            if kind:
                memory[kind] = max(memory.get(kind, 0.0), _peak(pid))
        time.sleep(0.1)
    left = _left()
    Path(report).write_text(json.dumps({"code": process.returncode, "left": left, "memory": memory}))
    return 0


def _left() -> list[str]:
    """Reap what was orphaned; the command lines of what still runs after a while, which is then killed."""
    end = time.monotonic() + _PATIENCE
    while True:
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        living = list(_descendants())
        if not living or time.monotonic() > end:
            break
        time.sleep(0.05)
    left = [f"process {pid}: {_command(pid)[:200]}" for pid in living]
    for pid in living:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return left


def _descendants() -> Iterator[int]:
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            text = Path(f"/proc/{name}/stat").read_text()
            parents[int(name)] = int(text[text.rindex(")") + 2 :].split()[1])
    for pid in parents:
        line = [pid]
        while line[-1] in parents and line[-1] != os.getpid():
            line.append(parents[line[-1]])
        if line[-1] == os.getpid() and len(line) > 1:
            yield pid


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _kind(pid: int) -> str:
    command = _command(pid)
    if "autograder.worker" in command:
        return "judge"
    return "writer" if ".grading run" in command else ""


def _peak(pid: int) -> float:
    """Most memory that a process had, in MB."""
    try:
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0.0
    return int(found[1]) / 1024 if found else 0.0


def main(argv: Sequence[str]) -> int:
    """Run, watch or make pages."""
    if argv[0] == "run":
        return run(*argv[1:])
    if argv[0] == "pages":
        return pages(*argv[1:])
    return watch(*argv[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
