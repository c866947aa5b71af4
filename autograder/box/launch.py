"""Starting a Python process that has nothing of ours in its environment, its path or its open files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

_ROOT = Path(__file__).resolve().parents[2]  # the folder that holds the package autograder

# `-S` leaves out site-packages with its .pth files, so that neither those packages nor an editable install's
# finder exist in there; `-P` leaves out the current folder.
_OPTIONS = ("-S", "-s", "-P", "-B")

ENVIRONMENT = {
    "PATH": "/nonexistent",  # nothing is run by name in there
    "LANG": "C.UTF-8",
    "USER": "student",
    "PYTHONHASHSEED": "0",
    "PYTHONUTF8": "1",
    "MPLBACKEND": "Agg",
    # One thread each: fork copies no other one, and the box allows none.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
}


def launch(
    module: str, *arguments: str, fds: Sequence[int] = (), stdout: int | IO[bytes], stderr: int | IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start ``module.main(search_path)`` in a process and a session of its own.

    `search_path` is `sys.path` of the bare interpreter; `arguments` are the process's `sys.argv[1:]`.
    """
    code = (
        f"import sys; search_path = sys.path[:]; sys.path.insert(0, {str(_ROOT)!r})\n"
        f"from {module} import main; main(search_path)"
    )
    environment = dict(ENVIRONMENT)
    if "LD_LIBRARY_PATH" in os.environ:  # some interpreters find their own library by it alone
        environment["LD_LIBRARY_PATH"] = os.environ["LD_LIBRARY_PATH"]
    return subprocess.Popen(
        [sys.executable, *_OPTIONS, "-c", code, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=stdout,
        stderr=stderr,
        env=environment,
        cwd="/",
        pass_fds=fds,
        start_new_session=True,  # Ctrl-C in the terminal is for the grader alone
    )
