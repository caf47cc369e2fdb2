"""References: what is known about a recording."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from audiocli.results import Segment, Turn

EvaluationTaskName = Literal[
    "transcribe", "align", "diarize", "classify", "language", "embed", "enhance"
]


@dataclass(frozen=True, kw_only=True)
class Reference:
    """The known properties of a recording; None where unknown.

    Attributes
    ----------
    name : name of the recording
    text : the spoken words
    language : language code of the text
    segments : spans with text and speaker; words are spans with one word
    turns : who speaks when
    labels : true labels
    clean : the clean recording
    duration : duration in seconds
    """

    name: str
    text: str | None = None
    language: str | None = None
    segments: tuple[Segment, ...] = ()
    turns: tuple[Turn, ...] | None = None
    labels: tuple[str, ...] = ()
    clean: Path | None = None
    duration: float | None = None
