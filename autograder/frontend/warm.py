"""Workers that stay warm: formgrader grades a submission a click, and starting costs more than grading."""

from __future__ import annotations

import atexit
import json
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

from autograder.batch import Batch
from autograder.pool import Pool

IDLE_SECONDS = 600.0


class WarmPool:
    """The workers of the assignment that was graded last.

    They wait for more of it and end when another assignment is graded, when this one, or anything else that
    its scores depend on, has changed, when a run failed, after a while without work, and with this process.

    Parameters
    ----------
    idle_seconds
        How long they wait.
    """

    def __init__(self, idle_seconds: float = IDLE_SECONDS) -> None:
        self._idle_seconds = idle_seconds
        self._lock = threading.RLock()
        self._held = ExitStack()
        self._pool: Pool | None = None
        self._made_for = ""
        self._timer = threading.Timer(0, self.close)

    @contextmanager
    def lend(self, batch: Batch, _run: Path) -> Iterator[Pool]:
        """Lend the workers for a batch; they keep nothing in the run's folder, which ends with it."""
        with self._lock:
            self._timer.cancel()
            wanted = json.dumps([str(batch.assignment.folder), batch.conditions], sort_keys=True)
            if self._pool is None or wanted != self._made_for:
                self.close()
                folder = self._held.enter_context(tempfile.TemporaryDirectory(prefix="coursekit-"))
                self._pool = self._held.enter_context(batch.pool(Path(folder)))
                self._made_for = wanted
            try:
                yield self._pool
            except BaseException:
                self.close()
                raise
            self._timer = threading.Timer(self._idle_seconds, self.close)
            self._timer.daemon = True
            self._timer.start()

    def close(self) -> None:
        """End the workers and remove what they needed."""
        with self._lock:
            self._timer.cancel()
            self._pool = None
            self._held.close()


@cache
def warm_pool() -> WarmPool:
    """Return the one of this process."""
    pool = WarmPool()
    atexit.register(pool.close)
    return pool
