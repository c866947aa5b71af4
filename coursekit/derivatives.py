"""The derivative table of the decks (UT-10): 22 rules, each with its domain, its gates and a proof.

A table of derivatives says what a gate's ``backward`` returns for an upstream gradient of 1. So every rule is
held here next to the gates that carry it out, and SymPy shows that both are the derivative of the left side.
The slide gives no domains; they are added, since ``1/u`` has no slope at 0 and ``ln u`` none at −1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from math import pi
from typing import Any

from coursekit import functions as ck
from coursekit import gates
from coursekit.formulas import Formula, same_formula, sympy_module
from coursekit.graph import ComputationalGraph
from coursekit.tables import Listing
from coursekit.variable import Variable, call

__all__ = ["DerivativeTable", "Rule", "derivative_table"]

OF_X = ("u", "v", "w", "x")
"""What depends on x in the rules; all other letters (a, n) are constants."""

Point = Mapping[str, float]


@dataclass(frozen=True)
class Rule:
    """One rule of differentiation with respect to x.

    Attributes
    ----------
    number : int
        1 to 22, in the order of the slide.
    left, right : str
        d(left)/dx = right, in the notation of :class:`~coursekit.formulas.Formula`. u, v and w are functions
        of x, a and n are constants; u' is du/dx.
    latex : str
        The rule in LaTeX, without dollar signs.
    domain : str
        Where it holds.
    contains : callable
        The domain as a test: ``contains(u=-1.0)``.
    inside, outside : tuple of dict
        Points of the domain, and points where there is no (finite, real) slope.
    build : callable
        Returns the left side, made of gates; its arguments are the letters.
    numbers : dict
        Constants that the gates need as numbers even in a proof.

    >>> rule = derivative_table()[15]
    >>> print(rule)
    16: d(u^v)/dx = v·u^(v-1)·u' + ln(u)·u^v·v' for u > 0
    >>> rule.gates
    ('VariablePowerGate',)
    >>> rule.contains(u=-1.0, v=2.0)
    False
    >>> rule.proof()
    True
    """

    number: int
    left: str
    right: str
    latex: str
    domain: str
    build: Callable[..., Any] = field(repr=False)
    contains: Callable[..., bool] = field(repr=False)
    inside: Sequence[Point] = field(repr=False)
    outside: Sequence[Point] = field(default=(), repr=False)
    numbers: Point = field(default_factory=dict, repr=False)
    stands_for: tuple[str, str] | None = field(default=None, repr=False)  # rule 11: what f(u) and f'(u) are

    @property
    def gates(self) -> tuple[str, ...]:
        """The gates that carry out the rule; none where a leaf of the graph or its seed does."""
        made = self.graph(self.inside[0])
        return tuple(dict.fromkeys(type(node.gate).__name__ for node in made.nodes if node.gate is not None))

    def graph(self, constants: Mapping[str, Any]) -> ComputationalGraph:
        """Return the left side as a graph of the letters that depend on x; constants are written into it."""
        letters = [name for name in self._letters if name in OF_X]
        given = {name: Variable(None, name) for name in letters}
        given |= {name: constants[name] for name in self._letters if name not in OF_X}
        built = self.build(**given)
        if not isinstance(built, Variable):  # rule 1: a constant is a graph without a gate
            built = Variable(built, "a")
            return ComputationalGraph(built, inputs=["a", "x"])
        return ComputationalGraph(built)

    def by_gates(self) -> Any:
        """Return the derivative that the gates' backward pass gives, run on SymPy symbols.

        Each letter's gradient is multiplied by that letter's own derivative (u', v', w'; 1 for x, 0 for a
        constant): the chain rule.

        >>> derivative_table()[16].by_gates()
        u'*cos(u)

        Raises
        ------
        ImportError
            Without SymPy.
        """
        return self._run_on_symbols()[1]

    def proof(self) -> bool:
        """Differentiate with SymPy; tell whether the rule and its gates agree with the result.

        Returns
        -------
        bool
            True if d(left)/dx is the right side, and the gates' backward pass gives the right side too.

        Raises
        ------
        ImportError
            Without SymPy.
        """
        return self._statement_holds() and self._gates_agree()

    def __str__(self) -> str:
        return f"{self.number}: {self.statement} for {self.domain}"

    @property
    def statement(self) -> str:
        """The rule on one line of text."""
        return f"d({self.left})/dx = {self.right}".replace("*", "·")

    # ---- details -------------------------------------------------------------------------------------------

    @property
    def _letters(self) -> tuple[str, ...]:
        code = self.build.__code__
        return code.co_varnames[: code.co_argcount]

    def _statement_holds(self) -> bool:
        sympy = sympy_module()
        x = sympy.Symbol("x")
        functions = {sympy.Symbol(name): sympy.Function(name)(x) for name in "uvw"}
        primes = {sympy.Symbol(f"{u}'"): u_of_x.diff(x) for u, u_of_x in functions.items()}
        left, right = Formula(self.left).sympy(), Formula(self.right).sympy()
        f, f_prime, t = sympy.Function("f"), sympy.Function("f'"), sympy.Symbol("t")
        right = right.replace(f_prime, lambda u: sympy.Subs(f(t).diff(t), t, u))
        derivative = left.subs(functions).diff(x)
        return bool(sympy.simplify((derivative - right.subs(primes).subs(functions)).doit()) == 0)

    def _gates_agree(self) -> bool:
        left, right = self.left, self.right
        if self.stands_for:
            left, f_prime = self.stands_for
            right = right.replace("f'(u)", f_prime)
        value, derivative = self._run_on_symbols()
        return self._same(value, Formula(left)) and self._same(derivative, Formula(right))

    def _run_on_symbols(self) -> tuple[Any, Any]:
        """Return value and derivative of the left side, as the gates compute them on SymPy symbols."""
        sympy = sympy_module()
        graph = self.graph({name: self.numbers.get(name, sympy.Symbol(name)) for name in self._letters})
        value = graph.forward(**{name: sympy.Symbol(name) for name in graph.inputs if name != "a"})
        slopes = {name: sympy.Symbol(f"{name}'") for name in "uvw"} | {"x": 1, "a": 0}
        derivative = sum(dz * slopes[name] for name, dz in graph.backward().items())
        return value, derivative if self.numbers else sympy.nsimplify(derivative, rational=True)

    def _same(self, mine: Any, theirs: Formula) -> bool:
        if not self.numbers:
            return same_formula(mine, theirs)
        difference = mine - theirs.sympy().subs(self.numbers)  # floats: equal to their precision
        return bool(abs(difference.subs(dict.fromkeys(difference.free_symbols, 0.75))) < 1e-14)


class DerivativeTable(Listing[Rule]):
    """The rules in the order of the slide: a tuple that shows itself as a table."""

    caption = "Derivatives, their domains and their gates"
    head = ("", "rule", "domain", "gates")

    def row(self, item: Rule) -> Sequence[str]:
        """Return number, statement, domain and gates."""
        return str(item.number), item.statement, item.domain, ", ".join(item.gates) or "none: a leaf"

    def html_row(self, item: Rule) -> Sequence[str]:
        """Return the same with the rule in LaTeX."""
        number, _, domain, made_of = self.row(item)
        return number, f"${item.latex}$", domain, made_of


def derivative_table() -> DerivativeTable:
    """Return the 22 rules of the decks.

    >>> table = derivative_table()
    >>> len(table)
    22
    >>> print(table[4].statement)
    d(u·v)/dx = u·v' + v·u'
    """
    return DerivativeTable(_RULES)


# ---- the rules -------------------------------------------------------------------------------------------


def _anywhere(**point: float) -> bool:
    return True


def _power_domain(u: float, n: float) -> bool:
    if n != int(n):
        return u > 0
    return n >= 1 or u != 0


def _whole(u: float, step: float) -> bool:
    """Tell whether u is a whole multiple of ``step``, as far as floats can tell."""
    return abs(u / step - round(u / step)) < 1e-12


def _tangent_domain(u: float) -> bool:
    return not _whole(u - pi / 2, pi)


def _cotangent_domain(u: float) -> bool:
    return not _whole(u, pi)


_ANY_U: Sequence[Point] = ({"u": -2.5}, {"u": 0.0}, {"u": 1.3})
_NOT_ZERO: Sequence[Point] = ({"u": -1.5}, {"u": 0.4}, {"u": 2.0})
_POSITIVE: Sequence[Point] = ({"u": 0.3}, {"u": 1.0}, {"u": 2.5})
_ANGLES: Sequence[Point] = ({"u": -2.0}, {"u": 0.7}, {"u": 2.2})

_RULES = (
    Rule(
        1,
        "a",
        "0",
        r"\frac{d}{dx}\,a = 0",
        "a constant",
        lambda a: a,
        _anywhere,
        ({"a": 2.0},),
    ),
    Rule(
        2,
        "x",
        "1",
        r"\frac{d}{dx}\,x = 1",
        "all x",
        lambda x: x,
        _anywhere,
        ({"x": -2.0}, {"x": 0.0}),
    ),
    Rule(
        3,
        "a*u",
        "a*u'",
        r"\frac{d}{dx}\,(a u) = a\,u'",
        "all u; a constant",
        lambda a, u: ck.multiply(a, u),
        _anywhere,
        ({"a": 3.0, "u": -2.0}, {"a": -0.5, "u": 0.0}),
    ),
    Rule(
        4,
        "u + v - w",
        "u' + v' - w'",
        r"\frac{d}{dx}\,(u + v - w) = u' + v' - w'",
        "all u, v, w",
        lambda u, v, w: u + v - w,
        _anywhere,
        ({"u": 1.0, "v": -2.0, "w": 0.5},),
    ),
    Rule(
        5,
        "u*v",
        "u*v' + v*u'",
        r"\frac{d}{dx}\,(u v) = u\,v' + v\,u'",
        "all u, v",
        lambda u, v: u * v,
        _anywhere,
        ({"u": -2.0, "v": 5.0}, {"u": 0.0, "v": 3.0}),
    ),
    Rule(
        6,
        "u/v",
        "u'/v - u*v'/v^2",
        r"\frac{d}{dx}\,\frac{u}{v} = \frac{u'}{v} - \frac{u\,v'}{v^2}",
        "v ≠ 0",
        lambda u, v: u / v,
        lambda u, v: v != 0,
        ({"u": 6.0, "v": 2.0}, {"u": 0.0, "v": -0.5}),
        ({"u": 1.0, "v": 0.0},),
    ),
    Rule(
        7,
        "u^n",
        "n*u^(n-1)*u'",
        r"\frac{d}{dx}\,u^n = n\,u^{n-1}\,u'",
        "n constant; whole n ≥ 1: all u; whole n ≤ 0: u ≠ 0; other n: u > 0",
        lambda u, n: call(gates.PowerGate(n), u),
        _power_domain,
        ({"u": -2.0, "n": 3}, {"u": 0.0, "n": 2}, {"u": -1.5, "n": -2}, {"u": 2.0, "n": 0.5}),
        ({"u": 0.0, "n": -1}, {"u": 0.0, "n": 0.5}, {"u": -2.0, "n": 0.5}),
    ),
    Rule(
        8,
        "sqrt(u)",
        "u'/(2*sqrt(u))",
        r"\frac{d}{dx}\,\sqrt{u} = \frac{u'}{2\sqrt{u}}",
        "u > 0",
        lambda u: ck.sqrt(u),
        lambda u: u > 0,
        _POSITIVE,
        ({"u": 0.0}, {"u": -1.0}),
    ),
    Rule(
        9,
        "1/u",
        "-u'/u^2",
        r"\frac{d}{dx}\,\frac{1}{u} = -\frac{u'}{u^2}",
        "u ≠ 0",
        lambda u: ck.reciprocal(u),
        lambda u: u != 0,
        _NOT_ZERO,
        ({"u": 0.0},),
    ),
    Rule(
        10,
        "1/u^n",
        "-n*u'/u^(n+1)",
        r"\frac{d}{dx}\,\frac{1}{u^n} = -\frac{n\,u'}{u^{n+1}}",
        "whole n: u ≠ 0; other n: u > 0",
        lambda u, n: ck.reciprocal(call(gates.PowerGate(n), u)),
        lambda u, n: u != 0 and _power_domain(u, n),
        ({"u": -2.0, "n": 3}, {"u": 0.5, "n": 2}, {"u": 2.0, "n": 1.5}),
        ({"u": 0.0, "n": 2}, {"u": -2.0, "n": 0.5}),
    ),
    Rule(
        11,
        "f(u)",
        "f'(u)*u'",
        r"\frac{d}{dx}\,f(u) = f'(u)\,u'",
        "f differentiable at u(x); the gates: f = exp ∘ sin",
        lambda u: ck.exp(ck.sin(u)),
        _anywhere,
        _ANY_U,
        stands_for=("exp(sin(u))", "exp(sin(u))*cos(u)"),
    ),
    Rule(
        12,
        "ln(u)",
        "u'/u",
        r"\frac{d}{dx}\,\ln u = \frac{u'}{u}",
        "u > 0 (u ≠ 0 for ln |u|)",
        lambda u: ck.log(u),
        lambda u: u > 0,
        _POSITIVE,
        ({"u": 0.0}, {"u": -1.0}),
    ),
    Rule(
        13,
        "log(u, a)",
        "log(e, a)*u'/u",
        r"\frac{d}{dx}\,\log_a u = \log_a(e)\,\frac{u'}{u}",
        "u > 0; a > 0, a ≠ 1",
        lambda u, a: ck.log_base(u, a),
        lambda u, a: u > 0 and a > 0 and a != 1,
        ({"u": 0.3, "a": 10.0}, {"u": 2.5, "a": 0.5}, {"u": 8.0, "a": 2.0}),
        ({"u": -1.0, "a": 10.0}, {"u": 0.0, "a": 10.0}, {"u": 2.0, "a": 1.0}, {"u": 2.0, "a": -2.0}),
        numbers={"a": 10.0},
    ),
    Rule(
        14,
        "e^u",
        "e^u*u'",
        r"\frac{d}{dx}\,e^u = e^u\,u'",
        "all u",
        lambda u: ck.exp(u),
        _anywhere,
        _ANY_U,
    ),
    Rule(
        15,
        "a^u",
        "a^u*ln(a)*u'",
        r"\frac{d}{dx}\,a^u = a^u \ln(a)\,u'",
        "all u; a > 0",
        lambda a, u: call(gates.VariablePowerGate(), a, u),
        lambda a, u: a > 0,
        ({"a": 2.0, "u": -1.5}, {"a": 0.3, "u": 0.0}, {"a": 10.0, "u": 0.7}),
        ({"a": -2.0, "u": 0.5}, {"a": 0.0, "u": 2.0}),
    ),
    Rule(
        16,
        "u^v",
        "v*u^(v-1)*u' + ln(u)*u^v*v'",
        r"\frac{d}{dx}\,u^v = v\,u^{v-1}\,u' + \ln(u)\,u^v\,v'",
        "u > 0",
        lambda u, v: u**v,
        lambda u, v: u > 0,
        ({"u": 2.0, "v": 3.0}, {"u": 0.4, "v": -1.5}),
        ({"u": -2.0, "v": 3.0}, {"u": 0.0, "v": 2.0}),
    ),
    Rule(
        17,
        "sin(u)",
        "cos(u)*u'",
        r"\frac{d}{dx}\,\sin u = \cos u\; u'",
        "all u (in radians)",
        lambda u: ck.sin(u),
        _anywhere,
        _ANY_U,
    ),
    Rule(
        18,
        "cos(u)",
        "-sin(u)*u'",
        r"\frac{d}{dx}\,\cos u = -\sin u\; u'",
        "all u (in radians)",
        lambda u: ck.cos(u),
        _anywhere,
        _ANY_U,
    ),
    Rule(
        19,
        "tan(u)",
        "sec(u)^2*u'",
        r"\frac{d}{dx}\,\tan u = \sec^2 u\; u'",
        "u ≠ π/2 + kπ",
        lambda u: ck.tan(u),
        _tangent_domain,
        _ANGLES,
    ),
    Rule(
        20,
        "cot(u)",
        "-csc(u)^2*u'",
        r"\frac{d}{dx}\,\cot u = -\csc^2 u\; u'",
        "u ≠ kπ",
        lambda u: ck.cot(u),
        _cotangent_domain,
        _ANGLES,
        ({"u": 0.0},),
    ),
    Rule(
        21,
        "sec(u)",
        "sec(u)*tan(u)*u'",
        r"\frac{d}{dx}\,\sec u = \sec u\, \tan u\; u'",
        "u ≠ π/2 + kπ",
        lambda u: ck.sec(u),
        _tangent_domain,
        _ANGLES,
    ),
    Rule(
        22,
        "csc(u)",
        "-csc(u)*cot(u)*u'",
        r"\frac{d}{dx}\,\csc u = -\csc u\, \cot u\; u'",
        "u ≠ kπ",
        lambda u: ck.csc(u),
        _cotangent_domain,
        _ANGLES,
        ({"u": 0.0},),
    ),
)
