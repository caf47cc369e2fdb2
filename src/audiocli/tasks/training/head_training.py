"""Train a classification head on embeddings of labelled clips, and evaluate it."""

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

_MIN_EXAMPLES = 5  # labels with fewer independent examples are reported


@dataclass(frozen=True, eq=False)
class Example:
    """An embedded clip with its label.

    Attributes
    ----------
    group : as given by the user; None without one
    """

    name: str
    clip: EmbeddedClip
    label: str
    group: str | None


@dataclass(frozen=True, eq=False)
class TrainingOutcome:
    """A trained head, with its evaluation.

    Attributes
    ----------
    folds : of the cross-validation; None without one
    warnings : limits of the evaluation
    losses : mean loss of each epoch of fine-tuning
    layer_weights : weight of each encoder layer, for an adapter
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
    """Return "prototypes" if a label has a single example or there are none, else "logistic"."""
    labels = [example.label for example in examples]
    return "prototypes" if min(map(labels.count, set(labels)), default=0) < 2 else "logistic"


def train_head(
    examples: Sequence[Example], test: Sequence[Example], options: HeadOptions, folds: int
) -> TrainingOutcome:
    """Train, cross-validate, calibrate and test a head.

    Raises
    ------
    UsageError : there are fewer than two labels
    """
    names = label_names(examples)
    clips = labelled_clips(examples, names)
    warnings = evaluation_warnings(examples, clips)
    head = fit_head(clips, options)
    validation = cross_validate(clips, options, folds)
    evaluation = None
    if validation:
        head = head.calibrated(best_temperature(clips, validation.logits))
        plain = clips.probabilities(validation.logits, 1.0)
        scaled = clips.probabilities(validation.logits, head.temperature)
        evaluation = evaluate(clips, scaled, plain)
        if validation.folds < folds:
            warnings.append(few_folds_warning(validation.folds))
    else:
        warnings.append(
            "one example of each label: the model was not evaluated, "
            "and its scores are not calibrated"
        )
    unseen, test_warnings = unseen_examples(examples, test, names)
    return TrainingOutcome(
        head=head,
        kind=options.kind,
        clips=clips,
        folds=validation.folds if validation else None,
        validation=evaluation,
        test=evaluate_head(head, labelled_clips(unseen, names)) if unseen else None,
        warnings=(*warnings, *test_warnings),
    )


def label_names(examples: Sequence[Example]) -> tuple[str, ...]:
    """Return the label names in alphabetical order.

    Raises
    ------
    UsageError : there are fewer than two
    """
    names = tuple(sorted({example.label for example in examples}))
    if len(names) < 2:
        what = f"the only one is {names[0]!r}" if names else "there is none"
        raise UsageError(f"training needs at least two labels with readable clips; {what}")
    return names


def evaluate_head(head: ClassificationHead, clips: LabelledClips) -> Evaluation:
    """Evaluate a head on clips that it was not trained on."""
    return evaluate(clips, clips.predict(head), clips.predict(head.calibrated(1.0)))


def labelled_clips(examples: Sequence[Example], names: tuple[str, ...]) -> LabelledClips:
    """Return the clips with numbered labels and groups; identical files share a group."""
    return LabelledClips(
        [example.clip for example in examples],
        names,
        np.array([names.index(example.label) for example in examples], int),
        _groups(examples),
    )


def _groups(examples: Sequence[Example]) -> NDArray[np.int_]:
    """Return the number of the group of each example; groups with identical files are merged."""
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
    """Return warnings about examples that limit the evaluation."""
    warnings = []
    if max(clips.groups_of_labels()) > 1 and all(example.group is None for example in examples):
        warnings.append(
            "no --group: if clips of one recording or speaker are on both sides of a fold, "
            "these figures are too optimistic"
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
        warnings.append(f"identical files with different labels: {_listed(twice)}")
    return warnings


def few_folds_warning(folds: int) -> str:
    """Return the warning that there are fewer folds than requested."""
    return f"only {folds} folds: no label has more independent examples"


def unseen_examples(
    examples: Sequence[Example], test: Sequence[Example], names: Sequence[str]
) -> tuple[list[Example], list[str]]:
    """Return the test examples that are not in the training data and have a known label.

    Returns
    -------
    the examples, and a warning for each reason to leave some out
    """
    sounds = {example.clip.sha256 for example in examples}
    groups = {example.group for example in examples} - {None}
    unseen, warnings = [], []
    known = [e for e in test if e.clip.sha256 in sounds or e.group in groups]
    if known:
        warnings.append(f"test clips ignored because they are also used for training: {len(known)}")
    unknown = sorted({e.label for e in test} - set(names))
    if unknown:
        warnings.append(
            f"test labels ignored because they are not used for training: {_listed(unknown)}"
        )
    unseen = [e for e in test if e not in known and e.label in names]
    return unseen, warnings


def _listed(names: Sequence[str], max_names: int = 5) -> str:
    shown = ", ".join(names[:max_names])
    return shown if len(names) <= max_names else f"{shown} and {len(names) - max_names} more"
