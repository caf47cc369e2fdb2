"""Cut an audio stream into windows of speech that fit the input of a recogniser.

Silence and noise are removed. Windows end in pauses if possible, not inside words. About
one window of samples is kept in memory.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from audiocli.tasks.common.runs import true_runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from audiocli.models.families.silero import SileroVad

    Samples = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class SpeechWindow:
    """A window of a recording that contains speech.

    Attributes
    ----------
    start : in seconds from the start of the stream
    samples : float32, shape (time,)
    rate : sample rate in Hz
    speech : shape (spans, 2): start and end of detected speech, in seconds from `start`
    certainty : highest speech probability in the window
    """

    start: float
    samples: Samples
    rate: int
    speech: NDArray[np.float64]
    speech_probability: float

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return len(self.samples) / self.rate

    @property
    def end(self) -> float:
        """End in seconds from the start of the stream."""
        return self.start + self.duration

    def since(self, time: float) -> SpeechWindow:
        """Return the part of the window after a time of the stream."""
        skipped = max(0, round((time - self.start) * self.rate))
        seconds = skipped / self.rate
        return replace(
            self,
            start=self.start + seconds,
            samples=self.samples[skipped:],
            speech=np.maximum(self.speech - seconds, 0.0),
        )


@dataclass(frozen=True, kw_only=True)
class VadOptions:
    """Options of voice activity detection; times are in seconds.

    Attributes
    ----------
    max_seconds : maximum length of a window
    min_silence : a pause of at least this length ends a window
    padding : kept before the first and after the last speech of a window
    onset, offset : speech starts at a probability of at least `onset`, and ends below `offset`
    min_speech : windows with less speech are dropped
    """

    max_seconds: float = 29.0
    min_silence: float = 2.0
    padding: float = 0.3
    onset: float = 0.5
    offset: float = 0.35
    min_speech: float = 0.1


# Treats all audio as speech: windows are only cut at their maximum length.
NO_VAD = VadOptions(onset=0.0, offset=0.0, min_silence=float("inf"))


def speech_windows(
    blocks: Iterable[Samples], vad: SileroVad, options: VadOptions = VadOptions()
) -> Iterator[SpeechWindow]:
    """Yield the windows of speech of a stream.

    Parameters
    ----------
    blocks : mono, float32, shape (n,) each with any n, at the rate of the detector
    vad : a detector in its initial state
    """
    builder = SpeechWindowBuilder(vad, options)
    for block in whole_frames(blocks, vad.frame):
        yield from builder.feed(block)
    yield from builder.finish()


def whole_frames(blocks: Iterable[Samples], frame: int) -> Iterator[Samples]:
    """Regroup blocks to multiples of `frame` samples; the last is zero-padded."""
    rest = np.zeros(0, np.float32)
    for block in blocks:
        joined = np.concatenate([rest, block])
        whole = len(joined) // frame * frame
        rest = joined[whole:]
        if whole:
            yield joined[:whole]
    if len(rest):
        yield np.pad(rest, (0, -len(rest) % frame))


class SpeechWindowBuilder:
    """Build windows of speech from blocks of a stream.

    Parameters
    ----------
    vad : a detector in its initial state
    """

    def __init__(self, vad: SileroVad, options: VadOptions) -> None:
        self._vad = vad
        self._options = options
        seconds = vad.frame / vad.rate
        self._max_frames = int(options.max_seconds / seconds)
        self._min_silence = options.min_silence / seconds
        self._padding = round(options.padding / seconds)
        self._min_speech = round(options.min_speech / seconds)
        self._frames = np.zeros((0, vad.frame), np.float32)
        self._probabilities = np.zeros(0, np.float32)
        self._first = 0  # index of the first buffered frame in the recording
        self._in_speech = False
        self._speech: list[bool] = []

    def feed(self, block: Samples) -> Iterator[SpeechWindow]:
        """Add whole frames; yield the windows that they complete."""
        probabilities = self._vad.probabilities(block)
        self._frames = np.concatenate([self._frames, block.reshape(-1, self._vad.frame)])
        self._probabilities = np.concatenate([self._probabilities, probabilities])
        for probability in probabilities:
            limit = self._options.offset if self._in_speech else self._options.onset
            self._in_speech = bool(probability >= limit)
            self._speech.append(self._in_speech)
        while (end := self._next_cut()) is not None:
            yield from self._emit(end)

    def finish(self) -> Iterator[SpeechWindow]:
        """Yield the rest at the end of the recording."""
        if any(self._speech):
            yield from self._emit(len(self._speech))

    @property
    def current(self) -> SpeechWindow | None:
        """The window being built, or None if it contains no speech yet."""
        return self._window(len(self._speech))

    def _next_cut(self) -> int | None:
        """Return how many buffered frames complete a window, or None if there are too few."""
        if True not in self._speech:
            self._drop(max(0, len(self._speech) - self._padding))
            return None
        self._drop(max(0, self._speech.index(True) - self._padding))
        silence = 0
        for n, speaking in enumerate(self._speech[: self._max_frames]):
            silence = 0 if speaking else silence + 1
            if silence >= self._min_silence and n > self._speech.index(True):
                return n + 1
        if len(self._speech) > self._max_frames:
            return self._best_cut()
        return None

    def _best_cut(self) -> int:
        """Return the middle of the longest pause in the second half of the window.

        Without a pause, return the frame with the lowest speech probability.
        """
        low, high = self._max_frames // 2, self._max_frames
        best, length, run = 0, 0, 0
        for n in range(low, high):
            run = 0 if self._speech[n] else run + 1
            if run > length:
                best, length = n - run // 2, run
        return best if length else low + int(np.argmin(self._probabilities[low:high]))

    def _emit(self, end: int) -> Iterator[SpeechWindow]:
        """Yield the first `end` frames as a window if they contain enough speech, and drop them."""
        if window := self._window(end):
            yield window
        self._drop(end)

    def _window(self, end: int) -> SpeechWindow | None:
        """Return the first `end` frames without trailing silence; None without enough speech."""
        spoken = np.flatnonzero(self._speech[:end])
        if len(spoken) < max(1, self._min_speech):
            return None
        last = min(end, int(spoken[-1]) + 1 + self._padding)
        return SpeechWindow(
            start=self._first * self._vad.frame / self._vad.rate,
            samples=self._frames[:last].reshape(-1),
            rate=self._vad.rate,
            speech=true_runs(self._speech[:last]) * self._vad.frame / self._vad.rate,
            speech_probability=float(self._probabilities[:last].max()),
        )

    def _drop(self, count: int) -> None:
        """Drop the first buffered frames."""
        if count:
            self._first += count
            self._frames = self._frames[count:]
            self._probabilities = self._probabilities[count:]
            del self._speech[:count]


def total_seconds(spans: NDArray[np.float64]) -> float:
    """Return the total duration of spans of shape (spans, 2)."""
    return float(np.sum(spans[:, 1] - spans[:, 0]))


def intersect_spans(spans: NDArray[np.float64], start: float, end: float) -> NDArray[np.float64]:
    """Return the parts of spans that lie between two times; shape (parts, 2)."""
    inside = np.clip(spans, start, end)
    return inside[inside[:, 1] > inside[:, 0]]
