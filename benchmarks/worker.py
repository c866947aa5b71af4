"""One peer on one work, in a process of its own: ``python -m benchmarks.worker PEER WORK``.

Makes the work ready, sends its result, and then times it whenever a line asks for it. Lines are JSON.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import sys
import time
import traceback
from collections.abc import Callable
from statistics import median
from typing import Any

from benchmarks.work import Job, NotThere, numbers

CLOCKS = {"cpu": time.process_time, "wall": time.perf_counter}


def main() -> None:
    peer, work = sys.argv[1:]
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a peer prints must not mix with our lines

    def send(message: dict[str, Any]) -> None:
        out.write(json.dumps(message) + "\n")
        out.flush()

    try:
        module = importlib.import_module(f"benchmarks.peers.{peer}")
        job: Job = module.JOBS[work]()
        values = job.values or numbers
        send({"result": list(values(job.function(*job.args))), "version": _version(module)})
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        send({"missing": f"{package} not installed"})
        return
    except NotThere as error:
        send({"missing": str(error)})
        return
    except Exception:
        send({"error": traceback.format_exc()})
        return
    timer = _timer(len(job.args))
    calls: dict[str, int] = {}
    for line in sys.stdin:
        order = json.loads(line)
        clock = CLOCKS[order["clock"]]
        if order["clock"] not in calls:
            calls[order["clock"]] = _calls(timer, job, clock, order["sample_seconds"])
        send({"seconds": _round(timer, job, clock, calls[order["clock"]], order)})


def _version(module: Any) -> str:
    package = getattr(module, "PACKAGE", None)
    if package is None:
        return ""
    from importlib.metadata import version

    return version(package)


def _timer(arguments: int) -> Callable[..., float]:
    """Return a function that times n calls, written with the arguments spelled out, as one would call it."""
    names = [f"a{i}" for i in range(arguments)] if arguments <= 8 else ["*args"]
    unpack = f"    {', '.join(names)}, = args\n" if 0 < arguments <= 8 else ""
    source = (
        "def timer(clock, calls, function, args):\n"
        f"{unpack}"
        "    start = clock()\n"
        "    for _ in calls:\n"
        f"        function({', '.join(names)})\n"
        "    return clock() - start\n"
    )
    namespace: dict[str, Any] = {}
    exec(source, namespace)
    timer: Callable[..., float] = namespace["timer"]
    return timer


def _calls(timer: Callable[..., float], job: Job, clock: Callable[[], float], seconds: float) -> int:
    """Return how many calls a sample takes, so that it lasts at least about ``seconds``."""
    calls = 1
    while True:
        took = timer(clock, range(calls), job.function, job.args)
        if took >= 0.5 * seconds:
            return max(1, round(calls * seconds / took))
        calls *= 4 if took < 0.1 * seconds else 2


def _round(
    timer: Callable[..., float], job: Job, clock: Callable[[], float], calls: int, order: dict[str, Any]
) -> float:
    """Return the median of several samples, in seconds a call; work of long duration gets fewer samples."""
    samples: list[float] = []
    gc.collect()
    end = time.perf_counter() + order["round_seconds"]
    while len(samples) < order["samples"] and (not samples or time.perf_counter() < end):
        samples.append(timer(clock, range(calls), job.function, job.args) / calls)
    return median(samples)


if __name__ == "__main__":
    main()
