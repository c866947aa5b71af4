"""What happens in the playground: points in the plane, a small network, and how far it has been trained.

Everything is computed by graphs: the training step by the network's own, and what is looked at (losses, the
decision boundary, every unit's answer over the plane) by graphs of the same layers on fixed points. All are
compiled, and take the weights as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import numpy as np

from coursekit import functions
from coursekit.graph import ComputationalGraph
from coursekit.nn import (
    SGD,
    Affine,
    Dataset,
    Layer,
    Parameter,
    ReLU,
    Sequential,
    Sigmoid,
    Tanh,
    circles,
    gaussians,
    minibatches,
    quadrants,
    spirals,
)
from coursekit.widgets.playground_settings import LIVE, MOST_STEPS, SAMPLES, Change, Plan, Settings, changed

__all__ = ["Experiment", "features_of"]

REACH = 6.0  # the plane is shown from -6 to 6 in both directions
CELLS = 50  # the decision boundary is computed on so many rows and columns
EVERY = 2  # of which the small picture of a unit takes every second

loss_of = functions.binary_cross_entropy_with_logits

# The data sets of coursekit.nn lie within about 1; each is stretched to fill the plane that is shown.
_DATA: dict[str, tuple[float, Callable[[float, np.random.Generator], Dataset]]] = {
    "circles": (5.0, lambda noise, rng: circles(SAMPLES, 0.4 * noise, rng)),
    "xor": (5.0, lambda noise, rng: quadrants(SAMPLES, 0.3 * noise, rng)),
    "gaussians": (3.0, lambda noise, rng: gaussians(SAMPLES, spread=0.25 + 0.5 * noise, seed=rng)),
    "spirals": (5.0, lambda noise, rng: spirals(SAMPLES, noise=0.12 * noise, seed=rng)),
}
_FEATURES: dict[str, Callable[[Any, Any], Any]] = {
    "x1": lambda x1, x2: x1,
    "x2": lambda x1, x2: x2,
    "x1^2": lambda x1, x2: x1 * x1,
    "x2^2": lambda x1, x2: x2 * x2,
    "x1*x2": lambda x1, x2: x1 * x2,
    "sin(x1)": lambda x1, x2: np.sin(x1),
    "sin(x2)": lambda x1, x2: np.sin(x2),
}
_ACTIVATIONS: dict[str, type[Layer] | None] = {
    "tanh": Tanh,
    "relu": ReLU,
    "sigmoid": Sigmoid,
    "linear": None,
}


def features_of(points: Any, names: tuple[str, ...]) -> Any:
    """Return the features of points (N, 2) that a network is given, (N, features).

    >>> features_of(np.array([[2.0, 3.0]]), ("x1", "x1^2", "x1*x2"))
    array([[2., 4., 6.]])
    """
    return np.stack([_FEATURES[name](points[:, 0], points[:, 1]) for name in names], axis=1)


class Diverged(ArithmeticError):
    """The loss or a weight has grown beyond all numbers; the weights are those before that step."""


class Experiment:
    """A network in training.

    Parameters
    ----------
    start
        Settings at step 0.

    Attributes
    ----------
    start, settings : Settings
        At step 0, and now.
    changes : list of Change
        What was changed between.
    steps, seen : int
        Gradient steps taken; points seen, counted each time.
    points, classes : array of shape (500, 2), array of shape (500,)
        All points; the first ``held_in`` of them are trained on.
    train, test : tuple of arrays
        Features (N, features) and classes (N, 1).
    network : Sequential
        Its one output is the logit of class 1.
    parameters : dict of str to Parameter
        The network's.
    train_losses, test_losses : list of float
        The mean cross-entropy without penalty, at step 0 and after each step.

    >>> experiment = Experiment(Settings(data="gaussians", layers=[2]))
    >>> experiment.advance(200)
    200
    >>> experiment.train_losses[200] < experiment.train_losses[0] / 2
    True
    """

    network: Sequential
    parameters: dict[str, Parameter]
    train: tuple[Any, Any]
    test: tuple[Any, Any]
    _step: Callable[[Any, Any], tuple[float, dict[str, Any]]]
    _losses: Callable[..., Any]
    _answers: Callable[..., Any]
    _batches: Iterator[tuple[Any, Any]]

    def __init__(self, start: Settings) -> None:
        self.begin(Plan(start))

    def begin(self, plan: Plan) -> None:
        """Go to step 0 of a plan; :meth:`advance` makes its changes when their step comes."""
        self.start = self.settings = plan.start
        self.changes: list[Change] = []
        self.coming = list(plan.changes)
        self.steps = self.seen = 0
        self._make_data()
        self._make_network()
        self._prepare()
        self.train_losses: list[float] = []
        self.test_losses: list[float] = []
        self._measure()

    def change(self, **settings: Any) -> bool:
        """Change settings; return whether training has to begin anew.

        Raises
        ------
        ValueError
            If a setting does not exist or does not take the value; then nothing has changed.
        """
        after = changed(self.settings, **settings)
        different = [name for name in settings if getattr(after, name) != getattr(self.settings, name)]
        if self.steps == 0 or any(name not in LIVE for name in different):
            self.begin(Plan(after))
            return True
        self.coming.clear()  # who takes a hand leaves the plan
        for name in different:
            self._change_now(Change(self.steps, name, getattr(after, name)))
        return False

    def advance(self, steps: int = 1) -> int:
        """Train for some gradient steps; return how many were taken.

        Raises
        ------
        Diverged
            If the loss is no longer a finite number.
        """
        rule, parameters = SGD(self.settings.learning_rate), self.parameters
        for _ in range(steps):
            if self.steps >= MOST_STEPS:
                raise ValueError(f"training ends after {MOST_STEPS:,} steps")
            x, y = self._next_batch()
            with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # told in one sentence
                _, slopes = self._step(x, y)
                before = {name: w.value for name, w in parameters.items()}
                rule.step(parameters, slopes)
                losses = self._losses(*self.weights())
            if not np.isfinite(losses).all():
                self.network.load(before)
                self._batches = chain([(x, y)], self._batches)
                raise Diverged(
                    f"after {self.steps:,} steps the loss is no longer a finite number: reset, and try a "
                    f"learning rate below {self.settings.learning_rate:g}"
                )
            self.steps += 1
            self.seen += len(x)
            self.train_losses.append(float(losses[0]))
            self.test_losses.append(float(losses[1]))
            if self._make_planned_changes():
                rule = SGD(self.settings.learning_rate)
        return steps

    # ---- what there is to see ----------------------------------------------------------------------------

    @property
    def plan(self) -> Plan:
        """How to come to where training is now."""
        return Plan(self.start, self.steps, tuple(self.changes))

    @property
    def epochs(self) -> int:
        """How often all training points have been seen."""
        return self.seen // self.held_in

    def weights(self) -> list[Any]:
        """Return the parameters w1, b1, w2, … as arrays; column j of a w belongs to unit j."""
        return [w.value for w in self.parameters.values()]

    def gradients(self) -> dict[str, Any]:
        """Return the gradient of loss and penalty over all training points, by parameter name."""
        with np.errstate(over="ignore", invalid="ignore"):
            _, slopes = self._step(*self.train)
        return slopes

    def plane(self) -> tuple[Any, list[Any]]:
        """Return what the network and its units answer over the plane.

        Returns
        -------
        boundary
            (50, 50), the probability of class 1; rows from x2 = 6 down, columns from x1 = −6 up.
        units
            For each hidden layer its units' outputs, (units, 25, 25).
        """
        *layers, logit = self._answers(*self.weights())
        boundary = functions.sigmoid(logit).reshape(CELLS, CELLS)
        maps = [z.T.reshape(-1, CELLS, CELLS)[:, ::EVERY, ::EVERY] for z in layers]
        return boundary, maps

    def inputs(self) -> Any:
        """Return the features over the plane, (features, 25, 25)."""
        maps = features_of(_plane(), self.settings.features).T
        return maps.reshape(-1, CELLS, CELLS)[:, ::EVERY, ::EVERY]

    # ---- the parts ---------------------------------------------------------------------------------------

    def _make_data(self) -> None:
        chosen = self.settings
        scale, draw = _DATA[chosen.data]
        data = draw(chosen.noise, np.random.default_rng([chosen.seed, 0]))
        order = np.random.default_rng([chosen.seed, 1]).permutation(SAMPLES)
        self.points, self.classes = scale * data.x[order], data.y[order]
        self.held_in = SAMPLES - round(chosen.test * SAMPLES)
        x, y = features_of(self.points, chosen.features), self.classes[:, None].astype(float)
        self.train = x[: self.held_in], y[: self.held_in]
        self.test = x[self.held_in :], y[self.held_in :]

    def _make_network(self) -> None:
        chosen = self.settings
        bend = _ACTIVATIONS[chosen.activation]
        layers: list[Layer] = []
        width = len(chosen.features)
        for units in chosen.layers:
            layers.append(Affine(width, units, "he" if bend is ReLU else "xavier"))
            if bend is not None:
                layers.append(bend())
            width = units
        layers.append(Affine(width, 1))
        self.network = Sequential(*layers, seed=np.random.default_rng([chosen.seed, 2]))
        self._order = np.random.default_rng([chosen.seed, 3])
        self._batches = iter(())
        self.parameters = self.network.parameters()
        names = list(self.parameters)
        measured = [loss_of(self.network(x), y) for x, y in (self.train, self.test)]
        self._losses = ComputationalGraph(*measured, inputs=names).compile(gradient=False)
        answers = self._layer_outputs(features_of(_plane(), chosen.features))
        self._answers = ComputationalGraph(*answers, inputs=names).compile(gradient=False)

    def _layer_outputs(self, x: Any) -> list[Any]:
        """Return what each hidden layer and the network's output give for samples x, as graph nodes."""
        outputs = []
        layers = list(self.network)
        for layer, following in zip(layers, [*layers[1:], None], strict=True):
            x = layer(x)
            if not isinstance(layer, Affine) or isinstance(following, Affine) or following is None:
                outputs.append(x)
        return outputs

    def _prepare(self) -> None:
        """Compile the training step for the present penalty."""
        kind, rate = self.settings.regularisation, self.settings.rate
        x, y = self.train
        self._step = self.network.compile(loss_of, x[:2], y[:2], **({kind: rate} if kind != "none" else {}))

    def _measure(self) -> None:
        train, test = self._losses(*self.weights())
        self.train_losses.append(float(train))
        self.test_losses.append(float(test))

    def _next_batch(self) -> tuple[Any, Any]:
        batch = next(self._batches, None)
        if batch is None:
            self._batches = minibatches(*self.train, self.settings.batch_size, seed=self._order)
            batch = next(self._batches)
        return batch

    def _change_now(self, change: Change) -> None:
        self.changes = [c for c in self.changes if (c.step, c.name) != (change.step, change.name)]
        self.changes.append(change)
        self.settings = changed(self.settings, **{change.name: change.value})
        if change.name == "batch_size":
            self._batches = iter(())
        elif change.name != "learning_rate":
            self._prepare()

    def _make_planned_changes(self) -> bool:
        before = len(self.coming)
        while self.coming and self.coming[0].step <= self.steps:
            self._change_now(self.coming.pop(0))
        return len(self.coming) < before


def _plane() -> Any:
    """Return the points at which the plane is looked at, (2500, 2), by rows from the top."""
    middles = (np.arange(CELLS) + 0.5) * (2.0 * REACH / CELLS) - REACH
    x1, x2 = np.meshgrid(middles, -middles)
    return np.stack([x1.ravel(), x2.ravel()], axis=1)
