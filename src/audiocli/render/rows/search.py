"""Rows of a search: one for each hit."""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.escaping import plain
from audiocli.results import Search

COLUMNS = ("query", "similarity", "start", "end", "source")


def rows(result: Search) -> Iterator[tuple[str, ...]]:
    """Yield the hits, best first."""
    for hit in result.hits:
        similarity, start, end = f"{hit.similarity:.4f}", f"{hit.start:.3f}", f"{hit.end:.3f}"
        yield plain(result.source), similarity, start, end, plain(hit.source)
