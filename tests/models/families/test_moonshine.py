"""Moonshine: the registered export on real speech, and a tiny transformers checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jiwer
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audiocli.audio.decode import read
from audiocli.models.families.moonshine.onnx import read_pieces
from audiocli.models.families.moonshine.recogniser import spread_words
from audiocli.models.protocols.recognition import AudioChunk
from audiocli.models.torch_layer import import_transformers
from conftest import Ran

SAID = (
    "and so my fellow americans ask not what your country can do for you "
    "ask what you can do for your country"
)


def test_real_speech_is_recognised(run: Callable[..., Ran], jfk: Path) -> None:
    answer = run("transcribe", jfk, "-m", "moonshine-tiny", "-f", "json", "-w")
    assert (answer.code, answer.stderr) == (0, "")
    letters = "".join(c for c in answer.json["text"].lower() if c.isalpha() or c == " ")
    assert jiwer.wer(SAID, letters) <= 0.05
    assert answer.json["language"] == "en"
    words = [word for segment in answer.json["segments"] for word in segment["words"]]
    times = [time for word in words for time in (word["start"], word["end"])]
    assert times == sorted(times)
    assert (times[0], times[-1]) == pytest.approx((0.3, 10.5), abs=0.2)
    assert "moonshine-tiny does not support --prompt" in run(
        "transcribe", jfk, "-m", "moonshine-tiny", "--prompt", "x"
    ).stderr  # fmt: skip
    assert "does not align a text with speech" in run(
        "align", jfk, "-m", "moonshine-tiny", "--text-file", jfk.with_name("README.md")
    ).stderr  # fmt: skip


@given(
    lengths=st.lists(st.integers(1, 9), min_size=1, max_size=20),
    edges=st.lists(st.integers(0, 300), min_size=2, max_size=10, unique=True),
)
def test_words_are_distributed_over_the_speech(lengths: list[int], edges: list[int]) -> None:
    spans = np.array(sorted(edges)[: len(edges) // 2 * 2], float).reshape(-1, 2) / 10
    chunk = AudioChunk(samples=np.zeros(16_000 * 31, np.float32), speech_spans=spans)
    words = spread_words(["x" * length for length in lengths], chunk, 0.5)
    assert words[0].start == pytest.approx(spans[0, 0])
    assert words[-1].end == pytest.approx(spans[-1, 1])
    spoken = 0.0
    for word in words:  # in order, within speech, as long as their letters
        inside = np.clip(spans, word.start, word.end)
        seconds = float(np.diff(inside).sum())
        share = (len(word.text) + 1) / (sum(lengths) + len(lengths))
        assert seconds == pytest.approx(share * np.diff(spans).sum(), abs=1e-6)
        spoken += seconds
    assert spoken == pytest.approx(float(np.diff(spans).sum()))


def test_vocabulary_of_the_wheel() -> None:
    long = b"y" * 300
    table = b"\x03<s>" + b"\x01a" + bytes([128 + 300 % 128, 300 // 128]) + long + b"\x00"
    assert read_pieces(table) == [b"<s>", b"a", long, b""]


def tiny(folder: Path) -> Path:
    """Save a tiny random Moonshine with a tokenizer of letters."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    transformers: Any = import_transformers()
    transformers.set_seed(0)
    pieces = ["<unk>", "<s>", "</s>", "▁", "▁a", "▁the", *"etaonihsr"]
    tokenizer = Tokenizer(models.Unigram([(piece, -float(n)) for n, piece in enumerate(pieces)], 0))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>", eos_token="</s>"
    ).save_pretrained(folder)
    config = transformers.MoonshineConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        intermediate_size=32,
        encoder_num_hidden_layers=1,
        decoder_num_hidden_layers=1,
        encoder_num_attention_heads=2,
        decoder_num_attention_heads=2,
        initializer_range=0.5,
    )
    model = transformers.MoonshineForConditionalGeneration(config)
    model.proj_out.weight.data[:3] = 0.0  # special tokens: it writes on to the limit
    model.save_pretrained(folder)
    transformers.Wav2Vec2FeatureExtractor().save_pretrained(folder)
    return folder


def test_text_equals_that_of_transformers(
    tmp_path: Path, jfk: Path, run: Callable[..., Ran]
) -> None:
    torch = pytest.importorskip("torch")
    folder = tiny(tmp_path / "moonshine")
    options = ("--end", "3", "--no-vad", "--no-hallucination-filter", "--offline", "-f", "json")
    answer = run("transcribe", jfk, "-m", folder, *options)
    assert (answer.code, answer.stderr) == (0, "")
    transformers: Any = import_transformers()
    model = transformers.MoonshineForConditionalGeneration.from_pretrained(folder).eval()
    samples = read(jfk, rate=16_000).samples[0, :48_000]
    samples = np.pad(samples, (0, -len(samples) % 512))
    normed = (samples - samples.mean()) / np.sqrt(samples.var() + 1e-7)
    most = round(6.5 * len(samples) / 16_000) + 4
    with torch.inference_mode():
        ids = model.generate(torch.from_numpy(normed)[None], max_new_tokens=most, do_sample=False)
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    expected = tokenizer.decode(ids[0], skip_special_tokens=True).split()
    assert len("".join(expected)) > 10
    assert answer.json["text"].split() == expected
