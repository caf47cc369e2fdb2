"""Tab-separated values as in openai-whisper: start and end in milliseconds, and text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audiocli.escaping import plain
from audiocli.render.base import Layout, SegmentRenderer
from audiocli.results import Result, Segment, Transcript


class Tsv(SegmentRenderer):
    """A row for each segment; `plain` removes tabs and line breaks."""

    name = "tsv"
    extension = "tsv"
    accepts = (Transcript,)

    def head(self, kind: type[Result]) -> str:  # noqa: ARG002
        """Return the header row."""
        return "start\tend\ttext\n"

    def segments(self, segments: Iterable[Segment], layout: Layout) -> Iterator[str]:  # noqa: ARG002
        """Yield each row."""
        for segment in segments:
            start, end = round(segment.start * 1000), round(segment.end * 1000)
            yield f"{start}\t{end}\t{plain(segment.text)}\n"


RENDERER = Tsv()
