"""The image that `make image` builds, in a real Docker: the levels it gives, the demo, and the attacks.

Run by `make test-container`, never by `make test`: it takes Docker, whose daemon is not everybody's.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

IMAGE = os.environ.get("COURSEKIT_IMAGE", "coursekit")
SECONDS = 600
# Docker's own profile with the seven calls added is docs/containers.md's way; it is not ours to ship.
FULL = ("--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined")
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def docker() -> None:
    try:
        found = subprocess.run(["docker", "image", "inspect", IMAGE], capture_output=True, text=True)
        reason = found.stderr.strip() if found.returncode else ""
    except FileNotFoundError:
        reason = "there is no program docker"
    if reason:
        message = f"no image {IMAGE} here (make image): {reason}"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(message)


def run(*options: str, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a container without a network, which is gone afterwards."""
    line = ["docker", "run", "--rm", "--network", "none", *options, IMAGE, *command.split()]
    return subprocess.run(line, capture_output=True, text=True, timeout=SECONDS)


@pytest.mark.parametrize("user", ["instructor", "12345:12345", "root"])
@pytest.mark.parametrize(("level", "options"), [("landlock", ()), ("full", FULL)])
def test_the_level_is_what_the_options_give(user: str, level: str, options: tuple[str, ...]) -> None:
    told = run("--user", user, *options, command="coursekit doctor")
    assert told.stdout.splitlines()[:1] == [f"isolation: {level}"], told.stderr
    assert told.returncode == 0


@pytest.mark.parametrize(
    "options",
    [
        ("--cap-drop", "ALL", "--security-opt", "no-new-privileges"),
        ("--read-only", "--tmpfs", "/tmp"),
        ("--memory", "400m", "--pids-limit", "64", "--shm-size", "1m"),
    ],
    ids=["capabilities", "read-only", "memory"],
)
def test_a_tighter_container_gives_the_same(options: tuple[str, ...]) -> None:
    for level, opened in (("landlock", ()), ("full", FULL)):
        told = run(*opened, *options, command="coursekit doctor")
        assert told.stdout.splitlines()[:1] == [f"isolation: {level}"], told.stderr


def test_what_is_in_the_way_is_named() -> None:
    told = run("--user", "root", "--cap-drop", "ALL", command="coursekit doctor")
    assert told.returncode != 0
    assert "root without its capabilities cannot become an ordinary user" in told.stdout
    told = run("--read-only", command="coursekit doctor")
    assert told.returncode != 0
    assert "--tmpfs /tmp" in told.stdout
    assert "Traceback" not in told.stderr


@pytest.mark.parametrize("options", [(), FULL], ids=["landlock", "full"])
def test_a_course_beside_it_is_graded(tmp_path: Path, options: tuple[str, ...]) -> None:
    os.chown(tmp_path, 12345, 12345) if os.geteuid() == 0 else None
    user = "12345:12345" if os.geteuid() == 0 else f"{os.getuid()}:{os.getgid()}"
    told = run(
        *options,
        "--user",
        user,
        "--volume",
        f"{tmp_path}:/course",
        command="coursekit demo --dir /course/demo",
    )
    assert told.returncode == 0, told.stdout + told.stderr
    assert "Everyone got what they deserve." in told.stdout
    assert (tmp_path / "demo" / "grades.csv").stat().st_uid == int(user.split(":")[0])


@pytest.mark.parametrize("user", ["instructor", "root"])
@pytest.mark.parametrize("options", [(), FULL], ids=["landlock", "full"])
def test_the_walls_hold(user: str, options: tuple[str, ...]) -> None:
    told = run("--user", user, *options, command="coursekit doctor --attack --sample")
    assert told.returncode == 0, told.stdout + told.stderr
    assert " held, 0 not" in told.stdout
