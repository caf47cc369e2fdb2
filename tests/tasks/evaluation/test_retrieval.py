"""Scores of embeddings."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score

from audiocli.results import Embedding, ModelInfo
from audiocli.tasks.evaluation.reference import Reference
from audiocli.tasks.evaluation.retrieval import RetrievalScorer, equal_error_rate


def embedding(vector: list[float]) -> Embedding:
    return Embedding(
        source="x",
        duration=1.0,
        model=ModelInfo("m"),
        dimension=len(vector),
        pool="mean",
        starts=[0.0],
        ends=[1.0],
        vectors=np.array([vector]),
    )


def test_each_recording_is_searched_among_the_others() -> None:
    random = np.random.default_rng(2)
    labels = [*"aaaabbbbc"]  # c has no other recording
    vectors = random.normal(size=(9, 5)) + 2 * np.eye(5)[[ord(label) - 97 for label in labels]]
    scorer = RetrievalScorer()
    tallies = [
        scorer.tally(Reference(name="x", labels=(label,)), embedding(vector))
        for label, vector in zip(labels, vectors.tolist(), strict=True)
    ]
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    first, precision = [], []
    for n in range(8):
        others = [m for m in range(9) if m != n]
        scores = unit[others] @ unit[n]
        true = np.array([labels[m] == labels[n] for m in others])
        first.append(true[scores.argmax()])
        precision.append(average_precision_score(true, scores))
    got = {metric.name: metric.value(9) for metric in scorer.metrics(tallies)}
    assert got["precision_at_1"] == pytest.approx(np.mean(first))
    assert got["map"] == pytest.approx(np.mean(precision))
    assert 0 < got["eer"] < 0.5


def test_equal_error_rate() -> None:
    true = np.array([True] * 4 + [False] * 4)
    assert equal_error_rate(true, np.arange(8)[::-1]) == 0.0
    scores = np.array([9, 8, 7, 2, 5, 1, 0, -1])  # one of four on each side is wrong
    assert equal_error_rate(true, scores) == pytest.approx(0.25)
    assert np.isnan(equal_error_rate(np.array([True]), np.array([1.0])))
