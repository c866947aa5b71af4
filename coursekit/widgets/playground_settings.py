"""What one can set in the playground, and the short string that says it.

The string holds no weights. Training is repeatable (the same settings, seed and number of steps give the
same network), so it says where to start, how many steps to go, and what was changed on the way.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

__all__ = ["ACTIVATIONS", "DATA", "FEATURES", "LIVE", "REGULARISATIONS", "Change", "Plan", "Settings"]

DATA = ("circles", "xor", "gaussians", "spirals")
FEATURES = ("x1", "x2", "x1^2", "x2^2", "x1*x2", "sin(x1)", "sin(x2)")
ACTIVATIONS = ("tanh", "relu", "sigmoid", "linear")
REGULARISATIONS = ("none", "l1", "l2")
LIVE = ("learning_rate", "regularisation", "rate", "batch_size")
"""What may change during training; anything else starts it anew."""

SAMPLES = 500
MOST_LAYERS, MOST_UNITS, MOST_STEPS = 6, 8, 10_000_000
VERSION = "ck1"


@dataclass(frozen=True)
class Settings:
    """The settings of a playground.

    Attributes
    ----------
    data
        One of :data:`DATA`.
    noise
        From 0 to 0.5: how far the classes run into each other.
    test
        The share of the 500 points that is held out, from 0.1 to 0.9.
    features
        What the network is given of a point, of :data:`FEATURES`.
    layers
        The numbers of units of the hidden layers: at most six, of one to eight units.
    activation
        One of :data:`ACTIVATIONS`.
    learning_rate, batch_size
        Of stochastic gradient descent.
    regularisation, rate
        The penalty that is added to the loss: rate · Σ|w| for ``"l1"``, rate · Σw² for ``"l2"``.
    seed
        For the points, the split, the first weights and the order of the batches.

    Raises
    ------
    ValueError
        If a setting is not what is said here.

    >>> Settings(layers=[3], learning_rate=1)
    Settings(data='circles', noise=0.1, test=0.5, features=('x1', 'x2'), layers=(3,), activation='tanh', \
learning_rate=1.0, regularisation='none', rate=0.0, batch_size=10, seed=0)
    """

    data: str = "circles"
    noise: float = 0.1
    test: float = 0.5
    features: tuple[str, ...] = ("x1", "x2")
    layers: tuple[int, ...] = (4, 2)
    activation: str = "tanh"
    learning_rate: float = 0.03
    regularisation: str = "none"
    rate: float = 0.0
    batch_size: int = 10
    seed: int = 0

    def __post_init__(self) -> None:
        for one in fields(self):
            checked = _CHECKS[one.name](one.name, getattr(self, one.name))
            object.__setattr__(self, one.name, checked)  # the one place where a frozen object is made

    def as_json(self) -> dict[str, Any]:
        """Return the settings as plain JSON, tuples as lists."""
        return {key: list(v) if isinstance(v, tuple) else v for key, v in asdict(self).items()}


@dataclass(frozen=True)
class Change:
    """A live setting that is given a new value after ``step`` steps."""

    step: int
    name: str
    value: Any


@dataclass(frozen=True)
class Plan:
    """Where training starts, what is changed on the way, and after how many steps it ends.

    >>> plan = Plan(Settings(data="xor", seed=7), steps=900, changes=(Change(500, "learning_rate", 0.3),))
    >>> str(plan)
    'ck1;data=xor;seed=7;steps=900;500:learning_rate=0.3'
    >>> Plan.parse(str(plan)) == plan
    True
    """

    start: Settings = field(default_factory=Settings)
    steps: int = 0
    changes: tuple[Change, ...] = ()

    def __str__(self) -> str:
        usual = Settings()
        parts = [VERSION]
        for one in fields(Settings):
            value = getattr(self.start, one.name)
            if one.name in ("data", "seed") or value != getattr(usual, one.name):
                parts.append(f"{one.name}={_written(value)}")
        parts.append(f"steps={self.steps}")
        parts += [f"{change.step}:{change.name}={_written(change.value)}" for change in self.changes]
        return ";".join(parts)

    @classmethod
    def parse(cls, text: str) -> Plan:
        """Return what a state string says; what it does not say is as usual.

        Raises
        ------
        ValueError
            If it is no such string; the message says which part is wrong and what would be right.
        """
        if not isinstance(text, str):
            raise ValueError(f"a state is a string such as {str(cls())!r}, not {text!r:.60}")
        version, *parts = [part.strip() for part in text.strip().strip("'\"").split(";")]
        if version != VERSION:
            raise ValueError(
                f"a state string begins with {VERSION!r}, as in {str(cls())!r}; this one begins with "
                f"{version!r:.40}"
            )
        said: dict[str, Any] = {}
        changes: list[Change] = []
        for part in filter(None, parts):
            key, equals, value = part.partition("=")
            at, colon, name = key.partition(":")
            if not equals:
                raise ValueError(f"the part {part!r:.60} of the state says nothing: it needs name=value")
            if colon:
                changes.append(_change(at, name, value, changes))
            elif key in said:
                raise ValueError(f"the state says {key} twice: {_written(said[key])} and {value:.40}")
            else:
                said[key] = _read(key, value)
        steps = said.pop("steps", 0)
        if changes and changes[-1].step > steps:
            raise ValueError(
                f"the state changes {changes[-1].name} after {changes[-1].step} steps, but ends after {steps}"
            )
        return cls(Settings(**said), steps, tuple(changes))


def changed(settings: Settings, **changes: Any) -> Settings:
    """Return the settings with some of them changed.

    Raises
    ------
    ValueError
        If there is no such setting, or it does not take such a value.
    """
    known = [one.name for one in fields(Settings)]
    for name in changes:
        if name not in known:
            raise ValueError(f"no setting {name!r:.40}: there are {', '.join(known)}")
    return replace(settings, **changes)


# ---- what a setting may be ---------------------------------------------------------------------------------


def _one_of(*allowed: str) -> Callable[[str, Any], str]:
    def check(name: str, value: Any) -> str:
        if value not in allowed:
            raise ValueError(f"{name} is one of {', '.join(allowed)}; not {value!r:.60}")
        return str(value)

    return check


def _between(low: float, high: float) -> Callable[[str, Any], float]:
    def check(name: str, value: Any) -> float:
        number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not number or not low <= value <= high:  # also false for NaN
            raise ValueError(f"{name} is a number from {low:g} to {high:g}, not {value!r:.60}")
        return float(value)

    return check


def _whole(low: int, high: int) -> Callable[[str, Any], int]:
    def check(name: str, value: Any) -> int:
        if isinstance(value, bool) or not hasattr(value, "__index__") or not low <= value <= high:
            raise ValueError(f"{name} is a whole number from {low} to {high:,}, not {value!r:.60}")
        return int(value)

    return check


def _positive(name: str, value: Any) -> float:
    value = _between(0.0, 100.0)(name, value)
    if not value > 0.0:
        raise ValueError(f"{name} is a number above 0 and at most 100, not {value!r}")
    return value


def _features(name: str, value: Any) -> tuple[str, ...]:
    chosen = _sequence(name, value)
    for feature in chosen:
        if feature not in FEATURES:
            raise ValueError(f"no feature {feature!r:.60}: there are {', '.join(FEATURES)}")
    if not chosen:
        raise ValueError(f"the network needs a feature at least: {', '.join(FEATURES)}")
    return tuple(feature for feature in FEATURES if feature in chosen)


def _layers(name: str, value: Any) -> tuple[int, ...]:
    units = _sequence(name, value)
    if len(units) > MOST_LAYERS:
        raise ValueError(f"there are at most {MOST_LAYERS} hidden layers, not {len(units)}")
    return tuple(_whole(1, MOST_UNITS)("the number of units of a layer", one) for one in units)


def _sequence(name: str, value: Any) -> Sequence[Any]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise ValueError(f"{name} is a list, not {value!r:.60}")
    return list(value)


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "data": _one_of(*DATA),
    "noise": _between(0.0, 0.5),
    "test": _between(0.1, 0.9),
    "features": _features,
    "layers": _layers,
    "activation": _one_of(*ACTIVATIONS),
    "learning_rate": _positive,
    "regularisation": _one_of(*REGULARISATIONS),
    "rate": _between(0.0, 10.0),
    "batch_size": _whole(1, SAMPLES),
    "seed": _whole(0, 2**32 - 1),
}


# ---- the string --------------------------------------------------------------------------------------------


def _written(value: Any) -> str:
    return (",".join(map(str, value)) or "none") if isinstance(value, tuple) else str(value)


def _read(name: str, text: str) -> Any:
    """Return what a part of a state string says of a setting, checked."""
    if name == "steps":
        return _whole(0, MOST_STEPS)(name, _number(text))
    if name not in _CHECKS:
        raise ValueError(f"the state has {name!r:.40}, which is no setting: {', '.join((*_CHECKS, 'steps'))}")
    if name == "features":
        return _features(name, text.split(","))
    if name == "layers":
        return _layers(name, [] if text == "none" else [_number(units) for units in text.split(",")])
    text_only = name in ("data", "activation", "regularisation")
    return _CHECKS[name](name, text if text_only else _number(text))


def _number(text: str) -> Any:
    """Return a number; text that is none stays, for the check that follows to refuse."""
    try:
        return int(text) if text.isascii() and text.isdigit() and len(text) < 20 else _finite(text)
    except ValueError:
        return text


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError
    return value


def _change(at: str, name: str, value: str, before: Sequence[Change]) -> Change:
    step = _whole(1, MOST_STEPS)("the step of a change", _number(at))
    if name not in LIVE:
        raise ValueError(f"{name!r:.40} does not change during training: only {', '.join(LIVE)} do")
    if before and before[-1].step > step:
        raise ValueError(
            f"the state changes {name} after {step} steps, later than what follows step "
            f"{before[-1].step}: changes stand in their order"
        )
    return Change(step, name, _read(name, value))
