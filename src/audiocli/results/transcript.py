"""What was said, or was made to be said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from audiocli.results.base import Probability, Result, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word as written, its punctuation attached, without surrounding spaces."""

    start: Seconds
    end: Seconds
    text: str
    confidence: Probability | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of speech that reads as one line: a sentence, or a part of one."""

    start: Seconds
    end: Seconds
    text: str
    language: str | None = None
    speaker: str | None = None
    confidence: Probability | None = None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A stretch in which one person speaks, short pauses included."""

    start: Seconds
    end: Seconds
    speaker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechSpan:
    """A stretch of speech."""

    start: Seconds
    end: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A time with a name: where a chapter begins, or a mark of SSML stands."""

    time: Seconds
    name: str


@dataclass(frozen=True, kw_only=True)
class Transcript(Result):
    """What was said, and when.

    Attributes
    ----------
    start : where the analysed part begins in the source
    turns : who speaks when, in order of time; those of different speakers may overlap; null
        where speakers were not told apart
    unrecognised : speech in which no words were recognised
    """

    kind: ClassVar[str] = "transcript"
    derived: ClassVar[tuple[str, ...]] = ("text",)

    start: Seconds = 0.0
    language: str | None = None
    language_probability: Probability | None = None
    segments: tuple[Segment, ...] = ()
    turns: tuple[Turn, ...] | None = None
    unrecognised: tuple[SpeechSpan, ...] = ()

    @property
    def text(self) -> str:
        """All segments as one line."""
        return " ".join(segment.text for segment in self.segments if segment.text)


@dataclass(frozen=True, kw_only=True)
class Speech(Transcript):
    """What was made to be said: the transcript of synthetic sound, a segment a passage.

    Attributes
    ----------
    voice : one of the model's, None where it has only one
    seed : with the same model, voice and parameters it gives the same sound again
    rate : samples a second of the sound as the model gave it, in Hz
    output : where the sound was written, None where it went to a pipe or was played
    chapters : where each begins
    marks : where those of SSML stand
    """

    kind: ClassVar[str] = "speech"

    voice: str | None = None
    seed: int = 0
    rate: int
    output: str | None = None
    chapters: tuple[Moment, ...] = ()
    marks: tuple[Moment, ...] = ()
