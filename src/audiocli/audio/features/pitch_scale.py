"""Constant-Q transform and chroma."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from audiocli.audio.features.stft import window

Samples = NDArray[np.float32]

C1 = 32.703  # Hz
PITCH_CLASSES = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
_TAIL = 1e-4  # share of the peak of a kernel below which its spectrum is set to zero


def cqt_frequencies(
    n_bins: int, fmin: float = C1, bins_per_octave: int = 12
) -> NDArray[np.float64]:
    """Return the centre frequencies of constant-Q bins in Hz, shape (n_bins,)."""
    return fmin * 2.0 ** (np.arange(n_bins) / bins_per_octave)


@dataclass(frozen=True, eq=False)
class ConstantQ:
    """Constant-Q transform by spectral kernels (Brown and Puckette 1992).

    The Hann window of each bin contains the same number of periods. Bins are scaled by the
    square root of the window length, as in librosa.

    Attributes
    ----------
    n_fft : frame length in samples: the longest window, rounded up to a power of two
    kernels : first FFT bin and non-zero spectrum of the kernel of each bin
    """

    n_fft: int
    kernels: tuple[tuple[int, NDArray[np.complex64]], ...]

    def magnitudes(self, frames: Samples) -> Samples:
        """Transform frames of shape (frames, n_fft) to magnitudes of shape (frames, bins)."""
        spectrum = np.fft.rfft(frames, axis=-1).astype(np.complex64)
        columns = [np.abs(spectrum[:, at : at + len(k)] @ k) for at, k in self.kernels]
        return np.stack(columns, axis=1)


@lru_cache
def constant_q(rate: int, n_bins: int, fmin: float = C1, bins_per_octave: int = 12) -> ConstantQ:
    """Return the transform for a sampling rate in Hz; the highest bin must be below rate / 2."""
    frequencies = cqt_frequencies(n_bins, fmin, bins_per_octave)
    step = 2.0 ** (2.0 / bins_per_octave)
    lengths = (step + 1) / (step - 1) * rate / frequencies  # as many periods for each bin
    n_fft = 1 << int(np.ceil(np.log2(lengths.max())))
    pairs = zip(frequencies, lengths, strict=True)
    return ConstantQ(n_fft, tuple(_kernel(f / rate, length, n_fft) for f, length in pairs))


def _kernel(frequency: float, length: float, n_fft: int) -> tuple[int, NDArray[np.complex64]]:
    """Return the conjugated spectrum of a windowed tone in the middle of a frame, cropped.

    Parameters
    ----------
    frequency : in cycles per sample
    """
    times = np.arange(-length // 2, length // 2)
    weights = window("hann", len(times)).astype(np.float64)
    tone = np.zeros(n_fft, np.complex128)
    first = n_fft // 2 + int(times[0])
    tone[first : first + len(times)] = weights * np.exp(2j * np.pi * frequency * times)
    spectrum = np.fft.fft(tone)[: n_fft // 2 + 1].conj()
    spectrum *= np.sqrt(length) / weights.sum() / n_fft
    nonzero = np.flatnonzero(np.abs(spectrum) > _TAIL * np.abs(spectrum).max())
    at, end = int(nonzero[0]), int(nonzero[-1]) + 1
    return at, spectrum[at:end].astype(np.complex64)


@lru_cache
def chroma_filterbank(rate: int, n_fft: int) -> Samples:
    """Return weights that map FFT bins to the 12 pitch classes, C first (Ellis 2007).

    Each pitch is weighted by a Gaussian with a width of a semitone or an FFT bin, whichever
    is larger. A wider Gaussian, centred 5 octaves above C0, attenuates distant octaves.

    Returns
    -------
    shape (12, n_fft // 2 + 1)
    """
    hertz = np.arange(1, n_fft) * rate / n_fft
    semitones = 12 * np.log2(hertz / (440.0 / 16))  # above A0
    semitones = np.concatenate([[semitones[0] - 18], semitones])  # 0 Hz, well below
    widths = np.append(np.maximum(np.diff(semitones), 1.0), 1.0)
    away = (semitones - np.arange(12)[:, None] + 6) % 12 - 6
    weights = np.exp(-0.5 * (2 * away / widths) ** 2)
    weights /= np.linalg.norm(weights, axis=0)
    weights *= np.exp(-0.5 * ((semitones / 12 - 5.0) / 2.0) ** 2)
    rolled = np.roll(weights, -3, axis=0)  # from A to C
    return rolled[:, : n_fft // 2 + 1].astype(np.float32)  # type: ignore[no-any-return]
