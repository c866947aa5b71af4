"""Variables: the nodes of a graph, written down when gates run on them, and the backward pass over them.

Two ways to use the same gates:

*define-then-run*: ``ck.variables`` are names without numbers; an expression of them is a plan, and a
:class:`~coursekit.graph.ComputationalGraph` runs it forward and backward on any numbers.

*define-by-run*: a :class:`Variable` with a number computes at once and remembers how;
``result.backward()`` leaves the gradient of the result in ``.grad`` of everything it came from.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from coursekit import gates
from coursekit.errors import GateError, gate_failure
from coursekit.gates import (
    AddGate,
    DivideGate,
    Gate,
    IndexGate,
    MultiplyGate,
    NegateGate,
    PowerGate,
    SubtractGate,
    gate_of,
)
from coursekit.gates.words import Traced, sum_to
from coursekit.values import as_value, describe, is_array, plain

__all__ = [
    "HasNodes",
    "Variable",
    "backpropagate",
    "call",
    "handed_back",
    "record",
    "run_gates",
    "seed",
    "topological_order",
    "variables",
]


class HasInputs(Protocol):
    """Anything that has a tuple of inputs of its own kind."""

    @property
    def inputs(self) -> tuple[Any, ...]:
        """What it was made from."""


class HasNodes(Protocol):
    """A graph, as whoever traces, compiles, tells or draws it looks at it.

    :class:`~coursekit.graph.ComputationalGraph` is one, and says what these are. It calls on all of them, so
    none of them can know its class.
    """

    @property
    def nodes(self) -> Sequence[Variable]:
        """All nodes, in topological order."""

    @property
    def inputs(self) -> list[str]:
        """The names of the inputs."""

    @property
    def outputs(self) -> Sequence[Variable]:
        """The nodes computed."""

    @property
    def names(self) -> list[str] | None:
        """The names of the outputs, if they have any."""


Node = TypeVar("Node", bound=HasInputs)


class Variable(Traced):
    """A node of a graph: an input, a constant, or a gate applied to other nodes.

    Parameters
    ----------
    value
        A number or an array: the node computes at once (define-by-run). ``None``: a symbol without a value.
    name
        What it is called in graphs, pictures, code and messages.

    Attributes
    ----------
    value, grad
        The number or array, and the gradient of the result of the last ``backward()`` with respect to it
        (same shape); ``None`` before.
    gate, inputs
        The gate that made it and the nodes the gate was given; ``None`` and ``()`` for a leaf.
    constant : bool
        True for a number that was written into the expression: it has no gradient.

    Raises
    ------
    TypeError
        If the value is not made of numbers.

    >>> a = Variable(2.0, "a")
    >>> (a * a + a).backward()
    >>> a.grad                      # 2a from the product and 1 from the sum: branches add
    5.0
    """

    __slots__ = ("constant", "gate", "grad", "inputs", "name", "value")

    gate: Gate | None
    inputs: tuple[Variable, ...]
    name: str | None
    value: Any
    grad: Any

    def __init__(self, value: Any = None, name: str | None = None) -> None:
        if isinstance(value, str):
            raise TypeError(
                f"a Variable begins with its value, a number or an array, and {value!r:.40} is a text. "
                f'A variable without a value is made by ck.variables("{value:.40}")'
            )
        self.value = None if value is None else as_value(value, f"Variable {name or ''}".rstrip())
        self.name = name
        self.grad = None
        self.gate = None
        self.inputs = ()
        self.constant = False

    def apply(self, word: str, *operands: Any, **parameters: Any) -> Variable:
        """Record the gate of ``word``: what a gate body does when it runs on variables."""
        gate, inputs = gate_of(word, operands, parameters)
        return record(gate, *inputs)

    # The operators name their gates directly: a graph built by a loop spends most of its time here.
    def __add__(self, other: Any) -> Variable:
        return _record_pair(ADD, self, other)

    def __radd__(self, other: Any) -> Variable:
        return _record_pair(ADD, other, self)

    def __sub__(self, other: Any) -> Variable:
        return _record_pair(SUBTRACT, self, other)

    def __rsub__(self, other: Any) -> Variable:
        return _record_pair(SUBTRACT, other, self)

    def __mul__(self, other: Any) -> Variable:
        return _record_pair(MultiplyGate(), self, other)

    def __rmul__(self, other: Any) -> Variable:
        return _record_pair(MultiplyGate(), other, self)

    def __truediv__(self, other: Any) -> Variable:
        return _record_pair(DivideGate(), self, other)

    def __neg__(self) -> Variable:
        return record(NEGATE, self)

    def __pow__(self, other: Any) -> Variable:
        if isinstance(other, (int, float)):
            return record(PowerGate(other), self)
        return self.apply("power", self, other)

    def __getitem__(self, key: Any) -> Variable:
        return record(IndexGate(key), self)

    def __iter__(self) -> Iterator[Variable]:
        if not is_array(self.value):
            raise TypeError(f"{self!r} cannot be unpacked: it holds {describe(self.value)}")
        return (self[i] for i in range(len(self.value)))

    def __len__(self) -> int:
        if not is_array(self.value):
            raise TypeError(f"{self!r} has no length: it holds {describe(self.value)}")
        return len(self.value)

    def __bool__(self) -> bool:
        raise TypeError(
            f"{self!r} is neither true nor false: an `if` cannot be part of a graph. Use a gate such as "
            "ck.maximum or ck.where, or decide with its .value"
        )

    def _not_compared(self, other: Any) -> bool:
        raise TypeError(
            f"{self!r} cannot be compared by < or >: an `if` cannot be part of a graph. Use a gate such as "
            "ck.maximum or ck.where, or compare its .value"
        )

    __lt__ = __le__ = __gt__ = __ge__ = _not_compared

    def __getattr__(self, name: str) -> Any:
        """Say what is called differently here than in NumPy, PyTorch and micrograd."""
        advice = _CALLED.get(name, "")
        if not advice and f"{name.replace('_', '').lower()}gate" in _GATES:
            advice = f"write ck.{name}(…)"
        raise AttributeError(f"a Variable has no {name!r}" + (f": {advice}" if advice else ""))

    def __float__(self) -> float:
        raise TypeError(
            f"{self!r} is a variable, and math functions would forget how it was made: use coursekit's "
            "own, such as ck.exp; its number alone is in .value"
        )

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError(
            f"{self!r} is a variable, not an array: use coursekit's functions; its array is in .value"
        )

    def __array_ufunc__(self, ufunc: Any, method: str, *operands: Any, **kwargs: Any) -> Any:
        # An array on the left of an operator arrives here; NumPy's functions do too, and are named.
        word = {"true_divide": "divide", "float_power": "power"}.get(ufunc.__name__, ufunc.__name__)
        if method == "__call__" and word in ("add", "subtract", "multiply", "divide", "power", "matmul"):
            return self.apply(word, *operands)
        raise TypeError(
            f"np.{ufunc.__name__} does not know {self!r}: use ck.{ufunc.__name__}, which also takes variables"
        )

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        name = function.__name__
        raise TypeError(f"np.{name} does not know {self!r}: use ck.{name}, which also takes variables")

    def named(self, name: str) -> Variable:
        """Give this node a name for pictures, code and messages; return it.

        >>> w1, = variables("w1")
        >>> (w1**3).named("a")
        Variable a
        """
        if not (isinstance(name, str) and name.strip()):
            raise TypeError(f"a name is a text that is not empty, not {name!r}")
        self.name = name
        return self

    def backward(self, upstream: Any = None) -> None:
        """Leave in ``.grad`` of every node behind this one the gradient of this node's value.

        Each call starts anew (nothing has to be set to zero); within a call, branches add.

        Parameters
        ----------
        upstream
            The gradient of whatever follows, of this node's shape. It may be left out for a number: 1.

        Raises
        ------
        GateError
            If no value is known, or this is an array and no upstream gradient is given.
        """
        if self.value is None:
            raise GateError(
                f"{self!r} has no value to go back from: give the variables numbers, or use a graph"
            )
        order = topological_order([self])
        backpropagate(order, [(self, seed(self, upstream))])

    def __repr__(self) -> str:
        if self.constant:
            return f"Variable({self.value!r})"
        label = self.name or (type(self.gate).__name__ if self.gate else "")
        known = "" if self.value is None else f" = {self.value!r}"
        return f"Variable {label}{known}".replace("  ", " ")


def variables(names: str | Iterable[str]) -> tuple[Variable, ...]:
    """Make symbols: variables that have a name and no number yet.

    Parameters
    ----------
    names
        Names divided by blanks or commas, or a list of names. A name given twice gives one variable.

    Raises
    ------
    TypeError
        For anything but texts.
    ValueError
        If there is no name, or an empty one.

    >>> w1, w2 = variables("w1 w2")
    >>> w1**3 * w2
    Variable MultiplyGate
    """
    if not isinstance(names, (str, list, tuple)) or not all(isinstance(name, str) for name in names):
        raise TypeError(f'variables() takes names, as in ck.variables("w1 w2"), not {names!r:.60}')
    listed = names.replace(",", " ").split() if isinstance(names, str) else list(names)
    if not all(listed) or not listed:
        raise ValueError(f'a variable needs a name, as in ck.variables("w1 w2"), and {names!r} holds none')
    made = {name: Variable(None, name) for name in listed}
    return tuple(made[name] for name in listed)


def record(gate: Gate, *operands: Any) -> Variable:
    """Return the node that applies ``gate`` to ``operands``; compute it where all values are known."""
    inputs = tuple([x if isinstance(x, Variable) else _constant(x) for x in operands])
    node = Variable()
    node.gate, node.inputs = gate, inputs
    for x in inputs:
        if x.value is None:
            return node
    run_gates([node])
    return node


def _record_pair(gate: Gate, x: Any, y: Any) -> Variable:
    """Do the same for a gate of two inputs, in one frame: loops that build graphs spend their time here."""
    if x.__class__ is not Variable and not isinstance(x, Variable):
        x = _constant(x)
    if y.__class__ is not Variable and not isinstance(y, Variable):
        y = _constant(y)
    node: Variable = _new(Variable)
    node.gate, node.inputs = gate, (x, y)
    node.value = node.grad = node.name = None
    node.constant = False
    a, b = x.value, y.value
    if a is not None and b is not None:
        try:
            node.value = gate.forward(a, b)
        except GATE_ERRORS as error:
            raise gate_failure("", gate, [a, b], error) from error
    return node


_GATES = frozenset(name.lower() for name in gates.__all__)
_CALLED = {  # elsewhere: here
    **dict.fromkeys(("data", "item", "numpy", "detach"), "its number or array is in .value"),
    **dict.fromkeys(("shape", "ndim", "size", "dtype"), "its array is in .value"),
    "T": "write ck.transpose(…)",
    "zero_grad": "each backward() starts anew, so there is nothing to clear",
}

GATE_ERRORS = (ArithmeticError, TypeError, ValueError, IndexError)
ADD, SUBTRACT, NEGATE = AddGate(), SubtractGate(), NegateGate()  # gates that keep nothing can be shared
_new = Variable.__new__


def _constant(value: Any) -> Variable:
    if value is None:
        raise TypeError("a gate was given None: has a function no return?")
    node = Variable(value)
    node.constant = True
    return node


def call(gate: Gate, *operands: Any) -> Any:
    """Apply ``gate`` to numbers and arrays at once, or record it when a variable is among them."""
    for x in operands:
        if isinstance(x, Variable):
            return record(gate, *operands)
    name = type(gate).__name__
    values = [x if isinstance(x, Traced) else as_value(x, f"the input of {name}") for x in operands]
    try:
        return plain(gate.forward(*values))
    except GATE_ERRORS as error:
        raise gate_failure(name, gate, values, error) from error


def run_gates(nodes: Iterable[Variable]) -> None:
    """Run the gates of ``nodes``, in order, on the values of their inputs; leaves are left alone.

    Raises
    ------
    GateError, TypeError
        If a gate cannot work on what it is given: says which gate, what it was given, and what would fit.
    """
    try:
        for node in nodes:
            gate, inputs = node.gate, node.inputs
            if gate is None:
                continue
            if len(inputs) == 2:
                x, y = inputs
                node.value = gate.forward(x.value, y.value)
            else:
                node.value = gate.forward(*[x.value for x in inputs])
    except GATE_ERRORS as error:
        values = [x.value for x in inputs]
        if any(isinstance(value, Traced) for value in values):
            raise
        raise gate_failure(node.name or "", gate, values, error) from error


def topological_order(outputs: Iterable[Node]) -> list[Node]:
    """Return all nodes behind ``outputs``, each after its inputs, by a depth-first walk without recursion.

    A node is anything with a tuple ``inputs`` of nodes.

    The order is what makes backprop right: when a gate is reached going backwards, every path from it to
    the result has already delivered its share. Recursing along the edges instead would visit a node once
    a *path*; twenty doublings in a row have a million paths.

    >>> x, = variables("x")
    >>> for _ in range(20):
    ...     x = x + x
    >>> len(topological_order([x]))
    21
    """
    order: list[Node] = []
    seen: set[Node] = set()
    entered: list[Node] = []  # nodes whose inputs are being visited
    stack: list[Node | None] = [*reversed(list(outputs))]
    while stack:
        node = stack.pop()
        if node is None:  # all inputs of the node entered last are in the order
            order.append(entered.pop())
        elif node not in seen:
            seen.add(node)
            if node.inputs:
                entered.append(node)
                stack.append(None)
                stack.extend(node.inputs[::-1])
            else:
                order.append(node)
    return order


def seed(output: Variable, upstream: Any) -> Any:
    """Return the gradient a backward pass starts with: ``upstream``, or 1 for a single number."""
    value = output.value
    if upstream is None:
        if is_array(value):
            raise GateError(
                f"{output!r:.80} is {describe(value)}, and only a single number has a gradient. Reduce it, "
                "for example with ck.sum, or say with upstream= how much each entry counts"
            )
        return 1.0
    upstream = as_value(upstream, "upstream") if not isinstance(upstream, Traced) else upstream
    if getattr(upstream, "shape", ()) != getattr(value, "shape", ()):
        raise GateError(
            f"upstream is {describe(upstream)}, but the output is {describe(value)}: shapes must agree"
        )
    return upstream


def backpropagate(order: Sequence[Variable], seeds: Iterable[tuple[Variable, Any]]) -> None:
    """Run the one backward pass there is: for numbers, arrays and expressions alike.

    Parameters
    ----------
    order
        Nodes in topological order whose gates have run forward.
    seeds
        Pairs of an output and its upstream gradient.
    """
    for node in order:
        node.grad = None
    for node, upstream in seeds:
        node.grad = upstream if node.grad is None else node.grad + upstream
    for node in reversed(order):
        gate, dz = node.gate, node.grad
        if gate is None or dz is None:
            continue
        dxs = gate.backward(dz)
        if dxs.__class__ is not tuple:
            dxs = (dxs,)
        i = 0  # counted by hand: zip() would double the time of a pass over numbers
        for x in node.inputs:
            dx = dxs[i]
            i += 1
            if dx is None or x.constant:
                continue
            if dx.__class__ is not float and gate.broadcasts:
                dx = sum_to(dx, x.value)
            before = x.grad
            x.grad = dx if before is None else before + dx  # branches add


def handed_back(node: Variable, dz: Any) -> list[tuple[Any, Any] | None]:
    """Return what the gate of ``node`` hands back to each of its inputs when ``dz`` arrives from upstream.

    Returns
    -------
    For each input a pair: its gradient, in its own shape, and the local derivative that was multiplied with
    (``None`` for arrays, whose local derivative is a whole Jacobian). ``None`` for a constant, and where no
    gradient belongs.
    """
    gate: Any = node.gate
    dxs = gate.backward(dz)
    dxs = dxs if type(dxs) is tuple else (dxs,)
    locals_: tuple[Any, ...] = (None,) * len(dxs)
    if not any(is_array(x.value) for x in (node, *node.inputs)):
        with suppress(ArithmeticError):
            slopes = gate.backward(1.0)
            locals_ = slopes if type(slopes) is tuple else (slopes,)
    return [
        None if dx is None or x.constant else (plain(sum_to(dx, x.value) if gate.broadcasts else dx), local)
        for x, dx, local in zip(node.inputs, dxs, locals_, strict=True)
    ]
