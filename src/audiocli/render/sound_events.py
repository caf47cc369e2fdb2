"""Helper of the formats for sound events."""

from __future__ import annotations

from audiocli.errors import UsageError
from audiocli.results import Classification, SoundEvent


def events_of(result: Classification) -> tuple[SoundEvent, ...]:
    """Return the events of a classification.

    Raises
    ------
    UsageError : it was computed without event detection
    """
    if result.events is None:
        raise UsageError(
            f"{result.source}: this result has no events", "run audiocli classify with --events"
        )
    return result.events
