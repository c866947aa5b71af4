"""Random generators on both sides of the line: one stream, whoever draws from it.

A test seeds ``np.random`` and calls a student's function that draws: the function must see the seeded
stream, and the test's next draw must come after it. So the judge hands the state over when it is not what
the child has, and the child says *how many words it drew*. It never says what the state is now: a student
could send one from which only zeros are drawn, and the test's inputs would be what he likes.
"""

from __future__ import annotations

import random
import sys
from typing import Any

__all__ = ["MOST_WORDS", "advance", "advance_generator", "drawn", "drawn_by", "restore", "states"]

MOST_WORDS = 2_000_000
_WORDS = 624  # of the Mersenne Twister's state; both `random` and `np.random` are Mersenne Twisters

State = dict[str, tuple[tuple[int, ...], int]]  # generator's name -> its words, the place in them


def states() -> State:
    """The states of the global generators."""
    _, words, _ = random.getstate()
    found: State = {"random": (words[:-1], words[-1])}
    if "numpy" in sys.modules:
        state = sys.modules["numpy"].random.get_state(legacy=False)["state"]
        found["numpy"] = (tuple(state["key"].tolist()), int(state["pos"]))
    return found


def restore(state: State) -> None:
    """Make the global generators go on from a state."""
    for name, (words, place) in state.items():
        if name == "random":
            random.setstate((3, (*words, place), None))
        elif "numpy" in sys.modules:
            numpy = sys.modules["numpy"]
            numpy.random.set_state(("MT19937", numpy.array(words, numpy.uint32), place))


def drawn(before: State, after: State) -> dict[str, int | None]:
    """Words that each generator gave between two states, None if it was seeded anew or gave too many."""
    return {name: _distance(before[name], after[name]) for name in before if name in after}


def _distance(before: tuple[tuple[int, ...], int], after: tuple[tuple[int, ...], int]) -> int | None:
    """Words from one state of a Mersenne Twister to another.

    >>> before, _ = states(), random.getrandbits(32 * 1000)
    >>> _distance(before["random"], states()["random"])
    1000
    """
    (words, place), (target, end) = before, after
    if words == target:
        return end - place if end >= place else None
    scratch = random.Random()
    scratch.setstate((3, (*words, _WORDS), None))
    for block in range(MOST_WORDS // _WORDS):
        scratch.getrandbits(
            32 * (_WORDS if block else 1)
        )  # the first word of the next block: words are made anew
        if scratch.getstate()[1][:-1] == target:
            return _WORDS - place + _WORDS * block + end
    return None


def advance(words: dict[str, Any]) -> None:
    """Have the global generators of this process give as many words, unseen."""
    for name, count in words.items():
        if type(count) is not int or not 0 < count <= MOST_WORDS:
            continue
        if name == "random":
            random.getrandbits(32 * count)
        elif name == "numpy" and "numpy" in sys.modules:
            sys.modules["numpy"].random.get_bit_generator().random_raw(count, output=False)


# ------------------------------------------------------------------------------------------ passed generators

_MULTIPLIER = 47026247687942121848144207491837523525  # of PCG64: state → state * multiplier + inc
_MASK = (1 << 128) - 1


def drawn_by(before: Any, after: Any) -> int | None:
    """Steps that a generator object made between two states, None if that cannot be told."""
    if before["bit_generator"] != after["bit_generator"]:
        return None
    old, new = before["state"], after["state"]
    if before["bit_generator"] == "MT19937":
        return _distance(
            (tuple(old["key"].tolist()), int(old["pos"])), (tuple(new["key"].tolist()), int(new["pos"]))
        )
    if before["bit_generator"] == "PCG64" and old["inc"] == new["inc"] and 0 <= new["state"] <= _MASK:
        steps = _pcg_distance(old["state"], new["state"], old["inc"])
        return steps if steps <= MOST_WORDS else None
    return None


def _pcg_distance(state: int, target: int, increment: int) -> int:
    """Steps from one state of a linear congruential generator to another (O'Neill, PCG, 2014, 4.3.1)."""
    multiplier, bit, distance = _MULTIPLIER, 1, 0
    while state != target:
        if (state ^ target) & bit:
            state = (state * multiplier + increment) & _MASK
            distance |= bit
        increment = (multiplier + 1) * increment & _MASK
        multiplier = multiplier * multiplier & _MASK
        bit <<= 1
    return distance


def advance_generator(generator: Any, to: Any) -> None:
    """Have a generator object go on to the state of another one, if that can be reached by drawing."""
    steps = drawn_by(_state(generator), _state(to))
    if steps:
        bits = getattr(generator, "bit_generator", None) or generator._bit_generator
        bits.random_raw(steps, output=False)


def _state(generator: Any) -> Any:
    bits = getattr(generator, "bit_generator", None)
    return generator.get_state(legacy=False) if bits is None else bits.state
