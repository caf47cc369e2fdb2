"""Positions and labels of the ticks of axes."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

Ticks = list[tuple[float, str]]

_OCTAVES = (16, 31.5, 63, 125, 250, 500, 1000, 2000, 4000, 8000, 16000, 32000, 64000)
_CLOCK = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600)


@dataclass(frozen=True)
class TimeAxis:
    """A time axis from `start` to `end` in seconds, `width` pixels or characters wide."""

    start: float
    end: float
    width: int

    def x(self, seconds: float) -> float:
        """Return the position of a time in pixels from the left."""
        return (seconds - self.start) / (self.end - self.start) * self.width

    def ticks(self, spacing: float) -> Ticks:
        """Return the ticks of the axis, at least `spacing` pixels apart."""
        return times(self.start, self.end, max(1, int(self.width / spacing)))

    @property
    def is_in_seconds(self) -> bool:
        """Whether the labels are seconds, not minutes or hours."""
        return self.end - self.start < 60


def even(low: float, high: float, max_ticks: int) -> list[float]:
    """Return evenly spaced round values in a range, at most `max_ticks` + 1."""
    if high <= low:
        return [low]
    raw = (high - low) / max(1, max_ticks)
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(m * power for m in (1, 2, 5, 10, 20) if m * power >= raw * 0.999)
    return _multiples(low, high, step)


def times(start: float, end: float, max_ticks: int) -> Ticks:
    """Return ticks in seconds, or in minutes and hours for long recordings."""
    if end - start < max_ticks or end < 60:
        values = even(start, end, max_ticks)
        digits = _digits(values)
        return [(value, f"{value:.{digits}f}") for value in values]
    step = next((s for s in _CLOCK if (end - start) / s <= max_ticks), 43200)
    return [(value, clock(value)) for value in _multiples(start, end, step)]


def clock(seconds: float) -> str:
    """Format whole seconds as 0:07 or 1:02:03."""
    minutes, second = divmod(round(seconds), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def numbers(low: float, high: float, max_ticks: int) -> Ticks:
    """Return ticks with numbers."""
    values = even(low, high, max_ticks)
    digits = _digits(values)
    return [(value, f"{value:.{digits}f}") for value in values]


def octaves(low: float, high: float) -> list[float]:
    """Return the octaves of IEC 61260 in a range, for scales that are not linear."""
    return [hertz for hertz in _OCTAVES if low <= hertz <= high]


def hertz_label(value: float) -> str:
    """Format a frequency: 500, 2k, 2.5k."""
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def spaced(ticks: Ticks, position: Callable[[float], float], gap: float) -> Ticks:
    """Drop ticks that are nearer than `gap` to the previous one."""
    kept: Ticks = []
    for tick in ticks:
        if not kept or abs(position(tick[0]) - position(kept[-1][0])) >= gap:
            kept.append(tick)
    return kept


def _multiples(low: float, high: float, step: float) -> list[float]:
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [n * step for n in range(first, last + 1)]


def _digits(values: list[float]) -> int:
    """Return the number of decimals that distinguishes the values."""
    step = values[1] - values[0] if len(values) > 1 else abs(values[0]) or 1.0
    return max(0, -math.floor(math.log10(step) + 1e-9))
