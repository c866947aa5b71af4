"""Homework 3: scores, losses and probabilities."""

import math

import numpy as np

from autograder.questions import Draw, Question, case

# ---- 1. scores ------------------------------------------------------------------------------------------

W1 = np.array([[0.1, -0.15, 0.0, 0.3], [-0.5, 0.2, 0.1, 0.35], [-0.45, 0.4, 0.1, 0.15]])
B1 = np.array([0.15, -0.1, -0.2])
X_CAR = np.array([0.1, 1.5, 0.07, 2.32])
CAR_SCORES = [0.631, 0.969, 0.71]

question = Question(
    "linear-scores",
    "The scores of a linear classifier",
    points=2,
    asks="f = scores(W, x, b)",
    public=[case(W=W1, x=X_CAR, b=B1).gives(f=CAR_SCORES)],
    labels={"f": ["the score of Cat", "the score of Car", "the score of Airplane"]},
    message="Each class has a row of W and an entry of b: multiply the row with x, entry by entry, add up, "
    "and add the entry of b.",
)


@question.reference
def scores(W, x, b):
    return W @ x + b


@question.hidden("other classifiers", count=4)
def _(draw: Draw):
    """The scores are right for the classifier shown and not for others, with other numbers of classes and
    features."""
    classes, features = draw.choice([2, 4, 5]), draw.choice([1, 2, 3, 5])  # never as many as in the lecture
    return {"W": draw.array(classes, features), "x": draw.array(features), "b": draw.array(classes)}


@question.misconception
def bias_forgotten(W, x, b):
    """The products are there, but the bias b is not added."""
    return W @ x


@question.misconception
def bias_subtracted(W, x, b):
    """The bias is subtracted; f = W x + b."""
    return W @ x - b


@question.misconception
def not_summed(W, x, b):
    """Each class should have one number: add up the products of a row before you add the bias."""
    return W * x + b[:, None]


@question.misconception
def bias_inside(W, x, b):
    """The bias stands outside the product: W x + b, not W (x + b) nor (W + b) x."""
    return (W + b[:, None]) @ x


@question.misconception
def bias_added_up(W, x, b):
    """All biases were added to each score. Each class has one of its own."""
    return W @ x + b.sum()


@question.misconception
def columns_for_classes(W, x, b):
    """The shapes do not fit: in W each class has a *row*, so W stands in front of x as it is."""
    return W.T @ x + b


@question.misconception
def winner_only(W, x, b):
    """That is the number of the winning class. The loss will need the scores of all of them."""
    return int(np.argmax(W @ x + b))


@question.alternative
def with_loops(W, x, b):
    return [sum(w * v for w, v in zip(row, x, strict=True)) + bias for row, bias in zip(W, b, strict=True)]


# ---- 2. hinge loss --------------------------------------------------------------------------------------

question = Question(
    "hinge-loss",
    "The multiclass hinge loss",
    points=3,
    asks="loss = hinge_loss(scores, target)",
    public=[
        case(scores=np.array(CAR_SCORES), target=1).gives(loss=1.403),
        case(scores=np.array([3.0, 1.0, -2.0]), target=0).gives(loss=0.0),
        case(scores=np.array([3.0, 1.0, 2.5]), target=1).gives(loss=5.5),
        case(scores=np.array([1.0, 1.5, -3.0, 0.0]), target=0).gives(loss=1.5),
    ],
    message="For each wrong class: by how much does its score come closer than 1 to that of the right class?",
)


@question.reference
def hinge_loss(scores, target):
    margins = np.maximum(0.0, scores - scores[target] + 1.0)
    return float(margins.sum() - 1.0)  # the right class itself would count with its margin of 1


@question.hidden("other scores", count=6)
def _(draw: Draw):
    """The loss is right for the scores shown and not for others: more classes, other targets."""
    classes = draw.size(2, 6)
    return {"scores": draw.array(classes), "target": draw.randrange(classes)}


question.group(
    "equal scores, and no wrong class inside the margin",
    [
        case(scores=np.array([2.0, 2.0, 1.0]), target=0).gives(loss=1.0),
        case(scores=np.array([-1.0, -1.0, -1.0, -1.0]), target=2).gives(loss=3.0),
        case(scores=np.array([0.5, -4.0, -2.0, -6.0, -1.0]), target=0).gives(loss=0.0),
    ],
    message="A wrong class may have the very score of the right one; then it costs 1. And no class earns "
    "anything.",
)


@question.misconception
def right_class_counted(scores, target):
    """Your loss is too large by 1: the sum runs over the wrong classes only, and the right class compared
    with itself gives the margin, 1."""
    return float(np.maximum(0.0, scores - scores[target] + 1.0).sum())


@question.misconception
def margin_forgotten(scores, target):
    """It is not enough that the right class wins: it should win by a margin of 1."""
    return float(np.maximum(0.0, scores - scores[target]).sum())


@question.misconception
def nothing_cut_off(scores, target):
    """A class that is beaten by more than the margin costs nothing; it does not earn anything either. Cut off
    below 0."""
    return float((scores - scores[target] + 1.0).sum() - 1.0)


@question.misconception
def cut_off_after_adding(scores, target):
    """A class that is beaten by far must not make up for another one: cut off each class by itself below 0,
    then add."""
    return max(0.0, float((scores - scores[target] + 1.0).sum() - 1.0))


@question.misconception
def equal_scores_left_out(scores, target):
    """A class was left out because its score equals that of the right class. It is another class all the
    same: compare the numbers of the classes, not the scores."""
    return float(sum(max(0.0, score - scores[target] + 1.0) for score in scores if score != scores[target]))


@question.misconception
def averaged_over_classes(scores, target):
    """You took the mean over the classes; here what they cost is added up."""
    return hinge_loss(scores, target) / len(scores)


@question.misconception
def sign_turned(scores, target):
    """Turned around: a wrong class costs more the higher *its* score is."""
    return float(np.maximum(0.0, scores[target] - scores + 1.0).sum() - 1.0)


@question.misconception
def worst_only(scores, target):
    """All wrong classes inside the margin cost something, not just the worst of them."""
    margins = np.maximum(0.0, scores - scores[target] + 1.0)
    margins[target] = 0.0
    return float(margins.max())


@question.alternative
def with_a_loop(scores, target):
    loss = 0.0
    for number, score in enumerate(scores):
        if number != target:
            loss += max(0.0, score - scores[target] + 1)
    return loss


# ---- 3. L1 and L2 ---------------------------------------------------------------------------------------

Y_CAR = np.array([0.0, 1.0, 0.0])

question = Question(
    "l1-and-l2",
    "L1 and squared L2 loss",
    points=2,
    asks="l1, l2 = l1_and_l2(output, target)",
    public=[
        case(output=np.array([0.0, 1.2, 0.0]), target=Y_CAR).gives(l1=0.2, l2=0.04),
        case(output=np.array([0.07, 0.9, 0.05]), target=Y_CAR).gives(l1=0.22, l2=0.0174),
    ],
    message="Subtract; then add up the absolute values for the one, and the squares for the other.",
)


@question.reference
def l1_and_l2(output, target):
    error = output - target
    return np.abs(error).sum(), (error**2).sum()


@question.hidden("other outputs", count=4)
def _(draw: Draw):
    """The losses are right for the outputs shown and not for others: do signs and sizes matter as they
    should?"""
    size = draw.choice([2, 4, 5])
    return {"output": draw.array(size), "target": draw.array(size)}


@question.misconception
def with_a_root(output, target):
    """You took the root. Here L2 is the *squared* length of the error; both are in use, so look which is
    meant."""
    l1, l2 = l1_and_l2(output, target)
    return l1, math.sqrt(l2)


@question.misconception
def averaged(output, target):
    """You took the mean over the entries; here they are added up."""
    l1, l2 = l1_and_l2(output, target)
    return l1 / len(output), l2 / len(output)


@question.misconception
def signs_kept(output, target):
    """In L1 errors of different signs must not cancel: take the absolute value of each before adding."""
    return (output - target).sum(), ((output - target) ** 2).sum()


@question.misconception
def square_of_the_sum(output, target):
    """In L2 each error is squared, then they are added; not the other way round."""
    return np.abs(output - target).sum(), np.abs(output - target).sum() ** 2


@question.misconception
def other_way_round(output, target):
    """The two losses have changed places: the sum of the absolute values comes first."""
    l1, l2 = l1_and_l2(output, target)
    return l2, l1


@question.misconception
def half_of_the_squares(output, target):
    """There is no ½ in this L2 loss."""
    l1, l2 = l1_and_l2(output, target)
    return l1, l2 / 2


@question.alternative
def by_norms(output, target):
    error = np.asarray(output) - np.asarray(target)
    return [float(np.linalg.norm(error, 1)), float(error @ error)]


# ---- 4. softmax -----------------------------------------------------------------------------------------

question = Question(
    "softmax",
    "Softmax, for scores of any size",
    points=3,
    asks="p = softmax(scores)",
    public=[
        case(scores=np.array([1.0, 2.0, 3.0])).gives(
            p=[0.09003057317038046, 0.24472847105479764, 0.6652409557748219]
        ),
        case(scores=np.array([0.0, 0.0])).gives(p=[0.5, 0.5]),
        case(scores=np.array([1000.0, 1001.0])).gives(p=[0.2689414213699951, 0.7310585786300049]),
        case(scores=np.array([-1000.0, 0.0, 1000.0])).gives(p=[0.0, 0.0, 1.0]),
    ],
    message="Raise e to each score; then divide by the sum, so that the results add up to 1. And e to the "
    "1000 is more than a float can hold: what may be subtracted from all scores?",
)


@question.reference
def softmax(scores):
    powers = np.exp(scores - np.max(scores))
    return powers / powers.sum()


@question.hidden("other scores", count=3)
def _(draw: Draw):
    """The probabilities are right for the scores shown and not for others."""
    return {"scores": draw.array(draw.size(2, 6), low=-5, high=5)}


@question.hidden("scores around ±1000", count=3)
def _(draw: Draw):
    """e to the 1000 is more than a float can hold. What can be subtracted from all scores without changing
    the probabilities?"""
    return {"scores": draw.array(3) + draw.choice([-1000.0, 1000.0])}


@question.hidden("scores far apart, and far beyond 1000", count=4)
def _(draw: Draw):
    """Scores may be far apart, and larger than 1000. Which number must be subtracted, so that no exponent is
    above 0?"""
    far = draw.choice([20000.0, 1e6])
    offsets = draw.sample([-far, 0.0, far, far], 4)
    return {"scores": np.array(offsets) + draw.array(4)}


@question.misconception
def too_large_for_a_float(scores):
    """e to the 1000 is more than a float can hold, and inf/inf is not a number. Subtracting the same number
    from all scores changes no probability: which number helps?"""
    with np.errstate(over="ignore", invalid="ignore"):
        powers = np.exp(scores)
        return powers / powers.sum()


@question.misconception
def smallest_subtracted(scores):
    """Something was subtracted, and that changes no probability. But what is left of the other scores is
    above 0, as far as they lie above the smallest, and e to such a power overflows."""
    with np.errstate(over="ignore", invalid="ignore"):
        powers = np.exp(scores - np.min(scores))
        return powers / powers.sum()


@question.misconception
def mean_subtracted(scores):
    """Something was subtracted, and that changes no probability. But the largest score still lies far above
    the mean, and e to such a power overflows: which number must be subtracted?"""
    with np.errstate(over="ignore", invalid="ignore"):
        powers = np.exp(scores - np.mean(scores))
        return powers / powers.sum()


@question.misconception
def one_by_one_with_math(scores):
    """math.exp(1000) is more than a float can hold, and it says so. Subtracting the same number from all
    scores changes no probability: which number helps?"""
    powers = [math.exp(score) for score in scores]
    return [power / sum(powers) for power in powers]


@question.misconception
def not_normalised(scores):
    """These are positive, but they do not add up to 1: divide by their sum."""
    return np.exp(scores - np.max(scores))


@question.misconception
def without_exp(scores):
    """Scores may be negative; dividing them by their sum gives no probabilities. The exponential comes
    first."""
    with np.errstate(all="ignore"):
        return scores / scores.sum()


@question.misconception
def sigmoid_of_each(scores):
    """A sigmoid for each class by itself: these do not add up to 1. The classes share one sum."""
    with np.errstate(over="ignore"):
        return 1.0 / (1.0 + np.exp(-scores))


@question.misconception
def hard_maximum(scores):
    """All or nothing: that is the maximum, not the soft one. Every class gets some probability."""
    return (scores == np.max(scores)) * 1.0


@question.alternative
def through_the_logarithm(scores):
    return np.exp(scores - np.logaddexp.reduce(scores))


# ---- 5, 6. cross-entropy --------------------------------------------------------------------------------

question = Question(
    "cross-entropy",
    "Softmax cross-entropy from scores",
    points=3,
    asks="loss = cross_entropy(scores, target)",
    public=[
        case(scores=np.array([1.0, 2.0, 3.0]), target=0).gives(loss=2.40760596444438),
        case(scores=np.array([0.0, 10.0, 30.0]), target=2).gives(loss=2.0612471965438765e-09),
        case(scores=np.array([0.0, 1000.0]), target=0).gives(loss=1000.0),
        case(scores=np.array([-1000.0, -1002.0]), target=1).gives(loss=2.1269280110429727),
    ],
    relative=1e-6,
    absolute=1e-13,
    message="The loss is −log of the probability of the right class. The log undoes the exp: what is left?",
)


@question.reference
def cross_entropy(scores, target):
    largest = np.max(scores)
    return float(largest - scores[target] + np.log(np.exp(scores - largest).sum()))


@question.hidden("other scores", count=4)
def _(draw: Draw):
    """The loss is right for the scores shown and not for others, or other targets."""
    classes = draw.size(2, 6)
    return {"scores": draw.array(classes, low=-5, high=5), "target": draw.randrange(classes)}


@question.hidden("scores around ±1000", count=4)
def _(draw: Draw):
    """Scores of ±1000 are not unusual. Neither exp nor log may meet a number it cannot take: let the log undo
    the exp on paper first."""
    scores = np.array([draw.choice([-1000.0, 1000.0, 0.0]) for _ in range(3)]) + draw.array(3)
    return {"scores": scores, "target": draw.randrange(3)}


@question.hidden("a right class far below the others", count=3)
def _(draw: Draw):
    """The worse the answer, the larger the loss: at a right class that is 1000 or more below the others the
    loss is 1000 or more."""
    far = draw.choice([1000.0, 3000.0])
    scores = np.array(draw.sample([-far, far, far], 3)) + draw.array(3)
    return {"scores": scores, "target": int(np.argmin(scores))}


@question.misconception
def log_of_zero(scores, target):
    """For large scores the probability is rounded to 0 or to nan before its log is taken. Let the log undo
    the exp on paper: −log p = log Σ eˢ − s."""
    with np.errstate(all="ignore"):
        powers = np.exp(scores)
        return float(-np.log(powers[target] / powers.sum()))


@question.misconception
def log_of_the_stable_softmax(scores, target):
    """Softmax is right, but a probability may be too small for a float: it is rounded to 0, whose log is
    minus infinity. Let the log undo the exp on paper: −log p = log Σ eˢ − s."""
    with np.errstate(all="ignore"):
        powers = np.exp(scores - np.max(scores))
        return float(-np.log(powers[target] / powers.sum()))


@question.misconception
def a_little_added(scores, target):
    """A tiny number inside the log hides the trouble: the loss stops growing where the answer is worst. Let
    the log undo the exp on paper, then no log of 0 can occur."""
    powers = np.exp(scores - np.max(scores))
    return float(-np.log(powers[target] / powers.sum() + 1e-12))


@question.misconception
def sum_overflows(scores, target):
    """The log has undone one exp; the sum of the others is still too large for a float, or rounded to 0. Take
    the largest score out of the sum: log Σ eˢ = m + log Σ e^(s − m)."""
    with np.errstate(all="ignore"):
        return float(np.log(np.exp(scores).sum()) - scores[target])


@question.misconception
def sum_overflows_in_math(scores, target):
    """The log has undone one exp; in the sum math.exp still meets numbers that are too large, or the sum is
    0. Take the largest score out of it: log Σ eˢ = m + log Σ e^(s − m)."""
    return math.log(sum(math.exp(score) for score in scores)) - scores[target]


@question.misconception
def largest_not_put_back(scores, target):
    """The largest score was taken out of the sum, and is missing now: log Σ eˢ = m + log Σ e^(s − m), and the
    m belongs to the loss."""
    return float(np.log(np.exp(scores - np.max(scores)).sum()) - scores[target])


@question.misconception
def sum_without_the_right_class(scores, target):
    """The sum below the line runs over all classes, the right one included."""
    return float(np.logaddexp.reduce(np.delete(scores, target)) - scores[target])


@question.misconception
def minus_forgotten(scores, target):
    """A loss should be large where the probability is small: the minus in front of the log is missing."""
    return -cross_entropy(scores, target)


@question.misconception
def one_minus_p(scores, target):
    """That is 1 − p. It hardly grows where the answer is badly wrong; the logarithm does."""
    powers = np.exp(scores - np.max(scores))
    return float(1.0 - powers[target] / powers.sum())


@question.misconception
def winner_for_target(scores, target):
    """That is the loss as if the class with the highest score were the right one. The target says which
    is."""
    return cross_entropy(scores, int(np.argmax(scores)))


@question.misconception
def logarithm_to_base_2(scores, target):
    """You have counted in bits: the loss uses the natural logarithm."""
    return cross_entropy(scores, target) / math.log(2)


@question.alternative
def with_logaddexp(scores, target):
    return np.logaddexp.reduce(scores) - scores[target]


question = Question(
    "cross-entropy-gradient",
    "The gradient of softmax cross-entropy",
    points=3,
    asks="dscores = cross_entropy_gradient(scores, target)",
    public=[
        case(scores=np.array([1.0, 2.0, 3.0]), target=0).gives(
            dscores=[-0.9099694268296196, 0.24472847105479764, 0.6652409557748219]
        ),
        case(scores=np.array([0.0, 0.0]), target=1).gives(dscores=[0.5, -0.5]),
    ],
    message="Differentiate log Σ eˢ − s_target. What is the slope of the first part for a score?",
    equivalent=[  # how large scores are met is asked in the question on softmax
        "cross_entropy_gradient: scores - np.max(scores) → scores + np.max(scores)",
        "cross_entropy_gradient: scores - np.max(scores) → scores",
    ],
)


@question.reference
def cross_entropy_gradient(scores, target):
    powers = np.exp(scores - np.max(scores))
    dscores = powers / powers.sum()
    dscores[target] -= 1.0
    return dscores


@question.hidden("other scores", count=5)
def _(draw: Draw):
    """The gradient is right for the scores shown and not for others, or other targets."""
    classes = draw.size(2, 6)
    return {"scores": draw.array(classes, low=-4, high=4), "target": draw.randrange(classes)}


@question.misconception
def one_forgotten(scores, target):
    """Those are the probabilities. The right class has a second share: the term − s_target of the loss."""
    powers = np.exp(scores - np.max(scores))
    return powers / powers.sum()


@question.misconception
def gradient_turned(scores, target):
    """The signs are turned: the loss must fall when the score of the right class rises."""
    return -cross_entropy_gradient(scores, target)


@question.misconception
def entry_by_entry(scores, target):
    """p (1 − p) is how a probability answers to its own score. All scores share one sum, so each answers to
    all of them; and the loss takes the log."""
    p = one_forgotten(scores, target)
    return p * (1.0 - p)


@question.misconception
def for_the_probability(scores, target):
    """−1/p is the slope of the loss for the *probability*. One more step back, through softmax, leads to the
    scores."""
    p = one_forgotten(scores, target)
    dp = np.zeros_like(p)
    dp[target] = -1.0 / p[target]
    return dp


@question.misconception
def one_from_all(scores, target):
    """The 1 was subtracted from all entries. It belongs to the right class alone: only its score stands in
    the loss by itself."""
    return one_forgotten(scores, target) - 1.0


@question.misconception
def right_class_only(scores, target):
    """The wrong classes have gradients too: if one of their scores rises, the loss rises."""
    dscores = np.zeros_like(scores)
    dscores[target] = one_forgotten(scores, target)[target] - 1.0
    return dscores


@question.alternative
def with_a_one_hot_vector(scores, target):
    one_hot = np.arange(len(scores)) == target
    return np.exp(scores - np.logaddexp.reduce(scores)) - one_hot


# ---- 7. two classes -------------------------------------------------------------------------------------

question = Question(
    "two-class-softmax",
    "Two classes with scores z and −z",
    points=2,
    asks="p = two_class_softmax(z)",
    public=[
        case(z=0.0).gives(p=0.5),
        case(z=1.0).gives(p=0.8807970779778824),
        case(z=-1000.0).gives(p=0.0),
        case(z=1000.0).gives(p=1.0),
    ],
    message="Divide above and below by e to the z: what stands in the exponent then?",
    # Where z is small, both branches are right.
    equivalent=["two_class_softmax: z >= 0 → z > 0", "two_class_softmax: 0 → 1"],
)


@question.reference
def two_class_softmax(z):
    if z >= 0:
        return 1.0 / (1.0 + math.exp(-2.0 * z))
    return math.exp(2.0 * z) / (1.0 + math.exp(2.0 * z))


@question.hidden("other scores", count=5)
def _(draw: Draw):
    """The probability is right for the scores shown and not for others, of both signs."""
    return {"z": draw.choice([-1.0, 1.0]) * draw.number(1, 8)}


@question.misconception
def plain_sigmoid(z):
    """That is σ(z). Here the second class has the score −z, not 0, so the two scores are 2z apart."""
    return two_class_softmax(z / 2.0)


@question.misconception
def other_class(z):
    """That is the probability of the other class: yours falls when z rises."""
    return two_class_softmax(-z)


@question.misconception
def not_divided(z):
    """e to the z alone is no probability: divide by the sum over both classes."""
    return math.exp(min(z, 700.0))


@question.misconception
def hyperbolic_tangent(z):
    """That is tanh, with a minus above the line: it runs from −1 to 1. A probability runs from 0 to 1."""
    return math.tanh(z)


@question.misconception
def right_on_one_side(z):
    """For z = −1000 the exponent −2z is 2000, more than math.exp can take. This form is right for positive z;
    another one is right for negative z."""
    return 1.0 / (1.0 + math.exp(-2.0 * z))


@question.misconception
def right_on_the_other_side(z):
    """For z = 1000 the exponent 2z is 2000, more than math.exp can take. This form is right for negative z;
    another one is right for positive z."""
    return math.exp(2.0 * z) / (1.0 + math.exp(2.0 * z))


@question.misconception
def exponent_too_large(z):
    """math.exp(1000) is more than a float can hold. Rewrite the fraction so that e is raised to a negative
    power only, one way for each sign of z."""
    return math.exp(z) / (math.exp(z) + math.exp(-z))


@question.alternative
def by_tanh(z):
    return 0.5 * (1.0 + math.tanh(z))


# ---- 8, 9. the three points -----------------------------------------------------------------------------

POINTS, LABELS = np.array([[2.0, 1.0], [0.0, -2.0], [-1.0, -1.0]]), np.array([1.0, 1.0, -1.0])

question = Question(
    "three-points",
    "The negative log-likelihood of the three points",
    points=3,
    asks="loss = negative_log_likelihood(w, points, labels)",
    public=[
        case(w=np.array([1.0, 3.0]), points=POINTS, labels=LABELS).gives(loss=12.00038694946559),
        case(w=np.array([0.0, 0.0]), points=POINTS, labels=LABELS).gives(loss=3 * math.log(2)),
    ],
    message="For each point: its score w·x, the probability of its label, −log of that; then add up.",
    equivalent=["negative_log_likelihood: -2.0 * labels → -2.0 / labels"],  # labels are 1 and −1
)


@question.reference
def negative_log_likelihood(w, points, labels):
    return float(np.logaddexp(0.0, -2.0 * labels * (points @ w)).sum())


@question.hidden("other weights and points", count=4)
def _(draw: Draw):
    """The loss is right for the three points and not for others."""
    count = draw.choice([1, 2, 4, 5])
    return {
        "w": draw.array(2),
        "points": draw.array(count, 2),
        "labels": np.array([draw.choice([-1.0, 1.0]) for _ in range(count)]),
    }


@question.misconception
def scores_z_and_zero(w, points, labels):
    """The two classes have the scores z and −z, which are 2z apart: the factor 2 is missing in the
    exponent."""
    return float(np.logaddexp(0.0, -labels * (points @ w)).sum())


@question.misconception
def log_likelihood(w, points, labels):
    """That is the log-likelihood, which one climbs. The loss is its negative."""
    return -negative_log_likelihood(w, points, labels)


@question.misconception
def likelihood(w, points, labels):
    """That is the likelihood, a product of probabilities. The loss is minus the sum of their logs."""
    return math.exp(-negative_log_likelihood(w, points, labels))


@question.misconception
def sign_of_the_exponent(w, points, labels):
    """Points on the right side cost most in your formula: look at the sign in the exponent."""
    return float(np.logaddexp(0.0, 2.0 * labels * (points @ w)).sum())


@question.misconception
def labels_ignored(w, points, labels):
    """All points are treated as if their label were +1. The probability needed is that of the label each
    point has."""
    return float(np.logaddexp(0.0, -2.0 * (points @ w)).sum())


@question.misconception
def mean_over_the_points(w, points, labels):
    """You took the mean over the points; here they are added up."""
    return negative_log_likelihood(w, points, labels) / len(points)


@question.alternative
def point_by_point(w, points, labels):
    loss = 0.0
    for (x1, x2), label in zip(points, labels, strict=True):
        loss += math.log1p(math.exp(-2 * label * (w[0] * x1 + w[1] * x2)))
    return loss


question = Question(
    "three-points-gradient",
    "The gradient of the three points",
    points=4,
    asks="gradient = nll_gradient(w, points, labels)",
    public=[
        case(w=np.array([1.0, 3.0]), points=POINTS, labels=LABELS).gives(
            gradient=[-0.0008522917357426938, 3.9992139273032534]
        )
    ],
    labels={"gradient": ["the slope for w1", "the slope for w2"]},
    message="The slope of log(1 + e^u) is e^u/(1 + e^u). Here u = −2 y (w·x). What does the chain rule give?",
    equivalent=[  # labels are 1 and −1
        "nll_gradient: -2.0 * labels → -2.0 / labels",
        "nll_gradient: np.exp(u - np.logaddexp(0.0, u)) * -2.0 * labels"
        " → np.exp(u - np.logaddexp(0.0, u)) * -2.0 / labels",
    ],
)


@question.reference
def nll_gradient(w, points, labels):
    u = -2.0 * labels * (points @ w)
    return (np.exp(u - np.logaddexp(0.0, u)) * -2.0 * labels) @ points


@question.hidden("other weights and points", count=4)
def _(draw: Draw):
    """The gradient is right for the three points and not for others."""
    count = draw.choice([1, 2, 4, 5])
    return {
        "w": draw.array(2),
        "points": draw.array(count, 2),
        "labels": np.array([draw.choice([-1.0, 1.0]) for _ in range(count)]),
    }


@question.misconception
def uphill(w, points, labels):
    """The signs are turned: that is the gradient of the log-likelihood, which one climbs."""
    return -nll_gradient(w, points, labels)


@question.misconception
def inner_two_forgotten(w, points, labels):
    """All entries are half of what they should be: the inner derivative of −2 y (w·x) has a factor 2."""
    return nll_gradient(w, points, labels) / 2.0


@question.misconception
def right_points_pull(w, points, labels):
    """Points that are classified well pull hardest in your formula. It should be those that are wrong: look
    at the sign in the exponent."""
    u = 2.0 * labels * (points @ w)
    return (np.exp(u - np.logaddexp(0.0, u)) * -2.0 * labels) @ points


@question.misconception
def label_forgotten_outside(w, points, labels):
    """The label is a factor of the inner derivative, too: points of the two classes pull in opposite
    directions."""
    u = -2.0 * labels * (points @ w)
    return (np.exp(u - np.logaddexp(0.0, u)) * -2.0) @ points


@question.misconception
def label_alone_outside(w, points, labels):
    """The inner derivative of −2 y (w·x) has three factors besides x: the 2, the minus and the label. The
    first two are missing."""
    u = -2.0 * labels * (points @ w)
    return (np.exp(u - np.logaddexp(0.0, u)) * labels) @ points


@question.misconception
def not_added_up(w, points, labels):
    """Each point has its slopes in a row. The loss is a sum over the points, and so is its gradient: add the
    rows."""
    u = -2.0 * labels * (points @ w)
    return (np.exp(u - np.logaddexp(0.0, u)) * -2.0 * labels)[:, None] * points


@question.misconception
def inputs_forgotten(w, points, labels):
    """One number for each point is the slope for its score. Go on to the weights: the local derivative of w·x
    for w is x, and the points add up."""
    u = -2.0 * labels * (points @ w)
    return np.exp(u - np.logaddexp(0.0, u)) * -2.0 * labels


@question.alternative
def one_point_after_the_other(w, points, labels):
    gradient = np.zeros(2)
    for x, label in zip(points, labels, strict=True):
        p_wrong = 1.0 / (1.0 + math.exp(2.0 * label * float(x @ w)))
        gradient = gradient - 2.0 * label * p_wrong * x
    return gradient


# ---- 10. squared loss against cross-entropy ----------------------------------------------------------------

question = Question(
    "slopes-of-two-losses",
    "Which loss still learns when it is wrong?",
    points=3,
    asks="squared, cross_entropy = loss_slopes(z, y)",
    public=[
        case(z=0.0, y=1.0).gives(squared=-0.25, cross_entropy=-0.5),
        case(z=-10.0, y=1.0).gives(squared=-9.078749372606487e-05, cross_entropy=-0.9999546021312976),
        case(z=math.log(3.0), y=0.0).gives(squared=0.28125, cross_entropy=0.75),
    ],
    absolute=1e-12,
    message="Write s for σ(z); its slope is s (1 − s). Go back from each loss to z by the chain rule.",
)


@question.reference
def loss_slopes(z, y):
    s = 1.0 / (1.0 + math.exp(-z))
    return 2.0 * (s - y) * s * (1.0 - s), s - y


@question.hidden("other scores", count=6)
def _(draw: Draw):
    """The slopes are right for the scores shown and not for others, or not for the target 0."""
    return {"z": draw.number(-5, 5), "y": draw.choice([0.0, 1.0])}


@question.misconception
def cross_entropy_for_s(z, y):
    """The second one is the slope for s. One step is left, from s back to z: the sigmoid's own slope is a
    factor. What cancels then?"""
    s = 1.0 / (1.0 + math.exp(-z))
    return loss_slopes(z, y)[0], (1.0 - y) / (1.0 - s) - y / s


@question.misconception
def square_without_two(z, y):
    """The first slope is half of what it should be: the square has no ½ in front."""
    squared, cross_entropy = loss_slopes(z, y)
    return squared / 2.0, cross_entropy


@question.misconception
def sigmoid_skipped(z, y):
    """2 (s − y) is the slope for s. To get to z, the sigmoid's own slope is a factor."""
    s = 1.0 / (1.0 + math.exp(-z))
    return 2.0 * (s - y), s - y


@question.misconception
def sigmoid_twice(z, y):
    """In the second slope s (1 − s) cancels against the denominators of the cross-entropy's own slope: that
    is its advantage."""
    squared, cross_entropy = loss_slopes(z, y)
    s = 1.0 / (1.0 + math.exp(-z))
    return squared, cross_entropy * s * (1.0 - s)


@question.misconception
def slopes_turned(z, y):
    """The signs are turned: with target 1, the loss must fall when z rises."""
    squared, cross_entropy = loss_slopes(z, y)
    return -squared, -cross_entropy


@question.misconception
def z_for_s(z, y):
    """The slope of the sigmoid is s (1 − s), with its output s, not z (1 − z)."""
    s = 1.0 / (1.0 + math.exp(-z))
    return 2.0 * (s - y) * z * (1.0 - z), s - y


@question.alternative
def the_long_way(z, y):
    s = 0.5 * (1.0 + math.tanh(z / 2))
    ds = s * (1 - s)
    return [2 * (s - y) * ds, (-y / s + (1 - y) / (1 - s)) * ds]


# ---- 11. the loss of a batch ------------------------------------------------------------------------------

W2_SCORES = np.array([[0.8845, 0.3405, 0.455], [0.69925, 0.39025, 0.18075], [0.5585, 0.045, 0.4535]])

question = Question(
    "batch-losses",
    "Hinge loss and cross-entropy of a batch",
    points=3,
    asks="hinge, entropy = batch_losses(F, targets)",
    public=[
        case(F=np.array([CAR_SCORES, [0.8845, 0.3405, 0.455]]), targets=[1, 1]).gives(hinge=2.03075),
        case(F=W2_SCORES, targets=[1, 0, 2]).gives(entropy=1.071012710622729),
    ],
    message="Find both losses of each row, with the row's own target; then take the mean over the rows.",
)


@question.reference
def batch_losses(F, targets):
    hinge = [hinge_loss(scores, target) for scores, target in zip(F, targets, strict=True)]
    entropy = [cross_entropy(scores, target) for scores, target in zip(F, targets, strict=True)]
    return float(np.mean(hinge)), float(np.mean(entropy))


@question.hidden("other batches", count=5)
def _(draw: Draw):
    """The losses are right for the batches shown and not for others, with other numbers of samples and
    classes."""
    samples, classes = draw.choice([1, 4, 5, 6]), draw.choice([2, 4, 5])
    return {"F": draw.array(samples, classes), "targets": [draw.randrange(classes) for _ in range(samples)]}


@question.misconception
def added_up(F, targets):
    """These are sums. A batch twice as large should not have twice the loss: take the mean over the
    samples."""
    hinge, entropy = batch_losses(F, targets)
    return hinge * len(F), entropy * len(F)


@question.misconception
def mean_over_classes_too(F, targets):
    """You divided by the number of all entries. The mean is over the samples; what a sample's classes cost
    adds up."""
    hinge, entropy = batch_losses(F, targets)
    return hinge / F.shape[1], entropy / F.shape[1]


@question.misconception
def softmax_over_samples(F, targets):
    """The probabilities of the *samples* add up to 1 in your softmax. Over what must the sum run, so that a
    photograph's answer does not depend on its neighbours?"""
    powers = np.exp(F)
    P = powers / powers.sum(axis=0)
    entropy = [-np.log(p[target]) for p, target in zip(P, targets, strict=True)]
    return batch_losses(F, targets)[0], float(np.mean(entropy))


@question.misconception
def first_target_for_all(F, targets):
    """Each row has a target of its own; you took the first one for all."""
    return batch_losses(F, [targets[0]] * len(F))


@question.misconception
def log_of_the_mean(F, targets):
    """You took the mean of the probabilities, and its log afterwards. The loss is the mean of the logs."""
    p = [softmax(scores)[target] for scores, target in zip(F, targets, strict=True)]
    return batch_losses(F, targets)[0], float(-np.log(np.mean(p)))


@question.misconception
def right_class_counted_in_each(F, targets):
    """The hinge loss is too large by 1: in each row the right class was compared with itself."""
    hinge, entropy = batch_losses(F, targets)
    return hinge + 1.0, entropy


@question.alternative
def all_rows_at_once(F, targets):
    rows = np.arange(len(F))
    right = F[rows, targets][:, None]
    margins = np.maximum(0, F - right + 1)
    margins[rows, targets] = 0
    return [margins.sum() / len(F), (np.logaddexp.reduce(F, axis=1) - right[:, 0]).mean()]


# ---- 12. a mixture of Gaussians ---------------------------------------------------------------------------

question = Question(
    "mixture-cost",
    "The cost of a mixture of Gaussians",
    points=3,
    asks="cost = mixture_cost(shares, means, widths, y)",
    public=[
        case(shares=np.array([1.0]), means=np.array([0.0]), widths=np.array([1.0]), y=0.0).gives(
            cost=0.9189385332046728
        ),
        case(
            shares=np.array([0.5, 0.5]), means=np.array([-1.0, 1.0]), widths=np.array([1.0, 1.0]), y=0.0
        ).gives(cost=1.4189385332046727),
        case(shares=np.array([0.25, 0.75]), means=np.array([-2.0, 1.0]), widths=np.array([0.5, 2.0]), y=0.5),
    ],
    message="The density of one Gaussian at y; the mixture adds the densities, each times its share; minus "
    "the log comes last.",
)


def densities(means, widths, y):
    return np.exp(-(((y - means) / widths) ** 2) / 2) / (widths * math.sqrt(2 * math.pi))


@question.reference
def mixture_cost(shares, means, widths, y):
    scaled = (y - means) / widths
    terms = np.log(shares) - scaled**2 / 2 - np.log(widths) - math.log(2 * math.pi) / 2
    return float(-np.logaddexp.reduce(terms))


@question.hidden("other mixtures", count=5)
def _(draw: Draw):
    """The cost is right for the mixtures shown and not for others: more components, and widths other than
    1."""
    components = draw.size(2, 4)
    shares = draw.array(components, low=0.2, high=1)
    return {
        "shares": shares / shares.sum(),
        "means": draw.array(components),
        "widths": draw.array(components, low=0.5, high=2),
        "y": draw.number(),
    }


@question.misconception
def logs_averaged(shares, means, widths, y):
    """You added up the costs of the components. The *densities* are added, and one log is taken of the
    sum."""
    return float(-(shares * np.log(densities(means, widths, y))).sum())


@question.misconception
def mean_of_the_means(shares, means, widths, y):
    """That is one Gaussian in the middle. A mixture keeps its components apart: it can be high at both of
    them and low in between."""
    middle, width = (shares * means).sum(), (shares * widths).sum()
    return float(-np.log(densities(middle, width, y)))


@question.misconception
def variance_for_width(shares, means, widths, y):
    """You divided by the width where its square belongs: a width is σ, and the exponent has σ² in it."""
    values = np.exp(-((y - means) ** 2) / widths / 2) / np.sqrt(2 * math.pi * widths)
    return float(-np.log((shares * values).sum()))


@question.misconception
def width_only_in_the_exponent(shares, means, widths, y):
    """A wide Gaussian is low: its density is divided by the width as well."""
    return float(-np.log((shares * densities(means, widths, y) * widths).sum()))


@question.misconception
def constant_dropped(shares, means, widths, y):
    """The constant, half the log of 2π, is missing. For training it does not matter; here the density
    is meant as it is."""
    return mixture_cost(shares, means, widths, y) - math.log(2 * math.pi) / 2


@question.misconception
def root_above_the_line(shares, means, widths, y):
    """a / b * c divides by b and *multiplies* by c: what stands below the line needs brackets."""
    values = densities(means, widths, y) * 2 * math.pi
    return float(-np.log((shares * values).sum()))


@question.misconception
def two_forgotten_in_the_exponent(shares, means, widths, y):
    """The exponent is too strong: below the line there is a 2 beside σ²."""
    values = densities(means, widths, y) * np.exp(-(((y - means) / widths) ** 2) / 2)
    return float(-np.log((shares * values).sum()))


@question.misconception
def shares_left_out(shares, means, widths, y):
    """Each component counts as much as its share says. Here all of them count fully."""
    return float(-np.log(densities(means, widths, y).sum()))


@question.misconception
def density_itself(shares, means, widths, y):
    """That is the density. The cost is minus its log."""
    return float((shares * densities(means, widths, y)).sum())


@question.alternative
def straight_from_the_formula_of_the_mixture(shares, means, widths, y):
    total = 0.0
    for share, mean, width in zip(shares, means, widths, strict=True):
        total += share * math.exp(-((y - mean) ** 2) / (2 * width**2)) / (width * math.sqrt(2 * math.pi))
    return -math.log(total)


# ---- 13. stretch: stable binary cross-entropy -----------------------------------------------------------

question = Question(
    "stable-binary-cross-entropy",
    "Binary cross-entropy at ±1000",
    points=4,
    asks="loss = binary_cross_entropy(z, y)",
    public=[
        case(z=0.0, y=1.0).gives(loss=math.log(2)),
        case(z=2.0, y=0.0).gives(loss=2.1269280110429727),
        case(z=1000.0, y=0.0).gives(loss=1000.0),
        case(z=-40.0, y=0.0).gives(loss=4.248354255291589e-18),
        case(z=40.0, y=1.0).gives(loss=4.248354255291589e-18),
    ],
    absolute=0.0,
    message="On paper the loss is log(1 + e^z) − y z. Write the log in two ways, one for each sign of z.",
)


@question.reference
def binary_cross_entropy(z, y):
    return max(z, 0.0) - y * z + math.log1p(math.exp(-abs(z)))


@question.hidden("other scores", count=4)
def _(draw: Draw):
    """The loss is right for the scores shown and not for others."""
    return {"z": draw.number(-8, 8), "y": draw.choice([0.0, 1.0])}


@question.hidden("scores of hundreds", count=5)
def _(draw: Draw):
    """Somewhere between 0 and ±1000 the loss is lost: exp overflows, log meets 0, or 1 + tiny rounds to 1."""
    return {"z": draw.choice([-1.0, 1.0]) * draw.number(30, 1000), "y": draw.choice([0.0, 1.0])}


@question.hidden("small losses", count=4)
def _(draw: Draw):
    """A small loss is not 0: where the answer is right and the score large, six digits must be right, too."""
    y = draw.choice([0.0, 1.0])
    return {"z": (2.0 * y - 1.0) * draw.number(20, 600), "y": y}


@question.misconception
def straight_from_the_formula(z, y):
    """The sigmoid rounds to exactly 0 or 1, and the log of 0 is minus infinity. Bring the loss into a form in
    which no such log is taken."""
    s = 1.0 / (1.0 + math.exp(-max(z, -700.0)))
    with np.errstate(all="ignore"):
        loss = -(y * np.log(s) + (1.0 - y) * np.log(1.0 - s))
    return float(loss)


@question.misconception
def clipped(z, y):
    """Cutting the probability off at a tiny number hides the trouble: the loss stops growing, and so does its
    slope."""
    s = 1.0 / (1.0 + math.exp(-max(z, -700.0)))
    s = min(max(s, 1e-12), 1.0 - 1e-12)
    return -(y * math.log(s) + (1.0 - y) * math.log(1.0 - s))


@question.misconception
def exp_overflows(z, y):
    """log(1 + e^z) is right on paper, but e^1000 does not fit into a float. For z > 0, take z out of the
    log."""
    return math.log(1.0 + math.exp(z)) - y * z


@question.misconception
def tiny_losses_vanish(z, y):
    """1 + e^-40 rounds to 1, and its log is 0. The loss there is tiny but not nothing: math.log1p keeps
    it."""
    return max(z, 0.0) - y * z + math.log(1.0 + math.exp(-abs(z)))


@question.misconception
def nearly_equal_numbers_subtracted(z, y):
    """For y = 1 and a large z the log is nearly z, and z is subtracted: what is left is a rounding error.
    Bring the loss into a form in which no large numbers cancel."""
    return float(np.logaddexp(0.0, z)) - y * z


@question.misconception
def log_left_out(z, y):
    """Far from 0 that is nearly the loss, but near 0 it is not: at z = 0 the loss is log 2. The log is
    missing."""
    return max(z, 0.0) - y * z


@question.misconception
def target_turned(z, y):
    """That is the loss for the other target."""
    return max(z, 0.0) - (1.0 - y) * z + math.log1p(math.exp(-abs(z)))


@question.alternative
def by_logaddexp(z, y):
    return np.logaddexp(0.0, -z if y == 1.0 else z)
