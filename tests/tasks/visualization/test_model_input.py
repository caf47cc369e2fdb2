"""Input features of fine-tuned checkpoints with their own extractor settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny_classifiers as tiny
import tiny_ctc
from audiocli.audio.decode import open_audio, read
from audiocli.audio.selection import Selection
from audiocli.errors import ModelUnavailable
from audiocli.models.store.model_store import Store
from audiocli.models.torch_layer import import_transformers
from audiocli.results import Patches, Spectrogram
from audiocli.tasks.visualization.model_input import find_model_input
from inprocess import audiocli

JFK = Path(__file__).parents[2] / "data" / "jfk.flac"
transformers = import_transformers()


def saved(folder: Path, kind: str, **settings: Any) -> Any:
    """Save a tiny checkpoint with changed settings; return its extractor."""
    maker = getattr(tiny, kind, None) or tiny.wav2vec2_like(kind)
    if kind == "clap":
        tiny.clap(transformers, folder)
    else:
        tiny.saved(maker, transformers, folder)
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
    changed = type(extractor)(**{**extractor.to_dict(), **settings})
    changed.save_pretrained(folder)
    return changed


def seen_by(folder: Path, end: float = 4.0) -> Spectrogram:
    model = find_model_input(str(folder), Store(folder / "nothing here"))
    with open_audio(JFK, rate=model.rate, selection=Selection(end=end)) as stream:
        return model.of_stream(stream)


def expected(extractor: Any, end: float = 4.0, **how: Any) -> np.ndarray:
    rate = extractor.sampling_rate
    samples = read(JFK, rate=rate, selection=Selection(end=end)).samples[0]
    given = extractor(samples, sampling_rate=rate, return_tensors="np", **how)
    return np.asarray(given[extractor.model_input_names[0]][0])


def test_whisper_of_other_bands_and_length(tmp_path: Path) -> None:
    extractor = saved(tmp_path, "whisper", feature_size=128, chunk_length=12)
    seen = seen_by(tmp_path)
    assert seen.values.shape == (128, 1200) and seen.duration == 12
    assert np.abs(seen.values - expected(extractor)).max() < 5e-5


def test_ast_of_other_bands_and_patches(tmp_path: Path) -> None:
    extractor = saved(tmp_path, "ast", num_mel_bins=32, max_length=128, mean=-3.0, std=2.0)
    seen = seen_by(tmp_path)
    assert seen.values.shape == (32, 128)
    assert np.abs(seen.values - expected(extractor).T).mean() < 1e-5
    assert seen.patches == Patches(rows=16, frames=16, row_step=10, frame_step=10)
    extractor = saved(tmp_path, "ast", do_normalize=False)
    assert np.abs(seen_by(tmp_path).values - expected(extractor).T).mean() < 2e-5


@pytest.mark.parametrize("padding", ["repeatpad", "repeat", "pad"])
@pytest.mark.parametrize("truncation", ["rand_trunc", "fusion"])
def test_clap_of_other_settings(tmp_path: Path, padding: str, truncation: str) -> None:
    extractor = saved(
        tmp_path, "clap", feature_size=32, frequency_min=100, padding=padding, truncation=truncation
    )
    theirs = expected(extractor, padding=padding, truncation=truncation)[0].T
    assert np.abs(seen_by(tmp_path).values - theirs).max() < 1e-4  # dB


@pytest.mark.parametrize("kind", ["Wav2Vec2", "Hubert", "WavLM"])
def test_waveforms_with_or_without_normalisation(tmp_path: Path, kind: str) -> None:
    extractor = saved(tmp_path, kind, do_normalize=False)
    seen = seen_by(tmp_path)
    assert np.abs(seen.values[0] - expected(extractor)).max() < 1e-6
    # Kernels of 10, 3 and 3 samples, strides of 5, 8 and 8.
    assert seen.patches == Patches(rows=1, frames=100, row_step=1, frame_step=320)


def test_unsupported_rate_is_reported(tmp_path: Path) -> None:
    saved(tmp_path, "ast", sampling_rate=8000)
    with pytest.raises(ModelUnavailable, match="at 8000 Hz is not supported"):
        seen_by(tmp_path)


@pytest.mark.parametrize("kind", ["wav2vec2", "hubert", "wavlm"])
def test_recognisers_and_classifiers_have_the_same_input(tmp_path: Path, kind: str) -> None:
    tiny_ctc.save(tmp_path, kind)
    assert seen_by(tmp_path).unit == "standard deviations"


def test_unsupported_filter_bank_is_reported(tmp_path: Path) -> None:
    tiny_ctc.save(tmp_path, "wav2vec2-bert")
    with pytest.raises(ModelUnavailable, match="the input of wav2vec2-bert is not supported"):
        seen_by(tmp_path)


def test_folder_is_accepted_by_the_command(tmp_path: Path) -> None:
    saved(tmp_path / "model", "ast")
    picture = tmp_path / "seen.png"
    said = audiocli("spectrogram", JFK, "--model-input", tmp_path / "model", "-o", picture)
    assert (said.code, said.stderr) == (0, "") and picture.stat().st_size > 1000
