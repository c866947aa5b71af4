"""The playground in Python: the thread that trains, what it tells the browser, and what ends it."""

from __future__ import annotations

import json
import sys
import threading
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

import coursekit as ck
from coursekit.widgets import Playground
from coursekit.widgets.background import Background
from coursekit.widgets.playground_model import Experiment

MODULE = sys.modules[Playground.__module__]  # the name coursekit.widgets.playground is the function's


@pytest.fixture
def widget() -> Iterator[Playground]:
    widget = ck.playground(seed=1)
    yield widget
    widget.close()


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30.0
    while not condition():
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)


def ours() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "coursekit"]


def sent_by(widget: Playground, monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, Any]]:
    messages: list[tuple[Any, Any]] = []
    monkeypatch.setattr(widget, "send", lambda content, buffers=None: messages.append((content, buffers)))
    return messages


def test_a_lecture_can_drive_it(widget: Playground) -> None:
    assert widget.steps == 0
    assert widget.step(40) == 40
    assert len(widget.losses["train"]) == len(widget.losses["test"]) == 41
    assert widget.network.predict([[0.0, 0.0]]).shape == (1, 1)
    assert widget.state_string == "ck1;data=circles;seed=1;steps=40"
    again = ck.playground(state=widget.state_string)
    assert again.losses == widget.losses
    for name, value in widget.network.state().items():
        np.testing.assert_array_equal(again.network.state()[name], value)
    widget.change(learning_rate=0.3)
    widget.step(10)
    assert widget.state_string == "ck1;data=circles;seed=1;steps=50;40:learning_rate=0.3"
    again.restore(widget.state_string)
    assert again.losses == widget.losses
    assert again.settings["learning_rate"] == 0.3
    widget.reset()
    assert widget.state_string == "ck1;data=circles;learning_rate=0.3;seed=1;steps=0"
    widget.change(data="xor", layers=[3])
    assert widget.network.parameters()["w1"].value.shape == (2, 3)
    assert repr(widget) == "Playground('ck1;data=xor;layers=3;learning_rate=0.3;seed=1;steps=0')"


def test_the_trait_holds_what_python_says(widget: Playground) -> None:
    widget.step(25)
    frame = widget.frame

    def floats(name: str) -> Any:
        return np.frombuffer(b64decode(frame[name]), "<f8")

    names = list(widget.network.parameters())
    values, slopes = widget.network.parameters(), widget.gradients
    np.testing.assert_array_equal(floats("weights"), np.concatenate([values[n].value.ravel() for n in names]))
    np.testing.assert_array_equal(floats("gradients"), np.concatenate([slopes[n].ravel() for n in names]))
    np.testing.assert_array_equal(
        floats("curve").reshape(3, -1), [np.arange(26), widget.losses["train"], widget.losses["test"]]
    )
    boundary = np.frombuffer(b64decode(frame["boundary"]), np.uint8).reshape(50, 50)
    middle = widget.network.predict([[0.12, 0.12]])  # the cell right above the middle
    assert boundary[24, 25] == round(128 + 127 * (2 / (1 + np.exp(-middle.item())) - 1))
    assert len(b64decode(frame["units"])) == 6 * 25 * 25
    assert (frame["steps"], frame["epochs"], frame["state"]) == (25, 1, widget.state_string)
    assert len(widget.scene["points"]) == len(widget.scene["classes"]) == 500
    json.dumps([widget.scene, frame, widget.settings], allow_nan=False)  # plain JSON


def test_a_long_curve_is_thinned(widget: Playground) -> None:
    widget.step(1000)
    steps, train, _ = np.frombuffer(b64decode(widget.frame["curve"]), "<f8").reshape(3, -1)
    assert len(steps) == 200
    assert (steps[0], steps[-1]) == (0, 1000)
    np.testing.assert_array_equal(train, [widget.losses["train"][int(i)] for i in steps])


# ---- the thread --------------------------------------------------------------------------------------------


def test_it_trains_while_others_work_and_ends_when_told(widget: Playground) -> None:
    widget.play()
    widget.play()  # it plays already
    assert len(ours()) == 1
    wait_until(lambda: widget.steps >= 20)
    assert widget.playing
    assert len(widget.losses["train"]) >= 21
    widget.pause()
    assert not widget.playing
    assert ours() == []
    steps = widget.steps
    assert widget.frame["steps"] == steps == len(widget.losses["train"]) - 1
    alone = ck.playground(seed=1)  # how it was cut into frames makes no difference
    alone.step(steps)
    assert alone.losses == widget.losses


def test_what_interrupts_playing(widget: Playground) -> None:
    for act in (widget.reset, lambda: widget.step(2), lambda: widget.change(layers=[1]), widget.close):
        widget.play()
        wait_until(lambda: widget.steps > 0)
        act()
        wait_until(lambda: not ours())
        assert not widget.playing


def test_live_changes_do_not_interrupt(widget: Playground) -> None:
    widget.play()
    wait_until(lambda: widget.steps >= 5)
    widget.change(learning_rate=0.1, regularisation="l1", rate=0.001, batch_size=20)
    assert widget.playing
    steps = widget.steps
    wait_until(lambda: widget.steps >= steps + 20)
    widget.pause()
    again = ck.playground(state=widget.state_string)
    assert again.losses == widget.losses


def test_two_at_once_do_not_disturb_each_other() -> None:
    widgets = [ck.playground(seed=seed, data=data) for seed, data in ((1, "xor"), (2, "spirals"))]
    for widget in widgets:
        widget.play()
    for widget in widgets:
        wait_until(lambda widget=widget: widget.steps >= 20)
    for widget in widgets:
        widget.pause()
        assert ck.playground(state=widget.state_string).losses == widget.losses
    assert ours() == []


def test_an_error_is_told_in_the_widget_and_ends_the_thread(
    widget: Playground, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Experiment, steps: int = 1) -> int:
        raise RuntimeError("the sky fell")

    other = ck.playground(seed=2)
    other.play()
    with monkeypatch.context() as patched:
        patched.setattr(widget._experiment, "advance", fail.__get__(widget._experiment))
        widget.play()
        wait_until(lambda: not widget.playing)
    assert widget.problem == "RuntimeError: the sky fell"
    assert other.playing
    other.close()
    widget.play()  # and it can go on
    wait_until(lambda: widget.steps > 0)
    assert widget.problem == ""


def test_a_loss_without_bound_is_told() -> None:
    widget = ck.playground(
        features=["x1^2", "x2^2"], layers=[8] * 6, activation="linear", learning_rate=100.0
    )
    with pytest.raises(ArithmeticError, match="no longer a finite number"):
        widget.step(500)
    assert "no longer a finite number: reset, and try a learning rate below 100" in widget.problem
    assert not widget.playing
    widget.reset()
    assert widget.problem == ""


def test_training_ends_when_the_page_is_gone(widget: Playground, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MODULE, "NOBODY", 0.1)
    widget.play()
    wait_until(lambda: widget.steps > 10)
    time.sleep(0.15)
    assert widget.playing  # nobody has looked yet: a lecture trains without a page
    widget._answer(widget, {"kind": "shown", "number": 1}, None)
    wait_until(lambda: not widget.playing)
    assert widget.problem == "paused: no page has shown the training for some time"


# ---- what the browser says and is told ---------------------------------------------------------------------


def test_the_browser_is_answered(widget: Playground, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = sent_by(widget, monkeypatch)

    def ask(**content: Any) -> str:
        sent.clear()
        widget._answer(widget, {**content, "ticket": "view:1"}, None)
        answers = [content for content, _ in sent if content["kind"] == "answer"]
        assert [answer["ticket"] for answer in answers] == ["view:1"]
        return str(answers[0]["problem"])

    assert ask(kind="hello") == ""
    assert ask(kind="step", steps=3) == ""
    wait_until(lambda: not widget.playing)
    assert widget.steps == 3
    assert ask(kind="change", settings={"layers": [2, 2, 2]}) == ""
    assert widget.settings["layers"] == [2, 2, 2]
    before = widget.state_string
    assert ask(kind="change", settings={"layers": [9]}).startswith(
        "the number of units of a layer is a whole"
    )
    assert ask(kind="change", settings={"features": []}).startswith("the network needs a feature at least")
    assert ask(kind="restore", state="nonsense").startswith("a state string begins with 'ck1'")
    assert ask(kind="restore", state=None).startswith("a state is a string such as")
    assert widget.state_string == before
    assert ask(kind="restore", state="ck1;seed=3;steps=12") == ""
    wait_until(lambda: not widget.playing)
    assert widget.state_string == "ck1;data=circles;seed=3;steps=12"
    assert ask(kind="play") == ""
    assert widget.playing
    assert ask(kind="pause") == ""
    assert not widget.playing
    assert ask(kind="reset") == ""
    assert widget.steps == 0
    sent.clear()
    widget._answer(widget, "no message of ours", None)
    assert sent == []


def test_frames_wait_for_the_page(widget: Playground, monkeypatch: pytest.MonkeyPatch) -> None:
    sent = sent_by(widget, monkeypatch)
    monkeypatch.setattr(MODULE, "PATIENCE", 1000.0)
    monkeypatch.setattr(MODULE, "SAVED", 1000.0)
    widget.play()
    wait_until(lambda: widget.steps > 50)
    assert len(sent) == 4  # no more until the page has shown one
    content, buffers = sent[-1]
    assert [len(buffer) for buffer in buffers[:4]] == [2500, 6 * 625, 25 * 8, 25 * 8]
    widget._answer(widget, {"kind": "shown", "number": content["number"]}, None)
    wait_until(lambda: len(sent) == 8)
    widget.pause()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"data": "moons"}, "data is one of circles, xor, gaussians, spirals; not 'moons'"),
        ({"hidden": [3]}, "no setting 'hidden': there are data, noise, test, features, layers"),
        ({"state": "ck1;layers=0"}, "whole number from 1 to 8, not 0"),
        ({"state": "ck1", "seed": 3}, "a state has its own settings: give either state= or seed"),
    ],
)
def test_a_wrong_call_says_why(call: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ck.playground(**call)


@pytest.mark.parametrize("steps", [-1, 1.5, True, "3"])
def test_steps_are_counted_in_whole_numbers(widget: Playground, steps: Any) -> None:
    with pytest.raises(ValueError, match="a number of steps is a whole number from 0 up"):
        widget.step(steps)


def test_the_module_is_small() -> None:
    assert len(str(Playground._esm).encode()) <= 30 * 1024


# ---- the kernel --------------------------------------------------------------------------------------------


def test_an_interrupt_of_the_kernel_ends_training() -> None:
    from jupyter_client.manager import start_new_kernel

    manager, client = start_new_kernel(kernel_name="python3", startup_timeout=60)

    def run(code: str) -> str:
        said: list[str] = []

        def hear(message: Any) -> None:
            said.append(message["content"].get("text") or "".join(message["content"].get("traceback", [])))

        client.execute_interactive(code, output_hook=hear, timeout=60)
        return "".join(said)

    def wait_for(code: str, answer: str) -> None:
        deadline = time.monotonic() + 30.0
        while (said := run(f"print({code})").strip()) != answer:
            assert time.monotonic() < deadline, said
            time.sleep(0.1)

    try:
        assert run("import coursekit as ck\nwidget = ck.playground(seed=1)\nwidget.play()\n") == ""
        wait_for("widget.playing and widget.steps > 0", "True")  # cells run meanwhile
        manager.interrupt_kernel()  # no cell runs
        wait_for("widget.playing", "False")
        run("widget.play()")
        client.execute("import time\nprint('asleep')\ntime.sleep(60)")
        while client.get_iopub_msg(timeout=30)["content"].get("text", "").strip() != "asleep":
            pass
        manager.interrupt_kernel()  # a cell runs
        wait_for("widget.playing", "False")
        client.execute("print('training')\nwidget.step(10**7)")
        while client.get_iopub_msg(timeout=30)["content"].get("text", "").strip() != "training":
            pass
        time.sleep(0.3)
        manager.interrupt_kernel()
        wait_for("widget.playing", "False")
        wait_for("len(widget.losses['train']) == widget.steps + 1 > 1", "True")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_work_that_is_told_to_end_has_ended_after_stop() -> None:
    work, log = Background(), []
    work.start(lambda stop: (stop.wait(), log.append("ended")))
    work.stop()
    assert log == ["ended"]
    assert not work.running
    work.stop()  # nothing to end
    work.start(lambda stop: log.append(work.wait()))  # from inside, nobody waits for oneself
    work.wait()
    assert log == ["ended", None]
