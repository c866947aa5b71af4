"""What can be handed in besides a notebook, or in its place: links, pipes, folders, names, sizes, dates."""

from __future__ import annotations

import gzip
import json
import os
import socket
from typing import Any

from autograder.attacks.course import FULL, GATES, GUESSED, RIGHT
from autograder.attacks.entry import Draft, Entry

RIGHT_SCORE = FULL[GATES]
NOTEBOOK = f"{GATES}.ipynb"


def _raw(content: bytes) -> Any:
    def make(draft: Draft) -> None:
        draft.raw = content

    return make


def _cut_off(draft: Draft) -> None:
    """As after a broken upload: the file ends within the fourth answer."""
    text = draft.dump(indent=1)
    draft.raw = text[: text.index('"grade_id": "gate"')].encode()


def _recoded(encoding: str) -> Any:
    def make(draft: Draft) -> None:
        draft.cell("initials").source += "\n# Größe"
        draft.raw = draft.dump(ensure_ascii=False).encode(encoding)

    return make


def _conflict(draft: Draft) -> None:
    lines = draft.dump(indent=1).split("\n")
    place = next(number for number, line in enumerate(lines) if "That was it" in line)
    lines[place:place] = ["<<<<<<< HEAD", "=======", ">>>>>>> theirs"]
    draft.raw = "\n".join(lines).encode()


def _notebook_links_to(target: str) -> Any:
    """The notebook as a link; in `target`, {victim} and {course} stand for the folders of those names."""

    def make(draft: Draft) -> None:
        course = draft.world.course
        victim = course / "submitted" / draft.world.victim / GATES
        draft.without_notebook()
        draft.link(NOTEBOOK, target.format(victim=victim, course=course))

    return make


def _folder_links_to_victim(draft: Draft) -> None:
    draft.without_notebook()
    draft.folder.rmdir()
    draft.folder.symlink_to(f"../{draft.world.victim}/{GATES}")


def _student_links_to_victim(draft: Draft) -> None:
    draft.without_notebook()
    student = draft.folder.parent
    draft.folder.rmdir()
    student.rmdir()
    student.symlink_to(draft.world.victim)


def _pipe_for_notebook(draft: Draft) -> None:
    draft.without_notebook()
    os.mkfifo(draft.folder / NOTEBOOK)


def _folder_for_notebook(draft: Draft) -> None:
    draft.without_notebook()
    draft.file(f"{NOTEBOOK}/inside.txt", "nothing")


def _socket_for_notebook(draft: Draft) -> None:
    draft.without_notebook()
    _bind(draft, NOTEBOOK)


def _bind(draft: Draft, name: str) -> None:
    before = os.getcwd()
    os.chdir(draft.folder)  # the path of a socket is bounded, its name here is short
    try:
        socket.socket(socket.AF_UNIX).bind(name)
    finally:
        os.chdir(before)


def _device_for_notebook(draft: Draft) -> None:
    draft.without_notebook()
    draft.link(NOTEBOOK, "/dev/zero")


def _sparse(size: int) -> Any:
    def make(draft: Draft) -> None:
        draft.without_notebook()
        with open(draft.folder / NOTEBOOK, "wb") as file:
            file.truncate(size)

    return make


def _extra_pipes(draft: Draft) -> None:
    os.mkfifo(draft.folder / "data.txt")
    _bind(draft, "door")
    draft.link("zero", "/dev/zero")


def _extra_links(draft: Draft) -> None:
    course = draft.world.course
    draft.link("solution.txt", f"../../../source/{GATES}/{NOTEBOOK}")
    draft.link("reference.txt", course / "source" / GATES / "reference.py")
    draft.link("grades.db", course / "gradebook.db")
    draft.link("theirs.txt", f"../../{draft.world.victim}/{GATES}/notes.txt")
    draft.link("all", course / "source")
    draft.link("self", ".")
    draft.link("passwd", "/etc/passwd")
    draft.link("canary", draft.world.canary / "secret.txt")


def _named(*names: str | bytes, content: str = "nothing") -> Any:
    def make(draft: Draft) -> None:
        for name in names:
            draft.file(name, content)

    return make


def _oddly_named_pipes(draft: Draft) -> None:
    for name in (b"\xff\xfe", b"caf\xe9", b"a\nb", b"\x1b[31mred"):
        os.mkfifo(os.path.join(os.fsencode(draft.folder), name))


def _timestamp(content: str | bytes) -> Any:
    def make(draft: Draft) -> None:
        draft.file("timestamp.txt", content)

    return make


def _timestamp_pipe(draft: Draft) -> None:
    os.mkfifo(draft.folder / "timestamp.txt")


def _timestamp_link(draft: Draft) -> None:
    draft.link("timestamp.txt", f"../../../source/{GATES}/reference.py")


def _many_files(draft: Draft) -> None:
    for number in range(3000):
        draft.file(f"many/{number}.txt", "x")


def _deep_folders(draft: Draft) -> None:
    here = os.open(draft.folder, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=here)
        below = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


def _large_extras(draft: Draft) -> None:
    for number in range(4):
        with open(draft.folder / f"large-{number}.bin", "wb") as file:
            file.truncate(10 << 30)


def _renamed(name: str) -> Any:
    def make(draft: Draft) -> None:
        draft.name = name

    return make


def _two_notebooks(draft: Draft) -> None:
    """A second notebook beside the right one, with wrong answers."""
    draft.file(
        "gates (1).ipynb", json.dumps({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    )
    draft.file("Copy of gates.ipynb", b"no notebook")


def _deep_json(draft: Draft) -> None:
    draft.raw = b'{"cells": ' + b"[" * 200_000 + b"]" * 200_000 + b"}"


def _deep_objects(draft: Draft) -> None:
    draft.raw = b'{"cells":[{"a":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001 + b"]}"


def _deep_in_a_cell(draft: Draft) -> None:
    for cell in draft.notebook.cells:
        cell.metadata["deep"] = "DEEP"
    draft.raw = draft.dump().replace('"DEEP"', "[" * 900 + "]" * 900).encode()


def _many_parts(draft: Draft) -> None:
    draft.raw = b'{"cells": [' + b"{}," * 3_000_000 + b"{}]}"


def _long_line(draft: Draft) -> None:
    draft.cell("initials").source += "\n# " + "x" * 2_000_000


def _big_integer(draft: Draft) -> None:
    """A number of two million digits takes minutes to read, unless reading it is bounded."""
    text = draft.dump()
    draft.raw = text.replace('"nbformat": 4', f'"nbformat": {"9" * 2_000_000}').encode()


def _half_salvage(draft: Draft) -> None:
    """A damaged file with the beginnings of two hundred cells, each of which has to be read to the end."""
    draft.raw = b'{"id":[' * 150 + b"1," * 3_900_000


def _same_names(draft: Draft) -> None:
    draft.file("GATES.ipynb", draft.dump().replace("x * y", "0"))
    for name in ("Gates.IPYNB", "gates.ipynb ", "gate\u0301s.ipynb"):
        draft.file(name, "{}")


def _long_names(draft: Draft) -> None:
    draft.file("a" * 255, b"x")
    draft.file(f"{'b' * 120}/{'c' * 120}/{'d' * 250}", b"x")
    draft.file("\u202egnp.exe", b"x")
    draft.file("x\n- a note of its own: **21 of 21**", b"x")
    draft.link("\x1b[2Jlink", "x")


def _odd_modes(draft: Draft) -> None:
    draft.file("program", b"#!/bin/sh\n")
    os.chmod(draft.folder / "program", 0o6777)
    draft.file("closed/secret.txt", b"x")
    os.chmod(draft.folder / "closed" / "secret.txt", 0)
    os.chmod(draft.folder / "closed", 0)


def _odd_times(draft: Draft) -> None:
    for name, moment in (("new.txt", 4e10), ("old.txt", -1e9)):
        draft.file(name, b"x")
        os.utime(draft.folder / name, (moment, moment))


def _configurations(draft: Draft) -> None:
    names = ("nbgrader_config.py", "jupyter_config.py", "sitecustomize.py", "usercustomize.py", "conftest.py")
    more = (
        "setup.cfg",
        ".env",
        "ipython_config.py",
        "matplotlibrc",
        "autograder/__init__.py",
        "coursekit.py",
    )
    for name in (*names, *more):
        draft.file(name, "raise SystemExit('read')\nc.Autograde.exporter_class = 'x'")


ENTRIES = (
    Entry(
        "file-same-names",
        "hands in notebooks of the same name by case, spaces and accents",
        RIGHT_SCORE,
        make=_same_names,
    ),
    Entry(
        "file-long-names",
        "hands in files whose names have 255 letters, line breaks, and letters from right to left",
        RIGHT_SCORE,
        make=_long_names,
    ),
    Entry(
        "file-modes",
        "hands in a program with its owner's rights, and files that nobody may read",
        RIGHT_SCORE,
        make=_odd_modes,
    ),
    Entry("file-times", "hands in files of the far future and past", RIGHT_SCORE, make=_odd_times),
    Entry(
        "file-configurations",
        "hands in configurations and modules that tools read by themselves",
        RIGHT_SCORE,
        make=_configurations,
    ),
    # -- in place of the notebook -------------------------------------------------------------------------
    Entry(
        "file-link-to-victim",
        "hands in a link to another student's notebook",
        0.0,
        "report",
        make=_notebook_links_to("{victim}/" + NOTEBOOK),
        told="is a symbolic link, not a file",
        sample=True,
    ),
    Entry(
        "file-link-to-source",
        "hands in a link to the instructor's notebook with all solutions",
        0.0,
        "report",
        make=_notebook_links_to("../../../source/gates/" + NOTEBOOK),
        told="is a symbolic link, not a file",
    ),
    Entry(
        "file-link-to-nothing",
        "hands in a link that leads nowhere",
        0.0,
        "report",
        make=_notebook_links_to("{course}/nowhere"),
    ),
    Entry(
        "file-folder-is-link",
        "hands in a folder that is a link to another student's",
        0.0,
        "report",
        make=_folder_links_to_victim,
        told="a symbolic link, not a folder",
    ),
    Entry(
        "file-student-is-link",
        "has a student's folder that is a link to another student's",
        0.0,
        "report",
        make=_student_links_to_victim,
    ),
    Entry(
        "file-pipe",
        "hands in a named pipe, which a reader would wait for",
        0.0,
        "report",
        make=_pipe_for_notebook,
        told="is a named pipe, not a file",
        sample=True,
    ),
    Entry(
        "file-folder",
        "hands in a folder of the notebook's name",
        0.0,
        "report",
        make=_folder_for_notebook,
        told="is a folder, not a file",
    ),
    Entry(
        "file-socket",
        "hands in a socket",
        0.0,
        "report",
        make=_socket_for_notebook,
        told="is a socket, not a file",
    ),
    Entry("file-device", "hands in a link to an endless device", 0.0, "report", make=_device_for_notebook),
    Entry(
        "file-huge",
        "hands in a file of a terabyte",
        0.0,
        "report",
        make=_sparse(1 << 40),
        told="at most 64.0 MB are read",
    ),
    Entry("file-zeros", "hands in sixty megabytes of zeros", 0.0, "report", make=_sparse(60 << 20)),
    Entry(
        "file-nothing",
        "hands in an empty folder",
        0.0,
        "report",
        make=lambda draft: draft.without_notebook(),
        told="was handed in",
    ),
    *(
        Entry(f"file-content-{name}", f"hands in {what}", 0.0, "report", make=_raw(content), told=told)
        for name, what, content, told in (
            ("empty", "an empty file", b"", "The file is empty"),
            ("null", "JSON that is null", b"null", "no notebook"),
            ("list", "JSON that is a list", b"[]", "no notebook"),
            ("no-cells", "JSON without cells", b'{"cells": null}', "no notebook"),
            ("cells-text", "JSON whose cells are a text", b'{"cells": "many"}', "no notebook"),
            ("python", "a Python file", RIGHT["gate"].encode(), "not a notebook"),
            ("page", "a web page", b"<!DOCTYPE html><script>alert(1)</script>", "not a notebook"),
            ("gzip", "a compressed notebook", gzip.compress(b"{}" * 100), "not a notebook"),
            ("bytes", "all bytes there are", bytes(range(256)) * 50, "not a notebook"),
            ("terminal", "commands for the terminal", b"\x1b]0;owned\x07\x1b[2J\x9b31m", "not a notebook"),
        )
    ),
    Entry(
        "file-deep-json",
        "hands in JSON nested a hundred thousand levels deep",
        0.0,
        "report",
        make=_deep_json,
    ),
    Entry("file-deep-objects", "hands in objects nested as deep", 0.0, "report", make=_deep_objects),
    Entry(
        "file-deep-in-a-cell", "nests metadata nine hundred levels deep", RIGHT_SCORE, make=_deep_in_a_cell
    ),
    Entry("file-many-parts", "hands in three million cells", 0.0, "report", make=_many_parts, told="parts"),
    Entry(
        "file-big-integer",
        "holds an integer of two million digits",
        RIGHT_SCORE,
        "report",
        make=_big_integer,
        told="The file is damaged",
    ),
    Entry(
        "file-long-line",
        "holds a line of two million characters",
        RIGHT_SCORE,
        make=_long_line,
        told="characters were cut",
    ),
    Entry(
        "file-salvage-without-end",
        "is damaged so that searching it for cells takes long",
        0.0,
        "report",
        make=_half_salvage,
    ),
    Entry(
        "file-cut-off",
        "hands in the first half of a notebook: what is whole in it counts",
        9.0,
        "report",
        make=_cut_off,
        told="The file is damaged",
        sample=True,
    ),
    Entry(
        "file-conflict",
        "hands in a notebook with a merge conflict after the last answer",
        RIGHT_SCORE,
        "report",
        make=_conflict,
        told="The file is damaged",
    ),
    Entry(
        "file-utf-8-mark", "hands in UTF-8 with a byte order mark", RIGHT_SCORE, make=_recoded("utf-8-sig")
    ),
    Entry("file-utf-16", "hands in UTF-16", RIGHT_SCORE, make=_recoded("utf-16")),
    Entry("file-latin-1", "hands in Latin-1", RIGHT_SCORE, make=_recoded("latin-1"), told="not UTF-8"),
    # -- beside the notebook ------------------------------------------------------------------------------
    Entry(
        "file-extra-links",
        "puts links to hidden tests, grades and others' work beside its notebook, to get copies back",
        RIGHT_SCORE,
        make=_extra_links,
        told="is a symbolic link, not a file, so it was not kept",
        sample=True,
    ),
    Entry(
        "file-extra-pipes",
        "puts a pipe, a socket and a device beside its notebook",
        RIGHT_SCORE,
        make=_extra_pipes,
        told="data.txt is a named pipe, not a file, so it was not kept",
    ),
    Entry(
        "file-modules",
        "puts modules of the names that tests import beside its notebook",
        GUESSED,
        base="wrong",
        make=_named(
            *("numpy.py", "random.py", "reference.py", "math.py", "sitecustomize.py", "usercustomize.py"),
            *(
                "numpy/__init__.py",
                "autograder/__init__.py",
                "coursekit.py",
                "nbgrader_config.py",
                "conftest.py",
            ),
            *(
                "jupyter_config.py",
                ".env",
                "pyvenv.cfg",
                ".ipython/profile_default/startup/00.py",
                "gradebook.db",
            ),
            content="raise SystemExit('taken from the submission')",
        ),
    ),
    Entry(
        "file-shipped-changed",
        "hands in a data file of its own under the name of the instructor's",
        RIGHT_SCORE,
        make=_named("data.csv", content="1000\n"),
    ),
    Entry(
        "file-shipped-as-folder",
        "hands in a folder under the name of the instructor's data file",
        RIGHT_SCORE,
        make=_named("data.csv/inside.txt"),
        told="data.csv was not kept",
    ),
    Entry(
        "file-notebook-as-folder",
        "hands in folders that end like notebooks, one of them named as the graded one",
        RIGHT_SCORE,
        make=_named("other.ipynb/inside.txt", "sub/gates.ipynb/inside.txt"),
        told="other.ipynb is a folder, not a file, so it was not kept.",
    ),
    Entry(
        "file-odd-names",
        "hands in files whose names are commands, markup, paths, spaces or not even text",
        RIGHT_SCORE,
        make=_named(
            *(
                "-rf",
                "--force",
                "$(id)",
                "; id",
                "a\nb",
                " ",
                "<img src=x onerror=alert(1)>",
                "*",
                "~",
                "x" * 250,
            ),
            *(
                "\x1b[2Jterminal",
                "\u202etxt.exe",
                "con",
                "aux.txt",
                "..x",
                "...",
                "[link](javascript:alert(1))",
            ),
            *(b"\xff\xfe\xfd", b"caf\xe9.txt", "'; DROP TABLE grade; --", "%s%n", "{0}", "\\..\\..\\x"),
        ),
    ),
    Entry(
        "file-odd-pipe-names",
        "hands in pipes of such names, which have to be told to student and instructor",
        RIGHT_SCORE,
        make=_oddly_named_pipes,
        told="named pipe",
    ),
    Entry(
        "file-many",
        "hands in three thousand files",
        RIGHT_SCORE,
        make=_many_files,
        told="More than 500 files",
    ),
    Entry(
        "file-deep-folders", "hands in folders fifteen hundred levels deep", RIGHT_SCORE, make=_deep_folders
    ),
    Entry(
        "file-large-extras",
        "hands in files of ten gigabytes",
        RIGHT_SCORE,
        make=_large_extras,
        told="and was not kept",
    ),
    Entry("file-two-notebooks", "hands in copies and other notebooks too", RIGHT_SCORE, make=_two_notebooks),
    Entry(
        "file-renamed",
        "hands in a notebook that a browser renamed",
        RIGHT_SCORE,
        make=_renamed("gates (2).ipynb"),
        told="'gates (2).ipynb' was taken for gates.ipynb.",
    ),
    Entry(
        "file-drafts",
        "hands in files of the names that a writer would use for its drafts",
        RIGHT_SCORE,
        make=_named(".gates.new/x", ".gates.old/x", ".gates.ipynb.1", "timestamp.txt.1"),
    ),
    # -- when it was handed in ----------------------------------------------------------------------------
    *(
        Entry(
            f"file-timestamp-{name}",
            f"says that it was handed in at {what}",
            RIGHT_SCORE,
            make=make,
            told=told,
        )
        for name, what, make, told in (
            ("words", "a time in words", _timestamp("yesterday evening"), "does not hold a date"),
            ("empty", "no time", _timestamp(""), "is empty"),
            (
                "minutes",
                "more minutes than a Decimal holds",
                _timestamp("23:" + "59" * 20),
                "does not hold a date",
            ),
            ("long", "a time of a megabyte", _timestamp("2" * 1_000_000), "at most"),
            ("bytes", "a time that is no text", _timestamp(b"\xff\xfe\x00"), "does not hold a date"),
            (
                "past",
                "the year 1999",
                _timestamp("1999-12-31 23:59:59 UTC"),
                "cannot be when the work was handed in",
            ),
            (
                "future",
                "the year 9999",
                _timestamp("9999-12-31 23:59:59 UTC"),
                "cannot be when the work was handed in",
            ),
            ("number", "a number", _timestamp("1e400"), "does not hold a date"),
            ("pipe", "what a pipe will say", _timestamp_pipe, "named pipe"),
            ("link", "what the instructor's file says", _timestamp_link, "symbolic link"),
            ("folder", "what lies in a folder", _named("timestamp.txt/now"), "is a folder"),
        )
    ),
)
