"""Tempo changes without a change of pitch, and speech mixed over a ducked recording."""

from __future__ import annotations

import numpy as np
import pytest

from audiocli.audio.mixing import ATTACK, DUCK_GAIN, RELEASE, mixed
from audiocli.audio.stretch import stretched

RATE = 24_000


def tone(seconds: float) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * 220 * np.arange(round(seconds * RATE)) / RATE)).astype("f4")


@pytest.mark.parametrize("tempo", [0.6, 0.95, 1.0, 1.3, 2.0, 3.5])
def test_length_changes_and_pitch_does_not(tempo: float) -> None:
    played = stretched(tone(2), RATE, tempo)
    assert played.size == round(2 * RATE / tempo)
    middle = played[played.size // 4 : 3 * played.size // 4]
    spectrum = np.abs(np.fft.rfft(middle * np.hanning(middle.size), 1 << 18))
    assert np.argmax(spectrum) * RATE / (1 << 18) == pytest.approx(220, abs=2)
    assert np.abs(middle).max() == pytest.approx(0.5, abs=0.05)


def test_no_samples_stay_no_samples() -> None:
    assert stretched(tone(0), RATE, 2.0).size == 0


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_speech_is_placed_and_the_recording_is_ducked(size: int) -> None:
    rate = 100
    recording = np.ones((2, 1000), np.float32)
    speech = np.zeros(1200, np.float32)
    speech[400:500] = speech[1100:] = 5.0
    out = mixed(
        (recording[:, n : n + size] for n in range(0, 1000, size)),
        np.split(speech, [13, 450, 451]),
        rate,
        [(4.0, 5.0), (11.0, 12.0)],
    )
    whole = np.concatenate(list(out), axis=1)
    assert whole.shape == (2, 1200)
    low = 10 ** (DUCK_GAIN / 20)
    assert np.allclose(whole[:, 400:500], 5 + low, atol=1e-4)
    assert np.allclose(whole[:, : 400 - round(ATTACK * rate)], 1)
    assert np.allclose(whole[:, 500 + round(RELEASE * rate) : 1000], 1)
    assert np.allclose(whole[:, 1100:], 5)
    assert np.abs(np.diff(whole[0, 500:600])).max() < 0.05  # no click


def test_without_speech_the_recording_is_not_ducked() -> None:
    recording = np.full((1, 10), 0.25, np.float32)
    (block,) = mixed([recording], [np.full(4, 0.5, np.float32)], 100)
    assert block.tolist() == [[0.75] * 4 + [0.25] * 6]
