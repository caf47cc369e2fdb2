"""Lay a spectrogram out as a figure: panels, axes, colour bar, curves and lanes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from audiocli.render.base import Layout, Picture, plain
from audiocli.render.pictures.colour_maps import colour_map
from audiocli.render.pictures.panel import Levels, Panel, Values, levels
from audiocli.render.pictures.shapes import Box, Drawing, Image, Line, Shape, Text, text_width
from audiocli.render.pictures.styles import STYLES, Style
from audiocli.render.pictures.ticks import numbers
from audiocli.results import Comparison, Curve, Result, Span, Spectrogram

# All in pixels at 100 dpi.
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 84, 32, 46
_SMALL, _LARGE = 11, 13
_LANE, _GAP = 20, 30
_PANEL, _SHORTEST = 320, 24
_CLOSEST = 5  # from line to line of a grid


def columns(picture: Picture) -> int:
    """Pixels of the time axis of a picture."""
    if picture.raw:
        return picture.width
    return max(1, picture.width - round((_LEFT + _RIGHT) * picture.dpi / 100))


def panels_of(result: Result) -> tuple[Spectrogram, ...]:
    """The spectrograms of a result, one or several."""
    if isinstance(result, Comparison):
        return result.panels
    assert isinstance(result, Spectrogram)
    return (result,)


def figure(result: Result, layout: Layout) -> Drawing:
    """Lay out one spectrogram, or several below one another on one scale."""
    panels = panels_of(result)
    picture = layout.picture
    style = STYLES[picture.style]
    if picture.raw:
        return _raw(panels[0], picture, style)
    return _Figure(panels, picture, style).drawing()


def _raw(result: Spectrogram, picture: Picture, style: Style) -> Drawing:
    """Lay out the pixels alone."""
    height = picture.height or _PANEL
    end = result.start + result.duration
    panel = Panel(result, picture.width, height, result.start, end, levels((result,)))
    shapes = _contents(panel, 0, 0, picture, style, 1.0)
    return Drawing(picture.width, height, style.background, tuple(shapes))


@dataclass
class _Figure:
    """A figure with axes; lengths are scaled from 100 dpi."""

    panels: tuple[Spectrogram, ...]
    picture: Picture
    style: Style

    def __post_init__(self) -> None:
        self.scale = self.picture.dpi / 100
        self.left, self.top = round(_LEFT * self.scale), round(_TOP * self.scale)
        self.width = columns(self.picture)
        self.lanes = [_lanes(panel.spans) for panel in self.panels]
        self.levels = levels(self.panels)
        count = len(self.panels)
        around = self._px(_TOP + _BOTTOM + (count - 1) * (_GAP + _TOP))
        around += sum(len(lanes) for lanes in self.lanes) * self._px(_LANE)
        wanted = self.picture.height or around + count * self._px(_PANEL if count == 1 else 220)
        self.panel_height = max(_SHORTEST, (wanted - around) // count)
        self.height = max(wanted, around + count * self.panel_height)
        starts = [panel.start for panel in self.panels]
        self.start = min(starts)
        self.end = max(p.start + max(p.duration, 1e-9) for p in self.panels)

    def _px(self, length: float) -> int:
        return round(length * self.scale)

    def drawing(self) -> Drawing:
        """Put all shapes together."""
        shapes: list[Shape] = []
        y = self.top
        for result, lanes in zip(self.panels, self.lanes, strict=True):
            panel = Panel(result, self.width, self.panel_height, self.start, self.end, self.levels)
            shapes += self._title(result, y)
            shapes += _contents(panel, self.left, y, self.picture, self.style, self.scale)
            shapes += self._rows_axis(panel, y)
            if result.form != "waveform":
                shapes += self._colour_bar(result, y)
            bottom = y + self.panel_height
            for n, (name, spans) in enumerate(lanes.items()):
                shapes += self._lane(panel, name, spans, n, bottom + n * self._px(_LANE))
            bottom += len(lanes) * self._px(_LANE)
            shapes += self._time_axis(panel, bottom, last=result is self.panels[-1])
            y = bottom + self._px(_GAP + _TOP)
        return Drawing(self.picture.width, self.height, self.style.background, tuple(shapes))

    def _text(self, x: float, y: float, text: str, size: float = _SMALL, **how: object) -> Text:
        return Text(x, y, text, size * self.scale, self.style.ink, **how)  # type: ignore[arg-type]

    def _title(self, result: Spectrogram, y: float) -> Iterator[Shape]:
        about = f"{plain(result.source)}  ({plain(result.model.name)})"
        yield self._text(self.left, y - self._px(15), about, _LARGE)

    def _rows_axis(self, panel: Panel, y: float) -> Iterator[Shape]:
        """Marks left of the panel, and what they count."""
        mark = self._px(5)
        for value, label in panel.row_ticks(self._px(22)):
            at = y + panel.y(value)
            yield Line(((self.left - mark, at), (self.left, at)), self.style.ink, self.scale)
            yield self._text(self.left - mark - self._px(3), at, label, anchor="end")
        unit = panel.result.bin_unit
        title = {"Hz": "Frequency (Hz)"}.get(unit, unit.capitalize())
        if panel.result.form == "waveform":
            title = panel.result.unit.capitalize()
        middle = y + self.panel_height / 2
        yield self._text(self._px(13), middle, title, anchor="middle", turned=True)

    def _time_axis(self, panel: Panel, y: float, *, last: bool) -> Iterator[Shape]:
        for value, label in panel.time_ticks(self._px(64)):
            x = self.left + panel.x(value)
            yield Line(((x, y), (x, y + self._px(5))), self.style.ink, self.scale)
            yield self._text(x, y + self._px(14), label, anchor="middle")
        if last:
            unit = "Time (s)" if self.end - self.start < 60 else "Time"
            middle = self.left + self.width / 2
            yield self._text(middle, y + self._px(33), unit, anchor="middle")

    def _colour_bar(self, result: Spectrogram, y: int) -> Iterator[Shape]:
        x, width = self.left + self.width + self._px(14), self._px(13)
        ramp = np.linspace(1.0, 0.0, self.panel_height, dtype=np.float32)[:, None]
        yield Image(x, y, _coloured(ramp.repeat(width, axis=1), self.picture, self.style))
        # Decibels are told from the loudest point: what 0 dB is depends on the transform.
        zero = self.levels.high if result.unit == "dB" and result.bin_unit == "Hz" else 0.0
        low, high = self.levels.low - zero, self.levels.high - zero
        if high > low:
            most = max(1, self.panel_height // self._px(40))
            for value, label in numbers(low, high, most):
                at = y + (high - value) / (high - low) * self.panel_height
                yield self._text(x + width + self._px(4), at, label)
        yield self._text(x, y - self._px(11), _short(result.unit))

    def _lane(
        self, panel: Panel, name: str, spans: list[Span], n: int, y: float
    ) -> Iterator[Shape]:
        """Boxes with their texts, on the time axis of the panel."""
        fill = self.style.lanes[n % len(self.style.lanes)]
        height, size = self._px(_LANE), _SMALL * self.scale
        label = _fitting(name, self.left - self._px(8), size)
        yield Text(self.left - self._px(6), y + height / 2, label, size, fill, "end")
        for span in spans:
            first, end = (min(max(panel.x(t), 0), self.width) for t in (span.start, span.end))
            if end <= first:
                continue
            gap = 1 if end - first > 3 else 0
            yield Box(self.left + first, y + self._px(2), end - first - gap, height - 3, fill)
            text = _fitting(plain(span.text), end - first - self._px(2), size)
            if text and span.text != name:
                yield Text(
                    self.left + (first + end) / 2,
                    y + height / 2,
                    text,
                    size,
                    self.style.background,
                    "middle",
                )


def _contents(
    panel: Panel, x: int, y: int, picture: Picture, style: Style, scale: float
) -> Iterator[Shape]:
    """What is inside the axes: the pixels, a model's patches, and curves."""
    if panel.result.form == "waveform":
        yield from _wave(panel, x, y, style)
    else:
        yield Image(x, y, _coloured(panel.shares(), picture, style))
    yield from _patches(panel, x, y, style, scale)
    for n, curve in enumerate(panel.result.curves):
        yield from _curve(panel, curve, x, y, style.curves[n % len(style.curves)], scale)


def _coloured(shares: Values, picture: Picture, style: Style) -> NDArray[np.uint8]:
    """Give shares of 0 to 1 their colours; NaN gets the background's."""
    table = colour_map(picture.colour_map or style.colour_map)
    nothing = np.isnan(shares)
    pixels = table[(np.nan_to_num(shares) * 255 + 0.5).astype(np.uint8)]
    pixels[nothing] = list(bytes.fromhex(style.background[1:]))
    return pixels


def _wave(panel: Panel, x: int, y: int, style: Style) -> Iterator[Shape]:
    """A vertical line for each column, from the highest to the lowest sample."""
    middle = y + panel.y(0.0)
    yield Line(((x, middle), (x + panel.width, middle)), style.faint)
    highest, lowest = panel.envelope()
    for n, (high, low) in enumerate(zip(highest, lowest, strict=True)):
        if not np.isnan(high):
            top, bottom = y + panel.y(float(high)), y + panel.y(float(low))
            yield Box(x + n, top, 1, max(1.0, bottom - top), style.wave)


def _patches(panel: Panel, x: int, y: int, style: Style, scale: float) -> Iterator[Shape]:
    """The grid of what a model takes for one token, and the outline of the first."""
    patches = panel.result.patches
    if patches is None:
        return
    rows, frames = panel.values.shape
    across, down = panel.width / frames, panel.height / rows
    left = _grid(frames - patches.frames, patches.frame_step, across)
    low = _grid(rows - patches.rows, patches.row_step, down)
    for at in left:
        yield Line(((x + at, y), (x + at, y + panel.height)), style.grid, 0.5 * scale)
    for at in low:
        height = y + panel.height - at
        yield Line(((x, height), (x + panel.width, height)), style.grid, 0.5 * scale)
    bottom, right = y + panel.height, x + max(2.0, patches.frames * across)
    top = bottom - patches.rows * down
    corners = ((x, bottom), (x, top), (right, top), (right, bottom), (x, bottom))
    yield Line(corners, style.curves[0], 2 * scale)


def _grid(last: int, step: int, pixels: float) -> list[float]:
    """Pixels where patches begin; none where their lines would cover the picture."""
    return [n * pixels for n in range(0, last + 1, step)] if step * pixels >= _CLOSEST else []


def _curve(
    panel: Panel, curve: Curve, x: int, y: int, colour: str, scale: float
) -> Iterator[Shape]:
    """A line through the points of a curve, broken where there is none."""
    values = np.array([np.nan if v is None else v for v in np.asarray(curve.values).tolist()])
    heights = _heights(panel, curve, values)
    points = [
        (x + panel.x(t), y + h) for t, h in zip(np.asarray(curve.times), heights, strict=True)
    ]
    known = np.isfinite(heights)
    edges = np.flatnonzero(np.diff(known, prepend=False, append=False))
    for first, end in pairwise(edges):
        if known[first]:
            run = points[first:end] if end - first > 1 else points[first:end] * 2
            yield Line(tuple((float(a), float(b)) for a, b in run), colour, 2 * scale)


def _heights(panel: Panel, curve: Curve, values: Values) -> Values:
    """Pixels from the top; what is no frequency gets an axis of its own, low to high."""
    if curve.unit == "Hz" and panel.result.bin_unit == "Hz":
        values = np.where(values > panel.bins[-1], np.nan, values)
        return np.array([np.nan if np.isnan(v) else panel.y(v) for v in values])
    own = Levels(float(np.nanmin(values)), float(np.nanmax(values)))
    shares = own.share(values)
    return panel.height * (1.0 - shares)


def _lanes(spans: tuple[Span, ...]) -> dict[str, list[Span]]:
    lanes: dict[str, list[Span]] = {}
    for span in spans:
        lanes.setdefault(span.lane, []).append(span)
    return lanes


def _fitting(text: str, room: float, size: float) -> str:
    """Text, or as much of it as there is room for."""
    if text_width(text, size) <= room:
        return text
    while text and text_width(text + "…", size) > room:
        text = text[:-1]
    return f"{text}…" if len(text) > 1 else ""


def _short(unit: str) -> str:
    return unit if len(unit) < 12 else unit.split()[0]
