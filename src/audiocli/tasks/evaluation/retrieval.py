"""Scores of embeddings: whether recordings with one label are nearest to each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from audiocli.results import Embedding, Result
from audiocli.tasks.evaluation.label_scores import average_precision
from audiocli.tasks.evaluation.reference import Reference
from audiocli.tasks.evaluation.statistics import Metric, ratio

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class EmbeddingTally:
    """The vector of a recording, of unit length, and its label."""

    vector: NDArray[Any]
    label: str


@dataclass(frozen=True)
class RetrievalScorer:
    """Scores embeddings by the cosine similarity of each recording to all others."""

    of_recording: ClassVar[tuple[str, ...]] = ()

    def tally(self, reference: Reference, result: Result) -> EmbeddingTally:
        """Take the mean vector of a recording."""
        assert isinstance(result, Embedding)
        vector = np.asarray(result.vectors, float).mean(axis=0)
        return EmbeddingTally(vector / max(np.linalg.norm(vector), 1e-12), reference.labels[0])

    def metrics(self, tallies: Sequence[EmbeddingTally]) -> list[Metric]:
        """Return precision at 1, mean average precision, and the equal error rate of pairs.

        A recording without another of its label is no query. Queries are resampled; what they
        are compared with is not. The equal error rate has no interval.
        """
        vectors = np.stack([tally.vector for tally in tallies])
        labels = np.array([tally.label for tally in tallies])
        similarity = vectors @ vectors.T
        equal = labels[:, None] == labels[None, :]
        queries = list(_queries(similarity, equal))
        upper = np.triu_indices(len(tallies), 1)

        def of_pairs(weights: NDArray[Any]) -> NDArray[Any]:
            rate = equal_error_rate(equal[upper], similarity[upper])
            return np.full(len(weights), rate)

        return [
            _over_queries("precision_at_1", [first for first, _ in queries]),
            _over_queries("map", [precision for _, precision in queries]),
            Metric("eer", "ratio", of_pairs, has_interval=False),
        ]


def _queries(similarity: NDArray[Any], equal: NDArray[Any]) -> Iterator[tuple[float, float]]:
    """Yield precision at 1 and average precision of each recording; NaN if it is no query."""
    every = np.ones((1, len(equal) - 1))
    for n in range(len(equal)):
        scores, true = np.delete(similarity[n], n), np.delete(equal[n], n).astype(float)
        if not true.any():
            yield np.nan, np.nan
            continue
        yield float(true[np.argmax(scores)]), float(average_precision(true, scores, every)[0])


def _over_queries(name: str, values: Sequence[float]) -> Metric:
    """Return the mean over the recordings that are queries."""
    known = ~np.isnan(values)
    return ratio(name, np.where(known, values, 0.0).tolist(), known.astype(float).tolist())


def equal_error_rate(true: NDArray[Any], scores: NDArray[Any]) -> float:
    """Return the rate at which false acceptances and rejections of pairs are equal."""
    from sklearn.metrics import roc_curve

    if true.all() or not true.any():
        return float("nan")
    accepted, hits, _ = roc_curve(true, scores)
    rejected = 1 - hits
    at = int(np.argmin(np.abs(accepted - rejected)))
    return float((accepted[at] + rejected[at]) / 2)
