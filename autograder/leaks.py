"""Does what students get hold anything that should be hidden? Searched line by line."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from autograder.bank import Bank
from autograder.course import Assignment
from autograder.question import Question

__all__ = ["leaks"]

DISTINCTIVE = 24  # a line of so many characters, blanks aside, is nobody else's by chance
_REGION = re.compile(
    r"^[^\n]*BEGIN (SOLUTION|HIDDEN TESTS)[^\n]*\n(.*?)^[^\n]*END \1[^\n]*$", re.DOTALL | re.MULTILINE
)


def leaks(bank: Bank, assignment: Assignment, public: str) -> dict[str, list[str]]:
    """Slug -> lines of answers, wrong answers and hidden cases that are in what students get.

    Parameters
    ----------
    public : str
        The text of ``checks.json``.
    """
    released = "\n".join(cell.source for book in assignment.notebooks for cell in book.released.cells)
    # What stands in the source outside its solutions and hidden tests is there to be seen.
    given = "\n".join(
        _REGION.sub("", cell.source)
        for book in assignment.notebooks
        for cell in book.source.cells
        if not ((cell.metadata.get("nbgrader") or {}).get("solution") and cell.cell_type != "code")
    )
    shown = _squeezed(released + "\n" + public.replace('\\"', '"').replace("\\n", "\n"))
    known = _squeezed(given)
    found = {}
    for slug, question in bank.questions.items():
        open_texts = _squeezed("\n".join(_public_texts(question)))
        secrets = {
            line
            for text in _hidden_texts(question)
            for line in text.split("\n")
            if len(_squeezed(line)) >= DISTINCTIVE
        }
        found[slug] = sorted(
            line.strip()
            for line in secrets
            if _squeezed(line) in shown and _squeezed(line) not in known + open_texts
        )
    return found


def _hidden_texts(question: Question) -> Iterator[str]:
    answers = [question.answer, *(known.answer for known in question.misconceptions)]
    answers += [answer for _, answer in question.alternatives]
    for answer in answers:
        for value in answer.values():
            yield _source(value)
    for group in question.groups:
        if group.hidden:
            yield from (group.asks, group.message)
            yield "\n".join(repr(case.inputs) for case in group.fixed)
            yield _source(group.generator)


def _public_texts(question: Question) -> Iterator[str]:
    for group in question.groups:
        if not group.hidden:
            yield from (group.asks, group.message)
    yield from (known.hint for known in question.misconceptions)


def _source(value: object) -> str:
    """The source text without its docstring: that of a misconception is its hint, and shown."""
    try:
        text = inspect.getsource(value)  # type: ignore[arg-type]
    except (OSError, TypeError):
        return ""
    return re.sub(r'"""(.*?)"""', "", text, flags=re.DOTALL)


def _squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)
