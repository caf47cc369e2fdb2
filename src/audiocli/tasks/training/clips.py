"""Embeddings of labelled clips, for training and evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiocli.models.common.linear_heads import ClassificationHead, softmax

Vectors = NDArray[np.float32]
Indices = NDArray[np.int_]


@dataclass(frozen=True, eq=False)
class EmbeddedClip:
    """The embeddings of one clip.

    Attributes
    ----------
    sha256 : of the file
    duration : in seconds
    starts, ends : of its windows, in seconds
    vectors : shape (windows, dimension)
    """

    sha256: str
    duration: float
    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    vectors: Vectors

    @property
    def shares(self) -> NDArray[np.float64]:
        """Weight of each window in the clip: its share of new audio, as in `classify`."""
        fresh = np.diff(self.ends, prepend=self.starts[0])
        shares: NDArray[np.float64] = fresh / fresh.sum()
        return shares


@dataclass(frozen=True, eq=False)
class LabelledClips:
    """Clips with labels and groups.

    Attributes
    ----------
    names : label names
    labels : index of the label of each clip
    groups : index of the group of each clip; folds do not split groups
    """

    clips: Sequence[EmbeddedClip]
    names: tuple[str, ...]
    labels: Indices
    groups: Indices

    def __len__(self) -> int:
        return len(self.clips)

    @cached_property
    def vectors(self) -> Vectors:
        """Embeddings of all windows: shape (windows, dimension)."""
        return np.concatenate([clip.vectors for clip in self.clips])

    @cached_property
    def clip_indices(self) -> Indices:
        """Index of the clip of each window."""
        return np.repeat(np.arange(len(self)), [len(clip.vectors) for clip in self.clips])

    @cached_property
    def shares(self) -> NDArray[np.float64]:
        """Weight of each window in its clip."""
        return np.concatenate([clip.shares for clip in self.clips])

    def select(self, which: NDArray[Any]) -> LabelledClips:
        """Return some of the clips, given by a mask or by indices."""
        indices = np.arange(len(self))[which]
        return LabelledClips(
            [self.clips[i] for i in indices], self.names, self.labels[which], self.groups[which]
        )

    def groups_of_labels(self) -> Indices:
        """Return the number of groups of each label: shape (labels,)."""
        pairs = {(int(label), int(g)) for label, g in zip(self.labels, self.groups, strict=True)}
        return np.bincount([label for label, _ in pairs], minlength=len(self.names))

    def pooled(self, windows: NDArray[Any]) -> NDArray[np.float64]:
        """Return the weighted mean of window values for each clip: (windows, n) to (clips, n)."""
        firsts = np.searchsorted(self.clip_indices, np.arange(len(self)))
        sums: NDArray[np.float64] = np.add.reduceat(windows * self.shares[:, None], firsts)
        return sums

    def probabilities(self, logits: Vectors, temperature: float) -> NDArray[np.float64]:
        """Return label probabilities of each clip from the logits of windows: (clips, labels)."""
        return self.pooled(softmax(logits / np.float32(temperature)))

    def predict(self, head: ClassificationHead) -> NDArray[np.float64]:
        """Return the label probabilities that a head predicts for each clip: (clips, labels)."""
        return self.probabilities(head.logits(self.vectors), head.temperature)
