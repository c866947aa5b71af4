"""NumPy by value: arrays and scalars of the exact dtype, random generators, polynomials.

An array that arrives is a plain `numpy.ndarray`, whatever the sender's process had made of NumPy.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from autograder.wire_codec import MAX_RANGE, Bad, Codec, NotPlain, register

__all__ = ["codec_of"]

_SIMPLE = re.compile(r"[<>|]?(?:[?biufcSUVMmO]\d{0,9})(?:\[(?:[1-9]\d{0,5})?[a-zA-Zμ]{1,7}\])?")
_SHARED = 1 << 16  # arrays of more bytes use the message's memory instead of a copy


def codec_of(kind: type) -> Codec | None:
    """The codec of a dtype's class (each dtype has its own)."""
    return _DTYPE if issubclass(kind, np.dtype) else None


# ------------------------------------------------------------------------------------------------ dtypes


def _dtype_parts(dtype: Any) -> tuple[Any, ...]:
    if dtype.subdtype is not None:
        return dtype.subdtype
    if dtype.names is not None:
        fields = [dtype.fields[name] for name in dtype.names]
        return dtype.names, tuple([f[0] for f in fields]), tuple([f[1] for f in fields]), dtype.itemsize
    if dtype.kind == "T":
        if dtype != np.dtypes.StringDType():
            raise NotPlain  # a string dtype with its own missing value
        return ("T",)
    if not _SIMPLE.fullmatch(dtype.str):
        raise NotPlain
    return (dtype.str,)


def _dtype(*parts: Any) -> np.dtype[Any]:
    if len(parts) == 4:
        names, formats, offsets, itemsize = parts
        return np.dtype(
            {"names": list(names), "formats": list(formats), "offsets": list(offsets), "itemsize": itemsize}
        )
    if len(parts) == 2:
        return np.dtype((parts[0], parts[1]))
    (text,) = parts
    if text == "T":
        return np.dtypes.StringDType()
    if type(text) is not str or not _SIMPLE.fullmatch(text):
        raise Bad("an unknown dtype")
    return np.dtype(text)


_DTYPE = Codec("np.dtype", _dtype_parts, _dtype)

# ------------------------------------------------------------------------------------------------ arrays


def _array_parts(value: np.ndarray[Any, Any]) -> tuple[Any, ...]:
    if value.dtype.kind in "OT":
        return value.dtype, value.shape, value.ravel().tolist()
    if value.dtype.hasobject:
        raise NotPlain
    # How an array lies in memory decides how its products are summed, and so their last digit.
    if value.flags.fnc:
        return value.dtype, value.shape, memoryview(value.tobytes("F")), True
    return value.dtype, value.shape, memoryview(value.tobytes())


def _array(dtype: Any, shape: Any, data: Any, by_columns: Any = False) -> np.ndarray[Any, Any]:
    if not isinstance(dtype, np.dtype) or type(shape) is not tuple or len(shape) > 64:
        raise Bad("an array without dtype or shape")
    if not all(type(n) is int and 0 <= n < 1 << 40 for n in shape):
        raise Bad("an impossible shape")
    size = math.prod(shape)
    if type(data) is list:
        if dtype.kind not in "OT" or len(data) != size:
            raise Bad("an array is not as large as its shape")
        made: Any = np.empty(size, dtype)
        for i, item in enumerate(data):
            made[i] = item
        return made.reshape(shape)
    if type(data) is not memoryview or dtype.hasobject or data.nbytes != size * dtype.itemsize:
        raise Bad("an array is not as large as its shape")
    if not data.nbytes:
        if size > MAX_RANGE:  # items of no size: NumPy gives some of them a byte each after all
            raise Bad("an array has too many items")
        return np.empty(shape, dtype)
    made = np.frombuffer(data, dtype).reshape(shape, order="F" if by_columns is True else "C")
    return made if data.nbytes > _SHARED else made.copy(order="K")


register(np.ndarray, Codec("np.array", _array_parts, _array, alias=True))


def _matrix(array: Any) -> Any:
    if type(array) is not np.ndarray:
        raise Bad("a matrix without its array")
    return array.view(np.matrix)


def _masked(data: Any, mask: Any, fill: Any) -> Any:
    if type(data) is not np.ndarray or (type(mask) is not np.ndarray and type(mask) is not np.bool_):
        raise Bad("a masked array without data or mask")
    return np.ma.MaskedArray(data, mask, fill_value=fill)


def _bare(data: Any, mask: Any, fill: Any) -> np.ndarray[Any, Any]:
    """A masked array without its mask: what was masked is not a number."""
    masked = _masked(data, mask, fill)
    where = np.ma.getmaskarray(masked)
    if not masked.dtype.names and not where.any():
        return data
    if masked.dtype.kind in "fc":
        return np.where(where, masked.dtype.type("nan"), data)
    if masked.dtype.kind in "biu":
        return np.where(where, np.nan, data.astype(np.float64))
    return np.full(data.shape, np.nan)


register(np.matrix, Codec("np.matrix", lambda x: (x.view(np.ndarray),), _matrix, alias=True))
register(
    np.ma.MaskedArray,
    Codec(
        "np.masked",
        lambda x: (x.data.view(np.ndarray), x.mask, x.fill_value),
        _masked,
        alias=True,
        bare=_bare,
    ),
)

# ------------------------------------------------------------------------------------------------ scalars


def _scalar(dtype: Any, data: Any) -> Any:
    if not isinstance(dtype, np.dtype) or dtype.hasobject or type(data) is not bytes:
        raise Bad("a scalar without dtype")
    if not dtype.itemsize:
        return dtype.type()
    return np.frombuffer(data, dtype, count=1)[0]


def _exactly(kind: type, make: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def checked(value: Any) -> Any:
        if type(value) is not kind:
            raise Bad("a scalar of another kind")
        return make(value)

    return checked


_SCALAR = Codec("np.scalar", lambda x: (x.dtype, x.tobytes()), _scalar)
for _scalar_type in {*np.sctypeDict.values()} - {np.object_}:
    register(_scalar_type, _SCALAR)
# The three that every test meets go as JSON numbers.
register(np.float64, Codec("np.f8", lambda x: (float(x),), _exactly(float, np.float64)))
register(np.int64, Codec("np.i8", lambda x: (int(x),), _exactly(int, np.int64)))
register(np.bool_, Codec("np.?", lambda x: (bool(x),), _exactly(bool, np.bool_)))
for _dtype_class in {type(np.dtype(kind)) for kind in np.sctypeDict.values()} | {np.dtypes.StringDType}:
    register(_dtype_class, _DTYPE)

# ------------------------------------------------------------------------------------------------ generators

_BIT_GENERATORS = {
    kind.__name__: kind
    for kind in (np.random.MT19937, np.random.PCG64, np.random.PCG64DXSM, np.random.Philox, np.random.SFC64)
}


def _checked(state: Any) -> Any:
    """A generator's state whose places lie within its words; NumPy would read behind them."""
    if type(state) is not dict or type(state.get("state")) is not dict:
        raise Bad("a random generator without a state")
    for place, most in ((state["state"].get("pos", 0), 624), (state.get("buffer_pos", 0), 4)):
        if type(place) is not int or not 0 <= place <= most:
            raise Bad("a random generator stands outside its words")
    return state


def _random_state(state: Any) -> np.random.RandomState:
    made = np.random.RandomState(np.random.MT19937(0))
    made.set_state(_checked(state))
    return made


def _generator_parts(value: np.random.Generator) -> tuple[str, Any]:
    name = type(value.bit_generator).__name__
    if name not in _BIT_GENERATORS:
        raise NotPlain
    return name, value.bit_generator.state


def _generator(name: Any, state: Any) -> np.random.Generator:
    if type(name) is not str or name not in _BIT_GENERATORS:
        raise Bad("an unknown random generator")
    bits = _BIT_GENERATORS[name](0)
    bits.state = _checked(state)
    return np.random.Generator(bits)


register(
    np.random.RandomState,
    Codec("np.RandomState", lambda x: (x.get_state(legacy=False),), _random_state, alias=True),
)
register(np.random.Generator, Codec("np.Generator", _generator_parts, _generator, alias=True))

# ------------------------------------------------------------------------------------------------ polynomials


def _series(kind: type) -> Callable[..., Any]:
    def make(*arrays: Any) -> Any:
        if not all(type(array) is np.ndarray for array in arrays):
            raise Bad("a polynomial without coefficients")
        return kind(*arrays)

    return make


for _polynomial in (
    np.polynomial.Polynomial,
    np.polynomial.Chebyshev,
    np.polynomial.Legendre,
    np.polynomial.Laguerre,
    np.polynomial.Hermite,
    np.polynomial.HermiteE,
):
    register(
        _polynomial,
        Codec(f"np.{_polynomial.__name__}", lambda x: (x.coef, x.domain, x.window), _series(_polynomial)),
    )
register(np.poly1d, Codec("np.poly1d", lambda x: (x.coeffs,), _series(np.poly1d)))

# ------------------------------------------------------------------------------------------------ functions


def _ufunc_parts(value: np.ufunc) -> tuple[str]:
    if getattr(np, value.__name__, None) is not value:
        raise NotPlain  # made by `np.frompyfunc`, from a function of the student's
    return (value.__name__,)


def _ufunc(name: Any) -> Any:
    found: Any = getattr(np, name, None) if type(name) is str else None
    if type(found) is not np.ufunc:
        raise Bad("an unknown function of NumPy")
    return found


register(np.ufunc, Codec("np.ufunc", _ufunc_parts, _ufunc))
