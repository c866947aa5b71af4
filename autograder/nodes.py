"""Notebooks as nbformat gives them, without nbformat.

A worker process needs nothing of it but dictionaries whose entries are attributes too, and to import it takes
longer than to judge a handful of submissions.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from nbformat import NotebookNode

__all__ = ["Node", "notebook_from"]


class Node(dict[str, Any]):
    """A dictionary whose entries are attributes too: what `nbformat.NotebookNode` is to those who read it."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


def notebook_from(content: Mapping[str, Any]) -> NotebookNode:
    """Return a notebook, or a cell, made of plain dictionaries as one of nodes.

    >>> notebook_from({"cells": [{"source": "x = 1", "metadata": {}}]}).cells[0].source
    'x = 1'
    """
    made: NotebookNode = _node(content)
    return made


def _node(value: Any) -> Any:
    if isinstance(value, dict):
        return Node({name: _node(part) for name, part in value.items()})
    if isinstance(value, list):
        return [_node(part) for part in value]
    return value
