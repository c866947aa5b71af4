"""Which level a machine gives: this one, and others that are played by taking something away."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from box_tools import interpreter_for, need, python_path, reachable

from autograder.box import (
    BoxUnavailable,
    Level,
    Limits,
    best_level,
    boxes,
    doctor,
    landlock,
    syscalls,
    trying,
)
from autograder.box.disk import Disk
from autograder.box.files import DataFiles
from autograder.box.trying import why_not

# Refuses calls in the way of a container's default filter, then tells which levels are left.
WITHOUT_CALLS = """
import json, sys
from autograder.box import BoxUnavailable, Level, best_level, seccomp, syscalls
from autograder.box.trying import why_not

refused = json.loads(sys.argv[1])
verdicts = {syscalls.numbers()[name]: seccomp._give(seccomp._refuse(code)) for name, code in refused.items()}
program = seccomp._instruction(seccomp._LOAD, 0, 0, 0)
program += seccomp._dispatch(verdicts, seccomp._give(seccomp._ALLOW))
syscalls.prctl(syscalls.PR_SET_NO_NEW_PRIVS, 1)
seccomp.install(program)
try:
    level = best_level()
except BoxUnavailable as error:
    level = str(error)
print(json.dumps([level, *(str(why_not(level)) for level in (Level.FULL, Level.LANDLOCK))]))
"""
# EPERM, as Docker's default profile answers.
NAMESPACE_CALLS = {"unshare": 1, "setns": 1, "mount": 1, "umount2": 1, "pivot_root": 1, "mount_setattr": 1}
# ENOSYS, as an older kernel answers.
LANDLOCK_CALLS = {"landlock_create_ruleset": 38, "landlock_add_rule": 38, "landlock_restrict_self": 38}


def played(script: str, *arguments: str, ordinary: bool = True) -> Any:
    """Run `script` with an interpreter that every user can read; as an ordinary user if this is root."""
    reachable()
    python, reason = interpreter_for(Level.LANDLOCK)
    if python is None:
        pytest.skip(reason)
    somebody = {"user": 12345, "group": 12345, "extra_groups": []} if ordinary and os.geteuid() == 0 else {}
    result = subprocess.run(
        [python, "-c", script, *arguments],
        env=python_path(),
        cwd="/",
        capture_output=True,
        text=True,
        **somebody,  # type: ignore[call-overload]
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_this_machine_gives_a_level() -> None:
    need(Level.FULL if why_not(Level.FULL) is None else Level.LANDLOCK)
    level = best_level()
    assert level in (Level.FULL, Level.LANDLOCK)
    assert why_not(level) is None


@pytest.mark.parametrize("ordinary", [True, False], ids=["somebody", "the one who tests"])
def test_where_namespaces_are_forbidden_landlock_is_left(ordinary: bool) -> None:
    need(Level.LANDLOCK)
    level, full, left = played(WITHOUT_CALLS, json.dumps(NAMESPACE_CALLS), ordinary=ordinary)
    assert level == "landlock"
    assert full == "unshare: Operation not permitted"
    assert left == "None"


def test_where_both_are_forbidden_nothing_is_left() -> None:
    need(Level.LANDLOCK)
    level, full, left = played(WITHOUT_CALLS, json.dumps(NAMESPACE_CALLS | LANDLOCK_CALLS))
    assert level == (f"this machine gives no box for untrusted work; full: {full}; landlock: {left}")
    assert full.startswith("Landlock is missing: Linux 5.13 or newer")
    assert left.startswith("this kernel has Landlock ABI 0, but without namespaces 6 is needed")


def test_a_wall_that_cannot_be_raised_is_no_level() -> None:
    """Landlock is there but a rule is refused: the trial fails, nothing is taken on trust."""
    need(Level.FULL)
    need(Level.LANDLOCK)
    _, full, left = played(WITHOUT_CALLS, json.dumps({"landlock_add_rule": 22}))
    assert full == "landlock_add_rule: Invalid argument"
    assert left == "landlock_add_rule: Invalid argument"


WITHOUT_ADMIN = """
import json, os, sys
from autograder.box import Level, syscalls
from autograder.box.trying import why_not
from autograder.zygote import Zygote

if syscalls.effective_capabilities() >> syscalls.CAP_SYS_ADMIN & 1:
    syscalls.prctl(syscalls.PR_CAPBSET_DROP, syscalls.CAP_SYS_ADMIN)
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
import box_tools
reason = why_not(Level.FULL)
with Zygote(level=Level.FULL, serve="box_serve:serve", preload=()) as zygote, zygote.spawn() as child:
    print(json.dumps([str(reason), os.getuid(), box_tools.ask(child, "import os; answer = os.getpid()")]))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a root that can give something up")
def test_root_of_a_container_without_cap_sys_admin_has_the_full_level() -> None:
    need(Level.FULL)
    assert played(WITHOUT_ADMIN, ordinary=False) == ["None", 0, 1]


WITHOUT_CAPABILITIES = """
import json, os, sys
from autograder.box import Level, syscalls
from autograder.box.trying import why_not

if syscalls.effective_capabilities():
    syscalls.drop_bounding_set()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
print(json.dumps([str(why_not(level)) for level in (Level.FULL, Level.LANDLOCK)]))
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="needs a root that can give something up")
def test_root_without_capabilities_is_told_to_be_an_ordinary_user() -> None:
    need(Level.FULL)
    told = "root without its capabilities cannot become an ordinary user: run the grader as an ordinary user"
    assert [reason.startswith(told) for reason in played(WITHOUT_CAPABILITIES, ordinary=False)] == [
        True,
        True,
    ]


NOWHERE_TO_WRITE = """
import json, tempfile
from autograder.box import Level
from autograder.box.trying import why_not

tempfile._candidate_tempdir_list = lambda: ["/proc/self"]
print(json.dumps([str(why_not(level)) for level in (Level.FULL, Level.LANDLOCK)]))
"""


def test_a_machine_on_which_nothing_can_be_written_is_told_so() -> None:
    reasons = played(NOWHERE_TO_WRITE)
    told = "no folder for temporary files: No usable temporary directory found in ['/proc/self']: let TMPDIR"
    assert [reason.startswith(told) for reason in reasons] == [True, True]


def test_an_unknown_machine_is_refused_with_the_reason() -> None:
    with pytest.raises(OSError, match=r"no system call numbers for this machine \(riscv64\).*x86_64"):
        syscalls.numbers("riscv64")


def test_the_doctor_names_the_machines_that_the_box_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    class Machine:
        machine = "aarch64"

    monkeypatch.setattr(os, "uname", lambda: Machine)
    assert (doctor._machine().ok, doctor._machine().why) == (True, "aarch64")
    Machine.machine = "riscv64"
    assert not doctor._machine().ok
    assert doctor._machine().mend == "grade on an x86-64 or aarch64 machine"


def test_a_system_other_than_linux_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    for level in Level:
        assert "Linux only" in str(why_not.__wrapped__(level))
    why_not.cache_clear()
    with pytest.raises(BoxUnavailable, match="graded on Linux only: use a Linux machine, a virtual"):
        best_level()
    diagnosis = doctor.diagnose()
    why_not.cache_clear()
    assert diagnosis.level is None
    assert [check.ok for check in diagnosis.checks] == [False]


@pytest.mark.parametrize(
    ("level", "version", "message"),
    [
        (Level.FULL, 0, "Landlock is missing"),
        (Level.LANDLOCK, 0, "Landlock ABI 0, but without namespaces 6 is needed"),
        (Level.LANDLOCK, 5, "Landlock ABI 5, but without namespaces 6 is needed"),
    ],
)
def test_an_old_kernel_is_refused_with_the_reason(
    level: Level, version: int, message: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(landlock, "abi", lambda: version)
    box = boxes.BOXES[level](Disk((), ()), Limits(), DataFiles(), str(tmp_path))
    with pytest.raises(BoxUnavailable, match=message):
        box.enter()


@pytest.mark.parametrize("version", [1, 2, 3, 4, 5, 6, 7, 9])
def test_older_landlock_is_asked_only_for_what_it_knows(version: int) -> None:
    rights, attributes, size = landlock._handled(version)
    known = {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)
    assert rights == attributes.handled_access_fs == 2**known - 1
    assert (size, attributes.handled_access_net, attributes.scoped) == (
        (8, 0, 0) if version < 4 else (16, 3, 0) if version < 6 else (24, 3, 3)
    )


def test_a_trial_that_hangs_or_crashes_is_no_level(monkeypatch: pytest.MonkeyPatch) -> None:
    from autograder.box.launch import launch

    def crashing(_: str, *rest: str, **options: Any) -> subprocess.Popen[bytes]:
        return launch("sys; raise SystemError('broken') #", *rest, **options)

    monkeypatch.setattr(trying, "launch", crashing)
    reason = why_not.__wrapped__(Level.FULL)
    assert str(reason).startswith("the attempt ended with status 1")


# ---- the doctor --------------------------------------------------------------------------------------------


def test_the_doctor_agrees_with_the_trials() -> None:
    diagnosis = doctor.diagnose()
    assert diagnosis.level == best_level()
    checks = {check.name: check for check in diagnosis.checks}
    for level in (Level.FULL, Level.LANDLOCK):
        check = checks[f"level {level}"]
        reason = why_not(level)
        assert check.ok is (reason is None)
        if reason is not None:
            assert check.why == reason.why
            assert check.mend
    assert checks["machine"].ok
    assert checks["landlock in the kernel"].why == f"ABI {landlock.abi()}"
    assert diagnosis.versions["python"] == ".".join(map(str, sys.version_info[:3]))
    assert diagnosis.versions["numpy"][0].isdigit()


def test_the_doctor_names_the_setting_that_is_in_the_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "why_not", lambda level: BoxUnavailable("unshare: Operation not permitted"))
    for path, bad, mend in doctor._SETTINGS:
        monkeypatch.setattr(doctor, "_read", lambda name, path=path, bad=bad: bad if name == path else "")
        diagnosis = doctor.diagnose()
        assert diagnosis.level is None
        check = next(check for check in diagnosis.checks if check.name == "level full")
        assert (check.ok, check.why, check.mend) == (False, "unshare: Operation not permitted", mend)
