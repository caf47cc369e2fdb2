"""Transcripts of recordings and of synthesized speech."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from audiocli.results.base import Probability, Result, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word as written, with its punctuation and without surrounding spaces."""

    start: Seconds
    end: Seconds
    text: str
    confidence: Probability | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A sentence, or a part of one."""

    start: Seconds
    end: Seconds
    text: str
    language: str | None = None
    speaker: str | None = None
    confidence: Probability | None = None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A span in which one person speaks, including short pauses."""

    start: Seconds
    end: Seconds
    speaker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechSpan:
    """A span of speech."""

    start: Seconds
    end: Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A named time: the start of a chapter, or an SSML mark."""

    time: Seconds
    name: str


@dataclass(frozen=True, kw_only=True)
class Transcript(Result):
    """Transcript of a recording.

    Attributes
    ----------
    start : start of the analysed part in the source, in seconds
    turns : speaker turns in order of time, which may overlap; null without diarization
    unrecognised : speech in which no words were recognised
    partial : true if the run was interrupted, and the result ends after `duration` seconds
    """

    kind: ClassVar[str] = "transcript"
    derived: ClassVar[tuple[str, ...]] = ("text",)
    omitted_if_empty: ClassVar[tuple[str, ...]] = (*Result.omitted_if_empty, "partial")

    start: Seconds = 0.0
    language: str | None = None
    language_probability: Probability | None = None
    segments: tuple[Segment, ...] = ()
    turns: tuple[Turn, ...] | None = None
    unrecognised: tuple[SpeechSpan, ...] = ()
    partial: bool = False

    @property
    def text(self) -> str:
        """Text of all segments on one line."""
        return " ".join(segment.text for segment in self.segments if segment.text)


@dataclass(frozen=True, kw_only=True)
class Speech(Transcript):
    """Transcript of synthesized speech, with a segment for each passage.

    Attributes
    ----------
    voice : voice of the model; null if it has only one
    seed : seed that reproduces the audio with the same model, voice and parameters
    rate : sampling rate of the model's output, in Hz
    output : path of the audio file; null if the audio was played or written to a pipe
    chapters : start of each chapter
    marks : times of SSML marks
    """

    kind: ClassVar[str] = "speech"

    voice: str | None = None
    seed: int = 0
    rate: int
    output: str | None = None
    chapters: tuple[Moment, ...] = ()
    marks: tuple[Moment, ...] = ()
