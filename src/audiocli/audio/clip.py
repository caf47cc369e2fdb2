"""Audio in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Clip:
    """Decoded audio.

    Attributes
    ----------
    samples : float32, shape (channels, time), nominally in [-1, 1]
    rate : sampling rate in Hz
    source : name of the input as given by the user
    offset : position of the first sample in the source, in seconds
    """

    samples: NDArray[np.float32]
    rate: int
    source: str
    offset: float = 0.0

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return float(self.samples.shape[1] / self.rate)
