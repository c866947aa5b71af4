"""The command ``coursekit``: grading, for those who have the checkout."""

from __future__ import annotations

import importlib
import sys


def main() -> int:
    """Run the command line of the grader, which is not part of the package students install."""
    try:
        cli = importlib.import_module("autograder.cli")
    except ModuleNotFoundError as error:
        if error.name not in ("autograder", "autograder.cli"):
            raise
        print(
            "coursekit: the grader is part of the checkout, not of the package: clone it and run `make demo`"
        )
        return 2
    return int(cli.main())


if __name__ == "__main__":
    sys.exit(main())
