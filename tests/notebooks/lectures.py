"""The lectures: found, read, and run once each for all tests of a process."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
LECTURES = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
CELL_TIMEOUT = 30  # seconds, for a single cell: a whole lecture takes less on an ordinary machine

lecture = pytest.mark.parametrize("name", LECTURES)


def read(name: str) -> NotebookNode:
    """Return a lecture as it lies in the folder."""
    return nbformat.read(ROOT / "notebooks" / name, as_version=nbformat.NO_CONVERT)


@cache
def run(name: str) -> NotebookNode:
    """Run a lecture once, on a kernel of its own, where the lecture lies; an exception in a cell fails."""
    notebook = read(name)
    NotebookClient(
        notebook,
        timeout=CELL_TIMEOUT,
        kernel_name="python3",
        resources={"metadata": {"path": str(ROOT / "notebooks")}},
    ).execute()
    return notebook


def outputs(name: str) -> list[tuple[str, NotebookNode]]:
    """Return all outputs of a run, each with the id of its cell."""
    return [
        (cell.id, output) for cell in run(name).cells if cell.cell_type == "code" for output in cell.outputs
    ]


def shown(name: str, cell_id: str) -> str:
    """Return what a cell prints and shows, as plain text."""
    [cell] = [cell for cell in run(name).cells if cell.id == cell_id]
    return "".join(  # what one cell prints may arrive in pieces
        output.text if output.output_type == "stream" else output.data.get("text/plain", "")
        for output in cell.outputs
    )


def covered(name: str) -> set[str]:
    """Return the catalogue entries that the cells of a lecture say they treat."""
    return {entry for cell in read(name).cells for entry in cell.metadata.get("covers", [])}
