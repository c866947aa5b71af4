"""Learning curves as a picture."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib.figure import Figure

if TYPE_CHECKING:
    from coursekit.nn.training import History

__all__ = ["LearningCurves"]


class LearningCurves(Figure):
    """A matplotlib figure with a panel for the loss and, where there is one, a panel for the accuracy.

    A notebook shows it, without pyplot; ``savefig("curves.pdf")`` keeps it, and ``axes`` are there to be
    added to.
    """

    def __init__(self, history: History) -> None:
        panels = [("loss", history.loss, history.validation_loss)]
        if history.accuracy:
            panels.append(("accuracy", history.accuracy, history.validation_accuracy))
        super().__init__(figsize=(4.5 * len(panels), 3.2), layout="constrained")
        for axes, panel in zip(self.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            _draw(axes, *panel, history.best_epoch)

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
