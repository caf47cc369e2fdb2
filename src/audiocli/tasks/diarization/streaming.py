"""Cut a stream into batches of overlapping windows with bounded memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

AT_ONCE = 16  # windows in a batch


@dataclass(frozen=True, eq=False)
class WindowBatch:
    """Consecutive windows, and the audio that they were cut from.

    Attributes
    ----------
    first : number of the first window
    windows : shape (windows, samples), or (channels, windows, samples)
    length : samples of the recording up to the end of the batch, without padding
    is_last : whether the recording ends here
    """

    first: int
    windows: Samples
    length: int
    is_last: bool
    _step: int
    _held: Samples

    def start(self, n: int) -> int:
        """Return the first sample of a window of this batch, counted in the recording."""
        return (self.first + n) * self._step

    def sound(self, begin: int, end: int) -> Samples:
        """Return a copy of the samples from `begin` to `end`, counted in the recording."""
        offset = self.start(0)
        return self._held[..., begin - offset : end - offset].copy()


def window_batches(blocks: Iterable[Samples], size: int, step: int) -> Iterator[WindowBatch]:
    """Cut a stream into windows of `size` samples every `step`; the last is zero-padded.

    Parameters
    ----------
    blocks : at least one, shape (..., n) each with any n
    """
    stream = iter(blocks)
    held = next(stream)
    first = 0
    length = held.shape[-1]
    full = size + (AT_ONCE - 1) * step
    for block in stream:
        held = np.concatenate([held, block], axis=-1)
        length += block.shape[-1]
        while held.shape[-1] > full:  # more audio follows, so this is not the last batch
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
