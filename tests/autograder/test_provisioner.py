"""Boxed kernels: what runs in them, what they cannot reach, and that Jupyter handles them like any other."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from box_tools import PATIENCE, born_since, descendants, missing, need, running, wait_until_gone
from jupyter_client.blocking import BlockingKernelClient
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient
from nbclient.exceptions import DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

from autograder.box import BoxUnavailable, Level
from autograder.cli import main
from autograder.kernel import beside, nest, spec

SECONDS = 60 * PATIENCE
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def jupyter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Jupyter's folders of this test alone, with the boxed kernel installed; nothing may be left of it."""
    if need(Level.FULL) != sys.executable:
        missing(Level.FULL, f"not with {sys.executable}")
    for name in ("DATA", "RUNTIME", "CONFIG"):
        monkeypatch.setenv(f"JUPYTER_{name}_DIR", str(tmp_path / f"jupyter-{name}"))
    temporary = tempfile.mkdtemp(prefix="ck", dir="/tmp")  # short: sockets lie in it
    os.chmod(temporary, 0o755)  # at level landlock root's box works in it as an ordinary user
    monkeypatch.setenv("TMPDIR", temporary)
    monkeypatch.setattr(tempfile, "tempdir", temporary)
    spec.install(user=True)
    before = descendants(os.getpid())
    yield tmp_path
    family = born_since(before)
    for one in _nests():
        one.close()
    nest.nest.cache_clear()
    assert not wait_until_gone(family)
    assert os.listdir(temporary) == []
    os.rmdir(temporary)


def _nests() -> list[nest.Nest]:
    return [nest.nest((), nest.MEMORY_BYTES)] if nest.nest.cache_info().currsize else []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A notebook's folder."""
    made = tmp_path / "alice"
    made.mkdir()
    return made


@pytest.fixture
def kernel(folder: Path) -> Iterator[KernelManager]:
    """A boxed kernel in `folder`."""
    manager = KernelManager(kernel_name=spec.NAME)
    manager.start_kernel(cwd=str(folder))
    yield manager
    manager.shutdown_kernel(now=True)


@pytest.fixture
def client(kernel: KernelManager) -> Iterator[BlockingKernelClient]:
    found = connect(kernel)
    yield found
    found.stop_channels()


def connect(kernel: KernelManager) -> BlockingKernelClient:
    found = kernel.client()
    found.start_channels()
    found.wait_for_ready(timeout=SECONDS)
    return found


def value(client: BlockingKernelClient, source: str) -> Any:
    """What the source leaves in `answer`, or the exception's name and text."""
    reply = client.execute(
        f"import json, os\nanswer = None\n{source}",
        user_expressions={"answer": "json.dumps(answer)"},
        stop_on_error=False,  # else what is asked shortly after an error is not run
        reply=True,
        timeout=SECONDS,
    )["content"]
    if reply["status"] == "error":
        return f"{reply['ename']}: {reply['evalue']}"
    return json.loads(eval(reply["user_expressions"]["answer"]["data"]["text/plain"]))


def notebook(*sources: str) -> nbformat.NotebookNode:
    found = new_notebook(cells=[new_code_cell(source) for source in sources])
    found.metadata.kernelspec = {"name": spec.NAME, "display_name": "Python 3 (boxed)", "language": "python"}
    return found


def run(folder: Path, *sources: str) -> nbformat.NotebookNode:
    found = NotebookClient(notebook(*sources), timeout=SECONDS, resources={"metadata": {"path": str(folder)}})
    executed: nbformat.NotebookNode = found.execute()
    return executed


def in_time(condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + SECONDS
    while not condition() and time.monotonic() < end:
        time.sleep(0.02)
    return condition()


# ---- what runs ---------------------------------------------------------------------------------------------


def test_nbclient_runs_a_notebook(folder: Path) -> None:
    (folder / "data.csv").write_text("1,2\n3,4\n")
    executed = run(
        folder,
        "import numpy as np\nnp.loadtxt('data.csv', delimiter=',').sum()",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
        "import coursekit as ck\nprint(ck.MultiplyGate().forward(-2.0, 5.0))",
        "import asyncio\nawait asyncio.sleep(0, 'waited')",
    )
    first, picture, gate, waited = (cell.outputs for cell in executed.cells)
    assert first[0].data["text/plain"] in ("10.0", "np.float64(10.0)")
    assert picture[-1].data["image/png"].startswith("iVBORw0KGgo")
    assert gate[0].text == "-10.0\n"
    assert waited[0].data["text/plain"] == "'waited'"


def test_kernels_after_the_second_are_warm_and_draw_as_well(folder: Path) -> None:
    run(folder, "1")
    run(folder, "1")
    [one] = _nests()
    one.wait_until_warm()
    executed = run(
        folder,
        "import sys\n'matplotlib.pyplot' in sys.modules",
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);",
        "plt.plot([2, 1]);",
    )
    assert executed.cells[0].outputs[0].data["text/plain"] == "True"
    assert all(cell.outputs[-1].data["image/png"].startswith("iVBORw0KGgo") for cell in executed.cells[1:])


def test_what_a_notebook_writes_stays_inside(folder: Path, client: BlockingKernelClient) -> None:
    source = "open('new.txt', 'w').write('x'); answer = [os.getcwd(), os.listdir('.')]"
    assert value(client, source) == ["/box/tmp/work", ["new.txt"]]
    assert list(folder.iterdir()) == []


def test_memory_has_a_bound(client: BlockingKernelClient) -> None:
    assert value(client, "x = bytearray(3 << 30)").startswith("MemoryError")
    assert value(client, "answer = 1") == 1


# ---- what it cannot reach ----------------------------------------------------------------------------------


def test_it_reads_nothing_of_the_machine(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("s")
    (folder / "bob.ipynb").write_text("{}")
    (folder / ".hidden").write_text("h")
    (folder / "link.txt").symlink_to(secret)
    (folder / "linked").symlink_to(tmp_path)
    (folder / "data").mkdir()
    (folder / "data" / "own.csv").write_text("mine")
    monkeypatch.setenv("A_SECRET", "s")
    manager = KernelManager(kernel_name=spec.NAME)
    manager.start_kernel(cwd=str(folder))
    client = connect(manager)
    assert value(client, "answer = sorted(os.listdir('.'))") == ["data"]
    assert value(client, "answer = open('data/own.csv').read()") == "mine"
    home = [str(path) for path in Path.home().iterdir() if path.is_file()]
    paths = [*home, str(secret), str(folder), str(ROOT / "tests"), "/etc/passwd", "/proc", "/sys"]
    assert value(client, f"answer = [path for path in {paths} if os.path.exists(path)]") == []
    assert value(client, "answer = os.environ.get('A_SECRET')") is None
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_it_reaches_nobody(client: BlockingKernelClient, kernel: KernelManager) -> None:
    for family in ("AF_INET", "AF_INET6", "AF_UNIX", "AF_NETLINK"):
        source = f"import socket; socket.socket(socket.{family}, socket.SOCK_DGRAM)"
        assert value(client, source) == "PermissionError: [Errno 1] Operation not permitted"
    # The sockets that it was given cannot be used to reach others either.
    source = """
import socket, stat
answer = []
for fd in range(3, 64):
    try:
        if stat.S_ISSOCK(os.fstat(fd).st_mode):
            socket.socket(fileno=os.dup(fd)).connect("/x")
    except OSError as error:
        answer.append(error.strerror)
"""
    told = value(client, source)
    assert told.count("Operation not permitted") >= 5
    assert set(told) == {"Operation not permitted", "Bad file descriptor"}
    assert "Error" in value(client, "import subprocess; subprocess.run(['ls'])")
    assert value(client, "os.fork()").startswith("BlockingIOError")
    for process in (os.getpid(), os.getppid()):
        assert value(client, f"os.kill({process}, 0)").startswith("ProcessLookupError")


def test_where_namespaces_are_forbidden_it_reaches_as_little(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", need(Level.LANDLOCK))

    def start(self: nest.Nest, preload: tuple[str, ...]) -> Any:
        return self._zygote(Level.LANDLOCK, preload)

    monkeypatch.setattr(nest.Nest, "_start", start)
    (folder / "data.csv").write_text("mine")
    manager = KernelManager(kernel_name=spec.NAME)
    manager.start_kernel(cwd=str(folder))
    client = connect(manager)
    assert value(client, "answer = open('data.csv').read()") == "mine"
    path = str(folder / "data.csv")
    assert value(client, f"open({path!r})") == f"PermissionError: [Errno 13] Permission denied: {path!r}"
    source = "import socket; socket.socket()"
    assert value(client, source) == "PermissionError: [Errno 1] Operation not permitted"
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_a_private_folder_for_temporary_files_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root's box becomes another user, who may not enter root's folders")
    monkeypatch.setattr(sys, "executable", need(Level.LANDLOCK))
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(private))
    with pytest.raises(BoxUnavailable, match=f"cannot read {private}/coursekit-box-.*set TMPDIR to a folder"):
        nest.Nest(memory_bytes=nest.MEMORY_BYTES)._zygote(Level.LANDLOCK, ())
    assert os.listdir(private) == []


def test_several_at_once_do_not_meet(folder: Path) -> None:
    managers = [KernelManager(kernel_name=spec.NAME) for _ in range(3)]
    for manager in managers:
        manager.start_kernel(cwd=str(folder))
    clients = [connect(manager) for manager in managers]
    for number, client in enumerate(clients):
        assert value(client, f"mine = {number}; open('f{number}', 'w').close(); answer = mine") == number
    assert [value(client, "answer = [mine, os.listdir('.')]") for client in clients] == [
        [number, [f"f{number}"]] for number in range(3)
    ]
    clients[1].stop_channels()
    managers[1].shutdown_kernel(now=True)
    assert [manager.is_alive() for manager in managers] == [True, False, True]
    assert value(clients[2], "answer = mine") == 2
    for client, manager in zip(clients, managers, strict=True):
        client.stop_channels()
        manager.shutdown_kernel(now=True)


# ---- as Jupyter expects ------------------------------------------------------------------------------------


@pytest.mark.parametrize("endless", ["while True: pass", "import time; time.sleep(1000)"])
def test_a_cell_is_interrupted(kernel: KernelManager, client: BlockingKernelClient, endless: str) -> None:
    client.execute(f"print('on', flush=True)\n{endless}", stop_on_error=False)
    while client.get_iopub_msg(timeout=SECONDS)["msg_type"] != "stream":
        pass
    kernel.interrupt_kernel()
    assert client.get_shell_msg(timeout=SECONDS)["content"]["ename"] == "KeyboardInterrupt"
    assert value(client, "answer = 'goes on'") == "goes on"


@pytest.mark.parametrize("now", [True, False])
def test_a_restart_forgets(kernel: KernelManager, client: BlockingKernelClient, now: bool) -> None:
    value(client, "kept = 1; open('kept', 'w').close()")
    key, before = kernel.session.key, descendants(os.getpid())
    kernel.restart_kernel(now=now)
    client.wait_for_ready(timeout=SECONDS)
    assert value(client, "answer = ['kept' in globals(), os.listdir('.')]") == [False, []]
    assert kernel.session.key == key
    assert before - running()  # the old one


def test_a_restart_reads_data_files_again(folder: Path) -> None:
    (folder / "data.txt").write_text("old")
    manager = KernelManager(kernel_name=spec.NAME)
    manager.start_kernel(cwd=str(folder))
    client = connect(manager)
    assert value(client, "answer = open('data.txt').read()") == "old"
    (folder / "data.txt").write_text("new")
    manager.restart_kernel(now=True)
    client.wait_for_ready(timeout=SECONDS)
    assert value(client, "answer = open('data.txt').read()") == "new"
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def test_a_shutdown_ends_in_order(folder: Path) -> None:
    manager = KernelManager(kernel_name=spec.NAME, shutdown_wait_time=SECONDS)
    manager.start_kernel(cwd=str(folder))
    client = connect(manager)
    asked = []
    manager.provisioner.kill = lambda restart=False: asked.append(restart)  # nothing has to be killed
    client.stop_channels()
    manager.shutdown_kernel()
    assert not manager.is_alive()
    assert asked == []


@pytest.mark.parametrize(
    "way", ["os._exit(3)", "os.kill(os.getpid(), 9)", "import ctypes; ctypes.string_at(0)"]
)
def test_a_kernel_that_ends_itself_is_reported_dead(
    kernel: KernelManager, client: BlockingKernelClient, way: str
) -> None:
    client.execute(f"import os; {way}")
    if "kill" in way:  # the first process of a namespace cannot kill itself
        assert value(client, "answer = 1") == 1
        return
    assert in_time(lambda: not kernel.is_alive())


def test_nbclient_tells_of_a_dead_kernel(folder: Path) -> None:
    with pytest.raises(DeadKernelError):
        run(folder, "import os; os._exit(1)")


def test_nbgrader_validates_in_it(folder: Path) -> None:
    test = new_code_cell("import os\nassert not os.path.exists('/proc')\nassert x == 2")
    test.metadata.nbgrader = {
        "schema_version": 3,
        "grade": True,
        "solution": False,
        "locked": True,
        "task": False,
        "grade_id": "test",
        "points": 1,
        "cell_type": "code",
    }
    for x, word in ((2, "Success"), (3, "failed")):
        found = notebook(f"x = {x}")
        found.cells.append(test)
        found.metadata.kernelspec.name = "python3"  # as students hand it in
        nbformat.write(found, folder / "hw.ipynb")
        environment = {**os.environ, "JUPYTER_DEFAULT_PROVISIONER_NAME": spec.NAME}
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", "validate", "hw.ipynb"],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        assert word in done.stdout + done.stderr


def test_jupyter_execute_runs_in_it(folder: Path) -> None:
    nbformat.write(notebook("import os\nos.getcwd()"), folder / "work.ipynb")
    subprocess.run(
        [sys.executable, "-m", "jupyter", "execute", "--inplace", "work.ipynb"],
        cwd=folder,
        check=True,
        capture_output=True,
        timeout=SECONDS,
    )
    [cell] = nbformat.read(folder / "work.ipynb", as_version=4).cells
    assert cell.outputs[0].data["text/plain"] == "'/box/tmp/work'"


def papermill(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call papermill as somebody would who did not write the notebook: in.ipynb, on the boxed kernel."""
    return subprocess.run(
        [sys.executable, "-m", "papermill", "in.ipynb", "out.ipynb", "-k", spec.NAME, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )


def of_another_kernel(*sources: str) -> nbformat.NotebookNode:
    """A notebook that asks for an ordinary kernel, with its first cell as papermill's parameters."""
    found = notebook(*sources)
    found.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    found.cells[0].metadata.tags = ["parameters"]
    return found


def test_papermill_runs_in_it_with_parameters(folder: Path) -> None:
    (folder / "data.csv").write_text("1,2\n3,4\n")
    reaching_out = "import socket\ntry:\n    socket.socket()\nexcept OSError as error:\n    print(error)"
    sources = ("factor, name = 1, 'nobody'", "import os\nos.getcwd(), factor, name", reaching_out)
    summing = "import numpy as np\nprint(factor * np.loadtxt('data.csv', delimiter=',').sum())"
    nbformat.write(of_another_kernel(*sources, summing), folder / "in.ipynb")
    done = papermill(folder, "-p", "factor", "3", "-p", "name", "Ada")
    assert done.returncode == 0, done.stderr
    written = nbformat.read(folder / "out.ipynb", as_version=4)
    defaults, injected, answer, refused, summed = written.cells
    assert injected.metadata.tags == ["injected-parameters"]
    assert injected.source == '# Parameters\nfactor = 3\nname = "Ada"\n'
    assert answer.outputs[0].data["text/plain"] == "('/box/tmp/work', 3, 'Ada')"
    assert refused.outputs[0].text == "[Errno 1] Operation not permitted\n"
    assert summed.outputs[0].text == "30.0\n"
    assert (defaults.metadata.papermill.status, summed.metadata.papermill.status) == ("completed",) * 2
    # Papermill leaves the name as it was: whoever runs the result again names the kernel again.
    assert written.metadata.kernelspec.name == "python3"


def test_papermill_saves_what_a_failing_notebook_did(folder: Path) -> None:
    cells = ("x = 1", "print('so far', x)", "import os\nos.listdir('/etc')", "print('never')")
    nbformat.write(of_another_kernel(*cells), folder / "in.ipynb")
    done = papermill(folder, "-p", "x", "2")
    assert done.returncode == 1
    assert "PapermillExecutionError" in done.stderr
    assert "FileNotFoundError: [Errno 2] No such file or directory: '/etc'" in done.stderr
    mark, *cells = nbformat.read(folder / "out.ipynb", as_version=4).cells
    assert "An Exception was encountered at" in mark.source
    by_source = {cell.source: cell for cell in cells if cell.cell_type == "code"}
    assert by_source["print('so far', x)"].outputs[0].text == "so far 2\n"
    failed = by_source["import os\nos.listdir('/etc')"]
    assert failed.outputs[0].ename == "FileNotFoundError"
    assert failed.metadata.papermill.status == "failed"
    assert by_source["print('never')"].execution_count is None
    assert by_source["print('never')"].metadata.papermill.status == "pending"


def test_papermill_saves_what_a_notebook_did_before_its_kernel_died(folder: Path) -> None:
    nbformat.write(of_another_kernel("print('before')", "import os\nos._exit(1)"), folder / "in.ipynb")
    done = papermill(folder)
    assert done.returncode == 138  # papermill's own code for a kernel that died
    assert "DeadKernelError: Kernel died" in done.stderr
    first, second = nbformat.read(folder / "out.ipynb", as_version=4).cells
    assert first.outputs[0].text == "before\n"
    assert second.outputs == []


# ---- what these tests count --------------------------------------------------------------------------------


def test_a_helper_of_what_was_there_before_is_not_counted() -> None:
    server = ["sh", "-c", "read line; sleep 100 & echo $!; wait"]
    with subprocess.Popen(server, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as old:
        assert old.stdin is not None
        assert old.stdout is not None
        before = descendants(os.getpid())
        old.stdin.write("go\n")
        old.stdin.flush()
        helper = int(old.stdout.readline())
        with subprocess.Popen(["sleep", "100"]) as new:
            try:
                assert helper in descendants(os.getpid())
                assert born_since(before) == {new.pid}
            finally:
                new.kill()
                os.kill(helper, 9)


# ---- never unboxed -----------------------------------------------------------------------------------------


def test_without_isolation_no_kernel_starts(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*arguments: object, **options: object) -> None:
        raise BoxUnavailable("namespaces are forbidden", "allow them")

    monkeypatch.setattr(nest, "Zygote", refuse)
    monkeypatch.setattr(nest, "best_level", refuse)
    manager = KernelManager(kernel_name=spec.NAME)
    with pytest.raises(BoxUnavailable, match=r"no boxed kernel can be started.*are forbidden.*: allow them"):
        manager.start_kernel(cwd=str(folder))
    assert not manager.has_kernel
    manager.cleanup_connection_file()


def test_a_program_without_provisioners_is_refused() -> None:
    done = subprocess.run(spec.make_spec()["argv"], capture_output=True, text=True)
    assert done.returncode == 1
    assert "so it cannot box one" in done.stderr


def test_other_languages_are_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    manager = KernelManager(kernel_name=spec.NAME)
    manager.kernel_spec.language = "R"
    with pytest.raises(BoxUnavailable, match="only Python kernels can be boxed, not one of r"):
        manager.start_kernel(cwd=str(folder))
    manager.cleanup_connection_file()


def test_the_students_package_says_that_it_has_no_box(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "coursekit", tmp_path / "coursekit")
    program = "import sys; sys.path.insert(0, '.'); sys.modules['autograder'] = None\n"
    program += "from coursekit.provisioning import BoxProvisioner"
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert "ModuleNotFoundError: the boxed kernel is part of coursekit's checkout" in done.stderr


# ---- files beside it ---------------------------------------------------------------------------------------


def test_no_files_are_shown_of_folders_that_are_no_assignments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home" / "me"))
    (tmp_path / "home" / "me").mkdir(parents=True)
    (tmp_path / "home" / "me" / "mail.txt").write_text("x")
    for folder in (tmp_path / "home" / "me", tmp_path / "home"):
        found = beside.read_beside(folder)
        assert (found.files, found.folders) == ([], [])
        assert found.why_not == f"{folder} holds a home folder"
    course = tmp_path / "course" / "cs1"
    course.mkdir(parents=True)
    (course / "gradebook.db").write_text("x")
    found = beside.read_beside(course.parent)
    assert (found.files, found.folders) == ([], [])
    assert found.why_not == f"{course} is a course (gradebook.db lies in it)"


def test_no_files_are_shown_of_a_large_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(beside, "MOST_FILES", 2)
    monkeypatch.setattr(beside, "MOST_BYTES", 4)
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "a").write_bytes(b"12")
    (folder / "b").write_bytes(b"34")
    assert beside.read_beside(folder).files == [("a", b"12"), ("b", b"34")]
    (folder / "c").write_bytes(b"")
    assert beside.read_beside(folder).files == []
    (folder / "c").unlink()
    (folder / "b").write_bytes(b"345")
    assert beside.read_beside(folder).files == []


# ---- its place in Jupyter's list ---------------------------------------------------------------------------


def test_install_and_remove(jupyter: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = jupyter / "jupyter-DATA" / "kernels" / spec.NAME
    assert main(["kernel", "remove"]) == 0
    assert not place.exists()
    assert main(["kernel", "remove"]) == 2
    assert "No boxed kernel is installed." in capsys.readouterr().err
    assert main(["kernel", "install", "--user", "--package", "no_such_package"]) == 2
    assert "'no_such_package', which is not installed" in capsys.readouterr().err
    assert not place.exists()
    assert main(["kernel", "install", "--user", "--package", "tqdm"]) == 0
    assert capsys.readouterr().out == f'"Python 3 (boxed)" is installed in {place}. Isolation: full.\n'
    assert json.loads((place / "kernel.json").read_text())["metadata"]["kernel_provisioner"] == {
        "provisioner_name": "coursekit-box",
        "config": {"packages": ["tqdm"]},
    }
