"""A PostgreSQL server of the tests' own: Debian's programs, a temporary folder, a socket and no network."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ABSENT = "no PostgreSQL server on this machine (Debian: apt-get install postgresql)"


def programs() -> Path | None:
    """Return the folder of initdb and pg_ctl, of the newest version that is installed."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    found = str(versions[-1]) if versions else shutil.which("initdb")
    return Path(found).parent if found else None


class Server:
    """A server in `folder`; `sh` runs one of its programs as the user that owns it."""

    def __init__(self, folder: Path, programs: Path) -> None:
        self.folder, self._programs = folder, programs
        self._user = _ordinary_user() if os.geteuid() == 0 else None  # initdb refuses to work for root
        if self._user is not None:
            os.chown(folder, self._user, -1)
        self._run("initdb", "-D", "data", "-A", "trust", "-U", "tester", "-E", "UTF8", "--no-locale", "-N")

    def _run(self, program: str, *arguments: str) -> None:
        with tempfile.TemporaryFile() as log:  # no pipe: the server that pg_ctl starts would keep it open
            result = subprocess.run(
                [self._programs / program, *arguments],
                cwd=self.folder,
                user=self._user,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
            log.seek(0)
            assert result.returncode == 0, log.read().decode()

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = f"-c listen_addresses= -k {self.folder} -c fsync=off"
        self._run("pg_ctl", "-D", "data", "-l", "log", "-w", "-o", options, "start")

    def stop(self) -> None:
        """Stop it at once: connections break and what is not committed is gone."""
        self._run("pg_ctl", "-D", "data", "-m", "immediate", "-w", "stop")

    def restart(self) -> None:
        """Break all connections; whoever connects anew is served."""
        self.stop()
        self.start()

    def database(self, name: str) -> str:
        """Make an empty database and return its URL."""
        self._run("createdb", "-h", str(self.folder), "-U", "tester", name)
        return f"postgresql+psycopg://tester@/{name}?host={self.folder}"


def _ordinary_user() -> int:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_uid
        except KeyError:
            continue
    raise AssertionError("no ordinary user on this machine")


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server, or skip the tests that need one; in CI they fail."""
    found = programs()
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail(ABSENT)
        pytest.skip(ABSENT)
    folder = Path(tempfile.mkdtemp(prefix="ck-pg-", dir="/tmp"))  # a socket's path holds 107 bytes at most
    try:
        server = Server(folder, found)
        server.start()
        try:
            yield server
        finally:
            server.stop()
    finally:
        shutil.rmtree(folder)
