"""Sound as numbers over time and frequency, and what is drawn with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from audiocli.results.base import Array, Result, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Something that was said, was heard or spoke for a while, to be drawn in a lane.

    Attributes
    ----------
    lane : what is drawn side by side: a speaker, "words", "events"
    """

    start: Seconds
    end: Seconds
    text: str
    lane: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Curve:
    """A quantity over time, such as the fundamental frequency.

    Attributes
    ----------
    times : in seconds, shape (points,)
    values : shape (points,), null where there is none
    connected : whether a line goes through its points; else each is a dot
    """

    name: str
    unit: str
    times: Array
    values: Array
    connected: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class Spectrogram(Result):
    """Sound as numbers over time and frequency.

    Attributes
    ----------
    spectrogram_kind : waveform, linear, mel, log-mel, mfcc, cqt, chroma, or what a model sees
    start : where the sound begins in the source
    values : shape (bins, frames); of long sound it may lie on the disk, to be read as
        `blocks()` of shape (some frames, bins), or whole by `np.asarray`
    unit : of the values, such as dB
    times : centre of each frame in seconds, shape (frames,)
    bins : position of each row, such as its frequency, shape (bins,)
    bin_unit : of the rows, such as Hz
    curves : quantities to be drawn over the picture
    spans : words, turns or events to be drawn under it
    patches : what a model takes for one token, in rows and frames, with the steps between
    """

    kind: ClassVar[str] = "spectrogram"
    version: ClassVar[int] = 2

    spectrogram_kind: str
    start: Seconds
    values: Array
    unit: str
    times: Array
    bins: Array
    bin_unit: str
    curves: tuple[Curve, ...] = ()
    spans: tuple[Span, ...] = ()
    patches: Patches | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patches:
    """The grid a model cuts its input into: one patch is one token."""

    rows: int
    frames: int
    row_step: int
    frame_step: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison(Result):
    """Several spectrograms to be looked at on one scale."""

    kind: ClassVar[str] = "comparison"
    version: ClassVar[int] = 2

    panels: tuple[Spectrogram, ...]
