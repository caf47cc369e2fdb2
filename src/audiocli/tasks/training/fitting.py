"""Fitting of light heads, by scikit-learn."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from audiocli.models.common.linear_heads import ClassificationHead
from audiocli.tasks.training.clips import Indices, LabelledClips

HeadKind = Literal["logistic", "mlp", "prototypes"]

_ABSENT_LOGIT = -30.0  # logit of a label of which there was no example
_SHARPNESS = 20.0  # logits for each unit of cosine, before any calibration
_HIDDEN = 128  # units of the MLP
_EPOCHS = 200  # at most
_PATIENCE = 10  # epochs without getting better


@dataclass(frozen=True)
class HeadOptions:
    """How a head is fitted.

    Attributes
    ----------
    balance : labels count the same, however many clips they have
    """

    kind: HeadKind
    balance: bool = True
    seed: int = 0


def fit_head(clips: LabelledClips, options: HeadOptions) -> ClassificationHead:
    """Fit a head, at temperature 1; a label without any example gets no chance."""
    present = np.unique(clips.labels)
    if len(present) == 1:  # a fold may hold no other label
        blind = np.zeros((1, clips.vectors.shape[1])), np.zeros(1)
        return _with_layers(_head_without_layers(clips, unit=False), [blind], present)
    return _FITTERS[options.kind](clips, options)


def window_weights(clips: LabelledClips, balance: bool) -> NDArray[np.float64]:
    """How much each window counts, 1 on average: clips count the same, or labels do."""
    counts = np.bincount(clips.labels, minlength=len(clips.names))
    of_clip = 1 / np.maximum(counts, 1)[clips.labels] if balance else np.ones(len(clips))
    weights: NDArray[np.float64] = clips.shares * of_clip[clips.clip_indices]
    return weights / float(weights.mean())


def _logistic(clips: LabelledClips, options: HeadOptions) -> ClassificationHead:
    """Multinomial logistic regression with an L2 penalty, on vectors of unit variance."""
    from sklearn.linear_model import LogisticRegression

    head = _head_without_layers(clips, unit=False)
    model = LogisticRegression(C=1.0, max_iter=1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is near enough where it stops
        model.fit(
            head.prepared(clips.vectors),
            clips.labels[clips.clip_indices],
            sample_weight=window_weights(clips, options.balance),
        )
    return _with_layers(head, [_two_outputs(model.coef_, model.intercept_)], model.classes_)


def _mlp(clips: LabelledClips, options: HeadOptions) -> ClassificationHead:
    """One hidden layer, for as many epochs as were best for groups of clips held out."""
    head = _head_without_layers(clips, unit=False)
    epochs = _EPOCHS // 5
    if parts := split_folds(clips, 6, options.seed):
        learned, kept = (clips.select(part) for part in parts[0])
        epochs = _best_epochs(learned, kept, head, options)
    *_, model = _epochs(clips, head, options, epochs)
    return _with_layers(head, _layers_of(model), np.arange(len(clips.names)))


def _best_epochs(
    learned: LabelledClips, kept: LabelledClips, head: ClassificationHead, options: HeadOptions
) -> int:
    """Epochs after which clips held out are told best."""
    best, lowest = 1, np.inf
    for epoch, model in enumerate(_epochs(learned, head, options, _EPOCHS), 1):
        probabilities = kept.pooled(model.predict_proba(head.prepared(kept.vectors)))
        right = probabilities[np.arange(len(kept)), kept.labels]
        loss = -np.log(np.maximum(right, 1e-9)).mean()
        if loss < lowest:
            best, lowest = epoch, loss
        elif epoch - best >= _PATIENCE:
            break
    return best


def _epochs(
    clips: LabelledClips, head: ClassificationHead, options: HeadOptions, epochs: int
) -> Iterator[Any]:
    """Train, and give the network after each epoch."""
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier((_HIDDEN,), alpha=1e-3, random_state=options.seed)
    inputs, labels = head.prepared(clips.vectors), clips.labels[clips.clip_indices]
    weights = window_weights(clips, options.balance)
    for _ in range(epochs):
        classes = np.arange(len(clips.names))
        model.partial_fit(inputs, labels, sample_weight=weights, classes=classes)
        yield model


def _layers_of(model: Any) -> list[tuple[Any, Any]]:
    layers = [(w.T, b) for w, b in zip(model.coefs_, model.intercepts_, strict=True)]
    return [*layers[:-1], _two_outputs(*layers[-1])]


def _prototypes(clips: LabelledClips, options: HeadOptions) -> ClassificationHead:  # noqa: ARG001
    """The mean direction of each label (Snell et al. 2017); nearness is the cosine."""
    head = _head_without_layers(clips, unit=True)
    inputs = head.prepared(clips.vectors)
    present = np.unique(clips.labels)
    labels = clips.labels[clips.clip_indices]
    means = [clips.shares[labels == n] @ inputs[labels == n] for n in present]
    unit = [mean / max(float(np.linalg.norm(mean)), 1e-9) for mean in means]
    return _with_layers(head, [(_SHARPNESS * np.stack(unit), np.zeros(len(unit)))], present)


_FITTERS: Mapping[HeadKind, Callable[[LabelledClips, HeadOptions], ClassificationHead]] = {
    "logistic": _logistic,
    "mlp": _mlp,
    "prototypes": _prototypes,
}


def split_folds(clips: LabelledClips, count: int, seed: int) -> list[tuple[Indices, Indices]]:
    """Divide clips into folds that keep groups whole and labels alike.

    Returns
    -------
    indices of what to learn from and of what to judge by, for each fold; there are fewer
    folds where no label has so many groups, and none where none has two
    """
    from sklearn.model_selection import StratifiedGroupKFold

    count = min(count, int(clips.groups_of_labels().max()))
    if count < 2:
        return []
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # labels with fewer groups than folds: we say so ourselves
        return list(splitter.split(clips.labels, clips.labels, clips.groups))


def _head_without_layers(clips: LabelledClips, *, unit: bool) -> ClassificationHead:
    """A head without layers: how it prepares vectors.

    One scale for all numbers of a vector: in few examples, the variance of each says little.
    """
    vectors = clips.vectors
    center = np.zeros(vectors.shape[1]) if unit else vectors.mean(axis=0)
    scale = 1.0 if unit else float(vectors.std()) or 1.0
    return ClassificationHead(
        labels=clips.names, center=center.astype(np.float32), scale=scale, unit=unit, layers=()
    )


def _two_outputs(weights: Any, biases: Any) -> tuple[Any, Any]:
    """Of the one output that tells two labels apart, make two."""
    if len(weights) > 1:
        return weights, biases
    return np.vstack([-weights, weights]) / 2, np.array([-biases[0], biases[0]]) / 2


def _with_layers(
    head: ClassificationHead, layers: Sequence[tuple[Any, Any]], present: Indices
) -> ClassificationHead:
    """Complete a head; the last layer has an output for each label that is present."""
    *hidden, (weights, biases) = layers
    all_weights = np.zeros((len(head.labels), weights.shape[1]))
    all_biases = np.full(len(head.labels), _ABSENT_LOGIT)
    all_weights[present], all_biases[present] = weights, biases
    whole = [*hidden, (all_weights, all_biases)]
    return replace(
        head, layers=tuple((w.astype(np.float32), b.astype(np.float32)) for w, b in whole)
    )
