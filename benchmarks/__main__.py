"""The benchmark tables: ``python -m benchmarks [NAME …]``."""

from __future__ import annotations

import argparse
import importlib
import json
import platform
import sys
import time
import traceback
from dataclasses import asdict, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from benchmarks.harness import QUICK, Settings, Table, say, table_text

TABLES = ("engine", "drawing", "widgets", "homework", "grading", "box")


def main(arguments: list[str] | None = None) -> int:
    """Run the tables asked for, print them, and write them down where ``--json`` says.

    Returns 0 if every table could be made, whatever its figures; 1 if one could not.
    """
    there = [name for name in TABLES if find_spec(f"benchmarks.{name}")]
    parser = _parser(there)
    given = parser.parse_args(arguments)
    unknown = [name for name in given.names if name not in there]
    if unknown:
        parser.error(f"no table {unknown[0]!r}; there are {', '.join(there)}")
    settings = replace(QUICK if given.quick else Settings(), pythons=tuple(given.python))
    written: dict[str, Any] = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "tables": {},
    }
    failed = []
    for name in given.names or there:
        start = time.monotonic()
        module = importlib.import_module(f"benchmarks.{name}")
        if not hasattr(module, "run"):
            say(f"{name} makes no table here; it runs alone: python -m benchmarks.{name}")
            continue
        try:
            result = module.run(settings)
        except Exception:
            say(f"the table {name} could not be made:\n{traceback.format_exc()}")
            failed.append(name)
            continue
        table = Table(*result) if isinstance(result, tuple) else Table(result)
        title, _, reading = (module.__doc__ or name).partition("\n")
        texts = [table_text(title, table.rows), reading.strip(), table.below]
        print(*filter(None, texts), sep="\n\n", end="\n\n", flush=True)
        written["tables"][name] = {"rows": [asdict(row) for row in table.rows], "data": table.data}
        say(f"({name}: {time.monotonic() - start:.0f} s)")
    if given.json:
        given.json.write_text(json.dumps(written, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 1 if failed else 0


def _parser(there: list[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measure coursekit.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(there)}; all if left out")
    parser.add_argument("--quick", action="store_true", help="under a minute a table, less exact")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write rows and figures there too")
    parser.add_argument(
        "--python",
        action="append",
        default=[],
        metavar="PATH",
        help="another interpreter, for peers that are not installed in this one (may be repeated)",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
