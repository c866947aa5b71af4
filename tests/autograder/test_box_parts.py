"""The parts of the box, each by itself and outside of it."""

from __future__ import annotations

import ctypes
import errno
import os
import re
import struct
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autograder.box import Limits, disk, landlock, scratch, seccomp, syscalls
from autograder.box.disk import Disk
from autograder.box.files import DataFiles, read_data_files
from autograder.box.packages import DEFAULT_PACKAGES, PackageMissing, allowed_entries
from autograder.box.syscalls import numbers

# ---- the filter, run by an interpreter of BPF --------------------------------------------------------------

X86_64 = 0xC000_003E
ALLOW, KILL = 0x7FFF_0000, 0x8000_0000


def verdict(program: bytes, number: int, *arguments: int, architecture: int = X86_64) -> int:
    """What the filter says to a call."""
    padded = [value & 2**64 - 1 for value in (*arguments, *[0] * 6)][:6]
    data = struct.pack("=IIQ6Q", number & 2**32 - 1, architecture, 0, *padded)
    instructions = list(struct.iter_unpack("=HBBI", program))
    position = value = 0
    while True:
        code, if_true, if_false, constant = instructions[position]
        position += 1
        if code == 0x06:
            return int(constant)
        if code == 0x20:
            (value,) = struct.unpack_from("=I", data, constant)
        else:
            truth = {0x15: value == constant, 0x35: value >= constant, 0x45: bool(value & constant)}[code]
            position += if_true if truth else if_false


def refused(code: int) -> int:
    return 0x0005_0000 | code


FILTER = seccomp.build(threads=False, machine="x86_64")
WITH_THREADS = seccomp.build(threads=True, machine="x86_64")
X86 = numbers("x86_64")


@given(st.integers(0, 2**32 - 1))
def test_a_call_that_is_not_named_is_refused(number: int) -> None:
    names = {value: name for name, value in X86.items()}
    answer = verdict(FILTER, number)
    if number >= 0x4000_0000:
        assert answer == KILL
    elif number not in names:
        assert answer == refused(errno.EPERM)


def test_every_named_call_gets_its_verdict() -> None:
    for name in seccomp._FREE.split():
        assert verdict(FILTER, X86[name], 2**63, 2**63, 2**63) == ALLOW, name
    for name in seccomp._UNKNOWN.split():
        assert verdict(FILTER, X86[name]) == refused(errno.ENOSYS), name
    for name in seccomp._UNSUPPORTED.split():
        assert verdict(FILTER, X86[name]) == refused(errno.ENOTSUP), name
    for name in seccomp._IDLE.split():
        assert verdict(FILTER, X86[name]) == refused(0), name
    treated = {*seccomp._checked(True), "fork", "vfork"}
    named = {
        *seccomp._FREE.split(),
        *seccomp._UNKNOWN.split(),
        *seccomp._UNSUPPORTED.split(),
        *seccomp._IDLE.split(),
    }
    for name in set(X86) - named - treated:
        assert verdict(FILTER, X86[name]) == refused(errno.EPERM), name


def test_another_architecture_is_killed() -> None:
    for architecture in (0x4000_0003, 0xC000_00B7, 0):  # i386, aarch64, none
        assert verdict(FILTER, X86["getpid"], architecture=architecture) == KILL


def test_calls_with_arguments_that_matter() -> None:
    deny, again = refused(errno.EPERM), refused(errno.EAGAIN)
    assert verdict(FILTER, X86["clone"], 0x0001_0000) == again
    assert verdict(WITH_THREADS, X86["clone"], 0x0001_0000) == ALLOW
    assert verdict(WITH_THREADS, X86["clone"], 17) == again
    assert verdict(WITH_THREADS, X86["fork"]) == again
    assert verdict(FILTER, X86["sendto"], 3, 1, 1, 0, 0, 0) == ALLOW
    assert verdict(FILTER, X86["sendto"], 3, 1, 1, 0, 1, 0) == deny
    assert verdict(FILTER, X86["sendto"], 3, 1, 1, 0, 2**32, 0) == deny  # the upper half counts too
    assert verdict(FILTER, X86["socketpair"], 1) == ALLOW
    assert verdict(FILTER, X86["socketpair"], 2) == deny
    assert verdict(FILTER, X86["prlimit64"], 0, 7, 0, 2**40) == ALLOW
    assert verdict(FILTER, X86["prlimit64"], 0, 7, 2**40, 0) == deny
    assert verdict(FILTER, X86["prlimit64"], 1, 7, 0, 2**40) == deny
    assert verdict(FILTER, X86["ioctl"], 1, 0x5401) == ALLOW  # TCGETS
    assert verdict(FILTER, X86["ioctl"], 1, 0x5412) == deny  # TIOCSTI
    assert verdict(FILTER, X86["fcntl"], 1, 3) == ALLOW  # F_GETFL
    assert verdict(FILTER, X86["fcntl"], 1, 8) == deny  # F_SETOWN
    assert verdict(FILTER, X86["prctl"], 15) == ALLOW  # PR_SET_NAME
    assert verdict(FILTER, X86["sched_setscheduler"], 7, 0) == refused(0)  # SCHED_OTHER
    assert verdict(FILTER, X86["sched_setscheduler"], 7, 1) == deny  # SCHED_FIFO
    assert verdict(FILTER, X86["prctl"], 4) == deny  # PR_SET_DUMPABLE


def test_the_filter_fits_the_kernel() -> None:
    assert len(FILTER) % 8 == 0
    assert len(WITH_THREADS) // 8 < 4096


# ---- the filter of every machine, for every call -----------------------------------------------------------

ARCHITECTURES = {"x86_64": X86_64, "aarch64": 0xC000_00B7}
MACHINES = pytest.mark.parametrize("machine", ARCHITECTURES)
# Written down by hand, from the kernel's table of each machine: what a mistake in reading headers would move.
KNOWN = {
    "x86_64": {
        "read": 0,
        "openat": 257,
        "clone": 56,
        "fork": 57,
        "execve": 59,
        "landlock_restrict_self": 446,
    },
    "aarch64": {"read": 63, "openat": 56, "clone": 220, "execve": 221, "landlock_restrict_self": 446},
}
# What must never be allowed, under any of its names.
FORBIDDEN = """
socket connect bind listen sendmsg recvmsg sendmmsg execve execveat ptrace process_vm_readv process_vm_writev
mount umount2 pivot_root chroot setns unshare move_mount open_tree fsopen mount_setattr bpf perf_event_open
userfaultfd keyctl add_key request_key memfd_create memfd_secret shmget shmat msgget semget setuid setgid
setresuid capset seccomp init_module finit_module kexec_load open_by_handle_at name_to_handle_at pidfd_open
pidfd_getfd pidfd_send_signal process_madvise setrlimit personality reboot quotactl mknod mknodat symlink
symlinkat link linkat chown fchown lchown fchownat ioperm iopl modify_ldt landlock_create_ruleset
landlock_restrict_self syslog acct swapon settimeofday clock_settime sethostname vhangup
"""
# What Python and its C library call on a machine without the older calls: with one missing nothing runs.
NEEDED = """
openat newfstatat readlinkat unlinkat mkdirat renameat renameat2 faccessat faccessat2 statx getdents64
dup dup3 pipe2 ppoll pselect6 epoll_create1 epoll_pwait eventfd2 mmap munmap mprotect mremap brk
rt_sigaction rt_sigprocmask rt_sigreturn sigaltstack futex clock_gettime clock_nanosleep getrandom
exit_group read write close lseek pread64 pwrite64 ftruncate set_robust_list rseq restart_syscall
"""


@MACHINES
def test_every_call_of_a_machine_gets_the_intended_verdict(machine: str) -> None:
    table, architecture = numbers(machine), ARCHITECTURES[machine]
    assert {name: table[name] for name in KNOWN[machine]} == KNOWN[machine]
    expected = {}
    for names, answer in (
        (seccomp._FREE.split(), ALLOW),
        (seccomp._UNKNOWN.split(), refused(errno.ENOSYS)),
        (seccomp._UNSUPPORTED.split(), refused(errno.ENOTSUP)),
        (seccomp._IDLE.split(), refused(0)),
        (["fork", "vfork", "clone"], refused(errno.EAGAIN)),
    ):
        expected |= dict.fromkeys(names, answer)
    program = seccomp.build(threads=False, machine=machine)
    treated = set(seccomp._checked(False)) - {"clone"}
    for name, number in table.items():
        if name not in treated:
            answer = verdict(program, number, architecture=architecture)
            assert answer == expected.get(name, refused(errno.EPERM)), name
    for number in set(range(1024)) - set(table.values()):
        assert verdict(program, number, architecture=architecture) == refused(errno.EPERM), number


@MACHINES
@pytest.mark.parametrize("threads", [False, True])
def test_calls_that_get_out_are_never_allowed(machine: str, threads: bool) -> None:
    table, architecture = numbers(machine), ARCHITECTURES[machine]
    program = seccomp.build(threads=threads, machine=machine)
    for name in set(FORBIDDEN.split()) & set(table):
        for argument in (0, 1, 2**64 - 1):
            answer = verdict(program, table[name], *[argument] * 6, architecture=architecture)
            assert answer == refused(errno.EPERM), name
    for name in NEEDED.split():
        assert verdict(program, table[name], architecture=architecture) == ALLOW, name
    assert set(FORBIDDEN.split()) <= set(X86)


@MACHINES
def test_arguments_are_looked_at_on_every_machine(machine: str) -> None:
    table, architecture = numbers(machine), ARCHITECTURES[machine]
    program = seccomp.build(threads=True, machine=machine)

    def say(name: str, *arguments: int) -> int:
        return verdict(program, table[name], *arguments, architecture=architecture)

    assert say("clone", 0x003D_0F00) == ALLOW  # what glibc starts a thread with
    assert say("clone", 0x0120_0011) == refused(errno.EAGAIN)  # what it forks with, where there is no `fork`
    assert say("clone", 0x1000_0011) == refused(errno.EAGAIN)  # CLONE_NEWUSER
    assert (say("prctl", 15), say("prctl", 22)) == (ALLOW, refused(errno.EPERM))
    assert (say("socketpair", 1), say("socketpair", 16)) == (ALLOW, refused(errno.EPERM))
    assert (say("prlimit64", 0, 3, 0, 1), say("prlimit64", 0, 3, 1, 0)) == (ALLOW, refused(errno.EPERM))


@MACHINES
def test_the_calls_of_another_machine_are_killed(machine: str) -> None:
    program = seccomp.build(threads=False, machine=machine)
    number = numbers(machine)["getpid"]
    # i386, 32-bit Arm, and the other one of ours; big-endian twins; none at all
    others = {0x4000_0003, 0x4000_0028, 0x8000_00B7, 0, *ARCHITECTURES.values()} - {ARCHITECTURES[machine]}
    for architecture in others:
        assert verdict(program, number, architecture=architecture) == KILL
    for bit in (0x4000_0000, 0x8000_0000):  # x32
        assert verdict(program, bit | number, architecture=ARCHITECTURES[machine]) == KILL


@MACHINES
def test_every_call_that_the_box_makes_has_a_number(machine: str) -> None:
    made = set()
    for path in Path(seccomp.__file__).parent.glob("*.py"):
        made |= set(re.findall(r'\bsyscall\(\s*"(\w+)"', path.read_text()))
    assert {"mount", "pivot_root", "landlock_add_rule", "seccomp", "capset", "prctl", "setns"} <= made
    assert made <= set(numbers(machine))


def test_every_name_in_a_list_is_a_call() -> None:
    """A slip in a name would silently allow nothing, or refuse with the wrong answer."""
    listed = " ".join([seccomp._FREE, seccomp._UNKNOWN, seccomp._IDLE, seccomp._UNSUPPORTED]).split()
    assert len(listed) == len(set(listed))
    assert {*listed, *seccomp._checked(True)} <= set(X86)
    assert set(numbers("aarch64")) <= set(X86)


def test_structures_have_the_kernels_layout() -> None:
    """The same on both machines: 64-bit, little-endian, natural alignment."""
    sizes = {
        landlock._RulesetAttr: 24,
        landlock._PathBeneath: 12,
        syscalls._MountAttr: 32,
        syscalls._CapabilityHeader: 8,
        syscalls._CapabilitySets: 12,
        seccomp._Program: 16,
    }
    assert {kind: ctypes.sizeof(kind) for kind in sizes} == sizes
    assert seccomp._Program.instructions.offset == 8


# ---- limits ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [0, -1, 1.5, True, None, "1"])
def test_limits_are_whole_and_positive(value: object) -> None:
    with pytest.raises(ValueError, match=r"Limits\.tmp_bytes must be a whole number of at least 1"):
        Limits(tmp_bytes=value)  # type: ignore[arg-type]


# ---- the disk ----------------------------------------------------------------------------------------------


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A base interpreter with packages of its own, as a conda environment has it."""
    for name in (
        "conda-meta/history",
        "lib/libz.so.1",
        "lib/python3.11/os.py",
        "lib/python3.11/json/__init__.py",
        "lib/python3.11/__pycache__/os.pyc",
        "lib/python3.11/ensurepip/__init__.py",
        "lib/python3.11/ensurepip/_bundled/pip.whl",
        "lib/python3.11/site-packages/numpy/__init__.py",
        "lib/python3.11/site-packages/pip/__init__.py",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return tmp_path


def test_packages_beside_the_standard_library_are_hidden(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "base_prefix", str(tree))
    library = f"{tree}/lib/python3.11"
    site = {"numpy": f"{library}/site-packages/numpy"}
    found = disk.disk_of_this_interpreter([library, f"{library}/absent"], site=site)
    assert f"{tree}/lib" in found.interpreter
    assert library not in found.interpreter  # it lies in the folder above
    assert {f"{library}/site-packages", f"{library}/ensurepip/_bundled"} <= set(found.hidden)

    rights = dict(disk.reading_rights(found))
    assert rights[f"{library}/site-packages/numpy"] == landlock.READ
    assert rights[f"{library}/json"] == rights[f"{library}/os.py"] == landlock.READ
    assert rights[f"{tree}/lib/libz.so.1"] == landlock.READ
    assert rights[library] == rights[f"{tree}/lib"] == landlock.READ_DIR
    assert not [path for path in rights if path.startswith(f"{library}/site-packages/pip")]
    assert f"{library}/site-packages" not in rights
    assert f"{library}/ensurepip/_bundled" not in rights
    assert f"{library}/ensurepip/__init__.py" in rights


def test_nothing_is_readable_but_what_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    rights = dict(disk.reading_rights(Disk((), (), {"a": f"{tmp_path}/a"}, ())))
    assert rights == {f"{tmp_path}/a": landlock.READ}


def test_the_site_is_a_folder_of_links(tmp_path: Path) -> None:
    disk.lay_site(str(tmp_path), {"numpy": "/somewhere/numpy", "autograder/wire.py": "/else/wire.py"})
    assert os.readlink(tmp_path / "numpy") == "/somewhere/numpy"
    assert os.readlink(tmp_path / "autograder" / "wire.py") == "/else/wire.py"


# ---- packages ----------------------------------------------------------------------------------------------


def test_a_package_brings_what_it_requires_and_no_more() -> None:
    entries = allowed_entries(("matplotlib",))
    assert {"matplotlib", "mpl_toolkits", "numpy", "PIL", "kiwisolver", "dateutil"} <= set(entries)
    assert [name for name in entries if name.startswith("matplotlib-") and name.endswith(".dist-info")]
    assert not {"pandas", "IPython", "pip", "pytest", "bin", "..", "__pycache__"} & set(entries)
    assert all(os.path.exists(path) for path in entries.values())


def test_what_looks_at_the_machine_is_not_brought_along() -> None:
    entries = allowed_entries(DEFAULT_PACKAGES)
    assert {"numpy", "matplotlib", "sympy", "pandas", "IPython", "traitlets"} <= set(entries)
    assert not {"psutil", "zmq", "jupyter_client", "nbgrader", "pip", "coursekit"} & set(entries)


def test_no_hook_of_an_editable_install_is_an_entry() -> None:
    entries = allowed_entries(("coursekit", "numpy"))
    assert entries["coursekit"].endswith("/coursekit")
    assert not [name for name in entries if name.endswith(".pth") or "editable" in name]


def test_a_missing_package_is_named() -> None:
    with pytest.raises(PackageMissing, match="no_such_package"):
        allowed_entries(("no_such_package",))


def test_a_module_of_one_file_can_be_allowed() -> None:
    ((name, path),) = allowed_entries(("box_serve",)).items()
    assert name == "box_serve.py"
    assert path == str(Path(__file__).with_name("box_serve.py").resolve())


# ---- files and folders -------------------------------------------------------------------------------------


def test_data_files_small_and_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    (source / "sub" / "empty").mkdir(parents=True)
    target.mkdir()
    (source / "a.csv").write_bytes(b"1")
    (source / "sub" / "b.csv").write_bytes(b"2")
    (source / "large").write_bytes(bytes(2 << 20))
    (source / "test.ipynb").write_text("{}")
    os.mkfifo(source / "pipe")
    found = read_data_files(str(source))
    assert found == DataFiles(
        [("a.csv", b"1"), ("sub/b.csv", b"2")], [("large", str(source / "large"))], ["sub", "sub/empty"]
    )
    assert (found.copied_bytes, found.entries) == (2, 5)
    found.place(str(target))
    assert sorted(str(path.relative_to(target)) for path in target.rglob("*")) == [
        *["a.csv", "large", "sub", "sub/b.csv", "sub/empty"]
    ]
    assert os.readlink(target / "large") == str(source / "large")
    assert read_data_files(None) == DataFiles()
    with pytest.raises(FileNotFoundError):
        read_data_files(str(tmp_path / "absent"))


def test_copies_have_a_bound_in_all(tmp_path: Path) -> None:
    for number in range(10):
        (tmp_path / f"{number}").write_bytes(bytes(1 << 20))
    found = read_data_files(str(tmp_path))
    assert (len(found.copies), len(found.links)) == (8, 2)


def test_a_deep_folder_is_removed() -> None:
    top = Path(tempfile.mkdtemp(dir="/dev/shm" if os.access("/dev/shm", os.W_OK) else None))
    here = os.open(top, os.O_RDONLY)
    for _ in range(3000):  # deeper than a path may be long, and than Python recurses
        os.mkdir("a", dir_fd=here)
        os.close(os.open("file", os.O_CREAT, dir_fd=here))
        below = os.open("a", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.symlink("/", "link", dir_fd=here)
    os.fchmod(here, 0)
    os.close(here)
    assert scratch.usage(str(top), most_files=100)[1] == 101
    scratch.remove(str(top))
    assert not top.exists()


def test_usage_counts_bytes_and_files(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(10))
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "b").write_bytes(bytes(5))
    (tmp_path / "link").symlink_to("/")
    size, files = scratch.usage(str(tmp_path), most_files=100)
    assert (size - 1, files) == (15, 4)  # a link is as long as its text
    assert scratch.usage(str(tmp_path / "gone"), most_files=100) == (0, 0)


def test_the_folder_of_a_killed_owner_is_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    living = scratch.Base()
    killed = tmp_path / "coursekit-box-killed"
    (killed / "children").mkdir(parents=True)
    for path in (killed, living.path):
        os.utime(path, (0, 0))
    fresh = tmp_path / "coursekit-box-fresh"
    fresh.mkdir()
    other = scratch.Base()
    assert sorted(tmp_path.iterdir()) == sorted([fresh, Path(living.path), Path(other.path)])
    living.close()
    other.close()
    assert list(tmp_path.iterdir()) == [fresh]


def test_a_large_file_becomes_a_copy_when_it_is_written(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    source.mkdir()
    target.mkdir()
    for name in ("read", "written", "appended", "gone"):
        (source / name).write_bytes(bytes(2 << 20))
    script = """
        import os, sys
        from autograder.box.files import read_data_files
        source, target = sys.argv[1:]
        files = read_data_files(source)
        files.place(target)
        files.own_what_is_written(target)
        os.chdir(target)
        assert len(open("read", "rb").read()) == os.stat("written").st_size == 2 << 20
        with open("./written", "w") as file: file.write("mine")
        with open(os.path.join(target, "appended"), "ab") as file: file.write(b"more")
        os.remove("gone")
        with open("new", "w") as file: file.write("new")
        """
    command = [sys.executable, "-c", textwrap.dedent(script), str(source), str(target)]
    subprocess.run(command, check=True)
    assert (target / "read").is_symlink()
    assert not (target / "written").is_symlink()
    assert not (target / "appended").is_symlink()
    assert (target / "written").read_text() == "mine"
    assert (target / "appended").read_bytes() == bytes(2 << 20) + b"more"
    assert sorted(path.name for path in target.iterdir()) == ["appended", "new", "read", "written"]
    assert {path.stat().st_size for path in source.iterdir()} == {2 << 20}
