"""Frames of plain values: what the judge and the boxed runner say to each other.

A message is one JSON array beside one block of raw bytes (arrays, long strings). Nothing is ever pickled or
evaluated, and only values whose *exact* type is known travel by value: a subclass of ``float`` that equals
everything is not a float here. What is not plain goes through the two ``other`` hooks, where
`autograder.remote` makes it a handle.

A node is how JSON says a value: an atom (None, bool, int, float, str) for itself, everything else ``[tag,
part, …]``::

    [1, (2.5, "a")]   ->   ["l", 1, ["t", 2.5, "a"]]

Containers are numbered in the order in which they begin, on both sides alike, so that an object met twice is
sent once and stays one object: ``x = [0]; [x, x]  ->  ["l", ["l", 0], ["@", 1]]``.
"""

from __future__ import annotations

import builtins
import json
import struct
from array import array
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, NoReturn

from autograder.wire_codec import BY_TAG, BY_TYPE, Bad, Codec, NotPlain, TooBig

__all__ = [
    "ALL",
    "HEADER",
    "LIBRARIES",
    "Bad",
    "Caps",
    "Decoder",
    "Encoder",
    "TooBig",
    "pack",
    "sizes",
    "unpack",
]

Node = Any  # an atom, or a list [tag, part, ...]
HEADER = struct.Struct(">II")  # bytes of JSON, bytes of the block behind it


@dataclass(frozen=True, slots=True)
class Caps:
    """Limits of one message. Both sides keep them: a value that is over them becomes a handle.

    Attributes
    ----------
    text, blob : int
        Bytes of JSON and of raw data.
    items : int
        Values in a message, an alias counted with all it stands for: without that, thirty nested pairs of
        aliases would be a gigabyte once somebody prints them.
    depth : int
        Levels of nesting.
    """

    text: int = 4 << 20
    blob: int = 16 << 20
    items: int = 150_000
    depth: int = 120


# Values that are taught to the wire when the first of them is met: the judge of a course without pandas never
# imports pandas.
LIBRARIES = {"numpy": "np", "pandas": "pd", "sympy": "sy", "networkx": "nx", "scipy": "sp"}  # others: "py"
ALL = ("py", "ma", *LIBRARIES.values())


def _load(library: str) -> Callable[[type], Codec | None]:
    """Register the codecs of a library; gives its function for types that nobody can list beforehand."""
    if library == "np":
        from autograder.wire_numpy import codec_of
    elif library == "pd":
        from autograder.wire_pandas import codec_of
    elif library == "sy":
        from autograder.wire_sympy import codec_of
    elif library == "nx":
        from autograder.wire_networkx import codec_of
    elif library == "sp":
        from autograder.wire_scipy import codec_of
    else:
        from autograder.wire_stdlib import codec_of
    return codec_of


# ------------------------------------------------------------------------------------------------ frames


def pack(nodes: Sequence[Node], blob: Sequence[bytes | memoryview] = ()) -> bytes:
    """One frame: header, the JSON of ``nodes``, the block.

    >>> unpack(pack(["call", 1]))[0]
    ['call', 1]
    """
    text = _to_json(nodes).encode("utf-8")
    raw = b"".join(blob)
    return HEADER.pack(len(text), len(raw)) + text + raw


def unpack(frame: bytes | bytearray, caps: Caps | None = None) -> tuple[list[Node], memoryview]:
    """The nodes and the block of one whole frame; the block shares the frame's memory if it can.

    Raises
    ------
    Bad
        The frame is malformed or over the caps.
    """
    caps = caps or Caps()
    if len(frame) < HEADER.size:
        raise Bad("a frame is shorter than its header")
    text_size, blob_size = sizes(frame[: HEADER.size], caps)
    start = HEADER.size + text_size
    if len(frame) != start + blob_size:
        raise Bad("a frame is not as long as its header says")
    text = bytes(frame[HEADER.size : start])
    # Counted before parsing: the parser would already build all those objects.
    if text.count(b",") + text.count(b"[") + text.count(b"{") > 3 * caps.items:
        raise Bad("a message has too many values")
    try:
        nodes = _from_json(text.decode("utf-8"))
    except (ValueError, RecursionError, MemoryError) as error:
        raise Bad(f"a message is not JSON: {type(error).__name__}") from None
    if type(nodes) is not list:
        raise Bad("a message is not a list")
    blob = memoryview(frame)[start:]
    return nodes, memoryview(bytearray(blob)) if blob.readonly else blob


def sizes(header: bytes | bytearray | memoryview, caps: Caps) -> tuple[int, int]:
    """Bytes of JSON and of the block that a header announces, refused before anything is allocated."""
    text_size, blob_size = HEADER.unpack(header)
    if text_size > caps.text or blob_size > caps.blob:
        raise Bad("a message is too large")
    return text_size, blob_size


_to_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False).encode
_from_json = json.JSONDecoder().decode

# ------------------------------------------------------------------------------------------------ encoding

_INT64 = 1 << 63
_MAX_INT_BITS = 1 << 16  # a larger int is work, not data: printing it alone would take a deadline
_SHORT = 256  # longer strings go into the block
_COUNTED = frozenset(",[{")
_ATOMS = frozenset([object, int, float, bool, str, bytes, type(None)])  # classes without a codec of their own
_PACKED_WEIGHT = 4  # so many packed numbers are as light as one other value
_PACKED = 24  # lists of floats or ints longer than this go as raw bytes


def _no_other(value: object, encoder: Encoder) -> NoReturn:
    raise TypeError(f"{type(value).__name__} is not plain data")


class Encoder:
    """Turns the values of one message into nodes and a block.

    Parameters
    ----------
    other : callable
        ``other(value, encoder)`` gives the node of a value that is not plain.
    caps : Caps
    known : mapping of id to number, optional
        Containers of the request that this message answers: they are named, not sent again.
    libraries : container of str
        Which of "py", "np" and "pd" values may come from; those of another one go to ``other``.

    Attributes
    ----------
    blob : list of bytes
        The block's pieces.
    containers : list
        Everything that has a number, in order. Holding them keeps their ids from being reused meanwhile.
    """

    def __init__(
        self,
        other: Callable[[Any, Encoder], Node] = _no_other,
        caps: Caps | None = None,
        known: Mapping[int, int] | None = None,
        libraries: Container[str] = ALL,
    ) -> None:
        self.other = other
        self.libraries = libraries
        self.caps = caps or Caps()
        self.known = known or {}
        self.blob: list[bytes] = []
        self.containers: list[Any] = []
        self._numbers: dict[int, int] = {}  # id of a container -> its number
        self._weights: list[int] = []  # number -> values it stands for
        self._naked: object = None  # the container whose contents are asked for
        self._kept: list[Any] = []  # temporaries made by codecs
        self._items = 0
        self._bytes = 0
        self._text = 0
        self._depth = 0

    def value(self, value: object) -> Node:
        """The node of one value.

        Raises
        ------
        TooBig
            It is over the caps; the encoder is then as it was before.
        """
        mark = len(self.blob), len(self.containers), self._items, self._bytes, self._text
        try:
            return self.node(value)
        except (TooBig, RecursionError):
            blob, containers, self._items, self._bytes, self._text = mark
            for container in self.containers[containers:]:
                self._numbers.pop(id(container), None)
            del self.blob[blob:], self.containers[containers:], self._weights[containers:]
            self._depth = 0
            raise TooBig(f"{type(value).__name__} is too large to be sent") from None

    def contents(self, value: object) -> Node:
        """The node of a known container itself, where `value` would only name it."""
        self._naked = value
        try:
            return self.value(value)
        finally:
            self._naked = None

    def container(self, value: object, build: Callable[[], Node]) -> Node:
        """The node of an object with an identity: what ``build`` gives, or the number it already has."""
        if value is not self._naked:
            number = self._numbers.get(id(value))
            if number is not None:
                self._count(self._weights[number])
                return ["@", number]
            number = self.known.get(id(value))
            if number is not None:
                return ["A", number]
        number, before = len(self.containers), self._items
        self.containers.append(value)
        self._weights.append(1)
        if value is not self._naked:
            self._numbers[id(value)] = number
        # Inside itself, a known container is named like any other.
        self._naked = None
        node = build()
        self._weights[number] = self._items - before + 1
        return node

    def node(self, value: Any) -> Node:
        """The node of a part of a value: for codecs and hooks."""
        kind = type(value)
        self._count(1)
        if kind is float or kind is bool or value is None:
            self._text += 25
            return value
        if kind is int:
            self._text += 21
            return value if -_INT64 <= value < _INT64 else self._big_int(value)
        if kind is str:
            return self._string(value)
        if kind is bytes:
            return ["b", self.raw(value)]
        if kind is memoryview:
            return ["m", self.raw(value.tobytes())]
        if kind is type:
            return self._class(value)
        codec = self._codec(kind)
        if codec is None:
            self._text += 64
            return self.other(value, self)
        if not codec.alias:
            return self._parts(codec, value)
        if kind is list and len(value) >= _PACKED:
            return self.container(value, lambda: self._packed(value) or self._parts(codec, value))
        return self.container(value, lambda: self._parts(codec, value))

    def _parts(self, codec: Codec, value: Any) -> Node:
        try:
            parts = codec.parts(value)
        except NotPlain:
            return self.other(value, self)
        self._depth += 1
        if self._depth > self.caps.depth:
            raise TooBig
        self._kept.append(parts)
        node = [codec.tag, *[self.node(part) for part in parts]]
        self._depth -= 1
        self._text += len(codec.tag) + 6
        if self._text > self.caps.text:
            raise TooBig
        return node

    def _packed(self, value: list[Any]) -> Node | None:
        kinds = set(map(type, value))
        if kinds == {float}:
            tag, raw = "lf", array("d", value)
        elif kinds == {int} and max(value) < _INT64 and min(value) >= -_INT64:
            tag, raw = "li", array("q", value)
        else:
            return None
        self._count(len(value) // _PACKED_WEIGHT)
        return [tag, self.raw(raw.tobytes())]

    def _string(self, value: str) -> Node:
        # Inline only what JSON says as it is, and without the characters by which values are counted before
        # parsing.
        if len(value) <= _SHORT and value.isprintable() and not _COUNTED.intersection(value):
            self._text += 4 * len(value) + 3
            return value
        return ["u", self.raw(value.encode("utf-8", "surrogatepass"))]

    def _codec(self, kind: type) -> Codec | None:
        codec = BY_TYPE.get(kind)
        if codec is not None:
            dot = codec.tag.find(".")
            return codec if dot < 0 or codec.tag[:dot] in self.libraries else None
        library = _library(kind)
        if library not in self.libraries:
            return None
        codec_of = _load(library)
        return BY_TYPE.get(kind) or codec_of(kind)

    def _count(self, items: int) -> None:
        self._items += items
        if self._items > self.caps.items:
            raise TooBig

    def _class(self, value: type) -> Node:
        """A class that both sides know goes by its name, another one is a handle."""
        codec = self._codec(value)
        if codec is not None and codec.tag == "py.namedtuple":
            return self._parts(BY_TAG["py.namedtuple class"], value)
        if codec is not None or value in _ATOMS or _is_builtin_exception(value):
            self._text += len(value.__qualname__) + len(value.__module__) + 15
            return ["T", _library(value), value.__module__, value.__qualname__]
        self._text += 64
        return self.other(value, self)

    def _big_int(self, value: int) -> Node:
        if value.bit_length() > _MAX_INT_BITS:
            raise TooBig
        return ["i", hex(value)]

    def raw(self, data: bytes) -> int:
        """Append ``data`` to the block; its length is what the node says."""
        self._bytes += len(data)
        if self._bytes > self.caps.blob:
            raise TooBig
        # An alias of a large array must not count as one value (see Caps.items).
        self._count(len(data) >> 9)
        self.blob.append(data)
        return len(data)


def _library(kind: type) -> str:
    module = type.__getattribute__(kind, "__module__")
    if module is None:  # SymPy's undefined functions are made without one
        module = type.__getattribute__(kind.__mro__[1], "__module__")
    return LIBRARIES.get(str(module).partition(".")[0], "py")


def _is_builtin_exception(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseException) and kind.__module__ == "builtins"


# ------------------------------------------------------------------------------------------------ decoding

_OPEN = object()  # a numbered container that cannot be referred to yet, because it is still being made


def _no_other_node(node: list[Node], decoder: Decoder) -> NoReturn:
    raise Bad(f"unknown kind of value {str(node[0])[:20]!r}")


class Decoder:
    """Turns the nodes of one message back into fresh values.

    Parameters
    ----------
    blob : memoryview
        The message's block. Each piece is used once, in order; large arrays share its memory.
    other : callable
        ``other(node, decoder)`` gives the value of a node whose tag is not known here.
    known : sequence
        Containers of the request that this message answers.
    deadline : float
        Of `time.monotonic`: a dictionary of colliding keys takes time without being large.
    libraries : container of str
        Which libraries values may come from: a message cannot make this process import a
        library. Without "ma", masked arrays arrive as plain ones with NaN: to NumPy's assertions, masked
        items equal everything.
    """

    def __init__(
        self,
        blob: memoryview,
        other: Callable[[list[Node], Decoder], Any] = _no_other_node,
        caps: Caps | None = None,
        known: Sequence[Any] = (),
        deadline: float = float("inf"),
        libraries: Container[str] = ALL,
    ) -> None:
        self.other = other
        self.caps = caps or Caps()
        self.known = known
        self.deadline = deadline
        self.libraries = libraries
        self.containers: list[Any] = []
        self._weights: list[int] = []
        self._blob = blob
        self._at = 0
        self._items = 0
        self._depth = 0

    def value(self, node: Node) -> Any:
        """The value of one node.

        Raises
        ------
        Bad
            Whatever is wrong with it.
        """
        try:
            return self.node(node)
        except Bad:
            raise
        except Exception as error:
            raise Bad(f"a value cannot be made: {type(error).__name__}") from error

    def node(self, node: Node) -> Any:
        """The value of a part: for codecs and hooks."""
        self._count(1)
        if not self._items & 255 and monotonic() > self.deadline:
            raise Bad("a message takes too long to read")
        if type(node) is not list:
            if type(node) is dict:
                raise Bad("a message holds a JSON object")
            return node
        tag = node[0]
        if type(tag) is not str:
            raise Bad("a value has no kind")
        special = _SPECIAL.get(tag)
        if special is not None:
            return special(self, node)
        codec = self._codec(tag)
        self._depth += 1
        if self._depth > self.caps.depth:
            raise Bad("a message is nested too deeply")
        if codec is None:
            value = self.other(node, self)
        elif codec.alias:
            value = self._container(codec, node)
        else:
            value = codec.make(*[self.node(part) for part in node[1:]])
        self._depth -= 1
        return value

    def _container(self, codec: Codec, node: list[Node]) -> Any:
        if codec.fill is None:
            make = codec.make if codec.bare is None or "ma" in self.libraries else codec.bare
            return self.container(lambda: make(*[self.node(part) for part in node[1:]]))
        fill = codec.fill
        return self.container(codec.make, lambda made: fill(made, map(self.node, node[1:])))

    def _frozenset(self, node: list[Node]) -> frozenset[Any]:
        items: set[Any] = set()
        for part in node[1:]:
            items.add(self.node(part))
        return frozenset(items)

    def container(self, make: Callable[[], Any], fill: Callable[[Any], None] | None = None) -> Any:
        """Make a numbered value: the whole of it, or an empty one to be filled with what may refer to it."""
        number, before = len(self.containers), self._items
        self.containers.append(_OPEN)
        self._weights.append(1)
        value = make()
        self.containers[number] = value
        if fill is not None:
            fill(value)
        self._weights[number] = self._items - before + 1
        return value

    def raw(self, size: Node) -> memoryview:
        """The next ``size`` bytes of the block."""
        if type(size) is not int or not 0 <= size <= len(self._blob) - self._at:
            raise Bad("a message's block is too short")
        piece = self._blob[self._at : self._at + size]
        self._at += size
        self._count(size >> 9)
        return piece

    def _codec(self, tag: str) -> Codec | None:
        library, dot, _ = tag.partition(".")
        if not dot:
            return BY_TAG.get(tag)
        if library not in self.libraries:
            return (
                None  # also if it is loaded already: what a submission gets must not hang on the one before
            )
        if tag not in BY_TAG:
            _load(library)
        return BY_TAG.get(tag)

    def _alias(self, node: list[Node]) -> Any:
        value = self._pick(self.containers, node[1])
        self._count(self._weights[node[1]])
        return value

    def _count(self, items: int) -> None:
        self._items += items
        if self._items > self.caps.items:
            raise Bad("a message has too many values")

    def _argument(self, node: list[Node]) -> Any:
        return self._pick(self.known, node[1])

    @staticmethod
    def _pick(values: Sequence[Any], number: Node) -> Any:
        if type(number) is not int or not 0 <= number < len(values) or values[number] is _OPEN:
            raise Bad("a message refers to nothing")
        return values[number]

    def _packed(self, node: list[Node]) -> list[Any]:
        data = array({"lf": "d", "li": "q"}[node[0]])
        piece = self.raw(node[1])
        self._count(len(piece) // data.itemsize // _PACKED_WEIGHT)
        data.frombytes(piece)
        value = self.container(data.tolist)
        self._weights[-1] = len(data) // _PACKED_WEIGHT + 1
        return value

    def _class(self, node: list[Node]) -> type:
        _, library, module, name = node
        if module == "builtins":
            if name == "NoneType":
                return type(None)
            found: Any = getattr(builtins, name, None)
            if found in _ATOMS or _is_builtin_exception(found):
                return found
        self._codec(f"{library}.")
        for kind in BY_TYPE:
            if kind.__qualname__ == name and kind.__module__ == module:
                return kind
        raise Bad("a class has an unknown name")

    def _big_int(self, node: list[Node]) -> int:
        if type(node[1]) is not str or len(node[1]) > _MAX_INT_BITS // 4 + 3:
            raise Bad("an int is too large")
        return int(node[1], 16)


_SPECIAL: dict[str, Callable[[Decoder, list[Node]], Any]] = {
    "@": Decoder._alias,
    "A": Decoder._argument,
    "lf": Decoder._packed,
    "li": Decoder._packed,
    "i": Decoder._big_int,
    "T": Decoder._class,
    "f": Decoder._frozenset,
    "b": lambda decoder, node: bytes(decoder.raw(node[1])),
    "m": lambda decoder, node: decoder.raw(node[1]),
    "u": lambda decoder, node: str(decoder.raw(node[1]), "utf-8", "surrogatepass"),
}
