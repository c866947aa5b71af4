"""The box around student code: what fork and walls cost beside a bare fork, and what a child weighs.

A child is ready when all its walls stand. "Bare fork" is a process with the same imports that forks and does
nothing else; a busy machine shows in its figure too. Isolation's share of the throughput is measured by
grading the same submissions at both levels in turns: 1 − (processor time without walls / processor time with
them), judge, warm process and children together; it is the throughput of busy cores. Both times are those of
all turns together, for the system counts a process's time in hundredths of a second, which is a few per cent
of one turn; every other pair of turns begins with the other level. How far the pairs differ tells how sure
the figure is ("±", standard error). A child's memory is what it alone holds (private pages) when a submission
has been graded in it, beyond what it shares with the warm process.
Levels that this machine does not give are left out. Boxed kernels are measured in `benchmarks.kernels`.
"""

from __future__ import annotations

import contextlib
import gc
import io
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import mean, median, quantiles, stdev
from typing import Any

from autograder.box import BoxUnavailable, Level
from autograder.zygote import Child, Zygote
from benchmarks.course import ASSIGNMENT, make_class
from benchmarks.harness import ROOT, Row, Settings, digits, say, time_text
from benchmarks.kernels import kernel_rows

READY_SECONDS = 0.005
SHARE = 0.05
CHILD_BYTES = 15e6
FORKS, ROUNDS, SUBMISSIONS, KERNELS = 200, 24, 16, 6


def run(settings: Settings) -> tuple[list[Row], str]:
    """Measure every level that can be had here."""
    forks, rounds, kernels = (40, 4, 2) if settings.quick else (FORKS, ROUNDS, KERNELS)
    bare = bare_fork(forks)
    rows = [Row("bare fork", _spread(bare), value=median(bare))]
    missing = []
    for level in Level:
        try:
            ready, size = boxed_fork(level, forks)
        except BoxUnavailable as reason:
            missing.append(f"{level}: {reason}")
            continue
        walled = level is not Level.NONE
        rows.append(
            Row(
                f"fork and box, level {level}",
                _spread(ready),
                f"{digits(median(ready) / median(bare))} × bare fork",
                f"≤ {1e3 * READY_SECONDS:g} ms" if walled else "stated",
                median(ready) <= READY_SECONDS if walled else None,
                value=median(ready),
            )
        )
        rows.append(Row(f"warm process, level {level}", _megabytes(size), "", "stated", value=size))
    # The judge works in folders of its own, which are gone afterwards: come back to this one.
    with tempfile.TemporaryDirectory(prefix="coursekit-bench-") as folder, contextlib.chdir(ROOT):
        say(f"grading {SUBMISSIONS} submissions {rounds} times at each level …")
        make_class(Path(folder), SUBMISSIONS)
        rows += graded_rows(Path(folder), rounds)
    rows += kernel_rows(kernels)
    load = os.getloadavg()[0]
    return rows, "\n".join([f"Load of the machine: {load:.1f}.", *missing])


def graded_rows(root: Path, rounds: int) -> list[Row]:
    """Return isolation's share of the throughput, and a child's memory, from grading a class by turns."""
    with Bench(root, Level.NONE) as trusted:
        try:
            with Bench(root, Level.FULL) as boxed:
                for bench in (trusted, boxed) + (trusted, boxed, boxed, trusted) * (rounds // 2):
                    bench.grade()
        except BoxUnavailable as reason:
            return [Row("isolation, share of the throughput", "not measured", note=str(reason))]
    shares = [1 - a / b for a, b in zip(trusted.seconds[1:], boxed.seconds[1:], strict=True)]
    each = [mean(bench.seconds[1:]) / SUBMISSIONS for bench in (boxed, trusted)]
    share = 1 - each[1] / each[0]
    memory = max(boxed.memory or trusted.memory)
    return [
        Row(
            "isolation, share of the throughput",
            f"{100 * share:.1f} % ± {100 * stdev(shares) / len(shares) ** 0.5:.1f}",
            f"{time_text(each[0])} of processor time a submission boxed, {time_text(each[1])} not",
            f"≤ {100 * SHARE:g} %",
            share <= SHARE,
            value=share,
        ),
        Row(
            "child, private memory after a submission",
            _megabytes(memory),
            "the largest of all",
            f"≤ {CHILD_BYTES / 1e6:g} MB",
            memory <= CHILD_BYTES,
            value=memory,
        ),
    ]


# ---- forks -----------------------------------------------------------------------------------------------


def bare_fork(rounds: int) -> list[float]:
    """Seconds until a child of a process with the warm process's imports says a word."""
    results, told = os.pipe()
    sys.stdout.flush()
    process = os.fork()
    if process == 0:
        try:
            os.environ.update(MPLBACKEND="Agg", OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
            _import_all()
            times = _timed(_fork_and_say, rounds)
            os.write(told, " ".join(map(repr, times)).encode())
        finally:
            os._exit(0)
    os.close(told)
    with open(results, "rb") as file:
        text = file.read()
    os.waitpid(process, 0)
    return [float(word) for word in text.split()]


def _import_all() -> None:
    from importlib import import_module

    from matplotlib import pyplot

    from autograder.runner import PRELOAD

    for name in PRELOAD:
        import_module(name)
    figure, axes = pyplot.subplots()
    axes.plot([0.0, 1.0])
    figure.savefig(io.BytesIO())
    pyplot.close(figure)
    gc.collect()
    gc.freeze()


def _fork_and_say() -> Callable[[], object]:
    ready, word = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(word, b".")
        os._exit(0)
    os.read(ready, 1)
    os.close(ready)
    os.close(word)
    return lambda: os.waitpid(child, 0)


def boxed_fork(level: Level, rounds: int) -> tuple[list[float], float]:
    """Seconds until a child's walls stand, and the bytes that the warm process has in memory."""
    with Zygote(level=level) as zygote:
        times = _timed(lambda: zygote.spawn().close, rounds)
        return times, bytes_of(warm_process(zygote), "status", "VmRSS")


def _timed(start: Callable[[], Callable[[], object]], rounds: int) -> list[float]:
    """Seconds that `start` takes each time; what it returns ends the thing that it started."""
    times = []
    for number in range(rounds + 5):
        began = time.perf_counter()
        end = start()
        if number >= 5:
            times.append(time.perf_counter() - began)
        end()
        time.sleep(0.002)  # for whoever reaps
    return times


def _spread(times: list[float]) -> str:
    best, p95 = min(times), quantiles(times, n=20)[-1]
    return f"{time_text(median(times))} (best {time_text(best)}, p95 {time_text(p95)})"


# ---- whole submissions -----------------------------------------------------------------------------------


class Bench:
    """A judge in this process and a warm process at one level, for the same submissions again and again."""

    def __init__(self, root: Path, level: Level) -> None:
        from autograder.batch import Batch, Options
        from autograder.course import Course
        from autograder.grader import Grader
        from autograder.jobs import Setup
        from autograder.judge import judge_notebook
        from autograder.judge_limits import JudgeLimits
        from autograder.plan import make_plan

        batch = Batch(Course(root), ASSIGNMENT, Options(trust_submissions=True))
        self.jobs = [batch._job(student)[0] for student in batch.students]
        notebook, folder = batch.assignment.notebooks[0], batch.assignment.folder
        plan = make_plan(notebook.source, released=notebook.released, name=notebook.name, source_dir=folder)
        setup = Setup(
            [{"name": notebook.name, "source": notebook.source, "released": notebook.released}],
            str(folder),
            str(folder),
            str(level),
        )
        self.seconds: list[float] = []
        self.memory: list[float] = []
        self.zygote = Zygote(level=level)

        def judge(name: str, submitted: Any, seed: int) -> Any:
            return judge_notebook(
                plan, submitted, self._spawn, seed=seed, limits=JudgeLimits(), source_dir=folder
            )

        self._grader = Grader(setup, judge, {})

    def __enter__(self) -> Bench:
        return self

    def __exit__(self, *exception: object) -> None:
        self.zygote.close()

    def grade(self) -> None:
        """Grade everybody once."""
        with self._measured():
            for job in self.jobs:
                self._grader.grade(job).to_line()
        if len(self.seconds) == 1:  # the first round is not counted, so weighing may take its time there
            self._weigh()

    def _spawn(self) -> Child:
        return self.zygote.spawn()

    @contextmanager
    def _measured(self) -> Iterator[None]:
        warm = warm_process(self.zygote)
        began = time.process_time() + _processor_time(warm)
        yield
        time.sleep(0.1)  # the last child is being reaped
        self.seconds.append(time.process_time() + _processor_time(warm) - began)

    def _weigh(self) -> None:
        """Grade everybody once more, looking at each child before it is ended."""
        warm, spawn = warm_process(self.zygote), self._spawn

        def weighed() -> Child:
            child = spawn()
            number, kill = children_of(warm)[-1], child.kill

            def weigh_and_kill() -> None:
                if (size := bytes_of(number, "smaps_rollup", "Private_")) == size:
                    self.memory.append(size)
                kill()

            child.kill = weigh_and_kill  # type: ignore[method-assign]
            return child

        self._spawn = weighed  # type: ignore[method-assign]
        for job in self.jobs:
            self._grader.grade(job)
        self._spawn = spawn  # type: ignore[method-assign]


# ---- what the system knows of processes ------------------------------------------------------------------


def warm_process(zygote: Zygote) -> int:
    """Return the process that forks: at level full a child of the one that was started."""
    started = zygote._process.pid
    return children_of(started)[0] if zygote.level is Level.FULL else started


def children_of(process: int) -> list[int]:
    """Process numbers of the direct children, the youngest last."""
    try:
        text = Path(f"/proc/{process}/task/{process}/children").read_text()
    except OSError:  # it has ended
        return []
    return [int(name) for name in text.split()]


def below(process: int) -> list[int]:
    """Process numbers of all that descend from a process."""
    found = children_of(process)
    for child in found:
        found += children_of(child)  # the loop goes on with these
    return found


def _processor_time(process: int) -> float:
    """Seconds that a process and those that it reaped have used."""
    text = Path(f"/proc/{process}/stat").read_text()
    fields = text[text.rindex(")") + 2 :].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def bytes_of(process: int, file: str, key: str) -> float:
    """The sum of the lines that begin with `key` in a file of /proc; not a number where refused."""
    try:
        lines = Path(f"/proc/{process}/{file}").read_text().splitlines()
    except OSError:
        return float("nan")
    return sum(int(line.split()[1]) for line in lines if line.startswith(key)) * 1024.0


def _megabytes(size: float) -> str:
    return f"{size / 1e6:.1f} MB"
