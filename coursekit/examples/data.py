"""The inputs of the decks' examples, each named once. Lectures and homework take them from here.

Vectors have one axis, matrices two (rows first); all arrays are locked, so that no lecture changes another's
numbers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from coursekit import functions as ck
from coursekit.graph import ComputationalGraph
from coursekit.variable import variables

__all__ = [
    "W1",
    "W2",
    "W_first_guess",
    "W_second_guess",
    "and_labels",
    "b1",
    "b2",
    "classes",
    "f_first",
    "f_second",
    "g",
    "g_graph",
    "labels",
    "negative_log_likelihood",
    "objective",
    "or_labels",
    "points",
    "two_weight_network",
    "w_start",
    "x_car",
    "x_second",
    "x_third",
    "xor_inputs",
    "xor_labels",
    "xor_network",
    "y_car",
]


def _locked(values: Any) -> np.ndarray:
    array = np.array(values, dtype=float)
    array.flags.writeable = False
    return array


# ---- the linear classifier (USC-11 … USC-21) -------------------------------------------------------------

classes = ("Cat", "Car", "Airplane")
"""A row of W each."""

W1 = _locked([[0.1, -0.15, 0.0, 0.3], [-0.5, 0.2, 0.1, 0.35], [-0.45, 0.4, 0.1, 0.15]])
b1 = _locked([0.15, -0.1, -0.2])
W2 = _locked([[-0.25, 0.1, 0.05, 0.175], [0.05, -0.075, 0.0, 0.15], [-0.225, 0.2, 0.05, 0.075]])
b2 = _locked([0.35, 0.1, 0.0])

x_car = _locked([0.1, 1.5, 0.07, 2.32])
"""The first input: four features of a picture of a car."""
x_second = _locked([0.3, 0.15, 1.5, 1.91])
x_third = _locked([1.0, 3.0, 0.37, 0.8])
y_car = _locked([0.0, 1.0, 0.0])
"""The target of ``x_car``, one-hot."""

f_first = _locked([0.0, 1.2, 0.0])
f_second = _locked([0.07, 0.9, 0.05])
"""Two models' outputs for ``y_car``, which L1 and L2 rank in opposite order."""

# ---- searching for W (USC-28 … USC-34) -------------------------------------------------------------------

W_first_guess = _locked([[0.05, 0.15, -0.1, 0.2], [-0.1, 0.2, 0.25, 0.05], [0.4, -0.15, 0.25, 0.15]])
W_second_guess = _locked([[-0.1, 0.2, 0.15, 0.05], [0.25, 0.05, 0.2, -0.1], [0.25, 0.15, -0.15, 0.4]])


def objective(W: Any) -> Any:
    """Return L(W) = ‖W x − y*‖₂ for the car: the norm with its root (USC-27).

    >>> round(objective(W_second_guess), 6)
    1.669267
    """
    return ck.norm_loss(ck.matmul(W, x_car), y_car)


# ---- the cubic of three decks (UT-14, BER-24, BER-25) ----------------------------------------------------


def g(w: Any) -> Any:
    """Return g(w) = w₁³ w₂ + 3 w₁ of a vector w.

    >>> g([2.0, 3.0])
    30.0
    """
    return w[0] ** 3 * w[1] + 3 * w[0]


def g_graph() -> ComputationalGraph:
    """Return g as a graph with the nodes of the slides: a = w₁³, b = a w₂, c = 3 w₁, g = b + c."""
    w1, w2 = variables("w1 w2")
    a = (w1**3).named("a")
    b = (a * w2).named("b")
    c = (3 * w1).named("c")
    return ComputationalGraph((b + c).named("g"))


# ---- three points in the plane (BER-16 … BER-23) ---------------------------------------------------------

points = _locked([[2.0, 1.0], [0.0, -2.0], [-1.0, -1.0]])
labels = _locked([1.0, 1.0, -1.0])
w_start = _locked([1.0, 3.0])


def negative_log_likelihood(w: Any, x: Any = points, y: Any = labels) -> Any:
    """Return −ll(w) = −Σ ln p(yᵢ|xᵢ; w) with p = e^{y w·x} / (e^{w·x} + e^{−w·x}) (BER-14, BER-17).

    >>> round(negative_log_likelihood(w_start), 6)
    12.000387
    """
    return ck.two_class_nll(ck.matmul(x, w), y)


# ---- the two-weight network (UT-22 … UT-26) --------------------------------------------------------------


def two_weight_network(loss: Any = ck.quadratic_loss) -> ComputationalGraph:
    """Return x → σ(w₁ x) → σ(w₂ a₁) → loss against the target y, as a graph of x, w1, w2 and y.

    >>> round(two_weight_network().forward(x=1.0, w1=2.0, w2=-1.0, y=1.0), 6)
    0.249916
    """
    x, w1, w2, y = variables("x w1 w2 y")
    a1 = ck.sigmoid((x * w1).named("z1")).named("a1")
    a2 = ck.sigmoid((a1 * w2).named("z2")).named("a2")
    return ComputationalGraph(loss(a2, y).named("Loss"))


# ---- Boolean functions (CIT-07, CIT-08, HAR-06, HAR-07) --------------------------------------------------

xor_inputs = _locked([[0, 0], [0, 1], [1, 0], [1, 1]])
and_labels = _locked([0, 0, 0, 1])
or_labels = _locked([0, 1, 1, 1])
xor_labels = _locked([0, 1, 1, 0])


def xor_network(inputs: Any) -> Any:
    """Return XOR as a ReLU network computes it: h = max(0, x W + c), y = max(0, h w + b).

    The slide's weights are lost; these are the usual ones: W all 1, c = [0, −1], w = [1, −2], b = 0.

    >>> xor_network(xor_inputs)
    array([0., 1., 1., 0.])
    """
    hidden = ck.relu(ck.matmul(inputs, np.ones((2, 2))) + np.array([0.0, -1.0]))
    return ck.relu(ck.matmul(hidden, np.array([1.0, -2.0])) + 0.0)
