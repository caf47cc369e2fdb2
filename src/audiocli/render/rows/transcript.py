"""The rows of a transcript: one a segment."""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.render.base import plain
from audiocli.results import Transcript

COLUMNS = ("source", "start", "end", "speaker", "language", "confidence", "text")


def rows(transcript: Transcript) -> Iterator[tuple[str | None, ...]]:
    """Yield each segment; `language` falls back to the transcript's."""
    for segment in transcript.segments:
        yield (
            plain(transcript.source),
            f"{segment.start:.3f}",
            f"{segment.end:.3f}",
            plain(segment.speaker or ""),
            segment.language or transcript.language,
            None if segment.confidence is None else f"{segment.confidence:.4f}",
            plain(segment.text),
        )
