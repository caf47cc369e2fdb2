"""Subtitle layout, shared by the formats that show cues: segments in, cues out.

A cue holds at most `max_lines` lines of at most `max_line_width` columns. Where a
segment needs several cues, they part at sentence ends, other punctuation or
pauses where possible. Cues never overlap, go forward in time, and stay readable
for at least 5/6 of a second where the next cue leaves the room; widths and times
follow the Netflix timed text style guide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from audiocli.render.base import Layout, plain
from audiocli.render.subtitles.fit import into_cues, into_lines
from audiocli.render.subtitles.units import columns, units_of
from audiocli.results import Segment

READABLE = 0.833  # seconds; 20 frames at 24 frames a second
SHORTEST = 0.02  # seconds; stays a positive length in formats that count hundredths


@dataclass(frozen=True, slots=True)
class Cue:
    """What is on the screen at one time; start and end in seconds, to the millisecond."""

    start: float
    end: float
    lines: tuple[str, ...]
    speaker: str | None = None


def cues(segments: Iterable[Segment], layout: Layout, label: str = "") -> Iterator[Cue]:
    """Lay segments out as cues, each yielded as soon as its times are certain.

    Only a cue too short to read waits for the next one, which limits how long it
    may stay. Segments may come in any order and overlap; a cue that would start
    before the last one ends starts when that ends.

    Parameters
    ----------
    label : how the first line names the speaker, such as "[{}] "; empty where the
        format has another place for the speaker
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
    """Move cues that collide, and let short ones stay while nothing follows."""
    held: Cue | None = None  # too short to read; may stay until the next one starts
    clock = 0.0  # where the last cue ends
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
