"""A recording in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from audiocli.results.base import Probability, Result


@dataclass(frozen=True, kw_only=True)
class Features(Result):
    """A recording in numbers; null where there is nothing to measure.

    Attributes
    ----------
    rate : samples a second, in Hz
    loudness : integrated, in LUFS (ITU-R BS.1770-4, gated)
    rms : level of the whole in dBFS, 0 for a constant at full scale
    peak : largest sample in dBFS
    clipped_ratio : share of samples at full scale
    silence_ratio : share of 10 ms frames 40 dB below the loudest, or below -60 dBFS
    snr : estimated from the levels of quiet and loud frames, in dB
    voiced_ratio : share of frames with a pitch between 65 and 500 Hz
    f0_mean : fundamental frequency in Hz, by YIN, over voiced frames
    f0_low : its 5th percentile, in Hz
    f0_high : its 95th percentile, in Hz
    speaking_rate : words a minute of speech, where a transcript is given
    centroid : mean of the spectral centroid, in Hz
    rolloff : mean of the frequency below which 85 % of the magnitudes lie, in Hz
    flatness : mean of the spectral flatness, 0 for a tone, 1 for noise
    mfcc_mean : mean of each cepstral coefficient
    mfcc_deviation : standard deviation of each
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
