"""Frames that may be too many for memory: what is beyond it waits in a temporary file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from tempfile import TemporaryFile
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
FinishFrames = Callable[[Samples, float], Samples]

_IN_MEMORY = 1 << 22  # numbers, of 4 bytes each
_AT_ONCE = 1 << 20  # numbers read back at once


class FrameSpool:
    """Takes any number of frames, each of shape (bins,), and gives them back finished."""

    frames_each = 1  # as in `ColumnBuffer`

    def __init__(self) -> None:
        self._pieces: list[Samples] = []
        self._file: IO[bytes] | None = None
        self.numbers = 0
        self._loudest = 0.0

    def add(self, frames: Samples) -> None:
        """Take frames of shape (frames, bins), never negative; they are copied."""
        self._pieces.append(np.array(frames, np.float32))
        self.numbers += frames.size
        self._loudest = max(self._loudest, float(frames.max(initial=0.0)))
        if self._file is None and self.numbers > _IN_MEMORY:
            self._file = TemporaryFile()  # noqa: SIM115 (it lives as long as the frames)
        if self._file is not None:
            self._file.writelines(piece.tobytes() for piece in self._pieces)
            self._pieces = [self._pieces[-1][:0]]

    def finish(self, finish: FinishFrames) -> Samples | FramesOnDisk:
        """Give all frames, shape (bins, frames), each as `finish` makes it.

        Parameters
        ----------
        finish : takes frames, and the largest number in any of them
        """
        if self._file is None:
            return finish(np.concatenate(self._pieces), self._loudest).T
        bins = self._pieces[0].shape[1]
        frames = self.numbers // bins
        return FramesOnDisk(self._file, (frames, bins), lambda f: finish(f, self._loudest))


class FramesOnDisk:
    """An array of shape (bins, frames) that is read block by block.

    `np.asarray` gives it whole.
    """

    def __init__(
        self, file: IO[bytes], kept: tuple[int, int], finish: Callable[[Samples], Samples]
    ) -> None:
        self._file, self._kept, self._finish = file, kept, finish
        bins = finish(np.zeros((1, kept[1]), np.float32)).shape[1]
        self.shape = (bins, kept[0])

    def blocks(self) -> Iterator[Samples]:
        """Yield arrays of shape (some frames, bins)."""
        count, bins = self._kept
        step = max(1, _AT_ONCE // bins)
        for first in range(0, count, step):
            self._file.seek(4 * first * bins)
            read = self._file.read(4 * bins * min(step, count - first))
            yield self._finish(np.frombuffer(read, np.float32).reshape(-1, bins))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Read all of it."""
        del copy  # it is always one
        return np.concatenate(list(self.blocks())).T.astype(dtype or np.float32, copy=False)
