"""Windows, framing and the short-time Fourier transform, for arrays and streams."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

Samples = NDArray[np.float32]
Weights = NDArray[np.float64]
Window = Literal["hann", "hamming", "blackman", "blackmanharris", "boxcar"]

# Cosine sums: w[n] = a0 - a1 cos(2 pi n / N) + a2 cos(4 pi n / N) - ... (Harris 1978).
_COSINES: dict[Window, tuple[float, ...]] = {
    "hann": (0.5, 0.5),
    "hamming": (0.54, 0.46),
    "blackman": (0.42, 0.5, 0.08),
    "blackmanharris": (0.35875, 0.48829, 0.14128, 0.01168),
    "boxcar": (1.0,),
}
_BATCH = 1 << 16  # samples per transform, which fit into the processor's cache


@lru_cache
def window(name: Window, length: int) -> Weights:
    """Return a periodic window of `length` samples.

    In double precision: rounding to single precision would leak loud tones into bins that
    are 90 dB below, and change these by hundredths of a decibel.
    """
    phase = 2 * np.pi * np.arange(length) / length
    terms = [(-1) ** k * a * np.cos(k * phase) for k, a in enumerate(_COSINES[name])]
    weights: Weights = np.sum(terms, axis=0)
    return weights


def power_spectrogram(samples: Samples, n_fft: int, hop_length: int) -> Samples:
    """Return the squared magnitude of the short-time Fourier transform with a Hann window.

    Parameters
    ----------
    samples : shape (time,), at least n_fft // 2 + 1 samples
    n_fft : window and transform length, in samples
    hop_length : samples between frames; frame t is centred on sample t * hop_length, with
        reflected ends

    Returns
    -------
    shape (n_fft // 2 + 1, 1 + time // hop_length)
    """
    padded = np.pad(samples, n_fft // 2, mode="reflect")
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop_length]
    return power(frames, window("hann", n_fft)).T


def power(frames: Samples, weights: Weights) -> Samples:
    """Return the squared magnitude of the Fourier transform of each windowed frame.

    Parameters
    ----------
    frames : shape (frames, n_fft)
    weights : the window, shape (n_fft,)

    Returns
    -------
    shape (frames, n_fft // 2 + 1), with the dtype of the frames
    """
    step = max(1, min(len(frames), batch(len(weights))))
    transform = PowerTransform(weights, step, frames.dtype)
    found = np.empty((len(frames), len(weights) // 2 + 1), frames.dtype)
    for first in range(0, len(frames), step):
        found[first : first + step] = transform(frames[first : first + step])
    return found


class PowerTransform:
    """`power` with preallocated arrays, whose allocation takes longer than the transform.

    Computes in double precision, which is as fast as single precision in NumPy.

    Parameters
    ----------
    weights : the window, shape (n_fft,)
    max_frames : maximum number of frames per call
    dtype : of the result
    """

    def __init__(self, weights: Weights, max_frames: int, dtype: DTypeLike = np.float32) -> None:
        bins = len(weights) // 2 + 1
        self._weights = weights
        self._windowed = np.empty((max_frames, len(weights)))
        self._spectrum = np.empty((max_frames, bins), np.complex128)
        self._power = np.empty((max_frames, bins), dtype)

    def __call__(self, frames: Samples) -> Samples:
        """Return the power of frames; the array is overwritten by the next call."""
        count = len(frames)
        windowed = np.multiply(frames, self._weights, out=self._windowed[:count])
        spectrum = np.fft.rfft(windowed, out=self._spectrum[:count])
        parts = spectrum.view(np.float64)  # interleaved real and imaginary parts
        parts *= parts
        return np.add(parts[:, ::2], parts[:, 1::2], out=self._power[:count], casting="same_kind")


def stft_window(name: Window, win_length: int, n_fft: int) -> Weights:
    """Return a window of `win_length` samples, zero-padded to `n_fft` on both sides."""
    before = (n_fft - win_length) // 2
    return np.pad(window(name, win_length), (before, n_fft - win_length - before))


def batch(length: int) -> int:
    """Return the maximum number of frames of `length` samples that a `Framer` yields at once."""
    return max(1, _BATCH // length)


class Framer:
    """Splits a stream into overlapping frames, with zero-padded ends.

    Frame t is centred on sample t * hop_length; there are `1 + time // hop_length` frames.

    Parameters
    ----------
    length : samples per frame
    hop_length : samples between frames
    """

    def __init__(self, length: int, hop_length: int) -> None:
        self._length, self._hop = length, hop_length
        self._held = np.zeros(length // 2, np.float32)
        self._gap = 0  # next samples to skip, if the hop is longer than a frame
        self._batch = batch(length)

    def feed(self, block: Samples) -> Iterator[Samples]:
        """Feed samples of shape (time,); yield views of shape (frames, length)."""
        held = np.concatenate([self._held, block[self._gap :]])
        self._gap = max(0, self._gap - len(block))
        ready = max(0, (len(held) - self._length) // self._hop + 1)
        self._held = held[ready * self._hop :]
        self._gap += max(0, ready * self._hop - len(held))
        if ready:
            frames = np.lib.stride_tricks.sliding_window_view(held, self._length)[:: self._hop]
            for first in range(0, ready, self._batch):
                yield frames[first : min(first + self._batch, ready)]

    def finish(self) -> Iterator[Samples]:
        """Yield the frames that extend beyond the end."""
        yield from self.feed(np.zeros(self._length - self._length // 2, np.float32))


def centred_frames(blocks: Iterable[Samples], length: int, hop_length: int) -> Iterator[Samples]:
    """Yield arrays of frames from blocks of shape (n,) of any lengths; see `Framer`."""
    framer = Framer(length, hop_length)
    for block in blocks:
        yield from framer.feed(block)
    yield from framer.finish()


def preemphasised(blocks: Iterable[Samples], coefficient: float) -> Iterator[Samples]:
    """Apply pre-emphasis to a stream: y[n] = x[n] - coefficient * x[n - 1], with x[-1] = 0."""
    last = np.float32(0.0)
    for block in blocks:
        before = np.concatenate([[last], block[:-1]]).astype(np.float32)
        yield block - np.float32(coefficient) * before
        last = block[-1]
