"""The rehearsal: it goes through what children do, and leaves the process as it was."""

from __future__ import annotations

import builtins
import importlib
import linecache
import random
import sys

import pytest

from autograder.nodes import Node, notebook_from
from autograder.runner import rehearse
from autograder.wire import unpack


@pytest.fixture(autouse=True)
def numpy_is_loaded():
    importlib.import_module("numpy")


def everything():
    return (
        dict(vars(builtins)),
        (sys.stdin, sys.stdout, sys.stderr),
        sys.modules["__main__"],
        list(sys.meta_path),
        list(sys.path),
        random.getstate(),
        set(linecache.cache),
    )


def test_a_rehearsal_leaves_nothing_behind():
    rehearse()
    before = everything()
    rehearse()
    assert everything() == before


def test_a_rehearsal_has_every_request_answered():
    kinds = [unpack(answer)[0][0] for answer in rehearse()]
    # Seven cells and one description, then three times: a new object, three calls, an attribute, an array;
    # one of the calls raises.
    assert kinds == ["return"] * 8 + ["return", "return", "return", "raise", "return", "return"] * 3


def test_a_rehearsal_meets_values_results_and_errors():
    cells = [unpack(answer)[0][2] for answer in rehearse()[:7]]
    shown = [[output[2] for output in report[4][1:]] for report in cells]
    assert shown == [[], [], [], ["execute_result"], ["error"], ["error"], ["execute_result"]]


def test_nodes_are_dictionaries_with_attributes():
    made = notebook_from({"cells": [{"metadata": {"tags": ["a"]}}], "nbformat": 4})
    assert made.cells[0].metadata.tags == ["a"]
    assert made == {"cells": [{"metadata": {"tags": ["a"]}}], "nbformat": 4}
    assert type(made.cells[0].metadata) is Node
    with pytest.raises(AttributeError, match="missing"):
        made.missing
