"""What `diarize`, `voices` and `verify` ask of a model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from audiocli.results import Turn

    Samples = NDArray[np.float32]


class Segmenter(Protocol):
    """Tells apart the speakers of a short window, without knowing who they are.

    Attributes
    ----------
    rate : samples a second it takes, in Hz
    hop : samples between frames
    first : samples from the start of a window to the start of its first frame
    """

    rate: int
    hop: int
    first: int

    def window(self, frames: int) -> int:
        """Samples that give so many frames."""
        ...

    def activities(self, windows: Samples) -> NDArray[np.bool_]:
        """Say who speaks when: (windows, samples) to (windows, frames, tracks). Thread-safe."""
        ...


class SpeakerEmbedder(Protocol):
    """Turns speech into a vector that is near to others of the same voice.

    Attributes
    ----------
    name : what its vectors are known by; vectors of different names cannot be compared
    rate : samples a second it takes, in Hz
    dimension : numbers in a vector
    """

    name: str
    rate: int
    dimension: int

    def embed(self, clips: Sequence[Samples]) -> Samples:
        """Embed mono clips of any lengths: shape (clips, dimension), of unit length. Thread-safe.

        A clip too short to hold a single frame gives zeros.
        """
        ...


@dataclass(frozen=True)
class SpeakerModel:
    """The two networks of our own diarization."""

    segmenter: Segmenter
    embedder: SpeakerEmbedder


@dataclass(frozen=True, kw_only=True)
class SpeakerCount:
    """What the user knows about the number of speakers; None is nothing.

    Attributes
    ----------
    num_speakers : wins over the others
    """

    num_speakers: int | None = None
    min_speakers: int | None = None
    max_speakers: int | None = None


@runtime_checkable
class DiarizationPipeline(Protocol):
    """A diarization that takes a recording whole and does everything itself.

    Attributes
    ----------
    rate : samples a second it takes, in Hz
    """

    rate: int

    def diarize(
        self, samples: Samples, count: SpeakerCount, on_progress: Callable[[float], None]
    ) -> tuple[list[Turn], list[Turn]]:
        """Give all turns of mono sound, and those of one speaker at a time.

        Parameters
        ----------
        samples : shape (time,)
        on_progress : told the share that is done, 0 to 1
        """
        ...
