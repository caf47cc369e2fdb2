"""Where sounds like a query are, and which recordings share sound."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from audiocli.results.base import Result, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A window of a recording that is like the query.

    Attributes
    ----------
    source : the recording, as a path from the root
    similarity : cosine of its vector and that of the query, -1 to 1
    """

    source: str
    start: Seconds
    end: Seconds
    similarity: float


@dataclass(frozen=True, kw_only=True)
class Search(Result):
    """Where sounds like a query are.

    Attributes
    ----------
    source : the clip, the text or the name of the voice that was searched for
    query_type : clip, text or voice
    index : that was searched
    hits : the nearest first
    """

    kind: ClassVar[str] = "search"
    version: ClassVar[int] = 2

    query_type: str
    index: str
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """A stretch of one recording that a stretch of another is nearly the same as.

    Attributes
    ----------
    similarity : mean of the cosines of its windows
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
    """Which recordings of an index share sound.

    Attributes
    ----------
    source : the index
    threshold : cosine from which windows are taken for the same
    pairs : in the order of their first recordings
    """

    kind: ClassVar[str] = "duplicates"

    threshold: float
    pairs: tuple[Duplicate, ...]
