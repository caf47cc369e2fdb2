"""Train classification heads with scikit-learn."""

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

_ABSENT_LOGIT = -30.0  # logit of a label without examples
_SHARPNESS = 20.0  # logits per unit of cosine similarity, before calibration
_HIDDEN = 128  # hidden units of the MLP
_EPOCHS = 200  # maximum number
_PATIENCE = 10  # epochs without improvement before training stops


@dataclass(frozen=True)
class HeadOptions:
    """Options of a classification head.

    Attributes
    ----------
    balance : give all labels the same weight, regardless of their number of clips
    """

    kind: HeadKind
    balance: bool = True
    seed: int = 0


def fit_head(clips: LabelledClips, options: HeadOptions) -> ClassificationHead:
    """Train a head with temperature 1; labels without examples are never predicted."""
    present = np.unique(clips.labels)
    if len(present) == 1:  # possible in a fold
        blind = np.zeros((1, clips.vectors.shape[1])), np.zeros(1)
        return _with_layers(_head_without_layers(clips, unit=False), [blind], present)
    return _FITTERS[options.kind](clips, options)


def window_weights(clips: LabelledClips, balance: bool) -> NDArray[np.float64]:
    """Return the weight of each window, 1 on average.

    All clips have the same weight; with `balance`, all labels.
    """
    counts = np.bincount(clips.labels, minlength=len(clips.names))
    of_clip = 1 / np.maximum(counts, 1)[clips.labels] if balance else np.ones(len(clips))
    weights: NDArray[np.float64] = clips.shares * of_clip[clips.clip_indices]
    return weights / float(weights.mean())


def _logistic(clips: LabelledClips, options: HeadOptions) -> ClassificationHead:
    """Train a multinomial logistic regression with L2 penalty on vectors of unit variance."""
    from sklearn.linear_model import LogisticRegression

    head = _head_without_layers(clips, unit=False)
    model = LogisticRegression(C=1.0, max_iter=1000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # convergence warnings: the result is close enough
        model.fit(
            head.prepared(clips.vectors),
            clips.labels[clips.clip_indices],
            sample_weight=window_weights(clips, options.balance),
        )
    return _with_layers(head, [_two_outputs(model.coef_, model.intercept_)], model.classes_)


def _mlp(clips: LabelledClips, options: HeadOptions) -> ClassificationHead:
    """Train an MLP with one hidden layer; the number of epochs is chosen on a held-out fold."""
    head = _head_without_layers(clips, unit=False)
    epochs = _EPOCHS // 5
    if parts := split_folds(clips, 6, options.seed):
        train, kept = (clips.select(part) for part in parts[0])
        epochs = _best_epochs(train, kept, head, options)
    *_, model = _epochs(clips, head, options, epochs)
    return _with_layers(head, _layers_of(model), np.arange(len(clips.names)))


def _best_epochs(
    train: LabelledClips, kept: LabelledClips, head: ClassificationHead, options: HeadOptions
) -> int:
    """Return the number of epochs with the lowest loss on held-out clips."""
    best, lowest = 1, np.inf
    for epoch, model in enumerate(_epochs(train, head, options, _EPOCHS), 1):
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
    """Train an MLP and yield it after each epoch."""
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
    """Return the mean direction of each label (prototypes, Snell et al. 2017) as a head."""
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
    """Split clips into stratified folds that do not split groups.

    Returns
    -------
    indices of training and test clips for each fold; fewer folds if no label has that many
    groups, none if no label has two
    """
    from sklearn.model_selection import StratifiedGroupKFold

    count = min(count, int(clips.groups_of_labels().max()))
    if count < 2:
        return []
    splitter = StratifiedGroupKFold(count, shuffle=True, random_state=seed)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # labels with few groups: reported by `evaluation_warnings`
        return list(splitter.split(clips.labels, clips.labels, clips.groups))


def _head_without_layers(clips: LabelledClips, *, unit: bool) -> ClassificationHead:
    """Return a head that only prepares vectors.

    All dimensions share one scale, because few examples give unreliable variances.
    """
    vectors = clips.vectors
    center = np.zeros(vectors.shape[1]) if unit else vectors.mean(axis=0)
    scale = 1.0 if unit else float(vectors.std()) or 1.0
    return ClassificationHead(
        labels=clips.names, center=center.astype(np.float32), scale=scale, unit=unit, layers=()
    )


def _two_outputs(weights: Any, biases: Any) -> tuple[Any, Any]:
    """Convert the single output of a binary classifier to two outputs."""
    if len(weights) > 1:
        return weights, biases
    return np.vstack([-weights, weights]) / 2, np.array([-biases[0], biases[0]]) / 2


def _with_layers(
    head: ClassificationHead, layers: Sequence[tuple[Any, Any]], present: Indices
) -> ClassificationHead:
    """Add layers to a head; the last one has an output for each label in `present`."""
    *hidden, (weights, biases) = layers
    all_weights = np.zeros((len(head.labels), weights.shape[1]))
    all_biases = np.full(len(head.labels), _ABSENT_LOGIT)
    all_weights[present], all_biases[present] = weights, biases
    whole = [*hidden, (all_weights, all_biases)]
    return replace(
        head, layers=tuple((w.astype(np.float32), b.astype(np.float32)) for w, b in whole)
    )
