"""YAMNet: the converted float graph compared with the quantised one."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np
import pytest

from audiocli.audio.decode import read
from audiocli.audio.features.yamnet import yamnet_patches
from audiocli.context import Context
from audiocli.models.base import LoadOptions
from audiocli.models.common.onnx_graph import dequantized_graph
from audiocli.models.families import yamnet, yamnet_encoder
from audiocli.models.store.model_store import Store

# Of the graph's first and last quantisers, as they are in the file.
INPUT_SCALE, INPUT_ZERO = 0.04793788, 144
OUTPUT_SCALE, OUTPUT_ZERO = 0.75654173, 190


@pytest.fixture(scope="session")
def folder() -> Path:
    """The model in the user's cache."""
    return Store(Context.of_process().cache_dir).path(yamnet.FAMILY.specs[0])


@pytest.fixture(scope="session")
def model(folder: Path) -> yamnet.YAMNet:
    return yamnet.load(folder, LoadOptions(threads=1))


def quantised_logits(folder: Path, patches: np.ndarray, scratch: Path) -> np.ndarray:
    """Return the logits of the quantised graph, patch by patch."""
    import onnxruntime as ort

    archive = io.BytesIO((folder / "YamNet_w8a8.onnx.zip").read_bytes())
    with zipfile.ZipFile(archive) as unpacked:
        unpacked.extractall(scratch)
    session = ort.InferenceSession(next(scratch.rglob("*.onnx")))
    levels = np.clip(np.round(patches / INPUT_SCALE + INPUT_ZERO), 0, 255).astype(np.uint8)
    rows = [session.run(None, {"audio": one[None, None]})[0][0] for one in levels]
    return (np.array(rows, np.float32) - OUTPUT_ZERO) * OUTPUT_SCALE


def test_float_graph_is_the_quantised_one_without_its_steps(
    folder: Path, model: yamnet.YAMNet, jfk: Path, tmp_path: Path
) -> None:
    samples = read(jfk, rate=16_000).samples[0]
    expected = 1 / (1 + np.exp(-quantised_logits(folder, yamnet_patches(samples), tmp_path)))
    found = model._of_patches(yamnet_patches(samples))
    assert np.abs(found - expected).mean() < 0.002
    assert (found.argmax(axis=1) == expected.argmax(axis=1)).mean() > 0.9
    assert len(np.unique(found)) > 100 * len(np.unique(expected))


def test_the_graph_is_converted_once(
    folder: Path, jfk: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = LoadOptions(threads=1, derived_folder=tmp_path)
    samples = read(jfk, rate=16_000).samples[0]
    converted = yamnet.load(folder, LoadOptions(threads=1)).scores([samples])
    vectors = yamnet_encoder.load(folder, options).encode([samples])
    yamnet.load(folder, options)
    monkeypatch.setattr(yamnet, "_unpacked", lambda file: pytest.fail(f"{file} was read again"))
    assert (yamnet.load(folder, options).scores([samples]) == converted).all()
    assert (yamnet_encoder.load(folder, options).encode([samples])[0] == vectors[0]).all()
    kept = sorted(path.name.rpartition("-")[0] for path in tmp_path.glob("yamnet-*"))
    assert kept == ["yamnet-encoder-float32", "yamnet-float32"]


def test_batches_do_not_mix(model: yamnet.YAMNet, jfk: Path) -> None:
    samples = read(jfk, rate=16_000).samples[0]
    windows = [samples[:50], samples[:16_000], samples[16_000:90_000], samples]
    alone = np.concatenate([model.scores([window]) for window in windows])
    np.testing.assert_allclose(model.scores(windows), alone, atol=1e-5)
    assert model.labels[int(alone[-1].argmax())] == "Speech"
    assert len(model.labels) == 521


def test_graph_without_quantisers_is_kept() -> None:
    """Nodes, weights and inputs of a float graph do not change."""

    def field(number: int, value: bytes) -> bytes:
        return bytes([number << 3 | 2, len(value)]) + value

    dimensions = field(1, field(2, b"N")) + field(1, b"\x08\x05")
    value = field(2, field(1, b"\x08\x02" + field(2, dimensions)))
    node = field(1, field(1, b"in") + field(1, b"w") + field(2, b"out") + field(4, b"Add"))
    weight = field(5, field(8, b"w") + field(9, b"1234"))
    graph = node + weight + field(11, field(1, b"in") + value) + field(12, field(1, b"out") + value)
    changed = dequantized_graph(b"\x08\x0b" + field(7, graph), b"")
    assert changed.startswith(b"\x08\x0b")
    assert node in changed
    assert weight in changed
    assert changed.count(b"batch") == 2  # of the input and of the output
    assert changed.count(b"\x08\x05") == 2  # the second axis keeps its length
