"""Layers one after another: the feed-forward network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from coursekit.errors import GateError
from coursekit.functions import cross_entropy
from coursekit.gradient_check import GradientReport, check_gradient
from coursekit.graph import ComputationalGraph
from coursekit.nn.layer import Layer, Parameter, Seed
from coursekit.nn.recording import RecordedStep, record_loss
from coursekit.nn.regularisation import l1_penalty, l2_penalty
from coursekit.nn.shapes import Shape, shape_of, value_of, written
from coursekit.nn.targets import as_targets
from coursekit.values import as_value, plain
from coursekit.variable import Variable

__all__ = ["Loss", "Sequential"]

Loss = Callable[[Any, Any], Any]
"""A function of outputs and targets that returns one number."""


class Sequential(Layer):
    """Layer_L(… Layer_2(Layer_1(x))): layers one after another (BER-33, CIT-13, CIT-19).

    Parameters
    ----------
    *layers
        In order; networks may contain networks.
    seed
        Draws all start values anew from one seed. Left out, the layers keep theirs.

    Attributes
    ----------
    layers : tuple of Layer
        The layers; ``net[0]`` is the first.

    Raises
    ------
    TypeError
        If something is not a layer.

    >>> import coursekit as ck
    >>> net = Sequential(ck.Affine(2, 3), ck.Tanh(), ck.Affine(3, 1), seed=0)
    >>> net.predict([[0.0, 1.0], [1.0, 0.0]]).shape
    (2, 1)
    >>> print(net.summary())
    layer  what          output  parameters
        1  Affine(2, 3)  (N, 3)           9
        2  Tanh()        (N, 3)           0
        3  Affine(3, 1)  (N, 1)           4
                                         13
    """

    def __init__(self, *layers: Layer, seed: Seed = None) -> None:
        for position, layer in enumerate(layers, 1):
            if not isinstance(layer, Layer):
                raise TypeError(
                    f"layer {position} is {layer!r:.60}, which is no layer. Write ReLU() with brackets, and "
                    "Activation(f) for a function f"
                )
        self.layers = layers
        if seed is not None:
            self.reset(seed)
        self.name_parameters()

    def forward(self, x: Any) -> Any:
        """Return the output of the last layer.

        Raises
        ------
        GateError
            If a layer cannot take its input: says which layer, the shapes, and what would fit.
        """
        for position, layer in enumerate(self.layers):
            try:
                x = layer(x)
            except GateError as error:
                raise self._at(position, error) from error
        return x

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of the output for an input of ``shape``; ``None`` is any number of samples."""
        for position, layer in enumerate(self.layers):
            try:
                shape = layer.output_shape(shape)
            except GateError as error:
                raise self._at(position, error) from error
        return shape

    # ---- using it ----------------------------------------------------------------------------------------

    def predict(self, x: Any) -> Any:
        """Return the outputs for samples x as an array, with all layers in use, whatever their mode.

        Of class scores ``.argmax(-1)`` is the class.
        """
        modes = [(layer, layer.training) for layer in self.layers_within()]
        self.eval()
        try:
            return plain(value_of(self(x)))
        finally:
            for layer, training in modes:
                layer.training = training

    def loss_and_gradients(
        self, x: Any, y: Any, loss: Loss = cross_entropy, *, l1: float = 0.0, l2: float = 0.0
    ) -> tuple[float, dict[str, Any]]:
        """Return the loss on samples x with targets y, and its gradient with respect to each parameter.

        One pass forward and one back, define-by-run. :meth:`compile` gives the same numbers faster.

        Parameters
        ----------
        x
            (N, features), or one sample.
        y
            Targets in the shape of the outputs, one value or one class number a sample.
        loss
            A function of outputs and targets, such as ``ck.cross_entropy``.
        l1, l2
            Strengths of the penalties Σ|w| and Σw² that are added to the loss.

        Returns
        -------
        loss, gradients
            A number, and an array of its shape for each parameter, by name.

        >>> import coursekit as ck
        >>> net = Sequential(ck.Affine(1, 1))
        >>> net.load({"w1": [[2.0]], "b1": [0.0]}).loss_and_gradients([[3.0]], [5.0], ck.l2_loss)
        (1.0, {'w1': array([[6.]]), 'b1': array([2.])})
        """
        parameters = self.parameters()
        x = as_value(x, "x")
        for w in parameters.values():
            w.grad = (
                None  # one that this pass does not touch has gradient zero, whatever an earlier pass left
            )
        result = self._objective(loss, l1, l2)(self(x), as_targets(y, self._outputs(x)))
        if isinstance(result, Variable):
            result.backward()
        gradients = {
            name: w.value * 0.0 if w.grad is None else plain(np.copy(w.grad))
            for name, w in parameters.items()
        }
        return plain(value_of(result)), gradients

    def graph(self, loss: Loss, x: Any, y: Any) -> ComputationalGraph:
        """Return the graph of the loss: to draw, to step through, to check, to read as source.

        Parameters
        ----------
        loss
            A function of outputs and targets.
        x, y
            Arrays are constants of the graph: it is then the objective, a function of the parameters alone,
            that optimisation sees (USC-24). Named variables with a value become inputs. So do the numbers
            that layers draw in training, as mask1, mask2, …

        Returns
        -------
        A graph whose parameters start at their present values.

        >>> import coursekit as ck
        >>> net = Sequential(ck.Affine(1, 1)).load({"w1": [[2.0]], "b1": [0.0]})
        >>> graph = net.graph(ck.l2_loss, [[3.0]], [5.0])
        >>> graph.forward(), graph.forward(b1=[-1.0])
        (1.0, 0.0)
        """
        shape = shape_of(x)
        if shape is None or shape_of(y) is None:
            raise GateError("the graph of a network is recorded on data: give x and y numbers")
        targets = as_targets(value_of(y), self._outputs(x))
        recorded, _ = record_loss(self, loss, _as_node(x, x, "x"), _as_node(targets, y, "y"))
        return ComputationalGraph(recorded)

    def compile(self, loss: Loss, x: Any, y: Any, *, l1: float = 0.0, l2: float = 0.0) -> RecordedStep:
        """Return a fast ``step(x, y) -> (loss, gradients)``, recorded on a batch and generated as code.

        It serves batches of any number of samples, always takes the parameters as they are, and equals
        :meth:`loss_and_gradients`. It stays in the mode, training or use, in which it was recorded.

        Raises
        ------
        GateError
            If a layer says that it cannot be recorded (``compiles = False``), or shapes do not fit.

        >>> import coursekit as ck
        >>> net = Sequential(ck.Affine(1, 1)).load({"w1": [[2.0]], "b1": [0.0]})
        >>> step = net.compile(ck.quadratic_loss, [[3.0]], [5.0])
        >>> step(np.array([[3.0]]), np.array([[5.0]]))
        (0.5, {'w1': array([[3.]]), 'b1': array([1.])})
        """
        for layer in self.layers_within():
            if not layer.compiles:
                raise GateError(f"{layer!r} cannot be recorded: use loss_and_gradients()")
        x = as_value(x, "x")
        return RecordedStep(self, self._objective(loss, l1, l2), x, as_targets(y, self._outputs(x)))

    def check_gradient(
        self, x: Any, y: Any, loss: Loss = cross_entropy, *, directions: int | None = None
    ) -> GradientReport:
        """Hold the gradient of the loss against finite differences, for every entry of every parameter.

        Parameters
        ----------
        x, y, loss
            As for :meth:`loss_and_gradients`. A few samples are enough.
        directions
            Check only the slopes along so many random directions: fast for large networks.

        >>> import coursekit as ck
        >>> net = Sequential(ck.Affine(2, 3), ck.BatchNorm(3), ck.Tanh(), ck.Affine(3, 2), seed=0)
        >>> net.check_gradient([[0.5, -1.0], [2.0, 0.3], [1.0, 1.0]], [0, 1, 1]).passed
        True
        """
        graph = self.graph(loss, value_of(x), value_of(y))
        leaves = {node.name: node.value for node in graph.nodes if node.gate is None and not node.constant}
        return check_gradient(graph, leaves, directions=directions)

    def summary(self, input_shape: Shape | None = None) -> str:
        """Return a table of the layers, the shapes of their outputs, and their numbers of parameters.

        Parameters
        ----------
        input_shape
            The shape of the input, with ``None`` for any number of samples. Left out, (None, features) as the
            first layer takes it.
        """
        shapes = self._shapes(input_shape)
        lines = [("layer", "what", "output", "parameters")]
        counted: set[int] = set()
        for position, (layer, shape) in enumerate(zip(self.layers, shapes, strict=True), 1):
            own = [w for w in layer.parameters().values() if id(w) not in counted]  # a shared one counts once
            counted.update(map(id, own))
            lines.append((str(position), repr(layer), written(shape) if shape else "", f"{_entries(own):,}"))
        lines.append(("", "", "", f"{_entries(self.parameters().values()):,}"))
        widths = [max(len(line[column]) for line in lines) for column in range(4)]
        return "\n".join(
            f"{a:>{widths[0]}}  {b:<{widths[1]}}  {c:<{widths[2]}}  {d:>{widths[3]}}" for a, b, c, d in lines
        )

    def __getitem__(self, position: int) -> Layer:
        return self.layers[position]

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[Layer]:
        return iter(self.layers)

    # ---- details -----------------------------------------------------------------------------------------

    def _objective(self, loss: Loss, l1: float, l2: float) -> Loss:
        """Return the loss with the penalties added: what training minimises."""
        weights = self.parameters().values()

        def objective(outputs: Any, targets: Any) -> Any:
            total = loss(outputs, targets)
            if l1:
                total = total + l1_penalty(weights, l1)
            if l2:
                total = total + l2_penalty(weights, l2)
            return total

        return objective

    def _outputs(self, x: Any) -> tuple[int, ...]:
        return tuple(n for n in self.output_shape(shape_of(x) or ()) if n is not None)

    def _shapes(self, input_shape: Shape | None) -> Sequence[Shape | None]:
        """Return the shape of each layer's output; ``None`` where the input's shape is not known."""
        shape = self._usual_input() if input_shape is None else input_shape
        if shape is None:
            return [None] * len(self)
        try:
            self.output_shape(shape)
        except GateError:
            if input_shape is not None:
                raise
            return [None] * len(self)
        shapes = accumulate(self.layers, lambda shape, layer: layer.output_shape(shape), initial=shape)
        return list(shapes)[1:]

    def _usual_input(self) -> Shape | None:
        """Return (None, features) for the first layer whose number of features is fixed, if there is one."""
        for layer in self.layers_within():
            features = getattr(layer, "inputs", None) or getattr(layer, "features", None)
            if features is not None:
                return (None, features)
        return None

    def _at(self, position: int, error: GateError) -> GateError:
        after = f" (after {self.layers[position - 1]!r})" if position else ""
        return GateError(f"layer {position + 1} of {len(self.layers)}{after}: {error}")


def _entries(parameters: Iterable[Parameter]) -> int:
    return sum(int(np.size(w.value)) for w in parameters)


def _as_node(value: Any, given: Any, name: str) -> Variable:
    """Return a variable that is an input if the user gave a variable, else a constant with a name."""
    if isinstance(given, Variable):
        return Variable(value_of(value), given.name or name)
    node = Variable(value, name)
    node.constant = True
    return node
