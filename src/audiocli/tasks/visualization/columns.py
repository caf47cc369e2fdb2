"""Frames gathered into the columns of a picture while they stream by."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
ColumnPooling = Literal["mean", "max"]


class ColumnBuffer:
    """Takes any number of frames and keeps a limited number of columns.

    Each column stands for the same number of frames, its mean or maximum. Whenever
    there is no room for more, neighbours become one; so the length need not be
    known, and a long recording takes no more memory than a short one.

    Parameters
    ----------
    limit : columns kept at most, an even number
    """

    def __init__(self, limit: int, pool: ColumnPooling) -> None:
        self._limit = limit
        self._reduce = np.maximum.reduce if pool == "max" else _mean
        self._columns: Samples | None = None
        self._count = 0
        self._rest: Samples | None = None  # frames too few for a column
        self.frames_each = 1

    def add(self, frames: Samples) -> None:
        """Take frames of shape (frames, bins)."""
        if self._columns is None:
            self._columns = np.zeros((self._limit, frames.shape[1]), np.float32)
        if self._rest is not None:
            frames = np.concatenate([self._rest, frames])
        while len(frames) >= self.frames_each:
            frames = self._fill(self._columns, frames)
        self._rest = frames.copy()  # a view would keep all frames alive

    def finish(self) -> Samples:
        """All columns, shape (columns, bins); the last may stand for fewer frames."""
        assert self._columns is not None
        columns = self._columns[: self._count]
        if self._rest is None or not len(self._rest):
            return columns
        return np.concatenate([columns, self._reduce(self._rest, axis=0)[None]])

    def _fill(self, columns: Samples, frames: Samples) -> Samples:
        """Make columns of frames while there is room; return the frames that are left."""
        if self._count == len(columns):
            pairs = columns.reshape(-1, 2, columns.shape[1])
            self._count //= 2
            columns[: self._count] = self._reduce(pairs, axis=1)
            self.frames_each *= 2
        room = len(columns) - self._count
        new = min(room, len(frames) // self.frames_each)
        used = new * self.frames_each
        groups = frames[:used].reshape(new, self.frames_each, frames.shape[1])
        columns[self._count : self._count + new] = self._reduce(groups, axis=1)
        self._count += new
        return frames[used:]


def _mean(frames: Samples, axis: int) -> Samples:
    """`np.mean`, which takes as long to start as to add up these few numbers."""
    sums: Samples = np.add.reduce(frames, axis=axis)
    sums /= np.float32(frames.shape[axis])
    return sums
