"""LRC lyrics: one line a time stamp, minutes that may pass 59."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from audiocli.render.base import Layout, SegmentRenderer
from audiocli.render.subtitles import cues
from audiocli.results import Segment, Transcript


class Lrc(SegmentRenderer):
    """Lines with the time they start, in hundredths of a second."""

    name = "lrc"
    extension = "lrc"
    wants_words = True
    accepts = (Transcript,)

    def segments(self, segments: Iterable[Segment], layout: Layout) -> Iterator[str]:
        """Yield a line for each cue; LRC has no cues of several lines."""
        for cue in cues(segments, replace(layout, max_lines=1), label="{}: "):
            text = cue.lines[0]
            # What looks like one more time would be read as one; a word joiner is not seen.
            joiner = "\u2060" if text.startswith("[") else ""
            yield f"[{_minutes(cue.start)}]{joiner}{text}\n"


def _minutes(seconds: float) -> str:
    minutes, hundredths = divmod(round(max(seconds, 0.0) * 100), 6000)
    return f"{minutes:02}:{hundredths // 100:02}.{hundredths % 100:02}"


RENDERER = Lrc()
