"""Fundamental frequency by YIN (de Cheveigné and Kawahara 2002)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]

LOWEST, HIGHEST = 65.0, 500.0  # Hz, the range of bass to children's voices
_DIP = 0.1  # normalised difference below which the first minimum is chosen
_VOICED = 0.25  # normalised difference above which a frame is unvoiced


def yin(
    frames: Samples, rate: int, fmin: float = LOWEST, fmax: float = HIGHEST
) -> NDArray[np.float64]:
    """Estimate the fundamental frequency of each frame.

    Parameters
    ----------
    frames : shape (frames, length); the length must be at least twice the longest period
    rate : sampling rate in Hz

    Returns
    -------
    in Hz, shape (frames,); NaN for unvoiced frames
    """
    shortest = max(2, int(rate / fmax))
    longest = min(int(np.ceil(rate / fmin)), frames.shape[1] // 2 - 1)
    shares = _normalised_difference(frames, longest + 1)
    searched = shares[:, shortest : longest + 1]
    is_dip = np.zeros_like(searched, bool)
    is_dip[:, :-1] = (searched[:, :-1] < shares[:, shortest - 1 : longest - 1]) & (
        searched[:, :-1] <= searched[:, 1:]
    )
    is_deep = is_dip & (searched < _DIP)
    chosen = np.where(is_deep.any(axis=1), is_deep.argmax(axis=1), searched.argmin(axis=1))
    rows = np.arange(len(frames))
    period = chosen + shortest
    periods = period + _offset(shares, rows, period)
    return np.where(searched[rows, chosen] < _VOICED, rate / periods, np.nan)


def _normalised_difference(frames: Samples, longest: int) -> NDArray[np.float64]:
    """Return the cumulative mean normalised difference, shape (frames, longest + 1)."""
    half = frames.shape[1] // 2
    n_fft = 1 << (frames.shape[1] - 1).bit_length()
    samples = frames.astype(np.float64)
    spectrum = np.fft.rfft(samples, n_fft)
    begin = np.fft.rfft(samples[:, :half], n_fft)
    products = np.fft.irfft(spectrum * begin.conj(), n_fft)[:, : longest + 1]
    sums = np.cumsum(np.pad(samples**2, ((0, 0), (1, 0))), axis=1)
    energies = sums[:, half : half + longest + 1] - sums[:, : longest + 1]
    difference = np.maximum(energies[:, :1] + energies - 2 * products, 0.0)
    means = np.cumsum(difference[:, 1:], axis=1) / np.arange(1, longest + 1)
    shares = np.ones_like(difference)
    # Below this floor, differences are rounding errors of silence.
    floor = 1e-7 * energies[:, :1] + 1e-12
    np.divide(difference[:, 1:], means, out=shares[:, 1:], where=means > floor)
    return shares


def _offset(
    shares: NDArray[np.float64], rows: NDArray[np.int_], lag: NDArray[np.int_]
) -> NDArray[np.float64]:
    """Return the offset of the minimum by parabolic interpolation, from -0.5 to 0.5."""
    before, at, after = (shares[rows, lag + n] for n in (-1, 0, 1))
    bend = before - 2 * at + after
    offset = np.divide(before - after, 2 * bend, out=np.zeros_like(bend), where=bend > 0)
    return np.clip(offset, -0.5, 0.5)
