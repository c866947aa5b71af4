"""The playground's settings, its state string, and the training that it shows."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coursekit as ck
from coursekit.widgets.playground_model import Diverged, Experiment, features_of
from coursekit.widgets.playground_settings import (
    ACTIVATIONS,
    DATA,
    FEATURES,
    REGULARISATIONS,
    Change,
    Plan,
    Settings,
)

SOME = st.builds(
    Settings,
    data=st.sampled_from(DATA),
    noise=st.floats(0.0, 0.5),
    test=st.floats(0.1, 0.9),
    features=st.lists(st.sampled_from(FEATURES), min_size=1, unique=True),
    layers=st.lists(st.integers(1, 8), max_size=6),
    activation=st.sampled_from(ACTIVATIONS),
    learning_rate=st.floats(0.0, 100.0, exclude_min=True),
    regularisation=st.sampled_from(REGULARISATIONS),
    rate=st.floats(0.0, 10.0),
    batch_size=st.integers(1, 500),
    seed=st.integers(0, 2**32 - 1),
)
CHANGES = st.one_of(
    st.tuples(st.integers(1, 10**6), st.just("learning_rate"), st.floats(0.001, 10.0)),
    st.tuples(st.integers(1, 10**6), st.just("regularisation"), st.sampled_from(REGULARISATIONS)),
    st.tuples(st.integers(1, 10**6), st.just("batch_size"), st.integers(1, 500)),
)


@st.composite
def plans(draw: Any) -> Plan:
    changes = sorted(draw(st.lists(CHANGES, max_size=4)), key=lambda one: one[0])
    last = changes[-1][0] if changes else 0
    return Plan(draw(SOME), last + draw(st.integers(0, 10**6)), tuple(Change(*one) for one in changes))


# ---- the string --------------------------------------------------------------------------------------------


@given(plans())
def test_a_state_string_says_its_plan(plan: Plan) -> None:
    assert Plan.parse(str(plan)) == plan
    assert str(Plan.parse(str(plan))) == str(plan)
    assert re.fullmatch(r"[\w;=,.:^*()+-]+", str(plan))  # nothing that mail or a notebook would change


def test_a_usual_state_is_short() -> None:
    assert str(Plan()) == "ck1;data=circles;seed=0;steps=0"
    assert str(Plan(Settings(layers=(), features=("sin(x1)", "x1^2")), 20)) == (
        "ck1;data=circles;features=x1^2,sin(x1);layers=none;seed=0;steps=20"
    )
    assert Plan.parse(" 'ck1' ") == Plan()  # copied with its quotes


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "begins with 'ck1', as in 'ck1;data=circles;seed=0;steps=0'; this one begins with ''"),
        ("ck2;data=xor", "this one begins with 'ck2'"),
        ("ck1;data=moons", "data is one of circles, xor, gaussians, spirals; not 'moons'"),
        ("ck1;colour=red", "the state has 'colour', which is no setting: data, noise, "),
        ("ck1;data", "the part 'data' of the state says nothing: it needs name=value"),
        ("ck1;noise=0.9", "noise is a number from 0 to 0.5, not 0.9"),
        ("ck1;noise=nan", "noise is a number from 0 to 0.5, not 'nan'"),
        ("ck1;noise=", "noise is a number from 0 to 0.5, not ''"),
        ("ck1;learning_rate=0", "learning_rate is a number above 0 and at most 100, not 0.0"),
        ("ck1;layers=4,9", "the number of units of a layer is a whole number from 1 to 8, not 9"),
        ("ck1;layers=1,1,1,1,1,1,1", "there are at most 6 hidden layers, not 7"),
        ("ck1;layers=2.5", "whole number from 1 to 8, not 2.5"),
        ("ck1;features=x3", "no feature 'x3': there are x1, x2, x1^2"),
        ("ck1;steps=99999999999", "steps is a whole number from 0 to 10,000,000, not 99999999999"),
        ("ck1;steps=1e3", "steps is a whole number from 0 to 10,000,000, not 1000.0"),
        ("ck1;seed=1;seed=2", "the state says seed twice: 1 and 2"),
        ("ck1;steps=5;9:rate=0.1", "the state changes rate after 9 steps, but ends after 5"),
        ("ck1;steps=9;9:rate=0.1;5:rate=0.2", "changes stand in their order"),
        ("ck1;steps=9;5:layers=3", "'layers' does not change during training: only learning_rate, "),
        ("ck1;steps=9;x:rate=1", "the step of a change is a whole number from 1 to 10,000,000, not 'x'"),
    ],
)
def test_a_string_that_is_no_state_says_why(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        Plan.parse(text)


@given(
    st.text(max_size=60) | st.text(alphabet="ck1;:=,.0123456789datxorsep", max_size=60).map("ck1;".__add__)
)
def test_no_string_does_anything_else(text: str) -> None:
    try:
        plan = Plan.parse(text)
    except ValueError:
        return
    assert Plan.parse(str(plan)) == plan


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ({"features": []}, "the network needs a feature at least"),
        ({"features": "x1"}, "features is a list, not 'x1'"),
        ({"layers": 3}, "layers is a list, not 3"),
        ({"layers": [True]}, "whole number from 1 to 8, not True"),
        ({"seed": -1}, "seed is a whole number from 0 to 4,294,967,295, not -1"),
        ({"seed": None}, "seed is a whole number from 0 to 4,294,967,295, not None"),
        ({"test": 1.0}, "test is a number from 0.1 to 0.9, not 1.0"),
        ({"learning_rate": "fast"}, "learning_rate is a number from 0 to 100, not 'fast'"),
        ({"data": ["xor"]}, "data is one of circles, xor, gaussians, spirals; not ['xor']"),
    ],
)
def test_settings_that_cannot_be(chosen: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        Settings(**chosen)


# ---- training ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "chosen", "reached"),
    [
        ("circles", {}, 0.2),
        ("circles", {"features": ["x1^2", "x2^2"], "layers": []}, 0.2),
        ("xor", {"layers": [8]}, 0.2),
        ("xor", {"features": ["x1*x2"], "layers": [], "seed": 1}, 0.2),
        ("gaussians", {"layers": []}, 0.05),
        ("spirals", {"layers": [8, 8]}, 0.2),
    ],
)
def test_training_decreases_the_loss(data: str, chosen: dict[str, Any], reached: float) -> None:
    experiment = Experiment(Settings(data=data, **chosen))
    experiment.advance(2000)
    assert experiment.train_losses[-1] < min(reached, experiment.train_losses[0] / 2)
    assert experiment.test_losses[-1] < 1.5 * reached
    assert len(experiment.train_losses) == len(experiment.test_losses) == 2001
    assert experiment.epochs == 80  # batches of 10 from 250 points


def test_a_line_does_not_learn_what_no_line_divides() -> None:
    experiment = Experiment(Settings(data="xor", layers=(), noise=0.0))
    experiment.advance(1000)
    assert experiment.train_losses[-1] > 0.6


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("regularisation", REGULARISATIONS)
def test_gradients_are_those_of_loss_and_penalty(activation: str, regularisation: str) -> None:
    chosen = Settings(activation=activation, regularisation=regularisation, rate=0.02, seed=3)
    experiment = Experiment(chosen)
    experiment.advance(20)
    network = experiment.network
    penalties = {"none": lambda w, rate: 0.0, "l1": ck.l1_penalty, "l2": ck.l2_penalty}

    def objective(outputs: Any, targets: Any) -> Any:
        penalty = penalties[regularisation](network.parameters().values(), 0.02)
        return ck.binary_cross_entropy_with_logits(outputs, targets) + penalty

    graph = network.graph(objective, *experiment.train)
    values = {name: w.value for name, w in network.parameters().items()}
    report = ck.check_gradient(graph, values, gradient=experiment.gradients())
    assert report.passed, str(report)


def test_losses_and_plane_are_what_the_network_says() -> None:
    experiment = Experiment(Settings(data="spirals", layers=(3, 2), features=("x2", "sin(x1)"), seed=5))
    experiment.advance(7)
    network = experiment.network
    for losses, (x, y) in (
        (experiment.train_losses, experiment.train),
        (experiment.test_losses, experiment.test),
    ):
        expected = ck.binary_cross_entropy_with_logits(network.predict(x), y)
        assert losses[-1] == pytest.approx(expected, rel=1e-12)
    boundary, units = experiment.plane()
    assert boundary.shape == (50, 50)
    assert [unit.shape for unit in units] == [(3, 25, 25), (2, 25, 25)]
    corner = features_of(np.array([[-5.88, 5.88], [5.88, -5.88]]), ("x2", "sin(x1)"))
    expected = 1.0 / (1.0 + np.exp(-network.predict(corner)[:, 0]))
    np.testing.assert_allclose(boundary[[0, -1], [0, -1]], expected, rtol=1e-12)
    w1, b1, *_ = experiment.weights()
    hidden = np.tanh(corner @ w1 + b1)
    np.testing.assert_allclose(units[0][:, 0, 0], hidden[0], rtol=1e-12)
    np.testing.assert_allclose(experiment.inputs()[0, :, 0], 5.88 - 0.48 * np.arange(25), atol=1e-12)


def test_features_are_what_their_names_say() -> None:
    np.testing.assert_allclose(
        features_of(np.array([[0.5, -2.0]]), FEATURES),
        [[0.5, -2.0, 0.25, 4.0, -1.0, np.sin(0.5), np.sin(-2.0)]],
    )


def test_the_split_keeps_all_points() -> None:
    experiment = Experiment(Settings(test=0.3))
    assert len(experiment.train[0]) == experiment.held_in == 350
    assert len(experiment.test[0]) == 150
    assert len(np.unique(experiment.points, axis=0)) == 500
    assert experiment.classes.sum() == 250


def test_the_same_seed_gives_the_same_numbers() -> None:
    one, same, other = (Experiment(Settings(data="xor", seed=seed)) for seed in (4, 4, 5))
    for experiment, parts in ((one, [30]), (same, [1, 12, 17]), (other, [30])):
        for steps in parts:
            experiment.advance(steps)
    assert one.train_losses == same.train_losses != other.train_losses
    for w, v in zip(one.weights(), same.weights(), strict=True):
        np.testing.assert_array_equal(w, v)


# ---- changes on the way ------------------------------------------------------------------------------------


def test_a_plan_leads_to_the_same_network_and_goes_on_alike() -> None:
    experiment = Experiment(Settings(seed=2, activation="relu"))
    experiment.advance(30)
    assert not experiment.change(learning_rate=0.1, batch_size=7)
    assert not experiment.change(batch_size=9)
    experiment.advance(25)
    assert not experiment.change(regularisation="l2", rate=0.01)
    assert not experiment.change(rate=0.01)  # as it is: no change
    text = str(experiment.plan)
    assert text == (
        "ck1;data=circles;activation=relu;seed=2;steps=55;30:learning_rate=0.1;30:batch_size=9;"
        "55:regularisation=l2;55:rate=0.01"
    )
    again = Experiment(Settings())
    again.begin(Plan.parse(text))
    again.advance(55)
    assert str(again.plan) == text
    assert again.settings == experiment.settings
    for _ in range(2):
        assert again.train_losses == experiment.train_losses
        assert again.test_losses == experiment.test_losses
        for w, v in zip(again.weights(), experiment.weights(), strict=True):
            np.testing.assert_array_equal(w, v)
        again.advance(40)
        experiment.advance(40)


def test_who_takes_a_hand_leaves_the_plan() -> None:
    experiment = Experiment(Settings())
    experiment.begin(Plan.parse("ck1;steps=20;10:learning_rate=0.5"))
    experiment.advance(5)
    experiment.change(learning_rate=0.2)
    experiment.advance(15)
    assert str(experiment.plan) == "ck1;data=circles;seed=0;steps=20;5:learning_rate=0.2"


def test_other_changes_begin_anew() -> None:
    experiment = Experiment(Settings())
    experiment.advance(10)
    experiment.change(rate=0.1)
    assert experiment.change(layers=[3])
    assert experiment.steps == 0
    assert str(experiment.plan) == "ck1;data=circles;layers=3;rate=0.1;seed=0;steps=0"
    assert experiment.change(learning_rate=1.0)  # at step 0 it is how training starts
    assert experiment.start.learning_rate == 1.0
    before = experiment.settings
    for wrong in ({"layers": [99]}, {"speed": 3}):
        with pytest.raises(ValueError, match=r"units of a layer|no setting 'speed'"):
            experiment.change(noise=0.3, **wrong)
    assert experiment.settings == before


def test_weights_that_grow_without_bound_end_training_with_the_last_that_were_numbers() -> None:
    experiment = Experiment(
        Settings(features=("x1^2", "x2^2"), layers=(8,) * 6, activation="linear", learning_rate=100.0)
    )
    with pytest.raises(Diverged, match=r"steps the loss is no longer a finite number: reset, and try a"):
        experiment.advance(500)
    assert all(np.isfinite(w).all() for w in experiment.weights())
    assert np.isfinite(experiment.train_losses).all()
    assert len(experiment.train_losses) == experiment.steps + 1
    text, steps = str(experiment.plan), experiment.steps
    again = Experiment(Settings())
    again.begin(Plan.parse(text))
    again.advance(steps)
    for one in (experiment, again):
        one.change(learning_rate=1e-12)
        with suppress(Diverged):
            one.advance(3)
    assert again.train_losses == experiment.train_losses


@settings(max_examples=15, deadline=None)
@given(SOME.filter(lambda one: one.learning_rate < 0.1), st.integers(0, 30))
def test_any_state_comes_back(start: Settings, steps: int) -> None:
    experiment = Experiment(start)
    with suppress(Diverged):
        experiment.advance(steps)
    again = Experiment(Settings())
    again.begin(Plan.parse(str(experiment.plan)))
    again.advance(experiment.steps)
    assert again.train_losses == experiment.train_losses
    assert again.seen == experiment.seen
