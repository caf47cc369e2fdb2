"""Label tracks of Audacity (File > Import > Labels): start, end and text, tab-separated."""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.escaping import plain
from audiocli.render.base import Layout, Renderer
from audiocli.render.sound_events import events_of
from audiocli.results import Classification, Diarization, Result


class Audacity(Renderer):
    """A line for each event or turn."""

    name = "audacity"
    extension = "txt"
    accepts = (Classification, Diarization)
    wants_events = True

    def body(self, result: Result, layout: Layout) -> Iterator[str]:  # noqa: ARG002
        """Yield each line."""
        for start, end, text in _labels(result):
            yield f"{start:.6f}\t{end:.6f}\t{plain(text)}\n"


def _labels(result: Result) -> Iterator[tuple[float, float, str]]:
    if isinstance(result, Diarization):
        yield from ((turn.start, turn.end, turn.speaker) for turn in result.turns)
    else:
        assert isinstance(result, Classification)
        yield from ((event.start, event.end, event.label) for event in events_of(result))


RENDERER = Audacity()
