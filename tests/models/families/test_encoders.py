"""Encoders: embeddings compared with the hidden states of transformers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny_classifiers
from audiocli.audio.decode import read
from audiocli.models.base import DeviceOptions
from audiocli.models.torch_layer import import_transformers
from conftest import Ran
from tiny_classifiers import MAKERS, saved

pytest.importorskip("torch")  # the tests run with every layer, or without them all

Run = Callable[..., Ran]
SECONDS = 1.2


@pytest.fixture(scope="session")
def transformers() -> Any:
    """transformers, with random weights that are the same in every run."""
    library = import_transformers()
    library.set_seed(0)
    return library


@pytest.fixture(scope="session")
def folders(transformers: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A checkpoint of each architecture."""
    base = tmp_path_factory.mktemp("encoders")
    return {kind: saved(maker, transformers, base / kind) for kind, maker in MAKERS.items()}


def states_of_transformers(transformers: Any, folder: Path, samples: np.ndarray) -> Any:
    """Return the output of the model, computed with transformers alone."""
    import torch

    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    model = getattr(model, "encoder", model) if "whisper" in folder.name else model
    inputs = extractor(samples, sampling_rate=16_000, return_tensors="pt")
    array = inputs.get("input_values", inputs.get("input_features"))
    with torch.no_grad():
        return model(array, output_hidden_states=True)


def as_frames(kind: str, states: Any) -> np.ndarray:
    """Return the number of frames without padding."""
    found = states[0].numpy()
    if kind == "ast":  # two tokens, then patches of 16 bands at every 10th: 2 rows
        patches = found[2:].reshape(2, -1, found.shape[-1])
        return patches.mean(axis=0)[: round(SECONDS / 0.1)]
    return found[: round(SECONDS / 0.02)] if kind == "whisper" else found


@pytest.mark.parametrize("layer", [None, 0, 1, -1])
@pytest.mark.parametrize("kind", MAKERS)
def test_states_equal_those_of_transformers(
    kind: str,
    layer: int | None,
    transformers: Any,
    folders: dict[str, Path],
    jfk: Path,
    run: Run,
) -> None:
    choice = ("--layer", str(layer)) if layer is not None else ()
    end = ("--end", str(SECONDS), "-m", folders[kind], "--offline", "-f", "json")
    frames = run("embed", jfk, "--pooling", "none", *choice, *end)
    assert (frames.code, frames.stderr) == (0, "")
    samples = read(jfk, rate=16_000).samples[0, : round(SECONDS * 16_000)]
    output = states_of_transformers(transformers, folders[kind], samples)
    states = output.last_hidden_state if layer is None else output.hidden_states[layer]
    expected = as_frames(kind, states)
    np.testing.assert_allclose(frames.json["vectors"], expected, atol=1e-5)
    mean = run("embed", jfk, *choice, *end).json
    np.testing.assert_allclose(mean["vectors"], [expected.mean(axis=0)], atol=1e-5)
    assert mean["layer"] == (2 if layer == -1 else layer)
    assert (mean["starts"], mean["ends"]) == ([0.0], [SECONDS])


def test_attention_is_the_pooler_of_ast(
    transformers: Any, folders: dict[str, Path], jfk: Path, run: Run
) -> None:
    options = ("--end", "1.2", "-m", folders["ast"], "--pooling", "attention", "-f", "json")
    samples = read(jfk, rate=16_000).samples[0, : round(SECONDS * 16_000)]
    expected = states_of_transformers(transformers, folders["ast"], samples).pooler_output
    found = run("embed", jfk, *options).json["vectors"]
    np.testing.assert_allclose(found, expected.numpy(), atol=1e-5)
    refused = run("embed", jfk, "-m", folders["hubert"], "--pooling", "attention")
    assert refused.code == 2
    assert "has no attention pooling (--pooling mean or max)" in refused.stderr


def test_embeddings_do_not_depend_on_other_lengths_in_the_batch(
    folders: dict[str, Path], jfk: Path
) -> None:
    from audiocli.models.common.transformers_encoders import Wav2Vec2Encoder

    encoder = Wav2Vec2Encoder(folders["wav2vec2"], DeviceOptions())
    samples = read(jfk, rate=16_000).samples[0]
    clips = [samples[:8000], samples[8000:30000], samples[30000:38000], samples[:50]]
    for together, clip in zip(encoder.encode(clips), clips, strict=True):
        np.testing.assert_allclose(together, encoder.encode([clip])[0], atol=1e-6)


def test_frames_of_a_long_recording_are_counted_once(
    folders: dict[str, Path], jfk: Path, run: Run
) -> None:
    answer = run("embed", jfk, "-m", folders["whisper"], "--pooling", "none", "-f", "json")
    starts, ends = np.array(answer.json["starts"]), np.array(answer.json["ends"])
    assert len(starts) == 550  # 11 s in steps of 20 ms
    long = run("embed", jfk, "-m", folders["wavlm"], "--pooling", "none", "-f", "json")
    starts, ends = np.array(long.json["starts"]), np.array(long.json["ends"])
    assert (np.diff(starts) > 0).all()
    assert ends[-1] == pytest.approx(11.0, abs=0.05)
    assert np.diff(starts).max() < 0.1  # no hole where windows meet


def test_clap_embeds_audio_and_text_in_one_space(
    transformers: Any, tmp_path: Path, jfk: Path, run: Run
) -> None:
    folder = tiny_classifiers.clap(transformers, tmp_path / "clap")
    answer = run("embed", jfk, "--end", "5", "-m", folder, "-f", "json").json
    (vector,) = answer["vectors"]
    assert len(vector) == answer["dimension"] == 16
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-4)
    refused = run("embed", jfk, "-m", folder, "--window", "20")
    assert "takes at most 10 s at once" in refused.stderr


def test_checkpoint_without_encoder_weights_is_refused(
    transformers: Any, tmp_path: Path, jfk: Path, run: Run
) -> None:
    folder = saved(MAKERS["hubert"], transformers, tmp_path / "model")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 3}))
    answer = run("embed", jfk, "-m", folder)
    assert (answer.code, answer.stdout) == (3, "")
    assert "so its embeddings would be random" in answer.stderr


def test_whisper_without_torch_is_ctranslate2_on_transformers_features(
    transformers: Any, jfk: Path, run: Run
) -> None:
    import ctranslate2

    from audiocli.loading import default_store
    from audiocli.models.registry import resolve

    store = default_store()
    spec = resolve("whisper-tiny.en", "embed", store).spec
    options = ("-m", "whisper-tiny.en", "--pooling", "none", "--compute-type", "float32")
    answer = run("embed", jfk, *options, "-f", "json").json
    assert (len(answer["vectors"]), answer["dimension"]) == (550, 384)
    assert (answer["starts"][1], answer["ends"][-1]) == (0.02, 11.0)
    extractor = transformers.WhisperFeatureExtractor(chunk_length=11)
    samples = read(jfk, rate=16_000).samples[0]
    features = extractor(samples, sampling_rate=16_000, return_tensors="np")["input_features"]
    model = ctranslate2.models.Whisper(str(store.path(spec)), compute_type="float32")
    view = ctranslate2.StorageView.from_array(np.ascontiguousarray(features, np.float32))
    expected = np.array(model.encode(view, to_cpu=True))[0]
    np.testing.assert_allclose(answer["vectors"], expected, atol=5e-3)
