"""Learning curves as a picture."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib
from matplotlib.figure import Figure

__all__ = ["LearningCurves"]


class LearningCurves(Figure):
    """A matplotlib figure with a panel for each thing that was measured epoch by epoch.

    A notebook shows it, without pyplot; ``savefig("curves.pdf")`` keeps it, and ``axes`` are there to be
    added to.

    Parameters
    ----------
    panels
        What was measured: its values on the training data and on held-out data, the latter possibly empty.
    best_epoch
        Where held-out data were measured, the epoch to be marked, counted from 1.
    """

    def __init__(
        self, panels: Mapping[str, tuple[Sequence[float], Sequence[float]]], best_epoch: int | None
    ) -> None:
        super().__init__(figsize=(4.5 * len(panels), 3.2), layout="constrained")
        all_axes = self.subplots(1, len(panels), squeeze=False)[0]
        for axes, (what, values) in zip(all_axes, panels.items(), strict=True):
            _draw(axes, what, *values, best_epoch)

    def _repr_svg_(self) -> str:
        file = io.StringIO()
        with matplotlib.rc_context({"svg.hashsalt": "learning curves"}):  # the same curves, the same file
            self.savefig(file, format="svg", metadata={"Date": None})
        return file.getvalue()


def _draw(
    axes: Any, what: str, training: Sequence[float], validation: Sequence[float], best: int | None
) -> None:
    epochs = range(1, len(training) + 1)
    axes.plot(epochs, training, label="training")
    if validation:
        axes.plot(epochs, validation, label="validation")
        axes.axvline(best, color="0.6", linestyle=":", label="best epoch")
    axes.set_xlabel("epoch")
    axes.set_ylabel(what)
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.legend()
