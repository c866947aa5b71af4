"""Puts a question to code: runs a few lines of Python on the student's names and takes down the answers.

What a question asks is Python, as a student would type it::

    gate = MultiplyGate()
    z = gate.forward(x, y)
    dx, dy = gate.backward(dz)

``x``, ``y`` and ``dz`` are a case's inputs, ``MultiplyGate`` is the student's. Every name that a line binds
is an answer (here z, dx and dy), and so is the value of a line that is an expression. What is not plain data
for the right answer, such as ``gate``, is no answer but a step on the way; so is a name that begins with
``_``.
"""

from __future__ import annotations

import ast
import builtins
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import CodeType
from typing import Any

from coursekit.checking.comparing import Rule, differences
from coursekit.checking.plain_data import LIBRARIES, Code, as_plain, copy_of, is_plain, library, shown
from coursekit.checking.sheet import Run
from coursekit.values import is_numpy

__all__ = ["HELPERS", "Disagrees", "Missing", "OutOfTime", "Program", "WrongParts", "ask", "program", "typed"]

_EXACT = Rule(relative=0.0, absolute=0.0)


class Missing(Exception):
    """A name that the question needs is not defined; ``args[0]`` is the name."""


class OutOfTime(BaseException):
    """An answer takes too long; no `Exception`, so that a student's ``except`` does not hold it up."""


class Disagrees(Exception):
    """A property does not hold; the message says which and where."""


@dataclass(frozen=True)
class Line:
    """One statement: its code, the names it binds, what it is called as an answer, its text.

    ``kind`` is "value" for an expression or an assignment, whose code gives the value; "parts" for an
    assignment to several names; "step" for any other statement.
    """

    kind: str
    code: CodeType
    targets: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Program:
    """What a question asks, compiled.

    Attributes
    ----------
    lines : tuple of Line
    reads : frozenset of str
        Names that it takes from outside: inputs and what students or the notebook define.
    perhaps : frozenset of str
        Names that it may take from outside, or bind itself in a loop.
    """

    lines: tuple[Line, ...]
    reads: frozenset[str]
    perhaps: frozenset[str] = frozenset()


@lru_cache(maxsize=1000)
def program(text: str) -> Program:
    """Compile what a question asks.

    Raises
    ------
    SyntaxError
        It is not Python.

    >>> made = program("gate = Gate()\\nz = gate.forward(x)")
    >>> [line.targets for line in made.lines], sorted(made.reads)
    ([('gate',), ('z',)], ['Gate', 'x'])
    """
    lines: list[Line] = []
    bound: set[str] = set()
    reads: set[str] = set()
    perhaps: set[str] = set()
    for statement in ast.parse(text).body:
        loaded, stored, local = _names_of(statement)
        reads |= loaded - local - stored - bound
        if isinstance(statement, ast.Assign):
            reads |= (loaded & stored) - local - bound  # ``w = w - step``
        else:
            perhaps |= (loaded & stored) - local - bound  # a loop may bind it first
        bound |= stored
        lines += _lines(statement)
    return Program(tuple(lines), frozenset(reads), frozenset(perhaps))


def _names_of(statement: ast.stmt) -> tuple[set[str], set[str], set[str]]:
    """Names that a statement reads, binds, and binds for itself only (arguments, comprehensions)."""
    loaded, stored, local = set(), set(), set()
    for node in ast.walk(statement):
        match node:
            case ast.Name(id=name, ctx=ast.Load()):
                loaded.add(name)
            case ast.Name(id=name, ctx=ast.Store()):
                stored.add(name)
            case ast.arg(arg=name):
                local.add(name)
            case ast.comprehension(target=target):
                local |= {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                stored.add(name)
    return loaded, stored - local, local


def _lines(statement: ast.stmt) -> list[Line]:
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value):
            return [_line("value", value, (name,), statement)]
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)) if len(names) == len(
            values
        ):
            pairs = zip(names, values, strict=True)
            parts = [ast.Assign([name], value, lineno=1) for name, value in pairs]
            return [line for part in parts for line in _lines(part)]
        case ast.Assign(targets=[ast.Tuple(elts=names)], value=value):
            targets = tuple(name.id for name in names if isinstance(name, ast.Name))
            if len(targets) == len(names):
                return [_line("parts", value, targets, statement)]
        case ast.Expr(value=value):
            return [_line("value", value, (), statement)]
    return [Line("step", compile(_module(statement), "<question>", "exec"), (), ast.unparse(statement))]


def _line(kind: str, value: ast.expr, targets: tuple[str, ...], statement: ast.stmt) -> Line:
    expression = ast.fix_missing_locations(ast.Expression(value))
    return Line(kind, compile(expression, "<question>", "eval"), targets, ast.unparse(statement))


def _module(statement: ast.stmt) -> ast.Module:
    return ast.fix_missing_locations(ast.Module([statement], []))


# ---- asking --------------------------------------------------------------------------------------------


def ask(asked: Program, names: Mapping[str, Any], inputs: Mapping[str, Any]) -> Run:
    """Ask one case.

    Parameters
    ----------
    asked : Program
    names : mapping
        Where the names are that the student and the notebook define.
    inputs : mapping
        Of the case; copies of them are handed in.

    Raises
    ------
    Missing
        A name is not defined.
    """
    given = {name: copy_of(value) for name, value in inputs.items()}
    scope: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}
    for name in asked.reads:
        scope[name] = given[name] if name in given else _found(name, names)
    scope |= {name: given[name] for name in asked.perhaps if name in given}
    run = Run()
    for line in asked.lines:
        try:
            _take(line, scope, run)
        except Exception as error:
            run.error, run.raised, run.line = error, type(error).__name__, line.text
            break
        except (SystemExit, OutOfTime) as error:  # ``exit()`` in an answer ends the answer, not the notebook
            run.error, run.raised, run.line = error, type(error).__name__, line.text
            break
    run.changed = tuple(
        name
        for name, value in given.items()
        if not isinstance(inputs[name], Code) and any(differences(inputs[name], value, _EXACT))
    )
    return run


def _found(name: str, names: Mapping[str, Any]) -> Any:
    if name in HELPERS:
        return HELPERS[name]
    if name in LIBRARIES:
        return library(name)
    if name in names:
        return names[name]
    if hasattr(builtins, name):
        return getattr(builtins, name)
    raise Missing(name)


def _take(line: Line, scope: dict[str, Any], run: Run) -> None:
    """Run a line and keep its answers."""
    value = eval(line.code, scope)
    if line.kind == "parts":
        # Taken apart only if it is what Python made: an object of the student's could be of any length.
        plain = as_plain(value)
        whole = type(plain) in (list, tuple) or is_plain(plain)
        parts = list(plain) if whole and _length(plain) == len(line.targets) else None
        if parts is None:
            run.answers[", ".join(line.targets)] = plain
            run.parts = len(line.targets), plain
            raise WrongParts
        for name, part in zip(line.targets, parts, strict=True):
            scope[name] = run.answers[name] = part
    elif line.kind == "value":
        for name in line.targets:
            scope[name] = value
        name = line.targets[0] if line.targets else line.text
        if not name.startswith("_"):
            run.answers[name] = as_plain(value)  # only what is compared: the next line may need it as it is


class NotWhenGraded(AttributeError):
    """An answer uses what is not there when it is graded."""

    def __str__(self) -> str:
        return f"{self.args[0]} will not be there when your homework is graded. Write your own code for it."


class WrongParts(Exception):
    """A line wants several values and gets something else."""


def _length(value: Any) -> int:
    try:
        return len(value) if type(value) not in (str, dict, set, frozenset) else -1
    except TypeError:
        return -1


# ---- what a question's code may use --------------------------------------------------------------------


def require(holds: Any, message: str) -> None:
    """State a property: ``require(abs(f(x) + f(-x) - 1) < 1e-9, "σ(z) + σ(−z) is 1 for every z")``."""
    if is_plain(holds) and is_numpy(holds):
        holds = holds.item() if holds.ndim == 0 else None
    if holds is not True:
        raise Disagrees(message)


def agrees_with_own_forward(gate: Any, *inputs: Any) -> None:
    """State that a gate's backward agrees with finite differences of its own forward."""
    from coursekit.errors import GateError
    from coursekit.gradient_check import check_gate

    try:
        report = check_gate(_PlainGate(gate), *inputs)
    except GateError as error:
        raise Disagrees(str(error)) from None
    if not report.passed:
        raise Disagrees(f"backward does not agree with your own forward. {report.verdict}")


class _PlainGate:
    """A gate that passes on plain values only: no object of a student's takes part in a check."""

    def __init__(self, gate: Any) -> None:
        self._gate = gate

    def forward(self, *inputs: Any) -> Any:
        return _plain_number(self._gate.forward(*inputs), "forward")

    def backward(self, dz: Any) -> Any:
        dxs = self._gate.backward(dz)
        if dxs is None:
            raise Disagrees("backward returned nothing: is there a return?")
        return _plain_number(dxs, "backward")


def _plain_number(value: Any, source: str) -> Any:
    if value is None:
        raise Disagrees(f"{source} returned nothing: is there a return?")
    value = as_plain(value)
    if not is_plain(value):
        raise Disagrees(f"{source} returned a {type(value).__name__}; numbers or arrays are expected")
    return value


HELPERS: dict[str, Callable[..., Any]] = {
    "agrees_with_own_forward": agrees_with_own_forward,
    "is_close": lambda x, y: is_plain(x) and not any(differences(y, x)),
    "require": require,
}


# ---- how it looks --------------------------------------------------------------------------------------


def typed(text: str, inputs: Mapping[str, Any], upto: str = "") -> str:
    """Write what was asked with the inputs in place, up to and with one of its lines.

    >>> typed("g = gradient_of_g(w1, w2)", {"w1": 2.0, "w2": 3.0})
    'g = gradient_of_g(2.0, 3.0)'
    """
    tree = ast.parse(text)
    long = {name: value for name, value in inputs.items() if len(shown(value)) > 40}
    short = {name: value for name, value in inputs.items() if name not in long}
    bound = {target for line in program(text).lines for target in line.targets}
    lines = [f"{name} = {shown(value, 400)}" for name, value in long.items()]
    lines += [f"{name} = {shown(value)}" for name, value in short.items() if name in bound]
    substitute = _Substitute({name: value for name, value in short.items() if name not in bound})
    for statement in tree.body:
        original = ast.unparse(statement)
        lines.append(ast.unparse(substitute.visit(statement)))
        if original == upto:
            break
    return "\n".join(lines)


class _Substitute(ast.NodeTransformer):
    """Puts values for names."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def visit_Name(self, node: ast.Name) -> ast.AST:
        if node.id not in self._values or not isinstance(node.ctx, ast.Load):
            return node
        try:
            return ast.parse(_literal(self._values[node.id]), mode="eval").body
        except SyntaxError:
            return node


def _literal(value: Any) -> str:
    if type(value) is float and not math.isfinite(value):
        return f"float({str(value)!r})"
    return shown(value)
