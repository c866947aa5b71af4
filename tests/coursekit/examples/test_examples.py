"""Every check of the decks: computed anew, held against the truth, and against what the slide prints."""

from __future__ import annotations

import ast
import dataclasses
import inspect
import itertools
import subprocess
import sys
import textwrap
from decimal import Decimal
from fractions import Fraction
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

import coursekit as ck
from coursekit import gates
from coursekit.errors import GateError
from coursekit.examples import NOT_COMPUTED, Example, data
from coursekit.examples.base import decimals, differences, show, significant
from coursekit.formulas import Formula

pytest.importorskip("sympy")

# The ids of all 132 checks, deck by deck.
LISTED = """
WE-UT-01 WE-UT-02 WE-UT-03 WE-UT-04 WE-UT-05 WE-UT-06 WE-UT-07 WE-UT-08 WE-UT-09 WE-UT-10 WE-UT-11
WE-UT-12 WE-UT-13 WE-UT-14
WE-UT-D01 WE-UT-D02 WE-UT-D03 WE-UT-D04 WE-UT-D05 WE-UT-D06 WE-UT-D07 WE-UT-D08 WE-UT-D09 WE-UT-D10
WE-UT-D11 WE-UT-D12 WE-UT-D13 WE-UT-D14 WE-UT-D15 WE-UT-D16 WE-UT-D17 WE-UT-D18 WE-UT-D19 WE-UT-D20
WE-UT-D21 WE-UT-D22
WE-BER-01 WE-BER-02 WE-BER-03 WE-BER-04 WE-BER-05 WE-BER-06 WE-BER-07 WE-BER-08 WE-BER-09 WE-BER-10
WE-BER-11 WE-BER-12 WE-BER-13 WE-BER-14 WE-BER-15 WE-BER-16 WE-BER-17 WE-BER-18 WE-BER-19 WE-BER-20
WE-BER-21 WE-BER-22 WE-BER-23 WE-BER-24 WE-BER-25
WE-CIT-01 WE-CIT-02 WE-CIT-03 WE-CIT-04 WE-CIT-05 WE-CIT-06 WE-CIT-07 WE-CIT-08 WE-CIT-09 WE-CIT-10
WE-CIT-11 WE-CIT-12 WE-CIT-13 WE-CIT-14 WE-CIT-15 WE-CIT-16 WE-CIT-17 WE-CIT-18 WE-CIT-19
WE-USC-01 WE-USC-02 WE-USC-03a WE-USC-03b WE-USC-04 WE-USC-05 WE-USC-06 WE-USC-07 WE-USC-08
WE-USC-09 WE-USC-10 WE-USC-11 WE-USC-12 WE-USC-13 WE-USC-14 WE-USC-15 WE-USC-16 WE-USC-17 WE-USC-18
WE-USC-19 WE-USC-20 WE-USC-21 WE-USC-22 WE-USC-23 WE-USC-24 WE-USC-25 WE-USC-26 WE-USC-27 WE-USC-28
WE-USC-29 WE-USC-30 WE-USC-31 WE-USC-32 WE-USC-33 WE-USC-34
WE-HAR-01 WE-HAR-02 WE-HAR-03 WE-HAR-04 WE-HAR-05 WE-HAR-06 WE-HAR-07 WE-HAR-08 WE-HAR-09 WE-HAR-10
WE-HAR-11 WE-HAR-12 WE-HAR-13 WE-HAR-14 WE-HAR-15 WE-HAR-16 WE-HAR-17
"""
IDS = LISTED.split()

# Where exactly a slide is wrong; everywhere else it is right as printed.
WRONG_ON_THE_SLIDE = {
    "WE-USC-03b": ["all"],
    "WE-USC-06": ["x.0", "b.0"],
    "WE-USC-09": [
        "probabilities_of_a_sample_add_up_to.0",
        "probabilities_of_a_sample_add_up_to.1",
        "probabilities_of_a_sample_add_up_to.2",
        "loss",
    ],
    "WE-BER-05": ["zero_one_loss"],
    "WE-USC-11": ["f.0", "f.1", "f.2"],
    "WE-USC-13": ["L"],
    "WE-USC-14": ["0"],
    "WE-USC-16": ["quotient"],
    "WE-USC-19": ["quotient"],
    "WE-USC-20": ["gradient.0.0", "gradient.0.1"],
    "WE-USC-21": ["rank"],
    "WE-UT-04": ["ratio"],
    "WE-BER-04": ["ratio"],
    "WE-BER-12": ["w.0", "w.1", "objective_falls"],
    "WE-BER-16": ["formula", "at_1_3"],
    "WE-UT-02": ["through_the_cube"],
    "WE-BER-02": ["through_the_cube"],
    "WE-UT-03": ["cube", "product"],
    "WE-BER-03": ["cube", "product"],
    "WE-BER-09": ["p_of_label.0", "p_of_label.1", "p_of_label.2", "between_0_and_1"],
    "WE-BER-10": ["p_of_class_1.1", "p_of_class_1.2", "between_0_and_1"],
    "WE-HAR-04": ["loss"],
    "WE-HAR-06": ["alpha_is_positive"],
    "WE-CIT-05": ["distance"],
    "WE-HAR-08": ["growth_a_layer_is_at_most_4"],
    "WE-HAR-11": ["entries_of_gradient", "shape_of_jacobian.0", "shape_of_jacobian.1"],
    "WE-HAR-13": ["w1", "w2"],
    "WE-BER-21": ["w.1", "likelihood_rises"],
    "WE-BER-22": ["w.0", "w.1"],
    "WE-CIT-19": ["updates.1"],
}

EXAMPLES = ck.examples.all()


def by_id(example: Example) -> str:
    return example.id


# ---- the one test that runs them all ---------------------------------------------------------------------


@pytest.mark.parametrize("example", EXAMPLES, ids=by_id)
def test_example(example: Example) -> None:
    assert example.wrong_entries() == []
    assert example.slide_errors() == WRONG_ON_THE_SLIDE.get(example.id, [])


# ---- completeness ----------------------------------------------------------------------------------------


def test_each_of_the_132_checks_is_computed_or_has_a_reason() -> None:
    assert len(IDS) == len(set(IDS)) == 132
    computed = [example.id for example in EXAMPLES]
    assert len(computed) == len(set(computed)) == 123
    assert sorted([*computed, *NOT_COMPUTED]) == sorted(IDS)
    assert all(len(reason) > 20 for reason in NOT_COMPUTED.values())


def test_kinds_and_errata_agree_with_where_the_slides_are_wrong() -> None:
    wrong = {example.id for example in EXAMPLES if example.kind == "erratum"}
    assert set(WRONG_ON_THE_SLIDE) == wrong | {"WE-BER-16"}
    for example in EXAMPLES:
        if example.kind in ("erratum", "extraction"):
            assert example.erratum
        if example.kind == "unprinted":
            assert example.printed is None
        elif example.id != "WE-CIT-12":  # its formula is unreadable in the copy
            assert example.printed is not None


def test_units_and_decks() -> None:
    assert [len(ck.examples.all(unit=unit)) for unit in range(1, 14)] == [
        12, 24, 38, 13, 5, 8, 2, 12, 3, 1, 4, 0, 1
    ]  # fmt: skip
    decks = {deck: len(ck.examples.all(deck=deck)) for deck in ck.examples.DECKS}
    assert decks == {"UT": 35, "BER": 24, "CIT": 15, "USC": 33, "HAR": 16}
    assert len(ck.examples.all(kind="erratum", deck="BER")) == 9


def test_there_are_30_errata_with_their_examples() -> None:
    errata = ck.examples.errata()
    assert [erratum.id for erratum in errata] == [
        f"E-{n:02}" for n in range(1, 36) if n not in (2, 3, 4, 21, 26)
    ]
    assert [erratum.id for erratum in ck.examples.errata("caveat")] == ["E-02", "E-03", "E-04"]
    assert [erratum.id for erratum in ck.examples.errata("extraction")] == ["E-21", "E-26"]
    for kind in ("erratum", "caveat", "extraction"):
        for erratum in ck.examples.errata(kind):
            assert set(erratum.examples) <= set(IDS)
            assert erratum.slide
            assert erratum.truth != erratum.slide
            assert len(erratum.why) > 30
            computed = {example.id for example in EXAMPLES if example.erratum == erratum.id}
            assert computed == set(erratum.examples) - set(NOT_COMPUTED)
            for id in erratum.examples:
                if id not in NOT_COMPUTED:
                    assert ck.examples.get(id).catalogue in erratum.entries
                else:
                    assert erratum.id in NOT_COMPUTED[id]


# ---- the explanations are true, too ----------------------------------------------------------------------


@pytest.mark.parametrize(("id", "printed"), [("WE-USC-16", 0.5), ("WE-USC-19", 0.9)])
def test_the_parts_of_a_printed_quotient_add_up_to_it(id: str, printed: float) -> None:
    parts = ck.examples.get(id).compute()["parts_of_the_printed_quotient"]
    assert sum(parts.values()) == pytest.approx(printed, rel=1e-12)


def test_the_printed_baseline_is_that_of_cut_outputs() -> None:
    example = ck.examples.get("WE-USC-13")
    assert example.printed == {"L": float(decimals(4).round(example.compute()["L_of_cut_outputs"]))}


def test_the_printed_first_guess_has_the_hidden_bias() -> None:
    example = ck.examples.get("WE-USC-11")
    assert differences(example.printed["f"], example.true["f_with_bias"], digits=decimals(3)) == []


def test_only_both_raised_entries_give_the_printed_second_loss() -> None:
    losses = ck.examples.get("WE-USC-18").compute()
    assert [float(decimals(4).round(loss)) for loss in losses.values()] == [1.6697, 1.6696]


def test_the_printed_shapes_do_not_fit() -> None:
    with pytest.raises(GateError, match="MatMulGate"):
        ck.matmul(np.zeros((5, 7500)), np.zeros((5, 1)))
    with pytest.raises(GateError, match="AddGate"):
        ck.add(np.zeros((5, 1)), np.zeros((7500, 2)))


def test_the_copied_denominator_gives_another_number() -> None:
    assert ck.examples.get("WE-BER-16").printed_values()["at_1_3"] == pytest.approx(88114.64020975724)


def test_the_caveat_of_the_three_points() -> None:
    """Along [2, −1] the objective falls towards 0 and does not get there."""
    values = [data.negative_log_likelihood(t * np.array([2.0, -1.0])) for t in range(1, 12)]
    assert all(a > b > 0 for a, b in itertools.pairwise(values))
    assert values[-1] < 1e-8


def exact(values: Any) -> Any:
    return np.vectorize(lambda x: Fraction(repr(float(x))))(values)


@pytest.mark.parametrize(
    ("id", "W", "x", "b"),
    [
        ("WE-USC-01", data.W1, data.x_car, data.b1),
        ("WE-USC-02", data.W2, data.x_second, data.b2),
        ("WE-USC-04", data.W2, data.x_car, data.b2),
        ("WE-USC-12", data.W_second_guess, data.x_car, np.zeros(3)),
    ],
)
def test_scores_are_exact_decimals(id: str, W: Any, x: Any, b: Any) -> None:
    """In fractions, with no float between: what is called an exact tie is one."""
    scores = exact(W) @ exact(x) + exact(b)
    assert scores.tolist() == [Fraction(repr(score)) for score in ck.examples.get(id).true]


# ---- examples really compute -----------------------------------------------------------------------------


@pytest.mark.parametrize("example", EXAMPLES, ids=by_id)
def test_compute_calls_something_and_never_looks_at_the_answer(example: Example) -> None:
    function = getattr(example.compute, "func", example.compute)
    tree = ast.parse(textwrap.dedent(inspect.getsource(function))).body[0]
    assert isinstance(tree, ast.FunctionDef)
    body = [node for statement in tree.body for node in ast.walk(statement)]
    assert any(isinstance(node, (ast.Call, ast.BinOp)) for node in body)
    assert not {"true", "printed"} & {node.attr for node in body if isinstance(node, ast.Attribute)}


@pytest.mark.parametrize(
    ("gate", "method", "ids"),
    [
        (gates.MatMulGate, "forward", {"WE-USC-01", "WE-USC-13", "WE-USC-20", "WE-BER-07", "WE-CIT-17"}),
        (gates.MultiplyGate, "backward", {"WE-UT-01", "WE-UT-12", "WE-USC-26", "WE-BER-20", "WE-UT-D05"}),
        (gates.PowerGate, "backward", {"WE-UT-01", "WE-BER-17", "WE-USC-22", "WE-UT-D07", "WE-HAR-12"}),
        (gates.SigmoidGate, "backward", {"WE-UT-06", "WE-UT-12", "WE-USC-31", "WE-CIT-02", "WE-CIT-10"}),
        (gates.TwoClassNLLGate, "backward", {"WE-BER-13", "WE-BER-15", "WE-BER-16", "WE-BER-21"}),
        (gates.NormLossGate, "backward", {"WE-USC-16", "WE-USC-19", "WE-USC-20", "WE-USC-34"}),
        (gates.LogGate, "backward", {"WE-UT-D12", "WE-UT-D13"}),
        (gates.TanGate, "backward", {"WE-UT-D19"}),
    ],
    ids=lambda x: getattr(x, "__name__", None),
)
def test_a_broken_gate_breaks_its_examples(
    gate: type, method: str, ids: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = getattr(gate, method)

    def wrong(self: Any, *values: Any) -> Any:
        result = right(self, *values)
        return tuple(x if x is None else 2 * x for x in result) if isinstance(result, tuple) else 2 * result

    monkeypatch.setattr(gate, method, wrong)
    assert {id for id in ids if not ck.examples.get(id).wrong_entries()} == set()


def test_an_erratum_cannot_be_silently_right() -> None:
    """Had the slide the true value, or we the slide's for the truth, the run of all examples would fail."""
    example = ck.examples.get("WE-USC-16")
    assert dataclasses.replace(example, printed={"quotient": 0.0}).slide_errors() == []
    misled = dataclasses.replace(example, true={**example.true, "quotient": 0.5})
    assert misled.wrong_entries() == ["quotient"]


# ---- comparing and rounding ------------------------------------------------------------------------------


def test_rounding_sends_ties_down_and_keeps_zeros() -> None:
    ties = [0.5585, 0.4535, 0.8845, 0.3405, 0.2235, 0.3805, 0.4165, 1.1675]
    printed = [0.558, 0.453, 0.884, 0.34, 0.223, 0.38, 0.416, 1.167]
    assert [float(decimals(3).round(tie)) for tie in ties] == printed
    assert decimals(3).round(0.4166) == Decimal("0.417")
    assert significant(6).round(3.9992139273032533) == Decimal("3.99921")


@pytest.mark.parametrize(
    ("found", "true", "where"),
    [
        (1.0, 1.0 + 1e-11, ["all"]),
        (1.0, 1.0 + 1e-13, []),
        (9.0e-13, 9.09e-13, ["all"]),
        (1e-13, 0.0, []),
        (1e-11, 0.0, ["all"]),
        (float("nan"), 0.0, ["all"]),
        (3, 3.0, []),
        (3, 4, ["all"]),
        (True, 1, ["all"]),
        ("x", "y", ["all"]),
        ([1.0, 2.0], [1.0, 3.0], ["1"]),
        ([1.0], [1.0, 3.0], ["all"]),
        (np.array([[1.0, 2.0]]), [[1.0, 2.0]], []),
        ({"a": 1.0}, {"a": 1.0, "b": 2.0}, ["b"]),
        ({"a": [0.0, {"b": 1.0}]}, {"a": [0.0, {"b": 2.0}]}, ["a.1.b"]),
        (Formula("2*x"), Formula("x + x"), []),
        (Formula("2*x"), Formula("2*y"), ["all"]),
        (2.0, Formula("8/4"), []),
        (None, 1.0, ["all"]),
    ],
)
def test_differences(found: Any, true: Any, where: list[str]) -> None:
    assert differences(found, true) == where


def test_partial_differences_leave_out_what_is_not_printed() -> None:
    assert differences({"a": [None, 2.0]}, {"a": [1.0, 3.0], "b": 4.0}, partial=True) == ["a.1"]


# ---- asking, showing, sharing ----------------------------------------------------------------------------


def test_an_unknown_id_says_what_is_like_it() -> None:
    with pytest.raises(KeyError, match="do you mean WE-USC-21"):
        ck.examples.get("WE-USC-211")
    with pytest.raises(KeyError, match="history: the LSTM's report"):
        ck.examples.get("WE-CIT-15")
    with pytest.raises(KeyError, match="E-01 to E-35"):
        ck.examples.erratum("E-36")


class Page(HTMLParser):
    """Collects a page's cells as a browser would show them, and checks that all tags are closed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.cells: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.open.append(tag)
        if tag == "td":
            self.cells.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["td"]:
            self.cells[-1] += data


@pytest.mark.parametrize("example", ck.examples.all(deck="USC"), ids=by_id)
def test_an_example_shows_itself(example: Example) -> None:
    page = Page(example._repr_html_())
    assert example.catalogue in page.cells
    assert example.slide in page.cells
    assert any(cell.endswith("Done now: it gives the true values.") for cell in page.cells)
    assert repr(example).startswith(example.id)
    assert not any("$" in cell for cell in page.cells)  # a dollar would begin a formula


def test_the_lists_show_themselves() -> None:
    page = Page(EXAMPLES._repr_html_())
    assert len(page.cells) == 6 * 123
    assert {example.id for example in EXAMPLES} <= set(page.cells)
    errata = ck.examples.errata()
    page = Page(errata._repr_html_())
    assert len(page.cells) == 5 * 30
    assert [page.cells[i] for i in range(4, 150, 5)] == [erratum.why for erratum in errata]
    assert "wrong (E-10)" in repr(EXAMPLES)
    assert [line.split()[0] for line in repr(EXAMPLES[:2]).splitlines()[3:]] == ["WE-USC-01", "WE-USC-02"]
    assert "E-35" in repr(errata)
    assert "0.02495" in Page(ck.examples.erratum("E-10")._repr_html_()).cells


def test_show() -> None:
    assert show({"a": [1, -2.5], "is_so": True, "none": None, "f": Formula("x*y")}) == (
        "a: [1, −2.5]; is so: yes; f: x·y"
    )


def test_shared_data_cannot_be_changed() -> None:
    for name in data.__all__:
        value = getattr(data, name)
        if isinstance(value, np.ndarray):
            with pytest.raises(ValueError, match="read-only"):
                value[...] = 0.0


def test_without_sympy_numbers_are_computed_and_formulas_say_what_is_missing() -> None:
    code = (
        "import sys; sys.modules['sympy'] = None\n"
        "import coursekit as ck\n"
        "assert len(ck.examples.all()) == 123 and 'E-35' in repr(ck.examples.errata())\n"
        "assert ck.examples.get('WE-USC-20').wrong_entries() == []\n"
        "print(ck.examples.get('WE-UT-12')._repr_html_())\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "pip install &#x27;coursekit[symbolic]&#x27;" in done.stdout
