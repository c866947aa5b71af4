"""Losses as gates: from scores and targets to one number.

Scores have the shape (N, C): a row a sample, a column a class or output; a vector (C,) is one sample, a
single number one output of one sample. Targets have the shape of the scores (one-hot rows for classes).
Losses are summed over a row and averaged over rows; targets have no gradient.
"""

from __future__ import annotations

import math
from typing import Any

from coursekit.gates.base import Gate
from coursekit.gates.words import (
    absolute,
    count,
    exp,
    log,
    max_over,
    maximum,
    rows,
    sigmoid,
    sign,
    softplus,
    sqrt,
    step,
    sum_over,
)

HALF_LOG_TWO_PI = 0.5 * math.log(2.0 * math.pi)


class HingeLossGate(Gate):
    """z = (1/N) Σᵢ Σ_{j≠yᵢ} max(0, margin + fⱼ − f_yᵢ): every wrong class a margin below the right (USC-17).

    >>> import numpy as np
    >>> gate = HingeLossGate()
    >>> gate.forward(np.array([0.631, 0.969, 0.71]), np.array([0.0, 1.0, 0.0]))   # Cat, Car, Airplane
    1.403
    >>> gate.backward(1.0)
    (array([ 1., -2.,  1.]), None)
    """

    symbol = "hinge"

    def __init__(self, margin: float = 1.0) -> None:
        self.margin = float(margin)

    def forward(self, scores: Any, targets: Any) -> Any:
        """Return the mean hinge loss; targets are one-hot."""
        right = sum_over(scores * targets, axis=-1, keepdims=True)
        self.gap = self.margin + scores - right
        self.targets, self.n = targets, rows(scores)
        return sum_over(maximum(self.gap, 0.0) * (1.0 - targets)) / self.n

    def backward(self, dz: Any) -> Any:
        """Return dscores: 1/N for each class inside the margin, minus their number for the right class."""
        inside = step(self.gap) * (1.0 - self.targets)
        pulls = sum_over(inside, axis=-1, keepdims=True)
        return dz * (inside - self.targets * pulls) / self.n, None


class L1LossGate(Gate):
    """z = (1/N) Σᵢ ‖fᵢ − yᵢ‖₁ (USC-18). The derivative is a sign; at 0 it is taken as 0.

    >>> import numpy as np
    >>> L1LossGate().forward(np.array([0.0, 1.2, 0.0]), np.array([0.0, 1.0, 0.0])).__round__(12)
    0.2
    """

    symbol = "L1"

    def forward(self, scores: Any, targets: Any) -> Any:
        """Return the mean over rows of the sum of absolute deviations."""
        self.r, self.n = scores - targets, rows(scores)
        return sum_over(absolute(self.r)) / self.n

    def backward(self, dz: Any) -> Any:
        """Return dscores = dz · sign(f − y) / N."""
        return dz * sign(self.r) / self.n, None


class L2LossGate(Gate):
    """z = (1/N) Σᵢ ‖fᵢ − yᵢ‖², the *squared* norm (USC-19).

    >>> import numpy as np
    >>> gate = L2LossGate()
    >>> round(gate.forward(np.array([0.0, 1.2, 0.0]), np.array([0.0, 1.0, 0.0])), 12)
    0.04
    """

    symbol = "L2"

    def forward(self, scores: Any, targets: Any) -> Any:
        """Return the mean over rows of the sum of squared deviations."""
        self.r, self.n = scores - targets, rows(scores)
        return sum_over(self.r * self.r) / self.n

    def backward(self, dz: Any) -> Any:
        """Return dscores = dz · 2 (f − y) / N."""
        return dz * 2.0 * self.r / self.n, None


class NormLossGate(Gate):
    """z = (1/N) Σᵢ ‖fᵢ − yᵢ‖₂, *with* the root (USC-27). Where the norm is 0, so is the gradient here.

    >>> import numpy as np
    >>> gate = NormLossGate()
    >>> gate.forward(np.array([3.0, 5.0]), np.array([0.0, 1.0])), gate.backward(1.0)[0]
    (5.0, array([0.6, 0.8]))
    """

    symbol = "‖ ‖"

    def forward(self, scores: Any, targets: Any) -> Any:
        """Return the mean over rows of the Euclidean norm of the deviations."""
        self.r, self.n = scores - targets, rows(scores)
        self.norm = sqrt(sum_over(self.r * self.r, axis=-1, keepdims=True))
        return sum_over(self.norm) / self.n

    def backward(self, dz: Any) -> Any:
        """Return dscores = dz · (f − y) / ‖f − y‖ / N."""
        return dz * self.r / maximum(self.norm, 1e-300) / self.n, None


class QuadraticLossGate(Gate):
    """z = (1/N) Σᵢ ½ ‖aᵢ − yᵢ‖²: the ½ cancels the 2 of the derivative (UT-26).

    >>> gate = QuadraticLossGate()
    >>> gate.forward(0.75, 1.0), gate.backward(1.0)
    (0.03125, (-0.25, None))
    """

    symbol = "½( )²"

    def forward(self, outputs: Any, targets: Any) -> Any:
        """Return the mean over rows of half the squared deviations."""
        self.r, self.n = outputs - targets, rows(outputs)
        return 0.5 * sum_over(self.r * self.r) / self.n

    def backward(self, dz: Any) -> Any:
        """Return doutputs = dz · (a − y) / N."""
        return dz * self.r / self.n, None


class BinaryCrossEntropyGate(Gate):
    """z = −mean(y ln p + (1 − y) ln(1 − p)) on probabilities 0 < p < 1; each entry is a sample (CIT-04).

    On logits :class:`BinaryCrossEntropyWithLogitsGate` is exact where p rounds to 0 or 1.

    >>> gate = BinaryCrossEntropyGate()
    >>> round(gate.forward(0.5, 1.0), 6), gate.backward(1.0)
    (0.693147, (-2.0, None))
    """

    symbol = "BCE"

    def forward(self, p: Any, targets: Any) -> Any:
        """Return the mean cross-entropy."""
        self.p, self.targets, self.n = p, targets, count(p)
        return -sum_over(targets * log(p) + (1.0 - targets) * log(1.0 - p)) / self.n

    def backward(self, dz: Any) -> Any:
        """Return dp = dz · (p − y) / (p (1 − p)) / n."""
        return dz * (self.p - self.targets) / (self.p * (1.0 - self.p)) / self.n, None


class BinaryCrossEntropyWithLogitsGate(Gate):
    """z = mean(y softplus(−s) + (1 − y) softplus(s)): the same loss on logits s with p = σ(s) (HAR-11).

    Exact for any s: nothing overflows, and no two large numbers are subtracted.

    >>> gate = BinaryCrossEntropyWithLogitsGate()
    >>> gate.forward(-1000.0, 1.0), gate.backward(1.0)
    (1000.0, (-1.0, None))
    """

    symbol = "BCE∘σ"

    def forward(self, logits: Any, targets: Any) -> Any:
        """Return the mean cross-entropy."""
        self.logits, self.targets, self.n = logits, targets, count(logits)
        return sum_over(targets * softplus(-logits) + (1.0 - targets) * softplus(logits)) / self.n

    def backward(self, dz: Any) -> Any:
        """Return dlogits = dz · (σ(s) − y) / n: the slope never dies while the answer is wrong."""
        return dz * (sigmoid(self.logits) - self.targets) / self.n, None


class SoftmaxCrossEntropyGate(Gate):
    """z = −(1/N) Σᵢ Σⱼ yᵢⱼ ln softmax(fᵢ)ⱼ (USC-20, with its indices put right).

    >>> import numpy as np
    >>> gate = SoftmaxCrossEntropyGate()
    >>> round(gate.forward(np.zeros(3), np.array([0.0, 1.0, 0.0])), 6)       # ln 3: nothing is known
    1.098612
    >>> gate.backward(3.0)[0]
    array([ 1., -2.,  1.])
    """

    symbol = "CE∘softmax"

    def forward(self, scores: Any, targets: Any) -> Any:
        """Return the mean cross-entropy; target rows sum to 1."""
        shifted = scores - max_over(scores, axis=-1, keepdims=True)
        e = exp(shifted)
        total = sum_over(e, axis=-1, keepdims=True)
        self.p, self.targets, self.n = e / total, targets, rows(scores)
        return -sum_over(targets * (shifted - log(total))) / self.n

    def backward(self, dz: Any) -> Any:
        """Return dscores = dz · (p − y) / N."""
        return dz * (self.p - self.targets) / self.n, None


class TwoClassNLLGate(Gate):
    """z = −Σ ln p(y|s) with p = e^{ys} / (eˢ + e⁻ˢ) and y = ±1: a *sum* over the points (BER-14, BER-17).

    >>> gate = TwoClassNLLGate()
    >>> round(gate.forward(0.0, 1.0), 6), gate.backward(1.0)
    (0.693147, (-1.0, None))
    """

    symbol = "−ll"

    def forward(self, scores: Any, targets: Any) -> Any:
        """Return Σ ln(1 + e^{−2ys})."""
        self.scores, self.targets = scores, targets
        return sum_over(softplus(-2.0 * targets * scores))

    def backward(self, dz: Any) -> Any:
        """Return dscores = −dz · 2y · σ(−2ys)."""
        return dz * -2.0 * self.targets * sigmoid(-2.0 * self.targets * self.scores), None


class GaussianNLLGate(Gate):
    """z = mean(½((y − μ)/σ)² + ln σ + ½ ln 2π), for σ > 0 (HAR-12); each entry is a sample.

    μ and y have one shape; σ broadcasts to it.

    >>> gate = GaussianNLLGate()
    >>> round(gate.forward(0.0, 1.0, 0.0), 6), gate.backward(1.0)
    (0.918939, (-0.0, 1.0, None))
    """

    symbol = "−ln N"
    broadcasts = True

    def forward(self, mean: Any, sigma: Any, targets: Any) -> Any:
        """Return the mean negative log-likelihood."""
        self.sigma, self.n = sigma, count(mean)
        self.u = (targets - mean) / sigma
        return sum_over(0.5 * self.u * self.u + log(sigma) + HALF_LOG_TWO_PI) / self.n

    def backward(self, dz: Any) -> Any:
        """Return dμ = −dz · u/σ/n, dσ = dz · (1 − u²)/σ/n with u = (y − μ)/σ."""
        scale = dz / self.sigma / self.n
        return -scale * self.u, scale * (1.0 - self.u * self.u), None


class MixtureDensityNLLGate(Gate):
    """z = −(1/N) Σᵢ ln Σₖ πₖ N(yᵢ; μₖ, σₖ²), with π = softmax(logits), for σ > 0 (HAR-15).

    Logits, means and sigmas have the shape (N, K); the targets (N, 1).

    >>> import numpy as np
    >>> one = np.ones((1, 1))
    >>> round(MixtureDensityNLLGate().forward(one, 0 * one, one, 0 * one), 6)    # one Gaussian
    0.918939
    """

    symbol = "−ln Σ π N"

    def forward(self, logits: Any, means: Any, sigmas: Any, targets: Any) -> Any:
        """Return the mean negative log-likelihood."""
        shifted = logits - max_over(logits, axis=-1, keepdims=True)
        log_pi = shifted - log(sum_over(exp(shifted), axis=-1, keepdims=True))
        self.u = (targets - means) / sigmas
        joint = log_pi - 0.5 * self.u * self.u - log(sigmas) - HALF_LOG_TWO_PI
        top = max_over(joint, axis=-1, keepdims=True)
        total = top + log(sum_over(exp(joint - top), axis=-1, keepdims=True))
        self.pi, self.share = exp(log_pi), exp(joint - total)
        self.sigmas, self.n = sigmas, rows(logits)
        return -sum_over(total) / self.n

    def backward(self, dz: Any) -> Any:
        """Return the gradients; a component counts by its share of the responsibility for the sample."""
        scale = dz / self.n
        pull = scale * self.share / self.sigmas
        return scale * (self.pi - self.share), -pull * self.u, pull * (1.0 - self.u * self.u), None
