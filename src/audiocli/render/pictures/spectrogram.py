"""Figures of spectrograms: panels, axes, colour bar, curves and lanes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from audiocli.escaping import plain
from audiocli.render.base import PictureOptions
from audiocli.render.pictures.axes import Axes
from audiocli.render.pictures.contents import coloured, contents
from audiocli.render.pictures.panel import Panel, value_range
from audiocli.render.pictures.shapes import Drawing, Polyline, RasterImage, Shape
from audiocli.render.pictures.styles import STYLES, Style
from audiocli.render.pictures.ticks import TimeAxis, numbers
from audiocli.results import Comparison, Result, Spectrogram
from audiocli.results.lanes import by_lane

# In pixels at 100 dpi.
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 84, 32, 46
_LANE, _GAP = 20, 30
_PANEL, _MIN_PANEL = 320, 24


def columns(picture: PictureOptions) -> int:
    """Return the width of the time axis of a picture, in pixels."""
    if picture.raw:
        return picture.width
    return max(1, picture.width - round((_LEFT + _RIGHT) * picture.dpi / 100))


def panels_of(result: Result) -> tuple[Spectrogram, ...]:
    """Return the spectrograms of a result."""
    if isinstance(result, Comparison):
        return result.panels
    assert isinstance(result, Spectrogram)
    return (result,)


def spectrogram(result: Result, picture: PictureOptions) -> Drawing:
    """Draw a spectrogram, or several below each other on a common scale."""
    panels = panels_of(result)
    style = STYLES[picture.style]
    if picture.raw:
        return _raw(panels[0], picture, style)
    return _SpectrogramFigure(panels, picture, style).drawing()


def _raw(result: Spectrogram, picture: PictureOptions, style: Style) -> Drawing:
    """Draw a spectrogram without axes."""
    height = picture.height or _PANEL
    time = TimeAxis(result.start, result.start + result.duration, picture.width)
    panel = Panel(result, time, height, value_range((result,)))
    shapes = contents(panel, 0, 0, picture, style, 1.0)
    return Drawing(picture.width, height, style.background, tuple(shapes))


@dataclass
class _SpectrogramFigure:
    """A figure with axes; lengths are scaled from 100 dpi."""

    panels: tuple[Spectrogram, ...]
    picture: PictureOptions
    style: Style

    def __post_init__(self) -> None:
        start = min(panel.start for panel in self.panels)
        end = max(panel.start + max(panel.duration, 1e-9) for panel in self.panels)
        scale = self.picture.dpi / 100
        time = TimeAxis(start, end, columns(self.picture))
        self.axes = Axes(time, round(_LEFT * scale), scale, self.style)
        self.lanes = [by_lane(panel.spans) for panel in self.panels]
        self.value_range = value_range(self.panels)
        count = len(self.panels)
        around = self.axes.px(_TOP + _BOTTOM + (count - 1) * (_GAP + _TOP))
        around += sum(len(lanes) for lanes in self.lanes) * self.axes.px(_LANE)
        wanted = self.picture.height or around + count * self.axes.px(_PANEL if count == 1 else 220)
        self.panel_height = max(_MIN_PANEL, (wanted - around) // count)
        self.height = max(wanted, around + count * self.panel_height)

    def drawing(self) -> Drawing:
        """Return the figure."""
        axes, shapes = self.axes, list[Shape]()
        y = axes.px(_TOP)
        for result, lanes in zip(self.panels, self.lanes, strict=True):
            panel = Panel(result, axes.time, self.panel_height, self.value_range)
            shapes.append(axes.title(result, y))
            shapes += contents(panel, axes.left, y, self.picture, self.style, axes.scale)
            shapes += self._rows_axis(panel, y)
            if result.spectrogram_kind != "waveform":
                shapes += self._colour_bar(result, y)
            y += self.panel_height
            for n, (name, spans) in enumerate(lanes.items()):
                shapes += axes.lane(name, spans, n, y, axes.px(_LANE))
                y += axes.px(_LANE)
            shapes += axes.time_marks(y, named=result is self.panels[-1])
            y += axes.px(_GAP + _TOP)
        return Drawing(self.picture.width, self.height, self.style.background, tuple(shapes))

    def _rows_axis(self, panel: Panel, y: float) -> Iterator[Shape]:
        """Yield the ticks to the left of a panel, and the name of the axis."""
        axes = self.axes
        mark = axes.px(5)
        for value, label in panel.row_ticks(axes.px(22)):
            at = y + panel.y(value)
            yield Polyline(((axes.left - mark, at), (axes.left, at)), self.style.ink, axes.scale)
            yield axes.text(axes.left - mark - axes.px(3), at, label, anchor="end")
        unit = plain(panel.result.bin_unit)
        title = {"Hz": "Frequency (Hz)"}.get(unit, unit.capitalize())
        if panel.result.spectrogram_kind == "waveform":
            title = plain(panel.result.unit).capitalize()
        middle = y + self.panel_height / 2
        yield axes.text(axes.px(13), middle, title, anchor="middle", turned=True)

    def _colour_bar(self, result: Spectrogram, y: int) -> Iterator[Shape]:
        axes = self.axes
        x, width = axes.left + axes.time.width + axes.px(14), axes.px(13)
        ramp = np.linspace(1.0, 0.0, self.panel_height, dtype=np.float32)[:, None]
        yield RasterImage(x, y, coloured(ramp.repeat(width, axis=1), self.picture, self.style))
        # Decibels are relative to the maximum, because 0 dB depends on the transform.
        zero = self.value_range.high if result.unit == "dB" and result.bin_unit == "Hz" else 0.0
        low, high = self.value_range.low - zero, self.value_range.high - zero
        if high > low:
            max_ticks = max(1, self.panel_height // axes.px(40))
            for value, label in numbers(low, high, max_ticks):
                at = y + (high - value) / (high - low) * self.panel_height
                yield axes.text(x + width + axes.px(4), at, label)
        yield axes.text(x, y - axes.px(11), _short(plain(result.unit)))


def _short(unit: str) -> str:
    return unit if len(unit) < 12 else unit.split()[0]
