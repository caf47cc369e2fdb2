"""Pool the frames of a stream to the columns of a picture."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
ColumnPooling = Literal["mean", "max"]


class ColumnBuffer:
    """Pool any number of frames to a limited number of columns.

    Each column is the mean or maximum of the same number of frames. When the buffer is full,
    adjacent columns are pooled. So the length need not be known, and memory is bounded.

    Parameters
    ----------
    limit : maximum number of columns, an even number
    """

    def __init__(self, limit: int, pool: ColumnPooling) -> None:
        self._limit = limit
        self._reduce = np.maximum.reduce if pool == "max" else _mean
        self._columns: Samples | None = None
        self._count = 0
        self._rest: Samples | None = None  # frames of an incomplete column
        self.frames_each = 1

    def add(self, frames: Samples) -> None:
        """Add frames of shape (frames, bins)."""
        if self._columns is None:
            self._columns = np.zeros((self._limit, frames.shape[1]), np.float32)
        if self._rest is not None:
            frames = np.concatenate([self._rest, frames])
        while len(frames) >= self.frames_each:
            frames = self._fill(self._columns, frames)
        self._rest = frames.copy()  # a view would keep all frames in memory

    def finish(self) -> Samples:
        """Return all columns, shape (columns, bins); the last may have fewer frames."""
        assert self._columns is not None
        columns = self._columns[: self._count]
        if self._rest is None or not len(self._rest):
            return columns
        return np.concatenate([columns, self._reduce(self._rest, axis=0)[None]])

    def _fill(self, columns: Samples, frames: Samples) -> Samples:
        """Pool frames to columns while there is space; return the remaining frames."""
        if self._count == len(columns):
            pairs = columns.reshape(-1, 2, columns.shape[1])
            self._count //= 2
            columns[: self._count] = self._reduce(pairs, axis=1)
            self.frames_each *= 2
        free = len(columns) - self._count
        new = min(free, len(frames) // self.frames_each)
        used = new * self.frames_each
        groups = frames[:used].reshape(new, self.frames_each, frames.shape[1])
        columns[self._count : self._count + new] = self._reduce(groups, axis=1)
        self._count += new
        return frames[used:]


def _mean(frames: Samples, axis: int) -> Samples:
    """Return the mean; faster than `np.mean` for small arrays."""
    sums: Samples = np.add.reduce(frames, axis=axis)
    sums /= np.float32(frames.shape[axis])
    return sums
