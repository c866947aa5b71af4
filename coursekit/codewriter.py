"""From formulas to lines of Python.

What is used once is written where it is used; what is used more often gets a line and a name, so that
nothing is computed twice. Brackets stand only where Python needs them.
"""

from __future__ import annotations

import keyword
import math
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from coursekit.gates.words import WORDS, Word
from coursekit.tracing import Expression
from coursekit.values import is_array
from coursekit.variable import topological_order

__all__ = ["CodeWriter"]

DEEPEST = 12  # how deep formulas are nested in one line before a part gets a line of its own

# How tightly an operator binds; an operand that binds less gets brackets.
LOOSE, TERM, FACTOR, SIGN, POWER, ATOM = range(6)
BINARY = {
    "add": ("+", TERM),
    "subtract": ("-", TERM),
    "multiply": ("*", FACTOR),
    "divide": ("/", FACTOR),
    "matmul": ("@", FACTOR),
    "power": ("**", POWER),
}
SAME = ("exp", "log", "sqrt", "sin", "cos", "tan", "tanh", "sign", "maximum", "where")
NUMPY = {word: word for word in SAME} | {"absolute": "abs"}
"""Words that NumPy has too, and what it calls them."""

SMALLEST_KEPT = 1024  # entries; a smaller array is made anew as fast as it is found again

VIEWS = {"sum_to", "spread", "transpose", "reshape", "reshape_to", "index"}
"""Words whose result may be a view of their first operand."""

IN_PLACE = {"add", "subtract", "multiply", "divide", "maximum", "exp", "log", "sqrt", "tanh"}
"""Words that can put their result where an operand was."""

FRESH = IN_PLACE | {
    "matmul",
    "matmul_left",
    "matmul_right",
    "negate",
    "power",
    "sigmoid",
    "softplus",
    "where",
}
"""Words whose result is memory of its own, not a view."""


class CodeWriter:
    """Turns expressions into lines of code, collected in ``lines``; ``text`` gives what has no line.

    Parameters
    ----------
    inputs
        The names of the arguments.
    reserved
        Names that the caller will use itself.
    reuse_memory
        Whether arrays that are not handed out keep their memory from call to call.

    Attributes
    ----------
    arguments : dict of str to str
        For each input the name it has in the code: ``w[1]`` becomes ``w_1_``.
    lines : list of str
        The assignments written so far.
    namespace : dict
        What the code refers to: ``np``, functions, constants that have no literal.
    """

    def __init__(
        self, inputs: Iterable[str], reserved: Iterable[str] = (), reuse_memory: bool = False
    ) -> None:
        self.reuse_memory = reuse_memory
        self.lines: list[str] = []
        self.namespace: dict[str, Any] = {}
        self._taken: set[str] = {"run", "np", "zip", *WORDS, *reserved}
        self._functions: dict[tuple[str, bool], str] = {}
        self._texts: dict[int, tuple[str, int, int]] = {}  # text, how tightly it binds, nesting depth
        self._uses: Counter[int] = Counter()
        self._handed_out: set[int] = set()
        self.arguments = {name: self.fresh(name) for name in inputs}

    def write(self, outputs: Sequence[Expression], later: Sequence[Expression] = ()) -> None:
        """Write the lines that ``outputs`` need and that are not written yet.

        What is also needed for ``later``, which is written afterwards, gets a line now.
        """
        order = topological_order(outputs)
        everything = topological_order([*outputs, *later])
        self._uses = Counter(id(x) for expression in everything for x in expression.inputs)
        self._uses.update(map(id, outputs))
        self._handed_out = {id(x) for output in outputs for x in _what_it_shows(output)}
        if any(is_array(x.sample) for x in order):
            self.namespace["np"] = sys.modules["numpy"]
        for expression in order:
            if id(expression) not in self._texts:
                self._write(expression)

    def write_fixed(self, outputs: Sequence[Expression], samples: Sequence[str]) -> list[str]:
        """Write, and return, the lines of what does not depend on ``samples`` but is used by what does."""
        moving: set[int] = set()
        fixed: dict[int, Expression] = {}
        for expression in topological_order(outputs):
            if expression.word == "input":
                if expression.parameters["name"] in samples:
                    moving.add(id(expression))
            elif any(id(x) in moving for x in expression.inputs):
                moving.add(id(expression))
                fixed.update({id(x): x for x in expression.inputs if id(x) not in moving and x.inputs})
        self.write(list(fixed.values()))
        for x in fixed.values():
            self._name(x)
        return self.taken_lines()

    def taken_lines(self) -> list[str]:
        """Return the lines written so far and start anew."""
        lines, self.lines = self.lines, []
        return lines

    def condition_of(self, switch: Expression) -> str:
        """Return the condition under which a step function is 1, after writing what it needs."""
        self.write([switch.inputs[0]])
        return self.condition(switch)

    def text(self, expression: Expression) -> str:
        """Return the code of an expression: a name, or the whole formula if it has no line of its own."""
        return self._texts[id(expression)][0]

    def condition(self, step: Expression) -> str:
        """Return the condition under which a step function of a number is 1."""
        return f"{self._name(step.inputs[0])} > 0.0"

    def fresh(self, wish: str, claimed: bool = False) -> str:
        """Return ``wish`` as a valid name not yet taken; ``claimed``: it was reserved before."""
        name = "".join(c if c.isidentifier() or c.isdigit() else "_" for c in wish)
        if not name.isidentifier() or keyword.iskeyword(name):
            name = f"_{name}"
        unique, number = name, 1
        while unique in self._taken and not (claimed and unique == wish):
            number += 1
            unique = f"{name}{number}"
        self._taken.add(unique)
        return unique

    # ---- one expression ------------------------------------------------------------------------------------

    def _write(self, expression: Expression) -> None:
        if expression.word == "input":
            self._texts[id(expression)] = (self.arguments[expression.parameters["name"]], ATOM, 0)
            return
        if expression.word == "constant":
            self._texts[id(expression)] = (*self._constant(expression.sample), 0)
            return
        text, binding = self._formula(expression)
        depth = 1 + max(self._texts[id(x)][2] for x in expression.inputs)
        self._texts[id(expression)] = (text, binding, depth)
        if self._uses[id(expression)] > 1 or depth > DEEPEST:
            self._name(expression)

    def _name(self, expression: Expression) -> str:
        """Give an expression a line of its own, unless it has one; return its name."""
        text = self.text(expression)
        if not text.isidentifier():
            text = self.fresh(expression.name or "s")
            self.lines.extend(self._assignment(text, expression))
            self._texts[id(expression)] = (text, ATOM, 0)
        return text

    def _assignment(self, name: str, expression: Expression) -> list[str]:
        """Return the lines that put an expression under a name; large arrays are changed in place.

        ``c = np.maximum(x @ w + b, 0.0)`` would make three arrays of the size of c. Since nothing else needs
        the first two, ``c = x @ w``, ``c += b``, ``np.maximum(c, 0.0, out=c)`` makes one.
        """
        steps: list[str] = []
        while (own := self._own_operand(expression)) is not None:
            steps.append(self._in_place(name, expression, own))
            expression = own
        return [f"{name} = {self._into_kept_memory(name, expression)}", *reversed(steps)]

    def _into_kept_memory(self, name: str, expression: Expression) -> str:
        """Write a formula so that its result goes to memory which is kept from call to call."""
        text, xs = self.text(expression), expression.inputs
        kept = self.reuse_memory and is_array(expression.sample) and expression.sample.size >= SMALLEST_KEPT
        if not kept or id(expression) in self._handed_out:
            return text
        functions = {
            "add": "add",
            "subtract": "subtract",
            "multiply": "multiply",
            "divide": "divide",
            **NUMPY,
        }
        if expression.word.startswith("matmul") and all(getattr(x.sample, "ndim", 0) == 2 for x in xs):
            left, right = text.split(" @ ", 1)
            right = right[1:-1] if right.startswith("(") and right.endswith(")") else right
            call = f"np.matmul({left}, {right}"
        elif expression.word in functions and not any(self._is_mask(x) for x in xs):
            call = f"np.{functions[expression.word]}({', '.join(map(self.text, xs))}"
        else:
            return text
        memory = self.fresh(f"{name}_memory")
        self.namespace[memory] = sys.modules["numpy"].empty_like(expression.sample)
        return f"{call}, out={memory})"

    def _own_operand(self, expression: Expression) -> Expression | None:
        """Return an operand whose memory the result may take over: fresh, of its kind, used only here."""
        if expression.word not in IN_PLACE or not is_array(expression.sample):
            return None
        first_only = expression.word in ("subtract", "divide")
        for x in expression.inputs[:1] if first_only else expression.inputs:
            fresh = x.word in FRESH and self._uses[id(x)] == 1 and not self.text(x).isidentifier()
            if fresh and is_array(x.sample) and _memory(x) == _memory(expression):
                return x
        return None

    def _in_place(self, name: str, expression: Expression, own: Expression) -> str:
        word, xs = expression.word, expression.inputs
        if word not in BINARY:
            return (
                f"np.{NUMPY[word]}({', '.join(name if x is own else self.text(x) for x in xs)}, out={name})"
            )
        other = next((x for x in xs if x is not own), own)
        if self._is_mask(other):
            return f"{name} *= {self._operand(other.inputs[0], TERM)} > 0.0"
        return f"{name} {BINARY[word][0]}= {self.text(other)}"

    def _formula(self, expression: Expression) -> tuple[str, int]:
        word, xs = expression.word, expression.inputs
        if word == "negate":
            return "-" + self._operand(xs[0], SIGN), SIGN
        if word == "power" and not is_array(expression.sample) and not isinstance(xs[1].sample, int):
            return self._call(expression), ATOM  # math.pow, which refuses the root of a negative number
        if word in BINARY:
            return self._binary(expression)
        if any(is_array(x.sample) for x in xs):
            return self._array_formula(expression)
        if word == "sigmoid":
            return self._sigmoid(xs[0]), LOOSE
        if word == "maximum" and xs[1].word == "constant":
            x, floor = self._name(xs[0]), self.text(xs[1])
            return f"{floor} if {x} <= {floor} else {x}", LOOSE  # a NaN stays a NaN
        return self._call(expression), ATOM

    def _binary(self, expression: Expression) -> tuple[str, int]:
        word, (x, y) = expression.word, expression.inputs
        if word == "multiply":
            for value, mask in ((x, y), (y, x)):
                if self._is_mask(mask):  # no array of zeros and ones is made
                    inside = self._operand(mask.inputs[0], TERM)
                    return f"{self._operand(value, FACTOR)} * ({inside} > 0.0)", FACTOR
                if mask.word == "step" and not is_array(expression.sample):
                    return f"{self.text(value)} if {self.condition(mask)} else 0.0", LOOSE
        sign, binding = BINARY[word]
        # a - (b - c) and a / (b / c) need their brackets; a ** b binds from the right
        left, right = (binding + 1, SIGN) if word == "power" else (binding, binding + 1)
        return f"{self._operand(x, left)} {sign} {self._operand(y, right)}", binding

    def _is_mask(self, x: Expression) -> bool:
        return x.word == "step" and is_array(x.sample) and self._uses[id(x)] == 1

    def _operand(self, x: Expression, binding: int) -> str:
        text, own, _ = self._texts[id(x)]
        return text if own >= binding else f"({text})"

    def _sigmoid(self, x: Expression) -> str:
        """Write the stable form out: either way, what is exponentiated is not positive."""
        x_name = self._name(x)
        exp = self._function(WORDS["exp"], arrays=False)
        e = self.fresh("e")
        falling = f"({e} := {exp}({x_name})) / (1.0 + {e})"
        return f"1.0 / (1.0 + {exp}(-{x_name})) if {x_name} >= 0.0 else {falling}"

    # ---- words on arrays -----------------------------------------------------------------------------------

    def _array_formula(self, expression: Expression) -> tuple[str, int]:
        """Write a word on arrays as one would by hand, where there is such a way."""
        word, xs = expression.word, expression.inputs
        if word in NUMPY:
            return f"np.{NUMPY[word]}({', '.join(map(self.text, xs))})", ATOM
        if word in ("sum_over", "max_over"):
            given = {k: v for k, v in expression.parameters.items() if v is not None and v is not False}
            options = ", ".join(f"{k}={v!r}" for k, v in given.items())
            return f"{self._operand(xs[0], ATOM)}.{word[:3]}({options})", ATOM
        if word == "sum_to" and expression.parameters.get("axis") is None:
            return self._sum_to(*xs), ATOM
        if word in ("matmul_left", "matmul_right") and all(getattr(x.sample, "ndim", 0) == 2 for x in xs):
            dz, x, w = xs
            if word == "matmul_left":
                return f"{self._operand(dz, FACTOR)} @ {self._operand(w, ATOM)}.T", FACTOR
            return f"{self._operand(x, ATOM)}.T @ {self._operand(dz, FACTOR + 1)}", FACTOR
        return self._call(expression), ATOM

    def _sum_to(self, dx: Expression, like: Expression) -> str:
        """Sum over the leading axes, or over all; a lone row need not be added up."""
        text, shape, wanted = self._operand(dx, ATOM), dx.sample.shape, getattr(like.sample, "shape", ())
        extra = len(shape) - len(wanted)
        if not wanted:
            return f"{text}.sum()"
        if shape[extra:] != wanted:
            return f"{self._function(WORDS['sum_to'], True)}({self.text(dx)}, {self.text(like)})"
        if set(shape[:extra]) == {1}:
            return f"{text}.reshape({wanted!r})"
        return f"{text}.sum(axis={tuple(range(extra)) if extra > 1 else 0!r})"

    # ---- words called by name ------------------------------------------------------------------------------

    def _call(self, expression: Expression) -> str:
        arguments = [self.text(x) for x in expression.inputs]
        arguments += [f"{name}={self._parameter(value)}" for name, value in expression.parameters.items()]
        arrays = any(is_array(x.sample) for x in expression.inputs)
        return f"{self._function(WORDS[expression.word], arrays)}({', '.join(arguments)})"

    def _function(self, word: Word, arrays: bool) -> str:
        """Return the name under which the code calls a word on numbers, or on arrays."""
        name = self._functions.get((word.name, arrays))
        if name is None:
            taken = (word.name, not arrays) in self._functions
            name = self.fresh(f"{word.name}_each") if taken else word.name
            self._functions[word.name, arrays] = name
            self.namespace[name] = partial(word.array, sys.modules["numpy"]) if arrays else word.scalar
        return name

    def _parameter(self, value: Any) -> str:
        simple = (int, float, str, slice, type(None), type(Ellipsis))
        parts = value if isinstance(value, tuple) else (value,)
        if all(isinstance(x, simple) for x in parts):
            return repr(value)
        return self._constant(value)[0]

    def _constant(self, value: Any) -> tuple[str, int]:
        if isinstance(value, (int, float)) and math.isfinite(value):
            return repr(value), ATOM if value >= 0 else SIGN
        name = self.fresh("constant")
        self.namespace[name] = value
        return name, ATOM


def _memory(x: Expression) -> tuple[Any, Any]:
    return x.sample.shape, x.sample.dtype


def _what_it_shows(output: Expression) -> Iterable[Expression]:
    """Yield an expression and those whose memory its value may be a view of."""
    yield output
    while output.word in VIEWS:
        output = output.inputs[0]
        yield output
