"""Rows of features: one for each recording."""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.escaping import plain
from audiocli.results import Features

_SINGLE = (
    "rate",
    "loudness",
    "rms",
    "peak",
    "clipped_ratio",
    "silence_ratio",
    "snr",
    "voiced_ratio",
)
_VOICE = ("f0_mean", "f0_low", "f0_high", "speaking_rate", "centroid", "rolloff", "flatness")
_COEFFICIENTS = 13
COLUMNS = (
    "source",
    "duration",
    *_SINGLE,
    *_VOICE,
    *(f"mfcc_mean_{n}" for n in range(_COEFFICIENTS)),
    *(f"mfcc_deviation_{n}" for n in range(_COEFFICIENTS)),
)


def rows(features: Features) -> Iterator[tuple[str | None, ...]]:
    """Yield the row; features that could not be measured are empty."""
    numbers = [getattr(features, name) for name in (*_SINGLE, *_VOICE)]
    numbers += [*features.mfcc_mean, *features.mfcc_deviation]
    texts = (None if number is None else f"{number:.6g}" for number in numbers)
    yield plain(features.source), f"{features.duration:.3f}", *texts
