"""A picture in words: for screen readers, for the table below it, and where no picture can be shown."""

from __future__ import annotations

from collections.abc import Sequence

from coursekit.drawing.numbers import ArraySummary, describe_array, exact
from coursekit.drawing.picture import MAX_BOXES, Box, Picture, Value

COLUMNS = ("node", "operation", "inputs", "value", "gradient")
LONGEST_FORMULA = 60  # characters

# How tightly an operator binds, and how it is written between its inputs.
_INFIX = {"+": (1, " + "), "−": (1, " − "), "×": (2, "·"), "÷": (2, " / "), "@": (2, " @ "), "uᵛ": (3, "^")}
_BLANK = "( )"  # the place of the input in a symbol such as ( )³
_ATOM = 4


def title_of(picture: Picture) -> str:
    """Say what the picture shows: the title it was given, else the formulas of its results.

    >>> x, y = Box("input", "x", "x"), Box("input", "y", "y")
    >>> title_of(Picture((x, y, Box("gate", "×", "f", inputs=(0, 1), output=True))))
    'Computational graph of f = x·y'
    """
    if picture.title:
        return picture.title
    formulas = formulas_of(picture)
    results = [(box, formula) for box, formula in zip(picture.boxes, formulas, strict=True) if box.output]
    parts = [
        f"{box.name} = {formula}" if box.name not in ("", formula) else formula for box, formula in results
    ]
    title = "Computational graph of " + ", ".join(filter(None, parts))
    if all(formula for _, formula in results) and parts and len(title) <= 2 * LONGEST_FORMULA:
        return title
    return f"Computational graph: {_counts(picture)}"


def description_of(picture: Picture) -> str:
    """Tell the whole picture, node by node, with every digit; of a large one the inputs and results alone."""
    sentences = [f"{_counts(picture)}."]
    if not picture.has_values:
        sentences.append("It has not run yet: there are no numbers.")
    if any(box.folded for box in picture.boxes):
        sentences.append("Folded boxes stand for several nodes; a notebook opens them below the picture.")
    users = picture.users
    for number, box in enumerate(picture.boxes):
        if len(picture.boxes) <= MAX_BOXES or box.output or box.kind == "input":
            sentences.append(_sentence(picture, number, users[number]))
    return " ".join(sentences)


def rows_of(picture: Picture) -> list[tuple[str, str, str, str, str]]:
    """Return the picture as a table of :data:`COLUMNS`.

    >>> x = Box("input", "x", "x", value=3.0, gradient=6.0)
    >>> rows_of(Picture((x, Box("gate", "×", "f", "multiply", (0, 0), value=9.0, gradient=1.0))))
    [('x', 'input', '', '3', '6'), ('f', '× (multiply)', 'x, x', '9', '1')]
    """
    rows = []
    for box in picture.boxes:
        feeds = ", ".join(name_of(picture.boxes[feed]) for feed in box.inputs)
        gradient = "none: a constant" if box.kind == "constant" else in_words(box.gradient)
        rows.append((name_of(box), operation_of(box), feeds, in_words(box.value), gradient))
    return rows


def name_of(box: Box) -> str:
    """What the box is called: its name, else what stands in it."""
    return box.name or box.label


def operation_of(box: Box) -> str:
    """What the box does: the symbol and the gate in words; of a fold what it holds.

    >>> operation_of(Box("gate", "×", operation="multiply")), operation_of(Box("gate", "exp"))
    ('× (multiply)', 'exp')
    """
    if box.folded:
        return f"folded: {box.operation}"
    if box.kind != "gate":
        return box.kind
    return f"{box.label} ({box.operation})" if box.operation not in ("", box.label) else box.label


def in_words(value: Value) -> str:
    """Write a number with every digit, an array by what it holds, and a dash where there is nothing."""
    if value is None:
        return "–"
    if isinstance(value, str):
        return value
    return describe_array(value) if isinstance(value, ArraySummary) else exact(value)


def formulas_of(picture: Picture) -> list[str]:
    """Write each box as a formula of the inputs; empty where it would be longer than 60 characters.

    >>> x, y = Box("input", "x"), Box("input", "y")
    >>> formulas_of(Picture((x, y, Box("gate", "+", inputs=(0, 1)), Box("gate", "( )²", inputs=(2,)))))
    ['x', 'y', 'x + y', '(x + y)²']
    """
    written: list[tuple[str, int]] = []  # formula, how tightly its outermost operator binds
    for box in picture.boxes:
        if box.folded:
            written.append(("", _ATOM))
            continue
        if box.kind in ("input", "constant"):
            written.append((box.label, 1 if box.label.startswith("−") else _ATOM))
            continue
        inputs = [written[feed] for feed in box.inputs]
        formula, binding = "", _ATOM
        if inputs and all(text for text, _ in inputs):
            formula, binding = _apply(box.label, inputs)
        written.append((formula if len(formula) <= LONGEST_FORMULA else "", binding))
    return [formula for formula, _ in written]


def _apply(label: str, inputs: Sequence[tuple[str, int]]) -> tuple[str, int]:
    """Write a gate with its inputs in place."""
    if label in _INFIX and len(inputs) == 2:
        binding, operator = _INFIX[label]
        (left, right) = inputs
        tighter = binding if label in ("+", "×") else binding + 1  # a − (b − c)
        return _embrace(left, binding) + operator + _embrace(right, tighter), binding
    if _BLANK in label and len(inputs) == 1:
        binding = 3 if label.startswith(_BLANK) else 1
        return label.replace(_BLANK, _embrace(inputs[0], _ATOM)), binding
    if label.startswith("[") and len(inputs) == 1:
        return _embrace(inputs[0], _ATOM) + label, _ATOM
    return f"{label}({', '.join(text for text, _ in inputs)})", _ATOM


def _embrace(formula: tuple[str, int], binding: int) -> str:
    text, own = formula
    return text if own >= binding else f"({text})"


def _counts(picture: Picture) -> str:
    """Count the kinds of node: ``2 inputs, 1 constant, 4 gates``."""
    counts = {"input": 0, "constant": 0, "gate": 0}
    for box in picture.boxes:
        counts[box.kind] += box.holds
    return ", ".join(f"{count:,} {kind}{'s' * (count != 1)}" for kind, count in counts.items() if count)


def _sentence(picture: Picture, number: int, users: Sequence[tuple[int, int]]) -> str:
    """Tell one node: ``w1: input, value 2, gradient 39 = 36 through a + 3 through b.``"""
    box = picture.boxes[number]
    parts = [operation_of(box)]
    if box.inputs:
        parts[0] += " of " + ", ".join(name_of(picture.boxes[feed]) for feed in box.inputs)
    if box.output:
        parts[0] = f"result, {parts[0]}"
    if box.value is not None:
        parts.append(f"value {in_words(box.value)}")
    if picture.has_gradients and box.kind != "constant" and not box.folded:
        gradient = f"gradient {in_words(box.gradient)}" if box.gradient is not None else "no gradient"
        parts.append(gradient + _origins(picture, users))
    return f"{name_of(box)}: {', '.join(parts)}."


def _origins(picture: Picture, users: Sequence[tuple[int, int]]) -> str:
    """Say which branches a gradient is the sum of."""
    origins = []
    for user, position in users:
        shares = picture.boxes[user].shares
        share = shares[position] if shares else None
        if share is not None:
            origins.append(f"{in_words(share.contribution)} through {name_of(picture.boxes[user])}")
    return " = " + " + ".join(origins) if len(origins) > 1 else ""
