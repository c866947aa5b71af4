"""`check` in a notebook: the public cases from ``checks.json``, the outcome in the notebook's own style."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any, NoReturn

from coursekit.checking.asking import NotWhenGraded
from coursekit.checking.deadline import can_stop, deadline
from coursekit.checking.marking import Report
from coursekit.checking.sheet import Sheet, read_sheets
from coursekit.checking.showing import Shown
from coursekit.errors import CheckUnavailable

__all__ = ["FILE", "SECONDS", "Notebook", "as_when_graded"]

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


@contextmanager
def as_when_graded(names: dict[str, Any]) -> Iterator[None]:
    """Leave of coursekit, for a while, only what is there when homework is graded: pictures and checks.

    Otherwise an answer like ``softmax = ck.softmax`` would be right here and fail after it was handed in.

    Parameters
    ----------
    names : dict
        What the notebook has defined.
    """
    ours = {name: value for name, value in names.items() if _is_ours(value)}
    names.update({name: _stand_in(name, value) for name, value in ours.items()})
    try:
        yield
    finally:
        names.update(ours)


def _is_ours(value: Any) -> bool:
    """Whether something is of the library: a module, a function, a class or one that is derived from it."""
    if type(value) is ModuleType:
        return value.__name__.partition(".")[0] == "coursekit"
    if isinstance(value, type):
        return any(_from_us(part.__module__) for part in value.__mro__)
    return type(value) is FunctionType and _from_us(value.__module__)


def _from_us(module: Any) -> bool:
    return isinstance(module, str) and module.partition(".")[0] == "coursekit"


def _stand_in(name: str, value: Any) -> Any:
    if type(value) is ModuleType:
        return _PicturesOnly(value)
    if _stays(value.__name__):
        return value

    def missing(*arguments: Any, **options: Any) -> NoReturn:
        raise NotWhenGraded(name)

    # A class stays one, as the question may ask for.
    return type(value.__name__, (), {"__init__": missing}) if isinstance(value, type) else missing


class _PicturesOnly:
    def __init__(self, library: ModuleType) -> None:
        self._library = library

    def __getattr__(self, name: str) -> Any:
        if _stays(name):
            return getattr(self._library, name)
        raise NotWhenGraded(f"ck.{name}")


def _stays(name: str) -> bool:
    return name in ("check", "draw", "show", "step_through", "playground") or name.startswith("explore_")


def _in_ipython() -> bool:
    ipython = sys.modules.get("IPython")
    return ipython is not None and ipython.get_ipython() is not None
