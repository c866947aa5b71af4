"""The class that `coursekit demo` grades: sample hand-ins of homework 1, each with the score it deserves.

A hand-in is the released notebook with some answer cells filled in, as a student would do it. Most samples
are the right answers with one thing changed, so that the table shows what that one thing costs.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

ASSIGNMENT = "hw1_gates"

POINTS = {
    "multiply-gate": 3.0,
    "sigmoid-derivative": 2.0,
    "gradient-xy-plus-z": 2.0,
    "gradient-of-g": 3.0,
    "finite-differences": 4.0,
    "loss-gradient-w2": 3.0,
    "loss-gradient-w1": 3.0,
    "one-step": 2.0,
    "branches-add": 5.0,  # read by a person
}
AUTOGRADED = tuple(slug for slug in POINTS if slug != "branches-add")


def _unchanged(notebook: NotebookNode) -> bytes:
    return nbformat.writes(notebook).encode()


@dataclass(frozen=True)
class Sample:
    """One student's hand-in and what it deserves.

    Attributes
    ----------
    student : the student's id in the gradebook.
    about : what this hand-in is there to show, in a few words.
    answers : the text of answer cells, by question; the others stay as released.
    score : points deserved without the question that a person reads.
    lost : the autograded questions that earn nothing; all others earn all their points.
    status : "graded", or "report" where nothing could be read.
    finish : turns the filled-in notebook into the bytes of the file that is handed in.
    """

    student: str
    about: str
    answers: dict[str, str]
    score: float
    lost: tuple[str, ...] = ()
    status: str = "graded"
    finish: Callable[[NotebookNode], bytes] = field(default=_unchanged)

    def hand_in(self, released: NotebookNode) -> bytes:
        """Return the file this student hands in, made from the released notebook."""
        notebook = deepcopy(released)
        cells = {
            cell.metadata.nbgrader.grade_id: cell for cell in notebook.cells if "nbgrader" in cell.metadata
        }
        for slug, text in self.answers.items():
            cells[answer_cell(slug)].source = text
        return self.finish(notebook)

    @property
    def waits_for_a_reader(self) -> bool:
        """Whether a person has an answer of this student to read."""
        return self.status == "graded" and "branches-add" in self.answers


def answer_cell(slug: str) -> str:
    """Return the grade_id of the cell that holds the answer to a question."""
    return slug if slug == "branches-add" else f"{slug}-solution"


# ---- right, in the plainest way ----

RIGHT = {
    "multiply-gate": """\
class MultiplyGate:
    def forward(self, x, y):
        self.x = x
        self.y = y
        return x * y

    def backward(self, dz):
        dx = self.y * dz
        dy = self.x * dz
        return dx, dy
""",
    "sigmoid-derivative": """\
def sigmoid_derivative(z):
    return sigmoid(z) * (1 - sigmoid(z))
""",
    "gradient-xy-plus-z": """\
def gradient_of_f(x, y, z):
    return [y, x, 1]
""",
    "gradient-of-g": """\
def gradient_of_g(w1, w2):
    return [3 * w1**2 * w2 + 3, w1**3]
""",
    "finite-differences": """\
def finite_differences(f, w, h=1e-5):
    result = []
    for i in range(len(w)):
        right = w.copy()
        left = w.copy()
        right[i] = right[i] + h
        left[i] = left[i] - h
        result.append((f(right) - f(left)) / (2 * h))
    return result
""",
    "loss-gradient-w2": """\
def loss_gradient_w2(x, w1, w2, target):
    a1, a2 = network(x, w1, w2)
    return (a2 - target) * a2 * (1 - a2) * a1
""",
    "loss-gradient-w1": """\
def loss_gradient_w1(x, w1, w2, target):
    a1, a2 = network(x, w1, w2)
    return (a2 - target) * a2 * (1 - a2) * w2 * a1 * (1 - a1) * x
""",
    "one-step": """\
def one_step(gradient, w, rate):
    g = gradient(w)
    return [w[i] - rate * g[i] for i in range(len(w))]
""",
    "branches-add": """\
If w1 goes up by 0.001, both places that use it go up at the same moment. The cube path lifts g by about
0.036 and the other one by 0.003, and because the last gate is a plus, g gets both: 0.039. Throwing one
away would mean that this part of g had not moved, but it has.
""",
}

# ---- right, in another style: arrays, tuples, a helper in a cell of one's own ----

HELPER = """\
import numpy as np


def slope_of(activation):
    "The slope of a sigmoid, from its output."
    return activation - activation**2
"""

RIGHT_OTHER_STYLE = {
    "multiply-gate": """\
class MultiplyGate:
    inputs = None

    def forward(self, *inputs):
        self.inputs = np.array(inputs)
        return self.inputs.prod()

    def backward(self, dz):
        return tuple(self.inputs[::-1] * dz)
""",
    "sigmoid-derivative": """\
def sigmoid_derivative(z):
    e = np.exp(-abs(z))  # the slope is the same on both sides
    return e / (1 + e) ** 2
""",
    "gradient-xy-plus-z": """\
def gradient_of_f(x, y, z):
    gate = MultiplyGate()
    gate.forward(x, y)
    return (*gate.backward(1.0), 1.0)
""",
    "gradient-of-g": """\
gradient_of_g = lambda w1, w2: np.array([3 * w1 * w1 * w2, w1**3]) + np.array([3, 0])
""",
    "finite-differences": """\
def finite_differences(f, w, h=1e-5):
    w = np.asarray(w, dtype=float)
    steps = h * np.eye(len(w))
    return np.array([f(w + step) - f(w - step) for step in steps]) / (2 * h)
""",
    "loss-gradient-w2": """\
def loss_gradient_w2(x, w1, w2, target):
    hidden, output = network(x, w1, w2)
    upstream = (output - target) * slope_of(output)
    return hidden * upstream
""",
    "loss-gradient-w1": """\
def loss_gradient_w1(x, w1, w2, target):
    return finite_differences(lambda w: loss(x, w[0], w2, target), [w1])[0]
""",
    "one-step": """\
def one_step(gradient, w, rate):
    w = np.asarray(w, dtype=float)
    return w - rate * np.asarray(gradient(w))
""",
    "branches-add": RIGHT["branches-add"],
}


def _with_a_cell_of_its_own(notebook: NotebookNode) -> bytes:
    first_answer = next(i for i, cell in enumerate(notebook.cells) if cell.id == "multiply-gate-solution")
    notebook.cells.insert(first_answer, new_code_cell(HELPER))
    return _unchanged(notebook)


# ---- wrong answers ----

SIGMOID_OF_AN_OUTPUT = """\
def sigmoid_derivative(z):
    return z * (1 - z)
"""

SWAPPED_GATE = """\
class MultiplyGate:
    def forward(self, x, y):
        self.x = x
        self.y = y
        return x * y

    def backward(self, dz):
        return self.x * dz, self.y * dz
"""

SWAPPED_F = """\
def gradient_of_f(x, y, z):
    return [x, y, 1]
"""

ONE_PATH = """\
def gradient_of_g(w1, w2):
    return [3 * w1**2 * w2, w1**3]
"""

CONSTANT = """\
def gradient_of_g(w1, w2):
    return [39.0, 8.0]
"""

STEP_COUNTED_ONCE = """\
def finite_differences(f, w, h=1e-5):
    result = []
    for i in range(len(w)):
        right = w.copy()
        left = w.copy()
        right[i] = right[i] + h
        left[i] = left[i] - h
        result.append((f(right) - f(left)) / h)
    return result
"""

# ---- broken and hostile answers ----

RAISES_WHEN_CALLED = """\
def finite_differences(f, w, h=1e-5):
    return [(f(w + h) - f(w - h)) / (2 * h)]
"""

RAISES_BEFORE_IT_IS_DEFINED = """\
a1, a2 = network(my_x, my_w1, my_w2)


def loss_gradient_w1(x, w1, w2, target):
    return (a2 - target) * a2 * (1 - a2) * w2 * a1 * (1 - a1) * x
"""

ENDLESS = """\
def sigmoid_derivative(z):
    h = 1.0
    while h > 1e-6:  # until the step is small enough, but nobody makes it smaller
        slope = (sigmoid(z + h) - sigmoid(z - h)) / (2 * h)
    return slope
"""

EXITS = """\
import os


def gradient_of_f(x, y, z):
    os._exit(0)
"""

BLANKS_LATER_CELLS = """\
def sigmoid_derivative(z):
    return None


get_ipython().input_transformers_cleanup.append(lambda lines: ["pass"])
"""

EQUALS_EVERYTHING = '''\
class Anything:
    """Equal to whatever it is compared with, and as long and as large as you like."""

    def __call__(self, *args):
        return self

    def __getattr__(self, name):
        return self

    def __eq__(self, other):
        return True

    def __lt__(self, other):
        return True

    __gt__ = __le__ = __ge__ = __eq__

    def __bool__(self):
        return True

    def __float__(self):
        return 39.0

    def __len__(self):
        return 2

    def __iter__(self):
        return iter([self, self])

    def __getitem__(self, index):
        return self

    def __sub__(self, other):
        return 0.0

    __rsub__ = __sub__


'''
ANYTHING = {
    "multiply-gate": EQUALS_EVERYTHING + "MultiplyGate = Anything()",
    "sigmoid-derivative": "sigmoid_derivative = Anything()",
    "gradient-xy-plus-z": "gradient_of_f = Anything()",
    "gradient-of-g": "gradient_of_g = Anything()",
    "finite-differences": "finite_differences = Anything()",
    "loss-gradient-w2": "loss_gradient_w2 = Anything()",
    "loss-gradient-w1": "loss_gradient_w1 = Anything()",
    "one-step": "one_step = Anything()",
}


def _without_the_test_of_g(notebook: NotebookNode) -> bytes:
    notebook.cells = [cell for cell in notebook.cells if cell.id != "gradient-of-g"]
    return _unchanged(notebook)


def _cut_off(notebook: NotebookNode) -> bytes:
    return _unchanged(notebook)[:5000]


CLASS = (
    Sample("right", "all right, in the plainest way", RIGHT, 22.0),
    Sample(
        "right_in_numpy",
        "all right, with arrays and a cell of its own",
        RIGHT_OTHER_STYLE,
        22.0,
        finish=_with_a_cell_of_its_own,
    ),
    Sample(
        "sigmoid_of_output",
        "takes the sigmoid's derivative for z(1 - z)",
        {**RIGHT, "sigmoid-derivative": SIGMOID_OF_AN_OUTPUT},
        20.0,
        lost=("sigmoid-derivative",),
    ),
    Sample(
        "swapped",
        "hands each factor its own value as gradient",
        {**RIGHT, "multiply-gate": SWAPPED_GATE, "gradient-xy-plus-z": SWAPPED_F},
        17.0,
        lost=("multiply-gate", "gradient-xy-plus-z"),
    ),
    Sample(
        "one_path",
        "forgets the second path: 36 for 39",
        {**RIGHT, "gradient-of-g": ONE_PATH},
        19.0,
        lost=("gradient-of-g",),
    ),
    Sample(
        "constants",
        "returns the numbers of the visible test",
        {**RIGHT, "gradient-of-g": CONSTANT},
        19.0,
        lost=("gradient-of-g",),
    ),
    Sample(
        "half_a_step",
        "steps both ways but divides by one step",
        {**RIGHT, "finite-differences": STEP_COUNTED_ONCE},
        18.0,
        lost=("finite-differences",),
    ),
    Sample(
        "raises",
        "one answer raises when called, another before it is defined",
        {**RIGHT, "finite-differences": RAISES_WHEN_CALLED, "loss-gradient-w1": RAISES_BEFORE_IT_IS_DEFINED},
        15.0,
        lost=("finite-differences", "loss-gradient-w1"),
    ),
    Sample("empty", "hands in the release, untouched", {}, 0.0, lost=AUTOGRADED),
    Sample(
        "endless",
        "one answer never comes back",
        {**RIGHT, "sigmoid-derivative": ENDLESS},
        20.0,
        lost=("sigmoid-derivative",),
    ),
    Sample(
        "exits",
        "one answer ends the process",
        {**RIGHT, "gradient-xy-plus-z": EXITS},
        20.0,
        lost=("gradient-xy-plus-z",),
    ),
    Sample(
        "blanks_later_cells",
        "one right answer, then an input transformer that empties all later cells",
        {"multiply-gate": RIGHT["multiply-gate"], "sigmoid-derivative": BLANKS_LATER_CELLS},
        3.0,
        lost=tuple(slug for slug in AUTOGRADED if slug != "multiply-gate"),
    ),
    Sample(
        "equals_everything",
        "answers with an object that equals everything",
        ANYTHING,
        0.0,
        lost=AUTOGRADED,
    ),
    Sample(
        "deleted_test",
        "a wrong answer, and the test that would tell deleted",
        {**RIGHT, "gradient-of-g": ONE_PATH},
        19.0,
        lost=("gradient-of-g",),
        finish=_without_the_test_of_g,
    ),
    Sample(
        "not_json",
        "a right answer whose upload was cut off",
        RIGHT,
        0.0,
        lost=AUTOGRADED,
        status="report",
        finish=_cut_off,
    ),
)
