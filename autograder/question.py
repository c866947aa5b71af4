"""A question as its author writes it, and the sheets that `coursekit.checking` marks by.

How to write one stands in `autograder.questions`.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import math
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, TypeVar, overload

from coursekit.checking import sheet as told
from coursekit.checking.asking import HELPERS, Missing, ask, program
from coursekit.checking.comparing import Rule, differences
from coursekit.checking.marking import mark
from coursekit.checking.plain_data import Code, is_plain, shown, to_json
from coursekit.checking.sheet import Run, Sheet

__all__ = [
    "Answer",
    "Case",
    "Code",
    "Draw",
    "Group",
    "Misconception",
    "Question",
    "Slip",
    "case",
    "collected",
]

Definition = TypeVar("Definition", bound=Callable[..., Any])
Answer = Mapping[str, Any]  # names that a student defines -> what they are

_collected: ContextVar[list[Question] | None] = ContextVar(
    "questions of the bank that is loaded", default=None
)


@contextlib.contextmanager
def collected() -> Iterator[list[Question]]:
    """Collect the questions that are made in this block, in order."""
    questions: list[Question] = []
    token = _collected.set(questions)
    try:
        yield questions
    finally:
        _collected.reset(token)


class Slip(Exception):
    """A question is not written as it should be; the message says which, what is wrong and what to do."""


class Draw(random.Random):
    """A seeded generator of inputs for hidden cases; `random.Random` with a few more words.

    >>> draw = Draw(1)
    >>> draw.number(-2, 2), draw.size(1, 4), draw.numbers(2)
    (-1.463, 1, [-0.98, -0.018])
    """

    def number(self, low: float = -2.0, high: float = 2.0) -> float:
        """A float with three decimals, so that it can be read; never 0, where many mistakes do not show."""
        return round(self.uniform(low, high), 3) or round((low + high) / 2 + (high - low) / 8, 3)

    def numbers(self, count: int, low: float = -2.0, high: float = 2.0) -> list[float]:
        """A list of such floats."""
        return [self.number(low, high) for _ in range(count)]

    def size(self, low: int = 1, high: int = 5) -> int:
        """A length, both ends included."""
        return self.randint(low, high)

    def array(self, *shape: int, low: float = -2.0, high: float = 2.0) -> Any:
        """An array of such floats."""
        import numpy as np

        count = int(np.prod(shape))
        return np.array(self.numbers(count, low, high)).reshape(shape)


@dataclass(frozen=True)
class Case:
    """Inputs, and the right answers if the author states them: ``case(x=2.0).gives(z=4.0)``."""

    inputs: dict[str, Any]
    stated: dict[str, Any] = field(default_factory=dict)

    def gives(self, **answers: Any) -> Case:
        """State right answers; the reference is held against them."""
        return Case(self.inputs, answers)


def case(**inputs: Any) -> Case:
    """Inputs of a case, by name."""
    return Case(inputs)


@dataclass(frozen=True)
class Group:
    """Cases that are asked in the same way and count together; their number may depend on a generator."""

    title: str
    asks: str
    message: str
    hidden: bool
    share: float | None
    fixed: tuple[Case, ...] = ()
    generator: Callable[[Draw], Mapping[str, Any]] | None = None
    count: int = 0

    def cases(self, seed: int, slug: str) -> Iterator[Case]:
        """The fixed cases, then those that the generator draws."""
        yield from self.fixed
        if self.generator is not None:
            digest = hashlib.sha256(f"{seed}\0{slug}\0{self.title}".encode()).digest()
            draw = Draw(int.from_bytes(digest[:8], "big"))
            for _ in range(self.count):
                yield Case(self._drawn(draw, slug))

    def _drawn(self, draw: Draw, slug: str) -> dict[str, Any]:
        assert self.generator is not None
        where = f"{slug}, {self.title!r}: the generator {self.generator.__name__}"
        try:
            inputs = self.generator(draw)
        except Exception as error:
            raise Slip(f"{where} raises {type(error).__name__}: {error}") from error
        if not isinstance(inputs, Mapping) or not all(isinstance(name, str) for name in inputs):
            raise Slip(
                f"{where} returned {inputs!r:.80}: a case is a dict of inputs by name, like {{'x': 2.0}}."
            )
        return dict(inputs)


@dataclass(frozen=True)
class Misconception:
    """A wrong answer that people give: its name, the hint that helps, and the names that it defines."""

    name: str
    hint: str
    answer: Answer


class Question:
    """A question. The decorators below add what must be written as code.

    Parameters
    ----------
    slug : str
        Its id everywhere: grade_id, ``check("…")``, JSON, report.
    title : str
    points : float
        As in the notebook's test cell; 0 for a lecture's "try it yourself".
    asks : str
        Python code that puts the question to a student's names (`coursekit.checking.asking`).
    public : sequence of Case
        The cases that students see.
    message : str
        What to think about if a public case fails and no misconception fits.
    labels : mapping
        Answer -> names of its entries, for sentences: ``{"gradient": ["dg/dw1", "dg/dw2"]}``.
    given : sequence of functions or classes, or mapping
        What the notebook defines and answers or ``asks`` use.
    relative, absolute : float
        Tolerance.
    strict : bool
        A list is no array and an int no float.
    keeps_inputs : bool
        An answer that changes its arguments is wrong.
    share : float, optional
        The part of the points for the public cases alone; then every hidden group states its own.
    equivalent : sequence of str
        Mutants that are right answers too, as `coursekit verify` names them.

    Raises
    ------
    Slip
        Something is not as it should be.
    """

    def __init__(
        self,
        slug: str,
        title: str,
        *,
        points: float,
        asks: str,
        public: Sequence[Case],
        message: str = "",
        labels: Mapping[str, Sequence[str]] | None = None,
        given: Sequence[Callable[..., Any]] | Mapping[str, Any] = (),
        relative: float = 1e-6,
        absolute: float = 1e-9,
        strict: bool = False,
        keeps_inputs: bool = True,
        share: float | None = None,
        equivalent: Sequence[str] = (),
    ) -> None:
        if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug):
            raise Slip(
                f"{slug!r} is no slug: small letters, digits and single hyphens, like 'multiply-gate'."
            )
        if isinstance(points, bool) or not isinstance(points, int | float) or not 0 <= points < math.inf:
            raise Slip(f"{slug}: points={points!r} is no number of points: 0 or more, like points=2.")
        self.slug, self.title, self.points = slug, title, points
        self.asks = inspect.cleandoc(asks)
        self.labels = {answer: tuple(names) for answer, names in (labels or {}).items()}
        self.given = dict(given) if isinstance(given, Mapping) else {part.__name__: part for part in given}
        self.rule = Rule(relative, absolute, strict)
        self.keeps_inputs = keeps_inputs
        self.equivalent = tuple(equivalent)
        self.answer: dict[str, Any] = {}  # the reference
        self.groups: list[Group] = []
        self.misconceptions: list[Misconception] = []
        self.alternatives: list[tuple[str, Answer]] = []
        if not public:
            raise Slip(f"{slug}: there is no public case; a student could not try an answer.")
        self.group("the numbers shown", public, message=message, share=share, hidden=False)
        if (collected := _collected.get()) is not None:
            collected.append(self)

    # ---------------------------------------------------------------------------------- what an author adds

    @overload
    def reference(self, answer: Definition) -> Definition: ...
    @overload
    def reference(self, **variables: Any) -> None: ...
    def reference(self, answer: Any = None, **variables: Any) -> Any:
        """Give the right answer: a decorator for the function or class under the name that students use.

        Several definitions belong to one question if each is decorated; variables are given by keyword:
        ``question.reference(total=39.0)``.
        """
        if answer is not None:
            variables = {answer.__name__: answer}
        for name, value in variables.items():
            if name in self.answer:
                raise Slip(f"{self.slug}: the reference defines {name} twice.")
            self.answer[name] = value
        return answer

    @overload
    def misconception(self, answer: Definition) -> Definition: ...
    @overload
    def misconception(
        self, *, name: str = "", of: str = "", hint: str = "", **variables: Any
    ) -> Callable[[Definition], Definition]: ...
    def misconception(
        self, answer: Any = None, *, name: str = "", of: str = "", hint: str = "", **variables: Any
    ) -> Any:
        """Add a wrong answer: a decorator for the function or class as someone would write it who errs so.

        Its own name, with hyphens, is the misconception's; its docstring is the hint.

        Parameters
        ----------
        name, hint : str
            Instead of the function's name and docstring.
        of : str
            Which of the question's names it replaces, if there are several.
        **variables
            Wrong values of variables; then ``name`` and ``hint`` are needed and nothing is decorated.
        """

        def add(made: Any) -> Any:
            called = name or _slug(made.__name__)
            text = hint or inspect.getdoc(made) or ""
            self._add_misconception(called, text, self._instead(made, of, called))
            return made

        if variables:
            self._add_misconception(name, hint, {**self.answer, **variables})
            return None
        return add if answer is None else add(answer)

    @overload
    def alternative(self, answer: Definition) -> Definition: ...
    @overload
    def alternative(self, *, of: str = "") -> Callable[[Definition], Definition]: ...
    def alternative(self, answer: Any = None, *, of: str = "") -> Any:
        """Add another right answer: a decorator, as `misconception`."""

        def add(made: Any) -> Any:
            called = _slug(made.__name__)
            self.alternatives.append((called, self._instead(made, of, called)))
            return made

        return add if answer is None else add(answer)

    def hidden(
        self, title: str, *, count: int = 4, asks: str = "", share: float | None = None
    ) -> Callable[[Definition], Definition]:
        """Add hidden cases: a decorator for a function that draws the inputs of one, given a `Draw`.

        Its docstring is all that a student is told who fails one of them.

        Parameters
        ----------
        title : str
            Shown, too.
        count : int
            How many cases are drawn.
        asks : str
            If these cases are asked in another way than the public ones.
        share : float, optional
            The part of the points that they are worth by themselves.
        """

        def add(generator: Definition) -> Definition:
            message = inspect.getdoc(generator) or ""
            self._add_group(Group(title, self._asks(asks), _line(message), True, share, (), generator, count))
            return generator

        return add

    def group(
        self,
        title: str,
        cases: Sequence[Case],
        *,
        message: str = "",
        asks: str = "",
        share: float | None = None,
        hidden: bool = True,
    ) -> None:
        """Add cases with inputs of the author's, hidden ones unless stated otherwise."""
        self._add_group(Group(title, self._asks(asks), _line(message), hidden, share, tuple(cases)))

    def _asks(self, asks: str) -> str:
        return inspect.cleandoc(asks) if asks else self.asks

    def _add_group(self, group: Group) -> None:
        try:
            program(group.asks)
        except SyntaxError as error:
            raise Slip(f"{self.slug}, {group.title!r}: `asks` is not Python: {error}") from None
        if group.title in [known.title for known in self.groups]:
            raise Slip(f"{self.slug}: two groups have the title {group.title!r}.")
        if group.hidden and not group.message:
            raise Slip(
                f"{self.slug}, {group.title!r}: say in the generator's docstring (or `message`) what a "
                "student is told who fails these hidden cases."
            )
        self.groups.append(group)

    def _instead(self, made: Any, of: str, called: str) -> Answer:
        if not self.answer:
            raise Slip(f"{self.slug}: give the reference before {called!r}.")
        if not of:
            if len(self.answer) > 1:
                known = ", ".join(self.answer)
                raise Slip(f"{self.slug}: say which of {known} {called!r} replaces: of='…'.")
            (of,) = self.answer
        if of not in self.answer:
            raise Slip(f"{self.slug}: {called!r} replaces {of}, which the reference does not define.")
        return {**self.answer, of: made}

    def _add_misconception(self, name: str, hint: str, answer: Answer) -> None:
        if not name or not hint:
            raise Slip(f"{self.slug}: the misconception {name!r} needs a name and a hint (its docstring).")
        if name in [known.name for known in self.misconceptions]:
            raise Slip(f"{self.slug}: two misconceptions have the name {name!r}.")
        self.misconceptions.append(Misconception(name, _line(hint), answer))

    # ------------------------------------------------------------------------------------------- what is read

    @cached_property
    def names(self) -> tuple[told.Name, ...]:
        """What a student must define."""
        return tuple(_name(name, value) for name, value in self.answer.items())

    @cached_property
    def reads(self) -> frozenset[str]:
        """All names of the notebook that its checks read: the student's, and what is given."""
        inside = frozenset().union(*[program(group.asks).reads for group in self.groups])
        return frozenset(self.answer) | (inside & self.given.keys())

    def sheet(self, seed: int | None = None) -> Sheet:
        """What `coursekit.checking` needs to check this question.

        Parameters
        ----------
        seed : int or None
            Of the hidden cases; None leaves them out.

        Raises
        ------
        Slip
            The reference fails a case of its own.
        """
        groups: list[told.Group] = []
        # The public ones first: then nothing that they show can come from a hidden case.
        for group in sorted(self.groups, key=lambda group: group.hidden):
            if seed is None and group.hidden:
                continue
            cases = tuple(self._solved(group, known) for known in group.cases(seed or 0, self.slug))
            groups.append(
                told.Group(group.title, group.asks, cases, group.message, group.share, group.hidden)
            )
        return Sheet(
            slug=self.slug,
            title=self.title,
            names=self.names,
            groups=tuple(groups),
            misconceptions=_Later(self.misconceptions, lambda known: self._symptoms(known, groups)),
            rule=self.rule,
            keeps_inputs=self.keeps_inputs,
            labels=self.labels,
            more=seed is None and any(group.hidden for group in self.groups),
            exercise=not self.points,
        )

    def _solved(self, group: Group, known: Case) -> told.Case:
        """A case with the reference's answers."""
        where = f"{self.slug}, {group.title!r}, {shown(known.inputs)}"
        try:
            to_json(known.inputs)
        except TypeError as error:
            raise Slip(f"{where}: an input is not plain: {error}. Write it as Code('…').") from None
        run = self.run(self.answer, group.asks, known.inputs, where)
        if run.error is not None:
            raise Slip(f"{where}: the reference raises {run.raised}: {run.error}") from run.error
        if self.keeps_inputs and run.changed:
            raise Slip(
                f"{where}: the reference changes {', '.join(run.changed)}; may it? keeps_inputs=False."
            )
        answers = {
            name: value for name, value in run.answers.items() if is_plain(value) and value is not None
        }
        for name, stated in known.stated.items():
            if name not in answers:
                raise Slip(
                    f"{where}: gives() states {name}; the question's answers are {', '.join(answers)}."
                )
            for difference in differences(stated, answers[name], self.rule):
                place = name + "".join(f"[{step!r}]" for step in difference.path)
                raise Slip(
                    f"{where}: the reference fails its own case: {place} is {shown(difference.got)}, "
                    f"stated is {shown(difference.expected)}."
                )
        return told.Case(dict(known.inputs), Run(answers))

    def _symptoms(self, known: Misconception, groups: Sequence[told.Group]) -> told.Misconception:
        """A misconception by its answers."""
        runs = []
        for group in groups:
            for asked in group.cases:
                run = self.run(known.answer, group.asks, asked.inputs, f"{self.slug}, {known.name}")
                wanted = {*asked.right.answers}
                if run.parts is not None:
                    wanted |= {*run.answers}
                plain = {n: v for n, v in run.answers.items() if n in wanted and is_plain(v)}
                runs.append(Run(plain, run.raised, run.changed))
        return told.Misconception(known.name, known.hint, tuple(runs))

    def run(self, answer: Answer, asks: str, inputs: Mapping[str, Any], where: str = "") -> Run:
        """Ask one case of an answer, here and now.

        Raises
        ------
        Slip
            The question's code reads a name that is neither an input nor defined.
        """
        try:
            return ask(program(asks), {**self.given, **answer}, inputs)
        except Missing as missing:
            raise Slip(
                f"{where or self.slug}: `asks` reads {missing}, which is neither an input, nor what the "
                "reference defines, nor `given`."
            ) from None

    # ----------------------------------------------------------------------------------------- author's slips

    def slips(self, seed: int = 0) -> Iterator[str]:
        """What an author should mend, in sentences: found by asking all answers all cases."""
        if not self.answer:
            yield f"{self.slug}: there is no reference."
            return
        shares = [group.share for group in self.groups]
        whole = None not in shares and abs(sum(filter(None, shares)) - 1.0) < 1e-9
        if any(share is not None for share in shares) and not whole:
            yield f"{self.slug}: if one group has a share, all need one, and the shares add up to 1."
        try:
            made = self.sheet(seed)
        except Slip as slip:
            yield str(slip)
            return
        states = any(program(group.asks).reads & HELPERS.keys() for group in self.groups)
        if not states and not any(known.right.answers for _, known in made.cases()):
            yield f"{self.slug}: no answer is plain data; assign what should be compared to a name in `asks`."
        for known in self.misconceptions:
            report = mark(made, {**self.given, **known.answer})
            if report.passed:
                yield f"{self.slug}: the misconception {known.name!r} passes: add a case that it fails."
            elif known.name not in [found.name for found in report.misconceptions]:
                yield f"{self.slug}: the misconception {known.name!r} fails, but its values do not tell it."
        for called, answer in self.alternatives:
            report = mark(made, {**self.given, **answer})
            if not report.passed:
                yield f"{self.slug}: the alternative {called!r} is right and fails: {report.findings[0].says}"


class _Later(Sequence[told.Misconception]):
    """Misconceptions with their answers, worked out when somebody asks: a right answer needs none."""

    def __init__(
        self, known: Sequence[Misconception], work_out: Callable[[Misconception], told.Misconception]
    ) -> None:
        self._known = known
        self._work_out = lru_cache(maxsize=None)(lambda number: work_out(known[number]))

    def __len__(self) -> int:
        return len(self._known)

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return [self[i] for i in range(*number.indices(len(self)))]
        if not -len(self) <= number < len(self):
            raise IndexError(number)
        return self._work_out(number % len(self))


def _name(name: str, value: Any) -> told.Name:
    if isinstance(value, type):
        return told.Name(name, "class")
    if not callable(value):
        return told.Name(name, "variable")
    try:
        return told.Name(name, "function", str(inspect.signature(value)))
    except (TypeError, ValueError):
        return told.Name(name, "function", "(…)")


def _slug(name: str) -> str:
    """A function's or class's name as a slug.

    >>> _slug("one_path"), _slug("NoUpstream")
    ('one-path', 'no-upstream')
    """
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name.strip("_").replace("_", "-")).lower()


def _line(text: str) -> str:
    """A docstring as one paragraph."""
    return " ".join(text.split())
