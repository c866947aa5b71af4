"""A network's training step, recorded once and run as generated code.

Recording a network on one batch gives the graph of its loss. The gradient of that graph is a graph too, so
the loss, all its partial derivatives and the statistics that layers want to see are outputs of *one* graph,
and that becomes straight-line Python. What does not lead to an output, such as the gradient of the data, is
not computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from coursekit.errors import GateError
from coursekit.graph import ComputationalGraph
from coursekit.nn.layer import Layer, Tape
from coursekit.nn.shapes import numbers, shape_of, written
from coursekit.nn.targets import as_targets
from coursekit.values import plain
from coursekit.variable import Variable

__all__ = ["RecordedStep", "record_loss"]


@contextmanager
def _recording(net: Layer) -> Iterator[Tape]:
    """Let all layers write on one tape: nothing that is random is used up, no statistics move."""
    tape, layers = Tape(), net.layers_within()
    for layer in layers:
        layer.tape = tape
    try:
        yield tape
    finally:
        for layer in layers:
            del layer.tape


def record_loss(net: Layer, objective: Callable[[Any, Any], Any], x: Any, y: Any) -> tuple[Variable, Tape]:
    """Return the node of ``objective(net(x), y)`` and what running it again takes.

    Parameters
    ----------
    net
        A network; its parameters become inputs of the graph, by name.
    objective
        A function of outputs and targets, made of coursekit's functions.
    x, y
        Arrays, which become constants of the graph, or named variables, which become inputs.
    """
    net.name_parameters()
    with _recording(net) as tape:
        loss = objective(net(x), y)
    for number, (_, drawn, _) in enumerate(tape.draws, 1):
        drawn.name = f"mask{number}"
    if shape_of(loss) != ():
        raise GateError(f"a loss is a single number; this one has shape {written(shape_of(loss) or ())}")
    if isinstance(loss, Variable):
        loss.name = loss.name or "loss"
    return loss, tape


class RecordedStep:
    """The loss and its gradient with respect to every parameter, as one generated function.

    Called with a batch, it returns what ``net.loss_and_gradients`` returns, for the parameters as they are
    then: ``step(x, y) -> (loss, gradients)``. New random masks are drawn and statistics kept as in any
    other pass. It is made by ``net.compile`` for the mode (training or use) the network is in.

    Parameters
    ----------
    net, objective
        As for :func:`record_loss`.
    x, y
        A batch like those to come, samples in rows. The number of samples may change, the other lengths may
        not.
    """

    def __init__(self, net: Layer, objective: Callable[[Any, Any], Any], x: Any, y: Any) -> None:
        loss, self._tape = record_loss(net, objective, Variable(x, "x"), Variable(y, "y"))
        self._parameters = net.parameters()
        partials = ComputationalGraph(loss, inputs=self._inputs()).gradient()
        by_name = dict(zip(partials.names or (), partials.outputs, strict=True))
        statistics = [z for _, observed, _ in self._tape.statistics for z in observed]
        gradients = [by_name[name] for name in self._parameters]
        self.graph = ComputationalGraph(loss, *gradients, *statistics, inputs=self._inputs())
        self._run = self.graph.compile(gradient=False)
        self._net = net
        self._outputs: dict[tuple[int, ...], tuple[int, ...]] = {}

    def __call__(self, x: Any, y: Any) -> tuple[float, dict[str, Any]]:
        """Return the loss on a batch, and its gradient by parameter name.

        Raises
        ------
        GateError
            If the samples do not fit the network, or the targets its outputs.
        """
        x, y = self._checked(x, y)
        drawn = [layer.draw((len(x), *shape[1:])) for layer, _, shape in self._tape.draws]
        loss, *results = self._run(x, y, *[w.value for w in self._parameters.values()], *drawn)
        gradients = dict(zip(self._parameters, results, strict=False))
        rest = iter(results[len(gradients) :])
        for layer, observed, shape in self._tape.statistics:
            layer.observe((len(x), *shape[1:]), *[next(rest) for _ in observed])
        return plain(loss), gradients

    def source(self) -> str:
        """Return the Python that is run: forward and backward pass, written out.

        Outputs are the loss, then the gradient of each parameter, then statistics.
        """
        return self.graph.source(gradient=False)

    def _checked(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Return samples and targets as arrays that fit; each shape is explained to the network once."""
        x = numbers(x, "x")
        shape = np.shape(x)
        if shape not in self._outputs:
            self._outputs[shape] = self._net.output_shape(shape)  # type: ignore[assignment]
        return x, as_targets(y, self._outputs[shape])

    def _inputs(self) -> list[str]:
        return ["x", "y", *self._parameters, *[f"mask{i + 1}" for i in range(len(self._tape.draws))]]
