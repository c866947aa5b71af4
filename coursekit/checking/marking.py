"""Marks a sheet: asks every case, compares, recognises known wrong answers, says what to do next.

This runs unchanged in two places: in a student's notebook, where the names are the student's own and the
cases public, and in the judge, where the names are remote and all cases are asked.
"""

from __future__ import annotations

import inspect
import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from coursekit.checking.asking import Disagrees, Missing, NotWhenGraded, OutOfTime, ask, program, typed
from coursekit.checking.comparing import Difference, differences, follows
from coursekit.checking.plain_data import is_plain, shown
from coursekit.checking.sheet import Case, Group, Misconception, Name, Run, Sheet

__all__ = ["Finding", "Report", "mark", "out_of_time", "passes", "recognised"]


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    Attributes
    ----------
    group : Group or None
        Where it was found; None if nothing could be asked.
    asked, got, expected : str
        As text; empty where there is nothing to show.
    says : str
        What is wrong, in a sentence.
    form : bool
        Whether it is the kind of thing that is wrong, such as a text for a number: the sentence says it all.
    """

    group: Group | None
    says: str
    asked: str = ""
    got: str = ""
    expected: str = ""
    form: bool = False

    @property
    def hidden(self) -> bool:
        """Whether a hidden case found it: then only the group's title and message may be shown."""
        return self.group is not None and self.group.hidden


@dataclass
class Report:
    """What came of a check.

    Attributes
    ----------
    sheet : Sheet
    findings : list of Finding
        The first one of each group that failed; empty if all is right.
    misconceptions : list of Misconception
        Those that the answers follow, the one that explains most first.
    earned : float
        The part of the points, from 0 to 1.
    asked : int
        How many cases.
    """

    sheet: Sheet
    findings: list[Finding] = field(default_factory=list)
    misconceptions: list[Misconception] = field(default_factory=list)
    earned: float = 0.0
    asked: int = 0

    @property
    def passed(self) -> bool:
        """Whether all is right."""
        return not self.findings

    @property
    def hint(self) -> str:
        """What to think about next: the hint of the recognised mistake, else the message of the group."""
        if self.misconceptions:
            return self.misconceptions[0].hint
        first = self.findings[0] if self.findings else None
        told = self.sheet.tells_answers
        if first is None or first.group is None or (told and not (first.expected or first.hidden)):
            return ""  # the finding says it all
        if first.form and not first.hidden:
            return ""
        return first.group.message

    def __str__(self) -> str:
        if self.passed:
            return f"{self.sheet.slug}: right."
        first = self.findings[0]
        says = first.group.title if first.hidden and first.group is not None else first.says
        return f"{self.sheet.slug}: {says}" + (f" {self.hint}" if self.hint else "")


def mark(sheet: Sheet, names: Mapping[str, Any]) -> Report:
    """Check a question.

    Parameters
    ----------
    sheet : Sheet
    names : mapping
        What the student and the notebook have defined.
    """
    report = Report(sheet)
    unusable = _unusable(sheet, names)
    if unusable is not None:
        report.findings.append(unusable)
        return report
    runs: list[Run] = []
    failed: list[int] = []
    for group in sheet.groups:
        first: Finding | None = None
        for case in group.cases:
            try:
                run = ask(program(group.asks), names, case.inputs)
            except Missing as missing:
                report.findings = [Finding(group, _missing(sheet, str(missing)))]
                return report
            runs.append(run)
            report.asked += 1
            found = finding(sheet, group, case, run, names)
            if found is not None:
                failed.append(len(runs) - 1)
                first = first or found
            if isinstance(run.error, OutOfTime):
                report.findings.append(first or Finding(group, str(run.error)))
                return report
        if first is not None:
            report.findings.append(first)
    report.findings.sort(key=lambda found: found.hidden)  # what can be shown comes first
    if report.findings:
        report.misconceptions = recognised(sheet, runs, failed)
    report.earned = _earned(sheet, report.findings)
    return report


def passes(sheet: Sheet, names: Mapping[str, Any]) -> bool:
    """Whether all is right; ends at the first case that is not."""
    if _unusable(sheet, names) is not None:
        return False
    for group, case in sheet.cases():
        try:
            run = ask(program(group.asks), names, case.inputs)
        except Missing:
            return False
        if finding(sheet, group, case, run, names) is not None:
            return False
    return True


def _earned(sheet: Sheet, findings: list[Finding]) -> float:
    failed = {id(found.group) for found in findings}
    if not failed:
        return 1.0
    if any(group.share is None and id(group) in failed for group in sheet.groups):
        return 0.0
    return sum(group.share or 0.0 for group in sheet.groups if id(group) not in failed)


# ---- before anything is asked --------------------------------------------------------------------------


def _unusable(sheet: Sheet, names: Mapping[str, Any]) -> Finding | None:
    for name in sheet.names:
        if name.name not in names:
            return Finding(None, _missing(sheet, name.name))
        value = names[name.name]
        if name.kind != "variable" and not callable(value):
            what = f"{name.name} should be a {name.kind}, and it is {_a(value)}"
            return Finding(None, f"{what}. Has another cell given the name to something else?")
        if name.kind == "class" and not isinstance(value, type):
            return Finding(None, f"{name.name} should be a class: it begins with `class {name.name}:`.")
        if name.kind == "variable" and value is Ellipsis:
            return Finding(None, f"{name.name} is still `...`: put your answer in its place.")
    return None


def _missing(sheet: Sheet, name: str) -> str:
    for wanted in sheet.names:
        if wanted.name == name:
            start = {"function": f"`def {name}{wanted.signature}:`", "class": f"`class {name}:`"}
            how = start.get(wanted.kind, f"`{name} = …`")
            where = "in the cell for your answer, and run that; if it ends in an error, mend that first"
            return f"{name} is not defined yet. Write it ({how}) {where}."
    return f"{name} is not defined. The notebook defines it further up: run the cells from the top."


def _a(value: Any) -> str:
    """Say what kind of thing a value is.

    >>> _a(36.0), _a([1, 2]), _a(None), _a(print)
    ('the number 36.0', 'a list of 2', 'None', 'a function')
    """
    if value is None:
        return "None"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    if callable(value):
        return "a function"
    kind = type(value).__name__
    if not is_plain(value):
        objects = kind == "ndarray" and getattr(getattr(value, "dtype", None), "hasobject", False)
        return "an array of objects (dtype=object)" if objects else f"an object of the class {kind}"
    if type(value) in (list, tuple):
        return f"a {kind} of {len(value)}"
    shape = getattr(value, "shape", None)
    if shape:
        return f"an array of shape {shape}"
    words = {"bool": shown(value), "str": f"the text {shown(value, 40)}"}
    words |= {"dict": "a dictionary", "set": "a set"}
    return words.get(kind, f"the number {shown(value)}")


# ---- what is wrong with a case -------------------------------------------------------------------------


def finding(sheet: Sheet, group: Group, case: Case, run: Run, names: Mapping[str, Any]) -> Finding | None:
    """Say what is wrong with what came of a case; None if nothing is."""
    if isinstance(run.error, Disagrees):
        return Finding(group, str(run.error), typed(group.asks, case.inputs, run.line))
    for name, right in case.right.answers.items():
        if name not in run.answers:
            break
        for difference in differences(right, run.answers[name], sheet.rule):
            label = sheet.label(name, difference.path)
            says = _sentence(label, difference, sheet.tells_answers)
            if difference.kind == "nothing" and (difference.path or name in _parts(group)):
                says = f"{label} is None: has it been given a value?"
            return Finding(
                group,
                says,
                typed(group.asks, case.inputs, _line_of(group, name)),
                f"{label} = {shown(difference.got)}",
                f"{label} = {shown(difference.expected)}" if sheet.tells_answers else "",
                form=difference.kind in ("nothing", "object", "type"),
            )
    if run.parts is not None:
        return _wrong_parts(group, case, run, *run.parts)
    if run.error is not None:
        return Finding(group, _raised(sheet, run.error, names), typed(group.asks, case.inputs, run.line))
    if sheet.keeps_inputs and run.changed:
        return Finding(group, _changed(run.changed), typed(group.asks, case.inputs))
    return None


def _line_of(group: Group, answer: str) -> str:
    for line in program(group.asks).lines:
        if answer in line.targets or answer == line.text:
            return line.text
    return ""


def _parts(group: Group) -> set[str]:
    """Answers that a call returns together with others."""
    return {name for line in program(group.asks).lines if len(line.targets) > 1 for name in line.targets}


def _wrong_parts(group: Group, case: Case, run: Run, count: int, value: Any) -> Finding:
    call = run.line.partition(" = ")[2]
    if value is None:
        says = f"{call} returned nothing: is there a return?"
    else:
        says = f"{call} should return {count} values, and it returned {_a(value)}."
    names = run.line.partition(" = ")[0].strip("()")
    asked = typed(group.asks, case.inputs, run.line)
    return Finding(group, says, asked, shown(value), f"{count} values: {names}", form=True)


def _sentence(label: str, difference: Difference, tells: bool = True) -> str:
    expected, got = difference.expected, difference.got
    match difference.kind:
        case "nothing":
            return f"{label} is None: is there a return?"
        case "object":
            if hasattr(type(got), "__next__"):
                return f"{label} is {_a(got)}, which hands out its values one by one. Return list(…) of it."
            return f"{label} is {_a(got)}; {_wanted(expected)} expected here."
        case "length":
            return f"{label} should have {len(expected)} entries, and it has {len(got)}."
        case "keys":
            wanted, found = (shown(sorted(value, key=str)) for value in (expected, got))
            return f"{label} should have the keys {wanted}, and it has {found}."
        case "shape":
            return f"{label} should have the shape {expected.shape}, and it has {_shape(got)}."
        case "type" | "strict":
            return f"{label} should be {_a(expected)}, and it is {_a(got)}."
        case "nan":
            return f"{label} is NaN, which is no number: a 0/0, an inf − inf or the log of a negative number."
    if not tells:
        return f"{label} is {shown(got)}, and that is not right yet."
    more = f", and {difference.wrong - 1} more entries differ" if difference.wrong > 1 else ""
    return f"{label} is {shown(got)} and should be {shown(expected)}{more}."


def _wanted(expected: Any) -> str:
    kinds = {list: "a list", tuple: "a tuple", dict: "a dictionary", str: "a text", bool: "True or False"}
    if getattr(expected, "shape", None):
        return "a NumPy array is"
    return f"{kinds[type(expected)]} is" if type(expected) in kinds else "a number is"


def _shape(value: Any) -> str:
    shape = getattr(value, "shape", None)
    if shape is None:
        import numpy as np

        shape = np.shape(value)
    return str(shape)


def _raised(sheet: Sheet, error: BaseException, defined: Mapping[str, Any]) -> str:
    kind, message = type(error).__name__, textwrap.shorten(_text(error), 160, placeholder=" …")
    names = ", ".join(name.name for name in sheet.names)
    if isinstance(error, NotImplementedError):
        return f"{names}: no answer yet. Put your own code in place of `raise NotImplementedError()`."
    if isinstance(error, NotWhenGraded):
        return f"{names}: {message}"
    if isinstance(error, SystemExit):
        return f"{names}: the code ends the program (exit); it should return its answer."
    if isinstance(error, OutOfTime):
        return out_of_time(sheet, error)
    if isinstance(error, RecursionError):
        return f"{names}: the function calls itself without end."
    if isinstance(error, TypeError):
        wrong = [wrong_signature(name, defined[name.name]) for name in sheet.names if name.signature]
        if any(wrong):
            return next(filter(None, wrong))
    in_class = any(name.kind == "class" for name in sheet.names)
    if isinstance(error, NameError) and not isinstance(error, UnboundLocalError):
        kept = " What a method needs of another one is kept in self." if in_class else ""
        return f"{names}: {kind}: {message}. Is it spelled right, and was the cell that defines it run?{kept}"
    return f"{names}: the code raised {kind}{': ' if message else ''}{message}.{_advice(message, in_class)}"


# What Python says of the slips that beginners make, and what to do about them.
_ADVICE = (
    (r"unsupported operand .* \^", "A power is written x**2 in Python; ^ is something else."),
    (
        r"can only concatenate str|by non-int of type 'str'",
        "These are texts. If they are names, look up what they stand for.",
    ),
    (
        r"can only concatenate list|can't multiply sequence|unsupported operand .*'list'",
        "Lists do no arithmetic: go through the entries, or make an array of it, np.array(…).",
    ),
    (r"'(int|float)' object is not callable", "Is a * missing? 2(x + 1) is read as a call."),
    (
        r"mismatch in its core dimension|could not be broadcast|shapes .* not aligned",
        "The shapes do not fit: write down the shape of each array. Is one to be transposed?",
    ),
    (
        r"only (length-1|0-dimensional|size-1) arrays can be converted",
        "The functions of math take one number; for an array there are those of NumPy, such as np.exp.",
    ),
)


def _advice(message: str, in_class: bool) -> str:
    counted = re.search(r"takes (\d+) positional arguments? but (\d+) (?:was|were) given", message)
    if in_class and counted and int(counted[2]) == int(counted[1]) + 1:
        return " Every method's first argument is self."
    return next((f" {advice}" for said, advice in _ADVICE if re.search(said, message)), "")


def out_of_time(sheet: Sheet, error: OutOfTime) -> str:
    """Say that an answer never came."""
    names = ", ".join(name.name for name in sheet.names)
    after = f" after {error.args[0]:g} s" if [type(part) for part in error.args] == [float] else ""
    return f"{names}: no answer{after}. Is there a loop that never ends?"


def _text(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""


def _changed(names: tuple[str, ...]) -> str:
    these = " and ".join(names)
    return (
        f"{these} should be as before after the call, and the code has changed it. "
        "Whoever called still needs it: work on a copy."
    )


def wrong_signature(name: Name, value: Any) -> str:
    """Say so if a function does not take what the question hands it; else nothing."""
    try:
        found = inspect.signature(value)
    except (TypeError, ValueError):
        return ""
    wanted = name.signature.strip("()").split(", ") if name.signature.strip("()") else []
    required = [part for part in wanted if "=" not in part and not part.startswith("*")]
    try:
        found.bind(*required)
    except TypeError:
        return f"{name.name} should take {name.signature}, and it takes {found}."
    return ""


# ---- known wrong answers -------------------------------------------------------------------------------


def recognised(sheet: Sheet, runs: list[Run], failed: list[int]) -> list[Misconception]:
    """Known wrong answers that these runs follow, the one that explains most first.

    A misconception is recognised where the answers are wrong in exactly its way, wherever it differs from the
    right answer. What it has nothing to do with may be right or wrong. But one that differs in a few cases
    only, such as equal scores, says little of answers that are wrong everywhere: if some of the ``failed``
    runs follow nothing known, only what explains the first of them is told.
    """
    found = []
    for misconception in sheet.misconceptions:
        places = _explained(sheet, misconception, runs)
        if places:
            found.append((misconception, places))
    found.sort(key=lambda pair: -len(pair[1]))
    told: set[Any] = set()
    kept = []
    for misconception, places in found:
        if not places <= told:
            kept.append((misconception, {number for number, *_ in places}))
            told |= places
    explained = set().union(*(numbers for _, numbers in kept))
    whole = explained.issuperset(failed)
    return [misconception for misconception, numbers in kept if whole or failed[0] in numbers]


def _explained(sheet: Sheet, misconception: Misconception, runs: list[Run]) -> set[Any]:
    """Places where the runs are wrong as the misconception is; empty if they differ from it anywhere."""
    places: set[Any] = set()
    for number, ((_, case), wrong, run) in enumerate(
        zip(sheet.cases(), misconception.runs, runs, strict=False)
    ):
        found = _places(sheet, case.right, wrong, run)
        if not all(same for _, same in found):
            return set()
        places |= {(number, *place) for place, _ in found}
    return places


def _places(sheet: Sheet, right: Run, wrong: Run, run: Run) -> list[tuple[tuple[Any, ...], bool]]:
    found: list[tuple[tuple[Any, ...], bool]] = []
    for name in wrong.answers:
        if name in right.answers:
            parts = follows(right.answers[name], wrong.answers[name], run.answers.get(name), sheet.rule)
            found += [((name, *path), same) for path, same in parts]
        else:  # values that are not of the right number
            value = run.answers.get(name)
            found.append(((name,), not any(differences(wrong.answers[name], value, sheet.rule))))
    if wrong.raised != right.raised:
        found.append((("raised",), run.raised == wrong.raised))
    if sheet.keeps_inputs:
        changed = [name for name in wrong.changed if name not in right.changed]
        found += [(("changed", name), name in run.changed) for name in changed]
    return found
