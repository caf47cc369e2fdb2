"""Protocol of neural audio codecs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, kw_only=True, eq=False)
class AudioCodes:
    """Audio encoded as codebook indices.

    Attributes
    ----------
    codes : shape (chunks, codebooks, frames), the coarsest codebook first
    scales : gain of each chunk, shape (chunks,); empty if the codec stores none
    padding : number of padding frames in the last chunk
    bandwidth : bit rate in kbit/s
    samples : number of samples per channel
    """

    codes: NDArray[np.int64]
    scales: NDArray[np.float32]
    padding: int
    bandwidth: float
    samples: int


class Codec(Protocol):
    """A loaded neural audio codec.

    Attributes
    ----------
    rate : sampling rate in Hz
    channels : number of channels
    bandwidths : supported bit rates in kbit/s, in ascending order
    """

    rate: int
    channels: int
    bandwidths: tuple[float, ...]

    def encode(self, samples: NDArray[np.float32], bandwidth: float) -> AudioCodes:
        """Encode samples of shape (channels, time)."""
        ...

    def decode(self, codes: AudioCodes) -> NDArray[np.float32]:
        """Decode to samples of shape (channels, time), as many as were encoded."""
        ...
