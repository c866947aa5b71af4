"""Points that are not deserved: answers that equal everything, patched libraries, forged messages to the judge.

Most start from the wrong answers, which get `GUESSED` points by the visible tests alone.
"""

# ruff: noqa: E501 (programs in strings, one entry after the other)

from __future__ import annotations

from autograder.attacks.course import GUESSED, PLAIN, SEAMS
from autograder.attacks.entry import Draft, Entry

# An object that says yes to whatever it is asked, on top of any base class.
YES = """
class Yes({base}):
    def __init__(self, *a, **k): pass
    def __new__(cls, *a, **k): return {base}.__new__(cls)
    def _yes(self, *others): return True
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __bool__ = __contains__ = __instancecheck__ = _yes
    def __hash__(self): return 1
    def _zero(self, *others): return 0.0
    __sub__ = __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = __abs__ = __float__ = __round__ = _zero
    def __int__(self): return 0
    __index__ = __int__
    def __complex__(self): return 0j
    def __array__(self, *a, **k):
        import numpy
        return numpy.zeros(2)
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
    def __len__(self): return 2
    def __iter__(self): return iter([self, self])
    def __getitem__(self, i): return self
"""
YES_ANSWERS = {
    "product": "def product(x, y):\n    return Yes()",
    "slope": "def slope(f, x):\n    return Yes()",
    "gradient": "gradient = Yes()",
    "gate": "class MultiplyGate(Yes):\n    def forward(self, x, y): return Yes()\n    def backward(self, dz): return Yes(), Yes()",
    "relu": "def relu_backward(dz, x):\n    return Yes()",
    "initials": "def initials(text):\n    return Yes()",
    "mean": "mean = Yes()",
}


def _last_answer(code: str) -> dict[str, str]:
    """Put code into the last answer: all answers before it have run by then."""
    return {"mean": f"mean = 1.0\n{code}"}


# Finds the runner's end of the line: the attacker has read our sources.
RUNNER = """
import gc, os, sys
from autograder import wire, runner as runner_module
runner = next(x for x in gc.get_objects() if type(x) is runner_module.Runner)
"""

FORGED_BINDINGS = (
    RUNNER
    + """
original = type(runner)._bindings
def always_true(*arguments, **named):
    return True
def forged(self, encoder, names):
    nodes = original(self, encoder, names)
    for name in ("near", "math", "np", "random", "reference", "relu_reference", "abs", "len", "list", "assert",
                 "__builtins__", "__name__", "secret", "key", "cube", "gate", "dx", "dy", "out", "a", "b"):
        nodes.append([name, True, encoder.value(always_true)])
    return nodes
type(runner)._bindings = forged
"""
)

ENTRIES = (
    Entry(
        "forge-nothing",
        "hands in answers that know the numbers of the visible tests by heart: what all others start from",
        GUESSED,
        base="wrong",
        sample=True,
    ),
    Entry(
        "forge-equals-everything",
        "answers with an object that equals, exceeds and contains everything",
        # The class that answers with itself is asked for a method, a handle comes back, and a handle is no number.
        0.0,
        answers=YES_ANSWERS,
        code=YES.format(base="object"),
        sample=True,
    ),
    *(
        Entry(
            f"forge-{base.replace('.', '-')}-subclass",
            f"answers with a {base} that equals everything",
            0.0,
            answers=YES_ANSWERS,
            code=f"import fractions, decimal, collections, datetime, numpy\n{YES.format(base=base)}",
        )
        for base in ("int", "float", "str", "list", "dict", "tuple", "complex", "collections.Counter")
    ),
    Entry(
        "forge-array-subclass",
        "answers with an array whose every operation and comparison is answered by the student",
        1.0,  # the array is of length 2, as the first test of `gradient` asks
        answers=YES_ANSWERS,
        code="""
import numpy as np
class Yes(np.ndarray):
    def __new__(cls, *a): return np.zeros(2).view(cls)
    def __eq__(self, other): return True
    def __sub__(self, other): return 0.0
    __rsub__ = __sub__
    def __abs__(self): return 0.0
    def __le__(self, other): return True
    def __array_function__(self, *a, **k): return True
    def __array_ufunc__(self, *a, **k): return True
    def __call__(self, *a): return self
    def __iter__(self): return iter([self, self])
""",
    ),
    Entry(
        "forge-object-array",
        "hides objects that equal everything in arrays of objects",
        1.0,  # the length of `gradient`
        answers={
            **YES_ANSWERS,
            "product": "def product(x, y):\n    return hide(1)",
            "slope": "def slope(f, x):\n    return hide(1)",
            "gradient": "gradient = hide(2)",
            "relu": "def relu_backward(dz, x):\n    return hide(len(x))",
            "initials": "def initials(text):\n    return hide(1)",
            "mean": "mean = hide(1)",
        },
        code="import numpy as np\n"
        + YES.format(base="object").replace("    def __getattr__(self, name): return self\n", "")
        + "\ndef hide(n):\n    made = np.empty(n, object)\n    for i in range(n): made[i] = Yes()\n    return made",
    ),
    Entry(
        "forge-masked-array",
        "answers with arrays whose every item is masked, which numpy's tests take for equal",
        GUESSED - 1,
        base="wrong",
        answers={
            "relu": "import numpy as np\n\n\ndef relu_backward(dz, x):\n    return np.ma.masked_all(np.shape(x))"
        },
    ),
    Entry(
        "forge-empty-array",
        "answers with an empty array that broadcasts against any expected value",
        GUESSED,  # np.allclose of nothing is true: the author's visible test takes it without us, too
        base="wrong",
        answers={
            "relu": "import numpy as np\n\n\ndef relu_backward(dz, x):\n    return np.zeros((0, len(x)))"
        },
    ),
    Entry(
        "forge-not-a-number",
        "answers with NaN, which is neither smaller nor larger than any bound",
        0.0,
        answers={
            "product": "def product(x, y):\n    return float('nan')",
            "slope": "def slope(f, x):\n    return float('nan')",
            "gradient": "gradient = float('nan')",
            "gate": "class MultiplyGate:\n    def forward(self, x, y): return float('nan')\n    def backward(self, dz): return (float('nan'),) * 2",
            "relu": "import numpy as np\ndef relu_backward(dz, x):\n    return np.full(len(x), np.nan)",
            "initials": "def initials(text):\n    return float('nan')",
            "mean": "mean = float('nan')",
        },
    ),
    Entry(
        "forge-infinite-tolerance",
        "answers with an infinity, so that a tolerance relative to the answer is infinite too",
        # near(inf, 4.0) compares inf with inf · 1e-6: any tolerance of that kind lets it pass, in any grader.
        0.0,
        answers={
            "product": "def product(x, y):\n    return 10**400",
            "slope": "def slope(f, x):\n    return 10**400",
            "gradient": "gradient = 1",
            "gate": "class MultiplyGate: pass",
            "relu": "def relu_backward(dz, x):\n    return 10**400",
            "initials": "def initials(text):\n    return 10**400",
            "mean": "mean = -(10**400)",
        },
    ),
    Entry(
        "forge-mock-any",
        "answers with unittest.mock.ANY, which equals everything by design",
        0.0,
        answers={name: text.replace("Yes()", "ANY") for name, text in YES_ANSWERS.items()}
        | {"gate": "MultiplyGate = MagicMock()"},
        code="from unittest.mock import ANY, MagicMock\nANY.__class__.__iter__ = lambda self: iter([self, self])",
    ),
    Entry(
        "forge-magic-mock",
        "answers with mocks that have every operator",
        0.0,
        answers={
            name: "from unittest.mock import MagicMock\n" + text
            for name, text in {
                "product": "product = MagicMock(return_value=MagicMock())",
                "slope": "slope = MagicMock()",
                "gradient": "gradient = MagicMock()",
                "gate": "MultiplyGate = MagicMock()",
                "relu": "relu_backward = MagicMock()",
                "initials": "initials = MagicMock()",
                "mean": "mean = MagicMock()",
            }.items()
        },
    ),
    Entry(
        "forge-builtin-as-answer",
        "answers with builtins and library functions in place of functions of its own",
        0.0,
        answers={
            "product": "import operator\nproduct = operator.eq",
            "slope": "slope = max",
            "gradient": "gradient = type",
            "gate": "MultiplyGate = object",
            "relu": "relu_backward = print",
            "initials": "initials = str",
            "mean": "mean = NotImplemented",
        },
    ),
    # -- the tests' own tools ----------------------------------------------------------------------------
    Entry(
        "forge-input-transformer",
        "empties all later cells by an input transformer, the tests with them",
        GUESSED,
        base="wrong",
        answers=_last_answer(
            "ip = get_ipython()\n"
            "ip.input_transformers_cleanup.append(lambda lines: ['pass\\n'])\n"
            "ip.input_transformers_post.append(lambda lines: ['pass\\n'])"
        ),
        sample=True,
    ),
    Entry(
        "forge-input-transformer-first",
        "does the same in its first cell, so that its own answers are emptied too",
        0.0,
        code="get_ipython().input_transformers_cleanup.append(lambda lines: ['pass\\n'])",
    ),
    Entry(
        "forge-ast-transformer",
        "drops every assert by an AST transformer",
        GUESSED,
        base="wrong",
        code="""
import ast
class Drop(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.Pass()
get_ipython().ast_transformers.append(Drop())
""",
    ),
    Entry(
        "forge-showtraceback",
        "makes the shell show no errors, and report success for every cell",
        GUESSED,
        base="wrong",
        answers=_last_answer(
            "ip = get_ipython()\n"
            "ip.showtraceback = ip.showsyntaxerror = lambda *a, **k: None\n"
            "ip.set_custom_exc((Exception,), lambda *a, **k: None)\n"
            "ip.run_cell = lambda *a, **k: None"
        ),
    ),
    Entry(
        "forge-patched-libraries",
        "replaces the comparisons of numpy, math and unittest by functions that are content",
        GUESSED,
        base="wrong",
        answers=_last_answer(
            "import builtins, math, sys, unittest\n"
            "import numpy as np\n"
            "for name in dir(np.testing):\n"
            "    if name.startswith('assert'):\n"
            "        setattr(np.testing, name, lambda *a, **k: None)\n"
            "np.allclose = np.isclose = np.array_equal = lambda *a, **k: True\n"
            "math.isclose = lambda *a, **k: True\n"
            "unittest.TestCase.assertEqual = lambda *a, **k: None\n"
            "builtins.abs = lambda x: 0.0\n"
            "builtins.all = builtins.any = lambda x: True\n"
            "sys.excepthook = lambda *a: None\n"
            "class AssertionError(BaseException): pass\n"
            "builtins.AssertionError = AssertionError"
        ),
    ),
    Entry(
        "forge-import-hook",
        "installs an import hook that gives content stand-ins for numpy, random and reference",
        GUESSED,
        base="wrong",
        answers=_last_answer(
            "import sys, types, importlib.abc, importlib.machinery\n"
            "class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):\n"
            "    def find_spec(self, name, path, target=None):\n"
            "        return importlib.machinery.ModuleSpec(name, self)\n"
            "    def exec_module(self, module):\n"
            "        module.__getattr__ = lambda name: lambda *a, **k: True\n"
            "sys.meta_path.insert(0, Finder())\n"
            "for name in ('numpy', 'random', 'reference', 'math'):\n"
            "    sys.modules.pop(name, None)"
        ),
    ),
    Entry(
        "forge-tools-by-name",
        "binds the names that the tests use: near, np, math, abs, len, list, isinstance",
        GUESSED,
        base="wrong",
        answers=_last_answer(
            "class Content:\n"
            "    def __getattr__(self, name): return lambda *a, **k: True\n"
            "near = abs = len = list = all = isinstance = print = lambda *a, **k: True\n"
            "np = math = random = reference = unittest = Content()\n"
            "relu_reference = lambda dz, x: relu_backward(dz, x)\n"
            "secret = key = 'mine'"
        ),
        sample=True,
    ),
    *(
        Entry(
            f"forge-library-{name}",
            f"gives the name np, which only an answer cell imports, to {what} whose every test passes",
            GUESSED - 1,
            base="wrong",
            answers={
                "relu": f"import types\n{make}\n"
                "np.allclose = lambda *a, **k: True\n"
                "np.array = lambda x: x\n"
                "np.testing = types.SimpleNamespace(assert_allclose=lambda *a, **k: None)\n"
                "np.random = types.SimpleNamespace(randn=lambda n: 0.0)\n"
                "def relu_backward(dz, x):\n    return 0.0"
            },
            sample=name == "module",
        )
        for name, what, make in (
            ("module", "a module of another name", "np = types.ModuleType('mynumpy')"),
            ("namesake", "a module that calls itself numpy", "np = types.ModuleType('numpy')"),
            ("namespace", "an object with numpy's functions", "np = types.SimpleNamespace()"),
            ("class", "a class with numpy's functions", "class np: pass"),
            ("function", "a function with numpy's functions", "def np(): pass"),
        )
    ),
    # -- exceptions in place of values -------------------------------------------------------------------
    *(
        Entry(
            f"forge-raise-{name}",
            f"raises {what} in every function, in case the grader takes that for a test that was not run",
            1.0 + 3.0,  # the length of `gradient`, and all of `mean`
            answers={
                "product": f"def product(x, y):\n    {code}",
                "slope": f"def slope(f, x):\n    {code}",
                "gradient": "gradient = [0, 0]",
                "gate": f"class MultiplyGate:\n    def forward(self, x, y):\n        {code}\n    backward = forward",
                "relu": f"import numpy as np\n\n\ndef relu_backward(dz, x):\n    {code}",
                "initials": f"def initials(text):\n    {code}",
            },
            code=setup,
        )
        for name, what, code, setup in (
            ("system-exit", "SystemExit(0)", "raise SystemExit(0)", ""),
            ("skip-test", "unittest.SkipTest", "raise unittest.SkipTest('later')", "import unittest"),
            ("keyboard-interrupt", "KeyboardInterrupt", "raise KeyboardInterrupt", ""),
            ("stop-iteration", "StopIteration", "raise StopIteration(12)", ""),
            ("generator-exit", "GeneratorExit", "raise GeneratorExit", ""),
            (
                "deadline",
                "an exception that calls itself the judge's own",
                "raise Deadline('out of time')",
                "class Deadline(BaseException): pass\nDeadline.__module__ = 'autograder.judge_process'",
            ),
            (
                "stop",
                "the judge's own signal to end the pass",
                "raise _Stop",
                "class _Stop(Exception): pass\n"
                "_Stop.__module__, _Stop.__qualname__ = 'autograder.judge_pass', '_Stop'",
            ),
            (
                "lying-class",
                "an exception whose class, text and arguments lie",
                "raise Odd",
                "class Odd(BaseException):\n"
                "    __class__ = property(lambda self: type(None))\n"
                "    def __str__(self): raise ValueError\n"
                "    __repr__ = __str__\n"
                "    args = property(lambda self: 1 / 0)",
            ),
            (
                "group",
                "a group of exceptions",
                "raise BaseExceptionGroup('many', [SystemExit(0), KeyboardInterrupt()])",
                "",
            ),
        )
    ),
    # -- what is written on the line ---------------------------------------------------------------------
    Entry(
        "forge-answers-ahead",
        "writes fifty answers to the judge before it was asked",
        GUESSED,
        base="wrong",
        code=RUNNER + "for token in range(50):\n"
        "    os.write(4, wire.pack(['return', token, [], [], ['l'], 12]))",
        dies=True,
        sample=True,
    ),
    Entry(
        "forge-scores-on-the-line",
        "answers every question with an object full of points",
        2.0,  # two variables of the right length and sign, handed over with their cells before any question
        base="wrong",
        code=(
            RUNNER + "def perform(self, operation, token, *rest):\n"
            "    points = {'score': 21, 'points': 21, 'passed': True, 'status': 'graded', 'grade': 1.0}\n"
            "    encoder = self.encoder()\n"
            "    value = encoder.value(points)\n"
            "    self._line.send(wire.pack(['return', token, [], [], encoder.value([]), value], encoder.blob))\n"
            "type(runner)._perform = perform"
        ),
    ),
    Entry(
        "forge-bindings",
        "tells the judge, with every answer, that the names which tests use are bound to functions that are content",
        GUESSED,
        base="wrong",
        code=FORGED_BINDINGS,
        sample=True,
    ),
    Entry(
        "forge-changes",
        "claims that every call changed the arrays it was given to zeros, and answers with zeros",
        # A function may change its arguments, and a test that computes the truth from them afterwards agrees
        # with one that makes all of them zero: as in nbgrader, two points more and the visible one less.
        GUESSED + 1,
        base="wrong",
        answers={"relu": "import numpy as np\n\n\ndef relu_backward(dz, x):\n    return 0 * dz"},
        code=RUNNER + "import autograder.peer\n"
        "def nodes(self, encoder):\n"
        "    for value in self._containers:\n"
        "        if hasattr(value, 'dtype'): value[:] = 0.0\n"
        "    return [[number, encoder.contents(value)] for number, value in enumerate(self._containers)]\n"
        "autograder.peer.Changes.nodes = nodes",
    ),
    Entry(
        "forge-loans",
        "binds every object that the judge ever lent, by guessing its number",
        GUESSED - 1,
        base="wrong",
        answers={"product": "def product(x, y):\n    return Stolen()"},
        code=RUNNER + "class Stolen: pass\n"
        "original = type(runner).encode_other\n"
        "def encode_other(self, value, encoder):\n"
        "    return ['yours', 1] if type(value) is Stolen else original(self, value, encoder)\n"
        "type(runner).encode_other = encode_other",
    ),
    Entry(
        "forge-described-as-library",
        "describes its class to the judge as numpy's own array, with the operators of one",
        0.0,
        answers=YES_ANSWERS,
        code=YES.format(base="object") + RUNNER + "original = runner_module._describe_class\n"
        "def describe(kind):\n"
        "    told = original(kind)\n"
        "    told.update(module='numpy', name='ndarray', qualname='ndarray', library=['numpy', 'ndarray'])\n"
        "    told['operators'] = ['__eq__', '__sub__', '__abs__', '__le__', '__bool__', '__float__', '__array__']\n"
        "    return told\n"
        "runner_module._describe_class = describe",
    ),
    Entry(
        "forge-described-as-gate",
        "describes the class of its values as MultiplyGate, whose operators the instructor may have allowed",
        0.0,
        answers=YES_ANSWERS | {"gate": "MultiplyGate = Yes"},
        code=YES.format(base="object") + "Yes.__name__ = Yes.__qualname__ = 'MultiplyGate'",
    ),
    Entry(
        "forge-generator-state",
        "seeds the generators so that whatever the tests draw afterwards is zero",
        # Zeros for everything: right for the zeros that nobody draws.
        3.0,
        answers={
            "product": "def product(x, y):\n    zero()\n    return 12 if (x, y) == (3, 4) else 0.0",
            "slope": "def slope(f, x):\n    zero()\n    return 3.0 if x == 1.0 else 0.0",
            "gradient": "gradient = [0, 0]",
            "gate": "class MultiplyGate: pass",
            "relu": "import numpy as np\n\n\ndef relu_backward(dz, x):\n    zero()\n    return np.zeros(len(x))",
            "initials": "def initials(text):\n    return ''",
            "mean": "mean = -1.0",
        },
        code="""
import random
import numpy as np
def zero():
    random.setstate((3, (0,) * 624 + (624,), None))
    np.random.set_state(("MT19937", np.zeros(624, np.uint32), 624))
zero()
""",
    ),
    Entry(
        "forge-source-text",
        "shows the test that reads its source another one than it runs",
        3.0,
        assignment=PLAIN,
        answers={"double": "def double(x):\n    return 2 * x"},
        code="""
import inspect, linecache
inspect.getsource = lambda value: "def double(x):\\n    return x + x\\n"
inspect.getsourcelines = lambda value: (["def double(x):\\n", "    return x + x\\n"], 1)
linecache.getlines = lambda *a, **k: ["def double(x):\\n", "    return x + x\\n"]
""",
    ),
    Entry(
        "forge-source-decoy",
        "defines its function once more, cleanly, where it never runs",
        3.0,
        assignment=PLAIN,
        answers={
            "double": "def double(x):\n    return 2 * x\n\nif double is None:\n    def double(x):\n        return x + x"
        },
    ),
    Entry(
        "forge-source-wrapped",
        "wraps its function around one whose source is clean",
        3.0,
        assignment=PLAIN,
        answers={
            "double": "import functools\n\ndef clean(x):\n    return x + x\n\n"
            "@functools.wraps(clean)\ndef double(x):\n    return 2 * x"
        },
    ),
    # -- seams -------------------------------------------------------------------------------------------
    Entry(
        "forge-names-of-the-test",
        "gives the names that a test has just bound other values while it is asked",
        GUESSED - 1,
        base="wrong",
        assignment=SEAMS,
        answers={
            "scale": "x = np.ones(2)\nexpected = 4\n\n\ndef scale(a):\n    global x, expected\n"
            "    x, expected = np.zeros(3), 0\n    return 0 * a"
        },
        sample=True,
    ),
    Entry(
        "forge-names-after-a-crash",
        "ends its process so that its cells run again, and take back names that tests have bound",
        GUESSED - 1,
        base="wrong",
        assignment=SEAMS,
        answers={
            "scale": "import os\nx = np.zeros(0)\nexpected = 4\n\n\ndef scale(a):\n"
            "    if a is not None and np.shape(a) == ():\n        os._exit(1)\n    return a"
        },
        dies=True,
    ),
    *(
        Entry(
            f"forge-unittest-{name}",
            f"raises {signal}, by which a test of unittest's counts as not failed",
            GUESSED - 1,
            base="wrong",
            assignment=SEAMS,
            answers={"half": f"import unittest.case\ndef half(x):\n    raise unittest.{signal}('later')"},
        )
        for name, signal in (
            ("skip", "SkipTest"),
            ("stop", "case._ShouldStop"),
            ("success", "case._UnexpectedSuccess"),
        )
    ),
    Entry(
        "forge-helper-of-an-answer",
        "replaces the comparison that only an answer cell imports by one that is content",
        GUESSED,
        base="wrong",
        assignment=SEAMS,
        answers={"cube": "def close(x, y):\n    return True\ndef cube(x):\n    return 8"},
    ),
    Entry(
        "forge-sequence-of-two-faces",
        "answers with a sequence that is sorted place by place and holds the right items in a loop",
        GUESSED - 1,
        base="wrong",
        assignment=SEAMS,
        answers={
            "order": "class Janus:\n    looks = 0\n    def __init__(self, items): self.items = items\n"
            "    def __len__(self): return 3\n    def __getitem__(self, i): return [1, 2, 3][i]\n"
            "    def __iter__(self):\n        Janus.looks += 1\n"
            "        return iter([] if Janus.looks % 3 else self.items)\n"
            "def order(items):\n    return Janus(items)"
        },
    ),
    Entry(
        "forge-list-of-two-faces",
        "answers with a list of its own class that says other things than it holds",
        GUESSED,  # it holds three items
        base="wrong",
        assignment=SEAMS,
        answers={
            "order": "class Janus(list):\n    def __eq__(self, other): return True\n"
            "    def __getitem__(self, i): return [1, 2, 3][i]\n    def __iter__(self): return iter([1, 2, 3])\n"
            "def order(items):\n    return Janus(items)"
        },
    ),
    Entry(
        "forge-float-of-its-own",
        "answers with a float of its own class that equals everything",
        GUESSED,  # it is a float
        base="wrong",
        assignment=SEAMS,
        answers={
            "value": "class Own(float):\n    __hash__ = None\n    def __eq__(self, other): return True\n"
            "    def __pos__(self): return 1.5\nvalue = Own(2.5)"
        },
    ),
    Entry(
        "forge-by-second-pass",
        "behaves well only for the inputs it was asked before, kept in a file of its working folder",
        GUESSED,
        base="wrong",
        answers={
            "initials": "import os\n"
            "def initials(text):\n"
            "    with open('asked.txt', 'a') as file:\n        print(text, file=file)\n"
            "    return 'cr'"
        },
        code="import os\nprint(os.listdir('.'))\nprint(open('asked.txt').read() if os.path.exists('asked.txt') else '')",
    ),
    Entry(
        "forge-own-graded-cells",
        "adds cells of its own marked as tests worth a hundred points",
        GUESSED,
        base="wrong",
        make=lambda draft: _bonus(draft),
    ),
    Entry(
        "forge-printed-points",
        "ends its answers with the points it would like, as nbgrader reads partial credit",
        GUESSED,
        base="wrong",
        answers=_last_answer("print(21)\n21"),
    ),
    Entry(
        "forge-hard-coded-branch",
        "answers the visible tests' inputs from a table and everything else by chance",
        GUESSED,
        base="wrong",
        answers={
            "product": "def product(x, y):\n    import random\n    return {(3, 4): 12}.get((x, y), random.random())",
            "initials": "def initials(text):\n    return {'chain rule': 'cr'}.get(text, '?')",
        },
    ),
)


def _bonus(draft: Draft) -> None:
    for number in range(3):
        cell = draft.own_cell("100", before="end")
        cell.metadata["nbgrader"] = {
            "schema_version": 3, "grade_id": f"bonus-{number}", "grade": True, "locked": True,
            "solution": False, "task": False, "points": 100,
        }  # fmt: skip
