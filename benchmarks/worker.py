"""One peer at one work, in a process of its own: ``python -m benchmarks.worker PEER WORK``.

Makes the work ready, sends its result, and then times it whenever a line asks for it. Lines are JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from importlib.metadata import version
from statistics import median
from typing import Any

from benchmarks.work import Job, numbers

CLOCKS = {"cpu": time.process_time, "wall": time.perf_counter}


def main() -> None:
    """Answer with ``result``, ``missing`` or ``error``; then each order with ``seconds`` or ``error``."""
    peer, work = sys.argv[1:]
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a peer prints must not mix with our lines

    def send(message: dict[str, Any]) -> None:
        out.write(json.dumps(message) + "\n")
        out.flush()

    try:
        module = importlib.import_module(peer if "." in peer else f"benchmarks.peers.{peer}")
        job: Job = module.JOBS[work]()
        result = job.function(*job.args)
        result = numbers(result if job.values is None else job.values(result))
        package = getattr(module, "PACKAGE", None)
        send({"result": result, "version": version(package) if package else ""})
        stopwatch = Stopwatch(job)
        for line in sys.stdin:
            send({"seconds": stopwatch.turn(json.loads(line))})
    except ModuleNotFoundError as error:
        send({"missing": (error.name or "").partition(".")[0]})
    except Exception:
        send({"error": traceback.format_exc()})


class Stopwatch:
    """Times a job. The loop is written for it, with the arguments spelled out as one would call it."""

    def __init__(self, job: Job) -> None:
        names = [f"a{i}" for i in range(len(job.args))]
        source = (
            "def timed(clock, calls, function, args):\n"
            f"    [{', '.join(names)}] = args\n"
            "    start = clock()\n"
            "    for _ in calls:\n"
            f"        function({', '.join(names)})\n"
            "    return clock() - start\n"
        )
        namespace: dict[str, Any] = {}
        exec(source, namespace)
        self.timed: Callable[..., float] = namespace["timed"]
        self.job = job
        self.calls: dict[str, int] = {}

    def turn(self, order: dict[str, Any]) -> float:
        """Return the median of several samples, in seconds a call; long work gets fewer samples."""
        clock = CLOCKS[order["clock"]]
        calls = self.calls.get(order["clock"])
        if calls is None:
            calls = self.calls[order["clock"]] = self._calls(clock, order["sample_seconds"])
        samples: list[float] = []
        end = time.perf_counter() + order["round_seconds"]
        while not samples or (len(samples) < order["samples"] and time.perf_counter() < end):
            samples.append(self.timed(clock, range(calls), self.job.function, self.job.args) / calls)
        return median(samples)

    def _calls(self, clock: Callable[[], float], seconds: float) -> int:
        """Return how many calls last about ``seconds``."""
        calls = 1
        while True:
            took = self.timed(clock, range(calls), self.job.function, self.job.args)
            if took >= 0.5 * seconds:
                return max(1, round(calls * seconds / took))
            calls *= 4 if took < 0.1 * seconds else 2


if __name__ == "__main__":
    main()
