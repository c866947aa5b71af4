"""One student's folder, looked at without trusting it.

A submission may hold anything: symbolic links to other people's work, pipes that never end, files of any
size. So every file is opened by its name inside the already opened folder, never followed, never waited for,
and only read when it is a regular file of a reasonable size.
"""

from __future__ import annotations

import datetime
import difflib
import fnmatch
import hashlib
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

NOTEBOOK_BYTES = 64 * 2**20  # a notebook with a lot of pictures has 10 MB
FILE_BYTES = 16 * 2**20
FOLDER_BYTES = 64 * 2**20
FOLDER_FILES = 500
FOLDER_DEPTH = 8
TIMESTAMP = "timestamp.txt"
FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Refused(Exception):
    """A file of a submission is not opened or read; the message says why, for student and instructor."""

    def __init__(self, why: str) -> None:
        super().__init__(printable(why))


def printable(text: str) -> str:
    r"""Return text with � for whatever cannot be shown or stored; files may be called anything at all.

    >>> printable("caf\udce9 \x1b[2J\n")
    'caf� �[2J�'
    """
    return "".join(letter if letter.isprintable() else "�" for letter in text)


@dataclass(frozen=True)
class ExtraFile:
    """A file beside the notebooks: its path relative to the submission and what identifies its content."""

    name: str
    size: int
    modified: int  # ns


class Submission:
    """A student's submitted folder.

    Parameters
    ----------
    folder
        Where it is.
    inside
        The instructor's folder that holds everybody's: what leads from there to `folder` is the students'
        and may not be a link. Default: the folder around.

    Examples
    --------
    >>> import tempfile
    >>> folder = Path(tempfile.mkdtemp())
    >>> _ = (folder / "ps1.ipynb").write_text("{}")
    >>> (folder / "answer.ipynb").symlink_to("/etc/passwd")
    >>> submission = Submission(folder)
    >>> submission.read("ps1.ipynb")
    b'{}'
    >>> submission.read("answer.ipynb")
    Traceback (most recent call last):
        ...
    autograder.submission.Refused: answer.ipynb is a symbolic link, not a file, so it was not opened.
    """

    def __init__(self, folder: Path, inside: Path | None = None) -> None:
        self.folder = folder
        self.inside = folder.parent if inside is None else inside

    def names(self) -> list[str]:
        """Return the names in the top folder, sorted; nothing is opened but the folder itself."""
        with self._opened_folder() as folder:
            return sorted(os.listdir(folder))

    def read(self, name: str, limit: int = NOTEBOOK_BYTES) -> bytes:
        """Return the content of a regular file of at most `limit` bytes in the top folder.

        Raises
        ------
        Refused
            It is missing, no regular file, too large, or cannot be read.
        """
        with self._opened_folder() as folder, _opened_file(folder, name) as file:
            _check_size(file, name, limit)
            with open(file, "rb", closefd=False) as stream:
                content = stream.read(limit + 1)
        if len(content) > limit:  # it grew while it was read
            raise Refused(f"{name} has more than {_megabytes(limit)}.")
        return content

    def digest(self, name: str) -> str:
        """Return the SHA-256 of a file that `read` would return, without holding it in memory."""
        with self._opened_folder() as folder, _opened_file(folder, name) as file:
            _check_size(file, name, NOTEBOOK_BYTES)
            with open(file, "rb", closefd=False) as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest()

    def find_notebooks(self, wanted: Sequence[str]) -> dict[str, str]:
        """Match the assignment's notebooks with the files that were handed in.

        A file that was renamed ("hw1 (1).ipynb", "Copy of hw1.ipynb") is still found when it is clear which
        one is meant: the only one, or the most similar name among those that belong to no other notebook.

        Returns
        -------
        dict
            Notebook name → file name; a notebook for which nothing was handed in is left out.
        """
        files = [name for name in self.names() if name.endswith(".ipynb")]
        found = {name: f"{name}.ipynb" for name in wanted if f"{name}.ipynb" in files}
        spare = [name for name in files if name not in found.values()]
        missing = [name for name in wanted if name not in found]
        if len(missing) == len(spare) == 1:
            return found | {missing[0]: spare[0]}
        for name in missing:
            stems = [file.removesuffix(".ipynb").lower() for file in spare]
            holding = [stem for stem in stems if name.lower() in stem]
            if (
                similar := holding
                if len(holding) == 1
                else difflib.get_close_matches(name.lower(), stems, n=1)
            ):
                found[name] = spare.pop(stems.index(similar[0]))
        return found

    def timestamp(self) -> tuple[datetime.datetime | None, str]:
        """Return when the work was handed in (UTC, no zone) and a remark if timestamp.txt is not usable."""
        from nbgrader.utils import parse_utc  # heavy, and workers do without

        if TIMESTAMP not in self.names():
            return None, ""
        try:
            text = self.read(TIMESTAMP, limit=1000).decode("utf-8").strip()
            moment = parse_utc(text) if text else None
        except Refused as refusal:
            return None, f"{refusal} The work counts as handed in on time."
        except (
            ValueError,
            ArithmeticError,
        ):  # "23:5999999999999999999999999999999" is too much for a Decimal
            return None, f"{TIMESTAMP} does not hold a date, so the work counts as handed in on time."
        if moment is None:
            return None, f"{TIMESTAMP} is empty, so the work counts as handed in on time."
        tomorrow = datetime.datetime.now(datetime.UTC).replace(tzinfo=None) + datetime.timedelta(days=1)
        if not datetime.datetime(2010, 1, 1) <= moment <= tomorrow:
            return moment, f"{TIMESTAMP} says {moment:%Y-%m-%d}, which cannot be when the work was handed in."
        return moment, ""

    def extra_files(self, ignore: Sequence[str]) -> tuple[list[ExtraFile], list[str]]:
        """Return the files beside the notebooks that are kept, and sentences about those that are not."""
        kept: list[ExtraFile] = []
        remarks: list[str] = []
        room = FOLDER_BYTES
        with self._opened_folder() as top:
            for name, status in _walk(top, ignore):
                if not stat.S_ISREG(status.st_mode):
                    kind = _kind(status.st_mode)
                    remarks.append(printable(f"{name} is {kind}, not a file, so it was not kept."))
                elif status.st_size > FILE_BYTES:
                    size = _megabytes(status.st_size)
                    remarks.append(printable(f"{name} has {size} and was not kept."))
                elif status.st_size > room or len(kept) == FOLDER_FILES:
                    remarks.append(
                        f"More than {FOLDER_FILES} files or {_megabytes(FOLDER_BYTES)} were handed in; "
                        "the rest was not kept."
                    )
                    break
                else:
                    room -= status.st_size
                    kept.append(ExtraFile(name, status.st_size, status.st_mtime_ns))
        if len(remarks) > 5:
            remarks = [*remarks[:4], f"{len(remarks) - 4} more files were not kept."]
        return kept, remarks

    def contents(self, files: Sequence[ExtraFile]) -> Iterator[tuple[str, bytes]]:
        """Yield name and content of files; one that changed since the look is left out."""
        with self._opened_folder() as top:
            for extra in files:
                try:
                    with _opened_path(top, extra.name) as file, open(file, "rb", closefd=False) as stream:
                        content = stream.read(extra.size + 1)
                except Refused:
                    continue
                if len(content) == extra.size:
                    yield extra.name, content

    def _opened_folder(self) -> _Descriptor:
        """Open the folder step by step from the instructor's, following no link on the way."""
        steps = self.folder.relative_to(self.inside).parts
        try:
            here = os.open(self.inside, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            for step in steps:
                try:
                    below = os.open(step, FOLDER_FLAGS, dir_fd=here)
                except NotADirectoryError:
                    kind = _kind(os.stat(step, dir_fd=here, follow_symlinks=False).st_mode)
                    raise Refused(f"The submission is {kind}, not a folder, so it was not opened.") from None
                finally:
                    os.close(here)
                here = below
        except OSError as error:
            raise Refused(f"The submission's folder cannot be opened: {error.strerror}.") from None
        return _Descriptor(here)


class _Descriptor:
    """A file descriptor that is closed at the end of a `with` block."""

    def __init__(self, number: int) -> None:
        self.number = number

    def __enter__(self) -> int:
        return self.number

    def __exit__(self, *exception: object) -> None:
        os.close(self.number)


def _opened_file(folder: int, name: str) -> _Descriptor:
    """Open a regular file by its bare name inside an open folder."""
    if not name or "/" in name or "\0" in name or name in (".", ".."):
        raise Refused(f"{name!r} is not the name of a file.")
    # O_NONBLOCK: opening a pipe must not wait for a writer. Nothing but a regular file is opened at all,
    # because opening a device can already act; the check after opening closes the gap between look and open.
    try:
        if not stat.S_ISREG(mode := os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode):
            raise Refused(f"{name} is {_kind(mode)}, not a file, so it was not opened.")
        file = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    except FileNotFoundError:
        raise Refused(f"{name} was not handed in.") from None
    except OSError as error:
        raise Refused(f"{name} cannot be opened: {error.strerror}.") from None
    if not stat.S_ISREG(os.fstat(file).st_mode):
        os.close(file)
        raise Refused(f"{name} is not a regular file, so it was not read.")
    return _Descriptor(file)


def _check_size(file: int, name: str, limit: int) -> None:
    if (size := os.fstat(file).st_size) > limit:
        raise Refused(f"{name} has {_megabytes(size)}; at most {_megabytes(limit)} are read.")


def _opened_path(top: int, path: str) -> _Descriptor:
    """Open a regular file some folders below `top`, following no link on the way."""
    *folders, name = path.split("/")
    folder = os.dup(top)
    try:
        for part in folders:
            try:
                below = os.open(part, FOLDER_FLAGS, dir_fd=folder)
            except OSError as error:
                raise Refused(f"{path} cannot be opened: {error.strerror}.") from None
            os.close(folder)
            folder = below
        return _opened_file(folder, name)
    finally:
        os.close(folder)


def _walk(top: int, ignore: Sequence[str]) -> Iterator[tuple[str, os.stat_result]]:
    """Yield path and status of what lies below an open folder, notebooks left out.

    Links are not followed, nor folders that are called like a notebook, which nbgrader would take for one.
    """
    for folder, folders, names, descriptor in os.fwalk(".", dir_fd=top, follow_symlinks=False):
        prefix = os.path.normpath(folder)
        prefix = "" if prefix == "." else f"{prefix}/"
        closed = [
            name
            for name in folders
            if name.endswith(".ipynb") or stat.S_ISLNK(os.lstat(name, dir_fd=descriptor).st_mode)
        ]
        folders[:] = sorted(
            name
            for name in folders
            if name not in closed and prefix.count("/") < FOLDER_DEPTH and not _ignored(name, ignore)
        )
        notebooks = [name for name in names if name.endswith(".ipynb")]
        for name in sorted({*names, *closed} - {*notebooks}):
            if _ignored(name, ignore) or (prefix == "" and name == TIMESTAMP):
                continue
            try:
                yield f"{prefix}{name}", os.stat(name, dir_fd=descriptor, follow_symlinks=False)
            except FileNotFoundError:
                continue


def _ignored(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def _kind(mode: int) -> str:
    """Say what a file's mode means.

    >>> _kind(stat.S_IFIFO)
    'a named pipe'
    """
    kinds = {
        stat.S_IFLNK: "a symbolic link",
        stat.S_IFIFO: "a named pipe",
        stat.S_IFDIR: "a folder",
        stat.S_IFSOCK: "a socket",
        stat.S_IFCHR: "a device",
        stat.S_IFBLK: "a device",
    }
    return kinds.get(stat.S_IFMT(mode), "something else")


def _megabytes(size: int) -> str:
    """Say a size in megabytes, at least one digit.

    >>> _megabytes(70_000_000)
    '66.8 MB'
    """
    return f"{size / 2**20:.1f} MB"
