"""The contents of a panel: the spectrogram, the patches of a model, and curves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import cycle, pairwise

import numpy as np
from numpy.typing import NDArray

from audiocli.escaping import plain
from audiocli.render.base import PictureOptions
from audiocli.render.pictures.axes import SMALL
from audiocli.render.pictures.colour_maps import colour_map
from audiocli.render.pictures.panel import Panel, ValueRange, Values
from audiocli.render.pictures.shapes import (
    Polyline,
    RasterImage,
    Rectangle,
    Shape,
    TextLabel,
    text_width,
)
from audiocli.render.pictures.styles import Style
from audiocli.results import Curve

_LOUDNESS_RANGE = 60.0  # dB; minimum range of the axis of a loudness curve
_MIN_GRID_STEP = 5  # pixels


def contents(
    panel: Panel, x: int, y: int, picture: PictureOptions, style: Style, scale: float
) -> Iterator[Shape]:
    """Yield the shapes of a panel with its top left corner at x, y."""
    if panel.result.spectrogram_kind == "waveform":
        yield from _wave(panel, x, y, style)
    else:
        yield RasterImage(x, y, coloured(panel.shares(), picture, style))
    yield from _patches(panel, x, y, style, scale)
    is_wave = panel.result.spectrogram_kind == "waveform"
    # Waveforms are drawn on the background in the first lane colour.
    colours = style.lanes[1:] if is_wave else style.curves
    curves = list(zip(panel.result.curves, cycle(colours), strict=False))
    for curve, colour in curves:
        yield from _curve(panel, curve, x, y, colour, scale)
    if curves and not picture.raw:
        behind = style.background if is_wave else "#" + _table(picture, style)[0].tobytes().hex()
        yield from _names(curves, x + panel.time.width, y, scale, behind)


def coloured(shares: Values, picture: PictureOptions, style: Style) -> NDArray[np.uint8]:
    """Map values from 0 to 1 to colours, and NaN to the background."""
    table = _table(picture, style)
    nothing = np.isnan(shares)
    pixels = table[(np.nan_to_num(shares) * 255 + 0.5).astype(np.uint8)]
    pixels[nothing] = list(bytes.fromhex(style.background[1:]))
    return pixels


def _table(picture: PictureOptions, style: Style) -> NDArray[np.uint8]:
    return colour_map(picture.colour_map or style.colour_map)


def _wave(panel: Panel, x: int, y: int, style: Style) -> Iterator[Shape]:
    """Yield a vertical line for each column, from the highest to the lowest sample."""
    middle = y + panel.y(0.0)
    yield Polyline(((x, middle), (x + panel.time.width, middle)), style.faint)
    highest, lowest = panel.envelope()
    for n, (high, low) in enumerate(zip(highest, lowest, strict=True)):
        if not np.isnan(high):
            top, bottom = y + panel.y(float(high)), y + panel.y(float(low))
            yield Rectangle(x + n, top, 1, max(1.0, bottom - top), style.wave)


def _patches(panel: Panel, x: int, y: int, style: Style, scale: float) -> Iterator[Shape]:
    """Yield the grid of the patches of a model, and the outline of the first patch."""
    patches = panel.result.patches
    if patches is None:
        return
    rows, frames = panel.values.shape
    across, down = panel.time.width / frames, panel.height / rows
    left = _grid(frames - patches.frames, patches.frame_step, across)
    low = _grid(rows - patches.rows, patches.row_step, down)
    for at in left:
        yield Polyline(((x + at, y), (x + at, y + panel.height)), style.grid, 0.5 * scale)
    for at in low:
        height = y + panel.height - at
        yield Polyline(((x, height), (x + panel.time.width, height)), style.grid, 0.5 * scale)
    bottom, right = y + panel.height, x + max(2.0, patches.frames * across)
    top = bottom - patches.rows * down
    corners = ((x, bottom), (x, top), (right, top), (right, bottom), (x, bottom))
    yield Polyline(corners, style.curves[0], 2 * scale)


def _grid(last: int, step: int, pixels: float) -> list[float]:
    """Return the positions of grid lines in pixels; none if they are too close."""
    return [n * pixels for n in range(0, last + 1, step)] if step * pixels >= _MIN_GRID_STEP else []


def _names(
    curves: Sequence[tuple[Curve, str]], right: float, y: float, scale: float, behind: str
) -> Iterator[Shape]:
    """Yield the legend of the curves, in the top right corner."""
    gap, size = 10 * scale, SMALL * scale
    labels = [(plain(curve.name), colour) for curve, colour in curves]
    widths = [text_width(label, size) + gap for label, _ in labels]
    at = right - sum(widths) - gap / 2
    yield Rectangle(at - gap / 2, y, right - at + gap / 2, 20 * scale, behind)
    for (label, colour), width in zip(labels, widths, strict=True):
        yield TextLabel(at, y + 10 * scale, label, size, colour)
        at += width


def _curve(
    panel: Panel, curve: Curve, x: int, y: int, colour: str, scale: float
) -> Iterator[Shape]:
    """Yield a curve as lines, interrupted at undefined values, or as dots."""
    values = np.array([np.nan if v is None else v for v in np.asarray(curve.values).tolist()])
    heights = _heights(panel, curve, values)
    points = [
        (x + panel.time.x(t), y + h) for t, h in zip(np.asarray(curve.times), heights, strict=True)
    ]
    if not curve.connected:
        side = 3 * scale
        for across, down in points:
            if np.isfinite(down):
                yield Rectangle(
                    float(across - side / 2), float(down - side / 2), side, side, colour
                )
        return
    known = np.isfinite(heights)
    edges = np.flatnonzero(np.diff(known, prepend=False, append=False))
    for first, end in pairwise(edges):
        if known[first]:
            run = points[first:end] if end - first > 1 else points[first:end] * 2
            yield Polyline(tuple((float(a), float(b)) for a, b in run), colour, 2 * scale)


def _heights(panel: Panel, curve: Curve, values: Values) -> Values:
    """Return the positions of values in pixels from the top.

    Frequencies use the axis of the panel, other quantities an axis from low to high.
    """
    if curve.unit == "Hz" and panel.result.bin_unit == "Hz":
        values = np.where(values > panel.bins[-1], np.nan, values)
        return np.array([np.nan if np.isnan(v) else panel.y(v) for v in values])
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    if curve.unit == "dBFS":
        low = min(low, high - _LOUDNESS_RANGE)  # do not magnify small variations
    own = ValueRange(low, high)
    return np.where(np.isfinite(values), panel.height * (1.0 - own.share(values)), np.nan)
