"""Spectrograms, and the curves and spans that are drawn with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from audiocli.results.base import Array, Result, Seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A word, turn or event that is drawn in a lane.

    Attributes
    ----------
    lane : name of the lane: a speaker, a label, "words" or "events"
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
    values : shape (points,), null if undefined
    connected : whether the points are connected by a line
    """

    name: str
    unit: str
    times: Array
    values: Array
    connected: bool = True


@dataclass(frozen=True, kw_only=True, eq=False)
class Spectrogram(Result):
    """A spectrogram or another time-frequency representation.

    Attributes
    ----------
    spectrogram_kind : waveform, linear, mel, log-mel, mfcc, cqt, chroma, or a model's input
    start : start of the audio in the source, in seconds
    values : shape (bins, frames); those of long recordings may be on disk, and are read with
        `blocks()` of shape (some frames, bins), or as a whole with `np.asarray`
    unit : unit of the values, such as dB
    times : centre of each frame in seconds, shape (frames,)
    bins : position of each row, such as its frequency, shape (bins,)
    bin_unit : unit of the bins, such as Hz
    curves : curves that are drawn over the spectrogram
    spans : words, turns or events that are drawn below the spectrogram
    patches : grid of the patches that a model converts to tokens
    """

    kind: ClassVar[str] = "spectrogram"
    version: ClassVar[int] = 3

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
    """Grid of the patches of a model's input, each of which is one token."""

    rows: int
    frames: int
    row_step: int
    frame_step: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Comparison(Result):
    """Several spectrograms on a common scale."""

    kind: ClassVar[str] = "comparison"
    version: ClassVar[int] = 3

    panels: tuple[Spectrogram, ...]
