"""The mel scale and mel filter banks."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
MelScale = Literal["htk", "slaney"]


def hz_to_mel(hz: NDArray[np.float64], scale: MelScale) -> NDArray[np.float64]:
    """Convert Hz to mel with the formula of HTK or of Slaney (linear below 1 kHz)."""
    if scale == "htk":
        return 2595.0 * np.log10(1.0 + hz / 700.0)
    linear = hz * 3 / 200
    logarithmic = 15.0 + np.log(np.maximum(hz, 1e-10) / 1000.0) * 27.0 / np.log(6.4)
    return np.where(hz < 1000.0, linear, logarithmic)


def mel_to_hz(mel: NDArray[np.float64], scale: MelScale) -> NDArray[np.float64]:
    """Convert mel to Hz; the inverse of `hz_to_mel`."""
    if scale == "htk":
        return 700.0 * (10.0 ** (mel / 2595.0) - 1.0)
    return np.where(mel < 15.0, mel * 200 / 3, 1000.0 * np.exp((mel - 15.0) * np.log(6.4) / 27.0))


@lru_cache
def mel_filterbank(
    rate: int,
    n_fft: int,
    n_mels: int,
    fmin: float = 0.0,
    fmax: float | None = None,
    scale: MelScale = "slaney",
    norm: Literal["slaney"] | None = "slaney",
) -> Samples:
    """Return triangular filters that map FFT bins to mel bands.

    Parameters
    ----------
    rate : sampling rate in Hz
    fmin, fmax : lower edge of the first filter and upper edge of the last, in Hz; None is
        rate / 2
    norm : "slaney" gives all filters the same area, None the same height

    Returns
    -------
    shape (n_mels, n_fft // 2 + 1)
    """
    edges = np.array([fmin, rate / 2 if fmax is None else fmax])
    low, high = hz_to_mel(edges, scale)
    corners = mel_to_hz(np.linspace(low, high, n_mels + 2), scale)
    bins = np.fft.rfftfreq(n_fft, 1.0 / rate)
    rising = (bins - corners[:-2, None]) / np.diff(corners)[:-1, None]
    falling = (corners[2:, None] - bins) / np.diff(corners)[1:, None]
    filters = np.maximum(0.0, np.minimum(rising, falling))
    if norm == "slaney":
        filters *= (2.0 / (corners[2:] - corners[:-2]))[:, None]
    return filters.astype(np.float32)
