"""Rows of a conversation: one for each speaker."""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.escaping import plain
from audiocli.results import Conversation

COLUMNS = (
    "source",
    "speaker",
    "seconds",
    "share",
    "turns",
    "interruptions",
    "interrupted",
    "overlap",
)


def rows(conversation: Conversation) -> Iterator[tuple[str, ...]]:
    """Yield each speaker, in order of the first turn."""
    source = plain(conversation.source)
    for part in conversation.speakers:
        yield (
            source,
            plain(part.speaker),
            f"{part.seconds:.3f}",
            f"{part.share:.4f}",
            str(part.turns),
            str(part.interruptions),
            str(part.interrupted),
            f"{part.overlap:.3f}",
        )
