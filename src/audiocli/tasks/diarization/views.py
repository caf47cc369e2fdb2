"""Views of a result with speakers: its turns, or the statistics of the conversation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from audiocli.results import Conversation, Diarization, Result

View = Literal["turns", "stats"]
VIEW_KINDS: Mapping[View, type[Result]] = {"turns": Diarization, "stats": Conversation}


def viewed(result: Result, view: View, name: str) -> Result:
    """Return a view of a result.

    Parameters
    ----------
    name : file of the result, for the error

    Raises
    ------
    InputError : the result has no speaker turns
    """
    from audiocli.tasks.diarization.from_transcript import diarization_of
    from audiocli.tasks.diarization.statistics import conversation

    if view == "stats" and isinstance(result, Conversation):
        return result
    diarization = diarization_of(result, name)
    return diarization if view == "turns" else conversation(diarization)
