"""The judge: exact scores of small notebooks, right and wrong, whatever a student's process does."""

from __future__ import annotations

from tests.autograder.judging import (
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
        assert scores(judge(source, submission(source, b=answer))) == [2.0, 0.0, 2.0]
    for answer in ("while True: pass", "import os; os._exit(3)"):
        assert scores(judge(source, submission(source, b=answer))) == [2.0, 0.0, 2.0]


def test_an_object_that_equals_everything_earns_nothing():
    source = notebook(solution("def f(): return 1.5"), graded("assert f() == 1.5"))
    answer = """
        class Any(float):
            def __eq__(self, other): return True
            __hash__ = None
        def f(): return Any()
        """
    result = judge(source, submission(source, answer=answer))
    assert scores(result) == [0.0]
    assert "cannot be compared with a float" in result.questions[0].reason


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
