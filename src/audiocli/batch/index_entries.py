"""What an index of sounds is told, and what it tells."""

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
    """How the vectors of an index are made; those of others cannot be compared.

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
    """A file as it was when it was indexed."""

    size: int
    mtime_ns: int
    sha256: str


@dataclass(frozen=True)
class IndexedRecording:
    """A recording of an index.

    Attributes
    ----------
    windows : vectors it has
    """

    id: int
    path: str
    stamp: FileStamp
    duration: float
    windows: int


@dataclass(frozen=True)
class IndexMatch:
    """A window near to a query."""

    path: str
    start: float
    end: float
    similarity: float


@dataclass(frozen=True, eq=False)
class IndexedWindow:
    """A vector of an index, of unit length."""

    recording: int
    start: float
    end: float
    vector: Vector
