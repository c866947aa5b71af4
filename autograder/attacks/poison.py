"""Leaving something behind for whoever is graded next: files, settings, processes, a changed zygote."""

# ruff: noqa: E501 (programs in strings, one entry after the other)

from __future__ import annotations

from autograder.attacks.course import FULL, GATES
from autograder.attacks.entry import Entry

RIGHT_SCORE = FULL[GATES]

ENTRIES = (
    Entry(
        "poison-packages",
        "writes into the packages, the standard library and the interpreter that the next student uses",
        RIGHT_SCORE,
        code="""
import numpy, site, sysconfig
name = "planted-" + WORLD["token"]
folders = {os.path.dirname(numpy.__file__), os.path.dirname(os.path.realpath(numpy.__file__)), os.path.dirname(os.__file__),
           sys.prefix, sys.base_prefix, os.path.dirname(sys.executable), sysconfig.get_path("purelib"), "/usr/lib", "/usr/local/lib"}
folders |= {path for path in sys.path if path}
import autograder
folders |= set(autograder.__path__) | {os.path.realpath(path) for path in autograder.__path__}
for folder in folders:
    attempt(f"plant in {folder}", lambda: open(f"{folder}/{name}.py", "w"))
    attempt(f"plant in the cache of {folder}", lambda: open(f"{folder}/__pycache__/{name}.pyc", "w"))
for module in [numpy, os, json, autograder]:
    path = os.path.realpath(module.__file__)
    attempt(f"change {path}", lambda: open(path, "r+b"))
    attempt(f"delete {path}", lambda: os.unlink(path))
    attempt(f"move {path}", lambda: os.rename(path, path + ".old"))
""",
        sample=True,
    ),
    Entry(
        "poison-settings",
        "writes start-up files and settings into the home folder, and into what matplotlib and IPython read",
        RIGHT_SCORE,
        code="""
import matplotlib
name = "planted-" + WORLD["token"]
homes = outside(WORLD["home"], "/root", "/home", "/etc", "/etc/profile.d", "/usr/local/etc")
for home in homes:
    for path in [".ipython/profile_default/startup/00.py", ".config/matplotlib/matplotlibrc", ".bashrc", ".pythonrc",
                 ".local/lib/python3/site-packages/usercustomize.py", ".jupyter/nbgrader_config.py", name]:
        attempt(f"write {home}/{path}", lambda: (os.makedirs(os.path.dirname(f"{home}/{path}"), exist_ok=True), open(f"{home}/{path}", "a")))
for folder in outside(matplotlib.get_cachedir(), matplotlib.get_configdir(), os.environ.get("MPLCONFIGDIR", "/nowhere")):
    attempt(f"write into {folder}", lambda: open(f"{folder}/{name}", "w"))
""",
    ),
    Entry(
        "poison-shared-folders",
        "leaves files in all folders that processes commonly share",
        RIGHT_SCORE,
        code="""
name = "planted-" + WORLD["token"]
for folder in outside("/", "/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", "/var/lock", "/dev", "/box", "/box/site",
                      "/box/cache", WORLD["canary"], WORLD["canary"] + "/folder", WORLD["tmp"], OWN + "/..", OWN + "/../.."):
    attempt(f"file in {folder}", lambda: open(f"{folder}/{name}", "w"))
    attempt(f"folder in {folder}", lambda: os.mkdir(f"{folder}/{name}"))
    attempt(f"pipe in {folder}", lambda: os.mkfifo(f"{folder}/{name}"))
attempt("change the canary", lambda: open(WORLD["canary"] + "/secret.txt", "a"))
attempt("delete the canary", lambda: os.unlink(WORLD["canary"] + "/secret.txt"))
attempt("set the canary's attributes", lambda: os.setxattr(WORLD["canary"] + "/secret.txt", "user.x", b"x"))
""",
        sample=True,
    ),
    Entry(
        "poison-own-folder",
        "leaves modules and data in its own folder, where the next student would find them in the same place",
        RIGHT_SCORE,
        code="""
found = [name for name in os.listdir(".") if name not in ("data.csv",)]
attempt("what another one left", lambda: found[0] if found else 1 / 0)
for name in ["numpy.py", "math.py", "random.py", "reference.py", "sitecustomize.py", "planted.txt"]:
    with open(name, "w") as file:
        file.write("raise SystemExit('planted')")
with open(os.environ["HOME"] + "/planted.txt", "w") as file:
    file.write("x")
with open("/tmp/planted.txt" if os.path.realpath("/tmp") == os.path.realpath("..") else "../planted.txt", "w") as file:
    file.write("x")
""",
    ),
    Entry(
        "poison-data-file",
        "changes and removes the data file that the next student reads too",
        RIGHT_SCORE - 3,
        code="""
with open("data.csv", "w") as file:
    file.write("1000\\n")
os.remove("data.csv")
TRIED.append("data.csv")
attempt("the instructor's own", lambda: open(WORLD["course"] + "/source/gates/data.csv", "w"))
""",
    ),
    Entry(
        "poison-modules",
        "patches numpy, builtins and the runner in memory",
        RIGHT_SCORE,
        code="""
import builtins, numpy, random
import autograder.wire
numpy.allclose = numpy.array = numpy.zeros = lambda *a, **k: 1 / 0
builtins.sum = builtins.len = builtins.isinstance = lambda *a, **k: 1 / 0
autograder.wire.pack = autograder.wire.unpack = lambda *a, **k: 1 / 0
""",
        dies=True,
    ),
    Entry(
        "poison-daemon",
        "starts processes and threads that would outlive it",
        RIGHT_SCORE,
        code="""
import multiprocessing, subprocess, threading, _thread
def daemon():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True:
                import time; time.sleep(1)
        os._exit(0)
attempt("a daemon", daemon)
attempt("vfork by subprocess", lambda: subprocess.Popen(["/bin/sleep", "100"]))
attempt("a shell", lambda: subprocess.run("sleep 100 &", shell=True, check=True))
attempt("a spawned process", lambda: os.posix_spawn("/bin/sleep", ["sleep", "100"], {}))
attempt("multiprocessing", lambda: multiprocessing.get_context("fork").Process(target=print).start())
attempt("a thread", lambda: _thread.start_new_thread(print, ()))
attempt("clone", lambda: call(56, 17, 0, 0, 0, 0))
attempt("clone of a user", lambda: call(56, 0x10000000 | 17, 0, 0, 0, 0))
attempt("fork by number", lambda: call(57))
attempt("vfork by number", lambda: call(435, 0, 0))
attempt("another program", lambda: os.execv("/bin/sh", ["sh"]))
attempt("another interpreter", lambda: os.execv(sys.executable, [sys.executable]))
""",
        sample=True,
    ),
    Entry(
        "poison-signals",
        "kills, stops and disturbs its parents and everybody it can name",
        RIGHT_SCORE,
        code="""
import signal
here = os.getpid()
for number in (signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGALRM):
    for pid in {2, os.getppid(), here - 1, here + 1, here + 2} - {0, here}:
        attempt(f"signal {number} to {pid}", lambda: os.kill(pid, number))
for pid in {1, os.getppid()} - {0, here}:
    attempt(f"signal to {pid}", lambda: os.kill(pid, 9))
    if pid != 1:  # group 1 means everybody, and the kernel says yes where it signals nobody
        attempt(f"signal to the group {pid}", lambda: os.killpg(pid, 9))
    attempt(f"tgkill {pid}", lambda: call(234, pid, pid, 9))
    attempt(f"queue {pid}", lambda: call(129, pid, 9, 0))
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGINT, signal.SIG_IGN)
""",
    ),
    Entry(
        "poison-signal-everybody",
        "sends a signal to every process there is",
        RIGHT_SCORE,
        code="import os, signal\nfor number in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):\n    try: os.kill(-1, number)\n    except OSError as error: print(error)",
    ),
    Entry(
        "poison-limits",
        "lowers the limits, priority and affinity of the warm process, from which the next student is forked",
        RIGHT_SCORE,
        code="""
import resource
for pid in {1, os.getppid()} - {0, os.getpid()}:
    attempt(f"limits of {pid}", lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (3, 3)))
    attempt(f"time of {pid}", lambda: resource.prlimit(pid, resource.RLIMIT_CPU, (1, 1)))
    attempt(f"priority of {pid}", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19))
    attempt(f"scheduler of {pid}", lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)))
    attempt(f"affinity of {pid}", lambda: os.sched_setaffinity(pid, {0}))
    attempt(f"memory policy of {pid}", lambda: call(238, 0, 0, 0))
attempt("higher limits for itself", lambda: resource.setrlimit(resource.RLIMIT_NPROC, (1000, 1000)))
attempt("more memory for itself", lambda: resource.setrlimit(resource.RLIMIT_AS, (-1, -1)))
attempt("another priority", lambda: os.setpriority(os.PRIO_USER, os.getuid(), 19))
attempt("another clock", lambda: __import__("time").clock_settime(0, 0))
attempt("another host name", lambda: __import__("socket").sethostname("mine"))
attempt("another user", lambda: os.setuid(0))
attempt("another group", lambda: os.setgroups([0]))
""",
    ),
    Entry(
        "poison-kernel-objects",
        "leaves shared memory, queues, semaphores, keys, timers and mounts in the kernel",
        RIGHT_SCORE,
        code="""
attempt("shared memory", lambda: call(29, 4711, 4096, 0o1666))
attempt("semaphores", lambda: call(64, 4711, 1, 0o1666))
attempt("a message queue", lambda: call(68, 4711, 0o1666))
attempt("a named queue", lambda: call(240, ctypes.c_char_p(b"planted"), 0o102, 0o666, None))
attempt("a key", lambda: call(248, ctypes.c_char_p(b"user"), ctypes.c_char_p(b"planted"), ctypes.c_char_p(b"x"), 1, -4))
attempt("the session's keys", lambda: call(250, 0, -3, 1))
attempt("memory of a file", lambda: call(319, ctypes.c_char_p(b"planted"), 0))
attempt("secret memory", lambda: call(447, 0))
attempt("a watch", lambda: call(294, 0))
attempt("a mount", lambda: call(165, ctypes.c_char_p(b"none"), ctypes.c_char_p(b"/tmp"), ctypes.c_char_p(b"tmpfs"), 0, None))
attempt("a mount by the new calls", lambda: call(430, ctypes.c_char_p(b"tmpfs"), 0))
attempt("namespaces", lambda: call(272, 0x10000000))
attempt("a program for the kernel", lambda: call(321, 5, None, 0))
attempt("performance counters", lambda: call(298, None, 0, -1, -1, 0))
attempt("io_uring", lambda: call(425, 8, None))
attempt("userfaultfd", lambda: call(323, 0))
attempt("a module", lambda: call(313, 0, ctypes.c_char_p(b""), 0))
attempt("a new kernel", lambda: call(246, 0, 0, 0, 0))
attempt("swap", lambda: call(167, ctypes.c_char_p(b"/tmp"), 0))
attempt("accounting", lambda: call(163, ctypes.c_char_p(b"/tmp")))
attempt("reboot", lambda: call(169, 0xFEE1DEAD, 672274793, 0, None))
attempt("the log", lambda: call(103, 3, None, 0))
from multiprocessing import shared_memory
attempt("shared memory by name", lambda: shared_memory.SharedMemory("planted", create=True, size=10))
""",
    ),
    Entry(
        "poison-random",
        "seeds and drains the generators, so that the next student's tests draw what it likes",
        RIGHT_SCORE,
        code="import random\nimport numpy as np\nrandom.seed(0)\nnp.random.seed(0)\nrandom.random = lambda: 0.0\nnp.random.seed = lambda *a: None",
    ),
    Entry(
        "poison-judge-names",
        "hands objects to the judge that it might keep: names of builtins, modules, exceptions and figures",
        RIGHT_SCORE - 3,
        answers={
            "mean": "import builtins, sys\n"
            "class mean(Exception):\n"
            "    __module__ = 'builtins'\n"
            "    __qualname__ = 'AssertionError'\n"
            "    def __eq__(self, other): return True\n"
        },
        last="import matplotlib.pyplot as plt\nfor n in range(5): plt.figure()\nplt.rcParams['figure.dpi'] = 1e6",
    ),
    Entry(
        "poison-umask",
        "changes its folder, umask, locale, timezone and environment",
        RIGHT_SCORE,
        code="""
import locale, time
os.umask(0o777)
os.environ.clear()
os.environ.update({"PYTHONPATH": "/tmp", "LD_PRELOAD": "/tmp/x.so", "TZ": "Pacific/Kiritimati", "PYTHONSTARTUP": "/tmp/x.py"})
time.tzset()
sys.path.insert(0, "/tmp")
sys.setrecursionlimit(50_000)
sys.setswitchinterval(1e-6)
TRIED.append("umask")
""",
    ),
)
