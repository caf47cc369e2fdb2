"""Repositories as the hub has them: what is fetched of each is enough to speak.

The lists of files are those of the repositories named; the weights are the smallest
random ones, pickled where the repository has no others.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import tiny_speech as tiny
from audiocli.audio.decode import read
from audiocli.models import registry
from audiocli.models.families.speecht5 import SPEECHT5 as SPEECHT5_SPEC
from audiocli.models.store import hub

pytestmark = pytest.mark.filterwarnings("ignore")
pytest.importorskip("transformers")

MMS = (
    "config.json model.safetensors pytorch_model.bin special_tokens_map.json "
    "tokenizer_config.json vocab.json"
)
SPEECHT5 = (
    "README.md added_tokens.json config.json generation_config.json "
    "preprocessor_config.json pytorch_model.bin special_tokens_map.json spm_char.model "
    "tokenizer_config.json"
)
BARK = (
    "README.md coarse.pt coarse_2.pt config.json fine.pt generation_config.json "
    "pytorch_model.bin special_tokens_map.json speaker_embeddings_path.json text.pt "
    "tokenizer.json tokenizer_config.json vocab.txt"
)
ENCODEC = "README.md config.json model.safetensors preprocessor_config.json pytorch_model.bin"


def as_on_hub(folder: Path, family: str, listing: str) -> Path:
    """Add other files of a repository to a folder, then keep only those to be downloaded."""
    import torch
    from safetensors.torch import load_file

    weights = load_file(folder / "model.safetensors")
    torch.save(weights, folder / "pytorch_model.bin")
    names = set(listing.split())
    for file in (path for path in folder.rglob("*") if path.is_file()):
        if file.name not in names and file.parent == folder:
            file.unlink()
    for name in names:
        if not (folder / name).exists():
            (folder / name).write_text("{}" if name.endswith(".json") else "not read")
    patterns = next(f for f in registry.built_in_families() if f.name == family).hub_files
    kept = hub._prefer_safetensors(hub.matching(folder, patterns))
    fetched = folder.with_name(f"{folder.name}-fetched")
    for name in kept:
        (fetched / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(folder / name, fetched / name)
    return fetched


@pytest.fixture
def seconds(run: Callable[..., Any], tmp_path: Path) -> Callable[..., float]:
    """Synthesise speech and return its length."""

    def seconds(model: Path, *options: object) -> float:
        out = tmp_path / "out.wav"
        ran = run("speak", "hello there", "-m", model, "-o", out, "--overwrite", *map(str, options))
        assert ran.code == 0, ran.stderr
        return read(out).duration

    return seconds


def test_mms_and_other_vits(seconds: Callable[..., float], tmp_path: Path) -> None:
    fetched = as_on_hub(tiny.vits(tmp_path / "mms"), "vits", MMS)
    assert not (fetched / "pytorch_model.bin").exists()  # the same weights again
    pickled = as_on_hub(tiny.vits(tmp_path / "vits"), "vits", MMS.replace("model.safetensors ", ""))
    assert seconds(fetched) == seconds(pickled) > 0.8


def test_speecht5_and_its_vocoder(seconds: Callable[..., float], tmp_path: Path) -> None:
    model = as_on_hub(tiny.speecht5(tmp_path / "t5", speaker_size=512), "speecht5", SPEECHT5)
    vocoder = as_on_hub(
        tiny.hifi_gan(tmp_path / "gan"), "hifi-gan", "README.md config.json pytorch_model.bin"
    )
    assert seconds(model, "--vocoder", vocoder, "--voice", "ksp") > 0.8
    pinned = {file.name for file in SPEECHT5_SPEC.files}
    for file in model.iterdir():
        if file.name not in pinned:
            file.unlink()
    assert {file.name for file in model.iterdir()} == pinned
    assert seconds(model, "--vocoder", vocoder) > 0.8


def test_bark_defaults_to_an_english_voice(
    seconds: Callable[..., float], run: Callable[..., Any], tmp_path: Path
) -> None:
    folder = tiny.bark(tmp_path / "bark")
    prompts = folder / "speaker_embeddings"
    (prompts / "v2").mkdir()
    index = {"repo_or_path": "ylacombe/bark-large"}
    for voice in ("announcer", "v2/de_speaker_0", "v2/en_speaker_6", "v2/fr_speaker_1"):
        kinds = ("semantic_prompt", "coarse_prompt", "fine_prompt")
        index[voice] = {kind: f"speaker_embeddings/{voice}_{kind}.npy" for kind in kinds}  # type: ignore[assignment]
        for kind in kinds:
            shutil.copy(prompts / f"one_{kind}.npy", prompts / f"{voice}_{kind}.npy")
    (folder / "speaker_embeddings_path.json").write_text(json.dumps(index))
    (prompts / "v2" / "fr_speaker_1_fine_prompt.npy").unlink()
    fetched = as_on_hub(folder, "bark", BARK)
    assert not (fetched / "text.pt").exists()  # the same weights for another library
    assert seconds(fetched, "-f", "json") > 0.8
    assert json.loads((tmp_path / "out.json").read_text())["voice"] == "v2/en_speaker_6"
    assert seconds(fetched, "--voice", "v2/de_speaker_0") > 0.8
    ran = run("speak", "hello", "-m", fetched, "--voice", "v2/fr_speaker_1", "--play")
    assert ran.code == 2
    assert "(one of: v2/en_speaker_6, v2/de_speaker_0)" in ran.stderr


@pytest.mark.parametrize("stereo", [False, True], ids=["24khz", "48khz"])
def test_encodec(run: Callable[..., Any], tmp_path: Path, jfk: Path, stereo: bool) -> None:
    chunks = {"audio_channels": 2, "normalize": True, "chunk_length_s": 1.0, "overlap": 0.01}
    folder = tiny.encodec(tmp_path / "encodec", **(chunks if stereo else {}))
    model = as_on_hub(folder, "encodec", ENCODEC)
    assert {path.name for path in model.iterdir()} == {
        "config.json",
        "preprocessor_config.json",
        "model.safetensors",
    }
    codes, out = tmp_path / "talk.npz", tmp_path / "talk.wav"
    assert run("codec", "encode", jfk, "-o", codes, "-m", model).code == 0
    assert run("codec", "decode", codes, "-o", out).code == 0
    assert read(out).duration == pytest.approx(read(jfk).duration, abs=0.01)


def test_pytorch_checkpoint_of_kokoro_names_the_onnx_repository(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "config.json").write_text('{"istftnet": {}, "plbert": {}, "vocab": {}}')
    (tmp_path / "kokoro-v1_0.pth").write_bytes(b"weights")
    ran = run("speak", "hello", "-m", tmp_path, "-o", tmp_path / "out.wav")
    assert (ran.code, ran.stderr) == (
        3,
        "error: this checkpoint of Kokoro has no ONNX network, which audiocli needs "
        "(-m onnx-community/Kokoro-82M-v1.0-ONNX has the same weights)\n",
    )
