"""What training on labels of one's own came to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from audiocli.results.base import Probability, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelScore:
    """How well one label is told.

    Attributes
    ----------
    clips : that have it
    precision : share of the clips called so that are so; null where none was
    recall : share of the clips that are so that were called so
    recall_low, recall_high : its 95 % confidence interval
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
    """How well labels are told of clips that were kept out of training.

    Attributes
    ----------
    clips : how many
    accuracy : share of them that got the right label
    accuracy_low, accuracy_high : its 95 % confidence interval (Wilson), in which the clips
        of one group count as one
    baseline_accuracy : accuracy of always predicting the most frequent label
    balanced_accuracy : mean of the recalls, each label counting the same
    macro_f1 : mean of the F1 of the labels
    log_loss : mean negative logarithm of the probability of the right label
    log_loss_uncalibrated : the same before the temperature
    calibration_error : expected, over ten bins of the highest probability
    labels : in the order of the confusion matrix
    confusion : counts, a row for each true label, a column for each answer
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
    """What training on labels of one's own came to.

    Attributes
    ----------
    source : the folder of the new model
    duration : of all clips, in seconds
    model : the encoder
    labels : what the new model tells apart
    clips : that were learned from
    failed : clips that could not be read
    windows : that the clips were cut into
    groups : sets of clips that stay on one side of a fold
    head : logistic, mlp, prototypes, adapter or full
    folds : of the cross-validation, 1 where one part was held out; null where there were
        too few examples
    temperature : by which the folds say that scores have to be divided
    validation : every clip, judged by a model that has not learned from its group; null
        where that cannot be
    test : clips that were given for that alone; null where none were
    cautions : what to keep in mind about these figures
    losses : mean of each epoch of fine-tuning; null where a head was fitted at once
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
