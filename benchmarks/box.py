"""What the box costs: fork and walls beside a plain fork in the same run, and memory of a child.

Run from the checkout: ``python benchmarks/box.py [--level full] [--rounds 300]``.
"""

from __future__ import annotations

import argparse
import gc
import io
import json
import os
import select
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "autograder")]  # the second for the tests' small server

from autograder.box import Level, best_level  # noqa: E402
from autograder.zygote import Child, Zygote  # noqa: E402

SOURCE = "import numpy; numpy.linalg.svd(numpy.ones((20, 20))); answer = 1"


def latency(start: Callable[[], Callable[[], None]], rounds: int) -> str:
    """Median and 95th percentile of `start`, which returns what ends the thing that it started."""
    times = []
    for _ in range(rounds):
        begin = time.perf_counter()
        end = start()
        times.append(1e3 * (time.perf_counter() - begin))
        end()
        time.sleep(0.002)  # for whoever reaps
    times.sort()
    return f"p50 {times[rounds // 2]:6.2f} ms   p95 {times[rounds * 95 // 100]:6.2f} ms"


def plain_fork(rounds: int) -> None:
    """A process with the zygote's imports and no box forks children that say a word and go."""
    sys.stdout.flush()
    process = os.fork()
    if process:
        os.waitpid(process, 0)
        return
    os.environ.update(MPLBACKEND="Agg", OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots()
    axes.plot([0.0, 1.0])
    figure.savefig(io.BytesIO())
    gc.collect()
    gc.freeze()
    ready, word = os.pipe()

    def fork() -> Callable[[], None]:
        child = os.fork()
        if child == 0:
            os.write(word, b".")
            os._exit(0)
        os.read(ready, 1)
        return lambda: os.waitpid(child, 0) and None

    print(f"{'plain fork':12} {latency(fork, rounds)}", flush=True)
    os._exit(0)


def boxed_fork(level: Level, rounds: int) -> None:
    """A zygote at `level` forks children; each is ready when all its walls stand."""
    begin = time.perf_counter()
    with Zygote(level=level, serve="box_serve:serve") as zygote:
        started = time.perf_counter() - begin
        found = latency(lambda: zygote.spawn().close, rounds)
        with zygote.spawn() as child:
            work(child)
            launcher = zygote._process.pid
            warm = children_of(launcher)[0] if level is Level.FULL else launcher
            boxed = children_of(warm)[-1]
            memory = (
                f"USS of a child {mib(boxed, 'smaps_rollup', 'Private_'):.1f} MiB,"
                f" RSS of the zygote {mib(warm, 'status', 'VmRSS'):.1f} MiB, its start {started:.2f} s"
            )
    print(f"{level:12} {found}   {memory}", flush=True)


def work(child: Child) -> None:
    """Let a child compute something small."""
    os.write(child.commands, json.dumps(SOURCE).encode() + b"\n")
    select.select([child.replies], [], [], 30)
    assert json.loads(os.read(child.replies, 1 << 16)) == {"answer": 1}


def children_of(process: int) -> list[int]:
    """Process numbers of the direct children, the youngest last."""
    return [int(name) for name in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def mib(process: int, file: str, key: str) -> float:
    """The sum of the lines that begin with `key` in a file of /proc, in MiB; not a number where refused."""
    try:
        lines = Path(f"/proc/{process}/{file}").read_text().splitlines()
    except PermissionError:
        return float("nan")
    return sum(int(line.split()[1]) for line in lines if line.startswith(key)) / 1024


def main() -> None:
    """Measure a plain fork, then each level."""
    parser = argparse.ArgumentParser(description="What the box costs, beside a plain fork.")
    parser.add_argument("--level", type=Level, choices=list(Level), action="append")
    parser.add_argument("--rounds", type=int, default=300)
    arguments = parser.parse_args()
    print(f"{arguments.rounds} rounds, load {os.getloadavg()[0]:.1f}", flush=True)
    plain_fork(arguments.rounds)
    for level in arguments.level or [best_level(), Level.NONE]:
        boxed_fork(level, arguments.rounds)


if __name__ == "__main__":
    main()
