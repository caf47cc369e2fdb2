"""Scores of labels are those of scikit-learn, also in resamples."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, recall_score

from audiocli.results import Classification, Label, ModelInfo
from audiocli.tasks.evaluation.label_scores import LabelScorer, average_precision, unknown_labels
from audiocli.tasks.evaluation.reference import Reference

LABELS = ["cat", "dog", "rain", "sea"]


def classification(scores: dict[str, float]) -> Classification:
    labels = [Label(label=name, score=score) for name, score in scores.items()]
    labels.sort(key=lambda label: -(label.score or 0))
    return Classification(
        source="x", duration=1.0, model=ModelInfo("m"), multi_label=True, labels=tuple(labels)
    )


def test_scores_are_those_of_scikit_learn() -> None:
    random = np.random.default_rng(0)
    true = random.integers(0, 3, 60)  # one label has no recordings
    scores = (random.random((60, 4)) + np.eye(4)[true] * 0.4).round(1)  # with equal scores
    scorer = LabelScorer()
    tallies = [
        scorer.tally(
            Reference(name="x", labels=(LABELS[label],)),
            classification(dict(zip(LABELS, row, strict=True))),
        )
        for label, row in zip(true, scores, strict=True)
    ]
    predicted = [LABELS.index(tally.predicted) for tally in tallies]
    shared = {"labels": [0, 1, 2], "average": "macro", "zero_division": 0}
    precision = [average_precision_score(true == n, scores[:, n]) for n in range(3)]
    metrics = scorer.metrics(tallies)
    assert {metric.name: metric.value(60) for metric in metrics} == {
        "accuracy": pytest.approx(accuracy_score(true, predicted)),
        "f1": pytest.approx(f1_score(true, predicted, **shared)),
        "uar": pytest.approx(recall_score(true, predicted, **shared)),
        "map": pytest.approx(np.mean(precision)),
    }
    weights = random.multinomial(60, np.full(60, 1 / 60), size=5).astype(float)
    weighted = [
        {
            "accuracy": accuracy_score(true, predicted, sample_weight=row),
            "f1": f1_score(true, predicted, sample_weight=row, **shared),
            "uar": recall_score(true, predicted, sample_weight=row, **shared),
        }
        for row in weights
    ]
    for metric in metrics[:3]:
        expected = [one[metric.name] for one in weighted]
        assert metric.statistic(weights) == pytest.approx(expected)
    expected = [average_precision_score(true == 1, scores[:, 1], sample_weight=r) for r in weights]
    found = average_precision((true == 1).astype(float), scores[:, 1], weights)
    assert found == pytest.approx(expected)


def test_labels_are_equal_whatever_case_and_underscores() -> None:
    tally = LabelScorer().tally(
        Reference(name="x", labels=("sea_waves",)), classification({"Sea  waves": 0.9, "Dog": 0.2})
    )
    assert tally.predicted in tally.true


def test_a_map_takes_the_highest_score_of_its_labels() -> None:
    scorer = LabelScorer({"dog": ["Bark", "Howl"], "rain": ["Rain", "Raindrop"]})
    scores = {"Speech": 0.9, "Rain": 0.4, "Howl": 0.5}
    tally = scorer.tally(Reference(name="x", labels=("dog",)), classification(scores))
    assert (tally.predicted, tally.scores) == ("dog", {"dog": 0.5, "rain": 0.4})
    assert unknown_labels([tally]) == []


def test_several_labels_have_only_mean_average_precision() -> None:
    scorer = LabelScorer()
    scores = [{"dog": 0.9, "rain": 0.8, "cat": 0.1}, {"dog": 0.2, "rain": 0.1, "cat": 0.3}]
    truth = [("dog", "rain"), ("cat",)]
    tallies = [
        scorer.tally(Reference(name="x", labels=labels), classification(row))
        for labels, row in zip(truth, scores, strict=True)
    ]
    (metric,) = scorer.metrics(tallies)
    assert (metric.name, metric.value(2)) == ("map", 1.0)


def test_labels_that_no_result_has_are_found() -> None:
    tally = LabelScorer().tally(
        Reference(name="x", labels=("sneezing",)), classification({"Sneeze": 0.9})
    )
    assert unknown_labels([tally]) == ["sneezing"]
