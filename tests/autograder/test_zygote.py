"""The warm process: what its children find, and that nothing is left of them whatever happens."""

from __future__ import annotations

import gc
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from box_tools import (
    SERVE,
    ask,
    descendants,
    ended,
    family_of,
    interpreter_for,
    need,
    python_path,
    reachable,
    sabotage,
    wait_until_gone,
    zygote,
)

from autograder.box import BoxUnavailable, Level, Limits
from autograder.box.packages import DEFAULT_PACKAGES
from autograder.importable import importable
from autograder.zygote import BorrowedZygote, Child, Zygote

LEVELS = list(Level)


@pytest.fixture(scope="module", params=LEVELS)
def warm(request: pytest.FixtureRequest) -> Iterator[Zygote]:
    """With everything that a zygote has by default."""
    with zygote(request.param, preload=("numpy", "matplotlib")) as started:
        yield started


@pytest.fixture
def child(warm: Zygote) -> Iterator[Child]:
    with warm.spawn() as spawned:
        yield spawned


# ---- what a child finds ------------------------------------------------------------------------------------


def test_a_child_computes(child: Child) -> None:
    assert ask(child, "answer = [1 + 1, 'é']") == [2, "é"]
    assert child.alive()


def test_a_child_speaks_through_its_output(child: Child) -> None:
    ask(child, "import os, sys; print('to stdout'); print('to stderr', file=sys.stderr); os.write(1, b'raw')")
    assert os.read(child.output, 1000) == b"to stdout\nto stderr\nraw"


def test_an_error_of_the_server_is_told_on_its_output() -> None:
    with zygote(Level.FULL, serve="box_serve:broken", preload=()) as started, started.spawn() as spawned:
        assert ended(spawned)
        text = os.read(spawned.output, 10_000).decode()
    assert text.startswith("Traceback")
    assert text.endswith("ValueError: a broken server\n")


def test_packages_are_warm(child: Child) -> None:
    names = ("numpy", "matplotlib.pyplot", "asyncio")
    assert ask(child, f"import sys; answer = [name in sys.modules for name in {names}]") == [True, True, True]


def test_a_figure_is_drawn_without_a_screen(child: Child) -> None:
    source = """
import os
import matplotlib
from matplotlib import pyplot
pyplot.plot([1, 2, 3])
pyplot.title("a title")
pyplot.savefig("figure.png")
pyplot.show()
answer = [matplotlib.get_backend().lower(), open("figure.png", "rb").read(4)[1:].decode(), os.listdir()]
"""
    assert ask(child, source) == ["agg", "PNG", ["figure.png"]]
    assert child.alive()


def test_the_environment_is_made_up(warm: Zygote) -> None:
    with warm.spawn() as spawned:
        environment = ask(spawned, "import os; answer = dict(os.environ)")
    home = environment.pop("HOME")
    assert environment.pop("IPYTHONDIR") == f"{home}/.ipython"
    assert environment.pop("TMPDIR") == os.path.dirname(home)
    assert environment.pop("MPLCONFIGDIR").endswith("/cache")
    environment.pop("LD_LIBRARY_PATH", None)  # some interpreters do not start without
    assert environment == {
        "LANG": "C.UTF-8",
        "MKL_NUM_THREADS": "1",
        "MPLBACKEND": "Agg",
        "NUMEXPR_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PATH": "/nonexistent",
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "USER": "student",
    }


def test_each_child_draws_other_random_numbers(warm: Zygote) -> None:
    source = "import random, numpy; answer = [random.random(), numpy.random.rand(), hash('text')]"
    drawn = []
    for _ in range(3):
        with warm.spawn() as spawned:
            drawn.append(ask(spawned, source))
    assert len({first for first, _, _ in drawn}) == 3
    assert len({second for _, second, _ in drawn}) == 3
    assert len({third for _, _, third in drawn}) == 1


def test_children_share_nothing(warm: Zygote) -> None:
    with warm.spawn() as one, warm.spawn() as other:
        ask(one, "import numpy; numpy.mine = 1; open('mine', 'w').close()")
        assert ask(other, "import numpy, os; answer = [hasattr(numpy, 'mine'), os.listdir()]") == [False, []]
        assert ask(one, "answer = [numpy.mine]") == [1]


# ---- coursekit ---------------------------------------------------------------------------------------------


def test_coursekit_stands_in_without_answers(child: Child) -> None:
    assert ask(child, "import coursekit as ck; answer = ck.check('multiply-gate', 1, x=2)") is None
    assert ask(child, "answer = [ck.step_through(1, w=2), ck.draw(1)]") == [None, None]
    assert ask(child, "answer = [ck.explore_descent('bowl', rate=1), ck.playground()]") == [None, None]
    assert ask(child, "from coursekit import check; answer = check('a')") is None
    why = "is not available while your homework is graded: your own code must give the answer"
    for name in ("MultiplyGate", "gradient", "gradient_table", "ComputationalGraph", "exp"):
        assert ask(child, f"ck.{name}") == f"AttributeError: coursekit.{name} {why}"
        assert ask(child, f"from coursekit import {name}").startswith("ImportError")
    assert ask(child, "import coursekit.gates").startswith("ModuleNotFoundError")
    assert ask(child, "report = ck.check_gradient(len, [2.0]); answer = str(report)") == (
        "coursekit.check_gradient is not run while your homework is graded."
    )
    assert ask(child, "answer = report.passed") == f"AttributeError: coursekit.check_gradient(…).passed {why}"


def test_coursekit_itself_on_request() -> None:
    packages = (*DEFAULT_PACKAGES, "coursekit")
    with (
        zygote(Level.FULL, packages=packages, real_coursekit=True, preload=()) as started,
        started.spawn() as spawned,
    ):
        source = "import coursekit as ck; answer = ck.MultiplyGate().forward(-2.0, 5.0)"
        assert ask(spawned, source) == -10.0
        assert ask(spawned, "import autograder.judge").startswith("ModuleNotFoundError")


# ---- what can be imported ----------------------------------------------------------------------------------


def test_only_the_packages_of_the_assignment_exist() -> None:
    with zygote(Level.FULL, packages=["sympy"]) as started, started.spawn() as spawned:
        assert ask(spawned, "import sympy; answer = str(sympy.diff('x**2'))") == "2*x"
        assert ask(spawned, "import mpmath") is None
        for name in ("numpy", "matplotlib", "pandas", "IPython"):
            assert ask(spawned, f"import {name}") == f"ModuleNotFoundError: No module named {name!r}"


def test_a_package_that_is_not_installed_is_told() -> None:
    with pytest.raises(BoxUnavailable, match="allows the package 'no_such_package', which is not installed"):
        Zygote(level=Level.FULL, packages=["numpy", "no_such_package"], serve=SERVE)


def test_the_grader_itself_cannot_be_allowed() -> None:
    with pytest.raises(BoxUnavailable, match="'autograder' cannot be allowed"):
        Zygote(level=Level.FULL, packages=["autograder"], serve=SERVE)


def test_the_runner_brings_only_what_it_imports() -> None:
    found = importable(["numpy"], serve="autograder.runner:serve", real_coursekit=False)
    ours = {name.removeprefix("autograder/") for name in found.site if name.startswith("autograder/")}
    assert {"__init__.py", "runner.py", "wire.py"} <= ours
    outside = {
        "judge",
        "plan",
        "remote",
        "repair",
        "pool",
        "batch",
        "gradebook",
        "cli",
        "worker",
        "questions",
    }
    assert not outside & {name.removesuffix(".py") for name in ours}
    assert found.site["coursekit"].endswith("/box/stub/coursekit")


@pytest.mark.parametrize("level", LEVELS)
def test_the_runner_is_served(level: Level) -> None:
    with zygote(level, serve="autograder.runner:serve") as started, started.spawn() as spawned:
        assert not ended(spawned, seconds=0.1)  # it waits for commands


def module(folder: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> str:
    """Write a module that nobody has imported yet, below /tmp as pytest has it; its name."""
    name = f"box_module_{os.urandom(4).hex()}"
    (folder / f"{name}.py").write_text(text)
    monkeypatch.syspath_prepend(folder)
    return name


def test_a_package_that_lies_below_tmp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name = module(tmp_path, monkeypatch, "value = 7")
    with zygote(Level.FULL, packages=[name]) as started, started.spawn() as spawned:
        assert ask(spawned, f"import {name}; answer = {name}.value") == 7
        assert ask(spawned, "import os; answer = os.listdir()") == []


def test_a_package_that_starts_a_thread_is_not_preloaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "import threading, time\nthreading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    name = module(tmp_path, monkeypatch, text)
    with (
        pytest.raises(BoxUnavailable, match=r"imported beforehand started 1 thread\(s\)"),
        zygote(Level.FULL, packages=[name], preload=[name]),
    ):
        pass


def test_a_package_that_breaks_when_preloaded_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = module(tmp_path, monkeypatch, "1 / 0")
    with (
        pytest.raises(BoxUnavailable, match="division by zero"),
        zygote(Level.FULL, packages=[name], preload=[name]),
    ):
        pass


def test_what_nobody_inside_could_import_is_not_in_memory_either(monkeypatch: pytest.MonkeyPatch) -> None:
    folder = str(Path(__file__).parent)
    sabotage(monkeypatch, f"import sys; sys.path.insert(0, {folder!r}); import box_serve")
    with (
        pytest.raises(BoxUnavailable, match="modules from outside the box are loaded: box_serve"),
        zygote(Level.FULL, preload=()),
    ):
        pass


# ---- data files --------------------------------------------------------------------------------------------


@pytest.fixture
def data() -> Iterator[Path]:
    """Data files where an ordinary user may read them: pytest's own temporary folders are root's alone."""
    with tempfile.TemporaryDirectory(prefix="coursekit-test-data-") as root:
        yield data_files(Path(root))


def data_files(root: Path) -> Path:
    folder = root / "data"
    (folder / "sub").mkdir(parents=True)
    (folder / "small.csv").write_text("1,2\n")
    (folder / "large.bin").write_bytes(b"x" * (2 << 20))
    (folder / "sub" / "deep.txt").write_text("deep")
    (folder / "homework.ipynb").write_text("hidden tests")
    (folder / ".hidden").write_text("hidden")
    (folder / "link.csv").symlink_to("small.csv")
    for path in (root, folder, folder / "sub"):
        path.chmod(0o755)
    return folder


@pytest.mark.parametrize("level", LEVELS)
def test_data_files_are_in_the_working_folder(
    level: Level, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with zygote(level, files=data, preload=()) as started:
        with started.spawn() as spawned:
            source = """
import os
answer = [
    sorted(os.listdir()),
    open("small.csv").read(),
    open("sub/deep.txt").read(),
    os.path.getsize("large.bin"),
    open("large.bin").read(2),
]
"""
            assert ask(spawned, source) == [
                ["large.bin", "link.csv", "small.csv", "sub"],
                "1,2\n",
                "deep",
                2 << 20,
                "xx",
            ]
            assert (
                ask(spawned, "open('small.csv', 'w').write('mine'); answer = open('small.csv').read()")
                == "mine"
            )
            written = "open('large.bin', 'r+').write('me'); answer = open('large.bin').read(3)"
            assert ask(spawned, written) == "mex"  # a copy of one's own
            if level is not Level.NONE:
                assert ask(spawned, f"open({str(data / 'homework.ipynb')!r})").startswith(
                    ("FileNotFoundError", "PermissionError")
                )
        with started.spawn() as spawned:
            assert ask(spawned, "answer = open('small.csv').read()") == "1,2\n"
            assert ask(spawned, "answer = open('large.bin').read(3)") == "xxx"
    assert (data / "small.csv").read_text() == "1,2\n"
    assert (data / "large.bin").read_bytes() == b"x" * (2 << 20)


def test_data_files_do_not_count_against_the_students_room(data: Path) -> None:
    limits = Limits(tmp_bytes=1 << 20, tmp_files=2)
    with zygote(Level.FULL, files=data, limits=limits, preload=()) as started, started.spawn() as spawned:
        source = "open('a', 'wb', 0).write(bytes(900_000)); open('b', 'w').close(); open('c', 'w')"
        assert ask(spawned, source).startswith("OSError: [Errno 28]")
        assert ask(spawned, "import os; answer = [os.path.exists(name) for name in 'abc']") == [
            True,
            True,
            False,
        ]


def test_a_folder_of_data_that_is_missing_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Zygote(level=Level.FULL, files=tmp_path / "absent", serve=SERVE)


# ---- ends --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("level", LEVELS)
def test_closing_ends_every_child(level: Level) -> None:
    with zygote(level, preload=()) as started:
        children = [started.spawn() for _ in range(3)]
        for spawned in children:
            assert ask(spawned, "while True: pass", seconds=0.05) == "no answer"
        family = family_of(started)
        assert len(family) >= 4
    assert not wait_until_gone(family)
    assert [spawned.alive() for spawned in children] == [False, False, False]
    for spawned in children:
        spawned.close()


@pytest.mark.parametrize("level", LEVELS)
def test_a_child_whose_judge_lost_it_ends(level: Level) -> None:
    with zygote(level, preload=()) as started:
        before = family_of(started)
        spawned = started.spawn()
        assert len(family_of(started)) == len(before) + 1
        del spawned
        gc.collect()
        assert wait_until_same(started, before)


def wait_until_same(started: Zygote, family: set[int]) -> bool:
    end = time.monotonic() + 5
    while family_of(started) != family and time.monotonic() < end:
        time.sleep(0.01)
    return family_of(started) == family


@pytest.mark.parametrize("level", LEVELS)
def test_no_descriptor_and_no_process_is_left_by_children(level: Level) -> None:
    with zygote(level, preload=()) as started:
        family, descriptors = family_of(started), len(os.listdir("/proc/self/fd"))
        for _ in range(20):
            with started.spawn() as spawned:
                ask(spawned, "answer = 1")
        assert len(os.listdir("/proc/self/fd")) == descriptors
        assert wait_until_same(started, family)


@pytest.mark.parametrize("level", [Level.LANDLOCK, Level.NONE])
def test_no_file_is_left_by_children(level: Level) -> None:
    with zygote(level, preload=()) as started:
        with started.spawn() as spawned:
            folder = Path(ask(spawned, "import os; open('left', 'w'); answer = os.getcwd()")).parent
            ask(spawned, "for _ in range(50): os.mkdir('deep'); os.chdir('deep'); open('file', 'w').close()")
            ask(spawned, "os.chmod('.', 0); os.chmod('..', 0)")
            assert folder.is_dir()
        end = time.monotonic() + 5
        while folder.exists() and time.monotonic() < end:
            time.sleep(0.01)
        assert not folder.exists()
        base = folder.parents[1]
        assert base.is_dir()
    assert not base.exists()


def test_what_a_trusted_child_started_ends_with_it() -> None:
    with zygote(Level.NONE, preload=()) as started, started.spawn() as spawned:
        ask(spawned, "import os, time\nif os.fork() == 0:\n    time.sleep(100)\n    os._exit(0)")
        family = family_of(started)
        assert len(family) == 3
        spawned.kill()
        assert not wait_until_gone(family - {started._process.pid})


KILLED_JUDGE = """
import json, os, sys, time
from autograder.box import Level
from autograder.zygote import Zygote
zygote = Zygote(level=Level(sys.argv[1]), serve="box_serve:serve", preload=(), packages=())
children = [zygote.spawn() for _ in range(2)]
for child in children:
    source = "import signal; signal.pthread_sigmask(0, {2, 15})\\nwhile True: pass"
    os.write(child.commands, json.dumps(source).encode() + b"\\n")
print("ready", flush=True)
time.sleep(100)
"""


@pytest.mark.parametrize("level", LEVELS)
def test_nothing_outlives_a_judge_that_is_killed(level: Level) -> None:
    command = [need(level), "-c", KILLED_JUDGE, level]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=python_path()) as judge:
        assert judge.stdout is not None
        assert judge.stdout.readline() == b"ready\n"
        family = descendants(judge.pid)
        judge.kill()
    assert len(family) == (4 if level is Level.FULL else 3)
    assert not wait_until_gone(family)


@pytest.mark.parametrize("level", LEVELS)
def test_a_dead_zygote_is_told(level: Level) -> None:
    with zygote(level, preload=()) as started:
        spawned = started.spawn()
        started._process.kill()
        assert ended(spawned)
        with pytest.raises(BoxUnavailable, match="the warm process has died"):
            started.spawn()
        spawned.close()


def test_a_server_that_does_not_exist_is_told() -> None:
    serve = "box_serve:no_function"
    with pytest.raises(BoxUnavailable, match="no_function"), zygote(Level.FULL, serve=serve):
        pass


def test_a_request_cut_short_does_not_confuse_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    class Deadline(BaseException):
        pass

    with zygote(Level.FULL, preload=()) as started:
        before = family_of(started)
        receive = started._receive

        def too_late() -> None:
            raise Deadline

        monkeypatch.setattr(started, "_receive", too_late)
        with pytest.raises(Deadline):
            started.spawn()
        monkeypatch.setattr(started, "_receive", receive)
        with started.spawn() as spawned:
            assert ask(spawned, "answer = 1") == 1
        assert wait_until_same(started, before)


def test_a_forked_copy_of_the_judge_ends_nothing() -> None:
    with zygote(Level.FULL, preload=()) as started, started.spawn() as spawned:
        copy = os.fork()
        if copy == 0:
            spawned.close()
            started.close()
            os._exit(0)
        os.waitpid(copy, 0)
        assert ask(spawned, "answer = 1") == 1
        with started.spawn() as another:
            assert ask(another, "answer = 2") == 2


# ---- several judges ----------------------------------------------------------------------------------------


def borrowed(started: Zygote) -> BorrowedZygote:
    """The zygote as another judge sees it."""
    return BorrowedZygote(started.level, started.lend().detach())


@pytest.mark.parametrize("level", LEVELS)
def test_a_judges_children_end_with_it_and_no_others(level: Level) -> None:
    with zygote(level, preload=()) as started:
        first, second = borrowed(started), borrowed(started)
        mine = started.spawn()
        theirs = [first.spawn(), first.spawn()]
        other = second.spawn()
        for number, spawned in enumerate((mine, *theirs, other)):
            assert ask(spawned, f"open('own', 'w').write('{number}'); answer = open('own').read()") == str(
                number
            )
        assert ask(theirs[0], "while True: pass", seconds=0.05) == "no answer"
        first.close()
        assert [ended(spawned) for spawned in theirs] == [True, True]
        assert ask(mine, "answer = open('own').read()") == "0"
        assert ask(other, "answer = open('own').read()") == "3"
        with second.spawn() as late, started.spawn() as later:
            assert [ask(late, "answer = 1"), ask(later, "answer = 2")] == [1, 2]
        for spawned in (mine, *theirs, other):
            spawned.close()
        second.close()


@pytest.mark.parametrize("level", [Level.FULL, Level.LANDLOCK])
def test_a_child_reaches_none_of_another_judges(level: Level) -> None:
    with zygote(level, preload=()) as started:
        first, second = borrowed(started), borrowed(started)
        with first.spawn() as victim, second.spawn() as attacker:
            secret = ask(victim, "import os; open('secret', 'w').close(); answer = os.path.abspath('secret')")
            number = ask(victim, "answer = os.getpid()")
            attack = f"""
import os, signal
answer = []
for pid in (*range(max({number} - 200, 2), {number} + 200), -1):
    if pid == os.getpid():
        continue
    for number in (0, signal.SIGKILL, signal.SIGSTOP):
        try:
            os.kill(pid, number)
        except OSError:
            continue
        answer.append((pid, number))
try:
    answer.append(open({secret!r}).read())
except OSError:
    pass
"""
            reached = ask(attacker, attack)
            assert [hit for hit in reached if hit[0] != -1] == []  # -1 at level landlock: itself
            assert ask(victim, "answer = (os.getpid(), os.listdir())") == [number, ["secret"]]
        first.close()
        second.close()


def test_nothing_is_left_of_judges_that_went() -> None:
    with zygote(Level.FULL, preload=()) as started:
        warm = max(family_of(started))
        before = family_of(started), len(os.listdir(f"/proc/{warm}/fd"))
        for _ in range(5):
            judge = borrowed(started)
            children = [judge.spawn(), judge.spawn()]
            judge.close()
            assert all(map(ended, children))
            for spawned in children:
                spawned.close()
        assert wait_until_same(started, before[0])
        with started.spawn() as spawned:  # it has seen to all that came before
            assert ask(spawned, "answer = 1") == 1
        assert wait_until_same(started, before[0])
        assert len(os.listdir(f"/proc/{warm}/fd")) == before[1]


def test_a_lent_zygote_that_is_dead_is_told() -> None:
    with zygote(Level.FULL, preload=()) as started:
        judge = borrowed(started)
        with judge.spawn() as spawned:
            judge.check()
            started._process.kill()
            assert ended(spawned)
            with pytest.raises(BoxUnavailable, match="the warm process has died"):
                judge.check()
        with pytest.raises(BoxUnavailable, match="the warm process has died"):
            judge.spawn()
        with pytest.raises(BoxUnavailable, match="the warm process has died"):
            borrowed(started)
        assert "the warm process has died" in started.why_it_failed()
        judge.close()


def test_who_does_not_wait_learns_why_it_failed() -> None:
    with zygote(Level.FULL, serve="box_serve:no_function", wait=False) as started, started.lend():
        with pytest.raises(BoxUnavailable, match="the warm process has died"):
            borrowed(started)
        assert "no_function" in started.why_it_failed()
    with zygote(Level.FULL, preload=()) as started:
        assert started.why_it_failed() == ""


# ---- other users and other machines ------------------------------------------------------------------------

ONE_CHILD = """
import json, os, sys
from autograder.box import Level
from autograder.zygote import Zygote
import box_tools
with Zygote(level=Level(sys.argv[1]), serve="box_serve:serve", preload=()) as zygote, zygote.spawn() as child:
    print(json.dumps([os.getuid(), box_tools.ask(child, sys.argv[2])]))
"""


@pytest.mark.skipif(
    os.geteuid() != 0, reason="only root can become somebody else; an ordinary user runs it all"
)
@pytest.mark.parametrize("level", LEVELS)
def test_the_box_works_for_an_ordinary_user(level: Level) -> None:
    reachable()
    need(level)
    python, reason = interpreter_for(Level.LANDLOCK)  # one that an ordinary user can read
    if python is None:
        pytest.skip(reason)
    source = (
        "import os\ntry: open('/etc/shadow')\nexcept OSError as e: answer = [type(e).__name__, os.getuid()]"
    )
    result = subprocess.run(
        [python, "-c", ONE_CHILD, level, source],
        user=12345,
        group=12345,
        extra_groups=[],
        env=python_path(),
        cwd="/",
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    kept, inside = {
        Level.FULL: ("FileNotFoundError", 1000),
        Level.LANDLOCK: ("PermissionError", 12345),
        Level.NONE: ("PermissionError", 12345),
    }[level]
    assert json.loads(result.stdout) == [12345, [kept, inside]]
