"""Heads, folds, calibration and metrics, against scikit-learn and known values."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audiocli.errors import ModelUnavailable, UsageError
from audiocli.models.common.linear_heads import files_of, read_head

pytest.importorskip("sklearn")

from audiocli.tasks.training.clips import EmbeddedClip, LabelledClips
from audiocli.tasks.training.evaluation import best_temperature, cross_validate, evaluate, wilson
from audiocli.tasks.training.fitting import HeadOptions, fit_head, split_folds
from audiocli.tasks.training.head_training import (
    Example,
    default_head_kind,
    labelled_clips,
    train_head,
)

DIMENSION = 6


def clip(vectors: np.ndarray, sha256: str) -> EmbeddedClip:
    times = np.arange(len(vectors), dtype=float)
    return EmbeddedClip(sha256, float(len(vectors)), times, times + 1, vectors.astype(np.float32))


def examples(
    counts: dict[str, int], *, apart: float = 2.0, windows: int = 1, seed: int = 0
) -> list[Example]:
    """Return clips around a mean for each label at a given distance."""
    rng = np.random.default_rng(seed)
    found = []
    for label, count in counts.items():
        mean = rng.standard_normal(DIMENSION) * apart
        for number in range(count):
            vectors = mean + rng.standard_normal((windows, DIMENSION))
            found.append(
                Example(f"{label}{number}", clip(vectors, f"{label}{number}"), label, None)
            )
    return found


def clips(counts: dict[str, int], **options: float) -> LabelledClips:
    return labelled_clips(examples(counts, **options), tuple(counts))  # type: ignore[arg-type]


@pytest.mark.parametrize("counts", [{"a": 20, "b": 9}, {"a": 20, "b": 9, "c": 14}])
def test_logistic_head_matches_scikit_learn(counts: dict[str, int]) -> None:
    from sklearn.linear_model import LogisticRegression

    data = clips(counts, apart=1.0)
    head = fit_head(data, HeadOptions("logistic"))
    scaled = (data.vectors - data.vectors.mean(axis=0)) / data.vectors.std()
    model = LogisticRegression(C=1.0, max_iter=1000, class_weight="balanced")
    expected = model.fit(scaled, data.labels).predict_proba(scaled)
    np.testing.assert_allclose(head.probabilities(data.vectors), expected, atol=2e-3)


@pytest.mark.parametrize("counts", [{"a": 24, "b": 24}, {"a": 24, "b": 24, "c": 24}])
def test_mlp_head_matches_the_trained_network(counts: dict[str, int]) -> None:
    from audiocli.tasks.training import fitting

    data = clips(counts)
    empty = fitting._head_without_layers(data, unit=False)
    *_, model = fitting._epochs(data, empty, HeadOptions("mlp"), 5)
    head = fitting._with_layers(empty, fitting._layers_of(model), np.arange(len(counts)))
    expected = model.predict_proba(empty.prepared(data.vectors))
    np.testing.assert_allclose(head.probabilities(data.vectors), expected, atol=1e-5)
    learned = fit_head(data, HeadOptions("mlp"))
    assert (learned.logits(data.vectors).argmax(axis=1) == data.labels).mean() > 0.9


def test_prototypes_predict_the_nearest_mean() -> None:
    data = clips({"a": 3, "b": 3, "c": 3})
    unit = data.vectors / np.linalg.norm(data.vectors, axis=1, keepdims=True)
    means = np.stack([unit[data.labels == n].mean(axis=0) for n in range(3)])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    found = fit_head(data, HeadOptions("prototypes")).logits(data.vectors)
    np.testing.assert_allclose(found, 20 * unit @ means.T, atol=1e-4)


def test_folds_keep_groups_and_identical_files_together() -> None:
    several = examples({"a": 12, "b": 12})
    grouped = [Example(e.name, e.clip, e.label, f"speaker {i % 4}") for i, e in enumerate(several)]
    data = labelled_clips(grouped, ("a", "b"))
    assert len(np.unique(data.groups)) == 4
    for learned, judged in split_folds(data, 5, 0):
        assert not set(data.groups[learned]) & set(data.groups[judged])
    twins = [*several, Example("copy", several[0].clip, "a", None)]
    numbers = labelled_clips(twins, ("a", "b")).groups
    assert (numbers[-1], len(np.unique(numbers))) == (numbers[0], 24)
    # Groups that contain the same file are merged.
    joined = [*grouped, Example("copy", grouped[0].clip, "a", "speaker 1")]
    assert len(np.unique(labelled_clips(joined, ("a", "b")).groups)) == 3


def test_windows_share_the_weight_of_their_clip() -> None:
    one = EmbeddedClip(
        "x", 7.0, np.array([0.0, 5.0 - 3.0]), np.array([5.0, 7.0]), np.zeros((2, 3), np.float32)
    )
    np.testing.assert_allclose(one.shares, [5 / 7, 2 / 7])  # the last window adds two seconds
    data = clips({"a": 6, "b": 6}, windows=3)
    assert data.clip_indices.tolist() == [n for n in range(12) for _ in range(3)]
    for learned, judged in split_folds(data, 3, 0):
        assert not set(learned) & set(judged)


def test_temperature_compensates_scaled_logits() -> None:
    data = clips({"a": 60, "b": 60, "c": 60}, apart=0.7)
    validation = cross_validate(data, HeadOptions("logistic"), 5)
    assert validation is not None
    plain = best_temperature(data, validation.logits)
    assert best_temperature(data, validation.logits * 7) == pytest.approx(7 * plain, rel=1e-3)
    judged = evaluate(
        data,
        data.probabilities(validation.logits * 7, 7 * plain),
        data.probabilities(validation.logits * 7, 1.0),
    )
    assert judged.log_loss < judged.log_loss_uncalibrated
    assert judged.calibration_error < 0.1


def test_few_correct_clips_do_not_cause_overconfidence() -> None:
    data = clips({"a": 4, "b": 4}, apart=20.0)
    validation = cross_validate(data, HeadOptions("logistic"), 4)
    assert validation is not None
    temperature = best_temperature(data, validation.logits)
    probabilities = data.probabilities(validation.logits, temperature)
    assert 0.8 < probabilities.max(axis=1).mean() < 0.99  # 8 clips support a probability of 9 in 10


def test_metrics_match_scikit_learn() -> None:
    from sklearn import metrics

    data = clips({"a": 30, "b": 12, "c": 20}, apart=0.5)
    validation = cross_validate(data, HeadOptions("logistic"), 5)
    assert validation is not None
    probabilities = data.probabilities(validation.logits, 1.0)
    probabilities /= probabilities.sum(axis=1, keepdims=True)  # in double precision
    answers = probabilities.argmax(axis=1)
    found = evaluate(data, probabilities, probabilities)
    assert found.accuracy == pytest.approx(metrics.accuracy_score(data.labels, answers))
    assert 0.3 < found.accuracy < 0.95
    assert found.balanced_accuracy == pytest.approx(
        metrics.balanced_accuracy_score(data.labels, answers)
    )
    assert found.macro_f1 == pytest.approx(metrics.f1_score(data.labels, answers, average="macro"))
    assert found.log_loss == pytest.approx(metrics.log_loss(data.labels, probabilities), abs=1e-3)
    assert np.array_equal(found.confusion, metrics.confusion_matrix(data.labels, answers))
    assert [one.recall for one in found.labels] == pytest.approx(
        metrics.recall_score(data.labels, answers, average=None)
    )
    assert found.baseline_accuracy == pytest.approx(30 / 62)


def test_wilson() -> None:
    """An example of Newcombe 1998, table I: 81 of 263."""
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    low, high = wilson(1.0, 5)
    assert (round(low, 3), high) == (0.566, 1.0)


def test_few_examples_cause_warnings() -> None:
    single = examples({"a": 1, "b": 1, "c": 1})
    assert default_head_kind(single) == "prototypes"
    learned = train_head(single, [], HeadOptions("prototypes"), 5)
    assert (learned.validation, learned.folds, learned.head.temperature) == (None, None, 1.0)
    assert any("was not evaluated" in warning for warning in learned.warnings)
    uneven = examples({"a": 8, "b": 1})
    lonely = train_head(uneven, [], HeadOptions("logistic"), 5)
    assert lonely.validation is not None
    assert (
        lonely.validation.labels[1].recall == 0
    )  # predicted by a head without examples of the label
    assert any("fewer than 5 independent examples: b" in c for c in lonely.warnings)
    with pytest.raises(UsageError, match="the only one is 'a'"):
        train_head(examples({"a": 3}), [], HeadOptions("logistic"), 5)


def test_random_labels_are_predicted_at_chance() -> None:
    """Clips have many similar windows, and random labels are predicted at chance."""
    rng = np.random.default_rng(0)
    noise = [
        Example(
            str(n),
            clip(
                rng.standard_normal(DIMENSION) + 0.01 * rng.standard_normal((8, DIMENSION)), str(n)
            ),
            "ab"[n % 2],
            None,
        )
        for n in range(80)
    ]
    learned = train_head(noise, [], HeadOptions("logistic"), 5)
    assert learned.validation is not None
    assert learned.validation.accuracy_low < 0.5 < learned.validation.accuracy_high


def test_test_clips_from_the_training_data_are_ignored() -> None:
    known = examples({"a": 10, "b": 10})
    strange = Example("z", clip(np.zeros((1, DIMENSION)), "z"), "zebra", None)
    fresh = Example("new", clip(np.ones((1, DIMENSION)), "new"), "a", None)
    learned = train_head(known, [known[0], strange, fresh], HeadOptions("logistic"), 5)
    assert learned.test is not None
    assert learned.test.clips == 1
    assert any("also used for training: 1" in warning for warning in learned.warnings)
    assert any("not used for training: zebra" in c for c in learned.warnings)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    head = fit_head(clips({"a, b": 5, "ünï": 5}), HeadOptions("logistic")).calibrated(1.5)
    for name, content in files_of(head, {"window": 1.0}).items():
        (tmp_path / name).write_bytes(content)
    return tmp_path


def test_head_survives_a_round_trip(folder: Path) -> None:
    head = fit_head(clips({"a, b": 5, "ünï": 5}), HeadOptions("logistic")).calibrated(1.5)
    back, config = read_head(folder)
    vectors = np.random.default_rng(1).standard_normal((4, DIMENSION)).astype(np.float32)
    assert np.array_equal(back.probabilities(vectors), head.probabilities(vectors))
    assert (back.labels, config["window"]) == (("a, b", "ünï"), 1.0)


def test_pickles_and_damaged_files_are_refused(folder: Path) -> None:
    executed = folder / "executed"

    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[object, ...]]:
            return Path.touch, (executed,)

    whole = (folder / "head.npz").read_bytes()
    np.savez(folder / "head.npz", center=np.array([Bomb()], object), weights0=0, biases0=0)
    with pytest.raises(ModelUnavailable, match="the trained head cannot be read"):
        read_head(folder)
    assert not executed.exists()
    for damaged in (whole[:100], b"", whole[:-30]):
        (folder / "head.npz").write_bytes(damaged)
        with pytest.raises(ModelUnavailable):
            read_head(folder)
