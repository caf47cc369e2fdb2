"""Rows of a verification: one."""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.escaping import plain
from audiocli.results import Verification

COLUMNS = ("source", "other", "similarity", "threshold", "same_speaker")


def rows(result: Verification) -> Iterator[tuple[str, ...]]:
    """Yield the row."""
    yield (
        plain(result.source),
        plain(result.other),
        f"{result.similarity:.4f}",
        f"{result.threshold:.4f}",
        str(result.same_speaker).lower(),
    )
