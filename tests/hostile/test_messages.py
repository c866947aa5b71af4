"""Values that no encoder sends: each is refused at once, before it costs the judge time or memory."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.wire import Bad, Caps, Decoder, Encoder

STATE = {
    "MT19937": np.random.MT19937(0).state,
    "Philox": np.random.Philox(0).state,
}


def encoded(value: Any) -> tuple[Any, bytes]:
    encoder = Encoder(lambda value, encoder: pytest.fail(f"{value} goes by value"))
    return encoder.value(value), b"".join(encoder.blob)


def decode(node: Any, blob: bytes = b"") -> Any:
    return Decoder(memoryview(blob), caps=Caps()).value(node)


@pytest.mark.parametrize(
    "node",
    [
        ["B", 1 << 33],
        ["B", "text", "utf-8"],
        ["py.Fraction", "1e999999999"],
        ["py.Fraction", 1.5, 2],
        ["py.Decimal", "1e999999"],
        ["r", 0, 1 << 60, 1],
        ["pd.RangeIndex", 0, 1 << 60, 1, None],
        ["np.array", ["np.dtype", "|S0"], ["t", 1 << 34], ["m", 0]],
        ["np.array", ["np.dtype", "|V0"], ["t", 1 << 34], ["m", 0]],
        ["np.array", ["np.dtype", "|O"], ["t", 1 << 30], ["l"]],
        ["np.scalar", ["np.dtype", "|S2000000000"], ["b", 0]],
        ["T", "py", "os", "system"],
        ["py.zone", "../../etc/passwd"],
        ["py.namedtuple", "x", ["t", '__import__("os")'], 1],
        ["pickle", "cos\nsystem\n"],
        [],
        [[]],
        {"a": 1},
    ],
    ids=str,
)
def test_a_message_made_by_hand_is_refused(node: Any) -> None:
    with pytest.raises(Bad):
        decode(node)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("MT19937", lambda state: state["state"].update(pos=10**6)),
        ("MT19937", lambda state: state["state"].update(pos=-1)),
        ("Philox", lambda state: state.update(buffer_pos=10**6)),
        ("Philox", lambda state: state.update(state=None)),
    ],
)
def test_a_generator_that_stands_outside_its_words_is_refused(name: str, change: Any) -> None:
    """NumPy takes such a place, and the next draw would read the judge's own memory."""
    state = {key: dict(value) if isinstance(value, dict) else value for key, value in STATE[name].items()}
    node, blob = encoded((name, state))
    assert np.random.Generator is type(decode(["np.Generator", *node[1:]], blob))
    change(state)
    node, blob = encoded((name, state))
    with pytest.raises(Bad):
        decode(["np.Generator", *node[1:]], blob)
