"""Hub classifiers end to end, each from the smallest checkpoint of its real architecture.

Their scores must be the ones that transformers' own pipelines give for the same sound.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny_classifiers
from audiocli.audio.decode import read
from audiocli.audio.features import mel_filterbank, power_spectrogram
from audiocli.models.torch_layer import import_transformers
from conftest import Ran
from tiny_classifiers import MAKERS, saved

pytest.importorskip("torch")  # the tests run with every layer, or without them all


@pytest.fixture(scope="session")
def transformers() -> Any:
    """transformers, with random weights that are the same in every run."""
    library = import_transformers()
    library.set_seed(0)
    return library


@pytest.mark.parametrize("kind", MAKERS)
def test_scores_equal_those_of_transformers(
    kind: str, transformers: Any, tmp_path: Path, jfk: Path, run: Callable[..., Ran]
) -> None:
    """Scores of a recording of one window of 1.2 s equal those of transformers."""
    folder = saved(MAKERS[kind], transformers, tmp_path / kind)
    answer = run("classify", jfk, "--end", "1.2", "-m", folder, "--offline", "-f", "json")
    assert (answer.code, answer.stderr) == (0, "")
    pipeline = transformers.pipeline("audio-classification", str(folder), device="cpu")
    samples = read(jfk, rate=16_000).samples[0, : round(1.2 * 16_000)]
    expected = {row["label"]: row["score"] for row in pipeline(samples, top_k=3)}
    found = {row["label"]: row["score"] for row in answer.json["labels"]}
    assert list(found) == sorted(found, key=lambda label: -found[label])
    assert found == pytest.approx(expected, abs=1e-4)
    assert answer.json["multi_label"] is (kind == "ast")
    assert (sum(found.values()) == pytest.approx(1.0, abs=1e-3)) is (kind != "ast")


def test_scores_do_not_depend_on_other_lengths_in_the_batch(
    transformers: Any, tmp_path: Path, jfk: Path
) -> None:
    from audiocli.models.base import DeviceOptions
    from audiocli.models.common.classification_heads import HeadClassifier

    folder = saved(MAKERS["wav2vec2"], transformers, tmp_path / "model")
    classifier = HeadClassifier(folder, DeviceOptions(), window=10.0, any_length=True)
    samples = read(jfk, rate=16_000).samples[0]
    clips = [samples[:8000], samples[8000:30000], samples[30000:38000], samples[:50]]
    together = classifier.scores(clips)
    alone = np.concatenate([classifier.scores([clip]) for clip in clips])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_checkpoint_without_head_weights_is_refused(
    transformers: Any, tmp_path: Path, jfk: Path, run: Callable[..., Ran]
) -> None:
    folder = tmp_path / "model"
    model, extractor = MAKERS["hubert"](transformers)
    model.hubert.save_pretrained(folder)
    extractor.save_pretrained(folder)
    config = json.loads((folder / "config.json").read_text())
    config["architectures"] = ["HubertForSequenceClassification"]
    (folder / "config.json").write_text(json.dumps(config))
    answer = run("classify", jfk, "-m", folder)
    assert (answer.code, answer.stdout) == (3, "")
    assert "no weights for classifier.bias, so its scores would be random" in answer.stderr


@pytest.fixture(scope="session")
def clap(transformers: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny CLAP with both encoders."""
    return tiny_classifiers.clap(transformers, tmp_path_factory.mktemp("clap"))


def test_clap_scores_equal_those_of_the_transformers_pipeline(
    clap: Path, transformers: Any, jfk: Path, tmp_path: Path, run: Callable[..., Ran]
) -> None:
    labels = tmp_path / "labels.txt"
    labels.write_text("dog barking\nrain on a roof\n", "utf-8-sig")
    options = ("--labels-file", labels, "--labels", "a speech", "--prompt-template", "I hear {}!")
    answer = run("classify", jfk, "--end", "5", "-m", clap, *options, "--offline", "-f", "json")
    assert (answer.code, answer.stderr) == (0, "")
    pipeline = transformers.pipeline("zero-shot-audio-classification", str(clap), device="cpu")
    rows = pipeline(
        read(jfk, rate=48_000).samples[0, : 5 * 48_000],
        candidate_labels=["a speech", "dog barking", "rain on a roof"],
        hypothesis_template="I hear {}!",
    )
    found = {row["label"]: row["score"] for row in answer.json["labels"]}
    assert found == pytest.approx({row["label"]: row["score"] for row in rows}, abs=1e-4)


def test_labels_are_required_by_clap_only(
    clap: Path, transformers: Any, tmp_path: Path, jfk: Path, run: Callable[..., Ran]
) -> None:
    assert "needs labels (--labels" in run("classify", jfk, "-m", clap).stderr
    folder = saved(MAKERS["wavlm"], transformers, tmp_path / "wavlm")
    answer = run("classify", jfk, "-m", folder, "--labels", "a,b")
    assert answer.code == 2
    assert "has 3 fixed labels (--labels-like" in answer.stderr


def test_log_mel_of_clap(transformers: Any, jfk: Path) -> None:
    """Compare with Slaney mel filters, 50 Hz to 14 kHz, in dB, repeated to ten seconds."""
    extractor = transformers.ClapFeatureExtractor(
        truncation="rand_trunc", padding="repeatpad", frequency_min=50
    )
    samples = read(jfk, rate=48_000).samples[0, : 4 * 48_000]
    found = extractor(samples, sampling_rate=48_000, return_tensors="np")["input_features"][0, 0]
    whole = np.pad(np.tile(samples, 2), (0, 2 * 48_000))
    filters = mel_filterbank(48_000, 1024, 64, 50.0, 14_000.0, "slaney", "slaney")
    power = filters @ power_spectrogram(whole, 1024, 480)
    expected = 10 * np.log10(np.maximum(power, 1e-10)).T
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)  # decibels, some near 0


def test_log_mel_of_ast(transformers: Any, jfk: Path) -> None:
    """Compare with the Kaldi filter bank of torchaudio, normalised for AST."""
    import torch
    import torchaudio

    extractor = transformers.ASTFeatureExtractor()
    samples = read(jfk, rate=16_000).samples[0, : 3 * 16_000]
    found = extractor(samples, sampling_rate=16_000, return_tensors="np")["input_values"][0]
    bank = torchaudio.compliance.kaldi.fbank(
        torch.from_numpy(samples)[None],
        sample_frequency=16_000,
        window_type="hanning",
        num_mel_bins=128,
    )
    expected = (bank.numpy() - extractor.mean) / (2 * extractor.std)
    np.testing.assert_allclose(found[: len(expected)], expected, atol=1e-4)


@pytest.mark.parametrize(
    ("labels", "problem_type", "expected"),
    [
        (3, None, False),
        (3, "multi_label_classification", True),
        (527, None, True),  # AudioSet, as AST's checkpoints leave it
        (527, "single_label_classification", False),
    ],
)
def test_multi_label(
    transformers: Any, labels: int, problem_type: str | None, expected: bool
) -> None:
    from audiocli.models.common.classification_heads import is_multi_label

    names = ["Speech", *(f"sound {n}" for n in range(1, labels))]
    config = transformers.ASTConfig(
        id2label=dict(enumerate(names)),
        label2id={name: index for index, name in enumerate(names)},
        problem_type=problem_type,
    )
    assert is_multi_label(config) is expected
