"""From the scores of windows to events: which label holds from when to when.

A label sets in where its score reaches the onset threshold and holds until it
falls below the offset threshold (hysteresis, as in Mesaros et al. 2021, "Sound
Event Detection: A Tutorial"). Nothing is kept but the labels that hold and the
events found, so a recording may be of any length.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audiocli.results import SoundEvent

Scores = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class EventDetectionOptions:
    """What makes an event.

    Attributes
    ----------
    onset, offset : an event begins at or above the one score, ends below the other
    smooth : windows that scores are averaged over, an odd number
    min_duration : shorter events are left out, in seconds
    max_gap : events of a label this near to each other are one, in seconds
    """

    onset: float
    offset: float
    smooth: int = 1
    min_duration: float = 0.0
    max_gap: float = 0.0


class _WindowScores(NamedTuple):
    """The scores of a window, and its times in seconds."""

    scores: Scores
    start: float
    end: float

    @property
    def middle(self) -> float:
        return (self.start + self.end) / 2


class EventDetector:
    """Finds the events of one recording as its windows come.

    Windows overlap, so each stands for the time nearer to its middle than to the
    middle of any other.
    """

    def __init__(self, labels: Sequence[str], rule: EventDetectionOptions) -> None:
        self._labels = labels
        self._rule = rule
        self._smoother = _MovingAverage(rule.smooth)
        self._holds = np.zeros(len(labels), bool)
        self._since = np.zeros(len(labels))
        self._peak = np.zeros(len(labels), np.float32)
        self._middle: float | None = None  # of the window before
        self._found: dict[int, list[SoundEvent]] = {}

    def feed(self, scores: Scores, start: float, end: float) -> None:
        """Take the scores of the next window, shape (labels,), and its times in seconds."""
        for row in self._smoother.feed(_WindowScores(scores, start, end)):
            self._step(row)

    def finish(self, end: float) -> tuple[SoundEvent, ...]:
        """Give the events, in order of time; `end` is where the recording ends, in seconds."""
        for row in self._smoother.rest():
            self._step(row)
        self._close(self._holds, end)
        events = (event for of_label in self._found.values() for event in of_label)
        kept = (e for e in events if e.end - e.start >= self._rule.min_duration)
        return tuple(sorted(kept, key=lambda e: (e.start, e.end, e.label)))

    def _step(self, row: _WindowScores) -> None:
        now = row.start if self._middle is None else (self._middle + row.middle) / 2
        limits = np.where(self._holds, self._rule.offset, self._rule.onset)
        holds = row.scores >= limits
        self._close(self._holds & ~holds, now)
        begun = holds & ~self._holds
        self._since[begun] = now
        self._peak[begun] = 0.0
        self._peak[holds] = np.maximum(self._peak, row.scores)[holds]
        self._holds, self._middle = holds, row.middle

    def _close(self, ended: NDArray[np.bool_], now: float) -> None:
        for index in map(int, np.flatnonzero(ended)):
            before = self._found.setdefault(index, [])
            start, peak = float(self._since[index]), float(self._peak[index])
            if before and start - before[-1].end <= self._rule.max_gap:
                start, peak = before[-1].start, max(before[-1].score, peak)
                before.pop()
            label = self._labels[index]
            before.append(SoundEvent(start=start, end=now, label=label, score=peak))


class _MovingAverage:
    """Averages each row with its neighbours, and gives it once they are known."""

    def __init__(self, width: int) -> None:
        self._reach = width // 2
        self._rows: deque[_WindowScores] = deque(maxlen=2 * self._reach + 1)
        self._next = 0  # place of the next row to be given, in `_rows`

    def feed(self, row: _WindowScores) -> Iterator[_WindowScores]:
        """Take a row; give the one whose last neighbour it is."""
        full = len(self._rows) == self._rows.maxlen
        self._rows.append(row)
        self._next -= full
        if len(self._rows) > self._next + self._reach:
            yield self._give()

    def rest(self) -> Iterator[_WindowScores]:
        """Give the rows that have no more neighbours to come."""
        while self._next < len(self._rows):
            yield self._give()

    def _give(self) -> _WindowScores:
        near = list(self._rows)[max(0, self._next - self._reach) : self._next + self._reach + 1]
        row = self._rows[self._next]
        self._next += 1
        return row._replace(scores=np.mean([r.scores for r in near], axis=0))
