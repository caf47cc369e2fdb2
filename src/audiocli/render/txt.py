"""Plain text: one line per segment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from audiocli.escaping import plain
from audiocli.render.base import Layout, SegmentRenderer
from audiocli.results import Segment, Transcript


class Txt(SegmentRenderer):
    """Lines of text, with the speaker before the text if known."""

    name = "txt"
    extension = "txt"
    accepts = (Transcript,)
    default_for = (Transcript,)
    allows_many = True
    separator = "\n"

    def segments(self, segments: Iterable[Segment], layout: Layout) -> Iterator[str]:  # noqa: ARG002
        """Yield a line for each segment with text."""
        for segment in segments:
            if text := plain(segment.text):
                speaker = f"{plain(segment.speaker)}: " if segment.speaker else ""
                yield f"{speaker}{text}\n"


RENDERER = Txt()
