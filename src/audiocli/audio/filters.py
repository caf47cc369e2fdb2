"""Chains of FFmpeg audio filters for mono samples."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import av
    import numpy as np
    from numpy.typing import NDArray


class FilterChain:
    """A chain of filters that is fed block by block.

    Parameters
    ----------
    rate : sampling rate in Hz
    filters : name and arguments of each filter, such as `("atempo", "1.5")`
    """

    def __init__(self, rate: int, *filters: tuple[str, str]) -> None:
        import av

        self._rate = rate
        self._position = 0
        self._graph: Any = av.filter.Graph()
        source = self._graph.add_abuffer(
            sample_rate=rate, format="flt", layout="mono", time_base=Fraction(1, rate)
        )
        nodes = [source, *(self._graph.add(*one) for one in filters)]
        nodes += [self._graph.add("aformat", "sample_fmts=flt"), self._graph.add("abuffersink")]
        for one, other in pairwise(nodes):
            one.link_to(other)
        self._graph.configure()

    def push(self, samples: NDArray[np.float32]) -> Iterator[av.AudioFrame]:
        """Feed samples, shape (time,); yield the frames that are ready."""
        import av
        import numpy as np

        if not samples.size:
            return
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(samples[None], np.float32), format="flt", layout="mono"
        )
        frame.sample_rate, frame.pts = self._rate, self._position
        frame.time_base = Fraction(1, self._rate)
        self._position += samples.size
        self._graph.push(frame)
        yield from self._ready()

    def finish(self) -> Iterator[av.AudioFrame]:
        """Signal the end of the input; yield the remaining frames."""
        self._graph.push(None)
        yield from self._ready()

    def _ready(self) -> Iterator[av.AudioFrame]:
        import av

        while True:
            try:
                yield self._graph.pull()
            except (av.BlockingIOError, av.EOFError):
                return


def samples_of(frames: Iterator[av.AudioFrame]) -> Iterator[NDArray[np.float32]]:
    """Yield the samples of frames as blocks of shape (time,)."""
    for frame in frames:
        yield frame.to_ndarray().reshape(-1)
