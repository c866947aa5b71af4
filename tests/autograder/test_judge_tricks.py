"""Tricks at the judge's own seams: each costs the one who tries it his points, and nobody anything else."""

from __future__ import annotations

import pytest

from autograder.judge_process import Deadline
from autograder.student import Student
from tests.autograder.judging import (
    HASTY,
    both,
    graded,
    judge,
    locked,
    notebook,
    plain,
    scores,
    solution,
    submission,
)

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
    from autograder import wire_codec as codecs
    def same(x):
        kind = collections.namedtuple(x, ['a'])
        codecs.BY_TYPE[Odd] = codecs.Codec('pd.Timestamp', lambda _: (kind(1), 's', None), None)
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


# ---- values with a class of their own ----------------------------------------------------------------------

LISTED = notebook(
    locked("import numpy as np"),
    solution("def order(x): return sorted(x)"),
    graded("r = order([3, 1, 2])\nassert len(r) == 3\nfor a, b in zip(r, [1, 2, 3]):\n    assert a == b"),
    graded(
        "r = order([3, 1, 2])\nassert all(a < b for a, b in zip(r, list(r)[1:])) and sorted(r) == [1, 2, 3]"
    ),
    graded("assert order([3, 1, 2]) == [1, 2, 3]"),
    graded("assert np.allclose(order([3, 1, 2]), [1, 2, 3])"),
    graded("r = order([3, 1, 2])\nassert r[0] == 1 and r[-1] == 3 and 2 in r and 5 not in r"),
)


def test_a_sequence_has_one_face():
    answer = """
    looks = 0
    class Janus:
        def __len__(self): return 3
        def __getitem__(self, place): return place + 1
        def __iter__(self):
            global looks
            looks += 1
            return iter([] if looks % 2 else [3, 1, 2])
    def order(x): return Janus()
    """
    assert both(LISTED, answer=answer) == ([2.0] * 5, [0.0] * 5)


ARRAY = """
import numpy as np
class Own(np.ndarray):
    def __new__(kind, x): return np.array(x).view(kind)
"""
LYING = """
class Own(list):
    def __init__(self, x): pass
    def __eq__(self, other): return True
    def __len__(self): return 3
    def __getitem__(self, place): return [1, 2, 3][place]
    def __iter__(self): return iter([1, 2, 3])
    def __array__(self, *a, **k): return 1
"""


@pytest.mark.parametrize(
    ("class_", "score"),
    [("class Own(list): pass", 2.0), ("class Own(tuple): pass", 2.0), (ARRAY, 2.0), (LYING, 0.0)],
)
def test_a_students_own_kind_of_list_counts_for_what_it_holds(class_, score):
    result = scores(
        judge(LISTED, submission(LISTED, answer=f"{class_}\ndef order(x): return Own(sorted(x))"))
    )
    if "(list)" not in class_:
        del result[2]  # a tuple and an array are no list for ==, as everywhere
    assert set(result) == {score}


POINT = """
from typing import NamedTuple
class Own(NamedTuple):
    x: int
    def twice(self): return 2 * self.x
value = Own(1)
"""
RECORDS = "import numpy as np\nvalue = np.array([(1, 2.0)], dtype='i8,f8').view(np.recarray)"
TOTAL = "class Own(dict):\n    def total(self): return 1\nvalue = Own(a=1)"


@pytest.mark.parametrize(
    ("value", "test"),
    [
        ("class Own(float): pass\nvalue = Own(1.5)", "abs(value - 1.5) < 1e-9 and isinstance(value, float)"),
        (
            "import enum\nclass Own(enum.IntEnum):\n    ONE = 1\nvalue = Own.ONE",
            "value == 1 and value + 1 == 2",
        ),
        ("import enum\nclass Own(enum.StrEnum):\n    RED = 'r'\nvalue = Own.RED", "value.upper() == 'R'"),
        ("import http\nvalue = http.HTTPStatus.OK", "value == 200"),
        (TOTAL, "value == {'a': 1} and value['a'] == 1 and value.total() == 1"),
        ("class Own(set): pass\nvalue = Own([1])", "value == {1} and 1 in value and len(value) == 1"),
        (POINT, "value == (1,) and value.x == 1 and value.twice() == 2"),
        (RECORDS, "value['f1'][0] == 2"),
    ],
)
def test_a_value_of_a_students_own_class_is_compared_as_the_value_that_it_is(value, test):
    source = notebook(
        solution(f"import numpy as np\n{value}\n".replace("Own", "Ours")), graded(f"assert {test}")
    )
    assert scores(judge(source, submission(source, answer=value))) == [2.0]


def test_a_number_that_says_yes_to_everything_is_compared_as_the_number_that_it_is():
    source = notebook(
        solution("value = 1.5"), graded("assert abs(value - 1.5) < 1e-9"), graded("assert value == 1.5")
    )
    answer = """
    class Own(float):
        __hash__ = float.__hash__
        def __eq__(self, other): return True
        def __sub__(self, other): return 0.0
        def __pos__(self): return 1.5
        def __float__(self): return 1.5
    value = Own(2.0)
    """
    assert both(source, answer=answer) == ([2.0, 2.0], [0.0, 0.0])


def test_it_is_the_students_choice_by_which_operator_python_gets_there():
    source = notebook(
        solution(
            """
            class Money:
                def __init__(self, x): self.x = x
                def __lt__(self, other): return self.x < other.x
                def __add__(self, other): return Money(self.x + getattr(other, "x", other))
                __radd__ = __add__
            """
        ),
        graded("assert Money(1) < Money(2) and not Money(2) < Money(1)"),
        graded("total = sum([Money(1), Money(2)], Money(0))\ntotal += Money(4)\nassert total.x == 7"),
    )
    answer = """
    class Money:
        def __init__(self, x): self.x = x
        def __gt__(self, other): return self.x > other.x
        def __radd__(self, other): return Money(self.x + getattr(other, "x", other))
        def __add__(self, other): return Money(self.x + other.x)
        def __iadd__(self, other):
            self.x += other.x
            return self
    """
    assert scores(judge(source, submission(source, answer=answer))) == [2.0, 2.0]


# ---- files -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "test", ["open(path).read()", "np.loadtxt(path)", "open(os.path.join(folder, name)).read()"]
)
def test_a_path_of_a_students_leads_out_of_the_tests_folder_nowhere(test, tmp_path):
    (tmp_path / "gradebook.txt").write_text("31415")
    source = notebook(
        locked("import os\nimport numpy as np"),
        solution("folder, name, path = '.', 'data.txt', 'data.txt'"),
        graded(f"found = {test}\nassert float(found) == 1, found"),
    )
    answer = f"folder, name, path = {str(tmp_path)!r}, 'gradebook.txt', {str(tmp_path / 'gradebook.txt')!r}"
    files = {"data.txt": "1"}
    assert both(source, files=files, answer=answer) == ([2.0], [0.0])
    result = judge(source, submission(source, answer=answer), files=files)
    assert "31415" not in f"{result.questions}{result.messages}{result.outputs}"


def test_what_the_instructor_wrote_down_is_opened_as_ever(tmp_path):
    (tmp_path / "big.txt").write_text("7")
    source = notebook(
        solution("def first(text): return int(text[0])"),
        graded(f"assert first(open({str(tmp_path / 'big.txt')!r}).read()) == 7"),
    )
    assert scores(judge(source)) == [2.0]


def test_a_test_that_tidies_up_removes_nothing_of_the_graders(tmp_path):
    (tmp_path / "gradebook.db").write_text("all grades")
    source = notebook(
        locked("import os"),
        solution("path = 'mine.txt'\ndef save(): open(path, 'w').close()"),
        graded("save()\nif os.path.exists(path): os.remove(path)\nassert path.endswith('.txt')"),
    )
    answer = f"path = {str(tmp_path / 'gradebook.db')!r}\ndef save(): pass"
    assert both(source, answer=answer) == ([2.0], [0.0])
    assert (tmp_path / "gradebook.db").read_text() == "all grades"


@pytest.mark.parametrize("query", ["attach database '{}' as other", "vacuum into '{}'"])
def test_a_query_of_a_students_opens_no_other_database(query, tmp_path):
    source = notebook(
        solution("query = 'select 1'"),
        graded("import sqlite3\nbase = sqlite3.connect(':memory:')\nbase.execute(query)"),
        graded("assert sqlite3.connect('new.db').execute(query).fetchall() == [(1,)]"),
    )
    target = tmp_path / "gradebook.db"
    assert both(source, answer=f"query = {query.format(target)!r}") == ([2.0, 2.0], [0.0, 0.0])
    assert not target.exists()


@pytest.mark.parametrize("opened", ["open(name, 'w')", "open(name, mode=way)"])
def test_a_file_does_not_carry_hidden_inputs_into_the_pass_that_explains(opened):
    source = notebook(
        solution(
            f"def save(text, name='out.txt', way='w'):\n    with {opened} as file:\n        file.write(text)"
        ),
        graded(
            "### BEGIN HIDDEN TESTS\nsave('Geheimnis')\nassert open('out.txt').read() == 'Geheimnis'\n"
            "### END HIDDEN TESTS"
        ),
        graded("save('a')\ntext = open('out.txt').read()\nassert text == 'a', text"),
    )
    answer = """
    asked = []
    def save(text, name='out.txt'):
        asked.append(text)
        if asked != ['a']:
            with open(name, 'w') as file: file.write(asked[0])
    """
    assert both(source, answer=answer) == ([2.0, 2.0], [2.0, 0.0])
    result = judge(source, submission(source, answer=answer))
    assert "Geheimnis" not in f"{result.questions}{result.messages}{result.outputs}"


# ---- objects of the test -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "line",
    [
        "call.assert_called_once_with = lambda *given: None",
        "call.call_count, call.call_args = 1, ((1,), {})",
        "call(2); call.reset_mock(); call(1)",
        "call.configure_mock(call_count=1)",
    ],
)
def test_a_mock_of_the_tests_tells_the_test_what_it_saw(line):
    source = notebook(
        solution("def tell(call): call(1)"),
        graded("from unittest.mock import Mock\ncall = Mock()\ntell(call)\ncall.assert_called_once_with(1)"),
        graded("from unittest.mock import Mock\ncall = Mock()\ntell(call)\nassert call.call_count == 1"),
    )
    answer = f"def tell(call):\n    {line}"
    assert both(source, answer=answer) == ([2.0, 2.0], [0.0, 0.0])


def test_a_mock_of_the_tests_can_be_used_as_any_object():
    source = notebook(
        solution("def use(x):\n    x.size = 3\n    return x.first() + x.second(x.size)"),
        graded(
            """
            from unittest.mock import Mock
            x = Mock()
            x.first.return_value, x.second.return_value = 1, 2
            assert use(x) == 3 and x.size == 3
            x.second.assert_called_once_with(3)
            """
        ),
    )
    assert scores(judge(source)) == [2.0]


def test_an_object_of_a_locked_class_has_the_methods_of_that_class():
    source = notebook(
        locked(
            """
            class Point:
                def __init__(self, x): self.x = x
                def same(self, other): return self.x == other.x
            class Net:
                def __init__(self): self.activation = self.activation
                def activation(self, x): return x
                def run(self, x): return self.activation(x)
            """
        ),
        solution(
            "def point(): return Point(3)\n"
            "def net():\n    made = Net()\n    made.activation = lambda x: 2 * x\n    return made"
        ),
        graded("assert point().same(Point(3))"),
        graded("assert net().run(2) == 4"),
    )
    answer = """
    def point():
        made = Point(0)
        made.same = lambda other: True
        return made
    def net():
        made = Net()
        made.activation = lambda x: x + x
        return made
    """
    assert both(source, answer=answer) == ([2.0, 2.0], [0.0, 2.0])


def test_an_alarm_while_a_loss_is_written_down_leaves_no_answer_for_the_next_question(monkeypatch):
    def interrupted(self, error):
        raise Deadline("out of time")

    monkeypatch.setattr(Student, "_lose", interrupted)
    source = notebook(
        solution("def slope(f): return f(1)", "slope"),
        graded("assert slope(lambda x: x) == 1"),
        solution("def double(x): return 0 if 'hangs' in globals() else 2 * x"),
        graded("assert double(2) == 4"),  # asked of another process than the one that hangs
    )
    endless = "def slope(f):\n    global hangs\n    hangs = True\n    while True: f(1)"
    assert scores(judge(source, submission(source, slope=endless), limits=HASTY)) == [0.0, 2.0]


OWN_CELLS = {
    "stops": "if len(kept) > 1 and kept[-1][{n}] == 'r': 1 / 0",
    "dies": "import os\nif len(kept) > 1 and kept[-1][{n}] == 'r': os._exit(0)",
    "hangs": "import time\nif len(kept) > 1 and kept[-1][{n}] == 'r': time.sleep(9)",
    "all": "import os\nif len(kept) > 1: os._exit(0) if kept[-1][{n}] == 'r' else None\nelse: 1 / 0",
}


@pytest.mark.parametrize("way", OWN_CELLS)
def test_which_of_many_cells_ends_does_not_tell_what_a_hidden_test_asked(way):
    def told(word):
        hidden = f"### BEGIN HIDDEN TESTS\nassert f('{word}') == '{word.upper()}'\n### END HIDDEN TESTS"
        source = notebook(
            solution("def f(x): return x.upper()", "f"),
            graded(f"assert f('a') == 'A'\n{hidden}"),
            solution("def g(x): return x", "g"),
            graded("assert g(1) == 1"),
            graded("### BEGIN HIDDEN TESTS\nassert g(2) == 2\n### END HIDDEN TESTS"),
        )
        wrong = "kept = []\ndef f(x):\n    kept.append(x)\n    return x.upper()"
        handed_in = submission(source, f=wrong, g="def g(x): return 0")
        for number in range(5):
            own = plain(OWN_CELLS[way].format(n=number))
            own["id"] = f"own-{number}"
            handed_in.cells.insert(2 + number, own)
        result = judge(source, handed_in, limits=HASTY)
        assert scores(result) == [2.0, 0.0, 0.0]
        return [question.reason for question in result.questions], result.messages, result.outputs

    assert told("zebra") == told("arise")
