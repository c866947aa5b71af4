"""The SVG and HTML: well-formed, safe, the same every time, and readable without eyes."""

import math
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import coursekit as ck
from coursekit.drawing import draw, theme
from coursekit.drawing.drawn import Drawing
from coursekit.drawing.picture import Box, Picture

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def cubic() -> Drawing:
    w1, w2 = ck.variables("w1 w2")
    graph = ck.ComputationalGraph(w1**3 * w2 + 3 * w1)
    graph.forward(w1=2.0, w2=3.0)
    graph.backward()
    return draw(graph)


def parse(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def test_the_svg_is_well_formed_and_scales(cubic: Drawing) -> None:
    root = parse(cubic.svg)
    assert root.tag == SVG + "svg"
    width, height = root.get("width"), root.get("height")
    assert root.get("viewBox") == f"0 0 {width} {height}"
    assert "width:100%" in root.get("style")
    assert f"max-width:{width}px" in root.get("style")


def test_it_never_shrinks_text_below_twelve_pixels(cubic: Drawing) -> None:
    root = parse(cubic.svg)
    smallest = float(re.search(r"min-width:([\d.]+)px", root.get("style"))[1])
    scale = smallest / float(root.get("width"))
    assert scale * theme.NOTE_SIZE == pytest.approx(12, abs=0.01)


def test_it_is_an_image_with_a_title_and_a_description(cubic: Drawing) -> None:
    root = parse(cubic.svg)
    title, description = root.find(SVG + "title"), root.find(SVG + "desc")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == title.get("id")
    assert root.get("aria-describedby") == description.get("id")
    assert title.text == "Computational graph of f = w1³·w2 + 3·w1"
    for number in ("value 30", "gradient 39 = 36 through a + 3 through c", "gradient 8"):
        assert number in description.text


def test_all_boxes_wires_and_arrows_are_there(cubic: Drawing) -> None:
    root = parse(cubic.svg)
    classes = [element.get("class", "") for element in root.iter()]
    assert sum("ck-box" in c.split() for c in classes) == 7
    assert classes.count("ck-arrow") == 7
    assert classes.count("ck-wire") == 7 + 1  # the result's wire leads nowhere
    assert classes.count("ck-box ck-constant") == 1
    assert classes.count("ck-box ck-gate ck-result") == 1


def test_tooltips_keep_every_digit_and_show_the_chain_rule(cubic: Drawing) -> None:
    tooltips = [element.text for element in parse(cubic.svg).iter(SVG + "title")]
    assert "w1 → a\nback: upstream 3 × local 12 = 36" in tooltips
    assert "w1: input\nvalue 2\ngradient 39" in tooltips
    exact = draw(Picture((Box("input", "x", "x", value=1 / 3),)))
    assert "x: input\nvalue 0.3333333333333333" in [e.text for e in parse(exact.svg).iter(SVG + "title")]


def test_the_same_graph_gives_the_same_text(cubic: Drawing) -> None:
    assert cubic.svg == draw(cubic.picture).svg
    assert cubic.html == draw(cubic.picture).html


def test_ids_differ_between_pictures_and_by_key(cubic: Drawing) -> None:
    def ids(drawing: Drawing) -> set[str]:
        return {element.get("id") for element in parse(drawing.svg).iter() if element.get("id")}

    other = draw(Picture((Box("input", "x"),)))
    again = draw(cubic.picture, key="2")
    assert len(ids(cubic) | ids(other) | ids(again)) == 6
    assert all(name.startswith("ck-") for name in ids(cubic))


def test_colours_are_variables_for_light_dark_and_forced_colours(cubic: Drawing) -> None:
    for colour in (theme.LIGHT.value, theme.DARK.value, theme.LIGHT.gradient, theme.DARK.gradient):
        assert colour in cubic.svg
    assert "fill:var(--ck-value)" in cubic.svg
    assert "@media (prefers-color-scheme:dark)" in cubic.svg
    assert '[data-jp-theme-light="false"]' in cubic.svg
    assert "@media (forced-colors:active)" in cubic.svg


def test_it_loads_nothing_and_runs_nothing(cubic: Drawing) -> None:
    for text in (cubic.svg, cubic.html):
        links = set(re.findall(r"https?://[^\s\"'<>]+", text))
        assert links == {"http://www.w3.org/2000/svg"}
        assert not re.search(r"<script|<image|<foreignObject|url\(|@import|\son\w+=|href=", text)


EVIL = '</text></svg><script>alert("x")</script><img src=x onerror=alert(1)>&amp;\x00\ud800'


def test_names_with_markup_are_shown_and_not_obeyed() -> None:
    boxes = (
        Box("input", EVIL, EVIL, value=1.0, gradient=1.0),
        Box("gate", EVIL, EVIL, EVIL, inputs=(0,), value=EVIL, gradient=EVIL, output=True),
    )
    drawing = draw(Picture(boxes, title=EVIL))
    for text in (drawing.svg, drawing.html):
        assert "<script" not in text
        assert "<img" not in text
        text.encode()  # no lone surrogate is left
    shown = "".join(parse(drawing.svg).itertext())
    assert '<script>alert("x")</script>' in shown
    assert "\x00" not in shown
    assert "�" in shown


@given(name=st.text(min_size=1), title=st.text())
@settings(max_examples=100, deadline=None)
def test_any_name_and_title_give_well_formed_svg(name: str, title: str) -> None:
    picture = Picture(
        (Box("input", name, name, value=1.0), Box("gate", name, name, inputs=(0,))), title=title
    )
    parse(draw(picture).svg)


def test_values_that_are_not_finite_are_drawn_in_words() -> None:
    boxes = (Box("input", "x", "x", value=math.nan, gradient=math.inf),)
    shown = [element.text for element in parse(draw(Picture(boxes)).svg).iter(SVG + "text")]
    assert "⚠ not a number" in shown
    assert "∇ ⚠ infinity" in shown


def test_heat_maps_are_drawn_one_path_a_shade() -> None:
    x, w = ck.variables("x w")
    graph = ck.ComputationalGraph(ck.sum(x @ w))
    with pytest.warns(ck.NotANumberWarning):
        graph.forward(x=np.eye(3), w=np.array([[-1.0], [0.0], [np.nan]]))
    root = parse(draw(graph).svg)
    maps = [element for element in root.iter(SVG + "g") if element.get("class") == "ck-cells"]
    fills = [[path.get("fill") for path in heat_map] for heat_map in maps]
    assert [theme.SHADES[10], theme.SHADES[5]] == sorted(fills[0])  # the identity: 1 and 0
    assert sorted(fills[1]) == sorted([theme.SHADES[0], theme.SHADES[5], theme.NOT_FINITE])


def test_the_table_below_the_picture(cubic: Drawing) -> None:
    table = cubic.html[cubic.html.index("<details") :]
    root = ET.fromstring(table)
    assert root.find("summary").text == "The numbers as a table"
    head = [cell.text for cell in root.findall("table/thead/tr/th")]
    assert head == ["node", "operation", "inputs", "value", "gradient"]
    assert all(cell.get("scope") == "col" for cell in root.findall("table/thead/tr/th"))
    rows = [[cell.text or "" for cell in row] for row in root.findall("table/tbody/tr")]
    assert ["w1", "input", "", "2", "39"] in rows
    assert ["f", "+ (add)", "b, c", "30", "1"] in rows
    assert all(row[0].get("scope") == "row" for row in root.findall("table/tbody/tr"))


def test_a_fixed_appearance_has_one_set_of_colours(cubic: Drawing) -> None:
    dark = draw(cubic.picture, appearance="dark").svg
    assert theme.DARK.value in dark
    assert f"--ck-value:{theme.LIGHT.value}" not in dark
