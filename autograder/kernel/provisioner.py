"""What Jupyter asks for a kernel that runs in a box: a kernel provisioner of jupyter_client.

Chosen by a kernel's entry in Jupyter's list (`autograder.kernel.spec` writes one), or for every Python kernel
of a command by the environment variable ``JUPYTER_DEFAULT_PROVISIONER_NAME=coursekit-box``::

    JupyterLab, nbclient, nbgrader, papermill
      │  start, interrupt, restart, …            messages over unix sockets
      ▼                                                   │
    BoxProvisioner ──fork── warm process (`nest`)         │
      └── kernel: no network, its own files only  ◀───────┘

The sockets are opened here, in a folder of this user's alone, and passed in listening: the kernel can accept
what arrives at them and do nothing else with sockets. So a client is connected before the kernel is up.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import select
import signal
import socket
import threading
import weakref
from pathlib import Path
from typing import Any

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning import KernelProvisionerBase
from traitlets import Int, List, Unicode

from autograder.box import BoxUnavailable
from autograder.box.scratch import Base
from autograder.kernel.beside import Beside, read_beside
from autograder.kernel.nest import MEMORY_BYTES, Nest, nest
from autograder.zygote import Child

# As in `autograder.boxed_kernel`, which runs inside and is not loaded here.
CHANNELS = ("shell", "iopub", "stdin", "hb", "control")
ENDED = b"ended"

_LONGEST_ADDRESS = 100  # characters of a unix socket's path, of which Linux allows 107
_BACKLOG = 64
_POLL_SECONDS = 0.02
_LAST_WORDS = 2000


class BoxProvisioner(KernelProvisionerBase):
    """A kernel in a box, or none: where there is no isolation, starting it fails and says why.

    **Files.** The kernel's working folder is private and in memory. It begins with copies of the data files
    that lie beside the notebook and in folders within, so ``open("data.csv")`` works; what a notebook writes
    stays in there, and all of it is gone with the kernel: the instructor's own files never change. Left out
    are other notebooks, hidden files and links, and everything where the notebook lies in a home folder, at a
    course's root or in a folder that is too large to be an assignment's (see `autograder.kernel.beside`); the
    log then says so.

    **Packages.** The standard library, coursekit, `autograder.kernel.nest.PACKAGES` and those in `packages`.

    Of the machine's environment variables none reach the kernel. It can start threads, no processes.
    """

    packages = List(
        Unicode(), help="Import names that notebooks may use beside those that every boxed kernel has."
    ).tag(config=True)
    memory_bytes = Int(MEMORY_BYTES, min=64 << 20, help="Memory of a kernel; past it, MemoryError.").tag(
        config=True
    )

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._folder: weakref.finalize | None = None  # removes it
        self._address = ""
        self._child: Child | None = None
        self._nest: Nest | None = None
        self._killed = False

    # ---- start -----------------------------------------------------------------------------------------

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Choose unix sockets in a folder of our own, whatever the manager's configuration says.

        Raises
        ------
        BoxUnavailable
            The kernel is not one of Python, or the folder's path is too long.
        """
        manager: Any = self.parent
        language = (self.kernel_spec.language or "").lower()
        if language != "python":
            raise BoxUnavailable(f"only Python kernels can be boxed, not one of {language or 'no language'}")
        if extra := kwargs.pop("extra_arguments", []):
            self.log.warning("The boxed kernel takes no arguments; left out: %s", " ".join(extra))
        if self._folder is None:  # else it is a restart
            folder = Base()
            self._folder = weakref.finalize(self, folder.close)
            self._address = f"{folder.path}/k"
        address = self._address
        if len(address) + 2 > _LONGEST_ADDRESS:
            raise BoxUnavailable(
                f"{address} is too long for a socket's name", "set TMPDIR to a folder with a short path"
            )
        manager.transport, manager.ip, manager.cache_ports = "ipc", address, False
        manager.write_connection_file()
        self.connection_info = manager.get_connection_info()
        return await super().pre_launch(cmd=[], **kwargs)

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Fork a boxed kernel.

        Raises
        ------
        BoxUnavailable
            There is no isolation here. The message says what is missing.
        """
        folder = Path(kwargs.get("cwd") or "")  # papermill names none: then the kernel works where it is
        beside = await asyncio.to_thread(read_beside, folder)
        if beside.why_not:
            self.log.warning("The notebook finds no data files beside it: %s.", beside.why_not)
        try:
            self._child = await asyncio.to_thread(self._spawn)
        except BoxUnavailable as error:
            self._close_folder()
            raise BoxUnavailable(
                f"no boxed kernel can be started ({error.why})",
                error.mend or "`coursekit doctor` says more; without a box untrusted notebooks are not run",
            ) from None
        self._killed = False
        threading.Thread(target=_drain, args=(os.dup(self._child.output), self.log), daemon=True).start()
        await asyncio.to_thread(_give_orders, self._child, self.connection_info, beside)
        return self.connection_info

    def _spawn(self) -> Child:
        """Fork with listening sockets, of which no copy stays here."""
        if self._nest is None:
            self._nest = nest(tuple(self.packages), self.memory_bytes)
        with contextlib.ExitStack() as stack:
            sockets = [
                stack.enter_context(
                    _listen(f"{self.connection_info['ip']}-{self.connection_info[f'{channel}_port']}")  # type: ignore[literal-required]
                )
                for channel in CHANNELS
            ]
            return self._nest.spawn([each.fileno() for each in sockets])

    # ---- life ------------------------------------------------------------------------------------------

    @property
    def has_process(self) -> bool:
        """Whether there is a kernel that nobody has waited for yet."""
        return self._child is not None

    async def poll(self) -> int | None:
        """None while the kernel lives; then 0 after a shutdown, −9 when it was killed, else 1."""
        if self._child is None:
            return 0
        if self._child.alive():
            return None
        if self._killed:
            return -signal.SIGKILL
        return 0 if _read_now(self._child.replies) == ENDED else 1

    async def wait(self) -> int | None:
        """Wait until the kernel has ended."""
        while (status := await self.poll()) is None:
            await asyncio.sleep(_POLL_SECONDS)
        self._release()
        return status

    async def send_signal(self, signum: int) -> None:
        """Send a signal to the kernel; SIGINT interrupts a cell."""
        if self._child is not None:
            self._child.send_signal(signum)

    async def kill(self, restart: bool = False) -> None:
        """End the kernel at once, with all its threads."""
        if self._child is not None:
            self._killed = True
            self._child.send_signal(signal.SIGKILL)

    async def terminate(self, restart: bool = False) -> None:
        """End the kernel: as the first process of its namespace it would not even hear a SIGTERM."""
        await self.kill(restart=restart)

    async def cleanup(self, restart: bool = False) -> None:
        """Leave nothing behind; for a restart the sockets' folder stays."""
        self._release()
        if not restart:
            self._close_folder()

    def _release(self) -> None:
        if self._child is not None and self._nest is not None:
            self._nest.release(self._child)
        self._child = None

    def _close_folder(self) -> None:
        if self._folder is not None:
            self._folder()
        self._folder = None


def _listen(path: str) -> socket.socket:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)  # of the kernel before a restart
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listening.bind(path)
    listening.listen(_BACKLOG)
    return listening


def _give_orders(child: Child, connection: KernelConnectionInfo, beside: Beside) -> None:
    """Tell the boxed process all that it gets to know of this machine."""
    known = {
        name: value.decode() if isinstance(value, bytes) else value for name, value in connection.items()
    }
    order = {
        "connection": known,
        "folders": beside.folders,
        "files": [(name, len(content)) for name, content in beside.files],
    }
    commands = os.dup(child.commands)
    try:
        with os.fdopen(commands, "wb") as stream:
            stream.write(json.dumps(order).encode() + b"\n")
            for _, content in beside.files:
                stream.write(content)
    except BrokenPipeError:  # it has died; whoever asks is told by `poll`
        return


def _drain(output: int, log: logging.Logger) -> None:
    """Take what the process writes past its notebook, so that it is never held up; keep the last of it."""
    last = b""
    with os.fdopen(output, "rb", buffering=0) as stream:
        while part := stream.read(1 << 16):
            last = (last + part)[-_LAST_WORDS:]
    if last:  # as a literal: nothing that a terminal would obey
        log.debug("A boxed kernel wrote: %r", last)


def _read_now(fd: int) -> bytes:
    poll = select.poll()
    poll.register(fd, select.POLLIN)
    return os.read(fd, 64) if poll.poll(0) else b""
