"""Sound events in the format of DCASE: a tab-separated row for each event.

The columns are those of sed_eval and of task 4 of the DCASE challenges.
"""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.escaping import plain
from audiocli.render.base import Layout, Renderer
from audiocli.render.sound_events import events_of
from audiocli.results import Classification, Result


class SoundEventDetection(Renderer):
    """One row per sound event: file name, onset, offset and label."""

    name = "sed"
    extension = "tsv"
    accepts = (Classification,)
    allows_many = True
    wants_events = True

    def head(self, kind: type[Result]) -> str:  # noqa: ARG002
        """Return the header row."""
        return "filename\tonset\toffset\tevent_label\n"

    def body(self, result: Result, layout: Layout) -> Iterator[str]:  # noqa: ARG002
        """Yield each row."""
        assert isinstance(result, Classification)
        source = plain(result.source)
        for event in events_of(result):
            yield f"{source}\t{event.start:.3f}\t{event.end:.3f}\t{plain(event.label)}\n"


RENDERER = SoundEventDetection()
