"""What `check` needs to know of a question: the cases, the right answers, the known wrong ones' answers.

A sheet is data. The public one is written to ``checks.json`` and lies beside the notebook; the judge makes
one with the hidden cases too. No sheet holds a line of a solution or of a wrong answer: only values.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from coursekit.checking.comparing import Rule
from coursekit.checking.plain_data import from_json, to_json

__all__ = ["Case", "Group", "Misconception", "Name", "Run", "Sheet", "read_sheets", "write_sheets"]

FORMAT = 1


@dataclass(frozen=True)
class Name:
    """Something that the student must define.

    Attributes
    ----------
    name : str
    kind : "function", "class" or "variable"
    signature : str
        As in a ``def``: ``"(w1, w2)"``; empty for other kinds.
    """

    name: str
    kind: str
    signature: str = ""


@dataclass
class Run:
    """What came of asking a case.

    Attributes
    ----------
    answers : dict
        Name of an answer -> its value, for all that was reached.
    raised : str
        Class of the exception that ended it.
    changed : tuple of str
        Inputs that are not as they were.
    error : exception or None
        The exception itself.
    line : str
        The line of the question's code that it came from.
    parts : (int, object) or None
        How many values that line wants, and what it got instead.
    """

    answers: dict[str, Any] = field(default_factory=dict)
    raised: str = ""
    changed: tuple[str, ...] = ()
    error: BaseException | None = None
    line: str = ""
    parts: tuple[int, Any] | None = None


@dataclass(frozen=True)
class Case:
    """One set of inputs with the right answers to it."""

    inputs: dict[str, Any]
    right: Run


@dataclass(frozen=True)
class Group:
    """Cases that are asked in the same way and count together.

    Attributes
    ----------
    title : str
    asks : str
        Python code that puts the question (`coursekit.checking.asking`).
    cases : tuple of Case
    message : str
        What a student is told who fails it; of a hidden group all that he is told.
    share : float or None
        The part of the points that it is worth by itself; None if nothing counts unless all is right.
    hidden : bool
    """

    title: str
    asks: str
    cases: tuple[Case, ...]
    message: str = ""
    share: float | None = None
    hidden: bool = False


@dataclass(frozen=True)
class Misconception:
    """A known wrong answer, by what it answers to each case, in their order."""

    name: str
    hint: str
    runs: tuple[Run, ...]


@dataclass(frozen=True)
class Sheet:
    """A question as it is checked.

    Attributes
    ----------
    slug, title : str
    names : tuple of Name
        What the student must define.
    groups : tuple of Group
    misconceptions : sequence of Misconception
    rule : Rule
    keeps_inputs : bool
        An answer that changes what it was given is wrong.
    labels : dict
        Name of an answer -> names of its entries.
    more : bool
        There are cases that this sheet does not hold.
    exercise : bool
        It is worth no points: in a lecture a wrong answer is shown, and stops nothing.
    """

    slug: str
    title: str
    names: tuple[Name, ...]
    groups: tuple[Group, ...]
    misconceptions: Sequence[Misconception] = ()
    rule: Rule = Rule()  # noqa: RUF009
    keeps_inputs: bool = True
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    more: bool = False
    exercise: bool = False

    @property
    def tells_answers(self) -> bool:
        """Whether a student may see the right answer to a case that is shown.

        Not if the answer is the number itself that they were asked for: there would be nothing left to find.
        """
        return any(name.kind != "variable" for name in self.names)

    def cases(self) -> Iterator[tuple[Group, Case]]:
        """All cases in order."""
        return ((group, case) for group in self.groups for case in group.cases)

    def label(self, answer: str, path: tuple[Any, ...]) -> str:
        """Say which part of which answer: a label if there is one, else ``gradient[0]``.

        >>> Sheet("s", "t", (), (), labels={"gradient": ("dg/dw1", "dg/dw2")}).label("gradient", (1,))
        'dg/dw2'
        """
        labels = self.labels.get(answer, ())
        if path and isinstance(path[0], int) and path[0] < len(labels):
            answer, path = labels[path[0]], path[1:]
        return answer + "".join(f"[{step!r}]" for step in path)


# ---- checks.json ------------------------------------------------------------------------------------------


def write_sheets(sheets: Iterable[Sheet]) -> str:
    """Return the text of ``checks.json``.

    Raises
    ------
    ValueError
        A sheet holds hidden cases.
    """
    questions = {sheet.slug: _sheet_to_json(sheet) for sheet in sheets}
    return json.dumps({"format": FORMAT, "questions": questions}, indent=1, ensure_ascii=False) + "\n"


def read_sheets(text: str) -> dict[str, Sheet]:
    """Read the text of ``checks.json``.

    Raises
    ------
    ValueError
        It is not such a file, or a newer coursekit wrote it.
    """
    content = json.loads(text)
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ValueError("it was written for another version of coursekit, or is no such file")
    return {slug: _sheet_from_json(slug, told) for slug, told in content["questions"].items()}


def _sheet_to_json(sheet: Sheet) -> dict[str, Any]:
    if any(group.hidden for group in sheet.groups):
        raise ValueError(f"{sheet.slug}: hidden cases must not be written to checks.json")
    return {
        "title": sheet.title,
        "names": [[name.name, name.kind, name.signature] for name in sheet.names],
        "tolerance": [sheet.rule.relative, sheet.rule.absolute],
        "strict": sheet.rule.strict,
        "keeps_inputs": sheet.keeps_inputs,
        "labels": {answer: list(labels) for answer, labels in sheet.labels.items()},
        "more": sheet.more,
        **({"exercise": True} if sheet.exercise else {}),
        "groups": [
            {
                "title": group.title,
                "asks": group.asks,
                "message": group.message,
                "share": group.share,
                "cases": [
                    {"inputs": _values(case.inputs), "right": _run_to_json(case.right)}
                    for case in group.cases
                ],
            }
            for group in sheet.groups
        ],
        "misconceptions": [
            {"name": wrong.name, "hint": wrong.hint, "runs": [_run_to_json(run) for run in wrong.runs]}
            for wrong in sheet.misconceptions
        ],
    }


def _sheet_from_json(slug: str, told: dict[str, Any]) -> Sheet:
    return Sheet(
        slug=slug,
        title=told["title"],
        names=tuple(Name(*name) for name in told["names"]),
        groups=tuple(
            Group(
                title=group["title"],
                asks=group["asks"],
                message=group["message"],
                share=group["share"],
                cases=tuple(
                    Case(_read_values(case["inputs"]), _run_from_json(case["right"]))
                    for case in group["cases"]
                ),
            )
            for group in told["groups"]
        ),
        misconceptions=tuple(
            Misconception(wrong["name"], wrong["hint"], tuple(map(_run_from_json, wrong["runs"])))
            for wrong in told["misconceptions"]
        ),
        rule=Rule(told["tolerance"][0], told["tolerance"][1], told["strict"]),
        keeps_inputs=told["keeps_inputs"],
        labels={answer: tuple(labels) for answer, labels in told["labels"].items()},
        more=told["more"],
        exercise=told.get("exercise", False),
    )


def _run_to_json(run: Run) -> dict[str, Any]:
    told: dict[str, Any] = {"answers": _values(run.answers)}
    if run.raised:
        told["raised"] = run.raised
    if run.changed:
        told["changed"] = list(run.changed)
    return told


def _run_from_json(told: dict[str, Any]) -> Run:
    return Run(_read_values(told["answers"]), told.get("raised", ""), tuple(told.get("changed", ())))


def _values(values: dict[str, Any]) -> dict[str, Any]:
    return {name: to_json(value) for name, value in values.items()}


def _read_values(told: dict[str, Any]) -> dict[str, Any]:
    return {name: from_json(node) for name, node in told.items()}
