"""The sandbox: untrusted code runs in here, or not at all."""

from autograder.box.levels import BoxUnavailable, Level
from autograder.box.limits import Limits
from autograder.box.trying import best_level

__all__ = ["BoxUnavailable", "Level", "Limits", "best_level"]
