"""The computational graph: a plan of gates that runs forward and backward on any numbers."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, count
from typing import TYPE_CHECKING, Any

from coursekit import drawing
from coursekit.compiler import compiled, source_of
from coursekit.errors import GateError, NotANumberWarning
from coursekit.narration import Step, narrate
from coursekit.tracing import as_variables, trace
from coursekit.values import as_value, describe, is_array, plain
from coursekit.variable import (
    Variable,
    backpropagate,
    run_gates,
    seed,
    topological_order,
)

if TYPE_CHECKING:
    from coursekit.drawing.drawn import Drawing

__all__ = ["ComputationalGraph", "Step", "derivative_graph"]


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

    >>> from coursekit import variables
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
                    f"a graph is made of variables, as in x, y = ck.variables('x y'); "
                    f"ck.ComputationalGraph(x * y). It was given {type(z).__name__} {z!r:.60}"
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
        self._own = {name: leaf.value for name, leaf in self._leaves.items() if leaf.value is not None}

    # ---- running ---------------------------------------------------------------------------------------

    def forward(self, *values: Any, **named: Any) -> Any:
        """Compute the outputs.

        Parameters
        ----------
        *values, **named
            A number or array for each input: in the order of ``inputs``, or by name. Only an input made as
            ``Variable(2.0, "a")`` may be left out: then it has this number. Nothing is taken over from an
            earlier run.

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

        >>> from coursekit import variables
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

        >>> from coursekit import variables
        >>> w1, w2 = variables("w1 w2")
        >>> graph = ComputationalGraph(w1**3 * w2 + 3 * w1)
        >>> graph.gradient().forward(w1=2.0, w2=3.0)
        {'w1': 39.0, 'w2': 8.0}
        >>> graph.gradient("w1").gradient("w1").forward(w1=2.0, w2=3.0)      # 6 w1 w2
        36.0
        """
        if name is not None and name not in self.inputs:
            raise KeyError(f"no input {name!r}: this graph has {', '.join(self.inputs)}")
        if len(self.outputs) != 1:
            raise GateError(f"gradient() needs one output; this graph has {len(self.outputs)}")
        value = self.outputs[0].value
        if is_array(value):
            raise GateError(
                f"the output is {describe(value)}; only a single number has a gradient: reduce it first"
            )
        if name is None:
            return derivative_graph(self, self.inputs, names=self.inputs)
        return derivative_graph(self, [name])

    def source(
        self,
        gradient: bool | Sequence[str] = True,
        sum_over: Sequence[str] = (),
        reuse_memory: bool = False,
    ) -> str:
        """Return the straight-line Python that :meth:`compile` runs.

        It fits the kinds of value (numbers, arrays and their shapes) of the last forward pass; numbers if
        there was none. Parameters as for :meth:`compile`.

        >>> from coursekit import variables
        >>> w1, w2 = variables("w1 w2")
        >>> print(ComputationalGraph(w1**3 * w2 + 3 * w1).source())
        def run(w1, w2):
            s = w1 * w1
            a = s * w1
            return a * w2 + 3.0 * w1, (3.0 + 3.0 * w2 * s, a)
        """
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

        >>> from coursekit import variables
        >>> w1, w2 = variables("w1 w2")
        >>> run = ComputationalGraph(w1**3 * w2 + 3 * w1).compile()
        >>> run(2.0, 3.0)
        (30.0, (39.0, 8.0))
        >>> w, x, t = variables("w x t")
        >>> run = ComputationalGraph((w * x - t) ** 2).compile(sum_over=("x", "t"))
        >>> run(2.0, [1.0, 2.0], [1.0, 1.0])          # (2 − 1)² + (4 − 1)²
        (10.0, (14.0, None, None))
        """
        return compiled(self, gradient, sum_over, reuse_memory)

    # ---- pictures ------------------------------------------------------------------------------------------

    def draw(self, **options: Any) -> Drawing:
        """Draw the graph, with the values and gradients of the last run; a notebook shows it."""
        return drawing.draw(self, **options)

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
        missing = [name for name in self.inputs if name not in given and name not in self._own]
        if missing:
            again = " (each run is given all inputs anew)" if given else ""
            call = ", ".join(f"{name}=..." for name in self.inputs if name in given or name in missing)
            raise TypeError(f"no value for {', '.join(missing)}: graph.forward({call}){again}")
        checked = {name: as_value(value, name) for name, value in given.items()}
        for name, value in {**self._own, **checked}.items():  # a wrong call leaves the graph as it was
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


def derivative_graph(
    graph: ComputationalGraph,
    wanted: Sequence[str],
    names: Sequence[str] | None = None,
    upstream: str | None = None,
) -> ComputationalGraph:
    """Return the gradient of ``graph``'s one output as a graph.

    Parameters
    ----------
    wanted
        The inputs whose partial derivatives are the new graph's outputs.
    names
        Names of these outputs.
    upstream
        The name of a further input, the upstream gradient: the result is then upstream · Jacobian, also of
        an output that is an array. Left out: 1.
    """
    tracer, _, gradients = trace(graph, None, wanted, upstream)
    nodes = as_variables([gradients[name] for name in wanted])
    tracer.forget()
    inputs = graph.inputs if upstream is None else [*graph.inputs, upstream]
    return ComputationalGraph(*nodes, inputs=inputs, names=names)


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
