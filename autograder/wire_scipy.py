"""Sparse matrices and arrays of SciPy by value."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sparse

import autograder.wire_numpy  # noqa: F401  # their parts are arrays
from autograder.wire_codec import Bad, Codec, NotPlain, register

__all__ = ["codec_of"]

_MOST = 1 << 31  # rows or columns


def codec_of(kind: type) -> Codec | None:
    """No kinds beside the registered ones."""
    return None


def _by_rows(value: Any) -> tuple[Any, ...]:
    return value.shape, value.data, value.indices, value.indptr


def _by_entries(value: Any) -> tuple[Any, ...]:
    entries = value.tocoo()
    if len(entries.shape) != 2:
        raise NotPlain
    return entries.shape, entries.data, entries.row, entries.col


def _checked(shape: Any, *arrays: Any) -> None:
    if (
        type(shape) is not tuple
        or not all(type(n) is int and 0 <= n < _MOST for n in shape)
        or len(shape) != 2
    ):
        raise Bad("an impossible shape of a sparse matrix")
    if not all(type(array) is np.ndarray and array.ndim == 1 for array in arrays):
        raise Bad("a sparse matrix without its arrays")
    if arrays[0].dtype.kind not in "biufc" or not all(array.dtype.kind in "iu" for array in arrays[1:]):
        raise Bad("a sparse matrix of something else than numbers")


def _made_by_rows(kind: Any) -> Any:
    def make(shape: Any, data: Any, indices: Any, starts: Any) -> Any:
        _checked(shape, data, indices, starts)
        made = kind((data, indices, starts), shape=shape)
        made.check_format(full_check=True)  # SciPy itself would read behind the arrays
        return made

    return make


def _made_by_entries(kind: Any) -> Any:
    def make(shape: Any, data: Any, rows: Any, columns: Any) -> Any:
        _checked(shape, data, rows, columns)
        if not len(data) == len(rows) == len(columns):
            raise Bad("a sparse matrix without some of its places")
        for places, size in ((rows, shape[0]), (columns, shape[1])):
            if len(places) and (places.min() < 0 or places.max() >= size):
                raise Bad("a sparse matrix with an entry outside")
        if kind in _LILS and shape[0] > 1 << 20:  # it has a list a row
            raise Bad("a sparse matrix with too many rows")
        return kind(sparse.coo_matrix((data, (rows, columns)), shape=shape))

    return make


_LILS = sparse.lil_matrix, sparse.lil_array
for _kind in (sparse.csr_matrix, sparse.csr_array, sparse.csc_matrix, sparse.csc_array):
    register(_kind, Codec(f"sp.{_kind.__name__}", _by_rows, _made_by_rows(_kind), alias=True))
for _kind in (sparse.coo_matrix, sparse.coo_array, *_LILS, sparse.dok_matrix, sparse.dok_array):
    register(_kind, Codec(f"sp.{_kind.__name__}", _by_entries, _made_by_entries(_kind), alias=True))
