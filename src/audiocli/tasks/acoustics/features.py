"""Measure level, noise, pitch and spectrum of recordings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from audiocli.audio.features import cepstrum, stft
from audiocli.audio.features.mel import mel_filterbank
from audiocli.audio.features.pitch import yin
from audiocli.audio.loudness import LoudnessMeter
from audiocli.results import Features, ModelInfo, Transcript
from audiocli.tasks.acoustics.tracks import level
from audiocli.tasks.common.events import (
    Done,
    Failed,
    Progress,
    Recording,
    ignore_progress,
    process_sequentially,
)

if TYPE_CHECKING:
    from audiocli.audio.decode import AudioStream

Samples = NDArray[np.float32]

N_MFCC = 13
_BLOCK = 10.0  # seconds decoded at a time
_FRAME, _HOP = 0.064, 0.01  # seconds
_N_MELS = 40
_ROLLOFF = 0.85  # share of the spectral magnitude below the roll-off
_CLIPPED = 1.0 - 1.5 / 32768  # samples from this value on are clipped at 16 bits
_SILENT, _SILENT_BELOW_MAX = -60.0, 40.0  # dBFS, and dB below the loudest frame
_EMPTY = -99.0  # dBFS; spectra of softer frames are not measured


def run(
    recordings: Iterable[Recording],
    on_progress: Progress = ignore_progress,
    *,
    transcripts: Iterable[Transcript] = (),
) -> Iterator[Done[Features] | Failed]:
    """Measure each recording.

    Parameters
    ----------
    transcripts : transcripts of recordings, matched by source name, for the speaking rate
    """
    by_source = {transcript.source: transcript for transcript in transcripts}

    def measure(recording: Recording, stream: AudioStream) -> Features:
        return of_stream(stream, by_source.get(recording.name))

    yield from process_sequentially(recordings, None, measure, on_progress)


def of_stream(stream: AudioStream, transcript: Transcript | None = None) -> Features:
    """Measure a mono stream in one pass."""
    samples = _SampleStatistics(stream.rate)
    length = max(4, round(_FRAME * stream.rate))
    spectra = _FrameStatistics(stream.rate, length)
    framer = stft.Framer(length, max(1, round(_HOP * stream.rate)))
    for block in stream.blocks(_BLOCK):
        samples.add(block[0])
        for frames in framer.feed(block[0]):
            spectra.add(frames)
    for frames in framer.finish():
        spectra.add(frames)
    return Features(
        source=stream.name,
        duration=samples.count / stream.rate,
        model=ModelInfo("features"),
        parameters={"frame": _FRAME, "hop": _HOP, "n_mels": _N_MELS},
        rate=stream.rate,
        **samples.summary(),
        **spectra.summary(),
        speaking_rate=_speaking_rate(transcript) if transcript else None,
    )


class _SampleStatistics:
    """Accumulate statistics of samples."""

    def __init__(self, rate: int) -> None:
        self.count = 0
        self._clipped = 0
        self._squares = 0.0
        self._meter = LoudnessMeter(rate)

    def add(self, block: Samples) -> None:
        self.count += len(block)
        self._clipped += int(np.count_nonzero(np.abs(block) >= _CLIPPED))
        self._squares += float(np.dot(block.astype(np.float64), block))
        self._meter.add(block)

    def summary(self) -> dict[str, Any]:
        loudness = self._meter.finish()
        power = np.array([self._squares / self.count, self._meter.peak**2])
        rms, peak = (10 * np.log10(np.maximum(power, 1e-10))).tolist()
        return {
            "loudness": loudness if np.isfinite(loudness) else None,
            "rms": rms,
            "peak": peak,
            "clipped_ratio": self._clipped / self.count,
        }


class _FrameStatistics:
    """Accumulate statistics of frames; a few values per frame are kept in memory."""

    def __init__(self, rate: int, n_fft: int) -> None:
        self._rate = rate
        self._power = stft.PowerTransform(stft.window("hann", n_fft), stft.batch(n_fft))
        self._filters = mel_filterbank(rate, n_fft, _N_MELS).T.copy()
        self._levels: list[NDArray[Any]] = []
        self._pitch: list[NDArray[Any]] = []
        self._shape: list[NDArray[Any]] = []  # centroid, roll-off and flatness
        self._frames = 0
        self._mfcc = np.zeros(N_MFCC)
        self._mfcc_squares = np.zeros(N_MFCC)

    def add(self, frames: Samples) -> None:
        levels = level(frames)
        self._levels.append(levels)
        self._pitch.append(yin(frames, self._rate))
        power = self._power(frames)
        log_mel = cepstrum.power_to_db(power @ self._filters)
        coefficients = cepstrum.mfcc(log_mel, N_MFCC).astype(np.float64)
        self._frames += len(frames)
        self._mfcc += coefficients.sum(axis=0)
        self._mfcc_squares += (coefficients**2).sum(axis=0)
        self._shape.append(spectral_shape(power[levels > _EMPTY], self._rate))

    def summary(self) -> dict[str, Any]:
        levels = np.concatenate(self._levels)
        is_silent = levels < max(_SILENT, levels.max() - _SILENT_BELOW_MAX)
        shape = np.concatenate(self._shape)
        centroid, rolloff, flatness = shape.mean(axis=0).tolist() if len(shape) else [None] * 3
        mean = self._mfcc / self._frames
        spread = np.sqrt(np.maximum(self._mfcc_squares / self._frames - mean**2, 0.0))
        return {
            "silence_ratio": float(is_silent.mean()),
            "snr": signal_to_noise(levels),
            **_pitch_summary(np.concatenate(self._pitch), is_silent),
            "centroid": centroid,
            "rolloff": rolloff,
            "flatness": flatness,
            "mfcc_mean": tuple(mean.tolist()),
            "mfcc_deviation": tuple(spread.tolist()),
        }


def spectral_shape(power: Samples, rate: int) -> NDArray[np.float64]:
    """Return centroid and 85 % roll-off in Hz, and flatness from 0 to 1, as librosa does.

    Parameters
    ----------
    power : shape (frames, n_fft // 2 + 1), without silent frames

    Returns
    -------
    shape (frames, 3)
    """
    hertz = np.linspace(0, rate / 2, power.shape[1])
    magnitude = np.sqrt(power, dtype=np.float64)
    sums = np.cumsum(magnitude, axis=1)
    whole = np.maximum(sums[:, -1:], 1e-30)
    centroid = (magnitude * hertz).sum(axis=1) / whole[:, 0]
    rolloff = hertz[np.argmax(sums >= _ROLLOFF * whole, axis=1)]
    raised = np.maximum(power.astype(np.float64), 1e-10)
    flatness = np.exp(np.log(raised).mean(axis=1)) / raised.mean(axis=1)
    return np.stack([centroid, rolloff, flatness], axis=1)


def signal_to_noise(levels: NDArray[np.float64]) -> float | None:
    """Estimate the signal-to-noise ratio from frame levels in dB.

    Frames above the middle of the 10th and 95th percentile are signal. Returns None if these
    levels are about equal.
    """
    quiet, loud = np.percentile(levels, [10, 95])
    is_signal = levels > (quiet + loud) / 2
    if loud - quiet < 1.0 or is_signal.all():
        return None
    power = 10 ** (levels / 10)
    noise = power[~is_signal].mean()
    return float(10 * np.log10(max(power[is_signal].mean() - noise, 1e-10) / noise))


def _pitch_summary(pitch: NDArray[Any], is_silent: NDArray[np.bool_]) -> dict[str, Any]:
    voiced = pitch[np.isfinite(pitch) & ~is_silent]
    if not len(voiced):
        return {"voiced_ratio": 0.0, "f0_mean": None, "f0_low": None, "f0_high": None}
    low, high = np.percentile(voiced, [5, 95]).tolist()
    share = len(voiced) / len(pitch)
    return {"voiced_ratio": share, "f0_mean": float(voiced.mean()), "f0_low": low, "f0_high": high}


def _speaking_rate(transcript: Transcript) -> float | None:
    """Return words per minute of speech, without pauses between segments."""
    seconds = sum(segment.end - segment.start for segment in transcript.segments)
    words = sum(len(segment.text.split()) for segment in transcript.segments)
    return 60.0 * words / seconds if seconds else None
