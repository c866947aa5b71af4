"""Every wall of the box, tried from inside, at each level for untrusted work that this machine gives.

Each attempt runs in a child of its own; after each, an honest child of the same zygote must work.
"""

from __future__ import annotations

import os
import select
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from box_tools import ask, ended, need, sabotage, zygote

from autograder.box import BoxUnavailable, Level, Limits
from autograder.box.syscalls import numbers
from autograder.zygote import Child, Zygote

ROOT = Path(__file__).resolve().parents[2]
MIB = 1024 * 1024
LIMITS = Limits(memory_bytes=256 * MIB, file_bytes=1 * MIB, tmp_bytes=4 * MIB, tmp_files=64, open_files=64)
WALLED = [Level.FULL, Level.LANDLOCK]
HONEST = """
import random, numpy, sqlite3
with open("kept.txt", "w") as file:
    file.write("text")
matrix = numpy.array([[2.0, 0.0], [0.0, 4.0]])
answer = [float((matrix @ matrix)[1, 1]), open("kept.txt").read()]
"""


@pytest.fixture(scope="module", params=WALLED)
def walled(request: pytest.FixtureRequest) -> Iterator[Zygote]:
    with zygote(request.param, limits=LIMITS) as started:
        yield started


@pytest.fixture
def child(walled: Zygote) -> Iterator[Child]:
    """A child to attack from; afterwards an honest one must work."""
    with walled.spawn() as spawned:
        yield spawned
    with walled.spawn() as honest:
        assert ask(honest, HONEST) == [16.0, "text"]


@pytest.fixture(scope="module")
def canary() -> Iterator[Path]:
    """A file that everybody may read and write as far as its mode goes."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        os.chmod(folder, 0o777)
        path = Path(folder) / "canary.txt"
        path.write_text("SECRET")
        path.chmod(0o666)
        yield path
        assert path.read_text() == "SECRET"
        assert [entry.name for entry in Path(folder).iterdir()] == ["canary.txt"]
        assert path.stat().st_mode & 0o777 == 0o666


# ---- files -------------------------------------------------------------------------------------------------

OUT_OF_REACH = {Level.FULL: "FileNotFoundError", Level.LANDLOCK: "PermissionError"}


@pytest.mark.parametrize(
    "action",
    [
        "open({path!r}).read()",
        "open({path!r}, 'w').write('mine')",
        "open({path!r}, 'a').write('mine')",
        "__import__('os').listdir({folder!r})",
        "__import__('os').unlink({path!r})",
        "__import__('os').rename({path!r}, 'mine')",
        "__import__('os').truncate({path!r}, 0)",
        "__import__('os').mkdir({folder!r} + '/mine')",
        "open({folder!r} + '/mine', 'w')",
    ],
)
def test_a_file_outside_is_out_of_reach(child: Child, canary: Path, action: str) -> None:
    answer = ask(child, action.format(path=str(canary), folder=str(canary.parent)))
    # The last: /tmp and /var/tmp may be two file systems, and that is told before any wall is asked.
    refusals = (OUT_OF_REACH[child.level], *(["OSError: [Errno 18]"] if "rename" in action else []))
    assert answer.startswith(refusals)


def test_changing_the_mode_of_a_file_outside_changes_nothing(child: Child, canary: Path) -> None:
    ask(child, f"import os; os.chmod({str(canary)!r}, 0); os.utime({str(canary)!r}, (0, 0))")
    assert canary.stat().st_mode & 0o777 == 0o666
    assert canary.stat().st_mtime > 0


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "/etc/hostname",
        "/proc/self/status",
        "/proc/1/environ",
        "/proc/mounts",
        "/sys/kernel/notes",
    ],
)
def test_the_systems_files_are_out_of_reach(child: Child, path: str) -> None:
    assert ask(child, f"open({path!r}).read()").startswith(OUT_OF_REACH[child.level])


@pytest.mark.parametrize(
    "path", ["/", "/proc", "/sys", "/etc", "/dev", "/var", "/run", "/dev/shm", "/usr/bin"]
)
def test_the_systems_folders_cannot_be_listed(child: Child, path: str) -> None:
    answer = ask(child, f"import os; answer = os.listdir({path!r})")
    assert str(answer).startswith(("PermissionError", "FileNotFoundError"))


@pytest.mark.parametrize("folder", ["/root", "/home", str(ROOT)])
def test_folders_on_the_way_to_packages_show_that_way_only(child: Child, folder: str) -> None:
    answer = ask(child, f"import os; answer = os.listdir({folder!r})")
    if child.level is Level.LANDLOCK:
        assert answer.startswith(("PermissionError", "FileNotFoundError"))
    elif folder == str(ROOT):
        assert set(answer) <= {".venv", "autograder", "tests"}
    else:
        assert isinstance(answer, str) or len(answer) < len(os.listdir(folder))


def test_the_course_and_this_test_are_out_of_reach(child: Child) -> None:
    for path in (Path(__file__), ROOT / "pyproject.toml"):
        assert ask(child, f"open({str(path)!r}).read()").startswith(OUT_OF_REACH[child.level])


@pytest.mark.parametrize("name", ["secret.txt", "../secret.txt"])
def test_another_submission_is_out_of_reach(walled: Zygote, child: Child, name: str) -> None:
    with walled.spawn() as other:
        path = ask(
            other, f"import os; open({name!r}, 'w').write('SECRET'); answer = os.path.abspath({name!r})"
        )
        assert path.endswith("/secret.txt")
        assert ask(child, f"open({path!r}).read()").startswith(OUT_OF_REACH[child.level])
        assert ask(other, f"answer = open({path!r}).read()") == "SECRET"


def test_what_an_earlier_submission_left_is_gone(walled: Zygote) -> None:
    with walled.spawn() as first:
        path = ask(first, "import os; open('left.txt', 'w'); answer = os.path.abspath('left.txt')")
    with walled.spawn() as second:
        assert ask(second, "import os; answer = os.listdir()") == []
        answer = ask(second, f"open({path!r})")  # gone, or about to be removed
        assert answer.startswith(("FileNotFoundError", OUT_OF_REACH[second.level]))


@pytest.mark.parametrize(
    "path",
    ["numpy.__file__", "os.__file__", "numpy.__path__[0] + '/mine.py'", "sys.path[0] + '/mine.py'"],
)
def test_packages_cannot_be_changed(child: Child, path: str) -> None:
    answer = ask(child, f"import numpy, os, sys; open({path}, 'a').write('mine')")
    assert answer.startswith(("PermissionError", "OSError: [Errno 30] Read-only"))


@pytest.mark.parametrize(
    "action",
    [
        "os.symlink('/etc/passwd', 'link')",
        "os.link('kept', 'link')",
        "os.mkfifo('pipe')",
        "os.mknod('device', 0o600 | stat.S_IFCHR, os.makedev(1, 1))",
        "os.mknod('socket', 0o600 | stat.S_IFSOCK)",
        "os.chroot('.')",
        "os.chown('kept', 0, 0)",
        "open('/dev/mem', 'rb')",
        "open('/dev/kmsg', 'rb')",
        "open('/dev/tty', 'rb')",
    ],
)
def test_special_files_cannot_be_made_or_opened(child: Child, action: str) -> None:
    answer = ask(child, f"import os, stat; open('kept', 'w').close(); {action}")
    assert answer.startswith(("PermissionError", "FileNotFoundError"))


def test_the_harmless_devices_work(child: Child) -> None:
    source = """
open("/dev/null", "w").write("nothing")
answer = [open("/dev/zero", "rb").read(2).hex(), len(open("/dev/urandom", "rb").read(8))]
"""
    assert ask(child, source) == ["0000", 8]


# ---- packages ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "module",
    [
        *[
            "jupyter_client",
            "zmq",
            "psutil",
            "pip",
            "setuptools",
            "nbgrader",
            "pytest",
            "nbformat",
            "sqlalchemy",
        ],
        *["autograder.judge", "autograder.plan", "autograder.zygote", "autograder.questions", "box_tools"],
    ],
)
def test_a_package_that_is_not_allowed_does_not_exist(child: Child, module: str) -> None:
    answer = ask(child, f"import {module}")
    assert answer == f"ModuleNotFoundError: No module named {module!r}"


def test_a_package_that_is_not_allowed_cannot_be_found_on_the_disk(child: Child) -> None:
    real = os.path.dirname(os.path.dirname(pytest.__file__))
    source = f"""
import os, sys
sys.path += [{real!r}, os.path.dirname(os.__file__) + "/site-packages", {str(ROOT)!r}]
answer = []
for name in ("pip", "pytest", "zmq", "autograder.judge"):
    try:
        __import__(name)
        answer.append(name)
    except (ImportError, PermissionError):  # at level landlock a name is seen, its file never read
        pass
"""
    assert ask(child, source) == []


def test_memory_holds_no_module_of_the_graders_side(child: Child) -> None:
    loaded = ask(
        child, "import sys; answer = [name for name in sys.modules if name.startswith('autograder')]"
    )
    assert [name for name in loaded if not name.startswith("autograder.box")] == ["autograder"]


def test_no_trace_of_the_checkout_is_on_the_import_path(child: Child) -> None:
    path = ask(child, "import sys; answer = sys.path + sys.argv + sys.orig_argv")
    assert not [entry for entry in path if "site-packages" in entry or "autograder" in entry]


# ---- processes and threads ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("action", "error"),
    [
        ("os.fork()", "BlockingIOError"),
        ("os.forkpty()", ("BlockingIOError", "OSError", "PermissionError", "FileNotFoundError")),
        ("threading.Thread(target=print).start()", "RuntimeError: can't start new thread"),
        ("subprocess.run(['/bin/true'])", ("BlockingIOError", "PermissionError", "FileNotFoundError")),
        ("subprocess.run('true', shell=True)", ("BlockingIOError", "PermissionError", "FileNotFoundError")),
        ("os.posix_spawn('/bin/true', ['true'], {})", ("BlockingIOError", "PermissionError")),
        ("os.execv('/bin/true', ['true'])", "PermissionError"),
        ("os.execv(sys.executable, ['python'])", "PermissionError"),
        ("multiprocessing.Process(target=print).start()", ("BlockingIOError", "PermissionError")),
        ("concurrent.futures.ThreadPoolExecutor().submit(print)", "RuntimeError: can't start new thread"),
    ],
)
def test_nothing_can_be_started(child: Child, action: str, error: str | tuple[str, ...]) -> None:
    modules = "concurrent.futures, multiprocessing, os, subprocess, sys, threading"
    assert ask(child, f"import {modules}\n{action}").startswith(error)


def test_a_fork_bomb_makes_no_process(child: Child) -> None:
    source = """
import os
answer = 0
for _ in range(1000):
    try:
        os.fork()
        answer += 1
    except OSError:
        pass
"""
    assert ask(child, source) == 0


def test_a_shell_command_does_not_run(child: Child) -> None:
    assert ask(child, "import os; answer = os.system('echo hello > made')") != 0
    assert ask(child, "import os; answer = os.path.exists('made')") is False


# ---- the network -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "family", ["AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET", "AF_VSOCK", "AF_ALG"]
)
def test_no_socket_can_be_made(child: Child, family: str) -> None:
    for kind in ("SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW"):
        answer = ask(child, f"import socket; socket.socket(socket.{family}, socket.{kind})")
        assert answer.startswith("PermissionError")


def test_a_server_is_out_of_reach(child: Child) -> None:
    answer = ask(child, "import urllib.request; urllib.request.urlopen('http://127.0.0.1:9/', timeout=1)")
    assert answer.startswith("URLError")
    assert "Operation not permitted" in answer or "Name or service" in answer


def test_a_socket_pair_talks_to_itself_only(child: Child) -> None:
    source = """
import socket
one, two = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
one.send(b"hello")
answer = two.recv(5).decode()
"""
    assert ask(child, source) == "hello"
    assert ask(child, "one.sendto(b'hello', '/dev/log')").startswith("PermissionError")
    assert ask(child, "one.sendmsg([b'hello'], [], 0, '/dev/log')").startswith("PermissionError")
    assert ask(child, "one.bind('/tmp/mine')").startswith("PermissionError")
    assert ask(child, "socket.socketpair(socket.AF_INET)").startswith("PermissionError")


def test_asyncio_works(child: Child) -> None:
    assert ask(child, "import asyncio; answer = asyncio.run(asyncio.sleep(0.01, result=3))") == 3


# ---- memory and disk ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "bomb",
    [
        "bytearray(2**31)",
        "[bytearray(2**24) for _ in range(1000)]",
        "numpy.ones(2**28)",
        "'x' * 10**10",
        "mmap.mmap(-1, 2**31)",
    ],
)
def test_a_memory_bomb_is_an_exception(child: Child, bomb: str) -> None:
    answer = ask(child, f"import mmap, numpy\nkept = {bomb}")
    assert answer.startswith(("MemoryError", "_ArrayMemoryError", "OSError: [Errno 12]"))
    assert ask(child, "answer = 'still here'") == "still here"


def test_memory_up_to_the_bound_is_there(child: Child) -> None:
    assert ask(child, "kept = bytearray(200 * 2**20); answer = len(kept) // 2**20") == 200


def test_a_file_cannot_grow_past_its_bound(child: Child) -> None:
    source = "import os; open('big', 'wb', 0).write(bytes(2**20)); open('big', 'ab', 0).write(b'x')"
    assert ask(child, source).startswith("OSError: [Errno 27]")
    assert ask(child, "answer = os.path.getsize('big')") == MIB


FILL = {
    "disk": "for i in range(10): open(f'file{i}', 'wb', 0).write(bytes(2**20 - 1))",
    "inodes": "for i in range(200): open(f'file{i}', 'w').close()",
    "folders": "import os\nfor i in range(200): os.mkdir('d'); os.chdir('d')",
}


@pytest.mark.parametrize("what", FILL)
def test_the_private_folder_cannot_be_filled(child: Child, what: str) -> None:
    answer = ask(child, FILL[what] + "\nimport time; time.sleep(30)")
    if child.level is Level.FULL:
        assert answer.startswith("OSError: [Errno 28] No space left on device")
        assert child.alive()
    else:  # found by the zygote, which looks five times a second
        assert answer == "died"


# ---- time and signals --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "loop",
    [
        "while True: pass",
        "import time; time.sleep(1000)",
        "import re; re.match('(a+)+$', 'a' * 60 + 'b')",
        "import signal\nfor s in {*range(1, 32)} - {9, 19}: signal.signal(s, signal.SIG_IGN)\nwhile 1: pass",
        "import os, signal; os.kill(os.getpid(), signal.SIGSTOP)\nwhile True: pass",
        "sum(range(10**12))",
        "import signal; signal.pthread_sigmask(0, signal.valid_signals())\nwhile True: pass",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass",
    ],
    ids=["loop", "sleep", "regex", "ignored", "stopped", "c", "blocked", "caught"],
)
def test_what_never_ends_can_be_killed(child: Child, loop: str) -> None:
    assert ask(child, loop, seconds=0.2) == "no answer"
    assert child.alive()
    child.kill()
    assert not child.alive()
    child.kill()  # twice is once


@pytest.mark.parametrize("level", WALLED)
def test_the_processor_time_is_bounded(level: Level) -> None:
    with zygote(level, limits=Limits(cpu_seconds=1), preload=()) as started, started.spawn() as child:
        assert ask(child, "while True: pass") == "died"
        assert ended(child)


@pytest.mark.parametrize("number", [1, 2, 3, 6, 9, 15, 19])
@pytest.mark.parametrize("target", ["-1", "1", "0", "os.getppid()"])
def test_signals_reach_nobody_else(walled: Zygote, child: Child, target: str, number: int) -> None:
    with walled.spawn() as bystander:
        ask(child, f"import os; os.kill({target}, {number})", seconds=0.2)
        child.kill()
        assert ask(bystander, "answer = 1") == 1


@pytest.mark.parametrize(
    "crash",
    [
        "import os; os._exit(0)",
        "import os; os.abort()",
        "import ctypes; ctypes.string_at(0)",
        "import sys; sys.setrecursionlimit(10**9)\ndef f(): return f()\nimport ctypes; ctypes.string_at(8)",
        "import os; os.close(3); os.close(4); raise SystemExit",
    ],
)
def test_a_crash_ends_one_child(child: Child, crash: str) -> None:
    assert ask(child, crash) == "died"
    assert ended(child)


def test_an_output_flood_goes_no_further_than_the_pipe(child: Child) -> None:
    os.write(child.commands, b"\"while True: print('x' * 100000)\"\n")
    seen = 0
    while seen < 16 * MIB and select.select([child.output], [], [], 5)[0]:
        seen += len(os.read(child.output, 1 << 16))
    child.kill()
    assert 16 * MIB <= seen < 16 * MIB + (1 << 16)


def test_a_reply_flood_goes_no_further_than_the_pipe(child: Child) -> None:
    os.write(child.commands, b'"import os\\nwhile True: os.write(4, bytes(100000))"\n')
    time.sleep(0.1)
    assert child.alive()
    child.kill()
    assert not child.alive()


def test_standard_input_is_empty(child: Child) -> None:
    assert ask(child, "import sys; answer = sys.stdin.read()") == ""
    assert ask(child, "input()").startswith("EOFError")


def test_only_its_own_descriptors_are_open(child: Child) -> None:
    source = """
import os
answer = []
for fd in range(1000):
    try:
        os.fstat(fd)
        answer.append(fd)
    except OSError:
        pass
"""
    assert ask(child, source) == [0, 1, 2, 3, 4]


# ---- raw system calls --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Call:
    """A system call (x86-64 number, arguments) and the error that it must give.

    The first word of `name` is the call's.
    """

    name: str
    number: int
    arguments: str = ""
    error: str = "EPERM"

    def here(self) -> int | None:
        """Its number on this machine; None where there is no such call."""
        word = self.name.split()[0]
        if word not in numbers("x86_64"):
            return self.number
        assert numbers("x86_64")[word] == self.number
        return numbers().get(word)


CALLS = [
    Call("ptrace", 101, "0, 0, 0, 0"),
    Call("mount", 165, "b'none', b'.', b'tmpfs', 0, 0"),
    Call("umount2", 166, "b'/', 2"),
    Call("pivot_root", 155, "b'.', b'.'"),
    Call("chroot", 161, "b'.'"),
    Call("unshare a user namespace", 272, "0x10000000"),
    Call("unshare the file table", 272, "0x400"),
    Call("setns", 308, "3, 0"),
    Call("clone with a user namespace", 56, "0x10000000 | 17, 0, 0, 0, 0", "EAGAIN"),
    Call("clone", 56, "17, 0, 0, 0, 0", "EAGAIN"),
    Call("fork", 57, "", "EAGAIN"),
    Call("vfork", 58, "", "EAGAIN"),
    Call("clone3", 435, "ctypes.create_string_buffer(88), 88", "ENOSYS"),
    Call("execve", 59, "b'/bin/true', 0, 0"),
    Call("execveat", 322, "-100, b'/bin/true', 0, 0, 0"),
    Call("bpf", 321, "0, 0, 0"),
    Call("io_uring_setup", 425, "1, ctypes.create_string_buffer(120)", "ENOSYS"),
    Call("io_setup", 206, "1, ctypes.create_string_buffer(8)"),
    Call("keyctl", 250, "0, -3, 0"),
    Call("add_key", 248, "b'user', b'x', b'x', 1, -3"),
    Call("request_key", 249, "b'user', b'x', 0, -3"),
    Call("userfaultfd", 323, "0"),
    Call("perf_event_open", 298, "ctypes.create_string_buffer(120), 0, -1, -1, 0"),
    Call("memfd_create", 319, "b'x', 0"),
    Call("memfd_secret", 447, "0"),
    Call("shmget", 29, "0, 4096, 0o1600"),
    Call("semget", 64, "0, 1, 0o1600"),
    Call("msgget", 68, "0, 0o1600"),
    Call("mq_open", 240, "b'x', 0o102, 0o600, 0"),
    Call("process_vm_readv", 310, "1, 0, 0, 0, 0, 0"),
    Call("process_vm_writev", 311, "1, 0, 0, 0, 0, 0"),
    Call("process_madvise", 440, "0, 0, 0, 0, 0"),
    Call("pidfd_open", 434, "1, 0"),
    Call("pidfd_getfd", 438, "3, 0, 0"),
    Call("pidfd_send_signal", 424, "3, 9, 0, 0"),
    Call("rt_sigqueueinfo", 129, "1, 9, 0"),
    Call("kcmp", 312, "1, 1, 0, 0, 0"),
    Call("open_by_handle_at", 304, "3, ctypes.create_string_buffer(128), 0"),
    Call("name_to_handle_at", 303, "-100, b'.', 0, 0, 0"),
    Call("openat2", 437, "-100, b'.', 0, 0", "ENOSYS"),
    Call("open_tree", 428, "-100, b'.', 1"),
    Call("move_mount", 429, "0, b'', 0, b'', 0"),
    Call("fsopen", 430, "b'tmpfs', 0"),
    Call("mount_setattr", 442, "-100, b'/', 0, 0, 0"),
    Call("socket", 41, "1, 1, 0"),
    Call("connect", 42, "3, 0, 0"),
    Call("bind", 49, "3, 0, 0"),
    Call("sendmsg", 46, "3, 0, 0"),
    Call("recvmsg", 47, "3, 0, 0"),
    Call("sendmmsg", 307, "3, 0, 0, 0"),
    Call("setrlimit", 160, "9, ctypes.create_string_buffer(16)"),
    Call("prlimit64 of oneself", 302, "0, 9, ctypes.create_string_buffer(16), 0"),
    Call("prlimit64 of another", 302, "1, 9, 0, ctypes.create_string_buffer(16)"),
    Call("setuid", 105, "0"),
    Call("setgid", 106, "0"),
    Call("setresuid", 117, "0, 0, 0"),
    Call("setgroups", 116, "0, 0"),
    Call("capset", 126, "0, 0"),
    Call("personality", 135, "0xffffffff"),
    Call("prctl to be dumpable", 157, "4, 1, 0, 0, 0"),
    Call("prctl without a death signal", 157, "1, 0, 0, 0, 0"),
    Call("prctl with seccomp", 157, "22, 1, 0, 0, 0"),
    Call("seccomp", 317, "1, 0, 0"),
    Call("landlock_create_ruleset", 444, "0, 0, 1"),
    Call("arch_prctl", 158, "0x1001, 0"),
    Call("modify_ldt", 154, "0, 0, 0"),
    Call("iopl", 172, "3"),
    Call("sethostname", 170, "b'x', 1"),
    Call("settimeofday", 164, "0, 0"),
    Call("clock_settime", 227, "0, 0"),
    Call("adjtimex", 159, "ctypes.create_string_buffer(256)"),
    Call("reboot", 169, "0, 0, 0, 0"),
    Call("swapon", 167, "b'x', 0"),
    Call("init_module", 175, "0, 0, b''"),
    Call("kexec_load", 246, "0, 0, 0, 0"),
    Call("syslog", 103, "3, 0, 0"),
    Call("quotactl", 179, "0, 0, 0, 0"),
    Call("acct", 163, "0"),
    Call("sync", 162, ""),
    Call("sched_setaffinity", 203, "0, 8, ctypes.create_string_buffer(8)"),
    Call("sched_setscheduler", 144, "0, 1, ctypes.create_string_buffer(8)"),
    Call("setpriority", 141, "0, 0, -20"),
    Call("ioprio_set", 251, "1, 0, 0"),
    Call("move_pages", 279, "1, 0, 0, 0, 0, 0"),
    Call("mlock", 149, "0, 4096"),
    Call("inotify_init1", 294, "0"),
    Call("fanotify_init", 300, "0, 0"),
    Call("timer_create", 222, "0, 0, 0"),
    Call("vmsplice", 278, "4, 0, 0, 0"),
    Call("setsid", 112, ""),
    Call("symlinkat", 266, "b'x', -100, b'y'"),
    Call("linkat", 265, "-100, b'x', -100, b'y', 0"),
    Call("mknodat", 259, "-100, b'x', 0o10600, 0"),
    Call("fchownat", 260, "-100, b'.', 0, 0, 0"),
    Call("setxattr", 188, "b'.', b'user.x', b'', 0, 0", "ENOTSUP"),
    Call("getxattr", 191, "b'.', b'user.x', 0, 0", "ENOTSUP"),
    Call("ioctl TIOCSTI", 16, "0, 0x5412, b'x'"),
    Call("fcntl F_SETOWN", 72, "3, 8, 1"),
    Call("fcntl F_SETLEASE", 72, "3, 1024, 0"),
    Call("a number that no kernel has", 100_000, ""),
]


def test_dangerous_system_calls_are_refused(child: Child) -> None:
    ask(child, "import ctypes, errno; libc = ctypes.CDLL(None, use_errno=True)")
    wrong = {}
    for call in CALLS:
        if (number := call.here()) is None:
            continue
        arguments = f", {call.arguments}" if call.arguments else ""
        source = f"answer = [libc.syscall({number}{arguments}), errno.errorcode.get(ctypes.get_errno())]"
        answer = ask(child, source)
        if answer != [-1, call.error]:
            wrong[call.name] = answer
    assert wrong == {}


@pytest.mark.parametrize("number", [0x4000_0000 | 39, 0x4000_0000 | 57, 0xFFFF_FFFF])
def test_numbers_of_the_x32_abi_kill(child: Child, number: int) -> None:
    source = f"import ctypes; answer = ctypes.CDLL(None).syscall(ctypes.c_long({number}))"
    assert ask(child, source) == "died"


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="machine code of x86-64")
def test_calls_by_the_32_bit_gate_kill(child: Child) -> None:
    source = """
import ctypes, mmap
page = mmap.mmap(-1, 4096, prot=7)
page.write(b"\\xb8\\x14\\x00\\x00\\x00\\xcd\\x80\\xc3")  # mov eax, 20 (getpid); int 0x80; ret
answer = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(page)))()
"""
    assert ask(child, source) == "died"


def test_limits_cannot_be_raised(child: Child) -> None:
    source = "import resource; resource.setrlimit(resource.RLIMIT_AS, (-1, -1))"
    assert ask(child, source).startswith(("PermissionError", "ValueError"))
    assert ask(child, "answer = resource.getrlimit(resource.RLIMIT_NPROC)") == [1, 1]


def test_the_student_is_an_ordinary_user_without_capabilities(child: Child) -> None:
    source = f"""
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)(*[1] * 6)
assert libc.syscall({numbers()["capget"]}, header, sets) == 0
answer = [list(sets), os.getuid() == os.geteuid() != 0, os.getgid() == os.getegid() != 0, os.getgroups()]
"""
    capabilities, user, group, groups = ask(child, source)
    assert capabilities == [0] * 6
    assert user
    assert group
    if child.level is Level.FULL:
        assert ask(child, "answer = [os.getpid(), os.getuid(), os.uname().nodename]") == [1, 1000, "box"]
    if os.geteuid() == 0:
        assert groups == []


# ---- honest work -------------------------------------------------------------------------------------------


def test_honest_work_goes_on_undisturbed(walled: Zygote) -> None:
    source = """
import decimal, fractions, json, lzma, os, pathlib, pickle, shutil, sqlite3, statistics, tempfile, zlib
import numpy
pathlib.Path("a.txt").write_text("text")
shutil.copy("a.txt", "b.txt")
shutil.copytree(".", "../copy")
numpy.save("array.npy", numpy.arange(3.0))
with tempfile.TemporaryDirectory() as folder, open(folder + "/x", "w") as file:
    file.write("x")
base = sqlite3.connect("base.db")
base.execute("create table t (x)")
base.commit()
answer = [
    sorted(os.listdir()),
    numpy.load("array.npy").tolist(),
    str(decimal.Decimal("0.1") + decimal.Decimal("0.2")),
    os.environ["HOME"] == os.path.expanduser("~") and os.path.isdir(os.environ["HOME"]),
    os.path.dirname(tempfile.mkdtemp()) == os.environ["TMPDIR"],
]
"""
    with walled.spawn() as child:
        assert ask(child, source) == [
            ["a.txt", "array.npy", "b.txt", "base.db"],
            [0.0, 1.0, 2.0],
            "0.3",
            True,
            True,
        ]


@pytest.mark.parametrize("level", WALLED)
def test_threads_when_the_assignment_wants_them(level: Level) -> None:
    source = """
import threading, time
started = 0
for _ in range(20):
    try:
        threading.Thread(target=time.sleep, args=(5,), daemon=True).start()
        started += 1
    except RuntimeError:
        break
answer = started
"""
    with zygote(level, limits=Limits(processes=4), preload=()) as started, started.spawn() as child:
        count = ask(child, source)
        if level is Level.FULL or os.geteuid() == 0:
            assert count == 3  # the first of the four is the main thread
        else:  # other processes of the same user count too, as many as there were at the start
            assert count >= 3
        assert ask(child, "import os; os.fork()").startswith("BlockingIOError")
        child.kill()
        assert not child.alive()


# ---- walls that cannot be raised ---------------------------------------------------------------------------

SABOTAGE = {
    "a Landlock rule that the kernel refuses": "landlock.DEVICE, landlock._ON_FILES = landlock.READ_DIR, -1",
    "no Landlock": "landlock.Ruleset.enforce = fail",
    "a filter that the kernel refuses": "seccomp.build = lambda **options: bytes(8)",
    "no filter": "seccomp.install = fail",
    "no limits": "limits.apply = fail",
    "capabilities that stay": "syscalls.drop_capabilities = fail",
    "no data files": "boxes.Folders.furnish = fail",
    "descriptors that stay": "syscalls.close_above = fail",
}
SABOTAGE_OF_FULL = {
    "a mount that the kernel refuses": "boxes.Box._folder_bounds = lambda self: (1, 'no number')",
    "no mount": "namespaces.mount_private = fail",
    "no namespaces": "syscalls.unshare = fail",
}


CASES = [(level, what) for level in WALLED for what in SABOTAGE] + [
    (Level.FULL, what) for what in SABOTAGE_OF_FULL
]


@pytest.mark.parametrize(("level", "what"), CASES)
def test_without_a_wall_nothing_runs(level: Level, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    need(level)
    statement = {**SABOTAGE, **SABOTAGE_OF_FULL}[what]
    sabotage(monkeypatch, statement)
    with pytest.raises(BoxUnavailable), zygote(level, preload=()) as started:
        started.spawn()


@pytest.mark.parametrize("level", WALLED)
def test_the_machine_gives_the_level(level: Level) -> None:
    need(level)
