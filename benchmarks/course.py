"""The class that the grading benchmarks grade, and commands measured while they run on it.

The assignment has six questions with twelve test cells (six visible, six hidden; 18 points). Students hand in
right answers, single mistakes, answers that raise, and empty notebooks.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from benchmarks.harness import ONE_THREAD, ROOT

ASSIGNMENT = "gradients"

SETUP = "import numpy as np\nimport matplotlib.pyplot as plt"
GATE = """class MultiplyGate:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dz):
"""


@dataclass(frozen=True)
class Task:
    """A question: the right answer, a wrong one, and its tests."""

    name: str
    right: str
    wrong: str
    visible: str
    hidden: str


TASKS = [
    Task(
        "multiply",
        f"{GATE}        return dz * self.y, dz * self.x",
        f"{GATE}        return dz * self.x, dz * self.y",
        "gate = MultiplyGate()\nassert gate.forward(3.0, -4.0) == -12.0\n"
        "assert gate.backward(2.0) == (-8.0, 6.0)",
        "gate = MultiplyGate()\ngate.forward(-1.5, 0.5)\nassert gate.backward(1.0) == (0.5, -1.5)",
    ),
    Task(
        "sigmoid",
        "def sigmoid_slope(z):\n    s = 1 / (1 + np.exp(-z))\n    return s * (1 - s)",
        "def sigmoid_slope(z):\n    return z * (1 - z)",
        "assert np.isclose(sigmoid_slope(0.0), 0.25)",
        "z = np.linspace(-3, 3, 7)\ns = 1 / (1 + np.exp(-z))\n"
        "np.testing.assert_allclose(sigmoid_slope(z), s * (1 - s))",
    ),
    Task(
        "cubic",
        "def gradient(w):\n    return np.array([3 * w[0]**2 * w[1] + 3, w[0]**3])",
        "def gradient(w):\n    return np.array([39.0, 8.0])",
        "np.testing.assert_allclose(gradient(np.array([2.0, 3.0])), [39.0, 8.0])",
        "np.testing.assert_allclose(gradient(np.array([-1.0, 0.5])), [4.5, -1.0])",
    ),
    Task(
        "differences",
        "def slope(f, x, h=1e-5):\n    return (f(x + h) - f(x - h)) / (2 * h)",
        "def slope(f, x, h=1e-5):\n    return (f(x + h) - f(x - h)) / h",
        "assert np.isclose(slope(lambda x: x**2, 3.0), 6.0)",
        "assert np.isclose(slope(np.sin, 0.3), np.cos(0.3))",
    ),
    Task(
        "relu",
        "def relu_backward(dz, x):\n    return dz * (x > 0)",
        "def relu_backward(dz, x):\n    return dz * x",
        "np.testing.assert_allclose(relu_backward(np.ones(3), np.array([-1.0, 2.0, 3.0])), [0, 1, 1])",
        "dz, x = np.arange(12.0).reshape(3, 4), np.linspace(-1, 1, 12).reshape(3, 4)\n"
        "np.testing.assert_allclose(relu_backward(dz, x), np.where(x > 0, dz, 0))",
    ),
    Task(
        "affine",
        "def affine_backward(dz, x, w):\n    return dz @ w.T, x.T @ dz, dz.sum(axis=0)",
        "def affine_backward(dz, x, w):\n    return dz @ w.T, x.T @ dz, dz.mean(axis=0)",
        "dx, dw, db = affine_backward(np.ones((2, 3)), np.ones((2, 4)), np.ones((4, 3)))\n"
        "assert dx.shape == (2, 4) and dw.shape == (4, 3)\nnp.testing.assert_allclose(db, [2, 2, 2])",
        "rng = np.random.default_rng(0)\ndz, x, w = (rng.normal(size=s) for s in ((5, 3), (5, 4), (4, 3)))\n"
        "dx, dw, db = affine_backward(dz, x, w)\nnp.testing.assert_allclose(dx, dz @ w.T)\n"
        "np.testing.assert_allclose(dw, x.T @ dz)\nnp.testing.assert_allclose(db, dz.sum(axis=0))",
    ),
]


def mark(grade_id: str, **fields: Any) -> dict[str, Any]:
    """Return nbgrader's cell mark."""
    plain = {"schema_version": 3, "locked": False, "solution": False, "grade": False, "task": False}
    return {"nbgrader": plain | {"grade_id": grade_id} | fields}


def write_source(path: Path) -> None:
    """Write the instructor's notebook."""
    cells = [new_markdown_cell("# Gradients"), new_code_cell(SETUP)]
    for task in TASKS:
        answer = f"### BEGIN SOLUTION\n{task.right}\n### END SOLUTION"
        hidden = f"### BEGIN HIDDEN TESTS\n{task.hidden}\n### END HIDDEN TESTS"
        test = {"grade": True, "locked": True}
        cells += [
            new_markdown_cell(f"## {task.name}"),
            new_code_cell(answer, metadata=mark(task.name, solution=True)),
            new_code_cell(task.visible, metadata=mark(f"{task.name}-visible", points=1, **test)),
            new_code_cell(hidden, metadata=mark(f"{task.name}-hidden", points=2, **test)),
        ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    path.parent.mkdir(parents=True)
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernel}), path)


def answers(number: int) -> tuple[dict[str, str], float]:
    """Return what a student hands in, and the score it deserves."""
    kind = number % 8
    if kind == 7:
        return {}, 0.0
    written = {task.name: task.right for task in TASKS}
    score = 18.0
    if kind in (3, 4, 5):
        task = TASKS[number % 6]
        written[task.name] = task.wrong
        score -= 2.0 if task.name == "cubic" else 3.0  # its constants pass the visible test
    if kind == 6:
        task = TASKS[number % 6]
        written[task.name] = f"1 / 0\n{task.right}"
        score -= 3.0
    return written, score


def make_class(root: Path, submissions: int) -> dict[str, float]:
    """Write a course with a class that has handed in; return who deserves what."""
    (root / "nbgrader_config.py").write_text("c = get_config()\nc.CourseDirectory.course_id = 'bench'\n")
    write_source(root / "source" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb")
    nbgrader(root, "generate_assignment", ASSIGNMENT)
    released = (root / "release" / ASSIGNMENT / f"{ASSIGNMENT}.ipynb").read_text("utf-8")
    deserved = {}
    for number in range(submissions):
        student = f"student{number:04}"
        written, deserved[student] = answers(number)
        notebook = json.loads(released)
        for cell in notebook["cells"]:
            name = cell["metadata"].get("nbgrader", {}).get("grade_id")
            if name in written:
                cell["source"] = written[name]
        folder = root / "submitted" / student / ASSIGNMENT
        folder.mkdir(parents=True)
        (folder / f"{ASSIGNMENT}.ipynb").write_text(json.dumps(notebook), "utf-8")
    return deserved


# ---- running ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Spent:
    """What a command took: processor time of all processes, time on the wall, memory of the first."""

    cpu: float
    wall: float
    memory: int
    output: str


def command(root: Path, *words: str) -> Spent:
    """Run a command in a course and measure it with all the processes that it started."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = os.environ | ONE_THREAD | {"PATH": path, "PYTHONPATH": str(ROOT)}
    # As on most machines, what Python has compiled is kept; packages were compiled when they were installed.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen(words, cwd=root, env=environment, stdout=output, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode("utf-8", "replace")
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)} failed:\n{text[-2000:]}")
    return Spent(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * 1024, text)


def nbgrader(root: Path, *words: str) -> Spent:
    """Run stock nbgrader."""
    return command(root, sys.executable, "-m", "nbgrader", *words)
