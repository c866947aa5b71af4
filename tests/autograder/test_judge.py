"""The judge: exact scores of small notebooks, right and wrong, whatever a student's process does."""

from __future__ import annotations

import pytest

from autograder.box import BoxUnavailable
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
from tests.autograder.unboxed import spawn


def test_a_variable_is_fetched_and_tested():
    source = notebook(solution("answer = [1, 2.5, 'a']"), graded("assert answer == [1, 2.5, 'a']"))
    assert both(source, answer="answer = [1, 2.5, 'b']") == ([2.0], [0.0])


def test_a_function_is_called_with_plain_data():
    source = notebook(solution("def square(x): return x * x"), graded("assert square(3) == 9"))
    assert both(source, answer="def square(x): return x + x") == ([2.0], [0.0])


def test_a_class_makes_instances_with_attributes_and_methods():
    source = notebook(
        solution(
            """
            class Account:
                "A bank account."
                rate = 0.5
                def __init__(self, owner, money=0):
                    self.owner, self.money = owner, money
                def deposit(self, amount):
                    self.money += amount
                    return self
                def __len__(self): return self.money
                def __repr__(self): return f"<{self.owner}>"
            """
        ),
        graded(
            """
            a = Account("Ada", money=1)
            assert isinstance(a, Account) and type(a) is Account and Account.rate == 0.5
            assert a.deposit(2) is a and a.money == 3 and len(a) == 3 and repr(a) == "<Ada>"
            a.money = 7
            assert a.money == 7 and hasattr(a, "owner") and not hasattr(a, "nothing")
            assert Account.__doc__ == "A bank account." and Account.__name__ == "Account"
            assert "deposit" in dir(Account) and callable(a.deposit) and not callable(a)
            import inspect
            assert list(inspect.signature(Account).parameters) == ["owner", "money"]
            """
        ),
    )
    wrong = """
        class Account:
            "A bank account."
            rate = 0.5
            def __init__(self, owner, money=0):
                self.owner, self.money = owner, money
            def deposit(self, amount):
                return self
            def __len__(self): return self.money
            def __repr__(self): return f"<{self.owner}>"
        """
    assert both(source, answer=wrong) == ([2.0], [0.0])


def test_a_function_of_the_test_is_called_back_and_can_call_the_student_again():
    source = notebook(
        solution("def apply(f, x): return f(x)"),
        graded("assert apply(lambda x: apply(lambda y: y + 1, 2 * x), 5) == 11"),
    )
    assert both(source, answer="def apply(f, x): return x") == ([2.0], [0.0])


def test_a_question_that_hangs_or_dies_costs_that_question_only():
    source = notebook(
        solution("def a(): return 1", "a"),
        graded("assert a() == 1", "qa"),
        solution("def b(): return 2", "b"),
        graded("assert b() == 2", "qb"),
        solution("def c(): return 3", "c"),
        graded("assert (a(), c()) == (1, 3)", "qc"),
    )
    for answer in ("def b():\n    while True: pass", "def b():\n    import os; os._exit(0)"):
        assert scores(judge(source, submission(source, b=answer), limits=HASTY)) == [2.0, 0.0, 2.0]
    for answer in ("while True: pass", "import os; os._exit(3)"):
        assert scores(judge(source, submission(source, b=answer), limits=HASTY)) == [2.0, 0.0, 2.0]


def test_an_object_that_equals_everything_earns_nothing():
    source = notebook(solution("def f(): return 1.5"), graded("assert f() == 1.5"))
    answer = """
        class Any({}):
            def __eq__(self, other): return True
            __hash__ = None
        def f(): return Any()
        """
    result = judge(source, submission(source, answer=answer.format("object")))
    assert scores(result) == [0.0]
    assert "cannot be compared with a float" in result.questions[0].reason
    result = judge(source, submission(source, answer=answer.format("float")))
    assert scores(result) == [0.0]
    assert result.questions[0].reason == "AssertionError: assert f() == 1.5"


def test_partial_credit_is_the_last_value():
    source = notebook(
        solution("n = 2"),
        graded("n / 4", points=3.0),
        graded("n > 1", points=3.0),
        graded("10 * n", points=3.0),
    )
    assert scores(judge(source)) == [0.5, 3.0, 3.0]


def test_cells_of_both_kinds_and_unmarked_ones():
    source = notebook(
        locked("import math\ndef twice(x): return 2 * x"),
        plain("limit = 10"),
        solution("def f(x): return min(twice(x), limit) + math.pi"),
        graded("assert f(3) == 6 + math.pi and f(30) == 10 + math.pi"),
    )
    assert scores(judge(source)) == [2.0]


# ---------------------------------------------------------------------------------------- names over cells


def test_names_are_used_again_from_question_to_question():
    source = notebook(
        solution("x = 1\ndef f(): return x", "a"),
        graded("assert x == 1 and f() == 1", "qa"),
        solution("x = [2]\ndef f(): return x[0]", "b"),
        graded("assert x == [2] and f() == 2", "qb"),
    )
    assert scores(judge(source)) == [2.0, 2.0]
    assert scores(judge(source, submission(source, b="pass"))) == [2.0, 0.0]


def test_a_name_bound_by_a_test_is_the_tests_until_a_student_cell_binds_it():
    source = notebook(
        solution("a = 1", "a"),
        graded("assert a == 1\na = 10", "qa"),
        solution("b = 2", "b"),
        graded("assert a == 10 and b == 2", "qb"),
        solution("a = 3", "c"),
        graded("assert a == 3", "qc"),
    )
    assert scores(judge(source)) == [2.0, 2.0, 2.0]


def test_test_cells_share_one_namespace():
    source = notebook(
        solution("def f(x): return x + 1"),
        graded("first = f(1)\ndef check(x): assert f(x) == x + 1", "qa"),
        graded("assert first == 2\ncheck(5)", "qb"),
    )
    assert scores(judge(source)) == [2.0, 2.0]


def test_names_of_tests_are_pushed_if_the_solution_reads_them():
    source = notebook(
        solution("def scaled(x): return [k * x for k in factors]"),
        graded("factors = [1, 2]\nassert scaled(3) == [3, 6]", "qa"),
        graded("factors.append(4)\nassert scaled(3) == [3, 6, 12]", "qb"),
    )
    assert scores(judge(source)) == [2.0, 2.0]


def test_a_test_cell_that_only_makes_something_runs_on_both_sides():
    source = notebook(
        graded("import sqlite3\nbase = sqlite3.connect(':memory:')\nclass Row: n = 3", "made"),
        solution("cursor = base.cursor()\nrows = list(cursor.execute('select 2'))\nrow = Row()"),
        graded("assert rows == [(2,)] and row.n == 3 and isinstance(row, Row)"),
    )
    assert scores(judge(source)) == [2.0, 2.0]


def test_names_of_tests_are_not_pushed_because_a_student_guesses_them():
    source = notebook(
        solution("def answer(): return 6 * 7"),
        graded("expected = 42\nassert answer() == expected"),
    )
    wrong = "def answer():\n    return expected"
    assert scores(judge(source, submission(source, answer=wrong))) == [0.0]
    wrong = "def answer():\n    import __main__, sys\n    return vars(__main__).get('expected')"
    assert scores(judge(source, submission(source, answer=wrong))) == [0.0]


def test_a_locked_cell_that_calls_the_student_runs_once():
    source = notebook(
        solution("class Account:\n    money = 0\n    def deposit(self, n): self.money += n"),
        locked("account = Account()\naccount.deposit(50)\ndef double(x): return 2 * x"),
        graded("assert account.money == 50 and double(2) == 4"),
    )
    assert scores(judge(source)) == [2.0]


def test_helpers_of_locked_cells_reach_the_student():
    source = notebook(
        solution("def f(x): return x * x"),
        locked("def table(n): return [f(i) for i in range(n)]"),
        graded("assert table(4) == [0, 1, 4, 9]"),
    )
    assert scores(judge(source)) == [2.0]
    assert scores(judge(source, submission(source, answer="def f(x): return x"))) == [0.0]


def test_an_unmarked_cell_counts_in_the_sources_version():
    source = notebook(plain("limit = 3"), solution("x = 1"), graded("assert x < limit"))
    edited = submission(source, answer="x = 5")
    edited.cells[0]["source"] = "limit = 10"
    assert scores(judge(source, edited)) == [0.0]


def test_an_unmarked_cell_that_is_to_be_filled_in_is_the_students():
    source = notebook(plain("### BEGIN SOLUTION\nx = 1\n### END SOLUTION"), graded("assert x == 1"))
    assert scores(judge(source)) == [2.0]
    other = submission(source)
    other.cells[0]["source"] = "x = 2"
    assert scores(judge(source, other)) == [0.0]


def test_cells_of_the_students_own_run_where_they_stand():
    source = notebook(solution("y = 2", "a"), graded("assert y == 3", "qa"))
    submitted = submission(source, a="pass")
    submitted.cells.insert(1, plain("helper = 1"))
    submitted.cells.insert(2, plain("y = helper + 2"))
    submitted.cells[1]["id"], submitted.cells[2]["id"] = "own-1", "own-2"
    assert scores(judge(source, submitted)) == [2.0]


def test_helper_names_that_collide_with_the_tests_are_harmless():
    source = notebook(
        solution("def f(x): return 2 * x"),
        graded("inputs = [1, 2]\nexpected = [2, 4]\nassert [f(i) for i in inputs] == expected"),
    )
    answer = "inputs = None\nexpected = 'mine'\ndef f(x):\n    assert expected == 'mine'\n    return 2 * x"
    assert scores(judge(source, submission(source, answer=answer))) == [2.0]


# ---------------------------------------------------------------------------------------- random numbers


def test_both_sides_draw_from_one_stream():
    source = notebook(
        solution("import numpy as np\ndef draw(n): return np.random.rand(n)"),
        graded(
            """
            import numpy as np
            np.random.seed(5)
            expected = np.random.rand(7)
            np.random.seed(5)
            assert np.array_equal(draw(3), expected[:3])
            assert np.array_equal(np.random.rand(2), expected[3:5])
            assert np.array_equal(draw(2), expected[5:])
            a = draw(3)
            assert not np.array_equal(a, draw(3))
            """
        ),
    )
    assert scores(judge(source)) == [2.0]


def test_a_generator_that_is_passed_goes_on():
    source = notebook(
        solution("def draw(rng): return rng.uniform(), rng.uniform()"),
        graded(
            """
            import numpy as np
            for make in (np.random.default_rng, np.random.RandomState):
                rng, own = make(3), make(3)
                expected = [own.uniform() for _ in range(3)]
                assert list(draw(rng)) == expected[:2] and rng.uniform() == expected[2]
            """
        ),
    )
    assert scores(judge(source)) == [2.0]


def test_a_student_cannot_choose_the_tests_random_numbers():
    source = notebook(
        solution("import numpy as np, random\ndef f(x): return x * x\ndef noise(): return random.random()"),
        graded("import numpy as np\nnoise()\nx = np.random.rand()\nassert f(x) == x * x"),
    )
    answer = """
        import numpy as np
        def f(x): return 0.0
        def noise():
            np.random.set_state(("MT19937", np.zeros(624, dtype=np.uint32), 0))
        """
    assert scores(judge(source, submission(source, answer=answer))) == [0.0]


def test_the_same_seed_gives_the_same_questions():
    source = notebook(
        solution("def keep(x): print(x); return x"),
        graded("import random\nx = random.random()\nkeep(x)\nx"),
    )
    first, again, other = judge(source), judge(source), judge(source, seed=8)
    assert scores(first) == scores(again) != scores(other)


def test_what_a_test_does_to_a_module_is_undone_for_the_next_submission():
    import statistics

    source = notebook(
        solution("import statistics\ndef f(x): return statistics.mean(x)"),
        graded("import statistics\nassert f([1, 3]) == 2\ndel statistics.mean\nstatistics.new = 1"),
        graded("try: f([1])\nexcept AttributeError: pass\nelse: raise AssertionError"),
    )
    own = statistics.mean
    assert scores(judge(source)) == [2.0, 2.0]
    assert statistics.mean is own
    assert not hasattr(statistics, "new")


# ---------------------------------------------------------------------------------------- fairness


def test_prints_warnings_and_other_folders_cost_nothing():
    source = notebook(solution("def f(x): return [x, x]"), graded("assert f(1) == [1, 1]"))
    answer = """
        import os, sys, warnings
        os.chdir("/")
        print("debug"); print("more", file=sys.stderr); warnings.warn("careful")
        def f(x):
            print("called"); print("err", file=sys.stderr); warnings.warn("again"); os.write(2, b"raw")
            return [x, x]
        """
    assert scores(judge(source, submission(source, answer=answer))) == [2.0]


def test_a_list_where_the_test_takes_any_sequence():
    source = notebook(
        solution("import numpy as np\ndef f(): return np.array([1.0, 2.0])"),
        graded("import numpy as np\nassert np.allclose(f(), [1, 2])"),
    )
    for answer in ("def f(): return [1, 2]", "def f(): return (1.0, 2)", "def f(): return range(1, 3)"):
        assert scores(judge(source, submission(source, answer=answer))) == [2.0]


def test_magics_await_and_display_in_student_cells():
    source = notebook(
        solution("x = 1", "a"),
        solution("y = 1", "b"),
        solution("z = 1", "c"),
        graded("assert (x, y, z) == (1, 2, 3)"),
    )
    submitted = submission(
        source,
        a="%matplotlib inline\n%config InlineBackend.figure_format = 'svg'\nx = 1\nx",
        b="import asyncio\nawait asyncio.sleep(0)\ny = 2\ndisplay(y)",
        c="%%time\nz = 3\nget_ipython().user_ns['w'] = 4",
    )
    result = judge(source, submitted)
    assert scores(result) == [2.0]
    assert [o["data"]["text/plain"] for o in result.outputs["cell-0"]] == ["1"]
    assert [o["output_type"] for o in result.outputs["cell-1"]] == ["display_data"]


# ---------------------------------------------------------------------------------------- reasons, outputs


def test_a_reason_is_one_line_and_names_the_cell_that_stopped():
    source = notebook(solution("def f(): return 1"), graded("assert f() == 1, 'f gives 1'"))
    failed = judge(source, submission(source, answer="def f(): return 2")).questions[0]
    assert failed.reason == "AssertionError: f gives 1"
    stopped = judge(source, submission(source, answer="1 / 0\ndef f(): return 1")).questions[0]
    assert stopped.reason == (
        "NameError: name 'f' is not defined (the cell answer stopped: ZeroDivisionError: division by zero)"
    )


def test_outputs_of_student_cells_and_scores_of_test_cells_are_shown():
    source = notebook(
        solution("print('hi')\n40 + 2"), graded("assert True"), graded("1 / 4"), graded("assert False")
    )
    result = judge(source)
    assert result.outputs["cell-0"] == [
        {"output_type": "stream", "name": "stdout", "text": "hi\n"},
        {
            "output_type": "execute_result",
            "data": {"text/plain": "42"},
            "metadata": {},
            "execution_count": None,
        },
    ]
    assert result.outputs["cell-1"] == []
    assert result.outputs["cell-2"][0]["data"] == {"text/plain": "0.25"}
    assert result.outputs["cell-3"][0]["ename"] == "AssertionError"


def test_a_figure_is_shown_as_a_picture():
    source = notebook(solution("import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"), graded("1"))
    (output,) = [o for o in judge(source).outputs["cell-0"] if o["output_type"] == "display_data"]
    assert output["data"]["image/png"].startswith("iVBORw0KGgo")


def test_manual_cells_wait_for_a_person():
    source = notebook(solution("x = 1"), graded("assert x == 1"))
    source.cells[0].metadata["nbgrader"].update(grade=True, points=3)
    (manual, automatic) = judge(source).questions
    assert (manual.score, manual.max_score, manual.needs_manual_grade) == (None, 3.0, True)
    assert automatic.score == 2.0


def _cells_that_ran(monkeypatch):
    """The sources of the cells that children run from now on, in order."""
    ran = []

    def run_cell(student, source, *rest, own=Student.run_cell):
        ran.append(source)
        return own(student, source, *rest)

    monkeypatch.setattr(Student, "run_cell", run_cell)
    return ran


HIDDEN = "### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS"
EARLY = "def f(): return 1\nprint('early')"


def test_the_pass_that_explains_ends_where_all_is_explained(monkeypatch):
    ran = _cells_that_ran(monkeypatch)
    source = notebook(
        solution(EARLY, "a"),
        graded(HIDDEN.format("assert f() == 1"), "hidden"),
        solution("x = 1", "b"),
        graded("assert x == 1", "visible"),
        solution("y = 2", "c"),
        graded("assert y == 2", "last"),
    )
    result = judge(source, submission(source, b="x = 3"))
    assert ran == [EARLY, "x = 3", "y = 2", EARLY, "x = 3"]
    assert scores(result) == [2.0, 0.0, 2.0]
    assert result.outputs["cell-0"] == [{"output_type": "stream", "name": "stdout", "text": "early\n"}]
    assert result.outputs["cell-4"] == []


def test_a_hidden_test_that_asks_nothing_of_the_child_needs_no_second_one(monkeypatch):
    ran = _cells_that_ran(monkeypatch)
    source = notebook(
        solution("def f(x): return x", "a"),
        graded(HIDDEN.format("assert f(7) == 7"), "hidden"),
        solution("y = 1", "b"),
        graded("assert y == 1", "visible"),
    )
    result = judge(source, submission(source, a="raise NotImplementedError", b="print('shown')\ny = 2"))
    assert ran == ["raise NotImplementedError", "print('shown')\ny = 2"]
    assert scores(result) == [0.0, 0.0]
    trouble = "(the cell a stopped: NotImplementedError)"
    assert [question.reason for question in result.questions] == [
        f"A hidden test failed. {trouble}",
        f"AssertionError: assert y == 1 {trouble}",
    ]
    assert result.outputs["cell-2"] == [{"output_type": "stream", "name": "stdout", "text": "shown\n"}]


@pytest.mark.parametrize(
    ("visible", "hidden"),
    [
        # The child asks what the first test lent it when the last one calls it, after the hidden one.
        ("class Box: value = 1\nbox = Box()\nassert keep(box) is None", "box.value = 'SECRET'"),
        ("scale = 1\nassert keep(2) is None", "scale = 'SECRET'"),
    ],
)
def test_what_reaches_the_child_after_a_hidden_test_is_not_told(visible, hidden):
    source = notebook(
        solution("def keep(x): scale", "a"),
        graded(visible, "first"),
        graded(HIDDEN.format(hidden), "hidden"),
        graded("assert tell() == 1", "last"),
        solution("def tell(): return 1", "b"),
        graded("assert tell() == 1", "again"),
    )
    tells = """
        kept = []
        def keep(x): kept.append(x)
        def tell():
            told = [getattr(x, "value", x) for x in kept], globals().get("scale")
            raise ValueError(str(told))
    """
    result = judge(source, submission(source, a=tells, b="pass"))
    assert scores(result)[-2:] == [0.0, 0.0]
    assert "SECRET" not in str(result)
    assert "ValueError" in result.questions[-1].reason


def test_a_clean_explanation_stays_when_other_questions_need_a_second_pass():
    source = notebook(
        solution("def f(): return 1", "a"),
        graded("assert f() == 1, f'not {f()}'", "first"),
        graded(HIDDEN.format("assert f() == 1"), "hidden"),
        solution("x = 1", "b"),
        graded("assert x == 1", "last"),
    )
    result = judge(source, submission(source, a="def f(): return 5", b="x = 6"))
    assert [question.reason for question in result.questions] == [
        "AssertionError: not 5",
        "A hidden test failed.",
        "AssertionError: assert x == 1",
    ]


GETS_SOURCE = "try:\n    import inspect; inspect.getsource(answer)\nexcept Exception: 1"


@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("test", ["assert answer() == 1", GETS_SOURCE])
def test_without_a_process_for_the_students_code_there_is_no_score(test, first):
    def spawn_once():
        if first or spawned:
            raise BoxUnavailable("the warm process has died")
        spawned.append(spawn())
        return spawned[-1]

    spawned = []
    source = notebook(solution("def answer():\n    import os; os._exit(0)"), graded("answer()"), graded(test))
    with pytest.raises(BoxUnavailable, match="the warm process has died"):
        judge(source, spawn=spawn_once)
