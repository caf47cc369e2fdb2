"""Kinds of spectrograms, and their computation from a stream of samples."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from audiocli.audio.features import cepstrum, pitch_scale, stft
from audiocli.audio.features.mel import MelScale, hz_to_mel, mel_filterbank, mel_to_hz
from audiocli.errors import UsageError
from audiocli.tasks.visualization.columns import ColumnPooling

Samples = NDArray[np.float32]
SpectrogramKind = Literal["waveform", "linear", "mel", "log-mel", "mfcc", "cqt", "chroma"]

_WINDOW_SECONDS = 0.032  # minimum length of windows, which are rounded up to powers of two
_TONE_SECONDS = 0.12  # minimum length to resolve adjacent semitones


@dataclass(frozen=True, kw_only=True)
class SpectrogramOptions:
    """Options of a spectrogram.

    Attributes
    ----------
    n_fft, hop_length, win_length : in samples; None selects by sample rate and width
    fmin, fmax : frequency range in Hz; None is the whole range
    norm : "slaney" normalises mel filters to equal area, "none" to equal height
    power : exponent of the magnitude: 2 for power, 1 for magnitude
    db : convert values to decibels; None selects the default of the kind
    db_range : values are limited to this many dB below the maximum
    preemphasis : coefficient of the high-pass filter, such as 0.97
    aggregation : how the frames of a column are pooled

    Raises
    ------
    UsageError : `fmin` is not below `fmax`
    """

    kind: SpectrogramKind = "log-mel"
    n_fft: int | None = None
    hop_length: int | None = None
    win_length: int | None = None
    window: stft.Window = "hann"
    n_mels: int = 80
    n_mfcc: int = 20
    fmin: float | None = None
    fmax: float | None = None
    mel_scale: MelScale = "slaney"
    norm: Literal["slaney", "none"] = "slaney"
    power: float = 2.0
    db: bool | None = None
    db_range: float = 80.0
    preemphasis: float = 0.0
    aggregation: ColumnPooling = "mean"

    def __post_init__(self) -> None:
        fmin = self.fmin or 0.0
        if self.fmax is not None and not fmin < self.fmax:
            problem = f"--fmin {fmin:g} is not below --fmax {self.fmax:g}"
            raise UsageError(problem, "lower --fmin or raise --fmax")

    @property
    def in_db(self) -> bool:
        """Whether values are in decibels."""
        return self.kind in {"linear", "log-mel", "cqt"} if self.db is None else self.db


@dataclass(frozen=True, kw_only=True)
class SpectrogramTransform:
    """The computation of a spectrogram.

    Attributes
    ----------
    hop_length : samples between frames
    delay : samples from the start to the centre of the first frame
    frames : cut blocks into arrays of frames
    measure : convert frames to non-negative values, shape (frames, ...), that are pooled
    gather : convert pooled columns to bands, if `measure` does not
    finish : convert bands to displayed values, given the maximum of all frames
    bins, bin_unit, unit : as in `results.Spectrogram`
    empty_bands : number of mel bands that no FFT bin falls into
    parameters : effective options, for the result
    """

    hop_length: int
    frames: Callable[[Iterable[Samples]], Iterator[Samples]]
    measure: Callable[[Samples], Samples]
    finish: Callable[[Samples, float], Samples]
    bins: NDArray[Any]
    bin_unit: str
    unit: str
    delay: float = 0.0
    empty_bands: int = 0
    parameters: dict[str, Any]
    gather: Callable[[Samples], Samples] = lambda pooled: pooled


def required_rate(options: SpectrogramOptions) -> int | None:
    """Return the sample rate in Hz required by the options; None keeps that of the source."""
    if options.kind != "cqt":
        return None
    return 16_000 if (options.fmax or 0.0) < 7_600 else 48_000  # higher rates take longer


def transform_for(
    options: SpectrogramOptions, rate: int, columns: int | None, samples: int | None
) -> SpectrogramTransform:
    """Return the computation for a sample rate.

    Parameters
    ----------
    columns : of the picture; None keeps every frame
    samples : length of the stream, if known

    Raises
    ------
    UsageError : the options contradict each other or the sample rate
    """
    per_column = samples // (2 * columns) if columns and samples else None
    # Pooling by mean commutes with filter banks, so these are applied once at the end.
    bands_last = columns is not None and options.aggregation == "mean"
    if options.kind == "waveform":
        return _waveform(options, rate, per_column)
    if options.kind == "cqt":
        return _constant_q(options, rate, per_column)
    return _spectral(options, rate, per_column, bands_last)


def _waveform(
    options: SpectrogramOptions, rate: int, per_column: int | None
) -> SpectrogramTransform:
    hop = options.hop_length or _between(1, rate // 100, per_column or rate // 100)
    return SpectrogramTransform(
        hop_length=hop,
        delay=(hop - 1) / 2,
        frames=partial(_blocks_of, length=hop),
        measure=lambda frames: np.stack([frames.max(axis=1), -frames.min(axis=1)], axis=1),
        finish=lambda peaks, _: peaks * np.array([1.0, -1.0], np.float32),
        bins=np.array([1, -1]),
        bin_unit="highest and lowest",
        unit="amplitude",
        parameters={"kind": options.kind, "hop_length": hop},
    )


def _constant_q(
    options: SpectrogramOptions, rate: int, per_column: int | None
) -> SpectrogramTransform:
    fmin = options.fmin or pitch_scale.C1
    fmax = options.fmax or fmin * 2**7
    n_bins = int(np.ceil(12 * np.log2(fmax / fmin)))
    if n_bins < 1 or fmax > rate / 2:
        raise UsageError(
            f"no semitones between {fmin:g} and {fmax:g} Hz at a sample rate of {rate} Hz",
            "change --fmin or --fmax",
        )
    transform = pitch_scale.constant_q(rate, n_bins, fmin)
    hop = options.hop_length or _between(256, transform.n_fft // 4, per_column or 512)
    return SpectrogramTransform(
        hop_length=hop,
        frames=_framed(options, transform.n_fft, hop),
        measure=lambda frames: transform.magnitudes(frames) ** options.power,
        finish=partial(_scaled, options=options),
        bins=pitch_scale.cqt_frequencies(n_bins, fmin),
        bin_unit="Hz",
        unit=_unit(options),
        parameters={"kind": options.kind, "rate": rate, "hop_length": hop, "fmin": fmin}
        | {"n_bins": n_bins, "bins_per_octave": 12}
        | _chosen(options, "power", "db_range", "preemphasis", "aggregation"),
    )


def _spectral(
    options: SpectrogramOptions, rate: int, per_column: int | None, bands_last: bool
) -> SpectrogramTransform:
    """Return the computation of kinds based on the short-time Fourier transform."""
    seconds = _TONE_SECONDS if options.kind == "chroma" else _WINDOW_SECONDS
    shortest = options.win_length or round(seconds * rate)
    n_fft = options.n_fft or 1 << max(1, shortest - 1).bit_length()
    win_length = options.win_length or n_fft
    hop = options.hop_length or _between(n_fft // 16, win_length // 2, per_column or n_fft // 4)
    if not win_length <= n_fft or not hop <= n_fft:
        raise UsageError(
            f"--n-fft must be at least {max(win_length, hop)} for a window of {win_length} "
            f"and a hop of {hop} samples, not {n_fft}",
            "raise --n-fft, or lower --win-length or --hop-length",
        )
    bands, bins = _bands(options, rate, n_fft)
    transform = stft.PowerTransform(
        stft.stft_window(options.window, win_length, n_fft), stft.batch(n_fft)
    )

    def spectra(frames: Samples) -> Samples:
        power = transform(frames)
        return power if options.power == 2.0 else power ** (options.power / 2)

    common = {"kind": options.kind, "rate": rate, "n_fft": n_fft, "hop_length": hop}
    is_mel = options.kind in {"mel", "log-mel", "mfcc"}
    return SpectrogramTransform(
        hop_length=hop,
        frames=_framed(options, n_fft, hop),
        measure=spectra if bands_last else lambda frames: bands(spectra(frames)),
        gather=bands if bands_last else lambda pooled: pooled,
        finish=_finish(options),
        bins=bins,
        bin_unit={"mfcc": "coefficient", "chroma": "pitch class"}.get(options.kind, "Hz"),
        unit=_unit(options),
        empty_bands=int((~_mel(options, rate, n_fft).any(axis=1)).sum()) if is_mel else 0,
        parameters=common | {"win_length": win_length} | _parameters(options),
    )


def _bands(
    options: SpectrogramOptions, rate: int, n_fft: int
) -> tuple[Callable[[Samples], Samples], NDArray[Any]]:
    """Return a function that sums FFT bins to bands, and the positions of the rows."""
    fmin, fmax = options.fmin or 0.0, options.fmax or rate / 2
    if fmax > rate / 2:
        raise UsageError(
            f"--fmax {fmax:g} is above {rate / 2:g} Hz, half the sample rate",
            "lower --fmax, or omit it for the whole range",
        )
    if fmin >= fmax:
        raise UsageError(
            f"--fmin {fmin:g} is not below {fmax:g} Hz, half the sample rate", "lower --fmin"
        )
    if options.kind == "linear":
        hertz = np.fft.rfftfreq(n_fft, 1 / rate)
        inside = np.flatnonzero((hertz >= fmin) & (hertz <= fmax))
        part = slice(inside[0], inside[-1] + 1) if len(inside) else slice(0, 1)
        return lambda power: power[:, part], hertz[part]
    if options.kind == "chroma":
        chroma = pitch_scale.chroma_filterbank(rate, n_fft).T.copy()
        return lambda power: power @ chroma, np.arange(12)
    filters = _mel(options, rate, n_fft).T.copy()
    if options.kind == "mfcc":
        return lambda power: power @ filters, np.arange(min(options.n_mfcc, options.n_mels))
    low, high = hz_to_mel(np.array([fmin, fmax]), options.mel_scale)
    centres = mel_to_hz(np.linspace(low, high, options.n_mels + 2)[1:-1], options.mel_scale)
    return lambda power: power @ filters, centres


def _mel(options: SpectrogramOptions, rate: int, n_fft: int) -> Samples:
    """Return the mel filters, shape (n_mels, n_fft // 2 + 1)."""
    fmin, fmax = options.fmin or 0.0, options.fmax or rate / 2
    norm = "slaney" if options.norm == "slaney" else None
    return mel_filterbank(rate, n_fft, options.n_mels, fmin, fmax, options.mel_scale, norm)


def _finish(options: SpectrogramOptions) -> Callable[[Samples, float], Samples]:
    if options.kind == "chroma":
        return _normalised
    if options.kind == "mfcc":
        return lambda bands, loudest: cepstrum.mfcc(
            _decibels(bands, loudest, options), options.n_mfcc
        )
    return partial(_scaled, options=options)


def _scaled(bands: Samples, loudest: float, options: SpectrogramOptions) -> Samples:
    return _decibels(bands, loudest, options) if options.in_db else bands


def _decibels(bands: Samples, loudest: float, options: SpectrogramOptions) -> Samples:
    """Convert bands to decibels, limited to the range below the maximum."""
    lowest = _level(np.array([loudest], np.float32), options) - np.float32(options.db_range)
    limited: Samples = np.maximum(_level(bands, options), lowest)
    return limited


def _level(bands: Samples, options: SpectrogramOptions) -> Samples:
    power = bands if options.power == 2.0 else bands ** (2 / options.power)
    return cepstrum.power_to_db(power)


def _normalised(bands: Samples, _: float) -> Samples:
    """Scale the strongest pitch class of each frame to 1; silence stays 0."""
    strongest = bands.max(axis=1, keepdims=True)
    shares = np.zeros_like(bands)
    np.divide(bands, strongest, out=shares, where=strongest > cepstrum.FLOOR)
    return shares


def _framed(options: SpectrogramOptions, length: int, hop: int) -> Callable[..., Iterator[Samples]]:
    def frames(blocks: Iterable[Samples]) -> Iterator[Samples]:
        if options.preemphasis:
            blocks = stft.preemphasised(blocks, options.preemphasis)
        return stft.centred_frames(blocks, length, hop)

    return frames


def _blocks_of(blocks: Iterable[Samples], length: int) -> Iterator[Samples]:
    """Cut a stream into consecutive blocks; the last is padded with its last sample."""
    rest = np.zeros(0, np.float32)
    for block in blocks:
        joined = np.concatenate([rest, block])
        whole = len(joined) // length * length
        rest = joined[whole:]
        yield joined[:whole].reshape(-1, length)
    if len(rest):
        yield np.pad(rest, (0, length - len(rest)), mode="edge")[None]


def _between(low: int, high: int, value: int) -> int:
    return max(1, low, min(high, value))


def _unit(options: SpectrogramOptions) -> str:
    if options.kind == "mfcc":
        return "dB"
    if options.kind == "chroma":
        return "share of the strongest"
    if options.in_db:
        return "dB"
    return {1.0: "magnitude", 2.0: "power"}.get(options.power, f"magnitude^{options.power:g}")


def _parameters(options: SpectrogramOptions) -> dict[str, Any]:
    names = ["window", "fmin", "fmax", "power", "preemphasis", "aggregation"]
    if options.kind in {"mel", "log-mel", "mfcc"}:
        names += ["n_mels", "mel_scale", "norm"]
    if options.kind == "mfcc":
        names.append("n_mfcc")
    if options.in_db or options.kind == "mfcc":
        names.append("db_range")
    return _chosen(options, *names)


def _chosen(options: SpectrogramOptions, *names: str) -> dict[str, Any]:
    return {name: getattr(options, name) for name in names}
