"""The colours keep the contrasts that were promised."""

import pytest

from coursekit.drawing import theme
from coursekit.drawing.svg import style


@pytest.mark.parametrize(
    ("colours", "name", "on", "ratio"),
    [
        (theme.LIGHT, "text", "background", 15.8),
        (theme.LIGHT, "value", "background", 7.8),
        (theme.LIGHT, "gradient", "background", 5.5),
        (theme.LIGHT, "wire", "background", 4.5),
        (theme.LIGHT, "text", "active", 13.1),
        (theme.LIGHT, "active_border", "background", 5.5),
        (theme.DARK, "text", "background", 15.6),
        (theme.DARK, "value", "background", 9.8),
        (theme.DARK, "gradient", "background", 9.5),
        (theme.DARK, "wire", "background", 6.0),
        (theme.DARK, "text", "active", 9.3),
        (theme.DARK, "active_border", "background", 12.9),
    ],
)
def test_contrast(colours: theme.Theme, name: str, on: str, ratio: float) -> None:
    measured = theme.contrast(getattr(colours, name), getattr(colours, on))
    assert measured == pytest.approx(ratio, abs=0.06)
    assert measured >= 4.5


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK])
def test_lines_of_plots_stand_out(colours: theme.Theme) -> None:
    for name in ("value", "gradient", "third", "fourth"):
        assert theme.contrast(getattr(colours, name), colours.background) >= 4.5


@pytest.mark.parametrize("colours", [theme.LIGHT, theme.DARK])
def test_text_reads_on_boxes_too(colours: theme.Theme) -> None:
    assert theme.contrast(colours.text, colours.card) >= 7


def test_heat_map_shades_run_from_blue_over_white_to_orange() -> None:
    assert len(theme.SHADES) == 11
    assert theme.SHADES[5] == "#ffffff"
    lightness = [theme.contrast(shade, "#000000") for shade in theme.SHADES]
    assert lightness[:6] == sorted(lightness[:6])
    assert lightness[5:] == sorted(lightness[5:], reverse=True)


def test_the_style_follows_page_system_and_forced_colours_in_this_order() -> None:
    sheet = style("auto")
    system = sheet.index("@media (prefers-color-scheme:dark)")
    page = sheet.index('[data-jp-theme-light="false"] .ck-picture')
    forced = sheet.index("@media (forced-colors:active)")
    assert system < page < forced
    assert '[data-theme="dark"] .ck-picture' in sheet
    assert "--ck-text:CanvasText" in sheet


def test_a_fixed_appearance_ignores_page_and_system() -> None:
    assert "prefers-color-scheme" not in style("dark")
    assert theme.DARK.value in style("dark")
    assert theme.LIGHT.value not in style("dark")
    assert "forced-colors" in style("dark")


def test_no_text_is_smaller_than_twelve_pixels() -> None:
    assert min(theme.LABEL_SIZE, theme.NUMBER_SIZE, theme.NOTE_SIZE) >= theme.SMALLEST_TEXT == 12
