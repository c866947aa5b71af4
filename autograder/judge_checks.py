"""`check` in the judge: all cases of a question, asked of remote names, and what came of them.

Everything that decides runs here: the reference, the comparison, the known wrong answers. The student's
process gets the inputs of a case and sends back values.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

from autograder.check_cells import CHECK
from coursekit.checking import CASES, mark
from coursekit.checking.marking import Report
from coursekit.checking.sheet import Sheet
from coursekit.errors import CheckFailed, CheckUnavailable

if TYPE_CHECKING:
    from autograder.question import Question

__all__ = ["Checks", "earned", "summary"]


class Checks:
    """The questions of a notebook's bank while a submission is judged.

    Parameters
    ----------
    questions : mapping
        By slug.
    seed : int
        Of the hidden cases.
    public : bool
        Ask the public cases only: what comes of them may be shown.
    names : dict
        The notebook's names in the judge.

    Attributes
    ----------
    reports : dict
        Slug -> what came of it, since `begin`.
    """

    def __init__(
        self, questions: Mapping[str, Question], seed: int, public: bool, names: dict[str, Any]
    ) -> None:
        self._questions = questions
        self._seed = None if public else seed
        self._names = names
        self._sheets: dict[str, Sheet] = {}
        self._failure: BaseException | None = None
        self._testing = False
        self.reports: dict[str, Report] = {}
        names[CHECK] = self.check

    def begin(self, slugs: Iterable[str]) -> None:
        """Prepare for a test cell that checks these questions, before its time is counted."""
        self._testing = True
        self._failure = None
        self.reports = {}
        for slug in slugs:
            self.sheet(slug)

    def end(self) -> None:
        """The test cell is over: in other cells a check says nothing."""
        self._testing = False

    def check(self, slug: str) -> None:
        """What stands in a test cell for ``ck.check``: marks the question, and raises if it is not right.

        Raises
        ------
        CheckFailed
        """
        if self._testing:
            report = mark(self.sheet(slug), self._names)
            self.reports[slug] = report
            if not report.passed:
                self._failure = CheckFailed(str(report))
                raise self._failure

    def failed(self, error: BaseException | None) -> bool:
        """Whether an error is that of our own check, and not one that a student's code made up."""
        return error is not None and error is self._failure

    def holds_hidden(self, slugs: Iterable[str]) -> bool:
        """Whether hidden cases of these questions are asked."""
        return any(group.hidden for slug in slugs for group in self.sheet(slug).groups)

    # ---- for calls of ``ck.check`` that the plan could not see: `coursekit.checking.Cases` ----

    def sheet(self, slug: str) -> Sheet:
        """A question with its cases."""
        if slug not in self._sheets:
            if slug not in self._questions:
                raise CheckUnavailable(f"There is no question {slug!r} in the assignment's bank.")
            self._sheets[slug] = self._questions[slug].sheet(self._seed)
        return self._sheets[slug]

    def limit(self) -> AbstractContextManager[None]:
        """The judge has deadlines of its own."""
        return contextlib.nullcontext()

    def marked(self, report: Report) -> None:
        """Take down what came of a question."""
        self.reports[report.sheet.slug] = report

    def __enter__(self) -> Checks:
        self._token = CASES.set(self)
        return self

    def __exit__(self, *error: object) -> None:
        CASES.reset(self._token)


def earned(reports: Mapping[str, Report], slugs: Iterable[str]) -> float:
    """The part of a cell's points that its checks have earned, from 0 to 1."""
    parts = [reports[slug].earned if slug in reports else 0.0 for slug in slugs]
    return sum(parts) / len(parts) if parts else 0.0


def summary(reports: Iterable[Report], shown: Iterable[Report] | None) -> str:
    """Why a check failed, for the student: nothing of a hidden case but its title and its author's message.

    Parameters
    ----------
    reports : iterable of Report
        Of the pass that scored.
    shown : iterable of Report or None
        Of a pass that met no hidden case; None if the one that scored had met none before.
    """
    failed = next((report for report in reports if not report.passed), None)
    if failed is None:
        return ""
    first = failed.findings[0]
    hint = failed.misconceptions[0].hint if failed.misconceptions else ""
    if first.hidden and first.group is not None:
        says = f"{first.group.title}: {first.group.message}"
    elif shown is None:
        says, hint = first.says, hint or failed.hint
    else:
        visible = [finding for report in shown for finding in report.findings]
        says, hint = visible[0].says if visible else "A case that you can see fails.", hint or failed.hint
    return f"{says} {hint}".strip()
