"""`transcribe --diarize`: words with their speakers, on real speech."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audiocli.audio.decode import read
from audiocli.errors import ExitCode
from inprocess import audiocli

RATE = 16_000
MODEL = ("--model", "whisper-tiny.en")


@pytest.fixture(scope="module")
def conversation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Kennedy, interrupted between two sentences by the voice of `audiocli speak`."""
    folder = tmp_path_factory.mktemp("conversation")
    answer = folder / "answer.wav"
    said = "I never said that the meeting was on Monday. We can meet on Tuesday morning instead."
    assert audiocli("speak", said, "-o", answer).code == ExitCode.OK
    jfk = read(Path(__file__).parents[1] / "data" / "jfk.flac", rate=RATE).samples[0]
    pause = np.zeros(int(0.3 * RATE), np.float32)
    cut = int(7.6 * RATE)  # before "Ask what you can do"
    parts = (jfk[:cut], pause, read(answer, rate=RATE).samples[0], pause, jfk[cut:])
    path = folder / "conversation.wav"
    soundfile.write(path, np.concatenate(parts), RATE)
    return path


@pytest.fixture(scope="module")
def transcript(conversation: Path) -> Path:
    """What `transcribe --diarize` makes of it, with words."""
    path = conversation.with_suffix(".json")
    ran = audiocli("transcribe", conversation, "--diarize", *MODEL, "-w", "-o", path, **os.environ)
    assert ran == (ExitCode.OK, "", "")
    return path


def test_every_word_and_segment_has_its_speaker(transcript: Path) -> None:
    segments = json.loads(transcript.read_text())["segments"]
    said: dict[str, str] = {}
    for segment in segments:
        assert {word["speaker"] for word in segment["words"]} == {segment["speaker"]}
        said[segment["speaker"]] = said.get(segment["speaker"], "") + " " + segment["text"]
    assert said.keys() == {"SPEAKER_00", "SPEAKER_01"}
    assert "fellow Americans" in said["SPEAKER_00"] and "can do for your" in said["SPEAKER_00"]
    assert said["SPEAKER_01"].strip().startswith("I never said that the meeting was on Monday")
    turns = [segment["speaker"] for segment in segments]
    assert sum(a != b for a, b in pairwise(turns)) == 2
    assert all(a["end"] <= b["start"] for a, b in pairwise(segments))


@pytest.mark.parametrize(
    ("format", "mark"),
    [("srt", "[SPEAKER_01] I never"), ("vtt", "<v SPEAKER_01>"), ("txt", "SPEAKER_01: I never")],
)
def test_text_says_who_speaks(run: Callable, transcript: Path, format: str, mark: str) -> None:
    assert mark in run("convert", transcript, "-f", format).stdout


def test_words_are_left_out_where_nobody_asked(run: Callable, conversation: Path) -> None:
    ran = run("transcribe", conversation, "--diarize", *MODEL, "--num-speakers", "1", "-f", "json")
    assert {segment["speaker"] for segment in ran.json["segments"]} == {"SPEAKER_00"}
    assert all(segment["words"] == [] for segment in ran.json["segments"])


def test_known_voices_are_named(
    run: Callable, conversation: Path, jfk: Path, tmp_path: Path
) -> None:
    env = {"AUDIOCLI_VOICES": str(tmp_path / "voices.json")}
    assert run("voices", "enroll", "Kennedy", jfk, **env).code == ExitCode.OK
    ran = run("transcribe", conversation, "--diarize", "--voices", *MODEL, "-f", "json", **env)
    assert {s["speaker"] for s in ran.json["segments"]} == {"Kennedy", "SPEAKER_01"}


def test_silence_and_a_bad_file_beside_speech(
    run: Callable, conversation: Path, tmp_path: Path
) -> None:
    silent, broken = tmp_path / "silent.wav", tmp_path / "broken.wav"
    soundfile.write(silent, np.zeros(2 * RATE, np.float32), RATE)
    broken.write_bytes(b"no sound")
    inputs = (silent, broken, conversation)
    ran = run("transcribe", *inputs, "--diarize", *MODEL, "-d", tmp_path / "out", "-f", "txt")
    assert ran.code == ExitCode.SOME_FAILED
    assert ran.stderr.count("error: ") == 1 and "broken.wav" in ran.stderr
    texts = {path.stem: path.read_text() for path in (tmp_path / "out").rglob("*.txt")}
    assert texts["silent"] == "" and "SPEAKER_01" in texts["conversation"]
