"""A child that answers anything at all: it is lost, or its value is wrong; the judge raises nothing else."""

from __future__ import annotations

import contextlib
import json
import os
import threading
from time import monotonic

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autograder.line import Lost
from autograder.remote import Rules
from autograder.student import Student, is_from_student
from autograder.wire import HEADER, Caps
from tests.autograder.test_runner import Names
from tests.autograder.test_wire import JSONISH

TOKEN_DIGITS = 17
CAPS = Caps(text=20_000, blob=20_000, items=1000, depth=30)


class ScriptedChild:
    """Answers each question with the next of the given frames, in which TOKEN is the question's token."""

    level = "none"

    def __init__(self, answers: list[bytes]) -> None:
        questions, self.commands = os.pipe()
        self.replies, replies = os.pipe()
        self.output, self._printing = os.pipe()
        self._thread = threading.Thread(target=self._answer, args=(questions, replies, list(answers)))
        self._thread.start()

    @staticmethod
    def _answer(questions: int, replies: int, answers: list[bytes]) -> None:
        with os.fdopen(questions, "rb") as asked, contextlib.suppress(OSError):
            while answers and (header := asked.read(HEADER.size)):
                text_size, blob_size = HEADER.unpack(header)
                question = json.loads(asked.read(text_size))
                asked.read(blob_size)
                if question[0] != "setup":
                    token = str(question[1]).encode().ljust(TOKEN_DIGITS)
                    os.write(replies, answers.pop(0).replace(b'"TOKEN"', token))
        os.close(replies)

    def kill(self) -> None:
        for fd in (self.commands, self.replies, self.output, self._printing):
            with contextlib.suppress(OSError):
                os.close(fd)
        self._thread.join()

    def alive(self) -> bool:
        return self._thread.is_alive()


def frame(nodes: object, blob: bytes = b"") -> bytes:
    # The token is put in later, with spaces up to its greatest length.
    text = json.dumps(nodes).encode("utf-8", "surrogatepass")
    size = len(text) + text.count(b'"TOKEN"') * (TOKEN_DIGITS - len('"TOKEN"'))
    return HEADER.pack(size, len(blob)) + text + blob


def ask_everything(answers: list[bytes]) -> list[object]:
    """Ask a scripted child for a cell, then for a call; what came of it."""
    child = ScriptedChild(answers)
    names = Names()
    student = Student(child, names, Rules(libraries=frozenset({"pandas", "numpy"})), CAPS, 1000)
    student.deadline = monotonic() + 0.5
    found: list[object] = []
    try:
        for question in (lambda: student.run_cell("x", ["x"], []), lambda: student.ask("__call__", 1, (1,))):
            try:
                found.append(question())
            except Lost as lost:
                found.append(str(lost))
            except Exception as error:
                if not is_from_student(error):
                    raise
                found.append(error)
    finally:
        student.close()
    return found


HANDLES = st.recursive(
    JSONISH,
    lambda inner: st.one_of(
        st.tuples(
            st.just("mine"),
            st.integers(0, 5),
            st.sampled_from(["instance", "class", "function", "module"]),
            inner,
        ),
        st.tuples(st.just("mine"), st.integers(0, 5), st.just("class")),
        st.tuples(st.just("yours"), inner),
        st.tuples(st.just("instance"), st.text(max_size=3), inner),
        st.tuples(
            st.just("error"),
            st.sampled_from(["builtins", "__main__", "json", "autograder.line", "os"]),
            st.sampled_from(
                ["ValueError", "KeyError", "OSError", "UnicodeDecodeError", "SystemExit", "Lost", "system"]
            ),
            st.integers(0, 3),
            inner,
            inner,
            inner,
        ),
    ).map(list),
    max_leaves=10,
)
ANSWERS = st.one_of(
    st.tuples(st.just("return"), st.just("TOKEN"), HANDLES, HANDLES),
    st.tuples(st.just("return"), st.just("TOKEN"), st.just([]), st.just([]), HANDLES, HANDLES),
    st.tuples(st.sampled_from(["return", "raise"]), st.just("TOKEN"), HANDLES, HANDLES, HANDLES, HANDLES),
    st.tuples(
        st.sampled_from(["input", "readline", "__call__", "getattr", "method", "describe"]),
        st.integers(0, 9),
        st.integers(-1, 3),
        HANDLES,
        HANDLES,
        HANDLES,
    ),
    st.lists(HANDLES, max_size=6),
).map(list)


def fuzz(examples: int):
    return settings(max_examples=examples, deadline=None, suppress_health_check=list(HealthCheck))


def any_answers(answers, blob):
    ask_everything([frame(answer, blob) for answer in answers])


answers_and_blob = given(st.lists(ANSWERS, min_size=1, max_size=4), st.binary(max_size=16))
test_any_answer_is_a_value_or_the_child_is_lost = fuzz(150)(answers_and_blob(any_answers))


@pytest.mark.slow
@pytest.mark.parametrize("part", range(20))
def test_20_000_answers(part):
    fuzz(1000)(answers_and_blob(any_answers))()


@fuzz(30)
@given(st.lists(st.binary(max_size=60), min_size=1, max_size=3))
def test_any_bytes_lose_the_child(answers):
    assert all(isinstance(found, str) for found in ask_everything(answers))


def test_a_right_answer_is_taken():
    """The script speaks the protocol: else the tests above would prove nothing."""
    report = ["d", "error", None, "outputs", ["l"]]
    cell, value = ask_everything(
        [frame(["return", "TOKEN", report, [["x", True, 5]]]), frame(["return", "TOKEN", [], [], None, 7])]
    )
    assert cell.error is None
    assert value == 7
