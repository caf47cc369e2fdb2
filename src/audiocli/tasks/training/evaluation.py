"""Cross-validation, calibration and metrics of classification heads."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from audiocli.results import Evaluation, LabelScore
from audiocli.tasks.training.clips import LabelledClips
from audiocli.tasks.training.fitting import HeadOptions, fit_head, split_folds

Probabilities = NDArray[np.float64]

_BINS = 10
_LOWEST = 1e-6  # lower limit of probabilities in logarithms


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """Predictions for each clip by a head that was not trained on its group.

    Attributes
    ----------
    folds : number of folds
    logits : of windows, shape (windows, labels)
    """

    folds: int
    logits: NDArray[np.float32]


def cross_validate(
    clips: LabelledClips, options: HeadOptions, count: int
) -> CrossValidation | None:
    """Predict each fold with a head trained on the others; None without at least two folds."""
    folds = split_folds(clips, count, options.seed)
    if not folds:
        return None
    logits = np.zeros((len(clips.vectors), len(clips.names)), np.float32)
    for train, test in folds:
        head = fit_head(clips.select(train), options)
        windows = np.isin(clips.clip_indices, test)
        logits[windows] = head.logits(clips.vectors[windows])
    return CrossValidation(len(folds), logits)


def best_temperature(clips: LabelledClips, logits: NDArray[np.float32]) -> float:
    """Find the temperature (Guo et al. 2017) with the lowest loss on the folds.

    The target probability of the true label is (n + 1) / (n + 2) for n clips instead of 1
    (Platt 1999), which avoids overconfidence if all of a few clips are predicted correctly.
    """
    rest = 1 / (len(clips) + 2)
    targets = np.full((len(clips), len(clips.names)), rest / max(1, len(clips.names) - 1))
    targets[np.arange(len(clips)), clips.labels] = 1 - rest

    def loss(log_temperature: float) -> float:
        probabilities = clips.probabilities(logits, float(np.exp(log_temperature)))
        return float(-(targets * np.log(np.maximum(probabilities, _LOWEST))).sum())

    return float(np.exp(_lowest(loss, np.log(0.02), np.log(50.0))))


def evaluate(
    clips: LabelledClips, probabilities: Probabilities, uncalibrated: Probabilities
) -> Evaluation:
    """Compute the metrics of predicted probabilities, shape (clips, labels)."""
    answers = probabilities.argmax(axis=1)
    confusion = np.zeros((len(clips.names),) * 2, int)
    np.add.at(confusion, (clips.labels, answers), 1)
    right = answers == clips.labels
    low, high = wilson(right.mean(), len(np.unique(clips.groups)))
    scores = tuple(_label_score(clips, confusion, index) for index in range(len(clips.names)))
    present = [score for score in scores if score.clips]
    return Evaluation(
        clips=len(clips),
        accuracy=float(right.mean()),
        accuracy_low=low,
        accuracy_high=high,
        baseline_accuracy=float(confusion.sum(axis=1).max() / len(clips)),
        balanced_accuracy=float(np.mean([score.recall for score in present])),
        macro_f1=float(np.mean([score.f1 for score in present])),
        log_loss=_log_loss(clips, probabilities),
        log_loss_uncalibrated=_log_loss(clips, uncalibrated),
        calibration_error=_calibration_error(probabilities.max(axis=1), right),
        labels=scores,
        confusion=tuple(tuple(map(int, row)) for row in confusion),
    )


def wilson(share: float, count: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the Wilson (1927) confidence interval of a proportion of independent trials."""
    z = NormalDist().inv_cdf((1 + confidence) / 2)
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    spread = (share * (1 - share) / count + z**2 / (4 * count**2)) ** 0.5
    half = z * spread / (1 + z**2 / count)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def _label_score(clips: LabelledClips, confusion: NDArray[np.int_], index: int) -> LabelScore:
    hits = int(confusion[index, index])
    true, called = int(confusion[index].sum()), int(confusion[:, index].sum())
    recall = hits / true if true else 0.0
    groups = len(np.unique(clips.groups[clips.labels == index]))
    low, high = wilson(recall, groups) if true else (0.0, 1.0)
    return LabelScore(
        label=clips.names[index],
        clips=true,
        precision=hits / called if called else None,
        recall=recall,
        recall_low=low,
        recall_high=high,
        f1=2 * hits / (true + called) if true + called else 0.0,
    )


def _log_loss(clips: LabelledClips, probabilities: Probabilities) -> float:
    right = probabilities[np.arange(len(clips)), clips.labels]
    return round(float(-np.log(np.maximum(right, _LOWEST)).mean()), 4)


def _calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the expected calibration error: the weighted mean difference over bins."""
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = [
        abs(confidence[bins == n].mean() - right[bins == n].mean()) * (bins == n).mean()
        for n in np.unique(bins)
    ]
    return float(sum(gaps))


def _lowest(function, low: float, high: float, steps: int = 40) -> float:  # type: ignore[no-untyped-def]
    """Return the minimum of a unimodal function by golden-section search."""
    ratio = (5**0.5 - 1) / 2
    left, right = high - ratio * (high - low), low + ratio * (high - low)
    at_left, at_right = function(left), function(right)
    for _ in range(steps):
        if at_left < at_right:
            high, right, at_right = right, left, at_left
            left = high - ratio * (high - low)
            at_left = function(left)
        else:
            low, left, at_left = left, right, at_right
            right = low + ratio * (high - low)
            at_right = function(right)
    return (low + high) / 2
