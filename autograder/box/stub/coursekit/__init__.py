"""What `import coursekit` finds while homework is graded.

The real library would give the answers away. Checks and pictures do nothing here, so that cells which use
them still run; a check of gradients can be printed and tells nothing; everything else says why it is missing.
"""

from __future__ import annotations

from typing import Any

__all__ = ["check", "check_gate", "check_gradient", "draw", "show", "step_through"]


def check(*arguments: Any, **options: Any) -> None:
    """Do nothing: the questions are checked elsewhere."""


def step_through(*arguments: Any, **options: Any) -> None:
    """Do nothing: nobody looks at pictures here."""


def show(*arguments: Any, **options: Any) -> None:
    """Do nothing: nobody looks at pictures here."""


def draw(*arguments: Any, **options: Any) -> None:
    """Do nothing: nobody looks at pictures here."""


class NotRun:
    """What a check of gradients gives here: it can be shown, and nothing can be read from it."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __repr__(self) -> str:
        return f"coursekit.{self._name} is not run while your homework is graded."

    def __getattr__(self, name: str) -> Any:
        raise _missing(f"{self._name}(…).{name}")


def check_gradient(*arguments: Any, **options: Any) -> NotRun:
    """Check nothing: students compare their gradients where they work."""
    return NotRun("check_gradient")


def check_gate(*arguments: Any, **options: Any) -> NotRun:
    """Check nothing: students compare their gates where they work."""
    return NotRun("check_gate")


def __getattr__(name: str) -> Any:
    if name.startswith("explore_") or name == "playground":
        return draw
    raise _missing(name)


def _missing(name: str) -> AttributeError:
    return AttributeError(
        f"coursekit.{name} is not available while your homework is graded: your own code must give the answer"
    )
