"""LRC lyrics: a line for each timestamp in minutes, seconds and hundredths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from audiocli.render.base import Layout, SegmentRenderer
from audiocli.render.subtitles import cues
from audiocli.results import Segment, Transcript


class Lrc(SegmentRenderer):
    """Lines with their start time; there are no hours, and minutes may exceed 59."""

    name = "lrc"
    extension = "lrc"
    layout_options = frozenset({"max_line_width"})
    wants_words = True
    accepts = (Transcript,)

    def segments(self, segments: Iterable[Segment], layout: Layout) -> Iterator[str]:
        """Yield a line for each cue; LRC does not support several lines per cue."""
        for cue in cues(segments, replace(layout, max_lines=1), label="{}: "):
            text = cue.lines[0]
            # A word joiner prevents text that begins with [ from being read as a timestamp.
            joiner = "\u2060" if text.startswith("[") else ""
            yield f"[{_minutes(cue.start)}]{joiner}{text}\n"


def _minutes(seconds: float) -> str:
    minutes, hundredths = divmod(round(max(seconds, 0.0) * 100), 6000)
    return f"{minutes:02}:{hundredths // 100:02}.{hundredths % 100:02}"


RENDERER = Lrc()
