"""Small mistakes made on purpose: copies of some code with one operator, number, sign or axis changed.

If a question's cases cannot tell such a copy from the right answer, they are too weak, or the copy is right,
too. The changes are those that people make in formulas: another operator, a term or factor left out, a number
off by one, a sign lost, another axis, two entries or factors swapped, ``=`` for ``+=``, a comparison turned,
a transpose forgotten.
"""

from __future__ import annotations

import ast
import copy
import inspect
import sys
import textwrap
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import Any

__all__ = ["Mutant", "mutants_of", "mutants_of_text"]

_OPERATORS: dict[type, tuple[type, ...]] = {
    ast.Add: (ast.Sub,),
    ast.Sub: (ast.Add,),
    ast.Mult: (ast.Div, ast.Add),
    ast.Div: (ast.Mult,),
    ast.Pow: (ast.Mult,),
    ast.FloorDiv: (ast.Div,),
    ast.Mod: (ast.FloorDiv,),
}
_COMPARISONS: dict[type, tuple[type, ...]] = {
    ast.Lt: (ast.LtE, ast.Gt),
    ast.LtE: (ast.Lt, ast.GtE),
    ast.Gt: (ast.GtE, ast.Lt),
    ast.GtE: (ast.Gt, ast.LtE),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_TERMS = (ast.Add, ast.Sub, ast.Mult, ast.Div)


@dataclass(frozen=True)
class Mutant:
    """Code with one change.

    Attributes
    ----------
    name : str
        What is changed, as ``equivalent=[…]`` of a question names it.
    tree : ast.Module
    """

    name: str
    tree: ast.Module

    def text(self) -> str:
        """The changed code as text."""
        return ast.unparse(self.tree)

    def define(self, original: Any) -> Any:
        """Return the changed function or class, in place of the original one."""
        module = sys.modules.get(original.__module__)
        names = dict(vars(module)) if module is not None else {}
        names |= getattr(original, "__globals__", {})
        exec(compile(self.tree, f"<mutant: {self.name}>", "exec"), names)
        return names[original.__name__]


def mutants_of(definition: Any) -> Iterator[Mutant]:
    """Yield the mutants of a function or class; none of what has no source text, a lambda perhaps."""
    try:
        text = textwrap.dedent(inspect.getsource(definition))
        tree = ast.parse(text)
    except (OSError, TypeError, SyntaxError):
        return
    if len(tree.body) != 1 or not isinstance(tree.body[0], (ast.FunctionDef, ast.ClassDef)):
        return
    tree.body[0].decorator_list = []
    for mutant in _mutants(tree):
        yield Mutant(f"{definition.__name__}: {mutant.name}", mutant.tree)


def mutants_of_text(text: str, lines: Container[int] | None = None) -> Iterator[Mutant]:
    """Yield the mutants of some Python text, of these lines if they are given.

    >>> [mutant.name for mutant in mutants_of_text("y = 2 * x")]
    ['2 * x → 2 / x', '2 * x → 2 + x', '2 * x → 2', '2 * x → x', '2 → 3']
    """
    yield from _mutants(ast.parse(text), lines)


def _mutants(tree: ast.Module, lines: Container[int] | None = None) -> Iterator[Mutant]:
    seen: dict[str, int] = {}
    # zip(…, strict=True) is a precaution, and right without it.
    idle = [n.value for n in ast.walk(tree) if isinstance(n, ast.keyword) and n.arg == "strict"]
    for number, node in enumerate(ast.walk(tree)):
        if node in idle:
            continue
        if lines is not None and getattr(node, "lineno", 0) not in lines:
            continue
        for changed in _changes(node):
            if ast.unparse(changed) == ast.unparse(node):  # two equal entries swapped
                continue
            name = f"{_short(node)} → {_short(changed)}"
            seen[name] = count = seen.get(name, 0) + 1
            mutated = copy.deepcopy(tree)
            target = next(found for place, found in enumerate(ast.walk(mutated)) if place == number)
            made = ast.fix_missing_locations(_Replace(target, changed).visit(mutated))
            yield Mutant(name if count == 1 else f"{name} ({count})", made)


class _Replace(ast.NodeTransformer):
    def __init__(self, target: ast.AST, by: ast.AST) -> None:
        self._target, self._by = target, by

    def visit(self, node: ast.AST) -> Any:
        return self._by if node is self._target else self.generic_visit(node)


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """What may stand in place of a node."""
    match node:
        case ast.BinOp(left=left, op=op, right=right):
            for other in _OPERATORS.get(type(op), ()):
                yield ast.BinOp(left, other(), right)
            if isinstance(op, _TERMS):
                yield left
                yield ast.UnaryOp(ast.USub(), right) if isinstance(op, ast.Sub) else right
            if isinstance(op, ast.MatMult):
                yield ast.BinOp(right, op, left)
        case ast.List(elts=[first, second, *rest], ctx=ast.Load()):
            yield ast.List([second, first, *rest], ast.Load())
        case ast.Tuple(elts=[first, second, *rest], ctx=ast.Load()):
            yield ast.Tuple([second, first, *rest], ast.Load())
        case ast.UnaryOp(op=ast.USub() | ast.Not(), operand=operand):
            yield operand
        case ast.AugAssign(target=target, op=op, value=value):
            for other in _OPERATORS.get(type(op), ())[:1]:
                yield ast.AugAssign(target, other(), value)
            yield ast.Assign([target], value, lineno=node.lineno)  # the last one counts
        case ast.Compare(left=left, ops=[op], comparators=right):
            for other in _COMPARISONS.get(type(op), ()):
                yield ast.Compare(left, [other()], right)
        case ast.BoolOp(op=op, values=values):
            yield ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values)
        case ast.Attribute(value=value, attr="T"):
            yield value
        case ast.keyword(arg="axis", value=ast.Constant(value=int(axis))):
            yield ast.keyword("axis", ast.Constant(1 if axis == 0 else 0))
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
        case ast.Call(func=ast.Name(id="range"), args=[stop]):
            yield ast.Call(node.func, [ast.BinOp(stop, ast.Sub(), ast.Constant(1))], [])


def _short(node: ast.AST) -> str:
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 60 else text[:59] + "…"
