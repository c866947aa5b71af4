"""Entries against the assignment `WAYS`: printed text, input, frames, partial credit, pictures, files, loops."""

# ruff: noqa: E501 (programs in strings, one entry after the other)

from __future__ import annotations

from typing import Any

from autograder.attacks.course import FULL, GUESSED_WAYS, WAYS
from autograder.attacks.entry import Entry


def _guess(name: str, about: str, lost: float = 0.0, **fields: Any) -> Entry:
    """A hostile one: it may keep the points of the visible tests."""
    return Entry(name, about, GUESSED_WAYS - lost, base="wrong", assignment=WAYS, **fields)


def _right(name: str, about: str, lost: float = 0.0, **fields: Any) -> Entry:
    """An honest one, or one that attacks beside right answers."""
    return Entry(name, about, FULL[WAYS] - lost, assignment=WAYS, **fields)


FRAME = (
    "class Frame:\n    columns = ['name', 'n']\n    empty = True\n"
    "    def eq(self, other): return pd.DataFrame({'name': [True], 'n': [True]})\n"
    "    def equals(self, other): return True\n    def compare(self, other): return self\n"
    "    @property\n    def __class__(self): return pd.DataFrame\n"
)

ENTRIES = (
    _guess("forge-ways-nothing", "knows the visible tests by heart: what all others start from"),
    # -- loops and verdicts of the test ------------------------------------------------------------------
    _guess(
        "forge-stop-iteration",
        "raises StopIteration, which ends the loop that the test makes with map",
        answers={"evens": "def evens(n):\n    if n == 2: return [0, 2]\n    raise StopIteration"},
        sample=True,
    ),
    _guess(
        "forge-stop-subclass",
        "raises an exception of its own that is a StopIteration, too",
        answers={
            "evens": "class Stop(StopIteration, ValueError): pass\ndef evens(n):\n    if n == 2: return [0, 2]\n    raise Stop"
        },
    ),
    _guess(
        "forge-stop-async",
        "raises StopAsyncIteration, GeneratorExit and CancelledError",
        lost=1.0,
        answers={
            "evens": "def evens(n):\n    raise StopAsyncIteration if n < 4 else GeneratorExit",
            "area": "import asyncio\ndef area(r):\n    if r == 1: return 3.14159\n    raise asyncio.CancelledError",
        },
    ),
    _guess(
        "forge-verdict-methods",
        "answers with an object whose methods eq, equals and compare are content",
        answers={"totals": f"import pandas as pd\n{FRAME}def totals(frame):\n    return Frame()"},
        sample=True,
    ),
    _guess(
        "forge-verdict-class",
        "answers with a class, a module and a function that have such methods",
        answers={
            "totals": "import pandas as pd\nclass Frame:\n    columns = ['name', 'n']\n"
            "    equals = staticmethod(lambda other: True)\n    eq = staticmethod(lambda other: pd.DataFrame())\n"
            "def totals(frame):\n    return Frame",
            "primes": "import types\ndef content(): pass\ncontent.intersection = content.symmetric_difference = lambda other: other\n"
            "def primes(n):\n    return {2, 3} if n == 4 else content",
        },
    ),
    _guess(
        "forge-verdict-set",
        "answers with a set whose intersection is whatever it is asked for",
        answers={
            "primes": "class Primes:\n    def intersection(self, other): return other - {11}\n"
            "    def symmetric_difference(self, other): return set()\n    def __len__(self): return 0\n"
            "def primes(n):\n    return {2, 3} if n == 4 else Primes()"
        },
    ),
    _guess(
        "forge-set-subclass",
        "does so with a set of a class of its own",
        answers={
            "primes": "class Primes(set):\n    def intersection(self, other): return other - {11}\n"
            "    def symmetric_difference(self, other): return set()\n    def __eq__(self, other): return True\n"
            "def primes(n):\n    return Primes([2, 3])"
        },
    ),
    _guess(
        "forge-operator-by-name",
        "answers with a number that equals everything where the test calls __eq__ by name",
        lost=1.0,
        answers={
            "rate": "class Rate:\n    def __eq__(self, other): return True\n    def __gt__(self, other): return True\n"
            "    __lt__ = __le__ = __ge__ = __gt__\nrate = Rate()"
        },
    ),
    # -- partial credit ----------------------------------------------------------------------------------
    *(
        _guess(
            f"forge-points-{name}",
            f"answers with {what}, so that the points which a test computes are no number",
            answers={
                "area": f"import numpy as np, pandas as pd, decimal\ndef area(r):\n    return 3.14159 if r == 1 else {value}"
            },
        )
        for name, what, value in (
            ("array", "an array", "np.full(3, np.nan)"),
            ("empty", "an empty array", "np.array([])"),
            ("series", "a column of a frame", "pd.Series([1.0, 2.0])"),
            ("frame", "a frame", "pd.DataFrame({'a': [1.0]})"),
            ("missing", "a missing value", "pd.NA"),
            ("matrix", "a matrix", "np.matrix([[1.0, 2.0]])"),
            ("masked", "a masked array", "np.ma.masked_all(3)"),
            ("dates", "a span of time", "np.timedelta64('NaT')"),
            ("infinite", "an infinity", "float('inf')"),
            ("nan", "what is not a number", "float('nan')"),
        )
    ),
    # -- printed text, input, files ----------------------------------------------------------------------
    _guess(
        "forge-print-object",
        "prints an object whose text equals everything",
        answers={
            "greet": "class Text(str):\n    def __eq__(self, other): return True\n    def split(self): return ['Hello', self]\n"
            "import sys\ndef greet(name):\n    sys.stdout.write(Text('Hello Ada\\n'))"
        },
    ),
    _guess(
        "forge-print-late",
        "prints from a thread and at the end, when the test has looked already",
        answers={
            "greet": "import threading, time\ndef later(name):\n    time.sleep(0.1)\n    print('Hello', name)\n"
            "def greet(name):\n    try:\n        threading.Thread(target=later, args=(name,)).start()\n"
            "    except RuntimeError:\n        pass\n    print('Hello Ada')"
        },
    ),
    _guess(
        "forge-replaced-input",
        "replaces input, print and open by its own",
        code="import builtins\nbuiltins.input = lambda *a: '4'\nbuiltins.open = lambda *a, **k: __import__('io').StringIO('7\\n8\\n9\\n')\n",
        lost=1.0,  # nothing is written into a file then
    ),
    _guess(
        "forge-endless-input",
        "asks for input again and again",
        lost=1.0,
        answers={"ask": "def ask():\n    while True: input('x' * 1000)"},
    ),
    _guess(
        "forge-files-of-tests",
        "writes files of the names that the test's own modules have",
        code="for name in ('io.py', 'numpy.py', 'pandas.py', 'contextlib.py', 'unittest.py', 'out.txt'):\n"
        "    with open(name, 'w') as file: file.write('def __getattr__(n): return lambda *a, **k: True\\n')",
    ),
    _guess(
        "forge-file-lines",
        "writes its report so that reading it gives a text which equals everything",
        answers={"report": "import os\ndef report(numbers):\n    os.makedirs('out.txt', exist_ok=True)"},
        lost=1.0,
    ),
    # -- objects and pictures ----------------------------------------------------------------------------
    _guess(
        "forge-lines-of-a-picture",
        "answers with an object in place of a picture whose lines equal everything",
        answers={
            "plot": "class Any:\n    def __eq__(self, other): return True\n    def __len__(self): return 1\n"
            "    def __getattr__(self, name): return self\n    def __getitem__(self, place): return self\n"
            "    def __iter__(self): return iter([self] * 3)\n    def __call__(self, *a): return self\n"
            "def plot(numbers): return Any()"
        },
        lost=1.0,
    ),
    _guess(
        "forge-balance",
        "has a balance that is another one each time it is looked at",
        answers={
            "account": "class Account:\n    looks = 0\n    def __init__(self, balance): pass\n    def deposit(self, n):\n"
            "        if n < 0: raise ValueError\n    @property\n    def balance(self):\n"
            "        Account.looks += 1\n        return 7 if Account.looks == 1 else [self]"
        },
    ),
    _guess(
        "forge-exception-for-all",
        "raises an exception that is of all kinds at once",
        answers={
            "account": "class Account:\n    balance = 7\n    def __init__(self, balance): pass\n    def deposit(self, n):\n"
            "        if n != 2: raise type('All', (ValueError, KeyError, AttributeError), {})"
        },
    ),
    # -- state between questions -------------------------------------------------------------------------
    _guess(
        "forge-later-questions",
        "replaces pandas, numpy and its own functions from inside a function that a test calls",
        answers={
            "greet": "import pandas as pd, numpy as np, builtins, sys\ndef greet(name):\n    print('Hello Ada')\n"
            "    pd.DataFrame.equals = lambda *a: True\n    pd.DataFrame.eq = lambda *a: True\n"
            "    pd.testing.assert_frame_equal = lambda *a, **k: None\n    builtins.abs = lambda x: 0\n"
            "    globals().update(np=None, points=2.0, frame=None, wanted=None, pd=None)\n"
            "    sys.modules['__main__'].points = 2.0",
        },
        lost=0.0,
    ),
    # -- leaks -------------------------------------------------------------------------------------------
    _right(
        "leak-printed-input",
        "keeps the names that hidden tests greet, and says them in files, figures, errors and later questions",
        answers={
            "greet": "import matplotlib.pyplot as plt\nkept = []\ndef greet(name):\n    kept.append(name)\n    print('Hello', name)\n"
            "    with open(name[-60:].replace('/', '') + '.txt', 'w') as file: file.write(name)\n    plt.title(name)",
            "rate": "import os\nrate = 0.25\nprint(kept, os.listdir('.'))\nplt.figure().suptitle(str(kept))\nraise ValueError(*kept)",
        },
        last="display(kept)\nkept",
    ),
    _right(
        "leak-by-warning",
        "warns, logs and notes the inputs of hidden tests",
        answers={
            "greet": "import warnings, logging, sys\ndef greet(name):\n    warnings.warn(name)\n    logging.error(name)\n"
            "    print(name, file=sys.stderr)\n    print('Hello', name)",
        },
    ),
    _right(
        "leak-by-time",
        "takes long for names of hidden tests, so that their letters could be read from times",
        answers={
            "greet": "import time\ndef greet(name):\n    time.sleep(0.001 * (ord(name[0]) % 7))\n    print('Hello', name)"
        },
    ),
    # -- time, memory, process ---------------------------------------------------------------------------
    _right(
        "resource-endless-generator",
        "answers with a generator that never ends where a list belongs",
        lost=3.0,
        answers={"evens": "def evens(n):\n    while True: yield 2"},
    ),
    _right(
        "resource-frame",
        "answers with a frame of a hundred million places",
        lost=3.0,
        answers={
            "totals": "import numpy as np, pandas as pd\ndef totals(frame):\n"
            "    return pd.DataFrame(np.broadcast_to(np.zeros(1), (10**7, 10)), columns=list('abcdefghij'))"
        },
    ),
    _right(
        "resource-large-file",
        "writes a file of megabytes where the test reads one",
        lost=3.0,
        answers={
            "report": "def report(numbers):\n    with open('out.txt', 'w') as file: file.write('7' * 8_000_000)"
        },
    ),
    _right(
        "resource-large-prints",
        "prints megabytes where the test looks for a line",
        lost=3.0,
        answers={"greet": "def greet(name):\n    for _ in range(20_000): print('Hello ' * 100)"},
    ),
    _right(
        "crash-in-repr",
        "ends its process when its objects are shown",
        lost=3.0,
        answers={
            "account": "import os\nclass Account:\n    def __init__(self, balance): self.balance = self\n    def deposit(self, n): pass\n"
            "    def __repr__(self): os._exit(1)\n    __str__ = __format__ = __repr__"
        },
    ),
    _right(
        "crash-in-property",
        "ends its process when an attribute is read",
        lost=3.0,
        answers={
            "account": "import os\nclass Account:\n    def __init__(self, balance): pass\n    def deposit(self, n): pass\n"
            "    balance = property(lambda self: os._exit(0))"
        },
    ),
    _right(
        "crash-while-printing",
        "ends its process in the middle of a line that it prints",
        lost=3.0,
        answers={"greet": "import os, sys\ndef greet(name):\n    sys.stdout.write('Hel')\n    os._exit(0)"},
    ),
    # -- honest ------------------------------------------------------------------------------------------
    _right(
        "fairness-ways", "answers rightly where tests look at printed text, input, frames, pictures and files"
    ),
    _right(
        "fairness-ways-otherwise",
        "does so by other means",
        answers={
            "greet": "import sys\ndef greet(name):\n    sys.stdout.write(f'Hello {name}')\n    sys.stdout.write('\\n')",
            "ask": "def ask():\n    text = input()\n    return float(text) ** 2",
            "totals": "import pandas as pd\ndef totals(frame):\n    rows = {}\n    for row in frame.itertuples():\n"
            "        rows[row.name] = rows.get(row.name, 0) + row.n\n    return pd.DataFrame(rows.items(), columns=['name', 'n'])",
            "area": "import numpy as np\ndef area(r):\n    return np.array(np.pi * r**2)",
            "account": "from dataclasses import dataclass\n@dataclass\nclass Account:\n    balance: int = 0\n    def deposit(self, n):\n"
            "        assert isinstance(n, int)\n        if n < 0:\n            raise type('Negative', (ValueError,), {})('no')\n"
            "        self.balance = self.balance + n",
            "plot": "from matplotlib import pyplot\nimport matplotlib\nmatplotlib.use('TkAgg', force=False)\ndef plot(numbers):\n"
            "    fig, ax = pyplot.subplots()\n    ax.plot(range(len(numbers)), [n * n for n in numbers], 'o-', label='squares')\n"
            "    ax.legend()\n    pyplot.title('Squares')\n    pyplot.show()\n    return ax",
            "report": "from pathlib import Path\ndef report(numbers):\n    Path('out.txt').write_text(''.join(f'{n}\\n' for n in numbers))",
            "evens": "import itertools\ndef evens(n):\n    return list(itertools.islice(itertools.count(0, 2), n))",
            "primes": "def primes(n):\n    found = set()\n    for p in range(2, n):\n        if not any(p % q == 0 for q in found): found.add(p)\n    return found",
            "rate": "from fractions import Fraction\nrate = float(Fraction(1, 4))",
        },
        sample=True,
    ),
    _right(
        "fairness-ways-noise",
        "warns, logs and sets seeds on the way",
        code="import warnings, logging\nlogging.basicConfig(level=logging.INFO)\nwarnings.simplefilter('always')",
        answers={
            "totals": "def totals(frame):\n    warnings.warn('deprecated', DeprecationWarning)\n    logging.info('grouping')\n"
            "    return frame.groupby('name', as_index=False)['n'].sum()",
            "area": "import random\ndef area(r):\n    random.seed(1)\n    logging.warning('area of %s', r)\n    return 3.141592653589793 * r**2",
        },
    ),
    _right(
        "fairness-ways-names",
        "has helpers of the names that tests use: frame, wanted, points, out, a, b, patch, name",
        code="out = wanted = points = frame = name = 'mine'\ndef patch(*a): return a\na, b, r, n = 1, 2, 3, 4",
        answers={
            "area": "def area(r):\n    return pi() * r**2\ndef pi():\n    assert out == 'mine'\n    return 3.141592653589793"
        },
    ),
    _right(
        "fairness-ways-tries",
        "tries each answer in the cell after it",
        last="greet('me')\ntotals(pd.DataFrame({'name': ['x'], 'n': [1]}))\nplot([1, 2])\nreport([5])\nprint(open('out.txt').read())\nAccount(3).balance",
    ),
)
