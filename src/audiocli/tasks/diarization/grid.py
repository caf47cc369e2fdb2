"""The grid of frames that all windows of a recording share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEP = 148  # frames between windows: 2.5 s
WINDOW = 4 * STEP  # frames of a window: 10 s, as the segmentation is trained on


@dataclass(frozen=True)
class FrameGrid:
    """Where frames lie in a recording: windows start at whole multiples of STEP frames.

    Attributes
    ----------
    rate : samples a second
    hop : samples of a frame
    first : samples before the first frame
    """

    rate: int
    hop: int
    first: int

    @property
    def seconds(self) -> float:
        """Length of a frame."""
        return self.hop / self.rate

    def frames(self, seconds: float) -> int:
        """Frames that are nearest to a length of time."""
        return round(seconds / self.seconds)

    def sample(self, frame: int) -> int:
        """First sample of a frame."""
        return self.first + frame * self.hop

    def time(self, frame: int) -> float:
        """Start of a frame in seconds."""
        return self.sample(frame) / self.rate


def runs(flags: NDArray[np.bool_]) -> NDArray[np.int_]:
    """First and one past the last index of each run of True; shape (runs, 2)."""
    edges = np.flatnonzero(np.diff(flags.astype(np.int8), prepend=0, append=0))
    return edges.reshape(-1, 2)
