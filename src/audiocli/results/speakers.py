"""Speaker diarization, conversation statistics and speaker verification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from audiocli.results.base import Probability, Result, Seconds
from audiocli.results.transcript import Segment, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerShare:
    """Statistics of one speaker in a conversation.

    Attributes
    ----------
    seconds : duration of the speaker's speech
    share : share of the summed speech of all speakers
    turns : number of turns, where speech without another speaker in between is one turn
    interruptions : turns begun during another speaker's turn that outlast it
    interrupted : turns ended by another speaker's interruption
    overlap : seconds of simultaneous speech with others
    """

    speaker: str
    seconds: Seconds
    share: Probability
    turns: int
    interruptions: int
    interrupted: int
    overlap: Seconds


@dataclass(frozen=True, kw_only=True)
class Diarization(Result):
    """Who spoke when.

    Attributes
    ----------
    start : start of the analysed part in the source, in seconds
    turns : all turns in order of time; those of different speakers may overlap
    exclusive : turns without overlap, for merging with words
    speakers : speakers in order of their first turn
    """

    kind: ClassVar[str] = "diarization"

    start: Seconds = 0.0
    turns: tuple[Turn, ...] = ()
    exclusive: tuple[Turn, ...] = ()
    speakers: tuple[str, ...] = ()

    @property
    def segments(self) -> tuple[Segment, ...]:
        """The exclusive turns as segments whose text is the name of the speaker, for subtitles."""
        return tuple(Segment(start=t.start, end=t.end, text=t.speaker) for t in self.exclusive)


@dataclass(frozen=True, kw_only=True)
class Conversation(Result):
    """Statistics of a conversation.

    Attributes
    ----------
    speech : seconds with at least one speaker
    overlap : seconds with several speakers
    silence : seconds without a speaker
    speakers : statistics of the speakers in order of their first turn
    """

    kind: ClassVar[str] = "conversation"

    speech: Seconds = 0.0
    overlap: Seconds = 0.0
    silence: Seconds = 0.0
    speakers: tuple[SpeakerShare, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verification(Result):
    """Decision on whether two recordings are of the same speaker.

    Attributes
    ----------
    duration : seconds of speech of both recordings
    other : the second recording
    similarity : cosine similarity of the speaker embeddings, -1 to 1
    threshold : minimum similarity of the same speaker
    """

    kind: ClassVar[str] = "verification"

    other: str
    similarity: float
    threshold: float
    same_speaker: bool
