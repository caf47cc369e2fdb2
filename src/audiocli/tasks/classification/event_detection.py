"""Detect sound events in the scores of consecutive windows.

An event starts when the score of a label reaches the onset threshold and ends when it
falls below the offset threshold (hysteresis thresholding, Mesaros et al. 2021, "Sound
Event Detection: A Tutorial"). Only active labels and finished events are kept in memory.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiocli.results import SoundEvent

Scores = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class EventDetectionOptions:
    """Options of sound event detection.

    Attributes
    ----------
    onset, offset : score thresholds at which an event starts and ends
    smooth : number of windows in the moving average of the scores, an odd number
    min_duration : shorter events are dropped, in seconds
    max_gap : events of a label that are this close are merged, in seconds
    """

    onset: float
    offset: float
    smooth: int = 1
    min_duration: float = 0.0
    max_gap: float = 0.0

    @classmethod
    def with_defaults(
        cls, default_onset: float, *, onset: float | None, offset: float | None, **options: Any
    ) -> EventDetectionOptions:
        """Return options with thresholds that may be None.

        `onset` is then `default_onset`, and `offset` half of the onset, which it never exceeds.
        """
        start = default_onset if onset is None else onset
        end = start / 2 if offset is None else min(offset, start)
        return cls(onset=start, offset=end, **options)


class _WindowScores(NamedTuple):
    """The scores of a window, and its start and end in seconds."""

    scores: Scores
    start: float
    end: float

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


class EventDetector:
    """Detect the events of one recording, window by window.

    Windows may overlap: each one represents the time that is closer to its middle than to
    the middle of any other window.
    """

    def __init__(self, labels: Sequence[str], options: EventDetectionOptions) -> None:
        self._labels = labels
        self._options = options
        self._smoother = _MovingAverage(options.smooth)
        self._active = np.zeros(len(labels), bool)
        self._since = np.zeros(len(labels))
        self._peak = np.zeros(len(labels), np.float32)
        self._middle: float | None = None  # of the previous window
        self._events: dict[int, list[SoundEvent]] = {}

    def feed(self, scores: Scores, start: float, end: float) -> None:
        """Add the scores of the next window, shape (labels,), with its times in seconds."""
        for window in self._smoother.feed(_WindowScores(scores, start, end)):
            self._step(window)

    def finish(self, end: float) -> tuple[SoundEvent, ...]:
        """Return the events in order of time; the recording ends at `end` seconds."""
        for window in self._smoother.rest():
            self._step(window)
        self._close(self._active, end)
        events = (event for of_label in self._events.values() for event in of_label)
        kept = (e for e in events if e.end - e.start >= self._options.min_duration)
        return tuple(sorted(kept, key=lambda e: (e.start, e.end, e.label)))

    def _step(self, window: _WindowScores) -> None:
        now = window.start if self._middle is None else (self._middle + window.middle) / 2
        limits = np.where(self._active, self._options.offset, self._options.onset)
        active = window.scores >= limits
        self._close(self._active & ~active, now)
        begun = active & ~self._active
        self._since[begun] = now
        self._peak[begun] = 0.0
        self._peak[active] = np.maximum(self._peak, window.scores)[active]
        self._active, self._middle = active, window.middle

    def _close(self, ended: NDArray[np.bool_], now: float) -> None:
        for index in map(int, np.flatnonzero(ended)):
            before = self._events.setdefault(index, [])
            start, peak = float(self._since[index]), float(self._peak[index])
            if before and start - before[-1].end <= self._options.max_gap:
                start, peak = before[-1].start, max(before[-1].score, peak)
                before.pop()
            label = self._labels[index]
            before.append(SoundEvent(start=start, end=now, label=label, score=peak))


class _MovingAverage:
    """A centered moving average over windows."""

    def __init__(self, width: int) -> None:
        self._reach = width // 2
        self._rows: deque[_WindowScores] = deque(maxlen=2 * self._reach + 1)
        self._next = 0  # index in `_rows` of the next window to return

    def feed(self, window: _WindowScores) -> Iterator[_WindowScores]:
        """Add a window; yield the window whose last neighbour it is."""
        full = len(self._rows) == self._rows.maxlen
        self._rows.append(window)
        self._next -= full
        if len(self._rows) > self._next + self._reach:
            yield self._pop_average()

    def rest(self) -> Iterator[_WindowScores]:
        """Yield the remaining windows at the end."""
        while self._next < len(self._rows):
            yield self._pop_average()

    def _pop_average(self) -> _WindowScores:
        near = list(self._rows)[max(0, self._next - self._reach) : self._next + self._reach + 1]
        window = self._rows[self._next]
        self._next += 1
        return window._replace(scores=np.mean([r.scores for r in near], axis=0))
