"""Cut a stream of sound into windows of one length, at even steps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

_NEGLIGIBLE = 20  # sound at the end is left out if it is a smaller part of a step


@dataclass(frozen=True, eq=False)
class SlidingWindow:
    """A stretch of a stream.

    Attributes
    ----------
    start : its first sample in the stream
    samples : shape (time,)
    fresh : samples that it stands for: the step, and for the last window what is
        left of it
    """

    start: int
    samples: Samples
    fresh: int


def sliding_windows(blocks: Iterable[Samples], size: int, hop: int) -> Iterator[SlidingWindow]:
    """Yield windows of `size` samples every `hop` samples, in memory of about a block.

    The last window ends with the stream, so none needs padding. A stream shorter
    than a window is one window.

    Parameters
    ----------
    blocks : shape (n,) each, any n
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
