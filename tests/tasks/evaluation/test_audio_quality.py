"""Quality of enhanced speech."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest
from pystoi import stoi

from audiocli.audio.decode import read
from audiocli.errors import InputError
from audiocli.tasks.evaluation.audio_quality import ClipPair, QualityScorer, si_sdr
from audiocli.tasks.evaluation.reference import Reference
from conftest import DATA


def test_si_sdr_is_the_ratio_of_target_and_noise_at_any_scale() -> None:
    time = np.arange(16_000) / 16_000
    clean, noise = np.sin(2 * np.pi * 100 * time), 0.1 * np.sin(2 * np.pi * 300 * time)
    assert si_sdr(clean, 3.7 * (clean + noise) + 0.5) == pytest.approx(20.0, abs=1e-6)


def test_scores_are_those_of_the_packages() -> None:
    clean = read(DATA / "account.flac", rate=16_000).samples[0]
    noisy = clean + np.random.default_rng(0).normal(0, 0.02, len(clean)).astype(np.float32)
    scorer = QualityScorer()
    tally = scorer.tally(Reference(name="x"), ClipPair(clean, noisy))
    got = {metric.name: metric.value(1) for metric in scorer.metrics([tally])}
    assert got["stoi"] == pytest.approx(stoi(clean, noisy, 16_000), abs=1e-6)
    assert got["si_sdr"] == pytest.approx(si_sdr(clean, noisy), abs=1e-3)
    assert ("pesq" in got) == (find_spec("pesq") is not None)


def test_recordings_of_different_lengths_are_refused() -> None:
    with pytest.raises(InputError, match=r"of 2.00 s and 1.00 s"):
        QualityScorer().tally(Reference(name="x.wav"), ClipPair(np.zeros(16_000), np.zeros(32_000)))


def test_silence_and_too_little_speech_are_refused() -> None:
    clean = read(DATA / "account.flac", rate=16_000).samples[0]
    scorer, reference = QualityScorer(), Reference(name="x.wav")
    with pytest.raises(InputError, match=r"x\.wav: it or the clean recording is silent"):
        scorer.tally(reference, ClipPair(clean, np.zeros_like(clean)))
    with pytest.raises(InputError, match=r"x\.wav: has too little speech for STOI"):
        scorer.tally(reference, ClipPair(clean[8000:12_000], clean[8000:12_000]))
