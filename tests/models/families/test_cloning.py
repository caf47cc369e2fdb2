"""Voice cloning: x-vectors, their use by SpeechT5, and the record in the output."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

import tiny_speech as tiny
from audiocli.audio.decode import read
from audiocli.models.base import DeviceOptions

pytestmark = pytest.mark.filterwarnings("ignore")
pytest.importorskip("transformers")


def test_x_vectors_equal_those_of_speechbrain(tmp_path: Path, jfk: Path) -> None:
    from audiocli.models.families.xvector import load

    embedder = load(tiny.xvector(tmp_path), DeviceOptions())
    vector = embedder.embed([read(jfk, rate=16_000).samples[0, :48_000]])[0]
    # What speechbrain 1.1.2 gives for these weights, its Fbank and its InputNormalization.
    expected = [0.3983, 0.5239, 0.3460, -0.0462, -0.3179, -0.3469, -0.4608, -0.1066]
    assert vector == pytest.approx(expected, abs=1e-4)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Return the arguments for a SpeechT5 with x-vectors as speakers."""
    folder = tmp_path_factory.mktemp("model")
    vocoder = tiny.hifi_gan(folder / "vocoder")
    return ("-m", str(tiny.speecht5(folder / "t5", speaker_size=512)), "--vocoder", str(vocoder))


@pytest.fixture
def speak(
    run: Callable[..., Any], tmp_path: Path, model: tuple[str, ...], monkeypatch: Any
) -> Callable[..., Any]:
    """Synthesise speech with that model, by default to out.wav."""
    network = tiny.xvector(tmp_path / "xvector", dimension=512)
    monkeypatch.setattr("audiocli.models.families.xvector.NAME", str(network))

    def speak(*options: object, out: str = "out.wav") -> Any:
        args = ("speak", "hello there", *model, "-o", tmp_path / out, "--overwrite", *options)
        return run(*map(str, args))

    return speak


def test_a_recording_changes_the_voice_and_the_file_says_so(
    speak: Callable[..., Any], tmp_path: Path, jfk: Path
) -> None:
    assert speak().code == 0
    own = read(tmp_path / "out.wav").samples
    ran = speak("--reference", jfk, "-f", "json")
    assert (ran.code, ran.stderr) == (
        0,
        f"cloning the voice of {jfk}; the output is marked\n",
    )
    cloned = read(tmp_path / "out.wav").samples
    assert own.shape != cloned.shape or not np.allclose(own, cloned)
    assert '"reference_file": "jfk.flac"' in (tmp_path / "out.json").read_text()


@pytest.mark.parametrize("name", ["wav", "flac", "opus", "mp3"])
def test_all_formats_record_the_cloned_voice(
    speak: Callable[..., Any], tmp_path: Path, jfk: Path, name: str
) -> None:
    assert speak("--reference", jfk, out=f"out.{name}").code == 0
    with av.open(str(tmp_path / f"out.{name}")) as file:
        comment = {**file.metadata, **file.streams.audio[0].metadata}["comment"]
    assert comment.startswith("synthetic speech, voice cloned from jfk.flac, made by audiocli ")
    assert comment.endswith(" with t5")  # not where it lies


def test_named_voices_are_the_speakers_of_cmu_arctic(
    speak: Callable[..., Any], tmp_path: Path
) -> None:
    sounds = {}
    for voice in ("slt", "bdl"):
        assert speak("--voice", voice).code == 0
        sounds[voice] = read(tmp_path / "out.wav").samples[0]
    assert speak().code == 0
    assert np.array_equal(read(tmp_path / "out.wav").samples[0], sounds["slt"])
    slt, bdl = sounds.values()
    assert slt.size != bdl.size or not np.allclose(slt, bdl)
    ran = speak("--voice", "nobody")
    assert (ran.code, ran.stderr.count("\n")) == (2, 1)
    assert "has no voice 'nobody' (one of: slt, clb, bdl, rms, awb, ksp)" in ran.stderr


def test_recording_without_a_voice_is_refused(
    speak: Callable[..., Any], run: Callable[..., Any], tmp_path: Path, jfk: Path
) -> None:
    import soundfile as sf

    silent, short, text = (tmp_path / name for name in ("silent.wav", "short.wav", "text.txt"))
    sf.write(silent, np.zeros(40_000), 16_000)
    sf.write(short, np.sin(np.arange(8_000) / 8), 16_000)
    text.write_text("no sound")
    problems = {
        silent: "is silent",
        short: "is 0.5 s long; a voice needs at least 1 s",
        tmp_path / "no.wav": "no such file",
        Path("https://example.org/voice.wav"): "no such file (--reference takes a local file",
        text: "",
    }
    for clip, problem in problems.items():
        ran = speak("--reference", clip)
        assert (ran.code, ran.stderr.count("\n")) == (4, 1)
        assert f"{clip}: {problem}" in ran.stderr
    ran = run("speak", "hello", "--reference", jfk, "-o", tmp_path / "out.wav")
    assert (ran.code, ran.stderr) == (
        2,
        "error: hibari does not support reference recordings (SpeechT5, CSM and Dia do)\n",
    )
    assert speak("--reference", jfk, "--voice", "slt").code == 2
