"""Classify many recordings with one model.

A thread decodes ahead and cuts the audio into windows; batches combine windows of all
recordings. Only pooled scores, requested window labels and events are kept in memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property, partial

import numpy as np
from numpy.typing import NDArray

from audiocli.errors import UsageError
from audiocli.models.protocols.classification import Classifier
from audiocli.results import Classification, LabelledWindow, ModelInfo
from audiocli.tasks.classification.event_detection import EventDetector
from audiocli.tasks.classification.options import ClassificationOptions
from audiocli.tasks.common.events import (
    Done,
    Failed,
    Progress,
    Recording,
    failed_on_error,
    ignore_progress,
)
from audiocli.tasks.common.sliding_windows import Samples
from audiocli.tasks.common.windowing import WindowAccumulator, Windowing, WindowItem, run_windows

Scores = NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class SoundClassifier:
    """Classify recordings with a model.

    Attributes
    ----------
    task : name of the task, for the results
    answer_labels : labels that belong to the task; empty takes all labels of the model

    Raises
    ------
    UsageError : `labels_like` matches no label or is not a regular expression
    """

    classifier: Classifier
    model: ModelInfo
    options: ClassificationOptions = field(default_factory=ClassificationOptions)
    task: str = "events"
    answer_labels: tuple[str, ...] = ()

    @cached_property
    def label_indices(self) -> NDArray[np.int_]:
        """The indices of the selected labels in the output of the model.

        Raises
        ------
        UsageError : no label matches
        """
        pattern = _pattern(self.options.labels_like or "")
        candidates = self.answer_labels or self.classifier.labels
        places = {label: index for index, label in enumerate(self.classifier.labels)}
        found = [places[label] for label in candidates if pattern.search(label)]
        if not found:
            raise UsageError(
                f"no label of {self.model.name} matches {self.options.labels_like!r}",
                f"it has {len(candidates)} labels, such as {'; '.join(candidates[:5])}",
            )
        return np.array(found)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The selected labels."""
        return tuple(self.classifier.labels[i] for i in self.label_indices)

    def run(
        self, recordings: Iterable[Recording], on_progress: Progress = ignore_progress
    ) -> Iterator[Done[Classification] | Failed]:
        """Classify recordings; yield results as they are finished.

        Parameters
        ----------
        on_progress : called with the finished seconds of audio of all recordings
        """
        windowing = Windowing(
            self.classifier.rate, self.options.window or self.classifier.window, self.hop
        )
        whole = run_windows(
            recordings,
            windowing,
            self.classifier,
            self._scores,
            lambda: _ClassificationAccumulator(self),
            on_progress,
        )
        for accumulator, end in whole:
            recording = end.recording
            yield failed_on_error(
                recording.key, recording.name, partial(self._outcome, accumulator, end)
            )

    @property
    def hop(self) -> float:
        """Seconds between windows; that of the model unless `window` or `hop` is given."""
        return self.options.hop or self.options.window or self.classifier.hop

    def _scores(self, windows: Sequence[Samples]) -> list[Scores]:
        return list(self.classifier.scores(windows)[:, self.label_indices])

    def _outcome(
        self, accumulator: _ClassificationAccumulator, end: WindowItem
    ) -> Done[Classification] | Failed:
        if end.error:
            return Failed(end.recording.key, end.error)
        detector = accumulator.detector
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
                labels=self.options.ranked(self.labels, accumulator.pooled),
                windows=tuple(accumulator.windows) if self.options.windows else None,
                events=detector.finish(end.end) if detector else None,
            ),
        )


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise UsageError(f"{text!r} is not a regular expression: {error}") from error


class _ClassificationAccumulator(WindowAccumulator[Scores]):
    """Accumulate the scores of one recording."""

    def __init__(self, task: SoundClassifier) -> None:
        super().__init__()
        self._task = task
        event_options = task.options.events
        self.detector = EventDetector(task.labels, event_options) if event_options else None
        self.windows: list[LabelledWindow] = []
        self._total = np.zeros(len(task.labels))
        self._weight = 0
        self._highest = np.zeros(len(task.labels), np.float32)

    @property
    def pooled(self) -> Scores:
        """Scores of the whole recording, shape (labels,)."""
        if self._task.options.pooling == "max":
            return self._highest
        return (self._total / self._weight).astype(np.float32)

    def accumulate(self, item: WindowItem, scores: Scores) -> None:
        """Add the scores of the next window, shape (labels,)."""
        assert item.window is not None
        self._total += scores * float(item.window.fresh)
        self._weight += item.window.fresh
        self._highest = np.maximum(self._highest, scores)
        if self._task.options.windows:
            labels = self._task.options.ranked(self._task.labels, scores)
            self.windows.append(LabelledWindow(start=item.start, end=item.end, labels=labels))
        if self.detector:
            self.detector.feed(scores, item.start, item.end)
