"""Accuracy, F1, unweighted average recall and mean average precision of labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from audiocli.results import Classification, Result
from audiocli.tasks.evaluation.reference import Reference
from audiocli.tasks.evaluation.statistics import Metric, divided, mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

LabelMap = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class LabelTally:
    """The labels of one recording.

    Attributes
    ----------
    true : labels of the reference
    predicted : the label with the highest score
    scores : score of each label
    """

    true: tuple[str, ...]
    predicted: str
    scores: Mapping[str, float]


@dataclass(frozen=True)
class LabelScorer:
    """Scores the labels of whole recordings.

    Attributes
    ----------
    label_map : labels of the model that stand for each reference label, whose score is the
        maximum of theirs; without a map, labels are equal if they differ only in case,
        underscores and spaces
    """

    label_map: LabelMap = field(default_factory=dict)
    of_recording: ClassVar[tuple[str, ...]] = ("accuracy",)

    def tally(self, reference: Reference, result: Result) -> LabelTally:
        """Collect the labels of a recording."""
        assert isinstance(result, Classification)
        scores = {label.label: label.score or 0.0 for label in result.labels}
        true = reference.labels
        if self.label_map:
            scores = {
                label: max((scores.get(one, 0.0) for one in named), default=0.0)
                for label, named in self.label_map.items()
            }
        else:
            scores = {_folded(label): score for label, score in scores.items()}
            true = tuple(map(_folded, true))
        predicted = max(scores, key=lambda label: scores[label], default="")
        return LabelTally(true, predicted, scores)

    def metrics(self, tallies: Sequence[LabelTally]) -> list[Metric]:
        """Return accuracy, macro F1, UAR and mAP; only mAP if a recording has several labels."""
        labels = sorted({label for tally in tallies for label in tally.true})
        true = np.array([[label in t.true for label in labels] for t in tallies], float)
        scores = np.array([[t.scores.get(label, 0.0) for label in labels] for t in tallies])
        precision = Metric("map", "ratio", MeanAveragePrecision(true, scores))
        if any(len(tally.true) != 1 for tally in tallies):
            return [precision]
        found = np.array([[t.predicted == label for label in labels] for t in tallies], float)
        return [
            mean("accuracy", (true * found).sum(axis=1).tolist()),
            Metric("f1", "ratio", MacroF1(true, found)),
            Metric("uar", "ratio", AverageRecall(true, found)),
            precision,
        ]


def unknown_labels(tallies: Sequence[LabelTally]) -> list[str]:
    """Return the reference labels that no result has."""
    known = {label for tally in tallies for label in tally.scores}
    return sorted({label for tally in tallies for label in tally.true} - known)


def _folded(label: str) -> str:
    return " ".join(label.replace("_", " ").casefold().split())


@dataclass(frozen=True)
class _OfLabels:
    """A statistic of arrays of shape (recordings, labels).

    Attributes
    ----------
    true : 1 where a recording has a label
    found : 1 where a label is predicted, or its score
    """

    true: NDArray[Any]
    found: NDArray[Any]


class MacroF1(_OfLabels):
    """Mean F1 of the labels that are in the resample or predicted there."""

    def __call__(self, weights: NDArray[Any]) -> NDArray[Any]:
        """Return the values of resamples."""
        hits = weights @ (self.true * self.found)
        both = weights @ (self.true + self.found)
        return _mean_of_known(divided(2 * hits, both))


class AverageRecall(_OfLabels):
    """Unweighted average recall of the labels in the resample."""

    def __call__(self, weights: NDArray[Any]) -> NDArray[Any]:
        """Return the values of resamples."""
        return _mean_of_known(divided(weights @ (self.true * self.found), weights @ self.true))


class MeanAveragePrecision(_OfLabels):
    """Mean over labels of the average precision, as scikit-learn defines it.

    Average precision is the sum over score thresholds of the precision times the increase of
    the recall. scikit-learn's function takes one resample at a time, which takes minutes.
    """

    def __call__(self, weights: NDArray[Any]) -> NDArray[Any]:
        """Return the values of resamples."""
        columns = zip(self.true.T, self.found.T, strict=True)
        return _mean_of_known(
            np.stack([average_precision(true, scores, weights) for true, scores in columns], axis=1)
        )


def average_precision(
    true: NDArray[Any], scores: NDArray[Any], weights: NDArray[Any]
) -> NDArray[Any]:
    """Return the average precision of a label for weights of shape (resamples, recordings)."""
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True))  # of equal scores
    drawn = weights[:, order]
    hits = np.cumsum(drawn * true[order], axis=1)[:, ends]
    precision = divided(hits, np.cumsum(drawn, axis=1)[:, ends])
    increases = np.diff(hits, axis=1, prepend=0)
    return divided(np.nansum(precision * increases, axis=1), hits[:, -1])


def _mean_of_known(values: NDArray[Any]) -> NDArray[Any]:
    """Return the mean over the last axis without NaN; NaN if there are no others."""
    return divided(np.nansum(values, axis=-1), (~np.isnan(values)).sum(axis=-1))
