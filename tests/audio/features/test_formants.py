"""Formants against Praat, and of a vowel whose resonances are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soxr

from audiocli.audio.decode import read
from audiocli.audio.features.formants import analysis_rate, formants, frame_length
from audiocli.results import Curve
from audiocli.tasks.acoustics.tracks import make_tracker

JFK = Path(__file__).parents[2] / "data" / "jfk.flac"


def test_formants_of_frames_match_praat() -> None:
    parselmouth = pytest.importorskip("parselmouth")
    sound = parselmouth.Sound(read(JFK).samples[0].astype(float), 16_000)
    praat = sound.to_formant_burg()
    theirs = [[praat.get_value_at_time(n, t) for n in (1, 2, 3)] for t in praat.xs()]
    resampled = sound.resample(11_000, 50)
    length = frame_length(11_000)
    first = np.floor((praat.xs() - resampled.x1) * 11_000).astype(int) - length // 2
    frames = resampled.values[0][first[:, None] + np.arange(length)]
    np.testing.assert_allclose(formants(frames, 11_000)[:, :3], theirs, atol=1e-6)


def test_curves_are_near_praats() -> None:
    """Another resampler, and frames a few milliseconds away."""
    parselmouth = pytest.importorskip("parselmouth")
    samples = read(JFK).samples[0]
    praat = parselmouth.Sound(samples.astype(float), 16_000).to_formant_burg()
    following = make_tracker("formants", 16_000, start=2.0)
    for block in np.array_split(samples, 7):
        following.feed(block)
    for n, curve in enumerate(following.finish(), 1):
        assert (curve.name, curve.unit, curve.connected) == (f"F{n}", "Hz", False)
        theirs = np.array([praat.get_value_at_time(n, t) for t in curve.times - 2.0])
        both = np.isfinite(curve.values) & np.isfinite(theirs)
        assert 300 < both.sum() < 1000
        away = np.abs(curve.values[both] / theirs[both] - 1)
        assert np.median(away) < 0.005 and np.quantile(away, 0.9) < 0.06


def test_the_resonances_of_a_synthetic_vowel() -> None:
    """Pulses at 100 Hz through resonators that are 80 Hz wide (Klatt 1980)."""
    rate, known = 44_100, [700, 1220, 2600, 3300, 4500]
    vowel = (np.arange(rate) % (rate // 100) == 0).astype(float)
    for hertz in known:
        radius = np.exp(-np.pi * 80 / rate)
        feedback = 2 * radius * np.cos(2 * np.pi * hertz / rate)
        heard = np.zeros(rate + 2)
        for t in range(rate):
            heard[t + 2] = vowel[t] + feedback * heard[t + 1] - radius**2 * heard[t]
        vowel = heard[2:]
    curves = followed(vowel / np.abs(vowel).max(), rate)
    np.testing.assert_allclose([np.nanmedian(c.values) for c in curves], known[:3], rtol=0.06)


def test_a_telephone_gives_the_same_formants() -> None:
    samples = read(JFK).samples[0]
    for wide, narrow in zip(
        followed(samples, 16_000), followed(soxr.resample(samples, 16_000, 8000), 8000), strict=True
    ):
        assert np.nanmedian(np.abs(narrow.values / wide.values - 1)) < 0.03


def test_silence_has_none_and_a_single_sample_is_enough() -> None:
    for samples, values in ((np.zeros(8000, np.float32), 101), (np.ones(1, np.float32), 1)):
        curves = followed(samples, 8000)
        assert [len(curve.values) for curve in curves] == [values] * 3
        assert samples.any() or all(np.isnan(curve.values).all() for curve in curves)
    assert analysis_rate(8000) == 8000 and analysis_rate(192_000) == 11_000


def followed(samples: np.ndarray, rate: int) -> tuple[Curve, ...]:
    following = make_tracker("formants", rate, start=0.0)
    following.feed(samples.astype(np.float32))
    return following.finish()
