"""coursekit's judge behind nbgrader's own ways to autograde: its command, formgrader's button, its API.

One line in a course's ``nbgrader_config.py`` turns it on::

    c.Autograde.exporter_class = "autograder.frontend.SealedExporter"

or, in ``nbgrader_config.json``, ``{"Autograde": {"exporter_class": "autograder.frontend.SealedExporter"}}``.
"""

from autograder.frontend.exporter import SealedExporter

__all__ = ["SealedExporter"]
