"""`coursekit doctor --course`: which of nbgrader's ways are sealed, what is misspelt, what is not graded."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from postgresql import running_server
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

from autograder import cli
from autograder.box import doctor
from autograder.box.doctor import Check, Diagnosis
from autograder.box.levels import Level
from autograder.course import Course
from autograder.course_doctor import examine
from autograder.frontend.seal import misspelt
from autograder.nbgrader_commands import generate_assignment

SEALED = 'c.Autograde.exporter_class = "autograder.frontend.SealedExporter"\n'
COMMAND, BUTTON = "nbgrader autograde", "formgrader's Autograde button"
IS_SEALED = "sealed: it judges submissions outside the students' processes"
NOT_SEALED = "NOT sealed, so student code runs as your own and reports its own score: "


@pytest.fixture(autouse=True)
def _stay(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading a course changes the working directory; and the user's own configuration is not ours."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(tmp_path_factory.mktemp("none")))
    monkeypatch.setattr(doctor, "diagnose", lambda: Diagnosis(Level.FULL, (), {}))


def checks(root: Path) -> dict[str, Check]:
    return {check.name: check for check in examine(root)}


def not_well(root: Path) -> dict[str, str]:
    return {check.name: check.why for check in examine(root) if not check.ok}


def test_a_course_that_is_well(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_course(tmp_path, SEALED)
    before = sorted(tmp_path.rglob("*"))
    assert cli.main(["doctor", "--course", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[5:] == [
        f"course: {tmp_path}",
        "",
        f"ok  configuration: read from {tmp_path}/nbgrader_config.py",
        f"ok  {COMMAND}: {IS_SEALED}",
        f"ok  {BUTTON}: {IS_SEALED}",
        f"ok  gradebook sqlite:///{tmp_path}/gradebook.db: not there yet; the first run makes it",
        "ok  question banks: none",
        "ok  assignment ps1: test cells judged from outside: 4; answers that a person reads: 1; handed in: 0",
    ]
    assert sorted(tmp_path.rglob("*")) == before  # it only looks


def test_what_is_no_course_is_a_wrong_call(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor", "--course", str(tmp_path / "none")]) == cli.WRONG_CALL
    assert cli.main(["doctor", "--course", str(tmp_path)]) == cli.WRONG_CALL
    assert "is not an nbgrader course" in capsys.readouterr().err


def test_without_isolation_the_course_is_looked_at_all_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "diagnose", lambda: Diagnosis(None, (), {}))
    assert cli.main(["doctor", "--course", str(make_course(tmp_path))]) == cli.REFUSED
    assert NOT_SEALED in capsys.readouterr().out


# ---- is nbgrader sealed? -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "the course does not set c.Autograde.exporter_class"),
        (SEALED.replace("_class", "_clas"), "it takes no notice of c.Autograde.exporter_clas, a name that"),
        (SEALED.replace("grade", "grad", 1), "it takes no notice of c.Autograd.exporter_class, a name that"),
        (
            SEALED.replace("grade", "Grade", 1),
            "it takes no notice of c.AutoGrade.exporter_class, a name that",
        ),
        (SEALED.replace("A", "a", 1), "it takes no notice of c.autograde.…, a name that it does not know"),
        (SEALED.replace("Autograde", "Grader"), "it takes no notice of c.Grader.exporter_class, a name that"),
        (
            'c.Autograde.exporter_class = "nbconvert.exporters.HTMLExporter"',
            "c.Autograde.exporter_class is nbconvert.exporters.html.HTMLExporter",
        ),
    ],
)
def test_not_sealed(tmp_path: Path, line: str, reason: str, capsys: pytest.CaptureFixture[str]) -> None:
    make_course(tmp_path, line)
    found = not_well(tmp_path)
    assert found.keys() == {COMMAND, BUTTON}
    assert all(why.startswith(NOT_SEALED + reason) for why in found.values()), found
    assert cli.main(["doctor", "--course", str(tmp_path)]) == cli.FAILED
    assert f"to mend it: write {SEALED.strip()} in {tmp_path}/nbgrader_config.py\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("autogradr.frontend.SealedExporter", "could not be imported"),
        ("autograder.frontend.SealdExporter", "could not be imported"),
        ("pathlib.Path", "expected a subclass of 'nbconvert.exporters.exporter.Exporter'"),
    ],
)
def test_a_class_that_nbgrader_refuses(
    tmp_path: Path, name: str, why: str, capsys: pytest.CaptureFixture[str]
) -> None:
    make_course(tmp_path, f'c.Autograde.exporter_class = "{name}"')
    found = checks(tmp_path)
    for way in (COMMAND, BUTTON):
        assert found[way].why.startswith("it refuses to run anything: ")
        assert why in found[way].why
        assert found[way].mend.endswith(f"into the Python that runs it (this one: {sys.executable})")
    # The command says so, too, in one line.
    submit(tmp_path, "ada", b"{}")
    assert cli.main(["grade", ASSIGNMENT, "--course", str(tmp_path)]) == cli.WRONG_CALL
    assert capsys.readouterr().err.startswith(f"{tmp_path}/nbgrader_config.py, c.Autograde: ")


def test_a_line_that_only_the_command_hears(tmp_path: Path) -> None:
    """nbgrader moves settings of `AutogradeApp`, an old name, but its formgrader does not."""
    make_course(tmp_path, SEALED.replace("Autograde", "AutogradeApp"))
    assert checks(tmp_path)[COMMAND].ok
    assert not_well(tmp_path) == {
        BUTTON: f"{NOT_SEALED}it takes no notice of c.AutogradeApp.exporter_class, a name that it does not "
        "know"
    }


def test_a_setting_of_all_converters_seals_both(tmp_path: Path) -> None:
    make_course(tmp_path, SEALED.replace("Autograde", "BaseConverter"))
    assert not_well(tmp_path) == {}


def test_a_file_that_does_not_load_unseals_nbgrader(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make_course(tmp_path, f"{SEALED}import no_such_module")
    assert cli.main(["doctor", "--course", str(tmp_path)]) == cli.FAILED
    told = capsys.readouterr().out
    assert "nbgrader_config.py does not load: ModuleNotFoundError: No module named 'no_such_module'. " in told
    assert "`coursekit grade` refuses; nbgrader goes on without the file, and so NOT sealed" in told


def test_json_is_read_and_counts_more(tmp_path: Path) -> None:
    make_course(tmp_path, SEALED.replace("_class", "_clas"))
    file = tmp_path / "nbgrader_config.json"
    file.write_text(json.dumps({"Autograde": {"exporter_class": "autograder.frontend.SealedExporter"}}))
    assert not_well(tmp_path) == {}
    assert checks(tmp_path)["configuration"].why == f"read from {tmp_path}/nbgrader_config.py, {file}"
    file.write_text(json.dumps({"Autograde": {"exporter_clas": "autograder.frontend.SealedExporter"}}))
    assert not_well(tmp_path).keys() == {COMMAND, BUTTON}


FLAG = "def square(x):\n    return x * x\nopen({!r}, 'w').close()"


def by_nbgrader(root: Path, line: str, settings: dict[str, object] | None = None) -> tuple[bool, str]:
    """Run `nbgrader autograde`; whether the submission's code ran on this machine, and the log."""
    make_course(root, "")
    add_gradebook(root)
    course = Course(root)
    generate_assignment(course, ASSIGNMENT)
    released = course.assignment(ASSIGNMENT).notebook("ps1").released
    flag = root / "ran"
    submit(root, "ada", answered(released, square=FLAG.format(str(flag)), double=DOUBLE))
    (root / "nbgrader_config.py").write_text(
        f'c = get_config()\nc.CourseDirectory.course_id = "demo"\n{line}'
    )
    if settings is not None:
        (root / "nbgrader_config.json").write_text(json.dumps(settings))
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "autograde", ASSIGNMENT],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=120,
        env=os.environ,
    )
    return flag.exists(), done.stdout + done.stderr


@pytest.mark.parametrize(
    ("line", "ran", "told"),
    [
        (SEALED, False, "Judged outside the student's process"),
        (
            SEALED.replace("_class", "_clas"),
            True,
            "Config option `exporter_clas` not recognized by `Autograde`",
        ),
        (SEALED.replace("grade", "grad", 1), True, ""),  # and not a word
        (SEALED.replace("Sealed", "Seald"), False, "could not be imported"),
        (f"{SEALED}import no_such_module", True, "Exception while loading config file"),
    ],
    ids=["right", "setting", "section", "class", "broken-file"],
)
def test_nbgrader_does_what_the_doctor_says(tmp_path: Path, line: str, ran: bool, told: str) -> None:
    """Should a version of nbgrader do better, the doctor and the guide should say so."""
    root = tmp_path / "course"
    root.mkdir()
    did_run, log = by_nbgrader(root, line)
    assert did_run is ran, log
    assert told in log
    if ran and not told:
        assert "xporter" not in log
    assert (not_well(root) == {}) is ("Judged" in told)


def test_json_beside_it_keeps_nbgrader_sealed_when_the_file_breaks(tmp_path: Path) -> None:
    settings = {"Autograde": {"exporter_class": "autograder.frontend.SealedExporter"}}
    ran, log = by_nbgrader(tmp_path, "import no_such_module\n", settings)
    assert not ran
    assert "Judged outside the student's process" in log


def test_the_command_warns_of_a_misspelt_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_course(tmp_path, SEALED.replace("_class", "_clas"))
    add_gradebook(tmp_path)
    released = Course(tmp_path).assignment(ASSIGNMENT).notebook("ps1").released
    submit(tmp_path, "ada", answered(released, square=SQUARE))
    assert cli.main(["grade", ASSIGNMENT, "--course", str(tmp_path)]) == 0
    assert (
        "nbgrader knows no c.Autograde.exporter_clas and takes no notice of it, so `nbgrader autograde` "
        f"would run student code without isolation. Write {SEALED.strip()}.\n"
    ) == capsys.readouterr().err
    (tmp_path / "nbgrader_config.py").write_text("")
    assert misspelt(Course(tmp_path)) == []  # whoever uses the command alone need not be told


# ---- the gradebook -----------------------------------------------------------------------------------------


def gradebook(root: Path) -> Check:
    [found] = [check for check in examine(root) if check.name.startswith("gradebook")]
    return found


def test_a_gradebook_that_is_there(tmp_path: Path) -> None:
    make_course(tmp_path, SEALED)
    add_gradebook(tmp_path)
    before = (tmp_path / "gradebook.db").read_bytes()
    assert gradebook(tmp_path) == Check(
        f"gradebook sqlite:///{tmp_path}/gradebook.db", True, "it opens; submissions in it: 0"
    )
    assert (tmp_path / "gradebook.db").read_bytes() == before


def test_a_gradebook_of_another_version(tmp_path: Path) -> None:
    make_course(tmp_path, SEALED)
    add_gradebook(tmp_path)
    with sqlite3.connect(tmp_path / "gradebook.db") as database:
        database.execute("ALTER TABLE grade DROP COLUMN extra_credit")
        database.execute("DROP TABLE source_cell")
    database.close()
    found = gradebook(tmp_path)
    assert not found.ok
    assert found.why == "it does not fit this nbgrader: grade.extra_credit, source_cell is missing"
    assert found.mend == "back it up and run `nbgrader db upgrade`"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("sqlite:////no/such/folder/gradebook.db", "not there, and it cannot be made in /no/such/folder"),
        ("nonsense", "this is no address of a database"),
        ("postgresql+psycopg://ada:secret@/grades?host=/nonexistent", "it cannot be opened: connection"),
        ("postgresql+nothing://ada@/grades", "it cannot be opened: Can't load plugin: sqlalchemy.dialects:"),
    ],
)
def test_a_gradebook_that_cannot_be_opened(tmp_path: Path, url: str, why: str) -> None:
    make_course(tmp_path, f"{SEALED}c.CourseDirectory.db_url = {url!r}")
    found = gradebook(tmp_path)
    assert not found.ok
    assert found.why.startswith(why)
    assert "secret" not in found.name + found.why


def test_a_file_that_is_no_gradebook(tmp_path: Path) -> None:
    make_course(tmp_path, SEALED)
    (tmp_path / "gradebook.db").write_text("no database\n" * 100)
    assert gradebook(tmp_path).why == "it cannot be opened: file is not a database"


def test_a_gradebook_on_a_server(tmp_path: Path) -> None:
    with running_server() as server:
        url = server.database("grades")
        make_course(tmp_path, f"{SEALED}c.CourseDirectory.db_url = {url!r}")
        assert gradebook(tmp_path).why == "it opens; submissions in it: 0"
        assert gradebook(tmp_path).ok
        server.stop()
        try:
            assert gradebook(tmp_path).why.startswith("it cannot be opened: connection")
        finally:
            server.start()


# ---- assignments -------------------------------------------------------------------------------------------


def with_source(root: Path, change: object, config: str = "") -> Check:
    """What is said of the assignment after a change of its source."""
    make_course(root, SEALED + config)
    source = make_source()
    assert callable(change)
    change(source)
    nbformat.write(source, root / "source" / ASSIGNMENT / "ps1.ipynb")
    return checks(root)[f"assignment {ASSIGNMENT}"]


def test_test_cells_that_a_person_has_to_grade_are_named(tmp_path: Path) -> None:
    def change(source: nbformat.NotebookNode) -> None:
        source.cells[3].source = "assert square(3) == 9\nassert '**' in In[-1]"

    found = with_source(tmp_path, change)
    assert found.ok
    assert found.why == (
        "test cells judged from outside: 3; answers that a person reads: 1; handed in: 0; these test cells "
        "cannot be judged from outside, so a person grades them, too:\n      ps1: square-visible, line 2: "
        "it reads the cell history (In), which only exists at the student's"
    )


def test_an_assignment_of_which_nothing_is_judged(tmp_path: Path) -> None:
    def change(source: nbformat.NotebookNode) -> None:
        for place in (3, 4, 6, 7):
            source.cells[place].source = "assert In[-1]"

    found = with_source(tmp_path, change)
    assert not found.ok
    assert found.why.startswith("test cells judged from outside: 0; ")


def test_an_assignment_in_another_language(tmp_path: Path) -> None:
    def change(source: nbformat.NotebookNode) -> None:
        source.metadata.kernelspec = {"name": "ir", "display_name": "R", "language": "R"}

    found = with_source(tmp_path, change)
    assert (found.ok, found.why) == (False, "it is not graded: ps1 is a r notebook; Python is graded here.")


def test_an_assignment_that_needs_what_is_not_installed(tmp_path: Path) -> None:
    def change(source: nbformat.NotebookNode) -> None:
        source.cells[1].source = "import no_such_module"

    found = with_source(tmp_path, change)
    assert not found.ok
    assert found.why.endswith("so its cells fail for everybody: no_such_module")
    assert found.mend.startswith("pip install no_such_module")


def test_an_assignment_that_nbgrader_cannot_release(tmp_path: Path) -> None:
    make_course(tmp_path, SEALED)
    (tmp_path / "source" / ASSIGNMENT / "ps1.ipynb").write_text("{")
    found = not_well(tmp_path)[f"assignment {ASSIGNMENT}"]
    assert found.startswith("it is not graded: nbgrader cannot make a release version of ")


def test_no_assignment(tmp_path: Path) -> None:
    make_course(tmp_path, f'{SEALED}c.CourseDirectory.source_directory = "sources"')
    assert not_well(tmp_path) == {"assignments": f"none in {tmp_path}/sources"}


def test_question_banks(tmp_path: Path) -> None:
    make_course(tmp_path, SEALED)
    (tmp_path / "questions").mkdir()
    bank = tmp_path / "questions" / "ps2.py"
    bank.write_text("1 / 0\n")
    assert checks(tmp_path)["question banks"].why == f"for no assignment, in {tmp_path}/questions"
    bank.rename(bank.with_name("ps1.py"))
    assert checks(tmp_path)["question banks"].why == f"ps1, in {tmp_path}/questions"
    assert not_well(tmp_path) == {
        "assignment ps1": f"it is not graded: {tmp_path}/questions/ps1.py, line 1: ZeroDivisionError: "
        "division by zero"
    }
    bank.parent.joinpath("ps1.py").unlink()
    make = (tmp_path / "nbgrader_config.py").read_text()
    (tmp_path / "nbgrader_config.py").write_text(f'{make}\nc.Coursekit.questions = "nowhere"\n')
    assert "there is no folder" in not_well(tmp_path)["question banks"]
