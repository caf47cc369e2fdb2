"""What YAMNet hears: patches of its log-mel spectrogram."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from audiocli.audio.features.mel import hz_to_mel
from audiocli.audio.features.stft import window

Samples = NDArray[np.float32]

RATE = 16_000  # Hz
PATCH = 96  # frames the network looks at
PATCH_HOP = 48  # frames between two looks
PATCH_SAMPLES = 15_600  # sound in a patch, the last frame whole
_WIN_LENGTH, _HOP_LENGTH, _N_FFT, _N_MELS = 400, 160, 512, 64
_FLOOR = 0.001  # added before the logarithm


def yamnet_patches(samples: Samples) -> Samples:
    """YAMNet's input: 0.96 s of log-mel, every 0.48 s.

    The reference is `features.py` of YAMNet in tensorflow/models: frames of 25 ms
    every 10 ms, none of them padded; magnitudes, not powers; filters that are
    triangles on the mel axis of HTK, between 125 and 7500 Hz.

    Parameters
    ----------
    samples : shape (time,), at 16 kHz; what is shorter than a patch is filled with
        silence, and sound after the last whole patch is left out

    Returns
    -------
    shape (patches, 96, 64)
    """
    if len(samples) < PATCH_SAMPLES:
        samples = np.pad(samples, (0, PATCH_SAMPLES - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(samples, _WIN_LENGTH)[::_HOP_LENGTH]
    spectrum = np.fft.rfft(frames * window("hann", _WIN_LENGTH), _N_FFT, axis=-1)
    magnitude = np.abs(spectrum).astype(np.float32)
    log_mel = np.log(magnitude @ _filters() + np.float32(_FLOOR))
    patches = np.lib.stride_tricks.sliding_window_view(log_mel, PATCH, axis=0)[::PATCH_HOP]
    return patches.swapaxes(1, 2)


@lru_cache
def _filters() -> Samples:
    """Mel filters; shape (frequencies, 64)."""
    bins = hz_to_mel(np.fft.rfftfreq(_N_FFT, 1 / RATE), "htk")
    low, high = hz_to_mel(np.array([125.0, 7500.0]), "htk")
    corners = np.linspace(low, high, _N_MELS + 2)
    width = corners[1] - corners[0]
    distance = np.abs(bins[:, None] - corners[1:-1])
    return np.maximum(0.0, 1.0 - distance / width).astype(np.float32)
