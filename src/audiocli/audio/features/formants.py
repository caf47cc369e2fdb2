"""Formants by linear prediction (Burg 1975), as in Praat's "To Formant (burg)"."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

MAX_FORMANTS = 5  # below the ceiling
_CEILING = 5500.0  # Hz; the usual value for women (5000 for men, 8000 for children)
_WINDOW = 0.05  # seconds; the effective length is about half
_PREEMPHASIS_FROM = 50.0  # Hz, from which pre-emphasis adds 6 dB per octave
_MARGIN = 50.0  # Hz; roots nearer to the ends of the band are discarded


def analysis_rate(rate: int) -> int:
    """Return the sampling rate of the analysis in Hz: twice the ceiling, at most `rate`."""
    return min(rate, round(2 * _CEILING))


def frame_length(rate: int) -> int:
    """Return the frame length of `formants` in samples: the window and one sample before it."""
    return max(2 * 2 * MAX_FORMANTS, int(_WINDOW * rate)) + 1


def formants(frames: NDArray[np.floating], rate: int) -> Values:
    """Estimate the formants of each frame.

    Parameters
    ----------
    frames : shape (frames, `frame_length(rate)`)
    rate : `analysis_rate` of the sound, in Hz

    Returns
    -------
    frequencies in Hz in ascending order, shape (frames, MAX_FORMANTS), filled with NaN
    """
    # A narrower band, such as that of a telephone, contains proportionally fewer formants.
    poles = 2 * max(1, round(MAX_FORMANTS * rate / (2 * _CEILING)))
    lift = np.exp(-2 * np.pi * _PREEMPHASIS_FROM / rate)
    samples = frames.astype(np.float64)
    lifted = samples[:, 1:] - lift * samples[:, :-1]
    found = np.full((len(frames), MAX_FORMANTS), np.nan)
    audible = np.flatnonzero(np.abs(lifted).max(axis=1) > 0)
    if len(audible):
        filters = burg(lifted[audible] * _gaussian(lifted.shape[1]), poles)
        found[audible, : poles // 2] = _resonances(filters, rate)[:, : poles // 2]
    return found


def burg(frames: Values, order: int) -> Values:
    """Compute linear prediction coefficients with Burg's method.

    Returns
    -------
    shape (frames, order); x[t] is predicted by the sum of result[k] * x[t - 1 - k]
    """
    coefficients = np.zeros((len(frames), 0))
    forward, backward = frames[:, 1:], frames[:, :-1]
    for _ in range(order):
        energy = np.einsum("ft,ft->f", forward, forward)
        energy += np.einsum("ft,ft->f", backward, backward)
        product = 2 * np.einsum("ft,ft->f", forward, backward)
        reflection = np.divide(product, energy, out=np.zeros_like(energy), where=energy > 0)
        reflection = reflection[:, None]
        mirrored = coefficients - reflection * coefficients[:, ::-1]
        coefficients = np.concatenate([mirrored, reflection], axis=1)
        forward, backward = (
            (forward - reflection * backward)[:, 1:],
            (backward - reflection * forward)[:, :-1],
        )
    return coefficients


def _resonances(filters: Values, rate: int) -> Values:
    """Return the frequencies of the poles in ascending order, filled with NaN."""
    order = filters.shape[1]
    companions = np.zeros((len(filters), order, order))
    companions[:, 0] = filters
    companions[:, np.arange(1, order), np.arange(order - 1)] = 1.0
    roots = np.linalg.eigvals(companions)
    hertz = np.angle(roots) * rate / (2 * np.pi)
    is_resonance = (hertz > _MARGIN) & (hertz < rate / 2 - _MARGIN)
    return np.sort(np.where(is_resonance, hertz, np.nan), axis=1)


@lru_cache
def _gaussian(length: int) -> Values:
    """Return Praat's Gaussian window, which is 0 just outside its ends."""
    place = (np.arange(length) - (length - 1) / 2) / (length + 1)
    edge = np.exp(-12.0)
    window: Values = (np.exp(-48.0 * place**2) - edge) / (1.0 - edge)
    return window
