"""What YAMNet hears: patches of its log-mel spectrogram."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from audiocli.audio.features.mel import hz_to_mel

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
    # In single precision, rounding in a loud frame would drown its quiet bands.
    spectrum = np.fft.rfft(frames * np.hanning(_WIN_LENGTH + 1)[:-1], _N_FFT, axis=-1)
    log_mel = np.log(_mel(np.abs(spectrum).astype(np.float32)) + np.float32(_FLOOR))
    patches = np.lib.stride_tricks.sliding_window_view(log_mel, PATCH, axis=0)[::PATCH_HOP]
    return patches.swapaxes(1, 2)


def _mel(magnitude: Samples) -> Samples:
    """Gather frequencies into mel bands: (frames, frequencies) to (frames, 64).

    Between two corners a frequency counts for the falling side of one filter and for
    the rising side of the next. Sums over these stretches take the place of a matrix
    product, which is so small here that BLAS spends its time on waking its threads.
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
