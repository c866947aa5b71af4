"""`coursekit report`: the numbers, the page, and what a hostile name does to it (nothing)."""

from __future__ import annotations

import csv
import html
import io
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.api import Gradebook
from sample_course import ASSIGNMENT, DOUBLE, SQUARE, add_gradebook, answered, make_course, submit

from autograder import cli
from autograder.course import Course, CourseError
from autograder.report import Handed, Item, Mark, Report, analyse, read, repairs
from autograder.report_page import histogram, page, questions_csv, students_csv

POINTS = {("hw", "easy"): 2.0, ("hw", "odd"): 4.0, ("hw", "essay"): 5.0}
STRONG, WEAK = ("ada", "bob", "cyd"), ("dan", "eve", "fay")


def a_class() -> Report:
    """Six students: all solve "easy", the strong ones fail "odd", half of the essays are read."""
    handed = [
        Handed(
            name,
            {
                ("hw", "easy"): Mark(2.0),
                ("hw", "odd"): Mark(0.0, "it took longer than 5 s") if name in STRONG else Mark(4.0),
                ("hw", "essay"): Mark(float(place)) if place < 3 else Mark(None),
            },
        )
        for place, name in enumerate(STRONG + WEAK)
    ]
    return analyse("hw", handed, POINTS)


def test_a_question_in_numbers() -> None:
    easy, odd, essay = a_class().items
    assert (easy.difficulty, easy.solved, easy.missed, easy.discrimination) == (1.0, 6, 0, None)
    assert easy.remark == "Everybody solves it: it tells nobody apart."
    assert (odd.difficulty, odd.solved, odd.missed, odd.too_slow) == (0.5, 3, 3, 3)
    # The rest is 2 + essay: 2, 3, 4 where it fails, 2, 2, 2 where it is solved.
    assert odd.discrimination == pytest.approx(np.corrcoef([0, 0, 0, 4, 4, 4], [2, 3, 4, 2, 2, 2])[0, 1])
    assert odd.remark.startswith("Those who do well elsewhere do worse here")
    assert (essay.graded, essay.undecided, essay.remark) == (3, 3, "3 still to be graded by hand.")


def test_who_gave_no_answer_and_whose_file_cannot_be_read() -> None:
    marks = {
        "ada": Mark(2.0),
        "bob": Mark(0.0, "f: no answer yet. Put your own code in place of `raise NotImplementedError()`."),
        "cyd": Mark(0.0, "f is not defined yet. Write it."),
        "dan": Mark(0.0, "y is 3.0 and should be 4.0."),
        "eve": Mark(None),
    }
    question = ("hw", "q")
    handed = [Handed(name, {question: mark}, unreadable=name == "eve") for name, mark in marks.items()]
    report = analyse("hw", handed, {question: 2.0})
    [item] = report.items
    assert (item.graded, item.missed, item.unanswered, item.undecided, item.remark) == (4, 3, 2, 0, "")
    text = page(report)
    assert "count as nothing until you decide on them: 1\nof the submissions" in text
    assert "y is 3.0 and should be 4.0." in text
    assert "no answer yet" not in text
    assert "is not defined yet" not in text


def test_a_remark_on_a_question_is_not_hidden_by_answers_that_wait() -> None:
    odd = Item("hw", "q", 2.0, 6, 3, 3, 0.5, -0.4, 0, undecided=2)
    assert odd.remark.startswith("2 still to be graded by hand. Those who do well elsewhere do worse here")


def test_nobody_solves_it() -> None:
    report = analyse("hw", [Handed("ada", {("hw", "q"): Mark(0.0)})], {("hw", "q"): 1.0})
    assert report.items[0].remark.startswith("Nobody gets a point")


def test_misconceptions_are_counted_once_a_student_and_ordered() -> None:
    marks = {"ada": ("one path",), "bob": ("one path", "one path"), "cyd": ("sign",), "dan": ()}
    handed = [Handed(name, {("hw", "q"): Mark(0.0, "", had)}) for name, had in marks.items()]
    report = analyse("hw", handed, {("hw", "q"): 1.0})
    assert report.misconceptions == {("q", "one path"): ["ada", "bob"], ("q", "sign"): ["cyd"]}
    assert "one path: 2; sign: 1" in questions_csv(report)
    text = page(report)
    assert text.index("one path") < text.index("sign")


def test_the_hint_stands_below_a_misconception() -> None:
    handed = [Handed("ada", {("hw", "q"): Mark(0.0, "", ("one-path", "sign"))})]
    text = page(
        analyse("hw", handed, {("hw", "q"): 1.0}, {("q", "one-path"): "w1 reaches g on *two* paths <x>."})
    )
    assert "w1 reaches g on <em>two</em> paths &lt;x&gt;." in text
    text = text.replace("<em>two</em> paths &lt;x&gt;", "two paths")
    assert text.index("one path") < text.index("w1 reaches g on two paths.") < text.index("sign")


@given(st.lists(st.floats(-0.5, 2.0), max_size=50))
def test_every_share_is_in_one_bin(shares: list[float]) -> None:
    bars = histogram(shares)
    assert sum(count for _, _, count in bars) == len(shares)
    for low, high, count in bars[1:-1]:
        assert count == sum(low <= 100 * share + 1e-7 < high for share in shares)


class Tags(HTMLParser):
    """What tags and attributes a page has."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attributes}
        assert not any((value or "").startswith(("http", "//")) for _, value in attributes)


def test_nothing_that_comes_from_outside_acts_on_the_page() -> None:
    bad = "<script>alert(1)</script><img src=http://x onerror=alert(1)>"
    mark = Mark(0.0, bad, (bad,))
    report = analyse(bad, [Handed(bad, {("hw", bad): mark}, (bad,), "none", True)], {("hw", bad): 1.0})
    text = page(report)
    found = Tags(text)
    assert not found.tags & {"script", "img", "link", "iframe"}
    assert not {name for name in found.attributes if name.startswith("on")}
    assert html.escape(bad) in text
    assert "ran without isolation" in text


def test_a_spreadsheet_runs_no_formula() -> None:
    report = analyse("hw", [Handed("=HYPERLINK(1)", {("hw", "q"): Mark(-1.0)})], {("hw", "q"): 1.0})
    rows = list(csv.reader(io.StringIO(students_csv(report))))
    assert rows[1][0] == "'=HYPERLINK(1)"
    assert rows[1][1] == "-1.0"


def test_repairs_are_told_with_the_students() -> None:
    handed = [Handed("ada", {}, ("a cell", "a cell")), Handed("bob", {}, ("a cell", "a tag"))]
    assert repairs(analyse("hw", handed, {})) == [("a cell", ["ada", "bob"]), ("a tag", ["bob"])]


# ---- with a real course ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Graded: ada is right, bob returns x + x for the square, cyd's file is broken."""
    root = tmp_path_factory.mktemp("course")
    make_course(root)
    add_gradebook(root)
    released = Course(root).assignment(ASSIGNMENT).notebook("ps1").released
    submit(root, "ada", answered(released, square=SQUARE, double=DOUBLE, why="Because."))
    wrong = "def square(x):\n    return x + x"
    submit(root, "bob", answered(released, square=wrong, double=DOUBLE, why="So."))
    broken = submit(root, "cyd", answered(released, square=SQUARE, double=DOUBLE, why="")) / "ps1.ipynb"
    broken.write_text("{")
    assert cli.main(["grade", ASSIGNMENT, "--course", str(root)]) == 0
    return root


def test_the_report_of_a_graded_class(course: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = course / "out.html"
    assert cli.main(["report", ASSIGNMENT, "--course", str(course), "--out", str(out)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        str(out),
        str(course / "out-students.csv"),
        str(course / "out-questions.csv"),
    ]
    text = out.read_text()
    assert "Could not be graded as handed in: cyd." in text
    rows = {row["student"]: row for row in csv.DictReader((course / "out-students.csv").open(newline=""))}
    assert [rows[name]["score"] for name in ("ada", "bob", "cyd")] == ["6.0", "3.0", "0.0"]
    items = list(csv.DictReader((course / "out-questions.csv").open(newline="")))
    # In the notebook's order, as students met them.
    assert [item["question"] for item in items] == [
        "square-visible",
        "square-hidden",
        "double-visible",
        "double-hidden",
        "why",
    ]
    assert items[0]["difficulty"] == "0.5"  # ada and bob; cyd's broken file waits for a person
    assert items[0]["remark"] == ""


def test_points_given_by_hand_count(course: Path) -> None:
    before = {handed.student: handed.score for handed in read(Course(course), ASSIGNMENT).handed}
    directory = Course(course).directory
    with Gradebook(directory.db_url, directory.course_id) as gradebook:
        grade = gradebook.find_grade("why", "ps1", ASSIGNMENT, "ada")
        grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 3.0, 0.5, False
        gradebook.db.commit()
    after = {handed.student: handed.score for handed in read(Course(course), ASSIGNMENT).handed}
    assert after["ada"] == before["ada"] + 3.5
    assert after["bob"] == before["bob"]


def test_without_names(course: Path) -> None:
    report = read(Course(course), ASSIGNMENT, anonymous=True)
    text = page(report) + students_csv(report) + questions_csv(report)
    assert {handed.student for handed in report.handed} == {"student 1", "student 2", "student 3"}
    assert not [name for name in ("ada", "bob", "cyd") if name in text]


@pytest.mark.parametrize("anonymous", [False, True])
def test_the_order_of_an_anonymous_report_is_the_same_each_time(course: Path, anonymous: bool) -> None:
    one, two = (read(Course(course), ASSIGNMENT, anonymous=anonymous) for _ in range(2))
    assert students_csv(one) == students_csv(two)


def test_wrong_calls_say_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_course(tmp_path)
    add_gradebook(tmp_path)
    with pytest.raises(CourseError, match="Run `coursekit grade ps1` first"):
        read(Course(tmp_path), ASSIGNMENT)
    call = ["report", ASSIGNMENT, "--course", str(tmp_path), "--out", str(tmp_path / "absent" / "x.html")]
    assert cli.main(call) == cli.WRONG_CALL
    assert "there is no folder" in capsys.readouterr().err
    assert cli.main(["report", "hw9", "--course", str(tmp_path)]) == cli.WRONG_CALL
    assert "hw9" in capsys.readouterr().err
