"""Rows of a transcript: one for each segment."""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.escaping import plain
from audiocli.results import Transcript

COLUMNS = ("source", "start", "end", "speaker", "language", "confidence", "text")


def rows(transcript: Transcript) -> Iterator[tuple[str | None, ...]]:
    """Yield each segment; `language` defaults to that of the transcript."""
    for segment in transcript.segments:
        yield (
            plain(transcript.source),
            f"{segment.start:.3f}",
            f"{segment.end:.3f}",
            plain(segment.speaker or ""),
            plain(segment.language or transcript.language or ""),
            None if segment.confidence is None else f"{segment.confidence:.4f}",
            plain(segment.text),
        )
