"""Sound events as DCASE evaluates them: a row an event, separated by tabs.

The columns are those of sed_eval and of the DCASE challenges' task 4.
"""

from __future__ import annotations

from collections.abc import Iterator

from audiocli.render.base import Layout, Renderer, plain
from audiocli.render.sound_events import events_of
from audiocli.results import Classification, Result


class SoundEventDetection(Renderer):
    """Rows that say which input they are from, so that one file can hold many."""

    name = "sed"
    extension = "tsv"
    accepts = (Classification,)
    allows_many = True
    wants_events = True

    def head(self, kind: type[Result]) -> str:  # noqa: ARG002
        """Names of the columns."""
        return "filename\tonset\toffset\tevent_label\n"

    def body(self, result: Result, layout: Layout) -> Iterator[str]:  # noqa: ARG002
        """Yield each row."""
        assert isinstance(result, Classification)
        source = plain(result.source)
        for event in events_of(result):
            yield f"{source}\t{event.start:.3f}\t{event.end:.3f}\t{plain(event.label)}\n"


RENDERER = SoundEventDetection()
