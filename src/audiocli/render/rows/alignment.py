"""Rows of an alignment: one for each word of the text, without times if it was not spoken."""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.escaping import plain
from audiocli.results import Alignment

COLUMNS = ("source", "start", "end", "confidence", "text")


def rows(alignment: Alignment) -> Iterator[tuple[str | None, ...]]:
    """Yield each word, in order of time."""
    spoken = [word for segment in alignment.segments for word in segment.words]
    for word in sorted([*spoken, *alignment.unspoken], key=lambda word: (word.start, word.end)):
        is_spoken = word.end > word.start or bool(word.confidence)
        yield (
            plain(alignment.source),
            f"{word.start:.3f}" if is_spoken else None,
            f"{word.end:.3f}" if is_spoken else None,
            None if word.confidence is None else f"{word.confidence:.4f}",
            plain(word.text),
        )
