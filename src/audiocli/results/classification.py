"""What is heard, and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from audiocli.results.base import Probability, Result, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A name for what is heard.

    Attributes
    ----------
    score : null for "unknown", which no model gives a score
    """

    label: str
    score: Probability | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledWindow:
    """What is heard in one window, the likeliest first."""

    start: Seconds
    end: Seconds
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundEvent:
    """A stretch in which a label holds.

    Attributes
    ----------
    score : the highest in it
    """

    start: Seconds
    end: Seconds
    label: str
    score: Probability


@dataclass(frozen=True, kw_only=True)
class Classification(Result):
    """What is heard, and when.

    Attributes
    ----------
    task : what the labels tell: events, language, emotion, music, speaker or gender
    start : where the analysed part begins in the source
    multi_label : whether several labels may hold at once; only where they may not
        do the scores of all labels sum to one
    labels : of the whole recording, the likeliest first
    windows : labels of each window; null where nobody asked for them
    events : in order of time; null where nobody asked for them
    """

    kind: ClassVar[str] = "classification"

    task: str = "events"
    start: Seconds = 0.0
    multi_label: bool
    labels: tuple[Label, ...]
    windows: tuple[LabelledWindow, ...] | None = None
    events: tuple[SoundEvent, ...] | None = None
