"""No attacks at all: what honest students do without thinking of it, which must cost nothing."""

# ruff: noqa: E501 (programs in strings, one entry after the other)

from __future__ import annotations

from typing import Any

from autograder.attacks.course import FULL, GATES, RIGHT, SEAMS
from autograder.attacks.entry import Draft, Entry

RIGHT_SCORE = FULL[GATES]


def _each(before: str) -> dict[str, str]:
    """The right answers with a line at the start of every function."""
    changed = {}
    for name in ("product", "slope", "relu", "initials"):
        head, body = RIGHT[name].rsplit("\n    ", 1)
        changed[name] = f"{head}\n    {before}\n    {body}"
    return changed


def _fair(name: str, about: str, **fields: Any) -> Entry:
    return Entry(f"fairness-{name}", about, RIGHT_SCORE, **fields)


def _at_seams(name: str, about: str, **answers: str) -> Entry:
    return Entry(f"fairness-{name}", about, FULL[SEAMS], answers=answers, assignment=SEAMS)


def _tabs(draft: Draft) -> None:
    for name in ("product", "gate", "initials"):
        cell = draft.cell(name)
        cell.source = cell.source.replace("    ", "\t").replace("\n", "\r\n") + "\r\n\t"


ENTRIES = (
    _at_seams("seams", "answers rightly where the tests use more than calls and plain values"),
    _at_seams(
        "own-numbers",
        "answers with numbers of classes of its own",
        half="class Length(float):\n    def __repr__(self): return f'{float(self)} m'\ndef half(x):\n    return Length(x / 2)",
        scale="import enum\nclass Known(enum.IntEnum):\n    TWO = 2\n    FOURTEEN = 14\n"
        "def scale(a):\n    return Known(2 * a) if isinstance(a, int) else (2 * a).view(np.recarray)",
    ),
    _at_seams(
        "own-lists",
        "answers with a list of a class of its own",
        order="class Sorted(list):\n    def smallest(self): return self[0]\ndef order(items):\n    return Sorted(sorted(items))",
    ),
    _at_seams(
        "other-errors",
        "raises the exception of a locked cell from a helper, and has subclassed it",
        root="class Negative(TooSmall): pass\ndef check(x):\n    if x < 0: raise TooSmall(x) from None\n"
        "def root(x):\n    check(x)\n    return x**0.5",
    ),
    _at_seams(
        "other-imports",
        "imports what an answer asks for in other ways",
        side="import math\nsqrt = math.sqrt",
        cube="import helpers\nclose = helpers.close\ncube = lambda x: x * x * x",
    ),
    _fair("nothing", "answers rightly and does nothing else", sample=True),
    _fair(
        "prints",
        "prints in every function and cell",
        answers=_each("print('here')"),
        code="print('hello')",
        sample=True,
    ),
    _fair(
        "stderr",
        "writes to standard error",
        answers=_each("import sys; print('here', file=sys.stderr)"),
        code="import sys\nprint('hello', file=sys.stderr)",
    ),
    _fair(
        "warnings",
        "causes warnings of all kinds",
        answers=_each(
            "import warnings; warnings.warn('odd', DeprecationWarning); warnings.warn('odd', UserWarning)"
        ),
        code="import warnings\nimport numpy as np\nwarnings.simplefilter('always')\nnp.array([1.0]) / np.array([0.0])\nwarnings.warn('hello')\n1 is 1\n'\\d'",
        sample=True,
    ),
    _fair(
        "warnings-as-errors",
        "turns warnings into errors in its own process",
        code="import warnings\nimport numpy as np\nwarnings.simplefilter('error')\nnp.seterr(all='raise')",
    ),
    _fair(
        "logging",
        "logs at every level",
        answers=_each("import logging; logging.warning('here')"),
        code="import logging\nlogging.basicConfig(level=logging.DEBUG)\nlogging.error('hello')",
    ),
    _fair(
        "folder",
        "changes into another folder and stays there",
        answers={"mean": RIGHT["mean"] + "\nimport os\nos.makedirs('work')\nos.chdir('work')"},
    ),
    _fair(
        "root-folder",
        "changes into the topmost folder before the tests",
        answers={"mean": RIGHT["mean"] + "\nimport os\nos.chdir('/')"},
    ),
    _fair(
        "folder-gone",
        "removes the folder that it is in",
        last="import os\nos.makedirs('work')\nos.chdir('work')\nos.rmdir('../work')",
    ),
    _fair(
        "names",
        "uses the names that the tests use for things of its own",
        code="a, b, x, dz, dx, dy, out, i = 1, 2, 3, 4, 5, 6, 7, 8\nsecret = key = 'mine'\ndef cube(x): return x\ndef near(x, y): return x - y\n"
        "reference = relu_reference = gate = None\nclass Test: pass\ntest = check = expected = result = answer = Test",
        sample=True,
    ),
    _fair(
        "names-later",
        "does the same after its answers",
        last="near = None\ngate = 5\ndx = dy = out = a = b = 'mine'\nreference = relu_reference = None",
    ),
    _fair(
        "builtins",
        "gives the names of built-in functions to things of its own",
        code="list = [1, 2]\nmax = min = 7\nid = type = 'x'\ninput = 3\nstr_ = str\nabs = round = None\nprint(list, max)",
        sample=True,
    ),
    _fair(
        "judge-names",
        "uses names that the grader uses",
        code="runner = student = judge = wire = line = Runner = None\n_ = __ = 5\nrun = cell = cells = None\n__name__ = 'mine'\n__file__ = __doc__ = 'mine'",
    ),
    _fair(
        "lists",
        "answers with lists where arrays are expected",
        answers={
            "relu": "import numpy as np\ndef relu_backward(dz, x):\n    return [float(d) if v > 0 else 0.0 for d, v in zip(dz, x)]"
        },
        sample=True,
    ),
    _fair(
        "arrays",
        "answers with arrays where lists are expected",
        answers={"gradient": "import numpy as np\ngradient = np.array([39.0, 8.0])"},
    ),
    _fair(
        "tuples",
        "answers with tuples, and with lists for tuples",
        answers={
            "gradient": "gradient = (39, 8)",
            "gate": RIGHT["gate"].replace(
                "return self.y * dz, self.x * dz", "return [self.y * dz, self.x * dz]"
            ),
        },
    ),
    _fair(
        "numpy-numbers",
        "answers with numbers of numpy's, 0-d arrays among them",
        answers={
            "product": "import numpy as np\ndef product(x, y):\n    return np.float64(x * y)",
            "slope": "import numpy as np\ndef slope(f, x, h=1e-6):\n    return np.asarray((f(x + h) - f(x - h)) / (2 * h))[()]",
            "gradient": "import numpy as np\ngradient = [np.int64(39), np.float32(8)]",
            "mean": "import numpy as np\nmean = np.loadtxt('data.csv').mean()",
        },
    ),
    _fair(
        "other-numbers",
        "answers with integers, fractions and complex numbers of the right value",
        answers={
            "mean": "from fractions import Fraction\nmean = Fraction(12, 3)",
            "gradient": "from fractions import Fraction\ngradient = [Fraction(39), 8 + 0j]",
        },
    ),
    _fair(
        "series",
        "answers with a pandas series",
        answers={
            "gradient": "import pandas as pd\ngradient = pd.Series([39, 8])",
            "mean": "import pandas as pd\nmean = pd.read_csv('data.csv', header=None)[0].mean()",
        },
    ),
    _fair(
        "array-views",
        "answers with views, in Fortran order, read-only and of other byte order",
        answers={
            "relu": "import numpy as np\ndef relu_backward(dz, x):\n    made = np.zeros((2, len(x)), order='F')\n    made[0] = dz * (x > 0)\n    made.flags.writeable = False\n    return made[0].astype('>f8')[::1]"
        },
    ),
    _fair(
        "other-callables",
        "answers with lambdas, library functions, partial ones and objects that can be called",
        answers={
            "product": "import operator\nproduct = operator.mul",
            "slope": "from functools import partial\ndef _slope(f, x, h): return (f(x + h) - f(x - h)) / (2 * h)\nslope = partial(_slope, h=1e-6)",
            "initials": "class Initials:\n    def __call__(self, text):\n        return ''.join(word[0] for word in text.split())\ninitials = Initials()",
            "relu": "import numpy as np\nrelu_backward = lambda dz, x: np.where(x > 0, dz, 0.0)",
        },
        sample=True,
    ),
    _fair(
        "other-classes",
        "writes classes with slots, bases, properties and hooks",
        answers={
            "gate": "from dataclasses import dataclass\n\nclass Base:\n    __slots__ = ('kept',)\n    def __init_subclass__(cls): cls.known = True\n\n\n"
            "class MultiplyGate(Base):\n    def forward(self, *inputs):\n        self.kept = inputs\n        return inputs[0] * inputs[1]\n\n"
            "    def backward(self, dz=1.0):\n        x, y = self.kept\n        return y * dz, x * dz\n\n    def __repr__(self): return 'gate'"
        },
    ),
    _fair(
        "decorators",
        "caches, wraps and counts its functions",
        code="import functools\ncalls = 0\ndef counted(function):\n    @functools.wraps(function)\n    def wrapper(*a, **k):\n        global calls\n        calls += 1\n        return function(*a, **k)\n    return wrapper",
        answers={
            "product": "@counted\n@functools.lru_cache\ndef product(x, y):\n    return x * y",
            "initials": "@counted\n" + RIGHT["initials"],
        },
        last="calls",
    ),
    _fair(
        "helpers",
        "defines helpers in cells of its own, before and after",
        code="def multiply(x, y):\n    return x * y",
        answers={
            "product": "def product(x, y):\n    return helper(x, y)\ndef helper(x, y):\n    return multiply(x, y)"
        },
    ),
    _fair(
        "annotations",
        "annotates types and asks for later evaluation",
        answers={
            "product": "from __future__ import annotations\ndef product(x: float, y: Unknown) -> Later | None:\n    return x * y"
        },
    ),
    _fair(
        "magics",
        "uses magic commands, shell commands and questions",
        code="%matplotlib inline\n%time 1 + 1\n%timeit -n1 -r1 pass\n%load_ext autoreload\n%autoreload 2\n!ls\n%pwd\n%pip install numpy\n?print\nprint?",
    ),
    _fair(
        "cell-magics", "has cells of other languages", code="%%bash\necho hello", last="%%html\n<b>hello</b>"
    ),
    _fair(
        "figures",
        "draws figures",
        code="import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.title('$x^2$')\nplt.show()",
        last="fig, ax = plt.subplots()\nax.imshow([[1, 2], [3, 4]])",
    ),
    _fair("question", "asks for input", code="name = input('Your name? ')\nprint(name)"),
    _fair("mistake", "has a cell that fails", code="1 / 0\nafterwards = 1", sample=True),
    _fair(
        "mistakes-around",
        "has cells that fail, are no Python, or are half finished, around right answers",
        code="def half(\n",
        last="raise NotImplementedError",
    ),
    _fair(
        "own-tests",
        "has tests of its own and copies of the visible ones",
        last="assert product(3, 4) == 12\nassert False, 'look here again'",
        code="import unittest\nclass TestProduct(unittest.TestCase):\n    def test_it(self): self.assertEqual(2, 2)\nunittest.main(argv=['x'], exit=False)",
    ),
    _fair(
        "letters",
        "uses letters of many languages",
        code="größe, π, 变量 = 1, 3.14, 'ok'\nprint('∂f/∂x ✓ 🎉 \u200b')",
        answers={
            "product": "def product(x, y):\n    # Größe · 乘法\n    ergebnis_ß = x * y\n    return ergebnis_ß"
        },
    ),
    _fair(
        "await",
        "waits at the top level",
        code="import asyncio\nawait asyncio.sleep(0)\nasync def later(): return 5\nprint(await later())",
    ),
    _fair(
        "seeds",
        "sets the seeds of the generators",
        answers=_each("import random; random.seed(0)"),
        code="import random\nimport numpy as np\nrandom.seed(1)\nnp.random.seed(1)",
    ),
    _fair(
        "print-options",
        "changes how numbers are printed",
        code="import numpy as np\nimport sys\nnp.set_printoptions(precision=1, suppress=True)\nsys.setrecursionlimit(5000)\n%precision 2",
    ),
    _fair(
        "long-output",
        "prints five thousand lines",
        code="for n in range(5000): print('epoch', n, 'loss', 1 / (n + 1))",
    ),
    _fair(
        "progress",
        "prints a bar that overwrites itself",
        code="import sys\nfor n in range(200):\n    sys.stdout.write(f'\\r{n / 2:.0f}%')\n    sys.stdout.flush()",
    ),
    _fair(
        "files",
        "writes a file and reads it again in another cell",
        code="with open('notes.txt', 'w') as file:\n    file.write('2')",
        last="assert open('notes.txt').read() == '2'",
    ),
    _fair(
        "imports",
        "imports many packages, and some that are not there",
        code="import collections, itertools, math, os, re, sys, time\nimport scipy.optimize\nimport sympy\ntry:\n    import torch\nexcept ImportError:\n    print('no torch')\nimport not_installed_here",
    ),
    _fair("slow", "takes a moment", code="import time\ntime.sleep(0.4)"),
    _fair("tabs", "uses tabs and line ends of Windows", make=_tabs),
    _fair(
        "deleted-names",
        "deletes what it no longer needs",
        answers={
            "gradient": RIGHT["gradient"] + "\ndel w1, w2",
            "mean": RIGHT["mean"] + "\ndel numbers, file",
        },
    ),
    _fair(
        "generators",
        "uses generators and recursion inside",
        answers={
            "slope": "def slope(f, x, h=1e-6):\n    def values():\n        yield (f(x + h) - f(x - h)) / (2 * h)\n    return next(values())",
            "product": "def product(x, y):\n    return sum(y for _ in range(x)) if isinstance(x, int) and 0 < x < 9 else x * y",
        },
    ),
    _fair(
        "callback-kept",
        "keeps what tests pass to it, prints it and calls it twice",
        answers={
            "slope": "kept = []\ndef slope(f, x, h=1e-6):\n    kept.append(f)\n    print(f)\n    f(x)\n    return (kept[-1](x + h) - f(x - h)) / (2 * h)"
        },
    ),
    _fair(
        "more-parameters",
        "takes parameters of its own with defaults",
        answers={
            "product": "def product(x, y, *rest, verbose=False, **options):\n    if verbose: print(x, y)\n    return x * y"
        },
    ),
    _fair(
        "redefined",
        "defines an answer twice, the right one last",
        answers={"product": "def product(x, y):\n    return x + y\n\ndef product(x, y):\n    return x * y"},
    ),
    _fair(
        "later-cell",
        "tries its answers in the last cell of the notebook",
        last="print(product(2, 3), slope(lambda x: x, 1.0))\ndisplay(gradient)\nMultiplyGate().forward(1, 2)",
    ),
)
