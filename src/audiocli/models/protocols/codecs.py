"""What `codec` asks of a model: sound as a few small numbers a second, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class AudioCodes:
    """Sound as entries of codebooks.

    Attributes
    ----------
    codes : shape (chunks, codebooks, frames); the first codebooks matter most
    scales : the gain of each chunk, shape (chunks,); empty where the codec keeps none
    padding : frames of the last chunk that stand for nothing
    bandwidth : in kbit/s
    samples : length of the sound, in samples of each channel
    """

    codes: NDArray[np.int64]
    scales: NDArray[np.float32]
    padding: int
    bandwidth: float
    samples: int


class Codec(Protocol):
    """A neural audio codec that is ready to run.

    Attributes
    ----------
    rate : samples a second it takes and gives, in Hz
    channels : it takes and gives
    bandwidths : in kbit/s, from the lowest
    """

    rate: int
    channels: int
    bandwidths: tuple[float, ...]

    def encode(self, samples: NDArray[np.float32], bandwidth: float) -> AudioCodes:
        """Write sound as codes; samples of shape (channels, time)."""
        ...

    def decode(self, codes: AudioCodes) -> NDArray[np.float32]:
        """Make sound of codes: shape (channels, time), as long as what was encoded."""
        ...
