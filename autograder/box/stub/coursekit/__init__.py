"""What `import coursekit` finds while homework is graded.

The real library would give the answers away. Checks and pictures do nothing here, so that cells which use
them still run; everything else says why it is missing.
"""

from __future__ import annotations

from typing import Any

__all__ = ["check", "draw", "show", "step_through"]


def check(*arguments: Any, **options: Any) -> None:
    """Do nothing: the questions are checked elsewhere."""


def step_through(*arguments: Any, **options: Any) -> None:
    """Do nothing: nobody looks at pictures here."""


def show(*arguments: Any, **options: Any) -> None:
    """Do nothing: nobody looks at pictures here."""


def draw(*arguments: Any, **options: Any) -> None:
    """Do nothing: nobody looks at pictures here."""


def __getattr__(name: str) -> Any:
    if name.startswith("explore_") or name == "playground":
        return draw
    raise AttributeError(
        f"coursekit.{name} is not available while your homework is graded: your own code must give the answer"
    )
