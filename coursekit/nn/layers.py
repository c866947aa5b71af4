"""Affine layers and activations: the layers of which a network is made, and the network.

Arrays hold a sample a row: x has the shape (N, features), and a layer may also be given one sample of shape
(features,).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from coursekit import functions
from coursekit.errors import GateError
from coursekit.nn.initialisation import Initialisation, initialisation
from coursekit.nn.layer import Layer, Parameter, Seed
from coursekit.nn.shapes import Shape, expect_features, shape_of, written

__all__ = [
    "Activation",
    "Affine",
    "BatchNorm",
    "GeneralisedReLU",
    "LeakyReLU",
    "Maxout",
    "ReLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Tanh",
]


class Affine(Layer):
    """z = x @ w + b: the scores of a linear classifier, and the first half of every neuron (USC-09, CIT-22).

    Parameters
    ----------
    inputs, outputs
        The number of features of x and of z. w has the shape (inputs, outputs), b the shape (outputs,).
    init
        How w is first drawn: a name of :data:`~coursekit.nn.initialisation.INITIALISATIONS`, or a function of
        shape and generator. b starts at zero.
    bias
        False: z = x @ w, as in UT-03 and CIT-29.
    seed
        For the first weights.

    >>> layer = Affine(4, 3)
    >>> layer.w.assign([[0.1, -0.5, -0.45], [-0.15, 0.2, 0.4], [0.0, 0.1, 0.1], [0.3, 0.35, 0.15]])
    >>> layer.b.assign([0.15, -0.1, -0.2])
    >>> layer([0.1, 1.5, 0.07, 2.32]).value.round(3)          # Cat, Car, Airplane of USC-11
    array([0.631, 0.969, 0.71 ])
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        init: str | Initialisation = "xavier",
        *,
        bias: bool = True,
        seed: Seed = None,
    ) -> None:
        self.inputs, self.outputs, self.init = _size(inputs), _size(outputs), initialisation(init)
        self.w = Parameter(np.zeros((inputs, outputs)), "w")
        self.b = Parameter(np.zeros(outputs), "b", regularised=False) if bias else None
        self.initialise(np.random.default_rng(seed))

    def initialise(self, rng: np.random.Generator) -> None:
        """Draw w; set b to zero."""
        self.w.assign(self.init((self.inputs, self.outputs), rng))
        if self.b is not None:
            self.b.assign(np.zeros(self.outputs))

    def forward(self, x: Any) -> Any:
        """Return x @ w + b, of shape (N, outputs)."""
        z = x @ self.w
        return z if self.b is None else z + self.b

    def output_shape(self, shape: Shape) -> Shape:
        """Return (N, outputs) for (N, inputs)."""
        expect_features(self, shape, self.inputs, f"Affine({{}}, {self.outputs})")
        return (*shape[:-1], self.outputs)

    def __repr__(self) -> str:
        return f"Affine({self.inputs}, {self.outputs}{', bias=False' if self.b is None else ''})"


# ---- activations: what bends a network; without them all layers are one linear map (CIT-32) --------------


class Activation(Layer):
    """Any function of coursekit, or made of its functions, as a layer: entry by entry.

    >>> import coursekit as ck
    >>> fold = Activation(ck.absolute)                          # the folding unit of HAR-21
    >>> fold([-2.0, 3.0])
    array([2., 3.])
    """

    def __init__(self, function: Callable[[Any], Any]) -> None:
        self.function = function

    def forward(self, x: Any) -> Any:
        """Return the function of x; the shape stays."""
        return self.function(x)

    def __repr__(self) -> str:
        if type(self) is Activation:
            return f"Activation({getattr(self.function, '__name__', repr(self.function))})"
        return f"{type(self).__name__}()"


class Sigmoid(Activation):
    """σ(x) = 1 / (1 + e⁻ˣ), between 0 and 1; its slope is at most 1/4 (UT-04)."""

    def __init__(self) -> None:
        super().__init__(functions.sigmoid)


class Tanh(Activation):
    """tanh x, between −1 and 1 (UT-05)."""

    def __init__(self) -> None:
        super().__init__(functions.tanh)


class ReLU(Activation):
    """max(0, x); slope 0 at 0 (UT-06, HAR-17)."""

    def __init__(self) -> None:
        super().__init__(functions.relu)


class Softplus(Activation):
    """ln(1 + eˣ), a ReLU without a corner."""

    def __init__(self) -> None:
        super().__init__(functions.softplus)


class Softmax(Activation):
    """Scores to probabilities along the last axis (UT-02, HAR-13).

    For training leave it out and use ``cross_entropy``, which has it built in and is exact where a
    probability rounds to 0.
    """

    def __init__(self) -> None:
        super().__init__(functions.softmax)


class LeakyReLU(Layer):
    """max(slope · x, x): the negative side keeps a slope, so no neuron dies; the decks' is 0.1 (BER-37).

    >>> LeakyReLU()([-2.0, 3.0])
    array([-0.2,  3. ])
    """

    def __init__(self, slope: float = 0.1) -> None:
        self.slope = float(slope)

    def forward(self, x: Any) -> Any:
        """Return x where x > 0, slope · x elsewhere."""
        return functions.leaky_relu(x, self.slope)

    def __repr__(self) -> str:
        return f"LeakyReLU({self.slope:g})"


class GeneralisedReLU(Layer):
    """max(0, x) + α · min(0, x): ReLU for α = 0, leaky for a small α, |x| for α = −1 (HAR-18).

    The deck asks for α > 0 and then sets α = −1 (erratum E-31); any α will do.

    Parameters
    ----------
    alpha
        The slope of the negative side.
    learn
        Whether α is a parameter, learned with the weights (then it is known as PReLU).

    >>> GeneralisedReLU(-1.0)([-2.0, 3.0])
    array([2., 3.])
    """

    def __init__(self, alpha: float = 0.25, learn: bool = False) -> None:
        self.start = float(alpha)
        self.alpha = Parameter(self.start, "alpha", regularised=False) if learn else self.start

    def initialise(self, rng: np.random.Generator) -> None:
        """Set a learned α back to its start."""
        if isinstance(self.alpha, Parameter):
            self.alpha.assign(self.start)

    def forward(self, x: Any) -> Any:
        """Return x where x > 0, α · x elsewhere."""
        if isinstance(self.alpha, Parameter):
            return functions.relu(x) - self.alpha * functions.relu(-x)  # −max(0, −x) is min(0, x)
        return functions.generalised_relu(x, self.alpha)

    def __repr__(self) -> str:
        return f"GeneralisedReLU({self.start:g}{', learn=True' if isinstance(self.alpha, Parameter) else ''})"


class Maxout(Layer):
    """The largest of several affine functions of the input: an activation that is learned (HAR-19).

    Two pieces can be |x| or a ReLU; more approach any convex function.

    Parameters
    ----------
    inputs, units, pieces
        x has ``inputs`` features, the output ``units``, each the largest of ``pieces``. w has the shape
        (inputs, units · pieces), the pieces of a unit side by side.
    init, seed
        As for :class:`Affine`.

    >>> layer = Maxout(1, 1, 2)
    >>> layer.w.assign([[1.0, -1.0]])                           # max(x, −x) = |x|
    >>> layer([[-2.0], [3.0]]).value
    array([[2.],
           [3.]])
    """

    def __init__(
        self,
        inputs: int,
        units: int,
        pieces: int,
        init: str | Initialisation = "xavier",
        *,
        seed: Seed = None,
    ) -> None:
        self.inputs, self.units, self.pieces = _size(inputs), _size(units), _size(pieces)
        self.init = initialisation(init)
        self.w = Parameter(np.zeros((inputs, units * pieces)), "w")
        self.b = Parameter(np.zeros(units * pieces), "b", regularised=False)
        self.initialise(np.random.default_rng(seed))

    def initialise(self, rng: np.random.Generator) -> None:
        """Draw the weights piece by piece, each as of an affine layer; set b to zero."""
        pieces = [self.init((self.inputs, self.units), rng) for _ in range(self.pieces)]
        self.w.assign(np.stack(pieces, axis=-1).reshape(self.inputs, -1))
        self.b.assign(np.zeros(self.units * self.pieces))

    def forward(self, x: Any) -> Any:
        """Return the maximum over the pieces of x @ w + b, of shape (N, units)."""
        samples = () if len(shape_of(x) or (0, 0)) == 1 else (-1,)
        pieces = functions.reshape(x @ self.w + self.b, (*samples, self.units, self.pieces))
        return functions.maxout(pieces)

    def output_shape(self, shape: Shape) -> Shape:
        """Return (N, units) for (N, inputs)."""
        expect_features(self, shape, self.inputs, f"Maxout({{}}, {self.units}, {self.pieces})")
        if len(shape) > 2:
            raise GateError(f"{self!r} takes samples in rows, not an array of shape {written(shape)}")
        return (*shape[:-1], self.units)

    def __repr__(self) -> str:
        return f"Maxout({self.inputs}, {self.units}, {self.pieces})"


# ---- normalisation ---------------------------------------------------------------------------------------


class BatchNorm(Layer):
    """γ · (x − μ) / √(σ² + ε) + β, each feature with the mean and variance of the batch (CIT-36).

    In training μ and σ² come from the batch, and the gradient flows through them too: moving one sample
    moves the mean. Meanwhile running averages of both are kept, and they are what is used afterwards, when
    there may be no batch. σ² divides by N in the formula; the running average divides by N − 1, as an
    estimate for samples not seen (Ioffe and Szegedy 2015, algorithm 2).

    Parameters
    ----------
    features
        The number of columns of x; γ (starting at 1) and β (at 0) have the shape (features,).
    momentum
        The weight of a new batch in the running averages.
    epsilon
        What keeps a constant feature from dividing by zero.

    Attributes
    ----------
    running_mean, running_variance
        The running averages, of shape (features,).

    >>> layer = BatchNorm(1, epsilon=0.0)
    >>> layer([[1.0], [3.0]]).value
    array([[-1.],
           [ 1.]])
    >>> layer.running_mean, layer.running_variance             # a tenth of 2 and 2, nine tenths of 0 and 1
    (array([0.2]), array([1.1]))
    """

    def __init__(self, features: int, momentum: float = 0.1, epsilon: float = 1e-5) -> None:
        self.features, self.momentum, self.epsilon = _size(features), float(momentum), float(epsilon)
        self.gamma = Parameter(np.ones(features), "gamma", regularised=False)
        self.beta = Parameter(np.zeros(features), "beta", regularised=False)
        self.running_mean, self.running_variance = np.zeros(features), np.ones(features)

    def initialise(self, rng: np.random.Generator) -> None:
        """Set γ to 1, β to 0, and forget the statistics."""
        self.gamma.assign(np.ones(self.features))
        self.beta.assign(np.zeros(self.features))
        self.running_mean, self.running_variance = np.zeros(self.features), np.ones(self.features)

    def forward(self, x: Any) -> Any:
        """Return the normalised x, of the shape of x."""
        if self.training:
            mean = functions.mean(x, axis=0)
            centred = x - mean
            variance = functions.mean(centred * centred, axis=0)
            self.noted(x, mean, variance)
        else:
            centred, variance = x - self.running_mean, self.running_variance
        return self.gamma * (centred / functions.sqrt(variance + self.epsilon)) + self.beta

    def observe(self, shape: tuple[int, ...], *statistics: Any) -> None:
        """Move the running averages towards a batch's mean and variance."""
        mean, variance = statistics
        unbiased = variance * (shape[0] / (shape[0] - 1))
        self.running_mean = (1.0 - self.momentum) * self.running_mean + self.momentum * mean
        self.running_variance = (1.0 - self.momentum) * self.running_variance + self.momentum * unbiased

    def output_shape(self, shape: Shape) -> Shape:
        """Return the same shape; it is (N, features), in training with N ≥ 2."""
        expect_features(self, shape, self.features, "BatchNorm({})")
        if self.training and (len(shape) != 2 or shape[0] == 1):
            raise GateError(
                f"{self!r} in training needs a batch, at least two samples in rows, and was given shape "
                f"{written(shape)}: one sample has no spread. For single samples call eval() first"
            )
        return shape

    def __repr__(self) -> str:
        return f"BatchNorm({self.features})"


def _size(number: int) -> int:
    """Return a number of features, if it is one."""
    if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < 1:
        raise ValueError(f"a number of features, units or pieces is a whole number from 1 up, not {number!r}")
    return int(number)
