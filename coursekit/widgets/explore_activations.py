"""``explore_activations``: what an activation does to a number, and ten of them to a gradient."""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets

from coursekit import functions as ck
from coursekit.graph import ComputationalGraph
from coursekit.variable import variables
from coursekit.widgets.base import Explorer, finite, one_of, plot_module, plot_style
from coursekit.widgets.tape import run_tape, tape_of

__all__ = ["ACTIVATIONS", "LAYERS", "ExploreActivations", "explore_activations"]

LAYERS = 10
REACH = 6.0  # z is shown from −6 to 6
MOST_WEIGHT = 4.0
SATURATED = 0.05  # below this share of its steepest slope an activation counts as saturated

ACTIVATIONS = {
    "sigmoid": (ck.sigmoid, "σ(z) = 1 / (1 + e⁻ᶻ)"),
    "tanh": (ck.tanh, "tanh z"),
    "ReLU": (ck.relu, "max(0, z)"),
    "leaky ReLU": (ck.leaky_relu, "max(0.1·z, z)"),
    "generalised ReLU, α = −1": (lambda z: ck.generalised_relu(z, -1.0), "max(0, z) − min(0, z) = |z|"),
    "maxout of two": (
        lambda z: ck.maximum(0.5 * z, 0.25 - 0.5 * z),
        "max(0.5·z, 0.25 − 0.5·z): its pieces are learned",
    ),
    "softplus": (ck.softplus, "ln(1 + eᶻ)"),
    "two-class softmax": (ck.two_class_softmax, "eᶻ / (eᶻ + e⁻ᶻ) = σ(2z)"),
    "step": (ck.step, "1 for z > 0, else 0"),
}


def explore_activations(
    activation: str = "sigmoid", z: float = 0.0, weight: float = 1.0
) -> ExploreActivations:
    """See an activation, its derivative, where it saturates, and what ten layers of it do to a gradient.

    The ten layers have one unit each: aₖ = g(w · aₖ₋₁), with a₀ = z. The gradient of a₁₀ by z is the product
    of ten factors w · g′(w · aₖ₋₁) (CIT-33).

    Parameters
    ----------
    activation
        ``"sigmoid"``, ``"tanh"``, ``"ReLU"``, ``"leaky ReLU"``, ``"generalised ReLU, α = −1"``,
        ``"maxout of two"``, ``"softplus"``, ``"two-class softmax"`` or ``"step"``.
    z
        What goes in, from −6 to 6.
    weight
        The weight w of each of the ten layers, from −4 to 4.

    Returns
    -------
    ExploreActivations
        The widget. ``widget.activation``, ``widget.z`` and ``widget.weight`` can be read and set;
        ``widget.value``, ``widget.derivative`` and ``widget.gradients`` follow.

    Raises
    ------
    ValueError
        For an unknown activation, or a number that is not finite or out of range.

    >>> widget = explore_activations("sigmoid")
    >>> widget.value, widget.derivative
    (0.5, 0.25)
    >>> f"{widget.gradients[-1]:.3g}"                           # ten factors of about 1/4
    '3.88e-07'
    """
    return ExploreActivations(activation, z, weight)


class ExploreActivations(Explorer):
    """The widget that :func:`explore_activations` returns.

    Attributes
    ----------
    activation : str
        The one that is shown.
    z : float
        What goes in.
    weight : float
        The weight of each of the ten layers.
    activations : list of dict
        The activations as the module in the browser runs them, and where they saturate.
    """

    _esm = plot_module("explore_activations.js")
    _css = plot_style("explore_activations.css")

    activations: traitlets.List[Any] = traitlets.List().tag(sync=True)
    activation = traitlets.Unicode("sigmoid").tag(sync=True)
    z = traitlets.Float(0.0).tag(sync=True)
    weight = traitlets.Float(1.0).tag(sync=True)

    def __init__(self, activation: str = "sigmoid", z: float = 0.0, weight: float = 1.0) -> None:
        super().__init__(
            title="Activations",
            activations=[_story(name) for name in ACTIVATIONS],
            activation=activation,
            z=z,
            weight=weight,
        )

    @traitlets.validate("activation")
    def _is_known(self, proposal: Any) -> str:
        return one_of("activation", proposal["value"], ACTIVATIONS)

    @traitlets.validate("z", "weight")
    def _in_range(self, proposal: Any) -> float:
        name = proposal["trait"].name
        most = REACH if name == "z" else MOST_WEIGHT
        number = finite(name, proposal["value"])
        if abs(number) > most:
            raise ValueError(f"{name} should be from {-most:g} to {most:g}, not {number:g}")
        return number

    @property
    def value(self) -> float:
        """g(z)."""
        return float(_graph(self.activation).forward(z=self.z))

    @property
    def derivative(self) -> float:
        """The derivative of g at z, by backprop."""
        return _backward(_graph(self.activation), self.z)

    @property
    def gradients(self) -> list[float]:
        """The gradient by z of one layer, of two, … of ten, by backprop through each chain."""
        (z,) = variables("z")
        chain: Any = z
        gradients = []
        for _ in range(LAYERS):
            chain = ACTIVATIONS[self.activation][0](self.weight * chain)
            gradients.append(_backward(ComputationalGraph(chain, inputs=["z"]), self.z))
        return gradients


def _graph(name: str) -> ComputationalGraph:
    (z,) = variables("z")
    return ComputationalGraph(ACTIVATIONS[name][0](z), inputs=["z"])


def _backward(graph: ComputationalGraph, z: float) -> float:
    graph.forward(z=z)
    return float(graph.backward()["z"])


def _story(name: str) -> dict[str, Any]:
    tape = tape_of(_graph(name), {"z": 0.0}, ["z"])
    z = np.linspace(-REACH, REACH, 1201)
    values, slopes = (np.broadcast_to(each, z.shape) for each in run_tape(tape, [z]))
    steepest = float(np.abs(slopes).max())
    return {
        "name": name,
        "formula": ACTIVATIONS[name][1],
        "tape": tape,
        "steepest": steepest,
        "saturated": _stretches(z, np.abs(slopes) < SATURATED * steepest if steepest else slopes == 0),
        "low": float(min(values.min(), slopes.min())),
        "high": float(max(values.max(), slopes.max())),
    }


def _stretches(z: Any, marked: Any) -> list[list[float]]:
    """Return where ``marked`` holds, as intervals."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], marked.astype(int), [0]])))
    return [[float(z[start]), float(z[end - 1])] for start, end in zip(edges[::2], edges[1::2], strict=True)]
