"""Loudness of programmes (ITU-R BS.1770-4, EBU R 128), and peaks pressed down, by FFmpeg."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from audiocli.audio.filters import FilterChain, samples_of

if TYPE_CHECKING:
    import av
    import numpy as np
    from numpy.typing import NDArray

SILENCE = -70.0  # LUFS below which nothing counts
_ATTACK, _RELEASE = 5, 50  # milliseconds in which a limiter acts, and lets go


class LoudnessMeter:
    """Measures mono sound block by block, in memory that does not grow.

    Attributes
    ----------
    integrated : loudness of all so far in LUFS, minus infinity for silence
    peak : the largest absolute sample so far
    """

    def __init__(self, rate: int) -> None:
        self._chain = FilterChain(rate, ("ebur128", "metadata=1"))
        self.integrated = -math.inf
        self.peak = 0.0

    def add(self, samples: NDArray[np.float32]) -> None:
        """Listen on; samples of shape (time,)."""
        import numpy as np

        if samples.size:
            self.peak = max(self.peak, float(np.abs(samples).max()))
            self._read(self._chain.push(samples))

    def finish(self) -> float:
        """Take in the last tenths of a second; return the integrated loudness in LUFS."""
        self._read(self._chain.finish())
        return self.integrated

    def _read(self, frames: Iterator[av.AudioFrame]) -> None:
        for frame in frames:
            told = frame.metadata.get("lavfi.r128.I")  # the last, shorter frame has none
            if told and float(told) > SILENCE:
                self.integrated = float(told)


def limited(
    blocks: Iterable[NDArray[np.float32]], rate: int, ceiling: float
) -> Iterator[NDArray[np.float32]]:
    """Press down the peaks of mono sound, by FFmpeg's alimiter, which looks ahead.

    Parameters
    ----------
    blocks : of shape (time,); as much sound comes out, in other blocks
    ceiling : the largest absolute sample that is left
    """
    settings = f"limit={ceiling}:attack={_ATTACK}:release={_RELEASE}:level=disabled:latency=1"
    chain = FilterChain(rate, ("alimiter", settings))
    for block in blocks:
        yield from samples_of(chain.push(block))
    yield from samples_of(chain.finish())
