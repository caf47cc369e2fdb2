"""Quality of enhanced speech against the clean recording: SI-SDR, STOI and PESQ."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from audiocli.errors import InputError
from audiocli.tasks.evaluation.reference import Reference
from audiocli.tasks.evaluation.statistics import Metric, mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

CLEAN_RATE = 16_000  # Hz; that of wideband PESQ
_MAX_DIFFERENCE = 0.05  # seconds
_CHECK = "check the recordings, or leave the line out"


@dataclass(frozen=True)
class ClipPair:
    """Samples of the clean and the enhanced recording, of shape (time,), at `CLEAN_RATE`."""

    clean: NDArray[Any]
    enhanced: NDArray[Any]

    @property
    def duration(self) -> float:
        """Duration in seconds."""
        return len(self.enhanced) / CLEAN_RATE


@dataclass(frozen=True)
class QualityTally:
    """Quality of one recording.

    Attributes
    ----------
    si_sdr : scale-invariant signal-to-distortion ratio in dB
    stoi : short-time objective intelligibility, 0 to 1
    pesq : wideband PESQ, 1 to 4.6; None if the package is not installed
    """

    si_sdr: float
    stoi: float
    pesq: float | None


@dataclass(frozen=True)
class QualityScorer:
    """Scores enhanced speech at 16 kHz."""

    of_recording: ClassVar[tuple[str, ...]] = ("si_sdr", "stoi", "pesq")

    def tally(self, reference: Reference, clips: ClipPair) -> QualityTally:
        """Compare the enhanced recording with the clean one.

        Raises
        ------
        InputError : the lengths differ, one is silent, or there is too little speech
        """
        clean, samples = clips.clean, clips.enhanced
        if abs(len(clean) - len(samples)) > _MAX_DIFFERENCE * CLEAN_RATE:
            lengths = f"{len(samples) / CLEAN_RATE:.2f} s and {len(clean) / CLEAN_RATE:.2f} s"
            problem = f"it and the clean recording are of {lengths}"
            raise InputError(reference.name, problem, "compare recordings of one length")
        if not (clean.any() and samples.any()):
            raise InputError(reference.name, "it or the clean recording is silent", _CHECK)
        length = min(len(clean), len(samples))
        clean, samples = clean[:length].astype(float), samples[:length].astype(float)
        return QualityTally(
            si_sdr(clean, samples),
            _stoi(reference.name, clean, samples),
            _pesq(reference.name, clean, samples),
        )

    def metrics(self, tallies: Sequence[QualityTally]) -> list[Metric]:
        """Return the means over recordings; PESQ if its package is installed."""
        found = [
            mean("si_sdr", [tally.si_sdr for tally in tallies], "dB"),
            mean("stoi", [tally.stoi for tally in tallies], "score"),
        ]
        values = [tally.pesq for tally in tallies if tally.pesq is not None]
        return [*found, mean("pesq", values, "score")] if len(values) == len(tallies) else found


def si_sdr(clean: NDArray[Any], samples: NDArray[Any]) -> float:
    """Return the scale-invariant SDR in dB (Le Roux et al. 2019, "SDR - half-baked or well done?").

    Means are removed first.
    """
    clean, samples = clean - clean.mean(), samples - samples.mean()
    target = clean * (samples @ clean) / max(clean @ clean, 1e-20)
    noise = samples - target
    return float(10 * np.log10(max(target @ target, 1e-20) / max(noise @ noise, 1e-20)))


def _stoi(name: str, clean: NDArray[Any], samples: NDArray[Any]) -> float:
    from pystoi import stoi

    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        try:
            return float(stoi(clean, samples, CLEAN_RATE))
        except RuntimeWarning as warning:
            raise InputError(name, "has too little speech for STOI", _CHECK) from warning


def _pesq(name: str, clean: NDArray[Any], samples: NDArray[Any]) -> float | None:
    if find_spec("pesq") is None:
        return None
    from pesq import PesqError, pesq

    try:
        return float(pesq(CLEAN_RATE, clean, samples, "wb"))
    except PesqError as error:
        raise InputError(name, f"has no PESQ: {type(error).__name__}", _CHECK) from error
