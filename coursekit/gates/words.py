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

Axis = int | tuple[int, ...] | None


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
    entry_by_entry
        Whether an array's entries are treated one by one, as against words that look at shapes.

    Operands are positional; what is fixed, such as an axis, goes by keyword.
    """

    __slots__ = ("array", "complex_", "entry_by_entry", "name", "scalar", "symbol")

    def __init__(
        self,
        name: str,
        scalar: Callable[..., Any],
        array: Callable[..., Any],
        symbol: Callable[..., Any] | None = None,
        complex_: Callable[..., Any] | None = None,
        entry_by_entry: bool = True,
    ) -> None:
        self.name, self.scalar, self.array, self.symbol = name, scalar, array, symbol
        self.complex_, self.entry_by_entry = complex_ or scalar, entry_by_entry

    def __call__(self, x: Any, *rest: Any, **parameters: Any) -> Any:
        """Say the word: compute, or write down."""
        if not rest and type(x) is float:
            return self.scalar(x, **parameters)  # the common case first: lessons run on floats
        return self.dispatch(x, *rest, **parameters)

    def dispatch(self, *operands: Any, **parameters: Any) -> Any:
        """Call the function for the most general kind among the operands."""
        arrays = False
        for x in operands:
            kind = type(x)
            if kind is float or kind is int:
                continue
            if kind.__module__ != "numpy" or x.dtype.char == "O":
                if isinstance(x, Traced):
                    return x.apply(self.name, *operands, **parameters)
                return self._rarely(operands, parameters)
            arrays = True
        if arrays:
            return self.array(sys.modules["numpy"], *operands, **parameters)
        return self.scalar(*operands, **parameters)

    def _rarely(self, operands: tuple[Any, ...], parameters: dict[str, Any]) -> Any:
        """Do the same for integers, complex numbers, SymPy expressions and arrays of those."""
        traced = next((x for x in operands if isinstance(x, Traced)), None)
        if traced is not None:
            return traced.apply(self.name, *operands, **parameters)
        libraries = {library_of(x) for x in operands}
        if "numpy" in libraries:
            np = sys.modules["numpy"]
            if self.symbol and self.entry_by_entry and any(_holds_objects(x) for x in operands):
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


def library_of(x: Any) -> str:
    """Return the name of the library a value belongs to: numpy, sympy, builtins, …"""
    for kind in type(x).__mro__:
        if kind.__module__:  # SymPy makes classes that have none
            return kind.__module__.partition(".")[0]
    return ""


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
    lambda np, x: np.sign(x.real),
    _symbol("sign"),
    lambda x: _sign(x.real),
)
step = Word(
    "step",
    _step,
    lambda np, x: (x.real > 0.0).astype(x.real.dtype),
    lambda sympy, x: sympy.Heaviside(x, 0),
    lambda x: _step(x.real),
)
power = Word(
    "power",
    math.pow,  # unlike **, it refuses the root of a negative number instead of turning to complex ones
    lambda np, x, y: x**y,
    lambda sympy, x, y: x**y,
    lambda x, y: x**y,
)
maximum = Word(
    "maximum",
    _maximum,
    _maximum_array,
    _symbol("Max"),
    lambda x, y: x if x.real > y.real else y,
)

# ---- choosing ------------------------------------------------------------------------------------------

where = Word(
    "where",
    lambda c, x, y: x if c else y,
    lambda np, c, x, y: np.where(c, x, y),
    lambda sympy, c, x, y: sympy.Piecewise((x, c), (y, True)),
)
equal = Word(
    "equal",
    lambda x, y: 1.0 if x == y else 0.0,
    lambda np, x, y: (np.real(x) == np.real(y)).astype(np.result_type(np.real(x), np.real(y))),
    complex_=lambda x, y: 1.0 if x.real == y.real else 0.0,
)

# ---- broadcasting, undone and redone ---------------------------------------------------------------------


def _plain(np: Any, z: Any) -> Any:
    """A NumPy float64 scalar as a Python float: faster from here on, and printed as 30.0."""
    return float(z) if type(z) is np.float64 else z


def _sum_to_array(np: Any, dx: Any, like: Any, axis: Axis = None) -> Any:
    shape = np.shape(like)
    if dx.shape == shape:
        return dx
    if axis is not None and dx.ndim > len(shape):
        return _plain(np, dx.sum(axis=axis))
    extra = dx.ndim - len(shape)
    stretched = tuple(i for i, n in enumerate(shape, extra) if n == 1 and dx.shape[i] != 1)
    return _plain(np, dx.sum(axis=(*range(extra), *stretched)).reshape(shape)[()])


def _spread_array(np: Any, x: Any, like: Any, axis: Axis = None) -> Any:
    if axis is not None and np.ndim(x) < np.ndim(like):
        x = np.expand_dims(x, axis)
    return np.broadcast_to(x, np.shape(like))


sum_to = Word(
    "sum_to",
    lambda dx, like, axis=None: dx,
    _sum_to_array,
    lambda sympy, dx, like, axis=None: dx,
    entry_by_entry=False,
)
"""The one place where broadcasting is undone: ``sum_to(dx, like)`` adds up ``dx`` over the axes along
which ``like`` was stretched. A bias of shape (3,) added to (5, 3) scores receives five gradients a
column; their sum, of shape (3,), is its gradient. ``axis`` says which axes ``like`` lacks, where they are
not the leading ones."""

spread = Word(
    "spread",
    lambda x, like, axis=None: x,
    _spread_array,
    lambda sympy, x, like, axis=None: x,
    entry_by_entry=False,
)
"""The mirror image: ``spread(x, like)`` repeats ``x`` until it has the shape of ``like``."""

# ---- along axes: a single number is an array with one entry ------------------------------------------------


def _count_array(np: Any, x: Any, axis: Axis = None) -> float:
    if axis is None:
        return float(x.size)
    axes = axis if isinstance(axis, tuple) else (axis,)
    return float(math.prod(x.shape[i] for i in axes))


def _max_over_array(np: Any, x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    if x.dtype.kind == "O":
        return np.frompyfunc(sys.modules["sympy"].Max, 2, 1).reduce(x, axis=axis, keepdims=keepdims)
    if x.dtype.kind == "c":
        top = np.where(x.real == x.real.max(axis=axis, keepdims=True), x, -np.inf)
        return _plain(np, top.max(axis=axis, keepdims=keepdims))
    return _plain(np, x.max(axis=axis, keepdims=keepdims))


def _same(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return x


def _same_symbol(sympy: Any, x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    return x


def _one(x: Any, axis: Axis = None) -> float:
    return 1.0


sum_over = Word(
    "sum_over",
    _same,
    lambda np, x, axis=None, keepdims=False: _plain(np, x.sum(axis=axis, keepdims=keepdims)),
    _same_symbol,
    entry_by_entry=False,
)
max_over = Word("max_over", _same, _max_over_array, _same_symbol, entry_by_entry=False)
count = Word("count", _one, _count_array, lambda sympy, x, axis=None: 1, entry_by_entry=False)
rows = Word(
    "rows",
    _one,
    lambda np, x: float(math.prod(x.shape[:-1])),
    lambda sympy, x: 1,
    entry_by_entry=False,
)
"""The number of samples of scores: one for a vector, the number of rows for a matrix."""

# ---- arrays only -------------------------------------------------------------------------------------------


def _array_only(name: str) -> Callable[..., Any]:
    def scalar(*operands: Any, **parameters: Any) -> Any:
        raise TypeError(f"{name} needs an array, not a single number")

    return scalar


def _put_array(np: Any, dz: Any, like: Any, key: Any) -> Any:
    dx = np.zeros(np.shape(like), dtype=np.result_type(dz, like))
    np.add.at(dx, key, dz)  # adds, so that an entry picked twice receives both gradients
    return dx


def _part_array(np: Any, whole: Any, *parts: Any, axis: int, number: int) -> Any:
    start = sum(x.shape[axis] for x in parts[:number])
    return np.take(whole, range(start, start + parts[number].shape[axis]), axis=axis)


def _embed_array(np: Any, part: Any, *parts: Any, axis: int, number: int) -> Any:
    return np.concatenate([part if i == number else np.zeros_like(x) for i, x in enumerate(parts)], axis=axis)


def _matmul_left_array(np: Any, dz: Any, x: Any, w: Any) -> Any:
    if x.ndim == 1 and w.ndim == 1:
        return dz * w
    if w.ndim == 1:
        return np.expand_dims(dz, -1) * w
    if x.ndim == 1:
        return _sum_to_array(np, np.matmul(w, np.expand_dims(dz, -1))[..., 0], x)
    return _sum_to_array(np, np.matmul(dz, w.swapaxes(-1, -2)), x)


def _matmul_right_array(np: Any, dz: Any, x: Any, w: Any) -> Any:
    if x.ndim == 1 and w.ndim == 1:
        return dz * x
    if w.ndim == 1:
        return _sum_to_array(np, np.expand_dims(dz, -1) * x, w)
    if x.ndim == 1:
        return np.expand_dims(x, -1) * np.expand_dims(dz, -2)
    return _sum_to_array(np, np.matmul(x.swapaxes(-1, -2), dz), w)


index = Word("index", _array_only("an index"), lambda np, x, key: _plain(np, x[key]))
put = Word("put", _array_only("put"), _put_array)
transpose = Word("transpose", _same, lambda np, x, axes=None: x.transpose(axes))
reshape = Word("reshape", _array_only("reshape"), lambda np, x, shape: x.reshape(shape))
reshape_to = Word("reshape_to", lambda x, like: x, lambda np, x, like: x.reshape(np.shape(like)))
concatenate = Word(
    "concatenate", _array_only("concatenate"), lambda np, *xs, axis=0: np.concatenate(xs, axis=axis)
)
part = Word("part", _array_only("concatenate"), _part_array)
embed = Word("embed", _array_only("concatenate"), _embed_array)
matmul_left = Word("matmul_left", _array_only("matmul"), _matmul_left_array)
"""``matmul_left(dz, x, w)``: the gradient of x in z = x @ w. For matrices it is dz · wᵀ."""
matmul_right = Word("matmul_right", _array_only("matmul"), _matmul_right_array)
"""``matmul_right(dz, x, w)``: the gradient of w in z = x @ w. For matrices it is xᵀ · dz."""


def split(whole: Any, parts: tuple[Any, ...], axis: int) -> tuple[Any, ...]:
    """Cut ``whole`` into pieces as long as ``parts`` along ``axis``: what undoes a concatenation."""
    return tuple([part(whole, *parts, axis=axis, number=number) for number in range(len(parts))])


def alone(dx: Any, others: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return ``dx`` followed by a None for each of the inputs that lend their shape only."""
    return (dx, *[None] * len(others))


WORDS: dict[str, Word] = {word.name: word for word in list(vars().values()) if isinstance(word, Word)}
