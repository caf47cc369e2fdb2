"""Audacity's label tracks: start, end and text, separated by tabs (File, Import, Labels)."""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.render.base import Layout, Renderer, plain
from audiocli.render.sound_events import events_of
from audiocli.results import Classification, Result


class Audacity(Renderer):
    """A line an event."""

    name = "audacity"
    extension = "txt"
    accepts = (Classification,)
    wants_events = True

    def body(self, result: Result, layout: Layout) -> Iterator[str]:  # noqa: ARG002
        """Yield each line."""
        assert isinstance(result, Classification)
        for event in events_of(result):
            yield f"{event.start:.6f}\t{event.end:.6f}\t{plain(event.label)}\n"


RENDERER = Audacity()
