"""``step_through``: backprop one edge at a time, with the arrow keys."""

from __future__ import annotations

import math
import warnings
from typing import Any

import anywidget
import traitlets

from coursekit.drawing.picture import MAX_BOXES
from coursekit.errors import GateError
from coursekit.graph import ComputationalGraph
from coursekit.values import is_array
from coursekit.variable import Variable
from coursekit.widgets import page
from coursekit.widgets.base import joined
from coursekit.widgets.story import local_formulas, story_of

__all__ = ["StepThrough", "step_through"]


def step_through(graph: ComputationalGraph, **values: Any) -> StepThrough:
    """Step through the forward and the backward pass of a graph.

    Parameters
    ----------
    graph
        A graph with one output, a single number, of at most 40 nodes. The widget runs a copy: the graph
        keeps the values and gradients of its own last run.
    **values
        Inputs, by name. Those left out keep the value of the graph's last run.

    Returns
    -------
    StepThrough
        The widget; a notebook shows it. ``widget.step``, ``widget.values`` and ``widget.gradients`` can be
        read, and the first two set.

    Raises
    ------
    TypeError
        If it is no graph, or an input is unknown or no number.
    GateError
        If an input has no value, the graph has several outputs, or its output is an array.
    ValueError
        If the graph has more than 40 nodes.

    >>> from coursekit import ComputationalGraph, variables
    >>> w1, w2 = variables("w1 w2")
    >>> widget = step_through(ComputationalGraph(w1**3 * w2 + 3 * w1), w1=2.0, w2=3.0)
    >>> len(widget.story["steps"]), widget.gradients
    (11, {'w1': 39.0, 'w2': 8.0})
    """
    return StepThrough(graph, **values)


class StepThrough(anywidget.AnyWidget):
    """The widget that :func:`step_through` returns.

    Attributes
    ----------
    step : int
        How many steps have been taken: 0 before the first.
    values : dict of str to float
        The inputs that are single numbers. Setting it runs the graph again and keeps the step; inputs left
        out stay as they are.
    direction : {"both", "forward", "backward"}
        Which of the two passes is shown.
    speed : float
        Steps a second while playing: 0.5, 1 or 2.
    predict_first : bool
        Whether each number is asked for before it is shown.
    story : dict
        The picture and its steps as plain JSON, which the module in the browser replays.
    """

    _esm = joined("shared.js", "step_through.js")
    _css = joined("shared.css", "step_through.css")

    story = traitlets.Dict().tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)
    values = traitlets.Dict().tag(sync=True)
    first_values = traitlets.Dict().tag(sync=True)
    direction = traitlets.Enum(("both", "forward", "backward"), "both").tag(sync=True)
    speed = traitlets.Enum((0.5, 1.0, 2.0), 1.0).tag(sync=True)
    predict_first = traitlets.Bool(False).tag(sync=True)

    def __init__(self, graph: ComputationalGraph, /, **values: Any) -> None:
        self.graph = _own_copy(graph)
        self.gradients: dict[str, Any] = {}
        _fill_in(self.graph, values)
        self._locals = local_formulas(self.graph)
        story = story_of(self.graph, self._locals)
        self._keep_gradients()
        numbers = self._numbers()
        super().__init__(story=story, values=numbers, first_values=numbers)
        self.on_msg(self._answer)

    @traitlets.validate("step")
    def _step_within(self, proposal: Any) -> int:
        last = len(self.story.get("steps", ()))
        return max(0, min(int(proposal["value"]), last))

    @traitlets.validate("values")
    def _run_again(self, proposal: Any) -> dict[str, float]:
        """Run the graph on new numbers; an unusable one raises, and everything stays as it was."""
        if not self.story or proposal["value"] == self._numbers():
            return dict(proposal["value"])
        before = self._floats()
        rest = {name: leaf.value for name, leaf in _leaves(self.graph).items()}  # arrays among them
        asked = {**rest, **_checked(proposal["value"], before)}
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", RuntimeWarning)  # the picture says what is not a number
                self.graph.forward(**asked)
                story = story_of(self.graph, self._locals)
        except (GateError, ArithmeticError, TypeError) as error:
            self.graph.forward(**rest)
            self.graph.backward()
            raise traitlets.TraitError(f"the graph cannot run on these values: {error}") from error
        self._keep_gradients()
        self.story = story
        return self._numbers()

    def _keep_gradients(self) -> None:
        self.gradients = {
            name: leaf.value * 0.0 if leaf.grad is None else self.graph.grad(leaf)
            for name, leaf in _leaves(self.graph).items()
        }

    def _floats(self) -> dict[str, float]:
        """Return the inputs that can be edited, NaN and infinity among them."""
        leaves = _leaves(self.graph).items()
        return {name: leaf.value for name, leaf in leaves if isinstance(leaf.value, float)}

    def _numbers(self) -> dict[str, float]:
        return {name: value for name, value in self._floats().items() if math.isfinite(value)}

    def _answer(self, widget: Any, content: Any, buffers: Any) -> None:
        """Answer the module: it asks whether Python is there, and for runs on other numbers."""
        if not isinstance(content, dict):
            return
        reply = {"ticket": content.get("ticket"), "problem": ""}
        if content.get("kind") == "values":
            try:
                values: Any = content.get("values")
                self.values = values
            except traitlets.TraitError as error:
                reply["problem"] = str(error)
        self.send(reply)

    def to_html(self) -> str:
        """Return the widget as a page of its own, which works without Jupyter, kernel or network."""
        return page.to_html(self, str(self.story["title"]))

    def __repr__(self) -> str:
        steps = len(self.story.get("steps", ()))
        return f"StepThrough({self.story.get('title', '')!r}, step {self.step} of {steps})"


def _own_copy(graph: Any) -> ComputationalGraph:
    if not (hasattr(graph, "nodes") and hasattr(graph, "outputs")):
        raise TypeError(
            f"step_through() takes a graph, not {type(graph).__name__} {graph!r:.60}; of variables make one "
            "first: ck.ComputationalGraph(w1**3 * w2 + 3 * w1)"
        )
    if len(graph.outputs) != 1:
        raise GateError(
            f"step_through() follows one output back; this graph has {len(graph.outputs)}. Make a graph of "
            "one of them, or of their sum"
        )
    if len(graph.nodes) > MAX_BOXES:
        part = _largest_part(graph)
        raise ValueError(
            f"this graph has {len(graph.nodes):,} nodes; step by step, nobody follows more than {MAX_BOXES}. "
            "graph.draw() shows all of it, folded. To step, make a graph of a part, such as "
            f"ck.step_through(ck.ComputationalGraph(graph.nodes[{part}]), ...); or use arrays: x @ w is one "
            "node, however many numbers it holds"
        )
    return ComputationalGraph(*graph.outputs, inputs=graph.inputs)


def _largest_part(graph: ComputationalGraph) -> int:
    """Return the number of the node whose own graph is the largest that can still be followed."""
    behind: dict[int, set[int] | None] = {}  # node -> what it is computed from, itself included
    sizes = [0] * len(graph.nodes)
    for number, node in enumerate(graph.nodes):
        parts = [behind[id(x)] for x in node.inputs]
        whole = None if None in parts else {number}.union(*(part for part in parts if part is not None))
        behind[id(node)] = whole = whole if whole is not None and len(whole) <= MAX_BOXES else None
        if whole is not None and not is_array(node.value):
            sizes[number] = len(whole)
    return max(range(len(sizes)), key=lambda number: (sizes[number], number))


def _fill_in(graph: ComputationalGraph, values: dict[str, Any]) -> None:
    """Run the graph forward on the values given, and for the rest on those it has."""
    leaves = _leaves(graph)
    missing = [name for name in graph.inputs if name not in values and leaves[name].value is None]
    if missing:
        wanted = [name for name in graph.inputs if name in values or name in missing]
        example = ", ".join(f"{name}=2.0" if name in missing else f"{name}=..." for name in wanted)
        raise GateError(
            f"no value for {', '.join(missing)}: call step_through(graph, {example}), "
            "or graph.forward(...) first"
        )
    graph.forward(**values)


def _checked(values: Any, known: dict[str, float]) -> dict[str, float]:
    """Return the numbers that somebody wants to see, if they are some."""
    if not isinstance(values, dict):
        raise traitlets.TraitError(f"values should be a dictionary, such as {known}; not {values!r:.60}")
    for name, value in values.items():
        if name not in known:
            raise traitlets.TraitError(f"no input {name!r} that is a number; there are {', '.join(known)}")
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise traitlets.TraitError(f"{name} should be a finite number, not {value!r:.60}")
    return {name: float(value) for name, value in values.items()}


def _leaves(graph: ComputationalGraph) -> dict[str, Variable]:
    """Return the inputs by name, in the graph's order."""
    leaves = {node.name: node for node in graph.nodes if node.gate is None and not node.constant}
    return {name: leaves[name] for name in graph.inputs}
