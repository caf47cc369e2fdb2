"""Curves over time that are followed while a recording streams by."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from audiocli.audio.features.pitch import yin
from audiocli.audio.features.stft import Framer
from audiocli.results import Curve

Samples = NDArray[np.float32]
Quantity = Literal["pitch", "energy"]

_FRAME, _HOP = 0.064, 0.01  # seconds
_UNITS: dict[Quantity, str] = {"pitch": "Hz", "energy": "dBFS"}


class Track:
    """Follows one quantity of sound of one channel, a value every 10 ms.

    Parameters
    ----------
    rate : in Hz
    start : time of the first sample, in seconds
    """

    def __init__(self, quantity: Quantity, rate: int, start: float) -> None:
        self._quantity, self._rate, self._start = quantity, rate, start
        self._hop = max(1, round(_HOP * rate))
        self._framer = Framer(max(4, self._hop, round(_FRAME * rate)), self._hop)
        self._values: list[NDArray[Any]] = []

    def feed(self, block: Samples) -> None:
        """Take samples of shape (time,)."""
        for frames in self._framer.feed(block):
            self._values.append(self._measure(frames))

    def finish(self) -> Curve:
        """Give the whole curve."""
        for frames in self._framer.finish():
            self._values.append(self._measure(frames))
        values = np.concatenate(self._values)
        times = self._start + np.arange(len(values)) * self._hop / self._rate
        return Curve(name=self._quantity, unit=_UNITS[self._quantity], times=times, values=values)

    def _measure(self, frames: Samples) -> NDArray[Any]:
        if self._quantity == "pitch":
            return yin(frames, self._rate)
        return level(frames)


def level(frames: Samples) -> NDArray[np.float64]:
    """Root mean square of each frame in dB, 0 for a constant 1; at least -100."""
    power = np.mean(frames.astype(np.float64) ** 2, axis=1)
    decibels: NDArray[np.float64] = 10 * np.log10(np.maximum(power, 1e-10))
    return decibels
