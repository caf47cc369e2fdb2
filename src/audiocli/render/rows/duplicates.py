"""Rows of duplicates: one for each pair."""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.escaping import plain
from audiocli.results import Duplicates

COLUMNS = ("source", "start", "end", "other", "other_start", "other_end", "similarity")


def rows(result: Duplicates) -> Iterator[tuple[str, ...]]:
    """Yield the pairs, in the order of their recordings."""
    for pair in result.pairs:
        yield (
            plain(pair.source),
            f"{pair.start:.3f}",
            f"{pair.end:.3f}",
            plain(pair.other),
            f"{pair.other_start:.3f}",
            f"{pair.other_end:.3f}",
            f"{pair.similarity:.4f}",
        )
