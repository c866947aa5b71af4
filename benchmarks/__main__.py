"""The benchmark tables: ``python -m benchmarks [NAME …]``."""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import sys
import time
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from benchmarks.harness import QUICK, Settings, as_json, say, table_text

TABLES = ("engine", "drawing", "grading", "box")


def main() -> int:
    """Run the tables asked for, print them, and write them down where ``--json`` says."""
    there = [name for name in TABLES if find_spec(f"benchmarks.{name}")]
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure coursekit.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"which tables: {', '.join(there)} (all)")
    parser.add_argument("--quick", action="store_true", help="under a minute, less exact")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there too")
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="PATH",
        help="another interpreter, for peers that are not installed in this one (may be repeated)",
    )
    given = parser.parse_args()
    unknown = [name for name in given.names if name not in there]
    if unknown:
        parser.error(f"no table {unknown[0]!r}; there are {', '.join(there)}")
    settings = replace(QUICK if given.quick else Settings(), pythons=tuple(given.python))
    written = {"python": platform.python_version(), "machine": platform.machine(), "tables": {}}
    for name in given.names or there:
        start = time.monotonic()
        module = importlib.import_module(f"benchmarks.{name}")
        rows, below = module.run(settings)
        title, _, reading = (module.__doc__ or name).partition("\n")
        print(table_text(title, rows), reading.strip(), below, sep="\n\n", end="\n\n", flush=True)
        written["tables"][name] = as_json(rows)
        say(f"({name}: {time.monotonic() - start:.0f} s)")
    if given.json:
        given.json.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
