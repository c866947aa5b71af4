"""What every layer is, what it learns, and how a recorded network meets its random numbers again.

A layer is a function with parameters. Its ``forward`` is written with operators and coursekit's functions, so
the gates record what it does and backprop follows from their rules: no layer has a backward rule of its own.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Mapping
from typing import Any, Self

import numpy as np

from coursekit.errors import GateError
from coursekit.gates.words import Traced
from coursekit.nn.shapes import Shape, shape_of, value_of, written
from coursekit.values import as_value, describe
from coursekit.variable import Variable

__all__ = ["Layer", "Parameter", "Seed", "Tape"]

Seed = int | np.random.Generator | None
"""What random numbers start from: the same whole number, the same numbers; ``None``, other ones each time."""


class Parameter(Variable):
    """A variable that training changes.

    Parameters
    ----------
    value
        The number or array to start from.
    role
        What it is to its layer: ``"w"``, ``"b"``, ``"gamma"``. A network numbers the parameters of one role.
    regularised
        Whether penalties and weight decay apply to it: to weights as a rule, not to biases, which say where a
        function lies and not how wild it is.

    >>> w = Parameter([0.5, -0.5], "w")
    >>> (w * w).backward(upstream=[1.0, 1.0])
    >>> w.grad
    array([ 1., -1.])
    """

    __slots__ = ("regularised", "role")

    def __init__(self, value: Any, role: str, regularised: bool = True) -> None:
        super().__init__(value, role)
        self.role, self.regularised = role, regularised

    def assign(self, value: Any) -> None:
        """Set the value; the shape stays.

        Raises
        ------
        GateError
            If the new value has another shape.
        """
        value = as_value(value, self.name or self.role)
        if np.shape(value) != np.shape(self.value):
            raise GateError(f"{self.name} is {describe(self.value)}; it cannot become {describe(value)}")
        self.value = value


class Tape:
    """What the recording of a network leaves open: numbers drawn anew at each run, statistics to hand back.

    Attributes
    ----------
    draws
        Layers that draw random numbers, each with the variable that stands for them and the shape of the
        layer's input while recording.
    statistics
        Layers that keep statistics, each with the variables to observe and the shape of the layer's input.
    """

    def __init__(self) -> None:
        self.draws: list[tuple[Layer, Variable, tuple[int, ...]]] = []
        self.statistics: list[tuple[Layer, tuple[Variable, ...], tuple[int, ...]]] = []
        self._counts: Counter[str] = Counter()

    def name(self, layer: Layer, z: Any) -> None:
        """Name a layer's output after the layer, for pictures and code: affine1, relu1, affine2."""
        if isinstance(z, Variable) and z.gate is not None and z.name is None:
            kind = type(layer).__name__.lower()
            self._counts[kind] += 1
            z.name = f"{kind}{self._counts[kind]}"


class Layer:
    """A function with parameters: the base of all layers, a student's too.

    A new layer writes ``forward`` with operators and coursekit's functions, and keeps its parameters and
    inner layers as attributes. ``output_shape`` is worth writing too: it is where a wrong input is
    explained.

    Attributes
    ----------
    training : bool
        Whether the layer is in training (the default) or in use; dropout and batch normalisation differ.
    compiles : bool
        False for a layer that does more than compute in ``forward`` (other than through :meth:`drawn` and
        :meth:`noted`), so that a recording of it must not be run in its place.

    >>> import coursekit as ck
    >>> class Scale(Layer):
    ...     def __init__(self):
    ...         self.w = Parameter(3.0, "w")
    ...     def forward(self, x):
    ...         return self.w * x
    >>> ck.Sequential(Scale(), ck.ReLU()).predict([1.0, -1.0])
    array([3., 0.])
    """

    training: bool = True
    compiles: bool = True
    tape: Tape | None = None

    # ---- for authors of layers ---------------------------------------------------------------------------

    def forward(self, x: Any) -> Any:
        """Return the output for the input ``x``."""
        raise NotImplementedError(f"{type(self).__name__} has no forward()")

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of the output for an input of ``shape``.

        Raises
        ------
        GateError
            If such an input does not fit; the message says what would.
        """
        return shape

    def initialise(self, rng: np.random.Generator) -> None:
        """Draw the start values of this layer's own parameters."""

    def draw(self, shape: tuple[int, ...]) -> Any:
        """Return the random numbers of a pass for an input of ``shape``; :meth:`drawn` asks for them."""
        raise NotImplementedError(f"{type(self).__name__} draws no random numbers")

    def observe(self, shape: tuple[int, ...], *statistics: Any) -> None:
        """Take in the statistics of one pass for an input of ``shape``; report them with :meth:`noted`."""

    def drawn(self, x: Any) -> Any:
        """Return the random numbers of this pass, to be used in ``forward``: new ones at each pass."""
        shape = shape_of(x)
        if shape is None:
            raise GateError(f"{self!r} draws random numbers, and must know the input to know how many")
        if self.tape is None:
            return self.draw(shape)
        twin = copy.copy(self)
        twin.tape = None
        stand_in = Variable(
            copy.deepcopy(twin).draw(shape)
        )  # a recording uses up none of the layer's numbers
        self.tape.draws.append((self, stand_in, shape))
        return stand_in

    def noted(self, x: Any, *statistics: Any) -> None:
        """Hand the statistics of this pass, made from the input ``x``, over to :meth:`observe`."""
        shape = shape_of(x)
        if shape is None:
            raise GateError(f"{self!r} keeps statistics of its input, and needs its values")
        if self.tape is None:
            self.observe(shape, *[value_of(z) for z in statistics])
        else:
            self.tape.statistics.append((self, statistics, shape))

    # ---- for users of layers -----------------------------------------------------------------------------

    def __call__(self, x: Any) -> Any:
        """Return the output for ``x``, a number, an array or a variable.

        Raises
        ------
        GateError
            If the input does not fit; the message says what would.
        """
        if not isinstance(x, Traced):
            x = as_value(x, f"the input of {self!r}")
        shape = shape_of(x)
        if shape is not None:
            self.output_shape(shape)
        z = self.forward(x)
        if self.tape is not None:
            self.tape.name(self, z)
        return z

    def parameters(self) -> dict[str, Parameter]:
        """Return all parameters by name, those of inner layers too.

        A single layer's are named by their role: w, b. In a network they are numbered in order: w1, b1, w2, …
        """
        roles: Counter[str] = Counter()
        named: dict[str, Parameter] = {}
        layers = self.layers_within()
        for layer in layers:
            for parameter in _attributes(layer, Parameter):
                if any(parameter is known for known in named.values()):
                    continue  # shared between layers: one parameter, one name
                roles[parameter.role] += 1
                number = roles[parameter.role] if len(layers) > 1 else ""
                named[f"{parameter.role}{number}"] = parameter
        return named

    def name_parameters(self) -> dict[str, Parameter]:
        """Give all parameters the names of :meth:`parameters`, for graphs and messages; return them."""
        named = self.parameters()
        for name, parameter in named.items():
            parameter.name = name
        return named

    def layers_within(self) -> list[Layer]:
        """Return this layer and all layers inside it, each once, in order."""
        found: list[Layer] = []
        pending: list[Layer] = [self]
        while pending:
            layer = pending.pop()
            if not any(layer is known for known in found):
                found.append(layer)
                pending.extend(reversed(_attributes(layer, Layer)))
        return found

    def train(self) -> Self:
        """Put the layer into training; return it."""
        return self._set_training(True)

    def eval(self) -> Self:
        """Put the layer into use: nothing is random, and nothing is learned from the input; return it."""
        return self._set_training(False)

    def reset(self, seed: Seed) -> Self:
        """Draw all start values anew from ``seed``; return the layer."""
        rng = np.random.default_rng(seed)
        for layer in self.layers_within():
            layer.initialise(rng)
        return self

    def state(self) -> dict[str, Any]:
        """Return a copy of all that has been learned: the parameters, and arrays such as running averages.

        ``numpy.savez(file, **net.state())`` keeps it; :meth:`load` brings it back.
        """
        kept = {name: parameter.value for name, parameter in self.parameters().items()}
        kept.update({name: getattr(*place) for name, place in self._arrays().items()})
        return {name: np.copy(value) if np.ndim(value) else float(value) for name, value in kept.items()}

    def load(self, state: Mapping[str, Any]) -> Self:
        """Take over what :meth:`state` returned; return the layer.

        Raises
        ------
        GateError
            If a name is missing or unknown, or a shape differs; then nothing is changed.
        """
        parameters, arrays = self.parameters(), self._arrays()
        names = {*parameters, *arrays}
        if names != set(state):
            raise GateError(
                f"this network has {', '.join(sorted(names))}; the state has {', '.join(sorted(state))}"
            )
        values = {name: as_value(state[name], name) for name in names}
        for name, old in self.state().items():
            here, there = np.shape(old), np.shape(values[name])
            if here != there:
                raise GateError(f"{name} has shape {written(here)} here, and {written(there)} in the state")
        for name, parameter in parameters.items():
            parameter.assign(values[name])
        for name, place in arrays.items():
            setattr(*place, values[name])
        return self

    def _arrays(self) -> dict[str, tuple[Layer, str]]:
        """Return where the arrays are that are no parameters: their layer and attribute, by numbered name."""
        counts: Counter[str] = Counter()
        places: dict[str, tuple[Layer, str]] = {}
        layers = self.layers_within()
        for layer in layers:
            for name, value in vars(layer).items():
                if isinstance(value, np.ndarray):
                    counts[name] += 1
                    places[f"{name}{counts[name] if len(layers) > 1 else ''}"] = (layer, name)
        return places

    def _set_training(self, training: bool) -> Self:
        for layer in self.layers_within():
            layer.training = training
        return self

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(map(repr, _attributes(self, Layer)))})"


def _attributes(layer: Layer, kind: type[Any]) -> list[Any]:
    """Return the attributes of a layer that are of a kind, also those in tuples and lists."""
    found: list[Any] = []
    for value in vars(layer).values():
        several = value if isinstance(value, (tuple, list)) else (value,)
        found.extend(x for x in several if isinstance(x, kind))
    return found
