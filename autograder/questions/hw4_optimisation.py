"""Homework 4: finite differences, search, least squares and gradient descent."""

import math

import numpy as np

from autograder.questions import Code, Draw, Question, case

G = Code("lambda w: w[0] ** 3 * w[1] + 3 * w[0]")


def some_function(draw: Draw, size: int) -> Code:
    """A polynomial of so many variables, with products among its terms."""
    terms = [
        f"{draw.number()} * w[{place}] ** {draw.size(2, 3)} * w[{draw.randrange(size)}]"
        for place in range(size)
    ]
    return Code("lambda w: " + " + ".join(terms))


# ---- 1. forward differences -----------------------------------------------------------------------------

question = Question(
    "forward-difference",
    "A gradient by forward differences",
    points=2,
    asks="gradient = forward_difference(f, w, h)",
    public=[
        case(f=G, w=np.array([3.0, 4.0]), h=0.1).gives(gradient=[114.64, 27.0]),
        case(f=G, w=np.array([3, 4]), h=0.1).gives(gradient=[114.64, 27.0]),
    ],
    labels={"gradient": ["the quotient for w1", "the quotient for w2"]},
    message="For each entry: raise it alone by h, see by how much f has changed, and divide by h.",
)


@question.reference
def forward_difference(f, w, h):
    w = np.array(w, dtype=float)
    start = f(w)
    gradient = np.zeros_like(w)
    for place in range(len(w)):
        raised = w.copy()
        raised[place] += h
        gradient[place] = (f(raised) - start) / h
    return gradient


@question.hidden("other functions", count=5)
def _(draw: Draw):
    """The quotients are right for g and not for other functions of two, three or four variables."""
    size = draw.size(2, 4)
    return {"f": some_function(draw, size), "w": draw.array(size), "h": draw.choice([0.1, 0.01, 0.25])}


@question.misconception
def all_at_once(f, w, h):
    """All entries were raised together, so all quotients are the same: raise one at a time."""
    w = np.array(w, dtype=float)
    return np.full(len(w), (f(w + h) - f(w)) / h)


@question.misconception
def not_put_back(f, w, h):
    """When the second entry was raised, the first one was still up: each entry starts from the same w."""
    w = np.array(w, dtype=float)
    start, gradient = f(w), []
    for place in range(len(w)):
        w[place] += h
        gradient.append((f(w) - start) / h)
    return gradient


@question.misconception
def not_divided(f, w, h):
    """That is by how much f changes. A slope is a change per unit of step."""
    return forward_difference(f, w, h) * h


@question.misconception
def looked_back(f, w, h):
    """That looks to the left of w. A forward difference looks to the right."""
    return forward_difference(f, w, -h)


@question.misconception
def start_asked_too_late(f, w, h):
    """All quotients are 0: both values are of the raised point. Ask for f(w) before you raise an entry."""
    return np.zeros(len(w))


@question.misconception
def own_step(f, w, h):
    """That is the slope itself, or the quotient for a much smaller step than the h that was handed in. The
    quotient for *this* h is wanted, with its error."""
    return forward_difference(f, w, 1e-6)


@question.misconception
def whole_numbers_stay_whole(f, w, h):
    """An array of whole numbers cannot hold 3.1: NumPy cuts it back to 3, and nothing changes. Make it an
    array of floats first."""
    start, gradient = f(w), []
    for place in range(len(w)):
        raised = w.copy()
        raised[place] = raised[place] + h
        gradient.append((f(raised) - start) / h)
    return gradient


@question.misconception
def not_put_back_and_whole(f, w, h):
    """When the second entry was raised, the first one was still up: each entry starts from the same w. And in
    an array of whole numbers nothing is raised at all: it cannot hold 3.1."""
    w = w.copy()
    start, gradient = f(w), []
    for place in range(len(w)):
        w[place] = w[place] + h
        gradient.append((f(w) - start) / h)
    return gradient


@question.alternative
def with_unit_vectors(f, w, h):
    return [(f(w + h * unit) - f(w)) / h for unit in np.eye(len(w))]


# ---- 2. central differences -----------------------------------------------------------------------------

question = Question(
    "central-difference",
    "A gradient by central differences",
    points=2,
    asks="gradient = central_difference(f, w, h)",
    public=[
        case(f=G, w=np.array([3.0, 4.0]), h=0.1).gives(gradient=[111.04, 27.0]),
        case(f=G, w=np.array([3, 4]), h=0.1).gives(gradient=[111.04, 27.0]),
    ],
    labels={"gradient": ["the quotient for w1", "the quotient for w2"]},
    message="For each entry: once h above, once h below, the other entries as they were. How far apart are "
    "the two points?",
)


@question.reference
def central_difference(f, w, h):
    w = np.array(w, dtype=float)
    gradient = np.zeros_like(w)
    for place in range(len(w)):
        above, below = w.copy(), w.copy()
        above[place] += h
        below[place] -= h
        gradient[place] = (f(above) - f(below)) / (2 * h)
    return gradient


@question.hidden("other functions", count=5)
def _(draw: Draw):
    """The quotients are right for g and not for other functions of two, three or four variables."""
    size = draw.size(2, 4)
    return {"f": some_function(draw, size), "w": draw.array(size), "h": draw.choice([0.1, 0.01, 0.25])}


@question.misconception
def divided_by_one_step(f, w, h):
    """All slopes are twice too large: from w − h to w + h it is further than h."""
    return 2 * central_difference(f, w, h)


@question.misconception
def forward_after_all(f, w, h):
    """That looks to one side only, and so the bend is still in it."""
    return forward_difference(f, w, h)


@question.misconception
def lowered_once(f, w, h):
    """After raising an entry by h, taking h off again leads back to w. You need the point on the other
    side."""
    return forward_difference(f, w, h) / 2


@question.misconception
def sides_swapped(f, w, h):
    """The signs are turned: value above minus value below."""
    return -central_difference(f, w, h)


@question.misconception
def left_lowered(f, w, h):
    """When the second entry was moved, the first one was still lowered: each entry starts from the same w."""
    w = np.array(w, dtype=float)
    gradient = []
    for place in range(len(w)):
        w[place] += h
        above = f(w)
        w[place] -= 2 * h
        gradient.append((above - f(w)) / (2 * h))
    return gradient


@question.misconception
def multiplied_by_h(f, w, h):
    """x / 2 * h divides by 2 and *multiplies* by h: what stands below the line needs brackets."""
    return central_difference(f, w, h) * h**2


@question.misconception
def whole_numbers_stay_whole_here_too(f, w, h):
    """An array of whole numbers cannot hold 3.1 or 2.9: NumPy cuts them to 3 and 2. Make it an array of
    floats first."""
    gradient = []
    for place in range(len(w)):
        above, below = w.copy(), w.copy()
        above[place] = above[place] + h
        below[place] = below[place] - h
        gradient.append((f(above) - f(below)) / (2 * h))
    return gradient


@question.misconception
def half_a_step(f, w, h):
    """You went half a step to each side. That is a central difference too, but for h/2."""
    return central_difference(f, w, h / 2)


@question.alternative
def mean_of_two_sides(f, w, h):
    return (forward_difference(f, w, h) + forward_difference(f, w, -h)) / 2


# ---- 3. the error, taken apart --------------------------------------------------------------------------

question = Question(
    "error-parts",
    "What the error of 3.64 is made of",
    points=3,
    asks="error, bend, rest = error_parts(w1, w2, h)",
    public=[
        case(w1=3.0, w2=4.0, h=0.1).gives(error=3.64, bend=3.6, rest=0.04),
        case(w1=-1.0, w2=2.0, h=0.5).gives(error=-2.5, bend=-3.0, rest=0.5),
    ],
    message="g along w1 is a cubic. Differentiate it twice and three times, w2 held still.",
)


@question.reference
def error_parts(w1, w2, h):
    bend = h / 2 * 6 * w1 * w2
    rest = h**2 / 6 * 6 * w2
    return bend + rest, bend, rest


@question.hidden("other points and steps", count=5)
def _(draw: Draw):
    """The parts are right at (3, 4) and not at other points or for other steps."""
    return {"w1": draw.number(-4, 4), "w2": draw.number(-4, 4), "h": draw.choice([0.5, 0.2, 0.05, 1.0])}


@question.misconception
def bend_not_halved(w1, w2, h):
    """The bend is twice what it should be: over a step of h the slope grows from 0 extra to h·g″ extra. What
    is it on average?"""
    bend, rest = h * 6 * w1 * w2, h**2 * w2
    return bend + rest, bend, rest


@question.misconception
def third_not_divided(w1, w2, h):
    """The rest is six times too large: each term of the series is divided by a factorial."""
    bend, rest = h / 2 * 6 * w1 * w2, h**2 * 6 * w2
    return bend + rest, bend, rest


@question.misconception
def quotient_for_error(w1, w2, h):
    """The first number is the quotient itself. The error is what it has too much."""
    error, bend, rest = error_parts(w1, w2, h)
    return 3 * w1**2 * w2 + 3 + error, bend, rest


@question.misconception
def error_of_the_central(w1, w2, h):
    """The first number is the error of the central difference, from which the bend has dropped out."""
    _, bend, rest = error_parts(w1, w2, h)
    return rest, bend, rest


@question.misconception
def w1_in_the_rest(w1, w2, h):
    """Differentiate once more: in the third derivative of w1³·w2 there is no w1 left."""
    bend, rest = h / 2 * 6 * w1 * w2, h**2 / 6 * 6 * w1 * w2
    return bend + rest, bend, rest


@question.misconception
def exact_minus_quotient(w1, w2, h):
    """The sign of the error: quotient minus slope, so it is positive where the quotient is too large."""
    error, bend, rest = error_parts(w1, w2, h)
    return -error, bend, rest


@question.misconception
def cube_of_w1_only(w1, w2, h):
    """The bend of w1³ alone is 6 w1. In g the cube stands beside a factor."""
    bend, rest = h / 2 * 6 * w1, h**2
    return bend + rest, bend, rest


@question.alternative
def by_asking_g(w1, w2, h):
    def slope(step):
        return ((w1 + step) ** 3 * w2 + 3 * (w1 + step) - w1**3 * w2 - 3 * w1) / step

    exact = 3 * w1**2 * w2 + 3
    rest = (slope(h) + slope(-h)) / 2 - exact
    return [slope(h) - exact, slope(h) - exact - rest, rest]


# ---- 4. random search -----------------------------------------------------------------------------------

CAR = Code(
    "lambda W: float(np.linalg.norm(W @ np.array([0.1, 1.5, 0.07, 2.32]) - np.array([0.0, 1.0, 0.0])))"
)
X_CAR, Y_CAR = np.array([0.1, 1.5, 0.07, 2.32]), np.array([0.0, 1.0, 0.0])
FIRST_GUESS = np.array([[0.05, 0.15, -0.1, 0.2], [-0.1, 0.2, 0.25, 0.05], [0.4, -0.15, 0.25, 0.15]])
SECOND_GUESS = np.array([[-0.1, 0.2, 0.15, 0.05], [0.25, 0.05, 0.2, -0.1], [0.25, 0.15, -0.15, 0.4]])


def some_valley(draw: Draw, size: int) -> Code:
    """A loss with one minimum, somewhere."""
    squares = [f"{draw.number(0.5, 2)} * (w[{i}] - {draw.number()}) ** 2" for i in range(size)]
    return Code("lambda w: float(" + " + ".join(squares) + ")")


question = Question(
    "random-search",
    "The best of many guesses",
    points=2,
    asks="best, best_loss = random_search(loss, candidates)",
    public=[
        case(loss=Code("lambda w: (w - 2.0) ** 2"), candidates=[5.0, 2.5, 9.0, 1.5, 3.5, 3.0, 6.0]).gives(
            best=2.5, best_loss=0.25
        ),
        case(loss=CAR, candidates=[FIRST_GUESS, SECOND_GUESS]).gives(
            best=FIRST_GUESS, best_loss=0.914823206964056
        ),
    ],
    message="Go through the candidates and remember two things: the best so far, and its loss.",
)


@question.reference
def random_search(loss, candidates):
    best, best_loss = candidates[0], loss(candidates[0])
    for candidate in candidates[1:]:
        candidate_loss = loss(candidate)
        if candidate_loss < best_loss:
            best, best_loss = candidate, candidate_loss
    return best, best_loss


@question.hidden("other losses and candidates", count=5)
def _(draw: Draw):
    """The best guess is right for the lists shown and not for longer ones, or for losses above 1 or below
    0."""
    size = draw.size(1, 4)
    loss = Code(some_valley(draw, size).text + f" + {draw.number(-9, 9)}")
    return {"loss": loss, "candidates": [draw.array(size) for _ in range(draw.size(3, 12))]}


question.group(
    "losses above 1000, below 0, and equal ones",
    [
        case(loss=Code("lambda w: (w - 2.0) ** 2 + 1000.0"), candidates=[7.0, 4.0, 3.0, 9.0]),
        case(loss=Code("lambda w: (w - 2.0) ** 2 - 50.0"), candidates=[7.0, 9.0, 4.0, 3.0, 8.0]),
        case(
            loss=Code("lambda w: float(w @ w)"),
            candidates=[np.array([3.0, 3.0]), np.array([1.0, -2.0]), np.array([-2.0, 1.0])],
        ),
    ],
    message="A loss may be of any size and sign. And which of two equally good guesses is the answer?",
)


@question.misconception
def last_of_equals(loss, candidates):
    """Another guess is just as good, and comes first. With two equal losses the first guess stays: is the
    comparison < or <=?"""
    best, best_loss = candidates[0], loss(candidates[0])
    for candidate in candidates[1:]:
        if loss(candidate) <= best_loss:
            best, best_loss = candidate, loss(candidate)
    return best, best_loss


@question.misconception
def last_guess(loss, candidates):
    """That is the last guess. Nothing has been compared, or everything has been accepted."""
    return candidates[-1], loss(candidates[-1])


@question.misconception
def highest_loss(loss, candidates):
    """That is the guess with the *highest* loss."""
    worst = max(candidates, key=loss)
    return worst, loss(worst)


@question.misconception
def number_of_the_best(loss, candidates):
    """That tells which guess is the best by its number in the list. Return the guess itself."""
    losses = [loss(candidate) for candidate in candidates]
    return losses.index(min(losses)), min(losses)


@question.misconception
def compared_with_the_one_before(loss, candidates):
    """Each guess was compared with the one just before it. Compare it with the best so far."""
    best, before = candidates[0], loss(candidates[0])
    for candidate in candidates[1:]:
        if loss(candidate) < before:
            best = candidate
        before = loss(candidate)
    return best, loss(best)


@question.misconception
def loss_of_the_last(loss, candidates):
    """The loss belongs to another guess than the one you return: remember both together."""
    return random_search(loss, candidates)[0], loss(candidates[-1])


@question.alternative
def with_min(loss, candidates):
    best = min(candidates, key=loss)
    return [best, loss(best)]


# ---- 5. local search ------------------------------------------------------------------------------------

question = Question(
    "local-search",
    "Guessing nearby",
    points=2,
    asks="w_end, loss_end = local_search(loss, w, nudges)",
    public=[
        case(loss=Code("lambda w: (w - 2.0) ** 2"), w=5.0, nudges=[-1.0, 2.0, -0.5, 0.7, -2.5, 0.5]).gives(
            w_end=1.5, loss_end=0.25
        ),
        case(loss=Code("lambda w: (w - 2.0) ** 2"), w=3.0, nudges=[-2.0, 0.5]).gives(w_end=3.0, loss_end=1.0),
        case(
            loss=Code("lambda w: float(w @ w)"),
            w=np.array([3.0, 4.0]),
            nudges=[np.array([-1.0, 0.0]), np.array([0.0, 2.0]), np.array([-1.0, -3.0])],
        ).gives(w_end=[1.0, 1.0], loss_end=2.0),
    ],
    message="Try each nudge from where you stand by then; stay where you are if it does not help.",
)


@question.reference
def local_search(loss, w, nudges):
    lowest = loss(w)
    for nudge in nudges:
        nudged = w + nudge
        if loss(nudged) < lowest:
            w, lowest = nudged, loss(nudged)
    return w, lowest


@question.hidden("other losses and nudges", count=5)
def _(draw: Draw):
    """The walk is right for the example and not for others, with several weights and more nudges."""
    size = draw.size(1, 4)
    return {
        "loss": some_valley(draw, size),
        "w": draw.array(size),
        "nudges": [draw.array(size, low=-1, high=1) for _ in range(draw.size(6, 15))],
    }


@question.misconception
def equal_is_lower(loss, w, nudges):
    """A nudge was kept that left the loss as it was. Move only if the loss is *lower*: is the comparison < or
    <=?"""
    for nudge in nudges:
        if loss(w + nudge) <= loss(w):
            w = w + nudge
    return w, loss(w)


@question.misconception
def walked_in_the_array_of_the_caller(loss, w, nudges):
    """The caller's own array was changed on the way. w += nudge works inside the array that was handed in;
    w + nudge makes a new one."""
    lowest = loss(w)
    for nudge in nudges:
        w += nudge
        if loss(w) < lowest:
            lowest = loss(w)
        else:
            w -= nudge
    return w, lowest


@question.misconception
def every_nudge_kept(loss, w, nudges):
    """Every nudge was kept, the bad ones too. Keep it only if the loss fell."""
    for nudge in nudges:
        w = w + nudge
    return w, loss(w)


@question.misconception
def always_from_the_start(loss, w, nudges):
    """All nudges were tried from the start. Once one has helped, the next is tried from there."""
    best = min([w, *(w + nudge for nudge in nudges)], key=loss)
    return best, loss(best)


@question.misconception
def compared_with_the_start(loss, w, nudges):
    """Each nudge was compared with the loss at the *start*, which is easy to beat. Compare with where you
    stand."""
    lowest = loss(w)
    for nudge in nudges:
        if loss(w + nudge) < lowest:
            w = w + nudge
    return w, loss(w)


@question.misconception
def gave_up_early(loss, w, nudges):
    """You stopped at the first nudge that did not help. Another one may."""
    for nudge in nudges:
        if loss(w + nudge) >= loss(w):
            break
        w = w + nudge
    return w, loss(w)


@question.misconception
def uphill_nudges(loss, w, nudges):
    """You kept the nudges that *raised* the loss."""
    for nudge in nudges:
        if loss(w + nudge) > loss(w):
            w = w + nudge
    return w, loss(w)


@question.alternative
def with_max_of_two(loss, w, nudges):
    for nudge in nudges:
        w = min(w, w + nudge, key=loss)
    return [w, loss(w)]


# ---- 6. least squares -----------------------------------------------------------------------------------

question = Question(
    "least-squares",
    "The best weights by a formula",
    points=3,
    asks="W = least_squares(X, Y)",
    public=[
        case(
            X=np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]]),
            Y=np.array([[1.0, 0.0], [2.0, 1.0], [4.0, 1.0]]),
        ).gives(W=[[5 / 6, 1.5], [1 / 6, 0.5]]),
        case(X=np.array([[1.0, 2.0]]), Y=np.array([[5.0, -5.0]])).gives(W=[[1.0, 2.0], [-1.0, -2.0]]),
    ],
    message="np.linalg.lstsq(X, Y, rcond=None)[0] solves X V ≈ Y. Which of the two is V: W or its transpose?",
)


@question.reference
def least_squares(X, Y):
    return np.linalg.lstsq(X, Y, rcond=None)[0].T


@question.hidden("other samples", count=5)
def _(draw: Draw):
    """The weights are right for the samples shown and not for others: more features, more outputs than
    features, or fewer."""
    samples, features, outputs = draw.size(4, 7), draw.size(1, 3), draw.size(1, 3)
    return {"X": draw.array(samples, features), "Y": draw.array(samples, outputs)}


@question.hidden("a single sample", count=3)
def _(draw: Draw):
    """With a single sample many weights fit. Which of them are the shortest?"""
    # Powers of 2: XᵀX is singular to the last digit, so that inverting it fails on every machine alike.
    sample = [draw.choice([1.0, 2.0, 4.0, -1.0, -2.0, -4.0]) for _ in range(draw.size(2, 3))]
    return {"X": np.array([sample]), "Y": draw.array(1, draw.size(1, 3))}


@question.misconception
def not_transposed(X, Y):
    """That has a column for each output. In W each output has a *row*: with samples in rows the formula gives
    the transpose."""
    return np.linalg.lstsq(X, Y, rcond=None)[0]


@question.misconception
def needs_an_inverse(X, Y):
    """With a single sample of two features XᵀX has no inverse: infinitely many weights fit. Which function of
    NumPy copes with that?"""
    return np.linalg.solve(X.T @ X, X.T @ Y).T


@question.misconception
def solved_as_if_square(X, Y):
    """solve takes as many equations as unknowns. Here each sample is an equation and each feature an unknown,
    and they are seldom equally many."""
    return np.linalg.solve(X, Y).T


@question.misconception
def the_formula_as_printed(X, Y):
    """That is the formula as it is printed. Two things are amiss: in W each output has a row, so it is a
    transpose of that; and for a single sample of two features XᵀX has no inverse."""
    return np.linalg.solve(X.T @ X, X.T @ Y)


@question.misconception
def without_the_inverse(X, Y):
    """That is XᵀY, the right-hand side. The normal equations say XᵀX times the solution equals it."""
    return Y.T @ X


@question.misconception
def each_feature_alone(X, Y):
    """Each feature was fitted by itself. The features share one error, so their weights must be found
    together."""
    return Y.T @ X / (X**2).sum(axis=0)


@question.misconception
def fits_but_not_the_shortest(X, Y):
    """With fewer samples than features these weights fit as well, but others that fit are shorter."""
    if len(X) >= X.shape[1]:
        return least_squares(X, Y)
    W = np.zeros((Y.shape[1], X.shape[1]))
    W[:, : len(X)] = np.linalg.solve(X[:, : len(X)], Y).T
    return W


@question.alternative
def with_the_pseudo_inverse(X, Y):
    return (np.linalg.pinv(X) @ Y).T


# ---- 7. gradient descent --------------------------------------------------------------------------------

question = Question(
    "descent-path",
    "Gradient descent, with its path",
    points=3,
    asks="path = descend(gradient, w, rate, steps)",
    public=[
        case(
            gradient=Code("lambda w: np.array([0.0, 4.0])"), w=np.array([1.0, 3.0]), rate=0.01, steps=1
        ).gives(path=[[1.0, 3.0], [1.0, 2.96]]),
        case(
            gradient=Code("lambda w: np.array([2 * w[0] + w[1], w[0] + 4 * w[1]])"),
            w=np.array([1.0, -1.0]),
            rate=0.1,
            steps=2,
        ).gives(path=[[1.0, -1.0], [0.9, -0.7], [0.79, -0.51]]),
    ],
    message="Each step: ask for the gradient where you stand, and go rate times as far, against it.",
)


@question.reference
def descend(gradient, w, rate, steps):
    path = [w]
    for _ in range(steps):
        w = w - rate * gradient(w)
        path.append(w)
    return path


@question.hidden("other slopes", count=5)
def _(draw: Draw):
    """The path is right for the walks shown and not for others: more weights, more steps, or none at all."""
    size = draw.size(2, 4)
    rows = [[draw.number(-1, 1) for _ in range(size)] for _ in range(size)]
    return {
        "gradient": Code(f"lambda w: np.array({rows}) @ w + np.array({draw.numbers(size)})"),
        "w": draw.array(size),
        "rate": draw.choice([0.1, 0.05, 0.3]),
        "steps": draw.size(0, 6),
    }


question.group(
    "a start at the bottom, and a slope that is nearly 0",
    [
        case(gradient=Code("lambda w: 2 * w"), w=np.array([0.0, 0.0]), rate=0.1, steps=3),
        case(gradient=Code("lambda w: 1e-3 * w"), w=np.array([1.0, -2.0, 3.0]), rate=0.5, steps=4),
    ],
    message="How many points has a path of so many steps, however small they are?",
)


@question.misconception
def end_alone(gradient, w, rate, steps):
    """That is where the walk ends. The question asks for all its points, in a list, the start first."""
    return descend(gradient, w, rate, steps)[-1]


@question.misconception
def uphill(gradient, w, rate, steps):
    """The gradient points uphill. To go down, turn round."""
    return descend(gradient, w, -rate, steps)


@question.misconception
def same_gradient_all_the_way(gradient, w, rate, steps):
    """The slope was asked only once, at the start; it changes on the way."""
    slope = gradient(w)
    return [w - rate * slope * step for step in range(steps + 1)]


@question.misconception
def one_array_many_times(gradient, w, rate, steps):
    """All points of the path are the same: one array, changed in place, stands in the list many times. Make a
    new one at each step."""
    w = w.copy()
    path = [w]
    for _ in range(steps):
        w -= rate * gradient(w)
        path.append(w)
    return path


@question.misconception
def start_changed(gradient, w, rate, steps):
    """The caller's own array was changed on the way. w −= … works inside the array that was handed in;
    w = w − … makes a new one."""
    path = [w.copy()]
    for _ in range(steps):
        w -= rate * gradient(w)
        path.append(w.copy())
    return path


@question.misconception
def start_missing(gradient, w, rate, steps):
    """The path has a point for each step, but it begins after the first one. Put the start in, too."""
    return descend(gradient, w, rate, steps)[1:]


@question.misconception
def one_weight_after_the_other(gradient, w, rate, steps):
    """The weights were moved one after the other, and the slope was asked again in between. In one step all
    weights use the gradient of the same point."""
    path = [w]
    for _ in range(steps):
        w = w.copy()
        for place in range(len(w)):
            w[place] = w[place] - rate * gradient(w)[place]
        path.append(w)
    return path


@question.misconception
def rate_forgotten(gradient, w, rate, steps):
    """The step is as long as the gradient itself. The learning rate says which part of it to go."""
    return descend(gradient, w, 1.0, steps)


@question.alternative
def from_the_last_point(gradient, w, rate, steps):
    path = np.zeros((steps + 1, len(w)))
    path[0] = w
    for step in range(steps):
        path[step + 1] = path[step] - rate * np.asarray(gradient(path[step]))
    return path


# ---- 8. mini-batches ------------------------------------------------------------------------------------

question = Question(
    "epoch-batches",
    "The mini-batches of an epoch",
    points=2,
    asks="batches = epoch_batches(order, size)",
    public=[
        case(order=[3, 0, 4, 1, 2], size=2).gives(batches=[[3, 0], [4, 1], [2]]),
        case(order=[5, 1, 0, 3, 2, 4], size=3).gives(batches=[[5, 1, 0], [3, 2, 4]]),
    ],
    message="Cut the list into pieces of the given size, from its beginning; what is left over is the last "
    "one.",
)


@question.reference
def epoch_batches(order, size):
    return [order[start : start + size] for start in range(0, len(order), size)]


@question.hidden("other epochs", count=5)
def _(draw: Draw):
    """The batches are right for the lists shown and not for others: larger ones, or a batch larger than the
    list."""
    order = list(range(draw.size(4, 12)))
    draw.shuffle(order)
    return {"order": order, "size": draw.size(1, 5)}


@question.hidden("a batch as large as the list, or larger", count=2)
def _(draw: Draw):
    """What if the batch is as large as the list, or larger?"""
    order = list(range(draw.size(2, 4)))
    draw.shuffle(order)
    return {"order": order, "size": len(order) + draw.size(0, 2)}


@question.misconception
def last_one_dropped(order, size):
    """The samples that do not fill a batch are missing. In an epoch every sample is used once."""
    return [order[start : start + size] for start in range(0, len(order) - size + 1, size)]


@question.misconception
def an_empty_one_at_the_end(order, size):
    """If the list comes out even, nothing is left over: yours ends with an empty batch."""
    return [order[first : first + size] for first in range(0, len(order) + 1, size)]


@question.misconception
def overlapping(order, size):
    """The batches overlap: the next one begins where the last one ended."""
    return [order[start : start + size] for start in range(len(order))]


@question.misconception
def order_ignored(order, size):
    """The samples are taken in the order of their numbers. They were shuffled for a reason: keep that
    order."""
    return epoch_batches(sorted(order), size)


@question.misconception
def so_many_batches(order, size):
    """The number handed in is the size of a batch, not how many batches there are."""
    length = -(-len(order) // size)
    return epoch_batches(order, length)


@question.misconception
def dealt_like_cards(order, size):
    """The samples were dealt out like cards. A batch is a run of neighbours in the list."""
    number = -(-len(order) // size)
    return [order[first::number] for first in range(number)]


@question.alternative
def sample_by_sample(order, size):
    batches = []
    for number, sample in enumerate(order):
        if number % size == 0:
            batches.append([])
        batches[-1].append(sample)
    return batches


# ---- 9. an epoch of SGD ---------------------------------------------------------------------------------

question = Question(
    "sgd-epoch",
    "One epoch of stochastic gradient descent",
    points=4,
    asks="w_end = sgd_epoch(X, y, w, rate, batches)",
    public=[
        case(
            X=np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [1.0, 3.0], [1.0, 4.0]]),
            y=np.array([1.0, 3.0, 4.0, 7.0, 9.0]),
            w=np.array([0.0, 1.0]),
            rate=0.05,
            batches=[[3, 0], [4, 1], [2]],
        )
    ],
    labels={"w_end": ["the first weight", "the second weight"]},
    message="For each batch: the errors of its samples at the weights of now; their mean gradient; one step.",
)


@question.reference
def sgd_epoch(X, y, w, rate, batches):
    for batch in batches:
        error = X[batch] @ w - y[batch]
        w = w - rate * 2.0 * X[batch].T @ error / len(batch)
    return w


@question.hidden("other data and batches", count=5)
def _(draw: Draw):
    """The weights are right for the data shown and not for others: other numbers of weights, batches of
    unequal size."""
    samples, features = draw.size(4, 8), draw.size(1, 4)
    order = list(range(samples))
    draw.shuffle(order)
    return {
        "X": draw.array(samples, features),
        "y": draw.array(samples),
        "w": draw.array(features),
        "rate": draw.choice([0.05, 0.02, 0.1]),
        "batches": epoch_batches(order, draw.size(2, 3)),
    }


@question.misconception
def summed_over_the_batch(X, y, w, rate, batches):
    """The gradients of the samples of a batch were added up. The loss of a batch is a *mean*, and so is its
    gradient."""
    for batch in batches:
        w = w - rate * 2.0 * X[batch].T @ (X[batch] @ w - y[batch])
    return w


@question.misconception
def divided_by_all_samples(X, y, w, rate, batches):
    """The sum over a batch was divided by the number of *all* samples. The mean of a batch is taken over the
    batch."""
    for batch in batches:
        w = w - rate * 2.0 * X[batch].T @ (X[batch] @ w - y[batch]) / len(y)
    return w


@question.misconception
def a_move_for_each_sample(X, y, w, rate, batches):
    """The weights moved after each sample. In a batch all errors are taken at the same weights, and then
    there is one step."""
    for batch in batches:
        for sample in batch:
            w = w - rate * 2.0 * (X[sample] @ w - y[sample]) * X[sample] / len(batch)
    return w


@question.misconception
def whole_data_each_time(X, y, w, rate, batches):
    """Each step used all samples. Then it is gradient descent, and the batches are of no use."""
    for _ in batches:
        w = w - rate * 2.0 * X.T @ (X @ w - y) / len(y)
    return w


@question.misconception
def all_from_the_start(X, y, w, rate, batches):
    """The errors of all batches were taken at the weights of the beginning. The second batch starts from what
    the first one has made."""
    start = w
    for batch in batches:
        w = w - rate * 2.0 * X[batch].T @ (X[batch] @ start - y[batch]) / len(batch)
    return w


@question.misconception
def two_forgotten(X, y, w, rate, batches):
    """The steps are half as long as they should be: this loss has no ½ in front of the square."""
    return sgd_epoch(X, y, w, rate / 2, batches)


@question.misconception
def sgd_uphill(X, y, w, rate, batches):
    """The steps go uphill, and the errors grow."""
    return sgd_epoch(X, y, w, -rate, batches)


@question.misconception
def weights_of_the_caller_changed(X, y, w, rate, batches):
    """The caller's own weights were changed on the way. w −= … works inside the array that was handed in."""
    for batch in batches:
        w -= rate * 2.0 * X[batch].T @ (X[batch] @ w - y[batch]) / len(batch)
    return w


@question.alternative
def sample_after_sample(X, y, w, rate, batches):
    for batch in batches:
        slope = np.zeros(len(w))
        for sample in batch:
            slope = slope + 2 * (sum(X[sample] * w) - y[sample]) * X[sample]
        w = w - rate * slope / len(batch)
    return list(w)


# ---- 10. a loss without a minimum -----------------------------------------------------------------------

POINTS = np.array([[2.0, 1.0], [0.0, -2.0], [-1.0, -1.0]])
LABELS = np.array([1.0, 1.0, -1.0])

question = Question(
    "loss-along-a-direction",
    "The loss along a direction",
    points=3,
    asks="losses, separates = along(direction, X, y, scales)",
    public=[
        case(direction=np.array([1.0, 3.0]), X=POINTS, y=LABELS, scales=[0.0, 1.0]).gives(
            losses=[3 * math.log(2), 12.000386949465591], separates=False
        ),
        case(direction=np.array([2.0, -1.0]), X=POINTS, y=LABELS, scales=[0.0, 0.5, 1.0, 20.0]).gives(
            separates=True
        ),
        case(direction=np.array([1.0, 3.0]), X=POINTS, y=LABELS, scales=[100.0]).gives(losses=[1200.0]),
        case(direction=np.array([1.0, 3.0]), X=POINTS, y=LABELS, scales=[0.0, 0.05]).gives(separates=False),
        case(direction=np.array([-1.0, -3.0]), X=POINTS, y=LABELS, scales=[1.0]).gives(separates=False),
    ],
    relative=1e-6,
    absolute=1e-30,
    message="The margin of a point is its label times its score. Each loss is a sum over the points of "
    "ln(1 + e to the −2t · margin).",
)


@question.reference
def along(direction, X, y, scales):
    margins = y * (X @ direction)
    losses = [float(np.logaddexp(0.0, -2.0 * scale * margins).sum()) for scale in scales]
    return losses, bool((margins > 0).all())


@question.hidden("other points and directions", count=6)
def _(draw: Draw):
    """The losses or the verdict are right for the three points and not for others, or for large scales."""
    samples, features = draw.size(2, 4), draw.size(2, 3)
    X, direction = draw.array(samples, features), draw.array(features)
    right = np.where(X @ direction > 0, 1.0, -1.0)
    y = right if draw.random() < 0.5 else np.array([draw.choice([-1.0, 1.0]) for _ in range(samples)])
    return {
        "direction": direction,
        "X": X,
        "y": y,
        "scales": draw.sample([draw.number(0.1, 2), 15.0, 500.0], 3),
    }


question.group(
    "a point on the boundary, and scales in any order",
    [
        case(
            direction=np.array([1.0, -1.0]),
            X=np.array([[1.0, 1.0], [2.0, 0.0]]),
            y=np.array([1.0, 1.0]),
            scales=[1.0],
        ).gives(separates=False),
        case(direction=np.array([2.0, -1.0]), X=POINTS, y=LABELS, scales=[20.0, 1.0]).gives(separates=True),
    ],
    message="A margin of 0 is not positive. And the verdict is about the margins, whatever the scales are.",
)


@question.misconception
def zero_is_enough(direction, X, y, scales):
    """A point with the margin 0 lies on the boundary itself: it is on no side. All margins must be
    positive."""
    losses, _ = along(direction, X, y, scales)
    return losses, bool((y * (X @ direction) >= 0).all())


@question.misconception
def one_point_is_enough(direction, X, y, scales):
    """A direction separates the points if *all* of them have a positive margin, not some."""
    losses, _ = along(direction, X, y, scales)
    return losses, bool((y * (X @ direction) > 0).any())


@question.misconception
def read_off_the_losses(direction, X, y, scales):
    """The verdict was read off the losses. They may fall at first although one point is on the wrong side:
    look at the margins."""
    losses, _ = along(direction, X, y, scales)
    return losses, losses[-1] < losses[0]


@question.misconception
def too_large_for_exp(direction, X, y, scales):
    """log1p saves the tiny losses, but e^1200 is more than a float can hold. There is a function of NumPy
    that knows both ends: look up logaddexp."""
    margins = y * (X @ direction)
    with np.errstate(over="ignore"):
        losses = [float(np.log1p(np.exp(-2.0 * scale * margins)).sum()) for scale in scales]
    return losses, bool((margins > 0).all())


@question.misconception
def label_forgotten(direction, X, y, scales):
    """The label does not appear in the margin: a score of −2 is good for a point labelled −1, and bad for one
    labelled 1."""
    return along(direction, X, np.ones_like(y), scales)


@question.misconception
def exp_of_too_much(direction, X, y, scales):
    """1 + e^(−40) is rounded to 1, whose log is 0; and e^1200 is more than a float can hold. There is a
    function of NumPy that knows both: look up logaddexp."""
    margins = y * (X @ direction)
    with np.errstate(over="ignore"):
        losses = [float(np.log(1.0 + np.exp(-2.0 * scale * margins)).sum()) for scale in scales]
    return losses, bool((margins > 0).all())


@question.misconception
def one_score_of_two(direction, X, y, scales):
    """The two classes have the scores z and −z: they lie 2z apart. Your exponent has one z only."""
    losses, separates = along(direction, X, y, [scale / 2 for scale in scales])
    return losses, separates


@question.misconception
def mean_of_the_points(direction, X, y, scales):
    """That is the mean over the points. A log-likelihood is a sum."""
    losses, separates = along(direction, X, y, scales)
    return [loss / len(y) for loss in losses], separates


@question.misconception
def on_average_right(direction, X, y, scales):
    """The margins add up to more than 0, but that is no separation: one point can be badly wrong while the
    others make up for it."""
    losses, _ = along(direction, X, y, scales)
    return losses, bool((y * (X @ direction)).sum() > 0)


@question.misconception
def log_likelihood_itself(direction, X, y, scales):
    """That is the log-likelihood, which one climbs. The loss is its negative."""
    losses, separates = along(direction, X, y, scales)
    return [-loss for loss in losses], separates


@question.alternative
def by_cases(direction, X, y, scales):
    def cost(s):
        return math.log1p(math.exp(-s)) if s > 0 else math.log1p(math.exp(s)) - s

    margins = [float(label * (point @ direction)) for point, label in zip(X, y, strict=True)]
    return [[sum(cost(2 * t * m) for m in margins) for t in scales], min(margins) > 0]


# ---- 11. the table with two wrong numbers ---------------------------------------------------------------

question = Question(
    "gradient-table",
    "The slide's table, mended",
    points=4,
    asks="table = gradient_table(W, x, target, h)",
    public=[
        case(W=SECOND_GUESS, x=X_CAR, target=Y_CAR, h=0.001),
        case(W=SECOND_GUESS, x=X_CAR, target=Y_CAR, h=1e-5),
        case(W=SECOND_GUESS, x=X_CAR, target=Y_CAR, h=0.1),
    ],
    relative=2e-6,
    message="Hold your program beside the slide's, line by line: what is rounded, what is cut, and what is "
    "still raised when the next entry comes?",
)


def distance(W, x, target):
    return float(np.linalg.norm(W @ x - target))


def cut(outputs):
    """Outputs as the slide prints them: three decimals, the rest cut off."""
    return np.trunc(np.round(outputs * 1000, 6)) / 1000


@question.reference
def gradient_table(W, x, target, h):
    W = W.copy()
    baseline = np.linalg.norm(W @ x - target)
    table = np.zeros_like(W)
    for place in np.ndindex(W.shape):
        before = W[place]
        W[place] = before + h
        table[place] = (np.linalg.norm(W @ x - target) - baseline) / h
        W[place] = before
    return table


@question.hidden("other weights and inputs", count=4)
def _(draw: Draw):
    """The table is right for the slide's numbers and not for others, with other numbers of classes and
    features."""
    classes, features = draw.size(2, 4), draw.size(1, 4)
    return {
        "W": draw.array(classes, features),
        "x": draw.array(features),
        "target": draw.array(classes),
        "h": draw.choice([1e-3, 1e-4, 0.01]),
    }


def table_by(W, x, target, h, baseline, loss=distance, put_back=True):
    """Forward quotients with some of the slide's slips."""
    W, table = W.copy(), np.zeros_like(W)
    for place in np.ndindex(W.shape):
        before = W[place]
        W[place] += h
        table[place] = (loss(W, x, target) - baseline) / h
        if put_back:
            W[place] = before
    return table


def rounded_distance(W, x, target):
    return round(distance(W, x, target), 4)


@question.misconception
def still_raised(W, x, target, h):
    """The first quotient is right, and from there on the table goes wrong: what was raised before is still
    raised."""
    return table_by(W, x, target, h, distance(W, x, target), put_back=False)


@question.misconception
def shortened_baseline(W, x, target, h):
    """All quotients are off by the same amount. Are both losses made from equally exact outputs?"""
    return table_by(W, x, target, h, float(np.linalg.norm(cut(W @ x) - target)))


@question.misconception
def losses_rounded(W, x, target, h):
    """The losses are still rounded before they are subtracted. Divided by a small h, even half a unit of the
    fourth decimal is a lot."""
    return table_by(W, x, target, h, rounded_distance(W, x, target), rounded_distance)


@question.misconception
def nothing_mended(W, x, target, h):
    """That is the slide's table, the 0.5 and the 0.9 included. Begin with the baseline: from which outputs is
    it made?"""
    baseline = round(float(np.linalg.norm(cut(W @ x) - target)), 4)
    return table_by(W, x, target, h, baseline, rounded_distance, put_back=False)


@question.misconception
def rounded_and_still_raised(W, x, target, h):
    """The baseline is made from exact outputs now. Two slips are left: something is rounded, and something is
    never put back."""
    return table_by(W, x, target, h, rounded_distance(W, x, target), rounded_distance, put_back=False)


@question.misconception
def square_for_root(W, x, target, h):
    """That is the table of the *square* of the distance. This loss has a root."""
    return table_by(W, x, target, h, distance(W, x, target) ** 2, lambda *at: distance(*at) ** 2)


@question.misconception
def central_quotients(W, x, target, h):
    """These are central quotients. They are better, but the slide's are forward ones, and those are asked
    for."""
    baseline = distance(W, x, target)
    return (table_by(W, x, target, h, baseline) + table_by(W, x, target, -h, baseline)) / 2


@question.misconception
def exact_slopes(W, x, target, h):
    """These are the exact slopes, by the formula. They are what the table should come to for a tiny h; the
    question asks for the quotients with the h that is handed in."""
    error = W @ x - target
    return np.outer(error, x) / np.linalg.norm(error)


@question.alternative
def with_a_fresh_copy(W, x, target, h):
    def loss(weights):
        return math.sqrt(sum((sum(row * x) - t) ** 2 for row, t in zip(weights, target, strict=True)))

    table = []
    for i in range(W.shape[0]):
        table.append([])
        for j in range(W.shape[1]):
            raised = W.copy()
            raised[i, j] += h
            table[-1].append((loss(raised) - loss(W)) / h)
    return table


# ---- 12. the 0.5 and the 0.9, taken apart ---------------------------------------------------------------

BASE, CUT = distance(SECOND_GUESS, X_CAR, Y_CAR), float(np.linalg.norm(cut(SECOND_GUESS @ X_CAR) - Y_CAR))


def raised_by(*places, h=0.001):
    W = SECOND_GUESS.copy()
    for place in places:
        W[place] += h
    return distance(W, X_CAR, Y_CAR)


question = Question(
    "take-apart",
    "The 0.5 and the 0.9, taken apart",
    points=3,
    asks="parts = take_apart(base, cut_base, alone, measured, h)",
    public=[
        case(base=BASE, cut_base=CUT, alone=raised_by((0, 0)), measured=raised_by((0, 0)), h=0.001).gives(
            parts=[0.0249538793, 0.0, 0.474377371, 0.0079913928, -0.0073226431]
        ),
        case(base=BASE, cut_base=CUT, alone=raised_by((0, 1)), measured=raised_by((0, 0), (0, 1)), h=0.001),
    ],
    labels={
        "parts": [
            "the true quotient",
            "the part of what was not put back",
            "the part of the shortened baseline",
            "the part of rounding the upper loss",
            "the part of rounding the baseline",
        ]
    },
    relative=1e-6,
    absolute=1e-9,
    message="Write the printed quotient as a sum of five differences, each divided by h; what stands between "
    "two neighbours must cancel.",
)


@question.reference
def take_apart(base, cut_base, alone, measured, h):
    differences = [
        alone - base,
        measured - alone,
        base - cut_base,
        round(measured, 4) - measured,
        cut_base - round(cut_base, 4),
    ]
    return [difference / h for difference in differences]


@question.hidden("other losses", count=5)
def _(draw: Draw):
    """The parts are right for the slide's losses and not for others. Do they add up to the printed
    quotient?"""
    base = round(draw.uniform(1, 3), 7)
    h = draw.choice([0.001, 0.01])
    alone = round(base + h * draw.number(), 9)
    return {
        "base": base,
        "cut_base": round(base - draw.uniform(0.0001, 0.001), 7),
        "alone": alone,
        "measured": round(alone + h * draw.number(), 9),
        "h": h,
    }


@question.misconception
def not_per_step(base, cut_base, alone, measured, h):
    """These are differences of losses. The quotient divides by h, and so does each of its parts."""
    return [part * h for part in take_apart(base, cut_base, alone, measured, h)]


@question.misconception
def baseline_turned(base, cut_base, alone, measured, h):
    """The baseline is *subtracted* in the quotient: a baseline that is too small makes the quotient too
    large."""
    parts = take_apart(base, cut_base, alone, measured, h)
    return [*parts[:2], -parts[2], *parts[3:]]


@question.misconception
def last_rounding_turned(base, cut_base, alone, measured, h):
    """The last part has the wrong sign: the baseline is subtracted, so rounding it *up* makes the quotient
    smaller."""
    parts = take_apart(base, cut_base, alone, measured, h)
    return [*parts[:4], -parts[4]]


@question.misconception
def exact_baseline_rounded(base, cut_base, alone, measured, h):
    """Which baseline was rounded and printed: the exact one, or that of the shortened outputs?"""
    parts = take_apart(base, cut_base, alone, measured, h)
    return [*parts[:4], (base - round(base, 4)) / h]


@question.misconception
def true_from_the_measured(base, cut_base, alone, measured, h):
    """The true quotient is the one with this entry *alone* raised. Yours holds what was not put back as
    well."""
    parts = take_apart(base, cut_base, alone, measured, h)
    return [(measured - base) / h, *parts[1:]]


@question.misconception
def true_from_the_cut(base, cut_base, alone, measured, h):
    """The true quotient has the exact baseline. Yours holds the shortened one, so that part is counted
    twice."""
    parts = take_apart(base, cut_base, alone, measured, h)
    return [(alone - cut_base) / h, *parts[1:]]


@question.alternative
def as_an_array(base, cut_base, alone, measured, h):
    stations = np.array([round(cut_base, 4), cut_base, base, alone, measured, round(measured, 4)])
    last, baseline, true, left, upper = np.diff(stations) / h
    return np.array([true, left, baseline, upper, last])


# ---- 13. stretch: the best step -------------------------------------------------------------------------

question = Question(
    "best-step",
    "The step with the smallest error",
    points=4,
    asks="h, error = best_step(bend, rounding)",
    public=[
        case(bend=72.0, rounding=1e-14),
        case(bend=0.0056, rounding=0.00005),
        case(bend=-2.0, rounding=0.0002).gives(h=0.02, error=0.04),
    ],
    relative=1e-6,
    absolute=1e-20,
    message="Differentiate h/2 · |bend| + 2 · rounding / h for h. Where is the slope 0?",
)


@question.reference
def best_step(bend, rounding):
    h = 2.0 * math.sqrt(rounding / abs(bend))
    return h, h / 2.0 * abs(bend) + 2.0 * rounding / h


@question.hidden("other bends and roundings", count=5)
def _(draw: Draw):
    """The step or the error is right for the numbers shown and not for others."""
    return {"bend": draw.number(-50, 50), "rounding": 10.0 ** -draw.size(2, 15) * draw.number(1, 9)}


@question.misconception
def one_rounding_only(bend, rounding):
    """Two values are subtracted, and each may be off by the rounding."""
    h = math.sqrt(2.0 * rounding / abs(bend))
    return h, h / 2.0 * abs(bend) + rounding / h


@question.misconception
def root_forgotten(bend, rounding):
    """Setting the slope to 0 leads to an equation for h *squared*."""
    h = 4.0 * rounding / abs(bend)
    return h, h / 2.0 * abs(bend) + 2.0 * rounding / h


@question.misconception
def half_of_the_error(bend, rounding):
    """The error of a step has two parts, and at the best step they are equal: you have one of them."""
    h, error = best_step(bend, rounding)
    return h, error / 2.0


@question.misconception
def as_small_as_possible(bend, rounding):
    """With h as small as the rounding the difference of the two values is all rounding."""
    h = rounding
    return h, h / 2.0 * abs(bend) + 2.0 * rounding / h


@question.misconception
def step_without_two(bend, rounding):
    """Where the two parts are equal, the sum is smallest: solve h/2 · |bend| = 2 · rounding / h. Mind both
    twos."""
    h = math.sqrt(rounding / abs(bend))
    return h, h / 2.0 * abs(bend) + 2.0 * rounding / h


@question.misconception
def sign_of_the_bend(bend, rounding):
    """A bend may be negative; what counts here is how strong it is. The root of a negative number is no
    step."""
    h = 2.0 * math.sqrt(rounding / bend)
    return h, h / 2.0 * bend + 2.0 * rounding / h


@question.alternative
def by_the_product(bend, rounding):
    error = 2 * (rounding * abs(bend)) ** 0.5
    return [error / abs(bend), error]
