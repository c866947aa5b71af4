"""What came of one test cell: a pass writes it down, the score and its reason are read from it."""

from __future__ import annotations

from dataclasses import dataclass, field

from coursekit.checking.marking import Report

__all__ = ["Outcome"]


@dataclass
class Outcome:
    """What came of a test cell.

    Attributes
    ----------
    score : float
    error : exception or None
        What stopped it.
    text : str
        What the exception says, taken down while the student's objects in it could still be asked.
    lines : list of int
        Lines of the cell that the exception passed through.
    note, trouble : str
        Why it got no points though nothing was raised; what was wrong in a student cell before it.
    dirty : bool
        The child had met a hidden test when this was found.
    reports : list of Report
        What came of the questions of the bank that it checks.
    unasked : bool
        It says nothing of the answer, and costs no student anything: a question of the bank that cannot be
        asked, its author's slip; or a judge that failed.
    """

    score: float = 0.0
    error: BaseException | None = None
    text: str = ""
    lines: list[int] = field(default_factory=list)
    note: str = ""
    trouble: str = ""
    dirty: bool = False
    reports: list[Report] = field(default_factory=list)
    unasked: bool = False
