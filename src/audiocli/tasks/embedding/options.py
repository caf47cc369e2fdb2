"""How `embed`, `index` and `train` make vectors of sound."""

from __future__ import annotations

from dataclasses import dataclass

from audiocli.models.protocols.encoders import Pooling


@dataclass(frozen=True, kw_only=True)
class EmbeddingOptions:
    """How to make vectors.

    Attributes
    ----------
    layer : hidden layer, negative from the last; None is the output of the model
    pool : how frames become a vector; "none" keeps them all
    window : seconds of sound a vector stands for; None is the whole recording
    hop : seconds from window to window; None is `window`
    """

    layer: int | None = None
    pool: Pooling = "mean"
    window: float | None = None
    hop: float | None = None
