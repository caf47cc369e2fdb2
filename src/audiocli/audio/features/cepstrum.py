"""Conversion to decibels, and MFCCs."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

FLOOR = 1e-10  # minimum power: -100 dB


def power_to_db(power: Samples) -> Samples:
    """Convert power to dB relative to 1, at least -100 dB."""
    decibels = 10.0 * np.log10(np.maximum(power, np.float32(FLOOR)))
    return decibels.astype(np.float32, copy=False)


def mfcc(log_mel: Samples, n_mfcc: int) -> Samples:
    """Compute mel-frequency cepstral coefficients: the orthonormal DCT-II of log-mel frames.

    Parameters
    ----------
    log_mel : shape (frames, n_mels), in dB
    n_mfcc : number of coefficients, including the 0th (loudness)

    Returns
    -------
    shape (frames, n_mfcc)
    """
    coefficients: Samples = log_mel @ _dct(log_mel.shape[1], n_mfcc).T
    return coefficients


@lru_cache
def _dct(size: int, count: int) -> Samples:
    """Return the first rows of the orthonormal DCT-II matrix, shape (count, size)."""
    angles = np.pi / size * np.arange(count)[:, None] * (np.arange(size) + 0.5)
    rows = np.cos(angles) * np.sqrt(2.0 / size)
    rows[0] /= np.sqrt(2.0)
    return rows.astype(np.float32)  # type: ignore[no-any-return]
