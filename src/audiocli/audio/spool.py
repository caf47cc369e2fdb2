"""Store decoded audio on disk for random access."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from audiocli.audio.temporary import TemporaryFile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiocli.audio.decode import AudioStream

_FULL_SCALE = 32767  # 16 bits per sample: an hour at 16 kHz takes 115 MB


class AudioSpool:
    """A temporary file that stores the mono samples of a stream."""

    def __init__(self) -> None:
        self._file = TemporaryFile()
        self.rate = 0
        self.offset = 0.0
        self._count = 0

    def tee(self, stream: AudioStream) -> AudioStream:
        """Return a stream of the same blocks that stores each block when it is consumed."""
        self.rate, self.offset = stream.rate, stream.offset
        return replace(stream, _samples=self._kept(iter(stream)))

    def samples(self, start: float, end: float) -> NDArray[np.float32]:
        """Read the stored samples between two times of the source, in seconds."""
        import numpy as np

        first, last = (round((time - self.offset) * self.rate) for time in (start, end))
        first, last = max(0, first), min(self._count, last)
        self._file.seek(2 * first)
        kept = np.frombuffer(self._file.read(2 * max(0, last - first)), "<i2")
        return kept.astype(np.float32) / np.float32(_FULL_SCALE)

    def close(self) -> None:
        """Delete the file."""
        self._file.close()

    def _kept(self, blocks: Iterator[NDArray[np.float32]]) -> Iterator[NDArray[np.float32]]:
        import numpy as np

        for block in blocks:
            self._count += block.shape[1]
            level = np.clip(block[0], -1.0, 1.0) * _FULL_SCALE
            self._file.write(np.rint(level).astype("<i2").tobytes())
            yield block
