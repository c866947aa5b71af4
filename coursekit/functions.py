"""A function for every gate: on numbers and arrays it computes, on variables it records the gate.

Losses take their targets as one-hot rows of the shape of the scores or, for classes, as class numbers.
"""

from __future__ import annotations

from typing import Any

from coursekit import gates
from coursekit.errors import GateError
from coursekit.gates.words import Axis
from coursekit.values import is_numpy
from coursekit.variable import Variable, call

__all__ = [
    "absolute",
    "accuracy",
    "add",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "concatenate",
    "cos",
    "cot",
    "cross_entropy",
    "csc",
    "divide",
    "exp",
    "gaussian_nll",
    "generalised_relu",
    "hinge_loss",
    "l1_loss",
    "l2_loss",
    "leaky_relu",
    "log",
    "log_base",
    "log_softmax",
    "matmul",
    "max",
    "maximum",
    "maxout",
    "mean",
    "minimum",
    "mixture_density_nll",
    "multiply",
    "negate",
    "norm_loss",
    "one_hot",
    "power",
    "quadratic_loss",
    "reciprocal",
    "relu",
    "reshape",
    "sec",
    "sigmoid",
    "sign",
    "sin",
    "softmax",
    "softplus",
    "sqrt",
    "step",
    "subtract",
    "sum",
    "tan",
    "tanh",
    "transpose",
    "two_class_nll",
    "two_class_softmax",
    "where",
    "zero_one_loss",
]

# ---- arithmetic ------------------------------------------------------------------------------------------


def add(x: Any, y: Any) -> Any:
    """Return x + y; shapes broadcast."""
    return call(gates.AddGate(), x, y)


def subtract(x: Any, y: Any) -> Any:
    """Return x − y; shapes broadcast."""
    return call(gates.SubtractGate(), x, y)


def multiply(x: Any, y: Any) -> Any:
    """Return x · y, entry by entry; shapes broadcast."""
    return call(gates.MultiplyGate(), x, y)


def divide(x: Any, y: Any) -> Any:
    """Return x / y, entry by entry, for y ≠ 0; shapes broadcast."""
    return call(gates.DivideGate(), x, y)


def negate(x: Any) -> Any:
    """Return −x."""
    return call(gates.NegateGate(), x)


def reciprocal(x: Any) -> Any:
    """Return 1 / x, for x ≠ 0."""
    return call(gates.ReciprocalGate(), x)


def power(x: Any, exponent: Any) -> Any:
    """Return x to the power of a number (then x may be negative, if it is whole) or of a variable (x > 0).

    >>> power(-2, 3)
    -8.0
    """
    if isinstance(exponent, (int, float)):
        return call(gates.PowerGate(exponent), x)
    return call(gates.VariablePowerGate(), x, exponent)


# ---- elementary functions, entry by entry ----------------------------------------------------------------


def exp(x: Any) -> Any:
    """Return eˣ.

    >>> exp(0)
    1.0
    """
    return call(gates.ExpGate(), x)


def log(x: Any) -> Any:
    """Return the natural logarithm of x > 0.

    >>> log(1)
    0.0
    """
    return call(gates.LogGate(), x)


def log_base(x: Any, base: float) -> Any:
    """Return the logarithm of x > 0 to a base.

    >>> round(log_base(8, 2), 12)
    3.0
    """
    return call(gates.LogBaseGate(base), x)


def sqrt(x: Any) -> Any:
    """Return √x for x ≥ 0 (its slope needs x > 0)."""
    return call(gates.SqrtGate(), x)


def absolute(x: Any) -> Any:
    """Return |x|. Complex numbers carry a complex step: the sign is that of the real part."""
    return call(gates.AbsGate(), x)


def sign(x: Any) -> Any:
    """Return −1, 0 or 1; no gradient goes through."""
    return call(gates.SignGate(), x)


def sin(x: Any) -> Any:
    """Return the sine of x in radians."""
    return call(gates.SinGate(), x)


def cos(x: Any) -> Any:
    """Return the cosine of x in radians."""
    return call(gates.CosGate(), x)


def tan(x: Any) -> Any:
    """Return the tangent of x in radians."""
    return call(gates.TanGate(), x)


def cot(x: Any) -> Any:
    """Return the cotangent of x in radians."""
    return call(gates.CotGate(), x)


def sec(x: Any) -> Any:
    """Return the secant of x in radians."""
    return call(gates.SecGate(), x)


def csc(x: Any) -> Any:
    """Return the cosecant of x in radians."""
    return call(gates.CscGate(), x)


# ---- activations -----------------------------------------------------------------------------------------


def sigmoid(x: Any) -> Any:
    """Return σ(x) = 1 / (1 + e⁻ˣ), stable for any x.

    >>> sigmoid(0), sigmoid(-1000)
    (0.5, 0.0)
    """
    return call(gates.SigmoidGate(), x)


def two_class_softmax(x: Any) -> Any:
    """Return eˣ / (eˣ + e⁻ˣ) = σ(2x)."""
    return call(gates.TwoClassGate(), x)


def tanh(x: Any) -> Any:
    """Return tanh x."""
    return call(gates.TanhGate(), x)


def softplus(x: Any) -> Any:
    """Return ln(1 + eˣ), stable for any x."""
    return call(gates.SoftplusGate(), x)


def relu(x: Any) -> Any:
    """Return max(0, x); the slope at 0 is 0."""
    return call(gates.ReLUGate(), x)


def leaky_relu(x: Any, slope: float = 0.1) -> Any:
    """Return x where x > 0, slope · x elsewhere."""
    return call(gates.LeakyReLUGate(slope), x)


def generalised_relu(x: Any, alpha: float) -> Any:
    """Return max(0, x) + α · min(0, x).

    >>> generalised_relu(-3, -1)
    3.0
    """
    return call(gates.GeneralisedReLUGate(alpha), x)


def step(x: Any) -> Any:
    """Return 1 where x > 0, else 0; no gradient goes through."""
    return call(gates.StepGate(), x)


def maximum(x: Any, y: Any) -> Any:
    """Return the larger of x and y, entry by entry; shapes broadcast; at a tie y gets the gradient."""
    return call(gates.MaximumGate(), x, y)


def minimum(x: Any, y: Any) -> Any:
    """Return the smaller of x and y, entry by entry: −max(−x, −y)."""
    return -maximum(-x, -y)


def where(condition: Any, x: Any, y: Any) -> Any:
    """Return x where the condition holds, else y; shapes broadcast."""
    return call(gates.WhereGate(), condition, x, y)


def maxout(x: Any) -> Any:
    """Return the maximum over the pieces on the last axis: (…, units, pieces) to (…, units)."""
    return call(gates.MaxoutGate(), x)


def softmax(x: Any) -> Any:
    """Return the probabilities e^xᵢ / Σ e^xⱼ along the last axis.

    >>> softmax([1000.0, 1000.0])
    array([0.5, 0.5])
    """
    return call(gates.SoftmaxGate(), x)


def log_softmax(x: Any) -> Any:
    """Return the logarithm of the softmax along the last axis, exact where the softmax rounds to 0."""
    return call(gates.LogSoftmaxGate(), x)


# ---- arrays ----------------------------------------------------------------------------------------------


def matmul(x: Any, w: Any) -> Any:
    """Return x @ w: (n, d) @ (d, c) gives (n, c)."""
    return call(gates.MatMulGate(), x, w)


def sum(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the sum over an axis, or of all entries.

    >>> sum([1, 2, 3])
    6.0
    """
    return call(gates.SumGate(axis, keepdims), x)


def mean(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the mean over an axis, or of all entries."""
    return call(gates.MeanGate(axis, keepdims), x)


def max(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """Return the largest entry along an axis, or of all."""
    return call(gates.MaxGate(axis, keepdims), x)


def transpose(x: Any, axes: tuple[int, ...] | None = None) -> Any:
    """Return x with its axes reversed, or in the order given."""
    return call(gates.TransposeGate(axes), x)


def reshape(x: Any, shape: tuple[int, ...]) -> Any:
    """Return the entries of x, row by row, in another shape."""
    return call(gates.ReshapeGate(shape), x)


def concatenate(arrays: Any, axis: int = 0) -> Any:
    """Return the arrays laid end to end along an axis."""
    return call(gates.ConcatenateGate(axis), *arrays)


# ---- losses ----------------------------------------------------------------------------------------------


def one_hot(classes: Any, number_of_classes: int) -> Any:
    """Return a row of zeros with a single one for each class number.

    Raises
    ------
    ValueError
        If a class number is not in 0 … number_of_classes − 1.

    >>> one_hot([1, 0], 3)
    array([[0., 1., 0.],
           [1., 0., 0.]])
    """
    import numpy as np

    numbers = np.asarray(classes)
    if (
        numbers.dtype.kind not in "iu"
        or numbers.min(initial=0) < 0
        or numbers.max(initial=0) >= number_of_classes
    ):
        wrong = repr(numbers.tolist() if numbers.ndim == 0 else classes)
        raise ValueError(f"class numbers are integers from 0 to {number_of_classes - 1}, not {wrong:.60}")
    return np.eye(number_of_classes)[numbers]


def _targets(scores: Any, targets: Any) -> Any:
    """Return class numbers as one-hot rows, other targets as they are."""
    if isinstance(targets, (int, float, list)) or is_numpy(targets):
        import numpy as np

        given = np.asarray(targets)
        values = scores.value if isinstance(scores, Variable) else scores
        shape = np.shape(values) if values is not None else None
        if shape and given.dtype.kind in "iuf" and given.ndim == len(shape) - 1:
            if given.shape != shape[:-1]:
                raise GateError(
                    f"targets of shape {given.shape} do not fit scores of shape {shape}: there is one class "
                    f"number a sample, shape {shape[:-1]}, or a one-hot row a sample, shape {shape}"
                )
            return one_hot(given, shape[-1])
    return targets


def hinge_loss(scores: Any, targets: Any, margin: float = 1.0) -> Any:
    """Return (1/N) Σᵢ Σ_{j≠yᵢ} max(0, margin + fⱼ − f_yᵢ) for scores (N, C) or (C,)."""
    return call(gates.HingeLossGate(margin), scores, _targets(scores, targets))


def l1_loss(scores: Any, targets: Any) -> Any:
    """Return (1/N) Σᵢ ‖fᵢ − yᵢ‖₁."""
    return call(gates.L1LossGate(), scores, targets)


def l2_loss(scores: Any, targets: Any) -> Any:
    """Return (1/N) Σᵢ ‖fᵢ − yᵢ‖², the squared norm."""
    return call(gates.L2LossGate(), scores, targets)


def norm_loss(scores: Any, targets: Any) -> Any:
    """Return (1/N) Σᵢ ‖fᵢ − yᵢ‖₂, with the root."""
    return call(gates.NormLossGate(), scores, targets)


def quadratic_loss(outputs: Any, targets: Any) -> Any:
    """Return (1/N) Σᵢ ½ ‖aᵢ − yᵢ‖²."""
    return call(gates.QuadraticLossGate(), outputs, targets)


def binary_cross_entropy(p: Any, targets: Any) -> Any:
    """Return −mean(y ln p + (1 − y) ln(1 − p)) for probabilities 0 < p < 1."""
    return call(gates.BinaryCrossEntropyGate(), p, targets)


def binary_cross_entropy_with_logits(logits: Any, targets: Any) -> Any:
    """Return the binary cross-entropy of σ(logits), exact for any logits."""
    return call(gates.BinaryCrossEntropyWithLogitsGate(), logits, targets)


def cross_entropy(scores: Any, targets: Any) -> Any:
    """Return −(1/N) Σᵢ Σⱼ yᵢⱼ ln softmax(fᵢ)ⱼ for scores (N, C) or (C,).

    >>> round(cross_entropy([0.0, 0.0, 0.0], 1), 6)
    1.098612
    """
    return call(gates.SoftmaxCrossEntropyGate(), scores, _targets(scores, targets))


def two_class_nll(scores: Any, targets: Any) -> Any:
    """Return −Σ ln(e^{ys} / (eˢ + e⁻ˢ)) for targets y = ±1: a sum over the points."""
    return call(gates.TwoClassNLLGate(), scores, targets)


def gaussian_nll(mean: Any, sigma: Any, targets: Any) -> Any:
    """Return the mean negative log-likelihood of targets under N(mean, sigma²)."""
    return call(gates.GaussianNLLGate(), mean, sigma, targets)


def mixture_density_nll(logits: Any, means: Any, sigmas: Any, targets: Any) -> Any:
    """Return −(1/N) Σᵢ ln Σₖ πₖ N(yᵢ; μₖ, σₖ²) for logits, means, sigmas (N, K) and targets (N, 1)."""
    return call(gates.MixtureDensityNLLGate(), logits, means, sigmas, targets)


# ---- for evaluation: not differentiable ------------------------------------------------------------------


def accuracy(scores: Any, targets: Any) -> float:
    """Return the share of samples whose class is right.

    Parameters
    ----------
    scores
        (N, C): the class is the largest score. (N,): the class is the sign.
    targets
        Class numbers or one-hot rows; −1 and +1 for scores (N,).

    Raises
    ------
    GateError
        If there are not as many targets as samples.

    >>> accuracy([[0.631, 0.969, 0.71], [0.884, 0.34, 0.455]], [1, 1])
    0.5
    """
    import numpy as np

    given, wanted = np.asarray(scores), np.asarray(targets)
    if wanted.shape not in (given.shape, given.shape[:1]):
        raise GateError(
            f"targets of shape {wanted.shape} do not fit scores of shape {given.shape}: one target a sample"
        )
    if given.ndim == 2:
        wanted = wanted.argmax(-1) if wanted.ndim == 2 else wanted
        right = given.argmax(-1) == wanted
    else:
        right = np.sign(given) == wanted
    return float(np.mean(right))


def zero_one_loss(scores: Any, targets: Any) -> float:
    """Return the share of samples whose class is wrong: 1 − accuracy."""
    return 1.0 - accuracy(scores, targets)
