"""Grading a class: `coursekit grade` beside `nbgrader autograde`, same machine, same run, same work.

The class hands in an assignment of six questions with twelve test cells (six visible, six hidden; 18 points):
right answers, single mistakes, answers that raise, and empty notebooks. nbgrader needs minutes for it, so it
grades a sample: one submission, then the others, and the difference is what one more submission costs.
"Judging" is the workers alone (boxes, tests, graded notebooks), "end to end" the command with gradebook and
files. Processor time counts all processes and their start; what is compared is that of the whole class,
divided by its size. Rates are those of as many workers as there are cores, end to end with the start.

`python -m benchmarks.grading --submissions 200 --sample 10` measures another class.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from benchmarks.harness import ONE_THREAD, ROOT, Row, Settings, digits, say, table_text, time_text

ASSIGNMENT = "gradients"
SUBMISSIONS, SAMPLE = 200, 10
QUICK_SUBMISSIONS, QUICK_SAMPLE = 24, 4

# ---- the assignment ------------------------------------------------------------------------------------

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


def scores(root: Path) -> dict[str, dict[str, float]]:
    """Return the automatic scores in the gradebook: student → test cell → points."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{root}/gradebook.db", "bench") as gradebook:
        return {
            submission.student.id: {grade.name: grade.auto_score for grade in submission.notebooks[0].grades}
            for submission in gradebook.assignment_submissions(ASSIGNMENT)
        }


def judge_only(root: Path, level: str, count: int) -> dict[str, float]:
    """Let workers judge `count` submissions without a writer; run in a process of its own (see `main`)."""
    from autograder.batch import Batch, Options
    from autograder.course import Course

    batch = Batch(Course(root), ASSIGNMENT, Options(trust_submissions=level == "none"))
    jobs = [batch._job(student)[0] for student in batch.students[:count]]
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        moments = [time.perf_counter() for _ in batch._judge(Path(folder), jobs)]
    wall = time.perf_counter() - began
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    steady = (len(moments) - 1) / (moments[-1] - moments[0])
    return {
        "cpu": usage.ru_utime + usage.ru_stime,
        "wall": wall,
        "rate": 60 * steady,
        "memory": usage.ru_maxrss * 1024,
        "level": 0.0 if batch.level == "none" else 1.0,
    }


def judging(root: Path, level: str, count: int) -> dict[str, float]:
    """Run `judge_only` in a fresh process."""
    spent = command(
        root, sys.executable, "-m", "benchmarks.grading", "--judge-only", level, "--submissions", str(count)
    )
    result: dict[str, float] = json.loads(spent.output.splitlines()[-1])
    return result


# ---- the table -------------------------------------------------------------------------------------------


def run(settings: Settings) -> tuple[list[Row], str]:
    """Measure the class of the requirement, or a small one."""
    return measure(*((QUICK_SUBMISSIONS, QUICK_SAMPLE) if settings.quick else (SUBMISSIONS, SAMPLE)))


def measure(submissions: int, sample: int) -> tuple[list[Row], str]:
    """Grade a class with both and return the rows of the table and a text about it."""
    with tempfile.TemporaryDirectory(prefix="coursekit-bench-") as folder:
        ours, stock = Path(folder, "ours"), Path(folder, "stock")
        for root in (ours, stock):
            root.mkdir()
        say(f"a class of {submissions}, nbgrader with {sample} of them …")
        deserved = make_class(ours, submissions)
        make_class(stock, sample + 1)

        first = nbgrader(stock, "autograde", ASSIGNMENT, "--student", f"student{sample:04}")
        boxed = judging(ours, "box", submissions)
        rest = nbgrader(stock, "autograde", ASSIGNMENT)
        whole = command(ours, sys.executable, "-m", "autograder.cli", "grade", ASSIGNMENT)
        trusted = judging(ours, "none", submissions)

        graded, stock_graded = scores(ours), scores(stock)
    each = (rest.cpu - first.cpu) / (sample - 1)
    each_wall = (rest.wall - first.wall) / (sample - 1)
    stock_cpu = (first.cpu - each + submissions * each) / submissions
    got = {student: sum(points.values()) for student, points in graded.items()}
    same = all(stock_graded[student] == graded[student] for student in stock_graded)
    rows = [
        _against("judging, processor time a submission", boxed["cpu"] / submissions, stock_cpu, 30),
        _rate("judging, a minute", boxed["rate"], 1500),
        _against("end to end, processor time a submission", whole.cpu / submissions, stock_cpu, 12),
        _rate("end to end, a minute", 60 * submissions / whole.wall, 600),
        Row(
            "isolation, share of the throughput",
            f"{100 * (1 - boxed['rate'] / trusted['rate']):.1f} %",
            f"{boxed['rate']:.0f} a minute boxed, {trusted['rate']:.0f} not",
            "≤ 5 %",
            boxed["rate"] >= 0.95 * trusted["rate"],
        ),
        _memory("writer, peak memory", whole.memory, 160),
        _memory("largest worker process, peak memory (the zygote)", boxed["memory"], None),
        Row(
            "all scores are the deserved ones", "yes" if got == deserved else "no", "", "yes", got == deserved
        ),
        Row("same scores as nbgrader, cell by cell", "yes" if same else "no", "", "yes", same),
    ]
    below = (
        f"{submissions} submissions on {len(os.sched_getaffinity(0))} cores: {whole.wall:.1f} s end to end. "
        f"nbgrader: {time_text(stock_cpu)} of processor time a submission and "
        f"{time_text(each_wall)} on the wall ({60 / each_wall:.0f} a minute)."
    )
    return rows, below


def _against(work: str, seconds: float, stock: float, target: float) -> Row:
    ratio = stock / seconds
    text = f"{digits(ratio)} × less than nbgrader"
    return Row(work, time_text(seconds), text, f"≥ {target:g} × less", ratio >= target, value=ratio)


def _rate(work: str, rate: float, target: float) -> Row:
    return Row(work, f"{rate:,.0f}", "", f"≥ {target:,.0f}", rate >= target, value=rate)


def _memory(work: str, size: float, target: float | None) -> Row:
    megabytes = size / 2**20
    limit = f"≤ {target:g} MB" if target else ""
    return Row(work, f"{megabytes:.0f} MB", "", limit, None if target is None else megabytes <= target)


def main() -> None:
    """Measure a class of any size."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.grading", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--submissions", type=int, default=SUBMISSIONS, metavar="N", help="size of the class")
    parser.add_argument("--sample", type=int, default=SAMPLE, metavar="K", help="how many nbgrader grades")
    parser.add_argument("--judge-only", choices=["box", "none"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.judge_only:
        print(json.dumps(judge_only(Path.cwd(), given.judge_only, given.submissions)))
        return
    rows, below = measure(given.submissions, given.sample)
    print(table_text((__doc__ or "").partition("\n")[0], rows), below, sep="\n\n")


if __name__ == "__main__":
    main()
