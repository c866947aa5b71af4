"""Neural networks made of gates: layers, initialisation, optimisers, training, data.

A layer's ``forward`` is written with operators and coursekit's functions, so its derivative follows from
the gates; no layer has a rule of its own. :class:`Sequential` runs a network define-by-run, hands out the
graph of its loss, or has it generated as code; :func:`fit` trains it.
"""

from coursekit.nn import initialisation
from coursekit.nn.connections import DenseConnection, Highway, Residual, SoftAttention
from coursekit.nn.data import (
    Dataset,
    and_gate,
    circles,
    digits,
    gaussians,
    or_gate,
    quadrants,
    spirals,
    train_test_split,
    xor,
)
from coursekit.nn.layer import Layer, Parameter
from coursekit.nn.layers import (
    Activation,
    Affine,
    BatchNorm,
    GeneralisedReLU,
    LeakyReLU,
    Maxout,
    ReLU,
    Sigmoid,
    Softmax,
    Softplus,
    Tanh,
)
from coursekit.nn.optimisers import (
    SGD,
    Adam,
    GradientAscent,
    GradientDescent,
    Momentum,
    Nesterov,
    Optimiser,
    RMSProp,
)
from coursekit.nn.regularisation import Dropout, EarlyStopping, l1_penalty, l2_penalty
from coursekit.nn.sequential import Sequential
from coursekit.nn.training import History, fit, minibatches

__all__ = [
    "SGD",
    "Activation",
    "Adam",
    "Affine",
    "BatchNorm",
    "Dataset",
    "DenseConnection",
    "Dropout",
    "EarlyStopping",
    "GeneralisedReLU",
    "GradientAscent",
    "GradientDescent",
    "Highway",
    "History",
    "Layer",
    "LeakyReLU",
    "Maxout",
    "Momentum",
    "Nesterov",
    "Optimiser",
    "Parameter",
    "RMSProp",
    "ReLU",
    "Residual",
    "Sequential",
    "Sigmoid",
    "SoftAttention",
    "Softmax",
    "Softplus",
    "Tanh",
    "and_gate",
    "circles",
    "digits",
    "fit",
    "gaussians",
    "initialisation",
    "l1_penalty",
    "l2_penalty",
    "minibatches",
    "or_gate",
    "quadrants",
    "spirals",
    "train_test_split",
    "xor",
]
