"""The judge's end of the line: one student's process, asked for values and never for the truth."""

from __future__ import annotations

import builtins
import functools
import os
import pkgutil
import sys
import types
import warnings
import weakref
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from time import monotonic
from typing import Any, NamedTuple, Protocol

from autograder import generators
from autograder.copies import Copies
from autograder.feedback import harmless_output
from autograder.functions import described, harmless
from autograder.line import Child, Line, Lost
from autograder.operations import ACTIONS, NUMBERS, OPERATORS, special_methods
from autograder.outputs import PICTURES, Output
from autograder.patches import Change
from autograder.peer import ASIDE, FROM_JUDGE, Changes, Peer, overwrite
from autograder.remote import (
    Owner,
    RemoteClass,
    Rules,
    is_value,
    make_class,
    make_exception,
    make_function,
    make_instance,
    owner,
)
from autograder.wire import LIBRARIES, Bad, Caps, Decoder, Encoder, Node, TooBig, pack, unpack

__all__ = ["Bindings", "CellReport", "Student", "is_from_student"]

# Name, whether it is bound (None: it was before, and nothing is new but which object it is), its value.
Bindings = list[tuple[str, bool | None, Any]]

_FROM_STUDENT = object()
_MARK = " from a student"
_TEST_MODULES = (
    "__main__",
    "unittest.mock",
    "io",
    "_io",
)  # whose objects a student's function may use when passed in


class News(NamedTuple):
    """What a test did that the student's process does not know yet.

    Attributes
    ----------
    bound, deleted
        Names.
    patches
        Changes of modules.
    files
        What it wrote.
    """

    bound: dict[str, Any]
    deleted: list[str]
    patches: list[Change]
    files: dict[str, bytes]


class Notebook(Protocol):
    """What the line needs of the notebook that is judged."""

    def bind(self, bindings: Bindings) -> None:
        """Take the values of names that the student's process bound."""

    def pushes(self) -> News:
        """What tests bound, deleted, did to modules, where the student's code cares and does not know it."""

    def own_builtins(self) -> AbstractContextManager[None]:
        """Built-in functions as they were, for the judge's own work while a test has replaced some."""

    def rebind(self, pairs: Iterable[tuple[Any, Any]]) -> bool:
        """Have the test's names for the first of a pair mean the second; whether there are any."""

    def store(self, files: dict[str, bytes]) -> None:
        """Take files that the student's code wrote."""

    def class_name(self, kind: type) -> str | None:
        """The name of a class that a locked cell defines on both sides."""

    def class_named(self, name: str) -> type | None:
        """The opposite."""

    def is_of_test(self, module: str) -> bool:
        """Whether a module belongs to the instructor's tests."""


def _is_drawing(value: Any) -> bool:
    figure: Any = sys.modules.get("matplotlib.figure")
    axes: Any = sys.modules.get("matplotlib.axes")
    return bool(figure and axes and isinstance(value, (figure.Figure, axes.Axes)))


def harmless_outputs(told: object, limit: int) -> list[Output]:
    """The outputs that a student's process claims: only text and pictures, only up to the limit."""
    kept: list[Output] = []
    pictures, limit = 0, limit + 1000 * len(told) if type(told) is list else limit
    for output in told if type(told) is list else ():
        made = harmless_output(output) if type(output) is dict else None
        if made is None:
            continue
        data = made.get("data", {})
        limit -= len(str(made)) - len(data.get("image/png", ""))
        pictures += len(data.get("image/png", ""))
        if limit < 0 or pictures > PICTURES:
            break
        kept.append(made)
    return kept


class CellReport:
    """What came of running one cell of the student's: the error's class and message, the outputs."""

    def __init__(self, told: Any, limit: int) -> None:
        if type(told) is not dict:
            raise Bad("a cell's report is not a dictionary")
        self.outputs = harmless_outputs(told.get("outputs"), limit)
        self.files = told.get("files")
        error = told.get("error")
        self.error: tuple[str, str] | None = None
        if type(error) is tuple and [type(part) for part in error] == [str, str]:
            self.error = error


def is_from_student(error: BaseException) -> bool:
    """Whether an exception was raised in the student's process, rather than by the test or the judge."""
    return getattr(error, "__dict__", {}).get(_MARK) is _FROM_STUDENT


class Student(Peer):
    """A student's process.

    Parameters
    ----------
    child : Child
    notebook : Notebook
        Where names that it binds go, and where those that it reads come from.
    rules : Rules
    caps : Caps
    print_limit : int
        Bytes of text kept of each cell or call.
    shares_random : bool
        Whether both sides draw from one stream of random numbers (`autograder.generators`).
    hear : callable
        Is given every message of the process.

    Attributes
    ----------
    deadline : float
        Of `time.monotonic`; a question that is not answered by then ends the process.
    acts : int
        How often it was asked to do more than to show what it has.
    lost : str or None
        Why it cannot be asked any more.
    copies : Copies
        Objects of libraries that were passed to it.
    """

    def __init__(
        self,
        child: Child,
        notebook: Notebook,
        rules: Rules,
        caps: Caps,
        print_limit: int,
        shares_random: bool = False,
        hear: Callable[[bytearray], None] = lambda message: None,
    ) -> None:
        super().__init__(caps)
        self.caps_out = FROM_JUDGE
        self.copies = Copies(self.number)
        self._shares_random = shares_random
        self._hear = hear
        self._linking = False
        self._linked: list[Any] = []
        self._links: Changes | None = None
        self._state: generators.State | None = None  # of the random generators, as the child was told
        self._starts = False  # whether a test begins, which looks at pictures
        self._depth = 0  # of recursion, as the child was told
        self._drawings: list[Any] = []  # of the test's, passed with the question
        self._warned: list[Any] = []  # by the student's code, since this was looked at last
        self.deadline = monotonic()
        self.lost: str | None = None
        self.acts = 0
        self._told = 0  # messages sent to it
        self._unanswered = 0  # questions sent, also while another one is served
        self._child = child
        self._line = Line(child, caps, print_limit)
        self._notebook = notebook
        self._rules = rules
        self._print_limit = print_limit
        self.libraries = {"py", "np"} | {LIBRARIES[name] for name in rules.libraries if name in LIBRARIES}
        self.libraries |= {"ma"} if "numpy.ma" in rules.libraries else set()
        self._functions: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._flags: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._classes: dict[int, RemoteClass] = {}
        self._handles: dict[int, weakref.ref[Any]] = {}
        self._dropped: set[int] = (
            set()
        )  # handles that nobody holds here any more; told with the next question
        self._claims: dict[int, tuple[str, str]] = {}  # handle -> where it says that it can be imported from

    @property
    def noticed(self) -> tuple[int, frozenset[int]]:
        """All that it can see of the judge's work: how often it was told something, handles let go."""
        return self._told, frozenset(self._dropped)

    def close(self) -> None:
        """End the process."""
        self.lost = self.lost or "closed"
        self._child.kill()

    # -------------------------------------------------------------------------------------------- questions

    def setup(self, **settings: Any) -> None:
        """Tell a new process what it must know before its first cell."""
        encoder = self.encoder()
        told = {
            **settings,
            "libraries": sorted(self.libraries),
            "shares_random": self._shares_random,
            "caps": (self.caps.text, self.caps.blob, self.caps.items, self.caps.depth),
        }
        self._send(pack(["setup", 0, encoder.value(told)], encoder.blob))

    def run_cell(self, source: str, names: Iterable[str], classes: Iterable[str]) -> CellReport:
        """Run one cell of the student's; the names it binds go to the notebook."""
        self.acts += 1
        encoder = self.encoder()
        token = _token()
        nodes = [self._pushed(self._notebook.pushes(), encoder)]
        nodes += [encoder.value(part) for part in (source, list(names), list(classes))]
        frame = pack(["cell", token, *nodes], encoder.blob)
        kind, (told, bindings), decoder = self._answer(frame, token, [], 2)
        if kind != "return":
            raise self._broken("a cell was not answered")
        report = self._decoded(lambda: CellReport(decoder.value(told), self._print_limit))
        if report.files:
            self._decoded(lambda: self._notebook.store(report.files))
        self._bind(bindings, decoder)
        printed = self._line.printed()
        if printed:
            report.outputs.append({"output_type": "stream", "name": "stdout", "text": printed})
        return report

    def ask(self, operation: str, target: int, args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
        """Have something done with an object of the student's: its value, or what it raises.

        Raises
        ------
        Lost
            The process is gone, or does not keep to the protocol.
        Exception
            What the student's code raised; TypeError if an argument cannot be sent.
        """
        news = self._notebook.pushes()
        with self._notebook.own_builtins(), self.nested():
            try:
                return self._ask(news, operation, target, args, kwargs or {})
            finally:
                self._follow_drawings()

    def _ask(
        self, news: News, operation: str, target: int, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        aside = operation in ASIDE
        self.acts += not aside and operation not in _LOOKS
        linked = [] if aside else list(self._linked)
        encoder, token = self.encoder(linked), _token()
        try:
            links = None if aside else self._changed_links(encoder)
            nodes = [links, self._pushed(news, encoder), target, encoder.value(args)]
            nodes.append(encoder.value(tuple(kwargs.items())))
        except TooBig as error:
            raise TypeError(str(error)) from None
        frame = pack([operation, token, *nodes], encoder.blob)
        known = [*linked, *encoder.containers]
        kind, (changes, bindings, written, value), decoder = self._answer(frame, token, known, 4)
        if changes:
            self._decoded(lambda: self._take_changes(changes, known, decoder))
        if bindings:
            self._bind(bindings, decoder)
        if written is not None:
            self._decoded(lambda: self._take_written(*decoder.value(written)))
        before = len(decoder.containers)
        result = self._decoded(lambda: decoder.value(value))
        if not aside:
            self._link_more(decoder.containers[before:])
        self._warn()
        if kind == "raise":
            raise _from_student(self._stopped(operation, args, result))
        return result

    def _follow_drawings(self) -> None:
        """Have the test's names for pictures that it passed mean their copies, in which the student drew.

        They are no less the student's than a picture that is returned. Of a model that would not do: a test
        asks its own for the truth.
        """
        drawings, self._drawings = self._drawings, []
        for drawing in drawings if self.lost is None else ():
            number = self.lent.number(drawing)
            theirs = self._ask(self._notebook.pushes(), "copy", 0, (number,), {})
            if not isinstance(type(theirs), RemoteClass):  # nothing was changed: it is the test's own
                continue
            figure, copy = drawing.figure, theirs.figure
            pairs = zip(figure.axes, copy.axes, strict=False)
            empty = [pair for pair in pairs if not pair[0].has_data()]  # in others the test has drawn itself
            if self._notebook.rebind([(drawing, theirs), (figure, copy), *empty]):
                self.copies.seen(drawing)
                sys.modules["matplotlib.pyplot"].close(figure)  # the current one is now the student's

    def _stopped(self, operation: str, args: tuple[Any, ...], error: Any) -> Any:
        """What Python makes of a StopIteration that is none of an iterator's.

        Out of a function, it would end the test's own loop: ``for got, want in zip(map(f, inputs), wanted)``.
        """
        method = args[0] if operation == "method" else operation
        is_next = method in ("__next__", "send", "throw")
        if not isinstance(error, StopIteration) or is_next or self._rules.stops:
            return error
        return RuntimeError("the code raised StopIteration")

    def _warn(self) -> None:
        """Give the warnings of the student's code here, where the test has said what becomes of warnings."""
        warned, self._warned = self._warned, []
        for warning, file, line in warned:
            warnings.warn_explicit(warning, type(warning), file, line)

    def method(self, value: Any) -> tuple[RemoteClass, str] | None:
        """The class that a method was described with, and its name there."""
        pairs = ((kind, name) for kind in self._classes.values() for name in vars(kind))
        return next(((kind, name) for kind, name in pairs if vars(kind)[name] is value), None)

    @functools.cached_property
    def _compared(self) -> dict[tuple[str, str], Any]:
        """Functions of libraries that tests compare answers with, by where they say that they come from."""
        found: dict[tuple[str, str], Any] = {}
        for path in self._rules.compared:
            try:
                value: Any = pkgutil.resolve_name(path)
            except (ImportError, AttributeError, ValueError):
                continue
            module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
            if callable(value) and not isinstance(value, type) and type(module) is type(name) is str:
                found[str(module), str(name)] = value
        return found

    def flags(self, function: Any) -> int | None:
        """Whether a remote function is a generator's, a coroutine's, …: `inspect.CO_GENERATOR` and so on."""
        return self._flags.get(function) if isinstance(function, types.FunctionType) else None

    def number(self, value: Any) -> int:
        """The number of a remote object.

        Raises
        ------
        LookupError
            It is none of this process.
        """
        if isinstance(value, types.FunctionType):
            return self._functions[value]
        if isinstance(value, RemoteClass) or isinstance(type(value), RemoteClass):
            own = owner(value)
            if own is not None and own.process is self:
                return own.number
        raise LookupError

    # -------------------------------------------------------------------------------------------- the line

    def _send(self, frame: bytes) -> None:
        if self.lost:
            raise Lost(self.lost)
        self._told += 1
        try:
            self._line.send(frame, self.deadline)
        except BaseException as error:
            self._lose(error)
            raise

    def _receive(self) -> tuple[list[Node], memoryview]:
        frame = self._line.receive(self.deadline)
        self._hear(frame)
        try:
            return unpack(frame, self.caps)
        except Bad as error:
            raise self._broken(str(error)) from None

    def _lose(self, error: BaseException) -> None:
        # Also for a deadline that interrupts half a frame: what follows on the line would be the other half.
        self.lost = self.lost or str(error)

    def is_lost(self) -> bool:
        """Whether it can be asked no more; for the time between tests, when nothing is asked.

        The alarm may go off anywhere, also where the loss is about to be written down. Then a question is
        left without its answer, which would be taken for that to the next one.
        """
        if self._unanswered and not self.lost:
            self.lost = "out of time"
        return bool(self.lost)

    def _broken(self, why: str) -> Lost:
        # Students read what is lost; ``why`` could hold a name that their code chose, a hidden input perhaps.
        self.lost = self.lost or "it answered with something else than a value"
        lost = Lost(self.lost)
        lost.add_note(why)
        return lost

    def _decoded(self, decode: Callable[[], Any]) -> Any:
        """What ``decode`` gives; whatever is wrong with a message ends the process."""
        try:
            return decode()
        except (Bad, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
            raise self._broken(str(error)) from None

    def _answer(
        self, question: bytes, token: int, known: list[Any], parts: int
    ) -> tuple[str, list[Node], Decoder]:
        """Ask, and return the answer; requests that come before it are served."""
        self._unanswered += 1
        try:
            self._send(question)
            while True:
                nodes, blob = self._receive()
                if len(nodes) < 2:
                    raise self._broken("a message is too short")
                if nodes[0] in ("return", "raise"):
                    break
                self._serve(nodes, self._decoder(blob))
        except BaseException as error:
            # A deadline leaves a question without its answer, which would then answer the next one; or the
            # student's process waiting, if it ends a function of the test.
            self._lose(error)
            raise
        if type(nodes[1]) is not int or nodes[1] != token or len(nodes) != parts + 2:
            raise self._broken("an answer to another question")
        self._unanswered -= 1
        return nodes[0], nodes[2:], self._decoder(blob, known)

    def _decoder(self, blob: memoryview, known: Iterable[Any] = ()) -> Decoder:
        return Decoder(blob, self.decode_other, self.caps, list(known), self.deadline, self.libraries)

    def _pushed(self, news: News, encoder: Encoder) -> Node:
        """Names that the test bound and deleted, handles let go, random generators."""
        bound, deleted, patches, files = news
        dropped, state, depth = sorted(self._dropped), self._new_state(), self._new_depth()
        starts, self._starts = self._starts, False
        if not (bound or deleted or patches or dropped or state or depth or files or starts):
            return None
        self._dropped.clear()
        try:
            return encoder.value((bound, deleted, patches, dropped, state, depth, files, starts))
        except (TooBig, TypeError):
            # One of the names holds what cannot be sent, a figure perhaps: the others must still arrive.
            bound = {name: value for name, value in bound.items() if self._can_send(value)}
            patches = [change for change in patches if self._can_send(change)]
            return encoder.value((bound, deleted, patches, dropped, None, depth, files, starts))

    def _can_send(self, value: Any) -> bool:
        try:
            self.encoder().value(value)
        except (TooBig, TypeError):
            return False
        return True

    def _new_state(self) -> dict[str, tuple[list[int], int]] | None:
        """The state of the random generators here, if the child does not go on from it anyway."""
        if not self._shares_random:
            return None
        state = generators.states()
        if state == self._state:
            return None
        self._state = state
        return {name: (list(words), place) for name, (words, place) in state.items()}

    def _new_depth(self) -> int | None:
        """How deep functions may call each other, if a test has set it anew."""
        depth = sys.getrecursionlimit()
        if depth == self._depth:
            return None
        self._depth = depth
        return depth

    def _bind(self, bindings: Node, decoder: Decoder) -> None:
        def decode() -> Bindings:
            return [
                (name, bound, decoder.value(value)) for name, bound, value in bindings if type(name) is str
            ]

        self._notebook.bind(self._decoded(decode))

    def _take_changes(self, changes: Node, known: list[Any], decoder: Decoder) -> None:
        for number, contents in changes:
            overwrite(known[number], decoder.value(contents))

    def begin(self, looks_at_figures: bool) -> None:
        """A test begins: pictures that an earlier one had drawn are closed, as a notebook closes them."""
        self._starts = looks_at_figures

    def link(self, linking: bool) -> None:
        """Whether containers that come as parts of remote objects are kept in step with them.

        ``box.items[0] = 1`` changes a copy; while linking, the next question changes the box's own list, too.
        """
        self._linking = linking
        self._linked.clear()
        self._links = None

    def _link_more(self, containers: list[Any]) -> None:
        if self._linking:
            self._linked += containers
            self._links = Changes(self, self._linked)

    def _changed_links(self, encoder: Encoder) -> Node:
        """How many containers are linked, and those that the test changed; None for not linking."""
        if not self._linking:
            return None
        return [len(self._linked), *(self._links.nodes(encoder) if self._links else [])]

    def _take_written(self, written: Any, drew: Any, files: Any, warned: Any) -> None:
        self._write(written)
        self._warned += [
            (warning, file, line)
            for warning, file, line in warned
            if isinstance(warning, Warning) and type(file) is str and type(line) is int
        ]
        if files:
            self._notebook.store(files)
        if self._shares_random and type(drew) is dict:
            generators.advance(drew)
            self._state = generators.states()

    def _write(self, written: Any) -> None:
        """Text that a call printed goes where the test's own prints go at this moment."""
        for output in harmless_outputs(written, self._print_limit):
            if output["output_type"] == "stream":
                (sys.stdout if output["name"] == "stdout" else sys.stderr).write(output["text"])

    # -------------------------------------------------------------------------------------------- handles

    def encode_other(self, value: Any, encoder: Encoder) -> Node:
        """How a value of the test's reaches the student's process when it is not plain.

        Raises
        ------
        TypeError
            It must not: with an object of a library, a student could do what the library can.
        """
        try:
            return ["yours", self.number(value)]
        except LookupError:
            pass
        if isinstance(value, BaseException):
            return [
                "error",
                _builtin_base(type(value)).__name__,
                encoder.node(value.args),
                self.lent.number(value),
            ]
        path = self._import_path(value)
        if path is not None:
            return ["import", *path]
        name = self._notebook.class_name(type(value))
        if name is not None and hasattr(value, "__dict__"):
            return encoder.container(value, lambda: ["instance", name, encoder.node(dict(vars(value)))])
        if self._is_usable(value):
            told = {"name": type(value).__name__, "methods": special_methods(type(value))}
            return ["mine", self.lent.number(value), "object", encoder.node(told)]
        copied = self.copies.packed(self.lent.number(value), value)
        if copied is not None:
            if _is_drawing(value):
                self._drawings.append(value)
            return ["copy", self.lent.number(value), encoder.raw(copied)]
        if isinstance(value, types.TracebackType):
            return None  # of a `with` block of the test: its frames lead to the test's names
        if callable(value):
            return ["mine", self.lent.number(value), "function", encoder.node(_told_of(value))]
        raise TypeError(f"a {type(value).__name__} object cannot be passed to a student's function")

    def _is_usable(self, value: Any) -> bool:
        if isinstance(value, (types.FunctionType, types.MethodType, types.BuiltinFunctionType, type)):
            return False
        module = type(value).__module__
        # Iterators of the interpreter: generators, map, zip, reversed, …
        return module in _TEST_MODULES or self._notebook.is_of_test(module) or _is_iterator(value)

    def _import_path(self, value: Any) -> tuple[str, str] | None:
        """Where the other process can import the same thing from, unless it is the test's own."""
        if isinstance(value, types.ModuleType):
            return None if self._notebook.is_of_test(value.__name__) else (value.__name__, "")
        module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
        if module is None and type(value).__module__ == "numpy":
            module, name = "numpy", getattr(value, "__name__", None)  # a ufunc
        if (
            type(module) is not str
            or type(name) is not str
            or module == "__main__"
            or self._notebook.is_of_test(module)
        ):
            return None
        found: Any = sys.modules.get(module)
        for part in name.split("."):
            found = getattr(found, part, None)
        return (module, name) if found is value else None

    def decode_other(self, node: list[Node], decoder: Decoder) -> Any:
        """Own objects coming back, and stand-ins for the student's."""
        match node:
            case ["yours", number]:
                return self.lent[number]
            case ["instance", str(name), fields]:
                return self._instance_of_locked_class(name, fields, decoder)
            case ["mine", int(number), "instance", int(kind)]:
                return self._instance(number, self._class(kind))
            case ["mine", int(number), "class"]:
                return self._class(number)
            case ["mine", int(number), "function", told]:
                return self._function(number, decoder.node(told))
            case ["mine", int(number), "module", str(name)]:
                return self._module(number, name)
            case ["error", str(module), str(name), int(kind), args, fields, text, cause]:
                parts = [decoder.node(part) for part in (args, fields, text)]
                made = self._exception(module, name, kind, *parts)
                made.__cause__ = None if cause is None else _exception_only(decoder.node(cause))
                return made
        raise Bad("an unknown kind of value")

    def claim(self, value: Any) -> tuple[str, str] | None:
        """Where a remote module, function or class says that it can be imported from. Only ever compared."""
        try:
            return self._claims.get(self.number(value))
        except (LookupError, TypeError):
            return None

    def _known(self, number: int) -> Any:
        reference = self._handles.get(number)
        return None if reference is None else reference()

    def _remember(self, number: int, made: Any) -> Any:
        self._handles[number] = weakref.ref(made, lambda _: self._forget(number))
        self._dropped.discard(number)
        return made

    def _forget(self, number: int) -> None:
        self._dropped.add(number)
        self._claims.pop(number, None)

    def _instance(self, number: int, kind: RemoteClass) -> Any:
        known = self._known(number)
        if known is not None:
            return known
        made = self._remember(number, make_instance(kind, Owner(self, number)))
        if not is_value(kind):
            return made
        plain = self.ask("plain", number)
        return made if isinstance(type(plain), RemoteClass) else plain

    def _function(self, number: int, told: Any) -> Any:
        known = self._known(number)
        if known is not None:
            return known
        own = self._compared.get((told["module"], told["qualname"]))
        if own is not None:
            self._dropped.add(number)
            return own
        made = self._remember(number, make_function(told, Owner(self, number)))
        self._functions[made] = number
        self._flags[made] = int(told["flags"])
        self._claims[number] = (told["module"], told["qualname"])
        return made

    def _module(self, number: int, name: str) -> Any:
        kind = self._classes.setdefault(0, make_class(_MODULE, (), Owner(self, 0), self._rules))
        made = self._instance(number, kind)
        self._claims[number] = (name, "")
        return made

    def _class(self, number: int) -> RemoteClass:
        if number not in self._classes:
            told = self.ask("describe", number)
            if type(told) is not dict:
                raise Bad("a class is not described")
            made = make_class(told, self._bases(told), Owner(self, number), self._rules)
            self._classes[number] = made
            self._claims[number] = (told["module"], told["qualname"])
        return self._classes[number]

    def _bases(self, told: Mapping[str, Any]) -> tuple[type, ...]:
        bases = tuple(base for base in told["bases"] if isinstance(base, RemoteClass))
        if told["exception"] is None or any(issubclass(base, BaseException) for base in bases):
            return bases
        builtin = getattr(builtins, told["exception"])
        if not issubclass(builtin, BaseException):
            raise Bad("an exception is none")
        return bases or (builtin,)

    def _instance_of_locked_class(self, name: str, fields: Node, decoder: Decoder) -> Any:
        kind = self._notebook.class_named(name)
        if kind is None:
            raise Bad("an object of an unknown class")
        return decoder.container(
            lambda: object.__new__(kind),
            lambda made: vars(made).update(self._fields(kind, decoder.node(fields))),
        )

    def _fields(self, kind: type, fields: Any) -> dict[str, Any]:
        """Attributes of an object of a locked class; none of the student's functions in a method's place."""
        return {
            name: value
            for name, value in harmless(fields).items()
            if name in self._rules.attributes
            or not hasattr(kind, name)
            or not (callable(value) or isinstance(type(value), RemoteClass))
        }

    def _exception(self, module: str, name: str, number: int, args: Any, fields: Any, text: Any) -> Any:
        if type(args) is not tuple or type(fields) is not dict or type(text) is not str:
            raise Bad("an exception is malformed")
        kind: Any = _loaded_exception(module, name)
        if kind is None and module == "__main__":
            kind = self._locked_exception(name)
        if kind is None:
            kind = self._class(number)
            if not issubclass(kind, BaseException):
                raise Bad("an exception is none")
        return make_exception(kind, args, fields, text)

    def _locked_exception(self, name: str) -> type[BaseException] | None:
        """An exception class that a locked cell defines on both sides: tests catch their own."""
        kind = self._notebook.class_named(name)
        return kind if kind is not None and issubclass(kind, BaseException) else None

    # -------------------------------------------------------------------------------------------- being asked

    def _serve(self, nodes: list[Node], decoder: Decoder) -> None:
        """Do what the student's code asks of an object that the test passed to it, if that is allowed."""
        if len(nodes) != 6 or type(nodes[0]) is not str:
            raise self._broken("a request is malformed")
        operation, token, target, written, *arguments = nodes
        if written is not None:
            self._decoded(lambda: self._write(decoder.value(written)))
        x = self._decoded(lambda: self.lent[target] if target else None)
        args, kwargs = self._decoded(lambda: self.arguments(decoder, *arguments))
        changes = Changes(self, decoder.containers)
        try:
            with self.nested():
                kind, result = "return", self._permitted(operation, x, args)(x, *args, **kwargs)
        except Exception as error:
            kind, result = "raise", error
        encoder = self.encoder(decoder.containers)
        try:
            parts = [changes.nodes(encoder), encoder.value(result)]
        except (TooBig, TypeError) as error:
            encoder = self.encoder()
            kind, parts = "raise", [[], encoder.value(TypeError(str(error)))]
        self._send(pack([kind, token, *parts], encoder.blob))

    def _permitted(self, operation: str, x: Any, args: tuple[Any, ...]) -> Callable[..., Any]:
        """The function that does ``operation``.

        A function that was passed in can be called and nothing else: its attributes lead to the test's names.
        Objects of the test's classes have their operators and public attributes.
        """
        if x is None and operation in ("input", "readline"):
            return _input if operation == "input" else lambda _: sys.stdin.readline()
        if operation == "__call__" and callable(x):
            return OPERATORS[operation]
        if x is not None and self._is_usable(x):
            if operation in OPERATORS and (not _is_iterator(x) or operation in _OF_ITERATORS):
                return OPERATORS[operation]
            public = bool(args) and type(args[0]) is str and not args[0].startswith("_")
            if public and _steers_mock(operation, x, args[0]):
                raise AttributeError(
                    f"what this object of the test does or has seen is not changed by {operation}"
                )
            if (
                operation in ACTIONS
                and not _is_iterator(x)
                and (public or operation in ("repr", "str", "dir"))
            ):
                return ACTIONS[operation]
        raise AttributeError(f"this object of the test has no {operation}")


# What changes nothing, as far as the test can tell.
_LOOKS = frozenset(
    {
        "__len__",
        "__length_hint__",
        "__getitem__",
        "__iter__",
        "__next__",
        "__reversed__",
        "__contains__",
        "copy",
    }
    | {"getattr", "repr", "str", "format", "dir", "vars", "__hash__", "__bool__", "array", *NUMBERS}
)
_OF_ITERATORS = frozenset(["__next__", "__iter__", "__len__", "__length_hint__"])
_MODULE: dict[str, Any] = {
    "name": "module",
    "qualname": "module",
    "module": "types",
    "doc": None,
    "operators": [],
    "methods": {},
    "annotations": {},
    "abstract": False,
    "bases": [],
    "libraries": [("types", "ModuleType")],
    "plain": None,
}


def _steers_mock(operation: str, x: Any, name: str) -> bool:
    """Whether this would change what an object of the test does, or a mock says of its calls."""
    kind = type(x)
    if kind.__module__ != "unittest.mock":
        return operation in ("setattr", "delattr") and callable(getattr(kind, name, None))
    if operation in ("setattr", "delattr"):
        return hasattr(kind, name) or name.startswith("assert")
    return name in ("reset_mock", "configure_mock", "attach_mock", "mock_add_spec")


def _token() -> int:
    """A number that nobody can have written an answer to before it is asked."""
    return int.from_bytes(os.urandom(7), "big")


def _input(_: None, prompt: str = "") -> str:
    # Through the names that a test may have replaced.
    return builtins.input(prompt)


def _exception_only(value: Any) -> BaseException:
    if not isinstance(value, BaseException):
        raise Bad("the cause of an exception is none")
    return value


def _told_of(function: Any) -> dict[str, Any]:
    """What a student's code may know of a function of the test: what `functools.wraps` copies."""
    told = described(function)
    plain = (bool, int, float, str, type(None))
    parameters = [(*p[:3], p[3] if isinstance(p[3], plain) else None) for p in told["signature"] or ()]
    hints = {name: hint for name, hint in told["annotations"].items() if hint in (*plain, list, dict, tuple)}
    signature = None if told["signature"] is None else parameters
    return told | {"module": "__main__", "attributes": {}, "signature": signature, "annotations": hints}


def _is_iterator(value: Any) -> bool:
    return type(value).__module__ in ("builtins", "itertools") and hasattr(type(value), "__next__")


def _builtin_base(kind: type) -> type:
    return next(base for base in kind.__mro__ if base.__module__ == "builtins")


# Exceptions of these tell a test's own machinery to skip it, to end it, to count it as passed.
_STEERING = frozenset({"autograder", "unittest", "pytest", "_pytest", "nose", "hypothesis", "IPython"})


def _loaded_exception(module: str, name: str) -> type[BaseException] | None:
    """An exception class of a library that this process has loaded."""
    if module == "__main__" or module.partition(".")[0] in _STEERING:
        return None
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    is_exception = isinstance(found, type) and issubclass(found, BaseException)
    return found if is_exception and not isinstance(found, RemoteClass) else None


def _from_student(error: Any) -> BaseException:
    if not isinstance(error, BaseException):
        raise Lost("it raised what is no exception")
    vars(error)[_MARK] = _FROM_STUDENT
    return error
