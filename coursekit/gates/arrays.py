"""Gates that multiply, reduce and rearrange arrays.

Those at the end of the file are the gradients of the others as gates of their own: they appear in the graph
of a derivative.
"""

from __future__ import annotations

from typing import Any

from coursekit.gates.base import Gate
from coursekit.gates.words import (
    Axis,
    alone,
    concatenate,
    count,
    embed,
    index,
    matmul_left,
    matmul_right,
    part,
    put,
    reshape,
    reshape_to,
    rows,
    split,
    spread,
    sum_over,
    sum_to,
    transpose,
)


class MatMulGate(Gate):
    """z = x @ w: (n, d) @ (d, c) gives (n, c); vectors and stacks of matrices as in NumPy.

    >>> import numpy as np
    >>> gate = MatMulGate()
    >>> gate.forward(np.array([[1.0, 2.0]]), np.array([[3.0], [4.0]]))
    array([[11.]])
    >>> dx, dw = gate.backward(np.array([[1.0]]))
    >>> dx, dw
    (array([[3., 4.]]), array([[1.],
           [2.]]))
    """

    symbol = "@"

    def forward(self, x: Any, w: Any) -> Any:
        """Return x @ w."""
        self.x, self.w = x, w
        return x @ w

    def backward(self, dz: Any) -> Any:
        """Return dx = dz @ wᵀ, dw = xᵀ @ dz (for matrices)."""
        return matmul_left(dz, self.x, self.w), matmul_right(dz, self.x, self.w)


class SumGate(Gate):
    """z = the sum along an axis (of all entries for ``axis=None``): each entry receives dz whole.

    >>> import numpy as np
    >>> gate = SumGate()
    >>> gate.forward(np.array([1.0, 2.0])), gate.backward(3.0)
    (3.0, array([3., 3.]))
    """

    symbol = "Σ"

    def __init__(self, axis: Axis = None, keepdims: bool = False) -> None:
        self.axis, self.keepdims = axis, keepdims

    def forward(self, x: Any) -> Any:
        """Return the sum along the axis."""
        self.x = x
        return sum_over(x, axis=self.axis, keepdims=self.keepdims)

    def backward(self, dz: Any) -> Any:
        """Return dx: dz repeated along the axis."""
        return spread(dz, self.x, axis=self.axis)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.axis!r})"


class MeanGate(SumGate):
    """z = the mean along an axis: the sum's gradient divided by the number of entries.

    >>> import numpy as np
    >>> gate = MeanGate()
    >>> gate.forward(np.array([1.0, 2.0])), gate.backward(3.0)
    (1.5, array([1.5, 1.5]))
    """

    symbol = "mean"

    def forward(self, x: Any) -> Any:
        """Return the mean along the axis."""
        self.x, self.n = x, count(x, axis=self.axis)
        return sum_over(x, axis=self.axis, keepdims=self.keepdims) / self.n

    def backward(self, dz: Any) -> Any:
        """Return dx: dz / n repeated along the axis."""
        return spread(dz / self.n, self.x, axis=self.axis)


class TransposeGate(Gate):
    """z = x with its axes in another order (reversed if no order is given).

    >>> import numpy as np
    >>> TransposeGate().forward(np.zeros((2, 3))).shape
    (3, 2)
    """

    symbol = "( )ᵀ"

    def __init__(self, axes: tuple[int, ...] | None = None) -> None:
        self.axes = axes
        self.inverse = None if axes is None else tuple(sorted(range(len(axes)), key=lambda i: axes[i]))

    def forward(self, x: Any) -> Any:
        """Return x with its axes reordered."""
        return transpose(x, axes=self.axes)

    def backward(self, dz: Any) -> Any:
        """Return dx: dz with its axes put back."""
        return transpose(dz, axes=self.inverse)

    def __repr__(self) -> str:
        return f"TransposeGate({self.axes!r})"


class ReshapeGate(Gate):
    """z = the entries of x, row by row, in another shape; one length may be −1.

    >>> import numpy as np
    >>> gate = ReshapeGate((-1,))
    >>> gate.forward(np.zeros((2, 3))).shape, gate.backward(np.ones(6)).shape
    ((6,), (2, 3))
    """

    symbol = "reshape"

    def __init__(self, shape: tuple[int, ...]) -> None:
        self.shape = shape

    def forward(self, x: Any) -> Any:
        """Return x in the new shape."""
        self.x = x
        return reshape(x, shape=self.shape)

    def backward(self, dz: Any) -> Any:
        """Return dx: dz in the old shape."""
        return reshape_to(dz, self.x)

    def __repr__(self) -> str:
        return f"ReshapeGate({self.shape!r})"


class IndexGate(Gate):
    """z = x[key]: pick entries of an array; the key is a constant of the gate.

    Shapes as in NumPy's indexing. The entries that were not picked receive no gradient; an entry picked
    twice receives both.

    >>> import numpy as np
    >>> gate = IndexGate(1)
    >>> gate.forward(np.array([4.0, 7.0])), gate.backward(1.0)
    (7.0, array([0., 1.]))
    """

    def __init__(self, key: Any) -> None:
        self.key = key

    def forward(self, x: Any) -> Any:
        """Return x[key]."""
        self.x = x
        return index(x, key=self.key)

    def backward(self, dz: Any) -> Any:
        """Return dx: zeros of the shape of x, with dz added at the key."""
        return put(dz, self.x, key=self.key)

    @property
    def label(self) -> str:
        """The key as it is written: [1]."""
        return f"[{self.key!r}]"

    def __repr__(self) -> str:
        return f"IndexGate({self.key!r})"


class ConcatenateGate(Gate):
    """z = the inputs laid end to end along an axis; backward cuts dz apart again.

    >>> import numpy as np
    >>> gate = ConcatenateGate()
    >>> gate.forward(np.array([1.0]), np.array([2.0, 3.0]))
    array([1., 2., 3.])
    >>> gate.backward(np.array([4.0, 5.0, 6.0]))
    (array([4.]), array([5., 6.]))
    """

    symbol = "concat"

    def __init__(self, axis: int = 0) -> None:
        self.axis = axis

    def forward(self, *xs: Any) -> Any:
        """Return the inputs laid end to end."""
        self.xs = xs
        return concatenate(*xs, axis=self.axis)

    def backward(self, dz: Any) -> Any:
        """Return for each input its part of dz."""
        return split(dz, self.xs, axis=self.axis)

    def __repr__(self) -> str:
        return f"ConcatenateGate({self.axis!r})"


# ---- the gradients of the above, as gates ------------------------------------------------------------------


class SumToGate(Gate):
    """z = x summed over the axes along which ``like`` would be stretched; z has the shape of ``like``.

    It undoes broadcasting. Of single numbers it is the identity.
    """

    symbol = "Σ→"

    def __init__(self, axis: Axis = None) -> None:
        self.axis = axis

    def forward(self, x: Any, like: Any) -> Any:
        """Return x summed to the shape of ``like``."""
        self.x = x
        return sum_to(x, like, axis=self.axis)

    def backward(self, dz: Any) -> Any:
        """Return dx: dz repeated over the summed axes."""
        return spread(dz, self.x, axis=self.axis), None


class SpreadGate(Gate):
    """z = x repeated until it has the shape of ``like``: what broadcasting does."""

    symbol = "→Σ"

    def __init__(self, axis: Axis = None) -> None:
        self.axis = axis

    def forward(self, x: Any, like: Any) -> Any:
        """Return x broadcast to the shape of ``like``."""
        self.x = x
        return spread(x, like, axis=self.axis)

    def backward(self, dz: Any) -> Any:
        """Return dx: dz summed over the repeated axes."""
        return sum_to(dz, self.x, axis=self.axis), None


class CountGate(Gate):
    """z = the number of entries of x along an axis; a shape has no gradient."""

    symbol = "n"

    def __init__(self, axis: Axis = None) -> None:
        self.axis = axis

    def forward(self, x: Any) -> Any:
        """Return the number of entries."""
        return count(x, axis=self.axis)

    def backward(self, dz: Any) -> Any:
        """Return None."""
        return None


class RowsGate(Gate):
    """z = the number of rows of x; a shape has no gradient."""

    symbol = "rows"

    def forward(self, x: Any) -> Any:
        """Return the number of rows."""
        return rows(x)

    def backward(self, dz: Any) -> Any:
        """Return None."""
        return None


class PutGate(Gate):
    """z = zeros of the shape of ``like``, with x added at the key: the transpose of :class:`IndexGate`."""

    symbol = "put"

    def __init__(self, key: Any) -> None:
        self.key = key

    def forward(self, x: Any, like: Any) -> Any:
        """Return zeros shaped as ``like`` with x added at the key."""
        return put(x, like, key=self.key)

    def backward(self, dz: Any) -> Any:
        """Return dx = dz[key]; ``like`` lends its shape only."""
        return index(dz, key=self.key), None


class ReshapeToGate(Gate):
    """z = the entries of x in the shape of ``like``."""

    symbol = "reshape"

    def forward(self, x: Any, like: Any) -> Any:
        """Return x in the shape of ``like``."""
        self.x = x
        return reshape_to(x, like)

    def backward(self, dz: Any) -> Any:
        """Return dx: dz in the old shape."""
        return reshape_to(dz, self.x), None


class PartGate(Gate):
    """z = the part of x that belongs to one of the pieces of a concatenation."""

    symbol = "part"

    def __init__(self, axis: int, number: int) -> None:
        self.axis, self.number = axis, number

    def forward(self, x: Any, *pieces: Any) -> Any:
        """Return the part; the pieces lend their shapes only."""
        self.pieces = pieces
        return part(x, *pieces, axis=self.axis, number=self.number)

    def backward(self, dz: Any) -> Any:
        """Return dx: dz among zeros; nothing for the pieces."""
        return alone(embed(dz, *self.pieces, axis=self.axis, number=self.number), self.pieces)


class EmbedGate(Gate):
    """z = x among zeros, where its piece stands in a concatenation: the transpose of :class:`PartGate`."""

    symbol = "embed"

    def __init__(self, axis: int, number: int) -> None:
        self.axis, self.number = axis, number

    def forward(self, x: Any, *pieces: Any) -> Any:
        """Return x among zeros; the pieces lend their shapes only."""
        self.pieces = pieces
        return embed(x, *pieces, axis=self.axis, number=self.number)

    def backward(self, dz: Any) -> Any:
        """Return dx: the part of dz; nothing for the pieces."""
        return alone(part(dz, *self.pieces, axis=self.axis, number=self.number), self.pieces)


class MatMulLeftGate(Gate):
    """z = dy @ wᵀ in the shape of x: the gradient of x in y = x @ w, as a gate."""

    symbol = "@ᵀ"

    def forward(self, dy: Any, x: Any, w: Any) -> Any:
        """Return dy @ wᵀ; x lends its shape only."""
        self.dy, self.w = dy, w
        return matmul_left(dy, x, w)

    def backward(self, dz: Any) -> Any:
        """Return d(dy) = dz @ w, None, dw = dzᵀ @ dy."""
        return dz @ self.w, None, matmul_right(self.dy, dz, self.w)


class MatMulRightGate(Gate):
    """z = xᵀ @ dy in the shape of w: the gradient of w in y = x @ w, as a gate."""

    symbol = "ᵀ@"

    def forward(self, dy: Any, x: Any, w: Any) -> Any:
        """Return xᵀ @ dy; w lends its shape only."""
        self.dy, self.x = dy, x
        return matmul_right(dy, x, w)

    def backward(self, dz: Any) -> Any:
        """Return d(dy) = x @ dz, dx = dy @ dzᵀ, None."""
        return self.x @ dz, matmul_left(self.dy, self.x, dz), None
