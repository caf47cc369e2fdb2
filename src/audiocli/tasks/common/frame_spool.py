"""Collect spectrogram frames in memory, or in a temporary file when there are many."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiocli.audio.temporary import TemporaryFile

Samples = NDArray[np.float32]
FinishFrames = Callable[[Samples, float], Samples]

_IN_MEMORY = 1 << 22  # values kept in memory, 4 bytes each
_AT_ONCE = 1 << 20  # values read back at once


class FrameSpool:
    """Collect any number of frames of shape (bins,).

    Attributes
    ----------
    numbers : values collected so far
    """

    frames_each = 1  # as in `ColumnBuffer`

    def __init__(self) -> None:
        self._blocks: list[Samples] = []
        self._file: TemporaryFile | None = None
        self.numbers = 0
        self._maximum = 0.0

    def add(self, frames: Samples) -> None:
        """Append a copy of non-negative frames, shape (frames, bins)."""
        self._blocks.append(np.array(frames, np.float32))
        self.numbers += frames.size
        self._maximum = max(self._maximum, float(frames.max(initial=0.0)))
        if self._file is None and self.numbers > _IN_MEMORY:
            self._file = TemporaryFile()
        if self._file is not None:
            for block in self._blocks:
                self._file.write(block.tobytes())
            self._blocks = [self._blocks[-1][:0]]

    def finish(self, finish: FinishFrames) -> Samples | FramesOnDisk:
        """Return all frames, processed by `finish`, shape (bins, frames).

        Parameters
        ----------
        finish : process frames, given also the largest value of all frames
        """
        if self._file is None:
            return finish(np.concatenate(self._blocks), self._maximum).T
        bins = self._blocks[0].shape[1]
        frames = self.numbers // bins
        return FramesOnDisk(self._file, (frames, bins), lambda f: finish(f, self._maximum))


class FramesOnDisk:
    """An array of shape (bins, frames) that is read from disk in blocks.

    `np.asarray` reads all of it.
    """

    def __init__(
        self, file: TemporaryFile, kept: tuple[int, int], finish: Callable[[Samples], Samples]
    ) -> None:
        self._file, self._kept, self._finish = file, kept, finish
        bins = finish(np.zeros((1, kept[1]), np.float32)).shape[1]
        self.shape = (bins, kept[0])

    def blocks(self) -> Iterator[Samples]:
        """Yield consecutive arrays of shape (frames, bins)."""
        count, bins = self._kept
        step = max(1, _AT_ONCE // bins)
        for first in range(0, count, step):
            self._file.seek(4 * first * bins)
            read = self._file.read(4 * bins * min(step, count - first))
            yield self._finish(np.frombuffer(read, np.float32).reshape(-1, bins))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Read all frames, shape (bins, frames)."""
        del copy  # always a copy
        return np.concatenate(list(self.blocks())).T.astype(dtype or np.float32, copy=False)
