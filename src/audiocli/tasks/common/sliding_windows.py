"""Cut an audio stream into windows of fixed length and step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

_NEGLIGIBLE = 20  # a rest at the end of less than hop / _NEGLIGIBLE samples is dropped


@dataclass(frozen=True, eq=False)
class SlidingWindow:
    """A window of a stream.

    Attributes
    ----------
    start : index of its first sample in the stream
    samples : shape (time,)
    fresh : samples not in the previous window: the hop, or less in the last window
    """

    start: int
    samples: Samples
    fresh: int


def sliding_windows(blocks: Iterable[Samples], size: int, hop: int) -> Iterator[SlidingWindow]:
    """Yield windows of `size` samples every `hop` samples; about one block is kept in memory.

    The last window is moved back to end with the stream instead of being padded. A stream
    shorter than `size` yields one shorter window.

    Parameters
    ----------
    blocks : mono samples of shape (n,), any n
    """
    held = np.zeros(0, np.float32)  # from the start of the last window
    first = step = 0
    for block in blocks:
        held = np.concatenate([held, block])
        while len(held) - step >= size:
            held, first, step = held[step:], first + step, hop
            yield SlidingWindow(first, held[:size], hop)
    left = len(held) - (size if step else 0)
    if left > (hop // _NEGLIGIBLE if step else 0):
        start = max(0, len(held) - size)
        yield SlidingWindow(first + start, held[start:], min(left, hop))
