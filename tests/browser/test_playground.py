"""The playground as a student meets it: in JupyterLab, and on a page without a kernel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest

import coursekit as ck
from coursekit.drawing.numbers import short
from coursekit.widgets.playground_settings import FEATURES
from tests.browser.accessibility import no_serious_faults
from tests.browser.lab import Lab, Watch, open_notebook, run_all
from tests.browser.test_step_through import press, python_says

pytestmark = pytest.mark.browser

CELLS = [
    "import coursekit as ck\nwidget = ck.playground(data='gaussians', seed=5)\nwidget",
    "print('told', 'by Python')",
]
STEPS = (
    "Number(document.querySelector('.ck-readout').textContent.match(/^Step ([0-9,]+)/)[1]"
    ".replaceAll(',', ''))"
)


def notebook(lab: Lab, name: str, cells: list[str]) -> str:
    document = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    document.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(document, lab.folder / name)
    return name


def show_in_lab(page: Any, lab: Lab, name: str, cells: list[str]) -> None:
    open_notebook(page, lab, notebook(lab, name, cells))
    run_all(page)
    page.wait_for_selector(".ck-playground .ck-readout", timeout=60_000)
    page.wait_for_function(
        "() => !document.querySelector('.ck-playground fieldset').disabled"
    )  # Python answers


def button(page: Any, name: str) -> Any:
    return page.locator(f".ck-playground button[data-do={name}]")


def wait_for_steps(page: Any, condition: str) -> int:
    """Wait until the number of steps shown is as wanted; return it."""
    page.wait_for_function(f"() => {STEPS} {condition}", timeout=60_000)
    return int(page.evaluate(STEPS))


def wait_until_paused(page: Any) -> None:
    page.wait_for_function("() => document.querySelector('[data-do=play]').textContent === '▶ Play'")


def wait_for_python(page: Any, code: str, answer: str) -> None:
    """Ask Python until it says what it should: a message of the page may still be on its way."""
    for _ in range(20):
        if (said := python_says(page, code)) == answer:
            return
        page.wait_for_timeout(200)
    raise AssertionError(f"Python says {said}, not {answer}")


def numbers(page: Any) -> dict[str, list[str]]:
    """Read the table of numbers: value and gradient by parameter."""
    rows = page.locator(".ck-playground tbody tr").all()
    return {row.locator("th").text_content(): row.locator("td").all_text_contents() for row in rows}


def losses(page: Any) -> list[str]:
    """Read both losses as they are shown."""
    return [part.rpartition(" ")[2] for part in page.text_content(".ck-readout").split(" · ")[2:]]


def expected_rows(widget: dict[str, Any]) -> dict[str, list[str]]:
    """Return the table as it should be, from parameters and gradients by name: w1, b1, w2, …"""
    rows = {}
    values, slopes = widget["values"], widget["gradients"]
    sources = ["x₁", "x₂"]
    depth = len(values) // 2
    for layer in range(1, depth + 1):
        w, dw, b, db = (x[f"{kind}{layer}"] for kind in "wb" for x in (values, slopes))
        units = ["output"] if layer == depth else [f"unit {j + 1} of layer {layer}" for j in range(len(b))]
        for j, unit in enumerate(units):
            for i, source in enumerate(sources):
                rows[f"weight from {source} to {unit}"] = [short(w[i][j]), short(dw[i][j])]
            rows[f"bias of {unit}"] = [short(b[j]), short(db[j])]
        sources = units
    return rows


ASK = (
    "__import__('json').dumps({"
    "'values': {name: w.value.tolist() for name, w in widget.network.parameters().items()}, "
    "'gradients': {name: dw.tolist() for name, dw in widget.gradients.items()}, "
    "'losses': [widget.losses['train'][-1], widget.losses['test'][-1]], "
    "'steps': widget.steps, 'state': widget.state_string})"
)


@pytest.mark.parametrize("theme", ["Light", "Dark"])
def test_in_jupyterlab(theme: str, lab: Lab, page: Any, watch: Watch, screenshots: Path) -> None:
    lab.use_theme(f"JupyterLab {theme}")
    try:
        show_in_lab(page, lab, f"playground_{theme}.ipynb", CELLS)
        if theme == "Dark":
            page.wait_for_selector('body[data-jp-theme-light="false"]', state="attached")
        assert page.evaluate(STEPS) == 0
        first = losses(page)
        page.locator(".ck-playground .ck-stage").focus()
        press(page, "Space")
        wait_for_steps(page, ">= 200")
        page.screenshot(path=screenshots / f"playground-{theme.lower()}-playing.png")
        # A cell runs while the network is trained.
        assert python_says(page, "widget.playing, sum(range(10))") == "True 45"
        wait_for_steps(page, ">= 400")
        page.locator(".ck-playground .ck-stage").focus()
        press(page, "Space")
        wait_until_paused(page)
        told = json.loads(python_says(page, ASK))
        assert told["steps"] == page.evaluate(STEPS)
        assert losses(page) == [short(loss) for loss in told["losses"]]
        assert numbers(page) == expected_rows(told)
        assert float(losses(page)[0]) < float(first[0]) / 2
        assert page.get_by_label("state", exact=True).input_value() == told["state"]

        page.locator(".ck-playground .ck-stage").focus()
        press(page, "ArrowRight")
        assert wait_for_steps(page, f"== {told['steps'] + 1}")
        press(page, "PageDown")
        wait_for_steps(page, f"== {told['steps'] + 101}")
        wait_until_paused(page)
        press(page, "d", "d", "x", "ArrowUp")  # Lab's commands that delete and cut cells
        assert page.locator(".jp-CodeCell").count() == 2
        told = json.loads(python_says(page, ASK))
        assert numbers(page) == expected_rows(told)
        page.screenshot(path=screenshots / f"playground-{theme.lower()}.png")

        page.locator(".ck-playground .ck-stage").focus()
        press(page, "Home")
        wait_for_steps(page, "== 0")
        assert losses(page) == first
        assert python_says(page, "widget.step(3)") == "3"
        wait_for_steps(page, "== 3")
        # Nothing scrolls sideways at the width of a cell.
        wide = "[...document.querySelectorAll('.ck-playground, .ck-playground *, .jp-OutputArea-output')]"
        assert (
            page.evaluate(
                f"{wide}.filter((one) => one.scrollWidth > one.clientWidth + 1 && one.clientWidth"
                " && getComputedStyle(one).overflowX !== 'visible').map((one) => one.outerHTML)"
            )
            == []
        )
        assert watch.outside == []
        assert watch.errors == []
    finally:
        lab.use_theme("JupyterLab Light")


def test_settings_states_and_errors_in_jupyterlab(
    lab: Lab, page: Any, watch: Watch, screenshots: Path
) -> None:
    cells = ["import coursekit as ck\nwidget = ck.playground()\nwidget", "print('told', 'by Python')"]
    show_in_lab(page, lab, "playground_settings.ipynb", cells)
    page.locator(".ck-playground").get_by_label("Set ").select_option("spirals")
    page.wait_for_function("() => document.querySelector('.ck-state').value.includes('spirals')")
    page.get_by_label("Noise").select_option("0 %")
    page.get_by_label("Activation").select_option("ReLU")
    page.get_by_label("sin x₁").check()
    page.wait_for_function("() => document.querySelectorAll('.ck-unit').length === 3 + 4 + 2 + 1")
    button(page, "more").click()
    page.get_by_label("units of layer 3").wait_for()
    page.get_by_label("units of layer 1").fill("8")
    press(page, "Enter")
    page.wait_for_function("() => document.querySelectorAll('.ck-unit').length === 3 + 8 + 2 + 2 + 1")
    state = page.get_by_label("state", exact=True)
    assert state.input_value() == (
        "ck1;data=spirals;noise=0.0;features=x1,x2,sin(x1);layers=8,2,2;activation=relu;seed=0;steps=0"
    )
    button(page, "step").click()
    wait_for_steps(page, "== 1")
    page.get_by_label("Learning rate").select_option("0.1")
    page.wait_for_function("() => document.querySelector('.ck-state').value.endsWith('1:learning_rate=0.1')")

    # What cannot be is said, and shown as it still is.
    message = page.locator(".ck-playground .ck-message")
    page.get_by_label("units of layer 1").fill("99")
    press(page, "Enter")
    message.get_by_text("a whole number from 1 to 8, not 99").wait_for()
    assert page.get_by_label("units of layer 1").input_value() == "8"
    for feature in ("x₁", "x₂", "sin x₁"):
        page.get_by_label(feature, exact=True).click()
    message.get_by_text("the network needs a feature at least").wait_for()
    page.wait_for_function("() => document.querySelectorAll('.ck-unit').length === 1 + 8 + 2 + 2 + 1")
    assert page.get_by_label("sin x₁", exact=True).is_checked()
    evil = 'ck1;data=<img src=x onerror="document.title=1">'
    state.fill(evil)
    button(page, "restore").click()
    message.get_by_text("data is one of circles, xor, gaussians, spirals; not '<img").wait_for()
    assert page.locator(".ck-playground img").count() == 0
    page.screenshot(path=screenshots / "playground-refused.png")
    state.fill("ck1;data=xor;layers=5;seed=4;steps=300")
    press(page, "Enter")
    wait_for_steps(page, "== 300")
    wait_until_paused(page)
    assert numbers(page) == expected_rows(json.loads(python_says(page, ASK)))

    # A loss that grows beyond all numbers ends training, in words.
    state.fill("ck1;features=x1^2,x2^2;layers=8,8,8,8,8,8;activation=linear;learning_rate=100;steps=0")
    button(page, "restore").click()
    wait_for_steps(page, "== 0")
    button(page, "play").click()
    message.get_by_text("the loss is no longer a finite number").wait_for()
    wait_until_paused(page)
    assert watch.outside == []
    assert watch.errors == []


def test_an_interrupt_pauses_and_a_new_run_ends_the_old_training(lab: Lab, page: Any, watch: Watch) -> None:
    show_in_lab(page, lab, "playground_busy.ipynb", CELLS)
    button(page, "play").click()
    wait_for_steps(page, "> 20")
    cell = page.locator(".jp-CodeCell").last
    cell.locator(".cm-content").click()
    press(page, "Control+a")
    page.keyboard.insert_text("import time; time.sleep(600)")
    press(page, "Control+Enter")
    page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="busy"]')
    steps = page.evaluate(STEPS)
    wait_for_steps(page, f"> {steps} + 20")  # it goes on
    cell.locator(".cm-content").click()
    press(page, "Escape", "i", "i")  # interrupt the kernel
    wait_until_paused(page)
    assert python_says(page, "widget.playing") == "False"
    button(page, "play").click()
    page.wait_for_function("() => document.querySelector('[data-do=play]').textContent === '▮▮ Pause'")
    assert python_says(page, "[old := widget][0].playing") == "True"
    page.locator(".jp-CodeCell").first.locator(".cm-content").click()
    press(page, "Control+Enter")  # the old picture goes away
    page.wait_for_function(f"() => document.querySelectorAll('.ck-playground').length === 1 && {STEPS} === 0")
    wait_for_python(page, "old.playing, widget.playing", "False False")
    assert watch.outside == []
    assert watch.errors == []


# ---- a page without a kernel -------------------------------------------------------------------------------


def trained(**settings: Any) -> Any:
    widget = ck.playground(seed=3, **settings)
    widget.step(60)
    return widget


def told(widget: Any) -> dict[str, Any]:
    return {
        "values": {name: w.value.tolist() for name, w in widget.network.parameters().items()},
        "gradients": {name: dw.tolist() for name, dw in widget.gradients.items()},
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_saved_widget_shows_its_last_state(theme: str, saved: Any, screenshots: Path) -> None:
    widget = trained()
    page = saved(widget, theme)
    assert "Training needs the notebook’s Python kernel" in page.text_content(".ck-message")
    for name in ("play", "step", "reset"):
        assert button(page, name).get_attribute("aria-disabled") == "true"
    assert page.locator(".ck-playground fieldset:disabled").count() == 5
    button(page, "play").click(force=True)
    page.locator(".ck-stage").focus()
    press(page, "Space", "ArrowRight", "Home", "PageDown")
    assert page.evaluate(STEPS) == 60
    assert losses(page) == [short(widget.losses[which][-1]) for which in ("train", "test")]
    assert numbers(page) == expected_rows(told(widget))
    assert page.get_by_label("state", exact=True).input_value() == widget.state_string
    # The picture of the boundary is what Python computed: the byte's colour at a cell.
    pixels = page.evaluate(
        "[...document.querySelector('.ck-plane canvas').getContext('2d').getImageData(0, 0, 50, 50).data]"
    )
    boundary, _ = widget._experiment.plane()
    for row, column in ((0, 0), (25, 25), (10, 40)):
        red, _, blue, alpha = pixels[4 * (50 * row + column) :][:4]
        assert alpha == 255
        assert (red > blue) == (boundary[row, column] > 0.5)
    page.screenshot(path=screenshots / f"playground-saved-{theme}.png", full_page=True)
    no_serious_faults(page)


def test_keys_lead_from_unit_to_unit(saved: Any) -> None:
    widget = trained()
    page = saved(widget)
    name = "document.activeElement.getAttribute('aria-label')"
    page.locator(".ck-stage").focus()
    press(page, "Tab")
    assert page.evaluate(name) == "x₁, a feature."
    press(page, "ArrowDown", "ArrowRight", "ArrowUp", "ArrowUp", "ArrowDown")
    values, slopes = told(widget)["values"], told(widget)["gradients"]

    def both(parameter: str, *at: int) -> str:
        value, slope = values[parameter], slopes[parameter]
        for i in at:
            value, slope = value[i], slope[i]
        return f"{short(value)} (∇ {short(slope)})"

    expected = f"unit 2 of layer 1: bias {both('b1', 1)}; from x₁ {both('w1', 0, 1)}, x₂ {both('w1', 1, 1)}."
    assert page.evaluate(name) == expected
    assert page.text_content(".ck-node") == expected
    before = page.text_content(".ck-side p")
    press(page, "Enter")
    assert page.text_content(".ck-side p").startswith("What unit 2 of layer 1 answers")
    assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    press(page, "Enter")
    assert page.text_content(".ck-side p") == before
    press(page, "ArrowRight", "ArrowRight", "ArrowRight")
    assert page.evaluate(name).startswith("output: bias")
    # One stop in the tab order for the whole network.
    assert page.locator(".ck-unit[tabindex='0']").count() == 1
    press(page, "?")
    assert page.locator(".ck-keys").is_visible()
    press(page, "Escape", "Escape")
    assert page.evaluate("document.activeElement === document.body")


def test_wires_show_weights_or_gradients_with_their_sign(saved: Any) -> None:
    widget = trained()
    page = saved(widget)

    def signs() -> list[bool]:
        wires = page.locator(".ck-net svg path").all()
        return [wire.get_attribute("class") == "ck-wire-n" for wire in wires]

    def negative(by_name: dict[str, Any]) -> list[bool]:
        columns = [row for name in ("w1", "w2", "w3") for row in zip(*by_name[name], strict=True)]
        return [number < 0 for column in columns for number in column]

    assert signs() == negative(told(widget)["values"])
    page.locator(".ck-stage").focus()
    press(page, "g")
    page.wait_for_function(
        "() => document.querySelector('.ck-net + .ck-node + .ck-row select').value === 'gradients'"
    )
    assert signs() == negative(told(widget)["gradients"])
    widths = [float(wire.get_attribute("stroke-width")) for wire in page.locator(".ck-net svg path").all()]
    assert max(widths) == 7.6
    page.get_by_label("Wires show").select_option("weights")
    page.wait_for_function("() => true")
    assert signs() == negative(told(widget)["values"])


def test_test_points_and_two_colours(saved: Any) -> None:
    page = saved(trained())
    count = (
        "new Set(new Uint32Array(document.querySelector('.ck-plane canvas')"
        ".getContext('2d').getImageData(0, 0, 50, 50).data.buffer)).size"
    )
    assert page.evaluate(count) > 10
    page.get_by_label("Two colours only").check()
    page.wait_for_function(f"() => {count} === 2")
    assert "hollow" not in page.text_content(".ck-side p")
    page.get_by_label("Show test points").check()
    page.wait_for_function("() => document.querySelector('.ck-side p').textContent.includes('hollow: test')")


def test_the_largest_network_fits(saved: Any, page: Any, screenshots: Path) -> None:
    page.set_viewport_size({"width": 900, "height": 1200})
    saved(trained(data="spirals", features=FEATURES, layers=[8] * 6, activation="relu"))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    cut = page.evaluate(
        """() => {
            const box = document.querySelector('.ck-net').getBoundingClientRect();
            const all = [...document.querySelectorAll('.ck-unit, .ck-net text')];
            return all.map((one) => one.getBoundingClientRect())
                .filter(({ left, right, bottom }) =>
                    left < box.left - 1 || right > box.right + 1 || bottom > box.bottom + 1).length;
        }"""
    )
    assert cut == 0
    page.screenshot(path=screenshots / "playground-largest.png")
    page.set_viewport_size({"width": 480, "height": 1200})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.screenshot(path=screenshots / "playground-narrow.png", full_page=True)


def test_forced_colours(saved: Any, page: Any, screenshots: Path) -> None:
    page.emulate_media(forced_colors="active", reduced_motion="reduce")
    saved(trained())
    dashes = "getComputedStyle(document.querySelector('.ck-wire-n')).strokeDasharray"
    assert page.evaluate(dashes) == "7px, 4px"  # the sign is not told by colour alone
    page.screenshot(path=screenshots / "playground-forced.png", full_page=True)


def test_two_on_a_page_share_no_id(page: Any) -> None:
    html = trained().to_html()
    call = "widget.render({ model, el: document.getElementById"
    assert call in html
    page.set_content(html.replace(call, f"widget.render({{ model, el: document.body }});\n{call}"))
    page.wait_for_function("() => document.querySelectorAll('.ck-playground .ck-unit').length === 18")
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((one) => one.id)")
    assert len(ids) == len(set(ids)) > 4
