"""Boxed kernels beside an ordinary one: from asking for a kernel to the reply to its first cell.

Cold is the first kernel of a program: nothing is warm and nothing known of the packages that are allowed.
Warm is the third and each later one. All are started in turns with an ordinary kernel of the same IPython,
and through the client that nbclient uses, whose last step before a first cell always takes 0.2 s.
Targets and comparisons are about the best times: other work on the machine can only make them longer.
"""

from __future__ import annotations

import os
import tempfile
import time
from pathlib import Path
from statistics import median
from unittest import mock

from jupyter_client.manager import KernelManager

from autograder.box import BoxUnavailable, best_level
from autograder.box.packages import allowed_entries
from autograder.kernel import nest, spec
from benchmarks.harness import Row, say, time_text

WARM_SECONDS = 0.45
ADDED_SECONDS = 0.05
_PATIENCE = 60


def kernel_rows(rounds: int) -> list[Row]:
    """Measure the three in turns."""
    work = "first reply of a kernel"
    try:
        best_level()
    except BoxUnavailable as reason:
        return [Row(f"{work}, boxed", "not measured", note=str(reason))]
    say(f"starting {3 * (rounds + 1)} kernels …")
    with tempfile.TemporaryDirectory(prefix="ck", dir="/tmp") as folder:
        spec.install(prefix=folder)
        path = os.pathsep.join([f"{folder}/share/jupyter", os.environ.get("JUPYTER_PATH", "")])
        with mock.patch.dict(os.environ, JUPYTER_PATH=path):
            ordinary, cold, warm = _measure(Path(folder), rounds)
    added = min(cold) - min(ordinary)
    return [
        Row(f"{work}, ordinary", _told(ordinary), value=min(ordinary)),
        Row(
            f"{work}, boxed, cold",
            _told(cold),
            f"{1e3 * added:+.0f} ms beside the ordinary one",
            f"≤ {1e3 * ADDED_SECONDS:+g} ms",
            added <= ADDED_SECONDS,
            value=added,
        ),
        Row(
            f"{work}, boxed, warm",
            _told(warm),
            f"{min(warm) / min(ordinary):.2f} × ordinary",
            f"≤ {WARM_SECONDS:g} s",
            min(warm) <= WARM_SECONDS,
            value=min(warm),
        ),
    ]


def _measure(folder: Path, rounds: int) -> tuple[list[float], list[float], list[float]]:
    times: tuple[list[float], list[float], list[float]] = ([], [], [])
    for number in range(rounds + 1):
        allowed_entries.cache_clear()
        found = [first_reply(kernel, folder) for kernel in ("python3", spec.NAME)]
        first_reply(spec.NAME, folder)  # the second one asks for warmth
        warm = nest.nest((), nest.MEMORY_BYTES)
        warm.wait_until_warm()
        found.append(first_reply(spec.NAME, folder))
        warm.close()
        if number:  # the first round finds the disk's cache cold
            for several, one in zip(times, found, strict=True):
                several.append(one)
    return times


def first_reply(kernel: str, folder: Path) -> float:
    """Seconds from asking for a kernel to the reply to its first cell."""
    manager = KernelManager(kernel_name=kernel)
    began = time.perf_counter()
    manager.start_kernel(cwd=str(folder))
    client = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=_PATIENCE)
    client.execute("1 + 1", reply=True, timeout=_PATIENCE)
    seconds = time.perf_counter() - began
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    return seconds


def _told(times: list[float]) -> str:
    return f"{time_text(median(times))} (best {time_text(min(times))})"
