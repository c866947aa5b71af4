"""What the network should have answered, in the shape in which it answers; and how often it was right."""

from __future__ import annotations

from typing import Any

import numpy as np

from coursekit.errors import GateError
from coursekit.functions import (
    accuracy,
    binary_cross_entropy,
    binary_cross_entropy_with_logits,
    l1_loss,
    l2_loss,
    norm_loss,
    one_hot,
    quadratic_loss,
)
from coursekit.nn.shapes import written

__all__ = ["as_targets", "share_right"]


HALFWAY = (binary_cross_entropy, l1_loss, l2_loss, norm_loss, quadratic_loss)
"""Losses that draw an output towards its target, so that 0.5 lies between the classes 0 and 1."""


def as_targets(y: Any, outputs: tuple[int, ...]) -> Any:
    """Return the targets ``y`` as floats in the shape of the outputs.

    Parameters
    ----------
    y
        Of the shape of the outputs already; or one number a sample for a network with one output; or a class
        number a sample for a network with an output a class, which becomes a one-hot row.
    outputs
        The shape of the outputs, (N, C) or (C,).

    Raises
    ------
    GateError
        If y fits none of these. (N,) targets against (N, 1) outputs would otherwise be stretched to (N, N)
        without a word.

    >>> as_targets([2, 0], (2, 3))
    array([[0., 0., 1.],
           [1., 0., 0.]])
    >>> as_targets([0.5, 1], (2, 1))
    array([[0.5],
           [1. ]])
    """
    given = np.asarray(y)
    if given.dtype.kind not in "biuf":
        raise GateError(f"targets are numbers: class numbers, one-hot rows or values, not {y!r:.60}")
    if given.shape == outputs:
        return given.astype(float, copy=False)
    if given.shape == outputs[:-1] and outputs[-1] == 1:
        return given.astype(float, copy=False)[..., None]
    if given.shape == outputs[:-1] and given.dtype.kind in "biu":
        return one_hot(given.astype(int), outputs[-1])
    text = f"targets of shape {written(given.shape)} do not fit outputs of shape {written(outputs)}"
    if given.shape == outputs[:-1]:
        text += f": class numbers are expected, whole numbers from 0 to {outputs[-1] - 1}"
    elif given.shape[:1] != outputs[:1]:
        text += ": there must be as many targets as samples"
    else:
        text += ": one number or class number a sample, or an array of the shape of the outputs"
    raise GateError(text)


def share_right(outputs: Any, targets: Any, loss: Any) -> float | None:
    """Return the accuracy of outputs (N, C) against targets of their shape, for a net trained with ``loss``.

    Of several outputs the largest names the class. One output tells two classes apart: 0 from 1 at 0.5, of
    logits at 0; −1 from 1 at 0. ``None`` where the targets are no classes, or the loss does not say where 0
    ends and 1 begins.

    >>> share_right(np.array([[0.9], [0.4]]), np.array([[1.0], [1.0]]), l2_loss)
    0.5
    """
    if outputs.ndim != 2:
        return None
    if outputs.shape[1] > 1:
        one_hot_rows = np.isin(targets, (0.0, 1.0)).all() and (targets.sum(axis=1) == 1.0).all()
        return accuracy(outputs, targets) if one_hot_rows else None
    bits, signs = np.isin(targets, (0.0, 1.0)).all(), np.isin(targets, (-1.0, 1.0)).all()
    if bits and loss in HALFWAY:
        boundary = 0.5
    elif signs or (bits and loss is binary_cross_entropy_with_logits):
        boundary = 0.0
    else:
        return None
    return float(np.mean((outputs > boundary) == (targets > boundary)))
