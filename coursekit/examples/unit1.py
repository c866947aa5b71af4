"""Unit 1, from linear classifiers to a loss: scores, the four losses, accuracy."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from coursekit import functions as ck
from coursekit.examples import data
from coursekit.examples.base import collect, decimals, examples_of_unit
from coursekit.graph import ComputationalGraph
from coursekit.variable import Variable, variables

example = examples_of_unit(1)


def scores(W: Any, x: Any, b: Any) -> Any:
    """Return f = W x + b."""
    return ck.matmul(W, x) + b


@example(
    "WE-USC-01",
    "USC-11",
    "Scores of W1 for the first input",
    "f = W₁ x + b₁ for Cat, Car, Airplane",
    printed=[0.631, 0.969, 0.71],
    true=[0.631, 0.969, 0.71],
    note="Car has the highest score.",
)
def scores_of_w1() -> Any:
    """Multiply each row of W1 by the four features, add that row's bias."""
    return scores(data.W1, data.x_car, data.b1)


@example(
    "WE-USC-02",
    "USC-13",
    "Scores of W2 for the second input",
    "f = W₂ x + b₂",
    printed=[0.699, 0.39, 0.181],
    true=[0.69925, 0.39025, 0.18075],
    kind="rounding",
    digits=decimals(3),
    note="Cat has the highest score.",
)
def scores_of_w2() -> Any:
    """Multiply each row of W2 by the features, add that row's bias."""
    return scores(data.W2, data.x_second, data.b2)


@example(
    "WE-USC-03a",
    "USC-14",
    "Scores of W2 for the third input: Cat and Airplane",
    "f = W₂ x + b₂, first and third entry",
    printed={"Cat": 0.558, "Airplane": 0.453},
    true={"Cat": 0.5585, "Airplane": 0.4535},
    kind="rounding",
    digits=decimals(3),
    note="Both are exact ties; this deck sends every tie down. Rounding half up would print 0.559 and 0.454.",
)
def cat_and_airplane_of_w2() -> Any:
    """Multiply the first and the third row of W2 by the features, add their biases."""
    cat, _, airplane = scores(data.W2, data.x_third, data.b2)
    return {"Cat": cat, "Airplane": airplane}


@example(
    "WE-USC-03b",
    "USC-14",
    "Scores of W2 for the third input: Car",
    "f = W₂ x + b₂, second entry",
    printed=0.04,
    true=0.045,
    kind="erratum",
    erratum="E-05",
    digits=decimals(3),
)
def car_of_w2() -> Any:
    """Multiply the second row of W2 by the features, add its bias: 0.05 − 0.225 + 0 + 0.12 + 0.1."""
    return scores(data.W2, data.x_third, data.b2)[1]


@example(
    "WE-USC-04",
    "USC-15",
    "A second candidate: scores of W2 for the car",
    "f = W₂ x + b₂ for the first input",
    printed=[0.884, 0.34, 0.455],
    true=[0.8845, 0.3405, 0.455],
    kind="rounding",
    digits=decimals(3),
    note="x and b are not on the slide; x_car and b2 give all three entries. Cat wins, so W2 is wrong here.",
)
def scores_of_w2_for_the_car() -> Any:
    """Multiply each row of W2 by the car's features, add that row's bias."""
    return scores(data.W2, data.x_car, data.b2)


@example(
    "WE-USC-05",
    "USC-10",
    "How long a colour picture is as a vector",
    "50 × 50 × 3",
    printed=7500,
    true=7500,
)
def length_of_a_picture() -> Any:
    """Lay a picture of 50 × 50 points in three colours out as one vector."""
    return len(ck.reshape(np.zeros((50, 50, 3)), (-1,)))


@example(
    "WE-USC-06",
    "USC-10",
    "Shapes of the picture classifier",
    "shapes in f = W x + b for 7500 inputs and 5 classes",
    printed={"x": [5, 1], "W": [5, 7500], "b": [7500, 1], "f": [5, 1]},
    true={"x": [7500, 1], "W": [5, 7500], "b": [5, 1], "f": [5, 1], "parameters": 37505},
    kind="erratum",
    erratum="E-01",
)
def shapes_of_the_classifier() -> Any:
    """Take W and f as printed; the gradients Wᵀ df and df have the shapes of x and b."""
    W, df = np.zeros((5, 7500)), np.ones((5, 1))
    x, b = ck.matmul(ck.transpose(W), df), df
    f = scores(W, x, b)
    shapes = {name: list(array.shape) for name, array in {"x": x, "W": W, "b": b, "f": f}.items()}
    return shapes | {"parameters": W.size + b.size}


def all_losses(f: Any, y: Any) -> dict[str, Any]:
    """Return the losses of one sample's scores, and the probabilities behind the last."""
    return {
        "hinge": ck.hinge_loss(f, y),
        "L1": ck.l1_loss(f, y),
        "L2_squared": ck.l2_loss(f, y),
        "L2_norm": ck.norm_loss(f, y),
        "softmax": ck.softmax(f),
        "cross_entropy": ck.cross_entropy(f, y),
    }


@example(
    "WE-USC-07",
    "USC-15",
    "Which W is better? All losses for both",
    "the question, without numbers",
    printed=None,
    true={
        "W1": {
            "hinge": 1.403,
            "L1": 1.372,
            "L2_squared": 0.903222,
            "L2_norm": 0.9503799240303848,
            "softmax": [0.28699800108431966, 0.4024115217166887, 0.31059047719899163],
            "cross_entropy": 0.9102800281097684,
        },
        "W2": {
            "hinge": 2.6585,
            "L1": 1.999,
            "L2_squared": 1.4243055,
            "L2_norm": 1.193442709140242,
            "softmax": [0.4481779970776825, 0.26013233138777053, 0.29168967153454695],
            "cross_entropy": 1.3465648105702772,
        },
    },
    kind="unprinted",
    note="W1 is better under each of the losses.",
)
def losses_of_both_candidates() -> Any:
    """Hold both candidates' scores for the car against the target [0, 1, 0]."""
    candidates = {"W1": (data.W1, data.b1), "W2": (data.W2, data.b2)}
    return {name: all_losses(scores(W, data.x_car, b), data.y_car) for name, (W, b) in candidates.items()}


@example(
    "WE-USC-08",
    "USC-21",
    "The loss matters: L1 against L2",
    "outputs [0, 1.2, 0] and [0.07, 0.9, 0.05] for the target [0, 1, 0]",
    printed={"L1": [0.2, 0.22], "L2": [0.04, 0.0174]},
    true={"L1": [0.2, 0.22], "L2": [0.04, 0.0174]},
    note="L1 prefers the first output, the squared L2 the second: squaring punishes one large deviation more "
    "than three small ones.",
)
def l1_against_l2() -> Any:
    """Sum the deviations, and their squares."""
    outputs = (data.f_first, data.f_second)
    return {
        "L1": [ck.l1_loss(f, data.y_car) for f in outputs],
        "L2": [ck.l2_loss(f, data.y_car) for f in outputs],
    }


def scores_of_three_pictures() -> Any:
    """Return the scores of W2 for the three inputs: a row a sample, a column a class."""
    return ck.matmul(np.stack([data.x_car, data.x_second, data.x_third]), data.W2.T) + data.b2


def cross_entropy_with_the_printed_indices() -> dict[str, Any]:
    """Evaluate the printed formula: the denominator runs over samples xⱼ instead of classes."""
    e = np.exp(scores_of_three_pictures())
    p = e / e.sum(axis=0)
    return {
        "probabilities_of_a_sample_add_up_to": p.sum(axis=1),
        "loss": -np.mean(np.log(p[range(3), [1, 0, 2]])),
    }


@example(
    "WE-USC-09",
    "USC-20",
    "Cross-entropy: over what is summed",
    "−(1/N) Σᵢ ŷᵢ log P(yᵢ=j|xᵢ), P = e^{f(xᵢ)} / Σⱼ e^{f(xⱼ)}",
    printed=cross_entropy_with_the_printed_indices,
    true={"probabilities_of_a_sample_add_up_to": [1.0, 1.0, 1.0], "loss": 1.0710127106227290},
    kind="erratum",
    erratum="E-06",
    note="Shown on the scores of W2 for its three inputs, with the classes Car, Cat, Airplane.",
)
def cross_entropy_of_three_pictures() -> Any:
    """Normalise each sample's exponentials over the classes, average −log of the right ones."""
    f = scores_of_three_pictures()
    return {
        "probabilities_of_a_sample_add_up_to": ck.sum(ck.softmax(f), axis=1),
        "loss": ck.cross_entropy(f, [1, 0, 2]),
    }


def hinge_by_loops() -> dict[str, Any]:
    """Evaluate the printed double sum for both candidates' scores of the car."""
    rows = [scores(W, data.x_car, b) for W, b in ((data.W1, data.b1), (data.W2, data.b2))]
    return {"loss": sum(max(0.0, 1 + f[j] - f[1]) for f in rows for j in (0, 2)) / len(rows)}


@example(
    "WE-USC-10",
    "USC-17",
    "Multiclass hinge loss",
    "(1/N) Σᵢ Σ_{j≠yᵢ} max(0, 1 + f(xᵢ)ⱼ − f(xᵢ)_{yᵢ})",
    printed=hinge_by_loops,
    true={"loss": 2.03075, "gradient": [[0.5, -1.0, 0.5], [0.5, -1.0, 0.5]]},
    note="The slope is 1/N for each class inside the margin, and minus their number for the right class.",
)
def hinge_of_both_candidates() -> Any:
    """Average the hinge loss over two rows of scores, then go back through its gate."""
    f = Variable(
        [scores(data.W1, data.x_car, data.b1).tolist(), scores(data.W2, data.x_car, data.b2).tolist()], "f"
    )
    loss = ck.hinge_loss(f, [1, 1])
    loss.backward()
    return {"loss": loss.value, "gradient": f.grad}


def share_of_right_signs() -> dict[str, Any]:
    """Evaluate the printed formula, which counts the points whose sign is the label."""
    signs = [math.copysign(1.0, s) for s in data.points @ data.w_start]
    right = [sign == label for sign, label in zip(signs, data.labels, strict=True)]
    return {"zero_one_loss": sum(right) / len(right)}


@example(
    "WE-BER-05",
    "BER-08",
    "Zero-one loss",
    "(1/m) Σ [sign(w·x) = y]",
    printed=share_of_right_signs,
    true={"scores": [5.0, -6.0, -4.0], "accuracy": 2 / 3, "zero_one_loss": 1 / 3},
    kind="erratum",
    erratum="E-17",
)
def zero_one_loss_of_three_points() -> Any:
    """Score the three points with w = [1, 3] and count the wrong signs."""
    x, w = variables("x w")
    s = ComputationalGraph(x @ w).forward(x=data.points, w=data.w_start)
    return {
        "scores": s,
        "accuracy": ck.accuracy(s, data.labels),
        "zero_one_loss": ck.zero_one_loss(s, data.labels),
    }


EXAMPLES = collect(vars())
