"""`coursekit grade` as an instructor calls it: the real judge, the real box, the real gradebook."""

from __future__ import annotations

import copy
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI
from sample_course import (
    ASSIGNMENT,
    DOUBLE,
    SQUARE,
    add_gradebook,
    answered,
    make_course,
    make_source,
    submit,
)

from autograder import batch as batch_module
from autograder import cli
from autograder.box import BoxUnavailable, Level, doctor
from autograder.box.doctor import Check, Diagnosis
from autograder.course import Course

RIGHT = {"square": SQUARE, "double": DOUBLE, "why": "Because."}


class Class:
    """A course, a way to hand in and to run the command in this process."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self.capsys = root, capsys
        make_course(root)
        add_gradebook(root)
        self.released: NotebookNode = Course(root).assignment(ASSIGNMENT).notebook("ps1").released

    def hand_in(self, student: str = "ada", **answers: str) -> Path:
        return submit(self.root, student, answered(self.released, **(answers or RIGHT)))

    def run(self, *arguments: str) -> tuple[int, str, str]:
        """Return exit code, output and errors of `coursekit` with these arguments."""
        self.capsys.readouterr()
        code = cli.main(arguments)
        return code, *self.capsys.readouterr()

    def grade(self, *arguments: str) -> dict[str, dict[str, Any]]:
        """Grade and return the JSON's submissions by student."""
        code, _, errors = self.run(
            "grade", ASSIGNMENT, "--course", str(self.root), "--json", str(self.root / "out.json"), *arguments
        )
        assert code == 0, errors
        report = json.loads((self.root / "out.json").read_text())
        assert set(report) == {"assignment", "version", "seed", "submissions"}
        return {submission["student"]: submission for submission in report["submissions"]}

    def gradebook_scores(self) -> dict[str, float]:
        with Gradebook(f"sqlite:///{self.root}/gradebook.db", "demo") as gradebook:
            return {s.student.id: s.score for s in gradebook.assignment_submissions(ASSIGNMENT)}


@pytest.fixture
def klass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Class:
    monkeypatch.chdir(tmp_path)
    return Class(tmp_path, capsys)


def test_everybody_gets_what_they_deserve(klass: Class) -> None:
    klass.hand_in("right")
    klass.hand_in("half", square=SQUARE)
    klass.hand_in("equal", square="class E:\n    def __eq__(s, o): return True\ndef square(x): return E()")
    klass.hand_in("exit", square="import os\nos._exit(0)", double=DOUBLE)
    klass.hand_in("raises", square="1 / 0", double=DOUBLE)
    klass.hand_in("blank", square="get_ipython().input_transformers_cleanup.append(lambda l: ['pass\\n'])")
    submit(klass.root, "broken", b"no notebook")
    submit(klass.root, "missing", None)
    klass.hand_in("slip", **RIGHT)
    notebook = answered(klass.released, **RIGHT)
    del notebook.cells[3:5]
    notebook.cells.reverse()
    (klass.root / "submitted" / "slip" / ASSIGNMENT / "ps1.ipynb").write_text(json.dumps(notebook))

    results = klass.grade()
    assert {student: result["score"] for student, result in results.items()} == {
        "right": 6.0, "half": 3.0, "equal": 0.0, "exit": 3.0, "raises": 3.0, "blank": 0.0,
        "broken": 0.0, "missing": 0.0, "slip": 6.0,
    }  # fmt: skip
    assert {student for student, result in results.items() if result["status"] == "report"} == {
        "broken", "missing",
    }  # fmt: skip
    assert {result["max_score"] for result in results.values()} == {10.0}
    assert klass.gradebook_scores() == {student: result["score"] for student, result in results.items()}
    right = results["right"]
    assert (right["trusted"], right["late"], right["messages"]) == (False, False, [])
    assert right["level"] in ("full", "landlock")
    (notebook,) = right["notebooks"]
    assert notebook["notebook"] == "ps1"
    assert notebook["questions"][0] == {
        "grade_id": "square-visible", "score": 1.0, "max_score": 1.0, "needs_manual_grade": False,
        "reason": "", "misconceptions": [],
    }  # fmt: skip
    assert notebook["questions"][4]["grade_id"] == "why"
    assert notebook["questions"][4]["score"] is None
    assert notebook["questions"][4]["needs_manual_grade"] is True
    assert results["slip"]["messages"] == [
        "Cell 'square-visible' had been deleted and put back.",
        "Cells had been moved; they stand in the released order again.",
    ]


def slips(honest: NotebookNode, released: NotebookNode) -> dict[str, bytes]:
    """Return the right answers as careless students and other editors hand them in."""

    def changed(change: Callable[[NotebookNode], object]) -> bytes:
        notebook = copy.deepcopy(honest)
        change(notebook)
        return json.dumps(notebook).encode()

    def strip_marks(notebook: NotebookNode) -> None:
        for cell in notebook.cells:
            cell.metadata = {}
            del cell["id"]

    def old_marks(notebook: NotebookNode) -> None:
        for cell in notebook.cells:
            cell.metadata.get("nbgrader", {}).update(schema_version=1)

    return {
        "copied-answer": changed(lambda notebook: notebook.cells.insert(3, released.cells[2] | {"id": "x"})),
        "copied-test": changed(lambda notebook: notebook.cells.insert(7, notebook.cells[3] | {"id": "x"})),
        "moved": changed(lambda notebook: notebook.cells.insert(9, notebook.cells.pop(2))),
        "no-tests": changed(lambda notebook: notebook.cells.__delitem__(slice(3, 5))),
        "no-marks": changed(strip_marks),
        "old-marks": changed(old_marks),
        "tagged": changed(lambda notebook: notebook.cells[2].metadata.update(tags=["skip-execution"])),
        "text": changed(lambda notebook: notebook.cells[2].update(cell_type="markdown")),
        "answer-in-test": changed(
            lambda notebook: (
                notebook.cells[2].update(source=released.cells[2].source),
                notebook.cells[3].update(source=SQUARE),
            )
        ),
        "split": changed(
            lambda notebook: (
                notebook.cells.insert(
                    2, notebook.cells[2] | {"id": "x", "source": "def times(a, b): return a * b"}
                ),
                notebook.cells[3].update(source="def square(x): return times(x, x)"),
            )
        ),
        "other-kernel": changed(lambda notebook: notebook.metadata.update(kernelspec={"name": "gone"})),
        "windows": b"\xef\xbb\xbf" + json.dumps(honest).replace("\\n", "\\r\\n").encode(),
        "utf-16": json.dumps(honest).encode("utf-16"),
        "cut-at-the-end": json.dumps(honest)[:-60].encode(),
    }


def test_honest_slips_keep_their_points(klass: Class) -> None:
    files = slips(answered(klass.released, **RIGHT), klass.released)
    for student, raw in files.items():
        submit(klass.root, student, raw)
    assert {student: result["score"] for student, result in klass.grade().items()} == dict.fromkeys(
        files, 6.0
    )


def test_what_is_no_file_is_reported_and_costs_nobody_else(klass: Class) -> None:
    klass.hand_in("honest")
    honest = klass.root / "submitted" / "honest" / ASSIGNMENT
    links = {"link": honest / "ps1.ipynb", "source": klass.root / "source" / ASSIGNMENT / "ps1.ipynb"}
    for student, target in links.items():
        (submit(klass.root, student, None) / "ps1.ipynb").symlink_to(target)
    os.mkfifo(submit(klass.root, "pipe", None) / "ps1.ipynb")
    (submit(klass.root, "folder", None) / "ps1.ipynb").mkdir()
    with (submit(klass.root, "huge", None) / "ps1.ipynb").open("wb") as file:
        file.truncate(10**9)
    submit(klass.root, "deep", b"[" * 10**6)
    (klass.root / "submitted" / "all").mkdir()
    (klass.root / "submitted" / "all" / ASSIGNMENT).symlink_to(honest)
    results = klass.grade()
    assert {student: (result["score"], result["status"]) for student, result in results.items()} == {
        "honest": (6.0, "graded"),
        **dict.fromkeys(["link", "source", "pipe", "folder", "huge", "deep", "all"], (0.0, "report")),
    }
    assert results["link"]["messages"] == ["ps1.ipynb is a symbolic link, not a file, so it was not opened."]
    assert (
        results["all"]["messages"][0]
        == "The submission is a symbolic link, not a folder, so it was not opened."
    )
    texts = [path.read_text() for path in (klass.root / "autograded").rglob("*") if path.is_file()]
    assert not any("HIDDEN" in text or "BEGIN SOLUTION" in text for text in texts)


def test_the_table(klass: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    klass.hand_in("ada")
    klass.hand_in("bob", square=SQUARE, why="Because.")
    submit(klass.root, "cyd", b"")
    code, output, _ = klass.run("grade", ASSIGNMENT, "--course", str(klass.root))
    lines = output.splitlines()
    assert code == 0
    assert lines[2] == "ada      6 / 10  graded  to be graded by hand: why"
    assert lines[3].startswith("bob      3 / 10  graded  double-visible: ")
    assert lines[4] == "cyd      0 / 10  report  The file is empty. Save the notebook and hand it in again."
    assert lines[6].startswith("3 submissions: 2 graded, 1 to look at. Isolation: ")


def test_feedback_pages_tell_no_hidden_test(klass: Class) -> None:
    klass.hand_in("bob", square="def square(x):\n    return 9")
    klass.grade()
    path = klass.root / "autograded" / "bob" / ASSIGNMENT / "ps1.ipynb"
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert notebook.cells[4].source == ""
    assert notebook.cells[4].outputs[0].output_type == "error"
    assert "-7" not in path.read_text()
    assert "== 49" not in path.read_text()


def judged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list to which the students that are really judged are added."""
    students: list[str] = []
    original = batch_module.Pool.run

    def run(self: Any, jobs: Any) -> Any:
        students.extend(job.student for job in jobs)
        return original(self, jobs)

    monkeypatch.setattr(batch_module.Pool, "run", run)
    return students


def test_only_what_changed_is_judged_again(klass: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    students = judged(monkeypatch)
    monkeypatch.setattr(batch_module, "code_version", lambda: "1")  # somebody may be editing it just now
    klass.hand_in("ada")
    klass.hand_in("bob", square=SQUARE)
    first = klass.grade()
    assert sorted(students) == ["ada", "bob"]
    assert klass.grade() == first
    assert sorted(students) == ["ada", "bob"]
    students.clear()

    path = klass.root / "submitted" / "bob" / ASSIGNMENT / "ps1.ipynb"
    path.write_text(json.dumps(answered(klass.released, **RIGHT)))
    assert klass.grade()["bob"]["score"] == 6.0
    assert students == ["bob"]
    students.clear()

    klass.grade("--force", "--student", "a*")
    assert students == ["ada"]
    students.clear()

    source = make_source()
    source.cells[3].source = "assert square(3) == 10"
    nbformat.write(source, klass.root / "source" / ASSIGNMENT / "ps1.ipynb")
    assert klass.grade()["ada"]["score"] == 5.0
    assert sorted(students) == ["ada", "bob"]
    students.clear()

    (klass.root / "gradebook.db").unlink()
    klass.grade()
    assert students == []
    assert klass.gradebook_scores() == {"ada": 5.0, "bob": 5.0}


def test_what_tests_draw_follows_from_the_seed(klass: Class) -> None:
    source = make_source()
    source.cells[3].source = "import random\nx = random.random()\nassert square(x) == 0, f'drew {x}'"
    nbformat.write(source, klass.root / "source" / ASSIGNMENT / "ps1.ipynb")
    klass.hand_in("ada")
    klass.hand_in("bob")

    def drawn(*arguments: str) -> tuple[str, ...]:
        results = klass.grade("--force", *arguments)
        return tuple(results[s]["notebooks"][0]["questions"][0]["reason"] for s in ("ada", "bob"))

    stored = drawn()
    assert "drew 0." in stored[0]
    assert stored[0] != stored[1]
    assert drawn() == stored
    assert drawn("--seed", "7") == drawn("--seed", "7") != stored
    assert json.loads((klass.root / "out.json").read_text())["seed"] == 7


def test_trusted_submissions_say_so_everywhere(klass: Class) -> None:
    klass.hand_in("ada")
    code, output, errors = klass.run(
        "grade",
        ASSIGNMENT,
        "--course",
        str(klass.root),
        "--json",
        str(klass.root / "out.json"),
        "--trust-submissions",
    )
    assert code == 0
    assert "WARNING: student code runs without isolation" in errors
    assert "ada      6 / 10  graded, unboxed" in output
    assert "Isolation: none." in output
    (submission,) = json.loads((klass.root / "out.json").read_text())["submissions"]
    assert (submission["level"], submission["trusted"], submission["score"]) == ("none", True, 6.0)
    with Gradebook(f"sqlite:///{klass.root}/gradebook.db", "demo") as gradebook:
        comment = gradebook.find_comment("square", "ps1", ASSIGNMENT, "ada").auto_comment
    assert comment == "Graded without isolation (--trust-submissions)."


def test_without_isolation_nothing_is_graded(klass: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    def unavailable() -> None:
        raise BoxUnavailable("Neither namespaces nor Landlock work here.")

    monkeypatch.setattr(batch_module, "best_level", unavailable)
    klass.hand_in("ada")
    code, output, errors = klass.run("grade", ASSIGNMENT, "--course", str(klass.root))
    assert (code, output) == (3, "")
    assert "Neither namespaces nor Landlock work here." in errors
    assert "`coursekit doctor` says more. Nothing was graded." in errors
    assert not (klass.root / "autograded").exists()


def test_tests_that_cannot_be_judged_are_told_first_and_left_to_a_person(klass: Class) -> None:
    source = make_source()
    source.cells[3].source = "assert square(3) == 9\nassert square.__code__.co_argcount == 1"
    nbformat.write(source, klass.root / "source" / ASSIGNMENT / "ps1.ipynb")
    klass.hand_in("ada")
    code, _, errors = klass.run(
        "grade", ASSIGNMENT, "--course", str(klass.root), "--json", str(klass.root / "out.json")
    )
    assert code == 0
    assert "cannot be judged from outside" in errors
    assert "ps1: square-visible, line 2: " in errors
    (submission,) = json.loads((klass.root / "out.json").read_text())["submissions"]
    question = submission["notebooks"][0]["questions"][0]
    assert (question["score"], question["needs_manual_grade"]) == (None, True)
    assert submission["score"] == 5.0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["grade"], "the following arguments are required: ASSIGNMENT"),
        (["grade", "ps1", "--workers", "0"], "must be at least 1"),
        (["grade", "ps1", "--seed", "x"], "invalid int value: 'x'"),
        (["frobnicate"], "invalid choice: 'frobnicate'"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_a_wrong_command_line_exits_with_2(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as exit_:
        cli.main(arguments)
    assert exit_.value.code == 2
    assert message in capsys.readouterr().err


def test_a_wrong_call_exits_with_2_and_one_sentence(klass: Class, tmp_path: Path) -> None:
    klass.hand_in("ada")
    course = ["--course", str(klass.root)]
    for arguments, message in (
        (["ps2", *course], "There is no assignment 'ps2' with a notebook in"),
        (["ps1", *course, "--student", "eve"], "Student 'eve' has not handed in 'ps1'"),
        (["ps1", "--course", str(tmp_path / "nowhere")], "There is no folder"),
        (["ps1", "--course", str(tmp_path / "source")], "is not an nbgrader course"),
        (["ps1", *course, "--json", str(tmp_path / "no" / "out.json")], "there is no folder"),
    ):
        code, output, errors = klass.run("grade", *arguments)
        assert (code, output) == (2, "")
        assert message in errors
        assert len(errors.splitlines()) == 1
    assert not (klass.root / "autograded").exists()


def test_unknown_limits_are_a_wrong_call(klass: Class) -> None:
    source = make_source()
    source.metadata["coursekit"] = {"limits": {"memory": 3}}
    nbformat.write(source, klass.root / "source" / ASSIGNMENT / "ps1.ipynb")
    klass.hand_in("ada")
    code, _, errors = klass.run("grade", ASSIGNMENT, "--course", str(klass.root))
    assert code == 2
    assert errors.startswith("ps1 states unknown limits: memory. Known are cell_seconds, ")


def test_limits_of_the_assignment_hold(klass: Class) -> None:
    source = make_source()
    source.metadata["coursekit"] = {"limits": {"question_seconds": 0.5}, "packages": ["numpy"]}
    nbformat.write(source, klass.root / "source" / ASSIGNMENT / "ps1.ipynb")
    klass.hand_in("ada", square="def square(x):\n    while True: pass", double=DOUBLE)
    klass.hand_in("bob", square="import sympy\n" + SQUARE)
    results = klass.grade()
    assert results["ada"]["score"] == 3.0
    assert "0.5 s" in results["ada"]["notebooks"][0]["questions"][0]["reason"]
    assert results["bob"]["score"] == 0.0


@pytest.mark.parametrize(
    ("config", "stated", "limits"),
    [
        ("", {}, (30.0, 30.0, 120.0)),
        ("c.Execute.timeout = 5", {}, (5.0, 5.0, 60.0)),
        ("c.Execute.timeout = -1", {}, (600.0, 600.0, 2400.0)),
        ("c.Execute.timeout = 60", {"question_seconds": 2, "submission_seconds": 9}, (60.0, 2, 9)),
    ],
)
def test_time_is_limited_as_in_the_course_unless_the_assignment_says_more(
    klass: Class, config: str, stated: dict[str, float], limits: tuple[float, ...]
) -> None:
    path = klass.root / "nbgrader_config.py"
    path.write_text(f"{path.read_text()}\n{config}\n")
    source = make_source()
    source.metadata["coursekit"] = {"limits": stated}
    nbformat.write(source, klass.root / "source" / ASSIGNMENT / "ps1.ipynb")
    klass.hand_in("ada")
    batch = batch_module.Batch(Course(klass.root), ASSIGNMENT, batch_module.Options(trust_submissions=True))
    names = ("cell_seconds", "question_seconds", "submission_seconds")
    assert tuple(batch.judge_limits[name] for name in names) == limits


def test_what_the_assignment_imports_can_be_used_and_what_is_not_installed_is_told(klass: Class) -> None:
    source = make_source()
    source.cells[1].source = "import hypothesis\ntry:\n    import nor_this\nexcept ImportError: pass"
    source.cells[-1] = nbformat.v4.new_code_cell("import no_such_package")
    nbformat.write(source, klass.root / "source" / ASSIGNMENT / "ps1.ipynb")
    klass.hand_in("ada", square="import hypothesis\n" + SQUARE, double="import requests\n" + DOUBLE)
    code, _, errors = klass.run("grade", ASSIGNMENT, "--course", str(klass.root))
    assert code == 0
    assert errors.startswith("The assignment imports what is not installed here: no_such_package. Cells that")
    assert klass.grade()["ada"]["score"] == 3.0


def test_two_runs_do_not_mix(klass: Class) -> None:
    klass.hand_in("ada")
    with batch_module._locked(Course(klass.root)):
        code, _, errors = klass.run("grade", ASSIGNMENT, "--course", str(klass.root))
    assert code == 1
    assert "Another coursekit run is grading" in errors


def start(root: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "autograder.cli", "grade", ASSIGNMENT, "--course", str(root), *arguments],
        cwd=Path(cli.__file__).parents[1],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def processes_of(root: Path) -> list[str]:
    """Return the command lines of the workers that grade below `root`."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                line = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if str(root) in line and "autograder" in line:
                found.append(line)
    return found


def wait_until(condition: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_killed_at_any_moment_and_run_again(klass: Class) -> None:
    """Kill -9 after more and more submissions are written; the last run has every one exactly once."""
    expected = {}
    for number in range(24):
        klass.hand_in(f"s{number:02}", **({"square": SQUARE} if number % 3 else RIGHT))
        expected[f"s{number:02}"] = 3.0 if number % 3 else 6.0
    autograded = klass.root / "autograded"
    for written in (0, 1, 5, 14):
        run = start(klass.root, "--workers", "2")
        wait_until(lambda written=written: len(list(autograded.glob("*/ps1"))) >= written)  # type: ignore[misc]
        os.kill(run.pid, signal.SIGKILL)
        run.communicate()
        wait_until(lambda: not processes_of(klass.root))
    results = klass.grade()
    assert {student: result["score"] for student, result in results.items()} == expected
    assert klass.gradebook_scores() == expected
    assert sorted(path.parent.parent.name for path in autograded.glob("*/ps1/ps1.ipynb")) == sorted(expected)
    assert [path.name for path in autograded.glob("*/.*")] == []
    assert list((klass.root / ".coursekit" / "runs").glob("*")) == []
    assert processes_of(klass.root) == []


def test_control_c_ends_cleanly(klass: Class) -> None:
    for number in range(20):
        klass.hand_in(f"s{number:02}")
    run = start(klass.root)
    wait_until(lambda: bool(list((klass.root / "autograded").glob("*/ps1"))))
    run.send_signal(signal.SIGINT)
    _, errors = run.communicate(timeout=30)
    assert run.returncode in (0, 130)  # 0: it was faster
    if run.returncode == 130:
        assert b"the same command goes on from there" in errors
        assert b"Traceback" not in errors
    wait_until(lambda: not processes_of(klass.root))
    assert len(klass.grade()) == 20


def test_a_students_own_cells_count(klass: Class) -> None:
    notebook = answered(klass.released, square="def square(x):\n    return helper(x)", double=DOUBLE)
    notebook.cells.insert(2, new_code_cell("def helper(x):\n    return x * x"))
    submit(klass.root, "ada", notebook)
    assert klass.grade()["ada"]["score"] == 6.0


def test_a_students_own_files_are_there_but_the_instructors_win(klass: Class) -> None:
    code = """from sub.helper import times
def square(x):
    return times(x, x) + int(open('data.csv').read() != '1,2\\n')"""
    folder = klass.hand_in(square=code, double=DOUBLE)
    (folder / "sub").mkdir()
    (folder / "sub" / "helper.py").write_text("def times(a, b):\n    return a * b")
    (folder / "data.csv").write_text("forged")
    result = klass.grade()["ada"]
    assert (result["score"], result["messages"]) == (6.0, [])
    (folder / "sub" / "helper.py").write_text("def times(a, b):\n    return a + b")
    assert klass.grade()["ada"]["score"] == 3.0


def test_several_notebooks(klass: Class) -> None:
    second = make_source()
    for cell in second.cells:
        cell.source = cell.source.replace("square", "cube")
        if "nbgrader" in cell.metadata:
            cell.metadata.nbgrader.grade_id = cell.metadata.nbgrader.grade_id.replace("square", "cube")
    nbformat.write(second, klass.root / "source" / ASSIGNMENT / "more.ipynb")
    klass.hand_in("ada")
    folder = klass.hand_in("bob")
    released = Course(klass.root).assignment(ASSIGNMENT).notebook("more").released
    more = answered(released, cube=SQUARE.replace("square", "cube"))
    (folder / "more (2).ipynb").write_text(json.dumps(more))
    results = klass.grade()
    assert {s: (r["score"], r["max_score"], r["status"]) for s, r in results.items()} == {
        "ada": (6.0, 20.0, "report"),
        "bob": (9.0, 20.0, "graded"),
    }
    assert results["ada"]["messages"] == ["more: No notebook more.ipynb was handed in."]
    assert results["bob"]["messages"] == ["'more (2).ipynb' was taken for more.ipynb."]
    assert [notebook["notebook"] for notebook in results["bob"]["notebooks"]] == ["more", "ps1"]
    assert klass.gradebook_scores() == {"ada": 6.0, "bob": 9.0}
    assert (klass.root / "autograded" / "bob" / ASSIGNMENT / "more.ipynb").exists()


def test_a_name_that_no_gradebook_can_hold_stops_nobody_else(klass: Class) -> None:
    klass.hand_in("ada")
    (klass.root / "submitted" / "b\udcffd" / ASSIGNMENT).mkdir(parents=True)
    code, output, errors = klass.run("grade", ASSIGNMENT, "--course", str(klass.root))
    assert code == 1
    assert "ada      6 / 10  graded" in output
    assert errors == "A student cannot be called 'b\\udcffd' in a gradebook. Rename the folder.\n"
    assert klass.gradebook_scores() == {"ada": 6.0}


def test_other_languages_are_refused(klass: Class) -> None:
    source = make_source()
    source.metadata.kernelspec = {"name": "ir", "display_name": "R", "language": "R"}
    nbformat.write(source, klass.root / "source" / ASSIGNMENT / "ps1.ipynb")
    klass.hand_in("ada")
    code, _, errors = klass.run("grade", ASSIGNMENT, "--course", str(klass.root))
    assert (code, errors) == (2, "ps1 is a r notebook; Python is graded here.\n")


def test_formgrader_sees_what_was_graded(klass: Class) -> None:
    klass.hand_in("ada")
    submit(klass.root, "bob", b"no notebook")
    klass.grade()
    course = Course(klass.root)
    api = NbGraderAPI(course.directory, parent=course.app)
    seen = {entry["student"]: entry for entry in api.get_submissions(ASSIGNMENT)}
    assert {s: (e["autograded"], e["needs_manual_grade"], e["score"]) for s, e in seen.items()} == {
        "ada": (True, True, 6.0),
        "bob": (True, True, 0.0),
    }
    notebooks = api.get_notebook_submissions(ASSIGNMENT, "ps1")
    assert {entry["student"]: entry["failed_tests"] for entry in notebooks} == {"ada": False, "bob": True}


def test_the_doctor_names_level_checks_and_remedies(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = (Check("kernel", True, "new enough"), Check("namespaces", False, "EPERM", "allow them"))
    for level, code, first in (
        (Level.LANDLOCK, 0, "isolation: landlock"),
        (None, 3, "isolation: none, so submissions are not graded on this machine"),
    ):
        monkeypatch.setattr(
            doctor, "diagnose", lambda level=level: Diagnosis(level, checks, {"python": "3.11"})
        )
        assert cli.main(["doctor"]) == code
        assert capsys.readouterr().out.splitlines() == [
            first,
            "",
            "ok  kernel: new enough",
            "--  namespaces: EPERM",
            "    to mend it: allow them",
            "",
            "python 3.11",
        ]
