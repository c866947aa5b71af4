"""What makes a process of ours start faster."""

from __future__ import annotations

import sys


def skip_slow_imports() -> None:
    """Spare a second at the start; call it before nbformat or nbgrader is imported.

    nbformat imports jsonschema, and that compiles a grammar of international web addresses if the package
    rfc3987-syntax happens to be installed. No notebook needs it, and jsonschema is content without it.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]  # None: as if not installed
