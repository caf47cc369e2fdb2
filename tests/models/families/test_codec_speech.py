"""CSM and Dia end to end with tiny checkpoints; every stage affects the output."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny_codec_speech as tiny
from audiocli.audio.decode import read
from tiny_speech import again

pytestmark = pytest.mark.filterwarnings("ignore")
pytest.importorskip("transformers")

MAKERS: dict[str, Callable[..., Path]] = {"csm": tiny.csm, "dia": tiny.dia}
STAGES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "csm backbone": ("csm", lambda model: model.backbone_model.layers),
    "csm depth": ("csm", lambda model: model.depth_decoder.model.layers),
    "csm codec": ("csm", lambda model: model.codec_model.decoder),
    "dia encoder": ("dia", lambda model: model.model.encoder),
    "dia decoder": ("dia", lambda model: model.model.decoder),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Unchanged models, and the codec of Dia."""
    folder = tmp_path_factory.mktemp("models")
    return {name: make(folder / name) for name, make in {**MAKERS, "dac": tiny.dac}.items()}


@pytest.fixture
def speak(
    run: Callable[..., Any], tmp_path: Path, models: dict[str, Path]
) -> Callable[..., np.ndarray]:
    """Synthesise speech with the model of a folder; return the samples."""

    def speak(name: str, *options: object, model: Path | None = None) -> np.ndarray:
        vocoder = ("--vocoder", models["dac"]) if name == "dia" else ()
        out = ("-o", tmp_path / "out.wav", "--overwrite", "--offline")
        args = ("speak", "hello there", "-m", model or models[name], *vocoder, *out, *options)
        ran = run(*map(str, args))
        assert ran.code == 0, ran.stderr
        return read(tmp_path / "out.wav").samples[0]

    return speak


def differ(one: np.ndarray, other: np.ndarray) -> bool:
    return one.size != other.size or not np.allclose(one, other)


@pytest.mark.parametrize("stage", STAGES)
def test_no_stage_is_left_out(speak: Callable[..., Any], tmp_path: Path, stage: str) -> None:
    name, part = STAGES[stage]
    usual = speak(name)
    assert 0.01 < np.abs(usual).max() <= 1
    assert differ(usual, speak(name, model=MAKERS[name](tmp_path / "other", again(part))))


@pytest.mark.parametrize("name", MAKERS)
def test_output_is_reproducible_by_seed(speak: Callable[..., Any], name: str) -> None:
    first = speak(name, "--seed", 3)
    assert np.array_equal(first, speak(name, "--seed", 3))
    assert differ(first, speak(name, "--seed", 4))


@pytest.mark.parametrize("name", MAKERS)
def test_output_continues_the_reference_without_repeating_it(
    speak: Callable[..., Any], tmp_path: Path, name: str
) -> None:
    import soundfile as sf

    clip, other, long = (tmp_path / name for name in ("clip.wav", "other.wav", "long.wav"))
    noise = np.random.default_rng(0).normal(0, 0.2, 20_000)
    sf.write(clip, noise, 16_000)
    sf.write(other, noise[::-1], 16_000)
    sf.write(long, np.tile(noise, 3), 16_000)

    def going_on(reference: Path, words: str = "hello") -> np.ndarray:
        return speak(name, "--reference", reference, "--reference-text", words)

    plain, heard = speak(name), going_on(clip)
    assert differ(plain, heard)
    assert differ(heard, going_on(other))
    assert differ(heard, going_on(clip, "there hello"))
    # However long the recording is, as much is said: it is no part of what is given.
    assert going_on(long).size == pytest.approx(heard.size, rel=0.1)


def test_reference_without_transcript_is_refused(
    run: Callable[..., Any], models: dict[str, Path], tmp_path: Path, jfk: Path
) -> None:
    said = ("speak", "hello", "-m", models["csm"], "-o", tmp_path / "out.wav", "--reference", jfk)
    ran = run(*said)
    assert ran.code == 2
    assert f"needs the text of {jfk} (--reference-text; `audiocli transcribe" in (ran.stderr)
    ran = run("speak", "hello", "-m", models["csm"], "-o", tmp_path / "out.wav", "--voice", "9")
    assert (ran.code, "has no voice '9' (one of: 0, 1)" in ran.stderr) == (2, True)


def test_dia_without_codec_is_refused(
    run: Callable[..., Any], models: dict[str, Path], tmp_path: Path
) -> None:
    ran = run("speak", "hello", "-m", models["dia"], "-o", tmp_path / "out.wav", "--offline")
    assert (ran.code, ran.stderr.count("\n")) == (3, 1)
    assert "descript/dac_44khz is not downloaded" in ran.stderr


def test_a_text_is_spoken_in_one_voice(speak: Callable[..., Any], models: dict[str, Path]) -> None:
    from audiocli.models.base import DeviceOptions
    from audiocli.models.families.csm import CsmSynthesiser
    from audiocli.models.protocols.synthesis import SynthesisOptions
    from audiocli.tasks.synthesis.passages import QUIET

    synthesiser = CsmSynthesiser(models["csm"], DeviceOptions())
    first = synthesiser.synthesise("hello there", SynthesisOptions())
    loud = np.flatnonzero(np.abs(first) > QUIET)
    edge = round(0.04 * synthesiser.rate)
    own = SynthesisOptions(
        reference_audio=first[max(0, loud[0] - edge) : loud[-1] + edge],
        reference_text="hello there",
    )
    expected = synthesiser.synthesise("hello there", own)
    spoken = speak("csm")
    assert np.corrcoef(spoken[: first.size // 2], expected[: first.size // 2])[0, 1] > 0.99
