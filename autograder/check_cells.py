"""Cells that check a question: ``ck.check("multiply-gate")`` in the source of a notebook."""

from __future__ import annotations

import ast
from collections.abc import Container

__all__ = ["CHECK", "check_calls", "only_checks", "with_own_check"]

CHECK = "__coursekit_check__"  # what such calls become in the judge: a name that no student can bind


def check_calls(tree: ast.AST) -> list[tuple[str, int]]:
    """Slugs that some code checks, with their lines.

    >>> check_calls(ast.parse('import coursekit as ck\\nck.check("f")\\ncheck("g")\\ncheck(other)'))
    [('f', 2), ('g', 3)]
    """
    return [
        (slug, node.lineno) for node in ast.walk(tree) if (slug := _slug(node)) and hasattr(node, "lineno")
    ]


def _slug(node: ast.AST) -> str:
    match node:
        case ast.Call(func=ast.Name(name), args=[ast.Constant(str(slug))]) if name in ("check", CHECK):
            return slug
        case ast.Call(func=ast.Attribute(ast.Name(), "check"), args=[ast.Constant(str(slug))]):
            return slug
    return ""


def only_checks(tree: ast.Module) -> bool:
    """Whether a cell does nothing but check questions.

    >>> only_checks(ast.parse('import coursekit as ck\\nck.check("f")')), only_checks(ast.parse("f(1)"))
    (True, False)
    """
    return all(
        isinstance(statement, (ast.Import, ast.ImportFrom))
        or (isinstance(statement, ast.Expr) and bool(_slug(statement.value)))
        for statement in tree.body
    )


def with_own_check(tree: ast.Module, slugs: Container[str]) -> ast.Module:
    """Put the judge's own check in place of whatever the notebook's names may stand for.

    >>> ast.unparse(with_own_check(ast.parse('ck.check("f"); ck.check("other")'), {"f"}))
    "__coursekit_check__('f')\\nck.check('other')"
    """
    return ast.fix_missing_locations(_OwnCheck(slugs).visit(tree))


class _OwnCheck(ast.NodeTransformer):
    def __init__(self, slugs: Container[str]) -> None:
        self._slugs = slugs

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        if _slug(node) in self._slugs:
            node.func = ast.copy_location(ast.Name(CHECK, ast.Load()), node.func)
        return node
