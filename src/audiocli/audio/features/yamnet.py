"""The log-mel patches of YAMNet."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from audiocli.audio.features.mel import hz_to_mel

Samples = NDArray[np.float32]

RATE = 16_000  # Hz
PATCH = 96  # frames per patch
PATCH_HOP = 48  # frames between patches
PATCH_SAMPLES = 15_600  # samples per patch
_WIN_LENGTH, _HOP_LENGTH, _N_FFT, _N_MELS = 400, 160, 512, 64
_FLOOR = 0.001  # added before the logarithm


def yamnet_patches(samples: Samples) -> Samples:
    """Compute the input of YAMNet: log-mel patches of 0.96 s every 0.48 s.

    The reference is `features.py` of YAMNet in tensorflow/models: 25 ms frames every 10 ms
    without padding, magnitudes instead of power, and filters that are triangular on HTK's
    mel scale between 125 and 7500 Hz.

    Parameters
    ----------
    samples : shape (time,), at 16 kHz; zero-padded to at least one patch, and truncated to
        whole patches

    Returns
    -------
    shape (patches, 96, 64)
    """
    if len(samples) < PATCH_SAMPLES:
        samples = np.pad(samples, (0, PATCH_SAMPLES - len(samples)))
    frames = np.lib.stride_tricks.sliding_window_view(samples, _WIN_LENGTH)[::_HOP_LENGTH]
    # In single precision, rounding errors of loud frames would exceed their quiet bands.
    spectrum = np.fft.rfft(frames * np.hanning(_WIN_LENGTH + 1)[:-1], _N_FFT, axis=-1)
    log_mel = np.log(_mel(np.abs(spectrum).astype(np.float32)) + np.float32(_FLOOR))
    patches = np.lib.stride_tricks.sliding_window_view(log_mel, PATCH, axis=0)[::PATCH_HOP]
    return patches.swapaxes(1, 2)


def _mel(magnitude: Samples) -> Samples:
    """Map magnitudes, shape (frames, frequencies), to mel bands, shape (frames, 64).

    Between two corners, a frequency belongs to the falling edge of one filter and to the
    rising edge of the next. Sums over these ranges replace a matrix product, which is too
    small to be worth starting the threads of BLAS.
    """
    used, starts, rising = _stretches()
    within = magnitude[:, used]
    up = np.add.reduceat(within * rising, starts, axis=1)
    down = np.add.reduceat(within * (1 - rising), starts, axis=1)
    mel: Samples = up[:, :-1] + down[:, 1:]
    return mel


@lru_cache
def _stretches() -> tuple[slice, NDArray[np.int_], Samples]:
    """Return the frequencies used, the start of each interval between mel corners, and weights.

    A weight is the position of a frequency between the two corners, from 0 to 1.
    """
    bins = hz_to_mel(np.arange(_N_FFT // 2 + 1) * RATE / _N_FFT, "htk")
    low, high = hz_to_mel(np.array([125.0, 7500.0]), "htk")
    place = (bins - low) / (high - low) * (_N_MELS + 1)  # in corners
    first, last = np.searchsorted(place, [0, _N_MELS + 1])
    stretch, rising = np.divmod(place[first:last], 1)
    starts = np.searchsorted(stretch, np.arange(_N_MELS + 1))
    return slice(first, last), starts, rising.astype(np.float32)
