"""The frames of CTC models, and the text that they collapse to."""

from __future__ import annotations

import csv
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import numpy as np
import pytest

from audiocli.models.common.ctc.emissions import CtcEmissions
from audiocli.models.common.ctc.vocabulary import CtcVocabulary
from audiocli.render import render
from audiocli.render.base import Layout
from audiocli.results import Emissions, ModelInfo
from audiocli.tasks.alignment.explain import frames_of
from conftest import Ran

NAMES = ("<pad>", "<s>", "|", *"EHLO")
PIECES = ("", "", " ", *"EHLO")

TABLE = """\
hello.wav  00:00:00.4  tiny
   s   frames   emitted      p   is              text so far
────────────────────────────────────────────────────────────
0.50        2   · ·       0.90
0.54        3   H H H     0.90   written         H
0.60        1   E         0.90   written         HE
0.62        2   L L       0.90   written         HEL
0.66        1   ·         0.90                   HEL
0.68        1   L         0.90   written again   HELL
0.70        1   <s>       0.90                   HELL
0.72        2   O O       0.90   written         HELLO
0.76        1   |         0.90   written         HELLO
0.78        1   O         0.90   written         HELLO O
HELLO O
A token that is emitted in several frames in a row is written once. The blank,
·, is not written; after it the same token is written again.
"""


def emitted(text: str) -> CtcEmissions:
    """Return emissions with these most probable tokens; · is the blank, ^ a special token."""
    alphabet = "·^|EHLO"
    table = np.full((len(text), len(NAMES)), np.log(0.1 / 6), np.float32)
    table[np.arange(len(text)), [alphabet.index(letter) for letter in text]] = np.log(0.9)
    vocabulary = CtcVocabulary(pieces=PIECES, names=NAMES, blank=0)
    return CtcEmissions(log_probabilities=table, frame_seconds=0.02, vocabulary=vocabulary)


def test_table_shows_how_runs_collapse() -> None:
    frames = tuple(frames_of(emitted("··HHHELL·L^OO|O"), 0.5))
    result = Emissions(
        source="hello.wav",
        duration=0.4,
        model=ModelInfo("tiny"),
        frame_seconds=0.02,
        text="HELLO O",
        frames=frames,
    )
    shown = render(result, "table", Layout(width=80))
    assert [line.rstrip() for line in shown.splitlines()] == TABLE.splitlines()


def test_frames_match_the_transcript(tmp_path: Path, jfk: Path, run: Callable[..., Ran]) -> None:
    pytest.importorskip("torch")
    import tiny_ctc

    folder = tiny_ctc.save(tmp_path / "model", "hubert")
    answer = run("transcribe", jfk, "-m", folder, "--explain", "ctc")
    assert (answer.code, answer.stderr) == (0, "")
    rows = list(csv.DictReader(answer.stdout.splitlines()))
    collapsed = "".join(
        token.replace("|", " ")
        for token, _ in groupby(row["token"] for row in rows)
        if token != "<pad>"
    )
    assert "".join(row["text"] for row in rows) == collapsed
    said = run("transcribe", jfk, "-m", folder, "-f", "json", "--no-hallucination-filter").json
    assert said["text"].split() == collapsed.split()
    explained = run("transcribe", jfk, "-m", folder, "--explain", "ctc", "-f", "json").json
    assert explained["text"].split() == collapsed.split()
    steps = np.diff([frame["start"] for frame in explained["frames"]])
    assert explained["frame_seconds"] == 0.02
    np.testing.assert_allclose(steps, 0.02, atol=2e-3)


def test_models_without_frames_are_refused(jfk: Path, run: Callable[..., Ran]) -> None:
    answer = run("transcribe", jfk, "-m", "tiny.en", "--explain", "ctc")
    assert (answer.code, answer.stdout) == (2, "")
    assert "whisper-tiny.en has no CTC head to explain" in answer.stderr


def test_words_of_one_model_get_the_times_of_another(
    tmp_path: Path, jfk: Path, run: Callable[..., Ran]
) -> None:
    """The times match a forced alignment computed here from the scores of the model."""
    pytest.importorskip("torch")
    import tiny_ctc
    from audiocli.audio.decode import read
    from audiocli.models.base import DeviceOptions
    from audiocli.models.common.ctc.recogniser import CtcRecogniser
    from audiocli.models.protocols.recognition import AudioChunk

    folder = tiny_ctc.save(tmp_path / "model", "xls-r")
    options = ("-m", "tiny.en", "-f", "json", "--no-vad")
    plain = run("transcribe", jfk, *options, "-w").json
    timed = run("transcribe", jfk, *options, "--align-model", folder)
    assert timed.code == 0
    words = [word for segment in timed.json["segments"] for word in segment["words"]]
    assert timed.json["text"] == plain["text"]
    samples = read(jfk, rate=16_000).samples[0]
    chunk = AudioChunk(samples=np.pad(samples, (0, -len(samples) % 512)))
    model = CtcRecogniser(folder, DeviceOptions(threads=1))
    (expected,) = model.align([chunk], [[word["text"] for word in words]])
    for word, known in zip(words, expected, strict=True):
        # Trimmed to the speech, which ends in the last frame.
        assert (word["start"], word["end"]) == pytest.approx((known.start, known.end), abs=0.013)
    refused = run("transcribe", jfk, *options, "--align-model", "whisper-base")
    assert refused.code == 2
    assert "whisper-base has no CTC head to align with" in refused.stderr
