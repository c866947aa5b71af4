"""A submission's folder is looked at without following, waiting for or swallowing what lies in it."""

from __future__ import annotations

import datetime
import os
import socket
from pathlib import Path

import pytest

from autograder import submission
from autograder.submission import Refused, Submission


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "ada"
    folder.mkdir()
    return folder


def test_a_regular_file_is_read(folder: Path) -> None:
    (folder / "ps1.ipynb").write_bytes(b"abc")
    assert Submission(folder).read("ps1.ipynb") == b"abc"
    digest = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert Submission(folder).digest("ps1.ipynb") == digest


def make_pipe(path: Path) -> None:
    os.mkfifo(path)


def make_link(path: Path) -> None:
    secret = path.parent.parent / "secret.ipynb"
    secret.write_text("{}")
    path.symlink_to(secret)


def make_folder(path: Path) -> None:
    path.mkdir()


def make_socket(path: Path) -> None:
    listening = socket.socket(socket.AF_UNIX)
    os.chdir(path.parent)  # the path of a socket is short
    listening.bind(path.name)
    listening.close()


def make_huge(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(10**10)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (make_pipe, "ps1.ipynb is a named pipe, not a file, so it was not opened."),
        (make_link, "ps1.ipynb is a symbolic link, not a file, so it was not opened."),
        (make_folder, "ps1.ipynb is a folder, not a file, so it was not opened."),
        (make_socket, "ps1.ipynb is a socket, not a file, so it was not opened."),
        (make_huge, "ps1.ipynb has 9536.7 MB; at most 64.0 MB are read."),
        (lambda path: None, "ps1.ipynb was not handed in."),
    ],
)
def test_what_is_no_readable_file_is_refused(folder: Path, make, message: str, monkeypatch) -> None:
    monkeypatch.chdir(folder)
    make(folder / "ps1.ipynb")
    with pytest.raises(Refused) as refusal:
        Submission(folder).read("ps1.ipynb")
    assert str(refusal.value) == message
    with pytest.raises(Refused):
        Submission(folder).digest("ps1.ipynb")


@pytest.mark.parametrize("name", ["../secret.ipynb", "/etc/passwd", "..", ".", "", "a\0b"])
def test_names_that_lead_elsewhere_are_refused(folder: Path, name: str) -> None:
    (folder.parent / "secret.ipynb").write_text("{}")
    with pytest.raises(Refused, match="is not the name of a file"):
        Submission(folder).read(name)


def test_a_folder_that_is_a_link_is_refused(folder: Path) -> None:
    link = folder.parent / "bob"
    link.symlink_to(folder)
    with pytest.raises(Refused, match="The submission is a symbolic link, not a folder"):
        Submission(link).names()


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot be opened: No such file or directory"):
        Submission(tmp_path / "nobody").names()


@pytest.mark.parametrize(
    ("files", "wanted", "found"),
    [
        (["hw1.ipynb", "scratch.ipynb"], ["hw1"], {"hw1": "hw1.ipynb"}),
        (["hw1 (1).ipynb", "data.csv"], ["hw1"], {"hw1": "hw1 (1).ipynb"}),
        (["answer.ipynb"], ["hw1"], {"hw1": "answer.ipynb"}),
        (["Copy of hw1.ipynb", "zzz.ipynb"], ["hw1"], {"hw1": "Copy of hw1.ipynb"}),
        (["HW1.ipynb", "HW2.ipynb"], ["hw1", "hw2"], {"hw1": "HW1.ipynb", "hw2": "HW2.ipynb"}),
        (["x.ipynb", "y.ipynb"], ["hw1"], {}),
        (["hw1.py"], ["hw1"], {}),
        ([], ["hw1"], {}),
    ],
)
def test_notebooks_are_found_by_name_even_when_renamed(
    folder: Path, files: list[str], wanted: list[str], found: dict[str, str]
) -> None:
    for name in files:
        (folder / name).write_text("{}")
    assert Submission(folder).find_notebooks(wanted) == found


@pytest.mark.parametrize(
    ("text", "moment", "remark"),
    [
        ("2024-03-01 12:00:00 UTC", datetime.datetime(2024, 3, 1, 12), ""),
        ("2024-03-01 12:00:00.500000 CET", datetime.datetime(2024, 3, 1, 11, 0, 0, 500000), ""),
        ("", None, "timestamp.txt is empty, so the work counts as handed in on time."),
        ("soon", None, "timestamp.txt does not hold a date, so the work counts as handed in on time."),
        ("9" * 400, None, "timestamp.txt does not hold a date, so the work counts as handed in on time."),
        (
            "23:" + "59" * 20,
            None,
            "timestamp.txt does not hold a date, so the work counts as handed in on time.",
        ),
        (
            "x" * 5000,
            None,
            "timestamp.txt has 0.0 MB; at most 0.0 MB are read. The work counts as handed in on time.",
        ),
        (
            "1999-01-01 00:00:00 UTC",
            datetime.datetime(1999, 1, 1),
            "timestamp.txt says 1999-01-01, which cannot be when the work was handed in.",
        ),
    ],
)
def test_timestamps(folder: Path, text: str, moment: datetime.datetime | None, remark: str) -> None:
    (folder / "timestamp.txt").write_text(text)
    assert Submission(folder).timestamp() == (moment, remark)


def test_no_timestamp_and_odd_timestamps(folder: Path) -> None:
    assert Submission(folder).timestamp() == (None, "")
    (folder / "timestamp.txt").write_bytes(b"\xff\xfe\x00")
    assert Submission(folder).timestamp()[1].startswith("timestamp.txt does not hold a date")
    (folder / "timestamp.txt").unlink()
    os.mkfifo(folder / "timestamp.txt")
    assert Submission(folder).timestamp()[1].startswith("timestamp.txt is a named pipe")


def test_extra_files_are_kept_within_bounds(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submission, "FILE_BYTES", 1000)
    (folder / "sub" / "__pycache__").mkdir(parents=True)
    (folder / "sub" / "__pycache__" / "a.py").write_text("ignored")
    (folder / "sub" / "helper.py").write_text("x = 1")
    (folder / "ps1.ipynb").write_text("{}")
    (folder / "timestamp.txt").write_text("2024-01-01")
    (folder / "big.bin").write_bytes(b"0" * 1001)
    (folder / "link.txt").symlink_to("/etc/passwd")
    (folder / "up").symlink_to("/etc")
    os.mkfifo(folder / "pipe")
    kept, remarks = Submission(folder).extra_files(["__pycache__"])
    assert [extra.name for extra in kept] == ["sub/helper.py"]
    assert remarks == [
        "big.bin has 0.0 MB and was not kept.",
        "link.txt is a symbolic link, not a file, so it was not kept.",
        "pipe is a named pipe, not a file, so it was not kept.",
        "up is a symbolic link, not a file, so it was not kept.",
    ]
    assert list(Submission(folder).contents(kept)) == [("sub/helper.py", b"x = 1")]


def test_a_file_that_became_a_link_after_the_look_is_not_read(folder: Path) -> None:
    (folder / "a.txt").write_text("12345")
    (folder / "sub").mkdir()
    (folder / "sub" / "b.txt").write_text("12345")
    kept, _ = Submission(folder).extra_files([])
    secret = folder.parent / "secret"
    secret.mkdir()
    (secret / "b.txt").write_text("54321")
    (folder / "a.txt").unlink()
    (folder / "a.txt").symlink_to(secret / "b.txt")
    (folder / "sub" / "b.txt").unlink()
    (folder / "sub").rmdir()
    (folder / "sub").symlink_to(secret)
    assert list(Submission(folder).contents(kept)) == []


def test_too_many_files_are_cut(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submission, "FOLDER_FILES", 3)
    for number in range(10):
        (folder / f"{number}.txt").write_text("x")
    kept, remarks = Submission(folder).extra_files([])
    assert [extra.name for extra in kept] == ["0.txt", "1.txt", "2.txt"]
    assert remarks == ["More than 3 files or 64.0 MB were handed in; the rest was not kept."]


def test_deep_folders_are_not_followed_for_ever(folder: Path) -> None:
    deep = folder
    for _ in range(60):
        deep = deep / "d"
        deep.mkdir()
    (deep / "x.txt").write_text("x")
    assert Submission(folder).extra_files([]) == ([], [])
