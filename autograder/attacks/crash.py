"""Ending, breaking and confusing the process: each question that was answered right keeps its points."""

# ruff: noqa: E501 (programs in strings, one entry after the other)

from __future__ import annotations

from autograder.attacks.course import FULL, GATES, RIGHT, SEAMS
from autograder.attacks.entry import Entry

RIGHT_SCORE = FULL[GATES]


def _product(body: str) -> dict[str, str]:
    """A right answer everywhere but in the first question."""
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    return {"product": f"import os, sys\ndef product(x, y):\n{lines}"}


# What the student's process may bind to the names that are fetched: nothing of it may end the judge.
ODD_VALUES = {
    "self-containing": "gradient = []\ngradient.append(gradient)",
    "module": "import sys\ngradient = sys",
    "frame": "import sys\ngradient = sys._getframe()",
    "code": "gradient = (lambda: 0).__code__",
    "lock": "import _thread\ngradient = _thread.allocate_lock()",
    "file": "gradient = open('data.csv')",
    "metaclass": "class Meta(type):\n    def __getattribute__(cls, name): raise SystemExit\n    def __instancecheck__(cls, x): raise SystemExit\nclass gradient(metaclass=Meta): pass",
    "property": "class Odd:\n    @property\n    def __class__(self): raise SystemExit\n    @property\n    def __dict__(self): raise SystemExit\n    def __getattr__(self, name): raise SystemExit\ngradient = Odd()",
    "raising-repr": "class Odd:\n    def __repr__(self): raise SystemExit\n    __str__ = __format__ = __repr__\ngradient = Odd()\ngradient",
    "dict-keys": "class Key:\n    def __init__(self): self.n = 0\n    def __hash__(self): return 1\n    def __eq__(self, other): raise SystemExit\ngradient = {Key(): 1, 2: Key()}",
    "odd-name": "gradient = type('\\ud800 <b>\\n' * 20, (), {})()",
    "many-parameters": "gradient = eval('lambda ' + ', '.join(f'p{n}' for n in range(5000)) + ': 0')",
    "long-docstring": "def gradient(): pass\ngradient.__doc__ = 'x' * 10_000_000",
    "odd-signature": "import inspect\ndef gradient(): pass\ngradient.__signature__ = inspect.Signature([inspect.Parameter('x', inspect.Parameter.KEYWORD_ONLY, default=gradient, annotation=gradient)])",
    "lying-wrapped": "def gradient(): pass\ngradient.__wrapped__ = gradient",
    "coroutine": "async def wait(): pass\ngradient = wait()",
    "generator": "def count():\n    n = 0\n    while True:\n        yield n\n        n += 1\ngradient = count()",
    "exception": "gradient = BaseExceptionGroup('x', [SystemExit(1), KeyboardInterrupt()])",
    "exception-cycle": "gradient = ValueError()\ngradient.__context__ = gradient.__cause__ = gradient\ngradient.args = (gradient,)",
    "ctypes": "import ctypes\ngradient = (ctypes.c_double * 2)(39.0, 8.0)",
    "deep": "gradient = []\nfor n in range(100_000): gradient = [gradient]",
    "deep-tuple": "gradient = ()\nfor n in range(100_000): gradient = (gradient,)",
    "weak-reference": "import weakref\nclass Odd: pass\nkept = Odd()\ngradient = weakref.proxy(kept)\ndel kept",
}  # fmt: skip


def _at_seams(name: str, about: str, **answers: str) -> Entry:
    return Entry(f"crash-{name}", about, FULL[SEAMS] - 3, answers=answers, assignment=SEAMS)


_MEMORY = '{"shape": (3,), "typestr": "<f8", "data": (4096, False), "version": 3}'

ENTRIES = (
    Entry(
        "crash-descriptors-in-function",
        "closes all descriptors when a function is called",
        RIGHT_SCORE - 3,
        answers={"product": "import os\ndef product(x, y):\n    os.closerange(0, 100)\n    return x * y"},
    ),
    Entry(
        "crash-no-modules",
        "empties the interpreter's modules and builtins",
        RIGHT_SCORE,
        code="import sys, builtins\nsys.modules.clear()\nbuiltins.__dict__.clear()",
    ),
    Entry(
        "crash-collector",
        "has the collector run all the time, and raises whenever it does",
        RIGHT_SCORE,
        code="import gc, sys, threading\ngc.set_threshold(1)\nsys.setswitchinterval(1e-6)\ngc.callbacks.append(lambda *a: 1 / 0)\n"
        "sys.unraisablehook = sys.excepthook = lambda *a: None\nthreading.excepthook = None",
    ),
    Entry(
        "crash-audit-hook",
        "raises at every event that the interpreter tells of",
        RIGHT_SCORE,
        code="import sys\ndef hook(*a): raise RuntimeError('no')\nsys.addaudithook(hook)",
    ),
    _at_seams(
        "memory-as-array",
        "answers with a function that NumPy is to read as an array, at an address where nothing is",
        scale=f"def made(): pass\nmade.__array_interface__ = {_MEMORY}\ndef scale(a):\n    return made",
    ),
    _at_seams(
        "memory-as-exception",
        "does so with an exception, whose attributes travel, too",
        scale=f"made = ValueError()\nmade.__array_interface__ = {_MEMORY}\ndef scale(a):\n    return made",
    ),
    _at_seams(
        "object-in-message",
        "answers with an object that ends its process when the message of an assert is written",
        value="import os\nclass Odd:\n    def __repr__(self): os._exit(1)\nvalue = Odd()",
    ),
    _at_seams(
        "object-without-text",
        "answers with an object that raises SystemExit when it is printed",
        value="class Odd:\n    def __repr__(self): raise SystemExit\n    __str__ = __repr__\nvalue = Odd()",
    ),
    *(
        _at_seams(
            f"both-sides-{name}",
            f"raises {raised} in a locked cell that runs on both sides",
            side=f"def sqrt(x):\n    raise {raised}('mine')",
        )
        for name, raised in (
            ("interrupt", "KeyboardInterrupt"),
            ("exit", "SystemExit"),
            ("generator", "GeneratorExit"),
        )
    ),
    # -- the process ends ---------------------------------------------------------------------------------
    Entry(
        "crash-exit-in-function",
        "ends its process when a function is called",
        RIGHT_SCORE - 3,
        answers=_product("os._exit(0)"),
        told="the process ended",
        sample=True,
    ),
    Entry(
        "crash-exit-in-cell",
        "ends its process in a cell of its own",
        RIGHT_SCORE,
        code="import os\nos._exit(0)",
        told="did not end",
    ),
    Entry(
        "crash-exit-in-answer",
        "ends its process in the cell of an answer, after it",
        RIGHT_SCORE - 3,
        answers={"product": RIGHT["product"] + "\nimport os\nos._exit(0)"},
    ),
    Entry(
        "crash-sys-exit",
        "calls exit() and quit() in cells, as students do",
        RIGHT_SCORE,
        code="import sys\nsys.exit()",
        last="quit()",
    ),
    Entry(
        "crash-segfault",
        "reads where there is no memory",
        RIGHT_SCORE - 3,
        answers=_product("import ctypes\nctypes.string_at(0)"),
    ),
    Entry("crash-abort", "aborts", RIGHT_SCORE - 3, answers=_product("os.abort()")),
    Entry(
        "crash-kill",
        "kills itself",
        RIGHT_SCORE - 3,
        answers=_product("os.kill(os.getpid(), 9)\nos._exit(1)"),
    ),
    Entry(
        "crash-stop",
        "stops itself",
        RIGHT_SCORE,
        code="import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\nos.kill(0, signal.SIGSTOP)",
    ),
    Entry(
        "crash-stack",
        "recurses until the stack is full",
        RIGHT_SCORE - 3,
        answers=_product(
            "sys.setrecursionlimit(10**8)\nclass Deep:\n    def __getattr__(self, name): return getattr(self, name)\nreturn Deep().x"
        ),
    ),
    Entry(
        "crash-recursion",
        "calls itself without end",
        RIGHT_SCORE - 3,
        answers={"product": "def product(x, y):\n    return product(x, y)"},
    ),
    Entry(
        "crash-every-function",
        "ends its process whenever any function is called",
        1.0 + 2.0 + 3.0,
        answers={
            **_product("os._exit(1)"),
            "slope": "def slope(f, x):\n    os._exit(1)",
            "gate": "class MultiplyGate:\n    def forward(self, x, y): os._exit(1)\n    backward = forward",
            "relu": "import numpy as np\ndef relu_backward(dz, x):\n    os._exit(1)",
            "initials": "def initials(text):\n    os._exit(1)",
        },
    ),
    Entry(
        "crash-forbidden-call",
        "uses the system calls of another architecture, for which the kernel ends it",
        RIGHT_SCORE - 3,
        answers=_product("import ctypes\nctypes.CDLL(None).syscall(0x40000000 | 39)\nos._exit(1)"),
    ),
    # -- the line is cut ----------------------------------------------------------------------------------
    Entry(
        "crash-closed-line", "closes all its descriptors", RIGHT_SCORE, code="import os\nos.closerange(0, 64)"
    ),
    Entry(
        "crash-muted-line",
        "sends its answers to nowhere, so that the judge waits",
        RIGHT_SCORE,
        code="import os\nos.dup2(os.open('/dev/null', os.O_WRONLY), 4)",
    ),
    Entry(
        "crash-stolen-commands",
        "reads what the judge tells its runner",
        RIGHT_SCORE,
        code="import os\nos.read(3, 1 << 20)",
    ),
    Entry(
        "crash-garbage",
        "writes bytes to the judge that are no message",
        RIGHT_SCORE,
        code="import os\nos.write(4, b'\\xff' * 1000)",
        sample=True,
    ),
    Entry(
        "crash-endless-header",
        "announces a message of four gigabytes",
        RIGHT_SCORE,
        code="import os, struct\nos.write(4, struct.pack('>II', 0xffffffff, 0xffffffff))",
    ),
    Entry(
        "crash-half-message",
        "writes half a message and waits",
        RIGHT_SCORE,
        code="import os, struct, time\nos.write(4, struct.pack('>II', 100, 0) + b'[')\ntime.sleep(100)",
    ),
    Entry(
        "crash-deep-message",
        "writes a message nested two hundred thousand levels deep",
        RIGHT_SCORE,
        code="import os, struct\ntext = b'[' * 200_000 + b']' * 200_000\nview = memoryview(struct.pack('>II', len(text), 0) + text)\nwhile view: view = view[os.write(4, view):]",
    ),
    Entry(
        "crash-requests-without-end",
        "asks the judge for input again and again without reading an answer",
        RIGHT_SCORE,
        code="import os\nfrom autograder import wire\nframe = wire.pack(['input', 1, 0, ['l'], ['t', 'x'], ['t']])\nwhile True: os.write(4, frame)",
    ),
    Entry(
        "crash-broken-runner",
        "empties the runner's modules and the builtins",
        RIGHT_SCORE,
        code="import sys, builtins\nsys.modules.clear()\nbuiltins.__dict__.clear()",
    ),
    Entry(
        "crash-replaced-streams",
        "closes and replaces the standard streams",
        RIGHT_SCORE,
        code="import sys\nsys.stdout.close()\nsys.stderr = None\nsys.stdin = 7\nsys.stdout = None",
    ),
    Entry(
        "crash-tracing",
        "traces every line and raises there",
        RIGHT_SCORE,
        code="import sys\ndef trace(*a): raise SystemExit\nsys.settrace(trace)\nsys.setprofile(None)",
    ),
    Entry(
        "crash-alarm",
        "sets alarms and handlers for all signals",
        RIGHT_SCORE,
        code="import signal\nfor number in range(1, 65):\n    try: signal.signal(number, lambda *a: None)\n    except (OSError, ValueError): pass\nsignal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)",
    ),
    Entry(
        "crash-at-exit",
        "registers functions for its end that never end",
        RIGHT_SCORE,
        code="import atexit, time\natexit.register(time.sleep, 1000)",
    ),
    # -- cells that are no code ---------------------------------------------------------------------------
    Entry("crash-syntax", "has a cell that is no Python", RIGHT_SCORE, code="def product(x, y:\n  return"),
    Entry(
        "crash-deep-code", "has a cell of thousands of brackets", RIGHT_SCORE, code="(" * 5000 + ")" * 5000
    ),
    Entry(
        "crash-deep-sum",
        "has a cell with a sum of a hundred thousand terms",
        RIGHT_SCORE,
        code="x = " + "1+" * 100_000 + "1",
    ),
    Entry(
        "crash-deep-minus",
        "has a cell with a hundred thousand signs",
        RIGHT_SCORE,
        code="x = " + "-" * 100_000 + "1",
    ),
    Entry(
        "crash-deep-in-test",
        "has written deep code into a locked test, where the grader looks for answers",
        RIGHT_SCORE,
        make=lambda draft: draft.cell("product-visible").update(
            source="x = " + "-" * 200_000 + "1\ny = " + "(" * 190 + ")" * 190
        ),
    ),
    Entry(
        "crash-nul",
        "has a cell with NUL and other control characters",
        RIGHT_SCORE,
        code="x = 1\0\n\x1a\x0c\ny = '\x00'",
    ),
    # -- values that are none -----------------------------------------------------------------------------
    *(
        Entry(
            f"crash-value-{name}",
            f"answers with something that is no value ({name})",
            RIGHT_SCORE - 3,
            answers={"gradient": text},
        )
        for name, text in ODD_VALUES.items()
        if name not in ("deep", "deep-tuple", "dict-keys", "ctypes", "self-containing")
    ),
    *(
        Entry(
            f"crash-value-{name}",
            f"answers with something of a length but not of the right contents ({name})",
            RIGHT_SCORE - lost,
            answers={"gradient": ODD_VALUES[name]},
        )
        for name, lost in (
            ("dict-keys", 2),
            ("ctypes", 0),
            ("self-containing", 3),
            ("deep", 3),
            ("deep-tuple", 3),
        )
    ),
)
