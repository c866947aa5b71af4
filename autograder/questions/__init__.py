"""How to write a question.

A bank is a Python file called like its assignment, ``hw1_gates.py``, in the folder that the course names
(``c.Coursekit.questions`` in ``nbgrader_config.py``). In the notebook the question's test cell is one line,
``ck.check("gradient-of-g")``, its grade_id is the slug, and its points are the question's. Here is a
question, whole::

    from autograder.questions import Draw, Question, case

    question = Question(
        "gradient-of-g",
        "The gradient of g = w1³·w2 + 3·w1",
        points=3,
        asks="gradient = gradient_of_g(w1, w2)",
        public=[case(w1=2.0, w2=3.0).gives(gradient=[39.0, 8.0])],
        labels={"gradient": ["∂g/∂w1", "∂g/∂w2"]},
        message="Follow every path from an input to g.",
    )

    @question.reference
    def gradient_of_g(w1, w2):
        return [3 * w1**2 * w2 + 3, w1**3]

    @question.hidden("other points", count=4)
    def _(draw: Draw):
        \"\"\"The gradient is right at the point shown, but not elsewhere: is it a formula?\"\"\"
        return {"w1": draw.number(), "w2": draw.number()}

    @question.misconception
    def one_path(w1, w2):
        \"\"\"w1 reaches g on two paths: the cube, and 3·w1. What happens to gradients where paths meet?\"\"\"
        return [3 * w1**2 * w2, w1**3]

    @question.alternative
    def with_numpy(w1, w2):
        return np.array([3 * w1 * w1 * w2 + 3, w1**3])

**What it asks** is Python as a student would type it, on the case's inputs and the student's names. Each name
that a line binds is compared with what the reference gives (names that begin with ``_`` are not), and so is
the value of a line that only calls. What is not plain data is a step on the way: ``gate = MultiplyGate()``,
``z = gate.forward(x, y)``, ``dx, dy = gate.backward(dz)`` compares z, dx and dy. ``np`` and ``math`` need no
import; what else of the notebook it uses is ``given=[sigmoid, network]``.

**Inputs** are plain: numbers, texts, lists, tuples, dictionaries, arrays. A function is written as text,
``f=Code("lambda w: w[0]**3 * w[1]")``, with the drawn numbers written into it.

**Properties** are asked like cases, in `Question.hidden` or `Question.group`:
``asks="agrees_with_own_forward(MultiplyGate(), x, y)"`` holds backward against finite differences of the
student's own forward, ``asks="require(is_close(f(x) + f(-x), 1.0), 'f(z) + f(−z) is 1 for every z')"`` states
one of your own. "For every shape" is a generator that draws the shape:
``draw.array(draw.size(), draw.size())``. That arguments are left as they were is always checked, unless
``keeps_inputs=False``.

**Points** are all or none, unless each group of cases has a ``share``: ``Question(…, share=0.5)`` for the
public cases and ``@question.hidden(…, share=0.5)``.

**No luck.** A generator that may draw the shape, the sign or the target of a case that is shown lets a wrong
answer pass now and then, for one seed in ten, say. Leave that out of what is drawn
(``draw.choice([2, 4, 5])`` where three is shown), and put what an answer meets at its edges (equal values, 0,
one sample, as many rows as columns, numbers beyond a float) into a `Question.group` of fixed cases.
``question.slips(seed)`` tells of any seed whether all is as it should be.

**A misconception** is a wrong answer that people do give. Its hint points to the idea and never holds the
answer. `coursekit verify` proves that it fails and is told from the others by its values; that each
alternative passes; that mutants of the reference fail. A mutant that is right after all is named in
``equivalent=[…]``, as verify prints it.

**Several names** are several references; a misconception then says which it replaces:
``@question.misconception(of="backward")``. Variables: ``question.reference(total=39.0)`` and
``question.misconception(name="one-path", hint="…", total=36.0)``.
"""

from autograder.question import Case, Code, Draw, Question, Slip, case

__all__ = ["Case", "Code", "Draw", "Question", "Slip", "case"]
