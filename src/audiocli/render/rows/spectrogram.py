"""Rows of a spectrogram in long format: one for each bin of each frame."""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.escaping import plain
from audiocli.results import Spectrogram

COLUMNS = ("source", "time", "bin", "value")


def rows(spectrogram: Spectrogram) -> Iterator[tuple[str, ...]]:
    """Yield the bins of each frame in ascending order; `bin` is in the unit of the bins."""
    from audiocli.render.arrays import blocks

    source = plain(spectrogram.source)
    bins = [f"{position:.8g}" for position in spectrogram.bins]
    frames = (frame for block in blocks(spectrogram.values) for frame in block)
    for seconds, frame in zip(spectrogram.times, frames, strict=True):
        time = f"{seconds:.6f}"
        for position, value in zip(bins, frame.tolist(), strict=True):
            yield source, time, position, f"{value:.8g}"
