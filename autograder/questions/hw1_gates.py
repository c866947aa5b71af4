"""Homework 1: gates and the chain rule."""

from autograder.questions import Draw, Question, case

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


@question.hidden("other points", count=4)
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
def numbers_of_the_example(w1, w2):
    """These are the numbers of the example at [2, 3], whatever the point: the answer should be formulas in w1
    and w2."""
    return [39.0, 8.0]


@question.misconception
def swapped(w1, w2):
    """The two entries stand in each other's place: the order is that of the inputs, w1 first."""
    return [w1**3, 3.0 * w1**2 * w2 + 3.0]


@question.alternative
def with_arrays(w1, w2):
    import numpy as np

    return np.array([3 * w1 * w1 * w2, w1**3]) + np.array([3, 0])


@question.alternative
def factored(w1, w2):
    return 3 * (w1 * w1 * w2 + 1), w1 * w1 * w1
