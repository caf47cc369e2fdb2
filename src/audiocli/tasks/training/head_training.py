"""From labelled clips to a head, and to what it is worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audiocli.errors import UsageError
from audiocli.models.common.linear_heads import ClassificationHead
from audiocli.results import Evaluation
from audiocli.tasks.training.clips import EmbeddedClip, LabelledClips
from audiocli.tasks.training.evaluation import best_temperature, cross_validate, evaluate
from audiocli.tasks.training.fitting import HeadKind, HeadOptions, fit_head

_MIN_EXAMPLES = 5  # examples of a label, below which its figures say little


@dataclass(frozen=True, eq=False)
class Example:
    """A clip that has been embedded.

    Attributes
    ----------
    group : as the user named it; None where nobody did
    """

    name: str
    clip: EmbeddedClip
    label: str
    group: str | None


@dataclass(frozen=True, eq=False)
class TrainingOutcome:
    """A head, and what is known of it.

    Attributes
    ----------
    folds : None where there was no cross-validation
    losses : mean of each epoch of fine-tuning
    layer_weights : how much each layer of the encoder counts, for an adapter
    """

    head: ClassificationHead
    kind: str
    clips: LabelledClips
    folds: int | None
    validation: Evaluation | None
    test: Evaluation | None
    warnings: tuple[str, ...]
    losses: tuple[float, ...] | None = None
    layer_weights: tuple[float, ...] | None = None


def default_head_kind(examples: Sequence[Example]) -> HeadKind:
    """The head for so many examples: with one of a label, nothing but nearness can be had."""
    labels = [example.label for example in examples]
    return "prototypes" if min(map(labels.count, set(labels))) < 2 else "logistic"


def train_head(
    examples: Sequence[Example], test: Sequence[Example], options: HeadOptions, folds: int
) -> TrainingOutcome:
    """Fit, cross-validate, calibrate, test.

    Raises
    ------
    UsageError : there are no two labels
    """
    names = label_names(examples)
    clips = labelled_clips(examples, names)
    warnings = evaluation_warnings(examples, clips)
    head = fit_head(clips, options)
    validation = cross_validate(clips, options, folds)
    judged = None
    if validation:
        head = head.calibrated(best_temperature(clips, validation.logits))
        plain = clips.probabilities(validation.logits, 1.0)
        scaled = clips.probabilities(validation.logits, head.temperature)
        judged = evaluate(clips, scaled, plain)
        if validation.folds < folds:
            warnings.append(few_folds_warning(validation.folds))
    else:
        warnings.append(
            "one example of each label: nothing can be said about how well they are told apart, "
            "and scores are not calibrated"
        )
    apart, left_out = unseen_examples(examples, test, names)
    return TrainingOutcome(
        head=head,
        kind=options.kind,
        clips=clips,
        folds=validation.folds if validation else None,
        validation=judged,
        test=evaluate_head(head, labelled_clips(apart, names)) if apart else None,
        warnings=(*warnings, *left_out),
    )


def label_names(examples: Sequence[Example]) -> tuple[str, ...]:
    """The labels, in order.

    Raises
    ------
    UsageError : there are no two
    """
    names = tuple(sorted({example.label for example in examples}))
    if len(names) < 2:
        what = f"there is only {names[0]!r}" if names else "there is none"
        raise UsageError(f"training needs two labels or more, and of those it can read {what}")
    return names


def evaluate_head(head: ClassificationHead, clips: LabelledClips) -> Evaluation:
    """Judge a head by clips that it has not learned from."""
    return evaluate(clips, clips.predict(head), clips.predict(head.calibrated(1.0)))


def labelled_clips(examples: Sequence[Example], names: tuple[str, ...]) -> LabelledClips:
    """Number the labels and the groups; a sound that occurs twice is one group with itself."""
    return LabelledClips(
        [example.clip for example in examples],
        names,
        np.array([names.index(example.label) for example in examples], int),
        _groups(examples),
    )


def _groups(examples: Sequence[Example]) -> NDArray[np.int_]:
    """Number the groups; those that have a sound in common are one."""
    numbers: dict[str, int] = {}
    found: list[int] = []
    for example in examples:
        keys = [f"sound {example.clip.sha256}"]
        if example.group is not None:
            keys.append(f"group {example.group}")
        known = {numbers[key] for key in keys if key in numbers}
        number = min(known, default=len(numbers))
        found = [number if old in known else old for old in found]
        numbers = {key: number if old in known else old for key, old in numbers.items()}
        numbers |= dict.fromkeys(keys, number)
        found.append(number)
    return np.unique(np.array(found, int), return_inverse=True)[1]


def evaluation_warnings(examples: Sequence[Example], clips: LabelledClips) -> list[str]:
    """What makes the figures say less than they seem to."""
    warnings = []
    if max(clips.groups_of_labels()) > 1 and all(example.group is None for example in examples):
        warnings.append(
            "no --group: if clips of one recording or speaker are on both sides of a fold, "
            "these figures flatter"
        )
    few = [
        name
        for name, groups in zip(clips.names, clips.groups_of_labels(), strict=True)
        if groups < _MIN_EXAMPLES
    ]
    if few:
        warnings.append(f"fewer than {_MIN_EXAMPLES} independent examples: {_listed(few)}")
    labels: dict[str, set[str]] = {}
    for example in examples:
        labels.setdefault(example.clip.sha256, set()).add(example.label)
    twice = [e.name for e in examples if len(labels[e.clip.sha256]) > 1]
    if twice:
        warnings.append(f"the same sound under different labels: {_listed(twice)}")
    return warnings


def few_folds_warning(folds: int) -> str:
    """Say why there are fewer folds than were asked for."""
    return f"only {folds} folds: no label has more independent examples"


def unseen_examples(
    examples: Sequence[Example], test: Sequence[Example], names: Sequence[str]
) -> tuple[list[Example], list[str]]:
    """Leave out test clips that have been learned from, or cannot be told."""
    sounds = {example.clip.sha256 for example in examples}
    groups = {example.group for example in examples} - {None}
    apart, warnings = [], []
    known = [e for e in test if e.clip.sha256 in sounds or e.group in groups]
    if known:
        warnings.append(f"test clips that training has too are left out: {len(known)}")
    strange = sorted({e.label for e in test} - set(names))
    if strange:
        warnings.append(f"test labels that training has not are left out: {_listed(strange)}")
    apart = [e for e in test if e not in known and e.label in names]
    return apart, warnings


def _listed(names: Sequence[str], most: int = 5) -> str:
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} more"
