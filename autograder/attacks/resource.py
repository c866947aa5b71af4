"""Taking time, memory, disk and attention without end: it costs the question, not the batch."""

# ruff: noqa: E501 (programs in strings, one entry after the other)

from __future__ import annotations

from nbformat.v4 import new_code_cell, new_markdown_cell

from autograder.attacks.course import FULL, GATES
from autograder.attacks.entry import Draft, Entry

RIGHT_SCORE = FULL[GATES]


def _product(body: str) -> dict[str, str]:
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    return {"product": f"import os, sys, time\ndef product(x, y):\n{lines}"}


# A message made by hand: what the wire's own encoder would not send.
FORGE = """
from autograder import wire, runner as runner_module
class Forged:
    def __init__(self, node): self.node = node
original = runner_module.Runner.encode_other
def encode_other(self, value, encoder):
    return value.node if type(value) is Forged else original(self, value, encoder)
runner_module.Runner.encode_other = encode_other
"""


def _forged(name: str, what: str, node: str, lost: float = 3.0) -> Entry:
    return Entry(
        f"resource-message-{name}",
        f"sends the judge {what}",
        RIGHT_SCORE - lost,
        answers={"gradient": f"gradient = Forged({node})"},
        code=FORGE,
    )


def _alike_cells(draft: Draft) -> None:
    """Marks and ids gone and hundreds of cells of one letter: whoever compares all with all takes long."""
    for cell in draft.notebook.cells:
        cell.metadata.clear()
        cell.pop("id", None)
    answers = [cell.source for cell in draft.notebook.cells if cell.cell_type == "code"]
    draft.notebook.nbformat_minor = 4
    draft.notebook.cells = [new_code_cell("\n".join(answers))]
    draft.notebook.cells += [new_code_cell("ab" * 400 + str(number)) for number in range(900)]


def _links_without_end(draft: Draft) -> None:
    draft.notebook.cells += [new_markdown_cell("](#" * 160_000), new_markdown_cell("[a](http://a" * 40_000)]


def _markup_without_end(draft: Draft) -> None:
    for text in (
        "<a " * 150_000,
        "&" * 400_000,
        "\\href" * 90_000,
        "<!--" * 100_000,
        "[" * 400_000,
        "`" * 400_000,
        "$" * 400_000,
        "*a " * 130_000,
        "> " * 200_000,
    ):
        draft.notebook.cells.append(new_markdown_cell(text))


def _large_pictures(draft: Draft) -> None:
    """Sixty megabytes of attachments that are base64, but no pictures."""
    for number in range(15):
        cell = new_markdown_cell(f"![](attachment:{number}.png)")
        cell["attachments"] = {f"{number}.png": {"image/png": "A" * 3_900_000}}
        draft.notebook.cells.append(cell)


ENTRIES: tuple[Entry, ...] = (
    Entry(
        "resource-threads",
        "starts threads without end",
        RIGHT_SCORE,
        code="import threading, time\nn = 0\ntry:\n    while n < 5000:\n"
        "        threading.Thread(target=time.sleep, args=(100,), daemon=True).start()\n        n += 1\n"
        "except BaseException as error:\n    print(type(error).__name__, n)",
    ),
    Entry(
        "resource-tasks",
        "leaves a thousand tasks on the event loop that never end",
        RIGHT_SCORE,
        code="import asyncio\nasync def never():\n    while True: await asyncio.sleep(0)\n"
        "tasks = [asyncio.ensure_future(never()) for _ in range(1000)]\nawait asyncio.sleep(0)\n"
        "async def one(): return 1\nprint(await one())",
    ),
    Entry(
        "resource-letters",
        "prints millions of carriage returns, and letters of thousands of marks",
        RIGHT_SCORE,
        code="import sys\nfor _ in range(100): sys.stdout.write('\\r\\b' * 50_000)\n"
        "print(('a' + '\\u0301' * 5000) * 200)\nprint('\\U0001F469\\u200d' * 50_000)",
    ),
    # -- time ---------------------------------------------------------------------------------------------
    Entry(
        "resource-loop-in-cell",
        "loops without end in a cell of its own",
        RIGHT_SCORE,
        code="while True: pass",
        told="did not end",
        sample=True,
    ),
    Entry(
        "resource-loop-in-function",
        "loops without end in a function",
        RIGHT_SCORE - 3,
        answers=_product("while True: pass"),
        told="did not end",
    ),
    Entry(
        "resource-loop-everywhere",
        "loops without end in every function, so that every test takes all its time",
        1.0,
        base="wrong",
        answers={
            **_product("while True: pass"),
            "slope": "def slope(f, x):\n    while True: pass",
            "gate": "class MultiplyGate:\n    def forward(self, x, y):\n        while True: pass\n    backward = forward",
            "relu": "import numpy as np\ndef relu_backward(dz, x):\n    while True: pass",
            "initials": "def initials(text):\n    while True: pass",
            "mean": "while True: pass",
        },
    ),
    Entry("resource-sleep", "sleeps in a cell", RIGHT_SCORE, code="import time\ntime.sleep(1000)"),
    Entry(
        "resource-signals-ignored",
        "ignores all signals and loops",
        RIGHT_SCORE,
        code="import signal\nfor number in range(1, 32):\n    try: signal.signal(number, signal.SIG_IGN)\n    except (OSError, ValueError): pass\nwhile True:\n    try:\n        while True: pass\n    except BaseException: pass",
    ),
    Entry(
        "resource-expression",
        "searches a pattern that takes for ever, in C",
        RIGHT_SCORE - 3,
        answers=_product("import re\nreturn re.match('(a+)+$', 'a' * 60 + 'b')"),
    ),
    Entry(
        "resource-power",
        "computes a power of a billion digits, in C",
        RIGHT_SCORE - 3,
        answers=_product("return 7 ** 10 ** 10"),
    ),
    Entry(
        "resource-slow-answer",
        "answers every call after two seconds",
        RIGHT_SCORE - 2,
        answers=_product("time.sleep(0.8)\nreturn x * y"),
    ),
    Entry(
        "resource-callback",
        "calls the test's function without end",
        RIGHT_SCORE - 3,
        answers={"slope": "def slope(f, x):\n    while True: f(x)"},
    ),
    Entry(
        "resource-callback-recursion",
        "calls the test's function from itself, the judge and back",
        RIGHT_SCORE - 3,
        answers={
            "slope": "def slope(f, x):\n    class Deep:\n        def __rmul__(self, other): return slope(f, x)\n        def __pow__(self, other): return slope(f, x)\n    return f(Deep())"
        },
    ),
    Entry(
        "resource-endless-items",
        "gives a test items without end",
        RIGHT_SCORE - 3,  # nor has it a length, where no class of the instructor's has one
        answers={
            "gradient": "class gradient:\n    def __len__(self): return 2\n    def __iter__(self):\n        while True: yield 1.0\ngradient = gradient()"
        },
    ),
    Entry(
        "resource-endless-length",
        "says that it has a billion items",
        RIGHT_SCORE - 3,
        answers={
            "gradient": "class gradient:\n    def __len__(self): return 10**9\n    def __length_hint__(self): return 10**9\n    def __getitem__(self, i): return 1.0\ngradient = gradient()"
        },
    ),
    # -- memory -------------------------------------------------------------------------------------------
    Entry(
        "resource-memory",
        "fills the memory with a list, bytes and arrays",
        RIGHT_SCORE,
        code="import numpy as np\nkept = []\ntry:\n    while True: kept.append(bytearray(1 << 24))\nexcept MemoryError: kept.clear()\ntry: kept.append(np.ones(10**11))\nexcept MemoryError: print('enough')",
        sample=True,
    ),
    Entry(
        "resource-memory-in-function",
        "fills the memory in a function, by many small objects",
        RIGHT_SCORE - 3,
        answers=_product("kept = [x]\nwhile True: kept = kept + kept"),
    ),
    Entry(
        "resource-large-text",
        "answers with a text of a hundred megabytes",
        RIGHT_SCORE - 3,
        answers=_product("return 'x' * 10**8"),
    ),
    Entry(
        "resource-large-list",
        "answers with a list of millions of items",
        RIGHT_SCORE - 3,
        answers=_product("return [0] * 10**7"),
    ),
    Entry(
        "resource-large-integer",
        "answers with an integer of millions of digits",
        RIGHT_SCORE - 3,
        answers=_product("return 1 << 10**8"),
    ),
    Entry(
        "resource-large-array",
        "answers with an array of a terabyte that takes no memory",
        RIGHT_SCORE - 3,
        answers={
            "relu": "import numpy as np\ndef relu_backward(dz, x):\n    return np.broadcast_to(0.0, (2**37,))"
        },
    ),
    Entry(
        "resource-large-range",
        "answers with a range of a trillion numbers",
        RIGHT_SCORE - 2 - 1,
        answers={"gradient": "gradient = range(10**12)"},
    ),
    Entry(
        "resource-aliases",
        "answers with thirty nested pairs of the same list: a billion items if printed",
        RIGHT_SCORE - 2,
        answers={"gradient": "gradient = [0.0, 1.0]\nfor n in range(30): gradient = [gradient, gradient]"},
    ),
    Entry(
        "resource-colliding-keys",
        "answers with a dictionary whose keys all collide",
        RIGHT_SCORE - 3,
        answers={"gradient": "gradient = {n * (2**61 - 1): 1 for n in range(1, 5000)}"},
    ),
    _forged(
        "colliding-set",
        "a set of seventy thousand colliding numbers, which it need not make itself",
        "['s', *[['i', hex(n * (2**61 - 1))] for n in range(1, 70_000)]]",
    ),
    _forged(
        "colliding-dict",
        "a dictionary of them",
        "['d', *[x for n in range(1, 35_000) for x in (['i', hex(n * (2**61 - 1))], 1)]]",
    ),
    _forged(
        "colliding-keys-view",
        "a view of such keys",
        "['py.keys', *[['i', hex(n * (2**61 - 1))] for n in range(1, 70_000)]]",
    ),
    _forged("bytearray", "a bytearray given by its length of four gigabytes", "['B', 4 << 30]"),
    _forged("fraction", "a fraction written with an exponent of a billion", "['py.Fraction', '1e999999999']"),
    _forged("decimal", "a decimal of such an exponent, to be made whole", "['py.Decimal', '1e999999']"),
    _forged(
        "array-of-nothing",
        "an array of sixteen billion items of no size",
        "['np.array', ['np.dtype', '|S0'], ['t', 1 << 34], ['m', 0]]",
    ),
    _forged(
        "array-of-void",
        "an array of sixteen billion void items",
        "['np.array', ['np.dtype', '|V0'], ['t', 1 << 34], ['m', 0]]",
    ),
    _forged(
        "array-of-objects",
        "an array whose shape is far larger than its items",
        "['np.array', ['np.dtype', '|O'], ['t', 1 << 30], ['l']]",
    ),
    _forged(
        "array-structured",
        "an array of a dtype with a billion subitems",
        "['np.array', ['np.dtype', ['np.dtype', '<f8'], ['t', 1 << 28]], ['t', 0], ['m', 0]]",
        3.0,
    ),
    _forged(
        "scalar",
        "a scalar of a dtype of two gigabytes",
        "['np.scalar', ['np.dtype', '|S2000000000'], ['b', 0]]",
    ),
    _forged("range", "a range too long to be listed", "['r', 0, 1 << 60, 1]"),
    _forged("deque", "a deque of an impossible length", "['py.deque', -5, 1, 2]"),
    _forged(
        "namedtuple",
        "a named tuple whose fields are code",
        "['py.namedtuple', 'x', ['t', '__import__(\"os\")'], 1]",
    ),
    _forged("class", "a class by a name that is none", "['T', 'py', 'os', 'system']"),
    _forged("timezone", "a time zone that is a path", "['py.zone', '../../etc/passwd']"),
    _forged("unknown", "an object of a kind that does not exist", "['pickle', 'cos\\nsystem\\n']"),
    _forged("module", "a module by its name", "['mine', 1, 'module', 'os']"),
    _forged(
        "generator",
        "a random generator with a state of another one",
        "['np.Generator', 'PCG64', ['d', 'bit_generator', 'PCG64', 'state', ['d', 'state', -1, 'inc', 0]]]",
    ),
    _forged("poly", "a polynomial that is text", "['np.poly1d', 'x' ]"),
    # -- processes, disk, output --------------------------------------------------------------------------
    Entry(
        "resource-fork-bomb",
        "forks without end",
        RIGHT_SCORE,
        code="""
import threading
for attempt_number in range(300):
    attempt("fork", os.fork)
    attempt("thread", threading.Thread(target=print).start)
""",
    ),
    Entry(
        "resource-disk",
        "fills the disk with one file, with many, and with folders in folders",
        RIGHT_SCORE,
        code="""
import os
def fill(action):
    try:
        for number in range(3000): action(number)
    except OSError as error: print(type(error).__name__)
fill(lambda n: open("large", "ab").write(b"x" * (1 << 18)))
fill(lambda n: open(f"many-{n % 40}", "ab").write(b"x" * (1 << 18)))
fill(lambda n: open(f"small-{n}", "w").close())
def deeper(n):
    os.mkdir("d")
    os.chdir("d")
fill(deeper)
""",
    ),
    Entry(
        "resource-sparse-file",
        "makes files that are large without being so",
        RIGHT_SCORE,
        code="import os\nfor n in range(5):\n    try:\n        with open(f'sparse-{n}', 'wb') as file: file.truncate(1 << 40)\n    except OSError as error: print(error)",
    ),
    Entry(
        "resource-open-files",
        "opens files until there are no more",
        RIGHT_SCORE,
        code="kept = []\ntry:\n    while True: kept.append(open('data.csv'))\nexcept OSError: kept.clear()",
    ),
    Entry(
        "resource-print", "prints without end", RIGHT_SCORE, code="while True: print('x' * 1000)", sample=True
    ),
    Entry(
        "resource-print-raw",
        "writes to its standard output without end",
        RIGHT_SCORE,
        code="import os\nwhile True: os.write(1, b'x' * 65536)",
    ),
    Entry(
        "resource-one-line", "prints one line of sixty megabytes", RIGHT_SCORE, code="print('x' * 60_000_000)"
    ),
    Entry(
        "resource-many-lines",
        "prints a hundred thousand lines in each call of a function",
        RIGHT_SCORE,
        answers=_product("print('x\\n' * 100_000)\nreturn x * y"),
    ),
    Entry(
        "resource-large-repr",
        "shows a value whose text has fifty megabytes",
        RIGHT_SCORE,
        code="class Large:\n    def __repr__(self): return 'x' * 50_000_000\nLarge()",
    ),
    Entry(
        "resource-many-outputs",
        "shows twenty thousand values",
        RIGHT_SCORE,
        code="for n in range(20_000): display(n)",
    ),
    Entry(
        "resource-many-figures",
        "leaves sixty figures open",
        RIGHT_SCORE,
        code="import matplotlib.pyplot as plt\nfor n in range(60): plt.figure(figsize=(1, 1))",
    ),
    Entry(
        "resource-huge-figure",
        "shows a figure of a hundred thousand inches",
        RIGHT_SCORE,
        code="import matplotlib.pyplot as plt\nplt.figure(figsize=(100_000, 100_000))",
    ),
    Entry(
        "resource-traceback",
        "raises an exception with a message and a trace of megabytes",
        RIGHT_SCORE,
        code="def deep(n):\n    if n: deep(n - 1)\n    raise ValueError('x' * 10_000_000)\ndeep(900)",
    ),
    Entry(
        "resource-chained-exceptions",
        "chains thousands of exceptions",
        RIGHT_SCORE,
        code="error = None\nfor n in range(5000):\n    new = ValueError('x' * 100)\n    new.__cause__ = error\n    error = new\nraise error",
    ),
    # -- the grader's own work ----------------------------------------------------------------------------
    Entry(
        "resource-alike-cells",
        "has nine hundred cells that all look alike, without marks",
        RIGHT_SCORE,
        make=_alike_cells,
    ),
    Entry(
        "resource-links",
        "has text cells of half a million characters that begin a link again and again",
        RIGHT_SCORE,
        make=_links_without_end,
    ),
    Entry(
        "resource-markup",
        "has text cells that begin tags, comments, quotes and formulas again and again",
        RIGHT_SCORE,
        make=_markup_without_end,
    ),
    Entry("resource-attachments", "has sixty megabytes of attachments", RIGHT_SCORE, make=_large_pictures),
    Entry(
        "resource-escapes",
        "prints half a megabyte of broken terminal commands",
        RIGHT_SCORE,
        code="import sys\nsys.stdout.write('\\x1b[' * 9000 + '\\x1b]0;' * 5000 + '\\x1b[' + '1;' * 90000)",
    ),
)
