"""`check`: a question's cases are run, compared and explained, in the notebook and in the judge alike.

There is no module called ``check``: it would take the place of the function ``coursekit.check`` as soon as
anybody imported it.
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import Protocol

from coursekit.checking.asking import OutOfTime
from coursekit.checking.marking import Finding, Report, mark, out_of_time
from coursekit.checking.sheet import Sheet
from coursekit.errors import CheckFailed

__all__ = ["CASES", "Cases", "check"]


class Cases(Protocol):
    """Where the cases come from, and who is told what came of them."""

    def sheet(self, slug: str) -> Sheet:
        """The question of this name."""

    def marked(self, report: Report) -> None:
        """Take what came of it."""

    def limit(self) -> AbstractContextManager[None]:
        """A block in which answers may take only so long."""


CASES: ContextVar[Cases | None] = ContextVar("where check finds its cases", default=None)
"""Not set in a notebook: there the cases are those of ``checks.json``, which lies beside it."""


def check(slug: str) -> None:
    """Check your answer to a question, on the cases that are shown to you.

    Parameters
    ----------
    slug : str
        The question's name, as in the test cell.

    Raises
    ------
    CheckFailed
        Something is not right yet; the message is the hint. The exercises of a lecture only show it.
    CheckUnavailable
        There is no such question here, or ``checks.json`` is missing.
    """
    cases = CASES.get()
    names = sys._getframe(1).f_globals  # of the notebook: there the answer is
    library: AbstractContextManager[None] = nullcontext()
    if cases is None:
        from coursekit.checking.notebook import Notebook, as_when_graded

        cases = Notebook()
        sheet = cases.sheet(slug)
        if not sheet.exercise:
            library = as_when_graded(names)
    else:
        sheet = cases.sheet(slug)
    try:
        with library, cases.limit():
            report = mark(sheet, names)
    except OutOfTime as late:
        report = Report(sheet, [Finding(None, out_of_time(sheet, late))])
    cases.marked(report)
    if not (report.passed or sheet.exercise):  # "Run All" goes on to the end of a lecture
        raise CheckFailed(str(report))
