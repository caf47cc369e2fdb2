"""Sound as vectors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from audiocli.results.base import Array, Result, Seconds


@dataclass(frozen=True, kw_only=True)
class Embedding(Result):
    """Sound as vectors: one of the whole, one a window, or one a frame.

    Attributes
    ----------
    start : where the analysed part begins in the source
    dimension : numbers in a vector
    layer : hidden layer the vectors are from, 0 for the input of the first; null for the output
    pool : how the frames of a model became a vector: mean, max, attention, or none
    starts : where the sound of each vector begins in the source, in seconds
    ends : where it ends
    vectors : as the model gives them, shape (vectors, dimension)
    """

    kind: ClassVar[str] = "embedding"

    start: Seconds = 0.0
    dimension: int
    layer: int | None = None
    pool: str
    starts: Array
    ends: Array
    vectors: Array
