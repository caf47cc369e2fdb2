"""Results of searches in a sound index, and duplicates in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from audiocli.results.base import Result, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A window of a recording that matches the query.

    Attributes
    ----------
    source : absolute path of the recording
    similarity : cosine similarity with the query, -1 to 1
    """

    source: str
    start: Seconds
    end: Seconds
    similarity: float


@dataclass(frozen=True, kw_only=True)
class Search(Result):
    """Matches of a query in a sound index.

    Attributes
    ----------
    source : the query: a clip, a text or the name of a voice
    query_type : clip, text or voice
    index : path of the index
    hits : matches, best first
    """

    kind: ClassVar[str] = "search"
    version: ClassVar[int] = 2

    query_type: str
    index: str
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """A pair of nearly identical parts of two recordings.

    Attributes
    ----------
    similarity : mean cosine similarity of their windows
    """

    source: str
    start: Seconds
    end: Seconds
    other: str
    other_start: Seconds
    other_end: Seconds
    similarity: float


@dataclass(frozen=True, kw_only=True)
class Duplicates(Result):
    """Nearly identical parts of the recordings of an index.

    Attributes
    ----------
    source : path of the index
    threshold : minimum cosine similarity of duplicates
    pairs : duplicates in the order of their first recordings
    """

    kind: ClassVar[str] = "duplicates"

    threshold: float
    pairs: tuple[Duplicate, ...]
