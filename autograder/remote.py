"""Remote objects: how a student's functions, classes and instances look in the judge.

A remote function is a real function and a remote class a real class, so that a test finds ``callable``,
``__name__``, ``isinstance`` and ``except`` as it expects. What they do is asked of the student's process,
with plain data both ways.

**Truth is never asked.** An object that equals everything, or subtracts to zero from everything, must earn
nothing. So a remote object is not compared, not converted to a number, not taken for an array, and it
computes only with the operators that the *instructor's* class of the same name defines (see `Rules`).
Stand-ins are recognised by what they are, never by an attribute, which `functools.wraps` could have copied.
"""

from __future__ import annotations

import inspect
import numbers
import sys
import types
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from autograder.functions import dress, harmless, hints, signature
from autograder.operations import ARITHMETIC, AWAITED, COMPARISONS, NUMBERS, OPERATORS

__all__ = [
    "Owner",
    "RemoteClass",
    "Rules",
    "is_subclass",
    "is_value",
    "make_class",
    "make_exception",
    "make_function",
    "make_instance",
    "owner",
]

# Operators whose answer is a value that the test goes on to check, or another remote object.
ALWAYS = frozenset(
    {"__call__", "__len__", "__length_hint__", "__getitem__", "__setitem__", "__delitem__", "__iter__"}
    | {"__next__", "__reversed__", "__enter__", "__exit__", "__await__", "__aiter__"}
)
_MAX_SEARCHED = 100_000  # items looked at for `x in remote`
_OWNER = " owner"  # in a remote class's namespace; not an identifier, so no student's name meets it


@dataclass(frozen=True)
class Rules:
    """What the instructor's source notebook allows.

    Attributes
    ----------
    methods : mapping
        Class name -> the methods, special ones too, that the instructor's class of that name defines.
    libraries : frozenset
        Top-level packages that the source notebook imports: ``isinstance`` may meet classes of theirs; and
        ``numpy.ma`` if it speaks of it: without, masked arrays arrive as plain ones.
    attributes : frozenset
        Names of attributes that its code gives to objects.
    stops : bool
        Whether its tests speak of StopIteration.
    compared : frozenset
        Dotted names of functions of libraries that tests compare answers with.
    """

    methods: Mapping[str, frozenset[str]] = field(default_factory=dict)
    libraries: frozenset[str] = frozenset()
    attributes: frozenset[str] = frozenset()
    stops: bool = False
    compared: frozenset[str] = frozenset()

    def expects(self, method: str) -> bool:
        """Whether any class of the instructor's has such a method."""
        return any(method in methods for methods in self.methods.values())


class Process(Protocol):
    """What answers for remote objects (`autograder.student`).

    Attributes
    ----------
    acts : int
        Counts what may have changed objects there: calls, assignments, cells.
    """

    @property
    def acts(self) -> int: ...

    def ask(self, operation: str, target: int, args: tuple[Any, ...] = (), kwargs: Any = None) -> Any:
        """Have something done with the object of a number."""


class Owner:
    """Where a remote object lives, and under which number; what it has said of itself before."""

    __slots__ = ("acts", "items", "number", "process", "seen")

    def __init__(self, process: Process, number: int) -> None:
        self.process = process
        self.number = number
        self.items: tuple[list[Any], Iterator[Any]] | None = None
        self.acts = 0  # of the process, when that was
        self.seen: dict[str, tuple[int, Any]] = {}

    def ask(self, operation: str, *args: Any, **kwargs: Any) -> Any:
        """Have something done with the object."""
        return self.process.ask(operation, self.number, args, kwargs)

    def look(self, operation: str) -> Any:
        """What the object is as a plain value: one face, until something is done that may have changed it."""
        acts, value = self.seen.get(operation, (-1, None))
        if acts != self.process.acts:
            value = self.ask(operation)
            self.seen[operation] = self.process.acts, value
        return value


class RemoteClass(type):
    """The class of stand-ins for a student's classes; calling one makes an object of the student's."""

    def __new__(mcs, name: str, bases: tuple[type, ...], names: dict[str, Any]) -> RemoteClass:
        """Only `make_class` makes one."""
        base = ", ".join(base.__name__ for base in bases)
        raise TypeError(f"a test cannot subclass a student's class ({base})")

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        """A new object of the student's class."""
        return owner(cls).ask("__call__", *args, **kwargs)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__") and name not in _CLASS_DUNDERS:
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")
        return _trusted(cls, name, f"class {cls.__name__}", owner(cls))

    def __setattr__(cls, name: str, value: object) -> None:
        owner(cls).ask("setattr", name, value)
        _forget_method(cls, name)

    def __delattr__(cls, name: str) -> None:
        owner(cls).ask("delattr", name)
        _forget_method(cls, name)

    def __dir__(cls) -> list[str]:
        return owner(cls).ask("dir")

    def __iter__(cls) -> Iterator[Any]:
        return _loop(cls)

    def __len__(cls) -> int:
        return sum(1 for _ in cls)

    def __getitem__(cls, key: Any) -> Any:
        if isinstance(key, (int, slice)):  # an Enum has names; with places a class stands for a list
            raise TypeError(f"type {cls.__name__!r} is not subscriptable")
        return owner(cls).ask("__getitem__", key)

    def __bool__(cls) -> bool:
        return True

    @property
    def __flags__(cls) -> int:
        """`inspect.isabstract` looks here."""
        flags: int = type.__dict__["__flags__"].__get__(cls)
        return flags | inspect.TPFLAGS_IS_ABSTRACT if vars(cls)[_ABSTRACT] else flags

    @property
    def __mro__(cls) -> tuple[type, ...]:
        """As in the student's process, as far as this process has the classes."""
        own = [kind for kind in _bases_of(cls) if kind not in (RemoteObject, object)]
        libraries = [kind for base in own for kind in getattr(base, "__bases__", ()) if not _is_remote(kind)]
        others = [
            kind for base in libraries for kind in base.__mro__ if kind is not object and kind not in own
        ]
        return (*own, *dict.fromkeys(others), object)

    @property
    def __bases__(cls) -> tuple[type, ...]:  # type: ignore[override]
        """Its stand-ins, and classes of libraries."""
        return vars(cls)[_BASES]()

    def __eq__(cls, other: object) -> bool:
        """One class; or a library's class, if ``isinstance`` takes this one's objects for its."""
        return cls is other or (isinstance(other, type) and vars(cls)[_LIBRARY]() is other)

    def __hash__(cls) -> int:
        return hash(vars(cls)[_LIBRARY]()) if vars(cls)[_LIBRARY]() else type.__hash__(cls)


_CLASS_DUNDERS = frozenset(["__members__", "__abstractmethods__", "__dataclass_fields__"])


def _bases_of(kind: type) -> tuple[type, ...]:
    """All classes that this one is made of here."""
    found: tuple[type, ...] = type.__dict__["__mro__"].__get__(kind)
    return found


def _is_remote(kind: object) -> bool:
    return isinstance(kind, RemoteClass)


def is_subclass(kind: Any, of: Any) -> bool:
    """``issubclass`` that knows what a student's class inherits from a library.

    Stand-ins do not really inherit from library classes: those would bring methods with them.
    """
    if issubclass(kind, of):
        return True
    if not _is_remote(kind):
        return False
    found = vars(kind)[_LIBRARY]()
    return found is not None and issubclass(found, of)


def _forget_method(cls: RemoteClass, name: str) -> None:
    # A method described when the class arrived; from now on the student's process is asked for it.
    if name in vars(cls):
        type.__delattr__(cls, name)


def is_value(kind: RemoteClass) -> bool:
    """Whether its instances are numbers, texts or arrays of a class that a student made of them."""
    return vars(kind)[_PLAIN] == "value"


def owner(value: Any) -> Owner:
    """Where a remote class or instance lives."""
    return vars(value)[_OWNER] if isinstance(value, type) else _owner_slot.__get__(value)


# ------------------------------------------------------------------------------------------------ instances


def _refuse(name: str, doing: str) -> Callable[..., NoReturn]:
    def method(self: object, *args: object, **kwargs: object) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} object cannot be {doing}; a plain value is expected here")

    method.__name__ = name
    return method


def _forward(name: str) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return owner(self).ask(name, *args, **kwargs)

    method.__name__ = name
    return method


def _await(self: Any) -> Iterator[Any]:
    """The student's process has its own event loop; here it looks as if nothing was to be waited for."""
    return owner(self).ask("__await__")
    yield


def _awaited(name: str) -> Callable[..., Any]:
    async def method(self: Any, *args: Any) -> Any:
        return owner(self).ask(name, *args)

    method.__name__ = name
    return method


def _compare(name: str) -> Callable[[Any, Any], Any]:
    """A comparison of the instructor's class: asked between two remote objects only, answered with a bool."""

    def method(self: Any, other: object) -> Any:
        if isinstance(type(other), RemoteClass):
            answer = owner(self).ask(name, other)
            if type(answer) is not bool:
                raise TypeError(f"{name} of {type(self).__name__} gave no bool")
            return answer
        return _compared_to_plain(self, other, name)

    method.__name__ = name
    return method


def _compared_to_plain(self: object, other: object, name: str) -> bool:
    """Python's own answer for different things, where a class does not say that it equals plain values.

    It is not asked: an object that says yes to everything must earn nothing.
    """
    kind = type(self)
    if name in ("__eq__", "__ne__") and (other is None or _differs(vars(kind), other)):
        return name == "__ne__"
    raise TypeError(
        f"a {kind.__name__} object cannot be compared with a {type(other).__name__}; "
        "a plain value is expected here"
    )


def _differs(names: Mapping[str, Any], other: object) -> bool:
    """Whether an object of the class is surely not this value: no class but the instructor's says otherwise.

    The instructor's ``__eq__`` may well take numbers; then the test does not hear that a sum equals nothing.
    """
    if not names[_EQUAL]:
        return True
    return "__eq__" in names[_ALLOWED] and isinstance(other, (str, bytes, list, tuple, dict, set))


def _same(self: object, other: object) -> bool:
    """Two remote objects are equal if they are one; that needs no asking."""
    if isinstance(type(other), RemoteClass):
        return self is other
    if other is not None and vars(type(self))[_PLAIN] == "container":
        same: bool = _contents(self) == other
        return same
    return _compared_to_plain(self, other, "__eq__")


def _contents(self: Any) -> Any:
    """What a list, tuple, dictionary or set of a class that a student made of it holds, as a plain one."""
    plain = owner(self).look("plain")
    if type(plain) not in (list, tuple, dict, set):
        raise TypeError(f"a {type(self).__name__} object has no plain contents")
    return plain


def _loop(self: Any) -> Iterator[Any]:
    """The items of a collection, the same ones each time: it stands for a list, and a list has one face."""
    own = owner(self)
    if own.items is None:
        own.items = [], iter(own.ask("__iter__"))
    known, source = own.items
    place = 0
    while True:
        if place == len(known):
            try:
                known.append(next(source))
            except StopIteration:
                return
        yield known[place]
        place += 1


def _loop_again(self: Any) -> Iterator[Any]:
    """The items of a library's collection: the same ones until something was done at the student's.

    For a test that looks twice, nothing has happened in between. But not every class that says it is of a
    library is, and one of the student's could be sorted the first time and hold the right items the second.
    """
    own = owner(self)
    if own.acts != own.process.acts:
        own.items, own.acts = None, own.process.acts
    return _loop(self)


def _unordered(name: str) -> Callable[[Any, Any], Any]:
    """A comparison that a class lacks: between two remote objects, the other one may know its opposite."""
    refused = _refuse(name, "compared")
    return lambda self, other: NotImplemented if isinstance(type(other), RemoteClass) else refused(self)


def _unequal(self: object, other: object) -> bool:
    equal = self == other
    return not equal


def _not_same(self: object, other: object) -> bool:
    return not _same(self, other)


def _compute(name: str) -> Callable[..., Any]:
    """An operator of the instructor's class.

    With a plain operand it must not give a plain result: else an object could answer ``abs(f(x) - 2.0) <
    1e-6`` with ``f(x) - 2.0 == 0.0`` whatever the right value is.
    """

    def method(self: Any, *others: Any) -> Any:
        answer = owner(self).ask(name, *others)
        mixed = any(not isinstance(type(other), RemoteClass) for other in others)
        if mixed and not isinstance(type(answer), RemoteClass):
            raise TypeError(f"{type(self).__name__}.{name} turned a plain value into a plain value")
        return answer

    method.__name__ = name
    return method


def _search(self: Any, item: object) -> bool:
    """Whether a remote collection holds an item, compared here: the collection's word is not taken."""
    for count, found in enumerate(owner(self).ask("__iter__")):
        if found is item or found == item:
            return True
        if count > _MAX_SEARCHED:
            break
    return False


def _get(self: Any, name: str) -> Any:
    kind = type(self)
    if name == "__class__":
        return vars(kind)[_LIBRARY]() or kind
    if name in ("__reduce__", "__reduce_ex__", "__getstate__", "__array__"):
        return object.__getattribute__(self, name)
    if name in ("__doc__", "__module__"):
        return getattr(kind, name)
    if name == "__dict__":
        return owner(self).ask("vars")
    if name.startswith("__array") or name.startswith("_ipython_"):
        raise AttributeError(name)  # NumPy and IPython look whether an object wants to be something else
    if name in OPERATORS:  # ``x.__eq__(y)`` is no other question than ``x == y``
        return object.__getattribute__(self, name)
    method = _method_of(kind, name)
    if method is None or name in vars(kind)[_VERDICTS_REFUSED]:
        return _trusted(kind, name, f"{kind.__name__} object", owner(self))
    return types.MethodType(method, self)


def _method_of(kind: type, name: str) -> types.FunctionType | None:
    """A method that was described with the class: to call it takes one question, not two."""
    if name.startswith("__"):
        return None
    for base in _bases_of(kind):
        if name in vars(base):
            return vars(base)[name]
    return None


_LIBRARY = " library"
_BASES = " bases"
_EQUAL = " equal"
_ALLOWED = " allowed"
_ABSTRACT = " abstract"
_PLAIN = " plain"
_VERDICTS_REFUSED = " verdicts"
# Methods by which plain values (text, sets, arrays, frames) answer yes or no. An object that says yes to all
# of them must not stand in for one: `f(df).equals(expected)`, `f(name).startswith("Hello")`.
_VERDICTS = frozenset(
    {"equals", "all", "any", "startswith", "endswith", "issubset", "issuperset", "isdisjoint", "is_integer"}
    | {name for name in dir(str) if name.startswith("is")}
    | {"isin", "isna", "isnull", "notna", "notnull", "between", "duplicated"}
)
# Methods by which they compare themselves with another one: `f(df).eq(expected).all()`.
_COMPARING = frozenset(
    {"eq", "ne", "lt", "le", "gt", "ge", "sub", "rsub", "subtract", "compare", "corr", "corrwith", "merge"}
    | {"difference", "symmetric_difference", "intersection", "union"}
)


def _trusted(kind: type, name: str, what: str, own: Owner) -> Any:
    """An attribute, but no verdict that the instructor's class does not give, either."""
    is_refused = name in vars(kind)[_VERDICTS_REFUSED]
    if not is_refused or name in _COMPARING:
        value = own.ask("getattr", name)
        if not is_refused or not (callable(value) or isinstance(type(value), RemoteClass)):
            return value  # a number may be called ``corr``
    raise TypeError(f"a {what} has no {name} to trust; a plain value is expected here")


_names: dict[str, Any] = {
    "__slots__": ("_owner", "__weakref__"),
    "__doc__": "An object in the student's process.",
    "__array_ufunc__": None,
    "__getattribute__": _get,
    "__setattr__": lambda self, name, value: owner(self).ask("setattr", name, value),
    "__delattr__": lambda self, name: owner(self).ask("delattr", name),
    "__dir__": lambda self: owner(self).ask("dir"),
    "__repr__": lambda self: owner(self).ask("repr"),
    "__str__": lambda self: owner(self).ask("str"),
    "__format__": lambda self, form: owner(self).ask("format", form),
    "__copy__": lambda self: owner(self).ask("__copy__"),
    "__deepcopy__": lambda self, memo: owner(self).ask("__deepcopy__"),
    "__contains__": _search,
    "__eq__": _same,
    "__ne__": _not_same,
    "__hash__": object.__hash__,
    "__reduce_ex__": _refuse("__reduce_ex__", "pickled"),
    "__bool__": _refuse("__bool__", "true or false"),
    "__array__": _refuse("__array__", "an array"),
    "__fspath__": _refuse("__fspath__", "a path"),
    _OWNER: None,
    _LIBRARY: lambda: None,
    _BASES: lambda: (object,),
    _EQUAL: True,
    _ALLOWED: frozenset(),
    _ABSTRACT: False,
    _PLAIN: None,
    _VERDICTS_REFUSED: _VERDICTS,
}
_names |= {name: _refuse(name, "a number") for name in ("__float__", "__int__", "__index__", "__complex__")}
_names |= {name: _unordered(name) for name in ("__lt__", "__le__", "__gt__", "__ge__")}

RemoteObject: Any = type.__new__(RemoteClass, "RemoteObject", (), _names)
_owner_slot = vars(RemoteObject)["_owner"]
type.__delattr__(RemoteObject, "_owner")


def make_instance(kind: RemoteClass, own: Owner) -> Any:
    """A stand-in for an instance."""
    made: Any = object.__new__(kind)  # type: ignore[arg-type]
    _owner_slot.__set__(made, own)
    return made


# ------------------------------------------------------------------------------------------------ classes


def make_class(told: Mapping[str, Any], bases: tuple[type, ...], own: Owner, rules: Rules) -> RemoteClass:
    """A stand-in for a class, from what the student's process tells of it.

    Parameters
    ----------
    told : mapping
        ``name``, ``qualname``, ``module``, ``doc``, ``operators``, ``methods`` (name -> description),
        ``library``, ``plain``.
    bases : tuple of type
        Stand-ins of its bases, and the built-in exceptions among them.
    """
    names = _described(told, own)
    names[_OWNER] = own
    names[_LIBRARY] = lambda: _library_class(told, rules)
    names[_VERDICTS_REFUSED] = _refused(told, rules)
    names[_BASES] = lambda: _told_bases(told, rules)
    names[_EQUAL] = "__eq__" in told["operators"]
    names[_ABSTRACT] = told["abstract"] is True
    names[_ALLOWED] = allowed = _allowed(told, rules)
    known = told["name"] in rules.methods  # the instructor's own kind of list has methods: it stays an object
    names[_PLAIN] = "number" if known and told["plain"] == "value" else told["plain"]
    if any(issubclass(base, BaseException) for base in bases):
        names["__str__"] = _exception_text
        names.pop("__repr__", None)
        names.pop("__slots__", None)
    else:
        names["__slots__"] = ()
        names |= _operators(told, rules)
        theirs = allowed if known else ()
        names |= {
            name: x for name, x in _of_plain(names[_PLAIN], told["operators"]).items() if name not in theirs
        }
        bases = tuple(base for base in bases if isinstance(base, RemoteClass)) or (RemoteObject,)
    return type.__new__(RemoteClass, told["name"], bases, names)


def _described(told: Mapping[str, Any], own: Owner) -> dict[str, Any]:
    names: dict[str, Any] = {
        "__qualname__": told["qualname"],
        "__module__": told["module"],
        "__doc__": told["doc"],
    }
    names["__annotations__"] = hints(told["annotations"])
    for name, method in told["methods"].items():
        if name == "__init__":
            names["__signature__"] = _without_self(signature(method))
        if name in _SHOWN or not name.startswith("__"):
            names[name] = _method(own, name, method)
    return names


# Special methods that a test may look at or call by name: their signature, their source.
_SHOWN = frozenset(["__init__", "__str__", "__repr__"])


def _without_self(found: inspect.Signature | None) -> inspect.Signature | None:
    return found and found.replace(parameters=list(found.parameters.values())[1:])


def _method(own: Owner, name: str, told: Mapping[str, Any]) -> Callable[..., Any]:
    """A function of a class: that of this class, also when it is called with an object of a subclass."""

    def method(*args: Any, **kwargs: Any) -> Any:
        return own.ask("method", name, *args, **kwargs)

    return dress(method, _no_judge(told))


def _allowed(told: Mapping[str, Any], rules: Rules) -> frozenset[str]:
    """Methods that the instructor's class of this name defines."""
    return rules.methods.get(told["name"], frozenset()) if told["module"] == "__main__" else frozenset()


def _refused(told: Mapping[str, Any], rules: Rules) -> frozenset[str]:
    """Verdicts that an object of this class is not asked for."""
    top = _top_module(told)
    of_library = top in rules.libraries and top not in _PLAIN_LIBRARIES
    comparing = () if of_library else {name for name in _COMPARING if not rules.expects(name)}
    return (_VERDICTS - _allowed(told, rules)).union(comparing)


# Values of these come as plain ones: what is left as an object is none.
_PLAIN_LIBRARIES = frozenset(["numpy", "pandas"])


def _of_plain(kind: object, operators: Iterable[str]) -> dict[str, Any]:
    """Operators of a student's own kind of list or dictionary, where the instructor knows of none such."""
    if kind == "number":
        return {name: _by_value(name) for name in operators if name in _OF_VALUES} | {"__bool__": _is_true}
    if kind != "container":
        return {}
    names: dict[str, Any] = {
        "__len__": lambda self: len(_contents(self)),
        "__iter__": lambda self: iter(_contents(self)),
        "__contains__": lambda self, item: item in _contents(self),
        "__bool__": lambda self: bool(_contents(self)),
        "__array__": _as_array,
        "__eq__": _same,
        "__ne__": _not_same,
        "__hash__": None,
    }
    if "__missing__" not in operators:
        names["__getitem__"] = lambda self, place: _contents(self)[place]
    return names


_OF_VALUES = frozenset(
    {*COMPARISONS, *ARITHMETIC, *NUMBERS, "__hash__", "__len__", "__getitem__", "__iter__"}
)


def _plain_value(value: Any) -> Any:
    """The number or text that an object of the instructor's own kind of numbers or texts stands for."""
    if not isinstance(type(value), RemoteClass) or vars(type(value))[_PLAIN] != "number":
        return value
    plain = owner(value).look("plain")
    if isinstance(type(plain), RemoteClass):
        raise TypeError(f"a {type(value).__name__} object has no plain value")
    return plain


def _by_value(name: str) -> Callable[..., Any]:
    def method(self: Any, *others: Any) -> Any:
        return OPERATORS[name](_plain_value(self), *map(_plain_value, others))

    method.__name__ = name
    return method


def _is_true(self: Any) -> bool:
    return bool(_plain_value(self))


def _as_array(self: Any, dtype: Any = None, copy: bool | None = None) -> Any:
    import numpy as np  # whoever asks for an array has it

    return np.array(_contents(self), dtype=dtype)


# With these an object stands for a list, and could have two faces: sorted where it is looked at place by
# place, and holding the right items where it is looped over.
_OF_LISTS = frozenset(["__len__", "__length_hint__", "__getitem__", "__reversed__"])
_GENERAL = frozenset(["", "abc", "collections", "typing"])  # modules of bases that say nothing of what it is


def _checked_length(self: Any) -> int:
    """Of an object that says it is of a library which the source does not use, as a Series may well be."""
    length = sum(1 for _ in _loop(self))
    if owner(self).ask("__len__") != length:
        _refuse("__len__", "counted")(self)
    return length


def _checked_item(self: Any, place: Any) -> Any:
    """The number or text at a place, if a loop meets the same one there: labels may be other than places."""
    items = list(_loop(self))
    found = items[place] if isinstance(place, int) and -len(items) <= place < len(items) else None
    there = owner(self).ask("__getitem__", place)
    if not (_is_number_or_text(found) and _is_number_or_text(there) and there == found):
        _refuse("__getitem__", "asked for an item")(self)
    return there  # a loop over a Series gives Python's numbers, a place NumPy's


def _is_number_or_text(value: Any) -> bool:
    return issubclass(type(value), (numbers.Number, str)) and not isinstance(type(value), RemoteClass)


_CHECKED: dict[str, Callable[..., Any]] = {"__len__": _checked_length, "__getitem__": _checked_item}


def _top_module(told: Mapping[str, Any]) -> str:
    return str(told["libraries"][0][0]).partition(".")[0] if told["libraries"] else ""


def _operators(told: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    allowed = _allowed(told, rules)
    names: dict[str, Any] = {}
    top = _top_module(told)
    is_odd = top in _GENERAL or not (top in rules.libraries or top in sys.stdlib_module_names)
    for name in told["operators"]:
        if is_odd and name in _OF_LISTS and not rules.expects(name):
            if told["module"] != "__main__" and name in _CHECKED:
                names[name] = _CHECKED[name]
            continue
        if is_odd and name == "__iter__" and not rules.expects(name):
            names[name] = _loop
        elif not is_odd and name == "__iter__" and "__next__" not in told["operators"]:
            names[name] = _loop_again
        elif name == "__await__":
            names[name] = _await
        elif name in AWAITED:
            names[name] = _awaited(name)
        elif name in NUMBERS and told["module"] != "__main__":
            names[name] = _as_number(name)
        elif name in ALWAYS or (name in allowed and name in ("__contains__", "__bool__", "__hash__")):
            names[name] = _forward(name)
        elif name in allowed and name in COMPARISONS:
            names[name] = _compare(name)
        elif name in allowed and name in OPERATORS:
            names[name] = _compute(name)
    if is_odd and "__getitem__" in told["operators"] and "__iter__" not in told["operators"]:
        # Python loops over its places: so it can be looped over, also where it is not asked for them.
        names["__iter__"] = _forward("__iter__") if rules.expects("__iter__") else _loop
    if told["module"] != "__main__":
        names["__array__"] = _library_array
    if (told["module"], told["name"]) == ("builtins", "coroutine"):
        names |= {"send": _send, "close": lambda self: None}
    names.setdefault("__bool__", _truth(told["operators"], allowed))
    if "__eq__" in names:
        # Python's own rule: who defines == and no hash has none.
        names.setdefault("__ne__", _unequal)
        names.setdefault("__hash__", None)
    return names


def _truth(operators: Iterable[str], allowed: Container[str]) -> Callable[[Any], bool]:
    """Python's own rule: without ``__bool__`` and ``__len__`` an object is true, and nobody is asked."""
    if "__bool__" not in operators and "__len__" not in operators:
        return lambda self: True
    if "__bool__" not in operators and "__len__" in allowed:
        return lambda self: len(self) != 0
    return _refuse("__bool__", "true or false")


def _library_class(told: Mapping[str, Any], rules: Rules) -> type | None:
    """The library class that an instance says it has, if this process has it too: for ``isinstance``."""
    found = [kind for path in told["libraries"] if (kind := _loaded_class(path, rules)) is not None]
    if not found or told["module"] != "__main__":
        return found[0] if found else None
    try:  # the student's own subclass: named like it, an instance of what it inherits
        return type(told["name"], tuple(found), {})
    except Exception:
        return found[0]


_OF_INTERPRETER = {
    "generator": types.GeneratorType,
    "coroutine": types.CoroutineType,
    "async_generator": types.AsyncGeneratorType,
}


def _loaded_class(path: Sequence[Any], rules: Rules) -> type | None:
    """A class of a library that the source uses."""
    module, name = path
    if module.partition(".")[0] not in rules.libraries and module not in ("builtins", "types"):
        return None
    if module == "builtins" and name in _OF_INTERPRETER:
        return _OF_INTERPRETER[name]
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    return found if isinstance(found, type) and not isinstance(found, RemoteClass) else None


def _told_bases(told: Mapping[str, Any], rules: Rules) -> tuple[type, ...]:
    paths = [base if isinstance(base, RemoteClass) else _loaded_class(base, rules) for base in told["bases"]]
    return tuple(kind for kind in paths if kind is not None) or (object,)


def _as_number(name: str) -> Callable[[Any], Any]:
    """What an object of a library is as a number, if it is one there."""

    def method(self: Any) -> Any:
        own = owner(self)
        if not hasattr(vars(type(self))[_LIBRARY](), name):
            _refuse(name, "a number")(self)
        number = own.look(name)
        if type(number) is not NUMBERS[name]:
            raise TypeError(f"a {type(self).__name__} object gave no {NUMBERS[name].__name__}")
        return number

    method.__name__ = name
    return method


def _library_array(self: Any, dtype: Any = None, copy: bool | None = None) -> Any:
    """What an object of a library is as an array, if it is one there: a picture, a table with labels."""
    import numpy as np  # whoever asks for an array has it

    found = vars(type(self))[_LIBRARY]()
    if not (hasattr(found, "__array__") or hasattr(found, "__array_interface__")):
        _refuse("__array__", "an array")(self)
    array = owner(self).look("array")
    if type(array) is not np.ndarray:
        raise TypeError(f"a {type(self).__name__} object gave no array")
    return np.array(array, dtype=dtype)


def _send(self: Any, value: object) -> Any:
    """A coroutine of the student's runs on his own event loop, to its end: nothing is waited for here."""
    raise StopIteration(owner(self).ask("__await__"))


def _exception_text(self: Any) -> str:
    return vars(self).get(_MESSAGE) or ""


_MESSAGE = " message"


def make_exception(kind: Any, args: tuple[Any, ...], fields: Mapping[str, Any], text: str) -> Any:
    """A student's exception, of a library's class or a stand-in, with its arguments and plain attributes."""
    if kind.__module__ == "builtins":
        try:
            made = kind(*args)
        except TypeError:  # UnicodeDecodeError and its like insist on their arguments
            made = Exception(text)
    else:  # no constructor is run: it could do anything with arguments that a student chose
        made = BaseException.__new__(kind)
        made.args = args
    vars(made).update(_without_verdicts(fields))
    vars(made)[_MESSAGE] = text
    return made


def _no_judge(told: Mapping[str, Any]) -> dict[str, Any]:
    """What is told of a function, without attributes by which it would compare itself with an answer."""
    return {**told, "attributes": _without_verdicts(told["attributes"])}


def _without_verdicts(attributes: Mapping[Any, Any]) -> dict[Any, Any]:
    """Attributes of a function or exception, but none by which it would compare itself with an answer."""
    refused = _VERDICTS | _COMPARING | OPERATORS.keys()
    return {name: x for name, x in harmless(attributes).items() if name not in refused}


# ------------------------------------------------------------------------------------------------ functions


def make_function(told: Mapping[str, Any], own: Owner) -> Callable[..., Any]:
    """A stand-in for a function, from what the student's process tells of it."""

    def function(*args: Any, **kwargs: Any) -> Any:
        answer = own.ask("__call__", *args, **kwargs)
        if counts:
            vars(function).update(_without_verdicts(own.ask("vars")))
        return answer

    # Plain attributes, a count of calls perhaps, may be others after each call.
    counts = any(not name.startswith("__") and not callable(x) for name, x in told["attributes"].items())
    return dress(function, _no_judge(told))
