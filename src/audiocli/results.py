"""What a task answers: frozen dataclasses, no I/O, no heavy import.

Times are seconds from the start of the source, as floats; `schema.to_dict`
rounds them to milliseconds. `speaker` and `language` are always present, and
`None` where nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """Which model answered: enough to ask the same one again."""

    name: str
    revision: str | None = None


@dataclass(frozen=True, kw_only=True)
class Result:
    """What every answer knows about itself.

    Attributes
    ----------
    source : the input as the user named it; `-` for stdin
    duration : length of the analysed audio, in seconds
    model : the model that answered
    parameters : the options that shaped the answer
    """

    kind: ClassVar[str]  # the name `audiocli schema` knows it by
    version: ClassVar[int] = 1  # goes up when a field changes its meaning

    source: str
    duration: float
    model: ModelInfo
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One word as written, its punctuation attached, without surrounding spaces."""

    start: float
    end: float
    text: str
    confidence: float | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of speech that reads as one line: a sentence, or a part of one."""

    start: float
    end: float
    text: str
    language: str | None = None
    speaker: str | None = None
    confidence: float | None = None
    words: tuple[Word, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Transcript(Result):
    """What was said, and when."""

    kind: ClassVar[str] = "transcript"

    language: str | None = None
    language_probability: float | None = None
    segments: tuple[Segment, ...] = ()

    @property
    def text(self) -> str:
        """All segments as one line."""
        return " ".join(segment.text for segment in self.segments if segment.text)
