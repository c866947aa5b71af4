"""How a notebook is judged, read once from its source: which cell runs where, which names are the student's.

Nothing here runs code. The rules:

- Solution cells run in the student's process only. The names that the *source's* solution cells bind or
  change in place are **remote names**: they are fetched when the student's cell has run.
- Test cells run in the judge only; those that only make something for later cells, on both sides.
- Locked cells without points run on both sides, unless they read a remote name when they run: then they run
  once, at the student's, and what they bind is remote too. Their functions, classes and imports still come
  into being in the judge.
- Unmarked cells are the student's to edit: the judge runs the source's version, the student's process the
  student's.
"""

from __future__ import annotations

import ast
import re
import types
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from autograder.cells import compile_cell, is_silent, translate
from autograder.check_cells import check_calls, only_checks, with_own_check
from autograder.names import (
    CellNames,
    attributes_given,
    believed,
    cell_names,
    changes_parts,
    compared,
    methods_of,
    patched_names,
)
from autograder.partial import computes_points
from autograder.refusals import Refusal, refusals_of, text_runners
from autograder.remote import Rules
from autograder.written import files_given, files_named, files_written, is_data

if TYPE_CHECKING:
    from nbformat import NotebookNode  # its package takes more memory than all else here

    from autograder.question import Question

__all__ = ["Plan", "PlannedCell", "Refusal", "TestCode", "make_plan"]

Role = Literal["student", "test", "both", "manual", "text"]

BEGIN_HIDDEN, END_HIDDEN = "BEGIN HIDDEN TESTS", "END HIDDEN TESTS"
BEGIN_SOLUTION = "BEGIN SOLUTION"
_STREAMS = frozenset({"sys.stdout", "sys.stderr", "sys.stdin", "builtins.input"})  # handed over by other ways
# Libraries that draw. To import one takes longer than to judge a dozen notebooks.
_DRAWING = frozenset(["matplotlib", "mpl_toolkits", "seaborn", "plotly", "bokeh", "altair", "ipywidgets"])
_FIGURES = re.compile(r"\b(?:gca|gcf|get_fignums)\(")
_STUB = re.compile(r"YOUR CODE HERE|raise NotImplementedError")


@dataclass(frozen=True)
class TestCode:
    """A test cell, compiled.

    Attributes
    ----------
    code : tuple of code
        The whole cell; if it ends with an expression, the last one is that.
    visible : tuple of code
        Without the hidden regions: what the student may be told about.
    hidden : tuple of (int, int)
        First and last line of each hidden region.
    literals : frozenset of str
        The messages that the author wrote as plain text: they may be shown whatever fails.
    checks : tuple of str
        Slugs of questions of the bank that it checks.
    only_checks : bool
        It does nothing else.
    computes_points : bool
        Its last value is meant as a number of points (`autograder.partial`).
    """

    __test__ = False  # its name would make pytest collect it

    code: tuple[types.CodeType, ...]
    visible: tuple[types.CodeType, ...] = ()
    hidden: tuple[tuple[int, int], ...] = ()
    literals: frozenset[str] = frozenset()
    checks: tuple[str, ...] = ()
    only_checks: bool = False
    computes_points: bool = False


@dataclass(frozen=True)
class PlannedCell:
    """One cell of the source notebook and what becomes of it.

    Attributes
    ----------
    id, grade_id : str
    role : "student", "test", "both", "manual" or "text"
        Where it runs; "manual" for answers that a person grades (code among them runs at the student's),
        "text" for the rest.
    points : float
    locked, split : bool
        The student's version does not count; it reads remote names, so that only parts of it run in the
        judge.
    source : str
        What runs at the student's if the cell is locked.
    names : tuple of str
        Remote names to fetch when the student's process ran it.
    classes : tuple of str
        Classes that it defines on both sides.
    shared : bool
        A test cell that tests nothing of the student's but makes what the student's cells use (opens a
        database, perhaps): it runs on both sides.
    refused : str
        Why it cannot be judged from outside.
    test : TestCode or None
        What the judge runs: tests, or the judge's part of a cell that runs on both sides.
    binds, changes : frozenset of str
        Names that the judge's part binds or deletes; names that a test changes in place.
    links : bool
        A test changes in place what it gets as a part of an object.
    """

    id: str
    grade_id: str
    role: Role
    points: float = 0.0
    locked: bool = False
    split: bool = False
    is_code: bool = False
    graded: bool = False
    source: str = ""
    names: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    shared: bool = False
    refused: str = ""
    test: TestCode | None = None
    binds: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    links: bool = False


@dataclass(frozen=True)
class Plan:
    """An assignment's notebook, ready to be judged.

    Attributes
    ----------
    name : str
    cells : tuple of PlannedCell
    refusals : tuple of Refusal
    rules : Rules
    watched : tuple of str
        Remote names that some test reads: they are told when any cell of the student's binds them.
    live : tuple of str
        Those that functions of the solution change: they are told after each call.
    pushed : frozenset of str
        Names of tests that the solution's code reads.
    imports : dict
        Name -> the imports by which the source binds it.
    tools : frozenset of str
        Names that the solution binds by an import and nothing else.
    judges : frozenset of str
        Those of them that tests believe: ``assert close(f(2), 4)``, ``helper.check(f)``.
    libraries, patched : tuple of str
        Modules that cells of the judge import; names in modules (``numpy.linalg.lstsq``) that they delete or
        replace.
    files : tuple of str
        Text files that test cells name: what a student's code writes under these names is copied back.
    stale : tuple of str
        Files that the solution writes and a test reads. Where one lies in the source folder all the same, it
        is left over from the instructor's own run.
    shares_random : bool
        The solution and the tests both draw random numbers.
    hears_warnings, looks_at_figures : bool
        A test listens for warnings; it asks pyplot for the current picture.
    given : tuple of str
        Files that tests write, for the student's code to read.
    texts : frozenset of str
        What stands in quotes in the instructor's tests.
    questions : mapping
        The assignment's question bank, by slug.
    """

    name: str
    cells: tuple[PlannedCell, ...]
    refusals: tuple[Refusal, ...]
    rules: Rules
    watched: tuple[str, ...] = ()
    live: tuple[str, ...] = ()
    pushed: frozenset[str] = frozenset()
    imports: dict[str, frozenset[tuple[str, str]]] = field(default_factory=dict)
    tools: frozenset[str] = frozenset()
    judges: frozenset[str] = frozenset()
    libraries: tuple[str, ...] = ()
    patched: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    shares_random: bool = False
    hears_warnings: bool = False
    looks_at_figures: bool = False
    given: tuple[str, ...] = ()
    texts: frozenset[str] = frozenset()
    by_id: dict[str, int] = field(default_factory=dict)
    questions: Mapping[str, Question] = field(default_factory=dict)


def make_plan(
    source: NotebookNode,
    *,
    released: NotebookNode | None = None,
    name: str = "",
    source_dir: Path | None = None,
    questions: Mapping[str, Question] | None = None,
) -> Plan:
    """Read how a notebook is judged.

    Parameters
    ----------
    source : NotebookNode
        The instructor's version, with solutions and hidden tests.
    released : NotebookNode, optional
        What the students got; its cells' ids are taken over, in case the source has none.
    name : str
        The notebook's name, for results.
    source_dir : Path, optional
        Folder of the source notebook: a test may run what lies in it.
    questions : mapping, optional
        The assignment's question bank, by slug.

    Returns
    -------
    Plan
        Never raises on account of a cell: one that cannot be judged is in ``refusals``.
    """
    return _Planner(source, released, name, source_dir, questions or {}).plan()


@dataclass
class _Draft:
    """A code cell on its way into the plan."""

    cell: PlannedCell
    tree: ast.Module
    names: CellNames
    tainted: bool = False
    shared: bool = False
    checks: tuple[str, ...] = ()


class _Planner:
    def __init__(
        self,
        source: NotebookNode,
        released: NotebookNode | None,
        name: str,
        source_dir: Path | None,
        questions: Mapping[str, Question],
    ) -> None:
        self._name = name
        self._questions = questions
        self._source_dir = source_dir
        self._refusals: list[Refusal] = []
        self._owner: dict[str, str] = {}  # name -> "student" or "judge", at this point of the notebook
        self._carriers: set[str] = set()  # functions of locked cells that call the student's
        self._remote: set[str] = set()
        self._read_at_students: set[str] = set()
        self._ids = _ids(source, released)
        self._drafts = [self._draft(cell, number) for number, cell in enumerate(source.cells)]
        self._leave_drawing_to_students()

    # ------------------------------------------------------------------------------------------ reading cells

    def _draft(self, cell: NotebookNode, number: int) -> _Draft:
        mark = cell.metadata.get("nbgrader") or {}
        role, locked = _role(cell, mark)
        planned = PlannedCell(
            id=self._ids[number],
            grade_id=str(mark.get("grade_id", "")),
            role=role,
            points=float(mark.get("points") or 0),
            locked=locked,
            is_code=cell.cell_type == "code",
            graded=bool(mark.get("grade") or mark.get("task")),
            source=_without_hidden(cell.source) if role == "both" else cell.source,
        )
        tree = ast.Module([], [])
        if planned.is_code:
            try:
                tree = translate(planned.source)
            except (SyntaxError, ValueError, ImportError) as error:
                if role == "test":
                    self._refuse(planned, getattr(error, "lineno", None) or 1, f"it is not Python: {error}")
        checks = self._checks(planned, tree)
        names = cell_names(tree)
        if role == "test":  # what a check looks at, it reads
            names.reads |= set().union(*[self._questions[slug].reads for slug in checks])
        return _Draft(planned, tree, names, checks=checks)

    def _checks(self, planned: PlannedCell, tree: ast.Module) -> tuple[str, ...]:
        """Slugs that a cell checks, known ones; the judge's own check is put in their place."""
        calls = check_calls(tree) if self._questions else []
        for slug, line in calls:
            if slug not in self._questions and planned.role == "test":
                self._refuse(planned, line, f"the question bank has no question {slug!r}")
        with_own_check(tree, self._questions)
        return tuple(slug for slug, _ in calls if slug in self._questions)

    def _leave_drawing_to_students(self) -> None:
        """Take imports of libraries that draw out of the judge's part of a notebook that uses them nowhere.

        The cells' names stay as they are: who owns which is not changed by this.
        """
        read = self._read_by_judge()
        if read is None:
            return
        for draft in self._of("both"):
            draft.tree.body = [
                statement for statement in draft.tree.body if not _is_idle_import(statement, read)
            ]

    def _refuse(self, cell: PlannedCell, line: int, reason: str) -> None:
        self._refusals.append(Refusal(cell.grade_id, line, reason))

    # -------------------------------------------------------------------------------------------- the plan

    def plan(self) -> Plan:
        for draft in self._of("student", "manual", "both"):
            self._read_at_students |= draft.names.deferred | draft.names.reads
        for draft in self._drafts:
            self._own(draft)
        read_by_judge = self._read_by_judge()
        imports = self._imports()
        only_imported = set().union(*[d.names.only_imported for d in self._of("student", "manual")])
        wanted = {
            name for name in self._remote | only_imported if read_by_judge is None or name in read_by_judge
        }
        pushed = self._pushed()
        tools = frozenset(
            only_imported - self._remote - set().union(*[d.names.changed_by_functions for d in self._drafts])
        )
        runners = text_runners(draft.tree for draft in self._of("test", "both"))
        for draft in self._of("test"):
            self._refusals += self._reads_what_stays(draft)
            self._refusals += refusals_of(
                draft.cell.grade_id,
                draft.tree,
                draft.names,
                self._remote,
                self._written_files(),
                self._source_dir,
                runners,
            )
        cells = tuple(self._planned(draft, wanted) for draft in self._drafts)
        changed = set().union(*[draft.names.changed_by_functions for draft in self._drafts])
        return Plan(
            name=self._name,
            cells=cells,
            refusals=tuple(
                sorted(self._refusals, key=lambda r: [c.grade_id for c in cells].index(r.grade_id))
            ),
            rules=Rules(
                methods=methods_of(draft.tree for draft in self._drafts),
                libraries=frozenset(
                    module.partition(".")[0] for many in imports.values() for module, _ in many
                )
                | self._masks(),
                attributes=attributes_given(draft.tree for draft in self._drafts),
                stops=any("StopIteration" in draft.cell.source for draft in self._of("test", "both")),
                compared=self._compared(),
            ),
            watched=tuple(sorted(wanted)),
            live=tuple(sorted(changed & wanted)),
            pushed=frozenset(pushed),
            imports=imports,
            tools=tools,
            judges=tools & frozenset().union(*[believed(draft.tree) for draft in self._of("test")]),
            libraries=self._libraries(),
            patched=self._patched(),
            files=self._data_files(),
            stale=tuple(sorted(self._student_writes() - self._named_by_judge())),
            shares_random=self._draws("student", "manual", "both") and self._draws("test"),
            hears_warnings=any("warn" in draft.cell.source for draft in self._of("test")),
            looks_at_figures=any(_FIGURES.search(draft.cell.source) for draft in self._of("test")),
            given=tuple(
                sorted(set().union(*[files_given(d.tree) for d in self._of("test") if not d.shared]))
            ),
            texts=frozenset(set().union(*[_texts(draft.tree) for draft in self._of("test", "both")])),
            by_id={cell.id: number for number, cell in enumerate(cells)},
            questions=self._questions,
        )

    def _of(self, *roles: Role) -> list[_Draft]:
        return [draft for draft in self._drafts if draft.cell.role in roles]

    def _draws(self, *roles: Role) -> bool:
        return any(
            re.search(r"rand|seed|rng|shuffle|sample", draft.cell.source) for draft in self._of(*roles)
        )

    def _own(self, draft: _Draft) -> None:
        """Who owns the names that a cell binds, and whether it may run in the judge."""
        names, role = draft.names, draft.cell.role
        if role in ("student", "manual"):
            changed = self._changed(names) & (self._remote | self._owner.keys())
            bound = (names.binds - names.only_imported) | (changed - _modules(self._drafts))
            self._give(bound, "student")
        elif role == "both":
            theirs = {name for name, who in self._owner.items() if who == "student"} | self._carriers
            draft.tainted = bool(names.reads & theirs)
            defined = {name for part in _definitions(draft.tree, theirs) for name in cell_names(part).binds}
            if draft.tainted:
                self._give((names.binds | self._changed(names) & self._owner.keys()) - defined, "student")
                self._give(defined, "judge")
            else:
                self._give(names.binds, "judge")
            if names.deferred & theirs:
                self._carriers |= {part for part in names.binds if part not in names.imports}
        elif role == "test":
            theirs = {name for name, who in self._owner.items() if who == "student"} | self._carriers
            draft.shared = not (
                _hidden_lines(draft.cell.source)
                or (names.reads | names.deferred) & theirs
                or not (names.binds - names.only_imported) & self._read_at_students
            )
            self._give(names.binds, "judge")

    def _changed(self, names: CellNames) -> set[str]:
        """Names whose values a cell at the student's may change in place, by its functions too."""
        ours = self._owner.keys() | names.binds
        handed = [roots for function, roots in names.handed.items() if function in ours]
        return set().union(names.changes, names.changed_by_functions, *handed)

    def _give(self, names: Iterable[str], to: str) -> None:
        for name in names:
            if name == "get_ipython":
                continue
            self._owner[name] = to
            self._carriers.discard(name)
            if to == "student":
                self._remote.add(name)

    def _read_by_judge(self) -> set[str] | None:
        """Names that code in the judge reads, None if it looks names up by text."""
        found: set[str] = set()
        for draft in self._of("test", "both"):
            if draft.names.dynamic and draft.cell.role == "test":
                return None
            found |= draft.names.reads | draft.names.deferred | draft.names.deletes | draft.names.changes
        return found

    def _imports(self) -> dict[str, frozenset[tuple[str, str]]]:
        found: dict[str, set[tuple[str, str]]] = {}
        for draft in self._drafts:
            for name, path in draft.names.imports.items():
                found.setdefault(name, set()).add(path)
        return {name: frozenset(paths) for name, paths in found.items()}

    def _masks(self) -> frozenset[str]:
        """``numpy.ma``, if the source speaks of it."""
        used = any(re.search(r"\bnp\.ma\b|\bnumpy\.ma\b|\bimport ma\b", d.cell.source) for d in self._drafts)
        return frozenset(["numpy.ma"] if used else [])

    def _libraries(self) -> tuple[str, ...]:
        found: set[str] = set()
        for draft in self._of("test", "both"):
            for node in ast.walk(draft.tree):
                if isinstance(node, ast.Import):
                    found |= {alias.name for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    found.add(node.module)
        return tuple(sorted(found))

    def _data_files(self) -> tuple[str, ...]:
        texts = set().union(*[_texts(draft.tree) for draft in self._of("test")])
        return tuple(sorted(filter(is_data, texts)))

    def _student_writes(self) -> set[str]:
        """Files that the student's process writes, and the judge's does not."""
        theirs = [d for d in self._drafts if d.cell.role in ("student", "manual") or d.tainted or d.shared]
        ours = [d for d in self._of("both") if not d.tainted]
        written, rewritten = (
            set().union(*[files_written(draft.tree) for draft in drafts]) for drafts in (theirs, ours)
        )
        return written - rewritten

    def _named_by_judge(self) -> set[str]:
        """Files that cells name which run in the judge and are no tests: those must stay where they are."""
        return set().union(*[files_named(draft.tree) for draft in self._of("both") if not draft.tainted])

    def _reads_what_stays(self, draft: _Draft) -> Iterator[Refusal]:
        """Refuse to judge a test that reads what leaves the student's process as text only."""
        for name in sorted(files_named(draft.tree) & self._student_writes()):
            if not is_data(name) and not draft.shared:
                reason = (
                    f"it reads {name}, which the student's code writes: only text files are looked at here"
                )
                yield Refusal(draft.cell.grade_id, _line_of(draft.tree, name), reason)

    def _paths(self) -> dict[str, str]:
        """Imported name -> what it is the import of."""
        return {
            name: f"{module}.{attribute}".rstrip(".")
            for draft in self._drafts
            for name, (module, attribute) in draft.names.imports.items()
        }

    def _compared(self) -> frozenset[str]:
        paths = self._paths()
        return frozenset().union(*[compared(draft.tree, paths) for draft in self._of("test")])

    def _patched(self) -> tuple[str, ...]:
        paths = self._paths()
        found = {name for draft in self._of("test", "both") for name in patched_names(draft.tree, paths)}
        return tuple(sorted(found - _STREAMS))

    def _pushed(self) -> set[str]:
        """Names bound by tests that the *source's* own code at the student's side reads.

        Not what a student's code reads: he would only have to guess the name of an expected value.
        """
        modules = _modules(self._drafts)
        bound = set().union(
            *[d.names.binds | d.names.deletes | (d.names.changes - modules) for d in self._of("test")]
        )
        read: set[str] = set()
        for draft in self._of("student", "manual", "both"):
            read |= draft.names.deferred | (draft.names.reads - draft.names.binds)
        return bound & read

    def _written_files(self) -> set[str]:
        """Files that solution cells write with ``%%writefile``: a student's code."""
        found: set[str] = set()
        for draft in self._of("student", "manual"):
            found |= set(re.findall(r"%%(?:write)?file\s+(?:-a\s+)?(\S+)", draft.cell.source))
        return found

    def _planned(self, draft: _Draft, wanted: set[str]) -> PlannedCell:
        cell, names = draft.cell, draft.names
        if cell.role == "test":
            refused = next((r.reason for r in self._refusals if r.grade_id == cell.grade_id), "")
            code = None if refused else _test_code(cell, draft.tree, draft.checks)
            return replace(
                cell,
                test=code,
                refused=refused,
                shared=draft.shared,
                links=changes_parts(draft.tree, _modules(self._drafts)),
                changes=frozenset(names.changes - _modules(self._drafts)),
                classes=tuple(sorted(names.classes)) if draft.shared else (),
                binds=frozenset(names.binds | names.deletes),
            )
        if cell.role == "both":
            silent = draft.tainted or is_silent(cell.source)
            parts = _definitions(draft.tree, self._remote) if draft.tainted else [draft.tree]
            codes = tuple(
                code for part in parts for code in compile_cell(part, _filename(cell), silent=silent)
            )
            fetched = (names.binds | self._changed(names)) & wanted if draft.tainted else ()
            return replace(
                cell,
                split=draft.tainted,
                test=TestCode(codes),
                names=tuple(sorted(fetched)),
                classes=tuple(sorted(names.classes - (self._remote if draft.tainted else set()))),
                binds=frozenset(names.binds - (self._remote if draft.tainted else set())),
            )
        return replace(cell, names=tuple(sorted((names.binds | self._changed(names)) & wanted)))


# ------------------------------------------------------------------------------------------------ cells


def _ids(source: NotebookNode, released: NotebookNode | None) -> list[str]:
    """Ids of the source's cells: their own, or those of the released cell of the same place or name."""
    by_grade_id = {
        cell.metadata["nbgrader"]["grade_id"]: cell.get("id", "")
        for cell in (released.cells if released else [])
        if (cell.metadata.get("nbgrader") or {}).get("grade_id")
    }
    same_length = released is not None and len(released.cells) == len(source.cells)
    ids = []
    for place, cell in enumerate(source.cells):
        grade_id = (cell.metadata.get("nbgrader") or {}).get("grade_id")
        other = released.cells[place].get("id", "") if released is not None and same_length else ""
        ids.append(by_grade_id.get(grade_id) or cell.get("id") or other or f"cell-{place}")
    return ids


def _texts(tree: ast.AST) -> set[str]:
    nodes = ast.walk(tree)
    return {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}


def _line_of(tree: ast.Module, text: str) -> int:
    lines = (
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and node.value in (text, f"./{text}")
    )
    return next(lines, 1)


def _role(cell: NotebookNode, mark: dict[str, Any]) -> tuple[Role, bool]:
    """Where a cell runs, and whether the student's version of it counts for nothing."""
    grade, solution = bool(mark.get("grade")), bool(mark.get("solution"))
    if mark.get("task"):
        return "manual", False
    if cell.cell_type != "code":
        return ("manual" if grade or solution else "text"), not solution
    if solution:
        return ("manual" if grade else "student"), False
    if grade:
        return "test", True
    if mark.get("locked"):
        return "both", True
    unfinished = BEGIN_SOLUTION in cell.source or _STUB.search(cell.source)
    return ("student" if unfinished else "both"), False


def _filename(cell: PlannedCell) -> str:
    return f"<cell {cell.grade_id or cell.id}>"


def _modules(drafts: Iterable[_Draft]) -> set[str]:
    """Names that are imported anywhere: ``plt.plot(x)`` does not make ``plt`` the student's."""
    return set().union(*[draft.names.only_imported for draft in drafts])


def _definitions(tree: ast.Module, remote: set[str]) -> list[ast.Module]:
    """Functions, classes and imports of a cell, as far as they do without the remote names."""
    parts = []
    for statement in tree.body:
        if isinstance(
            statement, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Import, ast.ImportFrom)
        ):
            part = ast.Module([statement], [])
            if not cell_names(part).reads & remote:
                parts.append(part)
    return parts


def _is_idle_import(statement: ast.stmt, read: set[str]) -> bool:
    """Whether a statement only imports libraries that draw, under names that nobody reads.

    >>> lines = ast.parse("import matplotlib.pyplot as plt; import numpy as np").body
    >>> [_is_idle_import(line, {"x"}) for line in lines], _is_idle_import(lines[0], {"plt"})
    ([True, False], False)
    """
    if isinstance(statement, ast.Import):
        modules = [alias.name for alias in statement.names]
    elif isinstance(statement, ast.ImportFrom) and not statement.level:
        modules = [statement.module or ""]
    else:
        return False
    names = {(alias.asname or alias.name).partition(".")[0] for alias in statement.names}
    return not names & (read | {"*"}) and all(name.partition(".")[0] in _DRAWING for name in modules)


# ------------------------------------------------------------------------------------------------ tests


def _hidden_lines(source: str) -> list[tuple[int, int]]:
    """First and last line of each hidden region, its marks included."""
    found, start = [], 0
    for number, line in enumerate(source.split("\n"), 1):
        if BEGIN_HIDDEN in line and not start:
            start = number
        elif END_HIDDEN in line and start:
            found.append((start, number))
            start = 0
    if start:
        found.append((start, source.count("\n") + 1))
    return found


def _without_hidden(source: str) -> str:
    """A cell without its hidden regions; empty lines in their place keep the numbers of the others."""
    lines = source.split("\n")
    for first, last in _hidden_lines(source):
        lines[first - 1 : last] = [""] * (last - first + 1)
    return "\n".join(lines)


def _test_code(cell: PlannedCell, tree: ast.Module, checks: tuple[str, ...]) -> TestCode:
    hidden = tuple(_hidden_lines(cell.source))
    code = tuple(compile_cell(tree, _filename(cell), silent=is_silent(cell.source)))
    visible: tuple[types.CodeType, ...] = code
    if hidden:
        try:
            shown = with_own_check(translate(_without_hidden(cell.source)), checks)
            visible = tuple(compile_cell(shown, _filename(cell), silent=True))
        except SyntaxError:
            visible = ()  # a hidden region in the middle of a statement
    literals = frozenset(_literal_messages(tree))
    return TestCode(
        code,
        visible,
        hidden,
        literals,
        checks,
        bool(checks) and only_checks(tree),
        computes_points(tree) and not is_silent(cell.source),
    )


def _literal_messages(tree: ast.Module) -> Iterator[str]:
    """Texts that the author wrote as such: messages of asserts and arguments of calls and exceptions."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assert):
            candidates = [node.msg]
        elif isinstance(node, ast.Call):
            candidates = [
                *node.args[1:],
                *[word.value for word in node.keywords if word.arg in ("msg", "err_msg")],
            ]
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            candidates = list(node.exc.args[:1])
        else:
            continue
        for candidate in candidates:
            if isinstance(candidate, ast.Constant) and type(candidate.value) is str:
                yield candidate.value
