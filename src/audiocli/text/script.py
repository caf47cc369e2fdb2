"""The common form of all documents that are read aloud.

Plain text, Markdown, HTML, EPUB, subtitles and SSML are all read into a `SpeechScript`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from audiocli.text.normalization import Reading

# Seconds of silence after ...
PARAGRAPH = 0.8
LINE = 0.5
SENTENCE = 0.35
CLAUSE = 0.15  # a comma where a sentence is too long for one passage
BREATH = 0.05  # a word where such a sentence has no comma


@dataclass(frozen=True, slots=True, kw_only=True)
class Prosody:
    """Prosody of a line, relative to that of the whole script.

    Attributes
    ----------
    voice : voice of the line; None is the voice of the script
    speed : factor of the speaking rate; 2 is twice as fast
    pitch : shift in semitones
    gain : change of the level in decibels; minus infinity is silence
    """

    voice: str | None = None
    speed: float = 1.0
    pitch: float = 0.0
    gain: float = 0.0


class Mark(NamedTuple):
    """A named position in a text, as of SSML's `mark`: before the character `at`."""

    name: str
    at: int


class CueTimes(NamedTuple):
    """Start and end of the subtitle that a line comes from, in seconds."""

    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptLine:
    """A stretch of text with one prosody; it may hold several sentences.

    Attributes
    ----------
    text : composed characters (NFC) without line ends; empty for a pause
    readings : of parts of the text, where the document or a lexicon gives them
    pause : seconds of silence after the line
    speaker : name of the speaker
    chapter : title of the chapter that begins with the line
    cue : times of the subtitle
    marks : named positions in the text
    """

    text: str
    readings: tuple[Reading, ...] = ()
    prosody: Prosody = Prosody()
    pause: float = PARAGRAPH
    speaker: str | None = None
    chapter: str | None = None
    cue: CueTimes | None = None
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True, kw_only=True)
class SpeechScript:
    """A document as lines to speak.

    Attributes
    ----------
    lines : returns an iterator over all lines at each call
    tags : title, artist and language, under FFmpeg's metadata names
    """

    lines: Callable[[], Iterator[ScriptLine]]
    tags: Mapping[str, str] = field(default_factory=dict)
