"""Whether nbgrader's own ways to autograde are sealed in a course, and which settings go unheard.

nbgrader takes no notice of a setting whose name it does not know: it drops `c.Autograd.exporter_class = …`
without a word and `c.Autograde.exporter_clas = …` with a warning among others, and runs students' code on the
machine as before. A class that cannot be imported is an error, and nothing runs. So what counts here is what
the classes have when they are made as nbgrader's command and formgrader's button make them.
"""

from __future__ import annotations

import difflib
import logging
import sys
from collections.abc import Callable, Iterator

from nbgrader.converters import Autograde
from traitlets import TraitError
from traitlets.config import Config

from autograder.box.doctor import Check
from autograder.course import Course
from autograder.frontend.exporter import SealedExporter

SETTING = "c.Autograde.exporter_class"
LINE = f'{SETTING} = "autograder.frontend.SealedExporter"'
_ALIKE = 0.8  # of 1: what one slip leaves of a name


def ways_to_autograde(course: Course) -> list[Check]:
    """Say of nbgrader's command and of formgrader's button whether they judge submissions from outside."""
    return [
        _check("nbgrader autograde", course, lambda: _of_command(course)),
        _check("formgrader's Autograde button", course, lambda: _of_formgrader(course)),
    ]


def misspelt(course: Course) -> list[str]:
    """Return the settings that were meant to seal `nbgrader autograde` and do not."""
    try:
        converter = _of_command(course)
    except TraitError:
        return []  # nbgrader says so itself, and nothing runs
    return [] if _is_sealed(converter) else list(_meant(converter.config))


def _of_command(course: Course) -> Autograde:
    return Autograde(coursedir=course.directory, parent=course.app)


def _of_formgrader(course: Course) -> Autograde:
    """Make an Autograde as formgrader does, whose program reads the configuration for itself."""
    from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension  # loads a web server

    formgrader = FormgradeExtension(log_level=logging.CRITICAL)
    formgrader.initialize([], root=str(course.root))
    formgrader.load_config_file()  # as before each click
    return Autograde(coursedir=formgrader.coursedir, parent=formgrader)


def _is_sealed(converter: Autograde) -> bool:
    return issubclass(converter.exporter_class, SealedExporter)


def _check(name: str, course: Course, make: Callable[[], Autograde]) -> Check:
    mend = f"write {LINE} in {course.root / 'nbgrader_config.py'}"
    try:
        converter = make()
    except TraitError as error:
        mend += (
            f", and install coursekit's checkout into the Python that runs it (this one: {sys.executable})"
        )
        return Check(name, False, f"it refuses to run anything: {error}", mend)
    if _is_sealed(converter):
        return Check(name, True, "sealed: it judges submissions outside the students' processes")
    exporter = converter.exporter_class
    if exporter is not Autograde.exporter_class.default_value:
        reason = f"{SETTING} is {exporter.__module__}.{exporter.__name__}"
    elif meant := list(_meant(converter.config)):
        reason = f"it takes no notice of {' and '.join(meant)}, a name that it does not know"
    else:
        reason = f"the course does not set {SETTING}"
    why = f"NOT sealed, so student code runs as your own and reports its own score: {reason}"
    return Check(name, False, why, mend)


def _meant(config: Config, path: str = "c") -> Iterator[str]:
    """Yield the settings that look as if they should be `SETTING`.

    >>> list(_meant(Config(Autograd={"exporter_class": "x"}, Autograde={"exporter_clas": "x"})))
    ['c.Autograd.exporter_class', 'c.Autograde.exporter_clas']
    """
    for name, value in config.items():
        setting = f"{path}.{name}"
        if isinstance(value, Config):
            yield from _meant(value, setting)
        elif setting == SETTING:
            continue
        elif SealedExporter.__name__ in str(value) or _alike(setting, SETTING):
            yield setting
        elif path == "c" and _alike(setting, "c.Autograde"):  # no section: those begin with a capital letter
            yield f"{setting}.…"


def _alike(name: str, other: str) -> bool:
    names, others = name.split("."), other.split(".")
    return len(names) == len(others) and all(
        difflib.SequenceMatcher(None, ours, theirs).ratio() > _ALIKE
        for ours, theirs in zip(names, others, strict=True)
    )
