"""Whisper: tokenizer, hallucination filter, backends and transformers checkpoints."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import ctranslate2
import numpy as np
import pytest
from numpy.typing import NDArray

from audiocli.errors import UsageError
from audiocli.loading import default_store
from audiocli.models.base import LoadOptions
from audiocli.models.families.whisper import BASE, load
from audiocli.models.families.whisper.conversion import converted
from audiocli.models.families.whisper.dtw import _median, dtw_path
from audiocli.models.families.whisper.hypothesis import Hypothesis
from audiocli.models.families.whisper.int8_weights import with_int8_weights
from audiocli.models.families.whisper.tokenizer import WhisperTokenizer
from audiocli.models.protocols.recognition import AudioChunk
from audiocli.results import Word
from conftest import Ran


@pytest.fixture(scope="session")
def base() -> Path:
    return default_store().path(BASE)


@pytest.fixture(scope="session")
def checkpoint(base: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny random Whisper with the real tokenizer."""
    from audiocli.models.torch_layer import import_torch, import_transformers

    import_torch().manual_seed(0)
    transformers = import_transformers()
    folder = tmp_path_factory.mktemp("tiny-whisper")
    config = transformers.WhisperConfig(
        d_model=16,
        encoder_layers=1,
        decoder_layers=2,
        encoder_attention_heads=2,
        decoder_attention_heads=2,
        encoder_ffn_dim=32,
        decoder_ffn_dim=32,
        vocab_size=51865,
        init_std=1.0,  # so that it does not say the same token for ever
    )
    model = transformers.WhisperForConditionalGeneration(config)
    generation = model.generation_config
    generation._from_model_config = False
    generation.suppress_tokens = [1, 2, 7, *range(50258, 51865)]  # no times
    generation.begin_suppress_tokens = [220, 50257]
    generation.alignment_heads = [[0, 1], [1, 0]]
    model.save_pretrained(folder)
    transformers.WhisperFeatureExtractor().save_pretrained(folder)
    shutil.copy(base / "tokenizer.json", folder)
    transformers.PreTrainedTokenizerFast(
        tokenizer_file=str(base / "tokenizer.json")
    ).save_pretrained(folder)
    return folder


def test_a_checkpoint_of_transformers_runs_and_is_converted_once(
    run: Callable[..., Ran], checkpoint: Path, jfk: Path, tmp_path: Path
) -> None:
    args = ("transcribe", jfk, "--model", checkpoint, "-l", "en", "-f", "json", "--offline")
    first = run(*args, "--no-hallucination-filter", AUDIOCLI_CACHE=str(tmp_path))
    assert (first.code, first.stderr) == (0, "")
    assert first.json["duration"] == 11.0
    (home,) = (tmp_path / "derived").glob("whisper-*[!k]")
    made = (home / "model.bin").stat().st_mtime_ns
    again = run(*args, "--no-hallucination-filter", AUDIOCLI_CACHE=str(tmp_path))
    assert again.stdout == first.stdout
    assert (home / "model.bin").stat().st_mtime_ns == made


def test_converted_encoder_equals_that_of_transformers(checkpoint: Path, tmp_path: Path) -> None:
    import ctranslate2
    import torch
    from transformers import WhisperForConditionalGeneration

    features = np.random.default_rng(0).normal(size=(1, 80, 3000)).astype(np.float32)
    model = WhisperForConditionalGeneration.from_pretrained(checkpoint)
    with torch.no_grad():
        expected = model.model.encoder(torch.from_numpy(features)).last_hidden_state.numpy()
    home = converted(checkpoint, LoadOptions(derived_folder=tmp_path))
    quick = ctranslate2.models.Whisper(str(home), compute_type="float32")
    encoded = np.array(quick.encode(ctranslate2.StorageView.from_array(features)))
    assert np.abs(encoded - expected).max() < 1e-4


def words_of(
    folder: Path, device_options: LoadOptions, jfk: Path, beam_size: int
) -> list[list[Word]]:
    """Return the unfiltered words of chunks of two lengths in one batch."""
    from audiocli.audio.decode import read
    from audiocli.models.protocols.recognition import AudioChunk, DecodingOptions

    speech = read(jfk, rate=16_000).samples[0]
    chunks = [AudioChunk(samples=s, language="en") for s in (speech, speech[: 16_000 * 4])]
    decoding = DecodingOptions(beam_size=beam_size, hallucination_filter=False)
    return [list(r.words) for r in load(folder, device_options).recognise(chunks, decoding)]


def test_both_backends_give_the_same_words_and_times(
    checkpoint: Path, jfk: Path, tmp_path: Path
) -> None:
    quick = LoadOptions(compute_type="float32", device="cpu", threads=1, derived_folder=tmp_path)
    expected = words_of(checkpoint, quick, jfk, beam_size=1)
    found = words_of(checkpoint, replace(quick, backend="transformers"), jfk, beam_size=1)
    for some, others in zip(expected, found, strict=True):
        assert len(some) > 3
        assert [w.text for w in some] == [w.text for w in others]
        assert [w.start for w in some] == pytest.approx([w.start for w in others], abs=0.1)
        assert [w.confidence for w in some] == pytest.approx([w.confidence for w in others], 1e-2)


def test_both_backends_decode_alike(checkpoint: Path, jfk: Path, tmp_path: Path) -> None:
    quick = LoadOptions(compute_type="float32", device="cpu", threads=1, derived_folder=tmp_path)
    expected = words_of(checkpoint, quick, jfk, beam_size=3)
    found = words_of(checkpoint, replace(quick, backend="transformers"), jfk, beam_size=3)
    for some, others in zip(expected, found, strict=True):  # far on, two beams can be as good
        assert [w.text for w in some][:30] == [w.text for w in others][:30]


def test_both_backends_detect_the_same_language(
    checkpoint: Path, jfk: Path, tmp_path: Path
) -> None:
    from audiocli.audio.decode import read
    from audiocli.models.protocols.recognition import AudioChunk

    chunk = AudioChunk(samples=read(jfk, rate=16_000).samples[0])
    quick = LoadOptions(compute_type="float32", device="cpu", derived_folder=tmp_path)
    slow = replace(quick, backend="transformers")
    found = [load(checkpoint, r).detect_language([chunk])[0] for r in (quick, slow)]
    assert found[0].keys() == found[1].keys()
    assert all(found[0][code] == pytest.approx(found[1][code], rel=1e-3) for code in found[0])


@pytest.mark.parametrize("options", [(), ("--beam-size", "1"), ("--translate", "-w")])
def test_transformers_runs_a_checkpoint_as_it_is(
    run: Callable[..., Ran], checkpoint: Path, jfk: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    args = (
        "transcribe",
        jfk,
        "-m",
        checkpoint,
        "--backend",
        "transformers",
        "--device",
        "cpu",
    )
    ran = run(*args, "-f", "json", "--offline", *options, AUDIOCLI_CACHE=str(tmp_path))
    assert ran.code == 0
    assert all(line.startswith("warning: ") for line in ran.stderr.splitlines())
    assert ran.json["duration"] == 11.0
    assert not list((tmp_path / "derived").glob("whisper-*"))


def test_unsupported_models_of_the_transformers_backend_are_refused(
    run: Callable[..., Ran], checkpoint: Path, jfk: Path
) -> None:
    ran = run("transcribe", jfk, "--backend", "transformers")
    assert (ran.code, ran.stdout) == (3, "")
    assert ran.stderr.startswith("error: whisper-base is in CTranslate2 format")
    args = ("-m", checkpoint, "--backend", "transformers", "--compute-type", "int8")
    ran = run("transcribe", jfk, *args)
    assert ran.code == 2
    assert ran.stderr == (
        "error: --backend transformers does not compute in int8 "
        "(one of: float32, float16, bfloat16)\n"
    )


def test_word_times_equal_those_of_the_reference() -> None:
    from transformers.models.whisper.generation_whisper import (
        _dynamic_time_warping,
        _median_filter,
    )

    generator = np.random.default_rng(0)
    cost = generator.normal(size=(7, 50)).astype(np.float32)
    rows, columns = _dynamic_time_warping(cost)
    assert np.array_equal(dtw_path(cost), np.stack([rows, columns], 1))
    import torch

    weights = generator.random((2, 7, 50)).astype(np.float32)
    expected = _median_filter(torch.from_numpy(weights)[None], 7)[0].numpy()
    assert np.array_equal(_median(weights), expected)


def test_english_out_of_an_unspaced_language_has_spaces(run: Callable[..., Ran], jfk: Path) -> None:
    ran = run("transcribe", jfk, "-l", "ja", "--translate", "-f", "json", "-w")
    assert (ran.json["language"], ran.json["segments"][0]["language"]) == ("ja", "en")
    assert "your country" in ran.json["text"]
    assert "fellow" in [word["text"] for word in ran.json["segments"][0]["words"]]


def test_a_broken_checkpoint_leaves_nothing_behind(
    run: Callable[..., Ran], checkpoint: Path, jfk: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    shutil.copytree(checkpoint, broken)
    (broken / "model.safetensors").write_bytes(b"not weights")
    ran = run("transcribe", jfk, "--model", broken, AUDIOCLI_CACHE=str(tmp_path / "cache"))
    assert ran.code == 3
    assert ran.stderr.startswith("error: ") and len(ran.stderr.splitlines()) == 1
    assert [p.name for p in (tmp_path / "cache" / "derived").iterdir()] == [".locks"]


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        (" Mr. Quilter's 3.5% gain", "en", [" Mr.", " Quilter's", " 3.5%", " gain"]),
        (' He said "no" - twice.', "en", [" He", " said", ' "no"', " - twice."]),
        ("客観的。", "ja", ["客", "観", "的。"]),
        (" Größe, naïve", "de", [" Größe,", " naïve"]),
    ],
)
def test_tokens_become_words_with_their_punctuation(
    base: Path, text: str, language: str, words: list[str]
) -> None:
    tokenizer = WhisperTokenizer(base)
    tokens = tokenizer.encode(text)
    units = tokenizer.split_words(tokens, language)
    assert tokenizer.decode(tokens) == text
    assert "".join(unit for unit, _, _ in units) == text
    assert [first for _, first, _ in units[1:]] == [last for _, _, last in units[:-1]]
    if language != "en" or "-" not in text:
        assert [unit for unit, _, _ in units] == words


def hypothesis(
    tokens: list[int], avg_logprob: float = -0.2, no_speech_prob: float = 0.0
) -> Hypothesis:
    return Hypothesis(tokens, avg_logprob, no_speech_prob, np.zeros((1, 1), np.float32))


def test_loops_and_low_probability_are_rejected_and_plain_speech_is_not() -> None:
    assert hypothesis([1, 2, 3, 4]).rejection_score("and so my fellow", 2.0) < 1
    assert hypothesis([1, 2, 3] * 2).rejection_score("one two three one two three", 3.0) > 1
    assert hypothesis(list(range(90))).rejection_score("many words " * 2, 1.0) > 1
    assert hypothesis([1, 2]).rejection_score("ha " * 60, 10.0) > 1
    assert hypothesis([1, 2], avg_logprob=-1.2).rejection_score("guess work", 3.0) > 1


def test_low_probability_is_accepted_only_with_certain_speech() -> None:
    assert hypothesis([1], avg_logprob=-0.9, no_speech_prob=0.9).is_accepted(0.5)
    assert hypothesis([1], avg_logprob=-1.5).is_accepted(0.99)
    assert not hypothesis([1], avg_logprob=-1.5).is_accepted(0.7)
    assert not hypothesis([1], avg_logprob=-1.5, no_speech_prob=0.7).is_accepted(0.99)


def test_languages_are_detected(base: Path, jfk: Path) -> None:
    from audiocli.audio.decode import read
    from audiocli.models.protocols.recognition import AudioChunk

    model = load(base, LoadOptions(threads=1))
    speech = read(jfk, rate=16_000).samples[0]
    found = model.detect_language([AudioChunk(samples=speech)])[0]
    assert found["en"] > 0.9 and sum(found.values()) == pytest.approx(1, abs=1e-3)


def test_result_does_not_depend_on_the_batch(base: Path, jfk: Path) -> None:
    from audiocli.audio.decode import read
    from audiocli.models.protocols.recognition import AudioChunk, DecodingOptions

    model = load(base, LoadOptions(threads=1))
    speech = read(jfk, rate=16_000).samples[0]
    parts = [AudioChunk(samples=speech[16_000 * n :]) for n in (0, 1, 2, 7, 8)]
    alone = [model.recognise([part], DecodingOptions())[0] for part in parts]
    together = model.recognise(parts, DecodingOptions())
    for some, others in zip(together, alone, strict=True):
        assert [(w.start, w.end, w.text) for w in some.words] == [
            (w.start, w.end, w.text) for w in others.words
        ]
        assert some.confidence == pytest.approx(others.confidence, 1e-3)


@pytest.mark.parametrize("kind", ["base", "checkpoint"], ids=["16-bit", "32-bit"])
def test_cached_int8_weights_equal_those_of_ctranslate2(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = converted(request.getfixturevalue(kind), LoadOptions(derived_folder=tmp_path))
    kept = with_int8_weights(folder, LoadOptions(derived_folder=tmp_path))
    assert kept.parent == tmp_path
    assert (kept / "model.bin").stat().st_size < 0.6 * (folder / "model.bin").stat().st_size
    heard = [heard_by(model) for model in (folder, kept)]
    assert np.array_equal(heard[0][0], heard[1][0])
    assert heard[0][1:] == heard[1][1:]


def heard_by(folder: Path) -> tuple[NDArray[np.float32], list[int], float]:
    """Return encoder output, tokens and score for noise on a CPU."""
    import ctranslate2

    noise = np.random.default_rng(0).normal(size=(1, 80, 3000)).astype(np.float32)
    model = ctranslate2.models.Whisper(str(folder), compute_type="int8", intra_threads=1)
    vectors = model.encode(ctranslate2.StorageView.from_array(noise), to_cpu=True)
    result = model.generate(vectors, [[50258]], max_length=20, return_scores=True)[0]
    return np.array(vectors), result.sequences_ids[0], result.scores[0]


def test_original_weights_are_used_without_a_cache(base: Path, tmp_path: Path) -> None:
    (tmp_path / "derived").write_bytes(b"a file is in the way")
    assert with_int8_weights(base, LoadOptions(derived_folder=tmp_path / "derived")) == base
    assert with_int8_weights(base, LoadOptions()) == base


def test_weights_of_an_unknown_format_are_not_converted(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "newer"
    folder.mkdir()
    shutil.copy(base / "config.json", folder)
    data = bytearray((base / "model.bin").read_bytes()[:1000])
    data[0] = 99
    (folder / "model.bin").write_bytes(data)
    cache = tmp_path / "derived"
    assert with_int8_weights(folder, LoadOptions(derived_folder=cache)) == folder
    assert [path.name for path in cache.iterdir()] == [".locks"]


def test_a_loop_is_accepted_only_if_no_coverage_pass_follows(base: Path) -> None:
    """The coverage pass needs the spans of speech; without them, repetition may be real."""
    recogniser = load(base, LoadOptions(device="cpu", threads=1))
    text = recogniser._tokenizer.encode(" ha" * 60)
    loop = replace(hypothesis(text), avg_logprob=-0.1)
    samples = np.zeros(10 * 16_000, np.float32)
    for speech_probability, speech, is_accepted in (
        (0.95, None, True),
        (0.5, None, False),
        (0.95, np.array([[0.0, 10.0]]), False),
    ):
        chunk = AudioChunk(
            samples=samples, speech_probability=speech_probability, speech_spans=speech
        )
        assert recogniser._is_accepted(chunk, loop) == is_accepted


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (LoadOptions(device="cuda"), "CTranslate2 finds no cuda device on this machine"),
        (LoadOptions(device="cuda:1"), "CTranslate2 finds no cuda device on this machine"),
        (LoadOptions(device="mps"), "CTranslate2 does not run on mps"),
        (
            LoadOptions(device="cpu", compute_type="int8_float16"),
            r"--compute-type int8_float16 does not run on this cpu \(one of: .*int8",
        ),
    ],
)
def test_a_device_or_precision_that_is_not_here_is_refused(
    base: Path, options: LoadOptions, message: str
) -> None:
    if options.device.startswith("cuda") and ctranslate2.get_cuda_device_count():
        pytest.skip("the machine has a GPU")
    with pytest.raises(UsageError, match=message):
        load(base, options)
