"""What the formats of sound events share."""

from __future__ import annotations

from audiocli.errors import UsageError
from audiocli.results import Classification, SoundEvent


def events_of(result: Classification) -> tuple[SoundEvent, ...]:
    """Give the events of a classification.

    Raises
    ------
    UsageError : it was made without looking for events
    """
    if result.events is None:
        raise UsageError(
            f"{result.source}: this result has no events", "audiocli classify --events finds them"
        )
    return result.events
