"""Other ways through a network than one layer after another.

In a plain chain every piece of information, and every gradient, must pass every stage (CIT-42). The
connections below lay a shorter path beside the layer, or let the network choose what to look at.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from coursekit import functions
from coursekit.errors import GateError
from coursekit.nn.initialisation import Initialisation, initialisation
from coursekit.nn.layer import Layer, Parameter, Seed
from coursekit.nn.layers import Affine, Tanh
from coursekit.nn.shapes import Shape, expect_features, written

__all__ = ["DenseConnection", "Highway", "Residual", "SoftAttention"]


class Residual(Layer):
    """x + F(x): the layer learns what to *add* to its input (He et al. 2016; CIT-43).

    The derivative is 1 + F′(x): whatever F does, the gradient also arrives undiminished.

    Parameters
    ----------
    layer
        F; its output has the shape of its input. Several layers go into a ``Sequential``.

    >>> from coursekit.nn.layers import ReLU
    >>> Residual(ReLU())([-2.0, 3.0])
    array([-2.,  6.])
    """

    def __init__(self, layer: Layer) -> None:
        self.layer = layer

    def forward(self, x: Any) -> Any:
        """Return x + F(x), of the shape of x."""
        return x + self.layer(x)

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape."""
        inner = self.layer.output_shape(shape)
        if inner != shape:
            raise GateError(
                f"{self!r} adds its input, of shape {written(shape)}, to its layer's output, of shape "
                f"{written(inner)}: the layer must give as many features as it takes"
            )
        return shape


class Highway(Layer):
    """t ⊙ H(x) + (1 − t) ⊙ x with t = σ(x @ w + b): a gate decides how much is carried past (CIT-43).

    Srivastava et al. 2015. t near 0 carries the input through untouched, t near 1 transforms it.

    Parameters
    ----------
    features
        The number of features of x and of the output.
    layer
        H; left out, tanh of an affine layer.
    carry
        The start of the gate's bias is −carry: a positive number starts the layer as one that carries.
    init, seed
        As for :class:`~coursekit.nn.layers.Affine`.

    >>> Highway(2, carry=1000.0)([1.0, 2.0]).value                  # all is carried
    array([1., 2.])
    """

    def __init__(
        self,
        features: int,
        layer: Layer | None = None,
        carry: float = 1.0,
        init: str | Initialisation = "xavier",
        *,
        seed: Seed = None,
    ) -> None:
        rng = np.random.default_rng(seed)
        self.features, self.carry = features, float(carry)
        self.layers = (Affine(features, features, init, seed=rng), Tanh()) if layer is None else (layer,)
        self.init = initialisation(init)
        self.w = Parameter(np.zeros((features, features)), "w_gate")
        self.b = Parameter(np.zeros(features), "b_gate", regularised=False)
        self.initialise(rng)

    def initialise(self, rng: np.random.Generator) -> None:
        """Draw the gate's w; set its b to −carry."""
        self.w.assign(self.init((self.features, self.features), rng))
        self.b.assign(np.full(self.features, -self.carry))

    def forward(self, x: Any) -> Any:
        """Return t ⊙ H(x) + (1 − t) ⊙ x, of the shape of x."""
        t = functions.sigmoid(x @ self.w + self.b)
        h = x
        for layer in self.layers:
            h = layer(h)
        return t * h + (1.0 - t) * x

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape, (N, features)."""
        expect_features(self, shape, self.features, "Highway({})")
        inner = shape
        for layer in self.layers:
            inner = layer.output_shape(inner)
        if inner != shape:
            raise GateError(
                f"{self!r} mixes its input, of shape {written(shape)}, with its layer's output, of shape "
                f"{written(inner)}: the layer must give as many features as it takes"
            )
        return shape

    def __repr__(self) -> str:
        return f"Highway({self.features})"


class DenseConnection(Layer):
    """x and F(x) side by side: what came before stays at hand (Huang et al. 2017; CIT-44).

    Every such layer makes its output wider by what its inner layer gives: features grow with depth.

    >>> from coursekit.nn.layers import ReLU
    >>> DenseConnection(ReLU())([-2.0, 3.0])
    array([-2.,  3.,  0.,  3.])
    """

    def __init__(self, layer: Layer) -> None:
        self.layer = layer

    def forward(self, x: Any) -> Any:
        """Return the columns of x, then those of F(x)."""
        return functions.concatenate([x, self.layer(x)], axis=-1)

    def output_shape(self, shape: Shape) -> Shape:
        """Return (N, features of x + features of F(x))."""
        inner = self.layer.output_shape(shape)
        if not shape or inner[:-1] != shape[:-1] or shape[-1] is None or inner[-1] is None:
            raise GateError(
                f"{self!r} lays its input, of shape {written(shape)}, beside its layer's output, of shape "
                f"{written(inner)}: they may differ in the last axis alone"
            )
        return (*shape[:-1], shape[-1] + inner[-1])


class SoftAttention(Layer):
    """Σₜ aₜ xₜ with a = softmax(x @ w): looks at all positions, at some more (CIT-45; Xu et al. 2015).

    Re-weighting, x ⊙ a, is differentiable; picking one position, x[a] (hard attention, CIT-46), is not.

    Parameters
    ----------
    features
        x has the shape (N, T, features), T positions a sample; or (T, features), one sample. w has the shape
        (features,) and gives each position a score.
    init, seed
        As for :class:`~coursekit.nn.layers.Affine`.

    >>> layer = SoftAttention(2)
    >>> layer.w.assign([0.0, 0.0])                                   # all positions alike: the mean
    >>> layer([[1.0, 2.0], [3.0, 6.0]]).value
    array([2., 4.])
    """

    def __init__(self, features: int, init: str | Initialisation = "xavier", *, seed: Seed = None) -> None:
        self.features, self.init = features, initialisation(init)
        self.w = Parameter(np.zeros(features), "w")
        self.initialise(np.random.default_rng(seed))

    def initialise(self, rng: np.random.Generator) -> None:
        """Draw w, as of an affine layer with one output."""
        self.w.assign(self.init((self.features, 1), rng)[:, 0])

    def weights(self, x: Any) -> Any:
        """Return a, of shape (N, T): how much each position counts; each row sums to 1."""
        return functions.softmax(x @ self.w)

    def forward(self, x: Any) -> Any:
        """Return the weighted sum over the positions, of shape (N, features)."""
        return functions.sum(self.weights(x)[..., None] * x, axis=-2)

    def output_shape(self, shape: Shape) -> Shape:
        """Return (N, features) for (N, T, features)."""
        if len(shape) not in (2, 3) or shape[-1] != self.features or shape[-2] is None:
            raise GateError(
                f"{self!r} takes arrays of shape (N, T, {self.features}), T positions a sample, or one "
                f"sample of shape (T, {self.features}), but was given shape {written(shape)}"
            )
        return (*shape[:-2], self.features)

    def __repr__(self) -> str:
        return f"SoftAttention({self.features})"
