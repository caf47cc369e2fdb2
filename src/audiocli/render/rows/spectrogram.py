"""The rows of a spectrogram: one for each bin of each frame, as plotting tools like it."""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.render.base import plain
from audiocli.results import Spectrogram

COLUMNS = ("source", "time", "bin", "value")


def rows(spectrogram: Spectrogram) -> Iterator[tuple[str, ...]]:
    """Yield frame after frame, from the lowest bin up; `bin` is in Hz where bins are."""
    from audiocli.render.arrays import blocks

    source = plain(spectrogram.source)
    bins = [f"{position:.8g}" for position in spectrogram.bins]
    frames = (frame for block in blocks(spectrogram.values) for frame in block)
    for seconds, frame in zip(spectrogram.times, frames, strict=True):
        time = f"{seconds:.6f}"
        for position, value in zip(bins, frame.tolist(), strict=True):
            yield source, time, position, f"{value:.8g}"
