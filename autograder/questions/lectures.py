"""The lectures' "Try it yourself": worth no points, so nothing is hidden and a wrong answer stops nothing."""

import numpy as np

from autograder.questions import Code, Question, case

# ---- 00_start_here ----------------------------------------------------------------------------------------

question = Question(
    "start-square",
    "The slope of x² at 3",
    points=0,
    asks="my_slope_of_square",
    public=[case()],
    message="Take a small h, say 0.001, and compute ((3 + h)² − 3²) / h. Which whole number is it near?",
)
question.reference(my_slope_of_square=6.0)
question.misconception(
    name="value-for-slope",
    hint="That is the height of the curve at 3. The slope tells how fast the height changes there.",
    my_slope_of_square=9.0,
)
question.misconception(
    name="rule-without-point",
    hint="2 is the factor in 2·x. The slope of a curve depends on where you stand: what is x here?",
    my_slope_of_square=2.0,
)

question = Question(
    "start-partial",
    "The slope of x·y in x",
    points=0,
    asks="my_partial",
    public=[case()],
    message="Hold y still at 7 and nudge x by 0.01. By how much does the product change, per unit of nudge?",
)
question.reference(my_partial=7.0)
question.misconception(
    name="own-value",
    hint="That is x itself. Each time x grows by 1, the product grows by one more … of what?",
    my_partial=4.0,
)
question.misconception(
    name="product-for-slope",
    hint="That is the product. The question is how much it changes when x alone moves.",
    my_partial=28.0,
)

question = Question(
    "start-chain",
    "Two steps in a row",
    points=0,
    asks="my_chain",
    public=[case()],
    message="Nudge x by 1: how far does u move, and what does z make of each unit that u moves?",
)
question.reference(my_chain=-15.0)
question.misconception(
    name="slopes-added",
    hint="3 and −5 were added. One unit of x moves u by 3, and z moves by −5 for *each* of these three.",
    my_chain=-2.0,
)
question.misconception(
    name="last-step-only",
    hint="That is how z answers to u. But u moves faster than x does.",
    my_chain=-5.0,
)
question.misconception(
    name="sign-lost",
    hint="The size is right. When u rises, does z rise or fall?",
    my_chain=15.0,
)

question = Question(
    "start-change",
    "From a slope to a change",
    points=0,
    asks="my_change",
    public=[case()],
    message="A slope is a change per unit of nudge: multiply it by the nudge.",
)
question.reference(my_change=-0.02)
question.misconception(
    name="slope-for-change",
    hint="That is the slope itself. You did not turn the dial by 1, only by 0.01.",
    my_change=-2.0,
)
question.misconception(
    name="sign-lost",
    hint="The size is right. A negative slope means that the value … when the dial is turned up?",
    my_change=0.02,
)

question = Question(
    "start-branch",
    "A value that is used twice",
    points=0,
    asks="my_branch",
    public=[case()],
    message="x is used in the square and again on its own. What does each use bring, and both together?",
)
question.reference(my_branch=5.0)
question.misconception(
    name="square-only",
    hint="That is what the square brings. x is used once more.",
    my_branch=4.0,
)
question.misconception(
    name="value-for-slope",
    hint="That is the value of u at 2. How much does it change when x moves a little?",
    my_branch=6.0,
)

# ---- 01_linear_classifiers --------------------------------------------------------------------------------

question = Question(
    "classifier-scores",
    "A row and a winner",
    points=0,
    asks="my_scores\nmy_winner",
    public=[case()],
    labels={"my_scores": ["score of Cat", "score of Car", "score of Airplane"]},
    message="A score is the row of the class times x, entry by entry, added up, plus the bias of the class.",
    absolute=1e-4,
)
question.reference(my_scores=[0.7305, 0.5985, 0.1615], my_winner="Cat")
question.misconception(
    name="bias-forgotten",
    hint="The products are right. What does each class have besides its row of weights?",
    my_scores=[0.5805, 0.5985, 0.3615],
)
question.misconception(
    name="first-photograph",
    hint="These are the scores of the first photograph, the car. Here x = [0.3, 0.15, 1.5, 1.91].",
    my_scores=[0.631, 0.5985, 0.71],
)
question.misconception(
    name="not-the-highest",
    hint="The answer of a classifier is the class with the highest score.",
    my_winner="Car",
)

question = Question(
    "hinge-by-hand",
    "Your own hinge",
    points=0,
    asks="loss = my_hinge(f, c, margin)",
    public=[
        case(f=[0.631, 0.969, 0.71], c=1, margin=1.0).gives(loss=1.403),
        case(f=[0.8845, 0.3405, 0.455], c=1, margin=1.0).gives(loss=2.6585),
        case(f=[3.0, 0.5, 1.0, 2.75], c=0, margin=1.0).gives(loss=0.75),
        case(f=[3.0, 0.5, 1.0, 2.75], c=0, margin=0.5).gives(loss=0.25),
    ],
    message="Each class but c costs max(0, margin + its score − the score of c); add up what they cost.",
)


question.group(
    "without a margin",
    [case(f=[0.8845, 0.3405, 0.455], c=1).gives(loss=2.6585)],
    asks="loss = my_hinge(f, c)",
    message="The margin is 1 if nobody says otherwise.",
    hidden=False,
)


@question.reference
def my_hinge(f, c, margin=1.0):
    return sum(max(0.0, margin + f[j] - f[c]) for j in range(len(f)) if j != c)


@question.misconception
def right_class_pays(f, c, margin=1.0):
    """It is too large by exactly the margin: the right class is counted, too, and it leads itself by 0."""
    return sum(max(0.0, margin + f[j] - f[c]) for j in range(len(f)))


@question.misconception
def credit_for_a_lead(f, c, margin=1.0):
    """A class that is far enough behind costs nothing, and it earns nothing either: what keeps each term from
    falling below 0?"""
    return sum(margin + f[j] - f[c] for j in range(len(f)) if j != c)


@question.misconception
def no_margin(f, c, margin=1.0):
    """To be ahead is not enough for this loss. How far ahead should the right class be?"""
    return sum(max(0.0, f[j] - f[c]) for j in range(len(f)) if j != c)


@question.misconception
def margin_of_one(f, c, margin=1.0):
    """It is right for a margin of 1. The margin is an argument, and it may be another number."""
    return sum(max(0.0, 1.0 + f[j] - f[c]) for j in range(len(f)) if j != c)


@question.misconception
def worst_class_only(f, c, margin=1.0):
    """Only the class that comes nearest pays. The sum asks every wrong class."""
    return max(max(0.0, margin + f[j] - f[c]) for j in range(len(f)) if j != c)


@question.misconception
def wrong_way_round(f, c, margin=1.0):
    """Which of the two scores should be the larger one? Here a class pays more the further it is behind."""
    return sum(max(0.0, margin + f[c] - f[j]) for j in range(len(f)) if j != c)


@question.alternative
def with_arrays(f, c, margin=1.0):
    costs = np.maximum(0.0, margin + np.array(f) - f[c])
    costs[c] = 0.0
    return costs.sum()


question = Question(
    "softmax-by-rows",
    "Mend the formula",
    points=0,
    asks="P = my_softmax(f)",
    public=[
        case(f=np.array([[0.631, 0.969, 0.71], [0.8845, 0.3405, 0.455]])),
        case(f=np.array([[0.0, 0.0], [1.0, 3.0], [2.0, -1.0]])),
        case(f=np.array([[1000.0, 1001.0, 999.0], [-1000.0, -999.0, -1001.0]])),
    ],
    message="The probabilities of one photograph, a row, add up to 1.",
)


@question.reference
def my_softmax(f):
    e = np.exp(f - f.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


@question.misconception
def over_photographs(f):
    """The columns add up to 1, not the rows: the sum still runs over photographs. Which axis holds the
    classes?"""
    e = np.exp(f - f.max(axis=0))
    return e / e.sum(axis=0)


@question.misconception
def over_everything(f):
    """All entries together add up to 1. Each photograph should have probabilities of its own."""
    e = np.exp(f - f.max())
    return e / e.sum()


@question.misconception
def overflow(f):
    """Right for small scores; e to the power of 1000 is too large for the computer. What may be subtracted
    from all scores of a row without changing the probabilities?"""
    with np.errstate(all="ignore"):
        e = np.exp(f)
        return e / e.sum(axis=1, keepdims=True)


@question.misconception
def one_maximum_for_all(f):
    """Subtracting one number from all rows is not enough: a row far below it becomes e to the power of −2000,
    which is 0. Each row has a maximum of its own."""
    with np.errstate(all="ignore"):
        e = np.exp(f - f.max())
        return e / e.sum(axis=1, keepdims=True)


@question.alternative
def by_logarithms(f):
    top = f.max(axis=1, keepdims=True)
    return np.exp(f - top - np.log(np.exp(f - top).sum(axis=1, keepdims=True)))


question = Question(
    "small-errors",
    "Ana and Ben again",
    points=0,
    asks="""
    L1 = np.sum(np.abs(np.subtract(my_output, [0.0, 1.0, 0.0])))
    L2 = np.sum(np.subtract(my_output, [0.0, 1.0, 0.0]) ** 2)
    """,
    public=[case()],
    message="The three errors should be 0.3 together. How are they best shared out, if large ones cost most?",
)
question.reference(my_output=[0.1, 0.9, 0.1])
question.misconception(
    name="one-error",
    hint="L1 is right. But one error holds all of it, and L2 punishes just that.",
    my_output=[0.0, 0.7, 0.0],
)
question.misconception(
    name="two-errors",
    hint="Better: the error is shared by two scores. There are three.",
    my_output=[0.0, 0.85, 0.15],
)
question.misconception(
    name="perfect",
    hint="A perfect output has L2 = 0, and L1 = 0 as well. L1 should be 0.3.",
    my_output=[0.0, 1.0, 0.0],
)

# ---- 02_three_gradients -----------------------------------------------------------------------------------

question = Question(
    "one-step",
    "One step of descent",
    points=0,
    asks="my_step",
    public=[case()],
    labels={"my_step": ["new w1", "new w2"]},
    message="w − α times the gradient, entry by entry.",
)
question.reference(my_step=[2.3, -1.05])
question.misconception(
    name="uphill",
    hint="This step goes along the gradient, so the loss rises. To minimise, go the other way.",
    my_step=[1.7, -0.95],
)
question.misconception(
    name="no-learning-rate",
    hint="The whole gradient was subtracted. How long is a step with a learning rate of 0.1?",
    my_step=[5.0, -1.5],
)
question.misconception(
    name="step-for-place",
    hint="That is the step. Where does one arrive if one starts at w?",
    my_step=[0.3, -0.05],
)

question = Question(
    "put-it-back",
    "Mend the loop",
    points=0,
    asks="slopes = my_gradient(L, W)",
    public=[
        case(
            L=Code("lambda W: W[0, 0] ** 2 + 3.0 * W[0, 1] + W[1, 0] * W[1, 1]"),
            W=np.array([[1.0, 2.0], [3.0, 4.0]]),
        ),
        case(L=Code("lambda W: float((W**3).sum())"), W=np.array([[0.5, -1.0, 2.0]])),
    ],
    message="Every quotient must start from the same W.",
    relative=1e-3,
    absolute=1e-3,
)


@question.reference
def my_gradient(L, W, h=1e-5):
    W = np.array(W, dtype=float)
    baseline = L(W)
    slopes = np.zeros_like(W)
    for place in np.ndindex(W.shape):
        W[place] += h
        slopes[place] = (L(W) - baseline) / h
        W[place] -= h
    return slopes


@question.misconception
def never_put_back(L, W, h=1e-5):
    """The first slope is right, and every further one contains those before it: the entries that were raised
    are still raised."""
    W = np.array(W, dtype=float)
    baseline = L(W)
    slopes = np.zeros_like(W)
    for place in np.ndindex(W.shape):
        W[place] += h
        slopes[place] = (L(W) - baseline) / h
    return slopes


@question.misconception
def put_back_too_early(L, W, h=1e-5):
    """All slopes are 0: the entry is put back before the loss has been asked."""
    return np.zeros_like(np.array(W, dtype=float))


@question.alternative
def central(L, W, h=1e-5):
    slopes = np.zeros(np.shape(W))
    for place in np.ndindex(slopes.shape):
        up, down = np.array(W, dtype=float), np.array(W, dtype=float)
        up[place] += h
        down[place] -= h
        slopes[place] = (L(up) - L(down)) / (2 * h)
    return slopes


question = Question(
    "error-of-a-quotient",
    "Take an error apart",
    points=0,
    asks="my_forward\nmy_central\nmy_bend",
    public=[case()],
    message="p(2.1) = 9.261, p(2) = 8 and p(1.9) = 6.859; the second derivative of w³ is 6w.",
)
question.reference(my_forward=12.61, my_central=12.01, my_bend=0.6)
question.misconception(
    name="central-over-h",
    hint="Between 1.9 and 2.1 lie two steps: the central difference divides by 2h.",
    my_central=24.02,
)
question.misconception(
    name="backward-for-forward",
    hint="That is the quotient to the left. The forward quotient looks at p(2.1).",
    my_forward=11.41,
)
question.misconception(
    name="bend-without-half",
    hint="Twice too large: in h/2 · p″ the step is halved.",
    my_bend=1.2,
)
question.misconception(
    name="exact-slope",
    hint="12 is the exact slope, 3w². The quotients are what one gets with h = 0.1.",
    my_forward=12.0,
    my_central=12.0,
)

question = Question(
    "gradient-of-the-square",
    "The gradient of the squared loss",
    points=0,
    asks="dW = my_squared_gradient(W, x, target)",
    public=[
        case(
            W=np.array([[-0.1, 0.2, 0.15, 0.05], [0.25, 0.05, 0.2, -0.1], [0.25, 0.15, -0.15, 0.4]]),
            x=np.array([0.1, 1.5, 0.07, 2.32]),
            target=np.array([0.0, 1.0, 0.0]),
        ),
        case(W=np.array([[1.0, 2.0], [0.0, -1.0]]), x=np.array([3.0, 0.5]), target=np.array([1.0, 1.0])),
    ],
    message="Each entry: how does the loss answer to output i, and how does output i answer to W[i, j]?",
)


@question.reference
def my_squared_gradient(W, x, target):
    return 2.0 * np.outer(W @ x - target, x)


@question.misconception
def factor_two_forgotten(W, x, target):
    """Every entry is half of what it should be: what is the derivative of r²?"""
    return np.outer(W @ x - target, x)


@question.misconception
def gradient_of_the_root(W, x, target):
    """This is the gradient of the distance itself. The square has another slope: no division by ‖r‖."""
    r = W @ x - target
    return np.outer(r, x) / np.linalg.norm(r)


@question.misconception
def uphill_and_downhill(W, x, target):
    """The signs are reversed: is the residual output minus target, or target minus output?"""
    return 2.0 * np.outer(target - W @ x, x)


@question.misconception
def target_forgotten(W, x, target):
    """The target plays no part in this answer. What is squared is output minus target."""
    return 2.0 * np.outer(W @ x, x)


@question.alternative
def by_columns(W, x, target):
    r = (W @ x - target)[:, None]
    return 2.0 * r * x[None, :]


# ---- 03_gates_and_graphs ----------------------------------------------------------------------------------

question = Question(
    "gradient-of-p",
    "The gradient of p = (x + y)·x",
    points=0,
    asks="my_gradient",
    public=[case()],
    labels={"my_gradient": ["∂p/∂x", "∂p/∂y"]},
    message="x enters both gates, sum and product. What does each bring, and what happens to the two?",
)
question.reference(my_gradient=[-1.0, 2.0])
question.misconception(
    name="product-only",
    hint="x enters the product directly, and through the sum as well: one of the two ways is missing.",
    my_gradient=[-3.0, 2.0],
)
question.misconception(
    name="sum-only",
    hint="x enters the sum, and the product directly as well: one of the two ways is missing.",
    my_gradient=[2.0, 2.0],
)
question.misconception(
    name="ways-multiplied",
    hint="Two ways lead from x to p. Along a way one multiplies; where ways meet the shares add.",
    my_gradient=[-6.0, 2.0],
)
question.misconception(
    name="other-order",
    hint="The two numbers stand in each other's place: x first.",
    my_gradient=[2.0, -1.0],
)
question.misconception(
    name="own-value-in-the-product",
    hint="A product hands each side the value of the *other* side, times upstream.",
    my_gradient=[-1.0, -3.0],
)


# ---- 04_probabilities_and_costs ---------------------------------------------------------------------------

question = Question(
    "score-of-ninety-percent",
    "The score that says 90 %",
    points=0,
    asks="my_score",
    public=[case()],
    relative=1e-3,
    message="With scores z and −z the odds are e^(2z). Which odds are 90 %, and what is their logarithm?",
)
question.reference(my_score=1.0986122886681098)  # half of log 9
question.misconception(
    name="plain-log-odds",
    hint="log 9 is the score if the other class has the score 0. Here it has −z: the two are 2z apart.",
    my_score=2.1972245773362196,
)
question.misconception(
    name="log-of-p",
    hint="That is the logarithm of the probability. What is wanted is that of the odds, p/(1 − p).",
    my_score=-0.10536051565782628,
)
question.misconception(
    name="forward-for-back",
    hint="That is what the sigmoid makes of 0.9. The question goes the other way: which score gives 0.9?",
    my_score=0.7109495026250039,
)

question = Question(
    "one-sample-logistic",
    "The gradient of one sample",
    points=0,
    asks="my_gradient\nmy_bias_gradient",
    public=[case()],
    relative=1e-3,
    message="First the score and p = σ(z). Then probability minus target; and one more step, to the weights.",
)
question.reference(my_gradient=[-1.0, -1.0], my_bias_gradient=-0.5)
question.misconception(
    name="target-minus-probability",
    hint="The signs are turned: the slope is probability minus target. With target 1 more score costs less.",
    my_gradient=[1.0, 1.0],
    my_bias_gradient=0.5,
)
question.misconception(
    name="input-forgotten",
    hint="p − y is the slope for the score. The local derivative of w·x + b for w is x: multiply.",
    my_gradient=[-0.5, -0.5],
    my_bias_gradient=-0.5,
)
question.misconception(
    name="sigmoid-slope-left-in",
    hint="There is a factor s(1 − s) too many: behind cross-entropy it cancels.",
    my_gradient=[-0.25, -0.25],
    my_bias_gradient=-0.125,
)
question.misconception(
    name="bias-like-a-weight",
    hint="The bias is multiplied by 1, not by an input.",
    my_gradient=[-1.0, -1.0],
    my_bias_gradient=-1.0,
)

question = Question(
    "which-cost",
    "Which cost for which output",
    points=0,
    asks="my_lines",
    public=[case()],
    labels={"my_lines": ["the temperature", "the letter", "the email", "the used car"]},
    message="Is the answer a number, one of several classes, or yes or no? Has it one likely value or two?",
)
question.reference(my_lines=[3, 2, 1, 4])
question.misconception(
    name="car-like-a-temperature",
    hint="A squared error would answer with the mean of a wreck and a new car: a price that no such car has.",
    my_lines=[3, 2, 1, 3],
)
question.misconception(
    name="letters-are-numbers",
    hint="Letters can be numbered, but B is not nearer to C than to X: they are classes.",
    my_lines=[3, 3, 1, 4],
)
question.misconception(
    name="softmax-for-spam",
    hint="Two classes can have a softmax, but one number is enough: yes or no, the first line.",
    my_lines=[3, 2, 2, 4],
)


# ---- 08_backprop_through_layers ---------------------------------------------------------------------------


def sigmoid_backprop(W, x, target):
    xs = [x]
    for weights in W:
        xs.append(1.0 / (1.0 + np.exp(-(weights.T @ xs[-1]))))
    output = xs[-1]
    delta = (output - target) * output * (1 - output)
    gradients = [np.outer(xs[-2], delta)]
    for layer in range(len(W) - 2, -1, -1):
        a = xs[layer + 1]
        delta = (W[layer + 1] @ delta) * a * (1 - a)
        gradients.insert(0, np.outer(xs[layer], delta))
    return 0.5 * np.sum((output - target) ** 2), gradients


def tanh_backprop(W, x, target, slope, last=True, hidden=True):
    xs = [x]
    for weights in W:
        xs.append(np.tanh(weights.T @ xs[-1]))
    delta = xs[-1] - target
    if last:
        delta = delta * slope(xs[-1])
    gradients = [np.outer(xs[-2], delta)]
    for layer in range(len(W) - 2, -1, -1):
        delta = W[layer + 1] @ delta
        if hidden:
            delta = delta * slope(xs[layer + 1])
        gradients.insert(0, np.outer(xs[layer], delta))
    return 0.5 * np.sum((xs[-1] - target) ** 2), gradients


question = Question(
    "backprop-with-tanh",
    "Backprop with tanh",
    points=0,
    asks="loss, gradients = my_backprop(W, x, target)",
    public=[
        case(
            W=[np.array([[0.5, -1.0], [0.25, 2.0]]), np.array([[1.0], [-0.5]])],
            x=np.array([1.0, -0.5]),
            target=np.array([0.25]),
        )
    ],
    labels={"gradients": ["the first layer", "the second layer"]},
    message="tanh on the way forward; on the way back its slope, 1 − a², in both places.",
)


@question.reference
def my_backprop(W, x, target):
    return tanh_backprop(W, x, target, lambda a: 1 - a**2)


@question.misconception
def still_the_sigmoid(W, x, target):
    """That is still the network with sigmoids. Replace the function of the way forward, and its slope in two
    places."""
    return sigmoid_backprop(W, x, target)


@question.misconception
def slope_of_the_sigmoid(W, x, target):
    """Forward is tanh, but on the way back stands the slope of the sigmoid, a (1 − a)."""
    return tanh_backprop(W, x, target, lambda a: a * (1 - a))


@question.misconception
def last_layer_forgotten(W, x, target):
    """The last layer has an activation too: its delta needs the factor 1 − a²."""
    return tanh_backprop(W, x, target, lambda a: 1 - a**2, last=False)


@question.misconception
def hidden_layers_forgotten(W, x, target):
    """In the recursion from layer to layer the slope of the activation is missing."""
    return tanh_backprop(W, x, target, lambda a: 1 - a**2, hidden=False)


@question.misconception
def one_minus_a(W, x, target):
    """The slope of tanh is 1 minus the *square* of its output."""
    return tanh_backprop(W, x, target, lambda a: 1 - a)
