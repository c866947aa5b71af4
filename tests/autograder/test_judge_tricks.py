"""Tricks at the judge's own seams: each costs the one who tries it his points, and nobody anything else."""

from __future__ import annotations

import pytest

from tests.autograder.judging import both, graded, judge, locked, notebook, scores, solution, submission

DOUBLE = solution("def double(x): return 2 * x")
BY_UNITTEST = """
import unittest
class Test(unittest.TestCase):
    def test_it(self):
        self.assertEqual(double(2), 4)
unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(Test))
"""


# ---- points ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value", ["10**400", "-10**400", "float('inf')", "float('nan')", "np.timedelta64(5, 's')"]
)
def test_a_last_value_that_is_no_number_of_points_gives_none(value):
    source = notebook(
        solution("def double(x): return 2 * x"), graded("assert double(0) is not None\ndouble(0.5)")
    )
    answer = f"import numpy as np\ndef double(x): return {value}"
    assert both(source, answer=answer) == ([1.0], [0.0])


@pytest.mark.parametrize("signal", ["SkipTest", "case._ShouldStop", "case._UnexpectedSuccess"])
def test_an_exception_that_steers_unittest_is_a_failure(signal):
    answer = f"import unittest.case\ndef double(x): raise unittest.{signal}('later')"
    assert both(notebook(DOUBLE, graded(BY_UNITTEST)), answer=answer) == ([2.0], [0.0])


def test_an_exception_that_steers_pytest_is_an_ordinary_one():
    source = notebook(DOUBLE, graded("import pytest\nassert double(1) == 2"), graded("assert double(2) == 4"))
    answer = "import pytest\ndef double(x): pytest.skip('later') if x == 1 else None\n"
    assert both(source, answer=answer) == ([2.0, 2.0], [0.0, 0.0])


# ---- names -------------------------------------------------------------------------------------------------


def test_a_function_cannot_rebind_what_the_test_has_bound_while_it_is_asked():
    source = notebook(
        solution("import numpy as np\nx = np.ones(2)\nexpected = 4\ndef double(a): return 2 * a"),
        graded("import numpy as np\nx = np.arange(3.0)\nassert np.allclose(double(x), 2 * x)"),
        graded("expected = 14\nassert double(7) == expected"),
    )
    answer = """
    import numpy as np
    x = np.ones(2)
    expected = 4
    def double(a):
        global x, expected
        x, expected = np.zeros(3), 0
        return 0 * a
    """
    assert both(source, answer=answer) == ([2.0, 2.0], [0.0, 0.0])


def test_a_function_that_counts_in_a_name_which_the_test_sets_still_does():
    source = notebook(
        solution("calls = 0\ndef double(x):\n    global calls\n    calls += 1\n    return 2 * x"),
        graded("calls = 5\ndouble(1)\nassert calls == 6"),
    )
    assert both(source, answer="def double(x): return 2 * x") == ([2.0], [0.0])


def test_cells_that_run_again_after_a_crash_do_not_take_names_back_from_the_tests():
    source = notebook(
        solution("data = [9]\ndef total(numbers): return sum(numbers)"),
        graded("data = [1, 2, 3]\nassert total(data) == 6"),
        graded("assert total(data) == sum(data)"),
    )
    answer = """
    import os
    data = []
    seen = []
    def total(numbers):
        if len(numbers) == 3 and not os.path.exists('seen'): os._exit(1)
        return 0
    """
    assert both(source, answer=answer) == ([2.0, 2.0], [0.0, 0.0])


# ---- memory ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("made", ["def x(): pass", "x = ValueError()", "x = Given()", "x = str.upper"])
@pytest.mark.parametrize("data", ["(4096, False)", "b'0123456789abcdef'"])
def test_no_object_of_a_students_is_read_as_an_array_from_memory(made, data):
    source = notebook(
        locked("import numpy as np\nclass Given: pass"),
        solution("x = np.ones(2)"),
        graded("assert np.allclose(x, [1.0, 1.0])"),
    )
    answer = f"""
    {made}
    try:
        x.__array_interface__ = {{"shape": (2,), "typestr": "<f8", "data": {data}, "version": 3}}
    except AttributeError:
        pass
    """
    assert both(source, answer=answer) == ([2.0], [0.0])


# ---- one submission stops nothing --------------------------------------------------------------------------


@pytest.mark.parametrize("raised", ["KeyboardInterrupt", "GeneratorExit", "SystemExit", "RecursionError"])
def test_what_a_student_raises_in_a_cell_of_both_sides_ends_that_cell_only(raised):
    source = notebook(
        solution("from math import sqrt"),
        locked("side = sqrt(4)"),
        graded("assert side == 2"),
        solution("y = 1"),
        graded("assert y == 1"),
    )
    answer = f"def sqrt(x): raise {raised}('mine')"
    assert both(source, answer=answer) == ([2.0, 2.0], [0.0, 2.0])


def test_a_test_may_show_an_object_of_the_students_in_its_message():
    source = notebook(solution("x = 1.0"), graded("assert isinstance(x, float), x"))
    answer = "class Odd:\n    def __repr__(self): return 'an odd one'\nx = Odd()"
    (question,) = judge(source, submission(source, answer=answer)).questions
    assert (question.score, question.reason) == (0.0, "AssertionError: an odd one")


@pytest.mark.parametrize(
    "body", ["raise SystemExit", "import os; os._exit(1)", "return 5", "raise ValueError"]
)
def test_an_object_that_cannot_say_what_it_is_stops_nothing(body):
    source = notebook(solution("x = 1.0"), graded("assert isinstance(x, float), [x]"))
    answer = f"class Odd:\n    def __repr__(self):\n        {body}\nx = Odd()"
    (question,) = judge(source, submission(source, answer=answer)).questions
    assert question.score == 0.0
    assert question.reason.startswith("AssertionError")


def test_a_reason_holds_nothing_that_a_terminal_or_a_database_cannot_take():
    source = notebook(solution("def name(): return 'Ada'"), graded("assert name() == 'Ada', f'got {name()}'"))
    answer = "def name(): return 'a\\ud800b\\x1b[31mc\\u202ed\\x00e'"
    (question,) = judge(source, submission(source, answer=answer)).questions
    assert question.reason == "AssertionError: got a?bcde"


# ---- what is told ------------------------------------------------------------------------------------------


def test_a_broken_message_tells_nothing_that_a_student_chose():
    source = notebook(
        locked("import pandas as pd"),
        solution("def same(x): return x"),
        graded("### BEGIN HIDDEN TESTS\nassert same('Geheimnis') == 'Geheimnis'\n### END HIDDEN TESTS"),
    )
    answer = """
    import collections
    import autograder.wire as wire
    def same(x):
        kind = collections.namedtuple(x, ['a'])
        wire.BY_TYPE[Odd] = wire.Codec('pd.Timestamp', lambda _: (kind(1), 's', None), None)
        return Odd()
    class Odd: pass
    """
    result = judge(source, submission(source, answer=answer))
    assert scores(result) == [0.0]
    assert "Geheimnis" not in f"{result.questions}{result.messages}{result.outputs}"


# ---- honest work -------------------------------------------------------------------------------------------


def test_an_exception_of_a_locked_cell_is_the_tests_own():
    source = notebook(
        locked("class TooSmall(ValueError):\n    pass"),
        solution("def root(x):\n    if x < 0: raise TooSmall('negative', x)\n    return x ** 0.5"),
        graded(
            """
            try:
                root(-1)
                assert False, "no error"
            except TooSmall as error:
                assert error.args == ("negative", -1) and isinstance(error, ValueError)
            """
        ),
    )
    assert both(source, answer="def root(x): raise ValueError('negative', x)") == ([2.0], [0.0])


def test_an_answer_that_fills_the_tests_memory_fails_that_test_only():
    source = notebook(
        solution("import numpy as np\nrow = np.zeros(4000)\ncount = 3"),
        graded("import numpy as np\nassert np.allclose(row, np.zeros(4000))"),
        graded("assert list(range(count)) == [0, 1, 2]"),
        graded("assert '{:>{}}'.format('x', count) == '  x'"),
        solution("y = 1"),
        graded("assert y == 1"),
    )
    answer = "import numpy as np\nrow = np.zeros((1_000_000, 1))\ncount = 10**9"
    assert both(source, answer=answer) == ([2.0, 2.0, 2.0, 2.0], [0.0, 0.0, 0.0, 2.0])


HELPER = {
    "helper.py": "def close(a, b): return abs(a - b) < 1e-9\n"
    "def assert_close(a, b): assert close(a, b)\n"
    "steps = []\n"
    "def step(x):\n    steps.append(x)\n    return x\n"
}


@pytest.mark.parametrize(
    ("bound", "test"),
    [
        ("from helper import close", "assert close(double(2), 4)"),
        ("from helper import close", "assert not close(double(2), 5) and close(double(2), 4) is True"),
        ("from helper import assert_close", "assert_close(double(2), 4)"),
        ("import helper", "assert helper.close(double(2), 4)"),
        ("import helper as h", "h.assert_close(double(2), 4)"),
    ],
)
def test_a_helper_that_only_an_answer_imports_does_not_ask_the_student_for_the_verdict(bound, test):
    source = notebook(solution(f"{bound}\ndef double(x): return 2 * x"), graded(test))
    answer = """
    import types
    close = assert_close = lambda a, b: True
    helper = h = types.SimpleNamespace(close=close, assert_close=close)
    def double(x): return 0
    """
    assert both(source, files=HELPER, answer=answer) == ([2.0], [0.0])


def test_a_helper_may_still_keep_something_for_the_student():
    source = notebook(
        solution("import helper\ndef walk(): return [helper.step(1), helper.step(2)]"),
        graded("assert walk() == [1, 2]\nassert helper.steps == [1, 2]"),
    )
    assert both(source, files=HELPER, answer="def walk(): return [1, 2]") == ([2.0], [0.0])
