"""SubRip subtitles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audiocli.render.base import CUE_OPTIONS, Layout, SegmentRenderer, timestamp
from audiocli.render.subtitles import cues
from audiocli.results import Diarization, Segment, Transcript


class Srt(SegmentRenderer):
    """Numbered cues, with `[SPEAKER_00]` before the text."""

    name = "srt"
    extension = "srt"
    layout_options = CUE_OPTIONS
    wants_words = True
    accepts = (Transcript, Diarization)

    def segments(self, segments: Iterable[Segment], layout: Layout) -> Iterator[str]:
        """Yield each cue."""
        for number, cue in enumerate(cues(segments, layout, label="[{}] "), start=1):
            start, end = timestamp(cue.start, ","), timestamp(cue.end, ",")
            # SubRip has no escapes; an arrow in the text could be read as a timestamp line.
            text = "\n".join(cue.lines).replace("-->", "->")
            yield f"{number}\n{start} --> {end}\n{text}\n\n"


RENDERER = Srt()
