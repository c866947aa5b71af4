"""One pass through a notebook: student cells in the child, test cells here, in the notebook's order.

A notebook with hidden tests may take two passes. The first decides the score. A child that met hidden tests
may have kept their inputs and could print them, raise them or return them later, so what it says afterwards
is not shown; if there is anything that should be shown, a second pass runs the same cells with the visible
tests only, in a child that knows nothing else.
"""

from __future__ import annotations

import hashlib
import importlib
import inspect
import os
import sys
import types
import unittest
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from autograder.cells import Cells
from autograder.fence import Fence, fenced
from autograder.formulas import formulas_only
from autograder.judge_checks import Checks, earned
from autograder.judge_limits import JudgeLimits
from autograder.judge_outcome import Outcome
from autograder.judge_process import Deadline, limited, seed_generators
from autograder.judge_reasons import is_hidden, line_of, literal_of, safe_name, short, text_of, told
from autograder.line import Child, Lost
from autograder.outputs import Output, Recorder
from autograder.partial import points_of
from autograder.patches import Patches
from autograder.plan import Plan, PlannedCell
from autograder.remote import RemoteClass, is_subclass
from autograder.sources import source_of
from autograder.student import Bindings, CellReport, News, Student, is_from_student
from autograder.written import Written, store

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["Pass"]

_ABSENT = object()
_MUTABLE = (list, dict, set, bytearray)
# What a test believes without checking it, where a student's own function of that name must not answer.
_VERDICTS = frozenset({"allclose", "isclose", "array_equal", "array_equiv", "raises", "warns", "approx"})


@dataclass
class _Ran:
    """A cell that the child ran, for the replay in a fresh child."""

    source: str
    names: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    key: str = ""


class Pass:
    """One pass.

    Parameters
    ----------
    only : frozenset of str or None
        None: all tests, the pass that scores. Else the visible tests of these cells (ids), for what is told.

    Attributes
    ----------
    outcomes : dict
        Cell id -> `Outcome`, of test cells.
    outputs : dict
        Cell id -> outputs, of student cells.
    messages, interrupted : list of str
        Sentences for student and instructor; those about cells that did not end.
    unexplained : set of str
        Ids of cells that showed something, or failed a visible test, when the child had met hidden tests.
    stopped : str
        Why the pass ended early.
    """

    def __init__(
        self,
        plan: Plan,
        submitted: NotebookNode,
        spawn: Callable[[], Child],
        seed: int,
        limits: JudgeLimits,
        ends: float,
        workspace: Path,
        fence: Fence,
        *,
        only: frozenset[str] | None = None,
    ) -> None:
        self._plan = plan
        self._submitted = submitted
        self._spawn = spawn
        self._seed = seed
        self._limits = limits
        self._ends = ends
        self._workspace = workspace
        self._fence = fence
        self._only = only
        self._unseen = set(only or ())
        self.outcomes: dict[str, Outcome] = {}
        self.outputs: dict[str, list[Output]] = {}
        self.messages: list[str] = []
        self.interrupted: list[str] = []
        self.unexplained: set[str] = set()
        self.stopped = ""
        self._recorder = Recorder(limits.output_bytes)
        self._cells = Cells(self._recorder)
        self._names = self._cells.names
        self._names["issubclass"] = is_subclass
        self._checks = Checks(plan.questions, _seed(seed, "checks"), only is not None, self._names)
        self._owner: dict[str, str] = {}
        self._childs: dict[str, Any] = {}  # pushed names: what the child has them bound to, as known here
        self._child: Student | None = None
        self._no_child: Exception | None = None
        self._dirty = False  # this child, or one before it, has met a hidden test
        self._restarts = 0
        self._ran: list[_Ran] = []
        self._trouble: dict[str, str] = {}  # grade_id of a student cell -> what was wrong with it
        self._unittest_failed = ""
        self._patches = Patches(())
        for name in plan.stale:
            (workspace / name).unlink(missing_ok=True)
        self._given = Written(plan.given)
        self._files = [name for name in plan.files if not (workspace / name).exists()]
        self._changing: frozenset[str] = frozenset()  # pushed names that this test changes in place
        self._held: frozenset[str] = frozenset()  # names that the child cannot bind at this moment

    # ------------------------------------------------------------------------------------------- the notebook

    def run(self) -> Pass:
        """Go through the notebook."""
        self._import_libraries()
        self._patches = Patches(self._plan.patched)
        try:
            formulas = formulas_only(self._plan.texts)
            with self._patched(), self._figures(), self._checks, fenced(self._fence), formulas:
                for planned, cell in self._steps():
                    if monotonic() > self._ends:
                        raise _Stop("The time for this submission ran out.")
                    self._guarded_step(planned, cell)
                    if self._is_done(planned, cell):
                        break
        except _Stop as stop:
            self.stopped = str(stop)
            self.messages.append(self.stopped)
        finally:
            self._patches.restore()
            if self._child is not None:
                self._child.close()
        return self

    def _is_done(self, planned: PlannedCell | None, cell: NotebookNode | None) -> bool:
        """Whether all that this pass is for has been seen; the pass that scores goes to the end."""
        if self._only is None:
            return False
        if planned is not None:
            self._unseen.discard(planned.id)
        elif cell is not None:
            self._unseen.discard(cell.get("id", ""))
        return not self._unseen

    def _import_libraries(self) -> None:
        """Import what test cells import before time is counted: a deadline must not cut an import in two."""
        for module in self._plan.libraries:
            if module not in sys.modules and not self._is_shipped(module):
                with suppress(Exception):
                    importlib.import_module(module)

    def _is_shipped(self, module: str) -> bool:
        """Whether a module comes with the assignment."""
        top = self._workspace / module.partition(".")[0]
        return top.is_dir() or top.with_suffix(".py").exists()

    def _steps(self) -> Iterator[tuple[PlannedCell | None, NotebookNode | None]]:
        """Planned cells with what was handed in for each, the student's own cells between them."""
        done = 0
        for cell in self._submitted.cells:
            place = self._plan.by_id.get(cell.get("id", ""), -1)
            if place < done:
                yield None, cell
                continue
            for missing in self._plan.cells[done:place]:
                yield missing, None
            yield self._plan.cells[place], cell
            done = place + 1
        for missing in self._plan.cells[done:]:
            yield missing, None

    def _guarded_step(self, planned: PlannedCell | None, cell: NotebookNode | None) -> None:
        """A step; if it fails by no fault that is foreseen here, the other cells are judged all the same."""
        try:
            self._step(planned, cell)
        except _Stop:
            raise
        except BaseException as error:
            if _is_ours(error):
                raise
            name = "" if planned is None else planned.grade_id or planned.id
            self.messages.append(f"The judge failed at the cell {name}: {safe_name(error)}.")
            if planned is not None and planned.role == "test":
                self.outcomes[planned.id] = Outcome(unasked=True, note="The judge failed at this test.")
        if self._no_child is not None:
            raise self._no_child

    def _step(self, planned: PlannedCell | None, cell: NotebookNode | None) -> None:
        if planned is None:
            if cell is not None and cell.cell_type == "code":
                self._run_student(_Ran(cell.source, key=cell.get("id", "")), cell.get("id", ""))
            return
        if not planned.is_code:
            return
        if planned.role == "test":
            if planned.shared:
                ran = _Ran(planned.source, (), planned.classes, planned.grade_id)
                self._run_student(ran, planned.id, shown=False)
            wanted = self._only is None or planned.id in self._only or planned.binds & self._plan.pushed
            if wanted and not planned.refused:
                self._judge(planned)
            if planned.shared:
                self._note_same(planned)
            return
        if planned.locked or cell is None:
            source = planned.source if planned.role == "both" else ""
        else:
            source = cell.source
        ran = _Ran(source, planned.names, planned.classes, planned.grade_id or planned.id)
        whole = planned.role == "both" and planned.locked and not planned.split
        self._run_student(ran, planned.id, shown=not whole)
        if planned.role == "both":
            outputs = self._run_here(planned)
            if whole:  # the same text ran on both sides: what it shows here needs no second thought
                self.outputs[planned.id] = outputs

    # ------------------------------------------------------------------------------------------ student cells

    def _run_student(self, ran: _Ran, cell_id: str, *, shown: bool = True) -> None:
        """Run a cell in the child; if that ends the child, the cell is left out from then on."""
        if not ran.source.strip():
            return
        student = self._student()
        student.deadline = self._deadline(self._limits.cell_seconds)
        dirty = self._dirty
        try:
            report = student.run_cell(ran.source, ran.names, ran.classes)
        except Lost as lost:
            self._interrupted(ran, cell_id, self._why(lost, self._limits.cell_seconds), shown and dirty)
            return
        self._ran.append(ran)
        self._note(ran, report)
        self.outputs[cell_id] = [] if dirty else report.outputs
        if shown and dirty and report.outputs:
            self.unexplained.add(cell_id)

    def _interrupted(self, ran: _Ran, cell_id: str, why: str, dirty: bool) -> None:
        """Tell that a cell did not end; of a child that met hidden tests, another pass has to see it.

        With many cells of which one ends, a student would read from its name what a hidden test asked.
        """
        if dirty:
            self._trouble[ran.key], self.outputs[cell_id] = "", []
            self.unexplained.add(cell_id)
            return
        self._trouble[ran.key] = "" if self._dirty else f"the cell {ran.key} did not end: {why}"
        self.interrupted.append(short(f"The cell {ran.key} did not end: {why}."))
        self.outputs[cell_id] = [_error("Interrupted", f"The cell did not end: {why}.")]

    def _note(self, ran: _Ran, report: CellReport) -> None:
        if report.error is not None:
            name, message = report.error
            # Once a hidden test was met, not even its name: a student could have many cells, and say by those
            # that stop what he was asked.
            why = f"the cell {ran.key} stopped: {told((name, message))}"
            self._trouble[ran.key] = "" if self._dirty else why

    def _student(self) -> Student:
        """The child, a fresh one with all cells replayed if the last one was lost."""
        while self._child is None or self._child.is_lost():
            if self._child is not None:
                self._child.close()
                self._restarts += 1
                if self._restarts > self._limits.restarts:
                    raise _Stop("The code ended its process or hung too often.")
            self._childs.clear()
            self._patches.forget()
            self._child = Student(
                self._fresh_child(),
                self,
                self._plan.rules,
                self._limits.caps,
                self._limits.output_bytes,
                self._plan.shares_random,
                self._fence.hear,
            )
            self._child.deadline = self._deadline(self._limits.cell_seconds)
            self._replay(self._child)
        return self._child

    def _fresh_child(self) -> Child:
        try:
            return self._spawn()
        except Exception as error:
            self._no_child = error  # no fault of the submission, wherever this is caught: nothing is scored
            raise

    def _replay(self, student: Student) -> None:
        """Set a fresh child up, and run what ran before."""
        try:
            student.setup(
                seed=_seed(self._seed, "box"),
                watched=list(self._plan.watched),
                live=list(self._plan.live),
                output_limit=self._limits.output_bytes,
                files=list(self._files),
                hears_warnings=self._plan.hears_warnings,
            )
        except Lost:
            return
        self._held = self._judges_names()  # what tests have bound since those cells ran first
        for ran in list(self._ran):
            student.deadline = self._deadline(self._limits.cell_seconds)
            try:
                student.run_cell(ran.source, ran.names, ran.classes)
            except Lost:
                self._ran.remove(ran)  # it did end before; whatever it waits for will not come again
                break
        self._held = frozenset()

    def _judges_names(self) -> frozenset[str]:
        return frozenset(name for name, who in self._owner.items() if who == "judge")

    def _deadline(self, seconds: float) -> float:
        return min(monotonic() + seconds, self._ends)

    def _why(self, lost: BaseException, seconds: float) -> str:
        return f"it took longer than {seconds:g} s" if "out of time" in str(lost) else str(lost)

    # -------------------------------------------------------------------------------------------- cells here

    def _run_here(self, planned: PlannedCell) -> list[Output]:
        """The judge's part of a cell that runs on both sides, and what it shows."""
        assert planned.test is not None
        outputs: list[Output] = []
        try:
            with self._captured(outputs), limited(self._left(self._limits.cell_seconds)):
                self._student().deadline = self._deadline(self._limits.cell_seconds)
                self._cells.show(planned.test.code)
        except BaseException as error:
            if _is_ours(error):
                raise
            name = planned.grade_id or planned.id
            said = "" if is_from_student(error) else f": {text_of(error)}"
            self.messages.append(short(f"The judge could not run the cell {name}: {safe_name(error)}{said}"))
        for name in planned.binds:
            self._owner[name] = "judge"
        self._note_same(planned)
        return outputs

    def _judge(self, planned: PlannedCell) -> None:
        """Run a test cell and score it."""
        assert planned.test is not None
        try:
            self._checks.begin(planned.test.checks)
        except Exception:
            self.outcomes[planned.id] = Outcome(unasked=True)
            return
        student = self._student()
        student.deadline = self._deadline(self._limits.question_seconds)
        seed_generators(_seed(self._seed, planned.grade_id))
        self._refresh_pushed()
        self._changing = planned.changes & self._plan.pushed
        # Else a function could give the test's own names, an expected value, other values while it is asked.
        self._held = (self._judges_names() | planned.binds) - set(self._plan.live)
        student.link(planned.links)
        student.begin(self._plan.looks_at_figures)
        before = {name: self._names.get(name, _ABSENT) for name in self._plan.pushed}
        self._unittest_failed, self._cells.shown_error = "", None
        student.copies.remark()
        noticed = student.noticed
        outcome = Outcome(
            score=planned.points, dirty=self._dirty, trouble="; ".join(filter(None, self._trouble.values()))
        )
        value = None
        try:
            with self._captured([]), limited(self._left(self._limits.question_seconds)):
                for code in planned.test.code if self._only is None else planned.test.visible:
                    value = self._cells.evaluate(code)
            outcome.error = self._cells.shown_error
        except BaseException as error:
            if _is_ours(error):
                raise
            outcome.error = error
        outcome.text = self._text(outcome.error)
        self._held = frozenset()
        self._checks.end()
        outcome.reports = list(self._checks.reports.values())
        outcome.trouble = "; ".join(filter(None, [outcome.trouble, student.copies.remark()]))
        self._score(planned, outcome, value)
        student.link(False)
        self._changing = frozenset()
        self._after(planned, before, planned.shared or student.noticed != noticed)
        self.outcomes[planned.id] = outcome

    def _text(self, error: BaseException | None) -> str:
        """What an error says; for an object of the student's in it, his process is asked."""
        if error is None:
            return ""
        try:
            with self._captured([]), limited(self._left(1.0)):
                return text_of(error)
        except BaseException as again:
            if _is_ours(again):
                raise
            return ""

    def _score(self, planned: PlannedCell, outcome: Outcome, value: object) -> None:
        """An error gives nothing, a number as the last value so many points, anything else all of them."""
        student = self._student() if self._child is None else self._child
        assert planned.test is not None
        if outcome.error is None and student.is_lost():
            outcome.error = Lost(str(student.lost))  # the test went on, as if nothing had happened
        if outcome.error is not None:
            outcome.lines = line_of(outcome.error, f"<cell {planned.grade_id or planned.id}>")
            if isinstance(outcome.error, (Deadline, Lost)):
                outcome.note = self._why(outcome.error, self._limits.question_seconds)
            outcome.score = 0.0
            if self._checks.failed(outcome.error):
                self._score_check(planned, outcome)
                return
            known = is_hidden(planned.test, outcome.lines) or literal_of(planned.test, outcome.error)
            outcome.dirty |= bool(outcome.lines) and any(
                first < outcome.lines[0] for first, _ in planned.test.hidden
            )
            if outcome.dirty and not known and not outcome.note:
                self.unexplained.add(planned.id)
        elif self._unittest_failed:
            outcome.score, outcome.note = 0.0, self._unittest_failed
        elif not self._checks.reports.keys() >= set(planned.test.checks):
            outcome.score, outcome.note = 0.0, "Its check did not run."
        else:
            outcome.score = points_of(value, planned.points, planned.test.computes_points)

    def _score_check(self, planned: PlannedCell, outcome: Outcome) -> None:
        """A question of the bank is not right: the parts of it that are may have earned points."""
        assert planned.test is not None
        if planned.test.only_checks:
            outcome.score = planned.points * earned(self._checks.reports, planned.test.checks)
        hidden = all(report.passed or report.findings[0].hidden for report in outcome.reports)
        if outcome.dirty and not hidden:
            self.unexplained.add(planned.id)

    def _after(self, planned: PlannedCell, before: dict[str, Any], noticed: bool) -> None:
        """Who owns which name now; student functions that the test replaced are put back.

        Had the child no chance to notice the test (the function to be asked does not exist, say), it cannot
        have met what is hidden in it.
        """
        assert planned.test is not None
        hidden = planned.test.hidden or self._checks.holds_hidden(
            {*planned.test.checks, *self._checks.reports}
        )
        self._dirty |= self._only is None and bool(hidden) and (noticed or self._tells_later())
        for name in planned.binds:
            self._owner[name] = "judge"
        for name, value in before.items():
            if self._names.get(name) is not value and self._is_students(value):
                self._names[name] = value
                self._owner[name] = "student"

    def _tells_later(self) -> bool:
        """Whether what a test does here can reach the child with another test's questions."""
        plan = self._plan
        lends = self._child is not None and len(self._child.lent) > 0
        return bool(plan.pushed or plan.patched or plan.shares_random or plan.given or lends)

    def _is_students(self, value: object) -> bool:
        try:
            return callable(value) and self._child is not None and self._child.number(value) > 0
        except LookupError:
            return False

    def _left(self, seconds: float) -> float:
        return max(min(seconds, self._ends - monotonic()), 0.001)

    @contextmanager
    def _captured(self, outputs: list[Output]) -> Iterator[None]:
        streams = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = self._recorder.stdout, self._recorder.stderr
        try:
            yield
        finally:
            sys.stdout, sys.stderr = streams
            outputs += self._recorder.take()

    # -------------------------------------------------------------------------------------------- names

    def bind(self, bindings: Bindings) -> None:
        """Take the values of remote names; a student's process can bind no other."""
        for name, bound, value in bindings:
            if name not in self._plan.watched or name in self._held:
                continue
            if bound is None and self._owner.get(name) == "student":
                self._names[name] = self._childs[name] = self._own_import(name, value)
            elif bound:
                self._names[name] = self._childs[name] = self._own_import(name, value)
                self._owner[name] = "student"
            elif self._owner.get(name) != "judge":
                self._names.pop(name, None)
                self._childs.pop(name, None)

    def _own_import(self, name: str, value: Any) -> Any:
        """What the source imports under this name, if that is what the student's process has there.

        ``import numpy as np`` can be the exercise, so the judge does not import it unasked; but a test that
        goes on with ``np.allclose`` must find the judge's NumPy, not the student's: nor an object of the
        student's whose ``allclose`` is always content.
        """
        claim = self._child.claim(value) if self._child is not None else None
        for module, attribute in self._plan.imports.get(name, ()):
            if self._is_shipped(module) and name not in self._plan.judges:
                continue  # the assignment's own module may keep something for the student
            try:
                own: Any = importlib.import_module(module)
                own = getattr(own, attribute) if attribute else own
            except (ImportError, AttributeError):
                continue
            is_module = isinstance(own, types.ModuleType)
            path = (own.__name__, "") if is_module else (_text(own, "__module__"), _text(own, "__qualname__"))
            if path == claim or name in self._plan.judges:
                return own
            if name in self._plan.tools and _gives_verdicts(own):
                return own
        return value

    def own_builtins(self) -> AbstractContextManager[None]:
        """Built-in functions as they were, for the judge's own work while a test has replaced some."""
        return self._patches.own_builtins()

    def pushes(self) -> News:
        """What tests did to names and modules that the source's code reads, and the child does not know."""
        bound, deleted = {}, []
        for name in self._plan.pushed:
            value = self._names.get(name, _ABSENT)
            known = self._childs.get(name, _ABSENT)
            if value is known and not (name in self._changing and type(value) in _MUTABLE):
                continue
            if value is _ABSENT:
                deleted.append(name)
                self._childs.pop(name)
            else:
                bound[name] = self._childs[name] = value
        return News(bound, deleted, self._patches.changes(), self._given.new())

    def rebind(self, pairs: Iterable[tuple[Any, Any]]) -> bool:
        """Have the test's names for the first of a pair mean the second, in arrays of pictures, too."""
        new = {id(old): theirs for old, theirs in pairs}
        found = False
        for name, value in list(self._names.items()):
            if id(value) in new:
                self._names[name], found = new[id(value)], True
            elif type(value).__module__ == "numpy" and str(getattr(value, "dtype", "")) == "object":
                for place, item in enumerate(value.flat):
                    if id(item) in new:
                        value.flat[place], found = new[id(item)], True
        return found

    def store(self, files: dict[str, bytes]) -> None:
        """Take text files that the student's code wrote and the notebook names."""
        store(files, self._files, self._workspace)
        self._given.known(files)

    def _note_same(self, planned: PlannedCell) -> None:
        """The child ran this cell too and has its names: they need no pushing."""
        for name in planned.binds & self._plan.pushed:
            self._childs[name] = self._names.get(name, _ABSENT)

    def _refresh_pushed(self) -> None:
        """Push containers again: an earlier test may have changed them in place."""
        for name in self._plan.pushed:
            if type(self._childs.get(name)) in _MUTABLE and self._owner.get(name) == "judge":
                self._childs[name] = None

    def class_name(self, kind: type) -> str | None:
        """The name of a class that a locked cell defines on both sides."""
        name = kind.__name__
        known = self._names.get(name) is kind and any(name in cell.classes for cell in self._plan.cells)
        return name if known else None

    def class_named(self, name: str) -> type | None:
        """The opposite."""
        kind = self._names.get(name)
        return kind if isinstance(kind, type) and self.class_name(kind) == name else None

    def is_of_test(self, module: str) -> bool:
        """Whether a module is the test's own: the notebook, or a helper in the source folder."""
        file = getattr(sys.modules.get(module), "__file__", None)
        return module == "__main__" or (isinstance(file, str) and file.startswith(str(self._workspace)))

    # ----------------------------------------------------------------------------------------- what tests use

    @contextmanager
    def _patched(self) -> Iterator[None]:
        """`inspect` reads the source of remote objects; a failed `unittest` run fails its cell."""
        originals: Any = inspect.getsource, inspect.getsourcelines, unittest.TextTestRunner.run
        has_code_flag: Any = getattr(inspect, "_has_code_flag")  # noqa: B009  # generator, coroutine?

        def getsource(value: Any) -> str:
            text = self._source(value)
            return originals[0](value) if text is None else text

        def getsourcelines(value: Any) -> tuple[list[str], int]:
            text = self._source(value)
            return originals[1](value) if text is None else (text.splitlines(keepends=True), 1)

        def run(runner: Any, test: Any) -> Any:
            result = originals[2](runner, test)
            if not result.wasSuccessful():
                self._unittest_failed = (
                    f"{len(result.failures) + len(result.errors)} of {result.testsRun} tests failed"
                )
            return result

        def has_flag(value: Any, flag: int) -> bool:
            flags = None if self._child is None else self._child.flags(getattr(value, "__func__", value))
            return has_code_flag(value, flag) if flags is None else bool(flags & flag)

        patched: Any = inspect
        runner: Any = unittest.TextTestRunner
        patched.getsource, patched.getsourcelines, runner.run = getsource, getsourcelines, run
        patched._has_code_flag = has_flag
        try:
            yield
        finally:
            patched.getsource, patched.getsourcelines, runner.run = originals
            patched._has_code_flag = has_code_flag

    @contextmanager
    def _figures(self) -> Iterator[None]:
        """``plt.gca()`` in a test means what the student's code has begun to draw, if it has none."""
        pyplot: Any = sys.modules.get("matplotlib.pyplot")
        if pyplot is None or not self._plan.looks_at_figures:
            yield
            return
        names, here = ("gca", "gcf", "get_fignums"), os.getpid()
        originals = {name: getattr(pyplot, name) for name in names}

        def current(name: str) -> Callable[..., Any]:
            def function(*args: Any, **kwargs: Any) -> Any:
                theirs = None
                if os.getpid() == here and not originals["get_fignums"]():  # a child may be a fork of this
                    theirs = self._student().ask("pyplot", 0, (name,))
                return originals[name](*args, **kwargs) if theirs is None else theirs

            return function

        for name in names:
            setattr(pyplot, name, current(name))
        try:
            yield
        finally:
            for name, original in originals.items():
                setattr(pyplot, name, original)

    def _source(self, value: Any) -> str | None:
        """The text of a student's function or class, from the cells that ran; None for what is not remote."""
        student = self._student()
        if isinstance(value, types.MethodType):
            value = value.__func__
        found = student.method(value)
        inner, value = ("", value) if found is None else (f".{found[1]}", found[0])
        try:
            student.number(value)
        except (LookupError, TypeError):
            return None
        if not isinstance(value, (types.FunctionType, RemoteClass)):
            raise TypeError(f"a function or class was expected, got {type(value).__name__}")
        names = [name for name in self._plan.watched if self._names.get(name) is value]
        stopped = {place for place, ran in enumerate(self._ran) if ran.key in self._trouble}
        return source_of(
            [ran.source for ran in self._ran], (names or [value.__qualname__])[0] + inner, stopped
        )


class _Stop(Exception):
    """The pass cannot go on; the message is for the student."""


def _seed(seed: int, name: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}\0{name}".encode()).digest()[:6], "big")


def _is_ours(error: BaseException) -> bool:
    """Whether somebody at the keyboard ends the grader."""
    return isinstance(error, KeyboardInterrupt) and not is_from_student(error)


def _error(name: str, message: str) -> Output:
    return {"output_type": "error", "ename": name, "evalue": message, "traceback": [f"{name}: {message}"]}


def _gives_verdicts(tool: Any) -> bool:
    """Whether tests believe what it says of values: a module, or a function like `allclose`."""
    name = _text(tool, "__name__")
    return isinstance(tool, types.ModuleType) or name.startswith("assert") or name in _VERDICTS


def _text(value: object, name: str) -> str:
    return str(getattr(value, name, ""))
