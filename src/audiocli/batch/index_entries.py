"""Entries of a sound index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]

FORMAT = "audiocli-index-1"


@dataclass(frozen=True, kw_only=True)
class IndexSettings:
    """Settings with which the vectors of an index are computed; other vectors are incomparable.

    Attributes
    ----------
    model, revision : the encoder
    layer, pool, window, hop : see `audiocli.tasks.embedding.options.EmbeddingOptions`
    """

    model: str
    revision: str | None
    dimension: int
    layer: int | None
    pool: str
    window: float
    hop: float
    format: str = FORMAT


@dataclass(frozen=True)
class FileStamp:
    """Size, modification time and hash of a file when it was indexed."""

    size: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True)
class IndexedRecording:
    """A recording in an index.

    Attributes
    ----------
    windows : number of its vectors
    """

    id: int
    path: str
    stamp: FileStamp
    duration: float
    windows: int


@dataclass(frozen=True)
class IndexMatch:
    """A window that matches a query."""

    path: str
    start: float
    end: float
    similarity: float


@dataclass(frozen=True, eq=False)
class IndexedWindow:
    """A window of an index with its vector, of unit length."""

    recording: int
    start: float
    end: float
    vector: Vector
