"""From the voices of many short pieces to the speakers of a recording.

Pieces are first gathered into small clusters by average linkage, then these by the
distance of their means. A mean of many pieces says far more of a voice than one
piece does, so the second threshold lies in a wide valley between the distances
within a speaker and those between speakers; the first may be rough.
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

INITIAL_THRESHOLD = 0.60  # mean cosine distance at which pieces still join
THRESHOLD_STEP = 0.05  # taken off the thresholds while there are too few speakers
AT_ONCE = 1500  # pieces whose distances are held at the same time
MIN_SPEAKER_SECONDS = 1.0  # seconds that a speaker speaks at least,
MIN_SPEAKER_SHARE = 0.01  # or this share of all speech, where it is more,
SUFFICIENT_SECONDS = 3.0  # but no more than this is asked of anybody
MIN_DISTANCE = 0.75  # cosine distance to all others of a voice heard for BRIEF,
MIN_DISTANCE_DECREASE = 0.125  # and so much less for each second more
MAX_OUTLIER_SHARE = 0.1  # of a voice's speech: a smaller cluster near it holds its odd pieces


@dataclass(frozen=True)
class VoiceClusters:
    """Groups of voices.

    Attributes
    ----------
    sums : shape (clusters, dimension): sums of vectors, each times its seconds
    seconds : shape (clusters,): speech in each
    """

    sums: Vectors
    seconds: NDArray[np.floating[Any]]

    @property
    def means(self) -> Vectors:
        """Directions of the clusters, of unit length."""
        return _unit(self.sums)


def find_speakers(
    vectors: Vectors, seconds: NDArray[np.floating[Any]], threshold: float, count: SpeakerCount
) -> Vectors:
    """Tell the speakers' voices: shape (speakers, dimension), of unit length.

    Parameters
    ----------
    vectors : shape (pieces, dimension), of unit length, in order of time
    seconds : length of each piece, shape (pieces,)
    threshold : cosine distance up to which two voices are one speaker's
    count : what is known of the number; more speakers than pieces cannot be
    """
    fewest = count.num_speakers or count.min_speakers or 1
    most = count.num_speakers or count.max_speakers
    loose = INITIAL_THRESHOLD
    while True:
        clusters = merge_clusters(initial_clusters(vectors, seconds, loose), threshold)
        speakers = _without_spurious(clusters)
        if len(speakers.seconds) >= fewest or loose <= 0:
            break
        loose, threshold = loose - THRESHOLD_STEP, threshold - THRESHOLD_STEP
    if len(speakers.seconds) < fewest:
        speakers = clusters
    return merge_clusters(speakers, threshold=-1.0, most=most).means if most else speakers.means


def initial_clusters(
    vectors: Vectors, seconds: NDArray[np.floating[Any]], threshold: float
) -> VoiceClusters:
    """Gather pieces by average linkage, so many at a time that memory stays bounded."""
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
    clusters: VoiceClusters, threshold: float, most: int | None = None
) -> VoiceClusters:
    """Merge the two clusters nearest by their means until none are nearer than the threshold.

    Parameters
    ----------
    most : merge on, whatever the distance, while there are more clusters
    """
    sums, seconds = clusters.sums.copy(), clusters.seconds.copy()
    means = clusters.means
    similarity = means @ means.T
    np.fill_diagonal(similarity, -np.inf)
    left = len(sums)
    while left > 1:
        a, b = np.unravel_index(similarity.argmax(), similarity.shape)
        if 1 - similarity[a, b] > threshold and (most is None or left <= most):
            break
        sums[a], seconds[a] = sums[a] + sums[b], seconds[a] + seconds[b]
        means[a], means[b] = _unit(sums[a : a + 1])[0], np.nan
        gone = np.isnan(means[:, 0])
        similarity[a] = np.where(gone, -np.inf, means @ means[a])
        similarity[a, a], similarity[b] = -np.inf, -np.inf
        similarity[:, a], similarity[:, b] = similarity[a], -np.inf
        left -= 1
    keep = ~np.isnan(means[:, 0])
    return VoiceClusters(sums[keep], seconds[keep])


def average_linkage(vectors: Vectors, threshold: float) -> Labels:
    """Cluster by average linkage on cosine distance, cut at a threshold.

    The dendrogram is built by following chains of nearest neighbours (Müllner 2011,
    arXiv:1109.2378), in time and memory that grow with the square of the pieces.

    Parameters
    ----------
    vectors : shape (n, dimension), of unit length

    Returns
    -------
    shape (n,): cluster of each, numbered from 0 without gaps
    """
    distance = 1.0 - vectors @ vectors.T
    distance = np.maximum(distance, distance.T)  # by a bit unlike, chains could go in circles
    np.fill_diagonal(distance, np.inf)
    sizes = np.ones(len(vectors))
    parents = np.arange(len(vectors))  # of joins below the threshold
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
    """Follow nearest neighbours to two clusters that are each other's nearest."""
    if not chain:
        chain.append(int(np.argmax(sizes > 0)))
    while True:
        last = chain[-1]
        row = distance[last]
        nearest = int(row.argmin())
        if len(chain) > 1 and row[chain[-2]] <= row[nearest]:
            nearest = chain[-2]  # also on a tie, or the chain could go round for ever
            del chain[-2:]
            return nearest, last
        chain.append(nearest)


def _numbered(parents: Labels) -> Labels:
    """Give the members of each tree of parents one number."""
    roots = parents
    while (above := parents[roots]).tolist() != roots.tolist():
        roots = above
    return np.unique(roots, return_inverse=True)[1]


def _without_spurious(clusters: VoiceClusters) -> VoiceClusters:
    """Leave the clusters that are speakers.

    The less a voice was heard, the farther its mean may lie from the voice itself, and
    the more unlike all others it must be. And a small cluster near a voice that speaks
    much is made of its odd pieces, in noise or overlap: over hours they add up to more
    than a few seconds.
    """
    means, seconds = clusters.means, clusters.seconds
    least = min(SUFFICIENT_SECONDS, max(MIN_SPEAKER_SECONDS, MIN_SPEAKER_SHARE * seconds.sum()))
    kept = [int(seconds.argmax())]
    for new in np.argsort(-seconds)[1:]:
        distance = 1 - means[kept] @ means[new]
        distinct = distance.min() >= MIN_DISTANCE - MIN_DISTANCE_DECREASE * (
            seconds[new] - MIN_SPEAKER_SECONDS
        )
        stray = (distance < INITIAL_THRESHOLD) & (seconds[new] < MAX_OUTLIER_SHARE * seconds[kept])
        if seconds[new] >= least and distinct and not stray.any():
            kept.append(int(new))
    return VoiceClusters(clusters.sums[kept], seconds[kept])


def _unit(vectors: Vectors) -> Vectors:
    unit: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return unit
