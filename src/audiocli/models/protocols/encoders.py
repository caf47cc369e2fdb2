"""What `embed`, `search` and `train` ask of a model: windows of sound in, vectors out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Samples = NDArray[np.float32]
    Vectors = NDArray[np.float32]


Pooling = Literal["mean", "max", "attention", "none"]  # how the frames of a window become a vector


class AudioEncoder(Protocol):
    """A model whose hidden states describe sound.

    Attributes
    ----------
    rate : samples a second it takes, in Hz
    dimension : numbers in a vector
    layers : hidden layers whose states can be had; 0 where only the output can
    step : seconds from frame to frame; a model of one vector a window has only one frame
    window, hop : its own step through a long recording, in seconds
    max_seconds : seconds of sound it can take at once
    batch_seconds : seconds of sound that make a good batch
    workers : batches it runs well at the same time
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

        Frames that hold nothing but the padding of a model are left out.

        Parameters
        ----------
        layer : 0 is the input of the first layer, `layers` the last; None is the output
        """
        ...


@runtime_checkable
class SupportsAttentionPooling(Protocol):
    """An encoder that has learned which frames matter."""

    def attention_pooled(self, windows: Sequence[Samples]) -> Vectors:
        """Give a vector of each window: shape (windows, dimension)."""
        ...


@runtime_checkable
class TextEncoder(Protocol):
    """An encoder of sounds that puts sentences into the same space."""

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Encode sentences: shape (texts, dimension)."""
        ...


@runtime_checkable
class SupportsLayers(Protocol):
    """An encoder that gives all its layers at once."""

    def pooled_layers(self, windows: Sequence[Samples]) -> Vectors:
        """Give the mean over time of every layer: shape (windows, layers + 1, dimension)."""
        ...


def encode_weighted_layers(
    encoder: SupportsLayers, windows: Sequence[Samples], weights: Sequence[float]
) -> Vectors:
    """Encode windows as the weighted sum of the layers: shape (windows, dimension)."""
    return weighted_layer_sum(encoder.pooled_layers(windows), weights)


def weighted_layer_sum(layers: Vectors, weights: Sequence[float]) -> Vectors:
    """Sum layers, shape (windows, layers, dimension), by their weights."""
    import numpy as np

    summed: Vectors = np.einsum("l,wld->wd", np.array(weights, np.float32), layers)
    return summed


def encode_pooled(
    encoder: AudioEncoder, windows: Sequence[Samples], layer: int | None, pool: Pooling
) -> Vectors:
    """Encode windows as one vector each: shape (windows, dimension)."""
    import numpy as np

    if pool == "attention":
        assert isinstance(encoder, SupportsAttentionPooling)
        return encoder.attention_pooled(windows)
    return np.stack([pool_frames(frames, pool) for frames in encoder.encode(windows, layer)])


def pool_frames(frames: Vectors, pool: Pooling) -> Vectors:
    """Make one vector of the frames of a window: shape (dimension,)."""
    import numpy as np

    join = np.max if pool == "max" else np.mean
    return np.asarray(join(frames, axis=0), np.float32)
