"""Track pitch, formants and energy of a stream over time."""

from __future__ import annotations

from typing import Literal

import numpy as np
import soxr
from numpy.typing import NDArray

from audiocli.audio.features.formants import analysis_rate, formants, frame_length
from audiocli.audio.features.pitch import yin
from audiocli.audio.features.stft import Framer
from audiocli.results import Curve

Samples = NDArray[np.float32]
Values = NDArray[np.float64]
Quantity = Literal["pitch", "formants", "energy"]

HOP = 0.01  # seconds between values
_FRAME = 0.064  # seconds
_N_FORMANTS = 3  # formants: the lowest two or three define a vowel
_FORMANT_RANGE = 30.0  # dB; formants of softer frames are left out, as in Praat


def make_tracker(quantity: Quantity, rate: int, start: float, hop: float = HOP) -> CurveTracker:
    """Return a tracker of a quantity for a mono stream.

    Parameters
    ----------
    rate : sample rate in Hz
    start : time of the first sample in seconds
    hop : seconds between values
    """
    kinds: dict[Quantity, type[CurveTracker]] = {
        "pitch": PitchTracker,
        "formants": FormantTracker,
        "energy": EnergyTracker,
    }
    return kinds[quantity](rate, start, hop)


class CurveTracker:
    """Track a quantity over time; subclasses implement the measurement."""

    def __init__(self, rate: int, start: float, hop: float, length: int | None = None) -> None:
        self._rate, self._start = rate, start
        self._hop = max(1, round(hop * rate))
        self._framer = Framer(max(4, length or round(_FRAME * rate)), self._hop)
        self._measured: list[Values] = []

    def feed(self, block: Samples) -> None:
        """Add samples of shape (time,)."""
        self._measured += map(self._measure, self._framer.feed(block))

    def finish(self) -> tuple[Curve, ...]:
        """Return the curves at the end of the stream."""
        self._measured += map(self._measure, self._framer.finish())
        return self._curves(np.concatenate(self._measured))

    def _measure(self, frames: Samples) -> Values:
        """Return a row of values for each frame, given shape (frames, length)."""
        raise NotImplementedError

    def _curves(self, values: Values) -> tuple[Curve, ...]:
        raise NotImplementedError

    def _curve(self, name: str, unit: str, values: Values, *, connected: bool = True) -> Curve:
        times = self._start + np.arange(len(values)) * self._hop / self._rate
        return Curve(name=name, unit=unit, times=times, values=values, connected=connected)


class PitchTracker(CurveTracker):
    """Track the fundamental frequency."""

    def _measure(self, frames: Samples) -> Values:
        return yin(frames, self._rate)

    def _curves(self, values: Values) -> tuple[Curve, ...]:
        return (self._curve("pitch", "Hz", values),)


class EnergyTracker(CurveTracker):
    """Track the level; frames are as long as the hop if that is longer."""

    def __init__(self, rate: int, start: float, hop: float) -> None:
        super().__init__(rate, start, hop, round(max(_FRAME, hop) * rate))

    def _measure(self, frames: Samples) -> Values:
        return level(frames)

    def _curves(self, values: Values) -> tuple[Curve, ...]:
        return (self._curve("energy", "dBFS", values),)


class FormantTracker(CurveTracker):
    """Track the lowest resonances of the vocal tract in voiced frames."""

    def __init__(self, rate: int, start: float, hop: float) -> None:
        wanted = analysis_rate(rate)
        super().__init__(wanted, start, hop, frame_length(wanted))
        self._resampler = soxr.ResampleStream(rate, wanted, 1, dtype="float32")

    def feed(self, block: Samples) -> None:
        """Add samples of shape (time,)."""
        super().feed(self._resampler.resample_chunk(block))

    def finish(self) -> tuple[Curve, ...]:
        """Return a curve for each formant."""
        super().feed(self._resampler.resample_chunk(np.zeros(0, np.float32), last=True))
        return super().finish()

    def _measure(self, frames: Samples) -> Values:
        return np.column_stack([level(frames), formants(frames, self._rate)[:, :_N_FORMANTS]])

    def _curves(self, values: Values) -> tuple[Curve, ...]:
        levels, found = values[:, 0], values[:, 1:]
        found[levels < levels.max() - _FORMANT_RANGE] = np.nan
        return tuple(
            self._curve(f"F{n}", "Hz", one, connected=False) for n, one in enumerate(found.T, 1)
        )


def level(frames: Samples) -> Values:
    """Return the root mean square of each frame in dB re full scale, at least -100."""
    power = np.mean(frames.astype(np.float64) ** 2, axis=1)
    decibels: Values = 10 * np.log10(np.maximum(power, 1e-10))
    return decibels
