"""CTC checkpoints end to end, each from the smallest of its real architecture.

Their text and times must be those of transformers' own model and tokenizer.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

import tiny_ctc
from audiocli.audio.decode import read
from audiocli.models.base import DeviceOptions
from audiocli.models.common.ctc import recogniser as ctc
from audiocli.models.common.ctc.stitching import WindowLayout
from audiocli.models.protocols.recognition import AudioChunk, DecodingOptions
from audiocli.models.torch_layer import import_transformers
from conftest import Ran

torch = pytest.importorskip("torch")  # the tests run with every layer, or without them all

RATE = 16_000
KINDS = [*tiny_ctc.ARCHITECTURES, "parakeet"]


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Return the checkpoint of an architecture, made once."""
    made: dict[str, Path] = {}

    def of(kind: str) -> Path:
        if kind not in made:
            folder = tmp_path_factory.mktemp(kind)
            is_parakeet = kind == "parakeet"
            made[kind] = tiny_ctc.parakeet(folder) if is_parakeet else tiny_ctc.save(folder, kind)
        return made[kind]

    return of


def samples_of(jfk: Path) -> np.ndarray:
    """Return the samples of a recording in whole frames of the voice activity detector."""
    samples = read(jfk, rate=RATE).samples[0]
    return np.pad(samples, (0, -len(samples) % 512))


def heard_by_transformers(folder: Path, samples: np.ndarray) -> tuple[str, list[Any] | None]:
    """Return text, and word times if the tokenizer has them, with transformers alone."""
    transformers: Any = import_transformers()
    model = transformers.AutoModelForCTC.from_pretrained(folder).eval()
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
    inputs = extractor(samples, sampling_rate=RATE, return_tensors="pt")
    with torch.inference_mode():
        ids = model(**inputs).logits.argmax(-1)[0]
    if (folder / "vocab.json").exists():
        tokenizer = transformers.Wav2Vec2CTCTokenizer.from_pretrained(folder)
        found = tokenizer.decode(ids, output_word_offsets=True)
        return found["text"], found["word_offsets"]
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    return tokenizer.decode(ids, skip_special_tokens=True), None


@pytest.mark.parametrize("kind", KINDS)
def test_text_and_times_equal_those_of_transformers(
    kind: str, checkpoint: Callable[[str], Path], jfk: Path, run: Callable[..., Ran]
) -> None:
    folder = checkpoint(kind)
    options = ("--no-vad", "--offline", "-w", "-f", "json", "-m", folder)
    answer = run("transcribe", jfk, *options)
    assert (answer.code, answer.stderr) == (0, "")
    text, offsets = heard_by_transformers(folder, samples_of(jfk))
    words = [word for segment in answer.json["segments"] for word in segment["words"]]
    assert [word["text"] for word in words] == text.split()
    assert len(words) > 3
    assert all(0 < word["confidence"] <= 1 for word in words)
    if offsets:
        expected = [row["start_offset"] * 0.02 for row in offsets]
        assert [word["start"] for word in words] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("kind", KINDS)
def test_emissions_do_not_depend_on_the_batch(
    kind: str, checkpoint: Callable[[str], Path], jfk: Path
) -> None:
    model = ctc.CtcRecogniser(checkpoint(kind), DeviceOptions(threads=1))
    samples = samples_of(jfk)
    cuts = [samples[:48_000], samples[48_000:100_000], samples[:900], samples]
    chunks = [AudioChunk(samples=cut) for cut in cuts]
    for together, chunk in zip(model.emissions(chunks), chunks, strict=True):
        (alone,) = model.emissions([chunk])
        np.testing.assert_allclose(together.log_probabilities, alone.log_probabilities, atol=1e-3)


def test_windows_give_the_output_of_the_whole_with_a_small_receptive_field(
    tmp_path: Path, jfk: Path, run: Callable[..., Ran]
) -> None:
    """The receptive field is smaller than the overlap of the windows."""
    folder = tiny_ctc.save(tmp_path / "local", "xls-r", num_hidden_layers=0)
    samples = np.tile(samples_of(jfk), 6)
    sf.write(tmp_path / "long.wav", samples, RATE, subtype="FLOAT")
    assert len(samples) / RATE > 2 * (ctc.CORE + 2 * ctc.CONTEXT)
    answer = run("transcribe", tmp_path / "long.wav", "--no-vad", "-m", folder, "-f", "json")
    assert answer.code == 0
    assert answer.json["text"].split() == heard_by_transformers(folder, samples)[0].split()


def test_windows_change_few_frames_with_attention(
    checkpoint: Callable[[str], Path], jfk: Path
) -> None:
    """Attention has no limited receptive field, so few frames change their token."""
    folder = checkpoint("xls-r")
    samples = np.tile(samples_of(jfk), 6)
    model = ctc.CtcRecogniser(folder, DeviceOptions(threads=1))
    (pieces,) = model.emissions([AudioChunk(samples=samples)])
    model._layout = WindowLayout(core=10**6, context=0, ratio=320)  # the whole at once
    (whole,) = model.emissions([AudioChunk(samples=samples)])
    assert pieces.log_probabilities.shape == whole.log_probabilities.shape
    same = pieces.log_probabilities.argmax(1) == whole.log_probabilities.argmax(1)
    assert same.mean() > 0.9


def test_alignment_gives_the_times_of_recognition(
    checkpoint: Callable[[str], Path], jfk: Path
) -> None:
    """Aligning the recognised text gives the times of the recognition."""
    model = ctc.CtcRecogniser(checkpoint("xls-r"), DeviceOptions(threads=1))
    chunk = AudioChunk(samples=samples_of(jfk))
    (written,) = model.recognise([chunk], DecodingOptions())
    (aligned,) = model.align([chunk], [[word.text.upper() for word in written.words]])
    for found, word in zip(aligned, written.words, strict=True):
        assert (found.start, found.end) == pytest.approx((word.start, word.end), abs=0.021)
        assert found.text == word.text.upper()
    (mixed,) = model.align([chunk], [["1984", *(word.text for word in written.words[5:])]])
    assert mixed[0].start <= written.words[0].end
    assert mixed[1].start == pytest.approx(written.words[5].start, abs=0.021)
    (short,) = model.align([AudioChunk(samples=samples_of(jfk)[:3200])], [["hello"] * 99])
    assert [(word.confidence, word.end - word.start) for word in short] == [(0.0, 0.0)] * 99


def mms(folder: Path) -> Path:
    """MMS: an adapter, a head and a vocabulary for each language."""
    from safetensors.torch import save_file

    tiny_ctc.save(folder, "xls-r", adapter_attn_dim=4)
    transformers: Any = import_transformers()
    model = transformers.Wav2Vec2ForCTC.from_pretrained(folder)
    letters = {name: n for n, name in enumerate(tiny_ctc.LETTERS)}
    french = {name: n for n, name in enumerate([*tiny_ctc.LETTERS[:5], *"éèàùçœâêîôûëïü"])}
    (folder / "vocab.json").write_text(json.dumps({"eng": letters, "fra": french, "deu": letters}))
    settings = json.loads((folder / "tokenizer_config.json").read_text())
    settings["target_lang"] = "eng"
    (folder / "tokenizer_config.json").write_text(json.dumps(settings))
    torch.manual_seed(7)
    weights = {k: torch.randn_like(v) for k, v in model._get_adapters().items()}
    weights["lm_head.bias"][1:4] = -1000.0
    save_file(weights, folder / "adapter.fra.safetensors")
    return folder


def test_language_selects_the_adapter(tmp_path: Path, jfk: Path, run: Callable[..., Ran]) -> None:
    folder = mms(tmp_path / "mms")
    plain = run("transcribe", jfk, "-m", folder, "-f", "json")
    assert plain.json["language"] == "eng"
    answer = run("transcribe", jfk, "-m", folder, "-l", "fra", "-f", "json", "--no-vad")
    assert (answer.code, answer.stderr) == (0, "")
    transformers: Any = import_transformers()
    model = transformers.Wav2Vec2ForCTC.from_pretrained(
        folder, target_lang="fra", ignore_mismatched_sizes=True
    ).eval()
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
    tokenizer = transformers.Wav2Vec2CTCTokenizer.from_pretrained(folder, target_lang="fra")
    with torch.inference_mode():
        inputs = extractor(samples_of(jfk), sampling_rate=RATE, return_tensors="pt")
        ids = model(**inputs).logits.argmax(-1)[0]
    assert answer.json["text"].split() == tokenizer.decode(ids).split()
    assert set(answer.json["text"]) & set("éèàùçœâêîôûëïü")
    refused = run("transcribe", jfk, "-m", folder, "-l", "deu")  # tokens, but no adapter
    assert refused.code == 2
    assert "does not support the language 'deu' (one of: eng, fra)" in refused.stderr


def test_unsupported_options_are_refused(
    checkpoint: Callable[[str], Path], jfk: Path, tmp_path: Path, run: Callable[..., Ran]
) -> None:
    folder = checkpoint("wav2vec2")
    for option in (("--translate",), ("--prompt", "Mr. Quilter"), ("--beam-size", "5")):
        answer = run("transcribe", jfk, "-m", folder, *option)
        assert (answer.code, answer.stdout) == (2, "")
        assert f"does not support {option[0]}" in answer.stderr
    without_last_node = tmp_path / "without_last_node"
    transformers: Any = import_transformers()
    transformers.Wav2Vec2ForCTC.from_pretrained(folder).wav2vec2.save_pretrained(without_last_node)
    for file in ("preprocessor_config.json", "vocab.json", "tokenizer_config.json"):
        (without_last_node / file).write_text((folder / file).read_text())
    config = json.loads((without_last_node / "config.json").read_text())
    config["architectures"] = ["Wav2Vec2ForCTC"]
    (without_last_node / "config.json").write_text(json.dumps(config))
    answer = run("transcribe", jfk, "-m", without_last_node)
    assert answer.code == 3
    assert "no weights for lm_head.bias, so its text would be random" in answer.stderr
