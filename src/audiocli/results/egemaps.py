"""The extended Geneva Minimalistic Acoustic Parameter Set."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from audiocli.results.base import Result


@dataclass(frozen=True, kw_only=True)
class Egemaps(Result):
    """The 88 functionals of eGeMAPSv02 (Eyben et al. 2016), as computed by openSMILE.

    Attributes
    ----------
    functionals : values by openSMILE's names, in openSMILE's units
    """

    kind: ClassVar[str] = "egemaps"

    functionals: Mapping[str, float]


def names() -> tuple[str, ...]:
    """Return the names of the functionals in openSMILE's order."""
    found = [f"{what}_{s}" for what in _FOLLOWED for s in _STATISTICS]
    for what in _AVERAGED:
        found += [f"{what}_amean", f"{what}_stddevNorm"]
    return (*found, *(f"{what}_amean" for what in _UNVOICED), *_WHOLE)


_FOLLOWED = ("F0semitoneFrom27.5Hz_sma3nz", "loudness_sma3")
_STATISTICS = (
    *("amean", "stddevNorm", "percentile20.0", "percentile50.0", "percentile80.0", "pctlrange0-2"),
    *("meanRisingSlope", "stddevRisingSlope", "meanFallingSlope", "stddevFallingSlope"),
)
_AVERAGED = (
    "spectralFlux_sma3",
    *(f"mfcc{n}_sma3" for n in range(1, 5)),
    *(f"{what}_sma3nz" for what in ("jitterLocal", "shimmerLocaldB", "HNRdBACF")),
    *(f"logRelF0-H1-{what}_sma3nz" for what in ("H2", "A3")),
    *(
        f"F{n}{what}_sma3nz"
        for n in range(1, 4)
        for what in ("frequency", "bandwidth", "amplitudeLogRelF0")
    ),
    *(f"{what}V_sma3nz" for what in ("alphaRatio", "hammarbergIndex")),
    *(f"{what}_sma3nz" for what in ("slopeV0-500", "slopeV500-1500", "spectralFluxV")),
    *(f"mfcc{n}V_sma3nz" for n in range(1, 5)),
)
_UNVOICED = (
    *(f"{what}UV_sma3nz" for what in ("alphaRatio", "hammarbergIndex")),
    *(f"{what}_sma3nz" for what in ("slopeUV0-500", "slopeUV500-1500", "spectralFluxUV")),
)
_WHOLE = (
    "loudnessPeaksPerSec",
    "VoicedSegmentsPerSec",
    "MeanVoicedSegmentLengthSec",
    "StddevVoicedSegmentLengthSec",
    "MeanUnvoicedSegmentLength",
    "StddevUnvoicedSegmentLength",
    "equivalentSoundLevel_dBp",
)
