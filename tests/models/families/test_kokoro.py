"""The network of Kokoro in the layout of the wheels and of the hub."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audiocli.audio.decode import read
from audiocli.models import registry
from audiocli.models.base import DeviceOptions, LoadOptions
from audiocli.models.families.kokoro import MAX_PHONEMES
from audiocli.models.protocols.synthesis import SynthesisOptions
from audiocli.models.store.model_store import Store


@pytest.fixture(scope="module")
def folder() -> Path:
    """The files of the wheels in the user's cache."""
    from audiocli.context import Context

    store = Store(Context.of_process().cache_dir)
    return store.path(registry.resolve("kokoro", "speak", store).spec)


@pytest.mark.usefixtures("folder")
def test_speech_of_kokoro_is_recognised(run: Callable[..., Any], tmp_path: Path) -> None:
    out = tmp_path / "out.wav"
    text = "We paid twenty dollars for the tickets."
    assert run("speak", text, "--voice", "jm_kumo", "-o", out, "-f", "json").code == 0
    assert json.loads((tmp_path / "out.json").read_text())["model"]["name"] == "kokoro"
    heard = run("transcribe", out, "-f", "txt", "--language", "en").stdout
    assert heard.strip() in {text, "We paid $20 for the tickets."}
    assert read(out).duration > 1


def test_hub_layout_gives_the_same_speech(tmp_path: Path, folder: Path) -> None:
    with np.load(folder / "voices.npz") as tables:
        (tmp_path / "voices").mkdir()
        for name in ("jm_kumo", "jf_alpha"):
            tables[name].tofile(tmp_path / "voices" / f"{name}.bin")
    vocabulary = json.loads((folder / "vocab.json").read_text())["vocab"]
    (tmp_path / "tokenizer.json").write_text(json.dumps({"model": {"vocab": vocabulary}}))
    (tmp_path / "config.json").write_text('{"model_type": "style_text_to_speech_2"}')
    (tmp_path / "onnx").mkdir()
    (tmp_path / "onnx" / "model_quantized.onnx").symlink_to(folder / "model.onnx")
    store = Store(tmp_path / "cache", offline=True)
    hub = registry.load(str(tmp_path), "speak", DeviceOptions(threads=1), store).model
    ours = registry.built_in_families()
    ours_loaded = next(f for f in ours if f.name == "kokoro").load(folder, LoadOptions(threads=1))
    assert hub.voices == ("jf_alpha", "jm_kumo")
    options = SynthesisOptions(voice="jm_kumo")
    assert np.array_equal(
        hub.synthesise("Hello.", options), ours_loaded.synthesise("Hello.", options)
    )


def test_too_many_phonemes_are_split(folder: Path) -> None:
    from audiocli.models.families import kokoro

    synthesiser = kokoro.KokoroSynthesiser(folder, DeviceOptions(threads=1))
    long_numbers = "987,654,321,987 " * 8  # few characters, many phonemes
    read_aloud = synthesiser._reader(False)(long_numbers)
    assert len(long_numbers) <= synthesiser.max_characters
    assert len(read_aloud) > MAX_PHONEMES
    assert synthesiser.synthesise(long_numbers, SynthesisOptions()).size > 20 * 24_000
