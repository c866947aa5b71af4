"""Shapes, and what to say when they do not fit; the values behind variables."""

from __future__ import annotations

from typing import Any

import numpy as np

from coursekit.errors import GateError
from coursekit.gates.words import Traced
from coursekit.values import as_value
from coursekit.variable import Variable

__all__ = ["Shape", "expect_features", "numbers", "shape_of", "value_of", "written"]

Shape = tuple[int | None, ...]
"""A shape; ``None`` stands for a number of samples that is not known yet."""


def value_of(x: Any) -> Any:
    """Return the value of a variable, anything else as it is."""
    return x.value if isinstance(x, Variable) else x


def numbers(x: Any, name: str) -> Any:
    """Return a number or a float array, of a variable its value; a float64 array is not copied."""
    x = value_of(x)
    return x if isinstance(x, np.ndarray) and x.dtype == np.float64 and x.ndim else as_value(x, name)


def shape_of(x: Any) -> tuple[int, ...] | None:
    """Return the shape of a value or of a variable's value; ``None`` for a symbol."""
    x = value_of(x)
    return None if x is None or isinstance(x, Traced) else np.shape(x)


def expect_features(layer: Any, shape: Shape, features: int, fitting: str) -> None:
    """Raise the error that explains why an input of ``shape`` has not the ``features`` a layer takes.

    ``fitting`` says which layer would take it, with ``{}`` where the number of features goes.
    """
    if shape and shape[-1] == features:
        return
    text = f"{layer!r} takes arrays of shape (N, {features}), or one sample of shape ({features},), but was "
    text += f"given shape {written(shape)}" if shape else "given a single number"
    if shape and shape[-1] is not None:
        text += f": {fitting.format(shape[-1])} would fit"
    if len(shape) == 2 and shape[0] == features:
        text += ". Or is it transposed? A sample is a row"
    raise GateError(text)


def written(shape: Shape) -> str:
    """Write a shape as in (N, 10)."""
    sizes = ["N" if n is None else str(n) for n in shape]
    return f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"
