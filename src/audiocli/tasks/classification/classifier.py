"""What is heard, and when: from recordings to classifications, many at once.

A thread decodes ahead and cuts the sound into windows; batches take windows of all
recordings. Of each window only its likeliest labels are kept, and those only where
they are asked for, so memory does not grow with a recording.
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
    """A classifier with its options, ready for any number of recordings.

    Attributes
    ----------
    task : what the labels tell, for the results
    answer_labels : labels that answer the question; empty takes all the model has

    Raises
    ------
    UsageError : `labels_like` matches no label, or makes no sense
    """

    classifier: Classifier
    model: ModelInfo
    options: ClassificationOptions = field(default_factory=ClassificationOptions)
    task: str = "events"
    answer_labels: tuple[str, ...] = ()

    @cached_property
    def label_indices(self) -> NDArray[np.int_]:
        """Indices of the labels that are heard."""
        pattern = _pattern(self.options.labels_like or "")
        able = self.answer_labels or self.classifier.labels
        places = {label: index for index, label in enumerate(self.classifier.labels)}
        found = [places[label] for label in able if pattern.search(label)]
        if not found:
            raise UsageError(
                f"no label of {self.model.name} is like {self.options.labels_like!r}",
                f"it has {len(able)} labels, such as {'; '.join(able[:5])}",
            )
        return np.array(found)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """The labels that are heard."""
        return tuple(self.classifier.labels[i] for i in self.label_indices)

    def run(
        self, recordings: Iterable[Recording], on_progress: Progress = ignore_progress
    ) -> Iterator[Done[Classification] | Failed]:
        """Classify recordings, in the order in which they become whole.

        Parameters
        ----------
        on_progress : told the seconds of sound finished, over all recordings
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
        """Seconds between windows: the model's own, unless either length is given."""
        return self.options.hop or self.options.window or self.classifier.hop

    def _scores(self, windows: Sequence[Samples]) -> list[Scores]:
        return list(self.classifier.scores(windows)[:, self.label_indices])

    def _outcome(
        self, accumulator: _ClassificationAccumulator, end: WindowItem
    ) -> Done[Classification] | Failed:
        if end.error:
            return Failed(end.recording.key, end.error)
        finder = accumulator.finder
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
                events=finder.finish(end.end) if finder else None,
            ),
        )


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text, re.IGNORECASE)
    except re.error as error:
        raise UsageError(f"{text!r} is no regular expression: {error}") from error


class _ClassificationAccumulator(WindowAccumulator[Scores]):
    """What is known of one recording so far."""

    def __init__(self, task: SoundClassifier) -> None:
        super().__init__()
        self._task = task
        rule = task.options.events
        self.finder = EventDetector(task.labels, rule) if rule else None
        self.windows: list[LabelledWindow] = []
        self._total = np.zeros(len(task.labels))
        self._weight = 0
        self._highest = np.zeros(len(task.labels), np.float32)

    @property
    def pooled(self) -> Scores:
        """Scores of the whole recording."""
        if self._task.options.pooling == "max":
            return self._highest
        return (self._total / self._weight).astype(np.float32)

    def accumulate(self, item: WindowItem, scores: Scores) -> None:
        """Take the scores of the next window."""
        assert item.window is not None
        self._total += scores * float(item.window.fresh)
        self._weight += item.window.fresh
        self._highest = np.maximum(self._highest, scores)
        if self._task.options.windows:
            labels = self._task.options.ranked(self._task.labels, scores)
            self.windows.append(LabelledWindow(start=item.start, end=item.end, labels=labels))
        if self.finder:
            self.finder.feed(scores, item.start, item.end)
