"""Gates run on formulas: the raw material of derivative graphs and of generated code.

An :class:`Expression` is a word applied to other expressions. Gate bodies run on expressions as they run on
numbers, so a forward pass writes down every value as a formula, and the one backward pass writes down every
gradient. While writing, the tracer does what one does by hand: equal formulas are written once, numbers are
worked out, and ``1 · x``, ``x + 0``, ``x¹`` become ``x``.
"""

from __future__ import annotations

import copy
import operator
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from coursekit.gates.words import WORDS, Traced
from coursekit.values import is_array
from coursekit.variable import HasNodes, Variable, backpropagate, topological_order

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Expression", "Tracer", "trace"]

OPERATORS: Mapping[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
    "matmul": operator.matmul,
    "negate": operator.neg,
}


OF_ONE_NUMBER = ("sum_over", "max_over", "transpose")
"""Words that leave a single number as it is."""


class Expression(Traced):
    """A word applied to expressions; or an input (word ``"input"``); or a number (word ``"constant"``).

    Attributes
    ----------
    word, inputs, parameters
        What is done, to which expressions, with which fixed parameters.
    sample
        A value of the kind this expression has: a float for a number, an array of the right shape for an
        array. Only its kind and shape may be used; of a constant it is the value. ``None``: kind unknown.
    name
        What a person would call it, if anything.
    """

    name: str | None

    __slots__ = ("inputs", "name", "parameters", "sample", "tracer", "word")

    def __init__(
        self,
        tracer: Tracer,
        word: str,
        inputs: tuple[Expression, ...],
        parameters: dict[str, Any],
        sample: Any,
    ) -> None:
        self.tracer, self.word, self.inputs, self.parameters = tracer, word, inputs, parameters
        self.sample, self.name = sample, None

    def apply(self, word: str, *operands: Any, **parameters: Any) -> Expression:
        """Write down ``word`` applied to ``operands``, in its simplest form."""
        return self.tracer.write(word, operands, parameters)

    def is_number(self, number: float) -> bool:
        """Tell whether this is the constant ``number``."""
        return self.word == "constant" and not is_array(self.sample) and self.sample == number

    def __repr__(self) -> str:
        if self.word == "constant":
            return repr(self.sample)
        return self.name or f"{self.word}({', '.join(map(repr, self.inputs))})"


class Tracer:
    """Writes expressions down, each formula once.

    Parameters
    ----------
    kinds_known
        Whether the inputs bring samples, so that every expression knows if it is a number or an array.
    """

    def __init__(self, kinds_known: bool) -> None:
        self.kinds_known = kinds_known
        self._written: dict[Any, Expression] = {}

    def input(self, name: str, sample: Any) -> Expression:
        """Return the expression of an input."""
        expression = self._intern("input", (), {"name": name}, sample)
        expression.name = name
        return expression

    def constant(self, value: Any) -> Expression:
        """Return the expression of a number or of a constant array."""
        key = {"value": (type(value), repr(value)) if not is_array(value) else id(value)}
        return self._intern("constant", (), key, value)

    def write(self, word: str, operands: Sequence[Any], parameters: dict[str, Any]) -> Expression:
        """Return ``word`` applied to ``operands``, simplified where that is safe."""
        xs = tuple([x if isinstance(x, Expression) else self.constant(_as_float(x, word)) for x in operands])
        if all(x.word == "constant" and not is_array(x.sample) for x in xs):
            folded = self._fold(word, xs, parameters)
            if folded is not None:
                return folded
        if word == "power" and self.kinds_known and xs[1].word == "constant" and xs[1].sample in (2, 3, 4):
            return self._product(xs[0], int(xs[1].sample))
        simpler = self._simplify(word, xs, parameters)
        if simpler is not None:
            return simpler
        return self._intern(word, xs, parameters, self._sample(word, xs, parameters))

    def forget(self) -> None:
        """Let go of all expressions, which point back here: nothing is left for the cyclic collector."""
        for expression in self._written.values():
            del expression.tracer
        self._written.clear()

    # ---- details -------------------------------------------------------------------------------------------

    def _intern(
        self, word: str, xs: tuple[Expression, ...], parameters: dict[str, Any], sample: Any
    ) -> Expression:
        key = (word, tuple([id(x) for x in xs]), tuple([(k, _hashable(v)) for k, v in parameters.items()]))
        expression = self._written.get(key)
        if expression is None:
            expression = self._written[key] = Expression(self, word, xs, parameters, sample)
        return expression

    def _fold(self, word: str, xs: tuple[Expression, ...], parameters: dict[str, Any]) -> Expression | None:
        try:
            value = run_word(word, [x.sample for x in xs], parameters)
        except (ArithmeticError, ValueError, TypeError):
            return None  # left as written: it fails when it runs, as it should
        return self.constant(value)

    def _product(self, x: Expression, times: int) -> Expression:
        """Write x², x³, x⁴ as products, which are faster; x³ contains x², so the derivative can share it."""
        product = x
        for _ in range(times - 1):
            product = self.write("multiply", [product, x], {})
        return product

    def _simplify(
        self, word: str, xs: tuple[Expression, ...], parameters: dict[str, Any]
    ) -> Expression | None:
        if word in ("sum_to", "spread", "reshape_to"):
            return xs[0] if self._same_shape(*xs) else None
        if self.kinds_known and word in ("count", "rows"):
            return self.constant(run_word(word, [xs[0].sample], parameters))
        if self.kinds_known and word in OF_ONE_NUMBER and not is_array(xs[0].sample):
            return xs[0]
        if len(xs) != 2:
            if word == "negate" and xs[0].word == "negate":
                return xs[0].inputs[0]
            return None
        x, y = xs
        if word == "add":
            return y if x.is_number(0.0) else x if y.is_number(0.0) else None
        if word == "subtract":
            return x if y.is_number(0.0) else self.write("negate", [y], {}) if x.is_number(0.0) else None
        if word == "multiply":
            return self._simplify_product(x, y)
        if word == "divide" and y.is_number(1.0):
            return x
        if word == "power" and y.is_number(1.0):
            return x
        if word == "power" and y.is_number(0.0) and self._is_scalar(x):
            return self.constant(1.0)
        return None

    def _simplify_product(self, x: Expression, y: Expression) -> Expression | None:
        for one, other in ((x, y), (y, x)):
            if one.is_number(1.0):
                return other
            if one.is_number(-1.0):
                return self.write("negate", [other], {})
            if one.is_number(0.0) and self._is_scalar(other):  # of an array it would lose the shape
                return one
            if one.word == "spread" and self._stretches_by_itself(one, other):
                return self.write("multiply", [one.inputs[0], other], {})
        if _is_plain_number(x) and y.word == "multiply" and _is_plain_number(y.inputs[0]):
            return self.write(
                "multiply", [x.sample * y.inputs[0].sample, y.inputs[1]], {}
            )  # 2 · (3 · x) = 6 · x
        if _is_plain_number(y):
            return self.write("multiply", [y, x], {})  # numbers stand first
        return None

    def _stretches_by_itself(self, spread: Expression, other: Expression) -> bool:
        """Tell whether a product with ``other`` broadcasts as ``spread`` does, so that it is not needed."""
        x = spread.inputs[0]
        aligned = spread.parameters.get("axis") is None or not is_array(x.sample)
        return self.kinds_known and aligned and _shape(spread.sample) == _shape(other.sample)

    def _is_scalar(self, x: Expression) -> bool:
        return (self.kinds_known or x.word == "constant") and not is_array(x.sample)

    def _same_shape(self, dx: Expression, like: Expression) -> bool:
        if self.kinds_known:
            return _shape(dx.sample) == _shape(like.sample)
        return dx is like

    def _sample(self, word: str, xs: tuple[Expression, ...], parameters: dict[str, Any]) -> Any:
        if not self.kinds_known:
            return None
        samples = [x.sample for x in xs]
        if not any(is_array(sample) for sample in samples):
            return 0.5  # a number; which one does not matter
        with sys.modules["numpy"].errstate(all="ignore"):
            return run_word(word, samples, parameters)


def trace(
    graph: HasNodes,
    samples: Mapping[str, Any] | None,
    wanted: Sequence[str],
    upstream: str | None = None,
) -> tuple[Tracer, list[Expression], dict[str, Expression]]:
    """Run ``graph`` forward, and backward if gradients are wanted, on expressions.

    Parameters
    ----------
    graph
        Any graph; its values are left alone.
    samples
        For each input a value of its kind; ``None`` where the kinds are to stay open.
    wanted
        The inputs whose gradients are wanted; if any are, there must be one output.
    upstream
        The name of an input that stands for the upstream gradient; without it the output is a number, and
        the upstream gradient 1.

    Returns
    -------
    tracer, outputs, gradients
        The tracer (call ``forget()`` when done), the outputs, and the gradients wanted.
    """
    tracer = Tracer(kinds_known=samples is not None)
    twins: dict[int, Variable] = {}
    order = []
    for node in graph.nodes:
        twin = twins[id(node)] = Variable(None, node.name)
        twin.constant = node.constant
        twin.inputs = tuple([twins[id(x)] for x in node.inputs])
        if node.constant:
            twin.value = node.value
        elif node.gate is None:
            twin.value = tracer.input(str(node.name), None if samples is None else samples[str(node.name)])
        else:
            twin.gate = copy.copy(node.gate)
            twin.value = twin.gate.forward(*[x.value for x in twin.inputs])
            if isinstance(twin.value, Expression) and twin.value.name is None:
                twin.value.name = node.name
        order.append(twin)
    outputs = [twins[id(z)] for z in graph.outputs]
    gradients = {}
    if wanted:
        (output,) = outputs
        backpropagate(order, [(output, 1.0 if upstream is None else tracer.input(upstream, None))])
        for twin in order:
            if isinstance(twin.grad, Expression) and twin.grad.name is None:
                twin.grad.name = f"d{twin.name}"
        leaves = {twin.name: twin for twin in order if twin.gate is None and not twin.constant}
        for name in wanted:
            leaf = leaves[name]
            dx = leaf.grad if leaf.grad is not None else tracer.write("spread", [0.0, leaf.value], {})
            gradients[name] = dx if isinstance(dx, Expression) else tracer.constant(dx)
    values = [z.value if isinstance(z.value, Expression) else tracer.constant(z.value) for z in outputs]
    return tracer, values, gradients


def substitute(
    tracer: Tracer, outputs: Sequence[Expression], old: Expression, new: float
) -> list[Expression]:
    """Return ``outputs`` with the number ``new`` in place of the expression ``old``, simplified."""
    rewritten: dict[int, Expression] = {id(old): tracer.constant(new)}
    for expression in topological_order(outputs):
        if id(expression) in rewritten:
            continue
        if all(rewritten[id(x)] is x for x in expression.inputs):
            rewritten[id(expression)] = expression
            continue
        inputs = [rewritten[id(x)] for x in expression.inputs]
        result = rewritten[id(expression)] = tracer.write(expression.word, inputs, expression.parameters)
        result.name = result.name or expression.name
    return [rewritten[id(expression)] for expression in outputs]


def switches(outputs: Sequence[Expression]) -> list[frozenset[Expression]]:
    """Return for each output the step functions that switch it off: where one of them is 0, so is the output.

    The gradient behind a ReLU is such an output: where the unit is silent, nothing flows back through it.
    """
    found: dict[int, frozenset[Expression]] = {}
    nothing: frozenset[Expression] = frozenset()
    for expression in topological_order(outputs):
        of_inputs = [found[id(x)] for x in expression.inputs]
        own = nothing
        if expression.word == "step" and not is_array(expression.sample):
            own = frozenset([expression])
        elif expression.word == "multiply":
            own = of_inputs[0] | of_inputs[1]
        elif expression.word in ("add", "subtract"):
            own = of_inputs[0] & of_inputs[1]
        elif expression.word in ("divide", "negate"):
            own = of_inputs[0]
        found[id(expression)] = own
    return [found[id(expression)] for expression in outputs]


def as_variables(expressions: Sequence[Expression]) -> list[Variable]:
    """Return the nodes that compute ``expressions``: each word becomes its gate."""
    made: dict[int, Variable] = {}
    for expression in topological_order(expressions):
        if expression.word == "input":
            node = Variable(None, expression.parameters["name"])
        elif expression.word == "constant":
            node = Variable(expression.sample)
            node.constant = True
        else:
            operands = [_as_operand(made[id(x)], expression) for x in expression.inputs]
            node = Variable.apply(
                made[id(expression.inputs[0])], expression.word, *operands, **expression.parameters
            )
        made[id(expression)] = node
    return [made[id(expression)] for expression in expressions]


def _as_operand(node: Variable, expression: Expression) -> Any:
    """Hand a constant exponent over as a number, so that it becomes part of its gate."""
    return node.value if node.constant and expression.word == "power" else node


def _is_plain_number(x: Expression) -> bool:
    return x.word == "constant" and not is_array(x.sample)


def _as_float(value: Any, word: str) -> Any:
    return float(value) if type(value) is int and word != "power" else value


def run_word(word: str, values: Sequence[Any], parameters: dict[str, Any]) -> Any:
    """Do what ``word`` says, on values."""
    function = OPERATORS.get(word) or WORDS[word]
    return function(*values, **parameters)


def _shape(sample: Any) -> tuple[int, ...]:
    return getattr(sample, "shape", ())


def _hashable(parameter: Any) -> Any:
    try:
        hash(parameter)
    except TypeError:
        return repr(parameter)
    return parameter
