"""Spectral features as pure functions of samples, in NumPy alone.

Names and conventions follow librosa (McFee et al. 2015): `n_fft`, `hop_length`,
frames centred on multiples of the hop, features of shape (bins, frames).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]
MelScale = Literal["htk", "slaney"]


@lru_cache
def hann(length: int) -> Samples:
    """Periodic Hann window of `length` samples, as STFTs want it."""
    window: Samples = np.hanning(length + 1)[:-1].astype(np.float32)
    return window


def power_spectrogram(samples: Samples, n_fft: int, hop_length: int) -> Samples:
    """Squared magnitude of the Hann-windowed short-time Fourier transform.

    Parameters
    ----------
    samples : shape (time,), at least n_fft // 2 + 1 samples
    n_fft : window and transform length, in samples
    hop_length : samples between frames; frame t is centred on sample t * hop_length,
        and the ends are mirrored

    Returns
    -------
    shape (n_fft // 2 + 1, 1 + time // hop_length)
    """
    padded = np.pad(samples, n_fft // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop_length]
    spectrum = np.fft.rfft(frames * hann(n_fft), axis=-1)
    return (spectrum.real**2 + spectrum.imag**2).T.astype(np.float32)


def hz_to_mel(hz: NDArray[np.float64], scale: MelScale) -> NDArray[np.float64]:
    """Mels by the HTK formula, or by Slaney's Auditory Toolbox (linear below 1 kHz)."""
    if scale == "htk":
        return 2595.0 * np.log10(1.0 + hz / 700.0)
    linear = hz * 3 / 200
    logarithmic = 15.0 + np.log(np.maximum(hz, 1e-10) / 1000.0) * 27.0 / np.log(6.4)
    return np.where(hz < 1000.0, linear, logarithmic)


def mel_to_hz(mel: NDArray[np.float64], scale: MelScale) -> NDArray[np.float64]:
    """Inverse of `hz_to_mel`."""
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
    """Triangular filters that gather FFT bins into mel bands.

    Parameters
    ----------
    rate : in Hz
    fmin, fmax : edges of the lowest and highest filter, in Hz; fmax None is rate / 2
    norm : "slaney" gives every filter the same area, None the same height

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


def whisper_log_mel(samples: Samples, n_mels: int = 80) -> Samples:
    """Whisper's input: log-mel of 16 kHz sound, 25 ms windows every 10 ms.

    The reference is `log_mel_spectrogram` of openai/whisper: log10 power, at most
    80 dB below the loudest bin, scaled to about [-1, 1].

    Parameters
    ----------
    samples : shape (time,), at 16 kHz

    Returns
    -------
    shape (n_mels, time // 160)
    """
    power = power_spectrogram(samples, n_fft=400, hop_length=160)[:, :-1]
    log_mel = np.log10(np.maximum(mel_filterbank(16_000, 400, n_mels) @ power, 1e-10))
    log_mel = np.maximum(log_mel, log_mel.max() - 8.0)
    scaled: Samples = ((log_mel + 4.0) / 4.0).astype(np.float32)
    return scaled
