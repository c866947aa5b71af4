"""The words a gate body may say beside the operators ``+ - * / ** @``.

A gate's ``forward`` and ``backward`` are written once and run on five kinds of value. A word is where
the kinds part: it looks at what it was given and calls the right function.

====================  =====================================================
given                 the word
====================  =====================================================
``float``             calls ``math`` (no NumPy is loaded)
``complex``           calls ``cmath``; see the note on kinks below
NumPy array           calls ``numpy``, entry by entry or along an axis
SymPy expression      calls ``sympy``
:class:`Traced`       hands its own name to ``x.apply``, which writes it down
====================  =====================================================

So the same three lines of a gate give a number, an array of numbers, a node of a graph, a line of
generated code and a formula.

Complex numbers carry a complex step (a tiny imaginary part whose size is the derivative). At a kink a
word therefore decides by the *real* part: ``absolute(-2+1e-20j)`` is ``2-1e-20j``, the analytic
continuation of −x, and not the modulus.
"""

from __future__ import annotations

import cmath
import math
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

__all__ = ["WORDS", "Traced", "Word"]


class Traced:
    """A value that writes down what is done to it instead of computing a number.

    Operators and words call ``apply(word, *operands, **parameters)``. Subclasses: a graph's ``Variable``,
    which records a gate, and the ``Expression`` from which derivatives and code are made.
    """

    __slots__ = ()
    __array_ufunc__: Any = None  # NumPy then leaves `array * traced` to us, and never makes object arrays

    def apply(self, word: str, *operands: Any, **parameters: Any) -> Any:
        """Write down ``word`` applied to ``operands``."""
        raise NotImplementedError

    def __neg__(self) -> Any:
        return self.apply("negate", self)

    def __add__(self, other: Any) -> Any:
        return self.apply("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return self.apply("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return self.apply("subtract", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self.apply("subtract", other, self)

    def __mul__(self, other: Any) -> Any:
        return self.apply("multiply", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self.apply("multiply", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self.apply("divide", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self.apply("divide", other, self)

    def __pow__(self, other: Any) -> Any:
        return self.apply("power", self, other)

    def __rpow__(self, other: Any) -> Any:
        return self.apply("power", other, self)

    def __matmul__(self, other: Any) -> Any:
        return self.apply("matmul", self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return self.apply("matmul", other, self)


class Word:
    """One word: its name and what it does to each kind of value.

    Parameters
    ----------
    name
        What gate bodies, graphs and generated code call it.
    scalar, array, symbol
        The function for Python floats, for NumPy arrays (its first argument is the ``numpy`` module) and
        for SymPy (its first argument is the ``sympy`` module). ``None``: this kind has no such word.
    complex_
        The function for Python complex numbers, where it is not ``scalar``.
    operands
        How many leading arguments are values; the rest are fixed parameters such as an axis.
    """

    __slots__ = ("array", "complex_", "name", "operands", "scalar", "symbol")

    def __init__(
        self,
        name: str,
        scalar: Callable[..., Any],
        array: Callable[..., Any],
        symbol: Callable[..., Any] | None = None,
        complex_: Callable[..., Any] | None = None,
        operands: int = 1,
    ) -> None:
        self.name, self.scalar, self.array, self.symbol = name, scalar, array, symbol
        self.complex_, self.operands = complex_ or scalar, operands

    def __call__(self, x: Any, *rest: Any, **parameters: Any) -> Any:
        """Say the word: compute, or write down."""
        if not rest and type(x) is float:
            return self.scalar(x, **parameters)  # the common case first: lessons run on floats
        return self.dispatch(x, *rest, **parameters)

    def dispatch(self, *operands: Any, **parameters: Any) -> Any:
        """Call the function for the most general kind among the operands."""
        libraries = set()
        for x in operands:
            if isinstance(x, Traced):
                return x.apply(self.name, *operands, **parameters)
            libraries.add(type(x).__module__.partition(".")[0])
        if "numpy" in libraries:
            np = sys.modules["numpy"]
            if self.symbol is not None and any(_holds_objects(x) for x in operands):
                each = np.frompyfunc(partial(self.symbol, sys.modules["sympy"]), len(operands), 1)
                return each(*operands)  # an array of SymPy symbols
            return self.array(np, *operands, **parameters)
        if "sympy" in libraries and self.symbol is not None:
            return self.symbol(sys.modules["sympy"], *operands, **parameters)
        if complex in map(type, operands):
            return self.complex_(*operands, **parameters)
        if all(isinstance(x, (int, float)) for x in operands):
            return self.scalar(*map(float, operands), **parameters)
        raise TypeError(f"{self.name}() takes numbers, arrays or variables, not {_kinds(operands)}")

    def __repr__(self) -> str:
        return f"<word {self.name}>"


def _holds_objects(x: Any) -> bool:
    dtype = getattr(x, "dtype", None)
    return dtype is not None and dtype.kind == "O"


def _kinds(operands: tuple[Any, ...]) -> str:
    return ", ".join(type(x).__name__ for x in operands)


# ---- entry by entry ------------------------------------------------------------------------------------


def _sigmoid(x: float) -> float:
    # Both branches exponentiate a number that is not positive, so nothing overflows at −1000.
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x))
    e = math.exp(x)
    return e / (1.0 + e)


def _sigmoid_array(np: Any, x: Any) -> Any:
    if x.dtype.kind == "c":
        return 1.0 / (1.0 + np.exp(-x))
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1.0, e) / (1.0 + e)


def _softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def _softplus_complex(x: complex) -> complex:
    # log(1 + e^x), with the larger term taken out first
    return x + cmath.log(1.0 + cmath.exp(-x)) if x.real > 0 else cmath.log(1.0 + cmath.exp(x))


def _softplus_array(np: Any, x: Any) -> Any:
    if x.dtype.kind != "c":
        return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))
    right = x.real > 0
    return np.where(right, x, 0.0) + np.log(1.0 + np.exp(np.where(right, -x, x)))


def _maximum(x: float, y: float) -> float:
    return x if x > y or x != x else y  # a NaN on either side stays a NaN


def _maximum_array(np: Any, x: Any, y: Any) -> Any:
    if np.iscomplexobj(x) or np.iscomplexobj(y):
        return np.where(np.real(x) > np.real(y), x, y)
    return np.maximum(x, y)


def _step(x: float) -> float:
    return 1.0 if x > 0.0 else 0.0


def _sign(x: float) -> float:
    return (x > 0.0) - (x < 0.0) + 0.0


def _array(function: str) -> Callable[..., Any]:
    return lambda np, *operands: getattr(np, function)(*operands)


def _symbol(function: str) -> Callable[..., Any]:
    return lambda sympy, *operands: getattr(sympy, function)(*operands)


def _elementary(name: str) -> Word:
    return Word(name, getattr(math, name), _array(name), _symbol(name), getattr(cmath, name))


exp = _elementary("exp")
log = _elementary("log")
sqrt = _elementary("sqrt")
sin = _elementary("sin")
cos = _elementary("cos")
tan = _elementary("tan")
tanh = _elementary("tanh")

sigmoid = Word(
    "sigmoid",
    _sigmoid,
    _sigmoid_array,
    lambda sympy, x: 1 / (1 + sympy.exp(-x)),
    lambda x: 1.0 / (1.0 + cmath.exp(-x)) if x.real >= 0 else cmath.exp(x) / (1.0 + cmath.exp(x)),
)
softplus = Word(
    "softplus", _softplus, _softplus_array, lambda sympy, x: sympy.log(1 + sympy.exp(x)), _softplus_complex
)
absolute = Word(
    "absolute",
    abs,
    lambda np, x: x * np.where(x.real < 0, -1.0, 1.0) if x.dtype.kind == "c" else np.abs(x),
    _symbol("Abs"),
    lambda x: -x if x.real < 0 else x,
)
sign = Word(
    "sign",
    _sign,
    lambda np, x: np.sign(np.real(x)),
    _symbol("sign"),
    lambda x: _sign(x.real),
)
step = Word(
    "step",
    _step,
    lambda np, x: np.where(np.real(x) > 0.0, 1.0, 0.0),
    lambda sympy, x: sympy.Heaviside(x, 0),
    lambda x: _step(x.real),
)
maximum = Word(
    "maximum",
    _maximum,
    _maximum_array,
    _symbol("Max"),
    lambda x, y: x if x.real > y.real else y,
    operands=2,
)

# ---- shapes --------------------------------------------------------------------------------------------


def _plain(np: Any, z: Any) -> Any:
    """A NumPy float64 scalar as a Python float: faster from here on, and printed as 30.0."""
    return float(z) if type(z) is np.float64 else z


def _sum_to_array(np: Any, dx: Any, like: Any) -> Any:
    shape = np.shape(like)
    if np.shape(dx) == shape:
        return dx
    extra = dx.ndim - len(shape)
    stretched = tuple(i for i, n in enumerate(shape, extra) if n == 1 and dx.shape[i] != 1)
    summed = dx.sum(axis=(*range(extra), *stretched), keepdims=True)
    return _plain(np, summed.reshape(shape)[()])


sum_to = Word(
    "sum_to",
    lambda dx, like: dx,
    _sum_to_array,
    lambda sympy, dx, like: dx,
    operands=2,
)
"""The one place where broadcasting is undone: ``sum_to(dx, like)`` adds up ``dx`` over the axes along
which ``like`` was stretched. A bias of shape (3,) added to (5, 3) scores receives five gradients a
column; their sum, of shape (3,), is its gradient."""

spread = Word(
    "spread",
    lambda x, like: x,
    lambda np, x, like: np.broadcast_to(x, np.shape(like)) + 0.0,
    lambda sympy, x, like: x,
    operands=2,
)
"""The mirror image: ``spread(x, like)`` repeats ``x`` until it has the shape of ``like``."""


def _index_array(np: Any, x: Any, key: Any) -> Any:
    return _plain(np, x[key])


def _put_array(np: Any, dz: Any, like: Any, key: Any) -> Any:
    dx = np.zeros(np.shape(like), dtype=np.result_type(dz, like))
    np.add.at(dx, key, dz)  # adds, so that an entry picked twice receives both gradients
    return dx


def _needs_array(name: str) -> Callable[..., Any]:
    def scalar(*operands: Any, **parameters: Any) -> Any:
        raise TypeError(f"{name}() takes an array, not a single number")

    return scalar


index = Word("index", _needs_array("index"), _index_array)
put = Word("put", _needs_array("put"), _put_array, operands=2)

WORDS: dict[str, Word] = {word.name: word for word in list(vars().values()) if isinstance(word, Word)}
