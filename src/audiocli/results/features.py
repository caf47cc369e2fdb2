"""Acoustic features of a recording."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from audiocli.results.base import Probability, Result


@dataclass(frozen=True, kw_only=True)
class Features(Result):
    """Acoustic features of a recording; null if a feature cannot be measured.

    Attributes
    ----------
    rate : sampling rate in Hz
    loudness : integrated loudness in LUFS (ITU-R BS.1770-4, gated)
    rms : RMS level in dBFS, 0 for a constant at full scale
    peak : sample peak in dBFS
    clipped_ratio : share of samples at full scale
    silence_ratio : share of 10 ms frames 40 dB below the loudest, or below -60 dBFS
    snr : signal-to-noise ratio in dB, estimated from the levels of quiet and loud frames
    voiced_ratio : share of frames with a pitch between 65 and 500 Hz
    f0_mean : mean fundamental frequency of voiced frames in Hz (YIN)
    f0_low : 5th percentile of the fundamental frequency, in Hz
    f0_high : 95th percentile of the fundamental frequency, in Hz
    speaking_rate : words per minute of speech, if a transcript is given
    centroid : mean of the spectral centroid, in Hz
    rolloff : mean frequency below which 85 % of the magnitude is, in Hz
    flatness : mean of the spectral flatness, 0 for a tone, 1 for noise
    mfcc_mean : mean of each MFCC
    mfcc_deviation : standard deviation of each MFCC
    """

    kind: ClassVar[str] = "features"
    version: ClassVar[int] = 2

    rate: int
    loudness: float | None
    rms: float
    peak: float
    clipped_ratio: Probability
    silence_ratio: Probability
    snr: float | None
    voiced_ratio: Probability
    f0_mean: float | None
    f0_low: float | None
    f0_high: float | None
    speaking_rate: float | None
    centroid: float | None
    rolloff: float | None
    flatness: float | None
    mfcc_mean: tuple[float, ...]
    mfcc_deviation: tuple[float, ...]
