"""Training: XOR and digits are learned, a seed gives the same numbers, early stopping finds its epoch."""

from __future__ import annotations

import sys
import warnings
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coursekit as ck


def xor_net(seed: int = 6) -> Any:
    return ck.Sequential(ck.Affine(2, 2), ck.Tanh(), ck.Affine(2, 1), seed=seed)


def train_xor(net: Any, **options: Any) -> Any:
    data = ck.xor()
    settings: dict[str, Any] = {
        "loss": ck.binary_cross_entropy_with_logits,
        "optimiser": ck.Adam(0.1),
        "epochs": 200,
        "batch_size": None,
    }
    return ck.fit(net, data.x, data.y, **{**settings, **options})


# ---- it learns ---------------------------------------------------------------------------------------------


def test_a_net_of_two_hidden_neurons_learns_xor() -> None:
    net = xor_net()
    history = train_xor(net)
    assert history.accuracy[-1] == 1.0
    assert history.loss[-1] < 0.02
    np.testing.assert_array_equal((net.predict(ck.xor().x) > 0).ravel(), [False, True, True, False])


def test_a_linear_model_predicts_one_half_everywhere_on_xor() -> None:
    net = ck.Sequential(ck.Affine(2, 1, seed=0))
    optimiser = ck.GradientDescent(0.3)
    history = train_xor(net, loss=ck.l2_loss, optimiser=optimiser, epochs=400)
    np.testing.assert_allclose(net.predict(ck.xor().x), 0.5, atol=1e-6)  # HAR-06
    assert history.loss[-1] == pytest.approx(0.25, abs=1e-9)


def test_full_batch_descent_on_a_line_lands_on_the_normal_equations() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 3))
    y = x @ [1.0, -2.0, 0.5] + 3.0 + rng.normal(0.0, 0.1, 50)
    net = ck.Sequential(ck.Affine(3, 1, seed=0))
    ck.fit(net, x, y, loss=ck.l2_loss, optimiser=ck.GradientDescent(0.2), epochs=200, batch_size=None)
    best, *_ = np.linalg.lstsq(np.column_stack([x, np.ones(50)]), y, rcond=None)
    np.testing.assert_allclose([*net[0].w.value.ravel(), *net[0].b.value], best, rtol=1e-8)


def test_spirals_are_learned() -> None:
    train, test = ck.spirals(300, arms=3).split(test=0.2)
    net = ck.Sequential(
        ck.Affine(2, 24, "he"), ck.ReLU(), ck.Affine(24, 24, "he"), ck.ReLU(), ck.Affine(24, 3), seed=0
    )
    history = ck.fit(net, train.x, train.y, epochs=120, validation=test)
    assert history.validation_accuracy[-1] >= 0.95


def test_handwritten_digits_are_read() -> None:
    train, test = ck.digits().split(test=0.2, seed=0)
    net = ck.Sequential(ck.Affine(64, 32, "he"), ck.ReLU(), ck.Affine(32, 10), seed=0)
    history = ck.fit(net, train.x, train.y, epochs=15, validation=test)
    assert history.validation_accuracy[-1] > 0.95
    assert np.mean(net.predict(test.x).argmax(-1) == test.y) == history.validation_accuracy[-1]


def test_layers_that_differ_in_training_and_use_are_trained_too() -> None:
    train, test = ck.circles(300, seed=1).split()
    net = ck.Sequential(
        ck.Affine(2, 16), ck.BatchNorm(16), ck.ReLU(), ck.Dropout(0.1), ck.Affine(16, 1), seed=0
    )
    history = ck.fit(
        net,
        *(train.x, train.y),
        loss=ck.binary_cross_entropy_with_logits,
        epochs=40,
        batch_size=16,  # 240 samples
        validation=test,
    )
    assert history.validation_accuracy[-1] > 0.95


def test_a_single_layer_is_a_network_too() -> None:
    layer, data = ck.Affine(2, 2, seed=0), ck.gaussians(100)
    history = ck.fit(layer, data.x, data.y, epochs=40)
    assert history.accuracy[-1] > 0.95
    assert not np.array_equal(layer.w.value, ck.Affine(2, 2, seed=0).w.value)


# ---- the same seed, the same numbers -----------------------------------------------------------------------


@pytest.mark.parametrize("compiled", [True, False])
def test_the_same_seed_gives_identical_numbers(compiled: bool) -> None:
    data, states, curves = ck.circles(60), [], []
    for _ in range(2):
        net = ck.Sequential(
            ck.Affine(2, 5), ck.BatchNorm(5), ck.Tanh(), ck.Dropout(0.2), ck.Affine(5, 2), seed=4
        )
        history = ck.fit(net, data.x, data.y, epochs=3, validation=0.25, seed=9, compiled=compiled)
        states.append(net.state())
        curves.append((history.loss, history.validation_loss))
    assert curves[0] == curves[1]
    for name, value in states[0].items():
        np.testing.assert_array_equal(value, states[1][name])


def test_compiled_training_equals_define_by_run() -> None:
    data, curves = ck.spirals(90, arms=3), []
    for compiled in (True, False):
        net = ck.Sequential(
            ck.Affine(2, 8), ck.BatchNorm(8), ck.ReLU(), ck.Dropout(0.2), ck.Affine(8, 3), seed=1
        )
        optimiser = ck.Momentum(0.05, weight_decay=1e-3, clip_norm=1.0)
        history = ck.fit(
            net,
            *(data.x, data.y),
            optimiser=optimiser,
            epochs=6,
            batch_size=20,
            l1=1e-3,
            l2=1e-3,
            compiled=compiled,
        )
        curves.append(history.loss)
    np.testing.assert_allclose(curves[0], curves[1], rtol=1e-9)


def test_another_seed_shuffles_differently() -> None:
    losses = []
    for seed in (0, 1):
        net = ck.Sequential(ck.Affine(2, 2, seed=0))
        losses.append(ck.fit(net, ck.circles(50).x, ck.circles(50).y, epochs=1, batch_size=5, seed=seed).loss)
    assert losses[0] != losses[1]


def test_training_may_be_continued() -> None:
    net, optimiser = xor_net(), ck.Adam(0.1)
    train_xor(net, optimiser=optimiser, epochs=50)
    halfway = train_xor(net, optimiser=optimiser, epochs=50).loss
    whole = train_xor(xor_net(), epochs=100).loss
    np.testing.assert_allclose(halfway, whole[50:], rtol=1e-9)


# ---- mini-batches ------------------------------------------------------------------------------------------


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 50), st.integers(1, 3), st.integers(0, 9))
def test_an_epoch_shows_every_sample_once(n: int, size: int, smallest: int, seed: int) -> None:
    x = np.arange(float(n))[:, None]
    batches = list(ck.minibatches(x, np.arange(n), size, seed=seed, smallest=smallest))
    assert sorted(int(k) for _, y in batches for k in y) == list(range(n))
    assert all((x_batch.ravel() == y).all() for x_batch, y in batches)
    assert all(len(y) == size for _, y in batches[:-1])
    assert len(batches) == 1 or len(batches[-1][1]) >= min(smallest, size)


def test_a_generator_shuffles_anew_each_epoch() -> None:
    rng, x = np.random.default_rng(0), np.arange(20.0)[:, None]
    first, second = ([y.tolist() for _, y in ck.minibatches(x, np.arange(20), 4, seed=rng)] for _ in range(2))
    assert first != second


def test_batch_norm_never_meets_a_single_sample() -> None:
    data = ck.circles(33)
    net = ck.Sequential(ck.Affine(2, 3), ck.BatchNorm(3), ck.Affine(3, 2), seed=0)
    assert len(ck.fit(net, data.x, data.y, epochs=2, batch_size=32)) == 2
    with pytest.raises(ck.GateError, match="at least two samples"):
        ck.fit(net, data.x, data.y, epochs=1, batch_size=1)


# ---- early stopping ----------------------------------------------------------------------------------------


def memorising(**options: Any) -> tuple[Any, Any, list[dict[str, Any]]]:
    """Train a wide net on few noisy points: it soon learns them by heart. Keep the state of each epoch."""
    rng = np.random.default_rng(2)
    x = rng.normal(size=(40, 5))
    y = (x[:, 0] + rng.normal(0.0, 1.0, 40) > 0).astype(int)
    net, states = ck.Sequential(ck.Affine(5, 40), ck.Tanh(), ck.Affine(40, 2), seed=0), []
    history = ck.fit(
        net,
        *(x[:20], y[:20]),
        validation=(x[20:], y[20:]),
        epochs=60,
        batch_size=5,
        callback=lambda epoch, history: states.append(net.state()),
        **options,
    )
    return net, history, states


def test_early_stopping_picks_the_right_epoch_and_brings_it_back() -> None:
    net, history, states = memorising(early_stopping=7)
    curve = history.validation_loss
    assert history.best_epoch == 1 + int(np.argmin(curve))
    assert len(history) == history.best_epoch + 7 < 60
    assert history.stopped == "no better for 7 epochs"
    for name, value in net.state().items():
        np.testing.assert_array_equal(value, states[history.best_epoch - 1][name])
    # The same training without the rule goes on to fit the noise.
    longer_net, longer, longer_states = memorising()
    np.testing.assert_allclose(longer.validation_loss[: len(curve)], curve, rtol=1e-12)
    assert longer.validation_loss[-1] > 1.2 * min(curve)
    assert longer.loss[-1] < history.loss[-1]
    np.testing.assert_array_equal(longer_net.state()["w1"], longer_states[-1]["w1"])


def test_early_stopping_may_watch_the_accuracy() -> None:
    _, history, _ = memorising(early_stopping=ck.EarlyStopping(5, "accuracy"))
    assert history.best_epoch == 1 + int(np.argmax(history.validation_accuracy))


def test_the_best_comes_back_even_if_patience_lasted() -> None:
    net, history, states = memorising(early_stopping=1000)
    assert history.stopped == "all 60 epochs"
    assert history.best_epoch is not None
    assert history.best_epoch < 60
    np.testing.assert_array_equal(net.state()["w1"], states[history.best_epoch - 1]["w1"])


# ---- history and what is shown -----------------------------------------------------------------------------


def test_curves_are_those_of_the_network_in_use() -> None:
    data = ck.circles(40)
    net = ck.Sequential(ck.Affine(2, 8), ck.Dropout(0.5), ck.ReLU(), ck.Affine(8, 2), seed=0)
    history = ck.fit(net, data.x, data.y, epochs=3, l2=0.1, validation=(data.x, data.y))
    assert history.loss == history.validation_loss
    assert history.loss[-1] == pytest.approx(ck.cross_entropy(net.predict(data.x), data.y), rel=1e-12)
    assert history.accuracy[-1] == ck.accuracy(net.predict(data.x), data.y)
    assert not net.training


def test_regression_has_no_accuracy() -> None:
    x = np.linspace(-1, 1, 20)[:, None]
    net = ck.Sequential(ck.Affine(1, 1, seed=0))
    history = ck.fit(net, x, x**2, loss=ck.l2_loss, epochs=2, validation=0.2)
    assert history.accuracy == history.validation_accuracy == []
    with pytest.raises(ValueError, match="monitor the loss"):
        ck.fit(net, x, x**2, loss=ck.l2_loss, validation=0.2, early_stopping=ck.EarlyStopping(2, "accuracy"))


def test_the_callback_sees_every_epoch() -> None:
    seen = []
    train_xor(xor_net(), epochs=3, callback=lambda epoch, history: seen.append((epoch, len(history))))
    assert seen == [(1, 1), (2, 2), (3, 3)]


@pytest.mark.parametrize("compiled", [True, False])
def test_a_callback_that_uses_the_network_does_not_disturb_training(compiled: bool) -> None:
    data, curves = ck.circles(60), []
    for disturb in (False, True):
        net = ck.Sequential(ck.Affine(2, 6), ck.BatchNorm(6), ck.Dropout(0.4), ck.Affine(6, 2), seed=0)
        look = partial(lambda net, epoch, history: net.eval()(data.x), net) if disturb else None
        curves.append(ck.fit(net, data.x, data.y, epochs=4, callback=look, compiled=compiled).loss)
    assert curves[0] == curves[1]


def test_history_says_in_a_line_how_it_went() -> None:
    assert repr(ck.History()) == "History(nothing trained yet)"
    history = train_xor(xor_net(), epochs=3)
    assert repr(history) == f"History(3 epochs, loss {history.loss[-1]:.4g}; all 3 epochs)"
    assert history.best_epoch == 3
    _, history, _ = memorising(early_stopping=7)
    assert f"best epoch {history.best_epoch} with validation loss {min(history.validation_loss):.4g}" in repr(
        history
    )


def test_learning_curves_show_the_numbers_of_the_history() -> None:
    _, history, _ = memorising(early_stopping=7)
    figure = history.plot()
    loss, accuracy = figure.axes
    assert (loss.get_xlabel(), loss.get_ylabel(), accuracy.get_ylabel()) == ("epoch", "loss", "accuracy")
    trained, validated, best = loss.lines
    np.testing.assert_array_equal(trained.get_ydata(), history.loss)
    np.testing.assert_array_equal(validated.get_ydata(), history.validation_loss)
    np.testing.assert_array_equal(validated.get_xdata(), np.arange(1, len(history) + 1))
    assert list(best.get_xdata()) == [history.best_epoch] * 2
    svg = figure._repr_svg_()
    assert svg.startswith("<?xml")
    assert svg == history.plot()._repr_svg_()


def test_curves_of_training_alone_have_no_best_epoch() -> None:
    (axes,) = ck.History(loss=[2.0, 1.0], best_epoch=2).plot().axes
    assert [line.get_label() for line in axes.lines] == ["training"]


@pytest.mark.parametrize("bar", [False, True])
def test_the_progress_bar_is_shown_when_asked_for(bar: bool, capsys: pytest.CaptureFixture[str]) -> None:
    train_xor(xor_net(), epochs=5, progress=bar)
    error = capsys.readouterr().err
    assert ("training" in error and "loss=" in error and "accuracy=" in error) is bar


def test_nobody_looks_so_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    train_xor(xor_net(), epochs=5)
    assert capsys.readouterr() == ("", "")


def test_without_tqdm_training_is_silent(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    assert len(train_xor(xor_net(), epochs=5, progress=True)) == 5
    assert capsys.readouterr().err == ""


# ---- what is wrong is said ---------------------------------------------------------------------------------


def test_a_diverging_loss_ends_training_with_finite_parameters() -> None:
    x = np.linspace(-1, 1, 20)[:, None]
    net = ck.Sequential(ck.Affine(1, 1, seed=0))
    states: list[Any] = []
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        history = ck.fit(
            net,
            *(x, x),
            loss=ck.l2_loss,
            optimiser=ck.GradientDescent(1000.0),
            epochs=500,
            batch_size=5,
            callback=lambda epoch, history: states.append(net.state()),
        )
    (warning,) = told  # not one for each overflow
    assert warning.category is ck.NotANumberWarning
    assert warning.filename == __file__
    assert str(warning.message) == f"{history.stopped}: try a learning rate below 1000, or clip_norm=1.0"
    assert len(history) < 500
    assert np.isfinite(history.loss).all()
    assert len(states) == len(history)  # the epoch that failed is not reported
    for name, value in net.state().items():
        np.testing.assert_array_equal(value, states[-1][name])
    assert "no longer finite" in history.stopped


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"x": np.ones((3, 2))}, "3 samples, but 4 targets"),
        ({"x": np.ones(4)}, r"samples in rows, shape \(N, features\), not shape \(4,\)"),
        ({"x": np.array([[1.0, np.nan]] * 4)}, "NaN or infinite: 4 of them"),
        ({"x": np.ones((0, 2)), "y": []}, r"samples in rows"),
        ({"x": np.ones((4, 5))}, r"Affine\(2, 2\) takes arrays of shape \(N, 2\)"),
        ({"early_stopping": 3}, "give validation="),
        ({"early_stopping": 0, "validation": 0.5}, "from 1 up"),
        ({"validation": 1.5}, "between 0 and 1"),
        ({"validation": (np.ones((3, 2)), [1, 0])}, "the validation data: 3 samples, but 2 targets"),
        ({"batch_size": 0}, "at least one sample"),
        ({"epochs": 0}, "epochs is a number from 1 up"),
    ],
)
def test_wrong_calls_are_explained_and_change_nothing(options: dict[str, Any], message: str) -> None:
    net = xor_net()
    before = net.state()
    given = {"x": ck.xor().x, "y": ck.xor().y, "loss": ck.l2_loss, **options}
    with pytest.raises(ValueError, match=message):
        ck.fit(net, given.pop("x"), given.pop("y"), **given)
    for name, value in before.items():
        np.testing.assert_array_equal(net.state()[name], value)
