"""Why points are missing, in one line that gives nothing of a hidden test away.

Shown are: what a visible test says; of a hidden one only a message that its author wrote as plain text.
Whatever a student's process said after it met a hidden test is not shown either, since it may have kept the
inputs.
"""

from __future__ import annotations

import builtins
from typing import Any

from autograder.feedback import plain_text
from autograder.judge_checks import summary
from autograder.judge_outcome import Outcome
from autograder.judge_process import Deadline
from autograder.line import Lost
from autograder.plan import PlannedCell, TestCode
from autograder.student import is_from_student

__all__ = ["explain", "is_hidden", "line_of", "literal_of", "safe_name", "short", "text_of", "told"]

_LONGEST = 300
_LONGEST_NAME = 80  # of an exception's class, which a student may name
_LONGEST_HINT = 900  # with the hint of a misconception


def short(text: str, longest: int = _LONGEST) -> str:
    """One line of bounded length, of characters that only say something: no lone surrogates, no commands."""
    line = " ".join(plain_text(text).split())
    return line if len(line) <= longest else line[: longest - 1] + "…"


def line_of(error: BaseException, filename: str) -> list[int]:
    """Lines of a cell that an exception passed through."""
    lines, frame = [], error.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == filename:
            lines.append(frame.tb_lineno)
        frame = frame.tb_next
    return lines


def is_hidden(test: TestCode, lines: list[int]) -> bool:
    """Whether any of these lines is in a hidden region."""
    return any(first <= line <= last for first, last in test.hidden for line in lines)


def explain(cell: PlannedCell, outcome: Outcome, shown: Outcome | None) -> str:
    """One line for the student.

    Parameters
    ----------
    outcome : Outcome
        Of the pass that scored.
    shown : Outcome or None
        Of the pass that met no hidden test; the same one, if there is none in the notebook.
    """
    error = outcome.error
    if error is None:
        return (
            f"{outcome.score:g} of {cell.points:g} points." if outcome.score else outcome.note or "0 points."
        )
    assert cell.test is not None
    if not isinstance(error, (Deadline, Lost)) and any(not report.passed for report in outcome.reports):
        visible = shown.reports if shown is not None and not shown.dirty else []
        said = summary(outcome.reports, visible if outcome.dirty else None)
        part = f"{outcome.score:g} of {cell.points:g} points. " if outcome.score else ""
        return _with_trouble(part + said, outcome, _LONGEST_HINT)
    if isinstance(error, (Deadline, Lost)):
        return _with_trouble(f"The test did not end: {outcome.note or short(str(error))}", outcome)
    if is_hidden(cell.test, outcome.lines):
        return _with_trouble(_hidden(cell.test, error), outcome)
    if shown is not None and not shown.dirty and type(shown.error).__name__ == type(error).__name__:
        return _with_trouble(_visible(cell, shown), shown)
    literal = literal_of(cell.test, error)
    return f"{safe_name(error)}: {literal or 'a test failed'}"


def _hidden(test: TestCode, error: BaseException) -> str:
    literal = literal_of(test, error)
    if literal:
        return f"A hidden test failed: {literal}"
    if is_from_student(error):
        return f"A hidden test failed: the code raised {safe_name(error)}"
    return "A hidden test failed."


def literal_of(test: TestCode, error: BaseException) -> str:
    """The message of an error, if it is the author's text word for word."""
    if is_from_student(error) or not error.args or type(error.args[0]) is not str:
        return ""
    # Messages of unittest and numpy.testing carry the author's text at the end or the beginning.
    for literal in sorted(test.literals, key=len, reverse=True):
        if literal and literal == error.args[0]:
            return short(literal)
    for literal in sorted(test.literals, key=len, reverse=True):
        if len(literal) > 3 and literal in error.args[0]:
            return short(literal)
    return ""


def _visible(cell: PlannedCell, shown: Outcome) -> str:
    message = short(shown.text)
    if not message and shown.lines:
        source = cell.source.split("\n")
        message = short(source[shown.lines[0] - 1]) if shown.lines[0] <= len(source) else ""
    kind = short(type(shown.error).__name__, _LONGEST_NAME)
    return f"{kind}: {message}" if message else kind


def text_of(error: BaseException) -> str:
    """What an error says; empty if it cannot say it."""
    try:
        return str(error)
    except Exception:
        return ""


def safe_name(error: BaseException) -> str:
    """The class of an exception; the name of a student's class could say anything."""
    name = type(error).__name__
    return name if hasattr(builtins, name) else "an exception"


def _with_trouble(reason: str, outcome: Outcome, longest: int = _LONGEST) -> str:
    return short(f"{reason} ({outcome.trouble})" if outcome.trouble else reason, longest)


def told(error: Any) -> str:
    """An error that a student's process reports, in one line."""
    name, message = error
    return short(f"{name}: {message}" if message else name)
