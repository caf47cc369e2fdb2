"""`audiocli embed` with the encoders that need no torch."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from audiocli.audio.decode import read
from audiocli.loading import default_store
from audiocli.models import registry
from audiocli.models.base import DeviceOptions
from audiocli.models.common.onnx_graph import _fields, _named
from audiocli.models.families import yamnet
from conftest import DATA, Ran

Run = Callable[..., Ran]


@pytest.fixture
def rooster() -> Path:
    """Five seconds."""
    return DATA / "rooster.ogg"


def weights_of(graph: bytes, name: bytes) -> np.ndarray:
    """A float tensor of an ONNX graph."""
    (message,) = (field.value for field in _fields(graph) if field.number == 7)
    tensors = (field.value for field in _fields(message) if field.number == 5)
    (data,) = (_named(tensor, 9) for tensor in tensors if _named(tensor, 8) == name)
    return np.frombuffer(data, np.float32)


def test_yamnet_scores_follow_from_the_vectors(run: Run, jfk: Path) -> None:
    frames = run("embed", jfk, "--pooling", "none", "-f", "json").json
    samples = read(jfk, rate=16_000).samples[0]
    windows = [
        samples[round(start * 16_000) : round(end * 16_000)]
        for start, end in zip(frames["starts"], frames["ends"], strict=True)
    ]
    store = default_store()
    expected = registry.load("yamnet", "classify", DeviceOptions(threads=1), store).model.scores(
        windows
    )
    graph = yamnet.float_graph(store.path(yamnet.FAMILY.specs[0]), cache=None)
    assert isinstance(graph, bytes)  # nothing is kept without a cache
    layer = weights_of(graph, b"model.classifier.weight").reshape(521, 1024)
    logits = np.array(frames["vectors"]) @ layer.T + weights_of(graph, b"model.classifier.bias")
    assert len(windows) == 22
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), expected, atol=1e-5)


def test_whole_recording_is_the_mean_of_its_frames(run: Run, rooster: Path) -> None:
    frames = run("embed", rooster, "--pooling", "none", "-f", "json").json
    whole = run("embed", rooster, "-f", "json").json
    highest = run("embed", rooster, "--pooling", "max", "-f", "json").json
    vectors = np.array(frames["vectors"])
    fresh = np.array([0.48] * (len(vectors) - 1) + [frames["ends"][-1] - frames["ends"][-2]])
    expected = fresh @ vectors / fresh.sum()
    np.testing.assert_allclose(whole["vectors"][0], expected, atol=1e-2)
    np.testing.assert_allclose(highest["vectors"][0], vectors.max(axis=0), atol=1e-6)
    assert (whole["starts"], whole["ends"]) == ([0.0], [whole["duration"]])


def test_speaker_vectors_are_those_of_voices(run: Run, jfk: Path) -> None:
    embedder = registry.load(
        None, "diarize", DeviceOptions(threads=1), default_store()
    ).model.embedder
    samples = read(jfk, rate=16_000).samples[0, : 4 * 16_000]
    found = run("embed", jfk, "--end", "4", "--model", "campplus", "-f", "json").json
    np.testing.assert_allclose(found["vectors"], embedder.embed([samples]), atol=1e-5)


def test_windows(run: Run, jfk: Path) -> None:
    answer = run("embed", jfk, "--start", "1", "--window", "4", "--hop", "2", "-f", "json").json
    assert (answer["starts"], answer["ends"]) == ([1.0, 3.0, 5.0, 7.0], [5.0, 7.0, 9.0, 11.0])
    alone = run("embed", jfk, "--start", "3", "--end", "7", "--window", "4", "-f", "json").json
    np.testing.assert_allclose(answer["vectors"][1], alone["vectors"][0], atol=1e-5)


def test_many_recordings_in_one_file(run: Run, jfk: Path, rooster: Path, tmp_path: Path) -> None:
    rows = run("embed", jfk, rooster, "--window", "5", "-f", "jsonl").stdout.splitlines()
    expected = np.concatenate([json.loads(row)["vectors"] for row in rows])
    for name in ("all.npy", "all.npz", "all.parquet"):
        answer = run("embed", jfk, "missing.wav", rooster, "--window", "5", "-o", tmp_path / name)
        assert (answer.code, answer.stdout) == (1, "")
        assert answer.stderr == "error: missing.wav: no such file (check the path)\n"
    np.testing.assert_allclose(np.load(tmp_path / "all.npy"), expected, atol=1e-6)
    kept = np.load(tmp_path / "all.npz", allow_pickle=False)
    np.testing.assert_allclose(kept["vectors"], expected, atol=1e-6)
    assert list(kept["sources"]) == [str(jfk)] * 3 + [str(rooster)]
    assert [one["model"]["name"] for one in json.loads(str(kept["metadata"]))] == ["yamnet"] * 2
    pq = pytest.importorskip("pyarrow.parquet")
    table = pq.read_table(tmp_path / "all.parquet")
    assert table.column_names == ["source", "start", "end", "vector"]
    np.testing.assert_allclose(np.stack(table["vector"].to_pylist()), expected, atol=1e-6)
    assert table["start"].to_pylist() == [0.0, 5.0, 6.0, 0.0]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (("--layer", "2"), "yamnet has no hidden layers (leave out --layer)"),
        (("--pooling", "attention"), "yamnet has no attention pooling (--pooling mean or max)"),
        (("--pooling", "none", "--window", "3"), "--pooling none keeps every frame"),
        (("--hop", "3"), "--hop requires --window"),
        (("--model", "hibari"), "hibari is a model for speak, not for embed"),
    ],
)
def test_what_cannot_be(run: Run, jfk: Path, options: tuple[str, ...], problem: str) -> None:
    answer = run("embed", jfk, *options)
    assert answer.code in (2, 3)
    assert answer.stderr.startswith(f"error: {problem}")
    assert answer.stdout == ""
