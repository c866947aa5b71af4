"""What is watched while submissions are graded: texts, folders and a port that nobody must touch."""

from __future__ import annotations

import base64
import json
import os
import re
import selectors
import socket
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

# Where an attack may try to leave something, beside the folders of the run.
COMMON_FOLDERS = ("/", "/tmp", "/var/tmp", "/dev/shm", "/run", "/run/lock", "/etc", "/opt", "/usr/local/lib")


class Listener:
    """Somebody who listens on the loopback interface and at an abstract Unix socket, and counts callers.

    Attributes
    ----------
    port, name
        Of TCP and UDP alike; of the Unix socket.
    callers
        What arrived, in words.
    """

    def __init__(self, name: str) -> None:
        self.name, self.callers = name, list[str]()
        self._selector = selectors.DefaultSelector()
        stream = socket.create_server(("127.0.0.1", 0))
        self.port: int = stream.getsockname()[1]
        datagram = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        datagram.bind(("127.0.0.1", self.port))
        local = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        local.bind(f"\0{name}")
        local.listen()
        self._sockets = {"TCP": stream, "UDP": datagram, "Unix": local}
        for kind, listening in self._sockets.items():
            self._selector.register(listening, selectors.EVENT_READ, kind)
        self._stop, stop = os.pipe()
        self._selector.register(self._stop, selectors.EVENT_READ, "")
        self._write_stop = stop
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def _listen(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if not key.data:
                    return
                listening = self._sockets[key.data]
                if key.data == "UDP":
                    listening.recvfrom(1000)
                else:
                    listening.accept()[0].close()
                self.callers.append(f"{key.data} to port {self.port} or socket {self.name}")

    def __enter__(self) -> Listener:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.write(self._write_stop, b"x")
        self._thread.join()
        self._selector.close()
        for listening in self._sockets.values():
            listening.close()
        os.close(self._stop)
        os.close(self._write_stop)


Snapshot = dict[str, tuple[int, int, int, bytes]]


def snapshot(*folders: Path) -> Snapshot:
    """Every path below `folders` with its mode, owner, size and content."""
    found: Snapshot = {}
    for folder in folders:
        for path in (folder, *sorted(folder.rglob("*"))):
            status = path.lstat()
            content = path.read_bytes() if path.is_file() and not path.is_symlink() else b""
            found[str(path)] = (status.st_mode, status.st_uid, len(content), content)
    return found


def changes(before: Snapshot, after: Snapshot) -> list[str]:
    """In words, what is different."""
    found = []
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            what = "removed" if path not in after else "changed" if path in before else "made"
            found.append(f"{path} was {what}")
    return found


def planted(token: str, folders: Iterable[str | Path]) -> list[str]:
    """Files that an attack left in one of the folders: their names hold the token."""
    found = []
    for folder in folders:
        try:
            found += [f"{folder}/{name} was planted" for name in os.listdir(folder) if token in name]
        except OSError:
            continue
    return found


def texts_of(path: Path) -> Iterator[bytes]:
    """The bytes of a file and, from a notebook or page, those of the pictures in it."""
    content = path.read_bytes()
    yield content
    if path.suffix == ".ipynb":
        for cell in json.loads(content)["cells"]:
            for output in cell.get("outputs", ()):
                yield base64.b64decode(output.get("data", {}).get("image/png", ""))
    elif path.suffix == ".html":
        for picture in re.findall(rb"data:[\w/+.-]+;base64,([\w+/=\s]+)", content):
            yield base64.b64decode(picture, validate=False)


def markers(text: bytes, token: str) -> list[str]:
    """The markers in a text, by the word that tells where they come from."""
    return sorted({found.decode() for found in re.findall(rb"seal-%b-([a-z]+)" % token.encode(), text)})
