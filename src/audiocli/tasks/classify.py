"""What is heard, and when: from recordings to classifications, many at once.

A thread decodes ahead and cuts the sound into windows; batches take windows of all
recordings. Of each window only its likeliest labels are kept, and those only where
they are asked for, so memory does not grow with a recording.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiocli.errors import AudioCliError, UsageError
from audiocli.models.sounds import Classifier
from audiocli.results import Classification, LabelledWindow, ModelInfo
from audiocli.tasks.events import Done, Failed, Progress, Recording, ignore
from audiocli.tasks.pool import Pool
from audiocli.tasks.sliding import Window, sliding_windows
from audiocli.tasks.sound_events import EventFinder
from audiocli.tasks.sound_options import Options

Scores = NDArray[np.float32]

BLOCK = 5.0  # seconds decoded at a time


@dataclass(frozen=True, eq=False)
class Piece:
    """A window of a recording; or its end, without a window, with an error if it broke.

    Attributes
    ----------
    number : of the window; of the end, how many windows there were
    start, end : on the time axis of the source, in seconds
    """

    recording: Recording
    number: int
    window: Window | None = None
    start: float = 0.0
    end: float = 0.0
    error: AudioCliError | None = None

    @property
    def seconds(self) -> float:
        """Length of its window."""
        return self.end - self.start if self.window else 0.0


@dataclass(frozen=True, kw_only=True)
class SoundClassifier:
    """A classifier with its options, ready for any number of recordings.

    Attributes
    ----------
    task : what the labels tell, for the results
    among : labels that answer the question; empty takes all the model has

    Raises
    ------
    UsageError : `labels_like` matches no label, or makes no sense
    """

    classifier: Classifier
    model: ModelInfo
    options: Options = field(default_factory=Options)
    task: str = "events"
    among: tuple[str, ...] = ()

    @cached_property
    def chosen(self) -> NDArray[np.int_]:
        """Indices of the labels that are heard."""
        pattern = _pattern(self.options.labels_like or "")
        able = self.among or self.classifier.labels
        places = {label: index for index, label in enumerate(self.classifier.labels)}
        found = [places[label] for label in able if pattern.search(label)]
        if not found:
            raise UsageError(
                f"no label of {self.model.name} is like {self.options.labels_like!r}",
                f"it has {len(able)} labels, such as {', '.join(able[:5])}",
            )
        return np.array(found)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The labels that are heard."""
        return tuple(self.classifier.labels[i] for i in self.chosen)

    def run(
        self, recordings: Iterable[Recording], on_progress: Progress = ignore
    ) -> Iterator[Done[Classification] | Failed]:
        """Classify recordings, in the order in which they become whole.

        Parameters
        ----------
        on_progress : told the seconds of sound finished, over all recordings
        """
        ledgers: dict[int, _Ledger] = {}
        finished = 0.0
        pool: Pool[Piece, Scores] = Pool(
            work=self._scores,
            workers=self.classifier.workers,
            batch_seconds=self.classifier.batch_seconds,
        )
        with closing(pool.run(self._pieces(recordings))) as outcomes:
            for piece, scores in outcomes:
                ledger = ledgers.setdefault(id(piece.recording), _Ledger(self))
                ledger.enter(piece, scores)
                if ledger.end:
                    del ledgers[id(piece.recording)]
                    yield self._outcome(ledger, ledger.end)
                if piece.window:
                    finished += piece.window.fresh / self.classifier.rate
                    on_progress(finished)

    def _pieces(self, recordings: Iterable[Recording]) -> Iterator[Piece]:
        """Decode and cut the recordings one after another."""
        for recording in recordings:
            count = 0
            try:
                for piece in self._cut(recording):
                    yield piece
                    count += 1
            except AudioCliError as error:
                yield Piece(recording, count, error=error)

    def _cut(self, recording: Recording) -> Iterator[Piece]:
        rate = self.classifier.rate
        size = round((self.options.window or self.classifier.window) * rate)
        hop = round(self.hop * rate)
        count = length = 0
        with recording.open(rate) as stream:

            def mono() -> Iterator[Any]:
                nonlocal length
                for block in stream.blocks(BLOCK):
                    length += block.shape[1]
                    yield block[0]

            for window in sliding_windows(mono(), size, hop):
                start = stream.offset + window.start / rate
                end = start + len(window.samples) / rate
                yield Piece(recording, count, window, start, end)
                count += 1
            yield Piece(recording, count, None, stream.offset, stream.offset + length / rate)

    @property
    def hop(self) -> float:
        """Seconds between windows: the model's own, unless either length is given."""
        return self.options.hop or self.options.window or self.classifier.hop

    def _scores(self, pieces: Sequence[Piece]) -> list[Scores]:
        windows = [piece.window.samples for piece in pieces if piece.window]
        return list(self.classifier.scores(windows)[:, self.chosen])

    def _outcome(self, ledger: _Ledger, end: Piece) -> Done[Classification] | Failed:
        if end.error:
            return Failed(end.recording.key, end.error)
        finder = ledger.finder
        return Done(
            end.recording.key,
            Classification(
                source=end.recording.name,
                duration=end.end - end.start,
                model=self.model,
                parameters=asdict(self.options),
                task=self.task,
                start=end.start,
                multi_label=self.classifier.multi_label,
                labels=self.options.ranked(self.labels, ledger.pooled),
                windows=tuple(ledger.windows) if self.options.windows else None,
                events=finder.finish(end.end) if finder else None,
            ),
        )


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise UsageError(f"{text!r} is no regular expression: {error}") from error


class _Ledger:
    """What is known of one recording so far."""

    def __init__(self, task: SoundClassifier) -> None:
        self._task = task
        rule = task.options.events
        self.finder = EventFinder(task.labels, rule) if rule else None
        self.windows: list[LabelledWindow] = []
        self._total = np.zeros(len(task.labels))
        self._weight = 0
        self._highest = np.zeros(len(task.labels), np.float32)
        self._ahead: dict[int, tuple[Piece, Scores]] = {}  # windows done before their turn
        self._written = 0
        self._end: Piece | None = None

    def enter(self, piece: Piece, scores: Scores | None) -> None:
        """Enter a piece; windows are written in their order."""
        if scores is None:
            self._end = piece
            return
        self._ahead[piece.number] = piece, scores
        while self._written in self._ahead:
            self._write(*self._ahead.pop(self._written))
            self._written += 1

    @property
    def end(self) -> Piece | None:
        """The end of the recording, once all before it is written."""
        if self._end and self._written == self._end.number:
            return self._end
        return None

    @property
    def pooled(self) -> Scores:
        """Scores of the whole recording."""
        if self._task.options.pooling == "max":
            return self._highest
        return (self._total / self._weight).astype(np.float32)

    def _write(self, piece: Piece, scores: Scores) -> None:
        assert piece.window is not None
        self._total += scores * float(piece.window.fresh)
        self._weight += piece.window.fresh
        self._highest = np.maximum(self._highest, scores)
        if self._task.options.windows:
            labels = self._task.options.ranked(self._task.labels, scores)
            self.windows.append(LabelledWindow(start=piece.start, end=piece.end, labels=labels))
        if self.finder:
            self.finder.feed(scores, piece.start, piece.end)
