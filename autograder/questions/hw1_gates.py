"""Homework 1: gates and the chain rule."""

import math

import numpy as np

from autograder.questions import Code, Draw, Question, case

# ---- what the notebook gives ------------------------------------------------------------------------------


def sigmoid(z):
    if z >= 0:
        return 1.0 / (1.0 + math.exp(-z))
    return math.exp(z) / (1.0 + math.exp(z))


def network(x, w1, w2):
    a1 = sigmoid(x * w1)
    return a1, sigmoid(a1 * w2)


def loss(x, w1, w2, target):
    return 0.5 * (network(x, w1, w2)[1] - target) ** 2


# ---- 1. the multiply gate ---------------------------------------------------------------------------------

question = Question(
    "multiply-gate",
    "A gate for z = x·y",
    points=3,
    asks="""
    gate = MultiplyGate()
    z = gate.forward(x, y)
    dx, dy = gate.backward(dz)
    """,
    public=[case(x=-3.0, y=5.0, dz=1.0).gives(z=-15.0, dx=5.0, dy=-3.0)],
    message="Hold one input still and let the other grow: how fast does the product grow with it?",
)


@question.reference
class MultiplyGate:
    def forward(self, x, y):
        self.x, self.y = x, y
        return x * y

    def backward(self, dz):
        return self.y * dz, self.x * dz


@question.hidden("other inputs")
def _(draw: Draw):
    """The gate is right for x = -3 and y = 5, but not for other inputs."""
    return {"x": draw.number(-9, 9), "y": draw.number(-9, 9), "dz": 1.0}


@question.hidden("an upstream gradient that is not 1")
def _(draw: Draw):
    """backward does half of its job: local derivative times upstream gradient dz."""
    return {"x": draw.number(-9, 9), "y": draw.number(-9, 9), "dz": draw.number(-3, 3)}


@question.hidden(
    "two gates in use at the same time",
    count=2,
    asks="""
    first, second = MultiplyGate(), MultiplyGate()
    z1 = first.forward(x1, y1)
    z2 = second.forward(x2, y2)
    dx1, dy1 = first.backward(dz)
    dx2, dy2 = second.backward(dz)
    """,
)
def _(draw: Draw):
    """Two gates in use at the same time get into each other's way: does each keep its own inputs?"""
    return {name: draw.number(-9, 9) for name in ("x1", "y1", "x2", "y2", "dz")}


@question.hidden("backward fits forward", asks="agrees_with_own_forward(MultiplyGate(), x, y)")
def _(draw: Draw):
    """Nudge an input of forward: the product does not change as backward says."""
    return {"x": draw.number(-9, 9), "y": draw.number(-9, 9)}


@question.misconception
class OwnValue(MultiplyGate):
    """Each input got its own value as gradient. With y held at 5, x·y is 5 times x: how fast does it grow
    with x?"""

    def backward(self, dz):
        return self.x * dz, self.y * dz


@question.misconception
class NoUpstream(MultiplyGate):
    """The local derivatives are right, but dz never enters: what does the chain rule do with what arrives
    from upstream?"""

    def backward(self, dz):
        return self.y, self.x


@question.misconception
class LikeAnAddGate(MultiplyGate):
    """This hands dz to both inputs unchanged, as a plus gate does. What is the local derivative of a
    product?"""

    def backward(self, dz):
        return dz, dz


@question.misconception
class UpstreamAdded(MultiplyGate):
    """The upstream gradient is added to the local derivative. What does the chain rule do with the two?"""

    def backward(self, dz):
        return self.y + dz, self.x + dz


@question.misconception
class SharedByAllGates(MultiplyGate):
    """The last forward counts for all gates: the inputs are kept for the whole class and not in self."""

    kept = (0.0, 0.0)

    def forward(self, x, y):
        type(self).kept = (x, y)
        return x * y

    def backward(self, dz):
        x, y = type(self).kept
        return y * dz, x * dz


@question.alternative
class WithArrays:
    inputs = None

    def forward(self, *inputs):
        self.inputs = np.array(inputs)
        return self.inputs.prod()

    def backward(self, dz):
        return tuple(self.inputs[::-1] * dz)


@question.alternative
class LocalDerivativesKept:
    def forward(self, x, y):
        self.local = [y, x]
        return y * x

    def backward(self, dz):
        return [slope * dz for slope in self.local]


# ---- 2. the derivative of the sigmoid ---------------------------------------------------------------------

question = Question(
    "sigmoid-derivative",
    "The slope of the sigmoid",
    points=2,
    asks="slope = sigmoid_derivative(z)",
    public=[
        case(z=0.0).gives(slope=0.25),
        case(z=2.0).gives(slope=0.1049935854035065),
        case(z=-1000.0).gives(slope=0.0),
        case(z=1000.0).gives(slope=0.0),
    ],
    given=[sigmoid],
    message="The sigmoid is steepest at z = 0 and flat on both sides.",
)


@question.reference
def sigmoid_derivative(z):
    a = sigmoid(z)
    return a * (1.0 - a)


@question.hidden("other z", count=8)
def _(draw: Draw):
    """The slope is right where you could see it, not elsewhere: is it a formula in z, for both signs?"""
    return {"z": draw.number(-8, 8)}


question.group(
    "where the sigmoid is nearly flat",
    [case(z=6.5), case(z=-9.0), case(z=12.0)],
    message="Nearly flat is not flat: the slope there is small, and it is not 0.",
)


@question.misconception
def z_for_the_sigmoid(z):
    """z·(1 − z) has the right form with the wrong letter: is the factor 1 minus z, or 1 minus the sigmoid of
    z?"""
    return z * (1.0 - z)


@question.misconception
def the_value(z):
    """This is the sigmoid itself, not its slope: where the curve is flat, the slope is 0."""
    return sigmoid(z)


@question.misconception
def other_class(z):
    """1 − σ(z) is only one of the two factors of the slope."""
    return 1.0 - sigmoid(z)


@question.misconception
def negative(z):
    """The sign is wrong: the sigmoid rises everywhere. How many minus signs does the inner function bring,
    and how many the power −1?"""
    return sigmoid(z) * (sigmoid(z) - 1.0)


@question.misconception
def too_large_a_number(z):
    """The formula is right, and e to the power 1000 is more than a float can hold. Which function of the
    notebook avoids that?"""
    return math.exp(-z) / (1.0 + math.exp(-z)) ** 2


@question.alternative
def from_the_size_of_z(z):
    e = np.exp(-abs(z))
    return e / (1 + e) ** 2


@question.alternative
def product_of_two_classes(z):
    return sigmoid(z) * sigmoid(-z)


# ---- 3. the gradient of f = xy + z ------------------------------------------------------------------------

question = Question(
    "gradient-xy-plus-z",
    "The gradient of f = xy + z",
    points=2,
    asks="gradient = gradient_of_f(x, y, z)",
    public=[case(x=-3.0, y=5.0, z=4.0).gives(gradient=[5.0, -3.0, 1.0])],
    labels={"gradient": ["df/dx", "df/dy", "df/dz"]},
    message="Which gate does this input enter, and what arrives there from upstream?",
)


@question.reference
def gradient_of_f(x, y, z):
    return [y, x, 1.0]


@question.hidden("other points")
def _(draw: Draw):
    """The gradient is right at the point shown, not at another: what does each entry depend on?"""
    return {"x": draw.number(-5, 5), "y": draw.number(-5, 5), "z": draw.number(-5, 5)}


@question.misconception
def own_values(x, y, z):
    """x and y stand in each other's place. With y held still, f = xy + z grows y times as fast as … what?"""
    return [x, y, 1.0]


@question.misconception
def z_for_one(x, y, z):
    """z enters f through a plus gate, which hands on what arrives: how much does f grow when z grows by 1?"""
    return [y, x, z]


@question.misconception
def nothing_through_the_plus(x, y, z):
    """If z grows by 1, f grows, too: the derivative of a term that is z itself is not 0."""
    return [y, x, 0.0]


@question.misconception
def numbers_of_the_example(x, y, z):
    """These are the numbers of the example, whatever the point: the answer should be formulas."""
    return [5.0, -3.0, 1.0]


@question.misconception
def times_the_value(x, y, z):
    """What reaches the product from upstream is the slope of the plus gate, not its other input's value."""
    return [y * z, x * z, 1.0]


@question.alternative
def by_gates(x, y, z):
    gate = MultiplyGate()
    gate.forward(x, y)
    return (*gate.backward(1.0), 1)


@question.alternative
def as_an_array(x, y, z):
    return np.array([y, x, 1.0])


# ---- 4. the gradient of g = w1³ w2 + 3 w1 -----------------------------------------------------------------

question = Question(
    "gradient-of-g",
    "The gradient of g = w1³·w2 + 3·w1",
    points=3,
    asks="gradient = gradient_of_g(w1, w2)",
    public=[case(w1=2.0, w2=3.0).gives(gradient=[39.0, 8.0])],
    labels={"gradient": ["∂g/∂w1", "∂g/∂w2"]},
    message="Follow every path from an input to g, and multiply the local derivatives along it.",
)


@question.reference
def gradient_of_g(w1, w2):
    through_the_cube = 3.0 * w1**2 * w2
    through_the_product = 3.0
    return [through_the_cube + through_the_product, w1**3]


@question.hidden("other points")
def _(draw: Draw):
    """The gradient is right at the point shown, but not elsewhere: is it a formula in both weights?"""
    return {"w1": draw.number(-3, 3), "w2": draw.number(-3, 3)}


@question.misconception
def one_path(w1, w2):
    """w1 reaches g on two paths: through the cube, and through 3·w1. What happens to the gradients of two
    paths where the paths meet?"""
    return [3.0 * w1**2 * w2, w1**3]


@question.misconception
def last_path_counts(w1, w2):
    """w1 reaches g on two paths, and only the second one is left: did its share overwrite the first?"""
    return [3.0, w1**3]


@question.misconception
def paths_multiplied(w1, w2):
    """w1 reaches g on two paths. Along a path one multiplies local derivatives; what is done where two paths
    meet?"""
    return [3.0 * w1**2 * w2 * 3.0, w1**3]


@question.misconception
def point_of_the_example(w1, w2):
    """These are the numbers of the example at [2, 3], whatever the point: the answer should be formulas in w1
    and w2."""
    return [39.0, 8.0]


@question.misconception
def power_not_lowered(w1, w2):
    """The derivative of w1³ brings the 3 down; what becomes of the exponent?"""
    return [3.0 * w1**3 * w2 + 3.0, w1**3]


@question.misconception
def order_reversed(w1, w2):
    """The two entries stand in each other's place: the order is that of the inputs, w1 first."""
    return [w1**3, 3.0 * w1**2 * w2 + 3.0]


@question.alternative
def in_arrays(w1, w2):
    return np.array([3 * w1 * w1 * w2, w1**3]) + np.array([3, 0])


@question.alternative
def factored(w1, w2):
    return 3 * (w1 * w1 * w2 + 1), w1 * w1 * w1


# ---- 5. finite differences --------------------------------------------------------------------------------

question = Question(
    "finite-differences",
    "Central differences of any function",
    points=4,
    asks="estimate = finite_differences(f, w, h)",
    public=[
        case(f=Code("lambda w: w[0]**3 * w[1] + 3.0 * w[0]"), w=[2.0, 3.0], h=1e-5).gives(
            estimate=[39.0, 8.0]
        ),
    ],
    message="Nudge one entry up by h and down by h, all others still: how far apart are the two nudges?",
    equivalent=["finite_differences: 1e-05 → 1.00001"],  # the step is always handed in
)


@question.reference
def finite_differences(f, w, h=1e-5):
    slopes = []
    for i in range(len(w)):
        up, down = list(w), list(w)
        up[i] += h
        down[i] -= h
        slopes.append((f(up) - f(down)) / (2.0 * h))
    return slopes


@question.hidden("a large step", count=3)
def _(draw: Draw):
    """A large step makes an error that can be foretold, and yours differs: do you use the h you get, both
    ways?"""
    return {"f": Code("lambda w: w[0]**3"), "w": [draw.number(1, 3)], "h": draw.number(0.1, 0.5)}


@question.hidden("any number of entries")
def _(draw: Draw):
    """Only one entry may be nudged at a time, and there may be any number of them."""
    size = draw.size(1, 5)
    f = f"lambda w: sum(a * x**3 for a, x in zip({draw.numbers(size)}, w)) + 2.0 * w[0] * w[-1]"
    return {"f": Code(f), "w": draw.numbers(size), "h": 0.25}


@question.hidden("another function", count=2)
def _(draw: Draw):
    """The estimate is right for g but not for another function."""
    f = f"lambda w: math.sin({draw.number()} * w[0]) + {draw.number()} * w[1]"
    return {"f": Code(f), "w": draw.numbers(2), "h": 1e-4}


question.group(
    "equal entries",
    [
        case(f=Code("lambda w: w[0]**2 * w[1] + w[2]"), w=[2.0, 2.0, 2.0], h=0.25).gives(
            estimate=[8.0, 4.0, 1.0]
        )
    ],
    message="Several entries may have the same value: is the one that is nudged known by its place?",
)


@question.misconception
def place_found_by_value(f, w, h=1e-5):
    """w.index(value) finds the first entry with that value. If two are equal, the second one is never nudged:
    go by places."""
    slopes = []
    for value in w:
        up, down = list(w), list(w)
        up[w.index(value)] += h
        down[w.index(value)] -= h
        slopes.append((f(up) - f(down)) / (2.0 * h))
    return slopes


@question.misconception
def step_counted_once(f, w, h=1e-5):
    """The estimate is twice too large: from the nudge down to the nudge up it is more than one h."""
    return [2.0 * slope for slope in finite_differences(f, w, h)]


@question.misconception
def forward_difference(f, w, h=1e-5):
    """This nudges one way only. With a small h that differs little, but the question asks for both ways."""
    slopes = []
    for i in range(len(w)):
        up = list(w)
        up[i] += h
        slopes.append((f(up) - f(w)) / h)
    return slopes


@question.misconception
def halved_and_multiplied(f, w, h=1e-5):
    """a / 2*h is read from the left: first a / 2, then that times h. What belongs below the line needs its
    own brackets."""
    return [slope * (2.0 * h) / 2 * h for slope in finite_differences(f, w, h)]


@question.misconception
def one_list_for_both(f, w, h=1e-5):
    """The nudge up and the nudge down end in the same list and cancel: `up = w` is a second name for w, not a
    copy of it."""
    return [0.0 for _ in w]


@question.misconception
def all_at_once(f, w, h=1e-5):
    """All entries are nudged at the same time: then nobody can tell whose slope it is."""
    up, down = [x + h for x in w], [x - h for x in w]
    return [(f(up) - f(down)) / (2.0 * h) for _ in w]


@question.misconception
def not_put_back(f, w, h=1e-5):
    """An entry is nudged and not put back: the next one is then measured at another point, and the caller's w
    has changed."""
    slopes = []
    for i in range(len(w)):
        w[i] += h
        up = f(w)
        w[i] -= 2.0 * h
        slopes.append((up - f(w)) / (2.0 * h))
    return slopes


@question.misconception
def own_step(f, w, h=1e-5):
    """The step is always the same small one: the h that is handed in is never used."""
    return finite_differences(f, w, 1e-5)


@question.misconception
def first_entry_only(f, w, h=1e-5):
    """There is an estimate for the first entry only: does the return stand inside the loop?"""
    return finite_differences(f, w, h)[:1]


@question.alternative
def rows_of_steps(f, w, h=1e-5):
    w = np.asarray(w, dtype=float)
    steps = h * np.eye(len(w))
    return np.array([f(w + step) - f(w - step) for step in steps]) / (2 * h)


@question.alternative
def nudged_and_put_back(f, w, h=1e-5):
    slopes = []
    for i, x in enumerate(w):
        w[i] = x + h
        up = f(w)
        w[i] = x - h
        slopes.append((up - f(w)) / (2 * h))
        w[i] = x
    return slopes


# ---- 6. and 7. the gradients of a two-weight network ------------------------------------------------------


def some_network(draw: Draw):
    return {
        "x": draw.number(-2, 2),
        "w1": draw.number(-3, 3),
        "w2": draw.number(-3, 3),
        "target": float(draw.choice([0, 1])),
    }


question = Question(
    "loss-gradient-w2",
    "The gradient for the second weight",
    points=3,
    asks="slope = loss_gradient_w2(x, w1, w2, target)",
    public=[case(x=2.0, w1=0.5, w2=-1.0, target=1.0).gives(slope=-0.108253319572622)],
    message="A nudge tells the right value. Is one of the three factors missing, or one too many?",
)


@question.reference
def loss_gradient_w2(x, w1, w2, target):
    a1, a2 = network(x, w1, w2)
    return (a2 - target) * a2 * (1.0 - a2) * a1


@question.hidden("other networks", count=5)
def _(draw: Draw):
    """Right at the point shown, wrong at another: does your formula use x, both weights and the target?"""
    return some_network(draw)


question.group(
    "the other target",
    [case(x=2.0, w1=0.5, w2=-1.0, target=0.0), case(x=-1.5, w1=-0.5, w2=2.0, target=0.0)],
    message="The target may be 0 as well as 1: does it stand in your formula?",
)


@question.misconception
def no_slope_of_the_sigmoid(x, w1, w2, target):
    """One of the three factors is missing: between z2 and a2 there is a sigmoid, which has a slope of its
    own."""
    a1, a2 = network(x, w1, w2)
    return (a2 - target) * a1


@question.misconception
def target_minus_output(x, w1, w2, target):
    """The sign is wrong: the derivative of ½(a2 − y*)² begins with the output, not with the target."""
    return -loss_gradient_w2(x, w1, w2, target)


@question.misconception
def input_for_activation(x, w1, w2, target):
    """The last factor is what w2 is multiplied by. Is that the network's input x, or what the first sigmoid
    made of it?"""
    a2 = network(x, w1, w2)[1]
    return (a2 - target) * a2 * (1.0 - a2) * x


@question.misconception
def half_forgotten(x, w1, w2, target):
    """Twice too large: the ½ in front of the square is there to meet the 2 that the square brings down."""
    return 2.0 * loss_gradient_w2(x, w1, w2, target)


@question.misconception
def weight_for_activation(x, w1, w2, target):
    """This ends with w2, which is the slope of z2 in a1. What is the slope of z2 = a1·w2 in w2?"""
    a2 = network(x, w1, w2)[1]
    return (a2 - target) * a2 * (1.0 - a2) * w2


@question.alternative
def step_by_step(x, w1, w2, target):
    hidden, output = network(x, w1, w2)
    upstream = (output - target) * (output - output**2)
    return hidden * upstream


@question.alternative
def by_a_nudge(x, w1, w2, target):
    return finite_differences(lambda w: loss(x, w1, w[0], target), [w2])[0]


question = Question(
    "loss-gradient-w1",
    "The gradient for the first weight",
    points=3,
    asks="slope = loss_gradient_w1(x, w1, w2, target)",
    public=[case(x=2.0, w1=0.5, w2=-1.0, target=1.0).gives(slope=0.0582276032677625)],
    message="A nudge tells the right value. Is one of the five factors missing, or one too many?",
)


@question.reference
def loss_gradient_w1(x, w1, w2, target):
    a1, a2 = network(x, w1, w2)
    dz2 = (a2 - target) * a2 * (1.0 - a2)
    dz1 = dz2 * w2 * a1 * (1.0 - a1)
    return dz1 * x


@question.hidden("other networks", count=5)
def _(draw: Draw):
    """Right at the point shown, wrong at another: does your formula use x, both weights and the target?"""
    return some_network(draw)


question.group(
    "the other target",
    [case(x=2.0, w1=0.5, w2=-1.0, target=0.0), case(x=-1.5, w1=-0.5, w2=2.0, target=0.0)],
    message="The target may be 0 as well as 1: does it stand in your formula?",
)


@question.misconception
def second_weight_forgotten(x, w1, w2, target):
    """One factor is missing: on its way back the gradient passes the product a1·w2. What does that gate hand
    to a1?"""
    a1, a2 = network(x, w1, w2)
    return (a2 - target) * a2 * (1.0 - a2) * a1 * (1.0 - a1) * x


@question.misconception
def hidden_sigmoid_forgotten(x, w1, w2, target):
    """One factor is missing: between z1 and a1 there is a sigmoid, too."""
    a2 = network(x, w1, w2)[1]
    return (a2 - target) * a2 * (1.0 - a2) * w2 * x


@question.misconception
def output_sigmoid_forgotten(x, w1, w2, target):
    """One factor is missing: between z2 and a2, at the output, there is a sigmoid, too."""
    a1, a2 = network(x, w1, w2)
    return (a2 - target) * w2 * a1 * (1.0 - a1) * x


@question.misconception
def stopped_before_the_input(x, w1, w2, target):
    """The path ends at w1, and this stops one gate earlier, at z1 = x·w1."""
    a1, a2 = network(x, w1, w2)
    return (a2 - target) * a2 * (1.0 - a2) * w2 * a1 * (1.0 - a1)


@question.misconception
def target_first(x, w1, w2, target):
    """The sign is wrong: the derivative of ½(a2 − y*)² begins with the output, not with the target."""
    return -loss_gradient_w1(x, w1, w2, target)


@question.alternative
def with_a_nudge(x, w1, w2, target):
    return finite_differences(lambda w: loss(x, w[0], w2, target), [w1])[0]


@question.alternative
def one_product(x, w1, w2, target):
    a1, a2 = network(x, w1, w2)
    return x * (a1 - a1 * a1) * w2 * (a2 - a2 * a2) * (a2 - target)


# ---- 8. one step of gradient descent ----------------------------------------------------------------------

question = Question(
    "one-step",
    "One step of gradient descent",
    points=2,
    asks="new = one_step(gradient, w, rate)",
    public=[
        case(gradient=Code("lambda w: [2.0 * w[0] * w[1], w[0]**2]"), w=[3.0, 2.0], rate=0.1).gives(
            new=[1.8, 1.1]
        ),
    ],
    message="Each weight goes against its slope, by the rate times the slope.",
)


@question.reference
def one_step(gradient, w, rate):
    slopes = gradient(w)
    return [x - rate * slope for x, slope in zip(w, slopes, strict=True)]


@question.hidden("other gradients, any number of weights", count=5)
def _(draw: Draw):
    """Right for the two weights shown, and not for other gradients and other numbers of weights."""
    size = draw.size(1, 5)
    gradient = f"lambda w: [a * sum(w) + x for a, x in zip({draw.numbers(size)}, w)]"
    return {"gradient": Code(gradient), "w": draw.numbers(size), "rate": draw.number(0.01, 0.5)}


@question.misconception
def uphill(gradient, w, rate):
    """This climbs: the gradient points to where the loss grows. Where do we want to go?"""
    return [x + rate * slope for x, slope in zip(w, gradient(w), strict=True)]


@question.misconception
def no_rate(gradient, w, rate):
    """The whole slope is taken as the step: what is the rate for?"""
    return [x - slope for x, slope in zip(w, gradient(w), strict=True)]


@question.misconception
def one_after_the_other(gradient, w, rate):
    """The first weight has moved already when the gradient for the second is taken: all slopes belong to the
    point where the step begins."""
    new = list(w)
    for i in range(len(new)):
        new[i] -= rate * gradient(new)[i]
    return new


@question.misconception
def only_the_step(gradient, w, rate):
    """This is the step alone. Where does it lead to, when it begins at w?"""
    return [-rate * slope for slope in gradient(w)]


@question.misconception
def the_caller_s_list(gradient, w, rate):
    """The list that was handed in has changed: whoever called may still need the old weights."""
    for i, slope in enumerate(gradient(w)):
        w[i] -= rate * slope
    return w


@question.alternative
def with_numpy(gradient, w, rate):
    w = np.array(w, dtype=float)
    return w - rate * np.array(gradient(w))


@question.alternative
def by_index(gradient, w, rate):
    new, slopes = [], gradient(list(w))
    for i in range(len(w)):
        new.append(w[i] - slopes[i] * rate)
    return tuple(new)
