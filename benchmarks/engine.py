"""The engine: gates, graphs, generated code and gradient checks.

Each line is one target: what was measured, its processor time, the ratio to what it is held against, the
target, and whether it is met. "Floats" is hand-written Python, "NumPy" hand-written NumPy; both are stable
and as good as we can write them (``peers/floats.py``, ``peers/numpy_hand.py``), so a ratio of 1 is backprop
by hand. Ratios carry over from one machine to another; the times do not. A ratio within a tenth of its target
may land on either side from run to run.

The naive loop of the gradient check is hand-written NumPy, entry by entry; a "function" is a plain one, of
one vector, and is held against the loop over the same function. "Memory reused" is
``compile(reuse_memory=True)``; hand-written NumPy that does the same stands below.

Below it stands every peer at every work (``work.py`` says what each is), in brackets the ratio to the first.
Libraries made for large arrays, such as torch and jax, are not at home on single numbers: there they show
their overhead, nothing more. They are measured where they are installed, here or in another interpreter
(``--python``).
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import asdict, replace
from statistics import median

from benchmarks.harness import ROOT, Figure, Row, Settings, Table, at_most, faster, peer_grid, race, say

COMPILED, GRAPH, BY_RUN, CHECK = (
    "coursekit_compiled",
    "coursekit_graph",
    "coursekit_define_by_run",
    "coursekit_check",
)
BY_RUN_PAUSED = f"{BY_RUN}/collector paused"
COMPILED_REUSED = f"{COMPILED}/memory reused"
FLOATS, NUMPY = "floats", "numpy_hand"
NUMPY_REUSED = f"{NUMPY}/memory reused"
MICROGRAD, AUTOGRAD, MYGRAD, TORCH, JAX = (
    "micrograd_peer",
    "autograd_peer",
    "mygrad_peer",
    "torch_peer",
    "jax_peer",
)
OURS = [COMPILED, GRAPH, BY_RUN]
ON_NUMBERS = [FLOATS, NUMPY, *OURS, MICROGRAD, AUTOGRAD, MYGRAD, TORCH, JAX]
ON_ARRAYS = [NUMPY, *OURS, AUTOGRAD, MYGRAD, TORCH, JAX]

PEERS = {
    "g": ON_NUMBERS,
    "sigmoids": ON_NUMBERS,
    "net": [*ON_NUMBERS, BY_RUN_PAUSED, f"{MICROGRAD}/collector paused"],
    "graph_1k": ON_NUMBERS,
    "graph_100k": [peer for peer in ON_NUMBERS if peer != JAX],  # would compile for hours
    "mlp_128": [*ON_ARRAYS, COMPILED_REUSED, NUMPY_REUSED],
    "mlp_1": ON_ARRAYS,
    "check": [
        NUMPY,
        f"{NUMPY}/function",
        f"{CHECK}/graph",
        f"{CHECK}/Sequential",
        f"{CHECK}/function",
        f"{CHECK}/direction",
        f"{AUTOGRAD}/direction",
    ],
}
SLOW = {"graph_1k": [JAX], "graph_100k": [MICROGRAD, AUTOGRAD, MYGRAD, TORCH]}
"""Peers that a quick run leaves out: seconds a call, or seconds to compile."""

ROUNDS = {"graph_100k": 3}  # at most: some peers need seconds a call

REFERENCE = {"mlp_128": NUMPY, "mlp_1": NUMPY, "check": NUMPY}  # else the floats


def measure(settings: Settings) -> dict[str, dict[str, Figure]]:
    """Return a figure for each work and peer."""
    figures, start = {}, time.monotonic()
    for work, peers in PEERS.items():
        left_out = SLOW.get(work, []) if settings.quick else []
        say(f"{time.monotonic() - start:5.0f} s  {work}")
        timed = [peer for peer in peers if peer not in left_out]
        rounds = min(settings.rounds, ROUNDS.get(work, settings.rounds))
        figures[work] = race(work, timed, replace(settings, rounds=rounds), REFERENCE.get(work, FLOATS))
    return figures


def run(settings: Settings) -> Table:
    """Return the rows of the table, every peer's figures as text, and the raw rounds."""
    figures = measure(settings)
    say("import coursekit")
    rows = [*targets(figures), *imports(settings)]
    broken = [
        f"{figure.label} at {work}: {figure.note}"
        for work, of_work in figures.items()
        for figure in of_work.values()
        if figure.broken
    ]
    below = "\n\n".join([*broken, peer_grid(figures)])
    raw = {work: {peer: asdict(f) for peer, f in of_work.items()} for work, of_work in figures.items()}
    return Table(rows, below, raw)


def targets(figures: Mapping[str, Mapping[str, Figure]]) -> list[Row]:
    """Hold the figures against what was set out to be reached."""
    g, sigmoids, net = figures["g"], figures["sigmoids"], figures["net"]
    small, large = figures["graph_1k"], figures["graph_100k"]
    batch, single, check = figures["mlp_128"], figures["mlp_1"], figures["check"]
    rows = [
        at_most("g(w), compiled", g[COMPILED], g[FLOATS], 1.3),
        faster("g(w), compiled", g[COMPILED], g[MICROGRAD], 50),
        at_most("two-sigmoid net, compiled", sigmoids[COMPILED], sigmoids[FLOATS], 1.4),
        faster("two-sigmoid net, compiled", sigmoids[COMPILED], sigmoids[MICROGRAD], 40),
        at_most("net 2-16-16-1, 100 points, compiled with sum_over", net[COMPILED], net[FLOATS], 0.6),
        faster("net 2-16-16-1, 100 points, compiled with sum_over", net[COMPILED], net[MICROGRAD], 500),
        faster("net 2-16-16-1, 100 points, define-by-run", net[BY_RUN], net[MICROGRAD], 5),
        faster("net 2-16-16-1, define-by-run, collector paused", net[BY_RUN_PAUSED], net[MICROGRAD], 12),
        at_most("1,000 gates, compiled", small[COMPILED], small[FLOATS], 0.5),
        at_most("100,000 gates, gate by gate", large[GRAPH], large[NUMPY], 2.0),
        at_most("100,000 gates, compiled", large[COMPILED], large[NUMPY], 1.0),
    ]
    for size, mlp, limit in (("batch 128", batch, 0.9), ("batch 1", single, 1.05)):
        name = f"MLP 64-128-64-10, {size}, compiled"
        rows.append(at_most(name, mlp[COMPILED], mlp[NUMPY], limit))
        if COMPILED_REUSED in mlp:
            rows.append(at_most(f"{name}, memory reused", mlp[COMPILED_REUSED], mlp[NUMPY], limit))
        rows += [faster(name, mlp[COMPILED], mlp[peer], 1) for peer in (AUTOGRAD, MYGRAD, JAX)]
        rows.append(faster(name, mlp[COMPILED], mlp[TORCH], None))
    for kind, loop, limit in (
        ("graph", NUMPY, 0.2),
        ("Sequential", NUMPY, 0.2),
        ("function", f"{NUMPY}/function", 1.1),
        ("direction", NUMPY, 0.002),
    ):
        name = f"check of 10,062 parameters, {kind}"
        rows.append(at_most(name, check[f"{CHECK}/{kind}"], check[loop], limit, "naive loop"))
    return rows


# ---- what importing costs ----------------------------------------------------------------------------------


def imports(settings: Settings) -> list[Row]:
    """Measure ``import coursekit`` in fresh interpreters, and look at what it loads."""
    rounds = 7 if settings.quick else 25
    bare, loaded = [], []
    for _ in range(rounds + 1):
        bare.append(interpreter_seconds("pass"))
        loaded.append(interpreter_seconds("import coursekit"))
    above = median(b - a for a, b in zip(bare[1:], loaded[1:], strict=True))  # the first one writes bytecode
    names = "import coursekit, sys; print(*sorted({'numpy', 'matplotlib'} & set(sys.modules)))"
    heavy = subprocess.run(
        [sys.executable, "-c", names], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    figure = f"{1e3 * above:.1f} ms"
    return [
        Row("import coursekit, above bare Python", figure, "", "≤ 25 ms", above <= 0.025, value=above),
        Row(
            "import coursekit, what it loads",
            ", ".join(heavy) or "neither",
            "",
            "no numpy, no matplotlib",
            not heavy,
        ),
    ]


def interpreter_seconds(code: str) -> float:
    """Return the processor time of an interpreter that runs ``code``, from start to end."""
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, code
    return usage.ru_utime + usage.ru_stime
