"""Figures of all results that can be drawn."""

from __future__ import annotations

from audiocli.render.base import Layout
from audiocli.render.pictures.shapes import Drawing
from audiocli.results import Classification, Comparison, Diarization, Result, Spectrogram

DRAWN = (Spectrogram, Comparison, Diarization, Classification)


def figure(result: Result, layout: Layout) -> Drawing:
    """Draw a spectrogram, or the timeline of a diarization or classification."""
    if isinstance(result, Diarization | Classification):
        from audiocli.render.pictures.timeline import timeline

        return timeline(result, layout.picture)
    from audiocli.render.pictures.spectrogram import spectrogram

    return spectrogram(result, layout.picture)
