"""What this machine gives to untrusted work, found by trying, and how to mend what is missing."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from autograder.box import landlock
from autograder.box.levels import NOT_LINUX, Level
from autograder.box.packages import DEFAULT_PACKAGES
from autograder.box.syscalls import numbers
from autograder.box.trying import why_not

_VERSIONS_OF = ("coursekit", "numpy", "matplotlib", "nbgrader", "sqlalchemy", "ipykernel", "ipython")


@dataclass(frozen=True)
class Check:
    """One thing that was looked at: whether it is well, what was seen, and what to do where it is not."""

    name: str
    ok: bool
    why: str
    mend: str = ""


@dataclass(frozen=True)
class Diagnosis:
    """The strongest level that works here (None: no box), what was looked at, and versions by name."""

    level: Level | None
    checks: tuple[Check, ...]
    versions: Mapping[str, str]


def diagnose() -> Diagnosis:
    """Try each level in a process of its own and say what is missing.

    The level follows from the trials alone. Settings of the system are read only to explain a failure.
    """
    versions = {"python": platform.python_version(), "system": f"{platform.system()} {platform.release()}"}
    for name in _VERSIONS_OF:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "not installed"
    if not sys.platform.startswith("linux"):
        return Diagnosis(None, (Check("system", False, NOT_LINUX.why, NOT_LINUX.mend),), versions)
    versions["landlock"] = str(landlock.abi())
    checks = [
        _machine(),
        _landlock(),
        *(_trial(level) for level in (Level.FULL, Level.LANDLOCK)),
        _packages(),
    ]
    working = [level for level in (Level.FULL, Level.LANDLOCK) if why_not(level) is None]
    return Diagnosis(working[0] if working else None, tuple(checks), versions)


def _machine() -> Check:
    try:
        numbers(os.uname().machine)
    except OSError as error:
        return Check("machine", False, str(error), "grade on an x86-64 or aarch64 machine")
    return Check("machine", True, os.uname().machine)


def _landlock() -> Check:
    version = landlock.abi()
    if version >= landlock.SCOPES_SINCE:
        return Check("landlock in the kernel", True, f"ABI {version}")
    if version:
        why = f"ABI {version}: enough for level full, level landlock takes {landlock.SCOPES_SINCE}"
        return Check(
            "landlock in the kernel", False, why, "Linux 6.12 or newer, where level full cannot be had"
        )
    mend = "Linux 5.13 or newer, with `landlock` in the boot option lsm= (see /sys/kernel/security/lsm)"
    return Check("landlock in the kernel", False, "none", mend)


def _trial(level: Level) -> Check:
    reason = why_not(level)
    if reason is None:
        return Check(f"level {level}", True, "tried: all walls stand and work goes on inside")
    return Check(f"level {level}", False, reason.why, reason.mend or _mend(level))


def _mend(level: Level) -> str:
    """What to do about a step that the kernel refused."""
    if level is Level.LANDLOCK:
        return (
            "a container's seccomp profile must allow seccomp and the landlock calls, as those of Docker and"
            " Podman do"
        )
    for path, bad, mend in _SETTINGS:
        if _read(path) == bad:
            return mend
    if Path("/.dockerenv").exists() or Path("/run/.containerenv").exists():
        return _IN_A_CONTAINER
    return "the kernel must let this user make user namespaces and mount in them: try `unshare -Urm true`"


_IN_A_CONTAINER = (
    "start the container with --security-opt seccomp=unconfined --security-opt apparmor=unconfined, or with a"
    " seccomp profile that allows unshare, clone, setns, mount, umount2, mount_setattr and pivot_root;"
    " Python and its packages must lie where every user can read them (see docs/containers.md)"
)
_SETTINGS = (
    (
        "/proc/sys/kernel/apparmor_restrict_unprivileged_userns",
        "1",
        "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0, or an AppArmor profile for this Python"
        " with the rule `userns,`",
    ),
    ("/proc/sys/kernel/unprivileged_userns_clone", "0", "sudo sysctl kernel.unprivileged_userns_clone=1"),
    ("/proc/sys/user/max_user_namespaces", "0", "sudo sysctl user.max_user_namespaces=15000"),
)


def _read(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _packages() -> Check:
    """Packages that students may import."""
    missing = [name for name in DEFAULT_PACKAGES if importlib.util.find_spec(name) is None]
    why = (
        f"not installed, so students cannot import them: {', '.join(missing)}" if missing else "all installed"
    )
    return Check("packages for students", True, why)
