"""What a task answers: frozen dataclasses, no I/O, no heavy import.

Times are seconds from the start of the source, as floats; `schema.to_dict`
rounds them to milliseconds. `speaker` and `language` are always present, and
`None` where nobody knows. The written form (JSON, JSON Schema, reading back)
follows from these classes: a new one here needs no edit anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar

Seconds = Annotated[float, "seconds"]  # written rounded to milliseconds
Probability = Annotated[float, "probability"]  # 0 to 1, written with 4 decimals


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
    derived: ClassVar[tuple[str, ...]] = ()  # properties the written form carries too

    source: str
    duration: Seconds
    model: ModelInfo
    parameters: Mapping[str, Any] = field(default_factory=dict)


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


@dataclass(frozen=True, kw_only=True)
class Transcript(Result):
    """What was said, and when."""

    kind: ClassVar[str] = "transcript"
    derived: ClassVar[tuple[str, ...]] = ("text",)

    language: str | None = None
    language_probability: Probability | None = None
    segments: tuple[Segment, ...] = ()

    @property
    def text(self) -> str:
        """All segments as one line."""
        return " ".join(segment.text for segment in self.segments if segment.text)
