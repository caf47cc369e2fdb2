"""Kaldi's log-mel filter bank in NumPy, the input of speaker embedding models.

The reference is Kaldi's `compute-fbank-feats` (and `torchaudio.compliance.kaldi.fbank`)
with default options except `dither=0`.
"""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

RATE = 16_000  # Hz
FRAME = 400  # samples per frame: 25 ms
HOP = 160  # samples between frames: 10 ms
N_FFT = 512
PREEMPHASIS = 0.97
LOWEST = 20.0  # Hz; lower edge of the first filter
FLOOR = float(np.finfo(np.float32).eps)  # minimum energy


def fbank(
    samples: Samples, n_mels: int = 80, window: Literal["povey", "hanning"] = "povey"
) -> Samples:
    """Compute log energies in mel bands every 10 ms; an incomplete last frame is dropped.

    Parameters
    ----------
    samples : shape (..., time), at 16 kHz, nominally in [-1, 1]; the result has the same
        precision, single or double

    Returns
    -------
    shape (..., frames, n_mels), frames = 1 + (time - 400) // 160, or 0 for less than a frame
    """
    if samples.shape[-1] < FRAME:
        return np.zeros((*samples.shape[:-1], 0, n_mels), np.float32)
    views = np.lib.stride_tricks.sliding_window_view(samples, FRAME, axis=-1)
    frames = views[..., ::HOP, :].copy()
    frames -= frames.mean(axis=-1, keepdims=True)  # the DC offset
    frames[..., 1:] -= PREEMPHASIS * frames[..., :-1]
    frames[..., 0] *= 1 - PREEMPHASIS
    spectrum = np.fft.rfft(frames * _window(window), N_FFT)[..., :-1]
    power = (spectrum.real**2 + spectrum.imag**2).astype(samples.dtype, copy=False)
    energies: Samples = np.log(np.maximum(power @ _mel_filters(n_mels).T, FLOOR))
    return energies


@cache
def _window(name: Literal["povey", "hanning"]) -> NDArray[np.float64]:
    """Return a symmetric Hann window, or Kaldi's "povey" window, which is slightly wider."""
    hann = np.hanning(FRAME)
    return hann**0.85 if name == "povey" else hann


@cache
def _mel_filters(n_mels: int) -> Samples:
    """Return filters that are triangular on the mel scale, shape (n_mels, N_FFT // 2)."""
    low, high = _mel(np.array([LOWEST, RATE / 2]))
    edges = np.linspace(low, high, n_mels + 2)[:, None]
    bins = _mel(np.arange(N_FFT // 2) * RATE / N_FFT)
    rising = (bins - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - bins) / (edges[2:] - edges[1:-1])
    filters: Samples = np.maximum(0.0, np.minimum(rising, falling)).astype(np.float32)
    return filters


def _mel(hz: NDArray[np.float64]) -> NDArray[np.float64]:
    return 1127.0 * np.log1p(hz / 700.0)
