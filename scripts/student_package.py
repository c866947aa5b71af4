"""Put together what a student gets: the wheel, the lectures, the released homework and a page to start from.

    python scripts/student_package.py [--out dist/student]

Nothing in the package comes from the instructor's side of the repository: the wheel holds coursekit/ alone,
and the homework is what `nbgrader generate_assignment` makes of it, without solutions and hidden tests.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

from autograder.course import Course, CourseError
from autograder.nbgrader_commands import generate_assignment
from coursekit.checking.notebook import FILE as CHECKS

ROOT = Path(__file__).resolve().parents[1]

START = """\
# Start here

You need Python 3.11 or newer. Open a terminal in this folder and type, once:

    python3 -m venv .venv
    .venv/bin/pip install "./{wheel}[lab]"

(On Windows write `.venv\\Scripts\\pip` and, below, `.venv\\Scripts\\jupyter`.) Then, each time you work:

    .venv/bin/jupyter lab

| folder | what is in it |
|---|---|
| `notebooks/` | the lectures; begin with `00_start_here.ipynb` (their checks read `checks.json`) |
| `assignments/` | the homework; each says at its top which lecture it follows |

**Lectures:** {lectures}

**Homework:** {assignments}

Work on a homework notebook where it lies and keep its name. The button *Validate* runs the tests that you
can see. Hand it in the way your instructor says; other tests, with other numbers, will then be run on it.
"""


def make_package(out: Path) -> Path:
    """Build the package in `out`, replacing an earlier one only when everything has worked.

    Returns
    -------
    Path
        The folder `out`.

    Raises
    ------
    CourseError
        nbgrader refuses an assignment, or the wheel cannot be built; the message says why.
    """
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".student-", dir=out.parent) as draft_folder:
        draft = Path(draft_folder) / "package"
        draft.mkdir(mode=0o755)
        wheel = build_wheel(draft)
        lectures = copy_lectures(draft / "notebooks")
        assignments = release_assignments(draft / "assignments")
        page = START.format(
            wheel=wheel.name,
            lectures=", ".join(f"`{name}`" for name in lectures),
            assignments=", ".join(f"`{name}`" for name in assignments),
        )
        (draft / "START.md").write_text(page, encoding="utf-8")
        if out.exists():
            shutil.rmtree(out)
        draft.rename(out)
    return out


def build_wheel(folder: Path) -> Path:
    """Build coursekit's wheel into `folder`; return its path."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--quiet",
        "--no-deps",
        "--wheel-dir",
        str(folder),
        str(ROOT),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise CourseError(f"The wheel could not be built:\n{done.stderr.strip()}")
    [wheel] = folder.glob("coursekit-*.whl")
    return wheel


def copy_lectures(folder: Path) -> list[str]:
    """Copy the lectures, without outputs that a run in the checkout may have left; return their names.

    Beside them goes what `check` needs: public cases, no code.
    """
    folder.mkdir()
    paths = sorted((ROOT / "notebooks").glob("*.ipynb"))
    for path in paths:
        notebook = nbformat.read(path, as_version=4)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs, cell.execution_count = [], None
        nbformat.write(notebook, folder / path.name)
    shutil.copy(ROOT / "notebooks" / CHECKS, folder)
    return [path.name for path in paths]


def release_assignments(folder: Path) -> list[str]:
    """Let nbgrader release every assignment, in a course made for the purpose; return their names."""
    with tempfile.TemporaryDirectory(prefix="coursekit-release-") as temporary:
        root = Path(temporary).resolve()
        shutil.copy(ROOT / "nbgrader_config.py", root)
        shutil.copytree(
            ROOT / "assignments", root / "assignments", ignore=shutil.ignore_patterns(".ipynb_checkpoints")
        )
        with contextlib.chdir(root):
            course = Course(root)
            names = course.assignment_names()
            for name in names:
                shutil.copytree(generate_assignment(course, name), folder / name)
    return names


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; return the exit code."""
    parser = argparse.ArgumentParser(description="Put together what a student gets.")
    parser.add_argument("--out", type=Path, default=ROOT / "dist" / "student", help="folder to (re)place")
    out = parser.parse_args(arguments).out.resolve()
    try:
        make_package(out)
    except CourseError as error:
        print(error, file=sys.stderr)
        return 1
    for path in sorted(out.rglob("*")):
        if path.is_file():
            print(path.relative_to(out))
    print(f"\nThe student package is in {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
