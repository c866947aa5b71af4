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

*Freed memory is kept* by the allocator (``KEEP_MEMORY``). Left to itself, glibc may hand a freed array to
the system and take a page fault for every 4 KiB of the next; whether it does hangs on all that the process
has allocated before. For arrays of 128 KiB it makes half as much again, by chance.

*The collector runs* as it does for users, and nobody tidies up between calls: who leaves garbage behind pays
for it in the next call.

A table module ``benchmarks/NAME.py`` has a function ``run(settings)`` that returns what a :class:`Table` is
made of: its rows, or a tuple of rows, a text to print below, and plain data for ``--json``. The first line of
its docstring is the title, the rest says how to read the table. ``python -m benchmarks NAME`` runs it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from benchmarks.work import EXACT, TOLERANCE, disagreement

ROOT = Path(__file__).resolve().parents[1]

ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
    "JAX_PLATFORMS": "cpu",
}

KEEP_MEMORY = {"MALLOC_MMAP_THRESHOLD_": str(32 * 2**20), "MALLOC_TRIM_THRESHOLD_": str(512 * 2**20)}


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
    """What one peer needed.

    Attributes
    ----------
    label
        What the tables call the peer.
    rounds
        Seconds a call in each round; empty if it was not timed.
    note, broken
        Why it was not timed, and whether that is a failure (it broke, or its result was wrong) or its package
        is just not installed.
    version
        The version of its package.
    """

    label: str
    rounds: list[float] = field(default_factory=list)
    note: str = ""
    broken: bool = False
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


# ---- measuring --------------------------------------------------------------------------------------------


class Peer:
    """One peer at one work, in its own process."""

    def __init__(self, name: str, work: str, pythons: Sequence[str]) -> None:
        module, _, variant = name.partition("/")
        self.module, self.work = module, f"{work}/{variant}" if variant else work
        self.pythons = list(pythons)
        self.process: subprocess.Popen[str] | None = None
        self.figure = Figure(label_of(module, variant))
        self.result: list[float] = []

    def start(self) -> None:
        """Start the process; it begins to make its work ready."""
        self.process = subprocess.Popen(
            [self.pythons.pop(0), "-m", "benchmarks.worker", self.module, self.work],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=ROOT,
            env={**os.environ, **ONE_THREAD, **KEEP_MEMORY, "PYTHONPATH": str(ROOT)},
        )

    def ready(self) -> None:
        """Wait for the result; ask the next interpreter where the package is missing."""
        answer = self._receive()
        while "missing" in answer and self.pythons:
            self.stop()
            self.start()
            answer = self._receive()
        if "missing" in answer:
            self.figure.note = f"{answer['missing']} not installed"
            self.stop()
        elif "error" in answer:
            say(f"{self.module} could not do {self.work}:\n{answer['error']}")
            self.give_up("broke")
        else:
            self.result, self.figure.version = answer["result"], answer["version"]

    def measure(self, settings: Settings, clock: str) -> None:
        """Take one turn."""
        order = {
            "clock": clock,
            "samples": settings.samples,
            "sample_seconds": settings.sample_seconds,
            "round_seconds": settings.round_seconds,
        }
        answer = self._receive(order)
        if "error" in answer:
            say(f"{self.module} broke at {self.work}:\n{answer['error']}")
            self.figure.rounds.clear()
            self.give_up("broke")
        else:
            self.figure.rounds.append(answer["seconds"])

    def give_up(self, note: str) -> None:
        """End the process and say why."""
        self.figure.note, self.figure.broken = note, True
        self.stop()

    def stop(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def _receive(self, order: dict[str, Any] | None = None) -> dict[str, Any]:
        process = self.process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        if order is not None:
            process.stdin.write(json.dumps(order) + "\n")
            process.stdin.flush()
        line = process.stdout.readline()
        answer: dict[str, Any] = json.loads(line) if line else {"error": "its process ended"}
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
        ``"module"`` or ``"module/variant"``; a module of ``benchmarks.peers``, or any by its full name.
    settings
        With ``rounds=0`` the results are compared and nothing is timed.
    reference
        The peer whose result is taken as right.
    clock
        ``"cpu"`` (processor time of the process) or ``"wall"``.

    Returns
    -------
    A figure for each peer, by the name it was asked for. A peer that is not installed, breaks, or has a
    result that is not the reference's, has no rounds but a note; the details go to the error stream.

    Raises
    ------
    RuntimeError
        If the reference itself has no result.
    """
    running: dict[str, Peer] = {}
    try:
        for name in peers:
            running[name] = Peer(name, work, [sys.executable, *settings.pythons])
            running[name].start()
        for peer in running.values():
            peer.ready()
        if not running[reference].result:
            raise RuntimeError(f"no reference: {reference} at {work} {running[reference].figure.note}")
        _compare(work, running, running[reference].result)
        for _ in range(settings.rounds):
            for peer in running.values():
                if peer.process is not None:
                    peer.measure(settings, clock)
    finally:
        for peer in running.values():
            peer.stop()
    return {name: peer.figure for name, peer in running.items()}


def _compare(work: str, running: Mapping[str, Peer], right: Sequence[float]) -> None:
    for name, peer in running.items():
        if peer.process is not None:
            error = disagreement(peer.result, right) if peer.result else 0.0
            if error > TOLERANCE.get(work, EXACT):
                say(f"{name} is wrong at {work}: relative error {error:.1e}")
                peer.give_up("wrong result")


def label_of(module: str, variant: str = "") -> str:
    """Return what the tables call a peer.

    >>> label_of("micrograd_peer", "collector paused"), label_of("numpy_hand")
    ('micrograd, collector paused', 'NumPy by hand')
    """
    named = {"numpy_hand": "NumPy by hand", "floats": "floats by hand", "jax_peer": "jax.jit"}
    label = named.get(module, module.removesuffix("_peer").replace("_", " "))
    return f"{label}, {variant}" if variant else label


def say(text: str) -> None:
    """Tell whoever waits what is being done; not part of the table."""
    print(text, file=sys.stderr, flush=True)


# ---- rows and tables --------------------------------------------------------------------------------------


@dataclass
class Row:
    """A line of a table: what was measured, the figure, what it is held against, the target, whether met.

    ``met`` is ``None`` where there is no target, or where something was not there to be measured. ``value``
    is the number that the target is about.
    """

    work: str
    figure: str
    ratio: str = ""
    target: str = ""
    met: bool | None = None
    note: str = ""
    value: float | None = None


class Table(NamedTuple):
    """What a table module's ``run`` returns: rows, a text to print below, and plain data for ``--json``."""

    rows: list[Row]
    below: str = ""
    data: Any = None


def at_most(work: str, mine: Figure, other: Figure, limit: float | None, against: str = "") -> Row:
    """Return the row of a target "at most ``limit`` times what the other needs"; ``None``: just stated."""
    ratio = mine.over(other)
    target = "stated" if limit is None else f"≤ {limit:g} ×"
    if ratio is None:
        return _not_measured(work, mine, other, target)
    text = f"{digits(ratio)} × {against or other.label}"
    met = None if limit is None else ratio <= limit
    return Row(work, time_text(mine.seconds or 0.0), text, target, met, value=ratio)


def faster(work: str, mine: Figure, other: Figure, by: float | None) -> Row:
    """Return the row of a target "at least ``by`` times as fast as the other"; ``None``: just stated."""
    ratio = other.over(mine)
    target = "stated" if by is None else f"≥ {by:g} × faster" if by > 1.0 else "ahead"
    if ratio is None:
        return _not_measured(work, mine, other, target)
    text = f"{digits(ratio)} × faster than {other.label}"
    met = None if by is None else ratio >= by
    return Row(work, time_text(mine.seconds or 0.0), text, target, met, value=ratio)


def _not_measured(work: str, mine: Figure, other: Figure, target: str) -> Row:
    figure = time_text(mine.seconds) if mine.seconds else "–"
    note = mine.note or (f"{other.label}: {other.note}" if other.note else f"{other.label} not run")
    return Row(work, figure, "", target, None, note)


def table_text(title: str, rows: Sequence[Row]) -> str:
    """Return rows as a table for a terminal; it is Markdown too."""
    met = {True: "yes", False: "NO", None: "–"}
    lines = [("work", "figure", "ratio", "target", "met")]
    for row in rows:
        ratio = " ".join(filter(None, [row.ratio, f"({row.note})" if row.note else ""]))
        lines.append((row.work, row.figure, ratio, row.target, met[row.met] if row.target else ""))
    return f"## {title}\n\n" + grid(lines)


def peer_grid(figures: Mapping[str, Mapping[str, Figure]]) -> str:
    """Return the time of every peer at every work as a table, and the packages' versions below.

    In brackets stands the ratio to the first peer of the work.
    """
    labels = list(dict.fromkeys(figure.label for of_work in figures.values() for figure in of_work.values()))
    lines = [["peer", *figures]]
    for label in labels:
        cells = []
        for of_work in figures.values():
            first = next(iter(of_work.values()))
            found = [figure for figure in of_work.values() if figure.label == label]
            cells.append(_cell(found[0], first) if found else "")
        lines.append([label, *cells])
    versions = {
        f.label.split(",")[0].split(" by")[0]: f.version for row in figures.values() for f in row.values()
    }
    return f"{grid(lines)}\n\n{', '.join(f'{label} {v}' for label, v in versions.items() if v)}"


def _cell(figure: Figure, first: Figure) -> str:
    ratio = figure.over(first)
    if figure.seconds is None:
        return "not installed" if "not installed" in figure.note else figure.note
    return time_text(figure.seconds) + (f" ({digits(ratio)})" if ratio and figure is not first else "")


def grid(lines: Sequence[Sequence[str]]) -> str:
    """Return lines of cells as a Markdown table with aligned columns; the first line is the head."""
    widths = [max(len(line[i]) for line in lines) for i in range(len(lines[0]))]
    rule = ["-" * width for width in widths]
    padded = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in [lines[0], rule, *lines[1:]]
    ]
    return "\n".join(padded)


def time_text(seconds: float) -> str:
    """Return a time with three digits and a unit.

    >>> time_text(1.4e-7), time_text(0.0123), time_text(0.99999e-3)
    ('140 ns', '12.3 ms', '1 ms')
    """
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= 0.9995 * size:
            return f"{digits(seconds / size)} {unit}"
    return f"{digits(seconds / 1e-9)} ns"


def digits(x: float) -> str:
    """Return a number with three digits.

    >>> digits(0.45678), digits(12.34), digits(1234.5), digits(0.00179)
    ('0.457', '12.3', '1,234', '0.00179')
    """
    return f"{x:,.0f}" if x >= 99.95 else f"{x:.3g}"
