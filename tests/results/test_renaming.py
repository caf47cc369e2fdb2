"""Renaming of speakers in all places of a result."""

from __future__ import annotations

from typing import Any

import pytest

from audiocli.results import (
    Alignment,
    Conversation,
    Diarization,
    ModelInfo,
    Segment,
    SpeakerShare,
    Transcript,
    Turn,
    Word,
)
from audiocli.results.renaming import rename_speakers, speaker_names

COMMON: dict[str, Any] = {"source": "a.wav", "duration": 9.0, "model": ModelInfo("m")}


def turn(start: float, end: float, speaker: str) -> Turn:
    return Turn(start=start, end=end, speaker=speaker)


TURNS = (turn(0, 4, "A"), turn(2, 3, "B"), turn(3.5, 6, "C"), turn(7, 8, "B"))


def share(speaker: str) -> SpeakerShare:
    return SpeakerShare(
        speaker=speaker, seconds=1, share=0.5, turns=1, interruptions=0, interrupted=0, overlap=0
    )


def test_every_place_of_a_name_is_found_and_changed() -> None:
    word = Word(start=0, end=1, text="hi", speaker="A")
    segment = Segment(start=0, end=1, text="hi", speaker="A", words=(word,))
    results = [
        Transcript(**COMMON, segments=(segment,), turns=TURNS),
        Alignment(**COMMON, script="t", segments=(segment,), unspoken=(word,), extra=(word,)),
        Diarization(**COMMON, turns=TURNS, exclusive=TURNS[:1], speakers=("A", "B", "C")),
        Conversation(**COMMON, speakers=(share("A"), share("B"))),
    ]
    for result in results:
        changed = rename_speakers(result, {"A": "Ada", "nobody": "x"})
        found = list(speaker_names(changed))
        assert "A" not in found and "Ada" in found
        assert [name.replace("Ada", "A") for name in found] == list(speaker_names(result))
        assert rename_speakers(changed, {"Ada": "A"}) == result


def test_names_can_be_swapped() -> None:
    diarization = Diarization(**COMMON, turns=TURNS[:2], speakers=("A", "B"))
    swapped = rename_speakers(diarization, {"A": "B", "B": "A"})
    assert [one.speaker for one in swapped.turns] == ["B", "A"]
    assert swapped.speakers == ("B", "A")


def test_turns_of_speakers_that_become_one_are_joined_where_they_overlap() -> None:
    diarization = Diarization(**COMMON, turns=TURNS, speakers=("A", "B", "C"))
    joined = rename_speakers(diarization, {"B": "A", "C": "A"})
    assert joined.turns == (turn(0, 6, "A"), turn(7, 8, "A"))
    assert joined.speakers == ("A",)
    assert rename_speakers(diarization, {"B": "A"}).turns == (
        turn(0, 4, "A"),
        turn(3.5, 6, "C"),
        turn(7, 8, "A"),
    )


def test_statistics_cannot_be_merged() -> None:
    conversation = Conversation(**COMMON, speakers=(share("A"), share("B")))
    with pytest.raises(ValueError, match="cannot be merged"):
        rename_speakers(conversation, {"A": "B"})
