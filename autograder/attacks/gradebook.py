"""Reaching for the grades themselves: the database, the graded files, the results that are kept."""

# ruff: noqa: E501 (programs in strings, one entry after the other)

from __future__ import annotations

import json
import sqlite3
from typing import Any

from autograder.attacks.course import FULL, GATES, GUESSED
from autograder.attacks.entry import Draft, Entry

RIGHT_SCORE = FULL[GATES]


def _forged_gradebook(draft: Draft) -> None:
    """A database of its own beside the notebook, with full marks in it."""
    with sqlite3.connect(draft.folder / "gradebook.db") as database:
        database.execute("CREATE TABLE grade (auto_score FLOAT, manual_score FLOAT)")
        database.execute("INSERT INTO grade VALUES (100, 100)")
    database.close()


def _forged_results(draft: Draft) -> None:
    result = {"student": "x", "status": "graded", "level": "full", "notebooks": [], "messages": []}
    for name in (".coursekit/results/gates/x.json", "results.json", "out.json", ".coursekit/seed"):
        draft.file(name, json.dumps({"key": "x", "result": result}))


def _forged_marks(draft: Draft) -> None:
    """The manual question marked as code that tests score, and a comment of a teacher."""
    mark: dict[str, Any] = draft.cell("why").metadata["nbgrader"]
    mark.update({"points": 100, "score": 100, "auto_score": 100, "manual_score": 100, "comment": "Excellent"})
    draft.notebook.metadata["nbgrader"] = {"score": 100, "max_score": 100}


ENTRIES = (
    Entry(
        "gradebook-update",
        "raises its own score in the gradebook's database",
        GUESSED,
        base="wrong",
        code="""
import sqlite3
def raise_score():
    database = sqlite3.connect(WORLD["course"] + "/gradebook.db", timeout=0.1)
    database.execute("UPDATE grade SET manual_score = 100, extra_credit = 50")
    database.commit()
attempt("update the gradebook", raise_score)
attempt("update it by its address", lambda: sqlite3.connect(f"file:{WORLD['course']}/gradebook.db?mode=rw", uri=True).execute("DELETE FROM grade"))
attempt("append to the gradebook", lambda: open(WORLD["course"] + "/gradebook.db", "ab"))
""",
        sample=True,
    ),
    Entry(
        "gradebook-destroy",
        "deletes, truncates, renames, locks and replaces the gradebook and its folder",
        RIGHT_SCORE,
        code="""
import fcntl, shutil
path = WORLD["course"] + "/gradebook.db"
attempt("delete", lambda: os.unlink(path))
attempt("truncate", lambda: os.truncate(path, 0))
attempt("rename", lambda: os.rename(path, path + ".old"))
attempt("replace", lambda: os.replace("data.csv", path))
attempt("open", lambda: os.open(path, os.O_WRONLY))
attempt("journal", lambda: open(path + "-journal", "w"))
attempt("lock", lambda: fcntl.flock(os.open(path, os.O_RDONLY), fcntl.LOCK_EX))
attempt("lock the course", lambda: fcntl.flock(os.open(WORLD["course"] + "/.coursekit/lock", os.O_RDONLY), fcntl.LOCK_EX))
attempt("remove the course", lambda: os.rmdir(WORLD["course"]))
attempt("rename the course", lambda: os.rename(WORLD["course"], WORLD["course"] + ".old"))
before = [os.path.exists(WORLD["course"]), os.path.exists(path)]
def change_mode():
    os.chmod(path, 0)
    if os.stat(path).st_mode & 0o777:  # the call may say that it was done
        raise PermissionError
attempt("change its mode", change_mode)
""",
    ),
    Entry(
        "gradebook-graded-files",
        "writes graded notebooks, feedback and results of its own where the grader puts them",
        GUESSED,
        base="wrong",
        code="""
course, victim = WORLD["course"], WORLD["victim"]
for path in [f"autograded/{victim}/gates/gates.ipynb", f"feedback/{victim}/gates/gates.html",
             f"submitted/{victim}/gates/gates.ipynb", ".coursekit/results/gates/x.json", ".coursekit/seed",
             "source/gates/gates.ipynb", "source/gates/reference.py", "nbgrader_config.py", "planted-" + WORLD["token"],
             f"autograded/planted-{WORLD['token']}", f"source/gates/planted-{WORLD['token']}.py"]:
    attempt(f"write {path}", lambda: open(f"{course}/{path}", "r+b"))
    attempt(f"make {path}", lambda: open(f"{course}/{path}", "xb"))
    attempt(f"make the folder {path}", lambda: os.mkdir(f"{course}/{path}.d"))
    attempt(f"delete {path}", lambda: os.unlink(f"{course}/{path}"))
""",
    ),
    Entry(
        "gradebook-nbgrader-api",
        "uses nbgrader's own interface to give itself points",
        GUESSED,
        base="wrong",
        code="""
def api():
    from nbgrader.api import Gradebook
    return Gradebook("sqlite:///" + WORLD["course"] + "/gradebook.db")
attempt("nbgrader.api", api)
attempt("nbgrader by name", lambda: __import__("nbgrader"))
import subprocess
attempt("nbgrader by command", lambda: subprocess.run([sys.executable, "-m", "nbgrader", "db"], check=True))
""",
    ),
    Entry(
        "gradebook-own-database",
        "hands in a gradebook of its own",
        GUESSED,
        base="wrong",
        make=_forged_gradebook,
    ),
    Entry(
        "gradebook-own-results",
        "hands in results of its own where they would be kept",
        GUESSED,
        base="wrong",
        make=_forged_results,
    ),
    Entry(
        "gradebook-own-marks",
        "writes scores and comments into its marks",
        GUESSED,
        base="wrong",
        make=_forged_marks,
    ),
    Entry(
        "gradebook-sql-name",
        "comes from a student whose name is SQL",
        RIGHT_SCORE,
        student="x'); DROP TABLE grade; --",
    ),
    Entry(
        "gradebook-odd-name",
        "comes from a student whose name is spaces, dots and signs",
        RIGHT_SCORE,
        student=" ..%_$(id)~&`#",
    ),
    Entry("gradebook-long-name", "comes from a student with a long name", RIGHT_SCORE, student="n" * 200),
    Entry(
        "gradebook-markup-name",
        "comes from a student whose name is markup",
        RIGHT_SCORE,
        student="<img src=x onerror=alert(1)>",
    ),
)
