"""Variables, and the computational graph that is written down when gates run on them.

Two ways to use the same gates:

*define-then-run*: ``ck.variables`` are names without numbers; an expression of them is a plan, and a
:class:`ComputationalGraph` runs it forward and backward as often as one likes, on any numbers.

*define-by-run*: a :class:`Variable` with a number computes at once and remembers how;
``result.backward()`` leaves the gradient of the result in ``.grad`` of everything it came from.
"""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from coursekit.errors import GateError, NotANumberWarning, gate_failure
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

if TYPE_CHECKING:
    from coursekit.drawing import Drawing

__all__ = [
    "ComputationalGraph",
    "Step",
    "Variable",
    "backpropagate",
    "call",
    "topological_order",
    "variables",
]


class HasInputs(Protocol):
    """Anything that has a tuple of inputs of its own kind."""

    @property
    def inputs(self) -> tuple[Any, ...]:
        """What it was made from."""


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

    >>> w1, w2 = variables("w1 w2")
    >>> w1**3 * w2
    Variable MultiplyGate
    """
    listed = names.replace(",", " ").split() if isinstance(names, str) else list(names)
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


GATE_ERRORS = (ArithmeticError, TypeError, ValueError, IndexError)
ADD, SUBTRACT, NEGATE = AddGate(), SubtractGate(), NegateGate()  # gates that keep nothing can be shared
_new = Variable.__new__


def _constant(value: Any) -> Variable:
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


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a forward and backward pass: what a picture highlights and a caption says.

    Attributes
    ----------
    kind
        ``"forward"``: a gate computed its output. ``"seed"``: the output's gradient was set.
        ``"backward"``: one edge carried a gradient from a gate to one of its inputs.
    node
        The node computed, seeded, or whose gate's backward rule was applied.
    target, position
        Backward: the input that receives, and which of the gate's inputs it is.
    value
        Forward: the output. Seed: its gradient.
    upstream, local, contribution
        Backward: contribution = upstream × local. ``local`` is ``None`` for arrays, whose local derivative
        is a whole Jacobian.
    before, total
        Backward: the target's gradient before and after this step; they differ in the contribution, so a
        branch shows up as a sum that grows.
    text
        The step as a sentence.
    """

    kind: Literal["forward", "seed", "backward"]
    node: Variable
    text: str
    value: Any = None
    target: Variable | None = None
    position: int | None = None
    upstream: Any = None
    local: Any = None
    contribution: Any = None
    before: Any = None
    total: Any = None


class ComputationalGraph:
    """A plan of gates that runs forward and backward on any numbers.

    Parameters
    ----------
    *outputs
        The nodes to compute. Inputs are told apart by name: two variables of one name are one input.
    inputs
        The names of the inputs in the order wanted; left out, the order in which they appear. A name that
        the outputs do not depend on is allowed: its gradient is 0.
    names
        Names of the outputs: then ``forward`` returns a dictionary.

    Attributes
    ----------
    nodes : list of Variable
        The graph's own nodes in topological order. They carry ``value`` and ``grad`` of the last run; the
        variables the graph was made from stay untouched.
    inputs : list of str
        The names of the inputs.
    outputs : list of Variable
        The graph's own output nodes.

    Raises
    ------
    TypeError, ValueError
        If an output is not a variable, there is none, or ``inputs`` leaves one out.

    >>> w1, w2 = variables("w1 w2")
    >>> graph = ComputationalGraph(w1**3 * w2 + 3 * w1)
    >>> graph.forward(w1=2.0, w2=3.0)
    30.0
    >>> graph.backward()
    {'w1': 39.0, 'w2': 8.0}
    """

    def __init__(
        self, *outputs: Variable, inputs: Iterable[str] | None = None, names: Sequence[str] | None = None
    ) -> None:
        if not outputs:
            raise ValueError("a graph needs at least one output: ComputationalGraph(w1**3 * w2 + 3 * w1)")
        for z in outputs:
            if not isinstance(z, Variable):
                raise TypeError(
                    f"an output of a graph is made of variables; {z!r:.60} is a {type(z).__name__}"
                )
        self.nodes, self.outputs, self._leaves = _own_nodes(outputs)
        self.inputs = list(self._leaves) if inputs is None else list(inputs)
        self.names = None if names is None else list(names)
        missing = [name for name in self._leaves if name not in self.inputs]
        if missing:
            raise ValueError(
                f"inputs={self.inputs} leaves out {', '.join(missing)}, which the graph contains"
            )
        for name in self.inputs:
            if name not in self._leaves:
                self._leaves[name] = Variable(None, name)
                self.nodes.append(self._leaves[name])

    # ---- running ---------------------------------------------------------------------------------------

    def forward(self, *values: Any, **named: Any) -> Any:
        """Compute the outputs.

        Parameters
        ----------
        *values, **named
            A number or array for each input: in the order of ``inputs``, or by name. An input made as
            ``Variable(2.0, "a")`` keeps its number when none is given.

        Returns
        -------
        The output; a tuple for several outputs; a dictionary if the graph names its outputs.

        Raises
        ------
        TypeError
            For an input that is missing, unknown or given twice.
        GateError
            If a gate cannot work on what it is given: says which gate, the shapes, and what would fit.
        """
        self._assign(values, named)
        for node in self.nodes:
            node.grad = None
        run_gates(self.nodes)
        for z in self.outputs:
            z.value = plain(z.value)
            if _has_nan(z.value):
                self._warn_of_nan()
                break
        return self._answer([z.value for z in self.outputs])

    def backward(self, upstream: Any = None) -> dict[str, Any]:
        """Return the gradient of the output with respect to each input, after :meth:`forward`.

        Parameters
        ----------
        upstream
            The gradient of whatever follows, of the output's shape; for several outputs one each, in a tuple.
            It may be left out for a single number: 1.

        Raises
        ------
        GateError
            If the graph has not run forward, or an output that is an array has no upstream gradient.
        """
        if any(z.value is None for z in self.outputs):
            raise GateError("backward() goes back over a forward pass: call graph.forward(...) first")
        if len(self.outputs) == 1:
            upstreams = [upstream]
        elif isinstance(upstream, dict) and self.names:
            upstreams = [upstream[name] for name in self.names]
        elif isinstance(upstream, (tuple, list)) and len(upstream) == len(self.outputs):
            upstreams = list(upstream)
        else:
            raise GateError(
                f"this graph has {len(self.outputs)} outputs: give upstream= one gradient for each"
            )
        backpropagate(self.nodes, [(z, seed(z, dz)) for z, dz in zip(self.outputs, upstreams, strict=True)])
        return {name: self._gradient_of(self._leaves[name]) for name in self.inputs}

    def value(self, node: Variable) -> Any:
        """Return the value of one of ``nodes`` in the last forward pass, ``None`` before it."""
        return plain(node.value)

    def grad(self, node: Variable) -> Any:
        """Return the gradient of one of ``nodes`` in the last backward pass, ``None`` before it."""
        return plain(node.grad)

    def steps(self, **named: Any) -> list[Step]:
        """Return the passes as a list of events: forward ops, the seed, one step a backward edge.

        Parameters
        ----------
        **named
            Inputs: the graph is run forward and backward on them first.

        Raises
        ------
        GateError
            If the graph has not run forward yet and no inputs are given.

        >>> x, y, z = variables("x y z")
        >>> for step in ComputationalGraph(x * y + z).steps(x=-3, y=5, z=4):
        ...     print(step.text)
        a = x × y = −3 × 5 = −15
        f = a + z = −15 + 4 = −11
        ∇f = 1: the output with respect to itself
        ∇a += upstream 1 × local 1 = 1
        ∇z += upstream 1 × local 1 = 1
        ∇x += upstream 1 × local 5 = 5
        ∇y += upstream 1 × local −3 = −3
        """
        from coursekit.narration import narrate

        if named:
            self.forward(**named)
        return narrate(self)

    # ---- the derivative, as a graph and as code -----------------------------------------------------------

    def gradient(self, name: str | None = None) -> ComputationalGraph:
        """Return the gradient as a graph: the same rules, run on variables instead of numbers.

        Parameters
        ----------
        name
            One input: the result is that partial derivative. Left out: a graph whose ``forward`` gives all
            partial derivatives in a dictionary.

        Raises
        ------
        KeyError
            If there is no input of that name.
        GateError
            If the graph has several outputs, or its last output was an array.

        >>> w1, w2 = variables("w1 w2")
        >>> graph = ComputationalGraph(w1**3 * w2 + 3 * w1)
        >>> graph.gradient().forward(w1=2.0, w2=3.0)
        {'w1': 39.0, 'w2': 8.0}
        >>> graph.gradient("w1").gradient("w1").forward(w1=2.0, w2=3.0)      # 6 w1 w2
        36.0
        """
        from coursekit.tracing import gradient_graph

        if name is not None and name not in self.inputs:
            raise KeyError(f"no input {name!r}: this graph has {', '.join(self.inputs)}")
        return gradient_graph(self, name)

    def source(
        self,
        gradient: bool | Sequence[str] = True,
        sum_over: Sequence[str] = (),
        reuse_memory: bool = False,
    ) -> str:
        """Return the straight-line Python that :meth:`compile` runs.

        It fits the kinds of value (numbers, arrays and their shapes) of the last forward pass; numbers if
        there was none. Parameters as for :meth:`compile`.

        >>> w1, w2 = variables("w1 w2")
        >>> print(ComputationalGraph(w1**3 * w2 + 3 * w1).source())
        def run(w1, w2):
            s = w1 * w1
            a = s * w1
            return a * w2 + 3.0 * w1, (3.0 + 3.0 * w2 * s, a)
        """
        from coursekit.compiler import source_of

        return source_of(self, gradient, sum_over, reuse_memory)

    def compile(
        self,
        gradient: bool | Sequence[str] = True,
        sum_over: Sequence[str] = (),
        reuse_memory: bool = False,
    ) -> Callable[..., Any]:
        """Return a function that runs :meth:`source`: value and gradients in one call.

        Parameters
        ----------
        gradient
            True: the function returns the value and a tuple of the gradients of all inputs. Names: of these
            inputs only. False, or a graph of several outputs: the function returns the value alone.
        sum_over
            Names of inputs that are given as sequences, one entry a sample: value and gradients are summed
            over the samples in a loop inside the function. The samples' own gradients are ``None``.
        reuse_memory
            Large arrays in between keep their memory from call to call, which is faster. Results are always
            new arrays; but the function must not run in two threads at once.

        Returns
        -------
        A function of the inputs, in their order or by name. If the last forward pass was on arrays it takes
        arrays (of any shapes that fit); otherwise numbers.

        Raises
        ------
        KeyError
            For a name that is not an input.
        GateError
            If gradients are asked for and the output is not a single number.

        >>> w1, w2 = variables("w1 w2")
        >>> run = ComputationalGraph(w1**3 * w2 + 3 * w1).compile()
        >>> run(2.0, 3.0)
        (30.0, (39.0, 8.0))
        >>> w, x, t = variables("w x t")
        >>> run = ComputationalGraph((w * x - t) ** 2).compile(sum_over=("x", "t"))
        >>> run(2.0, [1.0, 2.0], [1.0, 1.0])          # (2 − 1)² + (4 − 1)²
        (10.0, (14.0, None, None))
        """
        from coursekit.compiler import compiled

        return compiled(self, gradient, sum_over, reuse_memory)

    # ---- pictures ------------------------------------------------------------------------------------------

    def draw(self, **options: Any) -> Drawing:
        """Draw the graph, with the values and gradients of the last run; a notebook shows it."""
        from coursekit.drawing import draw

        return draw(self, **options)

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return self.draw()._repr_mimebundle_(**kwargs)

    def __repr__(self) -> str:
        gates = sum(node.gate is not None for node in self.nodes)
        return f"ComputationalGraph({', '.join(self.inputs)}; {gates} gate{'s' * (gates != 1)})"

    # ---- details -------------------------------------------------------------------------------------------

    def _assign(self, values: tuple[Any, ...], named: dict[str, Any]) -> None:
        if len(values) > len(self.inputs):
            raise TypeError(f"{len(values)} values for {len(self.inputs)} inputs: {', '.join(self.inputs)}")
        given = dict(zip(self.inputs, values, strict=False))
        twice = [name for name in named if name in given]
        unknown = [name for name in named if name not in self._leaves]
        if twice or unknown:
            what = f"{twice[0]!r} is given twice" if twice else f"no input {unknown[0]!r}"
            raise TypeError(f"{what}; this graph has the inputs {', '.join(self.inputs)}")
        given.update(named)
        missing = [name for name in self.inputs if name not in given and self._leaves[name].value is None]
        if missing:
            raise TypeError(f"no value for {', '.join(missing)}: graph.forward({missing[0]}=...)")
        checked = {name: as_value(value, name) for name, value in given.items()}
        for name, value in checked.items():  # only now: a wrong call leaves the graph as it was
            self._leaves[name].value = value

    def _answer(self, values: list[Any]) -> Any:
        if self.names is not None:
            return dict(zip(self.names, values, strict=True))
        return values[0] if len(values) == 1 else tuple(values)

    def _gradient_of(self, leaf: Variable) -> Any:
        """Return the leaf's gradient as the caller's own: zero where nothing arrived, an array copied."""
        if leaf.grad is None:
            return leaf.value * 0.0
        return leaf.grad.copy() if is_array(leaf.grad) else plain(leaf.grad)

    def _warn_of_nan(self) -> None:
        for node in self.nodes:
            if _has_nan(node.value):
                where = (
                    f"the input {node.name}"
                    if node.gate is None
                    else f"{type(node.gate).__name__} {node.name}"
                )
                given = ", ".join(f"{x.name or 'constant'} = {x.value!r:.60}" for x in node.inputs)
                warnings.warn(
                    f"{where} is not a number (NaN){' for ' + given if given else ''}: look for 0/0, ∞ − ∞, "
                    "or a logarithm or root of a negative number",
                    NotANumberWarning,
                    stacklevel=3,
                )
                return


def _has_nan(value: Any) -> bool:
    if is_array(value):
        unequal = value != value
        return bool(unequal.any())
    return bool(value != value)


def _own_nodes(outputs: Sequence[Variable]) -> tuple[list[Variable], list[Variable], dict[str, Variable]]:
    """Copy the nodes behind ``outputs``, one leaf a name; return nodes, outputs and leaves by name."""
    leaves: dict[str, Variable] = {}
    own: dict[int, Variable] = {}
    nodes: list[Variable] = []
    order = topological_order(outputs)
    fresh = _FreshNames({node.name for node in order if node.name})
    last = outputs[0] if len(outputs) == 1 else None
    for node in order:
        if node.gate is None and not node.constant:
            name = node.name or next(fresh)
            if name in leaves:
                own[id(node)] = leaves[name]
                continue
            twin = leaves[name] = Variable(None, name)
            twin.value = node.value
        else:
            twin = Variable(None, node.name)
            twin.constant = node.constant
            if node.gate is None:
                twin.value = node.value
            else:
                twin.gate = copy.copy(node.gate)
                twin.inputs = tuple([own[id(x)] for x in node.inputs])
                if node.name is None:
                    twin.name = fresh.output() if node is last else next(fresh)
        own[id(node)] = twin
        nodes.append(twin)
    return nodes, [own[id(z)] for z in outputs], leaves


class _FreshNames:
    """Names for nodes that have none: a, b, c, …, then v1, v2, …; the output is f, if that is free."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken
        letters = "abcdeghijklmnopqrtuvwxyz"  # without s, which generated code uses for shared parts
        self.candidates = chain(letters, map("v{}".format, count(1)))

    def __next__(self) -> str:
        name = next(name for name in self.candidates if name not in self.taken)
        self.taken.add(name)
        return name

    def output(self) -> str:
        if "f" in self.taken:
            return next(self)
        self.taken.add("f")
        return "f"
