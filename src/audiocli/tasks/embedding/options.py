"""Options of audio embeddings."""

from __future__ import annotations

from dataclasses import dataclass

from audiocli.models.protocols.encoders import Pooling


@dataclass(frozen=True, kw_only=True)
class EmbeddingOptions:
    """Options of an embedding.

    Attributes
    ----------
    layer : hidden layer, negative from the last; None is the output of the model
    pool : how frames are pooled to a vector; "none" keeps all frames
    window : seconds of audio per vector; None is the whole recording
    hop : seconds between windows; None is `window`
    """

    layer: int | None = None
    pool: Pooling = "mean"
    window: float | None = None
    hop: float | None = None
