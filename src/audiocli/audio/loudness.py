"""Measure loudness (ITU-R BS.1770-4, EBU R 128) and limit peaks, with FFmpeg."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from audiocli.audio.filters import FilterChain, samples_of

if TYPE_CHECKING:
    import av
    import numpy as np
    from numpy.typing import NDArray

SILENCE = -70.0  # LUFS; the absolute gate
_ATTACK, _RELEASE = 5, 50  # milliseconds, of the limiter


class LoudnessMeter:
    """Measures mono samples block by block, with constant memory.

    Attributes
    ----------
    integrated : integrated loudness so far in LUFS, minus infinity for silence
    peak : the largest absolute sample so far
    """

    def __init__(self, rate: int) -> None:
        self._chain = FilterChain(rate, ("ebur128", "metadata=1"))
        self.integrated = -math.inf
        self.peak = 0.0

    def add(self, samples: NDArray[np.float32]) -> None:
        """Add samples, shape (time,)."""
        import numpy as np

        if samples.size:
            self.peak = max(self.peak, float(np.abs(samples).max()))
            self._read(self._chain.push(samples))

    def finish(self) -> float:
        """Include the samples still buffered; return the integrated loudness in LUFS."""
        self._read(self._chain.finish())
        return self.integrated

    def _read(self, frames: Iterator[av.AudioFrame]) -> None:
        for frame in frames:
            value = frame.metadata.get("lavfi.r128.I")  # the last, shorter frame has none
            if value and float(value) > SILENCE:
                self.integrated = float(value)


def limited(
    blocks: Iterable[NDArray[np.float32]], rate: int, ceiling: float
) -> Iterator[NDArray[np.float32]]:
    """Limit the peaks of mono samples with FFmpeg's look-ahead limiter (alimiter).

    Parameters
    ----------
    blocks : of shape (time,); the output has the same total length in other blocks
    ceiling : largest absolute sample of the output
    """
    settings = f"limit={ceiling}:attack={_ATTACK}:release={_RELEASE}:level=disabled:latency=1"
    chain = FilterChain(rate, ("alimiter", settings))
    for block in blocks:
        yield from samples_of(chain.push(block))
    yield from samples_of(chain.finish())
