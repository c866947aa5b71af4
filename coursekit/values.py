"""The doors: what a user hands in becomes a Python float or a float array, once, here.

Gate bodies never convert. Numbers are converted where they enter: ``graph.forward``, ``Variable``,
``gradient``. An array is copied and the copy locked, so that a later change of the original cannot turn a
forward pass and its backward pass into two different stories.
"""

from __future__ import annotations

import sys
from typing import Any

from coursekit.gates.words import library_of

__all__ = ["as_value", "describe", "is_array", "plain"]


def is_numpy(value: Any) -> bool:
    """Tell whether ``value`` is a NumPy array or NumPy number (NumPy need not be loaded)."""
    np = sys.modules.get("numpy")
    return np is not None and isinstance(value, (np.ndarray, np.generic))


def is_array(value: Any) -> bool:
    """Tell whether ``value`` is a NumPy array of at least one axis."""
    return is_numpy(value) and bool(value.ndim)


def as_value(value: Any, name: str = "the value") -> Any:
    """Return ``value`` as a Python float or complex, or as a locked float array.

    Integers and booleans become floats; lists and tuples become arrays; float32 arrays stay float32.

    Raises
    ------
    TypeError
        If it is not made of numbers. The message says ``name`` and what was given.

    >>> as_value(3), as_value(True), as_value([1, 2])
    (3.0, 1.0, array([1., 2.]))
    """
    kind = type(value)
    if kind is float or kind is complex:
        return value
    if kind is int or kind is bool:
        return float(value)
    library = library_of(value)
    if library == "sympy":
        return value
    if library in ("fractions", "decimal"):
        return float(value)
    if not (is_numpy(value) or isinstance(value, (list, tuple))):
        raise TypeError(
            f"{name} should be a number or an array of numbers, not {kind.__name__} {value!r:.60}"
        )
    import numpy as np

    try:
        array = np.array(value)
    except ValueError as error:
        raise TypeError(f"{name} is a list whose rows differ in length: {value!r:.60}") from error
    if array.dtype == object and all(library_of(x) == "sympy" for x in array.flat):
        return array
    if array.dtype.kind in "iub":
        array = array.astype(np.float64)
    if array.dtype.kind not in "fc":
        raise TypeError(f"{name} should hold numbers only, not dtype {array.dtype}: {value!r:.60}")
    if array.ndim == 0:
        return plain(array[()])
    array.flags.writeable = False
    return array


def plain(value: Any) -> Any:
    """Return a NumPy float64 or complex128 scalar as a Python number, anything else as it is."""
    if not is_numpy(value):
        return value
    np = sys.modules["numpy"]
    if isinstance(value, (np.float64, np.complex128)):
        return value.item()
    if isinstance(value, np.ndarray) and value.ndim == 0:
        return plain(value[()])
    return value


def describe(value: Any) -> str:
    """Say what kind of value this is, for error messages.

    >>> describe(2.0)
    'the number 2.0'
    >>> import numpy as np; describe(np.zeros((2, 3)))
    'an array of shape (2, 3)'
    """
    if value is None:
        return "no value yet"
    if is_array(value):
        return f"an array of shape {value.shape}"
    return f"the number {plain(value)!r}"
