"""Who speaks when, how people share a conversation, and whether two are one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from audiocli.results.base import Probability, Result, Seconds
from audiocli.results.transcript import Segment, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerShare:
    """How much one speaker takes part.

    Attributes
    ----------
    seconds : of speech
    share : of all speech, the speech of everybody added up
    turns : how often the speaker has the floor, with nobody else in between
    interruptions : turns begun while another was speaking, and kept longer than theirs
    interrupted : turns lost to another in the same way
    overlap : seconds spoken while others spoke too
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
    start : where the sound begins in the source
    turns : all of them, in order of time; those of different speakers may overlap
    exclusive : one speaker at a time, for merging with words
    speakers : in order of their first turn
    """

    kind: ClassVar[str] = "diarization"

    start: Seconds = 0.0
    turns: tuple[Turn, ...] = ()
    exclusive: tuple[Turn, ...] = ()
    speakers: tuple[str, ...] = ()

    @property
    def segments(self) -> tuple[Segment, ...]:
        """One speaker at a time as lines of subtitles that say who speaks."""
        return tuple(Segment(start=t.start, end=t.end, text=t.speaker) for t in self.exclusive)


@dataclass(frozen=True, kw_only=True)
class Conversation(Result):
    """How people share a conversation.

    Attributes
    ----------
    speech : seconds in which anybody speaks
    overlap : seconds in which several do
    silence : seconds in which nobody does
    speakers : in order of their first turn
    """

    kind: ClassVar[str] = "conversation"

    speech: Seconds = 0.0
    overlap: Seconds = 0.0
    silence: Seconds = 0.0
    speakers: tuple[SpeakerShare, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verification(Result):
    """Whether two recordings are of one person.

    Attributes
    ----------
    duration : seconds of speech that were compared, of both
    similarity : of the voices, the cosine of their vectors, -1 to 1
    threshold : the operating point: from here up they are taken for one person's
    """

    kind: ClassVar[str] = "verification"

    other: str
    similarity: float
    threshold: float
    same_speaker: bool
