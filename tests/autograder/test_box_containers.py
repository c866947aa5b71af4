"""The box inside a container, played by what a container takes away: system calls and root's capabilities.

No container is started. What is played here is Docker's default profile: the system calls that it refuses in
a container without `--cap-add`, and the capabilities that it leaves to root.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from box_tools import interpreter_for, missing, need, python_path, reachable

from autograder.box import Level, doctor
from autograder.box.syscalls import numbers

# What Docker's default profile refuses: "Seccomp security profiles for Docker" in Docker's manual, and its
# profile's own rules for calls that take a capability. clone and clone3 are told apart below.
REFUSED = """
_sysctl acct add_key bpf clock_settime create_module delete_module fanotify_init finit_module fsconfig fsmount
fsopen fspick get_kernel_syms get_mempolicy init_module io_uring_enter io_uring_register io_uring_setup ioperm
iopl kcmp kexec_file_load kexec_load keyctl listmount lookup_dcookie mbind migrate_pages mount mount_setattr
move_mount move_pages nfsservctl open_by_handle_at open_tree perf_event_open pidfd_getfd pivot_root
process_madvise query_module quotactl quotactl_fd reboot request_key set_mempolicy set_mempolicy_home_node
sethostname setdomainname setns settimeofday statmount swapoff swapon sysfs syslog umount2 unshare uselib
userfaultfd ustat vhangup
""".split()  # noqa: SIM905  names read better in lines
CAPABILITIES = [0, 1, 3, 4, 5, 6, 7, 8, 10, 13, 18, 27, 29, 31]  # left to root, CAP_CHOWN to CAP_SETFCAP

CONTAINER = """
import contextlib, io, json, os, sys
from autograder.box import BoxUnavailable, Level, seccomp, syscalls

refused, capabilities = json.loads(sys.argv[1])
if "CONTAINED" not in os.environ:
    table = syscalls.numbers()
    allow, deny = seccomp._give(seccomp._ALLOW), seccomp._give(seccomp._refuse(1))
    verdicts = {number: allow for name, number in table.items() if name not in refused}
    verdicts[table["clone3"]] = seccomp._give(seccomp._refuse(38))
    if "unshare" in refused:  # then no namespace by clone either
        new = seccomp._load_argument(0) + seccomp._instruction(seccomp._JSET, 0, 1, 0x7E020000)
        verdicts[table["clone"]] = new + deny + allow
    program = seccomp._instruction(seccomp._LOAD, 0, 0, 0) + seccomp._dispatch(verdicts, deny)
    if os.geteuid():
        syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
    seccomp.install(program)
    if not os.geteuid():
        with contextlib.suppress(OSError):
            for capability in range(64):
                if capability not in capabilities:
                    syscalls.prctl(syscalls.PR_CAPBSET_DROP, capability)
    os.environ["CONTAINED"] = "yes"
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])

import box_tools
from autograder import cli
from autograder.box import best_level
from autograder.zygote import Zygote

def attempt(source):
    failed = "\\nexcept Exception as error:\\n    answer = type(error).__name__"
    return "try:\\n    answer = str(" + source + ")" + failed

told = io.StringIO()
with contextlib.redirect_stdout(told):
    code = cli.main(["doctor"])
answers = []
with Zygote(level=Level(best_level()), serve="box_serve:serve", preload=()) as zygote:
    for _ in range(2):
        with zygote.spawn() as child:
            answers.append([
                box_tools.ask(child, "import os\\n" + attempt(source))
                for source in (
                    "6 * 7", "open('/etc/passwd').read()", "os.fork()", "__import__('socket').socket()",
                    "os.kill(os.getppid() or 2, 9)", "os.execv('/bin/sh', ['sh'])", "os.listdir('/')",
                    "open('mine', 'w').write('text')",
                )
            ])
print(json.dumps([code, told.getvalue(), answers]))
"""


def contained(refused: list[str], *, root: bool) -> tuple[int, str, list[list[str]]]:
    """Return exit code and output of `coursekit doctor` in there, and what two boxed children answer."""
    reachable()
    python, reason = interpreter_for(Level.LANDLOCK)  # one that every user can read
    if python is None:
        missing(Level.LANDLOCK, reason)
    if root and os.geteuid() != 0:
        pytest.skip("needs root, as which most containers run")
    somebody: dict[str, Any] = {}
    if os.geteuid() == 0 and not root:
        somebody = {"user": 12345, "group": 12345, "extra_groups": []}
    result = subprocess.run(
        [str(python), "-c", CONTAINER, json.dumps([refused, CAPABILITIES])],
        env=python_path(),
        cwd="/",
        capture_output=True,
        text=True,
        **somebody,
    )
    assert result.returncode == 0, result.stderr
    code, told, answers = json.loads(result.stdout)
    return code, told, answers


ROOT = pytest.mark.parametrize("root", [True, False], ids=["root", "somebody"])


@ROOT
def test_a_stock_container_has_level_landlock(root: bool) -> None:
    need(Level.LANDLOCK)
    code, told, answers = contained(REFUSED, root=root)
    lines = told.splitlines()
    assert code == 0
    assert lines[0] == "isolation: landlock"
    assert "--  level full: unshare: Operation not permitted" in lines
    assert lines[lines.index("--  level full: unshare: Operation not permitted") + 1].startswith(
        "    to mend it: "
    )
    assert "ok  level landlock: tried: all walls stand and work goes on inside" in lines
    first, second = answers
    assert first == second
    assert first == [
        *("42", "PermissionError", "BlockingIOError", "PermissionError", "PermissionError"),
        *("PermissionError", "PermissionError", "4"),
    ]


@ROOT
def test_the_calls_that_the_doctor_names_are_enough_for_level_full(root: bool) -> None:
    """The recipe: Docker's profile and the calls in the doctor's advice, no more."""
    need(Level.FULL)
    named = re.search(r"profile that allows (.*);", doctor._IN_A_CONTAINER)
    assert named is not None
    allowed = re.findall(r"\w+", named[1].replace(" and ", " "))
    assert set(allowed) <= {*REFUSED, "clone"}
    code, told, answers = contained([name for name in REFUSED if name not in allowed], root=root)
    assert (code, told.splitlines()[0]) == (0, "isolation: full")
    for answer in answers:
        assert answer == [
            *("42", "FileNotFoundError", "BlockingIOError", "PermissionError", "ProcessLookupError"),
            *("PermissionError", "PermissionError", "4"),
        ]


@pytest.mark.parametrize("call", ["unshare", "setns", "mount", "mount_setattr", "pivot_root", "umount2"])
def test_each_of_them_is_needed(call: str) -> None:
    """What is named is not more than what level full takes."""
    need(Level.LANDLOCK)
    need(Level.FULL)
    others = [name for name in REFUSED if name not in doctor._IN_A_CONTAINER]
    _, told, _ = contained([*others, call], root=False)
    assert told.startswith("isolation: landlock\n")
    assert f"--  level full: {call}: Operation not permitted" in told


def test_the_names_are_calls() -> None:
    assert set(REFUSED) <= set(numbers("x86_64"))


def test_the_page_about_containers_names_the_same_calls() -> None:
    page = (Path(__file__).parents[2] / "docs" / "containers.md").read_text()
    names = re.search(r'"names": \[([^]]*)\]', page)
    assert names is not None
    allowed = set(re.findall(r"\w+", names[1]))
    assert allowed == {
        name for name in ("clone", *REFUSED) if re.search(rf"\b{name}\b", doctor._IN_A_CONTAINER)
    }
