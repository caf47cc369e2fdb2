"""Acoustic features against librosa and signals with known values."""

from __future__ import annotations

import io
from pathlib import Path

import librosa
import numpy as np
import pytest

from audiocli.audio.decode import open_audio
from audiocli.audio.features import stft
from audiocli.audio.features.pitch import yin
from audiocli.results import Features, ModelInfo, Segment, Transcript
from audiocli.tasks.acoustics.features import of_stream, spectral_shape
from sounds import pcm

JFK = Path(__file__).parents[2] / "data" / "jfk.flac"
RATE = 48_000


def measured(samples: np.ndarray) -> Features:
    with open_audio(io.BytesIO(pcm(samples[None].astype(np.float32), RATE))) as stream:
        return of_stream(stream)


def sine(hertz: float, amplitude: float = 0.1, seconds: float = 5.0) -> np.ndarray:
    return amplitude * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)


def test_a_tone_of_997_hz_has_the_loudness_of_the_standard() -> None:
    """ITU-R BS.1770: 0 dBFS at 997 Hz in one channel has -3.01 LUFS."""
    found = measured(sine(997))
    assert found.loudness == pytest.approx(-23.01, abs=0.1)
    assert found.rms == pytest.approx(-23.01, abs=0.01)
    assert found.peak == pytest.approx(-20.0, abs=0.01)
    assert found.centroid == pytest.approx(
        997, abs=50
    )  # the spectrum is wide at the ends of the tone
    assert found.flatness is not None and found.flatness < 0.01


@pytest.mark.parametrize("hertz", [80.0, 123.4, 220.0, 440.0])
def test_the_pitch_of_a_tone(hertz: float) -> None:
    found = measured(sine(hertz))
    assert found.f0_mean == pytest.approx(hertz, rel=0.002)
    assert found.voiced_ratio > 0.95


def test_noise_has_no_pitch_and_is_flat() -> None:
    found = measured(0.1 * np.random.default_rng(1).standard_normal(RATE * 3))
    assert found.voiced_ratio < 0.02 and found.snr is None
    assert found.flatness is not None and found.flatness > 0.5


def test_pauses_clipping_and_noise_are_measured() -> None:
    noise = 0.001 * np.random.default_rng(2).standard_normal(10 * RATE)
    noise[: 5 * RATE] += sine(300, amplitude=np.sqrt(2) * 0.1)
    found = measured(noise)
    assert found.snr == pytest.approx(40.0, abs=1.0)
    assert measured(np.clip(sine(100, amplitude=2.0), -1, 1)).clipped_ratio == pytest.approx(
        2 / 3, 0.01
    )
    half = np.concatenate([sine(300), np.zeros(5 * RATE)])
    assert measured(half).silence_ratio == pytest.approx(0.5, abs=0.01)


def test_silence_has_no_pitch_loudness_and_noise() -> None:
    found = measured(np.zeros(RATE))
    assert (found.loudness, found.snr, found.f0_mean, found.centroid) == (None, None, None, None)
    assert found.rms == -100


def test_one_sample_is_enough() -> None:
    assert measured(np.array([0.5])).peak == pytest.approx(-6.02, abs=0.01)


def test_pitch_of_speech_matches_pyin() -> None:
    rate = 16_000
    samples, _ = librosa.load(JFK, sr=rate)
    ours = np.concatenate([yin(f, rate) for f in stft.centred_frames([samples], 1024, 160)])
    theirs, voiced, _ = librosa.pyin(
        samples, fmin=65, fmax=500, sr=rate, frame_length=1024, hop_length=160
    )
    both = np.isfinite(ours) & voiced
    assert both.sum() > 300
    away = np.abs(ours[both] / theirs[both] - 1)
    assert np.median(away) < 0.01 and (away < 0.05).mean() > 0.95


def test_spectral_shape_matches_librosa() -> None:
    rate = 16_000
    samples, _ = librosa.load(JFK, sr=rate)
    magnitude = np.abs(librosa.stft(samples, n_fft=1024, hop_length=160))[:, 100:500]
    ours = spectral_shape((magnitude**2).T, rate)
    theirs = [
        librosa.feature.spectral_centroid(S=magnitude, sr=rate)[0],
        librosa.feature.spectral_rolloff(S=magnitude, sr=rate)[0],
        librosa.feature.spectral_flatness(S=magnitude)[0],
    ]
    np.testing.assert_allclose(ours, np.stack(theirs, axis=1), rtol=1e-3)


def test_speaking_rate_counts_words_of_the_speech() -> None:
    said = Transcript(
        source="a",
        duration=60,
        model=ModelInfo("m"),
        segments=(Segment(start=0, end=10, text="one two"), Segment(start=50, end=60, text="x")),
    )
    with open_audio(JFK) as stream:
        assert of_stream(stream, said).speaking_rate == pytest.approx(9.0)
