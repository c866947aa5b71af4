"""The 22 rules: proved by SymPy, carried out by their gates on numbers, refused outside their domain."""

from __future__ import annotations

import dataclasses
import math
import re
import subprocess
import sys
from html.parser import HTMLParser
from typing import Any

import pytest

import coursekit as ck
from coursekit.derivatives import Rule
from coursekit.errors import GateError

pytest.importorskip("sympy")

TABLE = ck.derivative_table()
GATES = {
    1: (),
    2: (),
    3: ("MultiplyGate",),
    4: ("AddGate", "SubtractGate"),
    5: ("MultiplyGate",),
    6: ("DivideGate",),
    7: ("PowerGate",),
    8: ("SqrtGate",),
    9: ("ReciprocalGate",),
    10: ("PowerGate", "ReciprocalGate"),
    11: ("SinGate", "ExpGate"),
    12: ("LogGate",),
    13: ("LogBaseGate",),
    14: ("ExpGate",),
    15: ("VariablePowerGate",),
    16: ("VariablePowerGate",),
    17: ("SinGate",),
    18: ("CosGate",),
    19: ("TanGate",),
    20: ("CotGate",),
    21: ("SecGate",),
    22: ("CscGate",),
}


def of_rules(points: str) -> list[Any]:
    return [
        pytest.param(rule, point, id=f"{rule.number}-{point}")
        for rule in TABLE
        for point in getattr(rule, points)
    ]


def by_number(rule: Rule) -> str:
    return str(rule.number)


def run(rule: Rule, point: dict[str, float]) -> ck.ComputationalGraph:
    graph = rule.graph(point)
    values = {"x": 0.5, **point}
    graph.forward(**{name: values[name] for name in graph.inputs})
    return graph


def test_the_table_is_complete() -> None:
    assert [rule.number for rule in TABLE] == list(range(1, 23))
    assert {rule.number: rule.gates for rule in TABLE} == GATES


@pytest.mark.parametrize("rule", TABLE, ids=by_number)
def test_the_rule_is_proved(rule: Rule) -> None:
    assert rule.proof() is True


@pytest.mark.parametrize("rule", TABLE, ids=by_number)
def test_a_wrong_rule_is_not_proved(rule: Rule) -> None:
    assert not dataclasses.replace(rule, right=f"{rule.right} + u").proof()


@pytest.mark.parametrize("rule", TABLE[2:], ids=by_number)
def test_a_rule_without_its_inner_derivative_is_not_proved(rule: Rule) -> None:
    forgotten = dataclasses.replace(rule, right=re.sub(r"\bu'", "1", rule.right))
    assert not forgotten.proof()


def test_gates_that_carry_out_another_rule_are_no_proof() -> None:
    sine, cosine = TABLE[16], TABLE[17]
    assert not dataclasses.replace(sine, build=cosine.build).proof()


@pytest.mark.parametrize(("rule", "point"), of_rules("inside"))
def test_gates_agree_with_finite_differences_inside_the_domain(rule: Rule, point: dict[str, float]) -> None:
    assert rule.contains(**point)
    graph = run(rule, point)
    for node in graph.nodes:
        if node.gate is not None:
            report = ck.check_gate(node.gate, *[x.value for x in node.inputs])
            assert report.passed, f"{node.gate}: {report}"
            assert not report.kinks


@pytest.mark.parametrize(("rule", "point"), of_rules("inside"))
def test_the_rule_gives_the_slope_on_numbers(rule: Rule, point: dict[str, float]) -> None:
    """The right side in numbers, with u' = 2, v' = 3, w' = 5, against the gates' gradient."""
    rates = {"u": 2.0, "v": 3.0, "w": 5.0, "x": 1.0, "a": 0.0}
    graph = run(rule, point)
    by_gates = sum(dz * rates[name] for name, dz in graph.backward().items())
    names: dict[str, Any] = {
        **{f"{u}_prime": rate for u, rate in rates.items()},
        **{name: getattr(math, name) for name in ("sqrt", "sin", "cos", "tan", "exp", "log", "e")},
        "ln": math.log,
        "sec": lambda t: 1 / math.cos(t),
        "csc": lambda t: 1 / math.sin(t),
        "cot": lambda t: 1 / math.tan(t),
        "f_prime": lambda u: math.exp(math.sin(u)) * math.cos(u),
        **point,
    }
    expected = eval(rule.right.replace("'", "_prime").replace("^", "**"), {}, names)
    assert by_gates == pytest.approx(expected, rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(("rule", "point"), of_rules("outside"))
def test_there_is_no_slope_outside_the_domain(rule: Rule, point: dict[str, float]) -> None:
    assert not rule.contains(**point)
    try:
        slopes = run(rule, point).backward().values()
    except (GateError, ArithmeticError, ValueError):
        return
    assert any(isinstance(slope, complex) or not math.isfinite(slope) for slope in slopes)


@pytest.mark.parametrize(
    ("number", "point"),
    [(19, {"u": math.pi / 2}), (21, {"u": -math.pi / 2}), (20, {"u": math.pi}), (22, {"u": -math.pi})],
)
def test_angles_of_poles_are_outside_the_domain(number: int, point: dict[str, float]) -> None:
    assert not TABLE[number - 1].contains(**point)


class Cells(HTMLParser):
    """Collects the text of the cells, as a browser would show it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1] in ("td", "th"):
            self.rows[-1][-1] += data


def test_a_notebook_shows_a_table_with_latex() -> None:
    page = TABLE._repr_html_()
    cells = Cells()
    cells.feed(page)
    assert not cells.open
    assert cells.rows[0] == ["", "rule", "domain", "gates"]
    assert len(cells.rows) == 23
    for rule, (number, statement, domain, gates) in zip(TABLE, cells.rows[1:], strict=True):
        assert number == str(rule.number)
        assert statement == f"${rule.latex}$"
        assert rule.latex.count("{") == rule.latex.count("}")
        assert domain == rule.domain
        assert gates == (", ".join(rule.gates) or "none: a leaf")
    assert cells.rows[16][1] == r"$\frac{d}{dx}\,u^v = v\,u^{v-1}\,u' + \ln(u)\,u^v\,v'$"
    assert "u &gt; 0" in page
    assert "u > 0" not in page


def test_a_terminal_shows_columns() -> None:
    lines = repr(TABLE).splitlines()
    assert lines[0] == "Derivatives, their domains and their gates"
    assert "16  d(u^v)/dx = v·u^(v-1)·u' + ln(u)·u^v·v'  u > 0" in repr(TABLE)
    assert max(map(len, lines)) < 140


def test_without_sympy_the_table_shows_and_a_proof_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['sympy'] = None\n"
        "import coursekit as ck\n"
        "table = ck.derivative_table()\n"
        "assert 'MultiplyGate' in repr(table) and 'frac' in table._repr_html_()\n"
        "try: table[0].proof()\n"
        "except ImportError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "formulas are checked by SymPy: pip install 'coursekit[symbolic]'"
