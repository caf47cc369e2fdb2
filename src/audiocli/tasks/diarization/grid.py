"""The frames of a recording, shared by all its windows."""

from __future__ import annotations

from dataclasses import dataclass

STEP = 148  # frames between windows: 2.5 s
WINDOW = 4 * STEP  # frames per window: 10 s, the training length of the segmentation


@dataclass(frozen=True)
class FrameGrid:
    """Convert between frames and times; windows start every `STEP` frames.

    Attributes
    ----------
    rate : sample rate in Hz
    hop : samples per frame
    first : samples before the first frame
    """

    rate: int
    hop: int
    first: int

    @property
    def seconds(self) -> float:
        """Length of a frame in seconds."""
        return self.hop / self.rate

    def frames(self, seconds: float) -> int:
        """Return the number of frames in a duration, rounded."""
        return round(seconds / self.seconds)

    def sample(self, frame: int) -> int:
        """Return the index of the first sample of a frame."""
        return self.first + frame * self.hop

    def time(self, frame: int) -> float:
        """Return the start of a frame in seconds."""
        return self.sample(frame) / self.rate
