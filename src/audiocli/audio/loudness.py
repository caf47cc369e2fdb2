"""Loudness of programmes (ITU-R BS.1770-4, EBU R 128), by FFmpeg's ebur128 filter."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SILENCE = -70.0  # LUFS below which nothing counts


class LoudnessMeter:
    """Measures mono sound block by block, in memory that does not grow.

    Attributes
    ----------
    integrated : loudness of all so far in LUFS, minus infinity for silence
    peak : the largest absolute sample so far
    """

    def __init__(self, rate: int) -> None:
        import av

        graph = av.filter.Graph()
        source = graph.add_abuffer(
            sample_rate=rate, format="flt", layout="mono", time_base=Fraction(1, rate)
        )
        meter, sink = graph.add("ebur128", "metadata=1"), graph.add("abuffersink")
        source.link_to(meter)
        meter.link_to(sink)
        graph.configure()
        self._graph: Any = graph
        self._rate = rate
        self._position = 0
        self.integrated = -math.inf
        self.peak = 0.0

    def add(self, samples: NDArray[np.float32]) -> None:
        """Listen on; samples of shape (time,)."""
        import av
        import numpy as np

        if not samples.size:
            return
        self.peak = max(self.peak, float(np.abs(samples).max()))
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[None], np.float32), format="flt", layout="mono"
        )
        frame.sample_rate = self._rate
        frame.pts = self._position
        frame.time_base = Fraction(1, self._rate)
        self._position += samples.size
        self._graph.push(frame)
        self._read()

    def finish(self) -> float:
        """Take in the last tenths of a second; return the integrated loudness in LUFS."""
        self._graph.push(None)
        self._read()
        return self.integrated

    def _read(self) -> None:
        import av

        while True:
            try:
                frame = self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            told = frame.metadata.get("lavfi.r128.I")  # the last, shorter frame has none
            if told and float(told) > SILENCE:
                self.integrated = float(told)
