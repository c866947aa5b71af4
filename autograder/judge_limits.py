"""How much of the judge's time and memory one notebook may take."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.wire import Caps

__all__ = ["JudgeLimits"]


@dataclass(frozen=True)
class JudgeLimits:
    """What one notebook may take of the judge's time and memory.

    Attributes
    ----------
    cell_seconds, question_seconds, submission_seconds : float
        For one cell of the student's, one test cell, and the whole notebook.
    restarts : int
        How often a child that died or hung is replaced: more often than a notebook has tests.
    output_bytes : int
        Of what one cell shows.
    message_bytes, message_values : int
        Of one value that a student's process sends.
    judge_memory_bytes : int
        What the tests themselves may make of the values that they get.
    """

    cell_seconds: float = 20.0
    question_seconds: float = 5.0
    submission_seconds: float = 60.0
    restarts: int = 40
    output_bytes: int = 64_000
    message_bytes: int = 16 << 20
    message_values: int = 150_000
    judge_memory_bytes: int = 2 << 30

    @property
    def caps(self) -> Caps:
        """The limits of one message."""
        return Caps(blob=self.message_bytes, items=self.message_values)
