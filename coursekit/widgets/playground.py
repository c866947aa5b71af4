"""``playground``: a small network, trained while one looks."""

from __future__ import annotations

import threading
import time
from base64 import b64encode
from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets

from coursekit.drawing import theme
from coursekit.nn import Sequential
from coursekit.widgets import playground_settings as known
from coursekit.widgets.background import Background
from coursekit.widgets.base import Explorer, joined, plot_style
from coursekit.widgets.playground_model import REACH, Diverged, Experiment
from coursekit.widgets.playground_settings import Plan, Settings

__all__ = ["Playground", "playground"]

FRAME = 0.025  # seconds from one frame to the next
WORK = 0.012  # of which training may take so much: the rest is for others, such as the cell that runs
AHEAD = 4  # frames that may be on their way to the browser
PATIENCE = 0.1  # seconds after which a frame is sent all the same: a cell that runs may keep answers back
NOBODY = 30.0  # seconds after which training ends if no page shows it any more
SAVED = 2.0  # seconds from one state that is kept with the notebook to the next
CURVE = 200  # points of a loss curve

Json = dict[str, Any]


def playground(state: str | None = None, **settings: Any) -> Playground:
    """Train a small network on points in the plane and see its decision boundary, weights and gradients.

    Training runs in the kernel, on coursekit's own graphs; play, pause and step are in the picture, and in
    Python: a lecture can drive it.

    Parameters
    ----------
    state
        A ``state_string`` of another playground: the same network is trained again, as far as it was there.
    **settings
        Where to start: ``data`` ("circles", "xor", "gaussians", "spirals"), ``noise`` (0 to 0.5), ``test``
        (the share of the points that is held out), ``features`` (of "x1", "x2", "x1^2", "x2^2", "x1*x2",
        "sin(x1)", "sin(x2)"), ``layers`` (units of each hidden layer), ``activation`` ("tanh", "relu",
        "sigmoid", "linear"), ``learning_rate``, ``regularisation`` ("none", "l1", "l2"), ``rate``,
        ``batch_size``, ``seed``.

    Returns
    -------
    Playground
        The widget; a notebook shows it.

    Raises
    ------
    ValueError
        If a setting or the state is not one; the message says what would be.

    >>> widget = playground(data="gaussians", layers=[2], seed=3)
    >>> widget.step(100)
    100
    >>> widget.losses["train"][100] < widget.losses["train"][0] / 2
    True
    >>> widget.state_string
    'ck1;data=gaussians;layers=2;seed=3;steps=100'
    """
    if state is None:
        return Playground(Plan(known.changed(Settings(), **settings)))
    if settings:
        raise ValueError(f"a state has its own settings: give either state= or {', '.join(settings)}")
    widget = Playground(Plan.parse(state))
    widget.restore(state)
    return widget


class Playground(Explorer):
    """The widget that :func:`playground` returns.

    Attributes
    ----------
    wires : {"weights", "gradients"}
        What the width and colour of the wires show.
    speed : int
        Gradient steps a second while playing; 0 is as many as there is time for.
    show_test, two_colours : bool
        Whether the held-out points are shown, and the boundary without shades.
    playing : bool
        Whether it is training now.
    problem : str
        What ended the training, if it was an error.
    """

    _esm = joined("shared.js", "frame.js", "playground.js")
    _css = plot_style("playground.css")

    scene = traitlets.Dict().tag(sync=True)
    settings = traitlets.Dict().tag(sync=True)
    frame = traitlets.Dict().tag(sync=True)
    playing = traitlets.Bool(False).tag(sync=True)
    problem = traitlets.Unicode("").tag(sync=True)
    wires = traitlets.Enum(("weights", "gradients"), "weights").tag(sync=True)
    speed = traitlets.Enum((0, 10, 50, 250, 1000), 250).tag(sync=True)
    show_test = traitlets.Bool(False).tag(sync=True)
    two_colours = traitlets.Bool(False).tag(sync=True)

    def __init__(self, plan: Plan) -> None:
        self._experiment = Experiment(plan.start)
        self._background = Background()
        self._lock = threading.RLock()  # who computes holds it
        self._control = threading.RLock()  # who starts and ends training holds it; the training never does
        self._error: Exception | None = None
        self._sent = self._shown = 0  # numbers of frames; shown: by a page
        self._heard = self._posted = 0.0  # when a page last told that it showed one; when one was sent
        self._watched = False  # whether a page has ever shown one
        super().__init__(title="A playground for a small network")
        self._tell_all()
        self.on_msg(self._answer)

    # ---- for lectures ------------------------------------------------------------------------------------

    @property
    def network(self) -> Sequential:
        """The network itself; its one output is the logit of class 1."""
        return self._experiment.network

    @property
    def steps(self) -> int:
        """How many gradient steps have been taken."""
        return self._experiment.steps

    @property
    def losses(self) -> dict[str, list[float]]:
        """The mean cross-entropy on the points for "train" and for "test": at step 0 and after each step."""
        with self._lock:
            return {"train": list(self._experiment.train_losses), "test": list(self._experiment.test_losses)}

    @property
    def gradients(self) -> dict[str, Any]:
        """The gradient of training loss and penalty by parameter name: what the wires show."""
        with self._lock:
            return self._experiment.gradients()

    @property
    def state_string(self) -> str:
        """A short text from which ``playground(state=…)`` comes to the same network by training it again."""
        with self._lock:
            return str(self._experiment.plan)

    def step(self, steps: int = 1) -> int:
        """Train for some gradient steps; return how many were taken: fewer if somebody pauses.

        Raises
        ------
        ArithmeticError
            If the loss grows beyond all numbers.
        """
        if isinstance(steps, bool) or not isinstance(steps, int) or steps < 0:
            raise ValueError(f"a number of steps is a whole number from 0 up, not {steps!r:.60}")
        with self._control:
            self.pause()
            before = self.steps
            self._start(until=before + steps, hurry=True)
            self._background.wait()
            self._raise_error()
            return self.steps - before

    def play(self) -> None:
        """Train until somebody pauses; the cell ends, and others can run meanwhile."""
        with self._control:
            if not self.playing:
                self._start(until=None, hurry=False)

    def pause(self) -> None:
        """End the training; return when it has ended."""
        self._background.tell()  # at once, whoever is in control
        with self._control:
            self._background.stop()

    def reset(self) -> None:
        """Go back to step 0 with the same seed and the present settings."""
        with self._control:
            self.pause()
            with self._lock:
                self._experiment.begin(Plan(self._experiment.settings))
            self._tell_all()

    def change(self, **settings: Any) -> None:
        """Change settings; learning rate, regularisation, its rate and the batch size without a new start.

        Raises
        ------
        ValueError
            If a setting does not exist or does not take the value; then nothing has changed.
        """
        known.changed(Settings(**self._chosen()), **settings)  # a wrong one interrupts nothing
        with self._control:
            live = all(name in known.LIVE for name in settings)
            if not live:
                self.pause()
            with self._lock:
                anew = self._experiment.change(**settings)
            if anew:
                self._tell_all()
            else:
                self.settings = self._experiment.settings.as_json()
                if not self.playing:
                    self._tell_frame()

    def restore(self, state: str) -> None:
        """Come to the state that a ``state_string`` says, by training; return when it is reached.

        Raises
        ------
        ValueError
            If it is no such string; then nothing has changed.
        """
        self._restore(state)
        self._background.wait()
        self._raise_error()

    def close(self) -> None:
        """End the training and remove the widget."""
        self._background.tell()
        super().close()

    # ---- training ----------------------------------------------------------------------------------------

    def _chosen(self) -> Json:
        with self._lock:
            return self._experiment.settings.as_json()

    def _restore(self, state: str) -> None:
        plan = Plan.parse(state)
        with self._control:
            self.pause()
            with self._lock:
                self._experiment.begin(plan)
            self._tell_all()
            self._start(until=plan.steps, hurry=True)

    def _start(self, until: int | None, hurry: bool) -> None:
        self._background.stop()
        self._error, self.problem = None, ""
        self._heard = time.monotonic()
        self._shown = self._sent
        self.playing = True
        self._background.start(lambda stop: self._train(stop, until, hurry))

    def _raise_error(self) -> None:
        if self._error is not None:
            raise self._error

    def _train(self, stop: threading.Event, until: int | None, hurry: bool) -> None:
        """Train, frame by frame; the work of the thread."""
        saved = before = time.monotonic()
        due = 0.0
        try:
            while not stop.is_set():
                now = time.monotonic()
                due = min(due + self.speed * (now - before), 0.2 * self.speed)  # what is missed stays missed
                before = now
                wanted = int(due) if self.speed and not hurry else known.MOST_STEPS
                left = known.MOST_STEPS if until is None else until - self.steps
                due -= self._train_for(min(wanted, left), now + WORK, stop)
                if until is not None and self.steps >= until:
                    return
                if self._nobody_looks(now):
                    raise TimeoutError("paused: no page has shown the training for some time")
                self._send_frame(now)
                if now - saved > SAVED:  # somebody may save the notebook meanwhile
                    saved = now
                    self._tell_frame()
                stop.wait(max(0.002, FRAME - (time.monotonic() - now)))
        except Exception as error:  # it is shown in the widget: nobody reads a thread's errors
            self._error = error
            told = isinstance(error, (Diverged, TimeoutError, ValueError))
            self.problem = str(error) if told else f"{type(error).__name__}: {error}"
        finally:
            self.settings = self._chosen()
            self._tell_frame()
            self.playing = False

    def _train_for(self, steps: int, deadline: float, stop: threading.Event) -> int:
        """Take some steps, as many as there is time for; return how many."""
        taken = 0
        while taken < steps and not stop.is_set() and (time.monotonic() < deadline or not taken):
            with self._lock:
                taken += self._experiment.advance(min(5, steps - taken))
        return taken

    def _nobody_looks(self, now: float) -> bool:
        """Tell whether a page that showed the training is gone."""
        return self._watched and now - self._heard > NOBODY

    # ---- telling the browser -----------------------------------------------------------------------------

    def _send_frame(self, now: float) -> None:
        """Send what there is to see, unless the page has not shown the last ones yet."""
        if self._sent - self._shown >= AHEAD and now - self._posted < PATIENCE:
            return
        self._posted = now
        self._sent += 1
        with self._lock:
            numbers, arrays = self._seen()
        self.send({"kind": "frame", **numbers}, list(arrays.values()))

    def _tell_frame(self) -> None:
        """Set the trait that a saved notebook keeps."""
        self._sent += 1
        with self._lock:
            numbers, arrays = self._seen()
        self.frame = {**numbers, **{name: b64encode(data).decode() for name, data in arrays.items()}}

    def _tell_all(self) -> None:
        """Tell the browser all: after a new start."""
        with self._lock, self.hold_sync():
            chosen = self._experiment.settings
            self.settings = chosen.as_json()
            self.scene = _scene(self._experiment)
            self.problem = ""
            self._tell_frame()

    def _seen(self) -> tuple[Json, dict[str, bytes]]:
        """Return the numbers of a frame, and its arrays as bytes."""
        experiment = self._experiment
        boundary, units = experiment.plane()
        curve = np.unique(np.linspace(0, experiment.steps, CURVE).round().astype(int))
        losses = [
            [curve_of[i] for i in curve] for curve_of in (experiment.train_losses, experiment.test_losses)
        ]
        gradients = experiment.gradients()
        arrays = {
            "boundary": _shades(2.0 * boundary - 1.0),
            "units": b"".join(
                _shades(unit / max(1.0, np.abs(unit).max())) for maps in units for unit in maps
            ),
            "weights": _flat(experiment.weights()),
            "gradients": _flat([gradients[name] for name in experiment.parameters]),
            "curve": _flat([curve, *losses]),
        }
        numbers = {
            "number": self._sent,
            "steps": experiment.steps,
            "epochs": experiment.epochs,
            "state": str(experiment.plan),
        }
        return numbers, arrays

    # ---- answering the browser ---------------------------------------------------------------------------

    def _answer(self, widget: Any, content: Any, buffers: Any) -> None:
        """Do what the page asks for, and say that it is done, or what is wrong."""
        if not isinstance(content, dict):
            return
        if content.get("kind") == "shown":
            self._heard, self._watched = time.monotonic(), True
            self._shown = max(self._shown, min(self._sent, int(content.get("number", 0))))
            return
        problem = ""
        try:
            self._do(content)
        except Exception as error:  # it is shown in the widget, which asked for it
            problem = str(error) if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        self.send({"kind": "answer", "ticket": content.get("ticket"), "problem": problem})

    def _do(self, asked: Json) -> None:
        kind = asked.get("kind")
        if kind == "play":
            self.play()
        elif kind == "pause":
            self.pause()
        elif kind == "step":
            with self._control:
                self.pause()
                self._start(until=self.steps + int(asked.get("steps", 1)), hurry=True)
        elif kind == "reset":
            self.reset()
        elif kind == "change":
            self.change(**dict(asked.get("settings", {})))
        elif kind == "restore":
            self._restore(asked.get("state", ""))

    def __repr__(self) -> str:
        return f"Playground({self.state_string!r})"


def _scene(experiment: Experiment) -> Json:
    """Return what stays the same from one start to the next, as plain JSON."""
    return {
        "points": experiment.points.round(2).tolist(),
        "classes": experiment.classes.tolist(),
        "held_in": experiment.held_in,
        "inputs": b64encode(_shades(experiment.inputs() / REACH)).decode(),
        "reach": REACH,
        "shades": list(theme.SHADES),
        "most": [known.MOST_LAYERS, known.MOST_UNITS],
        "choices": {
            "data": list(known.DATA),
            "features": list(known.FEATURES),
            "activation": list(known.ACTIVATIONS),
            "regularisation": list(known.REGULARISATIONS),
        },
    }


def _shades(values: Any) -> bytes:
    """Return numbers from −1 to 1 as bytes from 1 to 255, zero as 128."""
    clipped: Any = np.clip(values, -1.0, 1.0)
    shades: bytes = (128.0 + 127.0 * clipped).round().astype(np.uint8).tobytes()
    return shades


def _flat(arrays: Sequence[Any]) -> bytes:
    """Return all entries one after the other as float64, the smallest byte first."""
    flat: bytes = np.concatenate([np.ravel(one) for one in arrays]).astype("<f8").tobytes()
    return flat
