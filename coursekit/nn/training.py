"""Training: mini-batches, the loop over epochs, and the record of how it went."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from coursekit.errors import GateError, NotANumberWarning
from coursekit.functions import cross_entropy
from coursekit.nn.data import Dataset, train_test_split
from coursekit.nn.layer import Layer, Seed
from coursekit.nn.layers import BatchNorm
from coursekit.nn.optimisers import Adam, Optimiser
from coursekit.nn.regularisation import EarlyStopping
from coursekit.nn.sequential import Loss, Sequential
from coursekit.nn.targets import as_targets, share_right
from coursekit.values import as_value

if TYPE_CHECKING:
    from coursekit.nn.curves import LearningCurves

__all__ = ["History", "fit", "minibatches"]

Validation = float | tuple[Any, Any] | Dataset | None


@dataclass
class History:
    """How a training went, epoch by epoch; all curves are measured after the epoch, with the network in use.

    Attributes
    ----------
    loss, accuracy : list of float
        On the training data, without penalties. The accuracy is empty where there are no classes.
    validation_loss, validation_accuracy : list of float
        On held-out data, if there were any.
    best_epoch : int or None
        The epoch, counted from 1, of the least validation loss (or of what early stopping monitors); the
        last epoch without validation.
    stopped : str
        Why training ended.
    """

    loss: list[float] = field(default_factory=list)
    accuracy: list[float] = field(default_factory=list)
    validation_loss: list[float] = field(default_factory=list)
    validation_accuracy: list[float] = field(default_factory=list)
    best_epoch: int | None = None
    stopped: str = ""

    def __len__(self) -> int:
        return len(self.loss)

    def plot(self) -> LearningCurves:
        """Draw the learning curves: loss, and accuracy where there is one; the best epoch is marked.

        Returns
        -------
        A matplotlib figure, which a notebook shows.
        """
        from coursekit.nn.curves import LearningCurves

        panels = {"loss": (self.loss, self.validation_loss)}
        if self.accuracy:
            panels["accuracy"] = (self.accuracy, self.validation_accuracy)
        return LearningCurves(panels, self.best_epoch)

    def __repr__(self) -> str:
        if not self.loss:
            return "History(nothing trained yet)"
        text = f"History({len(self)} epochs, loss {self.loss[-1]:.4g}"
        if self.validation_loss and self.best_epoch:
            best = self.validation_loss[self.best_epoch - 1]
            text += f", best epoch {self.best_epoch} with validation loss {best:.4g}"
        return f"{text}; {self.stopped})"


def minibatches(
    x: Any, y: Any, batch_size: int | None = 32, *, seed: Seed = None, smallest: int = 1
) -> Iterator[tuple[Any, Any]]:
    """Yield the samples in batches, in a new random order: one epoch (BER-31).

    Random, because samples that follow each other in a file are often alike, and a batch of them would
    point the wrong way.

    Parameters
    ----------
    x, y
        Arrays with as many rows.
    batch_size
        The number of samples in a batch; the last may be smaller. ``None``: one batch of all.
    seed
        For the order; a generator gives a new order each time.
    smallest
        A rest with fewer samples joins the batch before it.

    Raises
    ------
    ValueError
        If x and y differ in length, or the batch size is below 1.

    >>> [y.tolist() for _, y in minibatches(np.zeros((5, 1)), np.arange(5), 2, seed=0)]
    [[2, 4], [3, 0], [1]]
    """
    samples = len(x)
    if samples != len(y):
        raise ValueError(f"{samples} samples, but {len(y)} targets: each sample needs one")
    size = samples if batch_size is None else batch_size
    if size < 1:
        raise ValueError(
            f"a batch has at least one sample, and there must be samples; batch_size is {batch_size!r}"
        )
    order = np.random.default_rng(seed).permutation(samples)
    starts = list(range(0, samples, size))
    if len(starts) > 1 and samples - starts[-1] < smallest:
        starts.pop()
    for start, end in zip(starts, [*starts[1:], samples], strict=True):
        yield x[order[start:end]], y[order[start:end]]


def fit(
    net: Layer,
    x: Any,
    y: Any,
    *,
    loss: Loss = cross_entropy,
    optimiser: Optimiser | None = None,
    epochs: int = 20,
    batch_size: int | None = 32,
    validation: Validation = None,
    early_stopping: int | EarlyStopping | None = None,
    l1: float = 0.0,
    l2: float = 0.0,
    seed: Seed = 0,
    progress: bool | None = None,
    callback: Callable[[int, History], Any] | None = None,
    compiled: bool = True,
) -> History:
    """Train a network: for each epoch, for each mini-batch, forward, backward, one step of the optimiser.

    Parameters
    ----------
    net
        The network. It is left in use (``eval``), with the parameters of the last epoch, or with early
        stopping of the best.
    x, y
        (N, features), and N targets: class numbers, values, or rows of the shape of the outputs.
    loss
        A function of outputs and targets.
    optimiser
        Left out, ``Adam(0.01)``.
    epochs
        How often all samples are seen, at most.
    batch_size
        Samples a step; ``None``: all of them, which makes it gradient descent proper.
    validation
        Held-out data to measure on after every epoch: (x, y), a data set, or a share of the samples, which
        is then split off and not trained on.
    early_stopping
        The patience in epochs, or an :class:`~coursekit.nn.regularisation.EarlyStopping`; needs
        ``validation``.
    l1, l2
        Strengths of the penalties Σ|w| and Σw², added to the loss that is minimised (USC-23).
    seed
        For the order of the samples and the split. Start values and dropout have seeds of their own.
    progress
        Whether to show a progress bar; ``None``: in a terminal or notebook, if tqdm is installed.
    callback
        Called after every epoch with its number, from 1, and the history so far.
    compiled
        Whether to run generated code, which gives the same numbers faster. Networks with layers that cannot
        be recorded are run define-by-run in any case.

    Returns
    -------
    The history of the training.

    Raises
    ------
    GateError
        If shapes do not fit, or x or y hold what is no number.
    ValueError
        If early stopping has nothing to judge by, or a number makes no sense.

    Warns
    -----
    NotANumberWarning
        If the loss grows beyond all numbers. Training then ends with the parameters with which that epoch
        began.

    >>> import coursekit as ck
    >>> net = ck.Sequential(ck.Affine(2, 2), ck.Tanh(), ck.Affine(2, 1), seed=6)
    >>> data = ck.xor()
    >>> history = fit(net, data.x, data.y, loss=ck.binary_cross_entropy_with_logits,
    ...               optimiser=ck.Adam(0.1), epochs=200, batch_size=None)
    >>> history.accuracy[-1], (net.predict(data.x) > 0).astype(int).ravel()
    (1.0, array([0, 1, 1, 0]))
    """
    network = net if isinstance(net, Sequential) else Sequential(net)
    if epochs < 1:
        raise ValueError(f"epochs is a number from 1 up, not {epochs!r}")
    rng, optimiser = np.random.default_rng(seed), optimiser or Adam(0.01)
    training, held_out = _prepared(network, x, y, validation, rng)
    rule = EarlyStopping(early_stopping) if isinstance(early_stopping, int) else early_stopping
    if rule is not None and held_out is None:
        raise ValueError("early stopping judges by held-out data: give validation=, e.g. validation=0.2")
    step = _step(network.train(), training, loss, l1, l2, compiled)
    run = _Run(
        network, loss, optimiser, step, training, held_out, rule, History(stopped=f"all {epochs} epochs")
    )
    smallest = 2 if any(isinstance(layer, BatchNorm) for layer in network.layers_within()) else 1
    with _progress_bar(epochs, progress) as bar:
        for epoch in range(1, epochs + 1):
            run.epoch(minibatches(*training, batch_size, seed=rng, smallest=smallest))
            if callback is not None and not run.diverged:
                callback(epoch, run.history)
            _show(bar, run.history)
            if run.ended:
                break
    run.finish()
    return run.history


# ---- the parts of fit ------------------------------------------------------------------------------------

Samples = tuple[Any, Any]
Step = Callable[[Any, Any], tuple[float, dict[str, Any]]]


def _prepared(
    net: Sequential, x: Any, y: Any, validation: Validation, rng: np.random.Generator
) -> tuple[Samples, Samples | None]:
    """Return the samples to train on and those held out, as float arrays that fit the network."""
    if isinstance(validation, Dataset):
        validation = (validation.x, validation.y)
    if isinstance(validation, (int, float)):
        x, x_held, y, y_held = train_test_split(x, y, test=validation, seed=rng)
        validation = (x_held, y_held)
    training = _samples(net, x, y, "x")
    return training, None if validation is None else _samples(net, *validation, "the validation data")


def _samples(net: Sequential, x: Any, y: Any, name: str) -> Samples:
    values = as_value(x, name)
    if not np.isfinite(values).all():
        raise GateError(
            f"{name} holds numbers that are NaN or infinite: {np.sum(~np.isfinite(values))} of them"
        )
    if np.ndim(values) < 2 or not len(values):
        raise GateError(f"{name} needs samples in rows, shape (N, features), not shape {np.shape(values)}")
    if len(values) != len(y):
        raise GateError(f"{name}: {len(values)} samples, but {len(y)} targets")
    outputs = net.eval().output_shape(values.shape)
    return values, as_targets(y, tuple(n for n in outputs if n is not None))


def _step(net: Sequential, training: Samples, loss: Loss, l1: float, l2: float, compiled: bool) -> Step:
    """Return what computes loss and gradients of a batch: generated code where that is possible."""
    if compiled and all(layer.compiles for layer in net.layers_within()):
        x, y = training
        return net.compile(loss, x[:2], y[:2], l1=l1, l2=l2)
    return lambda x, y: net.loss_and_gradients(x, y, loss, l1=l1, l2=l2)


@dataclass
class _Run:
    """A training under way."""

    net: Sequential
    loss: Loss
    optimiser: Optimiser
    step: Step
    training: Samples
    held_out: Samples | None
    rule: EarlyStopping | None
    history: History
    ended: bool = False
    diverged: bool = False
    best: dict[str, Any] = field(default_factory=dict)

    def epoch(self, batches: Iterator[Samples]) -> None:
        """Train on all batches, measure, and decide whether that was enough."""
        before, history, rule = self.net.train().state(), self.history, self.rule
        with np.errstate(
            over="ignore", invalid="ignore", divide="ignore"
        ):  # told at the end, in one sentence
            if not (self._train(batches) and self._measure()):
                self.net.load(before)
                self.ended = self.diverged = True
                history.stopped = f"the loss was no longer finite in epoch {len(history) + 1}"
                return
        history.best_epoch = _best(history, rule)
        if rule is not None:
            if history.best_epoch == len(history):
                self.best = self.net.state()
            if rule.stop(_monitored(history, rule)):
                self.ended = True
                history.stopped = f"no better for {rule.patience} epochs"

    def finish(self) -> None:
        """Leave the network in use, with the parameters that are to stay; warn if training failed."""
        if self.best:
            self.net.load(self.best)
        self.net.eval()
        if self.diverged:
            advice = f"try a learning rate below {self.optimiser.learning_rate:g}, or clip_norm=1.0"
            warnings.warn(f"{self.history.stopped}: {advice}", NotANumberWarning, stacklevel=3)

    def _train(self, batches: Iterator[Samples]) -> bool:
        """Take a step for each batch; return False at once when the loss is no longer finite."""
        parameters = self.net.parameters()
        for x, y in batches:
            value, gradients = self.step(x, y)
            if not math.isfinite(value):
                return False
            self.optimiser.step(parameters, gradients)
        return True

    def _measure(self) -> bool:
        """Add losses and accuracies to the history; return False if the loss is not finite."""
        loss, accuracy = self._measured(*self.training)
        if not math.isfinite(loss):
            return False
        self.history.loss.append(loss)
        self.history.accuracy.extend(accuracy)
        if self.held_out is not None:
            loss, accuracy = self._measured(*self.held_out)
            self.history.validation_loss.append(loss)
            self.history.validation_accuracy.extend(accuracy)
        return True

    def _measured(self, x: Any, y: Any) -> tuple[float, list[float]]:
        outputs = self.net.predict(x)
        right = share_right(outputs, y, self.loss)
        return float(self.loss(outputs, y)), [] if right is None else [right]


def _monitored(history: History, rule: EarlyStopping) -> list[float]:
    curve = history.validation_loss if rule.monitor == "loss" else history.validation_accuracy
    if not curve:
        raise ValueError(
            "early stopping monitors the accuracy, but the targets are no classes: monitor the loss"
        )
    return curve


def _best(history: History, rule: EarlyStopping | None) -> int:
    rule = rule or EarlyStopping(1)
    return rule.best(_monitored(history, rule)) if history.validation_loss else len(history)


def _progress_bar(epochs: int, wanted: bool | None) -> Any:
    """Return a tqdm bar, or what does nothing: where nobody looks, or tqdm is not installed."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    notebook = getattr(shell, "kernel", None) is not None
    if wanted is False or (wanted is None and not notebook and not sys.stderr.isatty()):
        return nullcontext()
    try:
        from tqdm.auto import tqdm
    except ImportError:
        return nullcontext()
    return tqdm(total=epochs, desc="training", unit="epoch", leave=False)


def _show(bar: Any, history: History) -> None:
    if bar is not None and history.loss:
        bar.set_postfix(
            loss=f"{history.loss[-1]:.4g}",
            **({"accuracy": f"{history.accuracy[-1]:.1%}"} if history.accuracy else {}),
        )
        bar.update()
