"""Colours of pictures."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """Colours as #rrggbb.

    Attributes
    ----------
    lanes : colours of speakers and other lanes, suitable for the colour-blind (Okabe and Ito
        2008)
    curves : colours of curves over a spectrogram
    """

    background: str
    ink: str
    faint: str
    wave: str
    colour_map: str
    grid: str
    lanes: tuple[str, ...]
    curves: tuple[str, ...]


_GRID = "#8a7f96"
_LANES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
_ON_DARK = ("#56b4e9", "#e69f00", "#2bbf95", "#d98bb5", "#f0e442", "#f08040")
_CURVES = ("#36e2ff", "#ffffff", "#7dff6a", "#ffe14d", "#ff9df2", "#ffb36b")

STYLES = {
    "light": Style("#ffffff", "#222222", "#bbbbbb", "#0072b2", "magma", _GRID, _LANES, _CURVES),
    "dark": Style("#14151a", "#d8d8d8", "#4a4c55", "#56b4e9", "magma", _GRID, _ON_DARK, _CURVES),
    "print": Style(
        "#ffffff",
        "#000000",
        "#999999",
        "#333333",
        "ink",
        "#9a9a9a",
        _LANES,
        ("#d00000", *_LANES[:5]),
    ),
}
