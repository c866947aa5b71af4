"""What an entry is, and how its hand-in is made from the released notebook."""

from __future__ import annotations

import copy
import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.attacks.course import ANSWERS, GATES


@dataclass(frozen=True)
class World:
    """Where the attacked course lies and what is watched there: attackers are taken to know all of it.

    Attributes
    ----------
    token
        Drawn for each run; part of every marker and of the word by which an attack reports its success.
    course, home, canary, tmp
        The course; the grader's home folder; a folder open to everybody; the grader's TMPDIR.
    port, socket
        A TCP and UDP port on the loopback interface and an abstract Unix socket where somebody listens.
    victim
        The student whose work lies in `course` and is handed in before all others.
    """

    token: str
    course: Path
    home: Path
    canary: Path
    tmp: Path
    port: int = 0
    socket: str = ""
    victim: str = "000-honest"

    def marker(self, what: str) -> str:
        """A text that nobody but the instructor may see; `what`, one word, tells where it leaked from."""
        return f"seal-{self.token}-{what}"

    @property
    def breach(self) -> str:
        """What an attack prints that was let through."""
        return f"breach-{self.token}"

    def told(self) -> dict[str, Any]:
        """What attacks are told of it."""
        return {
            "token": self.token,
            "course": str(self.course),
            "home": str(self.home),
            "canary": str(self.canary),
            "tmp": str(self.tmp),
            "port": self.port,
            "socket": self.socket,
            "victim": self.victim,
        }


@dataclass(frozen=True)
class Entry:
    """One hostile, broken or merely unusual submission.

    Attributes
    ----------
    id
        Its class, a hyphen, and a few words: "forge-equals-everything".
    about
        What it tries, in one sentence.
    score
        What it deserves, without the question that a person reads.
    status
        "graded", or "report" where the hand-in cannot be read as a whole.
    base
        The answers it starts from: "right", "wrong" (visible tests pass, hidden ones do not) or "empty".
    answers
        Answers that differ from those, by question.
    code, last
        Cells of the student's own before the first answer and at the end.
    make
        Whatever else has to be done to the hand-in.
    told
        Words that student and instructor must be told about it.
    dies
        Its code is ended before it can report what it tried.
    student
        The student's name, where that is a part of the attack.
    assignment
        Which one is answered.
    sample
        Whether it is one of the few that every run of the tests tries.
    """

    id: str
    about: str
    score: float
    status: str = "graded"
    base: str = "right"
    answers: Mapping[str, str] = field(default_factory=dict)
    code: str = ""
    last: str = ""
    make: Callable[[Draft], object] | None = None
    told: str = ""
    dies: bool = False
    student: str = ""
    assignment: str = GATES
    sample: bool = False

    @property
    def kind(self) -> str:
        """The class it belongs to."""
        return self.id.partition("-")[0]

    @property
    def reports(self) -> bool:
        """Whether its first cell says what it tried (see `PRELUDE`)."""
        return "attempt(" in self.code and not self.dies

    def hand_in(self, released: NotebookNode, folder: Path, world: World) -> None:
        """Put the hand-in into `folder`, which exists and is empty."""
        draft = Draft(released, folder, world, f"{self.assignment}.ipynb")
        for question, text in {**ANSWERS[self.assignment][self.base], **self.answers}.items():
            draft.cell(question).source = text
        if self.code:
            draft.own_cell(prelude(world, self.code) if uses_prelude(self.code) else self.code)
        if self.last:
            draft.notebook.cells.append(new_code_cell(self.last))
        if self.make is not None:
            self.make(draft)
        draft.write()


# What attacks share: they report each attempt that is *not* refused. The word for it is put together when it
# is printed, so it stands in no source. An attempt that fails by its own mistake says so: it proves nothing.
PRELUDE = '''
import ctypes, glob, json, os, re, sys
WORLD = json.loads({world!r})
TRIED = []
OWN = os.path.realpath("..")  # the private folder that it may do with what it likes

def outside(*paths):
    return [path for path in paths if not os.path.realpath(path).startswith(OWN)]

def attempt(what, action):
    try:
        got = action()
    except (NameError, SyntaxError, AttributeError, UnboundLocalError, IndexError) as error:
        print("BRO" + "KEN", what, repr(error))
    except BaseException as error:
        TRIED.append(what)
    else:
        TRIED.append(what)
        print("bre" + "ach-" + WORLD["token"], what, repr(got)[:200])

def search(text):
    """Print the markers in a text."""
    if isinstance(text, bytes):
        text = text.decode("latin-1")
    return [print("found", mark) for mark in set(re.findall("seal" + "-[0-9a-f]{{12}}-[a-z]+", text))]

def call(number, *arguments):
    """Call the kernel by number."""
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(ctypes.c_long(number), *[
        ctypes.c_long(x) if isinstance(x, int) else x for x in arguments
    ])
    if result < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return result
'''
EPILOGUE = '\nprint("tried", len(TRIED))\n'


def uses_prelude(code: str) -> bool:
    """Whether an attack's code needs `PRELUDE`."""
    return any(word in code for word in ("attempt(", "WORLD[", "search(", "call("))


def prelude(world: World, code: str) -> str:
    """The code of an attack with what it shares with others around it."""
    return PRELUDE.format(world=json.dumps(world.told())) + code + EPILOGUE


class Draft:
    """A hand-in while it is made.

    Attributes
    ----------
    notebook
        The released notebook with answers in it; `write` saves it under `name`.
    raw
        Bytes to save in its place.
    folder
        Where other files can be put.
    """

    def __init__(self, released: NotebookNode, folder: Path, world: World, name: str) -> None:
        self.notebook: NotebookNode = copy.deepcopy(released)
        self.folder, self.world, self.name = folder, world, name
        self.raw: bytes | None = None
        self.keeps_notebook = True

    def place(self, grade_id: str) -> int:
        """Where the cell of that name stands."""
        return next(
            place
            for place, cell in enumerate(self.notebook.cells)
            if cell.metadata.get("nbgrader", {}).get("grade_id") == grade_id
        )

    def cell(self, grade_id: str) -> NotebookNode:
        """The cell of that name."""
        return self.notebook.cells[self.place(grade_id)]

    def tests(self) -> list[NotebookNode]:
        """The test cells."""
        return [cell for cell in self.notebook.cells if is_test(cell)]

    def own_cell(self, source: str, *, before: str = "", kind: str = "code") -> NotebookNode:
        """Insert a cell of the student's own before the cell of that name, or before the first answer."""
        place = (
            self.place(before)
            if before
            else next(
                place
                for place, cell in enumerate(self.notebook.cells)
                if cell.metadata.get("nbgrader", {}).get("solution")
            )
        )
        cell = new_code_cell(source) if kind == "code" else new_markdown_cell(source)
        self.notebook.cells.insert(place, cell)
        return cell

    def remove(self, *grade_ids: str) -> None:
        """Delete cells."""
        for grade_id in grade_ids:
            del self.notebook.cells[self.place(grade_id)]

    def file(self, name: str | bytes, content: bytes | str = b"") -> None:
        """Put a file beside the notebook; folders on the way are made."""
        path = os.path.join(os.fsencode(self.folder), os.fsencode(name))
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)

    def link(self, name: str, target: str | Path) -> None:
        """Put a symbolic link beside the notebook, or in its place."""
        (self.folder / name).symlink_to(target)

    def without_notebook(self) -> None:
        """Save none: what is in the folder is all."""
        self.keeps_notebook = False

    def dump(self, **options: Any) -> str:
        """The notebook as text, whatever was made of it."""
        return json.dumps(self.notebook, **options)

    def write(self) -> None:
        """Save the notebook."""
        if self.keeps_notebook:
            raw = self.dump().encode() if self.raw is None else self.raw
            (self.folder / self.name).write_bytes(raw)


def is_test(cell: NotebookNode) -> bool:
    """Whether a cell is one that scores code."""
    mark = cell.metadata.get("nbgrader", {})
    return bool(mark.get("grade")) and not mark.get("solution")
