"""Windows, frames and the short-time Fourier transform, whole or as a stream."""

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
_BATCH = 1 << 16  # samples transformed at once: they stay in the processor's cache


@lru_cache
def window(name: Window, length: int) -> Weights:
    """Periodic window of `length` samples, as STFTs want it.

    In double precision: rounded to single, it would let the loudest tones leak into the
    quietest bins, 90 dB below, and change them by hundredths of a decibel.
    """
    phase = 2 * np.pi * np.arange(length) / length
    terms = [(-1) ** k * a * np.cos(k * phase) for k, a in enumerate(_COSINES[name])]
    weights: Weights = np.sum(terms, axis=0)
    return weights


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
    return power(frames, window("hann", n_fft)).T


def power(frames: Samples, weights: Weights) -> Samples:
    """Squared magnitude of the Fourier transform of each windowed frame.

    Parameters
    ----------
    frames : shape (frames, n_fft)
    weights : the window, shape (n_fft,)

    Returns
    -------
    shape (frames, n_fft // 2 + 1), of the type of the frames
    """
    step = max(1, min(len(frames), batch(len(weights))))
    transform = PowerTransform(weights, step, frames.dtype)
    found = np.empty((len(frames), len(weights) // 2 + 1), frames.dtype)
    for first in range(0, len(frames), step):
        found[first : first + step] = transform(frames[first : first + step])
    return found


class PowerTransform:
    """`power`, again and again in the same memory: new memory costs more than the transform.

    It computes in double precision, which NumPy does as quickly as in single.

    Parameters
    ----------
    weights : the window, shape (n_fft,)
    max_frames : frames that may come at once
    dtype : of the result
    """

    def __init__(self, weights: Weights, max_frames: int, dtype: DTypeLike = np.float32) -> None:
        bins = len(weights) // 2 + 1
        self._weights = weights
        self._windowed = np.empty((max_frames, len(weights)))
        self._spectrum = np.empty((max_frames, bins), np.complex128)
        self._power = np.empty((max_frames, bins), dtype)

    def __call__(self, frames: Samples) -> Samples:
        """Give the power of frames; it is overwritten by the next call."""
        count = len(frames)
        windowed = np.multiply(frames, self._weights, out=self._windowed[:count])
        spectrum = np.fft.rfft(windowed, out=self._spectrum[:count])
        parts = spectrum.view(np.float64)  # real and imaginary ones in turn
        parts *= parts
        return np.add(parts[:, ::2], parts[:, 1::2], out=self._power[:count], casting="same_kind")


def stft_window(name: Window, win_length: int, n_fft: int) -> Weights:
    """Window of `win_length` samples in the middle of `n_fft`, zeros around it."""
    before = (n_fft - win_length) // 2
    return np.pad(window(name, win_length), (before, n_fft - win_length - before))


def batch(length: int) -> int:
    """Frames of some length that a `Framer` gives at once, at most."""
    return max(1, _BATCH // length)


class Framer:
    """Cuts a stream into overlapping frames as it arrives; the ends are filled with zeros.

    Frame t is centred on sample t * hop_length; there are `1 + time // hop_length`.

    Parameters
    ----------
    length : samples of a frame
    hop_length : samples between frames
    """

    def __init__(self, length: int, hop_length: int) -> None:
        self._length, self._hop = length, hop_length
        self._held = np.zeros(length // 2, np.float32)
        self._gap = 0  # samples to come that no frame needs, where the hop is the longer
        self._batch = batch(length)

    def feed(self, block: Samples) -> Iterator[Samples]:
        """Take samples of shape (time,); yield views of shape (frames, length)."""
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
        """Yield the frames that reach over the end."""
        yield from self.feed(np.zeros(self._length - self._length // 2, np.float32))


def centred_frames(blocks: Iterable[Samples], length: int, hop_length: int) -> Iterator[Samples]:
    """Cut blocks of shape (n,), any n, into arrays of frames; see `Framer`."""
    framer = Framer(length, hop_length)
    for block in blocks:
        yield from framer.feed(block)
    yield from framer.finish()


def preemphasised(blocks: Iterable[Samples], coefficient: float) -> Iterator[Samples]:
    """Lift the treble of a stream: y[n] = x[n] - coefficient * x[n - 1], x[-1] being 0."""
    last = np.float32(0.0)
    for block in blocks:
        before = np.concatenate([[last], block[:-1]]).astype(np.float32)
        yield block - np.float32(coefficient) * before
        last = block[-1]
