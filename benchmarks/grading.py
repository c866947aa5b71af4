"""Grading a class: `coursekit grade` beside `nbgrader autograde`, same machine, same run, same work.

The class and its assignment are those of `benchmarks.course`. nbgrader needs minutes for it, so it
grades a sample: one submission, then the others, and the difference is what one more submission costs.
"Judging" is the workers alone (boxes, tests, graded notebooks), "end to end" the command with gradebook and
files. Processor time counts all processes and their start; what is compared is that of the whole class,
divided by its size. Rates are those of as many workers as there are cores, end to end with the start; they
are times on the wall, so other work on the machine counts against them.

`python -m benchmarks.grading --submissions 200 --sample 10` measures another class.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.box import ROUNDS, below, bytes_of, graded_rows
from benchmarks.course import ASSIGNMENT, command, make_class, nbgrader
from benchmarks.harness import Row, Settings, digits, say, table_text, time_text

SUBMISSIONS, SAMPLE = 200, 10
QUICK_SUBMISSIONS, QUICK_SAMPLE = 24, 4
FEW = 16  # submissions that are graded again and again, with the box and without


def scores(root: Path) -> dict[str, dict[str, float]]:
    """Return the automatic scores in the gradebook: student → test cell → points."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{root}/gradebook.db", "bench") as gradebook:
        return {
            submission.student.id: {grade.name: grade.auto_score for grade in submission.notebooks[0].grades}
            for submission in gradebook.assignment_submissions(ASSIGNMENT)
        }


def judge_only(root: Path, count: int) -> dict[str, float]:
    """Let workers judge `count` submissions without a writer; run in a process of its own (see `main`)."""
    from autograder.batch import Batch, Options
    from autograder.course import Course

    batch = Batch(Course(root), ASSIGNMENT, Options())
    jobs = [batch._job(student)[0] for student in batch.students[:count]]
    moments: list[float] = []
    judges, warm = [0.0], [0.0]
    starting = -time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        for _ in batch._judge(Path(folder), jobs):
            if not moments:
                starting += time.process_time()
            moments.append(time.perf_counter())
            if len(moments) > count - 4:  # the workers are about to end
                for process in below(os.getpid()):
                    kind = judges if _is_judge(process) else warm
                    kind.append(bytes_of(process, "status", "VmHWM"))
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        # Of this process only what it did until the first submission was judged: the others were started.
        "cpu": usage.ru_utime + usage.ru_stime + starting,
        "rate": 60 * (len(moments) - 1) / (moments[-1] - moments[0]),
        "judge": max(judges),
        "warm": max(warm),
    }


def _is_judge(process: int) -> bool:
    try:
        return b"autograder.worker" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:  # it has ended
        return False


def judging(root: Path, count: int) -> dict[str, float]:
    """Run `judge_only` in a fresh process."""
    spent = command(
        root, sys.executable, "-m", "benchmarks.grading", "--judge-only", "--submissions", str(count)
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
        ours, stock, few = (Path(folder, name) for name in ("ours", "stock", "few"))
        for root in (ours, stock, few):
            root.mkdir()
        say(f"a class of {submissions}, nbgrader with {sample} of them …")
        deserved = make_class(ours, submissions)
        make_class(stock, sample + 1)
        make_class(few, FEW)

        first = nbgrader(stock, "autograde", ASSIGNMENT, "--student", f"student{sample:04}")
        runs = [judging(ours, submissions)]
        rest = nbgrader(stock, "autograde", ASSIGNMENT)
        runs.append(judging(ours, submissions))  # before and after, in case the machine's load changes
        whole = command(ours, sys.executable, "-m", "autograder.cli", "grade", ASSIGNMENT)
        boxes = graded_rows(few, 2 if submissions < SUBMISSIONS else ROUNDS)

        graded, stock_graded = scores(ours), scores(stock)
    each = (rest.cpu - first.cpu) / (sample - 1)
    each_wall = (rest.wall - first.wall) / (sample - 1)
    stock_cpu = (first.cpu - each + submissions * each) / submissions
    got = {student: sum(points.values()) for student, points in graded.items()}
    same = all(stock_graded[student] == graded[student] for student in stock_graded)
    boxed = {name: sum(run[name] for run in runs) / len(runs) for name in runs[0]}
    rows = [
        _against("judging, processor time a submission", boxed["cpu"] / submissions, stock_cpu, 30),
        _rate("judging, a minute", boxed["rate"], 1500),
        _against("end to end, processor time a submission", whole.cpu / submissions, stock_cpu, 12),
        _rate("end to end, a minute", 60 * submissions / whole.wall, 600),
        *boxes,
        _memory("judge, peak memory", boxed["judge"], 60),
        _memory("writer, peak memory", whole.memory, 160),
        _memory("warm process, peak memory", boxed["warm"], None),
        Row(
            "all scores are the deserved ones", "yes" if got == deserved else "no", "", "yes", got == deserved
        ),
        Row("same scores as nbgrader, cell by cell", "yes" if same else "no", "", "yes", same),
    ]
    below = (
        f"{submissions} submissions on {len(os.sched_getaffinity(0))} cores: {whole.wall:.1f} s end to end. "
        f"nbgrader: {time_text(stock_cpu)} of processor time a submission and "
        f"{time_text(each_wall)} on the wall ({60 / each_wall:.0f} a minute). "
        f"Load of the machine: {os.getloadavg()[0]:.1f}."
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
    limit = f"≤ {target:g} MB" if target else "stated"
    return Row(work, f"{megabytes:.0f} MB", "", limit, None if target is None else megabytes <= target)


def main() -> None:
    """Measure a class of any size."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.grading", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--submissions", type=int, default=SUBMISSIONS, metavar="N", help="size of the class")
    parser.add_argument("--sample", type=int, default=SAMPLE, metavar="K", help="how many nbgrader grades")
    parser.add_argument("--judge-only", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.judge_only:
        print(json.dumps(judge_only(Path.cwd(), given.submissions)))
        return
    rows, below = measure(given.submissions, given.sample)
    print(table_text((__doc__ or "").partition("\n")[0], rows), below, sep="\n\n")


if __name__ == "__main__":
    main()
