"""Rows of a diarization: one for each turn."""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.escaping import plain
from audiocli.results import Diarization

COLUMNS = ("source", "start", "end", "speaker")


def rows(diarization: Diarization) -> Iterator[tuple[str, ...]]:
    """Yield each turn; turns may overlap."""
    source = plain(diarization.source)
    for turn in diarization.turns:
        yield source, f"{turn.start:.3f}", f"{turn.end:.3f}", plain(turn.speaker)
