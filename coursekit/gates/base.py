"""What every gate is: something that runs forward, and hands gradients back."""

from __future__ import annotations

from typing import Any


class Gate:
    """A node's rule: ``forward`` computes, ``backward`` applies the chain rule locally.

    A gate knows three things only: its inputs, its output and the *upstream gradient* ``dz``, the derivative
    of the final result with respect to this gate's output. It multiplies upstream by its *local* derivative
    and hands the product *downstream* (catalogue USC-49, BER-28).

    ``forward(*inputs)`` keeps on ``self`` what ``backward`` will need. ``backward(dz)`` returns the gradient
    of each input, in order: a tuple for several inputs, the gradient itself for one, ``None`` where no
    gradient belongs (a target, an index). Parameters such as an exponent go to the constructor.

    The bodies of both are made of operators and of the words in :mod:`coursekit.gates.words` alone. They hold
    no ``if``, no comparison and no mention of NumPy, and so run unchanged on floats, complex numbers, arrays,
    variables, SymPy symbols and the expressions from which code is generated.

    Attributes
    ----------
    symbol : str
        How the gate is drawn.
    broadcasts : bool
        True where inputs of different shapes are stretched against each other, entry by entry. Only then do
        gradients have to be summed back to the shape of their input.
    """

    symbol: str = ""
    broadcasts: bool = False

    def forward(self, *inputs: Any) -> Any:
        """Compute the output; keep what ``backward`` needs."""
        raise NotImplementedError(f"{type(self).__name__} has no forward()")

    def backward(self, dz: Any) -> Any:
        """Return the gradient of each input, given the upstream gradient ``dz``."""
        raise NotImplementedError(f"{type(self).__name__} has no backward()")

    def __getattr__(self, name: str) -> Any:
        """Say what is missing: most likely what ``forward`` keeps for ``backward``."""
        kind = type(self).__name__
        if name.startswith("_"):
            raise AttributeError(f"{kind} has no attribute {name!r}")
        raise AttributeError(
            f"{kind} has no {name!r}: what backward needs is kept by forward, so call forward(…) first"
        )

    @property
    def label(self) -> str:
        """The symbol with the gate's parameters, as drawn in a picture."""
        return self.symbol or type(self).__name__.removesuffix("Gate").lower()

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"
