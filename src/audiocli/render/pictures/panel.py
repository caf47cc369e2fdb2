"""Scale a spectrogram to pixels or characters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from audiocli.audio.features.pitch_scale import PITCH_CLASSES
from audiocli.render.pictures import ticks
from audiocli.results import Spectrogram

Values = NDArray[np.float32]
_DEFAULT_RANGE = 80.0  # dB
_SILENCE = -100.0  # dB, the minimum of `power_to_db`


@dataclass(frozen=True)
class ValueRange:
    """The values that are mapped to the first and the last colour."""

    low: float
    high: float

    def share(self, values: Values) -> Values:
        """Scale values linearly to [0, 1], clipped; return zeros if the range is empty."""
        if self.high <= self.low:
            return np.zeros_like(values)
        shares: Values = np.clip((values - self.low) / (self.high - self.low), 0.0, 1.0)
        return shares


def value_range(panels: tuple[Spectrogram, ...]) -> ValueRange:
    """Return the common value range of all panels."""
    values = [_for_levels(panel) for panel in panels]
    low, high = (float(f([f(v) for v in values])) for f in (np.min, np.max))
    if panels[0].spectrogram_kind == "waveform":
        peak = max(-low, high) or 1.0
        return ValueRange(-peak, peak)
    if panels[0].unit == "dB" and panels[0].bin_unit == "Hz" and high > _SILENCE:
        low = high - float(panels[0].parameters.get("db_range", _DEFAULT_RANGE))
    return ValueRange(low, high)


def _for_levels(panel: Spectrogram) -> Values:
    values = np.asarray(panel.values, np.float32)
    # The 0th cepstral coefficient (loudness) is much larger than the others.
    return values[1:] if panel.bin_unit == "coefficient" and len(values) > 1 else values


@dataclass(frozen=True, eq=False)
class Panel:
    """A spectrogram over a time axis, `height` pixels high."""

    result: Spectrogram
    time: ticks.TimeAxis
    height: int
    value_range: ValueRange

    @cached_property
    def values(self) -> Values:
        """Values of the spectrogram, shape (bins, frames)."""
        return np.asarray(self.result.values, np.float32)

    @cached_property
    def bins(self) -> NDArray[np.float64]:
        """Positions of the rows, shape (bins,)."""
        return np.asarray(self.result.bins, np.float64)

    def shares(self) -> Values:
        """Return values from 0 to 1 of all pixels, shape (height, width); NaN outside the audio."""
        fitted = self._fitted(self.values, self._pool)
        rows = np.arange(self.height) * len(fitted) // self.height
        # The maximum over bins, because a mean would hide pure tones.
        return self.value_range.share(_reduced(fitted, rows, axis=0, pool="max")[::-1])

    def envelope(self) -> Values:
        """Return the highest and lowest sample of each column of pixels, shape (2, width)."""
        signs = np.array([[1.0], [-1.0]], np.float32)
        return self._fitted(self.values * signs, "max") * signs

    def _fitted(self, values: Values, pool: str) -> Values:
        """Return values of each column of pixels, shape (bins, width); NaN outside the audio."""
        times = np.asarray(self.result.times, np.float64)
        step = times[1] - times[0] if len(times) > 1 else max(self.result.duration, 1e-9)
        width = self.time.width
        edges = self.time.start + np.arange(width) * (self.time.end - self.time.start) / width
        frames = np.floor((edges - times[0]) / step + 0.5).astype(int)
        outside = edges >= self.result.start + self.result.duration
        fitted = _reduced(values, np.clip(frames, 0, len(times) - 1), 1, pool)
        fitted[:, outside] = np.nan
        return fitted

    @property
    def _pool(self) -> str:
        return str(self.result.parameters.get("aggregation", "mean"))

    def y(self, position: float) -> float:
        """Return the position of a bin value, such as a frequency, in pixels from the top."""
        if self.result.spectrogram_kind == "waveform":
            share = (position - self.value_range.low) / (
                self.value_range.high - self.value_range.low
            )
        else:
            rows = np.interp(position, self.bins, np.arange(len(self.bins)))
            share = (float(rows) + 0.5) / len(self.bins)
        return (1.0 - share) * self.height

    def row_ticks(self, spacing: float) -> ticks.Ticks:
        """Return the ticks of the bin axis, at least `spacing` pixels apart."""
        max_ticks = max(1, int(self.height / spacing))
        low, high = float(self.bins[0]), float(self.bins[-1])
        unit = self.result.bin_unit
        if self.result.spectrogram_kind == "waveform":
            return ticks.numbers(self.value_range.low, self.value_range.high, max_ticks)
        if unit == "pitch class":
            found = [(float(n), name) for n, name in enumerate(PITCH_CLASSES)]
        elif unit == "Hz" and self.result.spectrogram_kind == "linear":
            return [(v, ticks.hertz_label(v)) for v in ticks.even(low, high, max_ticks)]
        elif unit == "Hz":
            found = [(v, ticks.hertz_label(v)) for v in ticks.octaves(low, high)]
        else:
            return ticks.numbers(low, high, max_ticks)
        return ticks.spaced(found, self.y, spacing)


def _reduced(values: Values, starts: NDArray[np.int_], axis: int, pool: str) -> Values:
    """Pool values from each start to the next; repeated starts repeat the value."""
    if pool == "max":
        return np.maximum.reduceat(values, starts, axis=axis)
    sums = np.add.reduceat(values, starts, axis=axis)
    counts = np.maximum(np.diff(starts, append=max(values.shape[axis], starts[-1] + 1)), 1)
    sizes = (counts if axis else counts[:, None]).astype(np.float32)
    return np.divide(sums, sizes, dtype=np.float32)
