"""Homework 5: backpropagation through the layers of a network, and one training step."""

import math
from itertools import pairwise

import numpy as np

from autograder.questions import Draw, Question, case


def sigmoid(s):
    return 1.0 / (1.0 + np.exp(-s))


# ---- 1. two weights, forward ----------------------------------------------------------------------------

question = Question(
    "two-weight-forward",
    "A network with two weights, forward",
    points=2,
    asks="z1, a1, z2, a2 = two_weight_forward(x, w1, w2)",
    public=[
        case(x=1.0, w1=2.0, w2=-1.0).gives(
            z1=2.0, a1=0.8807970779778823, z2=-0.8807970779778823, a2=0.2930126319998953
        ),
        case(x=-2.0, w1=0.5, w2=3.0).gives(
            z1=-1.0, a1=0.2689414213699951, z2=0.8068242641099853, a2=0.6914323616856084
        ),
    ],
    message="Each layer does two things: it multiplies what comes in by its weight, then it applies "
    "the sigmoid.",
)


@question.reference
def two_weight_forward(x, w1, w2):
    z1 = w1 * x
    a1 = sigmoid(z1)
    z2 = w2 * a1
    return z1, a1, z2, sigmoid(z2)


@question.hidden("other numbers", count=4)
def _(draw: Draw):
    """The values are right for the numbers shown and not for others."""
    return {"x": draw.number(), "w1": draw.number(), "w2": draw.number()}


@question.misconception
def activation_skipped(x, w1, w2):
    """The second layer was fed with z1, from before the activation. What leaves a layer is a1."""
    return w1 * x, sigmoid(w1 * x), w2 * w1 * x, sigmoid(w2 * w1 * x)


@question.misconception
def input_of_the_network_again(x, w1, w2):
    """The second layer was fed with x, the input of the network. What enters it is a1."""
    z1, a1, _, _ = two_weight_forward(x, w1, w2)
    return z1, a1, w2 * x, sigmoid(w2 * x)


@question.misconception
def another_activation(x, w1, w2):
    """That is tanh, which runs from −1 to 1. Here both layers have the sigmoid, which is defined above."""
    a1 = math.tanh(w1 * x)
    return w1 * x, a1, w2 * a1, math.tanh(w2 * a1)


@question.misconception
def no_sigmoid_at_the_end(x, w1, w2):
    """The output should be a probability, between 0 and 1: the second layer has an activation, too."""
    z1, a1, z2, _ = two_weight_forward(x, w1, w2)
    return z1, a1, z2, z2


@question.misconception
def weights_swapped(x, w1, w2):
    """The two weights have changed places: w1 stands between x and the hidden unit."""
    return two_weight_forward(x, w2, w1)


@question.misconception
def sigmoid_turned(x, w1, w2):
    """Your sigmoid falls where it should rise: look at the sign in its exponent."""
    a1 = 1.0 / (1.0 + math.exp(w1 * x))
    return w1 * x, a1, w2 * a1, 1.0 / (1.0 + math.exp(w2 * a1))


@question.misconception
def weight_outside(x, w1, w2):
    """The weight was multiplied with the sigmoid of the input. First the weight, then the activation."""
    z1 = sigmoid(x)
    z2 = sigmoid(w1 * z1)
    return z1, w1 * z1, z2, w2 * z2


@question.alternative
def with_the_hyperbolic_tangent(x, w1, w2):
    def half_tanh(s):
        return (1 + math.tanh(s / 2)) / 2

    a1 = half_tanh(x * w1)
    return [x * w1, a1, a1 * w2, half_tanh(a1 * w2)]


# ---- 2. two weights, backward ---------------------------------------------------------------------------

question = Question(
    "two-weight-backward",
    "A network with two weights, backward",
    points=4,
    asks="slopes = two_weight_backward(x, w1, w2, y, a1, a2)",
    public=[
        case(x=1.0, w1=2.0, w2=-1.0, y=1.0, a1=0.8807970779778823, a2=0.2930126319998953),
        case(x=-2.0, w1=0.5, w2=3.0, y=0.0, a1=0.2689414213699951, a2=0.6914323616856084),
    ],
    message="Begin with ∂L/∂a2 and go back node by node: local derivative times what you have already.",
)


@question.reference
def two_weight_backward(x, w1, w2, y, a1, a2):
    da2 = a2 - y
    dz2 = da2 * a2 * (1 - a2)
    dw2, da1 = dz2 * a1, dz2 * w2
    dz1 = da1 * a1 * (1 - a1)
    return {"a2": da2, "z2": dz2, "w2": dw2, "a1": da1, "z1": dz1, "w1": dz1 * x, "x": dz1 * w1}


@question.hidden("other numbers", count=4)
def _(draw: Draw):
    """The slopes are right for the numbers shown and not for others."""
    x, w1, w2 = draw.numbers(3)
    _, a1, _, a2 = two_weight_forward(x, w1, w2)
    return {"x": x, "w1": w1, "w2": w2, "y": draw.choice([0.0, 1.0]), "a1": float(a1), "a2": float(a2)}


def slopes_by(x, w1, w2, y, a1, a2, error=None, slope_of_last=None, slope_of_hidden=None, x_for_w1=None):
    """All slopes, with some factors exchanged."""
    da2 = a2 - y if error is None else error
    dz2 = da2 * (a2 * (1 - a2) if slope_of_last is None else slope_of_last)
    da1 = dz2 * w2
    dz1 = da1 * (a1 * (1 - a1) if slope_of_hidden is None else slope_of_hidden)
    dw1 = dz1 * (x if x_for_w1 is None else x_for_w1)
    return {"a2": da2, "z2": dz2, "w2": dz2 * a1, "a1": da1, "z1": dz1, "w1": dw1, "x": dz1 * w1}


@question.misconception
def output_slope_forgotten(x, w1, w2, y, a1, a2):
    """Between a2 and z2 lies a sigmoid, and its slope is a factor of all that comes below."""
    return slopes_by(x, w1, w2, y, a1, a2, slope_of_last=1.0)


@question.misconception
def hidden_slope_forgotten(x, w1, w2, y, a1, a2):
    """Between a1 and z1 lies a sigmoid too, and its slope is a factor of what comes below."""
    return slopes_by(x, w1, w2, y, a1, a2, slope_of_hidden=1.0)


@question.misconception
def sigmoid_of_the_sigmoid(x, w1, w2, y, a1, a2):
    """The slope of the sigmoid is made from its *output*, a (1 − a). You have applied the sigmoid to that
    output once more."""
    of_last, of_hidden = sigmoid(a2) * (1 - sigmoid(a2)), sigmoid(a1) * (1 - sigmoid(a1))
    return slopes_by(x, w1, w2, y, a1, a2, slope_of_last=of_last, slope_of_hidden=of_hidden)


@question.misconception
def slope_of_tanh(x, w1, w2, y, a1, a2):
    """1 − a² is the slope of tanh. The sigmoid's is a (1 − a)."""
    return slopes_by(x, w1, w2, y, a1, a2, slope_of_last=1 - a2**2, slope_of_hidden=1 - a1**2)


@question.misconception
def slope_of_another_loss(x, w1, w2, y, a1, a2):
    """For z2 you have a2 − y, as it is for the cross-entropy. This loss is ½ (a2 − y)²: that is its slope for
    a2, and on the way to z2 the sigmoid's own slope is a factor."""
    da2 = (a2 - y) / (a2 * (1 - a2))
    return slopes_by(x, w1, w2, y, a1, a2, error=da2)


@question.misconception
def local_derivatives_alone(x, w1, w2, y, a1, a2):
    """These are the local derivatives, each by itself. The chain rule multiplies each with what has come back
    so far."""
    local = {"a2": a2 - y, "z2": a2 * (1 - a2), "w2": a1, "a1": w2}
    return {**local, "z1": a1 * (1 - a1), "w1": x, "x": w1}


@question.misconception
def weight_and_input_swapped(x, w1, w2, y, a1, a2):
    """Look at z1 = w1·x: the slope for w1 holds x, and the slope for x holds w1."""
    slopes = two_weight_backward(x, w1, w2, y, a1, a2)
    return {**slopes, "w1": slopes["x"], "x": slopes["w1"]}


@question.misconception
def two_in_front(x, w1, w2, y, a1, a2):
    """All slopes are twice too large: this loss has a ½ in front of the square."""
    return slopes_by(x, w1, w2, y, a1, a2, error=2 * (a2 - y))


@question.misconception
def error_turned(x, w1, w2, y, a1, a2):
    """All signs are turned. If a2 is below y, the loss falls when a2 rises."""
    return {name: -slope for name, slope in two_weight_backward(x, w1, w2, y, a1, a2).items()}


@question.misconception
def own_value_in_the_product(x, w1, w2, y, a1, a2):
    """In a product each factor is handed the value of the *other* one: look at w2 and a1."""
    slopes = two_weight_backward(x, w1, w2, y, a1, a2)
    return slopes | {"w2": slopes["z2"] * w2, "a1": slopes["z2"] * a1}


@question.misconception
def output_for_input(x, w1, w2, y, a1, a2):
    """The weight of a layer multiplies what comes *into* the layer. For w1 you took what leaves it."""
    return slopes_by(x, w1, w2, y, a1, a2, x_for_w1=a1)


@question.alternative
def by_a_complex_step(x, w1, w2, y, a1, a2):
    def slope(of, at):
        return of(at + 1e-30j).imag / 1e-30

    def loss_from_a2(a2):
        return (a2 - y) ** 2 / 2

    z2 = w2 * a1
    return {
        "x": slope(lambda v: loss_from_a2(two_weight_forward(v, w1, w2)[3]), x),
        "w1": slope(lambda v: loss_from_a2(two_weight_forward(x, v, w2)[3]), w1),
        "z1": slope(lambda v: loss_from_a2(sigmoid(w2 * sigmoid(v))), w1 * x),
        "a1": slope(lambda v: loss_from_a2(sigmoid(w2 * v)), a1),
        "w2": slope(lambda v: loss_from_a2(sigmoid(v * a1)), w2),
        "z2": slope(lambda v: loss_from_a2(sigmoid(v)), z2),
        "a2": slope(loss_from_a2, a2),
    }


# ---- 3. two layers, forward -----------------------------------------------------------------------------

X = np.array([[1.0, -2.0, 0.5], [0.0, 1.0, 1.0]])
W1 = np.array([[0.5, -1.0], [0.25, 0.0], [1.0, 2.0]])
B1 = np.array([0.5, -0.5])
W2 = np.array([[1.0, -1.0, 0.5], [2.0, 0.5, -0.5]])
B2 = np.array([0.1, -0.2, 0.3])

question = Question(
    "network-forward",
    "Two layers, all samples at once",
    points=2,
    asks="H, F = network_forward(X, W1, b1, W2, b2)",
    public=[case(X=np.vstack([X, [-1.0, 0.5, 2.0]]), W1=W1, b1=B1, W2=W2, b2=B2)],
    message="Samples lie in rows, so a layer is its input @ its weights + its bias.",
)


@question.reference
def network_forward(X, W1, b1, W2, b2):
    H = sigmoid(X @ W1 + b1)
    return H, H @ W2 + b2


def some_network(draw: Draw):
    """Inputs and weights of a two-layer network, by name."""
    samples, inputs, hidden, outputs = draw.size(1, 5), draw.size(1, 4), draw.size(1, 4), draw.size(1, 3)
    return {
        "X": draw.array(samples, inputs),
        "W1": draw.array(inputs, hidden),
        "b1": draw.array(hidden),
        "W2": draw.array(hidden, outputs),
        "b2": draw.array(outputs),
    }


@question.hidden("other networks", count=4)
def _(draw: Draw):
    """The outputs are right for the network shown and not for others, with other numbers of samples and
    units."""
    return some_network(draw)


@question.misconception
def biases_forgotten(X, W1, b1, W2, b2):
    """The biases are missing."""
    return network_forward(X, W1, 0.0, W2, 0.0)


@question.misconception
def bias_after_the_activation(X, W1, b1, W2, b2):
    """The hidden bias was added after the sigmoid. It belongs to the sum that goes into it."""
    H = sigmoid(X @ W1) + b1
    return H, H @ W2 + b2


@question.misconception
def sum_for_output(X, W1, b1, W2, b2):
    """F is right. What you return as H is the sum that goes *into* the sigmoid; H is what comes out."""
    return X @ W1 + b1, network_forward(X, W1, b1, W2, b2)[1]


@question.misconception
def samples_in_columns(X, W1, b1, W2, b2):
    """The results are transposed: samples lie in rows, also in H and F."""
    H, F = network_forward(X, W1, b1, W2, b2)
    return H.T, F.T


@question.misconception
def sigmoid_at_the_end(X, W1, b1, W2, b2):
    """The last layer of this network is linear: its outputs may be any numbers."""
    H, F = network_forward(X, W1, b1, W2, b2)
    return H, sigmoid(F)


@question.misconception
def linear_all_the_way(X, W1, b1, W2, b2):
    """The hidden layer has no activation here. Two linear layers are no more than one."""
    H = X @ W1 + b1
    return H, H @ W2 + b2


@question.misconception
def first_sample_alone(X, W1, b1, W2, b2):
    """That is the first sample alone. The matrix product takes all rows at once."""
    H, F = network_forward(X, W1, b1, W2, b2)
    return H[0], F[0]


@question.alternative
def row_by_row(X, W1, b1, W2, b2):
    H = [1 / (1 + np.exp(-(W1.T @ row + b1))) for row in X]
    return [np.array(H), np.array([W2.T @ row + b2 for row in H])]


# ---- 4. a mean loss and its gradient --------------------------------------------------------------------

question = Question(
    "mean-loss",
    "A mean loss, and a gradient that fits it",
    points=3,
    asks="loss, dF = mean_loss(F, T)",
    public=[
        case(
            F=np.array([[1.0, 2.0, 0.0], [3.0, -1.0, 1.0]]), T=np.array([[0.0, 2.0, 0.0], [1.0, 0.0, 3.0]])
        ).gives(loss=2.5, dF=[[0.5, 0.0, 0.0], [1.0, -0.5, -1.0]]),
        case(F=np.array([[2.0, 1.0]]), T=np.array([[0.0, 0.0]])).gives(loss=2.5, dF=[[2.0, 1.0]]),
        case(F=np.array([[2.0], [1.0], [0.0]]), T=np.array([[0.0], [0.0], [-2.0]])).gives(loss=1.5),
    ],
    message="Write the loss as a sum over all entries, with its factor in front; then differentiate it "
    "for one entry of F.",
)


@question.reference
def mean_loss(F, T):
    error = F - T
    return float((error**2).sum() / (2 * len(F))), error / len(F)


@question.hidden("other batches", count=5)
def _(draw: Draw):
    """Loss or gradient is right for the batches shown and not for larger ones: which of the two sizes does
    each depend on?"""
    samples, outputs = draw.size(3, 6), draw.size(2, 4)
    return {"F": draw.array(samples, outputs), "T": draw.array(samples, outputs)}


@question.misconception
def gradient_summed(F, T):
    """The loss is averaged over the samples, and its gradient is not. For a single sample nobody sees it; for
    a thousand the steps are a thousand times too long."""
    return mean_loss(F, T)[0], F - T


@question.misconception
def nothing_averaged(F, T):
    """Loss and gradient fit each other, but both are sums. The loss here is the mean over the samples."""
    return float(((F - T) ** 2).sum() / 2), F - T


@question.misconception
def averaged_over_entries(F, T):
    """You divided by the number of all *entries*, as np.mean does. The mean is over the samples: a sample's
    own outputs add up."""
    loss, dF = mean_loss(F, T)
    return loss / F.shape[1], dF / F.shape[1]


@question.misconception
def loss_averaged_over_entries(F, T):
    """np.mean divides the loss by the number of all *entries*. The mean is over the samples: a sample's own
    outputs add up."""
    loss, dF = mean_loss(F, T)
    return loss / F.shape[1], dF


@question.misconception
def two_left_in_the_gradient(F, T):
    """The gradient is twice too large: what becomes of the ½ when the square is differentiated?"""
    loss, dF = mean_loss(F, T)
    return loss, 2 * dF


@question.misconception
def half_of_the_gradient(F, T):
    """The gradient is half of what it should be: the ½ of the loss cancels the 2 of the square."""
    loss, dF = mean_loss(F, T)
    return loss, dF / 2


@question.misconception
def half_forgotten_in_both(F, T):
    """Loss and gradient fit each other, and both are twice too large: the ½ in front is missing."""
    loss, dF = mean_loss(F, T)
    return 2 * loss, 2 * dF


@question.misconception
def divided_by_outputs(F, T):
    """You divided by the number of outputs, the columns. The mean is over the samples, the rows."""
    loss, dF = mean_loss(F, T)
    return loss * len(F) / F.shape[1], dF * len(F) / F.shape[1]


@question.misconception
def half_forgotten_in_the_loss(F, T):
    """The ½ in front of the sum is missing in the loss."""
    loss, dF = mean_loss(F, T)
    return 2 * loss, dF


@question.misconception
def gradient_turned(F, T):
    """The gradient points the wrong way: where F is above T, a larger F means a larger loss."""
    loss, dF = mean_loss(F, T)
    return loss, -dF


@question.alternative
def with_loops(F, T):
    loss, dF = 0, np.zeros(F.shape)
    for i, j in np.ndindex(*F.shape):
        loss += (F[i, j] - T[i, j]) ** 2 / 2 / F.shape[0]
        dF[i, j] = (F[i, j] - T[i, j]) / F.shape[0]
    return [loss, dF]


# ---- 5. the bias ----------------------------------------------------------------------------------------

DS = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])

question = Question(
    "bias-gradient",
    "The gradient of what was repeated",
    points=3,
    asks="db = bias_gradient(dS, b)",
    public=[
        case(dS=DS, b=np.array([0.1, 0.2, 0.3])).gives(db=[5.0, 7.0, 9.0]),
        case(dS=DS, b=np.array([[0.1, 0.2, 0.3]])).gives(db=[[5.0, 7.0, 9.0]]),
        case(dS=DS, b=np.array([[0.1], [0.2]])).gives(db=[[6.0], [15.0]]),
        case(dS=DS, b=np.array([0.1])).gives(db=[21.0]),
    ],
    message="An entry of b that was used in several places is a branch. Over which axis was b "
    "repeated, and which shape must db have?",
)


@question.reference
def bias_gradient(dS, b):
    db = dS
    if b.ndim < dS.ndim:
        db = db.sum(axis=0)
    for axis, length in enumerate(b.shape):
        if length == 1:
            db = db.sum(axis=axis, keepdims=True)
    return db


@question.hidden("other shapes", count=8)
def _(draw: Draw):
    """The gradient is right for the shapes shown and not for others. A gradient has the shape of what it is
    the gradient of."""
    samples, units = draw.size(1, 5), draw.size(1, 5)
    shape = draw.choice([(units,), (1, units), (samples, 1), (1,), (1, 1), (samples, units)])
    return {"dS": draw.array(samples, units), "b": draw.array(*shape)}


question.group(
    "the other two shapes, and as many samples as units",
    [
        case(dS=DS, b=np.array([[0.1]])).gives(db=[[21.0]]),
        case(dS=DS, b=np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]])).gives(db=DS),
        *(
            case(dS=np.array([[1.0, 2.0, 4.0], [8.0, 16.0, 32.0], [64.0, 128.0, 256.0]]), b=np.ones(shape))
            for shape in [(3,), (1, 3), (3, 1), (1,), (1, 1), (3, 3)]
        ),
    ],
    message="There are six shapes. With as many samples as units their lengths tell less: a b of shape "
    "(N, 1) has the same entries as one of shape (1, M), and is repeated along the other axis.",
)


@question.misconception
def told_by_the_size(dS, b):
    """How many entries b has does not say along which axis it was repeated: with as many samples as units, a
    column and a row have equally many."""
    if b.size == dS.shape[1]:
        return dS.sum(axis=0).reshape(b.shape)
    if b.size == dS.shape[0]:
        return dS.sum(axis=1).reshape(b.shape)
    return dS.sum().reshape(b.shape) if b.size == 1 else dS


@question.misconception
def shape_of_the_layer(dS, b):
    """That has the shape of the layer. With b = b − rate · db the bias would silently become a matrix: a
    gradient has the shape of what it is the gradient of."""
    return dS


@question.misconception
def rows_added_always(dS, b):
    """Adding up the rows is right for one shape of b. Another b is repeated along the other axis, or along
    both."""
    return dS.sum(axis=0)


@question.misconception
def averaged_where_it_was_repeated(dS, b):
    """You took means. At a branch gradients add; if there is a mean, it is in the loss, and so in dS
    already."""
    return bias_gradient(dS, b) * b.size / dS.size


@question.misconception
def shape_lost(dS, b):
    """The numbers are right and the shape is not: an axis of length 1 of b is missing in db."""
    return bias_gradient(dS, b).squeeze()


@question.misconception
def first_one_only(dS, b):
    """You took the gradient of the first use of each entry. The other uses count as well."""
    db = dS if b.ndim == 2 else dS[0]
    for axis, length in enumerate(b.shape):
        if length == 1:
            db = db.take([0], axis=axis)
    return db


@question.alternative
def by_reshaping(dS, b):
    shape = (1,) * (2 - b.ndim) + b.shape
    axes = tuple(axis for axis in range(2) if shape[axis] == 1)
    return np.sum(dS, axis=axes).reshape(b.shape) if axes else dS.copy()


# ---- 6. two layers, backward ----------------------------------------------------------------------------

question = Question(
    "network-backward",
    "Two layers, backward",
    points=5,
    asks="dW1, db1, dW2, db2 = network_backward(X, H, W2, dF)",
    public=[
        case(
            X=np.array([[1.0, -2.0, 0.5], [0.0, 1.0, 1.0]]),
            H=np.array([[0.5, 0.25], [0.75, 0.5]]),
            W2=np.array([[1.0, -1.0], [2.0, 0.5]]),
            dF=np.array([[1.0, -2.0], [0.5, 1.0]]),
        ).gives(
            dW1=[[0.75, 0.1875], [-1.59375, 0.0], [0.28125, 0.46875]],
            db1=[0.65625, 0.5625],
            dW2=[[0.875, -0.25], [0.5, 0.0]],
            db2=[1.5, -1.0],
        )
    ],
    message="Go back one step at a time: dW2 and db2 from dF; dH; through the sigmoid; dW1 and db1. "
    "Each has the shape of what it belongs to.",
)


@question.reference
def network_backward(X, H, W2, dF):
    dS = (dF @ W2.T) * H * (1 - H)
    return X.T @ dS, dS.sum(axis=0), H.T @ dF, dF.sum(axis=0)


@question.hidden("other networks", count=5)
def _(draw: Draw):
    """The gradients are right for the network shown and not for others, with other numbers of samples and
    units."""
    network = some_network(draw)
    H, F = network_forward(**network)
    return {"X": network["X"], "H": H, "W2": network["W2"], "dF": draw.array(*F.shape)}


@question.misconception
def hidden_sigmoid_forgotten(X, H, W2, dF):
    """On the way back to the first layer you pass the sigmoid of the hidden layer: its slope is missing."""
    dH = dF @ W2.T
    return X.T @ dH, dH.sum(axis=0), H.T @ dF, dF.sum(axis=0)


@question.misconception
def sigmoid_of_h(X, H, W2, dF):
    """H is what the sigmoid has returned. Its slope is made of that number as it is; do not apply the sigmoid
    again."""
    dS = (dF @ W2.T) * sigmoid(H) * (1 - sigmoid(H))
    return X.T @ dS, dS.sum(axis=0), H.T @ dF, dF.sum(axis=0)


@question.misconception
def averaged_again(X, H, W2, dF):
    """You divided by the number of samples. If the loss is a mean, that is in dF already; here the samples
    add up."""
    return tuple(gradient / len(X) for gradient in network_backward(X, H, W2, dF))


@question.misconception
def biases_not_added_up(X, H, W2, dF):
    """The gradients of the biases have a row for each sample. Every sample uses the same bias, so its
    gradients add."""
    dS = (dF @ W2.T) * H * (1 - H)
    return X.T @ dS, dS, H.T @ dF, dF


@question.misconception
def second_layer_first(X, H, W2, dF):
    """The gradients are there in another order: those of the first layer come first."""
    dW1, db1, dW2, db2 = network_backward(X, H, W2, dF)
    return dW2, db2, dW1, db1


@question.misconception
def added_over_units(X, H, W2, dF):
    """The bias gradients were added up along the wrong axis: there is one for each unit, and what is added up
    are the samples."""
    dW1, _, dW2, _ = network_backward(X, H, W2, dF)
    dS = (dF @ W2.T) * H * (1 - H)
    return dW1, dS.sum(axis=1), dW2, dF.sum(axis=1)


@question.misconception
def biases_with_two_axes(X, H, W2, dF):
    """The numbers are right, but b1 and b2 have one axis, and your db1 and db2 have two."""
    dW1, db1, dW2, db2 = network_backward(X, H, W2, dF)
    return dW1, db1[None, :], dW2, db2[None, :]


@question.misconception
def slope_of_tanh_there(X, H, W2, dF):
    """1 − H² is the slope of tanh. The hidden layer has a sigmoid: H (1 − H)."""
    dS = (dF @ W2.T) * (1 - H**2)
    return X.T @ dS, dS.sum(axis=0), H.T @ dF, dF.sum(axis=0)


@question.misconception
def not_turned_round(X, H, W2, dF):
    """dF @ W2 goes forward once more. On the way back W2 is transposed: from outputs to hidden units."""
    dS = (dF @ W2) * H * (1 - H)
    return X.T @ dS, dS.sum(axis=0), H.T @ dF, dF.sum(axis=0)


@question.misconception
def gradients_transposed(X, H, W2, dF):
    """The gradients of the weights are transposed: each should have the shape of its matrix, inputs ×
    units."""
    dW1, db1, dW2, db2 = network_backward(X, H, W2, dF)
    return dW1.T, db1, dW2.T, db2


@question.misconception
def weights_skipped(X, H, W2, dF):
    """What comes back to a hidden unit passes the weights through which it went forward. You added up dF
    without them."""
    dS = dF.sum(axis=1, keepdims=True) * H * (1 - H)
    return X.T @ dS, dS.sum(axis=0), H.T @ dF, dF.sum(axis=0)


@question.alternative
def sample_by_sample(X, H, W2, dF):
    dW1, db1, dW2, db2 = 0.0, 0.0, 0.0, 0.0
    for x, hidden, df in zip(X, H, dF, strict=True):
        ds = (W2 @ df) * hidden * (1 - hidden)
        dW1, db1 = dW1 + np.outer(x, ds), db1 + ds
        dW2, db2 = dW2 + np.outer(hidden, df), db2 + df
    return [dW1, db1, dW2, db2]


# ---- 7. the recursion through L layers ------------------------------------------------------------------

question = Question(
    "layer-deltas",
    "The deltas of all layers",
    points=4,
    asks="deltas = layer_deltas(xs, Ws, last)",
    public=[
        case(
            xs=[np.array([[0.5, 0.25]]), np.array([[0.75, 0.5]]), np.array([[0.2, 0.9]])],
            Ws=[
                np.array([[1.0, 2.0], [0.5, -1.0]]),
                np.array([[1.0, -2.0], [4.0, 0.0]]),
                np.array([[2.0, 1.0], [-1.0, 3.0]]),
            ],
            last=np.array([[1.0, -1.0]]),
        ).gives(deltas=[[[0.546875, 0.140625]], [[0.1875, -1.0]], [[1.0, -1.0]]]),
        case(
            xs=[np.array([[0.5, 0.25, 0.5], [0.75, 0.5, 0.2]]), np.array([[0.5], [0.9]])],
            Ws=[np.array([[1.0, 2.0, 0.5], [0.5, -1.0, 1.0]]), np.array([[2.0], [-4.0], [1.0]])],
            last=np.array([[1.0], [-2.0]]),
        ).gives(deltas=[[[0.5, -0.75, 0.25], [-0.75, 2.0, -0.32]], [[1.0], [-2.0]]]),
    ],
    message="Start with the last layer and go down: send the delta of the layer above back through "
    "*its* weights, then scale by the slope of the sigmoid.",
)


@question.reference
def layer_deltas(xs, Ws, last):
    deltas = [last]
    for x, W in zip(reversed(xs[:-1]), reversed(Ws[1:]), strict=True):
        deltas.insert(0, (deltas[0] @ W.T) * x * (1 - x))
    return deltas


def some_layers(draw: Draw):
    """Outputs and weights of two to five sigmoid layers of drawn widths, and a last delta."""
    samples = draw.size(1, 4)
    widths = [draw.size(1, 4) for _ in range(draw.size(3, 6))]
    Ws = [draw.array(above, below) for above, below in pairwise(widths)]
    xs = [draw.array(samples, width, low=0.05, high=0.95) for width in widths[1:]]
    return {"xs": xs, "Ws": Ws, "last": draw.array(samples, widths[-1])}


@question.hidden("other networks", count=5)
def _(draw: Draw):
    """The deltas are right for the network shown and not for others: two to five layers, of any widths."""
    return some_layers(draw)


@question.misconception
def slopes_forgotten(xs, Ws, last):
    """Each delta was sent back through the weights, but the slope of the sigmoid is missing in all layers
    below the last."""
    deltas = [last]
    for W in reversed(Ws[1:]):
        deltas.insert(0, deltas[0] @ W.T)
    return deltas


@question.misconception
def last_layer_first(xs, Ws, last):
    """The deltas are there, last layer first. The list should begin with the first layer."""
    return layer_deltas(xs, Ws, last)[::-1]


@question.misconception
def own_weights(xs, Ws, last):
    """A delta comes back through the weights of the layer *above*, which read this layer's output. You took
    the layer's own."""
    deltas = [last]
    for x, W in zip(reversed(xs[:-1]), reversed(Ws[:-1]), strict=True):
        deltas.insert(0, (deltas[0] @ W.T) * x * (1 - x))
    return deltas


@question.misconception
def always_from_the_last(xs, Ws, last):
    """Each delta was made from that of the last layer. It comes from the layer just above."""
    below = [
        (last @ W.T) * x * (1 - x) if last.shape[1] == W.shape[1] else np.zeros_like(x)
        for x, W in zip(xs[:-1], Ws[1:], strict=True)
    ]
    return [*below, last]


@question.misconception
def half_of_the_slope(xs, Ws, last):
    """The slope of the sigmoid has two factors, x and 1 − x. The second is missing."""
    deltas = [last]
    for x, W in zip(reversed(xs[:-1]), reversed(Ws[1:]), strict=True):
        deltas.insert(0, (deltas[0] @ W.T) * x)
    return deltas


@question.misconception
def averaged_over_samples(xs, Ws, last):
    """You divided by the number of samples. If the loss is a mean, that is in the last delta already."""
    deltas = [last]
    for x, W in zip(reversed(xs[:-1]), reversed(Ws[1:]), strict=True):
        deltas.insert(0, (deltas[0] @ W.T) * x * (1 - x) / len(x))
    return deltas


@question.misconception
def sigmoid_once_more(xs, Ws, last):
    """The entries of xs are outputs of the sigmoid. Its slope is x (1 − x), without another sigmoid."""
    deltas = [last]
    for x, W in zip(reversed(xs[:-1]), reversed(Ws[1:]), strict=True):
        deltas.insert(0, (deltas[0] @ W.T) * sigmoid(x) * (1 - sigmoid(x)))
    return deltas


@question.misconception
def last_slope_twice(xs, Ws, last):
    """The delta of the last layer is given. It is a slope for s already: do not multiply by the last slope
    again."""
    return layer_deltas(xs, Ws, last * xs[-1] * (1 - xs[-1]))


@question.misconception
def last_one_missing(xs, Ws, last):
    """The delta of the last layer belongs to the list as well."""
    return layer_deltas(xs, Ws, last)[:-1]


@question.alternative
def by_index(xs, Ws, last):
    deltas = [None] * len(Ws)
    deltas[-1] = last
    for layer in range(len(Ws) - 2, -1, -1):
        back = np.einsum("nj,ij->ni", deltas[layer + 1], Ws[layer + 1])
        deltas[layer] = back * (xs[layer] - xs[layer] ** 2)
    return deltas


# ---- 8. a gradient check --------------------------------------------------------------------------------

question = Question(
    "gradient-check",
    "A gradient check with a verdict",
    points=3,
    asks="error, verdict = compare_gradients(mine, numeric)",
    public=[
        case(mine=np.array([36.0, 8.0]), numeric=np.array([39.0, 8.0])).gives(error=1 / 13, verdict="wrong"),
        case(mine=np.array([39.0, 8.0, 0.0]), numeric=np.array([39.0000001, 8.0, 0.0])).gives(
            verdict="right"
        ),
        case(mine=np.array([6.0, -9.0, 0.003]), numeric=np.array([2.0, -3.0, 0.001])).gives(
            error=2 / 3, verdict="off by a factor"
        ),
        case(mine=np.array([1000.0, 0.002, -5.0]), numeric=np.array([1000.0, 0.001, -5.0])).gives(
            error=0.5, verdict="wrong"
        ),
        case(mine=np.array([-1.0, 2.0]), numeric=np.array([1.0, 2.0])).gives(error=2.0, verdict="wrong"),
    ],
    equivalent=[
        "compare_gradients: error <= 1e-05 → error < 1e-05",
        "compare_gradients: (m, n) → (n, m)",  # n / m is the same number for all entries, too
        "compare_gradients: abs(ratio - ratios[0]) <= 0.001 * abs(ratios[0]) → "
        "abs(ratio - ratios[0]) < 0.001 * abs(ratios[0])",
    ],
    message="For each entry by itself: how far apart, in units of the larger of the two? The largest "
    "of these is the error.",
)


@question.reference
def compare_gradients(mine, numeric):
    apart = np.abs(mine - numeric)
    larger = np.maximum(np.abs(mine), np.abs(numeric))
    error = max((float(a / b) for a, b in zip(apart, larger, strict=True) if b > 0), default=0.0)
    if error <= 1e-5:
        return error, "right"
    pairs = [(m, n) for m, n in zip(mine, numeric, strict=True) if m != 0 or n != 0]
    if any(n == 0 for _, n in pairs):
        return error, "wrong"
    ratios = [m / n for m, n in pairs]
    alike = all(abs(ratio - ratios[0]) <= 1e-3 * abs(ratios[0]) for ratio in ratios)
    return error, "off by a factor" if alike else "wrong"


@question.hidden("gradients with a mistake, or none", count=5)
def _(draw: Draw):
    """The error or the verdict is right for the gradients shown and not for others: longer ones, with large
    and small entries and zeros."""
    numeric = draw.array(draw.size(3, 6)) * 10.0 ** draw.size(-3, 3)
    numeric[1] *= 0.001
    numeric = np.append(numeric, 0.0)
    mine = numeric * (1 + 1e-7)
    kind = draw.choice(["right", "entry", "small entry", "sign"])
    if kind == "entry":
        mine[2] *= 1.5
    elif kind == "small entry":
        mine[1] *= 1.02
    elif kind == "sign":
        mine[0] *= -1
    return {"mine": mine, "numeric": numeric}


question.group(
    "zeros, and factors far from 1",
    [
        case(mine=np.array([0.0, 0.0]), numeric=np.array([0.0, 0.0])).gives(error=0.0, verdict="right"),
        case(mine=np.array([2.0, 4.0, 0.0]), numeric=np.array([1.0, 2.0, 0.0])),
        case(mine=np.array([0.0, 2.0]), numeric=np.array([0.0, 1.0])),
        case(mine=np.array([2.0, 4.0, 1.0]), numeric=np.array([1.0, 2.0, 0.0])),
        case(mine=np.array([0.0, 4.0, 6.0]), numeric=np.array([1.0, 2.0, 3.0])),
        case(mine=np.array([1000.2, -2000.0]), numeric=np.array([1.0, -2.0])),
        case(mine=np.array([0.001, 0.003]), numeric=np.array([1.0, 2.0])),
        case(mine=np.array([-1.0, 2.0, -3.0]), numeric=np.array([1.0, -2.0, 3.0])),
        case(mine=np.array([0.5, -1.0]), numeric=np.array([-1.0, 2.0])),
    ],
    message="What if both are 0, or only one of them? And a thousandth of what?",
)

question.group(
    "errors close to the limit, and very small slopes",
    [
        case(mine=np.array([1.000004, 2.0]), numeric=np.array([1.0, 2.0])).gives(verdict="right"),
        case(mine=np.array([1.004, 2.0]), numeric=np.array([1.0, 2.0])).gives(verdict="wrong"),
        case(mine=np.array([1.00003, 2.00006]), numeric=np.array([1.0, 2.0])).gives(
            verdict="off by a factor"
        ),
        case(mine=np.array([1e-12, 1.0]), numeric=np.array([4e-12, 1.0])).gives(error=0.75, verdict="wrong"),
    ],
    message="The limit is 10⁻⁵, neither more nor less. And a wrong slope is wrong however small it is.",
)


@question.hidden("gradients that are off by a factor", count=3)
def _(draw: Draw):
    """All entries may be off by one and the same factor, a negative one too: that is worth knowing."""
    numeric = draw.array(draw.size(3, 5))
    return {"mine": numeric * draw.choice([0.5, 2.0, 32.0, -1.0]), "numeric": numeric}


def verdict_on(error, mine, numeric):
    verdict = compare_gradients(mine, numeric)[1]
    return error, "right" if error <= 1e-5 else verdict if verdict != "right" else "wrong"


@question.misconception
def absolute_error(mine, numeric):
    """That is the absolute error. 0.001 too much is nothing for a slope of 1000, and as much as the slope
    itself for one of 0.001."""
    return verdict_on(float(np.abs(mine - numeric).max()), mine, numeric)


@question.misconception
def mean_of_the_entries(mine, numeric):
    """You averaged over the entries. One wrong slope among thousands of right ones would pass: take the
    largest error."""
    apart = np.abs(mine - numeric)
    larger = np.maximum(np.maximum(np.abs(mine), np.abs(numeric)), 1e-300)
    return verdict_on(float((apart / larger).mean()), mine, numeric)


@question.misconception
def one_ratio_for_all(mine, numeric):
    """The largest difference was divided by the largest slope. So a wrong small slope hides behind a large
    one: divide entry by entry."""
    largest = max(np.abs(mine).max(), np.abs(numeric).max(), 1e-300)
    return verdict_on(float(np.abs(mine - numeric).max() / largest), mine, numeric)


@question.misconception
def signs_lost(mine, numeric):
    """A slope of −1 and one of 1 pass for equal. Take the absolute value of the difference, not the
    difference of absolute values."""
    return compare_gradients(np.abs(mine), np.abs(numeric))


@question.misconception
def floor_under_the_line(mine, numeric):
    """A floor below the line, such as 10⁻⁸, keeps 0/0 away, and hides wrong slopes that are smaller than it.
    Leave out only those entries where both are 0."""
    larger = np.maximum(np.maximum(np.abs(mine), np.abs(numeric)), 1e-8)
    return verdict_on(float((np.abs(mine - numeric) / larger).max()), mine, numeric)


@question.misconception
def sum_below_the_line(mine, numeric):
    """You divided by the sum of the two magnitudes. Divide by the larger one."""
    total = np.maximum(np.abs(mine) + np.abs(numeric), 1e-300)
    return verdict_on(float((np.abs(mine - numeric) / total).max()), mine, numeric)


@question.misconception
def limit_too_wide(mine, numeric):
    """Some of what you call right is not: the limit for the error is 10⁻⁵."""
    error, verdict = compare_gradients(mine, numeric)
    return error, "right" if error <= 1e-2 else verdict


@question.misconception
def limit_too_narrow(mine, numeric):
    """Some of what you call wrong is right: the limit for the error is 10⁻⁵, since finite differences are not
    exact either."""
    error, verdict = compare_gradients(mine, numeric)
    return error, "wrong" if verdict == "right" and error > 1e-6 else verdict


@question.misconception
def factor_not_seen(mine, numeric):
    """If all entries are off by the same factor, say so: it tells where to look."""
    error, verdict = compare_gradients(mine, numeric)
    return error, "right" if verdict == "right" else "wrong"


@question.misconception
def divided_by_the_numeric(mine, numeric):
    """You divided by the numeric slope. Take the larger of the two magnitudes: then it does not matter which
    of them is wrong, and 0 against 0 is no error."""
    with np.errstate(all="ignore"):
        error = float(np.max(np.abs(mine - numeric) / np.abs(numeric)))
    return verdict_on(error, mine, numeric)


@question.alternative
def with_a_loop(mine, numeric):
    error, ratios, zero = 0.0, [], False
    for m, n in zip(mine.tolist(), numeric.tolist(), strict=True):
        if m == n == 0:
            continue
        error = max(error, abs(m - n) / max(abs(m), abs(n)))
        zero = zero or n == 0
        ratios.append(m / n if n else math.inf)
    if error <= 1e-5:
        return [error, "right"]
    if not zero and max(ratios) - min(ratios) <= 1e-3 * abs(ratios[0]):
        return [error, "off by a factor"]
    return [error, "wrong"]


# ---- 9. one training step -------------------------------------------------------------------------------

question = Question(
    "training-step",
    "One training step",
    points=3,
    asks="new_w1, new_w2 = training_step(x, y, w1, w2, rate)",
    public=[case(x=1.0, y=1.0, w1=2.0, w2=-1.0, rate=10.0), case(x=-2.0, y=0.0, w1=0.5, w2=3.0, rate=1.0)],
    message="First all the slopes, at the weights as they are; then all the steps, against them.",
)


def both_slopes(x, y, w1, w2):
    """The derivatives of the loss for the two weights."""
    _, a1, _, a2 = two_weight_forward(x, w1, w2)
    slopes = two_weight_backward(x, w1, w2, y, a1, a2)
    return slopes["w1"], slopes["w2"]


@question.reference
def training_step(x, y, w1, w2, rate):
    a1 = sigmoid(w1 * x)
    a2 = sigmoid(w2 * a1)
    dz2 = (a2 - y) * a2 * (1 - a2)
    dw1, dw2 = dz2 * w2 * a1 * (1 - a1) * x, dz2 * a1
    return w1 - rate * dw1, w2 - rate * dw2


@question.hidden("other numbers", count=4)
def _(draw: Draw):
    """The step is right for the numbers shown and not for others."""
    return {
        "x": draw.number(),
        "y": draw.choice([0.0, 1.0]),
        "w1": draw.number(),
        "w2": draw.number(0.5, 3) * draw.choice([-1, 1]),
        "rate": draw.choice([1.0, 5.0, 10.0]),
    }


@question.misconception
def w2_updated_too_early(x, y, w1, w2, rate):
    """On its way back to w1 the delta met a w2 that had already been changed. First
    all gradients, then all updates."""
    dw1, dw2 = both_slopes(x, y, w1, w2)
    new_w2 = w2 - rate * dw2
    return w1 - rate * dw1 / w2 * new_w2, new_w2


@question.misconception
def forward_again_in_between(x, y, w1, w2, rate):
    """After the step of w2 the network was run again, and w1 got the slope of another point. In one step all
    weights use the slopes of the same point."""
    new_w2 = w2 - rate * both_slopes(x, y, w1, w2)[1]
    return w1 - rate * both_slopes(x, y, w1, new_w2)[0], new_w2


@question.misconception
def w1_first_then_forward_again(x, y, w1, w2, rate):
    """For w2 the network was run again with the new w1; take the slope at the old weights."""
    new_w1 = w1 - rate * both_slopes(x, y, w1, w2)[0]
    return new_w1, w2 - rate * both_slopes(x, y, new_w1, w2)[1]


@question.misconception
def slopes_for_weights(x, y, w1, w2, rate):
    """These are the slopes. The new weights are the old ones minus rate times the slopes."""
    return both_slopes(x, y, w1, w2)


@question.misconception
def w2_not_passed(x, y, w1, w2, rate):
    """On its way back to w1 the gradient passes w2: its value is a factor."""
    dw1, dw2 = both_slopes(x, y, w1, w2)
    return w1 - rate * dw1 / w2, w2 - rate * dw2


@question.misconception
def last_sigmoid_not_passed(x, y, w1, w2, rate):
    """Between the loss and w2 there is a sigmoid, too. Its slope, a2 (1 − a2), is missing in both."""
    dw1, dw2 = both_slopes(x, y, w1, w2)
    a2 = two_weight_forward(x, w1, w2)[3]
    return w1 - rate * dw1 / (a2 * (1 - a2)), w2 - rate * dw2 / (a2 * (1 - a2))


@question.misconception
def step_uphill(x, y, w1, w2, rate):
    """The step goes uphill, with the gradient."""
    return training_step(x, y, w1, w2, -rate)


@question.misconception
def last_layer_alone(x, y, w1, w2, rate):
    """Only the last weight has learned. What backpropagation is for is the other one."""
    return w1, training_step(x, y, w1, w2, rate)[1]


@question.misconception
def no_learning_rate(x, y, w1, w2, rate):
    """The learning rate does not appear in your step."""
    return training_step(x, y, w1, w2, 1.0 if rate != 1.0 else 0.5)


@question.alternative
def from_the_formulas(x, y, w1, w2, rate):
    a1 = 1 / (1 + math.exp(-w1 * x))
    a2 = 1 / (1 + math.exp(-w2 * a1))
    delta = (a2 - y) * a2 * (1 - a2)
    old = np.array([w1, w2])
    return old - rate * delta * np.array([w2 * a1 * (1 - a1) * x, a1])


# ---- 10. gradients that accumulate ----------------------------------------------------------------------


class Weight:
    """A number with a gradient, to which `backward` adds."""

    def __init__(self, value):
        self.value = value
        self.grad = 0.0

    def backward(self, x, t):
        self.grad += (self.value * x - t) * x


question = Question(
    "accumulated-gradients",
    "When to set a gradient back to 0",
    points=3,
    asks="values = train(samples, w, rate, every)",
    public=[
        case(samples=[(1.0, 2.0), (2.0, 3.0), (-1.0, 1.0), (0.5, 2.0)], w=1.0, rate=0.1, every=2).gives(
            values=[1.3, 1.1375]
        ),
        case(samples=[(1.0, 2.0), (2.0, 3.0), (-1.0, 1.0)], w=1.0, rate=0.1, every=1).gives(
            values=[1.1, 1.26, 1.034]
        ),
    ],
    message="Three things happen again and again: backward, the step, and setting the gradient to 0. "
    "Which of them for each sample, and which for each group, in which order?",
)


@question.reference
def train(samples, w, rate, every):
    weight, values = Weight(w), []
    for number, (x, t) in enumerate(samples, start=1):
        weight.backward(x, t)
        if number % every == 0:
            weight.value -= rate * weight.grad
            weight.grad = 0.0
            values.append(weight.value)
    return values


@question.hidden("other samples and groups", count=5)
def _(draw: Draw):
    """The values are right for the samples shown and not for others: groups of any size, and many of them."""
    every, groups = draw.size(1, 4), draw.size(2, 4)
    samples = [(draw.number(), draw.number()) for _ in range(every * groups)]
    return {"samples": samples, "w": draw.number(), "rate": draw.choice([0.1, 0.05]), "every": every}


def train_by(samples, w, rate, every, after_backward=None, after_step=None, step_every=0):
    """Training with the gradient set back at other moments."""
    weight, values = Weight(w), []
    for number, (x, t) in enumerate(samples, start=1):
        if after_backward == "before each sample":
            weight.grad = 0.0
        weight.backward(x, t)
        if after_backward == "before the step":
            weight.grad = 0.0
        if number % (step_every or every) == 0:
            weight.value -= rate * weight.grad
            values.append(weight.value)
            if after_step == "zero":
                weight.grad = 0.0
    return values


@question.misconception
def never_set_back(samples, w, rate, every):
    """From the second step on the old gradients are still in the sum: backward adds,
    and nobody has cleared it."""
    return train_by(samples, w, rate, every)


@question.misconception
def cleared_before_the_step(samples, w, rate, every):
    """The weight never moves: the gradient is cleared before it has been used."""
    return train_by(samples, w, rate, every, after_backward="before the step")


@question.misconception
def cleared_for_each_sample(samples, w, rate, every):
    """Only the last sample of each group counts: the gradient was cleared for every sample, so nothing adds
    up."""
    return train_by(samples, w, rate, every, after_backward="before each sample")


@question.misconception
def step_for_each_sample(samples, w, rate, every):
    """There is a step after each sample. The weight should stand still until a group is complete."""
    return train_by(samples, w, rate, every, after_step="zero", step_every=1)


@question.misconception
def mean_of_the_group(samples, w, rate, every):
    """You took the mean of a group. Here the gradients of its samples add up, as backward does it."""
    return train_by(samples, w, rate / every, every, after_step="zero")


@question.misconception
def always_from_the_first_weight(samples, w, rate, every):
    """Each group began again with the first weight. It should go on with what the group before has left."""
    groups = [samples[first : first + every] for first in range(0, len(samples), every)]
    return [train(group, w, rate, every)[0] for group in groups]


@question.misconception
def one_sample_late(samples, w, rate, every):
    """A step came before the group was complete: count which sample is the last of a group. Its gradient
    belongs to the sum."""
    weight, values = Weight(w), []
    for number, (x, t) in enumerate(samples):
        weight.backward(x, t)
        if number % every == 0:
            weight.value -= rate * weight.grad
            weight.grad = 0.0
            values.append(weight.value)
    return values


@question.misconception
def start_among_the_values(samples, w, rate, every):
    """The list begins with the start. The question asks for the values after the steps alone."""
    return [w, *train(samples, w, rate, every)]


@question.misconception
def uphill_with_the_group(samples, w, rate, every):
    """The steps go uphill, with the gradient."""
    return train(samples, w, -rate, every)


@question.misconception
def only_the_last_value(samples, w, rate, every):
    """That is the value at the end. The question asks for the value after every step, in a list."""
    return train(samples, w, rate, every)[-1:]


@question.alternative
def group_by_group(samples, w, rate, every):
    values = []
    for first in range(0, len(samples), every):
        group = np.array(samples[first : first + every])
        w = w - rate * float(((w * group[:, 0] - group[:, 1]) * group[:, 0]).sum())
        values.append(w)
    return values


# ---- 11. stretch: any number of layers --------------------------------------------------------------------

question = Question(
    "deep-backward",
    "Loss and gradients of a network of any depth",
    points=5,
    asks="loss, dWs, dbs = deep_backward(X, Ws, bs, T)",
    public=[
        case(
            X=X,
            Ws=[W1, W2, np.array([[1.0], [-2.0], [0.5]])],
            bs=[B1, B2, np.array([0.25])],
            T=np.array([[1.0], [-1.0]]),
        ),
        case(X=X, Ws=[W1], bs=[B1], T=np.array([[1.0, 0.0], [0.0, 1.0]])),
    ],
    message="Forward: keep what enters each layer. Backward: start from the mean loss; for each layer "
    "its two gradients, then back through its weights and through the tanh below it.",
)


def deep_by(X, Ws, bs, T, slope=None, divide=True, slope_at_the_end=False, bias="sum"):
    """Loss and gradients, with some steps exchanged."""
    xs = [X]
    for layer, (W, b) in enumerate(zip(Ws, bs, strict=True)):
        s = xs[-1] @ W + b
        xs.append(np.tanh(s) if layer < len(Ws) - 1 else s)
    slope = slope or (lambda x: 1 - x**2)
    error = xs.pop() - T
    loss = float((error**2).sum() / (2 * len(X)))
    delta = error / len(X) if divide else error
    if slope_at_the_end:
        delta = delta * slope(error + T)
    dWs, dbs = [], []
    for layer in range(len(Ws) - 1, -1, -1):
        dWs.insert(0, xs[layer].T @ delta)
        dbs.insert(0, delta.sum(axis=0) if bias == "sum" else delta.mean(axis=0))
        delta = (delta @ Ws[layer].T) * slope(xs[layer])
    return loss, dWs, dbs


@question.reference
def deep_backward(X, Ws, bs, T):
    xs = [X]
    for W, b in zip(Ws[:-1], bs[:-1], strict=True):
        xs.append(np.tanh(xs[-1] @ W + b))
    error = xs[-1] @ Ws[-1] + bs[-1] - T
    loss = float((error**2).sum() / (2 * len(X)))

    delta = error / len(X)
    dWs, dbs = [], []
    for x, W in zip(reversed(xs), reversed(Ws), strict=True):
        dWs.insert(0, x.T @ delta)
        dbs.insert(0, delta.sum(axis=0))
        delta = (delta @ W.T) * (1 - x**2)  # unused after the first layer
    return loss, dWs, dbs


@question.hidden("other networks", count=4)
def _(draw: Draw):
    """Loss or gradients are right for the networks shown and not for others: two or four layers, of any
    widths."""
    samples = draw.size(2, 5)
    widths = [draw.size(1, 4) for _ in range(draw.choice([3, 5]))]
    Ws = [draw.array(above, below) for above, below in pairwise(widths)]
    return {
        "X": draw.array(samples, widths[0]),
        "Ws": Ws,
        "bs": [draw.array(width) for width in widths[1:]],
        "T": draw.array(samples, widths[-1]),
    }


@question.misconception
def slope_of_the_sigmoid(X, Ws, bs, T):
    """Below the last layer you used the slope of the sigmoid; these units are tanh."""
    return deep_by(X, Ws, bs, T, slope=lambda x: x * (1 - x))


@question.misconception
def no_slope_at_all(X, Ws, bs, T):
    """Below the last layer the slope of tanh is missing."""
    return deep_by(X, Ws, bs, T, slope=np.ones_like)


@question.misconception
def mean_loss_summed_gradient(X, Ws, bs, T):
    """All gradients are too large by the same factor. The loss is a mean over the samples; is its
    gradient?"""
    return deep_by(X, Ws, bs, T, divide=False)


@question.misconception
def lists_turned_round(X, Ws, bs, T):
    """The gradients are there, last layer first. Both lists should begin with the first layer."""
    loss, dWs, dbs = deep_backward(X, Ws, bs, T)
    return loss, dWs[::-1], dbs[::-1]


@question.misconception
def mean_over_all_entries(X, Ws, bs, T):
    """You divided by the number of all entries of the output. The mean is over the samples."""
    loss, dWs, dbs = deep_backward(X, Ws, bs, T)
    outputs = T.shape[1]
    return loss / outputs, [dW / outputs for dW in dWs], [db / outputs for db in dbs]


@question.misconception
def tanh_at_the_end(X, Ws, bs, T):
    """The last layer of this network is linear: there is no tanh after it."""
    x = X
    for W, b in zip(Ws, bs, strict=True):
        x = np.tanh(x @ W + b)
    _, dWs, dbs = deep_by(X, Ws, bs, T)
    return float(((x - T) ** 2).sum() / (2 * len(X))), dWs, dbs


@question.misconception
def slope_in_the_last_layer(X, Ws, bs, T):
    """The last layer is linear. You multiplied by a slope of tanh there."""
    return deep_by(X, Ws, bs, T, slope_at_the_end=True)


@question.misconception
def bias_averaged(X, Ws, bs, T):
    """The samples add up for the biases as they do for the weights. The mean is in the loss already."""
    return deep_by(X, Ws, bs, T, bias="mean")


@question.alternative
def sample_after_sample(X, Ws, bs, T):
    loss, dWs, dbs = 0.0, [np.zeros_like(W) for W in Ws], [np.zeros_like(b) for b in bs]
    for x, t in zip(X, T, strict=True):
        xs, last = [x], len(Ws) - 1
        for layer, (W, b) in enumerate(zip(Ws, bs, strict=True)):
            s = W.T @ xs[layer] + b
            xs.append(s if layer == last else np.tanh(s))
        delta = (xs[-1] - t) / len(X)
        loss += ((xs[-1] - t) @ (xs[-1] - t)) / len(X) / 2
        for layer in range(last, -1, -1):
            dWs[layer] += np.outer(xs[layer], delta)
            dbs[layer] += delta
            delta = (Ws[layer] @ delta) * (1 - xs[layer] ** 2)
    return [loss, dWs, dbs]
