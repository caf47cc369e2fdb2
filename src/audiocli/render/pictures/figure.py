"""Lay any result that can be drawn out as a figure."""

from __future__ import annotations

from audiocli.render.base import Layout
from audiocli.render.pictures.shapes import Drawing
from audiocli.results import Classification, Comparison, Diarization, Result, Spectrogram

DRAWN = (Spectrogram, Comparison, Diarization, Classification)


def figure(result: Result, layout: Layout) -> Drawing:
    """Draw sound as a spectrogram, who speaks and what is heard as a timeline."""
    if isinstance(result, Diarization | Classification):
        from audiocli.render.pictures.timeline import timeline

        return timeline(result, layout.picture)
    from audiocli.render.pictures.spectrogram import spectrogram

    return spectrogram(result, layout.picture)
