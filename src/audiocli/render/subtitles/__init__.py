"""Lay segments out as subtitle cues.

A cue has at most `max_lines` lines of at most `max_line_width` columns. A segment that needs
several cues is divided at sentence ends, other punctuation or pauses if possible. Cues are
in order of time, do not overlap, and are shown for at least 5/6 of a second unless the next
cue starts earlier. Widths and times follow the Netflix timed text style guide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from audiocli.escaping import plain
from audiocli.render.base import Layout
from audiocli.render.subtitles.fit import into_cues, into_lines
from audiocli.render.subtitles.units import columns, units_of
from audiocli.results import Segment

READABLE = 0.833  # seconds; 20 frames at 24 frames per second
SHORTEST = 0.02  # seconds; not rounded to zero in formats with hundredths


@dataclass(frozen=True, slots=True)
class Cue:
    """Lines that are shown together; start and end in seconds, rounded to milliseconds."""

    start: float
    end: float
    lines: tuple[str, ...]
    speaker: str | None = None


def cues(segments: Iterable[Segment], layout: Layout, label: str = "") -> Iterator[Cue]:
    """Lay segments out as cues, each yielded as soon as its times are known.

    A cue that is too short to read is held until the next one, which limits its extension.
    Segments may be unordered and overlap; a cue that would start before the previous one
    ends starts at its end.

    Parameters
    ----------
    label : speaker label of the first line, such as "[{}] "; empty if the format has a field
        for the speaker
    """
    return _without_overlap(
        cue for segment in segments for cue in _laid_out(segment, layout, label)
    )


def _laid_out(segment: Segment, layout: Layout, label: str) -> Iterator[Cue]:
    """Yield the cues of one segment, with the times of their words."""
    speaker = plain(segment.speaker) if segment.speaker else None
    head = label.format(speaker) if speaker else ""
    for units in into_cues(units_of(segment), layout, columns(head)):
        lines = into_lines(units, layout.max_line_width, columns(head))
        lines[0] = head + lines[0]
        yield Cue(units[0].start, units[-1].end, tuple(lines), speaker)


def _without_overlap(cues: Iterable[Cue]) -> Iterator[Cue]:
    """Delay cues that overlap the previous one, and extend short ones."""
    held: Cue | None = None  # too short to read, may be extended
    clock = 0.0  # end of the last cue
    for cue in cues:
        if held:
            clock = max(held.end, min(cue.start, held.start + READABLE))
            yield replace(held, end=round(clock, 3))
        start = max(cue.start, clock)
        clock = max(cue.end, start + SHORTEST)
        cue = replace(cue, start=round(start, 3), end=round(clock, 3))
        held = cue if clock - start < READABLE else None
        if not held:
            yield cue
    if held:
        yield replace(held, end=round(held.start + READABLE, 3))
