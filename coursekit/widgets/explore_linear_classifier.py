"""``explore_linear_classifier``: scores = W x + b, with every number within reach."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets

from coursekit import functions as ck
from coursekit.graph import ComputationalGraph
from coursekit.values import as_value
from coursekit.variable import variables
from coursekit.widgets.base import Explorer, plot_module, plot_style
from coursekit.widgets.explore_losses import class_names, class_number
from coursekit.widgets.tape import tape_of

__all__ = ["ExploreLinearClassifier", "explore_linear_classifier"]

MOST_CLASSES, MOST_FEATURES = 6, 6  # a table of more does not fit into a notebook's cell
SHAPES = {"W": "(classes, features)", "x": "(features,)", "b": "(classes,)"}


def explore_linear_classifier(
    W: Any = None,
    x: Any = None,
    b: Any = None,
    target: int | str = 1,
    classes: Sequence[str] | None = None,
) -> ExploreLinearClassifier:
    """Change any entry of W, x and b and see scores, winner, hinge and softmax loss.

    Parameters
    ----------
    W, x, b : array
        Of shapes (C, D), (D,) and (C,), at most 6 × 6; by default the decks' W1, the car, and its bias
        (USC-11). A bias left out beside a W of your own is 0.
    target
        The right class, by number or by name.
    classes
        The names of the C classes; by default Cat, Car and Airplane for three.

    Returns
    -------
    ExploreLinearClassifier
        The widget. ``widget.W``, ``widget.x``, ``widget.b`` and ``widget.target`` can be read and set;
        ``widget.scores``, ``widget.winner``, ``widget.losses`` and ``widget.slopes`` follow.

    Raises
    ------
    TypeError
        If W, x or b is not made of numbers.
    ValueError
        If a shape does not fit, an entry is not finite, or the target is no class.

    >>> widget = explore_linear_classifier()
    >>> [round(score, 4) for score in widget.scores], widget.winner
    ([0.631, 0.969, 0.71], 'Car')
    >>> {name: round(loss, 4) for name, loss in widget.losses.items()}
    {'hinge': 1.403, 'cross-entropy': 0.9103}
    """
    return ExploreLinearClassifier(W, x, b, target, classes)


class ExploreLinearClassifier(Explorer):
    """The widget that :func:`explore_linear_classifier` returns.

    Attributes
    ----------
    W, x, b : list
        The numbers, row by row.
    target : int
        The number of the right class.
    classes : list of str
        The names of the classes, a row of W each.
    tapes : dict
        Scores and losses as the module in the browser runs them.
    """

    _esm = plot_module("explore_linear_classifier.js")
    _css = plot_style("explore_linear_classifier.css")

    tapes = traitlets.Dict().tag(sync=True)
    classes: traitlets.List[Any] = traitlets.List().tag(sync=True)
    W: traitlets.List[Any] = traitlets.List().tag(sync=True)
    x: traitlets.List[Any] = traitlets.List().tag(sync=True)
    b: traitlets.List[Any] = traitlets.List().tag(sync=True)
    target = traitlets.Int(0).tag(sync=True)

    def __init__(
        self,
        W: Any = None,
        x: Any = None,
        b: Any = None,
        target: int | str = 1,
        classes: Sequence[str] | None = None,
    ) -> None:
        from coursekit.examples import data

        if W is None and b is None:
            b = data.b1
        W = _array("W", data.W1 if W is None else W, 2)
        x = _array("x", data.x_car if x is None else x, 1)
        b = _array("b", np.zeros(len(W)) if b is None else b, 1)
        self._shapes = {"W": W.shape, "x": (W.shape[1],), "b": (W.shape[0],)}
        for name, array in (("x", x), ("b", b)):
            if array.shape != self._shapes[name]:
                raise ValueError(
                    f"W has the shape {W.shape}, {SHAPES['W']}, so {name} needs {self._shapes[name]}, "
                    f"{SHAPES[name]}; it has {array.shape}"
                )
        if not (2 <= W.shape[0] <= MOST_CLASSES and 1 <= W.shape[1] <= MOST_FEATURES):
            raise ValueError(
                f"W has the shape {W.shape}; the table shows 2 to {MOST_CLASSES} classes and at most "
                f"{MOST_FEATURES} features. Take a part of it: W[:, :6]"
            )
        names = class_names(classes, len(W))
        self._graphs = _graphs()
        like = {"W": W, "x": x, "b": b, "targets": np.zeros(len(W))}
        super().__init__(
            title="Linear classifier",
            tapes={
                name: tape_of(graph, like, ["b"] if name in ("hinge", "cross-entropy") else [])
                for name, graph in self._graphs.items()
            },
            classes=names,
            W=W.tolist(),
            x=x.tolist(),
            b=b.tolist(),
            target=class_number(target, names),
        )

    @traitlets.validate("W", "x", "b")
    def _of_the_same_shape(self, proposal: Any) -> list[Any]:
        name = proposal["trait"].name
        array = _array(name, proposal["value"], 2 if name == "W" else 1)
        if array.shape != self._shapes[name]:
            raise ValueError(f"{name} has the shape {self._shapes[name]}; {array.shape} does not fit")
        numbers: list[Any] = array.tolist()
        return numbers

    @traitlets.validate("target")
    def _a_class(self, proposal: Any) -> int:
        return class_number(proposal["value"], self.classes)

    @property
    def scores(self) -> list[float]:
        """W x + b."""
        scores: list[float] = self._run("scores")[0].tolist()
        return scores

    @property
    def winner(self) -> str:
        """The class of the highest score; of equal ones the first."""
        return str(self.classes[int(np.argmax(self.scores))])

    @property
    def losses(self) -> dict[str, float]:
        """Hinge loss and cross-entropy of the scores."""
        return {name: float(self._run(name)[0]) for name in ("hinge", "cross-entropy")}

    @property
    def slopes(self) -> dict[str, list[float]]:
        """The gradient of both losses by b, which is the gradient by the scores."""
        return {name: self._run(name)[1].tolist() for name in ("hinge", "cross-entropy")}

    def _run(self, name: str) -> tuple[Any, Any]:
        targets = np.eye(len(self.classes))[self.target]
        graph = self._graphs[name]
        known = {"W": np.array(self.W), "x": np.array(self.x), "b": np.array(self.b), "targets": targets}
        value = graph.forward(**{key: known[key] for key in graph.inputs})
        return value, graph.backward()["b"] if name in ("hinge", "cross-entropy") else None


def _graphs() -> dict[str, ComputationalGraph]:
    W, x, b, y = variables("W x b targets")
    scores = ck.matmul(W, x) + b
    order = ["W", "x", "b"]
    return {
        "scores": ComputationalGraph(scores, inputs=order),
        "softmax": ComputationalGraph(ck.softmax(scores), inputs=order),
        "hinge": ComputationalGraph(ck.hinge_loss(scores, y), inputs=[*order, "targets"]),
        "cross-entropy": ComputationalGraph(ck.cross_entropy(scores, y), inputs=[*order, "targets"]),
    }


def _array(name: str, value: Any, axes: int) -> np.ndarray:
    array = np.atleast_1d(np.asarray(as_value(value, name)))
    if array.ndim != axes:
        raise ValueError(f"{name} should have the shape {SHAPES[name]}; it has {array.shape}")
    if not np.isfinite(array).all() or np.iscomplexobj(array):
        raise ValueError(f"{name} should hold finite numbers only: {value!r:.80}")
    return array.astype(float)
