"""WebVTT subtitles (https://www.w3.org/TR/webvtt1/)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audiocli.render.base import CUE_OPTIONS, Layout, SegmentRenderer, timestamp
from audiocli.render.subtitles import cues
from audiocli.results import Result, Segment, Transcript

_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class Vtt(SegmentRenderer):
    """Cues, with a voice tag if the speaker is known."""

    name = "vtt"
    extension = "vtt"
    layout_options = CUE_OPTIONS
    wants_words = True
    accepts = (Transcript,)

    def head(self, kind: type[Result]) -> str:  # noqa: ARG002
        """Return the header of WebVTT."""
        return "WEBVTT\n\n"

    def segments(self, segments: Iterable[Segment], layout: Layout) -> Iterator[str]:
        """Yield each cue."""
        for cue in cues(segments, layout):
            voice = f"<v {cue.speaker.translate(_ESCAPES)}>" if cue.speaker else ""
            text = "\n".join(cue.lines).translate(_ESCAPES)
            yield f"{timestamp(cue.start)} --> {timestamp(cue.end)}\n{voice}{text}\n\n"


RENDERER = Vtt()
