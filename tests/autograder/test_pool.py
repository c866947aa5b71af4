"""No submission stops the pool or takes points from another."""

from __future__ import annotations

import dataclasses
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from box_tools import need
from nbformat import NotebookNode
from sample_course import ASSIGNMENT, DOUBLE, SQUARE, answered, make_course, submit

from autograder import pool as pool_module
from autograder.box import Level
from autograder.course import Course
from autograder.jobs import Job, Reply, Setup
from autograder.pool import Pool, PoolError
from autograder.zygote import Zygote

FAKE = (sys.executable, str(Path(__file__).with_name("fake_worker.py")))


class Class:
    """Submissions on disk and the jobs for them."""

    def __init__(self, root: Path) -> None:
        self.root = make_course(root)
        course = Course(root)
        assignment = course.assignment(ASSIGNMENT)
        self.released: NotebookNode = assignment.notebook("ps1").released
        notebooks = [
            {"name": n.name, "source": n.source, "released": n.released} for n in assignment.notebooks
        ]
        self.setup = Setup(notebooks, str(assignment.folder), str(assignment.folder), "full")
        self.run_folder = root / "run"
        self.run_folder.mkdir()
        self.jobs: list[Job] = []

    def hand_in(self, student: str, square: str = SQUARE) -> None:
        folder = submit(self.root, student, answered(self.released, square=square, double=DOUBLE))
        self.jobs.append(Job(student, str(folder), {"ps1": "ps1.ipynb"}, seed=1))

    def pool(self, workers: int = 2, seconds: float = 60.0) -> Pool:
        return Pool(self.setup, self.run_folder, workers=workers, seconds=seconds, command=FAKE, warm=None)

    def grade(self, **options: float) -> dict[str, Reply]:
        with self.pool(**options) as pool:  # type: ignore[arg-type]
            replies = list(pool.run(self.jobs))
        assert len(replies) == len(self.jobs)
        return {reply.result.student: reply for reply in replies}


@pytest.fixture
def klass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Class:
    monkeypatch.chdir(tmp_path)
    return Class(tmp_path)


def scores(replies: dict[str, Reply]) -> dict[str, float]:
    return {student: reply.result.score for student, reply in sorted(replies.items())}


@pytest.mark.parametrize("workers", [1, 3])
def test_every_submission_gets_one_reply(klass: Class, workers: int) -> None:
    for number in range(12):
        klass.hand_in(f"s{number}", SQUARE if number % 2 else "def square(x):\n    return x")
    replies = klass.grade(workers=workers)
    assert scores(replies) == {f"s{n}": 6.0 if n % 2 else 3.0 for n in sorted(range(12), key=str)}
    wrong = replies["s0"].result
    assert (wrong.status, wrong.why()) == (
        "graded",
        "square-visible: square gives a wrong value (and 2 more)",
    )


def test_a_submission_that_kills_its_worker_is_reported_and_costs_nobody_else(klass: Class) -> None:
    for student in ("ada", "bob", "cyd", "dan"):
        klass.hand_in(student)
    klass.hand_in("mal", "DIE")
    klass.jobs.insert(1, klass.jobs.pop())
    replies = klass.grade()
    assert scores(replies) == {"ada": 6.0, "bob": 6.0, "cyd": 6.0, "dan": 6.0, "mal": 0.0}
    report = replies["mal"].result
    assert report.status == "report"
    assert report.messages == [
        "The grader gave up on this submission, twice. A worker ended with code 7. "
        "Its last words: out of luck"
    ]
    assert all(question.needs_manual_grade for question in report.questions)
    assert replies["mal"].digests == {}


def test_a_worker_that_dies_once_is_forgiven(klass: Class) -> None:
    klass.hand_in("ada", f"# DIE ONCE in {klass.root / 'flag'} \n{SQUARE}")
    assert scores(klass.grade()) == {"ada": 6.0}


def test_a_worker_that_hangs_is_replaced(klass: Class) -> None:
    klass.hand_in("mal", "HANG")
    klass.hand_in("ada")
    replies = klass.grade(workers=1, seconds=1.0)
    assert scores(replies) == {"ada": 6.0, "mal": 0.0}
    assert "A worker did not answer in time." in replies["mal"].result.messages[0]


def test_many_killers_in_a_row(klass: Class) -> None:
    for number in range(4):
        klass.hand_in(f"mal{number}", "DIE")
    klass.hand_in("ada")
    assert scores(klass.grade()) == {"ada": 6.0, "mal0": 0.0, "mal1": 0.0, "mal2": 0.0, "mal3": 0.0}


def test_workers_killed_from_outside_lose_nothing(klass: Class) -> None:
    for number in range(30):
        klass.hand_in(f"s{number}")
    replies: dict[str, Reply] = {}
    killed: set[int] = set()

    def to_be_killed(pool: Pool) -> list[int]:
        """Workers busy with nothing that was tried before: killed twice, a submission would be given up."""
        return [
            worker._process.pid
            for worker in pool._workers
            if worker._process.pid not in killed
            and not any(pool._attempts[job.student] for job in worker.jobs)
        ]

    with klass.pool(workers=2) as pool:
        for reply in pool.run(klass.jobs):
            replies[reply.result.student] = reply
            if len(replies) >= (5, 12, 20, 31)[len(killed)] and (found := to_be_killed(pool)):
                os.kill(found[0], signal.SIGKILL)
                killed.add(found[0])
    assert len(killed) == 3
    assert set(scores(replies).values()) == {6.0}
    assert len(replies) == 30


def test_workers_share_a_warm_process_until_one_fails(klass: Class) -> None:
    started: list[Zygote] = []

    def warm(setup: Setup) -> Zygote:
        started.append(Zygote(level=Level.FULL, serve="box_serve:serve", preload=(), wait=False))
        return started[-1]

    need(Level.FULL)
    for number in range(6):
        klass.hand_in(f"s{number}")
    with Pool(klass.setup, klass.run_folder, workers=6, seconds=60.0, command=FAKE, warm=warm) as pool:
        assert len(list(pool.run(klass.jobs))) == 6
        assert [worker.zygote for worker in pool._workers] == [*started[:1] * 4, *started[1:] * 2]
        failed = pool._workers[0]
        os.kill(failed._process.pid, signal.SIGKILL)
        os.waitid(os.P_PID, failed._process.pid, os.WEXITED | os.WNOWAIT)
        assert len(list(pool.run(klass.jobs))) == 6
        assert [worker.zygote for worker in pool._workers] == [
            *started[:1] * 3,
            *started[1:2] * 2,
            started[1],
        ]
    assert [zygote._process.poll() for zygote in started] == [0, 0]


def test_a_warm_process_that_is_killed_costs_nobody_anything(klass: Class) -> None:
    need(Level.FULL)
    for number in range(8):
        klass.hand_in(f"s{number}")
    replies: dict[str, Reply] = {}
    with Pool(klass.setup, klass.run_folder, workers=2, seconds=60.0) as pool:
        for reply in pool.run(klass.jobs):
            replies[reply.result.student] = reply
            if len(replies) == 2:
                assert pool._zygote is not None
                first = pool._zygote._process
                os.kill(first.pid, signal.SIGKILL)
        assert pool._zygote is not None
        assert pool._zygote._process.pid != first.pid
        second = pool._zygote._process
    assert scores(replies) == {f"s{number}": 6.0 for number in range(8)}
    assert [first.poll(), second.poll()] == [-signal.SIGKILL, 0]


def test_a_warm_process_that_does_not_start_ends_the_batch_with_its_words(klass: Class) -> None:
    def broken(setup: Setup) -> Zygote:
        return Zygote(level=Level.FULL, serve="box_serve:no_function", preload=(), wait=False)

    def absent(setup: Setup) -> Zygote:
        return Zygote(level=Level.FULL, packages=("no_such_package",), wait=False)

    need(Level.FULL)
    klass.hand_in("ada")
    for warm, words in ((broken, "no_function"), (absent, "'no_such_package', which is not installed")):
        with (
            Pool(klass.setup, klass.run_folder, workers=1, seconds=60.0, warm=warm) as pool,
            pytest.raises(PoolError, match=f"workers do not start. .*{words}"),
        ):
            list(pool.run(klass.jobs))


def test_where_threads_are_allowed_no_judge_shares(klass: Class) -> None:
    setup = dataclasses.replace(klass.setup, box_limits={"processes": 3})
    pools = [Pool(given, klass.run_folder, workers=8, seconds=1.0) for given in (klass.setup, setup)]
    assert [pool._share for pool in pools] == [4, 1]


def test_a_slow_consumer_is_not_taken_for_hanging_workers(klass: Class) -> None:
    for number in range(6):
        klass.hand_in(f"s{number}")
    students = set()
    with klass.pool(workers=2, seconds=1.0) as pool:
        for reply in pool.run(klass.jobs):
            students.add((reply.result.student, reply.result.score))
            if len(students) == 1:
                time.sleep(1.5)
    assert students == {(f"s{number}", 6.0) for number in range(6)}


def test_workers_that_do_not_start_end_the_batch_with_their_words(
    klass: Class, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_WORKER", "does not start")
    klass.hand_in("ada")
    with pytest.raises(
        PoolError, match=r"workers do not start. A worker ended with code 1. .* no zygote today"
    ):
        klass.grade()


def test_a_worker_that_never_gets_ready_is_given_up(klass: Class, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool_module, "START_SECONDS", 0.05)
    klass.hand_in("ada")
    with pytest.raises(PoolError, match="A worker did not answer in time"):
        klass.grade()


def test_workers_wait_for_the_next_run(klass: Class) -> None:
    for student in ("ada", "bob", "cyd"):
        klass.hand_in(student)
    klass.hand_in("mal", "DIE")
    with klass.pool(workers=2) as pool:
        first = {reply.result.student: reply for reply in pool.run(klass.jobs)}
        left = {worker._process.pid for worker in pool._workers}  # the last one that died has no successor
        assert left
        second = {reply.result.student: reply for reply in pool.run(klass.jobs[:3])}
        assert left <= {worker._process.pid for worker in pool._workers}
        third = {reply.result.student: reply for reply in pool.run(klass.jobs)}
    assert scores(first) == scores(third) == {"ada": 6.0, "bob": 6.0, "cyd": 6.0, "mal": 0.0}
    assert scores(second) == {"ada": 6.0, "bob": 6.0, "cyd": 6.0}


def test_a_worker_that_ended_between_runs_is_not_held_against_a_submission(klass: Class) -> None:
    klass.hand_in("ada", f"# DIE ONCE in {klass.root / 'flag'} \n{SQUARE}")
    (klass.root / "flag").touch()
    with klass.pool(workers=1) as pool:
        assert [reply.result.score for reply in pool.run(klass.jobs)] == [6.0]
        worker = pool._workers[0]._process.pid
        os.kill(worker, signal.SIGKILL)
        os.waitid(os.P_PID, worker, os.WEXITED | os.WNOWAIT)
        (klass.root / "flag").unlink()  # its next worker dies, too, which is the one time that is forgiven
        assert [reply.result.score for reply in pool.run(klass.jobs)] == [6.0]


def test_no_process_is_left(klass: Class) -> None:
    klass.hand_in("ada")
    klass.hand_in("mal", "HANG")
    with klass.pool(workers=2) as pool:
        next(pool.run(klass.jobs))
        processes = [worker._process for worker in pool._workers]
        assert [process.poll() for process in processes] == [None, None]
    assert sorted(process.poll() for process in processes) == [-signal.SIGKILL, 0]


def test_nothing_to_do_starts_nothing(klass: Class) -> None:
    assert klass.grade() == {}
    assert list(klass.run_folder.iterdir()) == [klass.run_folder / "setup.json"]
    assert (klass.run_folder / "setup.json").stat().st_mode & 0o777 == 0o600
