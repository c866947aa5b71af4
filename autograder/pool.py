"""Many submissions on several worker processes, none of which a submission can stop.

Each worker is a process of its own (see `autograder.worker`). One that dies or hangs is replaced; the
submission it was busy with is tried once more and then reported, and those behind it go to another worker.

Workers share a warm process (`autograder.zygote`), which takes longer to start than all else and would be the
same for each. Whether a worker failed because of it is not asked: its successor gets a fresh one, and the
submission is tried again beside another one.
"""

from __future__ import annotations

import os
import select
import selectors
import signal
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

from autograder.box import BoxUnavailable, Level, Limits
from autograder.grader import Grader
from autograder.jobs import READY, Job, Reply, Setup
from autograder.zygote import DEFAULT_PACKAGES, Zygote

CHECKOUT = Path(__file__).resolve().parents[1]
WORKER = (sys.executable, "-P", "-m", "autograder.worker")
START_SECONDS = 120.0
STOP_SECONDS = 5.0
START_FAILURES = 3
AHEAD = 2  # jobs in a worker's hands: one that it does and one so that it never waits
ATTEMPTS = 2
SHARE = 4  # workers for which one warm process forks fast enough by far


class PoolError(Exception):
    """No worker can be started; the message holds what the last one said."""


def warm_process(setup: Setup) -> Zygote:
    """Start the process that a setup's workers fork children from; it may still be starting."""
    return Zygote(
        level=Level(setup.level),
        limits=Limits(**setup.box_limits),
        packages=DEFAULT_PACKAGES if setup.packages is None else setup.packages,
        files=Path(setup.files_folder),
        wait=False,
    )


class Pool:
    """Worker processes for one assignment; use it in a `with` block.

    Parameters
    ----------
    setup
        What each worker is told at its start.
    folder
        A folder of the run for the setup and the workers' logs.
    workers
        How many processes.
    seconds
        After this time a submission's worker is taken to hang. The judge has budgets of its own, well below.
    command
        The worker's command line; SETUP, RESULTS and ZYGOTE are appended.
    warm
        Starts a warm process; None for workers that need none.
    """

    def __init__(
        self,
        setup: Setup,
        folder: Path,
        *,
        workers: int,
        seconds: float,
        command: Sequence[str] = WORKER,
        warm: Callable[[Setup], Zygote] | None = warm_process,
    ) -> None:
        self.setup, self.folder, self.seconds, self.command = setup, folder, seconds, tuple(command)
        self.size = workers
        self._warm = warm
        # The kernel counts the threads of all children of a warm process together: where some are allowed,
        # a child could use up its neighbour's.
        self._share = SHARE if Limits(**setup.box_limits).processes == 1 else 1
        self._zygote: Zygote | None = None  # the one that the next worker gets
        self._workers: list[_Worker] = []
        self._selector = selectors.DefaultSelector()
        self._started = 0
        self._failed_starts = 0
        self._attempts: Counter[str] = Counter()
        self._failed_with: dict[str, Zygote | None] = {}
        setup.write(self._setup_path)

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *exception: object) -> None:
        for worker in self._workers:
            self._selector.unregister(worker.results)
            worker.dismiss()
        for worker in self._workers:
            worker.end(patience=0.0 if worker.jobs else STOP_SECONDS)
        for zygote in {worker.zygote for worker in self._workers} | {self._zygote}:
            if zygote is not None:
                zygote.close()
        self._workers.clear()
        self._selector.close()

    @property
    def _setup_path(self) -> Path:
        return self.folder / "setup.json"

    def run(self, jobs: Sequence[Job]) -> Iterator[Reply]:
        """Yield a reply for every job, in the order in which they are done.

        It may be called again when all replies of the call before have been taken: the workers wait.

        Raises
        ------
        PoolError
            Workers cannot be started.
        """
        waiting = deque(jobs)
        self._attempts.clear()
        self._failed_with.clear()
        self._bury()
        self._start(min(self.size, len(waiting)) - len(self._workers))
        left = len(waiting)
        while left:
            self._hand_out(waiting)
            for reply in self._collect(waiting):
                left -= 1
                paused = time.monotonic()
                yield reply
                for worker in self._workers:  # the time that the caller took is not the worker's
                    worker.since += time.monotonic() - paused

    def _bury(self) -> None:
        """Forget workers that have ended since the last run."""
        for worker in [worker for worker in self._workers if worker.has_ended()]:
            self._remove(worker)

    def _start(self, count: int) -> None:
        for _ in range(count):
            self._started += 1
            log = self.folder / f"worker-{self._started}.log"
            worker = _Worker([*self.command, str(self._setup_path)], log, self._zygote_for_one_more())
            self._workers.append(worker)
            self._selector.register(worker.results, selectors.EVENT_READ, worker)

    def _zygote_for_one_more(self) -> Zygote | None:
        if self._warm is None:
            return None
        users = [worker for worker in self._workers if worker.zygote is self._zygote]
        if self._zygote is None or len(users) >= self._share:
            try:
                self._zygote = self._warm(self.setup)
            except BoxUnavailable as error:
                raise PoolError(f"The grader's workers do not start. {error}") from None
        return self._zygote

    def _remove(self, worker: _Worker) -> None:
        """End a worker that failed; nobody else gets its zygote, which goes with the last who has it."""
        self._selector.unregister(worker.results)
        self._workers.remove(worker)
        worker.end()
        if self._zygote is worker.zygote:
            self._zygote = None
        if worker.zygote is not None and all(other.zygote is not worker.zygote for other in self._workers):
            worker.zygote.close()

    def _hand_out(self, waiting: deque[Job]) -> None:
        # One each first, so that the last jobs are shared evenly.
        for depth in range(1, AHEAD + 1):
            for worker in self._workers:
                if worker.ready and len(worker.jobs) < depth and (job := self._job_for(worker, waiting)):
                    waiting.remove(job)
                    worker.send(job)

    def _job_for(self, worker: _Worker, waiting: deque[Job]) -> Job | None:
        """The next job; one that failed goes to nobody who has the same warm process, which may be dead."""
        for job in waiting:
            if worker.zygote is None or worker.zygote is not self._failed_with.get(job.student):
                return job
        return None

    def _collect(self, waiting: deque[Job]) -> list[Reply]:
        """Wait for something to happen and return the replies that came of it."""
        replies: list[Reply] = []
        for key, _ in self._selector.select(timeout=self._patience()):
            worker: _Worker = key.data
            lines, ended = worker.read()
            if worker.ready:
                self._failed_starts = 0
            replies += [Reply.from_line(line) for line in lines]
            if ended:
                replies += self._replace(worker, waiting)
        now = time.monotonic()
        for worker in [w for w in self._workers if w.limit(self.seconds) < now]:
            worker.hangs = True
            replies += self._replace(worker, waiting)
        return replies

    def _patience(self) -> float:
        soonest = min((worker.limit(self.seconds) for worker in self._workers), default=0.0)
        return min(60.0, max(0.0, soonest - time.monotonic()))

    def _replace(self, worker: _Worker, waiting: deque[Job]) -> list[Reply]:
        """End a worker that failed, start another, and decide about its jobs."""
        if not worker.ready:
            self._failed_starts += 1
        gives_up = not worker.ready and self._failed_starts >= START_FAILURES
        why = worker.zygote.why_it_failed() if gives_up and worker.zygote else ""
        self._remove(worker)
        if gives_up:
            raise PoolError(f"The grader's workers do not start. {why or worker.why_it_ended()}")
        replies: list[Reply] = []
        waiting.extendleft(reversed(list(worker.jobs)[1:]))
        for job in list(worker.jobs)[:1]:
            self._attempts[job.student] += 1
            self._failed_with[job.student] = worker.zygote
            if self._attempts[job.student] < ATTEMPTS:
                waiting.appendleft(job)
            else:
                reason = f"The grader gave up on this submission, twice. {worker.why_it_ended()}"
                replies.append(Grader(self.setup).give_up(job, reason))
        if waiting:
            self._start(1)
        return replies


class _Worker:
    """One process, the jobs in its hands (the first is the one it does), and what it has sent so far."""

    def __init__(self, command: Sequence[str], log: Path, zygote: Zygote | None) -> None:
        self.log, self.zygote = log, zygote
        self.jobs: deque[Job] = deque()
        self.ready = self.hangs = False
        self.since = time.monotonic()
        self._received = bytearray()
        self.results, theirs = os.pipe()
        os.set_blocking(self.results, False)
        path = os.pathsep.join(filter(None, [str(CHECKOUT), os.environ.get("PYTHONPATH")]))
        one_thread = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
        with ExitStack() as given, log.open("wb") as output:
            given.callback(os.close, theirs)
            descriptors = [theirs]
            if zygote is not None:
                descriptors.append(given.enter_context(zygote.lend()).fileno())
            self._process = subprocess.Popen(
                [*command, *map(str, descriptors)],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
                pass_fds=descriptors,
                env=os.environ | one_thread | {"PYTHONPATH": path},
                start_new_session=True,
            )

    def send(self, job: Job) -> None:
        """Hand it a job. If it has died, reading its results will tell."""
        if not self.jobs:
            self.since = time.monotonic()
        self.jobs.append(job)
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.write(job.to_line())
            self._process.stdin.flush()

    def read(self) -> tuple[list[bytes], bool]:
        """Return the replies that are complete, and whether the process has closed its end."""
        ended = False
        while True:
            try:
                piece = os.read(self.results, 1 << 20)
            except BlockingIOError:
                break
            if not piece:
                ended = True
                break
            self._received += piece
        *lines, rest = bytes(self._received).split(b"\n")
        self._received = bytearray(rest)
        if lines and not self.ready:
            self.ready = lines.pop(0) + b"\n" == READY
        for _ in lines:
            self.jobs.popleft()
            self.since = time.monotonic()
        return lines, ended

    def has_ended(self) -> bool:
        """Whether the process is gone; its number stays taken until `end`."""
        gone = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return gone is not None

    def limit(self, seconds: float) -> float:
        """Return the moment at which it is taken to hang."""
        if not self.ready:
            return self.since + START_SECONDS
        return self.since + seconds if self.jobs else float("inf")

    def dismiss(self) -> None:
        """Tell it that there are no more jobs."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()

    def end(self, patience: float = 0.0) -> None:
        """Kill it with all that it started, after it had some time to end by itself."""
        self.dismiss()
        # Not process.wait: until it is reaped, its number, which is its group's too, cannot become another's.
        process = os.pidfd_open(self._process.pid)
        select.select([process], [], [], patience)
        os.close(process)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        os.close(self.results)

    def why_it_ended(self) -> str:
        """Say how it ended and what it said last."""
        lines = self.log.read_text("utf-8", "replace").strip().splitlines()
        last = f" Its last words: {lines[-1][:300]}" if lines else ""
        if self.hangs:
            return f"A worker did not answer in time.{last}"
        code = self._process.returncode
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        return f"A worker {how}.{last}"
