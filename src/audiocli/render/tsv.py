"""Tab-separated values as openai-whisper writes them: start, end, text; times in milliseconds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audiocli.render.base import Layout, SegmentRenderer, plain
from audiocli.results import Result, Segment, Transcript


class Tsv(SegmentRenderer):
    """A row a segment; `plain` leaves no tab or line break in the text."""

    name = "tsv"
    extension = "tsv"
    accepts = (Transcript,)

    def head(self, kind: type[Result]) -> str:  # noqa: ARG002
        """Names of the columns."""
        return "start\tend\ttext\n"

    def segments(self, segments: Iterable[Segment], layout: Layout) -> Iterator[str]:  # noqa: ARG002
        """Yield each row."""
        for segment in segments:
            start, end = round(segment.start * 1000), round(segment.end * 1000)
            yield f"{start}\t{end}\t{plain(segment.text)}\n"


RENDERER = Tsv()
