"""Where the decks err: what the slide says, what is true, and why they differ.

An erratum is a lesson: each is a mistake that anyone can make. Besides the 30 errata there are three caveats
(a statement that needs a condition) and two faults of the copies the examples were taken from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from coursekit.tables import Listing, html_table, text_table

__all__ = ["ERRATA", "ErrataList", "Erratum", "erratum"]

ErratumKind = Literal["erratum", "caveat", "extraction"]


@dataclass(frozen=True, repr=False)
class Erratum:
    """One place where a slide cannot be taken at its word.

    Attributes
    ----------
    id : str
        ``E-`` and a number.
    entries : tuple of str
        The catalogue entries it is about.
    examples : tuple of str
        The worked examples that show it; they may be wording only.
    slide, truth, why : str
        What the slide says, what is right, and where the difference comes from.
    kind : str
        ``erratum``, ``caveat`` or ``extraction``.
    """

    id: str
    entries: tuple[str, ...]
    examples: tuple[str, ...]
    slide: str
    truth: str
    why: str
    kind: ErratumKind = "erratum"

    def __repr__(self) -> str:
        return text_table((self.id, ", ".join(self.entries)), self._card())

    def _repr_html_(self) -> str:
        return html_table(self.id, ("entry", ", ".join(self.entries)), self._card())

    def _card(self) -> list[tuple[str, str]]:
        examples = ", ".join(self.examples)
        return [
            ("the slide says", self.slide),
            ("true is", self.truth),
            ("why", self.why),
            ("shown by", examples),
        ]


class ErrataList(Listing[Erratum]):
    """Errata that show themselves as a table."""

    caption = "Errata of the decks"
    head = ("", "entry", "the slide says", "true is", "why they differ")

    def row(self, item: Erratum) -> Sequence[str]:
        """Return what is said, what is true, and why."""
        return item.id, ", ".join(item.entries), item.slide, item.truth, item.why


def erratum(id: str) -> Erratum:
    """Return one erratum, caveat or copying fault.

    Raises
    ------
    KeyError
        If there is none of that name.

    >>> erratum("E-17").truth
    'zero-one loss = (1/m) Σ [sign(w·x) ≠ y] = 1 − accuracy'
    """
    for found in ERRATA:
        if found.id == id:
            return found
    raise KeyError(f"no erratum {id!r}: they run from {ERRATA[0].id} to {ERRATA[-1].id}")


ERRATA = ErrataList(
    [
        Erratum(
            "E-01",
            ("USC-10",),
            ("WE-USC-06",),
            "x: 5×1, W: 5×7500, b: 7500×1, f: 5×1",
            "x: 7500×1, W: 5×7500, b: 5×1, f: 5×1; 37 505 parameters",
            "The shapes of x and b are exchanged. The product W x needs one x for each column of W, and the "
            "sum needs one b for each row.",
        ),
        Erratum(
            "E-02",
            ("UT-08", "CIT-14", "HAR-20"),
            ("WE-UT-14",),
            "a network with one hidden layer approximates any function",
            "any continuous function on a compact set, as closely as wished, for an activation that is no "
            "polynomial",
            "'Any function' is too strong, and outside a compact set the theorem says nothing. The width is "
            "not bounded, and that such weights exist does not mean that training finds them.",
            kind="caveat",
        ),
        Erratum(
            "E-03",
            ("USC-19", "USC-27", "USC-58"),
            ("WE-USC-34",),
            "'L2 loss' with the squared norm in the table, L(W) with the norm itself in the search for W",
            "‖r‖² has the gradient 2 r xᵀ; ‖r‖ has r xᵀ / ‖r‖ and none at r = 0",
            "Two losses go under nearly one name. They have the same minimum, but different gradients.",
            kind="caveat",
        ),
        Erratum(
            "E-04",
            ("BER-17",),
            ("WE-BER-08",),
            "the weights that minimise −ll of the three points are asked for",
            "there is no minimum: −ll comes as close to 0 as wished and never gets there",
            "A line separates the points (w = [2, −1] does), so a longer w in that direction is always "
            "better. Gradient descent lets |w| grow until it is stopped, or a regulariser holds it.",
            kind="caveat",
        ),
        Erratum(
            "E-05",
            ("USC-14",),
            ("WE-USC-03b",),
            "second score 0.04",
            "0.045",
            "A digit got lost: all other scores carry three decimals, with trailing zeros dropped, so 0.04 "
            "reads as 0.040.",
        ),
        Erratum(
            "E-06",
            ("USC-20",),
            ("WE-USC-09",),
            "−(1/N) Σᵢ ŷᵢ log P(yᵢ=j|xᵢ), P = e^{f(xᵢ)} / Σⱼ e^{f(xⱼ)}",
            "−(1/N) Σᵢ Σⱼ yᵢⱼ log Pᵢⱼ, Pᵢⱼ = e^{f(xᵢ)ⱼ} / Σₖ e^{f(xᵢ)ₖ}",
            "Indices slipped. f(xᵢ) is a vector, so its exponential needs a class; the denominator sums over "
            "the classes of the same sample, not over samples; the sum over classes is missing in front.",
        ),
        Erratum(
            "E-07",
            ("USC-28",),
            ("WE-USC-11",),
            "first guess: f = [0.987, 0.223, 0.38]",
            "W x = [0.687, 0.4235, 0.1805]",
            "A bias [0.3, −0.2, 0.2] is at work that the slide does not show. The second guess has none, so "
            "the two cannot be compared: L is 1.3122 with the bias and 0.9148 without.",
        ),
        Erratum(
            "E-08",
            ("USC-32",),
            ("WE-USC-13",),
            "L(W) = 1.6688",
            "1.6693",
            "The loss was computed from outputs already cut to three decimals. The two losses it is compared "
            "with were not, so the baseline is too small by 0.000474: almost twenty times the difference "
            "that is to be measured.",
        ),
        Erratum(
            "E-09",
            ("USC-32",),
            ("WE-USC-14",),
            "f(W + h) = [0.416, −0.118, 1.167], as before the step",
            "[0.417, −0.118, 1.167]",
            "The first output moves from 0.4165 to 0.4166. An output that does not move could not change the "
            "loss.",
        ),
        Erratum(
            "E-10",
            ("USC-32",),
            ("WE-USC-16",),
            "slope along W[0, 0]: 0.5",
            "0.02495",
            "0.5 is rounding: 0.0250 of true slope, 0.4744 from the baseline of cut outputs, and +0.0080 − "
            "0.0073 from losses kept to four decimals. With h = 0.001 and four decimals, a quotient is "
            "uncertain by 0.1 in any case.",
        ),
        Erratum(
            "E-11",
            ("USC-33",),
            ("WE-USC-19",),
            "slope along W[0, 1]: 0.9",
            "0.37427",
            "The first entry was not put back, so the step goes along both entries (+0.0250); the baseline "
            "is wrong as before (+0.4744); and losses are rounded (+0.0330 − 0.0073).",
        ),
        Erratum(
            "E-12",
            ("USC-34",),
            ("WE-USC-20",),
            "the gradient begins 0.5, 0.9",
            "0.02495, 0.37427",
            "The two artefacts above went into the table. The formula (W x − y*) xᵀ / ‖W x − y*‖ gives all "
            "twelve entries.",
        ),
        Erratum(
            "E-13",
            ("USC-30",),
            ("WE-USC-21",),
            "min_W L(W) = (XᵀX)⁻¹ Xᵀ y*",
            "arg min_W, as Wᵀ, if XᵀX is invertible; for one sample the shortest solution y* xᵀ / (xᵀ x)",
            "The right side is the minimiser, not the minimum (which is 0). With samples in the rows of X "
            "the formula gives Wᵀ. And it needs as many independent samples as inputs: x xᵀ of a single "
            "sample is 4×4 and has rank 1.",
        ),
        Erratum(
            "E-14",
            ("USC-47", "USC-49"),
            ("WE-USC-27",),
            "∂q/∂x = y, ∂q/∂y = x for the node g = x y; z names an input, and a gate's output",
            "∂g/∂x = y, ∂g/∂y = x",
            "The letter of the node changes between frames; on the slides of the local view z changes its "
            "role.",
        ),
        Erratum(
            "E-15",
            ("UT-15", "UT-17", "BER-25"),
            ("WE-UT-02", "WE-UT-03", "WE-BER-02", "WE-BER-03"),
            "a tiny increase of w₁ increases g by about 36 w₁ (and 3 w₁ on the other path)",
            "by about 36 δ and 3 δ, for an increase δ; in total 39 δ",
            "A slope multiplies the increase, not the value: 36 w₁ at w₁ = 2 would be 72. Each path gives a "
            "share; only the sum, 39, is ∂g/∂w₁.",
        ),
        Erratum(
            "E-16",
            ("UT-19", "BER-26"),
            ("WE-UT-04", "WE-BER-04"),
            "finite differences O(NM), backprop O(NM)",
            "in multiplications: finite differences O(N² M), backprop O(N M)",
            "Two units of cost. If one pass through the network counts as one step, it is O(NM) against "
            "O(M); if each weight counts, O(N² M) against O(NM). The factor N is what backprop is for.",
        ),
        Erratum(
            "E-17",
            ("BER-08",),
            ("WE-BER-05",),
            "zero-one loss = (1/m) Σ [sign(w·x) = y]",
            "zero-one loss = (1/m) Σ [sign(w·x) ≠ y] = 1 − accuracy",
            "The formula counts right answers: it is the accuracy, to be made large. And sign(0) is neither "
            "label; the step function of the next slide takes ≥.",
        ),
        Erratum(
            "E-18",
            ("BER-17",),
            ("WE-BER-09",),
            "p(y = yᵢ) = log(…)",
            "log p(y = yᵢ) = log(…)",
            "The log is missing on the left, three times. A probability cannot be negative.",
        ),
        Erratum(
            "E-19",
            ("BER-14",),
            ("WE-BER-10",),
            "p(y = 1) with f(xᵢ) in the numerator and f(x) in the denominator; a sum to infinity",
            "the same x above and below; a sum to m",
            "An index too many. With different points above and below, the quotient is no probability.",
        ),
        Erratum(
            "E-20",
            ("BER-19",),
            ("WE-BER-12",),
            "to minimise, move in the same direction as the gradient",
            "move against it: w ← w − α ∇g(w)",
            "The gradient points uphill. The worked line of the deck, [1, 3] − 0.01·[0, 4], has it right.",
        ),
        Erratum(
            "E-21",
            ("BER-22",),
            ("WE-BER-16",),
            "denominator (1 + e^{4w₁+2w₂})(1 + e^{4w₁+2w₂})",
            "(1 + e^{4w₂})(1 + e^{2(w₁+w₂)})(1 + e^{4w₁+2w₂})",
            "The copy of the slide lost part of a picture of a computer-algebra output. As copied, the value "
            "at [1, 3] is 88 114.64; the slide prints the right 3.99921.",
            kind="extraction",
        ),
        Erratum(
            "E-22",
            ("BER-30",),
            ("WE-BER-21",),
            "w ← w − α ∇llᵢ(w) for a log-likelihood llᵢ (the sign is lost in the copy)",
            "w ← w + α ∇llᵢ(w), or − with the gradient of −llᵢ",
            "A likelihood is to be made large. The slide calls llᵢ 'the loss', and its formula for descent "
            "has a minus.",
        ),
        Erratum(
            "E-23",
            ("BER-31",),
            ("WE-BER-22",),
            "for each batch Bᵢ: compute ∇llⱼ, then update with ∇llᵢ",
            "for each batch Bⱼ: w ← w + α ∇llⱼ(w)",
            "The index of the batch changes on the way, and the update uses another gradient than the one "
            "just computed; the sign is as in E-22. A sum over the batch, not a mean, lets the step grow "
            "with k.",
        ),
        Erratum(
            "E-24",
            ("BER-18",),
            ("WE-BER-25",),
            "'current weight vector [1, 3 is irrelevant]'",
            "'current weight vector [1, 3] is irrelevant'",
            "A bracket in the wrong place. The remark is right: the objective is a function of w.",
        ),
        Erratum(
            "E-25",
            ("CIT-15",),
            ("WE-CIT-05",),
            "the weighted sum is the distance from the point to the plane",
            "(w·x + w₀) / ‖w‖ is that distance, with a sign",
            "The weighted sum is the signed distance times ‖w‖; the two agree for a w of length 1.",
        ),
        Erratum(
            "E-26",
            ("CIT-48",),
            ("WE-CIT-12",),
            "the formula of the score-function estimator, unreadable in the copy",
            "∇ E[f(z)] = E[f(z) ∇ log p(z; θ)]",
            "Signs of the formula were lost when the slide was copied.",
            kind="extraction",
        ),
        Erratum(
            "E-27",
            ("CIT-60",),
            ("WE-CIT-14",),
            "1985, Sejnowski and Hinton: training of restricted Boltzmann machines",
            "1985, Ackley, Hinton and Sejnowski: Boltzmann machines without restriction",
            "The restricted ones came in 1986 (Smolensky's Harmonium); contrastive divergence made them "
            "practical in 2002.",
        ),
        Erratum(
            "E-28",
            ("CIT-58",),
            ("WE-CIT-16",),
            "Marvin Minksy",
            "Marvin Minsky",
            "Two letters exchanged; the sentence before has the name right.",
        ),
        Erratum(
            "E-29",
            ("CIT-50",),
            ("WE-CIT-19",),
            "a learned optimiser works from the current estimate and the curvature",
            "from the current estimate and the gradient: Δθ = f(θ, ∇L)",
            "The gradient is the slope. Curvature is how the slope changes, the Hessian, and the formula has "
            "no place for it.",
        ),
        Erratum(
            "E-30",
            ("HAR-11",),
            ("WE-HAR-04",),
            "−(y log z + (1 − y) log(1 − z)), with z the logit of the slide before",
            "−(y log σ(z) + (1 − y) log(1 − σ(z)))",
            "A logarithm of a probability is wanted, and z is no probability: for z ≤ 0 log z does not "
            "exist, for z ≥ 1 log(1 − z) does not.",
        ),
        Erratum(
            "E-31",
            ("HAR-18",),
            ("WE-HAR-06",),
            "max(0, z) + α min(0, z) for α > 0; example: α = −1 gives |z|",
            "for any α; the example is right",
            "The example breaks the condition stated for it.",
        ),
        Erratum(
            "E-32",
            ("HAR-22",),
            ("WE-HAR-08",),
            "a net with N hidden layers has O(4^N) linear regions",
            "the folding construction has exactly 4^N, so the most that is possible is at least that: Ω(4^N)",
            "A construction shows that something can be reached, so it bounds the best from below; O( ) "
            "would say that no net has more. Six ReLUs a layer give at least 22 · 9^(N−1), which outgrows "
            "4^N.",
        ),
        Erratum(
            "E-33",
            ("HAR-28",),
            ("WE-HAR-11",),
            "∇ₓy runs to ∂y/∂xₘ; the n × m matrix is called the Jacobian",
            "∇ₓy runs to ∂y/∂xₙ; the matrix is the Jacobian transposed",
            "x has n entries, so its gradient has n. The Jacobian of m outputs of n inputs is m × n; the "
            "short formula below, with its ᵀ, is right.",
        ),
        Erratum(
            "E-34",
            ("HAR-33",),
            ("WE-HAR-13",),
            "initialise g; for j = n−1 down to 1: gⱼ = Σ gᵢ ∂uᵢ/∂uⱼ",
            "gₙ = 1 first",
            "The start is not given. The derivative of the result with respect to itself is 1; started at 0, "
            "every gradient stays 0.",
        ),
        Erratum(
            "E-35",
            ("HAR-32", "HAR-34"),
            ("WE-HAR-16",),
            "Goodfellow (et al.) 2017",
            "Goodfellow, Bengio, Courville: Deep Learning, MIT Press 2016",
            "2017 is the year of the slides.",
        ),
    ]
)
