"""Report of the training of a classifier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from audiocli.results.base import Probability, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScore:
    """Scores of one label.

    Attributes
    ----------
    clips : number of clips with the label
    precision : share of the clips predicted as the label that have it; null without any
    recall : share of the clips with the label that are predicted as it
    recall_low, recall_high : 95 % confidence interval of the recall
    f1 : harmonic mean of precision and recall
    """

    label: str
    clips: int
    precision: Probability | None
    recall: Probability
    recall_low: Probability
    recall_high: Probability
    f1: Probability


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Scores of a classifier on clips that were held out of training.

    Attributes
    ----------
    clips : number of clips
    accuracy : share of the clips with the correct prediction
    accuracy_low, accuracy_high : 95 % confidence interval of the accuracy (Wilson), in which
        the clips of one group count as one
    baseline_accuracy : accuracy of always predicting the most frequent label
    balanced_accuracy : unweighted mean of the recalls of the labels
    macro_f1 : mean of the F1 of the labels
    log_loss : mean negative logarithm of the probability of the true label
    log_loss_uncalibrated : log loss before temperature scaling
    calibration_error : expected calibration error with ten bins
    labels : scores of the labels in the order of the confusion matrix
    confusion : confusion matrix: counts with true labels as rows, predictions as columns
    """

    clips: int
    accuracy: Probability
    accuracy_low: Probability
    accuracy_high: Probability
    baseline_accuracy: Probability
    balanced_accuracy: Probability
    macro_f1: Probability
    log_loss: float
    log_loss_uncalibrated: float
    calibration_error: Probability
    labels: tuple[LabelScore, ...]
    confusion: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, kw_only=True)
class Training(Result):
    """Report of the training of a classifier.

    Attributes
    ----------
    source : folder of the new model
    duration : total duration of the clips, in seconds
    model : the encoder
    labels : labels of the new model
    clips : number of training clips
    failed : number of clips that could not be read
    windows : number of windows of the clips
    groups : number of groups of clips, each of which stays in one fold
    head : logistic, mlp, prototypes, adapter or full
    folds : number of folds of the cross-validation, 1 for a single held-out part; null with
        too few examples
    temperature : divisor of the logits that calibrates the scores on the folds
    validation : scores of cross-validation over all clips; null if not possible
    test : scores on separate test clips; null without any
    cautions : warnings about these scores
    losses : mean loss of each epoch of fine-tuning; null for a fitted head
    """

    kind: ClassVar[str] = "training"
    version: ClassVar[int] = 2

    labels: tuple[str, ...]
    clips: int
    failed: int
    windows: int
    groups: int
    head: str
    folds: int | None
    temperature: float
    validation: Evaluation | None
    test: Evaluation | None
    cautions: tuple[str, ...]
    losses: tuple[float, ...] | None = None
