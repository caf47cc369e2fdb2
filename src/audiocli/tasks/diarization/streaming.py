"""Overlapping windows of a stream, holding no more of it than they need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

AT_ONCE = 16  # windows in a batch


@dataclass(frozen=True, eq=False)
class WindowBatch:
    """Some windows in a row, and the sound they were cut from.

    Attributes
    ----------
    first : number of the first window
    windows : shape (..., windows, samples), in front the channels if the stream has them
    length : samples of the recording so far; zeros behind its end do not count
    is_last : whether the recording ends here
    """

    first: int
    windows: Samples
    length: int
    is_last: bool
    _step: int
    _held: Samples

    def start(self, n: int) -> int:
        """First sample of a window of this batch, in the recording."""
        return (self.first + n) * self._step

    def sound(self, begin: int, end: int) -> Samples:
        """Copy a stretch, given by its samples in the recording."""
        offset = self.start(0)
        return self._held[..., begin - offset : end - offset].copy()


def window_batches(blocks: Iterable[Samples], size: int, step: int) -> Iterator[WindowBatch]:
    """Cut a stream into windows of `size` samples every `step`; the last is filled with zeros.

    Parameters
    ----------
    blocks : shape (..., n) each, any n; at least one
    """
    stream = iter(blocks)
    held = next(stream)
    first = 0
    length = held.shape[-1]
    full = size + (AT_ONCE - 1) * step
    for block in stream:
        held = np.concatenate([held, block], axis=-1)
        length += block.shape[-1]
        while held.shape[-1] > full:  # more sound follows: this batch is not the last
            whole = _windows(held[..., :full], size, step)
            yield WindowBatch(first, whole, length, False, step, held)
            first += AT_ONCE
            held = held[..., AT_ONCE * step :]
    over = held.shape[-1] - size
    missing = -over if over < 0 else -over % step
    held = np.pad(held, [(0, 0)] * (held.ndim - 1) + [(0, missing)])
    yield WindowBatch(first, _windows(held, size, step), length, True, step, held)


def _windows(samples: Samples, size: int, step: int) -> Samples:
    views = np.lib.stride_tricks.sliding_window_view(samples, size, axis=-1)
    return views[..., ::step, :]
