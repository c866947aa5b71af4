"""The annex: the one number among a deck's announcements that can be checked."""

from __future__ import annotations

from typing import Any

from coursekit import functions as ck
from coursekit.examples.base import collect, examples_of_unit

example = examples_of_unit(13)


@example(
    "WE-USC-23",
    "USC-02",
    "Enrolment",
    "175 = 61 doctoral + 102 master's + 12 undergraduate students",
    printed=175,
    true=175.0,
)
def enrolment() -> Any:
    """Add them up."""
    return ck.sum([61, 102, 12])


EXAMPLES = collect(vars())
