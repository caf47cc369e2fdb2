"""Classification of recordings and detection of sound events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from audiocli.results.base import Probability, Result, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A label with its score.

    Attributes
    ----------
    score : null for "unknown", which has no score
    """

    label: str
    score: Probability | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledWindow:
    """Labels of one window, most probable first."""

    start: Seconds
    end: Seconds
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundEvent:
    """A time span with a label.

    Attributes
    ----------
    score : maximum score in the span
    """

    start: Seconds
    end: Seconds
    label: str
    score: Probability


@dataclass(frozen=True, kw_only=True)
class Classification(Result):
    """Labels of a recording, of its windows, and sound events.

    Attributes
    ----------
    task : task of the labels: events, language, emotion, music, speaker or gender
    start : start of the analysed part in the source, in seconds
    multi_label : whether several labels may apply at once; if not, all scores sum to 1
    labels : labels of the whole recording, most probable first
    windows : labels of each window; null if not requested
    events : sound events in order of time; null if not requested
    """

    kind: ClassVar[str] = "classification"

    task: str = "events"
    start: Seconds = 0.0
    multi_label: bool
    labels: tuple[Label, ...]
    windows: tuple[LabelledWindow, ...] | None = None
    events: tuple[SoundEvent, ...] | None = None
