"""Colours and measures of the pictures, in one place.

Colour only repeats what position, the sign ``∇``, italic and dashes already say: in grey, and for readers
who see two colours instead of three, the picture still reads. Contrasts (WCAG 2, against the background):
value 7.8 light and 9.8 dark, gradient 5.5 and 9.5; the tests compute them from these tokens.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Theme:
    """The colours of one appearance, as ``#rrggbb``."""

    background: str
    card: str
    text: str
    wire: str
    value: str
    gradient: str
    active: str
    active_border: str
    third: str  # after value and gradient: the next lines of a plot
    fourth: str


LIGHT = Theme(
    background="#ffffff",
    card="#f6f8fa",
    text="#1f2328",
    wire="#6e7781",
    value="#00558c",
    gradient="#b34700",
    active="#ffe9a8",
    active_border="#8a6100",
    third="#00664d",
    fourth="#7a3e9d",
)
DARK = Theme(
    background="#111418",
    card="#1c2128",
    text="#e6edf3",
    wire="#8b949e",
    value="#7cc4ff",
    gradient="#ffa657",
    active="#4a3b00",
    active_border="#ffd33d",
    third="#5fd3a8",
    fourth="#d2a8ff",
)
# The reader's own colours, where the system asks for them (Windows' contrast themes).
FORCED = Theme(
    background="Canvas",
    card="Canvas",
    text="CanvasText",
    wire="CanvasText",
    value="CanvasText",
    gradient="LinkText",
    active="Highlight",
    active_border="HighlightText",
    third="CanvasText",
    fourth="LinkText",
)

# Shades of a heat map from the most negative entry over zero to the most positive: blue, white, orange. They
# are data, so they are the same in every theme.
SHADES = (
    "#08519c",
    "#3182bd",
    "#6baed6",
    "#9ecae1",
    "#d3e5f2",
    "#ffffff",
    "#fde3cb",
    "#fdbe85",
    "#fd8d3c",
    "#e6550d",
    "#a63603",
)
NOT_FINITE = "#000000"

MONOSPACE = 'ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace'

LABEL_SIZE = 16  # what stands in a box
NUMBER_SIZE = 14  # at the stub of a wire
NOTE_SIZE = 13  # at the end of a wire, and below a box
SMALLEST_TEXT = 12  # the picture scrolls rather than shrink text below this
ADVANCE = 0.61  # width of a monospace character, in sizes

BOX_WIDTH, BOX_HEIGHT = 64, 44
COLUMN_PITCH, ROW_PITCH = 250, 104  # a row at least; a column where the picture stays as wide as a notebook
NOTEBOOK_WIDTH = 890  # JupyterLab shows it in full on a screen of 1280 pixels, its smallest text at 12
STUB = 84  # where the pitch leaves room for it
CORNER = 6
MARGIN = 16


def variables(theme: Theme) -> str:
    """Write a theme as CSS custom properties.

    >>> variables(LIGHT)[:46]
    '--ck-background:#ffffff;--ck-card:#f6f8fa;--ck'
    """
    return ";".join(f"--ck-{name.replace('_', '-')}:{colour}" for name, colour in asdict(theme).items())


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast ratio of two ``#rrggbb`` colours, from 1 (the same) to 21 (black on white).

    >>> contrast("#000000", "#ffffff")
    21.0
    """
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
