"""Inside the box: runs a student's cells and does what the judge asks with what they made.

The student owns this process: everything here may be read, replaced or broken by the cells that it runs.
Nothing here decides anything. The judge believes a value only when it compares it itself.
"""

from __future__ import annotations

import builtins
import importlib
import inspect
import io
import os
import random
import sys
import threading
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from autograder import generators, nose_tools, outputs, rehearsal
from autograder.cells import Cells
from autograder.copies import Received
from autograder.functions import described, dress
from autograder.operations import ACTIONS, AWAITED, OPERATORS, special_methods
from autograder.patches import Replaced
from autograder.peer import FROM_JUDGE, Changes, Peer, overwrite
from autograder.wire import HEADER, Bad, Caps, Decoder, Encoder, Node, TooBig, pack, unpack
from autograder.written import Written, place

__all__ = ["PRELOAD", "Runner", "rehearse", "serve"]

# What the zygote imports before it forks, so that no child pays for it.
PRELOAD = (
    "asyncio",
    "autograder.wire_numpy",
    "autograder.wire_stdlib",
    "IPython.core.inputtransformer2",
    "IPython.core.interactiveshell",
    "IPython.display",
    "IPython.lib.pretty",
)


_MAX_WARNINGS = 100  # of one call
_OWN_FRAMES = 100  # of the runner, below the student's code


def serve(commands_fd: int, replies_fd: int, output_fd: int) -> None:
    """Serve the judge until it closes the line."""
    sys.path.insert(0, "")  # modules in the working folder can be imported, as in Jupyter
    Runner(_Line(commands_fd, replies_fd)).serve()


def rehearse() -> list[bytes]:
    """Warm up, in the process that is forked; returns the answers of the last round."""
    return rehearsal.rehearse(lambda line: Runner(line).serve())


class Frames(Protocol):
    """What a runner needs of the line to the judge."""

    def receive(self) -> bytes | None:
        """The next frame, None at the end."""

    def send(self, frame: bytes) -> None:
        """Write one frame."""


class _Line:
    """Whole frames over two pipes, blocking: the judge is the one who keeps the time."""

    def __init__(self, commands: int, replies: int) -> None:
        self._commands = commands
        self._replies = replies
        self._read, self._write = os.read, os.write

    def receive(self) -> bytes | None:
        """The next frame, None at the end."""
        header = self._exactly(HEADER.size)
        if header is None:
            return None
        body = self._exactly(sum(HEADER.unpack(header)))
        return None if body is None else header + body

    def _exactly(self, size: int) -> bytes | None:
        pieces = []
        while size:
            piece = self._read(self._commands, min(size, 1 << 20))
            if not piece:
                return None
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def send(self, frame: bytes) -> None:
        """Write one frame."""
        view = memoryview(frame)
        while view:
            view = view[self._write(self._replies, view) :]


class Runner(Peer):
    """The student's end of the line."""

    def __init__(self, line: Frames) -> None:
        super().__init__(FROM_JUDGE)
        self._line = line
        self._thread = threading.get_ident()
        self._requests = 0
        self.recorder = outputs.Recorder(limit=256_000)
        self.cells = Cells(self.recorder)
        self._watched: list[str] = []
        self._live: frozenset[str] = frozenset()
        self._shares_random = False
        self._hears_warnings = False
        self._replaced = Replaced()
        self._written = Written(())
        self._linked: list[Any] = []  # parts of objects that the test has copies of
        self._seen: dict[str, Any] = {}
        self._sent: dict[str, Any] = {}
        self._classes: dict[type, str] = {}  # classes of locked cells: their instances go by value
        self._judges: dict[int, Any] = {}  # number -> stand-in of an object of the judge's
        self._judges_numbers: dict[int, int] = {}  # id of such a stand-in -> number
        self._received = Received(self.lent.__getitem__)
        sys.stdout, sys.stderr, sys.stdin = self.recorder.stdout, self.recorder.stderr, _Input(self)
        builtins.input = self._input
        nose_tools.install()
        warnings.filterwarnings("ignore", "FigureCanvasAgg is non-interactive")

    def serve(self) -> None:
        """Answer requests until the line is closed."""
        while (frame := self._line.receive()) is not None:
            self._answer(frame)

    # -------------------------------------------------------------------------------------------- requests

    def _answer(self, frame: bytes) -> None:
        nodes, blob = unpack(frame, self.caps)
        decoder = Decoder(blob, self.decode_other, self.caps)
        operation, token, *rest = nodes
        if operation == "setup":
            self._setup(**decoder.value(rest[0]))
        elif operation == "cell":
            self._run_cell(token, decoder, *rest)
        else:
            self._perform(operation, token, decoder, *rest)

    def _setup(
        self,
        seed: int,
        watched: list[str],
        live: list[str],
        output_limit: int,
        libraries: list[str],
        shares_random: bool,
        caps: tuple[int, ...],
        files: list[str],
        hears_warnings: bool,
    ) -> None:
        self._written = Written(files)
        self._hears_warnings = hears_warnings
        self.caps_out = Caps(*caps)
        self.libraries = set(libraries)
        self._shares_random = shares_random

        random.seed(seed)
        if "numpy" in sys.modules:
            sys.modules["numpy"].random.seed(seed % 2**32)
        self._watched, self._live = watched, frozenset(live)
        self.recorder.limit = output_limit

    def _run_cell(
        self, token: int, decoder: Decoder, pushed: Node, source: Node, names: Node, classes: Node
    ) -> None:
        """Run one cell; the answer holds its outputs and the names it bound."""
        self._push(decoder.value(pushed))
        text, names, classes = decoder.value(source), decoder.value(names), decoder.value(classes)
        error = self.cells.run(text)
        for name in classes:
            if isinstance(kind := self.cells.names.get(name), type):
                self._classes[kind] = name
        encoder = self.encoder()
        report = encoder.value(self._report(error))
        bindings = self._bindings(encoder, dict.fromkeys([*names, *self._changed_names()]))
        bindings += self._parts_with_names(encoder, {name for name, _, _ in bindings})
        self._line.send(pack(["return", token, report, bindings], encoder.blob))

    def _report(self, error: BaseException | None) -> dict[str, Any]:
        told = None if error is None else (type(error).__name__, _message(error))
        return {"error": told, "outputs": self.recorder.take(), "files": self._written.new()}

    def _push(self, change: Any) -> None:
        """What has changed at the judge's: names bound and deleted, handles let go, random generators."""
        if change is None:
            return
        bound, deleted, patches, dropped, state, depth, files, starts = change
        for name, content in files.items():
            place(name, content)
        self._written.known(files)
        if starts and "matplotlib.pyplot" in sys.modules:
            sys.modules["matplotlib.pyplot"].close("all")
        if depth is not None:
            sys.setrecursionlimit(depth + _OWN_FRAMES)
        if state is not None:
            generators.restore({name: (tuple(words), place) for name, (words, place) in state.items()})
        bound = {name: value for name, value in bound.items() if type(value) is not _Absent}
        for name, value in bound.items():
            old = self.cells.names.get(name)
            if type(old) is type(value) and type(value) in (list, dict, set):
                overwrite(old, value)  # other names of the student's may mean the same object
            else:
                self.cells.names[name] = self._seen[name] = value
        self._replaced.apply(patches)
        for name in deleted:
            self.cells.names.pop(name, None)
            self._seen.pop(name, None)
        self.lent.take_back(dropped)

    def _bindings(self, encoder: Encoder, names: Any) -> Node:
        """Name, bound or not, value: of each of the names."""
        nodes = []
        for name in names:
            if name not in self.cells.names:
                self._seen.pop(name, None)
                nodes.append([name, False, None])
                continue
            value = self._seen[name] = self.cells.names[name]
            nodes.append([name, True, self._encoded(encoder, value)])
            if name in self._live:
                self._sent[name] = self._state(value)
        return nodes

    def _parts_with_names(self, encoder: Encoder, told: set[str]) -> list[Node]:
        """Names sent before whose values are parts of what is sent now: they stay one object.

        ``row = [0]`` in one cell and ``grid = [row]`` in the next: ``grid[0] is row`` for the test too.
        """
        numbers = {id(part): number for number, part in enumerate(encoder.containers)}
        return [
            [name, None, ["@", numbers[id(value)]]]
            for name, value in self._seen.items()
            if name not in told and id(value) in numbers
        ]

    def _changed_names(self) -> list[str]:
        """Watched names that were bound anew, and those known to be changed in place that did change."""
        names = self.cells.names
        changed = [name for name in self._watched if names.get(name, self) is not self._seen.get(name, self)]
        return changed + [
            name
            for name in self._live
            if name in names and name not in changed and self._state(names[name]) != self._sent.get(name)
        ]

    def _state(self, value: Any) -> bytes | None:
        encoder = self.encoder()
        try:
            return pack([encoder.value(value)], encoder.blob)
        except TooBig:
            return None

    def _perform(
        self,
        operation: str,
        token: int,
        decoder: Decoder,
        links: Node,
        pushed: Node,
        target: Node,
        args: Node,
        kwargs: Node,
    ) -> None:
        """Do one thing with one object."""
        changes, state = None, {}
        warned: list[Any] = []
        count, *changed_links = links or [0]
        if links:
            del self._linked[count:]
        known = decoder.known = self._linked[:count]
        try:
            for number, contents in changed_links:
                overwrite(known[number], decoder.value(contents))
            self._push(decoder.value(pushed))
            x = self.lent[target] if target else None
            positional, named = self.arguments(decoder, args, kwargs)
            known += decoder.containers
            changes = Changes(self, known)
            state = generators.states() if self._shares_random else {}
            with self.nested(), self._replaced.in_force(), self._heard(warned):
                result, kind = self._do(operation, x, positional, named), "return"
        except BaseException as error:
            result, kind = error, "raise"
        encoder = self.encoder(known)
        changed = changes.nodes(encoder) if changes else []
        bindings = self._bindings(encoder, self._changed_names())
        drew = generators.drawn(state, generators.states()) if state else {}
        shown = self.recorder.take()
        files = self._written.new()
        news = shown or files or any(drew.values()) or warned
        written = encoder.value((shown, drew, files, warned)) if news else None
        before = len(encoder.containers)
        value = self._encoded(encoder, result) if kind == "return" else self._exception(result, encoder)
        if links:
            self._linked += encoder.containers[before:]
        self._line.send(pack([kind, token, changed, bindings, written, value], encoder.blob))

    @contextmanager
    def _heard(self, warned: list[Any]) -> Iterator[None]:
        """Take down the warnings of the student's code, if tests listen: they are given again there."""
        if not self._hears_warnings:
            yield
            return
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                yield
            finally:
                warned += [(w.message, str(w.filename), int(w.lineno)) for w in caught[:_MAX_WARNINGS]]

    def _do(self, operation: str, x: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if operation == "describe":
            return _describe_class(x)
        if operation == "plain":
            return _plain(x)
        if operation == "array":
            return sys.modules["numpy"].asarray(x)
        if operation == "__await__":
            return self.cells.wait_for(x)
        if operation in AWAITED:
            return self.cells.wait_for(_awaited(OPERATORS[operation](x, *args)))
        if operation == "pyplot":
            return _current_figure(*args)
        if operation == "copy":
            return self._received.copy(*args)
        return (OPERATORS.get(operation) or ACTIONS[operation])(x, *args, **kwargs)

    # -------------------------------------------------------------------------------------------- handles

    def _encoded(self, encoder: Encoder, value: Any) -> Node:
        try:
            return encoder.value(value)
        except TooBig:
            return self._handle(value, encoder)
        except Exception:
            # Encoding runs the student's code (properties of odd classes): it may do anything but end the
            # session.
            return self._handle(value, encoder)

    def encode_other(self, value: Any, encoder: Encoder) -> Node:
        """A handle, the number of what is the judge's, the fields of an object of a locked cell's class."""
        kind = type(value)
        number = self._judges_numbers.get(id(value)) or self._received.unchanged(value)
        if number is not None:
            return ["yours", number]
        name = self._classes.get(kind)
        if name is not None and all(base in self._classes for base in kind.__mro__[:-1]):
            return encoder.container(value, lambda: ["instance", name, encoder.node(dict(vars(value)))])
        if isinstance(value, BaseException):
            return self._exception(value, encoder)
        return self._handle(value, encoder)

    def _handle(self, value: Any, encoder: Encoder) -> Node:
        number = self.lent.number(value)
        if isinstance(value, type):
            return ["mine", number, "class"]
        if isinstance(value, types.ModuleType):
            return ["mine", number, "module", str(value.__name__)]
        if callable(value) and (inspect.isroutine(value) or hasattr(value, "__wrapped__")):
            return ["mine", number, "function", encoder.node(described(value))]
        return ["mine", number, "instance", self.lent.number(type(value))]

    def _exception(self, error: BaseException, encoder: Encoder, causes: int = 3) -> Node:
        number = self._judges_numbers.get(id(error))
        if number is not None:
            return ["yours", number]
        kind = type(error)
        path = [
            str(kind.__module__),
            kind.__qualname__,
            0 if kind.__module__ == "builtins" else self.lent.number(kind),
        ]
        message = _message(error)
        try:
            parts = [encoder.value(tuple(error.args)), encoder.value(dict(vars(error)))]
        except Exception:
            parts = [encoder.value((message,)), encoder.value({})]
        cause = error.__cause__ if causes else None
        told = None if cause is None else self._exception(cause, encoder, causes - 1)
        return ["error", *path, *parts, encoder.value(message), told]

    def decode_other(self, node: list[Node], decoder: Decoder) -> Any:
        """The judge's values: own objects coming back, stand-ins for the judge's, imports, exceptions."""
        match node:
            case ["yours", number]:
                return self.lent[number]
            case ["mine", number, kind, info]:
                return self._stand_in(number, kind, decoder.node(info))
            case ["import", str(module), str(name)]:
                return _imported(module, name)
            case ["copy", int(number), int(size)]:
                return self._copy(number, bytes(decoder.raw(size)))
            case ["instance", str(name), fields]:
                kinds = [kind for kind, known in self._classes.items() if known == name]
                if not kinds:  # the cell that defines it stopped before
                    return decoder.container(lambda: _Absent(f"the class {name} is not defined"))
                return decoder.container(
                    lambda: object.__new__(kinds[-1]), lambda made: vars(made).update(decoder.node(fields))
                )
            case ["error", str(name), args, number]:
                kind = getattr(builtins, name, Exception)
                return self._own(kind(*decoder.node(args)), number)
        raise Bad("an unknown node")

    def _copy(self, number: int, data: bytes) -> Any:
        try:
            return self._received.unpacked(number, data)
        except Exception as error:
            return _Absent(f"{type(error).__name__}: {error}")

    def _stand_in(self, number: int, kind: str, info: Any) -> Any:
        if number in self._judges:
            return self._judges[number]
        if kind == "function":
            return self._own(_stand_in_function(self, number, info), number)
        methods = {name: _forward(name) for name in info["methods"]}
        return self._own(type(info["name"], (_StandIn,), methods)(self, number), number)

    def _own(self, stand_in: Any, number: int) -> Any:
        self._judges[number] = stand_in
        self._judges_numbers[id(stand_in)] = number
        return stand_in

    # --------------------------------------------------------------------------------------- asking the judge

    def ask(self, operation: str, target: int, args: tuple[Any, ...] = (), kwargs: Any = ()) -> Any:
        """Have the judge do something with one of its objects."""
        if threading.get_ident() != self._thread:
            raise RuntimeError("only the main thread can call what a test passed in")
        with self._replaced.put_back(), self.nested():
            self._requests += 1
            token, encoder = self._requests, self.encoder()
            nodes = [encoder.value(self.recorder.take() or None), encoder.value(args)]
            nodes.append(encoder.value(tuple(kwargs)))
            self._line.send(pack([operation, token, target, *nodes], encoder.blob))
            return self._await_answer(token, encoder)

    def _await_answer(self, token: int, asked: Encoder) -> Any:
        while (frame := self._line.receive()) is not None:
            nodes, blob = unpack(frame, self.caps)
            if nodes[0] not in ("return", "raise") or nodes[1] != token:
                self._answer(frame)
                continue
            kind, _, changes, value = nodes
            decoder = Decoder(blob, self.decode_other, self.caps, asked.containers)
            for number, contents in changes:
                overwrite(asked.containers[number], decoder.value(contents))
            result = decoder.value(value)
            if kind == "raise":
                raise result
            return result
        raise SystemExit

    def _input(self, prompt: object = "", /) -> str:
        return self.ask("input", 0, (str(prompt),))


# ---------------------------------------------------------------------------------------- the judge's objects


async def _awaited(awaitable: Any) -> Any:
    return await awaitable


def _current_figure(name: str) -> Any:
    """``plt.gca()`` and its like, of pictures that the student's code has begun; None if there is none."""
    pyplot: Any = sys.modules.get("matplotlib.pyplot")
    if pyplot is None or not pyplot.get_fignums():
        return None
    return getattr(pyplot, name)()


class _StandIn:
    """An object of the judge's, in the student's process: everything is asked of its owner."""

    def __init__(self, runner: Runner, number: int) -> None:
        object.__setattr__(self, "_ask", (runner.ask, number))

    def __getattr__(self, name: str) -> Any:
        ask, number = object.__getattribute__(self, "_ask")
        return ask("getattr", number, (name,))

    def __setattr__(self, name: str, value: object) -> None:
        ask, number = object.__getattribute__(self, "_ask")
        ask("setattr", number, (name, value))

    def __repr__(self) -> str:
        ask, number = object.__getattribute__(self, "_ask")
        return ask("repr", number)


def _forward(name: str) -> Callable[..., Any]:
    def method(self: _StandIn, *args: Any, **kwargs: Any) -> Any:
        ask, number = object.__getattribute__(self, "_ask")
        return ask(name, number, args, kwargs.items())

    method.__name__ = name
    return method


def _stand_in_function(runner: Runner, number: int, told: dict[str, Any]) -> Callable[..., Any]:
    def function(*args: Any, **kwargs: Any) -> Any:
        return runner.ask("__call__", number, args, kwargs.items())

    return dress(function, told)


class _Input(io.TextIOBase):
    """Standard input: what the judge's standard input holds, if a test gave it one."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def readable(self) -> bool:
        return True

    def readline(self, size: Any = -1, /) -> str:  # type: ignore[override]
        return self._runner.ask("readline", 0)


class _Absent:
    """Stands for what the judge has and this process cannot have; to use it says why."""

    def __init__(self, why: str) -> None:
        self._why = why

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise ImportError(self._why)

    def __getattr__(self, name: str) -> Any:
        raise ImportError(self._why)


def _imported(module: str, name: str) -> Any:
    """What a test passes by its import path."""
    try:
        value: Any = importlib.import_module(module)
        for part in name.split(".") if name else ():
            value = getattr(value, part)
    except (ImportError, AttributeError) as error:
        return _Absent(str(error))
    return value


# ------------------------------------------------------------------------------------ what is told of objects


def _message(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return "(its message cannot be shown)"


def _describe_class(kind: type) -> dict[str, Any]:
    """Name, bases, operators and own methods of a class."""
    own = vars(kind).items() if kind.__module__ == "__main__" else ()
    return {
        "name": str(kind.__name__),
        "qualname": str(kind.__qualname__),
        "module": str(kind.__module__),
        "doc": kind.__doc__ if type(kind.__doc__) is str else None,
        "operators": special_methods(kind),
        "methods": {name: described(value) for name, value in own if isinstance(value, types.FunctionType)},
        "exception": next(
            (b.__name__ for b in kind.__mro__ if b.__module__ == "builtins" and issubclass(b, BaseException)),
            None,
        ),
        "bases": [_base(base) for base in kind.__bases__],
        "plain": _plain_kind(kind),
        "annotations": _annotations(kind),
        "abstract": inspect.isabstract(kind),
        "libraries": [[base.__module__, base.__qualname__] for base in _library_bases(kind)],
    }


def _annotations(kind: type) -> dict[str, Any]:
    try:
        return dict(kind.__dict__.get("__annotations__") or getattr(kind, "__annotations__", {}))
    except Exception:  # on Python 3.14 they are worked out now
        return {}


def _library_bases(kind: type) -> list[type]:
    """The first classes of libraries that a class goes back to: itself, if it is one."""
    found: list[type] = []
    for base in kind.__mro__[:-1]:
        if base.__module__ != "__main__" and not any(base in known.__mro__ for known in found):
            found.append(base)
    return found


# What a value is without the class that a student made of it: ``class Celsius(float)``, an IntEnum.
_PLAIN: dict[type, Callable[[Any], Any]] = {
    int: int.__pos__,
    float: float.__pos__,
    complex: complex.__pos__,
    str: str.__str__,
    bytes: lambda x: bytes(memoryview(x)),
    frozenset: lambda x: frozenset(frozenset.__iter__(x)),
    tuple: lambda x: tuple(tuple.__iter__(x)),
    list: lambda x: list(list.__iter__(x)),
    dict: lambda x: dict(dict.items(x)),
    set: lambda x: set(set.__iter__(x)),
}


def _plain_kind(kind: type) -> str | None:
    """Whether instances are, at heart, a "value" or a "container" of Python's or NumPy's."""
    if kind.__module__ == "builtins":
        return None
    base = next((base for base in kind.__mro__ if base in _PLAIN), None)
    if base is not None:
        return "container" if base in (tuple, list, dict, set) else "value"
    numpy = sys.modules.get("numpy")
    is_array = numpy is not None and kind is not numpy.ndarray and issubclass(kind, numpy.ndarray)
    return "value" if is_array else None


def _plain(value: Any) -> Any:
    for base in type(value).__mro__:
        if base in _PLAIN:
            return _PLAIN[base](value)
    return sys.modules["numpy"].ndarray.view(value, sys.modules["numpy"].ndarray)


def _base(kind: type) -> Any:
    """A base as the judge is told: itself if it is the student's, else its import path."""
    return kind if kind.__module__ == "__main__" else (str(kind.__module__), str(kind.__qualname__))
