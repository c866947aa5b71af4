"""Courses are read as nbgrader reads them; wrong calls get a sentence that helps."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from sample_course import ASSIGNMENT, make_course, make_source, mark, submit

from autograder.box.packages import DEFAULT_PACKAGES
from autograder.course import Course, CourseError
from autograder.needs import Needs


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return make_course(tmp_path)


def test_an_assignment_is_read_in_its_three_versions(root: Path) -> None:
    assignment = Course(root).assignment(ASSIGNMENT)
    (notebook,) = assignment.notebooks
    assert assignment.files == ("data.csv",)
    assert notebook.name == "ps1"
    source, saved, released = (
        {cell.id: cell.source for cell in version.cells}
        for version in (notebook.source, notebook.saved, notebook.released)
    )
    assert "return x * x" in source["c2"]
    assert (
        saved["c2"]
        == released["c2"]
        == "def square(x):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
    )
    assert source["c7"] == saved["c7"] == make_source().cells[7].source
    assert released["c7"] == "assert callable(double)"


def test_the_version_changes_with_whatever_can_change_a_score(root: Path) -> None:
    course = Course(root)
    before = course.assignment(ASSIGNMENT).version
    assert course.assignment(ASSIGNMENT).version == before
    (root / "source" / ASSIGNMENT / "data.csv").write_text("1,3\n")
    with_other_data = course.assignment(ASSIGNMENT).version
    source = make_source()
    source.cells[3].source = "assert square(4) == 16"
    nbformat.write(source, root / "source" / ASSIGNMENT / "ps1.ipynb")
    assert len({before, with_other_data, course.assignment(ASSIGNMENT).version}) == 3


def test_cells_without_ids_get_the_same_ids_in_every_version(root: Path) -> None:
    source = make_source()
    for cell in source.cells:
        del cell["id"]
    source.nbformat_minor = 4
    nbformat.write(source, root / "source" / ASSIGNMENT / "ps1.ipynb")
    (notebook,) = Course(root).assignment(ASSIGNMENT).notebooks
    ids = [f"cell-{place}" for place in range(10)]
    assert [cell.id for cell in notebook.source.cells] == ids
    assert [cell.id for cell in notebook.released.cells] == ids


def test_the_courses_own_configuration_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    config = """
c.CourseDirectory.directory_structure = "{nbgrader_step}/{assignment_id}/{student_id}"
c.CourseDirectory.submitted_directory = "work/in"
c.CourseDirectory.autograded_directory = "work/out"
c.CourseDirectory.db_url = "sqlite:///grades.db"
c.CourseDirectory.student_id_exclude = "bob,cyd"
c.CourseDirectory.ignore = ["*.csv"]
c.ClearSolutions.code_stub = {"python": "pass  # yours"}
c.IncludeHeaderFooter.header = "header.ipynb"
"""
    root = make_course(tmp_path, config)
    nbformat.write(new_notebook(cells=[new_code_cell("import sys")]), root / "header.ipynb")
    for student in ("ada", "bob", "dan"):
        (root / "work" / "in" / ASSIGNMENT / student).mkdir(parents=True)
    course = Course(root)
    assignment = course.assignment(ASSIGNMENT)
    assert course.assignment_names() == [ASSIGNMENT]
    assert course.students(ASSIGNMENT) == ["ada", "dan"]
    assert course.autograded_folder(ASSIGNMENT, "ada") == root / "work" / "out" / ASSIGNMENT / "ada"
    assert course.state == root / "work" / ".coursekit"
    assert course.directory.db_url == "sqlite:///grades.db"
    assert assignment.files == ()
    assert [cell.source for cell in assignment.notebooks[0].source.cells[:2]] == [
        "import sys",
        "# Problem set 1",
    ]
    assert "pass  # yours" in assignment.notebooks[0].released.cells[3].source


@pytest.mark.parametrize(
    ("config", "seconds"),
    [
        ("", 30.0),
        ("c.Execute.timeout = 90", 90.0),
        ("c.ExecutePreprocessor.timeout = 7", 7.0),
        ("c.Execute.timeout = None", None),
        ("c.Execute.timeout = -1", None),
    ],
)
def test_a_cell_may_take_as_long_as_in_nbgrader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str, seconds: float | None
) -> None:
    monkeypatch.chdir(tmp_path)
    assert Course(make_course(tmp_path, config)).cell_seconds == seconds


def test_students_are_chosen_by_name_or_pattern(root: Path) -> None:
    for student in ("ada", "ben", "bob", "o'hara [2]"):
        submit(root, student, None)
    course = Course(root)
    assert course.choose_students(ASSIGNMENT, []) == ["ada", "ben", "bob", "o'hara [2]"]
    assert course.choose_students(ASSIGNMENT, ["b*"]) == ["ben", "bob"]
    assert course.choose_students(ASSIGNMENT, ["o'hara [2]", "ada"]) == ["ada", "o'hara [2]"]
    with pytest.raises(
        CourseError, match=r"Student 'eve' has not handed in 'ps1': nothing is in .*/submitted/eve/ps1"
    ):
        course.choose_students(ASSIGNMENT, ["eve"])


def test_settings_of_the_source_notebook(root: Path) -> None:
    assert Course(root).assignment(ASSIGNMENT).settings == {"packages": None, "limits": {}}
    source = make_source()
    source.metadata["coursekit"] = {"packages": ["numpy"], "limits": {"memory_bytes": 10**8}}
    nbformat.write(source, root / "source" / ASSIGNMENT / "ps1.ipynb")
    settings = Course(root).assignment(ASSIGNMENT).settings
    assert settings == {"packages": ["numpy"], "limits": {"memory_bytes": 10**8}}


def test_students_may_use_what_the_source_imports_unless_it_states_a_list(root: Path) -> None:
    assert Course(root).assignment(ASSIGNMENT).needs == Needs(DEFAULT_PACKAGES, ())
    source = make_source()
    source.cells[1].source = "import hypothesis, no_such_package"
    nbformat.write(source, root / "source" / ASSIGNMENT / "ps1.ipynb")
    found = Course(root).assignment(ASSIGNMENT).needs
    assert found == Needs((*DEFAULT_PACKAGES, "hypothesis"), ("no_such_package",))
    source.metadata["coursekit"] = {"packages": ["numpy"]}
    nbformat.write(source, root / "source" / ASSIGNMENT / "ps1.ipynb")
    assert Course(root).assignment(ASSIGNMENT).needs == Needs(("numpy",), ("no_such_package",))


@pytest.mark.parametrize(
    "stated",
    ["numpy", {"packages": "numpy"}, {"packages": [1]}, {"limits": [3]}, {"limits": {"cell_seconds": "3"}}],
)
def test_settings_that_cannot_be_read_are_named(root: Path, stated: object) -> None:
    source = make_source()
    source.metadata["coursekit"] = stated
    nbformat.write(source, root / "source" / ASSIGNMENT / "ps1.ipynb")
    with pytest.raises(CourseError, match=r'ps1\.ipynb states .* as "coursekit" in its metadata\. It takes'):
        _ = Course(root).assignment(ASSIGNMENT).settings


def test_the_seed_is_drawn_once_and_kept_private(root: Path) -> None:
    seed = Course(root).seed()
    assert 0 <= seed < 2**48
    assert Course(root).seed() == seed
    path = root / ".coursekit" / "seed"
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text("twelve")
    with pytest.raises(CourseError, match=r"does not hold a number. Remove it"):
        Course(root).seed()


@pytest.mark.parametrize(
    ("assignment", "message"),
    [
        ("ps2", r"There is no assignment 'ps2' with a notebook in .*/source\. The assignments are: ps1\."),
        ("../ps1", "cannot be the name of an assignment"),
        ("..", "cannot be the name of an assignment"),
        ("", "cannot be the name of an assignment"),
    ],
)
def test_a_wrong_assignment_is_refused(root: Path, assignment: str, message: str) -> None:
    with pytest.raises(CourseError, match=message):
        Course(root).assignment(assignment)


def test_nobody_handed_in(root: Path) -> None:
    with pytest.raises(CourseError, match="Nobody has handed in 'ps1'"):
        Course(root).choose_students(ASSIGNMENT, [])


def test_what_is_no_course_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(
        CourseError, match=r"is not an nbgrader course: it has neither nbgrader_config.py nor"
    ):
        Course(tmp_path)
    with pytest.raises(CourseError, match="There is no folder"):
        Course(tmp_path / "nowhere")


@pytest.mark.parametrize("config", ["1 / 0", "c.CourseDirectory.ignore = 3", "import no_such_module", "(("])
def test_a_broken_configuration_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str
) -> None:
    monkeypatch.chdir(tmp_path)
    root = make_course(tmp_path, config)
    with pytest.raises(CourseError, match=r"nbgrader_config\.py does not load"):
        Course(root)


def test_a_source_that_nbgrader_refuses_is_named(root: Path) -> None:
    source = make_source()
    source.cells.append(new_code_cell("### BEGIN HIDDEN TESTS\n1", metadata=mark("x", grade=True, points=1)))
    nbformat.write(source, root / "source" / ASSIGNMENT / "ps1.ipynb")
    with pytest.raises(
        CourseError, match=r"cannot make a release version of .*ps1\.ipynb: No end hidden tests"
    ):
        Course(root).assignment(ASSIGNMENT)


def test_a_source_of_an_older_nbgrader_is_to_be_updated(root: Path) -> None:
    source = make_source()
    source.cells[2].metadata.nbgrader["schema_version"] = 1
    nbformat.write(source, root / "source" / ASSIGNMENT / "ps1.ipynb")
    message = r"Outdated schema version: 1 \(expected 3\)\. Run `nbgrader update .*/source/ps1` once\.$"
    with pytest.raises(CourseError, match=message):
        Course(root).assignment(ASSIGNMENT)


HOOKS = """
def note(when):
    def hook(assignment, student, notebooks):
        with open("hooks.txt", "a") as file:
            print(when, assignment, student, [name.rpartition("/")[2] for name in notebooks], file=file)
        if when == "before":
            raise RuntimeError("a hook may fail")
    return hook
c.Autograde.pre_convert_hook = note("before")
c.BaseConverter.post_convert_hook = note("after")
"""


def test_the_hooks_of_the_course_are_called_as_nbgrader_calls_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    course = Course(make_course(tmp_path, HOOKS))
    submit(tmp_path, "ada", b"{}")
    before = course.directory.assignment_id, course.directory.student_id
    course.run_hook("pre", ASSIGNMENT, "ada")
    course.run_hook("post", ASSIGNMENT, "ada")
    called = Path(tmp_path, "hooks.txt").read_text().splitlines()
    assert called == [f"{when} {ASSIGNMENT} ada ['ps1.ipynb']" for when in ("before", "after")]
    assert (course.directory.assignment_id, course.directory.student_id) == before


def test_a_course_without_hooks_calls_none(root: Path) -> None:
    Course(root).run_hook("pre", ASSIGNMENT, "ada")
    assert not Path("hooks.txt").exists()
