"""Where Jupyter looks for the boxed kernel: an entry point of this package that leads to the checkout.

The grader, whose box the kernel runs in, is part of the checkout and not of the package that students
install. There the name below raises an error that says so, and nothing else of Jupyter notices.
"""

from __future__ import annotations

import importlib
from typing import Any


def __getattr__(name: str) -> Any:
    if name != "BoxProvisioner":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = importlib.import_module("autograder.kernel.provisioner")
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "autograder":
            raise
        raise ModuleNotFoundError(
            "the boxed kernel is part of coursekit's checkout, not of the package: choose another kernel, or"
            " install the checkout here and run `coursekit kernel install`"
        ) from None
    return module.BoxProvisioner
