"""Protocols of speaker diarization and speaker embedding models."""

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
    """A speaker segmentation model: detects the activity of local speakers in a window.

    Attributes
    ----------
    rate : sampling rate of the input in Hz
    hop : samples between frames
    first : samples from the start of a window to the start of its first frame
    """

    rate: int
    hop: int
    first: int

    def window(self, frames: int) -> int:
        """Return the length in samples of a window with this number of frames."""
        ...

    def activities(self, windows: Samples) -> NDArray[np.bool_]:
        """Detect active speakers: (windows, samples) to (windows, frames, tracks). Thread-safe."""
        ...


class SpeakerEmbedder(Protocol):
    """A speaker embedding model.

    Attributes
    ----------
    name : identifier of the embedding space; only embeddings of the same space are comparable
    rate : sampling rate of the input in Hz
    dimension : dimension of an embedding
    """

    name: str
    rate: int
    dimension: int

    def embed(self, clips: Sequence[Samples]) -> Samples:
        """Embed mono clips of any lengths: shape (clips, dimension), of unit length. Thread-safe.

        The embedding of a clip shorter than one frame is zero.
        """
        ...


@dataclass(frozen=True)
class SpeakerModel:
    """The two networks of the built-in diarization."""

    segmenter: Segmenter
    embedder: SpeakerEmbedder


@dataclass(frozen=True, kw_only=True)
class SpeakerCount:
    """Constraints on the number of speakers.

    Attributes
    ----------
    num_speakers : exact number; takes precedence over the bounds
    """

    num_speakers: int | None = None
    min_speakers: int | None = None
    max_speakers: int | None = None


@runtime_checkable
class DiarizationPipeline(Protocol):
    """A complete diarization pipeline that processes a whole recording.

    Attributes
    ----------
    rate : sampling rate of the input in Hz
    """

    rate: int

    def diarize(
        self, samples: Samples, count: SpeakerCount, on_progress: Callable[[float], None]
    ) -> tuple[list[Turn], list[Turn]]:
        """Return all turns, and the exclusive turns of one speaker at a time.

        Parameters
        ----------
        samples : mono, shape (time,)
        on_progress : takes the completed fraction, 0 to 1
        """
        ...
