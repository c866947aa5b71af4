"""Attempts at points that are not deserved, each against a judge that must give exactly the deserved score.

Here the child has no walls at all: what holds is the judge alone. The walls are tested with the box.
"""

from __future__ import annotations

import struct
from textwrap import dedent

import pytest

from autograder.judge_limits import JudgeLimits
from tests.autograder.judging import (
    HASTY,
    QUICK,
    graded,
    judge,
    locked,
    notebook,
    scores,
    solution,
    submission,
)

# Three questions: a value, a function on plain numbers, a class that compares and computes.
SOURCE = notebook(
    locked("import math\nimport numpy as np"),
    solution("value = 1.5", "value"),
    graded("assert value == 1.5", "q-value", 1.0),
    solution("def square(x): return x * x", "square"),
    graded(
        """
        assert square(3) == 9
        ### BEGIN HIDDEN TESTS
        x = np.random.rand()
        assert abs(square(x) - x * x) < 1e-9, "squares of other numbers"
        np.testing.assert_allclose(square(np.array([1.0, x])), [1.0, x * x])
        assert math.isclose(square(0.5), 0.25)
        ### END HIDDEN TESTS
        """,
        "q-square",
        2.0,
    ),
    solution(
        """
        class Vector:
            def __init__(self, x, y): self.x, self.y = x, y
            def __eq__(self, other): return (self.x, self.y) == (other.x, other.y)
            def __sub__(self, other): return Vector(self.x - other.x, self.y - other.y)
            def __abs__(self): return math.hypot(self.x, self.y)
        def length(v): return abs(v)
        """,
        "vector",
    ),
    graded(
        "v = Vector(3, 4)\nassert length(v) == 5.0 and abs(length(v) - 5.0) < 1e-9 and v.x == 3",
        "q-vector",
        4.0,
    ),
)
RIGHT = [1.0, 2.0, 4.0]
NOTHING = [0.0, 0.0, 0.0]

ALWAYS = """
class Yes({base}):
    def __init__(self, *a): pass
    def __new__(cls, *a): return {base}.__new__(cls)
    def _yes(self, *others): return True
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __contains__ = _yes
    def __hash__(self): return 1
    def _self(self, *others): return 0.0
    __sub__ = __rsub__ = __add__ = __radd__ = __mul__ = __abs__ = __float__ = _self
    def __index__(self): return 0
    def __array__(self, *a, **k):
        import numpy
        return numpy.zeros(2)
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
    def __len__(self): return 2
    def __iter__(self): return iter([0.0, 0.0])
    def __getitem__(self, i): return 0.0
value = Yes()
def square(x): return Yes()
def length(v): return Yes()
class Vector(Yes): pass
"""

# All answers in the first cell, nothing in the others: what a student tries who has written no solution.
ATTACKS = {
    "nothing": "pass",
    "an object that equals everything": ALWAYS.format(base="object"),
    "a float that equals everything": ALWAYS.format(base="float"),
    "an int that equals everything": ALWAYS.format(base="int"),
    "a list that equals everything": ALWAYS.format(base="list"),
    "a string that equals everything": ALWAYS.format(base="str"),
    "an array that equals everything": """
        import numpy as np
        class A(np.ndarray):
            def __eq__(self, other): return True
            def __sub__(self, other): return 0.0
            def __array_function__(self, *a): return True
            def __array_ufunc__(self, *a, **k): return True
        value = np.zeros(()).view(A)
        def square(x): return np.zeros(()).view(A)
        """,
    "the solution's class with other operators": """
        class Vector:
            def __init__(self, *a): self.x = 3
            def __eq__(self, other): return True
            def __sub__(self, other): return 0.0
            def __rsub__(self, other): return 0.0
            def __abs__(self): return 0.0
            def __lt__(self, other): return True
        value = Vector()
        def square(x): return Vector()
        def length(v): return Vector()
        """,
    "a subtraction that gives an object whose size is nothing": """
        class Vector:
            def __init__(self, *a): self.x = 3
            def __sub__(self, other): return Vector()
            def __abs__(self): return 0.0
        def square(x): return Vector()
        def length(v): return Vector()
        """,
    "input transformers": """
        ip = get_ipython()
        ip.input_transformers_cleanup.append(lambda lines: ["pass\\n"])
        ip.input_transformers_post.append(lambda lines: ["pass\\n"])
        """,
    "AST transformers": """
        import ast
        class Drop(ast.NodeTransformer):
            def visit_Assert(self, node): return ast.Pass()
        get_ipython().ast_transformers.append(Drop())
        """,
    "patched libraries": """
        import builtins, json, math, unittest
        import numpy as np
        np.allclose = np.isclose = np.testing.assert_allclose = lambda *a, **k: True
        builtins.abs = lambda x: 0.0
        builtins.all = builtins.any = builtins.isinstance = lambda *a: True
        math.isclose = lambda *a, **k: True
        json.dumps = lambda *a, **k: "true"
        unittest.TestCase.assertEqual = lambda *a: None
        value = 0
        def square(x): return 0
        """,
    "a patched runner": """
        import sys
        for name, module in list(sys.modules.items()):
            if name.startswith("autograder"):
                for key in list(vars(module)):
                    if callable(getattr(module, key)) and key not in ("pack", "unpack"):
                        try: setattr(module, key, lambda *a, **k: True)
                        except Exception: pass
        """,
    "names of the judge": """
        import __main__
        for name in ("math", "np", "abs", "assert_equal", "x", "v", "__builtins__", "__name__"):
            setattr(__main__, name, lambda *a, **k: 0.0)
        """,
    "exceptions that pass for a result": """
        def square(x): raise SystemExit(0)
        def length(v): raise KeyboardInterrupt
        class Vector:
            def __init__(self, *a): raise StopIteration
        """,
    "an exit in every function": """
        import os
        def square(x): os._exit(0)
        def length(v): os._exit(0)
        class Vector:
            def __init__(self, *a): os._exit(0)
        """,
    "everything hangs": """
        import time
        def square(x):
            while True: pass
        def length(v): time.sleep(100)
        """,
    "generators that never end": """
        import itertools
        value = itertools.count()
        def square(x): return itertools.repeat(9)
        def length(v): return (5.0 for _ in itertools.count())
        """,
    "attributes for everything": """
        class Meta(type):
            def __getattr__(cls, name): return cls
            def __call__(cls, *a): return cls
            def __eq__(cls, other): return True
            def __hash__(cls): return 1
        class Vector(metaclass=Meta): pass
        value = Vector
        square = length = Vector
        """,
    "a lying class": """
        class Liar:
            @property
            def __class__(self): return float
            def __eq__(self, other): return True
        value = Liar()
        def square(x): return Liar()
        def length(v): return Liar()
        """,
    "code that runs when it is encoded": """
        class Trap(dict):
            def items(self): import os; os._exit(0)
            def __iter__(self): raise MemoryError
            def __reduce__(self): return print, ("pwned",)
        value = Trap(a=1)
        def square(x): return Trap(a=1)
        def length(v): return {"a": [Trap()]}
        """,
    "threads, traces and exit handlers": """
        import atexit, os, sys, threading, time
        def noise():
            while True:
                time.sleep(0.01)
                os.write(1, b"x" * 100)
        threading.Thread(target=noise, daemon=True).start()
        atexit.register(lambda: os.write(1, b"PASS"))
        sys.settrace(lambda *a: None)
        value = 0
        """,
    "functions that return what they were asked": """
        value = 0
        seen = []
        def square(x):
            seen.append(x)
            return seen[-1]
        def length(v): return seen
        class Vector:
            x = 3
            def __init__(self, *a): seen.append(a)
        """,
    "changed arguments": """
        import numpy as np
        def square(x):
            if isinstance(x, np.ndarray): x[:] = 1
            return x
        """,
    "values too large to send": """
        import numpy as np
        value = 10 ** 100_000
        def square(x): return [0] * 10_000_000
        def length(v): return np.zeros(10 ** 8)
        class Vector:
            x = 3
            def __init__(self, *a): self.y = "y" * 10 ** 8
        """,
    "a value nested without end": """
        value = []
        for _ in range(100_000): value = [value]
        pair = 0
        for _ in range(60): pair = [pair, pair]
        def square(x): return pair
        def length(v):
            loop = {}
            loop[0] = loop
            return loop
        """,
    "NaN": "import math\nvalue = math.nan\ndef square(x): return math.nan\ndef length(v): return math.nan",
}


def submitted(attack: str):
    """The attack in the first answer cell, the others empty."""
    return submission(SOURCE, value=attack, square="pass", vector="pass")


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_earns_nothing(name):
    assert scores(judge(SOURCE, submitted(ATTACKS[name]), limits=HASTY)) == NOTHING


VERDICTS = notebook(
    locked("import pandas as pd"),
    solution(
        "def greet(name): return 'Hello ' + name\n"
        "def table(): return pd.DataFrame({'a': [1]})\n"
        "def s(): return {1}"
    ),
    graded("assert greet('Ada').startswith('Hello') and greet('Ada').istitle()"),
    graded("assert table().equals(pd.DataFrame({'a': [1]}))"),
    graded("assert s().issubset({1, 2})"),
)


def test_an_object_that_says_yes_to_every_question_earns_nothing():
    assert scores(judge(VERDICTS)) == [2.0, 2.0, 2.0]
    attack = """
        class Yes:
            def __getattr__(self, name): return lambda *a, **k: True
        def greet(name): return Yes()
        def table(): return Yes()
        def s(): return Yes()
        """
    assert scores(judge(VERDICTS, submission(VERDICTS, answer=attack))) == [0.0, 0.0, 0.0]


TOOLS = notebook(
    solution("import numpy as np\nfrom numpy.testing import assert_allclose\ndef f(x): return 2 * x"),
    graded("assert np.allclose(f(np.array([1.0, 2.0])), [2.0, 4.0])"),
    graded("assert_allclose(f(3.0), 6.0)"),
    graded("assert np.allclose(f(5.0), 10.0)"),
)


@pytest.mark.parametrize(
    "np",
    [
        "types.ModuleType('mynumpy')",
        "types.ModuleType('numpy')",
        "types.SimpleNamespace()",
        "type('np', (), {})",
        "lambda: None",
        "sys.modules['json']",
    ],
)
def test_a_library_that_only_an_answer_imports_is_the_judges_own(np):
    assert scores(judge(TOOLS)) == [2.0, 2.0, 2.0]
    attack = f"""
        import sys, types
        np = {np}
        np.allclose = assert_allclose = lambda *a, **k: True
        np.array = np.asarray = lambda x: x
        def f(x): return 0.0
        """
    assert scores(judge(TOOLS, submission(TOOLS, answer=attack))) == [0.0, 0.0, 0.0]


def test_a_name_that_the_solution_imports_and_assigns_is_the_students():
    source = notebook(
        solution("from math import e\nimport time\ntime = 3"), graded("assert time == 3 and e > 2.7")
    )
    assert scores(judge(source)) == [2.0]
    assert scores(judge(source, submission(source, answer="time, e = 4, 2.72"))) == [0.0]
    assert scores(judge(source, submission(source, answer="time, e = 3, 2.72"))) == [2.0]


def test_the_honest_solution_gets_everything():
    assert scores(judge(SOURCE)) == RIGHT


@pytest.mark.parametrize("name", ["input transformers", "AST transformers", "patched libraries"])
def test_what_is_done_to_later_cells_hurts_only_the_student(name):
    """With the right solution below it, an attack on test cells changes nothing for them."""
    result = judge(SOURCE, submission(SOURCE, value=f"{dedent(ATTACKS[name]).strip()}\nvalue = 1.5"))
    # Blanked cells bind nothing; a broken isinstance ends his own process, and that cell is left out.
    expected = {"input transformers": [1.0, 0.0, 0.0], "patched libraries": [0.0, 2.0, 4.0]}
    assert scores(result) == expected.get(name, RIGHT)


# ------------------------------------------------------------------------------------------------ the pipes

FIND_PIPE = """
import os, gc, json, struct
from autograder.runner import _Line
line = [x for x in gc.get_objects() if type(x) is _Line][0]
def frame(text, blob=b""):
    text = text.encode()
    return struct.pack(">II", len(text), len(blob)) + text + blob
"""

FRAMES = {
    "answers written ahead": """
for n in range(50):
    os.write(line._replies, frame(json.dumps(['return', n, [], [], ['t', ['l'], ['d']], 9])))""",
    "a score": "os.write(line._replies, frame(json.dumps({'score': 100, 'ok': True, 'passed': True})))",
    "an endless frame": "os.write(line._replies, b'\\xff' * 8)",
    "half a frame": "os.write(line._replies, struct.pack('>II', 100, 0) + b'[1')",
    "garbage": "os.write(line._replies, bytes(range(256)) * 20)",
    "deep JSON": "os.write(line._replies, frame('[' * 30_000 + ']' * 30_000))",
    "no message": "os.write(line._replies, frame('[]'))",
    "requests without end": """
for n in range(300): os.write(line._replies, frame(json.dumps(['input', n, 0, ['l'], ['t'], ['t']])))""",
    "a request for the judge's names": """
os.write(line._replies, frame(json.dumps(['getattr', 1, 1, ['l'], ['t', '__globals__'], ['t']])))""",
    "the reply pipe closed": "os.close(line._replies)",
    "the command pipe closed": "os.close(line._commands)",
    "all pipes closed": "os.closerange(0, 100)",
    "a flood of output": "for _ in range(20_000): os.write(1, b'x' * 4096)",
    "invalid text": "os.write(line._replies, frame('[\"\\\\udcff\", 1e999]', b'\\xff'))",
}


@pytest.mark.parametrize("name", FRAMES)
@pytest.mark.parametrize("place", ["cell", "call"])
def test_bytes_on_the_pipes_earn_nothing(name, place):
    attack = f"{FIND_PIPE}{FRAMES[name].strip()}\n"
    if place == "call":
        body = "".join(f"    {line}\n" for line in attack.strip().splitlines())
        attack = f"def square(x):\n{body}    return 0\ndef length(v):\n{body}    return 0\n"
    assert scores(judge(SOURCE, submitted(attack), limits=HASTY)) == NOTHING


def test_a_patched_line_that_answers_true_earns_nothing():
    attack = """
        from autograder import runner, wire
        old = runner.pack
        def pack(nodes, blob=()):
            if nodes[0] in ("return", "raise"):
                nodes = ["return", *nodes[1:-1], True]
            return old(nodes, blob)
        runner.pack = pack
        def square(x): return 0
        def length(v): return 0
        """
    assert scores(judge(SOURCE, submitted(attack), limits=HASTY)) == NOTHING


def test_handles_of_the_judges_objects_lead_nowhere():
    """A function of the test can be called and nothing else."""
    source = notebook(
        solution("def apply(f, x): return f(x)"),
        graded(
            "secret = 41\ndef grow(x): return x + secret - 40\n"
            "assert apply(grow, 5) == 6 and apply(grow, 7) == 8"
        ),
    )
    attack = """
        def apply(f, x):
            import gc
            from autograder.runner import Runner
            runner = [o for o in gc.get_objects() if type(o) is Runner][0]
            found = []
            for operation in ("getattr", "method", "setattr", "vars", "dir", "repr", "__getitem__", "format"):
                for name in ("__globals__", "__code__", "__closure__", "__class__", "__dict__", "gi_frame"):
                    for number in range(5):
                        try: found.append(runner.ask(operation, number, (name,)))
                        except Exception: pass
            assert not found, found
            return x + 1
        """
    assert scores(judge(source, submission(source, answer=attack))) == [2.0]


def test_files_of_a_student_come_as_data_only():
    source = notebook(
        solution("open('out.txt', 'w').write('1')"),
        graded("assert open('out.txt').read() == '1'"),
        graded("import helper\nassert helper.value == 1"),
        graded("import pickle\nassert pickle.load(open('data.pkl', 'rb')) == 1"),
    )
    attack = """
        import pickle
        open('out.txt', 'w').write('1')
        open('helper.py', 'w').write('value = 2')
        pickle.dump(1, open('data.pkl', 'wb'))
        """
    found = judge(source, submission(source, answer=attack), files={"helper.py": "value = 1"})
    assert scores(found) == [2.0, 2.0, 0.0]


def test_a_child_that_dies_at_every_turn_ends_the_submission_in_time():
    source = notebook(
        *[
            cell
            for n in range(12)
            for cell in (
                solution(f"def f{n}(): return {n}", f"a{n}"),
                graded(f"assert f{n}() == {n}", f"q{n}", 1.0),
            )
        ]
    )
    attack = {f"a{n}": f"import os\ndef f{n}(): os._exit(0)" for n in range(12)}
    assert scores(judge(source, submission(source, **attack), limits=QUICK)) == [0.0] * 12


def test_the_budget_of_a_submission_ends_what_each_question_does_not():
    source = notebook(
        *[
            cell
            for n in range(6)
            for cell in (
                solution(f"def f{n}(): return {n}", f"a{n}"),
                graded(f"assert f{n}() == {n}", f"q{n}", 1.0),
            )
        ]
    )
    attack = {f"a{n}": f"import time\ndef f{n}(): time.sleep(0.9); return {n}" for n in range(6)}
    limits = JudgeLimits(cell_seconds=10.0, question_seconds=10.0, submission_seconds=4.0)
    result = judge(source, submission(source, **attack), limits=limits)
    assert 1 <= sum(scores(result)) <= 4
    assert result.questions[-1].reason == "The time for this submission ran out."


def test_a_test_that_swallows_everything_does_not_hide_a_dead_child():
    source = notebook(
        solution("def f(): return 1"), graded("try:\n    f()\nexcept:\n    pass"), graded("assert f() == 1")
    )
    attack = "import os\ndef f(): os._exit(0)"
    assert scores(judge(source, submission(source, answer=attack))) == [0.0, 0.0]


# ------------------------------------------------------------------------------------------------ what leaks

LEAKY = notebook(
    solution("def f(x): return x + 1", "first"),
    graded(
        """
        assert f(1) == 2
        ### BEGIN HIDDEN TESTS
        secret = "HIDDEN-7351"
        assert f(7351) == 7352, "other numbers, too"
        assert f(len(secret)) == 12
        ### END HIDDEN TESTS
        """,
        "q-first",
    ),
    solution("def g(x): return x", "second"),
    graded("assert g(1) == 1", "q-second"),
)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("seen = []\ndef f(x):\n    seen.append(x)\n    return x + 1", "print(seen)\ndef g(x): return seen"),
        ("seen = []\ndef f(x):\n    seen.append(x)\n    return x + 1", "seen\n"),
        ("seen = []\ndef f(x):\n    seen.append(x)\n    return x + 1", "raise ValueError(seen)"),
        ("seen = []\ndef f(x):\n    seen.append(x)\n    return x + 1", "def g(x): raise ValueError(seen)"),
        (
            "seen = []\ndef f(x):\n    seen.append(x)\n    return x + 1",
            "def g(x): raise type(f'E{seen[-2]}', (Exception,), {})",
        ),
        ("def f(x):\n    print(x)\n    raise ValueError(x)", "def g(x): return x"),
        ("def f(x):\n    if x > 1: raise ValueError(x)\n    return x + 1", "def g(x): return x"),
        ("def f(x): return type(f'N{x}', (), {})() if x > 1 else 2", "def g(x): return x"),
        ("def f(x): return 2 if x == 1 else f'{x}'", "def g(x): return x"),
    ],
)
def test_nothing_of_a_hidden_test_is_told(first, second):
    result = judge(LEAKY, submission(LEAKY, first=first, second=second))
    told = f"{result.questions} {result.outputs} {result.messages}"
    for secret in ("7351", "7352", "HIDDEN"):
        assert secret not in told


def test_a_hidden_test_tells_its_authors_message_and_no_more():
    wrong = judge(LEAKY, submission(LEAKY, first="def f(x): return 2")).questions[0]
    assert wrong.reason == "A hidden test failed: other numbers, too"
    raising = judge(LEAKY, submission(LEAKY, first="def f(x): return 2 if x == 1 else [][x]")).questions[0]
    assert raising.reason == "A hidden test failed: the code raised IndexError"


def test_visible_tests_after_hidden_ones_still_explain_themselves():
    wrong = submission(LEAKY, second="print('mine')\ndef g(x): return 'seventeen'")
    result = judge(LEAKY, wrong)
    assert result.questions[1].reason == "AssertionError: assert g(1) == 1"
    assert result.outputs["cell-2"][0]["text"] == "mine\n"


def test_the_child_never_sees_a_test():
    source = notebook(
        solution("def f(x): return x", "first"),
        graded("needle = 'NEEDLE-42'\nassert f(1) == 1"),
    )
    attack = """
        import gc, os, sys
        def f(x):
            texts = [o for o in gc.get_objects() if isinstance(o, (str, bytes, list, tuple, dict))]
            found = [k for k, v in os.environ.items() if "NEEDLE" in v]
            source = "NEED" + "LE-42"
            found += [1 for m in list(sys.modules.values()) if source in str(vars(m).get("__dict__", ""))]
            import __main__
            found += [name for name in vars(__main__) if name == "needle"]
            return x if not found else None
        """
    assert scores(judge(source, submission(source, first=attack))) == [2.0]


def test_struct_is_what_the_frames_are_made_with():
    """The attacks above speak the wire's language."""
    from autograder.wire import HEADER

    assert HEADER.format == struct.Struct(">II").format
