"""One end of the line between judge and runner: nested requests, handles, changed arguments.

Each side keeps the objects that it has lent out under numbers. A handle says *which* object of *whose* is
meant; what may be done with it is decided by its owner. One frame goes at a time: a side that waits for an
answer serves the requests that come meanwhile, so that a function of the test, passed to a student's
function, can itself call the student back.

A request is ``[operation, token, …, arguments]``. Its answer is ``["return" | "raise", token, changes, …,
value]``, where ``changes`` are the arguments that the call changed in place.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from autograder.generators import advance_generator
from autograder.wire import ALL, Bad, Caps, Decoder, Encoder, Node, TooBig, pack

__all__ = ["ASIDE", "FROM_JUDGE", "MAX_NESTING", "Changes", "Lent", "Peer", "overwrite"]

# The student's process need not be careful with what the judge sends.
FROM_JUDGE = Caps(text=64 << 20, blob=512 << 20, items=10_000_000, depth=120)
# Questions about an object that come up while an answer is being read; they touch nothing.
ASIDE = frozenset(["describe", "plain"])
MAX_NESTING = 30  # requests within requests, before it is called endless recursion


class Lent:
    """Objects that the other side knows by number.

    >>> lent = Lent()
    >>> number = lent.number(print)
    >>> lent[number] is print
    True
    """

    def __init__(self) -> None:
        self._objects: dict[int, Any] = {}
        self._numbers: dict[int, int] = {}
        self._last = 0

    def __len__(self) -> int:
        return len(self._objects)

    def number(self, value: object) -> int:
        """The number of an object, a new one if it was not lent yet."""
        number = self._numbers.get(id(value))
        if number is None:
            self._last = number = self._last + 1
            self._numbers[id(value)] = number
            self._objects[number] = value
        return number

    def __getitem__(self, number: Node) -> Any:
        if type(number) is not int or number not in self._objects:
            raise Bad("a handle means nothing here")
        return self._objects[number]

    def take_back(self, numbers: Iterable[int]) -> None:
        """Forget objects that the other side does not hold any more."""
        for number in numbers:
            if number in self._objects:
                del self._numbers[id(self._objects.pop(number))]


class Changes:
    """What a call changes in its mutable arguments, told by comparing them before and after.

    ``x = [1]; f(x, x)`` with ``f`` appending 2 sends back one change, ``[0, ["l", 1, 2]]``: argument
    container 0 is now ``[1, 2]``.
    """

    def __init__(self, peer: Peer, containers: list[Any]) -> None:
        self._peer = peer
        self._containers = containers
        self._before = [self._state(value) for value in containers]

    def _state(self, value: Any) -> bytes | None:
        encoder = self._peer.encoder(self._containers)
        try:
            # As bytes: the nodes of 1, 1.0 and True are equal.
            return pack([encoder.contents(value)], encoder.blob)
        except TooBig:
            return None

    def nodes(self, encoder: Encoder) -> list[Node]:
        """Number and contents of each container that is not as it was."""
        changed = []
        for number, (value, before) in enumerate(zip(self._containers, self._before, strict=True)):
            if self._state(value) != before:
                changed.append([number, encoder.contents(value)])
        return changed


def overwrite(old: Any, new: Any) -> None:
    """Make a container look like another one of its type, in place.

    Raises
    ------
    Bad
        They are not of one type, or this type cannot be changed in place.
    """
    if type(old) is not type(new):
        raise Bad("an argument changed its type")
    if isinstance(old, (list, bytearray)):
        old[:] = new
    elif isinstance(old, dict):
        old.clear()
        old.update(new)
    elif isinstance(old, set):
        old.clear()
        old |= new
    elif hasattr(old, "extendleft"):  # a deque
        old.clear()
        old.extend(new)
    elif "numpy" in sys.modules and isinstance(old, sys.modules["numpy"].ndarray):
        if old.shape != new.shape or old.dtype != new.dtype:
            raise Bad("an array changed its shape")
        old[...] = new
    elif type(old).__module__.startswith("numpy.random"):
        advance_generator(old, new)
    elif "pandas" in sys.modules and isinstance(old, sys.modules["pandas"].core.generic.NDFrame):
        old.__init__(new)  # the public way to give a frame other contents
    elif hasattr(old, "__dict__"):
        vars(old).clear()
        vars(old).update(vars(new))


class Peer:
    """What both ends need: lent objects, encoders with handles, a count of nested requests."""

    def __init__(self, caps: Caps) -> None:
        self.caps = caps  # of what comes in
        self.caps_out = caps
        self.lent = Lent()
        self.libraries = set(ALL)
        self._nesting = 0

    def encode_other(self, value: Any, encoder: Encoder) -> Node:
        """The node of a value that does not go by value."""
        raise NotImplementedError

    def encoder(self, known: Iterable[Any] = ()) -> Encoder:
        """An encoder for one message; ``known`` are the containers of the request which it answers."""
        numbers = {id(value): number for number, value in enumerate(known)}
        return Encoder(self.encode_other, self.caps_out, numbers, self.libraries)

    def arguments(self, decoder: Decoder, args: Node, kwargs: Node) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """Positional and named arguments of a request. The named ones come as pairs: a dict has a number."""
        positional, named = decoder.value(args), decoder.value(kwargs)
        if type(positional) is not tuple or type(named) is not tuple:
            raise Bad("a request has no arguments")
        try:
            return positional, dict(named)
        except (TypeError, ValueError):
            raise Bad("a request's named arguments are not pairs") from None

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Count a request within requests."""
        if self._nesting >= MAX_NESTING:
            raise RecursionError("functions call each other too deeply")
        self._nesting += 1
        try:
            yield
        finally:
            self._nesting -= 1
