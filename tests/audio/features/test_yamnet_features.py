"""YAMNet's front end against another implementation of its recipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from audiocli.audio.decode import read
from audiocli.audio.features.yamnet import yamnet_patches


def reference_log_mel(samples: np.ndarray) -> np.ndarray:
    """Each step of the paper's recipe in double precision and plain loops; (frames, 64)."""

    def mel(hertz: float) -> float:
        return 1127.0 * np.log(1.0 + hertz / 700.0)

    time = np.arange(400)
    taper = 0.5 - 0.5 * np.cos(2 * np.pi * time / 400)
    edges = np.linspace(mel(125.0), mel(7500.0), 66)
    filters = np.zeros((257, 64))
    for band in range(64):
        left, centre, right = edges[band : band + 3]
        for k in range(257):
            at = mel(k * 16_000 / 512)
            filters[k, band] = max(
                0.0, min((at - left) / (centre - left), (right - at) / (right - centre))
            )
    rows = []
    for start in range(0, len(samples) - 399, 160):
        spectrum = np.fft.rfft(samples[start : start + 400].astype(float) * taper, 512)
        rows.append(np.log(np.abs(spectrum) @ filters + 0.001))
    return np.array(rows)


def test_patches_are_the_recipe(jfk: Path) -> None:
    samples = read(jfk, rate=16_000).samples[0, : 16_000 * 3]
    log_mel = reference_log_mel(samples)
    patches = yamnet_patches(samples)
    assert patches.shape == (5, 96, 64)
    for number, patch in enumerate(patches):
        np.testing.assert_allclose(patch, log_mel[number * 48 : number * 48 + 96], atol=1e-4)


@pytest.mark.parametrize(("samples", "patches"), [(1, 1), (15_600, 1), (23_279, 1), (23_280, 2)])
def test_only_a_short_sound_is_padded(samples: int, patches: int) -> None:
    assert len(yamnet_patches(np.zeros(samples, np.float32))) == patches


def test_silence_is_the_floor() -> None:
    np.testing.assert_allclose(yamnet_patches(np.zeros(100, np.float32)), np.log(0.001), rtol=1e-6)
