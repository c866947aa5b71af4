"""`coursekit doctor --attack`: try the suite on this machine and say of each entry whether it was held."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Sequence

from autograder.attacks import suite
from autograder.attacks.corpus import ENTRIES, SAMPLE
from autograder.attacks.entry import Entry
from autograder.box import Level

_SHOWN = 2000  # characters of one finding


def attack(level: Level, *, sample: bool = False, workers: int = 1) -> bool:
    """Run the suite at a level, print what became of each entry, and return whether all were held."""
    entries = SAMPLE if sample else ENTRIES
    started = time.monotonic()
    print(f"\nattacking the grader at level {level} with {len(entries)} entries …", file=sys.stderr)
    outcome = _with_bar(entries, suite.Machine(level), workers)
    print(table(entries, outcome.findings))
    passed = {finding.who for finding in outcome.findings}
    kinds = Counter(entry.kind for entry in entries)
    memory = ", ".join(f"{kind} {peak:.0f} MB" for kind, peak in sorted(outcome.memory.items()))
    print(
        f"\n{len(entries)} entries ({', '.join(f'{count} {kind}' for kind, count in kinds.items())})\n"
        f"{sum(entry.id not in passed for entry in entries)} held, "
        f"{sum(entry.id in passed for entry in entries)} not; "
        f"{'something is wrong with the run itself; ' if 'run' in passed else ''}"
        f"each followed by an honest submission. Isolation: {level}. "
        f"Peak memory: {memory}. {time.monotonic() - started:.0f} s."
    )
    return not outcome.findings


def _with_bar(entries: Sequence[Entry], machine: suite.Machine, workers: int) -> suite.Outcome:
    """Run the suite; a terminal shows how far it is."""
    from tqdm import tqdm

    total = suite.submissions(entries)
    with tqdm(total=total, unit=" submissions", leave=False, disable=not sys.stderr.isatty()) as bar:

        def progress(graded: int) -> None:
            bar.update(min(graded, total) - bar.n)

        return suite.run(entries, machine, workers=workers, progress=progress)


def table(entries: Sequence[Entry], findings: Sequence[suite.Finding]) -> str:
    """Return a line for each entry, and below it what was found.

    >>> entry = Entry("forge-nothing", "hands in what it knows by heart", 7.0)
    >>> print(table([entry], [suite.Finding("forge-nothing", "got 9, deserves 7.")]))
    entry          class  held  what it does
    ---------------------------------------------------------
    forge-nothing  forge  NO    hands in what it knows by heart
        got 9, deserves 7.
    """
    found: dict[str, list[str]] = {}
    for finding in findings:
        found.setdefault(finding.who, []).append(finding.what[:_SHOWN])
    name = max(len(entry.id) for entry in entries)
    kind = max(len(entry.kind) for entry in entries)
    head = f"{'entry':<{name}}  {'class':<{kind}}  held  what it does"
    lines = [head, "-" * (len(head) + 20)]
    for entry in entries:
        held = "NO" if entry.id in found else "yes"
        lines.append(f"{entry.id:<{name}}  {entry.kind:<{kind}}  {held:<4}  {entry.about}")
        lines += [f"    {what}" for what in found.get(entry.id, ())]
    lines += [f"the run itself: {what}" for what in found.get("run", ())]
    return "\n".join(lines)
