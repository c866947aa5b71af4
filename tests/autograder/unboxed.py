"""A child without walls, for tests of the judge alone: the same pipes, a plain fork."""

from __future__ import annotations

import importlib
import os
import signal
import tempfile
from collections.abc import Callable


class UnboxedChild:
    """What `autograder.zygote.Child` is to the judge."""

    level = "none"

    def __init__(self, serve: Callable[[int, int, int], None]) -> None:
        commands_in, self.commands = os.pipe()
        self.replies, replies_out = os.pipe()
        self.output, output_out = os.pipe()
        self._folder = tempfile.TemporaryDirectory()
        self.pid = os.fork()
        if self.pid == 0:
            try:
                os.setsid()
                os.chdir(self._folder.name)
                for fd in (self.commands, self.replies, self.output):
                    os.close(fd)
                os.dup2(output_out, 1)
                os.dup2(output_out, 2)
                signal.setitimer(signal.ITIMER_REAL, 0)
                signal.signal(signal.SIGALRM, signal.SIG_DFL)
                serve(commands_in, replies_out, output_out)
            finally:
                os._exit(0)
        for fd in (commands_in, replies_out, output_out):
            os.close(fd)

    def alive(self) -> bool:
        return self.pid != 0 and os.waitpid(self.pid, os.WNOHANG) == (0, 0)

    def kill(self) -> None:
        if not self.pid:
            return
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.pid = 0
        self._folder.cleanup()
        for fd in (self.commands, self.replies, self.output):
            os.close(fd)


def spawn() -> UnboxedChild:
    """A child that runs the runner."""
    from autograder.runner import PRELOAD, serve

    for module in (*PRELOAD, "matplotlib.pyplot", "pandas"):  # as the zygote does
        importlib.import_module(module)
    return UnboxedChild(serve)
