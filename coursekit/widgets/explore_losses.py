"""``explore_losses``: one score moves, four losses answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets

from coursekit import functions as ck
from coursekit.graph import ComputationalGraph
from coursekit.variable import variables
from coursekit.widgets.base import Explorer, finite, plot_module, plot_style
from coursekit.widgets.tape import tape_of

__all__ = ["LOSSES", "ExploreLosses", "explore_losses"]

LOSSES = {
    "hinge": ck.hinge_loss,
    "L1": ck.l1_loss,
    "L2": ck.l2_loss,
    "cross-entropy": ck.cross_entropy,
}
FEWEST, MOST = 2, 6  # classes


def explore_losses(
    scores: Sequence[float] | None = None, target: int | str = 1, classes: Sequence[str] | None = None
) -> ExploreLosses:
    """Drag one score and see what hinge, L1, L2 and cross-entropy make of it, and their slopes.

    Parameters
    ----------
    scores
        One a class, 2 to 6 of them; by default the decks' scores of W1 for the car (USC-15).
    target
        The right class, by number or by name.
    classes
        Their names; by default Cat, Car and Airplane for three.

    Returns
    -------
    ExploreLosses
        The widget. ``widget.scores``, ``widget.target`` (a number) and ``widget.moving`` (which score the
        arrow keys move) can be read and set; ``widget.losses`` and ``widget.slopes`` are what they give.

    Raises
    ------
    ValueError
        If there are not 2 to 6 finite scores, the names do not match them, or the target is none of them.

    >>> widget = explore_losses()
    >>> {name: round(loss, 4) for name, loss in widget.losses.items()}
    {'hinge': 1.403, 'L1': 1.372, 'L2': 0.9032, 'cross-entropy': 0.9103}
    >>> widget.slopes["hinge"]
    [1.0, -2.0, 1.0]
    """
    return ExploreLosses(scores, target, classes)


class ExploreLosses(Explorer):
    """The widget that :func:`explore_losses` returns.

    Attributes
    ----------
    scores : list of float
        One a class.
    target : int
        The number of the right class.
    moving : int
        The number of the score that is moved.
    classes : list of str
        The names of the classes.
    tapes : dict
        The losses and their slopes as the module in the browser runs them.
    """

    _esm = plot_module("explore_losses.js")
    _css = plot_style("explore_losses.css")

    tapes = traitlets.Dict().tag(sync=True)
    classes: traitlets.List[Any] = traitlets.List().tag(sync=True)
    scores: traitlets.List[Any] = traitlets.List().tag(sync=True)
    target = traitlets.Int(0).tag(sync=True)
    moving = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        scores: Sequence[float] | None = None,
        target: int | str = 1,
        classes: Sequence[str] | None = None,
    ) -> None:
        from coursekit.examples import data

        if scores is None:
            scores = np.asarray(ck.matmul(data.W1, data.x_car) + data.b1).round(12).tolist()
        try:
            numbers = [finite("each score", score) for score in scores]
        except TypeError:
            raise ValueError(f"scores should be a list of numbers, one a class, not {scores!r:.60}") from None
        if not FEWEST <= len(numbers) <= MOST:
            raise ValueError(f"there should be {FEWEST} to {MOST} scores, one a class, not {len(numbers)}")
        names = class_names(classes, len(numbers))
        number = class_number(target, names)
        s, y = variables("scores targets")
        self._graphs = {
            name: ComputationalGraph(loss(s, y), inputs=["scores", "targets"])
            for name, loss in LOSSES.items()
        }
        like = {"scores": np.array(numbers), "targets": np.zeros(len(numbers))}
        super().__init__(
            title="Losses and their slopes",
            tapes={name: tape_of(graph, like, ["scores"]) for name, graph in self._graphs.items()},
            classes=names,
            scores=numbers,
            target=number,
            moving=number,
        )

    @traitlets.validate("scores")
    def _as_many(self, proposal: Any) -> list[float]:
        numbers = [finite("each score", score) for score in proposal["value"]]
        if len(numbers) != len(self.classes):
            raise ValueError(f"there are {len(self.classes)} classes, so as many scores; not {len(numbers)}")
        return numbers

    @traitlets.validate("target", "moving")
    def _a_class(self, proposal: Any) -> int:
        return class_number(proposal["value"], self.classes)

    @property
    def losses(self) -> dict[str, float]:
        """The losses of the scores, by name."""
        return {name: loss for name, (loss, _) in self._all().items()}

    @property
    def slopes(self) -> dict[str, list[float]]:
        """The gradient of each loss by the scores."""
        return {name: slopes for name, (_, slopes) in self._all().items()}

    def _all(self) -> dict[str, tuple[float, list[float]]]:
        results = {}
        for name, graph in self._graphs.items():
            targets = np.eye(len(self.classes))[self.target]
            loss = graph.forward(scores=np.array(self.scores), targets=targets)
            results[name] = (float(loss), graph.backward()["scores"].tolist())
        return results


def class_names(classes: Sequence[str] | None, number: int) -> list[str]:
    """Return the names of so many classes.

    Raises
    ------
    ValueError
        If there are not so many, or two are equal.

    >>> class_names(None, 3), class_names(None, 2)
    (['Cat', 'Car', 'Airplane'], ['class 1', 'class 2'])
    """
    from coursekit.examples import data

    if classes is None:
        return (
            list(data.classes) if number == len(data.classes) else [f"class {i + 1}" for i in range(number)]
        )
    names = list(map(str, classes))
    if len(names) != number or len(set(names)) != number:
        raise ValueError(f"there are {number} scores, so {number} different names are needed, not {names}")
    return names


def class_number(target: Any, classes: Sequence[str]) -> int:
    """Return the number of a class that is given by number or by name.

    Raises
    ------
    ValueError
        If there is no such class.

    >>> class_number("Car", ["Cat", "Car"]), class_number(0, ["Cat", "Car"])
    (1, 0)
    """
    if isinstance(target, str) and target in classes:
        return list(classes).index(target)
    if isinstance(target, (int, np.integer)) and not isinstance(target, bool) and 0 <= target < len(classes):
        return int(target)
    named = ", ".join(f"{i}: {name}" for i, name in enumerate(classes))
    raise ValueError(f"no class {target!r}; there are {named}")
