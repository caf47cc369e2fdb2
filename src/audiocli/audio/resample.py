"""Resample streams with soxr (the SoX resampler)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import soxr

if TYPE_CHECKING:
    from numpy.typing import NDArray


def resampled(
    blocks: Iterator[NDArray[np.float32]], rate: int, wanted: int, channels: int
) -> Iterator[NDArray[np.float32]]:
    """Resample blocks of shape (channels, time) from `rate` to `wanted` Hz.

    The concatenated output equals `soxr.resample` of the concatenated input.
    """
    resampler = soxr.ResampleStream(rate, wanted, channels, dtype="float32")
    for block in blocks:
        if (converted := resampler.resample_chunk(block.T)).size:
            yield converted.T
    rest = np.zeros((0, channels), dtype=np.float32)
    if (converted := resampler.resample_chunk(rest, last=True)).size:
        yield converted.T
