"""An IPython kernel inside a box: what `autograder.kernel` starts to show an untrusted notebook alive.

The sockets through which Jupyter speaks to it were opened outside and come in listening, and the key that
messages are signed with comes through the pipe. So the process needs no call that makes, binds or connects a
socket, no folder that it shares with the machine, and no connection file.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import zmq
from ipykernel.heartbeat import Heartbeat
from ipykernel.iostream import IOPubThread
from ipykernel.kernelapp import IPKernelApp

if TYPE_CHECKING:
    from jupyter_client.connect import KernelConnectionInfo

# Imported before the fork, which is most of a kernel's start. Not matplotlib_inline: it looks for the
# shell when it is imported.
PRELOAD = (
    "ipykernel",
    "ipykernel.ipkernel",
    "ipykernel.kernelapp",
    "ipykernel.subshell_manager",
    "IPython.core.completer",
    "IPython.core.completerlib",
    "IPython.core.debugger",
    "IPython.core.logger",
    "IPython.core.oinspect",
    "IPython.extensions.storemagic",
    "jupyter_client",
    "tornado",
    "tornado.platform.asyncio",
    "tornado.queues",
    "zmq",
    "zmq.eventloop.zmqstream",
)

CHANNELS = ("shell", "iopub", "stdin", "hb", "control")
ENDED = b"ended"  # what comes back when a shutdown was asked for and is done
_ARENA_MAX = -8  # from <malloc.h>


def rehearse() -> None:
    """Let all threads of a kernel share one heap: each would reserve 64 MB of the address space allowed."""
    with contextlib.suppress(AttributeError):  # a C library that has no such setting
        ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def serve(commands: int, replies: int, output: int, *sockets: int) -> None:
    """Be a kernel until its shutdown is asked for.

    Parameters
    ----------
    commands
        One line of JSON comes from it: ``connection`` as in a connection file, ``files`` with the relative
        paths of data files and their sizes, ``folders``; then the files' content, one after the other.
    sockets
        Listening sockets, one for each of `CHANNELS`.
    """
    with os.fdopen(commands, "rb") as stream:
        order = json.loads(stream.readline())
        for folder in order["folders"]:
            os.mkdir(folder)
        for name, size in order["files"]:
            Path(name).write_bytes(stream.read(size))
    home = os.environ["HOME"]
    os.environ["MPLCONFIGDIR"] = f"{home}/.config/matplotlib"
    os.environ.pop("MPLBACKEND", None)  # pictures belong into the notebook
    os.environ["JUPYTER_RUNTIME_DIR"] = home
    app = _App.instance()
    app.connect(order["connection"], dict(zip(CHANNELS, sockets, strict=True)))
    app.initialize(["--HistoryManager.enabled=False", "--IPKernelApp.log_level=50"])
    if app.shell and "matplotlib" in sys.modules:  # it was imported for another back end
        app.shell.enable_matplotlib("inline")
    app.start()
    app.close()
    os.write(replies, ENDED)


class _App(IPKernelApp):
    """IPython's kernel on sockets that listen already."""

    _listening: Mapping[int, int]

    def connect(self, connection: Mapping[str, Any], sockets: Mapping[str, int]) -> None:
        """Take over what a connection file would say, and the socket of each channel."""
        self.load_connection_info(cast("KernelConnectionInfo", dict(connection)))
        self._listening = {connection[f"{channel}_port"]: fd for channel, fd in sockets.items()}

    def init_connection_file(self) -> None:
        """Do nothing: `connect` has done it."""
        self.connection_file = os.path.join(os.environ["HOME"], "kernel.json")  # what %connect_info shows

    def _try_bind_socket(self, s: Any, port: int) -> int:
        s.setsockopt(zmq.USE_FD, self._listening[port])
        bound: int = super()._try_bind_socket(s, port)
        return bound

    def init_control(self, context: Any) -> None:
        """Leave out the debugger's line to the shell channel: nothing in here may connect."""
        super().init_control(context)
        self.debug_shell_socket.disconnect(self.shell_socket.getsockopt(zmq.LAST_ENDPOINT))

    def init_iopub(self, context: Any) -> None:
        """Leave out the TCP socket for what subprocesses print: there are none."""
        self.iopub_socket = context.socket(zmq.XPUB)
        self.iopub_socket.linger = 1000
        self.iopub_port = self._bind_socket(self.iopub_socket, self.iopub_port)
        self.configure_tornado_logger()
        self.iopub_thread = IOPubThread(self.iopub_socket, session=self.session)
        self.iopub_thread.start()
        self.iopub_socket = self.iopub_thread.background_socket

    def init_heartbeat(self) -> None:
        """Bind the heartbeat, which has a context and a thread of its own, to its socket."""
        self.heartbeat = _Heartbeat(zmq.Context(), (self.transport, self.ip, self.hb_port))
        self.heartbeat.descriptor = self._listening[self.hb_port]
        self.heartbeat.start()


class _Heartbeat(Heartbeat):
    descriptor: int

    def _try_bind_socket(self) -> Any:
        self.socket.setsockopt(zmq.USE_FD, self.descriptor)
        return super()._try_bind_socket()
