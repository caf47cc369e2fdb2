"""Table of features: a row for each feature."""

from __future__ import annotations

from rich.box import SIMPLE_HEAD
from rich.table import Table

from audiocli.results import Features

_ROWS = (
    ("loudness", "LUFS"),
    ("rms", "dBFS"),
    ("peak", "dBFS"),
    ("clipped_ratio", "%"),
    ("silence_ratio", "%"),
    ("snr", "dB"),
    ("voiced_ratio", "%"),
    ("f0_mean", "Hz"),
    ("f0_low", "Hz"),
    ("f0_high", "Hz"),
    ("speaking_rate", "words/min"),
    ("centroid", "Hz"),
    ("rolloff", "Hz"),
    ("flatness", ""),
)


def table(features: Features) -> Table:
    """Return a table of the measured features, without cepstral coefficients."""
    grid = Table(box=SIMPLE_HEAD, pad_edge=False)
    grid.add_column("feature", style="cyan")
    grid.add_column("value", justify="right")
    grid.add_column("unit")
    for name, unit in _ROWS:
        value = getattr(features, name)
        if value is not None:
            digits = 4 if not unit else 1
            grid.add_row(name, f"{value * (100 if unit == '%' else 1):.{digits}f}", unit)
    return grid
