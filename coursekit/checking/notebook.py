"""`check` in a notebook: the public cases from ``checks.json``, the outcome in the notebook's own style."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from pathlib import Path

from coursekit.checking.deadline import can_stop, deadline
from coursekit.checking.marking import Report
from coursekit.checking.sheet import Sheet, read_sheets
from coursekit.checking.showing import Shown
from coursekit.errors import CheckUnavailable

__all__ = ["FILE", "SECONDS", "Notebook"]

FILE = "checks.json"
SECONDS = 5.0  # for all cases of a question


class Notebook:
    """Cases of the folder in which the notebook runs.

    Parameters
    ----------
    folder : Path, optional
        Where ``checks.json`` lies; the working folder if left out.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._path = (folder or Path.cwd()) / FILE

    def limit(self) -> AbstractContextManager[None]:
        """How long answers may take. Where nothing can stop one, that is said before it runs."""
        if not can_stop():
            print(f"(An answer that never ends cannot be stopped here after {SECONDS:g} s: ", end="")
            print("interrupt the kernel if it takes long.)")
        return deadline(SECONDS)

    def sheet(self, slug: str) -> Sheet:
        """The question of this name.

        Raises
        ------
        CheckUnavailable
            The message says what is missing and what to do.
        """
        try:
            sheets = read_sheets(self._path.read_text("utf-8"))
        except FileNotFoundError:
            raise CheckUnavailable(
                f"There is no {FILE} in {self._path.parent}. It comes with the notebook and belongs beside "
                "it: fetch the whole folder, and open the notebook where it lies."
            ) from None
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise CheckUnavailable(f"{self._path} cannot be used: {error}. Fetch it anew.") from None
        if slug not in sheets:
            known = ", ".join(sheets)
            raise CheckUnavailable(f"There is no question {slug!r} here. The questions are: {known}.")
        return sheets[slug]

    def marked(self, report: Report) -> None:
        """Show what came of it."""
        shown = Shown(report)
        if _in_ipython():
            from IPython.display import display

            display(shown)
        else:
            print(shown)


def _in_ipython() -> bool:
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None
