"""Speech synthesis families end to end with tiny checkpoints; every stage has an effect."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny_speech as tiny
from audiocli.audio.decode import read

pytestmark = pytest.mark.filterwarnings("ignore")
pytest.importorskip("transformers")


@pytest.fixture
def say(run: Callable[..., Any], tmp_path: Path) -> Callable[..., np.ndarray]:
    """Synthesise speech with the model of a folder; return the samples."""

    def say(model: Path, *options: object, text: str = "hello there.") -> np.ndarray:
        out = tmp_path / "out.wav"
        args = ("speak", text, "-m", model, "-o", out, "--overwrite", "--offline", *options)
        ran = run(*map(str, args))
        assert ran.code == 0, ran.stderr
        return read(out).samples[0]

    return say


def test_vits_output_has_the_predicted_duration(say: Callable[..., Any], tmp_path: Path) -> None:
    def longer(model: Any) -> None:
        model.duration_predictor.proj.bias.data += np.log(2.0)

    # A blank stands before, between and after the characters; a full stop is not in the alphabet.
    tokens = 2 * len("hello there") + 1
    plain = say(tiny.vits(tmp_path / "plain"))
    assert abs(plain.size - 0.8 * 16_000 - tokens * 5 * 16) < 2 * 0.05 * 16_000
    slow = say(tiny.vits(tmp_path / "slow", longer))
    assert slow.size - plain.size == pytest.approx(tokens * 4 * 16, abs=16)
    fast = say(tmp_path / "slow", "--speed", "2")
    assert fast.size == pytest.approx(plain.size, abs=16)


def test_vits_is_reproducible_by_seed(say: Callable[..., Any], tmp_path: Path) -> None:
    model = tiny.vits(tmp_path / "vits")
    first = say(model, "--seed", "3")
    assert np.array_equal(first, say(model, "--seed", "3"))
    assert not np.array_equal(first, say(model, "--seed", "4"))


def test_vits_that_needs_romanisation_names_uroman(run: Callable[..., Any], tmp_path: Path) -> None:
    model = tiny.vits(tmp_path / "vits", is_uroman=True)
    ran = run("speak", "привет", "-m", model, "-o", tmp_path / "out.wav")
    assert ran.code == 3
    assert "pip install uroman" in ran.stderr


def test_vits_is_silent_for_characters_outside_its_alphabet(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    model = tiny.vits(tmp_path / "vits")
    ran = run("speak", "привет", "-m", model, "-o", tmp_path / "out.wav")
    assert ran.code == 4
    assert "cannot pronounce any of it" in ran.stderr
    assert not (tmp_path / "out.wav").exists()


@pytest.fixture
def voice(tmp_path: Path) -> Path:
    """A speaker embedding."""
    np.save(tmp_path / "voice.npy", np.full(4, 0.5))
    return tmp_path / "voice.npy"


def test_speecht5_stops_at_the_stop_probability(
    say: Callable[..., Any], tmp_path: Path, voice: Path
) -> None:
    def stopping(certainty: float) -> tiny.Change:
        def change(model: Any) -> None:
            model.speech_decoder_postnet.prob_out.weight.data.zero_()
            model.speech_decoder_postnet.prob_out.bias.data.fill_(certainty)

        return change

    options = ("--speaker-embedding", voice, "--vocoder", tiny.hifi_gan(tmp_path / "vocoder"))
    at_once = say(tiny.speecht5(tmp_path / "sure", stopping(5.0)), *options)
    never = say(tiny.speecht5(tmp_path / "unsure", stopping(-5.0)), *options)
    pause = round(0.8 * 16_000)
    assert at_once.size - pause <= 2 * 16  # one step of two frames
    assert never.size - pause > 200 * 16  # twenty frames a character at most


def test_speecht5_uses_speaker_and_vocoder(
    say: Callable[..., Any], run: Callable[..., Any], tmp_path: Path, voice: Path
) -> None:
    model, vocoder = tiny.speecht5(tmp_path / "model"), tiny.hifi_gan(tmp_path / "vocoder")
    one = say(model, "--speaker-embedding", voice, "--vocoder", vocoder)
    np.save(tmp_path / "other.npy", np.array([1.0, -1.0, 1.0, -1.0]))
    other = say(model, "--speaker-embedding", tmp_path / "other.npy", "--vocoder", vocoder)
    assert one.size != other.size or not np.allclose(one, other)
    without = run("speak", "hello", "-m", model, "-o", tmp_path / "x.wav", "--vocoder", vocoder)
    assert without.code == 3
    assert "needs a speaker embedding of 4 numbers" in without.stderr


STAGES: dict[str, Callable[[Any], Any]] = {
    "semantic": lambda model: model.semantic,
    "coarse": lambda model: model.coarse_acoustics,
    "fine": lambda model: model.fine_acoustics,
    "codec": lambda model: model.codec_model.decoder,
}


@pytest.fixture(scope="module")
def bark(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An unchanged Bark."""
    return tiny.bark(tmp_path_factory.mktemp("bark") / "model")


@pytest.mark.parametrize("stage", STAGES)
def test_bark_runs_all_stages(
    say: Callable[..., Any], tmp_path: Path, bark: Path, stage: str
) -> None:
    other = tiny.bark(tmp_path / "other", tiny.again(STAGES[stage]))
    usual, changed = say(bark), say(other)
    assert usual.size > 0.8 * 24_000
    assert np.abs(usual).max() < 1
    assert usual.size != changed.size or not np.allclose(usual, changed)


def test_bark_has_voices(say: Callable[..., Any], run: Callable[..., Any], bark: Path) -> None:
    assert np.array_equal(say(bark), say(bark, "--voice", "one"))
    ran = run("speak", "hello", "-m", bark, "--voice", "two", "--play")
    assert ran.code == 2
    assert "no voice 'two' (one of: one)" in ran.stderr
