"""What an assignment imports is what its students may use."""

from __future__ import annotations

from pathlib import Path

import pytest

from autograder.box.packages import DEFAULT_PACKAGES
from autograder.needs import Needs, needs_of
from tests.autograder.judging import graded, locked, notebook, solution


def needs(*cells: str, files: dict[str, str] | None = None, folder: Path = Path()) -> Needs:
    for name, text in (files or {}).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return needs_of([notebook(*[locked(text) for text in cells])], folder, files or {})


@pytest.mark.parametrize(
    ("cell", "more", "missing"),
    [
        ("import numpy, os, json", (), ()),
        ("import hypothesis.strategies as st", ("hypothesis",), ()),
        ("from hypothesis import given\n%matplotlib inline", ("hypothesis",), ()),
        ("from tqdm.notebook import tqdm", ("ipywidgets", "tqdm"), ()),
        ("def f():\n    import hypothesis", ("hypothesis",), ()),
        ("import no_such_package.part, nor_this", (), ("no_such_package", "nor_this")),
        ("try:\n    import no_such_package\nexcept ImportError: pass", (), ()),
        ("from . import helper\nimport nose.tools, coursekit, autograder", (), ()),
        ("import no_such_package (", (), ()),
    ],
)
def test_what_a_cell_imports(cell, more, missing):
    assert needs("x = 1", cell) == Needs((*DEFAULT_PACKAGES, *more), missing)


def test_shipped_modules_are_no_packages_but_what_they_import_is(tmp_path: Path):
    files = {
        "helper.py": "import hypothesis, plots.bars",
        "plots/bars.py": "import no_such_package",
        "broken.py": "import (",
        "data.csv": "import nor_this",
    }
    found = needs("import helper\nfrom plots import bars", files=files, folder=tmp_path)
    assert found == Needs((*DEFAULT_PACKAGES, "hypothesis"), ("no_such_package",))


def test_solutions_and_tests_count_as_well(tmp_path: Path):
    source = notebook(solution("import hypothesis"), graded("import no_such_package"))
    assert needs_of([source], tmp_path, ()) == Needs((*DEFAULT_PACKAGES, "hypothesis"), ("no_such_package",))
