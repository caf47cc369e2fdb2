"""Audio embeddings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from audiocli.results.base import Array, Result, Seconds


@dataclass(frozen=True, kw_only=True)
class Embedding(Result):
    """Embeddings of a recording: one for the whole, for each window, or for each frame.

    Attributes
    ----------
    start : start of the analysed part in the source, in seconds
    dimension : dimension of the vectors
    layer : hidden layer of the vectors, 0 for the input of the first; null for the output
    pool : pooling of frames: mean, max, attention, or none
    starts : start of each vector in the source, in seconds
    ends : end of each vector in the source, in seconds
    vectors : vectors of shape (vectors, dimension), not normalised
    """

    kind: ClassVar[str] = "embedding"

    start: Seconds = 0.0
    dimension: int
    layer: int | None = None
    pool: str
    starts: Array
    ends: Array
    vectors: Array
