"""Processes that boxed kernels are forked from, kept while the program that asks for kernels lives.

The first kernel of a program is started cold: a process enters the box, imports IPython's kernel and is
forked at once, so nothing is spent on a warmth that nobody needs. When a second one is asked for, there will
be more: then a process that has imported NumPy and Matplotlib, too, is made ready in the background.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache

from autograder.box import BoxUnavailable, Level, Limits, best_level
from autograder.zygote import DEFAULT_PACKAGES, Child, Zygote

_MIB = 1024 * 1024
IDLE_SECONDS = 600.0
MEMORY_BYTES = 2048 * _MIB
SERVE = "autograder.boxed_kernel:serve"
# What a kernel itself needs is named where it is imported, in `autograder.boxed_kernel`.
PACKAGES = (*DEFAULT_PACKAGES, "coursekit", "ipywidgets", "anywidget", "tqdm")
_WARM = ("numpy", "matplotlib")


class Nest:
    """The processes for one set of packages and bounds.

    Parameters
    ----------
    packages
        Import names that notebooks may use, beside those of `PACKAGES`.
    memory_bytes
        Memory of each kernel.
    idle_seconds
        How long a process stays when no kernel is left.
    """

    def __init__(
        self, packages: Sequence[str] = (), *, memory_bytes: int, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        self._packages = packages
        self._limits = Limits(
            memory_bytes=memory_bytes,
            file_bytes=512 * _MIB,
            tmp_bytes=512 * _MIB,
            tmp_files=4096,
            cpu_seconds=24 * 3600,
            processes=64,  # threads: a kernel of IPython has about ten of its own
            open_files=512,
        )
        self._idle_seconds = idle_seconds
        self._lock = threading.RLock()
        self._current: Zygote | None = None
        self._warming: threading.Thread | None = None
        self._homes: dict[Child, Zygote] = {}  # which process each living kernel was forked from
        self._timer: threading.Timer | None = None

    def spawn(self, sockets: Sequence[int]) -> Child:
        """Fork a boxed process that waits for its orders; give it back with `release`.

        Raises
        ------
        BoxUnavailable
            There is no isolation here, with the reason.
        """
        with self._lock:
            if self._timer:
                self._timer.cancel()
            if self._current is None:
                self._current = self._start(())
            elif self._warming is None:
                self._warming = threading.Thread(target=self._warm, name="warm kernels", daemon=True)
                self._warming.start()
            try:
                child = self._current.spawn(sockets)
            except BoxUnavailable:  # the process was killed, say for want of memory: once more with a new one
                self._current.close()
                self._current = self._start(())
                child = self._current.spawn(sockets)
            self._homes[child] = self._current
            return child

    def release(self, child: Child) -> None:
        """End a kernel's process and, where it was the last one, what it was forked from."""
        child.close()
        with self._lock:
            home = self._homes.pop(child, None)
            if home is not None and home is not self._current and home not in self._homes.values():
                home.close()
            if not self._homes and self._current is not None:
                self._timer = threading.Timer(self._idle_seconds, self._end_if_idle)
                self._timer.daemon = True
                self._timer.start()

    def wait_until_warm(self) -> None:
        """Return when what is being made ready in the background is ready."""
        if self._warming:
            self._warming.join()

    def close(self) -> None:
        """End everything."""
        self.wait_until_warm()
        with self._lock:
            if self._timer:
                self._timer.cancel()
            for zygote in {*self._homes.values(), *([self._current] if self._current else [])}:
                zygote.close()
            self._current = self._warming = None
            self._homes.clear()

    def _end_if_idle(self) -> None:
        with self._lock:
            if not self._homes:
                self.close()

    def _start(self, preload: Sequence[str]) -> Zygote:
        try:
            return self._zygote(Level.FULL, preload)
        except BoxUnavailable:  # asked only now: trying a level takes longer than a start that works
            return self._zygote(best_level(), preload)

    def _zygote(self, level: Level, preload: Sequence[str]) -> Zygote:
        return Zygote(
            level=level,
            limits=self._limits,
            packages=(*PACKAGES, *self._packages),
            preload=preload,
            real_coursekit=True,
            serve=SERVE,
        )

    def _warm(self) -> None:
        try:
            warm = self._start(_WARM)
        except BoxUnavailable:  # kernels go on being forked from the one that is there
            return
        with self._lock:
            cold, self._current = self._current, warm
            if cold is not None and cold not in self._homes.values():
                cold.close()


@cache
def nest(packages: tuple[str, ...], memory_bytes: int) -> Nest:
    """The one of this program."""
    return Nest(packages, memory_bytes=memory_bytes)
