"""Columns with timelines, for tables with `expand`, which fill the width of the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from rich.console import Console, ConsoleOptions, RenderResult
from rich.measure import Measurement
from rich.text import Text

from audiocli.render.pictures.ticks import TimeAxis
from audiocli.results import Span

_MIN_WIDTH = 24
_TICK_SPACING = 10  # columns


@dataclass(frozen=True)
class _TimeColumn:
    """A line that is drawn over the time from `start` to `end`, in seconds."""

    start: float
    end: float

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement(_MIN_WIDTH, _MIN_WIDTH).clamp(max_width=options.max_width)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield Text(self.line(TimeAxis(self.start, self.end, options.max_width)))

    def line(self, time: TimeAxis) -> str:
        """Return the line, at most `time.width` columns wide."""
        raise NotImplementedError


@dataclass(frozen=True)
class TimeHeader(_TimeColumn):
    """The header of a timeline: the times of ticks, left-aligned at their positions."""

    def line(self, time: TimeAxis) -> str:
        """Return the times."""
        columns = [" "] * time.width
        for value, label in time.ticks(_TICK_SPACING):
            at = round(time.x(value))
            if at + len(label) <= time.width:
                columns[at : at + len(label)] = label
        return "".join(columns).rstrip()


@dataclass(frozen=True)
class LaneCell(_TimeColumn):
    """A timeline of spans; each takes at least one column."""

    spans: Iterable[Span]
    mark: str = "█"

    def line(self, time: TimeAxis) -> str:
        """Return the timeline."""
        columns = [" "] * time.width
        for span in self.spans:
            first = min(time.width - 1, int(time.x(span.start)))
            last = min(time.width, max(first + 1, round(time.x(span.end))))
            columns[first:last] = self.mark * (last - first)
        return "".join(columns).rstrip()
