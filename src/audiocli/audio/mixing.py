"""Mix speech over a recording, with ducking."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Blocks = Iterable[NDArray[np.float32]]

DUCK_GAIN = -14.0  # dB, of the recording during speech
ATTACK, RELEASE = 0.15, 0.4  # seconds
HOLD = 0.7  # seconds; the gain does not recover in shorter pauses


def mixed(
    recording: Blocks,
    speech: Blocks,
    rate: int,
    spoken: Sequence[tuple[float, float]] = (),
) -> Iterator[NDArray[np.float32]]:
    """Yield blocks of a recording with speech added; the length is that of the longer one.

    Parameters
    ----------
    recording : blocks of shape (channels, time)
    speech : blocks of shape (time,), at the same sampling rate
    spoken : start and end of each segment of speech, in seconds, in order; the recording is
        attenuated there
    """
    import numpy as np

    times, gains = _envelope(spoken)
    waiting = BlockBuffer(speech)
    position, channels = 0, 1
    for block in recording:
        channels = block.shape[0]
        at = (position + np.arange(block.shape[1])) / rate
        gain = np.interp(at, times, gains).astype(np.float32)
        yield block * gain + waiting.take(block.shape[1])
        position += block.shape[1]
    while (rest := waiting.take(1 << 16, whole=False)).size:
        yield np.repeat(rest[None], channels, axis=0)


class BlockBuffer:
    """Reads an iterable of blocks in other block lengths."""

    def __init__(self, blocks: Blocks) -> None:
        import numpy as np

        self._blocks = iter(blocks)
        self._rest: NDArray[np.float32] = np.zeros(0, np.float32)

    def take(self, size: int, *, whole: bool = True) -> NDArray[np.float32]:
        """Return the next `size` samples; at the end, padded with zeros if `whole`."""
        import numpy as np

        while self._rest.size < size and (block := next(self._blocks, None)) is not None:
            self._rest = np.concatenate([self._rest, block])
        taken, self._rest = self._rest[:size], self._rest[size:]
        return np.pad(taken, (0, size - taken.size)) if whole else taken


def _envelope(spoken: Sequence[tuple[float, float]]) -> tuple[list[float], list[float]]:
    """Return times and values of the breakpoints of the gain curve."""
    low = 10 ** (DUCK_GAIN / 20)
    stretches: list[list[float]] = []
    for start, end in spoken:
        if stretches and start - stretches[-1][1] < ATTACK + RELEASE + HOLD:
            stretches[-1][1] = max(end, stretches[-1][1])
        else:
            stretches.append([start, end])
    times, gains = [-1.0], [1.0]
    for start, end in stretches:
        times += [start - ATTACK, start, end, end + RELEASE]
        gains += [1.0, low, low, 1.0]
    return times, gains
