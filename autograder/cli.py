"""The command line of an instructor's checkout: `coursekit grade`, `report`, `verify`, `doctor`, `demo`, …

What their exit codes mean stands in `autograder.exit_codes`.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import shutil
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from autograder.exit_codes import FAILED, HANDLED, REFUSED, STOPPED, WRONG_CALL
from autograder.startup import skip_slow_imports

if TYPE_CHECKING:
    from autograder.box.doctor import Check
    from autograder.results import SubmissionResult


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code."""
    arguments = _parser().parse_args(argv)
    skip_slow_imports()
    for stream in (sys.stdout, sys.stderr):  # a terminal that cannot show a name must not stop a batch
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        code: int = arguments.command(arguments)
        sys.stdout.flush()
    except BrokenPipeError:  # whoever reads the table has seen enough of it
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return HANDLED
    except KeyboardInterrupt:
        _say("Stopped. What was graded is kept; the same command goes on from there.")
        return STOPPED
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="coursekit", description="Courseware that grades homework honestly."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_grade(
        commands.add_parser(
            "grade",
            help="grade the submissions of an assignment",
            description="Grade the submissions of an assignment of any nbgrader course. Scores go to the "
            "gradebook and graded notebooks to the autograded folder, as with `nbgrader autograde`. What has "
            "not changed is not judged again, so a run that was stopped goes on where it was.",
        )
    )
    _add_report(
        commands.add_parser(
            "report",
            help="show what a graded class knows and does not",
            description="Write a page with the distribution of scores, each question's difficulty and "
            "discrimination, and the misconceptions of the class; beside it two tables for a spreadsheet.",
        )
    )
    _add_doctor(
        commands.add_parser(
            "doctor",
            help="say how well this machine can isolate student code, and how a course would be graded",
            description="Say how well this machine can isolate student code, by trying it; with --course "
            "also what of that course would be graded how. Exit code 0: all is well, 1: something would be "
            "graded without isolation or not at all, 2: a wrong call, 3: no isolation here.",
        )
    )
    demo = commands.add_parser("demo", help="grade a class of sample submissions and show what they get")
    demo.set_defaults(command=_demo)
    demo.add_argument("--dir", type=Path, metavar="D", help="where to put the course (default: a new folder)")
    _add_checks(
        commands.add_parser(
            "checks",
            help="write checks.json, what `check` needs in a notebook, beside sources and lectures",
            description="Write checks.json beside the source notebooks of assignments and beside the "
            "lectures, from their question banks: public cases and what is recognised on them, no answers. "
            "Releasing an assignment writes it by itself.",
        )
    )
    _add_verify(
        commands.add_parser(
            "verify",
            help="prove that an assignment's tests tell right answers from wrong ones",
            description="For each question: the solution earns all points, the release none; each known "
            "misconception fails and is recognised; each alternative passes; no small mistake made on "
            "purpose does; nothing hidden is released. Exit code 0: all proven, 1: something is not, 2: a "
            "wrong call, 3: no isolation here.",
        )
    )
    _add_kernel(
        commands.add_parser("kernel", help="a Jupyter kernel in the box, to look at submissions alive")
    )
    return parser


def _add_course(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--course", type=Path, default=Path(), metavar="DIR", help="the course (default: here)"
    )


def _add_grade(grade: argparse.ArgumentParser) -> None:
    grade.set_defaults(command=_grade)
    grade.add_argument("assignment", metavar="ASSIGNMENT", help="its name, as in the source folder")
    _add_course(grade)
    grade.add_argument(
        "--student",
        action="append",
        default=[],
        metavar="S",
        help="only this student, or those that a pattern like 'a*' matches; may be given several times",
    )
    grade.add_argument("--workers", type=_count, metavar="N", help="processes that grade (default: cores)")
    grade.add_argument(
        "--seed", type=int, metavar="N", help="seed of what tests draw at random (default: the course's own)"
    )
    grade.add_argument("--force", action="store_true", help="judge again what has not changed, too")
    grade.add_argument("--json", type=Path, metavar="FILE", help="write the results to FILE")
    grade.add_argument(
        "--trust-submissions",
        action="store_true",
        help="run student code WITHOUT isolation: only for code that you would run yourself; results say so",
    )


def _add_report(report: argparse.ArgumentParser) -> None:
    report.set_defaults(command=_report)
    report.add_argument("assignment", metavar="ASSIGNMENT", help="its name, as in the source folder")
    _add_course(report)
    report.add_argument("--out", type=Path, metavar="FILE.html", help="default: ASSIGNMENT-report.html")
    report.add_argument("--anonymous", action="store_true", help="leave names out")


def _add_doctor(doctor: argparse.ArgumentParser) -> None:
    doctor.set_defaults(command=_doctor)
    doctor.add_argument(
        "--course", type=Path, metavar="DIR", help="also say what of the course in DIR would be graded how"
    )
    doctor.add_argument(
        "--attack",
        action="store_true",
        help="prove it: grade hundreds of hostile submissions of a made-up course and look for what got"
        " through (some minutes)",
    )
    doctor.add_argument("--sample", action="store_true", help="with --attack: a few of each class only")
    doctor.add_argument(
        "--workers",
        type=_count,
        default=1,
        metavar="N",
        help="with --attack: processes that grade (default: 1)",
    )


def _add_checks(checks: argparse.ArgumentParser) -> None:
    checks.set_defaults(command=_checks)
    checks.add_argument(
        "names", nargs="*", metavar="ASSIGNMENT", help='or "lectures" (default: all that have a bank)'
    )
    _add_course(checks)


def _add_verify(verify: argparse.ArgumentParser) -> None:
    verify.set_defaults(command=_verify)
    verify.add_argument("assignments", nargs="*", metavar="ASSIGNMENT", help="default: all of the course")
    _add_course(verify)
    verify.add_argument("--json", type=Path, metavar="FILE", help="write what was found to FILE")


def _add_kernel(kernel: argparse.ArgumentParser) -> None:
    actions = kernel.add_subparsers(required=True, metavar="ACTION")
    install = actions.add_parser(
        "install",
        help="add it to Jupyter's list",
        description='Add "Python 3 (boxed)" to the kernels of JupyterLab, nbclient, nbgrader and papermill. '
        "Notebooks run in it without network and without the machine's files, in a copy of their folder's "
        "data. It is for looking at untrusted notebooks, not for grading them.",
    )
    install.set_defaults(command=_kernel_install)
    place = install.add_mutually_exclusive_group()
    place.add_argument("--user", action="store_true", help="for all of this user's Jupyter installations")
    place.add_argument(
        "--sys-prefix", action="store_true", help="for the Python environment that this runs in (default)"
    )
    install.add_argument(
        "--package",
        action="append",
        default=[],
        metavar="NAME",
        help="a further package that notebooks may import; may be given several times",
    )
    remove = actions.add_parser("remove", help="take it off Jupyter's list")
    remove.set_defaults(command=_kernel_remove)


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _say(text: str) -> None:
    print(text, file=sys.stderr)


def _grade(arguments: argparse.Namespace) -> int:
    from autograder.batch import Batch, Busy, Options
    from autograder.box import BoxUnavailable
    from autograder.course import Course, CourseError
    from autograder.gradebook import GradebookError
    from autograder.pool import PoolError
    from autograder.results import write_whole

    target = arguments.json and arguments.json.absolute()
    if target and not target.parent.is_dir():
        _say(f"--json {arguments.json}: there is no folder {target.parent}.")
        return WRONG_CALL
    chosen = {"workers": arguments.workers} if arguments.workers else {}
    options = Options(
        students=arguments.student,
        seed=arguments.seed,
        force=arguments.force,
        trust_submissions=arguments.trust_submissions,
        **chosen,
    )
    started = time.monotonic()
    try:
        batch = Batch(Course(arguments.course), arguments.assignment, options)
        _announce(batch)
        results = sorted(_with_bar(batch), key=lambda result: result.student)
    except CourseError as error:
        _say(str(error))
        return WRONG_CALL
    except BoxUnavailable as error:
        _say(f"{error}\n`coursekit doctor` says more. Nothing was graded.")
        return REFUSED
    except (Busy, GradebookError, PoolError, OSError) as error:
        _say(f"{error}\nWhat was graded before is kept; the same command goes on from there.")
        return FAILED
    if target:
        report: dict[str, Any] = {
            "assignment": batch.assignment.name,
            "version": batch.assignment.version,
            "seed": batch.seed,
            "submissions": [result.to_public() for result in results],
        }
        write_whole(target, json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    print(table(results))
    kinds = Counter(result.status for result in results)
    print(
        f"\n{len(results)} submissions: {kinds['graded']} graded, {kinds['report']} to look at. "
        f"Isolation: {batch.level}. {time.monotonic() - started:.1f} s."
    )
    for failure in batch.failures:
        _say(failure)
    return FAILED if batch.failures else HANDLED


def _announce(batch: Any) -> None:
    """Say before the batch what will not be judged, what is not installed, and if nothing is isolated."""
    if batch.level == "none":
        _say("WARNING: student code runs without isolation (--trust-submissions). Every result will say so.")
    for remark in batch.remarks():
        _say(remark)
    from autograder.frontend.seal import LINE, misspelt

    for setting in misspelt(batch.course):
        _say(
            f"nbgrader knows no {setting} and takes no notice of it, so `nbgrader autograde` would run "
            f"student code without isolation. Write {LINE}."
        )


def _with_bar(batch: Any) -> list[SubmissionResult]:
    """Run the batch; a terminal shows how far it is."""
    if not sys.stderr.isatty():
        return list(batch.run())
    from tqdm import tqdm

    return list(tqdm(batch.run(), total=len(batch.students), unit=" submissions", leave=False))


def table(results: Sequence[SubmissionResult]) -> str:
    """Return the results as text: student, score of maximum, status, one line of reason."""
    from autograder.repair import short

    rows = [("student", "score", "status", "")]
    for result in results:
        score = f"{_number(result.score)} / {_number(result.max_score)}"
        status = f"{result.status}{', late' if result.late else ''}{', unboxed' if result.trusted else ''}"
        rows.append((short(result.student, 30), score, status, result.why()))
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    room = max(20, shutil.get_terminal_size((160, 24)).columns - sum(widths) - 6)
    lines = [
        f"{student:<{widths[0]}}  {score:>{widths[1]}}  {status:<{widths[2]}}  {short(why, room)}".rstrip()
        for student, score, status, why in rows
    ]
    return "\n".join([lines[0], "-" * len(lines[0]), *lines[1:]])


def _number(value: float) -> str:
    """Return points without needless digits.

    >>> _number(3.0), _number(2.5), _number(1 / 3)
    ('3', '2.5', '0.33')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _report(arguments: argparse.Namespace) -> int:
    from autograder.course import Course, CourseError
    from autograder.report import read
    from autograder.report_page import page, questions_csv, students_csv
    from autograder.results import write_whole

    out = arguments.out or Path(f"{arguments.assignment}-report.html")
    if not out.absolute().parent.is_dir():
        _say(f"--out {out}: there is no folder {out.absolute().parent}.")
        return WRONG_CALL
    try:
        report = read(Course(arguments.course), arguments.assignment, anonymous=arguments.anonymous)
    except CourseError as error:
        _say(str(error))
        return WRONG_CALL
    files = {
        out: page(report),
        out.with_name(f"{out.stem}-students.csv"): students_csv(report),
        out.with_name(f"{out.stem}-questions.csv"): questions_csv(report),
    }
    try:
        for path, text in files.items():
            write_whole(path, text)
    except OSError as error:
        _say(f"The report cannot be written: {error}")
        return FAILED
    print("\n".join(str(path) for path in files))
    return HANDLED


def _doctor(arguments: argparse.Namespace) -> int:
    from autograder.box.doctor import diagnose

    if arguments.sample and not arguments.attack:
        _say("--sample goes with --attack.")
        return WRONG_CALL
    diagnosis = diagnose()
    print(f"isolation: {diagnosis.level or 'none, so submissions are not graded on this machine'}\n")
    _show(diagnosis.checks)
    print("\n" + ", ".join(f"{name} {version}" for name, version in diagnosis.versions.items()))
    well = True
    if arguments.course is not None:
        from autograder.course import CourseError
        from autograder.course_doctor import examine

        folder = arguments.course.resolve()
        try:
            checks = examine(folder)
        except CourseError as error:
            _say(str(error))
            return WRONG_CALL
        print(f"\ncourse: {folder}\n")
        _show(checks)
        well = all(check.ok for check in checks)
    if not diagnosis.level:
        return REFUSED
    if arguments.attack:
        from autograder.attacks.report import attack

        well &= attack(diagnosis.level, sample=arguments.sample, workers=arguments.workers)
    return HANDLED if well else FAILED


def _show(checks: Sequence[Check]) -> None:
    for check in checks:
        print(f"{'ok' if check.ok else '--'}  {check.name}: {check.why}")
        if check.mend:
            print(f"    to mend it: {check.mend}")


def _demo(arguments: argparse.Namespace) -> int:
    from autograder.demo import run

    return run(main, arguments.dir)


def _checks(arguments: argparse.Namespace) -> int:
    from autograder.bank import BankError
    from autograder.check_files import write_checks
    from autograder.course import Course, CourseError

    try:
        course = Course(arguments.course)
        for path in write_checks(course, arguments.names):
            print(path.relative_to(course.root))
    except (BankError, CourseError) as error:
        _say(str(error))
        return WRONG_CALL
    return HANDLED


def _verify(arguments: argparse.Namespace) -> int:
    from autograder.box import BoxUnavailable, best_level
    from autograder.check_files import LECTURES
    from autograder.course import Course, CourseError
    from autograder.results import write_whole
    from autograder.verify import table, verify

    target = arguments.json and arguments.json.absolute()
    if target and not target.parent.is_dir():
        _say(f"--json {arguments.json}: there is no folder {target.parent}.")
        return WRONG_CALL
    proofs = []
    try:
        course, level = Course(arguments.course), best_level()
        lectures = [LECTURES] if course.bank(LECTURES) is not None else []
        for name in arguments.assignments or [*course.assignment_names(), *lectures]:
            proofs.append(verify(course, name, level))
            print(table(proofs[-1:]) + "\n", flush=True)
    except CourseError as error:
        _say(str(error))
        return WRONG_CALL
    except BoxUnavailable as error:
        _say(f"{error}\n`coursekit doctor` says more. Nothing was verified.")
        return REFUSED
    if target:
        told = {"assignments": [proof.to_json() for proof in proofs]}
        write_whole(target, json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    return HANDLED if all(proof.proven for proof in proofs) else FAILED


def _kernel_install(arguments: argparse.Namespace) -> int:
    from autograder.box import BoxUnavailable, best_level
    from autograder.box.packages import PackageMissing, allowed_entries
    from autograder.kernel.spec import install

    try:
        level = best_level()
        allowed_entries(tuple(arguments.package))
        prefix = None if arguments.user else sys.prefix
        folder = install(user=arguments.user, prefix=prefix, packages=arguments.package)
    except BoxUnavailable as error:
        _say(f"{error}\n`coursekit doctor` says more. No kernel was installed.")
        return REFUSED
    except PackageMissing as error:
        _say(": ".join(error.args))
        return WRONG_CALL
    except OSError as error:
        _say(f"The kernel cannot be installed: {error}")
        return FAILED
    print(f'"Python 3 (boxed)" is installed in {folder}. Isolation: {level}.')
    return HANDLED


def _kernel_remove(arguments: argparse.Namespace) -> int:
    from autograder.kernel.spec import remove

    try:
        folder = remove()
    except OSError as error:
        _say(f"The kernel cannot be removed: {error}")
        return FAILED
    if folder is None:
        _say("No boxed kernel is installed.")
        return WRONG_CALL
    print(f"Removed {folder}.")
    return HANDLED


if __name__ == "__main__":
    sys.exit(main())
