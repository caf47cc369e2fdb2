"""A piece of sound in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Clip:
    """Decoded sound.

    Attributes
    ----------
    samples : float32, shape (channels, time), nominally in [-1, 1]
    rate : samples a second, in Hz
    source : the input as the user named it
    offset : where the first sample lies in the source, in seconds
    """

    samples: NDArray[np.float32]
    rate: int
    source: str
    offset: float = 0.0

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return float(self.samples.shape[1] / self.rate)
