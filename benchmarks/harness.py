"""How things are measured here; every table of ``python -m benchmarks`` is made with this file.

*Peers in processes of their own.* A peer is a module in ``benchmarks/peers``. :func:`race` starts one process
for each peer of a work, so that nobody runs on a heap, an allocator or a garbage collector that another has
filled; all have one thread.

*Right before fast.* Each peer's result is compared with the reference's; a wrong one is not timed.

*Interleaved rounds.* In each round every peer gets its turn, so that a machine that is busy or slow for a
while is so for all. A turn is the median of several samples, each long enough for the clock; a figure is the
median over rounds, and a ratio is the median over rounds of the ratio within the round. Work that takes long
(more than ``round_seconds``) has one sample a round.

*Processor time*, not the time on the wall, unless asked for: this measures the work, not the neighbours.

A table module ``benchmarks/NAME.py`` has a function ``run(settings)`` that returns the rows of its table and
a text to print below it (it may be empty). The first line of its docstring is the title, the rest says how to
read the table. ``python -m benchmarks NAME`` runs it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.work import EXACT, TOLERANCE, disagreement

ROOT = Path(__file__).resolve().parents[1]

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_ENABLE_X64": "1",
    "JAX_PLATFORMS": "cpu",
    "PYTHONHASHSEED": "0",
}


@dataclass(frozen=True)
class Settings:
    """How long to measure, and where else to look for peers.

    Attributes
    ----------
    rounds, samples
        How many rounds, and at most how many samples a peer takes in each.
    sample_seconds, round_seconds
        How long a sample lasts at least, and after how long no further sample is begun.
    pythons
        Other interpreters to ask for peers that are not installed here.
    quick
        Whether to leave out what takes long.
    """

    rounds: int = 5
    samples: int = 7
    sample_seconds: float = 0.02
    round_seconds: float = 0.4
    pythons: tuple[str, ...] = ()
    quick: bool = False


QUICK = Settings(rounds=3, samples=3, sample_seconds=0.005, round_seconds=0.05, quick=True)


@dataclass
class Figure:
    """What one peer needed: seconds a call in each round; none if it was not timed, and ``note`` says why."""

    peer: str
    label: str
    rounds: list[float] = field(default_factory=list)
    note: str = ""
    version: str = ""

    @property
    def seconds(self) -> float | None:
        """The median over rounds."""
        return median(self.rounds) if self.rounds else None

    def over(self, other: Figure) -> float | None:
        """Return how many times the other's time this one needs: the median over rounds."""
        if not self.rounds or not other.rounds:
            return None
        return median(a / b for a, b in zip(self.rounds, other.rounds, strict=True))


@dataclass
class Row:
    """A line of a table: what was measured, the figure, what it is held against, the target, and whether met.

    ``met`` is ``None`` where there is no target, or where something was not there to be measured.
    """

    work: str
    figure: str
    ratio: str = ""
    target: str = ""
    met: bool | None = None
    note: str = ""
    value: float | None = None  # the number behind ``ratio``, or behind ``figure`` where there is no ratio


class Peer:
    """One peer at one work, in its own process."""

    def __init__(self, name: str, work: str, pythons: Sequence[str]) -> None:
        self.name, self.work, self.pythons = name, work, list(pythons)
        self.process: subprocess.Popen[str] | None = None
        self.figure = Figure(name, label_of(name, work))
        self.result: list[float] = []

    def start(self) -> None:
        """Start the process; it begins to make its work ready."""
        environment = {**os.environ, **ONE_THREAD, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [self.pythons.pop(0), "-m", "benchmarks.worker", self.name, self.work],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            env=environment,
        )

    def ready(self) -> None:
        """Wait for the result; try the next interpreter where the package is missing.

        Raises
        ------
        RuntimeError
            If the peer broke.
        """
        while True:
            answer = self._receive()
            if "missing" not in answer:
                break
            self.figure.note = answer["missing"]
            self.stop()
            if not self.pythons or "not installed" not in answer["missing"]:
                return
            self.start()
        if "error" in answer:
            raise RuntimeError(f"{self.name} could not do {self.work}:\n{answer['error']}")
        self.figure.note = ""
        self.result, self.figure.version = answer["result"], answer["version"]

    def measure(self, settings: Settings, clock: str) -> None:
        """Take one turn."""
        assert self.process is not None
        assert self.process.stdin is not None
        order = {
            "clock": clock,
            "samples": settings.samples,
            "sample_seconds": settings.sample_seconds,
            "round_seconds": settings.round_seconds,
        }
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        self.figure.rounds.append(self._receive()["seconds"])

    def stop(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def _receive(self) -> dict[str, Any]:
        assert self.process is not None
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the process of {self.name} ended while it worked on {self.work}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def race(
    work: str, peers: Iterable[str], settings: Settings, reference: str, clock: str = "cpu"
) -> dict[str, Figure]:
    """Measure peers at one work.

    Parameters
    ----------
    work
        The work's name, without a variant.
    peers
        ``"module"`` or ``"module/variant"``; modules of ``benchmarks.peers``.
    reference
        The peer whose result is taken as right.
    clock
        ``"cpu"`` (processor time of the process) or ``"wall"``.

    Returns
    -------
    A figure for each peer, by the name it was asked for.

    Raises
    ------
    RuntimeError
        If a peer breaks.
    AssertionError
        If a peer's result is not the reference's.
    """
    running: dict[str, Peer] = {}
    try:
        for peer in peers:
            module, _, variant = peer.partition("/")
            running[peer] = Peer(
                module, f"{work}/{variant}" if variant else work, [sys.executable, *settings.pythons]
            )
            running[peer].start()
        for peer in running.values():
            peer.ready()
        _compare(work, running, reference)
        timed = [peer for peer in running.values() if peer.process is not None]
        for _ in range(settings.rounds):
            for peer in timed:
                peer.measure(settings, clock)
    finally:
        for peer in running.values():
            peer.stop()
    return {name: peer.figure for name, peer in running.items()}


def _compare(work: str, running: dict[str, Peer], reference: str) -> None:
    right = running[reference].result
    for peer in running.values():
        if peer.result:
            error = disagreement(peer.result, right)
            assert error <= TOLERANCE.get(work, EXACT), (
                f"{peer.name} differs from {reference} at {peer.work} by {error:.1e} (relative)"
            )


def label_of(peer: str, work: str) -> str:
    """Return what the tables call a peer at a work: ``micrograd_peer`` is micrograd."""
    variant = work.partition("/")[2]
    label = peer.removesuffix("_peer").replace("_", " ")
    return f"{label}, {variant}" if variant else label


def say(text: str) -> None:
    """Tell whoever waits what is being done; not part of the table."""
    print(text, file=sys.stderr, flush=True)


# ---- rows and tables --------------------------------------------------------------------------------------


def time_text(seconds: float) -> str:
    """Return a time with three digits and a unit.

    >>> time_text(1.4e-7), time_text(0.0123)
    ('140 ns', '12.3 ms')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{digits(seconds / size)} {unit}"
    return f"{digits(seconds / 1e-9)} ns"


def digits(x: float) -> str:
    """Return a number with three digits.

    >>> digits(0.45678), digits(12.34), digits(1234.5)
    ('0.457', '12.3', '1,234')
    """
    return f"{x:,.0f}" if x >= 100 else f"{x:.3g}"


def at_most(work: str, mine: Figure, other: Figure, limit: float, against: str = "") -> Row:
    """Return the row of a target "at most ``limit`` times what the other needs"."""
    ratio = mine.over(other)
    target = f"≤ {limit:g} ×"
    if ratio is None:
        return _not_measured(work, mine, other, target)
    text = f"{digits(ratio)} × {against or other.label}"
    return Row(work, time_text(mine.seconds or 0.0), text, target, ratio <= limit, value=ratio)


def faster(work: str, mine: Figure, other: Figure, by: float, against: str = "") -> Row:
    """Return the row of a target "at least ``by`` times as fast as the other"."""
    ratio = other.over(mine)
    target = f"≥ {by:g} × faster" if by > 1 else "ahead"
    if ratio is None:
        return _not_measured(work, mine, other, target)
    text = f"{digits(ratio)} × faster than {against or other.label}"
    return Row(work, time_text(mine.seconds or 0.0), text, target, ratio >= by, value=ratio)


def _not_measured(work: str, mine: Figure, other: Figure, target: str) -> Row:
    figure = time_text(mine.seconds) if mine.seconds else "missing"
    return Row(work, figure, "", target, None, mine.note or f"{other.label}: {other.note or 'not run'}")


def table_text(title: str, rows: Sequence[Row]) -> str:
    """Return rows as a table for a terminal; it is Markdown too."""
    met = {True: "yes", False: "NO", None: "–"}
    lines = [("work", "figure", "ratio", "target", "met")]
    for row in rows:
        ratio = " ".join(filter(None, [row.ratio, f"({row.note})" if row.note else ""]))
        lines.append((row.work, row.figure, ratio, row.target, met[row.met] if row.target else ""))
    return f"## {title}\n\n" + grid(lines)


def grid(lines: Sequence[Sequence[str]]) -> str:
    """Return lines of cells as a Markdown table with aligned columns; the first line is the head."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    rule = ["-" * width for width in widths]
    padded = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in [lines[0], rule, *lines[1:]]
    ]
    return "\n".join(padded)


def as_json(rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Return rows as plain data."""
    return [asdict(row) for row in rows]


def peer_grid(figures: Mapping[str, Mapping[str, Figure]]) -> str:
    """Return the time of every peer at every work, as a table; works are columns."""
    peers = list(dict.fromkeys(figure.label for row in figures.values() for figure in row.values()))
    lines = [["peer", *figures]]
    for label in peers:
        cells = []
        for row in figures.values():
            figure = next((f for f in row.values() if f.label == label), None)
            cells.append("" if figure is None else _cell(figure))
        version = next((f.version for row in figures.values() for f in row.values() if f.label == label), "")
        lines.append([f"{label} {version}".rstrip(), *cells])
    return grid(lines)


def _cell(figure: Figure) -> str:
    return time_text(figure.seconds) if figure.seconds is not None else figure.note
