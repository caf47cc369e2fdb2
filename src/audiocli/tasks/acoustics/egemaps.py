"""Compute the eGeMAPS functionals with openSMILE, if it is installed."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from audiocli.errors import InputError, MissingExtra
from audiocli.results import Egemaps, ModelInfo
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

# Sample rate in Hz. All recordings are resampled, because the values depend on the rate:
# the mean pitch of one recording is 240 Hz at 16 kHz and 147 Hz at 44.1 kHz.
RATE = 16_000


def run(
    recordings: Iterable[Recording], on_progress: Progress = ignore_progress
) -> Iterator[Done[Egemaps] | Failed]:
    """Compute the functionals of each recording, which is read into memory as a whole.

    Raises
    ------
    MissingExtra : openSMILE is not installed
    """
    extractor, version = load()

    def measure(_: Recording, stream: AudioStream) -> Egemaps:
        return _of_stream(stream, extractor, version)

    yield from process_sequentially(recordings, RATE, measure, on_progress)


def load() -> tuple[Any, str]:
    """Return openSMILE's extractor of eGeMAPSv02, and the version of openSMILE.

    Raises
    ------
    MissingExtra : openSMILE is not installed
    """
    try:
        import opensmile
    except ImportError as error:
        raise MissingExtra("eGeMAPS", "egemaps") from error
    extractor = opensmile.Smile(
        feature_set=opensmile.FeatureSet.eGeMAPSv02,
        feature_level=opensmile.FeatureLevel.Functionals,
    )
    return extractor, str(opensmile.__version__)


def _of_stream(stream: AudioStream, extractor: Any, version: str) -> Egemaps:
    samples = np.concatenate(list(stream), axis=1)[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # too short audio is checked below
        row = extractor.process_signal(samples, RATE).iloc[0]
    if row.isna().all():
        raise InputError(stream.name, "is too short for eGeMAPS", "use a longer part of it")
    return Egemaps(
        source=stream.name,
        duration=len(samples) / RATE,
        model=ModelInfo("eGeMAPSv02", revision=f"opensmile {version}"),
        parameters={"rate": RATE},
        functionals={str(name): float(value) for name, value in row.items()},
    )
