"""The boxed kernel's entry in Jupyter's list of kernels."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel

NAME = "coursekit-box"
_REFUSAL = (
    "This program starts kernels past jupyter_client's provisioners, so it cannot box one. "
    "Use JupyterLab, nbclient, nbgrader or papermill, or another kernel for notebooks that you trust."
)


def make_spec(packages: Sequence[str] = ()) -> dict[str, Any]:
    """Return what stands in ``kernel.json``.

    A program that does not know of provisioners would run `argv` unboxed: it is one that refuses.

    Parameters
    ----------
    packages
        Import names that notebooks may use beside those that every boxed kernel has.
    """
    return {
        "argv": [sys.executable, "-c", f"raise SystemExit({_REFUSAL!r})", "{connection_file}"],
        "display_name": "Python 3 (boxed)",
        "language": "python",
        "interrupt_mode": "signal",
        "metadata": {
            "debugger": False,
            "kernel_provisioner": {"provisioner_name": NAME, "config": {"packages": list(packages)}},
        },
    }


def install(*, user: bool = False, prefix: str | None = None, packages: Sequence[str] = ()) -> Path:
    """Write the entry, replacing an earlier one.

    Parameters
    ----------
    user
        For this user alone; else below `prefix`, or for all users of the machine when that is None too.
    packages
        See `make_spec`.

    Returns
    -------
    Path
        Its folder.

    Raises
    ------
    OSError
        The folder cannot be written.
    """
    with tempfile.TemporaryDirectory() as folder:
        text = json.dumps(make_spec(packages), indent=1)
        Path(folder, "kernel.json").write_text(text + "\n", encoding="utf-8")
        installed = KernelSpecManager().install_kernel_spec(folder, NAME, user=user, prefix=prefix)
    return Path(installed)


def remove() -> Path | None:
    """Remove the entry that Jupyter finds first; its folder, or None when there is none."""
    manager = KernelSpecManager(ensure_native_kernel=False)
    try:
        return Path(manager.remove_kernel_spec(NAME))
    except (KeyError, NoSuchKernel):
        return None
