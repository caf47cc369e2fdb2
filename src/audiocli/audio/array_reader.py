"""Read samples in memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from audiocli.audio.reader import BLOCK_SIZE
from audiocli.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import ArrayLike, NDArray


class ArrayReader:
    """The samples of an array; implements `AudioReader`.

    Parameters
    ----------
    samples : shape (time,) or (channels, time): floats in [-1, 1], or integers of full scale
    rate : samples a second, in Hz

    Raises
    ------
    InputError : the array has another shape or type, or the rate is not positive
    """

    def __init__(self, samples: ArrayLike, rate: int, name: str) -> None:
        import numpy as np

        array = np.asarray(samples)
        if array.ndim not in (1, 2) or not array.size:
            raise InputError(
                name, f"has the shape {array.shape}", "(time,) or (channels, time) is expected"
            )
        if rate <= 0:
            raise InputError(name, f"has a rate of {rate} Hz", "a rate is more than 0")
        self._samples = np.atleast_2d(_as_float(array, name))
        self.rate = rate
        self.channels = len(self._samples)
        self.duration: float | None = self._samples.shape[1] / rate

    def blocks(self, start: int, end: int | None) -> Iterator[NDArray[np.float32]]:
        """Yield the samples from `start` up to `end` as blocks of shape (channels, time)."""
        import numpy as np

        size = max(1, BLOCK_SIZE // self.channels)
        last = self._samples.shape[1] if end is None else min(end, self._samples.shape[1])
        for first in range(start, last, size):
            block = self._samples[:, first : min(first + size, last)]
            yield block.astype(np.float32)

    def close(self) -> None:
        """Do nothing: the array belongs to the caller."""


def _as_float(array: NDArray[np.generic], name: str) -> NDArray[np.floating]:
    """Scale integers to [-1, 1]."""
    import numpy as np

    if np.issubdtype(array.dtype, np.floating):
        return array  # type: ignore[return-value]
    if array.dtype in (np.int16, np.int32):
        full_scale = 2 ** (8 * array.dtype.itemsize - 1)
        scaled: NDArray[np.floating] = array.astype(np.float64) / full_scale
        return scaled
    raise InputError(
        name, f"has the type {array.dtype}", "float32, float64, int16 and int32 are expected"
    )
