"""A script: what is to be said, line by line, with how to say it.

Every kind of input is read into this: plain text, Markdown, HTML, EPUB, subtitles, SSML.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from audiocli.text.normalization import Reading

PARAGRAPH = 0.8  # seconds of silence after each
LINE = 0.5
SENTENCE = 0.35
CLAUSE = 0.15  # inside a sentence too long to be said at once, after a comma
BREATH = 0.05  # ... and where it has no comma


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How a line is said, beside the manner of the whole.

    Attributes
    ----------
    voice : another voice than that of the whole
    speed : 2 is twice as fast
    pitch : semitones higher
    gain : decibels louder; minus infinity is silence
    """

    voice: str | None = None
    speed: float = 1.0
    pitch: float = 0.0
    gain: float = 0.0


class Mark(NamedTuple):
    """A name for the moment before the character at `at` is said."""

    name: str
    at: int


class Cue(NamedTuple):
    """The place of a line in a recording, in seconds."""

    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A stretch of text that is said in one manner; several sentences may be in it.

    Attributes
    ----------
    text : as written: composed, without line ends; empty for a pause by itself
    readings : of stretches of it, where they are given and not found by rules
    pause : seconds of silence after it
    speaker : who says it
    chapter : title of the chapter that begins with it
    """

    text: str
    readings: tuple[Reading, ...] = ()
    manner: Manner = Manner()
    pause: float = PARAGRAPH
    speaker: str | None = None
    chapter: str | None = None
    cue: Cue | None = None
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Script:
    """A whole text.

    Attributes
    ----------
    lines : gives them from the start, each time it is called
    tags : title, artist, language: metadata by FFmpeg's names
    """

    lines: Callable[[], Iterator[Line]]
    tags: Mapping[str, str] = field(default_factory=dict)
