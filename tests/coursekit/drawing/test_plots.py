"""Plots carry a description, follow the theme, and leave the page they stand on alone."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as ET

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.figure import Figure

import coursekit as ck
from coursekit.drawing import Plot, theme
from coursekit.drawing.plots import _VARIABLES

SVG = "{http://www.w3.org/2000/svg}"
STYLE = "coursekit.drawing.lecture"


def two_lines() -> Figure:
    with plt.style.context(STYLE):
        figure, axes = plt.subplots()
        axes.plot([0, 1], [0, 1], label="rising")
        axes.plot([0, 1], [1, 0], label="falling")
        axes.set(xlabel="step h", ylabel="error", title="Two lines", yscale="symlog")
        axes.legend()
    plt.close(figure)
    return figure


def test_it_is_an_image_with_title_and_description() -> None:
    svg = ET.fromstring(Plot(two_lines(), "One line rises,\n   one <falls>.").svg)
    assert svg.get("role") == "img"
    title, description = svg.find(f"{SVG}title"), svg.find(f"{SVG}desc")
    assert title is not None
    assert title.text == "One line rises, one <falls>."
    assert title.get("id") == svg.get("aria-labelledby")
    assert description is not None
    assert description.get("id") == svg.get("aria-describedby")
    assert description.text == (
        "Two lines; horizontal: step h (-0.05 to 1.05); vertical: error (symlog scale, -0.05 to 1.05); "
        "shown: rising, falling."
    )


def test_the_same_figure_gives_the_same_text() -> None:
    assert Plot(two_lines(), "Lines.").svg == Plot(two_lines(), "Lines.").svg


@pytest.mark.parametrize("alt", ["", "  \n"])
def test_a_figure_without_description_is_refused(alt: str) -> None:
    with pytest.raises(ValueError, match="say in alt what the figure shows"):
        Plot(two_lines(), alt)


def test_what_is_no_figure_is_refused() -> None:
    _, axes = plt.subplots()
    plt.close()
    with pytest.raises(TypeError, match=r"not Axes: figure, axes = plt\.subplots\(\)"):
        Plot(axes, "Axes.")  # type: ignore[arg-type]


def colours_of(svg: str) -> set[str]:
    """Return the colours in the drawing itself, outside the style sheet."""
    return set(re.findall(r"#[0-9a-fA-F]{6}\b", re.sub(r"<style>.*?</style>", "", svg, flags=re.DOTALL)))


def test_in_our_style_all_colours_are_variables() -> None:
    svg = Plot(two_lines(), "Lines.").svg
    assert colours_of(svg) == set()
    for name in ("text", "background", "value", "gradient", "wire"):
        assert f"var(--ck-{name})" in svg


def test_plain_matplotlib_keeps_its_own_colours_but_text_and_ground_follow() -> None:
    with plt.style.context("default"):
        figure, axes = plt.subplots()
        axes.plot([0, 1])
    plt.close(figure)
    svg = Plot(figure, "A line.").svg
    assert colours_of(svg) == {"#1f77b4"}
    assert "fill: var(--ck-background)" in svg


def test_a_fixed_appearance_has_one_set_of_colours() -> None:
    svg = Plot(two_lines(), "Lines.", appearance="dark").svg
    assert theme.DARK.value in svg
    assert theme.LIGHT.value not in svg


def test_ids_are_those_referred_to_and_differ_between_figures() -> None:
    def ids(svg: str) -> set[str]:
        found = re.findall(r' id="([^"]+)"', svg)
        assert len(found) == len(set(found))
        return set(found)

    one, other = Plot(two_lines(), "One.").svg, Plot(two_lines(), "Another.").svg
    assert ids(one).isdisjoint(ids(other))
    referred = set(re.findall(r'(?:href="#|url\(#|aria-\w+by=")([^")]+)', one))
    assert ids(one) == referred


def test_its_style_reaches_nothing_else_on_the_page() -> None:
    [sheet] = re.findall(r"<style>(.*?)</style>", Plot(two_lines(), "Lines.").svg, flags=re.DOTALL)
    selectors = [s.strip() for s in re.findall(r"([^{}]+)\{", re.sub(r"@media \([^)]*\)\{", "", sheet))]
    assert [s for s in selectors if not all("ck-p" in part for part in s.split(","))] == []


def test_it_loads_nothing_and_runs_nothing() -> None:
    figure, axes = plt.subplots()
    axes.imshow(np.eye(2))
    plt.close(figure)
    svg = Plot(figure, "A small picture.").svg
    assert "<script" not in svg
    assert set(re.findall(r'href="(.{5})', svg)) - {"data:"} == set(re.findall(r'href="(#.{4})', svg))


def test_show_displays_once_and_closes(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[Plot] = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    figure, _ = plt.subplots()
    number = figure.number  # type: ignore[attr-defined]
    ck.show(figure, alt="Empty axes.")
    assert [plot.alt for plot in shown] == ["Empty axes."]
    assert not plt.fignum_exists(number)
    bundle = shown[0]._repr_mimebundle_()
    assert bundle["text/plain"] == "Empty axes."
    assert bundle["image/svg+xml"] in bundle["text/html"]


def test_the_style_sheet_has_the_colours_of_the_theme() -> None:
    path = Path(theme.__file__).with_name("lecture.mplstyle")
    sheet = matplotlib.rc_params_from_file(path, use_default_template=False)
    cycle = sheet["axes.prop_cycle"].by_key()
    light = theme.LIGHT
    assert cycle["color"] == [light.value, light.gradient, light.third, light.fourth]
    assert len(set(cycle["linestyle"])) == 4
    named = {key: value for key, value in sheet.items() if "color" in key and isinstance(value, str)}
    assert {f"#{str(c).lstrip('#')}" for c in named.values()} <= set(_VARIABLES)
