"""The source text of what a student's cells define, read from the cells that were handed in.

`inspect` would ask the student's process, and there a function can show another text than it runs. So the
judge looks for the definition itself; what a cell builds while it runs has no source, as Python says, too.
"""

from __future__ import annotations

import ast
from collections.abc import Container, Iterator, Sequence
from contextlib import suppress

from autograder.cells import as_python

__all__ = ["source_of"]

_WITH_STATEMENTS = (ast.stmt, ast.excepthandler, ast.match_case)
_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def source_of(cells: Sequence[str], path: str, stopped: Container[int] = ()) -> str:
    """The text of the last definition of a function or class.

    If that may not have run (it stands under an ``if``, or its cell stopped with an error), the text of all
    definitions up to it: a decoy that never runs must not hide the one that does.

    Parameters
    ----------
    cells : sequence of str
        The cells that ran, in order.
    path : str
        Its name, or where it stands: ``Box.area``, ``make.<locals>.inner``.
    stopped : container of int
        Places of the cells that stopped with an error.

    Raises
    ------
    OSError
        No cell defines it; or it is the result of a call, which no text tells.

    >>> source_of(["def f(x): return x", "def f(x):\\n    return 2 * x\\ng = f"], "g")
    'def f(x):\\n    return 2 * x\\n'
    >>> source_of(["def f(x): return x", "if x:\\n    def f(x): return 2 * x"], "f")
    'def f(x): return x\\n    def f(x): return 2 * x\\n'
    >>> source_of(["f = wrapped(g)"], "f")
    Traceback (most recent call last):
        ...
    OSError: could not get source code
    """
    names = [name for name in path.split(".") if name != "<locals>"]
    statements: list[tuple[ast.stmt, str]] = []
    sure: set[int] = set()  # ids of statements that ran for certain
    for number, cell in enumerate(cells):
        for statement, text in _statements(cell):
            statements.append((statement, text))
            if statement.col_offset == 0 and number not in stopped:
                sure.add(id(statement))
    while names and (found := _last(statements, names[0])) is not None:
        place, defined = found
        text = statements[place][1]
        if id(statements[place][0]) not in sure:
            return _all_of(statements[: place + 1], names)
        if isinstance(defined, _DEFINITIONS):
            inner = _inside(defined, names[1:])
            if inner is not None:
                return _lines(text, inner)
        elif isinstance(defined, ast.Lambda) and not names[1:]:
            return _lines(text, statements[place][0])
        elif isinstance(defined, ast.Name):  # another name for what was defined before
            names[0], statements = defined.id, statements[:place]
            continue
        break
    raise OSError("could not get source code")


def _all_of(statements: Sequence[tuple[ast.stmt, str]], names: Sequence[str]) -> str:
    """The text of each definition."""
    texts = []
    for statement, text in statements:
        defined = _bound(statement, names[0])
        if isinstance(defined, _DEFINITIONS) and (inner := _inside(defined, names[1:])) is not None:
            texts.append(_lines(text, inner))
        elif isinstance(defined, ast.Lambda) and not names[1:]:
            texts.append(_lines(text, statement))
    if not texts:
        raise OSError("could not get source code")
    return "".join(texts)


def _statements(cell: str) -> Iterator[tuple[ast.stmt, str]]:
    """The statements of a cell, each with the Python text that it is a part of; none of what is no Python."""
    with suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        text = as_python(cell)
        yield from ((statement, text) for statement in _flat(ast.parse(text).body))


def _flat(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements in order, those of ``if``, ``for``, ``with`` and ``try`` in place of these."""
    pending = list(reversed(body))
    while pending:
        statement = pending.pop()
        yield statement
        if not isinstance(statement, _DEFINITIONS):
            for part in reversed(list(ast.iter_child_nodes(statement))):
                if isinstance(part, (ast.ExceptHandler, ast.match_case)):
                    pending += reversed(part.body)
                elif isinstance(part, ast.stmt):
                    pending.append(part)


def _last(statements: Sequence[tuple[ast.stmt, str]], name: str) -> tuple[int, ast.AST] | None:
    """Where a name is bound last, and what to."""
    for place in range(len(statements) - 1, -1, -1):
        bound = _bound(statements[place][0], name)
        if bound is not None:
            return place, bound
    return None


def _bound(statement: ast.stmt, name: str) -> ast.AST | None:
    """What a statement binds a name to; the statement itself if that is no function, class or name."""
    match statement:
        case ast.FunctionDef(name=own) | ast.AsyncFunctionDef(name=own) | ast.ClassDef(name=own):
            return statement if own == name else None
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
            if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                return value
    parts = [part for part in ast.iter_child_nodes(statement) if not isinstance(part, _WITH_STATEMENTS)]
    return statement if any(_binds(part, name) for part in parts) else None


def _binds(part: ast.AST, name: str) -> bool:
    if isinstance(part, ast.alias):
        return (part.asname or part.name.partition(".")[0]) == name
    return any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
        for node in ast.walk(part)
    )


def _inside(definition: ast.AST, names: Sequence[str]) -> ast.AST | None:
    for name in names:
        body = [(statement, "") for statement in _flat(getattr(definition, "body", []))]
        found = _last(body, name)
        while found is not None and isinstance(found[1], ast.Name):  # __radd__ = __add__
            body = body[: found[0]]
            found = _last(body, found[1].id)
        if found is None or not isinstance(found[1], _DEFINITIONS):
            return None
        definition = found[1]
    return definition


def _lines(cell: str, node: ast.AST) -> str:
    decorators = [decorator.lineno for decorator in getattr(node, "decorator_list", ())]
    first, last = min([getattr(node, "lineno", 1), *decorators]), getattr(node, "end_lineno", 1)
    return "\n".join([*cell.split("\n")[first - 1 : last], ""])
