"""The warm process from within: enter the box, import, then fork a boxed child whenever the judge asks.

It holds no secret, since every child inherits its memory. The other end is `autograder.zygote`.
"""

from __future__ import annotations

import contextlib
import fcntl
import gc
import importlib
import io
import json
import os
import random
import select
import signal
import socket
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

from autograder.box import syscalls
from autograder.box.boxes import BOXES, Box
from autograder.box.disk import disk_of_this_interpreter
from autograder.box.files import read_data_files
from autograder.box.levels import BoxUnavailable, Level, die_with_parent, in_words
from autograder.box.limits import Limits

MOST_BYTES = 1 << 17  # of one message between judge and zygote
_FOR_WALLS = ("resource",)  # imported where limits are set: once here, not in each child
LEND = b"lend"  # with it comes a socket for one more judge
READY = b"ready"  # what a child writes when its walls stand; anything else there is an error in words

_COMMANDS, _REPLIES, _STATUS = 3, 4, 5  # a child's descriptors beside 0, 1 and 2
_PIPES, MOST_SOCKETS = 4, 8  # of one request: output and those three, and what else the child is to have
_WATCH_SECONDS = 0.2
_MOST_FILLING = 1 << 20  # bytes of one size; far more than there are holes

_Serve = Callable[..., None]


def main(search_path: Sequence[str]) -> None:
    """Enter the box, import, and fork children until the judge is gone."""
    gc.disable()  # imports make nothing that is garbage: looking for it takes a tenth of the start
    base = sys.argv[1]
    control, parent = _keep_low_descriptors_free(*(int(argument) for argument in sys.argv[2:4]))
    try:
        configuration = json.loads(control.recv(MOST_BYTES))
        sys.argv[:], sys.orig_argv[:] = [""], []
        box = _enter(configuration, search_path, base)
        serve = _warm_up(box, configuration["preload"], configuration["serve"])
        box.settle()
    except BaseException as error:
        reason = in_words(error)
        if not isinstance(error, OSError | BoxUnavailable):  # some package's own trouble
            reason += f"\n{traceback.format_exc()}"
        with contextlib.suppress(OSError):
            control.send(json.dumps({"error": reason[: MOST_BYTES // 8]}).encode())
        os._exit(1)
    _Nursery(box, serve, control, parent).run()
    os._exit(0)


def _keep_low_descriptors_free(control: int, parent: int) -> tuple[socket.socket, int]:
    """Move ours up, so that a child can lay its pipes on fixed low numbers without hitting any of them."""
    moved = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 10) for fd in (control, parent)]
    for fd in (_COMMANDS, _REPLIES, _STATUS):
        os.dup2(0, fd, inheritable=False)
    for fd in (control, parent):
        if fd > _STATUS:
            os.close(fd)
    return socket.socket(fileno=moved[0]), moved[1]


def _enter(configuration: Mapping[str, Any], search_path: Sequence[str], base: str) -> Box:
    """Go inside and let imports come from there alone."""
    files = read_data_files(configuration["files"])
    large = tuple(path for _, path in files.links)
    disk = disk_of_this_interpreter(search_path, site=configuration["site"], files=large)
    box = BOXES[Level(configuration["level"])](disk, Limits(**configuration["limits"]), files, base)
    try:
        box.enter()
    except OSError as error:
        raise BoxUnavailable(f"level {box.level} cannot be had here: {in_words(error)}") from error
    sys.path[:] = [box.site, *search_path]
    sys.path_importer_cache.clear()
    # The package was found in the checkout; from now on it is what the site folder has of it.
    sys.modules["autograder"].__path__ = [f"{box.site}/autograder"]
    return box


def _warm_up(box: Box, preload: Sequence[str], serve: str) -> _Serve:
    """Import what children will need; the function that serves."""
    os.environ["HOME"] = os.environ["MPLCONFIGDIR"] = os.environ["IPYTHONDIR"] = box.cache
    os.environ["TMPDIR"] = tempfile.tempdir = box.cache
    for name in (*_FOR_WALLS, *preload):
        try:
            importlib.import_module(name)
        except ModuleNotFoundError:
            continue  # it, or what it needs, is not installed or not allowed
        if name == "matplotlib":
            _draw_first_figure()
    module, _, function = serve.partition(":")
    server = importlib.import_module(module)
    served: _Serve = getattr(server, function)
    if hasattr(server, "rehearse"):
        server.rehearse()
    if strangers := _strangers(box):
        raise BoxUnavailable(f"modules from outside the box are loaded: {', '.join(strangers)}")
    return served


def _draw_first_figure() -> None:
    """Let Matplotlib find its fonts and load its back end now."""
    from matplotlib import font_manager, pyplot

    figure, axes = pyplot.subplots()
    axes.plot([0.0, 1.0], [0.0, 1.0], label="first")
    axes.set_title("first")
    axes.legend()
    figure.savefig(io.BytesIO(), format="png")
    pyplot.close(figure)
    # Matplotlib closes its fonts in every forked process, since FreeType cannot be shared: a hundred pages
    # to copy in each child, unless they are closed here.
    cached = getattr(font_manager, "_get_font", None)
    if cached is not None:
        cached.cache_clear()


def _strangers(box: Box) -> list[str]:
    """Modules in memory that no import inside could find; every child would have them."""
    ours = {"autograder", *(name for name in sys.modules if name.startswith("autograder.box"))}
    places = tuple(
        f"{place.rstrip('/')}/" for place in (box.site, *sys.path, *map(os.path.realpath, sys.path))
    )
    return sorted(
        name
        for name, module in sys.modules.items()
        if name not in ours
        and isinstance(path := getattr(module, "__file__", None), str)
        and not path.startswith(places)
    )


class _Nursery:
    """The zygote's loop: fork on request, reap, and end when the owner does.

    The owner may lend it to further judges, each on a socket of its own. A judge's children end with it.
    """

    def __init__(self, box: Box, serve: _Serve, control: socket.socket, parent: int) -> None:
        self._box, self._serve, self._control, self._parent = box, serve, control, parent
        self._pid = os.getpid()
        self._judges: dict[int, socket.socket] = {}
        self._count = 0
        self._living: dict[int, tuple[int, int, int]] = {}  # pidfd -> (pid, number, judge)
        self._filling: list[object] = []
        self._left: list[int] = []  # numbers of dead children to be cleaned up after
        self._poll = select.poll()
        self._poll.register(parent, select.POLLIN)
        self._welcome(control)

    def _welcome(self, judge: socket.socket) -> None:
        self._judges[judge.fileno()] = judge
        self._poll.register(judge, select.POLLIN)
        with contextlib.suppress(OSError):  # it went: the next round sees it
            judge.send(json.dumps({"ready": True}).encode())

    def run(self) -> None:
        """Serve until the owner closes its end or dies."""
        gc.freeze()  # children need not look at what is there now; a look would copy its pages
        gc.enable()
        while self._round():
            pass
        for pidfd in list(self._living):
            self._end(pidfd)
        for number in self._left:
            self._box.clean(number)

    def _round(self) -> bool:
        timeout = None
        if self._living and self._box.watched:
            timeout = _WATCH_SECONDS * 1000
        if self._left:
            timeout = 0
        events = dict(self._poll.poll(timeout))
        if not events and self._left:  # nothing else to do: removing is slow on some disks
            self._box.clean(self._left.pop())
        for pidfd in self._living.keys() & events.keys():
            self._reap(pidfd)
        if self._parent in events:
            return False
        asking = self._judges.keys() & events.keys()
        for judge in asking:
            if not self._answer(judge):
                if self._judges[judge] is self._control:
                    return False
                self._dismiss(judge)
        if not asking and self._box.watched:
            self._watch()
        return True

    def _answer(self, judge: int) -> bool:
        """Do what a judge asks for; False if it is gone."""
        line = self._judges[judge]
        try:
            message, descriptors, _, _ = socket.recv_fds(line, 64, _PIPES + MOST_SOCKETS)
        except ConnectionError:
            return False
        if message == LEND and line is self._control:
            self._welcome(socket.socket(fileno=descriptors[0]))
        elif message:
            self._spawn(judge, int(message), descriptors)
        return bool(message)

    def _dismiss(self, judge: int) -> None:
        """End what is left of a judge's children."""
        for pidfd in [pidfd for pidfd, (_, _, owner) in self._living.items() if owner == judge]:
            self._end(pidfd)
        self._poll.unregister(judge)
        self._judges.pop(judge).close()

    def _spawn(self, judge: int, request: int, descriptors: Sequence[int]) -> None:
        answer: dict[str, Any] = {"number": request}
        pidfds = []
        self._count += 1
        if self._count == 2:  # somebody waits for the first one, a kernel say, of which there may be no other
            self._tidy()
        try:
            pid = self._box.fork()
            if pid == 0:
                self._become_child(self._count, descriptors)
            pidfd = os.pidfd_open(pid)
            self._living[pidfd] = pid, self._count, judge
            self._poll.register(pidfd, select.POLLIN)
            pidfds.append(pidfd)
        except OSError as error:
            answer["error"] = f"no child could be started: {in_words(error)}"
        for fd in descriptors:
            os.close(fd)
        with contextlib.suppress(OSError):  # the judge went: the next round sees it
            socket.send_fds(self._judges[judge], [json.dumps(answer).encode()], pidfds)

    def _tidy(self) -> None:
        """Make memory such that children copy less of it; takes as long as some forks."""
        gc.unfreeze()
        gc.collect()
        self._filling = _fill_holes()
        gc.freeze()

    def _end(self, pidfd: int) -> None:
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
        self._reap(pidfd)

    def _reap(self, pidfd: int) -> None:
        pid, number, _ = self._living.pop(pidfd)
        self._poll.unregister(pidfd)
        os.close(pidfd)
        self._box.end(pid)
        self._left.append(number)

    def _watch(self) -> None:
        for pidfd, (_, number, _) in self._living.items():
            if self._box.is_past_bounds(number):
                signal.pidfd_send_signal(pidfd, signal.SIGKILL)

    def _become_child(self, number: int, descriptors: Sequence[int]) -> NoReturn:
        """Raise the walls, then serve; never returns into the zygote's loop."""
        status = 1
        try:
            pipes, sockets = descriptors[:_PIPES], descriptors[_PIPES:]
            _lay_pipes(*pipes)
            die_with_parent()
            if os.getppid() not in (0, self._pid):  # 0: the parent is outside this process namespace
                os._exit(1)  # it ended just before
            try:
                folders = self._box.confine(number=number, others=len(self._living))
                for judge in self._judges.values():
                    judge.detach()
                syscalls.close_above(_STATUS + 1, keep=sockets)
            except BaseException as error:
                os.write(_STATUS, f"a wall could not be raised: {in_words(error)}".encode()[:4000])
                os._exit(1)
            _start_fresh(folders.home, folders.tmp)
            os.write(_STATUS, READY)
            os.close(_STATUS)
            self._serve(_COMMANDS, _REPLIES, 1, *sockets)
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            with contextlib.suppress(Exception):
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(status)


def _fill_holes() -> list[object]:
    """Take up the free places between the objects that are there; they stay taken while the result is kept.

    The first word that a child writes to a page of this process's memory has the kernel copy the page. What
    a child makes would land in holes on a few hundred pages; with those filled, it lands side by side on new
    ones. A hole of some size is taken to be the last one when a few objects in a row lie next to each other.
    """
    filling: list[object] = []
    header = sys.getsizeof(b"")
    for size in (*range(4096, 1024, -256), *range(1024, 0, -16)):
        # Up to 512 bytes Python's own allocator serves, from pools of 16 KiB; above the C library's, which
        # puts 8 bytes of its own before each object.
        length, row = (size, 16384 // size - 4) if size <= 512 else (size - 8, 4)
        last = beside = 0
        for _ in range(_MOST_FILLING // size):
            made = object() if size == 16 else float(size) if size == 32 else bytes(length - header)
            filling.append(made)
            beside = beside + 1 if id(made) - last == size else 0
            if beside >= row:
                break
            last = id(made)
    return filling


def _lay_pipes(commands: int, replies: int, output: int, status: int) -> None:
    for fd, place in (
        (commands, _COMMANDS),
        (replies, _REPLIES),
        (status, _STATUS),
        (output, 1),
        (output, 2),
    ):
        os.dup2(fd, place)


def _start_fresh(home: str, tmp: str) -> None:
    """Forget what must differ from child to child."""
    os.environ["HOME"] = home
    os.environ["IPYTHONDIR"] = f"{home}/.ipython"
    os.environ["TMPDIR"] = tmp
    tempfile.tempdir = None
    random.seed()
    if "numpy.random" in sys.modules:
        # With a number: without one, NumPy goes a long way for it, and each step copies pages.
        sys.modules["numpy.random"].seed(int.from_bytes(os.urandom(4), "big"))
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
