"""Cluster the embeddings of short spans of speech into speakers.

Average linkage first groups the embeddings into small clusters; these are then merged by
the distance of their means. The mean of many embeddings represents a voice much better
than one embedding, so the result depends little on either threshold.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audiocli.models.protocols.speakers import SpeakerCount

Vectors = NDArray[np.float32]
Labels = NDArray[np.int_]

INITIAL_THRESHOLD = 0.60  # mean cosine distance up to which spans form a small cluster
THRESHOLD_STEP = 0.05  # by which both thresholds decrease while there are too few speakers
AT_ONCE = 1500  # spans clustered at the same time, which limits memory
MIN_SPEAKER_SECONDS = 1.0  # minimum seconds of speech of a speaker,
MIN_SPEAKER_SHARE = 0.01  # or minimum share of all speech if that is more,
SUFFICIENT_SECONDS = 3.0  # but at most this many seconds
MIN_DISTANCE = 0.75  # minimum cosine distance to other speakers, with MIN_SPEAKER_SECONDS of speech
MIN_DISTANCE_DECREASE = 0.125  # by which it decreases for each additional second
MAX_OUTLIER_SHARE = 0.1  # of a speaker's speech; smaller close clusters are dropped as outliers


@dataclass(frozen=True)
class VoiceClusters:
    """Clusters of voice embeddings.

    Attributes
    ----------
    sums : shape (clusters, dimension): sums of embeddings weighted by their seconds
    seconds : shape (clusters,): seconds of speech
    """

    sums: Vectors
    seconds: NDArray[np.floating[Any]]

    @property
    def means(self) -> Vectors:
        """Mean directions of the clusters, of unit length."""
        return _unit(self.sums)


def find_speakers(
    vectors: Vectors, seconds: NDArray[np.floating[Any]], threshold: float, count: SpeakerCount
) -> Vectors:
    """Return an embedding of unit length for each speaker: shape (speakers, dimension).

    Parameters
    ----------
    vectors : shape (spans, dimension), of unit length, in order of time
    seconds : length of each span, shape (spans,)
    threshold : maximum cosine distance of two clusters of one speaker
    count : constraints on the number of speakers; at most the number of spans
    """
    min_speakers = count.num_speakers or count.min_speakers or 1
    max_speakers = count.num_speakers or count.max_speakers
    initial = INITIAL_THRESHOLD
    while True:
        clusters = merge_clusters(initial_clusters(vectors, seconds, initial), threshold)
        speakers = _without_spurious(clusters)
        if len(speakers.seconds) >= min_speakers or initial <= 0:
            break
        initial, threshold = initial - THRESHOLD_STEP, threshold - THRESHOLD_STEP
    if len(speakers.seconds) < min_speakers:
        speakers = clusters
    return (
        merge_clusters(speakers, threshold=-1.0, max_clusters=max_speakers).means
        if max_speakers
        else speakers.means
    )


def initial_clusters(
    vectors: Vectors, seconds: NDArray[np.floating[Any]], threshold: float
) -> VoiceClusters:
    """Cluster spans by average linkage, `AT_ONCE` at a time."""
    parts = []
    for start in range(0, len(vectors), AT_ONCE):
        part = vectors[start : start + AT_ONCE]
        labels = average_linkage(part, threshold)
        member = labels[None] == np.arange(labels.max() + 1)[:, None]
        weights = member * seconds[start : start + AT_ONCE]
        parts.append((weights @ part, weights.sum(axis=1)))
    sums, lengths = zip(*parts, strict=True)
    return VoiceClusters(np.concatenate(sums), np.concatenate(lengths))


def merge_clusters(
    clusters: VoiceClusters, threshold: float, max_clusters: int | None = None
) -> VoiceClusters:
    """Repeatedly merge the two clusters with the closest means, up to the threshold.

    Parameters
    ----------
    max_clusters : merge clusters of any distance while there are more than this
    """
    sums, seconds = clusters.sums.copy(), clusters.seconds.copy()
    means = clusters.means
    similarity = means @ means.T
    np.fill_diagonal(similarity, -np.inf)
    left = len(sums)
    while left > 1:
        a, b = np.unravel_index(similarity.argmax(), similarity.shape)
        if 1 - similarity[a, b] > threshold and (max_clusters is None or left <= max_clusters):
            break
        sums[a], seconds[a] = sums[a] + sums[b], seconds[a] + seconds[b]
        means[a], means[b] = _unit(sums[a : a + 1])[0], np.nan
        is_merged = np.isnan(means[:, 0])
        similarity[a] = np.where(is_merged, -np.inf, means @ means[a])
        similarity[a, a], similarity[b] = -np.inf, -np.inf
        similarity[:, a], similarity[:, b] = similarity[a], -np.inf
        left -= 1
    keep = ~np.isnan(means[:, 0])
    return VoiceClusters(sums[keep], seconds[keep])


def average_linkage(vectors: Vectors, threshold: float) -> Labels:
    """Cluster by average linkage on cosine distance, cut at a threshold.

    Uses nearest-neighbour chains (Müllner 2011, arXiv:1109.2378); time and memory are
    quadratic in the number of vectors.

    Parameters
    ----------
    vectors : shape (n, dimension), of unit length

    Returns
    -------
    shape (n,): the cluster of each vector, numbered from 0 without gaps
    """
    distance = 1.0 - vectors @ vectors.T
    distance = np.maximum(
        distance, distance.T
    )  # rounding errors could otherwise make chains cyclic
    np.fill_diagonal(distance, np.inf)
    sizes = np.ones(len(vectors))
    parents = np.arange(len(vectors))  # of merges below the threshold
    chain: list[int] = []
    for _ in range(len(vectors) - 1):
        a, b = _nearest_pair(distance, sizes, chain)
        if distance[a, b] <= threshold:
            parents[b] = a
        mean = (sizes[a] * distance[a] + sizes[b] * distance[b]) / (sizes[a] + sizes[b])
        distance[a], distance[:, a] = mean, mean
        distance[a, a] = np.inf
        distance[b], distance[:, b] = np.inf, np.inf
        sizes[a], sizes[b] = sizes[a] + sizes[b], 0
    return _numbered(parents)


def _nearest_pair(
    distance: Vectors, sizes: NDArray[np.floating[Any]], chain: list[int]
) -> Sequence[int]:
    """Follow nearest neighbours to two clusters that are each other's nearest neighbour."""
    if not chain:
        chain.append(int(np.argmax(sizes > 0)))
    while True:
        last = chain[-1]
        row = distance[last]
        nearest = int(row.argmin())
        if len(chain) > 1 and row[chain[-2]] <= row[nearest]:
            nearest = chain[-2]  # also on a tie, which could otherwise cycle forever
            del chain[-2:]
            return nearest, last
        chain.append(nearest)


def _numbered(parents: Labels) -> Labels:
    """Return the number of the tree of each member; trees are given by parents."""
    roots = parents
    while (above := parents[roots]).tolist() != roots.tolist():
        roots = above
    return np.unique(roots, return_inverse=True)[1]


def _without_spurious(clusters: VoiceClusters) -> VoiceClusters:
    """Drop clusters that are not speakers.

    The less speech a cluster has, the less precise is its mean, and the larger must be its
    distance to all other speakers. Small clusters close to a speaker with much more speech
    are outliers of that speaker, for example in noise or overlapping speech.
    """
    means, seconds = clusters.means, clusters.seconds
    min_seconds = min(
        SUFFICIENT_SECONDS, max(MIN_SPEAKER_SECONDS, MIN_SPEAKER_SHARE * seconds.sum())
    )
    kept = [int(seconds.argmax())]
    for new in np.argsort(-seconds)[1:]:
        distance = 1 - means[kept] @ means[new]
        distinct = distance.min() >= MIN_DISTANCE - MIN_DISTANCE_DECREASE * (
            seconds[new] - MIN_SPEAKER_SECONDS
        )
        outlier = (distance < INITIAL_THRESHOLD) & (
            seconds[new] < MAX_OUTLIER_SHARE * seconds[kept]
        )
        if seconds[new] >= min_seconds and distinct and not outlier.any():
            kept.append(int(new))
    return VoiceClusters(clusters.sums[kept], seconds[kept])


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return unit
