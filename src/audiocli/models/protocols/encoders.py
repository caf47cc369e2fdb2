"""Protocols of audio encoders, and pooling of their output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]
    Vectors = NDArray[np.float32]


Pooling = Literal["mean", "max", "attention", "none"]  # how frames are reduced to one vector


class AudioEncoder(Protocol):
    """A model that computes embeddings of audio frames.

    Attributes
    ----------
    rate : sampling rate of the input in Hz
    dimension : dimension of an embedding
    layers : number of hidden layers; 0 if only the output is available
    step : seconds from frame to frame; models with one embedding per window have one frame
    window, hop : default window and hop for long recordings, in seconds
    max_seconds : longest supported window in seconds
    batch_seconds : preferred amount of audio in a batch, in seconds
    workers : number of batches to run in parallel
    """

    rate: int
    dimension: int
    layers: int
    step: float
    window: float
    hop: float
    max_seconds: float
    batch_seconds: float
    workers: int

    def encode(self, windows: Sequence[Samples], layer: int | None = None) -> list[Vectors]:
        """Encode mono windows of any lengths: shape (frames, dimension) each. Thread-safe.

        Frames of padding are removed.

        Parameters
        ----------
        layer : 0 for the input of the first layer, `layers` for the last; None for the output
        """
        ...


@runtime_checkable
class SupportsAttentionPooling(Protocol):
    """An encoder with learned pooling over the frames."""

    def attention_pooled(self, windows: Sequence[Samples]) -> Vectors:
        """Return one embedding per window: shape (windows, dimension)."""
        ...


@runtime_checkable
class TextEncoder(Protocol):
    """An audio encoder that embeds text in the same space."""

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Encode sentences: shape (texts, dimension)."""
        ...


@runtime_checkable
class SupportsLayers(Protocol):
    """An encoder that returns all its layers at once."""

    def pooled_layers(self, windows: Sequence[Samples]) -> Vectors:
        """Return the mean over time of each layer: shape (windows, layers + 1, dimension)."""
        ...


def encode_weighted_layers(
    encoder: SupportsLayers, windows: Sequence[Samples], weights: Sequence[float]
) -> Vectors:
    """Return the weighted sum of the layers for each window: shape (windows, dimension)."""
    return weighted_layer_sum(encoder.pooled_layers(windows), weights)


def weighted_layer_sum(layers: Vectors, weights: Sequence[float]) -> Vectors:
    """Return the weighted sum of layers of shape (windows, layers, dimension)."""
    import numpy as np

    summed: Vectors = np.einsum("l,wld->wd", np.array(weights, np.float32), layers)
    return summed


def encode_pooled(
    encoder: AudioEncoder, windows: Sequence[Samples], layer: int | None, pool: Pooling
) -> Vectors:
    """Return one embedding per window: shape (windows, dimension)."""
    import numpy as np

    if pool == "attention":
        assert isinstance(encoder, SupportsAttentionPooling)
        return encoder.attention_pooled(windows)
    return np.stack([pool_frames(frames, pool) for frames in encoder.encode(windows, layer)])


def pool_frames(frames: Vectors, pool: Pooling) -> Vectors:
    """Reduce the frames of a window to one embedding: shape (dimension,)."""
    import numpy as np

    join = np.max if pool == "max" else np.mean
    return np.asarray(join(frames, axis=0), np.float32)
