"""Contours of a surface as paths, for a module that draws them without knowing how they are found."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import contourpy
import numpy as np

__all__ = ["LEVELS", "SIDE", "contours_of"]

LEVELS = 12
SIDE = 1000  # paths run in a square of this side, y upwards


def contours_of(heights: Any) -> list[dict[str, Any]]:
    """Return the region above each of some levels.

    Parameters
    ----------
    heights : numpy.ndarray
        Values on an evenly spaced grid, a row for each y. What is not finite is left out.

    Returns
    -------
    list of dict
        From the lowest level up, ``level`` and ``path``: an outline in SVG's letters, in a square of side
        1000. Levels are closer together near the bottom, where the way is decided; in a round bowl the rings
        then lie evenly.

    >>> x, y = np.meshgrid(np.linspace(-1, 1, 21), np.linspace(-1, 1, 21))
    >>> rings = contours_of(x * x + y * y)
    >>> len(rings), round(rings[0]["level"], 4), rings[0]["path"].startswith("M")
    (11, 0.0126, True)
    """
    finite = np.ma.masked_invalid(np.asarray(heights, dtype=float))
    low, high = float(finite.min()), float(np.percentile(finite.compressed(), 98))
    if low == high:
        return []
    places = (np.linspace(0, SIDE, finite.shape[1]), np.linspace(0, SIDE, finite.shape[0]))
    found: Any = contourpy.contour_generator(*places, finite, fill_type=contourpy.FillType.OuterOffset)
    contours = []
    for k in range(1, LEVELS):
        level = low + (high - low) * (k / LEVELS) ** 2
        pieces, offsets = found.filled(level, np.inf)
        path = "".join(
            _ring(points[start:end])
            for points, ends in zip(pieces, offsets, strict=True)
            for start, end in pairwise(ends)
        )
        if path:
            contours.append({"level": level, "path": path})
    return contours


def _ring(points: Any) -> str:
    """Write a closed ring in whole units, relative to the point before; what lies on a line is left out."""
    corners = np.rint(points[:-1]).astype(int)
    steps = np.diff(corners, axis=0)
    corners = corners[np.concatenate([[True], np.any(steps != 0, axis=1)])]
    if len(corners) < 3:
        return ""
    before, after = corners - np.roll(corners, 1, axis=0), np.roll(corners, -1, axis=0) - corners
    bends = before[:, 0] * after[:, 1] != before[:, 1] * after[:, 0]
    corners = corners[bends]
    if len(corners) < 3:
        return ""
    text = "".join(f"l{dx} {dy}" for dx, dy in np.diff(corners, axis=0).tolist())
    return f"M{corners[0][0]} {corners[0][1]}{text}z"
